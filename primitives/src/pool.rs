//! What a market is: a job kind, a device class and a region.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::Balance;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// What a job is.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, Ord, PartialEq, PartialOrd, TypeInfo,
)]
pub enum JobKind {
	/// Kernel bytecode over an index space.
	Map,
}

/// What a device can do, as its owner claims it. The names say the nominal machine.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	Serialize,
	TypeInfo,
)]
pub enum DeviceClass {
	/// A laptop, four cores.
	Cpu4,
	/// A server, thirty-two cores.
	Cpu32,
	/// A GPU with 8 GiB or more, as an RTX 3060.
	Gpu8g,
	/// A GPU with 24 GiB, as an RTX 3090 or 4090.
	Gpu24g,
	/// A GPU with 80 GiB, as an A100.
	Gpu80g,
	/// An H100 or H200.
	GpuH,
}

/// Where a provider says that it is: self-declared, shown so. 0 is "anywhere". [`Region::NAMES`] has them all.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	TypeInfo,
)]
pub struct Region(pub u8);

impl Region {
	/// Every region that there can be. Which of them are open is governed.
	pub const NAMES: [&'static str; 16] = [
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

	/// Its name. `None` where there is no such region.
	pub fn name(self) -> Option<&'static str> {
		Self::NAMES.get(usize::from(self.0)).copied()
	}

	/// Whether it is one of a set: bit `n` is region `n`.
	pub fn is_in(self, set: u16) -> bool {
		1u16.checked_shl(u32::from(self.0)).is_some_and(|bit| set & bit != 0)
	}
}

/// One market: every ask queued here can serve every job queued here.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, Ord, PartialEq, PartialOrd, TypeInfo,
)]
pub struct Pool {
	/// What the jobs are.
	pub kind: JobKind,
	/// What the devices are.
	pub class: DeviceClass,
	/// Where they say they are.
	pub region: Region,
}

/// The governed reference figures of a device class.
#[derive(
	Clone,
	Copy,
	Debug,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	PartialEq,
	Serialize,
	TypeInfo,
)]
pub struct ClassFigures {
	/// Units that the class does at least in one tick; bounds the shortest deadline of a job.
	pub units_per_tick: u64,
	/// Units charged for moving one byte in or out.
	pub units_per_byte: u64,
	/// Stake that one lane needs, in planck: 168 hours of the class's reference revenue.
	pub floor: Balance,
}

/// A job in the book holds at most this part of the class floor, so that every ask of the pool can back it.
pub const FLOOR_PER_BOOK_JOB: Balance = 12;

impl ClassFigures {
	/// The largest escrow of a job that may stand in the book, in planck.
	pub fn book_job_max(&self) -> Balance {
		self.floor.checked_div(FLOOR_PER_BOOK_JOB).unwrap_or(0)
	}
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

	/// The figures at genesis: nominal until measurements replace them.
	pub const fn genesis_figures(self) -> ClassFigures {
		const MILL: Balance = crate::MILL;
		let (tick_log2, byte_log2, floor) = match self {
			Self::Cpu4 => (34, 15, 336),
			Self::Cpu32 => (37, 14, 6_720),
			Self::Gpu8g => (41, 20, 1_680),
			Self::Gpu24g => (42, 20, 5_040),
			Self::Gpu80g => (42, 18, 20_160),
			Self::GpuH => (43, 18, 33_600),
		};
		ClassFigures {
			units_per_tick: 1u64.wrapping_shl(tick_log2),
			units_per_byte: 1u64.wrapping_shl(byte_log2),
			floor: MILL.saturating_mul(floor),
		}
	}
}
