//! What clients ask: what being gone would cost, what was sampled, which outages there are, and who computes.

use super::{asking, gone, gone_at_work, signed, taken};
use crate::{
	mock::*,
	types::{ProviderFilter, PAGE, PAGE_LOOKS},
	DowntimePreview, DowntimePreviewViewFunction, LivenessRules, NextProvider, Outage, Outages, OutagesViewFunction,
	PreviewStep, ProviderTerms, ProvidersViewFunction, SampledUntilViewFunction, Status,
};
use millrace_primitives::{
	traits::{JobPhase, Outcome, Providers as _},
	Balance, DeviceClass, ProviderId, Region, Tick,
};
use polkadot_sdk::{
	frame_support::{assert_ok, view_functions::ViewFunction},
	sp_runtime::Perbill,
};

/// The preview for a provider that is registered.
fn preview(id: ProviderId) -> DowntimePreview {
	Providers::downtime_preview(id).expect("it is registered")
}

/// The steps of a preview: when, how much, and whether the provider is chilled.
fn steps(id: ProviderId) -> Vec<(Tick, Balance, bool)> {
	let steps = preview(id).steps.into_iter();
	steps
		.map(|PreviewStep { tick, amount, chills }| (tick, amount, chills))
		.collect()
}

#[test]
fn a_preview_says_what_being_gone_would_cost() {
	build_and_execute(|| {
		// Both lanes need 2,000; at 5,200 it is known who else is gone by now.
		let id = asking(3_000);
		assert_eq!(
			preview(id),
			DowntimePreview {
				now: 5_000,
				began: 5_000,
				outage: None,
				required: 2_000,
				running: false,
				steps: vec![
					PreviewStep {
						tick: 5_201,
						amount: 2,
						chills: false
					},
					PreviewStep {
						tick: 6_001,
						amount: 18,
						chills: false
					},
					PreviewStep {
						tick: 8_001,
						amount: 20,
						chills: true
					},
				],
			}
		);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
		assert!(preview(id).running);
		assert_eq!(
			steps(id),
			[
				(5_200, 10, false),
				(5_201, 70, false),
				(6_001, 220, false),
				(8_001, 200, true)
			]
		);
		// An outage that is found in the next hour is known an hour later: 5,095 + 5.
		Now::set(5_095);
		assert_eq!(steps(id)[..2], [(5_300, 80, false), (6_096, 220, false)]);
		// 12 × 200.
		Now::set(5_000);
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), Some(200)));
		assert_eq!((preview(id).required, steps(id)[0]), (2_400, (5_200, 12, false)));
		assert_eq!(Providers::downtime_preview(ProviderId(9)), None);
		assert_eq!(DowntimePreviewViewFunction::<Test>::new(id).invoke(), Some(preview(id)));
	});
}

#[test]
fn being_gone_costs_nothing_where_nothing_is_sold() {
	build_and_execute(|| {
		let id = registered(3_000);
		assert_eq!((preview(id).required, steps(id)), (0, vec![]));
		// Nor where all that is left is committed, and the provider drains.
		assert_ok!(Providers::move_job(id, None, Some(JobPhase::Committed), None));
		assert_eq!(steps(id).len(), 3);
		assert_ok!(Providers::drain(signed(OWNER), id));
		assert_eq!((preview(id).required, steps(id)), (2_000, vec![]));
	});
}

#[test]
fn a_preview_in_an_outage_says_what_is_still_to_come() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		let known = preview(id);
		assert_eq!((known.now, known.began, known.required), (5_007, 5_001, 2_000));
		assert_eq!((known.outage, known.running), (Outages::<Test>::get(id, 5_001), true));
		let all = [
			(5_200, 10, false),
			(5_202, 70, false),
			(6_002, 220, false),
			(8_002, 200, true),
		];
		assert_eq!(steps(id), all);
		// It does not depend on what runs now.
		assert_ok!(Providers::move_job(id, Some(JobPhase::Running), None, None));
		assert_eq!(steps(id), all);
		tick_to(5_200);
		assert_eq!(steps(id), all[1..]);
		tick_to(5_300);
		assert_eq!(steps(id), all[2..]);
		// What it pays otherwise counts.
		assert_eq!(Providers::take_stake(id, 30, Some(&RECEIVER)), 30);
		assert_eq!(steps(id), [(6_002, 190, false), (8_002, 200, true)]);
		tick_to(8_002);
		assert_eq!((preview(id).outage, preview(id).began), (None, 8_002));
	});
}

#[test]
fn a_step_whose_tick_has_come_is_due_now() {
	build_and_execute(|| {
		let id = gone_at_work(2_000);
		// The hook has not come by.
		Now::set(5_500);
		assert_eq!(steps(id), [(5_500, 80, false), (6_002, 220, false), (8_002, 200, true)]);
		assert_ok!(Providers::touch(signed(STRANGER), id, 5_001));
		assert_eq!(taken(id), [(5_500, 80)]);
		assert_eq!(steps(id), [(6_002, 220, false), (8_002, 200, true)]);
	});
}

#[test]
fn a_preview_knows_what_is_forgiven() {
	for (parts, expected) in [
		(600_000_000, vec![(6_002, 132, false), (8_002, 120, true)]),
		(0, vec![]),
	] {
		build_and_execute(|| {
			let id = gone_at_work(2_000);
			tick_to(5_300);
			// As if of 10, 70 and so on no more had been taken.
			let scale = Perbill::from_parts(parts);
			Outages::<Test>::mutate(id, 5_001, |outage| {
				let outage = outage.as_mut().expect("it goes on");
				outage.charged = scale.mul_floor(80);
				outage.scale = Some(scale);
			});
			let known = steps(id);
			let amounts = |steps: &[(Tick, Balance, bool)]| -> Vec<_> {
				steps.iter().filter(|step| step.1 > 0).copied().collect()
			};
			assert_eq!(amounts(&known), expected);
			// The hook does what the preview says, chills included.
			tick_to(8_002);
			let chilled = matches!(provider(id).status, Status::Chilled { .. });
			assert_eq!(known.iter().any(|step| step.2), chilled);
			assert_eq!(
				taken(id)[2..],
				expected.iter().map(|step| (step.0, step.1)).collect::<Vec<_>>()
			);
		});
	}
}

/// What is announced is what is taken, tick by tick.
#[test]
fn the_hook_does_what_the_preview_says() {
	for arrange in [gone as fn(Balance) -> ProviderId, gone_at_work, |bond| {
		let id = asking(bond);
		SeedNow::set(None);
		(0..3).for_each(|_| Providers::record(id, Outcome::NoShow));
		id
	}] {
		for stop in [5_007, 5_150, 5_201, 5_900, 6_002] {
			build_and_execute(|| {
				let id = arrange(9_000);
				tick_to(stop);
				let before = taken(id).len();
				let known = steps(id);
				tick_to(8_100);
				let announced: Vec<_> = known.iter().map(|(tick, amount, _)| (*tick, *amount)).collect();
				assert_eq!(taken(id)[before..], announced, "from {stop} on");
				assert!(matches!(provider(id).status, Status::Chilled { .. }));
			});
		}
	}
}

#[test]
fn a_view_function_says_until_when_to_answer() {
	build_and_execute(|| {
		let id = asking(2_000);
		let sampled_until = |id| SampledUntilViewFunction::<Test>::new(id).invoke();
		assert_eq!((sampled_until(id), sampled_until(ProviderId(9))), (None, None));
		tick(1);
		assert_eq!(sampled_until(id), Some(5_006));
		assert_ok!(Providers::heartbeat(signed(WORKER)));
		assert_eq!(sampled_until(id), None);
		tick_to(5_020);
		assert_eq!(sampled_until(id), None, "it is unreachable");
	});
}

#[test]
fn a_view_function_lists_outages_oldest_first() {
	build_and_execute(|| {
		let id = gone(2_000);
		let outages = |id| OutagesViewFunction::<Test>::new(id).invoke();
		let began = |id| -> Vec<Tick> { outages(id).into_iter().map(|(began, _)| began).collect() };
		assert_eq!(outages(id), [(5_001, Outages::<Test>::get(id, 5_001).unwrap())]);
		assert_eq!(outages(ProviderId(9)), vec![]);
		// Short ones, each beyond the return of the one before, and none closed yet.
		SeedNow::set(None);
		LivenessNow::set(LivenessRules {
			hour: 1_000_000,
			..default_liveness()
		});
		let mut expected = vec![5_001];
		for number in 1..12 {
			assert_ok!(Providers::resume(signed(WORKER), id));
			Now::set(5_007 + 18 * number);
			Providers::miss(id, Now::get());
			expected.push(Now::get());
			assert_eq!(began(id), expected);
		}
		assert_eq!(provider(id).record.outages, 12);
		let ended = |(_, outage): &(Tick, Outage)| outage.ended.is_some();
		assert_eq!(outages(id).iter().filter(|outage| ended(outage)).count(), 11);
	});
}

fn filter() -> ProviderFilter<u64> {
	ProviderFilter {
		owner: None,
		class: None,
		region: None,
		eligible: false,
	}
}

/// The ids on a page, and where to go on.
fn page(filter: ProviderFilter<u64>, cursor: u32) -> (Vec<u32>, Option<ProviderId>) {
	let (page, next) = Providers::providers(filter, ProviderId(cursor));
	assert!(page.iter().all(|(id, record)| *record == provider(*id)));
	(page.into_iter().map(|(id, _)| id.0).collect(), next)
}

#[test]
fn providers_are_found_by_owner_class_region_and_whether_they_may_ask() {
	build_and_execute(|| {
		registered(2_000);
		let more = [
			(OWNER, DeviceClass::Cpu4, Region(7), 1_000),
			(STRANGER, DeviceClass::Gpu8g, Region(0), 2_003),
			(STRANGER, DeviceClass::Cpu4, Region(7), 1_000),
			(OWNER, DeviceClass::Gpu8g, Region(7), 2_003),
		];
		for (worker, (owner, class, region, bond)) in (100..).zip(more) {
			let terms = ProviderTerms {
				class,
				region,
				..terms(1)
			};
			assert_ok!(Providers::do_register(owner, worker, PAYOUT, endpoint(), terms, bond));
		}
		assert_ok!(Providers::drain(signed(STRANGER), ProviderId(3)));
		let owner = Some(OWNER);
		let class = Some(DeviceClass::Cpu4);
		let region = Some(Region(7));
		let cases = [
			(filter(), vec![0, 1, 2, 3, 4]),
			(ProviderFilter { owner, ..filter() }, vec![0, 1, 4]),
			(ProviderFilter { class, ..filter() }, vec![0, 1, 3]),
			(ProviderFilter { region, ..filter() }, vec![1, 3, 4]),
			(
				ProviderFilter {
					eligible: true,
					..filter()
				},
				vec![0, 1, 2, 4],
			),
			(
				ProviderFilter {
					class,
					region,
					..filter()
				},
				vec![1, 3],
			),
			(
				ProviderFilter {
					owner,
					class,
					region,
					eligible: true,
				},
				vec![1],
			),
			(
				ProviderFilter {
					owner: Some(NOBODY),
					..filter()
				},
				vec![],
			),
		];
		for (filter, expected) in cases {
			let from_two: Vec<u32> = expected.iter().copied().filter(|id| *id >= 2).collect();
			assert_eq!(page(filter.clone(), 0), (expected, None), "{filter:?}");
			assert_eq!(page(filter.clone(), 2), (from_two, None), "{filter:?} from 2 on");
			assert_eq!(page(filter, 9), (vec![], None));
		}
		assert_eq!(
			ProvidersViewFunction::<Test>::new(filter(), ProviderId(4)).invoke(),
			(vec![(ProviderId(4), provider(ProviderId(4)))], None)
		);
	});
}

#[test]
fn a_page_is_a_hundred_long_and_says_where_to_go_on() {
	build_and_execute(|| {
		for _ in 0..100 {
			of_another(1_000);
		}
		assert_eq!(PAGE, 100);
		assert_eq!(page(filter(), 0), ((0..100).collect(), None));
		of_another(1_000);
		assert_eq!(page(filter(), 0), ((0..100).collect(), Some(ProviderId(100))));
		assert_eq!(page(filter(), 100), (vec![100], None));
		// Who has left leaves a gap.
		Providers::set_asks(ProviderId(3), 0);
		assert_ok!(Providers::deregister(signed(owner_of(ProviderId(3))), ProviderId(3)));
		Now::set(5_700);
		assert_ok!(Providers::withdraw_unbonded(
			signed(owner_of(ProviderId(3))),
			ProviderId(3)
		));
		assert_eq!(page(filter(), 0), ((0..101).filter(|id| *id != 3).collect(), None));
	});
}

#[test]
fn a_page_looks_at_a_thousand_records_at_most() {
	build_and_execute(|| {
		let first = of_another(1_000);
		// As if so many had come and gone.
		NextProvider::<Test>::put(ProviderId(1_200));
		let last = of_another(1_000);
		assert_eq!((PAGE_LOOKS, first.0, last.0), (1_000, 0, 1_200));
		assert_eq!(page(filter(), 0), (vec![0], Some(ProviderId(1_000))));
		assert_eq!(page(filter(), 1_000), (vec![1_200], None));
		assert_eq!(page(filter(), 200), (vec![], Some(ProviderId(1_200))));
		assert_eq!(page(filter(), 201), (vec![1_200], None));
	});
}
