//! For each set of chunks one opening is valid.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| millrace_kernel_fuzz::opening(data));
