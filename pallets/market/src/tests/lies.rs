//! Every lie about a leaf, and every false sum, is refuted; and nothing beside it.

use super::refute::refute;
use crate::{mock::*, Error, Event};
use millrace_kernel::{
	leaf::Leaf,
	tree::{Blake2b, SumNode},
};
use millrace_primitives::refutation::Fraud;
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		dispatch::{Pays, PostDispatchInfo},
		hypothetically,
		weights::Weight,
	},
	sp_runtime::DispatchError,
};

/// What a provider may claim in place of a leaf.
fn lies(leaf: &Leaf, number: u32) -> Vec<(&'static str, SumNode)> {
	let with = |change: fn(&mut Leaf)| {
		let mut leaf = leaf.clone();
		change(&mut leaf);
		leaf.node::<Blake2b>(number)
	};
	let honest = leaf.node::<Blake2b>(number);
	let mut lies = vec![
		("a wrong byte", with(|leaf| leaf.bytes[64] ^= 0x80)),
		("a byte more", with(|leaf| leaf.bytes.push(0))),
		("a byte less", with(|leaf| leaf.bytes.truncate(127))),
		("inflated units", with(|leaf| leaf.units += 1)),
		("deflated units", with(|leaf| leaf.units -= 1)),
		("a trap claimed", with(|leaf| leaf.traps += 1)),
		(
			"everything trapped, at the whole bound",
			with(|leaf| {
				leaf.bytes.fill(0);
				(leaf.units, leaf.traps) = (2 << 20, 2);
			}),
		),
		("another leaf's number", leaf.node::<Blake2b>(number + 1)),
		(
			"inflated units beside the right hash",
			SumNode {
				units: honest.units + 1_000,
				..honest
			},
		),
		(
			"a hash of nothing",
			SumNode {
				hash: [0xee; 32],
				..honest
			},
		),
	];
	if leaf.traps > 0 {
		lies.push(("a trap denied", with(|leaf| leaf.traps -= 1)));
	}
	lies
}

#[test]
fn every_lie_about_a_leaf_is_refuted_there_and_nowhere_else() {
	for work in [Work::triples, Work::sums, Work::odd_traps] {
		ExtBuilder::build_and_execute(|| {
			let work = work();
			let provider = asking(1, 0);
			let leaves = work.leaves();
			assert_eq!(leaves.len(), 5);
			for (number, leaf) in (0u32..).zip(&leaves) {
				let evaluated = wire_node(&leaf.node::<Blake2b>(number));
				for (name, claimed) in lies(leaf, number) {
					hypothetically!({
						let tree = work.lying(number, claimed);
						let id = committed(ALICE, provider, &work, &tree);
						for other in (0..5).filter(|other| *other != number) {
							let refused = refute(BOB, id, work.proof(&tree, other)).map_err(|error| error.error);
							assert_eq!(refused, Err(DispatchError::from(Error::<Test>::NoFraud)), "{name}");
						}
						assert_ok!(refute(BOB, id, work.proof(&tree, number)));
						let Event::JobRefuted { leaf, fraud, .. } = last_event() else {
							panic!("{name} is not refuted")
						};
						let claimed = wire_node(&claimed);
						assert_eq!(
							(leaf, fraud),
							(number, Fraud::WrongLeaf { claimed, evaluated }),
							"{name}"
						);
						assert_ok!(Market::do_try_state());
					});
				}
			}
		});
	}
}

/// Leaf 0 lies below all three: the root's pair, that of node 0 of the second level, and that of node 0 of the first.
#[test]
fn a_false_sum_is_refuted_wherever_it_stands() {
	let lies: [(usize, u64); 4] = [(3, 1), (2, 7), (1, 1_000), (1, u64::MAX)];
	for (level, more) in lies {
		ExtBuilder::build_and_execute(|| {
			let provider = asking(1, 0);
			let work = Work::triples();
			let tree = Tree::over(nodes(&work.leaves()), |at, number, sum| match (at, number) {
				(at, 0) if at == level => sum.wrapping_add(more),
				_ => sum,
			});
			let id = committed(ALICE, provider, &work, &tree);
			// The path ends with the pair whose units do not sum up.
			let pair = 3 - level;
			let pairs = tree.pairs(0)[..=pair].to_vec();
			let proof = work.proof_over(tree.root(), 0, pairs);
			assert_eq!((proof.units, proof.chunks), (0, 0));
			assert_eq!(
				refute(BOB, id, proof),
				Ok(PostDispatchInfo {
					actual_weight: Some(Weight::from_parts(50_000, 0)),
					pays_fee: Pays::No
				})
			);
			let fraud = Fraud::InconsistentPair { pair: pair as u32 };
			assert!(matches!(last_event(), Event::JobRefuted { fraud: shown, refund: 100, .. } if shown == fraud));
			assert_eq!(free(ALICE), FUNDS - 20);
		});
	}
}

#[test]
fn units_that_overflow_are_a_false_sum() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let mut nodes = nodes(&work.leaves());
		// 2⁶⁴ − 40 and 60 wrap to 20: the root claims what an honest sum might.
		nodes[0].units = u64::MAX - 39;
		let tree = Tree::over(nodes, |_, _, sum| sum);
		assert_eq!(tree.root().units, 200);
		let id = committed(ALICE, provider, &work, &tree);
		let proof = work.proof_over(tree.root(), 1, tree.pairs(1));
		assert_ok!(refute(BOB, id, proof));
		assert!(matches!(
			last_event(),
			Event::JobRefuted {
				fraud: Fraud::InconsistentPair { pair: 2 },
				..
			}
		));
	});
}
