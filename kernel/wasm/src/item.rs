//! The function that computes one item: `item(index, out) -> units | trapped << 31`.
//!
//! `out` is the address of the item's output, which is zero before; after a trap the caller clears it. The body is
//! emitted in one pass over the program, locals are declared as it needs them, and the prologue that sets some of them
//! is written last and put in front.

mod arithmetic;
mod bits;
mod control;
mod convert;
mod dot;
mod locals;
mod memory;
mod operand;
mod quads;

use self::{
	dot::Dots,
	locals::Locals,
	operand::{File, Operand, Push},
	quads::Quads,
};
use crate::module::Features;
use millrace_kernel::{
	opcode::{self, Form},
	program::{Instruction, Program},
};
use wasm_encoder::{Function, InstructionSink, ValType};

/// The first parameter: the item's index.
const INDEX: u32 = 0;
/// The second parameter: the address of the item's output.
const OUT: u32 = 1;
/// The sign bit of the result: the item trapped.
const TRAPPED: i32 = i32::MIN;

/// The item function of `program`, whose private memory has number `memory`.
pub(crate) fn item(program: &Program, memory: u32, features: Features) -> Function {
	let mut emitter = Emitter::new(program, memory, features);
	emitter.enter();
	for word in program.code() {
		emitter.instruction(word);
	}
	emitter.leave();
	emitter.finish()
}

/// The function so far.
struct Emitter<'a> {
	program: &'a Program,
	/// The number of the private memory.
	memory: u32,
	features: Features,
	body: Vec<u8>,
	locals: Locals,
	/// Local: units charged, without faults.
	units: u32,
	/// Local: the bound on them.
	max_units: u32,
	/// Local: faults; only where the program loads.
	faults: Option<u32>,
	/// Units of instructions since the local was last brought up to date.
	pending: u32,
	/// Blocks, loops and ifs of the program that are open.
	open: u32,
	/// In code that is never reached: how many blocks were opened in it.
	dead: Option<u32>,
	/// 128-bit loads whose registers still hold what was loaded.
	quads: Quads,
	/// Dot products that are not emitted yet.
	dots: Dots,
}

impl<'a> Emitter<'a> {
	fn new(program: &'a Program, memory: u32, features: Features) -> Emitter<'a> {
		let mut locals = Locals::default();
		let units = locals.declare(ValType::I32);
		let max_units = locals.declare(ValType::I32);
		let loads = |word: &Instruction| {
			let form = opcode::info(word.op).map(|info| info.form);
			matches!(form, Some(Form::LoadW | Form::LoadD | Form::LoadW4))
		};
		let faults = program.code().iter().any(loads).then(|| locals.declare(ValType::I32));
		Emitter {
			program,
			memory,
			features,
			body: Vec::new(),
			locals,
			units,
			max_units,
			faults,
			pending: 0,
			open: 0,
			dead: None,
			quads: Quads::default(),
			dots: Dots::default(),
		}
	}

	fn sink(&mut self) -> InstructionSink<'_> {
		InstructionSink::new(&mut self.body)
	}

	/// Emits one instruction of the program.
	fn instruction(&mut self, word: &Instruction) {
		// A program holds only codes of the table.
		let Some(info) = opcode::info(word.op) else { return };
		let reached = self.dead.is_none();
		if !reached && self.skips(word.op) {
			return;
		}
		if reached {
			self.pending = self.pending.saturating_add(u32::from(info.units));
		}
		if matches!(word.op, opcode::DP4A_SS | opcode::DP4A_US | opcode::DP4A_UU) {
			return self.collect_dot(word);
		}
		self.flush_dots();
		let third = word.imm.to_le_bytes()[0];
		match info.form {
			Form::None | Form::Condition | Form::Depth | Form::ConditionDepth => self.control(word),
			Form::WUnary => {
				let a = self.w(word.a);
				self.unary(word.op, File::W, a);
				self.set_w(word.dst);
			}
			Form::DUnary => {
				let a = self.d(word.a);
				self.unary(word.op, File::D, a);
				self.set_d(word.dst);
			}
			Form::WConst => {
				self.sink().operand(Operand::Word(word.imm));
				self.set_w(word.dst);
			}
			Form::DConst => {
				self.sink().operand(Operand::extended(word.imm));
				self.set_d(word.dst);
			}
			Form::WBinary | Form::WBinaryImm => {
				let (a, b) = (self.w(word.a), self.w_or(info.is_immediate(), word));
				self.binary(word.op, File::W, a, b);
				self.set_w(word.dst);
			}
			Form::DBinary | Form::DBinaryImm => {
				let (a, b) = (self.d(word.a), self.d_or(info.is_immediate(), word));
				self.binary(word.op, File::D, a, b);
				self.set_d(word.dst);
			}
			Form::DCompare | Form::DCompareImm => {
				let (a, b) = (self.d(word.a), self.d_or(info.is_immediate(), word));
				self.binary(word.op, File::D, a, b);
				self.set_w(word.dst);
			}
			Form::WTernary => {
				let (a, b, c) = (self.w(word.a), self.w(word.b), self.w(third));
				self.ternary(word.op, File::W, a, b, c);
				self.set_w(word.dst);
			}
			Form::WTernaryImm => {
				let (a, c) = (self.w(word.a), self.w(word.b));
				self.ternary(word.op, File::W, a, Operand::Word(word.imm), c);
				self.set_w(word.dst);
			}
			Form::DTernary => {
				let (a, b, c) = (self.d(word.a), self.d(word.b), self.d(third));
				self.ternary(word.op, File::D, a, b, c);
				self.set_d(word.dst);
			}
			Form::DTernaryImm => {
				let (a, c) = (self.d(word.a), self.d(word.b));
				self.ternary(word.op, File::D, a, Operand::extended(word.imm), c);
				self.set_d(word.dst);
			}
			Form::DSelect => {
				let (a, b, c) = (self.d(word.a), self.d(word.b), self.w(third));
				self.ternary(word.op, File::D, a, b, c);
				self.set_d(word.dst);
			}
			Form::Permute => {
				let (a, b) = (self.w(word.a), self.w(word.b));
				self.permute(a, b, word.imm);
				self.set_w(word.dst);
			}
			Form::Extract => {
				let a = self.w(word.a);
				self.extract(word.op, a, word.imm);
				self.set_w(word.dst);
			}
			Form::MulShift => {
				let (a, b) = (self.w(word.a), self.w(word.b));
				self.multiply_shift(word.op, a, b, word.imm);
				self.set_w(word.dst);
			}
			Form::WFromD => {
				let a = self.d(word.a);
				self.narrow(word.op, a);
				self.set_w(word.dst);
			}
			Form::Pack | Form::DFromW | Form::WideBinary | Form::WideTernary => {
				self.widen(word, third);
				self.set_d(word.dst);
			}
			Form::WGet | Form::Length => {
				self.setting(word);
				self.set_w(word.dst);
			}
			Form::Parameter => {
				self.setting(word);
				self.set_d(word.dst);
			}
			Form::LoadW | Form::LoadD | Form::LoadW4 => self.load(word),
			Form::ReadW => {
				self.read(word);
				self.set_w(word.dst);
			}
			Form::ReadD => {
				self.read(word);
				self.set_d(word.dst);
			}
			Form::WriteW | Form::WriteD | Form::WriteW4 => self.write(word),
		}
	}

	/// A `w` register as an operand.
	fn w(&mut self, register: u8) -> Operand {
		Operand::Local(self.locals.w(register))
	}

	/// A `d` register as an operand.
	fn d(&mut self, register: u8) -> Operand {
		Operand::Local(self.locals.d(register))
	}

	/// The second source of a `w` instruction.
	fn w_or(&mut self, immediate: bool, word: &Instruction) -> Operand {
		if immediate {
			Operand::Word(word.imm)
		} else {
			self.w(word.b)
		}
	}

	/// The second source of a `d` instruction.
	fn d_or(&mut self, immediate: bool, word: &Instruction) -> Operand {
		if immediate {
			Operand::extended(word.imm)
		} else {
			self.d(word.b)
		}
	}

	/// Moves the top of the stack to a `w` register.
	fn set_w(&mut self, register: u8) {
		self.quads.forget(register);
		let local = self.locals.w(register);
		self.sink().local_set(local);
	}

	/// Moves the top of the stack to a `d` register.
	fn set_d(&mut self, register: u8) {
		let local = self.locals.d(register);
		self.sink().local_set(local);
	}

	/// The function: prologue and body.
	fn finish(self) -> Function {
		let prologue = self.prologue();
		let mut function = Function::new_with_locals_types(self.locals.types().iter().copied());
		function.raw(prologue).raw(self.body);
		function
	}
}
