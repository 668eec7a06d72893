//! The processes of a network. A file in its folder names them, so that whoever finds the folder can tell and end them.

use crate::failure::Failure;
use serde_json::{json, Value};
use std::{
	fs::{self, File},
	io,
	os::unix::process::CommandExt,
	path::{Path, PathBuf},
	process::{self, Child, Command, Stdio},
	sync::{Mutex, MutexGuard},
	thread::sleep,
	time::{Duration, Instant},
};

/// Names the processes. A folder without it is none of ours.
const FILE: &str = "devnet.json";
/// The output of each process; kept until the next start.
const LOGS: &str = "logs";
/// What else a network keeps in its folder.
const CONTENTS: [&str; 4] = ["chain.json", "nodes", "prometheus", "providers"];
/// How processes are asked to end, and for how long they may take each time. A worker that is asked once drains its
/// provider first, for which this chain has no use.
const REQUESTS: [(&str, Duration); 3] = [
	("TERM", Duration::from_secs(1)),
	("TERM", Duration::from_secs(15)),
	("KILL", Duration::from_secs(5)),
];
/// How often something is looked at that is waited for.
const PAUSE: Duration = Duration::from_millis(100);
/// Lines of a log that a failure shows.
const LAST_LINES: usize = 20;

/// A process.
struct Member {
	name: String,
	id: u32,
	/// Where it answers.
	urls: Vec<String>,
	/// There if it was started by this program.
	child: Option<Child>,
}

impl Member {
	/// Reads what [`Member::to_json`] made.
	fn from_json(value: &Value) -> Option<Member> {
		let urls = value["urls"].as_array()?.iter();
		Some(Member {
			name: value["name"].as_str()?.to_owned(),
			id: u32::try_from(value["id"].as_u64()?).ok()?,
			urls: urls.filter_map(Value::as_str).map(str::to_owned).collect(),
			child: None,
		})
	}

	fn to_json(&self) -> Value {
		json!({ "name": self.name, "id": self.id, "urls": self.urls })
	}

	/// Whether it runs. Its number may be that of another program by now, whose command line names no file in this folder.
	fn runs(&mut self, folder: &Path) -> bool {
		if let Some(child) = &mut self.child {
			return matches!(child.try_wait(), Ok(None));
		}
		let line = fs::read(format!("/proc/{}/cmdline", self.id)).unwrap_or_default();
		String::from_utf8_lossy(&line).contains(&format!("{}/", folder.display()))
	}
}

/// The processes of one network.
pub(crate) struct Crew {
	folder: PathBuf,
	members: Mutex<Vec<Member>>,
}

impl Crew {
	/// Makes the folder ready for a new network. What is left of an old one, which must not run any more, is removed.
	pub(crate) fn new(folder: &Path) -> Result<Crew, Failure> {
		fs::create_dir_all(folder).map_err(Failure::of(folder))?;
		let folder = fs::canonicalize(folder).map_err(Failure::of(folder))?;
		let mut entries = fs::read_dir(&folder).map_err(Failure::of(&folder))?;
		if entries.next().is_some() && !folder.join(FILE).exists() {
			return Err(Failure::new(
				format!("{} is not empty, and no network was ever there", folder.display()),
				"name a folder of its own with --state",
			));
		}
		let crew = Crew {
			folder,
			members: Mutex::default(),
		};
		crew.remove(&CONTENTS)?;
		crew.remove(&[LOGS])?;
		fs::create_dir(crew.logs()).map_err(Failure::of(&crew.logs()))?;
		crew.write(&crew.lock())?;
		Ok(crew)
	}

	/// The network that is in a folder, or was.
	pub(crate) fn find(folder: &Path) -> Result<Option<Crew>, Failure> {
		let file = folder.join(FILE);
		let text = match fs::read_to_string(&file) {
			Ok(text) => text,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(Failure::of(&file)(error)),
		};
		let list: Value = serde_json::from_str(&text).unwrap_or_default();
		let members: Option<Vec<Member>> = list
			.as_array()
			.and_then(|list| list.iter().map(Member::from_json).collect());
		let members = members.ok_or_else(|| {
			Failure::new(
				format!("{} does not name the processes of a network", file.display()),
				"end them by hand, and delete the folder",
			)
		})?;
		Ok(Some(Crew {
			folder: folder.to_owned(),
			members: Mutex::new(members),
		}))
	}

	/// Where everything is.
	pub(crate) fn folder(&self) -> &Path {
		&self.folder
	}

	/// Where the output of the processes is.
	pub(crate) fn logs(&self) -> PathBuf {
		self.folder.join(LOGS)
	}

	/// The output of one process.
	pub(crate) fn log(&self, name: &str) -> PathBuf {
		self.logs().join(name).with_extension("log")
	}

	/// Whether it has no process, not even one that has ended.
	pub(crate) fn is_empty(&self) -> bool {
		self.lock().is_empty()
	}

	/// Whether any process runs.
	pub(crate) fn runs(&self) -> bool {
		self.lock().iter_mut().any(|member| member.runs(&self.folder))
	}

	/// The names of processes that run no more.
	pub(crate) fn ended(&self) -> Vec<String> {
		let mut members = self.lock();
		let ended = members.iter_mut().filter_map(|member| {
			let runs = member.runs(&self.folder);
			(!runs).then(|| member.name.clone())
		});
		ended.collect()
	}

	/// Prints a line for each address, with the number of its process, and where the logs are.
	pub(crate) fn print(&self) {
		for member in self.lock().iter_mut() {
			let ended = if member.runs(&self.folder) { "" } else { " has ended" };
			for url in &member.urls {
				println!("{:<11} {url:<36} process {}{ended}", member.name, member.id);
			}
		}
		println!("{:<11} {}", "logs", self.logs().display());
	}

	/// Starts a process that answers at `urls`. It is not ended by what a terminal sends to the programs in front.
	pub(crate) fn start(&self, name: &str, urls: &[String], command: &mut Command) -> Result<(), Failure> {
		let log = self.log(name);
		let output = File::create(&log).map_err(Failure::of(&log))?;
		let errors = output.try_clone().map_err(Failure::of(&log))?;
		let mut members = self.lock();
		let child = command
			.stdin(Stdio::null())
			.stdout(output)
			.stderr(errors)
			.process_group(0)
			.spawn()
			.map_err(|error| {
				Failure::new(
					format!("{} does not start: {error}", command.get_program().to_string_lossy()),
					"build the programs again: cargo build --workspace",
				)
			})?;
		members.push(Member {
			name: name.to_owned(),
			id: child.id(),
			urls: urls.to_owned(),
			child: Some(child),
		});
		self.write(&members)
	}

	/// Notes where a process answers that could not be known before it was started.
	pub(crate) fn answers_at(&self, name: &str, urls: &[String]) -> Result<(), Failure> {
		let mut members = self.lock();
		if let Some(member) = members.iter_mut().find(|member| member.name == name) {
			member.urls = urls.to_owned();
		}
		self.write(&members)
	}

	/// Waits until `done` gives something. It fails if the process of that name ends first, or it takes too long.
	pub(crate) fn wait<T>(
		&self,
		name: &str,
		what: &str,
		limit: Duration,
		mut done: impl FnMut() -> Option<T>,
	) -> Result<T, Failure> {
		let start = Instant::now();
		loop {
			if let Some(found) = done() {
				return Ok(found);
			}
			let ended = self.ended().iter().any(|ended| ended == name);
			if ended || start.elapsed() > limit {
				let why = if ended { "it has ended" } else { "it takes too long" };
				let log = self.log(name);
				let output = fs::read_to_string(&log).unwrap_or_default();
				let lines: Vec<&str> = output.lines().collect();
				let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
				return Err(Failure::new(
					format!("no {what} of {name}: {why}\n{last}"),
					format!("the whole output: {}", log.display()),
				));
			}
			sleep(PAUSE);
		}
	}

	/// Ends everything that runs, and removes all but the logs. Returns how many processes that were.
	pub(crate) fn stop(&self) -> Result<usize, Failure> {
		self.end(&mut self.lock())
	}

	/// The same, and then ends this process. Nobody can start anything meanwhile.
	pub(crate) fn leave(&self) -> ! {
		let mut members = self.lock();
		match self.end(&mut members) {
			Ok(ended) => {
				println!("{ended} processes ended; logs are in {}", self.logs().display());
				process::exit(0)
			}
			Err(failure) => {
				failure.print();
				process::exit(1)
			}
		}
	}

	fn end(&self, members: &mut Vec<Member>) -> Result<usize, Failure> {
		let ended = self.running(members).len();
		for (signal, patience) in REQUESTS {
			for id in self.running(members) {
				// It may have ended in between.
				let _ = Command::new("kill")
					.args(["-s", signal, &id.to_string()])
					.stderr(Stdio::null())
					.status();
			}
			let start = Instant::now();
			while !self.running(members).is_empty() && start.elapsed() < patience {
				sleep(PAUSE);
			}
		}
		if let Some(id) = self.running(members).first() {
			return Err(Failure::new(
				format!("the process {id} cannot be ended"),
				"end it by hand, as the user that started it",
			));
		}
		members.clear();
		self.write(members)?;
		self.remove(&CONTENTS)?;
		Ok(ended)
	}

	/// The numbers of processes that run.
	fn running(&self, members: &mut [Member]) -> Vec<u32> {
		let running = members
			.iter_mut()
			.filter_map(|member| member.runs(&self.folder).then_some(member.id));
		running.collect()
	}

	fn lock(&self) -> MutexGuard<'_, Vec<Member>> {
		self.members.lock().expect("nobody panics while it holds them")
	}

	fn write(&self, members: &[Member]) -> Result<(), Failure> {
		let file = self.folder.join(FILE);
		let list: Vec<Value> = members.iter().map(Member::to_json).collect();
		fs::write(&file, Value::Array(list).to_string()).map_err(Failure::of(&file))
	}

	/// Removes files and folders of these names, if they are there.
	fn remove(&self, names: &[&str]) -> Result<(), Failure> {
		for path in names.iter().map(|name| self.folder.join(name)) {
			let removed = if path.is_dir() {
				fs::remove_dir_all(&path)
			} else {
				fs::remove_file(&path)
			};
			match removed {
				Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::of(&path)(error)),
				_ => {}
			}
		}
		Ok(())
	}
}
