//! A chain of the preset `fast` with one provider and the parties around it, and what each of them does, by signed
//! transactions that pay their fees.

use super::{
	registration, signed,
	work::{Output, Work, ITEM_BYTES, MAX_UNITS},
	Chain,
};
use frame_support::traits::fungible::Inspect;
use millrace_kernel::tree::SumNode;
use millrace_primitives::{
	price::UNITS_PER_PRICE, DeviceClass, JobId, JobKind, JobSpec, Level, Minima, Pool, Price, ProviderId, Region,
	SlashId, Target, Terms, MILL,
};
use millrace_runtime::{AccountId, Balances, Market, Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};
use pallet_market::Call as MarketCall;
use pallet_providers::Call as ProvidersCall;
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;
use std::collections::BTreeMap;

pub(crate) const PROVIDER: ProviderId = ProviderId(0);
/// The coalition: the provider's cold key, its hot key, where its earnings go, and two puppets.
pub(crate) const OWNER: Key = Key::Eve;
pub(crate) const WORKER: Key = Key::Bob;
pub(crate) const PAYOUT: Key = Key::Charlie;
pub(crate) const PUPPET: Key = Key::Dave;
pub(crate) const SECOND: Key = Key::Ferdie;
pub(crate) const COALITION: [Key; 5] = [OWNER, WORKER, PAYOUT, PUPPET, SECOND];
/// A requester and a checker that are nobody's puppets.
pub(crate) const VICTIM: Key = Key::DaveStash;
pub(crate) const CHECKER: Key = Key::EveStash;

/// What a case varies in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
	pub(crate) class: DeviceClass,
	pub(crate) lanes: u16,
	/// In planck, at least the floor of all lanes.
	pub(crate) stake: u128,
	pub(crate) bought: Bought,
}

/// How jobs are bought.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bought {
	/// In the book, so many items at this level.
	Book { items: u32, level: Level },
	/// By naming the provider, with an escrow of about so much.
	Named { escrow: u128 },
}

impl Case {
	pub(crate) fn floor(&self) -> u128 {
		self.class.genesis_figures().floor
	}

	pub(crate) fn items(&self) -> u32 {
		match self.bought {
			Bought::Book { items, .. } => items,
			Bought::Named { .. } => 10,
		}
	}

	fn target(&self) -> Target {
		match self.bought {
			Bought::Book { level, .. } => {
				let pool = Pool {
					kind: JobKind::Map,
					class: self.class,
					region: Region(0),
				};
				Target::Book { pool, level }
			}
			Bought::Named { escrow } => {
				let items = u128::from(self.items());
				let bytes = items * u128::from(ITEM_BYTES);
				let per_byte = u128::from(self.class.genesis_figures().units_per_byte);
				let worst = bytes * per_byte + items * u128::from(MAX_UNITS);
				// Rounded down, so that the escrow, rounded up, is at most what was asked for.
				let price = escrow * UNITS_PER_PRICE / worst;
				Target::Provider {
					provider: PROVIDER,
					price: Price(u64::try_from(price).expect("a price of 64 bits").max(64)),
					minima: Minima::default(),
				}
			}
		}
	}
}

/// A chain and what everybody paid for transactions on it.
pub(crate) struct World {
	chain: Chain,
	case: Case,
	pub(crate) work: Work,
	fees: BTreeMap<AccountId, u128>,
	before: BTreeMap<AccountId, u128>,
	pub(crate) events: Vec<RuntimeEvent>,
}

fn wealth(who: Key) -> u128 {
	Balances::total_balance(&who.to_account_id())
}

impl World {
	/// With the provider registered, and asking where jobs are bought in the book.
	pub(crate) fn new(case: Case) -> World {
		let mut chain = Chain::without_elections("fast");
		let everybody = Key::well_known();
		let before = chain.execute(|| everybody.map(|who| (who.to_account_id(), wealth(who))).collect());
		let mut world = World {
			chain,
			case,
			work: Work::new(case.items()),
			fees: BTreeMap::new(),
			before,
			events: Vec::new(),
		};
		let bytecode = world.work.bytecode().try_into().expect("a short program");
		world.send(Key::Alice, pallet_kernels::Call::register_kernel { bytecode });
		world.send(OWNER, registration(WORKER, PAYOUT, case.class, case.lanes, case.stake));
		if let Bought::Book { level, .. } = case.bought {
			world.send(WORKER, MarketCall::place_ask { slot: 0, level });
		}
		world
	}

	/// A block with one transaction, which succeeds. Returns its events.
	pub(crate) fn send(&mut self, who: Key, call: impl Into<RuntimeCall>) -> Vec<RuntimeEvent> {
		let call = call.into();
		let (outcome, events) = self.attempt(who, call);
		outcome.expect("it succeeds");
		events
	}

	/// A block with one transaction, which may fail.
	pub(crate) fn attempt(
		&mut self,
		who: Key,
		call: impl Into<RuntimeCall>,
	) -> (sp_runtime::DispatchOutcome, Vec<RuntimeEvent>) {
		let call = call.into();
		let (mut outcomes, events) = self.chain.attempt(|| vec![signed(who, 0, call)]);
		self.note(&events);
		(outcomes.remove(0), events)
	}

	/// A block with several transactions, which may fail.
	pub(crate) fn block(
		&mut self,
		transactions: impl FnOnce() -> Vec<UncheckedExtrinsic>,
	) -> Vec<sp_runtime::DispatchOutcome> {
		let (outcomes, events) = self.chain.attempt(transactions);
		self.note(&events);
		outcomes
	}

	fn note(&mut self, events: &[RuntimeEvent]) {
		for event in events {
			if let RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
				who,
				actual_fee,
				..
			}) = event
			{
				*self.fees.entry(who.clone()).or_default() += actual_fee;
			}
		}
		self.events.extend_from_slice(events);
	}

	/// Empty blocks.
	pub(crate) fn wait(&mut self, blocks: u32) {
		for _ in 0..blocks {
			let events = self.chain.empty_block();
			self.note(&events);
		}
	}

	/// The chain itself.
	pub(crate) fn chain(&mut self) -> &mut Chain {
		&mut self.chain
	}

	pub(crate) fn read<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.chain.execute(action)
	}

	/// The job that this case is about.
	pub(crate) fn spec(&self, expires: u32) -> JobSpec {
		self.work.spec(Terms {
			target: self.case.target(),
			public: false,
			run_ticks: 20,
			window: 8,
			expires,
		})
	}

	/// Submits a job, which must go to the provider at once.
	pub(crate) fn submit(&mut self, requester: Key) -> JobId {
		let expires = self.read(Market::clock) + 30;
		let spec = self.spec(expires);
		let events = self.send(requester, MarketCall::submit_job { spec });
		let assigned = events.into_iter().find_map(|event| match event {
			RuntimeEvent::Market(pallet_market::Event::JobAssigned { job, provider, .. }) => Some((job, provider)),
			_ => None,
		});
		let (job, provider) = assigned.expect("it is assigned in the block that brings it");
		assert_eq!(provider, PROVIDER);
		job
	}

	/// What a live job holds for its payment.
	pub(crate) fn escrow(&mut self, job: JobId) -> u128 {
		self.read(|| Market::job(job).expect("it is live").escrow)
	}

	/// The provider commits this root, whoever has its worker key.
	pub(crate) fn commit_root(&mut self, job: JobId, root: SumNode) {
		let call = MarketCall::commit_result {
			job,
			root: H256(root.hash),
			units: root.units,
		};
		self.send(WORKER, call);
	}

	/// Submits a job and commits this result to it.
	pub(crate) fn committed(&mut self, requester: Key, output: &Output) -> JobId {
		let job = self.submit(requester);
		self.commit_root(job, output.root());
		job
	}

	/// A job done honestly and paid by its requester.
	pub(crate) fn honest_job(&mut self, requester: Key) {
		let output = self.work.honest();
		let job = self.committed(requester, &output);
		self.send(requester, MarketCall::settle_now { job });
	}

	/// Shows that a leaf of the committed output is wrong.
	pub(crate) fn refute(&mut self, who: Key, job: JobId, output: &Output, leaf: u32) {
		let proof = self.work.proof(output, leaf);
		self.send(who, MarketCall::refute { job, proof });
	}

	/// Waits until every slash is paid.
	pub(crate) fn pay_slashes(&mut self) {
		for _ in 0..40 {
			if self.read(|| pallet_providers::Slashes::<Runtime>::iter_keys().next().is_none()) {
				return;
			}
			self.wait(1);
		}
		panic!("slashes wait for ever");
	}

	/// What these accounts together have gained or lost since genesis, with all that is held on them.
	pub(crate) fn change(&mut self, whose: &[Key]) -> i128 {
		let at_first = |who: &Key| self.before.get(&who.to_account_id()).copied().unwrap_or(0);
		let before: u128 = whose.iter().map(at_first).sum();
		let now: u128 = self.read(|| whose.iter().copied().map(wealth).sum());
		signed_difference(now, before)
	}

	/// What these accounts together paid for transactions.
	pub(crate) fn fees(&self, whose: &[Key]) -> i128 {
		let paid = whose.iter().filter_map(|who| self.fees.get(&who.to_account_id()));
		i128::try_from(paid.sum::<u128>()).expect("less than there is")
	}

	/// What was set aside of the provider's stake, in all.
	pub(crate) fn slashed(&self) -> u128 {
		self.sum(|event| match event {
			RuntimeEvent::Providers(pallet_providers::Event::SlashSetAside { amount, .. }) => *amount,
			_ => 0,
		})
	}

	/// What the slashes brought: to the refuter, to the requester, to nobody.
	pub(crate) fn paid(&self) -> (u128, u128, u128) {
		let part = |which: fn(u128, u128, u128) -> u128| {
			self.sum(|event| match event {
				RuntimeEvent::Providers(pallet_providers::Event::SlashPaid {
					to_refuter,
					to_requester,
					burned,
					..
				}) => which(*to_refuter, *to_requester, *burned),
				_ => 0,
			})
		};
		(
			part(|refuter, _, _| refuter),
			part(|_, requester, _| requester),
			part(|_, _, burned| burned),
		)
	}

	/// The sum of an amount over all events.
	pub(crate) fn sum(&self, amount: impl Fn(&RuntimeEvent) -> u128) -> u128 {
		self.events.iter().map(amount).sum()
	}

	pub(crate) fn record(&mut self) -> pallet_providers::ProviderOf<Runtime> {
		self.read(|| pallet_providers::Providers::<Runtime>::get(PROVIDER).expect("it is registered"))
	}

	/// Root's word against a slash.
	pub(crate) fn cancel(&mut self, slash: SlashId) {
		let call = Box::new(RuntimeCall::Providers(ProvidersCall::cancel_slash { slash }));
		self.send(Key::Alice, pallet_sudo::Call::sudo { call });
	}
}

pub(crate) fn signed_difference(one: u128, other: u128) -> i128 {
	let signed = |amount| i128::try_from(amount).expect("less than there is");
	signed(one) - signed(other)
}

/// In MILL, with three digits.
pub(crate) fn in_mill(planck: i128) -> String {
	let thousandths = planck / i128::try_from(MILL / 1_000).expect("small");
	let sign = if planck < 0 { "-" } else { "" };
	let digits = thousandths.unsigned_abs();
	format!("{sign}{}.{:03}", digits / 1_000, digits % 1_000)
}
