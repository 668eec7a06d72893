//! What each operation does to the naive book, by the protocol's rules. An operation that must be refused is none.

use super::naive::{Ask, Job, Naive, Stage};
use crate::{
	mock::*,
	types::{MAX_ACCEPTANCES, MAX_ASKS, MAX_ASSIGNMENTS},
};
use millrace_primitives::{JobId, Level, Pool, ProviderId, Tick};

impl Naive {
	pub(super) fn place_ask(&mut self, provider: ProviderId, slot: u8, level: Level) -> Option<()> {
		let known = &self.providers[&provider];
		let taken = self.asks.iter().any(|ask| ask.provider == provider && ask.slot == slot);
		let allowed = !self.halted
			&& slot < MAX_ASKS
			&& !taken && known.active
			&& level.price() >= known.min_price
			&& self.now >= known.barred_until;
		if !allowed {
			return None;
		}
		let (pool, waits) = (known.pool, self.now < known.paused_until || !self.has_room(provider));
		self.asks.push(Ask {
			pool,
			provider,
			slot,
			level,
			placed: self.now,
			queued: None,
		});
		if !waits {
			let queued = Some(self.stamp());
			self.asks.last_mut()?.queued = queued;
			self.cross_four(pool);
		}
		Some(())
	}

	pub(super) fn withdraw_ask(&mut self, provider: ProviderId, slot: u8) -> Option<()> {
		let own = |ask: &Ask| ask.provider == provider && ask.slot == slot;
		let place = self.asks.iter().position(own)?;
		let old_enough = self.now >= self.asks[place].placed + default_rules().ask_life_min;
		old_enough.then(|| {
			self.asks.remove(place);
		})
	}

	/// Another level for an ask that has stood long enough. Where it is parked it stays so.
	pub(super) fn reprice_ask(&mut self, provider: ProviderId, slot: u8, level: Level) -> Option<()> {
		let (now, halted) = (self.now, self.halted);
		let (pool, least) = (self.providers[&provider].pool, self.providers[&provider].min_price);
		let queued = self.stamp();
		let own = |ask: &&mut Ask| ask.provider == provider && ask.slot == slot;
		let ask = self.asks.iter_mut().find(own)?;
		if halted || level.price() < least || now < ask.placed + default_rules().ask_life_min {
			return None;
		}
		ask.level = level;
		ask.placed = now;
		if ask.queued.is_some() {
			ask.queued = Some(queued);
			self.cross_four(pool);
		}
		Some(())
	}

	pub(super) fn submit(&mut self, id: JobId, pool: Pool, limit: Level, expires: Tick, run_ticks: Tick) -> Option<()> {
		if self.halted {
			return None;
		}
		let job = Job {
			pool,
			limit,
			expires,
			run_ticks,
			price: limit.price(),
			assignments: 0,
			acceptances: 0,
			stage: Stage::Pending { expires },
		};
		self.jobs.insert(id, job);
		self.enter(id);
		Some(())
	}

	pub(super) fn cancel(&mut self, id: JobId) -> Option<()> {
		match self.jobs.get(&id)?.stage {
			Stage::Pending { .. } => {
				self.bids.retain(|bid| bid.job != id);
				self.jobs.remove(&id);
			}
			Stage::Assigned { provider, .. } => {
				self.jobs.remove(&id);
				self.room_made(provider);
			}
			Stage::Running { .. } | Stage::Committed { .. } => return None,
		}
		Some(())
	}

	/// Another limit for a job that waits: it stands at the tail of its new level, or is matched at once.
	pub(super) fn reprice_job(&mut self, id: JobId, limit: Level) -> Option<()> {
		let (now, halted) = (self.now, self.halted);
		let job = self.jobs.get_mut(&id)?;
		if halted || !matches!(job.stage, Stage::Pending { .. }) || now > job.expires {
			return None;
		}
		job.limit = limit;
		self.bids.retain(|bid| bid.job != id);
		self.enter(id);
		Some(())
	}

	/// The provider that a job waits for, if it still may answer.
	fn answerable(&self, id: JobId) -> Option<ProviderId> {
		match self.jobs.get(&id)?.stage {
			Stage::Assigned { provider, until } if self.now <= until => Some(provider),
			_ => None,
		}
	}

	pub(super) fn accept(&mut self, id: JobId) -> Option<()> {
		let provider = self.answerable(id).filter(|provider| !self.is_busy(*provider))?;
		let now = self.now;
		let job = self.job_mut(id);
		job.acceptances += 1;
		job.stage = Stage::Running {
			provider,
			deadline: now + job.run_ticks,
		};
		Some(())
	}

	pub(super) fn reject_busy(&mut self, id: JobId) -> Option<()> {
		let provider = self.answerable(id).filter(|provider| self.is_busy(*provider))?;
		self.answer_busy(id, provider);
		Some(())
	}

	fn answer_busy(&mut self, id: JobId, provider: ProviderId) {
		self.park_all(provider);
		self.go_on(id);
	}

	pub(super) fn reject(&mut self, id: JobId) -> Option<()> {
		let provider = self.answerable(id)?;
		self.park_all(provider);
		let paused_until = self.now + default_rules().reject_pause;
		self.provider_mut(provider).paused_until = paused_until;
		self.wake_after(provider, paused_until - 1);
		self.go_on(id);
		Some(())
	}

	pub(super) fn commit(&mut self, id: JobId) -> Option<()> {
		let provider = match self.jobs.get(&id)?.stage {
			Stage::Assigned { .. } => {
				let provider = self.answerable(id).filter(|provider| !self.is_busy(*provider))?;
				self.job_mut(id).acceptances += 1;
				provider
			}
			Stage::Running { provider, deadline } if self.now <= deadline => provider,
			_ => return None,
		};
		let end = self.now + default_rules().window;
		self.job_mut(id).stage = Stage::Committed { provider, end };
		self.room_made(provider);
		Some(())
	}

	pub(super) fn abandon(&mut self, id: JobId) -> Option<()> {
		match self.jobs.get(&id)?.stage {
			Stage::Running { provider, deadline } if self.now <= deadline => {
				self.go_on(id);
				self.room_made(provider);
				Some(())
			}
			_ => None,
		}
	}

	pub(super) fn settle(&mut self, id: JobId) -> Option<()> {
		let Stage::Committed { provider, .. } = self.jobs.get(&id)?.stage else {
			return None;
		};
		self.jobs.remove(&id);
		self.provider_mut(provider).no_shows = 0;
		Some(())
	}

	pub(super) fn set_active(&mut self, provider: ProviderId, active: bool) {
		self.provider_mut(provider).active = active;
		if !active {
			self.withdraw_all(provider);
		}
	}

	/// The last tick of what a job waits for has passed.
	pub(super) fn end_stage(&mut self, id: JobId) {
		match self.jobs[&id].stage {
			Stage::Pending { .. } => {
				self.bids.retain(|bid| bid.job != id);
				self.jobs.remove(&id);
			}
			Stage::Assigned { provider, .. } if self.is_busy(provider) => self.answer_busy(id, provider),
			Stage::Assigned { provider, .. } => {
				self.withdraw_all(provider);
				let (rules, now) = (default_rules(), self.now);
				let known = self.provider_mut(provider);
				let bar = rules.no_show_base.saturating_mul(1 << known.no_shows.min(20));
				known.barred_until = now + bar.min(rules.no_show_cap);
				known.no_shows += 1;
				self.go_on(id);
			}
			Stage::Running { provider, .. } => {
				let known = self.provider_mut(provider);
				known.lates += 1;
				// So the mock of the providers has it.
				if known.lates.is_multiple_of(3) {
					self.set_active(provider, false);
				}
				self.go_on(id);
				self.room_made(provider);
			}
			Stage::Committed { .. } => {
				self.settle(id);
			}
		}
	}

	/// An assignment led nowhere: the next one, or the end.
	fn go_on(&mut self, id: JobId) {
		let now = self.now;
		let job = self.job_mut(id);
		// Nobody's any more, and not in the book yet.
		job.stage = Stage::Pending { expires: job.expires };
		if job.assignments < MAX_ASSIGNMENTS && job.acceptances < MAX_ACCEPTANCES && now <= job.expires {
			self.enter(id);
		} else {
			self.jobs.remove(&id);
		}
	}
}
