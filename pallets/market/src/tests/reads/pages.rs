//! Offers and jobs in pages: all that pass the filter, each once, whatever goes in between.

use super::wander;
use crate::{
	mock::*,
	reads::types::{JobFilter, Offer, OfferFilter, StateName, PAGE, PAGE_LOOKS},
	tests::book::Random,
	Asks, JobOf, JobState, Jobs, ProviderJobs,
};
use millrace_primitives::{DeviceClass, JobId, Level, Pool, Price, ProviderId, Region};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256};
use std::collections::BTreeMap;

/// All pages of a listing, each with where to go on. Between two pages `between` may happen.
fn pages<K: Copy, E>(
	read: impl Fn(Option<K>) -> (Vec<E>, Option<K>),
	mut between: impl FnMut(K),
) -> Vec<(Vec<E>, Option<K>)> {
	let mut all: Vec<(Vec<E>, Option<K>)> = Vec::new();
	loop {
		let cursor = all.last().and_then(|(_, cursor)| *cursor);
		let (page, next) = read(cursor);
		assert!(page.len() <= PAGE as usize && all.len() < 100);
		all.push((page, next));
		match next {
			Some(next) => between(next),
			None => return all,
		}
	}
}

fn offers(filter: OfferFilter) -> Vec<Offer> {
	let all = pages(|cursor| Market::offers(filter, cursor), |_| ());
	all.into_iter().flat_map(|(page, _)| page).collect()
}

fn keys(offers: &[Offer]) -> Vec<(u32, u8)> {
	let mut keys: Vec<_> = offers.iter().map(|offer| (offer.provider.0, offer.slot)).collect();
	keys.sort();
	keys
}

/// So many providers with one to four asks each, and these asks.
fn crowd(count: u32) -> Vec<(u32, u8)> {
	let mut asks = Vec::new();
	for number in 0..count {
		let provider = MockProviders::register(1);
		for slot in 0..1 + (number % 4) as u8 {
			assert_ok!(Market::place_ask(signed(worker(provider)), slot, Level(slot)));
			asks.push((provider.0, slot));
		}
	}
	asks
}

#[test]
fn every_offer_is_on_one_page() {
	ExtBuilder::build_and_execute(|| {
		let asks = crowd(120);
		assert_eq!(asks.len(), 300);
		let all = pages(|cursor| Market::offers(OfferFilter::default(), cursor), |_| ());
		// No provider is on two pages, so a page may lack up to three of its hundred.
		assert!(all[..all.len() - 1].iter().all(|(page, _)| page.len() > 96));
		for (page, next) in &all {
			assert!(next.is_none() || page.last().map(|offer| offer.provider) == *next);
		}
		let listed: Vec<Offer> = all.into_iter().flat_map(|(page, _)| page).collect();
		assert_eq!(keys(&listed), asks);
	});
}

#[test]
fn offers_go_on_behind_one_that_is_gone() {
	ExtBuilder::build_and_execute(|| {
		let asks = crowd(120);
		blocks(4);
		let all = pages(
			|cursor| Market::offers(OfferFilter::default(), cursor),
			|last| {
				assert_ok!(Market::withdraw_all(last));
				assert!(!Asks::<Test>::contains_key(last));
			},
		);
		let listed: Vec<Offer> = all.into_iter().flat_map(|(page, _)| page).collect();
		assert_eq!(keys(&listed), asks, "they were all there when their page was read");
	});
}

#[test]
fn an_offer_says_what_stands_behind_it() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 9);
		skip_ticks(4);
		let id = submit(ALICE, book_spec(2, 9));
		let offer = Offer {
			provider,
			slot: 0,
			pool: POOL,
			level: Level(9),
			price: Price(128),
			placed: 1,
			parked: false,
			lanes: 3,
			room: 5,
		};
		assert_eq!(offers(OfferFilter::default()), [offer]);
		commit(provider, id, G);
		assert_eq!(offers(OfferFilter::default()), [Offer { room: 6, ..offer }]);
		for _ in 0..6 {
			submit(ALICE, book_spec(2, 9));
		}
		let full = Offer {
			parked: true,
			room: 0,
			..offer
		};
		assert_eq!(offers(OfferFilter::default()), [full]);
	});
}

/// The filters, written once more, over all offers.
/// Whether an offer passes a filter.
type Passes<'a> = &'a dyn Fn(&Offer) -> bool;

#[test]
fn offers_are_found_by_provider_market_price_and_whether_they_can_take_a_job() {
	let mut found = BTreeMap::new();
	for seed in 200..230 {
		ExtBuilder::build().execute_with(|| {
			wander(&mut Random::new(seed), 150);
			let all = offers(OfferFilter::default());
			let filters: [(&str, OfferFilter, Passes<'_>); 6] = [
				(
					"provider",
					OfferFilter {
						provider: Some(ProviderId(2)),
						..Default::default()
					},
					&|offer| offer.provider == ProviderId(2),
				),
				(
					"class",
					OfferFilter {
						class: Some(DeviceClass::Cpu4),
						..Default::default()
					},
					&|_| true,
				),
				(
					"no class",
					OfferFilter {
						class: Some(DeviceClass::GpuH),
						..Default::default()
					},
					&|_| false,
				),
				(
					"region",
					OfferFilter {
						region: Some(Region(1)),
						..Default::default()
					},
					&|offer| offer.pool.region == Region(1),
				),
				(
					"price",
					OfferFilter {
						price_at_most: Some(Price(75)),
						..Default::default()
					},
					&|offer| offer.level <= Level(2),
				),
				(
					"queued",
					OfferFilter {
						queued: true,
						..Default::default()
					},
					&|offer| {
						let record = MockProviders::get(offer.provider).expect("registered");
						let stake = 120_000 * u128::from(record.lanes);
						!offer.parked
							&& offer.room > 0 && record.active
							&& MockProviders::stake(&record) >= stake
							&& !record.unmeasured && record.pool == offer.pool
							&& offer.price >= record.min_price
					},
				),
			];
			for (name, filter, passes) in filters {
				let expected: Vec<Offer> = all.iter().copied().filter(passes).collect();
				assert_eq!(keys(&offers(filter)), keys(&expected), "{name}");
				*found.entry(name).or_insert(0) += expected.len();
			}
			*found.entry("all").or_insert(0) += all.len();
		});
	}
	let told_apart = |name| found[name] > 0 && found[name] < found["all"];
	assert!(
		["provider", "region", "price", "queued"].into_iter().all(told_apart),
		"{found:?}"
	);
}

fn everything() -> JobFilter<AccountId> {
	JobFilter {
		requester: None,
		provider: None,
		pool: None,
		state: None,
	}
}

fn jobs(filter: &JobFilter<AccountId>) -> BTreeMap<JobId, JobOf<Test>> {
	let all = pages(|cursor| Market::jobs(filter.clone(), cursor), |_| ());
	let entries: Vec<_> = all.into_iter().flat_map(|(page, _)| page).collect();
	let count = entries.len();
	let map: BTreeMap<_, _> = entries.into_iter().collect();
	assert_eq!(map.len(), count, "each is on one page");
	map
}

#[test]
fn jobs_are_found_by_requester_provider_pool_and_state() {
	let mut found = [0; 9];
	for seed in 300..330 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			wander(&mut random, 120);
			let mine = submit(ALICE, book_spec(2, 1));
			let elsewhere = Pool {
				region: Region(1),
				..POOL
			};
			let in_state = |state| JobFilter {
				state: Some(state),
				..everything()
			};
			type Passes = fn(&JobOf<Test>) -> bool;
			let filters: [(JobFilter<AccountId>, Passes); 9] = [
				(everything(), |_| true),
				(
					JobFilter {
						requester: Some(ALICE),
						..everything()
					},
					|job| job.requester == ALICE,
				),
				(
					JobFilter {
						provider: Some(ProviderId(1)),
						..everything()
					},
					|job| job.state.provider() == Some(ProviderId(1)),
				),
				(
					JobFilter {
						pool: Some(elsewhere),
						..everything()
					},
					|job| job.pool.region == Region(1),
				),
				(in_state(StateName::Pending), |job| job.state == JobState::Pending),
				(in_state(StateName::Assigned), |job| {
					matches!(job.state, JobState::Assigned { .. })
				}),
				(in_state(StateName::Running), |job| {
					matches!(job.state, JobState::Running { .. })
				}),
				(in_state(StateName::Committed), |job| {
					matches!(job.state, JobState::Committed { .. })
				}),
				(
					JobFilter {
						requester: Some(BOB),
						provider: Some(ProviderId(0)),
						pool: Some(POOL),
						state: Some(StateName::Committed),
					},
					|job| {
						job.requester == BOB
							&& job.state.provider() == Some(ProviderId(0))
							&& job.pool == POOL && matches!(job.state, JobState::Committed { .. })
					},
				),
			];
			for (place, (filter, passes)) in filters.into_iter().enumerate() {
				let expected: BTreeMap<_, _> = Jobs::<Test>::iter().filter(|(_, job)| passes(job)).collect();
				assert_eq!(jobs(&filter), expected, "{filter:?}");
				found[place] += expected.len();
			}
			assert!(jobs(&everything()).contains_key(&mine));
		});
	}
	assert!(
		found[1..].iter().all(|count| *count > 0 && *count < found[0]),
		"{found:?}"
	);
}

/// So many live jobs of the provider's; the state is put there, for nobody would wait for as many submissions.
fn many_jobs(count: u64) -> (ProviderId, Vec<JobId>) {
	let provider = asking(1, 0);
	let record = job(submit(ALICE, book_spec(2, 0)));
	let first = Jobs::<Test>::iter_keys().collect::<Vec<_>>();
	for id in &first {
		Jobs::<Test>::remove(id);
		ProviderJobs::<Test>::remove(provider, id);
	}
	let mut random = Random::new(5);
	let mut ids: Vec<JobId> = (0..count)
		.map(|_| JobId(H256::from_low_u64_be(random.next())))
		.collect();
	for id in &ids {
		Jobs::<Test>::insert(id, &record);
		ProviderJobs::<Test>::insert(provider, id, ());
	}
	ids.sort();
	(provider, ids)
}

#[test]
fn jobs_go_on_behind_one_that_is_gone() {
	for of_provider in [false, true] {
		ExtBuilder::build().execute_with(|| {
			let (provider, ids) = many_jobs(250);
			let filter = JobFilter {
				provider: of_provider.then_some(provider),
				..everything()
			};
			let all = pages(
				|cursor| Market::jobs(filter.clone(), cursor),
				|last| {
					Jobs::<Test>::remove(last);
					ProviderJobs::<Test>::remove(provider, last);
				},
			);
			assert_eq!(
				all.iter().map(|(page, _)| page.len()).collect::<Vec<_>>(),
				[100, 100, 50]
			);
			let listed: Vec<JobId> = all.into_iter().flat_map(|(page, _)| page).map(|(id, _)| id).collect();
			assert_eq!(listed, ids);
		});
	}
}

#[test]
fn a_page_may_be_empty_and_not_the_last() {
	ExtBuilder::build().execute_with(|| {
		let looks = u64::from(PAGE_LOOKS);
		let (_, ids) = many_jobs(2 * looks + 10);
		let rare = ids[ids.len() - 1];
		Jobs::<Test>::mutate(rare, |job| job.as_mut().expect("it is there").requester = BOB);
		let filter = JobFilter {
			requester: Some(BOB),
			..everything()
		};
		let all = pages(|cursor| Market::jobs(filter.clone(), cursor), |_| ());
		let lengths: Vec<_> = all.iter().map(|(page, _)| page.len()).collect();
		assert_eq!(lengths, [0, 0, 1]);
		assert_eq!(all[0].1, Some(ids[PAGE_LOOKS as usize - 1]));
		// As many records as are looked at, and none behind them.
		for id in &ids[PAGE_LOOKS as usize..] {
			Jobs::<Test>::remove(id);
		}
		assert_eq!(Market::jobs(filter, None), (vec![], None));
	});
}
