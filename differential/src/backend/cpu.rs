//! WebAssembly, compiled for this processor.

use millrace_compute::{CpuEngine, CpuError};
use millrace_kernel::leaf::Leaf;

use super::{leaf_bytes, line, Backend};
use crate::case::Case;

/// The CPU backend of `millrace-compute`.
pub struct Cpu {
	engine: CpuEngine,
	name: &'static str,
	description: &'static str,
}

impl Cpu {
	/// Starts the compiler.
	///
	/// # Errors
	/// It does not support this processor, in a sentence.
	pub fn new() -> Result<Cpu, String> {
		Ok(Cpu {
			engine: CpuEngine::new().map_err(|error| line(&error))?,
			name: "cpu",
			description: "WebAssembly, compiled for this processor",
		})
	}

	/// The same with modules as they would run in a browser.
	///
	/// # Errors
	/// As [`Cpu::new`].
	pub fn portable() -> Result<Cpu, String> {
		Ok(Cpu {
			engine: CpuEngine::portable().map_err(|error| line(&error))?,
			name: "portable",
			description: "WebAssembly as browsers run it, compiled for this processor",
		})
	}

	fn leaves(&self, case: &Case) -> Result<Vec<Leaf>, CpuError> {
		let job = self.engine.load(&case.program)?.job(&case.task(), &case.slices())?;
		let mut thread = job.thread()?;
		(0..case.leaves())
			.map(|leaf| {
				// A byte that is not written shows.
				let mut bytes = vec![0xa5; leaf_bytes(case, leaf)];
				let figures = thread.leaf(leaf, &mut bytes)?;
				Ok(Leaf {
					bytes,
					units: figures.units,
					traps: figures.traps,
				})
			})
			.collect()
	}
}

impl Backend for Cpu {
	fn name(&self) -> String {
		self.name.to_owned()
	}

	fn describe(&self) -> String {
		self.description.to_owned()
	}

	fn run(&self, case: &Case) -> Result<Vec<Leaf>, String> {
		self.leaves(case).map_err(|error| line(&error))
	}
}
