//! Compiled kernels, kept by the hash of their program.

use super::engine::CpuKernel;
use millrace_kernel::tree::Digest;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kernels that are kept.
const MOST: usize = 64;

/// The kernels used last. The lock is held for look-ups only, never while something is compiled.
#[derive(Default)]
pub(super) struct Cache {
	/// The one used last is last.
	kernels: Mutex<Vec<(Digest, CpuKernel)>>,
}

impl Cache {
	fn lock(&self) -> MutexGuard<'_, Vec<(Digest, CpuKernel)>> {
		// Nothing panics between the two changes that a look-up makes.
		self.kernels.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// The kernel of the program `hash`.
	pub(super) fn get(&self, hash: &Digest) -> Option<CpuKernel> {
		let mut kernels = self.lock();
		let at = kernels.iter().position(|(known, _)| known == hash)?;
		let found = kernels.remove(at);
		let kernel = found.1.clone();
		kernels.push(found);
		Some(kernel)
	}

	/// Keeps `kernel`; drops the one that was not used for longest where there are too many.
	pub(super) fn insert(&self, hash: Digest, kernel: CpuKernel) {
		let mut kernels = self.lock();
		kernels.retain(|(known, _)| *known != hash);
		if kernels.len() >= MOST {
			kernels.remove(0);
		}
		kernels.push((hash, kernel));
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cpu::CpuEngine;
	use millrace_kernel::asm::assemble;

	#[test]
	fn the_cache_is_bounded_and_drops_what_was_not_used() {
		let engine = CpuEngine::new().unwrap();
		let program = assemble(".item 1\n.max_units 16\n").unwrap();
		let kernel = engine.load(&program).unwrap();
		let cache = Cache::default();
		let name = |number: usize| [number as u8; 32];
		for number in 0..MOST {
			cache.insert(name(number), kernel.clone());
		}
		assert!(cache.get(&name(0)).is_some());
		cache.insert(name(MOST), kernel.clone());
		assert_eq!(cache.lock().len(), MOST);
		assert!(cache.get(&name(1)).is_none());
		assert!(cache.get(&name(0)).is_some());
		assert!(cache.get(&name(MOST)).is_some());
		// Once more under the same name: it takes one place.
		cache.insert(name(MOST), kernel);
		assert_eq!(cache.lock().len(), MOST);
		assert!(cache.get(&name(2)).is_some());
	}
}
