//! Every instruction, in register and immediate form, against native integer arithmetic.
//!
//! Nothing here takes an expectation from the crate under test: each is written a second time, mostly by way of a wider
//! type, a loop over bits or a byte array, and compared over edge operands and pseudo-random ones.

mod control;
mod long;
mod memory;
mod mixed;
mod probe;
mod word;

use std::collections::BTreeSet;

use millrace_kernel::opcode;

/// The codes whose results a group has compared with its own expectation.
pub(crate) type Seen = BTreeSet<u8>;

#[test]
fn every_instruction_of_the_table_is_tested() {
	let mut seen = Seen::new();
	control::all(&mut seen);
	word::all(&mut seen);
	long::all(&mut seen);
	mixed::all(&mut seen);
	memory::all(&mut seen);
	let table: Seen = opcode::TABLE.iter().map(|row| row.code).collect();
	let missing: Vec<&str> = table
		.difference(&seen)
		.filter_map(|code| opcode::info(*code))
		.map(|row| row.mnemonic)
		.collect();
	assert!(missing.is_empty(), "not tested: {missing:?}");
	assert_eq!(seen, table);
}

#[test]
fn the_table_is_in_order_and_its_look_ups_agree() {
	assert_eq!(opcode::TABLE.len(), 170);
	for pair in opcode::TABLE.windows(2) {
		assert!(pair[0].code < pair[1].code);
	}
	for code in 0..=u8::MAX {
		assert_eq!(opcode::info(code), opcode::TABLE.iter().find(|row| row.code == code));
	}
	for row in opcode::TABLE {
		assert_eq!(opcode::by_name(row.mnemonic, row.is_immediate()), Some(row));
		if row.is_immediate() {
			assert_eq!(row.code % 2, 1, "{}: an immediate form is odd", row.mnemonic);
			let register = opcode::info(row.code - 1).unwrap();
			assert_eq!((register.mnemonic, register.units), (row.mnemonic, row.units));
			assert!(!register.is_immediate());
		}
	}
	assert_eq!(opcode::by_name("clz", true), None);
	assert_eq!(opcode::by_name("nop", false), None);
}
