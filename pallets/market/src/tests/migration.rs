//! From storage version 1 to version 2: every live job goes on as it was agreed, in whatever state it is, and it can be
//! stopped and begun anew at any job.

use super::demand::{demand, provide, window, Honest};
use crate::{
	migrations::{v1, v2::MigrateToV2},
	mock::*,
	weights::WeightInfo,
	Event, Job, JobOf, JobState, Jobs, MarketRules, Window,
};
use codec::{Decode, DecodeAll, Encode};
use millrace_primitives::{InputRef, JobId, KernelHash, Price, ProviderId, Target, Terms};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		migrations::{SteppedMigration, SteppedMigrationError},
		storage::unhashed,
		traits::{GetStorageVersion, StorageVersion},
		weights::{Weight, WeightMeter},
	},
	sp_core::H256,
	sp_io,
	sp_runtime::{BoundedVec, Perbill, StateVersion},
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt::Debug,
};

type Old = v1::Job<AccountId>;

fn write(id: JobId, bytes: &[u8]) {
	unhashed::put_raw(&Jobs::<Test>::hashed_key_for(id), bytes);
}

fn jobs() -> BTreeMap<JobId, JobOf<Test>> {
	Jobs::<Test>::iter().collect()
}

/// Makes the state what version 1 would have made of it.
fn downgrade() {
	for (id, job) in jobs() {
		write(id, &Old::from(job).encode());
	}
	StorageVersion::new(1).put::<Market>();
}

/// A meter for so many jobs, and a rest that is too little for one more.
fn meter(count: u64) -> WeightMeter {
	let one = <() as WeightInfo>::migrate_step().ref_time();
	WeightMeter::with_limit(Weight::from_parts(count * one + one - 1, u64::MAX))
}

/// Migrates with so many jobs a step; returns how many steps that took.
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
	Market::on_chain_storage_version() == StorageVersion::new(2)
}

fn root() -> Vec<u8> {
	sp_io::storage::root(StateVersion::V1)
}

/// A job in each state. The provider has one lane and asks at level 0.
struct Crowd {
	/// Two leaves of it are demanded and waited for.
	demanded: Honest,
	committed: JobId,
	running: JobId,
	assigned: JobId,
	/// BOB's, with inputs. It waits for room.
	pending: JobId,
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
		let crowd = Crowd {
			demanded,
			committed,
			running,
			assigned,
			pending,
		};
		assert!(matches!(job(committed).state, JobState::Committed { .. }));
		assert!(matches!(job(running).state, JobState::Running { .. }));
		assert!(matches!(job(assigned).state, JobState::Assigned { .. }));
		assert!(matches!(job(pending).state, JobState::Pending));
		crowd
	}
}

fn terms() -> Terms {
	Terms {
		target: Target::Provider {
			provider: ProviderId(1),
			price: Price(2),
		},
		public: true,
		run_ticks: 3,
		window: 4,
		expires: 5,
	}
}

/// A job byte by byte, as version 1 wrote it.
fn old_bytes(state: &[u8]) -> Vec<u8> {
	[
		// The requester, the kernel, the items.
		(1u64, [2u8; 32], 3u32).encode(),
		// Two parameters, one input of 7 bytes.
		(vec![4u64, 5], vec![([6u8; 32], 7u32)]).encode(),
		// Units of an item, the data key.
		(8u32, [9u8; 32]).encode(),
		terms().encode(),
		// The price, the fee's part per billion, items in a leaf, bytes of an item, units of the bytes.
		(10u64, 11u32, 12u32, 13u16, 14u128).encode(),
		// The escrow; job fees left, and one; the least escrow.
		(15u128, 16u8, 17u128, 18u128).encode(),
		// Ticks to accept; part per billion and fees that a late provider owes.
		(19u32, 20u32, 21u32).encode(),
		// Assignments, acceptances, ticks to bring leaves, leaves demanded.
		(22u8, 23u8, 24u32, 25u32).encode(),
		state.to_vec(),
	]
	.concat()
}

/// The same as it is now.
fn new_job<A>(requester: A, state: JobState<A>) -> Job<A> {
	Job {
		requester,
		kernel: KernelHash(H256([2; 32])),
		items: 3,
		params: BoundedVec::truncate_from(vec![4, 5]),
		inputs: BoundedVec::truncate_from(vec![InputRef {
			root: H256([6; 32]),
			len: 7,
		}]),
		max_units: 8,
		data_key: [9; 32],
		terms: terms(),
		price: Price(10),
		fee_rate: Perbill::from_parts(11),
		items_per_leaf: 12,
		item_size: 13,
		data_units: 14,
		escrow: 15,
		fees_left: 16,
		job_fee: 17,
		min_job: 18,
		accept_ticks: 19,
		late_share: Perbill::from_parts(20),
		late_fees: 21,
		assignments: 22,
		acceptances: 23,
		demand_ticks: 24,
		window_min: 11,
		demanded: 25,
		lapse_max: 0,
		lapses_by: None,
		state,
	}
}

/// Every form of a state.
fn states<A: Clone>(payout: A) -> [JobState<A>; 6] {
	let provider = ProviderId(31);
	let committed = |window| JobState::Committed {
		provider,
		payout: payout.clone(),
		root: H256([33; 32]),
		units: 34,
		window,
	};
	[
		JobState::Pending,
		JobState::Assigned { provider, until: 35 },
		JobState::Running {
			provider,
			payout: payout.clone(),
			deadline: 36,
		},
		committed(Window::Open { end: 37 }),
		committed(Window::Demanded { left: 38, until: None }),
		committed(Window::Demanded {
			left: 39,
			until: Some(40),
		}),
	]
}

#[test]
fn every_field_keeps_its_value() {
	let result = (31u32, 32u64, [33u8; 32], 34u64).encode();
	let bytes = [
		vec![0],
		(1u8, 31u32, 35u32).encode(),
		(2u8, 31u32, 32u64, 36u32).encode(),
		[vec![3], result.clone(), (0u8, 37u32).encode()].concat(),
		[vec![3], result.clone(), (1u8, 38u32, 0u8).encode()].concat(),
		[vec![3], result, (1u8, 39u32, 1u8, 40u32).encode()].concat(),
	];
	for (bytes, state) in bytes.into_iter().zip(states(32)) {
		ExtBuilder::build().execute_with(|| {
			let id = JobId(H256([50; 32]));
			write(id, &old_bytes(&bytes));
			StorageVersion::new(1).put::<Market>();
			// One job, and a look whether there is another.
			assert_eq!(migrate(2), 1);
			assert_eq!(job(id), new_job(1, state));
		});
	}
}

#[test]
fn no_job_is_lost_whatever_a_step_takes() {
	for count in [1, 2, 4, 100] {
		ExtBuilder::build_and_execute(|| {
			Crowd::new();
			let before = jobs();
			downgrade();
			// Five jobs and the end.
			assert_eq!(migrate(count), 6usize.div_ceil(usize::try_from(count).unwrap()));
			let expected = before
				.into_iter()
				.map(|(id, job)| (id, JobOf::<Test> { lapse_max: 0, ..job }));
			assert_eq!(jobs(), expected.collect());
			assert_ok!(Market::do_try_state());
		});
	}
}

/// All of them are paid to the planck as if nothing had happened.
#[test]
fn every_job_ends_as_it_was_agreed() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		let provider = crowd.demanded.provider;
		downgrade();
		migrate(1);

		assert_ok!(Market::settle_now(signed(ALICE), crowd.committed));
		commit(provider, crowd.running, 10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), crowd.running));
		commit(provider, crowd.assigned, 5 * G);
		assert_ok!(Market::settle_now(signed(ALICE), crowd.assigned));
		commit(provider, crowd.pending, 10 * G);
		assert_ok!(Market::settle_now(signed(BOB), crowd.pending));
		assert_ok!(provide(CHARLIE, crowd.demanded.id, crowd.demanded.answer(&[1, 3])));
		// All of it is at tick 1, with 30 ticks of the window left.
		assert_eq!(window(crowd.demanded.id), Window::Open { end: 31 });
		// An older job lapses though its provider cannot be reached; newer ones wait.
		MockProviders::change(provider, |record| record.answers = false);
		let newer = submit(ALICE, target_spec(10, provider, 100));
		commit(provider, newer, G);
		assert_eq!((job(newer).lapse_max, job(newer).due_tick()), (55, Some(16)));
		blocks(31);
		assert_eq!(jobs().into_keys().collect::<Vec<_>>(), [newer]);
		assert!(job(newer).lapses_by.is_some());
		assert!(events()
			.iter()
			.any(|event| matches!(event, Event::JobSettled { job, lapsed: true, .. } if *job == crowd.demanded.id)));
		MockProviders::change(provider, |record| record.answers = true);
		assert_ok!(Market::settle_now(signed(ALICE), newer));

		// At level 0 a gibiunit is 64 planck, a byte a sixteenth of one. Committed and assigned: 5 × 64 and 10 for 160 bytes.
		// Running: 10 × 64 + 10. Demanded: 640 bytes are 40, 300 units nothing. Pending: 10 × 64, and 2,660 bytes are 166.25.
		// The newer one: (1 + 160 / 1,024) × 100 = 115.6. Of each 5 % is the protocol's: 16, 16, 32, 2, 40 and 5.
		assert_eq!(free(ALICE), FUNDS - (330 + 330 + 650 + 40 + 115) - 5 * 20 - 170);
		assert_eq!(free(BOB), FUNDS - 806 - 20);
		assert_eq!(free(payout(provider)), 10_000 + 314 + 314 + 618 + 38 + 766 + 110);
		assert_eq!((held(ALICE), held(BOB)), (0, 0));
	});
}

/// The window that runs on after an answer is the one that held for all jobs when they were migrated.
#[test]
fn a_later_change_of_the_rules_touches_new_jobs_only() {
	ExtBuilder::build_and_execute(|| {
		let honest = Crowd::new().demanded;
		downgrade();
		migrate(1);
		RulesNow::set(&MarketRules {
			window_min: 1,
			..default_rules()
		});
		// Demanded at tick 1 with 30 ticks left. As if there were two.
		assert_eq!(
			window(honest.id),
			Window::Demanded {
				left: 30,
				until: Some(24)
			}
		);
		Jobs::<Test>::mutate(honest.id, |slot| {
			if let JobState::Committed {
				window: Window::Demanded { left, .. },
				..
			} = &mut slot.as_mut().unwrap().state
			{
				*left = 2;
			}
		});
		assert_ok!(provide(CHARLIE, honest.id, honest.answer(&[1, 3])));
		assert_eq!(window(honest.id), Window::Open { end: 12 });
	});
}

#[test]
fn it_is_done_once() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		downgrade();
		migrate(1);
		let done = root();
		assert_eq!(MigrateToV2::<Test>::step(None, &mut meter(9)), Ok(None));
		assert_eq!(MigrateToV2::<Test>::step(Some(crowd.running), &mut meter(9)), Ok(None));
		assert_eq!(root(), done);
	});
}

#[test]
fn what_try_runtime_compares_is_every_job() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		StorageVersion::new(2).put::<Market>();
		assert!(MigrateToV2::<Test>::compare(&MigrateToV2::<Test>::note().unwrap()).is_ok());
		downgrade();
		let noted = MigrateToV2::<Test>::note().unwrap();
		assert!(MigrateToV2::<Test>::compare(&noted).is_err(), "nothing is migrated yet");
		migrate(1);
		assert_ok!(MigrateToV2::<Test>::compare(&noted));
		let before = job(crowd.running);
		Jobs::<Test>::mutate_extant(crowd.running, |job| job.escrow += 1);
		assert_eq!(MigrateToV2::<Test>::compare(&noted), Err("a job has changed".into()));
		Jobs::<Test>::remove(crowd.running);
		assert_eq!(MigrateToV2::<Test>::compare(&noted), Err("a job is lost".into()));
		Jobs::<Test>::insert(crowd.running, before);
	});
}

#[test]
fn it_may_be_begun_anew_at_any_job() {
	ExtBuilder::build_and_execute(|| {
		Crowd::new();
		downgrade();
		let undone = root();
		migrate(100);
		let done = root();
		assert_ne!(undone, done);
		for first in 0..7 {
			downgrade();
			assert_eq!(root(), undone);
			// Some jobs are new already when the cursor is lost.
			if first > 0 {
				assert!(MigrateToV2::<Test>::step(None, &mut meter(first)).is_ok());
			}
			StorageVersion::new(1).put::<Market>();
			migrate(1);
			assert_eq!(root(), done, "after {first} jobs");
		}
	});
}

#[test]
fn too_little_weight_changes_nothing_and_says_what_is_needed() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new();
		downgrade();
		let before = root();
		let required = <() as WeightInfo>::migrate_step();
		for cursor in [None, Some(crowd.running)] {
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
fn what_is_no_job_stays_and_stops_nothing() {
	ExtBuilder::build_and_execute(|| {
		Crowd::new();
		downgrade();
		let (id, garbage) = (JobId(H256([50; 32])), old_bytes(&[4]));
		write(id, &garbage);
		migrate(2);
		let key = Jobs::<Test>::hashed_key_for(id);
		assert_eq!(unhashed::get_raw(&key), Some(garbage));
		unhashed::kill(&key);
		assert_eq!(jobs().len(), 5);
	});
}

/// What makes it safe to begin anew: up to `demand_ticks` both layouts read alike, and what follows has in no state of the
/// one the length that it has in a state of the other.
#[test]
fn no_bytes_are_a_job_in_both_layouts() {
	fn check<A: Clone + Debug + Decode + Encode + PartialEq>(account: A) {
		let (mut old_lengths, mut new_lengths) = (BTreeSet::new(), BTreeSet::new());
		for state in states(account.clone()) {
			for lapses_by in [None, Some(41)] {
				let new = Job {
					lapses_by,
					..new_job(account.clone(), state.clone())
				};
				let old = v1::Job::from(new.clone());
				let (new_bytes, old_bytes) = (new.encode(), old.encode());
				assert_eq!(Job::<A>::decode_all(&mut new_bytes.as_slice()), Ok(new));
				assert_eq!(v1::Job::<A>::decode_all(&mut old_bytes.as_slice()), Ok(old));
				assert!(v1::Job::<A>::decode_all(&mut new_bytes.as_slice()).is_err());
				assert!(Job::<A>::decode_all(&mut old_bytes.as_slice()).is_err());
				old_lengths.insert(old_bytes.len());
				new_lengths.insert(new_bytes.len());
			}
		}
		// Two states of the small account have one length.
		assert!(old_lengths.len() == 6 && new_lengths.len() >= 11);
		assert!(old_lengths.is_disjoint(&new_lengths));
	}
	check(1u64);
	check([1u8; 32]);
}
