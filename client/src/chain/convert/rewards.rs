//! Usage rewards.

use super::{usage as runtime, FromRuntime};
use crate::chain::{EarningState, EraEarning, EraReward};

impl FromRuntime<runtime::EraEarning> for EraEarning {
	fn from_runtime(earning: runtime::EraEarning) -> EraEarning {
		EraEarning {
			era: earning.era,
			fees: earning.fees,
			reward: earning.reward,
			state: match earning.state {
				runtime::EarningState::Running => EarningState::Running,
				runtime::EarningState::Closing => EarningState::Closing,
				runtime::EarningState::Claimable => EarningState::Claimable,
			},
		}
	}
}

impl FromRuntime<runtime::EraReward> for EraReward {
	fn from_runtime(era: runtime::EraReward) -> EraReward {
		EraReward {
			fees: era.fees,
			pool: era.pool,
			claimed: era.claimed,
		}
	}
}
