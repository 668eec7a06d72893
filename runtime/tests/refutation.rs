//! The worked example of docs/protocol.md on the real runtime: one extrinsic ends a lie, and every planck of it.

mod chain;

use chain::{registration, signed, Chain};
use frame_support::traits::fungible::{Inspect, InspectHold};
use millrace_kernel::{
	eval::Task,
	program::Program,
	proof::{prove, Commitment, InputCommitment, LeafProof, WholeInput},
	tree::{input_leaves, output_leaf, output_path, output_root, Blake2b, SumNode},
};
use millrace_primitives::{
	price::Level,
	refutation::{Fraud, InputOpening, RefutationProof, SumNode as WireNode, SumPair},
	DeviceClass, InputRef, JobId, JobKind, JobSpec, KernelHash, Pool, ProviderId, Region, SlashId, Target, Terms, MILL,
};
use millrace_runtime::{AccountId, Balances, Market, Providers, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason};
use pallet_market::Event;
use pallet_providers::Status;
use polkadot_sdk::*;
use sp_core::{hex2array, H256};
use sp_keyring::Sr25519Keyring::{
	self, Alice as Owner, Bob as Worker, Charlie as Payout, Dave as Requester, Eve as Checker,
};

const PROVIDER: ProviderId = ProviderId(0);
/// The floor of one lane of class cpu-4.
const STAKE: u128 = 336 * MILL;
const ITEMS: u32 = 258;
const MAX_UNITS: u32 = 200;
const INPUT: &[u8] = &[0x0a, 0x14, 0x1e];
/// What the provider claims; kernel/SPEC.md, section 10.
const FALSE_ROOT: [u8; 32] = hex2array!("448a1bdbb76c50a5a894d7217505855419cfc50102a54ee373fec95938fc8e89");
const UNITS: u64 = 51_474;

/// The kernel of kernel/SPEC.md, section 9, byte for byte.
const BYTECODE: [u8; 72] = hex2array!(
	"4d494c4c010000000000040004000000000003000000000100c80000000100000000000000000000a500000000000000b0010000000000001901010003000000c200020100000000"
);

fn market(call: pallet_market::Call<Runtime>) -> RuntimeCall {
	RuntimeCall::Market(call)
}

fn spec(expires: u32) -> JobSpec {
	JobSpec {
		kernel: KernelHash(H256(sp_io::hashing::blake2_256(&BYTECODE))),
		params: Default::default(),
		inputs: vec![InputRef {
			root: H256(input().root),
			len: 3,
		}]
		.try_into()
		.expect("one input"),
		items: ITEMS,
		max_units: MAX_UNITS,
		data_key: [7; 32],
		terms: Terms {
			target: Target::Book {
				pool: Pool {
					kind: JobKind::Map,
					class: DeviceClass::Cpu4,
					region: Region(0),
				},
				level: Level(170),
			},
			public: false,
			run_ticks: 9,
			window: 8,
			expires,
		},
	}
}

/// H(`10 03 00 00 00 0a 14 1e`).
fn input() -> InputCommitment {
	InputCommitment {
		root: hex2array!("02efbf5c6e92fb38c482c7564ea1f9033aeca91d43ab05408a879b3eb13374b5"),
		len: 3,
	}
}

/// A provider whose ask stands, as in the other tests of the real runtime.
fn chain_with_provider() -> Chain {
	let mut chain = Chain::without_elections("fast");
	chain.block(|| {
		let bytecode = BYTECODE.to_vec().try_into().expect("a short program");
		let register = registration(Worker, Payout, DeviceClass::Cpu4, 1, STAKE);
		let register_kernel = pallet_kernels::Call::register_kernel { bytecode };
		let place_ask = pallet_market::Call::place_ask {
			slot: 0,
			level: Level(170),
		};
		vec![
			signed(Requester, 0, RuntimeCall::Kernels(register_kernel)),
			signed(Owner, 0, register),
			signed(Worker, 0, market(place_ask)),
		]
	});
	chain
}

/// What the provider committed to: leaf 0 as it is, leaf 1 with one trap instead of two.
fn claimed_leaves(program: &Program) -> [SumNode; 2] {
	let task = Task {
		items: ITEMS,
		max_units: MAX_UNITS,
		params: &[],
	};
	let inputs = millrace_kernel::eval::Slices(&[INPUT]);
	let mut machine = millrace_kernel::eval::Machine::new(program);
	let first = millrace_kernel::leaf::eval_leaf(program, &task, &inputs, 0, &mut machine).expect("it is at hand");
	assert_eq!((first.units, first.traps), (3 * 158 + 253 * 200, 253));
	[first.node::<Blake2b>(0), output_leaf::<Blake2b>(1, &[0; 8], 400, 1)]
}

fn proof(leaf: u32) -> LeafProof {
	let program = Program::decode(&BYTECODE).expect("the program is valid");
	let claimed = claimed_leaves(&program);
	let root = output_root::<Blake2b>(&claimed).expect("the sum is small");
	assert_eq!((root.hash, root.units), (FALSE_ROOT, UNITS));
	let inputs = [input()];
	let commitment = Commitment {
		program: &program,
		task: Task {
			items: ITEMS,
			max_units: MAX_UNITS,
			params: &[],
		},
		inputs: &inputs,
		root,
	};
	let chunks = input_leaves::<Blake2b>(INPUT);
	let whole = [WholeInput {
		bytes: INPUT,
		leaves: &chunks,
	}];
	let pairs = output_path::<Blake2b>(&claimed, leaf).expect("the sum is small");
	prove::<Blake2b>(&commitment, &whole, leaf, pairs).expect("the inputs are whole")
}

/// The proof in the form of a call.
fn wire(proof: LeafProof) -> RefutationProof {
	let node = |node: SumNode| WireNode {
		hash: H256(node.hash),
		units: node.units,
	};
	let pairs: Vec<SumPair> = proof
		.pairs
		.iter()
		.map(|pair| SumPair {
			left: node(pair.left),
			right: node(pair.right),
		})
		.collect();
	let openings: Vec<InputOpening> = proof
		.openings
		.into_iter()
		.map(|opening| InputOpening {
			chunks: opening.chunks.try_into().expect("bounded"),
			bytes: opening.bytes.try_into().expect("bounded"),
			siblings: opening.siblings.try_into().expect("bounded"),
		})
		.collect();
	RefutationProof {
		leaf: proof.leaf,
		pairs: pairs.try_into().expect("bounded"),
		openings: openings.try_into().expect("bounded"),
		units: proof.units,
		chunks: proof.chunks,
	}
}

fn market_events(events: Vec<RuntimeEvent>) -> Vec<Event<Runtime>> {
	let of_market = |event| match event {
		RuntimeEvent::Market(event) => Some(event),
		_ => None,
	};
	events.into_iter().filter_map(of_market).collect()
}

/// Free and held money of an account.
fn total(who: Sr25519Keyring) -> u128 {
	let account: AccountId = who.to_account_id();
	Balances::total_balance(&account)
}

fn staked() -> u128 {
	Balances::balance_on_hold(
		&RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake),
		&Owner.to_account_id(),
	)
}

/// A chain on which the provider has committed to the false root; the job, and what the requester had before it.
fn lie() -> (Chain, JobId) {
	let mut chain = chain_with_provider();
	let events = chain.block(|| {
		let spec = spec(Market::clock() + 20);
		vec![signed(Requester, 0, market(pallet_market::Call::submit_job { spec }))]
	});
	let job = market_events(events)
		.into_iter()
		.find_map(|event| match event {
			Event::JobAssigned { job, .. } => Some(job),
			_ => None,
		})
		.expect("the ask serves it");
	chain.block(|| {
		let commit = pallet_market::Call::commit_result {
			job,
			root: H256(FALSE_ROOT),
			units: UNITS,
		};
		vec![signed(Worker, 0, market(commit))]
	});
	(chain, job)
}

#[test]
fn one_extrinsic_ends_the_lie_of_the_example() {
	let (mut chain, job) = lie();
	let before = chain.execute(|| (total(Requester), total(Checker), total(Owner), total(Payout)));
	let held = chain.execute(|| {
		Balances::balance_on_hold(
			&RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow),
			&Requester.to_account_id(),
		)
	});
	let refutation = proof(1);
	// 2 × (16 + 1 + 8 + 128): both items load out of range, so no chunk is read.
	assert_eq!(
		(refutation.units, refutation.chunks, refutation.pairs.len()),
		(306, 0, 1)
	);
	let events = chain.block(|| {
		let proof = wire(refutation);
		vec![signed(Checker, 0, market(pallet_market::Call::refute { job, proof }))]
	});
	let refuted = market_events(events)
		.into_iter()
		.find(|event| matches!(event, Event::JobRefuted { .. }))
		.expect("the lie is refuted");
	let node = |hash: [u8; 32]| WireNode {
		hash: H256(hash),
		units: 400,
	};
	let expected = Event::JobRefuted {
		job,
		provider: PROVIDER,
		refuter: Checker.to_account_id(),
		requester: Requester.to_account_id(),
		leaf: 1,
		fraud: Fraud::WrongLeaf {
			claimed: node(hex2array!(
				"e79c6bc3688a45d23537d3b659d4f28b91f9ba6c183d7c819fb7dfefbb4f3b11"
			)),
			evaluated: node(hex2array!(
				"f81f6ba6b3c124bad024ef684d4dea37dd8e9c34b5225242bb698645f876774e"
			)),
		},
		slash: Some(SlashId(0)),
		slashed: 336_000_000_000_000,
		refund: 10_000_000_000,
		fees_returned: 10_000_000_000,
		fees_paid: 5_000_000_000,
		// All that was held but for the escrow and three job fees.
		deposit: held - 25_000_000_000,
	};
	assert_eq!(refuted, expected);

	chain.execute(|| {
		assert_eq!(total(Checker), before.1, "a proof that succeeds is free");
		assert_eq!(
			total(Requester),
			before.0 - 5_000_000_000,
			"the escrow was the requester's all the time; the job fee that was used up is burned now"
		);
		let record = Providers::provider(PROVIDER).expect("it is registered");
		assert!(matches!(record.status, Status::Chilled { .. }));
		assert_eq!((record.ledger.active, record.ledger.set_aside), (0, STAKE));
		assert_eq!(staked(), STAKE, "set aside, not yet paid");
	});
	// Due six ticks later in this preset. The hook looks before the clock moves, so it pays in the block after.
	for _ in 0..7 {
		chain.empty_block();
	}
	chain.execute(|| {
		assert_eq!(total(Checker) - before.1, 16_800_000_000_000);
		// Its share of the slash, less the job fee.
		assert_eq!(total(Requester) - before.0, 10_000_000_000 - 5_000_000_000);
		assert_eq!(before.2 - total(Owner), 336_000_000_000_000);
		assert_eq!(total(Payout), before.3);
		assert_eq!(staked(), 0);
		// 336 − 16.8 − 0.01 MILL.
		assert_eq!(
			STAKE - 16_800_000_000_000 - 10_000_000_000,
			319_190_000_000_000,
			"what the page says was burned"
		);
	});
}

/// The proof against the leaf that is right fails, costs its sender a fee and the accused nothing.
#[test]
fn a_false_refutation_costs_its_fee_only() {
	let (mut chain, job) = lie();
	let (checker, stake) = chain.execute(|| (total(Checker), staked()));
	// 3 × 158 + 253 × 153 units, one chunk: the leaf is as it should be.
	let refutation = proof(0);
	assert_eq!((refutation.units, refutation.chunks), (39_183, 1));
	let result = chain.execute(|| {
		let call = market(pallet_market::Call::refute {
			job,
			proof: wire(refutation),
		});
		use sp_runtime::traits::Dispatchable;
		call.dispatch(millrace_runtime::RuntimeOrigin::signed(Checker.to_account_id()))
	});
	let error = result.expect_err("the leaf is right");
	assert_eq!(error.error, pallet_market::Error::<Runtime>::NoFraud.into());
	assert_eq!(error.post_info.pays_fee, frame_support::dispatch::Pays::Yes);
	chain.execute(|| {
		assert_eq!((total(Checker), staked()), (checker, stake));
		assert!(Market::job(job).is_some());
	});
}

/// Every figure of the example stands on the page that these tests are about.
#[test]
fn the_page_has_the_figures() {
	let page =
		std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md")).expect("it is there");
	let example = page.split("## Refutation").nth(1).expect("the section");
	let example = example.split("## Demanded leaves").next().expect("the section ends");
	for figure in [
		"10,000,000,000",
		"20,000,000,000",
		"336,000,000,000,000",
		"16,800,000,000,000",
		"33,600,000,000,000",
		"319,190,000,000,000",
		"51,474 units",
		"306 units",
	] {
		assert!(example.contains(figure), "{figure} is not on the page");
	}
}
