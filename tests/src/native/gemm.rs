//! The product of two matrices of signed bytes.

/// Rows and columns of a tile.
pub const TILE: usize = 8;

/// A × Bᵀ in tiles of 8 × 8: each is 64 little-endian `i32`, row by row, and so are the tiles.
///
/// `a` holds rows of `k` signed bytes, as many as it has room for, and `b` holds `n` such rows; both have a multiple of 8
/// of them.
pub fn tiles(a: &[u8], b: &[u8], n: usize, k: usize) -> Vec<u8> {
	let tiles = a.len() / k / TILE * (n / TILE);
	(0..tiles).flat_map(|index| tile(a, b, n, k, index)).collect()
}

/// Tile number `index` of [`tiles`].
pub fn tile(a: &[u8], b: &[u8], n: usize, k: usize, index: usize) -> [u8; 4 * TILE * TILE] {
	let across = n / TILE;
	let (top, left) = (index / across * TILE, index % across * TILE);
	let mut bytes = [0; 4 * TILE * TILE];
	for (place, to) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
		let (row, column) = (top + place / TILE, left + place % TILE);
		*to = dot(&a[row * k..][..k], &b[column * k..][..k]).to_le_bytes();
	}
	bytes
}

fn dot(a: &[u8], b: &[u8]) -> i32 {
	let product = |(a, b): (&u8, &u8)| i32::from(a.cast_signed()) * i32::from(b.cast_signed());
	a.iter().zip(b).map(product).sum()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn numbers(bytes: &[u8]) -> Vec<i32> {
		let words = bytes.as_chunks::<4>().0.iter();
		words.map(|word| i32::from_le_bytes(*word)).collect()
	}

	#[test]
	fn signs_and_extremes() {
		assert_eq!(dot(&[0x80; 4], &[0x80; 4]), 4 * 16_384);
		assert_eq!(dot(&[0x80; 4], &[0x7f; 4]), -4 * 16_256);
		assert_eq!(dot(&[1, 2, 3], &[4, 5, 0xfa]), 4 + 10 - 18);
	}

	#[test]
	fn tiles_lie_row_by_row() {
		// k is 2: row r of A is (r, 1), row c of B is (1, 10c), so C is r + 10c.
		let a: Vec<u8> = (0..16).flat_map(|row| [row, 1]).collect();
		let b: Vec<u8> = (0..24).flat_map(|column| [1, 10 * (column % 12)]).collect();
		let c = numbers(&tiles(&a, &b, 24, 2));
		assert_eq!(c.len(), 16 * 24);
		// Tile 1 begins at row 0, column 8; tile 3 at row 8, column 0.
		assert_eq!(c[64..][..4], [80, 90, 100, 110]);
		assert_eq!(c[64 + 8], 81);
		assert_eq!(c[3 * 64..][..2], [8, 18]);
		// Row 15, column 23: the last of all; 10 * 11 = 110.
		assert_eq!(c[16 * 24 - 1], 15 + 110);
	}
}
