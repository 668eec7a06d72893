//! Every call, by every origin. Kernels know no worker: whoever is not the owner is a stranger.

use super::{signed, variants};
use crate::{mock::*, Call, Error};
use polkadot_sdk::{
	frame_support::{assert_ok, traits::GetCallName},
	sp_runtime::{traits::Dispatchable, DispatchError},
};
use std::collections::BTreeSet;

/// A call, who may make it, and what must be before it.
struct Row {
	call: Call<Test>,
	may: &'static [u64],
	before: fn(),
}

fn rows() -> Vec<Row> {
	let kernel = crate::Pallet::<Test>::hash(&bytecode());
	let registered = || {
		assert_ok!(Kernels::register_kernel(signed(OWNER), bytecode()));
	};
	let retired = || {
		let kernel = crate::Pallet::<Test>::hash(&bytecode());
		assert_ok!(Kernels::register_kernel(signed(OWNER), bytecode()));
		assert_ok!(Kernels::retire_kernel(signed(OWNER), kernel));
		Now::set(5_000 + REMOVE_AFTER);
	};
	vec![
		Row {
			call: Call::register_kernel { bytecode: bytecode() },
			may: &[OWNER, STRANGER],
			before: || (),
		},
		Row {
			call: Call::retire_kernel { kernel },
			may: &[OWNER],
			before: registered,
		},
		Row {
			call: Call::remove_kernel { kernel },
			may: &[OWNER],
			before: retired,
		},
	]
}

#[test]
fn every_call_by_every_origin() {
	let named: BTreeSet<&'static str> = rows().iter().map(|row| row.call.get_call_name()).collect();
	assert_eq!(
		named,
		variants::<Call<Test>>(),
		"the table has every call of the metadata"
	);

	let origins: [(Option<u64>, RuntimeOrigin); 4] = [
		(None, RuntimeOrigin::none()),
		(None, RuntimeOrigin::root()),
		(Some(STRANGER), signed(STRANGER)),
		(Some(OWNER), signed(OWNER)),
	];
	for index in 0..rows().len() {
		for (who, origin) in origins.clone() {
			build_and_execute(|| {
				let row = rows().remove(index);
				(row.before)();
				let before = events().len();
				let name = row.call.get_call_name();
				let expected = match who {
					None => Err(DispatchError::BadOrigin),
					Some(who) if row.may.contains(&who) => Ok(()),
					Some(_) => Err(DispatchError::from(Error::<Test>::NotOwner)),
				};
				let outcome = RuntimeCall::from(row.call).dispatch(origin);
				let outcome = outcome.map(|_| ()).map_err(|error| error.error);
				assert_eq!(outcome, expected, "{name} by {who:?}");
				// One event where it was done, none where it was refused.
				assert_eq!(
					events().len() - before,
					usize::from(expected.is_ok()),
					"{name} by {who:?}"
				);
			});
		}
	}
}
