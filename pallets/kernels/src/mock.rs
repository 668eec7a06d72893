//! A runtime with this pallet and balances.

#![allow(unreachable_pub)] // the macros of the mock runtime write public items

use crate::{HoldReason, Pallet};
use millrace_kernel::{
	opcode,
	program::{Header, Instruction, Program, MAX_PROGRAM_BYTES},
};
use millrace_primitives::{traits::ProtocolClock, Balance, Tick};
use polkadot_sdk::{
	frame_support::{
		derive_impl, parameter_types,
		traits::{
			fungible::{HoldConsideration, InspectHold},
			ConstU128, ConstU32, LinearStoragePrice,
		},
	},
	frame_system::mocking::MockBlock,
	sp_io::TestExternalities,
	sp_runtime::{BoundedVec, BuildStorage, Storage},
	*,
};

/// Ticks from retirement to removal.
pub(crate) const REMOVE_AFTER: Tick = 700;
/// Who registers kernels.
pub(crate) const OWNER: u64 = 1;
/// Somebody else, with money.
pub(crate) const STRANGER: u64 = 2;
/// Somebody with the existential deposit and no more.
pub(crate) const POOR: u64 = 3;
/// What the first two have at first.
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
	pub type Kernels = crate;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<10>;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
}

parameter_types! {
	/// The clock.
	pub static Now: Tick = 5_000;
	/// Under which kernels' deposits are held.
	pub const Deposit: RuntimeHoldReason = RuntimeHoldReason::Kernels(HoldReason::StorageDeposit);
	/// As many bytes as the encoding allows.
	pub const MaxProgramBytes: u32 = MAX_PROGRAM_BYTES as u32;
}

/// The clock of the tests, set by hand.
pub struct HandClock;

impl ProtocolClock for HandClock {
	fn now() -> Tick {
		Now::get()
	}

	fn era() -> u32 {
		0
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_now(tick: Tick) {
		Now::set(tick);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn set_era(_: u32) {}
}

impl crate::Config for Test {
	// 7, and 3 a byte.
	type Consideration =
		HoldConsideration<u64, Balances, Deposit, LinearStoragePrice<ConstU128<7>, ConstU128<3>, Balance>>;
	type Clock = HandClock;
	type MaxProgramBytes = MaxProgramBytes;
	type RemoveAfter = ConstU32<REMOVE_AFTER>;
	type WeightInfo = ();
}

/// What the accounts have at first.
pub(crate) fn new_test_storage() -> Storage {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	pallet_balances::GenesisConfig::<Test> {
		balances: vec![(OWNER, ENDOWMENT), (STRANGER, ENDOWMENT), (POOR, 10)],
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	storage
}

/// The state before a test.
pub(crate) fn new_test_ext() -> TestExternalities {
	let mut ext = TestExternalities::from(new_test_storage());
	ext.execute_with(|| {
		System::set_block_number(1);
		Now::set(5_000);
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

/// A kernel with this code. Its header is in range, and no two figures of it are equal.
pub(crate) fn program(code: Vec<Instruction>) -> Program {
	let header = Header {
		features: 0,
		code_len: code.len() as u16,
		item_size: 4,
		scratch_size: 8,
		const_size: 0,
		w_count: 3,
		d_count: 1,
		inputs: 2,
		params: 6,
		max_units: 1_000,
		max_faults: 5,
	};
	Program::new(header, code, Vec::new()).expect("the program is valid")
}

/// The shortest kernel, 48 bytes: it returns at once.
pub(crate) fn bytecode() -> BoundedVec<u8, MaxProgramBytes> {
	let code = vec![Instruction {
		op: opcode::RETURN,
		..Instruction::default()
	}];
	program(code).encode().try_into().unwrap()
}

/// What is held on an account for kernels.
pub(crate) fn deposit(who: u64) -> Balance {
	Balances::balance_on_hold(&Deposit::get(), &who)
}

/// The events of this pallet, first one first.
pub(crate) fn events() -> Vec<crate::Event<Test>> {
	System::events()
		.into_iter()
		.filter_map(|record| match record.event {
			RuntimeEvent::Kernels(event) => Some(event),
			_ => None,
		})
		.collect()
}
