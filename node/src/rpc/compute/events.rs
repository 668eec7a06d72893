//! What happened to jobs in a block: the events of the market that name a job, as clients read them.

mod course;
mod disputes;
mod parts;
#[cfg(test)]
mod tests;

use super::{
	known::Known,
	text::{account, hash, maybe, provider},
};
use millrace_primitives::{JobId, ProviderId};
use millrace_runtime::{AccountId, Hash, RuntimeEvent};
use polkadot_sdk::{frame_support::storage::storage_prefix, frame_system::EventRecord};
use serde_json::Value;

/// Every kind of event that names a job.
pub(super) const KINDS: [&str; 28] = [
	"submitted",
	"queued",
	"repriced",
	"assigned",
	"accepted",
	"rejected",
	"noShow",
	"offerLapsed",
	"committed",
	"windowExtended",
	"settled",
	"late",
	"abandoned",
	"cancelled",
	"expired",
	"unserved",
	"refuted",
	"voided",
	"assignmentVoided",
	"leavesDemanded",
	"demandOpened",
	"leavesProvided",
	"demandAnswered",
	"silent",
	"measurementCharged",
	"deliveryRefused",
	"notSettled",
	"stuck",
];

/// Something that happened to a job.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JobEvent {
	/// Its place among all events of the block.
	pub(super) index: u32,
	/// What happened; one of [`KINDS`].
	pub(super) kind: &'static str,
	/// To which job.
	pub(super) job: JobId,
	/// Whose job it is, where that is known.
	pub(super) requester: Option<AccountId>,
	/// Whom it has to do with, where the event says it.
	pub(super) provider: Option<ProviderId>,
	/// What else the event says.
	details: Value,
}

impl JobEvent {
	/// As a client reads it.
	pub(super) fn value(&self) -> Value {
		let mut value = self.details.clone();
		value["index"] = self.index.into();
		value["kind"] = self.kind.into();
		value["job"] = hash(self.job.0);
		value["requester"] = maybe(self.requester.as_ref(), account);
		value["provider"] = maybe(self.provider, provider);
		value
	}
}

/// Where the events of a block are stored.
pub(super) fn key() -> [u8; 32] {
	storage_prefix(b"System", b"Events")
}

/// Reads the events of a block. None where they are not those of the runtime that this node knows.
pub(super) fn read(encoded: &[u8], known: &Known) -> Option<Vec<JobEvent>> {
	let records: Vec<EventRecord<RuntimeEvent, Hash>> = codec::DecodeAll::decode_all(&mut &*encoded).ok()?;
	let events = (0..).zip(records).filter_map(|(index, record)| match record.event {
		RuntimeEvent::Market(event) => Some(course::read(event, known)?.at(index)),
		_ => None,
	});
	Some(events.collect())
}
