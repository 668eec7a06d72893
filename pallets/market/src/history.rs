//! What each pool has done, era by era, so that whoever wants to know needs no indexer.
//!
//! The running era of a pool is one item, to which every ending of a job adds; it also counts the fees that were burned in
//! it. When an era is over the hook goes through the pools: it files the item under the era's number, mints the treasury's part
//! of the fees, and drops what was filed too many eras ago. There are no more pools than classes and regions make. When all are
//! filed, it tells the rewards what payments of the era brought in fees.
//!
//! That sum is not one over the pools: filing them may take several blocks, in which jobs are paid. It is counted beside the
//! number of the era, so that a payment belongs to the same era for the sum and for its provider.

use crate::{weights::WeightInfo, Clock, Config, EraProgress, Event, History, JobOf, Pallet, PoolTallies, Totals};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
pub use millrace_primitives::HISTORY_ERAS;
use millrace_primitives::{
	traits::{ProtocolClock, UsageSink},
	Balance, Pool, Price, Tick,
};
use polkadot_sdk::{
	frame_support::{
		traits::{fungible::Mutate, Get},
		weights::WeightMeter,
	},
	sp_runtime::PerThing,
};
use scale_info::TypeInfo;

/// Buckets in which ticks to a result are counted.
pub const BUCKETS: usize = 16;

/// What a pool has done in an era.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct PoolEra {
	/// Jobs that were paid.
	pub paid_jobs: u32,
	/// Of these, jobs that lapsed into payment.
	pub lapsed: u32,
	/// Jobs that their requester cancelled.
	pub cancelled: u32,
	/// Jobs that nobody took before they expired.
	pub expired: u32,
	/// Jobs that were assigned and not served.
	pub unserved: u32,
	/// Jobs whose result was refuted.
	pub refuted: u32,
	/// Committed jobs that were void because another result of their provider was refuted.
	pub voided: u32,
	/// Jobs whose provider did not bring demanded leaves.
	pub silent: u32,
	/// Jobs whose requester said that their output was not delivered.
	pub refused: u32,
	/// Units of the paid jobs that their items took.
	pub units: u128,
	/// Units that the items of the paid jobs might have taken.
	pub units_max: u128,
	/// Paid by requesters, protocol fee included, in planck. Paid, not verified.
	pub paid: Balance,
	/// Fees that were burned, of payments and of assignments, in planck.
	pub fees: Balance,
	/// The lowest price that was paid; 0 where none was.
	pub price_low: Price,
	/// The highest price that was paid.
	pub price_high: Price,
	/// The price that was paid last.
	pub price_last: Price,
	/// Paid jobs by the ticks from their submission to their result: bucket 0 is none at all, bucket `k` is 2ᵏ⁻¹ and more,
	/// less than 2ᵏ; the last is open.
	pub ticks: [u32; BUCKETS],
}

impl PoolEra {
	/// The least number of ticks in which so many percent of the paid jobs had their result, as far as the buckets tell: the
	/// upper end of one. `None` where no job was paid.
	pub fn ticks_percentile(&self, percent: u32) -> Option<Tick> {
		let sum = |sum: u64, count: &u32| sum.saturating_add(u64::from(*count));
		let need = self
			.ticks
			.iter()
			.fold(0, sum)
			.saturating_mul(u64::from(percent.min(100)))
			.div_ceil(100)
			.max(1);
		let mut seen = 0;
		(0u32..).zip(&self.ticks).find_map(|(bucket, count)| {
			seen = sum(seen, count);
			(seen >= need).then(|| 1u32.checked_shl(bucket).map_or(Tick::MAX, |end| end.saturating_sub(1)))
		})
	}

	fn count_ticks(&mut self, ticks: Tick) {
		let bits = Tick::BITS.saturating_sub(ticks.leading_zeros());
		let bucket = usize::try_from(bits).unwrap_or(BUCKETS).min(BUCKETS.saturating_sub(1));
		if let Some(count) = self.ticks.get_mut(bucket) {
			*count = count.saturating_add(1);
		}
	}
}

/// What the market has done since genesis.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct MarketTotals {
	/// Jobs paid.
	pub settled: u64,
	/// Paid by requesters, protocol fee included, in planck. Paid, not verified.
	pub paid: Balance,
	/// Of that, the protocol's fee.
	pub fees: Balance,
}

/// What a pool does now, and what it has done.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo,
)]
pub struct PoolTally {
	/// The running era.
	pub era: PoolEra,
	/// Since genesis.
	pub totals: MarketTotals,
}

/// How far the eras are. The clock knows the number of the running one.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct EraState {
	/// When the running one began.
	pub started: Tick,
	/// What is still to be done for the one before.
	pub closing: Option<Closing>,
}

/// An era that is over, as long as its pools are filed.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Closing {
	/// How many ticks it had.
	pub ticks: Tick,
	/// The protocol's part of all its payments, in planck.
	pub payment_fees: Balance,
	/// The pool that was filed last.
	pub cursor: Option<Pool>,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Ending {
	/// Its requester took it back.
	Cancelled,
	/// Nobody took it in time.
	Expired,
	/// It was assigned and not served.
	Unserved,
	/// Its result was refuted.
	Refuted,
	/// Another result of its provider was refuted.
	Voided,
	/// Demanded leaves never came.
	Silent,
	/// The requester said that the output was not delivered.
	Refused,
}

impl<T: Config> Pallet<T> {
	/// Counts a job that ended without payment, and the job fees that it used up. What measures devices is no part of the
	/// market.
	pub(crate) fn tally_ending(job: &JobOf<T>, ending: Ending, fees_paid: Balance) {
		if Self::is_measurement(job) {
			return;
		}
		PoolTallies::<T>::mutate(job.pool, |tally| {
			let era = &mut tally.era;
			let count = match ending {
				Ending::Cancelled => &mut era.cancelled,
				Ending::Expired => &mut era.expired,
				Ending::Unserved => &mut era.unserved,
				Ending::Refuted => &mut era.refuted,
				Ending::Voided => &mut era.voided,
				Ending::Silent => &mut era.silent,
				Ending::Refused => &mut era.refused,
			};
			*count = count.saturating_add(1);
			era.fees = era.fees.saturating_add(fees_paid);
		});
	}

	/// Counts a job that was paid.
	pub(crate) fn tally_payment(job: &JobOf<T>, units: u64, ticks: Tick, payment: Balance, fee: Balance, lapsed: bool) {
		let (price, units_max) = (job.price, job.units_max());
		let burned = fee.saturating_add(job.fees_used());
		Clock::<T>::mutate(|clock| clock.payment_fees = clock.payment_fees.saturating_add(fee));
		PoolTallies::<T>::mutate(job.pool, |tally| {
			let totals = &mut tally.totals;
			totals.settled = totals.settled.saturating_add(1);
			totals.paid = totals.paid.saturating_add(payment);
			totals.fees = totals.fees.saturating_add(fee);
			let era = &mut tally.era;
			era.price_low = if era.paid_jobs == 0 {
				price
			} else {
				era.price_low.min(price)
			};
			era.price_high = era.price_high.max(price);
			era.price_last = price;
			era.paid_jobs = era.paid_jobs.saturating_add(1);
			era.lapsed = era.lapsed.saturating_add(u32::from(lapsed));
			era.units = era.units.saturating_add(u128::from(units));
			era.units_max = era.units_max.saturating_add(u128::from(units_max));
			era.paid = era.paid.saturating_add(payment);
			era.fees = era.fees.saturating_add(burned);
			era.count_ticks(ticks);
		});
	}

	/// Counts fees that were burned beside the ending of a job.
	pub(crate) fn tally_fee(pool: Pool, fee: Balance) {
		if fee > 0 {
			PoolTallies::<T>::mutate(pool, |tally| tally.era.fees = tally.era.fees.saturating_add(fee));
		}
	}

	/// What all pools have done since genesis.
	pub fn totals() -> MarketTotals {
		PoolTallies::<T>::iter_values().fold(Totals::<T>::get(), |sum, PoolTally { totals, .. }| MarketTotals {
			settled: sum.settled.saturating_add(totals.settled),
			paid: sum.paid.saturating_add(totals.paid),
			fees: sum.fees.saturating_add(totals.fees),
		})
	}

	/// Begins an era when the one before is over, and closes that, as far as the meter goes.
	pub(crate) fn poll_era(meter: &mut WeightMeter) {
		let mut state = EraProgress::<T>::get();
		let before = state;
		let ticks = Self::now().saturating_sub(state.started);
		if state.closing.is_none() && ticks >= T::Rules::get().fee_era {
			state = EraState {
				started: Self::now(),
				closing: Some(Self::begin_era(ticks)),
			};
		}
		let over = <Self as ProtocolClock>::era().saturating_sub(1);
		while let Some(mut closing) = state.closing {
			if meter.try_consume(T::WeightInfo::close_pool()).is_err() {
				break;
			}
			let next = match closing.cursor {
				Some(last) => PoolTallies::<T>::iter_keys_from_key(last).next(),
				None => PoolTallies::<T>::iter_keys().next(),
			};
			match next {
				Some(pool) => {
					Self::close_pool(pool, over);
					closing.cursor = Some(pool);
					state.closing = Some(closing);
				}
				None if meter.try_consume(T::WeightInfo::close_era()).is_ok() => {
					Self::close_era(over, &closing);
					state.closing = None;
				}
				None => break,
			}
		}
		if state != before {
			EraProgress::<T>::put(state);
		}
	}

	/// Begins the next era, and returns what is to be done for the one that ends after so many ticks.
	fn begin_era(ticks: Tick) -> Closing {
		let payment_fees = Clock::<T>::mutate(|clock| {
			clock.era = clock.era.saturating_add(1);
			core::mem::take(&mut clock.payment_fees)
		});
		Closing {
			ticks,
			payment_fees,
			cursor: None,
		}
	}

	/// Tells the rewards what the payments of an era brought, all pools of which are filed.
	pub(crate) fn close_era(era: u32, closing: &Closing) {
		let fees = closing.payment_fees;
		let burned = T::Rules::get().fee_burn.mul_floor(fees);
		T::UsageSink::era_closed(era, fees, burned, closing.ticks);
	}

	/// Files what a pool did in an era that is over, and mints the treasury's part of the fees, rounded down.
	pub(crate) fn close_pool(pool: Pool, era: u32) {
		if let Some(old) = era.checked_sub(HISTORY_ERAS) {
			History::<T>::remove(old, pool);
		}
		let done = PoolTallies::<T>::mutate(pool, |tally| core::mem::take(&mut tally.era));
		if done == PoolEra::default() {
			return;
		}
		History::<T>::insert(era, pool, done);
		let treasury = Self::mint_treasury(T::Rules::get().fee_burn.left_from_one().mul_floor(done.fees));
		Self::deposit_event(Event::EraClosed {
			era,
			pool,
			fees: done.fees,
			treasury,
		});
	}

	/// Returns what was minted: nothing where the treasury has no existential deposit yet and this is less.
	fn mint_treasury(amount: Balance) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Currency::mint_into(&T::Treasury::get(), amount).unwrap_or_else(|error| {
			log::warn!(target: crate::LOG_TARGET, "the treasury cannot take {amount}: {error:?}");
			0
		})
	}
}
