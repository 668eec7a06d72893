//! Every call, by every origin.

use super::{
	devices::{device, enrol},
	fraud, signed, variants,
};
use crate::{mock::*, Call, Error};
use millrace_primitives::{traits::Providers as _, ProviderId, SlashId};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		traits::{fungible::Mutate, GetCallName},
	},
	sp_runtime::{traits::Dispatchable, DispatchError},
};
use std::collections::BTreeSet;

/// A call, who may make it, what the others hear, and what must be before it. Where no account may, root may.
struct Row {
	call: Call<Test>,
	may: &'static [u64],
	refusal: Error<Test>,
	before: fn(),
}

/// Where a call comes from.
#[derive(Clone, Copy, Debug)]
enum Who {
	Nobody,
	Root,
	Account(u64),
}

const ID: ProviderId = ProviderId(0);

fn rows() -> Vec<Row> {
	let owner = |call: Call<Test>| Row {
		call,
		may: &[OWNER],
		refusal: Error::NotOwner,
		before: || (),
	};
	let either = |call: Call<Test>| Row {
		call,
		may: &[OWNER, WORKER],
		refusal: Error::NotOwnerOrWorker,
		before: || (),
	};
	let register = Call::<Test>::register {
		worker: WORKER_2,
		payout: PAYOUT,
		endpoint: endpoint(),
		terms: terms(1),
		bond: FLOOR,
	};
	vec![
		Row {
			may: &[OWNER, WORKER, STRANGER],
			..owner(register)
		},
		owner(Call::bond {
			provider: ID,
			amount: 1,
		}),
		owner(Call::unbond {
			provider: ID,
			amount: 1,
		}),
		Row {
			before: || {
				assert_ok!(Providers::unbond(signed(OWNER), ID, 1));
				Now::set(5_700);
			},
			..owner(Call::withdraw_unbonded { provider: ID })
		},
		owner(Call::set_worker {
			provider: ID,
			worker: Some(WORKER_2),
		}),
		owner(Call::set_worker {
			provider: ID,
			worker: None,
		}),
		owner(Call::set_payout {
			provider: ID,
			payout: STRANGER,
		}),
		owner(Call::set_endpoint {
			provider: ID,
			endpoint: endpoint(),
		}),
		owner(Call::set_terms {
			provider: ID,
			terms: terms(1),
		}),
		either(Call::drain { provider: ID }),
		Row {
			before: || {
				assert_ok!(Providers::drain(signed(OWNER), ID));
			},
			..either(Call::resume { provider: ID })
		},
		owner(Call::deregister { provider: ID }),
		Row {
			before: || {
				fraud(ID, 1);
				// The chill lasts 450 ticks; both lanes need their stake again.
				Now::set(5_450);
				assert_ok!(Providers::bond(signed(OWNER), ID, FLOOR));
			},
			..owner(Call::reactivate { provider: ID })
		},
		Row {
			may: &[],
			before: || {
				fraud(ID, 1);
			},
			..owner(Call::cancel_slash { slash: SlashId(0) })
		},
		Row {
			may: &[OWNER, WORKER, STRANGER],
			before: || {
				fraud(ID, 1);
				Now::set(5_210);
			},
			..owner(Call::pay_slash { slash: SlashId(0) })
		},
		Row {
			call: Call::heartbeat {},
			may: &[WORKER],
			refusal: Error::NotWorker,
			before: || {
				Providers::set_asks(ID, 1);
				tick(1);
			},
		},
		Row {
			before: || {
				assert_ok!(Providers::unbond(signed(OWNER), ID, 1));
			},
			..owner(Call::rebond {
				provider: ID,
				amount: 1,
			})
		},
		owner(Call::set_refill {
			provider: ID,
			refill: true,
		}),
		Row {
			may: &[OWNER, WORKER, STRANGER],
			before: || {
				// It misses the sample of tick 5,001, and returns when that is found. The hook does not come by when the
				// outage can be closed.
				Providers::set_asks(ID, 1);
				tick_to(5_007);
				assert_ok!(Providers::resume(signed(WORKER), ID));
				Now::set(5_200);
			},
			..owner(Call::touch {
				provider: ID,
				began: 5_001,
			})
		},
		Row {
			may: &[WORKER],
			refusal: Error::NotWorker,
			..owner(Call::enrol_device {
				slot: 0,
				facts: device(1),
			})
		},
		Row {
			before: || {
				assert_ok!(enrol(WORKER, 0, device(1)));
				Now::set(5_100);
			},
			..either(Call::remove_device { provider: ID, slot: 0 })
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

	let origins: [(Who, RuntimeOrigin); 5] = [
		(Who::Nobody, RuntimeOrigin::none()),
		(Who::Root, RuntimeOrigin::root()),
		(Who::Account(STRANGER), signed(STRANGER)),
		(Who::Account(OWNER), signed(OWNER)),
		(Who::Account(WORKER), signed(WORKER)),
	];
	for index in 0..rows().len() {
		for (who, origin) in origins.clone() {
			build_and_execute(|| {
				let row = rows().remove(index);
				registered(2 * FLOOR);
				assert_ok!(Balances::mint_into(&WORKER, ENDOWMENT));
				(row.before)();
				let name = row.call.get_call_name();
				let expected = match who {
					Who::Root if row.may.is_empty() => Ok(()),
					Who::Account(who) if row.may.contains(&who) => Ok(()),
					Who::Account(_) if !row.may.is_empty() => Err(DispatchError::from(row.refusal)),
					_ => Err(DispatchError::BadOrigin),
				};
				let outcome = RuntimeCall::from(row.call).dispatch(origin);
				assert_eq!(
					outcome.map(|_| ()).map_err(|error| error.error),
					expected,
					"{name} by {who:?}"
				);
			});
		}
	}
}

/// The outcome of a call is one event of this pallet, whatever the call; but an answer to a sample is no news.
#[test]
fn every_call_emits_one_event() {
	for index in 0..rows().len() {
		build_and_execute(|| {
			let row = rows().remove(index);
			registered(2 * FLOOR);
			(row.before)();
			let before = event_count();
			let name = row.call.get_call_name();
			let origin = row.may.first().map_or(RuntimeOrigin::root(), |who| signed(*who));
			assert_ok!(RuntimeCall::from(row.call).dispatch(origin));
			assert_eq!(event_count(), before + usize::from(name != "heartbeat"), "{name}");
		});
	}
}
