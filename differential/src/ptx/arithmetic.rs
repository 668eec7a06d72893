//! What instructions compute, as functions of values.
//!
//! A value is the bits of a register, with zeros above its width; so is a result. `S` tells whether a type is signed,
//! `W` is its width. Arithmetic is done on mathematical integers and cut to the width at the end, which keeps it near
//! to the words of the PTX ISA; the compiler makes short code of it.

use super::{
	error::Fault,
	types::{extend, mask},
};

/// A function of one value.
pub(super) type Unary = fn(u64) -> u64;
/// A function of two values.
pub(super) type Binary = fn(u64, u64) -> u64;
/// A function of three values.
pub(super) type Ternary = fn(u64, u64, u64) -> u64;
/// A function of a value, what it is put into, a position and a length, that is not defined for all.
pub(super) type Field = fn(u64, u64, u64, u64) -> Result<u64, Fault>;
/// A function of two values that is not defined for all.
pub(super) type Division = fn(u64, u64) -> Result<u64, Fault>;
/// A relation of two values.
pub(super) type Comparison = fn(u64, u64) -> bool;
/// A function of three values and a carry that gives a carry too.
pub(super) type Carrying = fn(u64, u64, u64, bool) -> (u64, bool);

/// The integer that a value stands for.
fn int<const S: bool, const W: u32>(value: u64) -> i128 {
	if S {
		i128::from(extend(value, W, true) as i64)
	} else {
		i128::from(extend(value, W, false))
	}
}

/// The lowest bits of an integer in two's complement.
fn cut(width: u32, integer: i128) -> u64 {
	integer as u64 & mask(width)
}

/// The product, of which the low 128 bits are right; no type needs more.
fn product<const S: bool, const W: u32>(a: u64, b: u64) -> i128 {
	int::<S, W>(a).wrapping_mul(int::<S, W>(b))
}

pub(super) fn add<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, int::<S, W>(a) + int::<S, W>(b))
}

pub(super) fn sub<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, int::<S, W>(a) - int::<S, W>(b))
}

pub(super) fn mul_lo<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, product::<S, W>(a, b))
}

pub(super) fn mul_hi<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, product::<S, W>(a, b) >> W)
}

pub(super) fn mul_wide<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(2 * W, product::<S, W>(a, b))
}

pub(super) fn mad_lo<const S: bool, const W: u32>(a: u64, b: u64, c: u64) -> u64 {
	cut(W, product::<S, W>(a, b).wrapping_add(i128::from(c)))
}

pub(super) fn mad_hi<const S: bool, const W: u32>(a: u64, b: u64, c: u64) -> u64 {
	cut(W, (product::<S, W>(a, b) >> W) + i128::from(c))
}

pub(super) fn mad_wide<const S: bool, const W: u32>(a: u64, b: u64, c: u64) -> u64 {
	cut(2 * W, product::<S, W>(a, b) + i128::from(c))
}

fn check_division<const S: bool, const W: u32>(a: u64, b: u64) -> Result<(i128, i128), Fault> {
	let (a, b) = (int::<S, W>(a), int::<S, W>(b));
	match b {
		0 => Err(Fault::DivisionByZero),
		-1 if a == -(1_i128 << (W - 1)) => Err(Fault::DivisionOverflow),
		_ => Ok((a, b)),
	}
}

/// The quotient, rounded towards zero.
pub(super) fn div<const S: bool, const W: u32>(a: u64, b: u64) -> Result<u64, Fault> {
	let (a, b) = check_division::<S, W>(a, b)?;
	Ok(cut(W, a / b))
}

/// The remainder, which has the sign of the dividend.
pub(super) fn rem<const S: bool, const W: u32>(a: u64, b: u64) -> Result<u64, Fault> {
	let (a, b) = check_division::<S, W>(a, b)?;
	Ok(cut(W, a % b))
}

pub(super) fn min<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, int::<S, W>(a).min(int::<S, W>(b)))
}

pub(super) fn max<const S: bool, const W: u32>(a: u64, b: u64) -> u64 {
	cut(W, int::<S, W>(a).max(int::<S, W>(b)))
}

pub(super) fn neg<const W: u32>(a: u64) -> u64 {
	cut(W, -int::<true, W>(a))
}

pub(super) fn abs<const W: u32>(a: u64) -> u64 {
	cut(W, int::<true, W>(a).abs())
}

pub(super) fn sad<const S: bool, const W: u32>(a: u64, b: u64, c: u64) -> u64 {
	cut(W, (int::<S, W>(a) - int::<S, W>(b)).abs() + i128::from(c))
}

/// `A` and `B` tell whether the bytes of `a` and `b` are signed.
pub(super) fn dp4a<const A: bool, const B: bool>(a: u64, b: u64, c: u64) -> u64 {
	let products = (0..4).map(|byte| int::<A, 8>(a >> (8 * byte)) * int::<B, 8>(b >> (8 * byte)));
	cut(32, products.sum::<i128>() + i128::from(c))
}

fn add_carry<const W: u32>(a: u64, b: u64, carry: bool) -> (u64, bool) {
	let sum = i128::from(a) + i128::from(b) + i128::from(carry);
	(cut(W, sum), sum >> W != 0)
}

pub(super) fn add_cc<const S: bool, const W: u32>(a: u64, b: u64, _: u64, carry: bool) -> (u64, bool) {
	add_carry::<W>(a, b, carry)
}

pub(super) fn sub_cc<const S: bool, const W: u32>(a: u64, b: u64, _: u64, borrow: bool) -> (u64, bool) {
	let difference = i128::from(a) - i128::from(b) - i128::from(borrow);
	(cut(W, difference), difference < 0)
}

pub(super) fn mad_lo_cc<const S: bool, const W: u32>(a: u64, b: u64, c: u64, carry: bool) -> (u64, bool) {
	add_carry::<W>(mul_lo::<S, W>(a, b), c, carry)
}

pub(super) fn mad_hi_cc<const S: bool, const W: u32>(a: u64, b: u64, c: u64, carry: bool) -> (u64, bool) {
	add_carry::<W>(mul_hi::<S, W>(a, b), c, carry)
}

pub(super) fn eq<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) == int::<S, W>(b)
}

pub(super) fn ne<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) != int::<S, W>(b)
}

pub(super) fn lt<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) < int::<S, W>(b)
}

pub(super) fn le<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) <= int::<S, W>(b)
}

pub(super) fn gt<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) > int::<S, W>(b)
}

pub(super) fn ge<const S: bool, const W: u32>(a: u64, b: u64) -> bool {
	int::<S, W>(a) >= int::<S, W>(b)
}

/// `a` where `c`, of 32 bits, is not negative, else `b`.
pub(super) fn slct(a: u64, b: u64, c: u64) -> u64 {
	if int::<true, 32>(c) >= 0 {
		a
	} else {
		b
	}
}
