//! Any bytes through the decoder and the validator.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| millrace_kernel_fuzz::decode(data));
