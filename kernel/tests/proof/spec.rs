//! The examples of `SPEC.md`, section 10: every hash from bytes that are put together here, and every one that is
//! computed stands on the page.

use millrace_kernel::{
	eval::{InputReader, MissingChunk, Task},
	program::Program,
	proof::{
		judge, prove, prove_inconsistent, sibling_count, siblings, Commitment, InputCommitment, JudgeError, LeafProof,
		Opened, Opening, Used, Verdict, WholeInput,
	},
	tree::{Blake2b, Digest, Pair, SumNode},
};

use crate::blake2b;

const SPEC: &str = include_str!("../../SPEC.md");

fn hex(digest: &Digest) -> String {
	digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether section 10 names this hash.
fn written(digest: &Digest) -> bool {
	SPEC.split("## 10. Proofs").nth(1).unwrap().contains(&hex(digest))
}

fn chunk_hash(chunk: &[u8]) -> Digest {
	blake2b(&[&[0x10], &(chunk.len() as u32).to_le_bytes(), chunk])
}

fn input_node(left: &Digest, right: &Digest) -> Digest {
	blake2b(&[&[0x11], left, right])
}

#[test]
fn chunks_1_and_4_are_opened_as_written() {
	let mut input = Vec::new();
	for chunk in 0..4u8 {
		input.extend([chunk; 1024]);
	}
	input.extend([4; 4]);
	let leaves: Vec<Digest> = input.chunks(1024).map(chunk_hash).collect();
	let over = [input_node(&leaves[0], &leaves[1]), input_node(&leaves[2], &leaves[3])];
	let root = input_node(&input_node(&over[0], &over[1]), &leaves[4]);
	assert!(written(&root) && written(&leaves[0]) && written(&over[1]));

	let expected = Opening {
		chunks: vec![1, 4],
		bytes: [vec![1; 1024], vec![4; 4]].concat(),
		siblings: vec![leaves[0], over[1]],
	};
	assert_eq!(expected.bytes.len(), 1028);
	assert_eq!(Opening::new::<Blake2b>(&input, &leaves, &[1, 4]), Ok(expected.clone()));
	assert_eq!(siblings::<Blake2b>(&leaves, &[1, 4]), expected.siblings);
	assert_eq!(sibling_count(4100, &[1, 4]), 2);

	let commitment = InputCommitment { root, len: 4100 };
	let mut opened = Opened::default();
	opened.push::<Blake2b>(&commitment, expected.view()).unwrap();
	assert_eq!((opened.chunks(), opened.len(0)), (2, 4100));
	assert_eq!(opened.chunk(0, 1), Some([1; 1024].as_slice()));
	assert_eq!(opened.chunk(0, 4), Some([4; 4].as_slice()));
	for chunk in [0, 2, 3, 5, u32::MAX] {
		assert_eq!(opened.chunk(0, chunk), None);
	}
	assert_eq!(opened.chunk(1, 1), None, "there is no second input");
	let mut bytes = [0; 4];
	assert_eq!(opened.read(0, 4096, &mut bytes), Ok(()));
	assert_eq!(bytes, [4; 4]);
	assert_eq!(
		opened.read(0, 1020, &mut bytes),
		Err(MissingChunk { input: 0, chunk: 0 })
	);
	assert_eq!(
		opened.read(1, 1024, &mut bytes),
		Err(MissingChunk { input: 1, chunk: 1 })
	);
	// The evaluator never asks so; nothing is read past a chunk.
	assert_eq!(
		opened.read(0, 4098, &mut bytes),
		Err(MissingChunk { input: 0, chunk: 4 })
	);
}

/// The kernel of section 9.
fn program() -> Program {
	let example = SPEC.split("## 9. Worked example").nth(1).unwrap();
	let block = example.split("```").nth(1).unwrap();
	let columns = block.lines().map(|line| line.split("      ").next().unwrap());
	let bytes: Vec<u8> = columns
		.flat_map(str::split_whitespace)
		.map(|byte| u8::from_str_radix(byte, 16).unwrap())
		.collect();
	Program::decode(&bytes).unwrap()
}

fn leaf(number: u64, units: u64, traps: u32, bytes: &[u8]) -> SumNode {
	let parts: [&[u8]; 6] = [
		&[0x00],
		&number.to_le_bytes(),
		&units.to_le_bytes(),
		&traps.to_le_bytes(),
		&(bytes.len() as u32).to_le_bytes(),
		bytes,
	];
	SumNode {
		hash: blake2b(&parts),
		units,
	}
}

fn pair_hash(left: &SumNode, right: &SumNode) -> Digest {
	let (one, other) = (left.units.to_le_bytes(), right.units.to_le_bytes());
	blake2b(&[&[0x01], &left.hash, &one, &right.hash, &other])
}

/// The input of section 9 and the leaves over 258 items: 30, 61, 92 and 253 zero items; two zero items, with as many
/// traps as are claimed for the second leaf.
fn leaves(traps: u32) -> [SumNode; 2] {
	let mut first = vec![30, 0, 0, 0, 61, 0, 0, 0, 92, 0, 0, 0];
	first.resize(1024, 0);
	[leaf(0, 51_074, 253, &first), leaf(1, 400, traps, &[0; 8])]
}

const INPUT: [u8; 3] = [10, 20, 30];

/// Runs `test` against a commitment to `root`.
fn against<T>(root: SumNode, test: impl FnOnce(&Commitment<'_>, &[WholeInput<'_>]) -> T) -> T {
	let program = program();
	let leaves = [blake2b(&[&[0x10, 3, 0, 0, 0, 10, 20, 30]])];
	let inputs = [InputCommitment {
		root: leaves[0],
		len: 3,
	}];
	let commitment = Commitment {
		program: &program,
		task: Task {
			items: 258,
			max_units: 200,
			params: &[],
		},
		inputs: &inputs,
		root,
	};
	assert_eq!(commitment.leaves(), 2);
	let whole = WholeInput {
		bytes: &INPUT,
		leaves: &leaves,
	};
	test(&commitment, &[whole])
}

#[test]
fn a_false_trap_count_is_refuted_as_written() {
	let [left, right] = leaves(1);
	let [_, evaluated] = leaves(2);
	let root = SumNode {
		hash: pair_hash(&left, &right),
		units: 51_474,
	};
	assert!(written(&left.hash) && written(&right.hash) && written(&evaluated.hash) && written(&root.hash));
	let pairs = vec![Pair { left, right }];
	against(root, |commitment, inputs| {
		let proof = prove::<Blake2b>(commitment, inputs, 1, pairs.clone()).unwrap();
		let expected = LeafProof {
			leaf: 1,
			pairs: pairs.clone(),
			openings: vec![Opening::default()],
			units: 306,
			chunks: 0,
		};
		assert_eq!(proof, expected);
		let judge = |proof: &LeafProof| judge::<Blake2b>(commitment, &proof.view());
		let judgement = judge(&proof).unwrap();
		let claimed = right;
		assert_eq!(judgement.verdict, Verdict::Different { claimed, evaluated });
		assert_eq!(judgement.used, Used { units: 306, chunks: 0 });
		let short = LeafProof { units: 305, ..proof };
		assert_eq!(judge(&short), Err(JudgeError::Units { declared: 305 }));

		let right_leaf = prove::<Blake2b>(commitment, inputs, 0, pairs).unwrap();
		assert_eq!((right_leaf.units, right_leaf.chunks), (39_183, 1));
		let opening = Opening {
			chunks: vec![0],
			bytes: INPUT.to_vec(),
			siblings: Vec::new(),
		};
		assert_eq!(right_leaf.openings, [opening]);
		let judgement = judge(&right_leaf).unwrap();
		assert_eq!(judgement.verdict, Verdict::Right);
		let used = Used {
			units: 39_183,
			chunks: 1,
		};
		assert_eq!(judgement.used, used);
	});
}

#[test]
fn a_false_sum_is_refuted_as_written() {
	let [left, right] = leaves(2);
	let hash = pair_hash(&left, &right);
	assert!(written(&hash));
	let pairs = vec![Pair { left, right }];
	against(SumNode { hash, units: 51_475 }, |commitment, inputs| {
		for leaf in [0, 1] {
			let proof = LeafProof {
				leaf,
				pairs: pairs.clone(),
				openings: vec![Opening::default()],
				units: 0,
				chunks: 0,
			};
			assert_eq!(
				prove_inconsistent::<Blake2b>(commitment, leaf, pairs.clone()).as_ref(),
				Ok(&proof)
			);
			assert_eq!(
				prove::<Blake2b>(commitment, inputs, leaf, pairs.clone()).as_ref(),
				Ok(&proof)
			);
			let judgement = judge::<Blake2b>(commitment, &proof.view()).unwrap();
			assert_eq!(judgement.verdict, Verdict::Inconsistent { pair: 0 });
			assert_eq!(judgement.used, Used::default());
		}
	});
	// The same root with the right sum.
	against(SumNode { hash, units: 51_474 }, |commitment, inputs| {
		for leaf in [0, 1] {
			let proof = prove::<Blake2b>(commitment, inputs, leaf, pairs.clone()).unwrap();
			let judgement = judge::<Blake2b>(commitment, &proof.view()).unwrap();
			assert_eq!(judgement.verdict, Verdict::Right);
		}
	});
}
