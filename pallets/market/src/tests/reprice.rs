//! Orders that move to another level: at its tail, with the money that it takes, and matched if they can be now.

use crate::{mock::*, Asks, Error, Event, JobState};
use millrace_primitives::{Level, Target};
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

#[test]
fn an_ask_moves_to_the_tail_of_its_new_level_once_it_has_stood() {
	ExtBuilder::build_and_execute(|| {
		let (first, second) = (asking(1, 3), asking(1, 2));
		let reprice = |level| Market::reprice_ask(signed(worker(first)), 0, Level(level));
		assert_noop!(reprice(2), Error::<Test>::AskTooYoung);
		skip_ticks(default_rules().ask_life_min);
		assert_ok!(reprice(2));
		assert_eq!(
			last_event(),
			Event::AskRepriced {
				provider: first,
				slot: 0,
				pool: POOL,
				level: Level(2)
			}
		);
		assert_eq!(Asks::<Test>::get(first).slots[0].map(|ask| ask.placed), Some(now()));
		assert_noop!(reprice(1), Error::<Test>::AskTooYoung);
		// The other one was there before.
		let served = |items| job(submit(ALICE, book_spec(items, 9))).state.provider();
		assert_eq!((served(1), served(2)), (Some(second), Some(second)));
		assert_eq!(served(3), Some(first));
		Market::do_try_state().unwrap();
	});
}

#[test]
fn an_ask_that_comes_down_takes_what_waits() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 9);
		let waiting = submit(ALICE, book_spec(10, 4));
		skip_ticks(default_rules().ask_life_min);
		assert_ok!(Market::reprice_ask(signed(worker(provider)), 0, Level(5)));
		assert_eq!(job(waiting).state, JobState::Pending);
		skip_ticks(default_rules().ask_life_min);
		assert_ok!(Market::reprice_ask(signed(worker(provider)), 0, Level(4)));
		assert_eq!(job(waiting).state.provider(), Some(provider));
		assert_eq!(job(waiting).price, Level(4).price());
		assert_noop!(
			Market::reprice_ask(signed(worker(provider)), 1, Level(4)),
			Error::<Test>::SlotEmpty
		);
	});
}

#[test]
fn a_parked_ask_moves_and_stays_parked() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 3);
		submit(ALICE, book_spec(1, 3));
		submit(ALICE, book_spec(2, 3));
		skip_ticks(default_rules().ask_life_min);
		// Both may have lapsed meanwhile; what counts is that the ask is where it says.
		let parked = Asks::<Test>::get(provider).slots[0].is_some_and(|ask| ask.parked);
		assert!(parked);
		assert_ok!(Market::reprice_ask(signed(worker(provider)), 0, Level(7)));
		let ask = Asks::<Test>::get(provider).slots[0].expect("it stands");
		assert_eq!((ask.level, ask.parked), (Level(7), true));
		Market::do_try_state().unwrap();
	});
}

#[test]
fn a_job_that_bids_more_holds_more_and_keeps_its_id() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 9);
		let id = submit(ALICE, book_spec(10, 4));
		let behind = submit(ALICE, book_spec(10, 5));
		assert_noop!(
			Market::reprice_job(signed(BOB), id, Level(5)),
			Error::<Test>::NotRequester
		);
		assert_ok!(Market::reprice_job(signed(ALICE), id, Level(5)));
		let escrow = job(id).escrow;
		assert_eq!(Some(escrow), job(id).escrow_at(Level(5).price()));
		assert_eq!(
			events()[events().len() - 2..],
			[
				Event::JobRepriced {
					job: id,
					level: Level(5),
					escrow
				},
				Event::JobQueued {
					job: id,
					pool: POOL,
					level: Level(5)
				},
			]
		);
		assert!(matches!(job(id).terms.target, Target::Book { level: Level(5), .. }));
		Market::do_try_state().unwrap();

		assert_ok!(Market::reprice_job(signed(ALICE), id, Level(0)));
		assert_eq!(job(id).escrow, 650);
		assert_eq!(held(ALICE), job(id).held() + job(behind).held());
		// Up to the ask: it is matched, at the ask's price.
		assert_ok!(Market::reprice_job(signed(ALICE), id, Level(12)));
		assert_eq!(
			(job(id).state.provider(), job(id).price),
			(Some(provider), Level(9).price())
		);
		assert_eq!(held(ALICE), job(id).held() + job(behind).held());
		assert_noop!(
			Market::reprice_job(signed(ALICE), id, Level(1)),
			Error::<Test>::NotPending
		);
	});
}

#[test]
fn a_job_bids_no_more_than_the_book_and_the_account_allow() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(10, 4));
		let before = (held(ALICE), job(id));
		assert_noop!(
			Market::reprice_job(signed(ALICE), id, Level(250)),
			Error::<Test>::EscrowTooLarge
		);
		assert_eq!((held(ALICE), job(id)), before);
		let spare = free(ALICE) - ED;
		assert_ok!(pay(ALICE, BOB, spare));
		assert_noop!(
			polkadot_sdk::frame_support::storage::with_storage_layer(|| {
				Market::reprice_job(signed(ALICE), id, Level(6))
			}),
			Error::<Test>::InsufficientFunds
		);
	});
}

fn pay(
	from: AccountId,
	to: AccountId,
	amount: millrace_primitives::Balance,
) -> Result<(), polkadot_sdk::sp_runtime::DispatchError> {
	use polkadot_sdk::frame_support::traits::{fungible::Mutate, tokens::Preservation};
	<Balances as Mutate<AccountId>>::transfer(&from, &to, amount, Preservation::Preserve).map(|_| ())
}
