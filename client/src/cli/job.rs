//! `millrace job`.

use super::{
	arguments::{JobCommand, ReceiveArguments},
	print::{grouped, pairs, table},
	progress::Progress,
	Session,
};
use crate::{
	amount,
	chain::{to_hex, Call, JobEvent, JobId, JobState, JobView, Target, Window},
	exit::{Code, Failure},
	job::{Buyer, Options, Outcome, Records, Report},
};
use serde_json::{json, Value};
use std::{future::Future, path::PathBuf};

pub(super) async fn run(session: &Session<'_>, command: JobCommand) -> Result<(), Failure> {
	match command {
		JobCommand::Run {
			file,
			register,
			wait,
			max_cost,
			id_only,
			receive,
		} => {
			let options = Options {
				register,
				wait,
				max_cost,
				..options(receive)
			};
			buy(session, options, id_only, What::Run(file)).await
		}
		JobCommand::Fetch { job, receive } => buy(session, options(receive), false, What::Fetch(job)).await,
		JobCommand::Get { job } => get(session, job).await,
		JobCommand::List { all } => list(session, all).await,
		JobCommand::Cancel { job } => cancel(session, job).await,
	}
}

fn options(receive: ReceiveArguments) -> Options {
	Options {
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

async fn get(session: &Session<'_>, id: JobId) -> Result<(), Failure> {
	let at = session.chain().await?.best().await?;
	let job = at.job(id).await?.ok_or_else(|| {
		Failure::new(
			Code::JobEnded,
			format!("job {id} is not on the chain: it never was, or it has ended"),
			"`millrace job list --all` shows the live ones",
		)
	})?;
	let tick = at.tick().await?;
	let demand = at.demand(id).await?;
	let mut object = object(&job);
	if let Some(object) = object.as_object_mut() {
		object.insert("tick".to_owned(), tick.into());
		if let Some(demand) = &demand {
			object.insert("demanded_leaves".to_owned(), json!(demand.leaves));
		}
	}
	session.printer.show(&object, || {
		let mut rows = vec![
			("job", job.id.to_string()),
			("state", job.state.name().to_owned()),
			("requester", job.requester.to_string()),
			("kernel", job.spec.kernel.to_string()),
			("items", grouped(job.spec.items)),
			("units an item at most", grouped(job.spec.max_units)),
			("leaves", grouped(job.leaves())),
			("asked of", target(&job)),
			("price", job.price.to_string()),
			("held: escrow", amount::print(job.escrow)),
			(
				"held: job fees",
				amount::print(job.job_fee.saturating_mul(job.fees_left.into())),
			),
			("assignments", job.assignments.to_string()),
			("tick now", tick.to_string()),
		];
		match &job.state {
			JobState::Pending => rows.push(("expires at tick", job.spec.terms.expires.to_string())),
			JobState::Assigned { provider, until } => {
				rows.push(("provider", provider.to_string()));
				rows.push(("accept until tick", until.to_string()));
			}
			JobState::Running { provider, deadline, .. } => {
				rows.push(("provider", provider.to_string()));
				rows.push(("deadline at tick", deadline.to_string()));
			}
			JobState::Committed {
				provider,
				root,
				units,
				window,
				..
			} => {
				rows.push(("provider", provider.to_string()));
				rows.push(("committed root", to_hex(&root.0)));
				rows.push(("committed units", grouped(units)));
				match window {
					Window::Open { end } => {
						rows.push(("window ends at tick", end.to_string()));
						if let Some(latest) = job.lapses_by {
							rows.push(("extended, at most to tick", latest.to_string()));
						}
					}
					Window::Demanded { left, until } => {
						let missing = demand.as_ref().map_or(0, |demand| demand.leaves.len());
						let when = until.map_or_else(
							|| "once the provider's other demands are answered".to_owned(),
							|until| format!("until tick {until}"),
						);
						rows.push(("demanded leaves", format!("{} missing, {when}", grouped(missing))));
						rows.push(("window, ticks left", left.to_string()));
					}
				}
			}
		}
		pairs(rows)
	});
	Ok(())
}

fn target(job: &JobView) -> String {
	match job.spec.terms.target {
		Target::Book { pool, level } => format!("the pool {pool}, at level {} or below", level.0),
		Target::Provider { provider, .. } => format!("provider {provider}"),
	}
}

fn object(job: &JobView) -> Value {
	let mut state = json!({ "name": job.state.name() });
	if let Some(state) = state.as_object_mut() {
		match &job.state {
			JobState::Pending => {}
			JobState::Assigned { provider, until } => {
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("until_tick".to_owned(), (*until).into());
			}
			JobState::Running { provider, deadline, .. } => {
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("deadline_tick".to_owned(), (*deadline).into());
			}
			JobState::Committed {
				provider,
				root,
				units,
				window,
				..
			} => {
				state.insert("provider".to_owned(), (*provider).into());
				state.insert("root".to_owned(), to_hex(&root.0).into());
				state.insert("units".to_owned(), (*units).into());
				match *window {
					Window::Open { end } => {
						state.insert("window_end_tick".to_owned(), end.into());
						state.insert("extended_to_tick_at_most".to_owned(), job.lapses_by.into());
					}
					Window::Demanded { left, until } => {
						state.insert("window_left_ticks".to_owned(), left.into());
						state.insert("demanded_until_tick".to_owned(), until.into());
					}
				}
			}
		}
	}
	json!({
		"job": job.id,
		"state": state,
		"requester": job.requester.to_string(),
		"kernel": job.spec.kernel,
		"items": job.spec.items,
		"max_units": job.spec.max_units,
		"leaves": job.leaves(),
		"target": target(job),
		"price": job.price,
		"escrow": job.escrow.to_string(),
		"fees_left": job.fees_left,
		"job_fee": job.job_fee.to_string(),
		"assignments": job.assignments,
		"expires_tick": job.spec.terms.expires,
	})
}

async fn list(session: &Session<'_>, all: bool) -> Result<(), Failure> {
	let mine = match (all, &session.global.key) {
		(false, Some(_)) => Some(session.key()?.account()),
		_ => None,
	};
	let at = session.chain().await?.best().await?;
	let mut jobs = at.jobs().await?;
	jobs.retain(|job| mine.is_none_or(|account| job.requester == account));
	jobs.sort_by_key(|job| (job.spec.terms.expires, job.id));
	let objects: Vec<Value> = jobs.iter().map(object).collect();
	session
		.printer
		.show(&json!({ "jobs": objects, "block": at.block().number }), || {
			let rows = jobs.iter().map(|job| {
				vec![
					job.id.to_string(),
					job.state.name().to_owned(),
					job.state
						.provider()
						.map_or_else(|| "none".to_owned(), |provider| provider.to_string()),
					grouped(job.spec.items),
					amount::print(job.escrow),
				]
			});
			table(&["job", "state", "provider", "items", "escrow"], rows)
		});
	Ok(())
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
