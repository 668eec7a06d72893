//! What can go wrong between this program and the chain.

use super::AccountId;
use subxt::error::{EventsError, ExtrinsicError, RuntimeApiError, StorageError, ViewFunctionError};

/// A call was included in a block and failed there; its fee is paid.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejection {
	/// The pallet that refused, or `System`.
	pub pallet: String,
	/// The error's name.
	pub error: String,
	/// What the runtime's metadata says about the error; may be empty.
	pub doc: String,
}

impl std::fmt::Display for Rejection {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "{}::{}", self.pallet, self.error)?;
		if !self.doc.is_empty() {
			write!(f, ": {}", self.doc)?;
		}
		Ok(())
	}
}

impl Rejection {
	/// What to do about it.
	pub fn hint(&self) -> &'static str {
		match self.error.as_str() {
			"ChillNotOver" => "`millrace provider show` shows the tick; only the transaction's fee was paid",
			"WindowOver" => "a result can be refuted, leaves demanded and its delivery refused while its window is open",
			"WindowOpen" => "`millrace job get` shows its tick; only the transaction's fee was paid",
			"OutputNotDemandable" => {
				"its requester can refuse the delivery with `millrace job refuse-delivery`; only the transaction's fee was paid"
			}
			"OutputDemandable" => {
				"`millrace check --demand --refute` makes its provider show it; only the transaction's fee was paid"
			}
			"AlreadyVoid" => "the provider was convicted already: anyone may touch the job, which refunds it",
			"NoFraud" => "the leaf is as committed; only the transaction's fee was paid",
			"BadProof" => "please report this with the job's id; only the transaction's fee was paid",
			"DemandOpen" => "wait until the demanded leaves came, or the time for them is over",
			"TooManyDemanded" => "every leaf can be demanded once; only the transaction's fee was paid",
			"NotDemanded" => "somebody else has answered; only the transaction's fee was paid",
			"NotSampled" => "another call of the worker has answered already; only the transaction's fee was paid",
			"NotWorker" => {
				"sign with the key that the owner named with `provider set-worker`; only the transaction's fee was paid"
			}
			"NothingUnbonds" => "`millrace provider show` shows what unbonds; only the transaction's fee was paid",
			"UnknownOutage" => "`millrace provider show` shows its outages; only the transaction's fee was paid",
			"NothingDue" => "`millrace provider preview` shows the ticks; only the transaction's fee was paid",
			"NotClosed" | "Expired" | "NothingToClaim" => {
				"`millrace provider earnings` shows what can be claimed; only the transaction's fee was paid"
			}
			"PayoutCannotReceive" => {
				"send the payout account the existential deposit, then claim again; only the transaction's fee was paid"
			}
			"ProviderUnreachable" => {
				"`millrace provider show` shows whether it is back; only the transaction's fee was paid"
			}
			"ProviderNotMeasured" => {
				"its worker enrols its device; `millrace provider devices` shows where that stands; only the \
				 transaction's fee was paid"
			}
			"NoSuchSlot" => "a provider has the places 0 to 7; only the transaction's fee was paid",
			"NoSuchDevice" => "`millrace provider devices` shows which there are; only the transaction's fee was paid",
			"InvalidDevice" => {
				"a device has a name and a driver in printable ASCII; only the transaction's fee was paid"
			}
			"DeviceTaken" => {
				"`millrace provider remove-device` frees it where it is enrolled; only the transaction's fee was paid"
			}
			"DeviceBusy" => {
				"`millrace provider devices` shows when its measurement ends; only the transaction's fee was paid"
			}
			"AlreadyEnrolled" => {
				"`millrace provider devices` shows where it stands; only the transaction's fee was paid"
			}
			"TooSoon" => {
				"`millrace provider devices` shows when it can be enrolled again; only the transaction's fee was paid"
			}
			"UnknownKernel" => {
				"`millrace kernel register FILE` puts it on the chain; only the transaction's fee was paid"
			}
			"KernelRetired" => "use its successor; only the transaction's fee was paid",
			"WrongParams" | "WrongInputs" | "NoItems" | "MaxUnitsTooLow" | "MaxUnitsTooHigh" => {
				"correct the job file; only the transaction's fee was paid"
			}
			"WindowNotStandard" | "WindowOutOfRange" | "RunTooShort" | "RunTooLong" | "ExpiryPassed" | "ExpiryTooFar" => {
				"correct `[offer]` in the job file; only the transaction's fee was paid"
			}
			"InputsTooLarge" | "OutputTooLarge" => "split the job; only the transaction's fee was paid",
			"EscrowTooLarge" => {
				"split the job, lower max_units or the price, or name a provider; only the transaction's fee was paid"
			}
			"UnknownProvider" | "ProviderNotActive" | "ProviderHasNoWorker" | "TakesNoTargets" | "PriceTooLow"
			| "ProviderFull" => {
				"`millrace provider show` says more; name another provider, or use the book; only the transaction's fee was \
				 paid"
			}
			"InvalidProof" => {
				"the proof is bound to the account for which the keys were made, and that account must sign; only the \
				 transaction's fee was paid"
			}
			"NotController" | "NotStash" => {
				"`millrace validator status` shows what is bonded; only the transaction's fee was paid"
			}
			"InsufficientBond" => {
				"bond more with `millrace validator bond`, or chill before you unbond; only the transaction's fee was paid"
			}
			"NoMoreChunks" => {
				"32 parts unbond already, and `millrace validator withdraw` frees those whose era has come; only the \
				 transaction's fee was paid"
			}
			"CommissionTooLow" => {
				"leave out --commission for the least one, or name a higher one; only the transaction's fee was paid"
			}
			"TooManyValidators" => "wait until a candidate chills; only the transaction's fee was paid",
			"IncorrectSlashingSpans" => {
				"the stash was slashed meanwhile: send it again; only the transaction's fee was paid"
			}
			"AlreadyClaimed" | "InvalidEraToReward" | "InvalidPage" => {
				"`millrace validator status` shows what is still to be paid; only the transaction's fee was paid"
			}
			"NoKeys" => "no keys are registered; only the transaction's fee was paid",
			"DuplicatedKey" => "another account has registered these keys; only the transaction's fee was paid",
			"Halted" => "wait until governance opens the market; only the transaction's fee was paid",
			"ProviderConvicted" => "a result of the provider was refuted; only the transaction's fee was paid",
			_ => "only the transaction's fee was paid",
		}
	}
}

impl Rejection {
	/// The same where nothing was sent, so that nothing was paid either.
	pub fn advice(&self) -> &'static str {
		const PAID: &str = "only the transaction's fee was paid";
		let hint = self.hint();
		hint.strip_suffix(PAID).map_or(hint, |rest| rest.trim_end_matches("; "))
	}
}

/// What can go wrong between this program and the chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
	/// The URL cannot be used.
	#[error("`{url}` is not a node's address: {reason}")]
	BadUrl {
		/// What was given.
		url: String,
		/// What is wrong with it.
		reason: String,
	},
	/// Nobody answers there.
	#[error("no node answers at {url}: {cause}")]
	Unreachable {
		/// Where.
		url: String,
		/// The operating system's or the transport's words.
		cause: String,
	},
	/// Another chain answers there.
	#[error("the node at {url} does not run this chain: it has no pallet `{pallet}`")]
	OtherChain {
		/// Where.
		url: String,
		/// The first pallet that is missing.
		pallet: &'static str,
	},
	/// The runtime's types are not those that this program was built with.
	#[error("the chain's runtime and this program disagree about {what}")]
	OtherRuntime {
		/// What was to be read or sent.
		what: &'static str,
	},
	/// The chain is being brought to another runtime, and what was to be read is of two layouts meanwhile.
	#[error("the chain is being upgraded to specification {specification}, and its state is not whole yet")]
	Upgrading {
		/// Of the new runtime.
		specification: u32,
	},
	/// A request failed.
	#[error("the request for {what} failed: {source}")]
	Request {
		/// What was to be read or sent.
		what: &'static str,
		/// Why not.
		#[source]
		source: Box<subxt::Error>,
	},
	/// The node does not answer this method, or not to everybody.
	#[error("the node does not answer `{method}` here")]
	Closed {
		/// The method's name.
		method: &'static str,
	},
	/// The node does not have this block.
	#[error("the node does not have block {block}")]
	NoBlock {
		/// Its number or hash.
		block: String,
	},
	/// The transaction pool refused the transaction; nothing was paid.
	#[error("the node refused the transaction: {reason}")]
	Refused {
		/// The node's words.
		reason: String,
	},
	/// The account cannot pay the transaction's fee; nothing was paid.
	#[error("account {account} has too little free money for the transaction's fee")]
	CannotPayFee {
		/// Who was to pay.
		account: AccountId,
	},
	/// The call was included and failed.
	#[error("the chain rejected the call: {0}")]
	Rejected(Rejection),
	/// The transaction did not get into a block while it was valid.
	#[error("the transaction was not included in a block: {reason}")]
	NotIncluded {
		/// Why, as far as known.
		reason: String,
	},
}

impl ChainError {
	/// What to do about it.
	pub fn hint(&self) -> &'static str {
		match self {
			ChainError::BadUrl { .. } => "give a WebSocket address such as ws://127.0.0.1:9944",
			ChainError::Unreachable { .. } => "start a node, or name another with --url or MILLRACE_URL",
			ChainError::OtherChain { .. } => "name a node of this chain with --url or MILLRACE_URL",
			ChainError::OtherRuntime { .. } => "use the version of this program that belongs to the chain's runtime",
			ChainError::Upgrading { .. } => "try again in a minute; nothing is due meanwhile, as the protocol's clock stands",
			ChainError::Request { .. } => "try again; if it goes on, look at the node's log",
			ChainError::Closed { .. } => {
				"it is open on loopback: run this on the node's machine, or through `ssh -L 9944:127.0.0.1:9944`; a node with \
				 --rpc-methods safe answers it nowhere"
			}
			ChainError::NoBlock { .. } => "the node may have pruned it: use an archive node",
			ChainError::Refused { .. } => "nothing was paid; try again in a few seconds",
			ChainError::CannotPayFee { .. } => "send money to the account, then try again; nothing was paid",
			ChainError::Rejected(rejection) => rejection.hint(),
			ChainError::NotIncluded { .. } => "nothing was paid; try again",
		}
	}

	/// Whether the chain could not be reached or read, as against a refusal.
	pub fn is_transport(&self) -> bool {
		matches!(
			self,
			ChainError::BadUrl { .. }
				| ChainError::Unreachable { .. }
				| ChainError::OtherChain { .. }
				| ChainError::OtherRuntime { .. }
				| ChainError::Upgrading { .. }
				| ChainError::Request { .. }
				| ChainError::Closed { .. }
				| ChainError::NoBlock { .. }
		)
	}
}

/// Wraps an error of the chain client with the words for what was tried.
pub(crate) fn failed<E: Into<subxt::Error>>(what: &'static str) -> impl FnOnce(E) -> ChainError {
	move |error| {
		let source: subxt::Error = error.into();
		let other_runtime = matches!(
			&source,
			subxt::Error::StorageError(
				StorageError::IncompatibleCodegen
					| StorageError::PalletNameNotFound(_)
					| StorageError::StorageEntryNotFound { .. }
					| StorageError::StorageInfoError(_)
					| StorageError::StorageKeyEncodeError(_)
			) | subxt::Error::StorageKeyError(_)
				| subxt::Error::StorageValueError(_)
				| subxt::Error::ConstantError(_)
				| subxt::Error::ExtrinsicError(
					ExtrinsicError::IncompatibleCodegen
						| ExtrinsicError::PalletNameNotFound(_)
						| ExtrinsicError::CallNameNotFound { .. }
				) | subxt::Error::RuntimeApiError(
				RuntimeApiError::IncompatibleCodegen
					| RuntimeApiError::TraitNotFound(_)
					| RuntimeApiError::MethodNotFound { .. }
					| RuntimeApiError::CouldNotEncodeInputs(_)
					| RuntimeApiError::CouldNotDecodeResponse(_)
			) | subxt::Error::EventsError(EventsError::CannotDecodeEventFields { .. })
				| subxt::Error::ViewFunctionError(
					ViewFunctionError::IncompatibleCodegen
						| ViewFunctionError::PalletNotFound(_)
						| ViewFunctionError::ViewFunctionNotFound { .. }
				)
		);
		if other_runtime {
			tracing::debug!(what, %source, "the runtime is another one");
			ChainError::OtherRuntime { what }
		} else {
			ChainError::Request {
				what,
				source: Box::new(source),
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn where_nothing_was_sent_no_fee_was_paid() {
		let advice = |error: &str| {
			let rejection = Rejection {
				pallet: "Market".to_owned(),
				error: error.to_owned(),
				doc: String::new(),
			};
			rejection.advice()
		};
		assert_eq!(advice("InputsTooLarge"), "split the job");
		assert_eq!(advice("ANewName"), "");
		assert_eq!(
			advice("OutputDemandable"),
			"`millrace check --demand --refute` makes its provider show it"
		);
		assert_eq!(
			advice("DemandOpen"),
			"wait until the demanded leaves came, or the time for them is over"
		);
	}
}
