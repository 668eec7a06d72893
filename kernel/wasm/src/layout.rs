//! Where things lie in a module's private memory. The same for all programs.

use millrace_kernel::program::{MAX_AREA, MAX_ITEM};

/// Byte offsets in the private memory of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
	/// Pages of 64 KiB that the memory has.
	pub pages: u32,
	/// The program's constants. The module fills them itself.
	pub constants: u32,
	/// The scratch of the item that runs. The module clears it itself.
	pub scratch: u32,
	/// The output of the leaf: up to 1,024 bytes.
	pub output: u32,
	/// Sixteen parameters, u64. The host writes those that the program declares.
	pub params: u32,
	/// Eight lengths of inputs in bytes, u32. The host writes those of the inputs that the program declares.
	pub lengths: u32,
	/// Items of the job, u32. The host writes it.
	pub items: u32,
	/// The bound on the units of an item, u32. The host writes it.
	pub max_units: u32,
}

pub(crate) const LAYOUT: Layout = Layout {
	pages: 1,
	params: 0,
	lengths: 128,
	items: 160,
	max_units: 164,
	output: 1024,
	scratch: 4096,
	constants: 8192,
};

// Each area begins behind the one before it.
const _: () = {
	assert!(LAYOUT.params + 16 * 8 <= LAYOUT.lengths);
	assert!(LAYOUT.lengths + 8 * 4 <= LAYOUT.items);
	assert!(LAYOUT.items + 4 <= LAYOUT.max_units);
	assert!(LAYOUT.max_units + 4 <= LAYOUT.output);
	assert!(LAYOUT.output + MAX_ITEM as u32 <= LAYOUT.scratch);
	assert!(LAYOUT.scratch + MAX_AREA as u32 <= LAYOUT.constants);
	assert!(LAYOUT.constants + MAX_AREA as u32 <= LAYOUT.pages << 16);
};
