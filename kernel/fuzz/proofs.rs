//! The bodies of the targets `opening` and `proof`: what is valid is built, then changed as the bytes say.

use millrace_kernel::{
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, leaf_count},
	program::Program,
	proof::{judge, prove, Commitment, InputCommitment, LeafProof, Opened, Opening, Verdict, WholeInput},
	tree::{
		input_leaves, input_path, input_root_of_leaves, output_path, output_root, verify_input_chunk, Blake2b, Digest,
		SumNode,
	},
};

/// What the bytes say, piece by piece; zeros where they end.
pub struct Knobs<'a>(pub &'a [u8]);

impl Knobs<'_> {
	fn take<const N: usize>(&mut self) -> [u8; N] {
		let mut taken = [0; N];
		let (head, rest) = self.0.split_at(self.0.len().min(N));
		taken[..head.len()].copy_from_slice(head);
		self.0 = rest;
		taken
	}

	fn byte(&mut self) -> usize {
		usize::from(self.take::<1>()[0])
	}

	fn short(&mut self) -> u32 {
		u32::from(u16::from_le_bytes(self.take()))
	}
}

/// An element of a list that may be empty.
fn pick<T>(list: &mut [T], at: usize) -> Option<&mut T> {
	let len = list.len().max(1);
	list.get_mut(at % len)
}

/// An input, its tree and its name.
struct Input<'a> {
	bytes: &'a [u8],
	leaves: Vec<Digest>,
	commitment: InputCommitment,
}

impl<'a> Input<'a> {
	fn new(bytes: &'a [u8]) -> Self {
		let leaves = input_leaves::<Blake2b>(bytes);
		let commitment = InputCommitment {
			root: input_root_of_leaves::<Blake2b>(&leaves),
			len: bytes.len() as u32,
		};
		Input {
			bytes,
			leaves,
			commitment,
		}
	}

	/// Opens the chunks whose bits are set.
	fn open(&self, set: u64) -> Opening {
		let count = (self.leaves.len() as u32).min(64);
		let chunks: Vec<u32> = (0..count).filter(|chunk| set >> chunk & 1 == 1).collect();
		Opening::new::<Blake2b>(self.bytes, &self.leaves, &chunks).expect("these chunks exist, in order")
	}
}

/// Changes an opening; `input` is what it is one of.
fn change_opening(opening: &mut Opening, input: &Input<'_>, kind: usize, at: usize, value: u32) {
	let [low, ..] = value.to_le_bytes();
	match kind % 12 {
		0 if !opening.chunks.is_empty() => drop(opening.chunks.remove(at % opening.chunks.len())),
		1 => opening.chunks.insert(at % (opening.chunks.len() + 1), value),
		2 => {
			if let Some(chunk) = pick(&mut opening.chunks, at) {
				*chunk = chunk.wrapping_add(value);
			}
		}
		3 => {
			if let Some(byte) = pick(&mut opening.bytes, at.wrapping_mul(257)) {
				*byte ^= low;
			}
		}
		4 => opening.bytes.resize(value as usize, low),
		5 => {
			if let Some(sibling) = pick(&mut opening.siblings, at) {
				sibling[value as usize % 32] ^= low;
			}
		}
		6 if !opening.siblings.is_empty() => drop(opening.siblings.remove(at % opening.siblings.len())),
		7 => {
			let sibling = input.leaves[value as usize % input.leaves.len()];
			opening.siblings.insert(at % (opening.siblings.len() + 1), sibling);
		}
		8 if !opening.siblings.is_empty() => {
			let len = opening.siblings.len();
			opening.siblings.swap(at % len, value as usize % len);
		}
		// Whole chunks come and go, so that bytes and numbers fit.
		9 => {
			let chunk = value % input.leaves.len() as u32;
			let place = opening.chunks.partition_point(|other| *other < chunk);
			let start = opening.bytes.len().min(place * 1024);
			let bytes = input.bytes.chunks(1024).nth(chunk as usize).unwrap_or_default();
			opening.chunks.insert(place, chunk);
			opening.bytes.splice(start..start, bytes.iter().copied());
		}
		10 if !opening.chunks.is_empty() => {
			let place = at % opening.chunks.len();
			opening.chunks.remove(place);
			let (start, end) = (place * 1024, place * 1024 + 1024);
			let len = opening.bytes.len();
			opening.bytes.drain(start.min(len)..end.min(len));
		}
		// Another valid one.
		_ => *opening = input.open(u64::from(value) << (at % 48)),
	}
}

/// Bytes of the form `length: u16 ‖ set: u64 ‖ changes of 4 bytes`: of an input of that length, opens the set of chunks
/// and changes the opening. Whatever is still valid is the one opening of its chunks.
pub fn opening(data: &[u8]) {
	let mut knobs = Knobs(data);
	let len = knobs.short();
	let bytes: Vec<u8> = (0..len).map(|at| (at.wrapping_mul(31) ^ (at / 256)) as u8).collect();
	let input = Input::new(&bytes);
	let mut opening = input.open(u64::from_le_bytes(knobs.take()));
	opening
		.view()
		.verify::<Blake2b>(&input.commitment)
		.expect("it was opened so");
	for chunk in &opening.chunks {
		// The same chunk alone, by the path of the tree.
		let path = input_path::<Blake2b>(&input.leaves, *chunk);
		let mut opened = Opened::default();
		opened
			.push::<Blake2b>(&input.commitment, opening.view())
			.expect("it was opened so");
		let bytes = opened.chunk(0, *chunk).expect("it is open");
		let alone = verify_input_chunk::<Blake2b>(&input.commitment.root, len, *chunk, bytes, &path);
		assert_eq!(alone, Ok(()));
	}
	while !knobs.0.is_empty() {
		let (kind, at) = (knobs.byte(), knobs.byte());
		change_opening(&mut opening, &input, kind, at, knobs.short());
		if opening.bytes.len() > 1 << 20 {
			return;
		}
		let view = opening.view();
		let verified = view.verify::<Blake2b>(&input.commitment);
		let mut opened = Opened::default();
		assert_eq!(opened.push::<Blake2b>(&input.commitment, view), verified);
		match verified {
			Ok(()) => {
				let expected = Opening::new::<Blake2b>(&bytes, &input.leaves, &opening.chunks);
				assert_eq!(expected.as_ref(), Ok(&opening), "the one opening of its chunks");
			}
			Err(error) => assert!(!error.to_string().is_empty()),
		}
	}
}

/// What a provider may lie about.
#[derive(Clone, Copy, PartialEq)]
enum Lie {
	Nothing,
	/// A leaf's hash or units.
	Leaf(u32),
	/// The sum above the root's children.
	Sum,
}

/// Bytes of the form `length: u16 ‖ program ‖ items: u16 ‖ leaf: u8 ‖ lie: u8 ‖ changes: u8 ‖ changes of 4 bytes ‖ input`:
/// commits to a few leaves of the program, perhaps to a false one, proves one of them, and changes the proof.
pub fn proof(data: &[u8]) {
	let Some((length, rest)) = data.split_first_chunk::<2>() else {
		return;
	};
	let Some((bytes, knobs)) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))) else {
		return;
	};
	if let Ok(program) = Program::decode(bytes) {
		prove_program(&program, knobs);
	}
}

/// As [`proof`]; `knobs` is what follows the program. Gives what the proof shows before it is changed.
pub fn prove_program(program: &Program, knobs: &[u8]) -> Verdict {
	let mut knobs = Knobs(knobs);
	let (header, per_leaf) = (program.header(), program.items_per_leaf());
	let items = 1 + knobs.short() % (2 * per_leaf + 2);
	let count = leaf_count(per_leaf, items);
	let leaf = knobs.byte() as u32 % count;
	let (lie, changes) = (knobs.byte(), knobs.byte() % 16);
	let (changes, input) = knobs.0.split_at(knobs.0.len().min(4 * changes));

	let params: Vec<u64> = (1..=u64::from(header.params)).collect();
	// Each input is another part of the bytes.
	let parts = (0..usize::from(header.inputs)).map(|number| input.get(700 * number..).unwrap_or_default());
	let inputs: Vec<Input<'_>> = parts.map(Input::new).collect();
	let slices: Vec<&[u8]> = inputs.iter().map(|input| input.bytes).collect();
	let names: Vec<InputCommitment> = inputs.iter().map(|input| input.commitment).collect();
	let whole: Vec<WholeInput<'_>> = inputs
		.iter()
		.map(|input| WholeInput {
			bytes: input.bytes,
			leaves: &input.leaves,
		})
		.collect();
	let max_units = program.item_cost() + (100_000 / per_leaf).min(header.max_units - program.item_cost());
	let task = Task {
		items,
		max_units,
		params: &params,
	};

	let mut machine = Machine::new(program);
	let evaluate = |number| eval_leaf(program, &task, &Slices(&slices), number, &mut machine).expect("all is here");
	let leaves: Vec<_> = (0..count).map(evaluate).collect();
	let honest: Vec<SumNode> = leaves
		.iter()
		.zip(0..)
		.map(|(leaf, at)| leaf.node::<Blake2b>(at))
		.collect();
	let (mut claimed, liar) = (honest.clone(), (lie / 4) as u32 % count);
	let node = &mut claimed[liar as usize];
	let mut lie = match lie % 4 {
		0 => Lie::Nothing,
		1 => {
			node.hash[lie % 32] ^= 1;
			Lie::Leaf(liar)
		}
		2 => {
			node.units += 1;
			Lie::Leaf(liar)
		}
		_ => Lie::Sum,
	};
	let mut root = output_root::<Blake2b>(&claimed).expect("units are few");
	if lie == Lie::Sum {
		root.units += 1;
		if count == 1 {
			(claimed, lie) = (vec![root], Lie::Leaf(0));
		}
	}
	let pairs = |leaf: u32| {
		let mut pairs = output_path::<Blake2b>(&claimed, leaf).expect("units are few");
		if lie == Lie::Sum {
			pairs.truncate(1);
		}
		pairs
	};
	let commitment = Commitment {
		program,
		task,
		inputs: &names,
		root,
	};

	// What may be found at a leaf.
	let truth = |leaf: u32| match lie {
		Lie::Sum => Verdict::Inconsistent { pair: 0 },
		Lie::Leaf(wrong) if wrong == leaf => Verdict::Different {
			claimed: claimed[leaf as usize],
			evaluated: honest[leaf as usize],
		},
		_ => Verdict::Right,
	};
	let mut proof = prove::<Blake2b>(&commitment, &whole, leaf, pairs(leaf)).expect("all is here");
	let judgement = judge::<Blake2b>(&commitment, &proof.view()).expect("a proof that was built stands");
	let verdict = judgement.verdict;
	assert_eq!(verdict, truth(leaf));
	assert_eq!(
		(judgement.used.units, judgement.used.chunks),
		(proof.units, proof.chunks)
	);

	let mut changes = Knobs(changes);
	while !changes.0.is_empty() {
		let (kind, at, value) = (changes.byte(), changes.byte(), changes.short());
		if kind % 16 == 0 {
			let other = at as u32 % count;
			(proof.leaf, proof.pairs) = (other, pairs(other));
		} else {
			change_proof(&mut proof, &inputs, kind, at, value);
		}
		match judge::<Blake2b>(&commitment, &proof.view()) {
			Ok(judgement) => {
				assert_eq!(judgement.verdict, truth(proof.leaf), "no change turns a verdict");
				assert!(judgement.used.units <= proof.units && judgement.used.chunks <= proof.chunks);
			}
			Err(error) => assert!(!error.to_string().is_empty()),
		}
	}
	verdict
}

/// Changes a proof for a job of these inputs.
fn change_proof(proof: &mut LeafProof, inputs: &[Input<'_>], kind: usize, at: usize, value: u32) {
	let [low, ..] = value.to_le_bytes();
	match kind % 16 {
		1 => proof.leaf = proof.leaf.wrapping_add(value),
		2 => proof.units = value << (at % 17),
		3 => proof.chunks = value % 600,
		4 if !proof.pairs.is_empty() => drop(proof.pairs.remove(at % proof.pairs.len())),
		5 => {
			if let Some(pair) = pick(&mut proof.pairs, at).copied() {
				proof.pairs.push(pair);
			}
		}
		6 => {
			if let Some(pair) = pick(&mut proof.pairs, at) {
				(pair.left, pair.right) = (pair.right, pair.left);
			}
		}
		7 => {
			if let Some(pair) = pick(&mut proof.pairs, at) {
				pair.left.units = pair.left.units.wrapping_add(value.into());
				pair.right.units = pair.right.units.wrapping_sub(value.into());
			}
		}
		8 => {
			if let Some(pair) = pick(&mut proof.pairs, at) {
				pair.right.hash[value as usize % 32] ^= low;
			}
		}
		9 => proof.openings.resize(at % 10, Opening::default()),
		_ => {
			let number = at % inputs.len().max(1);
			if let (Some(opening), Some(input)) = (proof.openings.get_mut(number), inputs.get(number)) {
				change_opening(opening, input, kind / 16, at / 8, value);
			}
		}
	}
}
