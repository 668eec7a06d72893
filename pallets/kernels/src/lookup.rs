//! What the market sees: the implementation of the trait between the two.

use crate::*;

impl<T: Config> millrace_primitives::traits::Kernels for Pallet<T> {
	fn facts(hash: &KernelHash) -> Option<KernelFacts> {
		Kernels::<T>::get(hash).map(|record| record.facts)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_kernel() -> KernelHash {
		benchmarking::bench_kernel::<T>()
	}
}
