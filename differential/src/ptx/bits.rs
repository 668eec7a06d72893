//! What instructions on bits compute, as functions of values, in the way of [`arithmetic`](super::arithmetic).

use super::{
	error::Fault,
	types::{extend, mask},
};

/// The lowest `count` bits set; `count` is 0 to 64.
fn ones(count: u32) -> u64 {
	match count {
		0 => 0,
		_ => mask(count),
	}
}

/// The 64 bits `b:a` of two values of 32 bits.
fn joined(a: u64, b: u64) -> u64 {
	(b << 32) | a
}

pub(super) fn and<const W: u32>(a: u64, b: u64) -> u64 {
	a & b
}

pub(super) fn or<const W: u32>(a: u64, b: u64) -> u64 {
	a | b
}

pub(super) fn xor<const W: u32>(a: u64, b: u64) -> u64 {
	a ^ b
}

pub(super) fn not<const W: u32>(a: u64) -> u64 {
	!a & mask(W)
}

pub(super) fn cnot<const W: u32>(a: u64) -> u64 {
	u64::from(a == 0)
}

/// Counts above the width act as the width: nothing is left.
pub(super) fn shl<const W: u32>(a: u64, b: u64) -> u64 {
	match b {
		count if count < u64::from(W) => (a << count) & mask(W),
		_ => 0,
	}
}

/// Counts above the width act as the width: zeros or copies of the sign are left.
pub(super) fn shr<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	let count = b.min(u64::from(W)) as u32;
	let integer = if S {
		i128::from(extend(a, W, true) as i64)
	} else {
		i128::from(a)
	};
	(integer >> count) as u64 & mask(W)
}

/// The 64 bits `b:a` shifted left by the low 5 bits of `c`; their high half.
pub(super) fn shf_l_wrap(a: u64, b: u64, c: u64) -> u64 {
	(joined(a, b) << (c & 31)) >> 32
}

/// The 64 bits `b:a` shifted left by `c`, at most 32; their high half.
pub(super) fn shf_l_clamp(a: u64, b: u64, c: u64) -> u64 {
	(joined(a, b) << c.min(32)) >> 32
}

/// The 64 bits `b:a` shifted right by the low 5 bits of `c`; their low half.
pub(super) fn shf_r_wrap(a: u64, b: u64, c: u64) -> u64 {
	(joined(a, b) >> (c & 31)) & mask(32)
}

/// The 64 bits `b:a` shifted right by `c`, at most 32; their low half.
pub(super) fn shf_r_clamp(a: u64, b: u64, c: u64) -> u64 {
	(joined(a, b) >> c.min(32)) & mask(32)
}

/// Position and length of a bit field, which are their low 8 bits. See [`Fault::BitField`].
fn field(width: u32, position: u64, length: u64) -> Result<(u32, u32), Fault> {
	if width == 64 && (position > 255 || length > 255) {
		return Err(Fault::BitField { position, length });
	}
	Ok(((position & 0xff) as u32, (length & 0xff) as u32))
}

/// The bits of `a` from `position` on, as many as `length` says. Above them, and above the highest bit of `a`, there
/// are zeros, or copies of the field's highest bit that `a` has.
pub(super) fn bfe<const S: bool, const W: u32>(a: u64, _: u64, position: u64, length: u64) -> Result<u64, Fault> {
	let (position, length) = field(W, position, length)?;
	if length == 0 {
		return Ok(0);
	}
	let present = length.min(W.saturating_sub(position));
	let extracted = if present == 0 {
		0
	} else {
		(a >> position) & ones(present)
	};
	let highest = (position + length - 1).min(W - 1);
	let above = if S && (a >> highest) & 1 == 1 {
		mask(W) ^ ones(present)
	} else {
		0
	};
	Ok(extracted | above)
}

/// `b` with its bits from `position` on, as many as `length` says and it has, replaced by the lowest of `a`.
pub(super) fn bfi<const W: u32>(a: u64, b: u64, position: u64, length: u64) -> Result<u64, Fault> {
	let (position, length) = field(W, position, length)?;
	let present = length.min(W.saturating_sub(position));
	if present == 0 {
		return Ok(b);
	}
	let replaced = ones(present) << position;
	Ok((b & !replaced) | ((a << position) & replaced))
}

/// Four bytes out of the eight of `b:a`, each chosen by four bits of `c`; the highest of these asks for copies of the
/// byte's highest bit instead.
pub(super) fn prmt(a: u64, b: u64, c: u64) -> u64 {
	let bytes = joined(a, b).to_le_bytes();
	let mut result = [0; 8];
	for (nth, to) in result.iter_mut().take(4).enumerate() {
		let selector = (c >> (4 * nth)) & 0xf;
		let byte = bytes[(selector & 7) as usize];
		*to = match (selector & 8, byte & 0x80) {
			(0, _) => byte,
			(_, 0) => 0,
			_ => 0xff,
		};
	}
	u64::from_le_bytes(result)
}

/// For each bit the bit of `table` that has the number `a`:`b`:`c`.
pub(super) fn lop3(a: u64, b: u64, c: u64, table: u8) -> u64 {
	let mut result = 0;
	for row in 0..8 {
		if (table >> row) & 1 == 1 {
			let of_a = if row & 4 == 0 { !a } else { a };
			let of_b = if row & 2 == 0 { !b } else { b };
			let of_c = if row & 1 == 0 { !c } else { c };
			result |= of_a & of_b & of_c;
		}
	}
	result & mask(32)
}

pub(super) fn popc<const W: u32>(a: u64) -> u64 {
	u64::from(a.count_ones())
}

pub(super) fn clz<const W: u32>(a: u64) -> u64 {
	u64::from(a.leading_zeros() - (64 - W))
}

pub(super) fn brev<const W: u32>(a: u64) -> u64 {
	a.reverse_bits() >> (64 - W)
}

/// Number of the highest bit that differs from the sign, or 32 ones.
pub(super) fn bfind<const S: bool, const W: u32>(a: u64) -> u64 {
	let negative = S && (a >> (W - 1)) & 1 == 1;
	let searched = if negative { !a & mask(W) } else { a };
	match searched {
		0 => mask(32),
		_ => u64::from(63 - searched.leading_zeros()),
	}
}

/// How far to shift left for [`bfind`]'s bit to become the highest, or 32 ones.
pub(super) fn bfind_shiftamt<const S: bool, const W: u32>(a: u64) -> u64 {
	match bfind::<S, W>(a) {
		found if found < u64::from(W) => u64::from(W - 1) - found,
		none => none,
	}
}
