//! Settings that cannot be used.

use crate::asks::PresetError;
use millrace_compute::{Choice, UnknownBackend};
use std::{io, path::PathBuf};

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
	/// The file cannot be read.
	#[error("the configuration {path} cannot be read")]
	Read {
		/// The file.
		path: PathBuf,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// The file is wrong.
	#[error("the configuration {path} is wrong")]
	Parse {
		/// The file.
		path: PathBuf,
		/// Where and how.
		#[source]
		source: Box<toml::de::Error>,
	},
	/// No state directory is named.
	#[error("no state directory is named")]
	NoState,
	/// What is asked is said more than once.
	#[error("more than one of preset, ask level and ask price is given")]
	TwoAsks,
	/// Nothing says what is asked.
	#[error("nothing says what is asked")]
	NoAsks,
	/// The file names no backend.
	#[error(transparent)]
	Backend(#[from] UnknownBackend),
	/// The price is above the ladder.
	#[error("no price level reaches {0} planck")]
	PriceTooHigh(u64),
	/// A preset is wrong.
	#[error(transparent)]
	Preset(#[from] PresetError),
	/// There is no such preset.
	#[error("there is no preset `{name}`")]
	UnknownPreset {
		/// What was named.
		name: String,
		/// What there is.
		known: String,
	},
	/// There is no such time zone.
	#[error("there is no time zone `{0}`")]
	TimeZone(String),
	/// A listed device is none in particular.
	#[error("`auto` under [[devices]] is no device")]
	AnyDevice,
	/// A device is listed twice.
	#[error("the device {0} is listed twice")]
	DeviceTwice(Choice),
	/// More devices are listed than a worker computes with.
	#[error("{0} devices are listed, and one worker computes with one")]
	ManyDevices(usize),
	/// What computes is not listed.
	#[error("the backend {backend} is not among the listed devices")]
	OtherDevice {
		/// What is to compute.
		backend: Choice,
		/// What is listed.
		listed: Vec<Choice>,
	},
}

impl ConfigError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		let hint = match self {
			Self::Read { .. } => "name another file with --config",
			Self::Parse { .. } => {
				"known keys: url, state, listen, preset, ask_level, ask_price, time_zone, backend, threads, quota, follow; \
				 tables: [presets.NAME] with floor, asks, by_pool, hours; [[devices]] with device, preset"
			}
			Self::NoState => "give --state DIR, MILLRACE_WORKER_STATE, or `state` in the configuration",
			Self::TwoAsks => "give one of them: a preset that you define can say what the others say",
			Self::NoAsks => "give --preset NAME, or `preset`, `ask_level` or `ask_price` in the configuration",
			Self::Backend(_) => "correct `backend` or `device` in the configuration",
			Self::PriceTooHigh(_) => "give a lower price: level 255 is the highest",
			Self::Preset(error) => error.hint(),
			Self::UnknownPreset { known, .. } => return format!("there are: {known}; [presets.NAME] defines another"),
			Self::TimeZone(_) => "write its name as in the tz database: Europe/Paris, America/New_York, UTC",
			Self::AnyDevice => "name the device: cpu, or cuda:0",
			Self::DeviceTwice(_) => "keep one entry for each device",
			Self::ManyDevices(_) => {
				"start one worker for each device, with a state directory and a provider of its own: \
				 millrace-worker run --config FILE --backend cuda:0 --state DIR"
			}
			Self::OtherDevice { listed, .. } => {
				let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
				return format!("add it, or choose with --backend: {}", listed.join(", "));
			}
		};
		hint.to_owned()
	}
}
