//! Every error, provoked, and every class of flaw.

use super::{signed, variants};
use crate::{mock::*, Error, Flaw};
use millrace_primitives::KernelHash;
use polkadot_sdk::{
	frame_support::{assert_ok, dispatch::DispatchResult},
	sp_runtime::DispatchError,
};
use std::collections::BTreeSet;

/// The shortest kernel with one byte changed or with another length.
fn spoiled(flaw: Flaw) -> Vec<u8> {
	let mut bytes = bytecode().into_inner();
	match flaw {
		// The version.
		Flaw::Format => bytes[4] = 2,
		// The item size: not a power of two.
		Flaw::Header => bytes[12] = 3,
		Flaw::Length => bytes.push(0),
		// No such opcode.
		Flaw::Instruction => bytes[40] = 0xff,
		// A block that does not end.
		Flaw::Code => bytes[40] = millrace_kernel::opcode::BLOCK,
	}
	bytes
}

fn register(bytes: Vec<u8>) -> DispatchResult {
	Kernels::register_kernel(signed(OWNER), bytes.try_into().unwrap())
}

/// Provokes an error. A new variant does not compile until it is provoked here.
fn provoke(error: &Error<Test>) -> DispatchResult {
	let kernel = crate::Pallet::<Test>::hash(&bytecode());
	let owner = || signed(OWNER);
	match error {
		Error::InvalidKernel(flaw) => register(spoiled(*flaw)),
		Error::AlreadyRegistered => {
			assert_ok!(register(bytecode().into_inner()));
			register(bytecode().into_inner())
		}
		Error::UnknownKernel => Kernels::retire_kernel(owner(), KernelHash::default()),
		Error::NotOwner => {
			assert_ok!(register(bytecode().into_inner()));
			Kernels::retire_kernel(signed(STRANGER), kernel)
		}
		Error::AlreadyRetired => {
			assert_ok!(register(bytecode().into_inner()));
			assert_ok!(Kernels::retire_kernel(owner(), kernel));
			Kernels::retire_kernel(owner(), kernel)
		}
		Error::NotRetired => {
			assert_ok!(register(bytecode().into_inner()));
			Kernels::remove_kernel(owner(), kernel)
		}
		Error::TooEarly => {
			assert_ok!(register(bytecode().into_inner()));
			assert_ok!(Kernels::retire_kernel(owner(), kernel));
			Kernels::remove_kernel(owner(), kernel)
		}
		Error::__Ignore(_, never) => match *never {},
	}
}

#[test]
fn every_error_is_provoked() {
	let flaws = [Flaw::Format, Flaw::Header, Flaw::Length, Flaw::Instruction, Flaw::Code];
	let named: BTreeSet<String> = flaws.iter().map(|flaw| format!("{flaw:?}")).collect();
	let expected: BTreeSet<String> = variants::<Flaw>().into_iter().map(String::from).collect();
	assert_eq!(named, expected, "the list above is every class of flaw");

	let mut all: Vec<Error<Test>> = flaws.into_iter().map(Error::InvalidKernel).collect();
	all.extend([
		Error::AlreadyRegistered,
		Error::UnknownKernel,
		Error::NotOwner,
		Error::AlreadyRetired,
		Error::NotRetired,
		Error::TooEarly,
	]);
	let named: BTreeSet<&'static str> = all.iter().map(|error| error.as_str()).collect();
	assert_eq!(
		named,
		variants::<Error<Test>>(),
		"the list above is every error of the metadata"
	);
	for error in all {
		build_and_execute(|| {
			let outcome = provoke(&error);
			// With its fields: the class of a flaw is part of the error.
			assert_eq!(outcome, Err(DispatchError::from(error)));
		});
	}
}
