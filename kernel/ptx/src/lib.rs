#![doc = include_str!("../README.md")]

use millrace_kernel::program::Program;

pub use self::{
	launch::Launch,
	leaves::{LEAVES, LEAVES_PTX},
	lint::lint,
};

mod arithmetic;
mod control;
mod emitter;
mod launch;
mod leaves;
mod lint;
mod loads;
mod memory;
mod operand;
mod survey;
mod text;

/// The entry point of an emitted module. Its one parameter is a [`Launch`].
pub const ITEMS: &str = "items";

/// Threads of a block, for both entry points: a launch of n items, or n leaves, has ⌈n / 128⌉ blocks.
pub const BLOCK: u32 = 128;

/// Changes whenever [`emit`] writes another text for some program: part of the key of every cache of compiled modules.
pub const EMITTER_VERSION: u32 = 1;

/// The PTX module of `program`: the same text for the same program, always.
///
/// The text grows with the program, to at most about 2 MB for 4,096 instructions, and is written in one pass.
pub fn emit(program: &Program) -> String {
	emitter::Emitter::new(program).module()
}
