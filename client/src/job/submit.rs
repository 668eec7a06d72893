//! From a batch to jobs on the chain. A record of each is on the disk before it can be there.

use super::{
	batch::{shares, submission, Batch, Planned},
	observer::Stage,
	record::Record,
	report::Seconds,
	run::{Buyer, Work},
	turns::Turns,
	JobError,
};
use crate::{
	amount::Balance,
	chain::{job_id, At, Call, ChainError, Included, JobEvent, JobId, JobSpec, ProviderId, Target},
	endpoint::{address::resolve, EndpointError},
	job_file::JobFileError,
	keys::{random, Key},
};
use std::{collections::BTreeSet, sync::Arc, time::Instant};

/// How things stood before jobs were submitted.
#[derive(Clone, Copy)]
struct Before {
	block: u64,
	balance: Balance,
	fees_paid: Balance,
}

impl Buyer<'_> {
	/// Submits the jobs of a batch by one call, once the money for all of them is there and their kernel is registered.
	/// Takes them out of the batch; says in it whether the kernel is registered now, also where that was all.
	pub(super) async fn place(&self, mut at: At, batch: &mut Batch, started: Instant) -> Result<Vec<Work>, JobError> {
		let most = self.options.max_cost;
		batch.cost().check_money(&at, self.key, most).await?;
		self.check_addresses(&at, batch).await?;
		let balance = at.balance(self.key.account()).await?.total();

		let mut fees_paid = 0;
		if batch.registers {
			fees_paid = self.register(batch).await?;
			batch.registers = false;
			at = self.chain.finalised().await?;
			// The kernel's deposit is held now.
			batch.cost().check_money(&at, self.key, most).await?;
		}
		let before = Before {
			block: at.block().number,
			balance,
			fees_paid,
		};
		let records = self.submit(batch, before).await?;

		let turns = Arc::new(Turns::default());
		let jobs = std::mem::take(&mut batch.jobs).into_iter().zip(records);
		let works = jobs.map(|(Planned { file, plan }, record)| {
			let mut work = Work {
				record,
				file,
				program: plan.program,
				inputs: plan.inputs,
				started,
				deadline: self.options.wait_timeout.map(|timeout| started + timeout),
				seconds: Seconds::default(),
				problem: None,
				until_accepted: false,
				turns: turns.clone(),
			};
			work.seconds.submitted = work.elapsed();
			work
		});
		Ok(works.collect())
	}

	/// A named provider at an address that would be refused later is refused before anything is bought.
	async fn check_addresses(&self, at: &At, batch: &Batch) -> Result<(), JobError> {
		let named = batch.jobs.iter().filter_map(|job| match job.plan.spec.terms.target {
			Target::Provider { provider, .. } => Some(provider),
			Target::Book { .. } => None,
		});
		for provider in named.collect::<BTreeSet<ProviderId>>() {
			let Some(view) = at.provider(provider).await? else {
				continue;
			};
			let (host, port) = (&view.endpoint.host, view.endpoint.port);
			if let Err(error) = resolve(host, port, self.options.allow_private).await {
				let error = EndpointError::from(error);
				let reason = format!("{error}; {}", error.hint());
				return Err(JobError::NotEligible { provider, reason });
			}
		}
		Ok(())
	}

	/// Registers the batch's kernel; returns the fee.
	async fn register(&self, batch: &Batch) -> Result<Balance, JobError> {
		let Some(plan) = batch.jobs.first().map(|job| &job.plan) else {
			return Ok(0);
		};
		if !self.options.register {
			return Err(JobError::NotRegistered(plan.kernel));
		}
		self.observer.stage(&Stage::Registering);
		let call = Call::RegisterKernel {
			bytecode: plan.program.encode(),
		};
		match self.chain.call_final(&call, self.key.pair()).await {
			Ok(included) => Ok(included.fee),
			// Somebody else was faster: the kernel is there, and that is what counts.
			Err(ChainError::Rejected(rejection)) if rejection.error == "AlreadyRegistered" => Ok(0),
			Err(error) => Err(error.into()),
		}
	}

	/// Submits the jobs. The records are on the disk before one of them can be on the chain.
	async fn submit(&self, batch: &Batch, before: Before) -> Result<Vec<Record>, JobError> {
		self.observer.stage(&Stage::Submitting);
		let best = self.chain.best().await?;
		let nonce = best.job_nonce(self.key.account()).await?;
		let mut records = Vec::with_capacity(batch.jobs.len());
		let mut specs = Vec::with_capacity(batch.jobs.len());
		for (job, nonce) in batch.jobs.iter().zip(nonce..) {
			let (record, spec) = self.draw_up(&best, job, nonce, before)?;
			records.push(record);
			specs.push(spec);
		}
		share_fees(&mut records, before.fees_paid);
		for record in &records {
			if let Err(error) = self.records.save(record) {
				self.forget(&records);
				return Err(error);
			}
		}

		let included = match self.chain.call(&submission(specs), self.key.pair()).await {
			Ok(included) => included,
			Err(error) => {
				// Only when it is certain that no job ever was on the chain are their keys worth nothing.
				if !error.is_transport() {
					self.forget(&records);
				}
				return Err(self.blame(batch, error).await);
			}
		};
		let replaced = adopt(&mut records, &included);
		// Whatever happens next, whoever is told goes on with these.
		for record in &records {
			self.observer.submitted(record.job);
		}
		share_fees(&mut records, before.fees_paid.saturating_add(included.fee));
		for record in &records {
			self.records.save(record)?;
		}
		for expected in replaced {
			self.records.forget(expected);
		}
		Ok(records)
	}

	/// The specification of a job with a data key of its own, and the record of it.
	fn draw_up(&self, best: &At, job: &Planned, nonce: u64, before: Before) -> Result<(Record, JobSpec), JobError> {
		let seed: [u8; 32] = random();
		let data_key = Key::from_seed(seed).map_err(|error| JobError::Broken(error.to_string()))?;
		let mut spec = job.plan.spec.clone();
		spec.data_key = data_key.public();
		let account = self.key.account();
		let genesis = self.chain.genesis();
		let call = Call::SubmitJob { spec: spec.clone() };
		let expected = job_id(best, &genesis, &account, nonce, &call)?;

		let (file, cost) = (&job.file, &job.plan.cost);
		let mut record = Record::new(expected, genesis, account, seed);
		record.job_file = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
		record.job_text = std::fs::read_to_string(&file.path).map_err(|source| JobFileError::Read {
			path: file.path.clone(),
			source,
		})?;
		record.kernel = job.plan.kernel;
		record.first_block = before.block;
		record.balance_before = before.balance;
		record.escrow = cost.escrow;
		record.job_fees = cost.job_fees;
		Ok((record, spec))
	}

	fn forget(&self, records: &[Record]) {
		for record in records {
			self.records.forget(record.job);
		}
	}

	/// Names the one of several jobs that the chain refuses, if one of them alone would be refused for the same.
	async fn blame(&self, batch: &Batch, error: ChainError) -> JobError {
		let (ChainError::Rejected(rejection), [_, _, ..]) = (&error, batch.jobs.as_slice()) else {
			return error.into();
		};
		let Ok(at) = self.chain.best().await else {
			return error.into();
		};
		for job in &batch.jobs {
			match at.quote(job.plan.spec.clone()).await {
				Ok(Err(alone)) if alone.error == rejection.error => {
					return JobError::from(error).in_file(&job.file.path);
				}
				_ => {}
			}
		}
		error.into()
	}
}

/// Enters what the chain says of the jobs, which it does in the order of the call. Returns the ids that were expected and
/// did not come: another job of the account came between, and ids count them.
fn adopt(records: &mut [Record], included: &Included) -> Vec<JobId> {
	let submitted = included.jobs.iter().filter_map(|(job, event)| match event {
		JobEvent::Submitted { escrow, fees, .. } => Some((*job, *escrow, *fees)),
		_ => None,
	});
	let mut replaced = Vec::new();
	for (record, (job, escrow, fees)) in records.iter_mut().zip(submitted) {
		let expected = std::mem::replace(&mut record.job, job);
		if expected != job {
			replaced.push(expected);
		}
		record.escrow = escrow;
		record.job_fees = fees;
	}
	replaced
}

/// Enters each job's share of the transaction fees that were paid so far.
fn share_fees(records: &mut [Record], fees: Balance) {
	let shares = shares(fees, records.len());
	for (record, share) in records.iter_mut().zip(shares) {
		record.fees_paid = share;
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{AccountId, Block, H256};

	fn record(byte: u8) -> Record {
		Record::new(JobId([byte; 32]), H256([0; 32]), AccountId([1; 32]), [byte; 32])
	}

	fn submitted(byte: u8, escrow: Balance) -> (JobId, JobEvent) {
		let event = JobEvent::Submitted {
			requester: AccountId([1; 32]),
			escrow,
			fees: 15,
			deposit: 7,
		};
		(JobId([byte; 32]), event)
	}

	#[test]
	fn each_record_gets_the_id_and_the_money_that_the_chain_names_in_its_place() {
		let mut records = [record(1), record(2), record(3)];
		let keys = records
			.clone()
			.map(|record| record.data_key("".as_ref()).unwrap().public());
		let included = Included {
			block: Block {
				number: 9,
				hash: H256([9; 32]),
			},
			finalised: false,
			fee: 11,
			// The second one has another id than expected, and each is queued or assigned before the next.
			jobs: vec![
				submitted(1, 10),
				(JobId([1; 32]), JobEvent::Queued),
				submitted(8, 20),
				(JobId([8; 32]), JobEvent::Queued),
				submitted(3, 30),
			],
			provider: None,
			kernel: None,
			reward: None,
			stakers: Vec::new(),
		};
		assert_eq!(adopt(&mut records, &included), [JobId([2; 32])]);
		share_fees(&mut records, included.fee);
		let found = records
			.clone()
			.map(|record| (record.job.0[0], record.escrow, record.fees_paid));
		assert_eq!(found, [(1, 10, 4), (8, 20, 4), (3, 30, 3)]);
		assert!(records.iter().all(|record| record.job_fees == 15));
		let kept = records.map(|record| record.data_key("".as_ref()).unwrap().public());
		assert_eq!(kept, keys, "the keys stay with their places");
	}
}
