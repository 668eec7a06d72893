//! `millrace validator bond`.

use super::{
	super::Session,
	stash::{Report, Stash},
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, Call, Payee, StashBond},
	exit::Failure,
};

/// Bonds, or adds to the bond. The chain would bond less where there is less; here that is refused.
pub(super) async fn run(
	session: &Session<'_>,
	amount: Balance,
	payee: Option<Payee>,
	elsewhere: Option<AccountId>,
) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	let before = stash.at().stash_bond(stash.account()).await?;
	let call = call(amount, payee, before.as_ref())?;
	stash.check_money(&call, amount).await?;
	let sent = stash.send(&call).await?;
	let bond = sent.at.stash_bond(sent.stash).await?;
	let rules = sent.at.staking_rules().await?;
	let report = report(
		&call,
		amount,
		bond.filter(|_| sent.is_sent()).as_ref(),
		rules.least_bond,
	);
	stash.show(&sent, &report);
	Ok(())
}

/// The first bond names where rewards go; what is added later does not.
fn call(amount: Balance, payee: Option<Payee>, bond: Option<&StashBond>) -> Result<Call, Failure> {
	if amount == 0 {
		return Err(Failure::usage("nothing would be bonded", "name an amount"));
	}
	match (bond, payee) {
		(None, payee) => Ok(Call::BondStash {
			amount,
			payee: payee.unwrap_or(Payee::Stash),
		}),
		(Some(_), None) => Ok(Call::BondExtra { amount }),
		(Some(_), Some(_)) => Err(Failure::usage(
			"the stash has bonded already, and adding to its bond leaves its payee as it is",
			"leave out --payee; `staking.setPayee` in a wallet changes it",
		)),
	}
}

/// `bond` is what is bonded now, where it was sent.
fn report(call: &Call, amount: Balance, bond: Option<&StashBond>, least: Balance) -> Report {
	let mut report = Report::default();
	let is_extra = matches!(call, Call::BondExtra { .. });
	report.tell_amount(if is_extra { "added to the bond" } else { "bonded" }, "amount", amount);
	report.tell("the first bond", yes(!is_extra), "extra", is_extra);
	if let Call::BondStash { payee, .. } = call {
		let (text, value) = match payee {
			Payee::Stash => ("the stash".to_owned(), "stash".to_owned()),
			Payee::Staked => ("the bond".to_owned(), "staked".to_owned()),
			Payee::Account(account) => (account.to_string(), account.to_string()),
		};
		report.tell("rewards go to", text, "payee", value);
	}
	if let Some(bond) = bond {
		report.tell_amount("bond", "total", bond.total);
		report.tell_amount("at stake", "active", bond.active);
		report.then = if bond.active < least {
			format!(
				"Who stands for election has {} at stake at least.",
				amount::print(least)
			)
		} else {
			"`millrace validator validate` has it stand for election.".to_owned()
		};
	}
	report
}

fn yes(flag: bool) -> String {
	if flag { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{amount::MILL, exit::Code};

	fn bond(active: Balance) -> StashBond {
		StashBond {
			total: active,
			active,
			unbonding: Vec::new(),
		}
	}

	#[test]
	fn what_is_bonded_first_has_a_payee_and_what_is_added_has_none() {
		let account = Payee::Account(AccountId([1; 32]));
		let (amount, before) = (5 * MILL, bond(MILL));
		let first = |payee| Ok(Call::BondStash { amount, payee });
		assert_eq!(call(amount, None, None), first(Payee::Stash));
		assert_eq!(call(amount, Some(account), None), first(account));
		assert_eq!(call(amount, None, Some(&before)), Ok(Call::BondExtra { amount }));
		for refused in [call(amount, Some(account), Some(&before)), call(0, None, None)] {
			assert_eq!(refused.unwrap_err().code, Code::Usage);
		}
	}

	#[test]
	fn a_bond_that_is_too_small_for_a_candidate_is_said_to_be() {
		let extra = Call::BondExtra { amount: MILL };
		assert!(report(&extra, MILL, Some(&bond(9 * MILL)), 10 * MILL)
			.then
			.contains("10 MILL at stake at least"));
		assert!(report(&extra, MILL, Some(&bond(10 * MILL)), 10 * MILL)
			.then
			.contains("validator validate"));
		assert_eq!(report(&extra, MILL, None, 10 * MILL).then, "", "nothing was sent");
	}
}
