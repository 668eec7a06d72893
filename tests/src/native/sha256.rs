//! SHA-256 of records (FIPS 180-4).

/// Bytes of a block, the unit in which a message is hashed.
pub const BLOCK: usize = 64;

/// What a digest starts with: the fractions of the square roots of the first eight primes.
const INITIAL: [u32; 8] = [
	0x6a09_e667,
	0xbb67_ae85,
	0x3c6e_f372,
	0xa54f_f53a,
	0x510e_527f,
	0x9b05_688c,
	0x1f83_d9ab,
	0x5be0_cd19,
];

/// A constant a round: the fractions of the cube roots of the first 64 primes.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
	0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
	0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
	0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
	0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
	0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
	0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
	0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
	0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// The digests of the whole records of `record` bytes in `records`, one after another.
pub fn digests(records: &[u8], record: usize) -> Vec<u8> {
	records.chunks_exact(record).flat_map(digest).collect()
}

/// The digests of records that bring their padding; `record` is a multiple of [`BLOCK`].
pub fn digests_of_padded(records: &[u8], record: usize) -> Vec<u8> {
	records.chunks_exact(record).flat_map(digest_of_padded).collect()
}

/// The digest of a message of any length.
pub fn digest(message: &[u8]) -> [u8; 32] {
	let mut state = INITIAL;
	let (blocks, rest) = message.as_chunks::<BLOCK>();
	for block in blocks {
		compress(&mut state, block);
	}
	// A one bit, zeros, and the length in bits at the end of a block.
	let mut tail = [0u8; 2 * BLOCK];
	tail[..rest.len()].copy_from_slice(rest);
	tail[rest.len()] = 0x80;
	let end = if rest.len() < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
	let bits = message.len() as u64 * 8;
	tail[end - 8..end].copy_from_slice(&bits.to_be_bytes());
	for block in tail[..end].as_chunks::<BLOCK>().0 {
		compress(&mut state, block);
	}
	bytes(state)
}

/// The digest of a message that brings its padding: whole blocks, and nothing is added.
pub fn digest_of_padded(message: &[u8]) -> [u8; 32] {
	let mut state = INITIAL;
	for block in message.as_chunks::<BLOCK>().0 {
		compress(&mut state, block);
	}
	bytes(state)
}

/// The digest as it is printed: the words with their highest bytes first.
fn bytes(state: [u32; 8]) -> [u8; 32] {
	let mut bytes = [0; 32];
	for (to, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
		*to = word.to_be_bytes();
	}
	bytes
}

/// Takes a block into the state.
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
	let mut schedule = [0u32; 64];
	for (word, bytes) in schedule.iter_mut().zip(block.as_chunks::<4>().0) {
		*word = u32::from_be_bytes(*bytes);
	}
	for t in 16..64 {
		let (before_15, before_2) = (schedule[t - 15], schedule[t - 2]);
		let sigma_0 = before_15.rotate_right(7) ^ before_15.rotate_right(18) ^ (before_15 >> 3);
		let sigma_1 = before_2.rotate_right(17) ^ before_2.rotate_right(19) ^ (before_2 >> 10);
		schedule[t] = schedule[t - 16]
			.wrapping_add(sigma_0)
			.wrapping_add(schedule[t - 7])
			.wrapping_add(sigma_1);
	}
	let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
	for (constant, word) in ROUNDS.iter().zip(schedule) {
		let sum_1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
		let choice = (e & f) ^ (!e & g);
		let first = h
			.wrapping_add(sum_1)
			.wrapping_add(choice)
			.wrapping_add(*constant)
			.wrapping_add(word);
		let sum_0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
		let majority = (a & b) ^ (a & c) ^ (b & c);
		(h, g, f, e) = (g, f, e, d.wrapping_add(first));
		(d, c, b, a) = (c, b, a, first.wrapping_add(sum_0).wrapping_add(majority));
	}
	for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
		*word = word.wrapping_add(add);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sha2::{Digest, Sha256};

	/// The examples of FIPS 180-2, appendix B.
	#[test]
	fn the_examples_of_the_standard() {
		let cases: [(&[u8], &str); 2] = [
			(
				b"abc",
				"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
			),
			(
				b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
				"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
			),
		];
		for (message, expected) in cases {
			assert_eq!(hex::encode(digest(message)), expected);
		}
	}

	#[test]
	fn every_length_is_that_of_another_implementation() {
		let message: Vec<u8> = (0..300u32).map(|number| ((number * number) >> 3) as u8).collect();
		for length in 0..=message.len() {
			let message = &message[..length];
			assert_eq!(digest(message)[..], Sha256::digest(message)[..], "{length} bytes");
		}
	}

	#[test]
	fn records_follow_one_another_and_may_bring_their_padding() {
		let records: Vec<u8> = (0..200u8).collect();
		let both = [digest(&records[..100]), digest(&records[100..])].concat();
		assert_eq!(digests(&records, 100), both);
		// What is left over is no record.
		assert_eq!(digests(&records[..199], 100), both[..32]);
		let mut padded = b"abc\x80".to_vec();
		padded.resize(63, 0);
		padded.push(24);
		assert_eq!(digests_of_padded(&padded.repeat(2), 64), digest(b"abc").repeat(2));
	}
}
