//! Whether the chain's book is the naive one: every queue in order, every ask, every job, every match and its price.

use super::naive::{Match, Naive, Stage};
use crate::{
	book::{Book, OrderRef, Side},
	mock::*,
	Asks, Event, JobState, Jobs, LevelSet, Levels, Links, Queues, Window,
};
use millrace_primitives::{JobId, Level, Pool, Price, ProviderId, Tick};
use std::collections::BTreeMap;

type Orders = BTreeMap<(Pool, Side, Level), Vec<OrderRef>>;

/// Compares everything that an operation may have changed.
pub(super) fn assert_same(naive: &Naive) {
	assert_eq!(now(), naive.now, "the tick");
	assert_eq!(
		chain_matches(),
		naive.matches,
		"who was matched with whom, and at what price"
	);
	let expected = naive_levels(naive);
	assert_eq!(chain_levels(), expected, "the queues, each in order");
	assert_bests(naive, &expected);
	assert_eq!(chain_asks(), naive_asks(naive), "the asks, parked or not");
	assert_eq!(
		chain_waits(naive),
		naive_waits(naive),
		"until when providers may not ask"
	);
	assert_eq!(chain_jobs(), naive_jobs(naive), "where each job stands, at what price");
}

/// The matches since the events were last forgotten.
fn chain_matches() -> Vec<Match> {
	let matches = events().into_iter().filter_map(|event| match event {
		Event::JobAssigned {
			job, provider, price, ..
		} => Some((job, provider, price)),
		_ => None,
	});
	matches.collect()
}

fn chain_levels() -> Orders {
	let mut levels = Orders::new();
	for (key, queue) in Queues::<Test>::iter() {
		let orders = levels.entry(key).or_default();
		let mut next = Some(queue.head);
		while let Some(order) = next {
			orders.push(order);
			next = Links::<Test>::get(order).expect("an order in a queue has links").next;
		}
		assert_eq!(orders.last(), Some(&queue.tail));
	}
	levels
}

fn naive_levels(naive: &Naive) -> Orders {
	let mut levels = Orders::new();
	for pool in naive.pools() {
		for ask in naive.asks_in(pool) {
			let order = OrderRef::Ask {
				provider: ask.provider,
				slot: ask.slot,
			};
			levels.entry((pool, Side::Ask, ask.level)).or_default().push(order);
		}
		for bid in naive.bids_in(pool) {
			let queue = levels.entry((pool, Side::Bid, bid.level)).or_default();
			queue.push(OrderRef::Bid(bid.job));
		}
	}
	levels
}

fn assert_bests(naive: &Naive, levels: &Orders) {
	for pool in naive.pools() {
		let best_ask = naive.asks_in(pool).first().map(|ask| ask.level);
		let best_bid = naive.bids_in(pool).first().map(|bid| bid.level);
		assert_eq!(Book::<Test>::best(pool, Side::Ask), best_ask);
		assert_eq!(Book::<Test>::best(pool, Side::Bid), best_bid);
	}
	let size = |set: LevelSet| set.0.iter().map(|word| word.count_ones() as usize).sum::<usize>();
	let shown: usize = Levels::<Test>::iter_values()
		.map(|levels| size(levels.asks) + size(levels.bids))
		.sum();
	assert_eq!(shown, levels.len(), "the bitmaps show the levels in use");
}

/// Level, tick of placing, and whether it is parked, of each ask.
type Stands = BTreeMap<(ProviderId, u8), (Pool, Level, u32, bool)>;

fn chain_asks() -> Stands {
	let of_provider = |(provider, asks): (ProviderId, crate::ProviderAsks)| {
		let slots = (0u8..).zip(asks.slots);
		slots.filter_map(move |(slot, ask)| {
			let ask = ask?;
			Some(((provider, slot), (ask.pool, ask.level, ask.placed, ask.parked)))
		})
	};
	Asks::<Test>::iter().flat_map(of_provider).collect()
}

fn naive_asks(naive: &Naive) -> Stands {
	let stands = naive.asks.iter().map(|ask| {
		let stand = (ask.pool, ask.level, ask.placed, ask.queued.is_none());
		((ask.provider, ask.slot), stand)
	});
	stands.collect()
}

/// Until when each provider is barred, and until when its asks pause; 0 where that is over.
type Waiting = BTreeMap<ProviderId, (Tick, Tick)>;

fn chain_waits(naive: &Naive) -> Waiting {
	let ahead = |tick| if tick > naive.now { tick } else { 0 };
	let of_provider = |id: &ProviderId| {
		let asks = Asks::<Test>::get(id);
		(*id, (ahead(asks.barred_until), ahead(asks.paused_until)))
	};
	naive.providers.keys().map(of_provider).collect()
}

fn naive_waits(naive: &Naive) -> Waiting {
	let ahead = |tick| if tick > naive.now { tick } else { 0 };
	let waits = naive
		.providers
		.iter()
		.map(|(id, provider)| (*id, (ahead(provider.barred_until), ahead(provider.paused_until))));
	waits.collect()
}

/// Price, assignments, acceptances and stage of each job.
type Standing = BTreeMap<JobId, (Price, u8, u8, Stage)>;

fn chain_jobs() -> Standing {
	let standing = Jobs::<Test>::iter().map(|(id, job)| {
		let stage = match job.state {
			JobState::Pending => Stage::Pending {
				expires: job.terms.expires,
			},
			JobState::Assigned { provider, until } => Stage::Assigned { provider, until },
			JobState::Running { provider, deadline, .. } => Stage::Running { provider, deadline },
			JobState::Committed { provider, window, .. } => {
				let Window::Open { end } = window else {
					panic!("nobody demands leaves here");
				};
				Stage::Committed { provider, end }
			}
		};
		(id, (job.price, job.assignments, job.acceptances, stage))
	});
	standing.collect()
}

fn naive_jobs(naive: &Naive) -> Standing {
	let standing = naive.jobs.iter().map(|(id, job)| {
		let pending = matches!(job.stage, Stage::Pending { .. });
		// A job that waits again bids what its requester has signed.
		let price = if pending { job.limit.price() } else { job.price };
		(*id, (price, job.assignments, job.acceptances, job.stage))
	});
	standing.collect()
}
