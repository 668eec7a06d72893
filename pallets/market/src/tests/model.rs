//! Long random sequences of calls by parties that keep no rule, against four things that do not share the pallet's code:
//! a naive book rebuilt from events alone, the requesters' accounts computed from events alone, total issuance, and what
//! was right and wrong in each committed result. Every invariant of `do_try_state` is checked after every block.
//!
//! `MILLRACE_SEED` chooses the first sequence, `MILLRACE_CASES` how many there are.

mod told;
mod truth;

use self::{told::Told, truth::Truth};
use super::book::Random;
use crate::{mock::*, types::MAX_ASKS, Asks, Call, Demands, JobState, Jobs, RejectReason};
use millrace_primitives::{traits::Measurements, Balance, JobId, JobSpec, Level, Price, ProviderId, Target};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		storage::with_storage_layer,
		traits::{fungible::Mutate, UnfilteredDispatchable},
		weights::Weight,
	},
	sp_core::H256,
};

const STEPS: u64 = 12_000;
const REQUESTERS: [AccountId; 3] = [ALICE, BOB, CHARLIE];
const JOB_FEE: Balance = 20;

fn any_provider(random: &mut Random) -> ProviderId {
	ProviderId(random.below(u64::from(MockProviders::count())) as u32)
}

fn any_job(random: &mut Random) -> JobId {
	let jobs: Vec<_> = Jobs::<Test>::iter_keys().collect();
	match jobs.is_empty() {
		true => JobId(H256::repeat_byte(random.below(256) as u8)),
		false => jobs[random.below(jobs.len() as u64) as usize],
	}
}

/// Mostly a job with a result.
fn committed_job(random: &mut Random) -> JobId {
	let committed: Vec<_> = Jobs::<Test>::iter()
		.filter(|(_, job)| matches!(job.state, JobState::Committed { .. }))
		.map(|(id, _)| id)
		.collect();
	match committed.is_empty() || random.below(8) == 0 {
		true => any_job(random),
		false => committed[random.below(committed.len() as u64) as usize],
	}
}

/// Mostly the worker that has the job, sometimes anyone.
fn worker_for(random: &mut Random, job: JobId) -> AccountId {
	let assigned = Jobs::<Test>::get(job).and_then(|job| job.state.provider());
	match assigned {
		Some(provider) if random.below(20) > 0 => worker(provider),
		_ => any_signer(random),
	}
}

fn any_signer(random: &mut Random) -> AccountId {
	match random.below(3) {
		0 => REQUESTERS[random.below(3) as usize],
		1 => worker(any_provider(random)),
		_ => owner(any_provider(random)),
	}
}

/// A job of a kernel that stands for any, or of a real one; then with its work.
fn any_spec(random: &mut Random, truth: &Truth) -> (JobSpec, Option<usize>) {
	let items = 1 + random.below(30) as u32;
	let mut spec = match random.below(4) {
		0 => target_spec(items, any_provider(random), 60 + random.below(80)),
		_ => book_spec(items, random.below(12) as u8),
	};
	if random.below(2) == 0 {
		let work = random.below(truth.works.len() as u64) as usize;
		spec = truth.works[work].fill(spec);
		spec.terms.expires = now() + random.below(60) as u32;
		return (spec, Some(work));
	}
	if random.below(4) == 0 {
		spec = with_inputs(spec);
	}
	spec.terms.expires = now() + random.below(60) as u32;
	if random.below(20) == 0 {
		spec.items = [0, 63, 5_000][random.below(3) as usize];
	}
	(spec, None)
}

fn any_units(random: &mut Random, job: JobId) -> u64 {
	let most = Jobs::<Test>::get(job).map_or(0, |job| job.units_max());
	match random.below(10) {
		0 => most,
		1 => most + 1,
		2 => 0,
		_ => random.below(most.max(1)),
	}
}

/// Who may act for the job; anyone, where that is an account without a key.
fn requester_of(job: JobId) -> Option<AccountId> {
	let requester = Jobs::<Test>::get(job)?.requester;
	Some(if requester == Market::measurer() {
		ALICE
	} else {
		requester
	})
}

/// Has a device measured, if the provider is idle, as the providers' hook does.
fn measure(random: &mut Random, truth: &mut Truth) {
	let provider = any_provider(random);
	let record = MockProviders::get(provider).expect("registered");
	let is_measured = Jobs::<Test>::iter_values()
		.any(|job| job.requester == Market::measurer() && job.state.provider() == Some(provider));
	if record.assigned + record.running > 0 || is_measured || !record.active {
		return;
	}
	let work = random.below(truth.works.len() as u64) as usize;
	let task = truth.works[work].class_task(3 + random.below(12) as u32);
	let seed = H256::from_low_u64_be(random.below(u64::MAX));
	let begun = with_storage_layer(|| {
		MockProviders::change(provider, |record| record.measuring = true);
		Market::measure(provider, &record.owner, &task, &seed)
	});
	if let Ok(id) = begun {
		truth.note(id, Some(work));
		truth.measured += 1;
	}
}

/// What an owner, or who cancels slashes, may do to a provider without asking the market.
fn meddle(random: &mut Random, told: &mut Told) {
	let mut provider = any_provider(random);
	let convicted =
		|provider: &ProviderId| MockProviders::get(*provider).is_some_and(|record| record.fraud_clock.is_some());
	if random.below(2) == 0 {
		provider = (0..MockProviders::count())
			.map(ProviderId)
			.find(convicted)
			.unwrap_or(provider);
	}
	if convicted(&provider) {
		if random.below(3) == 0 {
			told.catch_up();
			MockProviders::cancel_slashes(provider);
			told.set_aside.remove(&provider);
		}
		return;
	}
	let record = MockProviders::get(provider).expect("registered");
	match random.below(5) {
		0 => MockProviders::set_active(provider, random.below(3) > 0),
		4 => {
			told.catch_up();
			MockProviders::change(provider, |record| record.answers = random.below(3) > 0);
		}
		1 => {
			let needed = record
				.running
				.max((record.assigned + record.running).div_ceil(2))
				.max(1);
			MockProviders::change(provider, |record| record.lanes = needed.max(1 + random.below(4) as u16));
			MockProviders::check_eligibility(provider);
		}
		2 => MockProviders::change(provider, |record| record.min_price = Price(64 + random.below(30))),
		_ => MockProviders::change(provider, |record| record.takes_targets = random.below(4) > 0),
	}
}

fn call(random: &mut Random, told: &mut Told, truth: &mut Truth) {
	let job = any_job(random);
	let slot = random.below(u64::from(MAX_ASKS) + 1) as u8;
	let (who, call): (AccountId, Call<Test>) = match random.below(116) {
		0..=21 => {
			let who = REQUESTERS[random.below(3) as usize];
			let (spec, work) = any_spec(random, truth);
			let id = next_id(who, &spec);
			if matches!(spec.terms.target, Target::Provider { .. }) {
				told.targeted.insert(id);
			}
			truth.note(id, work);
			(who, Call::submit_job { spec })
		}
		22..=34 => {
			let level = Level(random.below(12) as u8);
			(worker(any_provider(random)), Call::place_ask { slot, level })
		}
		35..=38 => (worker(any_provider(random)), Call::withdraw_ask { slot }),
		39..=53 => (worker_for(random, job), Call::accept_job { job }),
		54..=60 => {
			let reasons = [
				RejectReason::Busy,
				RejectReason::InputsMissing,
				RejectReason::TooSlow,
				RejectReason::Unsupported,
				RejectReason::Other,
			];
			(
				worker_for(random, job),
				Call::reject_job {
					job,
					reason: reasons[random.below(5) as usize],
				},
			)
		}
		61..=76 => {
			let who = worker_for(random, job);
			if truth.commit(random, who, job) {
				return;
			}
			let root = H256::repeat_byte(random.below(3) as u8);
			let units = any_units(random, job);
			(who, Call::commit_result { job, root, units })
		}
		77..=79 => (worker_for(random, job), Call::abandon_job { job }),
		80..=83 => {
			let requester = requester_of(job).unwrap_or(ALICE);
			(requester, Call::settle_now { job })
		}
		84..=86 => (any_signer(random), Call::settle { job }),
		87..=90 => (any_signer(random), Call::touch { job }),
		91..=95 => {
			let requester = requester_of(job).unwrap_or(BOB);
			(requester, Call::cancel_job { job })
		}
		96..=101 => {
			let job = committed_job(random);
			let requester = requester_of(job).unwrap_or(BOB);
			let who = [requester, requester, requester, any_signer(random)][random.below(4) as usize];
			let leaves = truth.any_leaves(random, job);
			(who, Call::demand { job, leaves })
		}
		102..=108 => {
			let demanded: Vec<_> = Demands::<Test>::iter_keys().collect();
			let job = match demanded.is_empty() {
				true => job,
				false => demanded[random.below(demanded.len() as u64) as usize],
			};
			let who = any_signer(random);
			return truth.provide(random, who, job);
		}
		_ => {
			let (who, job) = (any_signer(random), committed_job(random));
			return truth.refute(random, who, job);
		}
	};
	// Refusals are as welcome as successes; neither may break anything.
	let _ = call.dispatch_bypass_filter(signed(who));
}

fn next_block(random: &mut Random, told: &mut Told) {
	told.catch_up();
	if random.below(15) == 0 {
		System::set_block_consumed_resources(Weight::from_parts(BLOCK, 0), 0);
	}
	finish_block();
	start_block(1 + u64::from(random.below(10) == 0) * (1 + random.below(2)));
}

fn from_environment(name: &str, default: u64) -> u64 {
	std::env::var(name)
		.ok()
		.and_then(|value| value.parse().ok())
		.unwrap_or(default)
}

#[test]
fn hostile_parties_break_nothing() {
	let seed = from_environment("MILLRACE_SEED", 0x6d69_6c6c_7261_6365);
	for case in 0..from_environment("MILLRACE_CASES", 1).max(1) {
		run(seed.wrapping_add(case));
	}
}

fn run(seed: u64) {
	println!("MILLRACE_SEED={seed}, {STEPS} steps");
	ExtBuilder::build().execute_with(|| {
		let mut random = Random::new(seed);
		let mut told = Told::default();
		let mut truth = Truth::new();
		for lanes in [1, 1, 2, 3, 4] {
			MockProviders::register(lanes);
		}
		// One provider's payout account is dead, so that small payments fall back.
		Balances::set_balance(&payout(ProviderId(1)), 0);
		let issued = Balances::total_issuance();
		let payouts: Vec<_> = (0..5).map(|id| payout(ProviderId(id))).collect();
		let before: Vec<_> = payouts.iter().map(|account| free(*account)).collect();
		System::reset_events();

		for _ in 0..STEPS {
			match random.below(100) {
				0..=19 => {
					next_block(&mut random, &mut told);
					told.check(issued);
					assert_ok!(Market::do_try_state());
				}
				20..=22 => meddle(&mut random, &mut told),
				24 => measure(&mut random, &mut truth),
				23 => {
					let halted = random.below(3) == 0;
					assert_ok!(Market::set_halted(RuntimeOrigin::root(), halted));
				}
				_ => call(&mut random, &mut told, &mut truth),
			}
		}

		// Left alone, every job comes to its end: nothing is stuck and nothing is held.
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
		for _ in 0..2_000 {
			if Jobs::<Test>::iter_keys().next().is_none() {
				break;
			}
			finish_block();
			start_block(1);
			told.check(issued);
			assert_ok!(Market::do_try_state());
		}
		assert_eq!(Jobs::<Test>::iter_keys().count(), 0);
		assert!(REQUESTERS.iter().all(|requester| held(*requester) == 0));
		assert_eq!(told.ended.len(), told.requester.len());
		for (account, before) in payouts.iter().zip(before) {
			assert_eq!(free(*account), before + told.earned.get(account).copied().unwrap_or(0));
		}
		assert!(Asks::<Test>::iter().count() <= 5);
		println!(
			"{} jobs, {} matches, {} settled, {} planck burned",
			told.ended.len(),
			told.matches,
			told.settled,
			told.burned
		);
		println!(
			"{} refuted, {} voided, {} assignments voided, {} demands, {} answered, {} silent",
			told.refuted, told.voided, told.unassigned, told.demands, told.answered, told.silent
		);
		println!("{truth}");
		assert!(
			told.matches > STEPS / 100 && told.settled > STEPS / 500,
			"the parties did trade"
		);
		assert_eq!(told.refuted, truth.true_refutations, "nothing else was refuted");
		let rare = [
			told.refuted,
			told.voided + told.unassigned,
			told.answered,
			told.silent,
			told.extended,
			truth.measured,
		];
		assert!(rare.iter().all(|count| *count > 0), "everything happened: {rare:?}");
		assert!(truth.false_refutations > 0, "lies were told about the honest too");
	});
}
