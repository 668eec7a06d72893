//! Reading what a client has sent. Every refusal says where the value stood and what would be right; nothing unknown is
//! passed over.

use super::error::Failure;
use jsonrpsee::types::Params;
use millrace_runtime::{AccountId, Hash, SS58_PREFIX};
use polkadot_sdk::sp_core::crypto::{AccountId32, Ss58AddressFormat, Ss58Codec};
use serde_json::{Map, Value};
use std::{fmt::Display, str::FromStr};

/// The largest whole number that a JSON number carries safely: above, programs that only know floating point round.
const SAFE: u64 = 9_007_199_254_740_991;

/// The parameters of a request, by name.
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
	/// Reads parameters that were sent as a list in the order of `names`, or as an object.
	pub(super) fn read(params: &Params<'_>, names: &[&str]) -> Result<Parameters, Failure> {
		let refuse = |problem: String| Failure::Parameter {
			parameter: "params".to_owned(),
			problem,
			hint: format!("Send these, as a list or by name: {}.", names.join(", ")),
		};
		// Read as a whole first: numbers that are read while an object is taken apart lose their form in some builds.
		let value = match params.as_str().filter(|text| !text.is_empty()) {
			Some(text) => serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?,
			None => Value::Null,
		};
		match value {
			Value::Null => Ok(Parameters(Map::new())),
			Value::Array(values) if values.len() > names.len() => Err(refuse(format!(
				"there are {} of them, and at most {} are taken",
				values.len(),
				names.len()
			))),
			Value::Array(values) => Ok(Parameters(
				names.iter().map(|name| (*name).to_owned()).zip(values).collect(),
			)),
			Value::Object(fields) => match fields.keys().find(|key| !names.contains(&key.as_str())) {
				Some(unknown) => Err(refuse(format!("none is named `{unknown}`"))),
				None => Ok(Parameters(fields)),
			},
			_ => Err(refuse("they are neither a list nor an object".to_owned())),
		}
	}

	/// The parameters as fields.
	pub(super) fn fields(&self) -> Fields<'_> {
		Fields {
			path: String::new(),
			fields: Some(&self.0),
		}
	}
}

/// The fields of an object.
pub(super) struct Fields<'a> {
	path: String,
	fields: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
	/// A field, where it is there and not null.
	pub(super) fn optional(&self, name: &str) -> Option<Given<'a>> {
		let value = self.fields?.get(name).filter(|value| !value.is_null())?;
		Some(Given {
			path: self.path_of(name),
			value,
		})
	}

	/// A field that must be there.
	pub(super) fn needed(&self, name: &str) -> Result<Given<'a>, Failure> {
		self.optional(name).ok_or_else(|| Failure::Parameter {
			parameter: self.path_of(name),
			problem: "it is missing".to_owned(),
			hint: "Send it; docs/json-rpc.md has an example for each method.".to_owned(),
		})
	}

	/// An object whose fields are all left out where the object itself is.
	pub(super) fn object_or_empty(&self, name: &str, known: &[&str]) -> Result<Fields<'a>, Failure> {
		match self.optional(name) {
			Some(given) => given.object(known),
			None => Ok(Fields {
				path: self.path_of(name),
				fields: None,
			}),
		}
	}

	fn path_of(&self, name: &str) -> String {
		if self.path.is_empty() {
			name.to_owned()
		} else {
			format!("{}.{name}", self.path)
		}
	}
}

/// A value, and where it stood.
pub(super) struct Given<'a> {
	path: String,
	value: &'a Value,
}

impl<'a> Given<'a> {
	/// A refusal of this value.
	pub(super) fn refuse(&self, problem: impl Into<String>, hint: impl Into<String>) -> Failure {
		Failure::Parameter {
			parameter: self.path.clone(),
			problem: problem.into(),
			hint: hint.into(),
		}
	}

	/// An object that has none but these fields.
	pub(super) fn object(self, known: &[&str]) -> Result<Fields<'a>, Failure> {
		let hint = || format!("Send an object with these fields: {}.", known.join(", "));
		let Value::Object(fields) = self.value else {
			return Err(self.refuse("it is no object", hint()));
		};
		if let Some(unknown) = fields.keys().find(|key| !known.contains(&key.as_str())) {
			return Err(self.refuse(format!("it has no field `{unknown}`"), hint()));
		}
		Ok(Fields {
			path: self.path,
			fields: Some(fields),
		})
	}

	/// The `type` of an object that says so; its other fields are read by [`Given::object`].
	pub(super) fn tag(&self, types: &[&'static str]) -> Result<&'static str, Failure> {
		let named = self.value.get("type").and_then(Value::as_str);
		let found = named.and_then(|named| types.iter().find(|one| **one == named));
		found.copied().ok_or_else(|| {
			self.refuse(
				"it does not say which type it is",
				format!("Give it a field `type` that is one of: {}.", types.join(", ")),
			)
		})
	}

	/// One of these names.
	pub(super) fn one_of<T: Copy>(&self, names: &[(&str, T)]) -> Result<T, Failure> {
		let text = self.value.as_str();
		let found = text.and_then(|text| names.iter().find(|(name, _)| *name == text));
		found.map(|(_, value)| *value).ok_or_else(|| {
			let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
			self.refuse(
				format!("{} is not known here", self.value),
				format!("Send one of: {}.", names.join(", ")),
			)
		})
	}

	/// A list of at most so many values.
	pub(super) fn list(self, most: u32) -> Result<Vec<Given<'a>>, Failure> {
		let Value::Array(values) = self.value else {
			return Err(self.refuse("it is no list", format!("Send a list of at most {most} values.")));
		};
		if u32::try_from(values.len()).map_or(true, |count| count > most) {
			return Err(self.refuse(
				format!("it has {} values", values.len()),
				format!("Send at most {most}."),
			));
		}
		let path = |index| format!("{}[{index}]", self.path);
		let values = values.iter().enumerate();
		Ok(values
			.map(|(index, value)| Given {
				path: path(index),
				value,
			})
			.collect())
	}

	/// `true` or `false`.
	pub(super) fn flag(&self) -> Result<bool, Failure> {
		let flag = self.value.as_bool();
		flag.ok_or_else(|| self.refuse(format!("{} is no flag", self.value), "Send true or false."))
	}

	/// A whole number that fits 32 bits.
	pub(super) fn u32(&self) -> Result<u32, Failure> {
		self.number(0, u32::MAX)
	}

	/// A small whole number in these bounds.
	pub(super) fn u8(&self, least: u8, most: u8) -> Result<u8, Failure> {
		self.number(least, most)
	}

	/// A whole number in these bounds.
	fn number<T: Copy + TryFrom<u64> + Into<u64>>(&self, least: T, most: T) -> Result<T, Failure> {
		let number = self
			.value
			.as_u64()
			.filter(|number| (least.into()..=most.into()).contains(number));
		number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
			self.refuse(
				format!("{} is out of range", self.value),
				format!("Send a whole number from {} to {}.", least.into(), most.into()),
			)
		})
	}

	/// A number that may exceed 2⁵³, as decimal text; small ones may come as numbers.
	pub(super) fn decimal<T: FromStr + TryFrom<u64> + Display>(&self, most: T) -> Result<T, Failure> {
		let hint = format!("Send a whole number from 0 to {most} as text, such as \"64\".");
		let fits = |number: Option<T>| {
			number.ok_or_else(|| self.refuse(format!("{} is out of range", self.value), hint.clone()))
		};
		match self.value {
			Value::String(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
				fits(text.parse().ok())
			}
			Value::Number(number) => match number.as_u64() {
				Some(number) if number <= SAFE => fits(T::try_from(number).ok()),
				Some(_) => Err(self.refuse("a JSON number as large as this may have been rounded", hint)),
				None => fits(None),
			},
			other => Err(self.refuse(format!("{other} is no number"), hint)),
		}
	}

	/// 32 bytes as `0x` and 64 hexadecimal digits.
	pub(super) fn hash(&self) -> Result<Hash, Failure> {
		let digits = self.value.as_str().and_then(|text| text.strip_prefix("0x"));
		digits.and_then(hash_of).ok_or_else(|| {
			self.refuse(
				format!("{} is no hash", self.value),
				"Send 0x and 64 hexadecimal digits, as text.",
			)
		})
	}

	/// An account, as an address of this chain or as its public key in hexadecimal digits.
	pub(super) fn account(&self) -> Result<AccountId, Failure> {
		let hint = format!(
			"Send an address with the prefix {SS58_PREFIX}, or the public key as 0x and 64 hexadecimal digits."
		);
		let Some(text) = self.value.as_str() else {
			return Err(self.refuse(format!("{} is no text", self.value), hint));
		};
		if let Some(digits) = text.strip_prefix("0x") {
			let key = hash_of(digits).map(|key| AccountId32::new(key.0));
			return key.ok_or_else(|| self.refuse(format!("\"{text}\" is no public key"), hint));
		}
		match AccountId32::from_ss58check_with_version(text) {
			Ok((account, format)) if format == Ss58AddressFormat::from(SS58_PREFIX) => Ok(account),
			Ok((_, format)) => Err(self.refuse(
				format!(
					"\"{text}\" is an address of another network, with the prefix {}",
					u16::from(format)
				),
				hint,
			)),
			Err(_) => Err(self.refuse(format!("\"{text}\" is no address: it is incomplete or mistyped"), hint)),
		}
	}
}

/// 32 bytes from exactly 64 hexadecimal digits.
fn hash_of(digits: &str) -> Option<Hash> {
	let digits: Vec<u8> = digits
		.chars()
		.map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
		.collect::<Option<_>>()?;
	if digits.len() != 64 {
		return None;
	}
	let mut hash = [0; 32];
	for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
		*byte = pair[0] << 4 | pair[1];
	}
	Some(Hash::from(hash))
}
