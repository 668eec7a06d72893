//! `millrace validator purge-keys`.

use super::{
	super::Session,
	stash::{Report, Stash},
};
use crate::{
	chain::{AccountId, Call},
	exit::{Code, Failure},
};

/// Has the chain forget the keys and return their deposit. A validator, or one who would be one, keeps them.
pub(super) async fn run(session: &Session<'_>, elsewhere: Option<AccountId>) -> Result<(), Failure> {
	let stash = Stash::open(session, elsewhere).await?;
	let (at, account) = (stash.at(), stash.account());
	let session_now = at.session().await?;
	let needs = Needs {
		has_keys: at.next_keys(account).await?.is_some(),
		stands: at.candidacy(account).await?.is_some(),
		is_elected: session_now.validators.contains(&account) || session_now.next.contains(&account),
	};
	needs.check(account)?;
	let sent = stash.send(&Call::PurgeKeys).await?;
	let mut report = Report::default();
	report.tell_amount("deposit returned", "deposit", at.key_deposit()?);
	report.then = "The node keeps the secret halves in its keystore; they are of no use to anybody now.".to_owned();
	stash.show(&sent, &report);
	Ok(())
}

/// What a stash needs its keys for.
#[derive(Clone, Copy)]
struct Needs {
	has_keys: bool,
	stands: bool,
	is_elected: bool,
}

impl Needs {
	fn check(self, stash: AccountId) -> Result<(), Failure> {
		let (message, hint) = if !self.has_keys {
			(format!("{stash} has registered no session keys"), "nothing was sent")
		} else if self.stands {
			(
				format!("{stash} stands for election, and would be elected without keys"),
				"`millrace validator chill` first; nothing was sent",
			)
		} else if self.is_elected {
			(
				format!("{stash} is among the validators, and would miss its blocks"),
				"wait until `millrace validator status` says neither active nor next; nothing was sent",
			)
		} else {
			return Ok(());
		};
		Err(Failure::new(Code::Rejected, message, hint))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn whoever_needs_keys_keeps_them() {
		let stash = AccountId([7; 32]);
		let free = Needs {
			has_keys: true,
			stands: false,
			is_elected: false,
		};
		assert_eq!(free.check(stash), Ok(()));
		for (needs, why) in [
			(
				Needs {
					has_keys: false,
					..free
				},
				"no session keys",
			),
			(Needs { stands: true, ..free }, "stands for election"),
			(
				Needs {
					is_elected: true,
					..free
				},
				"among the validators",
			),
		] {
			let failure = needs.check(stash).unwrap_err();
			assert_eq!(failure.code, Code::Rejected);
			assert!(failure.message.contains(why), "{failure}");
		}
	}
}
