//! Offering a job to one provider after the other, the best one first, and to the book where none accepts.

use super::{
	batch::{Batch, Planned},
	plan::{stake_needed, Parts},
	rank,
	run::{only, Buyer, Outcome, Work},
	Candidate, Ending, JobError, Route, Stage,
};
use crate::{
	chain::{At, ChainError, Endpoint, Level, Minima, Pool, Price, ProviderFilter, ProviderId, ProviderView, Status},
	endpoint::{measure, MOST_MEASURED},
	job_file::{Buy, JobFile},
};
use std::time::Instant;

/// Providers that are asked, one after the other: each costs a transaction, and a job fee where it says nothing.
const TRIES: usize = 3;
/// What the chain says of a provider that it does not let a job name.
const ABOUT_THE_PROVIDER: [&str; 11] = [
	"UnknownProvider",
	"ProviderNotActive",
	"ProviderUnreachable",
	"ProviderHasNoWorker",
	"StakeTooLow",
	"TakesNoTargets",
	"PriceTooLow",
	"ProviderFull",
	"ProviderNotMeasured",
	"TooFewPaid",
	"TooManyFailed",
];

impl Buyer<'_> {
	/// Runs a job by whoever comes first on a route.
	pub(super) async fn run_routed(
		&self,
		file: JobFile,
		route: Route,
		limit: Option<Price>,
		started: Instant,
	) -> Result<Outcome, JobError> {
		let (pool, limit) = market(&file, limit)?;
		let at = self.chain.finalised().await?;
		let mut parts = Parts::read(&at, &file).await?;
		let ranked = self
			.candidates(&at, &parts, &file.offer.minima, (pool, limit), route)
			.await?;
		for candidate in ranked.iter().take(TRIES) {
			let (provider, price) = (candidate.provider, candidate.price);
			self.observer
				.note(&format!("offered to provider {provider} at {price}"));
			let buy = Buy::Provider { provider, price };
			match self.attempt(&mut parts, file.clone(), buy, started, true).await {
				Err(error) if is_declined(&error) => {
					self.observer
						.note(&format!("provider {provider} does not do it: {error}"));
				}
				outcome => return outcome,
			}
		}
		let level = Level::at_most(limit).ok_or(JobError::NoSupply(pool))?;
		self.observer.note(&format!(
			"{}: the job goes to the book of {pool}, at level {} or below",
			match ranked.len().min(TRIES) {
				0 => "there is nobody to offer it to".to_owned(),
				1 => "the one provider that was asked has not done it".to_owned(),
				asked => format!("none of the {asked} providers that were asked has done it"),
			},
			level.0
		));
		let buy = Buy::Book {
			pool,
			level: Some(level),
		};
		self.attempt(&mut parts, file, buy, started, false).await
	}

	/// Runs a job with one way to buy it.
	async fn attempt(
		&self,
		parts: &mut Parts,
		file: JobFile,
		buy: Buy,
		started: Instant,
		until_accepted: bool,
	) -> Result<Outcome, JobError> {
		let at = self.chain.finalised().await?;
		let plan = parts.draft(&at, &file, &buy).await?;
		let jobs = vec![Planned { file, plan }];
		let mut batch = Batch::price(self.chain, &at, jobs, self.key).await?;
		let works = self.place(at, &mut batch, started).await;
		parts.registers = batch.registers;
		let work = only(works?)?;
		self.go_on(Work { until_accepted, ..work }).await
	}

	/// The providers that could do the job, in the order in which they are asked.
	async fn candidates(
		&self,
		at: &At,
		parts: &Parts,
		minima: &Minima,
		(pool, limit): (Pool, Price),
		route: Route,
	) -> Result<Vec<Candidate>, JobError> {
		let figures = at.class(pool.class)?.ok_or(JobError::NoSupply(pool))?;
		let measures = at.enrolment_rules().await?.measures(pool.class);
		let filter = ProviderFilter {
			class: Some(pool.class),
			// A job that may run anywhere is not bound to those who say no region.
			region: Some(pool.region).filter(|region| *region != 0),
			..ProviderFilter::default()
		};
		let mut views = at.providers_where(&filter).await?;
		views.retain(|view| {
			let escrow = parts.escrow(view.terms.min_price, &figures);
			could_serve(view, limit) && minima.are_met_by(view) && (view.measured > 0 || !measures) && {
				view.active >= stake_needed(escrow, view.terms.lanes, &figures)
			}
		});
		// Where there are too many to measure all, the cheapest are.
		views.sort_by_key(|view| (view.terms.min_price.0, view.id));
		if views.len() > MOST_MEASURED {
			self.observer.note(&format!(
				"{} providers could do it; the {MOST_MEASURED} cheapest are measured",
				views.len()
			));
			views.truncate(MOST_MEASURED);
		}
		self.observer.stage(&Stage::Measuring {
			candidates: views.len(),
		});
		let endpoints: Vec<(ProviderId, Endpoint)> =
			views.iter().map(|view| (view.id, view.endpoint.clone())).collect();
		let mut ways = measure(self.chain.genesis(), endpoints, self.options.allow_private).await;
		let candidates: Vec<Candidate> = views
			.iter()
			.map(|view| Candidate {
				provider: view.id,
				region: view.terms.region,
				price: view.terms.min_price,
				free: view.free_lanes(),
				record: view.record,
				way: match ways.remove(&view.id) {
					Some(way) => way.map_err(|error| format!("{error}; {}", error.hint())),
					None => Err("it was not measured".to_owned()),
				},
			})
			.collect();
		let unreached = candidates.iter().filter(|candidate| candidate.way.is_err()).cloned();
		let unreached: Vec<Candidate> = unreached.collect();
		let ranked = rank(route, candidates);
		self.observer.measured(&[ranked.clone(), unreached].concat());
		Ok(ranked)
	}
}

/// The pool to choose from, and the most to pay.
fn market(file: &JobFile, limit: Option<Price>) -> Result<(Pool, Price), JobError> {
	match file.offer.buy {
		Buy::Provider { provider, .. } => Err(JobError::RouteWithoutPool(provider)),
		Buy::Book { pool, level } => limit
			.or(level.map(Level::price))
			.map(|limit| (pool, limit))
			.ok_or(JobError::RouteWithoutLimit),
	}
}

/// Whether a provider takes jobs that name it at `limit` or less, and has room for one.
fn could_serve(view: &ProviderView, limit: Price) -> bool {
	view.status == Status::Active
		&& view.worker.is_some()
		&& view.terms.takes_targets
		&& view.terms.min_price <= limit
		&& view.has_room()
}

/// Whether the next provider may be asked: this one has not done the job, and nothing else went wrong.
fn is_declined(error: &JobError) -> bool {
	match error {
		JobError::NotEligible { .. } => true,
		JobError::Ended { ending, .. } => *ending == Ending::Unserved,
		// The state has changed since the candidates were read.
		JobError::Chain(ChainError::Rejected(rejection)) => ABOUT_THE_PROVIDER.contains(&rejection.error.as_str()),
		_ => false,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		chain::{JobId, Record, Rejection},
		offers::fixture::provider,
	};
	use std::path::Path;

	fn file(offer: &str) -> JobFile {
		let text = format!("kernel = \"a.mk\"\nitems = 1\n[offer]\n{offer}");
		JobFile::parse(Path::new("job.toml"), &text).unwrap()
	}

	#[test]
	fn a_route_needs_a_pool_and_a_limit() {
		let pool: Pool = "gpu-24g/3".parse().unwrap();
		let limited = file("pool = \"gpu-24g/3\"\nmax_price = \"1000000\"");
		let level = Level::at_most(Price(1_000_000)).unwrap();
		assert_eq!(market(&limited, None).unwrap(), (pool, level.price()));
		assert_eq!(
			market(&limited, Some(Price(5))).unwrap(),
			(pool, Price(5)),
			"the command line wins"
		);
		let open = file("pool = \"gpu-24g/3\"");
		assert!(matches!(market(&open, None), Err(JobError::RouteWithoutLimit)));
		assert_eq!(market(&open, Some(Price(7))).unwrap(), (pool, Price(7)));
		let named = file("provider = 4\nmax_price = \"100\"");
		assert!(matches!(
			market(&named, Some(Price(7))),
			Err(JobError::RouteWithoutPool(4))
		));
	}

	#[test]
	fn only_providers_that_take_named_jobs_now_are_candidates() {
		let limit = Price(900_000);
		assert!(could_serve(&provider(1), limit));
		assert!(!could_serve(&provider(1), Price(899_999)), "too dear");
		let changed = |change: fn(&mut ProviderView)| {
			let mut view = provider(1);
			change(&mut view);
			could_serve(&view, limit)
		};
		assert!(!changed(|view| view.status = Status::Draining));
		assert!(!changed(|view| view.worker = None));
		assert!(!changed(|view| view.terms.takes_targets = false));
		assert!(!changed(|view| view.measuring = true));
		assert!(!changed(|view| view.assigned = 4));
		assert!(changed(|view| view.running = 2), "it may queue for a lane");
	}

	#[test]
	fn only_providers_with_the_record_that_the_job_asks_for_are_candidates() {
		let mut view = provider(1);
		let minima = Minima {
			paid_jobs: view.record.completed,
			failed_percent: 100,
			stake: view.active,
		};
		assert!(Minima::default().are_met_by(&view) && minima.are_met_by(&view));
		for dearer in [
			Minima {
				paid_jobs: minima.paid_jobs + 1,
				..minima
			},
			Minima {
				stake: minima.stake + 1,
				..minima
			},
		] {
			assert!(!dearer.are_met_by(&view), "{dearer:?}");
		}
		// One in three is 33.3 %: the chain rounds it up.
		view.record = Record {
			completed: 2,
			late: 1,
			..Record::default()
		};
		let at_most = |failed_percent| Minima {
			failed_percent,
			..Minima::default()
		};
		assert!(!at_most(33).are_met_by(&view));
		assert!(at_most(34).are_met_by(&view));
	}

	#[test]
	fn the_next_one_is_asked_only_where_nothing_else_is_wrong() {
		let job = JobId([0; 32]);
		let ended = |ending| JobError::Ended {
			job,
			ending,
			cause: None,
		};
		let rejected = |pallet: &str, error: &str| {
			JobError::Chain(ChainError::Rejected(Rejection {
				pallet: pallet.to_owned(),
				error: error.to_owned(),
				doc: String::new(),
			}))
		};
		assert!(is_declined(&ended(Ending::Unserved)));
		assert!(is_declined(&rejected("Market", "ProviderFull")));
		assert!(is_declined(&rejected("Market", "TooFewPaid")));
		assert!(is_declined(&rejected("Market", "TooManyFailed")));
		assert!(
			!is_declined(&ended(Ending::Cancelled)),
			"whoever cancelled wants no more"
		);
		assert!(!is_declined(&ended(Ending::Refuted)));
		assert!(!is_declined(&rejected("Market", "RunTooShort")));
		assert!(!is_declined(&JobError::Halted));
	}
}
