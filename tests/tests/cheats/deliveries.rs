//! An honest root behind an endpoint that serves anything else: the command line says so in a sentence, and its memory
//! and its disk stay as they are.

use super::{
	books::{Block, Scene},
	cast::{price, Cast, Job},
	requests::disk,
	world::{World, FLOOR},
};
use millrace_client::chain::JobId;
use millrace_tests::{cheat::Garble, process::memory, Answer};
use std::{
	process::{Command, Stdio},
	thread,
	time::{Duration, Instant},
};

/// How much more memory a check may take than that of a job that is served as it should be.
const MEMORY: u64 = 64 << 20;
/// How long a check may take, in which it asks again for what may still come.
const LIMIT: Duration = Duration::from_secs(120);
/// How each ends: the exit code, and a part of its sentence.
const EXPECTED: [(Garble, i32, &str); 7] = [
	(Garble::Noise, 9, "is not what was committed"),
	(Garble::Short, 100, "bytes"),
	(Garble::Long, 100, "more than the 16192 bytes"),
	(Garble::Endless, 100, "more than the 16192 bytes"),
	(Garble::Page, 100, "bytes"),
	(Garble::Figures, 9, "is not what was committed"),
	(Garble::Refused, 100, "not delivered"),
];

/// Runs a command, and says how much memory it took at most.
fn measured(mut command: Command) -> (Answer, u64) {
	let child = command
		.stdin(Stdio::null())
		.stdout(Stdio::piped())
		.stderr(Stdio::piped())
		.spawn();
	let mut child = child.expect("the program is built");
	let start = Instant::now();
	let mut peak = 0;
	// What these commands print fits into the pipes.
	while child.try_wait().expect("a child").is_none() {
		peak = peak.max(memory(child.id(), "VmHWM:").unwrap_or(0));
		if start.elapsed() > LIMIT {
			let _ = child.kill();
			panic!("{command:?} did not end in {LIMIT:?}");
		}
		thread::sleep(Duration::from_millis(10));
	}
	let output = child.wait_with_output().expect("its output");
	let answer = Answer {
		code: output.status.code().unwrap_or(-1),
		stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
		stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
	};
	(answer, peak)
}

fn check(cast: &Cast<'_>, job: JobId) -> (Answer, u64) {
	let key = super::world::uri(cast.name, "requester");
	let arguments = ["--key", &key, "check", &job.to_string(), "--refute", "--allow-private"];
	measured(cast.client("requester").command(&arguments))
}

/// All of them, each for one job.
pub(crate) fn garbled(world: &World) -> Scene {
	let mut plays = vec!["80=honest".to_owned()];
	plays.extend(
		Garble::ALL
			.iter()
			.zip(81..)
			.map(|(garble, salt)| format!("{salt}=garbled:{}", garble.name())),
	);
	let plays: Vec<&str> = plays.iter().map(String::as_str).collect();
	let cast = Cast::cheating(world, "garbled", 4 * FLOOR, 4, &plays);
	let mut scene = Scene::of(&cast);
	let jobs: Vec<JobId> = (80..=87)
		.map(|salt| {
			cast.submit(Job {
				window: 200,
				..Job::new(salt, price(250)).without_input()
			})
		})
		.collect();
	for job in &jobs {
		world.committed(*job);
	}
	// All of them are live when the books are closed: what they used up of their fees is still held.
	scene.bought(&cast, 0);

	let (answer, usual) = check(&cast, jobs[0]);
	assert_eq!(answer.code, 0, "{answer:?}");
	let folder = world.folder.join(cast.name).join("requester");
	let before = disk(&folder);
	let peaks: Vec<u64> = thread::scope(|scope| {
		let checks: Vec<_> = EXPECTED
			.into_iter()
			.zip(&jobs[1..])
			.map(|((garble, code, words), job)| {
				let cast = &cast;
				scope.spawn(move || {
					let (answer, peak) = check(cast, *job);
					let name = garble.name();
					assert_eq!(answer.code, code, "{name}: {answer:?}");
					let (sentence, hint) = answer.refusal();
					assert!(
						sentence.contains(words) && !sentence.contains('\n'),
						"{name}: {sentence}"
					);
					assert!(sentence.len() < 1_000 && !hint.is_empty(), "{name}: {sentence}");
					assert!(
						peak < usual + MEMORY,
						"{name}: {} MiB, and {} MiB usually",
						peak >> 20,
						usual >> 20
					);
					println!("delivery {name} | {sentence} | {code} | {} MiB", peak >> 20);
					peak
				})
			})
			.collect();
		checks
			.into_iter()
			.map(|check| check.join().expect("the check ends well"))
			.collect()
	});
	let grown = disk(&folder).saturating_sub(before);
	assert!(grown < 1 << 20, "{grown} bytes on the disk");
	for job in &jobs {
		assert!(
			world.job(*job).is_some(),
			"an honest root is not refuted, whatever is served"
		);
	}
	scene.tell(
		&cast,
		"an honest root, and garbage, endless bodies and wrong lengths in place of its bytes",
		format!(
			"`check` refused {} deliveries with {} to {} MiB of memory, {} MiB usually, and {grown} bytes on the disk",
			peaks.len(),
			peaks.iter().min().unwrap_or(&0) >> 20,
			peaks.iter().max().unwrap_or(&0) >> 20,
			usual >> 20
		),
		Block::Nowhere,
	);
	scene
}
