//! From generated types to plain ones and back: the only place that knows how the metadata spells things.

use super::{
	generated::api::{self, runtime_types},
	AskView, ClassFigures, DeviceClass, InputRef, JobId, JobSpec, JobState, JobView, KernelHash, KernelView, Level,
	Pool, Price, ProviderId, RejectReason, Rules, Target, Terms, Window,
};
use runtime_types::{
	bounded_collections::bounded_vec::BoundedVec,
	millrace_primitives::{self, enrolment, ids, job, pool, price, traits},
	pallet_market::{history, reads::types as reads, types as market},
	pallet_providers::{outage, types as providers},
	pallet_rewards::types as usage,
};

mod devices;
mod market_reads;
mod offers;
mod outages;
mod refutation;
mod rewards;
mod target;
mod validators;

pub(super) use devices::{enrolment_key, enrolment_rules};
pub(super) use refutation::{slash_id, IntoList};

/// A plain value as the runtime's type.
pub(super) trait IntoRuntime {
	/// The generated type.
	type Runtime;
	/// Converts.
	fn into_runtime(self) -> Self::Runtime;
}

/// A generated id as the plain one.
pub(super) trait IntoPlain {
	/// The plain type.
	type Plain;
	/// Converts.
	fn into_plain(self) -> Self::Plain;
}

/// A plain value from the runtime's type.
pub(super) trait FromRuntime<R> {
	/// Converts.
	fn from_runtime(value: R) -> Self;
}

impl IntoRuntime for Vec<u8> {
	type Runtime = BoundedVec<u8>;
	fn into_runtime(self) -> BoundedVec<u8> {
		BoundedVec(self)
	}
}

impl IntoRuntime for JobId {
	type Runtime = ids::JobId;
	fn into_runtime(self) -> ids::JobId {
		ids::JobId(self.0.into())
	}
}

impl IntoRuntime for Vec<JobId> {
	type Runtime = BoundedVec<ids::JobId>;
	fn into_runtime(self) -> BoundedVec<ids::JobId> {
		BoundedVec(self.into_iter().map(IntoRuntime::into_runtime).collect())
	}
}

impl IntoPlain for ids::JobId {
	type Plain = JobId;
	fn into_plain(self) -> JobId {
		JobId(self.0 .0)
	}
}

impl IntoRuntime for KernelHash {
	type Runtime = ids::KernelHash;
	fn into_runtime(self) -> ids::KernelHash {
		ids::KernelHash(self.0.into())
	}
}

impl IntoPlain for ids::KernelHash {
	type Plain = KernelHash;
	fn into_plain(self) -> KernelHash {
		KernelHash(self.0 .0)
	}
}

impl IntoRuntime for ProviderId {
	type Runtime = ids::ProviderId;
	fn into_runtime(self) -> ids::ProviderId {
		ids::ProviderId(self)
	}
}

impl IntoPlain for ids::ProviderId {
	type Plain = ProviderId;
	fn into_plain(self) -> ProviderId {
		self.0
	}
}

impl IntoRuntime for Level {
	type Runtime = price::Level;
	fn into_runtime(self) -> price::Level {
		price::Level(self.0)
	}
}

impl IntoRuntime for Price {
	type Runtime = price::Price;
	fn into_runtime(self) -> price::Price {
		price::Price(self.0)
	}
}

impl IntoRuntime for DeviceClass {
	type Runtime = pool::DeviceClass;
	fn into_runtime(self) -> pool::DeviceClass {
		match self {
			DeviceClass::Cpu4 => pool::DeviceClass::Cpu4,
			DeviceClass::Cpu32 => pool::DeviceClass::Cpu32,
			DeviceClass::Gpu8g => pool::DeviceClass::Gpu8g,
			DeviceClass::Gpu24g => pool::DeviceClass::Gpu24g,
			DeviceClass::Gpu80g => pool::DeviceClass::Gpu80g,
			DeviceClass::GpuH => pool::DeviceClass::GpuH,
		}
	}
}

impl FromRuntime<pool::DeviceClass> for DeviceClass {
	fn from_runtime(class: pool::DeviceClass) -> DeviceClass {
		match class {
			pool::DeviceClass::Cpu4 => DeviceClass::Cpu4,
			pool::DeviceClass::Cpu32 => DeviceClass::Cpu32,
			pool::DeviceClass::Gpu8g => DeviceClass::Gpu8g,
			pool::DeviceClass::Gpu24g => DeviceClass::Gpu24g,
			pool::DeviceClass::Gpu80g => DeviceClass::Gpu80g,
			pool::DeviceClass::GpuH => DeviceClass::GpuH,
		}
	}
}

impl IntoRuntime for Pool {
	type Runtime = pool::Pool;
	fn into_runtime(self) -> pool::Pool {
		pool::Pool {
			kind: pool::JobKind::Map,
			class: self.class.into_runtime(),
			region: pool::Region(self.region),
		}
	}
}

impl FromRuntime<pool::Pool> for Pool {
	fn from_runtime(pool: pool::Pool) -> Pool {
		Pool {
			class: DeviceClass::from_runtime(pool.class),
			region: pool.region.0,
		}
	}
}

impl FromRuntime<pool::ClassFigures> for ClassFigures {
	fn from_runtime(figures: pool::ClassFigures) -> ClassFigures {
		ClassFigures {
			units_per_tick: figures.units_per_tick,
			units_per_byte: figures.units_per_byte,
			floor: figures.floor,
		}
	}
}

impl IntoRuntime for JobSpec {
	type Runtime = job::JobSpec;
	fn into_runtime(self) -> job::JobSpec {
		let inputs = self
			.inputs
			.into_iter()
			.map(|input| job::InputRef {
				root: input.root,
				len: input.len,
			})
			.collect();
		let Terms {
			target,
			public,
			run_ticks,
			window,
			expires,
		} = self.terms;
		job::JobSpec {
			kernel: self.kernel.into_runtime(),
			params: BoundedVec(self.params),
			inputs: BoundedVec(inputs),
			items: self.items,
			max_units: self.max_units,
			data_key: self.data_key,
			terms: job::Terms {
				target: target.into_runtime(),
				public,
				run_ticks,
				window,
				expires,
			},
		}
	}
}

impl IntoRuntime for Vec<JobSpec> {
	type Runtime = BoundedVec<job::JobSpec>;
	fn into_runtime(self) -> BoundedVec<job::JobSpec> {
		BoundedVec(self.into_iter().map(IntoRuntime::into_runtime).collect())
	}
}

impl FromRuntime<job::Terms> for Terms {
	fn from_runtime(terms: job::Terms) -> Terms {
		Terms {
			target: Target::from_runtime(terms.target),
			public: terms.public,
			run_ticks: terms.run_ticks,
			window: terms.window,
			expires: terms.expires,
		}
	}
}

impl FromRuntime<(JobId, api::market::storage::jobs::Output)> for JobView {
	fn from_runtime((id, job): (JobId, api::market::storage::jobs::Output)) -> JobView {
		let state = match job.state {
			market::JobState::Pending => JobState::Pending,
			market::JobState::Assigned { provider, until } => JobState::Assigned {
				provider: provider.0,
				until,
			},
			market::JobState::Running {
				provider,
				payout,
				deadline,
			} => JobState::Running {
				provider: provider.0,
				payout,
				deadline,
			},
			market::JobState::Committed {
				provider,
				payout,
				root,
				units,
				at,
				window,
			} => JobState::Committed {
				provider: provider.0,
				payout,
				root,
				units,
				at,
				window: Window::from_runtime(window),
			},
		};
		let inputs = job
			.inputs
			.0
			.into_iter()
			.map(|input| InputRef {
				root: input.root,
				len: input.len,
			})
			.collect();
		JobView {
			id,
			requester: job.requester,
			spec: JobSpec {
				kernel: job.kernel.into_plain(),
				params: job.params.0,
				inputs,
				items: job.items,
				max_units: job.max_units,
				data_key: job.data_key,
				terms: Terms::from_runtime(job.terms),
			},
			pool: Pool::from_runtime(job.pool),
			submitted: job.submitted,
			price: Price(job.price.0),
			fee_rate: job.fee_rate.0,
			items_per_leaf: job.items_per_leaf,
			item_size: job.item_size,
			data_units: job.data_units,
			escrow: job.escrow,
			fees: job.fees,
			fees_left: job.fees_left,
			job_fee: job.job_fee,
			deposit: job.deposit,
			assignments: job.assignments,
			acceptances: job.acceptances,
			lapse_max: job.lapse_max,
			lapses_by: job.lapses_by,
			state,
		}
	}
}

impl FromRuntime<(KernelHash, api::kernels::storage::kernels::Output)> for KernelView {
	fn from_runtime((hash, record): (KernelHash, api::kernels::storage::kernels::Output)) -> KernelView {
		KernelView {
			hash,
			owner: record.owner,
			item_size: record.facts.item_size,
			inputs: record.facts.inputs,
			params: record.facts.params,
			item_cost: record.facts.item_cost,
			max_units: record.facts.max_units,
			max_faults: record.facts.max_faults,
			items_per_leaf: record.facts.items_per_leaf,
			retired: record.retired,
		}
	}
}

/// The asks that stand, with their slots.
pub(super) fn asks(asks: api::market::storage::asks::Output) -> Vec<AskView> {
	(0u8..)
		.zip(asks.slots)
		.filter_map(|(slot, ask)| {
			ask.map(|ask| AskView {
				slot,
				level: Level(ask.level.0),
			})
		})
		.collect()
}

impl FromRuntime<market::MarketRules> for Rules {
	fn from_runtime(rules: market::MarketRules) -> Rules {
		Rules {
			accept_ticks: rules.accept_ticks,
			bytes_per_accept_tick: rules.bytes_per_accept_tick,
			run_slack: rules.run_slack,
			run_max: rules.run_max,
			window: rules.window,
			window_min: rules.window_min,
			window_max: rules.window_max,
			expiry_max: rules.expiry_max,
			job_fee: rules.job_fee,
			min_job: rules.min_job,
			job_deposit: rules.job_deposit,
			byte_deposit: rules.byte_deposit,
			fee_era: rules.fee_era,
			protocol_fee: rules.protocol_fee.0,
			inputs_max: rules.inputs_max,
			output_max: rules.output_max,
			book_output_max: rules.book_output_max,
			lapse_retry: rules.lapse_retry,
			lapse_max: rules.lapse_max,
		}
	}
}

impl IntoRuntime for RejectReason {
	type Runtime = market::RejectReason;
	fn into_runtime(self) -> market::RejectReason {
		match self {
			RejectReason::Busy => market::RejectReason::Busy,
			RejectReason::InputsMissing => market::RejectReason::InputsMissing,
			RejectReason::TooSlow => market::RejectReason::TooSlow,
			RejectReason::Unsupported => market::RejectReason::Unsupported,
			RejectReason::Other => market::RejectReason::Other,
		}
	}
}

impl FromRuntime<market::RejectReason> for RejectReason {
	fn from_runtime(reason: market::RejectReason) -> RejectReason {
		match reason {
			market::RejectReason::Busy => RejectReason::Busy,
			market::RejectReason::InputsMissing => RejectReason::InputsMissing,
			market::RejectReason::TooSlow => RejectReason::TooSlow,
			market::RejectReason::Unsupported => RejectReason::Unsupported,
			market::RejectReason::Other => RejectReason::Other,
		}
	}
}

/// The figures of `class` in the market's table, which lists the classes in their order.
pub(super) fn class_figures(table: [pool::ClassFigures; 6], class: DeviceClass) -> Option<ClassFigures> {
	DeviceClass::ALL
		.into_iter()
		.zip(table)
		.find(|(listed, _)| *listed == class)
		.map(|(_, figures)| ClassFigures::from_runtime(figures))
}
