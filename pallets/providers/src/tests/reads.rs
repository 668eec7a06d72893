//! The view functions.

use super::{fraud, silence};
use crate::{
	mock::*, IneligibleViewFunction, ProviderOfWorkerViewFunction, ProviderViewFunction, RequiredStakeViewFunction,
	SlashesViewFunction,
};
use millrace_primitives::{
	traits::{Ineligible, Providers as _},
	ProviderId, SlashId,
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

#[test]
fn a_view_function_lists_what_waits_oldest_first() {
	build_and_execute(|| {
		let (id, other) = (registered(5 * FLOOR), ProviderId(1));
		let bond = Providers::do_register(OWNER, WORKER_2, PAYOUT, endpoint(), terms(1), FLOOR);
		assert_eq!(bond, Ok(other));
		// Escrows of 1 to 20, in turn of both providers, so that an unordered map would show.
		for escrow in 1..=20 {
			silence(id, escrow);
			silence(other, 1);
		}
		fraud(id, 1);
		let slashes = SlashesViewFunction::<Test>::new(id).invoke();
		let ids: Vec<u32> = slashes.iter().map(|(slash, _)| slash.0).collect();
		assert_eq!(ids, (0..=40).step_by(2).collect::<Vec<u32>>());
		assert_eq!((slashes[4].0, slashes[4].1.amount), (SlashId(8), 12 * 5));
		assert_eq!(SlashesViewFunction::<Test>::new(ProviderId(9)).invoke(), vec![]);
	});
}
