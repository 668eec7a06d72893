//! What is known of a committed job before anything is re-run.

use super::CheckError;
use crate::{
	chain::{AccountId, At, Chain, InputRef, JobId, JobState, JobView, KernelHash, ProviderId, Window},
	endpoint::{EndpointError, Session},
	job::kernel_hash,
};
use millrace_compute::bundle_len;
use millrace_kernel::{
	eval::Task,
	leaf::leaf_count,
	program::Program,
	proof::{Commitment, InputCommitment},
	tree::SumNode,
};
use subxt_signer::sr25519::Keypair;

/// A committed job: what it fixes, and what was committed.
#[derive(Clone, Debug)]
pub struct Subject {
	/// The job.
	pub job: JobId,
	/// Who committed.
	pub provider: ProviderId,
	/// Whose job it is.
	pub requester: AccountId,
	/// The kernel.
	pub program: Program,
	/// Items.
	pub items: u32,
	/// Bound of units for one item.
	pub max_units: u32,
	/// The kernel's parameters.
	pub params: Vec<u64>,
	/// The inputs, as the job names them.
	pub inputs: Vec<InputCommitment>,
	/// The root of the output tree with the units that were committed.
	pub root: SumNode,
	/// Whether anyone may fetch what the provider has.
	pub public: bool,
	/// The challenge window when this was read.
	pub window: Window,
}

impl Subject {
	/// Reads a committed job and its kernel at a block.
	///
	/// # Errors
	/// [`CheckError::Unknown`], [`CheckError::NotCommitted`], [`CheckError::Kernel`]; the chain cannot be read.
	pub async fn read(at: &At, job: JobId) -> Result<Subject, CheckError> {
		let view = at.job(job).await?.ok_or(CheckError::Unknown(job))?;
		let kernel = view.spec.kernel;
		let bytes = at.bytecode(kernel).await?.ok_or_else(|| CheckError::Kernel {
			kernel,
			reason: "it is not registered any more".to_owned(),
		})?;
		Subject::of(&view, &bytes)
	}

	/// The same from what was read before.
	///
	/// # Errors
	/// [`CheckError::NotCommitted`], [`CheckError::Kernel`].
	pub fn of(view: &JobView, bytecode: &[u8]) -> Result<Subject, CheckError> {
		let kernel = view.spec.kernel;
		let program = read_kernel(kernel, bytecode)?;
		let JobState::Committed {
			provider,
			root,
			units,
			window,
			..
		} = &view.state
		else {
			return Err(CheckError::NotCommitted {
				job: view.id,
				state: view.state.name(),
			});
		};
		let subject = Subject {
			job: view.id,
			provider: *provider,
			requester: view.requester,
			items: view.spec.items,
			max_units: view.spec.max_units,
			params: view.spec.params.clone(),
			inputs: commitments(&view.spec.inputs),
			root: SumNode {
				hash: root.0,
				units: *units,
			},
			public: view.spec.terms.public,
			window: *window,
			program,
		};
		// The chain cuts leaves by figures of its own; another cut would make every proof worthless.
		let fits = view.items_per_leaf == subject.program.items_per_leaf()
			&& view.item_size == subject.program.header().item_size
			&& subject.task().check(&subject.program, subject.inputs.len()).is_ok();
		if fits {
			Ok(subject)
		} else {
			Err(CheckError::Kernel {
				kernel,
				reason: "the job does not fit it".to_owned(),
			})
		}
	}

	/// What the job fixes for its items.
	pub fn task(&self) -> Task<'_> {
		Task {
			items: self.items,
			max_units: self.max_units,
			params: &self.params,
		}
	}

	/// What a proof is judged against.
	pub fn commitment(&self) -> Commitment<'_> {
		Commitment {
			program: &self.program,
			task: self.task(),
			inputs: &self.inputs,
			root: self.root,
		}
	}

	/// Leaves of the output tree.
	pub fn leaves(&self) -> u32 {
		leaf_count(self.program.items_per_leaf(), self.items)
	}

	/// Bytes of the output.
	pub fn output_bytes(&self) -> u64 {
		u64::from(self.items) * u64::from(self.program.header().item_size)
	}

	/// Bytes of the bundle.
	pub fn bundle_bytes(&self) -> u64 {
		bundle_len(
			self.items,
			self.program.header().item_size,
			self.program.items_per_leaf(),
		)
	}

	/// Most units that a leaf can take.
	pub fn leaf_units(&self) -> u64 {
		u64::from(self.program.items_per_leaf().min(self.items)) * u64::from(self.max_units)
	}

	/// Whether a job is still committed to this very result.
	pub fn is_state_of(&self, view: &JobView) -> bool {
		matches!(
			&view.state,
			JobState::Committed { provider, root, units, .. }
				if *provider == self.provider && root.0 == self.root.hash && *units == self.root.units
		)
	}

	/// A session with the provider about this job: with the data key, or as anyone has one with a public job.
	///
	/// # Errors
	/// The provider's address is not used, or the chain cannot be read.
	pub async fn session(
		&self,
		chain: &Chain,
		data_key: Option<Keypair>,
		allow_private: bool,
	) -> Result<Session, EndpointError> {
		let broken = |reason: String| EndpointError::Broken(reason);
		let at = chain.best().await.map_err(|error| broken(error.to_string()))?;
		let view = at
			.provider(self.provider)
			.await
			.map_err(|error| broken(error.to_string()))?;
		let endpoint = view.ok_or_else(|| broken("the provider is gone".to_owned()))?.endpoint;
		let (genesis, provider, job) = (chain.genesis(), self.provider, self.job);
		match data_key {
			Some(pair) => Session::open(&endpoint, allow_private, genesis, provider, job, pair).await,
			None => Session::open_public(&endpoint, allow_private, genesis, provider, job).await,
		}
	}
}

/// The program that `bytecode` holds, if it is the one of this hash.
fn read_kernel(kernel: KernelHash, bytecode: &[u8]) -> Result<Program, CheckError> {
	let bad = |reason: String| CheckError::Kernel { kernel, reason };
	let program = Program::decode(bytecode).map_err(|error| bad(error.to_string()))?;
	if kernel_hash(&program) != kernel {
		return Err(bad("the node gave another program under this hash".to_owned()));
	}
	Ok(program)
}

/// Inputs as the judge takes them.
fn commitments(references: &[InputRef]) -> Vec<InputCommitment> {
	references
		.iter()
		.map(|input| InputCommitment {
			root: input.root.0,
			len: input.len,
		})
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{DeviceClass, JobSpec, Minima, Pool, Price, Target, Terms, H256};

	/// A kernel by which devices are measured.
	const MIX32: &[u8] = include_bytes!("../../../runtime/kernels/mix32.mkb");

	/// A measurement as the market opens it: of an account that signs nothing, for no money.
	fn measurement(program: &Program) -> JobView {
		JobView {
			id: JobId([7; 32]),
			requester: AccountId([2; 32]),
			spec: JobSpec {
				kernel: kernel_hash(program),
				params: vec![1, 2],
				inputs: Vec::new(),
				items: 1 << 15,
				max_units: program.header().max_units,
				data_key: [0; 32],
				terms: Terms {
					target: Target::Provider {
						provider: 4,
						price: Price(0),
						minima: Minima::default(),
					},
					public: true,
					run_ticks: 12,
					window: 1_200,
					expires: 100,
				},
			},
			pool: Pool {
				class: DeviceClass::Cpu4,
				region: 0,
			},
			submitted: 90,
			price: Price(0),
			fee_rate: 0,
			items_per_leaf: program.items_per_leaf(),
			item_size: program.header().item_size,
			data_units: 0,
			escrow: 0,
			fees: 0,
			fees_left: 0,
			job_fee: 0,
			deposit: 0,
			assignments: 1,
			acceptances: 1,
			lapse_max: 0,
			lapses_by: None,
			state: JobState::Committed {
				provider: 4,
				payout: AccountId([3; 32]),
				root: H256([5; 32]),
				units: 1 << 36,
				at: 100,
				window: Window::Open { end: 1_300 },
			},
		}
	}

	#[test]
	fn a_measurement_is_looked_into_like_any_public_job() {
		let program = Program::decode(MIX32).unwrap();
		let view = measurement(&program);
		let subject = Subject::of(&view, MIX32).unwrap();
		assert!(subject.public, "no data key is needed");
		assert!(
			subject.inputs.is_empty(),
			"nothing but the chain is needed to re-run it"
		);
		assert_eq!((subject.provider, subject.leaves()), (4, 1 << 15));
		assert_eq!(subject.leaf_units(), 1 << 21, "an item is a leaf of its own");
		assert!(subject.is_state_of(&view));
	}
}
