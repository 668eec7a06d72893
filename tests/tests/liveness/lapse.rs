//! A result whose provider is gone when its window ends: nobody could look at it, so it does not lapse into payment.

use crate::{
	chronicle::{JobSettled, OutageEnded, ProviderUnreachable, WindowExtended},
	world::{account, key, mill, Provider, World, BACK, RETRY},
};
use millrace_client::{
	chain::{Call, JobEvent, JobId, JobSpec, JobState, Minima, Price, Target, Terms, H256},
	job::kernel_hash,
	keys::Key,
};
use millrace_kernel::asm::assemble;
use millrace_tests::cheat::WITHOUT_INPUT;

/// Items of the job, of 16 bytes each, and the bound of units for each.
const ITEMS: u32 = 1_000;
const MAX_UNITS: u32 = 1_000;
/// What it pays for 2^30 units.
const PRICE: u64 = 1_000_000_000_000;
/// Units that the provider says it used, and what moving 16,000 bytes counts as in class cpu-4.
const UNITS: u64 = 123_456;
const DATA_UNITS: u64 = (16 * 1_000) << 15;
/// Ticks to refute it: surely more than it takes to find that its provider is gone.
const WINDOW: u32 = 24;
/// How often the window is extended before the provider comes back.
const EXTENSIONS: usize = 2;

/// A provider commits, is gone, and comes back after its window was extended twice.
pub(crate) fn extended(world: &World, provider: &Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	chronicle.wake(id, provider.worker.clone());
	let job = submit(world, provider, &key("north", "requester"));
	world.wait("the assignment", async |at| {
		let view = at.job(job).await.expect("an answer")?;
		matches!(view.state, JobState::Assigned { .. }).then_some(())
	});
	// Nobody looks at the result, so any root will do.
	let root = H256([7; 32]);
	let call = Call::CommitResult {
		job,
		root,
		units: UNITS,
	};
	provider.fall_silent();
	let done = world.block_on(world.chain.call(&call, provider.worker.pair()));
	let done = done.expect("the commitment is right");
	let end = done.jobs.iter().find_map(|(_, event)| match event {
		JobEvent::Committed { window_end, .. } => Some(*window_end),
		_ => None,
	});
	let end = end.expect("a window");
	let committed = chronicle.reach(done.block.number);
	assert_eq!((done.fee, end), (0, committed.tick + WINDOW));

	let (gone, _) = chronicle.wait_for("the miss", 1, |event: &ProviderUnreachable| event.provider == id);
	assert!(gone.tick <= end, "found too late: {gone:?}");
	let of_job = |event: &WindowExtended| event.job.0 == job.0;
	chronicle.wait("two extensions", |pages| {
		let extensions = pages
			.iter()
			.flat_map(|page| &page.events)
			.filter(|event| matches!(event, crate::chronicle::Happening::WindowExtended(event) if of_job(event)));
		(extensions.count() >= EXTENSIONS).then_some(())
	});
	provider.come_back();
	let (back, _) = chronicle.wait_for("its return", gone.block, |event: &OutageEnded| event.provider == id);
	let (settled, payment) = chronicle.wait_for("the payment", back.block, |event: &JobSettled| event.job.0 == job.0);

	let extensions = chronicle.all(1, of_job);
	let mut due = end;
	for (at, extension) in &extensions {
		assert_eq!((at.tick, extension.window_end), (due + 1, due + 1 + RETRY));
		assert!(at.tick < back.tick + BACK, "its provider answers: {at:?}");
		due = extension.window_end;
	}
	assert!(extensions.len() >= EXTENSIONS);
	assert!(payment.lapsed);
	assert_eq!(settled.tick, due + 1);
	assert!(settled.tick >= back.tick + BACK);
	// One part in twenty is the protocol's, rounded down.
	let due = (u128::from(DATA_UNITS + UNITS) * u128::from(PRICE)) >> 30;
	let payout = account("north", "payout");
	assert_eq!(
		(payment.payment, payment.fee, payment.payout),
		(due, due / 20, Some(payout))
	);
	let [before, after] = [settled.block - 1, settled.block].map(|block| world.total(payout, block));
	assert_eq!(after - before, due - due / 20);
	// Slashes of the time in which it was gone are the owner's, and the books' to check.
	world.closed(id, back.block);
	world.wait("the payment of its slashes", async |at| {
		at.slashes(id).await.expect("slashes").is_empty().then_some(())
	});
	println!(
		"committed | unreachable at tick {}, its job's window over at {end} | extended {} times, to {:?}; back at {}, paid at {} | \
		 payout + {}, slashed {} for {} ticks away",
		gone.hook,
		extensions.len(),
		extensions.iter().map(|(_, event)| event.window_end).collect::<Vec<_>>(),
		back.tick,
		settled.tick,
		mill(due - due / 20),
		mill(world.slashes(id).iter().map(|(_, slash)| slash.amount).sum()),
		chronicle.all(1, |event: &OutageEnded| event.provider == id)[0].1.ticks,
	);
}

/// Offers the provider a job without inputs.
fn submit(world: &World, provider: &Provider<'_>, requester: &Key) -> JobId {
	let program = assemble(WITHOUT_INPUT).expect("a kernel");
	let bytecode = program.encode();
	world.block_on(async {
		let chain = &world.chain;
		let register = Call::RegisterKernel { bytecode };
		chain.call(&register, requester.pair()).await.expect("it is registered");
		let now = world.best().await.tick().await.expect("the clock");
		let spec = JobSpec {
			kernel: kernel_hash(&program),
			params: vec![1],
			inputs: Vec::new(),
			items: ITEMS,
			max_units: MAX_UNITS,
			data_key: requester.public(),
			terms: Terms {
				target: Target::Provider {
					provider: provider.id,
					price: Price(PRICE),
					minima: Minima::default(),
				},
				public: false,
				run_ticks: 150,
				window: WINDOW,
				expires: now + 100,
			},
		};
		let submitted = chain.call(&Call::SubmitJob { spec }, requester.pair()).await;
		submitted.expect("it is right").jobs[0].0
	})
}
