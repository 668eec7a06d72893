//! What the market sees: the implementation of the trait between the two.

use crate::*;
use alloc::vec::Vec;
use polkadot_sdk::sp_runtime::BoundedVec;

impl<T: Config> millrace_primitives::traits::Kernels for Pallet<T> {
	fn facts(hash: &KernelHash) -> Option<KernelFacts> {
		Kernels::<T>::get(hash).map(|record| record.facts)
	}

	fn bytecode(hash: &KernelHash) -> Option<Vec<u8>> {
		Bytecode::<T>::get(hash).map(BoundedVec::into_inner)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_kernel() -> KernelHash {
		benchmarking::bench_kernel::<T>()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_register(bytecode: Vec<u8>) -> KernelHash {
		benchmarking::bench_register::<T>(bytecode)
	}
}
