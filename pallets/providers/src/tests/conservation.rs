//! Money is neither made nor lost, whatever happens in whatever order.

use super::signed;
use crate::{mock::*, Pallet, Providers as Records};
use millrace_primitives::{
	traits::{Outcome, Providers as _},
	Balance, ProviderId, Tick,
};
use polkadot_sdk::frame_support::assert_ok;
use proptest::{collection::vec, prelude::*};

/// Something that happens to one of three providers, two of which have one owner.
#[derive(Clone, Copy, Debug)]
enum Step {
	Bond(u32, u64),
	Unbond(u32, u64),
	Withdraw(u32),
	Take { provider: u32, amount: u64, to: u64 },
	Late(u32),
	Resume(u32),
	Asks(u32, u8),
	Deregister(u32),
	Advance(Tick),
}

fn step() -> impl Strategy<Value = Step> {
	let provider = || 0..3u32;
	prop_oneof![
		3 => (provider(), 0..4_000u64).prop_map(|(provider, amount)| Step::Bond(provider, amount)),
		4 => (provider(), 0..4_000u64).prop_map(|(provider, amount)| Step::Unbond(provider, amount)),
		3 => provider().prop_map(Step::Withdraw),
		// 100 to 107 do not exist at first, so that small amounts burn.
		4 => (provider(), 0..1_500u64, prop_oneof![Just(RECEIVER), Just(OWNER), 100..108u64])
			.prop_map(|(provider, amount, to)| Step::Take { provider, amount, to }),
		1 => provider().prop_map(Step::Late),
		1 => provider().prop_map(Step::Resume),
		2 => (provider(), 0..=MAX_ASKS).prop_map(|(provider, asks)| Step::Asks(provider, asks)),
		1 => provider().prop_map(Step::Deregister),
		3 => (0..400u32).prop_map(Step::Advance),
	]
}

fn owner_of(provider: u32) -> u64 {
	if provider == 2 {
		STRANGER
	} else {
		OWNER
	}
}

/// What the ledgers say.
fn ledgers() -> Balance {
	Records::<Test>::iter_values()
		.map(|provider| provider.ledger.held())
		.sum()
}

/// Does a step and returns what it burned. A call may be refused; then it changes nothing.
fn run(step: Step) -> Balance {
	match step {
		Step::Bond(provider, amount) => {
			let _ = Providers::bond(signed(owner_of(provider)), ProviderId(provider), amount.into());
		}
		Step::Unbond(provider, amount) => {
			let _ = Providers::unbond(signed(owner_of(provider)), ProviderId(provider), amount.into());
		}
		Step::Withdraw(provider) => {
			let _ = Providers::withdraw_unbonded(signed(owner_of(provider)), ProviderId(provider));
		}
		Step::Take { provider, amount, to } => {
			let before = ledgers();
			let arrived = Providers::take_stake(ProviderId(provider), amount.into(), &to);
			return before - ledgers() - arrived;
		}
		Step::Late(provider) => Providers::record(ProviderId(provider), Outcome::Late),
		Step::Resume(provider) => {
			let _ = Providers::resume(signed(owner_of(provider)), ProviderId(provider));
		}
		// As the market does: no ask of a provider that may not ask.
		Step::Asks(provider, asks) => {
			if Providers::may_ask(ProviderId(provider)).is_ok() {
				Providers::set_asks(ProviderId(provider), asks);
			}
		}
		Step::Deregister(provider) => {
			let _ = Providers::deregister(signed(owner_of(provider)), ProviderId(provider));
		}
		Step::Advance(ticks) => Now::mutate(|now| *now += ticks),
	}
	0
}

proptest! {
	#[test]
	fn holds_are_ledgers_and_issuance_is_conserved(steps in vec(step(), 1..60)) {
		new_test_ext().execute_with(|| {
			registered(2 * FLOOR);
			assert_ok!(Providers::register(signed(OWNER), WORKER_2, PAYOUT, endpoint(), terms(1), FLOOR));
			assert_ok!(Providers::register(signed(STRANGER), 8, PAYOUT, endpoint(), terms(3), 5 * FLOOR));
			for step in steps {
				let issuance = Balances::total_issuance();
				let burned = run(step);
				assert_eq!(Balances::total_issuance(), issuance - burned, "{step:?}");
				assert_eq!(staked(OWNER) + staked(STRANGER), ledgers(), "{step:?}");
				for provider in Records::<Test>::iter_values() {
					let asks = provider.load.asks > 0;
					assert!(!asks || Pallet::<Test>::check_ask(&provider).is_ok(), "{step:?} leaves an ask without a base");
				}
				Pallet::<Test>::do_try_state().unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
			}
		});
	}
}
