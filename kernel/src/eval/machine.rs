//! The state of an item, reused from item to item.

use alloc::{vec, vec::Vec};

use crate::program::Program;

/// No chunk is remembered: the greatest chunk number is below 2^26.
pub(super) const NO_CHUNK: u32 = u32::MAX;

/// A register file. Every `u8` names a register, so no access is checked at run time; a program reaches only those
/// that it declares.
pub(super) struct File<T>([T; 256]);

impl<T: Copy + Default> File<T> {
	fn new() -> Self {
		File([T::default(); 256])
	}

	#[inline(always)]
	pub(super) fn get(&self, register: u8) -> T {
		self.0.get(usize::from(register)).copied().unwrap_or_default()
	}

	#[inline(always)]
	pub(super) fn set(&mut self, register: u8, value: T) {
		if let Some(slot) = self.0.get_mut(usize::from(register)) {
			*slot = value;
		}
	}

	fn clear(&mut self, count: usize) {
		if let Some(used) = self.0.get_mut(..count) {
			used.fill(T::default());
		}
	}
}

/// Registers, scratch and cursors. [`crate::eval::eval_item`] resets what its program declares, so a machine carries
/// nothing from item to item; make one for each thread.
pub struct Machine {
	pub(super) w: File<u32>,
	pub(super) d: File<u64>,
	/// The chunk that each (input, cursor) pair remembers, by `input | cursor << 3`.
	pub(super) chunks: File<u32>,
	pub(super) scratch: Vec<u8>,
}

impl Machine {
	/// A machine for `program`: about 4 KiB, and the scratch, which is the only allocation.
	pub fn new(program: &Program) -> Machine {
		Machine {
			w: File::new(),
			d: File::new(),
			chunks: File::new(),
			scratch: vec![0; usize::from(program.header().scratch_size)],
		}
	}

	/// Whether this machine has the scratch that `program` needs.
	pub(super) fn fits(&self, program: &Program) -> bool {
		self.scratch.len() == usize::from(program.header().scratch_size)
	}

	/// The state at the start of an item of `program`.
	pub(super) fn reset(&mut self, program: &Program) {
		let header = program.header();
		self.w.clear(usize::from(header.w_count));
		self.d.clear(usize::from(header.d_count));
		self.scratch.fill(0);
		for &pair in program.cursors() {
			self.chunks.set(pair, NO_CHUNK);
		}
	}
}
