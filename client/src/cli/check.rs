//! `millrace check`.

use super::{
	arguments::CheckArguments,
	print::{grouped, pairs},
	progress::Progress,
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{Chain, JobId, ProviderId, DEMANDABLE_OUTPUT, MEASURER},
	check::{Case, CheckError, Claimant, Delivery, Demanded, Examined, Found, Looked, Looker, Redress, Rerun, Subject},
	exit::{Code, Failure},
	job::{CheckWish, Records},
	job_file::write_atomically,
	keys::{Key, KeyError},
};
use millrace_compute::{Bundle, CheckReport};
use millrace_kernel::tree::SumNode;
use serde::Serialize;
use std::{
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};

/// How long a provider that does not answer is asked again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most leaves that were delivered wrong and are evaluated to put them right.
const MOST_MENDED: u32 = 4_096;

/// What a check showed. Money in planck.
#[derive(Debug, Serialize)]
struct Report {
	job: JobId,
	provider: ProviderId,
	/// Leaves of the job.
	leaves: u32,
	/// Leaves that were re-run.
	checked: u32,
	/// Units that this took.
	units: u64,
	/// Whether every leaf was re-run and is as committed.
	verified: bool,
	/// Whether the result is wrong.
	wrong: bool,
	/// What that means.
	says: String,
	/// What became of the delivery.
	delivery: &'static str,
	#[serde(skip)]
	delivery_says: String,
	/// The leaf that is wrong.
	#[serde(skip_serializing_if = "Option::is_none")]
	leaf: Option<u32>,
	/// What came of the proof.
	#[serde(skip_serializing_if = "Option::is_none")]
	redress: Option<Redress>,
	/// What demanding leaves cost.
	#[serde(with = "amount::text", skip_serializing_if = "is_nothing")]
	demand_cost: Balance,
	/// Where the whole result was put, for `job fetch`.
	#[serde(skip_serializing_if = "Option::is_none")]
	bundle: Option<PathBuf>,
	/// The tick at which the window ends.
	window_end_tick: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde asks for
fn is_nothing(amount: &Balance) -> bool {
	*amount == 0
}

/// How a check ended, beside the report.
enum End {
	Agrees,
	Wrong {
		/// Why it was not refuted, where that was wished.
		problem: Option<CheckError>,
	},
	Failed(Failure),
}

pub(super) async fn run(session: &Session<'_>, arguments: CheckArguments) -> Result<(), Failure> {
	let key = match arguments.refute || arguments.demand {
		true => Some(session.key()?),
		false => None,
	};
	let records = Records::of_user();
	let progress = Progress::new(session.printer);
	let work = async {
		let chain = session.chain().await?;
		let check = Check {
			chain: &chain,
			key: key.as_ref(),
			records: &records,
			progress: &progress,
			arguments: &arguments,
		};
		check.run().await
	};
	let result = tokio::select! {
		result = work => result,
		_ = tokio::signal::ctrl_c() => Err(Failure::new(
			Code::Interrupted,
			format!("interrupted; job {} goes on", arguments.job),
			"a proof or a demand that was sent already is on its way all the same",
		)),
	};
	progress.finish();
	let (report, end) = result?;
	match end {
		End::Agrees => {
			session.printer.show(&report, || text(&report));
			Ok(())
		}
		End::Wrong { problem } => {
			session.printer.show_people(|| text(&report));
			Err(wrong(&report, problem))
		}
		End::Failed(failure) => {
			let details = serde_json::to_value(&report).unwrap_or_default();
			Err(failure.with_details(details))
		}
	}
}

/// The failure of a result that is wrong, refuted or not.
fn wrong(report: &Report, problem: Option<CheckError>) -> Failure {
	let message = format!(
		"the result that provider {} committed for job {} is wrong: {}",
		report.provider, report.job, report.says
	);
	let (message, hint) = match (&report.redress, problem) {
		(Some(redress), _) => (format!("{message}; {redress}"), String::new()),
		(None, Some(problem)) => (format!("{message}; it is not refuted: {problem}"), problem.hint()),
		(None, None) => (
			message,
			format!(
				"until tick {} `millrace check {} --refute` proves it to the chain",
				report.window_end_tick, report.job
			),
		),
	};
	let details = serde_json::to_value(report).unwrap_or_default();
	Failure::new(Code::CheckFailed, message, hint).with_details(details)
}

fn text(report: &Report) -> String {
	let mut rows = vec![
		("job", report.job.to_string()),
		("provider", report.provider.to_string()),
		(
			"leaves re-run",
			format!("{} of {}", grouped(report.checked), grouped(report.leaves)),
		),
		("units re-run", grouped(report.units)),
		("delivery", report.delivery_says.clone()),
	];
	if report.demand_cost > 0 {
		rows.push(("demanding leaves cost", amount::print(report.demand_cost)));
	}
	match &report.redress {
		Some(Redress::Refuted { block, fee, amounts }) => {
			rows.push(("refuted, final in block", block.to_string()));
			rows.push(("transaction fee", amount::print(*fee)));
			rows.push(("refunded to the requester", amount::print(amounts.refund)));
			rows.push(("job fees returned", amount::print(amounts.fees_returned)));
			rows.push(("stake set aside", amount::print(amounts.slashed)));
			rows.push(("of it to the refuter", amount::print(amounts.bounty)));
			rows.push(("of it to the requester", amount::print(amounts.to_requester)));
			if let Some(due) = amounts.due {
				rows.push(("paid at tick", due.to_string()));
			}
		}
		Some(redress) => rows.push(("redress", redress.to_string())),
		None => {}
	}
	if let Some(bundle) = &report.bundle {
		rows.push(("whole result in", bundle.display().to_string()));
	}
	rows.push(("check", report.says.clone()));
	pairs(rows)
}

/// What the protocol offers where the provider shows nothing.
fn offer(subject: &Subject, report: &Report) -> String {
	let bytes = subject.output_bytes();
	if subject.requester == MEASURER {
		return format!(
			"it measures a device, so anybody can make the provider show its leaves on the chain: `millrace check {} --demand \
			 --refute`",
			subject.job
		);
	}
	if bytes <= DEMANDABLE_OUTPUT {
		return format!(
			"its requester can make the provider show its leaves on the chain: `millrace check {} --demand --refute`",
			subject.job
		);
	}
	let error = CheckError::TooLarge {
		job: subject.job,
		bytes,
		window_end: report.window_end_tick,
	};
	format!("{error}: {}", error.hint())
}

struct Check<'a> {
	chain: &'a Chain,
	key: Option<&'a Key>,
	records: &'a Records,
	progress: &'a Progress<'a>,
	arguments: &'a CheckArguments,
}

impl Check<'_> {
	async fn run(&self) -> Result<(Report, End), Failure> {
		let started = Instant::now();
		let at = self.chain.best().await?;
		let subject = Arc::new(Subject::read(&at, self.arguments.job).await?);
		let looker = Looker {
			chain: self.chain,
			records: self.records,
			observer: self.progress,
			allow_private: self.arguments.allow_private,
			patience: PATIENCE,
			most_mended: MOST_MENDED,
		};
		let Looked { examined, rerun } = looker
			.look(subject.clone(), &self.arguments.inputs, self.arguments.leaves)
			.await?;
		let Examined {
			found,
			delivery,
			bundle,
		} = examined;
		let mut report = Report {
			job: subject.job,
			provider: subject.provider,
			leaves: subject.leaves(),
			checked: 0,
			units: rerun.units(),
			verified: false,
			wrong: false,
			says: String::new(),
			delivery: delivery.name(),
			delivery_says: delivery.to_string(),
			leaf: None,
			redress: None,
			demand_cost: 0,
			bundle: None,
			window_end_tick: subject.window.end(at.tick().await?),
		};
		match found {
			Found::Agrees(checked) => {
				self.agrees(&mut report, &looker, &subject, &checked, bundle.as_ref())?;
				Ok((report, End::Agrees))
			}
			Found::Wrong(case) => {
				report.checked = rerun.evaluated();
				let end = self.wrong(&mut report, &subject, &case).await;
				Ok((report, end))
			}
			Found::Unproven { own, reason } => {
				report.wrong = true;
				report.checked = rerun.evaluated();
				report.says = format!("a run of one's own has another root, and the provider hides the leaf: {reason}");
				if self.arguments.demand {
					return self.demand(report, &looker, &subject, &rerun, Some(own), started).await;
				}
				let message = format!("the result of job {} is wrong: {}", subject.job, report.says);
				let failure = Failure::new(Code::CheckFailed, message, offer(&subject, &report));
				Ok((report, End::Failed(failure)))
			}
			Found::Withheld { reason } => {
				report.says = format!("nothing could be compared: {reason}");
				if self.arguments.demand {
					return self.demand(report, &looker, &subject, &rerun, None, started).await;
				}
				let code = match delivery {
					Delivery::Wrong(_) => Code::CheckFailed,
					_ => Code::JobFailed,
				};
				let message = format!("{}; {}", report.delivery_says, report.says);
				let failure = Failure::new(code, message, offer(&subject, &report));
				Ok((report, End::Failed(failure)))
			}
		}
	}

	fn agrees(
		&self,
		report: &mut Report,
		looker: &Looker<'_>,
		subject: &Subject,
		checked: &CheckReport,
		bundle: Option<&Bundle>,
	) -> Result<(), Failure> {
		report.checked = checked.checked;
		report.verified = checked.is_complete() && checked.agrees();
		report.says = checked.proves();
		// What was put right or was never delivered is what `job fetch` looks for.
		if let (Some(bundle), false, Some(_)) = (bundle, report.delivery == "as committed", looker.record(subject)) {
			let path = self.records.bundle(subject.job);
			write_atomically(&path, &bundle.encode()).map_err(|error| {
				Failure::new(
					Code::Unexpected,
					error.to_string(),
					"look at the folder and the free space",
				)
			})?;
			report.bundle = Some(path);
		}
		Ok(())
	}

	async fn wrong(&self, report: &mut Report, subject: &Subject, case: &Case) -> End {
		report.wrong = true;
		report.leaf = Some(case.leaf());
		report.says = format!(
			"leaf {} of {}: {}",
			grouped(case.leaf()),
			grouped(subject.leaves()),
			case.fraud
		);
		let Some(claimant) = self.claimant().filter(|_| self.arguments.refute) else {
			return End::Wrong { problem: None };
		};
		match claimant.refute(subject, case).await {
			Ok(redress) => {
				report.redress = Some(redress);
				End::Wrong { problem: None }
			}
			Err(error) => End::Wrong { problem: Some(error) },
		}
	}

	fn claimant(&self) -> Option<Claimant<'_>> {
		Some(Claimant {
			chain: self.chain,
			key: self.key?,
			observer: self.progress,
			max_fee: None,
			spent: None,
		})
	}

	async fn demand(
		&self,
		mut report: Report,
		looker: &Looker<'_>,
		subject: &Arc<Subject>,
		rerun: &Rerun,
		own: Option<Vec<SumNode>>,
		started: Instant,
	) -> Result<(Report, End), Failure> {
		let Some(claimant) = self.claimant() else {
			return Err(KeyError::None.into());
		};
		let deadline = self.arguments.wait_timeout.map(|timeout| started + timeout);
		let wish: CheckWish = self.arguments.leaves;
		let (demanded, cost) = claimant.demand(rerun, own, wish, deadline).await?;
		report.demand_cost = cost;
		report.units = rerun.units();
		report.checked = rerun.evaluated();
		match demanded {
			Demanded::Agrees {
				report: checked,
				bundle,
			} => {
				self.agrees(&mut report, looker, subject, &checked, bundle.as_deref())?;
				report.says = format!("on demand, {}", report.says);
				Ok((report, End::Agrees))
			}
			Demanded::Wrong(case) => {
				let end = self.wrong(&mut report, subject, &case).await;
				Ok((report, end))
			}
			Demanded::Silent { block, silence } => {
				report.says = format!(
					"{} demanded leaves never came: void in block {block}, {} and job fees of {} are refunded, {} of the \
					 provider's stake are set aside and will be burned",
					silence.missing,
					amount::print(silence.refund),
					amount::print(silence.fees_returned),
					amount::print(silence.slashed)
				);
				let failure = Failure::new(
					Code::JobFailed,
					format!("job {}: {}", subject.job, report.says),
					"run the job again with another provider",
				);
				Ok((report, End::Failed(failure)))
			}
		}
	}
}
