//! The progress of a job on a terminal.

use super::print::{grouped, table, Printer};
use crate::{
	chain::{JobId, Tick, SECONDS_PER_TICK},
	job::{Candidate, Observer, Stage},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
	sync::{Mutex, PoisonError},
	time::Duration,
};

/// Shows stages as a spinner on standard error, if a person is there, and keeps the job's id for an interrupt.
pub(super) struct Progress<'a> {
	printer: &'a Printer,
	bar: Option<ProgressBar>,
	job: Mutex<Option<JobId>>,
}

impl<'a> Progress<'a> {
	pub(super) fn new(printer: &'a Printer) -> Progress<'a> {
		let bar = printer.shows_progress().then(|| {
			let bar = ProgressBar::new_spinner();
			if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
				bar.set_style(style);
			}
			bar.enable_steady_tick(Duration::from_millis(120));
			bar
		});
		Progress {
			printer,
			bar,
			job: Mutex::new(None),
		}
	}

	/// The job, once it is on the chain.
	pub(super) fn job(&self) -> Option<JobId> {
		*self.job.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// Clears the line.
	pub(super) fn finish(&self) {
		if let Some(bar) = &self.bar {
			bar.finish_and_clear();
		}
	}
}

impl Observer for Progress<'_> {
	fn stage(&self, stage: &Stage) {
		if let Some(bar) = &self.bar {
			bar.set_message(words(stage));
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
		*self.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(job);
		if self.bar.is_some() {
			self.note(&format!("job {job}"));
		}
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
