//! What a requester asks for, and the id of a job.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::{Balance, JobId, KernelHash, Level, Pool, Price, ProviderId, Tick};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
	sp_core::{ConstU32, H256},
	sp_io::hashing::blake2_256,
	sp_runtime::BoundedVec,
};
use scale_info::TypeInfo;

/// Most parameters of a job.
pub const MAX_PARAMS: u32 = 16;
/// Most inputs of a job.
pub const MAX_INPUTS: u32 = 8;
/// The domain byte of a job id.
const JOB_ID: u8 = 0x04;

/// An input, known by its commitment.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct InputRef {
	/// Root of the input tree over 1 KiB chunks.
	pub root: H256,
	/// Length in bytes.
	pub len: u32,
}

/// Who is to do a job, and at what price.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Target {
	/// The best ask of a pool at `level` or below. The resting order's price is paid.
	Book {
		/// The market.
		pool: Pool,
		/// The most that the requester pays.
		level: Level,
	},
	/// One provider, which may decline: an offer, not an obligation.
	Provider {
		/// The provider.
		provider: ProviderId,
		/// The price, at least what the provider's owner has signed as its minimum.
		price: Price,
		/// The least record that the provider must have when the job is submitted.
		minima: Minima,
	},
}

/// The least record that a job asks of the provider that it names. What a client has seen of a provider may have changed by
/// the time at which its job is included; the chain compares again.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Minima {
	/// Jobs that were settled and paid.
	pub paid_jobs: u32,
	/// Most of the jobs that ended with it which it failed, in percent: was late for, gave up, did not show up for, was
	/// refuted or silent on.
	pub failed_percent: u8,
	/// Active stake, in planck.
	pub stake: Balance,
}

impl Default for Minima {
	/// Nothing is asked.
	fn default() -> Self {
		Self {
			paid_jobs: 0,
			failed_percent: 100,
			stake: 0,
		}
	}
}

/// How a job is to be bought.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Terms {
	/// Who is to do it, and at what price.
	pub target: Target,
	/// Whether anyone may fetch the output from the provider, not only the data key.
	pub public: bool,
	/// Ticks from acceptance to the deadline.
	pub run_ticks: Tick,
	/// Ticks from the commitment in which the result can be refuted.
	pub window: Tick,
	/// The last tick at which the job may be assigned.
	pub expires: Tick,
}

/// A job as its requester describes it.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct JobSpec {
	/// What is run on each item.
	pub kernel: KernelHash,
	/// The kernel's parameters.
	pub params: BoundedVec<u64, ConstU32<MAX_PARAMS>>,
	/// The kernel's inputs.
	pub inputs: BoundedVec<InputRef, ConstU32<MAX_INPUTS>>,
	/// Items to compute, at least 1.
	pub items: u32,
	/// Bound of units for one item: at most the kernel's, at least its item cost. An item that exceeds it traps.
	pub max_units: u32,
	/// sr25519 key that signs requests to the provider's endpoint.
	pub data_key: [u8; 32],
	/// How it is to be bought.
	pub terms: Terms,
}

impl JobSpec {
	/// Bytes of all inputs.
	pub fn input_bytes(&self) -> u64 {
		self.inputs
			.iter()
			.fold(0, |sum, input| sum.saturating_add(u64::from(input.len)))
	}
}

/// Units that moving a job's bytes is worth: always paid, for moving bytes is work.
pub fn data_units(input_bytes: u64, output_bytes: u64, units_per_byte: u64) -> u128 {
	u128::from(input_bytes)
		.saturating_add(u128::from(output_bytes))
		.saturating_mul(u128::from(units_per_byte))
}

/// `H(0x04 ‖ genesis ‖ requester ‖ nonce ‖ SCALE(spec))`, where `nonce` counts the requester's jobs.
pub fn job_id<AccountId: Encode>(genesis: &H256, requester: &AccountId, nonce: u64, spec: &JobSpec) -> JobId {
	JobId(H256(blake2_256(&(JOB_ID, genesis, requester, nonce, spec).encode())))
}
