//! How often short patterns begin in each block of a sequence.

/// Starting positions that one item of the k-mer kernel looks at.
pub const KMER_BLOCK: usize = 256;

/// How often each pattern begins at each block of [`KMER_BLOCK`] positions of `sequence`, overlapping occurrences
/// included. A position counts where the whole pattern lies inside the sequence.
///
/// The counts are little-endian `u32`, block after block, within a block one a pattern in the given order: with four
/// patterns the bytes are the items of the kernel, laid end to end. The last block may be shorter.
pub fn kmer_counts(sequence: &[u8], patterns: &[&[u8]]) -> Vec<u8> {
	let mut counts = vec![0u32; sequence.len().div_ceil(KMER_BLOCK) * patterns.len()];
	for (number, pattern) in patterns.iter().enumerate() {
		for position in positions(sequence, pattern) {
			counts[position / KMER_BLOCK * patterns.len() + number] += 1;
		}
	}
	counts.iter().flat_map(|count| count.to_le_bytes()).collect()
}

/// How often each pattern occurs in the whole of `sequence`, overlapping occurrences included.
pub fn kmer_totals(sequence: &[u8], patterns: &[&[u8]]) -> Vec<u64> {
	patterns
		.iter()
		.map(|pattern| positions(sequence, pattern).count() as u64)
		.collect()
}

/// Where `pattern`, which is not empty, begins in `sequence`.
fn positions<'a>(sequence: &'a [u8], pattern: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
	sequence
		.windows(pattern.len())
		.enumerate()
		.filter(move |(_, window)| *window == pattern)
		.map(|(position, _)| position)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn counts_go_to_the_block_in_which_an_occurrence_begins() {
		let mut sequence = vec![b'C'; 300];
		sequence[255..258].copy_from_slice(b"AAA");
		sequence[298..].copy_from_slice(b"AA");
		let counts = kmer_counts(&sequence, &[b"AA", b"AAA"]);
		let expected: Vec<u8> = [1u32, 1, 2, 0].iter().flat_map(|count| count.to_le_bytes()).collect();
		assert_eq!(counts, expected);
		assert_eq!(kmer_totals(&sequence, &[b"AA", b"AAA"]), [3, 1]);
	}
}
