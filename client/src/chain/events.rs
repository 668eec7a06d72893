//! What happened to jobs, read from a block's events.

use super::{
	convert::{FromRuntime, IntoList, IntoPlain},
	error::{failed, ChainError, Rejection},
	generated::api,
	inclusion::rejection,
	AccountId, ClaimedReward, Fraud, JobId, KernelHash, Level, PaidStaker, Price, ProvidedLeaf, ProviderId,
	RefusedDelivery, Refutation, RejectReason, Settlement, Silence, Tick, H256,
};
use crate::amount::Balance;
use subxt::{events::Event, ArcMetadata, SubstrateConfig};

/// What happened to a job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JobEvent {
	/// Its requester submitted it; `escrow` and `fees` are held now.
	Submitted {
		/// Who.
		requester: AccountId,
		/// Held for the payment.
		escrow: Balance,
		/// Held for the job fees.
		fees: Balance,
		/// Held for its storage.
		deposit: Balance,
	},
	/// It waits in the book at another price.
	Repriced {
		/// What it bids now.
		level: Level,
		/// What is held for the payment now, in planck.
		escrow: Balance,
	},
	/// It waits in the book.
	Queued,
	/// A provider is to accept it by `until`.
	Assigned {
		/// Which.
		provider: ProviderId,
		/// The agreed price.
		price: Price,
		/// The last tick to accept.
		until: Tick,
	},
	/// A provider is liable for it.
	Accepted {
		/// Which.
		provider: ProviderId,
		/// The last tick to commit.
		deadline: Tick,
	},
	/// A provider turned it down.
	Rejected {
		/// Which.
		provider: ProviderId,
		/// Why.
		reason: RejectReason,
	},
	/// The assigned provider said nothing.
	NoShow,
	/// The provider that the job named did not accept it in its window.
	OfferLapsed,
	/// A result was committed.
	Committed {
		/// By whom.
		provider: ProviderId,
		/// Root of the output tree.
		root: H256,
		/// Units of all items.
		units: u64,
		/// The last tick of the challenge window.
		window_end: Tick,
	},
	/// Its window is over and its provider does not answer, so it does not lapse into payment yet.
	WindowExtended {
		/// Whose result it is.
		provider: ProviderId,
		/// The last tick of the window now.
		window_end: Tick,
	},
	/// It ended: paid.
	Settled(Settlement),
	/// It ended: its result was shown to be wrong.
	Refuted(Refutation),
	/// It ended: its provider was convicted of another wrong result while this one was open.
	Voided {
		/// Whose result it was.
		provider: ProviderId,
		/// What of the escrow was freed, in planck.
		refund: Balance,
		/// What of the job fees was freed, in planck.
		fees_returned: Balance,
	},
	/// Its provider was convicted before it had committed: another one gets it, if an assignment is left.
	AssignmentVoided,
	/// Its requester wants leaves on the chain.
	LeavesDemanded {
		/// Which.
		leaves: Vec<u32>,
		/// What the requester paid for it, in planck.
		fee: Balance,
		/// The last tick to provide them; none while the demand waits for others.
		until: Option<Tick>,
	},
	/// A demand that had waited runs now.
	DemandOpened {
		/// The last tick to provide the leaves.
		until: Tick,
	},
	/// Demanded leaves came.
	LeavesProvided {
		/// Who brought them.
		by: AccountId,
		/// The leaves.
		leaves: Vec<ProvidedLeaf>,
		/// How many are still missing.
		missing: u32,
	},
	/// All demanded leaves came, and the window goes on.
	DemandAnswered {
		/// The last tick of the window.
		window_end: Tick,
	},
	/// It ended: demanded leaves never came.
	Silent(Silence),
	/// It ended: its requester said that its output was not delivered.
	DeliveryRefused(RefusedDelivery),
	/// The deadline passed.
	Late,
	/// The provider gave it up.
	Abandoned,
	/// It ended: taken back by its requester.
	Cancelled,
	/// It ended: nobody had it before it expired.
	Expired,
	/// It ended: all assignments are used up.
	Unserved,
	/// A batch of settlements left it out for this reason; where it is on the chain, it goes on.
	NotSettled(Rejection),
	/// An event that this program does not know.
	Other(String),
}

impl JobEvent {
	/// Whether the job is over.
	pub fn ends_the_job(&self) -> bool {
		matches!(
			self,
			JobEvent::Settled(_)
				| JobEvent::Cancelled
				| JobEvent::Expired
				| JobEvent::Unserved
				| JobEvent::Refuted(_)
				| JobEvent::Voided { .. }
				| JobEvent::Silent(_)
				| JobEvent::DeliveryRefused(_)
		)
	}
}

/// The field that every event about a job has.
#[derive(subxt::ext::scale_decode::DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct OfJob {
	job: H256,
}

/// Decodes an event as the generated type that bears its name.
macro_rules! decode {
	($event:expr, $kind:ty) => {
		$event
			.decode_fields_unchecked_as::<$kind>()
			.map_err(failed("an event"))?
	};
}

/// The job that a market event is about, and what happened to it; `None` for events about no job. Reasons that the event
/// names are put in the words of `metadata`, the one that it was decoded by.
pub(super) fn job_event(
	event: &Event<'_, SubstrateConfig>,
	metadata: &ArcMetadata,
) -> Result<Option<(JobId, JobEvent)>, ChainError> {
	use api::market::events as generated;

	let Ok(OfJob { job }) = event.decode_fields_unchecked_as::<OfJob>() else {
		return Ok(None);
	};
	let what = match event.event_name() {
		"JobSubmitted" => {
			let event = decode!(event, generated::JobSubmitted);
			JobEvent::Submitted {
				requester: event.requester,
				escrow: event.escrow,
				fees: event.fees,
				deposit: event.deposit,
			}
		}
		"JobRepriced" => {
			let event = decode!(event, generated::JobRepriced);
			JobEvent::Repriced {
				level: Level(event.level.0),
				escrow: event.escrow,
			}
		}
		"JobQueued" => JobEvent::Queued,
		"JobAssigned" => {
			let event = decode!(event, generated::JobAssigned);
			JobEvent::Assigned {
				provider: event.provider.0,
				price: Price(event.price.0),
				until: event.until,
			}
		}
		"JobAccepted" => {
			let event = decode!(event, generated::JobAccepted);
			JobEvent::Accepted {
				provider: event.provider.0,
				deadline: event.deadline,
			}
		}
		"JobRejected" => {
			let event = decode!(event, generated::JobRejected);
			JobEvent::Rejected {
				provider: event.provider.0,
				reason: RejectReason::from_runtime(event.reason),
			}
		}
		"NoShow" => JobEvent::NoShow,
		"OfferLapsed" => JobEvent::OfferLapsed,
		"JobCommitted" => {
			let event = decode!(event, generated::JobCommitted);
			JobEvent::Committed {
				provider: event.provider.0,
				root: event.root,
				units: event.units,
				window_end: event.window_end,
			}
		}
		"WindowExtended" => {
			let event = decode!(event, generated::WindowExtended);
			JobEvent::WindowExtended {
				provider: event.provider.0,
				window_end: event.window_end,
			}
		}
		"JobSettled" => {
			let event = decode!(event, generated::JobSettled);
			JobEvent::Settled(Settlement {
				provider: event.provider.0,
				payout: event.payout,
				units: event.units,
				payment: event.payment,
				fee: event.fee,
				refund: event.refund,
				fees_returned: event.fees_returned,
				lapsed: event.lapsed,
			})
		}
		"JobRefuted" => {
			let event = decode!(event, generated::JobRefuted);
			JobEvent::Refuted(Refutation {
				provider: event.provider.0,
				refuter: event.refuter,
				requester: event.requester,
				leaf: event.leaf,
				fraud: Fraud::from_runtime(event.fraud),
				slash: event.slash.map(IntoPlain::into_plain),
				slashed: event.slashed,
				refund: event.refund,
				fees_returned: event.fees_returned,
			})
		}
		"JobVoided" => {
			let event = decode!(event, generated::JobVoided);
			JobEvent::Voided {
				provider: event.provider.0,
				refund: event.refund,
				fees_returned: event.fees_returned,
			}
		}
		"AssignmentVoided" => JobEvent::AssignmentVoided,
		"LeavesDemanded" => {
			let event = decode!(event, generated::LeavesDemanded);
			JobEvent::LeavesDemanded {
				leaves: event.leaves.into_list(),
				fee: event.fee,
				until: event.until,
			}
		}
		"DemandOpened" => JobEvent::DemandOpened {
			until: decode!(event, generated::DemandOpened).until,
		},
		"LeavesProvided" => {
			let event = decode!(event, generated::LeavesProvided);
			let leaves = event.leaves.into_list();
			JobEvent::LeavesProvided {
				by: event.by,
				leaves: leaves.into_iter().map(ProvidedLeaf::from_runtime).collect(),
				missing: event.missing,
			}
		}
		"DemandAnswered" => JobEvent::DemandAnswered {
			window_end: decode!(event, generated::DemandAnswered).window_end,
		},
		"JobSilent" => {
			let event = decode!(event, generated::JobSilent);
			JobEvent::Silent(Silence {
				provider: event.provider.0,
				missing: event.missing,
				slash: event.slash.map(IntoPlain::into_plain),
				slashed: event.slashed,
				refund: event.refund,
				fees_returned: event.fees_returned,
			})
		}
		"DeliveryRefused" => {
			let event = decode!(event, generated::DeliveryRefused);
			JobEvent::DeliveryRefused(RefusedDelivery {
				provider: event.provider.0,
				units: event.units,
				burned: event.burned,
				refund: event.refund,
				fees_returned: event.fees_returned,
			})
		}
		"JobLate" => JobEvent::Late,
		"JobAbandoned" => JobEvent::Abandoned,
		"JobCancelled" => JobEvent::Cancelled,
		"JobExpired" => JobEvent::Expired,
		"JobUnserved" => JobEvent::Unserved,
		"JobNotSettled" => {
			let event = decode!(event, generated::JobNotSettled);
			JobEvent::NotSettled(rejection(&event.error, metadata.clone())?)
		}
		other => JobEvent::Other(other.to_owned()),
	};
	Ok(Some((JobId(job.0), what)))
}

/// The fee that a `TransactionFeePaid` names.
pub(super) fn fee_paid(event: &Event<'_, SubstrateConfig>) -> Result<Balance, ChainError> {
	Ok(decode!(event, api::transaction_payment::events::TransactionFeePaid).actual_fee)
}

/// The kernel that an event of its pallet says was registered.
pub(super) fn kernel_registered(event: &Event<'_, SubstrateConfig>) -> Result<Option<KernelHash>, ChainError> {
	match event.event_name() {
		"KernelRegistered" => Ok(Some(
			decode!(event, api::kernels::events::KernelRegistered)
				.kernel
				.into_plain(),
		)),
		_ => Ok(None),
	}
}

/// The provider that an event of its pallet says was registered.
pub(super) fn provider_registered(event: &Event<'_, SubstrateConfig>) -> Result<Option<ProviderId>, ChainError> {
	match event.event_name() {
		"ProviderRegistered" => Ok(Some(
			decode!(event, api::providers::events::ProviderRegistered)
				.provider
				.into_plain(),
		)),
		_ => Ok(None),
	}
}

/// What an event of staking says somebody was paid of an era's reward.
pub(super) fn staker_paid(event: &Event<'_, SubstrateConfig>) -> Result<Option<PaidStaker>, ChainError> {
	match event.event_name() {
		"Rewarded" => {
			let event = decode!(event, api::staking::events::Rewarded);
			Ok(Some(PaidStaker {
				stash: event.stash,
				amount: event.amount,
			}))
		}
		_ => Ok(None),
	}
}

/// The reward that an event of its pallet says was minted.
pub(super) fn reward_claimed(event: &Event<'_, SubstrateConfig>) -> Result<Option<ClaimedReward>, ChainError> {
	match event.event_name() {
		"RewardClaimed" => {
			let event = decode!(event, api::rewards::events::RewardClaimed);
			Ok(Some(ClaimedReward {
				era: event.era,
				provider: event.provider.into_plain(),
				payout: event.payout,
				fees: event.fees,
				reward: event.reward,
			}))
		}
		_ => Ok(None),
	}
}
