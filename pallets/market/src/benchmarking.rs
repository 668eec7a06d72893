//! Benchmarks of every call and of each part of the hooks, at its worst.
//!
//! The worst that a call can meet is somebody else's order: a job that moves may free room, the room brings four parked
//! asks back, these take a waiting job, and with it the last room, which parks all four again.

#![allow(
	clippy::unwrap_used,
	clippy::expect_used,
	clippy::indexing_slicing,
	clippy::panic,
	clippy::as_conversions,
	clippy::arithmetic_side_effects
)]

use crate::{
	deadlines::Served,
	history::{Closing, EraState, PoolEra, HISTORY_ERAS},
	types::{Entry, Work, MAX_BATCH},
	Asks, Call, Clock, Config, DeadlineCursor, EraProgress, Event, History, JobState, Jobs, Pallet, PoolTallies,
	RejectReason, Requesters,
};
use alloc::{vec, vec::Vec};
use millrace_primitives::{
	job::{data_units, job_id},
	price::UNITS_PER_PRICE,
	traits::{Classes, JobPhase, Kernels, ProtocolClock, Providers},
	InputRef, JobId, JobSpec, Level, Pool, Price, ProviderId, Target, Terms, MILL,
};
use polkadot_sdk::{
	frame_benchmarking::{self, v2::*},
	frame_support::{
		traits::{fungible::Mutate, EnsureOrigin, Get},
		weights::WeightMeter,
	},
	frame_system::{self, RawOrigin},
	sp_core::H256,
	sp_runtime::BoundedVec,
};

use crate::weights::WeightInfo;

mod refutation;

/// A provider and its worker key.
type Party<T> = (ProviderId, <T as frame_system::Config>::AccountId);

fn set_now<T: Config>(tick: u32) {
	<Pallet<T> as ProtocolClock>::set_now(tick);
}

fn set_era<T: Config>(era: u32) {
	<Pallet<T> as ProtocolClock>::set_era(era);
}

/// Whoever signs a call, to be named before the call is. Its account is read and written for its nonce already, which is weighed
/// there.
fn signer<T: Config>(who: &T::AccountId) -> RawOrigin<T::AccountId> {
	whitelist_account!(who);
	RawOrigin::Signed(who.clone())
}

fn requester<T: Config>(seed: u32) -> T::AccountId {
	let who = account("requester", seed, 0);
	T::Currency::set_balance(&who, 1_000_000 * MILL);
	who
}

/// The largest job of the pool that its inputs make, at `level`.
fn spec<T: Config>(pool: Pool, level: Level) -> JobSpec {
	let rules = T::Rules::get();
	let kernel = T::Kernels::bench_kernel();
	let facts = T::Kernels::facts(&kernel).unwrap();
	let len = rules
		.inputs_max
		.checked_div(u64::from(facts.inputs))
		.unwrap_or(0)
		.min(1 << 20) as u32;
	let inputs = vec![
		InputRef {
			root: H256::repeat_byte(7),
			len
		};
		usize::from(facts.inputs)
	];
	JobSpec {
		kernel,
		params: BoundedVec::truncate_from(vec![7; usize::from(facts.params)]),
		inputs: BoundedVec::truncate_from(inputs),
		items: 1,
		max_units: facts.item_cost,
		data_key: [7; 32],
		terms: Terms {
			target: Target::Book { pool, level },
			public: false,
			run_ticks: rules.run_max,
			window: rules.window,
			expires: Pallet::<T>::now() + rules.expiry_max,
		},
	}
}

/// Three levels of a pool: what a patient provider asks, what another one asks, and the most that a job here may bid.
fn levels<T: Config>(pool: Pool, provider: ProviderId) -> (Level, Level, Level) {
	let figures = <Pallet<T> as Classes>::figures(pool.class);
	let spec = spec::<T>(pool, Level(0));
	let size = T::Kernels::facts(&spec.kernel).unwrap().item_size;
	let units = data_units(spec.input_bytes(), u64::from(size), figures.units_per_byte) + u128::from(spec.max_units);
	let price = figures.book_job_max() * UNITS_PER_PRICE / units;
	let top = Level::at_most(Price(u64::try_from(price).unwrap_or(u64::MAX)))
		.unwrap_or_default()
		.min(Level(250));
	let least = Level::at_least(T::Providers::view(provider).unwrap().min_price).unwrap_or_default();
	let low = Level(top.0.saturating_sub(30)).max(least);
	(low, Level(low.0 + 1), top.max(Level(low.0 + 2)))
}

fn submit<T: Config>(seed: u32, pool: Pool, level: Level) -> JobId {
	let (who, spec) = (requester::<T>(seed), spec::<T>(pool, level));
	let id = job_id(
		&Pallet::<T>::genesis_hash(),
		&who,
		Requesters::<T>::get(&who).nonce,
		&spec,
	);
	Pallet::<T>::submit_job(RawOrigin::Signed(who).into(), spec).unwrap();
	id
}

fn new_provider<T: Config>(seed: u32, lanes: u16) -> (Party<T>, Pool) {
	// As after the first tick.
	Clock::<T>::mutate(|clock| clock.genesis = H256::repeat_byte(1));
	let (provider, worker) = T::Providers::bench_provider(seed, lanes);
	let pool = T::Providers::view(provider).unwrap().pool;
	((provider, worker), pool)
}

fn place<T: Config>(party: &Party<T>, slot: u8, level: Level) {
	Pallet::<T>::place_ask(RawOrigin::Signed(party.1.clone()).into(), slot, level).unwrap();
}

/// Three asks above all that jobs here bid, each on a level of its own with another provider's behind it: none is any
/// other's neighbour, so taking them out of the queues and putting them back touches as much as it can.
fn place_high<T: Config>(party: &Party<T>, first: u8) {
	let (crowd, _) = new_provider::<T>(100 + party.0 .0, 1);
	for (slot, level) in (first..).zip(251..254) {
		place::<T>(party, slot, Level(level));
		place::<T>(&crowd, slot, Level(level));
	}
}

/// Every ask that a provider can have: the first at `level`, where jobs find it.
fn place_all<T: Config>(party: &Party<T>, level: Level) {
	place::<T>(party, 0, level);
	place_high::<T>(party, 1);
}

fn asks_queued<T: Config>(provider: ProviderId) -> usize {
	Asks::<T>::get(provider)
		.slots
		.iter()
		.flatten()
		.filter(|ask| !ask.parked)
		.count()
}

fn provider_of<T: Config>(id: JobId) -> Option<ProviderId> {
	Jobs::<T>::get(id).and_then(|job| job.state.provider())
}

/// A full provider with four parked asks; its two assigned jobs; and a job that waits for it.
fn full_provider<T: Config>() -> (Party<T>, JobId, JobId) {
	let (party, pool) = new_provider::<T>(1, 1);
	let (low, _, _) = levels::<T>(pool, party.0);
	place_all::<T>(&party, low);
	let job = submit::<T>(1, pool, low);
	submit::<T>(2, pool, low);
	let waiting = submit::<T>(3, pool, low);
	assert_eq!(provider_of::<T>(job), Some(party.0));
	assert_eq!(provider_of::<T>(waiting), None);
	assert_eq!(asks_queued::<T>(party.0), 0);
	(party, job, waiting)
}

/// A provider with room for one more job, at the dearer level: it takes what another one loses, and is full.
fn second_provider<T: Config>() -> Party<T> {
	let (party, pool) = new_provider::<T>(2, 1);
	let (_, dear, top) = levels::<T>(pool, party.0);
	place_all::<T>(&party, dear);
	let filler = submit::<T>(4, pool, top);
	assert_eq!(provider_of::<T>(filler), Some(party.0));
	party
}

/// As [`full_provider`], but the job runs, and there is a second provider to take it next.
fn running<T: Config>() -> (Party<T>, Party<T>, JobId, JobId) {
	let second = second_provider::<T>();
	let (party, pool) = new_provider::<T>(1, 1);
	let (low, _, top) = levels::<T>(pool, party.0);
	place_all::<T>(&party, low);
	let job = submit::<T>(1, pool, top);
	submit::<T>(2, pool, top);
	let waiting = submit::<T>(3, pool, low);
	Pallet::<T>::accept_job(RawOrigin::Signed(party.1.clone()).into(), job).unwrap();
	assert_eq!(provider_of::<T>(waiting), None);
	(party, second, job, waiting)
}

/// A committed job, the last thing that rests on its provider, whose stake wants some of the payment, and which was last paid in
/// the era before.
fn committed<T: Config>() -> (T::AccountId, JobId) {
	let (party, pool) = new_provider::<T>(1, 1);
	let (low, dear, _) = levels::<T>(pool, party.0);
	place::<T>(&party, 0, low);
	let (after, _) = new_provider::<T>(2, 1);
	place::<T>(&after, 0, dear);
	let job = submit::<T>(1, pool, low);
	Pallet::<T>::commit_result(RawOrigin::Signed(party.1.clone()).into(), job, H256::zero(), 0).unwrap();
	Pallet::<T>::withdraw_all(party.0).unwrap();
	T::Providers::bench_refill(party.0);
	T::Providers::bench_earned(party.0);
	set_era::<T>(1);
	(Jobs::<T>::get(job).unwrap().requester, job)
}

/// Committed jobs of one requester, each by a provider of its own.
fn committed_by_many<T: Config>(count: u32) -> (T::AccountId, Vec<JobId>) {
	let caller = requester::<T>(9);
	let jobs = (0..count).map(|seed| {
		let (party, pool) = new_provider::<T>(seed, 1);
		let (low, ..) = levels::<T>(pool, party.0);
		place::<T>(&party, 0, low);
		let job = submit::<T>(9, pool, low);
		Pallet::<T>::commit_result(RawOrigin::Signed(party.1.clone()).into(), job, H256::zero(), 0).unwrap();
		// Its ask makes room for that of the next one, and goes on out of the way of all jobs here.
		Pallet::<T>::withdraw_all(party.0).unwrap();
		place::<T>(&party, 0, Level(254));
		job
	});
	let jobs = jobs.collect();
	(caller, jobs)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn place_ask() {
		let (party, pool) = new_provider::<T>(1, 2);
		let (low, _, _) = levels::<T>(pool, party.0);
		let jobs: Vec<JobId> = (0..4).map(|seed| submit::<T>(seed, pool, low)).collect();
		place_high::<T>(&party, 0);
		T::Providers::bench_sample(party.0);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, 3, low);

		assert!(jobs.into_iter().all(|job| provider_of::<T>(job) == Some(party.0)));
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn withdraw_ask() {
		let parties: Vec<(Party<T>, Pool)> = (1..4).map(|seed| new_provider::<T>(seed, 1)).collect();
		for (party, pool) in &parties {
			place::<T>(party, 0, levels::<T>(*pool, party.0).0);
		}
		set_now::<T>(Pallet::<T>::now() + T::Rules::get().ask_life_min);
		let ((provider, worker), _) = parties[1].clone();
		T::Providers::bench_sample(provider);

		let origin = signer::<T>(&worker);

		#[extrinsic_call]
		_(origin, 0);

		assert_eq!(Asks::<T>::get(provider).count(), 0);
	}

	#[benchmark]
	fn submit_job() {
		// Room for five: placing the last ask takes four jobs, and the fifth is left to wait beside it.
		let (party, pool) = new_provider::<T>(1, 3);
		let (low, _, _) = levels::<T>(pool, party.0);
		T::Providers::move_job(party.0, None, Some(JobPhase::Assigned), None).unwrap();
		let jobs: Vec<JobId> = (0..5).map(|seed| submit::<T>(seed, pool, low)).collect();
		place_high::<T>(&party, 0);
		place::<T>(&party, 3, low);
		assert_eq!(provider_of::<T>(jobs[4]), None);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, spec::<T>(pool, low));

		assert_eq!(provider_of::<T>(jobs[4]), Some(party.0));
		assert_eq!(asks_queued::<T>(party.0), 0);
		assert_eq!(Requesters::<T>::get(&caller).live, 1);
	}

	#[benchmark]
	fn submit_job_matched() {
		let (party, pool) = new_provider::<T>(1, 3);
		let (low, _, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		submit_job(origin, spec::<T>(pool, top));

		assert_eq!(asks_queued::<T>(party.0), 4);
		assert_eq!(T::Providers::view(party.0).unwrap().assigned, 1);
	}

	#[benchmark]
	fn submit_job_queued() {
		let (party, pool) = new_provider::<T>(1, 1);
		let (low, dear, _) = levels::<T>(pool, party.0);
		place_all::<T>(&party, dear);
		submit::<T>(1, pool, low);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		submit_job(origin, spec::<T>(pool, low));

		assert_eq!(Requesters::<T>::get(&caller).live, 1);
		assert_eq!(T::Providers::view(party.0).unwrap().assigned, 0);
	}

	#[benchmark]
	fn submit_jobs_matched(n: Linear<1, MAX_BATCH>) {
		let (party, pool) = new_provider::<T>(1, 64);
		let (low, _, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		let caller = requester::<T>(9);
		let specs = BoundedVec::truncate_from(vec![spec::<T>(pool, top); n as usize]);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		submit_jobs(origin, specs);

		assert_eq!(Requesters::<T>::get(&caller).live, n);
		assert_eq!(u32::from(T::Providers::view(party.0).unwrap().assigned), n);
	}

	/// Down from a level of its own to where four bids wait; it leaves one behind.
	#[benchmark]
	fn reprice_ask() {
		let (party, pool) = new_provider::<T>(1, 2);
		let (low, dear, _) = levels::<T>(pool, party.0);
		place_high::<T>(&party, 1);
		place::<T>(&party, 0, dear);
		let jobs: Vec<JobId> = (0..5).map(|seed| submit::<T>(seed, pool, low)).collect();
		set_now::<T>(Pallet::<T>::now() + T::Rules::get().ask_life_min);
		T::Providers::bench_sample(party.0);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, 0, low);

		assert!(jobs[..4].iter().all(|job| provider_of::<T>(*job) == Some(party.0)));
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	/// From between two others to where it is matched, with the last room of its provider.
	#[benchmark]
	fn reprice_job() {
		let (party, pool) = new_provider::<T>(1, 1);
		let (low, dear, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, dear);
		submit::<T>(1, pool, top);
		let jobs: Vec<JobId> = (2..5).map(|seed| submit::<T>(seed, pool, low)).collect();
		let caller = Jobs::<T>::get(jobs[1]).unwrap().requester;

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, jobs[1], top);

		assert_eq!(provider_of::<T>(jobs[1]), Some(party.0));
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn cancel_job() {
		let (party, job, waiting) = full_provider::<T>();
		let caller = Jobs::<T>::get(job).unwrap().requester;

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, job);

		assert_eq!(provider_of::<T>(waiting), Some(party.0));
	}

	#[benchmark]
	fn accept_job() {
		let (party, job, _) = full_provider::<T>();
		T::Providers::bench_sample(party.0);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, job);

		assert!(matches!(Jobs::<T>::get(job).unwrap().state, JobState::Running { .. }));
	}

	#[benchmark]
	fn accept_job_only() {
		let (party, job, _) = full_provider::<T>();

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		accept_job(origin, job);

		assert!(matches!(Jobs::<T>::get(job).unwrap().state, JobState::Running { .. }));
	}

	#[benchmark]
	fn reject_job() {
		let second = second_provider::<T>();
		let (party, pool) = new_provider::<T>(1, 2);
		let (low, _, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		let job = submit::<T>(1, pool, top);
		T::Providers::bench_sample(party.0);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, job, RejectReason::InputsMissing);

		assert_eq!(provider_of::<T>(job), Some(second.0));
		assert_eq!(asks_queued::<T>(party.0) + asks_queued::<T>(second.0), 0);
	}

	#[benchmark]
	fn commit_result() {
		let (party, job, waiting) = full_provider::<T>();
		T::Providers::bench_sample(party.0);
		T::Providers::bench_silent(party.0, 3);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, job, H256::zero(), 0);

		assert_eq!(provider_of::<T>(waiting), Some(party.0));
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn commit_result_only() {
		let (party, pool) = new_provider::<T>(1, 3);
		let (low, _, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		let job = submit::<T>(1, pool, top);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		commit_result(origin, job, H256::zero(), 0);

		assert_eq!(asks_queued::<T>(party.0), 4);
		assert!(matches!(Jobs::<T>::get(job).unwrap().state, JobState::Committed { .. }));
	}

	#[benchmark]
	fn abandon_job() {
		let (party, second, job, waiting) = running::<T>();
		T::Providers::bench_sample(party.0);
		T::Providers::bench_silent(party.0, 3);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, job);

		assert_eq!(provider_of::<T>(job), Some(second.0));
		assert_eq!(provider_of::<T>(waiting), Some(party.0));
	}

	#[benchmark]
	fn settle_now() {
		let (caller, job) = committed::<T>();

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, job);

		assert!(!Jobs::<T>::contains_key(job));
	}

	#[benchmark]
	fn settle() {
		let (_, job) = committed::<T>();
		set_now::<T>(Jobs::<T>::get(job).unwrap().due_tick().unwrap() + 1);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, job);

		assert!(!Jobs::<T>::contains_key(job));
	}

	#[benchmark]
	fn settle_now_only() {
		let (caller, jobs) = committed_by_many::<T>(1);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		settle_now(origin, jobs[0]);

		assert!(!Jobs::<T>::contains_key(jobs[0]));
	}

	#[benchmark]
	fn settle_only() {
		let (_, jobs) = committed_by_many::<T>(1);
		set_now::<T>(Jobs::<T>::get(jobs[0]).unwrap().due_tick().unwrap() + 1);
		let caller = requester::<T>(8);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		settle(origin, jobs[0]);

		assert!(!Jobs::<T>::contains_key(jobs[0]));
	}

	#[benchmark]
	fn settle_jobs_only(n: Linear<1, MAX_BATCH>) {
		let (caller, jobs) = committed_by_many::<T>(n);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		settle_jobs(origin, BoundedVec::truncate_from(jobs.clone()));

		assert_eq!(Requesters::<T>::get(&caller).paid_jobs, n);
	}

	#[benchmark]
	fn refuse_delivery() {
		let (caller, jobs) = committed_by_many::<T>(1);
		Jobs::<T>::mutate(jobs[0], |job| job.as_mut().unwrap().items = u32::MAX);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, jobs[0]);

		assert_eq!(Requesters::<T>::get(&caller).refused, 1);
	}

	#[benchmark]
	fn touch() {
		let (party, second, job, waiting) = running::<T>();
		keep_orders_alive::<T>(job, waiting);
		T::Providers::bench_silent(party.0, 3);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, job);

		assert_eq!(provider_of::<T>(job), Some(second.0));
		assert_eq!(provider_of::<T>(waiting), Some(party.0));
	}

	#[benchmark]
	fn set_halted() -> Result<(), BenchmarkError> {
		let origin = T::HaltOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, true);

		assert!(Pallet::<T>::is_halted());
		Ok(())
	}

	#[benchmark]
	fn on_poll() {
		let mut meter = WeightMeter::with_limit(T::WeightInfo::on_poll());
		let last_slot = T::Slot::get();
		Clock::<T>::mutate(|clock| clock.last_slot = last_slot);
		let before = Pallet::<T>::now();

		#[block]
		{
			Pallet::<T>::do_poll(&mut meter);
		}

		assert_eq!(Pallet::<T>::now(), before + 1);
	}

	#[benchmark]
	fn on_finalize() {
		#[block]
		{
			Pallet::<T>::note_busy();
		}

		assert!(!Clock::<T>::get().busy);
	}

	#[benchmark]
	fn close_pool() {
		let (_, pool) = new_provider::<T>(1, 1);
		let done = PoolEra {
			paid_jobs: 1,
			fees: 1_000 * MILL,
			..PoolEra::default()
		};
		PoolTallies::<T>::mutate(pool, |tally| tally.era = done);
		History::<T>::insert(0, pool, done);
		set_era::<T>(HISTORY_ERAS + 1);
		EraProgress::<T>::put(EraState {
			started: Pallet::<T>::now(),
			closing: Some(Closing {
				ticks: 0,
				payment_fees: 0,
				cursor: None,
			}),
		});
		let mut meter = WeightMeter::with_limit(T::WeightInfo::close_pool());

		#[block]
		{
			Pallet::<T>::poll_era(&mut meter);
		}

		assert_eq!(History::<T>::get(HISTORY_ERAS, pool), Some(done));
		assert_eq!(History::<T>::get(0, pool), None);
	}

	#[benchmark]
	fn close_era() {
		let closing = Closing {
			ticks: T::Rules::get().fee_era,
			payment_fees: 1_000 * MILL,
			cursor: None,
		};
		set_era::<T>(HISTORY_ERAS + 1);

		#[block]
		{
			Pallet::<T>::close_era(HISTORY_ERAS, &closing);
		}
	}

	#[benchmark]
	fn serve_tick() {
		set_now::<T>(1_000);
		DeadlineCursor::<T>::put(999);

		#[block]
		{
			Pallet::<T>::serve_due(&mut WeightMeter::new());
		}

		assert_eq!(DeadlineCursor::<T>::get(), 1_000);
	}

	#[benchmark]
	fn serve_deadline() {
		let (party, second, job, waiting) = running::<T>();
		let tick = keep_orders_alive::<T>(job, waiting);
		T::Providers::bench_silent(party.0, 3);

		#[block]
		{
			Pallet::<T>::serve_deadline(tick, job);
		}

		assert_eq!(provider_of::<T>(job), Some(second.0));
		assert_eq!(provider_of::<T>(waiting), Some(party.0));
		frame_system::Pallet::<T>::assert_has_event(
			Event::<T>::AskParked {
				provider: party.0,
				slot: 0,
			}
			.into(),
		);
	}

	/// Its acceptance is due no more, but its result.
	#[benchmark]
	fn serve_moved() {
		let (_, _, job, _) = running::<T>();
		let tick = entry_of::<T>(job);
		set_now::<T>(tick + 1);

		#[block]
		{
			assert_eq!(Pallet::<T>::serve_deadline(tick, job), Served::Moved);
		}

		assert!(entry_of::<T>(job) > tick);
	}

	#[benchmark]
	fn serve_lapsed() {
		let (_, jobs) = committed_by_many::<T>(1);
		set_now::<T>(Jobs::<T>::get(jobs[0]).unwrap().due_tick().unwrap() + 1);
		let tick = entry_of::<T>(jobs[0]);

		#[block]
		{
			let served = Pallet::<T>::serve_deadline(tick, jobs[0]);
			assert_eq!(served, Served::Lapsed(Work::Ordinary));
		}

		assert!(!Jobs::<T>::contains_key(jobs[0]));
	}

	/// From between two others.
	#[benchmark]
	fn serve_expired() {
		let (_, pool) = new_provider::<T>(1, 1);
		let level = Level(0);
		let jobs: Vec<JobId> = (1..4).map(|seed| submit::<T>(seed, pool, level)).collect();
		let tick = entry_of::<T>(jobs[1]);
		set_now::<T>(tick + 1);

		#[block]
		{
			assert_eq!(Pallet::<T>::serve_deadline(tick, jobs[1]), Served::Expired);
		}

		assert!(!Jobs::<T>::contains_key(jobs[1]));
	}

	/// The third in a row, which makes the provider unreachable; another one takes the job.
	#[benchmark]
	fn serve_no_show() {
		let second = second_provider::<T>();
		let (party, pool) = new_provider::<T>(1, 2);
		let (low, _, top) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		let job = submit::<T>(1, pool, top);
		let tick = entry_of::<T>(job);
		set_now::<T>(tick + 1);
		T::Providers::bench_silent(party.0, 2);

		#[block]
		{
			Pallet::<T>::serve_deadline(tick, job);
		}

		assert_eq!(provider_of::<T>(job), Some(second.0));
		assert_eq!(asks_queued::<T>(party.0) + asks_queued::<T>(second.0), 0);
	}

	#[benchmark]
	fn serve_wake() {
		let (party, pool) = new_provider::<T>(1, 1);
		let (low, _, _) = levels::<T>(pool, party.0);
		place_all::<T>(&party, low);
		submit::<T>(1, pool, low);
		Pallet::<T>::pause(party.0).unwrap();
		let waiting = submit::<T>(2, pool, low);
		let tick = Asks::<T>::get(party.0).wake.unwrap();
		set_now::<T>(tick + 1);

		#[block]
		{
			Pallet::<T>::serve_wake(tick, party.0);
		}

		assert_eq!(provider_of::<T>(waiting), Some(party.0));
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	/// No program that takes so much resetting takes fewer units than its item cost.
	#[benchmark]
	fn refute_units(u: Linear<1_100, 2_097_152>) {
		let (party, jobs) = refutation::demanded::<T>();
		let proof = refutation::make_wrong::<T>(jobs[0], u, 0);
		T::Providers::bench_silent(party.0, 3);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		refute(origin, jobs[0], proof);

		assert!(!Jobs::<T>::contains_key(jobs[0]));
		assert_eq!(refutation::waiting::<T>(&jobs), 0);
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn refute_chunks(c: Linear<0, 512>) {
		let (party, jobs) = refutation::demanded::<T>();
		let proof = refutation::make_wrong::<T>(jobs[0], 1_100, c);
		T::Providers::bench_silent(party.0, 3);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		refute(origin, jobs[0], proof);

		assert!(!Jobs::<T>::contains_key(jobs[0]));
		assert_eq!(refutation::waiting::<T>(&jobs), 0);
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn demand() {
		let (caller, job, leaves) = refutation::demander::<T>();

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		_(origin, job, leaves);

		assert_eq!(Jobs::<T>::get(job).unwrap().demanded, 64);
	}

	#[benchmark]
	fn provide(l: Linear<1, 64>) {
		let (party, jobs) = refutation::demanded::<T>();
		let leaves = refutation::make_missing::<T>(jobs[0], l);

		let origin = signer::<T>(&party.1);

		#[extrinsic_call]
		_(origin, jobs[0], leaves);

		assert!(refutation::runs_again::<T>(jobs[0]));
		assert_eq!(refutation::waiting::<T>(&jobs), 0);
	}

	#[benchmark]
	fn touch_silent() {
		let (party, jobs) = refutation::demanded::<T>();
		refutation::fall_silent::<T>(&party, jobs[0]);
		T::Providers::bench_silent(party.0, 3);
		let caller = requester::<T>(9);

		let origin = signer::<T>(&caller);

		#[extrinsic_call]
		touch(origin, jobs[0]);

		assert_eq!(refutation::waiting::<T>(&jobs), 0);
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	#[benchmark]
	fn serve_silence() {
		let (party, jobs) = refutation::demanded::<T>();
		let tick = refutation::fall_silent::<T>(&party, jobs[0]);
		T::Providers::bench_silent(party.0, 3);

		#[block]
		{
			Pallet::<T>::serve_deadline(tick, jobs[0]);
		}

		assert_eq!(refutation::waiting::<T>(&jobs), 0);
		assert_eq!(asks_queued::<T>(party.0), 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::build(), crate::mock::Test);
}

/// Moves the clock past the deadline of a running job, and the expiry of both jobs past that: a deadline of the longest
/// run would otherwise find them expired. Returns where the entry of the running one stands.
fn keep_orders_alive<T: Config>(job: JobId, waiting: JobId) -> u32 {
	let deadline = Jobs::<T>::get(job).unwrap().due_tick().unwrap();
	Jobs::<T>::mutate(job, |job| job.as_mut().unwrap().terms.expires = deadline + 100);
	Jobs::<T>::mutate(waiting, |bid| bid.as_mut().unwrap().terms.expires = deadline + 100);
	set_now::<T>(deadline + 1);
	entry_of::<T>(job)
}

/// The tick under which a job's entry stands.
fn entry_of<T: Config>(job: JobId) -> u32 {
	match Jobs::<T>::get(job).unwrap().entry {
		Entry::At(tick) => tick,
		other => panic!("{job:?} has {other:?}"),
	}
}
