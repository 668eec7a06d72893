//! The oracle.

use millrace_kernel::{
	eval::{Machine, Slices},
	leaf::{eval_leaf, Leaf},
};

use super::Backend;
use crate::case::Case;

/// The interpreter that defines what a kernel means.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reference;

impl Backend for Reference {
	fn name(&self) -> String {
		"reference".to_owned()
	}

	fn run(&self, case: &Case) -> Result<Vec<Leaf>, String> {
		let inputs = case.slices();
		let mut machine = Machine::new(&case.program);
		(0..case.leaves())
			.map(|leaf| eval_leaf(&case.program, &case.task(), &Slices(&inputs), leaf, &mut machine))
			.collect::<Result<_, _>>()
			.map_err(|error| error.to_string())
	}
}
