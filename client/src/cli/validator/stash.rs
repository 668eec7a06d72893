//! What the commands share that a stash signs: here, or elsewhere with the call that they print.

use super::super::{print::pairs, Session};
use crate::{
	amount::{self, Balance},
	chain::{to_hex, AccountId, At, Call, Chain, StashBond},
	exit::{Code, Failure},
	keys::Key,
};
use serde_json::{Map, Value};

/// Who signs.
enum Signer {
	/// The stash's key is here.
	Here(Box<Key>),
	/// It is elsewhere: nothing is sent.
	Elsewhere(AccountId),
}

/// A stash at the last final block, and who signs for it.
pub(super) struct Stash<'a> {
	session: &'a Session<'a>,
	chain: Chain,
	at: At,
	signer: Signer,
}

impl<'a> Stash<'a> {
	/// The stash whose key is elsewhere, where one is named; that of the key otherwise.
	pub(super) async fn open(session: &'a Session<'a>, elsewhere: Option<AccountId>) -> Result<Stash<'a>, Failure> {
		let signer = match elsewhere {
			Some(stash) => Signer::Elsewhere(stash),
			None => Signer::Here(Box::new(session.key()?)),
		};
		let chain = session.chain().await?;
		Ok(Stash {
			session,
			at: chain.finalised().await?,
			chain,
			signer,
		})
	}

	pub(super) fn account(&self) -> AccountId {
		match &self.signer {
			Signer::Here(key) => key.account(),
			Signer::Elsewhere(stash) => *stash,
		}
	}

	/// The last final block before anything was sent.
	pub(super) fn at(&self) -> &At {
		&self.at
	}

	/// What it has bonded. One that has nothing is refused.
	pub(super) async fn bond(&self) -> Result<StashBond, Failure> {
		let stash = self.account();
		self.at.stash_bond(stash).await?.ok_or_else(|| {
			Failure::new(
				Code::Rejected,
				format!("{stash} has nothing bonded"),
				"`millrace validator bond AMOUNT` bonds; nothing was sent",
			)
		})
	}

	/// The stash must be able to spend `takes`, and the fee where it is paid here.
	pub(super) async fn check_money(&self, call: &Call, takes: Balance) -> Result<(), Failure> {
		let fee = match &self.signer {
			Signer::Here(key) => self.chain.estimate_fee(&self.at, call, key.pair()).await?,
			Signer::Elsewhere(_) => 0,
		};
		let balance = self.at.balance(self.account()).await?;
		let has = balance.spendable(self.at.existential_deposit()?);
		refuse_poor(self.account(), has, takes.saturating_add(fee))
	}

	/// Signs the call, sends it and waits until it is final; or only encodes it.
	pub(super) async fn send(&self, call: &Call) -> Result<Sent, Failure> {
		let (at, paid) = match &self.signer {
			Signer::Here(key) => {
				let included = self.chain.call_final(call, key.pair()).await?;
				let at = self.chain.at_hash(included.block.hash).await?;
				(at, Some((included.block.number, included.fee)))
			}
			Signer::Elsewhere(_) => (self.at.clone(), None),
		};
		Ok(Sent {
			stash: self.account(),
			call: wallet_name(call),
			data: self.at.call_data(call)?,
			paid,
			at,
		})
	}

	/// Prints what was done.
	pub(super) fn show(&self, sent: &Sent, report: &Report) {
		let printer = self.session.printer;
		printer.show(&report.object(sent), || report.text(sent));
	}
}

fn refuse_poor(stash: AccountId, has: Balance, needs: Balance) -> Result<(), Failure> {
	if has >= needs {
		return Ok(());
	}
	Err(Failure::new(
		Code::Funds,
		format!(
			"{stash} can spend {}, and this takes {} with the fee",
			amount::print(has),
			amount::print(needs)
		),
		"name less, or send money to the account first; nothing was sent",
	))
}

/// A call by the name under which wallets list it.
fn wallet_name(call: &Call) -> &'static str {
	match call {
		Call::BondStash { .. } => "staking.bond",
		Call::BondExtra { .. } => "staking.bondExtra",
		Call::UnbondStash { .. } => "staking.unbond",
		Call::WithdrawStash { .. } => "staking.withdrawUnbonded",
		Call::Validate { .. } => "staking.validate",
		Call::Chill => "staking.chill",
		Call::PurgeKeys => "session.purgeKeys",
		other => other.name(),
	}
}

/// What became of a stash's call.
pub(super) struct Sent {
	pub(super) stash: AccountId,
	pub(super) call: &'static str,
	pub(super) data: Vec<u8>,
	/// The block and the fee, where this program sent it.
	pub(super) paid: Option<(u64, Balance)>,
	/// The block; the last final one where nothing was sent.
	pub(super) at: At,
}

impl Sent {
	/// Whether it was sent, so that its block shows what it did.
	pub(super) fn is_sent(&self) -> bool {
		self.paid.is_some()
	}
}

/// What a command has to say of its call.
#[derive(Debug, Default)]
pub(super) struct Report {
	rows: Vec<(&'static str, String)>,
	fields: Map<String, Value>,
	/// What follows from it.
	pub(super) then: String,
}

impl Report {
	/// Something for people and programs.
	pub(super) fn tell(&mut self, row: &'static str, text: String, field: &str, value: impl Into<Value>) {
		self.rows.push((row, text));
		self.fields.insert(field.to_owned(), value.into());
	}

	/// An amount for both.
	pub(super) fn tell_amount(&mut self, row: &'static str, field: &str, amount: Balance) {
		self.tell(row, amount::print(amount), field, amount.to_string());
	}

	fn object(&self, sent: &Sent) -> Value {
		object(&self.fields, sent.stash, sent.call, &sent.data, sent.paid)
	}

	fn text(&self, sent: &Sent) -> String {
		text(&self.rows, &self.then, sent.stash, sent.call, &sent.data, sent.paid)
	}
}

fn object(
	fields: &Map<String, Value>,
	stash: AccountId,
	call: &str,
	data: &[u8],
	paid: Option<(u64, Balance)>,
) -> Value {
	let mut object = fields.clone();
	object.insert("stash".to_owned(), stash.to_string().into());
	object.insert("call".to_owned(), call.into());
	object.insert("call_data".to_owned(), to_hex(data).into());
	object.insert("sent".to_owned(), paid.is_some().into());
	if let Some((block, fee)) = paid {
		object.insert("block".to_owned(), block.into());
		object.insert("fee".to_owned(), fee.to_string().into());
	}
	Value::Object(object)
}

fn text(
	rows: &[(&'static str, String)],
	then: &str,
	stash: AccountId,
	call: &str,
	data: &[u8],
	paid: Option<(u64, Balance)>,
) -> String {
	let mut all = vec![("stash", stash.to_string())];
	all.extend(rows.iter().cloned());
	let after = match paid {
		Some((block, fee)) => {
			all.push(("transaction fee", amount::print(fee)));
			all.push(("final in block", block.to_string()));
			then
		}
		None => {
			all.push(("call", call.to_owned()));
			all.push(("call data", to_hex(data)));
			"Nothing was sent. Sign this call with the stash's key, wherever that is."
		}
	};
	format!("{}\n\n{after}", pairs(all)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;
	use serde_json::json;

	const STASH: AccountId = AccountId([7; 32]);

	fn report() -> Report {
		let mut report = Report {
			then: "It goes on.".to_owned(),
			..Report::default()
		};
		report.tell("does", "bond".to_owned(), "extra", false);
		report.tell_amount("bonded", "amount", 2 * MILL);
		report
	}

	#[test]
	fn what_was_sent_has_its_block_and_its_fee() {
		let Report { rows, fields, then } = report();
		let paid = Some((12, MILL / 4));
		let expected = json!({
			"stash": STASH.to_string(),
			"call": "staking.bond",
			"call_data": "0x0700",
			"sent": true,
			"block": 12,
			"fee": "250000000000",
			"extra": false,
			"amount": "2000000000000",
		});
		assert_eq!(object(&fields, STASH, "staking.bond", &[7, 0], paid), expected);
		let text = text(&rows, &then, STASH, "staking.bond", &[7, 0], paid);
		for part in ["2 MILL", "0.25 MILL", "12", "It goes on.", &STASH.to_string()] {
			assert!(text.contains(part), "{part}: {text}");
		}
		assert!(!text.contains("0x0700"), "{text}");
	}

	#[test]
	fn what_was_not_sent_is_told_as_a_wallet_takes_it() {
		let Report { rows, fields, then } = report();
		let object = object(&fields, STASH, "staking.chill", &[7, 6], None);
		assert_eq!(
			(&object["sent"], &object["call_data"]),
			(&json!(false), &json!("0x0706"))
		);
		assert!(object.get("block").is_none() && object.get("fee").is_none(), "{object}");
		let text = text(&rows, &then, STASH, "staking.chill", &[7, 6], None);
		for part in ["Nothing was sent", "staking.chill", "0x0706"] {
			assert!(text.contains(part), "{part}: {text}");
		}
		assert!(!text.contains("It goes on"), "{text}");
	}

	#[test]
	fn who_cannot_pay_is_told_what_it_takes() {
		assert_eq!(refuse_poor(STASH, 5 * MILL, 5 * MILL), Ok(()));
		let failure = refuse_poor(STASH, 5 * MILL - 1, 5 * MILL).unwrap_err();
		assert_eq!(failure.code, Code::Funds);
		assert!(failure.message.contains("4.999999999999 MILL"), "{failure}");
	}

	#[test]
	fn calls_have_the_names_of_wallets() {
		for (call, name) in [
			(Call::BondExtra { amount: 1 }, "staking.bondExtra"),
			(Call::WithdrawStash { spans: 0 }, "staking.withdrawUnbonded"),
			(Call::PurgeKeys, "session.purgeKeys"),
		] {
			assert_eq!(wallet_name(&call), name);
		}
	}
}
