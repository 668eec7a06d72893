//! The text form: what it encodes, where it is refused, and that nothing is lost on the way back.

use millrace_kernel::{asm::assemble, program::Program};

mod build;
mod encoding;
mod macros;
mod refusals;
mod round_trip;
mod shipped;

/// Seven lines: what follows begins on line 8.
const HEAD: &str = ".item 16\n.max_units 1000\n.max_faults 4\n.inputs a b\n.params k\n.w x y z\n.d p q\n";

fn with_head(body: &str) -> String {
	format!("{HEAD}{body}")
}

fn program(source: &str) -> Program {
	assemble(source).unwrap_or_else(|error| panic!("{error}\n{source}"))
}
