//! Submitting a job: every bound is checked, and that its requester has the worst case; then it is matched or offered, and what
//! it may cost is held.

use crate::{
	clock::figures_in, types::Work, Clock, ClockState, Config, Entry, Error, Event, JobOf, JobState, MarketRules,
	Pallet, Requester, Requesters, MAX_ASSIGNMENTS,
};
use alloc::vec::Vec;
use codec::Encode;
use millrace_primitives::{
	job::{data_units, job_id},
	traits::{KernelFacts, Kernels, Providers},
	Balance, ClassFigures, JobId, JobSpec, Pool, Price, Target, Tick,
};
use polkadot_sdk::{
	frame_support::{ensure, traits::Get},
	sp_runtime::{DispatchError, DispatchResult, TokenError},
};

/// What jobs are submitted under: read once, however many they are.
struct Today {
	clock: ClockState,
	rules: MarketRules,
	classes: [ClassFigures; 6],
}

impl Today {
	fn figures(&self, pool: Pool) -> ClassFigures {
		figures_in(self.classes, pool.class)
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit(who: &T::AccountId, spec: JobSpec) -> Result<Work, DispatchError> {
		let today = Self::today()?;
		let facts = T::Kernels::facts(&spec.kernel).ok_or(Error::<T>::UnknownKernel)?;
		Self::submit_one(who, spec, &facts, &today)
	}

	/// The job that a specification makes now, with its escrow; or why it is refused, whatever money its requester has.
	pub(crate) fn checked_job(who: &T::AccountId, spec: JobSpec) -> Result<JobOf<T>, DispatchError> {
		let today = Self::today()?;
		let facts = T::Kernels::facts(&spec.kernel).ok_or(Error::<T>::UnknownKernel)?;
		Self::job_of(who, spec, &facts, &today)
	}

	/// What jobs are submitted under now, if the market is not halted.
	fn today() -> Result<Today, DispatchError> {
		let clock = Clock::<T>::get();
		ensure!(!clock.halted, Error::<T>::Halted);
		let (rules, classes) = T::Figures::get();
		Ok(Today { clock, rules, classes })
	}

	/// Submits jobs of one kernel, all or none. Returns what each weighed.
	pub(crate) fn do_submit_jobs(who: &T::AccountId, specs: Vec<JobSpec>) -> Result<Vec<Work>, DispatchError> {
		let today = Self::today()?;
		let kernel = specs.first().ok_or(Error::<T>::EmptyBatch)?.kernel;
		ensure!(
			specs.iter().all(|spec| spec.kernel == kernel),
			Error::<T>::DifferentKernels
		);
		let facts = T::Kernels::facts(&kernel).ok_or(Error::<T>::UnknownKernel)?;
		specs
			.into_iter()
			.map(|spec| Self::submit_one(who, spec, &facts, &today))
			.collect()
	}

	fn submit_one(
		who: &T::AccountId,
		spec: JobSpec,
		facts: &KernelFacts,
		today: &Today,
	) -> Result<Work, DispatchError> {
		let known = Requesters::<T>::get(who);
		let id = Self::next_id(&today.clock, who, &known, &spec);
		let job = Self::job_of(who, spec, facts, today)?;
		Self::enter(id, job, known, today)
	}

	/// Whether all of them are for the book of one pool.
	pub(crate) fn are_of_one_pool(specs: &[JobSpec]) -> bool {
		let pool = |spec: &JobSpec| match spec.terms.target {
			Target::Book { pool, .. } => Some(pool),
			Target::Provider { .. } => None,
		};
		let first = specs.first().and_then(pool);
		first.is_some() && specs.iter().all(|spec| pool(spec) == first)
	}

	/// Holds what a job may cost and lets it begin. Of one that is matched at once no more is held than at the price of the ask,
	/// though its requester must have the worst case.
	fn enter(id: JobId, mut job: JobOf<T>, known: Requester, today: &Today) -> Result<Work, DispatchError> {
		match job.terms.target {
			Target::Book { .. } => {
				Self::ensure_can_hold(&job.requester, job.held()).map_err(Self::explained)?;
				Self::announce(id, &job, known);
				let met = Self::meet(&job, Some(today.figures(job.pool)))?;
				if let Some((_, ask)) = met.ask {
					Self::agree(&mut job, ask.price())?;
				}
				Self::hold_checked(&job.requester, job.held())?;
				Self::take_place(id, job, met)
			}
			Target::Provider { provider, price, .. } => {
				Self::hold_or_explain(&job.requester, job.held())?;
				Self::announce(id, &job, known);
				Self::assign(id, job, provider, price)
			}
		}
	}

	fn job_of(
		who: &T::AccountId,
		spec: JobSpec,
		facts: &KernelFacts,
		today: &Today,
	) -> Result<JobOf<T>, DispatchError> {
		let (rules, now) = (&today.rules, today.clock.tick);
		Self::check_work(&spec, facts)?;
		let (pool, price) = Self::check_target(&spec, rules)?;
		let figures = today.figures(pool);
		Self::check_times(&spec, rules, &figures, now)?;
		let output = output_bytes(&spec, facts);
		Self::check_bytes(&spec, output, rules)?;

		let units = data_units(spec.input_bytes(), output, figures.units_per_byte);
		let mut job = Self::new_job(who.clone(), spec, facts, rules, now, (pool, price), units);
		job.escrow = job.escrow_at(price).ok_or(Error::<T>::CostOverflow)?;
		match &job.terms.target {
			Target::Book { .. } => ensure!(job.escrow <= figures.book_job_max(), Error::<T>::EscrowTooLarge),
			Target::Provider {
				provider,
				price,
				minima,
			} => {
				T::Providers::takes_target(*provider, job.escrow, *price, minima).map_err(Self::refusal)?;
			}
		}
		Ok(job)
	}

	/// Holds escrow, or says in the market's own words that the money is not there.
	pub(crate) fn hold_or_explain(who: &T::AccountId, amount: Balance) -> DispatchResult {
		Self::hold(who, amount).map_err(Self::explained)
	}

	/// Why nothing can be held, in the market's own words where the money is not there.
	fn explained(error: DispatchError) -> DispatchError {
		if error == DispatchError::from(TokenError::FundsUnavailable) {
			DispatchError::from(Error::<T>::InsufficientFunds)
		} else {
			error
		}
	}

	/// The id of the next job of a requester of which this is known.
	pub(crate) fn next_id(clock: &ClockState, who: &T::AccountId, known: &Requester, spec: &JobSpec) -> JobId {
		job_id(&Self::genesis_of(clock), who, known.nonce, spec)
	}

	/// Counts a job among its requester's, of which this is known, and says that it is there.
	pub(crate) fn announce(id: JobId, job: &JobOf<T>, mut known: Requester) {
		known.nonce = known.nonce.saturating_add(1);
		known.live = known.live.saturating_add(1);
		Requesters::<T>::insert(&job.requester, known);
		Self::deposit_event(Event::JobSubmitted {
			job: id,
			requester: job.requester.clone(),
			kernel: job.kernel,
			items: job.items,
			escrow: job.escrow,
			fees: job.fees_held(),
			deposit: job.deposit,
		});
	}

	/// What the kernel says about the specification.
	pub(crate) fn check_work(spec: &JobSpec, facts: &KernelFacts) -> DispatchResult {
		ensure!(!facts.retired, Error::<T>::KernelRetired);
		ensure!(spec.params.len() == usize::from(facts.params), Error::<T>::WrongParams);
		ensure!(spec.inputs.len() == usize::from(facts.inputs), Error::<T>::WrongInputs);
		ensure!(spec.items > 0, Error::<T>::NoItems);
		ensure!(spec.max_units >= facts.item_cost, Error::<T>::MaxUnitsTooLow);
		ensure!(spec.max_units <= facts.max_units, Error::<T>::MaxUnitsTooHigh);
		Ok(())
	}

	/// The market in which the job counts, and the price that it bids.
	fn check_target(spec: &JobSpec, rules: &MarketRules) -> Result<(Pool, Price), DispatchError> {
		match spec.terms.target {
			Target::Book { pool, level } => {
				ensure!(pool.region.is_in(rules.regions), Error::<T>::UnknownRegion);
				ensure!(spec.terms.window == rules.window, Error::<T>::WindowNotStandard);
				Ok((pool, level.price()))
			}
			Target::Provider { provider, price, .. } => {
				let allowed = rules.window_min..=rules.window_max;
				ensure!(allowed.contains(&spec.terms.window), Error::<T>::WindowOutOfRange);
				let view = T::Providers::view(provider).ok_or(Error::<T>::UnknownProvider)?;
				Ok((view.pool, price))
			}
		}
	}

	fn check_times(spec: &JobSpec, rules: &MarketRules, figures: &ClassFigures, now: Tick) -> DispatchResult {
		let units = u64::from(spec.items).saturating_mul(u64::from(spec.max_units));
		let computing = units.checked_div(figures.units_per_tick).unwrap_or(u64::MAX);
		let partial = units.checked_rem(figures.units_per_tick).unwrap_or(0) > 0;
		let least = computing
			.saturating_add(u64::from(partial))
			.saturating_add(u64::from(rules.run_slack));
		ensure!(spec.terms.run_ticks <= rules.run_max, Error::<T>::RunTooLong);
		ensure!(u64::from(spec.terms.run_ticks) >= least, Error::<T>::RunTooShort);
		ensure!(spec.terms.expires > now, Error::<T>::ExpiryPassed);
		ensure!(
			spec.terms.expires <= now.saturating_add(rules.expiry_max),
			Error::<T>::ExpiryTooFar
		);
		Ok(())
	}

	pub(crate) fn check_bytes(spec: &JobSpec, output: u64, rules: &MarketRules) -> DispatchResult {
		let most = match spec.terms.target {
			Target::Book { .. } => rules.book_output_max,
			Target::Provider { .. } => rules.output_max,
		};
		ensure!(spec.input_bytes() <= rules.inputs_max, Error::<T>::InputsTooLarge);
		ensure!(output <= most, Error::<T>::OutputTooLarge);
		Ok(())
	}

	/// The job with everything that it depends on copied into it; its escrow is still to be set.
	pub(crate) fn new_job(
		requester: T::AccountId,
		spec: JobSpec,
		facts: &KernelFacts,
		rules: &MarketRules,
		now: Tick,
		(pool, price): (Pool, Price),
		data_units: u128,
	) -> JobOf<T> {
		let accept_ticks = accept_ticks(&spec, rules);
		#[cfg(feature = "rehearsal")]
		let id = Self::next_id(&Clock::<T>::get(), &requester, &Requesters::<T>::get(&requester), &spec);
		let mut job = JobOf::<T> {
			requester,
			#[cfg(feature = "rehearsal")]
			id,
			kernel: spec.kernel,
			items: spec.items,
			params: spec.params,
			inputs: spec.inputs,
			max_units: spec.max_units,
			data_key: spec.data_key,
			terms: spec.terms,
			pool,
			submitted: now,
			price,
			fee_rate: rules.protocol_fee,
			items_per_leaf: facts.items_per_leaf,
			item_size: facts.item_size,
			data_units,
			escrow: 0,
			fees: MAX_ASSIGNMENTS,
			fees_left: MAX_ASSIGNMENTS,
			job_fee: rules.job_fee,
			min_job: rules.min_job,
			deposit: 0,
			accept_ticks,
			late_share: rules.late_share,
			late_fees: rules.late_fees,
			assignments: 0,
			acceptances: 0,
			demand_ticks: rules.demand_ticks,
			window_min: rules.window_min,
			demanded: 0,
			lapse_max: rules.lapse_max,
			lapses_by: None,
			entry: Entry::None,
			state: JobState::Pending,
		};
		let bytes = Balance::try_from(job.encoded_size()).unwrap_or(Balance::MAX);
		job.deposit = rules
			.job_deposit
			.saturating_add(rules.byte_deposit.saturating_mul(bytes));
		job
	}
}

/// Bytes of all items' outputs.
pub(crate) fn output_bytes(spec: &JobSpec, facts: &KernelFacts) -> u64 {
	u64::from(spec.items).saturating_mul(u64::from(facts.item_size))
}

/// The accept window: its base and a tick for each started portion of input bytes.
fn accept_ticks(spec: &JobSpec, rules: &MarketRules) -> Tick {
	let portions = spec.input_bytes().div_ceil(rules.bytes_per_accept_tick.max(1));
	rules
		.accept_ticks
		.saturating_add(Tick::try_from(portions).unwrap_or(Tick::MAX))
}
