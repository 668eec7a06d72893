//! What is signed, against the committed metadata of the runtime.

use super::*;
use codec::Encode;
use millrace_client::chain::{DeviceFacts, JobId, ProvidedLeaf};
use millrace_kernel::tree::{Pair, SumNode};
use subxt::{
	ext::{scale_encode::EncodeAsFields, scale_type_resolver::Field},
	Metadata,
};

#[test]
fn a_heartbeat_says_nothing_but_that_it_is_there() {
	let metadata = Metadata::decode_from(include_bytes!("../../../client/metadata.scale")).unwrap();
	let call = metadata
		.pallet_by_name("Providers")
		.and_then(|pallet| pallet.call_variant_by_name("heartbeat"))
		.unwrap();
	let mut fields = call
		.fields
		.iter()
		.map(|field| Field::new(field.ty.id, field.name.as_deref()));
	let mut encoded = Vec::new();
	().encode_as_fields_to(&mut fields, metadata.types(), &mut encoded)
		.unwrap();
	assert!(encoded.is_empty());
}

#[test]
fn a_device_is_enrolled_as_the_runtime_reads_it() {
	let facts = DeviceFacts {
		model: "NVIDIA H200".to_owned(),
		memory: 141 << 30,
		compute_capability: Some((9, 0)),
		driver: "CUDA 12.4".to_owned(),
		uuid_hash: [6; 32],
	};
	let metadata = Metadata::decode_from(include_bytes!("../../../client/metadata.scale")).unwrap();
	let call = metadata
		.pallet_by_name("Providers")
		.and_then(|pallet| pallet.call_variant_by_name("enrol_device"))
		.unwrap();
	let mut fields = call
		.fields
		.iter()
		.map(|field| Field::new(field.ty.id, field.name.as_deref()));
	let mut encoded = Vec::new();
	(0u8, shapes::DeviceFacts::from(&facts))
		.encode_as_fields_to(&mut fields, metadata.types(), &mut encoded)
		.unwrap();

	// The fields in their order, by another encoder.
	let expected = (
		0u8,
		(
			facts.model.as_bytes(),
			facts.memory,
			facts.compute_capability,
			facts.driver.as_bytes(),
			facts.uuid_hash,
		),
	);
	assert_eq!(encoded, expected.encode());
}

#[test]
fn provided_leaves_are_as_the_runtime_reads_them() {
	let node = |number: u8| SumNode {
		hash: [number; 32],
		units: 0x0102 * u64::from(number),
	};
	let leaf = ProvidedLeaf {
		leaf: 70_000,
		bytes: (0..=255).collect(),
		traps: 3,
		pairs: vec![
			Pair {
				left: node(1),
				right: node(2),
			},
			Pair {
				left: node(3),
				right: node(4),
			},
		],
	};
	let alone = ProvidedLeaf {
		leaf: 0,
		bytes: vec![9],
		traps: 0,
		pairs: Vec::new(),
	};
	let leaves = [leaf, alone];
	let job = JobId([7; 32]);

	let metadata = Metadata::decode_from(include_bytes!("../../../client/metadata.scale")).unwrap();
	let call = metadata
		.pallet_by_name("Market")
		.and_then(|pallet| pallet.call_variant_by_name("provide"))
		.unwrap();
	let mut fields = call
		.fields
		.iter()
		.map(|field| Field::new(field.ty.id, field.name.as_deref()));
	let shapes: Vec<shapes::ProvidedLeaf<'_>> = leaves.iter().map(Into::into).collect();
	let mut encoded = Vec::new();
	(job.0, shapes)
		.encode_as_fields_to(&mut fields, metadata.types(), &mut encoded)
		.unwrap();

	// The fields in their order, by another encoder.
	let pair = |pair: &Pair| {
		let node = |node: SumNode| (node.hash, node.units);
		(node(pair.left), node(pair.right))
	};
	let expected: Vec<_> = leaves
		.iter()
		.map(|leaf| {
			let pairs: Vec<_> = leaf.pairs.iter().map(pair).collect();
			(leaf.leaf, leaf.bytes.clone(), leaf.traps, pairs)
		})
		.collect();
	assert_eq!(encoded, (job.0, expected).encode());
}
