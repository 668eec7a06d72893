//! The locals of the item function, each declared when it is first needed.
//!
//! WebAssembly's locals are zero where a function begins, as registers are where an item begins.

use wasm_encoder::ValType;

/// Parameters of the function: they are its first locals.
const PARAMETERS: usize = 2;
/// Access widths: 1, 2, 4, 8, 16 bytes.
const WIDTHS: usize = 5;
/// Inputs, at most.
const INPUTS: usize = 8;
/// (input, cursor) pairs, at most.
const CURSORS: usize = 128;

/// The types of the locals behind the parameters.
#[derive(Default)]
struct Types(Vec<ValType>);

impl Types {
	fn declare(&mut self, ty: ValType) -> u32 {
		// Registers, cursors, counts, vectors and temporaries: some two thousand at most.
		let local = (PARAMETERS + self.0.len()) as u32;
		self.0.push(ty);
		local
	}
}

/// Which local stands for what.
pub(super) struct Locals {
	types: Types,
	w: [Option<u32>; 256],
	d: [Option<u32>; 256],
	cursors: [Option<u32>; CURSORS],
	counts: [[Option<u32>; WIDTHS]; INPUTS],
	temporaries: Vec<(ValType, u32, u32)>,
}

impl Default for Locals {
	fn default() -> Locals {
		Locals {
			types: Types::default(),
			w: [None; 256],
			d: [None; 256],
			cursors: [None; CURSORS],
			counts: [[None; WIDTHS]; INPUTS],
			temporaries: Vec::new(),
		}
	}
}

impl Locals {
	/// A new local.
	pub(super) fn declare(&mut self, ty: ValType) -> u32 {
		self.types.declare(ty)
	}

	/// The local of a `w` register.
	pub(super) fn w(&mut self, register: u8) -> u32 {
		*self.w[usize::from(register)].get_or_insert_with(|| self.types.declare(ValType::I32))
	}

	/// The local of a `d` register.
	pub(super) fn d(&mut self, register: u8) -> u32 {
		*self.d[usize::from(register)].get_or_insert_with(|| self.types.declare(ValType::I64))
	}

	/// The local that remembers the chunk of an (input, cursor) pair, `input | cursor << 3`.
	pub(super) fn cursor(&mut self, pair: u8) -> u32 {
		*self.cursors[usize::from(pair) % CURSORS].get_or_insert_with(|| self.types.declare(ValType::I32))
	}

	/// The local that holds the number of whole elements of `1 << width_log2` bytes of an input.
	pub(super) fn count(&mut self, input: u8, width_log2: u32) -> u32 {
		let slot = &mut self.counts[usize::from(input) % INPUTS][width_log2 as usize % WIDTHS];
		*slot.get_or_insert_with(|| self.types.declare(ValType::I32))
	}

	/// A local for passing values, number `number` of its type. Nobody relies on what it holds for longer than one
	/// instruction of the program.
	pub(super) fn temporary(&mut self, ty: ValType, number: u32) -> u32 {
		let known = self.temporaries.iter().find(|(of, at, _)| (*of, *at) == (ty, number));
		if let Some((_, _, local)) = known {
			return *local;
		}
		let local = self.types.declare(ty);
		self.temporaries.push((ty, number, local));
		local
	}

	/// The locals of all cursors in use.
	pub(super) fn cursors(&self) -> impl Iterator<Item = u32> + '_ {
		self.cursors.iter().copied().flatten()
	}

	/// Of all counts in use: the input, the base-2 logarithm of the width, the local.
	pub(super) fn counts(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
		(0u32..).zip(&self.counts).flat_map(|(input, widths)| {
			(0u32..)
				.zip(widths)
				.filter_map(move |(width, local)| local.map(|local| (input, width, local)))
		})
	}

	/// The types of all locals behind the parameters.
	pub(super) fn types(&self) -> &[ValType] {
		&self.types.0
	}
}
