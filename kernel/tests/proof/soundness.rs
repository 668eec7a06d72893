//! Of any tree and any leaf, one path is valid: it opens the leaf, or ends in an inconsistent pair.

use millrace_kernel::{
	proof::{JudgeError, LeafProof, Opening, Verdict},
	tree::{verify_output_path, Blake2b, Claim, Pair, PathError, SumNode},
};

use crate::{
	case::{nodes, path, Case, Random, KERNELS, PLAIN},
	tree::Tree,
};

/// A tree of `count` leaves in which one inner node in `rarity` claims anything; one in four of these nearly the sum.
fn tree(random: &mut Random, count: u32, rarity: u32) -> Tree {
	let leaf = |random: &mut Random| {
		let mut hash = [0; 32];
		hash.fill_with(|| random.next() as u8);
		// Sums overflow now and then.
		let units = random.next() >> random.below(64);
		SumNode { hash, units }
	};
	let leaves: Vec<SumNode> = (0..count).map(|_| leaf(random)).collect();
	Tree::new(&leaves, |_, sum| match (random.below(rarity), random.below(4)) {
		(0, 0) => sum.wrapping_add(1),
		(0, _) => random.next(),
		_ => sum,
	})
}

/// The one path that is valid, and what it shows, by the page: all nodes above the leaf, up to the first whose children
/// do not sum to what it claims.
fn expected(tree: &Tree, leaf: u32) -> (Vec<Pair>, Claim) {
	let mut pairs = Vec::new();
	for (place, pair) in tree.above(leaf) {
		pairs.push(pair);
		let sum = u128::from(pair.left.units) + u128::from(pair.right.units);
		if sum != u128::from(tree.node(place).units) {
			let pair = pairs.len() as u32 - 1;
			return (pairs, Claim::Inconsistent { pair });
		}
	}
	(pairs, Claim::Leaf(tree.0[0][leaf as usize]))
}

/// Runs `test` on every sequence of up to `most` of these pairs.
fn sequences(pairs: &[Pair], most: usize, test: &mut dyn FnMut(&[Pair])) {
	let mut chosen = vec![Vec::new()];
	for length in 0..=most {
		let longer = |short: &Vec<Pair>| {
			let short = short.clone();
			pairs.iter().map(move |pair| [short.as_slice(), &[*pair]].concat())
		};
		chosen.iter().for_each(|sequence: &Vec<Pair>| test(sequence));
		if length < most {
			chosen = chosen.iter().flat_map(longer).collect();
		}
	}
}

#[test]
fn exactly_one_sequence_of_a_trees_pairs_is_a_path() {
	let seed = 81;
	println!("seed {seed}");
	let mut random = Random(seed);
	let (mut leaves, mut inconsistent) = (0, 0);
	for round in 0..150 {
		let count = 1 + round % 5;
		let tree = tree(&mut random, count, 3);
		let pairs: Vec<Pair> = tree.pairs().into_iter().map(|(_, pair)| pair).collect();
		for leaf in 0..count {
			let (path, claim) = expected(&tree, leaf);
			let mut valid = Vec::new();
			sequences(&pairs, 4, &mut |sequence| match verify_output_path::<Blake2b>(
				&tree.root(),
				count,
				leaf,
				sequence,
			) {
				Ok(claim) => valid.push((sequence.to_vec(), claim)),
				Err(error) => assert!(matches!(error, PathError::Hash | PathError::Length)),
			});
			assert_eq!(valid, [(path, claim)], "leaf {leaf} of {count}");
			match claim {
				Claim::Leaf(_) => leaves += 1,
				Claim::Inconsistent { .. } => inconsistent += 1,
			}
		}
		let outside = verify_output_path::<Blake2b>(&tree.root(), count, count, &pairs);
		assert_eq!(outside, Err(PathError::Position));
	}
	assert!(leaves > 100 && inconsistent > 100, "{leaves}, {inconsistent}");
}

#[test]
fn no_changed_path_is_valid() {
	let seed = 82;
	println!("seed {seed}");
	let mut random = Random(seed);
	let (mut leaves, mut inconsistent) = (0, 0);
	for _ in 0..150 {
		let count = 1 + random.below(130);
		let tree = tree(&mut random, count, 20);
		for _ in 0..8 {
			let leaf = random.below(count);
			let verify = |path: &[Pair]| verify_output_path::<Blake2b>(&tree.root(), count, leaf, path);
			let (path, claim) = expected(&tree, leaf);
			assert_eq!(verify(&path), Ok(claim));
			match claim {
				Claim::Leaf(_) => leaves += 1,
				Claim::Inconsistent { .. } => inconsistent += 1,
			}
			// Every other end of the way down, and one pair too many.
			let above: Vec<Pair> = tree.above(leaf).into_iter().map(|(_, pair)| pair).collect();
			for end in (0..=above.len()).filter(|end| *end != path.len()) {
				assert_eq!(verify(&above[..end]), Err(PathError::Length));
			}
			if let Some(last) = above.last() {
				assert_eq!(verify(&[above.as_slice(), &[*last]].concat()), Err(PathError::Length));
			}
			for at in 0..path.len() {
				let mut changes = vec![path[at]; 4];
				changes[0].left.units ^= 1 << random.below(64);
				changes[1].right.hash[random.below(32) as usize] ^= 1 << random.below(8);
				changes[2].left.hash[random.below(32) as usize] ^= 1 << random.below(8);
				let Pair { left, right } = path[at];
				(changes[3].left, changes[3].right) = (right, left);
				for pair in changes {
					let mut changed = path.clone();
					changed[at] = pair;
					assert_eq!(verify(&changed), Err(PathError::Hash));
				}
			}
		}
	}
	assert!(leaves > 100 && inconsistent > 100, "{leaves}, {inconsistent}");
}

/// An honest provider, and every path that can be made of its tree's pairs for every leaf: an inner node shown as a leaf,
/// another leaf's path, the wrong side.
#[test]
fn no_path_frames_an_honest_provider() {
	let seed = 83;
	println!("seed {seed}");
	let mut random = Random(seed);
	let kernels = [PLAIN, KERNELS[1]];
	for leaves in 1..=5u32 {
		for kernel in kernels {
			let inputs = match kernel {
				PLAIN => Vec::new(),
				_ => vec![random.bytes(5120)],
			};
			let max_units = if kernel == PLAIN { 100 } else { 3000 };
			let case = Case::new(kernel, 4 * leaves - 1, max_units, Vec::new(), inputs);
			let nodes = nodes(&case.leaves());
			let tree = Tree::new(&nodes, |_, sum| sum);
			let pairs: Vec<Pair> = tree.pairs().into_iter().map(|(_, pair)| pair).collect();
			for leaf in 0..leaves {
				let proof = case.proof(tree.root(), leaf, path(&nodes, leaf));
				let mut right = 0;
				sequences(&pairs, 4, &mut |sequence| {
					let shown = LeafProof {
						pairs: sequence.to_vec(),
						..proof.clone()
					};
					match case.judge(tree.root(), &shown) {
						Ok(judgement) => {
							assert_eq!(judgement.verdict, Verdict::Right);
							right += 1;
						}
						Err(error) => assert!(matches!(error, JudgeError::Path(_)), "{error}"),
					}
				});
				assert_eq!(right, 1);
			}
		}
	}
}

/// The bytes of a leaf that are an inner node's preimage: the domains keep them apart, and the shape does again.
#[test]
fn a_node_is_no_leaf_whatever_its_children() {
	let case = Case::new(PLAIN, 16, 100, Vec::new(), Vec::new());
	let nodes = nodes(&case.leaves());
	let tree = Tree::new(&nodes, |_, sum| sum);
	let path = path(&nodes, 2);
	assert_eq!(path.len(), 2);
	for (pairs, error) in [
		(vec![path[0]], PathError::Length),
		(vec![path[1]], PathError::Hash),
		(vec![path[1], path[0]], PathError::Hash),
		(vec![path[0], path[0]], PathError::Hash),
		(vec![path[0], path[1], path[1]], PathError::Length),
		(Vec::new(), PathError::Length),
	] {
		let proof = LeafProof {
			leaf: 2,
			pairs,
			openings: Vec::<Opening>::new(),
			units: 1 << 21,
			chunks: 512,
		};
		assert_eq!(case.judge(tree.root(), &proof), Err(JudgeError::Path(error)));
	}
}
