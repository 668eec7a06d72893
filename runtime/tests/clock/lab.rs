//! A chain with a provider, on which blocks can be full, late, halted or spent on a migration.

use crate::chain::{
	registration, signed,
	work::{Output, Work},
	world::{OWNER, PAYOUT, WORKER},
	Chain,
};
use frame_support::{
	migrations::MultiStepMigrator,
	storage::{with_transaction, TransactionOutcome},
	traits::StorageVersion,
	weights::Weight,
};
use millrace_primitives::{
	refutation::RefutationProof, DeviceClass, JobId, JobKind, KernelHash, Level, Minima, Pool, Price, ProviderId,
	Region, Target, Terms, MILL,
};
use millrace_runtime::{
	configs::accounts::ProxyType, Address, Market, Migrations, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin,
	System, UncheckedExtrinsic,
};
use pallet_market::{Call as MarketCall, Clock, Event};
use pallet_migrations::{ActiveCursor, Cursor, Historic, MigrationCursor};
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{traits::Dispatchable, DispatchError, DispatchOutcome};

/// Who has the root key of the preset, and who may use it, too: the two of them fill a block.
const ROOT: Key = Key::Alice;
const DELEGATE: Key = Key::FerdieStash;
/// Two lanes of class cpu-4, and as much again.
const STAKE: u128 = 4 * 336 * MILL;
const LEVEL: Level = Level(170);

pub(crate) struct Lab {
	chain: Chain,
	work: Work,
	/// Blocks so far.
	pub(crate) blocks: u32,
	/// What has happened since somebody cleared this.
	pub(crate) events: Vec<RuntimeEvent>,
	/// The job that a window is of.
	pub(crate) job: Option<JobId>,
	/// The era in which a window begins.
	pub(crate) era: u32,
	previous_was_full: bool,
	slots_missed: bool,
	halted: bool,
	migrating: bool,
}

impl Lab {
	/// Ways in which blocks are no ticks.
	pub(crate) const KINDS: usize = 5;
	/// Of each, ticks and blocks, with one ordinary block after it.
	pub(crate) const TICKS_OF: [(u32, u32); Lab::KINDS] = [(1, 2), (1, 2), (1, 2), (2, 6), (0, 4)];

	/// With a provider that has no ask yet, and the kernel.
	pub(crate) fn new() -> Lab {
		let mut lab = Lab {
			chain: Chain::without_elections("fast"),
			work: Work::new(10),
			blocks: 0,
			events: Vec::new(),
			job: None,
			era: 0,
			previous_was_full: false,
			slots_missed: true,
			halted: false,
			migrating: false,
		};
		let bytecode = lab.work.bytecode().try_into().expect("a short program");
		lab.must(ROOT, pallet_kernels::Call::register_kernel { bytecode });
		lab.must(OWNER, registration(WORKER, PAYOUT, DeviceClass::Cpu4, 2, STAKE));
		let delegate = Address::Id(DELEGATE.to_account_id());
		lab.must(
			ROOT,
			pallet_proxy::Call::add_proxy {
				delegate,
				proxy_type: ProxyType::Any,
				delay: 0,
			},
		);
		lab
	}

	pub(crate) fn clock(&mut self) -> u32 {
		self.chain.execute(Market::clock)
	}

	pub(crate) fn read<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.chain.execute(action)
	}

	/// A block, which must be a tick exactly if nothing speaks against it.
	fn block(&mut self, transactions: impl FnOnce() -> Vec<UncheckedExtrinsic>) -> Vec<DispatchOutcome> {
		let before = self.clock();
		let (outcomes, events) = self.chain.attempt(transactions);
		let stands = self.stands();
		assert_eq!(self.clock() - before, u32::from(!stands), "block {}", self.blocks);
		self.previous_was_full = false;
		self.slots_missed = false;
		self.blocks += 1;
		self.events.extend(events);
		outcomes
	}

	/// Whether the next block is no tick.
	fn stands(&self) -> bool {
		self.previous_was_full || self.slots_missed || self.halted || self.migrating
	}

	/// Goes on until the next block is a tick again.
	pub(crate) fn calm(&mut self) {
		while self.stands() {
			self.empty_block();
		}
	}

	pub(crate) fn empty_block(&mut self) {
		self.block(Vec::new);
	}

	/// A block with one transaction, which may fail.
	pub(crate) fn send(&mut self, who: Key, call: impl Into<RuntimeCall>) -> DispatchOutcome {
		let call = call.into();
		self.block(|| vec![signed(who, 0, call)]).remove(0)
	}

	pub(crate) fn must(&mut self, who: Key, call: impl Into<RuntimeCall>) {
		self.send(who, call).expect("it succeeds");
	}

	/// Whether a call would succeed now.
	pub(crate) fn would(&mut self, who: Key, call: impl Into<RuntimeCall>) -> bool {
		let call = call.into();
		let origin = RuntimeOrigin::signed(who.to_account_id());
		self.chain.execute(|| {
			with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(call.dispatch(origin).is_ok())))
				.expect("nothing fails on the way")
		})
	}

	/// One block or some of them that are no ticks.
	pub(crate) fn disturb(&mut self, kind: usize) {
		match kind % Lab::KINDS {
			0 => self.fill_by_weight(),
			1 => self.fill_by_length(),
			2 => self.miss_slots(),
			3 => self.halt_for(3),
			_ => self.migrate_for(3),
		}
	}

	/// A block in which nine tenths of the time for ordinary transactions are taken. It takes two: one may take 650 of
	/// the 750 milliseconds.
	pub(crate) fn fill_by_weight(&mut self) {
		let take = |milliseconds: u64| {
			let remark = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
			RuntimeCall::Sudo(pallet_sudo::Call::sudo_unchecked_weight {
				call: Box::new(remark),
				weight: Weight::from_parts(milliseconds * 1_000_000_000, 0),
			})
		};
		let second = RuntimeCall::Proxy(pallet_proxy::Call::proxy {
			real: Address::Id(ROOT.to_account_id()),
			force_proxy_type: None,
			call: Box::new(take(60)),
		});
		let outcomes = self.block(|| vec![signed(ROOT, 0, take(625)), signed(DELEGATE, 0, second)]);
		assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
		self.previous_was_full = true;
	}

	/// A block in which nine tenths of the bytes for ordinary transactions are taken: 3,538,944.
	fn fill_by_length(&mut self) {
		self.must(
			ROOT,
			frame_system::Call::remark {
				remark: vec![7; 3_538_944],
			},
		);
		self.previous_was_full = true;
	}

	/// Three slots stay empty. The chain's clock sees no more of a slot than its distance to the one before.
	fn miss_slots(&mut self) {
		self.chain
			.execute(|| Clock::<Runtime>::mutate(|clock| clock.last_slot -= 3));
		self.slots_missed = true;
		self.empty_block();
	}

	/// Root halts the market for so many blocks, and opens it again.
	fn halt_for(&mut self, blocks: u32) {
		self.set_halted(true);
		for _ in 0..blocks {
			self.empty_block();
		}
		self.set_halted(false);
	}

	fn set_halted(&mut self, halted: bool) {
		let call = Box::new(MarketCall::<Runtime>::set_halted { halted }.into());
		self.must(ROOT, pallet_sudo::Call::sudo { call });
		assert_eq!(self.chain.execute(Market::is_halted), halted);
		self.halted = halted;
	}

	/// The migration of the market runs for so many blocks: it is begun anew as soon as it is done, and finds nothing
	/// to do.
	fn migrate_for(&mut self, blocks: u32) {
		for _ in 0..blocks {
			self.chain.execute(|| {
				StorageVersion::new(2).put::<Market>();
				let _ = Historic::<Runtime>::clear(u32::MAX, None);
				Cursor::<Runtime>::put(MigrationCursor::Active(ActiveCursor {
					index: 0,
					inner_cursor: None,
					started_at: System::block_number(),
				}));
				assert!(Migrations::ongoing());
			});
			self.migrating = true;
			self.empty_block();
		}
		self.migrating = false;
		// The clock does not see the slots of these blocks.
		self.slots_missed = blocks > 1;
		assert!(!self.chain.execute(Migrations::ongoing), "it is done");
	}

	fn terms(&mut self, target: Target) -> Terms {
		Terms {
			target,
			public: false,
			run_ticks: 20,
			window: 8,
			expires: self.clock() + 13,
		}
	}

	/// Somebody submits a job of the book.
	pub(crate) fn submit(&mut self, who: Key) -> JobId {
		let pool = Pool {
			kind: JobKind::Map,
			class: DeviceClass::Cpu4,
			region: Region(0),
		};
		self.submit_for(who, Target::Book { pool, level: LEVEL })
	}

	/// Somebody offers a job to the provider.
	pub(crate) fn offer(&mut self, who: Key) -> JobId {
		self.submit_for(
			who,
			Target::Provider {
				provider: ProviderId(0),
				price: Price(1 << 30),
				minima: Minima::default(),
			},
		)
	}

	fn submit_for(&mut self, who: Key, target: Target) -> JobId {
		let terms = self.terms(target);
		let spec = self.work.spec(terms);
		self.must(who, MarketCall::submit_job { spec });
		let submitted = self.events.iter().rev().find_map(|event| match event {
			RuntimeEvent::Market(Event::JobSubmitted { job, .. }) => Some(*job),
			_ => None,
		});
		let job = submitted.expect("it was submitted");
		self.job = Some(job);
		job
	}

	pub(crate) fn ask(&mut self) {
		self.must(WORKER, MarketCall::place_ask { slot: 0, level: LEVEL });
	}

	/// What all jobs here run.
	pub(crate) fn kernel(&self) -> KernelHash {
		KernelHash(H256(sp_io::hashing::blake2_256(&self.work.bytecode())))
	}

	/// What a liar commits to.
	pub(crate) fn lie(&self) -> Output {
		self.work.lie(2)
	}

	/// The case against it.
	pub(crate) fn proof(&self) -> RefutationProof {
		self.work.proof(&self.lie(), 2)
	}
}
