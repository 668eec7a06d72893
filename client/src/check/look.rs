//! A whole look at one committed job: its data, and what re-running leaves shows.

use super::{data, examine, CheckError, Examined, Rerun, Subject, Unserved};
use crate::{
	chain::{to_hex, Chain},
	endpoint::{EndpointError, Session},
	job::{CheckWish, Input, Observer, Record, Records, Stage},
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Looks at committed jobs.
#[derive(Clone, Copy)]
pub struct Looker<'a> {
	/// Where.
	pub chain: &'a Chain,
	/// Where data keys are.
	pub records: &'a Records,
	/// Who is told.
	pub observer: &'a dyn Observer,
	/// Whether a provider may be at a private address.
	pub allow_private: bool,
	/// How long a provider that does not answer is asked again, for each thing that it has.
	pub patience: Duration,
	/// Most leaves that were delivered wrong and are evaluated to put them right.
	pub most_mended: u32,
}

/// What a look showed, and what can be re-run further.
#[derive(Debug)]
pub struct Looked {
	/// What it showed.
	pub examined: Examined,
	/// The job with its inputs.
	pub rerun: Rerun,
}

impl Looker<'_> {
	/// The record that this machine has of a job, if it is one of this chain.
	pub fn record(&self, subject: &Subject) -> Option<Record> {
		let record = self.records.load(subject.job).ok()?;
		(record.genesis == to_hex(&self.chain.genesis().0)).then_some(record)
	}

	/// Gets the job's data and re-runs leaves. `files` are its inputs or its job file; where there are none, they come from
	/// this machine's record, else from the provider.
	///
	/// # Errors
	/// [`CheckError`]; a provider that serves nothing is a finding, no error, where the inputs are at hand.
	pub async fn look(&self, subject: Arc<Subject>, files: &[PathBuf], wish: CheckWish) -> Result<Looked, CheckError> {
		let record = self.record(&subject);
		let mut session = self.session(&subject, record.as_ref()).await?;
		let local = match (files, &record) {
			([], Some(record)) => data::inputs_from_record(&subject, record),
			([], None) => None,
			(files, _) => Some(data::inputs_from_files(&subject, files)?),
		};
		let inputs = match local {
			Some(inputs) => inputs,
			None => self.fetch_inputs(&subject, &mut session).await?,
		};
		let delivered = match &mut session {
			Ok(session) => data::fetch_bundle(session, &subject, self.patience, self.observer)
				.await
				.map_err(|error| error.to_string()),
			Err(error) => Err(error.to_string()),
		};
		self.observer.stage(&Stage::Checking);
		let rerun = Rerun::new(subject, inputs);
		let examined = match &mut session {
			Ok(session) => examine(&rerun, delivered, session, wish, self.most_mended).await?,
			Err(_) => examine(&rerun, delivered, &mut Unserved, wish, self.most_mended).await?,
		};
		Ok(Looked { examined, rerun })
	}

	/// A session with the provider, or why there is none.
	async fn session(
		&self,
		subject: &Subject,
		record: Option<&Record>,
	) -> Result<Result<Session, EndpointError>, CheckError> {
		let data_key = match record {
			Some(record) => Some(record.data_key(&self.records.path(subject.job))?.pair().clone()),
			None if subject.public => None,
			None => return Err(CheckError::NoDataKey(subject.job)),
		};
		Ok(subject.session(self.chain, data_key, self.allow_private).await)
	}

	async fn fetch_inputs(
		&self,
		subject: &Subject,
		session: &mut Result<Session, EndpointError>,
	) -> Result<Vec<Input>, CheckError> {
		if subject.inputs.is_empty() {
			return Ok(Vec::new());
		}
		match session {
			Ok(session) => data::fetch_inputs(session, subject, self.patience, self.observer).await,
			// It is still wanted for its words.
			Err(_) => match std::mem::replace(session, Err(EndpointError::Broken(String::new()))) {
				Ok(_) => Err(CheckError::Broken("a session that is none".to_owned())),
				Err(error) => Err(CheckError::Provider(error)),
			},
		}
	}
}
