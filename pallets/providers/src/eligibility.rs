//! Who may serve, and what stake that needs.

use crate::{
	types::{ProviderFilter, PAGE, PAGE_LOOKS},
	*,
};
use alloc::vec::Vec;
use millrace_primitives::{Minima, Price};
use polkadot_sdk::frame_support::traits::Get;

/// Providers with their ids, and the id from which to go on, if there are more.
type Page<T> = (Vec<(ProviderId, ProviderOf<T>)>, Option<ProviderId>);

impl<T: Config> Pallet<T> {
	/// Stake that backs every lane of these terms: class floor × lanes, in planck.
	pub(crate) fn floor(terms: &ProviderTerms) -> Balance {
		Self::floor_of(terms, T::Classes::figures(terms.class).floor)
	}

	/// The same, where the floor of the class is known.
	pub(crate) fn floor_of(terms: &ProviderTerms, class_floor: Balance) -> Balance {
		class_floor.saturating_mul(Balance::from(terms.lanes))
	}

	/// Active stake that must stay: the floor while any ask or live job exists, and at least a multiple of the largest
	/// live targeted escrow.
	pub(crate) fn required(terms: &ProviderTerms, load: &Load) -> Balance {
		if load.is_engaged() {
			Self::required_in_use(terms, load)
		} else {
			0
		}
	}

	/// Active stake that must stay while any ask or live job exists.
	pub(crate) fn required_in_use(terms: &ProviderTerms, load: &Load) -> Balance {
		Self::floor(terms).max(load.largest_target.saturating_mul(T::StakeMultiple::get()))
	}

	/// Whether the provider may stand in the book.
	pub(crate) fn check_ask(provider: &ProviderOf<T>) -> Result<(), Ineligible> {
		Self::check_serves(provider, Self::floor(&provider.terms))
	}

	/// Whether the provider takes a targeted job with this escrow at this price. The floor is part of the rule, as any
	/// live job makes it required.
	pub(crate) fn check_target(provider: &ProviderOf<T>, escrow: Balance, price: Price) -> Result<(), Ineligible> {
		let largest = provider.load.largest_target.max(escrow);
		let need = Self::floor(&provider.terms).max(largest.saturating_mul(T::StakeMultiple::get()));
		Self::check_serves(provider, need)?;
		if !provider.terms.takes_targets {
			return Err(Ineligible::TakesNoTargets);
		}
		if price < provider.terms.min_price {
			return Err(Ineligible::PriceTooLow {
				have: price,
				need: provider.terms.min_price,
			});
		}
		if provider.measuring || !provider.load.has_room(provider.terms.lanes) {
			return Err(Ineligible::Full);
		}
		Ok(())
	}

	/// Whether the provider has the record that a job asks for.
	pub(crate) fn check_minima(provider: &ProviderOf<T>, minima: &Minima) -> Result<(), Ineligible> {
		let (record, stake) = (&provider.record, provider.ledger.active);
		if stake < minima.stake {
			return Err(Ineligible::StakeTooLow {
				have: stake,
				need: minima.stake,
			});
		}
		if record.completed < minima.paid_jobs {
			return Err(Ineligible::TooFewPaid {
				have: record.completed,
				need: minima.paid_jobs,
			});
		}
		let failed = record.failed_percent();
		if failed > minima.failed_percent {
			return Err(Ineligible::TooManyFailed {
				have: failed,
				need: minima.failed_percent,
			});
		}
		Ok(())
	}

	/// The providers from `cursor` on that pass the filter, and where to go on.
	pub(crate) fn page(filter: &ProviderFilter<T::AccountId>, cursor: ProviderId) -> Page<T> {
		let end = NextProvider::<T>::get();
		let (mut found, mut next) = (Vec::new(), cursor);
		for _ in 0..PAGE_LOOKS {
			if next >= end || found.len() >= PAGE {
				break;
			}
			if let Some(provider) = Providers::<T>::get(next).filter(|provider| Self::passes(provider, filter)) {
				found.push((next, provider));
			}
			next = ProviderId(next.0.saturating_add(1));
		}
		(found, (next < end).then_some(next))
	}

	fn passes(provider: &ProviderOf<T>, filter: &ProviderFilter<T::AccountId>) -> bool {
		filter.owner.as_ref().is_none_or(|owner| *owner == provider.owner)
			&& filter.class.is_none_or(|class| class == provider.terms.class)
			&& filter.region.is_none_or(|region| region == provider.terms.region)
			&& (!filter.eligible || Self::check_ask(provider).is_ok())
	}

	/// The rules that the book and targeted jobs share.
	pub(crate) fn check_serves(provider: &ProviderOf<T>, need: Balance) -> Result<(), Ineligible> {
		match provider.status {
			Status::Active => (),
			Status::Unreachable { .. } => return Err(Ineligible::Unreachable),
			Status::Draining | Status::Chilled { .. } | Status::Exiting => return Err(Ineligible::NotActive),
		}
		if provider.worker.is_none() {
			return Err(Ineligible::NoWorker);
		}
		let have = provider.ledger.active;
		if have < need {
			return Err(Ineligible::StakeTooLow { have, need });
		}
		if Self::lacks_measurement(provider) {
			return Err(Ineligible::NotMeasured {
				class: provider.terms.class,
			});
		}
		Ok(())
	}
}
