//! Refutation: one extrinsic shows that a committed result is wrong, and ends the matter in the same block.
//!
//! Whoever shows it needs no stake, no permission and no reveal: the chain evaluates the one leaf that is disputed. The
//! leaf's own bytes are no part of the proof, so they cannot be withheld, and the shape of every tree follows from the
//! job, so nothing that is shown can pass for something else.

use crate::{
	history::Ending, Config, Error, Event, Freed, JobOf, JobState, Jobs, Pallet, ProofFlaw, WeightInfo, Window,
};
use alloc::vec::Vec;
use millrace_kernel::{
	eval::Task,
	program::Program,
	proof::{judge, Commitment, InputCommitment, Judgement, LeafProofView, OpeningView, Verdict},
	tree::{Digest, Hasher, Pair, SumNode},
};
use millrace_primitives::{
	refutation::{Fraud, RefutationProof, SumNode as WireNode, SumPair},
	traits::{JobPhase, Kernels, Offence, ProtocolClock, ProviderView, Providers},
	JobId, ProviderId,
};
use polkadot_sdk::{
	frame_support::{
		dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, Pays, PostDispatchInfo},
		ensure,
	},
	sp_core::H256,
	sp_io::hashing::blake2_256,
	sp_runtime::{DispatchError, DispatchResult},
};

/// BLAKE2b-256 of the host: native code, where the runtime itself is WASM.
pub(crate) struct HostBlake2b;

impl Hasher for HostBlake2b {
	fn hash(parts: &[&[u8]]) -> Digest {
		blake2_256(&parts.concat())
	}

	/// Straight to the host, which takes one message a call.
	fn hash_each(messages: &[u8], len: usize) -> Vec<Digest> {
		messages.chunks_exact(len.max(1)).map(blake2_256).collect()
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_refute(who: T::AccountId, id: JobId, proof: RefutationProof) -> DispatchResultWithPostInfo {
		let (job, provider) = Self::refutable(id).map_err(|error| DispatchErrorWithPostInfo {
			// Nothing was evaluated. That the job has just been refuted by somebody else is no fault.
			post_info: Some(T::WeightInfo::refute(0, 0)).into(),
			error,
		})?;
		let judgement = Self::judge(&job, &proof)?;
		let fraud = match judgement.verdict {
			Verdict::Inconsistent { pair } => Fraud::InconsistentPair { pair },
			Verdict::Different { claimed, evaluated } => Fraud::WrongLeaf {
				claimed: wire(&claimed),
				evaluated: wire(&evaluated),
			},
			Verdict::Right => {
				return Err(DispatchErrorWithPostInfo {
					post_info: Some(T::WeightInfo::refute(judgement.used.units, judgement.used.chunks)).into(),
					error: Error::<T>::NoFraud.into(),
				})
			}
		};
		Self::convict(who, id, job, provider, proof.leaf, fraud)?;
		Ok(PostDispatchInfo {
			actual_weight: Some(T::WeightInfo::refute(judgement.used.units, judgement.used.chunks)),
			pays_fee: Pays::No,
		})
	}

	/// A committed job whose window is open and whose provider is not convicted already.
	pub(crate) fn refutable(id: JobId) -> Result<(JobOf<T>, ProviderId), DispatchError> {
		let job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Committed { provider, window, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		ensure!(window.is_open_at(Self::now()), Error::<T>::WindowOver);
		ensure!(!Self::is_void(&job), Error::<T>::AlreadyVoid);
		Ok((job, provider))
	}

	/// Evaluates the leaf, or finds the pair whose units do not sum up.
	fn judge(job: &JobOf<T>, proof: &RefutationProof) -> Result<Judgement, DispatchError> {
		let JobState::Committed { root, units, .. } = job.state else {
			return Err(Error::<T>::NotCommitted.into());
		};
		let bytecode = T::Kernels::bytecode(&job.kernel).ok_or(Error::<T>::UnknownKernel)?;
		let program = Program::decode(&bytecode).map_err(|_| DispatchError::Corruption)?;
		let inputs: Vec<InputCommitment> = job
			.inputs
			.iter()
			.map(|input| InputCommitment {
				root: input.root.0,
				len: input.len,
			})
			.collect();
		let pairs: Vec<Pair> = proof.pairs.iter().map(pair).collect();
		let openings = proof
			.openings
			.iter()
			.map(|opening| OpeningView {
				chunks: &opening.chunks,
				bytes: &opening.bytes,
				siblings: &opening.siblings,
			})
			.collect();
		let commitment = Commitment {
			program: &program,
			task: Task {
				items: job.items,
				max_units: job.max_units,
				params: &job.params,
			},
			inputs: &inputs,
			root: SumNode { hash: root.0, units },
		};
		let view = LeafProofView {
			leaf: proof.leaf,
			pairs: &pairs,
			openings,
			units: proof.units,
			chunks: proof.chunks,
		};
		judge::<HostBlake2b>(&commitment, &view).map_err(|error| Error::<T>::BadProof(ProofFlaw::from(error)).into())
	}

	/// The result is wrong: the job is void, its provider convicted.
	fn convict(
		refuter: T::AccountId,
		id: JobId,
		job: JobOf<T>,
		provider: ProviderId,
		leaf: u32,
		fraud: Fraud,
	) -> DispatchResult {
		// Before the job leaves: its escrow may be what the provider's stake stands for.
		let set_aside = T::Providers::slash(
			provider,
			Offence::Fraud {
				refuter: refuter.clone(),
				requester: job.requester.clone(),
				escrow: job.escrow,
			},
		);
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::take_back(id, &job, provider, Ending::Refuted)?;
		Self::deposit_event(Event::JobRefuted {
			job: id,
			provider,
			refuter,
			requester: job.requester,
			leaf,
			fraud,
			slash: set_aside.slash,
			slashed: set_aside.amount,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		});
		Ok(())
	}

	/// Whether another result of the job's provider was refuted while this job was open. A result whose window was over
	/// by then stands. One look at the provider's record answers this for every job, so that a conviction need not go
	/// through them.
	pub(crate) fn is_void(job: &JobOf<T>) -> bool {
		let Some(convicted) = job
			.state
			.provider()
			.and_then(|provider| T::Providers::view(provider)?.fraud_clock)
		else {
			return false;
		};
		!matches!(&job.state, JobState::Committed { window: Window::Open { end }, .. } if *end < convicted)
	}

	/// Whether a provider may accept and commit.
	pub(crate) fn ensure_unconvicted(view: &ProviderView<T::AccountId>) -> DispatchResult {
		ensure!(view.fraud_clock.is_none(), Error::<T>::ProviderConvicted);
		Ok(())
	}

	/// What becomes of an open job of a convicted provider: a result is not paid, an assignment goes to the next.
	pub(crate) fn end_void(id: JobId, job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		let phase = match job.state {
			JobState::Pending => return Err(DispatchError::Corruption),
			JobState::Assigned { .. } => JobPhase::Assigned,
			JobState::Running { .. } => JobPhase::Running,
			JobState::Committed { .. } => {
				let Freed {
					refund,
					fees_returned,
					fees_paid,
					deposit,
				} = Self::take_back(id, &job, provider, Ending::Voided)?;
				Self::deposit_event(Event::JobVoided {
					job: id,
					provider,
					requester: job.requester,
					refund,
					fees_returned,
					fees_paid,
					deposit,
				});
				return Ok(());
			}
		};
		Self::unassign(id, &job, provider, phase)?;
		Self::deposit_event(Event::AssignmentVoided { job: id, provider });
		Self::next_assignment(id, job)?;
		Ok(())
	}
}

/// A pair in the form of the kernel's trees.
pub(crate) fn pair(pair: &SumPair) -> Pair {
	let node = |node: &WireNode| SumNode {
		hash: node.hash.0,
		units: node.units,
	};
	Pair {
		left: node(&pair.left),
		right: node(&pair.right),
	}
}

fn wire(node: &SumNode) -> WireNode {
	WireNode {
		hash: H256(node.hash),
		units: node.units,
	}
}
