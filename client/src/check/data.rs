//! Where a check has the job's data from: files, the record of this machine, or the provider.

use super::{CheckError, Subject};
use crate::{
	chain::InputRef,
	endpoint::{EndpointError, Fetched, Session},
	job::{read_inputs, Input, Observer, Record, Stage},
	job_file::{InputFormat, InputSource, JobFile, MAX_INPUT_BYTES},
};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// The longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Pauses between attempts, longer and longer, until the time for them is over.
struct Attempts {
	until: Instant,
	pause: Duration,
}

impl Attempts {
	fn within(patience: Duration) -> Attempts {
		Attempts {
			until: Instant::now() + patience,
			pause: Duration::from_millis(500),
		}
	}

	/// Waits before another attempt; `false` where there is no point in one.
	async fn again(&mut self, error: &EndpointError) -> bool {
		if !error.may_pass() || Instant::now() + self.pause >= self.until {
			return false;
		}
		tokio::time::sleep(self.pause).await;
		self.pause = (self.pause * 2).min(MAX_PAUSE);
		true
	}
}

/// Fetches the bundle, going on where an attempt stopped, for as long as `patience` lasts.
///
/// # Errors
/// Why the last attempt failed.
pub async fn fetch_bundle(
	session: &mut Session,
	subject: &Subject,
	patience: Duration,
	observer: &dyn Observer,
) -> Result<Vec<u8>, EndpointError> {
	let total = subject.bundle_bytes();
	let mut attempts = Attempts::within(patience);
	let mut bytes = Vec::new();
	loop {
		let told = &mut |done| observer.stage(&Stage::Fetching { done, total });
		match session.read_bundle(&mut bytes, total, told).await {
			Ok(()) => return Ok(bytes),
			Err(error) => {
				if !attempts.again(&error).await {
					return Err(error);
				}
			}
		}
	}
}

/// Fetches the inputs from the provider and checks them against what the job names.
///
/// # Errors
/// [`CheckError::Inputs`].
pub async fn fetch_inputs(
	session: &mut Session,
	subject: &Subject,
	patience: Duration,
	observer: &dyn Observer,
) -> Result<Vec<Input>, CheckError> {
	let total: u64 = subject.inputs.iter().map(|input| u64::from(input.len)).sum();
	let mut before = 0u64;
	let mut inputs = Vec::new();
	for (number, wanted) in subject.inputs.iter().enumerate() {
		let wanted = InputRef {
			root: wanted.root.into(),
			len: wanted.len,
		};
		let mut attempts = Attempts::within(patience);
		let mut fetched = Fetched::default();
		loop {
			let told = &mut |done: u64| {
				observer.stage(&Stage::FetchingInputs {
					done: before.saturating_add(done),
					total,
				})
			};
			match session.read_input(number, wanted, &mut fetched, told).await {
				Ok(()) => break,
				Err(source) => {
					if !attempts.again(&source).await {
						return Err(CheckError::Inputs { input: number, source });
					}
				}
			}
		}
		before = before.saturating_add(u64::from(wanted.len));
		inputs.push(Input::checked(fetched, wanted));
	}
	Ok(inputs)
}

/// Reads inputs from files: those that a job file names, or one file for each input.
///
/// # Errors
/// A file cannot be read, or they are not the job's inputs.
pub fn inputs_from_files(subject: &Subject, files: &[PathBuf]) -> Result<Vec<Input>, CheckError> {
	let sources: Vec<(InputSource, InputFormat)> = match files {
		[file] if is_job_file(file) => JobFile::read(file)?.inputs,
		files => files
			.iter()
			.map(|file| (InputSource::File(file.clone()), InputFormat::Raw))
			.collect(),
	};
	let names: Vec<Option<PathBuf>> = sources
		.iter()
		.map(|(source, _)| match source {
			InputSource::File(path) => Some(path.clone()),
			InputSource::Bytes(_) => None,
		})
		.collect();
	let inputs = read_inputs(&sources, MAX_INPUT_BYTES)?;
	if inputs.len() != subject.inputs.len() {
		return Err(CheckError::InputCount {
			expected: subject.inputs.len(),
			actual: inputs.len(),
		});
	}
	match first_other(subject, &inputs) {
		None => Ok(inputs),
		Some(input) => Err(CheckError::OtherInput {
			job: subject.job,
			input,
			file: names.into_iter().nth(input).flatten(),
		}),
	}
}

/// The inputs of a job that this machine submitted, where its files are still what they were.
pub fn inputs_from_record(subject: &Subject, record: &Record) -> Option<Vec<Input>> {
	let file = JobFile::parse(&record.job_file, &record.job_text).ok()?;
	let inputs = read_inputs(&file.inputs, MAX_INPUT_BYTES).ok()?;
	let same = inputs.len() == subject.inputs.len() && first_other(subject, &inputs).is_none();
	same.then_some(inputs)
}

/// The first input that is not the one that the job names.
fn first_other(subject: &Subject, inputs: &[Input]) -> Option<usize> {
	subject
		.inputs
		.iter()
		.zip(inputs)
		.position(|(wanted, here)| here.reference.root.0 != wanted.root || here.reference.len != wanted.len)
}

fn is_job_file(file: &Path) -> bool {
	file.extension().is_some_and(|extension| extension == "toml")
}
