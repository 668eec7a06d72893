//! A grey picture, smoothed.

/// The weights across and down; a pixel's is the product of both, and all nine add up to 16.
const WEIGHTS: [u32; 3] = [1, 2, 1];

/// The weighted mean of each pixel and its eight neighbours, rounded to the nearest, halves up. Beyond an edge the
/// picture goes on with the pixels of that edge.
///
/// `picture` is one byte a pixel, row by row, `width` pixels in a row, and so is the result. It has no row that is not
/// whole.
pub fn smooth(picture: &[u8], width: usize) -> Vec<u8> {
	let height = picture.len() / width;
	let mut smoothed = Vec::with_capacity(picture.len());
	for y in 0..height {
		for x in 0..width {
			let mut sum = 0;
			for (row, down) in around(y, height).zip(WEIGHTS) {
				for (column, across) in around(x, width).zip(WEIGHTS) {
					sum += down * across * u32::from(picture[row * width + column]);
				}
			}
			smoothed.push(((sum + 8) / 16) as u8);
		}
	}
	smoothed
}

/// The places before, at and behind `at` of `count`, without those that do not exist.
fn around(at: usize, count: usize) -> impl Iterator<Item = usize> {
	[at.saturating_sub(1), at, (at + 1).min(count - 1)].into_iter()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_bright_pixel_spreads_by_the_weights() {
		let mut picture = [0; 25];
		picture[2 * 5 + 2] = 255;
		// 255 / 16 = 15.94, 2 * 255 / 16 = 31.88, 4 * 255 / 16 = 63.75.
		#[rustfmt::skip]
		let expected = [
			0, 0, 0, 0, 0,
			0, 16, 32, 16, 0,
			0, 32, 64, 32, 0,
			0, 16, 32, 16, 0,
			0, 0, 0, 0, 0,
		];
		assert_eq!(smooth(&picture, 5), expected);
	}

	#[test]
	fn halves_round_up() {
		// 4 * 2 = 8, then 1 * 1 + 2 * 3 = 7, then 2 * 4 = 8, of 16.
		assert_eq!(smooth(&[0, 0, 0, 0, 2, 0, 0, 0, 0], 3)[4], 1);
		assert_eq!(smooth(&[1, 0, 0, 3, 0, 0, 0, 0, 0], 3)[4], 0);
		assert_eq!(smooth(&[0, 0, 0, 4, 0, 0, 0, 0, 0], 3)[4], 1);
	}

	#[test]
	fn edges_go_on_beyond_themselves() {
		// One row is three equal ones, so the pixels count (1, 2, 1) / 4. At the left edge: 3 / 4 of 255 = 191.25, then
		// 63.75; at the right one: 3 / 4 of 100 = 75, before it 25.
		assert_eq!(smooth(&[255, 0, 0, 0, 0, 100], 6), [191, 64, 0, 0, 25, 75]);
		assert_eq!(smooth(&[255, 0, 0, 0, 0, 100], 1), [191, 64, 0, 0, 25, 75]);
		// In its own corner the pixel counts 4 + 2 + 2 + 1 times: 9 / 16 of 255 = 143.44; beside it 2 + 1 times, 47.81;
		// opposite once, 15.94.
		assert_eq!(smooth(&[255, 0, 0, 0], 2), [143, 48, 48, 16]);
		assert_eq!(smooth(&[77], 1), [77]);
	}

	#[test]
	fn rows_do_not_run_into_each_other() {
		assert_eq!(smooth(&[0, 0, 255, 0, 0, 255], 3), [0, 64, 191, 0, 64, 191]);
	}

	#[test]
	fn a_white_picture_stays_white() {
		assert_eq!(smooth(&[255; 48], 16), [255; 48]);
	}
}
