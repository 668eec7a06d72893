//! `SPEC.md` says what the code does: its instruction table is the table, its example runs.

#![cfg(feature = "hash")]

use millrace_kernel::{
	eval::{Machine, Slices, Task},
	leaf::eval_leaf,
	opcode,
	program::Program,
	tree::{input_root, output_root, Blake2b, Digest},
};

const SPEC: &str = include_str!("../SPEC.md");

fn hex(digest: &Digest) -> String {
	digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_instruction_table_is_the_one_of_the_code() {
	let mut written = Vec::new();
	for line in SPEC.lines().filter(|line| line.starts_with("| `0x")) {
		let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
		let [code, mnemonic, form, units, meaning] = cells[..] else {
			panic!("five cells: {line}")
		};
		assert!(!meaning.is_empty(), "{line}");
		let code = u8::from_str_radix(code.trim_matches('`').trim_start_matches("0x"), 16).unwrap();
		written.push((
			code,
			mnemonic.trim_matches('`').to_string(),
			form.to_string(),
			units.parse::<u8>().unwrap(),
		));
	}
	let table: Vec<_> = opcode::TABLE
		.iter()
		.map(|row| (row.code, row.mnemonic.to_string(), format!("{:?}", row.form), row.units))
		.collect();
	assert_eq!(written, table);
}

#[test]
fn every_form_is_described() {
	for row in opcode::TABLE {
		let form = format!("{:?}", row.form);
		let described = SPEC
			.lines()
			.filter(|line| line.starts_with("| "))
			.filter_map(|line| line.split('|').nth(1))
			.any(|cell| cell.split([',', ';']).any(|name| name.trim() == form));
		assert!(described, "{form}");
	}
}

/// The bytes of a code block of the example: of each line, what stands before six spaces.
fn bytes_of_block(number: usize) -> Vec<u8> {
	let example = SPEC.split("## 9. Worked example").nth(1).unwrap();
	let block = example.split("```").nth(2 * number + 1).unwrap();
	let columns = block.lines().map(|line| line.split("      ").next().unwrap());
	columns
		.flat_map(str::split_whitespace)
		.map(|byte| u8::from_str_radix(byte, 16).unwrap())
		.collect()
}

#[test]
fn the_example_runs_as_written() {
	let bytes = bytes_of_block(0);
	assert_eq!(bytes.len(), 72);
	let program = Program::decode(&bytes).unwrap();
	assert!(SPEC.contains(&hex(&program.hash::<Blake2b>())));
	assert_eq!((program.item_cost(), program.items_per_leaf()), (16, 256));

	let input = [10, 20, 30];
	let inputs: [&[u8]; 1] = [&input];
	let task = Task {
		items: 4,
		max_units: 200,
		params: &[],
	};
	task.check(&program, 1).unwrap();
	let leaf = eval_leaf(&program, &task, &Slices(&inputs), 0, &mut Machine::new(&program)).unwrap();
	let numbers: Vec<u32> = leaf
		.bytes
		.chunks(4)
		.map(|item| u32::from_le_bytes(item.try_into().unwrap()))
		.collect();
	assert_eq!(numbers, [30, 61, 92, 0]);
	assert_eq!((leaf.units, leaf.traps), (674, 1));

	let root = output_root::<Blake2b>(&[leaf.node::<Blake2b>(0)]).unwrap();
	assert_eq!(root.units, 674);
	assert!(SPEC.contains(&hex(&root.hash)));
	let mut params = blake2b_simd::Params::new();
	let preimage = bytes_of_block(1);
	assert_eq!(params.hash_length(32).hash(&preimage).as_bytes(), root.hash);
	assert!(SPEC.contains(&hex(&input_root::<Blake2b>(&input))));
}
