//! What governance does meanwhile, and what happens to accounts from outside of the market.

use super::{
	acts::Act,
	parties::{Provider, Random, Requester},
};
use frame_support::traits::{fungible::Inspect, Get, LockableCurrency, WithdrawReasons};
use millrace_primitives::{Balance, MILL};
use millrace_runtime::{
	configs::{
		millrace::{ClassTable, MarketFigures, Rules},
		parameters::{
			dynamic_params::market::{Figures, Parameters},
			RuntimeParameters,
		},
		EXISTENTIAL_DEPOSIT,
	},
	AccountId, Address, Balances, Runtime, RuntimeCall, System,
};
use pallet_market::{Call as MarketCall, MarketRules};
use pallet_providers::{Call as ProvidersCall, Slashes};
use polkadot_sdk::*;
use sp_runtime::Perbill;

fn sudo(call: impl Into<RuntimeCall>) -> Option<Act> {
	let call = Box::new(call.into());
	Some((pallet_sudo::Call::sudo { call }.into(), Vec::new()))
}

/// All that is free on an account goes elsewhere, so that an account without holds is gone.
fn sweep(from: &AccountId, to: &AccountId) -> Option<Act> {
	sudo(pallet_balances::Call::force_transfer {
		source: Address::Id(from.clone()),
		dest: Address::Id(to.clone()),
		value: Balances::balance(from),
	})
}

/// The rules now in force.
pub(crate) fn rules() -> MarketRules {
	Rules::get()
}

/// Other rules for new jobs.
fn other_rules(random: &mut Random) -> MarketRules {
	let mut rules = rules();
	rules.job_fee = [MILL / 200, MILL / 150, 1_000_003][random.below(3)];
	rules.min_job = [MILL / 100, 100_000, EXISTENTIAL_DEPOSIT + 1][random.below(3)];
	rules.protocol_fee = Perbill::from_parts([50_000_000, 0, 123_456_789][random.below(3)]);
	rules.fee_burn = Perbill::from_percent([80, 33, 100][random.below(3)]);
	let deposits = [(MILL / 3, MILL / 900), (0, 0)];
	(rules.job_deposit, rules.byte_deposit) = deposits[random.below(2)];
	rules.accept_ticks = 5 + random.below(8) as u32;
	rules.late_share = Perbill::from_percent(1 + random.below(20) as u32);
	rules
}

/// What root signs in a block of its own: rules must not change between a requester's look at them and its job.
pub(crate) fn root_acts(random: &mut Random, providers: &[Provider], halted: bool) -> Option<Act> {
	if halted {
		return sudo(MarketCall::set_halted { halted: false });
	}
	match random.below(8) {
		0 => sudo(MarketCall::set_halted { halted: true }),
		1 | 2 => {
			let figures = MarketFigures {
				rules: other_rules(random),
				classes: ClassTable::get(),
			};
			sudo(pallet_parameters::Call::set_parameter {
				key_value: RuntimeParameters::Market(Parameters::Figures(Figures, Some(figures))),
			})
		}
		3 => {
			let slashes: Vec<_> = Slashes::<Runtime>::iter_keys().collect();
			let slash = *random.of(&slashes)?;
			sudo(ProvidersCall::cancel_slash { slash })
		}
		4 | 5 => {
			// What a provider earns is less than the existential deposit, and has nowhere to arrive.
			let provider = random.of(providers)?;
			sweep(&provider.payout.account, &provider.owner.account)
		}
		6 => {
			let provider = random.of(providers)?;
			sudo(pallet_balances::Call::force_transfer {
				source: Address::Id(provider.owner.account.clone()),
				dest: Address::Id(provider.payout.account.clone()),
				value: EXISTENTIAL_DEPOSIT,
			})
		}
		_ => None,
	}
}

/// Gives a requester, or an owner, next to nothing beside its holds: what it has above the existential deposit and a
/// little leaves it.
pub(crate) fn impoverish(random: &mut Random, requesters: &[Requester], to: &AccountId) -> Option<Act> {
	let requester = random.of(requesters)?;
	let most = Balances::reducible_balance(
		&requester.who.account,
		frame_support::traits::tokens::Preservation::Preserve,
		frame_support::traits::tokens::Fortitude::Polite,
	);
	sudo(pallet_balances::Call::force_transfer {
		source: Address::Id(requester.who.account.clone()),
		dest: Address::Id(to.clone()),
		value: most.saturating_sub(Balance::from(random.below(40) as u32) * 1_000_000_000),
	})
}

/// Money for whoever has next to nothing.
pub(crate) fn endow(to: &AccountId, value: Balance) -> RuntimeCall {
	let dest = Address::Id(to.clone());
	pallet_balances::Call::transfer_keep_alive { dest, value }.into()
}

const LOCK: [u8; 8] = *b"planted_";

/// Freezes all of an account, or lets it go. Between blocks, as a vote or a vesting would.
pub(crate) fn freeze(who: &AccountId, frozen: bool) {
	if frozen {
		Balances::set_lock(LOCK, who, Balance::MAX, WithdrawReasons::all());
	} else {
		Balances::remove_lock(LOCK, who);
	}
}

/// Takes all that is free on an account that holds something, which leaves it below the existential deposit. Returns by
/// how much the account changed. Nothing less: what is free and below the deposit is forgotten by the SDK's pallet, and
/// stays in the issuance, where the last hold on the account is burned.
pub(crate) fn starve(who: &AccountId) -> Option<i128> {
	let record = frame_system::Account::<Runtime>::get(who);
	if record.data.reserved == 0 || record.data.free == 0 {
		return None;
	}
	frame_system::Account::<Runtime>::mutate(who, |record| record.data.free = 0);
	pallet_balances::TotalIssuance::<Runtime>::mutate(|issuance| *issuance -= record.data.free);
	Some(-i128::try_from(record.data.free).expect("there is less money than that"))
}

/// Whether an account that was starved has enough again. Its balance then counts as the reason why it exists a second
/// time, which is once too often.
pub(crate) fn recovers(who: &AccountId) -> bool {
	let recovered = Balances::balance(who) >= EXISTENTIAL_DEPOSIT;
	if recovered && System::providers(who) > 1 {
		System::dec_providers(who).expect("there is another reason");
	}
	recovered
}
