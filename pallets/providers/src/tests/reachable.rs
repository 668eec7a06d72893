//! How the list of those that are sampled is kept, and what `try_state` finds where it is not.

use super::{asking, gone, gone_at_work, listed, missed, places, sample_all, set_seed, signed, silence};
use crate::{
	mock::*, outage::Sampled, Outages, OwnerStakes, Pallet, Reachable, ReachableAt, ReachableCount, ReachableStake,
};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	Balance, ProviderId, SlashId,
};
use polkadot_sdk::frame_support::assert_ok;

#[test]
fn the_list_has_no_holes() {
	build_and_execute(|| {
		let ids: Vec<_> = [1_001, 1_002, 1_004, 1_008].into_iter().map(of_another).collect();
		let check = |expected: &[usize], stake: Balance| {
			let expected: Vec<_> = expected.iter().map(|at| ids[*at]).collect();
			assert_eq!((listed(), ReachableStake::<Test>::get()), (expected, stake));
			// List and reverse agree, and nobody else is in either.
			Pallet::<Test>::do_try_state().unwrap();
		};
		check(&[0, 1, 2, 3], 4_015);
		// The last takes the place of who leaves.
		Providers::set_asks(ids[1], 0);
		check(&[0, 3, 2], 3_013);
		Providers::set_asks(ids[2], 0);
		check(&[0, 3], 2_009);
		Providers::set_asks(ids[0], 0);
		check(&[3], 1_008);
		Providers::set_asks(ids[1], 1);
		check(&[3, 1], 2_010);
		// More asks change nothing, nor do jobs beside them.
		Providers::set_asks(ids[1], 4);
		assert_ok!(Providers::move_job(ids[3], None, Some(JobPhase::Assigned), None));
		Providers::set_asks(ids[3], 0);
		check(&[3, 1], 2_010);
		assert_ok!(Providers::move_job(ids[3], Some(JobPhase::Assigned), None, None));
		check(&[1], 1_002);
		Providers::set_asks(ids[1], 0);
		check(&[], 0);
		assert_eq!(OwnerStakes::<Test>::iter().count(), 0);
	});
}

#[test]
fn who_moves_in_the_list_keeps_its_open_sample() {
	let (stays, leaves) = (ProviderId(3), ProviderId(0));
	let seed = (0..=255)
		.find(|seed| places(*seed, 4, 4).contains(&stays))
		.expect("most seeds");
	build_and_execute(|| {
		sample_all();
		for _ in 0..4 {
			of_another(1_000);
		}
		set_seed(seed);
		tick(1);
		SeedNow::set(None);
		Providers::set_asks(leaves, 0);
		assert_eq!(
			Reachable::<Test>::get(stays),
			Some(Sampled {
				index: 0,
				last: Some(5_001),
				until: Some(5_006)
			})
		);
		tick_to(5_009);
		assert!(missed().contains(&stays) && !missed().contains(&leaves));
	});
}

#[test]
fn the_reachable_stake_follows_every_change_of_a_ledger() {
	build_and_execute(|| {
		let id = asking(2_500);
		let second = Providers::do_register(OWNER, WORKER_2, PAYOUT, endpoint(), terms(1), 1_100).unwrap();
		Providers::set_asks(second, 1);
		let third = of_another(1_300);
		let check = |all: Balance, own: Balance| {
			let of_owner = OwnerStakes::<Test>::get(OWNER).map_or(0, |stake| stake.reachable);
			assert_eq!((ReachableStake::<Test>::get(), of_owner), (all, own));
			Pallet::<Test>::do_try_state().unwrap();
		};
		check(4_900, 3_600);
		assert_ok!(Providers::bond(signed(OWNER), id, 50));
		check(4_950, 3_650);
		assert_ok!(Providers::unbond(signed(OWNER), id, 100));
		check(4_850, 3_550);
		assert_eq!(Providers::take_stake(id, 30, Some(&RECEIVER)), 30);
		check(4_820, 3_520);
		// 12 × 1.
		silence(id, 1);
		check(4_808, 3_508);
		assert_ok!(Providers::rebond(signed(OWNER), id, 40));
		check(4_848, 3_548);
		Providers::refill(id, 5);
		check(4_853, 3_553);
		Providers::set_asks(second, 0);
		check(3_753, 2_453);
		assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(0)));
		check(3_765, 2_465);
		assert_ok!(Providers::drain(signed(OWNER), id));
		check(1_300, 0);
		// What is not among the reachable counts nowhere.
		assert_ok!(Providers::bond(signed(OWNER), id, 50));
		check(1_300, 0);
		Providers::set_asks(third, 0);
		check(0, 0);
	});
}

#[test]
fn the_state_shows_a_list_that_does_not_add_up() {
	let broken: [fn(ProviderId); 9] = [
		|id| Reachable::<Test>::remove(id),
		|id| Reachable::<Test>::mutate_extant(id, |sampled| sampled.index += 1),
		|_| ReachableAt::<Test>::remove(0),
		|_| ReachableAt::<Test>::insert(1, ProviderId(7)),
		|_| ReachableCount::<Test>::put(2),
		|_| ReachableStake::<Test>::put(1_999),
		|_| OwnerStakes::<Test>::remove(OWNER),
		|_| {
			OwnerStakes::<Test>::insert(
				STRANGER,
				crate::outage::OwnerStake {
					reachable: 1,
					..Default::default()
				},
			)
		},
		|id| crate::Providers::<Test>::mutate_extant(id, |provider| provider.sampled_stake = None),
	];
	for (number, harm) in broken.into_iter().enumerate() {
		new_test_ext().execute_with(|| {
			let id = asking(2_000);
			assert_ok!(Pallet::<Test>::do_try_state());
			harm(id);
			assert!(Pallet::<Test>::do_try_state().is_err(), "harm {number}");
		});
	}
}

#[test]
fn the_state_shows_an_outage_that_does_not_add_up() {
	let broken: [fn(ProviderId); 6] = [
		|id| Outages::<Test>::remove(id, 5_001),
		|id| crate::OutageChecks::<Test>::remove(5_200, (id, 5_001)),
		|id| crate::OutageChecks::<Test>::insert(5_201, (id, 5_001), ()),
		|id| Outages::<Test>::mutate(id, 5_001, |outage| outage.as_mut().unwrap().ended = Some(5_002)),
		|id| crate::Providers::<Test>::mutate_extant(id, |provider| provider.outage = None),
		// The hook would never come by.
		|_| crate::CheckCursor::<Test>::put(5_201),
	];
	for (number, harm) in broken.into_iter().enumerate() {
		for working in [false, true] {
			new_test_ext().execute_with(|| {
				let id = if working { gone_at_work(2_000) } else { gone(2_000) };
				assert_ok!(Pallet::<Test>::do_try_state());
				harm(id);
				assert!(Pallet::<Test>::do_try_state().is_err(), "harm {number}");
			});
		}
	}
}
