//! BOOTSTRAP
#![allow(missing_docs, unused_variables)]
use core::marker::PhantomData;
use frame_support::weights::Weight;
use polkadot_sdk::*;
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_providers::WeightInfo for WeightInfo<T> {
	fn register() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn bond() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn unbond() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn withdraw_unbonded() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn set_worker() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn revoke_worker() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn set_payout() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn set_endpoint() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn set_terms() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn drain() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn resume() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn deregister() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
}
