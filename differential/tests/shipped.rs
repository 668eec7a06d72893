//! Every kernel that ships gives the same commitment on the reference, the CPU backend and the PTX interpreter.

use std::{
	fs,
	path::{Path, PathBuf},
};

use millrace_differential::{
	backend::{by_name, Backend},
	case::Case,
	random::Random,
};
use millrace_kernel::{
	asm::assemble,
	leaf::Leaf,
	tree::{output_root, Blake2b, SumNode},
};

/// A small job of a kernel.
struct Job {
	items: u32,
	/// How many of the items lie beyond what the inputs hold, and trap.
	traps: u32,
	params: Vec<u64>,
	inputs: Vec<Vec<u8>>,
}

fn bytes(random: &mut Random, len: usize) -> Vec<u8> {
	(0..len).map(|_| random.word() as u8).collect()
}

/// `count` numbers below 2^64 − 2^32 + 1.
fn goldilocks(random: &mut Random, count: usize) -> Vec<u8> {
	(0..count)
		.map(|_| random.word() % 0xffff_ffff_0000_0001)
		.flat_map(u64::to_le_bytes)
		.collect()
}

/// The jobs of the kernel called `name`; none for a kernel that this test does not know.
fn jobs(name: &str) -> Vec<Job> {
	let random = &mut Random::new(1);
	match name {
		// Four items a row, from -2 - 1.25i on, 2.5 wide.
		"mandelbrot" => vec![Job {
			items: 40,
			traps: 0,
			params: vec![
				(-2i64 << 28).cast_unsigned(),
				(-5i64 << 26).cast_unsigned(),
				(5 << 27) / 64,
				4,
				40,
			],
			inputs: vec![],
		}],
		"kmer" => {
			let sequence: Vec<u8> = (0..1_501).map(|_| random.pick(b"ACGT")).collect();
			let patterns: Vec<u8> = [0, 100, 1_020, 1_480]
				.into_iter()
				.flat_map(|start| sequence[start..start + 16].to_vec())
				.collect();
			[1, 3, 6, 16]
				.into_iter()
				.map(|k| Job {
					items: 6,
					traps: 0,
					params: vec![k],
					inputs: vec![sequence.clone(), patterns.clone()],
				})
				.collect()
		}
		// Three items a row; in the second job the last of six rows is not there, so the row above it traps too.
		"filter" => [(15, 0), (18, 6)]
			.into_iter()
			.map(|(items, traps)| Job {
				items,
				traps,
				params: vec![3],
				inputs: vec![bytes(random, 5 * 48)],
			})
			.collect(),
		// 16 rows and 24 columns are six tiles.
		"gemm" => [(6, 0), (8, 2)]
			.into_iter()
			.map(|(items, traps)| {
				let mut a = bytes(random, 16 * 96);
				let b = bytes(random, 24 * 96);
				// -128 is the factor whose products pass 16 bits first.
				a[..200].fill(0x80);
				Job {
					items,
					traps,
					params: vec![24, 96],
					inputs: vec![a, b],
				}
			})
			.collect(),
		"ntt" => (0..5)
			.map(|stage| Job {
				items: 4,
				traps: 0,
				params: vec![stage],
				inputs: vec![goldilocks(random, 32), goldilocks(random, 16)],
			})
			.collect(),
		"sha256" => [(64, 0), (64, 1), (128, 0), (192, 1), (1_024, 0)]
			.into_iter()
			.map(|(record, padded)| Job {
				items: 6,
				traps: 1,
				params: vec![record as u64, padded],
				inputs: vec![bytes(random, 5 * record + 63)],
			})
			.collect(),
		_ => vec![],
	}
}

/// Every kernel's source, with its name.
fn kernels() -> Vec<(String, PathBuf)> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kernels");
	let mut kernels = Vec::new();
	for entry in fs::read_dir(folder).expect("the shipped kernels") {
		for file in fs::read_dir(entry.expect("a folder").path()).expect("a kernel's folder") {
			let path = file.expect("a file").path();
			if path.extension().is_some_and(|extension| extension == "mk") {
				let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
				kernels.push((name, path));
			}
		}
	}
	kernels.sort();
	kernels
}

fn root(leaves: &[Leaf]) -> SumNode {
	let nodes: Vec<SumNode> = (0u32..)
		.zip(leaves)
		.map(|(number, leaf)| leaf.node::<Blake2b>(number))
		.collect();
	output_root::<Blake2b>(&nodes).expect("few units")
}

#[test]
fn every_backend_gives_the_same_commitment() {
	let backends: Vec<Box<dyn Backend>> = ["cpu", "portable", "ptx"]
		.into_iter()
		.map(|name| by_name(name).expect(name))
		.chain(by_name("cuda").inspect_err(|why| println!("cuda not compared: {why}")))
		.collect();
	let reference = by_name("reference").expect("the reference");
	let kernels = kernels();
	assert!(!kernels.is_empty());
	for (name, path) in kernels {
		let source = fs::read_to_string(&path).expect("a text");
		let program = assemble(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
		let jobs = jobs(&name);
		assert!(!jobs.is_empty(), "{}: this test has no job for it", path.display());
		for (number, job) in jobs.into_iter().enumerate() {
			let case = Case {
				// Launches are cut by the seed.
				seed: number as u64,
				program: program.clone(),
				items: job.items,
				max_units: program.header().max_units,
				params: job.params,
				inputs: job.inputs,
			};
			assert_eq!(
				case.task().check(&program, case.inputs.len()),
				Ok(()),
				"{name}, job {number}"
			);
			let expected = reference.run(&case).expect("the reference");
			let traps: u32 = expected.iter().map(|leaf| leaf.traps).sum();
			assert_eq!(traps, job.traps, "{name}, job {number}");
			for backend in &backends {
				let actual = backend
					.run(&case)
					.unwrap_or_else(|why| panic!("{name}, job {number}, {}: {why}", backend.name()));
				assert_eq!(
					root(&actual),
					root(&expected),
					"{name}, job {number}, {}",
					backend.name()
				);
			}
		}
		println!(
			"{name}: one commitment on the reference and {} backends",
			backends.len()
		);
	}
}
