//! The settings of every pallet, one file a subject.

pub mod accounts;
pub mod consensus;
pub mod council;
pub mod fees;
pub mod governance;
pub mod millrace;
pub mod parameters;
pub mod staking;
pub mod system;

use crate::{Balance, MILL};

/// The smallest balance that an account can have: a tenth of a MILL.
pub const EXISTENTIAL_DEPOSIT: Balance = MILL.saturating_div(10);
/// What one more storage item costs as a deposit: one MILL.
pub const DEPOSIT_PER_ITEM: Balance = MILL;
/// What one more byte of storage costs as a deposit: a hundredth of a MILL.
pub const DEPOSIT_PER_BYTE: Balance = MILL.saturating_div(100);

/// The deposit for `items` storage items that hold `bytes` bytes together, in planck.
pub const fn deposit(items: u128, bytes: u128) -> Balance {
	DEPOSIT_PER_ITEM
		.saturating_mul(items)
		.saturating_add(DEPOSIT_PER_BYTE.saturating_mul(bytes))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn deposits_in_planck() {
		assert_eq!(EXISTENTIAL_DEPOSIT, 100_000_000_000);
		assert_eq!(deposit(0, 1), 10_000_000_000);
		assert_eq!(deposit(2, 50), 2_500_000_000_000);
	}
}
