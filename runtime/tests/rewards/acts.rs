//! What each of them does next.

use super::cast::{Buyer, Cast, Machine, Side};
use crate::{
	chain::work::{Output, Work},
	parties::Random,
};
use millrace_primitives::{JobId, Level, Minima, Price, ProviderId, Target, Terms};
use millrace_runtime::{Market, Runtime, RuntimeCall};
use pallet_market::{Asks, Call as MarketCall, JobOf, JobState, Jobs, ProviderJobs, RejectReason};
use pallet_providers::{Call as ProvidersCall, Providers, Status};
use pallet_rewards::Call as RewardsCall;
use polkadot_sdk::*;
use sp_core::H256;
use std::collections::BTreeMap;

/// Asks and bids stand here and a little above: what is paid in the book is dust.
const LEVEL: u8 = 200;

/// What was committed to a job, and which of its leaves is wrong.
struct Claim {
	output: Output,
	items: u32,
	wrong: Option<u32>,
}

/// What everybody knows beside the chain: the results that there are.
#[derive(Default)]
pub(crate) struct Knowledge {
	claims: BTreeMap<JobId, Claim>,
	works: BTreeMap<u32, Work>,
}

impl Knowledge {
	fn work(&mut self, items: u32) -> &Work {
		self.works.entry(items).or_insert_with(|| Work::new(items))
	}

	/// The proof that a result is wrong, if it is.
	fn refutation(&mut self, job: JobId) -> Option<RuntimeCall> {
		let claim = self.claims.get(&job)?;
		let (leaf, items) = (claim.wrong?, claim.items);
		let work = self.works.entry(items).or_insert_with(|| Work::new(items));
		let proof = work.proof(&claim.output, leaf);
		Some(MarketCall::refute { job, proof }.into())
	}
}

/// What the owner does: whatever lets its provider go on.
pub(crate) fn owner(machine: &Machine) -> Option<RuntimeCall> {
	let record = Providers::<Runtime>::get(machine.id)?;
	let provider = machine.id;
	let floor = record.terms.class.genesis_figures().floor * u128::from(record.terms.lanes);
	let call = match record.status {
		_ if record.ledger.active < floor => ProvidersCall::bond {
			provider,
			amount: machine.bond - record.ledger.active,
		},
		Status::Chilled { until } if until <= Market::clock() && record.load.live() == 0 => {
			ProvidersCall::reactivate { provider }
		}
		Status::Draining | Status::Unreachable { .. } => ProvidersCall::resume { provider },
		_ => return None,
	};
	Some(call.into())
}

/// What the worker does with one of its jobs, or with its ask.
pub(crate) fn worker(random: &mut Random, machine: &Machine, knowledge: &mut Knowledge) -> Option<RuntimeCall> {
	let record = Providers::<Runtime>::get(machine.id)?;
	let is_barred = Asks::<Runtime>::get(machine.id).barred_until > Market::clock();
	if record.status == Status::Active && record.load.asks == 0 && !is_barred {
		let level = Level(LEVEL);
		return Some(MarketCall::place_ask { slot: 0, level }.into());
	}
	let waits = |job: &JobOf<Runtime>| matches!(job.state, JobState::Assigned { .. } | JobState::Running { .. });
	let waiting: Vec<(JobId, JobOf<Runtime>)> = ProviderJobs::<Runtime>::iter_key_prefix(machine.id)
		.filter_map(|id| Some((id, Jobs::<Runtime>::get(id)?)))
		.filter(|(_, job)| waits(job))
		.collect();
	let (id, job) = random.of(&waiting)?.clone();
	let is_assigned = matches!(job.state, JobState::Assigned { .. });
	let call = match random.below(30) {
		0 if is_assigned => MarketCall::reject_job {
			job: id,
			reason: RejectReason::Other,
		},
		0 => MarketCall::abandon_job { job: id },
		1..=4 if is_assigned => MarketCall::accept_job { job: id },
		_ => commit(random, machine, id, &job, knowledge),
	};
	Some(call.into())
}

fn commit(
	random: &mut Random,
	machine: &Machine,
	id: JobId,
	job: &JobOf<Runtime>,
	knowledge: &mut Knowledge,
) -> MarketCall<Runtime> {
	let wrong = random.percent(machine.lies).then_some(0);
	let work = knowledge.work(job.items);
	let output = wrong.map_or_else(|| work.honest(), |leaf| work.lie(leaf));
	let root = output.root();
	let claim = Claim {
		output,
		items: job.items,
		wrong,
	};
	knowledge.claims.insert(id, claim);
	MarketCall::commit_result {
		job: id,
		root: H256(root.hash),
		units: root.units,
	}
}

/// What a requester does: submit a job, or go on with one.
pub(crate) fn buyer(random: &mut Random, buyer: &Buyer, cast: &Cast, knowledge: &mut Knowledge) -> Option<RuntimeCall> {
	let own: Vec<(JobId, JobOf<Runtime>)> = Jobs::<Runtime>::iter()
		.filter(|(_, job)| job.requester == buyer.who.account)
		.collect();
	if own.is_empty() || own.len() < 4 && random.percent(50) {
		return Some(submit(random, buyer, cast, knowledge));
	}
	let (id, job) = random.of(&own)?.clone();
	match job.state {
		JobState::Committed { .. } => close(random, buyer, cast, id, knowledge),
		JobState::Running { .. } => None,
		_ => random.percent(10).then(|| MarketCall::cancel_job { job: id }.into()),
	}
}

/// What a requester does with a result: mostly pay, or show that it is wrong. A coalition that burns its stake anyway also
/// demands leaves that nobody will bring.
fn close(
	random: &mut Random,
	buyer: &Buyer,
	cast: &Cast,
	job: JobId,
	knowledge: &mut Knowledge,
) -> Option<RuntimeCall> {
	let tempts_fate = buyer.side == Side::Coalition && cast.of(Side::Coalition).iter().any(|machine| machine.lies > 0);
	let is_wrong = knowledge.claims.get(&job).is_some_and(|claim| claim.wrong.is_some());
	let chance = random.below(20);
	match chance {
		// Nothing: the window ends, and the job lapses into payment.
		0..=2 => None,
		3 if tempts_fate => {
			let leaves = vec![0].try_into().expect("one leaf");
			Some(MarketCall::demand { job, leaves }.into())
		}
		4..=12 if is_wrong => knowledge.refutation(job),
		_ => Some(MarketCall::settle_now { job }.into()),
	}
}

fn submit(random: &mut Random, buyer: &Buyer, cast: &Cast, knowledge: &mut Knowledge) -> RuntimeCall {
	let items = 1 + random.below(4) as u32;
	let in_the_book = random.percent(25);
	let target = if in_the_book {
		Target::Book {
			pool: buyer.side.pool(),
			level: Level(LEVEL + random.below(4) as u8),
		}
	} else {
		let machines = cast.of(buyer.side);
		// From dust, of which the protocol's part is nothing, to as much as the stake backs.
		let doublings = match buyer.side {
			Side::Coalition => 53,
			Side::Outside => 49,
		};
		Target::Provider {
			provider: machines[random.below(machines.len())].id,
			price: Price(Level(0).price().0 << random.below(doublings)),
			minima: Minima::default(),
		}
	};
	let terms = Terms {
		target,
		public: random.percent(50),
		run_ticks: 9 + random.below(6) as u32,
		window: if in_the_book { 8 } else { 4 + random.below(8) as u32 },
		expires: Market::clock() + 3 + random.below(20) as u32,
	};
	let spec = knowledge.work(items).spec(terms);
	MarketCall::submit_job { spec }.into()
}

/// Somebody who belongs to nobody shows what is wrong, whoever's it is.
pub(crate) fn check(random: &mut Random, knowledge: &mut Knowledge) -> Option<RuntimeCall> {
	let is_open = |job: &JobId| {
		let job = Jobs::<Runtime>::get(*job);
		job.is_some_and(|job| matches!(job.state, JobState::Committed { .. }))
	};
	let wrong = knowledge.claims.iter().filter(|(_, claim)| claim.wrong.is_some());
	let wrong: Vec<JobId> = wrong.map(|(job, _)| *job).filter(is_open).collect();
	let job = *random.of(&wrong)?;
	knowledge.refutation(job)
}

/// A claim for any provider and any era, one that does not exist included.
pub(crate) fn claim(random: &mut Random, cast: &Cast, running: u32) -> RuntimeCall {
	let provider = ProviderId(random.below(cast.machines.len() + 1) as u32);
	let era = random.below(running as usize + 2) as u32;
	claim_of(provider, era)
}

pub(crate) fn claim_of(provider: ProviderId, era: u32) -> RuntimeCall {
	RewardsCall::<Runtime>::claim { provider, era }.into()
}
