//! Wrong results and withheld leaves at their worst: the slowest program, the longest ways, the most scattered chunks, and
//! a provider of whom more is demanded.

use super::*;
use crate::{refute::HostBlake2b, DemandQueues, Window, OPEN_BYTES};
use millrace_kernel::{
	opcode,
	program::{Header, Instruction, Program, MAX_INSTRUCTIONS, MAX_W, REFUTE_UNITS},
	proof::{sibling_count, OpeningView},
	tree::{output_leaf, output_node, output_path, output_root, Pair, SumNode},
};
use millrace_primitives::refutation::{
	InputOpening, LeafSet, OutputPath, ProvidedLeaf, ProvidedLeaves, RefutationProof, SumPair,
};

/// Chunks of the largest input: 1 GiB.
const INPUT_CHUNKS: u32 = 1 << 20;
/// Levels above the leaf that a refutation disputes: 64 MiB of output in leaves of one byte.
const REFUTED_DEPTH: u32 = 26;
/// Levels above 64 neighbours of the most leaves that can be demanded: 64 MiB of a measurement in leaves of one byte.
const PROVIDED_DEPTH: u32 = 20;

/// A program that costs the interpreter more time a unit than any other known: instructions of one unit in so long and
/// random an order that no branch predictor follows, and item costs that are all used up by resetting.
fn hostile() -> Program {
	let mut state = 0x9e37_79b9_7f4a_7c15u64;
	let mut random = || {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		state
	};
	let body = usize::from(MAX_INSTRUCTIONS) - 3;
	let mut code = Vec::with_capacity(body + 3);
	code.push(Instruction {
		op: opcode::LOOP,
		..Instruction::default()
	});
	while code.len() <= body {
		let draw = random();
		let op = opcode::ADD + (draw % u64::from(opcode::LES_I - opcode::ADD + 1)) as u8;
		if op == opcode::MAD || op == opcode::MAD_I {
			continue;
		}
		let immediate = op % 2 == 1;
		code.push(Instruction {
			op,
			dst: (draw >> 8) as u8,
			a: (draw >> 16) as u8,
			b: if immediate { 0 } else { (draw >> 24) as u8 },
			imm: if immediate { (draw >> 32) as u32 } else { 0 },
		});
	}
	for op in [opcode::BR, opcode::END] {
		code.push(Instruction {
			op,
			..Instruction::default()
		});
	}
	let header = Header {
		features: 0,
		code_len: code.len() as u16,
		item_size: 1,
		scratch_size: 4_096,
		const_size: 0,
		w_count: MAX_W,
		d_count: 128,
		inputs: 1,
		params: 16,
		max_units: REFUTE_UNITS,
		max_faults: 0,
	};
	Program::new(header, code, Vec::new()).expect("the program is valid")
}

/// Continues a tree upwards from its left end: the root, and the pairs from it down to `node`.
fn raise(mut node: SumNode, levels: u32) -> (SumNode, Vec<Pair>) {
	let mut pairs = Vec::new();
	for level in 0..levels {
		let right = SumNode {
			hash: [level as u8; 32],
			units: 1,
		};
		pairs.push(Pair { left: node, right });
		node = output_node::<HostBlake2b>(&node, &right).unwrap();
	}
	pairs.reverse();
	(node, pairs)
}

fn wire_path(pairs: &[Pair]) -> OutputPath {
	let node = |node: &SumNode| millrace_primitives::refutation::SumNode {
		hash: H256(node.hash),
		units: node.units,
	};
	let pairs: Vec<_> = pairs
		.iter()
		.map(|pair| SumPair {
			left: node(&pair.left),
			right: node(&pair.right),
		})
		.collect();
	OutputPath::truncate_from(pairs)
}

/// An opening of so many chunks as far apart as they can be, and the root to which it leads.
fn scattered(chunks: u32) -> (InputOpening, H256) {
	let numbers: Vec<u32> = (0..chunks).map(|n| n * (INPUT_CHUNKS / chunks.max(1))).collect();
	let len = INPUT_CHUNKS * 1_024;
	let siblings = vec![[7; 32]; sibling_count(len, &numbers)];
	let bytes = vec![8; chunks as usize * 1_024];
	let view = OpeningView {
		chunks: &numbers,
		bytes: &bytes,
		siblings: &siblings,
	};
	let root = view.root::<HostBlake2b>(len).unwrap_or_default();
	let opening = InputOpening {
		chunks: BoundedVec::truncate_from(numbers),
		bytes: BoundedVec::truncate_from(bytes),
		siblings: BoundedVec::truncate_from(siblings),
	};
	(opening, H256(root))
}

/// Three committed jobs of a provider with four asks. Leaves of the first are demanded; the others queue behind it.
pub(super) fn demanded<T: Config>() -> (Party<T>, [JobId; 3]) {
	let (party, pool) = new_provider::<T>(1, 3);
	let (low, _, _) = levels::<T>(pool, party.0);
	place_all::<T>(&party, low);
	let jobs = [1, 2, 3].map(|seed| submit::<T>(seed, pool, low));
	let leaf = LeafSet::truncate_from(vec![0]);
	for (place, id) in (0u32..).zip(jobs) {
		Pallet::<T>::commit_result(RawOrigin::Signed(party.1.clone()).into(), id, H256::zero(), 0).unwrap();
		if place == 1 {
			// As if the first were as large as all that may be open.
			DemandQueues::<T>::mutate(party.0, |demands| demands.open_bytes = OPEN_BYTES);
		}
		Pallet::<T>::demand(RawOrigin::Signed(requester_of::<T>(id)).into(), id, leaf.clone()).unwrap();
	}
	DemandQueues::<T>::mutate(party.0, |demands| demands.open_bytes = 1);
	assert_eq!(waiting::<T>(&jobs), 2);
	(party, jobs)
}

pub(super) fn requester_of<T: Config>(id: JobId) -> T::AccountId {
	Jobs::<T>::get(id).unwrap().requester
}

/// How many of the jobs' demands queue.
pub(super) fn waiting<T: Config>(jobs: &[JobId]) -> usize {
	jobs.iter()
		.filter_map(|id| Jobs::<T>::get(id))
		.filter(|job| job.due_tick().is_none())
		.count()
}

/// Makes the result of a demanded job wrong, so that it takes `units` and `chunks` to show it.
pub(super) fn make_wrong<T: Config>(id: JobId, units: u32, chunks: u32) -> RefutationProof {
	let program = hostile();
	let kernel = T::Kernels::bench_register(program.encode());
	let (opening, input_root) = scattered(chunks);
	let claimed = SumNode {
		hash: [9; 32],
		units: 1,
	};
	let (top, pairs) = raise(claimed, REFUTED_DEPTH);
	Jobs::<T>::mutate(id, |job| {
		let job = job.as_mut().unwrap();
		job.kernel = kernel;
		job.items = 1 << REFUTED_DEPTH;
		job.items_per_leaf = program.items_per_leaf();
		job.item_size = 1;
		job.max_units = units;
		job.params = BoundedVec::truncate_from(vec![7; 16]);
		job.inputs = BoundedVec::truncate_from(vec![InputRef {
			root: input_root,
			len: INPUT_CHUNKS * 1_024,
		}]);
		if let JobState::Committed { root, units, .. } = &mut job.state {
			*root = H256(top.hash);
			*units = top.units;
		}
	});
	RefutationProof {
		leaf: 0,
		pairs: wire_path(&pairs),
		openings: BoundedVec::truncate_from(vec![opening]),
		units,
		chunks,
	}
}

/// Makes a demanded job one of 2²⁶ leaves of which the first so many are missing, and returns them.
pub(super) fn make_missing<T: Config>(id: JobId, leaves: u32) -> ProvidedLeaves {
	let nodes: Vec<SumNode> = (0..64)
		.map(|leaf| output_leaf::<HostBlake2b>(leaf, &[3], 5, 0))
		.collect();
	let (top, above) = raise(output_root::<HostBlake2b>(&nodes).unwrap(), PROVIDED_DEPTH);
	Jobs::<T>::mutate(id, |job| {
		let job = job.as_mut().unwrap();
		job.items = 64 << PROVIDED_DEPTH;
		job.items_per_leaf = 1;
		job.item_size = 1;
		if let JobState::Committed { root, units, .. } = &mut job.state {
			*root = H256(top.hash);
			*units = top.units;
		}
	});
	crate::Demands::<T>::mutate(id, |demand| {
		demand.as_mut().unwrap().leaves = BoundedVec::truncate_from((0..leaves).collect());
	});
	let provided: Vec<ProvidedLeaf> = (0..leaves)
		.map(|leaf| ProvidedLeaf {
			leaf,
			bytes: BoundedVec::truncate_from(vec![3]),
			traps: 0,
			pairs: wire_path(&[above.clone(), output_path::<HostBlake2b>(&nodes, leaf).unwrap()].concat()),
		})
		.collect();
	ProvidedLeaves::truncate_from(provided)
}

/// Lets the time of a demanded job's first demand pass, when its escrow stands for all of the provider's stake, so that
/// the asks leave too.
pub(super) fn fall_silent<T: Config>(party: &Party<T>, id: JobId) -> u32 {
	let more = 900_000 * MILL;
	Pallet::<T>::hold(&requester_of::<T>(id), more).unwrap();
	Jobs::<T>::mutate(id, |job| job.as_mut().unwrap().escrow += more);
	let until = Jobs::<T>::get(id).unwrap().due_tick().unwrap();
	set_now::<T>(until + 1);
	assert!(asks_queued::<T>(party.0) > 0);
	until
}

/// An account that demands as many leaves as one call may, behind two other demands.
pub(super) fn demander<T: Config>() -> (T::AccountId, JobId, LeafSet) {
	let (party, jobs) = demanded::<T>();
	let pool = T::Providers::view(party.0).unwrap().pool;
	let (low, _, _) = levels::<T>(pool, party.0);
	let id = submit::<T>(4, pool, low);
	Pallet::<T>::commit_result(RawOrigin::Signed(party.1.clone()).into(), id, H256::zero(), 0).unwrap();
	Jobs::<T>::mutate(id, |job| {
		let job = job.as_mut().unwrap();
		job.items = 64;
		job.items_per_leaf = 1;
	});
	assert_eq!(waiting::<T>(&jobs), 2);
	(requester_of::<T>(id), id, BoundedVec::truncate_from((0..64).collect()))
}

/// Whether the job's window runs again.
pub(super) fn runs_again<T: Config>(id: JobId) -> bool {
	let state = Jobs::<T>::get(id).unwrap().state;
	matches!(
		state,
		JobState::Committed {
			window: Window::Open { .. },
			..
		}
	)
}
