//! Constants, scratch and output: areas of a power-of-two size, in which an element's number is masked.

use millrace_kernel::{
	opcode::{self, Access, Area},
	program::Instruction,
};

use crate::{
	emitter::Emitter,
	operand::{Operand, Quad},
	survey::Scratch,
	text::ptx,
};

impl Emitter<'_> {
	/// Writes a memory instruction.
	pub(crate) fn memory(&mut self, word: &Instruction, access: Access) {
		let width_log2 = access.width_log2;
		match access.area {
			Area::Input => self.load(word, width_log2),
			Area::Constants => self.constant(word, width_log2),
			Area::Scratch if matches!(self.survey.scratch, Scratch::Cells(_)) => self.cell(word, width_log2),
			Area::Scratch => self.local(word, width_log2),
			Area::Output => self.store(word, width_log2),
		}
	}

	/// The address of an access to the area of `size` bytes that begins at the register `base`. Where it varies it is
	/// computed to `%x0`.
	fn address(&mut self, word: &Instruction, width_log2: u32, size: u16, base: &str) -> String {
		match self.survey.fixed_offset(word, width_log2, size) {
			Some(0) => base.to_owned(),
			Some(offset) => format!("{base}+{offset}"),
			None => {
				let mask = (u32::from(size) >> width_log2) - 1;
				let mut element = Operand::W(word.a);
				if word.imm & mask != 0 {
					ptx!(self.text, "add.s32 %t0, {element}, {}", word.imm & mask);
					element = Operand::Temporary;
				}
				ptx!(self.text, "and.b32 %t0, {element}, {mask}");
				ptx!(self.text, "mad.wide.u32 %x0, %t0, {}, {base}", 1 << width_log2);
				"%x0".to_owned()
			}
		}
	}

	/// A constant whose index does not vary is an immediate; the others are read from a table in memory, since the
	/// constant banks of a device serve one address at a time.
	fn constant(&mut self, word: &Instruction, width_log2: u32) {
		let size = self.header().const_size;
		let (w, d) = (Operand::W(word.dst), Operand::D(word.dst));
		if let Some(offset) = self.survey.fixed_offset(word, width_log2, size) {
			let bytes = self.program.constants().iter().skip(offset as usize);
			let value = bytes
				.take(1 << width_log2)
				.rev()
				.fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
			match word.op {
				opcode::CONST64 => ptx!(self.text, "mov.b64 {d}, {}", value.cast_signed()),
				_ => ptx!(self.text, "mov.b32 {w}, {}", (value as u32).cast_signed()),
			}
			return;
		}
		let address = self.address(word, width_log2, size, "%table0");
		match word.op {
			opcode::CONST8U => ptx!(self.text, "ld.global.nc.u8 {w}, [{address}]"),
			opcode::CONST32 => ptx!(self.text, "ld.global.nc.u32 {w}, [{address}]"),
			_ => ptx!(self.text, "ld.global.nc.u64 {d}, [{address}]"),
		}
	}

	/// Scratch in registers of 32 bits: bytes are extracted and inserted, long words are pairs.
	fn cell(&mut self, word: &Instruction, width_log2: u32) {
		let size = self.header().scratch_size;
		// Scratch lies in registers only where every offset is fixed.
		let Some(offset) = self.survey.fixed_offset(word, width_log2, size) else {
			return;
		};
		let (cell, position) = (offset / 4, offset % 4 * 8);
		let next = cell + 1;
		match word.op {
			opcode::LDS8U => ptx!(self.text, "bfe.u32 %w{}, %cell{cell}, {position}, 8", word.dst),
			opcode::LDS32 => ptx!(self.text, "mov.b32 %w{}, %cell{cell}", word.dst),
			opcode::LDS64 => ptx!(self.text, "mov.b64 %d{}, {{%cell{cell}, %cell{next}}}", word.dst),
			opcode::STS8 => ptx!(
				self.text,
				"bfi.b32 %cell{cell}, %w{}, %cell{cell}, {position}, 8",
				word.b
			),
			opcode::STS32 => ptx!(self.text, "mov.b32 %cell{cell}, %w{}", word.b),
			_ => ptx!(self.text, "mov.b64 {{%cell{cell}, %cell{next}}}, %d{}", word.b),
		}
	}

	/// Scratch in local memory.
	fn local(&mut self, word: &Instruction, width_log2: u32) {
		let size = self.header().scratch_size;
		let address = self.address(word, width_log2, size, "%scratch0");
		match word.op {
			opcode::LDS8U => ptx!(self.text, "ld.local.u8 %w{}, [{address}]", word.dst),
			opcode::LDS32 => ptx!(self.text, "ld.local.u32 %w{}, [{address}]", word.dst),
			opcode::LDS64 => ptx!(self.text, "ld.local.u64 %d{}, [{address}]", word.dst),
			opcode::STS8 => ptx!(self.text, "st.local.u8 [{address}], %w{}", word.b),
			opcode::STS32 => ptx!(self.text, "st.local.u32 [{address}], %w{}", word.b),
			_ => ptx!(self.text, "st.local.u64 [{address}], %d{}", word.b),
		}
	}

	/// Output goes straight to its place in the launch's buffer.
	fn store(&mut self, word: &Instruction, width_log2: u32) {
		let size = self.header().item_size;
		let address = self.address(word, width_log2, size, "%out0");
		let (w, d, quad) = (Operand::W(word.b), Operand::D(word.b), Quad(word.b));
		match word.op {
			opcode::STO8 => ptx!(self.text, "st.global.u8 [{address}], {w}"),
			opcode::STO16 => ptx!(self.text, "st.global.u16 [{address}], {w}"),
			opcode::STO32 => ptx!(self.text, "st.global.u32 [{address}], {w}"),
			opcode::STO64 => ptx!(self.text, "st.global.u64 [{address}], {d}"),
			_ => ptx!(self.text, "st.global.v4.u32 [{address}], {quad}"),
		}
	}
}
