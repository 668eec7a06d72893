//! Every planck of every block: an account book that is kept from events alone, and compared with the chain's balances
//! block by block.
//!
//! What an event means for whom is written down here by the protocol's rules, not asked of the chain: of a transaction
//! fee a fifth, rounded down, goes to the author and the rest is burned; fees of jobs are burned when they are taken, and once
//! an era a fifth of them, rounded down, is minted for the treasury; and so on. If a balance moves otherwise, or
//! without an event, the audit ends with a panic that names block and account.

mod events;

use crate::{
	network::{author, pallet_account, TREASURY},
	raw::Raw,
};
use events::{
	fields, BlockEvent, Claimed, Closed, Demanded, Ended, FeePaid, MeasurementCharged, OfJob, Refused, Refuted,
	Registered, Settled, SlashPaid, StakeTaken, Submitted,
};
use millrace_client::chain::{AccountId, Chain, JobId, ProviderId, H256};
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};

/// What the chain moves from the owner to the worker when a provider is registered, in planck: 1 MILL.
const FLOAT: i128 = 1_000_000_000_000;

/// What a job can end with.
const ENDINGS: [&str; 8] = [
	"JobSettled",
	"JobCancelled",
	"JobExpired",
	"JobUnserved",
	"JobRefuted",
	"JobVoided",
	"JobSilent",
	"DeliveryRefused",
];

/// How an account's money has changed, by cause, in planck.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Change {
	/// Transaction fees.
	pub fees: i128,
	/// Job fees that were used.
	pub job_fees: i128,
	/// Payments for work, made or earned.
	pub payments: i128,
	/// Usage rewards.
	pub rewards: i128,
	/// What demanding leaves cost.
	pub demands: i128,
	/// What late work costs its provider and brings its requester.
	pub credits: i128,
	/// Stake that was lost to a slash.
	pub slashes: i128,
	/// Parts of somebody else's slash.
	pub shares: i128,
	/// The float of a worker.
	pub floats: i128,
}

impl Change {
	/// All of it.
	pub fn total(&self) -> i128 {
		self.fees
			+ self.job_fees
			+ self.payments
			+ self.rewards
			+ self.demands
			+ self.credits
			+ self.slashes
			+ self.shares
			+ self.floats
	}
}

/// What an account has caused elsewhere, in planck.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Effect {
	/// What block authors got.
	pub author: i128,
	/// Fees of jobs and payments, which are burned.
	pub job_fees: i128,
	/// What else was burned: of transaction fees and of slashes.
	pub burned: i128,
}

/// What all have in common, in planck: how it has changed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Commons {
	/// The treasury.
	pub treasury: i128,
	/// The validator.
	pub author: i128,
	/// All money there is.
	pub issuance: i128,
	/// Fees of jobs and payments that were burned.
	pub job_fees: i128,
}

/// The whole book.
#[derive(Debug, Default)]
pub struct Audit {
	/// By account.
	pub changes: BTreeMap<[u8; 32], Change>,
	/// By the account that caused it.
	pub effects: BTreeMap<[u8; 32], Effect>,
	/// Of all together.
	pub commons: Commons,
	/// The job's last event, and its block.
	pub ends: BTreeMap<JobId, (String, u64)>,
	/// The last block in which an account paid a transaction fee.
	pub charged: BTreeMap<[u8; 32], u64>,
	/// The last block that was looked at.
	pub block: u64,
	jobs: BTreeMap<[u8; 32], [u8; 32]>,
	accepted: BTreeSet<[u8; 32]>,
	/// Job fees that a job's assignments have used up, by what happened to it.
	used: BTreeMap<[u8; 32], i128>,
	/// Jobs that measure devices.
	measurements: BTreeSet<[u8; 32]>,
	owners: BTreeMap<ProviderId, [u8; 32]>,
	slashes: BTreeMap<u32, ([u8; 32], [u8; 32])>,
	/// Fees that were burned and of which the treasury has not had its part.
	collected: i128,
	/// Balances at the last block, of all accounts that an event has named.
	known: BTreeMap<[u8; 32], i128>,
	/// How this block's events change them.
	due: BTreeMap<[u8; 32], i128>,
	/// How they change the issuance.
	minted: i128,
}

fn planck(amount: u128) -> i128 {
	i128::try_from(amount).expect("there is less money than that")
}

impl Audit {
	/// Keeps the book of all blocks from genesis to `to`, which must be final. `job_fee` is that of every job, in planck.
	pub async fn of(url: &str, to: u64, job_fee: i128) -> Audit {
		let chain = Chain::connect(url, Duration::from_secs(10))
			.await
			.expect("the node answers");
		let raw = Raw::connect(url).await;
		let mut audit = Audit::default();
		let mut issuance = issuance(&chain, 0).await;
		for account in commons() {
			let balance = balance(&chain, account, 0).await;
			audit.known.insert(account, balance);
		}
		for block in 1..=to {
			let at = raw.client().at_block(block).await.expect("a block");
			let events = at.events().fetch().await.expect("its events");
			for event in events.iter() {
				audit.take(&event.expect("a known event"), block, job_fee);
			}
			audit.compare(&chain, block).await;
			let now = self::issuance(&chain, block).await;
			assert_eq!(now - issuance, audit.minted, "block {block}: the issuance");
			audit.commons.issuance += audit.minted;
			(issuance, audit.minted) = (now, 0);
		}
		audit.block = to;
		// What changed without any event would not have been looked at.
		for (account, expected) in &audit.known {
			let actual = balance(&chain, *account, to).await;
			assert_eq!(actual, *expected, "block {to}: {}", AccountId(*account));
		}
		audit
	}

	/// How the account's money has changed.
	pub fn change(&self, account: &AccountId) -> Change {
		self.changes.get(&account.0).copied().unwrap_or_default()
	}

	/// What the account has caused elsewhere.
	pub fn effect(&self, account: &AccountId) -> Effect {
		self.effects.get(&account.0).copied().unwrap_or_default()
	}

	/// The balances of all whom this block's events name, and of those whom all have in common.
	async fn compare(&mut self, chain: &Chain, block: u64) {
		let [treasury, author] = commons();
		for (account, total) in [
			(treasury, &mut self.commons.treasury),
			(author, &mut self.commons.author),
		] {
			*total += *self.due.entry(account).or_default();
		}
		for (account, change) in std::mem::take(&mut self.due) {
			let before = match self.known.get(&account) {
				Some(known) => *known,
				None => balance(chain, account, block - 1).await,
			};
			let now = balance(chain, account, block).await;
			assert_eq!(
				now - before,
				change,
				"block {block}: the balance of {} and its events",
				AccountId(account)
			);
			self.known.insert(account, now);
		}
	}

	/// Books `amount` under a cause.
	fn book(&mut self, account: [u8; 32], cause: fn(&mut Change) -> &mut i128, amount: i128) {
		*cause(self.changes.entry(account).or_default()) += amount;
		*self.due.entry(account).or_default() += amount;
	}

	fn effects_of(&mut self, account: [u8; 32]) -> &mut Effect {
		self.effects.entry(account).or_default()
	}

	/// A fee, for whatever job, that was burned on its way.
	fn burn_fee(&mut self, payer: [u8; 32], amount: i128) {
		self.collected += amount;
		self.minted -= amount;
		self.commons.job_fees += amount;
		self.effects_of(payer).job_fees += amount;
	}

	/// Something that a job fee prepays.
	fn use_job_fee(&mut self, job: H256, fee: i128) {
		// Its only fee was paid when it began.
		if !self.measurements.contains(&job.0) {
			*self.used.entry(job.0).or_default() += fee;
		}
	}

	fn take(&mut self, event: &BlockEvent<'_>, block: u64, job_fee: i128) {
		let name = event.event_name();
		match (event.pallet_name(), name) {
			("TransactionPayment", "TransactionFeePaid") => {
				let FeePaid { who, actual_fee, tip } = fields(event);
				assert_eq!(tip, 0);
				let fee = planck(actual_fee);
				if fee > 0 {
					self.charged.insert(who.0, block);
				}
				// A fifth, rounded down.
				let share = fee / 5;
				self.book(who.0, |change| &mut change.fees, -fee);
				*self.due.entry(author().0).or_default() += share;
				self.minted -= fee - share;
				let effects = self.effects_of(who.0);
				effects.author += share;
				effects.burned += fee - share;
			}
			("Providers", "ProviderRegistered") => {
				let Registered {
					provider,
					owner,
					worker,
				} = fields(event);
				self.owners.insert(provider, owner.0);
				self.book(owner.0, |change| &mut change.floats, -FLOAT);
				self.book(worker.0, |change| &mut change.floats, FLOAT);
			}
			("Providers", "StakeTaken") => {
				let StakeTaken {
					provider,
					to,
					amount,
					burned,
				} = fields(event);
				let owner = self.owners[&provider];
				let (amount, burned) = (planck(amount), planck(burned));
				self.book(owner, |change| &mut change.credits, -amount - burned);
				self.minted -= burned;
				match to {
					Some(to) => self.book(to.0, |change| &mut change.credits, amount),
					// The fee of an assignment to which nobody came.
					None => {
						self.collected += burned;
						self.commons.job_fees += burned;
						self.effects_of(owner).job_fees += burned;
					}
				}
			}
			("Providers", "SlashPaid") => {
				let SlashPaid {
					slash,
					provider,
					to_refuter,
					to_requester,
					to_treasury,
					burned,
				} = fields(event);
				let owner = self.owners[&provider];
				let [to_refuter, to_requester, to_treasury, burned] =
					[to_refuter, to_requester, to_treasury, burned].map(planck);
				let lost = to_refuter + to_requester + to_treasury + burned;
				self.book(owner, |change| &mut change.slashes, -lost);
				*self.due.entry(pallet_account(TREASURY).0).or_default() += to_treasury;
				self.minted -= burned;
				self.effects_of(owner).burned += burned;
				if let Some((refuter, requester)) = self.slashes.get(&slash).copied() {
					self.book(refuter, |change| &mut change.shares, to_refuter);
					self.book(requester, |change| &mut change.shares, to_requester);
				} else {
					assert_eq!((to_refuter, to_requester), (0, 0), "shares of nobody");
				}
			}
			("Market", "EraClosed") => {
				let Closed { fees, treasury } = fields(event);
				// A fifth of what the pool's jobs paid in it, rounded down.
				assert_eq!(treasury, fees / 5, "block {block}: the treasury's part");
				self.collected -= planck(fees);
				assert!(self.collected >= 0, "block {block}: more fees than were paid");
				*self.due.entry(pallet_account(TREASURY).0).or_default() += planck(treasury);
				self.minted += planck(treasury);
			}
			("Rewards", "RewardClaimed") => {
				let Claimed { payout, reward } = fields(event);
				self.book(payout.0, |change| &mut change.rewards, planck(reward));
				self.minted += planck(reward);
			}
			("Market", _) => {
				self.take_of_market(event, job_fee);
				if let Ok(OfJob { job }) = event.decode_fields_unchecked_as::<OfJob>() {
					self.ends.insert(JobId(job.0), (name.to_owned(), block));
				}
			}
			_ => {}
		}
	}

	/// What a job used up of its fees is burned when it ends.
	fn end(&mut self, event: &BlockEvent<'_>, job_fee: i128) {
		let Ended { job, fees_paid } = fields(event);
		let (requester, paid) = (self.jobs[&job.0], planck(fees_paid));
		let mut used = self.used.remove(&job.0).unwrap_or_default();
		// An assignment that its requester takes back costs one more.
		if event.event_name() == "JobCancelled" && paid > used {
			used += job_fee;
		}
		assert_eq!(paid, used, "the job fees of {job:?}");
		self.book(requester, |change| &mut change.job_fees, -paid);
		self.burn_fee(requester, paid);
	}

	fn take_of_market(&mut self, event: &BlockEvent<'_>, job_fee: i128) {
		if ENDINGS.contains(&event.event_name()) {
			self.end(event, job_fee);
		}
		match event.event_name() {
			"JobSubmitted" => {
				let Submitted { job, requester } = fields(event);
				self.jobs.insert(job.0, requester.0);
			}
			// Each prepays one answer of a provider: an acceptance, or a commitment that implies it.
			"JobAccepted" => {
				let OfJob { job } = fields(event);
				self.accepted.insert(job.0);
				self.use_job_fee(job, job_fee);
			}
			"JobCommitted" => {
				let OfJob { job } = fields(event);
				if self.accepted.insert(job.0) {
					self.use_job_fee(job, job_fee);
				}
			}
			"JobRejected" | "OfferLapsed" => {
				let OfJob { job } = fields(event);
				self.use_job_fee(job, job_fee);
			}
			"JobSettled" => {
				let Settled {
					job,
					payout,
					payment,
					fee,
				} = fields(event);
				let requester = self.jobs[&job.0];
				let (payment, fee) = (planck(payment), planck(fee));
				self.book(requester, |change| &mut change.payments, -payment);
				self.burn_fee(requester, fee);
				match payout {
					Some(payout) => self.book(payout.0, |change| &mut change.payments, payment - fee),
					None => self.minted -= payment - fee,
				}
			}
			// What was to be paid for what did not come is nobody's.
			"DeliveryRefused" => {
				let Refused { requester, burned } = fields(event);
				self.book(requester.0, |change| &mut change.payments, -planck(burned));
				self.minted -= planck(burned);
			}
			"LeavesDemanded" => {
				let Demanded { requester, fee } = fields(event);
				self.book(requester.0, |change| &mut change.demands, -planck(fee));
				self.burn_fee(requester.0, planck(fee));
			}
			// What the stake paid is told by the providers.
			"MeasurementCharged" => {
				let MeasurementCharged {
					job,
					provider,
					from_owner,
				} = fields(event);
				let owner = self.owners[&provider];
				self.measurements.insert(job.0);
				self.book(owner, |change| &mut change.job_fees, -planck(from_owner));
				self.burn_fee(owner, planck(from_owner));
			}
			"JobRefuted" => {
				let Refuted {
					job,
					refuter,
					requester,
					slash,
				} = fields(event);
				assert_eq!(self.jobs[&job.0], requester.0, "the job's requester");
				if let Some(slash) = slash {
					self.slashes.insert(slash, (refuter.0, requester.0));
				}
			}
			_ => {}
		}
	}
}

/// Treasury and author.
fn commons() -> [[u8; 32]; 2] {
	[pallet_account(TREASURY).0, author().0]
}

async fn balance(chain: &Chain, account: [u8; 32], block: u64) -> i128 {
	let at = chain.at_number(block).await.expect("a block");
	planck(at.balance(AccountId(account)).await.expect("a balance").total())
}

async fn issuance(chain: &Chain, block: u64) -> i128 {
	let at = chain.at_number(block).await.expect("a block");
	planck(at.issuance().await.expect("the issuance"))
}
