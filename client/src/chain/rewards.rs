//! Usage rewards: what eras pay, what a provider has of it, and what a claim brought.

use super::{
	convert::{FromRuntime, IntoRuntime},
	error::ChainError,
	generated::api,
	view::At,
	AccountId, ProviderId,
};
use crate::amount::{text, Balance};
use serde::Serialize;

/// Where an era stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EarningState {
	/// It runs: what follows may add to it.
	Running,
	/// It is over, and the chain is still filing it.
	Closing,
	/// Its reward can be claimed, by anyone.
	Claimable,
}

/// What a provider has earned in an era that nobody has claimed for it. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct EraEarning {
	/// The era's number.
	pub era: u32,
	/// Protocol fees of the payments to the provider that were settled in the era.
	#[serde(with = "text")]
	pub fees: Balance,
	/// Its part of the era's pool; before the era is filed what is expected, if nothing caps it.
	#[serde(with = "text")]
	pub reward: Balance,
	/// Where the era stands.
	pub state: EarningState,
}

impl EraEarning {
	/// Whether a claim would mint something. What was paid may have been so little that nothing is left of it.
	pub fn can_be_claimed(&self) -> bool {
		self.state == EarningState::Claimable && self.reward > 0
	}
}

/// What an era that is over pays to all providers. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EraReward {
	/// Protocol fees of all payments that were settled in it.
	pub fees: Balance,
	/// What it pays in all, at most.
	pub pool: Balance,
	/// What was claimed of that.
	pub claimed: Balance,
}

/// A reward that was minted. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClaimedReward {
	/// The era that paid it.
	pub era: u32,
	/// Whose it was.
	pub provider: ProviderId,
	/// Where it went.
	pub payout: AccountId,
	/// Protocol fees of the payments that it is for.
	pub fees: Balance,
	/// How much it was.
	pub reward: Balance,
}

impl At {
	/// What a provider has earned in each era whose reward nobody has claimed for it, the running one included, oldest
	/// first.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn earnings(&self, provider: ProviderId) -> Result<Vec<EraEarning>, ChainError> {
		let call = api::runtime_apis()
			.rewards_api()
			.reward_preview(provider.into_runtime());
		let earnings = self.ask("a provider's usage rewards", call).await?;
		let mut earnings: Vec<EraEarning> = earnings.into_iter().map(EraEarning::from_runtime).collect();
		earnings.sort_by_key(|earning| earning.era);
		Ok(earnings)
	}

	/// What the last `count` eras pay that are over and filed, by their numbers. The chain remembers 84.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn era_rewards(&self, count: u32) -> Result<Vec<(u32, EraReward)>, ChainError> {
		let call = api::runtime_apis().rewards_api().era_rewards(count);
		let rewards = self.ask("what eras pay", call).await?;
		Ok(rewards
			.into_iter()
			.map(|(era, reward)| (era, EraReward::from_runtime(reward)))
			.collect())
	}
}
