//! What the first block of the new runtime moves at once: the clock, and the fees in the pot.

use super::*;
use crate::ClockState;
use polkadot_sdk::frame_support::traits::tokens::Preservation;

/// The state of version 2 with so much counted in the pot, and `gift` beside it.
fn with_pot(collected: Balance, gift: Balance) {
	downgrade();
	assert_ok!(Balances::mint_into(&pot(), collected));
	if gift > 0 {
		assert_ok!(Balances::transfer(&BOB, &pot(), gift, Preservation::Preserve));
	}
	v2::FeeEra::<Test>::put(v2::FeeTally { started: 5, collected });
}

#[test]
fn the_clock_goes_on_and_knows_whether_the_market_is_halted() {
	for (halted, busy) in [(None, false), (Some(false), true), (Some(true), false)] {
		ExtBuilder::build_and_execute(|| {
			downgrade();
			// A tick, a slot, whether the last block was busy.
			let bytes = (7u32, 8u64, busy).encode();
			unhashed::put_raw(&Clock::<Test>::hashed_key(), &bytes);
			if let Some(halted) = halted {
				v2::Halted::<Test>::put(halted);
			}
			first_block();
			let expected = ClockState {
				tick: 7,
				last_slot: 8,
				busy,
				halted: halted == Some(true),
				genesis: H256::zero(),
			};
			assert_eq!(Clock::<Test>::get(), expected);
			assert!(!v2::Halted::<Test>::exists());
			migrate(9);
			assert_eq!(Clock::<Test>::get(), expected);
		});
	}
}

#[test]
fn a_halted_market_stays_halted_until_it_is_opened() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		downgrade();
		migrate(9);
		blocks(2);
		assert_eq!(now(), 1);
		assert_noop!(
			Market::submit_job(signed(ALICE), book_spec(10, 0)),
			Error::<Test>::Halted
		);
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
		blocks(2);
		assert_eq!(now(), 3);
		submit(ALICE, book_spec(10, 0));
	});
}

/// As at the end of an era; but the pot is no more, so the treasury gets also its deposit and what nobody counted.
#[test]
fn the_pot_is_emptied_to_the_planck() {
	// Of 52 a fifth is 10.4, of 4 it is 0.8.
	for (collected, gift, treasury, burned) in [(0, 0, 0, 0), (52, 0, 10, 42), (52, 500, 510, 42), (4, 3, 3, 4)] {
		ExtBuilder::build_and_execute(|| {
			with_pot(collected, gift);
			let issued = Balances::total_issuance();
			first_block();
			assert_eq!(free(TREASURY), ED + treasury + ED);
			assert_eq!(Balances::total_issuance(), issued - burned);
			assert_eq!(free(pot()), 0);
			assert!(!System::account_exists(&pot()));
			assert!(!v2::FeeEra::<Test>::exists());
			migrate(9);
		});
	}
}

#[test]
fn a_treasury_that_was_not_there_is_now() {
	ExtBuilder::build_and_execute(|| {
		Balances::set_balance(&TREASURY, 0);
		with_pot(52, 0);
		first_block();
		assert_eq!((free(TREASURY), free(pot())), (10 + ED, 0));
		migrate(9);
	});
}

#[test]
fn the_era_of_fees_goes_on_as_the_era_of_the_pools() {
	ExtBuilder::build_and_execute(|| {
		with_pot(52, 0);
		first_block();
		let era = EraProgress::<Test>::get();
		assert_eq!((era.index, era.started, era.closing), (0, 5, false));
		migrate(9);
		skip_ticks(1_002);
		blocks(1);
		assert_eq!(EraProgress::<Test>::get(), era, "it is 999 ticks old");
		blocks(1);
		let era = EraProgress::<Test>::get();
		assert_eq!((era.index, era.started), (1, 1_005));
	});
}

#[test]
fn twice_is_once() {
	ExtBuilder::build_and_execute(|| {
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		with_pot(52, 500);
		first_block();
		let done = root();
		first_block();
		assert_eq!(root(), done);
		migrate(9);
		let done = root();
		first_block();
		assert_eq!(root(), done);
	});
}

#[test]
fn a_chain_that_began_with_version_3_has_no_pot_to_empty() {
	ExtBuilder::build_and_execute(|| {
		StorageVersion::new(3).put::<Market>();
		let before = root();
		first_block();
		assert_eq!(root(), before);
	});
}
