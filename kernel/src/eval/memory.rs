//! Constants, scratch and output: areas of a power-of-two size, in which an element's number is masked.

/// The `N` bytes of element number `element`. The validator lets no access pass that is wider than its area.
#[inline(always)]
pub(super) fn read<const N: usize>(area: &[u8], element: u32) -> [u8; N] {
	area.get(offset::<N>(area.len(), element)..)
		.and_then(|tail| tail.first_chunk::<N>())
		.copied()
		.unwrap_or([0; N])
}

/// Writes the `N` bytes of element number `element`.
#[inline(always)]
pub(super) fn write<const N: usize>(area: &mut [u8], element: u32, bytes: [u8; N]) {
	let at = offset::<N>(area.len(), element);
	if let Some(slot) = area.get_mut(at..).and_then(|tail| tail.first_chunk_mut::<N>()) {
		*slot = bytes;
	}
}

/// `element × N` modulo the area's size. Both are powers of two, so the result is the same where `usize` has 32 bits.
#[inline(always)]
fn offset<const N: usize>(size: usize, element: u32) -> usize {
	crate::words::to_usize(element).wrapping_mul(N) & size.wrapping_sub(1)
}

/// Four consecutive registers from `first` on.
#[inline(always)]
pub(super) fn four(first: u8) -> [u8; 4] {
	[
		first,
		first.wrapping_add(1),
		first.wrapping_add(2),
		first.wrapping_add(3),
	]
}

/// 16 bytes as four words, lowest first.
#[inline(always)]
pub(super) fn quad_words(bytes: [u8; 16]) -> [u32; 4] {
	let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bytes;
	[
		u32::from_le_bytes([a, b, c, d]),
		u32::from_le_bytes([e, f, g, h]),
		u32::from_le_bytes([i, j, k, l]),
		u32::from_le_bytes([m, n, o, p]),
	]
}

/// Four words as 16 bytes, lowest first.
#[inline(always)]
pub(super) fn quad_bytes(words: [u32; 4]) -> [u8; 16] {
	let [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]] = words.map(u32::to_le_bytes);
	[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// The low 16 bits, as bytes.
#[inline(always)]
pub(super) fn low_half(word: u32) -> [u8; 2] {
	let [a, b, _, _] = word.to_le_bytes();
	[a, b]
}
