//! From a commitment to a checked, written and paid result.

use super::{
	observer::Stage,
	plan::short_root,
	record::Commitment,
	report::{CheckSummary, Report},
	run::{Buyer, CheckWish, Outcome, Work},
	JobError,
};
use crate::{
	chain::{hash_from_hex, Call, ChainError, JobEvent, JobState, JobView, Price, ProviderId, Settlement, Tick, H256},
	endpoint::EndpointError,
	job_file::write_atomically,
	keys::random,
};
use millrace_compute::{bundle_len, check_leaves, parse_bundle, Bundle, Check, CheckReport, ComputeError, Runner};
use millrace_kernel::{eval::Task, program::Program};
use std::{path::PathBuf, time::Duration};

/// A committed job.
pub(super) struct Committed {
	pub(super) view: JobView,
	pub(super) provider: ProviderId,
	pub(super) root: H256,
	pub(super) units: u64,
	pub(super) window_end: Tick,
}

/// A result that agreed with its commitment and with every leaf that was re-run.
struct Checked {
	output: Vec<u8>,
	traps: u64,
	summary: CheckSummary,
}

impl Buyer<'_> {
	/// Fetches, checks, writes, settles.
	pub(super) async fn collect(&self, mut work: Work, job: Committed) -> Result<Outcome, JobError> {
		work.record
			.note_commitment(&job.view, job.provider, job.root, job.units, job.window_end);
		self.records.save(&work.record)?;
		let Some(commitment) = work.record.commitment.clone() else {
			return Err(JobError::Broken("the commitment was not noted".to_owned()));
		};
		self.download(&work, &commitment).await?;
		work.seconds.fetched = work.elapsed();
		let checked = self.check(&work, &commitment).await?;
		work.seconds.checked = work.elapsed();
		let output = self.write(&work, &checked)?;
		let (block, settlement) = self.settle(&mut work, &job, &commitment).await?;
		work.seconds.settled = work.elapsed();
		self.report(work, &commitment, checked, output, block, settlement).await
	}

	/// Checks and writes a result that was fetched before and paid meanwhile.
	pub(super) async fn finish(
		&self,
		mut work: Work,
		commitment: &Commitment,
		block: u64,
		settlement: Settlement,
	) -> Result<Outcome, JobError> {
		let checked = self.check(&work, commitment).await?;
		work.seconds.checked = work.elapsed();
		let output = self.write(&work, &checked)?;
		work.seconds.settled = work.elapsed();
		self.report(work, commitment, checked, output, block, settlement).await
	}

	/// Fetches the bundle beside the record, going on where an earlier attempt stopped, for as long as there is a point.
	async fn download(&self, work: &Work, commitment: &Commitment) -> Result<(), JobError> {
		let job = work.job();
		let total = bundle_len(work.file.items, commitment.item_size, commitment.items_per_leaf);
		let path = self.records.bundle(job);
		let observer = self.observer;
		let mut pause = Duration::from_secs(1);
		loop {
			let attempt = async {
				let at = self
					.chain
					.best()
					.await
					.map_err(|error| EndpointError::Broken(error.to_string()))?;
				let mut session = self.session(&at, work, commitment.provider).await?;
				session
					.fetch_bundle(&path, total, &mut |done| {
						observer.stage(&Stage::Fetching { done, total })
					})
					.await
			};
			let error = match attempt.await {
				Ok(()) => return Ok(()),
				Err(error) => error,
			};
			let over = work.remaining() <= pause || self.chain.best().await?.tick().await? > commitment.window_end;
			if over || !error.may_pass() || matches!(error, EndpointError::Disk(_)) {
				return Err(JobError::NotDelivered { job, source: error });
			}
			tracing::debug!(%job, %error, "result not fetched yet");
			tokio::time::sleep(pause).await;
			pause = (pause * 2).min(Duration::from_secs(10));
		}
	}

	/// Rebuilds the commitment from the bundle and re-runs leaves.
	async fn check(&self, work: &Work, commitment: &Commitment) -> Result<Checked, JobError> {
		self.observer.stage(&Stage::Checking);
		let job = work.job();
		let path = self.records.bundle(job);
		let bytes = tokio::fs::read(&path).await.map_err(|source| JobError::Record {
			path: path.clone(),
			doing: "read",
			source,
		})?;
		let wish = self.options.check;
		let program = work.program.clone();
		let inputs = work.inputs.clone();
		let (items, params) = (work.file.items, work.file.params.clone());
		let max_units = work.file.max_units.unwrap_or(program.header().max_units);
		let wanted = commitment.clone();

		// All cores for a while: not on the thread that keeps the connections alive.
		let result = tokio::task::spawn_blocking(move || -> Result<Checked, Finding> {
			let bundle = parse_bundle(&bytes, items, wanted.item_size, wanted.items_per_leaf)
				.map_err(|error| Finding::OtherBytes(error.to_string()))?;
			compare(&bundle, &wanted)?;
			let check = match wish {
				CheckWish::All => Some(Check::All),
				CheckWish::Sample(count) => Some(Check::Sample {
					count,
					seed: u64::from_le_bytes(random()),
				}),
				CheckWish::None => None,
			};
			let summary = match check {
				None => CheckSummary::none(bundle.leaves().len() as u64),
				Some(which) => {
					let slices: Vec<&[u8]> = inputs.iter().map(|input| input.bytes()).collect();
					let task = Task {
						items,
						max_units,
						params: &params,
					};
					let report = rerun(&program, &task, &slices, &bundle, which).map_err(Finding::Here)?;
					if !report.agrees() {
						return Err(Finding::WrongLeaves(report.proves()));
					}
					CheckSummary::of(&report)
				}
			};
			Ok(Checked {
				traps: bundle.traps(),
				summary,
				output: bundle.into_output(),
			})
		})
		.await
		.map_err(|error| JobError::Broken(error.to_string()))?;

		let (provider, window_end) = (commitment.provider, commitment.window_end);
		// The bytes stay as evidence, out of the way of a later attempt, which must not take them for a good download.
		let evidence = || {
			let kept = path.with_extension("rejected");
			match std::fs::rename(&path, &kept) {
				Ok(()) => kept,
				Err(_) => path.clone(),
			}
		};
		result.map_err(|finding| match finding {
			Finding::Here(error) => JobError::Broken(format!("its leaves cannot be re-run here: {error}")),
			Finding::OtherBytes(found) => JobError::NotAsCommitted {
				job,
				provider,
				found,
				window_end,
				evidence: evidence(),
			},
			Finding::WrongLeaves(found) => JobError::Wrong {
				job,
				provider,
				found,
				window_end,
				evidence: evidence(),
			},
		})
	}

	fn write(&self, work: &Work, checked: &Checked) -> Result<Option<PathBuf>, JobError> {
		let Some(spec) = &work.file.output else { return Ok(None) };
		write_atomically(&spec.file, &spec.format.encode(&checked.output)?)?;
		Ok(Some(spec.file.clone()))
	}

	/// Pays for exactly what was checked: the commitment must be final first, or a fork could put another in its place.
	async fn settle(
		&self,
		work: &mut Work,
		job: &Committed,
		commitment: &Commitment,
	) -> Result<(u64, Settlement), JobError> {
		self.observer.stage(&Stage::Settling);
		let id = work.job();
		loop {
			let at = self.chain.finalised().await?;
			match at.job(id).await?.map(|view| view.state) {
				Some(JobState::Committed { root, units, .. }) if root == job.root && units == job.units => break,
				Some(JobState::Committed { root, .. }) => {
					return Err(JobError::NotAsCommitted {
						job: id,
						provider: commitment.provider,
						found: format!("another result, {}, became final", short_root(&root)),
						window_end: commitment.window_end,
						evidence: self.records.bundle(id),
					});
				}
				// Not final yet, or over already.
				_ => {
					if let Some(end) = self.settled_by_others(work).await? {
						return Ok(end);
					}
				}
			}
			if work.remaining().is_zero() {
				return Err(JobError::TimedOut {
					job: id,
					state: "committed, checked and not settled",
				});
			}
			tokio::time::sleep(Duration::from_millis(500)).await;
		}
		match self
			.chain
			.call_final(&Call::SettleNow { job: id }, self.key.pair())
			.await
		{
			Ok(included) => {
				work.record.fees_paid = work.record.fees_paid.saturating_add(included.fee);
				let settlement = included.jobs.iter().find_map(|(about, event)| match event {
					JobEvent::Settled(settlement) if *about == id => Some(*settlement),
					_ => None,
				});
				let settlement = settlement.ok_or_else(|| JobError::Broken("the chain named no payment".to_owned()))?;
				Ok((included.block.number, settlement))
			}
			// The window ended meanwhile, and the chain paid by itself.
			Err(ChainError::Rejected(rejection)) if rejection.error == "UnknownJob" => {
				self.settled_by_others(work).await?.ok_or(JobError::Gone(id))
			}
			Err(error) => Err(error.into()),
		}
	}

	/// The payment, if the job ended in one that this run did not ask for.
	async fn settled_by_others(&self, work: &Work) -> Result<Option<(u64, Settlement)>, JobError> {
		let job = work.job();
		let best = self.chain.best().await?;
		if best.job(job).await?.is_some() {
			return Ok(None);
		}
		let (ending, _) = self
			.find_ending(job, work.record.first_block.saturating_add(1), best.block().number)
			.await?;
		match ending {
			Some((block, JobEvent::Settled(settlement))) => {
				self.until_final(block, work).await?;
				Ok(Some((block, settlement)))
			}
			_ => Ok(None),
		}
	}

	async fn report(
		&self,
		work: Work,
		commitment: &Commitment,
		checked: Checked,
		output: Option<PathBuf>,
		block: u64,
		settlement: Settlement,
	) -> Result<Outcome, JobError> {
		let at = self.chain.at_number(block).await?;
		let balance_after = at.balance(self.key.account()).await?.total();
		let sums = work
			.file
			.output
			.as_ref()
			.map(|spec| spec.format.sums(&checked.output))
			.unwrap_or_default();
		let report = Report {
			job: work.job(),
			kernel: work.record.kernel,
			provider: commitment.provider,
			items: work.file.items,
			traps: checked.traps,
			data_units: commitment.data_units,
			units: settlement.units,
			price: Price(commitment.price),
			escrow: settlement.payment.saturating_add(settlement.refund),
			payment: settlement.payment,
			protocol_fee: settlement.fee,
			refund: settlement.refund,
			job_fees: work.record.job_fees,
			job_fees_returned: settlement.fees_returned,
			transaction_fees: work.record.fees_paid,
			balance_before: work.record.balance_before,
			balance_after,
			lapsed: settlement.lapsed,
			block,
			check: checked.summary,
			output,
			sums,
			seconds: work.seconds,
		};
		// The output is written and paid for: the bundle has served.
		if report.output.is_some() || work.file.output.is_none() {
			let _ = std::fs::remove_file(self.records.bundle(report.job));
		}
		self.records.save(&work.record)?;
		Ok(Outcome::Done(Box::new(report)))
	}
}

/// What can be wrong with a bundle.
enum Finding {
	/// It is not what was committed.
	OtherBytes(String),
	/// It is what was committed, and that is wrong.
	WrongLeaves(String),
	/// Its leaves cannot be re-run on this machine.
	Here(ComputeError),
}

/// Leaves that the interpreter re-runs where compiled code re-ran all of them.
const INTERPRETED_LEAVES: u32 = 64;

/// Re-runs leaves. All of them are many, so compiled code does that; the interpreter, which is the meaning, then re-runs
/// some, because the provider may have used the same compiler.
fn rerun(
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	bundle: &Bundle,
	which: Check,
) -> Result<CheckReport, ComputeError> {
	let reference = Runner::reference();
	let sample = |count| Check::Sample {
		count,
		seed: u64::from_le_bytes(random()),
	};
	match (which, Runner::cpu()) {
		(Check::All, Ok(compiled)) => {
			let report = check_leaves(&compiled, program, task, inputs, bundle, Check::All)?;
			let interpreted = check_leaves(&reference, program, task, inputs, bundle, sample(INTERPRETED_LEAVES))?;
			Ok(if interpreted.agrees() { report } else { interpreted })
		}
		(which, _) => check_leaves(&reference, program, task, inputs, bundle, which),
	}
}

/// Compares the root and the units of a bundle with those on the chain.
fn compare(bundle: &Bundle, wanted: &Commitment) -> Result<(), Finding> {
	let root = bundle.root();
	let committed = hash_from_hex(&wanted.root, "root").map_err(|error| Finding::OtherBytes(error.to_string()))?;
	if root.hash != committed {
		return Err(Finding::OtherBytes(format!(
			"the tree over the delivered bytes has the root {}, and {} was committed",
			short_root(&H256(root.hash)),
			short_root(&H256(committed))
		)));
	}
	if root.units != wanted.units {
		return Err(Finding::OtherBytes(format!(
			"its leaves take {} units, and {} were committed",
			root.units, wanted.units
		)));
	}
	Ok(())
}
