//! Which registers still hold the words of a 128-bit load.
//!
//! The loaded vector stays in a local beside its four registers. It is known as long as control comes straight from the
//! load and none of the registers is written.

use super::locals::Locals;
use wasm_encoder::ValType;

/// A vector that was loaded.
struct Quad {
	/// The local that holds it. Taken over by a later load once this one is forgotten.
	vector: u32,
	/// Its first register.
	first: u8,
	/// Its bytes as 16-bit numbers, unsigned and signed.
	widened: [Widened; 2],
}

/// The two halves of a vector, widened.
#[derive(Default)]
struct Widened {
	/// The locals for them, once they were needed.
	locals: Option<(u32, u32)>,
	/// Whether they hold the halves of the present vector.
	ready: bool,
}

/// The locals of widened halves.
pub(super) enum Halves {
	/// They hold the halves.
	Ready(u32, u32),
	/// They are to be set from this vector first.
	Needed { vector: u32, low: u32, high: u32 },
}

/// All loads whose registers are untouched.
pub(super) struct Quads {
	/// For each register: the load, and which of its words.
	words: [Option<(u8, u8)>; 256],
	/// Registers of two known loads are different, so there are at most 64.
	quads: Vec<Quad>,
	/// Those that are forgotten.
	free: Vec<u8>,
}

impl Default for Quads {
	fn default() -> Quads {
		Quads {
			words: [None; 256],
			quads: Vec::new(),
			free: Vec::new(),
		}
	}
}

impl Quads {
	/// The load whose word a register holds, and the number of the word.
	pub(super) fn word(&self, register: u8) -> Option<(u8, u8)> {
		self.words[usize::from(register)]
	}

	/// A register is written.
	pub(super) fn forget(&mut self, register: u8) {
		if let Some((quad, _)) = self.word(register) {
			let first = self.quads[usize::from(quad)].first;
			for lane in 0..4 {
				self.words[usize::from(first.wrapping_add(lane))] = None;
			}
			self.free.push(quad);
		}
	}

	/// Control may come from elsewhere.
	pub(super) fn clear(&mut self) {
		if self.free.len() < self.quads.len() {
			self.words = [None; 256];
			self.free.clear();
			self.free.extend((0..=u8::MAX).take(self.quads.len()));
		}
	}

	/// A vector is loaded into four registers from `first` on; gives the local to keep it in.
	pub(super) fn insert(&mut self, first: u8, locals: &mut Locals) -> u32 {
		for lane in 0..4 {
			self.forget(first.wrapping_add(lane));
		}
		let quad = self.free.pop().unwrap_or_else(|| {
			self.quads.push(Quad {
				vector: locals.declare(ValType::V128),
				first,
				widened: Default::default(),
			});
			(self.quads.len() - 1) as u8
		});
		for lane in 0..4 {
			self.words[usize::from(first.wrapping_add(lane))] = Some((quad, lane));
		}
		let quad = &mut self.quads[usize::from(quad)];
		quad.first = first;
		for widened in &mut quad.widened {
			widened.ready = false;
		}
		quad.vector
	}

	/// The locals for the widened halves of a load. From now on they count as set.
	pub(super) fn halves(&mut self, quad: u8, signed: bool, locals: &mut Locals) -> Halves {
		let quad = &mut self.quads[usize::from(quad)];
		let widened = &mut quad.widened[usize::from(signed)];
		let (low, high) = *widened
			.locals
			.get_or_insert_with(|| (locals.declare(ValType::V128), locals.declare(ValType::V128)));
		if std::mem::replace(&mut widened.ready, true) {
			Halves::Ready(low, high)
		} else {
			Halves::Needed {
				vector: quad.vector,
				low,
				high,
			}
		}
	}
}
