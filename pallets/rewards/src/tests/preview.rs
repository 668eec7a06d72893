//! What can be claimed, and what is expected.

use super::claim;
use crate::{mock::*, EarningState, EraEarning, EraReward};
use millrace_primitives::{Balance, HISTORY_ERAS};
use polkadot_sdk::frame_support::assert_ok;

fn earning(era: u32, fees: Balance, reward: Balance, state: EarningState) -> EraEarning {
	EraEarning {
		era,
		fees,
		reward,
		state,
	}
}

#[test]
fn an_era_runs_is_closed_and_then_claimed() {
	build_and_execute(|| {
		assert!(Rewards::reward_preview(ONE).is_empty());
		pay(ONE, 300);
		pay(TWO, 100);
		// Half of 80 % of 300.
		assert_eq!(
			Rewards::reward_preview(ONE),
			[earning(0, 300, 120, EarningState::Running)]
		);
		next_era();
		assert_eq!(
			Rewards::reward_preview(ONE),
			[earning(0, 300, 120, EarningState::Closing)]
		);
		close(400);
		assert_eq!(
			Rewards::reward_preview(ONE),
			[earning(0, 300, 120, EarningState::Claimable)]
		);
		assert_ok!(claim(ONE, 0));
		assert!(Rewards::reward_preview(ONE).is_empty());
		assert_eq!(
			Rewards::reward_preview(TWO),
			[earning(0, 100, 40, EarningState::Claimable)]
		);
	});
}

#[test]
fn the_newest_era_comes_first_and_what_was_claimed_is_left_out() {
	build_and_execute(|| {
		for fees in [100, 200, 300] {
			pay(ONE, fees);
			end_era(fees);
		}
		pay(ONE, 50);
		assert_ok!(claim(ONE, 1));
		// Nothing in an era, and one that is just over.
		end_era(50);
		next_era();
		pay(ONE, 7);
		let expected = [
			// Half of 5.
			earning(5, 7, 2, EarningState::Running),
			earning(3, 50, 20, EarningState::Claimable),
			earning(2, 300, 120, EarningState::Claimable),
			earning(0, 100, 40, EarningState::Claimable),
		];
		assert_eq!(Rewards::reward_preview(ONE), expected);
		close(0);
	});
}

/// What a claim brings is what the preview said, where the era was capped as well.
#[test]
fn what_is_claimable_is_what_a_claim_brings() {
	build_and_execute(|| {
		pay(ONE, 6 * CAP);
		pay(TWO, 2 * CAP);
		// 80 % of 8 × 20,000,000 are burned, and the half of it is more than the cap.
		assert_eq!(Rewards::reward_preview(ONE)[0].reward, 48_000_000);
		end_era(8 * CAP);
		assert_eq!(Rewards::reward_preview(ONE)[0].reward, 15_000_000);
		assert_ok!(claim(ONE, 0));
		assert_eq!(free(PAYOUT), EXISTENTIAL_DEPOSIT + 15_000_000);
	});
}

/// It is bounded by what is remembered, and the running era.
#[test]
fn all_that_can_be_claimed_is_shown() {
	build_and_execute(|| {
		for _ in 0..HISTORY_ERAS + 3 {
			pay(ONE, 100);
			end_era(100);
		}
		pay(ONE, 100);
		let eras: Vec<u32> = Rewards::reward_preview(ONE).iter().map(|earning| earning.era).collect();
		assert_eq!(eras, (3..=87).rev().collect::<Vec<_>>());
		assert_eq!(eras.len(), 85);
	});
}

#[test]
fn the_last_eras_are_shown_newest_first() {
	build_and_execute(|| {
		assert!(Rewards::era_rewards(84).is_empty());
		for fees in [100, 200, 300] {
			pay(ONE, fees);
			end_era(fees);
		}
		assert_ok!(claim(ONE, 1));
		// It is over, and not closed: it pays nothing yet.
		next_era();
		let era = |number: u32, fees, pool, claimed| (number, EraReward { fees, pool, claimed });
		let all = [era(2, 300, 120, 0), era(1, 200, 80, 80), era(0, 100, 40, 0)];
		for count in [0, 1, 2, 3, 4, u32::MAX] {
			let expected = &all[..all.len().min(count as usize)];
			assert_eq!(Rewards::era_rewards(count), expected);
		}
		close(0);
		for _ in 0..HISTORY_ERAS {
			end_era(0);
		}
		assert_eq!(Rewards::era_rewards(u32::MAX).len(), 84);
		assert_eq!(Rewards::era_rewards(u32::MAX)[0].0, 87);
	});
}
