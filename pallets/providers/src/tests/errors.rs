//! Every error, provoked.

use super::{
	devices::{device, enrol, measure_classes},
	fraud, signed, silence, variants,
};
use crate::{
	mock::*,
	types::{ProviderTerms, MAX_DEVICES},
	DeviceFacts, Endpoint, Error,
};
use millrace_primitives::{
	traits::{JobPhase, Outcome, Providers as _},
	DeviceClass, ProviderId, Region, SlashId,
};
use polkadot_sdk::{
	frame_support::{assert_ok, dispatch::DispatchResult},
	sp_runtime::DispatchError,
};
use std::collections::BTreeSet;

fn heartbeat(who: u64) -> DispatchResult {
	Providers::heartbeat(signed(who))
		.map(|_| ())
		.map_err(|error| error.error)
}

/// Provokes an error on a provider with two lanes and the stake they need. A new variant does not compile until it is
/// provoked here.
fn provoke(error: &Error<Test>) -> DispatchResult {
	let id = registered(2 * FLOOR);
	let owner = || signed(OWNER);
	let assign = || Providers::move_job(id, None, Some(JobPhase::Assigned), None);
	match error {
		Error::UnknownProvider => Providers::bond(owner(), ProviderId(9), 1),
		Error::NotOwner => Providers::bond(signed(WORKER), id, 1),
		Error::NotOwnerOrWorker => Providers::drain(signed(STRANGER), id),
		Error::Exiting => {
			assert_ok!(Providers::deregister(owner(), id));
			Providers::bond(owner(), id, 1)
		}
		Error::WorkerTaken => Providers::set_worker(owner(), id, Some(WORKER)),
		Error::NoWorker => {
			assert_ok!(Providers::set_worker(owner(), id, None));
			Providers::set_worker(owner(), id, None)
		}
		Error::PayoutTooPoor => Providers::set_payout(owner(), id, NOBODY),
		Error::InvalidEndpoint => Providers::set_endpoint(owner(), id, Endpoint { port: 0, ..endpoint() }),
		Error::InvalidLanes => Providers::set_terms(owner(), id, terms(0)),
		Error::UnknownRegion => {
			let region = Region(16);
			Providers::set_terms(owner(), id, ProviderTerms { region, ..terms(2) })
		}
		Error::InsufficientFunds => Providers::bond(owner(), id, ENDOWMENT),
		Error::ZeroAmount => Providers::bond(owner(), id, 0),
		Error::StakeTooLow => {
			Providers::set_asks(id, 1);
			Providers::unbond(owner(), id, 1)
		}
		Error::NotEnoughBonded => Providers::unbond(owner(), id, 2 * FLOOR + 1),
		Error::TooManyUnbondings => {
			for tick in 0..8 {
				Now::set(5_000 + tick);
				assert_ok!(Providers::unbond(owner(), id, 1));
			}
			Now::set(5_008);
			Providers::unbond(owner(), id, 1)
		}
		Error::NothingToWithdraw => Providers::withdraw_unbonded(owner(), id),
		Error::PoolInUse => {
			Providers::set_asks(id, 1);
			let terms = ProviderTerms {
				class: DeviceClass::Cpu32,
				..terms(2)
			};
			Providers::set_terms(owner(), id, terms)
		}
		Error::LanesInUse => {
			for _ in 0..3 {
				assert_ok!(assign());
			}
			Providers::set_terms(owner(), id, terms(1))
		}
		Error::NotActive => {
			assert_ok!(Providers::drain(owner(), id));
			Providers::drain(owner(), id)
		}
		Error::NotDraining => Providers::resume(owner(), id),
		Error::OwnerMustResume => {
			for _ in 0..3 {
				Providers::record(id, Outcome::Late);
			}
			Providers::resume(signed(WORKER), id)
		}
		Error::HasAsks => {
			Providers::set_asks(id, 1);
			Providers::deregister(owner(), id)
		}
		Error::HasLiveJobs => {
			assert_ok!(assign());
			Providers::deregister(owner(), id)
		}
		Error::Full => {
			for _ in 0..4 {
				assert_ok!(assign());
			}
			assign().map(|_| ())
		}
		Error::NoFreeLane => {
			for _ in 0..3 {
				assert_ok!(assign());
			}
			let accept = || Providers::move_job(id, Some(JobPhase::Assigned), Some(JobPhase::Running), None);
			assert_ok!(accept());
			assert_ok!(accept());
			accept().map(|_| ())
		}
		Error::NotChilled => Providers::reactivate(owner(), id),
		Error::ChillNotOver => {
			fraud(id, 1);
			Providers::reactivate(owner(), id)
		}
		Error::UnknownSlash => Providers::pay_slash(signed(STRANGER), SlashId(0)),
		Error::SlashNotDue => {
			silence(id, 1);
			Providers::pay_slash(signed(STRANGER), SlashId(0))
		}
		Error::NotWorker => heartbeat(OWNER),
		Error::NotSampled => heartbeat(WORKER),
		Error::NothingUnbonds => Providers::rebond(owner(), id, 1),
		Error::UnknownOutage => Providers::touch(signed(STRANGER), id, 5_001),
		Error::NothingDue => {
			Providers::set_asks(id, 1);
			// Its outage began at tick 5,001, and is looked at from 5,200 on.
			tick_to(5_199);
			Providers::touch(signed(STRANGER), id, 5_001)
		}
		Error::NoSuchSlot => enrol(WORKER, MAX_DEVICES, device(1)),
		Error::NoSuchDevice => Providers::remove_device(owner(), id, 0),
		Error::InvalidDevice => {
			let nameless = DeviceFacts {
				model: Default::default(),
				..device(1)
			};
			enrol(WORKER, 0, nameless)
		}
		Error::DeviceTaken => {
			assert_ok!(enrol(WORKER, 0, device(1)));
			enrol(WORKER, 1, device(1))
		}
		Error::DeviceBusy => {
			measure_classes();
			assert_ok!(enrol(WORKER, 0, device(1)));
			Providers::remove_device(owner(), id, 0)
		}
		Error::AlreadyEnrolled => {
			assert_ok!(enrol(WORKER, 0, device(1)));
			enrol(WORKER, 0, device(1))
		}
		Error::TooSoon => {
			assert_ok!(enrol(WORKER, 0, device(1)));
			enrol(WORKER, 0, device(2))
		}
		Error::__Ignore(_, never) => match *never {},
	}
}

#[test]
fn every_error_is_provoked() {
	let all: Vec<Error<Test>> = vec![
		Error::UnknownProvider,
		Error::NotOwner,
		Error::NotOwnerOrWorker,
		Error::Exiting,
		Error::WorkerTaken,
		Error::NoWorker,
		Error::PayoutTooPoor,
		Error::InvalidEndpoint,
		Error::InvalidLanes,
		Error::UnknownRegion,
		Error::InsufficientFunds,
		Error::ZeroAmount,
		Error::StakeTooLow,
		Error::NotEnoughBonded,
		Error::TooManyUnbondings,
		Error::NothingToWithdraw,
		Error::PoolInUse,
		Error::LanesInUse,
		Error::NotActive,
		Error::NotDraining,
		Error::OwnerMustResume,
		Error::HasAsks,
		Error::HasLiveJobs,
		Error::Full,
		Error::NoFreeLane,
		Error::NotChilled,
		Error::ChillNotOver,
		Error::UnknownSlash,
		Error::SlashNotDue,
		Error::NotWorker,
		Error::NotSampled,
		Error::NothingUnbonds,
		Error::UnknownOutage,
		Error::NothingDue,
		Error::NoSuchSlot,
		Error::NoSuchDevice,
		Error::InvalidDevice,
		Error::DeviceTaken,
		Error::DeviceBusy,
		Error::AlreadyEnrolled,
		Error::TooSoon,
	];
	let named: BTreeSet<&'static str> = all.iter().map(|error| error.as_str()).collect();
	assert_eq!(
		named,
		variants::<Error<Test>>(),
		"the list above is every error of the metadata"
	);
	for error in all {
		build_and_execute(|| {
			let outcome = provoke(&error);
			assert_eq!(outcome, Err(DispatchError::from(error)));
		});
	}
}
