//! What keeps a proof from being made, before it costs a fee.

use millrace_kernel::{
	eval::{EvalError, TaskError},
	proof::{prove, prove_inconsistent, LeafProof, ProveError, WholeInput},
	tree::{Blake2b, Pair, PathError, SumNode},
};

use crate::case::{nodes, path, root, Case, Random, KERNELS};

/// A job over two inputs of the kernel that gathers, 5 leaves, and its honest root.
fn case() -> (Case, Vec<SumNode>) {
	let mut random = Random(95);
	let inputs = vec![random.bytes(6000), random.bytes(2500)];
	let case = Case::new(KERNELS[0], 40, 2000, vec![3], inputs);
	let nodes = nodes(&case.leaves());
	(case, nodes)
}

#[test]
fn every_error() {
	let (case, nodes) = case();
	let (root, pairs) = (root(&nodes), path(&nodes, 1));
	let whole = case.whole();
	let prove = |root: SumNode, inputs: &[WholeInput<'_>], leaf: u32, pairs: &[Pair]| {
		prove::<Blake2b>(&case.commitment(root), inputs, leaf, pairs.to_vec())
	};
	assert!(prove(root, &whole, 1, &pairs).is_ok());

	let mut task = case.commitment(root);
	task.task.items = 0;
	let no_items = millrace_kernel::proof::prove::<Blake2b>(&task, &whole, 1, pairs.clone());
	assert_eq!(no_items, Err(ProveError::Task(TaskError::NoItems)));
	assert_eq!(
		prove(root, &whole, 5, &pairs),
		Err(ProveError::Path(PathError::Position))
	);
	assert_eq!(prove(root, &whole, 4, &pairs), Err(ProveError::Path(PathError::Length)));
	assert_eq!(
		prove(nodes[0], &whole, 1, &pairs),
		Err(ProveError::Path(PathError::Hash))
	);
	for inputs in [&whole[..1], &[whole[0], whole[1], whole[1]], &[]] {
		let error = ProveError::Inputs {
			expected: 2,
			actual: inputs.len(),
		};
		assert_eq!(prove(root, inputs, 1, &pairs), Err(error));
	}

	// Another length, other bytes in what is read, the hashes of another input, too few of them.
	let other = Random(96).bytes(6000);
	let wrong = [
		WholeInput {
			bytes: &whole[0].bytes[1..],
			..whole[0]
		},
		WholeInput {
			bytes: &other,
			..whole[0]
		},
		WholeInput {
			leaves: whole[1].leaves,
			..whole[0]
		},
		WholeInput {
			leaves: &[],
			..whole[0]
		},
	];
	for input in wrong {
		assert_eq!(
			prove(root, &[input, whole[1]], 1, &pairs),
			Err(ProveError::Input { input: 0 })
		);
	}
	let shorter = WholeInput {
		bytes: &whole[1].bytes[1..],
		..whole[1]
	};
	assert_eq!(
		prove(root, &[whole[0], shorter], 1, &pairs),
		Err(ProveError::Input { input: 1 })
	);

	let consistent = prove_inconsistent::<Blake2b>(&case.commitment(root), 1, pairs.clone());
	assert_eq!(consistent, Err(ProveError::Consistent));
	let garbage = prove_inconsistent::<Blake2b>(&case.commitment(nodes[0]), 1, pairs);
	assert_eq!(garbage, Err(ProveError::Path(PathError::Hash)));

	let mut messages: Vec<String> = [
		ProveError::Task(TaskError::NoItems),
		ProveError::Path(PathError::Hash),
		ProveError::Inputs { expected: 1, actual: 2 },
		ProveError::Input { input: 1 },
		ProveError::Eval(EvalError::Range),
		ProveError::Consistent,
	]
	.iter()
	.map(ToString::to_string)
	.collect();
	messages.sort();
	messages.dedup();
	assert!(messages.len() == 6 && messages.iter().all(|message| message.len() > 10));
}

/// An inconsistent pair needs no input, and the same proof comes of all ways to make it.
#[test]
fn an_inconsistent_pair_needs_no_inputs() {
	let (case, nodes) = case();
	let honest = root(&nodes);
	let lying = SumNode {
		units: honest.units + 1,
		..honest
	};
	let pairs = path(&nodes, 1)[..1].to_vec();
	let commitment = case.commitment(lying);
	let proof = prove_inconsistent::<Blake2b>(&commitment, 1, pairs.clone()).unwrap();
	let expected = LeafProof {
		leaf: 1,
		pairs: pairs.clone(),
		openings: vec![Default::default(); 2],
		units: 0,
		chunks: 0,
	};
	assert_eq!(proof, expected);
	assert_eq!(
		prove::<Blake2b>(&commitment, &[], 1, pairs.clone()).as_ref(),
		Ok(&proof)
	);
	assert_eq!(prove::<Blake2b>(&commitment, &case.whole(), 1, pairs), Ok(proof));
}

/// What is not read need not be right: hashes of an untouched input are not looked at, its length is.
#[test]
fn an_input_that_is_not_read_is_not_hashed() {
	// An item of the third kernel that is out of range at its first load reads nothing at all.
	let inputs = vec![Vec::new(), vec![1; 3000], vec![2; 10]];
	let case = Case::new(KERNELS[2], 8, 600, Vec::new(), inputs);
	let nodes = nodes(&case.leaves());
	let mut whole = case.whole();
	whole.iter_mut().for_each(|input| input.leaves = &[]);
	let proof = prove::<Blake2b>(&case.commitment(nodes[0]), &whole, 0, Vec::new()).unwrap();
	assert_eq!(proof.chunks, 0);
	assert!(case.judge(nodes[0], &proof).is_ok());
	// An evaluation sees the length without opening a chunk.
	whole[1].bytes = &whole[1].bytes[1..];
	let shorter = prove::<Blake2b>(&case.commitment(nodes[0]), &whole, 0, Vec::new());
	assert_eq!(shorter, Err(ProveError::Input { input: 1 }));
}
