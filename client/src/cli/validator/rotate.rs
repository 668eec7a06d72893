//! `millrace validator rotate-keys`.

use super::{
	super::{print::pairs, Session},
	about,
};
use crate::{
	amount,
	chain::{to_hex, AccountId, At, Call, Chain, RotatedKeys, SessionKeys, SessionView},
	exit::{Code, Failure},
	keys::Key,
};
use serde_json::{json, Value};

/// Bytes of a proof: a signature of each key.
const PROOF: usize = 128;

/// Has the node make keys, and registers them or prints the call that does. Whatever can be refused is refused before, so
/// that no keys are made in vain.
pub(super) async fn run(session: &Session<'_>, owner: AccountId, submit: bool) -> Result<(), Failure> {
	let signer = match submit {
		true => Some(signer(session, owner)?),
		false => None,
	};
	let chain = session.chain().await?;
	if let Some(key) = &signer {
		check_money(&chain, key).await?;
	}
	if !chain.node().await?.authority {
		session
			.printer
			.note("the node was started without --validator: it keeps the keys, but does not use them");
	}
	let made = chain.rotate_keys(owner).await?;
	let at = chain.finalised().await?;
	let call = Call::SetKeys {
		keys: made.keys,
		proof: made.proof.clone(),
	};
	let mut report = Report {
		owner,
		data: at.call_data(&call)?,
		made,
		registered: None,
		session: at.session().await?,
	};
	if let Some(key) = &signer {
		let included = chain.call_final(&call, key.pair()).await?;
		let at = chain.at_hash(included.block.hash).await?;
		check_registered(at.next_keys(owner).await?, &report)?;
		report.session = at.session().await?;
		report.registered = Some((included.block.number, included.fee));
	}
	session.printer.show(&report.object(), || report.text());
	Ok(())
}

/// The key that signs. The chain takes the proof from nobody but the owner.
fn signer(session: &Session<'_>, owner: AccountId) -> Result<Key, Failure> {
	let key = session.key()?;
	if key.account() == owner {
		return Ok(key);
	}
	Err(Failure::usage(
		format!("the key is that of {}, and the keys would be made for {owner}", key.account()),
		"the chain takes session keys from their owner only: name the owner's key, or leave out --submit and sign elsewhere",
	))
}

/// The fee must be there, and the deposit where no keys are registered yet.
async fn check_money(chain: &Chain, key: &Key) -> Result<(), Failure> {
	let at: At = chain.finalised().await?;
	let deposit = match at.next_keys(key.account()).await? {
		Some(_) => 0,
		None => at.key_deposit()?,
	};
	// The fee depends on the length, not on the bytes.
	let call = Call::SetKeys {
		keys: SessionKeys {
			grandpa: [0; 32],
			babe: [0; 32],
		},
		proof: vec![0; PROOF],
	};
	let needs = chain
		.estimate_fee(&at, &call, key.pair())
		.await?
		.saturating_add(deposit);
	let has = at.balance(key.account()).await?.spendable(at.existential_deposit()?);
	if has >= needs {
		return Ok(());
	}
	Err(Failure::new(
		Code::Funds,
		format!(
			"{} can spend {}, and the fee with the deposit for keys takes {}",
			key.account(),
			amount::print(has),
			amount::print(needs)
		),
		"send money to the account first; nothing was paid, and no keys were made",
	))
}

/// The chain must have what was sent.
fn check_registered(found: Option<SessionKeys>, report: &Report) -> Result<(), Failure> {
	if found == Some(report.made.keys) {
		return Ok(());
	}
	let found = found.map_or_else(|| "none".to_owned(), |keys| keys.to_string());
	Err(Failure::new(
		Code::Unexpected,
		format!("the call is final, but the keys of {} are {found}", report.owner),
		"another program may have registered others in the same block: `millrace validator doctor` shows which hold",
	))
}

/// What was done.
struct Report {
	owner: AccountId,
	made: RotatedKeys,
	/// The call that registers the keys.
	data: Vec<u8>,
	/// The block in which it was done and the fee, where this program did it.
	registered: Option<(u64, amount::Balance)>,
	/// The session of that block; of the last final one where nothing was sent.
	session: SessionView,
}

impl Report {
	fn object(&self) -> Value {
		let mut object = json!({
			"owner": self.owner.to_string(),
			"keys": self.made.keys,
			"proof": to_hex(&self.made.proof),
			"call": "session.setKeys",
			"call_data": to_hex(&self.data),
			"registered": self.registered.is_some(),
			"session": self.session.index,
		});
		if let (Some((block, fee)), Some(object)) = (self.registered, object.as_object_mut()) {
			object.insert("block".to_owned(), block.into());
			object.insert("fee".to_owned(), fee.to_string().into());
			object.insert("used_from_session".to_owned(), self.session.keys_used_from().into());
			let seconds = self.session.seconds_until_keys_are_used();
			object.insert("used_in_seconds".to_owned(), seconds.into());
		}
		object
	}

	fn text(&self) -> String {
		let keys = &self.made.keys;
		let mut rows = vec![
			("owner", self.owner.to_string()),
			("grandpa key", to_hex(&keys.grandpa)),
			("babe key", to_hex(&keys.babe)),
			("keys", keys.to_string()),
			("proof", to_hex(&self.made.proof)),
		];
		let after = match self.registered {
			Some((block, fee)) => {
				rows.push(("registered in block", block.to_string()));
				rows.push(("transaction fee", amount::print(fee)));
				format!(
					"This is session {}; the node uses them from session {} on, in about {}, if the stash is elected. Until then \
					 the node with the old keys must go on.",
					self.session.index,
					self.session.keys_used_from(),
					about(self.session.seconds_until_keys_are_used())
				)
			}
			None => {
				rows.push(("call", "session.setKeys(keys, proof)".to_owned()));
				rows.push(("call data", to_hex(&self.data)));
				"Nothing was sent. Sign this call with the owner's key, wherever that is: only from it does the chain take the \
				 proof. From the session after the next on the node uses the keys, if the stash is elected; until then the node \
				 with the old keys must go on."
					.to_owned()
			}
		};
		format!("{}\n\n{after}", pairs(rows))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	fn report(registered: Option<(u64, amount::Balance)>) -> Report {
		Report {
			owner: AccountId([7; 32]),
			made: RotatedKeys {
				keys: SessionKeys {
					grandpa: [1; 32],
					babe: [2; 32],
				},
				proof: vec![3; PROOF],
			},
			data: vec![12, 0, 1],
			registered,
			session: SessionView {
				index: 4,
				validators: Vec::new(),
				next: Vec::new(),
				disabled: Vec::new(),
				slots: 200,
				slots_left: 100,
				slot_millis: 3_000,
			},
		}
	}

	#[test]
	fn a_call_for_signing_elsewhere_has_all_that_it_takes() {
		let report = report(None);
		let object = report.object();
		assert_eq!(object["call_data"], "0x0c0001");
		assert_eq!(object["keys"], format!("0x{}{}", "01".repeat(32), "02".repeat(32)));
		assert_eq!(object["proof"], format!("0x{}", "03".repeat(PROOF)));
		assert_eq!((&object["registered"], &object["fee"]), (&json!(false), &Value::Null));
		let text = report.text();
		for part in [
			"0x0c0001",
			"Nothing was sent",
			"session.setKeys",
			&report.owner.to_string(),
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
	}

	#[test]
	fn what_was_registered_says_when_it_counts() {
		let report = report(Some((99, MILL / 4)));
		let object = report.object();
		assert_eq!((&object["block"], &object["fee"]), (&json!(99), &json!("250000000000")));
		assert_eq!(
			(&object["used_from_session"], &object["used_in_seconds"]),
			(&json!(6), &json!(900))
		);
		let text = report.text();
		for part in [
			"0.25 MILL",
			"This is session 4",
			"from session 6 on, in about 15 min",
			"old keys must go on",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
	}

	#[test]
	fn other_keys_on_the_chain_are_no_success() {
		let report = report(Some((99, 0)));
		assert!(check_registered(Some(report.made.keys), &report).is_ok());
		let other = SessionKeys {
			grandpa: [9; 32],
			babe: [2; 32],
		};
		for found in [None, Some(other)] {
			assert_eq!(check_registered(found, &report).unwrap_err().code, Code::Unexpected);
		}
	}
}
