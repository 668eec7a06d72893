//! Demanded leaves: who may, what it costs, who may answer, and how the window waits.

use crate::{mock::*, Deadlines, Demand, DemandQueues, Demands, Error, Event, JobState, ProviderDemands, Window};
use millrace_primitives::{
	refutation::{LeafSet, ProvidedLeaf, ProvidedLeaves},
	JobId, ProviderId,
};
use polkadot_sdk::frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchResult, DispatchResultWithPostInfo, Pays},
	hypothetically,
	traits::fungible::Mutate,
};

pub(super) fn demand(who: AccountId, id: JobId, leaves: &[u32]) -> DispatchResult {
	Market::demand(signed(who), id, LeafSet::try_from(leaves.to_vec()).expect("at most 64"))
}

pub(super) fn provide(who: AccountId, id: JobId, leaves: Vec<ProvidedLeaf>) -> DispatchResultWithPostInfo {
	Market::provide(signed(who), id, ProvidedLeaves::try_from(leaves).expect("at most 64"))
}

pub(super) fn window(id: JobId) -> Window {
	match job(id).state {
		JobState::Committed { window, .. } => window,
		state => panic!("not committed: {state:?}"),
	}
}

/// Five leaves, committed honestly at tick 1, so that the window ends with tick 31.
pub(super) struct Honest {
	pub(super) provider: ProviderId,
	pub(super) id: JobId,
	pub(super) work: Work,
}

impl Honest {
	pub(super) fn new() -> Honest {
		let provider = asking(1, 0);
		let work = Work::triples();
		let id = committed(ALICE, provider, &work, &work.honest());
		Honest { provider, id, work }
	}

	pub(super) fn answer(&self, leaves: &[u32]) -> Vec<ProvidedLeaf> {
		let (all, tree) = (self.work.leaves(), self.work.honest());
		leaves.iter().map(|leaf| tree.provided(&all, *leaf)).collect()
	}

	/// Demands leaves and has them brought in the same tick.
	fn exchange(&self, leaves: &[u32]) {
		assert_ok!(demand(ALICE, self.id, leaves));
		assert_ok!(provide(worker(self.provider), self.id, self.answer(leaves)));
	}
}

#[test]
fn a_demand_opens_at_once_and_prepays_the_answer() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let (provider, id) = (honest.provider, honest.id);
		skip_ticks(9);
		assert_ok!(demand(ALICE, id, &[1, 3]));
		// Two leaves of 128 bytes; each with three pairs of 80 bytes and 12 on top; 200 for the envelope: 960 bytes, 120
		// planck. 24,000 + 2 × 500 picoseconds: 50.
		assert_eq!(
			last_event(),
			Event::LeavesDemanded {
				job: id,
				provider,
				requester: ALICE,
				leaves: LeafSet::truncate_from(vec![1, 3]),
				fee: 170,
				until: Some(33),
			}
		);
		// It is burned at once, and counts with all other fees.
		assert_eq!((fees(), free(ALICE)), (170, FUNDS - 160 - 170));
		// At tick 10, with 21 ticks left, and 23 to answer.
		assert_eq!(
			window(id),
			Window::Demanded {
				left: 21,
				until: Some(33)
			}
		);
		assert_eq!((job(id).demanded, job(id).due_tick()), (2, Some(33)));
		// Where that of its accept window was, which ended with tick 8.
		assert_eq!(Deadlines::<Test>::iter_keys().collect::<Vec<_>>(), [(8, id)]);
		assert_eq!(
			Demands::<Test>::get(id),
			Some(Demand {
				provider,
				leaves: LeafSet::truncate_from(vec![1, 3]),
				bytes: 256,
				prev: None,
				next: None,
			})
		);
		assert_eq!(
			DemandQueues::<Test>::get(provider),
			ProviderDemands {
				open_bytes: 256,
				head: None,
				tail: None
			}
		);
	});
}

#[test]
fn the_last_leaf_may_be_shorter() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::new(TRIPLES, 9, vec![]);
		let id = committed(ALICE, provider, &work, &work.honest());
		assert_ok!(demand(ALICE, id, &[3, 4]));
		assert_eq!(Demands::<Test>::get(id).unwrap().bytes, 128 + 64);
		let (leaves, tree) = (work.leaves(), work.honest());
		let answer = vec![tree.provided(&leaves, 3), tree.provided(&leaves, 4)];
		assert_eq!(answer[1].bytes.len(), 64);
		assert_ok!(provide(BOB, id, answer));
	});
}

#[test]
fn anyone_brings_leaves_in_parts_and_the_window_goes_on() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let id = honest.id;
		skip_ticks(4);
		assert_ok!(demand(ALICE, id, &[0, 2, 4]));
		skip_ticks(10);
		let answer = honest.answer(&[4, 0]);
		// So small a part of an answer is not prepaid.
		let info = provide(BOB, id, answer.clone()).unwrap();
		assert_eq!((info.pays_fee, info.actual_weight), (Pays::Yes, None));
		assert_eq!(
			last_event(),
			Event::LeavesProvided {
				job: id,
				provider: honest.provider,
				by: BOB,
				leaves: ProvidedLeaves::truncate_from(answer),
				missing: 1
			}
		);
		// Still waiting, and until the same tick.
		assert_eq!(
			window(id),
			Window::Demanded {
				left: 26,
				until: Some(28)
			}
		);
		assert_eq!(Demands::<Test>::get(id).unwrap().leaves.to_vec(), [2]);
		assert_noop!(provide(BOB, id, honest.answer(&[0])), Error::<Test>::NotDemanded);

		// What came already is passed over, and not told again; the last leaf makes it free.
		let info = provide(CHARLIE, id, honest.answer(&[0, 2])).unwrap();
		assert_eq!(info.pays_fee, Pays::No);
		let told = Event::LeavesProvided {
			job: id,
			provider: honest.provider,
			by: CHARLIE,
			leaves: ProvidedLeaves::truncate_from(honest.answer(&[2])),
			missing: 0,
		};
		assert!(events().contains(&told));
		// Tick 15, and the 26 ticks that were left at tick 5.
		assert_eq!(
			last_event(),
			Event::DemandAnswered {
				job: id,
				window_end: 41
			}
		);
		assert_eq!(window(id), Window::Open { end: 41 });
		assert_eq!(Deadlines::<Test>::iter_keys().collect::<Vec<_>>(), [(8, id)]);
		assert_eq!(
			(Demands::<Test>::iter().count(), DemandQueues::<Test>::iter().count()),
			(0, 0)
		);
		assert_noop!(provide(BOB, id, honest.answer(&[2])), Error::<Test>::NotDemanded);
		skip_ticks(27);
		assert_ok!(Market::settle(signed(BOB), id));
		assert_eq!(free(payout(honest.provider)), 10_038);
	});
}

#[test]
fn whoever_demanded_has_time_to_look_at_the_answer() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		// Demanded in the last tick of the window; 11 ticks are the least window.
		skip_ticks(30);
		hypothetically!({
			skip_ticks(1);
			assert_noop!(demand(ALICE, honest.id, &[0]), Error::<Test>::WindowOver);
		});
		assert_ok!(demand(ALICE, honest.id, &[0]));
		assert_eq!(
			window(honest.id),
			Window::Demanded {
				left: 0,
				until: Some(54)
			}
		);
		skip_ticks(5);
		assert_ok!(provide(BOB, honest.id, honest.answer(&[0])));
		assert_eq!(window(honest.id), Window::Open { end: 36 + 11 });
	});
}

#[test]
fn only_the_requester_demands_and_only_what_the_job_has() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::triples();
		let id = submit(ALICE, work.spec());
		assert_noop!(demand(ALICE, id, &[0]), Error::<Test>::NotCommitted);
		commit_tree(provider, id, &work.honest());
		for who in [BOB, worker(provider), owner(provider)] {
			assert_noop!(demand(who, id, &[0]), Error::<Test>::NotRequester);
		}
		for leaves in [&[][..], &[5], &[0, 5], &[u32::MAX], &[1, 1], &[2, 1], &[0, 1, 1]] {
			assert_noop!(demand(ALICE, id, leaves), Error::<Test>::BadLeaves);
		}
		assert_ok!(demand(ALICE, id, &[4]));
		assert_noop!(demand(ALICE, id, &[0]), Error::<Test>::DemandOpen);
	});
}

#[test]
fn as_many_leaves_are_demanded_as_the_job_has() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		honest.exchange(&[0, 1, 2]);
		assert_noop!(demand(ALICE, honest.id, &[0, 1, 2]), Error::<Test>::TooManyDemanded);
		// The same leaf twice, if one likes to pay for it.
		honest.exchange(&[0, 1]);
		assert_noop!(demand(ALICE, honest.id, &[4]), Error::<Test>::TooManyDemanded);
		assert_eq!(job(honest.id).demanded, 5);
	});
}

#[test]
fn a_wrong_leaf_answers_nothing() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let id = honest.id;
		assert_ok!(demand(ALICE, id, &[1, 3]));
		let with = |change: &dyn Fn(&mut ProvidedLeaf)| {
			let mut leaf = honest.answer(&[1]).remove(0);
			change(&mut leaf);
			vec![leaf]
		};
		let shorter = |leaf: &mut ProvidedLeaf| {
			leaf.bytes.pop();
		};
		let fewer = |leaf: &mut ProvidedLeaf| {
			leaf.pairs.pop();
		};
		let more = |leaf: &mut ProvidedLeaf| {
			let last = leaf.pairs[2];
			leaf.pairs.try_push(last).expect("there is room");
		};
		let wrong = [
			with(&|leaf| leaf.bytes[0] ^= 1),
			with(&|leaf| leaf.bytes.try_push(0).expect("there is room")),
			with(&shorter),
			with(&|leaf| leaf.bytes = Default::default()),
			with(&|leaf| leaf.traps = 1),
			with(&|leaf| leaf.pairs[2].right.units += 1),
			with(&fewer),
			with(&more),
			with(&|leaf| leaf.pairs = Default::default()),
			// Another leaf under this one's number, and this one's bytes under another's.
			with(&|leaf| leaf.bytes = honest.answer(&[3])[0].bytes.clone()),
		];
		for answer in wrong {
			assert_noop!(provide(BOB, id, answer.clone()), Error::<Test>::BadLeaf);
			// A right one beside it does not help, nor is it taken.
			let both = [honest.answer(&[3]), answer].concat();
			assert_noop!(provide(BOB, id, both), Error::<Test>::BadLeaf);
		}
		let mislabelled = with(&|leaf| leaf.leaf = 3);
		assert_noop!(provide(BOB, id, mislabelled), Error::<Test>::BadLeaf);
		for answer in [vec![], honest.answer(&[0]), honest.answer(&[0, 2, 4])] {
			assert_noop!(provide(BOB, id, answer), Error::<Test>::NotDemanded);
		}
		assert_eq!(Demands::<Test>::get(id).unwrap().leaves.to_vec(), [1, 3]);
	});
}

#[test]
fn only_an_open_demand_is_answered() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		let unknown = JobId(Default::default());
		assert_noop!(provide(BOB, unknown, honest.answer(&[0])), Error::<Test>::UnknownJob);
		assert_noop!(provide(BOB, honest.id, honest.answer(&[0])), Error::<Test>::NotDemanded);
		let waiting = submit(ALICE, honest.work.spec());
		assert_noop!(provide(BOB, waiting, honest.answer(&[0])), Error::<Test>::NotDemanded);
	});
}

#[test]
fn a_demand_must_be_paid_for() {
	ExtBuilder::build_and_execute(|| {
		let provider = asking(1, 0);
		let work = Work::new(TRIPLES, 2, vec![]);
		// 160 are held; the answer would cost 128 + 12 + 200 = 340 bytes, 42 planck, and 49 for the time.
		Balances::set_balance(&POOR, 160 + ED + 90);
		let id = committed(POOR, provider, &work, &work.honest());
		assert_eq!(free(POOR), ED + 90);
		assert_noop!(demand(POOR, id, &[0]), Error::<Test>::InsufficientFunds);
		Balances::set_balance(&POOR, ED + 91);
		assert_ok!(demand(POOR, id, &[0]));
		assert_eq!(free(POOR), ED);
	});
}

#[test]
fn the_times_of_a_demand_are_those_of_the_submission() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		skip_ticks(29);
		RulesNow::set(&crate::MarketRules {
			demand_ticks: 1,
			window_min: 1,
			..default_rules()
		});
		assert_ok!(demand(ALICE, honest.id, &[0]));
		assert_eq!(job(honest.id).due_tick(), Some(30 + 23));
		assert_ok!(provide(BOB, honest.id, honest.answer(&[0])));
		assert_eq!(window(honest.id), Window::Open { end: 30 + 11 });
	});
}

#[test]
fn a_view_function_tells_what_is_missing() {
	ExtBuilder::build_and_execute(|| {
		let honest = Honest::new();
		assert_eq!(Market::demanded(honest.id), None);
		assert_ok!(demand(ALICE, honest.id, &[0, 1]));
		assert_ok!(provide(BOB, honest.id, honest.answer(&[0])));
		assert_eq!(Market::demanded(honest.id).unwrap().leaves.to_vec(), [1]);
	});
}
