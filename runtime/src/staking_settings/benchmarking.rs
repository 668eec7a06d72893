//! What planning an era takes where it takes most. No weight comes from it: `millrace-bench election` says whether it fits
//! into a block, and whether what an election is charged covers it.

// Setting up may panic: nothing here is part of a block.
#![allow(
	clippy::unwrap_used,
	clippy::expect_used,
	clippy::panic,
	clippy::indexing_slicing,
	clippy::as_conversions,
	clippy::arithmetic_side_effects,
	missing_docs,
	unreachable_pub
)]

use super::*;
use crate::MILL;
use polkadot_sdk::{
	frame_benchmarking::v2::*,
	frame_support::traits::{
		fungible::{Inspect, Mutate},
		Get,
	},
	frame_system::RawOrigin,
	pallet_session::SessionManager,
	pallet_staking::{BalanceOf, Forcing, MaxNominationsOf, Pallet as Staking, RewardDestination, ValidatorPrefs},
	sp_runtime::{traits::StaticLookup, SaturatedConversion},
};

/// An account that has bonded so many MILL.
fn staker<T: Config>(name: &'static str, number: u32, mill: u128) -> T::AccountId {
	let who: T::AccountId = account(name, number, 0);
	let stake: BalanceOf<T> = (MILL * mill).saturated_into();
	let kept = <T as pallet_staking::Config>::Currency::minimum_balance();
	<T as pallet_staking::Config>::Currency::mint_into(&who, stake + kept).expect("the issuance has room");
	let origin = RawOrigin::Signed(who.clone()).into();
	Staking::<T>::bond(origin, stake, RewardDestination::Stash).expect("the account is new");
	who
}

/// So many candidates with a stake of so many MILL each.
fn candidates<T: Config>(name: &'static str, count: u32, mill: u128) -> alloc::vec::Vec<T::AccountId> {
	let candidate = |number| {
		let who = staker::<T>(name, number, mill);
		let prefs = ValidatorPrefs {
			commission: pallet_staking::MinCommission::<T>::get(),
			blocked: false,
		};
		Staking::<T>::validate(RawOrigin::Signed(who.clone()).into(), prefs).expect("the stake is enough");
		who
	};
	(0..count).map(candidate).collect()
}

/// As many candidates, nominators, votes and seats as there can be. All nominators name the same candidates, who are elected
/// last: until then each of their votes is looked at for every seat, and in the end each of their stakes is split among all
/// of them.
fn fill<T: Config>() {
	let seats = <T as pallet_staking::Config>::MaxValidatorSet::get();
	let votes = MaxNominationsOf::<T>::get();
	pallet_staking::ValidatorCount::<T>::put(seats);
	let there = pallet_staking::Validators::<T>::count();
	candidates::<T>("rich", seats - votes - there, 216_000);
	let popular = candidates::<T>("popular", votes, 10_800);
	candidates::<T>("poor", T::MaxCandidates::get() - seats, 10_800);
	let popular: alloc::vec::Vec<_> = popular.into_iter().map(T::Lookup::unlookup).collect();
	for number in 0..T::MaxNominators::get() {
		let who = staker::<T>("nominator", number, 216);
		Staking::<T>::nominate(RawOrigin::Signed(who).into(), popular.clone()).expect("the stake is enough");
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn plan_era() {
		fill::<T>();
		pallet_staking::ForceEra::<T>::put(Forcing::ForceNew);
		let session = pallet_staking::CurrentPlannedSession::<T>::get() + 1;
		let planned;

		#[block]
		{
			planned = <Staking<T> as SessionManager<T::AccountId>>::new_session(session);
		}

		let seats = <T as pallet_staking::Config>::MaxValidatorSet::get();
		assert_eq!(planned.map(|stashes| stashes.len()), Some(seats as usize));
	}
}
