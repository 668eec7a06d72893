//! Every error, provoked.

use super::{claim, variants};
use crate::{mock::*, Error};
use millrace_primitives::HISTORY_ERAS;
use polkadot_sdk::{frame_support::dispatch::DispatchResultWithPostInfo, sp_runtime::DispatchError};
use std::collections::BTreeSet;

/// Provokes an error. A new variant does not compile until it is provoked here.
fn provoke(error: &Error<Test>) -> DispatchResultWithPostInfo {
	match error {
		Error::NotClosed => {
			pay(ONE, 100);
			claim(ONE, 0)
		}
		Error::Expired => {
			pay(ONE, 100);
			for _ in 0..=HISTORY_ERAS {
				end_era(100);
			}
			claim(ONE, 0)
		}
		Error::NothingToClaim => {
			pay(ONE, 100);
			end_era(100);
			claim(TWO, 0)
		}
		Error::PayoutCannotReceive => {
			pay_to(ONE, NOBODY, 10);
			end_era(10);
			claim(ONE, 0)
		}
		Error::__Ignore(_, never) => match *never {},
	}
}

#[test]
fn every_error_is_provoked() {
	let all: Vec<Error<Test>> = vec![
		Error::NotClosed,
		Error::Expired,
		Error::NothingToClaim,
		Error::PayoutCannotReceive,
	];
	let named: BTreeSet<&'static str> = all.iter().map(|error| error.as_str()).collect();
	assert_eq!(
		named,
		variants::<Error<Test>>(),
		"the list above is every error of the metadata"
	);
	for error in all {
		new_test_ext().execute_with(|| {
			let outcome = provoke(&error).map_err(|error| error.error);
			assert_eq!(outcome.map(|_| ()), Err(DispatchError::from(error)));
		});
	}
}

/// An era that is over and whose pools are still filed, one to come, and one that was before there were rewards.
#[test]
fn what_is_not_closed_is_told_apart_from_what_is_nothing() {
	new_test_ext().execute_with(|| {
		let refused = |era| claim(ONE, era).map(|_| ()).map_err(|error| error.error);
		let not_closed = Err(DispatchError::from(Error::<Test>::NotClosed));
		let nothing = Err(DispatchError::from(Error::<Test>::NothingToClaim));
		EraNow::set(&7);
		pay(ONE, 100);
		next_era();
		assert_eq!(
			(refused(7), refused(8), refused(9)),
			(not_closed, not_closed, not_closed)
		);
		assert_eq!(
			(refused(u32::MAX), refused(6), refused(0)),
			(not_closed, nothing, nothing)
		);
		close(100);
		assert_eq!(refused(7), Ok(()));
	});
}
