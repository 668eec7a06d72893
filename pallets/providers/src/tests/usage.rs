//! What payments bring in fees: it gathers in the record, is filed with the first payment of another era and before the
//! record is removed, and can be taken once.

use super::signed;
use crate::{mock::*, Pallet, Status, Usage};
use millrace_primitives::{
	traits::{Providers as _, UsageRecord},
	Balance, ProviderId,
};
use polkadot_sdk::frame_support::assert_ok;

fn usage(id: ProviderId) -> (u32, Balance) {
	let Usage { era, fees } = provider(id).usage;
	(era, fees)
}

#[test]
fn fees_of_an_era_gather_and_the_payment_is_no_part_of_them() {
	build_and_execute(|| {
		let id = registered(2_000);
		EraNow::set(3);
		assert!(!Providers::paid(id, 1_000, 50));
		assert!(!Providers::paid(id, 234, 11));
		// So little that nothing of it is the protocol's.
		assert!(!Providers::paid(id, 7, 0));
		assert_eq!(usage(id), (3, 61));
		assert!(Filed::get().is_empty());
		let record = provider(id).record;
		assert_eq!((record.completed, record.paid), (3, 1_241));
	});
}

#[test]
fn the_first_payment_of_another_era_files_what_was_gathered() {
	build_and_execute(|| {
		let id = registered(2_000);
		EraNow::set(3);
		Providers::paid(id, 1_000, 50);
		EraNow::set(4);
		assert!(Filed::get().is_empty(), "an era that ends touches nobody");
		assert!(Providers::paid(id, 200, 10));
		assert!(!Providers::paid(id, 200, 10));
		assert_eq!((Filed::get(), usage(id)), (vec![(3, id, PAYOUT, 50)], (4, 20)));

		// However many eras lie between, and whatever the payment is worth.
		EraNow::set(90);
		assert!(Providers::paid(id, 1, 0));
		assert_eq!(
			(Filed::get(), usage(id)),
			(vec![(3, id, PAYOUT, 50), (4, id, PAYOUT, 20)], (90, 0))
		);
		// Nothing was gathered, so nothing is filed.
		EraNow::set(91);
		assert!(!Providers::paid(id, 100, 5));
		assert_eq!((Filed::get().len(), usage(id)), (2, (91, 5)));
	});
}

/// The account is that of the moment at which it is filed: a payment that comes later may go elsewhere.
#[test]
fn it_is_filed_for_the_payout_account_of_that_moment() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::paid(id, 1_000, 50);
		assert_ok!(Providers::set_payout(signed(OWNER), id, RECEIVER));
		EraNow::set(1);
		Providers::paid(id, 1_000, 50);
		assert_ok!(Providers::set_payout(signed(OWNER), id, PAYOUT));
		assert_eq!(Filed::get(), [(0, id, RECEIVER, 50)]);
	});
}

#[test]
fn a_record_that_is_removed_is_filed_first() {
	for earned in [0, 50] {
		build_and_execute(|| {
			let id = registered(2_000);
			EraNow::set(7);
			Providers::paid(id, 1_000, earned);
			assert_ok!(Providers::deregister(signed(OWNER), id));
			assert_eq!((provider(id).status, Filed::get()), (Status::Exiting, vec![]));
			Now::mutate(|now| *now += UNBOND_TICKS);
			EraNow::set(9);
			assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
			assert!(!crate::Providers::<Test>::contains_key(id));
			let expected = (earned > 0).then_some((7, id, PAYOUT, earned));
			assert_eq!(Filed::get(), Vec::from_iter(expected));
		});
	}
}

/// A withdrawal that leaves the record where it is files nothing.
#[test]
fn a_record_that_stays_keeps_what_it_has() {
	build_and_execute(|| {
		let id = registered(3_000);
		Providers::paid(id, 1_000, 50);
		assert_ok!(Providers::unbond(signed(OWNER), id, 500));
		Now::mutate(|now| *now += UNBOND_TICKS);
		EraNow::set(1);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!((Filed::get(), usage(id)), (vec![], (0, 50)));
	});
}

#[test]
fn what_an_era_brought_can_be_taken_once() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_eq!(Providers::usage(id), None);
		EraNow::set(3);
		Providers::paid(id, 1_000, 50);
		assert_eq!(Providers::usage(id), Some((3, PAYOUT, 50)));
		assert_eq!((Providers::unfiled(3), Providers::unfiled(2)), (50, 0));
		let before = provider(id);
		for era in [0, 2, 4] {
			assert_eq!(Providers::take_usage(id, era), None);
		}
		assert_eq!(Providers::take_usage(ProviderId(9), 3), None);
		assert_eq!(provider(id), before);

		assert_eq!(Providers::take_usage(id, 3), Some((PAYOUT, 50)));
		assert_eq!((Providers::take_usage(id, 3), Providers::usage(id)), (None, None));
		let mut expected = before;
		expected.usage.fees = 0;
		assert_eq!(provider(id), expected, "nothing else has changed");

		// What was taken is not filed.
		EraNow::set(4);
		assert!(!Providers::paid(id, 1_000, 50));
		assert!(Filed::get().is_empty());
	});
}

#[test]
fn all_records_of_an_era_are_summed() {
	build_and_execute(|| {
		let ids = [0, 1, 2].map(|_| of_another(2 * FLOOR));
		for (id, fees) in ids.into_iter().zip([3, 40, 500]) {
			EraNow::set(id.0 / 2);
			Providers::paid(id, 10 * fees, fees);
		}
		assert_eq!((Providers::unfiled(0), Providers::unfiled(1)), (43, 500));
	});
}

/// A payment to a provider that is not there any more counts for nobody.
#[test]
fn a_payment_to_nobody_is_nobodys() {
	build_and_execute(|| {
		assert!(!Providers::paid(ProviderId(9), 1_000, 50));
		assert_eq!((Providers::usage(ProviderId(9)), Providers::unfiled(0)), (None, 0));
	});
}

#[test]
fn an_era_that_is_still_to_come_is_found() {
	new_test_ext().execute_with(|| {
		let id = registered(2_000);
		assert_ok!(Pallet::<Test>::do_try_state());
		crate::Providers::<Test>::mutate_extant(id, |record| record.usage.era = 1);
		assert_eq!(
			Pallet::<Test>::do_try_state(),
			Err("a provider has earned in an era that is still to come".into())
		);
	});
}
