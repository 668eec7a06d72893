//! Units and faults of an item, and their bounds.

use super::{interpreter::Stop, Observer};
use crate::program::{Program, FAULT_UNITS};

/// Counts units and faults. Bounds are at most 2^21 and 512, and every charge is checked, so no counter can overflow.
pub(super) struct Meter<O> {
	units: u32,
	max_units: u32,
	faults: u32,
	max_faults: u32,
	observer: O,
}

impl<O: Observer> Meter<O> {
	/// A meter that stops above `max_units` and has not even charged the item cost.
	pub(super) fn new(program: &Program, max_units: u32, observer: O) -> Meter<O> {
		Meter {
			units: 0,
			max_units,
			faults: 0,
			max_faults: u32::from(program.header().max_faults),
			observer,
		}
	}

	/// Charges an instruction, which is then executed; stops where the bound is passed.
	#[inline(always)]
	pub(super) fn instruction(&mut self, op: u8, units: u8) -> Result<(), Stop> {
		self.charge(u32::from(units))?;
		self.observer.executed(op);
		Ok(())
	}

	/// Charges `units`; stops where the bound is passed.
	#[inline(always)]
	pub(super) fn charge(&mut self, units: u32) -> Result<(), Stop> {
		self.units = self.units.wrapping_add(units);
		if self.units > self.max_units {
			Err(Stop::Bound)
		} else {
			Ok(())
		}
	}

	/// Charges a fault; stops where one of the bounds is passed.
	#[inline(always)]
	pub(super) fn fault(&mut self) -> Result<(), Stop> {
		self.faults = self.faults.wrapping_add(1);
		if self.faults > self.max_faults {
			return Err(Stop::Bound);
		}
		self.charge(FAULT_UNITS)
	}

	/// Units charged. Above the bound only where the last charge passed it, and then nothing was done for that one.
	pub(super) fn units(&self) -> u32 {
		self.units
	}
}
