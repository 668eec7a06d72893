//! What a job would cost and when it would start: the checks of a submission and the first step of a match, without what
//! either changes.

use super::types::{Quote, Start};
use crate::{assign::MATCH_TRIES, book::Book, Config, Pallet};
use millrace_primitives::{traits::ProtocolClock, JobSpec, Level, Pool, Price, Target};
use polkadot_sdk::sp_runtime::{DispatchError, Perbill};

/// Eras before the running one in which it is looked how much jobs of the pool take.
const ERAS_BACK: u32 = 4;

impl<T: Config> Pallet<T> {
	/// What a job would cost, and when it would start, if it were submitted now; or why it would be refused. Whether its
	/// requester has the money is not looked at.
	pub fn quote(spec: JobSpec) -> Result<Quote, DispatchError> {
		// Whose job it is plays no part in what it costs.
		let mut job = Self::checked_job(&Self::measurer(), spec)?;
		let (start, price) = match job.terms.target {
			Target::Book { pool, level } => Self::start_in_book(pool, level),
			Target::Provider { provider, .. } => (Start::Now { provider }, job.price),
		};
		let units = job.units_max();
		let (escrow, fees, deposit) = (job.escrow, job.fees_held(), job.deposit);
		let worst = job.payment(units).saturating_add(fees);
		job.price = price;
		let share = Self::usual_share(job.pool).unwrap_or(Perbill::one());
		let expected = job.payment(share.mul_ceil(units)).saturating_add(job.job_fee);
		Ok(Quote {
			start,
			price,
			escrow,
			fees,
			deposit,
			worst,
			expected,
		})
	}

	/// Which part of what they might have taken the items of a pool's paid jobs took, in the running era or the last one that
	/// is remembered of a few. `None` where none was paid.
	fn usual_share(pool: Pool) -> Option<Perbill> {
		let running = Self::era();
		(0..=ERAS_BACK)
			.filter_map(|back| Self::pool_era(pool, running.checked_sub(back)?))
			.find(|era| era.units_max > 0)
			.map(|era| Perbill::from_rational(era.units, era.units_max))
	}

	/// What becomes of a bid that enters the book now, and what it would pay. Nobody overtakes older bids that offer as
	/// much, and the order that rests names the price.
	fn start_in_book(pool: Pool, level: Level) -> (Start, Price) {
		let limit = level.price();
		let Some(ask) = Self::best_serving_ask(pool) else {
			return (Start::NoAsk { cheapest: None }, limit);
		};
		let price = ask.level.price();
		if ask.level > level {
			return (Start::NoAsk { cheapest: Some(price) }, limit);
		}
		let ahead = Book::<T>::bids_from(pool, level);
		if ahead > 0 || ask.aside >= usize::from(MATCH_TRIES) {
			return (Start::Behind { ahead }, limit);
		}
		let provider = ask.provider;
		(Start::Now { provider }, price)
	}
}
