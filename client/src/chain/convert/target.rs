//! Who is to do a job, and at what price.

use super::{job, FromRuntime, IntoRuntime};
use crate::chain::{Level, Minima, Pool, Price, Target};

impl IntoRuntime for Target {
	type Runtime = job::Target;
	fn into_runtime(self) -> job::Target {
		match self {
			Target::Book { pool, level } => job::Target::Book {
				pool: pool.into_runtime(),
				level: level.into_runtime(),
			},
			Target::Provider {
				provider,
				price,
				minima,
			} => job::Target::Provider {
				provider: provider.into_runtime(),
				price: price.into_runtime(),
				minima: job::Minima {
					paid_jobs: minima.paid_jobs,
					failed_percent: minima.failed_percent,
					stake: minima.stake,
				},
			},
		}
	}
}

impl FromRuntime<job::Target> for Target {
	fn from_runtime(target: job::Target) -> Target {
		match target {
			job::Target::Book { pool, level } => Target::Book {
				pool: Pool::from_runtime(pool),
				level: Level(level.0),
			},
			job::Target::Provider {
				provider,
				price,
				minima,
			} => Target::Provider {
				provider: provider.0,
				price: Price(price.0),
				minima: Minima {
					paid_jobs: minima.paid_jobs,
					failed_percent: minima.failed_percent,
					stake: minima.stake,
				},
			},
		}
	}
}
