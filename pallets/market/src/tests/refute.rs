//! Refutation: every lie is shown, nothing honest is, in time, and to the last planck.

use crate::{mock::*, Deadlines, Error, Event, Jobs, ProofFlaw, ProviderJobs, Requesters, WeightInfo};
use millrace_kernel::tree::SumNode;
use millrace_primitives::{
	refutation::{Fraud, RefutationProof, SumNode as WireNode},
	JobId, SlashId,
};
use polkadot_sdk::{
	frame_support::{
		assert_noop, assert_ok,
		dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, GetDispatchInfo, Pays, PostDispatchInfo},
		hypothetically,
		weights::Weight,
	},
	sp_core::H256,
	sp_io::hashing::blake2_256,
};

pub(super) fn refute(who: AccountId, id: JobId, proof: RefutationProof) -> DispatchResultWithPostInfo {
	Market::refute(signed(who), id, proof)
}

/// The error of a call that pays for this much, or for all that it declared.
pub(super) fn paying(error: Error<Test>, weight: Option<u64>) -> DispatchErrorWithPostInfo {
	DispatchErrorWithPostInfo {
		post_info: PostDispatchInfo {
			actual_weight: weight.map(|time| Weight::from_parts(time, 0)),
			pays_fee: Pays::Yes,
		},
		error: error.into(),
	}
}

/// H(0x00 ‖ number ‖ units ‖ traps ‖ length ‖ bytes), written out.
fn leaf_hash(number: u64, units: u64, traps: u32, bytes: &[u8]) -> H256 {
	let length = bytes.len() as u32;
	let parts = [
		&[0u8][..],
		&number.to_le_bytes(),
		&units.to_le_bytes(),
		&traps.to_le_bytes(),
		&length.to_le_bytes(),
		bytes,
	];
	H256(blake2_256(&parts.concat()))
}

#[test]
fn a_wrong_byte_voids_the_job_in_the_same_block() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let tree = work.wrong_byte(2);
		let id = committed(ALICE, provider, &work, &tree);
		assert_eq!((free(ALICE), held(ALICE)), (FUNDS - 160, 160));

		let proof = work.proof(&tree, 2);
		let call = crate::Call::<Test>::refute {
			job: id,
			proof: proof.clone(),
		};
		// Two items of 30 units.
		let declared = Weight::from_parts(50_000 + 10 * 60, 0);
		assert_eq!(call.get_dispatch_info().call_weight, declared);
		assert_eq!(
			refute(CHARLIE, id, proof),
			Ok(PostDispatchInfo {
				actual_weight: Some(declared),
				pays_fee: Pays::No
			})
		);

		// Leaf 2 holds 3 × 4 = 12 and 3 × 5 = 15, the first flipped to 13.
		let mut bytes = [0u8; 128];
		(bytes[0], bytes[64]) = (12, 15);
		let evaluated = WireNode {
			hash: leaf_hash(2, 60, 0, &bytes),
			units: 60,
		};
		bytes[0] = 13;
		let claimed = WireNode {
			hash: leaf_hash(2, 60, 0, &bytes),
			units: 60,
		};
		assert_eq!(
			last_event(),
			Event::JobRefuted {
				job: id,
				provider,
				refuter: CHARLIE,
				requester: ALICE,
				leaf: 2,
				fraud: Fraud::WrongLeaf { claimed, evaluated },
				slash: Some(SlashId(0)),
				slashed: 120_000,
				refund: 100,
				fees_returned: 40,
				fees_paid: 20,
				deposit: 0,
			}
		);
		// One job fee was used by the commitment; the least escrow of 100 and two fees are free again.
		assert_eq!((free(ALICE), held(ALICE), fees()), (FUNDS - 20, 0, 20));
		assert_eq!((free(CHARLIE), free(payout(provider))), (FUNDS, 10_000));
		let record = MockProviders::get(provider).unwrap();
		assert_eq!((MockProviders::stake(&record), record.committed), (120_000, 0));
		assert_eq!(MockProviders::set_aside(provider), 120_000);
		assert_eq!((record.refuted, record.fraud_clock, record.asks), (1, Some(1), 0));
		let known = Requesters::<Test>::get(ALICE);
		assert_eq!((known.live, known.refuted, known.voided, known.paid), (0, 1, 0, 0));
		// Nothing of it remains.
		assert!(!Jobs::<Test>::contains_key(id));
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
		assert_eq!(ProviderJobs::<Test>::iter().count(), 0);
		// To be the second is no fault: only the fee of a call that evaluates nothing.
		assert_noop!(
			refute(BOB, id, work.proof(&tree, 2)),
			paying(Error::UnknownJob, Some(50_000))
		);
	});
}

#[test]
fn a_named_providers_whole_escrow_returns() {
	ExtBuilder::build_and_execute(|| {
		let provider = MockProviders::register(1);
		let work = Work::sums();
		// (2,500 bytes in and 640 out) × 2²⁰ and 10 × 2²⁰ units, 3,150 × 2²⁰ in all, at 1,024 a unit of 2³⁰: 3,150.
		let id = submit(ALICE, work.fill(target_spec(10, provider, 1_024)));
		assert_eq!(held(ALICE), 3_150 + 60);
		let tree = work.wrong_byte(4);
		commit_tree(provider, id, &tree);
		assert_ok!(refute(BOB, id, work.proof(&tree, 4)));
		assert_eq!((free(ALICE), held(ALICE), free(BOB)), (FUNDS - 20, 0, FUNDS));
		assert!(matches!(
			last_event(),
			Event::JobRefuted {
				refund: 3_150,
				fees_returned: 40,
				fees_paid: 20,
				deposit: 0,
				..
			}
		));
	});
}

#[test]
fn a_right_leaf_costs_its_refuter_the_fee_and_the_accused_nothing() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::sums();
		let tree = work.honest();
		let id = committed(ALICE, provider, &work, &tree);
		let before = MockProviders::get(provider).unwrap();
		// 167 units an item. Items 0 and 1 read chunks 0 and 1, item 2 chunk 2, all others read behind the end.
		for (leaf, chunks) in [(0, 2), (1, 1), (2, 0), (3, 0), (4, 0)] {
			let proof = work.proof(&tree, leaf);
			assert_eq!((proof.units, proof.chunks), (334, chunks));
			let used = 50_000 + 10 * 334 + 7_000 * u64::from(chunks);
			assert_noop!(refute(BOB, id, proof), paying(Error::NoFraud, Some(used)));
		}
		let after = MockProviders::get(provider).unwrap();
		assert_eq!(MockProviders::stake(&after), MockProviders::stake(&before));
		assert_eq!((after.refuted, after.fraud_clock, after.asks), (0, None, 1));
		// 3,140 bytes are worth 3,140 × 64 / 1,024 = 196 planck, of which 9.8 are the protocol's: 9.
		assert_ok!(Market::settle_now(signed(ALICE), id));
		assert_eq!(free(payout(provider)), 10_000 + 196 - 9);
	});
}

#[test]
fn declared_work_that_was_not_needed_is_given_back() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::sums();
		let id = committed(ALICE, provider, &work, &work.wrong_byte(1));
		let mut proof = work.proof(&work.wrong_byte(1), 1);
		(proof.units, proof.chunks) = (5_000, 9);
		let call = crate::Call::<Test>::refute {
			job: id,
			proof: proof.clone(),
		};
		assert_eq!(
			call.get_dispatch_info().call_weight,
			<() as WeightInfo>::refute(5_000, 9)
		);
		let info = refute(BOB, id, proof).unwrap();
		assert_eq!(
			info.actual_weight,
			Some(Weight::from_parts(50_000 + 10 * 334 + 7_000, 0))
		);
	});
}

#[test]
fn a_root_that_nobody_can_open_is_not_refuted_but_by_its_only_leaf() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let garbage = SumNode {
			hash: [0x5a; 32],
			units: 300,
		};
		let work = Work::triples();
		let tree = Tree::over(vec![garbage], |_, _, sum| sum);
		let id = committed(ALICE, provider, &work, &tree);
		// Whatever is shown does not hash to it: its requester demands leaves instead.
		for leaf in 0..5 {
			let proof = work.proof(&work.honest(), leaf);
			assert_noop!(refute(BOB, id, proof), Error::<Test>::BadProof(ProofFlaw::Path));
		}
		// Where there is one leaf the root is its hash, and no path is needed.
		let work = Work::new(TRIPLES, 2, vec![]);
		let id = committed(ALICE, provider, &work, &tree);
		let proof = work.proof(&tree, 0);
		assert!(proof.pairs.is_empty());
		assert_ok!(refute(BOB, id, proof));
	});
}

#[test]
fn a_result_is_refuted_until_the_last_tick_of_its_window() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let tree = work.wrong_byte(0);
		let id = committed(ALICE, provider, &work, &tree);
		// Committed at tick 1, 30 ticks: the window ends with tick 31.
		skip_ticks(30);
		assert_eq!(now(), 31);
		hypothetically!({
			assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		});
		skip_ticks(1);
		assert_noop!(
			refute(BOB, id, work.proof(&tree, 0)),
			paying(Error::WindowOver, Some(50_000))
		);
		// Whether the hook has been there or not.
		assert_ok!(Market::settle(signed(BOB), id));
		assert!(matches!(last_event(), Event::JobSettled { payment: 40, .. }));
	});
}

#[test]
fn only_an_open_commitment_is_refuted() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(2, 0);
		let work = Work::triples();
		let tree = work.wrong_byte(0);
		let proof = || work.proof(&tree, 0);
		let early = |error: Error<Test>| paying(error, Some(50_000));
		let unknown = JobId(H256::zero());
		assert_noop!(refute(BOB, unknown, proof()), early(Error::UnknownJob));
		let id = submit(ALICE, work.spec());
		assert_noop!(refute(BOB, id, proof()), early(Error::NotCommitted));
		assert_ok!(Market::accept_job(signed(worker(provider)), id));
		assert_noop!(refute(BOB, id, proof()), early(Error::NotCommitted));
		commit_tree(provider, id, &tree);
		let other = committed(ALICE, provider, &work, &tree);
		assert_ok!(refute(BOB, id, proof()));
		// The second one is void without another word: nobody is punished for having shown it too.
		assert_noop!(refute(BOB, other, proof()), early(Error::AlreadyVoid));
		assert_eq!(MockProviders::get(provider).unwrap().refuted, 1);
		assert_ok!(Market::touch(signed(BOB), other));
		assert_noop!(refute(BOB, other, proof()), early(Error::UnknownJob));
	});
}

/// Anyone who has the data refutes: the requester, a stranger, the provider itself.
#[test]
fn anyone_may_refute() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::odd_traps();
		let tree = work.wrong_byte(3);
		let id = committed(ALICE, provider, &work, &tree);
		for who in [ALICE, POOR, worker(provider), owner(provider), payout(provider)] {
			hypothetically!({
				assert_ok!(refute(who, id, work.proof(&tree, 3)));
				assert!(matches!(last_event(), Event::JobRefuted { refuter, .. } if refuter == who));
				assert_eq!(free(ALICE), FUNDS - 20);
			});
		}
	});
}
