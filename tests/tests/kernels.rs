//! The kernels that ship, on the reference: the bytes of native code, for at most the units that they declare.

#[path = "kernels/gemm.rs"]
mod gemm;
#[path = "kernels/ntt.rs"]
mod ntt;
#[path = "kernels/sha256.rs"]
mod sha256;

use millrace_client::job_file::{read_input, JobFile, Kernel, MAX_INPUT_BYTES};
use millrace_kernel::{
	asm::{assemble_with_warnings, disassemble},
	eval::{eval_item, Machine, Outcome, Slices, Task},
	leaf::{eval_leaf, leaf_count},
	program::Program,
};
use std::{fs, path::Path};

/// A kernel of `examples/kernels` and what a job gives it.
struct Job {
	program: Program,
	items: u32,
	max_units: u32,
	params: Vec<u64>,
	inputs: Vec<Vec<u8>>,
}

/// What a job without traps gives.
struct Computed {
	bytes: Vec<u8>,
	/// Of each item.
	units: Vec<u32>,
}

/// The program of `examples/kernels/NAME/NAME.mk`.
fn program(name: &str) -> Program {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/kernels/{name}/{name}.mk"));
	let text = fs::read_to_string(path).expect("the kernel ships");
	let (program, hints) = assemble_with_warnings(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
	assert!(hints.is_empty(), "{name}: {hints:?}");
	let (again, _) = assemble_with_warnings(&disassemble(&program)).expect("what was disassembled");
	assert_eq!(again, program);
	program
}

impl Job {
	/// A job at the kernel's own bound.
	fn new(program: &Program, items: usize, params: &[u64], inputs: &[&[u8]]) -> Job {
		Job {
			program: program.clone(),
			items: u32::try_from(items).expect("a small job"),
			max_units: program.header().max_units,
			params: params.to_vec(),
			inputs: inputs.iter().map(|input| input.to_vec()).collect(),
		}
	}

	/// The job of `examples/kernels/NAME/NAME.toml`.
	fn shipped(name: &str) -> Job {
		let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/kernels/{name}/{name}.toml"));
		let file = JobFile::read(&path).expect("the job file ships");
		assert!(matches!(&file.kernel, Kernel::Text(path) if path.ends_with(format!("{name}.mk"))));
		let inputs = file.inputs.iter().map(|(source, format)| {
			read_input(source, *format, MAX_INPUT_BYTES).unwrap_or_else(|error| panic!("{name}: {error}"))
		});
		let program = program(name);
		let output = file.output.expect("the job keeps its output");
		let bytes = u64::from(file.items) * u64::from(program.header().item_size);
		output.format.check(bytes).expect("the output has the format's size");
		Job {
			items: file.items,
			max_units: file.max_units.unwrap_or(program.header().max_units),
			params: file.params,
			inputs: inputs.collect(),
			program,
		}
	}

	/// Item `index`, whether it traps or not.
	fn item(&self, index: u32) -> (Vec<u8>, Outcome) {
		let inputs: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
		let mut machine = Machine::new(&self.program);
		let mut out = vec![0xaa; usize::from(self.program.header().item_size)];
		let outcome = eval_item(
			&self.program,
			&self.task(),
			&Slices(&inputs),
			index,
			&mut machine,
			&mut out,
		);
		(out, outcome.expect("the inputs are there"))
	}

	/// All leaves, none of whose items may trap.
	fn run(&self) -> Computed {
		let inputs: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
		let task = self.task();
		task.check(&self.program, inputs.len()).expect("a job of this kernel");
		let mut machine = Machine::new(&self.program);
		let (mut bytes, mut sum) = (Vec::new(), 0);
		for leaf in 0..leaf_count(self.program.items_per_leaf(), self.items) {
			let leaf =
				eval_leaf(&self.program, &task, &Slices(&inputs), leaf, &mut machine).expect("the inputs are there");
			assert_eq!(leaf.traps, 0);
			bytes.extend(leaf.bytes);
			sum += leaf.units;
		}
		let units: Vec<u32> = (0..self.items).map(|index| self.item(index).1.units).collect();
		assert_eq!(units.iter().map(|units| u64::from(*units)).sum::<u64>(), sum);
		Computed { bytes, units }
	}

	fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}
}

/// Asserts that bytes are those of native code, without printing them all.
fn assert_same(found: &[u8], expected: &[u8], what: &str) {
	assert_eq!(found.len(), expected.len(), "{what}: another number of bytes");
	let at = found
		.iter()
		.zip(expected)
		.position(|(found, expected)| found != expected);
	assert_eq!(at, None, "{what}: differs from native code, first at this byte");
}

/// Bytes that look random; the generator is that of Numerical Recipes.
fn random(seed: u32, bytes: usize) -> Vec<u8> {
	let mut state = seed;
	let mut next = || {
		state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
		(state >> 24) as u8
	};
	(0..bytes).map(|_| next()).collect()
}
