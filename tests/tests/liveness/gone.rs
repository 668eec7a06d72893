//! A worker is killed: what happens then is announced, happens at that tick, and ends with its return.

use crate::{
	chronicle::{Cause, OutageEnded, ProviderReturned, ProviderSampled, ProviderUnreachable, SlashPaid, SlashSetAside},
	world::{mill, Provider, World, ANSWER, BACK, BOND, FLOOR, GAP, LUCK, SLASH, STEPS},
};
use millrace_client::chain::{Status, Tick};
use millrace_tests::network::treasury;

/// `kill -9` of a worker with an ask, and its restart after the first step.
pub(crate) fn killed(world: &World, provider: &mut Provider<'_>) {
	let id = provider.id;
	let chronicle = &world.chronicle;
	let (sampled, _) = chronicle.wait_for("a sample", 1, |event: &ProviderSampled| event.provider == id);
	world.wait("its answer", async |at| {
		let open = at.sampled_until(id).await.expect("an answer");
		(at.block().number > sampled.block && open.is_none()).then_some(())
	});

	let first = chronicle.now();
	provider.kill();

	let (found, gone) = chronicle.wait_for("the miss", first.block, |event: &ProviderUnreachable| {
		event.provider == id
	});
	let began = gone.outage;
	assert_eq!(gone.since, began, "nothing came before");
	assert_eq!(found.hook, began + ANSWER + 1, "the first tick after its time");
	assert!(
		(first.tick..=first.tick + GAP + LUCK + ANSWER).contains(&found.hook),
		"killed at {first:?}, found at {found:?}"
	);
	let sampled = chronicle.all(1, |event: &ProviderSampled| {
		event.provider == id && event.until == began + ANSWER
	});
	assert_eq!(sampled.len(), 1, "the sample that it missed");
	assert!(matches!(world.view(id).status, Status::Unreachable { .. }));

	let announced = announced(world, id, began, found.hook);
	let (tick, amount) = announced[0];
	let (taken, slash) = chronicle.wait_for("the first step", found.block, |event: &SlashSetAside| {
		event.provider == id
	});
	assert_eq!(slash.cause, Cause::Downtime);
	assert_eq!((taken.hook, slash.amount), (tick, amount), "as announced");
	assert_eq!(slash.due, tick + SLASH);
	let view = world.view(id);
	assert_eq!((view.active, view.set_aside), (BOND - amount, amount));

	provider.start();
	let (back, _) = chronicle.wait_for("its return", taken.block, |event: &ProviderReturned| {
		event.provider == id
	});
	let (_, ended) = chronicle.wait_for("the outage's end", taken.block, |event: &OutageEnded| {
		event.provider == id
	});
	assert_eq!((ended.began, ended.began + ended.ticks), (began, back.tick));
	assert!(
		back.tick < announced[1].0,
		"the worker took too long to start: {back:?}"
	);
	assert_eq!(world.view(id).status, Status::Active);

	let (paid, payment) = chronicle.wait_for("the payment", taken.block, |event: &SlashPaid| {
		event.slash == slash.slash
	});
	assert_eq!((paid.hook, payment.to_treasury), (slash.due, amount));
	assert_eq!(payment.burned, 0);
	// An era of fees may end in the same block.
	let fees: u128 = chronicle
		.all(paid.block, |_: &crate::chronicle::EraClosed| true)
		.iter()
		.filter(|(at, _)| at.block == paid.block)
		.map(|(_, closed)| closed.treasury)
		.sum();
	// So may the slash of another provider's outage that was found in the same hour.
	let slashes: u128 = chronicle
		.all(paid.block, |_: &SlashPaid| true)
		.iter()
		.filter(|(at, _)| at.block == paid.block)
		.map(|(_, paid)| paid.to_treasury)
		.sum();
	let [before, after] = [paid.block - 1, paid.block].map(|block| world.total(treasury(), block));
	assert_eq!(after - before, slashes + fees, "the treasury's");
	let [before, after] = [paid.block - 1, paid.block].map(|block| world.total(provider.owner.account(), block));
	assert_eq!(
		before - after,
		slashes,
		"the owner's, whose providers are all of this chain"
	);

	let (closed, end) = world.closed(id, taken.block);
	assert_eq!(closed.hook, back.tick + BACK + 1);
	assert_eq!((end.charged, end.deducted, end.scale), (amount, 0, 1_000_000_000));
	// Where it had stayed away, the second step would have come by now.
	chronicle.wait_tick(announced[1].0 + 1);
	assert_eq!(world.slashes(id).len(), 1, "no further step");
	let view = world.view(id);
	assert_eq!((view.active, view.set_aside), (BOND - amount, 0));
	println!(
		"killed | killed at tick {}, sampled at {began}, unreachable at {} | {} announced for tick {tick} and taken then; \
		 restarted, it resumed by itself at {} | stake {} to {}, treasury + {} at tick {}; the step of {} at tick {} never came",
		first.tick,
		found.hook,
		mill(amount),
		back.tick,
		mill(BOND),
		mill(view.active),
		mill(payment.to_treasury),
		paid.hook,
		mill(announced[1].1),
		announced[1].0,
	);
}

/// What the view function announces for the outage: each step's tick and amount, which must be what the rules say.
fn announced(world: &World, id: u32, began: Tick, found: Tick) -> Vec<(Tick, u128)> {
	let preview = world.preview(id);
	assert_eq!(
		(preview.began, preview.required, preview.running),
		(began, FLOOR, false)
	);
	assert!(preview.outage.is_some());
	let mut charged = 0;
	let expected: Vec<(Tick, u128, bool)> = STEPS
		.into_iter()
		.enumerate()
		.map(|(step, (after, idle, _))| {
			let total = FLOOR * idle / 1_000;
			let difference = total - charged;
			charged = total;
			let tick = began + after + 1;
			// The first look waits until it is known what else became unreachable.
			let tick = if step == 0 {
				tick.max(world.known_from(found))
			} else {
				tick
			};
			(tick, difference, step == STEPS.len() - 1)
		})
		.collect();
	let steps: Vec<(Tick, u128, bool)> = preview
		.steps
		.iter()
		.map(|step| (step.tick, step.amount, step.chills))
		.collect();
	assert_eq!(steps, expected);
	steps.into_iter().map(|(tick, amount, _)| (tick, amount)).collect()
}
