//! Building the case against a leaf from the whole inputs.

use alloc::{collections::BTreeSet, vec, vec::Vec};
use core::{cell::RefCell, fmt};

use super::{Commitment, LeafProof, Opening};
use crate::{
	eval::{EvalError, InputReader, Machine, MissingChunk, Slices, TaskError},
	leaf::eval_leaf_within,
	tree::{verify_output_path, Claim, Digest, Hasher, Pair, PathError},
};

/// An input in memory. Its chunks are hashed by the caller, once for all leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeInput<'a> {
	/// The bytes.
	pub bytes: &'a [u8],
	/// The hashes of its chunks, as [`input_leaves`](crate::tree::input_leaves) gives them.
	pub leaves: &'a [Digest],
}

/// Builds the case against leaf number `leaf` of `commitment`.
///
/// `inputs` are the job's, whole and in order; `pairs` lead from the committed root to the leaf, as
/// [`output_path`](crate::tree::output_path) gives them from all leaves of the provider, or
/// [`Descent`](super::Descent) from a served tree. The proof opens exactly the chunks that evaluating the leaf reads, and
/// declares exactly what judging it takes. Pairs that end with one whose units do not sum up are the whole case: see
/// [`prove_inconsistent`].
///
/// It is not asked whether the leaf is wrong: [`judge`](super::judge()) tells.
///
/// # Errors
/// The job does not fit its kernel, the inputs are not the job's, or the pairs are no path of the committed tree.
pub fn prove<H: Hasher>(
	commitment: &Commitment<'_>,
	inputs: &[WholeInput<'_>],
	leaf: u32,
	pairs: Vec<Pair>,
) -> Result<LeafProof, ProveError> {
	let (claim, mut proof) = begin::<H>(commitment, leaf, pairs)?;
	if let Claim::Inconsistent { .. } = claim {
		return Ok(proof);
	}
	if inputs.len() != commitment.inputs.len() {
		return Err(ProveError::Inputs {
			expected: commitment.inputs.len(),
			actual: inputs.len(),
		});
	}
	for ((number, input), whole) in (0u8..).zip(commitment.inputs).zip(inputs) {
		if u32::try_from(whole.bytes.len()) != Ok(input.len) {
			return Err(ProveError::Input { input: number });
		}
	}
	let bytes: Vec<&[u8]> = inputs.iter().map(|whole| whole.bytes).collect();
	let recorder = Recorder::new(&bytes);
	let mut machine = Machine::new(commitment.program);
	let evaluated = eval_leaf_within(
		commitment.program,
		&commitment.task,
		&recorder,
		leaf,
		&mut machine,
		u32::MAX,
	);
	let (_, units) = evaluated.map_err(ProveError::Eval)?;
	proof.units = units;
	let parts = proof.openings.iter_mut().zip(recorder.read_chunks()).zip(inputs);
	for ((number, input), ((opening, chunks), whole)) in (0u8..).zip(commitment.inputs).zip(parts) {
		let wrong = ProveError::Input { input: number };
		*opening = Opening::new::<H>(whole.bytes, whole.leaves, &chunks).map_err(|_| wrong)?;
		// Bytes or hashes of another input would make a proof that shows nothing, and costs its fee.
		opening.view().verify::<H>(input).map_err(|_| wrong)?;
		let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX);
		proof.chunks = proof.chunks.saturating_add(count);
	}
	Ok(proof)
}

/// The case of a pair whose units do not sum up: `pairs` lead from the committed root to it, on the way to leaf number
/// `leaf`, and end with it. No input is needed and no evaluation is declared.
///
/// # Errors
/// Those of [`prove`], and [`ProveError::Consistent`].
pub fn prove_inconsistent<H: Hasher>(
	commitment: &Commitment<'_>,
	leaf: u32,
	pairs: Vec<Pair>,
) -> Result<LeafProof, ProveError> {
	match begin::<H>(commitment, leaf, pairs)? {
		(Claim::Inconsistent { .. }, proof) => Ok(proof),
		(Claim::Leaf(_), _) => Err(ProveError::Consistent),
	}
}

/// What the pairs show, and a proof that opens and declares nothing yet.
fn begin<H: Hasher>(
	commitment: &Commitment<'_>,
	leaf: u32,
	pairs: Vec<Pair>,
) -> Result<(Claim, LeafProof), ProveError> {
	let inputs = commitment.inputs.len();
	commitment
		.task
		.check(commitment.program, inputs)
		.map_err(ProveError::Task)?;
	let claim = verify_output_path::<H>(&commitment.root, commitment.leaves(), leaf, &pairs);
	let proof = LeafProof {
		leaf,
		pairs,
		openings: vec![Opening::default(); inputs],
		units: 0,
		chunks: 0,
	};
	Ok((claim.map_err(ProveError::Path)?, proof))
}

/// Whole inputs that note which chunks are read.
struct Recorder<'a> {
	inputs: Slices<'a>,
	/// Of each input.
	chunks: RefCell<Vec<BTreeSet<u32>>>,
}

impl<'a> Recorder<'a> {
	fn new(inputs: &'a [&'a [u8]]) -> Self {
		Recorder {
			inputs: Slices(inputs),
			chunks: RefCell::new(vec![BTreeSet::new(); inputs.len()]),
		}
	}

	/// The chunks that were read of each input, ascending.
	fn read_chunks(self) -> Vec<Vec<u32>> {
		let inputs = self.chunks.into_inner();
		inputs.into_iter().map(|chunks| chunks.into_iter().collect()).collect()
	}
}

impl InputReader for Recorder<'_> {
	fn len(&self, input: u8) -> u32 {
		self.inputs.len(input)
	}

	fn read(&self, input: u8, offset: u32, buf: &mut [u8]) -> Result<(), MissingChunk> {
		self.inputs.read(input, offset, buf)?;
		let chunk = offset / 1024;
		// Nothing else holds the cell while it is borrowed here; were it so, the chunk would count as not at hand.
		let mut inputs = self
			.chunks
			.try_borrow_mut()
			.map_err(|_| MissingChunk { input, chunk })?;
		if let Some(chunks) = inputs.get_mut(usize::from(input)) {
			chunks.insert(chunk);
		}
		Ok(())
	}
}

/// Why there is no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProveError {
	/// The task does not fit the program.
	Task(TaskError),
	/// The pairs are no path of the committed tree.
	Path(PathError),
	/// Another number of inputs than the job has.
	Inputs {
		/// Inputs of the job.
		expected: usize,
		/// Inputs given.
		actual: usize,
	},
	/// The bytes of an input, or the hashes of its chunks, are not those that the job names.
	Input {
		/// The number of the input.
		input: u8,
	},
	/// The leaf could not be evaluated.
	Eval(EvalError),
	/// The units of all pairs sum up.
	Consistent,
}

impl fmt::Display for ProveError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			ProveError::Task(error) => write!(f, "the job does not fit its kernel: {error}"),
			ProveError::Path(error) => write!(f, "the pairs lead nowhere: {error}"),
			ProveError::Inputs { expected, actual } => {
				write!(f, "the job has {expected} inputs, there are {actual}")
			}
			ProveError::Input { input } => write!(f, "input {input} is not the one that the job names"),
			ProveError::Eval(error) => write!(f, "the leaf could not be evaluated: {error}"),
			ProveError::Consistent => f.write_str("the units of all pairs sum up"),
		}
	}
}

impl core::error::Error for ProveError {}
