//! What becomes of stake that was set aside: it is paid when due, to the unit, or given back before.

use super::{fraud, signed, silence};
use crate::{mock::*, Error, Event, ProviderTerms, Providers as Records, Slashes, Status};
use millrace_primitives::{
	traits::{Ineligible, JobPhase, Offence, Providers as _},
	Balance, DeviceClass, ProviderId, SlashId,
};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		traits::{fungible::Mutate, Hooks},
		weights::{Weight, WeightMeter},
	},
	sp_runtime::DispatchError,
};

/// Runs the hook with room for so many payments.
pub(super) fn poll(payments: u64) {
	let mut meter = WeightMeter::with_limit(Weight::from_parts(1_000 * payments, 0));
	Providers::on_poll(1, &mut meter);
}

pub(super) fn left() -> Vec<u32> {
	let mut left: Vec<u32> = Slashes::<Test>::iter_keys().map(|slash| slash.0).collect();
	left.sort_unstable();
	left
}

fn free(who: u64) -> Balance {
	Balances::free_balance(who)
}

pub(super) fn cancel(slash: u32) {
	assert_ok!(Providers::cancel_slash(RuntimeOrigin::root(), SlashId(slash)));
}

/// A provider of class `Cpu32`, whose floor is 3,001, with one lane and 5,000 staked.
fn uneven() -> ProviderId {
	let terms = ProviderTerms {
		class: DeviceClass::Cpu32,
		..terms(1)
	};
	Providers::do_register(OWNER, WORKER, PAYOUT, endpoint(), terms, 5_000).expect("the provider is valid")
}

#[test]
fn shares_are_paid_to_the_unit_and_the_rest_is_burned() {
	// 5 % of 3,001 are 150.05, and 10 % are 300.1, of which a requester gets no more than its job held.
	let cases: [(Balance, Balance); 6] = [(0, 0), (1, 1), (299, 299), (300, 300), (301, 300), (1_000_000, 300)];
	for (escrow, to_requester) in cases {
		for by_hook in [true, false] {
			build_and_execute(|| {
				let id = uneven();
				let (issuance, stranger, receiver) = (Balances::total_issuance(), free(STRANGER), free(RECEIVER));
				let owner = free(OWNER);
				assert_eq!(fraud(id, escrow).amount, 3_001);
				Now::set(5_209);
				poll(9);
				assert_noop!(
					Providers::pay_slash(signed(NOBODY), SlashId(0)),
					Error::<Test>::SlashNotDue
				);
				Now::set(5_210);
				if by_hook {
					poll(1);
				} else {
					assert_ok!(Providers::pay_slash(signed(NOBODY), SlashId(0)));
				}
				let burned = 3_001 - 150 - to_requester;
				assert_eq!(
					last_event(),
					Event::SlashPaid {
						slash: SlashId(0),
						provider: id,
						to_refuter: 150,
						to_requester,
						to_treasury: 0,
						burned
					}
				);
				assert!(burned * 100 >= 3_001 * 85, "at least 85 % burn");
				assert_eq!(
					(free(STRANGER), free(RECEIVER)),
					(stranger + 150, receiver + to_requester)
				);
				assert_eq!(Balances::total_issuance(), issuance - burned);
				assert_eq!((staked(OWNER), free(OWNER)), (1_999, owner));
				assert_eq!((provider(id).ledger.active, provider(id).ledger.set_aside), (1_999, 0));
				for _ in 0..2 {
					assert_noop!(
						Providers::pay_slash(signed(NOBODY), SlashId(0)),
						Error::<Test>::UnknownSlash
					);
					assert_noop!(
						Providers::cancel_slash(RuntimeOrigin::root(), SlashId(0)),
						Error::<Test>::UnknownSlash
					);
				}
				// The money is gone; the conviction is not.
				assert_eq!(provider(id).fraud_clock, Some(5_000));
			});
		}
	}
}

#[test]
fn a_slash_for_silence_is_burned_whole() {
	build_and_execute(|| {
		let id = registered(2_000);
		let issuance = Balances::total_issuance();
		silence(id, 10);
		Now::set(5_210);
		poll(1);
		assert_eq!(
			last_event(),
			Event::SlashPaid {
				slash: SlashId(0),
				provider: id,
				to_refuter: 0,
				to_requester: 0,
				to_treasury: 0,
				burned: 120
			}
		);
		assert_eq!((Balances::total_issuance(), staked(OWNER)), (issuance - 120, 1_880));
	});
}

#[test]
fn a_share_that_cannot_be_credited_is_burned() {
	build_and_execute(|| {
		let id = registered(2_000);
		// 199 are left: 5 % are 9, below the existential deposit; 10 % are 19, which make an account.
		assert_eq!(Providers::take_stake(id, 1_801, Some(&RECEIVER)), 1_801);
		let offence = |refuter, requester| Offence::Fraud {
			refuter,
			requester,
			escrow: 1_000,
		};
		let issuance = Balances::total_issuance();
		assert_eq!(Providers::slash(id, offence(NOBODY, 101)).amount, 199);
		Now::set(5_210);
		poll(1);
		assert_eq!(
			last_event(),
			Event::SlashPaid {
				slash: SlashId(0),
				provider: id,
				to_refuter: 0,
				to_requester: 19,
				to_treasury: 0,
				burned: 180
			}
		);
		assert_eq!((free(NOBODY), free(101)), (0, 19));
		assert_eq!(Balances::total_issuance(), issuance - 180);
	});
}

/// One account in all roles gets no more than both shares.
#[test]
fn whoever_refutes_itself_gets_15_percent_back_at_most() {
	build_and_execute(|| {
		let id = uneven();
		let owner = free(OWNER);
		let offence = Offence::Fraud {
			refuter: OWNER,
			requester: OWNER,
			escrow: 1_000,
		};
		Providers::slash(id, offence);
		Now::set(5_210);
		poll(1);
		assert_eq!((free(OWNER), staked(OWNER)), (owner + 150 + 300, 1_999));
	});
}

#[test]
fn a_cancelled_slash_for_fraud_gives_back_stake_and_lifts_the_chill() {
	build_and_execute(|| {
		let id = registered(2_000);
		Providers::set_asks(id, 1);
		let issuance = Balances::total_issuance();
		fraud(id, 50);
		Now::set(5_209);
		cancel(0);
		assert_eq!(
			last_event(),
			Event::SlashCancelled {
				slash: SlashId(0),
				provider: id,
				amount: 1_000
			}
		);
		let record = provider(id);
		assert_eq!((record.ledger.active, record.ledger.set_aside), (2_000, 0));
		assert_eq!((record.status, record.fraud_clock), (Status::Active, None));
		assert_eq!(Providers::may_ask(id), Ok(()));
		// Its history says what happened.
		assert_eq!(record.record.refuted, 1);
		Now::set(5_210);
		poll(9);
		assert_eq!(
			(left(), Balances::total_issuance(), staked(OWNER)),
			(vec![], issuance, 2_000)
		);
		assert_noop!(Providers::reactivate(signed(OWNER), id), Error::<Test>::NotChilled);
	});
}

#[test]
fn a_cancelled_slash_for_silence_gives_back_stake_and_changes_nothing_else() {
	build_and_execute(|| {
		let id = registered(2_000);
		silence(id, 10);
		assert_eq!(
			Providers::may_ask(id),
			Err(Ineligible::StakeTooLow {
				have: 1_880,
				need: 2_000
			})
		);
		assert_ok!(Providers::drain(signed(OWNER), id));
		cancel(0);
		assert_eq!(
			(provider(id).ledger.active, provider(id).status),
			(2_000, Status::Draining)
		);
	});
	// Nor does it lift a conviction.
	build_and_execute(|| {
		let id = registered(3_000);
		silence(id, 10);
		fraud(id, 10);
		cancel(0);
		assert_eq!(provider(id).status, Status::Chilled { until: 5_450 });
		assert_eq!(
			(provider(id).fraud_clock, provider(id).ledger.active),
			(Some(5_000), 2_000)
		);
	});
}

#[test]
fn what_comes_back_to_a_leaving_provider_leaves_with_the_rest() {
	build_and_execute(|| {
		let id = registered(2_000);
		fraud(id, 10);
		Now::set(5_007);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		cancel(0);
		let record = provider(id);
		assert_eq!((record.status, record.fraud_clock), (Status::Exiting, None));
		let parts: Vec<_> = record
			.ledger
			.unbonding
			.iter()
			.map(|part| (part.amount, part.release))
			.collect();
		assert_eq!((record.ledger.active, parts), (0, vec![(2_000, 5_707)]));
		Now::set(5_707);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!((staked(OWNER), Records::<Test>::contains_key(id)), (0, false));
	});
	// With nothing else unbonding it can leave at once: it has been there long enough.
	build_and_execute(|| {
		let terms = terms(1);
		let id = Providers::do_register(OWNER, WORKER, PAYOUT, endpoint(), terms, 1_000).unwrap();
		fraud(id, 10);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		assert_eq!(provider(id).ledger.unbonding.len(), 0);
		assert_noop!(
			Providers::withdraw_unbonded(signed(OWNER), id),
			Error::<Test>::NothingToWithdraw
		);
		Now::set(5_100);
		cancel(0);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!((staked(OWNER), Records::<Test>::contains_key(id)), (0, false));
	});
}

/// The record of a provider that leaves stays until its last slash is decided.
#[test]
fn a_leaving_provider_pays_and_then_is_gone() {
	build_and_execute(|| {
		let id = registered(2_000);
		fraud(id, 10);
		assert_ok!(Providers::deregister(signed(OWNER), id));
		Now::set(5_210);
		poll(1);
		assert_eq!((staked(OWNER), provider(id).status), (1_000, Status::Exiting));
		Now::set(5_700);
		assert_ok!(Providers::withdraw_unbonded(signed(OWNER), id));
		assert_eq!(
			last_event(),
			Event::StakeWithdrawn {
				provider: id,
				amount: 1_000,
				removed: true
			}
		);
	});
}

#[test]
fn two_slashes_at_once_share_one_stake() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), Some(150)));
		// 12 × 60 = 720 for silence; then 12 × 150 = 1,800 for fraud, of which 1,280 are there.
		assert_eq!(silence(id, 60).amount, 720);
		assert_eq!(fraud(id, 150).amount, 1_280);
		assert_eq!((provider(id).ledger.active, provider(id).ledger.set_aside), (0, 2_000));
		assert_ok!(Providers::move_job(id, Some(JobPhase::Committed), None, Some(150)));
		let issuance = Balances::total_issuance();
		Now::set(5_210);
		poll(2);
		// 5 % of 1,280 are 64, 10 % are 128: 1,088 and 720 burn.
		assert_eq!((left(), staked(OWNER)), (vec![], 0));
		assert_eq!(Balances::total_issuance(), issuance - 1_088 - 720);
		assert_eq!(
			(free(STRANGER), free(RECEIVER)),
			(ENDOWMENT + 64, EXISTENTIAL_DEPOSIT + 128)
		);
	});
}

/// A later conviction is not lifted by cancelling an earlier one.
#[test]
fn cancelling_lifts_the_conviction_that_brought_the_slash() {
	build_and_execute(|| {
		let id = registered(5_000);
		fraud(id, 10);
		// The hook has not been there, so the first slash still waits.
		Now::set(5_450);
		assert_ok!(Providers::reactivate(signed(OWNER), id));
		fraud(id, 10);
		cancel(0);
		assert_eq!(provider(id).fraud_clock, Some(5_450));
		assert_eq!(provider(id).status, Status::Chilled { until: 5_900 });
		cancel(1);
		assert_eq!((provider(id).fraud_clock, provider(id).status), (None, Status::Active));
		assert_eq!(provider(id).ledger.active, 5_000);
	});
}

#[test]
fn only_who_may_cancel_cancels() {
	build_and_execute(|| {
		let id = registered(2_000);
		assert_ok!(Balances::mint_into(&WORKER, 1_000));
		fraud(id, 1);
		for who in [OWNER, WORKER, STRANGER, RECEIVER] {
			assert_noop!(
				Providers::cancel_slash(signed(who), SlashId(0)),
				DispatchError::BadOrigin
			);
		}
	});
}
