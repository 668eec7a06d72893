//! Runs one instruction on chosen operands.

use millrace_kernel::{
	eval::{eval_item, Machine, Outcome, Slices, Task},
	opcode,
	program::{Header, Instruction, Program},
};

/// Operands at which word arithmetic changes its ways.
pub(crate) const EDGES_W: [u32; 18] = [
	0,
	1,
	2,
	3,
	5,
	31,
	32,
	33,
	0x7f,
	0x80,
	0xff,
	0x0001_0000,
	0x7fff_ffff,
	0x8000_0000,
	0x8000_0001,
	0x80ff_7f01,
	0xffff_fffe,
	0xffff_ffff,
];

/// The same for 64 bits.
pub(crate) const EDGES_D: [u64; 16] = [
	0,
	1,
	2,
	3,
	31,
	63,
	64,
	65,
	0x7fff_ffff,
	0xffff_ffff,
	0x1_0000_0000,
	0x7fff_ffff_ffff_ffff,
	0x8000_0000_0000_0000,
	0x8000_0000_0000_0001,
	0xffff_ffff_ffff_fffe,
	0xffff_ffff_ffff_ffff,
];

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(u64);

impl Random {
	pub(crate) fn new(seed: u64) -> Random {
		Random(seed)
	}

	pub(crate) fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ (z >> 31)
	}

	/// A word of a random number of significant bits, so that small values come as often as great ones.
	pub(crate) fn word(&mut self) -> u32 {
		let (value, shift) = (self.next() as u32, self.next() % 32);
		value >> shift
	}

	pub(crate) fn long(&mut self) -> u64 {
		let (value, shift) = (self.next(), self.next() % 64);
		value >> shift
	}
}

/// The code of an instruction by its name.
pub(crate) fn code(name: &str, immediate: bool) -> u8 {
	opcode::by_name(name, immediate)
		.unwrap_or_else(|| panic!("{name} does not exist"))
		.code
}

pub(crate) fn word(name: &str, immediate: bool, fields: [u8; 3], imm: u32) -> Instruction {
	let [dst, a, b] = fields;
	Instruction {
		op: code(name, immediate),
		dst,
		a,
		b,
		imm,
	}
}

/// A program of 16-byte items, four parameters and two inputs, with the registers `w0..w32` and `d0..d16`.
pub(crate) fn program(code: Vec<Instruction>, constants: Vec<u8>, scratch_size: u16) -> Program {
	let header = Header {
		features: 0,
		code_len: code.len() as u16,
		item_size: 16,
		scratch_size,
		const_size: constants.len() as u16,
		w_count: 32,
		d_count: 16,
		inputs: 2,
		params: 4,
		max_units: 1 << 16,
		max_faults: 64,
	};
	Program::new(header, code, constants).unwrap()
}

/// Puts parameter k into `dk` and its low half into `wk`, for k in 0..4.
pub(crate) fn prelude() -> Vec<Instruction> {
	let mut code = Vec::new();
	for k in 0..4u8 {
		code.push(word("param", false, [k, 0, 0], u32::from(k)));
		code.push(word("lo", false, [k, k, 0], 0));
	}
	code
}

/// A program that runs `body` on the parameters in `d0..d4` and `w0..w4`, and stores `d8` (8 bytes) and `w8`.
/// `w31` stays 0.
pub(crate) fn probe(body: &[Instruction]) -> Program {
	probe_with(body, Vec::new(), 0)
}

pub(crate) fn probe_with(body: &[Instruction], constants: Vec<u8>, scratch_size: u16) -> Program {
	let mut code = prelude();
	code.extend_from_slice(body);
	code.push(word("sto64", false, [0, 31, 8], 0));
	code.push(word("sto32", false, [0, 31, 8], 2));
	program(code, constants, scratch_size)
}

/// What an item leaves behind.
pub(crate) struct Item {
	pub(crate) bytes: [u8; 16],
	pub(crate) outcome: Outcome,
}

impl Item {
	/// What a probe left in `d8`.
	pub(crate) fn long(&self) -> u64 {
		u64::from_le_bytes(self.bytes[..8].try_into().unwrap())
	}

	/// What a probe left in `w8`.
	pub(crate) fn word(&self) -> u32 {
		u32::from_le_bytes(self.bytes[8..12].try_into().unwrap())
	}
}

/// Runs item `index` of `items`.
pub(crate) fn run_at(program: &Program, params: [u64; 4], inputs: &[&[u8]], items: u32, index: u32) -> Item {
	let task = Task {
		items,
		max_units: program.header().max_units,
		params: &params,
	};
	task.check(program, 2).unwrap();
	let mut bytes = [0xaa; 16];
	let mut machine = Machine::new(program);
	let outcome = eval_item(program, &task, &Slices(inputs), index, &mut machine, &mut bytes).unwrap();
	Item { bytes, outcome }
}

/// Runs a program that does not trap.
pub(crate) fn run(program: &Program, params: [u64; 4]) -> Item {
	let item = run_at(program, params, &[&[], &[]], 1, 0);
	assert!(!item.outcome.trapped);
	item
}

/// A mnemonic and what it should do.
pub(crate) type Named<Function> = (&'static str, Function);
