//! The CUDA C that the benchmarks set kernels against compiles, where there is a compiler for it. Needs no GPU; what it
//! computes is compared on one, before it is timed.

#[path = "../src/bin/bench/cuda/compile.rs"]
mod compile;

use compile::{compile, NoPtx};
use std::{fs, path::Path};

/// The oldest that runs kernels, and a newer one.
const CAPABILITIES: [(u32, u32); 2] = [(7, 5), (9, 0)];
/// Of the entry that all of them have: 3 addresses, 2 lengths, 5 parameters, 2 counts.
const PARAMETERS: usize = 12;

#[test]
fn every_text_compiles_to_the_same_entry() {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cuda");
	let mut compiled = 0;
	for file in fs::read_dir(&folder).expect("the texts ship") {
		let path = file.expect("the texts can be listed").path();
		let name = path.display();
		let source = fs::read_to_string(&path).expect("the texts can be read");
		for capability in CAPABILITIES {
			let ptx = match compile(&source, capability) {
				Ok(ptx) => ptx,
				Err(why @ NoPtx::NoCompiler) => {
					println!("SKIPPED, CUDA C not compiled: {why}; docs/benchmarks.md says how to get NVRTC");
					return;
				}
				Err(why) => panic!("{name} for {capability:?}: {why}"),
			};
			assert!(ptx.contains(".visible .entry items("), "{name}: {ptx}");
			let declared = |number| ptx.contains(&format!("items_param_{number}"));
			assert!(declared(PARAMETERS - 1) && !declared(PARAMETERS), "{name}: {ptx}");
		}
		compiled += 1;
	}
	assert_eq!(compiled, 6, "one for each kernel that ships");
}
