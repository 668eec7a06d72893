//! The progress of a job on a terminal, or of several side by side.

use super::print::{grouped, table, Printer};
use crate::{
	chain::{JobId, Tick, SECONDS_PER_TICK},
	job::{Candidate, Observer, Stage},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
	collections::BTreeMap,
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};

/// Shows stages as a spinner on standard error, or how many of several jobs are over as a bar, if a person is there. Keeps the
/// jobs' ids for an interrupt.
pub(super) struct Progress<'a> {
	printer: &'a Printer,
	bar: Option<ProgressBar>,
	jobs: Mutex<Vec<JobId>>,
	/// Where each of several jobs stands.
	board: Option<Board>,
}

impl<'a> Progress<'a> {
	pub(super) fn new(printer: &'a Printer) -> Progress<'a> {
		let bar = bar(printer, ProgressBar::new_spinner, "{spinner} {msg} [{elapsed}]");
		Progress {
			printer,
			bar,
			jobs: Mutex::default(),
			board: None,
		}
	}

	/// Of so many jobs. With `id_only` their ids go to standard output as soon as the chain has them.
	pub(super) fn of_many(printer: &'a Printer, count: usize, id_only: bool) -> Progress<'a> {
		let whole = || ProgressBar::new(count as u64);
		let bar = bar(
			printer,
			whole,
			"{bar:24} {pos} of {len} jobs are over; {msg} [{elapsed}]",
		);
		let board = Board {
			id_only,
			stages: Mutex::default(),
		};
		Progress {
			printer,
			bar,
			jobs: Mutex::default(),
			board: Some(board),
		}
	}

	/// The job, once it is on the chain; of several that were submitted one after the other the last one.
	pub(super) fn job(&self) -> Option<JobId> {
		locked(&self.jobs).last().copied()
	}

	/// The jobs that are on the chain, in the order in which they were submitted.
	pub(super) fn jobs(&self) -> Vec<JobId> {
		locked(&self.jobs).clone()
	}

	fn say(&self, text: String) {
		if let Some(bar) = &self.bar {
			bar.set_message(text);
		}
	}

	/// Clears the line.
	pub(super) fn finish(&self) {
		if let Some(bar) = &self.bar {
			bar.finish_and_clear();
		}
	}
}

/// What shows progress, if a person sees it.
fn bar(printer: &Printer, make: impl FnOnce() -> ProgressBar, template: &str) -> Option<ProgressBar> {
	printer.shows_progress().then(|| {
		let bar = make();
		if let Ok(style) = ProgressStyle::with_template(template) {
			bar.set_style(style);
		}
		bar.enable_steady_tick(Duration::from_millis(120));
		bar
	})
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where each of several jobs stands.
struct Board {
	id_only: bool,
	stages: Mutex<BTreeMap<JobId, &'static str>>,
}

impl Board {
	/// Moves a job to a stage, or takes it off; says how many stand where.
	fn set(&self, job: JobId, stage: Option<&'static str>) -> String {
		let mut stages = locked(&self.stages);
		match stage {
			Some(stage) => stages.insert(job, stage),
			None => stages.remove(&job),
		};
		let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
		for stage in stages.values().copied() {
			*counts.entry(stage).or_default() += 1;
		}
		let counts: Vec<String> = counts.iter().map(|(stage, count)| format!("{count} {stage}")).collect();
		counts.join(", ")
	}
}

impl Observer for Progress<'_> {
	fn stage(&self, stage: &Stage) {
		self.say(words(stage));
	}

	fn stage_of(&self, job: JobId, stage: &Stage) {
		match &self.board {
			Some(board) => self.say(board.set(job, Some(word(stage)))),
			None => self.stage(stage),
		}
	}

	fn over(&self, job: JobId) {
		if let Some(board) = &self.board {
			self.say(board.set(job, None));
		}
		if let Some(bar) = &self.bar {
			bar.inc(1);
		}
	}

	fn note(&self, text: &str) {
		match &self.bar {
			Some(bar) => bar.suspend(|| self.printer.note(text)),
			None => self.printer.note(text),
		}
	}

	fn measured(&self, candidates: &[Candidate]) {
		self.note(&candidates_text(candidates));
	}

	fn submitted(&self, job: JobId) {
		locked(&self.jobs).push(job);
		let print = || self.printer.bare(&job.to_string());
		match (&self.board, &self.bar) {
			(Some(board), Some(bar)) if board.id_only => bar.suspend(print),
			(Some(board), None) if board.id_only => print(),
			(None, Some(_)) => self.note(&format!("job {job}")),
			// The run says which of several jobs is which.
			_ => {}
		}
	}
}

/// What a job does, where it is one of several.
fn word(stage: &Stage) -> &'static str {
	match stage {
		Stage::Planning | Stage::Measuring { .. } | Stage::Registering | Stage::Submitting => "beginning",
		Stage::Waiting => "waiting for a provider",
		Stage::Assigned { .. } => "to be accepted",
		Stage::Pushing { .. } => "sending inputs",
		Stage::Running { .. } => "computing",
		Stage::Fetching { .. } | Stage::FetchingInputs { .. } => "fetching",
		Stage::Checking => "checking",
		Stage::Refuting { .. } => "refuting",
		Stage::Demanding { .. } | Stage::Providing { .. } => "waiting for leaves",
		Stage::Settling => "paying",
	}
}

fn words(stage: &Stage) -> String {
	match stage {
		Stage::Planning => "reading files and rules".to_owned(),
		Stage::Measuring { candidates } => format!("measuring the ways to {candidates} providers"),
		Stage::Registering => "registering the kernel".to_owned(),
		Stage::Submitting => "submitting".to_owned(),
		Stage::Waiting => "waiting for a provider".to_owned(),
		Stage::Assigned { provider, until, now } => {
			format!("provider {provider} is to accept within {}", time_left(*until, *now))
		}
		Stage::Pushing { done, total } => format!("pushing inputs, {}", share(*done, *total)),
		Stage::Running {
			provider,
			deadline,
			now,
		} => {
			format!("provider {provider} computes, {} left", time_left(*deadline, *now))
		}
		Stage::Fetching { done, total } => format!("fetching the result, {}", share(*done, *total)),
		Stage::FetchingInputs { done, total } => format!("fetching the inputs, {}", share(*done, *total)),
		Stage::Checking => "rebuilding the commitment and re-running leaves".to_owned(),
		Stage::Refuting { leaf } => format!("refuting the result by leaf {leaf}, and waiting for finality"),
		Stage::Demanding {
			missing,
			until: Some(until),
			now,
		} => format!("{missing} leaves are to come within {}", time_left(*until, *now)),
		Stage::Demanding {
			missing, until: None, ..
		} => format!("the demand for {missing} leaves waits for others of this provider"),
		Stage::Providing { missing } => format!("providing leaves, {missing} are missing"),
		Stage::Settling => "paying, and waiting for finality".to_owned(),
	}
}

/// Candidates and what was measured of them, in the order in which they are asked.
fn candidates_text(candidates: &[Candidate]) -> String {
	let rows = candidates.iter().map(|candidate| {
		let record = &candidate.record;
		let (trip, connect) = match &candidate.way {
			Ok(way) => (
				format!("{:.1} ms", way.millis()),
				format!("{} ms", way.connect.as_millis()),
			),
			Err(reason) => ("-".to_owned(), reason.clone()),
		};
		vec![
			candidate.provider.to_string(),
			candidate.region.to_string(),
			grouped(candidate.price.0),
			candidate.free.to_string(),
			grouped(record.completed),
			format!("{:.1} %", record.failed_percent()),
			format!("{:.3}", record.success_bound()),
			trip,
			connect,
		]
	});
	table(
		&[
			"provider",
			"region",
			"planck",
			"free lanes",
			"completed",
			"failed",
			"record",
			"round trip",
			"connection",
		],
		rows,
	)
}

pub(super) fn time_left(until: Tick, now: Tick) -> String {
	let seconds = u64::from(until.saturating_sub(now)) * SECONDS_PER_TICK;
	match seconds {
		0..=119 => format!("{seconds} s"),
		120..=7_199 => format!("{} min", seconds / 60),
		_ => format!("{} h", seconds / 3_600),
	}
}

fn share(done: u64, total: u64) -> String {
	let percent = done.saturating_mul(100).checked_div(total).unwrap_or(100);
	format!("{percent} % of {} KiB", total.div_ceil(1024))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		chain::{Price, Record},
		endpoint::RoundTrip,
	};

	#[test]
	fn candidates_are_shown_with_what_was_measured() {
		let reached = Candidate {
			provider: 7,
			region: 3,
			price: Price(1_000_000),
			free: 2,
			record: Record {
				completed: 9,
				late: 1,
				..Record::default()
			},
			way: Ok(RoundTrip {
				connect: Duration::from_millis(31),
				median: Duration::from_micros(12_340),
			}),
		};
		let silent = Candidate {
			provider: 8,
			way: Err("nobody answers".to_owned()),
			..reached.clone()
		};
		let text = candidates_text(&[reached, silent]);
		for part in ["1,000,000", "10.0 %", "0.596", "12.3 ms", "31 ms", "nobody answers"] {
			assert!(text.contains(part), "{part}: {text}");
		}
	}

	#[test]
	fn several_jobs_are_counted_by_what_they_do() {
		let board = Board {
			id_only: false,
			stages: Mutex::default(),
		};
		let job = |byte| JobId([byte; 32]);
		assert_eq!(
			board.set(job(1), Some(word(&Stage::Waiting))),
			"1 waiting for a provider"
		);
		board.set(job(2), Some(word(&Stage::Checking)));
		let pushing = Stage::Pushing { done: 1, total: 2 };
		assert_eq!(
			board.set(job(3), Some(word(&pushing))),
			"1 checking, 1 sending inputs, 1 waiting for a provider"
		);
		assert_eq!(
			board.set(job(1), Some(word(&Stage::Checking))),
			"2 checking, 1 sending inputs"
		);
		assert_eq!(board.set(job(2), None), "1 checking, 1 sending inputs");
		board.set(job(1), None);
		assert_eq!(board.set(job(3), None), "");
	}

	#[test]
	fn stages_have_words() {
		assert_eq!(
			words(&Stage::Pushing {
				done: 512,
				total: 2_048
			}),
			"pushing inputs, 25 % of 2 KiB"
		);
		assert_eq!(
			words(&Stage::Pushing { done: 0, total: 0 }),
			"pushing inputs, 100 % of 0 KiB"
		);
		let assigned = Stage::Assigned {
			provider: 3,
			until: 60,
			now: 20,
		};
		assert_eq!(words(&assigned), "provider 3 is to accept within 2 min");
		let running = Stage::Running {
			provider: 3,
			deadline: 20,
			now: 60,
		};
		assert_eq!(words(&running), "provider 3 computes, 0 s left");
	}
}
