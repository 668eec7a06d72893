//! Whole lives of jobs, with every way in which one can end, on a chain whose windows are a few ticks long.

use super::{
	chain::{booked, owner, spec, targeted, Chain},
	work::{on_wire, Work},
};
use millrace_kernel::tree::SumNode;
use millrace_primitives::{refutation::LeafSet, DeviceClass, JobId, JobSpec, Level, ProviderId, Target, Terms, Tick};
use millrace_runtime::{AccountId, Market, Runtime, RuntimeEvent};
use pallet_market::{Call, Event, Jobs, RejectReason};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Bob, Charlie, Dave, Eve, Ferdie};
use std::collections::BTreeMap;

/// Jobs of a round for each ending that does not take its provider's business away.
const EACH: u32 = 40;
/// Of those whose provider has to be running them at once.
const RUNNING: u32 = 30;
/// Windows of the preset.
const WINDOW: Tick = 8;
const RUN: Tick = 12;
const EXPIRES: Tick = 100;
/// Ticks after which a bid that nobody takes expires.
const SOON: Tick = 4;
/// What one provider asks, what the one asks that never comes, and what is below both.
const ASK: Level = Level(100);
const ABSENT_ASK: Level = Level(90);
const TOO_LOW: Level = Level(10);
/// Lanes of those that run many jobs at once, and how many times the least stake they have.
const LANES: u16 = 64;
const STAKES: u128 = 100;
/// Blocks in which the jobs of a round must be gone.
const PATIENCE: u32 = 1_000;
/// Blocks after which nothing of a round is on its way any more: no slash, no wake, no sample.
const REST: u32 = 40;

/// A provider and its worker.
struct Party {
	id: ProviderId,
	worker: AccountId,
}

/// A market in which jobs end in every way.
pub(crate) struct Lives {
	pub(crate) chain: Chain,
	work: Work,
	/// Does everything that an honest provider does, and is silent where that costs little.
	keeper: Party,
	/// Does not do what it was named for.
	tardy: Party,
	/// Never answers.
	absent: Party,
	/// Commits wrong results.
	liar: Party,
	submitted: u32,
	ended: BTreeMap<&'static str, u32>,
}

impl Lives {
	pub(crate) fn new() -> Lives {
		let mut chain = Chain::fast();
		chain.block();
		let floor = DeviceClass::Cpu4.genesis_figures().floor;
		let mut party = |number: u8, lanes: u16| {
			let worker = AccountId::new([number; 32]);
			let bond = floor * u128::from(lanes) * STAKES;
			Party {
				id: chain.register_worker(worker.clone(), lanes, bond),
				worker,
			}
		};
		let (keeper, tardy, absent, liar) = (party(1, LANES), party(2, LANES), party(3, 1), party(4, LANES));
		chain.block();
		Lives {
			work: Work::of(&spec(booked(ASK), WINDOW, EXPIRES)),
			chain,
			keeper,
			tardy,
			absent,
			liar,
			submitted: 0,
			ended: BTreeMap::new(),
		}
	}

	/// Accounts that submit jobs.
	pub(crate) fn requesters() -> [AccountId; 4] {
		[Bob, Dave, Eve, Ferdie].map(|key| key.to_account_id())
	}

	/// Jobs submitted so far.
	pub(crate) fn submitted(&self) -> u32 {
		self.submitted
	}

	/// How many ended how.
	pub(crate) fn ended(&self) -> &BTreeMap<&'static str, u32> {
		&self.ended
	}

	/// Has some hundred jobs live and end, and waits until nothing of them is on its way.
	pub(crate) fn round(&mut self) {
		self.place_ask(true);
		self.no_show();
		self.settled();
		self.demanded();
		self.taken_back();
		self.refused();
		self.overrun();
		self.refuted();
		self.wait();
		for id in [self.tardy.id, self.absent.id] {
			self.resume(id);
		}
		self.place_ask(false);
		self.rest();
		let provider = self.liar.id;
		self.chain
			.call(owner(), pallet_providers::Call::reactivate { provider });
		self.answer_samples();
		self.rest();
	}

	/// The keeper's ask: places it, or takes it back.
	fn place_ask(&mut self, place: bool) {
		let call = if place {
			Call::place_ask { slot: 0, level: ASK }
		} else {
			Call::withdraw_ask { slot: 0 }
		};
		self.chain.call(self.keeper.worker.clone(), call);
	}

	/// Nobody comes for the first assignment; the second one is served.
	fn no_show(&mut self) {
		let level = ABSENT_ASK;
		self.chain
			.call(self.absent.worker.clone(), Call::place_ask { slot: 0, level });
		self.submit(booked(ASK), EXPIRES);
	}

	/// Paid by the requester at once, and after the window by the hook. The absent one settles too, so that its no-shows
	/// do not add up.
	fn settled(&mut self) {
		for _ in 0..EACH {
			let job = self.keepers_job();
			self.chain.call(self.keeper.worker.clone(), Call::accept_job { job });
			self.commit_honest(&self.keeper.worker.clone(), job);
			self.settle(job);
			let job = self.keepers_job();
			self.commit_honest(&self.keeper.worker.clone(), job);
		}
		self.wait_for_no_show();
		let job = self.submit(targeted(self.absent.id), EXPIRES);
		self.commit_honest(&self.absent.worker.clone(), job);
		self.settle(job);
	}

	/// Leaves are demanded, and come, or do not.
	fn demanded(&mut self) {
		for number in 0..2 * EACH {
			let job = self.keepers_job();
			self.commit_honest(&self.keeper.worker.clone(), job);
			let leaves = LeafSet::truncate_from(vec![0]);
			let requester = self.requester_of(job);
			self.chain.call(requester, Call::demand { job, leaves });
			if number % 2 == 0 {
				let leaves = vec![self.work.leaf.clone()].try_into().expect("one leaf");
				self.chain
					.call(self.keeper.worker.clone(), Call::provide { job, leaves });
				self.settle(job);
			}
		}
	}

	/// Cancelled while a bid and while assigned; expired.
	fn taken_back(&mut self) {
		for _ in 0..EACH {
			for job in [self.submit(booked(TOO_LOW), EXPIRES), self.keepers_job()] {
				let requester = self.requester_of(job);
				self.chain.call(requester, Call::cancel_job { job });
			}
			self.submit(booked(TOO_LOW), SOON);
		}
	}

	/// Rejected by whom they name.
	fn refused(&mut self) {
		for _ in 0..EACH {
			let job = self.submit(targeted(self.tardy.id), EXPIRES);
			let reason = RejectReason::Other;
			self.chain
				.call(self.tardy.worker.clone(), Call::reject_job { job, reason });
		}
	}

	/// Abandoned, late, and never taken on.
	fn overrun(&mut self) {
		let target = targeted(self.tardy.id);
		for number in 0..2 * RUNNING {
			let job = self.submit(target, EXPIRES);
			self.chain.call(self.tardy.worker.clone(), Call::accept_job { job });
			if number % 2 == 0 {
				self.chain.call(self.tardy.worker.clone(), Call::abandon_job { job });
			}
		}
		for _ in 0..EACH {
			self.submit(target, EXPIRES);
		}
	}

	/// A wrong result is refuted while others of its provider are committed, and one is assigned.
	fn refuted(&mut self) {
		let target = targeted(self.liar.id);
		let jobs: Vec<JobId> = (0..EACH).map(|_| self.submit(target, EXPIRES)).collect();
		let last = self.submit(target, EXPIRES);
		let wrong = self.work.wrong;
		for job in &jobs {
			self.commit(&self.liar.worker.clone(), *job, &wrong);
		}
		let (job, proof) = (jobs[0], self.work.proof.clone());
		self.chain.call(Charlie.to_account_id(), Call::refute { job, proof });
		assert!(self.is_live(last), "it is voided when it is due");
	}

	/// Executes blocks until every job has ended. The keeper serves what is assigned to it meanwhile.
	fn wait(&mut self) {
		for _ in 0..PATIENCE {
			self.next_block();
			if self.chain.execute(|| Jobs::<Runtime>::iter_keys().next().is_none()) {
				return;
			}
		}
		panic!("jobs are live after {PATIENCE} blocks");
	}

	/// Executes blocks until the absent one has missed its window.
	fn wait_for_no_show(&mut self) {
		let before = self.ended.get("no-show").copied().unwrap_or_default();
		for _ in 0..PATIENCE {
			self.next_block();
			if self.ended.get("no-show").copied().unwrap_or_default() > before {
				return;
			}
		}
		panic!("no window was missed in {PATIENCE} blocks");
	}

	fn rest(&mut self) {
		for _ in 0..REST {
			self.next_block();
		}
	}

	fn next_block(&mut self) {
		let happened = self.chain.take_events();
		self.count(happened);
		let events = self.chain.block().events;
		let assigned: Vec<JobId> = events
			.iter()
			.filter_map(|event| match event {
				RuntimeEvent::Market(Event::JobAssigned { job, provider, .. }) if *provider == self.keeper.id => {
					Some(*job)
				}
				_ => None,
			})
			.collect();
		self.count(events);
		self.chain.take_events();
		for job in assigned {
			self.commit_honest(&self.keeper.worker.clone(), job);
			self.settle(job);
		}
	}

	fn count(&mut self, events: Vec<RuntimeEvent>) {
		for event in events {
			let RuntimeEvent::Market(event) = event else { continue };
			let name = match event {
				Event::JobSettled { lapsed: false, .. } => "settled",
				Event::JobSettled { lapsed: true, .. } => "lapsed",
				Event::JobCancelled { .. } => "cancelled",
				Event::JobExpired { .. } => "expired",
				Event::JobUnserved { .. } => "unserved",
				Event::JobRefuted { .. } => "refuted",
				Event::JobVoided { .. } => "voided",
				Event::JobSilent { .. } => "silent",
				Event::DeliveryRefused { .. } => "refused",
				// What does not end a job by itself.
				Event::JobLate { .. } => "late",
				Event::JobAbandoned { .. } => "abandoned",
				Event::NoShow { .. } => "no-show",
				Event::JobStuck { job, error } => panic!("{job:?} cannot be served: {error:?}"),
				_ => continue,
			};
			*self.ended.entry(name).or_default() += 1;
		}
	}

	/// Any call of a worker answers the sample that may be open. Nobody has an ask or a job, so no other one follows.
	fn answer_samples(&mut self) {
		for worker in [&self.keeper, &self.tardy, &self.absent, &self.liar].map(|party| party.worker.clone()) {
			let call = pallet_providers::Call::heartbeat {};
			self.chain.call_if_possible(worker, call);
		}
	}

	/// Lets a provider serve again that was late too often, or did not answer.
	fn resume(&mut self, provider: ProviderId) {
		self.chain
			.call_if_possible(owner(), pallet_providers::Call::resume { provider });
	}

	fn submit(&mut self, target: Target, expires: Tick) -> JobId {
		let now = self.chain.execute(Market::clock);
		let spec = spec(target, WINDOW, now + expires);
		let spec = JobSpec {
			terms: Terms {
				run_ticks: RUN,
				..spec.terms
			},
			..spec
		};
		let requesters = Lives::requesters();
		let who = requesters[self.submitted as usize % requesters.len()].clone();
		self.submitted += 1;
		self.chain.submit_as(who, spec)
	}

	/// A job that the keeper is to do.
	fn keepers_job(&mut self) -> JobId {
		let target = targeted(self.keeper.id);
		self.submit(target, EXPIRES)
	}

	fn commit_honest(&mut self, worker: &AccountId, job: JobId) {
		let honest = self.work.honest;
		self.commit(worker, job, &honest);
	}

	fn commit(&mut self, worker: &AccountId, job: JobId, root: &SumNode) {
		let (root, units) = on_wire(root);
		self.chain
			.call(worker.clone(), Call::commit_result { job, root, units });
	}

	fn settle(&mut self, job: JobId) {
		let requester = self.requester_of(job);
		self.chain.call(requester, Call::settle_now { job });
	}

	fn requester_of(&mut self, job: JobId) -> AccountId {
		let job = self.chain.execute(|| Jobs::<Runtime>::get(job));
		job.expect("it is live").requester
	}

	fn is_live(&mut self, job: JobId) -> bool {
		self.chain.execute(|| Jobs::<Runtime>::contains_key(job))
	}
}
