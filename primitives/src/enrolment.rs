//! What a device must show before it may sell time of its class.
//!
//! A *measurement* is a job like any other, exact and public: a kernel of the class over so many items, with a seed that
//! nobody knew when it was asked for, due within so many ticks.

use crate::{DeviceClass, KernelHash, Tick};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Tasks from which one is drawn, at most, for each class.
pub const TASKS: usize = 2;

/// A job that a device of a class does in time.
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
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClassTask {
	/// The kernel, which takes no inputs. Each of its parameters is drawn.
	pub kernel: KernelHash,
	/// Items to compute.
	pub items: u32,
	/// Ticks from the draw in which the result must be committed.
	pub ticks: Tick,
}

/// The governed figures of enrolment.
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
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EnrolmentRules {
	/// Ticks from a request to its draw, at least. The randomness of every tick between goes into the draw.
	pub draw_ticks: Tick,
	/// Ticks between two requests for one place of a provider.
	pub retry_ticks: Tick,
	/// Ticks that a provider is left alone after a measurement, for each tick that one may take. 100: at most one part in
	/// a hundred of its time.
	pub rest: u32,
	/// The tasks of each class, in the order of [`DeviceClass::ALL`]. A class without any is taken at its owner's word.
	pub tasks: [[Option<ClassTask>; TASKS]; DeviceClass::ALL.len()],
}

impl EnrolmentRules {
	/// No class is measured.
	pub const OFF: Self = Self {
		draw_ticks: 4,
		retry_ticks: 100,
		rest: 100,
		tasks: [[None; TASKS]; DeviceClass::ALL.len()],
	};

	/// The tasks of a class.
	pub fn tasks_of(&self, class: DeviceClass) -> impl Iterator<Item = ClassTask> + '_ {
		let place = DeviceClass::ALL.iter().position(|known| *known == class);
		let tasks = place.and_then(|place| self.tasks.get(place));
		tasks.into_iter().flatten().flatten().copied()
	}

	/// Whether a device of the class must show what it can.
	pub fn measures(&self, class: DeviceClass) -> bool {
		self.tasks_of(class).next().is_some()
	}

	/// Stops whoever sets figures under which a device could not be measured, or would do little else.
	pub fn check(&self) {
		assert!(self.draw_ticks > 0, "Enrolment: a task is drawn after it was asked for");
		assert!(
			self.rest >= 100,
			"Enrolment: a device is measured for 1 % of its time at most"
		);
		assert!(
			self.tasks
				.iter()
				.flatten()
				.flatten()
				.all(|task| task.items > 0 && task.ticks > 0),
			"Enrolment: a task has items, and time"
		);
	}
}
