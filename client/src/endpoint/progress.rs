//! What a provider says it has of a job's inputs.

use serde::Deserialize;

/// What is there of all inputs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct InputsProgress {
	/// For each input of the job.
	pub inputs: Vec<InputProgress>,
}

/// What is there of one input.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct InputProgress {
	/// Its length in bytes.
	pub len: u64,
	/// Whether the list of leaf hashes is there.
	pub leaves: bool,
	/// Ranges of chunks that are not there, as (first, count); not all of them when there are many.
	pub missing: Vec<(u32, u32)>,
}

impl InputProgress {
	/// Whether nothing is missing.
	pub fn is_complete(&self) -> bool {
		self.leaves && self.missing.is_empty()
	}
}

impl InputsProgress {
	/// Whether nothing is missing.
	pub fn is_complete(&self) -> bool {
		self.inputs.iter().all(InputProgress::is_complete)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn answers_read_as_documented() {
		let text =
			r#"{"inputs":[{"len":5000,"leaves":true,"missing":[[0,2],[4,1]]},{"len":0,"leaves":true,"missing":[]}]}"#;
		let progress: InputsProgress = serde_json::from_str(text).unwrap();
		assert_eq!(progress.inputs[0].missing, [(0, 2), (4, 1)]);
		assert!(!progress.is_complete());
		assert!(progress.inputs[1].is_complete());
	}
}
