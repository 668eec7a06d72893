//! What was right and wrong in each committed result of a real kernel, and what therefore must become of a refutation and
//! of an answer.

use super::super::book::Random;
use crate::{mock::*, Call, Demands, Error, JobState, Jobs, Window};
use millrace_kernel::{leaf::Leaf, tree::SumNode};
use millrace_primitives::{
	refutation::{LeafSet, ProvidedLeaves, RefutationProof},
	JobId,
};
use polkadot_sdk::{frame_support::traits::UnfilteredDispatchable, sp_core::H256, sp_runtime::DispatchError};
use std::{collections::BTreeMap, fmt};

/// What a provider committed to.
enum Claim {
	/// These leaves; the given one, if any, is wrong.
	Leaves { leaves: Vec<Leaf>, wrong: Option<u32> },
	/// The right tree with a unit more at its root.
	FalseSum,
	/// Nothing that anybody could open.
	Garbage(SumNode),
}

/// Real works, which jobs are of them, and what was committed.
pub(super) struct Truth {
	pub(super) works: Vec<Work>,
	jobs: BTreeMap<JobId, usize>,
	claims: BTreeMap<JobId, Claim>,
	pub(super) true_refutations: u64,
	pub(super) false_refutations: u64,
	pub(super) measured: u64,
	late_refutations: u64,
	right_answers: u64,
	wrong_answers: u64,
}

impl fmt::Display for Truth {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} measurements; {} true, {} false and {} late refutations; {} right and {} wrong answers",
			self.measured,
			self.true_refutations,
			self.false_refutations,
			self.late_refutations,
			self.right_answers,
			self.wrong_answers
		)
	}
}

impl Truth {
	pub(super) fn new() -> Truth {
		let sizes = [1, 2, 3, 8, 9, 15];
		let works = sizes.into_iter().flat_map(|items| {
			[
				Work::new(TRIPLES, items, vec![]),
				Work::new(SUMS, items, vec![input(items as u8)]),
				Work::new(ODD_TRAPS, items, vec![]),
			]
		});
		Truth {
			works: works.collect(),
			jobs: BTreeMap::new(),
			claims: BTreeMap::new(),
			true_refutations: 0,
			false_refutations: 0,
			measured: 0,
			late_refutations: 0,
			right_answers: 0,
			wrong_answers: 0,
		}
	}

	/// Notes of which work a job is that is about to be submitted.
	pub(super) fn note(&mut self, job: JobId, work: Option<usize>) {
		match work {
			Some(work) => self.jobs.insert(job, work),
			None => self.jobs.remove(&job),
		};
	}

	fn work(&self, job: JobId) -> Option<&Work> {
		self.jobs.get(&job).map(|work| &self.works[*work])
	}

	/// Commits something to a job of a real work, honestly or not. `false` where the job is of none.
	pub(super) fn commit(&mut self, random: &mut Random, who: AccountId, job: JobId) -> bool {
		let Some(work) = self.work(job) else {
			return false;
		};
		let mut leaves = work.leaves();
		let claim = match random.below(10) {
			0..=4 => Claim::Leaves { leaves, wrong: None },
			5..=7 => {
				let at = random.below(leaves.len() as u64) as usize;
				let leaf = &mut leaves[at];
				match random.below(3) {
					0 => leaf.bytes[random.below(64) as usize] ^= 1 << random.below(8),
					1 => leaf.units += 1 + random.below(1_000),
					_ => leaf.traps ^= 1,
				}
				Claim::Leaves {
					leaves,
					wrong: Some(at as u32),
				}
			}
			8 => Claim::FalseSum,
			_ => Claim::Garbage(SumNode {
				hash: [random.below(256) as u8; 32],
				units: random.below(1_000),
			}),
		};
		let root = self.root(job, &claim);
		let call = Call::<Test>::commit_result {
			job,
			root: H256(root.hash),
			units: root.units,
		};
		let committed = |job| {
			matches!(
				Jobs::<Test>::get(job).map(|job| job.state),
				Some(JobState::Committed { .. })
			)
		};
		let before = committed(job);
		if call.dispatch_bypass_filter(signed(who)).is_ok() && !before {
			self.claims.insert(job, claim);
		}
		true
	}

	fn root(&self, job: JobId, claim: &Claim) -> SumNode {
		match claim {
			Claim::Leaves { leaves, .. } => Tree::of(leaves).root(),
			Claim::FalseSum => {
				let honest = self.work(job).expect("of a real work").honest().root();
				SumNode {
					units: honest.units + 1,
					..honest
				}
			}
			Claim::Garbage(root) => *root,
		}
	}

	pub(super) fn any_leaves(&self, random: &mut Random, job: JobId) -> LeafSet {
		let leaves = Jobs::<Test>::get(job).map_or(1, |job| job.leaves());
		// Sometimes one too many, sometimes none.
		let wanted = (0..=leaves).filter(|leaf| random.below(3) == 0 && (*leaf < leaves || random.below(8) == 0));
		LeafSet::truncate_from(wanted.collect())
	}

	/// The proof that an honest checker would bring for a leaf, and whether it shows something.
	fn case(&self, job: JobId, leaf: u32) -> Option<(RefutationProof, bool)> {
		let (work, claim) = (self.work(job)?, self.claims.get(&job)?);
		let honest = work.honest();
		let single = work.leaves().len() == 1;
		Some(match claim {
			Claim::Leaves { leaves, wrong } => {
				let proof = work.proof(&Tree::of(leaves), leaf);
				(proof, *wrong == Some(leaf))
			}
			Claim::FalseSum => {
				let pairs = honest.pairs(leaf).into_iter().take(1).collect();
				(work.proof_over(self.root(job, claim), leaf, pairs), true)
			}
			// Of a job of one leaf the root is the leaf.
			Claim::Garbage(root) if single => (work.proof_over(*root, leaf, vec![]), true),
			Claim::Garbage(_) => (work.proof(&honest, leaf), false),
		})
	}

	/// Whether the job's window is open, and no other result of its provider was refuted, as the protocol has it.
	fn is_open(job: JobId) -> bool {
		let Some(JobState::Committed { provider, window, .. }) = Jobs::<Test>::get(job).map(|job| job.state) else {
			return false;
		};
		let last = match window {
			Window::Open { end } => Some(end),
			Window::Demanded { until, .. } => until,
		};
		let convicted = MockProviders::get(provider).is_some_and(|record| record.fraud_clock.is_some());
		last.is_none_or(|last| now() <= last) && !convicted
	}

	/// A case against a random leaf, sometimes spoiled; its outcome is the one that it must have.
	pub(super) fn refute(&mut self, random: &mut Random, who: AccountId, job: JobId) {
		let leaves = Jobs::<Test>::get(job).map_or(1, |job| u64::from(job.leaves()));
		let mut leaf = random.below(leaves) as u32;
		if let (Some(Claim::Leaves { wrong: Some(at), .. }), 0) = (self.claims.get(&job), random.below(2)) {
			leaf = *at;
		}
		let case = self.case(job, leaf);
		let (mut proof, mut shows) = case.unwrap_or_default();
		if random.below(8) == 0 {
			shows = false;
			match random.below(3) {
				0 => proof.leaf += 1_000,
				1 => proof.chunks = 513,
				_ => proof.openings = vec![Default::default(); 7].try_into().expect("at most 8"),
			}
		}
		let expected = shows && Self::is_open(job);
		let call = Call::<Test>::refute { job, proof };
		let outcome = call.dispatch_bypass_filter(signed(who));
		assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
		match outcome.map_err(|error| error.error) {
			Ok(_) => self.true_refutations += 1,
			Err(error) if is_false(error) => self.false_refutations += 1,
			Err(_) => self.late_refutations += 1,
		}
	}

	/// Some of the missing leaves, as they were committed or else as they should be. They are taken iff they are what the
	/// root commits to.
	pub(super) fn provide(&mut self, random: &mut Random, who: AccountId, job: JobId) {
		let Some(work) = self.work(job) else { return };
		let missing = Demands::<Test>::get(job).map_or(vec![], |demand| demand.leaves.into_inner());
		let (leaves, committed) = match self.claims.get(&job) {
			Some(Claim::Leaves { leaves, .. }) => (leaves.clone(), true),
			_ => (work.leaves(), false),
		};
		let tree = Tree::of(&leaves);
		let mut answer: Vec<_> = missing
			.iter()
			.filter(|_| random.below(3) > 0)
			.map(|leaf| tree.provided(&leaves, *leaf))
			.collect();
		let spoiled = random.below(6) == 0;
		if let Some(leaf) = answer.first_mut().filter(|_| spoiled) {
			leaf.traps += 1;
		}
		let in_time = match Jobs::<Test>::get(job).map(|job| job.state) {
			Some(JobState::Committed {
				window: Window::Demanded { until, .. },
				..
			}) => until.is_none_or(|until| now() <= until),
			_ => false,
		};
		let expected = committed && in_time && !spoiled && !answer.is_empty();
		let call = Call::<Test>::provide {
			job,
			leaves: ProvidedLeaves::truncate_from(answer),
		};
		let outcome = call.dispatch_bypass_filter(signed(who));
		assert_eq!(outcome.is_ok(), expected, "{outcome:?}");
		match expected {
			true => self.right_answers += 1,
			false => self.wrong_answers += 1,
		}
	}
}

/// Whether the proof itself was refused, not its time.
fn is_false(error: DispatchError) -> bool {
	let DispatchError::Module(module) = error else {
		return false;
	};
	module.message == Some("BadProof") || error == DispatchError::from(Error::<Test>::NoFraud)
}
