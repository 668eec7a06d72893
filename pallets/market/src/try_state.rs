//! What must hold after every block, numbered as in the protocol's list of invariants.

use crate::{
	book::{OrderRef, Side},
	types::Entry,
	Asks, Config, DeadlineCursor, Deadlines, Demand, DemandQueues, Demands, EraProgress, HoldReason, JobOf, JobState,
	Jobs, Levels, Links, Pallet, ProviderDemands, ProviderJobs, Queues, Requesters, Stuck, Wakes, Window,
	MAX_ACCEPTANCES, MAX_ASSIGNMENTS, OPEN_BYTES,
};
use alloc::collections::BTreeMap;
use millrace_primitives::{
	traits::{ProtocolClock, Providers},
	Balance, Level, Pool, ProviderId,
};
use polkadot_sdk::{
	frame_support::{ensure, traits::fungible::InspectHold},
	sp_runtime::{DispatchError, DispatchResult},
};

/// Jobs of a provider: assigned, running.
type Counts = BTreeMap<ProviderId, (u32, u32)>;
/// What is demanded of a provider: bytes whose time runs, demands that queue.
type Demanded = BTreeMap<ProviderId, (u32, u32)>;

impl<T: Config> Pallet<T> {
	/// Checks every invariant of the market; reads everything that it stores.
	pub fn do_try_state() -> Result<(), DispatchError> {
		Self::check_money()?;
		Self::check_schedule()?;
		let counts = Self::check_jobs()?;
		Self::check_providers(&counts)?;
		Self::check_demand_queues(Self::check_demands()?)?;
		Self::check_book()?;
		Self::check_asks()
	}

	/// 1: what the accounts hold is what their live jobs hold. 6: counters of live jobs are right.
	fn check_money() -> DispatchResult {
		let mut held: BTreeMap<T::AccountId, (Balance, u32)> = BTreeMap::new();
		for job in Jobs::<T>::iter_values() {
			let entry = held.entry(job.requester.clone()).or_default();
			entry.0 = entry.0.saturating_add(job.held());
			entry.1 = entry.1.saturating_add(1);
		}
		let mut known = 0usize;
		for (requester, record) in Requesters::<T>::iter() {
			let (amount, live) = held.get(&requester).copied().unwrap_or_default();
			let on_hold = T::Currency::balance_on_hold(&HoldReason::Escrow.into(), &requester);
			ensure!(on_hold == amount, "1: held escrow is not the sum of the live jobs'");
			ensure!(record.live == live, "6: a requester's live jobs are miscounted");
			known = known.saturating_add(usize::from(live > 0));
		}
		ensure!(known == held.len(), "6: a requester of a live job has no record");

		Ok(())
	}

	/// 3: each live job has exactly one entry among the deadlines, but none while its demand queues; none is without a
	/// job. 11: nothing is ahead of the clock.
	fn check_schedule() -> DispatchResult {
		let mut entries = 0usize;
		for (tick, id, ()) in Deadlines::<T>::iter() {
			let job = Jobs::<T>::get(id).ok_or("3: a deadline without a job")?;
			ensure!(job.entry == Entry::At(tick), "3: a deadline that its job does not know");
			ensure!(
				job.due_tick().is_some_and(|due| tick <= due),
				"3: a deadline after the end of its job's state"
			);
			ensure!(tick >= DeadlineCursor::<T>::get(), "3: a deadline behind the cursor");
			entries = entries.saturating_add(1);
		}
		for id in Stuck::<T>::iter_keys() {
			let job = Jobs::<T>::get(id).ok_or("3: a stuck entry without a job")?;
			ensure!(job.entry == Entry::Stuck, "3: a stuck job that does not know it");
			ensure!(job.due_tick().is_some(), "3: a stuck job that has no deadline");
			entries = entries.saturating_add(1);
		}
		let due = Jobs::<T>::iter_values().filter(|job| job.due_tick().is_some()).count();
		ensure!(entries == due, "3: a live job without a deadline");
		ensure!(
			DeadlineCursor::<T>::get() <= Self::now(),
			"11: the cursor is ahead of the clock"
		);
		ensure!(
			EraProgress::<T>::get().started <= Self::now(),
			"11: the era is ahead of the clock"
		);
		for (tick, provider, ()) in Wakes::<T>::iter() {
			ensure!(
				Asks::<T>::get(provider).wake == Some(tick),
				"3: a wake that its provider does not know"
			);
			ensure!(tick >= DeadlineCursor::<T>::get(), "3: a wake behind the cursor");
		}
		Ok(())
	}

	/// 8: counts of a job stay in bounds, and what it may pay is held. Returns what each provider has.
	fn check_jobs() -> Result<Counts, DispatchError> {
		let mut counts = Counts::new();
		let mut listed = 0usize;
		for (id, job) in Jobs::<T>::iter() {
			Self::check_job(&job)?;
			if let Some(provider) = job.state.provider() {
				ensure!(
					ProviderJobs::<T>::contains_key(provider, id),
					"6: a provider does not list its job"
				);
				listed = listed.saturating_add(1);
				let count = counts.entry(provider).or_default();
				match job.state {
					JobState::Assigned { .. } => count.0 = count.0.saturating_add(1),
					JobState::Running { .. } => count.1 = count.1.saturating_add(1),
					JobState::Pending | JobState::Committed { .. } => {}
				}
			}
		}
		ensure!(
			ProviderJobs::<T>::iter_keys().count() == listed,
			"6: a provider lists a job that it does not have"
		);
		Ok(counts)
	}

	fn check_job(job: &JobOf<T>) -> DispatchResult {
		ensure!(
			job.bid().is_none_or(|(pool, _)| pool == job.pool),
			"6: a job counts in another pool"
		);
		ensure!(
			Some(job.escrow) == job.escrow_at(job.price),
			"1: an escrow is not that of its price"
		);
		ensure!(
			job.payment(job.units_max()) <= job.escrow,
			"1: a job could pay more than it holds"
		);
		ensure!(
			job.demanded <= job.leaves(),
			"6: more leaves were demanded than the job has"
		);
		ensure!(job.assignments <= MAX_ASSIGNMENTS, "8: a job was assigned too often");
		ensure!(job.acceptances <= MAX_ACCEPTANCES, "8: a job was accepted too often");
		ensure!(
			job.acceptances <= job.assignments,
			"8: a job was accepted more often than assigned"
		);
		let used = MAX_ASSIGNMENTS.saturating_sub(job.fees_left);
		ensure!(
			job.fees_left <= job.fees && job.fees <= MAX_ASSIGNMENTS && used <= job.assignments,
			"8: more fees used than assignments"
		);
		match &job.state {
			JobState::Pending => ensure!(job.bid().is_some(), "3: a targeted job is pending"),
			JobState::Assigned { .. } => ensure!(used < job.assignments, "8: the fee of an open assignment is used"),
			JobState::Running { .. } => ensure!(job.acceptances > 0, "8: a job runs that was never accepted"),
			JobState::Committed { units, .. } => {
				ensure!(*units <= job.units_max(), "8: a result with too many units");
			}
		}
		Ok(())
	}

	/// 4: lanes and room are respected, and the providers count as the market does.
	fn check_providers(counts: &Counts) -> DispatchResult {
		for (provider, (assigned, running)) in counts {
			let view = T::Providers::view(*provider).ok_or("4: a job of an unknown provider")?;
			ensure!(u32::from(view.assigned) == *assigned, "4: assigned jobs are miscounted");
			ensure!(u32::from(view.running) == *running, "4: running jobs are miscounted");
			ensure!(view.running <= view.lanes, "4: more running jobs than lanes");
			let load = assigned.saturating_add(*running);
			ensure!(
				load <= u32::from(view.lanes).saturating_mul(2),
				"4: more than two jobs a lane"
			);
		}
		Ok(())
	}

	/// 3: a window waits for exactly one demand, and no demand is without such a window. Returns what is demanded of each
	/// provider.
	fn check_demands() -> Result<Demanded, DispatchError> {
		let mut demanded = Demanded::new();
		let mut count = 0usize;
		for (id, job) in Jobs::<T>::iter() {
			let JobState::Committed {
				provider,
				window: Window::Demanded { until, .. },
				..
			} = job.state
			else {
				continue;
			};
			let demand = Demands::<T>::get(id).ok_or("3: a window waits for a demand that is not there")?;
			ensure!(demand.provider == provider, "3: a demand of another provider's job");
			Self::check_demand(&job, &demand)?;
			let (open, queued) = demanded.entry(provider).or_default();
			if until.is_some() {
				ensure!(
					demand.prev.is_none() && demand.next.is_none(),
					"3: an open demand stands in a queue"
				);
				*open = open.saturating_add(demand.bytes);
			} else {
				*queued = queued.saturating_add(1);
			}
			count = count.saturating_add(1);
		}
		ensure!(
			Demands::<T>::iter_keys().count() == count,
			"3: a demand for which no window waits"
		);
		Ok(demanded)
	}

	/// 6: a demand asks for leaves that the job has, once each, and counts their bytes.
	fn check_demand(job: &JobOf<T>, demand: &Demand) -> DispatchResult {
		let leaves = demand.leaves.as_slice();
		ensure!(
			!leaves.is_empty() && leaves.is_sorted_by(|a, b| a < b),
			"6: a demand for no leaves, or out of order"
		);
		let missing = leaves
			.iter()
			.try_fold(0u32, |sum, leaf| sum.checked_add(job.leaf_bytes(*leaf)?))
			.ok_or("6: a demand for a leaf that the job has not")?;
		ensure!(
			missing <= demand.bytes && demand.bytes <= OPEN_BYTES,
			"6: the bytes of a demand are miscounted"
		);
		ensure!(
			u32::try_from(leaves.len()).is_ok_and(|count| count <= job.demanded),
			"6: more leaves are missing than were demanded"
		);
		Ok(())
	}

	/// 3: a queue of demands is whole, and something is open before it. 6: the bytes of what is open are its sum, and
	/// bounded.
	fn check_demand_queues(mut demanded: Demanded) -> DispatchResult {
		for (provider, record) in DemandQueues::<T>::iter() {
			ensure!(
				record != ProviderDemands::default(),
				"6: a record of nothing that is demanded"
			);
			let (open, queued) = demanded.remove(&provider).unwrap_or_default();
			ensure!(record.open_bytes == open, "6: the bytes of open demands are miscounted");
			ensure!(open <= OPEN_BYTES, "6: more is demanded at once than may be");
			ensure!(
				record.head.is_none() || open > 0,
				"3: demands queue behind nothing that is open"
			);
			let (mut prev, mut next, mut count) = (None, record.head, 0u32);
			while let Some(id) = next {
				let demand = Demands::<T>::get(id).ok_or("3: a demand in a queue that is not there")?;
				ensure!(
					demand.provider == provider && demand.prev == prev,
					"3: a queue of demands does not lead back"
				);
				count = count.saturating_add(1);
				prev = Some(id);
				next = demand.next;
			}
			ensure!(prev == record.tail, "3: a queue of demands does not end at its tail");
			ensure!(count == queued, "3: a demand that queues is in no queue");
		}
		ensure!(
			demanded.is_empty(),
			"6: demands that their provider's record does not know"
		);
		Ok(())
	}

	/// 3 and 5: bitmaps match queues, queues are whole, and every order in them belongs where it stands.
	fn check_book() -> DispatchResult {
		let mut in_bitmaps = 0usize;
		for (pool, levels) in Levels::<T>::iter() {
			ensure!(!levels.is_empty(), "5: an empty bitmap");
			for side in [Side::Ask, Side::Bid] {
				for level in levels.side(side).levels() {
					ensure!(
						Queues::<T>::contains_key((pool, side, level)),
						"5: a level in the bitmap without a queue"
					);
					in_bitmaps = in_bitmaps.saturating_add(1);
				}
			}
		}
		let mut queues = 0usize;
		let mut orders = 0usize;
		for ((pool, side, level), queue) in Queues::<T>::iter() {
			queues = queues.saturating_add(1);
			let mut prev = None;
			let mut next = Some(queue.head);
			while let Some(order) = next {
				let link = Links::<T>::get(order).ok_or("5: an order without links")?;
				ensure!(link.prev == prev, "5: a link does not lead back");
				Self::check_order(order, pool, side, level)?;
				orders = orders.saturating_add(1);
				prev = Some(order);
				next = link.next;
			}
			ensure!(prev == Some(queue.tail), "5: a queue does not end at its tail");
		}
		ensure!(queues == in_bitmaps, "5: a queue that no bitmap shows");
		ensure!(orders == Links::<T>::iter_keys().count(), "5: an order in no queue");
		let pending = Jobs::<T>::iter_values()
			.filter(|job| job.state == JobState::Pending)
			.count();
		let queued = Asks::<T>::iter_values()
			.flat_map(|asks| asks.slots)
			.flatten()
			.filter(|ask| !ask.parked)
			.count();
		ensure!(
			orders == pending.saturating_add(queued),
			"3: an order that stands in no queue"
		);
		Ok(())
	}

	fn check_order(order: OrderRef, pool: Pool, side: Side, level: Level) -> DispatchResult {
		match (side, order) {
			(Side::Ask, OrderRef::Ask { provider, slot }) => {
				let ask = Asks::<T>::get(provider).slots.get(usize::from(slot)).copied().flatten();
				let ask = ask.ok_or("5: a queued ask that its provider does not have")?;
				ensure!(
					ask.pool == pool && ask.level == level && !ask.parked,
					"5: an ask in the wrong queue"
				);
			}
			(Side::Bid, OrderRef::Bid(id)) => {
				let job = Jobs::<T>::get(id).ok_or("5: a bid without a job")?;
				ensure!(job.state == JobState::Pending, "5: a bid of a job that is not pending");
				ensure!(job.bid() == Some((pool, level)), "5: a bid in the wrong queue");
			}
			_ => return Err("5: an order on the wrong side".into()),
		}
		Ok(())
	}

	/// 5: every ask belongs to an eligible provider; a queued one can serve; no parked one is forgotten.
	fn check_asks() -> DispatchResult {
		for (provider, asks) in Asks::<T>::iter() {
			if let Some(tick) = asks.wake {
				ensure!(Wakes::<T>::contains_key(tick, provider), "3: a wake that is in no tick");
			}
			if asks.count() == 0 {
				continue;
			}
			T::Providers::may_ask(provider).map_err(|_| "5: an ask of a provider that may not ask")?;
			let view = T::Providers::view(provider).ok_or("5: an ask of an unknown provider")?;
			let idle = view.assigned == 0 && view.running == 0;
			for ask in asks.slots.iter().flatten() {
				if ask.parked {
					ensure!(
						!idle || asks.wake.is_some(),
						"5: a parked ask that nothing will bring back"
					);
				} else {
					ensure!(Self::now() >= asks.paused_until, "5: a queued ask of a paused provider");
				}
			}
		}
		Ok(())
	}
}
