//! C4: what hooks take of a block while very much is due at once.

use super::{
	chain::{booked, spec, targeted, Block, Chain},
	grouped,
};
use crate::report::Report;
use millrace_primitives::{JobId, Level, Tick, DAY, HOUR};
use millrace_runtime::{configs::system::RuntimeBlockWeights, Market, Runtime, RuntimeEvent};
use pallet_market::{DeadlineCursor, Event, Jobs};
use polkadot_sdk::*;
use sp_core::H256;
use std::collections::{BTreeMap, BTreeSet};

/// Live jobs at first.
const LIVE: u32 = 100_000;
/// Of these, how many are due in the same tick: half of them results that lapse into payment, half bids that nobody took.
/// The others are bids that expire one by one over the rest of a day, so that the backlog grows while it is served.
const DUE: u32 = 10_000;
/// The tick.
const TICK: Tick = 100;
/// Blocks after which a hook that does not get done is not waited for any longer.
const PATIENCE: u32 = 5_000;
const MOST: f64 = 0.05;

/// A chain on which so much is due, and when.
struct Backlog {
	chain: Chain,
	due: BTreeMap<JobId, Tick>,
}

/// How it was served.
#[derive(Default)]
struct Served {
	/// In the order in which they ended.
	jobs: Vec<JobId>,
	/// Whether each of them was due when it ended.
	in_time: bool,
	/// Jobs that could not be served.
	stuck: usize,
	/// The largest part of a block that hooks took.
	most: f64,
	/// Blocks from the first in which something was due until all of that tick was served, and until nothing was left.
	blocks: u32,
	blocks_in_all: u32,
}

pub(crate) fn measure(report: &mut Report) {
	let mut backlog = Backlog::new();
	let served = backlog.serve();
	let cursor = backlog.chain.execute(DeadlineCursor::<Runtime>::get);
	let wanted = backlog.due.values().filter(|tick| **tick < cursor).count();
	let unique: BTreeSet<&JobId> = served.jobs.iter().collect();
	let once = unique.len() == served.jobs.len() && served.jobs.len() == wanted && served.stuck == 0;
	let ticks: Vec<Tick> = served
		.jobs
		.iter()
		.filter_map(|job| backlog.due.get(job).copied())
		.collect();
	let in_order = served.in_time && ticks.len() == served.jobs.len() && ticks.is_sorted();
	let all = cursor > TICK && served.blocks > 0;
	report.goal(
		"C4",
		&format!(
			"{:.2} % of a block at most with {} live jobs; {} due at once served in {} blocks, {}{}",
			served.most * 100.0,
			grouped(backlog.due.len()),
			grouped(DUE as usize),
			grouped(served.blocks as usize),
			if all && once { "each once" } else { "not each once" },
			if in_order { ", in order" } else { ", not in order" }
		),
		"<= 5 %, all served in order",
		served.most <= MOST && all && once && in_order,
	);
	report.note(&format!(
		"{} that fell due behind them were served by block {}; {} jobs live on",
		grouped(served.jobs.len().saturating_sub(DUE as usize)),
		grouped(served.blocks_in_all as usize),
		grouped(backlog.chain.execute(|| Jobs::<Runtime>::iter_keys().count()))
	));
}

impl Backlog {
	fn new() -> Backlog {
		let mut chain = Chain::new();
		let worker = chain.register(0, 1);
		let provider = pallet_providers::Workers::<Runtime>::get;
		let provider = chain.execute(|| provider(&worker)).expect("it is registered");
		let (lapsing, waiting) = (targeted(provider), booked(Level(170)));
		for number in 0..LIVE {
			if number < DUE && number % 2 == 0 {
				let job = chain.submit(spec(lapsing, TICK, DAY));
				let root = H256([9; 32]);
				chain.call(
					worker.clone(),
					pallet_market::Call::commit_result { job, root, units: 4 },
				);
			} else if number < DUE {
				chain.submit(spec(waiting, HOUR, TICK));
			} else {
				chain.submit(spec(waiting, HOUR, TICK + 1 + number % (DAY - TICK)));
			}
		}
		let due: BTreeMap<JobId, Tick> = chain.execute(|| {
			let jobs = Jobs::<Runtime>::iter();
			jobs.filter_map(|(id, job)| Some((id, job.due_tick()?))).collect()
		});
		assert_eq!(due.len(), LIVE as usize, "every job is live and has a deadline");
		assert_eq!(due.values().filter(|tick| **tick == TICK).count(), DUE as usize);
		chain.commit();
		Backlog { chain, due }
	}

	/// Executes blocks until nothing is left that is due.
	fn serve(&mut self) -> Served {
		let whole = RuntimeBlockWeights::get().max_block.ref_time() as f64;
		let mut served = Served {
			in_time: true,
			..Served::default()
		};
		while served.blocks_in_all < PATIENCE {
			let Block { events, hooks } = self.chain.block();
			served.most = served.most.max(hooks.ref_time() as f64 / whole);
			let (now, cursor) = self
				.chain
				.execute(|| (Market::clock(), DeadlineCursor::<Runtime>::get()));
			for event in events {
				let RuntimeEvent::Market(event) = event else { continue };
				match event {
					Event::JobExpired { job, .. } | Event::JobSettled { job, .. } => {
						served.in_time &= self.due.get(&job).is_some_and(|tick| *tick < now);
						served.jobs.push(job);
					}
					Event::JobStuck { .. } => served.stuck += 1,
					_ => (),
				}
			}
			if now <= TICK {
				continue;
			}
			served.blocks_in_all += 1;
			if cursor > TICK && served.blocks == 0 {
				served.blocks = served.blocks_in_all;
			}
			if cursor == now {
				break;
			}
		}
		served
	}
}
