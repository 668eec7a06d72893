//! Proofs: what refutes a commitment, what does not, and that nothing honest is ever refuted.

#![cfg(all(feature = "asm", feature = "hash"))]

mod case;
mod declared;
mod descent;
mod hostile;
mod lies;
mod openings;
mod prove;
mod soundness;
mod spec;
mod tree;
mod work;

/// BLAKE2b-256, by the library alone.
fn blake2b(parts: &[&[u8]]) -> [u8; 32] {
	let mut params = blake2b_simd::Params::new();
	params.hash_length(32);
	params.hash(&parts.concat()).as_bytes().try_into().unwrap()
}
