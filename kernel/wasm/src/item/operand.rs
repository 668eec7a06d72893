//! Operands, and instructions that both register files have.

use wasm_encoder::InstructionSink;

/// A register file: `w` is `i32`, `d` is `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum File {
	W,
	D,
}

/// Something that can be pushed on the stack any number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
	Local(u32),
	Word(u32),
	Long(u64),
}

impl Operand {
	/// An immediate of a `d` instruction.
	pub(super) fn extended(imm: u32) -> Operand {
		Operand::Long(i64::from(imm.cast_signed()).cast_unsigned())
	}

	/// A number of either file.
	pub(super) fn number(file: File, value: u64) -> Operand {
		match file {
			// The low half.
			File::W => Operand::Word(value as u32),
			File::D => Operand::Long(value),
		}
	}

	/// The number, where the operand is one.
	pub(super) fn value(self) -> Option<u64> {
		match self {
			Operand::Local(_) => None,
			Operand::Word(value) => Some(u64::from(value)),
			Operand::Long(value) => Some(value),
		}
	}
}

macro_rules! numeric {
	($($name:ident $word:ident $long:ident,)*) => {
		/// An instruction that exists for `i32` and for `i64`.
		#[derive(Clone, Copy, Debug, PartialEq, Eq)]
		pub(super) enum Numeric {
			$($name,)*
		}

		/// What the encoder of instructions is extended by.
		pub(super) trait Push {
			/// Pushes an operand.
			fn operand(&mut self, operand: Operand) -> &mut Self;

			/// The instruction for the words of a file.
			fn numeric(&mut self, file: File, instruction: Numeric) -> &mut Self;
		}

		impl Push for InstructionSink<'_> {
			fn operand(&mut self, operand: Operand) -> &mut Self {
				match operand {
					Operand::Local(local) => self.local_get(local),
					Operand::Word(value) => self.i32_const(value.cast_signed()),
					Operand::Long(value) => self.i64_const(value.cast_signed()),
				}
			}

			fn numeric(&mut self, file: File, instruction: Numeric) -> &mut Self {
				match (file, instruction) {
					$(
						(File::W, Numeric::$name) => self.$word(),
						(File::D, Numeric::$name) => self.$long(),
					)*
				}
			}
		}
	};
}

numeric! {
	Add i32_add i64_add,
	Sub i32_sub i64_sub,
	Mul i32_mul i64_mul,
	DivU i32_div_u i64_div_u,
	DivS i32_div_s i64_div_s,
	RemU i32_rem_u i64_rem_u,
	RemS i32_rem_s i64_rem_s,
	And i32_and i64_and,
	Or i32_or i64_or,
	Xor i32_xor i64_xor,
	Shl i32_shl i64_shl,
	ShrU i32_shr_u i64_shr_u,
	ShrS i32_shr_s i64_shr_s,
	Rotl i32_rotl i64_rotl,
	Eqz i32_eqz i64_eqz,
	Eq i32_eq i64_eq,
	Ne i32_ne i64_ne,
	LtU i32_lt_u i64_lt_u,
	LtS i32_lt_s i64_lt_s,
	GtU i32_gt_u i64_gt_u,
	GtS i32_gt_s i64_gt_s,
	LeU i32_le_u i64_le_u,
	LeS i32_le_s i64_le_s,
	Clz i32_clz i64_clz,
	Ctz i32_ctz i64_ctz,
	Popcnt i32_popcnt i64_popcnt,
}
