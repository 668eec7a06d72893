//! Memory of a device: allocations from outside, and what a launch sees of them and of variables.

use super::{
	error::{Error, Fault},
	operation::LocalVariable,
	space::{Space, FIRST_GLOBAL_VARIABLE, MOST_ALIGN},
};
use std::ops::Range;

/// Memory of a device. Nothing is ever freed.
#[derive(Clone, Debug, Default)]
pub struct Memory {
	regions: Vec<Region>,
}

impl Memory {
	/// Memory without an allocation.
	pub fn new() -> Memory {
		Memory::default()
	}

	/// Allocates memory that holds these bytes, and gives its address, a multiple of 256. Far more addresses than any
	/// program can take by mistake lie unused before and behind it.
	pub fn allocate(&mut self, bytes: Vec<u8>) -> u64 {
		self.regions.push(Region::new(bytes, MOST_ALIGN));
		Space::Global.address(self.regions.len() - 1)
	}

	/// The `len` bytes at `address`.
	///
	/// # Errors
	/// Where they are not all in one allocation.
	pub fn read(&self, address: u64, len: usize) -> Result<Vec<u8>, Error> {
		self.slice(address, len)
			.map(<[u8]>::to_vec)
			.ok_or(Error::Read { address, len })
	}

	fn slice(&self, address: u64, len: usize) -> Option<&[u8]> {
		let (number, offset) = Space::Global.locate(address)?;
		let begin = usize::try_from(offset).ok()?;
		self.regions.get(number)?.bytes.get(begin..begin.checked_add(len)?)
	}
}

/// A variable of the module.
#[derive(Clone, Debug)]
pub(super) struct Variable {
	/// Its initial value.
	pub(super) bytes: Vec<u8>,
	/// What its address is known to be a multiple of.
	pub(super) align: u64,
}

/// Bytes at one place, and who accessed them in this launch.
#[derive(Clone, Debug)]
struct Region {
	bytes: Vec<u8>,
	/// What the address is known to be a multiple of.
	align: u64,
	/// For each byte 1 plus the thread that stored it; empty before the first store.
	owners: Vec<u32>,
	/// Whether it was read through the read-only cache.
	cached: bool,
}

impl Region {
	fn new(bytes: Vec<u8>, align: u64) -> Region {
		Region {
			bytes,
			align,
			owners: Vec::new(),
			cached: false,
		}
	}
}

/// The global space as a launch sees it: allocations, and the module's variables with their initial values.
#[derive(Debug)]
pub(super) struct Global<'m> {
	allocations: &'m mut [Region],
	variables: Vec<Region>,
}

impl<'m> Global<'m> {
	/// For a new launch.
	pub(super) fn new(memory: &'m mut Memory, variables: &[Variable]) -> Global<'m> {
		for region in &mut memory.regions {
			region.owners = Vec::new();
			region.cached = false;
		}
		let variables = variables
			.iter()
			.map(|variable| Region::new(variable.bytes.clone(), variable.align));
		Global {
			allocations: &mut memory.regions,
			variables: variables.collect(),
		}
	}

	/// Loads bytes for a thread. `cached` is through the read-only cache.
	pub(super) fn load(&mut self, address: u64, to: &mut [u8], cached: bool, thread: u32) -> Result<(), Fault> {
		let (region, range) = self.place(address, to.len())?;
		if cached {
			if !region.owners.is_empty() {
				return Err(Fault::ReadOnlyCache { address });
			}
			region.cached = true;
		} else if !region.owners.is_empty() {
			expect_own(&region.owners[range.clone()], address, thread)?;
		}
		to.copy_from_slice(&region.bytes[range]);
		Ok(())
	}

	/// Stores bytes of a thread.
	pub(super) fn store(&mut self, address: u64, from: &[u8], thread: u32) -> Result<(), Fault> {
		let (region, range) = self.place(address, from.len())?;
		if region.cached {
			return Err(Fault::ReadOnlyCache { address });
		}
		if region.owners.is_empty() {
			region.owners = vec![0; region.bytes.len()];
		}
		let owners = &mut region.owners[range.clone()];
		expect_own(owners, address, thread)?;
		owners.fill(thread + 1);
		region.bytes[range].copy_from_slice(from);
		Ok(())
	}

	fn place(&mut self, address: u64, width: usize) -> Result<(&mut Region, Range<usize>), Fault> {
		let Some((number, offset)) = Space::Global.locate(address) else {
			return Err(unmapped(Space::Global, address, width));
		};
		let region = match number.checked_sub(FIRST_GLOBAL_VARIABLE) {
			Some(number) => self.variables.get_mut(number),
			None => self.allocations.get_mut(number),
		};
		let Some(region) = region else {
			return Err(unmapped(Space::Global, address, width));
		};
		let range = range(Space::Global, address, offset, width, region.bytes.len(), region.align)?;
		Ok((region, range))
	}
}

/// Checks that no other thread stored any of these bytes.
fn expect_own(owners: &[u32], address: u64, thread: u32) -> Result<(), Fault> {
	match owners.iter().position(|owner| *owner != 0 && *owner != thread + 1) {
		None => Ok(()),
		Some(nth) => Err(Fault::Shared {
			address: address + nth as u64,
			other: owners[nth] - 1,
		}),
	}
}

/// Loads bytes from the constant space.
pub(super) fn load_constant(variables: &[Variable], address: u64, to: &mut [u8]) -> Result<(), Fault> {
	let found = Space::Constant
		.locate(address)
		.and_then(|(number, offset)| Some((variables.get(number)?, offset)));
	let Some((variable, offset)) = found else {
		return Err(unmapped(Space::Constant, address, to.len()));
	};
	let range = range(
		Space::Constant,
		address,
		offset,
		to.len(),
		variable.bytes.len(),
		variable.align,
	)?;
	to.copy_from_slice(&variable.bytes[range]);
	Ok(())
}

/// The local space of a thread.
#[derive(Debug)]
pub(super) struct Local {
	areas: Vec<Area>,
}

#[derive(Debug)]
struct Area {
	bytes: Vec<u8>,
	align: u64,
	/// Whether the thread stored each byte.
	known: Vec<bool>,
}

impl Area {
	fn new(variable: &LocalVariable) -> Area {
		Area {
			bytes: vec![0; variable.size],
			align: variable.align,
			known: vec![false; variable.size],
		}
	}
}

impl Local {
	/// For an entry.
	pub(super) fn new(variables: &[LocalVariable]) -> Local {
		Local {
			areas: variables.iter().map(Area::new).collect(),
		}
	}

	/// For the next thread, which knows nothing of it.
	pub(super) fn forget(&mut self) {
		for area in &mut self.areas {
			area.known.fill(false);
		}
	}

	/// Loads bytes that the thread stored.
	pub(super) fn load(&mut self, address: u64, to: &mut [u8]) -> Result<(), Fault> {
		let (area, range) = self.place(address, to.len())?;
		if area.known[range.clone()].contains(&false) {
			return Err(Fault::UninitialisedLocal { address });
		}
		to.copy_from_slice(&area.bytes[range]);
		Ok(())
	}

	/// Stores bytes.
	pub(super) fn store(&mut self, address: u64, from: &[u8]) -> Result<(), Fault> {
		let (area, range) = self.place(address, from.len())?;
		area.known[range.clone()].fill(true);
		area.bytes[range].copy_from_slice(from);
		Ok(())
	}

	fn place(&mut self, address: u64, width: usize) -> Result<(&mut Area, Range<usize>), Fault> {
		let Some((number, offset)) = Space::Local.locate(address) else {
			return Err(unmapped(Space::Local, address, width));
		};
		let Some(area) = self.areas.get_mut(number) else {
			return Err(unmapped(Space::Local, address, width));
		};
		let range = range(Space::Local, address, offset, width, area.bytes.len(), area.align)?;
		Ok((area, range))
	}
}

fn unmapped(space: Space, address: u64, width: usize) -> Fault {
	Fault::Unmapped {
		space: space.name(),
		address,
		width: width as u32,
	}
}

/// The bytes of an access to something of `len` bytes, checked.
fn range(at: Space, address: u64, offset: u64, width: usize, len: usize, align: u64) -> Result<Range<usize>, Fault> {
	let (bytes, len, width, space) = (width as u64, len as u64, width as u32, at.name());
	if offset + bytes > len {
		return Err(Fault::OverTheEnd {
			space,
			address,
			width,
			offset,
			len,
		});
	}
	if !offset.is_multiple_of(bytes) || bytes > align {
		return Err(Fault::Misaligned {
			space,
			address,
			width,
			offset,
			align,
		});
	}
	Ok(offset as usize..(offset + bytes) as usize)
}
