//! C6: what finished jobs leave in the state, and how much of it a live one takes.

use super::{
	chain::{booked, requester, spec, Chain},
	grouped,
	lives::Lives,
	state::{keys_beside_counters, listed, total, Grown, Growth, State},
};
use crate::report::Report;
use codec::Encode;
use millrace_kernel::asm::Builder;
use millrace_primitives::{refutation::LeafSet, InputRef, JobId, JobSpec, KernelHash, Level, DAY, HOUR};
use millrace_runtime::{AccountId, Runtime};
use pallet_market::{Call, Requesters};
use polkadot_sdk::*;
use sp_core::H256;

/// Jobs whose whole lives are compared.
const JOBS: u32 = 10_000;
/// Most bytes that a requester's counters have.
const COUNTERS: usize = 80;
/// Most bytes of a live job, and what each input may add.
const LIVE: i64 = 500;
const INPUT: i64 = 40;
/// What providers ask, what is below, and the bound of units for an item.
const ASK: Level = Level(100);
const TOO_LOW: Level = Level(10);
const MAX_UNITS: u32 = 1_000;

pub(crate) fn measure(report: &mut Report) {
	finished(report);
	live(report);
}

fn finished(report: &mut Report) {
	let mut lives = Lives::new();
	let start = State::of(&mut lives.chain);
	// The first round makes the records of everybody who takes part.
	lives.round();
	let first = lives.submitted();
	let before = State::of(&mut lives.chain);
	while lives.submitted() - first < JOBS {
		lives.round();
	}
	let growth = State::of(&mut lives.chain).growth_since(&before);
	let left = keys_beside_counters(&growth);
	let counters = lives.chain.execute(|| {
		let sizes = Lives::requesters().map(|who| Requesters::<Runtime>::get(who).encode().len());
		sizes.into_iter().max().unwrap_or_default()
	});
	report.goal(
		"C6 finished",
		&format!(
			"{left} keys left by {} jobs that are no counters; counters of a requester {counters} B",
			grouped((lives.submitted() - first) as usize),
		),
		"none, counters <= 80 B",
		left == 0 && counters <= COUNTERS,
	);
	let ended: Vec<String> = lives
		.ended()
		.iter()
		.map(|(how, jobs)| format!("{how} {}", grouped(*jobs as usize)))
		.collect();
	report.note(&format!("how all of them went: {}", ended.join(", ")));
	report.note(&format!("left: {}", listed(&growth)));
	report.note(&format!(
		"left by the {first} before them, the first of their requesters and providers: {}",
		listed(&before.growth_since(&start))
	));
}

fn live(report: &mut Report) {
	let sizes = [0, 8].map(|inputs| (inputs, LiveJob::new(inputs).sizes()));
	let (most, met) = sizes
		.iter()
		.fold((Vec::new(), true), |(mut text, met), (inputs, states)| {
			let largest = states
				.iter()
				.map(|(_, growth)| total(growth).bytes)
				.max()
				.unwrap_or_default();
			text.push(format!("{largest} B with {inputs} inputs"));
			(text, met && largest <= LIVE + INPUT * i64::from(*inputs))
		});
	report.goal("C6 live", &most.join(", "), "<= 500 B + 40 B an input", met);
	for (inputs, states) in sizes {
		let states: Vec<String> = states
			.iter()
			.map(|(state, growth)| {
				let Grown { keys, key_bytes, bytes } = total(growth);
				format!("{state} {bytes} B in {keys} values, {key_bytes} B of keys")
			})
			.collect();
		report.note(&format!("{inputs} inputs: {}", states.join("; ")));
	}
}

/// A chain on which one job lives.
struct LiveJob {
	chain: Chain,
	worker: AccountId,
	kernel: KernelHash,
	inputs: u8,
	empty: State,
}

impl LiveJob {
	fn new(inputs: u8) -> LiveJob {
		let mut chain = Chain::new();
		let mut builder = Builder::new(16, MAX_UNITS);
		builder.inputs(inputs, 0);
		let bytecode = builder.build().expect("an empty program is valid").encode();
		let kernel = KernelHash(H256(sp_io::hashing::blake2_256(&bytecode)));
		if inputs > 0 {
			let bytecode = bytecode.try_into().expect("a short program");
			chain.call(requester(), pallet_kernels::Call::register_kernel { bytecode });
		}
		let worker = chain.register(0, 1);
		chain.call(worker.clone(), Call::place_ask { slot: 0, level: ASK });
		let mut this = LiveJob {
			chain,
			worker,
			kernel,
			inputs,
			empty: State(Default::default()),
		};
		// The first job of all makes records that stay.
		let job = this.submit(ASK);
		this.commit(job);
		this.chain.call(requester(), Call::settle_now { job });
		this.empty = this.now();
		this
	}

	/// What the state holds more while the job stands where the name says.
	fn sizes(mut self) -> Vec<(&'static str, Growth)> {
		let mut sizes = Vec::new();
		let job = self.submit(TOO_LOW);
		sizes.push(("waiting", self.grown()));
		self.chain.call(requester(), Call::cancel_job { job });
		let job = self.submit(ASK);
		sizes.push(("assigned", self.grown()));
		self.chain.call(self.worker.clone(), Call::accept_job { job });
		sizes.push(("running", self.grown()));
		self.commit(job);
		sizes.push(("committed", self.grown()));
		let leaves = LeafSet::truncate_from(vec![0]);
		self.chain.call(requester(), Call::demand { job, leaves });
		sizes.push(("a leaf demanded", self.grown()));
		sizes
	}

	fn submit(&mut self, level: Level) -> JobId {
		let input = InputRef {
			root: H256([7; 32]),
			len: 1,
		};
		let inputs = vec![input; usize::from(self.inputs)];
		self.chain.submit(JobSpec {
			kernel: self.kernel,
			inputs: inputs.try_into().expect("few inputs"),
			..spec(booked(level), HOUR, DAY)
		})
	}

	fn commit(&mut self, job: JobId) {
		let root = H256([9; 32]);
		self.chain
			.call(self.worker.clone(), Call::commit_result { job, root, units: 4 });
	}

	fn now(&mut self) -> State {
		self.chain.commit();
		State::of(&mut self.chain)
	}

	fn grown(&mut self) -> Growth {
		let now = self.now();
		now.growth_since(&self.empty)
	}
}
