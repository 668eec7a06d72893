//! The view functions.

use crate::{
	mock::*, IneligibleViewFunction, ProviderOfWorkerViewFunction, ProviderViewFunction, RequiredStakeViewFunction,
};
use millrace_primitives::{
	traits::{Ineligible, Providers as _},
	ProviderId,
};
use polkadot_sdk::frame_support::view_functions::ViewFunction;

#[test]
fn view_functions_answer() {
	build_and_execute(|| {
		let id = registered(3 * FLOOR);
		let unknown = ProviderId(9);
		assert_eq!(ProviderViewFunction::<Test>::new(id).invoke(), Some(provider(id)));
		assert_eq!(ProviderViewFunction::<Test>::new(unknown).invoke(), None);
		assert_eq!(ProviderOfWorkerViewFunction::<Test>::new(WORKER).invoke(), Some(id));
		assert_eq!(ProviderOfWorkerViewFunction::<Test>::new(NOBODY).invoke(), None);
		assert_eq!(RequiredStakeViewFunction::<Test>::new(unknown).invoke(), None);
		// Nothing rests on it, so nothing must stay; with an ask, the floor of both lanes must.
		assert_eq!(RequiredStakeViewFunction::<Test>::new(id).invoke(), Some(0));
		Providers::set_asks(id, 1);
		assert_eq!(RequiredStakeViewFunction::<Test>::new(id).invoke(), Some(2_000));
		assert_eq!(IneligibleViewFunction::<Test>::new(id).invoke(), None);
		assert_eq!(
			IneligibleViewFunction::<Test>::new(unknown).invoke(),
			Some(Ineligible::Unknown)
		);
	});
}
