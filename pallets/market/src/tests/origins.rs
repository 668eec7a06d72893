//! Every call with every kind of origin.

use crate::{mock::*, Call, RejectReason};
use millrace_primitives::{JobId, Level};
use polkadot_sdk::{
	frame_support::traits::{GetCallName, UnfilteredDispatchable},
	sp_core::H256,
	sp_runtime::DispatchError,
};

/// Who may sign a call.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Origin {
	Signed,
	Root,
}

#[test]
fn every_call_takes_its_origin_and_no_other() {
	ExtBuilder::build_and_execute(|| {
		let job = JobId(H256::zero());
		let calls: Vec<(Call<Test>, Origin)> = vec![
			(
				Call::place_ask {
					slot: 0,
					level: Level(0),
				},
				Origin::Signed,
			),
			(Call::withdraw_ask { slot: 0 }, Origin::Signed),
			(Call::submit_job { spec: book_spec(2, 0) }, Origin::Signed),
			(Call::cancel_job { job }, Origin::Signed),
			(Call::accept_job { job }, Origin::Signed),
			(
				Call::reject_job {
					job,
					reason: RejectReason::Busy,
				},
				Origin::Signed,
			),
			(
				Call::commit_result {
					job,
					root: H256::zero(),
					units: 0,
				},
				Origin::Signed,
			),
			(Call::abandon_job { job }, Origin::Signed),
			(Call::settle_now { job }, Origin::Signed),
			(Call::settle { job }, Origin::Signed),
			(Call::touch { job }, Origin::Signed),
			(Call::set_halted { halted: false }, Origin::Root),
			(
				Call::refute {
					job,
					proof: Default::default(),
				},
				Origin::Signed,
			),
			(
				Call::demand {
					job,
					leaves: Default::default(),
				},
				Origin::Signed,
			),
			(
				Call::provide {
					job,
					leaves: Default::default(),
				},
				Origin::Signed,
			),
			(
				Call::reprice_ask {
					slot: 0,
					level: Level(0),
				},
				Origin::Signed,
			),
			(Call::reprice_job { job, level: Level(0) }, Origin::Signed),
			(
				Call::submit_jobs {
					specs: Default::default(),
				},
				Origin::Signed,
			),
			(
				Call::settle_jobs {
					jobs: Default::default(),
				},
				Origin::Signed,
			),
			(Call::refuse_delivery { job }, Origin::Signed),
		];
		let names: Vec<_> = calls.iter().map(|(call, _)| call.get_call_name()).collect();
		assert_eq!(names, Call::<Test>::get_call_names(), "every call is in the table");

		for (call, allowed) in calls {
			let name = call.get_call_name();
			let refused = |origin: RuntimeOrigin| {
				let result = call.clone().dispatch_bypass_filter(origin);
				result.map_err(|error| error.error) == Err(DispatchError::BadOrigin)
			};
			assert!(refused(RuntimeOrigin::none()), "{name} without origin");
			assert_eq!(
				refused(RuntimeOrigin::root()),
				allowed != Origin::Root,
				"{name} by root"
			);
			assert_eq!(
				refused(signed(ALICE)),
				allowed != Origin::Signed,
				"{name} by an account"
			);
		}
	});
}
