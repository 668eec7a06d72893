//! Whatever is paid, filed, removed and claimed in whatever order: no more is minted than half of what was burned, and nobody
//! gets back what it brought.

use super::claim;
use crate::{mock::*, Event, Pallet};
use millrace_primitives::{traits::UsageSink, Balance, ProviderId, Tick, HISTORY_ERAS};
use polkadot_sdk::{pallet_balances, sp_runtime::Perbill};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

/// Something that happens to one of four providers.
#[derive(Clone, Copy, Debug)]
enum Step {
	/// A payment, of which this much is the protocol's.
	Pay(u32, u64),
	/// The record is removed. It may be paid again, as another one of its number would.
	Remove(u32),
	/// The era ends, after so many ticks, of whose fees this part in a hundred stays burned.
	EndEra(Tick, u32),
	/// As many eras end as are remembered, without a payment.
	Forget,
	/// A claim, for the era that was so many eras ago.
	Claim(u32, u32),
	/// The hook, with room for so much.
	Idle(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let provider = || 0..4u32;
	prop_oneof![
		6 => (provider(), prop_oneof![0..30u64, 0..3_000_000_000u64]).prop_map(|(provider, fees)| Step::Pay(provider, fees)),
		1 => provider().prop_map(Step::Remove),
		4 => (prop_oneof![1..5u32, 0..2 * TICKS], 0..=100u32).prop_map(|(ticks, burned)| Step::EndEra(ticks, burned)),
		1 => Just(Step::Forget),
		6 => (provider(), 0..6u32).prop_map(|(provider, back)| Step::Claim(provider, back)),
		1 => (0..3_000u64).prop_map(Step::Idle),
	]
}

/// What was brought, beside the chain.
#[derive(Default)]
struct Truth {
	/// By era and provider.
	brought: BTreeMap<(u32, ProviderId), Balance>,
	/// What stayed burned of it, by era.
	burned: BTreeMap<u32, Balance>,
	/// What was minted, by era.
	minted: BTreeMap<u32, Balance>,
}

impl Truth {
	fn end_era(&mut self, ticks: Tick, percent: u32) {
		let era = EraNow::get();
		let of_era = self.brought.iter().filter(|((of, _), _)| *of == era);
		let fees: Balance = of_era.map(|(_, fees)| fees).sum();
		let burned = Perbill::from_percent(percent).mul_floor(fees);
		self.burned.insert(era, burned);
		next_era();
		Rewards::era_closed(era, fees, burned, ticks);
	}

	/// A claim that succeeds mints what the preview and its event say, not more than half of what was brought, and once.
	fn claim(&mut self, provider: ProviderId, era: u32) {
		let issued = pallet_balances::TotalIssuance::<Test>::get();
		let offered = Rewards::reward_preview(provider);
		if claim(provider, era).is_err() {
			assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued);
			return;
		}
		let Event::RewardClaimed { fees, reward, .. } = last_event() else {
			panic!("nothing was claimed");
		};
		assert_eq!(pallet_balances::TotalIssuance::<Test>::get(), issued + reward);
		assert_eq!(self.brought.remove(&(era, provider)), Some(fees));
		assert!(reward > 0 && 2 * reward <= fees, "{reward} for {fees}");
		assert!(offered
			.iter()
			.any(|earning| (earning.era, earning.reward) == (era, reward)));
		*self.minted.entry(era).or_default() += reward;
		assert!(claim(provider, era).is_err());
	}

	fn run(&mut self, step: Step) {
		match step {
			Step::Pay(provider, fees) => {
				let provider = ProviderId(provider);
				pay(provider, fees.into());
				*self.brought.entry((EraNow::get(), provider)).or_default() += Balance::from(fees);
			}
			Step::Remove(provider) => {
				// Numbers are not given out again, so the new one has another.
				let unfiled = Gathered::get().remove(&ProviderId(provider));
				if unfiled.is_none_or(|(era, ..)| era != EraNow::get()) {
					remove(ProviderId(provider));
				}
			}
			Step::EndEra(ticks, percent) => self.end_era(ticks, percent),
			Step::Forget => (0..=HISTORY_ERAS).for_each(|_| self.end_era(TICKS, 80)),
			Step::Claim(provider, back) => {
				if let Some(era) = EraNow::get().checked_sub(back) {
					self.claim(ProviderId(provider), era);
				}
			}
			Step::Idle(time) => {
				idle(time);
			}
		}
	}
}

proptest! {
	#[test]
	fn no_more_is_minted_than_half_of_what_is_burned(steps in vec(step(), 1..80)) {
		new_test_ext().execute_with(|| {
			let mut truth = Truth::default();
			for step in steps {
				truth.run(step);
				for (era, minted) in &truth.minted {
					assert!(2 * *minted <= truth.burned[era], "{step:?}: era {era}");
				}
				Pallet::<Test>::do_try_state().unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
			}
			// All that can be claimed, once.
			for provider in (0..4).map(ProviderId) {
				for earning in Rewards::reward_preview(provider) {
					truth.claim(provider, earning.era);
				}
			}
			for (era, minted) in &truth.minted {
				assert!(2 * *minted <= truth.burned[era], "era {era}");
			}
			Pallet::<Test>::do_try_state().unwrap_or_else(|error| panic!("{error:?}"));
		});
	}

	/// Alone in an era or not: it burns its fees, less the treasury's fifth, and gets at most two fifths of them back.
	#[test]
	fn whoever_pays_itself_burns_more_than_it_gets(own in 1..1_000_000_000u64, others in 0..1_000_000_000u64) {
		new_test_ext().execute_with(|| {
			let (own, others) = (Balance::from(own), Balance::from(others));
			pay(ONE, own);
			pay_to(TWO, PAYOUT_2, others);
			end_era(own + others);
			let _ = claim(ONE, 0);
			let reward = free(PAYOUT) - EXISTENTIAL_DEPOSIT;
			assert!(5 * reward <= 2 * own, "{reward} for {own}");
		});
	}
}
