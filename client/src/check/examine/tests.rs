//! Everything that a provider can commit to, deliver and serve.

use super::*;
use crate::{
	chain::Fraud,
	check::{
		fixture::{tree_of, FalseSum, Fixture, Garbage, PairByPair, Truncated},
		Case, Levels, TreeError, Unserved,
	},
};

const ITEMS: u32 = 1_000;
/// Leaves of such a job.
const LEAVES: u32 = 125;
/// More than there are, so that a sample holds all leaves and finds what is wrong for certain.
const EVERY: CheckWish = CheckWish::Sample(1_000);

async fn look<S: Source>(rerun: &Rerun, delivered: Option<&Bundle>, mut source: S, wish: CheckWish) -> Examined {
	let delivered = delivered.map(Bundle::encode).ok_or_else(|| "nobody answers".to_owned());
	examine(rerun, delivered, &mut source, wish, 16).await.unwrap()
}

fn report(examined: &Examined) -> &CheckReport {
	match &examined.found {
		Found::Agrees(report) => report,
		other => panic!("{other:?}"),
	}
}

fn case(examined: &Examined) -> &Case {
	assert!(examined.bundle.is_none(), "nothing of a wrong result is kept");
	match &examined.found {
		Found::Wrong(case) => case,
		other => panic!("{other:?}"),
	}
}

#[tokio::test]
async fn an_honest_result_agrees_and_only_all_leaves_verify_it() {
	let fixture = Fixture::new(ITEMS);
	let honest = fixture.honest();
	let rerun = fixture.rerun(honest.root());
	let sample = look(&rerun, Some(&honest), Unserved, CheckWish::Sample(16)).await;
	assert_eq!((report(&sample).random, report(&sample).total), (16, LEAVES));
	// The first and the last leaf on top, unless they are among those drawn.
	assert!((16..=18).contains(&report(&sample).checked));
	assert!(!report(&sample).proves().contains("verified"));
	assert_eq!(sample.delivery, Delivery::AsCommitted);
	assert!(rerun.units() > 0);
	let all = look(&rerun, Some(&honest), Unserved, CheckWish::All).await;
	assert!(report(&all).proves().contains("verified"));
	assert_eq!(all.bundle.unwrap().output(), honest.output());
	let none = look(&rerun, Some(&honest), Unserved, CheckWish::None).await;
	assert_eq!(report(&none).checked, 0);
	assert!(!report(&none).is_complete());
	assert!(none.bundle.is_some());
}

#[tokio::test]
async fn a_wrong_leaf_becomes_a_case() {
	let fixture = Fixture::new(ITEMS);
	for (wrong, leaf) in [
		(fixture.wrong(&[70]), 70),
		(fixture.wrong(&[0, 124]), 0),
		(fixture.inflated(124, 1), 124),
	] {
		let rerun = fixture.rerun(wrong.root());
		for wish in [EVERY, CheckWish::All] {
			let examined = look(&rerun, Some(&wrong), Unserved, wish).await;
			assert_eq!(case(&examined).leaf(), leaf);
			assert!(matches!(case(&examined).fraud, Fraud::WrongLeaf { .. }));
		}
	}
}

/// What pays best for a cheat: commit to more units, and deliver what is right.
#[tokio::test]
async fn a_right_delivery_does_not_hide_a_wrong_commitment() {
	let fixture = Fixture::new(ITEMS);
	let (honest, wrong) = (fixture.honest(), fixture.inflated(33, 100));
	let rerun = fixture.rerun(wrong.root());
	for wish in [CheckWish::None, CheckWish::Sample(1), CheckWish::All] {
		let examined = look(&rerun, Some(&honest), tree_of(&wrong), wish).await;
		assert_eq!(case(&examined).leaf(), 33);
		let examined = look(&rerun, Some(&honest), PairByPair(tree_of(&wrong)), wish).await;
		assert_eq!(case(&examined).leaf(), 33);
	}
}

#[tokio::test]
async fn a_wrong_delivery_is_mended_where_the_commitment_is_right() {
	let fixture = Fixture::new(ITEMS);
	let (honest, delivered) = (fixture.honest(), fixture.wrong(&[5, 6, 124]));
	let rerun = fixture.rerun(honest.root());
	for wish in [CheckWish::None, CheckWish::Sample(1), CheckWish::All] {
		let whole = look(&rerun, Some(&delivered), tree_of(&honest), wish).await;
		let pairs = look(&rerun, Some(&delivered), PairByPair(tree_of(&honest)), wish).await;
		for examined in [whole, pairs] {
			assert_eq!(examined.delivery, Delivery::Mended { leaves: 3 });
			assert_eq!(report(&examined).is_complete(), wish == CheckWish::All);
			assert_eq!(examined.bundle.unwrap().encode(), honest.encode());
		}
	}
}

#[tokio::test]
async fn a_wrong_leaf_among_wrong_deliveries_is_found() {
	let fixture = Fixture::new(ITEMS);
	let (delivered, committed) = (fixture.wrong(&[5, 6]), fixture.wrong(&[90]));
	let rerun = fixture.rerun(committed.root());
	let whole = look(&rerun, Some(&delivered), tree_of(&committed), CheckWish::Sample(1)).await;
	let pairs = look(
		&rerun,
		Some(&delivered),
		PairByPair(tree_of(&committed)),
		CheckWish::Sample(1),
	)
	.await;
	for examined in [whole, pairs] {
		assert_eq!(case(&examined).leaf(), 90);
	}
}

#[tokio::test]
async fn too_much_that_was_delivered_wrong_is_not_mended() {
	let fixture = Fixture::new(ITEMS);
	let (honest, wrong) = (fixture.honest(), (0..17).collect::<Vec<u32>>());
	let rerun = fixture.rerun(honest.root());
	let delivered = fixture.wrong(&wrong);
	let whole = look(&rerun, Some(&delivered), tree_of(&honest), CheckWish::Sample(8)).await;
	let pairs = look(
		&rerun,
		Some(&delivered),
		PairByPair(tree_of(&honest)),
		CheckWish::Sample(8),
	)
	.await;
	for examined in [whole, pairs] {
		// The commitment itself is right, as far as it was looked at.
		assert_eq!(report(&examined).random, 8);
		assert!(matches!(&examined.delivery, Delivery::Wrong(reason) if reason.contains("17")));
		assert!(examined.bundle.is_none());
	}
}

#[tokio::test]
async fn without_a_bundle_the_served_tree_is_compared() {
	let fixture = Fixture::new(ITEMS);
	let (honest, wrong) = (fixture.honest(), fixture.wrong(&[124]));
	let rerun = fixture.rerun(honest.root());
	let sample = look(&rerun, None, tree_of(&honest), CheckWish::Sample(16)).await;
	assert_eq!((report(&sample).random, sample.bundle.is_none()), (16, true));
	assert!(matches!(sample.delivery, Delivery::Missing(_)));
	let rerun = fixture.rerun(wrong.root());
	for wish in [CheckWish::Sample(1), CheckWish::All] {
		// The last leaf is in every sample.
		assert_eq!(case(&look(&rerun, None, tree_of(&wrong), wish).await).leaf(), 124);
		assert_eq!(
			case(&look(&rerun, None, PairByPair(tree_of(&wrong)), wish).await).leaf(),
			124
		);
	}
}

#[tokio::test]
async fn a_hidden_tree_hides_where_and_not_that() {
	let fixture = Fixture::new(ITEMS);
	let (honest, wrong) = (fixture.honest(), fixture.wrong(&[70]));

	// One's own run shows a right result without the provider.
	let rerun = fixture.rerun(honest.root());
	let all = look(&rerun, None, Unserved, CheckWish::All).await;
	assert!(report(&all).proves().contains("verified"));
	assert_eq!(all.bundle.unwrap().encode(), honest.encode());

	let rerun = fixture.rerun(wrong.root());
	async fn hidden<S: Source>(rerun: &Rerun, delivered: Option<&Bundle>, honest: &Bundle, source: impl Fn() -> S) {
		let sample = look(rerun, delivered, source(), EVERY).await;
		assert!(matches!(sample.found, Found::Withheld { .. }), "{:?}", sample.found);
		assert!(sample.bundle.is_none());
		let all = look(rerun, delivered, source(), CheckWish::All).await;
		let Found::Unproven { own, .. } = all.found else {
			panic!("{:?}", all.found);
		};
		assert_eq!(own, honest.nodes());
		assert!(all.bundle.is_none());
	}
	for delivered in [None, Some(&honest)] {
		hidden(&rerun, delivered, &honest, || Unserved).await;
		hidden(&rerun, delivered, &honest, || Garbage).await;
		hidden(&rerun, delivered, &honest, || Truncated(tree_of(&wrong))).await;
		hidden(&rerun, delivered, &honest, || tree_of(&honest)).await;
	}
}

#[tokio::test]
async fn a_false_sum_is_a_case_by_itself() {
	let fixture = Fixture::new(ITEMS);
	let honest = fixture.honest();
	let is_pair = |examined: &Examined| {
		let case = case(examined);
		assert!(matches!(case.fraud, Fraud::InconsistentPair { .. }), "{:?}", case.fraud);
		assert!(case.proof.openings.iter().all(|opening| opening.chunks.is_empty()));
	};

	// More units than the leaves of the very tree that was delivered: no provider is asked.
	let mut root = honest.root();
	root.units += 1;
	let rerun = fixture.rerun(root);
	for wish in [CheckWish::None, CheckWish::Sample(1), CheckWish::All] {
		is_pair(&look(&rerun, Some(&honest), Unserved, wish).await);
	}

	// Somewhere inside.
	for (level, position) in [(7, 0), (4, 2), (1, 0)] {
		let tree = || FalseSum::new(honest.nodes(), level, position);
		let rerun = fixture.rerun(tree().root());
		for wish in [CheckWish::None, CheckWish::Sample(1), CheckWish::All] {
			is_pair(&look(&rerun, Some(&honest), tree(), wish).await);
		}
		is_pair(&look(&rerun, None, tree(), EVERY).await);
	}
}

#[tokio::test]
async fn a_single_leaf_has_no_pairs() {
	let fixture = Fixture::new(8);
	let honest = fixture.honest();
	assert_eq!(honest.leaves().len(), 1);
	let mut root = honest.root();
	root.units += 1;
	let examined = look(&fixture.rerun(root), Some(&honest), Unserved, CheckWish::Sample(1)).await;
	assert_eq!((case(&examined).leaf(), case(&examined).proof.pairs.len()), (0, 0));
	let wrong = fixture.wrong(&[0]);
	let examined = look(&fixture.rerun(wrong.root()), None, Unserved, CheckWish::Sample(1)).await;
	// The root is the leaf: nothing has to be served.
	assert_eq!(case(&examined).leaf(), 0);
}

/// A leaf that claims what none can be is looked at whatever was drawn, and whatever the bundle is otherwise worth.
#[tokio::test]
async fn impossible_figures_are_looked_at() {
	let fixture = Fixture::new(ITEMS);
	let suspicious = fixture.inflated(57, 1_000_000);
	let rerun = fixture.rerun(suspicious.root());
	let examined = look(&rerun, Some(&suspicious), Unserved, CheckWish::Sample(1)).await;
	assert_eq!(case(&examined).leaf(), 57);

	// More traps than items: such bytes are no bundle at all, but the leaf is in the tree.
	let mut bytes = fixture.honest().encode();
	let figures = usize::try_from(4 * ITEMS).unwrap() + 57 * FIGURES_BYTES;
	bytes[figures + 8] = 200;
	let output = fixture.honest();
	let mut nodes = output.nodes();
	let units = output.leaves()[57].units;
	nodes[57] = millrace_kernel::tree::output_leaf::<Blake2b>(57, output.leaf_bytes(57).unwrap(), units, 200);
	let mut tree = Levels::new(nodes).unwrap();
	let rerun = fixture.rerun(tree.root().unwrap());
	let examined = examine(&rerun, Ok(bytes), &mut tree, CheckWish::Sample(1), 16)
		.await
		.unwrap();
	assert_eq!(case(&examined).leaf(), 57);
	assert!(matches!(examined.delivery, Delivery::Wrong(_)));
}

#[tokio::test]
async fn a_truncated_delivery_is_none() {
	let fixture = Fixture::new(ITEMS);
	let honest = fixture.honest();
	let rerun = fixture.rerun(honest.root());
	let mut bytes = honest.encode();
	bytes.pop();
	let examined = examine(&rerun, Ok(bytes), &mut Unserved, CheckWish::Sample(4), 16)
		.await
		.unwrap();
	assert!(matches!(
		examined.found,
		Found::Withheld {
			reason: TreeError::Unserved(_)
		}
	));
	assert!(matches!(examined.delivery, Delivery::Wrong(_)));
}
