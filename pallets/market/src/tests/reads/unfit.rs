//! Eligibility and explanations in random books, against what then happens.

use super::{tarry, wander};
use crate::{
	book::{Book, OrderRef, Side},
	mock::*,
	reads::types::Waits,
	tests::book::Random,
	Ask, Asks, Call, Event, JobOf, JobState, Jobs, Unfit,
};
use millrace_primitives::{traits::Ineligible, JobId, Level, Pool, ProviderId, Target};
use polkadot_sdk::frame_support::{assert_ok, hypothetically, traits::UnfilteredDispatchable};
use std::collections::BTreeMap;

fn pending() -> Vec<(JobId, Pool)> {
	let waiting = |(id, job): (JobId, JobOf<Test>)| match job.terms.target {
		Target::Book { pool, .. } if job.state == JobState::Pending => Some((id, pool)),
		_ => None,
	};
	Jobs::<Test>::iter().filter_map(waiting).collect()
}

/// Whether a match gives the job to the provider, if nobody else is there.
fn is_served(provider: ProviderId, id: JobId, pool: Pool) -> bool {
	for other in (0..MockProviders::count())
		.map(ProviderId)
		.filter(|other| *other != provider)
	{
		assert_ok!(Market::withdraw_all(other));
	}
	for (other, _) in pending().into_iter().filter(|(other, _)| *other != id) {
		assert_ok!(Market::cancel_job(signed(job(other).requester), other));
	}
	let matched = Market::try_cross(pool).0;
	assert_eq!(matched, job(id).state.provider() == Some(provider));
	matched
}

/// Some of them; all, if there are no more.
fn some<E>(random: &mut Random, mut all: Vec<E>, most: usize) -> Vec<E> {
	while all.len() > most {
		all.swap_remove(random.below(all.len() as u64) as usize);
	}
	all
}

fn name(reason: Result<(), Unfit>) -> &'static str {
	match reason {
		Ok(()) => "serves",
		Err(Unfit::OtherTarget { .. }) => "other target",
		Err(Unfit::OtherPool { .. }) => "other pool",
		Err(Unfit::Provider(Ineligible::Full)) => "full",
		Err(Unfit::Provider(_)) => "provider",
		Err(Unfit::NoAsk { .. }) => "no ask",
		Err(Unfit::AskTooDear { .. }) => "too dear",
		Err(Unfit::Paused { .. }) => "paused",
		Err(Unfit::Parked) => "parked",
		Err(Unfit::Expired { .. }) => "expired",
	}
}

#[test]
fn in_random_books_a_provider_serves_what_it_is_said_to_serve() {
	let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
	for seed in 400..430 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			for _ in 0..4 {
				wander(&mut random, 40);
				tarry(&mut random);
				for (id, pool) in some(&mut random, pending(), 5) {
					let providers = (0..MockProviders::count()).map(ProviderId).collect();
					for provider in some(&mut random, providers, 8) {
						let said = Market::explain_eligibility(provider, id).expect("it is live");
						let served = hypothetically!(is_served(provider, id, pool));
						assert_eq!(
							said.is_ok(),
							served,
							"{provider:?}, {said:?}, {:?}",
							Asks::<Test>::get(provider)
						);
						*seen.entry(name(said)).or_default() += 1;
					}
				}
			}
		});
	}
	println!("{seen:?}");
	for rule in [
		"serves",
		"other pool",
		"full",
		"provider",
		"no ask",
		"too dear",
		"paused",
		"parked",
		"expired",
	] {
		assert!(seen.contains_key(rule), "{rule}: {seen:?}");
	}
}

/// Others that are matched before the job, while ever more providers come that take any bid.
fn matched_before(id: JobId) -> u32 {
	let before = events().len();
	for _ in 0..100 {
		if job(id).state != JobState::Pending {
			break;
		}
		if !Market::try_cross(POOL).0 {
			let provider = MockProviders::register(4);
			assert_ok!(Market::place_ask(signed(worker(provider)), 0, Level(0)));
		}
	}
	let assigned = events()[before..]
		.iter()
		.filter_map(|event| match event {
			Event::JobAssigned { job, .. } => Some(*job),
			_ => None,
		})
		.collect::<Vec<_>>();
	let place = assigned.iter().position(|other| *other == id);
	place.expect("its turn comes") as u32
}

#[test]
fn in_random_books_as_many_are_matched_before_a_job_as_stand_ahead() {
	let (mut first, mut behind, mut most) = (0, 0, 0);
	for seed in 500..540 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			for _ in 0..4 {
				wander(&mut random, 40);
				let of_pool = pending().into_iter().filter(|(_, pool)| *pool == POOL).collect();
				for (id, _) in some(&mut random, of_pool, 5) {
					// Somebody crosses every bid, and has come without an event.
					let said = hypothetically!({
						let provider = MockProviders::register(4);
						place_quietly(provider);
						Market::explain_job(id)
					});
					let ahead = match said.expect("it is live") {
						Waits::Match { .. } => 0,
						Waits::Behind { ahead, .. } => ahead,
						other => panic!("an ask crosses it: {other:?}"),
					};
					assert_eq!(hypothetically!(matched_before(id)), ahead);
					first += u32::from(ahead == 0);
					behind += u32::from(ahead > 0);
					most = most.max(ahead);
				}
			}
		});
	}
	assert!(first > 30 && behind > 30 && most >= 4, "{first} {behind} {most}");
}

/// An ask at level 0 that has met no bid yet.
fn place_quietly(provider: ProviderId) {
	let mut asks = Asks::<Test>::get(provider);
	asks.slots[0] = Some(Ask {
		pool: POOL,
		level: Level(0),
		placed: now(),
		parked: false,
	});
	Asks::<Test>::insert(provider, asks);
	Book::<Test>::push(POOL, Side::Ask, Level(0), OrderRef::Ask { provider, slot: 0 });
}

/// In any book, a pending job is said to be too dear, or to have no ask, exactly where no event of the pool can match it.
#[test]
fn in_random_books_nothing_happens_to_a_job_that_no_ask_crosses() {
	let mut seen = [0; 2];
	for seed in 600..660 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			let steps = 10 + random.below(30);
			wander(&mut random, steps);
			for (id, pool) in some(&mut random, pending(), 5) {
				let crosses = match Market::explain_job(id).expect("it is live") {
					Waits::Match { .. } | Waits::Behind { .. } => true,
					Waits::NoAsk { .. } | Waits::AsksTooDear { .. } => false,
					other => panic!("it is pending and not overdue: {other:?}"),
				};
				let matched = hypothetically!({
					for (other, _) in pending().into_iter().filter(|(other, _)| *other != id) {
						assert_ok!(Market::cancel_job(signed(job(other).requester), other));
					}
					// Each match puts aside two asks at most that cannot serve.
					(0..3).any(|_| Market::try_cross(pool).0)
				});
				assert_eq!(crosses, matched);
				seen[usize::from(crosses)] += 1;
			}
		});
	}
	assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
}

#[test]
fn in_random_books_a_touch_does_something_exactly_where_it_is_waited_for() {
	let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
	for seed in 700..740 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			for _ in 0..4 {
				wander(&mut random, 60);
				tarry(&mut random);
				if random.below(3) == 0 {
					let convicted = super::any_provider(&mut random);
					MockProviders::change(convicted, |record| record.fraud_clock = Some(now()));
					MockProviders::set_active(convicted, false);
				}
				for id in Jobs::<Test>::iter_keys().collect::<Vec<_>>() {
					let waits = match Market::explain_job(id).expect("it is live") {
						Waits::Touch { .. } => "touch",
						Waits::Void { .. } => "void",
						_ => "other",
					};
					let touch = || Call::<Test>::touch { job: id }.dispatch_bypass_filter(signed(BOB));
					assert_eq!(hypothetically!(touch().is_ok()), waits != "other");
					*seen.entry(waits).or_default() += 1;
				}
			}
		});
	}
	assert!(seen.len() == 3 && seen.values().all(|count| *count > 20), "{seen:?}");
}
