//! One random history: a chain, block after block, and the book that is kept beside it.

use super::{
	acts::{self, claim_of, Knowledge},
	cast::{shorter_eras, Cast, Machine},
	ledger::{Ledger, Minted, REMEMBERED},
};
use crate::{
	chain::{work::Work, Chain},
	parties::{Party, Random},
};
use frame_support::{dispatch::GetDispatchInfo, traits::fungible::Inspect};
use millrace_primitives::{api::runtime_decl_for_rewards_api::RewardsApiV1, traits::ProtocolClock, Balance, Tick};
use millrace_runtime::{Balances, Market, Runtime, RuntimeCall, RuntimeEvent};
use pallet_market::{EraProgress, Event as MarketEvent, Jobs};
use pallet_providers::Slashes;
use pallet_rewards::{
	types::{EarningState, EraReward},
	Call as RewardsCall, Event as RewardsEvent,
};
use polkadot_sdk::*;
use sp_runtime::{DispatchError, DispatchOutcome};
use std::collections::{BTreeMap, BTreeSet};

/// Picoseconds of calls that a block is filled with, at most: a third of what fits.
const BLOCK: u64 = 250_000_000_000;

/// What came out. Amounts in planck.
pub(crate) struct Row {
	pub(crate) careful: bool,
	pub(crate) blocks: u32,
	/// What the coalition has more than at first.
	pub(crate) change: i128,
	/// Protocol fees of what it paid to itself.
	pub(crate) fees: Balance,
	pub(crate) rewards: Balance,
	/// What it would have more by the rule that sounds fair.
	pub(crate) naive: i128,
	pub(crate) seen: BTreeMap<&'static str, u32>,
}

pub(crate) struct History {
	chain: Chain,
	random: Random,
	cast: Cast,
	knowledge: Knowledge,
	ledger: Ledger,
	/// What the coalition had at first.
	wealth: Balance,
	/// Ticks after which an era is over.
	fee_era: Tick,
	/// The running era, and when it began.
	era: u32,
	started: Tick,
	blocks: u32,
}

fn planck(amount: Balance) -> i128 {
	i128::try_from(amount).expect("there is less money than that")
}

impl History {
	/// Plays a history to its end, and checks all that is claimed.
	pub(crate) fn play(seed: u64, careful: bool) -> Row {
		let mut history = History::begin(seed, careful);
		for _ in 0..40 + history.random.below(40) {
			let acts = history.acts();
			history.block(acts);
		}
		history.wind_up();
		history.preview();
		history.claim_most();
		history.compare_eras();
		history.come_too_late();
		history.judge(careful)
	}

	/// Everybody has money, providers are registered, and eras are a few ticks long.
	fn begin(seed: u64, careful: bool) -> History {
		let mut random = Random(seed);
		let cast = Cast::draw(&mut random, careful);
		let fee_era = 1 + random.below(3) as Tick;
		let mut chain = Chain::without_elections("fast");
		// Transactions are signed between blocks, and before the first one the chain does not know its genesis.
		chain.empty_block();
		let bytecode = Work::new(1).bytecode().try_into().expect("a short program");
		let register = pallet_kernels::Call::<Runtime>::register_kernel { bytecode };
		let shorten = chain.execute(|| shorter_eras(fee_era));
		for call in [RuntimeCall::from(register), cast.endowment(), shorten] {
			let transaction = chain.execute(|| cast.root.sign(call));
			chain.block(|| vec![transaction]);
		}
		let (wealth, era, started) = chain.execute(|| {
			let wealth: Balance = cast.coalition().iter().map(Balances::total_balance).sum();
			(wealth, Market::era(), EraProgress::<Runtime>::get().started)
		});
		let mut history = History {
			chain,
			random,
			knowledge: Knowledge::default(),
			ledger: Ledger::new(&cast),
			cast,
			wealth,
			fee_era,
			era,
			started,
			blocks: 0,
		};
		// One after the other, so that their numbers are their places.
		for place in 0..history.cast.machines.len() {
			let machine = &history.cast.machines[place];
			let act = (machine.owner.clone(), machine.registration());
			history.block(vec![act]);
		}
		let registered = history.chain.execute(pallet_providers::NextProvider::<Runtime>::get);
		assert_eq!(registered.0 as usize, history.cast.machines.len());
		history
	}

	/// At most one act of each key.
	fn acts(&mut self) -> Vec<(Party, RuntimeCall)> {
		let mut all: Vec<(Party, RuntimeCall)> = Vec::new();
		let mut busy = BTreeSet::new();
		let (random, knowledge) = (&mut self.random, &mut self.knowledge);
		let (cast, running) = (&self.cast, self.era);
		self.chain.execute(|| {
			let mut act = |who: &Party, call: RuntimeCall| {
				if busy.insert(who.account.clone()) {
					all.push((who.clone(), call));
				}
			};
			for machine in &cast.machines {
				if random.percent(30) {
					if let Some(call) = acts::owner(machine) {
						act(&machine.owner, call);
					}
				}
				if random.percent(85) {
					if let Some(call) = acts::worker(random, machine, knowledge) {
						act(&machine.worker, call);
					}
				}
			}
			for buyer in &cast.buyers {
				if random.percent(60) {
					if let Some(call) = acts::buyer(random, buyer, cast, knowledge) {
						act(&buyer.who, call);
					}
				}
			}
			if random.percent(15) {
				if let Some(call) = acts::check(random, knowledge) {
					act(&cast.checker, call);
				}
			}
			if random.percent(40) {
				let claimers = cast.claimers();
				let who = random.of(&claimers).expect("there are some");
				act(who, acts::claim(random, cast, running));
			}
		});
		// Who comes first is nobody's privilege.
		for last in (1..all.len()).rev() {
			let other = self.random.below(last + 1);
			all.swap(last, other);
		}
		all
	}

	/// A block with these transactions; then the book is compared.
	fn block(&mut self, acts: Vec<(Party, RuntimeCall)>) {
		let (mut calls, mut transactions, mut weight) = (Vec::new(), Vec::new(), 0);
		for (who, call) in acts {
			let (cost, signed) = self.chain.execute(|| {
				let cost = call.get_dispatch_info().total_weight().ref_time();
				(cost, who.sign(call.clone()))
			});
			if weight + cost < BLOCK {
				weight += cost;
				transactions.push(signed);
				calls.push(call);
			}
		}
		let before = self.chain.execute(Balances::total_issuance);
		let (outcomes, events) = self.chain.attempt(|| transactions);
		self.blocks += 1;
		self.turn(before, &events);
		self.check_claims(&calls, &outcomes, &events);
		self.ledger.take(self.era, &events);
		let has = self.has();
		let expected = planck(self.wealth) + planck(self.ledger.rewards) - planck(self.ledger.spent.sum());
		assert_eq!(planck(has), expected, "block {}: {:?}", self.blocks, self.ledger.spent);
	}

	/// What all accounts of the coalition have, held or not.
	fn has(&mut self) -> Balance {
		let coalition = self.cast.coalition();
		self.chain
			.execute(|| coalition.iter().map(Balances::total_balance).sum())
	}

	/// Eras go by the clock; one that is over is closed in the same block, before any transaction.
	fn turn(&mut self, issuance_before: Balance, events: &[RuntimeEvent]) {
		let (now, era, closing, issuance) = self.chain.execute(|| {
			let closing = EraProgress::<Runtime>::get().closing;
			(Market::clock(), Market::era(), closing, Balances::total_issuance())
		});
		let ticks = now - self.started;
		if ticks >= self.fee_era {
			let over = self.era;
			let told = self.told(1).remove(&over).expect("it was closed");
			// By then the treasury may have had its part, and what was burned in this block may have been burned.
			let (mut to_treasury, mut to_providers): (Balance, Balance) = (0, 0);
			for event in events {
				match event {
					RuntimeEvent::Market(MarketEvent::EraClosed { treasury, .. }) => to_treasury += treasury,
					RuntimeEvent::Rewards(RewardsEvent::RewardClaimed { reward, .. }) => to_providers += reward,
					_ => (),
				}
			}
			let issuance = issuance - to_treasury - to_providers..=issuance_before + to_treasury;
			self.ledger.close(over, ticks, issuance, told);
			self.era += 1;
			self.started = now;
		}
		assert_eq!(era, self.era);
		assert!(closing.is_none(), "there are few pools: {closing:?}");
	}

	/// What the chain says of the last eras that are over.
	fn told(&mut self, count: u32) -> BTreeMap<u32, EraReward> {
		let told = self.chain.execute(|| Runtime::era_rewards(count));
		told.into_iter().collect()
	}

	/// Each claim does what the book says, and each reward that is minted was claimed.
	fn check_claims(&mut self, calls: &[RuntimeCall], outcomes: &[DispatchOutcome], events: &[RuntimeEvent]) {
		let mut expected: Vec<Minted> = Vec::new();
		for (call, outcome) in calls.iter().zip(outcomes) {
			let RuntimeCall::Rewards(RewardsCall::claim { provider, era }) = call else {
				continue;
			};
			let must = self.ledger.claim(self.era, *era, *provider);
			let must = must.map(|minted| expected.push(minted));
			let must: DispatchOutcome = must.map_err(DispatchError::from);
			assert_eq!(*outcome, must, "{provider:?}, era {era} while {} runs", self.era);
		}
		let minted = events.iter().filter_map(|event| match event {
			RuntimeEvent::Rewards(RewardsEvent::RewardClaimed {
				era,
				provider,
				payout,
				fees,
				reward,
			}) => Some((*era, *provider, payout.clone(), *fees, *reward)),
			_ => None,
		});
		assert_eq!(minted.collect::<Vec<Minted>>(), expected);
	}

	/// Nobody buys any more: providers do what they still have, every job ends, every slash is paid, and the last era with a
	/// payment is over.
	fn wind_up(&mut self) {
		let is_over =
			|| Jobs::<Runtime>::iter_keys().next().is_none() && Slashes::<Runtime>::iter_keys().next().is_none();
		let drain = |machine: &Machine| {
			let call = pallet_providers::Call::<Runtime>::drain { provider: machine.id };
			(machine.owner.clone(), RuntimeCall::from(call))
		};
		let acts: Vec<(Party, RuntimeCall)> = self.cast.machines.iter().map(drain).collect();
		self.block(acts);
		for _ in 0..600 {
			if self.chain.execute(is_over) {
				break;
			}
			let (random, knowledge, machines) = (&mut self.random, &mut self.knowledge, &self.cast.machines);
			let acts: Vec<(Party, RuntimeCall)> = self.chain.execute(|| {
				let worker = |machine: &Machine| {
					let call = acts::worker(random, machine, knowledge)?;
					Some((machine.worker.clone(), call))
				};
				machines.iter().filter_map(worker).collect()
			});
			self.block(acts);
		}
		assert!(self.chain.execute(is_over), "a job never ends");
		for _ in 0..=self.fee_era {
			self.block(Vec::new());
		}
	}

	/// What the chain says that can be claimed is what is in the book.
	fn preview(&mut self) {
		let mut expected = self.ledger.claimable(self.era);
		let mut told = Vec::new();
		for machine in &self.cast.machines {
			for earning in self.chain.execute(|| Runtime::reward_preview(machine.id)) {
				assert_eq!(earning.state, EarningState::Claimable, "{earning:?}");
				told.push((earning.era, machine.id, earning.fees, earning.reward));
			}
		}
		expected.sort();
		told.sort();
		assert_eq!(told, expected);
	}

	/// Claims most of what there is, by whoever it may be, and some of it twice.
	fn claim_most(&mut self) {
		let mut claims = Vec::new();
		for (era, provider, ..) in self.ledger.claimable(self.era) {
			// What is left of each goes to waste.
			if self.random.percent(85) {
				claims.push(claim_of(provider, era));
				if self.random.percent(10) {
					claims.push(claim_of(provider, era));
				}
			}
		}
		let claimers = self.claimers();
		for some in claims.chunks(claimers.len()) {
			let acts = claimers.iter().cloned().zip(some.iter().cloned());
			self.block(acts.collect());
		}
	}

	fn claimers(&self) -> Vec<Party> {
		self.cast.claimers().into_iter().cloned().collect()
	}

	/// Each era that the chain remembers is as in the book.
	fn compare_eras(&mut self) {
		for (era, told) in self.told(REMEMBERED) {
			self.ledger.compare(era, told);
		}
	}

	/// Waits until nothing that there was can be claimed any more, and tries.
	fn come_too_late(&mut self) {
		let left = self.ledger.claimable(self.era);
		let last = self.era + REMEMBERED;
		while self.era <= last {
			self.block(Vec::new());
		}
		let claimers = self.claimers();
		let late = left.iter().map(|(era, provider, ..)| claim_of(*provider, *era));
		let acts = claimers.into_iter().zip(late);
		self.block(acts.collect());
		assert!(self.ledger.claimable(self.era).is_empty());
		let in_order = self.chain.execute(pallet_rewards::Pallet::<Runtime>::do_try_state);
		in_order.expect("the rewards are in order");
	}

	/// The claim itself.
	fn judge(mut self, careful: bool) -> Row {
		let change = planck(self.has()) - planck(self.wealth);
		let (fees, rewards, spent) = (self.ledger.own_fees(), self.ledger.rewards, self.ledger.spent);
		// A reward is at most half of the four fifths that stay burned, and whoever is rewarded has burned the whole.
		assert!(rewards * 5 <= fees * 2, "{rewards} of {fees}");
		assert!(spent.burned >= fees, "{fees} of {spent:?}");
		assert!(change * 5 <= -3 * planck(fees), "{change} of {fees}");
		// Transactions are never free altogether, so even where all payments were dust something was lost.
		assert!(change < 0, "{change}");
		Row {
			careful,
			blocks: self.blocks,
			change,
			fees,
			rewards,
			naive: planck(self.ledger.naive_rewards()) - planck(spent.sum()),
			seen: self.ledger.seen,
		}
	}
}
