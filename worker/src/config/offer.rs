//! Which device computes, and what is asked for it.

use super::{ConfigError, FileSettings, Flags};
use crate::asks::{AskPrice, AskRules, Preset, Presets};
use jiff::tz::TimeZone;
use millrace_client::chain::{Level, Price};
use millrace_compute::Choice;
use serde::Deserialize;

/// A device of a configuration that several workers share, and what is asked for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceTable {
	device: String,
	preset: Option<String>,
}

/// What is asked, in the words of flags or of a file.
struct Named<'a> {
	preset: Option<&'a str>,
	level: Option<u8>,
	price: Option<u64>,
}

impl Named<'_> {
	/// The rules, if any are named.
	fn rules(&self, presets: &Presets, zone: &TimeZone) -> Result<Option<AskRules>, ConfigError> {
		let (name, preset) = match (self.preset, self.level, self.price) {
			(None, None, None) => return Ok(None),
			(Some(name), None, None) => match presets.get(name) {
				Some(preset) => (name, preset.clone()),
				None => {
					return Err(ConfigError::UnknownPreset {
						name: name.to_owned(),
						known: presets.names(),
					})
				}
			},
			(None, Some(level), None) => ("ask_level", Preset::constant(AskPrice::Level(Level(level)))),
			(None, None, Some(price)) => {
				Level::at_least(Price(price)).ok_or(ConfigError::PriceTooHigh(price))?;
				("ask_price", Preset::constant(AskPrice::Money(Price(price))))
			}
			_ => return Err(ConfigError::TwoAsks),
		};
		Ok(Some(AskRules {
			name: name.to_owned(),
			preset,
			zone: zone.clone(),
		}))
	}
}

impl FileSettings {
	/// What computes, and the entry of that device, if devices are listed. A worker computes with one.
	pub(super) fn computes(&self, flag: Option<Choice>) -> Result<(Choice, Option<&DeviceTable>), ConfigError> {
		let named = match (flag, &self.backend) {
			(Some(backend), _) => Some(backend),
			(None, Some(text)) => Some(text.parse()?),
			(None, None) => None,
		};
		let mut devices: Vec<(Choice, &DeviceTable)> = Vec::new();
		for table in &self.devices {
			let device = table.device.parse()?;
			if device == Choice::Auto {
				return Err(ConfigError::AnyDevice);
			}
			if devices.iter().any(|(other, _)| *other == device) {
				return Err(ConfigError::DeviceTwice(device));
			}
			devices.push((device, table));
		}
		match (named, devices.as_slice()) {
			(named, []) => Ok((named.unwrap_or_default(), None)),
			(None, [(device, table)]) => Ok((*device, Some(table))),
			(None, _) => Err(ConfigError::ManyDevices(devices.len())),
			(Some(named), _) => match devices.iter().find(|(device, _)| *device == named) {
				Some((_, table)) => Ok((named, Some(table))),
				None => Err(ConfigError::OtherDevice {
					backend: named,
					listed: devices.iter().map(|(device, _)| *device).collect(),
				}),
			},
		}
	}

	/// The clock by which hours are read.
	fn zone(&self, flags: &Flags) -> Result<TimeZone, ConfigError> {
		match flags.time_zone.as_ref().or(self.time_zone.as_ref()) {
			Some(name) => TimeZone::get(name).map_err(|_| ConfigError::TimeZone(name.clone())),
			// A machine that is set to no zone shows that of Greenwich everywhere else, too.
			None => Ok(TimeZone::try_system().unwrap_or(TimeZone::UTC)),
		}
	}

	/// What is asked. What is named nearer wins whole: a level on the command line over a preset in the file, and the
	/// preset of a device over that of all.
	pub(super) fn asks(
		&self,
		flags: &Flags,
		device: Option<&DeviceTable>,
		presets: &Presets,
	) -> Result<Option<AskRules>, ConfigError> {
		let zone = self.zone(flags)?;
		let named = Named {
			preset: flags.preset.as_deref(),
			level: flags.ask_level,
			price: flags.ask_price,
		};
		let in_file = Named {
			preset: device
				.and_then(|device| device.preset.as_deref())
				.or(self.preset.as_deref()),
			level: self.ask_level,
			price: self.ask_price,
		};
		// What the file says is right or wrong, whether or not it is used.
		let in_file = in_file.rules(presets, &zone)?;
		Ok(named.rules(presets, &zone)?.or(in_file))
	}
}
