//! `millrace validator unbond` and `withdraw`.

use super::{
	super::{arguments::Part, Session},
	stash::{Report, Stash},
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, Call, StakingRules, StashBond},
	exit::{Code, Failure},
};

/// Starts to take money back.
pub(super) async fn unbond(session: &Session<'_>, part: Part, elsewhere: Option<AccountId>) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	let account = stash.account();
	let bond = stash.bond().await?;
	let rules = stash.at().staking_rules().await?;
	let stands = stash.at().candidacy(account).await?.is_some();
	let amount = amount_of(part, &bond, &rules, stands)?;
	let sent = stash.send(&Call::UnbondStash { amount }).await?;
	let (left, rules) = match sent.is_sent() {
		true => (sent.at.stash_bond(account).await?, sent.at.staking_rules().await?),
		false => (None, rules),
	};
	let report = unbonded(&bond, amount.min(bond.active), left.as_ref(), &rules);
	stash.show(&sent, &report);
	Ok(())
}

/// What the call names. All of a bond is its total, also what unbonds already: so much ends the candidacy as well.
fn amount_of(part: Part, bond: &StashBond, rules: &StakingRules, stands: bool) -> Result<Balance, Failure> {
	if bond.active == 0 {
		return Err(Failure::new(
			Code::Rejected,
			"all that is bonded unbonds already",
			"`millrace validator status` shows from which era on; nothing was sent",
		));
	}
	let amount = match part {
		Part::All => return Ok(bond.total),
		Part::Amount(0) => return Err(Failure::usage("nothing would be unbonded", "name an amount")),
		Part::Amount(amount) => amount,
	};
	if amount > bond.active {
		return Err(Failure::new(
			Code::Funds,
			format!(
				"{} is more than is at stake, {}",
				amount::print(amount),
				amount::print(bond.active)
			),
			"`millrace validator unbond all` takes all of it; nothing was sent",
		));
	}
	// As much as the total ends the candidacy by itself.
	let left = bond.active.saturating_sub(amount);
	if stands && amount < bond.total && left < rules.least_bond {
		return Err(Failure::new(
			Code::Rejected,
			format!(
				"{} would be left, and who stands for election has {} at stake at least",
				amount::print(left),
				amount::print(rules.least_bond)
			),
			"`millrace validator chill` first, or name less; nothing was sent",
		));
	}
	Ok(amount)
}

/// `left` is what is bonded now, where it was sent. The chain takes what would be left as dust along.
fn unbonded(before: &StashBond, amount: Balance, left: Option<&StashBond>, rules: &StakingRules) -> Report {
	let mut report = Report::default();
	let taken = left.map_or(amount, |left| before.active.saturating_sub(left.active));
	// The latest part is the last.
	let part = left.and_then(|left| left.unbonding.last());
	let era = part.map_or(rules.free_from(), |part| part.era);
	report.tell_amount("unbonds", "amount", taken);
	report.tell("free from era", era.to_string(), "free_from_era", era);
	report.tell(
		"planned era",
		rules.planned_era.to_string(),
		"planned_era",
		rules.planned_era,
	);
	if let Some(left) = left {
		report.tell_amount("at stake", "active", left.active);
	}
	report.then = format!(
		"From era {era} on `millrace validator withdraw` frees it. Until then it can be slashed for what was done before."
	);
	report
}

/// Frees what unbonds and whose era has come.
pub(super) async fn withdraw(session: &Session<'_>, elsewhere: Option<AccountId>) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	let account = stash.account();
	let bond = stash.bond().await?;
	let planned = stash.at().staking_rules().await?.planned_era;
	let due = due(&bond, planned)?;
	let spans = stash.at().slashing_spans(account).await?;
	let sent = stash.send(&Call::WithdrawStash { spans }).await?;
	let mut report = Report::default();
	let left = match sent.is_sent() {
		true => Some(sent.at.stash_bond(account).await?),
		false => None,
	};
	let total = |bond: &Option<StashBond>| bond.as_ref().map_or(0, |bond| bond.total);
	let freed = left.as_ref().map_or(due, |left| bond.total.saturating_sub(total(left)));
	report.tell_amount("withdrawn", "amount", freed);
	if let Some(left) = &left {
		report.tell_amount("still bonded", "total", total(left));
		if left.is_none() {
			report.then =
				"Nothing is bonded any more. `millrace validator purge-keys` returns the deposit of the session keys."
					.to_owned();
		}
	}
	stash.show(&sent, &report);
	Ok(())
}

/// What can be withdrawn when `planned` is the era that was planned last.
fn due(bond: &StashBond, planned: u32) -> Result<Balance, Failure> {
	let parts = bond.unbonding.iter();
	let due = parts.clone().filter(|part| part.era <= planned).map(|part| part.amount);
	match due.fold(0, Balance::saturating_add) {
		0 => {}
		due => return Ok(due),
	}
	let message = match parts.min_by_key(|part| part.era) {
		Some(first) => format!(
			"nothing can be withdrawn yet: {} from era {} on, and era {planned} is planned",
			amount::print(first.amount),
			first.era
		),
		None => "nothing unbonds".to_owned(),
	};
	Err(Failure::new(
		Code::Rejected,
		message,
		"nothing was sent; `millrace validator status` lists what unbonds",
	))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{amount::MILL, chain::StashUnbonding};

	const RULES: StakingRules = StakingRules {
		least_bond: 10 * MILL,
		least_commission: 0,
		candidates: 1,
		most_candidates: None,
		planned_era: 7,
		unbonding_eras: 28,
	};

	/// 100 MILL at stake, and 20 that unbond from these eras on.
	fn bond(eras: &[u32]) -> StashBond {
		let unbonding = eras.iter().map(|era| StashUnbonding {
			amount: 20 * MILL,
			era: *era,
		});
		let unbonding: Vec<StashUnbonding> = unbonding.collect();
		let out: Balance = unbonding.iter().map(|part| part.amount).sum();
		StashBond {
			total: 100 * MILL + out,
			active: 100 * MILL,
			unbonding,
		}
	}

	#[test]
	fn all_of_a_bond_also_ends_the_candidacy() {
		for stands in [false, true] {
			assert_eq!(amount_of(Part::All, &bond(&[30]), &RULES, stands), Ok(120 * MILL));
		}
		let all = Part::Amount(100 * MILL);
		assert_eq!(amount_of(all, &bond(&[]), &RULES, true), Ok(100 * MILL));
	}

	#[test]
	fn a_candidate_keeps_the_least_bond() {
		let part = |mill: Balance, stands| amount_of(Part::Amount(mill * MILL), &bond(&[30]), &RULES, stands);
		assert_eq!(part(90, true), Ok(90 * MILL));
		assert_eq!(part(91, false), Ok(91 * MILL));
		for mill in [91, 100] {
			let failure = part(mill, true).unwrap_err();
			assert_eq!(failure.code, Code::Rejected);
			assert!(failure.hint.contains("validator chill"), "{failure}");
		}
	}

	#[test]
	fn nobody_unbonds_what_is_not_at_stake() {
		let code = |part, bond: &StashBond| amount_of(part, bond, &RULES, false).unwrap_err().code;
		assert_eq!(code(Part::Amount(101 * MILL), &bond(&[30])), Code::Funds);
		assert_eq!(code(Part::Amount(0), &bond(&[])), Code::Usage);
		let gone = StashBond {
			active: 0,
			..bond(&[30])
		};
		assert_eq!(code(Part::All, &gone), Code::Rejected);
	}

	#[test]
	fn the_era_is_that_of_the_chain() {
		// Nothing was sent: what is expected.
		let report = unbonded(&bond(&[]), 30 * MILL, None, &RULES);
		assert!(report.then.contains("From era 35 on"), "{report:?}");
		let left = StashBond {
			active: 0,
			..bond(&[30, 36])
		};
		let report = unbonded(&bond(&[30]), 99 * MILL, Some(&left), &RULES);
		assert!(report.then.contains("From era 36 on"), "{report:?}");
		assert!(format!("{report:?}").contains("100 MILL"), "with the dust: {report:?}");
	}

	#[test]
	fn what_can_be_withdrawn_is_what_unbonds_up_to_the_planned_era() {
		let bond = bond(&[5, 7, 8]);
		assert_eq!(due(&bond, 7), Ok(40 * MILL));
		assert_eq!(due(&bond, 8), Ok(60 * MILL));
		let failure = due(&bond, 4).unwrap_err();
		assert_eq!(failure.code, Code::Rejected);
		assert!(
			failure.message.contains("20 MILL from era 5 on, and era 4 is planned"),
			"{failure}"
		);
		let failure = due(
			&StashBond {
				unbonding: Vec::new(),
				..bond
			},
			4,
		)
		.unwrap_err();
		assert_eq!(failure.message, "nothing unbonds");
	}
}
