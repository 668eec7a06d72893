//! How long a job will take on this very device.

use crate::backend::message::Probed;
use millrace_compute::{probe, BackendKind, ComputeError, Options, Runner};
use millrace_kernel::{eval::Task, program::Program};
use std::time::{Duration, Instant};

/// Units of the first part of a job that a device is tried with.
const FIRST_UNITS: f64 = (1u64 << 26) as f64;
/// Each part has so many times the items of the one before.
const GROWTH: u32 = 8;
/// A part that takes this long says enough.
const ENOUGH: Duration = Duration::from_millis(100);
/// No new part is begun after this time.
const BUDGET: Duration = Duration::from_millis(500);

/// Runs up to `leaves` leaves of the job, spread over it, on one CPU thread; then, where the backend is a device, ever
/// larger first parts of the job there. The leaves show how the work is spread, the parts how fast the device is.
pub(super) fn trial(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	leaves: u32,
	options: &Options<'_>,
) -> Result<Probed, ComputeError> {
	let probe = probe(runner, program, task, inputs, leaves)?;
	let estimate = match runner.kind() {
		BackendKind::Reference | BackendKind::Cpu => probe.estimate(options.threads),
		BackendKind::Cuda => {
			let units = probe.units as f64 * f64::from(probe.of) / f64::from(probe.leaves.max(1));
			on_device(runner, program, task, inputs, units, options)?
		}
	};
	Ok(Probed {
		leaves: probe.leaves,
		of: probe.of,
		units_per_second: probe.units_per_second() as u64,
		estimate_ms: u64::try_from(estimate.as_millis()).unwrap_or(u64::MAX),
	})
}

/// The time of one part, in seconds, and its units.
#[derive(Clone, Copy)]
struct Part {
	seconds: f64,
	units: f64,
}

fn on_device(
	runner: &Runner,
	program: &Program,
	task: &Task<'_>,
	inputs: &[&[u8]],
	units: f64,
	options: &Options<'_>,
) -> Result<Duration, ComputeError> {
	let begun = Instant::now();
	// Every item costs something, so this does not divide by 0.
	let share = (FIRST_UNITS / units.max(1.0)).min(1.0);
	let mut items = ((f64::from(task.items) * share) as u32).clamp(1, task.items.max(1));
	let mut first: Option<Part> = None;
	loop {
		let start = Instant::now();
		let computed = runner.run(program, &Task { items, ..*task }, inputs, options)?;
		let took = start.elapsed();
		let part = Part {
			seconds: took.as_secs_f64(),
			units: computed.root.units as f64,
		};
		if items >= task.items {
			return Ok(took);
		}
		if took >= ENOUGH || begun.elapsed() >= BUDGET {
			let seconds = extrapolate(first, part, units);
			return Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
		}
		first = first.or(Some(part));
		items = items.saturating_mul(GROWTH).min(task.items);
	}
}

/// The seconds that `units` take: what the first part shows does not grow with them, such as the upload of inputs. With
/// one part only, everything grows.
fn extrapolate(first: Option<Part>, last: Part, units: f64) -> f64 {
	let rate = match first {
		Some(first) if last.units > first.units && last.seconds > first.seconds => {
			(last.seconds - first.seconds) / (last.units - first.units)
		}
		_ => return last.seconds * (units / last.units.max(1.0)).max(1.0),
	};
	last.seconds + (units - last.units).max(0.0) * rate
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn what_is_paid_once_is_counted_once() {
		let first = Part {
			seconds: 0.5,
			units: 100.0,
		};
		let last = Part {
			seconds: 0.75,
			units: 600.0,
		};
		// 0.25 s for 500 units; 4,000 more units take 2 s.
		assert!((extrapolate(Some(first), last, 4_600.0) - 2.75).abs() < 1e-9);
		// Fewer than were run: no less than they took.
		assert_eq!(extrapolate(Some(first), last, 10.0), 0.75);
		assert_eq!(extrapolate(None, last, 6_000.0), 7.5);
		// A clock that saw nothing.
		assert_eq!(extrapolate(Some(last), last, 1_200.0), 1.5);
	}
}
