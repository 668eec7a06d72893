//! What the call and the parts of the hook weigh.

use core::marker::PhantomData;
use polkadot_sdk::{
	frame_support::{
		traits::Get,
		weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
	},
	frame_system,
};

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

/// Estimates, for as long as nobody has measured: the items that each touches, counted in the sources with the clock among them,
/// at the price of the database, and several times the computing time of calls that do as much.
pub struct Estimated<T>(PhantomData<T>);

impl<T: frame_system::Config> Estimated<T> {
	fn of(micros: u64, reads: u64, writes: u64) -> Weight {
		Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(micros), 0)
			.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
	}
}

impl<T: frame_system::Config> WeightInfo for Estimated<T> {
	/// Reads the clock, the era, the points, the provider, the issuance and an account; writes all of these but the clock.
	fn claim() -> Weight {
		Self::of(200, 6, 5)
	}
	/// Reads the cursor and the clock.
	fn on_idle() -> Weight {
		Self::of(10, 2, 0)
	}
	/// Reads the clock and the next key, and writes the cursor.
	fn clear_era() -> Weight {
		Self::of(20, 2, 1)
	}
	/// Reads the next key, and removes a point.
	fn clear_point() -> Weight {
		Self::of(20, 2, 1)
	}
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
