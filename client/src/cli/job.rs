//! `millrace job`.

mod delivery;
mod event;
mod events;
mod many;
mod quote;
mod reprice;
mod settle;
mod show;
mod why;

use super::{
	arguments::{JobCommand, ReceiveArguments},
	print::{grouped, pairs},
	progress::Progress,
	Session,
};
use crate::{
	amount,
	chain::{Call, JobEvent, JobId},
	exit::{Code, Failure},
	job::{Buyer, Options, Outcome, Records, Report, Whom},
};
use serde_json::json;
use std::{future::Future, path::PathBuf, process::ExitCode};

/// The exit code of a command that has printed its result.
pub(super) async fn run(session: &Session<'_>, command: JobCommand) -> Result<ExitCode, Failure> {
	let result = match command {
		// What scripts want of it is in the exit code.
		JobCommand::Why { job, provider } => return why::run(session, job, provider).await,
		JobCommand::Run {
			files,
			register,
			wait,
			max_cost,
			id_only,
			whom,
			receive,
		} => {
			let whom = whom
				.whom()
				.map_err(|problem| Failure::usage(problem, "the job file's own limit is max_price in `[offer]`"))?;
			let options = Options {
				whom,
				register,
				wait,
				max_cost,
				..options(receive)
			};
			match files.as_slice() {
				[file] => buy(session, options, id_only, What::Run(file.clone())).await,
				_ => many::run(session, options, id_only, &files).await,
			}
		}
		JobCommand::Fetch { job, receive } => buy(session, options(receive), false, What::Fetch(job)).await,
		JobCommand::Quote { files, target, price } => quote::run(session, &files, target, price).await,
		JobCommand::Get { job } => show::get(session, job).await,
		JobCommand::List(arguments) => show::list(session, arguments).await,
		JobCommand::Events(arguments) => events::run(session, arguments).await,
		JobCommand::Reprice { job, price, level } => reprice::reprice(session, job, price, level).await,
		JobCommand::Cancel { job } => cancel(session, job).await,
		JobCommand::Settle { jobs } => settle::settle(session, jobs).await,
		JobCommand::RefuseDelivery { job } => delivery::refuse(session, job).await,
	};
	result.map(|()| ExitCode::SUCCESS)
}

fn options(receive: ReceiveArguments) -> Options {
	Options {
		whom: Whom::AsFiled,
		register: false,
		wait: true,
		wait_timeout: receive.wait_timeout,
		check: receive.check,
		max_cost: None,
		allow_private: receive.allow_private,
		refute: !receive.no_refute,
	}
}

/// A job to begin, or one to go on with.
enum What {
	Run(PathBuf),
	Fetch(JobId),
}

async fn buy(session: &Session<'_>, options: Options, id_only: bool, what: What) -> Result<(), Failure> {
	let key = session.key()?;
	let records = Records::of_user();
	let progress = Progress::new(session.printer);
	let result = interruptible(&progress, async {
		let chain = session.chain().await?;
		let buyer = Buyer {
			chain: &chain,
			key: &key,
			records: &records,
			options,
			observer: &progress,
		};
		let outcome = match &what {
			What::Run(file) => buyer.run(file).await,
			What::Fetch(job) => buyer.fetch(*job).await,
		};
		outcome.map_err(Failure::from)
	})
	.await;
	progress.finish();
	let result = result.map_err(|failure| match progress.job() {
		Some(job) => with_job(failure, job),
		None => failure,
	});
	if id_only {
		// Also when it failed after the job was on the chain: whoever asked for the id goes on from it.
		if let Some(job) = progress.job() {
			session.printer.bare(&job.to_string());
		}
		return result.map(drop);
	}
	match result? {
		Outcome::Submitted(job) => session.printer.show(&json!({ "job": job, "state": "submitted" }), || {
			format!("job {job}\ngo on with: millrace job fetch {job}")
		}),
		Outcome::Done(report) => session.printer.show(&report, || text(&report)),
	}
	Ok(())
}

/// Puts the job's id into a hint to go on with it: what failed may not have known which job it was about.
fn with_job(failure: Failure, job: JobId) -> Failure {
	Failure {
		hint: failure
			.hint
			.replace("`millrace job fetch`", &format!("`millrace job fetch {job}`")),
		..failure
	}
}

/// Runs until done or until Ctrl-C; then says how to go on.
async fn interruptible(
	progress: &Progress<'_>,
	work: impl Future<Output = Result<Outcome, Failure>>,
) -> Result<Outcome, Failure> {
	tokio::select! {
		result = work => result,
		_ = tokio::signal::ctrl_c() => Err(match progress.job() {
			Some(job) => Failure::new(
				Code::Interrupted,
				format!("interrupted; job {job} goes on"),
				format!("`millrace job fetch {job}` goes on from here, `millrace job cancel {job}` takes it back"),
			),
			None => Failure::new(
				Code::Interrupted,
				"interrupted before a job was seen on the chain",
				"`millrace job list` shows whether it was submitted all the same",
			),
		}),
	}
}

/// The report for people.
fn text(report: &Report) -> String {
	let mut rows = vec![
		("job", report.job.to_string()),
		("provider", report.provider.to_string()),
		("items", grouped(report.items)),
		("units, computed", grouped(report.units)),
		("units, for moving data", grouped(report.data_units)),
		("price", report.price.to_string()),
		("held: escrow", amount::print(report.escrow)),
		("paid", amount::print(report.payment)),
		("  of it protocol fee", amount::print(report.protocol_fee)),
		("refunded", amount::print(report.refund)),
		(
			"job fees used",
			format!(
				"{} of {}",
				amount::print(report.job_fees_paid()),
				amount::print(report.job_fees)
			),
		),
		("transaction fees", amount::print(report.transaction_fees)),
		("balance before", amount::print(report.balance_before)),
		("balance after", amount::print(report.balance_after)),
		("final in block", report.block.to_string()),
		("time", format!("{:.1} s", report.seconds.settled)),
	];
	if report.traps > 0 {
		rows.push(("items that trapped", grouped(report.traps)));
	}
	if report.lapsed {
		rows.push(("settled", "by the end of the window".to_owned()));
	}
	for sum in &report.sums {
		rows.push(("sum of a column", grouped(sum)));
	}
	if let Some(output) = &report.output {
		rows.push(("written", output.display().to_string()));
	}
	rows.push(("check", report.check.proves.clone()));
	pairs(rows)
}

async fn cancel(session: &Session<'_>, id: JobId) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let included = chain.call_final(&Call::CancelJob { job: id }, key.pair()).await?;
	let cancelled = included
		.jobs
		.iter()
		.any(|(job, event)| *job == id && *event == JobEvent::Cancelled);
	let object = json!({
		"job": id,
		"cancelled": cancelled,
		"fee": included.fee.to_string(),
		"block": included.block.number,
	});
	session.printer.show(&object, || {
		pairs([
			("cancelled", id.to_string()),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

/// A job is not on the chain, as far as this block knows.
fn not_live(job: JobId) -> Failure {
	Failure::new(
		Code::JobEnded,
		format!("job {job} is not on the chain: it never was, or it has ended"),
		format!("`millrace job list --all` shows the live ones, `millrace job events {job}` how it ended"),
	)
}
