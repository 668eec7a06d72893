//! `millrace job refuse-delivery`.

use super::{
	super::{print::pairs, Session},
	not_live,
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, Call, JobEvent, JobId, JobState, JobView, ProviderId, DEMANDABLE_OUTPUT},
	exit::{Code, Failure},
};
use serde_json::json;

/// Ends a job whose provider does not deliver what the chain could not carry. Says what that costs before it signs.
pub(super) async fn refuse(session: &Session<'_>, id: JobId) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let job = chain.best().await?.job(id).await?.ok_or_else(|| not_live(id))?;
	let (provider, payment) = at_stake(&job, key.account())?;
	session.printer.note(&warning(id, provider, payment));
	let included = chain.call_final(&Call::RefuseDelivery { job: id }, key.pair()).await?;
	let end = included.jobs.iter().find_map(|(job, event)| match event {
		JobEvent::DeliveryRefused(end) if *job == id => Some(*end),
		_ => None,
	});
	let end = end.ok_or_else(|| {
		Failure::new(
			Code::Unexpected,
			format!("the chain took the call and does not say that job {id} has ended"),
			format!("`millrace job events {id}` shows what happened"),
		)
	})?;
	let object = json!({
		"job": id,
		"provider": end.provider,
		"units": end.units,
		"burned": end.burned.to_string(),
		"refund": end.refund.to_string(),
		"job_fees_returned": end.fees_returned.to_string(),
		"fee": included.fee.to_string(),
		"block": included.block.number,
	});
	session.printer.show(&object, || {
		pairs([
			("delivery refused", id.to_string()),
			("provider", end.provider.to_string()),
			("burned, nobody has it", amount::print(end.burned)),
			("refunded", amount::print(end.refund)),
			("job fees returned", amount::print(end.fees_returned)),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

/// Whose payment would be burned, and how much; or why the chain would refuse the call, as far as that can be seen before a
/// fee is paid for it.
fn at_stake(job: &JobView, who: AccountId) -> Result<(ProviderId, Balance), Failure> {
	let id = job.id;
	if job.requester != who {
		return Err(Failure::new(
			Code::Config,
			format!(
				"only the requester of job {id}, {}, may refuse its delivery",
				job.requester
			),
			"give the requester's key with --key",
		));
	}
	let JobState::Committed { provider, units, .. } = job.state else {
		return Err(Failure::new(
			Code::Rejected,
			format!(
				"the chain would refuse it: job {id} is {}, and nothing was committed yet",
				job.state.name()
			),
			format!("nothing was sent; `millrace job get {id}` shows where it stands"),
		));
	};
	let bytes = job.output_bytes();
	if bytes <= DEMANDABLE_OUTPUT {
		return Err(Failure::new(
			Code::Rejected,
			format!(
				"the chain would refuse it: the output of job {id} has {bytes} bytes, and up to {DEMANDABLE_OUTPUT} can be \
				 demanded"
			),
			format!(
				"nothing was sent; `millrace check {id} --demand --refute` makes the provider show its leaves on the chain, \
				 where it pays if they do not come"
			),
		));
	}
	Ok((provider, job.payment(units)))
}

/// What whoever signs must know.
fn warning(job: JobId, provider: ProviderId, payment: Balance) -> String {
	format!(
		"refusing the delivery of job {job} burns its payment of {}: nobody gets it, neither provider {provider} nor you; only \
		 what is held beside it returns",
		amount::print(payment)
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::job::fixture::{committed_large, to_one};

	/// 2²⁸ units at 50 planck for 2³⁰ are twelve and a half.
	#[test]
	fn whoever_refuses_is_told_what_is_burned() {
		let job = committed_large();
		assert_eq!(at_stake(&job, job.requester), Ok((4, 12)));
		let warning = warning(job.id, 4, 12 * amount::MILL);
		for part in [
			"burns its payment of 12 MILL",
			"nobody gets it",
			"neither provider 4 nor you",
		] {
			assert!(warning.contains(part), "{part}: {warning}");
		}
	}

	#[test]
	fn what_the_chain_would_refuse_is_not_sent() {
		let large = committed_large();
		let foreign = at_stake(&large, AccountId([9; 32])).unwrap_err();
		assert_eq!(foreign.code, Code::Config);
		assert!(foreign.hint.contains("--key"), "{foreign}");

		let early = to_one();
		let early = at_stake(&early, early.requester).unwrap_err();
		assert_eq!(early.code, Code::Rejected);
		assert!(early.message.contains("is pending"), "{early}");

		let mut small = committed_large();
		small.spec.items -= 1;
		assert_eq!(small.output_bytes(), 1 << 20);
		let small = at_stake(&small, small.requester).unwrap_err();
		assert_eq!(small.code, Code::Rejected);
		assert!(small.hint.contains("--demand --refute"), "{small}");
	}
}
