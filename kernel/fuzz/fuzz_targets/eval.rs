//! Whatever decodes must evaluate within its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| millrace_kernel_fuzz::eval(data));
