//! The rows of the table, and what must hold at the end of each.

use super::world::{hourly, Sim};
use frame_support::traits::fungible::InspectHold;
use millrace_primitives::{Balance, ProviderId, Tick, DAY, MILL};
use millrace_runtime::{AccountId, Balances, Runtime, RuntimeEvent, RuntimeHoldReason};
use pallet_market::Event as MarketEvent;
use pallet_providers::{
	Event, OwnerStakes, Reachable, ReachableAt, ReachableCount, ReachableStake, SlashCause, Slashes,
};
use polkadot_sdk::*;
use std::collections::{BTreeMap, BTreeSet};

/// Thirty days.
pub(crate) const MONTH: Tick = 30 * DAY;

/// What became of some providers.
#[derive(Debug)]
pub(crate) struct Row {
	name: &'static str,
	providers: usize,
	months: u32,
	pub(crate) failures: u32,
	/// Outages that the chain knows of.
	pub(crate) outages: usize,
	/// What they earned, or would at half of the time, in planck.
	pub(crate) revenue: Balance,
	/// Set aside for downtime, in planck.
	pub(crate) slashed: Balance,
	/// Late credits and fees of assignments that were missed, in planck.
	pub(crate) credits: Balance,
	/// Part of its revenue that the one lost which lost most, where there are several.
	worst: Option<f64>,
}

impl Row {
	/// Part of the revenue that was lost.
	pub(crate) fn share(&self) -> f64 {
		(self.slashed + self.credits) as f64 / self.revenue as f64
	}

	pub(crate) fn heading() -> String {
		format!(
			"{:44} {:>9} {:>6} {:>8} {:>7} {:>14} {:>10} {:>9} {:>9} {:>9}",
			"what happens",
			"providers",
			"months",
			"failures",
			"outages",
			"revenue",
			"slashed",
			"credits",
			"share",
			"worst"
		)
	}

	pub(crate) fn line(&self) -> String {
		let share = (self.revenue > 0).then(|| self.share());
		format!(
			"{:44} {:>9} {:>6} {:>8} {:>7} {:>14} {:>10} {:>9} {:>9} {:>9}",
			self.name,
			self.providers,
			self.months,
			self.failures,
			self.outages,
			mill(self.revenue),
			mill(self.slashed),
			mill(self.credits),
			percent(share),
			percent(self.worst)
		)
	}
}

fn percent(share: Option<f64>) -> String {
	share.map_or("-".to_string(), |share| format!("{:.3} %", 100.0 * share))
}

/// In MILL, with two digits.
fn mill(planck: Balance) -> String {
	let hundredths = planck / (MILL / 100);
	format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// What providers would earn in so many months if half of the time a job ran on each lane.
pub(crate) fn half_of_the_time(providers: &[ProviderId], months: u32) -> Balance {
	let hourly = |provider: &ProviderId| {
		let terms = Sim::record(*provider).terms;
		hourly(terms.class) * Balance::from(terms.lanes)
	};
	providers.iter().map(hourly).sum::<Balance>() * Balance::from(months) * 30 * 24 / 2
}

impl Sim {
	/// What became of these.
	pub(crate) fn row(
		&self,
		name: &'static str,
		providers: &[ProviderId],
		months: u32,
		failures: u32,
		revenue: Balance,
	) -> Row {
		let among: BTreeSet<_> = providers.iter().collect();
		let (mut slashed, mut credits) = (0, 0);
		let mut lost: BTreeMap<ProviderId, Balance> = BTreeMap::new();
		let mut lose = |provider: &ProviderId, amount: Balance, of: &mut Balance| {
			*of += amount;
			*lost.entry(*provider).or_default() += amount;
		};
		let mut outages = BTreeSet::new();
		for (_, event) in &self.log {
			match event {
				RuntimeEvent::Providers(Event::SlashSetAside {
					provider,
					cause: SlashCause::Downtime,
					amount,
					..
				}) if among.contains(provider) => lose(provider, *amount, &mut slashed),
				RuntimeEvent::Providers(Event::ProviderUnreachable { provider, outage, .. })
					if among.contains(provider) =>
				{
					outages.insert((*provider, *outage));
				}
				RuntimeEvent::Market(MarketEvent::JobLate { provider, credit, .. }) if among.contains(provider) => {
					lose(provider, *credit, &mut credits);
				}
				RuntimeEvent::Market(MarketEvent::NoShow {
					provider, fee_taken, ..
				}) if among.contains(provider) => lose(provider, *fee_taken, &mut credits),
				_ => (),
			}
		}
		let shares = lost
			.iter()
			.map(|(provider, lost)| *lost as f64 / half_of_the_time(&[*provider], months) as f64);
		Row {
			worst: shares.reduce(f64::max).filter(|_| providers.len() > 1),
			name,
			providers: providers.len(),
			months,
			failures,
			outages: outages.len(),
			revenue,
			slashed,
			credits,
		}
	}

	/// What a provider was paid, in planck, without the protocol's fee.
	pub(crate) fn earned(&self, whom: ProviderId) -> Balance {
		let paid = self.log.iter().map(|(_, event)| match event {
			RuntimeEvent::Market(MarketEvent::JobSettled {
				provider, payment, fee, ..
			}) if *provider == whom => payment - fee,
			_ => 0,
		});
		paid.sum()
	}

	/// What holds after any block, seen from outside: stake is held, what is set aside is owed, and who is sampled is who
	/// sells time.
	pub(crate) fn check(&self) {
		let mut slashes: BTreeMap<ProviderId, Balance> = BTreeMap::new();
		for slash in Slashes::<Runtime>::iter_values() {
			*slashes.entry(slash.provider).or_default() += slash.amount;
		}
		// Of each owner what is held, and what counts among the reachable.
		let mut stakes: BTreeMap<AccountId, (Balance, Balance)> = BTreeMap::new();
		let mut listed = 0;
		for (id, provider) in pallet_providers::Providers::<Runtime>::iter() {
			let counted = if provider.is_sampled() {
				provider.ledger.active
			} else {
				0
			};
			let sums = stakes.entry(provider.owner.clone()).or_default();
			sums.0 += provider.ledger.held();
			sums.1 += counted;
			let place = Reachable::<Runtime>::get(id).map(|sampled| sampled.index);
			assert_eq!(place.is_some(), provider.is_sampled(), "{id:?}");
			if let Some(place) = place {
				assert_eq!(ReachableAt::<Runtime>::get(place), Some(id));
				listed += 1;
			}
			let owed = slashes.remove(&id).unwrap_or(0);
			assert_eq!(owed, provider.ledger.set_aside, "{id:?}");
		}
		assert!(slashes.is_empty(), "a slash of nobody");
		assert_eq!(ReachableCount::<Runtime>::get(), listed);
		let reason = RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake);
		let mut reachable = 0;
		for (owner, (held, counted)) in stakes {
			assert_eq!(Balances::balance_on_hold(&reason, &owner), held);
			let own = OwnerStakes::<Runtime>::get(&owner).map_or(0, |own| own.reachable);
			assert_eq!(own, counted);
			reachable += counted;
		}
		assert_eq!(ReachableStake::<Runtime>::get(), reachable);
	}
}
