//! A job, ready to run on any number of threads.

use super::{CpuError, CpuKernel, CpuThread};
use millrace_kernel::eval::Task;
use wasmtime::SharedMemory;

/// A job's inputs and settings. All threads share it.
pub struct CpuJob {
	pub(super) kernel: CpuKernel,
	/// One for each input that the program declares.
	pub(super) inputs: Vec<SharedMemory>,
	pub(super) items: u32,
	pub(super) settings: Settings,
}

/// What an instance is told, as it lies in its memory.
pub(super) struct Settings {
	pub(super) params: Vec<u8>,
	pub(super) lengths: Vec<u8>,
	pub(super) items: [u8; 4],
	pub(super) max_units: [u8; 4],
}

impl CpuJob {
	pub(super) fn new(kernel: &CpuKernel, task: &Task<'_>, inputs: &[&[u8]]) -> Result<CpuJob, CpuError> {
		let compiled = &kernel.0;
		let header = &compiled.header;
		let declared = usize::from(header.inputs);
		let bytes = |input: usize| inputs.get(input).copied().unwrap_or_default();
		let memories = (0..declared)
			.map(|input| compiled.filler.share(&compiled.engine, input, bytes(input)))
			.collect::<Result<Vec<_>, _>>()?;
		// Longer ones were refused.
		let lengths = (0..declared).map(|input| bytes(input).len() as u32);
		let params = task.params.iter().take(usize::from(header.params));
		Ok(CpuJob {
			kernel: kernel.clone(),
			inputs: memories,
			items: task.items,
			settings: Settings {
				params: params.flat_map(|param| param.to_le_bytes()).collect(),
				lengths: lengths.flat_map(u32::to_le_bytes).collect(),
				items: task.items.to_le_bytes(),
				max_units: task.max_units.min(header.max_units).to_le_bytes(),
			},
		})
	}

	/// What one thread needs to run leaves. Making it takes tens of microseconds and 4 GiB of address space: make one a
	/// thread, not one a leaf.
	///
	/// # Errors
	/// [`CpuError::Thread`] where the system gives no memory or address space.
	pub fn thread(&self) -> Result<CpuThread, CpuError> {
		CpuThread::new(self)
	}
}
