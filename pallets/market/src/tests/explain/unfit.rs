//! Why a provider does not serve a job, rule by rule, and what then happens.

use super::accept;
use crate::{mock::*, Asks, Error, Event, JobState, RejectReason, Unfit};
use millrace_primitives::{traits::Ineligible, JobId, Level, Price, ProviderId, Region};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, assert_storage_noop, hypothetically, traits::fungible::Mutate},
	sp_core::H256,
};

#[expect(clippy::needless_late_init, reason = "the macro takes a statement")]
fn why(provider: ProviderId, id: JobId) -> Result<(), Unfit> {
	let answer;
	assert_storage_noop!(answer = Market::explain_eligibility(provider, id));
	Option::expect(answer, "it is live")
}

fn place(provider: ProviderId, slot: u8, level: u8) -> polkadot_sdk::sp_runtime::DispatchResult {
	Market::place_ask(signed(worker(provider)), slot, Level(level))
}

/// A provider whose ask is in the queue at this level, and a bid at level 5 that it would take, for no event of the pool
/// has come by.
fn unmatched(level: u8) -> (ProviderId, JobId) {
	let jobs: Vec<_> = (0..5).map(|_| submit(ALICE, book_spec(2, 5))).collect();
	let provider = asking(4, level);
	assert_eq!(
		(why(provider, jobs[4]), job(jobs[4]).state.clone()),
		(Ok(()), JobState::Pending)
	);
	(provider, jobs[4])
}

/// The rule is said, and it does keep the next event of the pool from matching the two.
fn assert_unfit(provider: ProviderId, id: JobId, rule: Unfit) {
	assert_eq!(why(provider, id), Err(rule));
	hypothetically!({
		Market::try_cross(POOL);
		assert_ne!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn no_rule_keeps_a_provider_from_what_it_would_be_given() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = unmatched(3);
		assert!(Market::try_cross(POOL).0);
		assert_eq!(job(id).state.provider(), Some(provider));
		assert_eq!(why(provider, id), Ok(()), "it has it");
		assert_eq!(Market::explain_eligibility(provider, JobId(H256::zero())), None);
	});
}

#[test]
fn a_halted_market_matches_what_stands_in_the_book() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = unmatched(3);
		let other = crate::ProviderJobs::<Test>::iter_key_prefix(provider).next().unwrap();
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		assert_eq!(why(provider, id), Ok(()));
		commit(provider, other, G);
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn a_job_that_names_its_provider_is_for_no_other() {
	ExtBuilder::build_and_execute(|| {
		let (provider, other) = (MockProviders::register(1), asking(1, 0));
		let id = submit(ALICE, target_spec(2, provider, 64));
		assert_eq!(why(other, id), Err(Unfit::OtherTarget { target: provider }));
		assert_eq!(why(provider, id), Ok(()));
		// Void, and nobody would give it to the provider again.
		MockProviders::change(provider, |record| record.fraud_clock = Some(now()));
		MockProviders::set_active(provider, false);
		assert_eq!(why(provider, id), Err(Unfit::Provider(Ineligible::NotActive)));
		MockProviders::change(provider, |record| record.fraud_clock = None);
		MockProviders::set_active(provider, true);
	});
}

#[test]
fn an_unknown_provider_serves_nothing() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(2, 5));
		assert_unfit(ProviderId(99), id, Unfit::Provider(Ineligible::Unknown));
	});
}

#[test]
fn a_provider_without_an_ask_is_told_what_keeps_it_from_placing_one() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(2, 5));
		let provider = MockProviders::register(1);
		assert_unfit(provider, id, Unfit::NoAsk { barred_until: None });
		let rule = |rule| Unfit::Provider(rule);
		MockProviders::change(provider, |record| record.unmeasured = true);
		assert_unfit(provider, id, rule(Ineligible::NotMeasured { class: POOL.class }));
		assert_noop!(place(provider, 0, 0), Error::<Test>::ProviderNotMeasured);
		let stake = MockProviders::get(provider).unwrap().stake;
		Balances::set_balance(&stake, ED + 119_999);
		let (have, need) = (119_999, 120_000);
		assert_unfit(provider, id, rule(Ineligible::StakeTooLow { have, need }));
		assert_noop!(place(provider, 0, 0), Error::<Test>::StakeTooLow);
		MockProviders::change(provider, |record| record.worker = None);
		assert_unfit(provider, id, rule(Ineligible::NoWorker));
		MockProviders::set_active(provider, false);
		assert_unfit(provider, id, rule(Ineligible::NotActive));
		let mut pool = POOL;
		pool.region = Region(1);
		MockProviders::change(provider, |record| record.pool = pool);
		assert_unfit(provider, id, Unfit::OtherPool { pool });
	});
}

#[test]
fn a_provider_that_did_not_show_up_is_barred_until_the_tick_that_is_said() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		blocks(8);
		// A bar of 21 ticks from tick 9 on.
		let barred = Unfit::NoAsk { barred_until: Some(30) };
		assert_unfit(provider, id, barred);
		skip_ticks(20);
		assert_unfit(provider, id, barred);
		assert_noop!(place(provider, 0, 0), Error::<Test>::Barred);
		skip_ticks(1);
		assert_unfit(provider, id, Unfit::NoAsk { barred_until: None });
		assert_ok!(place(provider, 0, 0));
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn an_ask_may_want_more_than_the_job_bids() {
	ExtBuilder::build_and_execute(|| {
		let id = submit(ALICE, book_spec(2, 5));
		let provider = asking(1, 9);
		assert_ok!(place(provider, 1, 6));
		// 64 × 1.08⁵ and × 1.08⁶: 94.04 and 101.56.
		let (have, need) = (Price(102), Price(94));
		assert_unfit(provider, id, Unfit::AskTooDear { have, need });
		assert_ok!(place(provider, 2, 5));
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

/// Money that the requester has not any more holds a bid below its limit, and that is what counts.
#[test]
fn a_bid_counts_at_what_it_holds() {
	ExtBuilder::build_and_execute(|| {
		let (cheap, dear) = (asking(1, 0), MockProviders::register(1));
		let id = submit(ALICE, book_spec(10, 9));
		Balances::set_balance(&ALICE, ED);
		assert_ok!(Market::reject_job(signed(worker(cheap)), id, RejectReason::Other));
		assert_eq!((job(id).state.clone(), job(id).price), (JobState::Pending, Price(64)));
		assert_ok!(place(dear, 0, 9));
		let (have, need) = (Price(128), Price(64));
		assert_unfit(dear, id, Unfit::AskTooDear { have, need });
	});
}

#[test]
fn a_reject_pauses_until_the_tick_that_is_said() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::reject_job(signed(worker(provider)), id, RejectReason::Other));
		assert_unfit(provider, id, Unfit::Paused { until: 7 });
		blocks(5);
		assert_eq!(now(), 6);
		assert_unfit(provider, id, Unfit::Paused { until: 7 });
		blocks(1);
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn a_pause_that_is_over_leaves_the_asks_parked_until_the_hook_comes_by() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let id = submit(ALICE, book_spec(10, 0));
		assert_ok!(Market::reject_job(signed(worker(provider)), id, RejectReason::Other));
		skip_ticks(6);
		assert_unfit(provider, id, Unfit::Parked);
		blocks(1);
		assert_eq!(job(id).state.provider(), Some(provider));
	});
}

#[test]
fn a_full_provider_takes_nothing_and_a_busy_one_nothing_until_a_lane_is_free() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let [one, two, three] = [(); 3].map(|()| submit(ALICE, book_spec(10, 0)));
		assert_unfit(provider, three, Unfit::Provider(Ineligible::Full));
		accept(provider, one);
		assert_ok!(Market::reject_job(signed(worker(provider)), two, RejectReason::Busy));
		// It has room for another assignment, and yet its ask waits.
		assert!(MockProviders::get(provider).unwrap().assigned == 0);
		for waiting in [two, three] {
			assert_unfit(provider, waiting, Unfit::Parked);
		}
		commit(provider, one, G);
		assert_eq!(
			job(three).state.provider(),
			Some(provider),
			"it came before the other came back"
		);
	});
}

#[test]
fn a_provider_whose_device_is_measured_is_full() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = unmatched(3);
		MockProviders::change(provider, |record| record.measuring = true);
		assert!(!Asks::<Test>::get(provider).slots[0].unwrap().parked);
		assert_unfit(provider, id, Unfit::Provider(Ineligible::Full));
		// A match finds that too, and parks the ask.
		assert!(!Market::try_cross(POOL).0);
		assert_eq!(last_event(), Event::AskParked { provider, slot: 0 });
		assert_unfit(provider, id, Unfit::Provider(Ineligible::Full));
	});
}

#[test]
fn an_ask_that_its_owner_does_not_stand_for_any_more_serves_nothing() {
	ExtBuilder::build_and_execute(|| {
		let cheap = submit(BOB, book_spec(2, 2));
		let (provider, id) = unmatched(3);
		// The first of the rules that fail: above the limit, in another pool, below the minimum, not backed, no room.
		MockProviders::change(provider, |record| record.measuring = true);
		MockProviders::change(provider, |record| record.unmeasured = true);
		assert_unfit(
			provider,
			id,
			Unfit::Provider(Ineligible::NotMeasured { class: POOL.class }),
		);
		MockProviders::change(provider, |record| record.min_price = Price(82));
		let (have, need) = (Level(3).price(), Price(82));
		assert_eq!(have, Price(81));
		assert_unfit(provider, id, Unfit::Provider(Ineligible::PriceTooLow { have, need }));
		let mut pool = POOL;
		pool.region = Region(1);
		MockProviders::change(provider, |record| record.pool = pool);
		assert_unfit(provider, id, Unfit::OtherPool { pool });
		let (have, need) = (Level(3).price(), Level(2).price());
		assert_eq!(why(provider, cheap), Err(Unfit::AskTooDear { have, need }));
		assert_ok!(Market::withdraw_all(provider));
	});
}

/// The ask is cheap enough for the minimum, but leaves with the one that is not.
#[test]
fn all_asks_leave_with_the_first_that_does_not_fit() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = unmatched(3);
		hypothetically!({
			// The second ask brings an event of the pool, which finds the first.
			MockProviders::change(provider, |record| record.min_price = Price(90));
			assert_ok!(place(provider, 1, 5));
			assert_eq!(
				(job(id).state.clone(), Asks::<Test>::get(provider).count()),
				(JobState::Pending, 0)
			);
		});
	});
}

#[test]
fn a_job_that_has_expired_is_for_nobody() {
	ExtBuilder::build_and_execute(|| {
		let (provider, id) = unmatched(3);
		skip_ticks(40);
		assert_eq!((now(), why(provider, id)), (41, Ok(())));
		skip_ticks(1);
		assert_unfit(provider, id, Unfit::Expired { expires: 41 });
		// Of two rules the first.
		MockProviders::change(provider, |record| record.measuring = true);
		assert_unfit(provider, id, Unfit::Provider(Ineligible::Full));
		MockProviders::change(provider, |record| record.measuring = false);
		blocks(1);
		assert!(!crate::Jobs::<Test>::contains_key(id));
	});
}
