//! Many jobs in one call: all or none are submitted, and each that can be settled is.

use crate::{mock::*, types::MAX_BATCH, weights::WeightInfo, Asks, Error, Event, JobState, Jobs, Requesters};
use millrace_primitives::{JobId, JobSpec};
use polkadot_sdk::{
	frame_support::{
		assert_err_ignore_postinfo, assert_noop, assert_ok,
		dispatch::{DispatchResultWithPostInfo, Pays},
	},
	sp_core::H256,
	sp_runtime::BoundedVec,
};

fn submit_jobs(specs: Vec<JobSpec>) -> DispatchResultWithPostInfo {
	Market::submit_jobs(signed(ALICE), BoundedVec::try_from(specs).expect("few enough"))
}

fn settle_jobs(who: AccountId, jobs: &[JobId]) -> DispatchResultWithPostInfo {
	Market::settle_jobs(signed(who), BoundedVec::try_from(jobs.to_vec()).expect("few enough"))
}

/// The ids of the next jobs of ALICE's.
fn ids(specs: &[JobSpec]) -> Vec<JobId> {
	let nonce = Requesters::<Test>::get(ALICE).nonce;
	let id = |(at, spec)| millrace_primitives::job::job_id(&Market::genesis_hash(), &ALICE, nonce + at, spec);
	(0u64..).zip(specs).map(id).collect()
}

#[test]
fn a_hundred_jobs_are_submitted_as_one_after_the_other() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(3, 0);
		let specs: Vec<JobSpec> = (0..MAX_BATCH).map(|at| book_spec(1 + at % 7, 0)).collect();
		let expected = ids(&specs);
		assert_ok!(submit_jobs(specs));
		assert_eq!(Requesters::<Test>::get(ALICE).live, MAX_BATCH);
		// Six fit on three lanes, the first ones; the others wait, the oldest first.
		for (at, id) in expected.iter().enumerate() {
			let assigned = matches!(job(*id).state, JobState::Assigned { provider: to, .. } if to == provider);
			assert_eq!(assigned, at < 6, "job {at}");
		}
		commit(provider, expected[0], 0);
		assert!(matches!(job(expected[6]).state, JobState::Assigned { .. }));
		Market::do_try_state().unwrap();
	});
}

#[test]
fn a_batch_weighs_what_it_did() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(5, 0);
		let info = submit_jobs(vec![book_spec(1, 0); 5]).unwrap();
		assert_eq!(info.actual_weight, Some(<() as WeightInfo>::submit_jobs_matched(5)));
		// Five more fit, the last of which parks the ask; the others wait.
		let info = submit_jobs(vec![book_spec(1, 0); 7]).unwrap();
		let matched = <() as WeightInfo>::submit_job_matched().saturating_mul(4);
		let waits = <() as WeightInfo>::submit_job_queued().saturating_mul(2);
		let more = <() as WeightInfo>::submit_job();
		assert_eq!(info.actual_weight, Some(matched + waits + more));
		assert!(Asks::<Test>::get(provider).slots[0].is_some_and(|ask| ask.parked));
	});
}

#[test]
fn one_bad_job_keeps_all_others_out() {
	ExtBuilder::build_and_execute(|| {
		let mut specs = vec![book_spec(1, 0); 3];
		specs[2].items = 0;
		let before = (free(ALICE), held(ALICE));
		assert_err_ignore_postinfo!(with_rollback(|| submit_jobs(specs)), Error::<Test>::NoItems);
		assert_eq!(
			(free(ALICE), held(ALICE), Jobs::<Test>::iter().count()),
			(before.0, before.1, 0)
		);
		assert_noop!(submit_jobs(Vec::new()), Error::<Test>::EmptyBatch);
	});
}

/// As the dispatch of an extrinsic does it.
fn with_rollback(call: impl FnOnce() -> DispatchResultWithPostInfo) -> DispatchResultWithPostInfo {
	polkadot_sdk::frame_support::storage::with_storage_layer(call)
}

/// Three committed jobs of ALICE's.
fn committed() -> Vec<JobId> {
	let provider = asking(3, 0);
	let jobs: Vec<JobId> = (1..4).map(|items| submit(ALICE, book_spec(items, 0))).collect();
	jobs.iter().for_each(|job| commit(provider, *job, 0));
	jobs
}

#[test]
fn own_jobs_are_settled_at_once_and_for_nothing() {
	ExtBuilder::build_and_execute(|| {
		let jobs = committed();
		let info = settle_jobs(ALICE, &jobs).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(info.actual_weight, Some(<() as WeightInfo>::settle_jobs_only(3)));
		assert_eq!((Jobs::<Test>::iter().count(), held(ALICE)), (0, 0));
		assert_eq!(Requesters::<Test>::get(ALICE).paid_jobs, 3);
	});
}

#[test]
fn what_cannot_be_settled_keeps_no_other_from_it() {
	ExtBuilder::build_and_execute(|| {
		let jobs = committed();
		let nothing = JobId(H256::repeat_byte(9));
		let info = settle_jobs(ALICE, &[jobs[0], nothing, jobs[0], jobs[1]]).unwrap();
		assert_eq!(info.pays_fee, Pays::Yes);
		let failed = |job| Event::JobNotSettled {
			job,
			error: Error::<Test>::UnknownJob.into(),
		};
		let seen = events();
		assert_eq!(seen.iter().filter(|event| **event == failed(nothing)).count(), 1);
		assert_eq!(seen.iter().filter(|event| **event == failed(jobs[0])).count(), 1);
		assert!(!Jobs::<Test>::contains_key(jobs[0]) && !Jobs::<Test>::contains_key(jobs[1]));

		// Somebody else's only once the window is over.
		let info = settle_jobs(BOB, &jobs[2..]).unwrap();
		assert_eq!(info.pays_fee, Pays::Yes);
		skip_ticks(default_rules().window + 1);
		let info = settle_jobs(BOB, &jobs[2..]).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		assert_eq!(Requesters::<Test>::get(ALICE).lapsed, 1);
	});
}
