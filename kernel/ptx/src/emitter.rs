//! A module from its first line to its last: what precedes an item's instructions, and how an item ends.
//!
//! # Registers
//!
//! | name | type | holds |
//! |---|---|---|
//! | `%w`, `%d` | b32, b64 | the program's registers |
//! | `%units0`, `%faults0` | b32 | units without those of faults; faults |
//! | `%bad0` | pred | whether a plain load was out of range |
//! | `%max0` | b32 | the job's bound on units |
//! | `%n0`, `%index0` | b32 | the item's number in the launch, and in the job |
//! | `%out0`, `%in` | b64 | where the item is written; the inputs by number |
//! | `%count` | b32 | elements of an input, for each width in which it is read |
//! | `%chunk` | b32 | the remembered chunk of each (input, cursor) pair |
//! | `%table0`, `%scratch0` | b64 | the constants, and the scratch, where they lie in memory |
//! | `%cell` | b32 | the words of a scratch that lies in registers |
//! | `%p`, `%t`, `%x` | pred, b32, b64 | temporaries, never live across a kernel's instruction |

use std::mem::offset_of;

use millrace_kernel::{
	opcode,
	program::{Header, Program, FAULT_UNITS},
};

use crate::{
	arithmetic::{arithmetic, at},
	control::Frame,
	launch::Launch,
	operand::Operands,
	survey::{Scratch, Survey},
	text::{ptx, Text},
	BLOCK, ITEMS,
};

/// What a cursor remembers before its first load. The greatest chunk number is below 2^26.
const NO_CHUNK: i32 = -1;

/// The bit of a figure that says that the item trapped, as PTX writes it.
const TRAPPED: i32 = i32::MIN;

/// Writes the module of one program.
pub(crate) struct Emitter<'a> {
	pub(crate) program: &'a Program,
	pub(crate) survey: Survey,
	pub(crate) text: Text,
	/// Units of the straight line so far, not yet added to `%units0`.
	pub(crate) pending: u32,
	/// The open blocks, loops and ifs.
	pub(crate) open: Vec<Frame>,
}

impl<'a> Emitter<'a> {
	/// An emitter that has written nothing.
	pub(crate) fn new(program: &'a Program) -> Emitter<'a> {
		Emitter {
			program,
			survey: Survey::of(program),
			// Most instructions become one or two lines.
			text: Text::with_capacity(4096 + 64 * program.code().len()),
			pending: 0,
			open: Vec::new(),
		}
	}

	/// The module.
	pub(crate) fn module(mut self) -> String {
		self.head();
		self.registers();
		self.item();
		self.state();
		for (at, word) in self.program.code().iter().enumerate() {
			// The validator lets no opcode pass that has no row.
			let Some(row) = opcode::info(word.op) else { continue };
			self.pending += u32::from(row.units);
			match (word.op, row.access()) {
				(opcode::BLOCK..=opcode::TRAP, _) => self.control(at, word),
				(_, Some(access)) => self.memory(word, access),
				(_, None) => arithmetic(&mut self.text, word, Operands::of(word, row.form)),
			}
		}
		self.exits();
		self.text.line(format_args!("}}"));
		self.text.finish()
	}

	pub(crate) fn header(&self) -> &'a Header {
		self.program.header()
	}

	/// Whether the program loads from its inputs at all. Without loads there are no faults.
	fn loads(&self) -> bool {
		!self.survey.pairs.is_empty()
	}

	/// Everything before the body.
	fn head(&mut self) {
		self.text
			.line(format_args!(".version 6.3\n.target sm_75\n.address_size 64\n"));
		if self.survey.table {
			let bytes = self.program.constants();
			let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
			let (size, list) = (bytes.len(), list.join(", "));
			self.text
				.line(format_args!(".global .align 16 .b8 constants[{size}] = {{{list}}};\n"));
		}
		let (size, align) = (size_of::<Launch>(), align_of::<Launch>());
		self.text.line(format_args!(
			".visible .entry {ITEMS}(\n\t.param .align {align} .b8 launch[{size}]\n)\n.maxntid {BLOCK}, 1, 1\n{{"
		));
	}

	/// Declares the registers, and local memory.
	fn registers(&mut self) {
		let header = self.header();
		let cells = match &self.survey.scratch {
			Scratch::Cells(cells) => cells.last().map_or(0, |last| *last as usize + 1),
			Scratch::Unused | Scratch::Local => 0,
		};
		let (loads, plain) = (self.loads(), self.survey.plain_loads);
		let (table, local) = (self.survey.table, self.survey.scratch == Scratch::Local);
		let declarations = [
			("pred", "p", 1),
			("pred", "bad", usize::from(plain)),
			("b32", "t", 2),
			("b64", "x", 2),
			("b32", "units", 1),
			("b32", "faults", usize::from(loads)),
			("b32", "max", 1),
			("b32", "n", 1),
			("b32", "index", 1),
			("b64", "out", 1),
			("b64", "in", usize::from(header.inputs)),
			("b32", "count", self.survey.widths.len()),
			("b32", "chunk", self.survey.pairs.len()),
			("b64", "table", usize::from(table)),
			("b64", "scratch", usize::from(local)),
			("b32", "cell", cells),
			("b32", "w", usize::from(header.w_count)),
			("b64", "d", usize::from(header.d_count)),
		];
		for (ty, prefix, registers) in declarations {
			if registers > 0 {
				ptx!(self.text, ".reg .{ty} %{prefix}<{registers}>");
			}
		}
		if local {
			ptx!(self.text, ".local .align 16 .b8 scratch[{}]", header.scratch_size);
		}
	}

	/// Which item this thread computes, and where it and its inputs lie.
	fn item(&mut self) {
		self.text.line(format_args!(""));
		ptx!(self.text, "mov.u32 %t0, %ctaid.x");
		ptx!(self.text, "mov.u32 %t1, %tid.x");
		ptx!(self.text, "mad.lo.s32 %n0, %t0, {BLOCK}, %t1");
		ptx!(self.text, "ld.param.u32 %t0, [launch+{}]", offset_of!(Launch, count));
		ptx!(self.text, "setp.ge.u32 %p0, %n0, %t0");
		ptx!(self.text, "@%p0 ret");
		ptx!(self.text, "ld.param.u32 %t0, [launch+{}]", offset_of!(Launch, first));
		ptx!(self.text, "add.s32 %index0, %n0, %t0");
		ptx!(
			self.text,
			"ld.param.u32 %max0, [launch+{}]",
			offset_of!(Launch, max_units)
		);
		ptx!(self.text, "ld.param.u64 %x0, [launch+{}]", offset_of!(Launch, out));
		ptx!(self.text, "mad.wide.u32 %out0, %n0, {}, %x0", self.header().item_size);
		let mut known = None;
		for (number, (input, width_log2)) in self.survey.widths.iter().enumerate() {
			if known.replace(*input) != Some(*input) {
				let base = at(offset_of!(Launch, inputs), 8, u32::from(*input));
				ptx!(self.text, "ld.param.u64 %in{input}, [launch+{base}]");
			}
			let length = at(offset_of!(Launch, lengths), 4, u32::from(*input));
			ptx!(self.text, "ld.param.u32 %count{number}, [launch+{length}]");
			if *width_log2 > 0 {
				ptx!(self.text, "shr.u32 %count{number}, %count{number}, {width_log2}");
			}
		}
	}

	/// The state at the start of an item: its cost is charged, nothing is remembered, everything that may be read is 0.
	fn state(&mut self) {
		ptx!(self.text, "mov.b32 %units0, {}", self.program.item_cost());
		if self.loads() {
			ptx!(self.text, "mov.b32 %faults0, 0");
		}
		if self.survey.plain_loads {
			// False, whatever n is.
			ptx!(self.text, "setp.ne.s32 %bad0, %n0, %n0");
		}
		for chunk in 0..self.survey.pairs.len() {
			ptx!(self.text, "mov.b32 %chunk{chunk}, {NO_CHUNK}");
		}
		if self.survey.table {
			ptx!(self.text, "mov.b64 %table0, constants");
		}
		for (number, _) in self.survey.read_w.iter().enumerate().filter(|(_, read)| **read) {
			ptx!(self.text, "mov.b32 %w{number}, 0");
		}
		for (number, _) in self.survey.read_d.iter().enumerate().filter(|(_, read)| **read) {
			ptx!(self.text, "mov.b64 %d{number}, 0");
		}
		match &self.survey.scratch {
			Scratch::Unused => {}
			Scratch::Cells(cells) => {
				for cell in cells {
					ptx!(self.text, "mov.b32 %cell{cell}, 0");
				}
			}
			Scratch::Local => {
				ptx!(self.text, "mov.b64 %scratch0, scratch");
				self.clear("local", "%scratch0", self.header().scratch_size);
			}
		}
	}

	/// Writes zeros to `size` bytes from `base` on, which is aligned to the least of `size` and 16. Uses `%t1`, `%x0`.
	fn clear(&mut self, space: &str, base: &str, size: u16) {
		match size {
			0..=4 => {
				ptx!(self.text, "mov.b32 %t1, 0");
				ptx!(self.text, "st.{space}.u{} [{base}], %t1", 8 * size);
			}
			8 => {
				ptx!(self.text, "mov.b64 %x0, 0");
				ptx!(self.text, "st.{space}.u64 [{base}], %x0");
			}
			_ => {
				ptx!(self.text, "mov.b32 %t1, 0");
				for offset in (0..size).step_by(16) {
					ptx!(self.text, "st.{space}.v4.u32 [{base}+{offset}], {{%t1, %t1, %t1, %t1}}");
				}
			}
		}
	}

	/// Gives the register that holds the units so far, with those of faults: `%t0` where there are loads.
	pub(crate) fn total(&mut self) -> &'static str {
		if self.loads() {
			ptx!(self.text, "mad.lo.s32 %t0, %faults0, {FAULT_UNITS}, %units0");
			"%t0"
		} else {
			"%units0"
		}
	}

	/// The total in `%t0`, and in `%p0` whether a bound was passed.
	fn judge(&mut self) {
		let total = self.total();
		if !self.loads() {
			ptx!(self.text, "mov.b32 %t0, {total}");
		}
		if self.survey.plain_loads {
			ptx!(self.text, "setp.gt.or.u32 %p0, %t0, %max0, %bad0");
		} else {
			ptx!(self.text, "setp.gt.u32 %p0, %t0, %max0");
		}
		if self.loads() {
			ptx!(
				self.text,
				"setp.gt.or.u32 %p0, %faults0, {}, %p0",
				self.header().max_faults
			);
		}
	}

	/// How an item ends: at `END` as it should unless a bound was passed, at `TRAP` by an explicit trap unless a bound
	/// was passed, at `BOUND` by a bound trap. The figure meets the others in `%t0` at `DONE`.
	fn exits(&mut self) {
		self.flush();
		self.text.label("END");
		self.judge();
		ptx!(self.text, "@!%p0 bra DONE");
		if self.survey.traps {
			ptx!(self.text, "bra BOUND");
			self.text.label("TRAP");
			self.judge();
			ptx!(self.text, "or.b32 %t0, %t0, {TRAPPED}");
			ptx!(self.text, "@!%p0 bra ZERO");
		}
		self.text.label("BOUND");
		ptx!(self.text, "or.b32 %t0, %max0, {TRAPPED}");
		if self.survey.traps {
			self.text.label("ZERO");
		}
		self.clear("global", "%out0", self.header().item_size);
		self.text.label("DONE");
		ptx!(self.text, "ld.param.u64 %x0, [launch+{}]", offset_of!(Launch, figures));
		ptx!(self.text, "mad.wide.u32 %x0, %n0, 4, %x0");
		ptx!(self.text, "st.global.u32 [%x0], %t0");
		ptx!(self.text, "ret");
	}
}
