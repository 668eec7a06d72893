//! The real runtime in memory, driven block by block from one of its presets.

#![allow(dead_code, reason = "each test program uses its part")]

pub(crate) mod work;
pub(crate) mod world;

use codec::Encode;
use frame_support::genesis_builder_helper::{build_state, get_preset};
use millrace_primitives::{Balance, DeviceClass, EnrolmentRules, Level, Region};
use millrace_runtime::{
	genesis_presets, AccountId, Address, BlockNumber, Executive, Hash, Header, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeGenesisConfig, Signature, SignedPayload, System, TxExtension, UncheckedExtrinsic, SLOT_MILLISECONDS,
};
use polkadot_sdk::*;
use serde_json::Value;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryPlainPreDigest},
	BABE_ENGINE_ID,
};
use sp_core::{
	traits::{ReadRuntimeVersion, ReadRuntimeVersionExt},
	H256,
};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{generic::Era, traits::Header as _, Digest, DigestItem, DispatchOutcome};

/// A chain of blocks that the first validator authors, one in each slot.
pub(crate) struct Chain {
	state: sp_io::TestExternalities,
	parent: Hash,
	height: BlockNumber,
	slot: u64,
}

impl Chain {
	/// The chain of the named preset, at genesis.
	pub(crate) fn new(preset: &str) -> Chain {
		Chain::from_genesis(genesis(preset))
	}

	/// The same, but no session ends: the block in which one does elects validators, is full with it, and counts as no
	/// tick.
	pub(crate) fn without_elections(preset: &str) -> Chain {
		Chain::with_enrolment(preset, None)
	}

	/// The same, with other rules of what devices must show.
	pub(crate) fn with_enrolment(preset: &str, rules: Option<EnrolmentRules>) -> Chain {
		Chain::with_genesis(preset, |whole| {
			whole["settings"]["epochSlots"] = 100_000.into();
			if let Some(rules) = rules {
				set_enrolment(whole, &rules);
			}
		})
	}

	/// The chain of the named preset after a change of its whole genesis.
	pub(crate) fn with_genesis(preset: &str, change: impl FnOnce(&mut Value)) -> Chain {
		let mut whole: Value = serde_json::from_slice(&genesis(preset)).expect("JSON");
		change(&mut whole);
		Chain::from_genesis(serde_json::to_vec(&whole).expect("JSON can be written"))
	}

	fn from_genesis(genesis: Vec<u8>) -> Chain {
		let mut state = sp_io::TestExternalities::new_empty();
		state.execute_with(|| build_state::<RuntimeGenesisConfig>(genesis).expect("the preset builds"));
		Chain {
			state,
			parent: Hash::default(),
			height: 0,
			slot: 600_000_000,
		}
	}

	/// Gives the host an eye for the version of a runtime's code.
	pub(crate) fn read_versions(&mut self, reader: impl ReadRuntimeVersion + 'static) {
		self.state.register_extension(ReadRuntimeVersionExt::new(reader));
	}

	/// Reads or changes state between blocks.
	pub(crate) fn execute<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.state.execute_with(action)
	}

	/// Executes a block with the transactions that `transactions` makes on its state, each of which must be valid and
	/// succeed. Returns the events of the block.
	pub(crate) fn block(&mut self, transactions: impl FnOnce() -> Vec<UncheckedExtrinsic>) -> Vec<RuntimeEvent> {
		let (outcomes, events) = self.attempt(transactions);
		for outcome in outcomes {
			outcome.expect("it succeeds");
		}
		events
	}

	/// As [`Self::block`], but the transactions may fail. Returns the outcome of each, too.
	pub(crate) fn attempt(
		&mut self,
		transactions: impl FnOnce() -> Vec<UncheckedExtrinsic>,
	) -> (Vec<DispatchOutcome>, Vec<RuntimeEvent>) {
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
		let (parent, outcomes, events) = self.state.execute_with(|| {
			Executive::initialize_block(&header);
			let time = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }));
			Executive::apply_extrinsic(time)
				.expect("the inherent is valid")
				.expect("the inherent succeeds");
			let outcomes = transactions()
				.into_iter()
				.map(|transaction| Executive::apply_extrinsic(transaction).expect("the transaction is valid"))
				.collect();
			let header = Executive::finalize_block();
			let events = System::events().into_iter().map(|record| record.event).collect();
			(header.hash(), outcomes, events)
		});
		self.parent = parent;
		(outcomes, events)
	}

	/// Executes a block without transactions.
	pub(crate) fn empty_block(&mut self) -> Vec<RuntimeEvent> {
		self.block(Vec::new)
	}
}

/// A registration at an endpoint that nobody dials, with so many lanes of a class in region 0, at any price.
pub(crate) fn registration(
	worker: Sr25519Keyring,
	payout: Sr25519Keyring,
	class: DeviceClass,
	lanes: u16,
	bond: Balance,
) -> RuntimeCall {
	let (worker, payout) = (worker.to_account_id(), payout.to_account_id());
	registration_in(Region(0), worker, payout, class, lanes, bond)
}

/// The same in another region, of any accounts.
pub(crate) fn registration_in(
	region: Region,
	worker: AccountId,
	payout: AccountId,
	class: DeviceClass,
	lanes: u16,
	bond: Balance,
) -> RuntimeCall {
	RuntimeCall::Providers(pallet_providers::Call::register {
		worker,
		payout,
		endpoint: pallet_providers::Endpoint {
			host: b"127.0.0.1".to_vec().try_into().expect("short"),
			port: 7443,
			tls_key: H256([1; 32]),
		},
		terms: pallet_providers::ProviderTerms {
			class,
			region,
			lanes,
			min_price: Level(0).price(),
			takes_targets: true,
		},
		bond,
	})
}

/// A signed, immortal transaction. Must be called with the chain's state at hand.
pub(crate) fn signed(signer: Sr25519Keyring, tip: u128, call: RuntimeCall) -> UncheckedExtrinsic {
	let account: AccountId = signer.to_account_id();
	let extension: TxExtension = (
		frame_system::AuthorizeCall::<Runtime>::new(),
		frame_system::CheckNonZeroSender::<Runtime>::new(),
		frame_system::CheckSpecVersion::<Runtime>::new(),
		frame_system::CheckTxVersion::<Runtime>::new(),
		frame_system::CheckGenesis::<Runtime>::new(),
		frame_system::CheckMortality::<Runtime>::from(Era::Immortal),
		frame_system::CheckNonce::<Runtime>::from(System::account_nonce(&account)),
		frame_system::CheckWeight::<Runtime>::new(),
		pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(tip),
		frame_metadata_hash_extension::CheckMetadataHash::<Runtime>::new(false),
		frame_system::WeightReclaim::<Runtime>::new(),
	);
	let payload = SignedPayload::new(call.clone(), extension.clone()).expect("the chain has a genesis");
	let signature = payload.using_encoded(|bytes| signer.sign(bytes));
	UncheckedExtrinsic::new_signed(call, Address::Id(account), Signature::Sr25519(signature), extension)
}

/// The whole genesis of a preset: its patch merged over the default, as a node does it.
pub(crate) fn genesis(preset: &str) -> Vec<u8> {
	let whole = get_preset::<RuntimeGenesisConfig>(&None, |_| None).expect("there is a default");
	let patch = genesis_presets::get_preset(&preset.to_string()).expect("the preset exists");
	let mut whole: Value = serde_json::from_slice(&whole).expect("the default is JSON");
	merge(&mut whole, serde_json::from_slice(&patch).expect("the preset is JSON"));
	serde_json::to_vec(&whole).expect("JSON can be written")
}

/// Sets what devices must show in a whole genesis.
pub(crate) fn set_enrolment(genesis: &mut Value, rules: &EnrolmentRules) {
	let windows = &mut genesis["settings"]["windows"]["enrolment"];
	assert!(windows.is_object(), "there are such rules");
	*windows = serde_json::to_value(rules).expect("JSON can be written");
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
