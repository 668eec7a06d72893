//! A validator in every state, in both forms.

use super::*;
use crate::{
	amount::MILL,
	chain::{Backing, PendingSlash, SessionKeys, StashUnbonding},
};

const STASH: AccountId = AccountId([7; 32]);

fn status() -> Status {
	Status {
		validator: ValidatorView {
			stash: STASH,
			bond: Some(StashBond {
				total: 120 * MILL,
				active: 100 * MILL,
				unbonding: vec![StashUnbonding {
					amount: 20 * MILL,
					era: 44,
				}],
			}),
			candidacy: Some(Candidacy {
				commission: 12_500_000,
				blocked: false,
			}),
			backing: Some(Backing {
				own: 100 * MILL,
				total: 350 * MILL,
				nominators: 1_234,
			}),
			keys: Some(SessionKeys {
				grandpa: [1; 32],
				babe: [2; 32],
			}),
			slashes: vec![PendingSlash {
				era: 38,
				own: 3 * MILL,
				nominators: 5 * MILL,
			}],
		},
		session: SessionView {
			index: 61,
			validators: vec![AccountId([1; 32]), STASH],
			next: vec![STASH],
			disabled: Vec::new(),
			slots: 200,
			slots_left: 100,
			slot_millis: 3_000,
		},
		era: 10,
		points: EraPoints {
			own: 1_240,
			total: 2_000,
		},
		unclaimed: vec![
			UnclaimedEra {
				era: 8,
				points: 900,
				reward: 6 * MILL,
				pages: 5,
				paid: 2,
			},
			UnclaimedEra {
				era: 9,
				points: 1_000,
				reward: 7 * MILL,
				pages: 1,
				paid: 0,
			},
		],
		best: 900,
		last_final: 897,
	}
}

#[test]
fn every_figure_is_shown() {
	let status = status();
	let text = status.text();
	for part in [
		"active: among",
		"commission 1.25 %, open to nominators",
		"120 MILL, 100 MILL of it at stake",
		"20 MILL from era 44 on",
		"350 MILL, 100 MILL of its own, 1,234 nominators",
		"61, ends in about 5 min",
		"1,240, 1,000",
		" 62",
		"3 MILL with era 38, and 5 MILL of its nominators",
		"13 MILL of 2 eras",
		"2 of 5",
		"block 897, 3 behind",
	] {
		assert!(text.contains(part), "{part}: {text}");
	}
	assert!(!text.contains("disabled"), "{text}");
	let object = status.object();
	assert_eq!((&object["standing"], &object["blocks"]), (&json!("active"), &json!(62)));
	assert_eq!(
		(&object["points"], &object["points_average"]),
		(&json!(1_240), &json!(1_000))
	);
	assert_eq!(object["bond"]["active"], (100 * MILL).to_string());
	assert_eq!(object["backing"]["nominators"], 1_234);
	assert_eq!(object["slashes"][0]["own"], (3 * MILL).to_string());
	assert_eq!(object["unclaimed"][1]["reward"], (7 * MILL).to_string());
	assert_eq!(object["unclaimed_reward"], (13 * MILL).to_string());
	assert_eq!(
		(&object["finality_lag"], &object["session_ends_in_seconds"]),
		(&json!(3), &json!(300))
	);
}

#[test]
fn a_stash_stands_somewhere_between_bonding_and_authoring() {
	let number = |status: &Status| format!("{:?}", status.exit_code());
	let (good, bad) = (ExitCode::SUCCESS, ExitCode::from(14));
	let mut status = status();
	assert_eq!(
		(status.standing(), number(&status)),
		(Standing::Active, format!("{good:?}"))
	);
	status.session.validators.pop();
	assert_eq!(
		(status.standing(), number(&status)),
		(Standing::Next, format!("{bad:?}"))
	);
	status.session.next.clear();
	assert_eq!(
		(status.standing(), number(&status)),
		(Standing::Waiting, format!("{bad:?}"))
	);
	status.validator.candidacy = None;
	assert_eq!(
		(status.standing(), number(&status)),
		(Standing::Chilled, format!("{bad:?}"))
	);
	status.validator.bond = None;
	assert_eq!(
		(status.standing(), number(&status)),
		(Standing::NotBonded, format!("{bad:?}"))
	);
}

#[test]
fn an_account_that_staking_does_not_know_has_nothing() {
	let nothing = Status {
		validator: ValidatorView {
			stash: STASH,
			bond: None,
			candidacy: None,
			backing: None,
			keys: None,
			slashes: Vec::new(),
		},
		points: EraPoints::default(),
		unclaimed: Vec::new(),
		session: SessionView {
			validators: Vec::new(),
			next: Vec::new(),
			disabled: vec![STASH],
			..status().session
		},
		..status()
	};
	let text = nothing.text();
	assert_eq!(text.matches("none").count(), 3, "{text}");
	assert!(text.contains("disabled") && text.contains("0 MILL of 0 eras"), "{text}");
	let object = nothing.object();
	for key in ["bond", "backing", "keys", "blocked", "commission_parts_per_billion"] {
		assert!(object[key].is_null(), "{key}");
	}
	assert_eq!(
		(&object["standing"], &object["points_average"]),
		(&json!("not_bonded"), &json!(0))
	);
}

#[test]
fn percent_are_exact() {
	for (parts, text) in [
		(0, "0.00 %"),
		(100_000, "0.01 %"),
		(12_500_000, "1.25 %"),
		(1_000_000_000, "100.00 %"),
	] {
		assert_eq!(percent(parts), text);
	}
}
