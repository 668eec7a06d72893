//! The parts that every event has.

use super::JobEvent;
use crate::rpc::compute::text::{decimal, maybe};
use millrace_primitives::{Balance, JobId, ProviderId, SlashId};
use millrace_runtime::AccountId;
use serde_json::{Map, Value};

/// What is in an event, before it is known where it stood.
pub(super) struct Parts {
	kind: &'static str,
	job: JobId,
	requester: Option<AccountId>,
	provider: Option<ProviderId>,
	details: Map<String, Value>,
}

impl Parts {
	/// An event of this kind, of this job.
	pub(super) fn of(kind: &'static str, job: JobId) -> Self {
		Parts {
			kind,
			job,
			requester: None,
			provider: None,
			details: Map::new(),
		}
	}

	/// It has to do with this provider.
	pub(super) fn by(mut self, provider: ProviderId) -> Self {
		self.provider = Some(provider);
		self
	}

	/// The job is this account's.
	pub(super) fn from(mut self, requester: AccountId) -> Self {
		self.requester = Some(requester);
		self
	}

	/// It says this.
	pub(super) fn says<const FIELDS: usize>(mut self, details: [(&str, Value); FIELDS]) -> Self {
		let details = details.into_iter().map(|(name, value)| (name.to_owned(), value));
		self.details.extend(details);
		self
	}

	/// The job has ended: what was freed, and what was taken, of all that was held for it beside its payment.
	pub(super) fn ends(self, refund: Balance, fees_returned: Balance, fees_paid: Balance, deposit: Balance) -> Self {
		self.says([
			("refund", decimal(refund)),
			("feesReturned", decimal(fees_returned)),
			("feesPaid", decimal(fees_paid)),
			("deposit", decimal(deposit)),
		])
	}

	/// So much of the provider's stake was set aside.
	pub(super) fn sets_aside(self, slash: Option<SlashId>, slashed: Balance) -> Self {
		self.says([
			("slash", maybe(slash, |slash| slash.0.into())),
			("slashed", decimal(slashed)),
		])
	}

	/// It stood there in its block.
	pub(super) fn at(self, index: u32) -> JobEvent {
		JobEvent {
			index,
			kind: self.kind,
			job: self.job,
			requester: self.requester,
			provider: self.provider,
			details: self.details.into(),
		}
	}
}
