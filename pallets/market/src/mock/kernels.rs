//! A mock of the kernels: hashes that stand for any kernel, and real ones, whose results can be shown to be wrong.

use super::*;
use millrace_kernel::program::Program;
use millrace_primitives::traits::{KernelFacts, Kernels};
use polkadot_sdk::{frame_support::storage::unhashed, sp_io::hashing::blake2_256};

/// Three times the index. An item costs 16 + 64 / 8 = 24 and takes 1 + 1 + 4 on top: 30 units. Two items make a leaf,
/// because 2 × 2²⁰ units are all that a leaf may take.
pub(crate) const TRIPLES: &str = "
.item 64
.max_units 1048576
.w zero i x
  index   i
  mul     x, i, 3
  sto32   [zero], x
";

/// The index and the first word of the input's chunk of that number, 0 behind its end. 24 and 1 + 1 + 8 + 128 + 1 + 4:
/// 167 units. Two items make a leaf.
pub(crate) const SUMS: &str = "
.item 64
.inputs data
.max_units 1048576
.max_faults 2
.w zero i at x
  index   i
  shl     at, i, 8
  ld32.z  x, data[at]
  add     x, x, i
  sto32   [zero], x
";

/// The index; odd ones trap. 24 and 1 + 1 + 1, then 1 for the trap or 4 for the output: 28 or 31 units. Two items make a
/// leaf.
pub(crate) const ODD_TRAPS: &str = "
.item 64
.max_units 1048576
.w zero i odd
  index   i
  and     odd, i, 1
  if odd
    trap
  end
  sto32   [zero], i
";

/// The index, in as many bytes as a leaf may have. 16 + 1,024 / 8 = 144 and 1 + 4: 149 units.
pub(crate) const BLOCKS: &str = "
.item 1024
.max_units 2000
.w zero i
  index   i
  sto32   [zero], i
";

/// Knows a handful of hashes, and every program that was registered.
pub struct MockKernels;

impl MockKernels {
	fn key(hash: &KernelHash) -> Vec<u8> {
		[b"mock:kernel".as_slice(), &hash.0 .0].concat()
	}

	/// Makes a program known.
	pub(crate) fn register(bytecode: &[u8]) -> KernelHash {
		let hash = KernelHash(H256(blake2_256(bytecode)));
		unhashed::put(&Self::key(&hash), &bytecode.to_vec());
		hash
	}
}

impl Kernels for MockKernels {
	fn facts(hash: &KernelHash) -> Option<KernelFacts> {
		let (inputs, params, retired) = if *hash == KERNEL {
			(0, 2, false)
		} else if *hash == KERNEL_WITH_INPUTS {
			(2, 1, false)
		} else if *hash == KERNEL_RETIRED {
			(0, 2, true)
		} else if *hash == bench_kernel_hash() {
			(8, 16, false)
		} else {
			return real_facts(&Self::bytecode(hash)?);
		};
		Some(KernelFacts {
			item_size: 16,
			inputs,
			params,
			item_cost: 1_000,
			max_units: 1 << 30,
			max_faults: 3,
			items_per_leaf: 64,
			retired,
		})
	}

	fn bytecode(hash: &KernelHash) -> Option<Vec<u8>> {
		unhashed::get(&Self::key(hash))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_kernel() -> KernelHash {
		bench_kernel_hash()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_register(bytecode: Vec<u8>) -> KernelHash {
		Self::register(&bytecode)
	}
}

fn bench_kernel_hash() -> KernelHash {
	KernelHash(H256([4; 32]))
}

/// What the pallet of the kernels derives from a program.
fn real_facts(bytecode: &[u8]) -> Option<KernelFacts> {
	let program = Program::decode(bytecode).ok()?;
	let header = program.header();
	Some(KernelFacts {
		item_size: header.item_size,
		inputs: header.inputs,
		params: header.params,
		item_cost: program.item_cost(),
		max_units: header.max_units,
		max_faults: header.max_faults,
		items_per_leaf: program.items_per_leaf(),
		retired: false,
	})
}
