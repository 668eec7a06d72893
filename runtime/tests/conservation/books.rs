//! The book beside the chain: what every account has by the events alone, and what became of what each job held.

use super::{
	endings::ending,
	money::{entries, planck, Known},
	summary::Summary,
};
use frame_system::{EventRecord, Phase};
use millrace_primitives::{Balance, JobId, Price, ProviderId};
use millrace_runtime::{AccountId, Balances, Hash, Runtime, RuntimeCall, RuntimeEvent, System};
use pallet_market::{Event as MarketEvent, MarketRules, RejectReason};
use pallet_providers::Event as ProvidersEvent;
use pallet_rewards::Event as RewardsEvent;
use polkadot_sdk::*;
use sp_runtime::Perbill;
use std::collections::BTreeMap;

/// What the events have told of a job, and what its requester knows of it.
#[derive(Clone, Debug)]
pub(crate) struct JobBook {
	pub(crate) requester: AccountId,
	/// A job fee.
	fee: Balance,
	/// Units that moving its bytes is worth.
	data: u128,
	/// Units that it is worth at most, with these.
	pub(crate) worst: u128,
	pub(crate) min_job: Balance,
	pub(crate) fee_rate: Perbill,
	/// The most that was agreed.
	pub(crate) limit: Price,
	/// What is held for: the price of the last assignment, or what it bids.
	pub(crate) price: Price,
	/// Job fees that are held, in planck.
	fees: Balance,
	/// What is held for its storage.
	deposit: Balance,
	/// Assignments that used up their fee: by an acceptance, or a commitment that implies it; a refusal; silence to an
	/// offer; that the requester changed its mind.
	fees_used: u32,
	/// Whether it is assigned and its fee is not used up.
	unanswered: bool,
	pub(crate) provider: Option<ProviderId>,
}

impl JobBook {
	/// What is held for the payment at a price, rounded up.
	pub(crate) fn escrow_at(&self, price: Price) -> Balance {
		(self.worst * u128::from(price.0)).div_ceil(1 << 30).max(self.min_job)
	}

	/// What is paid for so many units of its items, rounded down.
	fn payment(&self, units: u64) -> Balance {
		(self.data + u128::from(units)) * u128::from(self.price.0) / (1 << 30)
	}

	fn use_fee(&mut self) {
		self.fees_used += u32::from(self.unanswered);
		self.unanswered = false;
	}
}

pub(crate) struct Books {
	pub(crate) known: Known,
	pub(crate) summary: Summary,
	balances: BTreeMap<AccountId, i128>,
	issuance: i128,
	/// Fees that were burned since an era was filed, in the one pool in which there are jobs here.
	fees: Balance,
	/// The part of them that stays burned, as the rules were when the block began.
	pub(crate) fee_burn: Perbill,
	/// The fee era in which the payments of this block are.
	pub(crate) era: u32,
	/// What payments brought in fees, by era and provider, and nobody has claimed.
	brought: BTreeMap<(u32, ProviderId), Balance>,
	/// Of each era that is closed the fees, what it pays, and what was claimed.
	rewards: BTreeMap<u32, [Balance; 3]>,
	/// The events of this block, for whoever looks for a mistake.
	events: Vec<String>,
	/// What is burned of each requester's escrow in this block.
	burned: BTreeMap<AccountId, Burned>,
}

/// What is burned of a requester's escrow.
#[derive(Debug, Default)]
struct Burned {
	/// By the figures of the endings of its jobs.
	by_endings: Balance,
	/// What a lower price freed, which is lost where the account could not take it.
	freed: Balance,
	/// By the burning itself.
	told: Balance,
}

impl Books {
	/// Opens the book on the state of the chain.
	pub(crate) fn open() -> Books {
		Books {
			known: Known::default(),
			summary: Summary::default(),
			balances: actual_balances(),
			issuance: planck(Balances::total_issuance()),
			fees: 0,
			fee_burn: super::root::rules().fee_burn,
			era: 0,
			brought: BTreeMap::new(),
			rewards: BTreeMap::new(),
			events: Vec::new(),
			burned: BTreeMap::new(),
		}
	}

	/// A job is about to be submitted, whose bytes are worth `data` units, and which is worth `worst` in all at most.
	pub(crate) fn announce(
		&mut self,
		job: JobId,
		requester: AccountId,
		(data, worst): (u128, u128),
		limit: Price,
		rules: &MarketRules,
	) {
		let book = JobBook {
			requester,
			fee: rules.job_fee,
			data,
			worst,
			min_job: rules.min_job,
			fee_rate: rules.protocol_fee,
			limit,
			price: limit,
			fees: 0,
			deposit: 0,
			fees_used: 0,
			unanswered: false,
			provider: None,
		};
		self.known.jobs.insert(job, book);
	}

	/// Something outside of all pallets changed an account: a rise of the existential deposit, say.
	pub(crate) fn plant(&mut self, account: &AccountId, change: i128) {
		*self.balances.entry(account.clone()).or_default() += change;
		self.issuance += change;
	}

	/// Takes in the events of a block, whose transactions made these calls.
	pub(crate) fn take(&mut self, records: &[EventRecord<RuntimeEvent, Hash>], calls: &[RuntimeCall]) {
		self.events = records.iter().map(|record| format!("{record:?}")).collect();
		for record in records {
			let plain = match record.phase {
				// The first extrinsic is the inherent of the time.
				Phase::ApplyExtrinsic(at) => (at as usize)
					.checked_sub(1)
					.and_then(|at| calls.get(at))
					.is_some_and(is_plain),
				_ => false,
			};
			let entries = entries(&record.event, plain, &mut self.known);
			let sum: i128 = entries.changes.iter().map(|(_, amount)| amount).sum();
			assert_eq!(sum, entries.minted, "{:?}", record.event);
			self.issuance += entries.minted;
			for (account, amount) in entries.changes {
				*self.balances.entry(account).or_default() += amount;
			}
			self.note(&record.event);
		}
	}

	/// What else must be known of an event.
	fn note(&mut self, event: &RuntimeEvent) {
		match event {
			RuntimeEvent::Providers(ProvidersEvent::StakeRefilled { provider, amount, .. }) => {
				self.known.refill = Some((*provider, *amount));
			}
			RuntimeEvent::Balances(pallet_balances::Event::BurnedHeld {
				reason: millrace_runtime::RuntimeHoldReason::Market(_),
				who,
				amount,
			}) => self.burned.entry(who.clone()).or_default().told += amount,
			RuntimeEvent::Market(event) => self.note_market(event),
			RuntimeEvent::Rewards(event) => self.note_rewards(event),
			_ => (),
		}
	}

	/// An era pays at most half of what stays burned of what its payments brought, and each provider its part of that.
	fn note_rewards(&mut self, event: &RewardsEvent<Runtime>) {
		match event {
			RewardsEvent::RewardsOpened { era, fees, pool } => {
				let of_era = self.brought.iter().filter(|((of, _), _)| of == era);
				let brought: Balance = of_era.map(|(_, brought)| brought).sum();
				assert_eq!(*fees, brought, "what the payments of era {era} brought");
				assert!(
					*pool <= self.fee_burn.mul_floor(*fees) / 2,
					"what era {era} pays: {pool}"
				);
				self.rewards.insert(*era, [*fees, *pool, 0]);
			}
			RewardsEvent::RewardClaimed {
				era,
				provider,
				fees,
				reward,
				..
			} => {
				let brought = self.brought.remove(&(*era, *provider));
				assert_eq!(brought, Some(*fees), "what {provider:?} brought in era {era}");
				let [all, pool, claimed] = self.rewards.get_mut(era).expect("it is closed");
				assert_eq!(*reward, *pool * fees / *all, "its part of what era {era} pays");
				*claimed += reward;
				assert!(claimed <= pool, "era {era} pays no more");
			}
			_ => (),
		}
	}

	fn job(&mut self, job: &JobId) -> &mut JobBook {
		self.known.jobs.get_mut(job).expect("it was submitted")
	}

	fn note_market(&mut self, event: &MarketEvent<Runtime>) {
		match event {
			MarketEvent::JobSubmitted {
				job,
				escrow,
				fees,
				deposit,
				..
			} => {
				let book = self.job(job);
				assert_eq!(*escrow, book.escrow_at(book.limit), "the worst case at its own limit");
				assert_eq!(*fees % book.fee, 0, "whole job fees");
				book.fees = *fees;
				book.deposit = *deposit;
			}
			MarketEvent::JobAssigned {
				job, provider, price, ..
			} => {
				let book = self.job(job);
				assert!(*price <= book.limit, "never above the limit");
				let freed = book.escrow_at(book.price).saturating_sub(book.escrow_at(*price));
				book.price = *price;
				book.provider = Some(*provider);
				book.unanswered = true;
				let requester = book.requester.clone();
				self.burned.entry(requester).or_default().freed += freed;
			}
			// A job that waits anew bids its limit again, where its requester can hold that.
			MarketEvent::JobQueued { job, level, .. } => {
				let book = self.job(job);
				book.price = level.price();
				book.unanswered = false;
			}
			MarketEvent::JobRepriced { job, level, escrow } => {
				let book = self.job(job);
				let freed = book.escrow_at(book.price).saturating_sub(*escrow);
				book.limit = level.price();
				book.price = book.limit;
				assert_eq!(*escrow, book.escrow_at(book.price), "what it bids now");
				let requester = book.requester.clone();
				self.burned.entry(requester).or_default().freed += freed;
			}
			MarketEvent::JobRejected {
				job,
				reason: RejectReason::Busy,
				..
			}
			| MarketEvent::AssignmentVoided { job, .. } => self.job(job).unanswered = false,
			MarketEvent::NoShow { job, fee_taken, .. } => {
				self.fees += fee_taken;
				self.job(job).unanswered = false;
			}
			MarketEvent::LeavesDemanded { fee, .. } => self.fees += fee,
			MarketEvent::EraClosed { fees, treasury, .. } => {
				assert_eq!(*fees, std::mem::take(&mut self.fees), "the fees of an era");
				let kept = Perbill::one() - self.fee_burn;
				assert_eq!(*treasury, kept.mul_floor(*fees), "the treasury's part of them");
			}
			MarketEvent::JobAccepted { job, .. }
			| MarketEvent::JobCommitted { job, .. }
			| MarketEvent::JobRejected { job, .. }
			| MarketEvent::OfferLapsed { job, .. } => self.job(job).use_fee(),
			MarketEvent::JobSettled {
				job,
				provider,
				units,
				payment,
				fee,
				..
			} => {
				if *fee > 0 {
					*self.brought.entry((self.era, *provider)).or_default() += fee;
				}
				let book = self.job(job);
				assert_eq!(*payment, book.payment(*units), "what its units cost");
				assert_eq!(
					*fee,
					book.fee_rate.mul_floor(*payment),
					"the protocol's part, as agreed"
				);
				self.end(event);
			}
			MarketEvent::DeliveryRefused { job, units, burned, .. } => {
				assert_eq!(*burned, self.job(job).payment(*units), "what would have been paid");
				self.end(event);
			}
			MarketEvent::JobCancelled { job, .. } => {
				self.job(job).use_fee();
				self.end(event);
			}
			_ => self.end(event),
		}
	}

	/// If a job has ended: escrow, fees and deposit = payment + refund + fees that were paid + fees that returned +
	/// deposit that returned + what was lost.
	fn end(&mut self, event: &MarketEvent<Runtime>) {
		let Some((job, name, mut ending, unpaid)) = ending(event) else {
			return;
		};
		let book = self.job(&job).clone();
		assert_eq!(
			ending.fees_paid,
			book.fee * Balance::from(book.fees_used),
			"{job:?}: {name}, fees"
		);
		let given = ending.payment + ending.refund + ending.fees_paid + ending.fees_returned + ending.deposit;
		ending.held = book.escrow_at(book.price) + book.fees + book.deposit;
		ending.lost = ending
			.held
			.checked_sub(given)
			.unwrap_or_else(|| panic!("{job:?}, {name}: {given} given of {}", ending.held));
		let burned = self.burned.entry(book.requester).or_default();
		burned.by_endings += ending.fee + ending.fees_paid + ending.lost + unpaid;
		self.fees += ending.fee + ending.fees_paid;
		ending.lost += unpaid;
		self.summary.count(name, ending);
		assert!(self.summary.jobs.insert(job), "{job:?} ends once");
	}

	/// Whether the chain has what the book says: every account, and all that there is.
	pub(crate) fn compare(&mut self) {
		let block = System::block_number();
		for (who, burned) in std::mem::take(&mut self.burned) {
			let least = burned.by_endings;
			let explained = (least..=least + burned.freed).contains(&burned.told);
			assert!(explained, "block {block}: what was burned of {who}: {burned:?}");
		}
		let actual = actual_balances();
		self.balances.retain(|_, balance| *balance != 0);
		for account in actual.keys().chain(self.balances.keys()) {
			let [has, expected] = [&actual, &self.balances].map(|balances| balances.get(account).copied().unwrap_or(0));
			if has != expected {
				let name = format!("{account:?}");
				let named: Vec<_> = self.events.iter().filter(|event| event.contains(&name)).collect();
				panic!("block {block}: {account} has {has}, and not {expected}; {named:#?}");
			}
		}
		assert_eq!(
			planck(Balances::total_issuance()),
			self.issuance,
			"block {block}: the issuance"
		);
		assert_eq!(
			actual.values().sum::<i128>(),
			self.issuance,
			"block {block}: all accounts together"
		);
	}
}

/// A call that moves money and nothing else.
fn is_plain(call: &RuntimeCall) -> bool {
	matches!(call, RuntimeCall::Balances(_) | RuntimeCall::Sudo(_))
}

/// All accounts that have something.
fn actual_balances() -> BTreeMap<AccountId, i128> {
	let accounts = frame_system::Account::<Runtime>::iter();
	let balances = accounts.map(|(account, record)| (account, planck(record.data.free + record.data.reserved)));
	balances.filter(|(_, balance)| *balance > 0).collect()
}
