//! What the call and the parts of the hook weigh.

use polkadot_sdk::frame_support::weights::Weight;

/// The weight of the call and of the parts of the hook.
pub trait WeightInfo {
	/// Of `claim`, of an era that is still in the provider's record.
	fn claim() -> Weight;
	/// Of the hook, where no era is expired.
	fn on_idle() -> Weight;
	/// Of the hook, to look for points of an era.
	fn clear_era() -> Weight;
	/// Of the hook, to clear the points of a provider.
	fn clear_point() -> Weight;
}

/// Round figures for the tests of this pallet, no two alike.
#[cfg(test)]
impl WeightInfo for () {
	fn claim() -> Weight {
		Weight::from_parts(11_000, 0)
	}
	fn on_idle() -> Weight {
		Weight::from_parts(1_000, 0)
	}
	fn clear_era() -> Weight {
		Weight::from_parts(200, 0)
	}
	fn clear_point() -> Weight {
		Weight::from_parts(30, 0)
	}
}
