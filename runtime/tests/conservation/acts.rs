//! What each party does next: mostly what it is like, sometimes anything.

use super::parties::{Habit, Manner, Party, Provider, Random, Requester};
use crate::chain::work::{Output, Work, ITEM_BYTES};
use frame_support::BoundedVec;
use millrace_kernel::tree::SumNode;
use millrace_primitives::{
	job::job_id, refutation::ProvidedLeaves, DeviceClass, JobId, JobKind, JobSpec, Level, Minima, Pool, Price,
	ProviderId, Region, Target, Terms,
};
use millrace_runtime::{AccountId, Market, Rewards, Runtime, RuntimeCall, System};
use pallet_market::{
	Asks, Call as MarketCall, Demands, JobOf, JobState, Jobs, ProviderJobs, RejectReason, Requesters, DEMANDABLE_OUTPUT,
};
use pallet_providers::{Call as ProvidersCall, Providers, Status};
use pallet_rewards::Call as RewardsCall;
use polkadot_sdk::*;
use sp_core::H256;
use std::collections::BTreeMap;

/// Items of a job whose output is an item larger than what can be demanded on chain.
const LARGE: u32 = (DEMANDABLE_OUTPUT / ITEM_BYTES) as u32 + 1;
/// Levels of asks and bids begin here.
const LEVEL: u8 = 225;
const LEVELS: usize = 12;

/// What was committed to a job, and which of its leaves is wrong.
pub(crate) struct Claim {
	pub(crate) output: Output,
	pub(crate) wrong: Option<u32>,
}

/// What the parties know beside the chain.
#[derive(Default)]
pub(crate) struct Knowledge {
	/// The results of jobs for which there are preimages.
	pub(crate) claims: BTreeMap<JobId, Claim>,
	works: BTreeMap<u32, (Work, Output)>,
}

/// A call, and the jobs that it submits.
pub(crate) type Act = (RuntimeCall, Vec<Submission>);

/// What its requester knows of a job before it is there.
pub(crate) struct Submission {
	pub(crate) job: JobId,
	pub(crate) items: u32,
	pub(crate) limit: Price,
}

impl Knowledge {
	fn work(&mut self, items: u32) -> &(Work, Output) {
		self.works.entry(items).or_insert_with(|| {
			let work = Work::new(items);
			let honest = work.honest();
			(work, honest)
		})
	}
}

fn market(call: MarketCall<Runtime>) -> Option<Act> {
	Some((call.into(), Vec::new()))
}

/// What the owner does: whatever lets its provider go on.
pub(crate) fn owner_acts(random: &mut Random, provider: &Provider) -> Option<Act> {
	let record = Providers::<Runtime>::get(provider.id)?;
	let id = provider.id;
	let floor = record.terms.class.genesis_figures().floor * u128::from(record.terms.lanes);
	let call = match record.status {
		_ if record.ledger.active < floor && !record.refill => ProvidersCall::bond {
			provider: id,
			amount: 3 * floor - record.ledger.active,
		},
		Status::Chilled { until } if until <= Market::clock() && record.load.live() == 0 => {
			ProvidersCall::reactivate { provider: id }
		}
		Status::Draining | Status::Unreachable { .. } => ProvidersCall::resume { provider: id },
		_ => match random.below(60) {
			0 => ProvidersCall::set_refill {
				provider: id,
				refill: !record.refill,
			},
			1 => ProvidersCall::unbond {
				provider: id,
				amount: record.ledger.active.saturating_sub(floor).max(1),
			},
			2 => ProvidersCall::withdraw_unbonded { provider: id },
			3 => ProvidersCall::drain { provider: id },
			_ => return None,
		},
	};
	Some((call.into(), Vec::new()))
}

/// What the worker does with one of its jobs, or with its asks.
pub(crate) fn worker_acts(random: &mut Random, provider: &Provider, knowledge: &mut Knowledge) -> Option<Act> {
	let record = Providers::<Runtime>::get(provider.id)?;
	let slot = random.below(4) as u8;
	if matches!(record.status, Status::Unreachable { .. }) {
		let call = ProvidersCall::resume { provider: provider.id };
		return random.percent(50).then(|| (call.into(), Vec::new()));
	}
	// Sometimes although it is barred.
	let barred = Asks::<Runtime>::get(provider.id).barred_until > Market::clock();
	if (record.load.asks == 0 || random.percent(4)) && (!barred || random.percent(20)) {
		let level = Level(LEVEL + random.below(LEVELS) as u8);
		return market(MarketCall::place_ask { slot, level });
	}
	match random.below(40) {
		0 => return market(MarketCall::withdraw_ask { slot }),
		1 => {
			let level = Level(LEVEL + random.below(LEVELS) as u8);
			return market(MarketCall::reprice_ask { slot, level });
		}
		_ => (),
	}
	let own: Vec<_> = ProviderJobs::<Runtime>::iter_key_prefix(provider.id)
		.filter_map(|id| Some((id, Jobs::<Runtime>::get(id)?)))
		.collect();
	let is_waiting = |entry: &&(JobId, JobOf<Runtime>)| !matches!(entry.1.state, JobState::Committed { .. });
	let waiting: Vec<_> = own.iter().filter(is_waiting).cloned().collect();
	let some = if waiting.is_empty() || random.percent(20) {
		&own
	} else {
		&waiting
	};
	let (id, job) = random.of(some)?.clone();
	let manner = if random.percent(75) {
		provider.manner
	} else {
		Manner::Honest
	};
	match (&job.state, manner) {
		(JobState::Assigned { .. }, Manner::Silent) if random.percent(60) => None,
		(JobState::Assigned { .. }, Manner::Rejecting) => {
			let reasons = [
				RejectReason::Busy,
				RejectReason::TooSlow,
				RejectReason::Unsupported,
				RejectReason::Other,
			];
			let reason = reasons[random.below(reasons.len())];
			market(MarketCall::reject_job { job: id, reason })
		}
		(JobState::Assigned { .. }, Manner::Late | Manner::Abandoning) => market(MarketCall::accept_job { job: id }),
		(JobState::Assigned { .. }, Manner::Honest) if random.percent(50) => market(MarketCall::accept_job { job: id }),
		(JobState::Running { .. }, Manner::Late) => None,
		(JobState::Running { .. }, Manner::Abandoning) => market(MarketCall::abandon_job { job: id }),
		(JobState::Assigned { .. } | JobState::Running { .. }, _) => commit(random, manner, id, &job, knowledge),
		(JobState::Committed { .. }, Manner::Silent) => None,
		(JobState::Committed { .. }, _) => provide(id, knowledge),
		(JobState::Pending, _) => None,
	}
}

fn commit(
	random: &mut Random,
	manner: Manner,
	id: JobId,
	job: &JobOf<Runtime>,
	knowledge: &mut Knowledge,
) -> Option<Act> {
	// Nobody gets to see a large output, so none is made.
	let root = if manner == Manner::Silent || job.output_bytes() > DEMANDABLE_OUTPUT {
		knowledge.claims.remove(&id);
		SumNode {
			hash: [random.below(256) as u8; 32],
			units: 100,
		}
	} else {
		let (work, honest) = knowledge.work(job.items);
		let leaf = random.below(honest.leaves.len()) as u32;
		let (output, wrong) = match manner {
			Manner::Lying => (work.lie(leaf), Some(leaf)),
			_ => (honest.clone(), None),
		};
		let root = output.root();
		knowledge.claims.insert(id, Claim { output, wrong });
		root
	};
	market(MarketCall::commit_result {
		job: id,
		root: H256(root.hash),
		units: root.units,
	})
}

/// Brings what is demanded, if somebody has it.
fn provide(id: JobId, knowledge: &Knowledge) -> Option<Act> {
	let demand = Demands::<Runtime>::get(id)?;
	let claim = knowledge.claims.get(&id)?;
	let leaves = demand.leaves.iter().map(|leaf| claim.output.provided(*leaf)).collect();
	let leaves = ProvidedLeaves::truncate_from(leaves);
	market(MarketCall::provide { job: id, leaves })
}

/// What a requester does: submit a job, or go on with one.
pub(crate) fn requester_acts(
	random: &mut Random,
	requester: &Requester,
	providers: &[Provider],
	knowledge: &mut Knowledge,
) -> Option<Act> {
	let own: Vec<(JobId, JobOf<Runtime>)> = Jobs::<Runtime>::iter()
		.filter(|(_, job)| job.requester == requester.who.account)
		.collect();
	if own.len() < 6 && random.percent(60) || own.is_empty() {
		return submit(random, requester, providers);
	}
	if requester.habit == Habit::Pays && random.percent(20) {
		// Some of them cannot be settled yet; the others are.
		let jobs = own.iter().map(|(id, _)| *id).collect();
		return market(MarketCall::settle_jobs {
			jobs: BoundedVec::truncate_from(jobs),
		});
	}
	let (id, job) = random.of(&own)?.clone();
	let habit = if random.percent(85) {
		requester.habit
	} else {
		Habit::Pays
	};
	match (&job.state, habit) {
		(_, Habit::Cancels) => market(MarketCall::cancel_job { job: id }),
		(JobState::Pending, _) if random.percent(15) => {
			let level = Level(LEVEL + random.below(LEVELS + 4) as u8);
			market(MarketCall::reprice_job { job: id, level })
		}
		(JobState::Pending, _) if random.percent(3) => market(MarketCall::cancel_job { job: id }),
		(JobState::Committed { .. }, _) => close(random, id, &job, habit, knowledge),
		_ if random.percent(3) => market(MarketCall::touch { job: id }),
		_ => None,
	}
}

/// What a requester does with a result.
fn close(random: &mut Random, id: JobId, job: &JobOf<Runtime>, habit: Habit, knowledge: &mut Knowledge) -> Option<Act> {
	match habit {
		Habit::NeverPays => None,
		Habit::Refuses => market(MarketCall::refuse_delivery { job: id }),
		Habit::Demands => {
			let leaves = (0..job.leaves()).filter(|_| random.percent(50)).collect::<Vec<_>>();
			market(MarketCall::demand {
				job: id,
				leaves: leaves.try_into().ok()?,
			})
		}
		Habit::Checks | Habit::Accuses => {
			let wrong = knowledge.claims.get(&id).map(|claim| claim.wrong);
			match wrong {
				// Nothing can be fetched, so it is demanded.
				None => market(MarketCall::demand {
					job: id,
					leaves: vec![0].try_into().ok()?,
				}),
				Some(None) if habit == Habit::Checks => market(MarketCall::settle_now { job: id }),
				Some(wrong) => refute(id, job, wrong.unwrap_or_default(), knowledge),
			}
		}
		_ => market(MarketCall::settle_now { job: id }),
	}
}

/// A proof about a leaf that is in the committed tree, wrong or not.
pub(crate) fn refute(id: JobId, job: &JobOf<Runtime>, leaf: u32, knowledge: &mut Knowledge) -> Option<Act> {
	knowledge.work(job.items);
	let (work, _) = &knowledge.works[&job.items];
	let proof = work.proof(&knowledge.claims.get(&id)?.output, leaf);
	market(MarketCall::refute { job: id, proof })
}

/// One job, or several in one call.
fn submit(random: &mut Random, requester: &Requester, providers: &[Provider]) -> Option<Act> {
	let count = if random.percent(20) { 2 + random.below(3) } else { 1 };
	let mut submissions = Vec::new();
	let mut specs = Vec::new();
	for place in 0..count {
		let (spec, limit) = any_spec(random, requester, providers);
		submissions.push(Submission {
			job: job_at(&requester.who, &spec, place as u64),
			items: spec.items,
			limit,
		});
		specs.push(spec);
	}
	let call = match specs.len() {
		1 => MarketCall::submit_job { spec: specs.remove(0) },
		_ => MarketCall::submit_jobs {
			specs: BoundedVec::truncate_from(specs),
		},
	};
	Some((call.into(), submissions))
}

/// A job, and the most that is bid for it.
fn any_spec(random: &mut Random, requester: &Requester, providers: &[Provider]) -> (JobSpec, Price) {
	let is_large = requester.habit == Habit::Refuses && random.percent(80);
	let items = if is_large { LARGE } else { 1 + random.below(12) as u32 };
	let named = is_large || requester.habit == Habit::Overpays || random.percent(20);
	let (target, limit, window) = if named {
		// Up to about a MILL for twelve items, and sixteen times that; up to seven for a large output.
		let (least, steps) = match requester.habit {
			_ if is_large => (26, 12),
			Habit::Overpays => (30, 20),
			_ => (30, 16),
		};
		let price = Price(1 << (least + random.below(steps)));
		let provider = ProviderId(random.below(providers.len()) as u32);
		let minima = Minima::default();
		let target = Target::Provider {
			provider,
			price,
			minima,
		};
		(target, price, 4 + random.below(16) as u32)
	} else {
		let level = Level(LEVEL + random.below(LEVELS + 4) as u8);
		let pool = Pool {
			kind: JobKind::Map,
			class: DeviceClass::Cpu4,
			region: Region(0),
		};
		(Target::Book { pool, level }, level.price(), 8)
	};
	// A large output takes four ticks, any other one, and the rules leave eight beside these.
	let run_min = if is_large { 12 } else { 9 };
	let terms = Terms {
		target,
		public: random.percent(50),
		run_ticks: run_min + random.below(10) as u32,
		window,
		expires: Market::clock() + 3 + random.below(30) as u32,
	};
	(Work::new(items).spec(terms), limit)
}

/// The id of the job that is submitted after so many others.
fn job_at(who: &Party, spec: &JobSpec, others: u64) -> JobId {
	let nonce = Requesters::<Runtime>::get(&who.account).nonce + others;
	job_id::<AccountId>(&System::block_hash(0), &who.account, nonce, spec)
}

/// Anybody settles, touches or refutes anything.
pub(crate) fn stranger_acts(random: &mut Random, knowledge: &mut Knowledge) -> Option<Act> {
	let all: Vec<_> = Jobs::<Runtime>::iter().collect();
	let (id, job) = random.of(&all)?.clone();
	match random.below(3) {
		0 => market(MarketCall::settle { job: id }),
		1 => market(MarketCall::touch { job: id }),
		_ => {
			let wrong = knowledge.claims.get(&id)?.wrong;
			refute(id, &job, wrong.unwrap_or_default(), knowledge)
		}
	}
}

/// Somebody claims for one provider after the other, the oldest era first, whether it is over or not. By no chance, so that all
/// else happens as if nobody did.
pub(crate) fn claimer_acts(block: u32, providers: &[Provider]) -> Option<Act> {
	let provider = providers.get(block as usize % providers.len().max(1))?.id;
	let era = Rewards::reward_preview(provider).pop()?.era;
	Some((RewardsCall::claim { provider, era }.into(), Vec::new()))
}
