//! Roots without bytes: what is not shown is demanded, and silence costs as much as a lie.

use super::{
	books::{Block, Scene},
	cast::{price, Cast, Job},
	world::{escrow, key, payment, planck, World, FLOOR, ITEMS, MAX_UNITS},
};
use millrace_client::chain::{Call, ChainError, JobEvent, JobId, JobState, ProvidedLeaf};
use millrace_compute::{parse_bundle, Bundle, Options, Runner};
use millrace_kernel::{asm::assemble, eval::Task, tree::output_path, tree::Blake2b};
use millrace_tests::cheat;
use std::time::{Duration, Instant};

/// Demands leaves of a job of which nothing is shown, `leaves` of them re-run. None comes, and the provider pays for it.
fn demand_in_vain(world: &World, cast: &Cast<'_>, scene: &mut Scene, job: JobId, held: u128, leaves: &str) {
	let id = job.to_string();
	let demand = [
		"check",
		&id,
		"--refute",
		"--demand",
		"--leaves",
		leaves,
		"--allow-private",
	];
	let answer = cast.run("requester", &demand);
	assert_eq!(answer.code, 100, "{answer:?}");
	let (sentence, _) = answer.refusal();
	assert!(sentence.contains("16 demanded leaves never came"), "{sentence}");
	let cost = planck(&answer.json()["error"]["details"]["demand_cost"]);

	scene.bought(cast, 1);
	// Twelve times the escrow is less than its stake. Nobody gets any of it, so nobody can earn by asking.
	let slash = 12 * held;
	assert!(slash < FLOOR);
	scene.expect(cast, "owner", |change| change.slashes -= slash as i128);
	let view = world.block_on(async {
		let at = world.chain.best().await.expect("a block");
		at.provider(cast.provider)
			.await
			.expect("an answer")
			.expect("a provider")
	});
	assert_eq!(
		(view.active, view.record.silent, view.fraud_clock),
		(FLOOR - slash, 1, None)
	);
	// What the demand cost is what the provider's answer would have: it waits in the pot now, and the transaction's own
	// fee is on top of it.
	let prepaid = world.block_on(prepaid(world, job));
	assert!(prepaid > 0 && cost >= prepaid, "{cost} {prepaid}");
	scene.expect(cast, "requester", |change| change.demands -= prepaid as i128);
}

/// Commits and serves nothing; `name` plays `play`.
fn silent(world: &World, name: &'static str, play: &str, job: Job, leaves: &str, tried: &'static str) -> Scene {
	let cast = Cast::cheating(world, name, FLOOR, 1, &[&format!("{}={play}", job.salt)]);
	let mut scene = Scene::of(&cast);
	let id = cast.submit(job.without_input());
	world.committed(id);
	demand_in_vain(world, &cast, &mut scene, id, escrow(0, job.price), leaves);
	scene.tell(
		&cast,
		tried,
		"`check --demand`: 16 leaves demanded, none came",
		Block::EndOf(id),
	);
	scene
}

/// An honest root, and nothing behind it.
pub(crate) fn withheld(world: &World) -> Scene {
	let tried = "the right root, and its bytes withheld";
	silent(world, "withheld", "withheld", Job::new(41, price(8_000)), "64", tried)
}

/// A root that no bytes lead to.
pub(crate) fn random_root(world: &World) -> Scene {
	let tried = "a random root, with nothing to serve";
	silent(world, "random", "random-root", Job::new(42, price(9_000)), "all", tried)
}

/// A lie whose bytes come so slowly that nobody could compare them before it is paid. Both commands must give up in time.
pub(crate) fn dripped(world: &World) -> Scene {
	let cast = Cast::cheating(world, "dripped", FLOOR, 1, &["43=dripped"]);
	let mut scene = Scene::of(&cast);
	let price = price(9_500);
	let job = Job {
		window: 90,
		..Job::new(43, price).without_input()
	};
	let file = cast.file(job);
	let wait = ["--wait", "--check", "all", "--allow-private", "--wait-timeout", "45s"];
	let start = Instant::now();
	let answer = cast.run("requester", &[&["job", "run", &file], &wait[..]].concat());
	assert_eq!(answer.code, 100, "{answer:?}");
	let (sentence, _) = answer.refusal();
	assert!(sentence.contains("could not be fetched"), "{sentence}");
	assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
	let id = sentence
		.split(&[' ', ':'])
		.find_map(|word| word.parse().ok())
		.unwrap_or_else(|| panic!("no job: {sentence}"));
	demand_in_vain(world, &cast, &mut scene, id, escrow(0, price), "all");
	scene.tell(
		&cast,
		"a wrong byte in leaf 5, and its bundle at a byte a second",
		"`job run` and `check` gave up on the bundle; 16 leaves demanded, none came",
		Block::EndOf(id),
	);
	scene
}

/// What the requester prepaid for demanded leaves.
async fn prepaid(world: &World, job: JobId) -> u128 {
	let best = world.chain.best().await.expect("a block").block().number;
	let mut sum = 0;
	for number in best.saturating_sub(80).max(1)..=best {
		let at = world.chain.at_number(number).await.expect("a block");
		for (about, event) in at.job_events().await.expect("events") {
			match event {
				JobEvent::LeavesDemanded { fee, .. } if about == job => sum += fee,
				_ => {}
			}
		}
	}
	sum
}

/// The honest result of a job without an input.
fn honest(salt: u64) -> Bundle {
	let program = assemble(cheat::WITHOUT_INPUT).expect("a kernel");
	let task = Task {
		items: ITEMS,
		max_units: MAX_UNITS,
		params: &[salt],
	};
	let computed = Runner::reference()
		.run(&program, &task, &[], &Options::default())
		.expect("it runs");
	parse_bundle(&computed.bundle(), task.items, 16, program.items_per_leaf()).expect("a bundle")
}

/// An outage: the provider is honest and cannot answer. Strangers try to answer for it with anything but the truth; then
/// one has the bundle. Nobody loses but those who lied.
pub(crate) fn standby(world: &World) -> Scene {
	let cast = Cast::cheating(world, "standby", FLOOR, 1, &["71=withheld"]);
	let mut scene = Scene::of(&cast);
	let price = price(8_500);
	let job = cast.submit(Job::new(71, price).without_input());
	let view = world.committed(job);
	let bundle = honest(71);
	let JobState::Committed { root, .. } = view.state else {
		unreachable!("it is committed")
	};
	assert_eq!(root.0, bundle.root().hash, "an honest root");

	let (requester, stranger) = (key(cast.name, "requester"), key(cast.name, "refuter"));
	let demand = Call::Demand {
		job,
		leaves: vec![0, 5, 15],
	};
	let demanded = world
		.block_on(world.chain.call(&demand, requester.pair()))
		.expect("it may ask");
	let fee = demanded.jobs.iter().find_map(|(_, event)| match event {
		JobEvent::LeavesDemanded { fee, .. } => Some(*fee),
		_ => None,
	});
	scene.expect(&cast, "requester", |change| {
		change.demands -= fee.expect("a fee") as i128
	});

	let nodes = bundle.nodes();
	let leaf = |number: u32| ProvidedLeaf {
		leaf: number,
		bytes: bundle.leaf_bytes(number).expect("a leaf").to_vec(),
		traps: 0,
		pairs: output_path::<Blake2b>(&nodes, number).expect("a path"),
	};
	let changed = |change: fn(&mut ProvidedLeaf)| {
		let mut leaf = leaf(5);
		change(&mut leaf);
		vec![leaf]
	};
	let hostile = [
		("another byte", changed(|leaf| leaf.bytes[7] ^= 1), "BadLeaf"),
		("a byte less", changed(|leaf| leaf.bytes.truncate(1_023)), "BadLeaf"),
		("no bytes", changed(|leaf| leaf.bytes.clear()), "BadLeaf"),
		("a trap", changed(|leaf| leaf.traps = 1), "BadLeaf"),
		("other units", changed(|leaf| leaf.pairs[3].right.units += 1), "BadLeaf"),
		("an inner node", changed(|leaf| leaf.pairs.truncate(2)), "BadLeaf"),
		(
			"a longer path",
			changed(|leaf| leaf.pairs.extend_from_within(..)),
			"BadLeaf",
		),
		("another leaf's number", changed(|leaf| leaf.leaf = 0), "BadLeaf"),
		("a leaf nobody wants", vec![leaf(4)], "NotDemanded"),
		(
			"a leaf that is none",
			changed(|leaf| leaf.leaf = u32::MAX),
			"NotDemanded",
		),
		(
			"one leaf twice, wrong at first",
			[changed(|leaf| leaf.bytes[0] ^= 1), vec![leaf(5)]].concat(),
			"BadLeaf",
		),
		("one twice that nobody wants", vec![leaf(4), leaf(4)], "NotDemanded"),
		("no leaf", vec![], "NotDemanded"),
		(
			"one right, one wrong",
			[vec![leaf(0)], changed(|leaf| leaf.bytes[0] ^= 1)].concat(),
			"BadLeaf",
		),
	];
	let count = hostile.len();
	world.block_on(async {
		let anchor = world.chain.finalised().await.expect("a block");
		let mut sent = Vec::new();
		for (what, leaves, error) in hostile {
			let call = Call::Provide { job, leaves };
			let submitted = world.chain.submit(&anchor, &call, stranger.pair()).await;
			sent.push((
				what,
				error,
				submitted.unwrap_or_else(|refusal| panic!("{what}: {refusal}")),
			));
		}
		for (what, error, mut submitted) in sent {
			match submitted.in_best().await {
				Err(ChainError::Rejected(rejection)) => assert_eq!(rejection.error, error, "{what}"),
				other => panic!("{what}: {other:?}"),
			}
		}
	});
	scene.pays(&cast, "refuter");

	let path = world.folder.join("standby.bundle");
	std::fs::write(&path, bundle.encode()).expect("the test's folder is writable");
	let bundle_file = path.to_str().expect("UTF-8");
	let answer = cast.run("other", &["provide", &job.to_string(), "--bundle", bundle_file]);
	assert_eq!(answer.code, 0, "{answer:?}");
	let provided = answer.json();
	assert_eq!(
		(&provided["provided"], &provided["missing"], &provided["fee"]),
		(&3.into(), &0.into(), &"0".into())
	);
	world
		.block_on(world.chain.call(&Call::SettleNow { job }, requester.pair()))
		.expect("the window is open again");
	scene.bought(&cast, 1);
	scene.paid(&cast, payment(0, bundle.root().units, price));
	scene.tell(
		&cast,
		"strangers answer a demand with anything but the truth",
		format!("{count} answers refused, their fees paid; then another stranger's `provide`, free"),
		Block::EndOf(job),
	);
	scene
}
