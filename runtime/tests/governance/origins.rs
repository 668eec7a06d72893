//! Every call that is guarded, by every origin that there is.

use crate::chain::Chain;
use frame_support::storage::{with_transaction, TransactionOutcome};
use millrace_primitives::SlashId;
use millrace_runtime::{
	configs::{
		council::{CouncilInstance, MOST_SPENT},
		parameters::{dynamic_params::kernels, RuntimeParameters},
		staking::TreasuryAccount,
	},
	upgrades, AccountId, Hash, OriginCaller, Runtime, RuntimeCall, RuntimeOrigin, Sudo,
};
use pallet_collective::{Call as CouncilCall, RawOrigin};
use pallet_membership::Call as MembershipCall;
use pallet_staking::Call as StakingCall;
use pallet_treasury::Call as TreasuryCall;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{
	traits::{Dispatchable, TypedGet},
	DispatchError, DispatchResult, Perbill,
};

/// Whom a call takes; root may do all of it but the last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Takes {
	MoreThanHalf,
	ThreeQuarters,
	Root,
	MoreThanRoot,
}

fn account(key: Key) -> AccountId {
	key.to_account_id()
}

fn spend(amount: u128) -> RuntimeCall {
	RuntimeCall::Treasury(TreasuryCall::spend {
		asset_kind: Box::new(()),
		amount,
		beneficiary: Box::new(account(Key::One)),
		valid_from: None,
	})
}

fn remark() -> Box<RuntimeCall> {
	Box::new(RuntimeCall::System(frame_system::Call::remark { remark: vec![1] }))
}

fn of_more_than_half() -> Vec<RuntimeCall> {
	let parameter = kernels::Parameters::RemoveAfter(kernels::RemoveAfter, Some(1));
	vec![
		RuntimeCall::Parameters(pallet_parameters::Call::set_parameter {
			key_value: RuntimeParameters::Kernels(parameter),
		}),
		spend(MOST_SPENT),
		RuntimeCall::Treasury(TreasuryCall::void_spend { index: 0 }),
		RuntimeCall::Council(CouncilCall::disapprove_proposal {
			proposal_hash: Hash::zero(),
		}),
	]
}

fn of_three_quarters() -> Vec<RuntimeCall> {
	let (slash, who) = (SlashId(0), account(Key::One));
	let members: [MembershipCall<Runtime, CouncilInstance>; 4] = [
		MembershipCall::add_member {
			who: who.clone().into(),
		},
		MembershipCall::remove_member {
			who: who.clone().into(),
		},
		MembershipCall::swap_member {
			remove: account(Key::Alice).into(),
			add: who.clone().into(),
		},
		MembershipCall::reset_members { members: vec![who] },
	];
	let mut calls = vec![
		RuntimeCall::Providers(pallet_providers::Call::cancel_slash { slash }),
		RuntimeCall::Market(pallet_market::Call::set_halted { halted: true }),
		RuntimeCall::Staking(StakingCall::cancel_deferred_slash {
			era: 0,
			slash_indices: vec![0],
		}),
		RuntimeCall::Staking(StakingCall::manual_slash {
			validator_stash: account(Key::AliceStash),
			era: 0,
			slash_fraction: Perbill::one(),
		}),
		RuntimeCall::Staking(StakingCall::set_min_commission { new: Perbill::one() }),
		RuntimeCall::Upgrades(upgrades::Call::authorize_upgrade {
			code_hash: Hash::zero(),
		}),
		RuntimeCall::Council(CouncilCall::kill {
			proposal_hash: Hash::zero(),
		}),
	];
	calls.extend(members.map(RuntimeCall::CouncilMembership));
	calls
}

fn of_root() -> Vec<RuntimeCall> {
	vec![
		RuntimeCall::System(frame_system::Call::set_code_without_checks { code: vec![1] }),
		RuntimeCall::System(frame_system::Call::authorize_upgrade {
			code_hash: Hash::zero(),
		}),
		RuntimeCall::System(frame_system::Call::authorize_upgrade_without_checks {
			code_hash: Hash::zero(),
		}),
		RuntimeCall::System(frame_system::Call::set_storage { items: Vec::new() }),
		RuntimeCall::System(frame_system::Call::kill_storage { keys: Vec::new() }),
		RuntimeCall::System(frame_system::Call::kill_prefix {
			prefix: b"no such prefix".to_vec(),
			subkeys: 0,
		}),
		RuntimeCall::Balances(pallet_balances::Call::force_set_balance {
			who: account(Key::One).into(),
			new_free: u128::MAX / 2,
		}),
		RuntimeCall::Utility(pallet_utility::Call::dispatch_as {
			as_origin: Box::new(OriginCaller::system(frame_system::RawOrigin::Root)),
			call: remark(),
		}),
		RuntimeCall::Scheduler(pallet_scheduler::Call::schedule {
			when: 1_000,
			maybe_periodic: None,
			priority: 0,
			call: remark(),
		}),
		RuntimeCall::Staking(StakingCall::set_validator_count { new: 5 }),
		RuntimeCall::Staking(StakingCall::force_new_era_always {}),
		RuntimeCall::Preimage(pallet_preimage::Call::request_preimage { hash: Hash::zero() }),
	]
}

/// The list of members has one owner, and nobody votes for the absent.
fn of_nobody() -> Vec<RuntimeCall> {
	vec![
		RuntimeCall::Council(CouncilCall::set_members {
			new_members: vec![account(Key::One)],
			prime: None,
			old_count: 5,
		}),
		RuntimeCall::CouncilMembership(MembershipCall::set_prime {
			who: account(Key::Alice).into(),
		}),
		RuntimeCall::CouncilMembership(MembershipCall::clear_prime {}),
	]
}

/// So many ayes of so many seats, and the strictest call that they may make.
const MAJORITIES: [(u32, u32, Option<Takes>); 16] = [
	(0, 5, None),
	(1, 5, None),
	(2, 5, None),
	(3, 5, Some(Takes::MoreThanHalf)),
	(4, 5, Some(Takes::ThreeQuarters)),
	(5, 5, Some(Takes::ThreeQuarters)),
	(6, 12, None),
	(7, 12, Some(Takes::MoreThanHalf)),
	(8, 12, Some(Takes::MoreThanHalf)),
	(9, 12, Some(Takes::ThreeQuarters)),
	(6, 13, None),
	(7, 13, Some(Takes::MoreThanHalf)),
	(9, 13, Some(Takes::MoreThanHalf)),
	(10, 13, Some(Takes::ThreeQuarters)),
	(1, 2, None),
	(2, 2, Some(Takes::ThreeQuarters)),
];

fn of_council(origin: RawOrigin<AccountId, CouncilInstance>) -> RuntimeOrigin {
	origin.into()
}

/// Every account with a name, and the treasury's.
fn accounts() -> Vec<AccountId> {
	Key::well_known()
		.map(|key| key.to_account_id())
		.chain([TreasuryAccount::get()])
		.collect()
}

/// The origins, what they are called, and the strictest call that they may make.
fn origins() -> Vec<(String, RuntimeOrigin, Option<Takes>)> {
	let majorities = MAJORITIES.into_iter().map(|(ayes, seats, may)| {
		(
			format!("{ayes} of {seats}"),
			of_council(RawOrigin::Members(ayes, seats)),
			may,
		)
	});
	let signed = accounts()
		.into_iter()
		.map(|who| (format!("signed by {who}"), RuntimeOrigin::signed(who), None));
	let others = [
		("none".to_owned(), RuntimeOrigin::none(), None),
		(
			"a member".to_owned(),
			of_council(RawOrigin::Member(account(Key::Alice))),
			None,
		),
		("root".to_owned(), RuntimeOrigin::root(), Some(Takes::Root)),
	];
	majorities.chain(signed).chain(others).collect()
}

/// What a call comes to, without a trace.
fn outcome(call: &RuntimeCall, origin: RuntimeOrigin) -> DispatchResult {
	with_transaction(|| {
		let outcome = call.clone().dispatch(origin);
		let outcome: DispatchResult = outcome.map(|_| ()).map_err(|error| error.error);
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(outcome))
	})
	.expect("there is room for a layer")
}

#[test]
fn each_guarded_call_takes_what_it_should() {
	let mut chain = Chain::new("local_testnet");
	let calls = [
		(Takes::MoreThanHalf, of_more_than_half()),
		(Takes::ThreeQuarters, of_three_quarters()),
		(Takes::Root, of_root()),
		(Takes::MoreThanRoot, of_nobody()),
	];
	chain.execute(|| {
		for (takes, calls) in &calls {
			for call in calls {
				for (name, origin, may) in origins() {
					let refused = outcome(call, origin) == Err(DispatchError::BadOrigin);
					let allowed = may.is_some_and(|may| may >= *takes);
					assert_eq!(refused, !allowed, "{call:?} by {name}");
				}
			}
		}
		let more = spend(MOST_SPENT + 1);
		for (name, origin, may) in origins() {
			let allowed = may.is_some_and(|may| may >= Takes::ThreeQuarters);
			assert_eq!(outcome(&more, origin).is_ok(), allowed, "more than the bound by {name}");
		}
	});
}

/// Where no key is named nobody becomes root: not by `Sudo`, and not by all of the council together.
#[test]
fn nobody_is_root_without_a_key() {
	let mut chain = Chain::new("local_testnet");
	chain.execute(|| {
		assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
		for who in accounts() {
			for origin in [
				RuntimeOrigin::signed(who.clone()),
				of_council(RawOrigin::Member(who.clone())),
			] {
				assert!(Sudo::sudo(origin.clone(), remark()).is_err());
				assert!(Sudo::set_key(origin, who.clone().into()).is_err());
			}
		}
		for ayes in 0..=13 {
			let all = || of_council(RawOrigin::Members(ayes, ayes));
			assert!(Sudo::sudo(all(), remark()).is_err());
			assert!(Sudo::set_key(all(), account(Key::Alice).into()).is_err());
			for call in of_root() {
				assert_eq!(outcome(&call, all()), Err(DispatchError::BadOrigin), "{call:?}");
			}
		}
	});
}
