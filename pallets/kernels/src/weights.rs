//! What the calls weigh. The figures are generated for the runtime that contains this pallet.

use polkadot_sdk::frame_support::weights::Weight;

/// The weight of each call.
pub trait WeightInfo {
	/// Of `register_kernel` with so many bytes, all of them instructions that are slow to validate.
	fn register_kernel(bytes: u32) -> Weight;
	/// Of `retire_kernel`.
	fn retire_kernel() -> Weight;
	/// Of `remove_kernel`, of the largest kernel.
	fn remove_kernel() -> Weight;
}

/// Tests of this pallet fill no blocks.
#[cfg(test)]
impl WeightInfo for () {
	fn register_kernel(_bytes: u32) -> Weight {
		Weight::zero()
	}
	fn retire_kernel() -> Weight {
		Weight::zero()
	}
	fn remove_kernel() -> Weight {
		Weight::zero()
	}
}
