//! Usage rewards: what a provider has earned, and what eras pay.

use super::text::{decimal, list, object};
use pallet_rewards::types::{EarningState, EraEarning, EraReward};
use serde_json::Value;

/// What a provider has earned and nobody has claimed for it.
pub(super) fn preview(earnings: &[EraEarning]) -> Value {
	object([("eras", list(earnings, earning))])
}

fn earning(earning: &EraEarning) -> Value {
	let state = match earning.state {
		EarningState::Running => "running",
		EarningState::Closing => "closing",
		EarningState::Claimable => "claimable",
	};
	object([
		("era", earning.era.into()),
		("fees", decimal(earning.fees)),
		("reward", decimal(earning.reward)),
		("state", state.into()),
	])
}

/// What eras pay that are over.
pub(super) fn eras(eras: &[(u32, EraReward)]) -> Value {
	object([("eras", list(eras, era))])
}

fn era((number, era): &(u32, EraReward)) -> Value {
	object([
		("era", (*number).into()),
		("fees", decimal(era.fees)),
		("pool", decimal(era.pool)),
		("claimed", decimal(era.claimed)),
	])
}
