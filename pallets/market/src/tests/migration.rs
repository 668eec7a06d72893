//! From storage version 3 to version 4: the number of the era moves to the clock, and nothing else changes.

use crate::{
	history::Closing,
	migrations::{v3, v4::MigrateToV4},
	mock::*,
	Clock, ClockState, EraProgress, EraState, PoolTallies,
};
use codec::{Decode, DecodeAll, Encode};
use millrace_primitives::{JobId, Pool, ProviderId, Region};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		storage::unhashed,
		traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	},
	sp_core::H256,
	sp_io,
	sp_runtime::StateVersion,
};

const ELSEWHERE: Pool = Pool {
	region: Region(7),
	..POOL
};

fn write_clock(bytes: &[u8]) {
	unhashed::put_raw(&Clock::<Test>::hashed_key(), bytes);
}

fn write_era(bytes: &[u8]) {
	unhashed::put_raw(&EraProgress::<Test>::hashed_key(), bytes);
}

/// Makes the state what version 3 would have made of it.
fn downgrade() {
	let (clock, era) = (Clock::<Test>::get(), EraProgress::<Test>::get());
	let genesis = clock.genesis;
	write_clock(&(clock.tick, clock.last_slot, clock.busy, clock.halted, genesis).encode());
	let cursor = era.closing.and_then(|closing| closing.cursor);
	write_era(&(clock.era, era.started, era.closing.is_some(), cursor).encode());
	StorageVersion::new(3).put::<Market>();
}

fn upgrade() {
	MigrateToV4::<Test>::on_runtime_upgrade();
	assert_eq!(Market::on_chain_storage_version(), StorageVersion::new(4));
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A job that this provider has committed, with all of its units.
fn committed(provider: ProviderId) -> JobId {
	let id = submit(ALICE, book_spec(10, 0));
	commit(provider, id, 10 * G);
	id
}

#[test]
fn every_figure_keeps_its_value_and_the_clock_knows_the_era() {
	for (busy, halted, closing, cursor) in [
		(false, false, false, None),
		(true, false, true, None),
		(false, true, true, Some(ELSEWHERE)),
	] {
		ExtBuilder::build_and_execute(|| {
			// A tick, a slot, and what keeps the clock from advancing.
			write_clock(&(7u32, 8u64, busy, halted, H256([9; 32])).encode());
			// A number, a tick, and what is left to do.
			write_era(&(5u32, 6u32, closing, cursor).encode());
			StorageVersion::new(3).put::<Market>();
			upgrade();
			let clock = ClockState {
				tick: 7,
				last_slot: 8,
				busy,
				halted,
				genesis: H256([9; 32]),
				era: 5,
				payment_fees: 0,
			};
			let closing = closing.then_some(Closing {
				ticks: 0,
				payment_fees: 0,
				cursor,
			});
			assert_eq!(Clock::<Test>::get(), clock);
			assert_eq!(EraProgress::<Test>::get(), EraState { started: 6, closing });
		});
	}
}

/// What it knows of eras is written when the first one ends.
#[test]
fn a_chain_in_its_first_era_is_in_era_0() {
	ExtBuilder::build_and_execute(|| {
		downgrade();
		EraProgress::<Test>::kill();
		upgrade();
		assert_eq!((running_era(), now()), (0, 1));
		assert_eq!(EraProgress::<Test>::get(), EraState::default());
	});
}

#[test]
fn twice_is_once() {
	ExtBuilder::build_and_execute(|| {
		committed(asking(1, 0));
		downgrade();
		upgrade();
		let done = root();
		upgrade();
		assert_eq!(root(), done);
	});
}

#[test]
fn a_chain_that_began_with_version_4_stays_as_it_is() {
	ExtBuilder::build_and_execute(|| {
		let job = committed(asking(1, 0));
		assert_ok!(Market::settle_now(signed(ALICE), job));
		skip_ticks(1_000);
		blocks(1);
		StorageVersion::new(4).put::<Market>();
		let before = root();
		upgrade();
		assert_eq!(root(), before);
	});
}

/// The fees of a payment before the upgrade are nobody's points, those of one after it are.
#[test]
fn the_era_goes_on_and_tells_what_was_paid_since() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let before = committed(provider);
		assert_ok!(Market::settle_now(signed(ALICE), before));
		let later = committed(provider);
		skip_ticks(500);
		let (tallies, tick) = (PoolTallies::<Test>::get(POOL), now());
		downgrade();
		upgrade();
		assert_eq!((PoolTallies::<Test>::get(POOL), now()), (tallies, tick));
		assert_ok!(Market::settle_now(signed(ALICE), later));
		skip_ticks(498);
		assert_eq!(now(), 999);
		blocks(1);
		// 5 % of 650 are 32, of which 80 % are 25.6.
		assert_eq!((running_era(), ErasTold::get()), (1, vec![(0, 32, 25, 1_000)]));
		// Of both payments and two job fees.
		assert_eq!(Market::pool_era(POOL, 0).map(|era| era.fees), Some(2 * (32 + 20)));
	});
}

/// Half of the pools are filed, and the other half is after the upgrade.
#[test]
fn an_era_that_was_closing_is_closed() {
	ExtBuilder::build_and_execute(|| {
		for pool in [POOL, ELSEWHERE] {
			PoolTallies::<Test>::mutate(pool, |tally| tally.era.fees = 100);
		}
		let first = PoolTallies::<Test>::iter_keys().next();
		downgrade();
		write_era(&(3u32, 1u32, true, first).encode());
		upgrade();
		assert_eq!(running_era(), 3);
		blocks(1);
		let filed = [POOL, ELSEWHERE].map(|pool| Market::pool_era(pool, 2).is_some());
		assert_eq!(filed, [POOL, ELSEWHERE].map(|pool| Some(pool) != first));
		// Nobody has earned anything by it.
		assert_eq!(ErasTold::get(), [(2, 0, 0, 0)]);
		assert_eq!(
			EraProgress::<Test>::get(),
			EraState {
				started: 1,
				closing: None
			}
		);
	});
}

/// What makes it safe to look at the bytes: no length is that of both layouts.
#[test]
fn no_bytes_are_of_both_layouts() {
	fn is<T: Decode>(bytes: &[u8]) -> bool {
		T::decode_all(&mut &*bytes).is_ok()
	}
	let (old, new) = (v3::ClockState::default().encode(), ClockState::default().encode());
	assert!(is::<v3::ClockState>(&old) && !is::<ClockState>(&old));
	assert!(!is::<v3::ClockState>(&new) && is::<ClockState>(&new));
	for cursor in [None, Some(POOL)] {
		let old = v3::EraState {
			cursor,
			..v3::EraState::default()
		}
		.encode();
		assert!(is::<v3::EraState>(&old) && !is::<EraState>(&old));
		for closing in [false, true] {
			let closing = closing.then_some(Closing {
				ticks: 0,
				payment_fees: 0,
				cursor,
			});
			let new = EraState { started: 0, closing }.encode();
			assert!(!is::<v3::EraState>(&new) && is::<EraState>(&new));
		}
	}
}

#[test]
fn what_try_runtime_compares_is_the_clock_and_the_era() {
	ExtBuilder::build_and_execute(|| {
		StorageVersion::new(4).put::<Market>();
		assert_ok!(MigrateToV4::<Test>::compare(&MigrateToV4::<Test>::note()));
		downgrade();
		let noted = MigrateToV4::<Test>::note();
		assert!(MigrateToV4::<Test>::compare(&noted).is_err(), "nothing is migrated yet");
		upgrade();
		assert_ok!(MigrateToV4::<Test>::compare(&noted));
		let (clock, era) = (Clock::<Test>::get(), EraProgress::<Test>::get());
		let changes: [fn(&mut ClockState); 3] = [
			|clock| clock.tick += 1,
			|clock| clock.era = 1,
			|clock| clock.payment_fees = 1,
		];
		for change in changes {
			Clock::<Test>::mutate(change);
			assert_eq!(
				MigrateToV4::<Test>::compare(&noted),
				Err("the clock has changed".into())
			);
			Clock::<Test>::put(&clock);
		}
		EraProgress::<Test>::mutate(|era| era.started += 1);
		assert_eq!(MigrateToV4::<Test>::compare(&noted), Err("the era has changed".into()));
		EraProgress::<Test>::put(era);
		StorageVersion::new(3).put::<Market>();
		assert_eq!(
			MigrateToV4::<Test>::compare(&noted),
			Err("the storage is of another version".into())
		);
		StorageVersion::new(4).put::<Market>();
	});
}
