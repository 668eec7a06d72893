//! The events of results that are disputed, and of what is rare.

use super::parts::Parts;
use crate::rpc::compute::{
	known::Known,
	text::{account, decimal, list},
};
use millrace_primitives::refutation::Fraud;
use millrace_runtime::Runtime;
use pallet_market::Event;

/// What an event says of a job. None where it names none.
pub(super) fn read(event: Event<Runtime>, known: &Known) -> Option<Parts> {
	let parts = match event {
		Event::JobRefuted {
			job,
			provider,
			refuter,
			requester,
			leaf,
			fraud,
			slash,
			slashed,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => {
			let what = match fraud {
				Fraud::InconsistentPair { .. } => "inconsistentPair",
				Fraud::WrongLeaf { .. } => "wrongLeaf",
			};
			Parts::of("refuted", job)
				.by(provider)
				.from(requester)
				.says([
					("refuter", account(&refuter)),
					("leaf", leaf.into()),
					("fraud", what.into()),
				])
				.sets_aside(slash, slashed)
				.ends(refund, fees_returned, fees_paid, deposit)
		}
		Event::JobVoided {
			job,
			provider,
			requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => Parts::of("voided", job)
			.by(provider)
			.from(requester)
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::AssignmentVoided { job, provider } => Parts::of("assignmentVoided", job).by(provider),
		Event::LeavesDemanded {
			job,
			provider,
			requester,
			leaves,
			fee,
			until,
		} => Parts::of("leavesDemanded", job).by(provider).from(requester).says([
			("leaves", list(&leaves, |leaf| (*leaf).into())),
			("fee", decimal(fee)),
			("until", until.into()),
		]),
		Event::DemandOpened { job, provider, until } => Parts::of("demandOpened", job)
			.by(provider)
			.says([("until", until.into())]),
		// The bytes of the leaves are in the transaction that brought them.
		Event::LeavesProvided {
			job,
			provider,
			by,
			leaves,
			missing,
		} => Parts::of("leavesProvided", job).by(provider).says([
			("by", account(&by)),
			("leaves", list(&leaves, |one| one.leaf.into())),
			("missing", missing.into()),
		]),
		Event::DemandAnswered { job, window_end } => {
			Parts::of("demandAnswered", job).says([("windowEnd", window_end.into())])
		}
		Event::JobSilent {
			job,
			provider,
			requester,
			missing,
			slash,
			slashed,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => Parts::of("silent", job)
			.by(provider)
			.from(requester)
			.says([("missing", missing.into())])
			.sets_aside(slash, slashed)
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::MeasurementCharged {
			job,
			provider,
			from_owner,
			from_stake,
		} => Parts::of("measurementCharged", job)
			.by(provider)
			.says([("fromOwner", decimal(from_owner)), ("fromStake", decimal(from_stake))]),
		Event::DeliveryRefused {
			job,
			provider,
			requester,
			units,
			burned,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => Parts::of("deliveryRefused", job)
			.by(provider)
			.from(requester)
			.says([("units", decimal(units)), ("burned", decimal(burned))])
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::JobNotSettled { job, error } => Parts::of("notSettled", job).says([("error", known.name(error).into())]),
		Event::JobStuck { job, error } => Parts::of("stuck", job).says([("error", known.name(error).into())]),
		_ => return None,
	};
	Some(parts)
}
