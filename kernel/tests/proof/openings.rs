//! Openings against a second implementation, which goes down from the root: for each set of chunks exactly one form is
//! valid.

use millrace_kernel::{
	proof::{sibling_count, siblings, InputCommitment, Opened, Opening, OpeningError},
	tree::{Blake2b, Digest, Hasher},
};

use crate::{blake2b, case::Random};

/// Goes down from a node that stands over `leaves`, of which the first is number `first`. Notes the nodes without an
/// opened chunk below, where their parent has one, by level and place.
fn naive(leaves: &[Digest], first: u32, chunks: &[u32], found: &mut Vec<(u32, u32, Digest)>) -> Digest {
	if let [leaf] = leaves {
		return *leaf;
	}
	let half = leaves.len().next_power_of_two() / 2;
	let level = half.trailing_zeros();
	let mut side = |leaves: &[Digest], first: u32| {
		let hash = naive(leaves, first, chunks, found);
		let opened = chunks
			.iter()
			.any(|chunk| (first..first + leaves.len() as u32).contains(chunk));
		(hash, opened, (level, first >> level, hash))
	};
	let left = side(&leaves[..half], first);
	let right = side(&leaves[half..], first + half as u32);
	match (left.1, right.1) {
		(true, false) => found.push(right.2),
		(false, true) => found.push(left.2),
		_ => {}
	}
	blake2b(&[&[0x11], &left.0, &right.0])
}

/// An input, the hashes of its chunks and what a job names of it.
struct Input {
	bytes: Vec<u8>,
	leaves: Vec<Digest>,
	commitment: InputCommitment,
}

impl Input {
	fn new(bytes: Vec<u8>) -> Input {
		let mut chunks: Vec<&[u8]> = bytes.chunks(1024).collect();
		if chunks.is_empty() {
			chunks.push(&[]);
		}
		let hash = |chunk: &&[u8]| blake2b(&[&[0x10], &(chunk.len() as u32).to_le_bytes(), chunk]);
		let leaves: Vec<Digest> = chunks.iter().map(hash).collect();
		let commitment = InputCommitment {
			root: naive(&leaves, 0, &[], &mut Vec::new()),
			len: bytes.len() as u32,
		};
		Input {
			bytes,
			leaves,
			commitment,
		}
	}

	fn chunk(&self, chunk: u32) -> &[u8] {
		let start = chunk as usize * 1024;
		&self.bytes[start..self.bytes.len().min(start + 1024)]
	}

	/// The opening that the page describes.
	fn expected(&self, chunks: &[u32]) -> Opening {
		let mut found = Vec::new();
		naive(&self.leaves, 0, chunks, &mut found);
		found.sort_by_key(|(level, place, _)| (*level, *place));
		Opening {
			chunks: chunks.to_vec(),
			bytes: chunks.iter().flat_map(|chunk| self.chunk(*chunk)).copied().collect(),
			siblings: found.into_iter().map(|(_, _, hash)| hash).collect(),
		}
	}

	/// The opening of the same chunks; nothing that is valid where there is no such opening.
	fn expected_of(&self, opening: &Opening) -> Opening {
		let (chunks, count) = (&opening.chunks, self.leaves.len() as u32);
		if chunks.is_sorted_by(|one, next| one < next) && chunks.iter().all(|chunk| *chunk < count) {
			self.expected(chunks)
		} else {
			Opening::default()
		}
	}

	fn verify(&self, opening: &Opening) -> Result<(), OpeningError> {
		opening.view().verify::<Blake2b>(&self.commitment)
	}
}

/// Of 1 to `most` chunks; one in four ends with a full chunk.
fn input(random: &mut Random, most: u32) -> Input {
	let chunks = 1 + random.below(most);
	let len = match random.below(4) {
		0 => 1024 * chunks,
		_ => 1024 * chunks - random.below(1024),
	};
	Input::new(random.bytes(len))
}

/// Each chunk with a chance that is the same for all; at least one.
fn subset(random: &mut Random, count: u32) -> Vec<u32> {
	let chance = 1 + random.below(8);
	let mut chunks: Vec<u32> = (0..count).filter(|_| random.below(8) < chance).collect();
	if chunks.is_empty() {
		chunks.push(random.below(count));
	}
	chunks
}

#[test]
fn openings_are_those_of_the_second_implementation() {
	let seed = 61;
	println!("seed {seed}");
	let mut random = Random(seed);
	for _ in 0..300 {
		let input = input(&mut random, 40);
		let chunks = subset(&mut random, input.leaves.len() as u32);
		let expected = input.expected(&chunks);
		assert_eq!(siblings::<Blake2b>(&input.leaves, &chunks), expected.siblings);
		assert_eq!(sibling_count(input.commitment.len, &chunks), expected.siblings.len());
		let opening = Opening::new::<Blake2b>(&input.bytes, &input.leaves, &chunks);
		assert_eq!(opening.as_ref(), Ok(&expected));
		assert_eq!(input.verify(&expected), Ok(()));
		let mut opened = Opened::default();
		opened.push::<Blake2b>(&input.commitment, expected.view()).unwrap();
		assert_eq!(opened.chunks() as usize, chunks.len());
		for chunk in 0..input.leaves.len() as u32 + 2 {
			let open = chunks.contains(&chunk).then(|| input.chunk(chunk));
			assert_eq!(opened.chunk(0, chunk), open);
		}
	}
}

/// Every set of chunks of every small input.
#[test]
fn every_set_of_up_to_nine_chunks_opens() {
	for count in 1..=9u32 {
		let input = Input::new((0..count * 1024 - 1000).map(|at| (at / 7) as u8).collect());
		for set in 1..1u32 << count {
			let chunks: Vec<u32> = (0..count).filter(|chunk| set >> chunk & 1 == 1).collect();
			let expected = input.expected(&chunks);
			assert_eq!(sibling_count(input.commitment.len, &chunks), expected.siblings.len());
			assert_eq!(siblings::<Blake2b>(&input.leaves, &chunks), expected.siblings);
			assert_eq!(input.verify(&expected), Ok(()), "{chunks:?} of {count}");
		}
	}
}

#[test]
fn shared_nodes_are_left_out() {
	// By hand: of eight chunks, all need nothing; the first needs its neighbour and two nodes above; the halves' last ones
	// share what stands above their pairs.
	assert_eq!(sibling_count(8192, &[0, 1, 2, 3, 4, 5, 6, 7]), 0);
	assert_eq!(sibling_count(8192, &[0]), 3);
	assert_eq!(sibling_count(8192, &[3, 7]), 4);
	assert_eq!(sibling_count(8192, &[0, 1]), 2);
	// Of five the last moves up twice and joins what stands over four.
	assert_eq!(sibling_count(5000, &[4]), 1);
	assert_eq!(sibling_count(0, &[0]), 0);
	assert_eq!(sibling_count(8192, &[]), 0);
	// The longest input has 2^22 chunks.
	assert_eq!(sibling_count(u32::MAX, &[(1 << 22) - 1]), 22);
	let spread: Vec<u32> = (0..512).map(|at| at << 13).collect();
	assert_eq!(sibling_count(u32::MAX, &spread), 512 * 13);
}

#[test]
fn no_chunks_are_opened_by_nothing() {
	struct Never;
	impl Hasher for Never {
		fn hash(_: &[&[u8]]) -> Digest {
			panic!("nothing is hashed")
		}
	}
	for len in [0, 1, 5000] {
		let input = Input::new(vec![7; len]);
		let empty = Opening::default();
		assert_eq!(
			Opening::new::<Blake2b>(&input.bytes, &input.leaves, &[]),
			Ok(empty.clone())
		);
		assert_eq!(empty.view().verify::<Never>(&input.commitment), Ok(()));
		let sibling = Opening {
			siblings: vec![input.commitment.root],
			..Opening::default()
		};
		let error = OpeningError::Siblings { expected: 0, actual: 1 };
		assert_eq!(sibling.view().verify::<Never>(&input.commitment), Err(error));
		let byte = Opening {
			bytes: vec![0],
			..Opening::default()
		};
		let error = OpeningError::Bytes { expected: 0, actual: 1 };
		assert_eq!(byte.view().verify::<Never>(&input.commitment), Err(error));
	}
	// The one chunk of an empty input has no bytes and is opened by its number.
	let input = Input::new(Vec::new());
	let opening = Opening {
		chunks: vec![0],
		..Opening::default()
	};
	assert_eq!(input.verify(&opening), Ok(()));
	let other = InputCommitment { root: [1; 32], len: 0 };
	assert_eq!(opening.view().verify::<Blake2b>(&other), Err(OpeningError::Root));
}

/// The form is checked without a hash, in one order.
#[test]
fn every_error_of_the_form() {
	let input = Input::new((0..5000u32).map(|at| at as u8).collect());
	let form = |opening: &Opening| opening.view().check_form(5000);
	let valid = input.expected(&[1, 4]);
	assert_eq!(form(&valid), Ok(()));
	let with = |change: &dyn Fn(&mut Opening)| {
		let mut opening = valid.clone();
		change(&mut opening);
		opening
	};
	for order in [vec![4, 1], vec![1, 1], vec![1, 4, 4], vec![9, 4], vec![0, 2, 1]] {
		let opening = with(&|opening| opening.chunks = order.clone());
		assert_eq!(form(&opening), Err(OpeningError::Order), "{order:?}");
		let made = Opening::new::<Blake2b>(&input.bytes, &input.leaves, &order);
		assert_eq!(made, Err(OpeningError::Order));
	}
	for chunk in [5, 6, 1 << 22, u32::MAX] {
		let opening = with(&|opening| opening.chunks[1] = chunk);
		assert_eq!(form(&opening), Err(OpeningError::Position { chunk }));
		let made = Opening::new::<Blake2b>(&input.bytes, &input.leaves, &[1, chunk]);
		assert_eq!(made, Err(OpeningError::Position { chunk }));
	}
	for actual in [0, 904, 1024, 1927, 1929, 2048, 5000] {
		let opening = with(&|opening| opening.bytes.resize(actual, 0));
		let expected = 1024 + 904;
		assert_eq!(form(&opening), Err(OpeningError::Bytes { expected, actual }));
	}
	for actual in [0, 1, 3, 4] {
		let opening = with(&|opening| opening.siblings.resize(actual, [0; 32]));
		assert_eq!(form(&opening), Err(OpeningError::Siblings { expected: 2, actual }));
	}
	let mut messages: Vec<String> = [
		OpeningError::Order,
		OpeningError::Position { chunk: 5 },
		OpeningError::Bytes { expected: 1, actual: 2 },
		OpeningError::Siblings { expected: 1, actual: 2 },
		OpeningError::Root,
	]
	.iter()
	.map(ToString::to_string)
	.collect();
	messages.sort();
	messages.dedup();
	assert!(messages.len() == 5 && messages.iter().all(|message| message.len() > 10));
}

/// One change of a valid opening, by name; `None` where there is nothing to change.
fn mutations(random: &mut Random, valid: &Opening, count: u32) -> Vec<(&'static str, Option<Opening>)> {
	let mut all = Vec::new();
	let mut push = |name, change: &mut dyn FnMut(&mut Opening)| {
		let mut opening = valid.clone();
		change(&mut opening);
		all.push((name, (opening != *valid).then_some(opening)));
	};
	let (chunk, sibling) = (
		random.below(valid.chunks.len() as u32) as usize,
		random.below(valid.siblings.len() as u32) as usize,
	);
	let other = random.below(valid.siblings.len() as u32) as usize;
	let bit = 1u8 << random.below(8);
	let (byte, at) = (
		random.below(valid.bytes.len() as u32) as usize,
		random.below(32) as usize,
	);
	push("a sibling dropped", &mut |opening| {
		if sibling < opening.siblings.len() {
			opening.siblings.remove(sibling);
		}
	});
	push("a sibling added", &mut |opening| {
		let hash = opening.siblings.get(sibling).copied().unwrap_or([7; 32]);
		opening.siblings.insert(sibling, hash);
	});
	push("siblings swapped", &mut |opening| {
		if sibling < opening.siblings.len() {
			opening.siblings.swap(sibling, other);
		}
	});
	push("a bit of a sibling", &mut |opening| {
		if let Some(hash) = opening.siblings.get_mut(sibling) {
			hash[at] ^= bit;
		}
	});
	push("a bit of a chunk", &mut |opening| {
		if let Some(value) = opening.bytes.get_mut(byte) {
			*value ^= bit;
		}
	});
	push("a byte dropped", &mut |opening| {
		if byte < opening.bytes.len() {
			opening.bytes.remove(byte);
		}
	});
	push("a byte added", &mut |opening| opening.bytes.insert(byte, bit));
	push("a chunk dropped", &mut |opening| {
		if opening.chunks.len() > 1 {
			opening.chunks.remove(chunk);
		}
	});
	push("a chunk dropped with its bytes", &mut |opening| {
		if opening.chunks.len() > 1 {
			opening.chunks.remove(chunk);
			let end = opening.bytes.len().min(chunk * 1024 + 1024);
			opening.bytes.drain(chunk * 1024..end);
		}
	});
	push("a chunk twice", &mut |opening| {
		let number = opening.chunks[chunk];
		opening.chunks.insert(chunk, number);
	});
	push("a chunk twice with its bytes", &mut |opening| {
		let number = opening.chunks[chunk];
		opening.chunks.insert(chunk, number);
		let end = opening.bytes.len().min(chunk * 1024 + 1024);
		let bytes = opening.bytes[chunk * 1024..end].to_vec();
		opening.bytes.splice(chunk * 1024..chunk * 1024, bytes);
	});
	push("chunks not in order", &mut |opening| opening.chunks.rotate_left(1));
	push("another chunk's number", &mut |opening| {
		opening.chunks[chunk] = (opening.chunks[chunk] + 1) % (count + 1);
	});
	push("the bytes of chunks swapped", &mut |opening| {
		if opening.chunks.len() > 1 && chunk > 0 {
			for at in 0..opening.bytes.len().min(chunk * 1024 + 1024) - chunk * 1024 {
				opening.bytes.swap(at, chunk * 1024 + at);
			}
		}
	});
	all
}

#[test]
fn no_single_change_leaves_an_opening_valid() {
	let seed = 62;
	println!("seed {seed}");
	let mut random = Random(seed);
	let mut seen = std::collections::BTreeMap::<&str, u32>::new();
	for _ in 0..300 {
		let input = input(&mut random, 24);
		let count = input.leaves.len() as u32;
		let chunks = subset(&mut random, count);
		let valid = input.expected(&chunks);
		assert_eq!(input.verify(&valid), Ok(()));
		for (name, changed) in mutations(&mut random, &valid, count) {
			// Fewer chunks with their bytes may need the same siblings: then it is the opening of these.
			let changed = changed.filter(|changed| *changed != input.expected_of(changed));
			if let Some(changed) = changed {
				assert!(input.verify(&changed).is_err(), "{name}: {:?} of {count}", valid.chunks);
				*seen.entry(name).or_default() += 1;
			}
		}
		let elsewhere = InputCommitment {
			root: input.leaves[0],
			..input.commitment
		};
		if count > 1 {
			assert_eq!(valid.view().verify::<Blake2b>(&elsewhere), Err(OpeningError::Root));
		}
	}
	assert!(seen.len() == 14 && seen.values().all(|times| *times > 50), "{seen:?}");
}

/// An input that ends elsewhere has another form, or another root.
#[test]
fn an_opening_of_another_length_fails() {
	let input = Input::new((0..6 * 1024 - 100u32).map(|at| (at / 3) as u8).collect());
	let valid = input.expected(&[0, 3, 5]);
	assert_eq!(input.verify(&valid), Ok(()));
	for len in (0..9 * 1024).filter(|len| *len != input.commitment.len) {
		let commitment = InputCommitment {
			len,
			..input.commitment
		};
		assert!(valid.view().verify::<Blake2b>(&commitment).is_err(), "{len}");
	}
}
