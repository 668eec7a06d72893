//! A quote is what the submission of the same job then brings.

use super::{any_spec, wander};
use crate::{
	mock::*,
	reads::types::{Quote, Start, Waits},
	tests::book::Random,
	Call, Error, Event, JobState, MarketRules,
};
use millrace_primitives::{JobId, JobSpec, KernelHash, Level, Minima, Price, ProviderId, Target};
use polkadot_sdk::{
	frame_support::{assert_ok, assert_storage_noop, hypothetically, traits::UnfilteredDispatchable},
	sp_core::H256,
	sp_runtime::{BoundedVec, DispatchError, DispatchResult},
};
use std::collections::BTreeMap;

/// A quote, which must change nothing.
#[expect(clippy::needless_late_init, reason = "the macro takes a statement")]
fn quote(spec: &JobSpec) -> Result<Quote, DispatchError> {
	let answer;
	assert_storage_noop!(answer = Market::quote(spec.clone()));
	answer
}

fn try_submit(spec: JobSpec) -> DispatchResult {
	let call = Call::<Test>::submit_job { spec };
	call.dispatch_bypass_filter(signed(ALICE))
		.map(|_| ())
		.map_err(|error| error.error)
}

/// Matches since there were so many events.
fn matches_since(before: usize) -> u32 {
	let assigned = |event: &&Event<Test>| matches!(event, Event::JobAssigned { .. });
	events()[before..].iter().filter(assigned).count() as u32
}

/// Something is wrong with the specification.
fn spoil(random: &mut Random, spec: &mut JobSpec) {
	let terms = &mut spec.terms;
	match random.below(16) {
		0 => spec.kernel = KernelHash(H256([99; 32])),
		1 => spec.kernel = KERNEL_RETIRED,
		2 => spec.params = BoundedVec::default(),
		3 => spec.kernel = KERNEL_WITH_INPUTS,
		4 => spec.items = 0,
		5 => spec.max_units = 999,
		6 => spec.max_units = u32::MAX,
		7 => spec.items = 400,
		8 => terms.window = 7,
		9 => terms.run_ticks = 3,
		10 => terms.run_ticks = 301,
		11 => terms.expires = now(),
		12 => terms.expires = now() + 501,
		13 => spec.items = 60,
		14 => {
			terms.target = Target::Provider {
				provider: ProviderId(77),
				price: Price(64),
				minima: Minima::default(),
			}
		}
		_ => match &mut terms.target {
			Target::Book { level, .. } => *level = Level(255),
			Target::Provider { price, .. } => *price = Price(u64::MAX),
		},
	}
}

/// Submits what was quoted, and says in a word what came of it.
fn compare(spec: JobSpec) -> &'static str {
	let quoted = quote(&spec);
	let id = next_id(ALICE, &spec);
	let targeted = matches!(spec.terms.target, Target::Provider { .. });
	let before = events().len();
	let outcome = try_submit(spec);
	let quoted = match (quoted, outcome) {
		(Ok(quoted), Ok(())) => quoted,
		(quoted, outcome) => {
			assert_eq!(quoted.map(|_| ()), outcome);
			return "refused";
		}
	};
	let held = events()[before..].iter().find_map(|event| match event {
		Event::JobSubmitted {
			job,
			escrow,
			fees,
			deposit,
			..
		} if *job == id => Some((*escrow, *fees, *deposit)),
		_ => None,
	});
	assert_eq!(held, Some((quoted.escrow, quoted.fees, quoted.deposit)));
	assert_eq!(job(id).price, quoted.price);
	assert!(quoted.expected <= quoted.worst && quoted.worst <= quoted.escrow + quoted.fees);
	if let Start::Now { provider } = quoted.start {
		assert!(matches!(job(id).state, JobState::Assigned { provider: given, .. } if given == provider));
		assert_eq!(matches_since(before), 1);
		return if targeted { "named" } else { "now" };
	}
	assert_eq!(job(id).state, JobState::Pending);
	waits_as_quoted(id, quoted, matches_since(before))
}

/// The explanation of a job that waits says the same as its quote, after so many matches of others.
fn waits_as_quoted(id: JobId, quoted: Quote, matched: u32) -> &'static str {
	let waits = Market::explain_job(id).expect("it is live");
	let (expires, bid) = (job(id).terms.expires, quoted.price);
	match quoted.start {
		Start::Now { .. } => panic!("it does not wait"),
		_ if matched > 1 => panic!("a submission matches one job"),
		Start::Behind { ahead } => {
			match waits {
				Waits::Behind { ahead: left, .. } => assert_eq!(left, ahead - matched),
				Waits::Match { .. } => assert_eq!(matched, ahead),
				// The one ahead took the last ask that crosses.
				_ => assert_eq!(matched, 1),
			}
			"behind"
		}
		Start::NoAsk { cheapest: None } => {
			assert_eq!((waits, matched), (Waits::NoAsk { expires }, 0));
			"no ask"
		}
		Start::NoAsk {
			cheapest: Some(cheapest),
		} => {
			if matched == 0 {
				let too_dear = Waits::AsksTooDear { cheapest, bid, expires };
				assert_eq!(waits, too_dear);
			}
			"too dear"
		}
	}
}

#[test]
fn in_random_books_a_submission_gets_what_was_quoted() {
	let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
	for seed in 1..=60 {
		ExtBuilder::build().execute_with(|| {
			let mut random = Random::new(seed);
			RulesNow::set(&MarketRules {
				job_deposit: 7,
				byte_deposit: 1,
				..default_rules()
			});
			for _ in 0..30 {
				let steps = random.below(16);
				wander(&mut random, steps);
				let mut spec = any_spec(&mut random);
				if random.below(6) == 0 {
					spoil(&mut random, &mut spec);
				}
				assert_ok!(Market::set_halted(RuntimeOrigin::root(), random.below(40) == 0));
				*seen.entry(compare(spec)).or_default() += 1;
				assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
			}
		});
	}
	println!("{seen:?}");
	assert_eq!(seen.values().sum::<u32>(), 1_800);
	for start in ["now", "named", "behind", "no ask", "too dear", "refused"] {
		assert!(seen.get(start).is_some_and(|cases| *cases >= 40), "{start}: {seen:?}");
	}
}

#[test]
fn a_quote_says_every_amount() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		// Ten items of one price each and 1/64 of it for 16 bytes: 650 at 64 planck, 1,300 at its own limit of 128.
		let spec = book_spec(10, 9);
		let expected = Quote {
			start: Start::Now { provider },
			price: Price(64),
			escrow: 1_300,
			fees: 60,
			deposit: 0,
			worst: 1_300 + 60,
			expected: 650 + 20,
		};
		assert_eq!(quote(&spec), Ok(expected));
		let named = Quote {
			price: Price(100),
			// ⌈10 × 65 / 64 × 100⌉ is held, and rounded down it is paid.
			escrow: 1_016,
			worst: 1_015 + 60,
			expected: 1_015 + 20,
			..expected
		};
		assert_eq!(quote(&target_spec(10, provider, 100)), Ok(named));
		// Worth 65, but the least that is held is 100.
		let small = quote(&book_spec(1, 0)).unwrap();
		assert_eq!((small.escrow, small.worst, small.expected), (100, 125, 85));
	});
}

/// What is quoted as the worst does happen: the cheap assignment leads nowhere, and the next one is at the limit.
#[test]
fn the_worst_case_is_at_the_limit_of_the_job() {
	ExtBuilder::build_and_execute(|| {
		let providers = [asking(1, 0), asking(1, 9), asking(1, 9)];
		let spec = book_spec(10, 9);
		let quoted = quote(&spec).unwrap();
		assert_eq!((quoted.price, quoted.expected), (Price(64), 670));
		let id = submit(ALICE, spec);
		for provider in &providers[..2] {
			let reason = crate::RejectReason::Other;
			assert_ok!(Market::reject_job(signed(worker(*provider)), id, reason));
		}
		commit(providers[2], id, 10 * G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(FUNDS - free(ALICE), quoted.worst);
	});
}

#[test]
fn a_quote_looks_at_two_providers_as_a_match_does() {
	ExtBuilder::build_and_execute(|| {
		let asks = [0, 1, 2].map(|level| asking(1, level));
		// A second ask of one that is put aside anyhow takes no further look.
		assert_ok!(Market::place_ask(signed(worker(asks[0])), 1, Level(0)));
		let spec = book_spec(2, 9);
		let spoil = |provider| MockProviders::change(provider, |record| record.min_price = Price(1_000));
		spoil(asks[0]);
		hypothetically!({
			let quoted = quote(&spec).unwrap();
			// 64 × 1.08 = 69.12.
			assert_eq!(
				(quoted.start, quoted.price),
				(Start::Now { provider: asks[1] }, Price(69))
			);
			let id = submit(ALICE, spec.clone());
			assert_eq!((job(id).state.provider(), job(id).price), (Some(asks[1]), Price(69)));
		});
		spoil(asks[1]);
		let quoted = quote(&spec).unwrap();
		assert_eq!((quoted.start, quoted.price), (Start::Behind { ahead: 0 }, Price(128)));
		let id = submit(ALICE, spec);
		let expires = job(id).terms.expires;
		assert_eq!(Market::explain_job(id), Some(Waits::Match { expires }));
		assert!(Market::try_cross(POOL).0);
		assert_eq!((job(id).state.provider(), job(id).price), (Some(asks[2]), Price(128)));
	});
}

#[test]
fn a_quote_does_not_ask_for_money() {
	ExtBuilder::build_and_execute(|| {
		asking(1, 0);
		let spec = book_spec(10, 9);
		assert_eq!(quote(&spec).map(|quoted| quoted.escrow), Ok(1_300));
		let call = Call::<Test>::submit_job { spec };
		let refused = call.dispatch_bypass_filter(signed(POOR)).map_err(|error| error.error);
		assert_eq!(refused, Err(Error::<Test>::InsufficientFunds.into()));
	});
}

/// The part that the pool's paid jobs took of what they might have, in the running era or one of the four before.
#[test]
fn what_is_expected_follows_what_jobs_of_the_pool_took() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let expected = || quote(&book_spec(10, 0)).map(|quoted| quoted.expected);
		assert_eq!(expected(), Ok(650 + 20));
		for units in [2, 3] {
			let id = submit(ALICE, book_spec(5, 0));
			commit(provider, id, units * G);
			assert_ok!(Market::settle_now(signed(ALICE), id));
		}
		// Half of it: 5 × 64, and 10 for the bytes.
		assert_eq!(expected(), Ok(330 + 20));
		for _ in 0..4 {
			skip_ticks(default_rules().fee_era);
			blocks(1);
			assert_eq!(expected(), Ok(330 + 20));
		}
		skip_ticks(default_rules().fee_era);
		blocks(1);
		assert_eq!(expected(), Ok(650 + 20));
	});
}
