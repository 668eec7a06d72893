//! What a slash brings to whom on the real runtime: to a thief with a stolen worker key, to an owner in a hurry, to the one
//! checker that is enough; what a false refutation costs, and what a cancelled slash gives back.

mod chain;

use chain::{
	signed,
	world::{Bought, Case, World, CHECKER, COALITION, OWNER, PAYOUT, PUPPET, SECOND, VICTIM, WORKER},
};
use codec::Encode;
use frame_support::{assert_err, dispatch::GetDispatchInfo};
use millrace_primitives::{DeviceClass, Level, SlashId, MILL};
use millrace_runtime::{Providers, Runtime, RuntimeCall, RuntimeEvent, TransactionPayment};
use pallet_market::{Call as MarketCall, Error, Event, ProofFlaw};
use pallet_providers::{Call as ProvidersCall, Status};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;

/// 0.005 MILL.
const JOB_FEE: i128 = 5_000_000_000;
/// What registration moves from the owner to the worker key.
const FLOAT: i128 = 1_000_000_000_000;

/// One lane of class cpu-4, backed by no more than its floor of 336 MILL.
fn at_the_floor() -> Case {
	Case {
		class: DeviceClass::Cpu4,
		lanes: 1,
		stake: 336 * MILL,
		bought: Bought::Book {
			items: 10,
			level: Level(170),
		},
	}
}

/// The largest job that names a provider: a twelfth of the stake.
fn largest_named(stake: u128) -> Case {
	Case {
		stake,
		bought: Bought::Named { escrow: stake / 12 },
		..at_the_floor()
	}
}

/// The last event of a kind.
fn last<R>(world: &World, which: impl Fn(&RuntimeEvent) -> Option<R>) -> R {
	world.events.iter().rev().find_map(which).expect("it happened")
}

fn refusal(outcome: sp_runtime::DispatchOutcome) -> &'static str {
	match outcome {
		Err(sp_runtime::DispatchError::Module(error)) => error.message.expect("a message"),
		other => panic!("not refused by a pallet: {other:?}"),
	}
}

/// With the worker key alone: the thief buys a job, commits a lie in the provider's name, refutes it. It gets 5 % and a
/// twelfth of the slash at most, the owner loses one slash at most, and root can give that back.
#[test]
fn a_stolen_worker_key_brings_its_thief_at_most_15_percent_of_one_slash() {
	for class in DeviceClass::ALL {
		let floor = class.genesis_figures().floor;
		// In thousandths of the floor: the stake, and the escrow that the thief puts up.
		for (stake, escrow) in [(1_000, 83), (1_000, 20), (7_000, 583), (7_000, 83), (7_000, 84)] {
			let case = Case {
				class,
				lanes: 1,
				stake: floor * stake / 1_000,
				bought: Bought::Named {
					escrow: floor * escrow / 1_000,
				},
			};
			for cancelled in [false, true] {
				steal(case, cancelled);
			}
		}
	}
}

fn steal(case: Case, cancelled: bool) {
	let mut world = World::new(case);
	let lie = world.work.lie(3);
	let job = world.submit(PUPPET);
	let escrow = world.escrow(job);
	world.commit_root(job, lie.root());
	world.refute(PUPPET, job, &lie, 3);
	let slashed = world.slashed();
	assert_eq!(slashed, case.floor().max(12 * escrow), "{case:?}");

	// There is no second time: the key is worth nothing now.
	let expires = world.read(millrace_runtime::Market::clock) + 30;
	let spec = world.spec(expires);
	let (again, _) = world.attempt(PUPPET, MarketCall::submit_job { spec });
	assert_eq!(refusal(again), "ProviderNotActive");

	if cancelled {
		world.cancel(SlashId(0));
	}
	world.pay_slashes();
	let (to_refuter, to_requester, burned) = world.paid();
	let gain = (to_refuter + to_requester) as i128;
	// To the planck: the thief has its shares, and paid a job fee and its transactions; the owner and its payout account
	// have lost the slash, the float and the fee of the registration.
	assert_eq!(
		world.change(&[PUPPET]),
		gain - JOB_FEE - world.fees(&[PUPPET]),
		"{case:?}"
	);
	let loss = if cancelled { 0 } else { slashed as i128 };
	assert_eq!(
		world.change(&[OWNER, PAYOUT]),
		-loss - FLOAT - world.fees(&[OWNER]),
		"{case:?}"
	);
	if cancelled {
		assert_eq!((to_refuter, to_requester, burned), (0, 0, 0));
		return;
	}
	assert!(gain * 100 <= loss * 15 && burned * 100 >= slashed * 85, "{case:?}");
	// The requester's share is what its own escrow was, at most: a twelfth of the slash.
	assert_eq!(to_requester, (slashed / 10).min(escrow), "{case:?}");
	assert!(to_requester * 12 <= slashed, "{case:?}");
}

/// Unbonding takes 20 ticks in this preset and a slash 6: refuting oneself is the faster way out, for 0.95 of what is not
/// capped and never less than 0.85.
#[test]
fn the_fast_way_out_burns_85_percent() {
	let case = largest_named(336 * MILL);
	let mut world = World::new(case);
	let lie = world.work.lie(0);
	let job = world.submit(PUPPET);
	let escrow = world.escrow(job);
	world.commit_root(job, lie.root());
	world.refute(SECOND, job, &lie, 0);
	world.pay_slashes();
	// All of the 336 MILL are taken. 5 % are 16.8; 10 % would be 33.6, and the escrow is 28 but for the rounding of its
	// price.
	assert!(escrow <= 28 * MILL && escrow > 28 * MILL - 1_000);
	let burned = 336 * MILL - 16_800_000_000_000 - escrow;
	assert_eq!(world.paid(), (16_800_000_000_000, escrow, burned));
	assert_eq!(
		world.change(&COALITION),
		-(burned as i128) - JOB_FEE - world.fees(&COALITION)
	);

	// The same owner in no hurry has all of it back.
	let mut world = World::new(case);
	let provider = chain::world::PROVIDER;
	world.send(OWNER, ProvidersCall::deregister { provider });
	world.wait(18);
	let (early, _) = world.attempt(OWNER, ProvidersCall::withdraw_unbonded { provider });
	assert_eq!(refusal(early), "NothingToWithdraw");
	world.send(OWNER, ProvidersCall::withdraw_unbonded { provider });
	assert_eq!(world.change(&COALITION), -world.fees(&COALITION));
	assert_eq!(world.read(|| pallet_providers::Providers::<Runtime>::iter().count()), 0);
}

/// What is left of the stake after a conviction leaves no faster than any other.
#[test]
fn the_rest_of_the_stake_stays_as_long_as_ever() {
	let mut world = World::new(Case {
		stake: 400 * MILL,
		..at_the_floor()
	});
	let lie = world.work.lie(0);
	let job = world.committed(PUPPET, &lie);
	world.refute(SECOND, job, &lie, 0);
	let provider = chain::world::PROVIDER;
	let amount = 65 * MILL;
	let (more, _) = world.attempt(OWNER, ProvidersCall::unbond { provider, amount });
	assert_eq!(refusal(more), "NotEnoughBonded");
	let now = world.read(millrace_runtime::Market::clock);
	world.send(
		OWNER,
		ProvidersCall::unbond {
			provider,
			amount: 64 * MILL,
		},
	);
	let ledger = world.record().ledger;
	assert_eq!((ledger.active, ledger.set_aside), (0, 336 * MILL));
	assert_eq!(ledger.unbonding[0].release, now + 1 + 20);
}

/// No stake, no permission, no other checker: whoever has the data ends it, and is paid for it.
#[test]
fn one_checker_with_one_mill_is_enough() {
	let mut world = World::new(at_the_floor());
	let checker = Key::One;
	let gift = pallet_balances::Call::transfer_keep_alive {
		dest: checker.to_account_id().into(),
		value: MILL,
	};
	world.send(Key::Alice, gift);
	// One wrong byte in one of five leaves.
	let lie = world.work.lie(4);
	let job = world.committed(VICTIM, &lie);
	let escrow = world.escrow(job);
	world.refute(checker, job, &lie, 4);
	// In the same block the victim has its escrow and both unused job fees back.
	let (refund, fees_returned, at_leaf) = last(&world, |event| match event {
		RuntimeEvent::Market(Event::JobRefuted {
			refund,
			fees_returned,
			leaf,
			..
		}) => Some((*refund, *fees_returned, *leaf)),
		_ => None,
	});
	assert_eq!((refund, fees_returned, at_leaf), (escrow, 10_000_000_000, 4));
	assert_eq!(world.change(&[VICTIM]), -JOB_FEE - world.fees(&[VICTIM]));
	world.pay_slashes();
	// 5 % of 336 MILL are 16.8; a tenth is more than the victim's escrow of 0.01.
	assert_eq!(escrow, MILL / 100);
	assert_eq!(
		world.paid(),
		(16_800_000_000_000, escrow, 336 * MILL - 16_800_000_000_000 - escrow)
	);
	assert_eq!(world.change(&[checker]), (MILL + 16_800_000_000_000) as i128);
	assert_eq!(world.fees(&[checker]), 0);
	assert_eq!(
		world.change(&[VICTIM]),
		escrow as i128 - JOB_FEE - world.fees(&[VICTIM])
	);
	assert_eq!(
		world.record().status,
		Status::Chilled {
			until: status_until(&world)
		}
	);
}

fn status_until(world: &World) -> u32 {
	last(world, |event| match event {
		RuntimeEvent::Providers(pallet_providers::Event::ProviderChilled { until, .. }) => Some(*until),
		_ => None,
	})
}

#[test]
fn a_false_refutation_costs_its_fee_and_nothing_to_the_accused() {
	let case = largest_named(700 * MILL);
	let quiet = |world: &mut World| {
		let honest = world.work.honest();
		let job = world.committed(VICTIM, &honest);
		world.wait(3);
		world.send(VICTIM, MarketCall::settle_now { job });
	};
	let mut left_alone = World::new(case);
	quiet(&mut left_alone);

	let mut world = World::new(case);
	let honest = world.work.honest();
	let job = world.committed(VICTIM, &honest);
	let before = world.record();
	let mut paid = 0;
	// The right leaf; a path of another leaf; a lie that this provider did not commit to.
	let lie = world.work.lie(2);
	let right = world.work.proof(&honest, 1);
	let misplaced = millrace_primitives::refutation::RefutationProof {
		leaf: 4,
		..right.clone()
	};
	let invented = world.work.proof(&lie, 2);
	for (proof, error) in [
		(right, Error::<Runtime>::NoFraud),
		(misplaced, Error::BadProof(ProofFlaw::Path)),
		(invented, Error::BadProof(ProofFlaw::Path)),
	] {
		let (outcome, _) = world.attempt(CHECKER, MarketCall::refute { job, proof });
		assert_err!(outcome, error);
		let fee = world.fees(&[CHECKER]) - paid;
		assert!(fee > 0, "it is not free");
		paid += fee;
	}
	assert_eq!(world.change(&[CHECKER]), -paid);
	let after = world.record();
	assert_eq!(
		(after.ledger, after.status, after.record),
		(before.ledger, before.status, before.record)
	);
	world.send(VICTIM, MarketCall::settle_now { job });
	assert_eq!(world.change(&COALITION), left_alone.change(&COALITION));
	assert_eq!(world.change(&[VICTIM]), left_alone.change(&[VICTIM]));
	assert_eq!(world.slashed(), 0);
}

#[test]
fn a_cancelled_slash_returns_everything_and_the_provider_goes_on() {
	for case in [at_the_floor(), largest_named(900 * MILL)] {
		let mut world = World::new(case);
		let lie = world.work.lie(1);
		let job = world.committed(VICTIM, &lie);
		world.refute(CHECKER, job, &lie, 1);
		let convicted = world.record();
		assert!(matches!(convicted.status, Status::Chilled { .. }));
		assert!(convicted.fraud_clock.is_some() && convicted.ledger.set_aside > 0);
		// Due after six ticks: cancelled in one of the last.
		world.wait(3);
		world.cancel(SlashId(0));
		world.wait(10);
		let record = world.record();
		assert_eq!((record.ledger.active, record.ledger.set_aside), (case.stake, 0));
		assert_eq!((record.status, record.fraud_clock), (Status::Active, None));
		assert_eq!(world.read(|| Providers::ineligible(chain::world::PROVIDER)), None);
		assert_eq!(world.paid(), (0, 0, 0));
		// Nobody got or lost anything but transaction fees; the victim's refund stays.
		assert_eq!(world.change(&COALITION), -world.fees(&COALITION));
		assert_eq!(world.change(&[CHECKER]), 0);
		assert_eq!(world.change(&[VICTIM]), -JOB_FEE - world.fees(&[VICTIM]));
		if let Bought::Book { level, .. } = case.bought {
			world.send(WORKER, MarketCall::place_ask { slot: 0, level });
		}
		world.honest_job(VICTIM);
		assert_eq!(world.record().record.completed, 1);
	}
}

/// Whoever has the leaves brings them while the provider is away, for nothing, and the provider is paid.
#[test]
fn an_outage_is_no_silence_where_somebody_answers() {
	let mut world = World::new(at_the_floor());
	let honest = world.work.honest();
	let job = world.committed(VICTIM, &honest);
	let leaves = vec![0, 3].try_into().expect("two leaves");
	world.send(VICTIM, MarketCall::demand { job, leaves });
	let leaves = vec![honest.provided(0), honest.provided(3)]
		.try_into()
		.expect("two leaves");
	world.send(CHECKER, MarketCall::provide { job, leaves });
	assert_eq!(world.change(&[CHECKER]), 0);
	world.wait(9);
	let payment = last(&world, |event| match event {
		RuntimeEvent::Market(Event::JobSettled { payment, .. }) => Some(*payment),
		_ => None,
	});
	assert!(payment > 0);
	assert_eq!(world.slashed(), 0);
}

/// Demanding is no weapon: what the requester prepays is at least what the provider's whole transaction would cost.
#[test]
fn the_prepayment_covers_the_answer() {
	for demanded in [&[0u32][..], &[0, 1, 2, 3, 4]] {
		let mut world = World::new(at_the_floor());
		let honest = world.work.honest();
		let job = world.committed(VICTIM, &honest);
		let leaves = demanded.to_vec().try_into().expect("few leaves");
		world.send(VICTIM, MarketCall::demand { job, leaves });
		let prepaid = last(&world, |event| match event {
			RuntimeEvent::Market(Event::LeavesDemanded { fee, .. }) => Some(*fee),
			_ => None,
		});
		let leaves: Vec<_> = demanded.iter().map(|leaf| honest.provided(*leaf)).collect();
		let call = RuntimeCall::Market(MarketCall::provide {
			job,
			leaves: leaves.try_into().expect("few leaves"),
		});
		let fee = world.read(|| {
			let answer = signed(WORKER, 0, call);
			let length = answer.encoded_size() as u32;
			TransactionPayment::compute_fee(length, &answer.get_dispatch_info(), 0)
		});
		assert!(fee <= prepaid, "{} leaves: {fee} of {prepaid}", demanded.len());
		// And not much more.
		assert!(prepaid < 2 * fee, "{} leaves: {prepaid} for {fee}", demanded.len());
	}
}
