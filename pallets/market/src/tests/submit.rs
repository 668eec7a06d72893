//! Submitting: what is held, what is copied, and every bound with its last allowed value beside it.

use crate::{mock::*, Error, Event, HoldReason, JobState, Requesters, Window};
use millrace_primitives::{DeviceClass, JobSpec, KernelHash, Level, Minima, Pool, Price, Region, Target};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok},
	sp_core::H256,
	sp_runtime::{BoundedVec, Perbill},
};

fn refused(spec: JobSpec, error: Error<Test>) {
	assert_noop!(Market::submit_job(signed(ALICE), spec), error);
}

fn taken(spec: JobSpec) {
	assert_ok!(Market::submit_job(signed(ALICE), spec));
}

#[test]
fn the_worst_case_and_three_fees_are_held() {
	ExtBuilder::build_and_execute(|| {
		let spec = book_spec(10, 0);
		let expected = next_id(ALICE, &spec);
		let id = submit(ALICE, spec);
		assert_eq!(id, expected);
		// 10 items: each 2³⁰ units at 64 and 16 bytes × 2²⁰ units, which are 1/64 of 2³⁰: 10 × 65 = 650. 3 × 20 = 60.
		assert_eq!(job(id).escrow, 650);
		assert_eq!(job(id).data_units, 160 << 20);
		assert_eq!(held(ALICE), 710);
		assert_eq!(free(ALICE), FUNDS - 710);
		assert_eq!(
			events(),
			[
				Event::JobSubmitted {
					job: id,
					requester: ALICE,
					kernel: KERNEL,
					items: 10,
					escrow: 650,
					fees: 60,
					deposit: 0,
				},
				Event::JobQueued {
					job: id,
					pool: POOL,
					level: Level(0)
				},
			]
		);
		let known = Requesters::<Test>::get(ALICE);
		assert_eq!((known.nonce, known.live), (1, 1));
	});
}

#[test]
fn a_fraction_of_a_planck_is_held_as_a_whole_one() {
	ExtBuilder::build_and_execute(|| {
		// 3 items at level 1 (69): (3 × 2³⁰ + 48 × 2²⁰) × 69 / 2³⁰ = 207 + 3.234… = 210.2: held 211, and 210 at most paid.
		let id = submit(ALICE, book_spec(3, 1));
		assert_eq!(job(id).escrow, 211);
		assert_eq!(job(id).payment(3 * G), 210);
	});
}

#[test]
fn a_small_job_holds_the_least_escrow() {
	ExtBuilder::build_and_execute(|| {
		// One item costs 65, the least escrow is 100; the payment stays what it is.
		let id = submit(ALICE, book_spec(1, 0));
		assert_eq!(job(id).escrow, 100);
		assert_eq!(job(id).payment(G), 65);
	});
}

#[test]
fn inputs_cost_units_and_time() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, with_inputs(book_spec(4, 0)));
		// 4 × 64 for units; (2,500 + 64) bytes × 2²⁰ × 64 / 2³⁰ = 160.25: 256 + 160.25, rounded up.
		assert_eq!(job(id).escrow, 417);
		// 7 ticks and one for each started 1,000 bytes.
		assert_eq!(
			job(id).state,
			JobState::Assigned {
				provider,
				until: 1 + 7 + 3
			}
		);
	});
}

#[test]
fn terms_are_copied() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(10, 0));
		let mut rules = default_rules();
		rules.protocol_fee = Perbill::from_percent(50);
		rules.job_fee = 1_000;
		rules.min_job = 5_000;
		rules.accept_ticks = 1;
		rules.late_fees = 1;
		rules.window = 99;
		RulesNow::set(&rules);
		let provider = asking(1, 0);
		assert_eq!(job(id).state, JobState::Assigned { provider, until: 8 });
		commit(provider, id, 10 * G);
		assert!(matches!(
			job(id).state,
			JobState::Committed {
				window: Window::Open { end: 31 },
				..
			}
		));
		assert_ok!(Market::settle_now(signed(ALICE), id));
		// 650 paid, 5 % of it is 32.5: 32. Two fees of 20 return.
		assert_eq!(free(ALICE), FUNDS - 650 - 20);
		assert_eq!(free(payout(provider)), 10_000 + 650 - 32);
	});
}

#[test]
fn one_id_never_means_two_jobs() {
	ExtBuilder::build_and_execute(|| {
		let spec = book_spec(2, 0);
		let ids = [
			submit(ALICE, spec.clone()),
			submit(ALICE, spec.clone()),
			submit(BOB, spec),
		];
		assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
	});
}

#[test]
fn the_kernel_bounds_the_work() {
	ExtBuilder::build_and_execute(|| {
		let spec = book_spec(2, 0);
		refused(
			JobSpec {
				kernel: KernelHash(H256([99; 32])),
				..spec.clone()
			},
			Error::UnknownKernel,
		);
		refused(
			JobSpec {
				kernel: KERNEL_RETIRED,
				..spec.clone()
			},
			Error::KernelRetired,
		);
		refused(
			JobSpec {
				params: BoundedVec::truncate_from(vec![1]),
				..spec.clone()
			},
			Error::WrongParams,
		);
		refused(
			JobSpec {
				params: BoundedVec::truncate_from(vec![1; 3]),
				..spec.clone()
			},
			Error::WrongParams,
		);
		refused(
			JobSpec {
				inputs: with_inputs(spec.clone()).inputs,
				..spec.clone()
			},
			Error::WrongInputs,
		);
		refused(
			JobSpec {
				inputs: BoundedVec::default(),
				..with_inputs(spec.clone())
			},
			Error::WrongInputs,
		);
		refused(
			JobSpec {
				items: 0,
				..spec.clone()
			},
			Error::NoItems,
		);
		refused(
			JobSpec {
				max_units: 999,
				..spec.clone()
			},
			Error::MaxUnitsTooLow,
		);
		taken(JobSpec {
			max_units: 1_000,
			..spec.clone()
		});
		refused(
			JobSpec {
				max_units: (1 << 30) + 1,
				..spec.clone()
			},
			Error::MaxUnitsTooHigh,
		);
		taken(spec);
	});
}

#[test]
fn bytes_are_bounded() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		// The book takes 1,000 bytes of output: 62 items of 16 bytes are 992. A named provider may take 5,000: 312 items.
		taken(book_spec(62, 0));
		refused(book_spec(63, 0), Error::OutputTooLarge);
		let large = |items| {
			let mut spec = target_spec(items, provider, 64);
			spec.max_units = 1_000;
			spec.terms.run_ticks = 300;
			spec
		};
		taken(large(312));
		refused(large(313), Error::OutputTooLarge);

		let inputs = |len| {
			let mut spec = with_inputs(book_spec(2, 0));
			spec.inputs[0].len = len;
			spec
		};
		// Together with the other input's 500 bytes: 10,000.
		taken(inputs(9_500));
		refused(inputs(9_501), Error::InputsTooLarge);
	});
}

#[test]
fn times_are_bounded() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(2);
		let run = |run_ticks| {
			let mut spec = book_spec(10, 0);
			spec.terms.run_ticks = run_ticks;
			spec
		};
		// 10 × 2³⁰ units take ten ticks of 2³⁰, and there are five of slack.
		refused(run(14), Error::RunTooShort);
		taken(run(15));
		taken(run(300));
		refused(run(301), Error::RunTooLong);
		// One unit more than nine ticks hold is a tenth.
		let mut ragged = run(14);
		ragged.max_units = 966_367_642; // × 10 = 9.000000002 × 2³⁰
		refused(ragged.clone(), Error::RunTooShort);
		ragged.max_units = 966_367_641; // × 10 = 8.99999999… × 2³⁰
		taken(ragged);

		let expires = |expires| {
			let mut spec = book_spec(2, 0);
			spec.terms.expires = expires;
			spec
		};
		assert_eq!(now(), 1);
		refused(expires(1), Error::ExpiryPassed);
		taken(expires(2));
		taken(expires(501));
		refused(expires(502), Error::ExpiryTooFar);

		let window = |mut spec: JobSpec, window| {
			spec.terms.window = window;
			spec
		};
		refused(window(book_spec(2, 0), 29), Error::WindowNotStandard);
		refused(window(book_spec(2, 0), 31), Error::WindowNotStandard);
		let target = || target_spec(2, provider, 64);
		refused(window(target(), 10), Error::WindowOutOfRange);
		taken(window(target(), 11));
		taken(window(target(), 200));
		refused(window(target(), 201), Error::WindowOutOfRange);
	});
}

#[test]
fn money_is_bounded() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		// At level 23 (64 × 1.08²³ = 375.77…: 376) 26 items cost 26 × 376 × 65/64 = 9,928.75; 27 cost 10,310.6. The book of
		// this class takes a twelfth of 120,000.
		taken(book_spec(26, 23));
		refused(book_spec(27, 23), Error::EscrowTooLarge);
		// A named provider with a stake of 240,000 takes up to 20,000: 307 items at 64 cost 307 × 65 = 19,955.
		let mut most = target_spec(307, provider, 64);
		most.terms.run_ticks = 300;
		refused(most.clone(), Error::RunTooShort);
		most.max_units = 1 << 29;
		most.terms.target = Target::Provider {
			provider,
			price: Price(128),
			minima: Minima::default(),
		};
		// 307 × (64 + 2) = 20,262 is too much; 303 × 66 = 19,998 is not.
		refused(most.clone(), Error::StakeTooLow);
		most.items = 303;
		taken(most);

		let mut absurd = target_spec(200, provider, u64::MAX);
		absurd.max_units = 1 << 30;
		refused(absurd, Error::StakeTooLow);

		// 60 planck with an existential deposit of 10: 50 can be held.
		assert_noop!(
			Market::submit_job(signed(POOR), book_spec(1, 0)),
			Error::<Test>::InsufficientFunds
		);
		assert_eq!(free(POOR), 60);
		assert_noop!(
			Market::submit_job(signed(999), book_spec(1, 0)),
			Error::<Test>::InsufficientFunds
		);
	});
}

#[test]
fn all_that_an_account_has_above_its_deposit_can_be_held() {
	ExtBuilder::build_and_execute(|| {
		use polkadot_sdk::frame_support::traits::fungible::Mutate;
		// One item: 100 + 60. Just not enough, then just enough.
		Balances::set_balance(&POOR, ED + 159);
		assert_noop!(
			Market::submit_job(signed(POOR), book_spec(1, 0)),
			Error::<Test>::InsufficientFunds
		);
		Balances::set_balance(&POOR, ED + 160);
		let id = submit(POOR, book_spec(1, 0));
		assert_eq!((free(POOR), held(POOR)), (ED, 160));
		assert_ok!(Market::cancel_job(signed(POOR), id));
		assert_eq!((free(POOR), held(POOR)), (ED + 160, 0));
	});
}

#[test]
fn a_matched_job_holds_the_price_of_its_ask_and_must_have_its_own() {
	ExtBuilder::build_and_execute(|| {
		use polkadot_sdk::frame_support::traits::fungible::Mutate;
		asking(1, 0);
		// Ten items and three fees: at level 9 1,300 + 60, at level 0 650 + 60.
		Balances::set_balance(&POOR, ED + 1_359);
		assert_noop!(
			Market::submit_job(signed(POOR), book_spec(10, 9)),
			Error::<Test>::InsufficientFunds
		);
		Balances::set_balance(&POOR, ED + 1_360);
		System::reset_events();
		let id = submit(POOR, book_spec(10, 9));
		assert_eq!((job(id).price, job(id).escrow), (Price(64), 650));
		assert_eq!((free(POOR), held(POOR)), (ED + 650, 710));
		assert_eq!(
			balance_events(),
			[BalancesEvent::Held {
				reason: RuntimeHoldReason::Market(HoldReason::Escrow),
				who: POOR,
				amount: 710,
			}]
		);
	});
}

#[test]
fn a_named_provider_must_take_it() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let spec = || target_spec(2, provider, 64);
		let change = |change: fn(&mut Record)| MockProviders::change(provider, change);
		refused(
			target_spec(2, millrace_primitives::ProviderId(9), 64),
			Error::UnknownProvider,
		);
		refused(target_spec(2, provider, 63), Error::PriceTooLow);
		change(|record| record.active = false);
		refused(spec(), Error::ProviderNotActive);
		change(|record| record.active = true);
		change(|record| record.worker = None);
		refused(spec(), Error::ProviderHasNoWorker);
		change(|record| record.worker = Some(1_000));
		change(|record| record.takes_targets = false);
		refused(spec(), Error::TakesNoTargets);
		change(|record| record.takes_targets = true);
		let id = submit(ALICE, spec());
		assert_eq!(job(id).state, JobState::Assigned { provider, until: 8 });
		assert_eq!(job(id).price, Price(64));
		taken(spec());
		refused(spec(), Error::ProviderFull);
	});
}

#[test]
fn a_targeted_job_takes_room_from_the_book() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		taken(target_spec(2, provider, 64));
		taken(target_spec(2, provider, 64));
		assert_eq!(last_event(), Event::AskParked { provider, slot: 0 });
	});
}

#[test]
fn pools_do_not_mix() {
	ExtBuilder::build_and_execute(|| {
		asking(1, 0);
		for pool in [
			Pool {
				region: Region(1),
				..POOL
			},
			Pool {
				class: DeviceClass::GpuH,
				..POOL
			},
		] {
			let mut spec = book_spec(2, 9);
			spec.terms.target = Target::Book { pool, level: Level(9) };
			let id = submit(ALICE, spec);
			assert_eq!(job(id).state, JobState::Pending);
		}
	});
}

#[test]
fn a_halted_market_takes_neither_jobs_nor_asks() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(2, 0));
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		refused(book_spec(2, 0), Error::Halted);
		assert_noop!(
			Market::place_ask(signed(worker(provider)), 1, Level(0)),
			Error::<Test>::Halted
		);
		// What was agreed goes on.
		commit(provider, id, G);
		assert_ok!(Market::settle_now(signed(ALICE), id));
	});
}
