//! From a commitment to a checked, written and paid result.

use super::{
	observer::Stage,
	plan::short_root,
	record::Commitment,
	report::{CheckSummary, Report},
	run::{Buyer, Outcome, Work},
	Ending, JobError,
};
use crate::{
	chain::{Call, ChainError, JobEvent, JobState, JobView, Price, ProviderId, Settlement, Tick, Window, H256},
	endpoint::EndpointError,
	job_file::write_atomically,
};
use millrace_compute::bundle_len;
use std::{path::PathBuf, time::Duration};

/// The part of a challenge window that is kept for demanding leaves when nothing was delivered: one in so many.
const RESERVE: Tick = 4;

/// A committed job.
pub(super) struct Committed {
	pub(super) view: JobView,
	pub(super) provider: ProviderId,
	pub(super) root: H256,
	pub(super) units: u64,
	pub(super) window_end: Tick,
}

/// A result that agreed with its commitment and with every leaf that was re-run.
pub(super) struct Checked {
	pub(super) output: Vec<u8>,
	pub(super) traps: u64,
	pub(super) summary: CheckSummary,
}

/// What is left of a checked result once its output is written.
struct Written {
	file: Option<PathBuf>,
	sums: Vec<u64>,
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
		self.download(&work, &commitment, job.view.spec.terms.window / RESERVE)
			.await?;
		work.seconds.fetched = work.elapsed();
		let written = self.keep(&mut work, &commitment, true).await?;
		let (block, settlement) = self.settle(&mut work, &job, &commitment).await?;
		work.seconds.settled = work.elapsed();
		self.report(work, &commitment, written, block, settlement).await
	}

	/// Checks and writes a result that was fetched before and paid meanwhile.
	pub(super) async fn finish(
		&self,
		mut work: Work,
		commitment: &Commitment,
		block: u64,
		settlement: Settlement,
	) -> Result<Outcome, JobError> {
		let written = self.keep(&mut work, commitment, false).await?;
		work.seconds.settled = work.elapsed();
		self.report(work, commitment, written, block, settlement).await
	}

	/// Checks what was fetched and writes the output, which is in memory no longer than that takes.
	async fn keep(&self, work: &mut Work, commitment: &Commitment, window_open: bool) -> Result<Written, JobError> {
		let turns = work.turns.clone();
		let _turn = turns.check().await;
		let checked = self.check(work, commitment, window_open).await?;
		work.seconds.checked = work.elapsed();
		let Some(spec) = &work.file.output else {
			return Ok(Written {
				file: None,
				sums: Vec::new(),
				traps: checked.traps,
				summary: checked.summary,
			});
		};
		write_atomically(&spec.file, &spec.format.encode(&checked.output)?)?;
		Ok(Written {
			file: Some(spec.file.clone()),
			sums: spec.format.sums(&checked.output),
			traps: checked.traps,
			summary: checked.summary,
		})
	}

	/// Fetches the bundle beside the record, going on where an earlier attempt stopped, for as long as there is a point:
	/// the last `reserve` ticks of the window are left for demanding leaves.
	async fn download(&self, work: &Work, commitment: &Commitment, reserve: Tick) -> Result<(), JobError> {
		let job = work.job();
		let total = bundle_len(work.file.items, commitment.item_size, commitment.items_per_leaf);
		let path = self.records.bundle(job);
		let observer = self.observer;
		let mut pause = Duration::from_secs(1);
		loop {
			let attempt = async {
				let _turn = work.turns.transfer().await;
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
			// Whoever sends a byte a minute must not outlast the window.
			let fetched = tokio::select! {
				fetched = attempt => fetched,
				over = self.until_over(work, reserve) => {
					over?;
					Err(EndpointError::Broken("the provider sends so slowly that the window would be over".to_owned()))
				}
			};
			let error = match fetched {
				Ok(()) => return Ok(()),
				Err(error) => error,
			};
			if !error.may_pass() || work.remaining() <= pause || self.is_over(work, reserve).await? {
				return Err(JobError::NotDelivered {
					job,
					source: error,
					output_bytes: commitment.output_bytes(work.file.items),
					window_end: commitment.window_end,
				});
			}
			tracing::debug!(%job, %error, "result not fetched yet");
			tokio::time::sleep(pause).await;
			pause = (pause * 2).min(Duration::from_secs(10));
		}
	}

	/// Returns when there is no point any more in fetching.
	async fn until_over(&self, work: &Work, reserve: Tick) -> Result<(), JobError> {
		loop {
			tokio::time::sleep(Duration::from_secs(3).min(work.remaining())).await;
			if work.remaining().is_zero() || self.is_over(work, reserve).await? {
				return Ok(());
			}
		}
	}

	/// Whether no more than `reserve` ticks of the job's window are left.
	async fn is_over(&self, work: &Work, reserve: Tick) -> Result<bool, JobError> {
		let job = work.job();
		let at = self.chain.best().await?;
		match at.job(job).await? {
			Some(view) => {
				let JobState::Committed { provider, window, .. } = view.state else {
					return Ok(false);
				};
				let soon = at.tick().await?.saturating_add(reserve);
				if !window.is_over(soon) {
					return Ok(false);
				}
				// Where the provider does not answer, the chain extends the window: it may still come back in time.
				let gone = at.provider(provider).await?.is_some_and(|view| view.is_unreachable());
				Ok(!gone || view.last_window_end().is_none_or(|last| soon > last))
			}
			None => {
				let from = work.record.first_block.saturating_add(1);
				match self.find_ending(job, from, at.block().number).await? {
					(Some((_, JobEvent::Settled(_))), _) => Ok(true),
					(Some((_, event)), cause) => Err(JobError::Ended {
						job,
						ending: Ending::of(&event),
						cause,
					}),
					(None, _) => Ok(true),
				}
			}
		}
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
				Some(JobState::Committed {
					root, units, window, ..
				}) if root == job.root && units == job.units => {
					// While leaves are demanded the chain takes no settlement.
					if let Window::Open { .. } = window {
						break;
					}
				}
				Some(JobState::Committed { root, .. }) => {
					return Err(JobError::NotAsCommitted {
						job: id,
						provider: commitment.provider,
						found: format!("another result, {}, became final", short_root(&root)),
						output_bytes: commitment.output_bytes(work.file.items),
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
		let from = work.record.first_block.saturating_add(1);
		match self.find_ending(job, from, best.block().number).await? {
			(Some((block, JobEvent::Settled(settlement))), _) => {
				self.until_final(block, work).await?;
				Ok(Some((block, settlement)))
			}
			(Some((_, event)), cause) => Err(JobError::Ended {
				job,
				ending: Ending::of(&event),
				cause,
			}),
			(None, _) => Ok(None),
		}
	}

	async fn report(
		&self,
		work: Work,
		commitment: &Commitment,
		written: Written,
		block: u64,
		settlement: Settlement,
	) -> Result<Outcome, JobError> {
		let at = self.chain.at_number(block).await?;
		let balance_after = at.balance(self.key.account()).await?.total();
		let report = Report {
			job: work.job(),
			kernel: work.record.kernel,
			provider: commitment.provider,
			items: work.file.items,
			traps: written.traps,
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
			check: written.summary,
			output: written.file,
			sums: written.sums,
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
