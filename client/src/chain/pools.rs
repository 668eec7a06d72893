//! Markets, and the rules and figures that govern them.

use super::Tick;
use crate::amount::Balance;
use serde::{Serialize, Serializer};
use std::{fmt, str::FromStr};

/// What a device can do. Its owner names it; where the chain measures the class, the device must show it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum DeviceClass {
	/// A laptop, four cores.
	Cpu4,
	/// A server, thirty-two cores.
	Cpu32,
	/// A GPU with 8 GiB or more.
	Gpu8g,
	/// A GPU with 24 GiB.
	Gpu24g,
	/// A GPU with 80 GiB.
	Gpu80g,
	/// An H100 or H200.
	GpuH,
}

impl DeviceClass {
	/// Every class, weakest first.
	pub const ALL: [DeviceClass; 6] = [
		Self::Cpu4,
		Self::Cpu32,
		Self::Gpu8g,
		Self::Gpu24g,
		Self::Gpu80g,
		Self::GpuH,
	];

	/// The class's name, as it is written everywhere.
	pub fn name(self) -> &'static str {
		match self {
			Self::Cpu4 => "cpu-4",
			Self::Cpu32 => "cpu-32",
			Self::Gpu8g => "gpu-8g",
			Self::Gpu24g => "gpu-24g",
			Self::Gpu80g => "gpu-80g",
			Self::GpuH => "gpu-h",
		}
	}
}

impl fmt::Display for DeviceClass {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

impl Serialize for DeviceClass {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.serialize_str(self.name())
	}
}

/// A text names no device class or pool.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadPool {
	/// No such class.
	#[error("there is no device class `{0}`: there are cpu-4, cpu-32, gpu-8g, gpu-24g, gpu-80g and gpu-h")]
	Class(String),
	/// No such region.
	#[error("`{0}` is no region: write `any`, a name such as `eu-west`, or a number from 0 to 255")]
	Region(String),
}

impl FromStr for DeviceClass {
	type Err = BadPool;

	fn from_str(text: &str) -> Result<Self, BadPool> {
		Self::ALL
			.into_iter()
			.find(|class| class.name() == text)
			.ok_or_else(|| BadPool::Class(text.to_owned()))
	}
}

/// The names of the regions, each at its number.
const REGIONS: [&str; 16] = [
	"anywhere",
	"eu-west",
	"eu-central",
	"eu-north",
	"eu-south",
	"eu-east",
	"us-east",
	"us-central",
	"us-west",
	"canada",
	"south-america",
	"africa",
	"middle-east",
	"south-asia",
	"east-asia",
	"oceania",
];

/// One market of kind `map`: a device class and a region. Written `cpu-4/any`, `cpu-4/eu-west` or `cpu-4/7`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Pool {
	/// What the devices are.
	pub class: DeviceClass,
	/// Where they say they are; 0 is anywhere.
	pub region: u8,
}

impl fmt::Display for Pool {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.region {
			0 => write!(f, "{}/any", self.class),
			region => write!(f, "{}/{region}", self.class),
		}
	}
}

impl Serialize for Pool {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

impl FromStr for Pool {
	type Err = BadPool;

	fn from_str(text: &str) -> Result<Self, BadPool> {
		let (class, region) = text.split_once('/').unwrap_or((text, "any"));
		let named = REGIONS.iter().position(|name| *name == region);
		let region = match (region, named.and_then(|at| u8::try_from(at).ok())) {
			("any", _) => 0,
			(_, Some(at)) => at,
			(number, None) => number.parse().map_err(|_| BadPool::Region(region.to_owned()))?,
		};
		Ok(Pool {
			class: class.parse()?,
			region,
		})
	}
}

/// The governed reference figures of a device class.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClassFigures {
	/// Units that the class does at least in one tick; bounds the shortest deadline.
	pub units_per_tick: u64,
	/// Units charged for moving one byte in or out.
	pub units_per_byte: u64,
	/// Stake that one lane needs, in planck.
	pub floor: Balance,
}

impl ClassFigures {
	/// The largest escrow of a job that may stand in the book: a twelfth of the floor.
	pub fn book_job_max(&self) -> Balance {
		self.floor / 12
	}
}

/// The market's governed figures that a requester or a worker needs. Windows are in ticks, sizes in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rules {
	/// Ticks in which an assignment must be accepted, before the time for its inputs.
	pub accept_ticks: Tick,
	/// Input bytes that lengthen the accept window by one tick.
	pub bytes_per_accept_tick: u64,
	/// Ticks that every deadline has on top of the computed time.
	pub run_slack: Tick,
	/// The longest time from acceptance to the deadline.
	pub run_max: Tick,
	/// The challenge window of jobs in the book.
	pub window: Tick,
	/// The shortest window of a targeted job.
	pub window_min: Tick,
	/// The longest window of a targeted job.
	pub window_max: Tick,
	/// The furthest that a job may expire in the future.
	pub expiry_max: Tick,
	/// One job fee, in planck; three are held.
	pub job_fee: Balance,
	/// The smallest escrow, in planck.
	pub min_job: Balance,
	/// Held for the items of storage that a live job takes, in planck.
	pub job_deposit: Balance,
	/// Held for each byte of a live job, in planck.
	pub byte_deposit: Balance,
	/// Ticks after which an era, of fees and of usage rewards, is over.
	pub fee_era: Tick,
	/// The protocol's share of a payment, in parts of a thousand million.
	pub protocol_fee: u32,
	/// Most bytes of all inputs.
	pub inputs_max: u64,
	/// Most bytes of an output.
	pub output_max: u64,
	/// Most bytes of an output of a job in the book.
	pub book_output_max: u64,
	/// Ticks by which a window is extended at a time while its provider cannot be reached.
	pub lapse_retry: Tick,
	/// Ticks by which it is extended in all, at most.
	pub lapse_max: Tick,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pools_read_as_they_print() {
		for text in ["cpu-4/any", "gpu-h/7", "gpu-8g/255"] {
			assert_eq!(text.parse::<Pool>().unwrap().to_string(), text);
		}
		assert_eq!("cpu-32".parse::<Pool>().unwrap().to_string(), "cpu-32/any");
		assert!(matches!("cpu4".parse::<Pool>(), Err(BadPool::Class(_))));
		assert!(matches!("cpu-4/256".parse::<Pool>(), Err(BadPool::Region(_))));
		assert!(matches!("cpu-4/eu".parse::<Pool>(), Err(BadPool::Region(_))));
	}
}
