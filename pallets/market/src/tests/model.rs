//! Long random sequences of calls by parties that keep no rule, against three things that do not share the pallet's code:
//! a naive book rebuilt from events alone, the requesters' accounts computed from events alone, and total issuance. Every
//! invariant of `do_try_state` is checked after every block.
//!
//! `MILLRACE_SEED` chooses the first sequence, `MILLRACE_CASES` how many there are.

use super::book::Random;
use crate::{
	mock::*,
	types::{MAX_ASKS, MAX_ASSIGNMENTS},
	Asks, Call, Event, FeeEra, Jobs, OrderRef, Queues, RejectReason, Side,
};
use millrace_primitives::{Balance, JobId, JobSpec, Level, Price, ProviderId, Target};
use polkadot_sdk::{
	frame_support::{
		assert_ok,
		traits::{fungible::Mutate, UnfilteredDispatchable},
		weights::Weight,
	},
	pallet_balances,
	sp_core::H256,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const STEPS: u64 = 12_000;
const REQUESTERS: [AccountId; 3] = [ALICE, BOB, CHARLIE];
const JOB_FEE: Balance = 20;

/// The book and the accounts as the events tell them.
#[derive(Default)]
struct Told {
	asks: BTreeMap<Level, VecDeque<(ProviderId, u8)>>,
	bids: BTreeMap<Level, VecDeque<JobId>>,
	levels: BTreeMap<(ProviderId, u8), Level>,
	requester: BTreeMap<JobId, AccountId>,
	targeted: BTreeSet<JobId>,
	ended: BTreeSet<JobId>,
	/// What each requester lost for good, credits deducted.
	lost: BTreeMap<AccountId, i128>,
	/// What each payout account got.
	earned: BTreeMap<AccountId, Balance>,
	burned: Balance,
	matches: u64,
	settled: u64,
}

impl Told {
	fn queue_ask(&mut self, provider: ProviderId, slot: u8) {
		let level = self.levels[&(provider, slot)];
		self.asks.entry(level).or_default().push_back((provider, slot));
	}

	fn unqueue_ask(&mut self, provider: ProviderId, slot: u8) {
		self.asks
			.values_mut()
			.for_each(|queue| queue.retain(|ask| *ask != (provider, slot)));
		self.asks.retain(|_, queue| !queue.is_empty());
	}

	fn unqueue_bid(&mut self, job: JobId) {
		self.bids.values_mut().for_each(|queue| queue.retain(|bid| *bid != job));
		self.bids.retain(|_, queue| !queue.is_empty());
	}

	/// A match must be of the best bid, if it waited, with the best ask, at the price of the order that rested.
	fn matched(&mut self, job: JobId, provider: ProviderId, price: Price) {
		if self.targeted.contains(&job) {
			return;
		}
		self.matches += 1;
		let (ask, asks) = self.asks.first_key_value().expect("an ask in the book");
		assert_eq!(asks[0].0, provider, "the oldest of the lowest asks serves");
		if self.bids.values().any(|queue| queue.contains(&job)) {
			let (bid, bids) = self.bids.last_key_value().expect("a bid in the book");
			assert_eq!(bids[0], job, "the oldest of the highest bids is served");
			assert_eq!(price, bid.price());
			assert!(ask <= bid);
		} else {
			assert_eq!(price, ask.price());
		}
		self.unqueue_bid(job);
	}

	fn loses(&mut self, job: JobId, amount: Balance) {
		let requester = self.requester[&job];
		*self.lost.entry(requester).or_default() += i128::try_from(amount).unwrap();
	}

	fn end(&mut self, job: JobId, fees_returned: Balance) {
		assert!(self.ended.insert(job), "a job ends once");
		self.unqueue_bid(job);
		self.loses(job, Balance::from(MAX_ASSIGNMENTS) * JOB_FEE - fees_returned);
	}

	fn hear(&mut self, event: Event<Test>) {
		match event {
			Event::AskPlaced {
				provider,
				slot,
				level,
				parked,
				..
			} => {
				self.levels.insert((provider, slot), level);
				if !parked {
					self.queue_ask(provider, slot);
				}
			}
			Event::AskQueued { provider, slot } => self.queue_ask(provider, slot),
			Event::AskParked { provider, slot } | Event::AskWithdrawn { provider, slot } => {
				self.unqueue_ask(provider, slot);
			}
			Event::JobSubmitted { job, requester, .. } => {
				assert!(self.requester.insert(job, requester).is_none(), "an id is given once");
			}
			Event::JobQueued { job, level, .. } => self.bids.entry(level).or_default().push_back(job),
			Event::JobAssigned {
				job, provider, price, ..
			} => self.matched(job, provider, price),
			Event::JobSettled {
				job,
				payout,
				payment,
				fee,
				fees_returned,
				..
			} => {
				self.loses(job, payment);
				self.end(job, fees_returned);
				self.settled += 1;
				if let Some(payout) = payout {
					*self.earned.entry(payout).or_default() += payment - fee;
				}
			}
			Event::JobCancelled { job, fees_returned, .. }
			| Event::JobExpired { job, fees_returned, .. }
			| Event::JobUnserved { job, fees_returned, .. } => self.end(job, fees_returned),
			Event::JobLate { job, credit, .. } | Event::JobAbandoned { job, credit, .. } => {
				let requester = self.requester[&job];
				*self.lost.entry(requester).or_default() -= i128::try_from(credit).unwrap();
			}
			Event::FeesSplit { burned, .. } => self.burned += burned,
			Event::JobStuck { job, error } => panic!("{job:?} is stuck: {error:?}"),
			Event::JobAccepted { .. }
			| Event::JobRejected { .. }
			| Event::NoShow { .. }
			| Event::OfferLapsed { .. }
			| Event::JobCommitted { .. }
			| Event::HaltSet { .. } => {}
			other => panic!("an event that the model does not know: {other:?}"),
		}
	}

	/// Takes in what happened since the last call.
	fn catch_up(&mut self) {
		for record in System::events() {
			match record.event {
				RuntimeEvent::Market(event) => self.hear(event),
				RuntimeEvent::Balances(pallet_balances::Event::BurnedHeld { amount, .. }) => self.burned += amount,
				_ => {}
			}
		}
		System::reset_events();
	}

	fn check(&mut self, issued: Balance) {
		self.catch_up();
		let mut asks = 0;
		for ((_, side, level), _) in Queues::<Test>::iter() {
			let found = chain_queue(side, level);
			let told: Vec<_> = match side {
				Side::Ask => self.asks[&level]
					.iter()
					.map(|(provider, slot)| ask_ref(*provider, *slot))
					.collect(),
				Side::Bid => self.bids[&level].iter().map(|job| OrderRef::Bid(*job)).collect(),
			};
			assert_eq!(found, told);
			asks += 1;
		}
		assert_eq!(asks, self.asks.len() + self.bids.len());

		for requester in REQUESTERS {
			let used: Balance = Jobs::<Test>::iter_values()
				.filter(|job| job.requester == requester)
				.map(|job| Balance::from(MAX_ASSIGNMENTS - job.fees_left) * JOB_FEE)
				.sum();
			let lost = self.lost.get(&requester).copied().unwrap_or(0) + i128::try_from(used).unwrap();
			let expected = i128::try_from(FUNDS).unwrap() - lost;
			assert_eq!(
				i128::try_from(free(requester) + held(requester)).unwrap(),
				expected,
				"of {requester}"
			);
		}
		assert_eq!(Balances::total_issuance(), issued - self.burned);
		assert!(pot() >= FeeEra::<Test>::get().collected);
	}
}

fn ask_ref(provider: ProviderId, slot: u8) -> OrderRef {
	OrderRef::Ask { provider, slot }
}

fn chain_queue(side: Side, level: Level) -> Vec<OrderRef> {
	let mut orders = Vec::new();
	let mut next = Queues::<Test>::get((POOL, side, level)).map(|queue| queue.head);
	while let Some(order) = next {
		orders.push(order);
		next = crate::Links::<Test>::get(order).expect("links").next;
	}
	orders
}

fn any_provider(random: &mut Random) -> ProviderId {
	ProviderId(random.below(u64::from(MockProviders::count())) as u32)
}

fn any_job(random: &mut Random) -> JobId {
	let jobs: Vec<_> = Jobs::<Test>::iter_keys().collect();
	match jobs.is_empty() {
		true => JobId(H256::repeat_byte(random.below(256) as u8)),
		false => jobs[random.below(jobs.len() as u64) as usize],
	}
}

/// Mostly the worker that has the job, sometimes anyone.
fn worker_for(random: &mut Random, job: JobId) -> AccountId {
	let assigned = Jobs::<Test>::get(job).and_then(|job| job.state.provider());
	match assigned {
		Some(provider) if random.below(20) > 0 => worker(provider),
		_ => any_signer(random),
	}
}

fn any_signer(random: &mut Random) -> AccountId {
	match random.below(3) {
		0 => REQUESTERS[random.below(3) as usize],
		1 => worker(any_provider(random)),
		_ => owner(any_provider(random)),
	}
}

fn any_spec(random: &mut Random) -> JobSpec {
	let items = 1 + random.below(30) as u32;
	let mut spec = match random.below(4) {
		0 => target_spec(items, any_provider(random), 60 + random.below(80)),
		_ => book_spec(items, random.below(12) as u8),
	};
	if random.below(4) == 0 {
		spec = with_inputs(spec);
	}
	spec.terms.expires = now() + random.below(60) as u32;
	if random.below(20) == 0 {
		spec.items = [0, 63, 5_000][random.below(3) as usize];
	}
	spec
}

fn any_units(random: &mut Random, job: JobId) -> u64 {
	let most = Jobs::<Test>::get(job).map_or(0, |job| job.units_max());
	match random.below(10) {
		0 => most,
		1 => most + 1,
		2 => 0,
		_ => random.below(most.max(1)),
	}
}

/// What an owner may do to a provider without asking the market.
fn meddle(random: &mut Random) {
	let provider = any_provider(random);
	let record = MockProviders::get(provider).expect("registered");
	match random.below(4) {
		0 => MockProviders::set_active(provider, random.below(3) > 0),
		1 => {
			let needed = record
				.running
				.max((record.assigned + record.running).div_ceil(2))
				.max(1);
			MockProviders::change(provider, |record| record.lanes = needed.max(1 + random.below(4) as u16));
			MockProviders::check_eligibility(provider);
		}
		2 => MockProviders::change(provider, |record| record.min_price = Price(64 + random.below(30))),
		_ => MockProviders::change(provider, |record| record.takes_targets = random.below(4) > 0),
	}
}

fn call(random: &mut Random, told: &mut Told) {
	let job = any_job(random);
	let slot = random.below(u64::from(MAX_ASKS) + 1) as u8;
	let (who, call): (AccountId, Call<Test>) = match random.below(100) {
		0..=21 => {
			let who = REQUESTERS[random.below(3) as usize];
			let spec = any_spec(random);
			if matches!(spec.terms.target, Target::Provider { .. }) {
				told.targeted.insert(next_id(who, &spec));
			}
			(who, Call::submit_job { spec })
		}
		22..=34 => {
			let level = Level(random.below(12) as u8);
			(worker(any_provider(random)), Call::place_ask { slot, level })
		}
		35..=38 => (worker(any_provider(random)), Call::withdraw_ask { slot }),
		39..=53 => (worker_for(random, job), Call::accept_job { job }),
		54..=60 => {
			let reasons = [
				RejectReason::Busy,
				RejectReason::InputsMissing,
				RejectReason::TooSlow,
				RejectReason::Unsupported,
				RejectReason::Other,
			];
			(
				worker_for(random, job),
				Call::reject_job {
					job,
					reason: reasons[random.below(5) as usize],
				},
			)
		}
		61..=76 => {
			let root = H256::repeat_byte(random.below(3) as u8);
			let units = any_units(random, job);
			(worker_for(random, job), Call::commit_result { job, root, units })
		}
		77..=79 => (worker_for(random, job), Call::abandon_job { job }),
		80..=87 => {
			let requester = Jobs::<Test>::get(job).map_or(ALICE, |job| job.requester);
			(requester, Call::settle_now { job })
		}
		88..=90 => (any_signer(random), Call::settle { job }),
		91..=94 => (any_signer(random), Call::touch { job }),
		_ => {
			let requester = Jobs::<Test>::get(job).map_or(BOB, |job| job.requester);
			(requester, Call::cancel_job { job })
		}
	};
	// Refusals are as welcome as successes; neither may break anything.
	let _ = call.dispatch_bypass_filter(signed(who));
}

fn next_block(random: &mut Random, told: &mut Told) {
	told.catch_up();
	if random.below(15) == 0 {
		System::set_block_consumed_resources(Weight::from_parts(BLOCK, 0), 0);
	}
	finish_block();
	start_block(1 + u64::from(random.below(10) == 0) * (1 + random.below(2)));
}

fn from_environment(name: &str, default: u64) -> u64 {
	std::env::var(name)
		.ok()
		.and_then(|value| value.parse().ok())
		.unwrap_or(default)
}

#[test]
fn hostile_parties_break_nothing() {
	let seed = from_environment("MILLRACE_SEED", 0x6d69_6c6c_7261_6365);
	for case in 0..from_environment("MILLRACE_CASES", 1).max(1) {
		run(seed.wrapping_add(case));
	}
}

fn run(seed: u64) {
	println!("MILLRACE_SEED={seed}, {STEPS} steps");
	ExtBuilder::build().execute_with(|| {
		let mut random = Random::new(seed);
		let mut told = Told::default();
		for lanes in [1, 1, 2, 3, 4] {
			MockProviders::register(lanes);
		}
		// One provider's payout account is dead, so that small payments fall back.
		Balances::set_balance(&payout(ProviderId(1)), 0);
		let issued = Balances::total_issuance();
		let payouts: Vec<_> = (0..5).map(|id| payout(ProviderId(id))).collect();
		let before: Vec<_> = payouts.iter().map(|account| free(*account)).collect();
		System::reset_events();

		for _ in 0..STEPS {
			match random.below(100) {
				0..=19 => {
					next_block(&mut random, &mut told);
					told.check(issued);
					assert_ok!(Market::do_try_state());
				}
				20..=22 => meddle(&mut random),
				23 => {
					let halted = random.below(3) == 0;
					assert_ok!(Market::set_halted(RuntimeOrigin::root(), halted));
				}
				_ => call(&mut random, &mut told),
			}
		}

		// Left alone, every job comes to its end: nothing is stuck and nothing is held.
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), false));
		for _ in 0..2_000 {
			if Jobs::<Test>::iter_keys().next().is_none() {
				break;
			}
			finish_block();
			start_block(1);
			told.check(issued);
			assert_ok!(Market::do_try_state());
		}
		assert_eq!(Jobs::<Test>::iter_keys().count(), 0);
		assert!(REQUESTERS.iter().all(|requester| held(*requester) == 0));
		assert_eq!(told.ended.len(), told.requester.len());
		for (account, before) in payouts.iter().zip(before) {
			assert_eq!(free(*account), before + told.earned.get(account).copied().unwrap_or(0));
		}
		assert!(Asks::<Test>::iter().count() <= 5);
		println!(
			"{} jobs, {} matches, {} settled, {} planck burned",
			told.ended.len(),
			told.matches,
			told.settled,
			told.burned
		);
		assert!(
			told.matches > STEPS / 100 && told.settled > STEPS / 500,
			"the parties did trade"
		);
	});
}
