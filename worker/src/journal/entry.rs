//! What the journal says about one assignment.

use codec::{Decode, DecodeAll, Encode};
use millrace_client::chain::{JobId, MORTALITY};
use serde::Serialize;

/// One assignment of a job to a provider.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Key {
	/// The job.
	pub job: JobId,
	/// How often the job had been assigned, this assignment included: 1 at first.
	pub attempt: u8,
	/// The provider's number.
	pub provider: u32,
}

impl Key {
	pub(super) fn encode(&self) -> Vec<u8> {
		(self.job.0, self.attempt, self.provider).encode()
	}

	pub(super) fn decode(mut bytes: &[u8]) -> Option<Self> {
		let (job, attempt, provider) = <([u8; 32], u8, u32)>::decode_all(&mut bytes).ok()?;
		Some(Self {
			job: JobId(job),
			attempt,
			provider,
		})
	}
}

/// A block, by number and hash.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Anchor {
	/// Its number.
	pub number: u64,
	/// Its hash.
	pub hash: [u8; 32],
}

/// How far an assignment has come. Only the chain's state takes it back, after a reorganisation.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Step {
	/// The assignment was seen on the chain.
	Seen,
	/// Every input was checked, the kernel decoded and tried.
	InputsReady,
	/// An `accept_job` was signed.
	Accepting,
	/// The chain shows the job as running here.
	Accepted,
	/// The bundle is on the disk, checked; the root is known.
	Computed,
	/// A `commit_result` was signed.
	Committing,
	/// The chain shows our root.
	Committed,
	/// A `provide` was signed: leaves of the result are demanded. Goes back to `Committed` when the chain has them.
	// Journals are older than this step, so it has the next free number and not the one of its place.
	#[codec(index = 8)]
	Providing,
	/// The job is gone from finalised state; its files were deleted.
	#[codec(index = 7)]
	Ended,
}

impl Step {
	/// Every step, in order.
	pub const ALL: [Step; 9] = [
		Step::Seen,
		Step::InputsReady,
		Step::Accepting,
		Step::Accepted,
		Step::Computed,
		Step::Committing,
		Step::Committed,
		Step::Providing,
		Step::Ended,
	];

	/// The step's name, as in output and in `MILLRACE_HALT_AFTER`.
	pub const fn name(self) -> &'static str {
		match self {
			Step::Seen => "Seen",
			Step::InputsReady => "InputsReady",
			Step::Accepting => "Accepting",
			Step::Accepted => "Accepted",
			Step::Computed => "Computed",
			Step::Committing => "Committing",
			Step::Committed => "Committed",
			Step::Providing => "Providing",
			Step::Ended => "Ended",
		}
	}
}

/// What an extrinsic does.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallKind {
	/// `accept_job`.
	Accept,
	/// `reject_job`.
	Reject,
	/// `commit_result`.
	Commit,
	/// `abandon_job`.
	Abandon,
	/// `place_ask`.
	PlaceAsk,
	/// `withdraw_ask`.
	WithdrawAsk,
	/// `drain`.
	Drain,
	/// `resume`.
	Resume,
	/// `provide`.
	Provide {
		/// The lowest leaf in it: once the chain does not miss that one any more, the call has had its effect.
		first: u32,
	},
	/// `heartbeat`.
	Heartbeat,
	/// `enrol_device`.
	EnrolDevice,
	/// `reprice_ask`.
	RepriceAsk,
}

/// A signed extrinsic. Kept whole: sending the same bytes again is always safe, signing anew is not.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Intent {
	/// What it does.
	pub call: CallKind,
	/// The worker account's nonce in it.
	pub nonce: u64,
	/// The last block number in which it may be included.
	pub valid_until: u64,
	/// The encoded extrinsic.
	pub bytes: Vec<u8>,
}

impl Intent {
	/// The block that it is anchored at, and for whose runtime it was signed.
	pub fn anchor(&self) -> u64 {
		self.valid_until.saturating_add(1).saturating_sub(MORTALITY)
	}
}

/// What was computed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Outcome {
	/// Root of the output tree.
	pub root: [u8; 32],
	/// Units of all leaves.
	pub units: u64,
	/// Bytes of the bundle file.
	pub bundle_len: u64,
}

/// One record.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Entry {
	/// How far the assignment has come.
	pub step: Step,
	/// The block in which the assignment was seen.
	pub seen: Anchor,
	/// The extrinsic under way.
	pub intent: Option<Intent>,
	/// How many extrinsics of this record were included and failed.
	pub failures: u8,
	/// How long the run was estimated to take, in milliseconds.
	pub estimate_ms: Option<u64>,
	/// The result.
	pub outcome: Option<Outcome>,
	/// Why it ended, or what goes wrong; empty when nothing does.
	pub note: String,
	/// When this was written, in seconds since 1970.
	pub written: u64,
}

impl Entry {
	/// A record of an assignment just seen.
	pub fn seen(at: Anchor) -> Self {
		Self {
			step: Step::Seen,
			seen: at,
			intent: None,
			failures: 0,
			estimate_ms: None,
			outcome: None,
			note: String::new(),
			written: 0,
		}
	}

	/// The record at another step, its extrinsic done with.
	pub fn at(&self, step: Step) -> Self {
		Self {
			step,
			intent: None,
			failures: 0,
			note: String::new(),
			..self.clone()
		}
	}
}
