//! Jobs as storage version 1 had them. Parts that have not changed since are the present types.

use crate::types::{self, JobState};
use codec::{Decode, Encode};
use millrace_primitives::{
	job::{MAX_INPUTS, MAX_PARAMS},
	Balance, InputRef, KernelHash, Price, Terms, Tick,
};
use polkadot_sdk::{
	sp_core::ConstU32,
	sp_runtime::{BoundedVec, Perbill},
};

/// See [`types::Job`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Job<AccountId> {
	pub(crate) requester: AccountId,
	pub(crate) kernel: KernelHash,
	pub(crate) items: u32,
	pub(crate) params: BoundedVec<u64, ConstU32<MAX_PARAMS>>,
	pub(crate) inputs: BoundedVec<InputRef, ConstU32<MAX_INPUTS>>,
	pub(crate) max_units: u32,
	pub(crate) data_key: [u8; 32],
	pub(crate) terms: Terms,
	pub(crate) price: Price,
	pub(crate) fee_rate: Perbill,
	pub(crate) items_per_leaf: u32,
	pub(crate) item_size: u16,
	pub(crate) data_units: u128,
	pub(crate) escrow: Balance,
	pub(crate) fees_left: u8,
	pub(crate) job_fee: Balance,
	pub(crate) min_job: Balance,
	pub(crate) accept_ticks: Tick,
	pub(crate) late_share: Perbill,
	pub(crate) late_fees: u32,
	pub(crate) assignments: u8,
	pub(crate) acceptances: u8,
	pub(crate) demand_ticks: Tick,
	pub(crate) demanded: u32,
	pub(crate) state: JobState<AccountId>,
}

impl<AccountId> Job<AccountId> {
	/// The job as it goes on, under the `window_min` that was in force for all jobs.
	///
	/// Its window is not extended: that was not agreed when it was submitted, and its provider may not have been told yet
	/// that it must answer.
	pub(crate) fn upgrade(self, window_min: Tick) -> types::Job<AccountId> {
		types::Job {
			requester: self.requester,
			kernel: self.kernel,
			items: self.items,
			params: self.params,
			inputs: self.inputs,
			max_units: self.max_units,
			data_key: self.data_key,
			terms: self.terms,
			price: self.price,
			fee_rate: self.fee_rate,
			items_per_leaf: self.items_per_leaf,
			item_size: self.item_size,
			data_units: self.data_units,
			escrow: self.escrow,
			fees_left: self.fees_left,
			job_fee: self.job_fee,
			min_job: self.min_job,
			accept_ticks: self.accept_ticks,
			late_share: self.late_share,
			late_fees: self.late_fees,
			assignments: self.assignments,
			acceptances: self.acceptances,
			demand_ticks: self.demand_ticks,
			window_min,
			demanded: self.demanded,
			lapse_max: 0,
			lapses_by: None,
			state: self.state,
		}
	}
}

/// A job as it would have been then.
#[cfg(any(test, feature = "runtime-benchmarks"))]
impl<AccountId> From<types::Job<AccountId>> for Job<AccountId> {
	fn from(new: types::Job<AccountId>) -> Self {
		Self {
			requester: new.requester,
			kernel: new.kernel,
			items: new.items,
			params: new.params,
			inputs: new.inputs,
			max_units: new.max_units,
			data_key: new.data_key,
			terms: new.terms,
			price: new.price,
			fee_rate: new.fee_rate,
			items_per_leaf: new.items_per_leaf,
			item_size: new.item_size,
			data_units: new.data_units,
			escrow: new.escrow,
			fees_left: new.fees_left,
			job_fee: new.job_fee,
			min_job: new.min_job,
			accept_ticks: new.accept_ticks,
			late_share: new.late_share,
			late_fees: new.late_fees,
			assignments: new.assignments,
			acceptances: new.acceptances,
			demand_ticks: new.demand_ticks,
			demanded: new.demanded,
			state: new.state,
		}
	}
}
