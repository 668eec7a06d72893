//! What refutations and demands look like on the wire, byte by byte, against the committed metadata.

use super::{
	call::Visit,
	events::{job_event, JobEvent},
	AccountId, Call, Fraud, JobId, JobSpec, Level, ProvidedLeaf, RefusedDelivery, Refutation, SessionKeys, Silence,
};
use crate::job::fixture::{in_the_book, to_one};
use codec::{Compact, Encode};
use millrace_kernel::{
	proof::{LeafProof, Opening},
	tree::{Pair, SumNode},
};
use std::sync::Arc;
use subxt::{
	client::{OfflineClient, OfflineClientAtBlock},
	transactions::Payload,
	Metadata, SubstrateConfig,
};

mod council;
mod devices;
mod later;
mod rewards;
mod staking;

const JOB: [u8; 32] = [7; 32];

fn offline() -> OfflineClientAtBlock<SubstrateConfig> {
	offline_with(Metadata::decode_from(include_bytes!("../../metadata.scale")).unwrap())
}

fn offline_with(metadata: Metadata) -> OfflineClientAtBlock<SubstrateConfig> {
	let config = SubstrateConfig::builder()
		.set_spec_version_for_block_ranges([subxt::config::substrate::SpecVersionForRange {
			block_range: 0..10,
			spec_version: 2,
			transaction_version: 1,
		}])
		.set_metadata_for_spec_versions([(2, Arc::new(metadata))])
		.build();
	OfflineClient::new_with_config(config).at_block(1u64).unwrap()
}

/// A block's events: one of this pallet with these fields, of the first transaction, without topics.
fn events(client: &OfflineClientAtBlock<SubstrateConfig>, pallet: &str, name: &str, fields: &[u8]) -> Vec<u8> {
	let metadata = client.metadata();
	let pallet = metadata.pallet_by_name(pallet).unwrap();
	let variants = pallet.event_variants().unwrap();
	let variant = variants
		.iter()
		.find(|variant| variant.name == name)
		.unwrap_or_else(|| panic!("the runtime has no event {name}"));
	let mut bytes = Compact(1u32).encode();
	bytes.extend([0, 0, 0, 0, 0, pallet.event_index(), variant.index]);
	bytes.extend(fields);
	bytes.push(0);
	bytes
}

/// What an event of the market with these fields becomes.
fn event(name: &str, fields: &[u8]) -> JobEvent {
	let client = offline();
	let metadata = client.metadata();
	let events = client.events().from_bytes(events(&client, "Market", name, fields));
	let event = events.iter().next().unwrap().unwrap();
	let (job, event) = job_event(&event, &metadata).unwrap().unwrap();
	assert_eq!(job, JobId(JOB));
	event
}

/// The bytes of a call, without the pallet's index.
fn call(call: &Call) -> Vec<u8> {
	struct Data(OfflineClientAtBlock<SubstrateConfig>);
	impl Visit for Data {
		type Out = Vec<u8>;
		fn visit<P: Payload>(self, payload: &P) -> Vec<u8> {
			self.0.tx().validate(payload).unwrap();
			self.0.tx().call_data(payload).unwrap()
		}
	}
	call.typed(Data(offline()))[1..].to_vec()
}

fn node(byte: u8, units: u64) -> SumNode {
	SumNode {
		hash: [byte; 32],
		units,
	}
}

fn pair() -> Pair {
	Pair {
		left: node(1, 10),
		right: node(2, 20),
	}
}

/// A pair: each hash and its units.
fn pair_bytes() -> Vec<u8> {
	([1u8; 32], 10u64, [2u8; 32], 20u64).encode()
}

#[test]
fn a_refutation_event_has_every_figure() {
	// The last two, used job fees and the deposit, are not read.
	let money = (Some(5u32), 1_000u128, 200u128, 30u128, 8u128, 9u128);
	let head = (JOB, 3u32, [4u8; 32], [5u8; 32], 17u32);
	let expected = |fraud| {
		JobEvent::Refuted(Refutation {
			provider: 3,
			refuter: AccountId([4; 32]),
			requester: AccountId([5; 32]),
			leaf: 17,
			fraud,
			slash: Some(5),
			slashed: 1_000,
			refund: 200,
			fees_returned: 30,
		})
	};
	let pair = event("JobRefuted", &(head, (0u8, 6u32), money).encode());
	assert_eq!(pair, expected(Fraud::InconsistentPair { pair: 6 }));
	assert!(pair.ends_the_job());
	let leaf = event(
		"JobRefuted",
		&(head, (1u8, [8u8; 32], 9u64, [10u8; 32], 11u64), money).encode(),
	);
	assert_eq!(
		leaf,
		expected(Fraud::WrongLeaf {
			claimed: node(8, 9),
			evaluated: node(10, 11),
		})
	);
}

#[test]
fn other_ends_have_their_figures() {
	let voided = event(
		"JobVoided",
		&(JOB, 3u32, [5u8; 32], 200u128, 30u128, 8u128, 9u128).encode(),
	);
	let expected = JobEvent::Voided {
		provider: 3,
		refund: 200,
		fees_returned: 30,
	};
	assert_eq!(voided, expected);
	assert!(voided.ends_the_job());

	let fields = (
		JOB,
		3u32,
		[5u8; 32],
		2u32,
		None::<u32>,
		0u128,
		200u128,
		30u128,
		8u128,
		9u128,
	);
	let silent = event("JobSilent", &fields.encode());
	let expected = JobEvent::Silent(Silence {
		provider: 3,
		missing: 2,
		slash: None,
		slashed: 0,
		refund: 200,
		fees_returned: 30,
	});
	assert_eq!(silent, expected);
	assert!(silent.ends_the_job());

	// Between the provider and the units is the requester, which is not read.
	let fields = (JOB, 3u32, [5u8; 32], 77u64, 700u128, 200u128, 30u128, 8u128, 9u128);
	let refused = event("DeliveryRefused", &fields.encode());
	let expected = JobEvent::DeliveryRefused(RefusedDelivery {
		provider: 3,
		units: 77,
		burned: 700,
		refund: 200,
		fees_returned: 30,
	});
	assert_eq!(refused, expected);
	assert!(refused.ends_the_job());

	let voided = event("AssignmentVoided", &(JOB, 3u32).encode());
	assert_eq!(voided, JobEvent::AssignmentVoided);
	assert!(!voided.ends_the_job(), "another provider may get it");
}

#[test]
fn repricing_is_sent_and_read_as_the_protocol_lists_it() {
	let (job, level) = (JobId(JOB), Level(9));
	assert_eq!(call(&Call::RepriceAsk { slot: 2, level }), [15, 2, 9]);
	assert_eq!(
		call(&Call::RepriceJob { job, level }),
		[vec![16], (JOB, 9u8).encode()].concat()
	);
	let repriced = event("JobRepriced", &(JOB, 9u8, 50u128).encode());
	assert_eq!(repriced, JobEvent::Repriced { level, escrow: 50 });
}

#[test]
fn what_a_batch_leaves_out_has_its_reason() {
	let client = offline();
	let metadata = client.metadata();
	let market = metadata.pallet_by_name("Market").unwrap();
	let errors = market.error_variants().unwrap();
	let open = errors
		.iter()
		.find(|variant| variant.name == "WindowOpen")
		.unwrap()
		.index;
	// The fourth kind of refusal is a pallet's: its index, and four bytes of which the first is the error.
	let refusal = (3u8, market.error_index(), [open, 0, 0, 0]);
	let JobEvent::NotSettled(reason) = event("JobNotSettled", &(JOB, refusal).encode()) else {
		panic!("another event");
	};
	assert_eq!(
		(reason.pallet.as_str(), reason.error.as_str()),
		("Market", "WindowOpen")
	);
	assert!(!reason.doc.is_empty(), "{reason}");
	// The second is the runtime's own.
	let lookup = event("JobNotSettled", &(JOB, 1u8).encode());
	assert!(!lookup.ends_the_job());
	assert!(matches!(lookup, JobEvent::NotSettled(reason) if reason.error == "CannotLookup"));
}

#[test]
fn jobs_are_submitted_together_as_they_are_alone() {
	let (one, other) = (in_the_book().spec, to_one().spec);
	let alone = |spec: &JobSpec| call(&Call::SubmitJob { spec: spec.clone() })[1..].to_vec();
	let expected = [[vec![17], Compact(2u32).encode()].concat(), alone(&one), alone(&other)].concat();
	assert_eq!(
		call(&Call::SubmitJobs {
			specs: vec![one, other]
		}),
		expected
	);
}

#[test]
fn batches_and_refused_deliveries_are_sent_as_the_protocol_lists_them() {
	let batch = Call::SettleJobs {
		jobs: vec![JobId(JOB), JobId([8; 32])],
	};
	assert_eq!(call(&batch), [vec![18], vec![JOB, [8; 32]].encode()].concat());
	let refused = Call::RefuseDelivery { job: JobId(JOB) };
	assert_eq!(call(&refused), [vec![19], JOB.encode()].concat());
}

#[test]
fn an_extended_window_ends_nothing() {
	let extended = event("WindowExtended", &(JOB, 3u32, 1_400u32).encode());
	let expected = JobEvent::WindowExtended {
		provider: 3,
		window_end: 1_400,
	};
	assert_eq!(extended, expected);
	assert!(!extended.ends_the_job(), "it can still be refuted");
}

#[test]
fn demands_and_their_answers_are_read() {
	let fields = (JOB, 3u32, [5u8; 32], vec![0u32, 9, 12], 777u128, Some(44u32));
	let expected = JobEvent::LeavesDemanded {
		leaves: vec![0, 9, 12],
		fee: 777,
		until: Some(44),
	};
	assert_eq!(event("LeavesDemanded", &fields.encode()), expected);
	assert_eq!(
		event("DemandOpened", &(JOB, 3u32, 50u32).encode()),
		JobEvent::DemandOpened { until: 50 }
	);

	let mut fields = (
		JOB,
		3u32,
		[6u8; 32],
		Compact(1u32),
		9u32,
		vec![1u8, 2, 3],
		1u32,
		Compact(1u32),
	)
		.encode();
	fields.extend(pair_bytes());
	fields.extend(2u32.encode());
	let expected = JobEvent::LeavesProvided {
		by: AccountId([6; 32]),
		leaves: vec![ProvidedLeaf {
			leaf: 9,
			bytes: vec![1, 2, 3],
			traps: 1,
			pairs: vec![pair()],
		}],
		missing: 2,
	};
	assert_eq!(event("LeavesProvided", &fields), expected);
	assert_eq!(
		event("DemandAnswered", &(JOB, 90u32).encode()),
		JobEvent::DemandAnswered { window_end: 90 }
	);
}

#[test]
fn a_proof_is_sent_as_the_protocol_lists_it() {
	let proof = LeafProof {
		leaf: 17,
		pairs: vec![pair()],
		openings: vec![
			Opening {
				chunks: vec![0, 3],
				bytes: vec![9; 5],
				siblings: vec![[11; 32]],
			},
			Opening::default(),
		],
		units: 500,
		chunks: 2,
	};
	let mut expected = vec![12];
	expected.extend((JOB, 17u32, Compact(1u32)).encode());
	expected.extend(pair_bytes());
	expected.extend((Compact(2u32), vec![0u32, 3], vec![9u8; 5], vec![[11u8; 32]]).encode());
	expected.extend([0, 0, 0]);
	expected.extend((500u32, 2u32).encode());
	let refute = Call::Refute {
		job: JobId(JOB),
		proof: Box::new(proof),
	};
	assert_eq!(call(&refute), expected);
}

#[test]
fn demands_and_answers_are_sent_as_the_protocol_lists_them() {
	let demand = Call::Demand {
		job: JobId(JOB),
		leaves: vec![1, 5],
	};
	assert_eq!(call(&demand), [vec![13], (JOB, vec![1u32, 5]).encode()].concat());

	let provide = Call::Provide {
		job: JobId(JOB),
		leaves: vec![ProvidedLeaf {
			leaf: 9,
			bytes: vec![1, 2, 3],
			traps: 1,
			pairs: vec![pair()],
		}],
	};
	let mut expected = vec![14];
	expected.extend((JOB, Compact(1u32), 9u32, vec![1u8, 2, 3], 1u32, Compact(1u32)).encode());
	expected.extend(pair_bytes());
	assert_eq!(call(&provide), expected);

	assert_eq!(
		call(&Call::Reactivate { provider: 4 }),
		[vec![11], 4u32.encode()].concat()
	);
	assert_eq!(call(&Call::PaySlash { slash: 6 }), [vec![13], 6u32.encode()].concat());
}

#[test]
fn calls_about_reachability_are_sent_as_the_protocol_lists_them() {
	assert_eq!(call(&Call::Heartbeat), [14]);
	let (provider, began) = (4, 77);
	for (sent, index, fields) in [
		(Call::Rebond { provider, amount: 9 }, 15, (4u32, 9u128).encode()),
		(Call::SetRefill { provider, refill: true }, 16, (4u32, true).encode()),
		(Call::TouchOutage { provider, began }, 17, (4u32, 77u32).encode()),
	] {
		assert_eq!(call(&sent), [vec![index], fields].concat(), "{}", sent.name());
	}
}

/// Grandpa's key, then Babe's, as the runtime lists them; then the proof.
#[test]
fn session_keys_are_sent_in_the_order_of_the_runtime() {
	let keys = SessionKeys {
		grandpa: [1; 32],
		babe: [2; 32],
	};
	let set_keys = Call::SetKeys {
		keys,
		proof: vec![9; 128],
	};
	let expected = [vec![0], ([1u8; 32], [2u8; 32], vec![9u8; 128]).encode()].concat();
	assert_eq!(call(&set_keys), expected);
	assert_eq!(keys.encoded(), expected[1..65]);
}
