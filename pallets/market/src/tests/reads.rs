//! What the market answers to whoever asks, in books that parties who keep no rule have made.

mod book;
mod pages;
mod quote;
mod unfit;

use super::book::Random;
use crate::{mock::*, Call, Jobs, RejectReason};
use millrace_primitives::{JobId, JobSpec, Level, Price, ProviderId, Region, Target, Tick};
use polkadot_sdk::{
	frame_support::traits::{fungible::Mutate, UnfilteredDispatchable},
	sp_core::H256,
};

/// Providers of a world at first, and at most.
const PROVIDERS: (u32, u32) = (4, 20);

/// A book to which so many things have happened. Nobody has asked the chain whether an owner may do what it did.
pub(super) fn wander(random: &mut Random, steps: u64) {
	while MockProviders::count() < PROVIDERS.0 {
		MockProviders::register(1 + random.below(5) as u16);
	}
	for _ in 0..steps {
		step(random);
	}
	for requester in [ALICE, BOB] {
		Balances::set_balance(&requester, FUNDS);
	}
	System::reset_events();
}

fn step(random: &mut Random) {
	match random.below(40) {
		0 => {
			finish_block();
			start_block(1);
		}
		1..=2 => meddle(random),
		3..=5 if MockProviders::count() < PROVIDERS.1 => arrive(random),
		6 => {
			let provider = any_provider(random);
			MockProviders::set_active(provider, random.below(5) > 0);
		}
		_ => {
			let (who, call) = any_call(random);
			// A refusal is no step, and no harm.
			let _ = call.dispatch_bypass_filter(signed(who));
		}
	}
}

/// Bids, and then one that takes four of them at once and has room for more.
fn arrive(random: &mut Random) {
	for _ in 0..14 {
		submit(BOB, book_spec(2, 3 + random.below(6) as u8));
	}
	asking(3, random.below(5) as u8);
}

pub(super) fn any_provider(random: &mut Random) -> ProviderId {
	ProviderId(random.below(u64::from(MockProviders::count())) as u32)
}

/// A job of the book of one of two regions, or one that names its provider.
pub(super) fn any_spec(random: &mut Random) -> JobSpec {
	let items = 1 + random.below(9) as u32;
	if random.below(6) == 0 {
		return target_spec(items, any_provider(random), 60 + random.below(60));
	}
	let mut spec = book_spec(items, random.below(9) as u8);
	if let (0, Target::Book { pool, .. }) = (random.below(8), &mut spec.terms.target) {
		pool.region = Region(1);
	}
	spec
}

/// What an owner may change without a word to the market.
fn meddle(random: &mut Random) {
	let provider = any_provider(random);
	MockProviders::change(provider, |record| match random.below(5) {
		0 => record.min_price = Price(64 + random.below(40)),
		1 => record.pool.region = Region(u8::from(random.below(5) == 0)),
		2 => record.measuring = random.below(4) == 0,
		3 => record.unmeasured = random.below(6) == 0,
		_ => {
			let needed = record.running.max((record.assigned + record.running).div_ceil(2));
			record.lanes = needed.max(1 + random.below(5) as u16);
		}
	});
}

fn any_call(random: &mut Random) -> (AccountId, Call<Test>) {
	let mut jobs: Vec<(JobId, Option<ProviderId>)> = Jobs::<Test>::iter()
		.map(|(id, job)| (id, job.state.provider()))
		.collect();
	if random.below(4) > 0 {
		jobs.retain(|(_, provider)| provider.is_some());
	}
	let (job, provider) = match jobs.is_empty() {
		true => (JobId(H256::zero()), None),
		false => jobs[random.below(jobs.len() as u64) as usize],
	};
	let its_worker = worker(provider.unwrap_or(ProviderId(0)));
	let slot = random.below(4) as u8;
	match random.below(30) {
		0..=4 => {
			let spec = any_spec(random);
			(BOB, Call::submit_job { spec })
		}
		5..=12 => {
			let level = Level(random.below(9) as u8);
			(worker(any_provider(random)), Call::place_ask { slot, level })
		}
		13 => (worker(any_provider(random)), Call::withdraw_ask { slot }),
		14..=18 => (its_worker, Call::accept_job { job }),
		19..=20 => {
			let reason = [RejectReason::Busy, RejectReason::Other][random.below(2) as usize];
			(its_worker, Call::reject_job { job, reason })
		}
		21..=26 => {
			let root = H256([6; 32]);
			(its_worker, Call::commit_result { job, root, units: G })
		}
		27 => (its_worker, Call::abandon_job { job }),
		28 => (BOB, Call::settle_now { job }),
		_ => (BOB, Call::cancel_job { job }),
	}
}

/// Lets the clock run on while the hook has no weight left, sometimes.
pub(super) fn tarry(random: &mut Random) {
	let late: Tick = [0, 0, 0, 3, 12, 45][random.below(6) as usize];
	skip_ticks(late);
}
