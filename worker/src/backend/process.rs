//! One process of the backend, as the worker sees it: requests go out, answers come in, silence is noticed.
//!
//! Two threads do nothing but read and write, so that a process which does neither cannot hold up the worker.

use super::{
	error::BackendError,
	frame::{frame, read_frame, FrameError},
	limits::Limits,
	link::{Launch, Life, Link},
	message::{Answer, Probed, Request, Spent, Stage, PROTOCOL},
};
use millrace_compute::{BackendKind, Choice, Hardware};
use std::{
	io::{self, Read, Write},
	sync::{
		atomic::{AtomicBool, Ordering},
		mpsc::{sync_channel, Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError},
	},
	thread,
	time::{Duration, Instant},
};

/// How often a cancellation is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// Answers that wait to be looked at; then the process waits.
const ANSWERS: usize = 64;
/// Requests that wait to be read. More than a request and its cancellation never do.
const REQUESTS: usize = 4;

/// What a process said of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ready {
	/// Which backend it is.
	pub kind: BackendKind,
	/// The device and what drives it.
	pub device: String,
	/// What computes, and why not something faster.
	pub description: String,
	/// What the machine says of what computes.
	pub hardware: Hardware,
}

/// A finished request.
pub(super) enum Reply {
	Probed(Probed),
	Done { root: [u8; 32], units: u64, spent: Spent },
}

/// A process that is ready. Ended when dropped.
pub(super) struct Process {
	requests: SyncSender<Vec<u8>>,
	answers: Receiver<Result<Answer, FrameError>>,
	/// `None` once it was ended.
	life: Option<Box<dyn Life>>,
	pid: u32,
	choice: Choice,
	ready: Ready,
	next: u64,
	limits: Limits,
}

impl Process {
	/// Starts one and waits until it is ready.
	pub(super) fn start(launch: &dyn Launch, choice: Choice, limits: Limits) -> Result<Self, BackendError> {
		let Link {
			requests: to,
			answers: from,
			life,
		} = launch.launch(choice).map_err(BackendError::Start)?;
		let (requests, outgoing) = sync_channel(REQUESTS);
		let (incoming, answers) = sync_channel(ANSWERS);
		let mut process = Self {
			requests,
			answers,
			pid: life.id(),
			life: Some(life),
			choice,
			ready: Ready {
				kind: BackendKind::Reference,
				device: String::new(),
				description: String::new(),
				hardware: Hardware::default(),
			},
			next: 0,
			limits,
		};
		// Both end with the process: its end of the pipes closes.
		thread::Builder::new()
			.name("backend-write".to_owned())
			.spawn(move || write_all(to, &outgoing))
			.map_err(BackendError::Start)?;
		thread::Builder::new()
			.name("backend-read".to_owned())
			.spawn(move || read_all(from, &incoming))
			.map_err(BackendError::Start)?;
		process.ready = process.greet()?;
		tracing::debug!(pid = process.pid, device = process.ready.device, "the process is ready");
		Ok(process)
	}

	fn greet(&mut self) -> Result<Ready, BackendError> {
		self.send(&Request::Hello { protocol: PROTOCOL })?;
		let start = Instant::now();
		loop {
			let left = self.limits.start.saturating_sub(start.elapsed());
			if left.is_zero() {
				return Err(self.silenced(start.elapsed(), None));
			}
			return match self.hear(left)? {
				None => continue,
				Some(Answer::Ready {
					kind,
					device,
					description,
					hardware,
				}) => Ok(Ready {
					kind: kind.into(),
					device,
					description,
					hardware: hardware.into(),
				}),
				Some(Answer::Unusable { message }) => Err(BackendError::Unusable(message)),
				Some(_) => Err(self.out_of_order()),
			};
		}
	}

	/// What it said of itself.
	pub(super) fn ready(&self) -> &Ready {
		&self.ready
	}

	/// What it was started for.
	pub(super) fn choice(&self) -> Choice {
		self.choice
	}

	/// Whether it waits for a request. Nothing is said without being asked, so whatever came is the end.
	pub(super) fn is_idle(&self) -> bool {
		self.life.is_some() && matches!(self.answers.try_recv(), Err(TryRecvError::Empty))
	}

	/// Sends the request that `request` makes of a number, and waits for its answer. `step` is the estimate for one step
	/// of progress; silence for longer than the limits allow ends the process. Setting `cancel` ends the request.
	pub(super) fn ask(
		&mut self,
		request: impl FnOnce(u64) -> Request,
		step: Duration,
		cancel: &AtomicBool,
		progress: &mut dyn FnMut(u32, u32),
	) -> Result<Reply, BackendError> {
		self.next += 1;
		let asked = self.next;
		self.send(&request(asked))?;
		let mut stage = Stage::Loading;
		let mut allowed = self.limits.quiet;
		let mut heard = Instant::now();
		let mut cancelled: Option<Instant> = None;
		loop {
			if cancelled.is_none() && cancel.load(Ordering::Relaxed) {
				cancelled = Some(Instant::now());
				self.send(&Request::Cancel { id: asked })?;
			}
			if cancelled.is_some_and(|since| since.elapsed() > self.limits.cancel) {
				self.end()?;
				return Err(BackendError::Cancelled);
			}
			let silent = heard.elapsed();
			if silent > allowed {
				return Err(self.silenced(silent, Some(stage)));
			}
			let Some(answer) = self.hear(LOOK.min(allowed.saturating_sub(silent)))? else {
				continue;
			};
			heard = Instant::now();
			match answer {
				Answer::Progress {
					id,
					stage: now,
					done,
					leaves,
				} if id == asked => {
					stage = now;
					allowed = self.limits.silence(stage, done, leaves, step);
					if stage == Stage::Running {
						progress(done, leaves);
					}
				}
				Answer::Probed { id, probed } if id == asked => return Ok(Reply::Probed(probed)),
				Answer::Done { id, root, units, spent } if id == asked => {
					return Ok(Reply::Done { root, units, spent });
				}
				Answer::Failed { id, kind, message } if id == asked => return Err(BackendError::failed(kind, message)),
				_ => return Err(self.out_of_order()),
			}
		}
	}

	/// An answer that nobody asked for ends the process.
	pub(super) fn out_of_order(&mut self) -> BackendError {
		match self.end() {
			Ok(_) => BackendError::Protocol("an answer that fits no request".to_owned()),
			Err(error) => error,
		}
	}

	fn silenced(&mut self, after: Duration, stage: Option<Stage>) -> BackendError {
		match self.end() {
			Ok(_) => BackendError::silent(after, stage),
			Err(error) => error,
		}
	}

	fn send(&mut self, request: &Request) -> Result<(), BackendError> {
		let bytes = frame(request).map_err(|error| BackendError::Other(error.to_string()))?;
		match self.requests.try_send(bytes) {
			// A process that is gone is noticed when its answer is awaited.
			Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(()),
			Err(TrySendError::Full(_)) => {
				self.end()?;
				Err(BackendError::Protocol("it reads no requests".to_owned()))
			}
		}
	}

	/// The next answer, if one comes in time.
	fn hear(&mut self, within: Duration) -> Result<Option<Answer>, BackendError> {
		match self.answers.recv_timeout(within) {
			Ok(Ok(answer)) => Ok(Some(answer)),
			Err(RecvTimeoutError::Timeout) => Ok(None),
			Ok(Err(FrameError::Closed | FrameError::Cut)) | Err(RecvTimeoutError::Disconnected) => {
				let status = self.end()?;
				Err(BackendError::Died { status })
			}
			Ok(Err(error)) => {
				self.end()?;
				Err(error.into())
			}
		}
	}

	/// Ends the process. Returns how it ended.
	fn end(&mut self) -> Result<String, BackendError> {
		let Some(life) = self.life.take() else {
			return Ok("it was ended before".to_owned());
		};
		life.end(self.limits.end)
			.ok_or_else(|| BackendError::Unkillable(self.pid.to_string()))
	}
}

impl Drop for Process {
	fn drop(&mut self) {
		if let Err(error) = self.end() {
			tracing::error!(%error, "a process is left behind");
		}
	}
}

fn write_all(mut to: impl Write, outgoing: &Receiver<Vec<u8>>) {
	for bytes in outgoing {
		let written: io::Result<()> = to.write_all(&bytes).and_then(|()| to.flush());
		if written.is_err() {
			return;
		}
	}
}

fn read_all(mut from: impl Read, incoming: &SyncSender<Result<Answer, FrameError>>) {
	loop {
		let answer = read_frame(&mut from);
		let last = answer.is_err();
		if incoming.send(answer).is_err() || last {
			return;
		}
	}
}
