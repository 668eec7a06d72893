//! A runtime with this pallet, balances, and a stand-in for the market.

#![allow(unreachable_pub)] // the macros of the mock runtime write public items

use crate::{types::ProviderTerms, DowntimeStep, Endpoint, HoldReason, LivenessRules, Pallet, ProviderOf};
use millrace_primitives::{
	traits::{Classes, JobPhase, Measurement, Measurements, ProtocolClock, ProviderEvents, Providers as _, UsageSink},
	Balance, ClassFigures, ClassTask, DeviceClass, EnrolmentRules, JobId, KernelHash, Pool, Price, ProviderId, Region,
	Tick,
};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{
			fungible::{InspectHold, Mutate},
			ConstU128, ConstU16, ConstU32, ConstU64, Hooks,
		},
		weights::WeightMeter,
	},
	frame_system::{mocking::MockBlock, EnsureRoot},
	sp_core::H256,
	sp_io::TestExternalities,
	sp_runtime::{BuildStorage, DispatchError, Perbill},
	*,
};

/// The existential deposit, in planck. No two figures here are equal, so that a wrong one shows.
pub(crate) const EXISTENTIAL_DEPOSIT: Balance = 10;
/// What a worker gets.
pub(crate) const FLOAT: Balance = 50;
/// The floor of a lane of class `Cpu4`.
pub(crate) const FLOOR: Balance = 1_000;
/// Ticks from `unbond` to release.
pub(crate) const UNBOND_TICKS: Tick = 700;
/// Ticks in which `LATE_LIMIT` late jobs are too many.
pub(crate) const LATE_WINDOW: Tick = 1_200;
/// Ticks from a slash to its payment.
pub(crate) const SLASH_TICKS: Tick = 210;
/// Ticks from a refuted result to the earliest reactivation.
pub(crate) const CHILL_TICKS: Tick = 450;
/// Most lanes.
pub(crate) const MAX_LANES: u16 = 16;
/// Active stake that a targeted job needs, by its escrow.
pub(crate) const STAKE_MULTIPLE: Balance = 12;
/// Asks that a provider can have.
pub(crate) const MAX_ASKS: u8 = 4;

/// The cold key of most tests.
pub(crate) const OWNER: u64 = 1;
/// Its hot key.
pub(crate) const WORKER: u64 = 2;
/// Where its earnings go.
pub(crate) const PAYOUT: u64 = 3;
/// Another hot key; no account yet.
pub(crate) const WORKER_2: u64 = 4;
/// Somebody else, with money.
pub(crate) const STRANGER: u64 = 5;
/// Who gets what is taken.
pub(crate) const RECEIVER: u64 = 6;
/// Who gets what outages cost.
pub(crate) const TREASURY: u64 = 8;
/// An account that does not exist.
pub(crate) const NOBODY: u64 = 7;
/// What the owner and the stranger have at first.
pub(crate) const ENDOWMENT: Balance = 1_000_000;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Providers = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
}

parameter_types! {
	/// The clock.
	pub static Now: Tick = 5_000;
	/// The fee era that runs.
	pub static EraNow: u32 = 0;
	/// What was filed: of which era and provider, where that was paid, and the fees.
	pub static Filed: Vec<(u32, ProviderId, u64, Balance)> = Vec::new();
	/// The providers whose asks had to leave, in order.
	pub static Lost: Vec<ProviderId> = Vec::new();
	/// The figures of liveness.
	pub static LivenessNow: LivenessRules = default_liveness();
	/// What devices must show; nothing, unless a test says so.
	pub static EnrolmentNow: EnrolmentRules = EnrolmentRules::OFF;
	/// The tasks that the market was given, in order.
	pub static Given: Vec<(ProviderId, u64, ClassTask, H256)> = Vec::new();
	/// Whether the market refuses tasks.
	pub static Refuses: bool = false;
	/// The randomness of the parent block.
	pub static SeedNow: Option<H256> = Some(H256::repeat_byte(3));
	/// What of a slash goes to who refuted the result.
	pub const RefuterShare: Perbill = Perbill::from_percent(5);
	/// What of a slash goes to the requester, at most.
	pub const RequesterShare: Perbill = Perbill::from_percent(10);
}

/// The clock of the tests, set by hand.
pub struct HandClock;

impl ProtocolClock for HandClock {
	fn now() -> Tick {
		Now::get()
	}

	fn era() -> u32 {
		EraNow::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_now(tick: Tick) {
		Now::set(tick);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_era(era: u32) {
		EraNow::set(era);
	}
}

/// Notes what it is given.
pub struct Files;

impl UsageSink<u64> for Files {
	fn filed(era: u32, provider: ProviderId, payout: &u64, fees: Balance) {
		Filed::mutate(|filed| filed.push((era, provider, *payout, fees)));
	}

	fn era_closed(_: u32, _: Balance, _: Balance, _: Tick) {
		unreachable!("only the market closes eras");
	}
}

/// Floors of 1,000 and up, a different one for every class.
pub struct Table;

impl Classes for Table {
	fn figures(class: DeviceClass) -> ClassFigures {
		let floor = match class {
			DeviceClass::Cpu4 => FLOOR,
			DeviceClass::Cpu32 => 3_001,
			DeviceClass::Gpu8g => 2_003,
			DeviceClass::Gpu24g => 4_007,
			DeviceClass::Gpu80g => 5_009,
			DeviceClass::GpuH => 6_011,
		};
		ClassFigures {
			floor,
			..class.genesis_figures()
		}
	}

	fn is_open(pool: Pool) -> bool {
		pool.region.is_in(u16::MAX)
	}
}

/// Notes what it is told and, as the market does, comes back to say that no ask is left.
pub struct Book;

impl ProviderEvents for Book {
	const MAX_ASKS: u8 = MAX_ASKS;

	fn lost_eligibility(provider: ProviderId) {
		Lost::mutate(|lost| lost.push(provider));
		Providers::set_asks(provider, 0);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_asks(provider: ProviderId, asks: u8) {
		Providers::set_asks(provider, asks);
	}
}

/// As the market does, assigns the job that measures a device; its number is how many there were before.
impl Measurements<u64> for Book {
	fn measure(provider: ProviderId, owner: &u64, task: &ClassTask, seed: &H256) -> Result<JobId, DispatchError> {
		if Refuses::get() {
			return Err(DispatchError::Other("refused"));
		}
		let job = measurement(Given::get().len());
		Given::mutate(|given| given.push((provider, *owner, *task, *seed)));
		Providers::move_job(provider, None, Some(JobPhase::Assigned), Some(0))?;
		Ok(job)
	}
}

/// The job by which the market measures as the one after so many.
pub(crate) fn measurement(number: usize) -> JobId {
	JobId(H256::from_low_u64_be(number as u64))
}

/// A task that is like no other.
pub(crate) fn task(number: u32) -> ClassTask {
	ClassTask {
		kernel: KernelHash(H256::repeat_byte(number as u8)),
		items: 10 + number,
		ticks: 6 + number,
	}
}

/// The device that is measured commits its result, after so many ticks.
pub(crate) fn commit_measurement(id: ProviderId, number: usize, ticks: Tick) {
	Providers::move_job(id, Some(JobPhase::Assigned), Some(JobPhase::Running), Some(0)).expect("it was assigned");
	Providers::move_job(id, Some(JobPhase::Running), Some(JobPhase::Committed), Some(0)).expect("it runs");
	Providers::measured(id, measurement(number), Measurement::Committed { ticks });
}

/// The job that measures a device ends, from this phase.
pub(crate) fn end_measurement(id: ProviderId, number: usize, from: JobPhase, what: Measurement) {
	Providers::move_job(id, Some(from), None, Some(0)).expect("it was there");
	Providers::measured(id, measurement(number), what);
}

impl crate::Config for Test {
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Clock = HandClock;
	type Classes = Table;
	type Events = Book;
	type UnbondTicks = ConstU32<UNBOND_TICKS>;
	type StakeMultiple = ConstU128<STAKE_MULTIPLE>;
	type LateLimit = ConstU32<3>;
	type LateWindow = ConstU32<LATE_WINDOW>;
	type WorkerFloat = ConstU128<FLOAT>;
	type MaxLanes = ConstU16<MAX_LANES>;
	type SlashTicks = ConstU32<SLASH_TICKS>;
	type ChillTicks = ConstU32<CHILL_TICKS>;
	type RefuterShare = RefuterShare;
	type RequesterShare = RequesterShare;
	type Liveness = LivenessNow;
	type Enrolment = EnrolmentNow;
	type Measurements = Book;
	type Seed = SeedNow;
	type Treasury = ConstU64<TREASURY>;
	type Usage = Files;
	type SlashCancelOrigin = EnsureRoot<u64>;
	type WeightInfo = ();
}

/// Windows that differ from each other, and from those of the other rules.
pub(crate) fn default_liveness() -> LivenessRules {
	let step = |after, idle, running| DowntimeStep {
		after,
		idle: Perbill::from_parts(idle),
		running: Perbill::from_parts(running),
	};
	LivenessRules {
		answer_ticks: 5,
		sample_gap: 13,
		providers_per_sample: 3,
		return_ticks: 17,
		hour: 100,
		veteran_ticks: 400,
		forgiven_share: Perbill::from_percent(25),
		steps: [
			step(20, 0, 5_000_000),
			step(200, 1_000_000, 40_000_000),
			step(1_000, 10_000_000, 150_000_000),
			step(3_000, 20_000_000, 250_000_000),
		],
	}
}

/// The state before a test.
pub(crate) fn new_test_ext() -> TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: vec![
			(OWNER, ENDOWMENT),
			(PAYOUT, EXISTENTIAL_DEPOSIT),
			(STRANGER, ENDOWMENT),
			(RECEIVER, EXISTENTIAL_DEPOSIT),
			(TREASURY, EXISTENTIAL_DEPOSIT),
		],
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext = TestExternalities::from(storage);
	ext.execute_with(|| {
		System::set_block_number(1);
		Now::set(5_000);
		EraNow::set(0);
		Filed::set(Vec::new());
		Lost::set(Vec::new());
		LivenessNow::set(default_liveness());
		EnrolmentNow::set(EnrolmentRules::OFF);
		Given::set(Vec::new());
		Refuses::set(false);
		SeedNow::set(Some(H256::repeat_byte(3)));
		crate::LastPoll::<Test>::put(5_000);
		crate::CheckCursor::<Test>::put(5_000);
	});
	ext
}

/// Runs a test, then checks the invariants.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Pallet::<Test>::do_try_state().expect("the invariants hold after the test");
	});
}

/// An endpoint that a client could dial.
pub(crate) fn endpoint() -> Endpoint {
	Endpoint {
		host: b"gpu-1.example.org".to_vec().try_into().unwrap(),
		port: 8_443,
		tls_key: H256::repeat_byte(7),
	}
}

/// Terms with so many lanes of class `Cpu4`.
pub(crate) fn terms(lanes: u16) -> ProviderTerms {
	ProviderTerms {
		class: DeviceClass::Cpu4,
		region: Region(0),
		lanes,
		min_price: Price(70),
		takes_targets: true,
	}
}

/// Registers the owner's provider with two lanes and this stake.
pub(crate) fn registered(bond: Balance) -> ProviderId {
	Pallet::<Test>::do_register(OWNER, WORKER, PAYOUT, endpoint(), terms(2), bond).expect("the provider is valid")
}

/// A provider that must be there.
pub(crate) fn provider(id: ProviderId) -> ProviderOf<Test> {
	crate::Providers::<Test>::get(id).expect("the provider is registered")
}

/// What is staked on an account.
pub(crate) fn staked(who: u64) -> Balance {
	Balances::balance_on_hold(&HoldReason::Stake.into(), &who)
}

/// Lets so many ticks pass, each with its hook.
pub(crate) fn tick(count: Tick) {
	for _ in 0..count {
		Now::mutate(|now| *now += 1);
		Providers::on_poll(1, &mut WeightMeter::new());
	}
}

/// Lets ticks pass up to this one, each with its hook.
pub(crate) fn tick_to(tick_number: Tick) {
	tick(tick_number - Now::get());
}

/// The owner of a provider that [`of_another`] registered.
pub(crate) fn owner_of(id: ProviderId) -> u64 {
	10_000 + u64::from(id.0)
}

/// The worker of a provider that [`of_another`] registered.
pub(crate) fn worker_of(id: ProviderId) -> u64 {
	20_000 + u64::from(id.0)
}

/// Registers a provider of an owner of its own, with one lane, this stake and an ask.
pub(crate) fn of_another(bond: Balance) -> ProviderId {
	let next = crate::NextProvider::<Test>::get();
	let (owner, worker) = (owner_of(next), worker_of(next));
	Balances::mint_into(&owner, ENDOWMENT).expect("issuance is far from its end");
	let id = Providers::do_register(owner, worker, PAYOUT, endpoint(), terms(1), bond).expect("the provider is valid");
	Providers::set_asks(id, 1);
	id
}

/// The events of this pallet, oldest first.
pub(crate) fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Providers(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// The last event of this pallet.
pub(crate) fn last_event() -> crate::Event<Test> {
	events().pop().expect("an event was emitted")
}

/// How many events of this pallet there were.
pub(crate) fn event_count() -> usize {
	events().len()
}
