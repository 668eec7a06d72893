//! Whom a plan asks, at which price and in which time.

use crate::{
	amount::{self, Balance},
	chain::{
		At, ClassFigures, DeviceClass, Level, Minima, OfferFilter, Pool, Price, ProviderId, ProviderView, Rules,
		Status, Target, Terms, Tick,
	},
	job::JobError,
	job_file::{Buy, JobFile},
};
use futures::TryStreamExt;

/// Ticks for which a job may wait for a provider where the job file says nothing.
const EXPIRES_IN: Tick = 400;

/// Whom to ask at which price, and the class that sets the figures.
pub(super) async fn target(
	at: &At,
	buy: &Buy,
	minima: Minima,
	rules: &Rules,
	output_bytes: u64,
) -> Result<(Target, Price, DeviceClass), JobError> {
	let fits = |most: u64, rule: &'static str| {
		if output_bytes > most {
			return Err(JobError::TooLarge {
				what: "the output",
				has: output_bytes,
				most,
				rule,
			});
		}
		Ok(())
	};
	match *buy {
		Buy::Book { pool, level } => {
			fits(rules.book_output_max, "the book allows")?;
			let level = match level {
				Some(level) => level,
				None => lowest_ask(at, pool).await?.ok_or(JobError::NoSupply(pool))?,
			};
			Ok((Target::Book { pool, level }, level.price(), pool.class))
		}
		Buy::Provider { provider, price } => {
			fits(rules.output_max, "the chain allows")?;
			let view = at.provider(provider).await?;
			let refused = |reason: String| JobError::NotEligible { provider, reason };
			let view: ProviderView = view.ok_or_else(|| refused("there is none".to_owned()))?;
			if view.status != Status::Active {
				return Err(refused(format!("it is {}", view.status.name())));
			}
			if !view.terms.takes_targets {
				return Err(refused("its owner takes no jobs that name it".to_owned()));
			}
			if price < view.terms.min_price {
				return Err(refused(format!("its owner wants at least {}", view.terms.min_price)));
			}
			let class = view.terms.class;
			if view.measured == 0 && at.enrolment_rules().await?.measures(class) {
				return Err(refused(format!(
					"no device of it has shown that it is of class {class}"
				)));
			}
			Ok((
				Target::Provider {
					provider,
					price,
					minima,
				},
				price,
				class,
			))
		}
	}
}

/// The lowest level at which somebody asks in the pool: among those who can take a job now, or else among all.
async fn lowest_ask(at: &At, pool: Pool) -> Result<Option<Level>, JobError> {
	if let Some(best) = at.book(pool, 1).await?.asks.first() {
		return Ok(Some(best.level));
	}
	let of_pool = OfferFilter {
		class: Some(pool.class),
		region: Some(pool.region),
		..OfferFilter::default()
	};
	let lowest = at
		.offers(&of_pool)
		.try_fold(None, |lowest: Option<Level>, offer| async move {
			Ok(Some(lowest.map_or(offer.level, |level| level.min(offer.level))))
		});
	Ok(lowest.await?)
}

/// The stake that a provider must have for a job that names it: twelve times what the job holds, and what its lanes need.
pub(in crate::job) fn stake_needed(escrow: Balance, lanes: u16, figures: &ClassFigures) -> Balance {
	const STAKE_MULTIPLE: Balance = 12;
	let floor = figures.floor.saturating_mul(Balance::from(lanes));
	escrow.saturating_mul(STAKE_MULTIPLE).max(floor)
}

pub(super) async fn check_stake(
	at: &At,
	provider: ProviderId,
	escrow: Balance,
	figures: &ClassFigures,
) -> Result<(), JobError> {
	let Some(view) = at.provider(provider).await? else {
		return Ok(());
	};
	let needs = stake_needed(escrow, view.terms.lanes, figures);
	if view.active < needs {
		let reason = format!(
			"its stake is {}, and this job needs {}",
			amount::print(view.active),
			amount::print(needs)
		);
		return Err(JobError::NotEligible { provider, reason });
	}
	Ok(())
}

/// When the job must be done, and for how long it can be refuted and may wait.
pub(super) fn terms(
	file: &JobFile,
	rules: &Rules,
	figures: &ClassFigures,
	units_max: u64,
	target: Target,
	now: Tick,
) -> Result<Terms, JobError> {
	let check = |key: &'static str, has: u64, least: u64, most: u64| -> Result<Tick, JobError> {
		match Tick::try_from(has) {
			Ok(tick) if (least..=most).contains(&has) => Ok(tick),
			_ => Err(JobError::Time { key, has, least, most }),
		}
	};
	let computing = units_max.div_ceil(figures.units_per_tick.max(1));
	let least_run = computing.saturating_add(u64::from(rules.run_slack));
	let run = file.offer.run_ticks.map_or(least_run, u64::from);
	let window = u64::from(file.offer.window.unwrap_or(rules.window));
	let (least_window, most_window) = match target {
		Target::Book { .. } => (rules.window, rules.window),
		Target::Provider { .. } => (rules.window_min, rules.window_max),
	};
	let expires_in = u64::from(file.offer.expires_in.unwrap_or(EXPIRES_IN.min(rules.expiry_max)));
	let expires_in = check("expires_in", expires_in, 1, u64::from(rules.expiry_max))?;
	Ok(Terms {
		target,
		public: file.public,
		run_ticks: check("run_ticks", run, least_run, u64::from(rules.run_max))?,
		window: check("window", window, u64::from(least_window), u64::from(most_window))?,
		expires: now.saturating_add(expires_in),
	})
}
