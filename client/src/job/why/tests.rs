//! Each reason in words.

use super::*;
use crate::{
	amount::MILL,
	chain::{DeviceClass, InputRef, H256},
	job::fixture::{in_the_book, to_one},
};

const NOW: Tick = 1_000;

fn check(explanation: &Explanation, verdict: Verdict, says: &[&str], advice: &[&str]) {
	assert_eq!(explanation.verdict, verdict, "{explanation:?}");
	for part in says {
		assert!(explanation.says.contains(part), "{part}: {explanation:?}");
	}
	for part in advice {
		assert!(explanation.advice.contains(part), "{part}: {explanation:?}");
	}
}

#[test]
fn a_job_that_will_not_start_says_what_is_missing() {
	let of = |waits| Explanation::of_waiting(&waits, &in_the_book(), NOW);
	check(
		&of(Waits::NoAsk { expires: 1_400 }),
		Verdict::WillNotStart,
		&["nobody who offers work in the pool cpu-4/any"],
		&["tick 1400, in about 20 min", "millrace job cancel 0x0707"],
	);
	let dear = Waits::AsksTooDear {
		cheapest: Price(81),
		bid: Price(75),
		expires: 1_010,
	};
	check(
		&of(dear),
		Verdict::WillNotStart,
		&["wants 81 planck", "bids 75 planck"],
		&["in about 30 s", "max_price = \"81planck\""],
	);
}

#[test]
fn a_job_that_waits_says_for_whom() {
	let of = |waits| Explanation::of_waiting(&waits, &in_the_book(), NOW);
	for (ahead, words) in [
		(1, "1 other job bids"),
		(2, "2 other jobs bid"),
		(1_000, "at least 1000 other"),
	] {
		let behind = Waits::Behind { ahead, expires: 1_400 };
		check(
			&of(behind),
			Verdict::Waits,
			&[words, "in the pool cpu-4/any"],
			&["by itself"],
		);
	}
	check(
		&of(Waits::Match { expires: 1_400 }),
		Verdict::Waits,
		&["the next one of the pool cpu-4/any"],
		&["nothing needs to be done"],
	);
	check(
		&of(Waits::Touch { due: 990 }),
		Verdict::Waits,
		&["due at tick 990, 10 ticks ago"],
		&["nothing needs to be done"],
	);
	check(
		&of(Waits::Void { provider: 9 }),
		Verdict::Waits,
		&["provider 9 was refuted"],
		&["another provider"],
	);
}

#[test]
fn a_job_under_way_says_until_when() {
	let acceptance = |busy| Waits::Acceptance {
		provider: 4,
		until: 1_040,
		busy,
	};
	let mut with_inputs = in_the_book();
	with_inputs.spec.inputs.push(InputRef {
		root: H256([0; 32]),
		len: 5,
	});
	check(
		&Explanation::of_waiting(&acceptance(true), &with_inputs, NOW),
		Verdict::UnderWay,
		&["provider 4 is to accept it by tick 1040, in about 2 min", "every lane"],
		&["millrace job fetch 0x0707", "another one gets the job"],
	);
	let named = Explanation::of_waiting(&acceptance(false), &to_one(), NOW);
	check(
		&named,
		Verdict::UnderWay,
		&["by tick 1040"],
		&["the job ends and what is held returns"],
	);
	assert!(
		!named.says.contains("lane") && !named.advice.contains("inputs"),
		"{named:?}"
	);

	let of = |waits| Explanation::of_waiting(&waits, &in_the_book(), NOW);
	let result = Waits::Result {
		provider: 4,
		deadline: 1_000,
	};
	check(
		&of(result),
		Verdict::UnderWay,
		&["by tick 1000, which is now"],
		&["late"],
	);
	let window = Waits::Window {
		provider: 4,
		end: 8_200,
	};
	check(
		&of(window),
		Verdict::UnderWay,
		&["refuted until tick 8200, in about 6 h"],
		&["checks it and pays at once"],
	);
	for (until, words) in [
		(Some(990), "by tick 990, which is over"),
		(None, "has answered other demands"),
	] {
		let leaves = Waits::Leaves { provider: 4, until };
		check(&of(leaves), Verdict::UnderWay, &[words], &["the stake pays"]);
	}
}

#[test]
fn a_provider_that_does_not_serve_says_by_which_rule() {
	let of = |unfit| Explanation::of_match(&Err(unfit), 6, &in_the_book(), NOW);
	for (unfit, parts) in [
		(Unfit::OtherTarget { target: 4 }, ["names provider 4", "--target 6"]),
		(
			Unfit::OtherPool {
				pool: "gpu-h/7".parse().unwrap(),
			},
			["serves the pool gpu-h/7", "in the pool cpu-4/any"],
		),
		(Unfit::NoAsk { barred_until: None }, ["has no ask", "--target 6"]),
		(
			Unfit::NoAsk {
				barred_until: Some(1_100),
			},
			["may not ask until tick 1100, in about 5 min", "provider show 6"],
		),
		(
			Unfit::AskTooDear {
				have: Price(81),
				need: Price(75),
			},
			["asks for 81 planck", "bid 81 planck"],
		),
		(
			Unfit::Paused { until: 1_020 },
			["turned a job down", "tick 1020, in about 60 s"],
		),
		(
			Unfit::Provider(Ineligible::Unknown),
			["there is no provider 6", "provider list"],
		),
		(
			Unfit::Provider(Ineligible::NotActive),
			["draining, chilled or leaving", "provider show 6"],
		),
		(
			Unfit::Provider(Ineligible::Unreachable),
			["does not answer", "provider show 6"],
		),
		(
			Unfit::Provider(Ineligible::NoWorker),
			["revoked its worker key", "provider show 6"],
		),
		(
			Unfit::Provider(Ineligible::StakeTooLow {
				have: 5 * MILL,
				need: 12 * MILL,
			}),
			["a stake of 5 MILL", "12 MILL is needed"],
		),
		(
			Unfit::Provider(Ineligible::TakesNoTargets),
			["takes no jobs that name it", "bid in its pool"],
		),
		(
			Unfit::Provider(Ineligible::PriceTooLow {
				have: Price(5),
				need: Price(9),
			}),
			["wants at least 9 planck", "offers 5 planck"],
		),
		(Unfit::Provider(Ineligible::Full), ["twice its lanes", "has room"]),
		(
			Unfit::Provider(Ineligible::TooFewPaid { have: 3, need: 10 }),
			["3", "10"],
		),
		(
			Unfit::Provider(Ineligible::TooManyFailed { have: 25, need: 5 }),
			["25 %", "5 %"],
		),
		(Unfit::Parked, ["provider 6", "asks"]),
		(Unfit::Expired { expires: 990 }, ["tick 990", ""]),
		(
			Unfit::Provider(Ineligible::NotMeasured {
				class: DeviceClass::GpuH,
			}),
			["of class gpu-h", "provider devices 6"],
		),
	] {
		let explanation = of(unfit);
		assert_eq!(explanation.verdict, Verdict::WillNotStart);
		let text = format!("{}; {}", explanation.says, explanation.advice);
		for part in parts {
			assert!(text.contains(part), "{part}: {text}");
		}
	}
	let serves = Explanation::of_match(&Ok(()), 6, &to_one(), NOW);
	check(&serves, Verdict::UnderWay, &["provider 6 would serve this job"], &[]);
}

#[test]
fn reasons_are_objects_for_programs() {
	let waits = Waits::Behind { ahead: 3, expires: 9 };
	let object = serde_json::to_value(waits).unwrap();
	assert_eq!(
		object,
		serde_json::json!({ "reason": "behind", "ahead": 3, "expires": 9 })
	);
	let unfit = Unfit::Provider(Ineligible::StakeTooLow { have: 5, need: 12 });
	let object = serde_json::to_value(unfit).unwrap();
	let expected = serde_json::json!({ "rule": "provider", "why": "stake_too_low", "have": "5", "need": "12" });
	assert_eq!(object, expected);
}
