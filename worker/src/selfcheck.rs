//! The check before a commitment: the worker re-runs leaves of what the backend computed.
//!
//! It runs in the worker's own process and by the interpreter alone, whatever computed the result. The interpreter is
//! the definition, so nothing it finds can be its own mistake; it shares no compiler with the backends; and no machine
//! code made from a stranger's program runs in the process that holds the key.
//!
//! Every result has 32 random leaves re-run, the first and the last. The first result of a kernel on a device, that is
//! before anything is known of what the driver's compiler made of it, is re-run as far as a part of the time to the
//! deadline allows. Which pairs of kernel and device have passed that is written down in a small file; losing it costs
//! nothing but another such check.

use crate::{backend::Ready, store::write_whole};
use millrace_client::{chain::to_hex, endpoint::auth::unix_now};
use millrace_compute::{check_within, self_check, BackendKind, Bundle, CheckReport, ComputeError, Runner};
use millrace_kernel::{eval::Task, program::Program};
use serde::{Deserialize, Serialize};
use std::{
	fs, io,
	path::{Path, PathBuf},
	sync::{Mutex, MutexGuard, PoisonError},
	time::Duration,
};

/// The file in the state directory.
pub const FILE: &str = "proved.json";
/// Most pairs in the file; the oldest is forgotten.
const PAIRS: usize = 1_024;
/// The part of the time to the deadline that the first check of a pair may take: a tenth.
const BUDGET_PART: u32 = 10;
/// The least that it may take.
const LEAST_BUDGET: Duration = Duration::from_secs(1);
/// The most.
const MOST_BUDGET: Duration = Duration::from_secs(60);

/// A kernel and a device whose first result was right.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Proved {
	/// The kernel's hash.
	kernel: String,
	/// The device and what drives it.
	device: String,
	/// The version of this program: another one may generate other code.
	version: String,
	/// Leaves that were re-run.
	checked: u32,
	/// Leaves of that job.
	of: u32,
	/// When, in seconds since 1970.
	at: u64,
}

impl Proved {
	fn is_of(&self, kernel: &str, device: &str) -> bool {
		self.kernel == kernel && self.device == device && self.version == env!("CARGO_PKG_VERSION")
	}
}

/// Checks results.
pub struct SelfCheck {
	reference: Runner,
	path: PathBuf,
	proved: Mutex<Vec<Proved>>,
}

impl SelfCheck {
	/// Remembers what was checked in a state directory.
	pub fn open(state: &Path) -> Self {
		let path = state.join(FILE);
		let proved = match fs::read(&path).map(|bytes| serde_json::from_slice(&bytes)) {
			Ok(Ok(proved)) => proved,
			Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
			Ok(Err(_)) | Err(_) => {
				tracing::warn!(path = %path.display(), "cannot be read; first results are checked again");
				Vec::new()
			}
		};
		Self {
			reference: Runner::reference(),
			path,
			proved: Mutex::new(proved),
		}
	}

	/// Re-runs leaves of a bundle that `ready` computed, `left` before the deadline.
	///
	/// # Errors
	/// Leaves cannot be re-run here. That says nothing about the bundle.
	pub fn check(
		&self,
		ready: &Ready,
		program: &Program,
		task: &Task<'_>,
		inputs: &[&[u8]],
		bundle: &Bundle,
		left: Duration,
	) -> Result<CheckReport, ComputeError> {
		let sample = self_check(&self.reference, program, task, inputs, bundle, rand::random::<u64>())?;
		let kernel = to_hex(&program.hash::<millrace_kernel::tree::Blake2b>());
		// The interpreter against itself finds broken memory; a sample is enough for that.
		if !sample.agrees() || ready.kind == BackendKind::Reference || self.is_proved(&kernel, &ready.device) {
			return Ok(sample);
		}
		if sample.is_complete() {
			self.remember(kernel, ready, &sample);
			return Ok(sample);
		}
		let full = check_within(
			&self.reference,
			program,
			task,
			inputs,
			bundle,
			rand::random::<u64>(),
			budget(left),
		)?;
		if full.agrees() {
			self.remember(kernel, ready, &full);
		}
		Ok(full)
	}

	/// Whether a first result of the kernel on the device was found right.
	fn is_proved(&self, kernel: &str, device: &str) -> bool {
		self.lock().iter().any(|proved| proved.is_of(kernel, device))
	}

	fn remember(&self, kernel: String, ready: &Ready, report: &CheckReport) {
		tracing::info!(
			kernel,
			device = ready.device,
			checked = report.checked,
			of = report.total,
			"first result of this kernel on this device: {}",
			report.proves()
		);
		let mut proved = self.lock();
		proved.retain(|proved| !proved.is_of(&kernel, &ready.device));
		proved.push(Proved {
			kernel,
			device: ready.device.clone(),
			version: env!("CARGO_PKG_VERSION").to_owned(),
			checked: report.checked,
			of: report.total,
			at: unix_now(),
		});
		let surplus = proved.len().saturating_sub(PAIRS);
		proved.drain(..surplus);
		let written = serde_json::to_vec(&*proved)
			.map_err(io::Error::from)
			.and_then(|bytes| write_whole(&self.path, &bytes));
		if let Err(error) = written {
			tracing::warn!(path = %self.path.display(), %error, "cannot be written; the check will be done again");
		}
	}

	fn lock(&self) -> MutexGuard<'_, Vec<Proved>> {
		self.proved.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// How long the first check of a pair may take.
fn budget(left: Duration) -> Duration {
	(left / BUDGET_PART).clamp(LEAST_BUDGET, MOST_BUDGET)
}

#[cfg(test)]
mod tests {
	use super::*;
	use millrace_compute::{parse_bundle, Hardware, Options};
	use millrace_kernel::asm::assemble;

	const ITEMS: u32 = 700_000;

	fn ready(device: &str) -> Ready {
		Ready {
			kind: BackendKind::Cuda,
			device: device.to_owned(),
			description: String::new(),
			hardware: Hardware::default(),
		}
	}

	fn program() -> Program {
		assemble(".item 4\n.max_units 100\n.w i zero\n  index i\n  sto32 [zero + 0], i\n").unwrap()
	}

	/// The right bundle, with one bit of one byte of item `wrong` changed.
	fn bundle(program: &Program, task: &Task<'_>, wrong: Option<usize>) -> Bundle {
		let computed = Runner::reference()
			.run(program, task, &[], &Options::default())
			.unwrap();
		let mut bytes = computed.bundle();
		if let Some(item) = wrong {
			bytes[item * 4 + 1] ^= 0x10;
		}
		let header = program.header();
		parse_bundle(&bytes, task.items, header.item_size, program.items_per_leaf()).unwrap()
	}

	#[test]
	fn one_wrong_byte_of_a_first_result_is_found() {
		let dir = tempfile::tempdir().unwrap();
		let program = program();
		let task = Task {
			items: ITEMS,
			max_units: 100,
			params: &[],
		};
		let (right, wrong) = (bundle(&program, &task, None), bundle(&program, &task, Some(123_456)));
		// 256 items a leaf; 2,735 leaves: a sample of 34 finds one wrong leaf once in eighty times.
		assert_eq!(right.leaves().len(), 2_735);
		let hour = Duration::from_secs(3_600);

		let checks = SelfCheck::open(dir.path());
		let report = checks.check(&ready("one"), &program, &task, &[], &wrong, hour).unwrap();
		assert_eq!(
			report.mismatches.iter().map(|found| found.leaf).collect::<Vec<_>>(),
			[482]
		);
		// A wrong result proves nothing.
		let report = checks.check(&ready("one"), &program, &task, &[], &right, hour).unwrap();
		assert!(report.agrees() && report.is_complete());
		// From then on a sample is enough, after a restart too, and only for this device.
		let checks = SelfCheck::open(dir.path());
		let report = checks.check(&ready("one"), &program, &task, &[], &right, hour).unwrap();
		assert!(report.agrees() && report.checked <= 34);
		let report = checks.check(&ready("two"), &program, &task, &[], &right, hour).unwrap();
		assert!(report.is_complete());
	}

	#[test]
	fn a_damaged_file_costs_another_check_and_the_file_stays_small() {
		let dir = tempfile::tempdir().unwrap();
		fs::write(dir.path().join(FILE), "{").unwrap();
		let checks = SelfCheck::open(dir.path());
		let report = CheckReport {
			checked: 1,
			random: 1,
			total: 1,
			mismatches: Vec::new(),
		};
		for number in 0..PAIRS + 2 {
			// Written once at the end is enough.
			let proved = Proved {
				kernel: format!("0x{number}"),
				device: "one".to_owned(),
				version: env!("CARGO_PKG_VERSION").to_owned(),
				checked: 1,
				of: 1,
				at: 0,
			};
			checks.lock().push(proved);
		}
		checks.remember("0xlast".to_owned(), &ready("one"), &report);
		let checks = SelfCheck::open(dir.path());
		assert_eq!(checks.lock().len(), PAIRS);
		assert!(checks.is_proved("0xlast", "one") && !checks.is_proved("0x2", "one"));
		assert!(checks.is_proved("0x3", "one") && !checks.is_proved("0xlast", "two"));
	}

	#[test]
	fn the_budget_is_a_tenth_of_the_time_within_bounds() {
		assert_eq!(budget(Duration::from_secs(100)), Duration::from_secs(10));
		assert_eq!(budget(Duration::from_secs(3)), Duration::from_secs(1));
		assert_eq!(budget(Duration::from_secs(86_400)), Duration::from_secs(60));
	}
}
