//! Following a job on the chain, from its submission to its commitment or its end.

use super::{
	collect::Committed,
	inputs::push,
	observer::Stage,
	run::{Buyer, Outcome, Work},
	Ending, JobError,
};
use crate::{
	chain::{At, BestBlocks, ChainError, Follow, JobEvent, JobId, JobState, JobView, ProviderId, Settlement},
	endpoint::{EndpointError, Session},
};
use millrace_compute::bundle_len;
use std::time::Duration;

/// Failed looks at the chain, one after the other, after which a run gives up.
const MAX_FAILURES: u32 = 30;
/// Blocks that are looked through for how a job ended: what a node that prunes keeps.
const MAX_LOOK_BACK: u64 = 240;

impl Buyer<'_> {
	/// Follows a job until it is committed, and collects the result.
	pub(super) async fn attend(&self, mut work: Work) -> Result<Outcome, JobError> {
		let job = work.job();
		let mut blocks = self.chain.best_blocks(Follow::Subscribe);
		let mut looked_at = work.record.first_block;
		let mut pushed_for = None;
		let mut state = "submitted";
		let mut failures = 0u32;
		loop {
			let next = tokio::time::timeout(work.remaining(), self.look(&mut blocks, job)).await;
			let (at, view) = match next {
				Err(_) => return Err(JobError::TimedOut { job, state }),
				Ok(Ok(seen)) => seen,
				Ok(Err(error)) if error.is_transport() && failures < MAX_FAILURES => {
					failures += 1;
					tokio::time::sleep(Duration::from_secs(1)).await;
					continue;
				}
				Ok(Err(error)) => return Err(error.into()),
			};
			failures = 0;
			let Some(view) = view else {
				// Not there: it ended, or this fork does not have it yet.
				let number = at.block().number;
				let (ending, cause) = self.find_ending(job, looked_at.saturating_add(1), number).await?;
				work.problem = work.problem.take().or(cause);
				match ending {
					Some((block, event)) => {
						self.until_final(block, &work).await?;
						return self.ended(work, block, event).await;
					}
					None if work.remaining().is_zero() => return Err(JobError::Gone(job)),
					None if number > work.record.first_block.saturating_add(MAX_LOOK_BACK) => {
						return Err(JobError::Gone(job));
					}
					None => continue,
				}
			};
			looked_at = at.block().number.max(looked_at);
			state = view.state.name();
			self.check_inputs(&work, &view)?;
			match view.state.clone() {
				JobState::Pending => self.observer.stage(&Stage::Waiting),
				JobState::Assigned { provider, until } => {
					let now = at.tick().await?;
					self.observer.stage(&Stage::Assigned { provider, until, now });
					if !work.inputs.is_empty() && pushed_for != Some(view.assignments) {
						match self.push_inputs(&at, &work, provider).await {
							Ok(()) => {
								pushed_for = Some(view.assignments);
								work.seconds.pushed = Some(work.elapsed());
								if !self.options.wait && !work.until_accepted {
									return Ok(Outcome::Submitted(job));
								}
							}
							// The provider has not seen the block yet, or the network failed: again at the next block.
							Err(error) if error.may_pass() => {
								tracing::debug!(%job, %error, "inputs not pushed yet");
								work.problem = Some(error.to_string());
							}
							Err(error) => {
								pushed_for = Some(view.assignments);
								self.observer.note(&format!("{error}; hint: {}", error.hint()));
								work.problem = Some(error.to_string());
							}
						}
					}
				}
				JobState::Running { provider, deadline, .. } => {
					if !self.options.wait {
						return Ok(Outcome::Submitted(job));
					}
					let now = at.tick().await?;
					self.observer.stage(&Stage::Running {
						provider,
						deadline,
						now,
					});
				}
				JobState::Committed {
					provider,
					root,
					units,
					window,
					..
				} => {
					if !self.options.wait {
						return Ok(Outcome::Submitted(job));
					}
					work.seconds.committed = work.elapsed();
					let committed = Committed {
						view,
						provider,
						root,
						units,
						window_end: window.end(at.tick().await?),
					};
					return self.collect(work, committed).await;
				}
			}
		}
	}

	async fn look(&self, blocks: &mut BestBlocks, job: JobId) -> Result<(At, Option<JobView>), ChainError> {
		let at = blocks.next().await?;
		let view = at.job(job).await?;
		Ok((at, view))
	}

	/// The inputs at hand must be those that the job was submitted with.
	fn check_inputs(&self, work: &Work, view: &JobView) -> Result<(), JobError> {
		let here = work
			.inputs
			.iter()
			.map(|input| Some(input.reference))
			.chain(std::iter::repeat(None));
		for (input, (wanted, here)) in view.spec.inputs.iter().zip(here).enumerate() {
			if here != Some(*wanted) {
				return Err(JobError::InputChanged { job: work.job(), input });
			}
		}
		Ok(())
	}

	async fn push_inputs(&self, at: &At, work: &Work, provider: ProviderId) -> Result<(), EndpointError> {
		let _turn = work.turns.transfer().await;
		let mut session = self.session(at, work, provider).await?;
		let total: u64 = work.inputs.iter().map(|input| u64::from(input.reference.len)).sum();
		let observer = self.observer;
		push(&mut session, &work.inputs, &mut |done| {
			observer.stage(&Stage::Pushing { done, total })
		})
		.await
	}

	/// A session with a provider about this job.
	pub(super) async fn session(&self, at: &At, work: &Work, provider: ProviderId) -> Result<Session, EndpointError> {
		let view = at
			.provider(provider)
			.await
			.map_err(|error| EndpointError::Broken(error.to_string()))?;
		let endpoint = view
			.ok_or_else(|| EndpointError::Broken("the provider is gone".to_owned()))?
			.endpoint;
		let data_key = work
			.record
			.data_key(&self.records.path(work.job()))
			.map_err(|error| EndpointError::Broken(error.to_string()))?;
		let genesis = self.chain.genesis();
		let pair = data_key.pair().clone();
		Session::open(
			&endpoint,
			self.options.allow_private,
			genesis,
			provider,
			work.job(),
			pair,
		)
		.await
	}

	/// How the job ended, if it did in these blocks of the best chain, and the last thing that went wrong with it.
	pub(super) async fn find_ending(
		&self,
		job: JobId,
		from: u64,
		to: u64,
	) -> Result<(Option<(u64, JobEvent)>, Option<String>), JobError> {
		let mut cause = None;
		for number in from.max(to.saturating_sub(MAX_LOOK_BACK))..=to {
			let at = match self.chain.at_number(number).await {
				Ok(at) => at,
				Err(ChainError::NoBlock { .. }) => break,
				Err(error) => return Err(error.into()),
			};
			for (_, event) in at.job_events().await?.into_iter().filter(|(about, _)| *about == job) {
				if event.ends_the_job() {
					return Ok((Some((number, event)), cause));
				}
				cause = match event {
					JobEvent::Rejected { provider, reason } => {
						Some(format!("provider {provider} turned it down: {}", reason.name()))
					}
					JobEvent::NoShow => Some("the assigned provider said nothing".to_owned()),
					JobEvent::OfferLapsed => Some("the named provider did not accept it".to_owned()),
					JobEvent::Late => Some("the provider missed the deadline".to_owned()),
					JobEvent::Abandoned => Some("the provider gave it up".to_owned()),
					JobEvent::WindowExtended { provider, .. } => Some(format!("provider {provider} does not answer")),
					JobEvent::AssignmentVoided => Some("its provider was convicted of another wrong result".to_owned()),
					_ => cause,
				};
			}
		}
		Ok((None, cause))
	}

	/// Waits until a block is final, or the time is over.
	pub(super) async fn until_final(&self, block: u64, work: &Work) -> Result<(), JobError> {
		while self.chain.finalised().await?.block().number < block {
			if work.remaining().is_zero() {
				return Err(JobError::TimedOut {
					job: work.job(),
					state: "not final",
				});
			}
			tokio::time::sleep(Duration::from_millis(500)).await;
		}
		Ok(())
	}

	/// What to do once a job has ended without this run's doing.
	async fn ended(&self, work: Work, block: u64, event: JobEvent) -> Result<Outcome, JobError> {
		let job = work.job();
		if let JobEvent::Settled(settlement) = event {
			return self.settled_elsewhere(work, block, settlement).await;
		}
		Err(JobError::Ended {
			job,
			ending: Ending::of(&event),
			cause: work.problem,
		})
	}

	/// The job was paid while this run was not looking: what was fetched before can still be checked and written.
	async fn settled_elsewhere(&self, work: Work, block: u64, settlement: Settlement) -> Result<Outcome, JobError> {
		let Some(commitment) = work.record.commitment.clone() else {
			return Err(JobError::Gone(work.job()));
		};
		// A part of a bundle shows nothing, least of all that the provider delivered something else.
		let whole = bundle_len(work.file.items, commitment.item_size, commitment.items_per_leaf);
		let fetched = std::fs::metadata(self.records.bundle(work.job())).is_ok_and(|file| file.len() == whole);
		if !fetched {
			return Err(JobError::Gone(work.job()));
		}
		self.finish(work, &commitment, block, settlement).await
	}
}
