//! What silence on a demand brings, and what else ends a demanded job.

use super::{
	demand::{demand, provide, Honest},
	refute::refute,
};
use crate::{mock::*, Deadlines, DemandQueues, Demands, Error, Event, Jobs, Requesters};
use millrace_kernel::tree::SumNode;
use millrace_primitives::{JobId, SlashId, Tick};
use polkadot_sdk::{
	frame_support::{assert_noop, assert_ok, hypothetically, traits::fungible::Mutate},
	sp_runtime::DispatchError,
};

#[test]
fn nothing_is_paid_while_leaves_are_demanded() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let id = honest.id;
		skip_ticks(20);
		assert_ok!(demand(ALICE, id, &[0]));
		// The old end of the window was tick 31; leaves may come until tick 44.
		for _ in 0..2 {
			assert_noop!(Market::settle_now(signed(ALICE), id), Error::<Test>::DemandOpen);
			assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::DemandOpen);
			assert_noop!(Market::touch(signed(BOB), id), Error::<Test>::NothingDue);
			skip_ticks(23);
		}
		hypothetically!({
			blocks(1);
			assert!(!Jobs::<Test>::contains_key(id));
		});
		assert_noop!(Market::settle(signed(BOB), id), Error::<Test>::DemandOpen);
	});
}

/// What silence at tick `last + 1` brings, by `end`.
fn silence(end: impl Fn(JobId)) {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let (provider, id) = (honest.provider, honest.id);
		let other = committed(ALICE, provider, &honest.work, &honest.work.honest());
		let last: Tick = 24;
		assert_ok!(demand(ALICE, id, &[0, 2, 3]));
		assert_ok!(provide(BOB, id, honest.answer(&[2])));
		blocks(last - now());
		assert_eq!(now(), last);
		assert_noop!(Market::touch(signed(BOB), id), Error::<Test>::NothingDue);
		hypothetically!({
			assert_ok!(provide(BOB, id, honest.answer(&[0, 3])));
		});
		hypothetically!({
			skip_ticks(1);
			assert_noop!(provide(BOB, id, honest.answer(&[0, 3])), Error::<Test>::WindowOver);
		});
		end(id);
		assert_eq!(now(), last + 1);
		assert!(events().contains(&Event::JobSilent {
			job: id,
			provider,
			requester: ALICE,
			missing: 2,
			slash: Some(SlashId(0)),
			// 12 × the escrow of 100.
			slashed: 1_200,
			refund: 100,
			fees_returned: 40,
			fees_paid: 20,
			deposit: 0,
		}));
		assert!(!Jobs::<Test>::contains_key(id));
		assert_eq!(
			(Demands::<Test>::iter().count(), DemandQueues::<Test>::iter().count()),
			(0, 0)
		);
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((record.silent, record.refuted, record.fraud_clock), (1, 0, None));
		assert_eq!(MockProviders::stake(&record), 240_000 - 1_200);
		assert_eq!(MockProviders::set_aside(provider), 1_200);
		assert_eq!(free(payout(provider)), 10_000);
		// Three leaves: 3 × (128 + 252) + 200 = 1,340 bytes, 167 planck; 25,500 picoseconds, 51. It was burned
		// beside the job fee of the job that has ended, and does not return.
		assert_eq!(fees(), 20 + 167 + 51);
		assert_eq!(free(ALICE), FUNDS - 20 - 218 - 160);
		assert_eq!(Requesters::<Test>::get(ALICE).silent, 1);
		// It is no conviction: the other job goes on.
		assert_eq!(record.asks, 1);
		assert_ok!(Market::settle_now(signed(ALICE), other));
		assert_eq!(free(payout(provider)), 10_038);
	});
}

#[test]
fn silence_is_void_and_slashed_by_the_hook() {
	silence(|_| blocks(1));
}

#[test]
fn silence_is_void_and_slashed_by_a_touch() {
	silence(|id| {
		skip_ticks(1);
		assert_ok!(Market::touch(signed(BOB), id));
	});
}

#[test]
fn a_provider_without_stake_is_silent_for_nothing_more() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		assert_ok!(demand(ALICE, honest.id, &[0]));
		Balances::set_balance(&MockProviders::get(honest.provider).unwrap().stake, ED);
		MockProviders::check_eligibility(honest.provider);
		skip_ticks(24);
		assert_ok!(Market::touch(signed(BOB), honest.id));
		assert!(matches!(
			last_event(),
			Event::JobSilent {
				slash: None,
				slashed: 0,
				refund: 100,
				..
			}
		));
	});
}

#[test]
fn a_root_without_preimages_ends_in_silence() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let garbage = SumNode {
			hash: [0x5a; 32],
			units: 300,
		};
		let id = committed(ALICE, provider, &work, &Tree::over(vec![garbage], |_, _, sum| sum));
		assert_ok!(demand(ALICE, id, &[0]));
		let (leaves, tree) = (work.leaves(), work.honest());
		assert_noop!(
			provide(BOB, id, vec![tree.provided(&leaves, 0)]),
			Error::<Test>::BadLeaf
		);
		blocks(24);
		assert!(matches!(last_event(), Event::JobSilent { missing: 1, .. }));
		assert_eq!(held(ALICE), 0);
	});
}

/// A commitment to more or fewer bytes than the leaf's items have is a lie, which its own bytes do not answer.
#[test]
fn a_leaf_of_another_length_is_no_answer() {
	for length in [0, 64, 127, 129, 1_024] {
		ExtBuilder::build_and_execute(|| {
			let provider = asking(1, 0);
			let work = Work::triples();
			let mut leaves = work.leaves();
			leaves[1].bytes.resize(length, 0);
			let tree = Tree::of(&leaves);
			let id = committed(ALICE, provider, &work, &tree);
			assert_ok!(demand(ALICE, id, &[1]));
			assert_noop!(
				provide(BOB, id, vec![tree.provided(&leaves, 1)]),
				Error::<Test>::BadLeaf
			);
			blocks(24);
			assert!(matches!(last_event(), Event::JobSilent { missing: 1, .. }));
		});
	}
}

#[test]
fn a_demanded_result_is_refuted_until_its_time_is_over() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let tree = work.wrong_byte(0);
		let id = committed(ALICE, provider, &work, &tree);
		skip_ticks(30);
		assert_ok!(demand(ALICE, id, &[1]));
		// Asked for at tick 31, due with tick 54: later than the window would have ended.
		skip_ticks(23);
		hypothetically!({
			skip_ticks(1);
			let late = refute(BOB, id, work.proof(&tree, 0)).unwrap_err().error;
			assert_eq!(late, DispatchError::from(Error::<Test>::WindowOver));
		});
		assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		assert!(matches!(last_event(), Event::JobRefuted { refund: 100, .. }));
		assert_eq!(
			(Demands::<Test>::iter().count(), DemandQueues::<Test>::iter().count()),
			(0, 0)
		);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

/// The provider may bring the wrong leaf that it committed to: that is evidence, no answer to the lie.
#[test]
fn a_brought_lie_is_refuted_like_any_other() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let mut leaves = work.leaves();
		leaves[2].bytes[0] ^= 1;
		let tree = Tree::of(&leaves);
		let id = committed(ALICE, provider, &work, &tree);
		assert_ok!(demand(ALICE, id, &[2]));
		assert_ok!(provide(worker(provider), id, vec![tree.provided(&leaves, 2)]));
		assert_ok!(refute(ALICE, id, work.proof(&tree, 2)));
	});
}
