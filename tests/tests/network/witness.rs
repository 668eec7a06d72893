//! Watches what each node holds for final, all the time, and remembers where two ever differ.

use crate::state::{block_hash, last_final};
use millrace_tests::Node;
use std::{
	collections::{btree_map::Entry, BTreeMap},
	sync::{
		atomic::{AtomicBool, AtomicU64, Ordering},
		Arc, Mutex, MutexGuard,
	},
	thread::{sleep, JoinHandle},
	time::{Duration, Instant},
};

/// How often each node is asked.
const PAUSE: Duration = Duration::from_millis(500);

/// A block that was seen to be final for the first time.
struct Sighting {
	hash: String,
	by: String,
	at: Instant,
}

#[derive(Default)]
struct Shared {
	finals: Mutex<BTreeMap<u64, Sighting>>,
	conflicts: Mutex<Vec<String>>,
	seen: AtomicU64,
	ended: AtomicBool,
}

/// Asks each node on a thread of its own: a node that stands still answers late or never.
#[derive(Default)]
pub(crate) struct Witness {
	shared: Arc<Shared>,
	threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Witness {
	/// Watches a node from now on, through all its restarts on this port.
	pub(crate) fn watch(&self, name: &str, port: u16) {
		let (shared, name) = (self.shared.clone(), name.to_owned());
		let thread = std::thread::spawn(move || shared.follow(&name, port));
		self.threads.lock().expect("nobody panics with it").push(thread);
	}

	/// The longest time since a moment for which no node had a new final block.
	pub(crate) fn longest_pause(&self, since: Instant) -> Duration {
		let finals = self.shared.finals();
		let mut moments: Vec<Instant> = finals
			.values()
			.map(|sighting| sighting.at)
			.filter(|at| *at > since)
			.collect();
		moments.extend([since, Instant::now()]);
		moments.sort();
		let pauses = moments.windows(2).map(|pair| pair[1] - pair[0]);
		pauses.max().unwrap_or_default()
	}

	/// Panics if two nodes ever held different blocks of one height for final.
	pub(crate) fn agrees(&self) {
		let conflicts = self.shared.conflicts();
		assert!(
			conflicts.is_empty(),
			"finality contradicts itself:\n{}",
			conflicts.join("\n")
		);
	}

	/// The same, and asks these nodes once more for every final block. Returns how many heights that are, and how often a
	/// node was seen to have a block of them.
	pub(crate) fn close<'n>(&self, nodes: impl Iterator<Item = (&'n str, &'n Node)>) -> (usize, u64) {
		for (name, node) in nodes {
			for number in 1..=node.heights().1 {
				let hash = block_hash(node.port, number).expect("it has every block");
				self.shared.note(number, hash, name);
			}
		}
		self.agrees();
		(self.shared.finals().len(), self.shared.seen.load(Ordering::Relaxed))
	}
}

impl Drop for Witness {
	fn drop(&mut self) {
		self.shared.ended.store(true, Ordering::Relaxed);
		if let Ok(threads) = self.threads.get_mut() {
			for thread in threads.drain(..) {
				// What it panicked with is printed already.
				let _ = thread.join();
			}
		}
	}
}

impl Shared {
	fn follow(&self, name: &str, port: u16) {
		let mut known = 0;
		while !self.ended.load(Ordering::Relaxed) {
			let last = last_final(port).unwrap_or_default();
			while known < last {
				// A node that joins late has the early blocks last.
				let Some(hash) = block_hash(port, known + 1) else { break };
				known += 1;
				self.note(known, hash, name);
			}
			sleep(PAUSE);
		}
	}

	fn note(&self, number: u64, hash: String, name: &str) {
		self.seen.fetch_add(1, Ordering::Relaxed);
		match self.finals().entry(number) {
			Entry::Vacant(new) => {
				new.insert(Sighting {
					hash,
					by: name.to_owned(),
					at: Instant::now(),
				});
			}
			Entry::Occupied(old) if old.get().hash != hash => {
				let Sighting { hash: other, by, .. } = old.get();
				self.conflicts()
					.push(format!("block {number}: {other} for {by}, {hash} for {name}"));
			}
			Entry::Occupied(_) => {}
		}
	}

	fn finals(&self) -> MutexGuard<'_, BTreeMap<u64, Sighting>> {
		self.finals.lock().expect("nobody panics with it")
	}

	fn conflicts(&self) -> MutexGuard<'_, Vec<String>> {
		self.conflicts.lock().expect("nobody panics with it")
	}
}
