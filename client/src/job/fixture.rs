//! Jobs as tests need them.

use crate::{
	amount::MILL,
	chain::{
		AccountId, DeviceClass, JobId, JobSpec, JobState, JobView, KernelHash, Level, Minima, Pool, Price, Target,
		Terms,
	},
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
		price: Price(50),
		fee_rate: 0,
		items_per_leaf: 1,
		item_size: 4,
		data_units: 0,
		escrow: MILL,
		fees_left: 3,
		job_fee: 5,
		assignments: 0,
		acceptances: 0,
		lapse_max: 0,
		lapses_by: None,
		state: JobState::Pending,
	}
}

/// A job that may run in cpu-4/any.
pub(crate) fn in_the_book() -> JobView {
	let pool = Pool {
		class: DeviceClass::Cpu4,
		region: 0,
	};
	job(Target::Book { pool, level: Level(3) })
}

/// A job that names provider 4.
pub(crate) fn to_one() -> JobView {
	job(Target::Provider {
		provider: 4,
		price: Price(50),
		minima: Minima::default(),
	})
}
