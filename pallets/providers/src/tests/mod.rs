//! One file a feature. Every test ends with the invariants checked.

mod conservation;
mod errors;
mod origins;
mod payment;
mod reads;
mod registration;
mod serving;
mod settings;
mod slash_hook;
mod slashing;
mod stake;
mod status;

use crate::mock::{Providers, RuntimeOrigin, RECEIVER, STRANGER};
use millrace_primitives::{
	traits::{Offence, Providers as _, SetAside},
	Balance, ProviderId,
};
use scale_info::{TypeDef, TypeInfo};
use std::collections::BTreeSet;

/// Signed by this account.
fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// STRANGER refutes a result that RECEIVER's job of this escrow got.
fn fraud(id: ProviderId, escrow: Balance) -> SetAside {
	let offence = Offence::Fraud {
		refuter: STRANGER,
		requester: RECEIVER,
		escrow,
	};
	Providers::slash(id, offence)
}

/// Demanded leaves of a job of this escrow never come.
fn silence(id: ProviderId, escrow: Balance) -> SetAside {
	Providers::slash(id, Offence::Silence { escrow })
}

/// The names of an enum's variants, from its metadata.
fn variants<Enum: TypeInfo>() -> BTreeSet<&'static str> {
	match Enum::type_info().type_def {
		TypeDef::Variant(def) => def.variants.iter().map(|variant| variant.name).collect(),
		_ => panic!("not an enum"),
	}
}
