//! A chain of the runtime before this one, upgraded by the migrations that this one runs: no provider, no stake and no live
//! job is lost, and every job is paid to the planck.

// Under benchmarks the runtime has migrations of the benchmarks' own.
#![cfg(not(feature = "runtime-benchmarks"))]

mod chain;

use chain::{
	registration,
	world::{Bought, Case, World, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER},
	Chain,
};
use codec::Encode;
use frame_support::{
	migrations::MultiStepMigrator,
	storage::unhashed,
	traits::{fungible::InspectHold, Get, GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
	BoundedVec,
};
use millrace_primitives::{
	DeviceClass, EnrolmentRules, JobId, JobKind, Level, Pool, ProviderId, Region, Target, Terms, Tick, DAY, MILL,
};
use millrace_runtime::{
	configs::{
		millrace::{standard_liveness, standard_rules},
		parameters::{
			dynamic_params::{market, providers},
			RuntimeParametersKey,
		},
		system::RuntimeBlockWeights,
	},
	migrations::AppendLapses,
	AccountId, Balances, Market, Migrations, Providers, Runtime, RuntimeEvent, RuntimeHoldReason, System, VERSION,
};
use pallet_market::{Call as MarketCall, Event, JobOf, JobState, MarketRules, Window};
use pallet_providers::{ProviderOf, Status};
use polkadot_sdk::*;
use std::collections::BTreeMap;

/// 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;
/// The floor of two lanes of class cpu-4.
const STAKE: u128 = 672 * MILL;

fn records() -> BTreeMap<ProviderId, ProviderOf<Runtime>> {
	pallet_providers::Providers::<Runtime>::iter().collect()
}

fn jobs() -> BTreeMap<JobId, JobOf<Runtime>> {
	pallet_market::Jobs::<Runtime>::iter().collect()
}

fn rules_key() -> RuntimeParametersKey {
	RuntimeParametersKey::Market(market::ParametersKey::Rules(market::Rules))
}

fn stored_rules() -> Option<Vec<u8>> {
	unhashed::get_raw(&pallet_parameters::Parameters::<Runtime>::hashed_key_for(rules_key()))
}

fn store_rules(bytes: &[u8]) {
	unhashed::put_raw(
		&pallet_parameters::Parameters::<Runtime>::hashed_key_for(rules_key()),
		bytes,
	);
}

/// The bytes of a provider as the runtime before wrote them.
fn old_provider(provider: &ProviderOf<Runtime>) -> Vec<u8> {
	let status = match provider.status {
		Status::Active => vec![0],
		Status::Draining => vec![1],
		Status::Chilled { until } => (2u8, until).encode(),
		Status::Exiting => vec![3],
		Status::Unreachable { .. } => panic!("there was no such status"),
	};
	let record = &provider.record;
	[
		(&provider.owner, &provider.worker, &provider.payout).encode(),
		(&provider.endpoint, &provider.terms).encode(),
		status,
		(&provider.load, &provider.ledger).encode(),
		(record.completed, record.late, record.no_show, record.abandoned).encode(),
		(record.refuted, record.silent, record.inputs_missing, record.paid).encode(),
		(&provider.lates, provider.registered, provider.fraud_clock).encode(),
	]
	.concat()
}

/// The bytes of a job as the runtime before wrote them.
fn old_job(job: &JobOf<Runtime>) -> Vec<u8> {
	let new_end = (job.window_min, job.demanded, job.lapse_max, job.lapses_by, &job.state).encode();
	let bytes = job.encode();
	let start = bytes.strip_suffix(new_end.as_slice()).expect("it ends so");
	[start, &(job.demanded, &job.state).encode()].concat()
}

/// Makes the state what the runtime before would have left, so that the next block is the first of this one.
fn downgrade() {
	for (id, provider) in records() {
		let key = pallet_providers::Providers::<Runtime>::hashed_key_for(id);
		unhashed::put_raw(&key, &old_provider(&provider));
	}
	for (id, job) in jobs() {
		unhashed::put_raw(&pallet_market::Jobs::<Runtime>::hashed_key_for(id), &old_job(&job));
	}
	let _ = pallet_providers::Reachable::<Runtime>::clear(u32::MAX, None);
	let _ = pallet_providers::ReachableAt::<Runtime>::clear(u32::MAX, None);
	let _ = pallet_providers::OwnerStakes::<Runtime>::clear(u32::MAX, None);
	let _ = pallet_providers::Samples::<Runtime>::clear(u32::MAX, None);
	pallet_providers::ReachableCount::<Runtime>::kill();
	pallet_providers::ReachableStake::<Runtime>::kill();
	pallet_providers::SampleQueue::<Runtime>::kill();
	pallet_providers::LastPoll::<Runtime>::kill();
	pallet_providers::CheckCursor::<Runtime>::kill();
	StorageVersion::new(1).put::<Providers>();
	StorageVersion::new(1).put::<Market>();

	// The rules without their last two figures, of four bytes each; no figures of liveness.
	let rules = stored_rules().expect("the preset sets them");
	store_rules(&rules[..rules.len() - 8]);
	let liveness = providers::ParametersKey::Liveness(providers::Liveness);
	pallet_parameters::Parameters::<Runtime>::remove(RuntimeParametersKey::Providers(liveness));
	forget_enrolment();

	frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
		spec_version: 1.into(),
		spec_name: VERSION.spec_name,
	});
}

/// No figures of enrolment: nobody has voted on any, and there were none at genesis.
fn forget_enrolment() {
	let enrolment = providers::ParametersKey::Enrolment(providers::Enrolment);
	pallet_parameters::Parameters::<Runtime>::remove(RuntimeParametersKey::Providers(enrolment));
}

/// Makes the state what the runtime of specification 2 would have left.
fn downgrade_to_2() {
	for id in records().into_keys() {
		let key = pallet_providers::Providers::<Runtime>::hashed_key_for(id);
		let new = unhashed::get_raw(&key).expect("it is registered");
		let old = new.strip_suffix(&[0; 3]).expect("it has no devices");
		unhashed::put_raw(&key, old);
	}
	assert!(records().is_empty(), "no record decodes");
	StorageVersion::new(2).put::<Providers>();
	forget_enrolment();
	frame_system::LastRuntimeUpgrade::<Runtime>::put(frame_system::LastRuntimeUpgradeInfo {
		spec_version: 2.into(),
		spec_name: VERSION.spec_name,
	});
}

fn rules() -> MarketRules {
	market::Rules::get()
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
	let reason = RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow);
	Balances::balance_on_hold(&reason, &VICTIM.to_account_id())
}

/// The job's event of settlement: payment, fee, whether it lapsed.
fn settled(world: &World, id: JobId) -> (u128, u128, bool) {
	let settled = world.events.iter().find_map(|event| match event {
		RuntimeEvent::Market(Event::JobSettled {
			job,
			payment,
			fee,
			lapsed,
			fees_returned,
			..
		}) if *job == id => {
			assert_eq!(*fees_returned, 2 * JOB_FEE);
			Some((*payment, *fee, *lapsed))
		}
		_ => None,
	});
	settled.expect("it is settled")
}

#[test]
fn a_live_job_in_each_state_outlives_the_upgrade_and_is_settled_to_the_planck() {
	let mut world = World::new(Case {
		class: DeviceClass::Cpu4,
		lanes: 2,
		stake: STAKE,
		bought: Bought::Book {
			items: 10,
			level: Level(170),
		},
	});
	let honest = world.work.honest();

	// A bid below the ask; then a job in each other state, those with the shortest windows last.
	let expires = world.read(clock) + 60;
	let pool = Pool {
		kind: JobKind::Map,
		class: DeviceClass::Cpu4,
		region: Region(0),
	};
	let spec = world.work.spec(Terms {
		target: Target::Book {
			pool,
			level: Level(160),
		},
		public: false,
		run_ticks: 20,
		window: 8,
		expires,
	});
	world.send(VICTIM, MarketCall::submit_job { spec });
	let pending = world.read(|| *jobs().keys().next().expect("it is the only job"));
	let running = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job: running });
	let demanded = world.committed(VICTIM, &honest);
	let leaves = BoundedVec::truncate_from(vec![1]);
	world.send(VICTIM, MarketCall::demand { job: demanded, leaves });
	let committed = world.committed(VICTIM, &honest);
	let assigned = world.submit(VICTIM);

	let before = world.read(|| (records(), jobs(), rules(), clock(), staked(), escrowed()));
	let state = |id: JobId| before.1[&id].state.clone();
	assert!(matches!(state(pending), JobState::Pending));
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
		assert_eq!(rules(), standard_rules(), "the old rules do not decode any more");
	});
	world.wait(1);
	assert!(world.read(|| !Migrations::ongoing()));
	let migrated = |event: &RuntimeEvent| match event {
		RuntimeEvent::Migrations(pallet_migrations::Event::MigrationCompleted { .. }) => 1,
		RuntimeEvent::Migrations(pallet_migrations::Event::UpgradeCompleted) => 10,
		RuntimeEvent::Migrations(pallet_migrations::Event::UpgradeFailed) => 100,
		_ => 0,
	};
	assert_eq!(world.sum(migrated), 13);

	world.read(|| {
		assert_eq!(versions(), (StorageVersion::new(3), StorageVersion::new(2)));
		assert_eq!(records(), before.0);
		let expected = before.1.iter().map(|(id, job)| {
			let job = job.clone();
			(*id, JobOf::<Runtime> { lapse_max: 0, ..job })
		});
		assert_eq!(jobs(), expected.collect());
		// The rest of the rules is the preset's.
		let expected = MarketRules {
			lapse_retry: 200,
			lapse_max: DAY,
			..before.2.clone()
		};
		assert_eq!(rules(), expected);
		assert_eq!((rules().window, rules().window_min), (8, 4));
		assert_eq!(providers::Liveness::get(), standard_liveness());
		assert_eq!((clock(), staked(), escrowed()), (before.3, before.4, before.5));
		assert_eq!(pallet_providers::ReachableStake::<Runtime>::get(), STAKE);
		assert_eq!(
			pallet_providers::Reachable::<Runtime>::get(PROVIDER).map(|entry| entry.index),
			Some(0)
		);
		assert_eq!(pallet_providers::CheckCursor::<Runtime>::get(), before.3);
	});

	// Everything goes on, and the clock with it.
	world.commit_root(assigned, honest.root());
	assert_eq!(world.read(clock), before.3 + 1);
	let leaves = BoundedVec::truncate_from(vec![honest.provided(1)]);
	world.send(WORKER, MarketCall::provide { job: demanded, leaves });
	world.send(VICTIM, MarketCall::settle_now { job: committed });
	world.send(VICTIM, MarketCall::settle_now { job: assigned });
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
		(demanded, 601_110, 30_055, true),
		(committed, 601_110, 30_055, false),
		(running, 601_110, 30_055, false),
		(pending, 278_430, 13_921, false),
	] {
		assert_eq!(settled(&world, id), (payment, fee, lapsed));
	}
	assert_eq!(world.read(|| (jobs().len(), staked(), escrowed())), (0, STAKE, 0));
	let prepaid = world.sum(|event| match event {
		RuntimeEvent::Market(Event::LeavesDemanded { fee, .. }) => *fee,
		_ => 0,
	});
	assert!(prepaid > 0);
	let spent = i128::try_from(4 * 601_110 + 278_430 + 5 * JOB_FEE + prepaid).expect("small");
	assert_eq!(world.change(&[VICTIM]), -spent - world.fees(&[VICTIM]));
	assert_eq!(world.change(&[PAYOUT]), 4 * (601_110 - 30_055) + 278_430 - 13_921);
	assert_eq!(world.change(&[OWNER, WORKER]), -world.fees(&[OWNER, WORKER]));
}

#[test]
fn a_chain_of_specification_2_goes_on_and_asks_nobody_for_a_device() {
	let mut world = World::new(Case {
		class: DeviceClass::Cpu4,
		lanes: 2,
		stake: STAKE,
		bought: Bought::Book {
			items: 10,
			level: Level(170),
		},
	});
	let honest = world.work.honest();
	let running = world.submit(VICTIM);
	world.send(WORKER, MarketCall::accept_job { job: running });
	let committed = world.committed(VICTIM, &honest);
	let before = world.read(|| (records(), jobs(), rules(), clock(), staked(), escrowed()));
	world.read(downgrade_to_2);
	world.wait(1);
	assert!(world.read(|| !Migrations::ongoing()));
	world.read(|| {
		assert_eq!(versions(), (StorageVersion::new(3), StorageVersion::new(2)));
		let after = (records(), jobs(), rules(), clock(), staked(), escrowed());
		assert_eq!(after, before, "the clock stands still while it migrates");
		assert_eq!(providers::Enrolment::get(), EnrolmentRules::OFF);
		assert_eq!(Providers::ineligible(PROVIDER), None);
	});
	// Everything goes on.
	world.commit_root(running, honest.root());
	for job in [committed, running] {
		world.send(VICTIM, MarketCall::settle_now { job });
		assert_eq!(settled(&world, job), (601_110, 30_055, false));
	}
	let next = world.committed(VICTIM, &honest);
	world.send(VICTIM, MarketCall::settle_now { job: next });
	assert_eq!(world.read(|| (staked(), escrowed())), (STAKE, 0));
}

/// More providers than a block can migrate: the chain goes on, its clock stands still, and no block is too long.
#[test]
fn thousands_of_providers_take_several_blocks() {
	const OTHERS: u32 = 5_000;
	let mut chain = Chain::without_elections("fast");
	chain.block(|| {
		let register = registration(WORKER, PAYOUT, DeviceClass::Cpu4, 2, STAKE);
		vec![chain::signed(OWNER, 0, register)]
	});
	let tick = chain.execute(|| {
		let provider = records().remove(&PROVIDER).expect("it is registered");
		for number in 1..=OTHERS {
			let mut owner = [0; 32];
			owner[..4].copy_from_slice(&number.to_le_bytes());
			let mut other = provider.clone();
			other.owner = AccountId::new(owner);
			// As if each had an ask.
			other.load.asks = 1;
			pallet_providers::Providers::<Runtime>::insert(ProviderId(number), other);
		}
		downgrade();
		clock()
	});
	let mut blocks = 0;
	loop {
		chain.empty_block();
		blocks += 1;
		let ongoing = chain.execute(|| {
			assert_eq!(clock(), tick);
			let weight = System::block_weight().total();
			assert!(weight.all_lte(RuntimeBlockWeights::get().max_block), "{weight}");
			let count = pallet_providers::ReachableCount::<Runtime>::get();
			assert!(count > 0 && count <= OTHERS);
			Migrations::ongoing()
		});
		if !ongoing {
			break;
		}
		assert!(blocks < 50);
	}
	assert!(blocks > 1, "{blocks}");
	chain.execute(|| {
		assert_eq!(records().len(), 5_001);
		assert_eq!(pallet_providers::ReachableCount::<Runtime>::get(), OTHERS);
		assert_eq!(
			pallet_providers::ReachableStake::<Runtime>::get(),
			STAKE * u128::from(OTHERS)
		);
		for place in 0..OTHERS {
			let id = pallet_providers::ReachableAt::<Runtime>::get(place).expect("the list has no holes");
			let entry = pallet_providers::Reachable::<Runtime>::get(id).expect("it is listed");
			assert_eq!(entry.index, place);
		}
	});
	// A gap in which the clock stood still, then ticks again.
	for _ in 0..3 {
		chain.empty_block();
	}
	assert!(chain.execute(clock) > tick);
}

#[test]
fn governed_rules_keep_every_figure_that_they_had() {
	let mut chain = Chain::without_elections("fast");
	chain.execute(|| {
		let before = rules();
		let whole = stored_rules().expect("the preset sets them");
		let append = || {
			AppendLapses::on_runtime_upgrade();
		};
		// Of the present layout already.
		append();
		assert_eq!(stored_rules(), Some(whole.clone()));

		store_rules(&whole[..whole.len() - 8]);
		append();
		let expected = MarketRules {
			lapse_retry: 200,
			lapse_max: DAY,
			..before
		};
		assert_eq!(rules(), expected);
		let appended = stored_rules();
		append();
		assert_eq!(stored_rules(), appended);

		// Of no layout: left for whoever finds out why.
		store_rules(&whole[..whole.len() - 9]);
		append();
		assert_eq!(stored_rules(), Some(whole[..whole.len() - 9].to_vec()));

		// Never set: the standard figures go on to hold.
		pallet_parameters::Parameters::<Runtime>::remove(rules_key());
		append();
		assert_eq!((stored_rules(), rules()), (None, standard_rules()));
	});
}
