//! What the kernels that ship compute, written a second time in plain Rust and without the kernel crate: the oracle of
//! the tests, one module a kernel.

pub mod filter;
pub mod gemm;
pub mod kmer;
pub mod mandelbrot;
pub mod ntt;
pub mod sha256;

pub use self::{
	filter::smooth,
	kmer::{kmer_counts, kmer_totals, KMER_BLOCK},
	mandelbrot::{mandelbrot, MandelbrotView},
};
