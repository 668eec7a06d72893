//! The book beside the chain: what was paid, taken and burned, by the events alone, and what must follow from it.

use super::cast::{Cast, Machine, Side};
use millrace_primitives::{Balance, ProviderId, SlashId, Tick};
use millrace_runtime::{configs::fees::author_share, AccountId, Runtime, RuntimeEvent, RuntimeHoldReason};
use pallet_market::Event as MarketEvent;
use pallet_providers::Event as ProvidersEvent;
use pallet_rewards::{types::EraReward, Error};
use pallet_transaction_payment::Event as FeeEvent;
use polkadot_sdk::*;
use std::{
	collections::{BTreeMap, BTreeSet},
	ops::RangeInclusive,
};

/// Eras for which a reward can be claimed.
pub(crate) const REMEMBERED: u32 = 84;
/// Ticks of 365 days.
const YEAR: Balance = 365 * 28_800;

/// What happened in an era. Amounts in planck.
#[derive(Default)]
struct Era {
	/// Protocol fees of settled payments, by who was paid.
	fees: BTreeMap<ProviderId, Balance>,
	/// The payments.
	paid: BTreeMap<ProviderId, Balance>,
	/// All that anybody burned, for whatever reason.
	burned: Balance,
	/// What it pays, once it is over.
	pool: Balance,
	/// What was claimed of that.
	claimed: Balance,
}

impl Era {
	fn fees(&self) -> Balance {
		self.fees.values().sum()
	}
}

/// What the coalition has less than at first, but for its rewards. In planck.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
	/// Fees of transactions.
	pub(crate) transactions: Balance,
	/// Fees and escrow that were burned, and stake.
	pub(crate) burned: Balance,
	/// Stake that others got.
	pub(crate) given: Balance,
}

impl Spent {
	pub(crate) fn sum(&self) -> Balance {
		self.transactions + self.burned + self.given
	}
}

/// What a claim mints: the era, whose reward it is, where it goes, for which fees, and how much.
pub(crate) type Minted = (u32, ProviderId, AccountId, Balance, Balance);

pub(crate) struct Ledger {
	coalition: BTreeSet<AccountId>,
	payouts: BTreeMap<ProviderId, (AccountId, Side)>,
	/// Who showed a lie, and whose job it was.
	slashes: BTreeMap<SlashId, (AccountId, AccountId)>,
	eras: BTreeMap<u32, Era>,
	claimed: BTreeSet<(u32, ProviderId)>,
	pub(crate) spent: Spent,
	/// What the coalition was rewarded with.
	pub(crate) rewards: Balance,
	/// What happened, and how often.
	pub(crate) seen: BTreeMap<&'static str, u32>,
}

impl Ledger {
	pub(crate) fn new(cast: &Cast) -> Ledger {
		let payout = |machine: &Machine| (machine.id, (machine.payout.account.clone(), machine.side));
		Ledger {
			coalition: cast.coalition(),
			payouts: cast.machines.iter().map(payout).collect(),
			slashes: BTreeMap::new(),
			eras: BTreeMap::new(),
			claimed: BTreeSet::new(),
			spent: Spent::default(),
			rewards: 0,
			seen: BTreeMap::new(),
		}
	}

	fn note(&mut self, what: &'static str) {
		*self.seen.entry(what).or_default() += 1;
	}

	fn is_own(&self, provider: &ProviderId) -> bool {
		self.payouts
			.get(provider)
			.is_some_and(|(_, side)| *side == Side::Coalition)
	}

	fn is_member(&self, who: &AccountId) -> bool {
		self.coalition.contains(who)
	}

	/// So much was burned, of what the coalition had or of what others had.
	fn burn(&mut self, era: u32, amount: Balance, is_own: bool) {
		self.eras.entry(era).or_default().burned += amount;
		if is_own {
			self.spent.burned += amount;
		}
	}

	/// So much of a provider's stake went to somebody.
	fn give(&mut self, amount: Balance, is_own: bool, to: Option<&AccountId>) {
		let stays = to.is_some_and(|to| self.is_member(to));
		assert!(
			is_own || !stays || amount == 0,
			"the coalition gets nothing from others"
		);
		if is_own && !stays {
			self.spent.given += amount;
		}
	}

	/// Takes in the events of a block, all of whose payments belong to this era.
	pub(crate) fn take(&mut self, era: u32, events: &[RuntimeEvent]) {
		for event in events {
			match event {
				RuntimeEvent::TransactionPayment(FeeEvent::TransactionFeePaid { who, actual_fee, .. }) => {
					self.eras.entry(era).or_default().burned += actual_fee - author_share(*actual_fee);
					if self.is_member(who) {
						self.spent.transactions += actual_fee;
					}
				}
				RuntimeEvent::Balances(
					pallet_balances::Event::BurnedHeld {
						reason: RuntimeHoldReason::Market(_),
						who,
						amount,
					}
					| pallet_balances::Event::DustLost { account: who, amount },
				) => self.burn(era, *amount, self.is_member(who)),
				RuntimeEvent::Providers(event) => self.take_stake(era, event),
				RuntimeEvent::Market(event) => self.take_market(era, event),
				_ => (),
			}
		}
	}

	fn take_stake(&mut self, era: u32, event: &ProvidersEvent<Runtime>) {
		match event {
			ProvidersEvent::StakeTaken {
				provider,
				to,
				amount,
				burned,
			} => {
				let is_own = self.is_own(provider);
				self.burn(era, *burned, is_own);
				self.give(*amount, is_own, to.as_ref());
			}
			ProvidersEvent::SlashPaid {
				slash,
				provider,
				to_refuter,
				to_requester,
				to_treasury,
				burned,
			} => {
				let is_own = self.is_own(provider);
				self.burn(era, *burned, is_own);
				self.give(*to_treasury, is_own, None);
				let shares = self.slashes.get(slash).cloned();
				let (refuter, requester) = shares.unzip();
				self.give(*to_refuter, is_own, refuter.as_ref());
				self.give(*to_requester, is_own, requester.as_ref());
			}
			_ => (),
		}
	}

	fn take_market(&mut self, era: u32, event: &MarketEvent<Runtime>) {
		match event {
			MarketEvent::JobSettled {
				provider,
				requester,
				payment,
				fee,
				lapsed,
				..
			} => {
				assert_eq!(*fee, payment / 20, "5 %, rounded down");
				assert_eq!(
					self.is_own(provider),
					self.is_member(requester),
					"each side trades with itself"
				);
				let paid = self.eras.entry(era).or_default();
				*paid.paid.entry(*provider).or_default() += payment;
				*paid.fees.entry(*provider).or_default() += fee;
				self.note(if *lapsed { "lapsed" } else { "settled" });
				if *fee == 0 {
					self.note("dust");
				}
			}
			MarketEvent::LeavesDemanded { requester, fee, .. } => self.burn(era, *fee, self.is_member(requester)),
			MarketEvent::JobRefuted {
				slash,
				provider,
				refuter,
				requester,
				..
			} => {
				if let Some(slash) = slash {
					self.slashes.insert(*slash, (refuter.clone(), requester.clone()));
				}
				self.note(match (self.is_own(provider), self.is_member(refuter)) {
					(true, true) => "refuted by itself",
					(true, false) => "refuted by others",
					(false, _) => "others refuted",
				});
			}
			MarketEvent::JobSilent { .. } => self.note("silent"),
			MarketEvent::JobCancelled { .. } => self.note("cancelled"),
			MarketEvent::JobVoided { .. } => self.note("void"),
			MarketEvent::JobLate { .. } | MarketEvent::JobAbandoned { .. } => self.note("late or abandoned"),
			_ => (),
		}
	}

	/// An era of so many ticks is over, and the issuance was in these bounds then: what it pays in all must be what the rule
	/// says, by the fees that are in the book.
	pub(crate) fn close(&mut self, number: u32, ticks: Tick, issuance: RangeInclusive<Balance>, told: EraReward) {
		let era = self.eras.entry(number).or_default();
		let fees = era.fees();
		assert_eq!(told.fees, fees, "era {number}");
		let half = fees * 4 / 5 / 2;
		let schedule = |issuance: &Balance| issuance / 50 * Balance::from(ticks) / YEAR;
		let (least, most) = (schedule(issuance.start()), schedule(issuance.end()));
		let pools = half.min(least)..=half.min(most);
		assert!(
			pools.contains(&told.pool),
			"era {number} pays {}, not {pools:?}",
			told.pool
		);
		era.pool = told.pool;
		if told.pool < half {
			self.note("capped");
		}
	}

	/// What the provider's part of an era is.
	fn reward(&self, era: u32, provider: ProviderId) -> (Balance, Balance) {
		let Some(era) = self.eras.get(&era) else {
			return (0, 0);
		};
		let fees = era.fees.get(&provider).copied().unwrap_or(0);
		(fees, share(era.pool, fees, era.fees()))
	}

	/// What must become of a claim while this era runs.
	pub(crate) fn claim(&mut self, running: u32, era: u32, provider: ProviderId) -> Result<Minted, Error<Runtime>> {
		if era >= running {
			self.note("claimed too early");
			return Err(Error::NotClosed);
		}
		if running - era > REMEMBERED {
			self.note("claimed too late");
			return Err(Error::Expired);
		}
		let (fees, reward) = self.reward(era, provider);
		if reward == 0 {
			return Err(Error::NothingToClaim);
		}
		if !self.claimed.insert((era, provider)) {
			self.note("claimed twice");
			return Err(Error::NothingToClaim);
		}
		self.note("claimed");
		let (payout, side) = self.payouts[&provider].clone();
		self.eras.entry(era).or_default().claimed += reward;
		if side == Side::Coalition {
			self.rewards += reward;
		}
		Ok((era, provider, payout, fees, reward))
	}

	/// What was not claimed and is not too old while this era runs: era, provider, fees and reward, which may be nothing.
	pub(crate) fn claimable(&self, running: u32) -> Vec<(u32, ProviderId, Balance, Balance)> {
		let mut claimable = Vec::new();
		for era in running.saturating_sub(REMEMBERED)..running {
			for provider in self.payouts.keys() {
				let (fees, reward) = self.reward(era, *provider);
				if fees > 0 && !self.claimed.contains(&(era, *provider)) {
					claimable.push((era, *provider, fees, reward));
				}
			}
		}
		claimable
	}

	/// What the chain says of an era must be what is in the book, and never more than half of what stays burned.
	pub(crate) fn compare(&self, number: u32, told: EraReward) {
		let nothing = Era::default();
		let era = self.eras.get(&number).unwrap_or(&nothing);
		assert_eq!(
			(told.fees, told.pool, told.claimed),
			(era.fees(), era.pool, era.claimed),
			"era {number}"
		);
		assert!(
			told.claimed <= told.pool && told.pool * 5 <= told.fees * 2,
			"era {number}"
		);
	}

	/// The protocol fees of all payments to the coalition, which it has paid itself.
	pub(crate) fn own_fees(&self) -> Balance {
		let fees = self.eras.values().flat_map(|era| &era.fees);
		fees.filter(|(provider, _)| self.is_own(provider))
			.map(|(_, fees)| fees)
			.sum()
	}

	/// Rewards by a rule that sounds fair: of each era all that was burned, to each provider by what it was paid. What the
	/// coalition would get.
	pub(crate) fn naive_rewards(&self) -> Balance {
		let of_era = |era: &Era| {
			let own = era.paid.iter().filter(|(provider, _)| self.is_own(provider));
			share(era.burned, own.map(|(_, paid)| paid).sum(), era.paid.values().sum())
		};
		self.eras.values().map(of_era).sum()
	}
}

/// A part of an amount, rounded down; nothing of nothing.
fn share(amount: Balance, part: Balance, whole: Balance) -> Balance {
	(amount * part).checked_div(whole).unwrap_or(0)
}
