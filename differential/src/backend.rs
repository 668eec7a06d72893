//! What runs a case: the reference, and everything that must agree with it.

use millrace_kernel::leaf::{leaf_items, Leaf};

pub use self::{cpu::Cpu, cuda::Cuda, ptx::Ptx, reference::Reference};
use crate::case::Case;

mod cpu;
mod cuda;
mod ptx;
mod reference;

/// The names that [`by_name`] knows, the oracle first.
pub const NAMES: [&str; 5] = ["reference", "cpu", "portable", "ptx", "cuda"];

/// Something that evaluates all leaves of a case. Used by several threads at once.
pub trait Backend: Sync {
	/// Its name, as the command line takes it.
	fn name(&self) -> String;

	/// What it runs on, in one line for people.
	fn describe(&self) -> String {
		self.name()
	}

	/// Every leaf of the case, in order.
	///
	/// # Errors
	/// The backend failed, in a sentence. A trap is no failure.
	fn run(&self, case: &Case) -> Result<Vec<Leaf>, String>;
}

/// The backend called `name`.
///
/// # Errors
/// There is no such backend, or it cannot be used here, in a sentence.
pub fn by_name(name: &str) -> Result<Box<dyn Backend>, String> {
	let backend: Box<dyn Backend> = match name {
		"reference" => Box::new(Reference),
		"cpu" => Box::new(Cpu::new()?),
		"portable" => Box::new(Cpu::portable()?),
		"ptx" => Box::new(Ptx::new()?),
		"cuda" => Box::new(Cuda::new()?),
		_ => return Err(format!("there is no backend {name:?}; there are {}", NAMES.join(", "))),
	};
	Ok(backend)
}

/// An error and its causes in one line.
fn line(error: &dyn std::error::Error) -> String {
	let mut line = error.to_string();
	let mut cause = error.source();
	while let Some(error) = cause {
		line.push_str(": ");
		line.push_str(&error.to_string());
		cause = error.source();
	}
	line
}

/// Bytes of leaf number `leaf` of a case.
fn leaf_bytes(case: &Case, leaf: u32) -> usize {
	let items = leaf_items(case.program.items_per_leaf(), case.items, leaf).map_or(0, |items| items.len());
	items * usize::from(case.program.header().item_size)
}

/// Leaves from the whole output and the units and traps of each. Fails where there is more or less than the job has.
fn leaves(case: &Case, output: &[u8], figures: &[(u64, u32)]) -> Result<Vec<Leaf>, String> {
	let expected = case.items as usize * usize::from(case.program.header().item_size);
	if output.len() != expected || figures.len() != case.leaves() as usize {
		return Err(format!(
			"{} bytes and {} leaves came back, there are {expected} and {}",
			output.len(),
			figures.len(),
			case.leaves()
		));
	}
	let mut rest = output;
	Ok((0u32..)
		.zip(figures)
		.map(|(leaf, (units, traps))| {
			let (bytes, after) = rest.split_at(leaf_bytes(case, leaf));
			rest = after;
			Leaf {
				bytes: bytes.to_vec(),
				units: *units,
				traps: *traps,
			}
		})
		.collect())
}
