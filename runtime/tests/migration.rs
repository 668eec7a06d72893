//! A chain of the runtime before this one, upgraded by the migrations that this one runs: no live job is lost, every job is paid
//! to the planck, and what is paid from then on is rewarded.

// Under benchmarks the runtime has migrations of the benchmarks' own.
#![cfg(not(feature = "runtime-benchmarks"))]

mod chain;
mod migration {
	pub(crate) mod before;
}

use chain::{
	registration, signed,
	world::{Bought, Case, World, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER},
	Chain,
};
use frame_support::{
	migrations::MultiStepMigrator,
	traits::{fungible::InspectHold, GetStorageVersion, StorageVersion},
	BoundedVec,
};
use migration::before::downgrade;
use millrace_primitives::{
	traits::ProtocolClock, DeviceClass, JobId, JobKind, Level, Minima, Pool, ProviderId, Region, Target, Terms, Tick,
	MILL,
};
use millrace_runtime::{
	configs::system::RuntimeBlockWeights, Balances, Market, Migrations, Providers, Rewards, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeHoldReason, System,
};
use pallet_market::{Call as MarketCall, Event, JobOf, JobState, PoolLevels, PoolTally, Window};
use pallet_providers::ProviderOf;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use std::collections::BTreeMap;

/// 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;
/// The floor of two lanes of class cpu-4.
const STAKE: u128 = 672 * MILL;

fn case() -> Case {
	Case {
		class: DeviceClass::Cpu4,
		lanes: 2,
		stake: STAKE,
		bought: Bought::Book {
			items: 10,
			level: Level(170),
		},
	}
}

fn records() -> BTreeMap<ProviderId, ProviderOf<Runtime>> {
	pallet_providers::Providers::<Runtime>::iter().collect()
}

fn jobs() -> BTreeMap<JobId, JobOf<Runtime>> {
	pallet_market::Jobs::<Runtime>::iter().collect()
}

fn levels() -> BTreeMap<Pool, PoolLevels> {
	pallet_market::Levels::<Runtime>::iter().collect()
}

/// What each pool does and has done.
fn tallies() -> BTreeMap<Pool, PoolTally> {
	pallet_market::PoolTallies::<Runtime>::iter().collect()
}

fn clock() -> Tick {
	Market::clock()
}

fn era() -> u32 {
	<Market as ProtocolClock>::era()
}

/// Of providers, market and rewards.
fn versions() -> [StorageVersion; 3] {
	[
		Providers::on_chain_storage_version(),
		Market::on_chain_storage_version(),
		Rewards::on_chain_storage_version(),
	]
}

fn staked() -> u128 {
	let reason = RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake);
	Balances::balance_on_hold(&reason, &OWNER.to_account_id())
}

fn escrowed() -> u128 {
	let reason = RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow);
	Balances::balance_on_hold(&reason, &VICTIM.to_account_id())
}

/// The job's event of settlement: payment, fee, deposit, whether it lapsed. One of three job fees is taken.
fn settled(world: &World, id: JobId) -> (u128, u128, u128, bool) {
	let settled = world.events.iter().find_map(|event| match event {
		RuntimeEvent::Market(Event::JobSettled {
			job,
			payment,
			fee,
			lapsed,
			fees_returned,
			fees_paid,
			deposit,
			..
		}) if *job == id => {
			assert_eq!((*fees_returned, *fees_paid), (2 * JOB_FEE, JOB_FEE));
			Some((*payment, *fee, *deposit, *lapsed))
		}
		_ => None,
	});
	settled.expect("it is settled")
}

fn set_halted(world: &mut World, halted: bool) {
	let call = Box::new(RuntimeCall::Market(MarketCall::set_halted { halted }));
	world.send(Key::Alice, pallet_sudo::Call::sudo { call });
}

/// A job for this target, which is sent on its way.
fn submit(world: &mut World, target: Target) -> JobId {
	let before = world.read(jobs);
	let expires = world.read(clock) + 60;
	let spec = world.work.spec(Terms {
		target,
		public: false,
		run_ticks: 20,
		window: 8,
		expires,
	});
	world.send(VICTIM, MarketCall::submit_job { spec });
	let mut after = world.read(jobs);
	after.retain(|id, _| !before.contains_key(id));
	after.into_keys().next().expect("it is live")
}

fn outlives_the_upgrade(halted: bool) {
	let mut world = World::new(case());
	let honest = world.work.honest();

	// A bid below the ask; then a job in each other state, those with the shortest windows last.
	let pool = Pool {
		kind: JobKind::Map,
		class: DeviceClass::Cpu4,
		region: Region(0),
	};
	let below = Target::Book {
		pool,
		level: Level(160),
	};
	let pending = submit(&mut world, below);
	let running = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job: running });
	let demanded = world.committed(VICTIM, &honest);
	let leaves = BoundedVec::truncate_from(vec![1]);
	world.send(VICTIM, MarketCall::demand { job: demanded, leaves });
	let committed = world.committed(VICTIM, &honest);
	let assigned = world.submit(VICTIM);
	let provider = Target::Provider {
		provider: PROVIDER,
		price: Level(170).price(),
		minima: Minima::default(),
	};
	let named = submit(&mut world, provider);
	if halted {
		set_halted(&mut world, true);
	}

	let state_of = || {
		let (ticks, money) = ((clock(), era()), (staked(), escrowed(), Balances::total_issuance()));
		(records(), jobs(), levels(), tallies(), ticks, money)
	};
	let before = world.read(state_of);
	let state = |id: JobId| before.1[&id].state.clone();
	assert!(matches!(state(pending), JobState::Pending));
	assert!(matches!(state(named), JobState::Assigned { .. }));
	assert!(matches!(state(assigned), JobState::Assigned { .. }));
	assert!(matches!(state(running), JobState::Running { .. }));
	let window = |id: JobId| match state(id) {
		JobState::Committed { window, .. } => window,
		state => panic!("not committed: {state:?}"),
	};
	assert!(matches!(window(committed), Window::Open { .. }));
	assert!(matches!(window(demanded), Window::Demanded { until: Some(_), .. }));

	world.read(|| {
		downgrade();
		assert!(records().is_empty(), "no record decodes");
	});
	world.wait(1);
	assert!(world.read(|| !Migrations::ongoing()));
	let migrated = |event: &RuntimeEvent| match event {
		RuntimeEvent::Migrations(pallet_migrations::Event::MigrationCompleted { .. }) => 1,
		RuntimeEvent::Migrations(pallet_migrations::Event::UpgradeCompleted) => 10,
		RuntimeEvent::Migrations(pallet_migrations::Event::UpgradeFailed) => 100,
		_ => 0,
	};
	assert_eq!(world.sum(migrated), 11);

	world.read(|| {
		assert_eq!(versions(), [4, 4, 1].map(StorageVersion::new));
		assert_eq!(
			state_of(),
			before,
			"nothing changes, and the clock stands still while it migrates"
		);
		assert_eq!(Market::is_halted(), halted);
		check();
	});
	if halted {
		world.wait(3);
		assert_eq!(world.read(clock), before.4 .0);
		set_halted(&mut world, false);
	}

	// Everything goes on, and the clock with it.
	world.commit_root(assigned, honest.root());
	assert_eq!(world.read(clock), before.4 .0 + 1);
	let leaves = BoundedVec::truncate_from(vec![honest.provided(1)]);
	world.send(WORKER, MarketCall::provide { job: demanded, leaves });
	world.commit_root(named, honest.root());
	for job in [committed, assigned, named] {
		world.send(VICTIM, MarketCall::settle_now { job });
	}
	world.commit_root(running, honest.root());
	world.send(VICTIM, MarketCall::settle_now { job: running });
	let place_ask = MarketCall::place_ask {
		slot: 1,
		level: Level(160),
	};
	world.send(WORKER, place_ask);
	world.commit_root(pending, honest.root());
	world.send(VICTIM, MarketCall::settle_now { job: pending });
	world.wait(10);

	// (640 bytes × 2¹⁵ + 300 units) × 30,776,442 planck / 2³⁰ at level 170, × 14,255,447 at level 160, rounded down; 5 % of
	// that, rounded down.
	for (id, payment, fee, lapsed) in [
		(assigned, 601_110, 30_055, false),
		(named, 601_110, 30_055, false),
		(demanded, 601_110, 30_055, true),
		(committed, 601_110, 30_055, false),
		(running, 601_110, 30_055, false),
		(pending, 278_430, 13_921, false),
	] {
		assert_eq!(settled(&world, id), (payment, fee, before.1[&id].deposit, lapsed));
	}
	assert_eq!(world.read(|| (jobs().len(), staked(), escrowed())), (0, STAKE, 0));
	let prepaid = world.sum(|event| match event {
		RuntimeEvent::Market(Event::LeavesDemanded { fee, .. }) => *fee,
		_ => 0,
	});
	assert!(prepaid > 0);
	let spent = i128::try_from(5 * 601_110 + 278_430 + 6 * JOB_FEE + prepaid).expect("small");
	assert_eq!(world.change(&[VICTIM]), -spent - world.fees(&[VICTIM]));
	assert_eq!(world.change(&[PAYOUT]), 5 * (601_110 - 30_055) + 278_430 - 13_921);
	assert_eq!(world.change(&[OWNER, WORKER]), -world.fees(&[OWNER, WORKER]));

	// Every fee of the six counts for the provider, in one era or another.
	world.read(|| {
		let earned: u128 = Rewards::reward_preview(PROVIDER)
			.iter()
			.map(|earning| earning.fees)
			.sum();
		assert_eq!(earned, 5 * 30_055 + 13_921);
		check();
	});
}

/// All that the pallets say of themselves.
fn check() {
	Providers::do_try_state().expect("the providers are in order");
	Market::do_try_state().expect("the market is in order");
	Rewards::do_try_state().expect("the rewards are in order");
}

#[test]
fn a_live_job_in_each_state_outlives_the_upgrade_and_is_settled_to_the_planck() {
	outlives_the_upgrade(false);
}

#[test]
fn a_halted_market_is_halted_after_the_upgrade_and_then_goes_on() {
	outlives_the_upgrade(true);
}

/// More providers than a block can migrate: the chain goes on, its clock stands still, and no block is too long.
#[test]
fn thousands_of_providers_take_several_blocks() {
	const OTHERS: u32 = 20_000;
	let mut chain = Chain::without_elections("fast");
	chain.empty_block();
	chain.block(|| {
		let register = registration(WORKER, PAYOUT, DeviceClass::Cpu4, 2, STAKE);
		vec![signed(OWNER, 0, register)]
	});
	let tick = chain.execute(|| {
		let provider = records().remove(&PROVIDER).expect("it is registered");
		for number in 1..=OTHERS {
			pallet_providers::Providers::<Runtime>::insert(ProviderId(number), &provider);
		}
		let tick = clock();
		downgrade();
		tick
	});
	let mut blocks = 0;
	loop {
		chain.empty_block();
		blocks += 1;
		let ongoing = chain.execute(|| {
			assert_eq!(clock(), tick);
			let weight = System::block_weight().total();
			assert!(weight.all_lte(RuntimeBlockWeights::get().max_block), "{weight}");
			let done = records().len();
			assert!(done > 0 && done <= 20_001, "{done} are migrated");
			Migrations::ongoing()
		});
		if !ongoing {
			break;
		}
		assert!(blocks < 50);
	}
	assert!(blocks > 1, "{blocks}");
	chain.execute(|| {
		let records = records();
		assert_eq!(records.len(), 20_001);
		let provider = &records[&PROVIDER];
		assert!(records.values().all(|record| record == provider));
	});
	// A gap in which the clock stood still, then ticks again.
	for _ in 0..3 {
		chain.empty_block();
	}
	assert!(chain.execute(clock) > tick);
}
