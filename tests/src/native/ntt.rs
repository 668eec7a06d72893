//! The number-theoretic transform over the Goldilocks field, a stage at a time.

/// The modulus: 2^64 − 2^32 + 1.
pub const MODULUS: u64 = 0xffff_ffff_0000_0001;

/// 2^64 modulo [`MODULUS`].
const EPSILON: u64 = 0xffff_ffff;

/// Generates all numbers but 0 as its powers.
const GENERATOR: u64 = 7;

/// Butterflies of an item.
const ITEM_BUTTERFLIES: usize = 4;

/// One stage: what item after item of the kernel gives.
///
/// `vector` holds n numbers below [`MODULUS`], n a power of two of at least 8, and `roots` the first n / 2 powers of a
/// primitive n-th root of unity w; numbers are little-endian. With y = x\[i + n / 2\], for i from 0 to n / 2 − 1, the
/// result's numbers 2i and 2i + 1 are x\[i\] + y and (x\[i\] − y) × w^(i with its `stage` lowest bits cleared).
pub fn stage(vector: &[u8], roots: &[u8], stage: u32) -> Vec<u8> {
	let items = vector.len() / (16 * ITEM_BUTTERFLIES);
	(0..items).flat_map(|index| item(vector, roots, stage, index)).collect()
}

/// The four butterflies of item `index` of a [`stage`].
pub fn item(vector: &[u8], roots: &[u8], stage: u32, index: usize) -> [u8; 16 * ITEM_BUTTERFLIES] {
	let (vector, roots) = (vector.as_chunks::<8>().0, roots.as_chunks::<8>().0);
	let half = vector.len() / 2;
	let mut bytes = [0; 16 * ITEM_BUTTERFLIES];
	let pairs = bytes.as_chunks_mut::<16>().0;
	for (i, pair) in (index * ITEM_BUTTERFLIES..).zip(pairs) {
		let (x, y) = (u64::from_le_bytes(vector[i]), u64::from_le_bytes(vector[i + half]));
		let root = u64::from_le_bytes(roots[i >> stage << stage]);
		pair[..8].copy_from_slice(&add(x, y).to_le_bytes());
		pair[8..].copy_from_slice(&multiply(subtract(x, y), root).to_le_bytes());
	}
	bytes
}

/// w^0 to w^(n / 2 − 1) for a primitive root of unity w of order `n`, a power of two from 2 to 2^32.
pub fn roots(n: u64) -> Vec<u8> {
	let root = power(GENERATOR, (MODULUS - 1) / n);
	(0..n / 2).flat_map(|i| power(root, i).to_le_bytes()).collect()
}

/// `x` + `y`, both below the modulus.
pub fn add(x: u64, y: u64) -> u64 {
	let (sum, carry) = x.overflowing_add(y);
	if carry || sum >= MODULUS {
		sum.wrapping_sub(MODULUS)
	} else {
		sum
	}
}

/// `x` − `y`, both below the modulus.
pub fn subtract(x: u64, y: u64) -> u64 {
	let (difference, borrow) = x.overflowing_sub(y);
	if borrow {
		difference.wrapping_add(MODULUS)
	} else {
		difference
	}
}

/// `x` × `y`. 2^64 is 2^32 − 1 modulo the modulus, and 2^96 is −1.
pub fn multiply(x: u64, y: u64) -> u64 {
	let product = u128::from(x) * u128::from(y);
	let (low, high) = (product as u64, (product >> 64) as u64);
	let (mut rest, borrow) = low.overflowing_sub(high >> 32);
	if borrow {
		// It is 2^64 too large, and not below 2^64 − 2^32, since only a word was taken off.
		rest -= EPSILON;
	}
	let (sum, carry) = rest.overflowing_add((high & EPSILON) * EPSILON);
	// A sum that passed 2^64 is 2^64 short, and below its second part, which is at most (2^32 − 1)^2.
	let sum = if carry { sum + EPSILON } else { sum };
	if sum >= MODULUS {
		sum - MODULUS
	} else {
		sum
	}
}

/// `base` to the power of `exponent`.
pub fn power(base: u64, exponent: u64) -> u64 {
	let (mut result, mut square, mut rest) = (1, base, exponent);
	while rest > 0 {
		if rest & 1 == 1 {
			result = multiply(result, square);
		}
		square = multiply(square, square);
		rest >>= 1;
	}
	result
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Numbers around which carries and borrows happen.
	const EDGES: [u64; 10] = [
		0,
		1,
		2,
		EPSILON - 1,
		EPSILON,
		1 << 32,
		1 << 63,
		MODULUS - (1 << 32),
		MODULUS - 2,
		MODULUS - 1,
	];

	fn wide(x: u64, y: u64, operation: fn(u128, u128) -> u128) -> u64 {
		(operation(u128::from(x), u128::from(y)) % u128::from(MODULUS)) as u64
	}

	/// Edges, then numbers that look random.
	fn numbers(count: usize) -> Vec<u64> {
		let mut state = 1u64;
		let random = std::iter::repeat_with(|| {
			state = state
				.wrapping_mul(6_364_136_223_846_793_005)
				.wrapping_add(1_442_695_040_888_963_407);
			(state ^ (state >> 29)) % MODULUS
		});
		EDGES.into_iter().chain(random).take(count).collect()
	}

	#[test]
	fn arithmetic_is_that_of_wide_numbers() {
		let numbers = numbers(300);
		for x in &numbers {
			for y in &numbers {
				assert_eq!(add(*x, *y), wide(*x, *y, |x, y| x + y), "{x} + {y}");
				let difference = wide(*x, *y, |x, y| x + u128::from(MODULUS) - y);
				assert_eq!(subtract(*x, *y), difference, "{x} - {y}");
				assert_eq!(multiply(*x, *y), wide(*x, *y, |x, y| x * y), "{x} * {y}");
			}
		}
	}

	#[test]
	fn roots_are_primitive() {
		for n in [2u64, 8, 1 << 20, 1 << 32] {
			let root = power(GENERATOR, (MODULUS - 1) / n);
			assert_eq!(power(root, n / 2), MODULUS - 1, "order {n}");
		}
	}

	#[test]
	fn stages_are_the_transform_by_its_definition() {
		for n in [8usize, 16, 128] {
			let x = numbers(n);
			let root = power(GENERATOR, (MODULUS - 1) / n as u64);
			let roots = roots(n as u64);
			let stages = n.ilog2();
			let mut vector: Vec<u8> = x.iter().flat_map(|number| number.to_le_bytes()).collect();
			for number in 0..stages {
				vector = stage(&vector, &roots, number);
			}
			for (place, found) in vector.as_chunks::<8>().0.iter().enumerate() {
				let j = place.reverse_bits() >> (usize::BITS - stages);
				// By the definition, with wide numbers.
				let expected = x.iter().enumerate().fold(0u128, |sum, (i, number)| {
					let factor = power(root, (i * j) as u64);
					(sum + u128::from(*number) * u128::from(factor)) % u128::from(MODULUS)
				});
				assert_eq!(u128::from(u64::from_le_bytes(*found)), expected, "n {n}, number {j}");
			}
		}
	}
}
