//! The pallets that this chain exists for: kernels, providers, market.

use super::{
	council::SafetyOrigin,
	deposit,
	parameters::{dynamic_params, RuntimeParameters},
};
use crate::{
	settings::ProtocolWindows, weights, AccountId, Balance, Balances, Kernels, Market, Parameters, Providers, Rewards,
	Runtime, RuntimeCall, RuntimeHoldReason, RuntimeOrigin, TransactionPayment, Treasury, TxExtension, MILL,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	dispatch::DispatchInfo,
	parameter_types,
	traits::{fungible::HoldConsideration, ConstU128, ConstU16, ConstU32, Get, LinearStoragePrice, Randomness},
	weights::Weight,
	PalletId,
};
use millrace_primitives::{
	enrolment::TASKS, pool::FLOOR_PER_BOOK_JOB, ClassFigures, ClassTask, DeviceClass, EnrolmentRules, KernelHash, Tick,
	DAY, HOUR,
};
use pallet_babe::ParentBlockRandomness;
use pallet_market::MarketRules;
use pallet_providers::{DowntimeStep, LivenessRules};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	generic::Era,
	traits::{Convert, TransactionExtension},
	Perbill,
};

/// The figures of the market as they are on a chain whose specification does not change them.
pub const fn standard_rules() -> MarketRules {
	MarketRules {
		accept_ticks: 40,
		bytes_per_accept_tick: 4 << 20,
		run_slack: 40,
		run_max: DAY,
		window: HOUR,
		window_min: 100,
		window_max: DAY,
		expiry_max: DAY,
		ask_life_min: 20,
		reject_pause: 20,
		no_show_base: 100,
		no_show_cap: DAY,
		fee_era: DAY.saturating_div(4),
		job_fee: MILL.saturating_div(200),
		min_job: MILL.saturating_div(100),
		protocol_fee: Perbill::from_percent(5),
		fee_burn: Perbill::from_percent(80),
		late_share: Perbill::from_percent(5),
		late_fees: 10,
		inputs_max: 1 << 30,
		output_max: 64 << 20,
		book_output_max: 1 << 20,
		demand_ticks: HOUR,
		lapse_retry: 200,
		lapse_max: DAY,
		job_deposit: JOB_DEPOSIT,
		byte_deposit: BYTE_DEPOSIT,
		regions: u16::MAX,
	}
}

/// A live job ends within days: it holds this part of what is held for state without an end.
const JOB_DEPOSIT_PART: Balance = 10;
/// Held for the items of storage that a live job takes: itself, its deadline, its place in the book or with its provider.
const JOB_DEPOSIT: Balance = deposit(4, 0).saturating_div(JOB_DEPOSIT_PART);
/// Held for each byte of a live job.
const BYTE_DEPOSIT: Balance = deposit(0, 1).saturating_div(JOB_DEPOSIT_PART);

/// The figures of liveness as they are on a chain whose specification does not change them.
pub const fn standard_liveness() -> LivenessRules {
	LivenessRules {
		answer_ticks: 20,
		sample_gap: 100,
		providers_per_sample: 200,
		return_ticks: 200,
		hour: HOUR,
		veteran_ticks: DAY.saturating_mul(30),
		forgiven_share: Perbill::from_percent(25),
		steps: [
			DowntimeStep {
				after: 200,
				idle: Perbill::zero(),
				running: Perbill::from_parts(5_000_000),
			},
			DowntimeStep {
				after: HOUR.saturating_mul(2),
				idle: Perbill::from_parts(1_000_000),
				running: Perbill::from_percent(4),
			},
			DowntimeStep {
				after: DAY.saturating_mul(2),
				idle: Perbill::from_percent(1),
				running: Perbill::from_percent(15),
			},
			DowntimeStep {
				after: DAY.saturating_mul(5),
				idle: Perbill::from_percent(2),
				running: Perbill::from_percent(25),
			},
		],
	}
}

/// The kernels that devices are measured with; part of genesis. `runtime/kernels` has their texts.
pub const MEASURE_KERNELS: [&[u8]; TASKS] = [
	include_bytes!("../../kernels/mix32.mkb"),
	include_bytes!("../../kernels/mix64.mkb"),
];

/// What devices must show on a chain whose specification does not change it. An item is 2²¹ units; a device that does
/// its class's `units_per_tick` computes a task in eight ticks at most, and has the other four for blocks and checks.
pub fn standard_enrolment() -> EnrolmentRules {
	let tasks_of = |class| {
		let log_items = match class {
			DeviceClass::Cpu4 => 15,
			DeviceClass::Cpu32 => 19,
			DeviceClass::Gpu8g | DeviceClass::Gpu24g | DeviceClass::Gpu80g | DeviceClass::GpuH => 22,
		};
		MEASURE_KERNELS.map(|kernel| {
			Some(ClassTask {
				kernel: KernelHash(blake2_256(kernel).into()),
				items: 1u32.wrapping_shl(log_items),
				ticks: 12,
			})
		})
	};
	EnrolmentRules {
		tasks: DeviceClass::ALL.map(tasks_of),
		..EnrolmentRules::OFF
	}
}

/// The class table at genesis, in the order of [`DeviceClass::ALL`].
pub const fn standard_classes() -> [ClassFigures; 6] {
	[
		DeviceClass::Cpu4.genesis_figures(),
		DeviceClass::Cpu32.genesis_figures(),
		DeviceClass::Gpu8g.genesis_figures(),
		DeviceClass::Gpu24g.genesis_figures(),
		DeviceClass::Gpu80g.genesis_figures(),
		DeviceClass::GpuH.genesis_figures(),
	]
}

/// [`millrace_kernel::program::MAX_PROGRAM_BYTES`] in the type of a bound.
#[allow(
	clippy::as_conversions,
	clippy::cast_possible_truncation,
	reason = "a small constant, checked below"
)]
const MAX_PROGRAM_BYTES: u32 = {
	let bytes = millrace_kernel::program::MAX_PROGRAM_BYTES;
	assert!(bytes < 1 << 20);
	bytes as u32
};

/// Ticks from unbonding to the release of the stake, and from retiring a kernel to its removal: seven days.
pub const WEEK: Tick = DAY.saturating_mul(7);
/// Ticks in which a slash can be cancelled: two days.
pub const SLASH_DELAY: Tick = DAY.saturating_mul(2);

parameter_types! {
	/// From which the account is derived whose jobs measure devices.
	pub const MarketId: PalletId = PalletId(*b"ml/fees0");
	/// Most bytes of a kernel: of the longest valid program.
	pub const MaxProgramBytes: u32 = MAX_PROGRAM_BYTES;
	/// What of a slash for fraud goes to who refuted the result.
	pub const RefuterShare: Perbill = Perbill::from_percent(5);
	/// What of a slash for fraud goes to the requester, at most.
	pub const RequesterShare: Perbill = Perbill::from_percent(10);
	/// The most that the usage rewards of a year may add to the issuance, as a part of it.
	pub const YearlyCap: Perbill = Perbill::from_percent(2);
	/// The treasury's account.
	pub TreasuryAddress: AccountId = Treasury::account_id();
	/// Why money is held for a kernel's storage.
	pub const KernelHold: RuntimeHoldReason = RuntimeHoldReason::Kernels(pallet_kernels::HoldReason::StorageDeposit);
}

/// The slot of the block that is being built.
#[derive(Debug)]
pub struct CurrentSlot;
impl Get<u64> for CurrentSlot {
	fn get() -> u64 {
		pallet_babe::CurrentSlot::<Runtime>::get().into()
	}
}

/// The randomness of the parent block: of its author's slot claim, so nobody could choose it.
#[derive(Debug)]
pub struct ParentSeed;
impl Get<Option<H256>> for ParentSeed {
	fn get() -> Option<H256> {
		ParentBlockRandomness::<Runtime>::random(b"millrace/liveness").0
	}
}

impl pallet_kernels::Config for Runtime {
	type Clock = Market;
	type Consideration = HoldConsideration<
		AccountId,
		Balances,
		KernelHold,
		LinearStoragePrice<ConstU128<{ deposit(2, 160) }>, ConstU128<{ deposit(0, 1) }>, Balance>,
	>;
	type MaxProgramBytes = MaxProgramBytes;
	type RemoveAfter = dynamic_params::kernels::RemoveAfter;
	type WeightInfo = weights::pallet_kernels::WeightInfo<Runtime>;
}

impl pallet_providers::Config for Runtime {
	type Classes = Market;
	type Clock = Market;
	type Currency = Balances;
	type Events = Market;
	type Enrolment = dynamic_params::providers::Enrolment;
	type Liveness = dynamic_params::providers::Liveness;
	type Measurements = Market;
	type Seed = ParentSeed;
	type Treasury = TreasuryAddress;
	type Usage = Rewards;
	type LateLimit = ConstU32<3>;
	type LateWindow = ConstU32<HOUR>;
	type MaxLanes = ConstU16<64>;
	type ChillTicks = dynamic_params::providers::ChillTicks;
	type RefuterShare = RefuterShare;
	type RequesterShare = RequesterShare;
	type RuntimeHoldReason = RuntimeHoldReason;
	type SlashCancelOrigin = SafetyOrigin;
	type SlashTicks = dynamic_params::providers::SlashTicks;
	type StakeMultiple = ConstU128<FLOOR_PER_BOOK_JOB>;
	type UnbondTicks = dynamic_params::providers::UnbondTicks;
	type WeightInfo = weights::pallet_providers::WeightInfo<Runtime>;
	type WorkerFloat = ConstU128<MILL>;
}

impl pallet_market::Config for Runtime {
	type CallFee = SignedCallFee;
	type ClassTable = ClassTable;
	type Currency = Balances;
	type Figures = RulesAndClasses;
	type HaltOrigin = SafetyOrigin;
	type Kernels = Kernels;
	type PalletId = MarketId;
	type Providers = Providers;
	type Rules = Rules;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Slot = CurrentSlot;
	type Treasury = TreasuryAddress;
	type UsageSink = Rewards;
	type WeightInfo = weights::pallet_market::WeightInfo<Runtime>;
}

impl pallet_rewards::Config for Runtime {
	type Clock = Market;
	type Currency = Balances;
	type FeeBurn = FeeBurn;
	type Providers = Providers;
	type WeightInfo = weights::pallet_rewards::WeightInfo<Runtime>;
	type YearlyCap = YearlyCap;
}

/// The governed figures of the market. One parameter, as every submission needs all of it: one item to read.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct MarketFigures {
	/// Windows, fees and bounds.
	pub rules: MarketRules,
	/// What each device class can do at least, and the stake that it needs, in the order of [`DeviceClass::ALL`].
	pub classes: [ClassFigures; 6],
}

/// The rules that are in force.
#[derive(Debug)]
pub struct Rules;
impl Get<MarketRules> for Rules {
	fn get() -> MarketRules {
		dynamic_params::market::Figures::get().rules
	}
}

/// The part of fees that stays burned, as the rules that are in force have it.
#[derive(Debug)]
pub struct FeeBurn;
impl Get<Perbill> for FeeBurn {
	fn get() -> Perbill {
		Rules::get().fee_burn
	}
}

/// The classes that are in force.
#[derive(Debug)]
pub struct ClassTable;
impl Get<[ClassFigures; 6]> for ClassTable {
	fn get() -> [ClassFigures; 6] {
		dynamic_params::market::Figures::get().classes
	}
}

/// The rules and the classes that are in force.
#[derive(Debug)]
pub struct RulesAndClasses;
impl Get<(MarketRules, [ClassFigures; 6])> for RulesAndClasses {
	fn get() -> (MarketRules, [ClassFigures; 6]) {
		let MarketFigures { rules, classes } = dynamic_params::market::Figures::get();
		(rules, classes)
	}
}

/// What a signed call of ordinary class costs at the current multiplier, without a tip.
#[derive(Debug)]
pub struct SignedCallFee;
impl Convert<(Weight, u32), Balance> for SignedCallFee {
	fn convert((call_weight, length): (Weight, u32)) -> Balance {
		let extension: TxExtension = (
			frame_system::AuthorizeCall::new(),
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckMortality::from(Era::Immortal),
			frame_system::CheckNonce::from(0),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(0),
			frame_metadata_hash_extension::CheckMetadataHash::new(false),
			frame_system::WeightReclaim::new(),
		);
		// The extensions weigh the same around every call.
		let call = RuntimeCall::System(frame_system::Call::remark { remark: Vec::new() });
		let info = DispatchInfo {
			call_weight,
			extension_weight: extension.weight(&call),
			..DispatchInfo::default()
		};
		TransactionPayment::compute_fee(length, &info, 0)
	}
}

/// Writes what a chain specification says of the protocol's windows into the parameters, from where governance may
/// change it later.
#[derive(Debug)]
pub struct GenesisWindows;
impl crate::settings::ApplyWindows for GenesisWindows {
	fn apply(windows: &ProtocolWindows) {
		use dynamic_params::{kernels, market, providers};
		let parameters = [
			RuntimeParameters::Market(market::Parameters::Figures(
				market::Figures,
				Some(MarketFigures {
					rules: windows.market.clone(),
					classes: standard_classes(),
				}),
			)),
			RuntimeParameters::Providers(providers::Parameters::UnbondTicks(
				providers::UnbondTicks,
				Some(windows.unbond_ticks),
			)),
			RuntimeParameters::Providers(providers::Parameters::SlashTicks(
				providers::SlashTicks,
				Some(windows.slash_ticks),
			)),
			RuntimeParameters::Providers(providers::Parameters::ChillTicks(
				providers::ChillTicks,
				Some(windows.chill_ticks),
			)),
			RuntimeParameters::Providers(providers::Parameters::Liveness(
				providers::Liveness,
				Some(windows.liveness),
			)),
			RuntimeParameters::Providers(providers::Parameters::Enrolment(
				providers::Enrolment,
				Some(windows.enrolment),
			)),
			RuntimeParameters::Kernels(kernels::Parameters::RemoveAfter(
				kernels::RemoveAfter,
				Some(windows.kernel_removal_ticks),
			)),
		];
		for parameter in parameters {
			let set = Parameters::set_parameter(RuntimeOrigin::root(), parameter);
			frame_support::defensive_assert!(set.is_ok(), "root may set parameters");
		}
	}
}

impl crate::settings::Config for Runtime {
	type Windows = GenesisWindows;
}
