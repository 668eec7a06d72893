//! The judge: whether a proof shows that a committed result is wrong.

use core::fmt;

use super::{Commitment, LeafProofView, Opened, OpeningError};
use crate::{
	eval::{EvalError, Machine, TaskError},
	leaf::eval_leaf_within,
	program::{REFUTE_FAULTS, REFUTE_UNITS},
	tree::{verify_output_path, Claim, Hasher, PathError, SumNode},
};

/// What a proof shows about a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
	/// It is wrong: it holds two children whose units do not sum to what their parent claims.
	Inconsistent {
		/// The number of the pair in the path, from the root.
		pair: u32,
	},
	/// It is wrong: it holds another leaf than the one that evaluation gives.
	Different {
		/// What the provider committed to.
		claimed: SumNode,
		/// What the leaf is.
		evaluated: SumNode,
	},
	/// It is right at this leaf, which refutes nothing.
	Right,
}

/// What judging took; the proof declared at least as much. Nothing where a pair alone decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
	/// Units that were evaluated, see [`Metered`](crate::eval::Metered).
	pub units: u32,
	/// Chunks that were verified, read or not.
	pub chunks: u32,
}

/// What a proof shows, and what finding it out took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
	/// What it shows.
	pub verdict: Verdict,
	/// What finding it out took.
	pub used: Used,
}

/// Judges `proof` against `commitment`.
///
/// First everything is checked that shows without hashing. Then the pairs are followed from the root; one whose units
/// do not sum up ends the case without a look at the openings. Else the openings are verified, all items of the leaf are
/// evaluated from them, and the leaf is compared, hash and units, with what the root commits to. The work is bounded by
/// the pairs and by the declared units and chunks.
///
/// # Errors
/// Whatever keeps the proof from showing anything, whether the commitment is right or wrong.
pub fn judge<H: Hasher>(commitment: &Commitment<'_>, proof: &LeafProofView<'_>) -> Result<Judgement, JudgeError> {
	let program = commitment.program;
	check(commitment, proof)?;
	let claim = verify_output_path::<H>(&commitment.root, commitment.leaves(), proof.leaf, proof.pairs)
		.map_err(JudgeError::Path)?;
	let claimed = match claim {
		Claim::Leaf(claimed) => claimed,
		Claim::Inconsistent { pair } => {
			return Ok(Judgement {
				verdict: Verdict::Inconsistent { pair },
				used: Used::default(),
			})
		}
	};
	let mut opened = Opened::with_capacity(proof.openings.len());
	for ((number, input), opening) in (0u8..).zip(commitment.inputs).zip(&proof.openings) {
		opened
			.push_formed::<H>(input, *opening)
			.map_err(|error| JudgeError::Opening { input: number, error })?;
	}
	let mut machine = Machine::new(program);
	let (leaf, units) = eval_leaf_within(
		program,
		&commitment.task,
		&opened,
		proof.leaf,
		&mut machine,
		proof.units,
	)
	.map_err(|error| match error {
		EvalError::MissingChunk { input, chunk } => JudgeError::Missing { input, chunk },
		EvalError::Budget => JudgeError::Units { declared: proof.units },
		// The leaf exists and the machine is the program's: neither can happen.
		EvalError::Range | EvalError::Shape => JudgeError::Position {
			leaf: proof.leaf,
			leaves: commitment.leaves(),
		},
	})?;
	let evaluated = leaf.node::<H>(proof.leaf);
	Ok(Judgement {
		verdict: if evaluated == claimed {
			Verdict::Right
		} else {
			Verdict::Different { claimed, evaluated }
		},
		used: Used {
			units,
			chunks: opened.chunks(),
		},
	})
}

/// Everything that shows without a hash.
fn check(commitment: &Commitment<'_>, proof: &LeafProofView<'_>) -> Result<(), JudgeError> {
	let (inputs, leaves) = (commitment.inputs, commitment.leaves());
	commitment
		.task
		.check(commitment.program, inputs.len())
		.map_err(JudgeError::Task)?;
	if proof.leaf >= leaves {
		return Err(JudgeError::Position {
			leaf: proof.leaf,
			leaves,
		});
	}
	if proof.units > REFUTE_UNITS || proof.chunks > REFUTE_FAULTS {
		return Err(JudgeError::Declared {
			units: proof.units,
			chunks: proof.chunks,
		});
	}
	if proof.openings.len() != inputs.len() {
		return Err(JudgeError::Openings {
			inputs: inputs.len(),
			openings: proof.openings.len(),
		});
	}
	let chunks = proof.openings.iter().map(|opening| length(opening.chunks.len()));
	let actual = chunks.fold(0u32, u32::saturating_add);
	if actual > proof.chunks {
		return Err(JudgeError::Chunks {
			declared: proof.chunks,
			actual,
		});
	}
	for ((number, input), opening) in (0u8..).zip(inputs).zip(&proof.openings) {
		opening
			.check_form(input.len)
			.map_err(|error| JudgeError::Opening { input: number, error })?;
	}
	Ok(())
}

fn length(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}

/// Why a proof shows nothing. It says nothing about the commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeError {
	/// The task does not fit the program.
	Task(TaskError),
	/// The job has no such leaf.
	Position {
		/// The number of the leaf.
		leaf: u32,
		/// Leaves of the job.
		leaves: u32,
	},
	/// More units or chunks are declared than any leaf takes.
	Declared {
		/// Units declared.
		units: u32,
		/// Chunks declared.
		chunks: u32,
	},
	/// There is not one opening for each input.
	Openings {
		/// Inputs of the job.
		inputs: usize,
		/// Openings given.
		openings: usize,
	},
	/// The openings hold more chunks than were declared.
	Chunks {
		/// Chunks declared.
		declared: u32,
		/// Chunks given.
		actual: u32,
	},
	/// An opening is not one of its input.
	Opening {
		/// The number of the input.
		input: u8,
		/// What is wrong with it.
		error: OpeningError,
	},
	/// The pairs are no path of the committed tree.
	Path(PathError),
	/// Evaluation reads a chunk that is not opened.
	Missing {
		/// The input.
		input: u8,
		/// The number of the chunk.
		chunk: u32,
	},
	/// Evaluation takes more units than were declared.
	Units {
		/// Units declared.
		declared: u32,
	},
}

impl fmt::Display for JudgeError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			JudgeError::Task(error) => write!(f, "the job does not fit its kernel: {error}"),
			JudgeError::Position { leaf, leaves } => write!(f, "the job has {leaves} leaves and no leaf {leaf}"),
			JudgeError::Declared { units, chunks } => {
				write!(f, "no leaf takes {units} units and {chunks} chunks")
			}
			JudgeError::Openings { inputs, openings } => {
				write!(f, "the job has {inputs} inputs, there are {openings} openings")
			}
			JudgeError::Chunks { declared, actual } => {
				write!(f, "{declared} chunks are declared, there are {actual}")
			}
			JudgeError::Opening { input, error } => write!(f, "input {input}: {error}"),
			JudgeError::Path(error) => write!(f, "the pairs lead nowhere: {error}"),
			JudgeError::Missing { input, chunk } => write!(f, "chunk {chunk} of input {input} is not opened"),
			JudgeError::Units { declared } => {
				write!(f, "evaluating the leaf takes more than the declared {declared} units")
			}
		}
	}
}

impl core::error::Error for JudgeError {}
