//! Jobs that measure devices: they cost their provider's owner one job fee, and pay nothing. How their results are judged
//! is in `measured`.

use super::demand::window;
use crate::{mock::*, Deadlines, Error, Event, JobState, Jobs, MarketRules, RejectReason, Requesters, Totals, Window};
use millrace_primitives::{
	traits::Measurements, Balance, ClassTask, JobId, KernelHash, Level, Minima, Price, ProviderId, Target, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, traits::fungible::Mutate},
	sp_core::H256,
	sp_io::hashing::blake2_256,
	sp_runtime::{DispatchError, Perbill},
};

const SEED: H256 = H256([5; 32]);
/// Ticks in which a result must be there.
pub(super) const TICKS: Tick = 6;

/// Ten items of 16 bytes, of a kernel with two parameters.
fn task() -> ClassTask {
	ClassTask {
		kernel: KERNEL,
		items: 10,
		ticks: TICKS,
	}
}

/// What the real pallet does: from now on the provider has no room, and it gets the task.
fn try_measure(provider: ProviderId, task: &ClassTask, seed: H256) -> Result<JobId, DispatchError> {
	MockProviders::change(provider, |record| record.measuring = true);
	Market::measure(provider, &owner(provider), task, &seed)
}

pub(super) fn measure_with(provider: ProviderId, task: &ClassTask) -> JobId {
	try_measure(provider, task, SEED).expect("the task is one for it")
}

/// A provider with so many lanes and no ask that is measured.
pub(super) fn measured(lanes: u16) -> (ProviderId, JobId) {
	let provider = MockProviders::register(lanes);
	(provider, measure_with(provider, &task()))
}

pub(super) fn record(provider: ProviderId) -> Record {
	MockProviders::get(provider).expect("it is registered")
}

pub(super) fn stake(provider: ProviderId) -> Balance {
	MockProviders::stake(&record(provider))
}

/// What the provider was told of its measurements, in one word.
pub(super) fn told(provider: ProviderId) -> String {
	let told = record(provider).measurements;
	told.into_iter().map(|(_, what)| char::from(what)).collect()
}

pub(super) fn accept(provider: ProviderId, id: JobId) {
	assert_ok!(Market::accept_job(signed(worker(provider)), id));
}

fn charged(id: JobId) -> (Balance, Balance) {
	let charged = events().into_iter().find_map(|event| match event {
		Event::MeasurementCharged {
			job,
			from_owner,
			from_stake,
			..
		} if job == id => Some((from_owner, from_stake)),
		_ => None,
	});
	charged.expect("its fee was taken")
}

/// Nothing of the job is left, nobody has got or lost anything by its end, and the record does not know it.
pub(super) fn assert_gone(provider: ProviderId, id: JobId) {
	assert!(!Jobs::<Test>::contains_key(id));
	assert!(Deadlines::<Test>::iter_keys().all(|(_, due)| due != id));
	let record = record(provider);
	assert_eq!((record.assigned, record.running, record.committed), (0, 0, 0));
	assert_eq!(
		(record.paid, record.late, record.no_show, record.abandoned),
		(0, 0, 0, 0)
	);
	assert_eq!((free(owner(provider)), free(payout(provider))), (9_980, 10_000));
	// Ids of accounts are so short here that the requester's is the pot's.
	assert_eq!((fees(), held(Market::measurer())), (20, 0));
	assert_eq!(Totals::<Test>::get(), Default::default());
	let known = Requesters::<Test>::get(Market::measurer());
	assert_eq!((known.live, known.paid_jobs, known.lapsed, known.paid), (0, 0, 0, 0));
}

#[test]
fn the_owner_pays_one_job_fee_and_nothing_is_held() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let (issued, staked) = (Balances::total_issuance(), stake(provider));
		let id = measure_with(provider, &task());
		assert_eq!(charged(id), (20, 0));
		assert_eq!((free(owner(provider)), fees(), stake(provider)), (9_980, 20, staked));
		assert_eq!(held(Market::measurer()), 0);
		assert_eq!(Balances::total_issuance(), issued - 20);
		assert_eq!(held(owner(provider)), 0);
	});
}

#[test]
fn the_stake_pays_where_the_owner_has_nothing_to_spare() {
	for (owned, staked, charge) in [
		(ED + 20, 240_000, (20, 0)),
		(ED + 19, 240_000, (0, 20)),
		(0, 240_000, (0, 20)),
		// What is there.
		(ED, 7, (0, 7)),
		(ED, 0, (0, 0)),
	] {
		ExtBuilder::build_and_execute(|| {
			let provider = MockProviders::register(1);
			Balances::set_balance(&owner(provider), owned);
			Balances::set_balance(&record(provider).stake, ED + staked);
			let id = measure_with(provider, &task());
			assert_eq!(charged(id), charge);
			assert_eq!(
				(free(owner(provider)), stake(provider)),
				(owned - charge.0, staked - charge.1)
			);
			assert_eq!(fees(), charge.0 + charge.1);
			commit(provider, id, 10);
		});
	}
}

#[test]
fn it_is_a_public_job_that_names_its_provider_and_pays_nothing() {
	ExtBuilder::build_and_execute(|| {
		skip_ticks(3);
		let (provider, id) = measured(1);
		let seen = job(id);
		let terms = Terms {
			target: Target::Provider {
				provider,
				price: Price(0),
				minima: Minima::default(),
			},
			public: true,
			run_ticks: TICKS,
			window: default_rules().window,
			expires: 4,
		};
		assert_eq!((seen.requester, seen.terms), (Market::measurer(), terms));
		assert_eq!((seen.kernel, seen.items, seen.max_units), (KERNEL, 10, 1 << 30));
		assert!(seen.inputs.is_empty() && seen.data_key == [0; 32]);
		assert_eq!((seen.escrow, seen.fees_held(), seen.job_fee), (0, 0, 0));
		assert_eq!(
			(seen.price, seen.min_job, seen.fee_rate),
			(Price(0), 0, Perbill::zero())
		);
		assert_eq!((seen.late_credit(), seen.payment(10 << 30)), (0, 0));
		assert_eq!(
			seen.state,
			JobState::Assigned {
				provider,
				until: 4 + TICKS
			}
		);
		let known = Requesters::<Test>::get(Market::measurer());
		assert_eq!((known.nonce, known.live), (1, 1));
		assert_eq!(record(provider).assigned, 1);
		let of_job = events().into_iter().filter(|event| {
			matches!(event, Event::JobSubmitted { job, escrow: 0, fees: 0, .. } if *job == id)
				|| matches!(event, Event::JobAssigned { job, price: Price(0), .. } if *job == id)
		});
		assert_eq!(of_job.count(), 2);
	});
}

#[test]
fn each_parameter_is_drawn_from_the_seed() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(4);
		let params = |seed: H256| {
			let id = try_measure(provider, &task(), seed).expect("it has room");
			job(id).params.into_inner()
		};
		let drawn = |seed: H256, place: u32| {
			let hash = blake2_256(&[&seed.0[..], &place.to_le_bytes()].concat());
			u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"))
		};
		assert_eq!(params(SEED), [drawn(SEED, 0), drawn(SEED, 1)]);
		let other = H256([6; 32]);
		assert_eq!(params(other), [drawn(other, 0), drawn(other, 1)]);
		// Two jobs are two jobs, whatever the seed.
		params(SEED);
		assert_eq!(Jobs::<Test>::iter_keys().count(), 3);
	});
}

#[test]
fn a_task_that_could_not_be_done_is_refused() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		MockProviders::change(provider, |record| record.measuring = true);
		let of = |kernel: KernelHash, items: u32| {
			let task = ClassTask {
				kernel,
				items,
				ticks: TICKS,
			};
			Market::measure(provider, &owner(provider), &task, &SEED)
		};
		let unknown = KernelHash(H256([99; 32]));
		assert_noop!(of(unknown, 10), Error::<Test>::UnknownKernel);
		assert_noop!(of(KERNEL_RETIRED, 10), Error::<Test>::KernelRetired);
		assert_noop!(of(KERNEL_WITH_INPUTS, 10), Error::<Test>::WrongInputs);
		// 5,000 bytes are 312 items of 16.
		assert_noop!(of(KERNEL, 313), Error::<Test>::OutputTooLarge);
		assert_ok!(of(KERNEL, 312));
	});
}

#[test]
fn asks_wait_while_a_device_is_measured() {
	let ends: [fn(ProviderId, JobId); 4] = [
		|provider, id| commit(provider, id, 10),
		|provider, id| {
			assert_ok!(Market::reject_job(signed(worker(provider)), id, RejectReason::Other));
		},
		|provider, id| {
			accept(provider, id);
			assert_ok!(Market::abandon_job(signed(worker(provider)), id));
		},
		|_, _| blocks(TICKS + 1),
	];
	for end in ends {
		ExtBuilder::build_and_execute(|| {
			let provider = asking(4, 0);
			let id = measure_with(provider, &task());
			let waiting = submit(ALICE, book_spec(10, 0));
			assert_eq!(job(waiting).state, JobState::Pending);
			assert_ok!(Market::place_ask(signed(worker(provider)), 1, Level(0)));
			assert!(matches!(last_event(), Event::AskPlaced { parked: true, .. }));
			let named = Market::submit_job(signed(ALICE), target_spec(10, provider, 64));
			assert_eq!(named, Err(Error::<Test>::ProviderFull.into()));
			end(provider, id);
			assert_eq!(job(waiting).state.provider(), Some(provider));
		});
	}
}

#[test]
fn to_accept_it_early_gains_no_time() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = measured(1);
		skip_ticks(4);
		accept(provider, id);
		assert!(matches!(job(id).state, JobState::Running { deadline: 7, .. }));
		assert!(matches!(last_event(), Event::JobAccepted { deadline: 7, .. }));
		assert_eq!(Deadlines::<Test>::iter_keys().collect::<Vec<_>>(), [(7, id)]);
		skip_ticks(2);
		commit(provider, id, 10);
		assert_eq!(record(provider).measurements, [(id, b'6')]);
	});
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = measured(1);
		accept(provider, id);
		skip_ticks(TICKS + 1);
		assert_noop!(
			Market::commit_result(signed(worker(provider)), id, H256::zero(), 10),
			Error::<Test>::DeadlinePassed
		);
	});
}

#[test]
fn a_commitment_tells_how_long_it_took() {
	for (ticks, accepted) in [(0, false), (3, false), (3, true), (TICKS, false), (TICKS, true)] {
		ExtBuilder::build_and_execute(|| {
			skip_ticks(8);
			let (provider, id) = measured(1);
			if accepted {
				accept(provider, id);
			}
			skip_ticks(ticks);
			commit(provider, id, 10);
			assert_eq!(record(provider).measurements, [(id, b'0' + ticks as u8)]);
			assert!(!record(provider).measuring);
			assert_eq!(window(id), Window::Open { end: 9 + ticks + 30 });
			assert_eq!((record(provider).assigned, record(provider).committed), (0, 1));
		});
	}
}

#[test]
fn it_lapses_unpaid_and_is_counted_nowhere() {
	for by_hook in [true, false] {
		ExtBuilder::build_and_execute(|| {
			let (provider, id) = measured(1);
			let staked = stake(provider);
			commit(provider, id, 10 << 30);
			assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::WindowOpen);
			if by_hook {
				blocks(31);
			} else {
				skip_ticks(31);
				assert_ok!(Market::settle(signed(BOB), id));
			}
			let settled = events()
				.into_iter()
				.find(|event| matches!(event, Event::JobSettled { .. }));
			assert!(matches!(
				settled,
				Some(Event::JobSettled {
					payment: 0,
					fee: 0,
					refund: 0,
					fees_returned: 0,
					fees_paid: 0,
					deposit: 0,
					lapsed: true,
					..
				})
			));
			assert_eq!((told(provider).as_str(), stake(provider)), ("0s", staked));
			assert_gone(provider, id);
		});
	}
}

#[test]
fn a_provider_that_cannot_be_reached_makes_it_wait_like_any_other() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = measured(1);
		commit(provider, id, 10);
		MockProviders::change(provider, |record| record.answers = false);
		blocks(31);
		assert_eq!(window(id), Window::Open { end: 41 });
		MockProviders::change(provider, |record| record.answers = true);
		blocks(10);
		assert_gone(provider, id);
	});
}

#[test]
fn who_fails_is_told_and_nothing_is_taken() {
	let ends: [fn(ProviderId, JobId); 7] = [
		// Nobody accepts it.
		|_, _| blocks(TICKS + 1),
		// Late.
		|provider, id| {
			accept(provider, id);
			blocks(TICKS + 1);
		},
		|_, id| {
			skip_ticks(TICKS + 1);
			assert_ok!(Market::touch(signed(BOB), id));
		},
		|provider, id| {
			accept(provider, id);
			assert_ok!(Market::abandon_job(signed(worker(provider)), id));
		},
		|provider, id| {
			assert_ok!(Market::reject_job(signed(worker(provider)), id, RejectReason::TooSlow));
		},
		|provider, id| {
			assert_ok!(Market::reject_job(
				signed(worker(provider)),
				id,
				RejectReason::Unsupported
			));
		},
		|provider, id| {
			let reject = |reason| Market::reject_job(signed(worker(provider)), id, reason);
			assert!(reject(RejectReason::Busy).is_err() && reject(RejectReason::InputsMissing).is_err());
			assert_ok!(reject(RejectReason::Other));
		},
	];
	for end in ends {
		ExtBuilder::build_and_execute(|| {
			let (provider, id) = measured(1);
			let staked = stake(provider);
			end(provider, id);
			assert_eq!(record(provider).measurements, [(id, b'f')]);
			assert_eq!((stake(provider), record(provider).inputs_missing), (staked, 0));
			assert!(record(provider).active);
			assert!(events().iter().any(
				|event| matches!(event, Event::JobUnserved { job, refund: 0, fees_returned: 0, .. } if *job == id)
			));
			assert_eq!(Requesters::<Test>::get(Market::measurer()).unserved, 1);
			assert_gone(provider, id);
		});
	}
}

#[test]
fn nobody_speaks_for_its_requester() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = measured(1);
		let everybody = [ALICE, owner(provider), worker(provider), payout(provider)];
		for who in everybody {
			assert_noop!(Market::cancel_job(signed(who), id), Error::<Test>::NotRequester);
		}
		commit(provider, id, 10);
		for who in everybody {
			assert_noop!(Market::settle_now(signed(who), id), Error::<Test>::NotRequester);
			assert_noop!(Market::settle(signed(who), id), Error::<Test>::WindowOpen);
		}
	});
}

/// The accept window of other jobs, and what is governed since, are of no matter.
#[test]
fn its_time_is_the_task_s() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let long = ClassTask { ticks: 90, ..task() };
		let id = measure_with(provider, &long);
		RulesNow::set(&MarketRules {
			accept_ticks: 1,
			run_max: 6,
			..default_rules()
		});
		blocks(90);
		assert_eq!(job(id).state, JobState::Assigned { provider, until: 91 });
		accept(provider, id);
		assert!(matches!(job(id).state, JobState::Running { deadline: 91, .. }));
		blocks(1);
		assert_eq!(told(provider), "f");
	});
}

#[test]
fn without_parameters_nothing_is_drawn() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let id = measure_with(provider, &Work::triples().class_task(TICKS));
		assert!(job(id).params.is_empty());
	});
}
