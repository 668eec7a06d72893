//! Jobs as tests need them.

use crate::{
	amount::MILL,
	chain::{
		AccountId, DeviceClass, JobId, JobSpec, JobState, JobView, KernelHash, Level, Minima, Pool, Price, Target,
		Terms, Window, H256,
	},
};

const POOL: Pool = Pool {
	class: DeviceClass::Cpu4,
	region: 0,
};

fn job(target: Target) -> JobView {
	JobView {
		id: JobId([7; 32]),
		requester: AccountId([1; 32]),
		spec: JobSpec {
			kernel: KernelHash([2; 32]),
			params: Vec::new(),
			inputs: Vec::new(),
			items: 10,
			max_units: 100,
			data_key: [0; 32],
			terms: Terms {
				target,
				public: true,
				run_ticks: 20,
				window: 1_200,
				expires: 1_400,
			},
		},
		pool: POOL,
		submitted: 900,
		price: Price(50),
		fee_rate: 0,
		items_per_leaf: 1,
		item_size: 4,
		data_units: 0,
		escrow: MILL,
		fees: 3,
		fees_left: 3,
		job_fee: 5,
		deposit: 7,
		assignments: 0,
		acceptances: 0,
		lapse_max: 0,
		lapses_by: None,
		state: JobState::Pending,
	}
}

/// A job that may run in cpu-4/any.
pub(crate) fn in_the_book() -> JobView {
	job(Target::Book {
		pool: POOL,
		level: Level(3),
	})
}

/// A job that names provider 4.
pub(crate) fn to_one() -> JobView {
	job(Target::Provider {
		provider: 4,
		price: Price(50),
		minima: Minima::default(),
	})
}

/// A job that names provider 4, which has committed 2²⁸ units. Its output has 1,048,580 bytes, an item more than can be
/// demanded on the chain.
pub(crate) fn committed_large() -> JobView {
	let mut job = to_one();
	job.spec.items = (1 << 18) + 1;
	job.assignments = 1;
	job.acceptances = 1;
	job.fees_left = 2;
	job.state = JobState::Committed {
		provider: 4,
		payout: AccountId([3; 32]),
		root: H256([5; 32]),
		units: 1 << 28,
		at: 950,
		window: Window::Open { end: 2_150 },
	};
	job
}
