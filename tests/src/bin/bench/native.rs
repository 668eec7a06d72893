//! The shipped kernels by hand: the same algorithms in plain Rust, an item or a row at a time, for all cores.
//!
//! The oracles of the tests are written to be understood; these are written to be fast without leaving the language,
//! so that a ratio to them says what a kernel costs over native code. Each gives the bytes of the kernel's items.

use rayon::prelude::*;

/// Mandelbrot in Q4.28: pixels of `width` × `height` from (`x0`, `y0`) on.
pub(crate) fn mandelbrot(x0: i32, y0: i32, step: i32, width: usize, height: usize, max_iter: u32) -> Vec<u8> {
	let mut picture = vec![0; width * height];
	picture.par_chunks_mut(width).enumerate().for_each(|(row, pixels)| {
		let cy = y0.wrapping_add(step.wrapping_mul(row as i32));
		let mut cx = x0;
		for pixel in pixels {
			*pixel = escape(cx, cy, max_iter);
			cx = cx.wrapping_add(step);
		}
	});
	picture
}

fn escape(cx: i32, cy: i32, max_iter: u32) -> u8 {
	let product = |a: i32, b: i32, shift: u32| ((i64::from(a) * i64::from(b)) >> shift) as i32;
	let (mut x, mut y, mut n) = (0i32, 0i32, 0u32);
	while n < max_iter {
		let (xx, yy) = (product(x, x, 30), product(y, y, 30));
		if xx.wrapping_add(yy) as u32 > 0x1000_0000 {
			break;
		}
		let xy = product(x, y, 27);
		x = xx.wrapping_sub(yy).wrapping_mul(4).wrapping_add(cx);
		y = xy.wrapping_add(cy);
		n += 1;
	}
	if n >= max_iter {
		return 0;
	}
	let log = (n + 1).ilog2();
	(((n + 1) * 32) >> log) as u8 - 32 + 32 * log as u8
}

/// The 3 × 3 filter on a picture of `width` pixels a row as the kernel does it: 16 pixels an item, two in a register.
pub(crate) fn filter(picture: &[u8], width: usize) -> Vec<u8> {
	let mut smoothed = vec![0; picture.len()];
	smoothed.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
		let [up, here, down] = rows(picture, width, y);
		for (item, out) in out.chunks_exact_mut(16).enumerate() {
			let x = item * 16;
			let (before, behind) = (x.saturating_sub(1), (x + 16).min(width - 1));
			let (mut even, mut odd) = ([0u32; 4], [0u32; 4]);
			for word in 0..4 {
				let at = |row: &[u8]| {
					let bytes = row[x + 4 * word..x + 4 * word + 4].try_into().unwrap_or_default();
					u32::from_le_bytes(bytes)
				};
				let (a, b, c) = (at(up), at(here), at(down));
				even[word] = (a & LANES) + 2 * (b & LANES) + (c & LANES) + 0x0004_0004;
				odd[word] = (a >> 8 & LANES) + 2 * (b >> 8 & LANES) + (c >> 8 & LANES);
			}
			let column = |x: usize| u32::from(up[x]) + 2 * u32::from(here[x]) + u32::from(down[x]);
			let (before, behind) = (column(before), column(behind) + 4);
			for word in 0..4 {
				let left = match word {
					0 => odd[0] << 16 | before,
					word => odd[word] << 16 | odd[word - 1] >> 16,
				};
				let right = match word {
					3 => even[3] >> 16 | behind << 16,
					word => even[word] >> 16 | even[word + 1] << 16,
				};
				let evens = (left + 2 * even[word] + odd[word]) >> 4 & LANES;
				let odds = (right + 2 * odd[word] + even[word]) << 4 & !LANES;
				out[4 * word..4 * word + 4].copy_from_slice(&(evens | odds).to_le_bytes());
			}
		}
	});
	smoothed
}

/// The even bytes of a word, alone in lanes of 16 bits.
const LANES: u32 = 0x00ff_00ff;

/// The rows above, at and below `y`.
fn rows(picture: &[u8], width: usize, y: usize) -> [&[u8]; 3] {
	let last = picture.len() / width - 1;
	[y.saturating_sub(1), y, (y + 1).min(last)].map(|y| &picture[y * width..(y + 1) * width])
}

/// The same a row at a time, in the vector registers that the compiler fills: another algorithm, for comparison.
pub(crate) fn filter_rows(picture: &[u8], width: usize) -> Vec<u8> {
	let mut smoothed = vec![0; picture.len()];
	smoothed.par_chunks_mut(width).enumerate().for_each_init(
		|| vec![0u16; width + 2],
		|sums, (y, out)| {
			let [up, here, down] = rows(picture, width, y);
			let inner = &mut sums[1..=width];
			for (((sum, up), here), down) in inner.iter_mut().zip(up).zip(here).zip(down) {
				*sum = u16::from(*up) + 2 * u16::from(*here) + u16::from(*down);
			}
			sums[0] = sums[1];
			sums[width + 1] = sums[width];
			let (left, middle, right) = (&sums[..width], &sums[1..=width], &sums[2..]);
			for (((pixel, left), middle), right) in out.iter_mut().zip(left).zip(middle).zip(right) {
				*pixel = ((left + 2 * middle + right + 8) >> 4) as u8;
			}
		},
	);
	smoothed
}

const SHA_K: [u32; 64] = [
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
	0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
	0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
];

/// SHA-256 of records of 64 bytes: a block, and the block of its padding.
pub(crate) fn sha256(records: &[u8]) -> Vec<u8> {
	let mut digests = vec![0; records.len() / 2];
	let mut padding = [0u32; 16];
	padding[0] = 0x8000_0000;
	padding[15] = 512;
	let padding = schedule(padding);
	digests
		.par_chunks_mut(32)
		.zip(records.par_chunks_exact(64))
		.with_min_len(64)
		.for_each(|(digest, record)| {
			let mut block = [0u32; 16];
			for (word, bytes) in block.iter_mut().zip(record.chunks_exact(4)) {
				*word = u32::from_be_bytes(bytes.try_into().unwrap_or_default());
			}
			let mut state = [
				0x6a09_e667,
				0xbb67_ae85,
				0x3c6e_f372,
				0xa54f_f53a,
				0x510e_527f,
				0x9b05_688c,
				0x1f83_d9ab,
				0x5be0_cd19,
			];
			compress(&mut state, &schedule(block));
			compress(&mut state, &padding);
			for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
				bytes.copy_from_slice(&word.to_be_bytes());
			}
		});
	digests
}

/// The words of the schedule, each with its round's constant.
fn schedule(block: [u32; 16]) -> [u32; 64] {
	let mut words = [0u32; 64];
	words[..16].copy_from_slice(&block);
	for at in 16..64 {
		let (a, b) = (words[at - 15], words[at - 2]);
		let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
		let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
		words[at] = words[at - 16]
			.wrapping_add(s0)
			.wrapping_add(words[at - 7])
			.wrapping_add(s1);
	}
	for (word, k) in words.iter_mut().zip(SHA_K) {
		*word = word.wrapping_add(k);
	}
	words
}

fn compress(state: &mut [u32; 8], words: &[u32; 64]) {
	let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
	for word in words {
		let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
		let t1 = h.wrapping_add(s1).wrapping_add(((f ^ g) & e) ^ g).wrapping_add(*word);
		let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
		let t2 = s0.wrapping_add(((a | b) & c) | (a & b));
		(h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
	}
	for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
		*word = word.wrapping_add(add);
	}
}

const P: u64 = 0xffff_ffff_0000_0001;

/// One stage of the constant-geometry transform over the Goldilocks field.
pub(crate) fn ntt(vector: &[u64], roots: &[u64], stage: u32) -> Vec<u8> {
	let half = vector.len() / 2;
	let mut out = vec![0; vector.len() * 8];
	let (first, second) = vector.split_at(half);
	let mask = usize::MAX << stage;
	out.par_chunks_mut(16)
		.with_min_len(1_024)
		.enumerate()
		.for_each(|(i, pair)| {
			let (a, b) = (first[i], second[i]);
			let sum = add(a, b);
			let product = multiply(subtract(a, b), roots[i & mask]);
			pair[..8].copy_from_slice(&sum.to_le_bytes());
			pair[8..].copy_from_slice(&product.to_le_bytes());
		});
	out
}

fn subtract(x: u64, y: u64) -> u64 {
	let (difference, borrow) = x.overflowing_sub(y);
	difference.wrapping_sub(u64::from(u32::MAX) * u64::from(borrow))
}

fn add(x: u64, y: u64) -> u64 {
	subtract(x, P - y)
}

fn multiply(x: u64, y: u64) -> u64 {
	let product = u128::from(x) * u128::from(y);
	let (low, high) = (product as u64, (product >> 64) as u64);
	let reduced = subtract(low, high >> 32);
	let (sum, carry) = reduced.overflowing_add((high & 0xffff_ffff) * 0xffff_ffff);
	let sum = sum.wrapping_add(u64::from(u32::MAX) * u64::from(carry));
	sum.min(sum.wrapping_sub(P))
}

/// Counts four patterns of `k` letters, each at the start of 16 bytes, in blocks of 256 positions, word by word.
pub(crate) fn kmer(sequence: &[u8], patterns: &[u8; 64], k: usize) -> Vec<u8> {
	let word = |bytes: &[u8]| {
		let mut word = [0; 4];
		word[..bytes.len()].copy_from_slice(bytes);
		u32::from_le_bytes(word)
	};
	let mut mask = [0u8; 16];
	mask[..k].fill(0xff);
	let words = |bytes: &[u8]| {
		[
			word(&bytes[..4]),
			word(&bytes[4..8]),
			word(&bytes[8..12]),
			word(&bytes[12..16]),
		]
	};
	let mask = words(&mask);
	let mut wanted = [[0u32; 4]; 4];
	for (pattern, bytes) in wanted.iter_mut().zip(patterns.chunks_exact(16)) {
		*pattern = words(bytes);
		for (word, mask) in pattern.iter_mut().zip(mask) {
			*word &= mask;
		}
	}
	let items = sequence.len().div_ceil(256);
	let mut out = vec![0; items * 16];
	out.par_chunks_mut(16)
		.with_min_len(16)
		.enumerate()
		.for_each(|(item, out)| {
			let start = item * 256;
			let at = |number: usize| {
				let from = (start + number * 4).min(sequence.len());
				word(&sequence[from..(from + 4).min(sequence.len())])
			};
			let mut window = [at(0), at(1), at(2), at(3), 0];
			let mut counts = [0u32; 4];
			for number in 4..68 {
				window[4] = at(number);
				for shift in [0, 8, 16, 24] {
					let mut here = [0u32; 4];
					for (lane, here) in here.iter_mut().enumerate() {
						let pair = u64::from(window[lane]) | u64::from(window[lane + 1]) << 32;
						*here = (pair >> shift) as u32 & mask[lane];
					}
					for (count, pattern) in counts.iter_mut().zip(&wanted) {
						let differs = here
							.iter()
							.zip(pattern)
							.fold(0, |differs, (here, wanted)| differs | (here ^ wanted));
						*count += u32::from(differs == 0);
					}
				}
				window.copy_within(1.., 0);
			}
			for (bytes, count) in out.chunks_exact_mut(4).zip(counts) {
				bytes.copy_from_slice(&count.to_le_bytes());
			}
		});
	out
}

/// A · Bᵀ of signed bytes in tiles of 8 × 8 sums; rows of `k` numbers. The bytes are widened first, so that the inner
/// loop is what every processor has an instruction for: products of 16-bit numbers, added in pairs.
pub(crate) fn gemm(a: &[u8], b: &[u8], k: usize) -> Vec<u8> {
	let widen = |bytes: &[u8]| -> Vec<i16> { bytes.par_iter().map(|byte| i16::from(*byte as i8)).collect() };
	let (a, b) = (widen(a), widen(b));
	let (m, n) = (a.len() / k, b.len() / k);
	let tiles = n / 8;
	let mut out = vec![0; m * n * 4];
	out.par_chunks_mut(256).enumerate().for_each(|(tile, out)| {
		let (top, left) = (tile / tiles * 8, tile % tiles * 8);
		for (row, out) in out.chunks_exact_mut(32).enumerate() {
			let x = &a[(top + row) * k..(top + row + 1) * k];
			for (column, out) in out.chunks_exact_mut(4).enumerate() {
				let y = &b[(left + column) * k..(left + column + 1) * k];
				out.copy_from_slice(&dot(x, y).to_le_bytes());
			}
		}
	});
	out
}

fn dot(x: &[i16], y: &[i16]) -> i32 {
	x.iter().zip(y).map(|(x, y)| i32::from(*x) * i32::from(*y)).sum()
}
