//! What happened to a job, for people and for programs.

use super::super::print::grouped;
use crate::{
	amount,
	chain::{to_hex, JobEvent},
};
use serde_json::{json, Value};

/// One sentence.
pub(super) fn sentence(event: &JobEvent) -> String {
	let mill = amount::print;
	match event {
		JobEvent::Submitted {
			requester,
			escrow,
			fees,
			deposit,
		} => format!(
			"submitted by {requester}; {} of escrow, {} of job fees and a deposit of {} are held",
			mill(*escrow),
			mill(*fees),
			mill(*deposit)
		),
		JobEvent::Repriced { level, escrow } => format!(
			"bids {} planck now; {} of escrow are held",
			grouped(level.price().0),
			mill(*escrow)
		),
		JobEvent::Queued => "waits in the book".to_owned(),
		JobEvent::Assigned { provider, price, until } => format!(
			"assigned to provider {provider} at {} planck, to be accepted by tick {until}",
			grouped(price.0)
		),
		JobEvent::Accepted { provider, deadline } => {
			format!("accepted by provider {provider}, to be done by tick {deadline}")
		}
		JobEvent::Rejected { provider, reason } => format!("turned down by provider {provider}: {}", reason.name()),
		JobEvent::NoShow => "the assigned provider said nothing".to_owned(),
		JobEvent::OfferLapsed => "the named provider did not accept it in time".to_owned(),
		JobEvent::Committed {
			provider,
			units,
			window_end,
			..
		} => format!(
			"provider {provider} committed a result of {} units, which can be refuted until tick {window_end}",
			grouped(units)
		),
		JobEvent::WindowExtended { provider, window_end } => {
			format!("provider {provider} does not answer, so its result can be refuted until tick {window_end}")
		}
		JobEvent::Settled(end) => format!(
			"ended: {} paid to provider {}{}, {} of it the protocol's; {} of escrow and {} of job fees returned",
			mill(end.payment),
			end.provider,
			if end.lapsed { " at the end of the window" } else { "" },
			mill(end.fee),
			mill(end.refund),
			mill(end.fees_returned)
		),
		JobEvent::Refuted(end) => format!(
			"ended: leaf {} of provider {}'s result was shown to be wrong by {}; {} slashed, {} returned",
			end.leaf,
			end.provider,
			end.refuter,
			mill(end.slashed),
			mill(end.refund.saturating_add(end.fees_returned))
		),
		JobEvent::Voided {
			provider,
			refund,
			fees_returned,
		} => format!(
			"ended: void, as another result of provider {provider} was refuted; {} returned",
			mill(refund.saturating_add(*fees_returned))
		),
		JobEvent::AssignmentVoided => "its provider was convicted, so another one may get it".to_owned(),
		JobEvent::LeavesDemanded { leaves, fee, until } => format!(
			"{} leaves demanded for {}, {}",
			grouped(leaves.len()),
			mill(*fee),
			until.map_or_else(
				|| "once other demands are answered".to_owned(),
				|until| format!("to be shown by tick {until}")
			)
		),
		JobEvent::DemandOpened { until } => format!("the demanded leaves are to be shown by tick {until}"),
		JobEvent::LeavesProvided { by, leaves, missing } => format!(
			"{} demanded leaves shown by {by}, {} are missing",
			grouped(leaves.len()),
			grouped(missing)
		),
		JobEvent::DemandAnswered { window_end } => {
			format!("all demanded leaves were shown; the result can be refuted until tick {window_end}")
		}
		JobEvent::Silent(end) => format!(
			"ended: {} leaves that were demanded of provider {} never came; {} slashed, {} returned",
			grouped(end.missing),
			end.provider,
			mill(end.slashed),
			mill(end.refund.saturating_add(end.fees_returned))
		),
		JobEvent::DeliveryRefused(end) => format!(
			"ended: its requester said that provider {} did not deliver it; the payment of {} was burned, {} returned",
			end.provider,
			mill(end.burned),
			mill(end.refund.saturating_add(end.fees_returned))
		),
		JobEvent::Late => "the provider missed the deadline".to_owned(),
		JobEvent::Abandoned => "the provider gave it up".to_owned(),
		JobEvent::Cancelled => "ended: taken back by its requester".to_owned(),
		JobEvent::Expired => "ended: nobody had it before it expired".to_owned(),
		JobEvent::NotSettled(reason) => format!("could not be settled with others: {reason}"),
		JobEvent::Unserved => "ended: no provider that had it has done it".to_owned(),
		JobEvent::Other(name) => format!("{name}, which this program does not know"),
	}
}

/// The event's name in JSON.
pub(super) fn name(event: &JobEvent) -> &str {
	match event {
		JobEvent::Submitted { .. } => "submitted",
		JobEvent::Repriced { .. } => "repriced",
		JobEvent::Queued => "queued",
		JobEvent::Assigned { .. } => "assigned",
		JobEvent::Accepted { .. } => "accepted",
		JobEvent::Rejected { .. } => "rejected",
		JobEvent::NoShow => "no_show",
		JobEvent::OfferLapsed => "offer_lapsed",
		JobEvent::Committed { .. } => "committed",
		JobEvent::WindowExtended { .. } => "window_extended",
		JobEvent::Settled(_) => "settled",
		JobEvent::Refuted(_) => "refuted",
		JobEvent::Voided { .. } => "voided",
		JobEvent::AssignmentVoided => "assignment_voided",
		JobEvent::LeavesDemanded { .. } => "leaves_demanded",
		JobEvent::DemandOpened { .. } => "demand_opened",
		JobEvent::LeavesProvided { .. } => "leaves_provided",
		JobEvent::DemandAnswered { .. } => "demand_answered",
		JobEvent::Silent(_) => "silent",
		JobEvent::DeliveryRefused(_) => "delivery_refused",
		JobEvent::Late => "late",
		JobEvent::Abandoned => "abandoned",
		JobEvent::Cancelled => "cancelled",
		JobEvent::Expired => "expired",
		JobEvent::Unserved => "unserved",
		JobEvent::NotSettled(_) => "not_settled",
		JobEvent::Other(name) => name,
	}
}

/// The event's figures, with amounts as texts.
pub(super) fn figures(event: &JobEvent) -> Value {
	match event {
		JobEvent::Submitted {
			requester,
			escrow,
			fees,
			deposit,
		} => json!({
			"requester": requester.to_string(),
			"escrow": escrow.to_string(),
			"job_fees": fees.to_string(),
			"deposit": deposit.to_string(),
		}),
		JobEvent::Repriced { level, escrow } => {
			json!({ "level": level, "price": level.price(), "escrow": escrow.to_string() })
		}
		JobEvent::Assigned { provider, price, until } => {
			json!({ "provider": provider, "price": price, "until_tick": until })
		}
		JobEvent::Accepted { provider, deadline } => json!({ "provider": provider, "deadline_tick": deadline }),
		JobEvent::Rejected { provider, reason } => json!({ "provider": provider, "reason": reason.name() }),
		JobEvent::Committed {
			provider,
			root,
			units,
			window_end,
		} => json!({
			"provider": provider,
			"root": to_hex(&root.0),
			"units": units,
			"window_end_tick": window_end,
		}),
		JobEvent::WindowExtended { provider, window_end } => {
			json!({ "provider": provider, "window_end_tick": window_end })
		}
		JobEvent::Settled(end) => json!({
			"provider": end.provider,
			"payout": end.payout.map(|payout| payout.to_string()),
			"units": end.units,
			"payment": end.payment.to_string(),
			"protocol_fee": end.fee.to_string(),
			"refund": end.refund.to_string(),
			"job_fees_returned": end.fees_returned.to_string(),
			"lapsed": end.lapsed,
		}),
		JobEvent::Refuted(end) => json!({
			"provider": end.provider,
			"refuter": end.refuter.to_string(),
			"leaf": end.leaf,
			"slash": end.slash,
			"slashed": end.slashed.to_string(),
			"refund": end.refund.to_string(),
			"job_fees_returned": end.fees_returned.to_string(),
		}),
		JobEvent::Voided {
			provider,
			refund,
			fees_returned,
		} => json!({
			"provider": provider,
			"refund": refund.to_string(),
			"job_fees_returned": fees_returned.to_string(),
		}),
		JobEvent::LeavesDemanded { leaves, fee, until } => {
			json!({ "leaves": leaves, "fee": fee.to_string(), "until_tick": until })
		}
		JobEvent::DemandOpened { until } => json!({ "until_tick": until }),
		JobEvent::LeavesProvided { by, leaves, missing } => json!({
			"by": by.to_string(),
			"leaves": leaves.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(),
			"missing": missing,
		}),
		JobEvent::DemandAnswered { window_end } => json!({ "window_end_tick": window_end }),
		JobEvent::Silent(end) => json!({
			"provider": end.provider,
			"missing": end.missing,
			"slash": end.slash,
			"slashed": end.slashed.to_string(),
			"refund": end.refund.to_string(),
			"job_fees_returned": end.fees_returned.to_string(),
		}),
		JobEvent::DeliveryRefused(end) => json!({
			"provider": end.provider,
			"units": end.units,
			"burned": end.burned.to_string(),
			"refund": end.refund.to_string(),
			"job_fees_returned": end.fees_returned.to_string(),
		}),
		JobEvent::NotSettled(reason) => {
			json!({ "pallet": reason.pallet, "error": reason.error, "doc": reason.doc })
		}
		JobEvent::Queued
		| JobEvent::NoShow
		| JobEvent::OfferLapsed
		| JobEvent::AssignmentVoided
		| JobEvent::Late
		| JobEvent::Abandoned
		| JobEvent::Cancelled
		| JobEvent::Expired
		| JobEvent::Unserved
		| JobEvent::Other(_) => json!({}),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::{AccountId, Price, RefusedDelivery, Rejection, Settlement},
	};

	#[test]
	fn events_are_sentences_and_objects() {
		let settled = JobEvent::Settled(Settlement {
			provider: 4,
			payout: Some(AccountId([1; 32])),
			units: 1_000,
			payment: 10 * MILL,
			fee: MILL / 2,
			refund: 3 * MILL,
			fees_returned: MILL,
			lapsed: true,
		});
		let text = sentence(&settled);
		for part in [
			"ended: 10 MILL paid to provider 4 at the end of the window",
			"0.5 MILL of it",
			"3 MILL of escrow",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = figures(&settled);
		assert_eq!(object["payment"], (10 * MILL).to_string());
		assert_eq!(object["lapsed"], true);
		let assigned = JobEvent::Assigned {
			provider: 4,
			price: Price(1_000_000),
			until: 60,
		};
		assert_eq!(
			sentence(&assigned),
			"assigned to provider 4 at 1,000,000 planck, to be accepted by tick 60"
		);
		assert_eq!(name(&assigned), "assigned");
		assert_eq!(
			figures(&assigned),
			json!({ "provider": 4, "price": 1_000_000, "until_tick": 60 })
		);
	}

	#[test]
	fn a_refused_delivery_says_that_the_payment_is_nobodys() {
		let refused = JobEvent::DeliveryRefused(RefusedDelivery {
			provider: 4,
			units: 1_000,
			burned: 10 * MILL,
			refund: 3 * MILL,
			fees_returned: MILL,
		});
		assert!(refused.ends_the_job());
		assert_eq!(
			sentence(&refused),
			"ended: its requester said that provider 4 did not deliver it; the payment of 10 MILL was burned, 4 MILL returned"
		);
		assert_eq!(name(&refused), "delivery_refused");
		assert_eq!(
			figures(&refused),
			json!({
				"provider": 4,
				"units": 1_000,
				"burned": (10 * MILL).to_string(),
				"refund": (3 * MILL).to_string(),
				"job_fees_returned": MILL.to_string(),
			})
		);
	}

	#[test]
	fn what_a_batch_leaves_out_says_why() {
		let left_out = JobEvent::NotSettled(Rejection {
			pallet: "Market".to_owned(),
			error: "WindowOpen".to_owned(),
			doc: "Wait.".to_owned(),
		});
		assert!(!left_out.ends_the_job());
		assert_eq!(
			sentence(&left_out),
			"could not be settled with others: Market::WindowOpen: Wait."
		);
		assert_eq!(name(&left_out), "not_settled");
		assert_eq!(
			figures(&left_out),
			json!({ "pallet": "Market", "error": "WindowOpen", "doc": "Wait." })
		);
	}

	#[test]
	fn every_end_says_that_it_is_one() {
		for event in [JobEvent::Cancelled, JobEvent::Expired, JobEvent::Unserved] {
			assert!(
				event.ends_the_job() && sentence(&event).starts_with("ended: "),
				"{event:?}"
			);
			assert_eq!(figures(&event), json!({}));
		}
		let other = JobEvent::Other("JobPainted".to_owned());
		assert_eq!(name(&other), "JobPainted");
		assert!(sentence(&other).contains("JobPainted"));
	}
}
