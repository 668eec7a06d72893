//! A mock of the providers.

use super::*;
use codec::{Decode, Encode};
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Measurement, Offence, Outcome, ProviderEvents, ProviderView, Providers, SetAside},
	Minima, SlashId,
};
use polkadot_sdk::{
	frame_support::{
		storage::unhashed,
		traits::{
			fungible::Mutate,
			tokens::{Fortitude, Precision, Preservation},
		},
	},
	sp_runtime::{DispatchError, DispatchResult},
};

/// A provider of the mock, kept in raw storage so that it takes part in rollbacks.
#[derive(Clone, Debug, Decode, Encode)]
pub struct Record {
	pub owner: AccountId,
	pub worker: Option<AccountId>,
	pub payout: AccountId,
	/// Its free balance above the existential deposit is the stake.
	pub stake: AccountId,
	/// What slashes set aside, above the existential deposit.
	pub aside: AccountId,
	/// When a result of it was refuted.
	pub fraud_clock: Option<Tick>,
	pub pool: Pool,
	pub lanes: u16,
	pub assigned: u16,
	pub running: u16,
	pub committed: u32,
	pub min_price: Price,
	pub takes_targets: bool,
	pub active: bool,
	pub asks: u8,
	pub paid: Balance,
	pub completed: u32,
	/// The era of its last payment, and the fees that it gathered in it.
	pub earned: (u32, Balance),
	/// What it failed of all that ended with it.
	pub failed_percent: u8,
	pub late: u32,
	pub no_show: u32,
	pub abandoned: u32,
	pub inputs_missing: u32,
	pub refuted: u32,
	pub silent: u32,
	/// Whether it answers.
	pub answers: bool,
	/// What it wants of its next earnings for its stake.
	pub refill: Balance,
	/// How often it made itself heard.
	pub heard: u32,
	/// Makes every move of a job fail, as a defect elsewhere would.
	pub broken: bool,
	/// Whether no device has shown that it is of its class.
	pub unmeasured: bool,
	/// Whether a device is being measured.
	pub measuring: bool,
	/// What it was told of its measurements: the job, and how it went on as a letter.
	pub measurements: Vec<(JobId, u8)>,
}

/// Keeps what the market sees of a provider, and nothing else.
pub struct MockProviders;

impl MockProviders {
	fn key(provider: ProviderId) -> Vec<u8> {
		(b"mock:provider", provider).encode()
	}

	pub(crate) fn count() -> u32 {
		unhashed::get_or_default(b"mock:providers")
	}

	pub(crate) fn get(provider: ProviderId) -> Option<Record> {
		unhashed::get(&Self::key(provider))
	}

	pub(crate) fn put(provider: ProviderId, record: &Record) {
		unhashed::put(&Self::key(provider), record);
	}

	pub(crate) fn change(provider: ProviderId, change: impl FnOnce(&mut Record)) {
		let mut record = Self::get(provider).expect("a registered provider");
		change(&mut record);
		Self::put(provider, &record);
	}

	pub(crate) fn stake(record: &Record) -> Balance {
		Balances::balance(&record.stake).saturating_sub(ED)
	}

	/// What slashes of the provider have set aside.
	pub(crate) fn set_aside(provider: ProviderId) -> Balance {
		let record = Self::get(provider).expect("a registered provider");
		Balances::balance(&record.aside).saturating_sub(ED)
	}

	/// Registers a provider with accounts of its own and twice the stake that its lanes need.
	pub(crate) fn register(lanes: u16) -> ProviderId {
		let provider = ProviderId(Self::count());
		unhashed::put(b"mock:providers", &(provider.0 + 1));
		let base = AccountId::from(provider.0);
		let record = Record {
			owner: 2_000 + base,
			worker: Some(1_000 + base),
			payout: 3_000 + base,
			stake: 4_000 + base,
			aside: 5_000 + base,
			fraud_clock: None,
			pool: POOL,
			lanes,
			assigned: 0,
			running: 0,
			committed: 0,
			min_price: Price(64),
			takes_targets: true,
			active: true,
			asks: 0,
			paid: 0,
			completed: 0,
			earned: (0, 0),
			failed_percent: 0,
			late: 0,
			no_show: 0,
			abandoned: 0,
			inputs_missing: 0,
			refuted: 0,
			silent: 0,
			answers: true,
			refill: 0,
			heard: 0,
			broken: false,
			unmeasured: false,
			measuring: false,
			measurements: Vec::new(),
		};
		for account in [record.owner, 1_000 + base, record.payout] {
			Balances::set_balance(&account, 10_000);
		}
		Balances::set_balance(&record.stake, ED + 240_000 * Balance::from(lanes));
		Balances::set_balance(&record.aside, ED);
		Self::put(provider, &record);
		provider
	}

	/// What the real pallet does when stake or status no longer suffice.
	pub(crate) fn check_eligibility(provider: ProviderId) {
		let asks = Self::get(provider).map_or(0, |record| record.asks);
		if asks > 0 && Self::may_ask(provider).is_err() {
			Market::lost_eligibility(provider);
		}
	}

	pub(crate) fn set_active(provider: ProviderId, active: bool) {
		Self::change(provider, |record| record.active = active);
		Self::check_eligibility(provider);
	}

	/// Gives back what was set aside and lifts the conviction, as cancelling does.
	pub(crate) fn cancel_slashes(provider: ProviderId) {
		let record = Self::get(provider).expect("a registered provider");
		let amount = Self::set_aside(provider);
		Balances::transfer(&record.aside, &record.stake, amount, Preservation::Preserve).expect("it is there");
		Self::change(provider, |record| {
			record.active |= record.fraud_clock.is_some();
			record.fraud_clock = None;
		});
	}
}

fn view_of(record: Record) -> ProviderView<AccountId> {
	ProviderView {
		owner: record.owner,
		worker: record.worker,
		payout: record.payout,
		pool: record.pool,
		lanes: record.lanes,
		assigned: record.assigned,
		running: record.running,
		measuring: record.measuring,
		answers: record.answers,
		min_price: record.min_price,
		asks: record.asks,
		completed: record.completed,
		fraud_clock: record.fraud_clock,
		refills: record.refill > 0,
	}
}

impl Providers<AccountId> for MockProviders {
	fn by_worker(worker: &AccountId) -> Option<ProviderId> {
		(0..Self::count())
			.map(ProviderId)
			.find(|provider| Self::get(*provider).is_some_and(|record| record.worker == Some(*worker)))
	}

	fn view(provider: ProviderId) -> Option<ProviderView<AccountId>> {
		Self::get(provider).map(view_of)
	}

	fn may_ask(provider: ProviderId) -> Result<(), Ineligible> {
		let record = Self::get(provider).ok_or(Ineligible::Unknown)?;
		if !record.active {
			return Err(Ineligible::NotActive);
		}
		if record.worker.is_none() {
			return Err(Ineligible::NoWorker);
		}
		let (have, need) = (Self::stake(&record), figures().floor * Balance::from(record.lanes));
		if have < need {
			return Err(Ineligible::StakeTooLow { have, need });
		}
		if record.unmeasured {
			let class = record.pool.class;
			return Err(Ineligible::NotMeasured { class });
		}
		Ok(())
	}

	fn standing(provider: ProviderId, _floor: Balance) -> Option<(ProviderView<AccountId>, Result<(), Ineligible>)> {
		Some((Self::view(provider)?, Self::may_ask(provider)))
	}

	fn takes_target(provider: ProviderId, escrow: Balance, price: Price, minima: &Minima) -> Result<(), Ineligible> {
		let record = Self::get(provider).ok_or(Ineligible::Unknown)?;
		if !record.active {
			return Err(Ineligible::NotActive);
		}
		if record.worker.is_none() {
			return Err(Ineligible::NoWorker);
		}
		if !record.takes_targets {
			return Err(Ineligible::TakesNoTargets);
		}
		if price < record.min_price {
			return Err(Ineligible::PriceTooLow {
				have: price,
				need: record.min_price,
			});
		}
		let (have, need) = (Self::stake(&record), 12 * escrow);
		if have < need {
			return Err(Ineligible::StakeTooLow { have, need });
		}
		if record.unmeasured {
			let class = record.pool.class;
			return Err(Ineligible::NotMeasured { class });
		}
		if record.measuring || record.assigned + record.running >= 2 * record.lanes {
			return Err(Ineligible::Full);
		}
		if record.completed < minima.paid_jobs {
			return Err(Ineligible::TooFewPaid {
				have: record.completed,
				need: minima.paid_jobs,
			});
		}
		if record.failed_percent > minima.failed_percent {
			return Err(Ineligible::TooManyFailed {
				have: record.failed_percent,
				need: minima.failed_percent,
			});
		}
		Ok(())
	}

	fn move_job_if(
		provider: ProviderId,
		from: Option<JobPhase>,
		to: Option<JobPhase>,
		_target_escrow: Option<Balance>,
		check: impl FnOnce(&ProviderView<AccountId>) -> DispatchResult,
	) -> Result<ProviderView<AccountId>, DispatchError> {
		let mut record = Self::get(provider).ok_or(DispatchError::CannotLookup)?;
		check(&view_of(record.clone()))?;
		if record.broken {
			return Err(DispatchError::Other("broken"));
		}
		match from {
			Some(JobPhase::Assigned) => record.assigned = record.assigned.checked_sub(1).ok_or("nothing assigned")?,
			Some(JobPhase::Running) => record.running = record.running.checked_sub(1).ok_or("nothing running")?,
			Some(JobPhase::Committed) => {
				record.committed = record.committed.checked_sub(1).ok_or("nothing committed")?;
			}
			None => {}
		}
		match to {
			Some(JobPhase::Assigned) => record.assigned += 1,
			Some(JobPhase::Running) => record.running += 1,
			Some(JobPhase::Committed) => record.committed += 1,
			None => {}
		}
		if record.running > record.lanes || record.assigned + record.running > 2 * record.lanes {
			return Err(DispatchError::Other("no room"));
		}
		Self::put(provider, &record);
		Ok(view_of(record))
	}

	fn set_asks(provider: ProviderId, asks: u8) {
		Self::change(provider, |record| record.asks = asks);
	}

	fn take_stake(provider: ProviderId, amount: Balance, to: Option<&AccountId>) -> Balance {
		let record = Self::get(provider).expect("a registered provider");
		let amount = amount.min(Self::stake(&record));
		let taken = match to {
			Some(to) => Balances::transfer(&record.stake, to, amount, Preservation::Preserve).unwrap_or(0),
			None => Balances::burn_from(
				&record.stake,
				amount,
				Preservation::Preserve,
				Precision::Exact,
				Fortitude::Force,
			)
			.unwrap_or(0),
		};
		Self::check_eligibility(provider);
		taken
	}

	fn slash(provider: ProviderId, offence: Offence<AccountId>) -> SetAside {
		let record = Self::get(provider).expect("a registered provider");
		let price = match &offence {
			Offence::Fraud { escrow, .. } => figures().floor.max(12 * escrow),
			Offence::Silence { escrow } => 12 * escrow,
		};
		let amount = price.min(Self::stake(&record));
		Balances::transfer(&record.stake, &record.aside, amount, Preservation::Preserve).expect("it is there");
		Self::change(provider, |record| match offence {
			Offence::Fraud { .. } => {
				record.fraud_clock = Some(now());
				record.active = false;
				record.refuted += 1;
			}
			Offence::Silence { .. } => record.silent += 1,
		});
		Self::check_eligibility(provider);
		let slash = (amount > 0).then(|| {
			let id: u32 = unhashed::get_or_default(b"mock:slashes");
			unhashed::put(b"mock:slashes", &(id + 1));
			SlashId(id)
		});
		SetAside { slash, amount }
	}

	fn heard(provider: ProviderId) -> bool {
		Self::change(provider, |record| record.heard += 1);
		false
	}

	fn refill_wanted(provider: ProviderId) -> Balance {
		Self::get(provider).map_or(0, |record| record.refill)
	}

	fn refill(provider: ProviderId, amount: Balance) {
		let record = Self::get(provider).expect("a registered provider");
		Balances::transfer(&record.owner, &record.stake, amount, Preservation::Preserve).expect("it has arrived");
		Self::change(provider, |record| record.refill -= amount);
	}

	fn record(provider: ProviderId, outcome: Outcome) {
		Self::change(provider, |record| match outcome {
			Outcome::Late => record.late += 1,
			Outcome::Abandoned => record.abandoned += 1,
			Outcome::NoShow => record.no_show += 1,
			Outcome::InputsMissing => record.inputs_missing += 1,
		});
		if MockProviders::get(provider).is_some_and(|record| record.late > 0 && record.late.is_multiple_of(3))
			&& outcome == Outcome::Late
		{
			Self::set_active(provider, false);
		}
	}

	fn paid(provider: ProviderId, payment: Balance, fee: Balance) -> bool {
		let mut filed = false;
		Self::change(provider, |record| {
			record.paid += payment;
			record.completed += 1;
			let (era, fees) = record.earned;
			filed = era != running_era() && fees > 0;
			record.earned = (running_era(), if era == running_era() { fees + fee } else { fee });
		});
		filed
	}

	fn settle_job(
		provider: ProviderId,
		target_escrow: Option<Balance>,
		payment: Balance,
		fee: Balance,
	) -> Result<(ProviderView<AccountId>, bool), DispatchError> {
		Self::move_job(provider, Some(JobPhase::Committed), None, target_escrow)?;
		let filed = Self::paid(provider, payment, fee);
		let view = Self::view(provider).ok_or(DispatchError::CannotLookup)?;
		Ok((view, filed))
	}

	fn measured(provider: ProviderId, job: JobId, what: Measurement) {
		Self::change(provider, |record| {
			record.measuring = false;
			record.measurements.push(match what {
				Measurement::Committed { ticks } => (job, b'0' + ticks as u8),
				Measurement::Stands => (job, b's'),
				Measurement::Failed => (job, b'f'),
			});
		});
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_provider(_seed: u32, lanes: u16) -> (ProviderId, AccountId) {
		let provider = Self::register(lanes);
		(provider, worker(provider))
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_sample(_provider: ProviderId) {}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_silent(_provider: ProviderId, _no_shows: u8) {}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_refill(provider: ProviderId) {
		Self::change(provider, |record| record.refill = 1);
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn bench_earned(provider: ProviderId) {
		Self::change(provider, |record| record.earned = (0, 1));
	}
}
