//! What the calls cost, each at its worst.

// Setting up may panic: nothing here is part of a block.
#![allow(
	clippy::unwrap_used,
	clippy::expect_used,
	clippy::panic,
	clippy::indexing_slicing,
	clippy::as_conversions,
	clippy::arithmetic_side_effects,
	missing_docs,
	unreachable_pub
)]

use crate::{
	migrations::v4::{MigrateToV4, APPENDED},
	outage::{QueueEnds, SampleBatch, Sampled},
	types::*,
	*,
};
use codec::Encode;
use millrace_primitives::{traits::Offence, DeviceClass, JobId, Price, Region, MILL};
use polkadot_sdk::{
	frame_benchmarking::v2::*,
	frame_support::{
		migrations::SteppedMigration,
		storage::unhashed,
		traits::{
			fungible::{Inspect, Mutate},
			EnsureOrigin, Get, StorageVersion,
		},
		weights::WeightMeter,
	},
	frame_system::RawOrigin,
	sp_core::H256,
	sp_io::hashing::blake2_256,
	sp_runtime::BoundedVec,
};

/// Stake beyond the floor, for targeted jobs of any size that a benchmark makes.
const EXTRA: Balance = 10_000_000 * MILL;

/// An account that can pay whatever is asked of it.
fn funded<T: Config>(name: &'static str, index: u32) -> T::AccountId {
	let who: T::AccountId = account(name, index, 0);
	fund::<T>(&who);
	who
}

fn fund<T: Config>(who: &T::AccountId) {
	T::Currency::mint_into(who, 100 * EXTRA).expect("issuance is far from its end");
}

/// The longest endpoint.
fn endpoint(byte: u8) -> Endpoint {
	let host = alloc::vec![byte; MAX_HOST as usize]
		.try_into()
		.expect("as long as the bound");
	Endpoint {
		host,
		port: 443,
		tls_key: H256::repeat_byte(byte),
	}
}

fn terms(lanes: u16) -> ProviderTerms {
	ProviderTerms {
		class: DeviceClass::Cpu4,
		region: Region(0),
		lanes,
		min_price: Price(0),
		takes_targets: true,
	}
}

/// Registers an active provider with stake for its lanes and more, and as large a record as it can be; returns it with
/// its worker key.
pub(crate) fn bench_provider<T: Config>(seed: u32, lanes: u16) -> (ProviderId, T::AccountId) {
	let owner = funded::<T>("owner", seed);
	let payout = funded::<T>("payout", seed);
	let worker: T::AccountId = account("worker", seed, 0);
	let terms = terms(lanes);
	let stake = Pallet::<T>::floor(&terms) + EXTRA;
	T::Currency::mint_into(&owner, stake).expect("issuance is far from its end");
	let id = Pallet::<T>::do_register(owner, worker.clone(), payout, endpoint(b'a'), terms, stake)
		.expect("the provider is valid");
	unbond_parts::<T>(id, MAX_UNBONDING);
	for slot in 0..MAX_DEVICES {
		measured::<T>(id, slot);
	}
	(id, worker)
}

/// The longest description of a device that is like no other.
fn facts(id: ProviderId, slot: u8, change: u8) -> DeviceFacts {
	DeviceFacts {
		model: BoundedVec::truncate_from(alloc::vec![b'm'; MAX_MODEL as usize]),
		memory: u64::MAX,
		compute_capability: Some((9, 0)),
		driver: BoundedVec::truncate_from(alloc::vec![b'd'; MAX_DRIVER as usize]),
		uuid_hash: H256(blake2_256(&(id, slot, change).encode())),
	}
}

/// Gives a provider a device that was measured long ago.
fn measured<T: Config>(id: ProviderId, slot: u8) {
	let facts = facts(id, slot, 0);
	DeviceIds::<T>::insert(facts.uuid_hash, (id, slot));
	let state = DeviceState::Measured {
		class: provider_of::<T>(id).terms.class,
		at: 0,
		ticks: 1,
		job: JobId(facts.uuid_hash),
	};
	Devices::<T>::insert(
		id,
		slot,
		Device {
			facts,
			requested: 0,
			state,
			job: None,
		},
	);
	Providers::<T>::mutate(id, |slot| {
		let provider = slot.as_mut().expect("the provider is registered");
		provider.devices += 1;
		provider.measured += 1;
	});
}

/// As [`sampled`], but one device is all that it has: without it every ask leaves.
fn with_one_device<T: Config>() -> (ProviderId, T::AccountId) {
	let (id, worker) = sampled::<T>();
	for slot in 1..MAX_DEVICES {
		Pallet::<T>::do_remove_device(&worker, id, slot).expect("it is not busy");
	}
	rest::<T>();
	(id, worker)
}

/// As [`sampled`], but the owner has nothing to pay a job fee with: that comes from the stake.
fn without_money<T: Config>() -> ProviderId {
	let (id, _) = sampled::<T>();
	let owner = provider_of::<T>(id).owner;
	T::Currency::set_balance(&owner, T::Currency::minimum_balance());
	rest::<T>();
	id
}

/// Lets the time pass after which every device may be measured again.
fn rest<T: Config>() {
	let rules = T::Enrolment::get();
	let longest = rules.tasks.iter().flatten().flatten().map(|task| task.ticks).max();
	T::Clock::set_now(T::Clock::now() + rules.retry_ticks + longest.unwrap_or(0) * rules.rest);
}

/// Lets so many parts unbond, a planck each.
fn unbond_parts<T: Config>(id: ProviderId, parts: u32) {
	Providers::<T>::mutate(id, |slot| {
		let provider = slot.as_mut().expect("the provider is registered");
		let release = T::Clock::now() + T::UnbondTicks::get();
		for part in 0..parts {
			provider
				.ledger
				.unbond(1, release + part)
				.expect("there is room for the parts");
		}
	});
}

/// A provider without unbonding parts, and its owner.
fn registered<T: Config>() -> (ProviderId, T::AccountId) {
	let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
	Providers::<T>::mutate(id, |slot| {
		let provider = slot.as_mut().expect("the provider is registered");
		provider.ledger.active = provider.ledger.held();
		provider.ledger.unbonding = BoundedVec::default();
	});
	(id, provider_of::<T>(id).owner)
}

fn provider_of<T: Config>(id: ProviderId) -> ProviderOf<T> {
	Providers::<T>::get(id).expect("the provider is registered")
}

/// Fills the record of late jobs, as it is when the chain has set the provider draining.
fn suspend<T: Config>(id: ProviderId) {
	Providers::<T>::mutate(id, |slot| {
		let provider = slot.as_mut().expect("the provider is registered");
		provider.lates = BoundedVec::truncate_from(alloc::vec![T::Clock::now(); T::LateLimit::get() as usize]);
		provider.status = Status::Draining;
	});
}

/// Convicts a provider of fraud in a job whose parties exist.
fn convict<T: Config>(id: ProviderId) -> SlashId {
	let offence = Offence::Fraud {
		refuter: funded::<T>("refuter", 0),
		requester: funded::<T>("requester", 0),
		escrow: EXTRA,
	};
	let slashed = Pallet::<T>::do_slash(id, offence);
	slashed.slash.expect("the provider has stake")
}

/// A provider in the midst of others of its owner's and of somebody else's, with every ask that it can have, that is
/// sampled and old enough to speak for others; with its worker key. Stake has become unreachable in every hour that is
/// remembered.
fn sampled<T: Config>() -> (ProviderId, T::AccountId) {
	let rules = T::Liveness::get();
	let now = rules.veteran_ticks + rules.hour * MAX_DROPS;
	let ids = [0, 1, 2].map(|seed| bench_provider::<T>(seed, T::MaxLanes::get()));
	for (id, _) in &ids {
		T::Events::bench_asks(*id, T::Events::MAX_ASKS);
	}
	let (id, worker) = ids[1].clone();
	T::Clock::set_now(T::Clock::now() + now);
	let hour = rules.hour_of(T::Clock::now());
	for back in (1..MAX_DROPS).rev() {
		Pallet::<T>::drop_of(&provider_of::<T>(id).owner, hour - back, MILL, None);
	}
	(id, worker)
}

/// Lets a provider have been silent on so many assignments in a row; too many are an outage, which goes on.
pub(crate) fn silent<T: Config>(id: ProviderId, no_shows: u8) {
	let mut provider = provider_of::<T>(id);
	provider.no_shows = no_shows;
	if no_shows >= NO_SHOW_LIMIT {
		Pallet::<T>::start_outage(id, &mut provider, T::Clock::now());
	}
	Pallet::<T>::put(id, provider);
}

/// Lets a provider's payments of an era have brought these fees, the last ones that it had.
pub(crate) fn earned<T: Config>(id: ProviderId, era: u32, fees: Balance) {
	Providers::<T>::mutate_extant(id, |provider| provider.usage = Usage { era, fees });
}

/// A batch of samples whose time is over.
fn batch<T: Config>(providers: alloc::vec::Vec<ProviderId>) {
	let batch = SampleBatch {
		drawn: T::Clock::now(),
		until: T::Clock::now(),
		providers: BoundedVec::truncate_from(providers),
	};
	Samples::<T>::insert(0, batch);
	SampleQueue::<T>::put(QueueEnds { head: 0, tail: 1 });
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn register() {
		let owner: T::AccountId = whitelisted_caller();
		let terms = terms(T::MaxLanes::get());
		// Not `bond`: that is the name of a benchmark, and so of a type.
		let stake = Pallet::<T>::floor(&terms);
		fund::<T>(&owner);
		T::Currency::mint_into(&owner, stake).expect("issuance is far from its end");
		let worker: T::AccountId = account("worker", 0, 0);
		let payout = funded::<T>("payout", 0);
		let id = NextProvider::<T>::get();

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), worker, payout, endpoint(b'a'), terms, stake);

		assert_eq!(provider_of::<T>(id).ledger.active, stake);
	}

	#[benchmark]
	fn bond() {
		let (id, _) = sampled::<T>();
		let provider = provider_of::<T>(id);

		#[extrinsic_call]
		_(RawOrigin::Signed(provider.owner), id, MILL);

		assert_eq!(provider_of::<T>(id).ledger.active, provider.ledger.active + MILL);
	}

	#[benchmark]
	fn unbond() {
		let (id, owner) = registered::<T>();
		T::Events::bench_asks(id, T::Events::MAX_ASKS);
		unbond_parts::<T>(id, MAX_UNBONDING - 1);
		T::Clock::set_now(T::Clock::now() + MAX_UNBONDING);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, MILL);

		assert!(provider_of::<T>(id).ledger.unbonding.is_full());
	}

	#[benchmark]
	fn withdraw_unbonded() {
		let (id, owner) = registered::<T>();
		unbond_parts::<T>(id, MAX_UNBONDING - 1);
		T::Clock::set_now(T::Clock::now() + MAX_UNBONDING);
		Pallet::<T>::do_deregister(&owner, id).expect("nothing rests on the provider");
		earned::<T>(id, 0, 1);
		T::Clock::set_now(T::Clock::now() + T::UnbondTicks::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert!(Providers::<T>::get(id).is_none());
	}

	#[benchmark]
	fn set_worker() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let owner = provider_of::<T>(id).owner;
		let worker: T::AccountId = account("worker", 1, 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, Some(worker.clone()));

		assert_eq!(Workers::<T>::get(worker), Some(id));
	}

	#[benchmark]
	fn revoke_worker() {
		let (id, worker) = sampled::<T>();
		let owner = provider_of::<T>(id).owner;

		#[extrinsic_call]
		set_worker(RawOrigin::Signed(owner), id, None);

		assert_eq!(Workers::<T>::get(worker), None);
	}

	#[benchmark]
	fn set_payout() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let owner = provider_of::<T>(id).owner;
		let payout = funded::<T>("payout", 1);
		assert!(T::Currency::balance(&payout) >= T::Currency::minimum_balance());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, payout.clone());

		assert!(provider_of::<T>(id).payout == payout);
	}

	#[benchmark]
	fn set_endpoint() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let owner = provider_of::<T>(id).owner;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, endpoint(b'b'));

		assert_eq!(provider_of::<T>(id).endpoint, endpoint(b'b'));
	}

	#[benchmark]
	fn set_terms() {
		let (id, _) = sampled::<T>();
		let owner = provider_of::<T>(id).owner;
		let dearer = ProviderTerms {
			min_price: Price(u64::MAX),
			..terms(T::MaxLanes::get())
		};

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, dearer);

		assert_eq!(provider_of::<T>(id).terms, dearer);
		assert_eq!(provider_of::<T>(id).load.asks, 0);
	}

	#[benchmark]
	fn drain() {
		let (id, worker) = sampled::<T>();
		silent::<T>(id, NO_SHOW_LIMIT);

		#[extrinsic_call]
		_(RawOrigin::Signed(worker), id);

		assert_eq!(provider_of::<T>(id).load.asks, 0);
	}

	#[benchmark]
	fn resume() {
		let (id, worker) = sampled::<T>();
		let owner = provider_of::<T>(id).owner;
		Pallet::<T>::do_drain(&worker, id).expect("it is active");
		suspend::<T>(id);
		// It is listed again, and an outage of silence begins.
		Providers::<T>::mutate(id, |slot| {
			let provider = slot.as_mut().expect("the provider is registered");
			provider.load.committed = 1;
			provider.no_shows = NO_SHOW_LIMIT;
		});

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert_eq!(provider_of::<T>(id).status, Status::Active);
	}

	#[benchmark]
	fn deregister() {
		let (id, owner) = registered::<T>();
		T::Events::bench_asks(id, T::Events::MAX_ASKS);
		Pallet::<T>::miss(id, T::Clock::now());
		unbond_parts::<T>(id, MAX_UNBONDING - 1);
		T::Clock::set_now(T::Clock::now() + MAX_UNBONDING);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert_eq!(provider_of::<T>(id).status, Status::Exiting);
	}

	#[benchmark]
	fn reactivate() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let owner = provider_of::<T>(id).owner;
		convict::<T>(id);
		T::Clock::set_now(T::Clock::now() + T::ChillTicks::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id);

		assert_eq!(provider_of::<T>(id).status, Status::Active);
	}

	#[benchmark]
	fn cancel_slash() -> Result<(), BenchmarkError> {
		let origin = T::SlashCancelOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let slash = convict::<T>(id);

		#[extrinsic_call]
		_(origin as T::RuntimeOrigin, slash);

		assert_eq!(provider_of::<T>(id).ledger.set_aside, 0);
		Ok(())
	}

	#[benchmark]
	fn pay_slash() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let slash = convict::<T>(id);
		T::Clock::set_now(T::Clock::now() + T::SlashTicks::get());
		let caller = funded::<T>("caller", 0);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), slash);

		assert_eq!(provider_of::<T>(id).ledger.set_aside, 0);
	}

	#[benchmark]
	fn on_poll() {
		let mut meter = WeightMeter::new();

		#[block]
		{
			Pallet::<T>::serve_slashes(&mut meter);
		}

		assert_eq!(meter.consumed(), T::WeightInfo::on_poll());
	}

	#[benchmark]
	fn heartbeat() {
		let (id, worker) = sampled::<T>();
		Reachable::<T>::mutate_extant(id, |sampled| sampled.until = Some(T::Clock::now()));

		#[extrinsic_call]
		_(RawOrigin::Signed(worker));

		assert_eq!(Reachable::<T>::get(id).expect("it is sampled").until, None);
	}

	#[benchmark]
	fn rebond() {
		let (id, _) = sampled::<T>();
		let provider = provider_of::<T>(id);

		#[extrinsic_call]
		_(RawOrigin::Signed(provider.owner), id, MILL);

		assert!(provider_of::<T>(id).ledger.unbonding.is_empty());
	}

	#[benchmark]
	fn set_refill() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		let owner = provider_of::<T>(id).owner;

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), id, true);

		assert!(provider_of::<T>(id).refill);
	}

	#[benchmark]
	fn draw_samples(n: Linear<1, MAX_SAMPLES>) {
		// Only the list is looked at, so it needs no records.
		let count = n * T::Liveness::get().providers_per_sample;
		for index in 0..count {
			ReachableAt::<T>::insert(index, ProviderId(index));
			let sampled = Sampled {
				index,
				last: None,
				until: None,
			};
			Reachable::<T>::insert(ProviderId(index), sampled);
		}
		ReachableCount::<T>::put(count);
		let now = T::Clock::now();

		#[block]
		{
			Pallet::<T>::draw_samples(now, H256::repeat_byte(1));
		}

		assert_eq!(Samples::<T>::get(0).expect("some were drawn").drawn, now);
	}

	#[benchmark]
	fn serve_samples() {
		let providers = (0..MAX_SAMPLES).map(ProviderId).collect::<alloc::vec::Vec<_>>();
		for (index, id) in (0..).zip(&providers) {
			let answered = Sampled {
				index,
				last: Some(0),
				until: None,
			};
			Reachable::<T>::insert(id, answered);
		}
		batch::<T>(providers);

		#[block]
		{
			Pallet::<T>::serve_misses(T::Clock::now() + 1, &mut WeightMeter::new());
		}

		assert_eq!(SampleQueue::<T>::get(), QueueEnds::default());
	}

	#[benchmark]
	fn miss() {
		let (id, _) = sampled::<T>();

		#[block]
		{
			Pallet::<T>::miss(id, T::Clock::now());
		}

		let provider = provider_of::<T>(id);
		assert!(provider.is_unreachable() && provider.load.asks == 0);
	}

	#[benchmark]
	fn serve_tick() {
		let now = T::Clock::now();
		CheckCursor::<T>::put(now);

		#[block]
		{
			Pallet::<T>::serve_checks(now, &mut WeightMeter::new());
		}

		assert_eq!(CheckCursor::<T>::get(), now + 1);
	}

	#[benchmark]
	fn check_outage() {
		let (id, _) = sampled::<T>();
		let began = T::Clock::now();
		// Silent on assignments and answering samples: it still has asks when it is chilled.
		let mut provider = provider_of::<T>(id);
		Pallet::<T>::start_outage(id, &mut provider, began);
		Pallet::<T>::put(id, provider);
		let longest = T::Liveness::get().steps.map(|step| step.after).into_iter().max();
		T::Clock::set_now(began + longest.expect("there are steps") + 1);

		#[block]
		{
			Pallet::<T>::check_outage(id, began);
		}

		let provider = provider_of::<T>(id);
		assert!(matches!(provider.status, Status::Chilled { .. }));
		assert!(provider.ledger.set_aside > 0 && provider.load.asks == 0);
		assert!(Outages::<T>::get(id, began).is_none());
	}

	#[benchmark]
	fn enrol_device() {
		let (id, worker) = with_one_device::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(worker), 0, facts(id, 0, 1));

		assert_eq!(provider_of::<T>(id).load.asks, 0);
		assert_eq!(RequestQueue::<T>::get(), QueueEnds { head: 0, tail: 1 });
	}

	#[benchmark]
	fn remove_device() {
		let (id, worker) = with_one_device::<T>();

		#[extrinsic_call]
		_(RawOrigin::Signed(worker), id, 0);

		assert_eq!(provider_of::<T>(id).load.asks, 0);
	}

	#[benchmark]
	fn serve_request() {
		let id = without_money::<T>();
		let worker = provider_of::<T>(id).worker.expect("it has one");
		Pallet::<T>::do_enrol_device(&worker, 0, facts(id, 0, 1)).expect("it is another one");
		let now = T::Clock::now() + T::Enrolment::get().draw_ticks;
		T::Clock::set_now(now);

		#[block]
		{
			Pallet::<T>::poll_enrolment(now, &H256::zero(), &mut WeightMeter::new());
		}

		assert!(provider_of::<T>(id).measuring);
	}

	#[benchmark]
	fn draw_idle() {
		let id = without_money::<T>();
		let now = T::Clock::now();
		let index = Reachable::<T>::get(id).expect("it is sampled").index;
		let seed = (0u64..)
			.map(|number| H256(blake2_256(&number.encode())))
			.find(|seed| Pallet::<T>::drawn_by(&Pallet::<T>::mixed(seed)) == Some(index))
			.expect("some seed draws it");

		#[block]
		{
			Pallet::<T>::poll_enrolment(now, &seed, &mut WeightMeter::new());
		}

		assert!(provider_of::<T>(id).measuring);
	}

	#[benchmark]
	fn migrate_step() {
		let (id, _) = bench_provider::<T>(0, T::MaxLanes::get());
		suspend::<T>(id);
		let mut provider = provider_of::<T>(id);
		provider.load.running = 1;
		provider.fraud_clock = Some(T::Clock::now());
		let bytes = provider.encode();
		unhashed::put_raw(
			&Providers::<T>::hashed_key_for(id),
			&bytes[..bytes.len() - APPENDED.len()],
		);
		StorageVersion::new(3).put::<Pallet<T>>();
		let mut meter = WeightMeter::with_limit(T::WeightInfo::migrate_step());

		#[block]
		{
			MigrateToV4::<T>::step(None, &mut meter).expect("the weight is that of one record");
		}

		assert!(provider_of::<T>(id) == provider);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
