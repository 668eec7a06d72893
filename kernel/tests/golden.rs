//! Version 1 of the bytecode is frozen. What is pinned here must never change under a live job: a provider that committed
//! to an honest result under one version must not be refutable under another. A new meaning is a new version, beside this
//! one. The figures were written down once; other tests say that they are right.

#![cfg(all(feature = "asm", feature = "hash"))]

use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::eval_leaf,
	opcode,
	program::{Header, Program, CHUNK, FAULT_UNITS, MAX_ITEM, REFUTE_FAULTS, REFUTE_UNITS, VERSION},
	tree::{Blake2b, Digest, Hasher},
};

fn hex(digest: &Digest) -> String {
	digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_bounds_of_a_refutation_are_those_of_version_1() {
	assert_eq!(VERSION, 1);
	assert_eq!((REFUTE_UNITS, REFUTE_FAULTS), (2_097_152, 512));
	assert_eq!((CHUNK, MAX_ITEM, FAULT_UNITS), (1_024, 1_024, 128));
}

/// Code, name and units of every instruction, a line each.
#[test]
fn the_cost_table_is_that_of_version_1() {
	let table: String = opcode::TABLE
		.iter()
		.map(|row| format!("{:02x} {} {:?} {}\n", row.code, row.mnemonic, row.form, row.units))
		.collect();
	assert_eq!(opcode::TABLE.len(), TABLE_ROWS);
	assert_eq!(hex(&Blake2b::hash(&[table.as_bytes()])), TABLE_HASH);
}

/// Items of a leaf follow from the header alone, by hand: n × item_size ≤ 1,024, n × max_units ≤ 2²¹, n × max_faults ≤
/// 512, the largest power of two.
#[test]
fn leaves_hold_what_they_held() {
	for (item_size, max_units, max_faults, items) in [
		(1, 100, 0, 1_024),
		(4, 200, 1, 256),
		(16, 100_000, 1, 16),
		(1_024, 2_097_152, 512, 1),
		(8, 1_000, 100, 4),
		(2, 2_049, 0, 512),
		(2, 4_097, 1, 256),
	] {
		let header = Header {
			features: 0,
			code_len: 0,
			item_size,
			scratch_size: 0,
			const_size: 0,
			w_count: 0,
			d_count: 0,
			inputs: 0,
			params: 0,
			max_units,
			max_faults,
		};
		assert_eq!(header.items_per_leaf(), items, "{item_size} {max_units} {max_faults}");
	}
}

/// A shipped kernel, its hash, and the hash and units of leaf 0 of a job of 1,000 items over inputs that count bytes.
struct Vector {
	name: &'static str,
	text: &'static str,
	kernel: &'static str,
	leaf: &'static str,
	units: u64,
}

fn evaluate(program: &Program) -> (Digest, u64) {
	let header = program.header();
	let bytes: Vec<u8> = (0..65_536u32).map(|at| (at % 251) as u8).collect();
	let inputs: Vec<&[u8]> = (0..header.inputs).map(|input| &bytes[usize::from(input)..]).collect();
	let params: Vec<u64> = (0..header.params).map(|param| 3 + u64::from(param)).collect();
	let task = Task {
		items: 1_000,
		max_units: header.max_units,
		params: &params,
	};
	task.check(program, inputs.len()).expect("the task fits");
	let leaf = eval_leaf(program, &task, &Slices(&inputs), 0, &mut Machine::new(program)).expect("inputs are whole");
	(leaf.node::<Blake2b>(0).hash, leaf.units)
}

#[test]
fn shipped_kernels_mean_what_they_meant() {
	for vector in VECTORS {
		let program = assemble(vector.text).expect("a shipped kernel");
		let (leaf, units) = evaluate(&program);
		assert_eq!(
			(hex(&program.hash::<Blake2b>()).as_str(), hex(&leaf).as_str(), units),
			(vector.kernel, vector.leaf, vector.units),
			"{}",
			vector.name
		);
	}
}

const TABLE_ROWS: usize = 170;
const TABLE_HASH: &str = "ff5b7bdd894f37260da6044960852abbe4735c270e1985fab4dc4070f2bffd15";

macro_rules! kernel {
	($name:literal) => {
		include_str!(concat!("../../examples/kernels/", $name, "/", $name, ".mk"))
	};
}

const VECTORS: &[Vector] = &[
	Vector {
		name: "filter",
		text: kernel!("filter"),
		kernel: "1ab2a78f46f050de00b4d8adb193800fe390ae20b0885b925d68734eb82eec50",
		leaf: "7c87888fbf225d46113f72330791022b477bd2ac9e2fba241b48cb072d23b03b",
		units: 25_792,
	},
	Vector {
		name: "gemm",
		text: kernel!("gemm"),
		kernel: "89feecdef20f257987b1db4b89461f3a651cacbcc7a7ca07fe3cf2aa9eb6d143",
		leaf: "c576bb57a2afb259ed908e5ac28831bbcd35fcf86b478162e3fcb546f6980124",
		units: 13_296,
	},
	Vector {
		name: "kmer",
		text: kernel!("kmer"),
		kernel: "f71c4e33cd98e67f6a54d37df4cce0005e854305b337290cd373606c36d7709c",
		leaf: "6df11040fb961d15c8da36a4bfb64882cd834d02c3bba522ae15433028335373",
		units: 888_320,
	},
	Vector {
		name: "mandelbrot",
		text: kernel!("mandelbrot"),
		kernel: "304998a7ca8bd836cc9b4e358230e319dbcd9dcef24090a2f9f952d44cd3bf1a",
		leaf: "6d77601b3680313a42da96c7499d217523b70e4fd95f0b6d1cbcc2ffd377c12e",
		units: 39_312,
	},
	Vector {
		name: "ntt",
		text: kernel!("ntt"),
		kernel: "3f3209e301ad536cd1ccc1c06fd1fbc88fc39b2b3cd17c38f4925cf0acea4d56",
		leaf: "aea17a28f56b108c209394d6caaf65fad20092f77f693db2e86b37aa10248e28",
		units: 12_832,
	},
	Vector {
		name: "sha256",
		text: kernel!("sha256"),
		kernel: "b2eef8078b6bf3d463f8fbeca0cfb61be854f7df0b821d18dd218472086cb164",
		leaf: "cd05ec71a5b4aa401d210eed44a397fdee4f4ffd00455bd724ab237a02dee202",
		units: 72_512,
	},
];
