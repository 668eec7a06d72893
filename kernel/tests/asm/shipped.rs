//! The kernels that ship and the texts in the documents: they assemble, and the kernels are right.

use millrace_kernel::{
	asm::{assemble, assemble_with_warnings, disassemble},
	eval::{eval_item, Machine, Outcome, Slices, Task},
	program::Program,
};

use crate::program;

const MANDELBROT: &str = include_str!("../../../examples/kernels/mandelbrot/mandelbrot.mk");
const KMER: &str = include_str!("../../../examples/kernels/kmer/kmer.mk");
const SHA256: &str = include_str!("../../../examples/kernels/sha256/sha256.mk");
const NTT: &str = include_str!("../../../examples/kernels/ntt/ntt.mk");
const GEMM: &str = include_str!("../../../examples/kernels/gemm/gemm.mk");

/// The text between the fences that begin with `open`, without `prefix` on its lines.
fn fenced(document: &str, open: &str, prefix: &str) -> Vec<String> {
	let mut blocks = Vec::new();
	let mut block: Option<String> = None;
	for line in document.lines() {
		let text = line.strip_prefix(prefix).unwrap_or(line);
		block = match block.take() {
			None => (text.trim() == open).then(String::new),
			Some(body) if text.trim() == "```" => {
				blocks.push(body);
				None
			}
			Some(body) => Some(format!("{body}{text}\n")),
		};
	}
	blocks
}

#[test]
fn texts_in_the_documents_assemble() {
	let module = fenced(include_str!("../../src/asm/mod.rs"), "```text", "//!");
	let guide = fenced(include_str!("../../../docs/kernels.md"), "```mk", "");
	assert!(!module.is_empty() && !guide.is_empty());
	for text in module.iter().chain(&guide) {
		program(text);
	}
}

#[test]
fn shipped_kernels_survive_the_round_trip() {
	for source in [MANDELBROT, KMER, SHA256, NTT, GEMM] {
		let (program, hints) = assemble_with_warnings(source).expect("a shipped kernel");
		assert!(hints.is_empty(), "{hints:?}");
		assert_eq!(assemble(&disassemble(&program)), Ok(program.clone()));
		assert_eq!(Program::decode(&program.encode()), Ok(program));
	}
}

fn run(program: &Program, items: u32, params: &[u64], inputs: &[&[u8]], index: u32) -> (Vec<u8>, Outcome) {
	let task = Task {
		items,
		max_units: program.header().max_units,
		params,
	};
	task.check(program, inputs.len()).expect("a task of this program");
	let mut machine = Machine::new(program);
	let mut out = vec![0xaa; usize::from(program.header().item_size)];
	let outcome =
		eval_item(program, &task, &Slices(inputs), index, &mut machine, &mut out).expect("all inputs are there");
	(out, outcome)
}

#[test]
fn mandelbrot_is_exact_and_its_bound_is_tight() {
	let program = program(MANDELBROT);
	assert_eq!(program.items_per_leaf(), 16);
	// Step 0: every pixel is the point (0, 0), which never leaves.
	let (out, outcome) = run(&program, 1, &[0, 0, 0, 1, 255], &[], 0);
	assert_eq!(out, [0; 16]);
	assert_eq!((outcome.units, outcome.trapped), (program.header().max_units, false));
	// A step of 1/4 from -2: only points right of 1/4 leave. 1/2 runs 0, 0.5, 0.75, 1.06, 1.63, 3.15: 5 iterations,
	// and 6 is halfway from 4 to 8. 1 runs 0, 1, 2, 5: 3 iterations, and 4 is 2^2.
	let (two, quarter) = (-(2i64 << 28), 1u64 << 26);
	let (out, _) = run(&program, 1, &[two.cast_unsigned(), 0, quarter, 1, 255], &[], 0);
	assert_eq!(&out[..10], [0; 10]);
	assert_eq!((out[10], out[12]), (32 * 2 + 16, 32 * 2));
}

/// How often `pattern` begins in each block of 256 positions, which is how the kernel's items are cut.
fn count(sequence: &[u8], pattern: &[u8], block: u32) -> u32 {
	let matches = sequence
		.windows(pattern.len())
		.enumerate()
		.filter(|(at, window)| u32::try_from(at / 256) == Ok(block) && *window == pattern);
	u32::try_from(matches.count()).expect("small")
}

#[test]
fn kmer_counts_and_its_bound_is_tight() {
	let program = program(KMER);
	assert_eq!(program.items_per_leaf(), 64);
	let mut state = 1u32;
	let sequence: Vec<u8> = (0..1030)
		.map(|_| {
			state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			if state >> 31 == 0 {
				b'A'
			} else {
				b'C'
			}
		})
		.collect();
	for length in [1usize, 3, 4, 255, 256, 257, 258, 259, 512, 1023, 1024, 1025, 1026, 1027] {
		let sequence = &sequence[..length];
		for k in [1usize, 2, 4, 5, 8, 11, 16] {
			let k = k.min(length);
			// The last k letters, the first k, and two that need not occur.
			let patterns = [
				&sequence[length - k..],
				&sequence[..k],
				&b"ACACACACACACACAC"[..k],
				&b"CCAACCAACCAACCAA"[..k],
			];
			let mut padded = Vec::new();
			for pattern in patterns {
				padded.extend_from_slice(pattern);
				padded.resize(padded.len() + 16 - k, b'.');
			}
			let items = u32::try_from(length.div_ceil(256)).expect("small");
			for block in 0..items {
				let (out, outcome) = run(&program, items, &[k as u64], &[sequence, &padded], block);
				let expected: Vec<u8> = patterns
					.iter()
					.flat_map(|pattern| count(sequence, pattern, block).to_le_bytes())
					.collect();
				assert_eq!(out, expected, "length {length}, k {k}, block {block}");
				assert!(!outcome.trapped);
				// Item 3 of 1,026 letters reads over a chunk's end and meets the partial word.
				if length == 1026 && block == 3 {
					assert_eq!(outcome.units, program.header().max_units);
				}
			}
		}
	}
}
