//! Earnings that refill the provider's stake: as much as is wanted, of what is left after the protocol's part.

use crate::{mock::*, Event, MarketTotals};
use millrace_primitives::{Balance, JobId, ProviderId};
use polkadot_sdk::frame_support::{assert_ok, traits::fungible::Mutate};

/// A result worth 650, of which 32 are the protocol's and 618 the provider's, which wants so much for its stake.
fn earning(refill: Balance) -> (ProviderId, JobId) {
	let provider = asking(1, 0);
	let id = submit(ALICE, book_spec(10, 0));
	commit(provider, id, 10 * G);
	MockProviders::change(provider, |record| record.refill = refill);
	(provider, id)
}

/// The stake beyond what was registered, what the payout account and what the owner's have beyond theirs.
fn earned(provider: ProviderId) -> (Balance, Balance, Balance) {
	let record = MockProviders::get(provider).expect("registered");
	(
		MockProviders::stake(&record) - 240_000,
		free(payout(provider)) - 10_000,
		free(owner(provider)) - 10_000,
	)
}

#[test]
fn as_much_as_is_wanted_goes_to_the_stake_and_the_rest_is_paid_out() {
	// Wanted, then what goes to the stake and to the payout account.
	let cases = [
		(0, 0, 618),
		(1, 1, 617),
		(100, 100, 518),
		(617, 617, 1),
		(618, 618, 0),
		(619, 618, 0),
		(5_000, 618, 0),
	];
	for (wanted, staked, paid) in cases {
		for by_hook in [false, true] {
			ExtBuilder::build_and_execute(|| {
				let (provider, id) = earning(wanted);
				let issued = Balances::total_issuance();
				if by_hook {
					blocks(31);
				} else {
					assert_ok!(Market::settle_now(signed(ALICE), id));
				}
				// The owner's account is only passed through.
				assert_eq!(earned(provider), (staked, paid, 0), "{wanted} wanted");
				let record = MockProviders::get(provider).unwrap();
				assert_eq!((record.refill, record.paid), (wanted - staked, 650));
				assert_eq!(
					last_event(),
					Event::JobSettled {
						job: id,
						provider,
						requester: ALICE,
						payout: Some(payout(provider)),
						units: 10 * G,
						payment: 650,
						fee: 32,
						refund: 0,
						fees_returned: 40,
						fees_paid: 20,
						deposit: 0,
						lapsed: by_hook,
					}
				);
				assert_eq!((free(ALICE), held(ALICE), fees()), (FUNDS - 650 - 20, 0, 20 + 32));
				assert_eq!(Balances::total_issuance(), issued - fees());
				let totals = MarketTotals {
					settled: 1,
					paid: 650,
					fees: 32,
				};
				assert_eq!(Market::totals(), totals);
			});
		}
	}
}

#[test]
fn an_owner_that_cannot_take_it_does_not_keep_it_from_the_payout_account() {
	ExtBuilder::build_and_execute(|| {
		// 9 planck make no account.
		let (provider, id) = earning(9);
		Balances::set_balance(&owner(provider), 0);
		let issued = Balances::total_issuance();
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_618);
		assert_eq!(MockProviders::get(provider).unwrap().refill, 9);
		assert_eq!(Balances::total_issuance(), issued - fees());
	});
}

/// A payout account that does not exist cannot take less than the deposit: the rest falls back to the owner, as any small
/// payment does.
#[test]
fn a_rest_below_the_deposit_falls_back() {
	for (wanted, to_payout, to_owner) in [(608, 10, 0), (609, 0, 9)] {
		ExtBuilder::build_and_execute(|| {
			let (provider, id) = earning(wanted);
			Balances::set_balance(&payout(provider), 0);
			let issued = Balances::total_issuance();
			assert_ok!(Market::settle_now(signed(ALICE), id));
			let paid_to = if to_owner > 0 {
				owner(provider)
			} else {
				payout(provider)
			};
			let Event::JobSettled { payout: account, .. } = last_event() else {
				panic!("not settled")
			};
			assert_eq!(account, Some(paid_to));
			assert_eq!(
				(free(payout(provider)), free(owner(provider))),
				(to_payout, 10_000 + to_owner)
			);
			let record = MockProviders::get(provider).unwrap();
			assert_eq!(MockProviders::stake(&record), 240_000 + wanted);
			assert_eq!(Balances::total_issuance(), issued - fees());
		});
	}
}

/// What a requester gets back is no earnings.
#[test]
fn only_payments_refill() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		MockProviders::change(provider, |record| record.refill = 100);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		blocks(31);
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.late, record.refill), (1, 100));
		assert!(MockProviders::stake(&record) < 240_000, "it was late");
	});
}
