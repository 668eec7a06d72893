//! Runs jobs on the CPU backend and on the reference interpreter.

use millrace_compute::{CpuEngine, LeafFigures};
use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::{eval_leaf, leaf_count, leaf_items},
	opcode,
	program::{Header, Instruction, Program},
};
use std::sync::OnceLock;

/// One engine for all tests.
pub(crate) fn engine() -> &'static CpuEngine {
	static ENGINE: OnceLock<CpuEngine> = OnceLock::new();
	ENGINE.get_or_init(|| CpuEngine::new().unwrap())
}

/// What a job leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
	pub(crate) output: Vec<u8>,
	pub(crate) leaves: Vec<LeafFigures>,
}

impl Ran {
	pub(crate) fn units(&self) -> u64 {
		self.leaves.iter().map(|leaf| leaf.units).sum()
	}

	pub(crate) fn traps(&self) -> u32 {
		self.leaves.iter().map(|leaf| leaf.traps).sum()
	}

	/// The output in words of 32 bits.
	pub(crate) fn words(&self) -> Vec<u32> {
		let (words, rest) = self.output.as_chunks::<4>();
		assert!(rest.is_empty());
		words.iter().map(|word| u32::from_le_bytes(*word)).collect()
	}
}

/// Bytes of each leaf's output.
pub(crate) fn leaf_len(program: &Program, items: u32, leaf: u32) -> usize {
	let range = leaf_items(program.items_per_leaf(), items, leaf).unwrap();
	range.len() * usize::from(program.header().item_size)
}

/// Runs all leaves on the CPU backend, on one thread; the reference interpreter must agree on each.
pub(crate) fn compare(name: &str, program: &Program, task: &Task<'_>, inputs: &[&[u8]]) -> Ran {
	let job = engine().load(program).unwrap().job(task, inputs).unwrap();
	let mut thread = job.thread().unwrap();
	let mut machine = Machine::new(program);
	let slices = Slices(inputs);
	let mut ran = Ran {
		output: Vec::new(),
		leaves: Vec::new(),
	};
	for leaf in 0..leaf_count(program.items_per_leaf(), task.items) {
		let mut out = vec![0xaa; leaf_len(program, task.items, leaf)];
		let figures = thread.leaf(leaf, &mut out).unwrap();
		let expected = eval_leaf(program, task, &slices, leaf, &mut machine).unwrap();
		assert_eq!(out, expected.bytes, "{name}: bytes of leaf {leaf}");
		assert_eq!(
			(figures.units, figures.traps),
			(expected.units, expected.traps),
			"{name}: units and traps of leaf {leaf}"
		);
		ran.output.extend(out);
		ran.leaves.push(figures);
	}
	ran
}

/// Runs `items` items of a program in text form under its own bound.
pub(crate) fn run(text: &str, items: u32, params: &[u64], inputs: &[&[u8]]) -> Ran {
	let program = assemble(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
	let task = Task {
		items,
		max_units: program.header().max_units,
		params,
	};
	task.check(&program, inputs.len()).unwrap();
	compare(text, &program, &task, inputs)
}

/// An instruction by its name.
pub(crate) fn word(name: &str, immediate: bool, fields: [u8; 3], imm: u32) -> Instruction {
	let info = opcode::by_name(name, immediate).unwrap_or_else(|| panic!("{name} does not exist"));
	let [dst, a, b] = fields;
	Instruction {
		op: info.code,
		dst,
		a,
		b,
		imm,
	}
}

/// A program of 16-byte items with three inputs, two parameters, 64 bytes of scratch and constants, all registers.
pub(crate) fn program(code: Vec<Instruction>, max_faults: u16) -> Program {
	let header = Header {
		features: 0,
		code_len: code.len() as u16,
		item_size: 16,
		scratch_size: 64,
		const_size: 64,
		w_count: 256,
		d_count: 128,
		inputs: 3,
		params: 2,
		max_units: 1 << 14,
		max_faults,
	};
	let constants = (0..64u8).map(|at| at.wrapping_mul(37)).collect();
	Program::new(header, code, constants).unwrap()
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
	pub(crate) fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A number below `end`.
	pub(crate) fn below(&mut self, end: u32) -> u32 {
		(self.next() >> 32) as u32 % end
	}

	pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
		(0..len).map(|_| self.next() as u8).collect()
	}
}
