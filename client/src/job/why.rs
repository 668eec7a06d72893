//! Why a job has not started, or what it waits for, in one sentence with its numbers, and what can be done.

use crate::{
	amount,
	chain::{Ineligible, JobView, Price, ProviderId, Target, Tick, Unfit, Waits, ORDERS_COUNTED, SECONDS_PER_TICK},
};
use serde::Serialize;

/// What an explanation comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
	/// A provider has the job, or would serve it.
	UnderWay,
	/// It waits, and goes on without anybody's doing.
	Waits,
	/// It will not start as things stand: somebody must do something first.
	WillNotStart,
}

/// An explanation for people.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Explanation {
	/// What it comes to.
	pub verdict: Verdict,
	/// What is the case, with the numbers.
	pub says: String,
	/// What can be done.
	pub advice: String,
}

impl Explanation {
	/// Of what a job waits for, at this tick.
	pub fn of_waiting(waits: &Waits, job: &JobView, now: Tick) -> Explanation {
		let (id, market) = (job.id, market(job));
		let left = |until: Tick| format!("tick {until}, {}", time_left(until, now));
		let (verdict, says, advice) = match *waits {
			Waits::NoAsk { expires } => (
				Verdict::WillNotStart,
				format!("nobody who offers work in {market} can take a job now"),
				format!(
					"it waits until {}; `millrace offers search` shows who offers what, `millrace job cancel {id}` takes it \
					 back",
					left(expires)
				),
			),
			Waits::AsksTooDear { cheapest, bid, expires } => (
				Verdict::WillNotStart,
				format!(
					"the cheapest ask of {market} wants {}, and the job bids {}",
					planck(cheapest),
					planck(bid)
				),
				format!(
					"it waits until {} for a cheaper one; or `millrace job cancel {id}`, and run it again with max_price = \
					 \"{}planck\" or more",
					left(expires),
					cheapest.0
				),
			),
			Waits::Behind { ahead, expires } => (
				Verdict::Waits,
				format!("{} in {market} as much or more and come first", others(ahead)),
				format!(
					"it has its turn by itself, until {}; a higher bid comes sooner",
					left(expires)
				),
			),
			Waits::Match { .. } => (
				Verdict::Waits,
				format!("it is the next one of {market}, and an ask crosses it"),
				"nothing needs to be done: the two are matched in one of the next blocks".to_owned(),
			),
			Waits::Acceptance { provider, until, busy } => {
				let lanes = if busy { "; every lane of it is taken now" } else { "" };
				let inputs = if job.spec.inputs.is_empty() {
					String::new()
				} else {
					format!("it needs the inputs: `millrace job fetch {id}` sends them; ")
				};
				let otherwise = match job.spec.terms.target {
					Target::Book { .. } => "if it does not, another one gets the job while an assignment is left",
					Target::Provider { .. } => "if it does not, the job ends and what is held returns",
				};
				(
					Verdict::UnderWay,
					format!("provider {provider} is to accept it by {}{lanes}", left(until)),
					format!("{inputs}{otherwise}"),
				)
			}
			Waits::Result { provider, deadline } => (
				Verdict::UnderWay,
				format!(
					"provider {provider} computes it and is to commit a result by {}",
					left(deadline)
				),
				"nothing needs to be done: a provider that is late pays for it".to_owned(),
			),
			Waits::Window { provider, end } => (
				Verdict::UnderWay,
				format!(
					"provider {provider} has committed a result, which can be refuted until {}, and is paid then",
					left(end)
				),
				format!("`millrace job fetch {id}` fetches it, checks it and pays at once"),
			),
			Waits::Leaves { provider, until } => (
				Verdict::UnderWay,
				match until {
					Some(until) => format!("provider {provider} is to show the demanded leaves by {}", left(until)),
					None => format!(
						"the leaves that were demanded of provider {provider} wait until it has answered other demands"
					),
				},
				"nothing needs to be done: if they do not come, the job is void and the stake pays".to_owned(),
			),
			Waits::Touch { due } => (
				Verdict::Waits,
				format!(
					"what it waited for was due at tick {due}, {} ticks ago",
					now.saturating_sub(due)
				),
				"nothing needs to be done: the chain ends it or goes on with it in one of the next blocks".to_owned(),
			),
			Waits::Void { provider } => (
				Verdict::Waits,
				format!(
					"a result of provider {provider} was refuted, so what it has or would bring for this job is void"
				),
				"nothing needs to be done: the chain frees what is held, or finds another provider".to_owned(),
			),
		};
		Explanation { verdict, says, advice }
	}

	/// Of whether a provider would serve a job.
	pub fn of_match(serves: &Result<(), Unfit>, provider: ProviderId, job: &JobView, now: Tick) -> Explanation {
		let Err(unfit) = serves else {
			return Explanation {
				verdict: Verdict::UnderWay,
				says: format!("provider {provider} would serve this job"),
				advice: String::new(),
			};
		};
		let show = format!("`millrace provider show {provider}` says more");
		let (says, advice) = match *unfit {
			Unfit::OtherTarget { target } => (
				format!("the job names provider {target}, not provider {provider}"),
				format!("to have it done by this one, run it again with --target {provider}"),
			),
			Unfit::OtherPool { pool } => (
				format!(
					"provider {provider} serves the pool {pool}, and the job is in {}",
					market(job)
				),
				format!("run it again in the pool {pool}, or with --target {provider}"),
			),
			Unfit::Provider(why) => ineligible(why, provider, show),
			Unfit::NoAsk {
				barred_until: Some(until),
			} => (
				format!(
					"provider {provider} did not show up for a job and may not ask until tick {until}, {}",
					time_left(until, now)
				),
				show,
			),
			Unfit::NoAsk { barred_until: None } => (
				format!("provider {provider} has no ask in the book"),
				format!("run the job again with --target {provider}, if its owner takes jobs that name it"),
			),
			Unfit::AskTooDear { have, need } => (
				format!(
					"provider {provider} asks for {}, and the job bids {}",
					planck(have),
					planck(need)
				),
				format!("bid {} or more", planck(have)),
			),
			Unfit::Paused { until } => (
				format!(
					"provider {provider} has turned a job down, and its asks wait until tick {until}, {}",
					time_left(until, now)
				),
				"nothing needs to be done: they are queued again then".to_owned(),
			),
			Unfit::Parked => (
				format!("the asks of provider {provider} wait until one of its jobs is committed or ends"),
				"nothing needs to be done: they are queued again then".to_owned(),
			),
			Unfit::Expired { expires } => (
				format!("the job could be assigned until tick {expires} only, and that has passed"),
				"run it again with a later expiry".to_owned(),
			),
		};
		Explanation {
			verdict: Verdict::WillNotStart,
			says,
			advice,
		}
	}
}

fn ineligible(why: Ineligible, provider: ProviderId, show: String) -> (String, String) {
	match why {
		Ineligible::Unknown => (
			format!("there is no provider {provider}"),
			"`millrace provider list` shows all".to_owned(),
		),
		Ineligible::NotActive => (format!("provider {provider} is draining, chilled or leaving"), show),
		Ineligible::Unreachable => (format!("provider {provider} does not answer the chain"), show),
		Ineligible::NoWorker => (
			format!("the owner of provider {provider} has revoked its worker key"),
			show,
		),
		Ineligible::StakeTooLow { have, need } => (
			format!(
				"provider {provider} has a stake of {}, and {} is needed",
				amount::print(have),
				amount::print(need)
			),
			"make the job smaller, or wait until its owner adds stake".to_owned(),
		),
		Ineligible::TakesNoTargets => (
			format!("the owner of provider {provider} takes no jobs that name it"),
			"bid in its pool instead".to_owned(),
		),
		Ineligible::PriceTooLow { have, need } => (
			format!(
				"the owner of provider {provider} wants at least {}, and the job offers {}",
				planck(need),
				planck(have)
			),
			format!("offer {} or more", planck(need)),
		),
		Ineligible::Full => (
			format!(
				"provider {provider} has as many jobs as it may have, twice its lanes, or a device of it is being measured"
			),
			"wait until it has room".to_owned(),
		),
		Ineligible::TooFewPaid { have, need } => (
			format!("provider {provider} was paid for {have} jobs, and the job asks for {need}"),
			"ask for less, or take another provider".to_owned(),
		),
		Ineligible::TooManyFailed { have, need } => (
			format!("provider {provider} failed {have} % of its jobs, and the job allows {need} %"),
			"allow more, or take another provider".to_owned(),
		),
		Ineligible::NotMeasured { class } => (
			format!("no device of provider {provider} has shown that it is of class {class}"),
			format!("`millrace provider devices {provider}` shows where that stands"),
		),
	}
}

/// Where a job is bought, for a sentence.
fn market(job: &JobView) -> String {
	match job.spec.terms.target {
		Target::Book { pool, .. } => format!("the pool {pool}"),
		Target::Provider { provider, .. } => format!("provider {provider}"),
	}
}

fn planck(price: Price) -> String {
	format!("{} planck for 2^30 units", price.0)
}

fn others(ahead: u32) -> String {
	match ahead {
		1 => "1 other job bids".to_owned(),
		ahead if ahead >= ORDERS_COUNTED => format!("at least {ahead} other jobs bid"),
		ahead => format!("{ahead} other jobs bid"),
	}
}

/// How far away a tick is, for a sentence.
fn time_left(until: Tick, now: Tick) -> String {
	if until < now {
		return "which is over".to_owned();
	}
	let seconds = u64::from(until.saturating_sub(now)) * SECONDS_PER_TICK;
	match seconds {
		0 => "which is now".to_owned(),
		1..=119 => format!("in about {seconds} s"),
		120..=7_199 => format!("in about {} min", seconds / 60),
		_ => format!("in about {} h", seconds / 3_600),
	}
}

#[cfg(test)]
mod tests;
