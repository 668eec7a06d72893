//! The council: who sits in it, and what it votes on.

use super::{
	by_name::ByName,
	error::{failed, ChainError},
	generated::api,
	to_hex,
	view::At,
	AccountId, H256,
};
use std::fmt::Write;
use subxt::{
	dynamic::Value,
	ext::scale_value::{stringify::to_writer_custom, Composite, Primitive, ValueDef, Variant},
};

/// The least number of bytes that are written as hexadecimal digits; a shorter list may be one of numbers.
const LEAST_BYTES: usize = 16;

/// The council, and what it votes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Council {
	/// Who has a seat.
	pub members: Vec<AccountId>,
	/// The motions that are open, as they were put.
	pub motions: Vec<Motion>,
}

/// What the council votes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Motion {
	/// Its number.
	pub index: u32,
	/// The hash of the call. A vote names it, and the number.
	pub hash: H256,
	/// What is called if it passes.
	pub call: MotionCall,
	/// Bytes of the call. Who closes the motion says how many there are at most.
	pub length: usize,
	/// So many ayes carry it out.
	pub threshold: u32,
	/// Who agreed.
	pub ayes: Vec<AccountId>,
	/// Who did not.
	pub nays: Vec<AccountId>,
	/// From this block on it can be closed whatever its votes.
	pub end: u64,
}

/// A call, in the words of the metadata.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MotionCall {
	/// The pallet.
	pub pallet: String,
	/// The call's name.
	pub name: String,
	/// Its arguments, by name.
	pub arguments: String,
}

impl MotionCall {
	/// `None` for a value that is no call.
	pub(super) fn of(value: Value) -> Option<MotionCall> {
		let pallet = variant(value)?;
		let call = variant(pallet.values.into_values().next()?)?;
		let arguments = Value {
			value: ValueDef::Composite(call.values),
			context: (),
		};
		let mut text = String::new();
		to_writer_custom()
			.add_custom_formatter(|value, out: &mut &mut String| {
				bytes(value).map(|bytes| out.write_str(&to_hex(&bytes)))
			})
			.write(&arguments, &mut text)
			.ok()?;
		Some(MotionCall {
			pallet: pallet.name,
			name: call.name,
			arguments: text,
		})
	}
}

fn variant(value: Value) -> Option<Variant<()>> {
	match value.value {
		ValueDef::Variant(variant) => Some(variant),
		_ => None,
	}
}

/// A hash, an account or the like, however it is wrapped.
fn bytes(value: &Value) -> Option<Vec<u8>> {
	let ValueDef::Composite(Composite::Unnamed(values)) = &value.value else {
		return None;
	};
	if let [one] = values.as_slice() {
		return bytes(one);
	}
	if values.len() < LEAST_BYTES {
		return None;
	}
	let byte = |value: &Value| match &value.value {
		ValueDef::Primitive(Primitive::U128(number)) => u8::try_from(*number).ok(),
		_ => None,
	};
	values.iter().map(byte).collect()
}

impl At {
	/// The council, and what it votes on.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn council(&self) -> Result<Council, ChainError> {
		let members = self
			.get("the council", api::storage().council().members(), ())
			.await?
			.unwrap_or_default();
		let open = self
			.get("the council's motions", api::storage().council().proposals(), ())
			.await?;
		let mut motions = Vec::new();
		for hash in open.map(|open| open.0).unwrap_or_default() {
			motions.extend(self.motion(hash).await?);
		}
		motions.sort_by_key(|motion| motion.index);
		Ok(Council { members, motions })
	}

	async fn motion(&self, hash: H256) -> Result<Option<Motion>, ChainError> {
		const WHAT: &str = "a motion of the council";
		let votes = self.get(WHAT, api::storage().council().voting(), (hash,)).await?;
		let storage = self.client.storage();
		let call = storage
			.try_fetch(ByName(api::storage().council().proposal_of()), (hash,))
			.await
			.map_err(failed(WHAT))?;
		let (Some(votes), Some(call)) = (votes, call) else {
			return Ok(None);
		};
		// By the metadata of the block, so that calls are told which this program does not know.
		let value = call.decode_as::<Value>().map_err(failed(WHAT))?;
		Ok(Some(Motion {
			index: votes.index,
			hash,
			call: MotionCall::of(value).ok_or(ChainError::OtherRuntime { what: WHAT })?,
			length: call.bytes().len(),
			threshold: votes.threshold,
			ayes: votes.ayes,
			nays: votes.nays,
			end: votes.end.into(),
		}))
	}
}
