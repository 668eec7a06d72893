#![doc = include_str!("../README.md")]

pub use crate::{
	control::Control,
	device::{Device, Loaded, OpenOptions, Source},
	error::{CudaError, Unavailable},
	probe::{devices, DeviceInfo, Uuid},
	run::Slice,
	trace::Trace,
};

pub mod bench_support;
mod cache;
mod control;
mod device;
mod driver;
mod error;
mod memory;
mod module;
mod pace;
mod plan;
mod probe;
mod ring;
mod run;
mod trace;

/// The least compute capability that kernels are compiled for: major, minor. It is that of the text's `.target`.
pub const MIN_COMPUTE_CAPABILITY: (u32, u32) = (7, 5);
/// The oldest CUDA version that a driver must support: the one that brought the youngest function called here. The
/// text's `.version` is older.
pub const MIN_DRIVER: (u32, u32) = (11, 0);
