//! Who takes part: a coalition of any number of accounts that trades with itself, and others that trade with each other.

use crate::{
	chain::registration_in,
	parties::{Party, Random},
};
use frame_support::traits::Get;
use millrace_primitives::{Balance, DeviceClass, JobKind, Pool, ProviderId, Region, Tick, MILL};
use millrace_runtime::{
	configs::{
		millrace::{ClassTable, MarketFigures, Rules},
		parameters::{
			dynamic_params::market::{Figures, Parameters},
			RuntimeParameters,
		},
	},
	AccountId, Address, Runtime, RuntimeCall,
};
use pallet_market::MarketRules;
use polkadot_sdk::*;
use std::collections::BTreeSet;

/// Jobs of a provider at once.
pub(crate) const LANES: u16 = 3;

/// To whom somebody belongs. Nothing is bought from the other side, so that what the coalition ends with is its own doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
	Coalition,
	Outside,
}

impl Side {
	/// The market of its own in which a side trades.
	pub(crate) fn pool(self) -> Pool {
		Pool {
			kind: JobKind::Map,
			class: DeviceClass::Cpu4,
			region: match self {
				Side::Coalition => Region(1),
				Side::Outside => Region(0),
			},
		}
	}
}

/// A provider with its three keys.
pub(crate) struct Machine {
	pub(crate) id: ProviderId,
	pub(crate) owner: Party,
	pub(crate) worker: Party,
	pub(crate) payout: Party,
	pub(crate) side: Side,
	/// Of a hundred results, how many are wrong.
	pub(crate) lies: usize,
	/// What it stakes, in planck.
	pub(crate) bond: Balance,
}

impl Machine {
	pub(crate) fn registration(&self) -> RuntimeCall {
		let (worker, payout) = (self.worker.account.clone(), self.payout.account.clone());
		registration_in(
			self.side.pool().region,
			worker,
			payout,
			DeviceClass::Cpu4,
			LANES,
			self.bond,
		)
	}
}

/// Who buys.
pub(crate) struct Buyer {
	pub(crate) who: Party,
	pub(crate) side: Side,
}

pub(crate) struct Cast {
	/// Their places are their numbers.
	pub(crate) machines: Vec<Machine>,
	pub(crate) buyers: Vec<Buyer>,
	/// Who has the key of the development chain.
	pub(crate) root: Party,
	/// Who shows what is wrong, and belongs to nobody.
	pub(crate) checker: Party,
}

impl Cast {
	/// One to three providers and puppets in the coalition, whose owners are requesters too; two or three of each outside.
	/// Of a coalition that is careful no result is wrong; of the others there is one provider of which every third is.
	pub(crate) fn draw(random: &mut Random, careful: bool) -> Cast {
		let mut cast = Cast {
			machines: Vec::new(),
			buyers: Vec::new(),
			root: Party::named("Alice"),
			checker: Party::named("Bob"),
		};
		for _ in 0..1 + random.below(3) {
			let lies = if careful { 0 } else { 20 };
			cast.add_machine(Side::Coalition, lies, 45_000 * MILL);
			let owner = cast.machines.last().expect("it was added").owner.clone();
			cast.add_buyer(Side::Coalition, owner);
		}
		for number in 0..1 + random.below(3) {
			cast.add_buyer(Side::Coalition, Party::named(&format!("puppet{number}")));
		}
		cast.add_machine(Side::Outside, 0, 4_032 * MILL);
		cast.add_machine(Side::Outside, 33, 4_032 * MILL);
		for number in 0..2 + random.below(2) {
			cast.add_buyer(Side::Outside, Party::named(&format!("requester{number}")));
		}
		cast
	}

	fn add_machine(&mut self, side: Side, lies: usize, bond: Balance) {
		let number = self.machines.len();
		let key = |role: &str| Party::named(&format!("{role}{number}"));
		self.machines.push(Machine {
			id: ProviderId(u32::try_from(number).expect("a few")),
			owner: key("owner"),
			worker: key("worker"),
			payout: key("payout"),
			side,
			lies,
			bond,
		});
	}

	fn add_buyer(&mut self, side: Side, who: Party) {
		self.buyers.push(Buyer { who, side });
	}

	/// The machines of a side.
	pub(crate) fn of(&self, side: Side) -> Vec<&Machine> {
		self.machines.iter().filter(|machine| machine.side == side).collect()
	}

	/// All accounts of the coalition.
	pub(crate) fn coalition(&self) -> BTreeSet<AccountId> {
		let machines = self.of(Side::Coalition).into_iter();
		let keys = machines.flat_map(|machine| [&machine.owner, &machine.worker, &machine.payout]);
		let buyers = self.buyers.iter().filter(|buyer| buyer.side == Side::Coalition);
		let all = keys.chain(buyers.map(|buyer| &buyer.who));
		all.map(|party| party.account.clone()).collect()
	}

	/// Who claims, for itself or for others: keys that do nothing else.
	pub(crate) fn claimers(&self) -> Vec<&Party> {
		let payouts = self.machines.iter().map(|machine| &machine.payout);
		payouts.chain([&self.checker]).collect()
	}

	/// From the account with all the money to everybody, in one call.
	pub(crate) fn endowment(&self) -> RuntimeCall {
		let mut calls: Vec<RuntimeCall> = Vec::new();
		let mut pay = |to: &Party, value: Balance| {
			let dest = Address::Id(to.account.clone());
			calls.push(pallet_balances::Call::<Runtime>::transfer_allow_death { dest, value }.into());
		};
		for machine in &self.machines {
			pay(&machine.owner, 12 * machine.bond);
			pay(&machine.worker, 20 * MILL);
			pay(&machine.payout, 20 * MILL);
		}
		for buyer in &self.buyers {
			pay(&buyer.who, 60_000 * MILL);
		}
		pallet_utility::Call::<Runtime>::batch_all { calls }.into()
	}
}

/// Root's call after which eras are so long. Must be made with the chain's state at hand.
pub(crate) fn shorter_eras(fee_era: Tick) -> RuntimeCall {
	let figures = MarketFigures {
		rules: MarketRules {
			fee_era,
			..Rules::get()
		},
		classes: ClassTable::get(),
	};
	let set = pallet_parameters::Call::<Runtime>::set_parameter {
		key_value: RuntimeParameters::Market(Parameters::Figures(Figures, Some(figures))),
	};
	let call = Box::new(RuntimeCall::from(set));
	pallet_sudo::Call::<Runtime>::sudo { call }.into()
}
