//! Instructions on bits, bytes and fields of words.

use super::{
	operand::{Numeric, Push},
	Emitter, File, Operand,
};
use millrace_kernel::opcode;
use wasm_encoder::{InstructionSink, ValType};

/// Bits of a word.
const BITS: u32 = 32;

impl Emitter<'_> {
	/// The low word of `high:low` shifted right by `n` mod 32.
	pub(super) fn funnel_shift(&mut self, low: Operand, n: Operand, high: Operand) {
		let mut sink = self.sink();
		match n.value() {
			Some(n) => {
				let n = n as u32 % BITS;
				sink.operand(low);
				if n > 0 {
					sink.operand(Operand::Word(n)).i32_shr_u();
					sink.operand(high).operand(Operand::Word(BITS - n)).i32_shl().i32_or();
				}
			}
			None if low == high => {
				sink.operand(low).operand(n).i32_rotr();
			}
			None => {
				sink.operand(high).i64_extend_i32_u().i64_const(32).i64_shl();
				sink.operand(low).i64_extend_i32_u().i64_or();
				sink.operand(n).i32_const(31).i32_and().i64_extend_i32_u();
				sink.i64_shr_u().i32_wrap_i64();
			}
		}
	}

	/// The bits in reverse order: neighbours change places, then pairs of them, and so on; halves by a rotation.
	pub(super) fn reverse_bits(&mut self, file: File, a: Operand) {
		let (ty, bits) = match file {
			File::W => (ValType::I32, 32),
			File::D => (ValType::I64, 64),
		};
		let word = self.locals.temporary(ty, 0);
		let mut sink = self.sink();
		sink.operand(a);
		for step in [1u32, 2, 4, 8, 16].into_iter().filter(|step| *step < bits / 2) {
			// Groups of `step` bits, every second one.
			let mask = Operand::number(file, u64::MAX / ((1u64 << step) + 1));
			let step = Operand::number(file, u64::from(step));
			sink.local_tee(word).operand(step).numeric(file, Numeric::ShrU);
			sink.operand(mask).numeric(file, Numeric::And);
			sink.local_get(word).operand(mask).numeric(file, Numeric::And);
			sink.operand(step).numeric(file, Numeric::Shl);
			sink.numeric(file, Numeric::Or);
		}
		sink.operand(Operand::number(file, u64::from(bits / 2)))
			.numeric(file, Numeric::Rotl);
	}

	/// Byte i of the result is byte (nibble i of `selector`) of `b:a`.
	///
	/// Bytes that come from one source over one distance are moved together.
	pub(super) fn permute(&mut self, a: Operand, b: Operand, selector: u32) {
		let picks: [u32; 4] = std::array::from_fn(|place| (selector >> (4 * place)) & 7);
		let source = |pick: u32| if pick < 4 { a } else { b };
		let mut sink = self.sink();
		if picks.iter().all(|pick| *pick == picks[0]) {
			let byte = picks[0] % 4;
			sink.operand(source(picks[0]));
			if byte > 0 {
				sink.operand(Operand::Word(8 * byte)).i32_shr_u();
			}
			if byte < 3 {
				sink.i32_const(0xff).i32_and();
			}
			sink.i32_const(0x0101_0101).i32_mul();
			return;
		}
		let mut first = true;
		for from in [0, 4] {
			for distance in 0..4 {
				let moved = |place: u32, pick: u32| (pick & 4) == from && (place + 4 - pick % 4) % 4 == distance;
				let places = (0u32..)
					.zip(picks)
					.filter(|(place, pick)| moved(*place, *pick))
					.fold(0, |places, (place, _)| places | (1 << place));
				if places == 0 {
					continue;
				}
				sink.operand(source(from));
				move_bytes(&mut sink, distance, places);
				if !first {
					sink.i32_or();
				}
				first = false;
			}
		}
	}

	/// The bit field of `a` that `field` says: position in its low byte, length in the next.
	pub(super) fn extract(&mut self, op: u8, a: Operand, field: u32) {
		let (position, length) = (field & 0xff, field >> 8);
		let above = BITS - length;
		let mut sink = self.sink();
		sink.operand(a);
		if op == opcode::BFES {
			if above > position {
				sink.operand(Operand::Word(above - position)).i32_shl();
			}
			if above > 0 {
				sink.operand(Operand::Word(above)).i32_shr_s();
			}
		} else {
			if position > 0 {
				sink.operand(Operand::Word(position)).i32_shr_u();
			}
			if above > position {
				sink.operand(Operand::Word(u32::MAX >> above)).i32_and();
			}
		}
	}

	/// The low word of a 64-bit product shifted right.
	pub(super) fn multiply_shift(&mut self, op: u8, a: Operand, b: Operand, shift: u32) {
		let mut sink = self.sink();
		let shift = Operand::Long(u64::from(shift));
		if op == opcode::MULSHRS {
			sink.operand(a).i64_extend_i32_s().operand(b).i64_extend_i32_s();
			sink.i64_mul().operand(shift).i64_shr_s();
		} else {
			sink.operand(a).i64_extend_i32_u().operand(b).i64_extend_i32_u();
			sink.i64_mul().operand(shift).i64_shr_u();
		}
		sink.i32_wrap_i64();
	}
}

/// Moves the bytes of the word on the stack up by `distance` places, those at the top to the bottom, and keeps those
/// that arrive at `places`, a bit for each.
fn move_bytes(sink: &mut InstructionSink<'_>, distance: u32, places: u32) {
	let all = 0b1111;
	let wrapped = (1 << distance) - 1;
	if distance > 0 && places == all & !wrapped {
		sink.operand(Operand::Word(8 * distance)).i32_shl();
	} else if distance > 0 && places == wrapped {
		sink.operand(Operand::Word(BITS - 8 * distance)).i32_shr_u();
	} else {
		if distance > 0 {
			sink.operand(Operand::Word(8 * distance)).i32_rotl();
		}
		if places != all {
			let mask = (0..4)
				.filter(|place| (places >> place) & 1 == 1)
				.fold(0, |mask, place| mask | (0xff << (8 * place)));
			sink.operand(Operand::Word(mask)).i32_and();
		}
	}
}
