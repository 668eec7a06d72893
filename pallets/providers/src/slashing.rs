//! Slashes: set aside at once, paid later, cancellable meanwhile.
//!
//! What is set aside backs nothing and cannot be withdrawn. It is paid only after a while, because a defect of this
//! software must not be a robbery: whoever may cancel gives the stake back.

use crate::{
	types::{SlashCause, SlashShares},
	weights::WeightInfo,
	*,
};
use millrace_primitives::{
	traits::{Offence, SetAside},
	SlashId,
};
use polkadot_sdk::{
	frame_support::{
		defensive,
		dispatch::DispatchResult,
		ensure,
		traits::Get,
		weights::{Weight, WeightMeter},
	},
	sp_runtime::Perbill,
};

/// Part of a block that the hook may take for slashes that are due.
const HOOK_SHARE: Perbill = Perbill::from_percent(1);

impl<T: Config> Pallet<T> {
	/// Sets aside what an offence costs, and convicts a provider of fraud. What is there is taken.
	///
	/// Fraud costs the class floor, and at least a multiple of the largest live targeted escrow, of the active stake and
	/// then of what unbonds: leaving does not save it. Silence costs a multiple of the escrow, of the active stake alone.
	pub(crate) fn do_slash(id: ProviderId, offence: Offence<T::AccountId>) -> SetAside {
		let Some(mut provider) = Providers::<T>::get(id) else {
			defensive!("an offence of a provider that does not exist");
			return SetAside::default();
		};
		let now = T::Clock::now();
		let multiple = T::StakeMultiple::get();
		let (cause, amount, shares) = match offence {
			Offence::Fraud {
				refuter,
				requester,
				escrow,
			} => {
				let floor = T::Classes::figures(provider.terms.class).floor;
				let price = floor.max(provider.load.largest_target.saturating_mul(multiple));
				let amount = provider.ledger.set_aside(price);
				let shares = SlashShares {
					refuter,
					refuter_amount: T::RefuterShare::get().mul_floor(amount),
					requester,
					requester_amount: T::RequesterShare::get().mul_floor(amount).min(escrow),
				};
				provider.record.refuted = provider.record.refuted.saturating_add(1);
				// It gets no jobs for days, and serves none that it has.
				Self::stop_outage(id, &mut provider);
				provider.fraud_clock = Some(now);
				provider.status = Status::Chilled {
					until: now.saturating_add(T::ChillTicks::get()),
				};
				(SlashCause::Fraud, amount, Some(shares))
			}
			Offence::Silence { escrow } => {
				let price = escrow.saturating_mul(multiple).min(provider.ledger.active);
				provider.record.silent = provider.record.silent.saturating_add(1);
				let amount = provider.ledger.set_aside(price);
				Self::note_penalty(id, &provider, amount);
				(SlashCause::Silence, amount, None)
			}
		};
		let status = provider.status;
		let lost = Self::check_ask(&provider).is_err();
		Self::put(id, provider);

		let slash = (amount > 0).then(|| {
			Self::queue_slash(Slash {
				provider: id,
				amount,
				cause,
				since: now,
				due: now.saturating_add(T::SlashTicks::get()),
				shares,
			})
		});
		if let (SlashCause::Fraud, Status::Chilled { until }) = (cause, status) {
			Self::deposit_event(Event::ProviderChilled { provider: id, until });
		}
		// Last, because the market comes back from here to lower the count of asks.
		if lost {
			T::Events::lost_eligibility(id);
		}
		SetAside { slash, amount }
	}

	/// Queues a slash for what has been set aside, and returns its id.
	pub(crate) fn queue_slash(slash: SlashOf<T>) -> SlashId {
		let id = NextSlash::<T>::get();
		NextSlash::<T>::put(SlashId(id.0.saturating_add(1)));
		Self::deposit_event(Event::SlashSetAside {
			slash: id,
			provider: slash.provider,
			cause: slash.cause,
			amount: slash.amount,
			due: slash.due,
		});
		Slashes::<T>::insert(id, slash);
		id
	}

	/// See [`Pallet::pay_slash`].
	pub(crate) fn do_pay_slash(id: SlashId) -> DispatchResult {
		let slash = Slashes::<T>::get(id).ok_or(Error::<T>::UnknownSlash)?;
		ensure!(slash.due <= T::Clock::now(), Error::<T>::SlashNotDue);
		Self::pay(id, slash);
		Ok(())
	}

	/// Pays the shares and burns the rest; what an outage costs goes to the treasury. A share that its account cannot take
	/// is burned too.
	fn pay(id: SlashId, slash: SlashOf<T>) {
		Slashes::<T>::remove(id);
		let Some(owner) = Self::end_set_aside(&slash, |_| ()) else {
			return;
		};
		let (mut rest, mut to_refuter, mut to_requester, mut to_treasury) = (slash.amount, 0, 0, 0);
		if slash.cause == SlashCause::Downtime {
			to_treasury = Self::move_stake(&owner, &T::Treasury::get(), rest);
			rest = 0;
		}
		if let Some(shares) = &slash.shares {
			rest = rest
				.saturating_sub(shares.refuter_amount)
				.saturating_sub(shares.requester_amount);
			to_refuter = Self::move_stake(&owner, &shares.refuter, shares.refuter_amount);
			to_requester = Self::move_stake(&owner, &shares.requester, shares.requester_amount);
		}
		Self::burn_stake(&owner, rest);
		Self::deposit_event(Event::SlashPaid {
			slash: id,
			provider: slash.provider,
			to_refuter,
			to_requester,
			to_treasury,
			burned: slash
				.amount
				.saturating_sub(to_refuter)
				.saturating_sub(to_requester)
				.saturating_sub(to_treasury),
		});
	}

	/// See [`Pallet::cancel_slash`].
	pub(crate) fn do_cancel_slash(id: SlashId) -> DispatchResult {
		let slash = Slashes::<T>::take(id).ok_or(Error::<T>::UnknownSlash)?;
		let now = T::Clock::now();
		Self::end_set_aside(&slash, |provider| {
			provider.ledger.active = provider.ledger.active.saturating_add(slash.amount);
			if provider.status == Status::Exiting {
				provider.ledger.unbond_all(now);
			}
			// The conviction that brought this slash, not another one.
			if slash.cause == SlashCause::Fraud && provider.fraud_clock == Some(slash.since) {
				provider.fraud_clock = None;
				if matches!(provider.status, Status::Chilled { .. }) {
					// Whoever was suspended for late jobs still is; only its owner resumes it.
					let suspended = Self::is_suspended(provider);
					provider.status = if suspended { Status::Draining } else { Status::Active };
				}
			}
			// The last step of an outage chilled it. Nobody knows whether it is back: it takes jobs when it says so.
			let chill = Status::Chilled {
				until: slash.since.saturating_add(T::ChillTicks::get()),
			};
			if slash.cause == SlashCause::Downtime && provider.fraud_clock.is_none() && provider.status == chill {
				provider.status = Status::Draining;
			}
		});
		Self::deposit_event(Event::SlashCancelled {
			slash: id,
			provider: slash.provider,
			amount: slash.amount,
		});
		Ok(())
	}

	/// Takes a slash off what is set aside, changes the record, and returns the owner.
	fn end_set_aside(slash: &SlashOf<T>, change: impl FnOnce(&mut ProviderOf<T>)) -> Option<T::AccountId> {
		let Some(mut provider) = Providers::<T>::get(slash.provider) else {
			defensive!("a record stays while stake is set aside");
			return None;
		};
		provider.ledger.set_aside = provider.ledger.set_aside.saturating_sub(slash.amount);
		change(&mut provider);
		let owner = provider.owner.clone();
		Self::put(slash.provider, provider);
		Some(owner)
	}

	/// Pays what is due, oldest first, within the hook's part of a block.
	pub(crate) fn serve_slashes(meter: &mut WeightMeter) {
		meter.consume(T::WeightInfo::on_poll().min(meter.remaining()));
		let (start, next) = (SlashCursor::<T>::get(), NextSlash::<T>::get());
		if start == next {
			return;
		}
		let budget = HOOK_SHARE.mul_floor(T::BlockWeights::get().max_block.ref_time());
		let mut own = WeightMeter::with_limit(meter.remaining().min(Weight::from_parts(budget, u64::MAX)));
		let (mut cursor, now) = (start, T::Clock::now());
		while cursor < next && own.try_consume(T::WeightInfo::pay_slash()).is_ok() {
			match Slashes::<T>::get(cursor) {
				Some(slash) if slash.due > now => break,
				Some(slash) => Self::pay(cursor, slash),
				None => (),
			}
			cursor = SlashId(cursor.0.saturating_add(1));
		}
		if cursor != start {
			SlashCursor::<T>::put(cursor);
		}
		meter.consume(own.consumed());
	}

	/// See [`Pallet::reactivate`].
	pub(crate) fn do_reactivate(owner: &T::AccountId, id: ProviderId) -> DispatchResult {
		let mut provider = Self::owned(owner, id)?;
		let Status::Chilled { until } = provider.status else {
			return Err(Error::<T>::NotChilled.into());
		};
		ensure!(until <= T::Clock::now(), Error::<T>::ChillNotOver);
		ensure!(provider.load.live() == 0, Error::<T>::HasLiveJobs);
		ensure!(
			provider.ledger.active >= Self::floor(&provider.terms),
			Error::<T>::StakeTooLow
		);
		// No job is open, so none is left that the conviction would void.
		provider.fraud_clock = None;
		provider.status = Status::Active;
		// Its owner resumes it, after whatever else there was.
		provider.lates.clear();
		provider.no_shows = 0;
		Self::put(id, provider);
		Self::deposit_event(Event::ProviderReactivated { provider: id });
		Ok(())
	}
}
