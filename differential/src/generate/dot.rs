//! Runs of dot products over four registers loaded at once: what a compiler turns into vector instructions. Also runs
//! that only look like it.

use millrace_kernel::opcode as op;

use super::writer::Writer;

impl Writer<'_> {
	/// One run, its operands loaded or what the registers happen to hold.
	pub(super) fn dot(&mut self) {
		let kind = self.random.pick(&[op::DP4A_SS, op::DP4A_US, op::DP4A_UU]);
		let (a, b) = self.two_quads();
		self.fill_quad(a);
		self.fill_quad(b);
		if self.random.chance(15) {
			// Perhaps into one of the eight registers.
			self.straight();
		}
		match self.random.below(8) {
			0..=2 => {
				let sum = self.sum(a, b);
				self.run(kind, sum, a, b);
			}
			// A tile: several sums, several quads.
			3 | 4 => {
				let (c, _) = self.two_quads();
				self.fill_quad(c);
				for _ in 0..self.random.between(2, 4) {
					let sum = self.sum(a, b);
					let left = self.random.pick(&[a, c]);
					self.run(kind, sum, left, b);
				}
			}
			// One sum over reloaded quads.
			5 => {
				let sum = self.sum(a, b);
				for _ in 0..self.random.between(2, 3) {
					self.run(kind, sum, a, b);
					self.fill_quad(a);
					self.fill_quad(b);
				}
			}
			// The sum moves from one register to another.
			6 => {
				let (from, to) = (self.any(), self.sum(a, b));
				self.emit(kind, to, a, b, u32::from(from));
				for i in 1..4 {
					self.emit(kind, to, a + i, b + i, u32::from(to));
				}
			}
			_ => self.broken(kind, a, b),
		}
	}

	/// Four products in order.
	fn run(&mut self, kind: u8, sum: u8, a: u8, b: u8) {
		for i in 0..4 {
			self.emit(kind, sum, a + i, b + i, u32::from(sum));
		}
	}

	/// Four products of which some are another kind, out of order, crossed, or of which one is missing.
	fn broken(&mut self, kind: u8, a: u8, b: u8) {
		let sum = self.sum(a, b);
		let missing = self.random.below(8);
		let turn = self.random.below(4) as u8;
		let cross = self.random.chance(40);
		for i in 0u8..4 {
			if u32::from(i) == missing {
				continue;
			}
			let kind = if self.random.chance(20) {
				self.random.pick(&[op::DP4A_SS, op::DP4A_US, op::DP4A_UU])
			} else {
				kind
			};
			let left = (i + turn) % 4;
			let right = if cross { self.random.below(4) as u8 } else { left };
			self.emit(kind, sum, a + left, b + right, u32::from(sum));
		}
	}

	/// Two quads, mostly apart, now and then overlapping or the same.
	fn two_quads(&mut self) -> (u8, u8) {
		let a = self.free_quad();
		for _ in 0..8 {
			let b = self.free_quad();
			if a.abs_diff(b) >= 4 || self.random.chance(4) {
				return (a, b);
			}
		}
		(a, self.free_quad())
	}

	/// A register for a sum, mostly outside of both quads.
	fn sum(&mut self, a: u8, b: u8) -> u8 {
		let inside = |register: u8, quad: u8| (quad..=quad + 3).contains(&register);
		for _ in 0..8 {
			let sum = self.free();
			if (!inside(sum, a) && !inside(sum, b)) || self.random.chance(3) {
				return sum;
			}
		}
		self.free()
	}

	/// Loads a quad where the program has inputs, mostly.
	fn fill_quad(&mut self, quad: u8) {
		let row = Self::row(op::LD128);
		if self.can(row) && self.random.chance(85) {
			self.instruction(row, Some(quad));
		}
	}
}
