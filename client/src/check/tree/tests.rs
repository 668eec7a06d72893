//! Walks down trees that are served honestly, falsely, in part and not at all.

use super::*;
use crate::check::fixture::{tree_of, FalseSum, Fixture, Garbage, PairByPair, Truncated};
use crate::check::Unserved;

#[tokio::test]
async fn paths_are_those_of_the_tree() {
	let fixture = Fixture::new(1_000);
	let committed = tree_of(&fixture.honest());
	let root = committed.root().unwrap();
	let count = committed.leaves().len() as u32;
	let mut source = PairByPair(committed.clone());
	let mut tree = Tree::new(root, count, &mut source);
	for leaf in [0, 1, 63, 64, count - 1] {
		let (pairs, claim) = tree.path(leaf).await.unwrap();
		assert_eq!(pairs, committed.path(leaf));
		assert_eq!(claim, Claim::Leaf(committed.leaves()[leaf as usize]));
	}
}

#[tokio::test]
async fn a_difference_is_found_in_a_served_tree() {
	let fixture = Fixture::new(1_000);
	let own = fixture.honest().nodes();
	let mut committed = tree_of(&fixture.wrong(&[17, 90]));
	let root = committed.root().unwrap();
	let count = own.len() as u32;
	let found = Tree::new(root, count, &mut committed.clone())
		.difference(&own)
		.await
		.unwrap()
		.unwrap();
	assert_eq!(found.leaf, 17);
	assert_eq!(found.pairs, committed.path(17));
	let right = tree_of(&fixture.honest());
	let none = Tree::new(right.root().unwrap(), count, &mut committed)
		.difference(&own)
		.await;
	assert!(none.unwrap().is_none());
}

#[tokio::test]
async fn whole_trees_are_taken_only_if_they_lead_to_the_root() {
	let fixture = Fixture::new(1_000);
	let mut committed = tree_of(&fixture.wrong(&[3]));
	let (root, count) = (committed.root().unwrap(), committed.leaves().len() as u32);
	let leaves = committed.leaves().to_vec();
	assert_eq!(
		Tree::new(root, count, &mut committed).leaves().await.unwrap(),
		Some(leaves)
	);
	let mut other = tree_of(&fixture.honest());
	assert_eq!(Tree::new(root, count, &mut other).leaves().await.unwrap(), None);
	assert_eq!(Tree::new(root, count, &mut Garbage).leaves().await.unwrap(), None);
	assert_eq!(
		Tree::new(root, count, &mut Truncated(committed))
			.leaves()
			.await
			.unwrap(),
		None
	);
	assert!(matches!(
		Tree::new(root, count, &mut Unserved).leaves().await,
		Err(TreeError::Unserved(_))
	));
}

#[tokio::test]
async fn what_does_not_belong_to_the_tree_is_refused() {
	let fixture = Fixture::new(1_000);
	let own = fixture.honest().nodes();
	let committed = tree_of(&fixture.wrong(&[17]));
	let (root, count) = (committed.root().unwrap(), own.len() as u32);
	let unrelated = |error: TreeError| matches!(error, TreeError::Unrelated { .. });
	// The tree of what was delivered, in place of the one that was committed.
	let mut delivered = tree_of(&fixture.honest());
	assert!(unrelated(
		Tree::new(root, count, &mut delivered)
			.difference(&own)
			.await
			.unwrap_err()
	));
	assert!(unrelated(
		Tree::new(root, count, &mut delivered).path(17).await.unwrap_err()
	));
	assert!(unrelated(
		Tree::new(root, count, &mut Garbage).path(0).await.unwrap_err()
	));
	let mut truncated = Truncated(committed.clone());
	assert!(unrelated(
		Tree::new(root, count, &mut truncated)
			.difference(&own)
			.await
			.unwrap_err()
	));
	assert!(unrelated(
		Tree::new(root, count, &mut truncated).path(17).await.unwrap_err()
	));
}

#[tokio::test]
async fn a_false_sum_ends_the_way() {
	let fixture = Fixture::new(1_000);
	let own = fixture.honest().nodes();
	let count = own.len() as u32;
	// Above the leaves 32 to 47.
	let mut committed = FalseSum::new(own.clone(), 4, 2);
	let root = committed.root();
	let found = Tree::new(root, count, &mut committed)
		.difference(&own)
		.await
		.unwrap()
		.unwrap();
	assert!(matches!(found.claim, Claim::Inconsistent { .. }));
	assert!((32..48).contains(&found.leaf), "{}", found.leaf);
	let (pairs, claim) = Tree::new(root, count, &mut committed).path(40).await.unwrap();
	assert!(matches!(claim, Claim::Inconsistent { pair } if pair as usize + 1 == pairs.len()));
	let (_, claim) = Tree::new(root, count, &mut committed).path(0).await.unwrap();
	assert!(matches!(claim, Claim::Leaf(_)));
}
