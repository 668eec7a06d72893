//! How single values are written: what could exceed 2⁵³ as decimal text, hashes as `0x…`, accounts as addresses.

use millrace_primitives::{DeviceClass, Price, ProviderId};
use millrace_runtime::{AccountId, Hash, SS58_PREFIX};
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use serde_json::{Map, Value};
use std::fmt::{Display, Write};

/// An object of these fields.
pub(super) fn object<const FIELDS: usize>(fields: [(&str, Value); FIELDS]) -> Value {
	let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
	Value::Object(fields.collect::<Map<_, _>>())
}

/// An object that says of which type it is.
pub(super) fn tagged<const FIELDS: usize>(name: &str, fields: [(&str, Value); FIELDS]) -> Value {
	let mut value = object(fields);
	value["type"] = name.into();
	value
}

/// A number that programs which only know floating point would round.
pub(super) fn decimal(number: impl Display) -> Value {
	number.to_string().into()
}

/// A price, in planck for 2³⁰ units.
pub(super) fn price(price: Price) -> Value {
	decimal(price.0)
}

/// A hash.
pub(super) fn hash(hash: Hash) -> Value {
	format!("{hash:?}").into()
}

/// Bytes.
pub(super) fn bytes(bytes: &[u8]) -> Value {
	let mut text = String::from("0x");
	for byte in bytes {
		// Writing to a text does not fail.
		let _ = write!(text, "{byte:02x}");
	}
	text.into()
}

/// An account, as an address of this chain.
pub(super) fn account(account: &AccountId) -> Value {
	account.to_ss58check_with_version(SS58_PREFIX.into()).into()
}

/// A provider's number.
pub(super) fn provider(provider: ProviderId) -> Value {
	provider.0.into()
}

/// A value, or null.
pub(super) fn maybe<T>(value: Option<T>, write: impl FnOnce(T) -> Value) -> Value {
	value.map_or(Value::Null, write)
}

/// A list.
pub(super) fn list<T>(values: impl IntoIterator<Item = T>, write: impl FnMut(T) -> Value) -> Value {
	Value::Array(values.into_iter().map(write).collect())
}

/// A class's name, as it is written everywhere.
pub(super) fn class_name(class: DeviceClass) -> &'static str {
	match class {
		DeviceClass::Cpu4 => "cpu-4",
		DeviceClass::Cpu32 => "cpu-32",
		DeviceClass::Gpu8g => "gpu-8g",
		DeviceClass::Gpu24g => "gpu-24g",
		DeviceClass::Gpu80g => "gpu-80g",
		DeviceClass::GpuH => "gpu-h",
	}
}
