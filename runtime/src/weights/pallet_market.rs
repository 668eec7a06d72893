//! BOOTSTRAP
#![allow(missing_docs, unused_variables)]
use core::marker::PhantomData;
use frame_support::weights::Weight;
use polkadot_sdk::*;
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_market::WeightInfo for WeightInfo<T> {
	fn place_ask() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn withdraw_ask() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn submit_job() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn cancel_job() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn accept_job() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn reject_job() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn commit_result() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn abandon_job() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn settle_now() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn settle() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn touch() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn set_halted() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn on_poll() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn on_finalize() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn split_fees() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn serve_deadline() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn serve_wake() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
}
