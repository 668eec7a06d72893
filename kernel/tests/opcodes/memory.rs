//! Inputs, constants, scratch, output.

use crate::{
	probe::{code, probe, probe_with, program, run, run_at, word, Item, Random},
	Seen,
};

pub(crate) fn all(seen: &mut Seen) {
	loads(seen);
	constants(seen);
	scratch(seen);
	outputs(seen);
}

/// `input | cursor << 3 | z << 7`
fn source(input: u8, cursor: u8, z: bool) -> u8 {
	input + 8 * cursor + if z { 128 } else { 0 }
}

/// The `width` bytes of element `index`, the highest byte first in weight; `None` where the element is not complete.
fn element(bytes: &[u8], width: usize, index: usize) -> Option<u128> {
	let element = bytes.chunks_exact(width).nth(index)?;
	Some(element.iter().rev().fold(0, |sum, byte| sum * 256 + u128::from(*byte)))
}

/// Sign-extends a number of `width` bytes.
fn signed(value: u128, width: u32) -> i128 {
	let whole = 1i128 << (8 * width);
	let value = value as i128;
	if value >= whole / 2 {
		value - whole
	} else {
		value
	}
}

/// Runs a load of the element at w0 + `offset`; for a wide one the words are w8..w12.
fn load(name: &str, from: u8, offset: u32, index: u32, inputs: &[&[u8]]) -> Item {
	let mut body = vec![word(name, false, [8, 0, from], offset)];
	if name == "ld128" {
		body.push(word("sto128", false, [0, 31, 8], 0));
		let mut code = crate::probe::prelude();
		code.extend(body);
		return run_at(&program(code, Vec::new(), 0), [index.into(), 0, 0, 0], inputs, 1, 0);
	}
	run_at(&probe(&body), [index.into(), 0, 0, 0], inputs, 1, 0)
}

fn loads(seen: &mut Seen) {
	let mut random = Random::new(10);
	let bytes: Vec<u8> = (0..2077).map(|_| random.next() as u8).collect();
	let inputs: [&[u8]; 2] = [&bytes[..100], &bytes];
	for (name, width, is_signed) in [
		("ld8u", 1, false),
		("ld8s", 1, true),
		("ld16u", 2, false),
		("ld16s", 2, true),
		("ld32", 4, false),
		("ld64", 8, false),
		("ld128", 16, false),
	] {
		for input in 0..2u8 {
			let data = inputs[usize::from(input)];
			let count = data.len() / width;
			// The last complete element, the incomplete one after it, one far outside.
			for index in (0..count).step_by(11).chain([count - 1, count, count + 1, 1 << 20]) {
				// The offset wraps: register + immediate modulo 2^32.
				for offset in [0, 1, 5, u32::MAX, 1 << 31] {
					let register = (index as u32).wrapping_sub(offset);
					let plain = load(name, source(input, 0, false), offset, register, &inputs);
					let zero = load(name, source(input, 15, true), offset, register, &inputs);
					let expected = element(data, width, index);
					assert_eq!(plain.outcome.trapped, expected.is_none(), "{name} {index}");
					assert!(!zero.outcome.trapped);
					let value = expected.unwrap_or(0);
					for item in [plain, zero] {
						let value = if item.outcome.trapped { 0 } else { value };
						match width {
							16 => assert_eq!(u128::from_le_bytes(item.bytes), value, "{name} {index}"),
							8 => assert_eq!(u128::from(item.long()), value, "{name} {index}"),
							_ if is_signed => {
								assert_eq!(item.word(), signed(value, width as u32) as u32, "{name} {index}");
							}
							_ => assert_eq!(u128::from(item.word()), value, "{name} {index}"),
						}
					}
				}
			}
		}
		seen.insert(code(name, false));
	}
}

fn constants(seen: &mut Seen) {
	let mut random = Random::new(11);
	let table: Vec<u8> = (0..64).map(|_| random.next() as u8).collect();
	for (name, width) in [("const8u", 1usize), ("const32", 4), ("const64", 8)] {
		for offset in [0u32, 3, 64, u32::MAX] {
			let program = probe_with(&[word(name, false, [8, 0, 0], offset)], table.clone(), 0);
			for index in [0u32, 1, 7, 8, 63, 64, 1000, u32::MAX] {
				// Elements wrap at the size of the table.
				let at = (u64::from(index) + u64::from(offset)) as usize % (64 / width);
				let expected = element(&table, width, at).unwrap();
				let item = run(&program, [index.into(), 0, 0, 0]);
				let got = if width == 8 { item.long() } else { item.word().into() };
				assert_eq!(u128::from(got), expected, "{name} {index}");
			}
		}
		seen.insert(code(name, false));
	}
}

fn scratch(seen: &mut Seen) {
	let mut random = Random::new(12);
	for (store, load, width) in [("sts8", "lds8u", 1usize), ("sts32", "lds32", 4), ("sts64", "lds64", 8)] {
		for (at, offset) in [(0u32, 0u32), (1, 2), (7, 9), (31, 1), (u32::MAX, 3), (5, u32::MAX)] {
			let value = random.next();
			// d3 and w3 hold the value; the element goes to scratch of 32 bytes and is read back by its plain number,
			// as bytes too.
			let mut image = [0u8; 32];
			let element = (u64::from(at) + u64::from(offset)) as usize % (32 / width);
			image[element * width..(element + 1) * width].copy_from_slice(&value.to_le_bytes()[..width]);
			let put = word(store, false, [0, 0, 3], offset);
			let back = [put, word(load, false, [8, 31, 0], element as u32)];
			let item = run(&probe_with(&back, Vec::new(), 32), [at.into(), 0, 0, value]);
			let got = if width == 8 { item.long() } else { item.word().into() };
			assert_eq!(
				u128::from(got),
				u128::from(value) % (1 << (8 * width)),
				"{store} {at} + {offset}"
			);
			for (number, byte) in image.into_iter().enumerate() {
				let back = [put, word("lds8u", false, [8, 31, 0], number as u32)];
				let item = run(&probe_with(&back, Vec::new(), 32), [at.into(), 0, 0, value]);
				assert_eq!(item.word(), u32::from(byte), "{store} {at} + {offset}, byte {number}");
			}
		}
		seen.extend([code(store, false), code(load, false)]);
	}
}

fn outputs(seen: &mut Seen) {
	let mut random = Random::new(13);
	for (name, width) in [
		("sto8", 1usize),
		("sto16", 2),
		("sto32", 4),
		("sto64", 8),
		("sto128", 16),
	] {
		for (at, offset) in [
			(0u32, 0u32),
			(1, 0),
			(3, 4),
			(15, 0),
			(16, 0),
			(u32::MAX, 0),
			(2, u32::MAX),
		] {
			let params = [random.next(), random.next(), random.next(), random.next()];
			let mut code = crate::probe::prelude();
			code.push(word("mov", true, [9, 0, 0], at));
			// One of 16 bytes takes w0..w4, one of 8 d0, the others w0.
			code.push(word(name, false, [0, 9, 0], offset));
			let item = run(&program(code, Vec::new(), 0), params);
			let source: Vec<u8> = match width {
				16 => params.iter().flat_map(|param| (*param as u32).to_le_bytes()).collect(),
				_ => params[0].to_le_bytes().to_vec(),
			};
			let mut expected = [0u8; 16];
			let element = (u64::from(at) + u64::from(offset)) as usize % (16 / width);
			expected[element * width..(element + 1) * width].copy_from_slice(&source[..width]);
			assert_eq!(item.bytes, expected, "{name} {at} + {offset}");
		}
		seen.insert(code(name, false));
	}
}
