//! Too late, too early, too often: what depends on the clock.

use super::{
	books::{Block, Scene},
	cast::{price, Cast, Job},
	lies::{computed, honest_units},
	world::{escrow, kernel, key, payment, World, BYTES, FLOOR, ITEMS, JOB_FEE, MAX_UNITS, MILL},
};
use millrace_client::{
	chain::{Call, ChainError, JobEvent, JobId, JobSpec, JobState, Minima, Price, Target, Terms},
	check::{Case, Subject},
	job::Input,
};
use millrace_compute::parse_bundle;
use millrace_kernel::tree::{output_path, Blake2b};
use millrace_tests::cheat::{
	tamper::{tamper, LEAF},
	Play,
};

/// The commitment comes after the deadline.
pub(crate) fn late(world: &World) -> Scene {
	let cast = Cast::cheating(world, "late", FLOOR, 1, &["51=late"]);
	let mut scene = Scene::of(&cast);
	let price = price(2_500);
	let answer = cast.buy(Job::new(51, price).without_input());
	assert_eq!(answer.code, 100, "{answer:?}");
	let (sentence, _) = answer.refusal();
	assert!(sentence.contains("ended without a result"), "{sentence}");
	let refused = cast.printed(&["commit_result", "failed"]);
	assert!(refused.contains("UnknownJob"), "{refused}");
	let job: JobId = refused
		.split_whitespace()
		.find_map(|word| word.parse().ok())
		.expect("its id");
	scene.bought(&cast, 1);
	// One part in twenty of the escrow, and ten job fees at most.
	let credit = (escrow(0, price) / 20).min(10 * JOB_FEE);
	assert_eq!(credit, MILL / 20, "the bound");
	scene.expect(&cast, "owner", |change| change.credits -= credit as i128);
	scene.expect(&cast, "requester", |change| change.credits += credit as i128);
	scene.pays(&cast, "worker");
	scene.tell(
		&cast,
		"a commitment after the deadline",
		"refused with UnknownJob, its fee paid",
		Block::EndOf(job),
	);
	scene
}

/// Fraud that nobody looks for in time is paid, and a refutation after that is told so.
pub(crate) fn tardy(world: &World) -> Scene {
	let cast = Cast::cheating(world, "tardy", FLOOR, 1, &["52=wrong-byte"]);
	let mut scene = Scene::of(&cast);
	let price = price(1_000);
	let job = cast.submit(Job {
		window: 5,
		..Job::new(52, price)
	});
	world.committed(job);
	// The proof stands; it only comes too late.
	let case = world.block_on(async {
		let at = world.chain.best().await.expect("a block");
		let subject = Subject::read(&at, job).await.expect("a committed job");
		let honest = parse_bundle(
			&computed(world, 52).bundle(),
			ITEMS,
			16,
			subject.program.items_per_leaf(),
		);
		let made = tamper(Play::WrongByte, honest.expect("a bundle"), MAX_UNITS).expect("a lie");
		let lie = parse_bundle(&made.bundle, ITEMS, 16, subject.program.items_per_leaf()).expect("a bundle");
		let pairs = output_path::<Blake2b>(&lie.nodes(), LEAF).expect("a path");
		Case::against(&subject, &[Input::new(world.input.clone())], LEAF, pairs).expect("a case")
	});
	world.ended(job);
	let answer = cast.run("requester", &["check", &job.to_string(), "--refute", "--allow-private"]);
	assert_eq!(answer.code, 103, "{answer:?}");
	let (sentence, _) = answer.refusal();
	assert!(sentence.contains("is not on the chain"), "{sentence}");
	let proof = Box::new(case.proof);
	let refuted = world.block_on(
		world
			.chain
			.call(&Call::Refute { job, proof }, key(cast.name, "refuter").pair()),
	);
	match refuted {
		Err(ChainError::Rejected(rejection)) => assert_eq!(rejection.error, "UnknownJob"),
		other => panic!("a refutation after the end: {other:?}"),
	}
	scene.pays(&cast, "refuter");
	scene.bought(&cast, 1);
	scene.paid(&cast, payment(BYTES, honest_units(world, 52), price));
	scene.tell(
		&cast,
		"one wrong byte, looked for after the window",
		"paid; `check` says that it has ended, a proof costs its fee",
		Block::EndOf(job),
	);
	scene
}

/// Fraud in one job while ten others of the same provider are open: eight committed, one running, one assigned.
pub(crate) fn ten_open(world: &World) -> Scene {
	let salts: Vec<u64> = (61..=68).collect();
	let mut plays: Vec<String> = salts.iter().map(|salt| format!("{salt}=honest")).collect();
	plays.extend(["60=wrong-byte", "69=stall", "70=ignore"].map(str::to_owned));
	let plays: Vec<&str> = plays.iter().map(String::as_str).collect();
	let cast = Cast::cheating(world, "ten", 6 * FLOOR, 6, &plays);
	let mut scene = Scene::of(&cast);
	let price = price(500);
	let other = key(cast.name, "other");

	// Four of them end by themselves before anybody comes to touch them.
	let windows = salts.iter().map(|salt| if *salt < 65 { 28 } else { 150 });
	let committed = submit_all(world, &cast, salts.iter().copied().zip(windows), price);
	let running = submit_all(world, &cast, [(69, 150)].into_iter(), price);
	let fraud = cast.submit(Job::new(60, price));
	for job in committed.iter().chain([&fraud]) {
		world.committed(*job);
	}
	world.wait("the running job", async || {
		let view = world.chain.best().await.ok()?.job(running[0]).await.ok()??;
		matches!(view.state, JobState::Running { .. }).then_some(())
	});
	// The hook looks at them when they had to be accepted. It must have been there before the lie is found, to leave them to
	// whoever touches them.
	world.wait("the end of the accept windows", async || {
		let at = world.chain.best().await.ok()?;
		let last = at.job(running[0]).await.ok()??.submitted + at.rules().ok()?.accept_ticks;
		(at.tick().await.ok()? > last + 1).then_some(())
	});
	let assigned = submit_all(world, &cast, [(70, 150)].into_iter(), price);
	let others = committed.len() + running.len() + assigned.len();
	assert_eq!(others, 10);

	let held = escrow(BYTES, price);
	let conviction = scene.convicted(&cast, (&cast, "requester"), held);
	assert_eq!(conviction.slash, FLOOR);
	let answer = cast.run(
		"requester",
		&["check", &fraud.to_string(), "--refute", "--allow-private"],
	);
	assert_eq!(answer.code, 9, "{answer:?}");
	assert_eq!(
		answer.json()["error"]["details"]["redress"]["outcome"],
		"refuted",
		"{answer:?}"
	);

	let touched: Vec<JobId> = committed[4..].iter().chain(&running).copied().collect();
	let refund = escrow(0, price);
	world.block_on(async {
		let anchor = world.chain.finalised().await.expect("a block");
		let mut sent = Vec::new();
		for job in &touched {
			let call = Call::Touch { job: *job };
			sent.push(
				world
					.chain
					.submit(&anchor, &call, other.pair())
					.await
					.expect("it is taken"),
			);
		}
		for (job, mut submitted) in touched.iter().zip(sent) {
			let included = submitted.in_best().await.expect("it is due");
			if *job == running[0] {
				assert!(included.jobs.contains(&(*job, JobEvent::AssignmentVoided)));
				continue;
			}
			let voided = JobEvent::Voided {
				provider: cast.provider,
				refund,
				fees_returned: 2 * JOB_FEE,
			};
			assert_eq!(included.jobs, [(*job, voided)]);
		}
	});
	for job in committed.iter().chain(&running).chain(&assigned) {
		world.ended(*job);
	}
	scene.bought(&cast, 1);
	// Eight committed, one accepted; the assigned one never used a job fee. All escrows are free again.
	scene.pays(&cast, "other");
	scene.expect(&cast, "other", |change| change.job_fees -= 9 * JOB_FEE as i128);
	let free = world.block_on(async {
		let at = world.chain.best().await.expect("a block");
		at.balance(other.account()).await.expect("a balance").held
	});
	assert_eq!(free, 0, "everything is refunded");
	scene.tell(
		&cast,
		"fraud in one job while ten others are open",
		"one refuted; 4 void by the hook, 5 by `touch`, the assigned one at the end of its offer",
		Block::EndOf(fraud),
	);
	scene
}

/// Submits jobs without inputs, all at once, for the account `other`.
fn submit_all(world: &World, cast: &Cast<'_>, jobs: impl Iterator<Item = (u64, u32)>, price: u128) -> Vec<JobId> {
	let other = key(cast.name, "other");
	world.block_on(async {
		let at = world.chain.finalised().await.expect("a block");
		let now = at.tick().await.expect("a clock");
		let mut sent = Vec::new();
		for (salt, window) in jobs {
			let spec = JobSpec {
				kernel: kernel("without.mk"),
				params: vec![salt],
				inputs: Vec::new(),
				items: ITEMS,
				max_units: MAX_UNITS,
				data_key: other.public(),
				terms: Terms {
					target: Target::Provider {
						provider: cast.provider,
						price: Price(u64::try_from(price).expect("a price")),
						minima: Minima::default(),
					},
					public: false,
					run_ticks: 150,
					window,
					expires: now + 100,
				},
			};
			let submitted = world.chain.submit(&at, &Call::SubmitJob { spec }, other.pair()).await;
			sent.push(submitted.expect("it is taken"));
		}
		let mut ids = Vec::new();
		for mut submitted in sent {
			let included = submitted.in_best().await.expect("it is right");
			ids.push(included.jobs[0].0);
		}
		ids
	})
}

/// A second commitment to another result, and the first one again.
pub(crate) fn second(world: &World) -> Scene {
	let cast = Cast::cheating(world, "second", FLOOR, 1, &["53=second"]);
	let mut scene = Scene::of(&cast);
	let price = price(750);
	let job = cast.submit(Job::new(53, price));
	let id = job.to_string();
	let refused = cast.printed(&["commit_result", &id, "failed"]);
	assert!(refused.contains("AlreadyCommitted"), "{refused}");
	let start = std::time::Instant::now();
	while cast
		.process
		.output()
		.matches(&format!("commit_result {id} in block"))
		.count()
		< 2
	{
		assert!(start.elapsed() < super::world::LIMIT, "{}", cast.process.output());
		std::thread::sleep(std::time::Duration::from_millis(300));
	}
	let fetch = ["job", "fetch", &id, "--check", "all", "--allow-private"];
	let answer = cast.run("requester", &fetch);
	assert_eq!(answer.code, 0, "{answer:?}");
	assert_eq!(answer.json()["check"]["verified"], true, "the first commitment stands");
	scene.bought(&cast, 1);
	scene.paid(&cast, payment(BYTES, honest_units(world, 53), price));
	scene.pays(&cast, "worker");
	scene.tell(
		&cast,
		"a second, different commitment",
		"refused with AlreadyCommitted, its fee paid; the first again is taken and pays, too",
		Block::EndOf(job),
	);
	scene
}
