//! The worker's handle on its backend: starts processes when they are needed, tries again after a breakdown, and knows
//! when to stop trusting a device.

use super::{
	error::BackendError,
	fallback::{expected, substitute},
	limits::Limits,
	link::Launch,
	message::{FilePath, Probed, Request, Spent, Work},
	process::{Process, Ready, Reply},
	quarantine::{Quarantine, Quarantined},
	state::{Lane, State},
};
use millrace_compute::{BackendKind, Choice};
use std::{
	path::Path,
	sync::{
		atomic::{AtomicBool, Ordering},
		Condvar, Mutex, MutexGuard, PoisonError,
	},
	time::{Duration, Instant},
};

/// How often somebody who waits for a lane looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(50);
/// Kernels that are remembered for having broken the backend down.
const BANNED: usize = 256;

/// A finished run.
#[derive(Clone, Debug)]
pub struct Finished {
	/// The root of the output tree.
	pub root: [u8; 32],
	/// The units of all leaves.
	pub units: u64,
	/// Where the time went.
	pub spent: Spent,
	/// What computed it.
	pub ready: Ready,
	choice: Choice,
}

/// The backend.
pub struct Backend {
	launch: Box<dyn Launch>,
	wanted: Choice,
	limits: Limits,
	quarantine: Quarantine,
	state: Mutex<State>,
	freed: Condvar,
}

impl Backend {
	/// A handle on a backend that is not started yet.
	pub fn new(launch: Box<dyn Launch>, wanted: Choice, limits: Limits, quarantine: Quarantine) -> Self {
		Self {
			launch,
			wanted,
			limits,
			quarantine,
			state: Mutex::new(State {
				choice: wanted,
				..State::default()
			}),
			freed: Condvar::new(),
		}
	}

	/// Starts a process and says what it is. An automatic choice goes on to the next slower backend when one does not
	/// start.
	///
	/// # Errors
	/// The backend that was named cannot be used.
	pub fn start(&self) -> Result<Ready, BackendError> {
		let mut lease = self.lease(Lane::Trial, &AtomicBool::new(false))?;
		loop {
			let choice = self.lock().choice;
			match lease.process() {
				Ok(process) => return Ok(process.ready().clone()),
				Err(error) if self.wanted == Choice::Auto && error.is_breakdown() => {
					self.leave(choice, expected(choice), &error.to_string());
				}
				Err(error) => return Err(error),
			}
		}
	}

	/// What computes at present, once something was started.
	pub fn ready(&self) -> Option<Ready> {
		self.lock().ready.clone()
	}

	/// Which backend computes at present.
	pub fn kind(&self) -> BackendKind {
		self.lock().kind()
	}

	/// What computes at present, in one line for people, and why it is not what was wanted.
	pub fn describe(&self) -> String {
		let state = self.lock();
		let what = match &state.ready {
			Some(ready) => format!("{}: {}", ready.kind, ready.description),
			None => format!("{}, not started", state.choice),
		};
		match &state.note {
			Some(note) => format!("{what}; {note}"),
			None => what,
		}
	}

	/// Why no new jobs may be taken, if so.
	pub fn stopped(&self) -> Option<String> {
		self.lock().stopped.clone()
	}

	/// The devices that are not used.
	pub fn quarantined(&self) -> Vec<Quarantined> {
		self.quarantine.list()
	}

	/// Whether what a device computed may be committed.
	pub fn is_trusted(&self, device: &str) -> bool {
		self.quarantine.reason(device).is_none()
	}

	/// Compiles the job's kernel, runs up to `leaves` of its leaves, and estimates the whole run.
	///
	/// # Errors
	/// After two breakdowns the job is given up.
	pub fn probe(&self, work: &Work, leaves: u32, cancel: &AtomicBool) -> Result<Probed, BackendError> {
		self.twice(Lane::Trial, work, cancel, |process| {
			let request = |id| Request::Probe {
				id,
				work: work.clone(),
				leaves,
			};
			match process.ask(request, Duration::ZERO, cancel, &mut |_, _| {})? {
				Reply::Probed(probed) => Ok(probed),
				Reply::Done { .. } => Err(process.out_of_order()),
			}
		})
	}

	/// Runs the whole job and has its bundle written to `output`. `accept` then looks at the bundle; what it says
	/// against it counts as a breakdown. `step` is the estimate for one step of progress, and `progress` is told the
	/// leaves done and the leaves in all.
	///
	/// # Errors
	/// After two breakdowns the job is given up.
	pub fn run<T>(
		&self,
		work: &Work,
		output: &Path,
		step: Duration,
		cancel: &AtomicBool,
		progress: &mut dyn FnMut(u32, u32),
		accept: &mut dyn FnMut(&Finished) -> Result<T, String>,
	) -> Result<(Finished, T), BackendError> {
		self.twice(Lane::Run, work, cancel, |process| {
			let request = |id| Request::Run {
				id,
				work: work.clone(),
				output: FilePath::new(output),
			};
			let Reply::Done { root, units, spent } = process.ask(request, step, cancel, progress)? else {
				return Err(process.out_of_order());
			};
			let finished = Finished {
				root,
				units,
				spent,
				ready: process.ready().clone(),
				choice: process.choice(),
			};
			let accepted = accept(&finished).map_err(BackendError::WrongBundle)?;
			Ok((finished, accepted))
		})
	}

	/// A result was wrong: what computed it is not used any more, now and after a restart.
	pub fn condemn(&self, finished: &Finished, reason: &str) {
		self.put_away(&finished.ready.device, reason);
		self.leave(finished.choice, finished.ready.kind, reason);
	}

	/// Tries `step` on a process, and once more on a fresh one if the first breaks down.
	fn twice<T>(
		&self,
		lane: Lane,
		work: &Work,
		cancel: &AtomicBool,
		mut step: impl FnMut(&mut Process) -> Result<T, BackendError>,
	) -> Result<T, BackendError> {
		let kernel = work.kernel_hash();
		if let Some(since) = self.banned(&kernel) {
			return Err(BackendError::Banned(since));
		}
		let mut lease = self.lease(lane, cancel)?;
		let mut is_last = false;
		loop {
			let choice = self.lock().choice;
			match lease.process().and_then(&mut step) {
				Ok(result) => {
					// Trying a kernel shows too little of a device to make up for runs that broke it down.
					if matches!(lane, Lane::Run) {
						self.lock().strikes.clear();
					}
					return Ok(result);
				}
				Err(error) if error.is_breakdown() => {
					lease.discard();
					if cancel.load(Ordering::Relaxed) {
						return Err(BackendError::Cancelled);
					}
					let cause = std::error::Error::source(&error).map(ToString::to_string);
					tracing::error!(%error, cause, again = !is_last, "the backend broke down");
					// A process that cannot be ended still holds the device: another would only join it.
					if is_last || matches!(error, BackendError::Unkillable(_)) {
						self.strike(kernel, choice, &error);
						return Err(error);
					}
					is_last = true;
				}
				Err(error) => return Err(error),
			}
		}
	}

	/// How long ago the kernel broke the backend down, if that was in the last time.
	fn banned(&self, kernel: &[u8; 32]) -> Option<Duration> {
		let since = self.lock().banned.get(kernel)?.elapsed();
		Some(since).filter(|since| *since < self.limits.ban)
	}

	/// Notes that a kernel broke the backend down twice. Several kernels in a row are more likely the device's fault.
	fn strike(&self, kernel: [u8; 32], choice: Choice, error: &BackendError) {
		let (device, kind, strikes) = {
			let mut state = self.lock();
			if state.choice != choice {
				return;
			}
			if !state.strikes.contains(&kernel) {
				state.strikes.push(kernel);
			}
			let ban = self.limits.ban;
			state.banned.retain(|_, since| since.elapsed() < ban);
			if state.banned.len() < BANNED {
				state.banned.insert(kernel, Instant::now());
			}
			let device = state.ready.as_ref().map(|ready| ready.device.clone());
			(device, state.kind(), state.strikes.len())
		};
		if strikes < self.limits.strikes && !matches!(error, BackendError::Unkillable(_)) {
			return;
		}
		let reason = match error {
			BackendError::Unkillable(_) => error.to_string(),
			_ => format!("it broke down for {strikes} kernels in a row, at last: {error}"),
		};
		if let Some(device) = device {
			self.put_away(&device, &reason);
		}
		self.leave(choice, kind, &reason);
	}

	fn put_away(&self, device: &str, reason: &str) {
		tracing::error!(device, reason, "the device is in quarantine");
		if let Err(error) = self.quarantine.add(device, reason) {
			let cause = std::error::Error::source(&error).map(ToString::to_string);
			tracing::error!(%error, cause, "the quarantine holds only until the worker is started again");
		}
	}

	/// Goes on to what is slower than `kind`, unless somebody did already. Only an automatic choice takes new jobs with
	/// that; with a backend that was named, it finishes those at hand.
	fn leave(&self, choice: Choice, kind: BackendKind, reason: &str) {
		let mut state = self.lock();
		if state.choice != choice || state.exhausted {
			return;
		}
		let idle = std::mem::take(&mut state.idle);
		let next = substitute(kind);
		let note = format!("{kind} is not used: {reason}");
		match next {
			Some(next) if self.wanted == Choice::Auto => {
				tracing::error!(reason, "{kind} is not used any more; jobs run on {next} from now on");
			}
			_ => {
				tracing::error!(
					reason,
					"{kind} is not used any more, so no new jobs are taken; look at the device, then lift the quarantine \
					 with `millrace-worker release` and start the worker again, or start it with another --backend"
				);
				state.stopped = Some(note.clone());
			}
		}
		match next {
			Some(next) => state.choice = next,
			None => state.exhausted = true,
		}
		state.ready = None;
		state.note = Some(note);
		state.strikes.clear();
		state.banned.clear();
		drop(state);
		// Ending processes takes time.
		drop(idle);
	}

	fn lease(&self, lane: Lane, cancel: &AtomicBool) -> Result<Lease<'_>, BackendError> {
		let mut state = self.lock();
		while *state.lane(lane) {
			if cancel.load(Ordering::Relaxed) {
				return Err(BackendError::Cancelled);
			}
			state = match self.freed.wait_timeout(state, LOOK) {
				Ok((state, _)) => state,
				Err(poisoned) => poisoned.into_inner().0,
			};
		}
		*state.lane(lane) = true;
		drop(state);
		Ok(Lease {
			backend: self,
			lane,
			process: None,
		})
	}

	/// A process that waits, or a fresh one.
	fn obtain(&self) -> Result<Process, BackendError> {
		loop {
			let (choice, idle) = {
				let mut state = self.lock();
				if state.exhausted {
					return Err(BackendError::Stopped(state.stopped.clone().unwrap_or_default()));
				}
				(state.choice, state.idle.pop())
			};
			if let Some(process) = idle {
				if process.is_idle() {
					return Ok(process);
				}
				// It ended while nobody asked it for anything, which is no job's fault.
				tracing::warn!("a backend that waited is gone");
				continue;
			}
			let process = Process::start(&*self.launch, choice, self.limits)?;
			let ready = process.ready().clone();
			match self.quarantine.reason(&ready.device) {
				None => {
					let mut state = self.lock();
					if state.choice == choice {
						state.ready = Some(ready);
						return Ok(process);
					}
				}
				Some(reason) => self.leave(choice, ready.kind, &format!("in quarantine: {reason}")),
			}
		}
	}

	fn lock(&self) -> MutexGuard<'_, State> {
		self.state.lock().unwrap_or_else(PoisonError::into_inner)
	}
}

/// The right to a lane, with the process that was used last. Both go back when this is dropped.
struct Lease<'a> {
	backend: &'a Backend,
	lane: Lane,
	process: Option<Process>,
}

impl Lease<'_> {
	fn process(&mut self) -> Result<&mut Process, BackendError> {
		let process = match self.process.take() {
			Some(process) => process,
			None => self.backend.obtain()?,
		};
		Ok(self.process.insert(process))
	}

	/// Ends the process.
	fn discard(&mut self) {
		self.process = None;
	}
}

impl Drop for Lease<'_> {
	fn drop(&mut self) {
		let mut process = self.process.take();
		let mut state = self.backend.lock();
		*state.lane(self.lane) = false;
		if let Some(process) = process.take_if(|process| process.choice() == state.choice && process.is_idle()) {
			state.idle.push(process);
		}
		drop(state);
		self.backend.freed.notify_all();
		// Ending what is of no more use takes time.
		drop(process);
	}
}
