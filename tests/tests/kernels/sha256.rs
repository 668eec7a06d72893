//! SHA-256: records of every length that it serves, and the vectors of NIST.

use crate::{assert_same, program, random, Job};
use millrace_tests::native::sha256::{digest, digests, digests_of_padded};

/// Units of an item of one block, whose padding is folded, and with one fault.
const ONE_BLOCK: u32 = 3_948;
/// Units of an item of more, beside its blocks and faults.
const ITEM: u32 = 69;
/// Units of a block of the record.
const BLOCK: u32 = 2_263;
/// Units of the block of padding.
const PADDING: u32 = 2_197;
const FAULT: u32 = 128;

/// Messages with their digests, from a response file of NIST's validation program.
fn vectors(text: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
	let (mut vectors, mut bytes, mut message) = (Vec::new(), 0, Vec::new());
	for (key, value) in text.lines().filter_map(|line| line.trim().split_once(" = ")) {
		match key {
			"Len" => bytes = value.parse::<usize>().expect("a number of bits") / 8,
			"Msg" => {
				message = hex::decode(value).expect("hexadecimal digits");
				// The empty message is written as one byte.
				message.truncate(bytes);
				assert_eq!(message.len(), bytes);
			}
			"MD" => vectors.push((message.clone(), hex::decode(value).expect("hexadecimal digits"))),
			_ => {}
		}
	}
	vectors
}

/// All vectors of which the kernel takes the padded message.
fn all_vectors() -> Vec<(Vec<u8>, Vec<u8>)> {
	let short = vectors(include_str!("../../vectors/SHA256ShortMsg.rsp"));
	let long = vectors(include_str!("../../vectors/SHA256LongMsg.rsp"));
	assert_eq!((short.len(), long.len()), (65, 9));
	short.into_iter().chain(long).collect()
}

/// FIPS 180-4, section 5.1.1.
fn padded(message: &[u8]) -> Vec<u8> {
	let mut padded = message.to_vec();
	padded.push(0x80);
	while padded.len() % 64 != 56 {
		padded.push(0);
	}
	padded.extend((message.len() as u64 * 8).to_be_bytes());
	padded
}

#[test]
fn the_vectors_of_nist() {
	let program = program("sha256");
	let mut whole_blocks = 0;
	for (message, expected) in all_vectors() {
		let what = format!("the message of {} bytes", message.len());
		assert_same(&digest(&message), &expected, &what);
		let record = padded(&message);
		let job = Job::new(&program, 1, &[record.len() as u64, 1], &[&record]);
		assert_same(&job.run().bytes, &expected, &what);
		if !message.is_empty() && message.len().is_multiple_of(64) {
			whole_blocks += 1;
			let job = Job::new(&program, 1, &[message.len() as u64, 0], &[&message]);
			assert_same(&job.run().bytes, &expected, &what);
		}
	}
	assert_eq!(whole_blocks, 1, "the one of 64 bytes");
}

#[test]
fn records_of_every_length_and_their_units() {
	let program = program("sha256");
	assert_eq!(program.items_per_leaf(), 32);
	for blocks in 1..=16 {
		let record = 64 * blocks;
		let records = random(blocks as u32, 20 * record);
		let job = Job::new(&program, 20, &[record as u64, 0], &[&records]);
		let result = job.run();
		assert_same(&result.bytes, &digests(&records, record), &format!("{blocks} blocks"));
		for (item, units) in result.units.iter().enumerate() {
			let chunks = (record * (item + 1) - 1) / 1024 - record * item / 1024 + 1;
			let expected = match blocks {
				1 => ONE_BLOCK,
				_ => ITEM + BLOCK * blocks as u32 + PADDING + FAULT * chunks as u32,
			};
			assert_eq!(*units, expected, "{blocks} blocks, item {item}");
		}
		// The longest record is the bound.
		if blocks == 16 {
			assert_eq!(result.units[0], program.header().max_units);
		}

		let job = Job::new(&program, 20, &[record as u64, 1], &[&records]);
		let result = job.run();
		let expected = digests_of_padded(&records, record);
		assert_same(&result.bytes, &expected, &format!("{blocks} blocks with padding"));
	}
}

#[test]
fn a_record_that_is_not_whole_traps() {
	let program = program("sha256");
	let records = random(3, 2 * 64 + 63);
	let job = Job::new(&program, 3, &[64, 0], &[&records]);
	let most = program.header().max_units;
	for (index, trapped) in [(0, false), (1, false), (2, true)] {
		let (out, outcome) = job.item(index);
		assert_eq!(outcome.trapped, trapped, "item {index}");
		assert_eq!(outcome.units, if trapped { most } else { ONE_BLOCK });
		assert_eq!(out == [0; 32], trapped);
	}
	// 17 blocks are more than the bound allows.
	let records = random(4, 17 * 64);
	let (_, outcome) = Job::new(&program, 1, &[17 * 64, 0], &[&records]).item(0);
	assert!(outcome.trapped);
}

#[test]
fn the_job_that_ships() {
	let job = Job::shipped("sha256");
	let [genome] = job.inputs.as_slice() else {
		panic!("one input");
	};
	assert_eq!((genome.len(), job.items), (48_502, 48_502 / 64));
	let result = job.run();
	assert_same(&result.bytes, &digests(genome, 64), "the genome");
	assert!(result.units.iter().all(|units| *units == job.max_units));
	// What sha256sum says of the first 64 letters.
	assert_eq!(
		hex::encode(&result.bytes[..32]),
		"7c7db5ba47ccb1f3c0ab2c455a3098cf9773c51e2e51da78aa0e79dfeb53659b"
	);
}
