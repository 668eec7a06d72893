//! How a job is cut into slices and where its bytes lie on the device: arithmetic alone.
//!
//! A *slice* is a run of whole leaves that one launch computes. Its output, the units and the traps of its leaves lie
//! one after another in a slot, so that one copy brings them home. The figures of its items, from which the units and
//! traps are summed, never leave the device, and the stream runs one launch after another, so all slices share one
//! place for them.

use millrace_kernel::{eval::Task, leaf::leaf_count, program::Program};

/// Where a part of the job's memory begins: a multiple of this, as an allocation of its own would.
const ALIGN: u64 = 256;
/// Inputs are padded to a multiple of this, and so is the output before the units: the widest access.
const WIDEST: u64 = 16;
/// Most items of a slice: 32 MiB of figures.
const MOST_ITEMS: u32 = 1 << 23;
/// Most leaves of a slice: 3 MiB of units and traps.
const MOST_LEAVES: u32 = 1 << 18;
/// Slots are not made smaller than this to get more slices: below it, launches and copies cost more than they move.
const LEAST_SLOT: u64 = 1 << 20;
/// A job is cut into so many slices at least, where they are not too small for it: the first slice's computing and the
/// last one's hashing overlap with nothing.
const PARTS: u64 = 32;
/// A launch that the bound on units would let run longer is cut, whatever was measured before: items may be light for a
/// long time and heavy then.
const WORST_SECONDS: u64 = 1;
/// Units that a multiprocessor does in a cycle, at the worst. Ordinary kernels do 30 to 120.
const UNITS_A_CYCLE: u64 = 16;

/// What a device and its owner allow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
	/// Most output bytes of a slice.
	pub(crate) slot_bytes: u32,
	/// Most units that the items of a launch may take.
	pub(crate) launch_units: u64,
}

/// Units that a device surely does in [`WORST_SECONDS`].
pub(crate) fn launch_units(multiprocessors: u32, kilohertz: u32) -> u64 {
	// A driver that does not tell gets the least of what there is.
	let hertz = u64::from(kilohertz).max(1_000_000) * 1_000;
	u64::from(multiprocessors).max(1) * hertz * UNITS_A_CYCLE * WORST_SECONDS
}

/// Bytes of the largest slot whose slices have at most `slot_bytes` bytes of output, which is at least a leaf.
pub(crate) fn slot_capacity(slot_bytes: u32) -> usize {
	let figures = u64::from(MOST_LEAVES) * 12;
	(u64::from(slot_bytes) + figures + WIDEST) as usize
}

/// The shape of a job's output.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Shape {
	/// Items of the job.
	pub(crate) items: u32,
	/// Items of a full leaf.
	pub(crate) items_per_leaf: u32,
	/// Bytes of an item.
	pub(crate) item_size: u32,
	/// Most units of an item.
	pub(crate) max_units: u32,
}

/// A slice, and where its parts lie in a slot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Part {
	/// Its first leaf.
	pub(crate) first_leaf: u32,
	/// Its leaves.
	pub(crate) leaves: u32,
	/// Its first item.
	pub(crate) first_item: u32,
	/// Its items.
	pub(crate) items: u32,
	/// Bytes of its output, from the start of the slot.
	pub(crate) output: usize,
	/// Where its units begin.
	pub(crate) units_at: usize,
	/// Where its traps begin.
	pub(crate) traps_at: usize,
	/// Where its traps end.
	pub(crate) bytes: usize,
}

impl Shape {
	pub(crate) fn new(program: &Program, task: &Task<'_>) -> Shape {
		Shape {
			items: task.items,
			items_per_leaf: program.items_per_leaf(),
			item_size: u32::from(program.header().item_size),
			max_units: task.max_units,
		}
	}

	/// Leaves of the job.
	pub(crate) fn leaves(&self) -> u32 {
		leaf_count(self.items_per_leaf, self.items)
	}

	/// Most leaves of a slice.
	pub(crate) fn most_leaves(&self, limits: &Limits) -> u32 {
		let output = u64::from(self.items) * u64::from(self.item_size);
		let leaf_bytes = u64::from(self.items_per_leaf) * u64::from(self.item_size);
		let slot_bytes = (output / PARTS).max(LEAST_SLOT).min(u64::from(limits.slot_bytes));
		let leaf_units = u64::from(self.items_per_leaf) * u64::from(self.max_units);
		let most = [
			slot_bytes / leaf_bytes.max(1),
			u64::from(MOST_ITEMS / self.items_per_leaf.max(1)),
			u64::from(MOST_LEAVES),
			limits.launch_units / leaf_units.max(1),
			u64::from(self.leaves()),
		];
		let most = most.into_iter().min().unwrap_or(1).max(1);
		u32::try_from(most).unwrap_or(MOST_LEAVES)
	}

	/// The slice of at most `leaves` leaves from `first_leaf` on, which is below [`Shape::leaves`].
	pub(crate) fn part(&self, first_leaf: u32, leaves: u32) -> Part {
		let leaves = leaves.min(self.leaves() - first_leaf);
		let first_item = first_leaf * self.items_per_leaf;
		let items = u64::from(leaves) * u64::from(self.items_per_leaf);
		let items = items.min(u64::from(self.items - first_item));
		let output = items * u64::from(self.item_size);
		let units_at = output.next_multiple_of(WIDEST);
		let traps_at = units_at + u64::from(leaves) * 8;
		Part {
			first_leaf,
			leaves,
			first_item,
			// Both are bounded by the job's items.
			items: items as u32,
			output: output as usize,
			units_at: units_at as usize,
			traps_at: traps_at as usize,
			bytes: (traps_at + u64::from(leaves) * 4) as usize,
		}
	}
}

/// A place in the job's device memory.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Region {
	/// Offset of its first byte.
	pub(crate) at: u64,
	/// Its length.
	pub(crate) bytes: u64,
}

/// Where everything lies in the one allocation that a job gets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Layout {
	/// The inputs, each with its padding.
	pub(crate) inputs: Vec<Region>,
	/// The figures of the items of a slice.
	pub(crate) figures: Region,
	/// The slots.
	pub(crate) slots: Vec<Region>,
	/// Bytes of it all.
	pub(crate) bytes: u64,
}

impl Layout {
	/// For inputs of these lengths and `slots` slots for slices of at most `most_leaves` leaves.
	pub(crate) fn new(lengths: &[u32], shape: &Shape, most_leaves: u32, slots: usize) -> Layout {
		let mut bytes = 0;
		let mut place = |length: u64| {
			let at = bytes;
			bytes = (at + length).next_multiple_of(ALIGN);
			Region { at, bytes: length }
		};
		let inputs = lengths
			.iter()
			.map(|length| place(u64::from(*length).max(1).next_multiple_of(WIDEST)))
			.collect();
		let largest = shape.part(0, most_leaves);
		let figures = place(u64::from(largest.items) * 4);
		let slots = (0..slots).map(|_| place(largest.bytes as u64)).collect();
		Layout {
			inputs,
			figures,
			slots,
			bytes,
		}
	}
}

/// Whether `needed` bytes leave a tenth of the `free` ones alone: the driver needs some, and other programs may too.
pub(crate) fn fits(needed: u64, free: u64) -> bool {
	needed <= free - free / 10
}

#[cfg(test)]
mod tests {
	use super::*;

	/// 16 bytes an item, 64 items a leaf of 1,024 bytes.
	fn shape(items: u32) -> Shape {
		Shape {
			items,
			items_per_leaf: 64,
			item_size: 16,
			max_units: 1_000,
		}
	}

	const LIMITS: Limits = Limits {
		slot_bytes: 16 << 20,
		launch_units: u64::MAX,
	};

	#[test]
	fn slices_cover_a_job_without_gap_or_overlap() {
		for (items, leaves) in [(1, 1), (64, 1), (65, 3), (10_000, 7), (10_000, 157), (1_000_003, 4_096)] {
			let shape = shape(items);
			let (mut leaf, mut item) = (0, 0);
			while leaf < shape.leaves() {
				let part = shape.part(leaf, leaves);
				assert_eq!((part.first_leaf, part.first_item), (leaf, item));
				assert!(part.leaves >= 1 && part.leaves <= leaves);
				assert_eq!(part.output, part.items as usize * 16);
				leaf += part.leaves;
				item += part.items;
			}
			assert_eq!((leaf, item), (shape.leaves(), items));
		}
	}

	#[test]
	fn a_short_last_leaf_is_laid_out_by_hand() {
		// 130 items are two full leaves and one of 2 items; the first leaf is not in this slice.
		let part = shape(130).part(1, 9);
		assert_eq!(
			part,
			Part {
				first_leaf: 1,
				leaves: 2,
				first_item: 64,
				items: 66,
				output: 1_056,
				units_at: 1_056,
				traps_at: 1_072,
				bytes: 1_080,
			}
		);
		// Three items of one byte: the units still begin at a multiple of 16.
		let bytes = Shape {
			items: 3,
			items_per_leaf: 1_024,
			item_size: 1,
			max_units: 20,
		};
		let part = bytes.part(0, 1);
		assert_eq!((part.output, part.units_at, part.traps_at, part.bytes), (3, 16, 24, 28));
	}

	#[test]
	fn the_last_job_that_fits_32_bits_is_cut_right() {
		let shape = Shape {
			items: u32::MAX,
			items_per_leaf: 1_024,
			item_size: 1,
			max_units: 20,
		};
		assert_eq!(shape.leaves(), 1 << 22);
		let part = shape.part((1 << 22) - 1, 100);
		assert_eq!((part.leaves, part.first_item, part.items), (1, u32::MAX - 1_023, 1_023));
	}

	#[test]
	fn slices_are_bounded_in_bytes_items_leaves_and_units() {
		// 1 GiB of output: 16 MiB are 16,384 leaves.
		assert_eq!(shape(1 << 26).most_leaves(&LIMITS), 16_384);
		// 256 MiB: a 32nd, 8 MiB.
		assert_eq!(shape(1 << 24).most_leaves(&LIMITS), 8_192);
		// 2 MiB: not less than 1 MiB.
		assert_eq!(shape(1 << 17).most_leaves(&LIMITS), 1_024);
		// 10 leaves are 10.
		assert_eq!(shape(640).most_leaves(&LIMITS), 10);
		// One byte an item, 1,024 a leaf: 8 Mi items are 8,192 leaves, although 16 MiB would hold more.
		let small = Shape {
			items: u32::MAX,
			items_per_leaf: 1_024,
			item_size: 1,
			max_units: 20,
		};
		assert_eq!(small.most_leaves(&LIMITS), 8_192);
		// One byte a leaf: 256 Ki leaves.
		let lonely = Shape {
			items_per_leaf: 1,
			..small
		};
		assert_eq!(lonely.most_leaves(&LIMITS), 1 << 18);
		// 64 items of 1,000 units: 640,000 units are ten leaves, and one leaf is the least.
		let units = |launch_units| Limits { launch_units, ..LIMITS };
		assert_eq!(shape(1 << 26).most_leaves(&units(640_000)), 10);
		assert_eq!(shape(1 << 26).most_leaves(&units(63_999)), 1);
		// A slot of 1,024 bytes holds one leaf.
		let tiny = Limits {
			slot_bytes: 1_024,
			..LIMITS
		};
		assert_eq!(shape(1 << 26).most_leaves(&tiny), 1);
	}

	#[test]
	fn every_slice_fits_a_slot() {
		for slot_bytes in [1_024, 4_096, 16 << 20] {
			let limits = Limits { slot_bytes, ..LIMITS };
			for (items_per_leaf, item_size) in [(1, 1), (1, 1_024), (64, 16), (1_024, 1), (8, 4), (1, 16)] {
				let shape = Shape {
					items: 1 << 28,
					items_per_leaf,
					item_size,
					max_units: 1,
				};
				let part = shape.part(0, shape.most_leaves(&limits));
				assert!(part.bytes <= slot_capacity(slot_bytes), "{part:?}");
			}
		}
	}

	#[test]
	fn the_memory_of_a_job_is_counted_by_hand() {
		// Inputs of 0, 1 and 1,000 bytes: 16, 16 and 1,008 with padding, at multiples of 256. Figures of 66 items: 264
		// bytes. Two slots of 2 leaves and 66 items: 1,056 + 16 + 8 = 1,080 bytes.
		let layout = Layout::new(&[0, 1, 1_000], &shape(66), 2, 2);
		let region = |at, bytes| Region { at, bytes };
		assert_eq!(layout.inputs, [region(0, 16), region(256, 16), region(512, 1_008)]);
		assert_eq!(layout.figures, region(1_536, 264));
		assert_eq!(layout.slots, [region(2_048, 1_080), region(3_328, 1_080)]);
		assert_eq!(layout.bytes, 4_608);
	}

	#[test]
	fn parts_of_the_largest_job_do_not_overlap() {
		let layout = Layout::new(&[u32::MAX; 8], &shape(u32::MAX), 16_384, 4);
		let mut regions: Vec<Region> = layout.inputs.iter().chain(&layout.slots).copied().collect();
		regions.push(layout.figures);
		regions.sort_by_key(|region| region.at);
		for pair in regions.windows(2) {
			assert!(pair[0].at + pair[0].bytes <= pair[1].at);
		}
		assert!(regions.iter().all(|region| region.at % 256 == 0 && region.bytes > 0));
		let last = regions[regions.len() - 1];
		assert!(last.at + last.bytes <= layout.bytes);
		assert!(layout.bytes > 8 * u64::from(u32::MAX));
	}

	#[test]
	fn a_tenth_of_the_free_memory_stays_free() {
		assert!(fits(900, 1_000));
		assert!(!fits(901, 1_000));
		assert!(fits(0, 0));
		assert!(!fits(u64::MAX, 1 << 40));
	}

	#[test]
	fn a_bound_on_units_follows_from_the_device() {
		// 40 multiprocessors at 1.59 GHz.
		assert_eq!(launch_units(40, 1_590_000), 1_017_600_000_000);
		// A driver that does not tell: one at 1 GHz.
		assert_eq!(launch_units(0, 0), 16_000_000_000);
	}
}
