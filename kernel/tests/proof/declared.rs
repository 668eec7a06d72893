//! Declared units and chunks: what is exact passes, one less does not, and more is given back.

use millrace_kernel::{
	proof::{JudgeError, Judgement, LeafProof, Verdict},
	tree::SumNode,
};

use crate::case::{nodes, path, root, Case, Random, KERNELS};

/// A random job whose provider lies about one leaf, and the proof of it.
fn lying(kernel: &str, random: &mut Random) -> (Case, SumNode, LeafProof) {
	let case = Case::random(kernel, random);
	let mut nodes = nodes(&case.leaves());
	let number = random.below(nodes.len() as u32);
	nodes[number as usize].hash[0] ^= 1;
	let root = root(&nodes);
	let proof = case.proof(root, number, path(&nodes, number));
	(case, root, proof)
}

#[test]
fn the_exact_numbers_pass_and_one_less_does_not() {
	let seed = 51;
	println!("seed {seed}");
	let mut random = Random(seed);
	for kernel in KERNELS {
		for _ in 0..10 {
			let (case, root, proof) = lying(kernel, &mut random);
			let judge = |units: u32, chunks: u32| {
				let declared = LeafProof {
					units,
					chunks,
					..proof.clone()
				};
				case.judge(root, &declared)
			};
			let exact = judge(proof.units, proof.chunks).unwrap();
			assert_eq!((exact.used.units, exact.used.chunks), (proof.units, proof.chunks));
			// More than needed changes nothing in what is used.
			assert_eq!(judge(proof.units + 1, proof.chunks + 1), Ok(exact));
			assert_eq!(judge(1 << 21, 512), Ok(exact));
			for units in [proof.units - 1, proof.units / 2, 1, 0] {
				assert_eq!(judge(units, proof.chunks), Err(JudgeError::Units { declared: units }));
			}
			if let Some(declared) = proof.chunks.checked_sub(1) {
				let actual = proof.chunks;
				assert_eq!(
					judge(proof.units, declared),
					Err(JudgeError::Chunks { declared, actual })
				);
			}
			for (units, chunks) in [((1 << 21) + 1, 512), (1 << 21, 513), (u32::MAX, u32::MAX)] {
				assert_eq!(judge(units, chunks), Err(JudgeError::Declared { units, chunks }));
			}
		}
	}
}

#[test]
fn every_opened_chunk_is_needed() {
	let seed = 52;
	println!("seed {seed}");
	let mut random = Random(seed);
	let mut missed = 0;
	for kernel in KERNELS {
		for _ in 0..10 {
			let (case, root, proof) = lying(kernel, &mut random);
			for (input, opening) in proof.openings.iter().enumerate() {
				for chunk in &opening.chunks {
					let others: Vec<u32> = opening.chunks.iter().copied().filter(|other| other != chunk).collect();
					let mut short = proof.clone();
					short.openings[input] = case.open(input, &others);
					let missing = JudgeError::Missing {
						input: input as u8,
						chunk: *chunk,
					};
					assert_eq!(case.judge(root, &short), Err(missing));
					missed += 1;
				}
			}
		}
	}
	assert!(missed > 50, "{missed}");
}

#[test]
fn a_chunk_that_is_not_read_does_no_harm() {
	let seed = 53;
	println!("seed {seed}");
	let mut random = Random(seed);
	let mut surplus = 0;
	for kernel in KERNELS {
		for _ in 0..10 {
			let (case, root, proof) = lying(kernel, &mut random);
			let exact = case.judge(root, &proof).unwrap();
			for (input, opening) in proof.openings.iter().enumerate() {
				let all: Vec<u32> = (0..case.inputs[input].len().div_ceil(1024).max(1) as u32).collect();
				let more = (all.len() - opening.chunks.len()) as u32;
				if more == 0 {
					continue;
				}
				let mut wide = proof.clone();
				wide.openings[input] = case.open(input, &all);
				let error = JudgeError::Chunks {
					declared: proof.chunks,
					actual: proof.chunks + more,
				};
				assert_eq!(case.judge(root, &wide), Err(error), "it is declared");
				wide.chunks += more;
				let Judgement { verdict, used } = case.judge(root, &wide).unwrap();
				assert_eq!(verdict, exact.verdict);
				assert_eq!((used.units, used.chunks), (exact.used.units, exact.used.chunks + more));
				surplus += 1;
			}
		}
	}
	assert!(surplus > 20, "{surplus}");
}

/// Loads from 512 chunks, every third of its input, and then spins until the bound ends it: all that a leaf may take.
const GREEDY: &str = "
.item 1024
.inputs data
.max_units 2097152
.max_faults 512
.w zero i n x
  index   i
  loop top
    ld32   x, data[i]
    add    i, i, 768
    add    n, n, 1
    ltu    x, n, 512
    br_if  x, top
  end
  loop ever
    br ever
  end
";

#[test]
fn a_leaf_may_take_all_that_is_allowed() {
	let input = Random(54).bytes(3 * 512 * 1024);
	let case = Case::new(GREEDY, 1, 1 << 21, Vec::new(), vec![input]);
	let nodes = nodes(&case.leaves());
	let proof = case.proof(nodes[0], 0, Vec::new());
	assert_eq!((proof.units, proof.chunks), (1 << 21, 512));
	assert_eq!(proof.openings[0].bytes.len(), 512 * 1024);
	let judgement = case.judge(nodes[0], &proof).unwrap();
	assert_eq!(judgement.verdict, Verdict::Right);
	assert_eq!((judgement.used.units, judgement.used.chunks), (1 << 21, 512));

	// A surplus chunk cannot even be declared.
	let mut wide = proof.clone();
	let mut chunks = proof.openings[0].chunks.clone();
	chunks.insert(1, 1);
	wide.openings[0] = case.open(0, &chunks);
	let error = JudgeError::Chunks {
		declared: 512,
		actual: 513,
	};
	assert_eq!(case.judge(nodes[0], &wide), Err(error));
}
