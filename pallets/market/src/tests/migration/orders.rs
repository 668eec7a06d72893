//! What stands beside the jobs: the levels of the book, asks, bars, pauses, and what is stuck.

use super::*;

#[test]
fn levels_of_both_sides_merge_and_the_book_goes_on_to_match() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		let before = Levels::<Test>::get(POOL);
		assert_eq!(
			(before.best(Side::Ask), before.best(Side::Bid)),
			(Some(Level(9)), Some(Level(0)))
		);
		downgrade();
		assert_eq!(Levels::<Test>::get(POOL), PoolLevels::default());
		migrate(1);
		assert_eq!(Levels::<Test>::iter().collect::<Vec<_>>(), [(POOL, before)]);
		assert_eq!(v2::Bitmaps::<Test>::iter().count(), 0);

		// A bid meets the ask that stood there, and an ask the bid.
		let bid = submit(ALICE, book_spec(10, 9));
		assert_eq!(job(bid).state.provider(), Some(crowd.dear));
		let cheap = asking(1, 0);
		assert_eq!(job(crowd.pending).state.provider(), Some(cheap));
	});
}

/// A bar doubles with the second time in a row, so the first must not be forgotten.
#[test]
fn who_did_not_show_up_is_barred_as_before() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let other = asking(1, 9);
		for id in [provider, other] {
			MockProviders::change(id, |record| record.completed = 4);
		}
		let id = submit(ALICE, book_spec(10, 0));
		blocks(8);
		let before = [provider, other].map(Asks::<Test>::get);
		assert_eq!((before[0].no_shows, before[0].barred_until), (1, 9 + 21));
		downgrade();
		migrate(1);
		assert_eq!([provider, other].map(Asks::<Test>::get), before);
		assert_eq!(before.map(|asks| asks.completed), [4, 0]);

		let place = || Market::place_ask(signed(worker(provider)), 0, Level(0));
		assert_noop!(place(), Error::<Test>::Barred);
		skip_ticks(21);
		assert_ok!(place());
		assert_eq!(job(id).state.provider(), Some(provider));
		blocks(8);
		let ProviderAsks {
			no_shows, barred_until, ..
		} = Asks::<Test>::get(provider);
		assert_eq!((no_shows, barred_until), (2, 38 + 42));
	});
}

#[test]
fn a_pause_ends_when_it_would_have() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::reject_job(signed(worker(provider)), id, RejectReason::Other));
		let before = Asks::<Test>::get(provider);
		assert!(before.paused_until == 7 && before.wake.is_some());
		downgrade();
		migrate(1);
		assert_eq!(Asks::<Test>::get(provider), before);
		blocks(5);
		assert_eq!(job(id).state, JobState::Pending);
		blocks(1);
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn what_was_stuck_is_stuck_and_can_be_touched() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let stuck = submit(ALICE, target_spec(10, provider, 64));
		let other = submit(ALICE, book_spec(10, 0));
		MockProviders::change(provider, |record| record.broken = true);
		blocks(8);
		assert!(Stuck::<Test>::contains_key(stuck));
		downgrade();
		migrate(1);
		assert_eq!(job(stuck).entry, Entry::Stuck);
		assert_ne!(job(other).entry, Entry::Stuck);
		assert_ok!(Market::do_try_state());
		MockProviders::change(provider, |record| record.broken = false);
		assert_ok!(Market::touch(signed(BOB), stuck));
		assert!(!Jobs::<Test>::contains_key(stuck) && !Stuck::<Test>::contains_key(stuck));
	});
}
