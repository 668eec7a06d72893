//! The stages of the number-theoretic transform.

use crate::{assert_same, program, Job};
use millrace_kernel::program::Program;
use millrace_tests::native::ntt::{multiply, power, roots, stage, subtract, MODULUS};

/// Numbers around which carries and borrows happen.
const EDGES: [u64; 12] = [
	0,
	1,
	2,
	0xffff_fffe,
	0xffff_ffff,
	0x1_0000_0000,
	1 << 63,
	0xffff_fffe_0000_0000,
	0xffff_fffe_ffff_ffff,
	MODULUS - 0x1_0000_0000,
	MODULUS - 2,
	MODULUS - 1,
];

fn bytes(numbers: &[u64]) -> Vec<u8> {
	numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
	let words = bytes.as_chunks::<8>().0.iter();
	words.map(|word| u64::from_le_bytes(*word)).collect()
}

/// Numbers below the modulus, one in two of them an edge.
fn random(seed: u64, count: usize) -> Vec<u64> {
	let mut state = seed;
	let mut next = || {
		// SplitMix64.
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		mixed ^ (mixed >> 31)
	};
	(0..count)
		.map(|_| match next() {
			edge if edge & 1 == 0 => EDGES[(edge >> 32) as usize % EDGES.len()],
			_ => next() % MODULUS,
		})
		.collect()
}

/// One stage by the kernel, whose items all cost the same.
fn by_kernel(program: &Program, vector: &[u8], roots: &[u8], number: u32) -> Vec<u8> {
	let result = Job::new(program, vector.len() / 64, &[u64::from(number)], &[vector, roots]).run();
	assert!(result.units.iter().all(|units| *units == program.header().max_units));
	result.bytes
}

#[test]
fn whole_transforms_of_edges() {
	let program = program("ntt");
	assert_eq!(program.items_per_leaf(), 16);
	for n in [8usize, 16, 64, 512] {
		let roots = roots(n as u64);
		for seed in 0..4 {
			let mut vector = bytes(&random(seed, n));
			for number in 0..n.ilog2() {
				let expected = stage(&vector, &roots, number);
				vector = by_kernel(&program, &vector, &roots, number);
				assert_same(&vector, &expected, &format!("n {n}, seed {seed}, stage {number}"));
			}
		}
	}
}

#[test]
fn any_roots_and_any_stage_give_butterflies() {
	// Not a transform, but the same arithmetic over more pairs of numbers.
	let program = program("ntt");
	for seed in 0..64 {
		let (vector, roots) = (bytes(&random(seed, 64)), bytes(&random(seed + 1000, 32)));
		let number = seed as u32 % 32;
		let found = by_kernel(&program, &vector, &roots, number);
		let (x, factors) = (numbers(&vector), numbers(&roots));
		for (i, pair) in numbers(&found).as_chunks::<2>().0.iter().enumerate() {
			// With wide numbers and a division.
			let (a, b, p) = (u128::from(x[i]), u128::from(x[i + 32]), u128::from(MODULUS));
			let root = u128::from(factors[i >> number << number]);
			let expected = [(a + b) % p, (a + p - b) % p * root % p];
			assert_eq!(pair.map(u128::from), expected, "seed {seed}, butterfly {i}");
		}
	}
}

#[test]
fn a_transform_there_and_back() {
	let program = program("ntt");
	let n = 64;
	let x = random(7, n);
	// The inverse takes the inverse roots: 1, then the others from the last to the first, negative.
	let there = roots(n as u64);
	let powers = numbers(&there);
	let back: Vec<u64> = (0..n / 2)
		.map(|i| if i == 0 { 1 } else { MODULUS - powers[n / 2 - i] })
		.collect();
	let transform = |vector: &[u64], roots: &[u8]| {
		let mut vector = bytes(vector);
		for number in 0..n.ilog2() {
			vector = by_kernel(&program, &vector, roots, number);
		}
		let found = numbers(&vector);
		let place = |j: usize| j.reverse_bits() >> (usize::BITS - n.ilog2());
		(0..n).map(|j| found[place(j)]).collect::<Vec<u64>>()
	};
	let again = transform(&transform(&x, &there), &bytes(&back));
	let times_n: Vec<u64> = x.iter().map(|number| multiply(*number, n as u64)).collect();
	assert_eq!(again, times_n);
}

#[test]
fn items_beyond_the_vector_trap() {
	let program = program("ntt");
	let job = Job::new(&program, 2, &[0], &[&bytes(&[1; 8]), &bytes(&[1; 4])]);
	assert!(!job.item(0).1.trapped);
	assert!(job.item(1).1.trapped);
}

#[test]
fn the_job_that_ships() {
	let mut job = Job::shipped("ntt");
	let n = job.inputs[0].len() / 8;
	assert_eq!((n, job.items, job.params.as_slice()), (1024, 128, &[0][..]));
	// The vector is a geometric series, the roots are those of order 1,024.
	let series: Vec<u64> = (0..1024).map(|i| power(3, i)).collect();
	assert_same(&job.inputs[0], &bytes(&series), "the vector");
	assert_same(&job.inputs[1], &roots(1024), "the roots");
	for number in 0..10 {
		job.params = vec![number];
		let expected = stage(&job.inputs[0], &job.inputs[1], number as u32);
		let result = job.run();
		assert_same(&result.bytes, &expected, &format!("stage {number}"));
		job.inputs[0] = result.bytes;
	}
	// So its transform has a closed form: number j times (3 w^j - 1) is 3^n - 1.
	let root = power(7, (MODULUS - 1) / 1024);
	for (place, found) in numbers(&job.inputs[0]).iter().enumerate() {
		let j = (place as u64).reverse_bits() >> 54;
		let factor = subtract(multiply(3, power(root, j)), 1);
		assert_eq!(multiply(*found, factor), subtract(power(3, 1024), 1), "number {j}");
	}
}
