//! A runtime of this pallet and balances, with mocks of the kernels and the providers. Figures are chosen so that money
//! can be computed by hand: at level 0 an item costs 64 planck for its units and 1 for its 16 bytes, at level 9 the
//! double. Jobs of real kernels take so few units that they are worth the least escrow, 100.
#![allow(unreachable_pub)]

mod kernels;
mod providers;
mod work;

pub(crate) use kernels::*;
pub(crate) use providers::*;
pub(crate) use work::*;

use crate as pallet_market;
use crate::{Clock, HoldReason, JobOf, MarketRules, PoolTallies, Requesters, WeightInfo};
use millrace_primitives::{
	job::job_id,
	traits::{Classes, ProtocolClock, UsageSink},
	Balance, ClassFigures, ClassTask, DeviceClass, InputRef, JobId, JobKind, JobSpec, KernelHash, Level, Minima, Pool,
	Price, ProviderId, Region, Target, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::{
		assert_ok, construct_runtime, derive_impl, parameter_types,
		traits::{
			fungible::{Inspect, InspectHold},
			ConstU128, ConstU32, Get, Hooks,
		},
		weights::{Weight, WeightMeter},
		PalletId,
	},
	sp_core::H256,
	sp_runtime::{traits::Convert, BoundedVec, BuildStorage, Perbill},
	*,
};

pub(crate) type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Market: pallet_market,
	}
);

pub(crate) const ED: Balance = 10;
pub(crate) const FUNDS: Balance = 1_000_000;
pub(crate) const ALICE: AccountId = 1;
pub(crate) const BOB: AccountId = 2;
pub(crate) const CHARLIE: AccountId = 3;
pub(crate) const POOR: AccountId = 4;
pub(crate) const TREASURY: AccountId = 77;
pub(crate) const KERNEL: KernelHash = KernelHash(H256([1; 32]));
pub(crate) const KERNEL_WITH_INPUTS: KernelHash = KernelHash(H256([2; 32]));
pub(crate) const KERNEL_RETIRED: KernelHash = KernelHash(H256([3; 32]));
pub(crate) const POOL: Pool = Pool {
	kind: JobKind::Map,
	class: DeviceClass::Cpu4,
	region: Region(0),
};
/// Units that one price buys: 2³⁰.
pub(crate) const G: u64 = 1 << 30;
/// Normal extrinsics may take this much of a block.
pub(crate) const BLOCK: u64 = 40_000_000_000;

pub(crate) fn default_rules() -> MarketRules {
	MarketRules {
		accept_ticks: 7,
		bytes_per_accept_tick: 1_000,
		run_slack: 5,
		run_max: 300,
		window: 30,
		window_min: 11,
		window_max: 200,
		expiry_max: 500,
		ask_life_min: 4,
		reject_pause: 6,
		no_show_base: 21,
		no_show_cap: 101,
		fee_era: 1_000,
		job_fee: 20,
		min_job: 100,
		protocol_fee: Perbill::from_percent(5),
		fee_burn: Perbill::from_percent(80),
		late_share: Perbill::from_percent(4),
		late_fees: 9,
		inputs_max: 10_000,
		output_max: 5_000,
		book_output_max: 1_000,
		demand_ticks: 23,
		lapse_retry: 9,
		lapse_max: 55,
		job_deposit: 0,
		byte_deposit: 0,
		regions: u16::MAX,
	}
}

pub(crate) fn figures() -> ClassFigures {
	ClassFigures {
		units_per_tick: G,
		units_per_byte: 1 << 20,
		floor: 120_000,
	}
}

parameter_types! {
	pub storage SlotNow: u64 = 0;
	pub storage RulesNow: MarketRules = default_rules();
	pub storage ClassesNow: [ClassFigures; 6] = [figures(); 6];
	pub storage ErasTold: Vec<EraTold> = Vec::new();
	pub const TreasuryAccount: AccountId = TREASURY;
	pub const MarketPalletId: PalletId = PalletId(*b"mr/markt");
	pub BlockWeights: frame_system::limits::BlockWeights =
		frame_system::limits::BlockWeights::simple_max(Weight::from_parts(BLOCK, u64::MAX));
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountData = pallet_balances::AccountData<Balance>;
	type BlockWeights = BlockWeights;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
	type FreezeIdentifier = u8;
	type MaxFreezes = ConstU32<1>;
}

/// The rules and the classes.
pub struct FiguresNow;

impl Get<(MarketRules, [ClassFigures; 6])> for FiguresNow {
	fn get() -> (MarketRules, [ClassFigures; 6]) {
		(RulesNow::get(), ClassesNow::get())
	}
}

/// What the rewards were told of an era: its number, fees of payments, what of them is burned, ticks.
pub type EraTold = (u32, Balance, Balance, Tick);

/// Notes what it is told.
pub struct Rewards;

impl UsageSink<AccountId> for Rewards {
	fn filed(_: u32, _: ProviderId, _: &AccountId, _: Balance) {
		unreachable!("only providers file");
	}

	fn era_closed(era: u32, fees: Balance, burned: Balance, ticks: Tick) {
		let mut told = ErasTold::get();
		told.push((era, fees, burned, ticks));
		ErasTold::set(&told);
	}
}

/// One planck for 500 picoseconds and one for eight bytes, each rounded down.
pub struct LinearFee;

impl Convert<(Weight, u32), Balance> for LinearFee {
	fn convert((weight, length): (Weight, u32)) -> Balance {
		Balance::from(weight.ref_time() / 500) + Balance::from(length / 8)
	}
}

impl pallet_market::Config for Test {
	type CallFee = LinearFee;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Currency = Balances;
	type Slot = SlotNow;
	type Rules = RulesNow;
	type ClassTable = ClassesNow;
	type Figures = FiguresNow;
	type Kernels = MockKernels;
	type Providers = MockProviders;
	type Treasury = TreasuryAccount;
	type PalletId = MarketPalletId;
	type UsageSink = Rewards;
	type HaltOrigin = frame_system::EnsureRoot<AccountId>;
	type WeightInfo = ();
}

/// Builds the state that a test starts from, and checks every invariant after it.
pub(crate) struct ExtBuilder;

impl ExtBuilder {
	pub(crate) fn build() -> sp_io::TestExternalities {
		let mut storage = frame_system::GenesisConfig::<Test>::default()
			.build_storage()
			.expect("genesis");
		pallet_balances::GenesisConfig::<Test> {
			balances: vec![
				(ALICE, FUNDS),
				(BOB, FUNDS),
				(CHARLIE, FUNDS),
				(POOR, ED + 50),
				(TREASURY, ED),
			],
			..Default::default()
		}
		.assimilate_storage(&mut storage)
		.expect("genesis");
		let mut ext = sp_io::TestExternalities::new(storage);
		ext.execute_with(|| start_block(1));
		ext
	}

	pub(crate) fn build_and_execute(test: impl FnOnce()) {
		Self::build().execute_with(|| {
			test();
			assert_ok!(Market::do_try_state());
		});
	}
}

/// Begins a block `slots` slots after the last one, up to its first extrinsic.
pub(crate) fn start_block(slots: u64) {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	System::set_block_consumed_resources(Weight::zero(), 0);
	SlotNow::set(&(SlotNow::get() + slots));
	let mut meter = WeightMeter::with_limit(BlockWeights::get().max_block);
	Market::on_poll(number, &mut meter);
}

pub(crate) fn finish_block() {
	Market::on_finalize(System::block_number());
}

/// Ends the block and begins the next, `count` times.
pub(crate) fn blocks(count: u32) {
	for _ in 0..count {
		finish_block();
		start_block(1);
		assert_ok!(Market::do_try_state());
	}
}

pub(crate) fn now() -> Tick {
	<Market as ProtocolClock>::now()
}

/// The number of the era that runs.
pub(crate) fn running_era() -> u32 {
	<Market as ProtocolClock>::era()
}

/// Moves the clock alone, as if the hook had no weight left.
pub(crate) fn skip_ticks(count: Tick) {
	Clock::<Test>::mutate(|clock| clock.tick += count);
}

pub(crate) fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub(crate) fn worker(provider: ProviderId) -> AccountId {
	1_000 + AccountId::from(provider.0)
}

pub(crate) fn owner(provider: ProviderId) -> AccountId {
	2_000 + AccountId::from(provider.0)
}

pub(crate) fn payout(provider: ProviderId) -> AccountId {
	3_000 + AccountId::from(provider.0)
}

/// A provider with one ask.
pub(crate) fn asking(lanes: u16, level: u8) -> ProviderId {
	let provider = MockProviders::register(lanes);
	assert_ok!(Market::place_ask(signed(worker(provider)), 0, Level(level)));
	provider
}

fn spec(items: u32, window: Tick, target: Target) -> JobSpec {
	JobSpec {
		kernel: KERNEL,
		params: BoundedVec::truncate_from(vec![5, 6]),
		inputs: BoundedVec::default(),
		items,
		max_units: 1 << 30,
		data_key: [9; 32],
		terms: Terms {
			target,
			public: false,
			run_ticks: items + 20,
			window,
			expires: now() + 40,
		},
	}
}

/// A job of the book: `items` items of at most 2³⁰ units.
pub(crate) fn book_spec(items: u32, level: u8) -> JobSpec {
	spec(
		items,
		default_rules().window,
		Target::Book {
			pool: POOL,
			level: Level(level),
		},
	)
}

pub(crate) fn target_spec(items: u32, provider: ProviderId, price: u64) -> JobSpec {
	spec(
		items,
		15,
		Target::Provider {
			provider,
			price: Price(price),
			minima: Minima::default(),
		},
	)
}

/// The same work with two inputs of together 2,500 bytes: 2,500 × 2²⁰ units, and three more ticks to accept.
pub(crate) fn with_inputs(mut spec: JobSpec) -> JobSpec {
	spec.kernel = KERNEL_WITH_INPUTS;
	spec.params = BoundedVec::truncate_from(vec![5]);
	spec.inputs = BoundedVec::truncate_from(vec![
		InputRef {
			root: H256([7; 32]),
			len: 2_000,
		},
		InputRef {
			root: H256([8; 32]),
			len: 500,
		},
	]);
	spec
}

/// The id that the account's next job will have.
pub(crate) fn next_id(who: AccountId, spec: &JobSpec) -> JobId {
	job_id(
		&System::block_hash(0u64),
		&who,
		Requesters::<Test>::get(who).nonce,
		spec,
	)
}

pub(crate) fn submit(who: AccountId, spec: JobSpec) -> JobId {
	let id = next_id(who, &spec);
	assert_ok!(Market::submit_job(signed(who), spec));
	id
}

pub(crate) fn job(id: JobId) -> JobOf<Test> {
	crate::Jobs::<Test>::get(id).expect("a live job")
}

/// A result that took `units`.
pub(crate) fn commit(provider: ProviderId, id: JobId, units: u64) {
	assert_ok!(Market::commit_result(
		signed(worker(provider)),
		id,
		H256([6; 32]),
		units
	));
}

pub(crate) fn held(who: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Escrow.into(), &who)
}

pub(crate) fn free(who: AccountId) -> Balance {
	Balances::balance(&who)
}

/// Fees that were burned in the running era.
pub(crate) fn fees() -> Balance {
	PoolTallies::<Test>::iter_values().map(|tally| tally.era.fees).sum()
}

/// Events of this pallet in this test, oldest first.
pub(crate) fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Market(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// What the balances tell.
pub(crate) type BalancesEvent = pallet_balances::Event<Test>;

/// Events of the balances in this test, oldest first.
pub(crate) fn balance_events() -> Vec<BalancesEvent> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Balances(event) => Some(event),
			_ => None,
		})
		.collect()
}

pub(crate) fn last_event() -> crate::Event<Test> {
	events().pop().expect("an event")
}

/// The figures of a class as the market reports them.
pub(crate) fn reported(class: DeviceClass) -> ClassFigures {
	<Market as Classes>::figures(class)
}

/// Entries that the hook can serve in one block.
pub(crate) fn entries_per_block() -> u64 {
	let budget = BLOCK * 3 / 100 - <() as WeightInfo>::serve_tick().ref_time();
	budget / <() as WeightInfo>::serve_deadline().ref_time()
}
