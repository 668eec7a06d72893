//! Both layouts, byte by byte.

use super::*;
use crate::{Ask, Job, MarketRules, Requester};
use codec::{Decode, DecodeAll};
use millrace_primitives::{
	DeviceClass, InputRef, JobKind, KernelHash, Level, Minima, Pool, Price, Region, Target, Terms,
};
use polkadot_sdk::sp_runtime::{BoundedVec, Perbill};
use std::{collections::BTreeSet, fmt::Debug};

/// Not the one of the other tests.
const ELSEWHERE: Pool = Pool {
	kind: JobKind::Map,
	class: DeviceClass::GpuH,
	region: Region(3),
};

/// Both ways to buy, and as version 2 wrote them.
fn targets() -> [(Target, Vec<u8>); 2] {
	[
		(
			Target::Book {
				pool: ELSEWHERE,
				level: Level(6),
			},
			// The pool, the level.
			(0u8, [0u8, 5, 3], 6u8).encode(),
		),
		(
			Target::Provider {
				provider: ProviderId(0),
				price: Price(2),
				minima: Minima::default(),
			},
			// The provider, the price.
			(1u8, 0u32, 2u64).encode(),
		),
	]
}

/// A job as version 2 wrote it, in this state.
fn old_bytes(target: &[u8], lapses_by: &[u8], state: &[u8]) -> Vec<u8> {
	[
		// The requester, the kernel, the items.
		(1u64, [2u8; 32], 3u32).encode(),
		// Two parameters, one input of 7 bytes.
		(vec![4u64, 5], vec![([6u8; 32], 7u32)]).encode(),
		// Units of an item, the data key.
		(8u32, [9u8; 32]).encode(),
		target.to_vec(),
		// Public; ticks to run, of the window; the expiry.
		(true, 3u32, 4u32, 5u32).encode(),
		// The price, the fee's part per billion, items in a leaf, bytes of an item, units of the bytes.
		(10u64, 11u32, 12u32, 13u16, 14u128).encode(),
		// The escrow; job fees left, and one; the least escrow.
		(15u128, 2u8, 17u128, 18u128).encode(),
		// Ticks to accept; part per billion and fees that a late provider owes.
		(19u32, 20u32, 21u32).encode(),
		// Assignments, acceptances, ticks to bring leaves, least ticks of the window after that.
		(22u8, 23u8, 24u32, 25u32).encode(),
		// Leaves demanded, ticks by which the window may be extended.
		(26u32, 27u32).encode(),
		lapses_by.to_vec(),
		state.to_vec(),
	]
	.concat()
}

/// The same as it is now, from tick 60 on.
fn new_job<A>(requester: A, target: Target, state: JobState<A>) -> Job<A> {
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
		terms: Terms {
			target,
			public: true,
			run_ticks: 3,
			window: 4,
			expires: 5,
		},
		pool: ELSEWHERE,
		submitted: 60,
		price: Price(10),
		fee_rate: Perbill::from_parts(11),
		items_per_leaf: 12,
		item_size: 13,
		data_units: 14,
		escrow: 15,
		fees: 2,
		fees_left: 2,
		job_fee: 17,
		min_job: 18,
		deposit: 0,
		accept_ticks: 19,
		late_share: Perbill::from_parts(20),
		late_fees: 21,
		assignments: 22,
		acceptances: 23,
		demand_ticks: 24,
		window_min: 25,
		demanded: 26,
		lapse_max: 27,
		lapses_by: None,
		entry: Entry::None,
		state,
	}
}

/// Every form of a state, and as version 2 wrote it.
fn states<A: Clone + Encode>(payout: A) -> [(JobState<A>, Vec<u8>); 6] {
	let provider = ProviderId(31);
	let committed = |window| JobState::Committed {
		provider,
		payout: payout.clone(),
		root: H256([33; 32]),
		units: 34,
		at: 60,
		window,
	};
	let result = (3u8, 31u32, &payout, [33u8; 32], 34u64).encode();
	let running = JobState::Running {
		provider,
		payout: payout.clone(),
		deadline: 36,
	};
	let until = Some(40);
	[
		(JobState::Pending, vec![0]),
		(JobState::Assigned { provider, until: 35 }, (1u8, 31u32, 35u32).encode()),
		(running, (2u8, 31u32, &payout, 36u32).encode()),
		(
			committed(Window::Open { end: 37 }),
			[result.clone(), (0u8, 37u32).encode()].concat(),
		),
		(
			committed(Window::Demanded { left: 38, until: None }),
			[result.clone(), (1u8, 38u32, 0u8).encode()].concat(),
		),
		(
			committed(Window::Demanded { left: 39, until }),
			[result, (1u8, 39u32, 1u8, 40u32).encode()].concat(),
		),
	]
}

#[test]
fn every_field_keeps_its_value() {
	for (target, target_bytes) in targets() {
		for (state, state_bytes) in states(32) {
			for (lapses_by, lapse_bytes) in [(None, vec![0]), (Some(41), (1u8, 41u32).encode())] {
				ExtBuilder::build().execute_with(|| {
					let named = MockProviders::register(1);
					MockProviders::change(named, |record| record.pool = ELSEWHERE);
					skip_ticks(59);
					downgrade();
					let id = JobId(H256([50; 32]));
					write(id, &old_bytes(&target_bytes, &lapse_bytes, &state_bytes));
					// One job, and the looks whether there is another thing of each kind.
					assert_eq!(migrate(5), 1);
					let new = new_job(1, target, state.clone());
					let expected = Job {
						lapses_by,
						entry: new.due_tick().map_or(Entry::None, Entry::At),
						..new
					};
					assert_eq!(job(id), expected);
				});
			}
		}
	}
}

#[test]
fn every_field_of_asks_keeps_its_value() {
	// Whether it remembers a no-show, and then how many paid jobs that was after.
	for (no_shows, completed) in [(0u8, 0), (3, 9)] {
		ExtBuilder::build().execute_with(|| {
			let provider = MockProviders::register(1);
			MockProviders::change(provider, |record| record.completed = 9);
			downgrade();
			let bytes = [
				// One ask in the second slot: its pool, level, when it was placed, and that it is parked.
				(0u8, 1u8, [0u8, 5, 3], 6u8, 7u32, true, 0u8, 0u8).encode(),
				// No-shows, the ends of a bar and of a pause, the wake.
				(no_shows, 11u32, 12u32, 1u8, 13u32).encode(),
			];
			unhashed::put_raw(&Asks::<Test>::hashed_key_for(provider), &bytes.concat());
			migrate(9);
			let ask = Ask {
				pool: ELSEWHERE,
				level: Level(6),
				placed: 7,
				parked: true,
			};
			let expected = ProviderAsks {
				slots: [None, Some(ask), None, None],
				no_shows,
				barred_until: 11,
				paused_until: 12,
				wake: Some(13),
				completed,
			};
			assert_eq!(Asks::<Test>::get(provider), expected);
		});
	}
}

#[test]
fn every_count_of_a_requester_keeps_its_value() {
	ExtBuilder::build().execute_with(|| {
		downgrade();
		let bytes = [
			(1u64, 2u32, 3u32, 4u32, 5u32, 6u32).encode(),
			(7u32, 8u32, 9u32, 10u32, 11u32, 12u128).encode(),
		];
		unhashed::put_raw(&Requesters::<Test>::hashed_key_for(ALICE), &bytes.concat());
		migrate(9);
		let expected = Requester {
			nonce: 1,
			live: 2,
			paid_jobs: 3,
			lapsed: 4,
			cancelled: 5,
			expired: 6,
			unserved: 7,
			inputs_missing: 8,
			refuted: 9,
			voided: 10,
			silent: 11,
			refused: 0,
			paid: 12,
		};
		assert_eq!(Requesters::<Test>::get(ALICE), expected);
		// Its job would make it anew, and what is counted of it is not counted here.
		Requesters::<Test>::remove(ALICE);
	});
}

/// What makes it safe to begin anew: up to the target both layouts read alike, and what follows has, in no state of the one,
/// the length that it has in a state of the other; with a named provider it has, but does not decode.
#[test]
fn no_bytes_are_a_job_in_both_layouts() {
	fn check<A: Clone + Debug + Decode + Encode + PartialEq>(account: A, (target, target_bytes): (Target, Vec<u8>)) {
		let [mut old_lengths, mut new_lengths] = [BTreeSet::new(), BTreeSet::new()];
		for (state, state_bytes) in states(account.clone()) {
			let entries = [Entry::None, Entry::At(42), Entry::Stuck];
			for (lapses_by, entry) in entries.into_iter().flat_map(|entry| [(None, entry), (Some(41), entry)]) {
				let new = Job {
					lapses_by,
					entry,
					..new_job(account.clone(), target, state.clone())
				};
				let old = v2::Job::from(new.clone());
				let (new_bytes, old_bytes) = (new.encode(), old.encode());
				assert!(old_bytes.ends_with(&[lapses_by.encode(), state_bytes.clone()].concat()));
				assert_eq!(Job::<A>::decode_all(&mut new_bytes.as_slice()), Ok(new));
				assert_eq!(v2::Job::<A>::decode_all(&mut old_bytes.as_slice()), Ok(old));
				assert!(v2::Job::<A>::decode_all(&mut new_bytes.as_slice()).is_err());
				assert!(Job::<A>::decode_all(&mut old_bytes.as_slice()).is_err());
				old_lengths.insert(old_bytes.len());
				new_lengths.insert(new_bytes.len());
			}
		}
		// Two of the states have one length.
		assert!(
			old_lengths.len() >= 10 && new_lengths.len() >= 10,
			"{old_lengths:?} {new_lengths:?}"
		);
		let is_book = target_bytes.first() == Some(&0);
		assert_eq!(old_lengths.is_disjoint(&new_lengths), is_book);
	}
	for target in targets() {
		check(1u64, target.clone());
		check([1u8; 32], target);
	}
}

/// A provider chooses the root of its result, so it could try to have its job taken for another one.
#[test]
fn an_old_job_that_reads_as_a_new_one_is_an_old_one() {
	ExtBuilder::build_and_execute(|| {
		RulesNow::set(&MarketRules {
			protocol_fee: Perbill::zero(),
			..default_rules()
		});
		let provider = MockProviders::register(1);
		// 4,096 bytes are 2³² units: their fourth byte passes for a kind, their fifth for a class.
		let id = submit(ALICE, target_spec(256, provider, 64));
		let mut end_of_root = H256([6; 32]);
		end_of_root.0[31] = 0;
		// No extension, no entry, running.
		let units = u64::from(u16::from_le_bytes([0, 2]));
		assert_ok!(Market::commit_result(signed(worker(provider)), id, end_of_root, units));
		assert_ok!(demand(ALICE, id, &[0]));
		let before = job(id);
		blocks(2);
		downgrade();
		let bytes = Old::from(before.clone()).encode();
		let misread = JobOf::<Test>::decode_all(&mut bytes.as_slice()).expect("it reads as a new one");
		assert!(matches!(misread.state, JobState::Running { .. }));
		migrate(9);
		assert_eq!(job(id), upgraded(before));
	});
}

/// Asks are the old bytes and four more, so those of one layout always leave some over, or want some, in the other.
#[test]
fn no_bytes_are_asks_in_both_layouts() {
	for wake in [None, Some(13)] {
		for completed in [0, 1, u32::MAX] {
			let new = ProviderAsks {
				wake,
				completed,
				..ProviderAsks::default()
			};
			let (new_bytes, old_bytes) = (new.encode(), v2::ProviderAsks::from(new.clone()).encode());
			assert_eq!(new_bytes, [old_bytes.clone(), completed.encode()].concat());
			assert!(v2::ProviderAsks::decode_all(&mut new_bytes.as_slice()).is_err());
			assert!(ProviderAsks::decode_all(&mut old_bytes.as_slice()).is_err());
		}
	}
}
