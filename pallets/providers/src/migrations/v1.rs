//! Records as storage version 1 had them. Parts that have not changed since are the present types.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::types::{self, Endpoint, Ledger, Load, ProviderTerms, MAX_LATES};
use codec::{Decode, Encode};
use millrace_primitives::{Balance, Tick};
use polkadot_sdk::{sp_core::ConstU32, sp_runtime::BoundedVec};

/// See [`types::Status`]. The indices of the last two have changed.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) enum Status {
	Active,
	Draining,
	Chilled { until: Tick },
	Exiting,
}

/// See [`types::Record`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Record {
	pub(crate) completed: u32,
	pub(crate) late: u32,
	pub(crate) no_show: u32,
	pub(crate) abandoned: u32,
	pub(crate) refuted: u32,
	pub(crate) silent: u32,
	pub(crate) inputs_missing: u32,
	pub(crate) paid: Balance,
}

/// See [`types::Provider`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Provider<AccountId> {
	pub(crate) owner: AccountId,
	pub(crate) worker: Option<AccountId>,
	pub(crate) payout: AccountId,
	pub(crate) endpoint: Endpoint,
	pub(crate) terms: ProviderTerms,
	pub(crate) status: Status,
	pub(crate) load: Load,
	pub(crate) ledger: Ledger,
	pub(crate) record: Record,
	pub(crate) lates: BoundedVec<Tick, ConstU32<MAX_LATES>>,
	pub(crate) registered: Tick,
	pub(crate) fraud_clock: Option<Tick>,
}

impl From<Status> for types::Status {
	fn from(old: Status) -> Self {
		match old {
			Status::Active => Self::Active,
			Status::Draining => Self::Draining,
			Status::Chilled { until } => Self::Chilled { until },
			Status::Exiting => Self::Exiting,
		}
	}
}

impl From<Record> for types::Record {
	fn from(old: Record) -> Self {
		Self {
			completed: old.completed,
			late: old.late,
			no_show: old.no_show,
			abandoned: old.abandoned,
			refuted: old.refuted,
			silent: old.silent,
			inputs_missing: old.inputs_missing,
			outages: 0,
			unreachable: 0,
			paid: old.paid,
		}
	}
}

/// With a clean slate: no outage, no missed assignment, and not among those that are sampled. `put` lists it.
impl<AccountId> From<Provider<AccountId>> for types::Provider<AccountId> {
	fn from(old: Provider<AccountId>) -> Self {
		Self {
			owner: old.owner,
			worker: old.worker,
			payout: old.payout,
			endpoint: old.endpoint,
			terms: old.terms,
			status: old.status.into(),
			load: old.load,
			ledger: old.ledger,
			record: old.record.into(),
			lates: old.lates,
			registered: old.registered,
			fraud_clock: old.fraud_clock,
			refill: false,
			sampled_stake: None,
			no_shows: 0,
			outage: None,
			returned: None,
			dropped: None,
			devices: 0,
			measured: 0,
			measuring: false,
		}
	}
}

/// The record of a provider that has not been unreachable, as it would have been then.
#[cfg(any(test, feature = "runtime-benchmarks"))]
impl<AccountId> From<types::Provider<AccountId>> for Provider<AccountId> {
	fn from(new: types::Provider<AccountId>) -> Self {
		Self {
			owner: new.owner,
			worker: new.worker,
			payout: new.payout,
			endpoint: new.endpoint,
			terms: new.terms,
			status: match new.status {
				types::Status::Active | types::Status::Unreachable { .. } => Status::Active,
				types::Status::Draining => Status::Draining,
				types::Status::Chilled { until } => Status::Chilled { until },
				types::Status::Exiting => Status::Exiting,
			},
			load: new.load,
			ledger: new.ledger,
			record: Record {
				completed: new.record.completed,
				late: new.record.late,
				no_show: new.record.no_show,
				abandoned: new.record.abandoned,
				refuted: new.record.refuted,
				silent: new.record.silent,
				inputs_missing: new.record.inputs_missing,
				paid: new.record.paid,
			},
			lates: new.lates,
			registered: new.registered,
			fraud_clock: new.fraud_clock,
		}
	}
}
