//! Every call, by every origin.

use super::{signed, variants};
use crate::{mock::*, Call};
use polkadot_sdk::{
	frame_support::{dispatch::Pays, traits::GetCallName},
	sp_runtime::{traits::Dispatchable, DispatchError},
};
use std::collections::BTreeSet;

#[test]
fn every_call_by_every_origin() {
	let call = || Call::<Test>::claim { provider: ONE, era: 0 };
	let named = BTreeSet::from([call().get_call_name()]);
	assert_eq!(
		named,
		variants::<Call<Test>>(),
		"there is no other call in the metadata"
	);
	for (origin, expected) in [
		(RuntimeOrigin::none(), Err(DispatchError::BadOrigin)),
		(RuntimeOrigin::root(), Err(DispatchError::BadOrigin)),
		(signed(STRANGER), Ok(())),
		(signed(PAYOUT), Ok(())),
		// Also who has no account: it pays no fee.
		(signed(NOBODY), Ok(())),
	] {
		build_and_execute(|| {
			pay(ONE, 100);
			end_era(100);
			let before = events().len();
			let outcome = RuntimeCall::from(call()).dispatch(origin);
			assert_eq!(events().len(), before + usize::from(expected.is_ok()));
			if let Ok(info) = &outcome {
				assert_eq!(info.pays_fee, Pays::No);
			}
			assert_eq!(outcome.map(|_| ()).map_err(|error| error.error), expected);
		});
	}
}
