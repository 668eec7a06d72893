//! Stand-ins for the backend's process.

use crate::fixture::PROGRAM;
use millrace_compute::{parse_bundle, Choice, Options, Runner};
use millrace_kernel::{eval::Task, program::Program};
use millrace_worker::backend::{
	frame::{read_frame, write_frame},
	message::{Answer, FailedKind, Hardware, Kind, Probed, Request, Spent, Stage, Work},
	spawn, Launch, Life, Link, OwnProgram,
};
use std::{
	fs, io,
	net::Shutdown,
	os::unix::net::UnixStream,
	path::Path,
	process::Command,
	sync::atomic::{AtomicUsize, Ordering},
	thread,
	time::{Duration, Instant},
};

/// Another program for the first few times, then the real one.
pub(crate) struct Broken {
	stub: &'static [&'static str],
	times: usize,
	launched: AtomicUsize,
	own: OwnProgram,
}

impl Broken {
	pub(crate) fn new(state: &Path, stub: &'static [&'static str], times: usize) -> Self {
		Self {
			stub,
			times,
			launched: AtomicUsize::new(0),
			own: OwnProgram::at(PROGRAM.into(), 1, state.join("kernels")),
		}
	}
}

impl Launch for Broken {
	fn launch(&self, choice: Choice) -> io::Result<Link> {
		if self.launched.fetch_add(1, Ordering::Relaxed) >= self.times {
			return self.own.launch(choice);
		}
		let mut command = Command::new(self.stub[0]);
		command.args(&self.stub[1..]);
		spawn(command)
	}
}

/// What a stand-in does that no backend should.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Conduct {
	/// Runs a leaf, then is silent.
	HangsInARun,
	/// Shows signs of life for so long, then fails for a reason of its own.
	WorksSlowly(Duration),
	/// Names a root that is not the bundle's.
	LiesAboutTheRoot,
	/// Only the first time.
	LiesOnceAboutTheRoot,
	/// The first time the bundle is a byte short.
	LiesOnceAboutTheLength,
	/// As a CUDA device, it gets one bit of leaf 1,000 wrong.
	OneWrongBitOnCuda,
	/// As a CUDA device, it dies when it is asked to run a job.
	DiesOnCuda,
}

/// A backend in this process, which speaks the protocol and computes with the interpreter.
pub(crate) fn fake(conduct: Conduct) -> Fake {
	Fake {
		conduct,
		launched: AtomicUsize::new(0),
	}
}

pub(crate) struct Fake {
	conduct: Conduct,
	launched: AtomicUsize,
}

impl Launch for Fake {
	fn launch(&self, choice: Choice) -> io::Result<Link> {
		let (ours, theirs) = UnixStream::pair()?;
		let player = Player {
			conduct: self.conduct,
			is_first: self.launched.fetch_add(1, Ordering::Relaxed) == 0,
			kind: match choice {
				Choice::Auto | Choice::Cuda(_) => Kind::Cuda,
				Choice::Cpu => Kind::Cpu,
				Choice::Reference => Kind::Reference,
			},
		};
		thread::spawn(move || player.play(theirs));
		Ok(Link {
			requests: Box::new(ours.try_clone()?),
			answers: Box::new(ours.try_clone()?),
			life: Box::new(Cable(ours)),
		})
	}
}

struct Cable(UnixStream);

impl Life for Cable {
	fn id(&self) -> u32 {
		0
	}

	fn end(self: Box<Self>, _: Duration) -> Option<String> {
		let _ = self.0.shutdown(Shutdown::Both);
		Some("unplugged".to_owned())
	}
}

struct Player {
	conduct: Conduct,
	is_first: bool,
	kind: Kind,
}

impl Player {
	fn play(&self, mut stream: UnixStream) {
		while let Ok(request) = read_frame(&mut stream) {
			let answer = match request {
				Request::Hello { .. } => Some(Answer::Ready {
					kind: self.kind,
					device: format!("fake {:?}", self.kind).to_lowercase(),
					description: "a stand-in".to_owned(),
					hardware: Hardware::default(),
				}),
				Request::Probe { id, .. } => Some(Answer::Probed {
					id,
					probed: Probed {
						leaves: 1,
						of: 1,
						units_per_second: 1,
						estimate_ms: 1,
					},
				}),
				Request::Run { id, work, output } => self.run(id, &work, &output.path(), &mut stream),
				Request::Cancel { .. } => None,
			};
			match answer {
				Some(answer) if write_frame(&mut stream, &answer).is_ok() => {}
				Some(_) => return,
				None => {}
			}
		}
	}

	fn run(&self, id: u64, work: &Work, output: &Path, stream: &mut UnixStream) -> Option<Answer> {
		let progress = |done| Answer::Progress {
			id,
			stage: Stage::Running,
			done,
			leaves: 1_000,
		};
		match self.conduct {
			Conduct::HangsInARun => return Some(progress(1)),
			Conduct::WorksSlowly(time) => {
				let start = Instant::now();
				for done in 1.. {
					if start.elapsed() > time || write_frame(stream, &progress(done)).is_err() {
						break;
					}
					thread::sleep(Duration::from_millis(50));
				}
				return Some(Answer::Failed {
					id,
					kind: FailedKind::Other,
					message: "enough".to_owned(),
				});
			}
			Conduct::DiesOnCuda if self.kind == Kind::Cuda => {
				let _ = stream.shutdown(Shutdown::Both);
				return None;
			}
			_ => {}
		}
		let program = Program::decode(&work.kernel).unwrap();
		let task = Task {
			items: work.items,
			max_units: work.max_units,
			params: &work.params,
		};
		let computed = Runner::reference()
			.run(&program, &task, &[], &Options::default())
			.unwrap();
		let mut bytes = computed.bundle();
		let (item_size, per_leaf) = (program.header().item_size, program.items_per_leaf());
		if self.conduct == Conduct::OneWrongBitOnCuda && self.kind == Kind::Cuda {
			bytes[1_000 * per_leaf as usize * usize::from(item_size) + 5] ^= 0x40;
		}
		let node = parse_bundle(&bytes, work.items, item_size, per_leaf).unwrap().root();
		let mut root = node.hash;
		match self.conduct {
			Conduct::LiesAboutTheRoot => root[0] ^= 1,
			Conduct::LiesOnceAboutTheRoot if self.is_first => root[31] ^= 1,
			Conduct::LiesOnceAboutTheLength if self.is_first => bytes.truncate(bytes.len() - 1),
			_ => {}
		}
		fs::write(output, &bytes).unwrap();
		Some(Answer::Done {
			id,
			root,
			units: node.units,
			spent: Spent::default(),
		})
	}
}
