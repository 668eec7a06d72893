//! The two trees against a second implementation: recursion from the root, splitting at the largest power of two below
//! the number of leaves, with `blake2b_simd` called directly.

#![cfg(feature = "hash")]

use millrace_kernel::{
	leaf::Leaf,
	program::{Header, Program},
	tree::{
		input_chunk_len, input_chunks, input_leaf, input_leaves, input_path, input_root, input_root_of_leaves,
		output_leaf, output_leaves, output_node, output_path, output_root, shape, verify_input_chunk,
		verify_output_path, Blake2b, Claim, Digest, Hasher, Pair, PathError, Step, SumNode, SumOverflow,
	},
};

fn blake2b(bytes: &[u8]) -> Digest {
	let mut params = blake2b_simd::Params::new();
	params.hash_length(32);
	params.hash(bytes).as_bytes().try_into().unwrap()
}

/// Where the recursion splits `count` leaves.
fn split(count: usize) -> usize {
	count.next_power_of_two() / 2
}

fn naive_input(leaves: &[Digest]) -> Digest {
	if let [leaf] = leaves {
		return *leaf;
	}
	let (left, right) = leaves.split_at(split(leaves.len()));
	let mut bytes = vec![0x11];
	bytes.extend(naive_input(left));
	bytes.extend(naive_input(right));
	blake2b(&bytes)
}

fn naive_output(leaves: &[SumNode]) -> SumNode {
	if let [leaf] = leaves {
		return *leaf;
	}
	let (left, right) = leaves.split_at(split(leaves.len()));
	let (left, right) = (naive_output(left), naive_output(right));
	let mut bytes = vec![0x01];
	bytes.extend(left.hash);
	bytes.extend(left.units.to_le_bytes());
	bytes.extend(right.hash);
	bytes.extend(right.units.to_le_bytes());
	SumNode {
		hash: blake2b(&bytes),
		units: left.units + right.units,
	}
}

/// The pairs from the root to the leaf.
fn naive_path(leaves: &[SumNode], position: usize) -> Vec<Pair> {
	if leaves.len() == 1 {
		return Vec::new();
	}
	let at = split(leaves.len());
	let (left, right) = leaves.split_at(at);
	let below = if position < at {
		naive_path(left, position)
	} else {
		naive_path(right, position - at)
	};
	let mut path = vec![Pair {
		left: naive_output(left),
		right: naive_output(right),
	}];
	path.extend(below);
	path
}

fn sample_leaf(index: u32) -> Leaf {
	Leaf {
		bytes: (0..index % 40).map(|i| (i * 7 + index) as u8).collect(),
		units: 1000 + u64::from(index) * 37,
		traps: index % 3,
	}
}

fn sample(count: u32) -> Vec<SumNode> {
	(0..count)
		.map(|index| sample_leaf(index).node::<Blake2b>(index))
		.collect()
}

#[test]
fn the_hash_is_blake2b_256() {
	// RFC 7693 names the algorithm; the value of the empty string is the well-known one of BLAKE2b with 32 bytes.
	let empty = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
	let hex: String = Blake2b::hash(&[]).iter().map(|byte| format!("{byte:02x}")).collect();
	assert_eq!(hex, empty);
	assert_eq!(Blake2b::hash(&[b"mill", b"", b"race"]), blake2b(b"millrace"));
}

#[test]
fn leaves_are_hashed_as_written() {
	let leaf = Leaf {
		bytes: vec![0xaa, 0xbb],
		units: 0x0102_0304_0506_0708,
		traps: 9,
	};
	let mut bytes = vec![0x00];
	bytes.extend([5, 0, 0, 0, 0, 0, 0, 0]);
	bytes.extend([8, 7, 6, 5, 4, 3, 2, 1]);
	bytes.extend([9, 0, 0, 0]);
	bytes.extend([2, 0, 0, 0]);
	bytes.extend([0xaa, 0xbb]);
	let expected = SumNode {
		hash: blake2b(&bytes),
		units: leaf.units,
	};
	assert_eq!(leaf.node::<Blake2b>(5), expected);
	assert_eq!(output_leaf::<Blake2b>(5, &leaf.bytes, leaf.units, leaf.traps), expected);
	assert_eq!(input_leaf::<Blake2b>(&[7, 8, 9]), blake2b(&[0x10, 3, 0, 0, 0, 7, 8, 9]));
	assert_eq!(input_root::<Blake2b>(&[]), blake2b(&[0x10, 0, 0, 0, 0]));
	let full = [vec![0x10, 0, 4, 0, 0], vec![3; 1024]].concat();
	assert_eq!(input_leaf::<Blake2b>(&[3; 1024]), blake2b(&full));
}

#[test]
fn a_program_is_named_by_the_hash_of_its_encoding() {
	let header = Header {
		features: 0,
		code_len: 0,
		item_size: 1,
		scratch_size: 0,
		const_size: 0,
		w_count: 0,
		d_count: 0,
		inputs: 0,
		params: 0,
		max_units: 16,
		max_faults: 0,
	};
	let program = Program::new(header, Vec::new(), Vec::new()).unwrap();
	assert_eq!(program.hash::<Blake2b>(), blake2b(&program.encode()));
}

#[test]
fn roots_and_output_paths_are_those_of_the_recursion() {
	for count in 1..=70u32 {
		let leaves = sample(count);
		let root = naive_output(&leaves);
		assert_eq!(output_root::<Blake2b>(&leaves), Ok(root), "{count}");
		for position in 0..count {
			let path = output_path::<Blake2b>(&leaves, position).unwrap();
			assert_eq!(path, naive_path(&leaves, position as usize), "{position} of {count}");
			let claim = verify_output_path::<Blake2b>(&root, count, position, &path);
			assert_eq!(
				claim,
				Ok(Claim::Leaf(leaves[position as usize])),
				"{position} of {count}"
			);
		}
	}
	assert_eq!(output_root::<Blake2b>(&[]), Ok(output_leaf::<Blake2b>(0, &[], 0, 0)));
	assert_eq!(output_path::<Blake2b>(&sample(3), 3), Ok(Vec::new()));
}

/// The steps from the leaf up, by recursion: a right subtree that is shallower than its left one is promoted.
fn naive_shape(count: usize, position: usize) -> Vec<Step> {
	let depth = |count: usize| count.next_power_of_two().trailing_zeros() as usize;
	if count == 1 {
		return Vec::new();
	}
	let at = split(count);
	let (mut steps, last) = if position < at {
		(naive_shape(at, position), Step::Left)
	} else {
		(naive_shape(count - at, position - at), Step::Right)
	};
	steps.resize(depth(count) - 1, Step::Promoted);
	steps.push(last);
	steps
}

#[test]
fn shapes_follow_from_count_and_position() {
	for count in 1..=70 {
		for position in 0..count {
			let steps: Vec<Step> = shape(count, position).collect();
			assert_eq!(
				steps,
				naive_shape(count as usize, position as usize),
				"{position} of {count}"
			);
		}
		assert_eq!(shape(count, count).count(), 0);
	}
	assert_eq!(shape(0, 0).count(), 0);
	// By hand: of five leaves the last moves up twice.
	assert_eq!(
		shape(5, 4).collect::<Vec<_>>(),
		[Step::Promoted, Step::Promoted, Step::Right]
	);
	assert_eq!(shape(5, 2).collect::<Vec<_>>(), [Step::Left, Step::Right, Step::Left]);
	assert_eq!(shape(u32::MAX, u32::MAX - 1).count(), 32);
}

#[test]
fn inputs_of_every_length_open_chunk_by_chunk() {
	let bytes: Vec<u8> = (0..70 * 1024u32).map(|i| (i.wrapping_mul(i) / 5) as u8).collect();
	let lengths = [
		0usize,
		1,
		1023,
		1024,
		1025,
		2048,
		2049,
		3072,
		5 * 1024 + 7,
		33 * 1024,
		70 * 1024,
	];
	for len in lengths {
		let input = &bytes[..len];
		let len = len as u32;
		let leaves: Vec<Digest> = if input.is_empty() {
			vec![blake2b(&[0x10, 0, 0, 0, 0])]
		} else {
			let encode = |chunk: &[u8]| {
				[
					[0x10u8].as_slice(),
					(chunk.len() as u32).to_le_bytes().as_slice(),
					chunk,
				]
				.concat()
			};
			input.chunks(1024).map(|chunk| blake2b(&encode(chunk))).collect()
		};
		let root = naive_input(&leaves);
		assert_eq!(input_root::<Blake2b>(input), root, "{len}");
		assert_eq!(input_root_of_leaves::<Blake2b>(&leaves), root, "{len}");
		assert_eq!(input_chunks(len), leaves.len() as u32);
		for position in 0..input_chunks(len) {
			let start = position as usize * 1024;
			let chunk = &input[start..input.len().min(start + 1024)];
			assert_eq!(input_chunk_len(len, position), Some(chunk.len() as u32));
			let path = input_path::<Blake2b>(&leaves, position);
			let open =
				|chunk: &[u8], at: u32, path: &[Digest]| verify_input_chunk::<Blake2b>(&root, len, at, chunk, path);
			assert_eq!(open(chunk, position, &path), Ok(()), "{position} of {len}");
			if !chunk.is_empty() {
				let mut wrong = chunk.to_vec();
				wrong[0] ^= 1;
				assert_eq!(open(&wrong, position, &path), Err(PathError::Hash));
				assert_eq!(open(&chunk[1..], position, &path), Err(PathError::ChunkLength));
			}
			assert_eq!(
				open(chunk, position, &[path.as_slice(), &[[0; 32]]].concat()),
				Err(PathError::Length)
			);
			if let Some((_, shorter)) = path.split_last() {
				assert_eq!(open(chunk, position, shorter), Err(PathError::Length));
			}
		}
		assert_eq!(input_chunk_len(len, input_chunks(len)), None);
		let outside = verify_input_chunk::<Blake2b>(&root, len, input_chunks(len), &[], &[]);
		assert_eq!(outside, Err(PathError::Position));
	}
	assert_eq!(input_chunks(u32::MAX), 1 << 22);
	assert_eq!(input_chunk_len(u32::MAX, (1 << 22) - 1), Some(1023));
	assert_eq!(input_root_of_leaves::<Blake2b>(&[]), input_root::<Blake2b>(&[]));
}

#[test]
fn an_inner_node_is_no_leaf() {
	let leaves = sample(4);
	let root = output_root::<Blake2b>(&leaves).unwrap();
	let path = output_path::<Blake2b>(&leaves, 1).unwrap();
	// The first pair alone would show the left inner node as leaf 0 of two.
	let verify = |count: u32, position: u32, path: &[Pair]| verify_output_path::<Blake2b>(&root, count, position, path);
	assert_eq!(verify(4, 1, &path[..1]), Err(PathError::Length));
	assert_eq!(verify(4, 1, &[]), Err(PathError::Length));
	assert_eq!(verify(4, 1, &[path[0], path[1], path[1]]), Err(PathError::Length));
	assert_eq!(verify(4, 1, &[path[1], path[0]]), Err(PathError::Hash));
	assert_eq!(verify(4, 4, &path), Err(PathError::Position));
	// No bytes of a leaf hash like a node: the domains differ.
	let node = output_node::<Blake2b>(&leaves[0], &leaves[1]).unwrap();
	let mut preimage = Vec::new();
	preimage.extend(leaves[0].hash);
	preimage.extend(leaves[0].units.to_le_bytes());
	preimage.extend(leaves[1].hash);
	preimage.extend(leaves[1].units.to_le_bytes());
	assert_ne!(blake2b(&[[0x00u8].as_slice(), preimage.as_slice()].concat()), node.hash);
	assert_eq!(blake2b(&[[0x01u8].as_slice(), preimage.as_slice()].concat()), node.hash);
}

/// A provider that claims more units than its leaves sum to commits to a pair that shows it.
#[test]
fn a_wrong_sum_is_found_on_the_way() {
	let mut leaves = sample(6);
	let honest = output_root::<Blake2b>(&leaves).unwrap();
	let path = output_path::<Blake2b>(&leaves, 5).unwrap();
	let inflated = SumNode {
		units: honest.units + 1,
		..honest
	};
	let verify = |root: &SumNode, path: &[Pair]| verify_output_path::<Blake2b>(root, 6, 5, path);
	assert_eq!(verify(&inflated, &path[..1]), Ok(Claim::Inconsistent { pair: 0 }));
	assert_eq!(
		verify(&inflated, &path),
		Err(PathError::Length),
		"the path ends with the pair that shows it"
	);
	// The lie one level lower: leaves 4 and 5 under a node that claims 100 more, rightly summed above.
	let right = output_node::<Blake2b>(&leaves[4], &leaves[5]).unwrap();
	let lying = SumNode {
		units: right.units + 100,
		..right
	};
	let root = output_node::<Blake2b>(&path[0].left, &lying).unwrap();
	let shown = [
		Pair {
			left: path[0].left,
			right: lying,
		},
		path[1],
	];
	assert_eq!(verify(&root, &shown), Ok(Claim::Inconsistent { pair: 1 }));
	// A sum that wraps is no sum.
	leaves[0].units = u64::MAX;
	assert_eq!(output_root::<Blake2b>(&leaves), Err(SumOverflow));
	assert_eq!(output_path::<Blake2b>(&leaves, 3), Err(SumOverflow));
	let pair = Pair {
		left: SumNode {
			hash: [1; 32],
			units: u64::MAX,
		},
		right: SumNode {
			hash: [2; 32],
			units: 2,
		},
	};
	let bytes = [
		[0x01u8].as_slice(),
		pair.left.hash.as_slice(),
		&pair.left.units.to_le_bytes(),
		pair.right.hash.as_slice(),
		&pair.right.units.to_le_bytes(),
	]
	.concat();
	let wrapped = SumNode {
		hash: blake2b(&bytes),
		units: 1,
	};
	let claim = verify_output_path::<Blake2b>(&wrapped, 2, 0, &[pair]);
	assert_eq!(claim, Ok(Claim::Inconsistent { pair: 0 }));
}

/// Hashes of many leaves at once are those of each alone: around the size of a batch, with and without a shorter last.
#[test]
fn leaves_hashed_together_are_leaves_hashed_alone() {
	for leaf_bytes in [1usize, 16, 103, 1_024] {
		for count in [0usize, 1, 3, 4, 15, 16, 17, 33, 50] {
			for missing in [0, leaf_bytes / 2] {
				let len = (count * leaf_bytes).saturating_sub(missing);
				let bytes: Vec<u8> = (0..len).map(|at| (at * 31 + at / 256) as u8).collect();
				let figures: Vec<(u64, u32)> = (0..bytes.chunks(leaf_bytes).len())
					.map(|leaf| (leaf as u64 * 1_000_003, leaf as u32))
					.collect();
				let alone: Vec<SumNode> = bytes
					.chunks(leaf_bytes)
					.zip(&figures)
					.zip(7u64..)
					.map(|((leaf, (units, traps)), number)| output_leaf::<Blake2b>(number, leaf, *units, *traps))
					.collect();
				assert_eq!(output_leaves::<Blake2b>(7, &bytes, leaf_bytes, &figures), alone);
			}
		}
	}
	for len in [0usize, 1, 1_023, 1_024, 1_025, 16 * 1_024, 17 * 1_024 + 5, 40_000] {
		let bytes: Vec<u8> = (0..len).map(|at| (at * 17 + at / 256) as u8).collect();
		let mut alone: Vec<Digest> = bytes.chunks(1_024).map(input_leaf::<Blake2b>).collect();
		if alone.is_empty() {
			alone.push(input_leaf::<Blake2b>(&[]));
		}
		assert_eq!(input_leaves::<Blake2b>(&bytes), alone);
	}
}
