//! C2: how many items of the state the calls of a job's ordinary way touch, and whether a match touches more where more
//! asks stand.

use super::{
	chain::{booked, requester, spec, Chain},
	grouped,
	recorder::{Counts, Storages, Touched},
};
use crate::report::Report;
use millrace_primitives::{JobId, JobSpec, Level, ProviderId, DAY, HOUR};
use millrace_runtime::{AccountId, Runtime};
use pallet_market::{Asks, Jobs, MAX_ASKS};
use polkadot_sdk::*;
use sp_core::H256;
use std::cmp::Reverse;

/// The generated weights, which say what a benchmark counted of each call at its worst.
const WEIGHTS: &str = include_str!("../../../../../runtime/src/weights/pallet_market.rs");
/// Asks that stand in the pool.
const SIZES: [usize; 3] = [100, 10_000, 100_000];
/// Levels over which they are spread, from this one up, so that every queue holds some.
const LEVELS: usize = 10;
const LOWEST: u8 = 100;
/// What jobs bid.
const LIMIT: Level = Level(200);
/// Most items that a call of the ordinary way may read, and most that it may write.
const MOST: usize = 9;
const GOAL: &str = "<= 9 reads, <= 9 writes";

/// What each call touched while so many asks stood.
struct Round {
	submit: Touched,
	commit: Touched,
	settle: Touched,
	/// A match that takes the last room of a provider with four asks, so that all of them leave the book.
	last_room: Touched,
}

pub(crate) fn measure(report: &mut Report) {
	let mut market = Market {
		chain: Chain::new(),
		workers: Vec::new(),
	};
	let rounds = SIZES.map(|asks| market.round(asks));
	let [first, ..] = &rounds;
	for (call, touched) in [
		("submit_job", &first.submit),
		("commit_result", &first.commit),
		("settle_now", &first.settle),
	] {
		let (ordinary, worst) = (touched.by_storage(), counted_by_benchmark(WEIGHTS, call));
		let sums = [&ordinary, &worst].map(sum);
		report.goal(
			&format!("C2 {call}"),
			&format!("{}, at worst {}", said(sums[0]), said(sums[1])),
			GOAL,
			sums[0].reads.max(sums[0].writes) <= MOST,
		);
		report.note(&format!("reads and writes: {}", listed(&ordinary)));
		report.note(&format!(
			"at worst, beyond these: {}",
			listed(&beyond(&worst, &ordinary))
		));
	}
	let ordinary = rounds.each_ref().map(|round| sum(&round.submit.by_storage()));
	let last_room = rounds.each_ref().map(|round| sum(&round.last_room.by_storage()));
	report.goal(
		"C2 match",
		&format!(
			"{} with {} asks; {} where it takes the provider's last room",
			of_sizes(ordinary),
			SIZES.map(grouped).join(", "),
			of_sizes(last_room)
		),
		"the same",
		are_equal(&ordinary) && are_equal(&last_room),
	);
	report.note(&format!(
		"with the last room, beyond the ordinary: {}",
		listed(&beyond(&first.last_room.by_storage(), &first.submit.by_storage()))
	));
	let (most, charged) = (last_room[0], sum(&counted_by_benchmark(WEIGHTS, "submit_job")));
	if most.reads > charged.reads || most.writes > charged.writes {
		report.note(&format!("its weight allows for {} only", said(charged)));
	}
}

fn are_equal(counts: &[Counts]) -> bool {
	counts.windows(2).all(|pair| pair[0] == pair[1])
}

/// The figure, once if it is the same at every size.
fn of_sizes(counts: [Counts; SIZES.len()]) -> String {
	if are_equal(&counts) {
		said(counts[0])
	} else {
		counts.map(said).join(" / ")
	}
}

fn said(Counts { reads, writes }: Counts) -> String {
	format!("{reads} reads and {writes} writes")
}

fn sum(storages: &Storages) -> Counts {
	storages.values().fold(Counts::default(), |sum, counts| Counts {
		reads: sum.reads + counts.reads,
		writes: sum.writes + counts.writes,
	})
}

/// What the first have more than the second.
fn beyond(more: &Storages, less: &Storages) -> Storages {
	let rest = more.iter().map(|(name, counts)| {
		let known = less.get(name).copied().unwrap_or_default();
		let rest = Counts {
			reads: counts.reads.saturating_sub(known.reads),
			writes: counts.writes.saturating_sub(known.writes),
		};
		(name.clone(), rest)
	});
	rest.filter(|(_, rest)| rest.reads + rest.writes > 0).collect()
}

/// The storages that are touched most come first.
fn listed(storages: &Storages) -> String {
	let mut storages: Vec<(&String, &Counts)> = storages.iter().collect();
	storages.sort_by_key(|(_, counts)| Reverse(counts.reads + counts.writes));
	let one = |(name, counts): &(&String, &Counts)| format!("{name} {} {}", counts.reads, counts.writes);
	storages.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What the benchmark of a call counted, from the text of the generated weights: a comment above the function for each
/// storage, such as ``Storage: `Market::Jobs` (r:1 w:1)``.
fn counted_by_benchmark(weights: &str, call: &str) -> Storages {
	let (before, _) = weights
		.split_once(&format!("\tfn {call}() -> Weight {{"))
		.expect("the call has a weight");
	let comments = before.lines().rev().take_while(|line| line.starts_with("\t///"));
	let parsed = comments.filter_map(|line| {
		let (name, counts) = line.strip_prefix("\t/// Storage: ")?.split_once(" (r:")?;
		let (reads, writes) = counts.strip_suffix(')')?.split_once(" w:")?;
		let counts = Counts {
			reads: reads.parse().ok()?,
			writes: writes.parse().ok()?,
		};
		Some((name.trim_matches('`').to_owned(), counts))
	});
	parsed.collect()
}

/// Providers of one lane, each with four asks on neighbouring levels.
struct Market {
	chain: Chain,
	workers: Vec<AccountId>,
}

impl Market {
	/// Lets so many asks stand, and has jobs done.
	fn round(&mut self, asks: usize) -> Round {
		while self.workers.len() * usize::from(MAX_ASKS) < asks {
			let at = self.workers.len();
			let worker = self.chain.register(u32::try_from(at).expect("few"), 1);
			for slot in 0..MAX_ASKS {
				let level = (at * usize::from(MAX_ASKS) + usize::from(slot)) % LEVELS;
				let level = Level(LOWEST + u8::try_from(level).expect("few levels"));
				self.chain
					.call(worker.clone(), pallet_market::Call::place_ask { slot, level });
			}
			self.workers.push(worker);
		}
		assert_eq!(self.standing(), asks, "all asks stand");

		let (job, submit) = self.submit();
		assert_eq!(self.standing(), asks, "the provider has room left");
		let commit = self.commit(job);
		let settle = self.settle(job);

		// A lane has room for two jobs.
		let (filler, _) = self.submit();
		let (last, last_room) = self.submit();
		assert_eq!(self.provider(filler), self.provider(last), "the same ask is best");
		assert_eq!(self.standing(), asks - usize::from(MAX_ASKS), "the provider is full");
		for job in [filler, last] {
			self.commit(job);
			self.settle(job);
		}
		Round {
			submit,
			commit,
			settle,
			last_room,
		}
	}

	fn spec() -> JobSpec {
		spec(booked(LIMIT), HOUR, DAY)
	}

	/// Asks in the book.
	fn standing(&mut self) -> usize {
		self.chain.execute(|| {
			let asks = Asks::<Runtime>::iter_values().flat_map(|asks| asks.slots);
			asks.flatten().filter(|ask| !ask.parked).count()
		})
	}

	/// A job that is matched at once.
	fn submit(&mut self) -> (JobId, Touched) {
		let spec = Self::spec();
		let id = self.chain.next_job(&spec);
		let call = pallet_market::Call::submit_job { spec };
		let touched = self.chain.recorded_call(requester(), call);
		self.provider(id);
		(id, touched)
	}

	fn provider(&mut self, job: JobId) -> ProviderId {
		let job = self.chain.execute(|| Jobs::<Runtime>::get(job)).expect("it is live");
		job.state.provider().expect("it is assigned")
	}

	fn commit(&mut self, job: JobId) -> Touched {
		let ProviderId(provider) = self.provider(job);
		let call = pallet_market::Call::commit_result {
			job,
			root: H256([9; 32]),
			units: 4,
		};
		let worker = self.workers[provider as usize].clone();
		self.chain.recorded_call(worker, call)
	}

	fn settle(&mut self, job: JobId) -> Touched {
		self.chain
			.recorded_call(requester(), pallet_market::Call::settle_now { job })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn counts_are_found_in_generated_weights() {
		let text = "\
	/// Storage: `Market::Other` (r:7 w:7)
	fn place_ask() -> Weight {
		Weight::from_parts(259_457_000, 0)
	}
	/// Storage: `Market::Jobs` (r:2 w:1)
	/// Proof: `Market::Jobs` (`max_values`: None, `max_size`: Some(785), added: 3260, mode: `MaxEncodedLen`)
	/// Storage: `Market::Links` (r:0 w:5)
	fn submit_job() -> Weight {
";
		let expected = [("Market::Jobs", 2, 1), ("Market::Links", 0, 5)]
			.map(|(name, reads, writes)| (name.to_owned(), Counts { reads, writes }));
		assert_eq!(counted_by_benchmark(text, "submit_job"), Storages::from(expected));
	}

	#[test]
	fn counts_are_those_that_the_weights_charge_for() {
		for call in ["submit_job", "commit_result", "settle_now"] {
			let Counts { reads, writes } = sum(&counted_by_benchmark(WEIGHTS, call));
			let (_, body) = WEIGHTS.split_once(&format!("\tfn {call}() ")).expect("it is there");
			let (body, _) = body.split_once("\n\t}").expect("it ends");
			assert!(body.contains(&format!(".reads({reads})")), "{call}: {reads} reads");
			assert!(body.contains(&format!(".writes({writes})")), "{call}: {writes} writes");
		}
	}

	#[test]
	fn what_is_beyond_is_what_there_is_more_of() {
		let storages = |counts: [(&str, usize, usize); 2]| {
			Storages::from(counts.map(|(name, reads, writes)| (name.to_owned(), Counts { reads, writes })))
		};
		let (more, less) = (
			storages([("a", 2, 3), ("b", 1, 1)]),
			storages([("a", 2, 1), ("b", 4, 1)]),
		);
		assert_eq!(listed(&beyond(&more, &less)), "a 0 2");
	}
}
