//! A real device.

use millrace_compute::{Choice, Options, Runner};
use millrace_kernel::leaf::Leaf;

use super::{leaves, line, Backend};
use crate::case::Case;

/// The first CUDA device that can be used.
pub struct Cuda(Runner);

impl Cuda {
	/// Opens the device. Compiled kernels are kept in memory only: no program comes a second time.
	///
	/// # Errors
	/// No device can be used, and why, in a sentence.
	pub fn new() -> Result<Cuda, String> {
		Runner::new(Choice::Cuda(None), None)
			.map(Cuda)
			.map_err(|error| line(&error))
	}
}

impl Backend for Cuda {
	fn name(&self) -> String {
		"cuda".to_owned()
	}

	fn describe(&self) -> String {
		self.0.describe().to_owned()
	}

	fn run(&self, case: &Case) -> Result<Vec<Leaf>, String> {
		let options = Options {
			threads: 1,
			..Options::default()
		};
		let computed = self
			.0
			.run(&case.program, &case.task(), &case.slices(), &options)
			.map_err(|error| line(&error))?;
		let figures: Vec<(u64, u32)> = computed.leaves.iter().map(|leaf| (leaf.units, leaf.traps)).collect();
		leaves(case, &computed.output, &figures)
	}
}
