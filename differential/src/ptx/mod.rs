//! Runs PTX without a GPU: a parser and an interpreter of the integer subset that kernels need.
//!
//! This is the oracle for generated PTX. It is written from NVIDIA's description of the PTX instruction set, shares
//! nothing with what generates the text, and is strict where a GPU is not: whatever is undefined, unspecified, or would
//! depend on other threads ends the launch with an [`Error`] that names the line.
//!
//! - An instruction with a modifier, type or operand that PTX does not give it is refused when it is parsed. So are the
//!   rest of PTX (other types, barriers, atomics, calls, generic addresses, nested blocks) and what one thread alone
//!   cannot check (a predicated `.uni`).
//! - Registers and local memory must be written before they are read.
//! - Division by zero, or of the least integer by −1, is a [`Fault`].
//! - Accesses must be in one allocation or variable, and aligned to the bytes of all their elements together, as far as
//!   the declared alignment guarantees it.
//! - Threads run one after another and may not share: a byte that one thread stored is closed to the others, and an
//!   allocation is either written or read through the read-only cache in one launch.
//!
//! Variables of a module have their initial values at the start of each launch.

mod arithmetic;
mod bits;
mod decode;
mod error;
mod execute;
mod lexer;
mod memory;
mod operation;
mod parse;
mod select;
mod space;
mod syntax;
#[cfg(test)]
mod tests;
mod types;

pub use error::{Error, Fault};
pub use memory::Memory;

use decode::{declare, decode, Symbol, Symbols};
use execute::Machine;
use memory::{Global, Variable};
use operation::Entry;
use space::{variable_address, Space};

/// Most threads of a block.
const MOST_BLOCK_THREADS: u32 = 1_024;

/// A parsed module, ready for launches.
#[derive(Clone, Debug)]
pub struct Module {
	entries: Vec<Entry>,
	global: Vec<Variable>,
	constant: Vec<Variable>,
}

/// What a launch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
	/// Threads that ran.
	pub threads: u64,
	/// Instructions that they executed, predicated-off ones included.
	pub instructions: u64,
}

impl Module {
	/// Parses and decodes a module.
	///
	/// # Errors
	/// Where the text is not PTX of the subset. Nothing is skipped.
	pub fn parse(text: &str) -> Result<Module, Error> {
		let text = parse::parse(text)?;
		let mut symbols = Symbols::new();
		let (mut global, mut constant) = (Vec::new(), Vec::new());
		for variable in text.variables {
			let variables = match variable.space {
				Space::Constant => &mut constant,
				Space::Global | Space::Local => &mut global,
			};
			let address = variable_address(variable.space, variables.len(), variable.line)?;
			let symbol = Symbol::Variable {
				space: variable.space,
				address,
			};
			declare(&mut symbols, variable.line, variable.name.to_owned(), symbol)?;
			variables.push(Variable {
				bytes: variable.bytes,
				align: variable.align,
			});
		}
		let mut entries: Vec<Entry> = Vec::new();
		for entry in &text.entries {
			if symbols.contains_key(entry.name) || entries.iter().any(|other| other.name == entry.name) {
				return Err(Error::Redeclared {
					line: entry.line,
					name: entry.name.to_owned(),
				});
			}
			entries.push(decode(entry, &symbols)?);
		}
		Ok(Module {
			entries,
			global,
			constant,
		})
	}

	/// Runs `grid` blocks of `block` threads of an entry, with the bytes of its parameter area: its parameters in their
	/// order, each at the next offset that its alignment allows.
	///
	/// # Errors
	/// Where a driver would refuse the launch, or where a thread does what is not defined. Memory is then as that
	/// thread left it.
	pub fn launch(
		&self,
		memory: &mut Memory,
		entry: &str,
		grid: u32,
		block: u32,
		parameters: &[u8],
	) -> Result<Stats, Error> {
		let Some(entry) = self.entries.iter().find(|candidate| candidate.name == entry) else {
			return Err(Error::NoEntry {
				entry: entry.to_owned(),
			});
		};
		check_launch(entry, grid, block, parameters)?;

		let global = Global::new(memory, &self.global);
		let mut machine = Machine::new(entry, parameters, global, &self.constant);
		let mut stats = Stats {
			threads: 0,
			instructions: 0,
		};
		for in_grid in 0..grid {
			for in_block in 0..block {
				let special = [in_block, block, in_grid, grid];
				stats.instructions += machine.run(in_grid * block + in_block, special)?;
				stats.threads += 1;
			}
		}
		Ok(stats)
	}
}

fn check_launch(entry: &Entry, grid: u32, block: u32, parameters: &[u8]) -> Result<(), Error> {
	let refused = |text: String| {
		Err(Error::Launch {
			entry: entry.name.clone(),
			text,
		})
	};
	if grid == 0 || grid > i32::MAX as u32 {
		return refused(format!("{grid} blocks"));
	}
	if block == 0 || block > MOST_BLOCK_THREADS {
		return refused(format!("{block} threads a block"));
	}
	if grid.checked_mul(block).is_none_or(|threads| threads == u32::MAX) {
		return refused(format!(
			"{grid} blocks of {block} threads are more than this interpreter counts"
		));
	}
	if let Some(most) = entry.limits.most.filter(|most| u64::from(block) > *most) {
		return refused(format!("{block} threads a block, at most {most} are declared"));
	}
	if let Some(exact) = entry.limits.exact.filter(|exact| *exact != [u64::from(block), 1, 1]) {
		return refused(format!("{block} threads a block, exactly {exact:?} are declared"));
	}
	if parameters.len() != entry.parameter_bytes {
		let declared = entry.parameter_bytes;
		return refused(format!(
			"{} bytes of parameters, {declared} are declared",
			parameters.len()
		));
	}
	Ok(())
}
