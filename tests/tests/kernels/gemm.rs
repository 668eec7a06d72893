//! The product of matrices of signed bytes.

use crate::{assert_same, program, random, Job};
use millrace_tests::native::gemm::{tile, tiles};

/// Units of a tile beside its rounds and faults.
const ITEM: u32 = 233;
/// Units of a round: 32 bytes of each row.
const ROUND: u32 = 1_043;
const FAULT: u32 = 128;

/// Chunks that `bytes` bytes from byte `start` on touch.
fn chunks(start: usize, bytes: usize) -> u32 {
	((start + bytes - 1) / 1024 - start / 1024 + 1) as u32
}

/// The units of tile `index` by the table of its page.
fn units(index: usize, n: usize, k: usize) -> u32 {
	let across = n / 8;
	let (top, left) = (index / across * 8, index % across * 8);
	let faults: u32 = (0..8)
		.map(|row| chunks((top + row) * k, k) + chunks((left + row) * k, k))
		.sum();
	ITEM + ROUND * (k / 32) as u32 + FAULT * faults
}

#[test]
fn products_of_every_shape() {
	let program = program("gemm");
	assert_eq!(program.items_per_leaf(), 4);
	for (seed, (m, n, k)) in [
		(8, 8, 32),
		(24, 16, 32),
		(16, 40, 96),
		(8, 16, 992),
		(16, 16, 1024),
		(16, 8, 1056),
	]
	.into_iter()
	.enumerate()
	{
		let (a, b) = (random(seed as u32, m * k), random(seed as u32 + 100, n * k));
		let what = format!("{m} x {n}, k {k}, seed {seed}");
		let result = Job::new(&program, m * n / 64, &[n as u64, k as u64], &[&a, &b]).run();
		assert_same(&result.bytes, &tiles(&a, &b, n, k), &what);
		let expected: Vec<u32> = (0..m * n / 64).map(|index| units(index, n, k)).collect();
		assert_eq!(result.units, expected, "{what}");
	}
}

#[test]
fn its_bound_is_tight() {
	let program = program("gemm");
	// The worst is not the longest row, but one that ends in the middle of a fifth chunk: rows 8 to 15 of 4,064 bytes.
	let (a, b) = (random(1, 16 * 4064), random(2, 16 * 4064));
	let (out, outcome) = Job::new(&program, 4, &[16, 4064], &[&a, &b]).item(3);
	assert_same(&out, &tile(&a, &b, 16, 4064, 3), "k 4,064");
	assert_eq!((outcome.units, outcome.trapped), (program.header().max_units, false));
	assert_eq!(outcome.units, ITEM + ROUND * 127 + FAULT * 80);

	// The largest sums that there are, over the longest rows.
	let a = vec![0x80; 8 * 4096];
	for byte in [0x80, 0x7f] {
		let b = vec![byte; 8 * 4096];
		let (out, outcome) = Job::new(&program, 1, &[8, 4096], &[&a, &b]).item(0);
		assert_same(&out, &tile(&a, &b, 8, 4096, 0), "extremes");
		let sum = i32::from_le_bytes([out[0], out[1], out[2], out[3]]);
		assert_eq!(sum, if byte == 0x80 { 4096 * 16_384 } else { -4096 * 16_256 });
		assert_eq!(
			(outcome.units, outcome.trapped),
			(ITEM + ROUND * 128 + FAULT * 64, false)
		);
	}
	// A longer one is beyond the bound.
	let (a, b) = (random(3, 8 * 4128), random(4, 8 * 4128));
	assert!(Job::new(&program, 1, &[8, 4128], &[&a, &b]).item(0).1.trapped);
}

#[test]
fn tiles_beyond_the_matrix_trap() {
	let program = program("gemm");
	let (a, b) = (random(5, 8 * 32), random(6, 16 * 32));
	let job = Job::new(&program, 3, &[16, 32], &[&a, &b]);
	let trapped: Vec<bool> = (0..3).map(|index| job.item(index).1.trapped).collect();
	assert_eq!(trapped, [false, false, true]);
}

#[test]
fn the_job_that_ships() {
	let job = Job::shipped("gemm");
	let [a, b] = job.inputs.as_slice() else {
		panic!("two inputs");
	};
	assert_eq!((a.len(), b.len(), job.items), (64 * 128, 64 * 128, 64));
	assert_eq!(job.params, [64, 128]);
	// The lines of docs/kernels/gemm.md that made the matrices.
	let made = |factor: u64| -> Vec<u8> {
		let numbers = 0..64 * 128u64;
		numbers.map(|i| ((i * i * i * factor) >> 9) as u8).collect()
	};
	assert_same(a, &made(31), "the first matrix");
	assert_same(b, &made(17), "the second matrix");
	let result = job.run();
	assert_same(&result.bytes, &tiles(a, b, 64, 128), "the product");
	// Rows of 128 bytes, of which eight are a chunk.
	assert!(result.units.iter().all(|units| *units == job.max_units));
}
