//! Offers and jobs, in pages. A cursor is the last record that was looked at; it need not be there any more.

use super::types::{JobFilter, JobPage, Offer, OfferFilter, OfferPage, StateName, PAGE, PAGE_LOOKS};
use crate::{
	types::{Ask, MAX_ASKS},
	Asks, Config, JobOf, Jobs, Pallet, ProviderJobs,
};
use alloc::vec::Vec;
use millrace_primitives::{
	traits::{Classes, ProviderView, Providers},
	JobId, ProviderId,
};

impl<T: Config> Pallet<T> {
	/// Offers that pass the filter, at most a page, from behind `cursor` on, and where to go on; none at the end.
	pub fn offers(filter: OfferFilter, cursor: Option<ProviderId>) -> OfferPage {
		let offers = |provider| Self::offers_of(provider, &filter);
		match (filter.provider, cursor) {
			(Some(provider), None) => (offers(provider), None),
			(Some(_), Some(_)) => (Vec::new(), None),
			(None, Some(last)) => page(Asks::<T>::iter_keys_from_key(last), cursor, offers),
			(None, None) => page(Asks::<T>::iter_keys(), cursor, offers),
		}
	}

	/// The offers of one provider that pass the filter.
	fn offers_of(provider: ProviderId, filter: &OfferFilter) -> Vec<Offer> {
		let Some(view) = T::Providers::view(provider) else {
			return Vec::new();
		};
		(0..MAX_ASKS)
			.zip(Asks::<T>::get(provider).slots)
			.filter_map(|(slot, ask)| Some(offer(provider, &view, slot, &ask?)))
			.filter(|offer| Self::offer_passes(offer, filter))
			.collect()
	}

	fn offer_passes(offer: &Offer, filter: &OfferFilter) -> bool {
		let floor = || <Self as Classes>::figures(offer.pool.class).floor;
		let can_take = || !offer.parked && Self::check_ask(offer.provider, offer.pool, offer.level, floor()).is_ok();
		filter.class.is_none_or(|class| class == offer.pool.class)
			&& filter.region.is_none_or(|region| region == offer.pool.region)
			&& filter.price_at_most.is_none_or(|most| offer.price <= most)
			&& (!filter.queued || can_take())
	}

	/// Live jobs that pass the filter, at most a page, from behind `cursor` on, and where to go on; none at the end.
	pub fn jobs(filter: JobFilter<T::AccountId>, cursor: Option<JobId>) -> JobPage<T::AccountId> {
		let keys = match (filter.provider, cursor) {
			(Some(provider), Some(last)) => {
				ProviderJobs::<T>::iter_key_prefix_from(provider, ProviderJobs::<T>::hashed_key_for(provider, last))
			}
			(Some(provider), None) => ProviderJobs::<T>::iter_key_prefix(provider),
			(None, Some(last)) => Jobs::<T>::iter_keys_from_key(last),
			(None, None) => Jobs::<T>::iter_keys(),
		};
		page(keys, cursor, |id| {
			Jobs::<T>::get(id)
				.filter(|job| Self::job_passes(job, &filter))
				.map(|job| (id, job))
		})
	}

	fn job_passes(job: &JobOf<T>, filter: &JobFilter<T::AccountId>) -> bool {
		filter
			.requester
			.as_ref()
			.is_none_or(|requester| *requester == job.requester)
			&& filter.state.is_none_or(|state| state == StateName::from(&job.state))
			&& filter.pool.is_none_or(|pool| job.pool == pool)
	}
}

fn offer<A>(provider: ProviderId, view: &ProviderView<A>, slot: u8, ask: &Ask) -> Offer {
	let taken = u32::from(view.assigned).saturating_add(u32::from(view.running));
	let room = u32::from(view.lanes).saturating_mul(2).saturating_sub(taken);
	Offer {
		provider,
		slot,
		pool: ask.pool,
		level: ask.level,
		price: ask.level.price(),
		placed: ask.placed,
		parked: ask.parked,
		lanes: view.lanes,
		room: if view.has_room() { room } else { 0 },
	}
}

/// What the keys behind a cursor give, at most a page, and where to go on. What one key gives is never split.
fn page<K: Copy, E, F: IntoIterator<Item = E>>(
	keys: impl Iterator<Item = K>,
	cursor: Option<K>,
	entries: impl Fn(K) -> F,
) -> (Vec<E>, Option<K>) {
	let (mut page, mut last) = (Vec::new(), cursor);
	for (looked, key) in (0..=PAGE_LOOKS).zip(keys) {
		if looked == PAGE_LOOKS {
			return (page, last);
		}
		let found: Vec<E> = entries(key).into_iter().collect();
		let long = page.len().saturating_add(found.len());
		if u32::try_from(long).map_or(true, |long| long > PAGE) {
			return (page, last);
		}
		page.extend(found);
		last = Some(key);
	}
	(page, None)
}
