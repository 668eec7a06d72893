//! Jobs that measure devices.
//!
//! They are jobs like any other, exact and public: whoever holds the output refutes a wrong one. But their requester is this
//! pallet, which signs nothing: they cost nothing but the job fee of the provider's owner, cannot be cancelled, and end
//! unpaid when their window is over. Anybody may demand their leaves: else a root that no bytes lead to would pass.

use crate::{submit::output_bytes, Clock, Config, Error, Event, JobOf, Pallet, Requesters};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use millrace_primitives::{
	job::MAX_PARAMS,
	traits::{Classes, KernelFacts, Kernels, Measurement, Measurements, Outcome, ProtocolClock, Providers},
	Balance, ClassTask, JobId, JobSpec, Minima, Price, ProviderId, Target, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	sp_core::H256,
	sp_io::hashing::blake2_256,
	sp_runtime::{traits::AccountIdConversion, BoundedVec, DispatchError, Perbill},
};

/// A measurement counts as this part of the largest job of the book, where leaves of it are demanded and never come. The
/// stake that this costs is the same part of the class floor.
const SILENCE_SHARE: Perbill = Perbill::from_percent(2);

impl<T: Config> Pallet<T> {
	/// Whose jobs those are that measure devices: an account without a key, of this pallet.
	pub fn measurer() -> T::AccountId {
		T::PalletId::get().into_sub_account_truncating(b"measurer")
	}

	/// Whether a job measures a device.
	pub(crate) fn is_measurement(job: &JobOf<T>) -> bool {
		// Each names its provider: of a job of the book, the account need not be derived.
		job.is_targeted() && job.requester == Self::measurer()
	}

	/// Tells the providers what became of a job, if it measures a device.
	pub(crate) fn tell_measured(id: JobId, job: &JobOf<T>, what: Measurement) {
		if let (true, Target::Provider { provider, .. }) = (Self::is_measurement(job), job.terms.target) {
			T::Providers::measured(provider, id, what);
		}
	}

	/// Ticks since a measurement was drawn.
	pub(crate) fn measured_ticks(job: &JobOf<T>) -> Tick {
		Self::now().saturating_sub(job.terms.expires)
	}

	/// Writes an outcome of a job into the provider's record. That a device was measured is no part of it.
	pub(crate) fn record(job: &JobOf<T>, provider: ProviderId, outcome: Outcome) {
		if !Self::is_measurement(job) {
			T::Providers::record(provider, outcome);
		}
	}

	/// What a job counts as, in planck, where its provider does not provide demanded leaves. Nothing is held for a
	/// measurement, but to be silent on it must not be free.
	pub(crate) fn silence_escrow(job: &JobOf<T>, provider: ProviderId) -> Balance {
		if !Self::is_measurement(job) {
			return job.escrow;
		}
		let class = T::Providers::view(provider).map(|view| view.pool.class);
		let largest = class.map_or(0, |class| <Self as Classes>::figures(class).book_job_max());
		SILENCE_SHARE.mul_floor(largest)
	}

	/// Takes the job fee of a measurement from the owner, or else, as a no-show's, from the stake. Returns what came from
	/// each.
	fn charge_measurement(provider: ProviderId, owner: &T::AccountId) -> (Balance, Balance) {
		let fee = T::Rules::get().job_fee;
		let burned = T::Currency::burn_from(owner, fee, Preservation::Preserve, Precision::Exact, Fortitude::Polite);
		let (from_owner, from_stake) = match burned {
			Ok(burned) => (burned, 0),
			Err(_) => (0, T::Providers::take_stake(provider, fee, None)),
		};
		if let Some(view) = T::Providers::view(provider) {
			Self::tally_fee(view.pool, from_owner.saturating_add(from_stake));
		}
		(from_owner, from_stake)
	}

	/// What is submitted for a task.
	fn measurement_spec(provider: ProviderId, task: &ClassTask, facts: &KernelFacts, seed: &H256) -> JobSpec {
		let params: Vec<u64> = (0..u32::from(facts.params).min(MAX_PARAMS))
			.filter_map(|place| u64::decode(&mut blake2_256(&(seed, place).encode()).as_slice()).ok())
			.collect();
		JobSpec {
			kernel: task.kernel,
			params: BoundedVec::truncate_from(params),
			inputs: BoundedVec::default(),
			items: task.items,
			max_units: facts.max_units,
			data_key: [0; 32],
			terms: Terms {
				target: Target::Provider {
					provider,
					price: Price(0),
					minima: Minima::default(),
				},
				public: true,
				run_ticks: task.ticks,
				window: T::Rules::get().window,
				expires: Self::now(),
			},
		}
	}
}

impl<T: Config> Measurements<T::AccountId> for Pallet<T> {
	fn measure(
		provider: ProviderId,
		owner: &T::AccountId,
		task: &ClassTask,
		seed: &H256,
	) -> Result<JobId, DispatchError> {
		let facts = T::Kernels::facts(&task.kernel).ok_or(Error::<T>::UnknownKernel)?;
		let spec = Self::measurement_spec(provider, task, &facts, seed);
		let mut rules = T::Rules::get();
		Self::check_work(&spec, &facts)?;
		Self::check_bytes(&spec, output_bytes(&spec, &facts), &rules)?;
		let (from_owner, from_stake) = Self::charge_measurement(provider, owner);

		// Nobody pays for it, so nothing is held, and nothing is owed where it is late.
		rules.job_fee = 0;
		rules.min_job = 0;
		rules.job_deposit = 0;
		rules.byte_deposit = 0;
		rules.protocol_fee = Perbill::zero();
		rules.accept_ticks = task.ticks;
		let who = Self::measurer();
		let (clock, known) = (Clock::<T>::get(), Requesters::<T>::get(&who));
		let id = Self::next_id(&clock, &who, &known, &spec);
		let pool = T::Providers::view(provider).ok_or(Error::<T>::UnknownProvider)?.pool;
		let job = Self::new_job(who, spec, &facts, &rules, clock.tick, (pool, Price(0)), 0);
		Self::announce(id, &job, known);
		Self::deposit_event(Event::MeasurementCharged {
			job: id,
			provider,
			from_owner,
			from_stake,
		});
		Self::assign(id, job, provider, Price(0))?;
		Ok(id)
	}
}
