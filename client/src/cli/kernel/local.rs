//! `millrace kernel run` and `bench`: kernels on this machine.

use super::super::{
	print::{grouped, pairs, table},
	Session,
};
use crate::{
	exit::{Code, Failure},
	job::{kernel_hash, CheckWish},
	job_file::{write_atomically, OutputError},
	local::{LocalError, LocalJob, Measured},
};
use indicatif::{ProgressBar, ProgressStyle};
use millrace_compute::{check_leaves, parse_bundle, Check, CheckReport, Choice, Computed, Options, Progress, Runner};
use serde_json::{json, Value};
use std::{path::Path, time::Duration};

pub(super) fn run(
	session: &Session<'_>,
	file: &Path,
	backend: Choice,
	threads: usize,
	check: CheckWish,
) -> Result<(), Failure> {
	let job = LocalJob::read(file)?;
	let program = job.program();
	if let Some(output) = job.output() {
		output
			.format
			.check(u64::from(job.task().items) * u64::from(program.header().item_size))
			.map_err(|error| Failure::new(Code::Config, error.to_string(), "correct the job file's [output]"))?;
	}
	let runner = Runner::new(backend, None)?;
	session
		.printer
		.note(&format!("{}: {}", runner.kind(), runner.describe()));
	let computed = with_progress(session, |options| job.run(&runner, options), threads)?;

	let report = compare(&job, &computed, check)?;
	if let Some(report) = report.as_ref().filter(|report| !report.agrees()) {
		return Err(Failure::new(
			Code::CheckFailed,
			report.proves(),
			"nothing was written; this backend computes wrongly here: please report it with the kernel",
		));
	}
	let written = match job.output() {
		Some(output) => {
			let bytes = output.format.encode(&computed.output).map_err(not_written)?;
			write_atomically(&output.file, &bytes).map_err(not_written)?;
			Some((output.file.display().to_string(), output.format.sums(&computed.output)))
		}
		None => None,
	};

	let units = computed.root.units;
	let traps: u64 = computed.leaves.iter().map(|leaf| u64::from(leaf.traps)).sum();
	let seconds = computed.times.run.as_secs_f64();
	let root = crate::chain::to_hex(&computed.root.hash);
	let object = json!({
		"kernel": kernel_hash(program),
		"backend": runner.kind().to_string(),
		"device": runner.device(),
		"items": job.task().items,
		"leaves": computed.leaves.len(),
		"units": units.to_string(),
		"traps": traps,
		"root": root,
		"seconds": seconds,
		"check": report.as_ref().map(CheckReport::proves),
		"output": written.as_ref().map(|(file, _)| file),
		"sums": written.as_ref().map(|(_, sums)| sums),
	});
	session.printer.show(&object, || {
		let mut rows = vec![
			("kernel", kernel_hash(program).to_string()),
			("backend", runner.kind().to_string()),
			("items", grouped(job.task().items)),
			("leaves", grouped(computed.leaves.len())),
			("units", grouped(units)),
			("units an item", grouped(units / u64::from(job.task().items.max(1)))),
			("items that trapped", grouped(traps)),
			("root", root.clone()),
			("time", format!("{seconds:.3} s")),
		];
		rows.extend(report.as_ref().map(|report| ("check", report.proves())));
		if let Some((file, sums)) = &written {
			rows.push(("written to", file.clone()));
			if !sums.is_empty() {
				let sums: Vec<String> = sums.iter().map(grouped).collect();
				rows.push(("column sums", sums.join("  ")));
			}
		}
		pairs(rows)
	});
	Ok(())
}

/// Re-runs leaves by the interpreter.
fn compare(job: &LocalJob, computed: &Computed, check: CheckWish) -> Result<Option<CheckReport>, Failure> {
	let which = match check {
		CheckWish::None => return Ok(None),
		CheckWish::All => Check::All,
		CheckWish::Sample(count) => Check::Sample {
			count,
			seed: u64::from_le_bytes(crate::keys::random()),
		},
	};
	let (program, task) = (job.program(), job.task());
	let bundle = parse_bundle(
		&computed.bundle(),
		task.items,
		program.header().item_size,
		program.items_per_leaf(),
	)
	.map_err(|error| Failure::new(Code::Unexpected, error.to_string(), "please report this"))?;
	let report =
		check_leaves(&Runner::reference(), program, &task, &job.inputs(), &bundle, which).map_err(LocalError::from)?;
	Ok(Some(report))
}

/// Runs with a bar on standard error, if a person is there.
fn with_progress(
	session: &Session<'_>,
	run: impl FnOnce(&Options<'_>) -> Result<Computed, LocalError>,
	threads: usize,
) -> Result<Computed, LocalError> {
	let bar = session.printer.shows_progress().then(|| {
		let bar = ProgressBar::new(0);
		if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} leaves [{elapsed}, {eta} left]") {
			bar.set_style(style);
		}
		bar
	});
	let show = |progress: Progress| {
		if let Some(bar) = &bar {
			bar.set_length(u64::from(progress.leaves));
			bar.set_position(u64::from(progress.done));
		}
	};
	let result = run(&Options {
		threads,
		cancel: None,
		progress: Some(&show),
	});
	if let Some(bar) = &bar {
		bar.finish_and_clear();
	}
	result
}

pub(super) fn bench(
	session: &Session<'_>,
	file: &Path,
	backends: &[Choice],
	threads: usize,
	seconds: u64,
) -> Result<(), Failure> {
	let job = LocalJob::read(file)?;
	let wanted = if backends.is_empty() {
		vec![Choice::Reference, Choice::Cpu, Choice::Cuda(None)]
	} else {
		backends.to_vec()
	};
	let mut measured = Vec::new();
	for choice in wanted {
		let runner = match Runner::new(choice, None) {
			Ok(runner) => runner,
			// Asked for by name it is an error; looked for by itself it is a remark.
			Err(error) if backends.is_empty() => {
				session.printer.note(&error.to_string());
				continue;
			}
			Err(error) => return Err(error.into()),
		};
		session.printer.note(&format!("{choice}: {}", runner.describe()));
		let figures = match choice {
			Choice::Reference => job.measure_reference()?,
			_ => job.measure(&runner, threads, Duration::from_secs(seconds))?,
		};
		measured.push((choice, figures));
	}
	let reference = measured
		.iter()
		.find(|(choice, _)| *choice == Choice::Reference)
		.map(|(_, figures)| figures.ns_per_unit());
	let rows: Vec<Value> = measured
		.iter()
		.map(|(choice, figures)| object(*choice, figures))
		.collect();
	let object = json!({ "kernel": kernel_hash(job.program()), "backends": rows });
	session.printer.show(&object, || {
		let header = [
			"backend",
			"threads",
			"ns a unit",
			"× interpreter",
			"units/s",
			"items/s",
			"MB/s out",
			"hashing",
			"prepare",
		];
		table(
			&header,
			measured
				.iter()
				.map(|(choice, figures)| row(*choice, figures, reference)),
		)
	});
	Ok(())
}

fn object(choice: Choice, figures: &Measured) -> Value {
	json!({
		"backend": choice.to_string(),
		"threads": figures.threads,
		"ns_per_unit": figures.ns_per_unit(),
		"units_per_second": figures.units_per_second(),
		"items_per_second": figures.items_per_second(),
		"bytes_per_second": figures.bytes as f64 / figures.elapsed.as_secs_f64().max(1e-9),
		"hashing_share": figures.hashing,
		"prepare_seconds": figures.prepare.as_secs_f64(),
	})
}

fn row(choice: Choice, figures: &Measured, reference: Option<f64>) -> Vec<String> {
	let seconds = figures.elapsed.as_secs_f64().max(1e-9);
	vec![
		choice.to_string(),
		figures.threads.to_string(),
		format!("{:.3}", figures.ns_per_unit()),
		reference.map_or_else(
			|| "-".to_owned(),
			|reference| format!("{:.1}", reference / figures.ns_per_unit()),
		),
		grouped(figures.units_per_second() as u64),
		grouped(figures.items_per_second() as u64),
		format!("{:.1}", figures.bytes as f64 / 1e6 / seconds),
		format!("{:.0} %", figures.hashing * 100.0),
		format!("{:.1} ms", figures.prepare.as_secs_f64() * 1e3),
	]
}

/// What a failed write means at the edge.
fn not_written(error: OutputError) -> Failure {
	Failure::new(
		Code::Unexpected,
		error.to_string(),
		"look at the folder and the free space",
	)
}
