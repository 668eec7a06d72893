//! Results that are wrong, and the three ways in which the command line finds out.

use super::{
	books::{Block, Conviction, Scene},
	cast::{price, Cast, Job},
	world::{escrow, payment, planck, World, BYTES, FLOOR, ITEMS, JOB_FEE, MAX_UNITS},
};
use millrace_client::chain::{JobId, JobState, Status};
use millrace_compute::{Options, Runner};
use millrace_kernel::{asm::assemble, eval::Task};
use millrace_tests::{cheat, Answer};
use serde_json::Value;
use std::thread;

/// Units that the items of a job with an input take, all together.
pub(crate) fn honest_units(world: &World, salt: u64) -> u64 {
	computed(world, salt).root.units
}

/// The honest result of a job with an input.
pub(crate) fn computed(world: &World, salt: u64) -> millrace_compute::Computed {
	let program = assemble(cheat::WITH_INPUT).expect("a kernel");
	let task = Task {
		items: ITEMS,
		max_units: MAX_UNITS,
		params: &[salt],
	};
	Runner::reference()
		.run(&program, &task, &[&world.input], &Options::default())
		.expect("it runs")
}

/// The details of a command that found a wrong result, which must have refuted it for free with these amounts.
fn refuted(answer: &Answer, conviction: Conviction, escrow: u128) -> Value {
	assert_eq!(answer.code, 9, "{answer:?}");
	let details = answer.json()["error"]["details"].clone();
	redressed(&details["redress"], conviction, escrow);
	details
}

fn redressed(redress: &Value, conviction: Conviction, escrow: u128) {
	assert_eq!(redress["outcome"], "refuted", "{redress}");
	let amounts =
		["fee", "slashed", "bounty", "to_requester", "refund", "fees_returned"].map(|key| planck(&redress[key]));
	assert_eq!(
		amounts,
		[
			0,
			conviction.slash,
			conviction.bounty,
			conviction.to_requester,
			escrow,
			// One of three was used: the provider's acceptance.
			2 * JOB_FEE
		],
		"{redress}"
	);
}

/// A wrong byte meets a requester that re-runs what it buys. The provider serves its time and is honest again.
pub(crate) fn wrong_byte(world: &World) -> Scene {
	let cast = Cast::cheating(world, "byte", FLOOR, 1, &["1=wrong-byte", "2=honest"]);
	let mut scene = Scene::of(&cast);
	let (price, held) = (price(4_000), escrow(BYTES, price(4_000)));
	scene.bought(&cast, 2);
	let conviction = scene.convicted(&cast, (&cast, "requester"), held);
	let answer = cast.buy(Job::new(1, price));
	let details = refuted(&answer, conviction, held);
	let (sentence, _) = answer.refusal();
	assert!(sentence.contains("leaf 5 of 16"), "{sentence}");
	let job = details["job"].as_str().and_then(|id| id.parse().ok()).expect("a job");
	scene.tell(
		&cast,
		"one wrong byte in leaf 5 of 16",
		"`job run` re-ran every leaf",
		Block::EndOf(job),
	);

	// Everything is gone; after the chill its owner may begin anew.
	let view = world.wait("the end of the chill", async || {
		let at = world.chain.best().await.ok()?;
		let view = at.provider(cast.provider).await.ok()??;
		match view.status {
			Status::Chilled { until } => (at.tick().await.ok()? >= until).then_some(view),
			_ => None,
		}
	});
	assert_eq!((view.active, view.record.refuted), (0, 1));
	world.paid_up(cast.provider);
	let id = cast.provider.to_string();
	let early = cast.run("owner", &["provider", "reactivate", &id]);
	assert_eq!(early.code, 6, "without stake: {early:?}");
	for arguments in [
		vec!["provider", "bond", &id, "336"],
		vec!["provider", "reactivate", &id],
	] {
		let done = cast.run("owner", &arguments);
		assert_eq!(done.code, 0, "{done:?}");
	}
	let answer = cast.buy(Job::new(2, price));
	assert_eq!(answer.code, 0, "{answer:?}");
	let paid = payment(BYTES, honest_units(world, 2), price);
	assert_eq!(planck(&answer.json()["payment"]), paid);
	scene.paid(&cast, paid);
	scene
}

/// Public results are wrong, and strangers find it: one checks a job, another patrols. The real worker's is right.
pub(crate) fn patrol(world: &World, honest: &Cast<'_>) -> Scene {
	let public = |salt, milli| Job {
		public: true,
		..Job::new(salt, price(milli))
	};
	let copied = format!("14=copied:{}:13", honest.provider);
	let right = honest.submit(public(13, 1_500));
	// Twice the floor is more than twelve times the largest escrow.
	let (units, trap, copy) = thread::scope(|scope| {
		let units = scope.spawn(|| Cast::cheating(world, "units", 2 * FLOOR, 1, &["11=units"]));
		let trap = scope.spawn(|| Cast::cheating(world, "trap", FLOOR, 1, &["12=trap"]));
		let copy = Cast::cheating(world, "copied", FLOOR, 1, &[&copied]);
		(units.join().expect("it starts"), trap.join().expect("it starts"), copy)
	});
	let root = |job| match world.committed(job).state {
		JobState::Committed { root, .. } => root,
		_ => unreachable!("it is committed"),
	};
	let right_root = root(right);
	let stage = [
		(&units, public(11, 50_000)),
		(&trap, public(12, 3_000)),
		(&copy, public(14, 5_000)),
	];
	let jobs = thread::scope(|scope| {
		stage
			.map(|(cast, job)| scope.spawn(move || cast.submit(job)))
			.map(|submitted| submitted.join().expect("it is submitted"))
	});
	let roots = jobs.map(root);
	assert_eq!(roots[2], right_root, "the very root of another provider's job");

	let mut scene = Scene::of(&units);
	scene.enter(&trap);
	scene.enter(&copy);
	for cast in [&units, &trap, &copy] {
		scene.bought(cast, 1);
	}
	let held = |job: &Job| escrow(BYTES, job.price);
	let conviction = scene.convicted(&units, (&units, "refuter"), held(&stage[0].1));
	let id = jobs[0].to_string();
	let answer = units.run("refuter", &["check", &id, "--refute", "--allow-private"]);
	let details = refuted(&answer, conviction, held(&stage[0].1));
	assert_eq!(details["leaf"], 5, "{details}");
	scene.tell(
		&units,
		"777 units more than leaf 5 takes",
		"a stranger's `check --refute`, inputs fetched from the cheat",
		Block::EndOf(jobs[0]),
	);

	let answer = trap.run(
		"refuter",
		&["watch", "--refute", "--once", "--leaves", "all", "--allow-private"],
	);
	assert_eq!(answer.code, 9, "{answer:?}");
	let lines: Vec<Value> = answer
		.stdout
		.lines()
		.map(|line| serde_json::from_str(line).expect("JSON"))
		.collect();
	let line = |job: JobId| {
		let id = job.to_string();
		let line = lines.iter().find(|line| line["job"] == id.as_str());
		line.unwrap_or_else(|| panic!("no line for {id}: {}", answer.stdout))
	};
	assert_eq!(line(right)["verdict"], "agrees", "the honest one: {}", line(right));
	for (place, cast, tried) in [
		(1, &trap, "a trap in leaf 5 where there is none"),
		(
			2,
			&copy,
			"the root of another provider's job, computed for other parameters",
		),
	] {
		let conviction = scene.convicted(cast, (&trap, "refuter"), held(&stage[place].1));
		let line = line(jobs[place]);
		assert_eq!(line["verdict"], "refuted", "{line}");
		redressed(&line["redress"], conviction, held(&stage[place].1));
		scene.tell(
			cast,
			tried,
			"a stranger's `watch --refute --once`",
			Block::EndOf(jobs[place]),
		);
	}

	let fetched = honest.run(
		"requester",
		&["job", "fetch", &right.to_string(), "--check", "all", "--allow-private"],
	);
	assert_eq!(fetched.code, 0, "{fetched:?}");
	assert_eq!(fetched.json()["check"]["verified"], true);
	scene
}

/// Trees whose sums are false, deep down and at the root, and a friend of the requester who looks.
pub(crate) fn false_sums(world: &World) -> Scene {
	let (pair, total) = thread::scope(|scope| {
		let pair = scope.spawn(|| Cast::cheating(world, "pair", FLOOR, 1, &["21=pair"]));
		let total = Cast::cheating(world, "total", FLOOR, 1, &["22=total"]);
		(pair.join().expect("it starts"), total)
	});
	let stage = [
		(
			&pair,
			Job::new(21, price(6_000)),
			"a node on level 2 with 777 units more than its children",
			"pair 2",
		),
		(
			&total,
			Job::new(22, price(7_000)),
			"a root with 777 units more than its children",
			"pair 0",
		),
	];
	thread::scope(|scope| {
		let scenes = stage.map(|(cast, job, tried, words)| {
			scope.spawn(move || {
				let mut scene = Scene::of(cast);
				let held = escrow(BYTES, job.price);
				scene.bought(cast, 1);
				let conviction = scene.convicted(cast, (cast, "refuter"), held);
				let id = cast.submit(job);
				world.committed(id);
				let check = ["check", &id.to_string(), "--refute", "--allow-private"];
				let answer = cast.run_on("requester", "refuter", &check);
				refuted(&answer, conviction, held);
				let (sentence, _) = answer.refusal();
				assert!(sentence.contains(words), "{sentence}");
				scene.tell(
					cast,
					tried,
					"`check --refute` on the requester's machine",
					Block::EndOf(id),
				);
				scene
			})
		});
		let mut all = Scene::default();
		for scene in scenes {
			all.append(scene.join().expect("the scene ends well"));
		}
		all
	})
}

/// A result that was right once, for another job.
pub(crate) fn replayed(world: &World) -> Scene {
	let cast = Cast::cheating(world, "replay", FLOOR, 1, &["31=honest", "32=replay:31"]);
	let mut scene = Scene::of(&cast);
	let price = price(4_500);
	scene.bought(&cast, 2);
	let answer = cast.buy(Job::new(31, price));
	assert_eq!(answer.code, 0, "{answer:?}");
	scene.paid(&cast, payment(BYTES, honest_units(world, 31), price));

	let held = escrow(BYTES, price);
	let conviction = scene.convicted(&cast, (&cast, "requester"), held);
	let answer = cast.buy(Job::new(32, price));
	let details = refuted(&answer, conviction, held);
	let job = details["job"].as_str().and_then(|id| id.parse().ok()).expect("a job");
	scene.tell(
		&cast,
		"the result of its job before, replayed",
		"`job run` re-ran every leaf",
		Block::EndOf(job),
	);
	scene
}
