//! One file a feature. Every test ends with the invariants checked.

mod errors;
mod genesis;
mod origins;
mod registry;

use crate::mock::RuntimeOrigin;
use scale_info::{TypeDef, TypeInfo};
use std::collections::BTreeSet;

/// Signed by this account.
fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// The names of an enum's variants, from its metadata.
fn variants<Enum: TypeInfo>() -> BTreeSet<&'static str> {
	match Enum::type_info().type_def {
		TypeDef::Variant(def) => def.variants.iter().map(|variant| variant.name).collect(),
		_ => panic!("not an enum"),
	}
}
