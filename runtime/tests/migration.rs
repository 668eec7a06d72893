//! A chain of specification 3, upgraded by the migrations that this runtime runs: no live job is lost, every job is paid to the
//! planck, and whatever governance has set goes on to hold.

// Under benchmarks the runtime has migrations of the benchmarks' own.
#![cfg(not(feature = "runtime-benchmarks"))]

mod chain;
mod migration {
	pub(crate) mod before;
	mod figures;
}

use chain::world::{Bought, Case, World, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER};
use frame_support::{
	migrations::MultiStepMigrator,
	traits::{
		fungible::{Inspect, InspectHold},
		Get, GetStorageVersion, StorageVersion,
	},
	BoundedVec,
};
use migration::before::{downgrade, escrow_reason, old_parameters, pot, set_figures, Bitmaps, FeeEra, Halted};
use millrace_primitives::{
	DeviceClass, JobId, JobKind, Level, Minima, Pool, ProviderId, Region, Target, Terms, Tick, MILL,
};
use millrace_runtime::{
	configs::{millrace::standard_rules, parameters::dynamic_params::market, system::RuntimeBlockWeights},
	Balances, Market, Migrations, Providers, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, System, Treasury,
};
use pallet_market::{Call as MarketCall, Entry, Event, JobOf, JobState, PoolLevels, Window};
use pallet_providers::ProviderOf;
use polkadot_sdk::*;
use sp_core::H256;
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

/// The job as it is after the upgrade, in the tick of the upgrade.
fn upgraded(mut job: JobOf<Runtime>) -> JobOf<Runtime> {
	job.submitted = clock();
	job.fees = job.fees_left;
	job.deposit = 0;
	if let JobState::Committed { at, .. } = &mut job.state {
		*at = clock();
	}
	job.entry = job.due_tick().map_or(Entry::None, Entry::At);
	job
}

fn clock() -> Tick {
	Market::clock()
}

fn versions() -> (StorageVersion, StorageVersion) {
	(
		Providers::on_chain_storage_version(),
		Market::on_chain_storage_version(),
	)
}

fn staked() -> u128 {
	let reason = RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake);
	Balances::balance_on_hold(&reason, &OWNER.to_account_id())
}

fn escrowed() -> u128 {
	Balances::balance_on_hold(&escrow_reason(), &VICTIM.to_account_id())
}

/// The job's event of settlement: payment, fee, job fees taken, whether it lapsed.
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
			assert_eq!((*fees_returned, *deposit), (2 * JOB_FEE, 0));
			Some((*payment, *fee, *fees_paid, *lapsed))
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

	let before = world.read(|| (records(), jobs(), levels(), clock(), staked()));
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

	// What governance has set is no standard figure.
	let (figures, collected, money) = world.read(|| {
		let mut figures = market::Figures::get();
		assert_ne!(figures.rules, standard_rules());
		figures.classes[5].floor += 1;
		set_figures(&figures);
		downgrade();
		let (_, collected) = FeeEra::get().expect("it was put");
		assert_eq!(Balances::balance(&pot()), collected + Balances::minimum_balance());
		let treasury = Balances::balance(&Treasury::account_id());
		(figures, collected, (treasury, Balances::total_issuance(), escrowed()))
	});
	// Of the jobs that were accepted; what the demand cost may have been of an era that is over.
	assert!(collected >= 3 * JOB_FEE);
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
		assert_eq!(versions(), (StorageVersion::new(3), StorageVersion::new(3)));
		let expected = before.1.clone().into_iter().map(|(id, job)| (id, upgraded(job)));
		assert_eq!(jobs(), expected.collect());
		assert_eq!(
			(records(), levels(), clock(), staked()),
			(before.0, before.2, before.3, before.4)
		);
		assert_eq!(market::Figures::get(), figures);
		assert_eq!(old_parameters(), [None, None]);
		assert_eq!(Market::is_halted(), halted);
		// A fifth of what was collected is the treasury's, rounded down, and the pot's deposit; the rest is burned.
		let (treasury, issued, escrow) = money;
		let part = collected / 5;
		let deposit = Balances::minimum_balance();
		assert_eq!(Balances::balance(&Treasury::account_id()), treasury + part + deposit);
		assert_eq!(Balances::total_issuance(), issued - (collected - part));
		assert_eq!(Balances::total_balance(&pot()), 0);
		assert_eq!(escrowed(), escrow);
		assert_eq!(jobs().values().map(JobOf::<Runtime>::held).sum::<u128>(), escrow);
		assert_eq!((Halted::get(), FeeEra::get(), Bitmaps::iter().count()), (None, None, 0));
	});
	if halted {
		world.wait(3);
		assert_eq!(world.read(clock), before.3);
		set_halted(&mut world, false);
	}

	// Everything goes on, and the clock with it.
	world.commit_root(assigned, honest.root());
	assert_eq!(world.read(clock), before.3 + 1);
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
	// that, rounded down. A job fee that was used up before the upgrade was taken before it.
	for (id, payment, fee, fees_paid, lapsed) in [
		(assigned, 601_110, 30_055, JOB_FEE, false),
		(named, 601_110, 30_055, JOB_FEE, false),
		(demanded, 601_110, 30_055, 0, true),
		(committed, 601_110, 30_055, 0, false),
		(running, 601_110, 30_055, 0, false),
		(pending, 278_430, 13_921, JOB_FEE, false),
	] {
		assert_eq!(settled(&world, id), (payment, fee, fees_paid, lapsed));
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
}

#[test]
fn a_live_job_in_each_state_outlives_the_upgrade_and_is_settled_to_the_planck() {
	outlives_the_upgrade(false);
}

#[test]
fn a_halted_market_is_halted_after_the_upgrade_and_then_goes_on() {
	outlives_the_upgrade(true);
}

/// More jobs than a block can migrate: the chain goes on, its clock stands still, and no block is too long.
#[test]
fn thousands_of_jobs_take_several_blocks() {
	const OTHERS: u32 = 10_000;
	let mut world = World::new(case());
	let honest = world.work.honest();
	let first = world.committed(VICTIM, &honest);
	let (tick, expected) = world.read(|| {
		let job = pallet_market::Jobs::<Runtime>::get(first).expect("it is live");
		for number in 1..=OTHERS {
			let mut id = [0; 32];
			id[..4].copy_from_slice(&number.to_le_bytes());
			// As if nothing were held for it beside the first one.
			let other = JobOf::<Runtime> {
				fees: job.fees_left,
				deposit: 0,
				..job.clone()
			};
			pallet_market::Jobs::<Runtime>::insert(JobId(H256(id)), other);
		}
		// While the clock still can be read.
		let expected = (clock(), upgraded(job));
		downgrade();
		expected
	});
	let mut blocks = 0;
	loop {
		world.wait(1);
		blocks += 1;
		let ongoing = world.read(|| {
			assert_eq!(clock(), tick);
			let weight = System::block_weight().total();
			assert!(weight.all_lte(RuntimeBlockWeights::get().max_block), "{weight}");
			Migrations::ongoing()
		});
		if !ongoing {
			break;
		}
		assert!(blocks < 50);
	}
	assert!(blocks > 1, "{blocks}");
	world.read(|| {
		assert_eq!(pallet_market::Jobs::<Runtime>::iter_keys().count(), 10_001);
		assert_eq!(jobs().len(), 10_001);
		assert!(jobs().values().all(|job| *job == expected));
	});
	// A gap in which the clock stood still, then ticks again.
	world.wait(3);
	assert!(world.read(clock) > tick);
}
