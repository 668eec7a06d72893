//! Answers to demands, verified as the chain does.

use super::*;
use std::fs;

const SHAPE: OutputShape = OutputShape {
	items: 312 * 128 + 1,
	item_size: 8,
	items_per_leaf: 128,
};

fn bundle(dir: &Path, shape: OutputShape) -> std::path::PathBuf {
	let path = dir.join("bundle");
	let output = u64::from(shape.items) * u64::from(shape.item_size);
	let mut bytes: Vec<u8> = (0..output).map(|at| (at / 3) as u8).collect();
	for leaf in 0..shape.leaves() {
		bytes.extend((u64::from(leaf) + 5).to_le_bytes());
		bytes.extend((leaf % 2).to_le_bytes());
	}
	fs::write(&path, bytes).unwrap();
	path
}

fn is_of(root: &SumNode, shape: OutputShape, leaf: &ProvidedLeaf) -> bool {
	let units = u64::from(leaf.leaf) + 5;
	let node = output_leaf::<Blake2b>(u64::from(leaf.leaf), &leaf.bytes, units, leaf.traps);
	verify_output_path::<Blake2b>(root, shape.leaves(), leaf.leaf, &leaf.pairs) == Ok(Claim::Leaf(node))
}

#[test]
fn a_large_demand_is_answered_in_calls_that_fit() {
	let dir = tempfile::tempdir().unwrap();
	let path = bundle(dir.path(), SHAPE);
	let root = OutputTree::read(&path, SHAPE).unwrap().root().unwrap();
	// 64 leaves of 1 KiB, with nine pairs each; the last leaf holds one item.
	let mut missing: Vec<u32> = (0..63).chain([SHAPE.leaves() - 1]).collect();
	let mut calls = 0;
	let mut provided = Vec::new();
	while !missing.is_empty() {
		let leaves = answer(&path, SHAPE, &root, &missing).unwrap();
		assert!(leaves.iter().map(size_of).sum::<usize>() <= MAX_BYTES);
		assert!(leaves.iter().all(|leaf| is_of(&root, SHAPE, leaf)));
		let numbers: Vec<u32> = leaves.iter().map(|leaf| leaf.leaf).collect();
		assert_eq!(numbers, missing[..numbers.len()], "from the first on, none left out");
		provided.extend(missing.drain(..numbers.len()));
		calls += 1;
	}
	assert_eq!((calls, provided.len()), (2, 64));
	let last = answer(&path, SHAPE, &root, &[SHAPE.leaves() - 1]).unwrap();
	assert_eq!(last[0].bytes.len(), 8);
	assert!(answer(&path, SHAPE, &root, &[]).unwrap().is_empty());
}

#[test]
fn a_tree_of_one_leaf_has_no_pairs() {
	let shape = OutputShape { items: 5, ..SHAPE };
	let dir = tempfile::tempdir().unwrap();
	let path = bundle(dir.path(), shape);
	let root = OutputTree::read(&path, shape).unwrap().root().unwrap();
	let leaves = answer(&path, shape, &root, &[0]).unwrap();
	assert_eq!((leaves.len(), leaves[0].pairs.len(), leaves[0].bytes.len()), (1, 0, 40));
	assert!(is_of(&root, shape, &leaves[0]));
	assert!(matches!(answer(&path, shape, &root, &[1]), Err(TreeError::Range)));
}

#[test]
fn a_damaged_bundle_answers_nothing() {
	let dir = tempfile::tempdir().unwrap();
	let path = bundle(dir.path(), SHAPE);
	let root = OutputTree::read(&path, SHAPE).unwrap().root().unwrap();
	let other = SumNode {
		units: root.units + 1,
		..root
	};
	assert!(matches!(answer(&path, SHAPE, &other, &[0]), Err(TreeError::Root)));
	let mut bytes = fs::read(&path).unwrap();
	// A byte of another leaf than the one that is asked for.
	bytes[300_000] ^= 1;
	fs::write(&path, bytes).unwrap();
	assert!(matches!(answer(&path, SHAPE, &root, &[0]), Err(TreeError::Root)));
	fs::remove_file(&path).unwrap();
	assert!(answer(&path, SHAPE, &root, &[0]).unwrap_err().is_loss());
}
