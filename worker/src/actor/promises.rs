//! Whether the machine can do what the provider's lanes promise, told once for each number of lanes.

use super::Actor;
use crate::{
	backend::free_memory,
	capacity::{shortfalls, Machine},
	view::View,
};

impl Actor {
	/// Compares the lanes on the chain with the machine, when they are seen first and when they have changed.
	pub(super) fn heed_lanes(&mut self, view: &View) {
		let lanes = view.provider.terms.lanes;
		// The device is known once its process has started.
		let Some(ready) = self.parts.tools.backend.ready() else {
			return;
		};
		if self.shortfalls.as_ref().is_some_and(|(seen, _)| *seen == lanes) {
			return;
		}
		let has_own_memory = ready.hardware.compute_capability.is_some();
		let machine = Machine {
			memory: free_memory(),
			device_memory: has_own_memory.then_some(ready.hardware.memory),
			quota: self.parts.settings.quota,
		};
		let found = shortfalls(view.provider.id, lanes, view.largest, &machine);
		for shortfall in &found {
			tracing::warn!(hint = shortfall.hint(), "{shortfall}");
		}
		self.shortfalls = Some((lanes, found));
	}

	/// What the machine does not keep, in words.
	pub(super) fn warnings(&self) -> Vec<String> {
		let found = self.shortfalls.iter().flat_map(|(_, found)| found);
		found
			.map(|shortfall| format!("{shortfall}; {}", shortfall.hint()))
			.collect()
	}
}
