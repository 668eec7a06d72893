//! The generated PTX, run by the interpreter of this crate as a device would run it: buffers, launches, and the fixed
//! second kernel that sums the figures of each leaf.

use std::ops::Range;

use millrace_kernel::leaf::Leaf;
use millrace_kernel_ptx::{emit, BLOCK, ITEMS, LEAVES, LEAVES_PTX};

use super::{leaves, Backend};
use crate::{
	case::Case,
	ptx::{Error, Memory, Module},
};

/// What lies behind the bytes of an input, in a buffer that ends at a multiple of 16 bytes, and where figures are to be
/// written: no kernel may depend on it.
const GARBAGE: u8 = 0xa5;
/// Bytes of the parameter of the generated kernel, and of its inputs and parameters.
const LAUNCH_BYTES: usize = 256;
const INPUTS: usize = 8;
const PARAMS: usize = 16;

/// The PTX generator and the interpreter.
pub struct Ptx {
	sums: Module,
}

impl Ptx {
	/// Reads the fixed kernel.
	///
	/// # Errors
	/// The interpreter does not understand it, in a sentence.
	pub fn new() -> Result<Ptx, String> {
		Module::parse(LEAVES_PTX)
			.map(|sums| Ptx { sums })
			.map_err(|error| error.to_string())
	}

	/// Runs `case` by `text`, which need not be what the generator makes of its program.
	///
	/// # Errors
	/// The interpreter does not understand the text, or the kernel does what no kernel may, in a sentence.
	pub fn run_text(&self, text: &str, case: &Case) -> Result<Vec<Leaf>, String> {
		let (output, figures) = self.launch_all(text, case).map_err(|error| error.to_string())?;
		leaves(case, &output, &figures)
	}

	/// All of the output, and the units and traps of each leaf.
	fn launch_all(&self, text: &str, case: &Case) -> Result<(Vec<u8>, Vec<Figures>), Error> {
		let module = Module::parse(text)?;
		let mut memory = Memory::new();
		let inputs: Vec<(u64, u32)> = case
			.inputs
			.iter()
			.map(|bytes| {
				let mut buffer = bytes.clone();
				buffer.resize(bytes.len().next_multiple_of(16).max(16), GARBAGE);
				(memory.allocate(buffer), bytes.len() as u32)
			})
			.collect();
		let (mut output, mut figures) = (Vec::new(), Vec::new());
		for leaves in launches(case) {
			let items_per_leaf = case.program.items_per_leaf();
			let first = leaves.start * items_per_leaf;
			let count = (leaves.end.saturating_mul(items_per_leaf)).min(case.items) - first;
			let bytes = count as usize * usize::from(case.program.header().item_size);
			let (out, units_and_traps) = (
				memory.allocate(vec![0; bytes]),
				memory.allocate(vec![GARBAGE; count as usize * 4]),
			);
			let launch = launch(case, &inputs, out, units_and_traps, first, count);
			module.launch(&mut memory, ITEMS, count.div_ceil(BLOCK), BLOCK, &launch)?;
			output.extend(memory.read(out, bytes)?);

			let leaf_count = leaves.len();
			let (units, traps) = (
				memory.allocate(vec![GARBAGE; leaf_count * 8]),
				memory.allocate(vec![GARBAGE; leaf_count * 4]),
			);
			let mut parameters = Vec::new();
			for address in [units_and_traps, units, traps] {
				parameters.extend(address.to_le_bytes());
			}
			for number in [count, items_per_leaf] {
				parameters.extend(number.to_le_bytes());
			}
			let grid = (leaf_count as u32).div_ceil(BLOCK);
			self.sums.launch(&mut memory, LEAVES, grid, BLOCK, &parameters)?;
			let (units, traps) = (memory.read(units, leaf_count * 8)?, memory.read(traps, leaf_count * 4)?);
			let (units, traps) = (units.as_chunks::<8>().0.iter(), traps.as_chunks::<4>().0.iter());
			figures.extend(
				units
					.zip(traps)
					.map(|(units, traps)| (u64::from_le_bytes(*units), u32::from_le_bytes(*traps))),
			);
		}
		Ok((output, figures))
	}
}

impl Backend for Ptx {
	fn name(&self) -> String {
		"ptx".to_owned()
	}

	fn describe(&self) -> String {
		"the generated PTX, interpreted".to_owned()
	}

	fn run(&self, case: &Case) -> Result<Vec<Leaf>, String> {
		self.run_text(&emit(&case.program), case)
	}
}

/// Units and traps of a leaf.
type Figures = (u64, u32);

/// The leaves of each launch: all of them, or two parts, so that a launch does not always begin with item 0.
fn launches(case: &Case) -> Vec<Range<u32>> {
	let leaves = case.leaves();
	if leaves < 2 || case.seed.is_multiple_of(3) {
		return std::iter::once(0..leaves).collect();
	}
	let cut = 1 + (case.seed % u64::from(leaves - 1)) as u32;
	vec![0..cut, cut..leaves]
}

/// The parameter of one launch, laid out as `millrace_kernel_ptx::Launch` is.
fn launch(case: &Case, inputs: &[(u64, u32)], out: u64, figures: u64, first: u32, count: u32) -> Vec<u8> {
	let mut bytes = Vec::with_capacity(LAUNCH_BYTES);
	bytes.extend(out.to_le_bytes());
	bytes.extend(figures.to_le_bytes());
	for number in 0..INPUTS {
		bytes.extend(inputs.get(number).map_or(0, |input| input.0).to_le_bytes());
	}
	for number in 0..INPUTS {
		bytes.extend(inputs.get(number).map_or(0, |input| input.1).to_le_bytes());
	}
	for number in 0..PARAMS {
		bytes.extend(case.params.get(number).copied().unwrap_or_default().to_le_bytes());
	}
	for number in [first, count, case.items, case.max_units] {
		bytes.extend(number.to_le_bytes());
	}
	bytes
}
