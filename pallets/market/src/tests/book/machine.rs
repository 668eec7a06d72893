//! Random sequences of operations on the chain's book and on the naive one. After every operation the two are the same,
//! no pool is crossed but for a reason, and every invariant holds. A sequence that fails is shrunk to the few
//! operations that it takes.
//!
//! `MILLRACE_SEED` chooses the sequences, `MILLRACE_CASES` how many there are: twenty-five for each.

use super::{
	naive::Reason,
	operations::{begin, operation, Operation},
	same::assert_same,
};
use crate::{mock::*, Event};
use polkadot_sdk::frame_support::assert_ok;
use proptest::{
	collection::vec,
	test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{cell::RefCell, collections::BTreeMap};

/// Operations in a sequence.
const LENGTH: usize = 500;
/// Sequences for each case that the environment asks for.
const SEQUENCES: u32 = 25;

/// How often what happened, over all sequences.
#[derive(Default)]
struct Counts {
	operations: u64,
	refused: u64,
	matches: u64,
	crossed: BTreeMap<Reason, u64>,
	events: BTreeMap<&'static str, u64>,
}

impl Counts {
	fn note_events(&mut self) {
		for event in events() {
			let name = match event {
				Event::NoShow { .. } => "no-shows",
				Event::JobLate { .. } => "late",
				Event::JobAbandoned { .. } => "abandoned",
				Event::JobRejected { .. } => "rejected",
				Event::JobExpired { .. } => "expired",
				Event::JobUnserved { .. } => "unserved",
				Event::JobCancelled { .. } => "cancelled",
				Event::JobSettled { lapsed: false, .. } => "settled",
				Event::JobSettled { lapsed: true, .. } => "lapsed",
				Event::AskParked { .. } => "asks parked",
				Event::AskQueued { .. } => "asks queued again",
				Event::JobStuck { job, error } => panic!("{job:?} is stuck: {error:?}"),
				_ => continue,
			};
			*self.events.entry(name).or_default() += 1;
		}
	}
}

fn from_environment(name: &str, default: u64) -> u64 {
	let given = std::env::var(name).ok().and_then(|value| value.parse().ok());
	given.unwrap_or(default)
}

/// Plays a sequence.
fn play(operations: &[Operation], counts: &mut Counts) {
	ExtBuilder::build().execute_with(|| {
		let mut naive = begin();
		for operation in operations {
			System::reset_events();
			let Some((done, expected)) = operation.perform(&mut naive) else {
				continue;
			};
			assert_eq!(done, expected, "{operation:?} is allowed");
			assert_same(&naive);
			naive.check_crossed();
			assert_ok!(Market::do_try_state());

			counts.operations += 1;
			counts.refused += u64::from(!done);
			counts.matches += naive.matches.len() as u64;
			for reason in naive.reasons.values() {
				*counts.crossed.entry(*reason).or_default() += 1;
			}
			counts.note_events();
		}
	});
}

#[test]
fn the_book_is_the_naive_one_after_every_operation() {
	let seed = from_environment("MILLRACE_SEED", 0x6d69_6c6c_7261_6365);
	let sequences = from_environment("MILLRACE_CASES", 1).max(1) as u32 * SEQUENCES;
	println!("MILLRACE_SEED={seed}, {sequences} sequences of {LENGTH} operations");
	let mut bytes = [0; 32];
	bytes[..8].copy_from_slice(&seed.to_le_bytes());
	let config = Config {
		cases: sequences,
		failure_persistence: None,
		max_shrink_time: 120_000,
		..Config::default()
	};
	let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
	let counts = RefCell::new(Counts::default());
	let outcome = runner.run(&vec(operation(), LENGTH), |operations| {
		play(&operations, &mut counts.borrow_mut());
		Ok(())
	});
	if let Err(failure) = outcome {
		panic!("MILLRACE_SEED={seed}: {failure}");
	}
	let counts = counts.into_inner();
	println!(
		"{} operations, of which {} were refused; {} matches; crossed after {:?}; {:?}",
		counts.operations, counts.refused, counts.matches, counts.crossed, counts.events
	);
	assert!(counts.matches * 10 > counts.operations, "the parties did trade");
	assert_eq!(counts.events.len(), 11, "everything happened: {:?}", counts.events);
}
