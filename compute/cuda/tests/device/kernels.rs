//! Small kernels whose figures can be worked out by hand.

use millrace_kernel::eval::Task;

/// 16 for an item, index, mul, shru, xor and 4 for the store: 24 units an item, 256 items a leaf.
pub(crate) const MIX: &str = "
.item 4
.max_units 200
.w zero i x
  index i
  mul   x, i, 0x9e3779b1
  shru  i, x, 13
  xor   x, x, i
  sto32 [zero], x
";

/// Of four items the second traps after 16 + 5 units, and the third loops until the bound of 300; the others take
/// 16 + 11. 375 units and 2 traps, 256 items a leaf.
pub(crate) const TRAPS: &str = "
.item 4
.max_units 300
.w zero i c
  index i
  and   c, i, 3
  eq    c, c, 1
  if c
    trap
  end
  and   c, i, 3
  eq    c, c, 2
  if c
    loop spin
      br spin
    end
  end
  sto32 [zero], i
";

/// Reads one byte an item; out of range is a bound trap. 512 items a leaf, because of the fault.
pub(crate) const BYTES: &str = "
.item 1
.inputs data
.max_units 200
.max_faults 1
.w zero i x
  index i
  ld8u  x, data[i]
  sto8  [zero], x
";

/// Reads one word of each 4 KiB; out of range is 0.
pub(crate) const SPARSE: &str = "
.item 4
.inputs data
.max_units 200
.max_faults 1
.w zero i x
  index  i
  shl    x, i, 10
  ld32.z x, data[x]
  xor    x, x, i
  sto32  [zero], x
";

/// A task without parameters.
pub(crate) fn task(items: u32, max_units: u32) -> Task<'static> {
	Task {
		items,
		max_units,
		params: &[],
	}
}
