//! What is demanded of one provider at once: at most 256 KiB, first come, first served; the rest queues, without a clock.

use super::{
	demand::{demand, provide, window},
	refute::refute,
};
use crate::{
	mock::*, Deadlines, DemandQueues, Demands, Error, Event, Jobs, MarketRules, ProviderDemands, Window, ANSWER_PART,
	DEMANDABLE_OUTPUT, OPEN_BYTES,
};
use millrace_primitives::{refutation::LeafSet, JobId, ProviderId};
use polkadot_sdk::frame_support::{assert_noop, assert_ok, dispatch::Pays};

/// 64 leaves of 1 KiB: as much as one demand asks for, a fourth of what is open at once.
const WHOLE: u32 = 64;

/// A provider with committed jobs of ALICE's, each of 64 leaves.
struct Crowd {
	provider: ProviderId,
	work: Work,
	jobs: Vec<JobId>,
}

impl Crowd {
	fn new(count: u32) -> Crowd {
		RulesNow::set(&MarketRules {
			output_max: 2 << 20,
			book_output_max: 1 << 20,
			run_max: 2_000,
			..default_rules()
		});
		let provider = asking(1, 0);
		let work = Work::new(BLOCKS, WHOLE, vec![]);
		let tree = work.honest();
		let jobs = (0..count).map(|_| committed(ALICE, provider, &work, &tree)).collect();
		Crowd { provider, work, jobs }
	}

	/// The first `count` leaves of a job are demanded.
	fn demand(&self, job: usize, count: u32) {
		let leaves: Vec<u32> = (0..count).collect();
		assert_ok!(demand(ALICE, self.jobs[job], &leaves));
	}

	fn demand_all(&self) {
		for job in 0..self.jobs.len() {
			self.demand(job, WHOLE);
		}
	}

	/// Brings so many leaves of a job from the `first` on.
	fn answer(&self, job: usize, first: u32, count: u32) {
		let (leaves, tree) = (self.work.leaves(), self.work.honest());
		let answer = (first..first + count)
			.map(|leaf| tree.provided(&leaves, leaf))
			.collect();
		assert_ok!(provide(BOB, self.jobs[job], answer));
	}

	fn record(&self) -> ProviderDemands {
		DemandQueues::<Test>::get(self.provider)
	}

	/// Which of the jobs queue, in order, read in both directions.
	fn queue(&self) -> Vec<usize> {
		let number = |id: JobId| self.jobs.iter().position(|job| *job == id).expect("one of the crowd");
		let walk = |from: Option<JobId>, next: fn(&crate::Demand) -> Option<JobId>| {
			std::iter::successors(from, |id| next(&Demands::<Test>::get(id).expect("it is demanded")))
				.map(number)
				.collect::<Vec<_>>()
		};
		let forward = walk(self.record().head, |demand| demand.next);
		let mut backward = walk(self.record().tail, |demand| demand.prev);
		backward.reverse();
		assert_eq!(forward, backward);
		forward
	}

	/// Which of the jobs have a demand whose time runs.
	fn open(&self) -> Vec<usize> {
		let is_open = |job: &usize| {
			let live = Jobs::<Test>::contains_key(self.jobs[*job]);
			live && matches!(window(self.jobs[*job]), Window::Demanded { until: Some(_), .. })
		};
		(0..self.jobs.len()).filter(is_open).collect()
	}
}

/// Whether a part of an answer is free.
fn is_free(crowd: &Crowd, job: usize, leaves: impl IntoIterator<Item = u32>) -> bool {
	let (all, tree) = (crowd.work.leaves(), crowd.work.honest());
	let part = leaves.into_iter().map(|leaf| tree.provided(&all, leaf)).collect();
	provide(BOB, crowd.jobs[job], part)
		.expect("some of it is missing")
		.pays_fee
		== Pays::No
}

#[test]
fn sixteen_leaves_or_the_last_one_are_free() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(1);
		crowd.demand(0, WHOLE);
		assert!(!is_free(&crowd, 0, 0..1));
		assert!(!is_free(&crowd, 0, 1..16));
		assert!(is_free(&crowd, 0, 16..32));
		assert!(is_free(&crowd, 0, 32..63));
		assert!(is_free(&crowd, 0, 63..64));
		assert_eq!(window(crowd.jobs[0]), Window::Open { end: 31 });
	});
}

#[test]
fn no_more_calls_are_free_than_were_prepaid() {
	for demanded in [1, 15, 16, 17, 31, 32, 33, 63, 64] {
		ExtBuilder::build_and_execute(|| {
			let crowd = Crowd::new(1);
			crowd.demand(0, demanded);
			let mut free = 0;
			let mut first = 0;
			// The smallest parts that are free.
			while first < demanded {
				let end = demanded.min(first + ANSWER_PART);
				free += u32::from(is_free(&crowd, 0, first..end));
				first = end;
			}
			let prepaid = demanded.div_ceil(ANSWER_PART);
			assert_eq!(free, prepaid, "{demanded} leaves");
			let [Event::LeavesDemanded { fee, .. }] = &events()
				.into_iter()
				.filter(|event| matches!(event, Event::LeavesDemanded { .. }))
				.collect::<Vec<_>>()[..]
			else {
				panic!("one demand");
			};
			// Each call is 24,000 picoseconds and 500 a leaf, and 200 bytes and 1,516 a leaf.
			let calls: u128 = (0..prepaid)
				.map(|part| {
					let leaves = u128::from(ANSWER_PART.min(demanded - part * ANSWER_PART));
					(24_000 + 500 * leaves) / 500 + (200 + 1_516 * leaves) / 8
				})
				.sum();
			assert!(calls <= *fee, "{demanded} leaves: {calls} of {fee}");
			assert!(
				*fee <= calls + u128::from(prepaid),
				"{demanded} leaves: {fee} for {calls}"
			);
		});
	}
}

/// One leaf sent just before must neither make the provider's answer fail, nor a free call carry what nobody lacks.
#[test]
fn an_answer_that_was_overtaken_still_counts_and_padding_is_paid_for() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(2);
		crowd.demand(0, WHOLE);
		assert!(!is_free(&crowd, 0, 7..8));
		assert!(is_free(&crowd, 0, 0..WHOLE));
		assert!(matches!(window(crowd.jobs[0]), Window::Open { .. }));

		crowd.demand(1, WHOLE);
		assert!(is_free(&crowd, 1, 0..16));
		// Half of it is missing: free. Less: not even with the last leaf.
		assert!(is_free(&crowd, 1, (0..16).chain(16..32)));
		assert!(!is_free(&crowd, 1, (0..17).chain(32..48)));
		assert!(!is_free(&crowd, 1, 0..WHOLE));
		assert!(matches!(window(crowd.jobs[1]), Window::Open { .. }));
	});
}

fn opened(events: &[Event<Test>]) -> Vec<JobId> {
	let opened = events.iter().filter_map(|event| match event {
		Event::DemandOpened { job, .. } => Some(*job),
		_ => None,
	});
	opened.collect()
}

#[test]
fn what_is_more_than_256_kib_queues_and_has_no_deadline() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(7);
		crowd.demand_all();
		assert_eq!(OPEN_BYTES, 4 * 64 * 1_024);
		assert_eq!(
			last_event(),
			Event::LeavesDemanded {
				job: crowd.jobs[6],
				provider: crowd.provider,
				requester: ALICE,
				leaves: LeafSet::truncate_from((0..64).collect()),
				// 64 leaves of 1,024 bytes, each with six pairs of 80 and 12 on top, and 200: 97,224 bytes, 12,153 planck.
				// 24,000 + 64 × 500 picoseconds: 112. Three further calls of 200 bytes and 24,000 picoseconds: 73 each.
				fee: 12_265 + 3 * 73,
				until: None,
			}
		);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 2, 3], vec![4, 5, 6]));
		assert_eq!(
			crowd.record(),
			ProviderDemands {
				open_bytes: 262_144,
				head: Some(crowd.jobs[4]),
				tail: Some(crowd.jobs[6]),
			}
		);
		// Of the four open ones alone.
		assert_eq!(Deadlines::<Test>::iter().count(), 4);
		for id in &crowd.jobs[4..] {
			assert_eq!(window(*id), Window::Demanded { left: 30, until: None });
			assert_eq!(job(*id).due_tick(), None);
			assert_noop!(Market::touch(signed(BOB), *id), Error::<Test>::NothingDue);
			assert_noop!(Market::settle(signed(BOB), *id), Error::<Test>::DemandOpen);
			assert_noop!(Market::settle_now(signed(ALICE), *id), Error::<Test>::DemandOpen);
			assert_noop!(demand(ALICE, *id, &[0]), Error::<Test>::DemandOpen);
		}
	});
}

#[test]
fn each_provider_has_a_queue_of_its_own() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(5);
		crowd.demand_all();
		let other = MockProviders::register(1);
		let id = submit(ALICE, crowd.work.fill(target_spec(WHOLE, other, 64)));
		commit_tree(other, id, &crowd.work.honest());
		assert_ok!(demand(ALICE, id, &[0, 63]));
		assert!(matches!(window(id), Window::Demanded { until: Some(24), .. }));
		assert_eq!(DemandQueues::<Test>::get(other).open_bytes, 2_048);
		assert_eq!(crowd.queue(), [4]);
	});
}

#[test]
fn room_opens_the_demand_that_has_waited_longest() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(7);
		crowd.demand_all();
		skip_ticks(9);
		// Half an answer makes no room: all of it was promised to be asked at once.
		crowd.answer(2, 0, 63);
		assert_eq!(
			(crowd.open(), crowd.record().open_bytes),
			(vec![0, 1, 2, 3], OPEN_BYTES)
		);
		crowd.answer(2, 63, 1);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 3, 4], vec![5, 6]));
		let seen = events();
		assert_eq!(
			seen[seen.len() - 2..],
			[
				Event::DemandOpened {
					job: crowd.jobs[4],
					provider: crowd.provider,
					until: 33
				},
				Event::DemandAnswered {
					job: crowd.jobs[2],
					window_end: 40
				}
			]
		);
		// It has all of its time from now on, and all of its window after that.
		assert_eq!(
			window(crowd.jobs[4]),
			Window::Demanded {
				left: 30,
				until: Some(33)
			}
		);
		crowd.answer(4, 0, WHOLE);
		assert_eq!(window(crowd.jobs[4]), Window::Open { end: 40 });
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 3, 5], vec![6]));
		for job in [0, 1, 3, 5, 6] {
			crowd.answer(job, 0, WHOLE);
		}
		assert_eq!(
			(Demands::<Test>::iter().count(), DemandQueues::<Test>::iter().count()),
			(0, 0)
		);
	});
}

#[test]
fn a_small_demand_does_not_overtake_a_large_one() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(7);
		for (job, leaves) in [(0, 64), (1, 64), (2, 64), (3, 33), (4, 64), (5, 1), (6, 1)] {
			crowd.demand(job, leaves);
		}
		// 225 KiB are open: 64 more do not fit, one would.
		assert_eq!(crowd.record().open_bytes, 225 * 1_024);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 2, 3], vec![4, 5, 6]));
		// 33 fewer: 192 + 64 fit, and no more.
		crowd.answer(3, 0, 33);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 2, 4], vec![5, 6]));
		assert_eq!(crowd.record().open_bytes, OPEN_BYTES);
		crowd.answer(0, 0, WHOLE);
		assert_eq!(opened(&events()), [crowd.jobs[4], crowd.jobs[5], crowd.jobs[6]]);
		assert_eq!(crowd.queue(), [0usize; 0]);
	});
}

#[test]
fn exactly_256_kib_are_open() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(6);
		for (job, leaves) in [(0, 64), (1, 64), (2, 64), (3, 63), (4, 1), (5, 1)] {
			crowd.demand(job, leaves);
		}
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 2, 3, 4], vec![5]));
	});
}

/// One ending opens two demands at most, and the queue moves on with each.
#[test]
fn many_small_demands_move_up_two_at_a_time() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(9);
		for (job, leaves) in [(0, 64), (1, 64), (2, 64), (3, 64)] {
			crowd.demand(job, leaves);
		}
		for job in 4..9 {
			crowd.demand(job, 1);
		}
		crowd.answer(0, 0, WHOLE);
		assert_eq!(crowd.queue(), [6, 7, 8]);
		crowd.answer(4, 0, 1);
		assert_eq!((crowd.open(), crowd.queue()), (vec![1, 2, 3, 5, 6, 7], vec![8]));
		crowd.answer(1, 0, WHOLE);
		assert_eq!(crowd.queue(), [0usize; 0]);
	});
}

#[test]
fn a_queued_demand_may_be_answered_before_its_time() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(8);
		crowd.demand_all();
		crowd.answer(5, 0, 10);
		assert_eq!(crowd.queue(), [4, 5, 6, 7]);
		crowd.answer(5, 10, 54);
		assert_eq!(window(crowd.jobs[5]), Window::Open { end: 31 });
		// From the middle, from the end, from the head.
		assert_eq!(crowd.queue(), [4, 6, 7]);
		crowd.answer(7, 0, WHOLE);
		assert_eq!(crowd.queue(), [4, 6]);
		crowd.answer(4, 0, WHOLE);
		assert_eq!(crowd.queue(), [6]);
		crowd.answer(6, 0, WHOLE);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 1, 2, 3], vec![]));
		assert_eq!(crowd.record().open_bytes, OPEN_BYTES);
		assert!(opened(&events()).is_empty());
	});
}

#[test]
fn silence_makes_room_too() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(6);
		crowd.demand_all();
		let stake = || MockProviders::stake(&MockProviders::get(crowd.provider).unwrap());
		blocks(23);
		assert_eq!((now(), crowd.open()), (24, vec![0, 1, 2, 3]));
		blocks(1);
		// The four ended, and the two that queued have their time from tick 25 on.
		assert_eq!((crowd.open(), crowd.queue()), (vec![4, 5], vec![]));
		for id in &crowd.jobs[4..] {
			assert!(matches!(window(*id), Window::Demanded { until: Some(48), .. }));
		}
		// 64 KiB at level 0 are 4,096 planck, and the units a part of one: 4,097 are held, 12 × that for each.
		assert_eq!(stake(), 240_000 - 4 * 49_164);
		crowd.answer(4, 0, WHOLE);
		blocks(24);
		assert_eq!(crowd.open(), [0usize; 0]);
		// What is there is taken: 240,000 − 196,656 = 43,344 are less than 49,164.
		assert_eq!((stake(), MockProviders::set_aside(crowd.provider)), (0, 240_000));
		assert_eq!(DemandQueues::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_job_is_voided_from_any_place_in_the_queue() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(8);
		let lie = Work::triples();
		let tree = lie.wrong_byte(0);
		let id = committed(BOB, crowd.provider, &lie, &tree);
		crowd.demand_all();
		assert_ok!(refute(CHARLIE, id, lie.proof(&tree, 0)));
		assert_eq!(crowd.queue(), [4, 5, 6, 7]);
		let void = |job: usize| {
			assert_ok!(Market::touch(signed(BOB), crowd.jobs[job]));
			assert!(matches!(
				last_event(),
				Event::JobVoided {
					refund: 4_097,
					fees_returned: 40,
					fees_paid: 20,
					deposit: 0,
					..
				}
			));
			assert_ok!(Market::do_try_state());
		};
		void(5);
		assert_eq!(crowd.queue(), [4, 6, 7]);
		void(7);
		assert_eq!(crowd.queue(), [4, 6]);
		// An open one: the next moves up, void as it is.
		void(1);
		assert_eq!((crowd.open(), crowd.queue()), (vec![0, 2, 3, 4], vec![6]));
		void(6);
		for job in [0, 2, 3, 4] {
			void(job);
		}
		assert_eq!(
			(Demands::<Test>::iter().count(), DemandQueues::<Test>::iter().count()),
			(0, 0)
		);
		assert_eq!(held(ALICE), 0);
		assert_eq!(MockProviders::get(crowd.provider).unwrap().silent, 0);
	});
}

#[test]
fn the_hook_voids_open_and_queued_demands_of_a_convicted_provider() {
	ExtBuilder::build_and_execute(|| {
		let crowd = Crowd::new(6);
		let lie = Work::triples();
		let tree = lie.wrong_byte(0);
		let id = committed(BOB, crowd.provider, &lie, &tree);
		crowd.demand_all();
		assert_ok!(refute(CHARLIE, id, lie.proof(&tree, 0)));
		// Four at tick 25; then the two that moved up, at tick 25 + 23 + 1.
		blocks(24);
		assert_eq!(Jobs::<Test>::iter_keys().count(), 2);
		blocks(24);
		assert_eq!((now(), Jobs::<Test>::iter_keys().count()), (49, 0));
		assert_eq!(held(ALICE), 0);
		let record = MockProviders::get(crowd.provider).unwrap();
		assert_eq!((record.silent, MockProviders::set_aside(crowd.provider)), (0, 120_000));
	});
}

#[test]
fn a_queued_result_can_be_refuted() {
	ExtBuilder::build_and_execute(|| {
		let mut crowd = Crowd::new(5);
		let tree = crowd.work.wrong_byte(63);
		let lie = committed(ALICE, crowd.provider, &crowd.work, &tree);
		crowd.jobs.push(lie);
		crowd
			.jobs
			.push(committed(ALICE, crowd.provider, &crowd.work, &crowd.work.honest()));
		crowd.demand_all();
		assert_eq!(crowd.queue(), [4, 5, 6]);
		// However long it queues, its window waits.
		skip_ticks(20);
		assert_ok!(refute(BOB, lie, crowd.work.proof(&tree, 63)));
		assert_eq!(crowd.queue(), [4, 6]);
		assert_eq!(crowd.record().open_bytes, OPEN_BYTES);
	});
}

#[test]
fn leaves_of_an_output_over_one_mebibyte_are_not_demanded() {
	ExtBuilder::build_and_execute(|| {
		Crowd::new(0);
		let provider = MockProviders::register(4);
		for (items, demandable) in [(1_024, true), (1_025, false)] {
			let work = Work::new(BLOCKS, items, vec![]);
			let id = submit(ALICE, work.fill(target_spec(items, provider, 64)));
			commit_tree(provider, id, &work.honest());
			assert_eq!(job(id).output_bytes() <= DEMANDABLE_OUTPUT, demandable);
			if demandable {
				assert_ok!(demand(ALICE, id, &[0, 1_023]));
			} else {
				assert_noop!(demand(ALICE, id, &[0]), Error::<Test>::OutputNotDemandable);
			}
		}
	});
}
