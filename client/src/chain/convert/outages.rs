//! Outages and what they cost.

use super::{outage as runtime, pool, providers, FromRuntime, IntoRuntime};
use crate::chain::{AccountId, DowntimePreview, Outage, PreviewStep, ProviderFilter, Tick};

impl FromRuntime<(Tick, runtime::Outage)> for Outage {
	fn from_runtime((began, outage): (Tick, runtime::Outage)) -> Outage {
		Outage {
			began,
			ended: outage.ended,
			required: outage.required,
			running: outage.running,
			scale: outage.scale.map(|scale| scale.0),
			charged: outage.charged,
			deducted: outage.deducted,
			check: outage.check,
		}
	}
}

impl FromRuntime<runtime::DowntimePreview> for DowntimePreview {
	fn from_runtime(preview: runtime::DowntimePreview) -> DowntimePreview {
		let began = preview.began;
		DowntimePreview {
			now: preview.now,
			began,
			outage: preview.outage.map(|outage| Outage::from_runtime((began, outage))),
			required: preview.required,
			running: preview.running,
			steps: preview
				.steps
				.into_iter()
				.map(|step| PreviewStep {
					tick: step.tick,
					amount: step.amount,
					chills: step.chills,
				})
				.collect(),
		}
	}
}

impl IntoRuntime for &ProviderFilter {
	type Runtime = providers::ProviderFilter<AccountId>;
	fn into_runtime(self) -> Self::Runtime {
		providers::ProviderFilter {
			owner: self.owner,
			class: self.class.map(IntoRuntime::into_runtime),
			region: self.region.map(pool::Region),
			eligible: self.eligible,
		}
	}
}
