//! Claims: how much, where to, and once.

use super::{claim, signed};
use crate::{mock::*, Eras, Error, Event, FiledUsage, Points};
use millrace_primitives::{traits::UsageRecord, Balance, ProviderId};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		dispatch::Pays,
		traits::{fungible::Mutate, tokens::Preservation},
	},
	pallet_balances,
};

fn claimed(era: u32) -> Balance {
	Eras::<Test>::get(era).expect("it is remembered").claimed
}

fn filed(era: u32, provider: ProviderId) -> Option<FiledUsage<u64>> {
	Points::<Test>::get(era, provider)
}

#[test]
fn a_reward_is_a_part_of_the_pool_and_is_minted_once() {
	build_and_execute(|| {
		pay(ONE, 300);
		pay_to(TWO, PAYOUT_2, 700);
		end_era(1_000);
		// 80 % stay burned, and half of that is the pool: 400.
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		let info = claim(ONE, 0).expect("it has earned something");
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(
			last_event(),
			Event::RewardClaimed {
				era: 0,
				provider: ONE,
				payout: PAYOUT,
				fees: 300,
				reward: 120,
			}
		);
		assert_eq!((free(PAYOUT), claimed(0)), (EXISTENTIAL_DEPOSIT + 120, 120));
		assert_noop!(claim(ONE, 0), Error::<Test>::NothingToClaim);
		assert_eq!(Records::usage(ONE), None);

		assert_ok!(claim(TWO, 0));
		assert_eq!((free(PAYOUT_2), claimed(0)), (EXISTENTIAL_DEPOSIT + 280, 400));
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued + 400);
		assert_noop!(claim(THREE, 0), Error::<Test>::NothingToClaim);
	});
}

/// The record has begun anew, and what it had lies filed.
#[test]
fn what_was_filed_is_claimed_and_the_record_goes_on() {
	build_and_execute(|| {
		pay(ONE, 300);
		end_era(300);
		pay(ONE, 50);
		let usage = FiledUsage {
			payout: PAYOUT,
			fees: 300,
		};
		assert_eq!(filed(0, ONE), Some(usage));
		assert_ok!(claim(ONE, 0));
		// Half of 240.
		assert_eq!((free(PAYOUT), filed(0, ONE)), (EXISTENTIAL_DEPOSIT + 120, None));
		assert_eq!(Records::usage(ONE), Some((1, PAYOUT, 50)));
		assert_noop!(claim(ONE, 0), Error::<Test>::NothingToClaim);
		end_era(50);
		assert_ok!(claim(ONE, 1));
		assert_eq!(free(PAYOUT), EXISTENTIAL_DEPOSIT + 120 + 20);
	});
}

#[test]
fn eras_are_claimed_in_any_order_and_each_by_itself() {
	build_and_execute(|| {
		for fees in [100, 200, 300] {
			pay(ONE, fees);
			end_era(fees);
		}
		for (era, reward) in [(2, 120), (0, 40), (1, 80)] {
			let before = free(PAYOUT);
			assert_ok!(claim(ONE, era));
			assert_eq!((free(PAYOUT), claimed(era)), (before + reward, reward));
		}
	});
}

/// Whoever replaces the payout account does not take along what was filed for the one before.
#[test]
fn a_reward_goes_where_it_was_filed_for() {
	build_and_execute(|| {
		pay_to(ONE, PAYOUT_2, 300);
		end_era(300);
		pay_to(ONE, PAYOUT, 300);
		end_era(300);
		assert_ok!(claim(ONE, 0));
		assert_ok!(claim(ONE, 1));
		let expected = EXISTENTIAL_DEPOSIT + 120;
		assert_eq!((free(PAYOUT), free(PAYOUT_2)), (expected, expected));
	});
}

#[test]
fn a_provider_that_is_gone_is_paid_for_what_it_did() {
	build_and_execute(|| {
		pay(ONE, 300);
		remove(ONE);
		assert_noop!(claim(ONE, 0), Error::<Test>::NotClosed);
		end_era(300);
		assert_ok!(claim(ONE, 0));
		assert_eq!(free(PAYOUT), EXISTENTIAL_DEPOSIT + 120);
		assert_eq!(Points::<Test>::iter().count(), 0);
	});
}

#[test]
fn parts_are_rounded_down() {
	for (fees, pool, reward) in [
		// 2 of 3 stay burned: a pool of 1, of which a third is nothing.
		(1, 1, 0),
		// 16 of 21, a pool of 8: 2.67.
		(7, 8, 2),
		// 24 of 30, a pool of 12: 4.
		(10, 12, 4),
		// 240 of 300, a pool of 120: 40.
		(100, 120, 40),
	] {
		build_and_execute(|| {
			for provider in [ONE, TWO, THREE] {
				pay(provider, fees);
			}
			end_era(3 * fees);
			assert_eq!(Eras::<Test>::get(0).map(|era| era.pool), Some(pool));
			for provider in [ONE, TWO, THREE] {
				if reward > 0 {
					assert_ok!(claim(provider, 0));
				} else {
					assert_noop!(claim(provider, 0), Error::<Test>::NothingToClaim);
				}
			}
			assert_eq!(
				(claimed(0), free(PAYOUT)),
				(3 * reward, EXISTENTIAL_DEPOSIT + 3 * reward)
			);
		});
	}
}

/// An account that cannot take a reward can later.
#[test]
fn a_payout_account_below_the_deposit_loses_nothing() {
	for is_filed in [false, true] {
		build_and_execute(|| {
			// Half of 80 % of 22: 8, which is less than the deposit of 10.
			pay_to(ONE, NOBODY, 22);
			end_era(22);
			if is_filed {
				pay(ONE, 0);
			}
			assert_noop!(claim(ONE, 0), Error::<Test>::PayoutCannotReceive);
			assert_eq!((free(NOBODY), claimed(0)), (0, 0));
			assert_ok!(Balances::transfer(
				&STRANGER,
				&NOBODY,
				EXISTENTIAL_DEPOSIT,
				Preservation::Preserve
			));
			assert_ok!(claim(ONE, 0));
			assert_eq!((free(NOBODY), claimed(0)), (EXISTENTIAL_DEPOSIT + 8, 8));
		});
	}
}

/// A reward that is the deposit makes an account live.
#[test]
fn a_reward_may_make_its_account() {
	build_and_execute(|| {
		// Half of 80 % of 25 is 10.
		pay_to(ONE, NOBODY, 25);
		end_era(25);
		assert_ok!(claim(ONE, 0));
		assert_eq!(free(NOBODY), EXISTENTIAL_DEPOSIT);
	});
}

/// Whoever claims gets nothing by it, nor does it matter who.
#[test]
fn anybody_claims_for_anybody() {
	build_and_execute(|| {
		pay(ONE, 300);
		end_era(300);
		let before = free(PAYOUT_2);
		assert_ok!(Rewards::claim(signed(PAYOUT_2), ONE, 0));
		assert_eq!((free(PAYOUT), free(PAYOUT_2)), (EXISTENTIAL_DEPOSIT + 120, before));
	});
}
