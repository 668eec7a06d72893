//! The book as one would write it without a thought for what it costs: lists that are sorted anew whenever anybody
//! looks. It shares no code with the pallet, and knows of no event: from the operations alone it says who is matched
//! with whom, when and at what price, and what stands in the book after that.

use crate::{mock::*, types::MAX_ASKS};
use codec::Encode;
use millrace_primitives::{JobId, Level, Pool, Price, ProviderId, Tick};
use polkadot_sdk::sp_io::hashing::twox_64;
use std::{cmp::Reverse, collections::BTreeMap};

/// Providers at which one match looks.
const LOOKS: u32 = 2;

/// An ask. `queued` orders those that stand in the book by time; it is none while the ask is parked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Ask {
	pub(super) pool: Pool,
	pub(super) provider: ProviderId,
	pub(super) slot: u8,
	pub(super) level: Level,
	pub(super) placed: Tick,
	pub(super) queued: Option<u64>,
}

/// A job that waits.
#[derive(Clone, Debug)]
pub(super) struct Bid {
	pub(super) pool: Pool,
	pub(super) job: JobId,
	pub(super) level: Level,
	queued: u64,
}

/// What the book must know of a provider.
#[derive(Clone, Debug)]
pub(super) struct Provider {
	pub(super) pool: Pool,
	pub(super) lanes: u16,
	pub(super) active: bool,
	pub(super) min_price: Price,
	pub(super) no_shows: u32,
	pub(super) lates: u32,
	pub(super) barred_until: Tick,
	pub(super) paused_until: Tick,
	pub(super) wake: Option<Tick>,
}

/// Where a job stands, each with the last tick of that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
	Pending { expires: Tick },
	Assigned { provider: ProviderId, until: Tick },
	Running { provider: ProviderId, deadline: Tick },
	Committed { provider: ProviderId, end: Tick },
}

impl Stage {
	pub(super) fn due(&self) -> Tick {
		match self {
			Stage::Pending { expires: tick }
			| Stage::Assigned { until: tick, .. }
			| Stage::Running { deadline: tick, .. }
			| Stage::Committed { end: tick, .. } => *tick,
		}
	}
}

#[derive(Clone, Debug)]
pub(super) struct Job {
	pub(super) pool: Pool,
	/// The most that its requester pays.
	pub(super) limit: Level,
	pub(super) expires: Tick,
	pub(super) run_ticks: Tick,
	pub(super) price: Price,
	pub(super) assignments: u8,
	pub(super) acceptances: u8,
	pub(super) stage: Stage,
}

/// A match: of whom, with whom, at which price.
pub(super) type Match = (JobId, ProviderId, Price);

/// Why a bid and an ask that cross may stand in the book at once, each until the next event of their pool.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Reason {
	/// A call makes so many matches and no more.
	EnoughMatched,
	/// A match looks at two providers, and both could not serve.
	EnoughLooked,
	/// The first bid has expired, and the hook has not come by yet.
	ExpiredFirst,
	/// An owner changed what its provider does, which moves nothing in the book.
	OwnerChanged,
}

/// Everything. What is refused leaves it as it was: see [`Naive::attempt`].
#[derive(Clone, Debug, Default)]
pub(super) struct Naive {
	pub(super) now: Tick,
	pub(super) halted: bool,
	pub(super) providers: BTreeMap<ProviderId, Provider>,
	pub(super) jobs: BTreeMap<JobId, Job>,
	pub(super) asks: Vec<Ask>,
	pub(super) bids: Vec<Bid>,
	/// The matches of the last operation, in order.
	pub(super) matches: Vec<Match>,
	/// Why each crossed pool is crossed.
	pub(super) reasons: BTreeMap<Pool, Reason>,
	/// Everything before this tick was served.
	served: Tick,
	stamps: u64,
}

impl Naive {
	/// An empty book at this tick.
	pub(super) fn at(now: Tick) -> Naive {
		Naive {
			now,
			served: now,
			..Naive::default()
		}
	}

	/// Does what `operation` does if that succeeds; says whether it did.
	pub(super) fn attempt(&mut self, operation: impl FnOnce(&mut Naive) -> Option<()>) -> bool {
		let mut after = self.clone();
		let done = operation(&mut after).is_some();
		if done {
			*self = after;
		}
		done
	}

	pub(super) fn stamp(&mut self) -> u64 {
		self.stamps += 1;
		self.stamps
	}

	/// The asks that stand in a pool, best first.
	pub(super) fn asks_in(&self, pool: Pool) -> Vec<&Ask> {
		let mut asks: Vec<_> = self
			.asks
			.iter()
			.filter(|ask| ask.pool == pool && ask.queued.is_some())
			.collect();
		asks.sort_by_key(|ask| (ask.level, ask.queued));
		asks
	}

	/// The bids that stand in a pool, best first.
	pub(super) fn bids_in(&self, pool: Pool) -> Vec<&Bid> {
		let mut bids: Vec<_> = self.bids.iter().filter(|bid| bid.pool == pool).collect();
		bids.sort_by_key(|bid| (Reverse(bid.level), bid.queued));
		bids
	}

	/// Jobs of a provider: assigned, running.
	pub(super) fn load(&self, provider: ProviderId) -> (u16, u16) {
		let count = |is: fn(&Stage) -> Option<ProviderId>| {
			let jobs = self.jobs.values().filter(|job| is(&job.stage) == Some(provider));
			jobs.count() as u16
		};
		let assigned = count(|stage| match stage {
			Stage::Assigned { provider, .. } => Some(*provider),
			_ => None,
		});
		let running = count(|stage| match stage {
			Stage::Running { provider, .. } => Some(*provider),
			_ => None,
		});
		(assigned, running)
	}

	pub(super) fn has_room(&self, provider: ProviderId) -> bool {
		let (assigned, running) = self.load(provider);
		assigned + running < 2 * self.providers[&provider].lanes
	}

	/// Whether every lane is taken.
	pub(super) fn is_busy(&self, provider: ProviderId) -> bool {
		self.load(provider).1 >= self.providers[&provider].lanes
	}

	/// Whether its owner still stands for an ask.
	fn fits(&self, ask: &Ask) -> bool {
		let provider = &self.providers[&ask.provider];
		provider.active && ask.level.price() >= provider.min_price
	}

	/// Whether the best bid of a pool could be served by an ask that stands there.
	pub(super) fn is_crossed(&self, pool: Pool) -> bool {
		let Some(level) = self.bids_in(pool).first().map(|bid| bid.level) else {
			return false;
		};
		let serves = |ask: &&Ask| ask.level <= level && self.fits(ask) && self.has_room(ask.provider);
		self.asks_in(pool).into_iter().any(|ask| serves(&ask))
	}

	pub(super) fn park_all(&mut self, provider: ProviderId) {
		let own = self.asks.iter_mut().filter(|ask| ask.provider == provider);
		own.for_each(|ask| ask.queued = None);
	}

	pub(super) fn withdraw_all(&mut self, provider: ProviderId) {
		self.asks.retain(|ask| ask.provider != provider);
	}

	/// The provider that serves a bid of this level, and what it asks for.
	fn serving(&mut self, pool: Pool, limit: Level) -> Option<(ProviderId, Level)> {
		for _ in 0..LOOKS {
			let ask = self.asks_in(pool).first().map(|ask| (*ask).clone())?;
			if ask.level > limit {
				return None;
			}
			if !self.fits(&ask) {
				self.withdraw_all(ask.provider);
			} else if !self.has_room(ask.provider) {
				self.park_all(ask.provider);
			} else {
				return Some((ask.provider, ask.level));
			}
		}
		self.reasons.insert(pool, Reason::EnoughLooked);
		None
	}

	/// Matches the best bid with the best ask.
	pub(super) fn cross(&mut self, pool: Pool) -> bool {
		let Some((job, level)) = self.bids_in(pool).first().map(|bid| (bid.job, bid.level)) else {
			return false;
		};
		let Some((provider, _)) = self.serving(pool, level) else {
			return false;
		};
		if self.jobs[&job].expires < self.now {
			self.wake_after(provider, self.now);
			self.reasons.insert(pool, Reason::ExpiredFirst);
			return false;
		}
		self.bids.retain(|bid| bid.job != job);
		self.assign(job, provider, level.price());
		true
	}

	/// A match, and not more, although there may be more to match.
	fn cross_once(&mut self, pool: Pool) {
		if self.cross(pool) {
			self.reasons.insert(pool, Reason::EnoughMatched);
		}
	}

	/// As many as one new ask takes.
	pub(super) fn cross_four(&mut self, pool: Pool) {
		if (0..4).all(|_| self.cross(pool)) {
			self.reasons.insert(pool, Reason::EnoughMatched);
		}
	}

	/// A job that is in no queue finds its provider, or waits at the tail of its level.
	pub(super) fn enter(&mut self, id: JobId) {
		let (pool, level) = (self.jobs[&id].pool, self.jobs[&id].limit);
		let first = self.bids_in(pool).first().map(|bid| bid.level);
		let outranked = first.is_some_and(|first| first >= level);
		if !outranked {
			if let Some((provider, ask)) = self.serving(pool, level) {
				return self.assign(id, provider, ask.price());
			}
		}
		let queued = self.stamp();
		let bid = Bid {
			pool,
			job: id,
			level,
			queued,
		};
		self.bids.push(bid);
		let job = self.job_mut(id);
		job.stage = Stage::Pending { expires: job.expires };
		if outranked {
			self.cross_once(pool);
		}
	}

	fn assign(&mut self, id: JobId, provider: ProviderId, price: Price) {
		let until = self.now + default_rules().accept_ticks;
		let job = self.job_mut(id);
		job.price = price;
		job.assignments += 1;
		job.stage = Stage::Assigned { provider, until };
		self.matches.push((id, provider, price));
		if !self.has_room(provider) {
			self.park_all(provider);
		}
	}

	pub(super) fn job_mut(&mut self, id: JobId) -> &mut Job {
		self.jobs.get_mut(&id).expect("a live job")
	}

	pub(super) fn provider_mut(&mut self, id: ProviderId) -> &mut Provider {
		self.providers.get_mut(&id).expect("a provider")
	}

	/// A provider may have room again: its parked asks go to the tails, and one bid is taken.
	pub(super) fn room_made(&mut self, provider: ProviderId) {
		let has_asks = self.asks.iter().any(|ask| ask.provider == provider);
		if !has_asks || self.now < self.providers[&provider].paused_until || !self.has_room(provider) {
			return;
		}
		for slot in 0..MAX_ASKS {
			let queued = self.stamps + 1;
			let parked = self
				.asks
				.iter_mut()
				.find(|ask| ask.provider == provider && ask.slot == slot && ask.queued.is_none());
			if let Some(ask) = parked {
				ask.queued = Some(queued);
				self.stamps = queued;
			}
		}
		self.cross_once(self.providers[&provider].pool);
	}

	pub(super) fn wake_after(&mut self, provider: ProviderId, tick: Tick) {
		self.provider_mut(provider).wake = Some(tick);
	}

	/// A block begins: what is due is served, tick by tick, jobs before providers, each in the order of their keys.
	pub(super) fn begin_block(&mut self) {
		self.now += Tick::from(!self.halted);
		while self.served < self.now {
			let tick = self.served;
			let due = |naive: &Naive, id: &JobId| naive.jobs.get(id).is_some_and(|job| job.stage.due() == tick);
			let jobs: Vec<_> = self.jobs.keys().copied().collect();
			for id in jobs {
				if due(self, &id) {
					self.end_stage(id);
				}
			}
			let mut providers: Vec<_> = self.providers.keys().copied().collect();
			providers.sort_by_key(|provider| twox_64(&provider.encode()));
			for provider in providers {
				if self.providers[&provider].wake == Some(tick) {
					self.provider_mut(provider).wake = None;
					self.room_made(provider);
				}
			}
			self.served += 1;
		}
	}

	/// Every pool that is crossed is so for a reason that the documents name.
	pub(super) fn check_crossed(&mut self) {
		for pool in self.pools() {
			if !self.is_crossed(pool) {
				self.reasons.remove(&pool);
			} else if !self.reasons.contains_key(&pool) {
				panic!("a bid and an ask of {pool:?} cross, and were not matched");
			}
		}
	}

	/// Notes that an owner changed something where that alone made orders cross.
	pub(super) fn owner_changed(&mut self) {
		for pool in self.pools() {
			if self.is_crossed(pool) {
				self.reasons.entry(pool).or_insert(Reason::OwnerChanged);
			}
		}
	}

	pub(super) fn pools(&self) -> Vec<Pool> {
		let mut pools: Vec<_> = self.providers.values().map(|provider| provider.pool).collect();
		pools.sort();
		pools.dedup();
		pools
	}
}
