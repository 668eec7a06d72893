//! Putting right what was delivered wrong, as the served tree shows it; on the way a wrong leaf may turn up.

use super::{
	levels::Levels,
	rerun::{off, Rerun},
	tree::{Source, Tree, TreeError},
	Case, CheckError,
};
use millrace_compute::Bundle;
use millrace_kernel::{
	leaf::Leaf,
	tree::{Blake2b, Claim, Pair, SumNode},
};

/// Leaves that are mended one by one where the tree is too large to be fetched whole: each takes a walk down.
const ONE_BY_ONE: u32 = 64;

/// What mending a bundle came to.
pub(super) enum Mended {
	/// It is the committed bundle now; so many leaves were not.
	Whole(Box<Bundle>, u32),
	/// A wrong leaf was found.
	Case(Box<Case>),
	/// It cannot be mended.
	No(String),
}

/// Evaluates the leaves in which `bundle` differs from the committed tree, `most` at most. Each is either what was
/// committed, and mends the bundle, or the case against the commitment.
pub(super) async fn mend<S: Source>(
	rerun: &Rerun,
	bundle: Bundle,
	tree: &mut Tree<'_, S>,
	most: u32,
) -> Result<Mended, CheckError> {
	let own = bundle.nodes();
	let right = match tree.leaves().await {
		Ok(Some(claimed)) => at_once(rerun, &own, claimed, most).await?,
		Err(TreeError::Unserved(error)) => Err(Mended::No(error.to_string())),
		Ok(None) | Err(_) => one_by_one(rerun, own, tree, most.min(ONE_BY_ONE)).await?,
	};
	let right = match right {
		Ok(right) => right,
		Err(end) => return Ok(end),
	};
	let leaves = u32::try_from(right.len()).unwrap_or(u32::MAX);
	let root = rerun.subject().root;
	match off(move || bundle.with_leaves(&right)).await? {
		Ok(bundle) if bundle.root() == root => Ok(Mended::Whole(Box::new(bundle), leaves)),
		Ok(_) => Err(CheckError::Broken("the mended result has another root".to_owned())),
		Err(error) => Err(CheckError::Broken(error.to_string())),
	}
}

/// The leaves that mend, or what ended the attempt.
type Right = Result<Vec<(u32, Leaf)>, Mended>;

/// With all committed leaves at hand.
async fn at_once(rerun: &Rerun, own: &[SumNode], claimed: Vec<SumNode>, most: u32) -> Result<Right, CheckError> {
	let wanted = differing(own, &claimed);
	if wanted.len() > usize::try_from(most).unwrap_or(usize::MAX) {
		return Ok(Err(too_many(rerun, wanted.len())));
	}
	let right = rerun.leaves(wanted).await?;
	let wrong = right
		.iter()
		.find(|(leaf, actual)| claimed.get(index(*leaf)) != Some(&actual.node::<Blake2b>(*leaf)))
		.map(|(leaf, _)| *leaf);
	match wrong {
		None => Ok(Ok(right)),
		Some(leaf) => {
			let levels = Levels::new(claimed).map_err(|error| CheckError::Broken(error.to_string()))?;
			let pairs = levels.path(leaf);
			case(rerun, leaf, pairs).await.map(Err)
		}
	}
}

/// By walks down the tree.
async fn one_by_one<S: Source>(
	rerun: &Rerun,
	mut own: Vec<SumNode>,
	tree: &mut Tree<'_, S>,
	most: u32,
) -> Result<Right, CheckError> {
	let mut right = Vec::new();
	loop {
		let difference = match tree.difference(&own).await {
			Ok(None) => return Ok(Ok(right)),
			Ok(Some(difference)) => difference,
			Err(error) => return Ok(Err(Mended::No(error.to_string()))),
		};
		let claimed = match difference.claim {
			Claim::Leaf(claimed) => claimed,
			Claim::Inconsistent { .. } => {
				let case = rerun.case(difference.leaf, difference.pairs, &difference.claim).await?;
				return Ok(Err(Mended::Case(Box::new(case))));
			}
		};
		if right.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
			return Ok(Err(too_many(rerun, right.len().saturating_add(1))));
		}
		for (leaf, actual) in rerun.leaves(vec![difference.leaf]).await? {
			if actual.node::<Blake2b>(leaf) != claimed {
				return case(rerun, leaf, difference.pairs).await.map(Err);
			}
			if let Some(node) = own.get_mut(index(leaf)) {
				*node = claimed;
			}
			right.push((leaf, actual));
		}
	}
}

async fn case(rerun: &Rerun, leaf: u32, pairs: Vec<Pair>) -> Result<Mended, CheckError> {
	// What the path claims for the leaf is in the pairs; here it only counts that it is a leaf.
	let claim = Claim::Leaf(rerun.subject().root);
	Ok(Mended::Case(Box::new(rerun.case(leaf, pairs, &claim).await?)))
}

fn too_many(rerun: &Rerun, count: usize) -> Mended {
	Mended::No(format!(
		"{count} or more of its {} leaves differ",
		rerun.subject().leaves()
	))
}

fn index(leaf: u32) -> usize {
	usize::try_from(leaf).unwrap_or(usize::MAX)
}

/// The numbers of the leaves in which two trees differ.
pub(super) fn differing(one: &[SumNode], other: &[SumNode]) -> Vec<u32> {
	(0u32..)
		.zip(one.iter().zip(other))
		.filter(|(_, (one, other))| one != other)
		.map(|(leaf, _)| leaf)
		.collect()
}
