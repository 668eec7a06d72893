//! Settings: a flag wins over an environment variable, that over the file, that over the default.
//!
//! ```toml
//! url = "ws://127.0.0.1:9944"
//! state = "/var/lib/millrace-worker"
//! listen = "0.0.0.0:7443"
//! preset = "night"           # or ask_level, or ask_price; without any only jobs that name this provider come
//! time_zone = "Europe/Paris" # by which the hours of a preset are read
//! backend = "auto"           # or "reference", "cpu", "cuda", "cuda:1"
//! threads = 0                # 0: one for each core
//! quota = 21474836480        # bytes that all jobs' files may take
//! follow = "subscribe"       # or "poll"
//!
//! [presets.night]            # what is asked: see `crate::asks`
//! asks = "100 %"
//! hours = [{ from = "06:00", to = "22:00", off = true }]
//! ```

mod error;
mod offer;

pub use error::ConfigError;
pub use offer::DeviceTable;

use crate::asks::{AskRules, PresetTable, Presets};
use clap::{Args, ValueEnum};
use millrace_compute::Choice;
use serde::Deserialize;
use std::{
	collections::BTreeMap,
	fs,
	net::SocketAddr,
	path::{Path, PathBuf},
};

/// The node asked when none is named.
pub const DEFAULT_URL: &str = "ws://127.0.0.1:9944";
/// Where the endpoint listens when nothing is said: this machine only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:7443";
/// Bytes that jobs' files may take when nothing is said: 20 GiB.
pub const DEFAULT_QUOTA: u64 = 20 << 30;

/// How new blocks are noticed. Jobs are seen from state either way.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FollowMode {
	/// A subscription, and a look every few seconds.
	#[default]
	Subscribe,
	/// Only a look every few seconds.
	Poll,
}

/// Settings as flags and environment variables.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
	/// A TOML file with settings.
	#[arg(long, env = "MILLRACE_WORKER_CONFIG", value_name = "FILE")]
	pub config: Option<PathBuf>,
	/// The node.
	#[arg(long, env = "MILLRACE_URL", value_name = "URL")]
	pub url: Option<String>,
	/// The state directory, made by `init`.
	#[arg(long, env = "MILLRACE_WORKER_STATE", value_name = "DIR")]
	pub state: Option<PathBuf>,
	/// Address and port of the endpoint.
	#[arg(long, env = "MILLRACE_LISTEN", value_name = "ADDRESS:PORT")]
	pub listen: Option<SocketAddr>,
	/// What is asked: the name of a preset, one that ships or one of the configuration.
	#[arg(long, env = "MILLRACE_PRESET", value_name = "NAME")]
	pub preset: Option<String>,
	/// The price level of this worker's only ask, 0 to 255.
	#[arg(long, env = "MILLRACE_ASK_LEVEL", value_name = "N")]
	pub ask_level: Option<u8>,
	/// The least price of this worker's only ask, in planck per 2^30 units; the level is the next one at or above it.
	#[arg(long, env = "MILLRACE_ASK_PRICE", value_name = "PLANCK")]
	pub ask_price: Option<u64>,
	/// The time zone by which the hours of a preset are read, as `Europe/Paris`; this machine's where absent.
	#[arg(long, env = "MILLRACE_TIME_ZONE", value_name = "NAME")]
	pub time_zone: Option<String>,
	/// What computes: auto (the first CUDA device that can be used, else the CPU), reference, cpu, cuda, or cuda:N.
	#[arg(long, env = "MILLRACE_BACKEND", value_name = "BACKEND")]
	pub backend: Option<Choice>,
	/// Threads that compute; 0 is one for each core.
	#[arg(long, env = "MILLRACE_THREADS", value_name = "N")]
	pub threads: Option<usize>,
	/// Bytes that all jobs' files may take.
	#[arg(long, env = "MILLRACE_QUOTA", value_name = "BYTES")]
	pub quota: Option<u64>,
	/// How new blocks are noticed.
	#[arg(long, env = "MILLRACE_FOLLOW", value_enum)]
	pub follow: Option<FollowMode>,
}

/// Settings as a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
	url: Option<String>,
	state: Option<PathBuf>,
	listen: Option<SocketAddr>,
	preset: Option<String>,
	ask_level: Option<u8>,
	ask_price: Option<u64>,
	time_zone: Option<String>,
	backend: Option<String>,
	threads: Option<usize>,
	quota: Option<u64>,
	follow: Option<FollowMode>,
	#[serde(default)]
	presets: BTreeMap<String, PresetTable>,
	#[serde(default)]
	devices: Vec<DeviceTable>,
}

/// Settings, complete.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
	/// The node.
	pub url: String,
	/// The state directory.
	pub state: PathBuf,
	/// Where the endpoint listens.
	pub listen: SocketAddr,
	/// What is asked. `None`: no ask is placed.
	pub asks: Option<AskRules>,
	/// What computes.
	pub backend: Choice,
	/// Threads that compute; 0 is one for each core.
	pub threads: usize,
	/// Bytes that all jobs' files may take.
	pub quota: u64,
	/// How new blocks are noticed.
	pub follow: FollowMode,
}

/// What the settings say about offers, whatever else they say.
#[derive(Debug)]
pub struct Offers {
	/// Every preset that can be named.
	pub presets: Presets,
	/// What is asked, none where no ask is placed; or why that cannot be told.
	pub asks: Result<Option<AskRules>, ConfigError>,
	/// The node.
	pub url: String,
	/// The state directory, if one is named.
	pub state: Option<PathBuf>,
}

impl Flags {
	/// The complete settings.
	pub fn resolve(self) -> Result<Settings, ConfigError> {
		let file = self.file()?;
		let (backend, device) = file.computes(self.backend)?;
		let asks = file.asks(&self, device, &Presets::with(&file.presets)?)?;
		Ok(Settings {
			url: self.url.or(file.url).unwrap_or_else(|| DEFAULT_URL.to_owned()),
			state: self.state.or(file.state).ok_or(ConfigError::NoState)?,
			listen: self.listen.or(file.listen).unwrap_or_else(default_listen),
			asks,
			backend,
			threads: self.threads.or(file.threads).unwrap_or(0),
			quota: self.quota.or(file.quota).unwrap_or(DEFAULT_QUOTA),
			follow: self.follow.or(file.follow).unwrap_or_default(),
		})
	}

	/// What they say about offers: all presets, and the one in force.
	pub fn offers(self) -> Result<Offers, ConfigError> {
		let file = self.file()?;
		let presets = Presets::with(&file.presets)?;
		let device = file.computes(self.backend).map(|(_, device)| device);
		Ok(Offers {
			asks: device.and_then(|device| file.asks(&self, device, &presets)),
			presets,
			url: self.url.or(file.url).unwrap_or_else(|| DEFAULT_URL.to_owned()),
			state: self.state.or(file.state),
		})
	}

	fn file(&self) -> Result<FileSettings, ConfigError> {
		match &self.config {
			Some(path) => read(path),
			None => Ok(FileSettings::default()),
		}
	}
}

fn default_listen() -> SocketAddr {
	SocketAddr::from(([127, 0, 0, 1], 7_443))
}

fn read(path: &Path) -> Result<FileSettings, ConfigError> {
	let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
		path: path.to_path_buf(),
		source,
	})?;
	toml::from_str(&text).map_err(|source| ConfigError::Parse {
		path: path.to_path_buf(),
		source: Box::new(source),
	})
}

#[cfg(test)]
mod tests;
