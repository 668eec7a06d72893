//! Filing a proof, and what comes back for it.

use super::{Case, CheckError, Subject};
use crate::{
	amount::{self, Balance},
	chain::{Call, Chain, ChainError, Included, JobEvent, JobId, JobState, Refutation, SlashId},
	job::{Observer, Stage},
	keys::Key,
};
use serde::Serialize;
use std::{
	fmt,
	sync::{Mutex, PoisonError},
};

/// Blocks that are looked through for how a job ended.
const LOOK_BACK: u64 = 64;

/// What came of a proof.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Redress {
	/// The chain found the result wrong: the job is void and refunded.
	Refuted {
		/// The final block with it.
		block: u64,
		/// The transaction fee that was paid in the end.
		#[serde(with = "amount::text")]
		fee: Balance,
		/// What happened.
		#[serde(flatten)]
		amounts: Amounts,
	},
	/// Somebody else was faster.
	RefutedByOthers {
		/// The block with it.
		block: u64,
		/// What happened.
		#[serde(flatten)]
		amounts: Amounts,
	},
	/// The provider was convicted of another wrong result before: the job was void, and is refunded now.
	Voided {
		/// The final block with it.
		block: u64,
		/// The transaction fee that was paid.
		#[serde(with = "amount::text")]
		fee: Balance,
		/// What of the escrow was freed.
		#[serde(with = "amount::text")]
		refund: Balance,
		/// What of the job fees was freed.
		#[serde(with = "amount::text")]
		fees_returned: Balance,
	},
	/// The same, and it is not this key's job: nothing was sent.
	VoidAlready,
}

/// The money of a refutation, in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Amounts {
	/// The slash; none where the provider had no stake left.
	pub slash: Option<SlashId>,
	/// How much of the provider's stake was set aside.
	#[serde(with = "amount::text")]
	pub slashed: Balance,
	/// What who refuted it gets of that, once the slash is paid.
	#[serde(with = "amount::text")]
	pub bounty: Balance,
	/// What the requester gets of it.
	#[serde(with = "amount::text")]
	pub to_requester: Balance,
	/// The tick from which the slash is paid.
	pub due: Option<u32>,
	/// What of the escrow was freed for the requester.
	#[serde(with = "amount::text")]
	pub refund: Balance,
	/// What of the job fees was freed for the requester.
	#[serde(with = "amount::text")]
	pub fees_returned: Balance,
}

impl fmt::Display for Amounts {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} and job fees of {} are refunded, {} of the provider's stake are set aside",
			amount::print(self.refund),
			amount::print(self.fees_returned),
			amount::print(self.slashed)
		)?;
		if let Some(due) = self.due {
			write!(
				f,
				"; at tick {due} they are paid: {} to who refuted it, {} to the requester",
				amount::print(self.bounty),
				amount::print(self.to_requester)
			)?;
		}
		Ok(())
	}
}

impl fmt::Display for Redress {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Redress::Refuted { block, amounts, .. } => write!(f, "refuted in block {block}: {amounts}"),
			Redress::RefutedByOthers { block, amounts } => {
				write!(f, "somebody else refuted it in block {block}: {amounts}")
			}
			Redress::Voided {
				block,
				refund,
				fees_returned,
				..
			} => write!(
				f,
				"its provider had been convicted before: void in block {block}, {} and job fees of {} are refunded",
				amount::print(*refund),
				amount::print(*fees_returned)
			),
			Redress::VoidAlready => f.write_str("its provider was convicted before, so it is void already"),
		}
	}
}

/// Who files proofs and demands, and with whose money.
#[derive(Clone, Copy)]
pub struct Claimant<'a> {
	/// Where.
	pub chain: &'a Chain,
	/// The key that signs and pays.
	pub key: &'a Key,
	/// Who is told.
	pub observer: &'a dyn Observer,
	/// The most that the fee of one transaction may be, in planck.
	pub max_fee: Option<Balance>,
	/// Where fees are counted that were paid, in planck. Those of a call that failed are the estimate.
	pub spent: Option<&'a Mutex<Balance>>,
}

impl Claimant<'_> {
	/// Files a proof and waits until it is final. Success costs nothing; its fee is withdrawn first.
	///
	/// # Errors
	/// [`CheckError::WindowOver`], [`CheckError::Fee`], [`CheckError::Ended`]; the chain's refusal.
	pub async fn refute(&self, subject: &Subject, case: &Case) -> Result<Redress, CheckError> {
		self.observer.stage(&Stage::Refuting { leaf: case.leaf() });
		let job = subject.job;
		let at = self.chain.best().await?;
		let view = at.job(job).await?.filter(|view| subject.is_state_of(view));
		match view.map(|view| view.state) {
			Some(JobState::Committed { window, .. }) if window.is_over(at.tick().await?) => {
				return Err(CheckError::WindowOver(job));
			}
			Some(_) => {}
			None => return self.by_others(job).await,
		}
		let convicted = at.provider(subject.provider).await?;
		if convicted.is_some_and(|provider| provider.fraud_clock.is_some()) {
			return self.void(subject).await;
		}
		let call = Call::Refute {
			job,
			proof: Box::new(case.proof.clone()),
		};
		let fee = self.check_fee(&call).await?;
		match self.chain.call_final(&call, self.key.pair()).await {
			Ok(included) => {
				self.count(included.fee);
				let refutation = refutation_of(&included, job)
					.ok_or_else(|| CheckError::Broken("the chain named no refutation".to_owned()))?;
				Ok(Redress::Refuted {
					block: included.block.number,
					fee: included.fee,
					amounts: self.amounts(included.block.number, &refutation).await?,
				})
			}
			Err(ChainError::Rejected(rejection)) => {
				self.count(fee);
				match rejection.error.as_str() {
					"AlreadyVoid" => self.void(subject).await,
					"UnknownJob" | "NotCommitted" => self.by_others(job).await,
					"WindowOver" => Err(CheckError::WindowOver(job)),
					_ => Err(ChainError::Rejected(rejection).into()),
				}
			}
			Err(error) => Err(error.into()),
		}
	}

	fn count(&self, fee: Balance) {
		if let Some(spent) = self.spent {
			let mut spent = spent.lock().unwrap_or_else(PoisonError::into_inner);
			*spent = spent.saturating_add(fee);
		}
	}

	/// Refuses a fee that is too high or cannot be paid, before anything is sent.
	///
	/// # Errors
	/// [`CheckError::Fee`].
	pub(super) async fn check_fee(&self, call: &Call) -> Result<Balance, CheckError> {
		let at = self.chain.finalised().await?;
		let needs = self.chain.estimate_fee(&at, call, self.key.pair()).await?;
		let spendable = at
			.balance(self.key.account())
			.await?
			.spendable(at.existential_deposit()?);
		let has = self.max_fee.map_or(spendable, |most| spendable.min(most));
		if needs > has {
			return Err(CheckError::Fee { needs, has });
		}
		Ok(needs)
	}

	/// Ends a job whose provider was convicted before.
	async fn void(&self, subject: &Subject) -> Result<Redress, CheckError> {
		if subject.requester != self.key.account() {
			return Ok(Redress::VoidAlready);
		}
		let job = subject.job;
		let included = match self.chain.call_final(&Call::Touch { job }, self.key.pair()).await {
			Ok(included) => included,
			Err(ChainError::Rejected(rejection)) if rejection.error == "UnknownJob" => {
				return self.by_others(job).await
			}
			Err(error) => return Err(error.into()),
		};
		let voided = included.jobs.iter().find_map(|(about, event)| match event {
			JobEvent::Voided {
				refund, fees_returned, ..
			} if *about == job => Some(Redress::Voided {
				block: included.block.number,
				fee: included.fee,
				refund: *refund,
				fees_returned: *fees_returned,
			}),
			_ => None,
		});
		voided.ok_or(CheckError::Ended {
			job,
			how: "its window had ended before its provider was convicted, and it was paid",
		})
	}

	/// How the job ended by somebody else's doing.
	async fn by_others(&self, job: JobId) -> Result<Redress, CheckError> {
		let best = self.chain.best().await?.block().number;
		for number in (best.saturating_sub(LOOK_BACK)..=best).rev() {
			let at = match self.chain.at_number(number).await {
				Ok(at) => at,
				Err(ChainError::NoBlock { .. }) => continue,
				Err(error) => return Err(error.into()),
			};
			for (_, event) in at.job_events().await?.into_iter().filter(|(about, _)| *about == job) {
				match event {
					JobEvent::Refuted(refutation) => {
						return Ok(Redress::RefutedByOthers {
							block: number,
							amounts: self.amounts(number, &refutation).await?,
						})
					}
					JobEvent::Voided { .. } => {
						return Err(CheckError::Ended {
							job,
							how: "it was void, and its requester has the refund",
						})
					}
					JobEvent::Silent(_) => {
						return Err(CheckError::Ended {
							job,
							how: "demanded leaves never came, and its requester has the refund",
						})
					}
					JobEvent::DeliveryRefused(_) => {
						return Err(CheckError::Ended {
							job,
							how: "its requester refused the delivery, and its payment is burned",
						})
					}
					JobEvent::Settled(_) => {
						return Err(CheckError::Ended {
							job,
							how: "it was paid",
						})
					}
					_ => {}
				}
			}
		}
		Err(CheckError::Ended {
			job,
			how: "it is not on the chain any more",
		})
	}

	/// The money of a refutation: the shares are those of the slash in the block that holds it.
	async fn amounts(&self, block: u64, refutation: &Refutation) -> Result<Amounts, CheckError> {
		let at = self.chain.at_number(block).await?;
		let slash = match refutation.slash {
			Some(id) => at.slash(id).await?,
			None => None,
		};
		let shares = slash.and_then(|slash| slash.shares);
		Ok(Amounts {
			slash: refutation.slash,
			slashed: refutation.slashed,
			bounty: shares.map_or(0, |shares| shares.refuter_amount),
			to_requester: shares.map_or(0, |shares| shares.requester_amount),
			due: slash.map(|slash| slash.due),
			refund: refutation.refund,
			fees_returned: refutation.fees_returned,
		})
	}
}

fn refutation_of(included: &Included, job: JobId) -> Option<Refutation> {
	included.jobs.iter().find_map(|(about, event)| match event {
		JobEvent::Refuted(refutation) if *about == job => Some(*refutation),
		_ => None,
	})
}
