//! Two workers that nothing can be held against: one answers, one was drained before it went.

use crate::{
	chronicle::{OutageEnded, ProviderSampled, ProviderUnreachable},
	world::{mill, Provider, World, BOND, STEPS},
};
use millrace_client::chain::{Call, Status};

/// Samples that a worker must have answered.
const SAMPLES: usize = 6;

/// A worker that is alive is sampled again and again, and answers for free.
pub(crate) fn answers(world: &World, provider: &Provider<'_>) {
	let id = provider.id;
	let account = provider.worker.account();
	let chronicle = &world.chronicle;
	// Its ask has cost a fee, and stands.
	let (block, nonce, before) = world.block_on(async {
		let at = world.best().await;
		let balance = at.balance(account).await.expect("a balance").total();
		(at.block().number, at.nonce(account).await.expect("a nonce"), balance)
	});
	let first = chronicle.reach(block);
	// Some moment at which each of so many samples has its answer; one that was open at first may have had its own since.
	let (last, sampled, sent, balance) = world.wait("the answers", async |at| {
		let last = chronicle.reach(at.block().number);
		let sampled = chronicle.all(first.block + 1, |event: &ProviderSampled| event.provider == id);
		let sampled = sampled.iter().filter(|(moment, _)| moment.block <= last.block).count();
		let sent = usize::try_from(at.nonce(account).await.expect("a nonce") - nonce).expect("a few");
		let balance = at.balance(account).await.expect("a balance").total();
		(sampled >= SAMPLES && sent >= sampled).then_some((last, sampled, sent, balance))
	});
	assert!(sent <= sampled + 1, "{sent} answers to {sampled} samples");
	assert_eq!(balance, before, "answers are free");
	let missed = chronicle.all(1, |event: &ProviderUnreachable| event.provider == id);
	assert!(missed.is_empty(), "{missed:?}");
	println!(
		"alive | sampled {sampled} times from tick {} to {} | {sent} answers, none missed | worker {} before and after",
		first.tick,
		last.tick,
		mill(balance),
	);
}

/// A drained worker that is killed is never sampled and loses nothing.
pub(crate) fn drained(world: &World, provider: &mut Provider<'_>) {
	let id = provider.id;
	let chronicle = &world.chronicle;
	let call = Call::Drain { provider: id };
	let done = world.block_on(world.chain.call(&call, provider.owner.pair()));
	let block = done.expect("its owner may").block.number;
	let drained = chronicle.reach(block);
	provider.kill();
	let preview = world.preview(id);
	assert_eq!((preview.required, preview.steps.len()), (0, 0), "{preview:?}");

	// Twice the time in which an outage would have cost something.
	let (until, _, _) = STEPS[1];
	let last = chronicle.wait_tick(drained.tick + until + 1);
	// The hook of the drain's own block came before the drain.
	let sampled = chronicle.all(drained.block + 1, |event: &ProviderSampled| event.provider == id);
	assert!(sampled.is_empty(), "{sampled:?}");
	let missed = chronicle.all(1, |event: &ProviderUnreachable| event.provider == id);
	assert!(missed.is_empty(), "{missed:?}");
	let ended = chronicle.all(1, |event: &OutageEnded| event.provider == id);
	assert!(ended.is_empty(), "{ended:?}");
	assert!(world.slashes(id).is_empty());
	let view = world.view(id);
	assert_eq!(view.status, Status::Draining);
	assert_eq!((view.active, view.set_aside), (BOND, 0));
	println!(
		"drained | drained at tick {}, then killed | never sampled until tick {} | stake {} before and after",
		drained.tick,
		last.tick,
		mill(view.active),
	);
}
