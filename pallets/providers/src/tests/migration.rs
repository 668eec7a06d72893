//! From storage version 1 to version 2: nothing of a record is lost, whoever sells time is listed, and it can be stopped
//! and begun anew at any record.

use super::{fraud, signed, silence};
use crate::{
	migrations::{v1, v2::MigrateToV2},
	mock::*,
	outage::Sampled,
	types::{MAX_LATES, MAX_UNBONDING},
	weights::WeightInfo,
	CheckCursor, Count, Ledger, Load, NextProvider, OwnerStakes, Pallet, Provider, ProviderOf, Reachable, ReachableAt,
	ReachableCount, ReachableStake, Record, SlashCause, Slashes, Status, Unbonding,
};
use codec::{DecodeAll, Encode};
use millrace_primitives::{
	traits::{JobPhase, Outcome, Providers as _},
	Balance, ProviderId, SlashId,
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
	sp_runtime::{BoundedVec, StateVersion},
};
use std::collections::{BTreeMap, BTreeSet};

type Old = v1::Provider<u64>;

fn write(id: ProviderId, bytes: &[u8]) {
	unhashed::put_raw(&crate::Providers::<Test>::hashed_key_for(id), bytes);
}

fn records() -> BTreeMap<ProviderId, ProviderOf<Test>> {
	crate::Providers::<Test>::iter().collect()
}

/// Makes the state what version 1 would have made of it.
fn downgrade() {
	for (id, provider) in records() {
		write(id, &Old::from(provider).encode());
	}
	let _ = Reachable::<Test>::clear(u32::MAX, None);
	let _ = ReachableAt::<Test>::clear(u32::MAX, None);
	let _ = OwnerStakes::<Test>::clear(u32::MAX, None);
	ReachableCount::<Test>::kill();
	ReachableStake::<Test>::kill();
	CheckCursor::<Test>::kill();
	StorageVersion::new(1).put::<Pallet<Test>>();
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
		cursor = MigrateToV2::<Test>::transactional_step(cursor, &mut meter(count)).expect("it goes on");
		steps += 1;
		assert_eq!(is_done(), cursor.is_none());
		if cursor.is_none() {
			return steps;
		}
	}
}

fn is_done() -> bool {
	Pallet::<Test>::on_chain_storage_version() == StorageVersion::new(2)
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A record byte by byte, as version 1 wrote it, with a status and its index then.
fn old_bytes(status: &[u8]) -> Vec<u8> {
	let parts: [&[u8]; 11] = [
		// The owner 1, the worker 2, the payout account 3.
		&(1u64, Some(2u64), 3u64).encode(),
		// 17 bytes of a host name, port 8,443, the key.
		&[[68].as_slice(), b"gpu-1.example.org", &[0xfb, 0x20], &[7; 32]].concat(),
		// Cpu4 in region 0, two lanes, 70 planck at least, targets.
		&[0, 0, 2, 0, 70, 0, 0, 0, 0, 0, 0, 0, 1],
		status,
		// Assigned, running, committed, asks, targets, the largest of them.
		&(11u16, 12u16, 13u32, 4u8, 14u32, 15u128).encode(),
		// Active; two parts that unbond; set aside.
		&(16u128, vec![(17u128, 18u32), (19u128, 20u32)], 21u128).encode(),
		// Completed, late, no-shows, abandoned, refuted, silent, inputs missing.
		&(22u32, 23u32, 24u32, 25u32, 26u32, 27u32, 28u32).encode(),
		// Paid.
		&29u128.encode(),
		// Three late jobs.
		&vec![30u32, 31, 32].encode(),
		// Registered.
		&33u32.encode(),
		// Convicted.
		&Some(34u32).encode(),
	];
	parts.concat()
}

/// The same as it is now.
fn new_record(status: Status) -> ProviderOf<Test> {
	Provider {
		owner: 1,
		worker: Some(2),
		payout: 3,
		endpoint: endpoint(),
		terms: terms(2),
		status,
		load: Load {
			assigned: 11,
			running: 12,
			committed: 13,
			asks: 4,
			targets: 14,
			largest_target: 15,
		},
		ledger: Ledger {
			active: 16,
			unbonding: BoundedVec::truncate_from(vec![
				Unbonding {
					amount: 17,
					release: 18,
				},
				Unbonding {
					amount: 19,
					release: 20,
				},
			]),
			set_aside: 21,
		},
		record: Record {
			completed: 22,
			late: 23,
			no_show: 24,
			abandoned: 25,
			refuted: 26,
			silent: 27,
			inputs_missing: 28,
			outages: 0,
			unreachable: 0,
			paid: 29,
		},
		lates: BoundedVec::truncate_from(vec![30, 31, 32]),
		registered: 33,
		fraud_clock: Some(34),
		refill: false,
		sampled_stake: None,
		no_shows: 0,
		outage: None,
		returned: None,
		dropped: None,
		devices: 0,
		measured: 0,
		measuring: false,
	}
}

#[test]
fn every_field_keeps_its_value_and_every_status_its_meaning() {
	let until = 0x0102_0304;
	for (index, bytes, status, sampled) in [
		(0, &[][..], Status::Active, Some(16)),
		(1, &[][..], Status::Draining, Some(16)),
		(2, &[4, 3, 2, 1][..], Status::Chilled { until }, None),
		(3, &[][..], Status::Exiting, None),
	] {
		new_test_ext().execute_with(|| {
			write(ProviderId(5), &old_bytes(&[&[index], bytes].concat()));
			StorageVersion::new(1).put::<Pallet<Test>>();
			// One record, and a look whether there is another.
			assert_eq!(migrate(2), 1);
			let expected = ProviderOf::<Test> {
				sampled_stake: sampled,
				..new_record(status)
			};
			assert_eq!(provider(ProviderId(5)), expected);
			let entry = Sampled {
				index: 0,
				last: None,
				until: None,
			};
			assert_eq!(Reachable::<Test>::get(ProviderId(5)), sampled.map(|_| entry));
			assert_eq!(ReachableStake::<Test>::get(), sampled.unwrap_or(0));
		});
	}
}

/// Seven providers of two owners: draining with nothing left to compute, asking, at work, draining at work, convicted,
/// silent, leaving.
fn populate() {
	let mut next = 0;
	let mut register = |owner: u64, bond: Balance| {
		next += 1;
		let worker = 100 + next;
		Pallet::<Test>::do_register(owner, worker, PAYOUT, endpoint(), terms(2), bond).expect("the provider is valid")
	};
	let [done, asking, working, draining] = [2_000, 2_100, 2_200, 2_300].map(|bond| register(OWNER, bond));
	let [convicted, silent] = [2_400, 2_500].map(|bond| register(STRANGER, bond));
	let leaving = register(OWNER, 2_600);

	Providers::set_asks(asking, 4);
	assert_ok!(Providers::unbond(signed(OWNER), asking, 30));
	Providers::record(asking, Outcome::Paid(1_234));
	Providers::record(asking, Outcome::Late);
	assert_ok!(Providers::move_job(working, None, Some(JobPhase::Running), Some(90)));
	for (id, phase) in [(done, JobPhase::Committed), (draining, JobPhase::Assigned)] {
		assert_ok!(Providers::move_job(id, None, Some(phase), None));
		assert_ok!(Providers::drain(signed(OWNER), id));
	}
	Providers::set_asks(convicted, 1);
	assert_eq!(fraud(convicted, 10).slash, Some(SlashId(0)));
	Providers::set_asks(silent, 2);
	assert_eq!(silence(silent, 10).slash, Some(SlashId(1)));
	assert_ok!(Providers::deregister(signed(OWNER), leaving));
}

#[test]
fn no_provider_no_stake_and_no_slash_is_lost_whatever_a_step_takes() {
	for count in [1, 2, 3, 100] {
		build_and_execute(|| {
			populate();
			let before = records();
			let slashes: BTreeMap<_, _> = Slashes::<Test>::iter().collect();
			let owners = [OWNER, STRANGER].map(|owner| (staked(owner), OwnerStakes::<Test>::get(owner)));
			downgrade();
			Now::set(6_789);
			// Seven records and the end.
			assert_eq!(migrate(count), 8usize.div_ceil(usize::try_from(count).unwrap()));

			assert_eq!(records(), before);
			assert_eq!(Slashes::<Test>::iter().collect::<BTreeMap<_, _>>(), slashes);
			assert_eq!(
				[OWNER, STRANGER].map(|owner| (staked(owner), OwnerStakes::<Test>::get(owner))),
				owners
			);
			assert_eq!((Count::<Test>::get(), NextProvider::<Test>::get()), (7, ProviderId(7)));
			// Asking, 2,100 less the 30 that unbond; at work; draining at work; silent, 2,500 less twelve times 10.
			let listed: Vec<_> = records()
				.into_values()
				.filter_map(|record| record.sampled_stake)
				.collect();
			assert_eq!(listed, [2_070, 2_200, 2_300, 2_380]);
			assert_eq!(
				(ReachableCount::<Test>::get(), ReachableStake::<Test>::get()),
				(4, 8_950)
			);
			assert_eq!((is_done(), CheckCursor::<Test>::get()), (true, 6_789));
			Pallet::<Test>::do_try_state().expect("the invariants hold at once");
		});
	}
}

#[test]
fn slashes_keep_their_causes() {
	build_and_execute(|| {
		populate();
		for (id, index, cause) in [(0, 0u8, SlashCause::Fraud), (1, 1, SlashCause::Silence)] {
			// The provider and the amount come before it.
			let bytes = unhashed::get_raw(&Slashes::<Test>::hashed_key_for(SlashId(id))).unwrap();
			assert_eq!(bytes[20], index);
			assert_eq!(Slashes::<Test>::get(SlashId(id)).unwrap().cause, cause);
		}
	});
}

/// The hook draws from those that were listed, and does not first look through all ticks since genesis.
#[test]
fn the_hook_goes_on_where_the_chain_is() {
	build_and_execute(|| {
		populate();
		downgrade();
		Now::set(900_000);
		migrate(100);
		let mut sampled = Vec::new();
		for _ in 0..20 {
			Now::mutate(|now| *now += 1);
			Pallet::<Test>::poll_liveness(&mut WeightMeter::new());
			assert_eq!(CheckCursor::<Test>::get(), Now::get() + 1);
			sampled.extend(Reachable::<Test>::iter().filter(|(_, entry)| entry.last.is_some()));
		}
		assert!(!sampled.is_empty());
	});
}

#[test]
fn it_is_done_once() {
	build_and_execute(|| {
		populate();
		downgrade();
		migrate(1);
		let done = root();
		assert_eq!(MigrateToV2::<Test>::step(None, &mut meter(9)), Ok(None));
		assert_eq!(MigrateToV2::<Test>::step(Some(ProviderId(2)), &mut meter(9)), Ok(None));
		assert_eq!(root(), done);
	});
}

#[test]
fn what_try_runtime_compares_is_every_record() {
	build_and_execute(|| {
		populate();
		StorageVersion::new(2).put::<Pallet<Test>>();
		assert!(MigrateToV2::<Test>::compare(&MigrateToV2::<Test>::note().unwrap()).is_ok());
		downgrade();
		let noted = MigrateToV2::<Test>::note().unwrap();
		assert!(MigrateToV2::<Test>::compare(&noted).is_err(), "nothing is migrated yet");
		migrate(1);
		assert_ok!(MigrateToV2::<Test>::compare(&noted));
		let working = ProviderId(2);
		crate::Providers::<Test>::mutate_extant(working, |record| record.load.largest_target += 1);
		assert_eq!(MigrateToV2::<Test>::compare(&noted), Err("a record has changed".into()));
		let record = crate::Providers::<Test>::take(working).unwrap();
		assert_eq!(MigrateToV2::<Test>::compare(&noted), Err("a provider is lost".into()));
		crate::Providers::<Test>::insert(working, record);
	});
}

#[test]
fn it_may_be_begun_anew_at_any_record() {
	build_and_execute(|| {
		populate();
		downgrade();
		let undone = root();
		migrate(100);
		let (done, expected) = (root(), records());
		assert_ne!(undone, done);
		for first in 0..8 {
			downgrade();
			// Some records are new already when the cursor is lost.
			if first > 0 {
				assert!(MigrateToV2::<Test>::step(None, &mut meter(first)).is_ok());
			}
			StorageVersion::new(1).put::<Pallet<Test>>();
			migrate(1);
			assert_eq!(records(), expected);
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
				MigrateToV2::<Test>::transactional_step(cursor, &mut meter(0)),
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
	build_and_execute(|| {
		populate();
		let before = records();
		downgrade();
		let garbage = [old_bytes(&[3]).as_slice(), &[0]].concat();
		write(ProviderId(7), &garbage);
		NextProvider::<Test>::put(ProviderId(8));
		migrate(2);
		let key = crate::Providers::<Test>::hashed_key_for(ProviderId(7));
		assert_eq!(unhashed::get_raw(&key), Some(garbage));
		unhashed::kill(&key);
		assert_eq!(records(), before);
	});
}

/// What makes it safe to begin anew: behind the endpoint, all lengths of version 1 are equal modulo four, and none of
/// version 2 is.
#[test]
fn no_bytes_are_a_record_in_both_layouts() {
	let statuses = [
		Status::Active,
		Status::Draining,
		Status::Unreachable { draining: false },
		Status::Unreachable { draining: true },
		Status::Chilled { until: 1 },
		Status::Exiting,
	];
	let (mut old_lengths, mut new_lengths) = (BTreeSet::new(), BTreeSet::new());
	for status in statuses {
		for lates in 0..=MAX_LATES {
			for parts in 0..=MAX_UNBONDING {
				// Which of the optional parts are there.
				for some in 0..16 {
					let tick = |bit: u32| (some >> bit & 1 == 1).then_some(1);
					let part = Unbonding { amount: 1, release: 1 };
					let mut new = new_record(status);
					new.lates = (0..lates).collect::<Vec<_>>().try_into().unwrap();
					new.ledger.unbonding = vec![part; parts as usize].try_into().unwrap();
					new.fraud_clock = tick(0);
					new.outage = tick(1);
					new.returned = tick(2);
					new.sampled_stake = tick(3).map(Balance::from);
					let old = Old::from(new.clone());
					let (new_bytes, old_bytes) = (new.encode(), old.encode());
					assert_eq!(ProviderOf::<Test>::decode_all(&mut new_bytes.as_slice()), Ok(new));
					assert_eq!(Old::decode_all(&mut old_bytes.as_slice()), Ok(old));
					assert!(Old::decode_all(&mut new_bytes.as_slice()).is_err());
					assert!(ProviderOf::<Test>::decode_all(&mut old_bytes.as_slice()).is_err());
					old_lengths.insert(old_bytes.len() % 4);
					new_lengths.insert(new_bytes.len() % 4);
				}
			}
		}
	}
	assert_eq!(old_lengths.len(), 1);
	assert!(old_lengths.is_disjoint(&new_lengths));
}
