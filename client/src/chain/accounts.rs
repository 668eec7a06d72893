//! Blocks and accounts.

use super::H256;
use crate::amount::Balance;

/// A block, by number and hash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Block {
	/// Its height.
	pub number: u64,
	/// Its hash.
	pub hash: H256,
}

/// Money of an account, in planck.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AccountBalance {
	/// Not held; pays for transfers, holds and fees.
	pub free: Balance,
	/// Held: escrow, stake, deposits.
	pub held: Balance,
	/// Of the free part, what must stay.
	pub frozen: Balance,
}

impl AccountBalance {
	/// All of it.
	pub fn total(&self) -> Balance {
		self.free.saturating_add(self.held)
	}

	/// What may be spent while the account stays alive. Held money counts towards what is frozen.
	pub fn spendable(&self, existential_deposit: Balance) -> Balance {
		let must_stay = self.frozen.saturating_sub(self.held).max(existential_deposit);
		self.free.saturating_sub(must_stay)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn spendable_money_keeps_the_account_alive() {
		let balance = AccountBalance {
			free: 100,
			held: 30,
			frozen: 50,
		};
		assert_eq!(balance.total(), 130);
		assert_eq!(balance.spendable(10), 80);
		assert_eq!(balance.spendable(25), 75);
		assert_eq!(AccountBalance::default().spendable(10), 0);
	}
}
