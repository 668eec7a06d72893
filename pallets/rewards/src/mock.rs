//! A runtime with this pallet, balances, and a stand-in for the providers.

#![allow(unreachable_pub)] // the macros of the mock runtime write public items

use crate::Pallet;
use millrace_primitives::{
	traits::{ProtocolClock, UsageRecord, UsageSink},
	Balance, ProviderId, Tick, YEAR,
};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{fungible::Inspect, ConstU128, Hooks},
		weights::Weight,
	},
	frame_system::mocking::MockBlock,
	sp_io::TestExternalities,
	sp_runtime::{BuildStorage, Perbill},
	*,
};
use std::collections::BTreeMap;

/// The existential deposit, in planck. No two figures here are equal, so that a wrong one shows.
pub(crate) const EXISTENTIAL_DEPOSIT: Balance = 10;
/// Where earnings of most tests go.
pub(crate) const PAYOUT: u64 = 3;
/// Another one.
pub(crate) const PAYOUT_2: u64 = 4;
/// Somebody else.
pub(crate) const STRANGER: u64 = 5;
/// An account that does not exist.
pub(crate) const NOBODY: u64 = 7;
/// All that there is: an era of `TICKS` may pay 2 % × 10¹² × 1 / 1,000, which is 20,000,000.
pub(crate) const ISSUANCE: Balance = 1_000_000_000_000;
/// Ticks of an era, a thousandth of a year.
pub(crate) const TICKS: Tick = YEAR / 1_000;
/// What such an era may pay.
pub(crate) const CAP: Balance = 20_000_000;

pub(crate) const ONE: ProviderId = ProviderId(1);
pub(crate) const TWO: ProviderId = ProviderId(2);
pub(crate) const THREE: ProviderId = ProviderId(3);

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
	pub type Rewards = crate;
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
}

parameter_types! {
	/// The era that runs. In the state, as what the records have, so that it takes part in rollbacks.
	pub storage EraNow: u32 = 0;
	/// What providers have gathered and not filed: era, payout account, fees.
	pub storage Gathered: BTreeMap<ProviderId, (u32, u64, Balance)> = BTreeMap::new();
	/// The most of a year, of the issuance.
	pub const YearlyCap: Perbill = Perbill::from_percent(2);
	/// The part of fees that stays burned.
	pub const FeeBurn: Perbill = Perbill::from_percent(80);
}

/// The clock of the tests, set by hand.
pub struct HandClock;

impl ProtocolClock for HandClock {
	fn now() -> Tick {
		0
	}

	fn era() -> u32 {
		EraNow::get()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_now(_: Tick) {}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_era(era: u32) {
		EraNow::set(&era);
	}
}

/// Records that gather and file as those of the real pallet.
pub struct Records;

impl Records {
	fn change(change: impl FnOnce(&mut BTreeMap<ProviderId, (u32, u64, Balance)>)) {
		let mut gathered = Gathered::get();
		change(&mut gathered);
		Gathered::set(&gathered);
	}
}

impl UsageRecord<u64> for Records {
	fn take_usage(provider: ProviderId, era: u32) -> Option<(u64, Balance)> {
		let (_, payout, fees) = Self::usage(provider).filter(|(of, ..)| *of == era)?;
		Self::change(|gathered| {
			gathered.remove(&provider);
		});
		Some((payout, fees))
	}

	fn usage(provider: ProviderId) -> Option<(u32, u64, Balance)> {
		Gathered::get().remove(&provider)
	}

	fn unfiled(era: u32) -> Balance {
		let gathered = Gathered::get().into_values();
		gathered.filter(|(of, ..)| *of == era).map(|(.., fees)| fees).sum()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_usage(seed: u32, era: u32, fees: Balance) -> ProviderId {
		let provider = ProviderId(seed);
		Self::change(|gathered| {
			gathered.insert(provider, (era, PAYOUT, fees));
		});
		provider
	}
}

impl crate::Config for Test {
	type Currency = Balances;
	type Clock = HandClock;
	type Providers = Records;
	type YearlyCap = YearlyCap;
	type FeeBurn = FeeBurn;
	type WeightInfo = ();
}

/// The state before a test.
pub(crate) fn new_test_ext() -> TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: vec![
			(PAYOUT, EXISTENTIAL_DEPOSIT),
			(PAYOUT_2, EXISTENTIAL_DEPOSIT),
			(STRANGER, ISSUANCE - 2 * EXISTENTIAL_DEPOSIT),
		],
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	let mut ext = TestExternalities::from(storage);
	ext.execute_with(|| System::set_block_number(1));
	ext
}

/// Runs a test, then checks the invariants.
pub(crate) fn build_and_execute(test: impl FnOnce()) {
	new_test_ext().execute_with(|| {
		test();
		Pallet::<Test>::do_try_state().expect("the invariants hold after the test");
	});
}

/// A payment to a provider in the running era, of which this much is the protocol's. Files what is of another era, as the
/// real pallet does.
pub(crate) fn pay_to(provider: ProviderId, payout: u64, fees: Balance) {
	let running = EraNow::get();
	let before = Records::usage(provider);
	let of_this_era = match before {
		Some((era, payout, gathered)) if era != running => {
			Rewards::filed(era, provider, &payout, gathered);
			0
		}
		Some((.., gathered)) => gathered,
		None => 0,
	};
	let fees = of_this_era + fees;
	Records::change(|gathered| {
		if fees > 0 {
			gathered.insert(provider, (running, payout, fees));
		} else {
			gathered.remove(&provider);
		}
	});
}

/// The same, with the usual payout account.
pub(crate) fn pay(provider: ProviderId, fees: Balance) {
	pay_to(provider, PAYOUT, fees);
}

/// The record of a provider is removed.
pub(crate) fn remove(provider: ProviderId) {
	if let Some((era, payout, fees)) = Records::usage(provider) {
		Rewards::filed(era, provider, &payout, fees);
	}
	Records::change(|gathered| {
		gathered.remove(&provider);
	});
}

/// The running era ends, and the next one begins; it is not closed yet.
pub(crate) fn next_era() {
	EraNow::set(&(EraNow::get() + 1));
}

/// The market has filed the era before the running one, whose payments brought so much. 80 % of it stay burned.
pub(crate) fn close(fees: Balance) {
	let burned = FeeBurn::get().mul_floor(fees);
	Rewards::era_closed(EraNow::get() - 1, fees, burned, TICKS);
}

/// The running era ends and is closed; its payments brought so much.
pub(crate) fn end_era(fees: Balance) {
	next_era();
	close(fees);
}

/// The hook, with so many picoseconds left of the block. Returns what it took.
pub(crate) fn idle(time: u64) -> u64 {
	Rewards::on_idle(1, Weight::from_parts(time, u64::MAX)).ref_time()
}

pub(crate) fn free(who: u64) -> Balance {
	Balances::balance(&who)
}

/// The events of this pallet, oldest first.
pub(crate) fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Rewards(event) => Some(event),
			_ => None,
		})
		.collect()
}

/// The last event of this pallet.
pub(crate) fn last_event() -> crate::Event<Test> {
	events().pop().expect("an event was emitted")
}
