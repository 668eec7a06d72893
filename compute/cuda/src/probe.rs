//! Which devices there are, found out without ever panicking.
//!
//! The bindings open the library and look up its functions when each is first called, and panic where that fails. So
//! before the first call everything that this crate will ever call is looked up here once, and the driver's version
//! is asked for.

use crate::{
	error::{describe, Unavailable, NO_DEVICE, STUB_LIBRARY},
	MIN_COMPUTE_CAPABILITY, MIN_DRIVER,
};
use cudarc::driver::{
	result::{self, DriverError},
	sys,
};
use std::{
	ffi::{c_int, c_void},
	fmt,
};

/// What names a device for good. Printed as `nvidia-smi -L` does: `GPU-01020304-0506-0708-090a-0b0c0d0e0f10`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str("GPU")?;
		for (at, byte) in self.0.iter().enumerate() {
			if matches!(at, 0 | 4 | 6 | 8 | 10) {
				f.write_str("-")?;
			}
			write!(f, "{byte:02x}")?;
		}
		Ok(())
	}
}

/// A CUDA device, as the driver describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceInfo {
	/// Its number, among the devices that this process may see.
	pub ordinal: u32,
	/// Its name, such as `NVIDIA GeForce RTX 3060`.
	pub name: String,
	/// What names it for good.
	pub uuid: Uuid,
	/// Compute capability: major, minor.
	pub compute_capability: (u32, u32),
	/// The newest CUDA version that the driver supports: major, minor.
	pub driver: (u32, u32),
	/// Bytes of memory, used or not.
	pub memory: u64,
}

/// The devices that can run kernels, in the driver's order.
///
/// # Errors
/// There is none, and why: no driver, one that is too old, or devices that all are.
pub fn devices() -> Result<Vec<DeviceInfo>, Unavailable> {
	let (driver, count) = driver()?;
	let mut usable = Vec::new();
	let mut refused = None;
	for ordinal in 0..count {
		match describe_device(ordinal, driver).and_then(modern) {
			Ok(info) => usable.push(info),
			Err(why) => refused = refused.or(Some(why)),
		}
	}
	match refused {
		Some(why) if usable.is_empty() => Err(why),
		_ => Ok(usable),
	}
}

/// One device, by its number.
pub(crate) fn device(ordinal: u32) -> Result<DeviceInfo, Unavailable> {
	let (driver, count) = driver()?;
	if ordinal >= count {
		return Err(Unavailable::NoSuchDevice { ordinal, count });
	}
	describe_device(ordinal, driver).and_then(modern)
}

/// The driver's handle for a device that [`device`] has described.
pub(crate) fn handle(ordinal: u32) -> Result<sys::CUdevice, Unavailable> {
	result::device::get(c_int::try_from(ordinal).unwrap_or(c_int::MAX)).map_err(refused("find a device"))
}

/// An attribute of a device, 0 where the driver does not know it.
pub(crate) fn attribute(device: sys::CUdevice, attribute: sys::CUdevice_attribute) -> u32 {
	// SAFETY: `device` comes from `handle`, and any attribute may be asked for.
	let value = unsafe { result::device::get_attribute(device, attribute) };
	value.ok().and_then(|value| u32::try_from(value).ok()).unwrap_or(0)
}

/// Starts the driver: its version, and how many devices it sees, at least one.
fn driver() -> Result<((u32, u32), u32), Unavailable> {
	// SAFETY: opening a library runs its initialisers; those of a CUDA driver ask nothing of us.
	if !unsafe { sys::is_culib_present() } {
		return Err(Unavailable::NoLibrary);
	}
	// SAFETY: as above; the library was opened a moment ago, so this finds it.
	let library = unsafe { sys::culib() };
	// SAFETY: the addresses are looked at, not called; any function fits a pointer.
	let missing = |name: &&&'static str| unsafe { library.get::<*const c_void>(**name) }.is_err();
	if let Some(&name) = FUNCTIONS.iter().find(missing) {
		return Err(Unavailable::NoFunction { name });
	}
	let mut version = 0;
	// SAFETY: the driver writes one integer; this function may be called before the driver is started.
	unsafe { sys::cuDriverGetVersion(&mut version) }
		.result()
		.map_err(refused("tell its version"))?;
	let version = new_enough(version)?;
	result::init().map_err(refused("start"))?;
	let count = result::device::get_count().map_err(refused("count its devices"))?;
	match u32::try_from(count) {
		Ok(count) if count > 0 => Ok((version, count)),
		_ => Err(no_device()),
	}
}

/// Splits `1000 × major + 10 × minor`.
fn new_enough(version: c_int) -> Result<(u32, u32), Unavailable> {
	let version = u32::try_from(version).unwrap_or(0);
	let found = (version / 1000, version % 1000 / 10);
	if found < MIN_DRIVER {
		return Err(Unavailable::DriverTooOld {
			found,
			needed: MIN_DRIVER,
		});
	}
	Ok(found)
}

fn modern(info: DeviceInfo) -> Result<DeviceInfo, Unavailable> {
	if info.compute_capability < MIN_COMPUTE_CAPABILITY {
		return Err(Unavailable::DeviceTooOld {
			name: info.name,
			found: info.compute_capability,
			needed: MIN_COMPUTE_CAPABILITY,
		});
	}
	Ok(info)
}

fn describe_device(ordinal: u32, driver: (u32, u32)) -> Result<DeviceInfo, Unavailable> {
	let device = handle(ordinal)?;
	// SAFETY: `device` comes from the driver.
	let memory = unsafe { result::device::total_mem(device) }.map_err(refused("tell a device's memory"))?;
	let uuid = result::device::get_uuid(device).map_err(refused("tell a device's UUID"))?;
	Ok(DeviceInfo {
		ordinal,
		name: result::device::get_name(device).map_err(refused("tell a device's name"))?,
		uuid: Uuid(uuid.bytes.map(|byte| u8::from_ne_bytes(byte.to_ne_bytes()))),
		compute_capability: (
			attribute(
				device,
				sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
			),
			attribute(
				device,
				sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
			),
		),
		driver,
		memory: memory as u64,
	})
}

fn no_device() -> Unavailable {
	Unavailable::NoDevice {
		hidden: std::env::var_os("CUDA_VISIBLE_DEVICES").is_some(),
	}
}

fn refused(what: &'static str) -> impl FnOnce(DriverError) -> Unavailable {
	move |error| match error.0 as u32 {
		STUB_LIBRARY => Unavailable::Stub,
		NO_DEVICE => no_device(),
		_ => {
			let (code, text) = describe(error);
			Unavailable::Driver { what, code, text }
		}
	}
}

/// Every function of the driver that this crate calls, by itself or through the bindings. The youngest came with CUDA
/// 11.0 ([`MIN_DRIVER`]): `cuDevicePrimaryCtxRelease_v2`.
static FUNCTIONS: [&str; 39] = [
	"cuCtxSetCurrent",
	"cuCtxSynchronize",
	"cuDeviceGet",
	"cuDeviceGetAttribute",
	"cuDeviceGetCount",
	"cuDeviceGetName",
	"cuDeviceGetUuid",
	"cuDevicePrimaryCtxRelease_v2",
	"cuDevicePrimaryCtxRetain",
	"cuDeviceTotalMem_v2",
	"cuDriverGetVersion",
	"cuEventCreate",
	"cuEventDestroy_v2",
	"cuEventElapsedTime",
	"cuEventRecord",
	"cuEventSynchronize",
	"cuFuncGetAttribute",
	"cuGetErrorName",
	"cuGetErrorString",
	"cuInit",
	"cuLaunchKernel",
	"cuLinkAddData_v2",
	"cuLinkComplete",
	"cuLinkCreate_v2",
	"cuLinkDestroy",
	"cuMemAlloc_v2",
	"cuMemFreeHost",
	"cuMemFree_v2",
	"cuMemGetInfo_v2",
	"cuMemHostAlloc",
	"cuMemcpyDtoHAsync_v2",
	"cuMemcpyHtoDAsync_v2",
	"cuMemsetD8Async",
	"cuModuleGetFunction",
	"cuModuleLoadDataEx",
	"cuModuleUnload",
	"cuStreamCreate",
	"cuStreamDestroy_v2",
	"cuStreamWaitEvent",
];

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn asking_for_devices_never_panics() {
		match devices() {
			Ok(devices) => assert!(!devices.is_empty()),
			Err(why) => println!("CUDA not tested: {why}"),
		}
	}

	#[test]
	fn versions_are_split_and_compared() {
		assert_eq!(new_enough(12_040), Ok((12, 4)));
		assert_eq!(new_enough(11_000), Ok((11, 0)));
		assert_eq!(new_enough(13_010), Ok((13, 1)));
		for (version, found) in [(10_020, (10, 2)), (0, (0, 0)), (-1, (0, 0))] {
			assert_eq!(
				new_enough(version),
				Err(Unavailable::DriverTooOld { found, needed: (11, 0) })
			);
		}
	}

	#[test]
	fn old_devices_are_refused_by_name() {
		let info = |compute_capability| DeviceInfo {
			ordinal: 0,
			name: "Some card".to_owned(),
			uuid: Uuid([0; 16]),
			compute_capability,
			driver: (12, 4),
			memory: 0,
		};
		for found in [(7, 0), (7, 2), (6, 9), (0, 0)] {
			assert_eq!(
				modern(info(found)),
				Err(Unavailable::DeviceTooOld {
					name: "Some card".to_owned(),
					found,
					needed: (7, 5)
				})
			);
		}
		for fine in [(7, 5), (8, 0), (12, 0)] {
			assert_eq!(modern(info(fine)), Ok(info(fine)));
		}
	}

	#[test]
	fn uuids_read_as_nvidia_smi_prints_them() {
		assert_eq!(
			Uuid([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xf0]).to_string(),
			"GPU-01020304-0506-0708-090a-0b0c0d0e0ff0"
		);
	}

	/// A call that is missing in the list would panic on a driver that lacks it.
	#[test]
	fn every_call_of_the_bindings_is_looked_up_first() {
		let sources = [
			include_str!("bench_support.rs"),
			include_str!("device.rs"),
			include_str!("driver.rs"),
			include_str!("memory.rs"),
			include_str!("module.rs"),
			include_str!("probe.rs"),
			include_str!("run.rs"),
		];
		let mut calls = 0;
		for source in sources {
			for call in source.split("sys::cu").skip(1) {
				let Some((name, _)) = call.split_once('(') else {
					continue;
				};
				if name.starts_with(|c: char| c.is_ascii_uppercase())
					&& name.chars().all(|c| c.is_alphanumeric() || c == '_')
				{
					assert!(FUNCTIONS.contains(&format!("cu{name}").as_str()), "cu{name}");
					calls += 1;
				}
			}
		}
		assert!(calls >= 5, "{calls}");
	}
}
