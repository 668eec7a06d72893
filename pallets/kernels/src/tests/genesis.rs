//! Kernels that are there from the first block on.

use crate::{mock::*, GenesisConfig, Kernels as Records};
use millrace_kernel::{
	opcode,
	program::{Instruction, Program},
};
use millrace_primitives::{traits::Kernels as _, KernelHash};
use polkadot_sdk::{
	sp_core::{Bytes, H256},
	sp_io::{hashing::blake2_256, TestExternalities},
	sp_runtime::BuildStorage,
};

/// Two kernels of different length.
fn two() -> Vec<Bytes> {
	let instruction = |op| Instruction {
		op,
		..Instruction::default()
	};
	let longer: Program = program(vec![instruction(opcode::TRAP), instruction(opcode::RETURN)]);
	vec![bytecode().into_inner().into(), longer.encode().into()]
}

/// The state that a specification with these kernels makes.
fn state(owner: Option<u64>, kernels: Vec<Bytes>) -> TestExternalities {
	let mut storage = new_test_storage();
	GenesisConfig::<Test> { owner, kernels }
		.assimilate_storage(&mut storage)
		.unwrap();
	TestExternalities::from(storage)
}

#[test]
fn each_is_registered_as_if_its_owner_had_done_it() {
	let kernels = two();
	state(Some(OWNER), kernels.clone()).execute_with(|| {
		let deposits = kernels.iter().map(|kernel| {
			let hash = KernelHash(H256(blake2_256(kernel)));
			assert_eq!(Kernels::facts(&hash).map(|facts| facts.retired), Some(false));
			assert_eq!(Kernels::bytecode(hash), Some(kernel.to_vec()));
			assert_eq!(Kernels::kernel_owner(hash), Some(OWNER));
			// 3 planck for each of its bytes and 48 of its record, and 7.
			3 * (kernel.len() as u128 + 48) + 7
		});
		assert_eq!(deposit(OWNER), deposits.sum::<u128>());
		assert_eq!(Records::<Test>::iter_keys().count(), 2);
		crate::Pallet::<Test>::do_try_state().expect("the invariants hold");
	});
}

#[test]
fn none_are_needed() {
	state(None, vec![]).execute_with(|| {
		assert_eq!(Records::<Test>::iter_keys().count(), 0);
	});
}

#[test]
#[should_panic(expected = "cannot be registered")]
fn what_is_no_kernel_stops_the_specification() {
	state(Some(OWNER), vec![vec![1, 2, 3].into()]);
}

#[test]
#[should_panic(expected = "cannot be registered")]
fn somebody_must_own_them() {
	state(None, two());
}

#[test]
#[should_panic(expected = "cannot be registered")]
fn their_owner_must_pay_the_deposits() {
	state(Some(POOR), two());
}

#[test]
#[should_panic(expected = "cannot be registered")]
fn none_is_named_twice() {
	let twice = [two(), two()].concat();
	state(Some(OWNER), twice);
}
