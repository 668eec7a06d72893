//! What must be known of the whole program before its first instruction is written.

use std::collections::BTreeSet;

use millrace_kernel::{
	opcode::{self, Area, Field, OpInfo},
	program::{Instruction, Program},
};

use crate::operand::Quad;

/// Most words of scratch that are kept in registers: more would not fit beside the program's own, and spill.
const MAX_CELLS: usize = 128;

/// Where the scratch lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scratch {
	/// No instruction touches it.
	Unused,
	/// In registers, one for each of these words: all indices are constant.
	Cells(Vec<u32>),
	/// In local memory.
	Local,
}

/// The facts about a program that its text depends on.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
	/// The `w` registers that some instruction reads.
	pub(crate) read_w: [bool; 256],
	/// The `d` registers that some instruction reads.
	pub(crate) read_d: [bool; 256],
	/// The `w` registers that some instruction writes; the others are 0 for ever.
	written_w: [bool; 256],
	/// For the instruction numbers of `block`, `loop` and `if`: whether some branch goes there.
	pub(crate) targets: Vec<bool>,
	/// The (input, cursor) pairs that loads name, each as `input | cursor << 3`; ascending.
	pub(crate) pairs: Vec<u8>,
	/// The inputs that loads read, each with the logarithms of the widths in which they do; ascending.
	pub(crate) widths: Vec<(u8, u32)>,
	/// Whether some load traps out of range.
	pub(crate) plain_loads: bool,
	/// Whether there is an explicit trap.
	pub(crate) traps: bool,
	/// Whether the constants are needed in memory: some read of them has an index that varies.
	pub(crate) table: bool,
	/// Where the scratch lies.
	pub(crate) scratch: Scratch,
}

impl Survey {
	/// Looks through `program`: once for the registers, and once more for what depends on which of them vary.
	pub(crate) fn of(program: &Program) -> Survey {
		let mut survey = Survey {
			read_w: [false; 256],
			read_d: [false; 256],
			written_w: [false; 256],
			targets: vec![false; program.code().len()],
			pairs: Vec::new(),
			widths: Vec::new(),
			plain_loads: false,
			traps: false,
			table: false,
			scratch: Scratch::Unused,
		};
		for (word, row) in instructions(program) {
			survey.registers(word, row);
		}
		survey.branches(program);
		survey.memory(program);
		survey
	}

	fn registers(&mut self, word: &Instruction, row: &OpInfo) {
		let fields = row.form.fields();
		let [third, ..] = word.imm.to_le_bytes();
		for (field, number) in [(fields.a, word.a), (fields.b, word.b), (fields.imm, third)] {
			match field {
				Field::W | Field::ThirdW => self.read_w[usize::from(number)] = true,
				Field::W4 => Quad(number).numbers().for_each(|number| self.read_w[number] = true),
				Field::D | Field::ThirdD => self.read_d[usize::from(number)] = true,
				_ => {}
			}
		}
		match fields.dst {
			Field::W => self.written_w[usize::from(word.dst)] = true,
			Field::W4 => Quad(word.dst)
				.numbers()
				.for_each(|number| self.written_w[number] = true),
			_ => {}
		}
	}

	fn branches(&mut self, program: &Program) {
		let mut open = Vec::new();
		for (at, word) in program.code().iter().enumerate() {
			match word.op {
				opcode::BLOCK | opcode::LOOP | opcode::IF => open.push(at),
				opcode::END => {
					open.pop();
				}
				opcode::BR | opcode::BR_IF | opcode::BR_IFZ => {
					let depth = usize::try_from(word.imm).unwrap_or(usize::MAX);
					if let Some(target) = open.iter().rev().nth(depth) {
						self.targets[*target] = true;
					}
				}
				opcode::TRAP => self.traps = true,
				_ => {}
			}
		}
	}

	fn memory(&mut self, program: &Program) {
		let header = program.header();
		let (mut pairs, mut widths, mut cells) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
		let mut local = false;
		for (word, row) in instructions(program) {
			let Some(access) = row.access() else { continue };
			let width_log2 = access.width_log2;
			match access.area {
				Area::Input => {
					pairs.insert(word.b & 0x7f);
					widths.insert((word.b & 7, width_log2));
					self.plain_loads |= word.b & 0x80 == 0;
				}
				Area::Constants => self.table |= self.fixed_offset(word, width_log2, header.const_size).is_none(),
				Area::Scratch => match self.fixed_offset(word, width_log2, header.scratch_size) {
					Some(offset) => {
						cells.insert(offset / 4);
						cells.insert((offset + (1 << width_log2) - 1) / 4);
					}
					None => local = true,
				},
				Area::Output => {}
			}
		}
		self.pairs = pairs.into_iter().collect();
		self.widths = widths.into_iter().collect();
		self.scratch = if local || cells.len() > MAX_CELLS {
			Scratch::Local
		} else if cells.is_empty() {
			Scratch::Unused
		} else {
			Scratch::Cells(cells.into_iter().collect())
		};
	}

	/// The element that a load names, where its index register is never written.
	pub(crate) fn fixed_element(&self, word: &Instruction) -> Option<u32> {
		(!self.written_w[usize::from(word.a)]).then_some(word.imm)
	}

	/// The byte offset of an access to an area of `size` bytes, where it is the same each time: the index register is
	/// never written, or the area holds no other element.
	pub(crate) fn fixed_offset(&self, word: &Instruction, width_log2: u32, size: u16) -> Option<u32> {
		let size = u32::from(size);
		let element = if size == 1 << width_log2 {
			0
		} else {
			self.fixed_element(word)?
		};
		Some((element << width_log2) & (size - 1))
	}

	/// The number of the register that remembers the chunk of `pair`, which a load names.
	pub(crate) fn chunk(&self, pair: u8) -> usize {
		self.pairs.partition_point(|known| *known < pair)
	}

	/// The number of the register that holds how many elements `input` has, for a load of this width.
	pub(crate) fn elements(&self, input: u8, width_log2: u32) -> usize {
		self.widths.partition_point(|known| *known < (input, width_log2))
	}
}

/// The instructions with their rows. The validator lets no opcode pass that has none.
fn instructions(program: &Program) -> impl Iterator<Item = (&Instruction, &'static OpInfo)> {
	program
		.code()
		.iter()
		.filter_map(|word| opcode::info(word.op).map(|row| (word, row)))
}
