//! State spaces, and where in their addresses things lie.
//!
//! Addresses are chosen to catch wrong address arithmetic. Each allocation or variable has a slice of the space of its
//! own, by far larger than itself, so that a wrong offset meets nothing rather than a neighbour. In the global space
//! each begins 256 bytes below a multiple of 2^32, so that arithmetic in 32 bits goes wrong.

use super::error::Error;

/// A state space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
	/// Allocations, and variables of the module.
	Global,
	/// Variables of the module that no thread writes.
	Constant,
	/// Variables of a thread.
	Local,
}

impl Space {
	/// Its name in messages.
	pub(super) fn name(self) -> &'static str {
		match self {
			Space::Global => "global",
			Space::Constant => "constant",
			Space::Local => "local",
		}
	}

	/// Whether its addresses fit 32 bits.
	pub(super) fn is_small(self) -> bool {
		self != Space::Global
	}

	fn shift(self) -> u32 {
		if self.is_small() {
			24
		} else {
			40
		}
	}

	/// Where in its slice a thing begins.
	fn begin(self) -> u64 {
		if self.is_small() {
			0xff00
		} else {
			0xffff_ff00
		}
	}

	/// Address of the thing of this number. It is a multiple of [`MOST_ALIGN`].
	pub(super) fn address(self, number: usize) -> u64 {
		((number as u64 + 1) << self.shift()) | self.begin()
	}

	/// Number of the thing whose slice an address is in, and how far behind the thing's begin it is.
	pub(super) fn locate(self, address: u64) -> Option<(usize, u64)> {
		let number = (address >> self.shift()).checked_sub(1)?;
		let within = address & ((1 << self.shift()) - 1);
		Some((number as usize, within.checked_sub(self.begin())?))
	}
}

/// Most that the address of a variable can be asked to be a multiple of. Allocations are multiples of it.
pub(super) const MOST_ALIGN: u64 = 256;
/// Most bytes of a variable, well below a slice.
pub(super) const MOST_VARIABLE_BYTES: u64 = 1 << 20;
/// Most variables in a small space, so that their addresses fit 32 bits.
const MOST_SMALL_VARIABLES: usize = 128;
/// Number of the module's first variable in the global space; allocations have the numbers below.
pub(super) const FIRST_GLOBAL_VARIABLE: usize = 0x8000;

/// Address of a space's `nth` variable.
pub(super) fn variable_address(space: Space, nth: usize, line: u32) -> Result<u64, Error> {
	match space {
		Space::Global => Ok(space.address(FIRST_GLOBAL_VARIABLE + nth)),
		Space::Constant | Space::Local if nth < MOST_SMALL_VARIABLES => Ok(space.address(nth)),
		Space::Constant | Space::Local => {
			let text = format!(
				"more than {MOST_SMALL_VARIABLES} variables in the {} space",
				space.name()
			);
			Err(Error::Syntax { line, text })
		}
	}
}
