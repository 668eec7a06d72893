//! The largest election that there can be, done for real: nobody is left out, and what it is charged is what was allowed for
//! it. Beyond its bounds there would be none.

use super::world::{account, bond, by, candidate, nominate, reach};
use crate::chain::Chain;
use frame_election_provider_support::ElectionProvider;
use frame_support::dispatch::DispatchClass;
use millrace_runtime::{
	configs::staking::{MAX_ELECTABLE_TARGETS, MAX_ELECTING_VOTERS, MAX_NOMINATIONS},
	AccountId, Runtime, RuntimeEvent, RuntimeOrigin, Session, Staking, System, MILL,
};
use pallet_staking::{ConfigOp, CurrentEra, ErasStakersOverview, ErasTotalStake, Event, RewardDestination};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use std::{collections::BTreeSet, time::Instant};

const SEATS: u32 = 100;
/// Elected before all others: Alice and 83 more.
const RICH: u32 = 83;
/// Named by every nominator, and elected last.
const POPULAR: u32 = 16;
/// Never elected.
const POOR: u32 = 100;
const NOMINATORS: u32 = 800;

/// 1,080,000 of Alice, 83 × 216,000, 16 × 10,800, 800 × 216. All of these are multiples of 54 planck, in which votes count.
const ELECTED_STAKE: u128 = 19_353_600 * MILL;

/// Reading 200 candidates' and 800 nominators' votes, and 200 candidates; electing; looking up how many seats there are. In
/// picoseconds, with reads of 8 µs and writes of 50 µs:
/// 119,749,229,000 + 800 × 22,752,790 + (159 + 5 × 200 + 4 × 800) reads + 1 write;
/// 154,881,571 + 200 × 6,025,622 + 202 reads;
/// 1,000 × 32,973,000 + 200 × 1,334,000 + 100 × (800 × 16 + 200) × 558,000; 1 read.
const CHARGED: u64 = 172_873_461_000 + 2_976_005_971 + 758_639_800_000 + 8_000_000;

fn alice() -> AccountId {
	Key::AliceStash.to_account_id()
}

fn rich(number: u32) -> AccountId {
	account(1, number)
}

fn popular(number: u32) -> AccountId {
	account(2, number)
}

/// As many candidates, nominators, votes and seats as there can be.
fn fill() {
	Staking::bond_extra(by(&alice()), 80_000 * MILL).expect("there is enough");
	for number in 0..RICH {
		candidate(rich(number), 216_000 * MILL);
	}
	let named: Vec<_> = (0..POPULAR)
		.map(|number| candidate(popular(number), 10_800 * MILL))
		.collect();
	for number in 0..POOR {
		candidate(account(3, number), 10_800 * MILL);
	}
	for number in 0..NOMINATORS {
		let who = account(4, number);
		bond(&who, 216 * MILL, RewardDestination::Stash);
		nominate(&who, &named).expect("the stake is enough");
	}
	Staking::set_validator_count(RuntimeOrigin::root(), SEATS).expect("there are so many seats");
}

fn charged() -> u64 {
	System::block_weight().get(DispatchClass::Mandatory).ref_time()
}

fn has(events: &[RuntimeEvent], which: impl Fn(&Event<Runtime>) -> bool) -> bool {
	events
		.iter()
		.any(|event| matches!(event, RuntimeEvent::Staking(event) if which(event)))
}

#[test]
fn the_largest_election_elects_every_seat_and_counts_every_stake() {
	const { assert!(1 + RICH + POPULAR + POOR == MAX_ELECTABLE_TARGETS) };
	const { assert!(NOMINATORS + MAX_ELECTABLE_TARGETS == MAX_ELECTING_VOTERS) };
	const { assert!(POPULAR == MAX_NOMINATIONS && 1 + RICH + POPULAR == SEATS) };
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(fill);
	reach(&mut chain, 10);

	// By itself, to see what it takes and is charged.
	let expected: BTreeSet<AccountId> = [alice()]
		.into_iter()
		.chain((0..RICH).map(rich))
		.chain((0..POPULAR).map(popular))
		.collect();
	chain.execute(|| {
		let before = charged();
		let start = Instant::now();
		let supports = <<Runtime as pallet_staking::Config>::ElectionProvider as ElectionProvider>::elect(0);
		let took = start.elapsed();
		let supports = supports.expect("there are enough candidates");
		let weight = charged() - before;
		println!(
			"an election of 1,000 voters, 200 candidates and 100 seats took {} ms here, compiled natively; it is charged {} ms",
			took.as_millis(),
			weight / 1_000_000_000
		);
		assert_eq!(weight, CHARGED);
		let winners: BTreeSet<AccountId> = supports.0.iter().map(|(who, _)| who.clone()).collect();
		assert_eq!(winners, expected);
		let votes: u128 = supports.0.iter().map(|(_, support)| support.total).sum();
		assert_eq!(votes * 54, ELECTED_STAKE);
		let most = supports.0.iter().map(|(_, support)| support.voters.len()).max();
		assert!(most.is_some_and(|most| most > 1 && most <= 801), "{most:?}");
	});

	// In the block that plans era 1.
	let start = Instant::now();
	let events = chain.empty_block();
	println!("the block of the election took {} ms", start.elapsed().as_millis());
	assert!(has(&events, |event| matches!(event, Event::StakersElected)));
	assert!(!has(&events, |event| matches!(
		event,
		Event::StakingElectionFailed
			| Event::SnapshotVotersSizeExceeded { .. }
			| Event::SnapshotTargetsSizeExceeded { .. }
	)));
	chain.execute(|| {
		assert_eq!(CurrentEra::<Runtime>::get(), Some(1));
		assert_eq!(ErasTotalStake::<Runtime>::get(1), ELECTED_STAKE);
		let exposed: Vec<_> = ErasStakersOverview::<Runtime>::iter_prefix(1).collect();
		let stashes: BTreeSet<AccountId> = exposed.iter().map(|(stash, _)| stash.clone()).collect();
		assert_eq!(stashes, expected);
		for (stash, overview) in exposed {
			let own = pallet_staking::Ledger::<Runtime>::get(&stash)
				.expect("it is bonded")
				.active;
			assert_eq!(overview.own, own);
			assert_eq!(overview.page_count, overview.nominator_count.div_ceil(256));
			assert!(overview.total > own || !(0..POPULAR).any(|number| popular(number) == stash));
		}
	});
	// The chain goes on. Of the elected only Alice has keys.
	reach(&mut chain, 22);
	assert_eq!(chain.execute(Session::validators), [alice()]);
}

/// What a genesis must not allow, and root should not: one candidate too many, and the validators stay for good.
#[test]
fn with_one_candidate_more_there_is_no_election() {
	let mut chain = Chain::new("fast");
	chain.empty_block();
	chain.execute(|| {
		Staking::set_staking_configs(
			RuntimeOrigin::root(),
			ConfigOp::Noop,
			ConfigOp::Noop,
			ConfigOp::Noop,
			ConfigOp::Set(MAX_ELECTABLE_TARGETS + 1),
			ConfigOp::Noop,
			ConfigOp::Noop,
			ConfigOp::Noop,
		)
		.expect("root may");
		for number in 0..MAX_ELECTABLE_TARGETS {
			candidate(account(3, number), 10_800 * MILL);
		}
	});
	let events = reach(&mut chain, 11);
	assert!(has(&events, |event| matches!(event, Event::StakingElectionFailed)));
	let events = reach(&mut chain, 21);
	assert!(has(&events, |event| matches!(event, Event::StakingElectionFailed)));
	assert_eq!(chain.execute(CurrentEra::<Runtime>::get), Some(0));
	// As soon as one is gone, the next session has an election.
	chain.execute(|| Staking::chill(by(&account(3, 0))).expect("it is bonded"));
	let events = reach(&mut chain, 31);
	assert!(has(&events, |event| matches!(event, Event::StakersElected)));
	assert_eq!(chain.execute(CurrentEra::<Runtime>::get), Some(1));
}

#[test]
#[should_panic(expected = "an election considers 200 candidates at most")]
fn a_genesis_that_lets_in_too_many_candidates_is_refused() {
	Chain::with_genesis("fast", |whole| {
		assert_eq!(whole["staking"]["maxValidatorCount"], 200);
		whole["staking"]["maxValidatorCount"] = 201.into();
	});
}

#[test]
#[should_panic(expected = "an election considers 800 nominators at most")]
fn a_genesis_that_lets_in_too_many_nominators_is_refused() {
	Chain::with_genesis("fast", |whole| {
		assert_eq!(whole["staking"]["maxNominatorCount"], 800);
		whole["staking"]["maxNominatorCount"] = 801.into();
	});
}
