//! What each event says of money: the one table of the whole check.
//!
//! An entry says that an account has more or less than before; what no other account has more of was burned, and what
//! no other has less of was minted. Each event of the market, of the providers and of the rewards that moves money is
//! here. Of the events of the SDK's pallets only three count: the fee of a transaction, a plain transfer that somebody
//! signed, and the burning of what was held for a job, which the figures of its ending must explain.

use super::books::JobBook;
use millrace_primitives::{Balance, JobId, ProviderId, SlashId, MILL};
use millrace_runtime::{
	configs::{fees::author_share, millrace::TreasuryAddress},
	AccountId, Runtime, RuntimeEvent, RuntimeHoldReason,
};
use pallet_market::Event as MarketEvent;
use pallet_providers::Event as ProvidersEvent;
use pallet_rewards::Event as RewardsEvent;
use pallet_transaction_payment::Event as FeeEvent;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring;
use std::collections::BTreeMap;

/// What registration moves from the owner to the worker.
const FLOAT: Balance = MILL;

/// Who is who, as earlier events have told.
#[derive(Default)]
pub(crate) struct Known {
	pub(crate) owners: BTreeMap<ProviderId, AccountId>,
	/// Who refuted, and whose job it was.
	pub(crate) slashes: BTreeMap<SlashId, (AccountId, AccountId)>,
	pub(crate) jobs: BTreeMap<JobId, JobBook>,
	/// Earnings that went to the stake, of the settlement that is told next.
	pub(crate) refill: Option<(ProviderId, Balance)>,
}

/// The entries of an event, in planck, and what it says was burned or minted: the sum of all its entries, told apart so
/// that the event's own figures are checked against each other.
#[derive(Default)]
pub(crate) struct Entries {
	pub(crate) changes: Vec<(AccountId, i128)>,
	pub(crate) minted: i128,
}

impl Entries {
	fn add(&mut self, account: &AccountId, amount: Balance) {
		self.changes.push((account.clone(), planck(amount)));
	}

	fn take(&mut self, account: &AccountId, amount: Balance) {
		self.changes.push((account.clone(), -planck(amount)));
	}

	/// From one account to another.
	fn pass(&mut self, from: &AccountId, to: &AccountId, amount: Balance) {
		self.take(from, amount);
		self.add(to, amount);
	}

	fn mint(&mut self, account: &AccountId, amount: Balance) {
		self.add(account, amount);
		self.minted += planck(amount);
	}

	fn burn(&mut self, account: &AccountId, amount: Balance) {
		self.take(account, amount);
		self.minted -= planck(amount);
	}
}

pub(crate) fn planck(amount: Balance) -> i128 {
	i128::try_from(amount).expect("there is less money than that")
}

/// Who authors all blocks.
fn author() -> AccountId {
	Sr25519Keyring::AliceStash.to_account_id()
}

/// What an event says of money. `plain` says whether it is of a call that somebody made to move money.
pub(crate) fn entries(event: &RuntimeEvent, plain: bool, known: &mut Known) -> Entries {
	let mut entries = Entries::default();
	match event {
		RuntimeEvent::TransactionPayment(FeeEvent::TransactionFeePaid { who, actual_fee, tip }) => {
			assert_eq!(*tip, 0, "nobody tips");
			let share = author_share(*actual_fee);
			entries.pass(who, &author(), share);
			entries.burn(who, actual_fee - share);
		}
		RuntimeEvent::Balances(pallet_balances::Event::Transfer { from, to, amount }) if plain => {
			entries.pass(from, to, *amount);
		}
		RuntimeEvent::Balances(pallet_balances::Event::DustLost { account, amount }) => entries.burn(account, *amount),
		RuntimeEvent::Balances(pallet_balances::Event::BurnedHeld {
			reason: RuntimeHoldReason::Market(_),
			who,
			amount,
		}) => entries.burn(who, *amount),
		RuntimeEvent::Providers(event) => of_providers(event, known, &mut entries),
		RuntimeEvent::Market(event) => of_market(event, known, &mut entries),
		RuntimeEvent::Rewards(RewardsEvent::RewardClaimed { payout, reward, .. }) => entries.mint(payout, *reward),
		_ => (),
	}
	entries
}

fn of_providers(event: &ProvidersEvent<Runtime>, known: &mut Known, entries: &mut Entries) {
	match event {
		ProvidersEvent::ProviderRegistered {
			provider,
			owner,
			worker,
			..
		} => {
			known.owners.insert(*provider, owner.clone());
			entries.pass(owner, worker, FLOAT);
		}
		ProvidersEvent::StakeTaken {
			provider,
			to,
			amount,
			burned,
		} => {
			let owner = &known.owners[provider];
			match to {
				Some(to) => entries.pass(owner, to, *amount),
				None => assert_eq!(*amount, 0, "nobody got it"),
			}
			entries.burn(owner, *burned);
		}
		ProvidersEvent::SlashPaid {
			slash,
			provider,
			to_refuter,
			to_requester,
			to_treasury,
			burned,
		} => {
			let owner = &known.owners[provider];
			entries.pass(owner, &TreasuryAddress::get(), *to_treasury);
			entries.burn(owner, *burned);
			match known.slashes.get(slash) {
				Some((refuter, requester)) => {
					entries.pass(owner, refuter, *to_refuter);
					entries.pass(owner, requester, *to_requester);
				}
				None => assert_eq!((*to_refuter, *to_requester), (0, 0), "shares of nobody"),
			}
		}
		_ => (),
	}
}

fn of_market(event: &MarketEvent<Runtime>, known: &mut Known, entries: &mut Entries) {
	match event {
		MarketEvent::JobSettled {
			job,
			payout,
			payment,
			fee,
			..
		} => {
			let requester = known.jobs[job].requester.clone();
			// The fee, and what no account could take, was burned, and the burning is told.
			let refilled = known.take_refill(*job);
			if let Some((owner, amount)) = &refilled {
				entries.pass(&requester, owner, *amount);
			}
			if let Some(payout) = payout {
				let left = payment - fee - refilled.map_or(0, |(_, amount)| amount);
				entries.pass(&requester, payout, left);
			}
		}
		MarketEvent::LeavesDemanded { requester, fee, .. } => entries.burn(requester, *fee),
		MarketEvent::EraClosed { treasury, .. } => entries.mint(&TreasuryAddress::get(), *treasury),
		MarketEvent::JobRefuted {
			slash: Some(slash),
			refuter,
			requester,
			..
		} => {
			known.slashes.insert(*slash, (refuter.clone(), requester.clone()));
		}
		_ => (),
	}
}

impl Known {
	/// What of a settlement went to its provider's stake: the owner, and how much.
	fn take_refill(&mut self, job: JobId) -> Option<(AccountId, Balance)> {
		let (provider, amount) = self.refill.take()?;
		assert_eq!(self.jobs[&job].provider, Some(provider), "its own earnings");
		Some((self.owners[&provider].clone(), amount))
	}
}
