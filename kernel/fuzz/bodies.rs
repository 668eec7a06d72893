//! What the fuzz targets do with their bytes. `tests/no_panic.rs` includes this file.

use millrace_kernel::{
	eval::{eval_item, EvalError, InputReader, Machine, MissingChunk, Slices, Task},
	leaf::{eval_leaf, leaf_count},
	program::Program,
};

pub use self::proofs::{opening, proof, prove_program};

mod proofs;

/// Any bytes through the decoder and the validator.
pub fn decode(data: &[u8]) {
	if let Err(error) = Program::decode(data) {
		assert!(!error.to_string().is_empty());
	}
}

/// Whatever decodes encodes to the same bytes, and is the same program when it is put together from its parts.
pub fn validate(data: &[u8]) {
	let Ok(program) = Program::decode(data) else { return };
	assert_eq!(program.encode(), data);
	let header = *program.header();
	let again = Program::new(header, program.code().to_vec(), program.constants().to_vec());
	assert_eq!(again.as_ref(), Ok(&program));
	let (items, size) = (program.items_per_leaf(), u32::from(header.item_size));
	assert!(items.is_power_of_two() && items * size <= 1024);
	assert!(items * header.max_units <= 1 << 21 && items * u32::from(header.max_faults) <= 512);
}

/// The same inputs without the odd chunks.
struct EvenChunks<'a>(Slices<'a>);

impl InputReader for EvenChunks<'_> {
	fn len(&self, input: u8) -> u32 {
		self.0.len(input)
	}

	fn read(&self, input: u8, offset: u32, buf: &mut [u8]) -> Result<(), MissingChunk> {
		let (chunk, last) = (offset / 1024, (offset + buf.len() as u32 - 1) / 1024);
		assert_eq!(chunk, last, "an access lies in one chunk");
		if chunk % 2 == 1 {
			return Err(MissingChunk { input, chunk });
		}
		self.0.read(input, offset, buf)
	}
}

/// Bytes of the form `length: u16 ‖ program ‖ input`: evaluates a few items, all inputs being the same bytes.
pub fn eval(data: &[u8]) {
	let Some((length, rest)) = data.split_first_chunk::<2>() else {
		return;
	};
	let Some((bytes, input)) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))) else {
		return;
	};
	if let Ok(program) = Program::decode(bytes) {
		eval_program(&program, input);
	}
}

/// Evaluates a few items within a small bound and checks what holds for every program.
pub fn eval_program(program: &Program, input: &[u8]) {
	let header = program.header();
	let params: Vec<u64> = (1..=u64::from(header.params))
		.map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15))
		.collect();
	let inputs = [input; 8];
	let slices = Slices(&inputs[..usize::from(header.inputs)]);
	let max_units = header.max_units.min(20_000);
	let task = Task {
		items: u32::MAX,
		max_units,
		params: &params,
	};
	task.check(program, usize::from(header.inputs))
		.expect("bound and counts are the program's");
	let mut reused = Machine::new(program);
	for index in [0, 1, 1000, u32::MAX - 1] {
		let mut out = vec![0x55; usize::from(header.item_size)];
		let outcome = eval_item(program, &task, &slices, index, &mut reused, &mut out).expect("all inputs are here");
		assert!(outcome.units >= program.item_cost() && outcome.units <= max_units);
		assert!(!outcome.trapped || out.iter().all(|byte| *byte == 0));
		let mut fresh = vec![0xaa; out.len()];
		let again = eval_item(program, &task, &slices, index, &mut Machine::new(program), &mut fresh);
		assert_eq!((again, fresh), (Ok(outcome), out.clone()), "a machine keeps nothing");
		let mut partial = vec![0; out.len()];
		match eval_item(program, &task, &EvenChunks(slices), index, &mut reused, &mut partial) {
			Ok(same) => assert_eq!((same, partial), (outcome, out)),
			Err(error) => assert!(matches!(error, EvalError::MissingChunk { chunk, .. } if chunk % 2 == 1)),
		}
	}
	let few = Task { items: 3, ..task };
	for number in 0..leaf_count(program.items_per_leaf(), few.items).min(2) {
		let leaf = eval_leaf(program, &few, &slices, number, &mut reused).expect("all inputs are here");
		assert!(leaf.bytes.len() <= 1024 && leaf.traps <= 3 && leaf.units <= 3 * u64::from(max_units));
	}
}
