//! Outages, what they cost, and providers by what they are.

use super::{
	convert::{FromRuntime, IntoPlain, IntoRuntime},
	error::ChainError,
	generated::api,
	view::At,
	AccountId, DeviceClass, ProviderId, ProviderView, Tick,
};
use crate::amount::Balance;

/// A time in which a provider did not answer, or answered and did no work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Outage {
	/// When it began.
	pub began: Tick,
	/// When it ended; none while it goes on. A miss soon after continues it.
	pub ended: Option<Tick>,
	/// Stake that was required when it began, in planck: what its cost is a part of.
	pub required: Balance,
	/// Whether a job was running when it began.
	pub running: bool,
	/// What is left of its cost after forgiveness, in parts of a thousand million; none until that is known.
	pub scale: Option<u32>,
	/// What was slashed for it so far, in planck.
	pub charged: Balance,
	/// Other penalties that its provider paid meanwhile, in planck. They count as paid.
	pub deducted: Balance,
	/// When it is looked at next; none where it costs the most it can and goes on.
	pub check: Option<Tick>,
}

impl Outage {
	/// How long it has lasted.
	pub fn ticks(&self, now: Tick) -> Tick {
		self.ended.unwrap_or(now).saturating_sub(self.began)
	}

	/// Whether `touch` would do something.
	pub fn is_due(&self, now: Tick) -> bool {
		self.check.is_some_and(|tick| tick <= now)
	}
}

/// A cost that an outage will have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PreviewStep {
	/// The tick at which it is taken, if the provider does not return before.
	pub tick: Tick,
	/// What is taken then, in planck, if nothing is forgiven that is not known yet.
	pub amount: Balance,
	/// Whether the provider is chilled.
	pub chills: bool,
}

/// What it costs a provider to be gone from now on, or to stay gone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DowntimePreview {
	/// The tick of the preview.
	pub now: Tick,
	/// When the outage began; `now` where there is none.
	pub began: Tick,
	/// The outage that goes on, if there is one.
	pub outage: Option<Outage>,
	/// Stake that is or would be required, in planck.
	pub required: Balance,
	/// Whether a job is running, or was when the outage began.
	pub running: bool,
	/// What is taken and when, soonest first. Empty where being gone costs nothing.
	pub steps: Vec<PreviewStep>,
}

/// Which providers are asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ProviderFilter {
	/// Those of this owner.
	pub owner: Option<AccountId>,
	/// Those of this class.
	pub class: Option<DeviceClass>,
	/// Those of this region.
	pub region: Option<u8>,
	/// Those that may stand in the book.
	pub eligible: bool,
}

impl At {
	/// The last tick at which a provider can answer the sample that it was drawn for, if it was. Read from storage: a
	/// worker asks at every block.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn sampled_until(&self, provider: ProviderId) -> Result<Option<Tick>, ChainError> {
		let sampled = self
			.get(
				"a provider's sample",
				api::storage().providers().reachable(),
				(provider.into_runtime(),),
			)
			.await?;
		Ok(sampled.and_then(|sampled| sampled.until))
	}

	/// What it would cost a provider to be gone from now on; or, where it is gone, to stay so. `None` where there is no
	/// such provider.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn downtime_preview(&self, provider: ProviderId) -> Result<Option<DowntimePreview>, ChainError> {
		let call = api::runtime_apis()
			.providers_api()
			.downtime_preview(provider.into_runtime());
		let preview = self.ask("what an outage costs", call).await?;
		Ok(preview.map(DowntimePreview::from_runtime))
	}

	/// A provider's outages that are not closed, oldest first.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn outages(&self, provider: ProviderId) -> Result<Vec<Outage>, ChainError> {
		let address = api::storage().providers().outages();
		let outages = self
			.entries("a provider's outages", address, (provider.into_runtime(),))
			.await?;
		let outages = outages
			.into_iter()
			.map(|((_, began), outage)| Outage::from_runtime((began, outage)));
		let mut outages: Vec<Outage> = outages.collect();
		outages.sort_by_key(|outage| outage.began);
		Ok(outages)
	}

	/// The providers that pass a filter, by number. Asks page by page, as many as there are.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn providers_where(&self, filter: &ProviderFilter) -> Result<Vec<ProviderView>, ChainError> {
		let mut providers = Vec::new();
		let mut cursor: Option<ProviderId> = Some(0);
		while let Some(first) = cursor {
			let call = api::runtime_apis()
				.providers_api()
				.providers(filter.into_runtime(), first.into_runtime());
			let (page, next) = self.ask("the providers", call).await?;
			providers.extend(
				page.into_iter()
					.map(|(id, provider)| ProviderView::from_runtime((id.into_plain(), provider))),
			);
			// A node that went backwards would never come to an end.
			cursor = next.map(IntoPlain::into_plain).filter(|next| *next > first);
		}
		Ok(providers)
	}

	/// Late jobs that suspend a provider: only its owner resumes it then.
	///
	/// # Errors
	/// The runtime is another one.
	pub fn late_limit(&self) -> Result<u32, ChainError> {
		self.constant("the limit of late jobs", api::constants().providers().late_limit())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn an_outage_lasts_until_it_ended_and_is_due_at_its_tick() {
		let mut outage = Outage {
			began: 10,
			ended: None,
			required: 0,
			running: false,
			scale: None,
			charged: 0,
			deducted: 0,
			check: Some(50),
		};
		assert_eq!(outage.ticks(30), 20);
		assert!(!outage.is_due(49) && outage.is_due(50));
		outage.ended = Some(25);
		assert_eq!(outage.ticks(30), 15);
		outage.check = None;
		assert!(!outage.is_due(1_000));
	}
}
