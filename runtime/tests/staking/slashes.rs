//! Double votes: what they cost whom and when, who gets it, how a slash is called off, and that nobody escapes it by
//! unbonding.

use super::{
	proofs::{double_block, double_vote, same_block, unsealed_blocks},
	world::{by, nominate, paid, reach, short_eras, wealth},
};
use crate::chain::{signed, Chain};
use frame_support::{
	assert_err,
	traits::{fungible::InspectHold, Get},
};
use millrace_runtime::{
	configs::staking::{BondingDuration, SlashDeferDuration, TreasuryAccount},
	AccountId, Balances, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, RuntimeOrigin, Session, Staking,
	System, UncheckedExtrinsic, MILL,
};
use pallet_staking::{Event, RewardDestination, UnappliedSlash, UnappliedSlashes};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{traits::TypedGet, DispatchError, Perbill};

/// Who votes twice, who stands behind him, who tells, and who authors the blocks.
const OFFENDER: Key = Key::DaveStash;
const NOMINATOR: Key = Key::Eve;
const REPORTER: Key = Key::Ferdie;
const AUTHOR: Key = Key::CharlieStash;

/// One of four: (3 × 1 / 4)², 56.25 %.
const FRACTION: Perbill = Perbill::from_parts(562_500_000);
/// Of 1,080,000 MILL.
const OWN: u128 = 607_500 * MILL;
/// Of 5,400 MILL: 3,037.5 MILL.
const OF_NOMINATOR: u128 = 3_037_500_000_000_000;
/// Half of a tenth of both, 610,537.5 MILL: 30,526.875 MILL.
const REWARD: u128 = 30_526_875_000_000_000;
/// The rest: 580,010.625 MILL.
const TO_TREASURY: u128 = 580_010_625_000_000_000;
/// An offence of era 1 is slashed when era 28 begins, in this block.
const DUE: u32 = 28;
const DUE_BLOCK: u32 = 6 * DUE + 1;

fn id(who: Key) -> AccountId {
	who.to_account_id()
}

/// What the parties have: offender, nominator, reporter and author.
fn parties() -> [u128; 4] {
	[OFFENDER, NOMINATOR, REPORTER, AUTHOR].map(|who| wealth(&id(who)))
}

fn treasury() -> u128 {
	wealth(&<TreasuryAccount as TypedGet>::get())
}

/// The first block of era 1, for which four validators are elected, one of them with a nominator.
fn network() -> Chain {
	let mut chain = short_eras();
	chain.execute(|| {
		Staking::bond_extra(by(&id(OFFENDER)), 80_000 * MILL).expect("there is enough");
		Staking::bond(by(&id(NOMINATOR)), 5_400 * MILL, RewardDestination::Stash).expect("it has bonded nothing");
		nominate(&id(NOMINATOR), &[id(OFFENDER)]).expect("the stake is enough");
	});
	reach(&mut chain, 7);
	let era = chain.execute(pallet_staking::ActiveEra::<Runtime>::get);
	assert_eq!(era.expect("an era is active").index, 1);
	chain
}

/// A block with a report, signed by the reporter.
fn report(chain: &mut Chain) -> Vec<RuntimeEvent> {
	chain.block(|| vec![signed(REPORTER, 0, double_block())])
}

fn unapplied(reporter: Key) -> Vec<UnappliedSlash<AccountId, u128>> {
	vec![UnappliedSlash {
		validator: id(OFFENDER),
		own: OWN,
		others: vec![(id(NOMINATOR), OF_NOMINATOR)],
		reporters: vec![id(reporter)],
		payout: REWARD,
	}]
}

fn slashes(events: &[RuntimeEvent]) -> Vec<(AccountId, u128)> {
	let slashed = events.iter().filter_map(|event| match event {
		RuntimeEvent::Staking(Event::Slashed { staker, amount }) => Some((staker.clone(), *amount)),
		_ => None,
	});
	slashed.collect()
}

/// Reports the offence in a block, follows it to its end, and checks every planck. `told` tells and is paid for it.
fn slash(report: impl FnOnce() -> UncheckedExtrinsic, told: Key, kind: &[u8; 16]) {
	let mut chain = network();
	let before = chain.execute(parties);
	let events = chain.block(|| vec![report()]);
	let reported = Event::SlashReported {
		validator: id(OFFENDER),
		fraction: FRACTION,
		slash_era: 1,
	};
	assert!(events.contains(&RuntimeEvent::Staking(reported)));
	let kinds = events.iter().filter_map(|event| match event {
		RuntimeEvent::Offences(pallet_offences::Event::Offence { kind, .. }) => Some(*kind),
		_ => None,
	});
	assert_eq!(kinds.collect::<Vec<_>>(), [*kind]);
	chain.execute(|| {
		// He makes no blocks for the rest of the era, and is a candidate still. Nobody has lost anything yet.
		assert_eq!(Session::disabled_validators(), [2u32]);
		assert!(pallet_staking::Validators::<Runtime>::contains_key(id(OFFENDER)));
		assert_eq!(UnappliedSlashes::<Runtime>::get(DUE), unapplied(told));
		assert_eq!(parties(), before, "a report that is right is free");
	});
	reach(&mut chain, 13);
	chain.execute(|| {
		assert!(Session::disabled_validators().is_empty());
		assert_eq!(Session::validators()[2], id(OFFENDER));
	});

	reach(&mut chain, DUE_BLOCK - 1);
	let (in_treasury, issuance) = chain.execute(|| (treasury(), Balances::total_issuance()));
	assert_eq!(chain.execute(parties), before);
	let events = reach(&mut chain, DUE_BLOCK);
	let (_, minted) = paid(&events).expect("an era ended");
	assert_eq!(slashes(&events), [(id(OFFENDER), OWN), (id(NOMINATOR), OF_NOMINATOR)]);
	let mut after = before;
	after[0] -= OWN;
	after[1] -= OF_NOMINATOR;
	after[if told == AUTHOR { 3 } else { 2 }] += REWARD;
	chain.execute(|| {
		assert_eq!(parties(), after);
		assert_eq!(treasury(), in_treasury + minted + TO_TREASURY);
		assert_eq!(Balances::total_issuance(), issuance + minted, "nothing is burned");
		assert!(UnappliedSlashes::<Runtime>::get(DUE).is_empty());
		let ledger = pallet_staking::Ledger::<Runtime>::get(id(OFFENDER)).expect("it is bonded");
		assert_eq!(ledger.active, 1_080_000 * MILL - OWN);
	});
}

#[test]
fn two_blocks_in_a_slot_cost_validator_and_nominator_and_bring_the_reporter_a_twentieth() {
	slash(|| signed(REPORTER, 0, double_block()), REPORTER, b"babe:equivocatio");
}

/// The node's own report of this kind is an extrinsic of the author, who is paid for it.
#[test]
fn two_votes_in_a_round_cost_the_same() {
	slash(
		|| UncheckedExtrinsic::new_bare(double_vote()),
		AUTHOR,
		b"grandpa:equivoca",
	);
}

#[test]
fn what_is_no_double_block_costs_who_reports_it() {
	let mut chain = network();
	for report in [same_block as fn() -> RuntimeCall, unsealed_blocks] {
		let before = chain.execute(parties);
		let (outcomes, _) = chain.attempt(|| vec![signed(REPORTER, 0, report())]);
		assert_err!(outcomes[0], pallet_babe::Error::<Runtime>::InvalidEquivocationProof);
		let after = chain.execute(parties);
		assert_eq!(after[..2], before[..2]);
		assert!(after[2] < before[2], "it is not free");
	}
	chain.execute(|| {
		assert!(UnappliedSlashes::<Runtime>::get(DUE).is_empty());
		assert!(Session::disabled_validators().is_empty());
	});
}

#[test]
fn an_offence_is_reported_once() {
	let mut chain = network();
	let (outcomes, _) = chain.attempt(|| {
		let report = double_block();
		vec![signed(REPORTER, 0, report.clone()), signed(NOMINATOR, 0, report)]
	});
	assert_eq!(outcomes[0], Ok(()));
	assert_err!(outcomes[1], pallet_babe::Error::<Runtime>::DuplicateOffenceReport);
	chain.execute(|| assert_eq!(UnappliedSlashes::<Runtime>::get(DUE), unapplied(REPORTER)));
}

#[test]
fn a_slash_is_called_off_by_the_admin_and_by_nobody_else() {
	let mut chain = network();
	let before = chain.execute(parties);
	report(&mut chain);
	// In the last block in which it can be.
	reach(&mut chain, DUE_BLOCK - 1);
	chain.execute(|| {
		let cancel = |origin| Staking::cancel_deferred_slash(origin, DUE, vec![0]);
		for key in [OFFENDER, NOMINATOR, REPORTER, Key::Alice] {
			assert_err!(cancel(by(&id(key))), DispatchError::BadOrigin);
		}
		cancel(RuntimeOrigin::root()).expect("there is such a slash");
		assert!(UnappliedSlashes::<Runtime>::get(DUE).is_empty());
	});
	let in_treasury = chain.execute(treasury);
	let events = reach(&mut chain, DUE_BLOCK);
	let (_, minted) = paid(&events).expect("an era ended");
	assert!(slashes(&events).is_empty());
	chain.execute(|| {
		assert_eq!(parties(), before);
		assert_eq!(treasury(), in_treasury + minted);
	});
}

/// He unbonds in the era of the offence, and asks for his money after every block. It is free when era 29 is planned, one
/// session before that begins.
#[test]
fn who_unbonds_at_once_is_slashed_before_the_money_is_free() {
	let eras = (
		<BondingDuration as Get<u32>>::get(),
		<SlashDeferDuration as Get<u32>>::get(),
	);
	assert_eq!(eras, (28, 26));
	let mut chain = network();
	let before = chain.execute(parties)[0];
	report(&mut chain);
	chain.execute(|| {
		Staking::chill(by(&id(OFFENDER))).expect("it is bonded");
		Staking::unbond(by(&id(OFFENDER)), 1_080_000 * MILL).expect("it is chilled");
	});
	let bonded = RuntimeHoldReason::Staking(pallet_staking::HoldReason::Staking);
	let mut freed = None;
	while freed.is_none() {
		chain.empty_block();
		freed = chain.execute(|| {
			Staking::withdraw_unbonded(by(&id(OFFENDER)), 2).expect("two spans are enough");
			let held = Balances::balance_on_hold(&bonded, &id(OFFENDER));
			(held == 0).then(System::block_number)
		});
	}
	assert_eq!(freed, Some(DUE_BLOCK + 3));
	assert_eq!(chain.execute(parties)[0], before - OWN);
}

/// A slash is due 27 eras after its offence, whenever that is found out. Who is found out in that era, or later, keeps his
/// stake.
#[test]
fn what_is_found_out_27_eras_later_costs_nothing() {
	let mut chain = network();
	reach(&mut chain, DUE_BLOCK - 1);
	let by_hand = |chain: &mut Chain, who: Key| {
		chain.execute(|| {
			let tenth = Perbill::from_percent(10);
			assert_err!(
				Staking::manual_slash(by(&id(Key::Alice)), id(who), 1, tenth),
				DispatchError::BadOrigin
			);
			Staking::manual_slash(RuntimeOrigin::root(), id(who), 1, tenth).expect("the era is remembered");
		});
	};
	by_hand(&mut chain, Key::BobStash);
	// A tenth of 1,000,000 MILL less 28 planck: a stake counts in whole multiples of 54.
	let of_bob = 99_999_999_999_999_997;
	assert_eq!(slashes(&reach(&mut chain, DUE_BLOCK)), [(id(Key::BobStash), of_bob)]);
	by_hand(&mut chain, OFFENDER);
	for _ in 0..4 * 6 {
		assert!(slashes(&chain.empty_block()).is_empty());
	}
	chain.execute(|| assert_eq!(UnappliedSlashes::<Runtime>::get(DUE).len(), 1));
}
