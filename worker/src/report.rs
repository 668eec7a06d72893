//! What this worker knows, for people and for scripts: a file beside the journal, rewritten as things change, because
//! only one process may have the journal open.

use crate::journal::{Entry, Key, Step};
use millrace_client::chain::{to_hex, JobId, ProviderId, Tick};
use serde::{Deserialize, Serialize};
use std::{
	fs, io,
	path::{Path, PathBuf},
};

/// The file in the state directory.
pub const FILE: &str = "status.json";

/// One record of the journal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct JobRow {
	/// The job.
	pub job: JobId,
	/// Which assignment of it.
	pub attempt: u8,
	/// To which provider.
	pub provider: ProviderId,
	/// The journal step.
	pub step: String,
	/// Root of the output tree, once computed.
	pub root: Option<String>,
	/// Units, once computed.
	pub units: Option<u64>,
	/// Extrinsics that were included and failed.
	pub failures: u8,
	/// What goes wrong, or why it ended; empty when nothing does.
	pub note: String,
	/// When the record was written, in seconds since 1970.
	pub written: u64,
}

impl JobRow {
	/// The row of a record.
	pub fn new(key: &Key, entry: &Entry) -> Self {
		Self {
			job: key.job,
			attempt: key.attempt,
			provider: key.provider,
			step: entry.step.name().to_owned(),
			root: entry.outcome.map(|outcome| to_hex(&outcome.root)),
			units: entry.outcome.map(|outcome| outcome.units),
			failures: entry.failures,
			note: entry.note.clone(),
			written: entry.written,
		}
	}

	/// Whether the job still needs this worker.
	pub fn is_live(&self) -> bool {
		self.step != Step::Ended.name()
	}
}

/// A demand for leaves of a committed result.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DemandRow {
	/// The job.
	pub job: JobId,
	/// How many leaves the chain still misses.
	pub missing: u32,
	/// The last tick to provide them; none while the demand waits for others of this provider.
	pub until: Option<Tick>,
}

/// What computes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeviceRow {
	/// What it is called.
	pub model: String,
	/// Its memory, in bytes.
	pub memory: u64,
	/// Compute capability, major and minor; none where it is no CUDA device.
	pub compute_capability: Option<(u8, u8)>,
	/// What drives it, and which version of that.
	pub driver: String,
	/// What the chain knows it by.
	pub uuid_hash: String,
	/// Where it stands, in words.
	pub stage: String,
	/// Why it could not be enrolled, if so.
	pub refused: Option<RefusedRow>,
}

/// Why a device could not be enrolled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RefusedRow {
	/// The node's words, or the chain's.
	pub reason: String,
	/// The tick from which it is tried again.
	pub until: Tick,
}

/// What should stand in the book.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OfferRow {
	/// The rules that say so.
	pub preset: String,
	/// The levels.
	pub wanted: Vec<u8>,
	/// Why there are none, if so.
	pub nothing: Option<String>,
}

/// The worker at one moment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Report {
	/// The worker's process.
	pub pid: u32,
	/// Its address.
	pub address: String,
	/// Its provider.
	pub provider: ProviderId,
	/// `active`, `draining`, `unreachable`, `chilled` or `exiting`.
	pub status: String,
	/// The best block that was looked at.
	pub best: u64,
	/// The protocol clock there.
	pub tick: Tick,
	/// Jobs at once.
	pub lanes: u16,
	/// Jobs running, as the chain counts.
	pub running: u16,
	/// What computes, once that is known.
	#[serde(default)]
	pub device: Option<DeviceRow>,
	/// Levels of the asks that stand in the book.
	pub asks: Vec<u8>,
	/// What the settings ask; none where they ask nothing at all.
	#[serde(default)]
	pub offer: Option<OfferRow>,
	/// What the machine does not keep of what its lanes promise, and what to do about it.
	#[serde(default)]
	pub warnings: Vec<String>,
	/// What computes, and why not something faster.
	#[serde(default)]
	pub backend: String,
	/// Why no new jobs are taken, if so.
	#[serde(default)]
	pub stopped: Option<String>,
	/// When a result of the provider was refuted, if its owner has not reactivated it since.
	#[serde(default)]
	pub convicted: Option<Tick>,
	/// When the outage began that goes on, if one does.
	#[serde(default)]
	pub outage: Option<Tick>,
	/// What is demanded of this provider.
	#[serde(default)]
	pub demands: Vec<DemandRow>,
	/// Bytes that jobs' files take.
	pub stored: u64,
	/// When this was written, in seconds since 1970.
	pub written: u64,
	/// The journal.
	pub jobs: Vec<JobRow>,
}

impl Report {
	/// Writes the file, whole or not at all. Not made durable: the journal is.
	pub fn write(&self, state: &Path) -> io::Result<()> {
		let path = path(state);
		let partial = path.with_extension("partial");
		fs::write(&partial, serde_json::to_vec_pretty(self)?)?;
		fs::rename(&partial, &path)
	}

	/// Reads the file. `None` when no worker ever ran here.
	pub fn read(state: &Path) -> io::Result<Option<Self>> {
		match fs::read(path(state)) {
			Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
			Err(error) => Err(error),
		}
	}
}

fn path(state: &Path) -> PathBuf {
	state.join(FILE)
}
