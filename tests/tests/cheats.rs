//! Every way to cheat that the protocol knows, tried on a real chain by workers that cheat, and found out by the real
//! command line. In the end every balance of every block is explained to the planck. Prints one line a cheat.
//!
//! Each cheat is a provider of its own, with an owner, a payout account, a requester and a refuter that deal with nobody
//! else, so all of them go on at once and nobody's money mixes. Treasury, fee pot, block author and issuance belong to all;
//! the audit keeps their books event by event.

#[path = "cheats/books.rs"]
mod books;
#[path = "cheats/cast.rs"]
mod cast;
#[path = "cheats/clockwork.rs"]
mod clockwork;
#[path = "cheats/deliveries.rs"]
mod deliveries;
#[path = "cheats/lies.rs"]
mod lies;
#[path = "cheats/proofs.rs"]
mod proofs;
#[path = "cheats/requests.rs"]
mod requests;
#[path = "cheats/silence.rs"]
mod silence;
#[path = "cheats/world.rs"]
mod world;

use books::{Block, Scene};
use cast::{price, Cast, Job};
use lies::honest_units;
use millrace_tests::audit::Audit;
use std::{thread, time::Instant};
use world::{payment, planck, World, BYTES, FLOOR, JOB_FEE};

#[test]
fn every_way_to_cheat_is_caught_to_the_planck() {
	let start = Instant::now();
	let folder = tempfile::tempdir().expect("a temporary folder");
	let world = World::start(folder.path());
	let honest = Cast::honest(&world, "honest", 2 * FLOOR, 2);
	println!("a chain and an honest provider ({} s)", start.elapsed().as_secs());

	let scenes: [(&str, &(dyn Fn() -> Scene + Sync)); 13] = [
		("wrong byte", &|| lies::wrong_byte(&world)),
		("patrol", &|| lies::patrol(&world, &honest)),
		("false sums", &|| lies::false_sums(&world)),
		("replay", &|| lies::replayed(&world)),
		("withheld", &|| silence::withheld(&world)),
		("random root", &|| silence::random_root(&world)),
		("dripped", &|| silence::dripped(&world)),
		("standby", &|| silence::standby(&world)),
		("late", &|| clockwork::late(&world)),
		("tardy", &|| clockwork::tardy(&world)),
		("ten open", &|| clockwork::ten_open(&world)),
		("second", &|| clockwork::second(&world)),
		("garbled", &|| deliveries::garbled(&world)),
	];
	let mut all = honest_provider(&honest, &world);
	thread::scope(|scope| {
		let threads = scenes.map(|(name, scene)| {
			let thread = scope.spawn(move || {
				let scene = scene();
				println!("scene {name} has ended ({} s)", start.elapsed().as_secs());
				scene
			});
			(name, thread)
		});
		for (name, thread) in threads {
			all.append(thread.join().unwrap_or_else(|_| panic!("the scene {name} failed")));
		}
	});
	// With nobody else on stage, so that the memory of node and worker is theirs alone.
	accusations(&world, &honest, &mut all);
	println!("the accusers have gone home ({} s)", start.elapsed().as_secs());

	let providers = world.block_on(async { world.chain.best().await.expect("a block").providers().await });
	for provider in providers.expect("the providers") {
		world.paid_up(provider.id);
	}
	let best = world.node.heights().0;
	world
		.node
		.wait_until("the last block's finality", world::LIMIT, |node| {
			node.heights().1 >= best
		});
	let audit = world.block_on(Audit::of(&world.node.url(), best, JOB_FEE as i128));
	all.close(&audit);
	println!("done in {} s", start.elapsed().as_secs());
}

/// What the honest provider must have in the end: it sold two jobs, one that was copied and one that was slandered.
fn honest_provider(honest: &Cast<'_>, world: &World) -> Scene {
	let mut scene = Scene::of(honest);
	scene.bought(honest, 2);
	// Its ask in the book costs a fee; what it does for jobs is free.
	scene.pays(honest, "worker");
	for (salt, milli) in [(13, 1_500), (91, 2_250)] {
		scene.paid(honest, payment(BYTES, honest_units(world, salt), price(milli)));
	}
	scene
}

/// An honest result is slandered on the chain while its worker is pestered. In the end it is paid in full.
fn accusations(world: &World, honest: &Cast<'_>, scene: &mut Scene) {
	let job = honest.submit(Job::new(91, price(2_250)));
	world.committed(job);
	let told = thread::scope(|scope| {
		let pestered = scope.spawn(|| requests::pester(world, honest, job));
		proofs::accuse(world, honest, job, 91, scene);
		pestered.join().expect("the worker stands it")
	});
	scene.tell(honest, "requests that are wrong, many or slow", told, Block::Nowhere);
	let fetch = ["job", "fetch", &job.to_string(), "--check", "all", "--allow-private"];
	let answer = honest.run("requester", &fetch);
	assert_eq!(answer.code, 0, "{answer:?}");
	let view = world.block_on(async {
		let at = world.chain.best().await.expect("a block");
		at.provider(honest.provider)
			.await
			.expect("an answer")
			.expect("a provider")
	});
	assert_eq!(
		(view.active, view.record.refuted, view.record.completed),
		(2 * FLOOR, 0, 2)
	);
	assert_eq!(
		planck(&answer.json()["payment"]),
		payment(BYTES, honest_units(world, 91), price(2_250))
	);
}
