//! What can be wrong with a job file.

use std::{io, path::PathBuf};

/// What can be wrong with a job file, or with a file that it names.
#[derive(Debug, thiserror::Error)]
pub enum JobFileError {
	/// The file cannot be read.
	#[error("cannot read {path}: {source}")]
	Read {
		/// Where.
		path: PathBuf,
		/// Why.
		source: io::Error,
	},
	/// A key that this program does not know.
	#[error("{path}, line {line}: there is no key `{key}` here")]
	UnknownKey {
		/// The job file.
		path: PathBuf,
		/// Its line, from 1.
		line: usize,
		/// The key.
		key: String,
		/// The known key that was probably meant.
		meant: Option<String>,
		/// All keys that are known here.
		known: String,
	},
	/// The text is no TOML, or a value is of the wrong kind, or a key is missing.
	#[error("{path}, line {line}: {message}")]
	Malformed {
		/// The job file.
		path: PathBuf,
		/// Its line, from 1.
		line: usize,
		/// What was expected.
		message: String,
	},
	/// A value makes no sense.
	#[error("{path}: `{key}` {problem}")]
	Value {
		/// The job file.
		path: PathBuf,
		/// The key.
		key: &'static str,
		/// What is wrong with it.
		problem: String,
		/// What to write instead.
		hint: &'static str,
	},
	/// The inputs have too many bytes.
	#[error("{name} is too large: the inputs of a job have at most {limit} bytes together")]
	TooLarge {
		/// The input with which there were too many.
		name: String,
		/// The limit in bytes, for all inputs.
		limit: u64,
	},
	/// An input is not of the format that the job file names.
	#[error("{name} is not {format}: {problem}")]
	Format {
		/// The input.
		name: String,
		/// The format.
		format: &'static str,
		/// What is wrong.
		problem: String,
	},
	/// The kernel's text or bytes are no program.
	#[error("{path} is no kernel: {problem}")]
	Kernel {
		/// The kernel's file.
		path: PathBuf,
		/// What is wrong.
		problem: String,
	},
}

impl JobFileError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			JobFileError::Read { .. } => "file names are relative to the job file".to_owned(),
			JobFileError::UnknownKey { meant: Some(meant), .. } => format!("did you mean `{meant}`?"),
			JobFileError::UnknownKey { known, .. } => format!("known here: {known}"),
			JobFileError::Malformed { .. } => "docs/job-files.md describes every key".to_owned(),
			JobFileError::Value { hint, .. } => (*hint).to_owned(),
			JobFileError::TooLarge { .. } => "split the job".to_owned(),
			JobFileError::Format { .. } => "correct the file, or name its format: raw, fasta or png-gray8".to_owned(),
			JobFileError::Kernel { .. } => "`millrace kernel check FILE` says more".to_owned(),
		}
	}
}
