//! From storage version 2 to version 3: every live job goes on as it was agreed, in whatever state it is, the book goes on to
//! match, and it can be stopped and begun anew at any place.

mod layouts;
mod money;
mod orders;
mod singletons;

use super::demand::{demand, provide, window, Honest};
use crate::{
	migrations::{
		v2,
		v3::{MigrateToV3, Place, Singletons},
	},
	mock::*,
	types::Entry,
	weights::WeightInfo,
	Asks, Clock, Deadlines, EraProgress, Error, Event, HoldReason, JobOf, JobState, Jobs, Levels, PoolLevels,
	PoolTallies, ProviderAsks, RejectReason, Requesters, Side, Stuck, Totals, Window,
};
use codec::Encode;
use millrace_primitives::{Balance, JobId, Level, ProviderId};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok, hypothetically,
		migrations::{SteppedMigration, SteppedMigrationError},
		storage::unhashed,
		traits::{
			fungible::{Mutate, MutateHold},
			tokens::{Fortitude, Precision, Restriction},
			GetStorageVersion, OnRuntimeUpgrade, StorageVersion,
		},
		weights::{Weight, WeightMeter},
	},
	sp_core::H256,
	sp_io,
	sp_runtime::{traits::AccountIdConversion, StateVersion},
};
use std::collections::BTreeMap;

type Old = v2::Job<AccountId>;

/// Of a [`Crowd`]: two sides of a pool, three requesters, two providers' asks, six jobs, and a look behind each.
const MOVES: usize = 2 + 1 + 3 + 1 + 2 + 1 + 6 + 1;

fn write(id: JobId, bytes: &[u8]) {
	unhashed::put_raw(&Jobs::<Test>::hashed_key_for(id), bytes);
}

fn jobs() -> BTreeMap<JobId, JobOf<Test>> {
	Jobs::<Test>::iter().collect()
}

/// Where fees lay until an era was over.
fn pot() -> AccountId {
	MarketPalletId::get().into_account_truncating()
}

/// Makes the state what version 2 would have made of it.
fn downgrade() {
	// What is burned by now lay in the pot then, beside its existential deposit; so did the fees that jobs have used up.
	let mut collected = fees();
	assert_ok!(Balances::mint_into(&pot(), ED + collected));
	for (id, job) in jobs() {
		collected += move_used_fees(&job);
		// An entry stood at the last tick of its job's state.
		if let (Entry::At(tick), Some(due)) = (job.entry, job.due_tick()) {
			Deadlines::<Test>::remove(tick, id);
			Deadlines::<Test>::insert(due, id, ());
		}
		write(id, &Old::from(job).encode());
	}
	for (requester, known) in Requesters::<Test>::iter().collect::<Vec<_>>() {
		unhashed::put(
			&Requesters::<Test>::hashed_key_for(requester),
			&v2::Requester::from(known),
		);
	}
	for (provider, asks) in Asks::<Test>::iter().collect::<Vec<_>>() {
		let old = v2::ProviderAsks::from(asks).encode();
		unhashed::put_raw(&Asks::<Test>::hashed_key_for(provider), &old);
	}
	for (pool, levels) in Levels::<Test>::drain().collect::<Vec<_>>() {
		for side in [Side::Ask, Side::Bid] {
			if !levels.side(side).is_empty() {
				v2::Bitmaps::<Test>::insert((pool, side), levels.side(side));
			}
		}
	}
	let clock = Clock::<Test>::get();
	let old = v2::ClockState {
		tick: clock.tick,
		last_slot: clock.last_slot,
		busy: clock.busy,
	};
	unhashed::put(&Clock::<Test>::hashed_key(), &old);
	if clock.halted {
		v2::Halted::<Test>::put(true);
	}
	v2::FeeEra::<Test>::put(v2::FeeTally {
		started: EraProgress::<Test>::take().started,
		collected,
	});
	Totals::<Test>::put(Market::totals());
	let _ = PoolTallies::<Test>::clear(u32::MAX, None);
	StorageVersion::new(2).put::<Market>();
}

fn move_used_fees(job: &JobOf<Test>) -> Balance {
	let used = job.fees_used();
	if used > 0 {
		assert_ok!(Balances::transfer_on_hold(
			&HoldReason::Escrow.into(),
			&job.requester,
			&pot(),
			used,
			Precision::Exact,
			Restriction::Free,
			Fortitude::Polite,
		));
	}
	used
}

/// A job as it is after the upgrade, in the tick of the upgrade.
fn upgraded(mut job: JobOf<Test>) -> JobOf<Test> {
	job.submitted = now();
	job.fees = job.fees_left;
	if let JobState::Committed { at, .. } = &mut job.state {
		*at = now();
	}
	if job.entry != Entry::Stuck {
		job.entry = job.due_tick().map_or(Entry::None, Entry::At);
	}
	job
}

/// A meter for so many moves, and a rest that is too little for one more.
fn meter(count: u64) -> WeightMeter {
	let one = <() as WeightInfo>::migrate_step().ref_time();
	WeightMeter::with_limit(Weight::from_parts(count * one + one - 1, u64::MAX))
}

fn first_block() {
	Singletons::<Test>::on_runtime_upgrade();
}

/// Migrates with so many moves a step; returns how many steps that took.
fn migrate(count: u64) -> usize {
	first_block();
	let (mut cursor, mut steps) = (None, 0);
	loop {
		cursor = MigrateToV3::<Test>::transactional_step(cursor, &mut meter(count)).expect("it goes on");
		steps += 1;
		assert_eq!(is_done(), cursor.is_none());
		if cursor.is_none() {
			return steps;
		}
	}
}

fn is_done() -> bool {
	Market::on_chain_storage_version() == StorageVersion::new(3)
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A job in each state, at tick 3.
struct Crowd {
	/// Two leaves of it are demanded and waited for. Its provider has one lane and asks at level 0; the ask is parked.
	demanded: Honest,
	committed: JobId,
	running: JobId,
	assigned: JobId,
	/// BOB's, with inputs. It waits for room.
	pending: JobId,
	/// Asks at level 9.
	dear: ProviderId,
	/// CHARLIE's, who names `dear`. It is assigned.
	named: JobId,
}

impl Crowd {
	fn new() -> Crowd {
		let demanded = Honest::new();
		let worker = worker(demanded.provider);
		assert_ok!(demand(ALICE, demanded.id, &[1, 3]));
		let committed = submit(ALICE, book_spec(10, 0));
		commit(demanded.provider, committed, 5 * G);
		let running = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker), running));
		let assigned = submit(ALICE, book_spec(10, 0));
		let pending = submit(BOB, with_inputs(book_spec(10, 0)));
		let dear = asking(1, 9);
		let named = submit(CHARLIE, target_spec(10, dear, 100));
		blocks(2);
		let crowd = Crowd {
			demanded,
			committed,
			running,
			assigned,
			pending,
			dear,
			named,
		};
		assert!(matches!(job(committed).state, JobState::Committed { at: 1, .. }));
		assert!(matches!(job(running).state, JobState::Running { .. }));
		assert!(matches!(job(assigned).state, JobState::Assigned { .. }));
		assert!(matches!(job(pending).state, JobState::Pending));
		assert!(matches!(job(named).state, JobState::Assigned { .. }));
		crowd
	}
}

#[test]
fn no_job_is_lost_whatever_a_step_takes() {
	for count in [1, 2, 5, 100] {
		ExtBuilder::build_and_execute(|| {
			Crowd::new();
			let (before, totals) = (jobs(), Market::totals());
			downgrade();
			assert_eq!(migrate(count), MOVES.div_ceil(usize::try_from(count).unwrap()));
			let expected = before.into_iter().map(|(id, job)| (id, upgraded(job)));
			assert_eq!(jobs(), expected.collect());
			assert_eq!(Market::totals(), totals);
			assert_ok!(Market::do_try_state());
		});
	}
}

#[test]
fn it_is_done_once() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		downgrade();
		migrate(1);
		let done = root();
		first_block();
		for cursor in [None, Some(Place::Asks(None)), Some(Place::Jobs(Some(crowd.running)))] {
			assert_eq!(MigrateToV3::<Test>::step(cursor, &mut meter(99)), Ok(None));
		}
		assert_eq!(root(), done);
	});
}

#[test]
fn what_try_runtime_compares_is_every_job() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		StorageVersion::new(3).put::<Market>();
		assert_ok!(MigrateToV3::<Test>::compare(&MigrateToV3::<Test>::note().unwrap()));
		downgrade();
		let noted = MigrateToV3::<Test>::note().unwrap();
		assert!(MigrateToV3::<Test>::compare(&noted).is_err(), "nothing is migrated yet");
		migrate(1);
		assert_ok!(MigrateToV3::<Test>::compare(&noted));
		let before = job(crowd.running);
		Jobs::<Test>::mutate_extant(crowd.running, |job| job.deposit += 1);
		assert_eq!(MigrateToV3::<Test>::compare(&noted), Err("a job has changed".into()));
		Jobs::<Test>::remove(crowd.running);
		assert_eq!(MigrateToV3::<Test>::compare(&noted), Err("a job is lost".into()));
		Jobs::<Test>::insert(crowd.running, before);
		StorageVersion::new(2).put::<Market>();
		assert_eq!(MigrateToV3::<Test>::note(), Err("a job is not of version 2".into()));
	});
}

#[test]
fn it_may_be_begun_anew_at_any_place() {
	ExtBuilder::build_and_execute(|| {
		Crowd::new();
		downgrade();
		let undone = root();
		let done = hypothetically!({
			migrate(100);
			root()
		});
		assert_ne!(undone, done);
		for first in 1..=MOVES {
			hypothetically!({
				first_block();
				// Some of it is new already when the cursor is lost.
				let moves = u64::try_from(first).unwrap();
				assert_ok!(MigrateToV3::<Test>::step(None, &mut meter(moves)));
				assert_eq!(is_done(), first == MOVES);
				StorageVersion::new(2).put::<Market>();
				migrate(1);
				assert_eq!(root(), done, "after {first} moves");
			});
		}
		assert_eq!(root(), undone);
		migrate(3);
	});
}

#[test]
fn too_little_weight_changes_nothing_and_says_what_is_needed() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		downgrade();
		let before = root();
		let required = <() as WeightInfo>::migrate_step();
		for cursor in [None, Some(Place::Asks(None)), Some(Place::Jobs(Some(crowd.running)))] {
			assert_eq!(
				MigrateToV3::<Test>::transactional_step(cursor, &mut meter(0)),
				Err(SteppedMigrationError::InsufficientWeight { required })
			);
		}
		assert_eq!(root(), before);
		migrate(1);
	});
}

/// Bytes that no runtime could read harm neither the others nor the chain.
#[test]
fn what_is_no_job_and_no_ask_stays_and_stops_nothing() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		// The provider that a job names is gone, which cannot be.
		let nobodys = Old::from(job(crowd.named));
		downgrade();
		let nobodys = Old {
			terms: v2::OldTerms {
				target: v2::OldTarget::Provider {
					provider: ProviderId(99),
					price: nobodys.price,
				},
				..nobodys.terms
			},
			..nobodys
		};
		let garbage = [
			(Jobs::<Test>::hashed_key_for(JobId(H256([50; 32]))), vec![4; 300]),
			(Jobs::<Test>::hashed_key_for(JobId(H256([51; 32]))), nobodys.encode()),
			(Asks::<Test>::hashed_key_for(ProviderId(99)), vec![1; 9]),
		];
		for (key, bytes) in &garbage {
			unhashed::put_raw(key, bytes);
		}
		assert_eq!(migrate(2), (MOVES + 3).div_ceil(2));
		for (key, bytes) in &garbage {
			assert_eq!(unhashed::get_raw(key).as_ref(), Some(bytes));
			unhashed::kill(key);
		}
		assert_eq!(jobs().len(), 6);
	});
}
