//! Money is neither made nor lost, whatever happens in whatever order.

use super::signed;
use crate::{mock::*, Event, Pallet, Providers as Records, Slashes};
use millrace_primitives::{
	traits::{JobPhase, Offence, Outcome, Providers as _},
	Balance, ProviderId, SlashId, Tick,
};
use polkadot_sdk::frame_support::{assert_ok, traits::Hooks, weights::WeightMeter};
use proptest::{collection::vec, prelude::*};

/// Something that happens to one of three providers, two of which have one owner.
#[derive(Clone, Copy, Debug)]
enum Step {
	Bond(u32, u64),
	Unbond(u32, u64),
	Withdraw(u32),
	Take {
		provider: u32,
		amount: u64,
		to: u64,
	},
	Late(u32),
	Resume(u32),
	Asks(u32, u8),
	Deregister(u32),
	Fraud {
		provider: u32,
		escrow: u64,
		refuter: u64,
		requester: u64,
	},
	Silence(u32, u64),
	Reactivate(u32),
	Cancel(u32),
	Pay(u32),
	Refill(u32, u64),
	SetRefill(u32, bool),
	Rebond(u32, u64),
	Drain(u32),
	/// A job comes, with its phase.
	Job(u32, JobPhase),
	/// A job goes, from this phase.
	End(u32, JobPhase),
	NoShow(u32),
	Heartbeat(u32),
	Touch(u32),
	Poll,
	/// Ticks with their hooks, without a pause.
	Live(Tick),
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
		2 => (provider(), 0..500u64, party(), party()).prop_map(|(provider, escrow, refuter, requester)| Step::Fraud {
			provider,
			escrow,
			refuter,
			requester,
		}),
		2 => (provider(), 0..100u64).prop_map(|(provider, escrow)| Step::Silence(provider, escrow)),
		2 => provider().prop_map(Step::Reactivate),
		1 => (0..12u32).prop_map(Step::Cancel),
		1 => (0..12u32).prop_map(Step::Pay),
		1 => (provider(), 0..3_000u64).prop_map(|(provider, amount)| Step::Refill(provider, amount)),
		1 => (provider(), any::<bool>()).prop_map(|(provider, refill)| Step::SetRefill(provider, refill)),
		2 => (provider(), 0..3_000u64).prop_map(|(provider, amount)| Step::Rebond(provider, amount)),
		1 => provider().prop_map(Step::Drain),
		2 => (provider(), phase()).prop_map(|(provider, phase)| Step::Job(provider, phase)),
		2 => (provider(), phase()).prop_map(|(provider, phase)| Step::End(provider, phase)),
		2 => provider().prop_map(Step::NoShow),
		2 => provider().prop_map(Step::Heartbeat),
		1 => provider().prop_map(Step::Touch),
		2 => Just(Step::Poll),
		3 => (1..25u32).prop_map(Step::Live),
		3 => (0..400u32).prop_map(Step::Advance),
	]
}

fn phase() -> impl Strategy<Value = JobPhase> {
	prop_oneof![
		Just(JobPhase::Assigned),
		Just(JobPhase::Running),
		Just(JobPhase::Committed)
	]
}

/// Who may get a share: an owner, somebody else, or an account that may not exist.
fn party() -> impl Strategy<Value = u64> {
	prop_oneof![Just(OWNER), Just(STRANGER), Just(RECEIVER), 100..108u64]
}

/// The owner, and the worker that was registered.
fn keys(provider: u32) -> (u64, u64) {
	match provider {
		0 => (OWNER, WORKER),
		1 => (OWNER, WORKER_2),
		_ => (STRANGER, 9),
	}
}

/// The owner, as an origin.
fn by_owner(provider: u32) -> RuntimeOrigin {
	signed(keys(provider).0)
}

/// What the ledgers say.
fn ledgers() -> Balance {
	Records::<Test>::iter_values()
		.map(|provider| provider.ledger.held())
		.sum()
}

/// What the slashes paid since the last time burned, as the events say: all of what was set aside but the shares.
fn burned_by_slashes() -> Balance {
	let events = System::events();
	System::reset_events();
	let paid = events.into_iter().filter_map(|record| match record.event {
		RuntimeEvent::Providers(Event::SlashPaid { burned, .. }) => Some(burned),
		_ => None,
	});
	paid.sum()
}

/// Does a step and returns what it burned. A call may be refused; then it changes nothing.
fn run(step: Step) -> Balance {
	match step {
		Step::Bond(provider, amount) => {
			let _ = Providers::bond(by_owner(provider), ProviderId(provider), amount.into());
		}
		Step::Unbond(provider, amount) => {
			let _ = Providers::unbond(by_owner(provider), ProviderId(provider), amount.into());
		}
		Step::Withdraw(provider) => {
			let _ = Providers::withdraw_unbonded(by_owner(provider), ProviderId(provider));
		}
		Step::Take { provider, amount, to } => {
			let before = ledgers();
			let arrived = Providers::take_stake(ProviderId(provider), amount.into(), Some(&to));
			return before - ledgers() - arrived;
		}
		Step::Late(provider) => Providers::record(ProviderId(provider), Outcome::Late),
		Step::Resume(provider) => {
			let _ = Providers::resume(by_owner(provider), ProviderId(provider));
		}
		// As the market does: no ask of a provider that may not ask.
		Step::Asks(provider, asks) => {
			if Providers::may_ask(ProviderId(provider)).is_ok() {
				Providers::set_asks(ProviderId(provider), asks);
			}
		}
		Step::Deregister(provider) => {
			let _ = Providers::deregister(by_owner(provider), ProviderId(provider));
		}
		Step::Fraud {
			provider,
			escrow,
			refuter,
			requester,
		} => {
			// The market brings no offence of a provider without jobs; one that leaves has none.
			let id = ProviderId(provider);
			if Records::<Test>::get(id).is_some_and(|record| record.status != crate::Status::Exiting) {
				let escrow = escrow.into();
				Providers::slash(
					id,
					Offence::Fraud {
						refuter,
						requester,
						escrow,
					},
				);
			}
		}
		Step::Silence(provider, escrow) => {
			let id = ProviderId(provider);
			if Records::<Test>::get(id).is_some_and(|record| record.status != crate::Status::Exiting) {
				Providers::slash(id, Offence::Silence { escrow: escrow.into() });
			}
		}
		Step::Reactivate(provider) => {
			let _ = Providers::reactivate(by_owner(provider), ProviderId(provider));
		}
		Step::Cancel(slash) => {
			let _ = Providers::cancel_slash(RuntimeOrigin::root(), SlashId(slash));
		}
		Step::Pay(slash) => {
			let _ = Providers::pay_slash(signed(STRANGER), SlashId(slash));
			return burned_by_slashes();
		}
		// As the market does: no more than is wanted.
		Step::Refill(provider, amount) => {
			let wanted = Providers::refill_wanted(ProviderId(provider));
			Providers::refill(ProviderId(provider), wanted.min(amount.into()));
		}
		Step::SetRefill(provider, refill) => {
			let _ = Providers::set_refill(by_owner(provider), ProviderId(provider), refill);
		}
		Step::Rebond(provider, amount) => {
			let _ = Providers::rebond(by_owner(provider), ProviderId(provider), amount.into());
		}
		Step::Drain(provider) => {
			let _ = Providers::drain(by_owner(provider), ProviderId(provider));
		}
		// As the market does: no job for a provider that may not ask.
		Step::Job(provider, phase) => {
			if Providers::may_ask(ProviderId(provider)).is_ok() {
				let _ = Providers::move_job(ProviderId(provider), None, Some(phase), None);
			}
		}
		Step::End(provider, phase) => {
			let _ = Providers::move_job(ProviderId(provider), Some(phase), None, None);
		}
		Step::NoShow(provider) => Providers::record(ProviderId(provider), Outcome::NoShow),
		Step::Heartbeat(provider) => {
			let _ = Providers::heartbeat(signed(keys(provider).1));
		}
		Step::Touch(provider) => {
			for (began, _) in Providers::outages(ProviderId(provider)) {
				let _ = Providers::touch(signed(STRANGER), ProviderId(provider), began);
			}
		}
		Step::Poll => {
			Providers::on_poll(1, &mut WeightMeter::new());
			return burned_by_slashes();
		}
		Step::Live(ticks) => {
			tick(ticks);
			return burned_by_slashes();
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
			assert_ok!(Providers::register(signed(STRANGER), 9, PAYOUT, endpoint(), terms(3), 5 * FLOOR));
			for step in steps {
				let issuance = Balances::total_issuance();
				let burned = run(step);
				assert_eq!(Balances::total_issuance(), issuance - burned, "{step:?}");
				assert_eq!(staked(OWNER) + staked(STRANGER), ledgers(), "{step:?}");
				let waiting: Balance = Slashes::<Test>::iter_values().map(|slash| slash.amount).sum();
				let set_aside: Balance = Records::<Test>::iter_values().map(|provider| provider.ledger.set_aside).sum();
				assert_eq!(waiting, set_aside, "{step:?}");
				for provider in Records::<Test>::iter_values() {
					let asks = provider.load.asks > 0;
					assert!(!asks || Pallet::<Test>::check_ask(&provider).is_ok(), "{step:?} leaves an ask without a base");
				}
				Pallet::<Test>::do_try_state().unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
			}
		});
	}
}
