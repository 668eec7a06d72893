//! What a transaction costs, how fees follow the fullness of blocks, and who gets them.
//!
//! A fee is weight plus length, both multiplied by a factor that every block moves: up while blocks are fuller than a quarter
//! of what ordinary transactions may use, down to one while they are emptier. Fullness is that of weight or of length,
//! whichever is larger, so that neither can be had cheaply to stop the chain. Of fees and tips 80 % are burned and 20 % go to
//! the block's author: if all went there, an author could fill its own blocks for nothing.

use super::{
	parameters::dynamic_params::fees::MaxMultiplier,
	system::{RuntimeBlockLength, RuntimeBlockWeights},
};
use crate::{weights, AccountId, Authorship, Balance, Balances, Runtime, RuntimeEvent, System, TransactionPayment};
use frame_support::{
	dispatch::DispatchClass,
	traits::{
		fungible::{Balanced, Credit},
		ConstU8, Get, Imbalance, OnUnbalanced,
	},
	weights::{Weight, WeightToFee},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, MultiplierUpdate};
use polkadot_sdk::*;
use sp_runtime::{
	traits::{Convert, One},
	FixedPointNumber, Percent, Perquintill, Saturating,
};

/// Planck for a picosecond of reference time: two MILL for a second.
pub const PLANCK_PER_PICOSECOND: Balance = 2;
/// Planck for a byte of an encoded transaction on an idle chain.
pub const PLANCK_PER_BYTE: Balance = 1_000_000;
/// Share of fees and tips that the author of the block gets, rounded down; the rest is burned.
pub const AUTHOR_SHARE: Percent = Percent::from_percent(20);
/// Fullness at which fees stay as they are, of what ordinary transactions may use.
pub const TARGET_FULLNESS: Perquintill = Perquintill::from_percent(25);
/// How fast fees move: a full block raises them by 0.075 %, so they double in about 46 minutes of full blocks; an empty
/// one lowers them by 0.025 %.
pub const ADJUSTMENT: Multiplier = Multiplier::from_inner(1_000_000_000_000_000);

const HALF: Multiplier = Multiplier::from_inner(500_000_000_000_000_000);

/// The fee of weight, before the multiplier: [`PLANCK_PER_PICOSECOND`].
#[derive(Debug)]
pub struct WeightFee;
impl WeightToFee for WeightFee {
	type Balance = Balance;

	fn weight_to_fee(weight: &Weight) -> Balance {
		Balance::from(weight.ref_time()).saturating_mul(PLANCK_PER_PICOSECOND)
	}
}

/// The fee of length, which the pallet passes as reference time: [`PLANCK_PER_BYTE`] times the current multiplier, which the
/// pallet itself applies to weight only.
#[derive(Debug)]
pub struct LengthFee;
impl WeightToFee for LengthFee {
	type Balance = Balance;

	fn weight_to_fee(bytes: &Weight) -> Balance {
		let idle = Balance::from(bytes.ref_time()).saturating_mul(PLANCK_PER_BYTE);
		TransactionPayment::next_fee_multiplier().saturating_mul_int(idle)
	}
}

/// Moves the multiplier once a block.
#[derive(Debug)]
pub struct FullnessUpdate;

impl MultiplierUpdate for FullnessUpdate {
	fn min() -> Multiplier {
		Multiplier::one()
	}

	fn max() -> Multiplier {
		MaxMultiplier::get().max(Multiplier::one())
	}

	fn target() -> Perquintill {
		TARGET_FULLNESS
	}

	fn variability() -> Multiplier {
		ADJUSTMENT
	}
}

impl Convert<Multiplier, Multiplier> for FullnessUpdate {
	fn convert(previous: Multiplier) -> Multiplier {
		next_multiplier(previous, fullness(), Self::max())
	}
}

/// How full the block being executed is: the larger of the share of weight and the share of length, of what ordinary
/// transactions may use.
pub fn fullness() -> Perquintill {
	let weights = RuntimeBlockWeights::get();
	let limit = weights
		.get(DispatchClass::Normal)
		.max_total
		.unwrap_or(weights.max_block)
		.ref_time();
	let used = System::block_weight().get(DispatchClass::Normal).ref_time();
	let length_limit = *RuntimeBlockLength::get().max.get(DispatchClass::Normal);
	let by_weight = Perquintill::from_rational(used, limit);
	let by_length = Perquintill::from_rational(u64::from(System::block_size()), u64::from(length_limit));
	by_weight.max(by_length)
}

/// The multiplier after a block of the given fullness: `previous × (1 ± t + t²/2)` with
/// `t = ADJUSTMENT × |fullness − TARGET_FULLNESS|`, which approximates an exponential, kept between one and `max`.
pub fn next_multiplier(previous: Multiplier, fullness: Perquintill, max: Multiplier) -> Multiplier {
	let fullness = Multiplier::from(fullness);
	let target = Multiplier::from(TARGET_FULLNESS);
	let previous = previous.max(Multiplier::one());
	let distance = if fullness > target {
		fullness.saturating_sub(target)
	} else {
		target.saturating_sub(fullness)
	};
	let linear = ADJUSTMENT.saturating_mul(distance);
	let square = linear.saturating_mul(linear).saturating_mul(HALF);
	let next = if fullness > target {
		previous.saturating_add(previous.saturating_mul(linear.saturating_add(square)))
	} else {
		previous.saturating_sub(previous.saturating_mul(linear.saturating_sub(square)))
	};
	next.min(max).max(Multiplier::one())
}

/// What the author gets of `amount`, in planck.
pub fn author_share(amount: Balance) -> Balance {
	AUTHOR_SHARE.mul_floor(amount)
}

/// Takes the fee and tip of a transaction: [`author_share`] to the author, the rest burned. Also burned is a share that has
/// no author or cannot be credited.
#[derive(Debug)]
pub struct BurnAndAuthor;
impl OnUnbalanced<Credit<AccountId, Balances>> for BurnAndAuthor {
	fn on_nonzero_unbalanced(amount: Credit<AccountId, Balances>) {
		let share = author_share(amount.peek());
		let (reward, burned) = amount.split(share);
		drop(burned);
		if let Some(author) = Authorship::author() {
			if let Err(undeliverable) = Balances::resolve(&author, reward) {
				drop(undeliverable);
			}
		}
	}
}

impl pallet_transaction_payment::Config for Runtime {
	type FeeMultiplierUpdate = FullnessUpdate;
	type LengthToFee = LengthFee;
	type OnChargeTransaction = FungibleAdapter<Balances, BurnAndAuthor>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = weights::pallet_transaction_payment::WeightInfo<Runtime>;
	type WeightToFee = WeightFee;
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_transaction_payment::NextFeeMultiplier;

	fn fixed(inner: u128) -> Multiplier {
		Multiplier::from_inner(inner)
	}

	const ONE: u128 = 1_000_000_000_000_000_000;

	#[test]
	fn a_second_costs_two_mill() {
		assert_eq!(
			WeightFee::weight_to_fee(&Weight::from_parts(1_000_000_000_000, 7)),
			2_000_000_000_000
		);
		assert_eq!(WeightFee::weight_to_fee(&Weight::from_parts(1, 0)), 2);
	}

	#[test]
	fn bytes_follow_the_multiplier() {
		sp_io::TestExternalities::default().execute_with(|| {
			assert_eq!(TransactionPayment::length_to_fee(150), 150_000_000);
			NextFeeMultiplier::<Runtime>::put(fixed(2 * ONE + ONE / 2));
			assert_eq!(TransactionPayment::length_to_fee(150), 375_000_000);
		});
	}

	/// t = 0.001 × 0.75; 1 + 0.00075 + 0.00075²/2.
	#[test]
	fn a_full_block_raises_fees() {
		let next = next_multiplier(fixed(ONE), Perquintill::one(), fixed(1_000 * ONE));
		assert_eq!(next, fixed(1_000_750_281_250_000_000));
	}

	/// t = 0.001 × 0.25; 2 × (1 − 0.00025 + 0.00025²/2).
	#[test]
	fn an_empty_block_lowers_fees() {
		let next = next_multiplier(fixed(2 * ONE), Perquintill::zero(), fixed(1_000 * ONE));
		assert_eq!(next, fixed(1_999_500_062_500_000_000));
	}

	#[test]
	fn fees_rest_at_the_target_and_stay_between_the_bounds() {
		let max = fixed(1_000 * ONE);
		assert_eq!(next_multiplier(fixed(3 * ONE), TARGET_FULLNESS, max), fixed(3 * ONE));
		assert_eq!(next_multiplier(fixed(ONE), Perquintill::zero(), max), fixed(ONE));
		assert_eq!(next_multiplier(fixed(0), Perquintill::zero(), max), fixed(ONE));
		assert_eq!(next_multiplier(max, Perquintill::one(), max), max);
		assert_eq!(next_multiplier(fixed(ONE), Perquintill::one(), fixed(0)), fixed(ONE));
	}

	/// 196,608 bytes are 5 % of 3,932,160; 375 ms are half of 750 ms.
	#[test]
	fn fullness_is_the_larger_of_weight_and_length() {
		sp_io::TestExternalities::default().execute_with(|| {
			System::set_block_consumed_resources(Weight::from_parts(375_000_000_000, 0), 196_608);
			assert_eq!(fullness(), Perquintill::from_percent(50));
			System::set_block_consumed_resources(Weight::from_parts(7_500_000_000, 0), 3_932_160);
			assert_eq!(fullness(), Perquintill::one());
			System::set_block_consumed_resources(Weight::from_parts(800_000_000_000, 0), 0);
			assert_eq!(fullness(), Perquintill::one());
		});
	}

	#[test]
	fn the_bound_is_a_parameter() {
		use crate::configs::parameters::{dynamic_params::fees, RuntimeParameters};
		sp_io::TestExternalities::default().execute_with(|| {
			assert_eq!(FullnessUpdate::max(), fixed(1_000 * ONE));
			let set = |value| {
				crate::Parameters::set_parameter(
					crate::RuntimeOrigin::root(),
					RuntimeParameters::Fees(fees::Parameters::MaxMultiplier(MaxMultiplier, Some(value))),
				)
			};
			set(fixed(20 * ONE)).expect("root may set it");
			assert_eq!(FullnessUpdate::max(), fixed(20 * ONE));
			set(fixed(ONE / 2)).expect("root may set it");
			assert_eq!(FullnessUpdate::max(), fixed(ONE));
		});
	}

	#[test]
	fn shares_round_in_favour_of_burning() {
		assert_eq!(author_share(0), 0);
		assert_eq!(author_share(4), 0);
		assert_eq!(author_share(5), 1);
		assert_eq!(author_share(216), 43);
		assert_eq!(author_share(1_000_000_000_000_000_000_003), 200_000_000_000_000_000_000);
	}
}
