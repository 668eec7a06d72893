//! Devices and the rules of enrolment on the wire.

use super::{call, offline};
use crate::chain::{
	convert::{enrolment_key, enrolment_rules, FromRuntime},
	generated::api::runtime_types::{
		millrace_runtime::configs::parameters::RuntimeParametersValue, pallet_providers::types as providers,
	},
	Call, ClassTaskView, DeviceClass, DeviceFacts, DeviceState, DeviceView, JobId, KernelHash, MEASURER,
};
use codec::Encode;
use subxt::ext::{scale_decode::DecodeAsType, scale_encode::EncodeAsType};

fn facts() -> DeviceFacts {
	DeviceFacts {
		model: "NVIDIA H200".to_owned(),
		memory: 150_754_820_096,
		compute_capability: Some((9, 0)),
		driver: "570.86".to_owned(),
		uuid_hash: [5; 32],
	}
}

fn facts_bytes() -> Vec<u8> {
	let text = ("NVIDIA H200", 150_754_820_096u64, Some((9u8, 0u8)), "570.86");
	(text, [5u8; 32]).encode()
}

/// What the bytes of a stored value are, as the metadata has its type.
fn stored<T: DecodeAsType>(pallet: &str, entry: &str, bytes: &[u8]) -> T {
	let client = offline();
	let metadata = client.metadata();
	let storage = metadata.pallet_by_name(pallet).unwrap().storage().unwrap();
	let value = storage.entry_by_name(entry).unwrap().value_ty();
	let mut left = bytes;
	let value = T::decode_as_type(&mut left, value, metadata.types()).unwrap();
	assert!(left.is_empty(), "all of it is read");
	value
}

#[test]
fn whose_jobs_measure_devices_is_what_the_runtime_says() {
	let client = offline();
	let market = client.metadata();
	let market = market.pallet_by_name("Market").unwrap();
	assert_eq!(market.constant_by_name("Measurer").unwrap().value(), MEASURER.0);
}

#[test]
fn calls_about_devices_are_sent_as_the_protocol_lists_them() {
	let (slot, facts) = (3, facts());
	assert_eq!(
		call(&Call::EnrolDevice { slot, facts }),
		[vec![18, 3], facts_bytes()].concat()
	);
	let remove = Call::RemoveDevice { provider: 4, slot };
	assert_eq!(call(&remove), [vec![19], 4u32.encode(), vec![3]].concat());
}

#[test]
fn a_stored_device_is_read_in_every_state() {
	let job = JobId([9; 32]);
	let measured = DeviceState::Measured {
		class: DeviceClass::GpuH,
		at: 1_100,
		ticks: 7,
		job,
	};
	for (state, bytes, under_way) in [
		(DeviceState::Waiting, vec![0], None),
		(DeviceState::Measuring, vec![1], Some(job)),
		(measured, (2u8, 5u8, 1_100u32, 7u32, [9u8; 32]).encode(), None),
		(DeviceState::Failed { at: 40 }, (3u8, 40u32).encode(), None),
		(DeviceState::Unmeasured, vec![4], None),
	] {
		let job = under_way.map(|job: JobId| job.0).encode();
		let bytes = [facts_bytes(), 77u32.encode(), bytes, job].concat();
		let device = stored::<providers::Device>("Providers", "Devices", &bytes);
		let expected = DeviceView {
			facts: facts(),
			requested: 77,
			state,
			job: under_way,
		};
		assert_eq!(DeviceView::from_runtime(device), expected);
	}
}

#[test]
fn the_rules_of_enrolment_are_read_from_the_parameter() {
	let client = offline();
	let metadata = client.metadata();
	let storage = metadata.pallet_by_name("Parameters").unwrap().storage().unwrap();
	let key = storage
		.entry_by_name("Parameters")
		.unwrap()
		.keys()
		.next()
		.unwrap()
		.key_id;
	let encoded = enrolment_key().encode_as_type(key, metadata.types()).unwrap();
	assert_eq!(encoded, [2, 4], "the group of the providers, and its parameter");

	let task = |byte: u8, items: u32| ([byte; 32], items, 12u32);
	let none = None::<([u8; 32], u32, u32)>;
	let tasks = [
		[Some(task(1, 1 << 15)), Some(task(2, 1 << 15))],
		[none, none],
		[none, Some(task(3, 1 << 22))],
		[none, none],
		[none, none],
		[none, none],
	];
	let bytes = [vec![2, 4], (6u32, 90u32, 200u32, tasks).encode()].concat();
	let value = stored::<RuntimeParametersValue>("Parameters", "Parameters", &bytes);
	let rules = enrolment_rules(value).unwrap();
	assert_eq!((rules.draw_ticks, rules.retry_ticks, rules.rest), (6, 90, 200));
	let expected = |byte: u8, items: u32| ClassTaskView {
		kernel: KernelHash([byte; 32]),
		items,
		ticks: 12,
	};
	assert_eq!(
		rules.tasks,
		[
			(DeviceClass::Cpu4, expected(1, 1 << 15)),
			(DeviceClass::Cpu4, expected(2, 1 << 15)),
			(DeviceClass::Gpu8g, expected(3, 1 << 22)),
		]
	);
	assert!(rules.measures(DeviceClass::Gpu8g) && !rules.measures(DeviceClass::Cpu32));
}

#[test]
fn another_parameter_is_no_rules() {
	let bytes = [vec![2, 0], 100u32.encode()].concat();
	let value = stored::<RuntimeParametersValue>("Parameters", "Parameters", &bytes);
	assert_eq!(enrolment_rules(value), None);
}
