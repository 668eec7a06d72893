//! From storage version 3 to version 4: twenty bytes more, nothing else of a record changes, and it can be stopped and
//! begun anew at any record.

use super::{fraud, signed};
use crate::{
	migrations::v4::{MigrateToV4, APPENDED},
	mock::*,
	weights::WeightInfo,
	NextProvider, Pallet, ProviderOf, Status, Usage,
};
use codec::{DecodeAll, Encode};
use millrace_primitives::{
	traits::{JobPhase, Providers as _},
	ProviderId,
};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		migrations::{SteppedMigration, SteppedMigrationError},
		storage::unhashed,
		traits::{GetStorageVersion, StorageVersion},
		weights::{Weight, WeightMeter},
	},
	sp_io,
	sp_runtime::StateVersion,
};
use std::collections::BTreeMap;

fn key(id: ProviderId) -> Vec<u8> {
	crate::Providers::<Test>::hashed_key_for(id)
}

fn bytes(id: ProviderId) -> Vec<u8> {
	unhashed::get_raw(&key(id)).expect("it is there")
}

fn records() -> BTreeMap<ProviderId, ProviderOf<Test>> {
	crate::Providers::<Test>::iter().collect()
}

/// Makes the state what version 3 would have made of it: its records end twenty bytes before those of version 4.
fn downgrade() {
	for id in records().into_keys() {
		let new = bytes(id);
		assert!(new.ends_with(&APPENDED), "it has earned nothing");
		unhashed::put_raw(&key(id), &new[..new.len() - APPENDED.len()]);
	}
	StorageVersion::new(3).put::<Pallet<Test>>();
}

/// A meter for so many records, and a rest that is too little for one more.
fn meter(count: u64) -> WeightMeter {
	let one = <() as WeightInfo>::migrate_step().ref_time();
	WeightMeter::with_limit(Weight::from_parts(count * one + one - 1, u64::MAX))
}

/// Migrates with so many records a step; returns how many steps that took.
fn migrate(count: u64) -> usize {
	let (mut cursor, mut steps) = (None, 0);
	loop {
		cursor = MigrateToV4::<Test>::transactional_step(cursor, &mut meter(count)).expect("it goes on");
		steps += 1;
		assert_eq!(is_done(), cursor.is_none());
		if cursor.is_none() {
			return steps;
		}
	}
}

fn is_done() -> bool {
	Pallet::<Test>::on_chain_storage_version() == StorageVersion::new(4)
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// Six providers: asking, at work, unreachable, convicted, draining, leaving.
fn populate() {
	let register = |number: u64| {
		Pallet::<Test>::do_register(
			OWNER,
			100 + number,
			PAYOUT,
			endpoint(),
			terms(2),
			2_000 + u128::from(number),
		)
		.expect("the provider is valid")
	};
	let [asking, working, gone, convicted, draining, leaving] = [0, 1, 2, 3, 4, 5].map(register);
	Providers::set_asks(gone, 1);
	tick_to(5_007);
	assert!(provider(gone).is_unreachable());
	Providers::set_asks(asking, 4);
	assert_ok!(Providers::move_job(working, None, Some(JobPhase::Running), Some(9)));
	fraud(convicted, 10);
	assert_ok!(Providers::drain(signed(OWNER), draining));
	assert_ok!(Providers::deregister(signed(OWNER), leaving));
}

/// A record byte by byte, as version 3 wrote it.
fn old_bytes() -> Vec<u8> {
	let parts: [&[u8]; 13] = [
		// The owner 1, the worker 2, the payout account 3.
		&(1u64, Some(2u64), 3u64).encode(),
		// 17 bytes of a host name, port 8,443, the key.
		&[[68].as_slice(), b"gpu-1.example.org", &[0xfb, 0x20], &[7; 32]].concat(),
		// Cpu4 in region 0, two lanes, 70 planck at least, targets.
		&[0, 0, 2, 0, 70, 0, 0, 0, 0, 0, 0, 0, 1],
		// Unreachable, and draining before.
		&[2, 1],
		// Assigned, running, committed, asks, targets, the largest of them.
		&(11u16, 12u16, 13u32, 4u8, 14u32, 15u128).encode(),
		// Active; two parts that unbond; set aside.
		&(16u128, vec![(17u128, 18u32), (19u128, 20u32)], 21u128).encode(),
		// Completed, late, no-shows, abandoned, refuted, silent, inputs missing, outages.
		&(22u32, 23u32, 24u32, 25u32, 26u32, 27u32, 28u32, 35u32).encode(),
		// Unreachable, paid.
		&(36u64, 29u128).encode(),
		// Three late jobs, registered, convicted.
		&(vec![30u32, 31, 32], 33u32, Some(34u32)).encode(),
		// The refill, the stake among the reachable, no-shows in a row.
		&(true, Some(37u128), 38u8).encode(),
		// The outage, the return.
		&(Some(39u32), Some(40u32)).encode(),
		// What it counted among what became unreachable.
		&Some((41u32, 42u128)).encode(),
		// Devices, how many of them are measured, and whether one is being measured.
		&[5, 4, 1],
	];
	parts.concat()
}

#[test]
fn every_field_keeps_its_value_and_nobody_has_earned_anything() {
	new_test_ext().execute_with(|| {
		let id = ProviderId(5);
		unhashed::put_raw(&key(id), &old_bytes());
		StorageVersion::new(3).put::<Pallet<Test>>();
		// One record, and a look whether there is another.
		assert_eq!(migrate(2), 1);
		assert_eq!(bytes(id), [old_bytes().as_slice(), &[0; 20]].concat());
		let record = provider(id);
		assert_eq!((record.owner, record.worker, record.payout), (1, Some(2), 3));
		assert_eq!((record.endpoint, record.terms), (endpoint(), terms(2)));
		assert_eq!(record.status, Status::Unreachable { draining: true });
		assert_eq!((record.load.assigned, record.load.largest_target), (11, 15));
		assert_eq!((record.ledger.active, record.ledger.set_aside), (16, 21));
		assert_eq!(
			(record.record.outages, record.record.unreachable, record.record.paid),
			(35, 36, 29)
		);
		assert_eq!((record.lates.to_vec(), record.registered), (vec![30, 31, 32], 33));
		assert_eq!(
			(record.fraud_clock, record.refill, record.no_shows),
			(Some(34), true, 38)
		);
		assert_eq!((record.sampled_stake, record.outage), (Some(37), Some(39)));
		assert_eq!((record.returned, record.dropped), (Some(40), Some((41, 42))));
		assert_eq!((record.devices, record.measured, record.measuring), (5, 4, true));
		assert_eq!(record.usage, Usage { era: 0, fees: 0 });
	});
}

#[test]
fn no_record_changes_whatever_a_step_takes() {
	for count in [1, 2, 3, 100] {
		build_and_execute(|| {
			populate();
			let (before, whole) = (records(), root());
			downgrade();
			assert_ne!(root(), whole);
			// Six records and the end.
			assert_eq!(migrate(count), 7usize.div_ceil(usize::try_from(count).unwrap()));
			assert_eq!(records(), before);
			Pallet::<Test>::do_try_state().expect("the invariants hold at once");
		});
	}
}

#[test]
fn it_is_done_once() {
	build_and_execute(|| {
		populate();
		downgrade();
		migrate(1);
		let done = root();
		assert_eq!(MigrateToV4::<Test>::step(None, &mut meter(9)), Ok(None));
		assert_eq!(MigrateToV4::<Test>::step(Some(ProviderId(2)), &mut meter(9)), Ok(None));
		assert_eq!(root(), done);
	});
}

#[test]
fn it_may_be_begun_anew_at_any_record() {
	build_and_execute(|| {
		populate();
		downgrade();
		migrate(100);
		let done = root();
		for first in 0..7 {
			downgrade();
			// Some records are new already when the cursor is lost.
			if first > 0 {
				assert!(MigrateToV4::<Test>::step(None, &mut meter(first)).is_ok());
			}
			StorageVersion::new(3).put::<Pallet<Test>>();
			migrate(1);
			assert_eq!(root(), done, "after {first} records");
		}
	});
}

#[test]
fn too_little_weight_changes_nothing_and_says_what_is_needed() {
	build_and_execute(|| {
		populate();
		downgrade();
		let before = root();
		let required = <() as WeightInfo>::migrate_step();
		for cursor in [None, Some(ProviderId(3))] {
			assert_eq!(
				MigrateToV4::<Test>::transactional_step(cursor, &mut meter(0)),
				Err(SteppedMigrationError::InsufficientWeight { required })
			);
		}
		assert_eq!(root(), before);
		migrate(1);
	});
}

/// Bytes that no runtime could read harm neither the others nor the chain.
#[test]
fn what_is_no_record_stays_and_stops_nothing() {
	let garbage: [&dyn Fn() -> Vec<u8>; 3] = [
		// One byte too few, and one too many.
		&|| old_bytes()[..old_bytes().len() - 1].to_vec(),
		&|| [old_bytes().as_slice(), &[0]].concat(),
		&Vec::new,
	];
	for garbage in garbage {
		build_and_execute(|| {
			populate();
			let before = records();
			downgrade();
			unhashed::put_raw(&key(ProviderId(6)), &garbage());
			NextProvider::<Test>::put(ProviderId(7));
			migrate(2);
			assert_eq!(unhashed::get_raw(&key(ProviderId(6))), Some(garbage()));
			unhashed::kill(&key(ProviderId(6)));
			assert_eq!(records(), before);
		});
	}
}

#[test]
fn what_try_runtime_compares_is_every_record() {
	build_and_execute(|| {
		populate();
		StorageVersion::new(4).put::<Pallet<Test>>();
		let noted = MigrateToV4::<Test>::note().unwrap();
		assert_ok!(MigrateToV4::<Test>::compare(&noted));
		downgrade();
		let noted = MigrateToV4::<Test>::note().unwrap();
		assert!(MigrateToV4::<Test>::compare(&noted).is_err(), "nothing is migrated yet");
		migrate(1);
		assert_ok!(MigrateToV4::<Test>::compare(&noted));
		StorageVersion::new(3).put::<Pallet<Test>>();
		assert_eq!(
			MigrateToV4::<Test>::compare(&noted),
			Err("the storage is of another version".into())
		);
		StorageVersion::new(4).put::<Pallet<Test>>();
		let working = ProviderId(1);
		let record = provider(working);
		let changes: [fn(&mut ProviderOf<Test>); 3] = [
			|record| record.load.largest_target += 1,
			|record| record.usage.era = 1,
			|record| record.usage.fees = 1,
		];
		for change in changes {
			crate::Providers::<Test>::mutate_extant(working, change);
			assert_eq!(MigrateToV4::<Test>::compare(&noted), Err("a record has changed".into()));
			crate::Providers::<Test>::insert(working, &record);
		}
		crate::Providers::<Test>::remove(working);
		assert_eq!(MigrateToV4::<Test>::compare(&noted), Err("a provider is lost".into()));
		crate::Providers::<Test>::insert(working, record);
	});
}

/// Both layouts read alike up to the end of version 3, so the rest of the bytes says which it is.
#[test]
fn no_bytes_are_a_record_in_both_layouts() {
	new_test_ext().execute_with(|| {
		assert!(ProviderOf::<Test>::decode_all(&mut old_bytes().as_slice()).is_err());
		let new = [old_bytes().as_slice(), &APPENDED].concat();
		assert!(ProviderOf::<Test>::decode_all(&mut new.as_slice()).is_ok());
		let newer = [new.as_slice(), &APPENDED].concat();
		assert!(ProviderOf::<Test>::decode_all(&mut newer.as_slice()).is_err());
	});
}
