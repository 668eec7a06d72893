//! Settings: a flag wins over an environment variable, that over the file, that over the default.
//!
//! ```toml
//! url = "ws://127.0.0.1:9944"
//! state = "/var/lib/millrace-worker"
//! listen = "0.0.0.0:7443"
//! ask_level = 100            # or ask_price; without either only jobs that name this provider come
//! backend = "auto"           # or "reference", "cpu", "cuda", "cuda:1"
//! threads = 0                # 0: one for each core
//! quota = 21474836480        # bytes that all jobs' files may take
//! follow = "subscribe"       # or "poll"
//! ```

use clap::{Args, ValueEnum};
use millrace_client::chain::{Level, Price};
use millrace_compute::{Choice, UnknownBackend};
use serde::Deserialize;
use std::{
	fs, io,
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
	/// The price level of this worker's ask, 0 to 255.
	#[arg(long, env = "MILLRACE_ASK_LEVEL", value_name = "N")]
	pub ask_level: Option<u8>,
	/// The least price of this worker's ask, in planck per 2^30 units; the level is the next one at or above it.
	#[arg(long, env = "MILLRACE_ASK_PRICE", value_name = "PLANCK")]
	pub ask_price: Option<u64>,
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
	ask_level: Option<u8>,
	ask_price: Option<u64>,
	backend: Option<String>,
	threads: Option<usize>,
	quota: Option<u64>,
	follow: Option<FollowMode>,
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
	/// The level to ask at. `None`: no ask is placed.
	pub ask: Option<Level>,
	/// What computes.
	pub backend: Choice,
	/// Threads that compute; 0 is one for each core.
	pub threads: usize,
	/// Bytes that all jobs' files may take.
	pub quota: u64,
	/// How new blocks are noticed.
	pub follow: FollowMode,
}

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
	/// Level and price are both given.
	#[error("ask level and ask price are both given")]
	TwoAsks,
	/// The file names no backend.
	#[error(transparent)]
	Backend(#[from] UnknownBackend),
	/// The price is above the ladder.
	#[error("no price level reaches {0} planck")]
	PriceTooHigh(u64),
}

impl ConfigError {
	/// What to do about it.
	pub fn hint(&self) -> &'static str {
		match self {
			Self::Read { .. } => "name another file with --config",
			Self::Parse { .. } => {
				"known keys: url, state, listen, ask_level, ask_price, backend, threads, quota, follow"
			}
			Self::NoState => "give --state DIR, MILLRACE_WORKER_STATE, or `state` in the configuration",
			Self::TwoAsks => "give one of them",
			Self::Backend(_) => "correct `backend` in the configuration",
			Self::PriceTooHigh(_) => "give a lower price: level 255 is the highest",
		}
	}
}

impl Flags {
	/// The complete settings.
	pub fn resolve(self) -> Result<Settings, ConfigError> {
		let file = match &self.config {
			Some(path) => read(path)?,
			None => FileSettings::default(),
		};
		// An ask given nearer wins whole: a level on the command line over a price in the file.
		let (level, price) = match (self.ask_level, self.ask_price) {
			(None, None) => (file.ask_level, file.ask_price),
			given => given,
		};
		let ask = match (level, price) {
			(Some(_), Some(_)) => return Err(ConfigError::TwoAsks),
			(Some(level), None) => Some(Level(level)),
			(None, Some(price)) => Some(Level::at_least(Price(price)).ok_or(ConfigError::PriceTooHigh(price))?),
			(None, None) => None,
		};
		let backend = match (self.backend, &file.backend) {
			(Some(backend), _) => backend,
			(None, Some(text)) => text.parse()?,
			(None, None) => Choice::default(),
		};
		Ok(Settings {
			url: self.url.or(file.url).unwrap_or_else(|| DEFAULT_URL.to_owned()),
			state: self.state.or(file.state).ok_or(ConfigError::NoState)?,
			listen: self.listen.or(file.listen).unwrap_or_else(default_listen),
			ask,
			backend,
			threads: self.threads.or(file.threads).unwrap_or(0),
			quota: self.quota.or(file.quota).unwrap_or(DEFAULT_QUOTA),
			follow: self.follow.or(file.follow).unwrap_or_default(),
		})
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
mod tests {
	use super::*;

	fn file(text: &str) -> (tempfile::TempDir, Flags) {
		let dir = tempfile::tempdir().unwrap();
		let path = dir.path().join("worker.toml");
		fs::write(&path, text).unwrap();
		(
			dir,
			Flags {
				config: Some(path),
				..Flags::default()
			},
		)
	}

	#[test]
	fn flags_win_over_the_file_and_the_file_over_defaults() {
		let (_dir, flags) = file("state = \"/s\"\nthreads = 3\nask_price = 65\nfollow = \"poll\"\n");
		let settings = flags.clone().resolve().unwrap();
		assert_eq!(settings.state, Path::new("/s"));
		assert_eq!((settings.threads, settings.follow), (3, FollowMode::Poll));
		assert_eq!(settings.ask, Some(Level(1)));
		assert_eq!((settings.url.as_str(), settings.quota), (DEFAULT_URL, DEFAULT_QUOTA));
		assert_eq!(settings.listen.to_string(), DEFAULT_LISTEN);

		let settings = Flags {
			threads: Some(1),
			ask_level: Some(7),
			..flags
		}
		.resolve()
		.unwrap();
		assert_eq!((settings.threads, settings.ask), (1, Some(Level(7))));
	}

	#[test]
	fn the_backend_is_a_setting_like_the_others() {
		let (_dir, flags) = file("state = \"/s\"\n");
		assert_eq!(flags.resolve().unwrap().backend, Choice::Auto);
		let (_dir, flags) = file("state = \"/s\"\nbackend = \"cuda:1\"\n");
		assert_eq!(flags.clone().resolve().unwrap().backend, Choice::Cuda(Some(1)));
		let settings = Flags {
			backend: Some(Choice::Reference),
			..flags
		};
		assert_eq!(settings.resolve().unwrap().backend, Choice::Reference);
		let (_dir, flags) = file("state = \"/s\"\nbackend = \"gpu\"\n");
		assert!(matches!(flags.resolve(), Err(ConfigError::Backend(_))));
	}

	#[test]
	fn unknown_keys_and_contradictions_are_errors() {
		let (_dir, flags) = file("state = \"/s\"\nthread = 3\n");
		assert!(matches!(flags.resolve(), Err(ConfigError::Parse { .. })));
		let (_dir, flags) = file("state = \"/s\"\nask_level = 3\nask_price = 3\n");
		assert!(matches!(flags.resolve(), Err(ConfigError::TwoAsks)));
		let (_dir, flags) = file("threads = 1\n");
		assert!(matches!(flags.resolve(), Err(ConfigError::NoState)));
		let flags = Flags {
			config: Some("/no/such/file".into()),
			..Flags::default()
		};
		assert!(matches!(flags.resolve(), Err(ConfigError::Read { .. })));
		let flags = Flags {
			state: Some("/s".into()),
			ask_price: Some(u64::MAX),
			..Flags::default()
		};
		assert!(matches!(flags.resolve(), Err(ConfigError::PriceTooHigh(_))));
	}
}
