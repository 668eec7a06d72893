//! Whatever decodes must encode to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| millrace_kernel_fuzz::validate(data));
