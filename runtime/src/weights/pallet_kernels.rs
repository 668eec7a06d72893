//! BOOTSTRAP
#![allow(missing_docs, unused_variables)]
use core::marker::PhantomData;
use frame_support::weights::Weight;
use polkadot_sdk::*;
pub struct WeightInfo<T>(PhantomData<T>);
impl<T: frame_system::Config> pallet_kernels::WeightInfo for WeightInfo<T> {
	fn register_kernel(bytes: u32) -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn retire_kernel() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
	fn remove_kernel() -> Weight {
		Weight::from_parts(300_000_000, 0)
	}
}
