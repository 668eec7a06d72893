//! `millrace provide`.

use super::{
	arguments::ProvideArguments,
	print::{grouped, pairs},
	progress::Progress,
	Session,
};
use crate::{
	amount,
	check::{Claimant, Subject},
	exit::Failure,
	job_file::JobFileError,
};
use serde_json::json;

pub(super) async fn run(session: &Session<'_>, arguments: ProvideArguments) -> Result<(), Failure> {
	let key = session.key()?;
	let path = &arguments.bundle;
	let bytes = std::fs::read(path).map_err(|source| JobFileError::Read {
		path: path.clone(),
		source,
	})?;
	let chain = session.chain().await?;
	let subject = Subject::read(&chain.best().await?, arguments.job).await?;
	let progress = Progress::new(session.printer);
	let claimant = Claimant {
		chain: &chain,
		key: &key,
		observer: &progress,
		max_fee: None,
		spent: None,
	};
	let provided = claimant.provide(&subject, path, bytes).await;
	progress.finish();
	let provided = provided?;
	let object = json!({
		"job": subject.job,
		"provider": subject.provider,
		"provided": provided.leaves,
		"missing": provided.missing,
		"fee": provided.fee.to_string(),
		"block": provided.block,
	});
	session.printer.show(&object, || {
		pairs([
			("job", subject.job.to_string()),
			("leaves provided", grouped(provided.leaves)),
			("still missing", grouped(provided.missing)),
			("transaction fees", amount::print(provided.fee)),
			("in block", provided.block.to_string()),
		])
	});
	Ok(())
}
