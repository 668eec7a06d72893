//! What the call and the parts of the hook cost, each at its worst.

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

use crate::*;
use millrace_primitives::MILL;
use polkadot_sdk::{frame_benchmarking::v2::*, frame_support::weights::WeightMeter, frame_system::RawOrigin};

/// What a provider has gathered, half of what its era brought.
const FEES: Balance = 1_000 * MILL;

/// An era that is closed, of which everything can be claimed.
fn closed<T: Config>(era: u32) {
	let reward = EraReward {
		fees: 2 * FEES,
		pool: FEES,
		claimed: 0,
	};
	Eras::<T>::insert(era, reward);
	ClearCursor::<T>::put(era);
	T::Clock::set_era(era + 1);
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn claim() {
		let provider = T::Providers::bench_usage(0, 0, FEES);
		closed::<T>(0);
		let caller: T::AccountId = whitelisted_caller();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), provider, 0);

		assert_eq!(Eras::<T>::get(0).expect("it is remembered").claimed, FEES / 2);
		assert!(T::Providers::usage(provider).is_none());
	}

	#[benchmark]
	fn on_idle() {
		closed::<T>(0);
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::clear_expired(&mut meter);
		}

		assert_eq!(meter.consumed(), T::WeightInfo::on_idle());
	}

	/// Of which there are none.
	#[benchmark]
	fn clear_era() {
		#[block]
		{
			assert!(Pallet::<T>::clear_era(0, &mut WeightMeter::new()));
			ClearCursor::<T>::put(1);
		}

		assert_eq!(ClearCursor::<T>::get(), Some(1));
	}

	#[benchmark]
	fn clear_point() {
		let payout: T::AccountId = account("payout", 0, 0);
		for provider in 0..2 {
			let usage = FiledUsage {
				payout: payout.clone(),
				fees: FEES,
			};
			Points::<T>::insert(0, ProviderId(provider), usage);
		}
		let limit = T::WeightInfo::clear_era().saturating_add(T::WeightInfo::clear_point());
		let mut meter = WeightMeter::with_limit(limit);

		#[block]
		{
			Pallet::<T>::clear_era(0, &mut meter);
		}

		assert_eq!(Points::<T>::iter_key_prefix(0).count(), 1);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
