//! One thread's instance of a kernel.

use super::{CpuError, CpuJob};
use crate::bundle::LeafFigures;
use millrace_kernel::leaf::leaf_items;
use millrace_kernel_wasm::{LEAF, MEMORY, TRAPS_SHIFT};
use wasmtime::{Error, Extern, Instance, Memory, Store, TypedFunc};

/// Runs leaves of one job, one after another.
pub struct CpuThread {
	store: Store<()>,
	function: TypedFunc<(i32, i32), i64>,
	memory: Memory,
	/// Where the output lies in the memory.
	output: usize,
	items: u32,
	items_per_leaf: u32,
	item_size: usize,
}

impl CpuThread {
	pub(super) fn new(job: &CpuJob) -> Result<CpuThread, CpuError> {
		let compiled = &job.kernel.0;
		let mut store = Store::new(&compiled.engine, ());
		let inputs: Vec<Extern> = job.inputs.iter().cloned().map(Extern::SharedMemory).collect();
		let instance = Instance::new(&mut store, &compiled.module, &inputs).map_err(CpuError::Thread)?;
		let memory = instance
			.get_memory(&mut store, MEMORY)
			.ok_or_else(|| CpuError::Thread(Error::msg("the kernel's module has no memory")))?;
		let function = instance
			.get_typed_func::<(i32, i32), i64>(&mut store, LEAF)
			.map_err(CpuError::Thread)?;
		let (layout, settings) = (&compiled.layout, &job.settings);
		for (offset, bytes) in [
			(layout.params, settings.params.as_slice()),
			(layout.lengths, settings.lengths.as_slice()),
			(layout.items, settings.items.as_slice()),
			(layout.max_units, settings.max_units.as_slice()),
		] {
			memory
				.write(&mut store, offset as usize, bytes)
				.map_err(|outside| CpuError::Thread(outside.into()))?;
		}
		Ok(CpuThread {
			store,
			function,
			memory,
			output: layout.output as usize,
			items: job.items,
			items_per_leaf: compiled.items_per_leaf,
			item_size: usize::from(compiled.header.item_size),
		})
	}

	/// Evaluates leaf number `leaf` into `out`, whose length is that of the leaf's output. Allocates nothing.
	///
	/// # Errors
	/// The job has no such leaf, or `out` has another length. After an error `out` holds no meaning.
	pub fn leaf(&mut self, leaf: u32, out: &mut [u8]) -> Result<LeafFigures, CpuError> {
		let items = leaf_items(self.items_per_leaf, self.items, leaf).ok_or(CpuError::NoLeaf { leaf })?;
		let expected = items.len() * self.item_size;
		if out.len() != expected {
			return Err(CpuError::OutputLength {
				leaf,
				expected,
				actual: out.len(),
			});
		}
		let count = items.end - items.start;
		let failed = |source| CpuError::Leaf { leaf, source };
		let figures = self
			.function
			.call(&mut self.store, (items.start.cast_signed(), count.cast_signed()))
			.map_err(failed)?
			.cast_unsigned();
		self.memory
			.read(&self.store, self.output, out)
			.map_err(|outside| failed(outside.into()))?;
		Ok(LeafFigures {
			units: figures & ((1 << TRAPS_SHIFT) - 1),
			// A leaf has at most 1,024 items.
			traps: (figures >> TRAPS_SHIFT) as u32,
		})
	}
}
