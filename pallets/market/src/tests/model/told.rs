//! What the events tell, and whether the chain's state is what follows from it.

use super::{JOB_FEE, REQUESTERS};
use crate::{mock::*, types::MAX_ASSIGNMENTS, Event, OrderRef, Queues, Side};
use millrace_primitives::{Balance, JobId, Level, Price, ProviderId};
use polkadot_sdk::pallet_balances;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The book and the accounts as the events tell them.
#[derive(Default)]
pub(super) struct Told {
	asks: BTreeMap<Level, VecDeque<(ProviderId, u8)>>,
	bids: BTreeMap<Level, VecDeque<JobId>>,
	levels: BTreeMap<(ProviderId, u8), Level>,
	pub(super) requester: BTreeMap<JobId, AccountId>,
	pub(super) targeted: BTreeSet<JobId>,
	/// Jobs that measure devices: nobody's money is in them.
	pub(super) measurements: BTreeSet<JobId>,
	pub(super) ended: BTreeSet<JobId>,
	/// What each requester lost for good, credits deducted.
	lost: BTreeMap<AccountId, i128>,
	/// What slashes have set aside of each provider's stake.
	pub(super) set_aside: BTreeMap<ProviderId, Balance>,
	/// What each payout account got.
	pub(super) earned: BTreeMap<AccountId, Balance>,
	pub(super) burned: Balance,
	/// For the treasury, at the ends of eras.
	minted: Balance,
	pub(super) matches: u64,
	pub(super) settled: u64,
	pub(super) refuted: u64,
	pub(super) voided: u64,
	pub(super) unassigned: u64,
	pub(super) demands: u64,
	pub(super) answered: u64,
	pub(super) silent: u64,
	pub(super) extended: u64,
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
		if self.measurements.contains(&job) {
			assert_eq!(fees_returned, 0, "nothing was held");
		} else {
			self.loses(job, Balance::from(MAX_ASSIGNMENTS) * JOB_FEE - fees_returned);
		}
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
			Event::MeasurementCharged {
				job,
				from_owner,
				from_stake,
				..
			} => {
				assert_eq!(from_owner + from_stake, JOB_FEE);
				self.measurements.insert(job);
				self.targeted.insert(job);
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
			Event::EraClosed { treasury, .. } => self.minted += treasury,
			Event::JobRefuted {
				job,
				provider,
				slashed,
				fees_returned,
				..
			} => {
				self.end(job, fees_returned);
				*self.set_aside.entry(provider).or_default() += slashed;
				self.refuted += 1;
			}
			Event::JobSilent {
				job,
				provider,
				slashed,
				fees_returned,
				..
			} => {
				self.end(job, fees_returned);
				*self.set_aside.entry(provider).or_default() += slashed;
				self.silent += 1;
			}
			Event::JobVoided { job, fees_returned, .. } => {
				self.end(job, fees_returned);
				self.voided += 1;
			}
			Event::AssignmentVoided { .. } => self.unassigned += 1,
			Event::LeavesDemanded { requester, fee, .. } => {
				*self.lost.entry(requester).or_default() += i128::try_from(fee).unwrap();
				self.demands += 1;
			}
			Event::DemandAnswered { .. } => self.answered += 1,
			Event::WindowExtended { job, provider, .. } => {
				assert!(!self.ended.contains(&job), "what has ended is not extended");
				let answers = MockProviders::get(provider).is_some_and(|record| record.answers);
				assert!(!answers, "a provider that answers waits for nobody");
				self.extended += 1;
			}
			Event::JobStuck { job, error } => panic!("{job:?} is stuck: {error:?}"),
			Event::JobAccepted { .. }
			| Event::JobRejected { .. }
			| Event::NoShow { .. }
			| Event::OfferLapsed { .. }
			| Event::JobCommitted { .. }
			| Event::DemandOpened { .. }
			| Event::LeavesProvided { .. }
			| Event::HaltSet { .. } => {}
			other => panic!("an event that the model does not know: {other:?}"),
		}
	}

	/// Takes in what happened since the last call.
	pub(super) fn catch_up(&mut self) {
		for record in System::events() {
			match record.event {
				RuntimeEvent::Market(event) => self.hear(event),
				RuntimeEvent::Balances(
					pallet_balances::Event::BurnedHeld { amount, .. } | pallet_balances::Event::Burned { amount, .. },
				) => self.burned += amount,
				_ => {}
			}
		}
		System::reset_events();
	}

	pub(super) fn check(&mut self, issued: Balance) {
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
			let lost = self.lost.get(&requester).copied().unwrap_or(0);
			let expected = i128::try_from(FUNDS).unwrap() - lost;
			assert_eq!(
				i128::try_from(free(requester) + held(requester)).unwrap(),
				expected,
				"of {requester}"
			);
		}
		for provider in (0..MockProviders::count()).map(ProviderId) {
			let told = self.set_aside.get(&provider).copied().unwrap_or(0);
			assert_eq!(MockProviders::set_aside(provider), told, "of {provider:?}");
		}
		assert_eq!(Balances::total_issuance(), issued + self.minted - self.burned);
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
