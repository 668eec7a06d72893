//! What the market sees and does: the implementation of the trait between the two.

use crate::*;
use millrace_primitives::{
	traits::{JobPhase, Measurement, Offence, Outcome, ProviderView, SetAside},
	JobId, Minima, Price,
};
use polkadot_sdk::{
	frame_support::ensure,
	sp_runtime::{ArithmeticError, DispatchError, DispatchResult},
};

impl<T: Config> Pallet<T> {
	fn view_of(record: &ProviderOf<T>) -> ProviderView<T::AccountId> {
		ProviderView {
			owner: record.owner.clone(),
			worker: record.worker.clone(),
			payout: record.payout.clone(),
			pool: record.terms.pool(),
			lanes: record.terms.lanes,
			assigned: record.load.assigned,
			running: record.load.running,
			measuring: record.measuring,
			answers: Self::answers(record),
			min_price: record.terms.min_price,
			asks: record.load.asks,
			completed: record.record.completed,
			fraud_clock: record.fraud_clock,
			refills: record.refill,
		}
	}

	/// Moves one job of a provider from a phase to another, in its record, which the caller writes. A record with which this
	/// failed is half changed, and must not be written.
	fn shift_job(
		provider: ProviderId,
		record: &mut ProviderOf<T>,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		target_escrow: Option<Balance>,
	) -> DispatchResult {
		let (lanes, load) = (record.terms.lanes, &mut record.load);
		if let Some(from) = from {
			load.leave(from).ok_or(DispatchError::Corruption)?;
		}
		if let Some(to) = to {
			// A committed job takes neither a lane nor room.
			ensure!(to == JobPhase::Committed || load.has_room(lanes), Error::<T>::Full);
			ensure!(to != JobPhase::Running || load.running < lanes, Error::<T>::NoFreeLane);
			load.enter(to).ok_or(ArithmeticError::Overflow)?;
		}
		if let Some(escrow) = target_escrow {
			match (from, to) {
				(None, Some(_)) => load.add_target(escrow).ok_or(ArithmeticError::Overflow)?,
				(Some(_), None) => load.remove_target().ok_or(DispatchError::Corruption)?,
				_ => (),
			}
		}
		if to == Some(JobPhase::Committed) {
			Self::note_work(provider, record);
		}
		if record.status == (Status::Unreachable { draining: true }) && !record.load.is_computing() {
			// It sold no time any more, and owes none now.
			Self::stop_outage(provider, record);
			record.status = Status::Draining;
			Self::deposit_event(Event::ProviderReturned {
				provider,
				draining: true,
			});
		}
		Ok(())
	}
}

impl<T: Config> millrace_primitives::traits::Providers<T::AccountId> for Pallet<T> {
	fn by_worker(worker: &T::AccountId) -> Option<ProviderId> {
		Workers::<T>::get(worker)
	}

	fn view(provider: ProviderId) -> Option<ProviderView<T::AccountId>> {
		Providers::<T>::get(provider).map(|record| Self::view_of(&record))
	}

	fn may_ask(provider: ProviderId) -> Result<(), Ineligible> {
		Self::check_ask(&Providers::<T>::get(provider).ok_or(Ineligible::Unknown)?)
	}

	fn standing(provider: ProviderId, floor: Balance) -> Option<(ProviderView<T::AccountId>, Result<(), Ineligible>)> {
		let record = Providers::<T>::get(provider)?;
		let need = Self::floor_of(&record.terms, floor);
		Some((Self::view_of(&record), Self::check_serves(&record, need)))
	}

	fn takes_target(provider: ProviderId, escrow: Balance, price: Price, minima: &Minima) -> Result<(), Ineligible> {
		let provider = Providers::<T>::get(provider).ok_or(Ineligible::Unknown)?;
		Self::check_target(&provider, escrow, price)?;
		Self::check_minima(&provider, minima)
	}

	fn move_job_if(
		provider: ProviderId,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		target_escrow: Option<Balance>,
		check: impl FnOnce(&ProviderView<T::AccountId>) -> DispatchResult,
	) -> Result<ProviderView<T::AccountId>, DispatchError> {
		let mut record = Providers::<T>::get(provider).ok_or(Error::<T>::UnknownProvider)?;
		check(&Self::view_of(&record))?;
		Self::shift_job(provider, &mut record, from, to, target_escrow)?;
		let view = Self::view_of(&record);
		Self::put(provider, record);
		Ok(view)
	}

	fn set_asks(provider: ProviderId, asks: u8) {
		if let Some(mut record) = Providers::<T>::get(provider) {
			record.load.asks = asks;
			Self::put(provider, record);
		}
	}

	fn heard(provider: ProviderId) -> bool {
		Self::note_heard(provider)
	}

	fn refill_wanted(provider: ProviderId) -> Balance {
		Providers::<T>::get(provider).map_or(0, |record| Self::shortfall(&record))
	}

	fn refill(provider: ProviderId, amount: Balance) {
		Self::do_refill(provider, amount);
	}

	fn take_stake(provider: ProviderId, amount: Balance, to: Option<&T::AccountId>) -> Balance {
		Self::do_take_stake(provider, amount, to)
	}

	fn slash(provider: ProviderId, offence: Offence<T::AccountId>) -> SetAside {
		Self::do_slash(provider, offence)
	}

	fn record(provider: ProviderId, outcome: Outcome) {
		Self::do_record(provider, outcome)
	}

	fn paid(provider: ProviderId, payment: Balance, fee: Balance) -> bool {
		Self::do_paid(provider, payment, fee)
	}

	fn settle_job(
		provider: ProviderId,
		target_escrow: Option<Balance>,
		payment: Balance,
		fee: Balance,
	) -> Result<(ProviderView<T::AccountId>, bool), DispatchError> {
		let mut record = Providers::<T>::get(provider).ok_or(Error::<T>::UnknownProvider)?;
		Self::shift_job(provider, &mut record, Some(JobPhase::Committed), None, target_escrow)?;
		let filed = Self::note_paid(provider, &mut record, payment, fee);
		let view = Self::view_of(&record);
		Self::put(provider, record);
		Ok((view, filed))
	}

	fn measured(provider: ProviderId, job: JobId, what: Measurement) {
		Self::do_measured(provider, job, what);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_provider(seed: u32, lanes: u16) -> (ProviderId, T::AccountId) {
		benchmarking::bench_provider::<T>(seed, lanes)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_sample(provider: ProviderId) {
		Reachable::<T>::mutate_extant(provider, |sampled| sampled.until = Some(T::Clock::now()));
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_silent(provider: ProviderId, no_shows: u8) {
		benchmarking::silent::<T>(provider, no_shows);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_refill(provider: ProviderId) {
		if let Some(mut record) = Providers::<T>::get(provider) {
			record.refill = true;
			record.ledger.active = Self::floor(&record.terms).saturating_sub(1);
			Self::put(provider, record);
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_earned(provider: ProviderId) {
		benchmarking::earned::<T>(provider, 0, 1);
	}
}
