//! From a delivered bundle to a checked result, or to a refutation.

use super::{
	collect::Checked,
	observer::Stage,
	record::Commitment,
	report::CheckSummary,
	run::{Buyer, CheckWish, Work},
	JobError,
};
use crate::{
	chain::{hash_from_hex, Window},
	check::{examine, Case, CheckError, Claimant, Delivery, Examined, Found, Rerun, Subject, Unserved},
	job_file::write_atomically,
};
use millrace_kernel::{proof::InputCommitment, tree::SumNode};
use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

/// Most leaves that were delivered wrong and are computed here instead.
const MOST_MENDED: u32 = 4_096;

impl Buyer<'_> {
	/// Rebuilds the commitment from the bundle and re-runs leaves. While the window is open the provider is asked for its
	/// tree where the bytes are not what it committed to, and a wrong result is refuted.
	pub(super) async fn check(
		&self,
		work: &Work,
		commitment: &Commitment,
		window_open: bool,
	) -> Result<Checked, JobError> {
		self.observer.stage(&Stage::Checking);
		let path = self.records.bundle(work.job());
		let bytes = tokio::fs::read(&path).await.map_err(|source| JobError::Record {
			path: path.clone(),
			doing: "read",
			source,
		})?;
		let subject = Arc::new(self.subject(work, commitment)?);
		let rerun = Rerun::new(subject.clone(), work.inputs.clone());
		let wish = self.options.check;
		let session = if window_open {
			let at = self.chain.best().await?;
			self.session(&at, work, commitment.provider).await.ok()
		} else {
			None
		};
		let examined = match session {
			Some(mut session) => examine(&rerun, Ok(bytes), &mut session, wish, MOST_MENDED).await,
			None => examine(&rerun, Ok(bytes), &mut Unserved, wish, MOST_MENDED).await,
		};
		let Examined {
			found,
			delivery,
			bundle,
		} = examined.map_err(|error| not_checked(&error))?;
		let not_as_committed = |found: String| JobError::NotAsCommitted {
			job: work.job(),
			provider: commitment.provider,
			found,
			output_bytes: commitment.output_bytes(work.file.items),
			window_end: commitment.window_end,
			evidence: put_aside(&path),
		};
		match (found, bundle) {
			(Found::Agrees(report), Some(bundle)) => {
				if let Delivery::Mended { .. } = delivery {
					self.observer.note(&delivery.to_string());
					// A later attempt finds what was mended, not what was delivered.
					write_atomically(&path, &bundle.encode())?;
				}
				Ok(Checked {
					traps: bundle.traps(),
					summary: match wish {
						CheckWish::None => CheckSummary::none(bundle.leaves().len() as u64),
						_ => CheckSummary::of(&report),
					},
					output: bundle.into_output(),
				})
			}
			(Found::Agrees(_), None) => Err(not_as_committed(delivery.reason().unwrap_or_default().to_owned())),
			(Found::Wrong(case), _) => Err(self.refute(work, &subject, &case, commitment, &path, window_open).await),
			(Found::Unproven { reason, .. } | Found::Withheld { reason }, _) => {
				let delivered = delivery.reason().map(|why| format!("{why}; ")).unwrap_or_default();
				Err(not_as_committed(format!("{delivered}{reason}")))
			}
		}
	}

	/// Files the case, if that is wished and possible, and says what came of it.
	async fn refute(
		&self,
		work: &Work,
		subject: &Subject,
		case: &Case,
		commitment: &Commitment,
		path: &Path,
		window_open: bool,
	) -> JobError {
		let (job, provider) = (work.job(), commitment.provider);
		let found = format!("leaf {} of {}: {}", case.leaf(), subject.leaves(), case.fraud);
		let wrong = |found: String| JobError::Wrong {
			job,
			provider,
			found,
			window_end: commitment.window_end,
			evidence: put_aside(path),
		};
		if !self.options.refute || !window_open {
			return wrong(found);
		}
		let claimant = Claimant {
			chain: self.chain,
			key: self.key,
			observer: self.observer,
			max_fee: None,
			spent: None,
		};
		match claimant.refute(subject, case).await {
			Ok(redress) => JobError::Refuted {
				job,
				provider,
				found,
				redress: Box::new(redress),
				evidence: put_aside(path),
			},
			Err(error) => wrong(format!("{found}; it is not refuted yet: {error}")),
		}
	}

	/// The job as a check sees it.
	fn subject(&self, work: &Work, commitment: &Commitment) -> Result<Subject, JobError> {
		let hash = hash_from_hex(&commitment.root, "root").map_err(|error| JobError::Broken(error.to_string()))?;
		Ok(Subject {
			job: work.job(),
			provider: commitment.provider,
			requester: self.key.account(),
			program: work.program.clone(),
			items: work.file.items,
			max_units: work.file.max_units.unwrap_or(work.program.header().max_units),
			params: work.file.params.clone(),
			inputs: work
				.inputs
				.iter()
				.map(|input| InputCommitment {
					root: input.reference.root.0,
					len: input.reference.len,
				})
				.collect(),
			root: SumNode {
				hash,
				units: commitment.units,
			},
			public: work.file.public,
			window: Window::Open {
				end: commitment.window_end,
			},
		})
	}
}

fn not_checked(error: &CheckError) -> JobError {
	JobError::Broken(error.to_string())
}

/// The bytes stay as evidence, out of the way of a later attempt, which must not take them for a good download.
fn put_aside(path: &Path) -> PathBuf {
	let kept = path.with_extension("rejected");
	match std::fs::rename(path, &kept) {
		Ok(()) => kept,
		Err(_) => path.to_owned(),
	}
}
