//! Looks at every block, and sends what follows from it. What is on its way is bounded, so memory is too.

use super::{link::Link, parties::Parties};
use crate::market::{
	chain::{booked, spec},
	state::State,
};
use frame_support::dispatch::DispatchClass;
use millrace_primitives::{JobId, Level, Tick, HOUR};
use millrace_runtime::{configs::system::RuntimeBlockWeights, AccountId, RuntimeEvent};
use pallet_market::{Call, Event};
use polkadot_sdk::*;
use sp_core::H256;
use std::collections::BTreeMap;

/// What jobs bid: more than every ask.
const LIMIT: Level = Level(200);
/// Ticks in which a job must be assigned.
const EXPIRES: Tick = 20_000;
/// Blocks in which jobs must have ended once no more are submitted.
const PATIENCE: u32 = 60;
/// Blocks at the start that fill up, and do not count for the mean.
const RAMP: usize = 3;

/// How much is submitted, and for how long.
pub(super) struct Plan {
	pub(super) blocks: u32,
	pub(super) in_flight: usize,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Tally {
	/// Blocks in which jobs were submitted, and those until the last had ended.
	pub(super) blocks: u32,
	pub(super) blocks_in_all: u32,
	pub(super) ticks: Tick,
	pub(super) sent: u32,
	pub(super) submitted: u32,
	pub(super) settled: u32,
	pub(super) ended_otherwise: u32,
	/// Transactions whose calls failed in a block.
	pub(super) failed: u32,
	/// Why the pool refused how many.
	pub(super) refusals: BTreeMap<String, u32>,
	/// Of what ordinary transactions may take, block by block while jobs are submitted.
	filled: Vec<f64>,
	/// Jobs that were paid, in the same blocks.
	paid: Vec<u32>,
}

impl Tally {
	/// Jobs that a full block paid, on average.
	pub(super) fn jobs_a_block(&self) -> f64 {
		let full = self.paid.get(RAMP..).unwrap_or_default();
		f64::from(full.iter().sum::<u32>()) / full.len().max(1) as f64
	}

	/// The mean and the largest part of the weight bound that blocks reached.
	pub(super) fn shares(&self) -> (f64, f64) {
		let full = self.filled.get(RAMP..).unwrap_or_default();
		let mean = full.iter().sum::<f64>() / full.len().max(1) as f64;
		(mean, self.filled.iter().copied().fold(0.0, f64::max))
	}
}

/// Plays everybody.
pub(super) struct Driver {
	link: Link,
	parties: Parties,
	/// Places among the requesters.
	places: BTreeMap<AccountId, usize>,
	/// Live jobs, and whose they are.
	jobs: BTreeMap<JobId, usize>,
	/// Submissions that no block has shown yet.
	under_way: usize,
	/// What the pool refused, and is sent again: the account's later transactions wait for it.
	again: Vec<Vec<u8>>,
	/// The next block to look at.
	next: u32,
	turn: usize,
}

impl Driver {
	pub(super) async fn new(link: Link, parties: Parties) -> Driver {
		let accounts = parties.requesters.iter().map(|requester| requester.account());
		Driver {
			places: accounts.zip(0..).collect(),
			next: link.height().await + 1,
			link,
			parties,
			jobs: BTreeMap::new(),
			under_way: 0,
			again: Vec::new(),
			turn: 0,
		}
	}

	/// The state after the last block that was looked at.
	pub(super) async fn state(&self) -> State {
		let hash = self.link.wait_for_block(self.next - 1).await;
		self.link.state(hash).await
	}

	/// Keeps so many jobs on their way for so many blocks, and waits until all have ended.
	pub(super) async fn run(&mut self, plan: &Plan) -> Tally {
		let mut tally = Tally::default();
		let weights = RuntimeBlockWeights::get();
		let normal = weights.get(DispatchClass::Normal).max_total;
		let bound = normal.unwrap_or(weights.max_block).ref_time() as f64;
		let first = self.link.wait_for_block(self.next - 1).await;
		let start = self.link.tick(first).await;
		while tally.blocks < plan.blocks || self.is_busy() {
			let at = self.link.wait_for_block(self.next).await;
			self.next += 1;
			tally.blocks_in_all += 1;
			let now = self.link.tick(at).await;
			tally.ticks = now - start;
			let mut transactions = std::mem::take(&mut self.again);
			let settled = tally.settled;
			for event in self.link.events(at).await {
				self.follow(event, &mut transactions, &mut tally);
			}
			if tally.blocks < plan.blocks {
				tally.blocks += 1;
				tally.paid.push(tally.settled - settled);
				tally.filled.push(self.link.normal_weight(at).await as f64 / bound);
				let more = plan.in_flight.saturating_sub(self.jobs.len() + self.under_way);
				transactions.extend(self.submissions(more, now));
			} else if tally.blocks_in_all > plan.blocks + PATIENCE {
				break;
			}
			tally.sent += u32::try_from(transactions.len()).unwrap_or(u32::MAX);
			for (transaction, why) in self.link.send(transactions).await {
				*tally.refusals.entry(why).or_default() += 1;
				self.again.push(transaction);
			}
		}
		tally
	}

	fn is_busy(&self) -> bool {
		!self.jobs.is_empty() || self.under_way > 0 || !self.again.is_empty()
	}

	/// So many submissions, by one requester after another.
	fn submissions(&mut self, jobs: usize, now: Tick) -> Vec<Vec<u8>> {
		self.under_way += jobs;
		let mut transactions = Vec::with_capacity(jobs);
		for _ in 0..jobs {
			let place = self.turn % self.parties.requesters.len();
			self.turn += 1;
			let spec = spec(booked(LIMIT), HOUR, now + EXPIRES);
			let call = Call::submit_job { spec };
			transactions.push(self.parties.requesters[place].sign(self.parties.genesis, call));
		}
		transactions
	}

	/// What the parties do about an event.
	fn follow(&mut self, event: RuntimeEvent, transactions: &mut Vec<Vec<u8>>, tally: &mut Tally) {
		let genesis = self.parties.genesis;
		let event = match event {
			RuntimeEvent::Market(event) => event,
			RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { .. }) => {
				tally.failed += 1;
				return;
			}
			_ => return,
		};
		match event {
			Event::JobSubmitted { job, requester, .. } => {
				if let Some(place) = self.places.get(&requester) {
					self.jobs.insert(job, *place);
					self.under_way = self.under_way.saturating_sub(1);
					tally.submitted += 1;
				}
			}
			Event::JobAssigned { job, provider, .. } => {
				if let Some(worker) = self.parties.workers.get_mut(&provider) {
					transactions.push(worker.sign(genesis, Call::accept_job { job }));
					let root = H256([9; 32]);
					transactions.push(worker.sign(genesis, Call::commit_result { job, root, units: 4 }));
				}
			}
			Event::JobCommitted { job, .. } => {
				if let Some(place) = self.jobs.get(&job) {
					let call = Call::settle_now { job };
					transactions.push(self.parties.requesters[*place].sign(genesis, call));
				}
			}
			Event::JobSettled { job, .. } if self.jobs.remove(&job).is_some() => tally.settled += 1,
			Event::JobCancelled { job, .. } | Event::JobExpired { job, .. } | Event::JobUnserved { job, .. } => {
				tally.ended_otherwise += u32::from(self.jobs.remove(&job).is_some());
			}
			_ => (),
		}
	}
}
