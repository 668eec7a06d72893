//! `millrace network council`.

use super::super::{
	print::{grouped, pairs},
	Session,
};
use crate::{
	chain::{to_hex, AccountId, Council, Motion},
	exit::Failure,
};
use serde_json::{json, Value};

/// Prints who sits in the council, and what it votes on.
pub(super) async fn run(session: &Session<'_>) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let council = at.council().await?;
	let block = at.block().number;
	session.printer.show(&object(&council, block), || text(&council, block));
	Ok(())
}

/// Addresses under each other.
fn addresses(accounts: &[AccountId]) -> String {
	if accounts.is_empty() {
		return "none".to_owned();
	}
	let addresses: Vec<_> = accounts.iter().map(AccountId::to_string).collect();
	addresses.join("\n")
}

fn object(council: &Council, block: u64) -> Value {
	let motion = |motion: &Motion| {
		json!({
			"index": motion.index,
			"hash": to_hex(&motion.hash.0),
			"pallet": motion.call.pallet,
			"call": motion.call.name,
			"arguments": motion.call.arguments,
			"length": motion.length,
			"threshold": motion.threshold,
			"ayes": motion.ayes,
			"nays": motion.nays,
			"end": motion.end,
		})
	};
	let motions: Vec<Value> = council.motions.iter().map(motion).collect();
	json!({ "members": council.members, "motions": motions, "block": block })
}

fn text(council: &Council, block: u64) -> String {
	let head = pairs([
		("block", block.to_string()),
		("members", addresses(&council.members)),
		("open motions", council.motions.len().to_string()),
	]);
	let motion = |motion: &Motion| {
		pairs([
			("motion", motion.index.to_string()),
			("calls", format!("{}.{}", motion.call.pallet, motion.call.name)),
			("with", motion.call.arguments.clone()),
			("hash", to_hex(&motion.hash.0)),
			("bytes", grouped(motion.length)),
			("ayes it takes", motion.threshold.to_string()),
			("ayes", addresses(&motion.ayes)),
			("nays", addresses(&motion.nays)),
			("can be closed from block", grouped(motion.end)),
		])
	};
	let motions = council.motions.iter().map(motion);
	[head].into_iter().chain(motions).collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{MotionCall, H256};

	fn council() -> Council {
		let [one, other] = [1, 2].map(|byte| AccountId::from([byte; 32]));
		Council {
			members: vec![one, other],
			motions: vec![Motion {
				index: 7,
				hash: H256([0xab; 32]),
				call: MotionCall {
					pallet: "Market".to_owned(),
					name: "set_halted".to_owned(),
					arguments: "{ halted: true }".to_owned(),
				},
				length: 1_234,
				threshold: 11,
				ayes: vec![other],
				nays: Vec::new(),
				end: 201_617,
			}],
		}
	}

	#[test]
	fn a_motion_shows_all_that_a_vote_needs() {
		let council = council();
		let shown = text(&council, 99);
		let hash = format!("0x{}", "ab".repeat(32));
		let [one, other] = [&council.members[0], &council.members[1]].map(AccountId::to_string);
		for part in [
			"99",
			"Market.set_halted",
			"{ halted: true }",
			&hash,
			"1,234",
			"11",
			"201,617",
			"none",
			&one,
		] {
			assert!(shown.contains(part), "{part}: {shown}");
		}
		// As a member, and as one who agreed.
		assert_eq!(shown.matches(&other).count(), 2);
		let object = object(&council, 99);
		assert_eq!(
			(&object["block"], &object["members"]),
			(&json!(99), &json!([one, other]))
		);
		let motion = &object["motions"][0];
		assert_eq!((&motion["index"], &motion["hash"]), (&json!(7), &json!(hash)));
		assert_eq!(
			(&motion["pallet"], &motion["call"]),
			(&json!("Market"), &json!("set_halted"))
		);
		assert_eq!((&motion["length"], &motion["threshold"]), (&json!(1_234), &json!(11)));
		assert_eq!((&motion["ayes"], &motion["nays"]), (&json!([other]), &json!([])));
	}

	#[test]
	fn a_chain_may_have_no_council() {
		let nobody = Council {
			members: Vec::new(),
			motions: Vec::new(),
		};
		let shown = text(&nobody, 99);
		assert!(shown.contains("none") && shown.contains('0'), "{shown}");
		assert_eq!(
			object(&nobody, 99),
			json!({ "members": [], "motions": [], "block": 99 })
		);
	}
}
