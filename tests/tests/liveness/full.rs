//! Full blocks: who cannot be heard is not late.

use crate::{
	chronicle::{Moment, ProviderSampled, ProviderUnreachable},
	world::{Provider, World, ANSWER},
};
use millrace_client::{
	chain::{Call, Status},
	keys::Key,
};
use millrace_tests::raw::Raw;
use std::time::Duration;

/// Blocks to fill: more than a sample's time.
const BLOCKS: usize = 10;
/// Transactions that fill one, and the bytes in each. Ordinary transactions may take 3,932,160; a block is busy from nine
/// tenths of that on.
const EACH: usize = 4;
const BYTES: usize = 900_000;
const BUSY: usize = 3_932_160 / 10 * 9;
/// Transactions that wait in the node's pool at most: it holds 20 MiB.
const WAITING: u64 = 3 * EACH as u64;

/// Blocks are full while the provider has a sample to answer.
pub(crate) fn blocks(world: &World, provider: &Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	let bob = Key::open("//Bob").expect("a development key");
	let raw = world.block_on(Raw::connect(&world.node.url()));
	let remarks = world.block_on(remarks(world, &raw, &bob));

	provider.fall_silent();
	let first = chronicle.now();
	let (asked, sample) = chronicle.wait_for("a sample", first.block + 1, |event: &ProviderSampled| {
		event.provider == id
	});
	let nonce = world.block_on(async { world.best().await.nonce(bob.account()).await.expect("a nonce") });
	for (number, remark) in (0..).zip(&remarks) {
		world.block_on(async {
			loop {
				let included = world.best().await.nonce(bob.account()).await.expect("a nonce") - nonce;
				if number < included + WAITING {
					break;
				}
				tokio::time::sleep(Duration::from_millis(200)).await;
			}
			raw.submit(remark).await.expect("the pool has room");
		});
	}
	let all = nonce + remarks.len() as u64;
	let last = world.wait("the last full block", async |at| {
		let included = at.nonce(bob.account()).await.expect("a nonce");
		(included == all).then_some(at.block().number)
	});
	let still_asked = world.block_on(async { world.best().await.sampled_until(id).await.expect("an answer") });
	assert_eq!(still_asked, Some(sample.until), "its sample is open");
	let fee = provider.call(&Call::Heartbeat);
	let answered = chronicle.now();
	chronicle.wake(id, provider.worker.clone());

	let moments = chronicle.moments(asked.block + 1);
	let busy = world.block_on(busy(
		&raw,
		moments.iter().map(|at| at.block).take_while(|block| *block <= last),
	));
	for number in &busy {
		let at = |block: u64| -> Moment { chronicle.reach(block) };
		// The tick after a busy block does not count.
		assert_eq!(at(number + 1).tick, at(*number).tick, "block {number} is full");
	}
	assert!(busy.len() >= BLOCKS - 1, "{busy:?} of {BLOCKS} are full");
	assert!(busy.len() > ANSWER as usize + 1, "longer than a sample's time");
	let missed = chronicle.all(asked.block, |_: &ProviderUnreachable| true);
	assert!(missed.is_empty(), "{missed:?}");
	assert_eq!(fee, 0);
	assert_eq!(world.view(id).status, Status::Active);
	let (from, to) = (chronicle.reach(busy[0]), chronicle.reach(busy[busy.len() - 1] + 1));
	println!(
		"full | sampled at tick {} to answer by {} | {} full blocks from {} on, in which the clock went from {} to {}; nobody \
		 became unreachable | answered by tick {} for {fee} planck",
		asked.hook,
		sample.until,
		busy.len(),
		busy[0],
		from.tick,
		to.tick,
		answered.tick,
	);
}

/// Transactions that do nothing but take room, in the order of their nonces.
async fn remarks(world: &World, raw: &Raw, key: &Key) -> Vec<Vec<u8>> {
	let nonce = world.best().await.nonce(key.account()).await.expect("a nonce");
	// A vector of bytes in SCALE, with its length in four bytes.
	let length = u32::try_from(BYTES << 2 | 2).expect("a length");
	let mut signed = Vec::new();
	for number in 0..BLOCKS * EACH {
		let arguments = [&length.to_le_bytes()[..], &vec![7; BYTES]].concat();
		let nonce = nonce + number as u64;
		signed.push(raw.sign_at("System", "remark", arguments, key.pair(), nonce).await);
	}
	signed
}

/// Which of these blocks are busy by their bytes.
async fn busy(raw: &Raw, blocks: impl Iterator<Item = u64>) -> Vec<u64> {
	let mut busy = Vec::new();
	for block in blocks {
		let at = raw.client().at_block(block).await.expect("a block of this chain");
		let extrinsics = at.extrinsics().fetch().await.expect("its transactions");
		let bytes: usize = extrinsics
			.iter()
			.flatten()
			.map(|extrinsic| extrinsic.bytes().len())
			.sum();
		if bytes >= BUSY {
			busy.push(block);
		}
	}
	busy
}
