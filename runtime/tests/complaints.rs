//! What the users of markets for computing time complain about most, one test each: it cannot happen here.

mod chain;
mod complaints {
	pub(crate) mod asks;
}

use chain::world::{signed_difference, Bought, Case, World, CHECKER, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER};
use frame_support::{assert_err, traits::fungible::Inspect};
use millrace_kernel::tree::SumNode;
use millrace_primitives::{price::UNITS_PER_PRICE, traits::Ineligible, DeviceClass, JobId, Level, Target, MILL};
use millrace_runtime::{Address, Balances, Market, Runtime, RuntimeEvent};
use pallet_market::{reads::types::Waits, types::Unfit, Call as MarketCall, Error, Event, JobState, RejectReason};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;

const LEVEL: Level = Level(170);
/// 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;

/// One lane of class cpu-4 with twice the stake that it needs, which asks at the level.
fn world() -> World {
	World::new(Case {
		class: DeviceClass::Cpu4,
		lanes: 1,
		stake: 672 * MILL,
		bought: Bought::Book {
			items: 10,
			level: LEVEL,
		},
	})
}

fn state(world: &mut World, job: JobId) -> Option<JobState<millrace_runtime::AccountId>> {
	world.read(|| Market::job(job).map(|job| job.state))
}

fn waits(world: &mut World, job: JobId) -> Option<Waits> {
	world.read(|| Market::explain_job(job))
}

/// Submits a job of the book at a level; it may have to wait.
fn bid(world: &mut World, who: Key, level: Level, ticks: u32) -> JobId {
	let expires = world.read(Market::clock) + ticks;
	let mut spec = world.spec(expires);
	if let Target::Book { level: limit, .. } = &mut spec.terms.target {
		*limit = level;
	}
	let events = world.send(who, MarketCall::submit_job { spec });
	let submitted = events.into_iter().find_map(|event| match event {
		RuntimeEvent::Market(Event::JobSubmitted { job, .. }) => Some(job),
		_ => None,
	});
	submitted.expect("it was submitted")
}

fn place_ask(slot: u8, level: Level) -> MarketCall<Runtime> {
	MarketCall::place_ask { slot, level }
}

fn on_hold(world: &mut World, who: Key) -> u128 {
	world.read(|| {
		let reason = pallet_market::HoldReason::Escrow.into();
		<Balances as frame_support::traits::fungible::InspectHold<_>>::balance_on_hold(&reason, &who.to_account_id())
	})
}

/// "Leases run on that nobody pays for." Here the worst case is held before a job begins and until it has ended, nobody
/// can take it away meanwhile, and the provider has its payment although the requester's purse is empty.
#[test]
fn no_job_runs_without_the_money_for_it() {
	let mut world = world();
	let job = world.submit(VICTIM);
	let held = world.read(|| Market::job(job).expect("it is live").held());
	assert_eq!(on_hold(&mut world, VICTIM), held);
	// The requester gives away all that it can.
	let call = pallet_balances::Call::transfer_all {
		dest: Address::Id(CHECKER.to_account_id()),
		keep_alive: true,
	};
	world.send(VICTIM, call);
	world.read(|| assert!(Balances::balance(&VICTIM.to_account_id()) < MILL));
	world.send(WORKER, MarketCall::accept_job { job });
	assert_eq!(on_hold(&mut world, VICTIM), held);
	let output = world.work.honest();
	world.commit_root(job, output.root());
	assert_eq!(on_hold(&mut world, VICTIM), held, "in every state");
	// It does nothing any more.
	world.wait(9);
	assert_eq!(state(&mut world, job), None);
	assert_eq!(on_hold(&mut world, VICTIM), 0);
	// (640 bytes × 2¹⁵ + 300 units) × 30,776,442 planck / 2³⁰, rounded down, less 5 % of that.
	assert_eq!(world.change(&[PAYOUT]), 601_110 - 30_055);
}

/// "Ghosts keep my GPU busy." Here nothing that a requester does or leaves keeps a lane: one that never brings its
/// inputs or confirms, an assignment that is never accepted, a result that nobody looks at.
#[test]
fn nobody_keeps_a_device_busy_by_doing_nothing() {
	let mut world = world();
	let load = |world: &mut World| {
		let load = world.record().load;
		(load.assigned, load.running, load.committed)
	};
	// Assigned and never accepted: no lane is taken, and after the window it is gone.
	let job = world.submit(VICTIM);
	assert_eq!(load(&mut world), (1, 0, 0));
	world.send(
		WORKER,
		MarketCall::reject_job {
			job,
			reason: RejectReason::Other,
		},
	);
	assert_eq!(load(&mut world), (0, 0, 0), "a word is enough");
	world.send(VICTIM, MarketCall::cancel_job { job });
	world.wait(3);

	// A result that nobody looks at: the lane is free with the commitment, and the next job runs at once.
	let output = world.work.honest();
	let unseen = world.committed(VICTIM, &output);
	assert_eq!(load(&mut world), (0, 0, 1));
	let next = world.submit(CHECKER);
	world.send(WORKER, MarketCall::accept_job { job: next });
	assert_eq!(load(&mut world), (0, 1, 1));
	world.commit_root(next, output.root());
	world.wait(9);
	assert_eq!(load(&mut world), (0, 0, 0));
	assert!([unseen, next].iter().all(|job| state(&mut world, *job).is_none()));
	assert_eq!(world.record().record.completed, 2, "both are paid");

	// Accepted and not computed: it is the provider's own doing, and ends with the deadline of 20 ticks.
	let late = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job: late });
	world.wait(20);
	assert_eq!(load(&mut world), (0, 1, 0));
	world.wait(1);
	assert_eq!(load(&mut world).1, 0);
}

/// "My bid waits and nobody says why." Here the chain says at every block what a job waits for, and for every provider
/// the rule by which it does not serve the job.
#[test]
fn the_reason_why_a_job_waits_is_there_at_every_block() {
	let mut world = world();
	let why = |world: &mut World, job| world.read(|| Market::explain_eligibility(PROVIDER, job).expect("it is live"));
	world.wait(1);
	world.send(WORKER, MarketCall::withdraw_ask { slot: 0 });

	let expires = world.read(Market::clock) + 1 + 60;
	let first = bid(&mut world, VICTIM, LEVEL, 61);
	assert_eq!(waits(&mut world, first), Some(Waits::NoAsk { expires }));
	assert_eq!(why(&mut world, first), Err(Unfit::NoAsk { barred_until: None }));
	for _ in 0..5 {
		world.wait(1);
		assert_eq!(waits(&mut world, first), Some(Waits::NoAsk { expires }));
	}
	world.send(WORKER, place_ask(0, Level(180)));
	let too_dear = Waits::AsksTooDear {
		cheapest: Level(180).price(),
		bid: LEVEL.price(),
		expires,
	};
	assert_eq!(waits(&mut world, first), Some(too_dear));
	let unfit = Unfit::AskTooDear {
		have: Level(180).price(),
		need: LEVEL.price(),
	};
	assert_eq!(why(&mut world, first), Err(unfit));

	// One lane has room for two: the third and the fourth wait behind it.
	let taken: Vec<_> = (0..2).map(|_| bid(&mut world, CHECKER, Level(180), 50)).collect();
	let third = bid(&mut world, CHECKER, Level(181), 50);
	assert!(matches!(
		waits(&mut world, taken[0]),
		Some(Waits::Acceptance { busy: false, .. })
	));
	assert!(
		matches!(waits(&mut world, third), Some(Waits::NoAsk { .. })),
		"the only ask is parked"
	);
	assert_eq!(why(&mut world, third), Err(Unfit::Provider(Ineligible::Full)));

	// From here on every state of a job has its word, up to the end.
	world.send(WORKER, MarketCall::accept_job { job: taken[0] });
	assert!(matches!(waits(&mut world, taken[0]), Some(Waits::Result { .. })));
	assert!(matches!(
		waits(&mut world, taken[1]),
		Some(Waits::Acceptance { busy: true, .. })
	));
	let root = world.work.honest().root();
	world.commit_root(taken[0], root);
	assert!(matches!(waits(&mut world, taken[0]), Some(Waits::Window { .. })));
	let leaves = vec![0].try_into().expect("one leaf");
	world.send(CHECKER, MarketCall::demand { job: taken[0], leaves });
	assert!(matches!(
		waits(&mut world, taken[0]),
		Some(Waits::Leaves { until: Some(_), .. })
	));
	let jobs = [first, taken[0], taken[1], third];
	for _ in 0..70 {
		world.wait(1);
		for job in jobs {
			let (word, live) = (waits(&mut world, job), state(&mut world, job).is_some());
			assert_eq!(word.is_some(), live, "a word for what is live, and only for that");
		}
	}
	assert!(jobs.iter().all(|job| state(&mut world, *job).is_none()));
}

/// "They were paid for nothing." Here there is no payment without a result, and none for a root that nothing leads to.
#[test]
fn nobody_is_paid_for_nothing() {
	// Nothing is done: the deadline passes, and the requester gets a credit on top.
	let mut world = world();
	let job = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job });
	world.wait(60);
	assert_eq!(state(&mut world, job), None);
	assert_eq!(world.change(&[PAYOUT]), 0);
	// min(5 % of 0.01 MILL, ten job fees) for being late, less the job fee that the acceptance used up.
	let credit = 500_000_000;
	let cost = signed_difference(credit, JOB_FEE);
	assert_eq!(world.change(&[VICTIM]), cost - world.fees(&[VICTIM]));

	// Something is committed that nobody has ever computed, and its leaves are asked for.
	let mut world = self::world();
	let job = world.submit(VICTIM);
	let garbage = SumNode {
		hash: [0x5a; 32],
		units: 300,
	};
	world.commit_root(job, garbage);
	let leaves = vec![0].try_into().expect("one leaf");
	world.send(VICTIM, MarketCall::demand { job, leaves });
	world.wait(9);
	let silent =
		|event: &RuntimeEvent| matches!(event, RuntimeEvent::Market(Event::JobSilent { job: of, .. }) if *of == job);
	assert!(world.events.iter().any(silent));
	world.pay_slashes();
	assert_eq!(world.change(&[PAYOUT]), 0);
	assert!(world.change(&[OWNER]) < 0);

	// A wrong result is worth nothing either.
	let mut world = self::world();
	let lie = world.work.lie(1);
	let job = world.committed(VICTIM, &lie);
	world.refute(CHECKER, job, &lie, 1);
	world.pay_slashes();
	assert_eq!(world.change(&[PAYOUT]), 0);
}

/// "I was charged more than I had agreed to." Here a result with more units than the job's bound is refused, and the
/// largest that is not costs no more than what was held at the price of the match.
#[test]
fn nobody_pays_above_the_limit() {
	for (level, bids) in [(LEVEL, LEVEL), (LEVEL, Level(200)), (Level(100), Level(255))] {
		let mut world = world();
		world.wait(1);
		world.send(WORKER, MarketCall::withdraw_ask { slot: 0 });
		world.send(WORKER, place_ask(0, level));
		let job = bid(&mut world, VICTIM, bids, 30);
		let agreed = world.read(|| Market::job(job).expect("it is live"));
		assert_eq!(agreed.price, level.price(), "what rested in the book is what is paid");
		assert!(agreed.price <= bids.price());
		let most = agreed.units_max();
		let (outcome, _) = world.attempt(
			WORKER,
			MarketCall::commit_result {
				job,
				root: Default::default(),
				units: most + 1,
			},
		);
		assert_err!(outcome, Error::<Runtime>::TooManyUnits);
		let root = SumNode {
			hash: [1; 32],
			units: most,
		};
		world.commit_root(job, root);
		let events = world.send(VICTIM, MarketCall::settle_now { job });
		let paid = events.iter().find_map(|event| match event {
			RuntimeEvent::Market(Event::JobSettled { payment, fees_paid, .. }) => Some((*payment, *fees_paid)),
			_ => None,
		});
		let (payment, fees) = paid.expect("it is settled");
		let worst = 640 * (1 << 15) + 10 * (1 << 20);
		assert_eq!(payment, worst * u128::from(level.price().0) / UNITS_PER_PRICE);
		assert!(payment <= agreed.escrow);
		assert_eq!(fees, JOB_FEE, "one assignment");
		let spent = signed_difference(0, payment + fees) - world.fees(&[VICTIM]);
		assert_eq!(world.change(&[VICTIM]), spent);
	}
}
