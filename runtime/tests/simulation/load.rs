//! What a block costs, at any number of providers.

use super::world::Sim;
use millrace_primitives::DeviceClass;
use millrace_runtime::RuntimeEvent;
use pallet_providers::Event;
use polkadot_sdk::*;
use std::collections::HashMap;

/// The figures of one fleet.
#[derive(Debug)]
pub(crate) struct Load {
	providers: u32,
	/// Most samples of a block, and all of them.
	pub(crate) most_samples: usize,
	samples: usize,
	/// Most items of storage that the hooks of both pallets read in a block in which everybody answers.
	pub(crate) reads: usize,
	/// The same while nobody does, and most providers that were found unreachable in a block.
	pub(crate) reads_gone: usize,
	pub(crate) most_found: usize,
}

impl Load {
	pub(crate) fn heading() -> String {
		format!(
			"{:>9} {:>13} {:>10} {:>11} {:>11} {:>17}",
			"providers", "samples, most", "on average", "reads, most", "found, most", "reads then, most"
		)
	}

	pub(crate) fn line(&self) -> String {
		format!(
			"{:>9} {:>13} {:>10.2} {:>11} {:>11} {:>17}",
			self.providers,
			self.most_samples,
			self.samples as f64 / f64::from(BLOCKS),
			self.reads,
			self.most_found,
			self.reads_gone
		)
	}
}

/// Blocks that are measured.
pub(crate) const BLOCKS: u32 = 200;

/// Measures a fleet of so many, of ten owners.
pub(crate) fn measure(seed: u64, providers: u32) -> Load {
	let mut state = sp_io::TestExternalities::new_empty();
	let mut sim = state.execute_with(|| {
		let mut sim = Sim::at_genesis(seed);
		for number in 0..providers {
			sim.register(&Sim::owner(number % 10), DeviceClass::Cpu4, 0, 1);
		}
		sim
	});
	let mut load = Load {
		providers,
		most_samples: 0,
		samples: 0,
		reads: 0,
		reads_gone: 0,
		most_found: 0,
	};
	for block in 0..2 * BLOCKS {
		let all_gone = block >= BLOCKS;
		// Only what lies below the changes of a block is recorded.
		state.commit_all().expect("no transaction is open");
		let recorder = Default::default();
		let sampled = state.execute_with_recorder(Clone::clone(&recorder), || {
			let tick = sim.now() + 1;
			sim.poll(tick)
		});
		let reads = recorder.recorded_keys().values().map(HashMap::len).sum();
		if all_gone {
			load.reads_gone = load.reads_gone.max(reads);
		} else {
			load.reads = load.reads.max(reads);
			load.most_samples = load.most_samples.max(sampled.len());
			load.samples += sampled.len();
			state.execute_with(|| sim.answer(&sampled));
		}
		let is_found =
			|event: &RuntimeEvent| matches!(event, RuntimeEvent::Providers(Event::ProviderUnreachable { .. }));
		let found = sim.log.iter().filter(|(_, event)| is_found(event)).count();
		load.most_found = load.most_found.max(found);
		sim.log.clear();
	}
	load
}
