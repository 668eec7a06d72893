//! Every reason for which a proof shows nothing, and that they are given in the order of the page.

use millrace_kernel::{
	eval::TaskError,
	program::Program,
	proof::{judge, Commitment, InputCommitment, JudgeError, Judgement, LeafProof, OpeningError, Used, Verdict},
	tree::{Blake2b, Pair, PathError, SumNode},
};

use crate::case::{nodes, path, root, Case, Random, KERNELS};

/// A commitment and a proof whose parts can be changed.
#[derive(Clone)]
struct Trial {
	program: Program,
	items: u32,
	max_units: u32,
	params: Vec<u64>,
	inputs: Vec<InputCommitment>,
	root: SumNode,
	proof: LeafProof,
	/// The openings of all chunks but the first that is read.
	short: LeafProof,
	missing: JudgeError,
}

impl Trial {
	/// A lie about leaf 2 of 5 of the kernel that gathers from a table of 6 chunks by a list of 3.
	fn new() -> Trial {
		let mut random = Random(91);
		let inputs = vec![random.bytes(6 * 1024 - 24), random.bytes(2500)];
		let case = Case::new(KERNELS[0], 40, 2000, vec![3], inputs);
		let mut nodes = nodes(&case.leaves());
		assert_eq!(nodes.len(), 5);
		nodes[2].hash[9] ^= 4;
		let root = root(&nodes);
		let proof = case.proof(root, 2, path(&nodes, 2));
		assert_eq!(proof.pairs.len(), 3);
		assert!(proof.openings.iter().all(|opening| !opening.siblings.is_empty()));
		// The first load of the kernel is list[16].
		let mut short = proof.clone();
		assert_eq!(proof.openings[1].chunks[0], 0);
		short.openings[1] = case.open(1, &proof.openings[1].chunks[1..]);
		Trial {
			items: case.items,
			max_units: case.max_units,
			params: case.params.clone(),
			inputs: case.roots.clone(),
			root,
			proof,
			short,
			missing: JudgeError::Missing { input: 1, chunk: 0 },
			program: case.program,
		}
	}

	fn judge(&self) -> Result<Judgement, JudgeError> {
		let commitment = Commitment {
			program: &self.program,
			task: millrace_kernel::eval::Task {
				items: self.items,
				max_units: self.max_units,
				params: &self.params,
			},
			inputs: &self.inputs,
			root: self.root,
		};
		judge::<Blake2b>(&commitment, &self.proof.view())
	}
}

/// Spoils a trial, and says why it then fails.
type Defect = fn(&mut Trial) -> JudgeError;

/// All defects, in the order in which the page looks for them. Those that stand together in one list exclude each other.
fn defects() -> Vec<Vec<Defect>> {
	vec![
		vec![
			|trial| {
				trial.params.push(1);
				JudgeError::Task(TaskError::Params { declared: 1, actual: 2 })
			},
			|trial| {
				trial.items = 0;
				JudgeError::Task(TaskError::NoItems)
			},
			|trial| {
				trial.max_units = 2001;
				let least = trial.program.item_cost();
				JudgeError::Task(TaskError::MaxUnits {
					least,
					most: 2000,
					max_units: 2001,
				})
			},
			|trial| {
				trial.inputs.pop();
				JudgeError::Task(TaskError::Inputs { declared: 2, actual: 1 })
			},
		],
		vec![
			|trial| {
				trial.proof.leaf = 5;
				JudgeError::Position { leaf: 5, leaves: 5 }
			},
			|trial| {
				trial.proof.leaf = u32::MAX;
				JudgeError::Position {
					leaf: u32::MAX,
					leaves: 5,
				}
			},
		],
		vec![
			|trial| {
				trial.proof.units = (1 << 21) + 1;
				let chunks = trial.proof.chunks;
				JudgeError::Declared {
					units: (1 << 21) + 1,
					chunks,
				}
			},
			|trial| {
				trial.proof.chunks = 513;
				let units = trial.proof.units;
				JudgeError::Declared { units, chunks: 513 }
			},
		],
		vec![
			|trial| {
				trial.proof.openings.pop();
				JudgeError::Openings { inputs: 2, openings: 1 }
			},
			|trial| {
				trial.proof.openings.push(Default::default());
				JudgeError::Openings { inputs: 2, openings: 3 }
			},
		],
		vec![|trial| {
			let actual = trial
				.proof
				.openings
				.iter()
				.map(|opening| opening.chunks.len() as u32)
				.sum();
			trial.proof.chunks = 1;
			JudgeError::Chunks { declared: 1, actual }
		}],
		vec![
			|trial| {
				trial.proof.openings[0].chunks.reverse();
				opening(0, OpeningError::Order)
			},
			|trial| {
				*trial.proof.openings[0].chunks.last_mut().unwrap() = 6;
				opening(0, OpeningError::Position { chunk: 6 })
			},
			|trial| {
				let expected = trial.proof.openings[0].bytes.len();
				trial.proof.openings[0].bytes.push(0);
				let actual = expected + 1;
				opening(0, OpeningError::Bytes { expected, actual })
			},
			|trial| {
				let expected = trial.proof.openings[0].siblings.len();
				trial.proof.openings[0].siblings.pop();
				let actual = expected - 1;
				opening(0, OpeningError::Siblings { expected, actual })
			},
		],
		// All inputs' forms come before any input's root.
		vec![|trial| {
			let expected = trial.proof.openings[1].siblings.len();
			trial.proof.openings[1].siblings.push([0; 32]);
			let actual = expected + 1;
			opening(1, OpeningError::Siblings { expected, actual })
		}],
		vec![
			|trial| {
				trial.proof.pairs[0].right.units += 1;
				JudgeError::Path(PathError::Hash)
			},
			|trial| {
				trial.proof.pairs[1].left.hash[0] ^= 1;
				JudgeError::Path(PathError::Hash)
			},
			|trial| {
				trial.proof.pairs.swap(1, 2);
				JudgeError::Path(PathError::Hash)
			},
			|trial| {
				trial.proof.pairs.pop();
				JudgeError::Path(PathError::Length)
			},
			|trial| {
				let last = trial.proof.pairs[2];
				trial.proof.pairs.push(last);
				JudgeError::Path(PathError::Length)
			},
			|trial| {
				trial.root.hash[31] ^= 1;
				JudgeError::Path(PathError::Hash)
			},
			// A false sum, and the path goes on below it.
			|trial| {
				trial.root.units += 1;
				JudgeError::Path(PathError::Length)
			},
		],
		vec![
			|trial| {
				trial.proof.openings[0].bytes[5] ^= 1;
				opening(0, OpeningError::Root)
			},
			|trial| {
				trial.proof.openings[0].siblings[0][5] ^= 1;
				opening(0, OpeningError::Root)
			},
			|trial| {
				trial.inputs[0].root = [0; 32];
				opening(0, OpeningError::Root)
			},
		],
		vec![|trial| {
			trial.proof.openings[1].bytes[5] ^= 1;
			opening(1, OpeningError::Root)
		}],
		// The first item is charged its cost before its first load.
		vec![
			|trial| {
				trial.proof.units = 0;
				JudgeError::Units { declared: 0 }
			},
			|trial| {
				trial.proof.units = trial.program.item_cost();
				let declared = trial.proof.units;
				JudgeError::Units { declared }
			},
		],
		vec![|trial| {
			trial.proof.openings[1] = trial.short.openings[1].clone();
			trial.missing
		}],
		// What only the last item takes comes after the first item's loads.
		vec![|trial| {
			trial.proof.units -= 1;
			let declared = trial.proof.units;
			JudgeError::Units { declared }
		}],
	]
}

fn opening(input: u8, error: OpeningError) -> JudgeError {
	JudgeError::Opening { input, error }
}

/// Numbers the errors, so that a new one cannot be forgotten here.
fn number(error: &JudgeError) -> usize {
	match error {
		JudgeError::Task(_) => 0,
		JudgeError::Position { .. } => 1,
		JudgeError::Declared { .. } => 2,
		JudgeError::Openings { .. } => 3,
		JudgeError::Chunks { .. } => 4,
		JudgeError::Opening { error, .. } => match error {
			OpeningError::Order => 5,
			OpeningError::Position { .. } => 6,
			OpeningError::Bytes { .. } => 7,
			OpeningError::Siblings { .. } => 8,
			OpeningError::Root => 9,
		},
		JudgeError::Path(_) => 10,
		JudgeError::Units { .. } => 11,
		JudgeError::Missing { .. } => 12,
	}
}

#[test]
fn every_defect_has_its_error() {
	let sound = Trial::new();
	let verdict = sound.judge().unwrap().verdict;
	assert!(matches!(verdict, Verdict::Different { .. }));
	let mut seen = [0; 13];
	let mut messages = Vec::new();
	for defect in defects().concat() {
		let mut trial = sound.clone();
		let error = defect(&mut trial);
		assert_eq!(trial.judge(), Err(error));
		seen[number(&error)] += 1;
		messages.push(error.to_string());
	}
	assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
	assert!(messages.iter().all(|message| message.len() > 15));
	messages.sort();
	messages.dedup();
	assert!(messages.len() > 20, "the messages tell them apart: {messages:#?}");
}

/// Of two defects the first of the page is given.
#[test]
fn errors_come_in_the_order_of_the_page() {
	let sound = Trial::new();
	let stages = defects();
	let mut pairs = 0;
	for (at, stage) in stages.iter().enumerate() {
		for earlier in stage {
			for later in stages[at + 1..].concat() {
				let mut trial = sound.clone();
				later(&mut trial);
				// The earlier one may undo the later: the same field in another way.
				let error = earlier(&mut trial);
				assert_eq!(trial.judge(), Err(error), "stage {at}");
				pairs += 1;
			}
		}
	}
	assert!(pairs > 300, "{pairs}");
}

/// What the openings hold does not matter once a pair is inconsistent; their form, which costs no hash, does.
#[test]
fn an_inconsistent_pair_decides_before_the_openings() {
	let mut sound = Trial::new();
	sound.root.units += 1;
	sound.proof.pairs.truncate(1);
	let expected = Judgement {
		verdict: Verdict::Inconsistent { pair: 0 },
		used: Used { units: 0, chunks: 0 },
	};
	assert_eq!(sound.judge(), Ok(expected));
	// Any leaf of the job will do, and nothing needs to be opened or declared.
	for leaf in 0..5 {
		let mut trial = sound.clone();
		trial.proof.leaf = leaf;
		trial
			.proof
			.openings
			.iter_mut()
			.for_each(|opening| *opening = Default::default());
		(trial.proof.units, trial.proof.chunks) = (0, 0);
		assert_eq!(trial.judge(), Ok(expected));
	}
	for (at, stage) in defects().into_iter().enumerate() {
		for defect in stage {
			let mut trial = sound.clone();
			if at == 7 {
				// The path itself; these expect three pairs.
				continue;
			}
			let error = defect(&mut trial);
			let judged = if at < 7 { Err(error) } else { Ok(expected) };
			assert_eq!(trial.judge(), judged, "stage {at}");
		}
	}
}

/// Units that overflow are no sum, though they wrap to what is claimed.
#[test]
fn a_sum_that_overflows_is_inconsistent() {
	let mut trial = Trial::new();
	let pair = Pair {
		left: SumNode {
			hash: [1; 32],
			units: u64::MAX,
		},
		right: SumNode {
			hash: [2; 32],
			units: 8,
		},
	};
	trial.root = SumNode {
		hash: pair.hash::<Blake2b>(),
		units: 7,
	};
	trial.proof.pairs = vec![pair];
	let judgement = trial.judge().unwrap();
	assert_eq!(judgement.verdict, Verdict::Inconsistent { pair: 0 });
}
