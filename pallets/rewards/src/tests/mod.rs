//! One file a feature. Every test ends with the invariants checked.

mod claim;
mod errors;
mod expiry;
mod origins;
mod pool;
mod preview;
mod property;
mod state;

use crate::mock::{Rewards, RuntimeOrigin, STRANGER};
use millrace_primitives::ProviderId;
use polkadot_sdk::frame_support::dispatch::DispatchResultWithPostInfo;
use scale_info::{TypeDef, TypeInfo};
use std::collections::BTreeSet;

/// Signed by this account.
fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Somebody claims what a provider has earned.
fn claim(provider: ProviderId, era: u32) -> DispatchResultWithPostInfo {
	Rewards::claim(signed(STRANGER), provider, era)
}

/// The names of an enum's variants, from its metadata.
fn variants<Enum: TypeInfo>() -> BTreeSet<&'static str> {
	match Enum::type_info().type_def {
		TypeDef::Variant(def) => def.variants.iter().map(|variant| variant.name).collect(),
		_ => panic!("not an enum"),
	}
}
