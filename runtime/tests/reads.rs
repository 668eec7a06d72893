//! The reads of the market on the real runtime, through its API: what is quoted is what a transaction of the next block
//! gets, and what is explained is what happens.

mod chain;

use chain::{
	registration,
	world::{Bought, Case, World, OWNER, PROVIDER, VICTIM, WORKER},
};
use frame_support::traits::fungible::InspectHold;
use millrace_primitives::{
	api::runtime_decl_for_market_api::MarketApiV1, traits::Ineligible, DeviceClass, JobId, JobKind, Level, Pool,
	ProviderId, Region, Target, MILL,
};
use millrace_runtime::{Balances, Market, Runtime, RuntimeHoldReason};
use pallet_market::{
	reads::types::{BookLevel, JobFilter, OfferFilter, Start, StateName, Waits},
	Call as MarketCall, Error, Unfit,
};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;

const POOL: Pool = Pool {
	kind: JobKind::Map,
	class: DeviceClass::Cpu4,
	region: Region(0),
};
const BID: Level = Level(172);
const ASK: Level = Level(170);

/// One provider of class cpu-4 with one lane, whose ask stands two levels below what jobs bid.
fn world() -> World {
	let case = Case {
		class: DeviceClass::Cpu4,
		lanes: 1,
		stake: 400 * MILL,
		bought: Bought::Book { items: 10, level: ASK },
	};
	World::new(case)
}

fn spec(world: &mut World) -> millrace_primitives::JobSpec {
	let expires = world.read(Market::clock) + 30;
	let mut spec = world.spec(expires);
	spec.terms.target = Target::Book { pool: POOL, level: BID };
	spec
}

/// Submits a job of the book at [`BID`].
fn submit(world: &mut World) -> JobId {
	let spec = spec(world);
	let events = world.send(VICTIM, MarketCall::submit_job { spec });
	let submitted = events.into_iter().find_map(|event| match event {
		millrace_runtime::RuntimeEvent::Market(pallet_market::Event::JobSubmitted { job, .. }) => Some(job),
		_ => None,
	});
	submitted.expect("it is submitted")
}

fn held() -> u128 {
	let reason = RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow);
	Balances::balance_on_hold(&reason, &VICTIM.to_account_id())
}

#[test]
fn a_quote_is_what_the_next_block_gives() {
	let mut world = world();
	let spec = spec(&mut world);
	let quote = world
		.read(|| Runtime::quote(spec.clone()))
		.expect("it may be submitted");
	assert_eq!(quote.start, Start::Now { provider: PROVIDER });
	assert_eq!(quote.price, ASK.price());
	assert!(quote.expected < quote.worst);
	let events = world.send(VICTIM, MarketCall::submit_job { spec });
	let assigned = events.into_iter().find_map(|event| match event {
		millrace_runtime::RuntimeEvent::Market(pallet_market::Event::JobAssigned {
			job, provider, price, ..
		}) => Some((job, provider, price)),
		_ => None,
	});
	let (id, provider, price) = assigned.expect("an ask stands");
	assert_eq!((provider, price), (PROVIDER, quote.price));
	world.read(|| {
		let job = Runtime::job(id).expect("it is live");
		assert_eq!(held(), job.held());
		assert!(quote.deposit > 0);
		// What the lower price saves is free again.
		let saved = quote.escrow - job.escrow;
		assert_eq!(quote.escrow + quote.fees + quote.deposit - saved, job.held());
	});
}

#[test]
fn a_quote_is_refused_as_the_submission_is() {
	let mut world = world();
	let mut spec = spec(&mut world);
	spec.terms.window += 1;
	let refusal = Error::<Runtime>::WindowNotStandard.into();
	assert_eq!(world.read(|| Runtime::quote(spec.clone())).map(|_| ()), Err(refusal));
	let (outcome, _) = world.attempt(VICTIM, MarketCall::submit_job { spec });
	assert_eq!(outcome, Err(refusal));
}

#[test]
fn jobs_wait_for_what_is_said_in_a_book_that_shows_them() {
	let mut world = world();
	// One lane has room for two jobs.
	let jobs = [(); 4].map(|()| submit(&mut world));
	let quoted = spec(&mut world);
	world.read(|| {
		assert!(matches!(
			Runtime::explain(jobs[0]),
			Some(Waits::Acceptance {
				provider: PROVIDER,
				busy: false,
				..
			})
		));
		assert!(matches!(Runtime::explain(jobs[2]), Some(Waits::NoAsk { .. })));
		assert_eq!(
			Runtime::explain_match(jobs[2], PROVIDER),
			Some(Err(Unfit::Provider(Ineligible::Full)))
		);
		assert_eq!(Runtime::explain_match(jobs[0], PROVIDER), Some(Ok(())));
		let nobody = Runtime::explain_match(jobs[2], ProviderId(9));
		assert_eq!(nobody, Some(Err(Unfit::Provider(Ineligible::Unknown))));
		assert_eq!(Runtime::explain(JobId::default()), None);
		assert_eq!(Runtime::explain_match(JobId::default(), PROVIDER), None);

		let quote = Runtime::quote(quoted).expect("it may be submitted");
		assert_eq!(
			(quote.start, quote.price),
			(Start::NoAsk { cheapest: None }, BID.price())
		);
		let book = Runtime::book(POOL, 5);
		let bids = BookLevel {
			level: BID,
			price: BID.price(),
			orders: 2,
		};
		assert_eq!((book.asks, book.bids, book.complete), (vec![], vec![bids], true));
	});

	// Room for one: the first that waits gets it.
	world.send(WORKER, MarketCall::accept_job { job: jobs[0] });
	let root = world.work.honest().root();
	world.commit_root(jobs[0], root);
	world.read(|| {
		assert!(matches!(
			Runtime::explain(jobs[0]),
			Some(Waits::Window { provider: PROVIDER, .. })
		));
		assert!(matches!(Runtime::explain(jobs[2]), Some(Waits::Acceptance { .. })));
		assert!(matches!(Runtime::explain(jobs[3]), Some(Waits::NoAsk { .. })));
	});
}

#[test]
fn offers_jobs_and_statistics_show_what_is_there() {
	let mut world = world();
	let second = registration(Key::AliceStash, Key::BobStash, DeviceClass::Cpu4, 2, 700 * MILL);
	world.send(OWNER, second);
	let other = ProviderId(1);
	world.send(
		Key::AliceStash,
		MarketCall::place_ask {
			slot: 2,
			level: Level(180),
		},
	);
	let output = world.work.honest();
	let paid = submit(&mut world);
	world.commit_root(paid, output.root());
	world.send(VICTIM, MarketCall::settle_now { job: paid });
	let live = submit(&mut world);

	world.read(|| {
		let (offers, next) = Runtime::offers(OfferFilter::default(), None);
		let mut listed: Vec<_> = offers
			.iter()
			.map(|offer| (offer.provider, offer.slot, offer.level, offer.lanes, offer.room))
			.collect();
		listed.sort();
		assert_eq!(listed, [(PROVIDER, 0, ASK, 1, 1), (other, 2, Level(180), 2, 4)]);
		assert_eq!(next, None);
		let cheap = OfferFilter {
			price_at_most: Some(ASK.price()),
			queued: true,
			..Default::default()
		};
		let (offers, _) = Runtime::offers(cheap, None);
		assert_eq!(
			offers.iter().map(|offer| offer.provider).collect::<Vec<_>>(),
			[PROVIDER]
		);

		let filter = JobFilter {
			requester: Some(VICTIM.to_account_id()),
			provider: Some(PROVIDER),
			pool: Some(POOL),
			state: Some(StateName::Assigned),
		};
		let (jobs, next) = Runtime::jobs(filter.clone(), None);
		assert_eq!((jobs.len(), jobs[0].0, next), (1, live, None));
		assert_eq!(Some(jobs[0].1.clone()), Runtime::job(live));
		let running = JobFilter {
			state: Some(StateName::Running),
			..filter
		};
		assert_eq!(Runtime::jobs(running, None), (vec![], None));

		let stats = Runtime::network_stats();
		assert_eq!((stats.tick, stats.halted), (Market::clock(), false));
		assert_eq!((stats.live_jobs, stats.asking_providers), (1, 2));
		assert_eq!((stats.totals.settled, stats.totals.paid > 0), (1, true));
		let [pool] = &stats.pools[..] else {
			panic!("one pool: {:?}", stats.pools);
		};
		assert_eq!(
			(pool.pool, pool.best_ask, pool.best_bid),
			(POOL, Some(ASK.price()), None)
		);
		assert_eq!((pool.totals, pool.running.paid_jobs), (stats.totals, 1));
		assert_eq!(Runtime::pool_era(POOL, stats.era), Some(pool.running));
	});
}
