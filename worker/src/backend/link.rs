//! Starting the backend's process, and ending it.

use millrace_compute::Choice;
use std::{
	env,
	ffi::{OsStr, OsString},
	io::{self, BufRead, BufReader, Read, Write},
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread,
	time::{Duration, Instant},
};

/// The program that is running, whatever became of its file since.
const THIS_PROGRAM: &str = "/proc/self/exe";
/// Variables that the process gets: where programs and libraries are, in which language a driver complains, and how
/// much a panic says.
const PASSED: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "LANG", "RUST_BACKTRACE"];
/// Beginnings of names of variables that it gets: which devices there are and how the driver treats them.
const PASSED_PREFIXES: [&str; 3] = ["CUDA_", "NVIDIA_", "LC_"];
/// Most bytes of a line of its standard error that are logged.
const LINE: u64 = 1_024;
/// Most lines of one process that are logged.
const LINES: u32 = 1_000;
/// How often it is looked whether a killed process is gone.
const LOOK: Duration = Duration::from_millis(2);

/// Starts backends.
pub trait Launch: Send + Sync {
	/// Starts one that was never used, on what `choice` names.
	///
	/// # Errors
	/// The operating system's.
	fn launch(&self, choice: Choice) -> io::Result<Link>;
}

/// A backend that was started.
pub struct Link {
	/// Where requests go. The backend ends when this closes.
	pub requests: Box<dyn Write + Send>,
	/// Where answers come from. Closes when the backend ends.
	pub answers: Box<dyn Read + Send>,
	/// Its life.
	pub life: Box<dyn Life>,
}

/// What runs a backend.
pub trait Life: Send {
	/// Its number, for logs.
	fn id(&self) -> u32;

	/// Ends it at once and waits until it is gone, at most for `limit`. Returns how it ended, `None` where it did not.
	fn end(self: Box<Self>, limit: Duration) -> Option<String>;
}

/// This very program, as a backend.
#[derive(Clone, Debug)]
pub struct OwnProgram {
	program: PathBuf,
	threads: usize,
	cache: PathBuf,
}

impl OwnProgram {
	/// The program that is running. `threads` is how many compute, 0 one for each core; `cache` is a folder for
	/// compiled kernels.
	///
	/// # Errors
	/// The operating system does not say which program that is.
	pub fn new(threads: usize, cache: PathBuf) -> io::Result<Self> {
		let program = match Path::new(THIS_PROGRAM) {
			path if path.exists() => path.to_owned(),
			_ => env::current_exe()?,
		};
		Ok(Self::at(program, threads, cache))
	}

	/// A program at another path.
	pub fn at(program: PathBuf, threads: usize, cache: PathBuf) -> Self {
		Self {
			program,
			threads,
			cache,
		}
	}
}

impl Launch for OwnProgram {
	fn launch(&self, choice: Choice) -> io::Result<Link> {
		let mut command = Command::new(&self.program);
		command
			.arg0("millrace-worker")
			.args(["backend", "--backend", &choice.to_string()])
			.args(["--threads", &self.threads.to_string(), "--cache"])
			.arg(&self.cache)
			.env_clear()
			.envs(environment(env::vars_os()));
		spawn(command)
	}
}

/// What a backend's process sees of these variables.
fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (OsString, OsString)> {
	let passes = |name: &OsStr| {
		name.to_str()
			.is_some_and(|name| PASSED.contains(&name) || PASSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
	};
	variables.filter(move |(name, _)| passes(name))
}

/// Starts `command` as a backend; what it writes to standard error goes to the log.
///
/// # Errors
/// The operating system's.
pub fn spawn(mut command: Command) -> io::Result<Link> {
	let mut child = command
		.stdin(Stdio::piped())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn()?;
	let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
	let life = Box::new(Spawned(child));
	let (Some(requests), Some(answers), Some(errors)) = pipes else {
		// All three were asked for.
		let _ = life.end(Duration::ZERO);
		return Err(io::Error::other("the process has no pipes"));
	};
	let pid = life.id();
	let log = thread::Builder::new().name("backend-log".to_owned());
	if let Err(error) = log.spawn(move || forward(pid, errors)) {
		let _ = life.end(Duration::ZERO);
		return Err(error);
	}
	Ok(Link {
		requests: Box::new(requests),
		answers: Box::new(answers),
		life,
	})
}

/// A child process.
struct Spawned(Child);

impl Life for Spawned {
	fn id(&self) -> u32 {
		self.0.id()
	}

	fn end(self: Box<Self>, limit: Duration) -> Option<String> {
		let Spawned(mut child) = *self;
		// Fails only where it has ended already.
		let _ = child.kill();
		let start = Instant::now();
		loop {
			match child.try_wait() {
				Ok(Some(status)) => return Some(status.to_string()),
				Ok(None) if start.elapsed() < limit => thread::sleep(LOOK),
				Ok(None) => {
					// It is collected whenever the driver lets go of it.
					let _ = thread::Builder::new()
						.name("backend-end".to_owned())
						.spawn(move || child.wait());
					return None;
				}
				Err(error) => return Some(error.to_string()),
			}
		}
	}
}

/// Logs what a process writes to standard error: text of drivers and of panics, cut and counted.
fn forward(pid: u32, errors: impl Read) {
	let mut errors = BufReader::new(errors);
	for number in 0u32.. {
		let mut line = Vec::new();
		match errors.by_ref().take(LINE).read_until(b'\n', &mut line) {
			Ok(0) | Err(_) => return,
			Ok(_) => {}
		}
		if number < LINES {
			let text: String = String::from_utf8_lossy(&line)
				.chars()
				.filter(|character| !character.is_control())
				.collect();
			tracing::warn!(pid, "backend: {text}");
		} else if number == LINES {
			tracing::warn!(pid, "backend: says too much; the rest is dropped");
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_environment_holds_no_secrets() {
		let names = [
			"PATH",
			"LD_LIBRARY_PATH",
			"CUDA_VISIBLE_DEVICES",
			"NVIDIA_DRIVER_CAPABILITIES",
			"LC_ALL",
			"HOME",
			"MILLRACE_KEY",
			"MILLRACE_WORKER_STATE",
			"SSH_AUTH_SOCK",
			"XCUDA_X",
		];
		let variables = names.iter().map(|name| (OsString::from(name), OsString::from("x")));
		let passed: Vec<String> = environment(variables)
			.filter_map(|(name, _)| name.into_string().ok())
			.collect();
		assert_eq!(passed, names[..5]);
	}

	#[test]
	fn a_process_is_ended_and_collected() {
		let mut command = Command::new("sleep");
		command.arg("1000");
		let link = spawn(command).unwrap();
		let stat = format!("/proc/{}/stat", link.life.id());
		assert_eq!(
			link.life.end(Duration::from_secs(5)).as_deref(),
			Some("signal: 9 (SIGKILL)")
		);
		assert!(!Path::new(&stat).exists(), "it is a zombie");
	}
}
