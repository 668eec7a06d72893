//! The loop over a program's instructions.

use core::ops::{BitAnd, BitOr, BitXor};

use super::{
	arithmetic::{
		bfes, bfeu, dp4a_ss, dp4a_us, dp4a_uu, fshr, long, mulhis, mulhiu, mulshrs, mulshru, mulws, mulwu, prmt, word,
	},
	input::{InputReader, MissingChunk},
	machine::{File, Machine},
	memory::{four, low_half, quad_bytes, quad_words, read, write},
	meter::Meter,
	task::Task,
	Observer,
};
use crate::{
	opcode as op,
	program::{Program, CHUNK},
	words::{extend, high32, join, low32, low8, to_usize},
};

/// Why an item ended before its last instruction.
pub(super) enum Stop {
	/// A bound trap: too many units, too many faults, or a load out of range.
	Bound,
	/// An executed `trap`.
	Trap,
	/// A chunk is not at hand.
	Missing(MissingChunk),
}

/// Runs one item on a machine that was reset; `meter` has charged nothing yet, `out` is zero.
pub(super) fn run<R: InputReader + ?Sized, O: Observer>(
	program: &Program,
	task: &Task<'_>,
	inputs: &R,
	index: u32,
	machine: &mut Machine,
	meter: &mut Meter<O>,
	out: &mut [u8],
) -> Result<(), Stop> {
	let Machine { w, d, chunks, scratch } = machine;
	let scratch = scratch.as_mut_slice();
	let constants = program.constants();
	let steps = program.steps();
	meter.charge(program.item_cost())?;
	let mut next = 0usize;
	while let Some(step) = steps.get(next) {
		next = next.wrapping_add(1);
		meter.instruction(step.op, step.units)?;
		let (dst, a, b, imm) = (step.dst, step.a, step.b, step.imm);
		let third = low8(imm);
		// The element that a memory instruction names; other instructions leave it unused.
		let element = w.get(a).wrapping_add(imm);
		match step.op {
			op::BLOCK | op::LOOP | op::END => {}
			op::IF => {
				if w.get(a) == 0 {
					next = to_usize(imm);
				}
			}
			op::ELSE | op::BR => next = to_usize(imm),
			op::BR_IF => {
				if w.get(a) != 0 {
					next = to_usize(imm);
				}
			}
			op::BR_IFZ => {
				if w.get(a) == 0 {
					next = to_usize(imm);
				}
			}
			op::RETURN => return Ok(()),
			op::MOV => w.set(dst, w.get(a)),
			op::MOV_I => w.set(dst, imm),
			op::ADD => w.set(dst, u32::wrapping_add(w.get(a), w.get(b))),
			op::ADD_I => w.set(dst, u32::wrapping_add(w.get(a), imm)),
			op::SUB => w.set(dst, u32::wrapping_sub(w.get(a), w.get(b))),
			op::SUB_I => w.set(dst, u32::wrapping_sub(w.get(a), imm)),
			op::MUL => w.set(dst, u32::wrapping_mul(w.get(a), w.get(b))),
			op::MUL_I => w.set(dst, u32::wrapping_mul(w.get(a), imm)),
			op::MAD => w.set(dst, word::mad(w.get(a), w.get(b), w.get(third))),
			op::MAD_I => w.set(dst, word::mad(w.get(a), imm, w.get(b))),
			op::AND => w.set(dst, u32::bitand(w.get(a), w.get(b))),
			op::AND_I => w.set(dst, u32::bitand(w.get(a), imm)),
			op::OR => w.set(dst, u32::bitor(w.get(a), w.get(b))),
			op::OR_I => w.set(dst, u32::bitor(w.get(a), imm)),
			op::XOR => w.set(dst, u32::bitxor(w.get(a), w.get(b))),
			op::XOR_I => w.set(dst, u32::bitxor(w.get(a), imm)),
			op::SHL => w.set(dst, word::shl(w.get(a), w.get(b))),
			op::SHL_I => w.set(dst, word::shl(w.get(a), imm)),
			op::SHRU => w.set(dst, word::shru(w.get(a), w.get(b))),
			op::SHRU_I => w.set(dst, word::shru(w.get(a), imm)),
			op::SHRS => w.set(dst, word::shrs(w.get(a), w.get(b))),
			op::SHRS_I => w.set(dst, word::shrs(w.get(a), imm)),
			op::ROTL => w.set(dst, word::rotl(w.get(a), w.get(b))),
			op::ROTL_I => w.set(dst, word::rotl(w.get(a), imm)),
			op::MINU => w.set(dst, u32::min(w.get(a), w.get(b))),
			op::MINU_I => w.set(dst, u32::min(w.get(a), imm)),
			op::MINS => w.set(dst, word::mins(w.get(a), w.get(b))),
			op::MINS_I => w.set(dst, word::mins(w.get(a), imm)),
			op::MAXU => w.set(dst, u32::max(w.get(a), w.get(b))),
			op::MAXU_I => w.set(dst, u32::max(w.get(a), imm)),
			op::MAXS => w.set(dst, word::maxs(w.get(a), w.get(b))),
			op::MAXS_I => w.set(dst, word::maxs(w.get(a), imm)),
			op::EQ => w.set(dst, word::eq(w.get(a), w.get(b))),
			op::EQ_I => w.set(dst, word::eq(w.get(a), imm)),
			op::NE => w.set(dst, word::ne(w.get(a), w.get(b))),
			op::NE_I => w.set(dst, word::ne(w.get(a), imm)),
			op::LTU => w.set(dst, word::ltu(w.get(a), w.get(b))),
			op::LTU_I => w.set(dst, word::ltu(w.get(a), imm)),
			op::LTS => w.set(dst, word::lts(w.get(a), w.get(b))),
			op::LTS_I => w.set(dst, word::lts(w.get(a), imm)),
			op::LEU => w.set(dst, word::leu(w.get(a), w.get(b))),
			op::LEU_I => w.set(dst, word::leu(w.get(a), imm)),
			op::LES => w.set(dst, word::les(w.get(a), w.get(b))),
			op::LES_I => w.set(dst, word::les(w.get(a), imm)),
			op::FSHR => w.set(dst, fshr(w.get(a), w.get(b), w.get(third))),
			op::FSHR_I => w.set(dst, fshr(w.get(a), imm, w.get(b))),
			op::DIVU => w.set(dst, word::divu(w.get(a), w.get(b))),
			op::DIVU_I => w.set(dst, word::divu(w.get(a), imm)),
			op::DIVS => w.set(dst, word::divs(w.get(a), w.get(b))),
			op::DIVS_I => w.set(dst, word::divs(w.get(a), imm)),
			op::REMU => w.set(dst, word::remu(w.get(a), w.get(b))),
			op::REMU_I => w.set(dst, word::remu(w.get(a), imm)),
			op::REMS => w.set(dst, word::rems(w.get(a), w.get(b))),
			op::REMS_I => w.set(dst, word::rems(w.get(a), imm)),
			op::SEL => w.set(dst, w.get(if w.get(third) != 0 { a } else { b })),
			op::PRMT => w.set(dst, prmt(w.get(a), w.get(b), imm)),
			op::DP4A_SS => w.set(dst, dp4a_ss(w.get(a), w.get(b), w.get(third))),
			op::DP4A_US => w.set(dst, dp4a_us(w.get(a), w.get(b), w.get(third))),
			op::DP4A_UU => w.set(dst, dp4a_uu(w.get(a), w.get(b), w.get(third))),
			op::BFEU => w.set(dst, bfeu(w.get(a), imm)),
			op::BFES => w.set(dst, bfes(w.get(a), imm)),
			op::MULSHRU => w.set(dst, mulshru(w.get(a), w.get(b), imm)),
			op::MULSHRS => w.set(dst, mulshrs(w.get(a), w.get(b), imm)),
			op::CLZ => w.set(dst, word::clz(w.get(a))),
			op::POPCNT => w.set(dst, word::popcnt(w.get(a))),
			op::BREV => w.set(dst, w.get(a).reverse_bits()),
			op::CTZ => w.set(dst, word::ctz(w.get(a))),
			op::MOV_D => d.set(dst, d.get(a)),
			op::MOV_D_I => d.set(dst, extend(imm)),
			op::ADD_D => d.set(dst, u64::wrapping_add(d.get(a), d.get(b))),
			op::ADD_D_I => d.set(dst, u64::wrapping_add(d.get(a), extend(imm))),
			op::SUB_D => d.set(dst, u64::wrapping_sub(d.get(a), d.get(b))),
			op::SUB_D_I => d.set(dst, u64::wrapping_sub(d.get(a), extend(imm))),
			op::AND_D => d.set(dst, u64::bitand(d.get(a), d.get(b))),
			op::AND_D_I => d.set(dst, u64::bitand(d.get(a), extend(imm))),
			op::OR_D => d.set(dst, u64::bitor(d.get(a), d.get(b))),
			op::OR_D_I => d.set(dst, u64::bitor(d.get(a), extend(imm))),
			op::XOR_D => d.set(dst, u64::bitxor(d.get(a), d.get(b))),
			op::XOR_D_I => d.set(dst, u64::bitxor(d.get(a), extend(imm))),
			op::SHL_D => d.set(dst, long::shl(d.get(a), d.get(b))),
			op::SHL_D_I => d.set(dst, long::shl(d.get(a), extend(imm))),
			op::SHRU_D => d.set(dst, long::shru(d.get(a), d.get(b))),
			op::SHRU_D_I => d.set(dst, long::shru(d.get(a), extend(imm))),
			op::SHRS_D => d.set(dst, long::shrs(d.get(a), d.get(b))),
			op::SHRS_D_I => d.set(dst, long::shrs(d.get(a), extend(imm))),
			op::ROTL_D => d.set(dst, long::rotl(d.get(a), d.get(b))),
			op::ROTL_D_I => d.set(dst, long::rotl(d.get(a), extend(imm))),
			op::MINU_D => d.set(dst, u64::min(d.get(a), d.get(b))),
			op::MINU_D_I => d.set(dst, u64::min(d.get(a), extend(imm))),
			op::MINS_D => d.set(dst, long::mins(d.get(a), d.get(b))),
			op::MINS_D_I => d.set(dst, long::mins(d.get(a), extend(imm))),
			op::MAXU_D => d.set(dst, u64::max(d.get(a), d.get(b))),
			op::MAXU_D_I => d.set(dst, u64::max(d.get(a), extend(imm))),
			op::MAXS_D => d.set(dst, long::maxs(d.get(a), d.get(b))),
			op::MAXS_D_I => d.set(dst, long::maxs(d.get(a), extend(imm))),
			op::EQ_D => w.set(dst, long::eq(d.get(a), d.get(b))),
			op::EQ_D_I => w.set(dst, long::eq(d.get(a), extend(imm))),
			op::NE_D => w.set(dst, long::ne(d.get(a), d.get(b))),
			op::NE_D_I => w.set(dst, long::ne(d.get(a), extend(imm))),
			op::LTU_D => w.set(dst, long::ltu(d.get(a), d.get(b))),
			op::LTU_D_I => w.set(dst, long::ltu(d.get(a), extend(imm))),
			op::LTS_D => w.set(dst, long::lts(d.get(a), d.get(b))),
			op::LTS_D_I => w.set(dst, long::lts(d.get(a), extend(imm))),
			op::LEU_D => w.set(dst, long::leu(d.get(a), d.get(b))),
			op::LEU_D_I => w.set(dst, long::leu(d.get(a), extend(imm))),
			op::LES_D => w.set(dst, long::les(d.get(a), d.get(b))),
			op::LES_D_I => w.set(dst, long::les(d.get(a), extend(imm))),
			op::MUL_D => d.set(dst, u64::wrapping_mul(d.get(a), d.get(b))),
			op::MUL_D_I => d.set(dst, u64::wrapping_mul(d.get(a), extend(imm))),
			op::MAD_D => d.set(dst, long::mad(d.get(a), d.get(b), d.get(third))),
			op::MAD_D_I => d.set(dst, long::mad(d.get(a), extend(imm), d.get(b))),
			op::DIVU_D => d.set(dst, long::divu(d.get(a), d.get(b))),
			op::DIVU_D_I => d.set(dst, long::divu(d.get(a), extend(imm))),
			op::DIVS_D => d.set(dst, long::divs(d.get(a), d.get(b))),
			op::DIVS_D_I => d.set(dst, long::divs(d.get(a), extend(imm))),
			op::REMU_D => d.set(dst, long::remu(d.get(a), d.get(b))),
			op::REMU_D_I => d.set(dst, long::remu(d.get(a), extend(imm))),
			op::REMS_D => d.set(dst, long::rems(d.get(a), d.get(b))),
			op::REMS_D_I => d.set(dst, long::rems(d.get(a), extend(imm))),
			op::SEL_D => d.set(dst, d.get(if w.get(third) != 0 { a } else { b })),
			op::MULHIU_D => d.set(dst, mulhiu(d.get(a), d.get(b))),
			op::MULHIS_D => d.set(dst, mulhis(d.get(a), d.get(b))),
			op::CLZ_D => d.set(dst, long::clz(d.get(a))),
			op::CTZ_D => d.set(dst, long::ctz(d.get(a))),
			op::POPCNT_D => d.set(dst, long::popcnt(d.get(a))),
			op::BREV_D => d.set(dst, d.get(a).reverse_bits()),
			op::LO => w.set(dst, low32(d.get(a))),
			op::HI => w.set(dst, high32(d.get(a))),
			op::PACK => d.set(dst, join(w.get(a), w.get(b))),
			op::ZEXT => d.set(dst, u64::from(w.get(a))),
			op::SEXT => d.set(dst, extend(w.get(a))),
			op::INDEX => w.set(dst, index),
			op::ITEMS => w.set(dst, task.items),
			op::LEN => w.set(dst, inputs.len(low8(imm))),
			op::PARAM => d.set(dst, task.params.get(to_usize(imm)).copied().unwrap_or(0)),
			op::MULWU => d.set(dst, mulwu(w.get(a), w.get(b))),
			op::MULWS => d.set(dst, mulws(w.get(a), w.get(b))),
			op::MADWU => d.set(dst, mulwu(w.get(a), w.get(b)).wrapping_add(d.get(third))),
			op::MADWS => d.set(dst, mulws(w.get(a), w.get(b)).wrapping_add(d.get(third))),
			op::LD8U => {
				let bytes = load::<R, O, 1>(inputs, chunks, meter, element, b)?;
				w.set(dst, u32::from(u8::from_le_bytes(bytes)));
			}
			op::LD8S => {
				let bytes = load::<R, O, 1>(inputs, chunks, meter, element, b)?;
				w.set(dst, i32::from(i8::from_le_bytes(bytes)).cast_unsigned());
			}
			op::LD16U => {
				let bytes = load::<R, O, 2>(inputs, chunks, meter, element, b)?;
				w.set(dst, u32::from(u16::from_le_bytes(bytes)));
			}
			op::LD16S => {
				let bytes = load::<R, O, 2>(inputs, chunks, meter, element, b)?;
				w.set(dst, i32::from(i16::from_le_bytes(bytes)).cast_unsigned());
			}
			op::LD32 => {
				let bytes = load::<R, O, 4>(inputs, chunks, meter, element, b)?;
				w.set(dst, u32::from_le_bytes(bytes));
			}
			op::LD64 => {
				let bytes = load::<R, O, 8>(inputs, chunks, meter, element, b)?;
				d.set(dst, u64::from_le_bytes(bytes));
			}
			op::LD128 => {
				let bytes = load::<R, O, 16>(inputs, chunks, meter, element, b)?;
				for (register, value) in four(dst).into_iter().zip(quad_words(bytes)) {
					w.set(register, value);
				}
			}
			op::CONST8U => w.set(dst, u32::from(u8::from_le_bytes(read(constants, element)))),
			op::CONST32 => w.set(dst, u32::from_le_bytes(read(constants, element))),
			op::CONST64 => d.set(dst, u64::from_le_bytes(read(constants, element))),
			op::LDS8U => w.set(dst, u32::from(u8::from_le_bytes(read(scratch, element)))),
			op::LDS32 => w.set(dst, u32::from_le_bytes(read(scratch, element))),
			op::LDS64 => d.set(dst, u64::from_le_bytes(read(scratch, element))),
			op::STS8 => write(scratch, element, [low8(w.get(b))]),
			op::STS32 => write(scratch, element, w.get(b).to_le_bytes()),
			op::STS64 => write(scratch, element, d.get(b).to_le_bytes()),
			op::STO8 => write(out, element, [low8(w.get(b))]),
			op::STO16 => write(out, element, low_half(w.get(b))),
			op::STO32 => write(out, element, w.get(b).to_le_bytes()),
			op::STO64 => write(out, element, d.get(b).to_le_bytes()),
			op::STO128 => write(out, element, quad_bytes(four(b).map(|register| w.get(register)))),
			// TRAP; the validator lets no undefined code pass.
			_ => return Err(Stop::Trap),
		}
	}
	Ok(())
}

/// One load of `N` bytes: counts its fault, then asks for its range, then for its bytes.
#[inline(always)]
fn load<R: InputReader + ?Sized, O: Observer, const N: usize>(
	inputs: &R,
	chunks: &mut File<u32>,
	meter: &mut Meter<O>,
	element: u32,
	source: u8,
) -> Result<[u8; N], Stop> {
	let width_log2 = N.trailing_zeros();
	let (input, pair) = (source & 7, source & 0x7f);
	let chunk = element.wrapping_shr(CHUNK.trailing_zeros().wrapping_sub(width_log2));
	if chunks.get(pair) != chunk {
		chunks.set(pair, chunk);
		meter.fault()?;
	}
	let mut bytes = [0u8; N];
	if element < inputs.len(input).wrapping_shr(width_log2) {
		inputs
			.read(input, element.wrapping_shl(width_log2), &mut bytes)
			.map_err(Stop::Missing)?;
	} else if source & 0x80 == 0 {
		return Err(Stop::Bound);
	}
	Ok(bytes)
}
