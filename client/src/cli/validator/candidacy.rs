//! `millrace validator validate` and `chill`.

use super::{
	super::Session,
	percent,
	stash::{Report, Stash},
};
use crate::{
	amount,
	chain::{AccountId, Call, SessionKeys, StakingRules, StashBond},
	exit::{Code, Failure},
};

/// Has the stash stand for election. Whatever can be refused is refused before.
pub(super) async fn validate(
	session: &Session<'_>,
	commission: Option<u32>,
	blocked: bool,
	elsewhere: Option<AccountId>,
) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	let (at, account) = (stash.at(), stash.account());
	let rules = at.staking_rules().await?;
	let commission = commission.unwrap_or(rules.least_commission);
	let candidate = Candidate {
		stash: account,
		bond: stash.bond().await?,
		keys: at.next_keys(account).await?,
		stands: at.candidacy(account).await?.is_some(),
	};
	candidate.check(&rules, commission)?;
	let sent = stash.send(&Call::Validate { commission, blocked }).await?;
	let mut report = Report::default();
	report.tell(
		"commission",
		percent(commission),
		"commission_parts_per_billion",
		commission,
	);
	let open = if blocked { "closed" } else { "open" };
	report.tell("nominators", open.to_owned(), "blocked", blocked);
	report.tell_amount("at stake", "active", candidate.bond.active);
	report.then = format!(
		"It stands for election. If its stake is among the largest it makes blocks with the next era but one at the latest; \
		 `millrace validator status {account}` says where that stands."
	);
	stash.show(&sent, &report);
	Ok(())
}

/// Who wants to stand for election.
struct Candidate {
	stash: AccountId,
	bond: StashBond,
	keys: Option<SessionKeys>,
	/// Whether it does already.
	stands: bool,
}

impl Candidate {
	/// What the chain would refuse; and a candidate without keys, which the chain takes, but which makes no blocks.
	fn check(&self, rules: &StakingRules, commission: u32) -> Result<(), Failure> {
		let stash = self.stash;
		if self.keys.is_none() {
			return Err(Failure::new(
				Code::Rejected,
				format!("{stash} has registered no session keys: elected, it would make no blocks"),
				format!(
					"on its node: `millrace validator rotate-keys --owner {stash} --submit`, with the stash's key; nothing was \
					 sent"
				),
			));
		}
		if self.bond.active < rules.least_bond {
			let (has, least) = (amount::print(self.bond.active), amount::print(rules.least_bond));
			let lacks = amount::print(rules.least_bond.saturating_sub(self.bond.active));
			return Err(Failure::new(
				Code::Funds,
				format!("{stash} has {has} at stake, and a candidate has {least} at least"),
				format!("`millrace validator bond {lacks:?}` adds what is missing; nothing was sent"),
			));
		}
		if commission < rules.least_commission {
			let (asked, least) = (percent(commission), percent(rules.least_commission));
			return Err(Failure::new(
				Code::Rejected,
				format!("a commission of {asked} is less than the least, {least}"),
				"leave out --commission for the least one; nothing was sent",
			));
		}
		match rules.most_candidates {
			Some(most) if !self.stands && rules.candidates >= most => Err(Failure::new(
				Code::Rejected,
				format!("{most} stand for election, and no more may"),
				"wait until one chills; nothing was sent",
			)),
			_ => Ok(()),
		}
	}
}

/// Ends the candidacy.
pub(super) async fn chill(session: &Session<'_>, elsewhere: Option<AccountId>) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	stash.bond().await?;
	let account = stash.account();
	if stash.at().candidacy(account).await?.is_none() {
		return Err(Failure::new(
			Code::Rejected,
			format!("{account} does not stand for election"),
			format!("nothing was sent; `millrace validator status {account}` shows how it stands"),
		));
	}
	let sent = stash.send(&Call::Chill).await?;
	let session = sent.at.session().await?;
	let is_active = session.validators.contains(&account) || session.next.contains(&account);
	let mut report = Report::default();
	report.tell(
		"among the validators",
		if is_active { "yes, still" } else { "no" }.to_owned(),
		"active",
		is_active,
	);
	report.then = then(account, is_active);
	stash.show(&sent, &report);
	Ok(())
}

fn then(stash: AccountId, is_active: bool) -> String {
	if is_active {
		format!(
			"It is elected for the eras that are planned: its node must go on until `millrace validator status {stash}` says \
			 neither active nor next."
		)
	} else {
		"It is no candidate any more. `millrace validator unbond all` frees its money.".to_owned()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	const RULES: StakingRules = StakingRules {
		least_bond: 10_000 * MILL,
		least_commission: 50_000_000,
		candidates: 3,
		most_candidates: Some(4),
		planned_era: 7,
		unbonding_eras: 28,
	};

	fn candidate() -> Candidate {
		Candidate {
			stash: AccountId([7; 32]),
			bond: StashBond {
				total: 20_000 * MILL,
				active: 10_000 * MILL,
				unbonding: Vec::new(),
			},
			keys: Some(SessionKeys {
				grandpa: [1; 32],
				babe: [2; 32],
			}),
			stands: false,
		}
	}

	#[test]
	fn who_meets_every_rule_may_stand() {
		assert_eq!(candidate().check(&RULES, 50_000_000), Ok(()));
		assert_eq!(candidate().check(&RULES, 1_000_000_000), Ok(()));
	}

	#[test]
	fn without_keys_nobody_stands() {
		let candidate = Candidate {
			keys: None,
			..candidate()
		};
		let failure = candidate.check(&RULES, 50_000_000).unwrap_err();
		assert_eq!(failure.code, Code::Rejected);
		let command = format!("rotate-keys --owner {} --submit", candidate.stash);
		assert!(failure.hint.contains(&command), "{failure}");
	}

	#[test]
	fn what_the_chain_would_refuse_is_refused_before() {
		let mut poor = candidate();
		poor.bond.active -= MILL;
		let failure = poor.check(&RULES, 50_000_000).unwrap_err();
		assert_eq!(failure.code, Code::Funds, "what unbonds does not count");
		assert!(failure.message.contains("has 9999 MILL at stake"), "{failure}");
		assert!(failure.hint.contains("bond \"1 MILL\""), "{failure}");

		let failure = candidate().check(&RULES, 49_999_999).unwrap_err();
		assert_eq!(failure.code, Code::Rejected);
		assert!(failure.message.contains("5.00 %"), "{failure}");
	}

	#[test]
	fn who_stands_already_needs_no_further_place() {
		let full = StakingRules { candidates: 4, ..RULES };
		assert!(candidate().check(&full, 50_000_000).is_err());
		let stands = Candidate {
			stands: true,
			..candidate()
		};
		assert_eq!(stands.check(&full, 50_000_000), Ok(()));
		let endless = StakingRules {
			most_candidates: None,
			..full
		};
		assert_eq!(candidate().check(&endless, 50_000_000), Ok(()));
	}

	#[test]
	fn who_is_elected_must_go_on() {
		let stash = AccountId([7; 32]);
		assert!(then(stash, true).contains("must go on until"));
		assert!(then(stash, false).contains("unbond all"));
	}
}
