//! Sampled liveness: whether whoever sells time answers.
//!
//! Each tick draws a few of the providers that have an ask or a live job, with randomness that nobody could know when it
//! was decided who can be drawn. Whoever is drawn must call `heartbeat`, or anything else that its worker calls, before
//! long. The cost of a block does not grow with the number of providers, and an outage of many is told a few at a time.

use crate::{
	outage::{Drops, OwnerStake, SampleBatch, Sampled},
	types::{MAX_MISSES, MAX_SAMPLES},
	weights::WeightInfo,
	*,
};
use polkadot_sdk::{
	frame_support::{
		defensive,
		dispatch::DispatchResult,
		ensure,
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_core::H256,
	sp_runtime::{BoundedVec, Perbill},
};

/// Part of a block that the hook may take for samples, tasks and outages.
const HOOK_SHARE: Perbill = Perbill::from_percent(1);

impl<T: Config> Pallet<T> {
	/// The whole of `on_poll` but the slashes: what was missed, the samples of this tick, what outages cost by now, and who
	/// is measured.
	pub(crate) fn poll_liveness(meter: &mut WeightMeter) {
		let now = T::Clock::now();
		// A clock that stands still makes nobody late, and asks nobody.
		if LastPoll::<T>::get() >= now {
			return;
		}
		LastPoll::<T>::put(now);
		let mut own = WeightMeter::with_limit(meter.remaining().min(Self::liveness_budget()));
		Self::serve_misses(now, &mut own);
		let seed = T::Seed::get();
		if own.try_consume(T::WeightInfo::draw_samples(MAX_SAMPLES)).is_ok() {
			if let Some(seed) = seed {
				Self::draw_samples(now, seed);
			}
		}
		Self::serve_checks(now, &mut own);
		// Last: a device can wait, where many outages are looked at.
		if let Some(seed) = seed {
			Self::poll_enrolment(now, &seed, &mut own);
		}
		meter.consume(own.consumed());
	}

	/// What the hook may take of one block for samples, tasks and outages.
	pub(crate) fn liveness_budget() -> Weight {
		let time = HOOK_SHARE.mul_floor(T::BlockWeights::get().max_block.ref_time());
		Weight::from_parts(time, u64::MAX)
	}

	/// What the hook does in any tick.
	fn ordinary_tick() -> Weight {
		T::WeightInfo::draw_samples(MAX_SAMPLES)
			.saturating_add(T::WeightInfo::serve_samples().saturating_mul(2))
			.saturating_add(T::WeightInfo::serve_tick())
	}

	/// What the hook does at most in a tick before anything waits for the next one but the measurement of a device.
	pub(crate) fn dearest_tick() -> Weight {
		Self::ordinary_tick()
			.saturating_add(T::WeightInfo::miss().saturating_mul(u64::from(MAX_MISSES)))
			.saturating_add(T::WeightInfo::check_outage())
	}

	/// What the hook does in a tick in which a device's task is drawn: any in which not as many became unreachable as may.
	pub(crate) fn measuring_tick() -> Weight {
		Self::ordinary_tick()
			.saturating_add(T::WeightInfo::miss())
			.saturating_add(Self::measure_weight())
	}

	/// Samples some of the reachable providers.
	pub(crate) fn draw_samples(now: Tick, seed: H256) {
		let rules = T::Liveness::get();
		let count = ReachableCount::<T>::get();
		let until = now.saturating_add(rules.answer_ticks);
		let draws = count.div_ceil(rules.providers_per_sample.max(1)).min(MAX_SAMPLES);
		let mut drawn = BoundedVec::new();
		for draw in 0..draws {
			// Nobody can be drawn where there is nobody.
			let Some(index) = enrolment::draw(&seed, draw, count) else {
				return;
			};
			let Some(id) = ReachableAt::<T>::get(index) else {
				defensive!("the list of reachable providers has no holes");
				return;
			};
			let opened = Reachable::<T>::mutate(id, |slot| {
				let sampled = slot.as_mut()?;
				let rested = sampled
					.last
					.is_none_or(|last| now >= last.saturating_add(rules.sample_gap));
				if sampled.until.is_some() || !rested {
					return None;
				}
				sampled.last = Some(now);
				sampled.until = Some(until);
				Some(())
			});
			if opened.is_some() && drawn.try_push(id).is_ok() {
				Self::deposit_event(Event::ProviderSampled { provider: id, until });
			}
		}
		if !drawn.is_empty() {
			let mut ends = SampleQueue::<T>::get();
			Samples::<T>::insert(
				ends.tail,
				SampleBatch {
					drawn: now,
					until,
					providers: drawn,
				},
			);
			ends.tail = ends.tail.wrapping_add(1);
			SampleQueue::<T>::put(ends);
		}
	}

	/// Finds who has not answered, oldest sample first: at most so many become unreachable in a tick, the others wait and
	/// may still answer.
	pub(crate) fn serve_misses(now: Tick, meter: &mut WeightMeter) {
		let mut ends = SampleQueue::<T>::get();
		let start = ends;
		let mut misses = 0;
		while ends.head != ends.tail && meter.try_consume(T::WeightInfo::serve_samples()).is_ok() {
			let Some(mut batch) = Samples::<T>::get(ends.head) else {
				defensive!("a batch of samples is missing");
				ends.head = ends.head.wrapping_add(1);
				continue;
			};
			if batch.until >= now {
				break;
			}
			let mut rest = BoundedVec::new();
			for id in batch.providers {
				if !Self::missed(id, batch.until) {
					continue;
				}
				if misses < MAX_MISSES && meter.try_consume(T::WeightInfo::miss()).is_ok() {
					misses = misses.saturating_add(1);
					Self::miss(id, batch.drawn);
				} else {
					// It came from a list of the same bound.
					let _ = rest.try_push(id);
				}
			}
			if rest.is_empty() {
				Samples::<T>::remove(ends.head);
				ends.head = ends.head.wrapping_add(1);
			} else {
				batch.providers = rest;
				Samples::<T>::insert(ends.head, batch);
				break;
			}
		}
		if ends != start {
			if ends.head == ends.tail {
				SampleQueue::<T>::kill();
			} else {
				SampleQueue::<T>::put(ends);
			}
		}
	}

	/// Whether the provider still owes the answer to this sample.
	fn missed(id: ProviderId, until: Tick) -> bool {
		Reachable::<T>::get(id).is_some_and(|sampled| sampled.until == Some(until))
	}

	/// A provider did not answer a sample that was drawn at `since`.
	pub(crate) fn miss(id: ProviderId, since: Tick) {
		match Providers::<T>::get(id) {
			Some(provider) => Self::lose(id, provider, since),
			None => {
				defensive!("who is sampled is registered");
			}
		}
	}

	/// Makes a provider unreachable: its asks leave, and its outage begins or goes on.
	pub(crate) fn lose(id: ProviderId, mut provider: ProviderOf<T>, since: Tick) {
		let outage = Self::start_outage(id, &mut provider, since);
		provider.status = Status::Unreachable {
			draining: provider.status == Status::Draining,
		};
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderUnreachable {
			provider: id,
			since,
			outage,
		});
		// Last, because the market comes back from here to lower the count of asks.
		T::Events::lost_eligibility(id);
	}

	/// The provider's worker has made itself heard: whatever sample was open is answered. Says whether one was.
	pub(crate) fn note_heard(id: ProviderId) -> bool {
		let Some(mut sampled) = Reachable::<T>::get(id) else {
			return false;
		};
		let open = sampled.until.take().is_some();
		if open {
			Reachable::<T>::insert(id, sampled);
		}
		open
	}

	/// See [`Pallet::heartbeat`].
	pub(crate) fn do_heartbeat(who: &T::AccountId) -> DispatchResult {
		let id = Workers::<T>::get(who).ok_or(Error::<T>::NotWorker)?;
		ensure!(Self::note_heard(id), Error::<T>::NotSampled);
		Ok(())
	}

	/// Writes a provider, and keeps the list of those that are sampled, and their stake, as the record says.
	///
	/// Every change of a record goes through here; nothing but a constant number of items is touched, and where neither
	/// stake nor engagement changed only the record is.
	pub(crate) fn put(id: ProviderId, mut provider: ProviderOf<T>) {
		let stake = provider.is_sampled().then_some(provider.ledger.active);
		let known = provider.sampled_stake;
		if stake != known {
			provider.sampled_stake = stake;
			match (known, stake) {
				(None, Some(_)) => Self::list(id),
				(Some(_), None) => Self::unlist(id),
				_ => (),
			}
			let (before, after) = (known.unwrap_or(0), stake.unwrap_or(0));
			let moved = |sum: Balance| sum.saturating_sub(before).saturating_add(after);
			ReachableStake::<T>::mutate(|sum| *sum = moved(*sum));
			OwnerStakes::<T>::mutate_exists(&provider.owner, |slot| {
				let mut own = slot.take().unwrap_or_default();
				own.reachable = moved(own.reachable);
				*slot = (own != OwnerStake::default()).then_some(own);
			});
		}
		Providers::<T>::insert(id, provider);
	}

	/// Appends a provider to the list of those that are sampled.
	fn list(id: ProviderId) {
		let index = ReachableCount::<T>::get();
		ReachableAt::<T>::insert(index, id);
		Reachable::<T>::insert(
			id,
			Sampled {
				index,
				last: None,
				until: None,
			},
		);
		ReachableCount::<T>::put(index.saturating_add(1));
	}

	/// Takes a provider out of the list; the last one moves to its place. A sample that was open is void.
	fn unlist(id: ProviderId) {
		let Some(gone) = Reachable::<T>::take(id) else {
			defensive!("who counts as sampled is listed");
			return;
		};
		let last = ReachableCount::<T>::get().saturating_sub(1);
		ReachableCount::<T>::put(last);
		let Some(moved) = ReachableAt::<T>::take(last).filter(|_| gone.index != last) else {
			return;
		};
		ReachableAt::<T>::insert(gone.index, moved);
		Reachable::<T>::mutate_extant(moved, |sampled| sampled.index = gone.index);
	}

	/// Counts stake that became unreachable in an hour, for all and for its owner. A provider that comes and goes counts
	/// once, in its latest hour: else it could buy others' forgiveness as often as it liked.
	pub(crate) fn drop_of(owner: &T::AccountId, hour: u32, stake: Balance, before: Option<(u32, Balance)>) {
		let count = |drops: &mut Drops| {
			if let Some((hour, stake)) = before {
				drops.take_back(hour, stake);
			}
			drops.add(hour, stake);
		};
		RecentDrops::<T>::mutate(count);
		OwnerStakes::<T>::mutate(owner, |own| count(&mut own.get_or_insert_default().drops));
	}

	/// Forgets drops of an owner that nothing needs any more.
	pub(crate) fn forget_drops(owner: &T::AccountId, hour: u32) {
		OwnerStakes::<T>::mutate_exists(owner, |slot| {
			let Some(mut own) = slot.take() else { return };
			own.drops.forget_before(hour.saturating_sub(types::MAX_DROPS));
			*slot = (own != OwnerStake::default()).then_some(own);
		});
	}

	/// Stake of other owners that `drops` has, less the owner's part of it.
	pub(crate) fn of_others(sum: impl Fn(&Drops) -> Balance, owner: &OwnerStake) -> Balance {
		sum(&RecentDrops::<T>::get()).saturating_sub(sum(&owner.drops))
	}
}
