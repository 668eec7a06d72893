//! Instructions that access memory: `ld`, `st`.

use super::{expect_width, operand_error, operands, Decoder, Symbol};
use crate::ptx::{
	error::Error,
	operation::{Address, Operation, Slot, Transfer, Width},
	space::Space,
	syntax::{Instruction, Operand},
	types::Type,
};

/// Most bytes of one access.
const MOST_BYTES: usize = 16;

impl Decoder<'_> {
	pub(super) fn memory(
		&mut self,
		i: &Instruction<'_>,
		qualifiers: &[&str],
		ty: Type,
	) -> Result<Option<Operation>, Error> {
		let (qualifiers, count) = match qualifiers {
			[qualifiers @ .., "v2"] => (qualifiers, 2),
			[qualifiers @ .., "v4"] => (qualifiers, 4),
			_ => (qualifiers, 1),
		};
		if ty.bits < 8 || (ty.bits / 8) as usize * count > MOST_BYTES {
			return Ok(None);
		}
		// The hints `.ca` and so on tell caches how long to keep data and do not change what is read or written.
		match (i.opcode, qualifiers) {
			("ld", ["param"]) => self.load_parameter(i, count, ty).map(Some),
			("ld", ["const"]) => self.load(i, Space::Constant, false, count, ty).map(Some),
			("ld", ["local"]) => self.load(i, Space::Local, false, count, ty).map(Some),
			("ld", ["global"] | ["global", "ca" | "cg" | "cs"]) => {
				self.load(i, Space::Global, false, count, ty).map(Some)
			}
			("ld", ["global", "nc"] | ["global", "ca" | "cg" | "cs", "nc"]) => {
				self.load(i, Space::Global, true, count, ty).map(Some)
			}
			("st", ["local"]) => self.store(i, Space::Local, count, ty).map(Some),
			("st", ["global"] | ["global", "wb" | "cg" | "cs"]) => self.store(i, Space::Global, count, ty).map(Some),
			_ => Ok(None),
		}
	}

	fn load(
		&mut self,
		i: &Instruction<'_>,
		space: Space,
		cached: bool,
		count: usize,
		ty: Type,
	) -> Result<Operation, Error> {
		let [to, address] = operands(i)?;
		let address = self.address(i.line, address, space)?;
		Ok(Operation::Load {
			transfer: self.loaded(i.line, to, count, ty)?,
			address,
			cached,
		})
	}

	/// A parameter is known here, so its bounds are checked here.
	fn load_parameter(&mut self, i: &Instruction<'_>, count: usize, ty: Type) -> Result<Operation, Error> {
		let line = i.line;
		let [to, address] = operands(i)?;
		let Operand::Address { base, offset } = address else {
			return operand_error(line, "the source is no address");
		};
		let Symbol::Parameter {
			offset: begin,
			align,
			size,
		} = self.symbol(line, base)?
		else {
			return operand_error(line, format!("`{base}` is no parameter"));
		};
		let transfer = self.loaded(line, to, count, ty)?;
		let bytes = transfer.bytes() as u64;
		if offset.checked_add(bytes).is_none_or(|end| end > size) {
			return operand_error(
				line,
				format!("{bytes} bytes at byte {offset} of `{base}`, which has {size}"),
			);
		}
		if !offset.is_multiple_of(bytes) || bytes > align {
			return operand_error(
				line,
				format!("{bytes} bytes at byte {offset} of `{base}`, which is aligned to {align}: not aligned"),
			);
		}
		Ok(Operation::Parameter {
			transfer,
			offset: (begin + offset) as usize,
		})
	}

	fn store(&mut self, i: &Instruction<'_>, space: Space, count: usize, ty: Type) -> Result<Operation, Error> {
		let line = i.line;
		let [address, from] = operands(i)?;
		let address = self.address(line, address, space)?;
		let mut registers = [0; 4];
		for (slot, element) in registers.iter_mut().zip(elements(line, from, count)?) {
			*slot = self.wide_source(line, element, ty.bits)?;
		}
		let element = Width {
			bits: ty.bits,
			signed: ty.is_signed(),
		};
		Ok(Operation::Store {
			transfer: Transfer {
				registers,
				count,
				element,
				register_bits: ty.bits,
			},
			address,
		})
	}

	/// The destinations of a load. They may be wider than what is loaded, and are all of one width.
	fn loaded(&self, line: u32, to: &Operand<'_>, count: usize, ty: Type) -> Result<Transfer, Error> {
		let mut registers: [Slot; 4] = [0; 4];
		let mut register_bits = None;
		for (slot, element) in registers.iter_mut().zip(elements(line, to, count)?) {
			let Operand::Name(name) = element else {
				return operand_error(line, "the destination is no register");
			};
			let register = self.wide_register(line, name, ty.bits)?;
			if *register_bits.get_or_insert(register.bits) != register.bits {
				return operand_error(line, "the registers of a vector are not of one width");
			}
			*slot = register.slot;
		}
		self.expect_distinct(line, &registers[..count])?;
		Ok(Transfer {
			registers,
			count,
			element: Width {
				bits: ty.bits,
				signed: ty.is_signed(),
			},
			register_bits: register_bits.unwrap_or(ty.bits),
		})
	}

	/// The base of an address is a register of 64 bits, in a small space also of 32, or a variable of the space.
	fn address(&mut self, line: u32, operand: &Operand<'_>, space: Space) -> Result<Address, Error> {
		let Operand::Address { base: name, offset } = operand else {
			return operand_error(line, "an operand is no address");
		};
		let Ok(offset) = i32::try_from(*offset as i64) else {
			return operand_error(line, "the offset of an address does not fit 32 bits");
		};
		let base = match self.symbol(line, name)? {
			Symbol::Register(register) => {
				if !(register.bits == 32 && space.is_small()) {
					expect_width(line, name, 64, register.bits)?;
				}
				register.slot
			}
			Symbol::Variable {
				space: of_variable,
				address,
			} if of_variable == space => self.constant(address),
			_ => return operand_error(line, format!("`{name}` is not in the {} space", space.name())),
		};
		Ok(Address { space, base, offset })
	}
}

/// The elements of an operand that has so many; one alone stands without braces.
fn elements<'o, 'a>(line: u32, operand: &'o Operand<'a>, count: usize) -> Result<&'o [Operand<'a>], Error> {
	match operand {
		Operand::Vector(elements) if count > 1 && elements.len() == count => Ok(elements),
		Operand::Vector(_) => operand_error(line, format!("a vector is not of {count} elements")),
		scalar if count == 1 => Ok(std::slice::from_ref(scalar)),
		_ => operand_error(line, format!("an operand is no vector of {count} elements")),
	}
}
