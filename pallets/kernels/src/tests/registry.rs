//! The life of a kernel.

use super::signed;
use crate::{
	mock::*, Bytecode, BytecodeViewFunction, Error, Event, KernelFactsViewFunction, KernelOwnerViewFunction,
	Kernels as Records,
};
use millrace_kernel::{
	opcode,
	program::{Instruction, Program},
};
use millrace_primitives::{
	traits::{KernelFacts, Kernels as _},
	KernelHash,
};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, view_functions::ViewFunction},
	sp_core::H256,
	sp_runtime::TokenError,
};
use proptest::{collection::vec, prelude::*};

fn register() -> KernelHash {
	assert_ok!(Kernels::register_kernel(signed(OWNER), bytecode()));
	match events().pop() {
		Some(Event::KernelRegistered { kernel, .. }) => kernel,
		other => panic!("{other:?}"),
	}
}

#[test]
fn registers_with_facts_and_deposit() {
	build_and_execute(|| {
		let kernel = register();
		assert_eq!(
			events(),
			vec![Event::KernelRegistered {
				kernel,
				owner: OWNER,
				bytes: 48
			}]
		);
		// The hash in software, by another implementation than the host's.
		let program = Program::decode(&bytecode()).unwrap();
		assert_eq!(
			kernel,
			KernelHash(H256(program.hash::<millrace_kernel::tree::Blake2b>()))
		);

		// The item cost: 16 + 8 / 4 + 4 / 8 + (3 + 2 × 1) / 16, each floored. Faults are the narrowest bound of a
		// leaf: 64 × 5 ≤ 512 < 128 × 5.
		let facts = KernelFacts {
			item_size: 4,
			inputs: 2,
			params: 6,
			item_cost: 18,
			max_units: 1_000,
			max_faults: 5,
			items_per_leaf: 64,
			retired: false,
		};
		assert_eq!(Kernels::facts(&kernel), Some(facts));
		assert_eq!(Kernels::facts(&KernelHash::default()), None);

		// 48 bytes of code and 48 of record (19 facts, 8 owner, 16 ticket, 5 retirement), 3 planck each, and 7.
		assert_eq!(deposit(OWNER), 3 * 96 + 7);
		assert_noop!(
			Kernels::register_kernel(signed(STRANGER), bytecode()),
			Error::<Test>::AlreadyRegistered
		);
	});
}

#[test]
fn view_functions_answer() {
	build_and_execute(|| {
		let kernel = register();
		let unknown = KernelHash::default();
		assert_eq!(
			KernelFactsViewFunction::<Test>::new(kernel).invoke(),
			Kernels::facts(&kernel)
		);
		assert_eq!(KernelFactsViewFunction::<Test>::new(unknown).invoke(), None);
		assert_eq!(KernelOwnerViewFunction::<Test>::new(kernel).invoke(), Some(OWNER));
		assert_eq!(KernelOwnerViewFunction::<Test>::new(unknown).invoke(), None);
		assert_eq!(
			BytecodeViewFunction::<Test>::new(kernel).invoke(),
			Some(bytecode().into_inner())
		);
		assert_eq!(BytecodeViewFunction::<Test>::new(unknown).invoke(), None);
	});
}

#[test]
fn without_the_deposit_nothing_is_stored() {
	build_and_execute(|| {
		assert_noop!(
			Kernels::register_kernel(signed(POOR), bytecode()),
			TokenError::FundsUnavailable
		);
	});
}

#[test]
fn retires_then_removes_after_seven_days() {
	build_and_execute(|| {
		let kernel = register();
		assert_noop!(Kernels::remove_kernel(signed(OWNER), kernel), Error::<Test>::NotRetired);
		assert_noop!(
			Kernels::retire_kernel(signed(STRANGER), kernel),
			Error::<Test>::NotOwner
		);
		Now::set(5_010);
		assert_ok!(Kernels::retire_kernel(signed(OWNER), kernel));
		assert_eq!(
			events().pop(),
			Some(Event::KernelRetired {
				kernel,
				removable: 5_710
			})
		);
		assert!(Kernels::facts(&kernel).unwrap().retired);
		assert_noop!(
			Kernels::retire_kernel(signed(OWNER), kernel),
			Error::<Test>::AlreadyRetired
		);
		// It keeps its name until it is gone.
		assert_noop!(
			Kernels::register_kernel(signed(STRANGER), bytecode()),
			Error::<Test>::AlreadyRegistered
		);

		Now::set(5_709);
		assert_noop!(Kernels::remove_kernel(signed(OWNER), kernel), Error::<Test>::TooEarly);
		Now::set(5_710);
		assert_noop!(
			Kernels::remove_kernel(signed(STRANGER), kernel),
			Error::<Test>::NotOwner
		);
		assert_ok!(Kernels::remove_kernel(signed(OWNER), kernel));
		assert_eq!(events().pop(), Some(Event::KernelRemoved { kernel }));
		assert_eq!(
			(Records::<Test>::get(kernel), Bytecode::<Test>::get(kernel)),
			(None, None)
		);
		assert_eq!((deposit(OWNER), Balances::free_balance(OWNER)), (0, ENDOWMENT));
		assert_noop!(
			Kernels::remove_kernel(signed(OWNER), kernel),
			Error::<Test>::UnknownKernel
		);

		// Anyone may bring it back.
		assert_ok!(Kernels::register_kernel(signed(STRANGER), bytecode()));
		assert_eq!(Records::<Test>::get(kernel).unwrap().owner, STRANGER);
	});
}

#[test]
fn deposits_are_separate() {
	build_and_execute(|| {
		let first = register();
		let code = vec![
			Instruction {
				op: opcode::TRAP,
				..Instruction::default()
			};
			3
		];
		let second = program(code).encode().try_into().unwrap();
		assert_ok!(Kernels::register_kernel(signed(OWNER), second));
		// 64 bytes of code and 48 of record.
		assert_eq!(deposit(OWNER), 295 + 3 * 112 + 7);
		assert_ok!(Kernels::retire_kernel(signed(OWNER), first));
		Now::set(5_700);
		assert_ok!(Kernels::remove_kernel(signed(OWNER), first));
		assert_eq!(deposit(OWNER), 343);
	});
}

proptest! {
	/// Bytes that nobody made a kernel of are refused and change nothing; the pallet never panics.
	#[test]
	fn arbitrary_bytes_change_nothing(mut bytes in vec(any::<u8>(), 0..200), magic in any::<bool>()) {
		build_and_execute(|| {
			if let (true, Some(head)) = (magic, bytes.get_mut(..6)) {
				head.copy_from_slice(b"MILL\x01\x00");
			}
			let valid = Program::decode(&bytes).is_ok();
			let outcome = Kernels::register_kernel(signed(OWNER), bytes.try_into().unwrap());
			assert_eq!(outcome.is_ok(), valid);
			assert_eq!(events().len(), usize::from(valid));
			assert_eq!(deposit(OWNER) > 0, valid);
		});
	}
}
