//! The market, the providers and the kernels of the real runtime together: what a provider that does not answer, or not in
//! time, pays, and that holds stay equal to what the pallets say they hold.

mod chain;

use chain::{registration, signed, Chain};
use frame_support::traits::fungible::InspectHold;
use millrace_kernel::asm::Builder;
use millrace_primitives::{
	price::Level, DeviceClass, JobId, JobKind, JobSpec, KernelHash, Pool, ProviderId, Region, Target, Terms, MILL,
};
use millrace_runtime::{Balances, Market, Providers, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason};
use pallet_market::Event;
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring::{self, Alice as Owner, Bob as Worker, Charlie as Payout, Dave as Requester};

const PROVIDER: ProviderId = ProviderId(0);
/// 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;
/// The least escrow: 0.01 MILL. The jobs here are worth less.
const ESCROW: u128 = 10_000_000_000;
/// The floor of one lane of class cpu-4.
const STAKE: u128 = 336 * MILL;

/// A kernel without code: every item is zeros.
fn bytecode() -> Vec<u8> {
	Builder::new(16, 1_000)
		.build()
		.expect("an empty program is valid")
		.encode()
}

fn market(call: pallet_market::Call<Runtime>) -> RuntimeCall {
	RuntimeCall::Market(call)
}

fn spec(expires: u32) -> JobSpec {
	let pool = Pool {
		kind: JobKind::Map,
		class: DeviceClass::Cpu4,
		region: Region(0),
	};
	JobSpec {
		kernel: KernelHash(H256(sp_io::hashing::blake2_256(&bytecode()))),
		params: Default::default(),
		inputs: Default::default(),
		items: 4,
		max_units: 1_000,
		data_key: [7; 32],
		terms: Terms {
			target: Target::Book {
				pool,
				level: Level(170),
			},
			public: false,
			run_ticks: 9,
			window: 8,
			expires,
		},
	}
}

/// A chain of the preset `fast` with one provider whose ask stands.
fn chain_with_provider() -> Chain {
	let mut chain = Chain::new("fast");
	chain.block(|| {
		let bytecode = bytecode().try_into().expect("a short program");
		vec![
			signed(
				Requester,
				0,
				RuntimeCall::Kernels(pallet_kernels::Call::register_kernel { bytecode }),
			),
			signed(Owner, 0, registration(Worker, Payout, DeviceClass::Cpu4, 1, STAKE)),
			signed(
				Worker,
				0,
				market(pallet_market::Call::place_ask {
					slot: 0,
					level: Level(170),
				}),
			),
		]
	});
	chain
}

/// Submits a job that may be assigned for `ticks` more ticks; it must be assigned in the same block.
fn submit(chain: &mut Chain, ticks: u32) -> JobId {
	let events = chain.block(|| {
		let expires = Market::clock().saturating_add(ticks);
		vec![signed(
			Requester,
			0,
			market(pallet_market::Call::submit_job { spec: spec(expires) }),
		)]
	});
	let assigned = market_events(events).into_iter().find_map(|event| match event {
		Event::JobAssigned { job, provider, .. } => Some((job, provider)),
		_ => None,
	});
	let (job, provider) = assigned.expect("an ask stands, so the job is assigned in the block that brings it");
	assert_eq!(provider, PROVIDER);
	job
}

fn market_events(events: Vec<RuntimeEvent>) -> Vec<Event<Runtime>> {
	let ours = |event| match event {
		RuntimeEvent::Market(event) => Some(event),
		_ => None,
	};
	events.into_iter().filter_map(ours).collect()
}

/// The events of empty blocks until one that `done` accepts, at most 40.
fn until(chain: &mut Chain, done: impl Fn(&Event<Runtime>) -> bool) -> Vec<Event<Runtime>> {
	let mut seen = Vec::new();
	for _ in 0..40 {
		let events = market_events(chain.empty_block());
		let last = events.iter().any(&done);
		seen.extend(events);
		if last {
			return seen;
		}
	}
	panic!("it does not happen: {seen:?}");
}

fn held(reason: RuntimeHoldReason, of: Sr25519Keyring) -> u128 {
	Balances::balance_on_hold(&reason, &of.to_account_id())
}

fn stake() -> u128 {
	let held = held(RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake), Owner);
	let ledger = pallet_providers::Providers::<Runtime>::get(PROVIDER)
		.expect("it is registered")
		.ledger;
	assert_eq!(held, ledger.held(), "the hold is the ledger");
	held
}

fn escrow() -> u128 {
	held(RuntimeHoldReason::Market(pallet_market::HoldReason::Escrow), Requester)
}

/// What is held for the storage of a job that is pending, assigned or running and was submitted without inputs: 0.4 MILL for
/// its items, and a thousandth for each of its 264 bytes.
const DEPOSIT: u128 = 664_000_000_000;

#[test]
fn a_provider_that_does_not_show_up_pays_a_job_fee_and_leaves_the_book() {
	let mut chain = chain_with_provider();
	let job = submit(&mut chain, 12);
	chain.execute(|| {
		assert_eq!(escrow(), ESCROW + 3 * JOB_FEE + DEPOSIT);
		assert_eq!(stake(), STAKE);
	});
	let events = until(&mut chain, |event| matches!(event, Event::NoShow { .. }));
	assert!(events
		.iter()
		.any(|event| matches!(event, Event::NoShow { job: id, fee_taken: JOB_FEE, .. } if *id == job)));
	chain.execute(|| {
		assert_eq!(stake(), STAKE - JOB_FEE);
		assert!(
			pallet_market::Asks::<Runtime>::get(PROVIDER)
				.slots
				.iter()
				.all(Option::is_none),
			"its ask has left"
		);
		assert_eq!(
			escrow(),
			ESCROW + 3 * JOB_FEE + DEPOSIT,
			"the requester pays nothing for it"
		);
		assert!(
			Providers::ineligible(PROVIDER).is_some(),
			"its stake is below the floor now"
		);
	});

	// Nobody else is there: the job expires, and all that was held is free.
	until(
		&mut chain,
		|event| matches!(event, Event::JobExpired { refund: ESCROW, fees_returned, .. } if *fees_returned == 3 * JOB_FEE),
	);
	chain.execute(|| {
		assert_eq!(escrow(), 0);
		assert_eq!(pallet_market::Jobs::<Runtime>::iter().count(), 0);
		assert_eq!(pallet_market::Deadlines::<Runtime>::iter().count(), 0);
	});
}

#[test]
fn a_late_provider_owes_a_credit_and_keeps_the_rest() {
	let mut chain = chain_with_provider();
	let job = submit(&mut chain, 4);
	chain.block(|| vec![signed(Worker, 0, market(pallet_market::Call::accept_job { job }))]);
	chain.execute(|| {
		let live = pallet_market::Jobs::<Runtime>::get(job).expect("it runs");
		assert_eq!(live.fees_used(), JOB_FEE, "acceptance uses up one job fee");
		assert_eq!(escrow(), ESCROW + 3 * JOB_FEE + DEPOSIT, "which is held until the end");
	});

	// min(5 % of 0.01 MILL, ten job fees) = 0.0005 MILL.
	let credit = 500_000_000;
	let events = until(&mut chain, |event| matches!(event, Event::JobLate { .. }));
	assert!(events
		.iter()
		.any(|event| matches!(event, Event::JobLate { credit: taken, .. } if *taken == credit)));
	chain.execute(|| {
		assert_eq!(stake(), STAKE - credit);
		let record = pallet_providers::Providers::<Runtime>::get(PROVIDER)
			.expect("it is registered")
			.record;
		assert_eq!((record.late, record.completed), (1, 0));
		// Its time to be assigned again is over, so all but the used job fee is free.
		assert_eq!(escrow(), 0);
		assert_eq!(pallet_market::Jobs::<Runtime>::iter().count(), 0);
	});
}

#[test]
fn a_result_that_nobody_settles_is_paid_when_its_window_ends() {
	let mut chain = chain_with_provider();
	let job = submit(&mut chain, 4);
	let before = chain.execute(|| Balances::free_balance(Payout.to_account_id()));
	let root = H256([9; 32]);
	// 4 items of 1,000 units at most; this result claims all of them.
	chain.block(|| {
		vec![signed(
			Worker,
			0,
			market(pallet_market::Call::commit_result {
				job,
				root,
				units: 4_000,
			}),
		)]
	});
	let events = until(&mut chain, |event| matches!(event, Event::JobSettled { .. }));
	let Some(Event::JobSettled {
		payment,
		fee,
		refund,
		fees_returned,
		lapsed,
		..
	}) = events
		.into_iter()
		.find(|event| matches!(event, Event::JobSettled { .. }))
	else {
		unreachable!("it was just seen");
	};
	// (64 bytes × 2¹⁵ + 4,000 units) × 30,776,442 planck / 2³⁰, rounded down: 2,101,152 × 30,776,442 = 64,665,982,661,184.
	assert_eq!(payment, 60_224);
	assert_eq!(fee, 3_011);
	assert_eq!(refund, ESCROW - payment);
	assert_eq!(fees_returned, 2 * JOB_FEE);
	assert!(lapsed);
	chain.execute(|| {
		assert_eq!(Balances::free_balance(Payout.to_account_id()), before + payment - fee);
		assert_eq!(stake(), STAKE);
		assert_eq!(escrow(), 0);
	});
}
