//! Validators, as staking knows them: what is bonded, what stands for election, what was earned and what will be taken.

use super::{convert::FromRuntime, error::ChainError, generated::api, view::At, AccountId, SessionKeys};
use crate::amount::{text, Balance};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// Points that a block earns its author. On this chain nothing else earns any.
pub const POINTS_PER_BLOCK: u32 = 20;
/// Eras that are asked for at once.
const AT_ONCE: usize = 16;

/// What a stash has bonded, in planck.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct StashBond {
	/// All of it.
	#[serde(with = "text")]
	pub total: Balance,
	/// Of it, what is at stake in the next election.
	#[serde(with = "text")]
	pub active: Balance,
	/// Of it, what is on its way out.
	pub unbonding: Vec<StashUnbonding>,
}

/// A part of a bond on its way out.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct StashUnbonding {
	/// How much, in planck.
	#[serde(with = "text")]
	pub amount: Balance,
	/// The era from which on it can be withdrawn.
	pub era: u32,
}

/// With what a stash stands for election.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidacy {
	/// What it keeps of its nominators' rewards, in parts of a thousand million.
	pub commission: u32,
	/// Whether it takes no more nominators.
	pub blocked: bool,
}

/// Where a stash's rewards go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Payee {
	/// To the stash, free.
	Stash,
	/// To the stash, and into its bond.
	Staked,
	/// To another account.
	Account(AccountId),
}

/// What staking asks of who stands for election.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StakingRules {
	/// The least bond of a candidate, in planck.
	pub least_bond: Balance,
	/// The least commission, in parts of a thousand million.
	pub least_commission: u32,
	/// How many stand for election.
	pub candidates: u32,
	/// How many may at most; none where there is no limit.
	pub most_candidates: Option<u32>,
	/// The era that is planned: what unbonds and has its number, or a lower one, is free.
	pub planned_era: u32,
	/// Eras after the planned one from which on what is unbonded now is free.
	pub unbonding_eras: u32,
}

impl StakingRules {
	/// The era from which on what is unbonded now can be withdrawn.
	pub fn free_from(&self) -> u32 {
		self.planned_era.saturating_add(self.unbonding_eras)
	}
}

/// What a validator or one of its nominators was paid of an era's reward.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PaidStaker {
	/// Whose it was.
	pub stash: AccountId,
	/// How much, in planck.
	pub amount: Balance,
}

/// What stands behind a validator in an era, in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Backing {
	/// Its own.
	#[serde(with = "text")]
	pub own: Balance,
	/// With that of its nominators.
	#[serde(with = "text")]
	pub total: Balance,
	/// How many those are.
	pub nominators: u32,
}

/// A slash that was found and not taken yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct PendingSlash {
	/// The era with which it is taken, unless it is cancelled before.
	pub era: u32,
	/// What the stash loses, in planck.
	#[serde(with = "text")]
	pub own: Balance,
	/// What its nominators lose, in planck.
	#[serde(with = "text")]
	pub nominators: Balance,
}

/// A stash, as staking knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ValidatorView {
	/// The account.
	pub stash: AccountId,
	/// What it has bonded; none where it has not bonded anything.
	pub bond: Option<StashBond>,
	/// With what it stands for election; none where it does not.
	pub candidacy: Option<Candidacy>,
	/// What stands behind it in the running era; none where it is no validator in it.
	pub backing: Option<Backing>,
	/// The keys that it has registered last.
	pub keys: Option<SessionKeys>,
	/// Slashes that were found and not taken yet, soonest first.
	pub slashes: Vec<PendingSlash>,
}

/// Points of a validator in an era.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EraPoints {
	/// Its own.
	pub own: u32,
	/// Those of all validators.
	pub total: u32,
}

impl EraPoints {
	/// Blocks that it has made in the era.
	pub fn blocks(&self) -> u32 {
		self.own / POINTS_PER_BLOCK
	}

	/// What so many validators have on average, rounded down.
	pub fn average(&self, validators: usize) -> u32 {
		let validators = u32::try_from(validators).unwrap_or(u32::MAX);
		self.total.checked_div(validators).unwrap_or(0)
	}

	/// The part of an era's reward that belongs to the validator and its nominators.
	fn share(&self, reward: Balance) -> Balance {
		reward
			.saturating_mul(self.own.into())
			.checked_div(self.total.into())
			.unwrap_or(0)
	}
}

/// An era that is over, in which a validator has earned something that nobody had paid out yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct UnclaimedEra {
	/// Its number.
	pub era: u32,
	/// The validator's points in it.
	pub points: u32,
	/// About what belongs to the validator and its nominators together, in planck, with any pages that were paid.
	#[serde(with = "text")]
	pub reward: Balance,
	/// Pages in which it is paid out.
	pub pages: u32,
	/// Of these, pages that were.
	pub paid: u32,
}

impl At {
	/// The era that runs.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn active_era(&self) -> Result<u32, ChainError> {
		let era = self
			.get("the running era", api::storage().staking().active_era(), ())
			.await?;
		Ok(era.map_or(0, |era| era.index))
	}

	/// A stash. One that staking does not know has nothing bonded.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn validator(&self, stash: AccountId) -> Result<ValidatorView, ChainError> {
		let staking = api::storage().staking();
		let era = self.active_era().await?;
		let backing = self
			.get("a validator's stake", staking.eras_stakers_overview(), (era, stash))
			.await?;
		Ok(ValidatorView {
			stash,
			bond: self.stash_bond(stash).await?,
			candidacy: self.candidacy(stash).await?,
			backing: backing.map(Backing::from_runtime),
			keys: self.next_keys(stash).await?,
			slashes: self.pending_slashes(stash).await?,
		})
	}

	/// What a stash has bonded; none where staking does not know it.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn stash_bond(&self, stash: AccountId) -> Result<Option<StashBond>, ChainError> {
		let staking = api::storage().staking();
		let bond = match self.get("a stash", staking.bonded(), (stash,)).await? {
			Some(controller) => self.get("a bond", staking.ledger(), (controller,)).await?,
			None => None,
		};
		Ok(bond.map(StashBond::from_runtime))
	}

	/// With what a stash stands for election; none where it does not.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn candidacy(&self, stash: AccountId) -> Result<Option<Candidacy>, ChainError> {
		const WHAT: &str = "a candidate";
		let address = api::storage().staking().validators();
		if !self.is_stored(WHAT, address, (stash,)).await? {
			return Ok(None);
		}
		let address = api::storage().staking().validators();
		let prefs = self.get(WHAT, address, (stash,)).await?;
		Ok(prefs.map(Candidacy::from_runtime))
	}

	/// What staking asks of who stands for election.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn staking_rules(&self) -> Result<StakingRules, ChainError> {
		const WHAT: &str = "the rules of staking";
		let staking = api::storage().staking();
		let commission = self.get(WHAT, staking.min_commission(), ()).await?;
		let candidates = self.get(WHAT, staking.counter_for_validators(), ()).await?;
		Ok(StakingRules {
			least_bond: self.get(WHAT, staking.min_validator_bond(), ()).await?.unwrap_or(0),
			least_commission: commission.map_or(0, |commission| commission.0),
			candidates: candidates.unwrap_or(0),
			most_candidates: self.get(WHAT, staking.max_validators_count(), ()).await?,
			planned_era: self.planned_era().await?,
			unbonding_eras: self.constant(WHAT, api::constants().staking().bonding_duration())?,
		})
	}

	/// The spans in which a stash was slashed. A withdrawal that leaves nothing bonded must name so many.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn slashing_spans(&self, stash: AccountId) -> Result<u32, ChainError> {
		let address = api::storage().staking().slashing_spans();
		let spans = self.get("the slashes of a stash", address, (stash,)).await?;
		// Beside those that are over there is the one that runs.
		Ok(spans.map_or(0, |spans| {
			u32::try_from(spans.prior.len()).unwrap_or(u32::MAX).saturating_add(1)
		}))
	}

	/// The era that was planned last: the running one, or the next.
	async fn planned_era(&self) -> Result<u32, ChainError> {
		let planned = self
			.get("the planned era", api::storage().staking().current_era(), ())
			.await?;
		match planned {
			Some(era) => Ok(era),
			None => self.active_era().await,
		}
	}

	/// What a stash has earned in an era so far, in points.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn era_points(&self, stash: AccountId, era: u32) -> Result<EraPoints, ChainError> {
		let address = api::storage().staking().eras_reward_points();
		let points = self.get("an era's points", address, (era,)).await?;
		Ok(points.map_or_else(EraPoints::default, |points| EraPoints {
			own: points
				.individual
				.iter()
				.find(|(account, _)| *account == stash)
				.map_or(0, |(_, points)| *points),
			total: points.total,
		}))
	}

	/// The eras for which a stash and its nominators are still to be paid, oldest first. The chain remembers 84 of them.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn unclaimed_eras(&self, stash: AccountId) -> Result<Vec<UnclaimedEra>, ChainError> {
		let running = self.active_era().await?;
		let depth = self.constant(
			"the eras that are remembered",
			api::constants().staking().history_depth(),
		)?;
		let first = self.planned_era().await?.saturating_sub(depth);
		let eras = stream::iter((first..running).map(|era| self.unclaimed_era(stash, era)));
		let found: Vec<Option<UnclaimedEra>> = eras.buffered(AT_ONCE).try_collect().await?;
		Ok(found.into_iter().flatten().collect())
	}

	/// The pages of an era's reward that nobody has had paid yet.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn unpaid_pages(&self, stash: AccountId, era: &UnclaimedEra) -> Result<Vec<u32>, ChainError> {
		let address = api::storage().staking().claimed_rewards();
		let paid = self.get("what was paid", address, (era.era, stash)).await?;
		let paid = paid.unwrap_or_default();
		Ok((0..era.pages).filter(|page| !paid.contains(page)).collect())
	}

	async fn unclaimed_era(&self, stash: AccountId, era: u32) -> Result<Option<UnclaimedEra>, ChainError> {
		let points = self.era_points(stash, era).await?;
		if points.own == 0 {
			return Ok(None);
		}
		let staking = api::storage().staking();
		let Some(reward) = self
			.get("an era's reward", staking.eras_validator_reward(), (era,))
			.await?
		else {
			return Ok(None);
		};
		let backing = self
			.get("a validator's stake", staking.eras_stakers_overview(), (era, stash))
			.await?;
		// A validator without nominators has no page, and is paid with one.
		let pages = backing.map_or(1, |backing| backing.page_count.max(1));
		let paid = self
			.get("what was paid", staking.claimed_rewards(), (era, stash))
			.await?
			.map_or(0, |pages| u32::try_from(pages.len()).unwrap_or(u32::MAX));
		Ok((paid < pages).then(|| UnclaimedEra {
			era,
			points: points.own,
			reward: points.share(reward),
			pages,
			paid,
		}))
	}

	/// Slashes of a validator that were found and not taken yet, soonest first. Reads those of all, of which there are few.
	async fn pending_slashes(&self, stash: AccountId) -> Result<Vec<PendingSlash>, ChainError> {
		let address = api::storage().staking().unapplied_slashes();
		let mut slashes = Vec::new();
		for ((era,), of_era) in self.entries("the slashes of validators", address, ()).await? {
			let of_stash = of_era.into_iter().filter(|slash| slash.validator == stash);
			slashes.extend(of_stash.map(|slash| PendingSlash::from_runtime((era, slash))));
		}
		slashes.sort_by_key(|slash| slash.era);
		Ok(slashes)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	#[test]
	fn points_are_blocks_and_shares() {
		let points = EraPoints { own: 60, total: 240 };
		assert_eq!(points.blocks(), 3);
		assert_eq!((points.average(4), points.average(7)), (60, 34));
		assert_eq!(points.share(100 * MILL), 25 * MILL);
		// More than all money there is, with more points than a chain gives in a year.
		let most = EraPoints {
			own: 1 << 30,
			total: 1 << 31,
		};
		assert_eq!(most.share(2_000_000_000 * MILL), 1_000_000_000 * MILL);
	}

	#[test]
	fn unbonded_money_is_free_so_many_eras_after_the_planned_one() {
		let mut rules = StakingRules {
			least_bond: MILL,
			least_commission: 50_000_000,
			candidates: 1,
			most_candidates: None,
			planned_era: 12,
			unbonding_eras: 28,
		};
		assert_eq!(rules.free_from(), 40);
		rules.planned_era = u32::MAX;
		assert_eq!(rules.free_from(), u32::MAX);
	}

	#[test]
	fn where_nobody_made_a_block_nobody_has_a_share() {
		let none = EraPoints::default();
		assert_eq!((none.blocks(), none.average(0), none.average(4)), (0, 0, 0));
		assert_eq!(none.share(100 * MILL), 0);
	}
}
