use super::*;
use crate::rpc::compute::tests::{metadata, samples};
use codec::Encode;
use millrace_primitives::{refutation::Fraud, Level, Price, SlashId};
use millrace_runtime::Runtime;
use pallet_market::{types::RejectReason, Event};
use polkadot_sdk::{frame_system::Phase, sp_runtime::DispatchError};
use serde_json::json;

/// One event of each kind, in the order of [`KINDS`].
fn all() -> Vec<Event<Runtime>> {
	let (job, provider, requester) = (samples::id(), ProviderId(3), samples::alice());
	let (root, slash) = (Hash::repeat_byte(0xdd), Some(SlashId(6)));
	let (refund, fees_returned, fees_paid, deposit) = (u128::MAX, 2, 5, 4);
	let slashed = 9_007_199_254_740_993;
	let leaves = vec![0, 4];
	vec![
		Event::JobSubmitted {
			job,
			requester: requester.clone(),
			kernel: samples::spec().kernel,
			items: 16,
			escrow: u128::MAX,
			fees: 15,
			deposit: 4,
		},
		Event::JobQueued {
			job,
			pool: samples::pool(),
			level: Level(100),
		},
		Event::JobRepriced {
			job,
			level: Level(101),
			escrow: u128::MAX,
		},
		Event::JobAssigned {
			job,
			provider,
			price: Price(u64::MAX),
			until: 5,
		},
		Event::JobAccepted {
			job,
			provider,
			deadline: 6,
		},
		Event::JobRejected {
			job,
			provider,
			reason: RejectReason::InputsMissing,
		},
		Event::NoShow {
			job,
			provider,
			fee_taken: 5,
			barred_until: 7,
		},
		Event::OfferLapsed { job, provider },
		Event::JobCommitted {
			job,
			provider,
			root,
			units: u64::MAX,
			window_end: 8,
		},
		Event::WindowExtended {
			job,
			provider,
			window_end: 9,
		},
		Event::JobSettled {
			job,
			provider,
			requester: requester.clone(),
			payout: None,
			units: u64::MAX,
			payment: u128::MAX,
			fee: 1,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			lapsed: true,
		},
		Event::JobLate {
			job,
			provider,
			credit: 3,
		},
		Event::JobAbandoned {
			job,
			provider,
			credit: 3,
		},
		Event::JobCancelled {
			job,
			requester: requester.clone(),
			refund,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::JobExpired {
			job,
			requester: requester.clone(),
			refund,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::JobUnserved {
			job,
			requester: requester.clone(),
			refund,
			fees_returned,
			fees_paid,
			deposit,
			assignments: 3,
			acceptances: 2,
		},
		Event::JobRefuted {
			job,
			provider,
			refuter: requester.clone(),
			requester: requester.clone(),
			leaf: 4,
			fraud: Fraud::InconsistentPair { pair: 1 },
			slash,
			slashed,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::JobVoided {
			job,
			provider,
			requester: requester.clone(),
			refund,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::AssignmentVoided { job, provider },
		Event::LeavesDemanded {
			job,
			provider,
			requester: requester.clone(),
			leaves: leaves.try_into().expect("a few"),
			fee: 5,
			until: None,
		},
		Event::DemandOpened {
			job,
			provider,
			until: 9,
		},
		Event::LeavesProvided {
			job,
			provider,
			by: requester.clone(),
			leaves: Default::default(),
			missing: 2,
		},
		Event::DemandAnswered { job, window_end: 9 },
		Event::JobSilent {
			job,
			provider,
			requester: requester.clone(),
			missing: 2,
			slash: None,
			slashed: 0,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::MeasurementCharged {
			job,
			provider,
			from_owner: 5,
			from_stake: u128::MAX,
		},
		Event::DeliveryRefused {
			job,
			provider,
			requester,
			units: u64::MAX,
			burned: u128::MAX,
			refund: slashed,
			fees_returned,
			fees_paid,
			deposit,
		},
		Event::JobNotSettled {
			job,
			error: pallet_market::Error::<Runtime>::WindowOpen.into(),
		},
		Event::JobStuck {
			job,
			error: DispatchError::CannotLookup,
		},
	]
}

/// The events as they are stored, and read.
fn read_back(events: Vec<RuntimeEvent>) -> Vec<JobEvent> {
	let records: Vec<EventRecord<RuntimeEvent, Hash>> = events
		.into_iter()
		.map(|event| EventRecord {
			phase: Phase::Finalization,
			event,
			topics: Vec::new(),
		})
		.collect();
	read(&records.encode(), &known()).expect("these are events")
}

fn known() -> Known {
	Known::read(&metadata().encode()).expect("it is known")
}

#[test]
fn every_event_that_names_a_job_has_a_kind() {
	let events = read_back(all().into_iter().map(RuntimeEvent::Market).collect());
	let kinds: Vec<&str> = events.iter().map(|event| event.kind).collect();
	assert_eq!(kinds, KINDS);
	assert!(events.iter().all(|event| event.job == samples::id()));
	assert!(events.iter().zip(0..).all(|(event, index)| event.index == index));
}

#[test]
fn events_that_name_no_job_are_left_out_and_the_others_keep_their_places() {
	let events = read_back(vec![
		RuntimeEvent::Market(Event::HaltSet { halted: true }),
		RuntimeEvent::Market(Event::DemandAnswered {
			job: samples::id(),
			window_end: 9,
		}),
		RuntimeEvent::Market(Event::AskParked {
			provider: ProviderId(3),
			slot: 0,
		}),
	]);
	let expected = json!({
		"index": 1, "kind": "demandAnswered", "job": hash(samples::id().0), "requester": null, "provider": null,
		"windowEnd": 9,
	});
	assert_eq!(events.iter().map(JobEvent::value).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_settlement_has_every_figure() {
	let events = read_back(all().into_iter().map(RuntimeEvent::Market).collect());
	let settled = events
		.iter()
		.find(|event| event.kind == "settled")
		.expect("it is there");
	let expected = json!({
		"index": 10, "kind": "settled", "job": hash(samples::id().0), "requester": samples::ALICE, "provider": 3,
		"payout": null, "units": "18446744073709551615", "payment": samples::MOST_TEXT, "fee": "1",
		"refund": samples::MOST_TEXT, "feesReturned": "2", "feesPaid": "5", "deposit": "4", "lapsed": true,
	});
	assert_eq!(settled.value(), expected);
}

#[test]
fn a_refutation_has_every_figure() {
	let events = read_back(all().into_iter().map(RuntimeEvent::Market).collect());
	let refuted = events
		.iter()
		.find(|event| event.kind == "refuted")
		.expect("it is there");
	let expected = json!({
		"index": 16, "kind": "refuted", "job": hash(samples::id().0), "requester": samples::ALICE, "provider": 3,
		"refuter": samples::ALICE, "leaf": 4, "fraud": "inconsistentPair", "slash": 6, "slashed": samples::ODD_TEXT,
		"refund": samples::MOST_TEXT, "feesReturned": "2", "feesPaid": "5", "deposit": "4",
	});
	assert_eq!(refuted.value(), expected);
}

#[test]
fn a_refused_delivery_has_every_figure() {
	let events = read_back(all().into_iter().map(RuntimeEvent::Market).collect());
	let refused = events
		.iter()
		.find(|event| event.kind == "deliveryRefused")
		.expect("it is there");
	let expected = json!({
		"index": 25, "kind": "deliveryRefused", "job": hash(samples::id().0), "requester": samples::ALICE, "provider": 3,
		"units": "18446744073709551615", "burned": samples::MOST_TEXT, "refund": samples::ODD_TEXT, "feesReturned": "2",
		"feesPaid": "5", "deposit": "4",
	});
	assert_eq!(refused.value(), expected);
}

#[test]
fn errors_have_their_names() {
	let events = read_back(all().into_iter().map(RuntimeEvent::Market).collect());
	let error = |kind| {
		let event = events.iter().find(|event| event.kind == kind).expect("it is there");
		event.value()["error"].clone()
	};
	assert_eq!(error("notSettled"), "Market::WindowOpen");
	assert_eq!(error("stuck"), "System::Cannot lookup");
}

#[test]
fn what_is_no_list_of_events_is_not_read() {
	assert!(read(&[0xff; 7], &known()).is_none());
	let mut longer = Vec::<EventRecord<RuntimeEvent, Hash>>::new().encode();
	assert_eq!(read(&longer, &known()), Some(Vec::new()));
	longer.push(0);
	assert!(read(&longer, &known()).is_none(), "bytes are left over");
}
