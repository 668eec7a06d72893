//! Arithmetic that both register files have.

use super::{
	operand::{Numeric, Push},
	Emitter, File, Operand,
};
use millrace_kernel::opcode::*;
use wasm_encoder::ValType;

/// How an instruction of two sources is computed.
#[derive(Clone, Copy)]
enum Rule {
	/// By one instruction.
	Plain(Numeric),
	/// The first source where this comparison holds, else the second.
	Choose(Numeric),
	/// The divisor 0 acts as 1.
	Divide(Numeric),
	/// So does the divisor −1 under the least number.
	DivideSigned,
	/// The high half of the product.
	High { signed: bool },
	/// A code without a rule: not in the table under a form that leads here. It must not compute anything.
	Unknown,
}

fn rule(op: u8) -> Rule {
	match op {
		ADD | ADD_I | ADD_D | ADD_D_I => Rule::Plain(Numeric::Add),
		SUB | SUB_I | SUB_D | SUB_D_I => Rule::Plain(Numeric::Sub),
		MUL | MUL_I | MUL_D | MUL_D_I => Rule::Plain(Numeric::Mul),
		AND | AND_I | AND_D | AND_D_I => Rule::Plain(Numeric::And),
		OR | OR_I | OR_D | OR_D_I => Rule::Plain(Numeric::Or),
		XOR | XOR_I | XOR_D | XOR_D_I => Rule::Plain(Numeric::Xor),
		// WebAssembly takes shift counts modulo the width, too.
		SHL | SHL_I | SHL_D | SHL_D_I => Rule::Plain(Numeric::Shl),
		SHRU | SHRU_I | SHRU_D | SHRU_D_I => Rule::Plain(Numeric::ShrU),
		SHRS | SHRS_I | SHRS_D | SHRS_D_I => Rule::Plain(Numeric::ShrS),
		ROTL | ROTL_I | ROTL_D | ROTL_D_I => Rule::Plain(Numeric::Rotl),
		MINU | MINU_I | MINU_D | MINU_D_I => Rule::Choose(Numeric::LtU),
		MINS | MINS_I | MINS_D | MINS_D_I => Rule::Choose(Numeric::LtS),
		MAXU | MAXU_I | MAXU_D | MAXU_D_I => Rule::Choose(Numeric::GtU),
		MAXS | MAXS_I | MAXS_D | MAXS_D_I => Rule::Choose(Numeric::GtS),
		EQ | EQ_I | EQ_D | EQ_D_I => Rule::Plain(Numeric::Eq),
		NE | NE_I | NE_D | NE_D_I => Rule::Plain(Numeric::Ne),
		LTU | LTU_I | LTU_D | LTU_D_I => Rule::Plain(Numeric::LtU),
		LTS | LTS_I | LTS_D | LTS_D_I => Rule::Plain(Numeric::LtS),
		LEU | LEU_I | LEU_D | LEU_D_I => Rule::Plain(Numeric::LeU),
		LES | LES_I | LES_D | LES_D_I => Rule::Plain(Numeric::LeS),
		DIVU | DIVU_I | DIVU_D | DIVU_D_I => Rule::Divide(Numeric::DivU),
		DIVS | DIVS_I | DIVS_D | DIVS_D_I => Rule::DivideSigned,
		REMU | REMU_I | REMU_D | REMU_D_I => Rule::Divide(Numeric::RemU),
		// The remainder by −1 is 0 in WebAssembly, under the least number as well.
		REMS | REMS_I | REMS_D | REMS_D_I => Rule::Divide(Numeric::RemS),
		MULHIU_D => Rule::High { signed: false },
		MULHIS_D => Rule::High { signed: true },
		_ => Rule::Unknown,
	}
}

impl Emitter<'_> {
	/// Pushes the result of an instruction of two sources of `file`.
	pub(super) fn binary(&mut self, op: u8, file: File, a: Operand, b: Operand) {
		match rule(op) {
			Rule::Plain(instruction) => {
				self.sink().operand(a).operand(b).numeric(file, instruction);
			}
			Rule::Choose(compare) => {
				self.sink()
					.operand(a)
					.operand(b)
					.operand(a)
					.operand(b)
					.numeric(file, compare)
					.select();
			}
			Rule::Divide(instruction) => self.divide(file, instruction, a, b),
			Rule::DivideSigned => self.divide_signed(file, a, b),
			Rule::High { signed } => self.high(signed, a, b),
			Rule::Unknown => {
				self.sink().unreachable();
			}
		}
	}

	fn divide(&mut self, file: File, instruction: Numeric, a: Operand, b: Operand) {
		let mut sink = self.sink();
		sink.operand(a);
		match b.value() {
			Some(0) => sink.operand(Operand::number(file, 1)),
			Some(_) => sink.operand(b),
			None => {
				// 0 | (0 = 0) is 1.
				sink.operand(b).operand(b).numeric(file, Numeric::Eqz);
				if file == File::D {
					sink.i64_extend_i32_u();
				}
				sink.numeric(file, Numeric::Or)
			}
		};
		sink.numeric(file, instruction);
	}

	fn divide_signed(&mut self, file: File, a: Operand, b: Operand) {
		let (least, minus_one) = match file {
			File::W => (1 << 31, u64::from(u32::MAX)),
			File::D => (1 << 63, u64::MAX),
		};
		if b.value().is_some_and(|value| value != minus_one) {
			return self.divide(file, Numeric::DivS, a, b);
		}
		self.sink()
			.operand(a)
			.operand(Operand::number(file, 1))
			.operand(b)
			.operand(b)
			.numeric(file, Numeric::Eqz)
			.operand(b)
			.operand(Operand::number(file, minus_one))
			.numeric(file, Numeric::Eq)
			.operand(a)
			.operand(Operand::number(file, least))
			.numeric(file, Numeric::Eq)
			.i32_and()
			.i32_or()
			.select()
			.numeric(file, Numeric::DivS);
	}

	/// The high half of a 128-bit product, from four products of 32-bit halves where there is no instruction for it.
	fn high(&mut self, signed: bool, a: Operand, b: Operand) {
		let middle = self.locals.temporary(ValType::I64, 0);
		if self.features.wide_arithmetic {
			let mut sink = self.sink();
			sink.operand(a).operand(b);
			if signed {
				sink.i64_mul_wide_s();
			} else {
				sink.i64_mul_wide_u();
			}
			// The low half lies below the high one.
			sink.local_set(middle).drop().local_get(middle);
			return;
		}
		let low = i64::from(u32::MAX);
		let mut sink = self.sink();
		// middle = a1 × b0 + (a0 × b0 >> 32)
		sink.operand(a).i64_const(32).i64_shr_u();
		sink.operand(b).i64_const(low).i64_and().i64_mul();
		sink.operand(a).i64_const(low).i64_and();
		sink.operand(b).i64_const(low).i64_and().i64_mul();
		sink.i64_const(32).i64_shr_u().i64_add().local_set(middle);
		// a1 × b1 + (middle >> 32) + (a0 × b1 + low half of middle >> 32)
		sink.operand(a).i64_const(32).i64_shr_u();
		sink.operand(b).i64_const(32).i64_shr_u().i64_mul();
		sink.local_get(middle).i64_const(32).i64_shr_u().i64_add();
		sink.operand(a).i64_const(low).i64_and();
		sink.operand(b).i64_const(32).i64_shr_u().i64_mul();
		sink.local_get(middle).i64_const(low).i64_and().i64_add();
		sink.i64_const(32).i64_shr_u().i64_add();
		if signed {
			// Reading a negative number as unsigned adds 2^64, which adds the other factor to the high half.
			for (number, factor) in [(a, b), (b, a)] {
				sink.operand(number).i64_const(63).i64_shr_s();
				sink.operand(factor).i64_and().i64_sub();
			}
		}
	}

	/// Pushes the result of an instruction of one source.
	pub(super) fn unary(&mut self, op: u8, file: File, a: Operand) {
		let instruction = match op {
			CLZ | CLZ_D => Numeric::Clz,
			CTZ | CTZ_D => Numeric::Ctz,
			POPCNT | POPCNT_D => Numeric::Popcnt,
			BREV | BREV_D => return self.reverse_bits(file, a),
			// mov
			_ => {
				self.sink().operand(a);
				return;
			}
		};
		self.sink().operand(a).numeric(file, instruction);
	}

	/// Pushes the result of an instruction of three sources; `c` of a selection is a `w` register.
	pub(super) fn ternary(&mut self, op: u8, file: File, a: Operand, b: Operand, c: Operand) {
		match op {
			MAD | MAD_I | MAD_D | MAD_D_I => {
				self.sink()
					.operand(a)
					.operand(b)
					.numeric(file, Numeric::Mul)
					.operand(c)
					.numeric(file, Numeric::Add);
			}
			SEL | SEL_D => {
				self.sink().operand(a).operand(b).operand(c).select();
			}
			FSHR | FSHR_I => self.funnel_shift(a, b, c),
			_ => {
				self.sink().unreachable();
			}
		}
	}
}
