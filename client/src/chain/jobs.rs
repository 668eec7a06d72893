//! Jobs and kernels, as the chain knows them.

use super::{AccountId, JobId, KernelHash, Level, Pool, Price, ProviderId, ProviderView, Tick, Window, H256};
use crate::amount::Balance;

/// Who is to do a job, and at what price.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
	/// The best ask of a pool at `level` or below.
	Book {
		/// The market.
		pool: Pool,
		/// The most that the requester pays.
		level: Level,
	},
	/// One provider.
	Provider {
		/// Which.
		provider: ProviderId,
		/// At this price.
		price: Price,
		/// The least record that it must have when the job is included.
		minima: Minima,
	},
}

/// The least record that a job asks of the provider that it names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Minima {
	/// Jobs that it was paid for.
	pub paid_jobs: u32,
	/// Most of the jobs that ended with it which it failed, in percent.
	pub failed_percent: u8,
	/// Active stake, in planck.
	pub stake: Balance,
}

impl Minima {
	/// Whether a provider has this record, by the rule that the chain applies again.
	pub fn are_met_by(&self, provider: &ProviderView) -> bool {
		provider.active >= self.stake
			&& provider.record.completed >= self.paid_jobs
			&& provider.record.failed_percent() <= f64::from(self.failed_percent)
	}
}

impl Default for Minima {
	/// Nothing is asked.
	fn default() -> Minima {
		Minima {
			paid_jobs: 0,
			failed_percent: 100,
			stake: 0,
		}
	}
}

/// An input, known by its commitment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InputRef {
	/// Root of the input tree.
	pub root: H256,
	/// Length in bytes.
	pub len: u32,
}

/// How a job is to be bought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
	/// Who is to do it, and at what price.
	pub target: Target,
	/// Whether anyone may fetch the output from the provider.
	pub public: bool,
	/// Ticks from acceptance to the deadline.
	pub run_ticks: Tick,
	/// Ticks from the commitment in which the result can be refuted.
	pub window: Tick,
	/// The last tick at which the job may be assigned.
	pub expires: Tick,
}

/// A job as its requester describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobSpec {
	/// What is run on each item.
	pub kernel: KernelHash,
	/// The kernel's parameters.
	pub params: Vec<u64>,
	/// The kernel's inputs.
	pub inputs: Vec<InputRef>,
	/// Items to compute.
	pub items: u32,
	/// Bound of units for one item.
	pub max_units: u32,
	/// sr25519 key that signs requests to the provider's endpoint.
	pub data_key: [u8; 32],
	/// How it is to be bought.
	pub terms: Terms,
}

/// Where a job stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum JobState {
	/// No provider yet.
	Pending,
	/// A provider is to accept it by `until`.
	Assigned {
		/// Which.
		provider: ProviderId,
		/// The last tick to accept.
		until: Tick,
	},
	/// A provider is liable for it.
	Running {
		/// Which.
		provider: ProviderId,
		/// Where the payment will go.
		payout: AccountId,
		/// The last tick to commit.
		deadline: Tick,
	},
	/// The result is committed; it may be refuted within its window.
	Committed {
		/// By whom.
		provider: ProviderId,
		/// Where the payment will go.
		payout: AccountId,
		/// Root of the output tree.
		root: H256,
		/// Units of all items.
		units: u64,
		/// When it was committed.
		at: Tick,
		/// The challenge window.
		window: Window,
	},
}

impl JobState {
	/// The state's name.
	pub fn name(&self) -> &'static str {
		match self {
			JobState::Pending => "pending",
			JobState::Assigned { .. } => "assigned",
			JobState::Running { .. } => "running",
			JobState::Committed { .. } => "committed",
		}
	}

	/// The provider that has the job.
	pub fn provider(&self) -> Option<ProviderId> {
		match self {
			JobState::Pending => None,
			JobState::Assigned { provider, .. }
			| JobState::Running { provider, .. }
			| JobState::Committed { provider, .. } => Some(*provider),
		}
	}
}

/// A live job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobView {
	/// Its id.
	pub id: JobId,
	/// Who pays.
	pub requester: AccountId,
	/// What was asked for.
	pub spec: JobSpec,
	/// The market that it counts in; of a job that names its provider, the one that this served.
	pub pool: Pool,
	/// When it was submitted.
	pub submitted: Tick,
	/// The agreed price; the bid's until a match.
	pub price: Price,
	/// The protocol's share of the payment, in parts of a thousand million.
	pub fee_rate: u32,
	/// Items in one leaf of the output tree.
	pub items_per_leaf: u32,
	/// Bytes of one item's output.
	pub item_size: u16,
	/// Units that moving the bytes is worth.
	pub data_units: u128,
	/// Held for the payment, in planck.
	pub escrow: Balance,
	/// Job fees that are held until it ends, used up or not.
	pub fees: u8,
	/// Those of them that its assignments have not used up.
	pub fees_left: u8,
	/// One job fee, in planck.
	pub job_fee: Balance,
	/// Held for its storage, in planck. It returns when the job ends.
	pub deposit: Balance,
	/// Assignments so far.
	pub assignments: u8,
	/// Acceptances so far.
	pub acceptances: u8,
	/// Ticks by which its window is extended at most while its provider cannot be reached.
	pub lapse_max: Tick,
	/// The last tick that its window can be extended to, once it has been extended.
	pub lapses_by: Option<Tick>,
	/// Where it stands.
	pub state: JobState,
}

/// Most bytes of an output whose leaves a requester can demand on the chain. Of a larger one it can refuse the delivery.
pub const DEMANDABLE_OUTPUT: u64 = 1 << 20;

/// Whose jobs those are that measure devices: an account of the market that has no key.
pub const MEASURER: AccountId = AccountId(*b"modlml/fees0measurer\0\0\0\0\0\0\0\0\0\0\0\0");

impl JobView {
	/// Whether it measures a device.
	pub fn is_measurement(&self) -> bool {
		self.requester == MEASURER
	}

	/// Bytes of the whole output.
	pub fn output_bytes(&self) -> u64 {
		u64::from(self.spec.items) * u64::from(self.item_size)
	}

	/// What it pays for `units` committed units, in planck: the price of these and of moving its bytes, rounded down.
	pub fn payment(&self, units: u64) -> Balance {
		let worth = self.data_units.saturating_add(u128::from(units));
		self.price.floor(worth).min(self.escrow)
	}

	/// Held for its assignments, in planck, used up or not.
	pub fn fees_held(&self) -> Balance {
		self.job_fee.saturating_mul(self.fees.into())
	}

	/// The last tick that its window can be extended to while its provider cannot be reached; none where no window runs.
	pub fn last_window_end(&self) -> Option<Tick> {
		match self.state {
			JobState::Committed {
				window: Window::Open { end },
				..
			} => Some(self.lapses_by.unwrap_or(end.saturating_add(self.lapse_max))),
			_ => None,
		}
	}

	/// Leaves of the output tree.
	pub fn leaves(&self) -> u64 {
		u64::from(self.spec.items).div_ceil(u64::from(self.items_per_leaf.max(1)))
	}
}

/// What the chain knows of a kernel beside its bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KernelView {
	/// Its hash.
	pub hash: KernelHash,
	/// Who registered it.
	pub owner: AccountId,
	/// Bytes of one item's output.
	pub item_size: u16,
	/// Inputs that a job must bring.
	pub inputs: u8,
	/// Parameters that a job must bring.
	pub params: u8,
	/// Units that the emptiest item costs.
	pub item_cost: u32,
	/// The kernel's own bound of units for one item.
	pub max_units: u32,
	/// The kernel's bound of faults for one item.
	pub max_faults: u16,
	/// Items in one leaf of the output tree.
	pub items_per_leaf: u32,
	/// The tick at which it was retired.
	pub retired: Option<Tick>,
}

/// Why a worker turns an assignment down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RejectReason {
	/// Every lane is taken.
	Busy,
	/// The inputs did not come.
	InputsMissing,
	/// The job cannot be done in its time.
	TooSlow,
	/// The kernel cannot be run here.
	Unsupported,
	/// Anything else.
	Other,
}

impl RejectReason {
	/// The reason's name.
	pub fn name(self) -> &'static str {
		match self {
			RejectReason::Busy => "busy",
			RejectReason::InputsMissing => "inputs missing",
			RejectReason::TooSlow => "too slow",
			RejectReason::Unsupported => "unsupported",
			RejectReason::Other => "other",
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{amount::MILL, job::fixture::in_the_book};

	/// 2³⁰ units cost the price. Half of five is two, rounded down.
	#[test]
	fn what_is_paid_is_rounded_down_and_never_above_the_escrow() {
		let job = JobView {
			price: Price(5),
			data_units: 1 << 28,
			..in_the_book()
		};
		assert_eq!(job.payment(1 << 28), 2);
		assert_eq!(job.payment(3 << 28), 5);
		let dear = JobView {
			price: Price(u64::MAX),
			..job
		};
		assert_eq!(dear.payment(u64::MAX), MILL, "all of its escrow");
	}

	#[test]
	fn used_job_fees_are_held_until_the_end() {
		let job = JobView {
			fees_left: 1,
			..in_the_book()
		};
		assert_eq!((job.fees, job.job_fee), (3, 5));
		assert_eq!(job.fees_held(), 15);
	}
}
