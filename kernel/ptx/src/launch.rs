//! The parameter of the entry point.

/// What one launch computes, and where everything lies: the parameter of [`crate::ITEMS`], 256 bytes, little-endian.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Launch {
	/// Device address at which the first item of this launch is written, 16-byte aligned: item n of the launch goes to
	/// `out + n × item_size`. What lies there must be zero before the launch.
	pub out: u64,
	/// Device address of a `u32` for each item of this launch: its units, and in bit 31 whether it trapped.
	pub figures: u64,
	/// Device addresses of the inputs, 16-byte aligned; the buffers are padded to a multiple of 16 bytes, and have at
	/// least 16. None of them overlaps what the launch writes.
	pub inputs: [u64; 8],
	/// Bytes of each input, without the padding.
	pub lengths: [u32; 8],
	/// The job's parameters.
	pub params: [u64; 16],
	/// The index of the first item of this launch.
	pub first: u32,
	/// Items of this launch. A thread beyond them does nothing.
	pub count: u32,
	/// Items of the job.
	pub items: u32,
	/// The job's bound on the units of an item, at most the header's.
	pub max_units: u32,
}

const _: () = assert!(size_of::<Launch>() == 256 && align_of::<Launch>() == 8);
