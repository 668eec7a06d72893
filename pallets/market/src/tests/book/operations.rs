//! What parties may do, as data that can be drawn at random and shrunk, and how it is done on the chain and to the
//! naive book alike.

use super::naive::{Naive, Provider, Stage};
use crate::{mock::*, RejectReason, Requesters};
use millrace_primitives::{job::job_id, DeviceClass, JobId, JobSpec, Level, Pool, Price, ProviderId, Target};
use polkadot_sdk::frame_support::{traits::fungible::Mutate, weights::WeightMeter};
use proptest::prelude::*;

/// Levels in use: few, so that queues are long.
const LEVELS: u8 = 6;
/// Lanes of each provider at first. The first ones are in one pool, the last two in another.
const LANES: [u16; 8] = [1, 1, 2, 3, 1, 1, 1, 2];
const FIRST_OF_OTHER_POOL: u32 = 6;
const REQUESTERS: [AccountId; 3] = [ALICE, BOB, CHARLIE];

/// One of the live jobs: counted among those in the stage that the operation is for, or among all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pick {
	nth: u8,
	of_all: bool,
}

/// An operation. Providers are numbers, as all of them are registered before the first.
#[derive(Clone, Debug)]
pub(super) enum Operation {
	PlaceAsk {
		provider: u32,
		slot: u8,
		level: u8,
	},
	WithdrawAsk {
		provider: u32,
		slot: u8,
	},
	RepriceAsk {
		provider: u32,
		slot: u8,
		level: u8,
	},
	/// So many bids in one call.
	Submit {
		count: u64,
		other_pool: bool,
		items: u32,
		level: u8,
		ticks: u32,
	},
	RepriceJob {
		pick: Pick,
		level: u8,
	},
	Cancel(Pick),
	Accept(Pick),
	RejectBusy(Pick),
	Reject(Pick),
	Commit(Pick),
	Abandon(Pick),
	Settle(Pick),
	/// All results of the same requester in one call.
	SettleAll(Pick),
	Blocks(u32),
	Eligible {
		provider: u32,
		active: bool,
	},
	Lanes {
		provider: u32,
		lanes: u16,
	},
	/// Of all providers from the one to the other: an owner may have many.
	MinPrice {
		first: u32,
		last: u32,
		level: u8,
	},
	Halt(bool),
}

fn pick() -> impl Strategy<Value = Pick> {
	(any::<u8>(), prop::bool::weighted(0.1)).prop_map(|(nth, of_all)| Pick { nth, of_all })
}

fn provider() -> impl Strategy<Value = u32> {
	0..LANES.len() as u32
}

fn any_submission((count, other_pool, items, level, ticks): (u64, bool, u32, u8, u32)) -> Operation {
	Operation::Submit {
		count,
		other_pool,
		items,
		level,
		ticks,
	}
}

pub(super) fn operation() -> impl Strategy<Value = Operation> {
	let ask = || (provider(), 0..5u8, 0..LEVELS);
	prop_oneof![
		18 => ask().prop_map(|(provider, slot, level)| Operation::PlaceAsk { provider, slot, level }),
		5 => (provider(), 0..5u8).prop_map(|(provider, slot)| Operation::WithdrawAsk { provider, slot }),
		4 => ask().prop_map(|(provider, slot, level)| Operation::RepriceAsk { provider, slot, level }),
		18 => (Just(1), prop::bool::weighted(0.25), 1..4u32, 0..LEVELS, 1..40u32).prop_map(any_submission),
		2 => (2..6u64, prop::bool::weighted(0.25), 1..4u32, 0..LEVELS, 1..40u32).prop_map(any_submission),
		4 => (pick(), 0..LEVELS).prop_map(|(pick, level)| Operation::RepriceJob { pick, level }),
		4 => pick().prop_map(Operation::Cancel),
		12 => pick().prop_map(Operation::Accept),
		2 => pick().prop_map(Operation::RejectBusy),
		3 => pick().prop_map(Operation::Reject),
		16 => pick().prop_map(Operation::Commit),
		2 => pick().prop_map(Operation::Abandon),
		5 => pick().prop_map(Operation::Settle),
		1 => pick().prop_map(Operation::SettleAll),
		12 => (1..4u32).prop_map(Operation::Blocks),
		1 => (4..40u32).prop_map(Operation::Blocks),
		2 => (provider(), prop::bool::weighted(0.6)).prop_map(|(provider, active)| Operation::Eligible { provider, active }),
		2 => (provider(), 1..4u16).prop_map(|(provider, lanes)| Operation::Lanes { provider, lanes }),
		5 => (provider(), provider(), prop_oneof![2 => Just(0), 1 => 0..LEVELS]).prop_map(
			|(one, other, level)| Operation::MinPrice { first: one.min(other), last: one.max(other), level }
		),
		1 => prop::bool::weighted(0.2).prop_map(Operation::Halt),
	]
}

fn other_pool() -> Pool {
	Pool {
		class: DeviceClass::Cpu32,
		..POOL
	}
}

/// Registers the providers, on the chain and in the naive book, with stake for every number of lanes.
pub(super) fn begin() -> Naive {
	for requester in REQUESTERS {
		Balances::set_balance(&requester, 1_000 * FUNDS);
	}
	let mut naive = Naive::at(now());
	for (number, lanes) in (0u32..).zip(LANES) {
		let id = MockProviders::register(8);
		let pool = if number < FIRST_OF_OTHER_POOL {
			POOL
		} else {
			other_pool()
		};
		MockProviders::change(id, |record| {
			record.lanes = lanes;
			record.pool = pool;
		});
		let provider = Provider {
			pool,
			lanes,
			active: true,
			min_price: Price(64),
			no_shows: 0,
			lates: 0,
			barred_until: 0,
			paused_until: 0,
			wake: None,
		};
		naive.providers.insert(id, provider);
	}
	System::reset_events();
	naive
}

/// What came of an operation: on the chain, and as the naive book has it.
pub(super) type Outcome = (bool, bool);

impl Operation {
	/// Does it on both sides. None where it is about a job and there is none.
	pub(super) fn perform(&self, naive: &mut Naive) -> Option<Outcome> {
		naive.matches.clear();
		Some(match *self {
			Operation::PlaceAsk { provider, slot, level } => {
				let (id, level) = (ProviderId(provider), Level(level));
				let done = Market::place_ask(signed(worker(id)), slot, level);
				(done.is_ok(), naive.attempt(|naive| naive.place_ask(id, slot, level)))
			}
			Operation::WithdrawAsk { provider, slot } => {
				let id = ProviderId(provider);
				let done = Market::withdraw_ask(signed(worker(id)), slot);
				(done.is_ok(), naive.attempt(|naive| naive.withdraw_ask(id, slot)))
			}
			Operation::RepriceAsk { provider, slot, level } => {
				let (id, level) = (ProviderId(provider), Level(level));
				let done = Market::reprice_ask(signed(worker(id)), slot, level);
				(done.is_ok(), naive.attempt(|naive| naive.reprice_ask(id, slot, level)))
			}
			Operation::Submit {
				count,
				other_pool,
				items,
				level,
				ticks,
			} => {
				let pool = if other_pool { self::other_pool() } else { POOL };
				let level = Level(level);
				let mut spec = book_spec(items, level.0);
				spec.terms.target = Target::Book { pool, level };
				spec.terms.expires = now() + ticks;
				submit_bids(naive, count, spec, pool, level)
			}
			Operation::Blocks(count) => {
				for _ in 0..count {
					begin_block(naive);
				}
				(true, true)
			}
			Operation::Eligible { provider, active } => {
				let id = ProviderId(provider);
				MockProviders::set_active(id, active);
				naive.set_active(id, active);
				naive.owner_changed();
				(true, true)
			}
			Operation::Lanes { provider, lanes } => {
				let id = ProviderId(provider);
				let (assigned, running) = naive.load(id);
				let lanes = lanes.max(running).max((assigned + running).div_ceil(2));
				MockProviders::change(id, |record| record.lanes = lanes);
				naive.provider_mut(id).lanes = lanes;
				naive.owner_changed();
				(true, true)
			}
			Operation::MinPrice { first, last, level } => {
				let price = Level(level).price();
				for id in (first..=last).map(ProviderId) {
					MockProviders::change(id, |record| record.min_price = price);
					naive.provider_mut(id).min_price = price;
				}
				naive.owner_changed();
				(true, true)
			}
			Operation::Halt(halted) => {
				naive.halted = halted;
				(Market::set_halted(RuntimeOrigin::root(), halted).is_ok(), true)
			}
			_ => return self.perform_on_job(naive),
		})
	}

	fn perform_on_job(&self, naive: &mut Naive) -> Option<Outcome> {
		Some(match *self {
			Operation::RepriceJob { pick, level } => {
				let id = pick.of(naive, |stage| matches!(stage, Stage::Pending { .. }))?;
				let done = Market::reprice_job(signed(job(id).requester), id, Level(level));
				(done.is_ok(), naive.attempt(|naive| naive.reprice_job(id, Level(level))))
			}
			Operation::Cancel(pick) => {
				let id = pick.of(naive, |stage| {
					matches!(stage, Stage::Pending { .. } | Stage::Assigned { .. })
				})?;
				let done = Market::cancel_job(signed(job(id).requester), id);
				(done.is_ok(), naive.attempt(|naive| naive.cancel(id)))
			}
			Operation::Accept(pick) => {
				let id = pick.of(naive, is_assigned)?;
				let done = Market::accept_job(worker_of(id), id);
				(done.is_ok(), naive.attempt(|naive| naive.accept(id)))
			}
			Operation::RejectBusy(pick) => {
				let id = pick.of(naive, is_assigned)?;
				let done = Market::reject_job(worker_of(id), id, RejectReason::Busy);
				(done.is_ok(), naive.attempt(|naive| naive.reject_busy(id)))
			}
			Operation::Reject(pick) => {
				let id = pick.of(naive, is_assigned)?;
				let done = Market::reject_job(worker_of(id), id, RejectReason::TooSlow);
				(done.is_ok(), naive.attempt(|naive| naive.reject(id)))
			}
			Operation::Commit(pick) => {
				let id = pick.of(naive, |stage| is_assigned(stage) || is_running(stage))?;
				// An equal repeat of a commitment succeeds and changes nothing; that is no matter of the book.
				if matches!(naive.jobs[&id].stage, Stage::Committed { .. }) {
					return None;
				}
				let root = Default::default();
				let done = Market::commit_result(worker_of(id), id, root, G);
				(done.is_ok(), naive.attempt(|naive| naive.commit(id)))
			}
			Operation::Abandon(pick) => {
				let id = pick.of(naive, is_running)?;
				let done = Market::abandon_job(worker_of(id), id);
				(done.is_ok(), naive.attempt(|naive| naive.abandon(id)))
			}
			Operation::Settle(pick) => {
				let id = pick.of(naive, |stage| matches!(stage, Stage::Committed { .. }))?;
				let done = Market::settle_now(signed(job(id).requester), id);
				(done.is_ok(), naive.attempt(|naive| naive.settle(id)))
			}
			Operation::SettleAll(pick) => {
				let is_committed = |stage: &Stage| matches!(stage, Stage::Committed { .. });
				let requester = job(pick.of(naive, is_committed)?).requester;
				let all = naive.jobs.iter().filter(|(id, _)| job(**id).requester == requester);
				let ids: Vec<_> = all.map(|(id, _)| *id).collect();
				let jobs = ids.clone().try_into().expect("less than a hundred");
				let done = Market::settle_jobs(signed(requester), jobs);
				// What cannot be settled keeps nothing else from it.
				for id in ids {
					naive.attempt(|naive| naive.settle(id));
				}
				(done.is_ok(), true)
			}
			_ => unreachable!("it is about no job"),
		})
	}
}

impl Pick {
	fn of(self, naive: &Naive, fits: impl Fn(&Stage) -> bool) -> Option<JobId> {
		let fitting = naive.jobs.iter().filter(|(_, job)| self.of_all || fits(&job.stage));
		let jobs: Vec<_> = fitting.map(|(id, _)| *id).collect();
		jobs.get(usize::from(self.nth).checked_rem(jobs.len())?).copied()
	}
}

fn is_assigned(stage: &Stage) -> bool {
	matches!(stage, Stage::Assigned { .. })
}

fn is_running(stage: &Stage) -> bool {
	matches!(stage, Stage::Running { .. })
}

/// The worker that has the job; where nobody has it, one that has not.
fn worker_of(id: JobId) -> RuntimeOrigin {
	signed(worker(job(id).state.provider().unwrap_or_default()))
}

/// Submits as many equal bids, all of them or none.
fn submit_bids(naive: &mut Naive, count: u64, spec: JobSpec, pool: Pool, level: Level) -> Outcome {
	let requester = REQUESTERS[spec.items as usize % REQUESTERS.len()];
	let nonce = Requesters::<Test>::get(requester).nonce;
	let ids = (nonce..nonce + count).map(|nonce| job_id(&Market::genesis_hash(), &requester, nonce, &spec));
	let ids: Vec<_> = ids.collect();
	let (expires, run_ticks) = (spec.terms.expires, spec.terms.run_ticks);
	let done = match count {
		1 => Market::submit_job(signed(requester), spec),
		_ => {
			let specs = vec![spec; ids.len()].try_into().expect("less than a hundred");
			Market::submit_jobs(signed(requester), specs)
		}
	};
	let expected = naive.attempt(|naive| {
		ids.into_iter()
			.try_for_each(|id| naive.submit(id, pool, level, expires, run_ticks))
	});
	(done.is_ok(), expected)
}

/// A block, whose hook has all the weight that it wants: what is due is served in order, whatever the budget.
fn begin_block(naive: &mut Naive) {
	finish_block();
	start_block(1);
	Market::serve_due(&mut WeightMeter::new());
	naive.begin_block();
}
