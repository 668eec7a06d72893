//! Trees with little kept, and with everything kept, against one that is built node by node.

use super::*;
use millrace_kernel::tree::{output_leaf, output_node, verify_output_path, Claim};
use std::fs;

/// Items of 2 bytes, 3 a leaf, so that the last leaf of most jobs is shorter.
fn shape(items: u32) -> OutputShape {
	OutputShape {
		items,
		item_size: 2,
		items_per_leaf: 3,
	}
}

/// A bundle in which no two leaves are alike.
fn bundle(dir: &Path, shape: OutputShape) -> PathBuf {
	let path = dir.join(format!("{}", shape.items));
	let mut bytes: Vec<u8> = (0..shape.output_bytes()).map(|at| (at * 7 + at / 256) as u8).collect();
	for leaf in 0..shape.leaves() {
		bytes.extend((u64::from(leaf) * 1_000 + 17).to_le_bytes());
		bytes.extend((leaf % 3).to_le_bytes());
	}
	fs::write(&path, bytes).unwrap();
	path
}

/// Every level, one node after another.
fn levels(shape: OutputShape) -> Vec<Vec<SumNode>> {
	let output: Vec<u8> = (0..shape.output_bytes()).map(|at| (at * 7 + at / 256) as u8).collect();
	let leaves = output.chunks(6).zip(0u64..);
	let leaf = |(bytes, leaf): (&[u8], u64)| output_leaf::<Blake2b>(leaf, bytes, leaf * 1_000 + 17, (leaf % 3) as u32);
	let mut levels = vec![leaves.map(leaf).collect::<Vec<_>>()];
	while levels.last().unwrap().len() > 1 {
		let pairs = levels.last().unwrap().chunks(2);
		let above = pairs.map(|pair| match pair {
			[left, right] => output_node::<Blake2b>(left, right).unwrap(),
			other => other[0],
		});
		let above = above.collect();
		levels.push(above);
	}
	levels
}

#[test]
fn every_node_and_every_path_of_small_trees() {
	let dir = tempfile::tempdir().unwrap();
	for items in (1..=100).step_by(3).chain([2, 3, 6, 12, 48, 96, 192, 300]) {
		let shape = shape(items);
		let (path, levels) = (bundle(dir.path(), shape), levels(shape));
		assert_eq!(shape.leaves() as usize, levels[0].len());
		assert_eq!(shape.height() as usize, levels.len() - 1);
		for most in [1, 2, 5, 1_000] {
			let tree = OutputTree::read_keeping(&path, shape, most).unwrap();
			assert!(tree.size() <= 2 * most as usize + levels.len());
			let root = tree.root().unwrap();
			assert_eq!(root, levels.last().unwrap()[0]);
			for (number, level) in (0u32..).zip(&levels) {
				let count = level.len() as u32;
				assert_eq!(shape.nodes(number), count);
				assert_eq!(
					tree.nodes(number, 0, count).unwrap(),
					*level,
					"level {number} of {items} items"
				);
				for first in 0..count {
					assert_eq!(tree.nodes(number, first, 1).unwrap(), level[first as usize..][..1]);
				}
				assert!(matches!(tree.nodes(number, 0, count + 1), Err(TreeError::Range)));
				assert!(matches!(tree.nodes(number, count, 1), Err(TreeError::Range)));
				assert!(matches!(tree.nodes(number, u32::MAX, 1), Err(TreeError::Range)));
			}
			assert!(matches!(tree.nodes(shape.height() + 1, 0, 1), Err(TreeError::Range)));
			assert!(matches!(tree.nodes(u32::MAX, 0, 1), Err(TreeError::Range)));
			for leaf in 0..shape.leaves() {
				let pairs = tree.path(leaf).unwrap();
				let claim = verify_output_path::<Blake2b>(&root, shape.leaves(), leaf, &pairs);
				assert_eq!(claim, Ok(Claim::Leaf(levels[0][leaf as usize])));
				let (bytes, figures) = tree.leaf(leaf).unwrap();
				let node = output_leaf::<Blake2b>(u64::from(leaf), &bytes, figures.units, figures.traps);
				assert_eq!(node, levels[0][leaf as usize]);
			}
			assert!(matches!(tree.path(shape.leaves()), Err(TreeError::Range)));
			assert!(matches!(tree.leaf(shape.leaves()), Err(TreeError::Range)));
		}
	}
}

/// More leaves than are kept: 2^18 and some, of one byte each.
#[test]
fn a_tree_with_more_leaves_than_are_kept() {
	let shape = OutputShape {
		items: KEPT_NODES + 4_321,
		item_size: 1,
		items_per_leaf: 1,
	};
	let dir = tempfile::tempdir().unwrap();
	let path = bundle(dir.path(), shape);
	let tree = OutputTree::read(&path, shape).unwrap();
	assert_eq!(tree.base, 1);
	let leaves = tree.nodes(0, 0, shape.leaves()).unwrap();
	assert_eq!(output_root::<Blake2b>(&leaves).unwrap(), tree.root().unwrap());
	assert_eq!(tree.nodes(0, 200_000, 4_096).unwrap(), leaves[200_000..204_096]);
	let pair = output_node::<Blake2b>(&leaves[8_000], &leaves[8_001]).unwrap();
	assert_eq!(tree.nodes(1, 4_000, 1).unwrap(), [pair]);
	for leaf in [0, 1, 4_095, 4_096, 262_143, 262_144, shape.leaves() - 1] {
		assert_eq!(tree.path(leaf).unwrap(), output_path::<Blake2b>(&leaves, leaf).unwrap());
	}
}

#[test]
fn the_largest_shapes_do_not_overflow() {
	let shape = |items| OutputShape {
		items,
		item_size: 1,
		items_per_leaf: 1,
	};
	assert_eq!((shape(1 << 26).height(), shape(1 << 26).nodes(8)), (26, 1 << 18));
	let most = shape(u32::MAX);
	assert_eq!(
		(most.height(), most.nodes(31), most.nodes(32), most.nodes(33)),
		(32, 2, 1, 0)
	);
	assert_eq!(below(&most, 31, 1), (1 << 31, u32::MAX - (1 << 31)));
	assert_eq!((shape(1).height(), shape(1).nodes(0), shape(1).nodes(1)), (0, 1, 0));
	assert_eq!((shape(0).height(), shape(0).nodes(0)), (0, 0));
}

#[test]
fn what_is_lost_is_told_from_what_failed() {
	let dir = tempfile::tempdir().unwrap();
	let shape = shape(30);
	let path = bundle(dir.path(), shape);
	let whole = fs::read(&path).unwrap();
	let root = levels(shape).last().unwrap()[0].hash;
	let (trees, job) = (Trees::default(), JobId([1; 32]));

	let missing = trees.get(&job, &root, &dir.path().join("none"), shape).unwrap_err();
	assert!(matches!(missing, TreeError::Read(_)) && missing.is_loss());
	fs::write(&path, &whole[..whole.len() - 1]).unwrap();
	let short = trees.get(&job, &root, &path, shape).unwrap_err();
	assert!(matches!(short, TreeError::Read(_)) && short.is_loss());
	for at in [0, 59, 60, 67, 71] {
		let mut damaged = whole.clone();
		damaged[at] ^= 1;
		fs::write(&path, damaged).unwrap();
		let other = trees.get(&job, &root, &path, shape).unwrap_err();
		assert!(matches!(other, TreeError::Root) && other.is_loss(), "byte {at}");
	}
	let mut overflow = whole.clone();
	overflow[60..68].fill(0xff);
	overflow[72..80].fill(0xff);
	fs::write(&path, overflow).unwrap();
	let overflow = trees.get(&job, &root, &path, shape).unwrap_err();
	assert!(matches!(overflow, TreeError::Units(_)) && overflow.is_loss());
	let denied = TreeError::Read(io::ErrorKind::PermissionDenied.into());
	assert!(!denied.is_loss() && !TreeError::Range.is_loss());
}

#[test]
fn trees_are_hashed_once_and_forgotten_in_the_end() {
	let dir = tempfile::tempdir().unwrap();
	let trees = Trees::default();
	let job = |number: u32| JobId([number as u8; 32]);
	let small = shape(30);
	let path = bundle(dir.path(), small);
	let root = levels(small).last().unwrap()[0].hash;
	let first = trees.get(&job(0), &root, &path, small).unwrap();
	fs::write(&path, b"gone").unwrap();
	let again = trees.get(&job(0), &root, &path, small).unwrap();
	assert!(Arc::ptr_eq(&first, &again));
	assert!(
		trees.get(&job(0), &[0; 32], &path, small).is_err(),
		"another root is another result"
	);

	// Two trees of half the bound each.
	let large = OutputShape {
		items: KEPT_NODES,
		item_size: 1,
		items_per_leaf: 1,
	};
	let path = bundle(dir.path(), large);
	let root = OutputTree::read(&path, large).unwrap().root().unwrap().hash;
	for number in 1..=2 {
		trees.get(&job(number), &root, &path, large).unwrap();
	}
	let cached = || trees.cached().iter().map(|cached| cached.job).collect::<Vec<_>>();
	assert_eq!(cached(), [job(1), job(2)], "the one used last stays");
	trees.get(&job(1), &root, &path, large).unwrap();
	assert_eq!(cached(), [job(2), job(1)]);
	assert!(trees.cached().iter().map(|cached| cached.tree.size()).sum::<usize>() <= CACHED_NODES);
}
