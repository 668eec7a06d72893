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

use crate::*;
use millrace_kernel::{
	opcode,
	program::{
		Header, Instruction, Program, HEADER_BYTES, INSTRUCTION_BYTES, MAX_INPUTS, MAX_PARAMS, MAX_PROGRAM_BYTES,
		REFUTE_UNITS,
	},
};
use polkadot_sdk::{
	frame_benchmarking::v2::*,
	frame_support::traits::{Consideration, Get},
	frame_system::RawOrigin,
	sp_runtime::BoundedVec,
};

/// A header for so many instructions that use one register.
fn header(code_len: u16) -> Header {
	Header {
		features: 0,
		code_len,
		item_size: 1,
		scratch_size: 0,
		const_size: 0,
		w_count: 1,
		d_count: 0,
		inputs: 0,
		params: 0,
		max_units: REFUTE_UNITS,
		max_faults: 0,
	}
}

/// A program of `code_len` instructions, at least 2, that is slow to validate: one block full of forward jumps, each of
/// which is checked, chained, and walked once more at the end of the block.
fn slow(code_len: u16) -> Program {
	let mut code = alloc::vec![Instruction { op: opcode::BR_IF, ..Instruction::default() }; usize::from(code_len)];
	code[0].op = opcode::BLOCK;
	code[usize::from(code_len) - 1].op = opcode::END;
	Program::new(header(code_len), code, Vec::new()).expect("the jumps are inside the block")
}

/// Registers the slow program of at most so many bytes.
fn register_slow<T: Config>(owner: &T::AccountId, bytes: usize) -> KernelHash {
	let bytecode = encoded::<T>(bytes);
	T::Consideration::ensure_successful(owner, Pallet::<T>::footprint(bytecode.len()));
	Pallet::<T>::do_register(owner.clone(), bytecode).expect("the program is valid")
}

/// The encoding of the slow program of at most so many bytes.
fn encoded<T: Config>(bytes: usize) -> BoundedVec<u8, T::MaxProgramBytes> {
	let most = usize::from(millrace_kernel::program::MAX_INSTRUCTIONS);
	let code_len = ((bytes - HEADER_BYTES) / INSTRUCTION_BYTES).clamp(2, most);
	slow(code_len as u16)
		.encode()
		.try_into()
		.expect("as long as the bound or shorter")
}

/// Registers, once, a kernel that takes as many inputs and parameters as a job can have, and does nothing with them.
pub(crate) fn bench_kernel<T: Config>() -> KernelHash {
	let header = Header {
		item_size: 8,
		inputs: MAX_INPUTS,
		params: MAX_PARAMS,
		// 128 items of 8 bytes fill a leaf; these bounds let them.
		max_units: REFUTE_UNITS / 128,
		max_faults: 1,
		..header(1)
	};
	let code = alloc::vec![Instruction {
		op: opcode::RETURN,
		..Instruction::default()
	}];
	let program = Program::new(header, code, Vec::new()).expect("the header is in range");
	bench_register::<T>(program.encode())
}

/// Registers this kernel, once.
pub(crate) fn bench_register<T: Config>(bytecode: Vec<u8>) -> KernelHash {
	let kernel = Pallet::<T>::hash(&bytecode);
	if Kernels::<T>::contains_key(kernel) {
		return kernel;
	}
	let owner: T::AccountId = account("kernel owner", 0, 0);
	T::Consideration::ensure_successful(&owner, Pallet::<T>::footprint(bytecode.len()));
	let bytecode = bytecode.try_into().expect("as long as the bound or shorter");
	Pallet::<T>::do_register(owner, bytecode).expect("the program is valid")
}

#[benchmarks]
mod benchmarks {
	use super::*;

	// From two instructions to the most; constants, which could follow, are copied and not looked at.
	#[benchmark]
	fn register_kernel(b: Linear<56, 32_808>) {
		let owner: T::AccountId = whitelisted_caller();
		let bytecode = encoded::<T>(b as usize);
		let kernel = Pallet::<T>::hash(&bytecode);
		T::Consideration::ensure_successful(&owner, Pallet::<T>::footprint(bytecode.len()));

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), bytecode);

		assert!(Kernels::<T>::contains_key(kernel));
	}

	#[benchmark]
	fn retire_kernel() {
		let owner: T::AccountId = whitelisted_caller();
		let kernel = register_slow::<T>(&owner, MAX_PROGRAM_BYTES);

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), kernel);

		assert!(Kernels::<T>::get(kernel).unwrap().facts.retired);
	}

	#[benchmark]
	fn remove_kernel() {
		let owner: T::AccountId = whitelisted_caller();
		let kernel = register_slow::<T>(&owner, MAX_PROGRAM_BYTES);
		Pallet::<T>::do_retire(&owner, kernel).expect("the kernel is not retired");
		T::Clock::set_now(T::Clock::now() + T::RemoveAfter::get());

		#[extrinsic_call]
		_(RawOrigin::Signed(owner), kernel);

		assert!(!Bytecode::<T>::contains_key(kernel));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
