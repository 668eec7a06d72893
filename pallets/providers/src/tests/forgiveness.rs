//! What is forgiven of an outage: nothing where only its owner's providers became unreachable, all of it where a quarter of
//! the other owners' stake did, and in proportion between.

use super::{signed, taken};
use crate::{
	mock::*,
	outage::{Drops, OwnerStake},
	Event, Outages, OwnerStakes, Pallet, RecentDrops, Status,
};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	Balance, ProviderId, Tick,
};
use polkadot_sdk::{frame_support::assert_ok, sp_runtime::Perbill};

/// Stakes of eight owners, together 10,000, of which a quarter is 2,500.
const STAKES: [Balance; 8] = [1_000, 1_500, 1_499, 1_001, 1_000, 1_000, 1_500, 1_500];

/// The owner's provider with 2,000 staked and a job running, and one of each of eight other owners. The first of these was
/// registered at this tick, all others at 4,000. Nobody is sampled, and it is tick 5,450, in hour 54.
fn network(first_registered: Tick) -> (ProviderId, Vec<ProviderId>) {
	SeedNow::set(None);
	Now::set(4_000);
	let id = registered(2_000);
	assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
	let others = STAKES.iter().enumerate().map(|(number, stake)| {
		Now::set(if number == 0 { first_registered } else { 4_000 });
		of_another(*stake)
	});
	let others = others.collect();
	Now::set(5_450);
	(id, others)
}

/// The provider has not answered, and that is found in the same tick.
fn lose(id: ProviderId) {
	Providers::miss(id, Now::get());
}

/// What is left of what the provider's outage costs.
fn scale(id: ProviderId, began: Tick) -> Option<Perbill> {
	Outages::<Test>::get(id, began).expect("it goes on").scale
}

/// What is taken, and at which ticks.
type Taken = &'static [(Tick, Balance)];

#[test]
fn an_outage_is_forgiven_by_the_stake_of_others_that_went_with_it() {
	// Without forgiveness 10, 80, 300 and 500 in all.
	let cases: [(&[usize], u32, Taken); 6] = [
		(
			&[],
			1_000_000_000,
			&[(5_600, 10), (5_651, 70), (6_451, 220), (8_451, 200)],
		),
		// 1,000 of 2,500: 60 % are left.
		(
			&[0],
			600_000_000,
			&[(5_600, 6), (5_651, 42), (6_451, 132), (8_451, 120)],
		),
		// 1,500: 40 %.
		(&[1], 400_000_000, &[(5_600, 4), (5_651, 28), (6_451, 88), (8_451, 80)]),
		// 2,499: one part in 2,500 of 500 is nothing, but it is not forgiven.
		(&[0, 2], 400_000, &[]),
		// 2,500, and 3,000.
		(&[0, 1], 0, &[]),
		(&[1, 6], 0, &[]),
	];
	for (lost, parts, expected) in cases {
		build_and_execute(|| {
			let (id, others) = network(4_000);
			lose(id);
			assert_eq!(Outages::<Test>::get(id, 5_450).unwrap().others, 10_000);
			tick_to(5_460);
			lost.iter().for_each(|at| lose(others[*at]));
			tick_to(5_599);
			assert_eq!((scale(id, 5_450), taken(id)), (None, vec![]));
			tick_to(5_600);
			assert_eq!(scale(id, 5_450), Some(Perbill::from_parts(parts)));
			tick_to(8_451);
			assert_eq!(taken(id), expected, "{lost:?} went too");
			if parts > 0 {
				assert_eq!(provider(id).status, Status::Chilled { until: 8_901 });
				return;
			}
			// Who is forgiven is not chilled either, and its outage is over when it returns.
			assert_eq!(provider(id).status, Status::Unreachable { draining: false });
			assert_eq!(Outages::<Test>::get(id, 5_450).unwrap().check, None);
			tick_to(9_000);
			assert_ok!(Providers::resume(signed(WORKER), id));
			tick(18);
			let closed = Event::OutageClosed {
				provider: id,
				began: 5_450,
				ticks: 3_550,
				scale: Perbill::zero(),
				charged: 0,
				deducted: 0,
			};
			assert!(events().contains(&closed));
			assert_eq!((provider(id).record.unreachable, taken(id)), (3_550, vec![]));
		});
	}
}

#[test]
fn the_hour_of_the_outage_and_its_neighbours_count() {
	let cases = [
		(5_299, false),
		(5_300, true),
		(5_399, true),
		(5_400, true),
		(5_450, true),
		(5_499, true),
		(5_500, true),
		(5_599, true),
		(5_600, false),
	];
	for (lost, counts) in cases {
		build_and_execute(|| {
			let (id, others) = network(4_000);
			let lose_other = || {
				Now::set(lost);
				lose(others[1]);
			};
			if lost <= 5_450 {
				lose_other();
			}
			Now::set(5_450);
			lose(id);
			// Who went in these hours was reachable before; who went earlier was not.
			let before = if lost < 5_300 { 8_500 } else { 10_000 };
			assert_eq!(Outages::<Test>::get(id, 5_450).unwrap().others, before);
			if lost > 5_450 {
				lose_other();
			}
			Now::set(5_599);
			tick(1);
			assert_eq!(taken(id), [(5_600, if counts { 4 } else { 10 })], "at {lost}");
		});
	}
}

/// Stake that an owner has itself buys nothing, in however many records.
#[test]
fn the_owners_own_providers_do_not_count() {
	for with_another in [false, true] {
		build_and_execute(|| {
			let (id, others) = network(4_000);
			Now::set(4_000);
			let own: Vec<_> = (0..20)
				.map(|number| {
					let worker = 30_000 + number;
					let own = Providers::do_register(OWNER, worker, PAYOUT, endpoint(), terms(1), 1_000).unwrap();
					Providers::set_asks(own, 1);
					own
				})
				.collect();
			Now::set(5_450);
			own.iter().for_each(|own| lose(*own));
			lose(id);
			if with_another {
				lose(others[0]);
			}
			// What is its own counts neither as gone nor as what could have gone.
			assert_eq!(Outages::<Test>::get(id, 5_450).unwrap().others, 10_000);
			tick_to(5_600);
			let (parts, amount) = if with_another {
				(600_000_000, 6)
			} else {
				(1_000_000_000, 10)
			};
			assert_eq!(scale(id, 5_450), Some(Perbill::from_parts(parts)));
			assert_eq!(taken(id), [(5_600, amount)]);
			// For the others it is not their own: 22,000 of 20,000 + 2,000 + 9,000 went, or 1,000 more.
			if with_another {
				assert_eq!(scale(others[0], 5_450), Some(Perbill::zero()));
			}
		});
	}
}

#[test]
fn young_providers_do_not_speak_for_others() {
	// At 5,450 it is 399 ticks old, or 400.
	for (registered, amount) in [(5_051, 10), (5_050, 6)] {
		build_and_execute(|| {
			let (id, others) = network(registered);
			lose(id);
			lose(others[0]);
			tick_to(5_600);
			assert_eq!(taken(id), [(5_600, amount)]);
		});
	}
}

#[test]
fn others_speak_for_young_providers() {
	build_and_execute(|| {
		let (id, others) = network(5_449);
		for id in [others[0], others[1], others[2], id] {
			lose(id);
		}
		// Of the 11,000 of others 1,500 + 1,499 + 2,000 went, which is more than 2,750.
		assert_eq!(Outages::<Test>::get(others[0], 5_450).unwrap().others, 11_000);
		tick_to(5_600);
		assert_eq!(scale(others[0], 5_450), Some(Perbill::zero()));
	});
}

/// A provider with nobody beside it is on its own.
#[test]
fn who_is_alone_is_forgiven_nothing() {
	build_and_execute(|| {
		SeedNow::set(None);
		Now::set(4_000);
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		Now::set(5_450);
		lose(id);
		tick_to(5_600);
		assert_eq!((scale(id, 5_450), taken(id)), (Some(Perbill::one()), vec![(5_600, 10)]));
	});
}

#[test]
fn what_counts_is_the_active_stake_of_who_went() {
	build_and_execute(|| {
		let (id, others) = network(4_000);
		// 1,400 of 1,500; the others still have 10,000 less these 100.
		assert_eq!(Providers::take_stake(others[1], 100, Some(&RECEIVER)), 100);
		Providers::set_asks(others[1], 1);
		lose(id);
		lose(others[1]);
		let drops = |drops: Drops| drops.0.into_inner();
		assert_eq!(drops(RecentDrops::<Test>::get()), [(54, 2_000 + 1_400)]);
		let own = OwnerStakes::<Test>::get(OWNER).unwrap();
		assert_eq!((own.reachable, drops(own.drops)), (0, vec![(54, 2_000)]));
		tick_to(5_600);
		// A quarter of 9,900 is 2,475, of which 1,075 are left.
		assert_eq!(scale(id, 5_450), Some(Perbill::from_rational(1_075u32, 2_475u32)));
	});
}

#[test]
fn what_is_not_needed_any_more_is_forgotten() {
	build_and_execute(|| {
		let (id, _) = network(4_000);
		lose(id);
		assert_eq!(OwnerStakes::<Test>::get(OWNER).unwrap().drops.0.len(), 1);
		// The job is done, so that nothing of the owner is reachable either.
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		assert_ok!(Providers::drain(signed(OWNER), id));
		tick_to(5_600);
		assert_eq!(Outages::<Test>::iter().count(), 0);
		// Eight hours are kept; the next outage is closed later than that.
		assert_ok!(Providers::resume(signed(OWNER), id));
		Now::set(6_500);
		lose(id);
		Now::set(7_500);
		assert_ok!(Providers::drain(signed(OWNER), id));
		tick_to(7_518);
		assert_eq!(OwnerStakes::<Test>::get(OWNER), None);
		assert_eq!(RecentDrops::<Test>::get().0.to_vec(), [(65, 2_000)]);
		Pallet::<Test>::do_try_state().unwrap();
	});
}

#[test]
fn drops_are_summed_by_hour_and_the_oldest_forgotten() {
	let mut drops = Drops::default();
	let known = |drops: &Drops| drops.0.to_vec();
	for (hour, stake) in [(50, 1), (50, 2), (51, 4), (53, 8)] {
		drops.add(hour, stake);
	}
	assert_eq!(known(&drops), [(50, 3), (51, 4), (53, 8)]);
	// An hour and the one before; an hour and both neighbours.
	let sums: Vec<_> = (49..=55).map(|hour| (drops.until(hour), drops.around(hour))).collect();
	assert_eq!(sums, [(0, 3), (3, 7), (7, 7), (4, 12), (8, 8), (8, 8), (0, 0)]);
	// Eight hours are kept, this one included.
	drops.add(57, 16);
	assert_eq!(known(&drops), [(50, 3), (51, 4), (53, 8), (57, 16)]);
	drops.add(58, 32);
	assert_eq!(known(&drops), [(51, 4), (53, 8), (57, 16), (58, 32)]);
	for hour in 59..90 {
		drops.add(hour, 1);
	}
	assert_eq!(known(&drops), (82..90).map(|hour| (hour, 1)).collect::<Vec<_>>());
	// No overflow, whatever comes.
	drops.add(89, Balance::MAX);
	assert_eq!(drops.around(89), Balance::MAX);
	drops.forget_before(90);
	assert_eq!(known(&drops), vec![]);
	assert_eq!((drops.until(0), drops.around(u32::MAX)), (0, 0));
	assert_eq!(OwnerStake::default().drops, Drops::default());
}

#[test]
fn figures_at_their_edges() {
	let rules = default_liveness();
	// A quarter of 10,000.
	for (dropped, others, parts) in [
		(0, 10_000, 1_000_000_000),
		(0, 0, 1_000_000_000),
		(1, 10_000, 999_600_000),
		(625, 10_000, 750_000_000),
		(1_250, 10_000, 500_000_000),
		(2_500, 10_000, 0),
		(2_501, 10_000, 0),
		(1, 0, 0),
		// A quarter of 3 is nothing.
		(1, 3, 0),
		// Rounded in favour of who was gone.
		(1, Balance::MAX, 999_999_999),
		(Balance::MAX, Balance::MAX, 0),
	] {
		assert_eq!(
			rules.scale(dropped, others).deconstruct(),
			parts,
			"{dropped} of {others}"
		);
	}
	for (ticks, idle, running) in [
		(0, 0, 0),
		(20, 0, 0),
		(21, 0, 5_000_000),
		(200, 0, 5_000_000),
		(201, 1_000_000, 40_000_000),
		(1_000, 1_000_000, 40_000_000),
		(1_001, 10_000_000, 150_000_000),
		(3_000, 10_000_000, 150_000_000),
		(3_001, 20_000_000, 250_000_000),
		(Tick::MAX, 20_000_000, 250_000_000),
	] {
		assert_eq!(rules.cost(ticks, false).deconstruct(), idle, "{ticks} ticks");
		assert_eq!(rules.cost(ticks, true).deconstruct(), running, "{ticks} ticks");
		assert_eq!(rules.chills(ticks), ticks > 3_000, "{ticks} ticks");
	}
	for (now, next) in [
		(5_000, Some(5_021)),
		(5_020, Some(5_021)),
		(5_021, Some(5_201)),
		(5_201, Some(6_001)),
		(6_001, Some(8_001)),
		(8_001, None),
	] {
		assert_eq!(rules.next_step(5_000, now), next, "after {now}");
	}
	for (tick, hour, known) in [(0, 0, 200), (99, 0, 200), (100, 1, 300), (5_450, 54, 5_600)] {
		assert_eq!((rules.hour_of(tick), rules.known_from(hour)), (hour, known));
	}
}
