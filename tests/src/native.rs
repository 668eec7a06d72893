//! What the example kernels compute, written a second time in plain Rust and without the kernel crate: the oracle of
//! the end-to-end tests.

/// The view of a Mandelbrot picture. Coordinates are Q4.28: an `i32` of which 28 bits are the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandelbrotView {
	/// The real part of the first pixel.
	pub x0: i32,
	/// The imaginary part of the first pixel.
	pub y0: i32,
	/// The distance between two pixels, both ways.
	pub step: i32,
	/// Pixels in a row: a multiple of 16.
	pub width: usize,
	/// Rows.
	pub height: usize,
	/// Iterations after which a point counts as inside, 1 to 255.
	pub max_iter: u32,
}

/// The picture: one byte a pixel, row by row from the first row, left to right in a row. Items of 16 pixels laid end
/// to end are the same bytes.
///
/// A pixel is 0 inside the set; otherwise 32 × log2(iterations + 1), linear between powers of two. The squares are
/// truncated to 26 bits of fraction and the product to 28, towards minus infinity, and sums wrap, as in the kernel.
pub fn mandelbrot(view: &MandelbrotView) -> Vec<u8> {
	let mut picture = Vec::with_capacity(view.width * view.height);
	for row in 0..view.height {
		for column in 0..view.width {
			let along = |start: i32, count: usize| start.wrapping_add(view.step.wrapping_mul(count as i32));
			picture.push(
				match escape_time(along(view.x0, column), along(view.y0, row), view.max_iter) {
					Some(iterations) => grey(iterations + 1),
					None => 0,
				},
			);
		}
	}
	picture
}

/// Iterations until |z|² exceeds 4; `None` for a point that stays within `max_iter` iterations.
fn escape_time(cx: i32, cy: i32, max_iter: u32) -> Option<u32> {
	let (mut x, mut y) = (0i32, 0i32);
	for iterations in 0..max_iter {
		let (wide_x, wide_y) = (i64::from(x), i64::from(y));
		let (xx, yy) = ((wide_x * wide_x) >> 30, (wide_y * wide_y) >> 30);
		if xx + yy > 4 << 26 {
			return Some(iterations);
		}
		let doubled = ((wide_x * wide_y) >> 27) as i32;
		x = (((xx - yy) * 4) as i32).wrapping_add(cx);
		y = doubled.wrapping_add(cy);
	}
	None
}

/// 32 × log2(n), linear between powers of two, for n from 1 to 255.
fn grey(n: u32) -> u8 {
	let exponent = n.ilog2();
	let mantissa = 32 * (n - (1 << exponent)) / (1 << exponent);
	(32 * exponent + mantissa) as u8
}

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
	fn points_known_by_hand() {
		let one = 1 << 28;
		// 0 and -1 stay; 1 runs 0, 1, 2, 5: |2|² is not above 4, |5|² is. 2 runs 0, 2, 6. -2 stays at 2.
		assert_eq!(escape_time(0, 0, 255), None);
		assert_eq!(escape_time(-one, 0, 255), None);
		assert_eq!(escape_time(one, 0, 255), Some(3));
		assert_eq!(escape_time(2 * one, 0, 255), Some(2));
		assert_eq!(escape_time(-2 * one, 0, 255), None);
	}

	#[test]
	fn grey_doubles_every_32() {
		assert_eq!([1, 2, 3, 4, 6, 8, 255].map(grey), [0, 32, 48, 64, 80, 96, 255]);
	}

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
