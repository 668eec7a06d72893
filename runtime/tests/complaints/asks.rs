//! Complaints about what others offer.

use crate::{
	bid,
	chain::{
		registration,
		world::{World, CHECKER, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER},
	},
	on_hold, place_ask, state, world, JOB_FEE, LEVEL,
};
use frame_support::assert_err;
use millrace_primitives::{traits::Ineligible, DeviceClass, Level, Price, ProviderId, MILL};
use millrace_runtime::{Market, Runtime, RuntimeEvent};
use pallet_market::{types::Unfit, Asks, Call as MarketCall, Error, Event, JobState, Jobs, RejectReason};
use pallet_providers::{Call as ProvidersCall, ProviderTerms, Status};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;

/// "Asks of machines that are not there." Here each assignment that is not answered costs a job fee and bars for longer
/// each time; after three the provider counts as gone. The requester's job goes on, and pays nothing for it.
#[test]
fn an_ask_that_serves_nobody_costs_its_owner_and_not_the_requester() {
	let mut world = world();
	let before = world.record().ledger.active;
	let mut bars = Vec::new();
	for missed in 1..=3u32 {
		while world.record().load.asks == 0 {
			let (outcome, _) = world.attempt(WORKER, place_ask(0, LEVEL));
			assert!(outcome.is_ok() || bars.len() as u32 == missed - 1);
		}
		let job = world.submit(VICTIM);
		let held = on_hold(&mut world, VICTIM);
		world.wait(9);
		let told = world.events.iter().rev().find_map(|event| match event {
			RuntimeEvent::Market(Event::NoShow {
				job: of,
				fee_taken,
				barred_until,
				..
			}) if *of == job => Some((*fee_taken, *barred_until)),
			_ => None,
		});
		let (fee, until) = told.expect("nobody has shown up");
		assert_eq!(fee, JOB_FEE);
		bars.push(until - world.read(Market::clock));
		// It waits again, with all that was held for it, until it is taken back for nothing.
		assert_eq!(state(&mut world, job), Some(JobState::Pending));
		assert_eq!(on_hold(&mut world, VICTIM), held);
		let events = world.send(VICTIM, MarketCall::cancel_job { job });
		let is_free =
			|event: &RuntimeEvent| matches!(event, RuntimeEvent::Market(Event::JobCancelled { fees_paid: 0, .. }));
		assert!(events.iter().any(is_free));
	}
	assert_eq!(bars, [4, 8, 16], "each bar is twice the one before");
	assert_eq!(world.record().ledger.active, before - 3 * JOB_FEE);
	assert!(matches!(world.record().status, Status::Unreachable { .. }));
	assert_eq!(on_hold(&mut world, VICTIM), 0);
	assert_eq!(world.change(&[VICTIM]), -world.fees(&[VICTIM]));
	let (outcome, _) = world.attempt(WORKER, place_ask(0, LEVEL));
	assert_err!(outcome, pallet_market::Error::<Runtime>::ProviderUnreachable);
}

/// "The price was gone when I clicked." Here an ask stands for a while before it can be taken back or moved, and
/// whoever was matched with it keeps the assignment.
#[test]
fn an_ask_does_not_fade_as_soon_as_somebody_comes() {
	let mut world = world();
	world.wait(1);
	world.send(WORKER, MarketCall::withdraw_ask { slot: 0 });
	world.send(WORKER, place_ask(0, LEVEL));
	let (outcome, _) = world.attempt(WORKER, MarketCall::withdraw_ask { slot: 0 });
	assert_err!(outcome, Error::<Runtime>::AskTooYoung);
	world.send(WORKER, MarketCall::reprice_ask { slot: 0, level: LEVEL });
	let (outcome, _) = world.attempt(
		WORKER,
		MarketCall::reprice_ask {
			slot: 0,
			level: Level(255),
		},
	);
	assert_err!(outcome, Error::<Runtime>::AskTooYoung);

	let job = world.submit(VICTIM);
	let assigned = state(&mut world, job);
	world.send(WORKER, MarketCall::withdraw_ask { slot: 0 });
	assert_eq!(state(&mut world, job), assigned);
	let output = world.work.honest();
	world.commit_root(job, output.root());
	world.send(VICTIM, MarketCall::settle_now { job });
	assert_eq!(world.change(&[PAYOUT]), 601_110 - 30_055);
}

/// "The provider stopped bidding, and nobody knows why." Here an ask that cannot serve is out of the book while that is
/// so, says by which rule, and comes back by itself.
#[test]
fn an_ask_falls_silent_for_a_reason_and_comes_back_by_itself() {
	let mut world = world();
	let parked = |world: &mut World| world.read(|| Asks::<Runtime>::get(PROVIDER).slots[0].expect("it stands").parked);
	let jobs: Vec<_> = (0..2).map(|_| world.submit(VICTIM)).collect();
	assert!(parked(&mut world), "two jobs for one lane");
	let waiting = bid(&mut world, CHECKER, LEVEL, 60);
	let why = |world: &mut World| world.read(|| Market::explain_eligibility(PROVIDER, waiting).expect("it is live"));
	assert_eq!(why(&mut world), Err(Unfit::Provider(Ineligible::Full)));

	// Room is made, and the one who waits is served in the same block.
	let output = world.work.honest();
	world.commit_root(jobs[0], output.root());
	assert!(matches!(
		state(&mut world, waiting),
		Some(JobState::Assigned { provider: PROVIDER, .. })
	));
	assert_eq!(why(&mut world), Ok(()));

	// A refusal pauses the ask for two ticks, and says so.
	let reason = RejectReason::Unsupported;
	world.send(WORKER, MarketCall::reject_job { job: waiting, reason });
	let until = world.read(Market::clock) + 2;
	assert_eq!(why(&mut world), Err(Unfit::Paused { until }));
	world.wait(2);
	assert!(matches!(
		state(&mut world, waiting),
		Some(JobState::Assigned { provider: PROVIDER, .. })
	));
}

/// "The price was another one when the bill came." Here the price of a match is the job's own: neither a move of the
/// ask, nor another minimum of the owner, nor other rules of the chain touch it.
#[test]
fn no_price_changes_after_the_match() {
	let mut world = world();
	world.wait(1);
	let job = world.submit(VICTIM);
	let agreed = world.read(|| Market::job(job).expect("it is live"));
	world.send(
		WORKER,
		MarketCall::reprice_ask {
			slot: 0,
			level: Level(255),
		},
	);
	let dearer = ProviderTerms {
		min_price: Price(u64::MAX),
		..world.record().terms
	};
	let terms = ProvidersCall::set_terms {
		provider: PROVIDER,
		terms: dearer,
	};
	world.send(OWNER, terms);
	let now = world.read(|| Market::job(job).expect("it is live"));
	assert_eq!(
		(now.price, now.escrow, now.fee_rate),
		(agreed.price, agreed.escrow, agreed.fee_rate)
	);
	let output = world.work.honest();
	world.commit_root(job, output.root());
	world.send(VICTIM, MarketCall::settle_now { job });
	assert_eq!(world.change(&[PAYOUT]), 601_110 - 30_055, "at the price of the match");
	// New jobs have to bid that much.
	let waiting = bid(&mut world, VICTIM, Level(254), 10);
	assert_eq!(state(&mut world, waiting), Some(JobState::Pending));
	assert!(world.read(|| Jobs::<Runtime>::contains_key(waiting)));
}

/// "Queued behind a long job, while other machines idle." Here an answer of one word sends the job on to the next
/// machine, and costs neither side anything.
#[test]
fn no_job_waits_behind_a_busy_machine_while_another_is_idle() {
	let mut world = world();
	let other = ProviderId(1);
	let call = registration(Key::AliceStash, Key::BobStash, DeviceClass::Cpu4, 1, 672 * MILL);
	world.send(Key::CharlieStash, call);
	let running = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job: running });
	let behind = world.submit(CHECKER);
	world.send(Key::AliceStash, place_ask(0, LEVEL));
	let reason = RejectReason::Busy;
	world.send(WORKER, MarketCall::reject_job { job: behind, reason });
	assert!(matches!(state(&mut world, behind), Some(JobState::Assigned { provider, .. }) if provider == other));
	let job = world.read(|| Market::job(behind).expect("it is live"));
	assert_eq!(job.fees_used(), 0);
}
