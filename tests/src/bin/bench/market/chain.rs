//! The real runtime in memory, from a preset, but classes are taken at their owners' word, as nobody here has a device,
//! and no session ends: the block in which one does is full with an election, and counts as no tick.

use super::recorder::{Recorder, Touched};
use codec::Encode;
use frame_support::{
	dispatch::DispatchClass,
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use millrace_kernel::{asm::Builder, program::Program};
use millrace_primitives::{
	job::job_id, Balance, DeviceClass, EnrolmentRules, JobId, JobKind, JobSpec, KernelHash, Level, Minima, Pool,
	ProviderId, Region, Target, Terms, Tick, DAY,
};
use millrace_runtime::{
	configs::system::RuntimeBlockWeights, genesis_presets, AccountId, BlockNumber, Executive, Hash, Header, Market,
	Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, System, UncheckedExtrinsic,
	SLOT_MILLISECONDS,
};
use pallet_market::Requesters;
use polkadot_sdk::*;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::H256;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie};
use sp_runtime::{
	traits::{Dispatchable, Header as _},
	Digest, DigestItem,
};

/// The class of every provider here.
const CLASS: DeviceClass = DeviceClass::Cpu4;
/// The market of all orders here.
pub(crate) const POOL: Pool = Pool {
	kind: JobKind::Map,
	class: CLASS,
	region: Region(0),
};
/// Bound of units for an item of the only kernel.
const MAX_UNITS: u32 = 1_000;

/// A chain of blocks that the only validator authors, one in each slot.
pub(crate) struct Chain {
	state: sp_io::TestExternalities,
	parent: Hash,
	height: BlockNumber,
	slot: u64,
}

/// A block that was executed.
pub(crate) struct Block {
	pub(crate) events: Vec<RuntimeEvent>,
	/// What hooks weighed before any transaction.
	pub(crate) hooks: Weight,
}

impl Chain {
	/// At the genesis of `development`, with a kernel without code: every item is zeros.
	pub(crate) fn new() -> Chain {
		Chain::from_preset("development")
	}

	/// The same with windows of a few ticks, so that a job's life is short whichever way it ends.
	pub(crate) fn fast() -> Chain {
		Chain::from_preset("fast")
	}

	fn from_preset(preset: &str) -> Chain {
		let mut whole = genesis(preset);
		whole["settings"]["epochSlots"] = 100_000.into();
		whole["settings"]["windows"]["enrolment"] =
			serde_json::to_value(EnrolmentRules::OFF).expect("the rules are JSON");
		let genesis = serde_json::to_vec(&whole).expect("JSON can be written");
		let mut state = sp_io::TestExternalities::new_empty();
		state.execute_with(|| {
			build_state::<RuntimeGenesisConfig>(genesis).expect("the preset builds");
			// As after the first tick of a chain that was built by a node.
			pallet_market::Clock::<Runtime>::mutate(|clock| clock.genesis = Hash::repeat_byte(1));
		});
		let mut chain = Chain {
			state,
			parent: Hash::default(),
			height: 0,
			slot: 600_000_000,
		};
		let bytecode = bytecode().try_into().expect("a short program");
		chain.call(requester(), pallet_kernels::Call::register_kernel { bytecode });
		chain
	}

	/// Reads or changes state between blocks.
	pub(crate) fn execute<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.state.execute_with(action)
	}

	/// Applies a call between blocks, without what surrounds it in a transaction. It must succeed.
	pub(crate) fn call(&mut self, who: AccountId, call: impl Into<RuntimeCall>) {
		let call = call.into();
		self.execute(|| apply(who, call));
	}

	/// The same for a call that there may be no need for.
	pub(crate) fn call_if_possible(&mut self, who: AccountId, call: impl Into<RuntimeCall>) {
		let call = call.into();
		// What fails changes nothing.
		let _ = self.execute(|| call.dispatch(RuntimeOrigin::signed(who)));
	}

	/// The same as [`Chain::call`], and tells what the call touched.
	pub(crate) fn recorded_call(&mut self, who: AccountId, call: impl Into<RuntimeCall>) -> Touched {
		let call = call.into();
		Recorder::record(&mut self.state.ext(), || apply(who, call)).1
	}

	/// Registers a provider of so many lanes with the least stake, whose jobs pay Charlie. Returns its worker.
	pub(crate) fn register(&mut self, number: u32, lanes: u16) -> AccountId {
		let mut key = [0x77; 32];
		key[..4].copy_from_slice(&number.to_le_bytes());
		let worker = AccountId::new(key);
		let bond = CLASS.genesis_figures().floor * u128::from(lanes);
		self.register_worker(worker.clone(), lanes, bond);
		worker
	}

	/// The same with a worker and a stake of one's choice. Alice owns it.
	pub(crate) fn register_worker(&mut self, worker: AccountId, lanes: u16, bond: Balance) -> ProviderId {
		let call = registration(worker.clone(), lanes, bond);
		self.call(owner(), call);
		self.execute(|| {
			let provider = pallet_providers::Workers::<Runtime>::get(&worker).expect("it is registered");
			// As one whose device was measured: nobody has to look whether its class asks for that.
			pallet_providers::Providers::<Runtime>::mutate_extant(provider, |record| record.measured = 1);
			provider
		})
	}

	/// The id of the job that the requester submits next with this specification.
	pub(crate) fn next_job(&mut self, spec: &JobSpec) -> JobId {
		self.next_job_of(&requester(), spec)
	}

	fn next_job_of(&mut self, who: &AccountId, spec: &JobSpec) -> JobId {
		self.execute(|| {
			let nonce = Requesters::<Runtime>::get(who).nonce;
			job_id(&Market::genesis_hash(), who, nonce, spec)
		})
	}

	/// Submits a job and returns its id.
	pub(crate) fn submit(&mut self, spec: JobSpec) -> JobId {
		self.submit_as(requester(), spec)
	}

	/// The same for any account that has money.
	pub(crate) fn submit_as(&mut self, who: AccountId, spec: JobSpec) -> JobId {
		let id = self.next_job_of(&who, &spec);
		self.call(who, pallet_market::Call::submit_job { spec });
		id
	}

	/// What happened since the block began, or since it was asked last.
	pub(crate) fn take_events(&mut self) -> Vec<RuntimeEvent> {
		self.execute(|| {
			let events = System::events();
			System::reset_events();
			events.into_iter().map(|record| record.event).collect()
		})
	}

	/// Makes all changes so far part of the state below, so that blocks are as fast as their own changes are few.
	pub(crate) fn commit(&mut self) {
		self.state.commit_all().expect("no transaction is open");
	}

	/// Executes a block without transactions.
	pub(crate) fn block(&mut self) -> Block {
		self.block_with(|| ()).0
	}

	/// Executes a block in which `transactions` happens after what every block brings.
	pub(crate) fn block_with<R>(&mut self, transactions: impl FnOnce() -> R) -> (Block, R) {
		self.height += 1;
		self.slot += 1;
		let author = SecondaryPlainPreDigest {
			authority_index: 0,
			slot: self.slot.into(),
		};
		let digest = Digest {
			logs: vec![DigestItem::PreRuntime(
				BABE_ENGINE_ID,
				PreDigest::SecondaryPlain(author).encode(),
			)],
		};
		let header = Header::new(self.height, Hash::default(), Hash::default(), self.parent, digest);
		let now = self.slot * SLOT_MILLISECONDS;
		let (parent, block, result) = self.state.execute_with(|| {
			Executive::initialize_block(&header);
			let first = mandatory().saturating_sub(RuntimeBlockWeights::get().base_block);
			let time = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }));
			Executive::apply_extrinsic(time)
				.expect("the inherent is valid")
				.expect("the inherent succeeds");
			let before = mandatory();
			Executive::inherents_applied();
			let hooks = first.saturating_add(mandatory().saturating_sub(before));
			let result = transactions();
			let header = Executive::finalize_block();
			let events = System::events().into_iter().map(|record| record.event).collect();
			(header.hash(), Block { events, hooks }, result)
		});
		self.parent = parent;
		self.commit();
		(block, result)
	}
}

fn apply(who: AccountId, call: RuntimeCall) {
	call.dispatch(RuntimeOrigin::signed(who)).expect("the call succeeds");
}

/// What the block has used so far without being asked by a transaction.
fn mandatory() -> Weight {
	*System::block_weight().get(DispatchClass::Mandatory)
}

/// A registration at an endpoint that nobody dials.
pub(crate) fn registration(worker: AccountId, lanes: u16, bond: Balance) -> pallet_providers::Call<Runtime> {
	pallet_providers::Call::register {
		worker,
		payout: Charlie.to_account_id(),
		endpoint: pallet_providers::Endpoint {
			host: b"127.0.0.1".to_vec().try_into().expect("short"),
			port: 7443,
			tls_key: H256([1; 32]),
		},
		terms: pallet_providers::ProviderTerms {
			class: CLASS,
			region: POOL.region,
			lanes,
			min_price: Level(0).price(),
			takes_targets: true,
		},
		bond,
	}
}

/// Who owns every provider here.
pub(crate) fn owner() -> AccountId {
	Alice.to_account_id()
}

/// Who buys what nobody else is named for.
pub(crate) fn requester() -> AccountId {
	Bob.to_account_id()
}

/// A small job, to be assigned by `expires`, with its results open for `window`.
pub(crate) fn spec(target: Target, window: Tick, expires: Tick) -> JobSpec {
	JobSpec {
		kernel: KernelHash(H256(sp_io::hashing::blake2_256(&bytecode()))),
		params: Default::default(),
		inputs: Default::default(),
		items: 4,
		max_units: MAX_UNITS,
		data_key: [7; 32],
		terms: Terms {
			target,
			public: false,
			run_ticks: DAY,
			window,
			expires,
		},
	}
}

fn bytecode() -> Vec<u8> {
	program().encode()
}

/// The only kernel of the chains here, unless a measurement registers more.
pub(crate) fn program() -> Program {
	Builder::new(16, MAX_UNITS).build().expect("an empty program is valid")
}

/// An order for one provider alone, at a price that every provider here takes.
pub(crate) fn targeted(provider: ProviderId) -> Target {
	Target::Provider {
		provider,
		price: Level(170).price(),
		minima: Minima::default(),
	}
}

/// An order in the book, at most at this level.
pub(crate) fn booked(level: Level) -> Target {
	Target::Book { pool: POOL, level }
}

/// The whole genesis of a preset: its patch merged over the default, as a node does it.
fn genesis(preset: &str) -> Value {
	let whole = get_preset::<RuntimeGenesisConfig>(&None, |_| None).expect("there is a default");
	let patch = genesis_presets::get_preset(&preset.to_string()).expect("the preset exists");
	let mut whole = serde_json::from_slice(&whole).expect("the default is JSON");
	merge(&mut whole, serde_json::from_slice(&patch).expect("the preset is JSON"));
	whole
}

fn merge(into: &mut Value, patch: Value) {
	match (into, patch) {
		(Value::Object(into), Value::Object(patch)) => {
			for (key, value) in patch {
				merge(into.entry(key).or_insert(Value::Null), value);
			}
		}
		(into, patch) => *into = patch,
	}
}
