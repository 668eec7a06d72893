//! The Mandelbrot set in fixed point.

/// The view of a Mandelbrot picture. Coordinates are Q4.28: an `i32` of which 28 bits are the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandelbrotView {
	/// The real part of the first pixel.
	pub x0: i32,
	/// The imaginary part of the first pixel.
	pub y0: i32,
	/// The distance between two pixels, both ways.
	pub step: i32,
	/// Pixels in a row: a multiple of 16.
	pub width: usize,
	/// Rows.
	pub height: usize,
	/// Iterations after which a point counts as inside, 1 to 255.
	pub max_iter: u32,
}

/// The picture: one byte a pixel, row by row from the first row, left to right in a row. Items of 16 pixels laid end
/// to end are the same bytes.
///
/// A pixel is 0 inside the set; otherwise 32 × log2(iterations + 1), linear between powers of two. The squares are
/// truncated to 26 bits of fraction and the product to 28, towards minus infinity, and sums wrap, as in the kernel.
pub fn mandelbrot(view: &MandelbrotView) -> Vec<u8> {
	let mut picture = Vec::with_capacity(view.width * view.height);
	for row in 0..view.height {
		for column in 0..view.width {
			let along = |start: i32, count: usize| start.wrapping_add(view.step.wrapping_mul(count as i32));
			picture.push(
				match escape_time(along(view.x0, column), along(view.y0, row), view.max_iter) {
					Some(iterations) => grey(iterations + 1),
					None => 0,
				},
			);
		}
	}
	picture
}

/// Iterations until |z|² exceeds 4; `None` for a point that stays within `max_iter` iterations.
fn escape_time(cx: i32, cy: i32, max_iter: u32) -> Option<u32> {
	let (mut x, mut y) = (0i32, 0i32);
	for iterations in 0..max_iter {
		let (wide_x, wide_y) = (i64::from(x), i64::from(y));
		let (xx, yy) = ((wide_x * wide_x) >> 30, (wide_y * wide_y) >> 30);
		if xx + yy > 4 << 26 {
			return Some(iterations);
		}
		let doubled = ((wide_x * wide_y) >> 27) as i32;
		x = (((xx - yy) * 4) as i32).wrapping_add(cx);
		y = doubled.wrapping_add(cy);
	}
	None
}

/// 32 × log2(n), linear between powers of two, for n from 1 to 255.
fn grey(n: u32) -> u8 {
	let exponent = n.ilog2();
	let mantissa = 32 * (n - (1 << exponent)) / (1 << exponent);
	(32 * exponent + mantissa) as u8
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn points_known_by_hand() {
		let one = 1 << 28;
		// 0 and -1 stay; 1 runs 0, 1, 2, 5: |2|² is not above 4, |5|² is. 2 runs 0, 2, 6. -2 stays at 2.
		assert_eq!(escape_time(0, 0, 255), None);
		assert_eq!(escape_time(-one, 0, 255), None);
		assert_eq!(escape_time(one, 0, 255), Some(3));
		assert_eq!(escape_time(2 * one, 0, 255), Some(2));
		assert_eq!(escape_time(-2 * one, 0, 255), None);
	}

	#[test]
	fn grey_doubles_every_32() {
		assert_eq!([1, 2, 3, 4, 6, 8, 255].map(grey), [0, 32, 48, 64, 80, 96, 255]);
	}
}
