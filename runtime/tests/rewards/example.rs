//! The example of `docs/economics.md`, to the planck: every figure that stands there comes from here.

use crate::chain::{
	registration,
	work::Work,
	world::{Bought, Case, World, CHECKER, COALITION, OWNER, PAYOUT, PROVIDER, PUPPET, VICTIM, WORKER},
};
use frame_support::{assert_err, traits::Get, BoundedVec};
use millrace_primitives::{
	api::runtime_decl_for_rewards_api::RewardsApiV1, traits::ProtocolClock, DeviceClass, JobId, Minima, Price,
	ProviderId, Target, Terms, MILL, YEAR,
};
use millrace_runtime::{configs::millrace::standard_rules, Market, Runtime, RuntimeEvent};
use pallet_market::{Call as MarketCall, Event as MarketEvent};
use pallet_rewards::{
	types::{EarningState, EraEarning, EraReward},
	Call as RewardsCall, Config, Error, Event as RewardsEvent,
};
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::Perbill;

/// The second provider, of which the world knows nothing.
const OTHER: ProviderId = ProviderId(1);
const OTHER_OWNER: Key = Key::FerdieStash;
const OTHER_WORKER: Key = Key::BobStash;
const OTHER_PAYOUT: Key = Key::CharlieStash;
/// What each of the three payments is, and the protocol's part of it.
const PAYMENT: u128 = 16_232_683_745;
const FEE: u128 = 811_634_187;
const JOB_FEE: u128 = 5_000_000_000;

/// A chain with both providers, each with a lane, whose jobs are those of the example: outputs of 16 MiB.
fn world() -> World {
	let mut world = World::new(Case {
		class: DeviceClass::Cpu4,
		lanes: 1,
		stake: 336 * MILL,
		bought: Bought::Named { escrow: MILL },
	});
	world.work = Work::new(1 << 18);
	let other = registration(OTHER_WORKER, OTHER_PAYOUT, DeviceClass::Cpu4, 1, 336 * MILL);
	world.send(OTHER_OWNER, other);
	world
}

/// Buys a job of this provider, which commits to a result of 31,234,567,890 units.
fn committed(world: &mut World, requester: Key, provider: ProviderId, worker: Key) -> JobId {
	let expires = world.read(Market::clock) + 30;
	let spec = world.work.spec(Terms {
		target: Target::Provider {
			provider,
			price: Price(30_000_000),
			minima: Minima::default(),
		},
		public: false,
		run_ticks: 60,
		window: 100,
		expires,
	});
	let events = world.send(requester, MarketCall::submit_job { spec });
	let job = events.into_iter().find_map(|event| match event {
		RuntimeEvent::Market(MarketEvent::JobAssigned { job, .. }) => Some(job),
		_ => None,
	});
	let job = job.expect("an offer goes to whom it names");
	let result = MarketCall::commit_result {
		job,
		root: H256([7; 32]),
		units: 31_234_567_890,
	};
	world.send(worker, result);
	job
}

/// Lets A be paid once by this requester and B twice by the victim, all in one era, which is over then. Returns its number.
fn play(world: &mut World, requester: Key) -> u32 {
	let own = committed(world, requester, PROVIDER, WORKER);
	let others = [(); 2].map(|()| committed(world, VICTIM, OTHER, OTHER_WORKER));
	// At the beginning of an era, so that all are settled in one.
	let before = world.read(Market::era);
	while world.read(Market::era) == before {
		world.wait(1);
	}
	let era = before + 1;
	let mut events = world.send(requester, MarketCall::settle_now { job: own });
	let jobs = BoundedVec::truncate_from(others.to_vec());
	events.extend(world.send(VICTIM, MarketCall::settle_jobs { jobs }));
	assert_eq!(world.read(Market::era), era);
	let settled = events.iter().filter_map(|event| match event {
		RuntimeEvent::Market(MarketEvent::JobSettled { payment, fee, .. }) => Some((*payment, *fee)),
		_ => None,
	});
	assert_eq!(settled.collect::<Vec<_>>(), [(PAYMENT, FEE); 3]);
	world.wait(5);
	era
}

fn claim(provider: ProviderId, era: u32) -> RewardsCall<Runtime> {
	RewardsCall::claim { provider, era }
}

#[test]
fn two_providers_share_what_an_era_pays() {
	let mut world = world();
	let era = play(&mut world, VICTIM);
	let earning = |fees, reward| EraEarning {
		era,
		fees,
		reward,
		state: EarningState::Claimable,
	};
	let paid = EraReward {
		fees: 2_434_902_561,
		pool: 973_961_024,
		claimed: 0,
	};
	world.read(|| {
		assert_eq!(Runtime::reward_preview(PROVIDER), [earning(FEE, 324_653_674)]);
		assert_eq!(Runtime::reward_preview(OTHER), [earning(1_623_268_374, 649_307_349)]);
		let told = Runtime::era_rewards(84);
		assert!(told.contains(&(era, paid)), "{told:?}");
	});

	// By somebody who has nothing to do with it, for nothing.
	let events = world.send(CHECKER, claim(PROVIDER, era));
	let minted = RewardsEvent::RewardClaimed {
		era,
		provider: PROVIDER,
		payout: PAYOUT.to_account_id(),
		fees: FEE,
		reward: 324_653_674,
	};
	assert!(events.contains(&RuntimeEvent::Rewards(minted)));
	assert_eq!(world.fees(&[CHECKER]), 0);
	assert_eq!(world.change(&[PAYOUT]), 15_421_049_558 + 324_653_674);
	let (again, _) = world.attempt(CHECKER, claim(PROVIDER, era));
	assert_err!(again, Error::<Runtime>::NothingToClaim);
	assert!(world.fees(&[CHECKER]) > 0, "what mints nothing is not free");
	let (running, _) = world.attempt(CHECKER, claim(PROVIDER, era + 100));
	assert_err!(running, Error::<Runtime>::NotClosed);

	world.send(OTHER_OWNER, claim(OTHER, era));
	let left = world.read(|| Runtime::era_rewards(84));
	let (_, left) = left
		.into_iter()
		.find(|(number, _)| *number == era)
		.expect("it is remembered");
	assert_eq!(left.pool - left.claimed, 1, "never minted");
}

#[test]
fn whoever_had_bought_from_himself_would_have_lost() {
	let mut world = world();
	let era = play(&mut world, PUPPET);
	world.send(OWNER, claim(PROVIDER, era));
	let change = world.change(&COALITION) + world.fees(&COALITION);
	assert_eq!(change, -5_486_980_513);
	assert_eq!(FEE + JOB_FEE - 324_653_674, 5_486_980_513);
}

/// 2 % of 10⁹ MILL a year, for an era of the standard rules.
#[test]
fn the_schedule_of_an_era_is_as_documented() {
	let part: Perbill = <<Runtime as Config>::YearlyCap as Get<Perbill>>::get();
	let yearly = part.mul_floor(1_000_000_000 * MILL);
	let ticks = standard_rules().fee_era;
	assert_eq!((ticks, YEAR), (7_200, 10_512_000));
	let schedule = yearly * u128::from(ticks) / u128::from(YEAR);
	assert_eq!(schedule, 13_698_630_136_986_301);
	// Beyond it are payments of which two hundredths are more.
	assert_eq!(schedule * 50 / MILL, 684_931);
}
