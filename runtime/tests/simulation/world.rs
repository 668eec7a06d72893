//! The parties on the real runtime under the standard rules: who they are, what they sign, and what it brought them.

use super::random::Random;
use crate::chain::{genesis, set_enrolment, work::Work};
use frame_support::genesis_builder_helper::build_state;
use millrace_primitives::{
	price::UNITS_PER_PRICE, Balance, DeviceClass, EnrolmentRules, JobId, JobKind, Level, Minima, Pool, Price,
	ProviderId, Region, Target, Terms, Tick, HOUR, MILL,
};
use millrace_runtime::{
	AccountId, Market, Providers, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, System,
};
use pallet_market::{Call as MarketCall, Event as MarketEvent, JobState};
use pallet_providers::{Call as ProvidersCall, Event, ProviderOf};
use polkadot_sdk::*;
use serde_json::Value;
use sp_core::H256;
use sp_keyring::Sr25519Keyring::Alice;
use sp_runtime::{traits::Dispatchable, DispatchError};
use std::collections::BTreeSet;

/// Of every ask and every bid in the book.
const LEVEL: Level = Level(100);
/// Items of every job.
const ITEMS: u32 = 10;

/// The runtime's state is the caller's: everything here runs inside `TestExternalities`.
pub(crate) struct Sim {
	pub(crate) seed: u64,
	pub(crate) random: Random,
	/// Whether no block is skipped.
	pub(crate) every_block: bool,
	/// Blocks that were played.
	pub(crate) polls: u64,
	/// Who does not answer.
	pub(crate) down: BTreeSet<ProviderId>,
	/// What happened to providers and what they were paid, with its tick; not who was sampled.
	pub(crate) log: Vec<(Tick, RuntimeEvent)>,
	work: Work,
}

/// A genesis with the standard rules. But classes are taken at their owners' word: this is about outages, and nobody here
/// has a device.
pub(crate) fn whole_genesis() -> Value {
	let mut whole = serde_json::from_slice(&genesis("local_testnet")).expect("JSON");
	set_enrolment(&mut whole, &EnrolmentRules::OFF);
	whole
}

/// Runs a simulation from genesis on.
pub(crate) fn simulate<R>(seed: u64, action: impl FnOnce(&mut Sim) -> R) -> R {
	sp_io::TestExternalities::new_empty().execute_with(|| action(&mut Sim::at_genesis(seed)))
}

impl Sim {
	/// A chain without providers, whose rules are the standard ones.
	pub(crate) fn at_genesis(seed: u64) -> Sim {
		Sim::of(seed, whole_genesis())
	}

	/// The same from another genesis.
	pub(crate) fn of(seed: u64, genesis: Value) -> Sim {
		let genesis = serde_json::to_vec(&genesis).expect("JSON can be written");
		build_state::<RuntimeGenesisConfig>(genesis).expect("the genesis builds");
		System::set_block_number(1);
		let mut sim = Sim {
			seed,
			random: Random::new(seed),
			every_block: false,
			polls: 0,
			down: BTreeSet::new(),
			log: Vec::new(),
			work: Work::new(ITEMS),
		};
		sim.wait(1);
		let bytecode = sim.work.bytecode().try_into().expect("a short program");
		sim.must(
			&Alice.to_account_id(),
			pallet_kernels::Call::register_kernel { bytecode },
		);
		sim.fund(&Sim::requester(), 5_000_000 * MILL);
		sim
	}

	/// The hot key of a provider.
	pub(crate) fn worker(provider: ProviderId) -> AccountId {
		account(1, provider.0)
	}

	/// The cold key with this number.
	pub(crate) fn owner(number: u32) -> AccountId {
		account(2, number)
	}

	/// Whoever buys jobs.
	pub(crate) fn requester() -> AccountId {
		account(3, 0)
	}

	pub(crate) fn fund(&mut self, who: &AccountId, value: Balance) {
		let dest = who.clone().into();
		let call = pallet_balances::Call::transfer_keep_alive { dest, value };
		self.must(&Alice.to_account_id(), call);
	}

	/// A signed call.
	pub(crate) fn call(
		&mut self,
		who: &AccountId,
		call: impl Into<RuntimeCall>,
	) -> Result<Vec<RuntimeEvent>, DispatchError> {
		let outcome = call.into().dispatch(RuntimeOrigin::signed(who.clone()));
		let events = self.note();
		outcome.map(|_| events).map_err(|failed| failed.error)
	}

	/// A signed call that succeeds.
	pub(crate) fn must(&mut self, who: &AccountId, call: impl Into<RuntimeCall>) -> Vec<RuntimeEvent> {
		self.call(who, call).expect("it succeeds")
	}

	/// Takes the events since the last time, and keeps those that a row is made of.
	pub(crate) fn note(&mut self) -> Vec<RuntimeEvent> {
		let events: Vec<_> = System::read_events_no_consensus().map(|record| record.event).collect();
		System::reset_events();
		let now = self.now();
		let kept = events.iter().filter(|event| match event {
			RuntimeEvent::Providers(event) => {
				!matches!(event, Event::ProviderSampled { .. } | Event::ProviderRegistered { .. })
			}
			RuntimeEvent::Market(event) => matches!(
				event,
				MarketEvent::JobLate { .. } | MarketEvent::JobSettled { .. } | MarketEvent::NoShow { .. }
			),
			_ => false,
		});
		self.log.extend(kept.map(|event| (now, event.clone())));
		events
	}

	/// Registers a provider with half as much stake again as it needs, so that a penalty does not stop it.
	pub(crate) fn register(&mut self, owner: &AccountId, class: DeviceClass, region: u8, lanes: u16) -> ProviderId {
		let provider = pallet_providers::NextProvider::<Runtime>::get();
		let bond = class.genesis_figures().floor * Balance::from(lanes) * 3 / 2;
		self.fund(owner, bond + 10 * MILL);
		let call = ProvidersCall::register {
			worker: Sim::worker(provider),
			payout: owner.clone(),
			endpoint: pallet_providers::Endpoint {
				host: b"127.0.0.1".to_vec().try_into().expect("short"),
				port: 7443,
				tls_key: H256([1; 32]),
			},
			terms: pallet_providers::ProviderTerms {
				class,
				region: Region(region),
				lanes,
				min_price: Level(0).price(),
				takes_targets: true,
			},
			bond,
		};
		self.must(owner, call);
		self.must(&Sim::worker(provider), place_ask());
		provider
	}

	/// So many owners with so many providers each, in every class in turn, of one lane. Of every five providers of an
	/// owner two are in region 1, the others in region 0.
	pub(crate) fn fleet(&mut self, owners: u32, each: u32) -> Vec<ProviderId> {
		let mut providers = Vec::new();
		for owner in 0..owners {
			for number in 0..each {
				let class = DeviceClass::ALL[number as usize / 5 % 6];
				let region = u8::from(number % 5 < 2);
				providers.push(self.register(&Sim::owner(owner), class, region, 1));
			}
		}
		providers
	}

	pub(crate) fn record(provider: ProviderId) -> ProviderOf<Runtime> {
		Providers::provider(provider).expect("it is registered")
	}

	/// A provider, down until now, starts again as the worker does: it resumes, asks anew, and commits what it had
	/// accepted if there still is time.
	pub(crate) fn come_back(&mut self, provider: ProviderId, job: Option<JobId>) {
		self.down.remove(&provider);
		let worker = Sim::worker(provider);
		if Sim::record(provider).is_unreachable() {
			self.must(&worker, ProvidersCall::resume { provider });
		}
		if Providers::sampled_until(provider).is_some() {
			self.must(&worker, ProvidersCall::heartbeat {});
		}
		let is_running =
			|job: &JobId| Market::job(*job).is_some_and(|job| matches!(job.state, JobState::Running { .. }));
		if let Some(job) = job.filter(is_running) {
			self.commit(provider, job);
		}
		if Sim::record(provider).load.asks == 0 {
			self.must(&worker, place_ask());
		}
	}

	/// Somebody buys a job that names the provider, worth this much at most, and it accepts.
	pub(crate) fn accept(&mut self, buyer: &AccountId, provider: ProviderId, escrow: Balance) -> JobId {
		let figures = Sim::record(provider).terms.class.genesis_figures();
		let spec = self.work.spec(self.terms(Target::Provider {
			provider,
			price: Price(0),
			minima: Minima::default(),
		}));
		let bytes = u128::from(ITEMS) * u128::from(crate::chain::work::ITEM_BYTES);
		let worst = bytes * u128::from(figures.units_per_byte) + u128::from(ITEMS) * u128::from(spec.max_units);
		let price = u64::try_from(escrow * UNITS_PER_PRICE / worst).expect("a price of 64 bits");
		let price = Price(price.max(Level(0).price().0));
		let spec = self.work.spec(self.terms(Target::Provider {
			provider,
			price,
			minima: Minima::default(),
		}));
		let events = self.must(buyer, MarketCall::submit_job { spec });
		let job = assigned(&events).expect("an offer goes to whom it names");
		self.must(&Sim::worker(provider), MarketCall::accept_job { job });
		job
	}

	/// Somebody buys a job of the book. Returns it where an ask takes it at once.
	pub(crate) fn bid(&mut self, class: DeviceClass, region: u8) -> Option<JobId> {
		let pool = Pool {
			kind: JobKind::Map,
			class,
			region: Region(region),
		};
		let spec = self.work.spec(self.terms(Target::Book { pool, level: LEVEL }));
		let events = self.must(&Sim::requester(), MarketCall::submit_job { spec });
		assigned(&events)
	}

	/// An hour to run, and the standard window.
	fn terms(&self, target: Target) -> Terms {
		Terms {
			target,
			public: false,
			run_ticks: HOUR,
			window: HOUR,
			expires: self.now() + 60,
		}
	}

	/// The provider commits the right result, and its requester pays at once.
	pub(crate) fn commit(&mut self, provider: ProviderId, job: JobId) {
		let root = self.work.honest().root();
		let call = MarketCall::commit_result {
			job,
			root: H256(root.hash),
			units: root.units,
		};
		self.must(&Sim::worker(provider), call);
		let requester = Market::job(job).expect("it is live").requester;
		self.must(&requester, MarketCall::settle_now { job });
	}
}

/// The one ask of every provider.
pub(crate) fn place_ask() -> MarketCall<Runtime> {
	MarketCall::place_ask { slot: 0, level: LEVEL }
}

/// What a lane of a class earns in an hour, in planck: its floor is 168 hours of that.
pub(crate) fn hourly(class: DeviceClass) -> Balance {
	class.genesis_figures().floor / 168
}

fn assigned(events: &[RuntimeEvent]) -> Option<JobId> {
	events.iter().find_map(|event| match event {
		RuntimeEvent::Market(MarketEvent::JobAssigned { job, .. }) => Some(*job),
		_ => None,
	})
}

fn account(role: u8, number: u32) -> AccountId {
	let mut bytes = [role; 32];
	bytes[..4].copy_from_slice(&number.to_le_bytes());
	AccountId::new(bytes)
}
