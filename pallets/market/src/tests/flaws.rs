//! Proofs that show nothing, above all against an honest provider: whatever the shape of what is shown, the job says what
//! the shape must be.

use super::refute::{paying, refute};
use crate::{mock::*, Error, ProofFlaw, WeightInfo};
use millrace_kernel::tree::{Pair, SumNode};
use millrace_primitives::{refutation::RefutationProof, JobId, ProviderId};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
	sp_runtime::BoundedVec,
};
use scale_info::TypeInfo;
use std::collections::BTreeSet;

/// Nothing happens, and the whole declared weight is paid for.
fn flawed(id: JobId, proof: RefutationProof, flaw: ProofFlaw) {
	assert_noop!(refute(BOB, id, proof), paying(Error::BadProof(flaw), None));
}

/// A committed job of this work with this result.
fn accused(work: &Work, tree: &Tree) -> (ProviderId, JobId) {
	let provider = asking(1, 0);
	(provider, committed(ALICE, provider, work, tree))
}

/// The result was never in danger: it is paid, and the stake is whole.
fn is_paid(provider: ProviderId, id: JobId) {
	let record = MockProviders::get(provider).unwrap();
	assert_eq!((MockProviders::stake(&record), record.fraud_clock), (240_000, None));
	assert_ok!(Market::settle_now(signed(ALICE), id));
	assert!(free(payout(provider)) > 10_000);
}

fn with_pairs(work: &Work, leaf: u32, pairs: &[Pair]) -> RefutationProof {
	RefutationProof {
		pairs: wire_pairs(pairs),
		..work.proof(&work.honest(), leaf)
	}
}

#[test]
fn an_inner_node_does_not_pass_for_a_leaf() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let tree = work.honest();
		let (provider, id) = accused(&work, &tree);
		for leaf in 0..5 {
			let whole = tree.pairs(leaf);
			// The path ends at each node above the leaf, which then stands where the leaf should.
			for kept in 0..whole.len() {
				flawed(id, with_pairs(&work, leaf, &whole[..kept]), ProofFlaw::Path);
			}
		}
		// Leaf 4 is promoted twice: the node beside the root's left child is the leaf itself, and has no way further down.
		assert_eq!(tree.pairs(4).len(), 1);
		is_paid(provider, id);
	});
}

#[test]
fn a_leaf_does_not_pass_for_an_inner_node() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let tree = work.honest();
		let (provider, id) = accused(&work, &tree);
		let invented = Pair {
			left: SumNode {
				hash: [1; 32],
				units: 60,
			},
			right: SumNode {
				hash: [2; 32],
				units: 0,
			},
		};
		for leaf in 0..5 {
			let longer = |pair: Pair| [tree.pairs(leaf), vec![pair]].concat();
			flawed(id, with_pairs(&work, leaf, &longer(invented)), ProofFlaw::Path);
			let last = tree.pairs(leaf)[tree.pairs(leaf).len() - 1];
			flawed(id, with_pairs(&work, leaf, &longer(last)), ProofFlaw::Path);
		}
		is_paid(provider, id);
	});
}

#[test]
fn a_path_that_is_not_the_leafs_shows_nothing() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let tree = work.honest();
		let (provider, id) = accused(&work, &tree);
		// Of another leaf, unless both have the same pairs above them.
		for (leaf, other) in [(0, 2), (0, 4), (1, 3), (2, 1), (3, 4), (4, 0), (4, 3)] {
			flawed(id, with_pairs(&work, leaf, &tree.pairs(other)), ProofFlaw::Path);
		}
		// Top-down and bottom-up are not the same.
		let mut reversed = tree.pairs(0);
		reversed.reverse();
		flawed(id, with_pairs(&work, 0, &reversed), ProofFlaw::Path);
		// Children changed places, or claim other units.
		let mut swapped = tree.pairs(1);
		swapped[2] = Pair {
			left: swapped[2].right,
			right: swapped[2].left,
		};
		flawed(id, with_pairs(&work, 1, &swapped), ProofFlaw::Path);
		let mut moved = tree.pairs(1);
		(moved[2].left.units, moved[2].right.units) = (59, 61);
		flawed(id, with_pairs(&work, 1, &moved), ProofFlaw::Path);
		// A pair that does not sum up is no fraud of somebody who did not commit to it.
		let mut false_sum = tree.pairs(1)[..1].to_vec();
		false_sum[0].left.units += 1;
		flawed(id, with_pairs(&work, 1, &false_sum), ProofFlaw::Path);
		is_paid(provider, id);
	});
}

#[test]
fn the_proof_of_another_job_shows_nothing() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let (provider, id) = accused(&work, &work.honest());
		// The same kernel over more items, and another kernel over as many, both with a wrong byte.
		let longer = Work::new(TRIPLES, 12, vec![]);
		let traps = Work::odd_traps();
		for other in [&longer, &traps] {
			let tree = other.wrong_byte(1);
			flawed(id, other.proof(&tree, 1), ProofFlaw::Path);
		}
		// The lie of another provider about the very same work.
		let tree = work.wrong_byte(1);
		flawed(id, work.proof(&tree, 1), ProofFlaw::Path);
		is_paid(provider, id);
	});
}

#[test]
fn a_leaf_that_the_job_has_not_shows_nothing() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let (provider, id) = accused(&work, &work.honest());
		for leaf in [5, 6, 8, 1 << 31, u32::MAX] {
			let proof = RefutationProof {
				leaf,
				..work.proof(&work.honest(), 4)
			};
			flawed(id, proof, ProofFlaw::Leaf);
		}
		is_paid(provider, id);
	});
}

#[test]
fn other_bytes_than_the_inputs_show_nothing() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::sums();
		let tree = work.honest();
		let (provider, id) = accused(&work, &tree);
		let with = |change: &dyn Fn(&mut RefutationProof)| {
			let mut proof = work.proof(&tree, 0);
			change(&mut proof);
			proof
		};
		// Of another input as long, which the provider never saw.
		let other = Work::new(SUMS, 10, vec![input(2)]);
		flawed(
			id,
			with(&|proof| proof.openings[0] = other.open(&[0, 1])),
			ProofFlaw::Opening,
		);
		flawed(id, with(&|proof| proof.openings[0].bytes[7] ^= 1), ProofFlaw::Opening);
		flawed(
			id,
			with(&|proof| proof.openings[0].siblings[0][7] ^= 1),
			ProofFlaw::Opening,
		);
		// Of another form: fewer and more bytes and siblings, another order, a chunk twice, one that is not there.
		let shorter = |proof: &mut RefutationProof| {
			proof.openings[0].bytes.pop();
		};
		flawed(id, with(&shorter), ProofFlaw::Opening);
		flawed(
			id,
			with(&|proof| proof.openings[0].bytes.try_push(0).expect("there is room")),
			ProofFlaw::Opening,
		);
		let fewer = |proof: &mut RefutationProof| {
			proof.openings[0].siblings.pop();
		};
		flawed(id, with(&fewer), ProofFlaw::Opening);
		flawed(
			id,
			with(&|proof| proof.openings[0].siblings.try_push([0; 32]).expect("there is room")),
			ProofFlaw::Opening,
		);
		for chunks in [[1, 0], [1, 1], [0, 3], [0, u32::MAX]] {
			let chunks = BoundedVec::truncate_from(chunks.to_vec());
			flawed(
				id,
				with(&|proof| proof.openings[0].chunks = chunks.clone()),
				ProofFlaw::Opening,
			);
		}
		// Not one for each input.
		flawed(
			id,
			with(&|proof| proof.openings = BoundedVec::default()),
			ProofFlaw::Opening,
		);
		let twice = |proof: &mut RefutationProof| {
			let opening = proof.openings[0].clone();
			proof.chunks *= 2;
			proof.openings.try_push(opening).expect("there is room");
		};
		flawed(id, with(&twice), ProofFlaw::Opening);
		is_paid(provider, id);
	});
}

#[test]
fn a_job_without_inputs_has_no_openings() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::triples();
		let (provider, id) = accused(&work, &work.honest());
		let mut proof = work.proof(&work.honest(), 0);
		proof.chunks = 1;
		proof.openings = BoundedVec::truncate_from(vec![Work::sums().open(&[0])]);
		flawed(id, proof, ProofFlaw::Opening);
		is_paid(provider, id);
	});
}

#[test]
fn a_chunk_that_is_read_must_be_open_and_one_that_is_not_does_no_harm() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::sums();
		let tree = work.honest();
		let (provider, id) = accused(&work, &tree);
		let opened = |chunks: &[u32]| RefutationProof {
			openings: BoundedVec::truncate_from(vec![work.open(chunks)]),
			chunks: 3,
			..work.proof(&tree, 0)
		};
		for chunks in [&[][..], &[0], &[1], &[2], &[0, 2], &[1, 2]] {
			flawed(id, opened(chunks), ProofFlaw::ChunkMissing);
		}
		// Leaf 0 reads chunks 0 and 1. The third is verified, so it is paid for.
		let used = 50_000 + 10 * 334 + 7_000 * 3;
		assert_noop!(refute(BOB, id, opened(&[0, 1, 2])), paying(Error::NoFraud, Some(used)));
		is_paid(provider, id);
	});
}

#[test]
fn understated_work_shows_nothing_even_against_a_liar() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::sums();
		let tree = work.wrong_byte(0);
		let (_, id) = accused(&work, &tree);
		let declared = |units: u32, chunks: u32| RefutationProof {
			units,
			chunks,
			..work.proof(&tree, 0)
		};
		for (units, chunks) in [(333, 2), (334, 1), (334, 0), (0, 2), (23, 2)] {
			flawed(id, declared(units, chunks), ProofFlaw::Understated);
		}
		assert_ok!(refute(BOB, id, declared(334, 2)));
	});
}

#[test]
fn more_work_than_a_leaf_can_take_is_not_declared() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::sums();
		let tree = work.wrong_byte(0);
		let (_, id) = accused(&work, &tree);
		let declared = |units: u32, chunks: u32| RefutationProof {
			units,
			chunks,
			..work.proof(&tree, 0)
		};
		for (units, chunks) in [((1 << 21) + 1, 2), (334, 513), (u32::MAX, u32::MAX)] {
			flawed(id, declared(units, chunks), ProofFlaw::Declared);
		}
		let info = refute(BOB, id, declared(1 << 21, 512)).unwrap();
		assert_eq!(info.actual_weight, Some(<() as WeightInfo>::refute(334, 2)));
	});
}

/// The tests above are of every flaw that there is.
#[test]
fn every_flaw_is_provoked() {
	let tested = ["Declared", "Leaf", "Path", "Opening", "Understated", "ChunkMissing"];
	let scale_info::TypeDef::Variant(flaws) = ProofFlaw::type_info().type_def else {
		panic!("flaws are an enum");
	};
	let declared: BTreeSet<_> = flaws.variants.iter().map(|variant| variant.name).collect();
	assert_eq!(BTreeSet::from(tested), declared);
}

/// What a call carries is bounded; what of it can be valid is less.
#[test]
fn an_empty_proof_shows_nothing() {
	ExtBuilder::build_and_execute(|| {
		let work = Work::sums();
		let (provider, id) = accused(&work, &work.wrong_byte(0));
		flawed(id, RefutationProof::default(), ProofFlaw::Opening);
		let work = Work::triples();
		let tree = Tree::over(
			vec![SumNode {
				hash: H256::zero().0,
				units: 0,
			}],
			|_, _, sum| sum,
		);
		let id = committed(ALICE, provider, &work, &tree);
		flawed(id, RefutationProof::default(), ProofFlaw::Path);
	});
}
