//! The events of a job's course, from its submission to its end.

use super::{disputes, parts::Parts};
use crate::rpc::compute::{
	known::Known,
	terms::pool,
	text::{account, decimal, hash, maybe, price},
};
use millrace_runtime::Runtime;
use pallet_market::{types::RejectReason, Event};

/// What an event says of a job. None where it names none.
pub(super) fn read(event: Event<Runtime>, known: &Known) -> Option<Parts> {
	let parts = match event {
		Event::JobSubmitted {
			job,
			requester,
			kernel,
			items,
			escrow,
			fees,
			deposit,
		} => Parts::of("submitted", job).from(requester).says([
			("kernel", hash(kernel.0)),
			("items", items.into()),
			("escrow", decimal(escrow)),
			("fees", decimal(fees)),
			("deposit", decimal(deposit)),
		]),
		Event::JobQueued { job, pool: at, level } => {
			Parts::of("queued", job).says([("pool", pool(at)), ("level", level.0.into())])
		}
		Event::JobRepriced { job, level, escrow } => {
			Parts::of("repriced", job).says([("level", level.0.into()), ("escrow", decimal(escrow))])
		}
		Event::JobAssigned {
			job,
			provider,
			price: agreed,
			until,
		} => Parts::of("assigned", job)
			.by(provider)
			.says([("price", price(agreed)), ("until", until.into())]),
		Event::JobAccepted {
			job,
			provider,
			deadline,
		} => Parts::of("accepted", job)
			.by(provider)
			.says([("deadline", deadline.into())]),
		Event::JobRejected { job, provider, reason } => Parts::of("rejected", job)
			.by(provider)
			.says([("reason", reject_reason(reason).into())]),
		Event::NoShow {
			job,
			provider,
			fee_taken,
			barred_until,
		} => Parts::of("noShow", job)
			.by(provider)
			.says([("feeTaken", decimal(fee_taken)), ("barredUntil", barred_until.into())]),
		Event::OfferLapsed { job, provider } => Parts::of("offerLapsed", job).by(provider),
		Event::JobCommitted {
			job,
			provider,
			root,
			units,
			window_end,
		} => Parts::of("committed", job).by(provider).says([
			("root", hash(root)),
			("units", decimal(units)),
			("windowEnd", window_end.into()),
		]),
		Event::WindowExtended {
			job,
			provider,
			window_end,
		} => Parts::of("windowExtended", job)
			.by(provider)
			.says([("windowEnd", window_end.into())]),
		Event::JobSettled {
			job,
			provider,
			requester,
			payout,
			units,
			payment,
			fee,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			lapsed,
		} => Parts::of("settled", job)
			.by(provider)
			.from(requester)
			.says([
				("payout", maybe(payout.as_ref(), account)),
				("units", decimal(units)),
				("payment", decimal(payment)),
				("fee", decimal(fee)),
				("lapsed", lapsed.into()),
			])
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::JobLate { job, provider, credit } => {
			Parts::of("late", job).by(provider).says([("credit", decimal(credit))])
		}
		Event::JobAbandoned { job, provider, credit } => Parts::of("abandoned", job)
			.by(provider)
			.says([("credit", decimal(credit))]),
		Event::JobCancelled {
			job,
			requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => Parts::of("cancelled", job)
			.from(requester)
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::JobExpired {
			job,
			requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} => Parts::of("expired", job)
			.from(requester)
			.ends(refund, fees_returned, fees_paid, deposit),
		Event::JobUnserved {
			job,
			requester,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			assignments,
			acceptances,
		} => Parts::of("unserved", job)
			.from(requester)
			.says([("assignments", assignments.into()), ("acceptances", acceptances.into())])
			.ends(refund, fees_returned, fees_paid, deposit),
		other => return disputes::read(other, known),
	};
	Some(parts)
}

fn reject_reason(reason: RejectReason) -> &'static str {
	match reason {
		RejectReason::Busy => "busy",
		RejectReason::InputsMissing => "inputsMissing",
		RejectReason::TooSlow => "tooSlow",
		RejectReason::Unsupported => "unsupported",
		RejectReason::Other => "other",
	}
}
