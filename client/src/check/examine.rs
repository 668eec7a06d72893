//! Comparing a committed result with what its leaves are.
//!
//! ```text
//! bundle ─ its tree leads to the root ──────────────────────────────▶ compare leaves with it
//!        ─ it does not ─ served tree ─ differing leaves, evaluated ─┬▶ one is wrong: a case
//!                                                                   └▶ all are right: mended, compare as above
//! no bundle ───────────── served tree ──────────────────────────────▶ compare leaves with it
//! `all` ───────────────── a run of one's own, and the way down to where the committed tree differs
//! ```

use super::{
	found::{Delivery, Examined, Found},
	levels::Levels,
	mend::{differing, mend, Mended},
	rerun::{off, Rerun},
	tree::{Source, Tree},
	CaseError, CheckError, Subject,
};
use crate::{
	job::{short_root, CheckWish},
	keys::random,
};
use millrace_compute::{parse_bundle, Bundle, Check, CheckReport, FIGURES_BYTES};
use millrace_kernel::{
	leaf::{leaf_items, Leaf},
	tree::{Blake2b, Claim, Pair, SumNode},
};

/// Leaves that the interpreter re-runs where compiled code re-ran all of them: the provider may have used the same
/// compiler.
const INTERPRETED_LEAVES: u32 = 64;
/// Leaves that are compared at once: enough for all cores, few enough for a first wrong one to be found soon.
const BATCH: usize = 256;

/// Compares leaves of a committed result with what they are.
///
/// `delivered` are the bytes that came as the bundle, or why none came. `source` serves the committed tree. At most
/// `most_mended` leaves that were delivered wrong are evaluated to put them right. [`CheckWish::None`] re-runs only what
/// differs.
///
/// # Errors
/// [`CheckError`]: it could not be compared here, which says nothing about the result.
pub async fn examine<S: Source>(
	rerun: &Rerun,
	delivered: Result<Vec<u8>, String>,
	source: &mut S,
	wish: CheckWish,
	most_mended: u32,
) -> Result<Examined, CheckError> {
	let subject = rerun.subject();
	let (bundle, suspect, delivery) = match delivered {
		Err(reason) => (None, None, Delivery::Missing(reason)),
		Ok(bytes) => {
			let suspect = suspect(subject, &bytes);
			let (items, header) = (subject.items, *subject.program.header());
			let per_leaf = subject.program.items_per_leaf();
			match off(move || parse_bundle(&bytes, items, header.item_size, per_leaf)).await? {
				Ok(bundle) if bundle.root().hash == subject.root.hash => (Some(bundle), suspect, Delivery::AsCommitted),
				Ok(bundle) => {
					let delivery = Delivery::Wrong(format!(
						"the tree over the delivered bytes has the root {}, and {} was committed",
						short_root(&bundle.root().hash.into()),
						short_root(&subject.root.hash.into())
					));
					(Some(bundle), suspect, delivery)
				}
				Err(error) => (None, suspect, Delivery::Wrong(error.to_string())),
			}
		}
	};
	let check = match wish {
		CheckWish::All => None,
		CheckWish::Sample(count) => Some(sample(count)),
		CheckWish::None => None,
	};
	let examination = Examination { rerun, check, suspect };
	match wish {
		CheckWish::All => examination.whole(bundle, delivery, source).await,
		_ => examination.some(bundle, delivery, source, most_mended).await,
	}
}

fn sample(count: u32) -> Check {
	Check::Sample {
		count,
		seed: u64::from_le_bytes(random()),
	}
}

struct Examination<'a> {
	rerun: &'a Rerun,
	/// Which leaves are compared; none: only those that differ anyway.
	check: Option<Check>,
	/// A leaf that claims what no leaf can be.
	suspect: Option<u32>,
}

impl Examination<'_> {
	fn subject(&self) -> &Subject {
		self.rerun.subject()
	}

	/// Re-runs the chosen leaves.
	async fn some<S: Source>(
		&self,
		bundle: Option<Bundle>,
		delivery: Delivery,
		source: &mut S,
		most_mended: u32,
	) -> Result<Examined, CheckError> {
		let (bundle, delivery) = match (bundle, delivery) {
			(Some(bundle), Delivery::AsCommitted) => (bundle, Delivery::AsCommitted),
			(Some(bundle), other) => {
				let mut tree = Tree::new(self.subject().root, self.subject().leaves(), &mut *source);
				match mend(self.rerun, bundle, &mut tree, most_mended).await? {
					Mended::Whole(bundle, leaves) => (*bundle, Delivery::Mended { leaves }),
					Mended::Case(case) => return Ok(Examined::without_bundle(Found::Wrong(case), other)),
					Mended::No(reason) => {
						let found = self.compare_served(source).await?;
						return Ok(Examined::without_bundle(found, other.because(&reason)));
					}
				}
			}
			(None, delivery) => {
				let found = self.compare_served(source).await?;
				return Ok(Examined::without_bundle(found, delivery));
			}
		};
		let (bundle, mut levels) = levels_of(bundle).await?;
		let found = self.compare(&mut levels).await?;
		Ok(Examined {
			bundle: matches!(found, Found::Agrees(_)).then_some(bundle),
			found,
			delivery,
		})
	}

	/// Runs the whole job, and compares.
	async fn whole<S: Source>(
		&self,
		bundle: Option<Bundle>,
		delivery: Delivery,
		source: &mut S,
	) -> Result<Examined, CheckError> {
		let root = self.subject().root;
		let (own, levels) = levels_of(self.rerun.all().await?).await?;
		let misjudged = self.interpret(&levels).await?;
		if own.root() != root {
			if let Some(leaf) = misjudged {
				return Err(CheckError::Backend { leaf });
			}
			let committed = bundle.filter(|bundle| bundle.root().hash == root.hash);
			let found = match committed {
				Some(bundle) => {
					let (_, mut committed) = levels_of(bundle).await?;
					self.find_difference(levels, &mut committed).await?
				}
				None => self.find_difference(levels, source).await?,
			};
			return Ok(Examined::without_bundle(found, delivery));
		}
		// Equal to one's own run is not yet right: the interpreter decides, and both may have used the same compiler.
		if let Some(leaf) = misjudged {
			let claim = Claim::Leaf(root);
			let case = self.rerun.case(leaf, levels.path(leaf), &claim).await?;
			return Ok(Examined::without_bundle(Found::Wrong(Box::new(case)), delivery));
		}
		let total = self.subject().leaves();
		let delivery = match (delivery, bundle) {
			(Delivery::Wrong(_), Some(bundle)) => Delivery::Mended {
				leaves: u32::try_from(differing(levels.leaves(), &bundle.nodes()).len()).unwrap_or(u32::MAX),
			},
			(delivery, _) => delivery,
		};
		Ok(Examined {
			found: Found::Agrees(CheckReport {
				checked: total,
				random: total,
				total,
				mismatches: Vec::new(),
			}),
			delivery,
			bundle: Some(own),
		})
	}

	/// The first of some random leaves that the interpreter finds otherwise than compiled code did.
	async fn interpret(&self, compiled: &Levels) -> Result<Option<u32>, CheckError> {
		let (chosen, _) = sample(INTERPRETED_LEAVES).leaves(self.subject().leaves());
		let evaluated = self.rerun.leaves(chosen).await?;
		let differs = |(leaf, actual): &(u32, Leaf)| {
			let index = usize::try_from(*leaf).unwrap_or(usize::MAX);
			compiled.leaves().get(index) != Some(&actual.node::<Blake2b>(*leaf))
		};
		Ok(evaluated.into_iter().find(differs).map(|(leaf, _)| leaf))
	}

	/// Where the committed tree differs from one's own, which is right.
	async fn find_difference<S: Source>(&self, own: Levels, source: &mut S) -> Result<Found, CheckError> {
		let mut tree = Tree::new(self.subject().root, self.subject().leaves(), source);
		match tree.difference(own.leaves()).await {
			Ok(Some(difference)) => {
				let case = self
					.rerun
					.case(difference.leaf, difference.pairs, &difference.claim)
					.await;
				match case {
					Ok(case) => Ok(Found::Wrong(Box::new(case))),
					Err(CheckError::Case(CaseError::Right { leaf })) => Err(CheckError::Backend { leaf }),
					Err(error) => Err(error),
				}
			}
			Ok(None) => Err(CheckError::Broken(
				"a tree with another root has no difference".to_owned(),
			)),
			Err(reason) => Ok(Found::Unproven {
				own: own.leaves().to_vec(),
				reason,
			}),
		}
	}

	/// Compares the chosen leaves with the tree that is served, which is fetched whole where it is small.
	async fn compare_served<S: Source>(&self, source: &mut S) -> Result<Found, CheckError> {
		let subject = self.subject();
		let mut tree = Tree::new(subject.root, subject.leaves(), &mut *source);
		if let Ok(Some(leaves)) = tree.leaves().await {
			let mut levels = Levels::new(leaves).map_err(|error| CheckError::Broken(error.to_string()))?;
			return self.compare(&mut levels).await;
		}
		self.compare(source).await
	}

	/// Compares the chosen leaves with the committed tree.
	async fn compare<S: Source>(&self, source: &mut S) -> Result<Found, CheckError> {
		let total = self.subject().leaves();
		let (mut chosen, random) = self.check.map_or((Vec::new(), 0), |check| check.leaves(total));
		let sampled = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
		chosen.extend(self.suspect);
		chosen.sort_unstable();
		chosen.dedup();
		let mut tree = Tree::new(self.subject().root, total, source);
		if chosen.is_empty() {
			// A root whose units are no sum shows at the first pair, whichever leaf it leads to.
			if let Err(found) = self.ways(&mut tree, &[0]).await? {
				return Ok(found);
			}
		}
		for batch in chosen.chunks(BATCH) {
			// First the ways, then the work: nothing is evaluated for a tree that is not shown.
			let ways = match self.ways(&mut tree, batch).await? {
				Ok(ways) => ways,
				Err(found) => return Ok(found),
			};
			let evaluated = self.rerun.leaves(batch.to_vec()).await?;
			for ((leaf, actual), (pairs, claimed)) in evaluated.into_iter().zip(ways) {
				if actual.node::<Blake2b>(leaf) != claimed {
					let case = self.rerun.case(leaf, pairs, &Claim::Leaf(claimed)).await?;
					return Ok(Found::Wrong(Box::new(case)));
				}
			}
		}
		Ok(Found::Agrees(CheckReport {
			checked: sampled,
			random,
			total,
			mismatches: Vec::new(),
		}))
	}

	/// The ways to some leaves, and what was committed to for each; or what was found on one of them.
	async fn ways<S: Source>(
		&self,
		tree: &mut Tree<'_, S>,
		leaves: &[u32],
	) -> Result<Result<Vec<(Vec<Pair>, SumNode)>, Found>, CheckError> {
		let mut ways = Vec::new();
		for leaf in leaves {
			match tree.path(*leaf).await {
				Ok((pairs, Claim::Leaf(claimed))) => ways.push((pairs, claimed)),
				Ok((pairs, claim @ Claim::Inconsistent { .. })) => {
					let case = self.rerun.case(*leaf, pairs, &claim).await?;
					return Ok(Err(Found::Wrong(Box::new(case))));
				}
				Err(reason) => return Ok(Err(Found::Withheld { reason })),
			}
		}
		Ok(Ok(ways))
	}
}

async fn levels_of(bundle: Bundle) -> Result<(Bundle, Levels), CheckError> {
	off(move || {
		let levels = Levels::new(bundle.nodes()).map_err(|error| CheckError::Broken(error.to_string()))?;
		Ok((bundle, levels))
	})
	.await?
}

/// The first leaf of a delivery that claims what no leaf can be: more traps than items, or more units than they may
/// take. It is a lie if it was committed, so it is looked at whatever the sample holds.
fn suspect(subject: &Subject, delivered: &[u8]) -> Option<u32> {
	let output = usize::try_from(subject.output_bytes()).ok()?;
	let figures = delivered.get(output..)?;
	let per_leaf = subject.program.items_per_leaf();
	(0u32..)
		.zip(figures.chunks_exact(FIGURES_BYTES))
		.find(|(leaf, figures)| {
			let Some(items) = leaf_items(per_leaf, subject.items, *leaf).map(|items| items.end - items.start) else {
				return false;
			};
			let (units, traps) = figures.split_at(8);
			let units = units.try_into().map_or(0, u64::from_le_bytes);
			let traps = traps.try_into().map_or(0, u32::from_le_bytes);
			traps > items || units > u64::from(items) * u64::from(subject.max_units)
		})
		.map(|(leaf, _)| leaf)
}

#[cfg(test)]
mod tests;
