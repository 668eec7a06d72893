//! A chain with its parties, block after block, and the book that is kept beside it.

use super::{
	acts::{claimer_acts, owner_acts, requester_acts, stranger_acts, worker_acts, Act, Knowledge},
	books::Books,
	holds, parties,
	parties::{Party, Provider, Random, Requester},
	root::{endow, freeze, impoverish, recovers, root_acts, rules, starve},
	summary::Summary,
};
use crate::chain::{registration_in, work::Work, Chain};
use codec::Encode;
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::{
		fungible::Inspect,
		tokens::{Fortitude, Preservation},
	},
};
use millrace_primitives::{traits::ProtocolClock, DeviceClass, Region, MILL};
use millrace_runtime::{
	AccountId, Balances, Market, Runtime, RuntimeCall, RuntimeEvent, System, TransactionPayment, UncheckedExtrinsic,
};
use pallet_market::Jobs;
use polkadot_sdk::*;
use std::collections::BTreeSet;

/// What each requester has at first, and an owner and a worker.
const FUNDS: u128 = 20_000 * MILL;
/// Picoseconds of calls that a block is filled with here, at most: a third of what fits.
const BLOCK: u64 = 250_000_000_000;
/// Blocks after which the pallets check all that they store. It reads everything, so not each block is worth it.
const THOROUGH: u32 = 10;

pub(crate) struct World {
	chain: Chain,
	random: Random,
	books: Books,
	knowledge: Knowledge,
	/// Who has the key of the development chain.
	root: Party,
	stranger: Party,
	/// Who claims the rewards of all.
	claimer: Party,
	providers: Vec<Provider>,
	requesters: Vec<Requester>,
	frozen: Option<AccountId>,
	starved: BTreeSet<AccountId>,
	halted: bool,
}

impl World {
	pub(crate) fn new(seed: u64) -> World {
		let mut chain = Chain::without_elections("fast");
		// Transactions are signed between blocks here, and before the first one the chain does not know its genesis.
		chain.empty_block();
		let books = chain.execute(Books::open);
		let mut world = World {
			chain,
			random: Random(seed),
			books,
			knowledge: Knowledge::default(),
			root: Party::named("Alice"),
			stranger: Party::named("Bob"),
			claimer: Party::named("Charlie"),
			providers: parties::providers(),
			requesters: parties::requesters(),
			frozen: None,
			starved: BTreeSet::new(),
			halted: false,
		};
		world.endow_all();
		let bytecode = Work::new(1).bytecode().try_into().expect("a short program");
		let register = pallet_kernels::Call::register_kernel { bytecode }.into();
		world.send_kernel(register);
		for provider in world.providers.clone() {
			let call = registration(&provider);
			world.send(vec![(provider.owner.clone(), (call, Vec::new()))]);
		}
		world
	}

	/// From Alice to everybody, in one call each.
	fn endow_all(&mut self) {
		let owners = self
			.providers
			.iter()
			.map(|provider| (provider.owner.account.clone(), FUNDS));
		let payouts = self
			.providers
			.iter()
			.map(|provider| (provider.payout.account.clone(), MILL / 5));
		let requesters = self
			.requesters
			.iter()
			.map(|requester| (requester.who.account.clone(), FUNDS));
		let all: Vec<_> = owners.chain(payouts).chain(requesters).collect();
		for (to, value) in all {
			self.send(vec![(self.root.clone(), (endow(&to, value), Vec::new()))]);
		}
	}

	/// A kernel takes a fee and a deposit, about which this book knows nothing: it is opened anew.
	fn send_kernel(&mut self, call: RuntimeCall) {
		let root = self.root.clone();
		let transaction = self.chain.execute(|| root.sign(call));
		self.chain.block(|| vec![transaction]);
		self.books = self.chain.execute(Books::open);
	}

	pub(crate) fn ended(&self) -> usize {
		self.books.summary.jobs.len()
	}

	pub(crate) fn summary(&self) -> &Summary {
		&self.books.summary
	}

	/// The next block, in which everybody may do something.
	pub(crate) fn block(&mut self) {
		self.plant();
		if self.random.percent(if self.halted { 30 } else { 12 }) {
			let root = self.root.clone();
			let halted = self.halted;
			let (random, providers, requesters) = (&mut self.random, &self.providers, &self.requesters);
			let stranger = self.stranger.account.clone();
			let act = self
				.chain
				.execute(|| root_acts(random, providers, halted).or_else(|| impoverish(random, requesters, &stranger)));
			self.send(act.into_iter().map(|act| (root.clone(), act)).collect());
			return;
		}
		let acts = self.acts();
		self.send(acts);
	}

	/// What happens to accounts between blocks.
	fn plant(&mut self) {
		let starved = &mut self.starved;
		self.chain.execute(|| starved.retain(|who| !recovers(who)));
		if !self.random.percent(20) {
			return;
		}
		// Requesters more often than others: they are who has holds that end.
		let requesters = self.requesters.iter().map(|requester| &requester.who);
		let others = self
			.providers
			.iter()
			.flat_map(|provider| [&provider.owner, &provider.payout]);
		let all = requesters.clone().chain(requesters).chain(others);
		let accounts: Vec<_> = all.map(|party| party.account.clone()).collect();
		let who = self.random.of(&accounts).expect("there are some").clone();
		if let Some(frozen) = self.frozen.take() {
			self.chain.execute(|| freeze(&frozen, false));
		} else if self.random.percent(40) {
			self.chain.execute(|| freeze(&who, true));
			self.frozen = Some(who);
			self.books.summary.note("accounts frozen");
		} else if let Some(change) = self.chain.execute(|| starve(&who)) {
			self.books.plant(&who, change);
			self.starved.insert(who);
			self.books.summary.note("accounts starved");
		}
	}

	/// At most one act of each key.
	fn acts(&mut self) -> Vec<(Party, Act)> {
		let mut acts = Vec::new();
		let (random, knowledge) = (&mut self.random, &mut self.knowledge);
		let (providers, requesters) = (&self.providers, &self.requesters);
		let (root, stranger) = (&self.root, &self.stranger);
		self.chain.execute(|| {
			let mut owners = BTreeSet::new();
			for provider in providers {
				if random.percent(25) && owners.insert(provider.owner.account.clone()) {
					acts.extend(owner_acts(random, provider).map(|act| (provider.owner.clone(), act)));
				}
				if random.percent(85) {
					let act = worker_acts(random, provider, knowledge);
					acts.extend(act.map(|act| (provider.worker.clone(), act)));
				}
			}
			for requester in requesters {
				if random.percent(60) {
					let act = requester_acts(random, requester, providers, knowledge);
					acts.extend(act.map(|act| (requester.who.clone(), act)));
				}
			}
			if random.percent(20) {
				acts.extend(stranger_acts(random, knowledge).map(|act| (stranger.clone(), act)));
			}
			// Whoever has lost everything gets a little of it back.
			let poor = requesters
				.iter()
				.find(|requester| Balances::balance(&requester.who.account) < MILL / 5);
			if let Some(requester) = poor.filter(|_| random.percent(10)) {
				let value = [MILL / 5, 10 * MILL, FUNDS][random.below(3)];
				acts.push((root.clone(), (endow(&requester.who.account, value), Vec::new())));
			}
		});
		// Who comes first is nobody's privilege.
		for last in (1..acts.len()).rev() {
			let other = self.random.below(last + 1);
			acts.swap(last, other);
		}
		let (block, providers) = (self.books.summary.blocks, &self.providers);
		let claim = self.chain.execute(|| claimer_acts(block, providers));
		acts.extend(claim.map(|act| (self.claimer.clone(), act)));
		acts
	}

	/// A block with these transactions, of which those are left out that could not pay their fee; then the book is
	/// compared.
	fn send(&mut self, acts: Vec<(Party, Act)>) {
		let mut calls = Vec::new();
		let mut transactions = Vec::new();
		let mut weight = 0;
		for (who, (call, submissions)) in acts {
			let (signed, cost, rules) = self.chain.execute(|| {
				let signed = who.sign(call.clone());
				(
					can_pay(&who, &signed).then_some(signed),
					call.get_dispatch_info().total_weight(),
					rules(),
				)
			});
			let Some(signed) = signed.filter(|_| weight + cost.ref_time() < BLOCK) else {
				continue;
			};
			weight += cost.ref_time();
			for submission in submissions {
				let figures = DeviceClass::Cpu4.genesis_figures();
				let bytes = u128::from(submission.items) * u128::from(crate::chain::work::ITEM_BYTES);
				let units = u128::from(submission.items) * u128::from(crate::chain::work::MAX_UNITS);
				let data = bytes * u128::from(figures.units_per_byte);
				let worth = (data, data + units);
				let account = who.account.clone();
				self.books
					.announce(submission.job, account, worth, submission.limit, &rules);
			}
			calls.push(call);
			transactions.push(signed);
		}
		let (outcomes, _) = self.chain.attempt(|| transactions);
		let summary = &mut self.books.summary;
		summary.blocks += 1;
		summary.sent += outcomes.len() as u32;
		summary.failed += outcomes.iter().filter(|outcome| outcome.is_err()).count() as u32;
		for outcome in &outcomes {
			if let Err(sp_runtime::DispatchError::Module(error)) = outcome {
				*summary.refusals.entry(error.message.unwrap_or("?")).or_default() += 1;
			}
		}
		let (records, era) = self.chain.execute(|| (System::events(), Market::era()));
		self.books.era = era;
		for record in &records {
			if let Some(what) = notable(&record.event) {
				self.books.summary.note(what);
			}
			if let RuntimeEvent::Market(pallet_market::Event::HaltSet { halted }) = record.event {
				self.halted = halted;
			}
		}
		self.books.take(&records, &calls);
		let books = &mut self.books;
		self.chain.execute(|| {
			books.compare();
			books.fee_burn = rules().fee_burn;
			holds::check();
			if books.summary.blocks.is_multiple_of(THOROUGH) {
				holds::check_pallets();
			}
		});
	}

	/// Nobody does anything any more: every job comes to its end, and nothing stays held for one.
	pub(crate) fn wind_up(&mut self) {
		if self.halted {
			let root = self.root.clone();
			let open = pallet_market::Call::set_halted { halted: false };
			let call = pallet_sudo::Call::sudo {
				call: Box::new(open.into()),
			};
			self.send(vec![(root, (call.into(), Vec::new()))]);
		}
		for _ in 0..600 {
			if self.chain.execute(|| Jobs::<Runtime>::iter_keys().next().is_none()) {
				self.chain.execute(holds::check_pallets);
				return;
			}
			self.send(Vec::new());
		}
		panic!("a job never ends");
	}

	/// Every kind of ending, and whatever else this is about, did happen.
	pub(crate) fn check_variety(&self) {
		let summary = &self.books.summary;
		for name in [
			"settled",
			"lapsed",
			"cancelled",
			"expired",
			"unserved",
			"refuted",
			"voided",
			"silent",
			"refused",
		] {
			assert!(summary.ended_as(name) > 0, "no job ended as {name}");
		}
		for what in WHATS {
			assert!(summary.counts.contains_key(what), "no {what}");
		}
	}
}

/// What must have happened, too.
const WHATS: [&str; 9] = [
	"accounts frozen",
	"accounts starved",
	"fallbacks of a payout",
	"halts",
	"late or abandoned",
	"new rules",
	"no-shows",
	"rewards claimed",
	"slashes paid",
];

fn notable(event: &RuntimeEvent) -> Option<&'static str> {
	use pallet_market::Event as Market;
	use pallet_providers::Event as Providers;
	Some(match event {
		RuntimeEvent::Market(Market::HaltSet { halted: true }) => "halts",
		RuntimeEvent::Market(Market::NoShow { .. }) => "no-shows",
		RuntimeEvent::Market(Market::JobLate { .. } | Market::JobAbandoned { .. }) => "late or abandoned",
		RuntimeEvent::Market(Market::DemandAnswered { .. }) => "demands answered",
		RuntimeEvent::Market(Market::EraClosed { .. }) => "eras",
		RuntimeEvent::Market(Market::JobRepriced { .. }) => "jobs repriced",
		RuntimeEvent::Market(Market::JobSettled { payout, provider, .. }) => {
			let named = Party::named(&format!("payout{}", provider.0)).account;
			(*payout != Some(named)).then_some("fallbacks of a payout")?
		}
		RuntimeEvent::Providers(Providers::SlashPaid { .. }) => "slashes paid",
		RuntimeEvent::Providers(Providers::SlashCancelled { .. }) => "slashes cancelled",
		RuntimeEvent::Providers(Providers::StakeRefilled { .. }) => "refills",
		RuntimeEvent::Rewards(pallet_rewards::Event::RewardClaimed { .. }) => "rewards claimed",
		RuntimeEvent::Parameters(_) => "new rules",
		RuntimeEvent::Balances(pallet_balances::Event::BurnedHeld { .. }) => "burnings of what was held",
		_ => return None,
	})
}

/// Whether whoever signed this can pay for it.
fn can_pay(who: &Party, transaction: &UncheckedExtrinsic) -> bool {
	let length = transaction.encoded_size() as u32;
	let fee = TransactionPayment::compute_fee(length, &transaction.get_dispatch_info(), 0);
	let least = fee + fee / 100;
	Balances::reducible_balance(&who.account, Preservation::Preserve, Fortitude::Polite) >= least
}

fn registration(provider: &Provider) -> RuntimeCall {
	let lanes = 1 + (provider.id.0 % 3) as u16;
	let (worker, payout) = (provider.worker.account.clone(), provider.payout.account.clone());
	let bond = DeviceClass::Cpu4.genesis_figures().floor * u128::from(lanes) * 3;
	registration_in(Region(0), worker, payout, DeviceClass::Cpu4, lanes, bond)
}
