//! What can go wrong with a request, as a client reads it: a code, a sentence, and a hint that says what to do.

use super::text::hash;
use jsonrpsee::{
	core::server::{SubscriptionCloseResponse, SubscriptionMessage},
	types::ErrorObjectOwned,
};
use millrace_runtime::Hash;
use serde_json::{json, Value};

/// A parameter is missing, unknown, or not what it should be.
pub(super) const BAD_PARAMETER: i32 = 20_100;
/// The node does not have the block.
pub(super) const UNKNOWN_BLOCK: i32 = 20_101;
/// The node has the block, and not its state any more.
pub(super) const STATE_DISCARDED: i32 = 20_102;
/// The chain would refuse what was asked about.
pub(super) const REFUSED: i32 = 20_103;
/// The runtime at the block and this node disagree about what is asked.
pub(super) const OTHER_RUNTIME: i32 = 20_104;
/// Something failed in the node.
pub(super) const FAILED: i32 = 20_105;
/// A subscription ended, because its client reads too slowly.
pub(super) const TOO_SLOW: i32 = 20_106;
/// A subscription ended, because too many blocks came at once.
pub(super) const TOO_FAR: i32 = 20_107;

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
	/// A parameter cannot be used.
	Parameter {
		/// Where it stands, as `spec.terms.window`.
		parameter: String,
		/// What is wrong with it.
		problem: String,
		/// What to send instead.
		hint: String,
	},
	/// The node does not have this block.
	UnknownBlock(Hash),
	/// The node has discarded the state of this block.
	StateDiscarded(Hash),
	/// The chain would refuse it.
	Refused {
		/// Who refuses, such as `Market`.
		by: String,
		/// The name of the error.
		error: String,
		/// What the runtime's metadata says about it; may be empty.
		about: String,
	},
	/// The runtime at this block is not the one that this node knows.
	OtherRuntime {
		/// The block.
		at: Hash,
		/// What the two disagree about.
		what: &'static str,
	},
	/// Something failed here.
	Failed(String),
	/// The client does not read what it has subscribed to.
	TooSlow,
	/// So many blocks came at once.
	TooFar(u32),
}

impl Failure {
	/// The number that stands for the kind of failure.
	pub(super) fn code(&self) -> i32 {
		match self {
			Self::Parameter { .. } => BAD_PARAMETER,
			Self::UnknownBlock(_) => UNKNOWN_BLOCK,
			Self::StateDiscarded(_) => STATE_DISCARDED,
			Self::Refused { .. } => REFUSED,
			Self::OtherRuntime { .. } => OTHER_RUNTIME,
			Self::Failed(_) => FAILED,
			Self::TooSlow => TOO_SLOW,
			Self::TooFar(_) => TOO_FAR,
		}
	}

	/// What happened.
	fn message(&self) -> String {
		match self {
			Self::Parameter { parameter, problem, .. } => format!("`{parameter}` cannot be used: {problem}"),
			Self::UnknownBlock(at) => format!("This node does not have the block {at:?}."),
			Self::StateDiscarded(at) => format!("This node has discarded the state of the block {at:?}."),
			Self::Refused { by, error, about } if about.is_empty() => format!("{by}::{error}"),
			Self::Refused { by, error, about } => format!("{by}::{error}: {about}"),
			Self::OtherRuntime { at, what } => {
				format!("The runtime at the block {at:?} and this node disagree about {what}.")
			}
			Self::Failed(cause) => format!("The node could not answer: {cause}"),
			Self::TooSlow => "The subscription ended, because its notifications are not read.".to_owned(),
			Self::TooFar(blocks) => format!("The subscription ended, because {blocks} blocks came at once."),
		}
	}

	/// What to do about it.
	fn hint(&self) -> String {
		match self {
			Self::Parameter { hint, .. } => hint.clone(),
			Self::UnknownBlock(_) => {
				"Leave `at` out for the best block, or ask a node that follows this chain.".to_owned()
			}
			Self::StateDiscarded(_) => "Ask about a newer block, or ask an archive node.".to_owned(),
			// The second sentence of an error's documentation says what to do.
			Self::Refused { about, .. } => match about.split_once(". ") {
				Some((_, advice)) => advice.to_owned(),
				None => "Change what is named here, and ask again.".to_owned(),
			},
			Self::OtherRuntime { .. } => "Ask a node whose version is that of the chain's runtime.".to_owned(),
			Self::Failed(_) => "Ask again; if it stays so, the node's log says more.".to_owned(),
			Self::TooSlow => "Read faster or filter more, subscribe again, and read what was missed.".to_owned(),
			Self::TooFar(_) => {
				"Wait until the node has caught up, subscribe again, and read what was missed.".to_owned()
			}
		}
	}

	/// The hint, and what a program wants to tell failures of a kind apart.
	fn data(&self) -> Value {
		let mut data = json!({"hint": self.hint()});
		match self {
			Self::Parameter { parameter, .. } => data["parameter"] = json!(parameter),
			Self::UnknownBlock(at) | Self::StateDiscarded(at) | Self::OtherRuntime { at, .. } => data["at"] = hash(*at),
			Self::Refused { by, error, .. } => {
				data["by"] = json!(by);
				data["error"] = json!(error);
			}
			Self::TooFar(blocks) => data["blocks"] = json!(blocks),
			Self::Failed(_) | Self::TooSlow => (),
		}
		data
	}
}

impl From<Failure> for ErrorObjectOwned {
	fn from(failure: Failure) -> Self {
		ErrorObjectOwned::owned(failure.code(), failure.message(), Some(failure.data()))
	}
}

/// What a subscription that failed sends last.
impl From<Failure> for SubscriptionCloseResponse {
	fn from(failure: Failure) -> Self {
		match SubscriptionMessage::from_json(&ErrorObjectOwned::from(failure)) {
			Ok(last) => SubscriptionCloseResponse::NotifErr(last),
			Err(_) => SubscriptionCloseResponse::None,
		}
	}
}
