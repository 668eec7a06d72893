//! The real runtime in memory, from the preset `development`, but classes are taken at their owners' word, as nobody here
//! has a device, and no session ends: the block in which one does is full with an election, and counts as no tick.

use super::recorder::{Recorder, Touched};
use codec::Encode;
use frame_support::{
	dispatch::DispatchClass,
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use millrace_kernel::asm::Builder;
use millrace_primitives::{
	job::job_id, DeviceClass, EnrolmentRules, JobId, JobKind, JobSpec, KernelHash, Level, Pool, Region, Target, Terms,
	Tick, DAY,
};
use millrace_runtime::{
	configs::system::RuntimeBlockWeights, genesis_presets, AccountId, BlockNumber, Executive, Hash, Header, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, System, UncheckedExtrinsic, SLOT_MILLISECONDS,
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
	/// At genesis, with a kernel without code: every item is zeros.
	pub(crate) fn new() -> Chain {
		let mut whole = genesis("development");
		whole["settings"]["epochSlots"] = 100_000.into();
		whole["settings"]["windows"]["enrolment"] =
			serde_json::to_value(EnrolmentRules::OFF).expect("the rules are JSON");
		let genesis = serde_json::to_vec(&whole).expect("JSON can be written");
		let mut state = sp_io::TestExternalities::new_empty();
		state.execute_with(|| build_state::<RuntimeGenesisConfig>(genesis).expect("the preset builds"));
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

	/// The same, and tells what the call touched.
	pub(crate) fn recorded_call(&mut self, who: AccountId, call: impl Into<RuntimeCall>) -> Touched {
		let call = call.into();
		Recorder::record(&mut self.state.ext(), || apply(who, call)).1
	}

	/// Registers a provider of so many lanes, whose jobs pay Charlie. Returns its worker.
	pub(crate) fn register(&mut self, number: u32, lanes: u16) -> AccountId {
		let mut key = [0x77; 32];
		key[..4].copy_from_slice(&number.to_le_bytes());
		let worker = AccountId::new(key);
		let call = pallet_providers::Call::register {
			worker: worker.clone(),
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
			bond: CLASS.genesis_figures().floor * u128::from(lanes),
		};
		self.call(Alice.to_account_id(), call);
		worker
	}

	/// The id of the job that the requester submits next with this specification.
	pub(crate) fn next_job(&mut self, spec: &JobSpec) -> JobId {
		self.execute(|| {
			let who = requester();
			job_id(
				&System::block_hash(0),
				&who,
				Requesters::<Runtime>::get(&who).nonce,
				spec,
			)
		})
	}

	/// Submits a job and returns its id.
	pub(crate) fn submit(&mut self, spec: JobSpec) -> JobId {
		let id = self.next_job(&spec);
		self.call(requester(), pallet_market::Call::submit_job { spec });
		id
	}

	/// Makes all changes so far part of the state below, so that blocks are as fast as their own changes are few.
	pub(crate) fn commit(&mut self) {
		self.state.commit_all().expect("no transaction is open");
	}

	/// Executes a block without transactions.
	pub(crate) fn block(&mut self) -> Block {
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
		let (parent, block) = self.state.execute_with(|| {
			Executive::initialize_block(&header);
			let first = mandatory().saturating_sub(RuntimeBlockWeights::get().base_block);
			let time = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }));
			Executive::apply_extrinsic(time)
				.expect("the inherent is valid")
				.expect("the inherent succeeds");
			let before = mandatory();
			Executive::inherents_applied();
			let hooks = first.saturating_add(mandatory().saturating_sub(before));
			let header = Executive::finalize_block();
			let events = System::events().into_iter().map(|record| record.event).collect();
			(header.hash(), Block { events, hooks })
		});
		self.parent = parent;
		self.commit();
		block
	}
}

fn apply(who: AccountId, call: RuntimeCall) {
	call.dispatch(RuntimeOrigin::signed(who)).expect("the call succeeds");
}

/// What the block has used so far without being asked by a transaction.
fn mandatory() -> Weight {
	*System::block_weight().get(DispatchClass::Mandatory)
}

/// Who buys everything here.
pub(crate) fn requester() -> AccountId {
	Bob.to_account_id()
}

/// A small job of the requester, to be assigned by `expires`, with its results open for `window`.
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
	Builder::new(16, MAX_UNITS)
		.build()
		.expect("an empty program is valid")
		.encode()
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
