//! Demanding leaves through the chain, where the provider shows neither them nor its tree.
//!
//! A leaf that comes brings its way from the root, so each answer shows a part of the committed tree, too. Where one's
//! own run has shown that the result is wrong, the answers lead to the wrong leaf as a served tree would: 64 leaves a
//! demand, six levels.

use super::{
	refute::Claimant,
	rerun::Rerun,
	way::{note_way, spread, walk, Walk},
	Case, CaseError, CheckError,
};
use crate::{
	amount::Balance,
	chain::{
		At, Call, ChainError, Follow, JobEvent, JobState, ProvidedLeaf, Silence, Window, DEMANDABLE_OUTPUT, MEASURER,
	},
	job::{CheckWish, Stage},
	keys::random,
};
use millrace_compute::{encode_bundle, parse_bundle, Bundle, Check, CheckReport, LeafFigures};
use millrace_kernel::{
	leaf::Leaf,
	tree::{verify_output_path, Blake2b, Claim, Pair, SumNode},
};
use std::{
	collections::{BTreeMap, HashMap},
	time::{Duration, Instant},
};

/// Most leaves of one demand.
const MOST: u32 = 64;
/// Blocks that are read again at each look: a fork may have put others in their place.
const AGAIN: u64 = 8;
/// Blocks that are looked through for answers to a demand that was made before.
const LOOK_BACK: u64 = 240;

/// What came of demands.
#[derive(Debug)]
pub enum Demanded {
	/// The leaves came, and are as committed.
	Agrees {
		/// Which were re-run.
		report: CheckReport,
		/// The whole result, where all leaves came.
		bundle: Option<Box<Bundle>>,
	},
	/// A leaf came, and is wrong.
	Wrong(Box<Case>),
	/// Leaves never came: the job is void and refunded.
	Silent {
		/// The block with its end.
		block: u64,
		/// What happened.
		silence: Silence,
	},
}

impl Claimant<'_> {
	/// Demands leaves, waits for them and re-runs them. `own` are all leaves as they are, where that is known and the
	/// committed result is another: then those are demanded that lead to the difference. Returns what the demands cost,
	/// too.
	///
	/// # Errors
	/// [`CheckError::NotRequester`], [`CheckError::TooLarge`], [`CheckError::TimedOut`], [`CheckError::Ended`]; the chain's
	/// refusal.
	pub async fn demand(
		&self,
		rerun: &Rerun,
		own: Option<Vec<SumNode>>,
		wish: CheckWish,
		deadline: Option<Instant>,
	) -> Result<(Demanded, Balance), CheckError> {
		let subject = rerun.subject();
		// Of a measurement anybody may demand leaves, however large it is.
		let is_measurement = subject.requester == MEASURER;
		if subject.requester != self.key.account() && !is_measurement {
			return Err(CheckError::NotRequester {
				job: subject.job,
				requester: subject.requester,
			});
		}
		let at = self.chain.best().await?;
		let bytes = subject.output_bytes();
		if bytes > DEMANDABLE_OUTPUT && !is_measurement {
			return Err(CheckError::TooLarge {
				job: subject.job,
				bytes,
				window_end: subject.window.end(at.tick().await?),
			});
		}
		let mut campaign = Campaign {
			claimant: *self,
			rerun,
			provided: BTreeMap::new(),
			seen: HashMap::new(),
			fee: 0,
			deadline,
		};
		let outcome = campaign.run(&at, own, wish).await?;
		Ok((outcome, campaign.fee))
	}
}

/// Demands for one job, and what they have brought.
struct Campaign<'a> {
	claimant: Claimant<'a>,
	rerun: &'a Rerun,
	/// Leaves that came and are right.
	provided: BTreeMap<u32, Leaf>,
	/// Children that their ways have shown, by the place of their parent.
	seen: HashMap<(u32, u32), Pair>,
	fee: Balance,
	deadline: Option<Instant>,
}

impl Campaign<'_> {
	async fn run(&mut self, at: &At, own: Option<Vec<SumNode>>, wish: CheckWish) -> Result<Demanded, CheckError> {
		if let Some(open) = at.demand(self.rerun.subject().job).await? {
			// One that an earlier run made.
			let from = at.block().number.saturating_sub(LOOK_BACK);
			if let Some(end) = self.wait(&open.leaves, from).await? {
				return Ok(end);
			}
		}
		match own {
			Some(own) => self.lead(&own).await,
			None => self.sample(wish).await,
		}
	}

	/// Demands random leaves.
	async fn sample(&mut self, wish: CheckWish) -> Result<Demanded, CheckError> {
		let total = self.rerun.subject().leaves();
		let count = match wish {
			CheckWish::All => total,
			CheckWish::None => 0,
			// With the first and the last of one demand.
			CheckWish::Sample(count) if count <= MOST => count.min(MOST - 2),
			CheckWish::Sample(count) => count,
		};
		let seed = u64::from_le_bytes(random());
		let (chosen, drawn) = Check::Sample { count, seed }.leaves(total);
		let chosen: Vec<u32> = chosen
			.into_iter()
			.filter(|leaf| !self.provided.contains_key(leaf))
			.collect();
		for batch in chosen.chunks(usize::try_from(MOST).unwrap_or(1)) {
			if let Some(end) = self.ask(batch).await? {
				return Ok(end);
			}
		}
		let checked = u32::try_from(self.provided.len()).unwrap_or(u32::MAX);
		Ok(Demanded::Agrees {
			report: CheckReport {
				checked,
				random: if checked == total { total } else { drawn },
				total,
				mismatches: Vec::new(),
			},
			bundle: self.assemble()?.map(Box::new),
		})
	}

	/// Demands the leaves that lead to where the committed tree differs from `own`.
	async fn lead(&mut self, own: &[SumNode]) -> Result<Demanded, CheckError> {
		let subject = self.rerun.subject().clone();
		loop {
			match walk(own, subject.root, &self.seen)? {
				Walk::Arrived(difference) => {
					let case = self
						.rerun
						.case(difference.leaf, difference.pairs, &difference.claim)
						.await;
					return match case {
						Ok(case) => Ok(Demanded::Wrong(Box::new(case))),
						Err(CheckError::Case(CaseError::Right { leaf })) => Err(CheckError::Backend { leaf }),
						Err(error) => Err(error),
					};
				}
				Walk::Wants(place) => {
					let leaves = spread(place, subject.leaves(), MOST);
					if let Some(end) = self.ask(&leaves).await? {
						return Ok(end);
					}
				}
			}
		}
	}

	/// Makes a demand and waits for its answer; `None` where all leaves came and are right.
	async fn ask(&mut self, leaves: &[u32]) -> Result<Option<Demanded>, CheckError> {
		let job = self.rerun.subject().job;
		let call = Call::Demand {
			job,
			leaves: leaves.to_vec(),
		};
		self.claimant.check_fee(&call).await?;
		let included = match self.claimant.chain.call(&call, self.claimant.key.pair()).await {
			Ok(included) => included,
			Err(ChainError::Rejected(rejection)) if rejection.error == "WindowOver" => {
				return Err(CheckError::WindowOver(job))
			}
			Err(error) => return Err(error.into()),
		};
		let paid = included.jobs.iter().find_map(|(_, event)| match event {
			JobEvent::LeavesDemanded { fee, .. } => Some(*fee),
			_ => None,
		});
		self.fee = self.fee.saturating_add(paid.unwrap_or(0)).saturating_add(included.fee);
		self.wait(leaves, included.block.number).await
	}

	/// Waits until `wanted` came, from block `start` on.
	async fn wait(&mut self, wanted: &[u32], start: u64) -> Result<Option<Demanded>, CheckError> {
		let job = self.rerun.subject().job;
		let mut blocks = self.claimant.chain.best_blocks(Follow::Subscribe);
		let mut next = start;
		loop {
			let at = match blocks.next().await {
				Ok(at) => at,
				Err(error) if error.is_transport() => {
					self.check_time(wanted)?;
					tokio::time::sleep(Duration::from_secs(1)).await;
					continue;
				}
				Err(error) => return Err(error.into()),
			};
			let number = at.block().number;
			for block in next.saturating_sub(AGAIN).max(start)..=number {
				if let Some(end) = self.read(block).await? {
					return Ok(Some(end));
				}
			}
			next = number.saturating_add(1);
			if wanted.iter().all(|leaf| self.provided.contains_key(leaf)) {
				return Ok(None);
			}
			self.tell(&at, wanted).await?;
			if at.job(job).await?.is_none() {
				// The block with its end was another fork's, or was not looked at: all of them once more.
				for block in start..=number {
					if let Some(end) = self.read(block).await? {
						return Ok(Some(end));
					}
				}
				return Err(CheckError::Ended {
					job,
					how: "it is not on the chain any more",
				});
			}
			self.check_time(wanted)?;
		}
	}

	/// What a block says of the job.
	async fn read(&mut self, block: u64) -> Result<Option<Demanded>, CheckError> {
		let job = self.rerun.subject().job;
		let at = match self.claimant.chain.at_number(block).await {
			Ok(at) => at,
			Err(ChainError::NoBlock { .. }) => return Ok(None),
			Err(error) => return Err(error.into()),
		};
		for (_, event) in at.job_events().await?.into_iter().filter(|(about, _)| *about == job) {
			match event {
				JobEvent::LeavesProvided { leaves, .. } => {
					if let Some(case) = self.take(leaves).await? {
						return Ok(Some(Demanded::Wrong(Box::new(case))));
					}
				}
				JobEvent::Silent(silence) => return Ok(Some(Demanded::Silent { block, silence })),
				JobEvent::Refuted(_) => {
					return Err(CheckError::Ended {
						job,
						how: "somebody else refuted it, and its requester has the refund",
					})
				}
				JobEvent::Voided { .. } => {
					return Err(CheckError::Ended {
						job,
						how: "its provider was convicted of another result, and its requester has the refund",
					})
				}
				JobEvent::Settled(_) => {
					return Err(CheckError::Ended {
						job,
						how: "it was paid",
					})
				}
				_ => {}
			}
		}
		Ok(None)
	}

	/// Evaluates leaves that came. The case against the first one that is wrong.
	async fn take(&mut self, leaves: Vec<ProvidedLeaf>) -> Result<Option<Case>, CheckError> {
		let subject = self.rerun.subject().clone();
		let total = subject.leaves();
		let new: Vec<ProvidedLeaf> = leaves
			.into_iter()
			.filter(|provided| !self.provided.contains_key(&provided.leaf))
			.collect();
		let numbers = new.iter().map(|provided| provided.leaf).collect();
		for (provided, (leaf, actual)) in new.into_iter().zip(self.rerun.leaves(numbers).await?) {
			let claim = verify_output_path::<Blake2b>(&subject.root, total, leaf, &provided.pairs)
				.map_err(|error| CheckError::Broken(format!("the chain took a leaf whose way is wrong: {error}")))?;
			let right = matches!(claim, Claim::Leaf(claimed) if claimed == actual.node::<Blake2b>(leaf));
			if !right {
				return self.rerun.case(leaf, provided.pairs, &claim).await.map(Some);
			}
			note_way(&mut self.seen, total, leaf, &provided.pairs);
			self.provided.insert(leaf, actual);
		}
		Ok(None)
	}

	async fn tell(&self, at: &At, wanted: &[u32]) -> Result<(), CheckError> {
		let job = self.rerun.subject().job;
		let missing = self.missing(wanted);
		let view = at.job(job).await?;
		if let Some(JobState::Committed {
			window: Window::Demanded { until, .. },
			..
		}) = view.map(|view| view.state)
		{
			let now = at.tick().await?;
			self.claimant.observer.stage(&Stage::Demanding { missing, until, now });
		}
		Ok(())
	}

	fn missing(&self, wanted: &[u32]) -> u32 {
		let missing = wanted.iter().filter(|leaf| !self.provided.contains_key(leaf));
		u32::try_from(missing.count()).unwrap_or(u32::MAX)
	}

	fn check_time(&self, wanted: &[u32]) -> Result<(), CheckError> {
		if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
			return Err(CheckError::TimedOut {
				job: self.rerun.subject().job,
				missing: self.missing(wanted),
			});
		}
		Ok(())
	}

	/// The result, where all of it came.
	fn assemble(&self) -> Result<Option<Bundle>, CheckError> {
		let subject = self.rerun.subject();
		if usize::try_from(subject.leaves()) != Ok(self.provided.len()) {
			return Ok(None);
		}
		let output: Vec<u8> = self
			.provided
			.values()
			.flat_map(|leaf| leaf.bytes.iter().copied())
			.collect();
		let figures: Vec<LeafFigures> = self
			.provided
			.values()
			.map(|leaf| LeafFigures {
				units: leaf.units,
				traps: leaf.traps,
			})
			.collect();
		parse_bundle(
			&encode_bundle(&output, &figures),
			subject.items,
			subject.program.header().item_size,
			subject.program.items_per_leaf(),
		)
		.map(Some)
		.map_err(|error| CheckError::Broken(error.to_string()))
	}
}
