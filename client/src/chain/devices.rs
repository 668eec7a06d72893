//! Devices, and what they must show before their provider may sell time of its class.

use super::{
	blake2_256,
	convert::{enrolment_key, enrolment_rules, FromRuntime, IntoRuntime},
	error::ChainError,
	generated::api,
	view::At,
	DeviceClass, JobId, KernelHash, ProviderId, Tick, H256,
};

/// Devices that a provider can have, in the slots from 0 on.
pub const DEVICES: u8 = 8;
/// Most bytes of a device's name.
pub const MAX_MODEL: usize = 64;
/// Most bytes of the name and version of a device's driver.
pub const MAX_DRIVER: usize = 32;
/// The domain byte of a device id.
const DEVICE_ID: u8 = 0x20;

/// What a worker says of its device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceFacts {
	/// What it is called; printable ASCII, at most [`MAX_MODEL`] bytes.
	pub model: String,
	/// Its memory, in bytes.
	pub memory: u64,
	/// Compute capability, major and minor; none where it is no CUDA device.
	pub compute_capability: Option<(u8, u8)>,
	/// What drives it, and which version of that; printable ASCII, at most [`MAX_DRIVER`] bytes.
	pub driver: String,
	/// What the chain knows it by; see [`device_id`].
	pub uuid_hash: [u8; 32],
}

/// Where a device stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeviceState {
	/// Its task is still to be drawn.
	Waiting,
	/// Its task is drawn, and it has not shown anything yet.
	Measuring,
	/// It has shown that it is of a class.
	Measured {
		/// The class.
		class: DeviceClass,
		/// When it showed it last.
		at: Tick,
		/// Ticks that it took, from the draw to the commitment.
		ticks: Tick,
		/// The job by which it did.
		job: JobId,
	},
	/// It did not show it in time, or what it showed was wrong.
	Failed {
		/// When that was found.
		at: Tick,
	},
	/// Nothing is asked of devices of its class.
	Unmeasured,
}

impl DeviceState {
	/// The state's name.
	pub fn name(self) -> &'static str {
		match self {
			DeviceState::Waiting => "waiting",
			DeviceState::Measuring => "measuring",
			DeviceState::Measured { .. } => "measured",
			DeviceState::Failed { .. } => "failed",
			DeviceState::Unmeasured => "unmeasured",
		}
	}
}

/// A device of a provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceView {
	/// What its worker says of it.
	pub facts: DeviceFacts,
	/// When its worker last asked to have it measured.
	pub requested: Tick,
	/// Where it stands. While it is measured anew, it stands as before.
	pub state: DeviceState,
	/// The job that measures it, until that has a result.
	pub job: Option<JobId>,
}

impl DeviceView {
	/// Whether it waits for its task, or for the result: then it can neither be enrolled again nor removed.
	pub fn is_busy(&self) -> bool {
		self.job.is_some() || self.state == DeviceState::Waiting
	}

	/// Whether it has shown that it is of this class.
	pub fn is_measured_as(&self, of: DeviceClass) -> bool {
		matches!(self.state, DeviceState::Measured { class, .. } if class == of)
	}
}

/// A job that a device of a class does in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClassTaskView {
	/// The kernel, which takes no inputs. Each of its parameters is drawn.
	pub kernel: KernelHash,
	/// Items to compute.
	pub items: u32,
	/// Ticks from the draw in which the result must be committed.
	pub ticks: Tick,
}

impl ClassTaskView {
	/// Units of all items, if the kernel counts so many for one.
	pub fn units(&self, per_item: u64) -> u128 {
		u128::from(self.items) * u128::from(per_item)
	}
}

/// The governed figures of enrolment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnrolmentRulesView {
	/// Ticks from a request to its draw, at least.
	pub draw_ticks: Tick,
	/// Ticks between two requests for one slot of a provider.
	pub retry_ticks: Tick,
	/// Ticks that a measured device is left alone, for each tick that it had to compute.
	pub rest: u32,
	/// The tasks, one of which is drawn, by class. A class without any is taken at its owner's word.
	pub tasks: Vec<(DeviceClass, ClassTaskView)>,
}

impl EnrolmentRulesView {
	/// What holds where the chain has stored nothing: no class is measured.
	pub fn off() -> Self {
		EnrolmentRulesView {
			draw_ticks: 4,
			retry_ticks: 100,
			rest: 100,
			tasks: Vec::new(),
		}
	}

	/// The tasks of a class.
	pub fn tasks_of(&self, class: DeviceClass) -> impl Iterator<Item = ClassTaskView> + '_ {
		let tasks = self.tasks.iter().filter(move |(of, _)| *of == class);
		tasks.map(|(_, task)| *task)
	}

	/// Whether a device of the class must show what it can.
	pub fn measures(&self, class: DeviceClass) -> bool {
		self.tasks_of(class).next().is_some()
	}
}

/// `H(0x20 ‖ genesis ‖ UUID)`: what the chain knows a device by, without its UUID being public.
pub fn device_id(genesis: &H256, uuid: &[u8]) -> [u8; 32] {
	let mut message = vec![DEVICE_ID];
	message.extend_from_slice(genesis.as_bytes());
	message.extend_from_slice(uuid);
	blake2_256(&message)
}

impl At {
	/// A provider's devices by slot.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn devices(&self, provider: ProviderId) -> Result<Vec<(u8, DeviceView)>, ChainError> {
		let address = api::storage().providers().devices();
		let devices = self
			.entries("a provider's devices", address, (provider.into_runtime(),))
			.await?;
		let devices = devices
			.into_iter()
			.map(|((_, slot), device)| (slot, DeviceView::from_runtime(device)));
		let mut devices: Vec<(u8, DeviceView)> = devices.collect();
		devices.sort_by_key(|(slot, _)| *slot);
		Ok(devices)
	}

	/// What devices must show.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn enrolment_rules(&self) -> Result<EnrolmentRulesView, ChainError> {
		let stored = self
			.get(
				"the rules of enrolment",
				api::storage().parameters().parameters(),
				(enrolment_key(),),
			)
			.await?;
		Ok(stored.and_then(enrolment_rules).unwrap_or_else(EnrolmentRulesView::off))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// BLAKE2b-256 of the byte 0x20, 32 bytes of 1 and the text, as another implementation has it.
	#[test]
	fn a_device_id_is_the_hash_of_its_domain_the_genesis_and_the_uuid() {
		let genesis = H256([1; 32]);
		assert_eq!(
			crate::chain::to_hex(&device_id(&genesis, b"GPU-0a1b")),
			"0xe029b82b532b5f7e6179c704b4f2fa533e117fe88e7c9984f9a97e195b85aa4d"
		);
		assert_ne!(device_id(&genesis, b"GPU-0a1b"), device_id(&H256([2; 32]), b"GPU-0a1b"));
	}

	#[test]
	fn a_class_is_measured_if_it_has_a_task() {
		let task = ClassTaskView {
			kernel: KernelHash([3; 32]),
			items: 1 << 15,
			ticks: 12,
		};
		let rules = EnrolmentRulesView {
			tasks: vec![(DeviceClass::Cpu4, task), (DeviceClass::Cpu4, task)],
			..EnrolmentRulesView::off()
		};
		assert!(rules.measures(DeviceClass::Cpu4));
		assert!(!rules.measures(DeviceClass::Cpu32));
		assert_eq!(rules.tasks_of(DeviceClass::Cpu4).count(), 2);
		assert_eq!(task.units(1 << 21), 1 << 36);
		for class in DeviceClass::ALL {
			assert!(!EnrolmentRulesView::off().measures(class), "{class}");
		}
	}

	#[test]
	fn a_device_that_waits_or_has_a_job_is_busy() {
		let job = JobId([9; 32]);
		let measured = DeviceState::Measured {
			class: DeviceClass::Gpu8g,
			at: 10,
			ticks: 3,
			job,
		};
		let mut device = DeviceView {
			facts: DeviceFacts {
				model: "Model".to_owned(),
				memory: 1 << 30,
				compute_capability: Some((9, 0)),
				driver: "570.86".to_owned(),
				uuid_hash: [5; 32],
			},
			requested: 1,
			state: DeviceState::Waiting,
			job: None,
		};
		assert!(device.is_busy());
		device.state = measured;
		assert!(!device.is_busy());
		assert!(device.is_measured_as(DeviceClass::Gpu8g) && !device.is_measured_as(DeviceClass::GpuH));
		device.job = Some(job);
		assert!(device.is_busy(), "it is measured anew");
	}
}
