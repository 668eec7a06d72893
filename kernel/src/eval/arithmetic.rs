//! The meaning of the arithmetic instructions, as functions of their operands. All are total.

use crate::words::{extend, high32, join, low32, low8};

/// Defines the operations that both register files have, for words of one width. `$count` takes a shift count from an
/// operand; counts are masked to the width.
macro_rules! operations {
	($module:ident, $word:ty, $count:expr) => {
		pub(super) mod $module {
			#[inline(always)]
			pub(in crate::eval) fn shl(a: $word, b: $word) -> $word {
				a.wrapping_shl($count(b))
			}

			#[inline(always)]
			pub(in crate::eval) fn shru(a: $word, b: $word) -> $word {
				a.wrapping_shr($count(b))
			}

			#[inline(always)]
			pub(in crate::eval) fn shrs(a: $word, b: $word) -> $word {
				a.cast_signed().wrapping_shr($count(b)).cast_unsigned()
			}

			#[inline(always)]
			pub(in crate::eval) fn rotl(a: $word, b: $word) -> $word {
				a.rotate_left($count(b) & <$word>::BITS.wrapping_sub(1))
			}

			#[inline(always)]
			pub(in crate::eval) fn mins(a: $word, b: $word) -> $word {
				a.cast_signed().min(b.cast_signed()).cast_unsigned()
			}

			#[inline(always)]
			pub(in crate::eval) fn maxs(a: $word, b: $word) -> $word {
				a.cast_signed().max(b.cast_signed()).cast_unsigned()
			}

			#[inline(always)]
			pub(in crate::eval) fn eq(a: $word, b: $word) -> u32 {
				u32::from(a == b)
			}

			#[inline(always)]
			pub(in crate::eval) fn ne(a: $word, b: $word) -> u32 {
				u32::from(a != b)
			}

			#[inline(always)]
			pub(in crate::eval) fn ltu(a: $word, b: $word) -> u32 {
				u32::from(a < b)
			}

			#[inline(always)]
			pub(in crate::eval) fn lts(a: $word, b: $word) -> u32 {
				u32::from(a.cast_signed() < b.cast_signed())
			}

			#[inline(always)]
			pub(in crate::eval) fn leu(a: $word, b: $word) -> u32 {
				u32::from(a <= b)
			}

			#[inline(always)]
			pub(in crate::eval) fn les(a: $word, b: $word) -> u32 {
				u32::from(a.cast_signed() <= b.cast_signed())
			}

			/// Division by 0 is division by 1, as in WGSL; so is signed division of the least number by −1, which is
			/// the other case in which `checked_div` gives nothing.
			#[inline(always)]
			pub(in crate::eval) fn divu(a: $word, b: $word) -> $word {
				a.checked_div(b).unwrap_or(a)
			}

			#[inline(always)]
			pub(in crate::eval) fn divs(a: $word, b: $word) -> $word {
				a.cast_signed()
					.checked_div(b.cast_signed())
					.map_or(a, |q| q.cast_unsigned())
			}

			#[inline(always)]
			pub(in crate::eval) fn remu(a: $word, b: $word) -> $word {
				a.checked_rem(b).unwrap_or(0)
			}

			#[inline(always)]
			pub(in crate::eval) fn rems(a: $word, b: $word) -> $word {
				a.cast_signed()
					.checked_rem(b.cast_signed())
					.map_or(0, |r| r.cast_unsigned())
			}

			/// a × b + c
			#[inline(always)]
			pub(in crate::eval) fn mad(a: $word, b: $word, c: $word) -> $word {
				a.wrapping_mul(b).wrapping_add(c)
			}

			#[inline(always)]
			pub(in crate::eval) fn clz(a: $word) -> $word {
				a.leading_zeros().into()
			}

			#[inline(always)]
			pub(in crate::eval) fn ctz(a: $word) -> $word {
				a.trailing_zeros().into()
			}

			#[inline(always)]
			pub(in crate::eval) fn popcnt(a: $word) -> $word {
				a.count_ones().into()
			}
		}
	};
}

operations!(word, u32, core::convert::identity);
operations!(long, u64, crate::words::low32);

/// The low word of `high:low` shifted right by `n` mod 32.
#[inline(always)]
pub(super) fn fshr(low: u32, n: u32, high: u32) -> u32 {
	low32(join(low, high).wrapping_shr(n & 31))
}

/// Byte i of the result is byte (nibble i of `selector`) of `b:a`.
#[inline(always)]
pub(super) fn prmt(a: u32, b: u32, selector: u32) -> u32 {
	let bytes = join(a, b);
	let pick = |i: u32| {
		let nibble = selector.wrapping_shr(i.wrapping_mul(4)) & 7;
		low8(low32(bytes.wrapping_shr(nibble.wrapping_mul(8))))
	};
	u32::from_le_bytes([pick(0), pick(1), pick(2), pick(3)])
}

/// Σ aᵢ × bᵢ + c over the four bytes, each extended by its function; wrapping.
#[inline(always)]
fn dot(a: u32, b: u32, c: u32, from_a: impl Fn(u8) -> i32, from_b: impl Fn(u8) -> i32) -> u32 {
	let products = a
		.to_le_bytes()
		.into_iter()
		.zip(b.to_le_bytes())
		.map(|(x, y)| from_a(x).wrapping_mul(from_b(y)));
	products.fold(c, |sum, product| sum.wrapping_add(product.cast_unsigned()))
}

fn signed(byte: u8) -> i32 {
	i32::from(byte.cast_signed())
}

#[inline(always)]
pub(super) fn dp4a_ss(a: u32, b: u32, c: u32) -> u32 {
	dot(a, b, c, signed, signed)
}

/// `a` unsigned, `b` signed.
#[inline(always)]
pub(super) fn dp4a_us(a: u32, b: u32, c: u32) -> u32 {
	dot(a, b, c, i32::from, signed)
}

#[inline(always)]
pub(super) fn dp4a_uu(a: u32, b: u32, c: u32) -> u32 {
	dot(a, b, c, i32::from, i32::from)
}

/// The bits of `a` from `field & 0xff` on, `field >> 8` of them; at least one, inside the word (validated).
#[inline(always)]
pub(super) fn bfeu(a: u32, field: u32) -> u32 {
	let (position, length) = (field & 0xff, field.wrapping_shr(8));
	a.wrapping_shr(position) & u32::MAX.wrapping_shr(32u32.wrapping_sub(length))
}

/// As [`bfeu`], sign-extended.
#[inline(always)]
pub(super) fn bfes(a: u32, field: u32) -> u32 {
	let (position, length) = (field & 0xff, field.wrapping_shr(8));
	let top = 32u32.wrapping_sub(length);
	a.wrapping_shl(top.wrapping_sub(position))
		.cast_signed()
		.wrapping_shr(top)
		.cast_unsigned()
}

/// The 64-bit product.
#[inline(always)]
pub(super) fn mulwu(a: u32, b: u32) -> u64 {
	u64::from(a).wrapping_mul(u64::from(b))
}

/// The signed 64-bit product.
#[inline(always)]
pub(super) fn mulws(a: u32, b: u32) -> u64 {
	extend(a).wrapping_mul(extend(b))
}

#[inline(always)]
pub(super) fn mulshru(a: u32, b: u32, shift: u32) -> u32 {
	low32(mulwu(a, b).wrapping_shr(shift))
}

#[inline(always)]
pub(super) fn mulshrs(a: u32, b: u32, shift: u32) -> u32 {
	low32(mulws(a, b).cast_signed().wrapping_shr(shift).cast_unsigned())
}

/// The high half of the 128-bit product.
#[inline(always)]
pub(super) fn mulhiu(a: u64, b: u64) -> u64 {
	// Schoolbook: the runtime's 32-bit target has no 128-bit multiplication, its library call is slower.
	let (a0, a1) = (low32(a), high32(a));
	let (b0, b1) = (low32(b), high32(b));
	let middle = mulwu(a1, b0).wrapping_add(u64::from(high32(mulwu(a0, b0))));
	let carry = mulwu(a0, b1).wrapping_add(u64::from(low32(middle)));
	mulwu(a1, b1)
		.wrapping_add(u64::from(high32(middle)))
		.wrapping_add(u64::from(high32(carry)))
}

/// The high half of the signed 128-bit product.
#[inline(always)]
pub(super) fn mulhis(a: u64, b: u64) -> u64 {
	// Reading a negative number as unsigned adds 2^64, which adds the other factor to the high half.
	let from_a = if a.cast_signed() < 0 { b } else { 0 };
	let from_b = if b.cast_signed() < 0 { a } else { 0 };
	mulhiu(a, b).wrapping_sub(from_a).wrapping_sub(from_b)
}
