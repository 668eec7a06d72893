//! The instructions that touch registers alone, and those that read what is fixed for the item.
//!
//! Every one is exact for every operand: where PTX clamps, or leaves a case undefined, the text masks or selects first.
//! A sequence writes its destination last, so a destination may be a source.

use std::mem::offset_of;

use millrace_kernel::{opcode as op, program::Instruction};

use crate::{
	launch::Launch,
	operand::{Operand, Operands},
	text::{ptx, Text},
};

/// An instruction that is one of PTX, or a comparison; with its opcode there.
enum Direct {
	/// `op dst, a`
	Unary(&'static str),
	/// `op dst, b`: b is the immediate.
	Constant(&'static str),
	/// `op dst, a, b`
	Binary(&'static str),
	/// `op dst, a, b, c`
	Ternary(&'static str),
	/// 1 where a and b stand in this relation, 0 where not.
	Compare(&'static str),
}

/// The instructions that need nothing before or behind them.
fn direct(code: u8) -> Option<Direct> {
	use Direct::{Binary, Compare, Constant, Ternary, Unary};
	Some(match code {
		op::MOV => Unary("mov.b32"),
		op::MOV_I => Constant("mov.b32"),
		op::ADD | op::ADD_I => Binary("add.s32"),
		op::SUB | op::SUB_I => Binary("sub.s32"),
		op::MUL | op::MUL_I => Binary("mul.lo.s32"),
		op::MAD | op::MAD_I => Ternary("mad.lo.s32"),
		op::AND | op::AND_I => Binary("and.b32"),
		op::OR | op::OR_I => Binary("or.b32"),
		op::XOR | op::XOR_I => Binary("xor.b32"),
		op::MINU | op::MINU_I => Binary("min.u32"),
		op::MINS | op::MINS_I => Binary("min.s32"),
		op::MAXU | op::MAXU_I => Binary("max.u32"),
		op::MAXS | op::MAXS_I => Binary("max.s32"),
		op::EQ | op::EQ_I => Compare("eq.s32"),
		op::NE | op::NE_I => Compare("ne.s32"),
		op::LTU | op::LTU_I => Compare("lt.u32"),
		op::LTS | op::LTS_I => Compare("lt.s32"),
		op::LEU | op::LEU_I => Compare("le.u32"),
		op::LES | op::LES_I => Compare("le.s32"),
		op::DP4A_SS => Ternary("dp4a.s32.s32"),
		op::DP4A_US => Ternary("dp4a.u32.s32"),
		op::DP4A_UU => Ternary("dp4a.u32.u32"),
		op::CLZ => Unary("clz.b32"),
		op::POPCNT => Unary("popc.b32"),
		op::BREV => Unary("brev.b32"),
		op::MOV_D => Unary("mov.b64"),
		op::MOV_D_I => Constant("mov.b64"),
		op::ADD_D | op::ADD_D_I => Binary("add.s64"),
		op::SUB_D | op::SUB_D_I => Binary("sub.s64"),
		op::MUL_D | op::MUL_D_I => Binary("mul.lo.s64"),
		op::MAD_D | op::MAD_D_I => Ternary("mad.lo.s64"),
		op::AND_D | op::AND_D_I => Binary("and.b64"),
		op::OR_D | op::OR_D_I => Binary("or.b64"),
		op::XOR_D | op::XOR_D_I => Binary("xor.b64"),
		op::MINU_D | op::MINU_D_I => Binary("min.u64"),
		op::MINS_D | op::MINS_D_I => Binary("min.s64"),
		op::MAXU_D | op::MAXU_D_I => Binary("max.u64"),
		op::MAXS_D | op::MAXS_D_I => Binary("max.s64"),
		op::EQ_D | op::EQ_D_I => Compare("eq.s64"),
		op::NE_D | op::NE_D_I => Compare("ne.s64"),
		op::LTU_D | op::LTU_D_I => Compare("lt.u64"),
		op::LTS_D | op::LTS_D_I => Compare("lt.s64"),
		op::LEU_D | op::LEU_D_I => Compare("le.u64"),
		op::LES_D | op::LES_D_I => Compare("le.s64"),
		op::MULHIU_D => Binary("mul.hi.u64"),
		op::MULHIS_D => Binary("mul.hi.s64"),
		op::BREV_D => Unary("brev.b64"),
		op::LO => Unary("cvt.u32.u64"),
		op::ZEXT => Unary("cvt.u64.u32"),
		op::SEXT => Unary("cvt.s64.s32"),
		op::MULWU => Binary("mul.wide.u32"),
		op::MULWS => Binary("mul.wide.s32"),
		op::MADWU => Ternary("mad.wide.u32"),
		op::MADWS => Ternary("mad.wide.s32"),
		_ => return None,
	})
}

/// Writes `word`, which is neither a control nor a memory instruction.
pub(crate) fn arithmetic(text: &mut Text, word: &Instruction, operands: Operands) {
	let Operands { dst, a, b, c } = operands;
	match direct(word.op) {
		Some(Direct::Unary(name)) => ptx!(text, "{name} {dst}, {a}"),
		Some(Direct::Constant(name)) => ptx!(text, "{name} {dst}, {b}"),
		Some(Direct::Binary(name)) => ptx!(text, "{name} {dst}, {a}, {b}"),
		Some(Direct::Ternary(name)) => ptx!(text, "{name} {dst}, {a}, {b}, {c}"),
		Some(Direct::Compare(relation)) => {
			ptx!(text, "setp.{relation} %p0, {a}, {b}");
			ptx!(text, "selp.b32 {dst}, 1, 0, %p0");
		}
		None => composed(text, word, operands),
	}
}

/// The instructions that take more than one of PTX, or have fields of their own.
fn composed(text: &mut Text, word: &Instruction, operands: Operands) {
	let Operands { dst, a, b, c } = operands;
	let imm = word.imm;
	match word.op {
		op::SHL | op::SHL_I => shift(text, "shl.b32", dst, a, b),
		op::SHRU | op::SHRU_I => shift(text, "shr.u32", dst, a, b),
		op::SHRS | op::SHRS_I => shift(text, "shr.s32", dst, a, b),
		op::SHL_D | op::SHL_D_I => shift(text, "shl.b64", dst, a, b),
		op::SHRU_D | op::SHRU_D_I => shift(text, "shr.u64", dst, a, b),
		op::SHRS_D | op::SHRS_D_I => shift(text, "shr.s64", dst, a, b),
		// The funnel shifts of mode `wrap` mask a register's count themselves.
		op::ROTL | op::ROTL_I => ptx!(text, "shf.l.wrap.b32 {dst}, {a}, {a}, {}", masked(b, 31)),
		op::FSHR | op::FSHR_I => ptx!(text, "shf.r.wrap.b32 {dst}, {a}, {c}, {}", masked(b, 31)),
		op::ROTL_D | op::ROTL_D_I => rotate_long(text, dst, a, b),
		op::DIVU | op::DIVU_I => divide(text, &QUOTIENT, &UNSIGNED_WORD, operands),
		op::DIVS | op::DIVS_I => divide(text, &QUOTIENT, &SIGNED_WORD, operands),
		op::REMU | op::REMU_I => divide(text, &REMAINDER, &UNSIGNED_WORD, operands),
		op::REMS | op::REMS_I => divide(text, &REMAINDER, &SIGNED_WORD, operands),
		op::DIVU_D | op::DIVU_D_I => divide(text, &QUOTIENT, &UNSIGNED_LONG, operands),
		op::DIVS_D | op::DIVS_D_I => divide(text, &QUOTIENT, &SIGNED_LONG, operands),
		op::REMU_D | op::REMU_D_I => divide(text, &REMAINDER, &UNSIGNED_LONG, operands),
		op::REMS_D | op::REMS_D_I => divide(text, &REMAINDER, &SIGNED_LONG, operands),
		op::SEL | op::SEL_D => {
			let bits = if word.op == op::SEL { "b32" } else { "b64" };
			ptx!(text, "setp.ne.s32 %p0, {c}, 0");
			ptx!(text, "selp.{bits} {dst}, {a}, {b}, %p0");
		}
		op::PRMT => ptx!(text, "prmt.b32 {dst}, {a}, {b}, {imm}"),
		op::BFEU => ptx!(text, "bfe.u32 {dst}, {a}, {}, {}", imm & 0xff, imm >> 8),
		op::BFES => ptx!(text, "bfe.s32 {dst}, {a}, {}, {}", imm & 0xff, imm >> 8),
		op::MULSHRU | op::MULSHRS => {
			let sign = if word.op == op::MULSHRU { 'u' } else { 's' };
			ptx!(text, "mul.wide.{sign}32 %x0, {a}, {b}");
			ptx!(text, "shr.{sign}64 %x0, %x0, {imm}");
			ptx!(text, "cvt.u32.u64 {dst}, %x0");
		}
		op::CTZ => {
			ptx!(text, "brev.b32 %t0, {a}");
			ptx!(text, "clz.b32 {dst}, %t0");
		}
		op::CLZ_D => count_long(text, "clz.b64", dst, a),
		op::POPCNT_D => count_long(text, "popc.b64", dst, a),
		op::CTZ_D => {
			ptx!(text, "brev.b64 %x0, {a}");
			count_long(text, "clz.b64", dst, Operand::WideTemporary);
		}
		op::HI => ptx!(text, "mov.b64 {{%t0, {dst}}}, {a}"),
		op::PACK => ptx!(text, "mov.b64 {dst}, {{{a}, {b}}}"),
		op::INDEX => ptx!(text, "mov.b32 {dst}, %index0"),
		op::ITEMS => ptx!(text, "ld.param.u32 {dst}, [launch+{}]", offset_of!(Launch, items)),
		op::LEN => ptx!(
			text,
			"ld.param.u32 {dst}, [launch+{}]",
			at(offset_of!(Launch, lengths), 4, imm)
		),
		op::PARAM => ptx!(
			text,
			"ld.param.u64 {dst}, [launch+{}]",
			at(offset_of!(Launch, params), 8, imm)
		),
		// Control and memory instructions, which are written elsewhere.
		_ => {}
	}
}

/// The offset of element `number` of an array of the launch's parameter that begins at `start`.
pub(crate) fn at(start: usize, width: u64, number: u32) -> u64 {
	start as u64 + width * u64::from(number)
}

/// An immediate count masked; a register as it is.
fn masked(count: Operand, mask: i32) -> Operand {
	match count {
		Operand::Number(number) => Operand::Number(number & mask),
		register => register,
	}
}

/// A shift count below the width of `bits`, which for a register takes instructions: PTX clamps.
fn count(text: &mut Text, count: Operand) -> Operand {
	match count {
		Operand::W(_) => {
			ptx!(text, "and.b32 %t0, {count}, 31");
			Operand::Temporary
		}
		// Counts have 32 bits for every width.
		Operand::D(_) => {
			ptx!(text, "cvt.u32.u64 %t0, {count}");
			ptx!(text, "and.b32 %t0, %t0, 63");
			Operand::Temporary
		}
		other => other,
	}
}

fn shift(text: &mut Text, name: &str, dst: Operand, a: Operand, b: Operand) {
	let mask = if matches!(dst, Operand::D(_)) { 63 } else { 31 };
	let count = count(text, masked(b, mask));
	ptx!(text, "{name} {dst}, {a}, {count}");
}

/// There is no funnel shift of 64 bits. The count of the way back is −n mod 64, so that n = 0 gives a ∨ a.
fn rotate_long(text: &mut Text, dst: Operand, a: Operand, b: Operand) {
	match masked(b, 63) {
		Operand::Number(number) => {
			ptx!(text, "shl.b64 %x0, {a}, {number}");
			ptx!(text, "shr.u64 %x1, {a}, {}", -number & 63);
		}
		register => {
			let count = count(text, register);
			ptx!(text, "shl.b64 %x0, {a}, {count}");
			ptx!(text, "neg.s32 %t1, {count}");
			ptx!(text, "and.b32 %t1, %t1, 63");
			ptx!(text, "shr.u64 %x1, {a}, %t1");
		}
	}
	ptx!(text, "or.b64 {dst}, %x0, %x1");
}

/// Counts of bits have 32 bits in PTX.
fn count_long(text: &mut Text, name: &str, dst: Operand, a: Operand) {
	ptx!(text, "{name} %t0, {a}");
	ptx!(text, "cvt.u64.u32 {dst}, %t0");
}

/// What a division gives.
struct Division {
	name: &'static str,
	quotient: bool,
}

const QUOTIENT: Division = Division {
	name: "div",
	quotient: true,
};
const REMAINDER: Division = Division {
	name: "rem",
	quotient: false,
};

/// The numbers that a division takes.
struct Numbers {
	/// The type in PTX.
	name: &'static str,
	bits: u32,
	/// The least number of a signed type.
	least: Option<&'static str>,
	/// Where the divisor goes when it is replaced.
	temporary: Operand,
}

const UNSIGNED_WORD: Numbers = Numbers {
	name: "u32",
	bits: 32,
	least: None,
	temporary: Operand::Temporary,
};
const SIGNED_WORD: Numbers = Numbers {
	name: "s32",
	bits: 32,
	least: Some("-2147483648"),
	temporary: Operand::Temporary,
};
const UNSIGNED_LONG: Numbers = Numbers {
	name: "u64",
	bits: 64,
	least: None,
	temporary: Operand::WideTemporary,
};
const SIGNED_LONG: Numbers = Numbers {
	name: "s64",
	bits: 64,
	least: Some("-9223372036854775808"),
	temporary: Operand::WideTemporary,
};

/// Division is undefined in PTX by 0, and of the least number by −1: there the divisor is 1. It is replaced before the
/// division, so that no undefined one is ever executed.
fn divide(text: &mut Text, division: &Division, numbers: &Numbers, operands: Operands) {
	let Operands { dst, a, b, .. } = operands;
	let (operation, ty, bits, divisor) = (division.name, numbers.name, numbers.bits, numbers.temporary);
	match (b, numbers.least) {
		// Division by 1, and by −1: the least number is its own negative.
		(Operand::Number(0 | 1), _) if division.quotient => ptx!(text, "mov.b{bits} {dst}, {a}"),
		(Operand::Number(-1), Some(_)) if division.quotient => ptx!(text, "neg.{ty} {dst}, {a}"),
		(Operand::Number(0 | 1), _) | (Operand::Number(-1), Some(_)) => ptx!(text, "mov.b{bits} {dst}, 0"),
		(Operand::Number(_), _) => ptx!(text, "{operation}.{ty} {dst}, {a}, {b}"),
		(_, Some(least)) => {
			ptx!(text, "setp.eq.{ty} %p0, {a}, {least}");
			ptx!(text, "setp.eq.and.{ty} %p0, {b}, -1, %p0");
			ptx!(text, "setp.eq.or.{ty} %p0, {b}, 0, %p0");
			ptx!(text, "selp.b{bits} {divisor}, 1, {b}, %p0");
			ptx!(text, "{operation}.{ty} {dst}, {a}, {divisor}");
		}
		(_, None) => {
			ptx!(text, "setp.eq.{ty} %p0, {b}, 0");
			ptx!(text, "selp.b{bits} {divisor}, 1, {b}, %p0");
			ptx!(text, "{operation}.{ty} {dst}, {a}, {divisor}");
		}
	}
}
