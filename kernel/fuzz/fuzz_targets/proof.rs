//! No change of a proof turns what is judged.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| millrace_kernel_fuzz::proof(data));
