//! Time: blocks in which something happens are played, all others are skipped.
//!
//! A block is what the chain does by itself: the hooks of both pallets, in their order, and the answers of whoever was
//! sampled and is up. Nothing happens in a block where no one is sampled that is down, no sample was missed, no entry of
//! either pallet is due and no slash is payable; such blocks are skipped, and the cursors of both pallets are put to where
//! they would be.
//!
//! Two things are lost with a skipped block. It would have moved the tick at which somebody who answered was last sampled,
//! whom the pallet then leaves alone for 100 ticks: who fails soon after is found a little earlier here. And its samples
//! would be looked through within the budget of a later block: many outages that are due at once are served a block or two
//! sooner.

use super::{
	random::{author_randomness, drawn_places},
	world::Sim,
};
use frame_support::{traits::Hooks, weights::WeightMeter};
use millrace_primitives::{ProviderId, Tick};
use millrace_runtime::{Market, Providers, Runtime, RuntimeEvent, System};
use pallet_market::{Clock, DeadlineCursor, Deadlines, Wakes};
use pallet_providers::{
	Call, CheckCursor, LastPoll, OutageChecks, Reachable, ReachableCount, SampleQueue, Samples, SlashCursor, Slashes,
};
use polkadot_sdk::*;

/// Samples that one block draws among so many: as the rules say, by hand.
fn draws(count: u32) -> u32 {
	count.div_ceil(200).min(8)
}

impl Sim {
	pub(crate) fn now(&self) -> Tick {
		Market::clock()
	}

	/// Lets the clock run until it reads `until`.
	pub(crate) fn advance(&mut self, until: Tick) {
		while let Some(block) = self.next_block(until) {
			self.play(block);
		}
		self.skip(until);
	}

	/// Lets the clock run on for so many ticks.
	pub(crate) fn wait(&mut self, ticks: Tick) {
		self.advance(self.now() + ticks);
	}

	/// Plays the block in which the clock comes to read `tick`.
	fn play(&mut self, tick: Tick) {
		let sampled = self.poll(tick);
		self.answer(&sampled);
	}

	/// What the chain does by itself in that block. Returns who was sampled.
	pub(crate) fn poll(&mut self, tick: Tick) -> Vec<ProviderId> {
		self.skip(tick - 1);
		pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some(author_randomness(self.seed, tick)));
		pallet_babe::CurrentSlot::<Runtime>::mutate(|slot| *slot = *slot + 1);
		System::set_block_number(tick);
		let mut meter = WeightMeter::new();
		Providers::on_poll(tick, &mut meter);
		Market::on_poll(tick, &mut meter);
		assert_eq!(self.now(), tick, "a block is a tick");
		self.polls += 1;
		let sampled = self.note().into_iter().filter_map(|event| match event {
			RuntimeEvent::Providers(pallet_providers::Event::ProviderSampled { provider, .. }) => Some(provider),
			_ => None,
		});
		sampled.collect()
	}

	/// Whoever was sampled and is up says so, unless its last ask left in the same block: then it has nothing to say.
	pub(crate) fn answer(&mut self, sampled: &[ProviderId]) {
		for provider in sampled {
			if !self.down.contains(provider) && Providers::sampled_until(*provider).is_some() {
				self.must(&Sim::worker(*provider), Call::heartbeat {});
			}
		}
	}

	/// Moves the clock over blocks in which nothing happens.
	fn skip(&mut self, to: Tick) {
		let now = self.now();
		assert!(now <= to, "time goes on");
		if now == to {
			return;
		}
		assert!(
			self.next_due().is_none_or(|due| due > to),
			"something happens in between"
		);
		Clock::<Runtime>::mutate(|clock| clock.tick = to);
		// The hook of the providers runs before the clock moves.
		LastPoll::<Runtime>::put(to - 1);
		CheckCursor::<Runtime>::put(to);
		DeadlineCursor::<Runtime>::put(to);
		// Samples that were all answered, for whose last tick the hook would have looked by now.
		let mut ends = SampleQueue::<Runtime>::get();
		while Samples::<Runtime>::get(ends.head).is_some_and(|batch| batch.until + 2 <= to) {
			Samples::<Runtime>::remove(ends.head);
			ends.head += 1;
		}
		SampleQueue::<Runtime>::put(ends);
	}

	/// The next block up to `until` in which something happens.
	fn next_block(&self, until: Tick) -> Option<Tick> {
		let now = self.now();
		if self.every_block {
			return (now < until).then_some(now + 1);
		}
		let due = self.next_due().map(|due| due.max(now + 1)).filter(|due| *due <= until);
		self.next_find(now + 1, due.map_or(until, |due| due - 1)).or(due)
	}

	/// The block in which either pallet has something to do that is not a sample.
	fn next_due(&self) -> Option<Tick> {
		// Whoever is up has answered in the block of the sample.
		let owed = self
			.down
			.iter()
			.filter_map(|provider| Reachable::<Runtime>::get(provider)?.until);
		let slash = Slashes::<Runtime>::get(SlashCursor::<Runtime>::get());
		// The market looks at what is before its clock, the providers at what is before the block.
		let entries = Deadlines::<Runtime>::iter_keys()
			.map(|(tick, _)| tick + 1)
			.chain(Wakes::<Runtime>::iter_keys().map(|(tick, _)| tick + 1))
			.chain(OutageChecks::<Runtime>::iter_keys().map(|(tick, _)| tick + 1))
			.chain(owed.map(|until| until + 2))
			.chain(slash.map(|slash| slash.due + 1));
		entries.min()
	}

	/// The first of some blocks in which somebody is sampled that is down.
	fn next_find(&self, first: Tick, last: Tick) -> Option<Tick> {
		let count = ReachableCount::<Runtime>::get();
		let listed = self.down.iter().filter_map(Reachable::<Runtime>::get);
		let places: Vec<u32> = listed
			.filter(|sampled| sampled.until.is_none())
			.map(|sampled| sampled.index)
			.collect();
		if places.is_empty() {
			return None;
		}
		(first..=last).find(|block| {
			drawn_places(author_randomness(self.seed, *block), draws(count), count).any(|place| places.contains(&place))
		})
	}
}
