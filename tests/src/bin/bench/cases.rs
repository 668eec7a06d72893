//! The shipped kernels with inputs large enough to measure.

use crate::native;
use millrace_kernel::{asm::assemble, eval::Task, program::Program};

/// A kernel that ships. Its jobs are made one at a time: the large ones take memory.
pub(crate) struct Kernel {
	pub(crate) name: &'static str,
	/// Makes a job of so many times some hundred milliseconds of work on two cores.
	pub(crate) case: fn(usize) -> Case,
	/// With which a large device is full, and busy for about a millisecond.
	pub(crate) device_scale: usize,
}

/// All of them.
pub(crate) const KERNELS: [Kernel; 6] = [
	kernel("mandelbrot", mandelbrot, 64),
	kernel("filter", filter, 16),
	kernel("sha256", sha256, 16),
	kernel("ntt", ntt, 16),
	kernel("kmer", kmer, 16),
	kernel("gemm", gemm, 64),
];

const fn kernel(name: &'static str, case: fn(usize) -> Case, device_scale: usize) -> Kernel {
	Kernel {
		name,
		case,
		device_scale,
	}
}

/// A job of a kernel, and the same by hand.
pub(crate) struct Case {
	pub(crate) program: Program,
	pub(crate) items: u32,
	pub(crate) max_units: u32,
	pub(crate) params: Vec<u64>,
	pub(crate) inputs: Vec<Vec<u8>>,
	/// The same bytes by plain Rust on all cores.
	pub(crate) native: Native,
	/// The same bytes by another algorithm that native code is free to choose, and its name.
	pub(crate) otherwise: Option<(&'static str, Native)>,
	/// The same by hand in CUDA C, one thread an item.
	pub(crate) cuda_c: &'static str,
}

/// Computes a job's output.
pub(crate) type Native = Box<dyn Fn() -> Vec<u8>>;

impl Case {
	pub(crate) fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}

	pub(crate) fn inputs(&self) -> Vec<&[u8]> {
		self.inputs.iter().map(Vec::as_slice).collect()
	}
}

/// Bytes without a pattern, the same in every run (SplitMix64).
fn bytes(seed: u64, len: usize) -> Vec<u8> {
	let mut state = seed;
	let mut bytes = Vec::with_capacity(len + 8);
	while bytes.len() < len {
		state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = state;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		bytes.extend((z ^ (z >> 31)).to_le_bytes());
	}
	bytes.truncate(len);
	bytes
}

fn program(text: &str) -> Program {
	assemble(text).expect("the kernels that ship are valid")
}

/// `scale` is a square: a larger picture is a finer one of the same part of the plane.
pub(crate) fn mandelbrot(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/mandelbrot/mandelbrot.mk"));
	let finer = scale.isqrt();
	let (width, height) = (512 * finer, 512 * finer);
	let (x0, y0, step) = (-536_870_912i32, -335_544_320i32, 1_310_720 / finer as i32);
	let words = [x0 as u64, y0 as u64, step as u64, (width / 16) as u64, 255];
	Case {
		items: (width * height / 16) as u32,
		max_units: program.header().max_units,
		program,
		params: words.to_vec(),
		inputs: Vec::new(),
		native: Box::new(move || native::mandelbrot(x0, y0, step, width, height, 255)),
		otherwise: None,
		cuda_c: include_str!("../../../cuda/mandelbrot.cu"),
	}
}

fn filter(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/filter/filter.mk"));
	let width = 4_096;
	let picture = bytes(1, width * 4_096 * scale);
	let (same, again) = (picture.clone(), picture.clone());
	Case {
		items: (picture.len() / 16) as u32,
		max_units: program.header().max_units,
		program,
		params: vec![(width / 16) as u64],
		inputs: vec![picture],
		native: Box::new(move || native::filter(&same, width)),
		otherwise: Some((
			"whole rows in vector registers",
			Box::new(move || native::filter_rows(&again, width)),
		)),
		cuda_c: include_str!("../../../cuda/filter.cu"),
	}
}

fn sha256(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/sha256/sha256.mk"));
	let records = bytes(2, 64 * (1 << 18) * scale);
	let same = records.clone();
	Case {
		items: (records.len() / 64) as u32,
		max_units: program.header().max_units,
		program,
		params: vec![64, 0],
		inputs: vec![records],
		native: Box::new(move || native::sha256(&same)),
		otherwise: None,
		cuda_c: include_str!("../../../cuda/sha256.cu"),
	}
}

fn ntt(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/ntt/ntt.mk"));
	let numbers = (1usize << 21) * scale.next_power_of_two();
	// Any numbers below p: what is measured does not depend on whether the roots are roots.
	let below = |seed| -> Vec<u64> {
		bytes(seed, numbers * 8)
			.chunks_exact(8)
			.map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()) % 0xffff_ffff_0000_0001)
			.collect()
	};
	let (vector, mut roots) = (below(3), below(4));
	roots.truncate(numbers / 2);
	let raw = |words: &[u64]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
	Case {
		items: (numbers / 8) as u32,
		max_units: program.header().max_units,
		program,
		params: vec![3],
		inputs: vec![raw(&vector), raw(&roots)],
		native: Box::new(move || native::ntt(&vector, &roots, 3)),
		otherwise: None,
		cuda_c: include_str!("../../../cuda/ntt.cu"),
	}
}

fn kmer(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/kmer/kmer.mk"));
	let letters: Vec<u8> = bytes(5, (1 << 22) * scale)
		.into_iter()
		.map(|byte| b"ACGT"[usize::from(byte & 3)])
		.collect();
	let same = letters.clone();
	let patterns = *b"GAATTC..........AAGCTT..........GGATCC..........AGATCT..........";
	Case {
		items: letters.len().div_ceil(256) as u32,
		max_units: program.header().max_units,
		program,
		params: vec![6],
		inputs: vec![letters, patterns.to_vec()],
		native: Box::new(move || native::kmer(&same, &patterns, 6)),
		otherwise: None,
		cuda_c: include_str!("../../../cuda/kmer.cu"),
	}
}

fn gemm(scale: usize) -> Case {
	let program = program(include_str!("../../../../examples/kernels/gemm/gemm.mk"));
	let (m, n, k) = (512 * scale, 512, 1_024);
	let (a, b) = (bytes(6, m * k), bytes(7, n * k));
	let (same_a, same_b) = (a.clone(), b.clone());
	Case {
		items: (m / 8 * (n / 8)) as u32,
		max_units: program.header().max_units,
		program,
		params: vec![n as u64, k as u64],
		inputs: vec![a, b],
		native: Box::new(move || native::gemm(&same_a, &same_b, k)),
		otherwise: None,
		cuda_c: include_str!("../../../cuda/gemm.cu"),
	}
}
