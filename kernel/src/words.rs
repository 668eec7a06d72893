//! Splitting, joining and extending integers without `as`: each compiles to at most one machine instruction.

/// The low 8 bits.
#[inline(always)]
pub(crate) const fn low8(x: u32) -> u8 {
	let [b, _, _, _] = x.to_le_bytes();
	b
}

/// The low 32 bits.
#[inline(always)]
pub(crate) const fn low32(x: u64) -> u32 {
	let [a, b, c, d, _, _, _, _] = x.to_le_bytes();
	u32::from_le_bytes([a, b, c, d])
}

/// The high 32 bits.
#[inline(always)]
pub(crate) const fn high32(x: u64) -> u32 {
	let [_, _, _, _, a, b, c, d] = x.to_le_bytes();
	u32::from_le_bytes([a, b, c, d])
}

/// `high:low`.
#[inline(always)]
pub(crate) fn join(low: u32, high: u32) -> u64 {
	u64::from(low) | u64::from(high).wrapping_shl(32)
}

/// Sign extension to 64 bits.
#[inline(always)]
pub(crate) fn extend(x: u32) -> u64 {
	i64::from(x.cast_signed()).cast_unsigned()
}

/// An index into memory. Saturates where `usize` has 16 bits, so that every lookup fails instead of wrapping.
#[inline(always)]
pub(crate) fn to_usize(x: u32) -> usize {
	usize::try_from(x).unwrap_or(usize::MAX)
}
