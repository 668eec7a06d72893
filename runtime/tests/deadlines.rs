//! The hook on the real runtime when much is due at once: in order, within its part of every block, and one record that
//! cannot be read never in the way of the others. Guards compare the clock themselves, so nobody is early or late
//! meanwhile.

mod chain;

use chain::{
	registration, signed,
	work::Work,
	world::{OWNER, PAYOUT, PROVIDER, VICTIM, WORKER},
	Chain,
};
use frame_support::{
	assert_err, assert_ok,
	dispatch::DispatchClass,
	storage::unhashed,
	traits::Hooks,
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use millrace_primitives::{
	DeviceClass, JobId, JobKind, JobSpec, Level, Minima, Pool, Price, ProviderId, Region, Target, Terms, Tick, MILL,
};
use millrace_runtime::{configs::system::RuntimeBlockWeights, Market, Runtime, RuntimeCall, RuntimeEvent, System};
use pallet_market::{
	Call as MarketCall, DeadlineCursor, Deadlines, Error, Event, JobState, Jobs, OrderRef, Queues, Side, Stuck,
	WeightInfo,
};
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::DispatchOutcome;

type Weights = <Runtime as pallet_market::Config>::WeightInfo;

/// Jobs in one call.
const BATCH: usize = 100;
const LEVEL: Level = Level(170);
/// Two lanes of class cpu-4, and as much again.
const STAKE: u128 = 4 * 336 * MILL;

fn pool(region: u8) -> Pool {
	Pool {
		kind: JobKind::Map,
		class: DeviceClass::Cpu4,
		region: Region(region),
	}
}

/// A chain with the kernel, and a provider in region 0 that asks.
fn chain_with_provider() -> Chain {
	let mut chain = Chain::without_elections("fast");
	let bytecode = Work::new(1).bytecode().try_into().expect("a short program");
	must(&mut chain, VICTIM, pallet_kernels::Call::register_kernel { bytecode });
	must(
		&mut chain,
		OWNER,
		registration(WORKER, PAYOUT, DeviceClass::Cpu4, 2, STAKE),
	);
	chain
}

fn send(chain: &mut Chain, who: Key, call: impl Into<RuntimeCall>) -> (DispatchOutcome, Vec<RuntimeEvent>) {
	let call = call.into();
	let (mut outcomes, events) = chain.attempt(|| vec![signed(who, 0, call)]);
	(outcomes.remove(0), events)
}

fn must(chain: &mut Chain, who: Key, call: impl Into<RuntimeCall>) -> Vec<RuntimeEvent> {
	let (outcome, events) = send(chain, who, call);
	outcome.expect("it succeeds");
	events
}

fn clock(chain: &mut Chain) -> Tick {
	chain.execute(Market::clock)
}

fn spec(target: Target, expires: Tick) -> JobSpec {
	Work::new(2).spec(Terms {
		target,
		public: false,
		run_ticks: 9,
		window: 8,
		expires,
	})
}

fn bid(region: u8, level: Level, expires: Tick) -> JobSpec {
	let pool = pool(region);
	spec(Target::Book { pool, level }, expires)
}

/// The jobs that were submitted in a block.
fn submitted(events: &[RuntimeEvent]) -> Vec<JobId> {
	let jobs = events.iter().filter_map(|event| match event {
		RuntimeEvent::Market(Event::JobSubmitted { job, .. }) => Some(*job),
		_ => None,
	});
	jobs.collect()
}

fn submit(chain: &mut Chain, spec: JobSpec) -> JobId {
	let events = must(chain, VICTIM, MarketCall::submit_job { spec });
	submitted(&events)[0]
}

/// The jobs that expired in a block, in order.
fn expired(events: &[RuntimeEvent]) -> Vec<JobId> {
	let jobs = events.iter().filter_map(|event| match event {
		RuntimeEvent::Market(Event::JobExpired { job, .. }) => Some(*job),
		_ => None,
	});
	jobs.collect()
}

/// So many bids that nobody takes, all of which expire with one tick.
fn waiting(chain: &mut Chain, count: usize, expires: Tick) -> Vec<JobId> {
	let mut jobs = Vec::new();
	let requesters = [
		Key::Alice,
		Key::AliceStash,
		Key::BobStash,
		Key::CharlieStash,
		Key::FerdieStash,
	];
	while jobs.len() < count {
		let events = chain.block(|| {
			let calls = requesters.iter().map(|who| {
				let specs = vec![bid(1, Level(LEVEL.0), expires); BATCH];
				let specs = BoundedVec::truncate_from(specs);
				signed(*who, 0, MarketCall::submit_jobs { specs }.into())
			});
			calls.collect()
		});
		jobs.extend(submitted(&events));
	}
	assert_eq!(jobs.len(), count);
	jobs
}

/// What the hook may take of one block, by hand: 3 % of a second.
fn budget() -> u64 {
	let block = RuntimeBlockWeights::get().max_block.ref_time();
	assert_eq!(block, 1_000_000_000_000);
	30_000_000_000
}

/// What one entry is weighed with: the dearest thing that may be due.
fn entry() -> u64 {
	let weights: [Weight; 3] = [
		Weights::serve_deadline(),
		Weights::serve_no_show(),
		Weights::serve_silence(),
	];
	weights.iter().map(Weight::ref_time).max().expect("there are three")
}

#[test]
fn ten_thousand_deadlines_of_one_tick_are_served_in_order_within_the_budget() {
	const COUNT: usize = 10_000;
	let mut chain = chain_with_provider();
	let tick = clock(&mut chain) + 60;
	let first = waiting(&mut chain, COUNT, tick);
	let second = waiting(&mut chain, 500, tick + 1);
	assert!(clock(&mut chain) < tick, "all of them wait");
	while clock(&mut chain) < tick {
		assert!(expired(&chain.empty_block()).is_empty(), "nobody is early");
	}

	// The first blocks are whole ones. A thousand more of them would be the same, so that then the hook comes alone.
	// The last one begins where there still is room for the worst that an entry can be.
	let most = 1 + (budget() - entry()) / Weights::serve_expired().ref_time();
	let most = usize::try_from(most).expect("small");
	let (mut served, mut blocks, mut fullest) = (Vec::new(), 0, 0);
	while served.len() < COUNT + 500 {
		let done = if blocks < 20 {
			expired(&chain.empty_block())
		} else {
			chain.execute(hook_alone)
		};
		assert!(!done.is_empty(), "every block goes on");
		assert!(done.len() <= most, "{} of {most}", done.len());
		fullest = fullest.max(done.len());
		served.extend(done);
		blocks += 1;
		chain.execute(|| {
			// Of all hooks: the market's 3 %, and one for each of the two of the providers.
			let weight = System::block_weight().get(DispatchClass::Mandatory).ref_time();
			assert!(weight < 60_000_000_000, "{weight}");
		});
	}
	println!(
		"{} deadlines in {blocks} blocks, {fullest} in the fullest, at most {most}",
		COUNT + 500
	);
	assert!(fullest * 10 >= most * 9, "the hook takes what it may");
	// Those of the first tick before those of the second, each once.
	let (early, late) = served.split_at(COUNT);
	for (found, mut expected) in [(early, first), (late, second)] {
		let mut found = found.to_vec();
		found.sort();
		expected.sort();
		assert_eq!(found, expected);
	}
	chain.execute(|| {
		assert_eq!(Jobs::<Runtime>::iter_keys().count(), 0);
		assert_eq!(Deadlines::<Runtime>::iter_keys().count(), 0);
		assert_eq!(Stuck::<Runtime>::iter_keys().count(), 0);
		// The ticks that have passed meanwhile are gone through as well.
		let mut more = 0;
		while DeadlineCursor::<Runtime>::get() < Market::clock() {
			hook_alone();
			more += 1;
			assert!(more < blocks / 10, "it catches up");
		}
	});
}

/// The hook of the next block and nothing else of it. Returns the jobs that expired.
fn hook_alone() -> Vec<JobId> {
	System::reset_events();
	pallet_babe::CurrentSlot::<Runtime>::mutate(|slot| *slot = *slot + 1);
	let tick = Market::clock();
	let mut meter = WeightMeter::with_limit(RuntimeBlockWeights::get().max_block);
	Market::on_poll(System::block_number(), &mut meter);
	assert_eq!(Market::clock(), tick + 1);
	// Beside what is due: the hook itself, and the clock, which is no part of what its benchmark counts.
	let clock = <Runtime as frame_system::Config>::DbWeight::get().reads_writes(1, 1);
	let most = budget() + Weights::on_poll().saturating_add(clock).ref_time();
	assert!(meter.consumed().ref_time() <= most, "{:?} of {most}", meter.consumed());
	let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
	expired(&events)
}

/// A provider accepts, commits and is late by the clock alone, and so are its requesters, while the hook has a backlog
/// of blocks.
#[test]
fn nobody_is_early_or_late_while_the_hook_is_behind() {
	let mut chain = chain_with_provider();
	let ask = MarketCall::place_ask { slot: 0, level: LEVEL };
	must(&mut chain, WORKER, ask);
	let tick = clock(&mut chain) + 40;
	waiting(&mut chain, 2_000, tick);
	while clock(&mut chain) < tick - 5 {
		chain.empty_block();
	}
	// Two assignments whose window ends behind the backlog: until tick + 4 and tick + 5.
	let early = submit(&mut chain, bid(0, LEVEL, tick + 30));
	let late = submit(&mut chain, bid(0, LEVEL, tick + 30));
	let until = |chain: &mut Chain, job| match chain.execute(|| Market::job(job).map(|job| job.state)) {
		Some(JobState::Assigned { until, .. }) => until,
		other => panic!("{other:?}"),
	};
	assert_eq!(
		(until(&mut chain, early), until(&mut chain, late)),
		(tick + 4, tick + 5)
	);
	while clock(&mut chain) < tick + 3 {
		chain.empty_block();
	}
	let cursor = chain.execute(DeadlineCursor::<Runtime>::get);
	assert!(cursor <= tick, "the hook is behind: {cursor} of {tick}");
	// In the block of its last tick it still may.
	assert_ok!(send(&mut chain, WORKER, MarketCall::accept_job { job: early }).0);
	assert_eq!(clock(&mut chain), tick + 4);
	// Nothing is due for the other one before its last tick is over.
	let (outcome, _) = send(&mut chain, Key::Eve, MarketCall::touch { job: late });
	assert_err!(outcome, Error::<Runtime>::NothingDue);
	assert_eq!(clock(&mut chain), tick + 5);
	// Nobody has served it, and it is too late all the same.
	let (outcome, _) = send(&mut chain, WORKER, MarketCall::accept_job { job: late });
	assert_err!(outcome, Error::<Runtime>::AcceptWindowOver);
	assert!(chain.execute(DeadlineCursor::<Runtime>::get) <= tick, "still behind");
	// Whoever cannot wait for the hook has it served at once.
	let events = must(&mut chain, Key::Eve, MarketCall::touch { job: late });
	let is_no_show =
		|event: &RuntimeEvent| matches!(event, RuntimeEvent::Market(Event::NoShow { job, .. }) if *job == late);
	assert!(events.iter().any(is_no_show));
	assert!(chain.execute(DeadlineCursor::<Runtime>::get) <= tick, "still behind");

	// The run of nine ticks from tick + 4 on.
	while clock(&mut chain) < tick + 12 {
		chain.empty_block();
	}
	let root = Work::new(2).honest().root();
	let commit = MarketCall::commit_result {
		job: early,
		root: H256(root.hash),
		units: root.units,
	};
	assert_ok!(send(&mut chain, WORKER, commit).0);
}

/// Bytes in the place of a record that are none.
fn corrupt(key: &[u8]) {
	unhashed::put_raw(key, &[0xff; 3]);
}

/// What is due at one tick: a record of each kind cannot be read, and all others are served.
#[test]
fn a_record_that_cannot_be_read_stops_no_other() {
	let mut chain = chain_with_provider();
	for (number, keys) in [[Key::AliceStash, Key::One], [Key::BobStash, Key::Two]]
		.into_iter()
		.enumerate()
	{
		let [owner, worker] = keys;
		must(
			&mut chain,
			owner,
			registration(worker, PAYOUT, DeviceClass::Cpu4, 2, STAKE),
		);
		assert_eq!(
			chain.execute(pallet_providers::Count::<Runtime>::get) as usize,
			number + 2
		);
	}
	let expires = clock(&mut chain) + 30;
	// Bids in three queues of region 1; one of them stands alone in the queue that will be corrupt.
	let bids: Vec<_> = [170, 170, 171, 171, 172]
		.into_iter()
		.map(|level| submit(&mut chain, bid(1, Level(level), expires)))
		.collect();
	// Offers to the three providers, whose windows end shortly before the bids expire.
	while clock(&mut chain) < expires - 10 {
		chain.empty_block();
	}
	let offers: Vec<_> = (0..3)
		.map(|number| {
			let target = Target::Provider {
				provider: ProviderId(number),
				price: Price(1 << 30),
				minima: Minima::default(),
			};
			submit(&mut chain, spec(target, expires))
		})
		.collect();

	chain.execute(|| {
		// A job, a provider, and both ends of a queue.
		corrupt(&Jobs::<Runtime>::hashed_key_for(bids[0]));
		corrupt(&pallet_providers::Providers::<Runtime>::hashed_key_for(ProviderId(1)));
		corrupt(&Queues::<Runtime>::hashed_key_for((pool(1), Side::Bid, Level(172))));
		corrupt(&pallet_market::Links::<Runtime>::hashed_key_for(OrderRef::Bid(bids[4])));
	});
	let mut events = Vec::new();
	while clock(&mut chain) < expires + 4 {
		events.extend(chain.empty_block());
	}
	// Expired: all bids but the one that cannot be read and the one whose place cannot.
	let mut done = expired(&events);
	done.sort();
	let mut expected = [bids[1], bids[2], bids[3]];
	expected.sort();
	let stuck: Vec<_> = events
		.iter()
		.filter_map(|event| match event {
			RuntimeEvent::Market(Event::JobStuck { job, .. }) => Some(*job),
			_ => None,
		})
		.collect();
	let lapsed: Vec<_> = events
		.iter()
		.filter_map(|event| match event {
			RuntimeEvent::Market(Event::OfferLapsed { job, .. }) => Some(*job),
			_ => None,
		})
		.collect();
	assert_eq!(lapsed, [offers[0], offers[2]], "the offers to the others");
	assert_eq!(done, expected, "the others, also behind one that cannot be read");
	for job in [bids[0], bids[4], offers[1]] {
		assert!(stuck.contains(&job), "{job:?} is said to be stuck");
	}
	// Nothing waits any more, and the clock's cursor is where it should be.
	chain.execute(|| {
		assert_eq!(Deadlines::<Runtime>::iter_keys().count(), 0);
		assert_eq!(DeadlineCursor::<Runtime>::get(), Market::clock());
		assert!(Stuck::<Runtime>::contains_key(offers[1]), "open to whoever touches it");
	});

	// New jobs come and go as before.
	let next = submit(&mut chain, bid(2, LEVEL, expires + 12));
	while clock(&mut chain) < expires + 12 {
		chain.empty_block();
	}
	assert_eq!(expired(&chain.empty_block()), [next]);
	assert!(chain.execute(|| pallet_providers::Providers::<Runtime>::get(PROVIDER).is_some()));
}
