//! How much of copying, computing and hashing happens at once in a large job.

use super::OVERLAP;
use crate::{
	cases,
	report::{median, Report},
};
use millrace_compute::{cuda::Trace, with_causes, Choice, Options, Runner};

const WARM_UP: usize = 1;
const ROUNDS: usize = 5;
/// A picture of 17,408 × 17,408 pixels: 289 MiB. It has no inputs, whose upload nothing could overlap with.
const SCALE: usize = 34 * 34;

pub(super) fn measure(report: &mut Report) {
	let traces = match traces() {
		Ok(traces) => traces,
		Err(why) => return report.not_measured("W5", OVERLAP.0, &why),
	};
	let overlap = median(traces.iter().map(Trace::overlap).collect());
	let figure = format!("{:.1} %", overlap * 100.0);
	report.goal("W5", &figure, OVERLAP.0, overlap >= OVERLAP.1);
	if let Some(trace) = traces.last() {
		report.note(&format!(
			"289 MiB of output: computed for {:.1} ms, copied for {:.1} ms, hashed for {:.1} ms, all in {:.1} ms",
			trace.compute.as_secs_f64() * 1e3,
			trace.download.as_secs_f64() * 1e3,
			trace.sink.as_secs_f64() * 1e3,
			trace.wall.as_secs_f64() * 1e3,
		));
	}
}

/// Of whole runs as a worker has them: the sink copies and hashes on all cores.
fn traces() -> Result<Vec<Trace>, String> {
	let runner = Runner::new(Choice::Cuda(None), None).map_err(|error| with_causes(&error))?;
	let case = cases::mandelbrot(SCALE);
	let mut traces = Vec::new();
	for round in 0..WARM_UP + ROUNDS {
		let computed = runner
			.run(&case.program, &case.task(), &[], &Options::default())
			.map_err(|error| with_causes(&error))?;
		if round >= WARM_UP {
			traces.extend(computed.times.trace);
		}
	}
	Ok(traces)
}
