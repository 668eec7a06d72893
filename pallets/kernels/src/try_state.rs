//! What holds after every block.

use crate::*;
use millrace_kernel::program::Program;
use polkadot_sdk::{frame_support::ensure, sp_runtime::TryRuntimeError};

impl<T: Config> Pallet<T> {
	/// Checks the invariants of the storage; the numbers are those of the README.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for (kernel, record) in Kernels::<T>::iter() {
			// 1. Every record has its bytecode, under the hash of it.
			let bytecode = Bytecode::<T>::get(kernel).ok_or("a kernel has no bytecode")?;
			ensure!(Self::hash(&bytecode) == kernel, "a kernel is not stored under its hash");

			// 2. The facts are those of the bytecode, and the two marks of retirement agree.
			let program = Program::decode(&bytecode).map_err(|_| "a registered kernel is not valid")?;
			let facts = KernelFacts {
				retired: record.retired.is_some(),
				..Self::derive_facts(&program)
			};
			ensure!(record.facts == facts, "a kernel's facts are not those of its bytecode");
		}

		// 3. No bytecode without a record.
		for kernel in Bytecode::<T>::iter_keys() {
			ensure!(Kernels::<T>::contains_key(kernel), "bytecode has no record");
		}
		Ok(())
	}
}
