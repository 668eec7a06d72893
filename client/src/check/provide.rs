//! Answering a demand from a bundle, by anyone who has it: what a standby does for a provider in an outage.

use super::{levels::Levels, refute::Claimant, rerun::off, CheckError, Subject};
use crate::{
	amount::Balance,
	chain::{Call, ChainError, JobEvent, ProvidedLeaf},
	job::Stage,
};
use millrace_compute::{parse_bundle, Bundle};
use serde::Serialize;
use std::path::Path;

/// Leaves of one call: the fewest that are free where others are missing. A demand may hold 64; in parts, what was sent
/// counts even if the rest fails.
const BATCH: usize = 16;

/// What was provided.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Provided {
	/// Leaves that this program brought.
	pub leaves: u32,
	/// Leaves that are still missing.
	pub missing: u32,
	/// Transaction fees that were paid in the end: none, unless others brought leaves at the same time.
	#[serde(with = "crate::amount::text")]
	pub fee: Balance,
	/// The best block with the last of them.
	pub block: u64,
}

impl Claimant<'_> {
	/// Brings the demanded leaves of a job from its bundle, `bytes`, which were read from `path`.
	///
	/// # Errors
	/// [`CheckError::OtherBundle`], before anything is sent; [`CheckError::NothingDemanded`]; the chain's refusal.
	pub async fn provide(&self, subject: &Subject, path: &Path, bytes: Vec<u8>) -> Result<Provided, CheckError> {
		let job = subject.job;
		let (bundle, levels) = committed_bundle(subject, path, bytes).await?;
		let mut provided = Provided::default();
		loop {
			let at = self.chain.best().await?;
			let Some(demand) = at.demand(job).await? else {
				if provided.leaves == 0 {
					return Err(CheckError::NothingDemanded(job));
				}
				provided.missing = 0;
				return Ok(provided);
			};
			self.observer.stage(&Stage::Providing {
				missing: u32::try_from(demand.leaves.len()).unwrap_or(u32::MAX),
			});
			let leaves: Vec<ProvidedLeaf> = demand
				.leaves
				.iter()
				.take(BATCH)
				.filter_map(|leaf| provided_leaf(&bundle, &levels, *leaf))
				.collect();
			if leaves.is_empty() {
				return Err(CheckError::Broken(
					"the demand names leaves that the job lacks".to_owned(),
				));
			}
			let call = Call::Provide { job, leaves };
			self.check_fee(&call).await?;
			match self.chain.call(&call, self.key.pair()).await {
				Ok(included) => {
					// Somebody else may have brought some of them just before.
					let (brought, missing) = included
						.jobs
						.iter()
						.find_map(|(_, event)| match event {
							JobEvent::LeavesProvided { leaves, missing, .. } => Some((leaves.len(), *missing)),
							_ => None,
						})
						.unwrap_or_default();
					let brought = u32::try_from(brought).unwrap_or(u32::MAX);
					provided.leaves = provided.leaves.saturating_add(brought);
					provided.fee = provided.fee.saturating_add(included.fee);
					provided.block = included.block.number;
					provided.missing = missing;
					if provided.missing == 0 {
						return Ok(provided);
					}
				}
				// Somebody else, perhaps the provider, answered meanwhile.
				Err(ChainError::Rejected(rejection)) if rejection.error == "NotDemanded" => {}
				Err(error) => return Err(error.into()),
			}
		}
	}
}

/// The bundle and its tree, if they are what was committed.
async fn committed_bundle(subject: &Subject, path: &Path, bytes: Vec<u8>) -> Result<(Bundle, Levels), CheckError> {
	let other = |reason: String| CheckError::OtherBundle {
		path: path.to_owned(),
		job: subject.job,
		reason,
	};
	let (items, item_size) = (subject.items, subject.program.header().item_size);
	let per_leaf = subject.program.items_per_leaf();
	let parsed = off(move || -> Result<_, String> {
		let bundle = parse_bundle(&bytes, items, item_size, per_leaf).map_err(|error| error.to_string())?;
		let levels = Levels::new(bundle.nodes()).map_err(|error| error.to_string())?;
		Ok((bundle, levels))
	})
	.await?;
	let (bundle, levels) = parsed.map_err(other)?;
	if bundle.root() != subject.root {
		return Err(other("its tree has another root".to_owned()));
	}
	Ok((bundle, levels))
}

fn provided_leaf(bundle: &Bundle, levels: &Levels, leaf: u32) -> Option<ProvidedLeaf> {
	let figures = bundle.leaves().get(usize::try_from(leaf).ok()?)?;
	Some(ProvidedLeaf {
		leaf,
		bytes: bundle.leaf_bytes(leaf)?.to_vec(),
		traps: figures.traps,
		pairs: levels.path(leaf),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::fixture::Fixture;
	use millrace_kernel::tree::{output_leaf, verify_output_path, Blake2b, Claim};

	#[tokio::test]
	async fn only_the_committed_bundle_is_taken_apart() {
		let fixture = Fixture::new(1_000);
		let subject = fixture.subject(fixture.honest().root());
		let path = Path::new("standby.bundle");
		let (bundle, levels) = committed_bundle(&subject, path, fixture.honest().encode())
			.await
			.unwrap();
		let last = subject.leaves() - 1;
		for leaf in [0, 1, last] {
			let provided = provided_leaf(&bundle, &levels, leaf).unwrap();
			let claim = verify_output_path::<Blake2b>(&subject.root, subject.leaves(), leaf, &provided.pairs);
			let units = bundle.leaves()[leaf as usize].units;
			let node = output_leaf::<Blake2b>(u64::from(leaf), &provided.bytes, units, provided.traps);
			assert_eq!(claim, Ok(Claim::Leaf(node)));
		}
		assert!(provided_leaf(&bundle, &levels, last + 1).is_none());

		let mut other = fixture.honest().encode();
		other[0] ^= 1;
		for bytes in [other, vec![0; 7]] {
			let error = committed_bundle(&subject, path, bytes).await.unwrap_err();
			assert!(matches!(error, CheckError::OtherBundle { .. }), "{error}");
		}
	}
}
