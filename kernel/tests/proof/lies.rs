//! Nothing honest is refuted, and every lie is.

use millrace_kernel::{
	leaf::Leaf,
	proof::{Descent, Difference, Judgement, Place, Used, Verdict},
	tree::{Blake2b, SumNode},
};

use crate::{
	case::{nodes, path, root, Case, Random, KERNELS, PLAIN},
	tree::Tree,
};

#[test]
fn an_honest_commitment_is_never_refuted() {
	let seed = 41;
	println!("seed {seed}");
	let mut random = Random(seed);
	let (mut trapped, mut opened, mut cheaper) = (0u32, 0u32, 0u32);
	for kernel in KERNELS {
		for _ in 0..12 {
			let case = Case::random(kernel, &mut random);
			let leaves = case.leaves();
			let nodes = nodes(&leaves);
			for (leaf, number) in leaves.iter().zip(0u32..) {
				let proof = case.proof(root(&nodes), number, path(&nodes, number));
				let used = Used {
					units: proof.units,
					chunks: proof.chunks,
				};
				let verdict = Verdict::Right;
				assert_eq!(case.judge(root(&nodes), &proof), Ok(Judgement { verdict, used }));
				assert!(u64::from(proof.units) <= leaf.units);
				let chunks: usize = proof.openings.iter().map(|opening| opening.chunks.len()).sum();
				assert_eq!(proof.chunks as usize, chunks);
				trapped += leaf.traps;
				opened += proof.chunks;
				cheaper += u32::from(u64::from(proof.units) < leaf.units);
			}
		}
	}
	// The cases are worth their while: items trap, chunks are opened, bound traps cost less than their units.
	assert!(
		trapped > 100 && opened > 100 && cheaper > 10,
		"{trapped}, {opened}, {cheaper}"
	);
}

/// What a provider may claim in place of a leaf.
fn lies(leaf: &Leaf, number: u32, random: &mut Random) -> Vec<(&'static str, SumNode)> {
	let at = random.below(leaf.bytes.len() as u32) as usize;
	let mut wrong = leaf.clone();
	wrong.bytes[at] ^= 1 << random.below(8);
	let mut longer = leaf.clone();
	longer.bytes.push(0);
	let with = |units: u64, traps: u32| Leaf {
		units,
		traps,
		..leaf.clone()
	};
	let honest = leaf.node::<Blake2b>(number);
	let mut lies = vec![
		("a wrong bit", wrong.node::<Blake2b>(number)),
		("a byte more", longer.node::<Blake2b>(number)),
		(
			"inflated units",
			with(leaf.units + 1, leaf.traps).node::<Blake2b>(number),
		),
		(
			"deflated units",
			with(leaf.units - 1, leaf.traps).node::<Blake2b>(number),
		),
		("a trap more", with(leaf.units, leaf.traps + 1).node::<Blake2b>(number)),
		("another leaf's number", leaf.node::<Blake2b>(number + 1)),
		(
			"inflated units beside the right hash",
			SumNode {
				units: honest.units + 1000,
				..honest
			},
		),
		(
			"a random hash",
			SumNode {
				hash: [random.next() as u8; 32],
				..honest
			},
		),
	];
	if leaf.traps > 0 {
		lies.push(("a trap less", with(leaf.units, leaf.traps - 1).node::<Blake2b>(number)));
	}
	lies
}

#[test]
fn every_lie_about_a_leaf_is_refuted_at_that_leaf_alone() {
	let seed = 42;
	println!("seed {seed}");
	let mut random = Random(seed);
	for kernel in KERNELS {
		for _ in 0..4 {
			let case = Case::random(kernel, &mut random);
			let leaves = case.leaves();
			let honest = nodes(&leaves);
			let number = random.below(leaves.len() as u32);
			for (name, claimed) in lies(&leaves[number as usize], number, &mut random) {
				let mut nodes = honest.clone();
				nodes[number as usize] = claimed;
				let root = root(&nodes);
				for other in 0..leaves.len() as u32 {
					let proof = case.proof(root, other, path(&nodes, other));
					let judged = case.judge(root, &proof);
					let judgement = judged.unwrap_or_else(|error| panic!("{name}: {error}"));
					let evaluated = honest[number as usize];
					let expected = if other == number {
						Verdict::Different { claimed, evaluated }
					} else {
						Verdict::Right
					};
					assert_eq!(judgement.verdict, expected, "{name}");
					assert_eq!(
						(judgement.used.units, judgement.used.chunks),
						(proof.units, proof.chunks)
					);
				}
			}
		}
	}
}

/// The same by descending the tree that the provider serves.
#[test]
fn a_lie_is_found_in_a_served_tree_and_refuted() {
	let seed = 43;
	println!("seed {seed}");
	let mut random = Random(seed);
	for kernel in KERNELS {
		for _ in 0..4 {
			let case = Case::random(kernel, &mut random);
			let leaves = case.leaves();
			let honest = nodes(&leaves);
			let number = random.below(leaves.len() as u32);
			for (name, claimed) in lies(&leaves[number as usize], number, &mut random) {
				let mut nodes = honest.clone();
				nodes[number as usize] = claimed;
				let served = Tree::new(&nodes, |_, sum| sum);
				let mut descent = Descent::new::<Blake2b>(&honest, served.root()).unwrap().expect(name);
				while let Some(place) = descent.wanted() {
					descent.follow::<Blake2b>(served.children(place).unwrap()).unwrap();
				}
				let Difference { leaf, pairs, .. } = descent.finish().unwrap();
				assert_eq!((leaf, &pairs), (number, &path(&nodes, number)), "{name}");
				let proof = case.proof(served.root(), leaf, pairs);
				let judgement = case.judge(served.root(), &proof).unwrap();
				let evaluated = honest[number as usize];
				assert_eq!(judgement.verdict, Verdict::Different { claimed, evaluated }, "{name}");
			}
		}
	}
}

#[test]
fn a_false_sum_is_refuted_at_every_leaf_below_it_and_nowhere_else() {
	for leaves in 2..=9u32 {
		let case = Case::new(PLAIN, 4 * leaves, 100, Vec::new(), Vec::new());
		let honest = nodes(&case.leaves());
		let places: Vec<Place> = Tree::new(&honest, |_, sum| sum)
			.pairs()
			.into_iter()
			.map(|(place, _)| place)
			.collect();
		for lie in places {
			for delta in [1, u64::MAX, 1 << 40] {
				let tree = Tree::new(
					&honest,
					|place, sum| {
						if place == lie {
							sum.wrapping_add(delta)
						} else {
							sum
						}
					},
				);
				for leaf in 0..leaves {
					let above = tree.above(leaf);
					let at = above.iter().position(|(place, _)| *place == lie);
					let kept = at.map_or(above.len(), |at| at + 1);
					let pairs = above[..kept].iter().map(|(_, pair)| *pair).collect();
					let proof = case.proof(tree.root(), leaf, pairs);
					let judged = case.judge(tree.root(), &proof);
					let Some(at) = at else {
						assert_eq!(judged.map(|judgement| judgement.verdict), Ok(Verdict::Right));
						continue;
					};
					assert_eq!((proof.units, proof.chunks), (0, 0), "no evaluation is paid for");
					let judgement = judged.unwrap();
					assert_eq!(judgement.verdict, Verdict::Inconsistent { pair: at as u32 });
					assert_eq!(judgement.used, Used { units: 0, chunks: 0 });
				}
			}
		}
	}
}
