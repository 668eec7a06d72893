//! A chain with four validators, each a process of its own.

use crate::{
	state::{last_final, LIMIT},
	witness::Witness,
};
use millrace_tests::{
	free_port,
	spec::{Spec, Validator, VALIDATORS},
	Node,
};
use std::{
	fs,
	path::{Path, PathBuf},
	thread::sleep,
	time::{Duration, Instant},
};

/// Seconds of a slot.
pub(crate) const SLOT: u64 = 3;
/// Slots of an epoch, so that a session takes 12 seconds.
pub(crate) const EPOCH_SLOTS: u64 = 4;
/// Sessions of an era.
const SESSIONS_PER_ERA: u32 = 2;
/// The validators: as many as can bear that one is gone, and no more.
const SEATS: usize = 4;

pub(crate) const ALICE: usize = 0;
pub(crate) const BOB: usize = 1;
pub(crate) const CHARLIE: usize = 2;
pub(crate) const DAVE: usize = 3;

/// A validator with its data, and its node, while that runs.
struct Seat {
	validator: Validator,
	folder: PathBuf,
	port: u16,
	node: Option<Node>,
}

/// The chain.
pub(crate) struct World {
	// Before the nodes, so that it ends first.
	pub(crate) witness: Witness,
	folder: PathBuf,
	spec: String,
	seats: Vec<Seat>,
}

impl World {
	/// Starts the chain.
	pub(crate) fn start(folder: &Path) -> World {
		fs::create_dir_all(folder).expect("the test's folder is writable");
		let path = folder.join("network.json");
		Spec::of("fast")
			.expect("the node knows it")
			.with_validators(&VALIDATORS[..SEATS])
			.with_epochs(EPOCH_SLOTS, SESSIONS_PER_ERA)
			.write(&path)
			.expect("the test's folder is writable");
		let witness = Witness::default();
		let seats = VALIDATORS[..SEATS].iter().map(|validator| {
			let port = free_port();
			witness.watch(validator.name, port);
			Seat {
				validator: *validator,
				folder: folder.join(validator.name),
				port,
				node: None,
			}
		});
		let seats = seats.collect();
		let mut world = World {
			witness,
			folder: folder.to_owned(),
			spec: path.to_str().expect("UTF-8").to_owned(),
			seats,
		};
		for seat in 0..SEATS {
			world.bring_up(seat);
		}
		world.wait_final(&[ALICE, BOB, CHARLIE, DAVE], 2);
		world
	}

	/// Who sits there.
	pub(crate) fn validator(&self, seat: usize) -> &Validator {
		&self.seats[seat].validator
	}

	/// Its node, which must run.
	pub(crate) fn node(&self, seat: usize) -> &Node {
		let seat = &self.seats[seat];
		let node = seat.node.as_ref();
		node.unwrap_or_else(|| panic!("{} does not run", seat.validator.name))
	}

	/// All validators whose nodes run, by their names.
	pub(crate) fn running(&self) -> impl Iterator<Item = (&str, &Node)> {
		self.seats
			.iter()
			.filter_map(|seat| Some((seat.validator.name, seat.node.as_ref()?)))
	}

	/// `kill -9`.
	pub(crate) fn kill(&mut self, seat: usize) {
		self.seats[seat].node = None;
	}

	/// Starts a validator that does not run, on the data that it has.
	pub(crate) fn bring_up(&mut self, seat: usize) {
		let Seat {
			validator,
			folder,
			port,
			..
		} = &self.seats[seat];
		let node = self.start_node(folder, *port, &[validator.flag().as_str()]);
		self.seats[seat].node = Some(node);
	}

	/// Starts another node of this chain, with data of its own.
	pub(crate) fn another(&self, name: &str, flags: &[&str]) -> Node {
		let node = self.start_node(&self.folder.join(name), free_port(), flags);
		self.witness.watch(name, node.port);
		node
	}

	/// A node that knows all that run.
	fn start_node(&self, folder: &Path, port: u16, flags: &[&str]) -> Node {
		let known: Vec<String> = self.running().map(|(_, node)| node.peer_address()).collect();
		let known = known.iter().flat_map(|address| ["--bootnodes", address.as_str()]);
		let flags: Vec<&str> = flags.iter().copied().chain(["--no-prometheus"]).chain(known).collect();
		Node::start_with(&self.spec, folder, port, &flags)
	}

	/// Waits until a block of this height is final for all of these.
	pub(crate) fn wait_final(&self, seats: &[usize], number: u64) {
		let start = Instant::now();
		for seat in seats.iter().map(|seat| &self.seats[*seat]) {
			while last_final(seat.port).is_none_or(|last| last < number) {
				let log = seat.node.as_ref().map(|node| node.process.tail());
				assert!(
					start.elapsed() < LIMIT,
					"block {number} is not final for {} in {LIMIT:?}\n{}",
					seat.validator.name,
					log.unwrap_or_default()
				);
				sleep(Duration::from_millis(500));
			}
		}
	}
}
