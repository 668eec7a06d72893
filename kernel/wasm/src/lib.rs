#![doc = include_str!("../README.md")]

mod filler;
mod item;
mod layout;
mod module;

pub use filler::{filler, FILL, WINDOW_BYTES};
pub use layout::Layout;
pub use module::{emit, Features, Module, LEAF, MEMORY, NAMESPACE, TRAPS_SHIFT};
