//! Every call that the programs make, as plain data.

use super::{
	convert::{slash_id, IntoRuntime},
	generated::api,
	AccountId, Candidacy, DeviceFacts, Endpoint, JobId, JobSpec, KernelHash, Level, Payee, ProvidedLeaf, ProviderId,
	ProviderTerms, RejectReason, SessionKeys, SlashId, Tick, H256,
};
use crate::amount::Balance;
use millrace_kernel::proof::LeafProof;
use subxt::transactions::Payload;

/// Most jobs of one call of [`Call::SubmitJobs`] or [`Call::SettleJobs`].
pub const MAX_BATCH: usize = 100;

/// A call to the runtime. The pallets' documents say what each does; fields have the same names there.
#[derive(Clone, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // the fields are those of the calls, which the pallets document
pub enum Call {
	/// Balances: pays `amount` to an account and keeps the sender's alive.
	Transfer { to: AccountId, amount: Balance },
	/// Session: names the keys with which the sender takes part as a validator. The proof shows that they belong to the sender.
	SetKeys { keys: SessionKeys, proof: Vec<u8> },
	/// Session: forgets the sender's keys and returns their deposit.
	PurgeKeys,
	/// Staking: bonds money of the sender, who has nothing bonded, and names where its rewards go.
	BondStash { amount: Balance, payee: Payee },
	/// Staking: adds to the sender's bond.
	BondExtra { amount: Balance },
	/// Staking: starts to take the sender's bond back. So much as all of it also ends the sender's role.
	UnbondStash { amount: Balance },
	/// Staking: frees what unbonds and whose era has come. `spans` are those of [`At::slashing_spans`](super::At::slashing_spans).
	WithdrawStash { spans: u32 },
	/// Staking: has the sender stand for election, with a commission in parts of a thousand million.
	Validate { commission: u32, blocked: bool },
	/// Staking: the sender stands for election no more.
	Chill,
	/// Staking: pays a validator's reward of an era to a page of its nominators; by anyone.
	PayoutStakers { stash: AccountId, era: u32, page: u32 },
	/// Kernels: registers a program.
	RegisterKernel { bytecode: Vec<u8> },
	/// Kernels: no new jobs for this kernel.
	RetireKernel { kernel: KernelHash },
	/// Kernels: removes a kernel retired long enough ago and returns its deposit.
	RemoveKernel { kernel: KernelHash },
	/// Providers: registers a provider; signed by its owner.
	RegisterProvider {
		worker: AccountId,
		payout: AccountId,
		endpoint: Endpoint,
		terms: ProviderTerms,
		bond: Balance,
	},
	/// Providers: adds stake.
	Bond { provider: ProviderId, amount: Balance },
	/// Providers: starts to take stake back.
	Unbond { provider: ProviderId, amount: Balance },
	/// Providers: frees stake whose time has come.
	WithdrawUnbonded { provider: ProviderId },
	/// Providers: names another worker key, or none.
	SetWorker {
		provider: ProviderId,
		worker: Option<AccountId>,
	},
	/// Providers: names another account for earnings.
	SetPayout { provider: ProviderId, payout: AccountId },
	/// Providers: moves the endpoint.
	SetEndpoint { provider: ProviderId, endpoint: Endpoint },
	/// Providers: signs other terms.
	SetTerms { provider: ProviderId, terms: ProviderTerms },
	/// Providers: takes nothing new.
	Drain { provider: ProviderId },
	/// Providers: serves again.
	Resume { provider: ProviderId },
	/// Providers: leaves.
	Deregister { provider: ProviderId },
	/// Providers: ends the chill after a refuted result; signed by the owner.
	Reactivate { provider: ProviderId },
	/// Providers: pays a slash that is due; by anyone.
	PaySlash { slash: SlashId },
	/// Providers: answers a sample; signed by the worker, free while one is open.
	Heartbeat,
	/// Providers: takes unbonding stake back into use.
	Rebond { provider: ProviderId, amount: Balance },
	/// Providers: whether earnings refill the stake.
	SetRefill { provider: ProviderId, refill: bool },
	/// Providers: has an outage looked at whose tick has come; by anyone.
	TouchOutage { provider: ProviderId, began: Tick },
	/// Providers: says which device the worker computes with; signed by the worker.
	EnrolDevice { slot: u8, facts: DeviceFacts },
	/// Providers: takes a device out of its place; signed by the owner or the worker.
	RemoveDevice { provider: ProviderId, slot: u8 },
	/// Rewards: has a provider's reward of an era minted; by anyone, free where it is.
	Claim { provider: ProviderId, era: u32 },
	/// Market: stands in the book; signed by the worker.
	PlaceAsk { slot: u8, level: Level },
	/// Market: leaves the book.
	WithdrawAsk { slot: u8 },
	/// Market: moves an ask to another level; signed by the worker.
	RepriceAsk { slot: u8, level: Level },
	/// Market: moves a job that waits in the book to another level; signed by its requester.
	RepriceJob { job: JobId, level: Level },
	/// Market: buys work.
	SubmitJob { spec: JobSpec },
	/// Market: buys up to [`MAX_BATCH`] jobs of one kernel, all or none.
	SubmitJobs { specs: Vec<JobSpec> },
	/// Market: takes an unaccepted job back.
	CancelJob { job: JobId },
	/// Market: the worker signs that it will do the job.
	AcceptJob { job: JobId },
	/// Market: the worker turns an assignment down.
	RejectJob { job: JobId, reason: RejectReason },
	/// Market: the worker commits to a result.
	CommitResult { job: JobId, root: H256, units: u64 },
	/// Market: the worker gives a job up.
	AbandonJob { job: JobId },
	/// Market: the requester accepts a result and pays.
	SettleNow { job: JobId },
	/// Market: pays after the window; by anyone.
	Settle { job: JobId },
	/// Market: pays for each of up to [`MAX_BATCH`] jobs that can be: one's own at once, others after the window. Free where
	/// all can.
	SettleJobs { jobs: Vec<JobId> },
	/// Market: does what is due; by anyone.
	Touch { job: JobId },
	/// Market: shows that a committed result is wrong; by anyone, free where it is.
	Refute { job: JobId, proof: Box<LeafProof> },
	/// Market: the requester wants leaves on the chain, given ascending.
	Demand { job: JobId, leaves: Vec<u32> },
	/// Market: brings demanded leaves; by anyone, free where they are right.
	Provide { job: JobId, leaves: Vec<ProvidedLeaf> },
	/// Market: the requester ends a job whose output, too large to be demanded, is not delivered. Its payment is burned.
	RefuseDelivery { job: JobId },
}

/// Something to be done with the typed form of a call.
pub(super) trait Visit {
	/// What comes out.
	type Out;
	/// Does it.
	fn visit<P: Payload>(self, payload: &P) -> Self::Out;
}

impl Call {
	/// What the call is, in a few words, for messages.
	pub fn name(&self) -> &'static str {
		match self {
			Call::Transfer { .. } => "transfer",
			Call::SetKeys { .. } => "set_keys",
			Call::PurgeKeys => "purge_keys",
			Call::BondStash { .. } => "bond",
			Call::BondExtra { .. } => "bond_extra",
			Call::UnbondStash { .. } => "unbond",
			Call::WithdrawStash { .. } => "withdraw_unbonded",
			Call::Validate { .. } => "validate",
			Call::Chill => "chill",
			Call::PayoutStakers { .. } => "payout_stakers_by_page",
			Call::RegisterKernel { .. } => "register_kernel",
			Call::RetireKernel { .. } => "retire_kernel",
			Call::RemoveKernel { .. } => "remove_kernel",
			Call::RegisterProvider { .. } => "register",
			Call::Bond { .. } => "bond",
			Call::Unbond { .. } => "unbond",
			Call::WithdrawUnbonded { .. } => "withdraw_unbonded",
			Call::SetWorker { .. } => "set_worker",
			Call::SetPayout { .. } => "set_payout",
			Call::SetEndpoint { .. } => "set_endpoint",
			Call::SetTerms { .. } => "set_terms",
			Call::Drain { .. } => "drain",
			Call::Resume { .. } => "resume",
			Call::Deregister { .. } => "deregister",
			Call::Reactivate { .. } => "reactivate",
			Call::PaySlash { .. } => "pay_slash",
			Call::Heartbeat => "heartbeat",
			Call::Rebond { .. } => "rebond",
			Call::SetRefill { .. } => "set_refill",
			Call::TouchOutage { .. } => "touch",
			Call::EnrolDevice { .. } => "enrol_device",
			Call::RemoveDevice { .. } => "remove_device",
			Call::Claim { .. } => "claim",
			Call::PlaceAsk { .. } => "place_ask",
			Call::WithdrawAsk { .. } => "withdraw_ask",
			Call::RepriceAsk { .. } => "reprice_ask",
			Call::RepriceJob { .. } => "reprice_job",
			Call::SubmitJob { .. } => "submit_job",
			Call::SubmitJobs { .. } => "submit_jobs",
			Call::CancelJob { .. } => "cancel_job",
			Call::AcceptJob { .. } => "accept_job",
			Call::RejectJob { .. } => "reject_job",
			Call::CommitResult { .. } => "commit_result",
			Call::AbandonJob { .. } => "abandon_job",
			Call::SettleNow { .. } => "settle_now",
			Call::Settle { .. } => "settle",
			Call::SettleJobs { .. } => "settle_jobs",
			Call::Touch { .. } => "touch",
			Call::Refute { .. } => "refute",
			Call::Demand { .. } => "demand",
			Call::Provide { .. } => "provide",
			Call::RefuseDelivery { .. } => "refuse_delivery",
		}
	}

	/// Hands the call's typed form to `visitor`.
	pub(super) fn typed<V: Visit>(&self, visitor: V) -> V::Out {
		let (kernels, providers, market) = (api::tx().kernels(), api::tx().providers(), api::tx().market());
		let staking = api::tx().staking();
		match self.clone() {
			Call::Transfer { to, amount } => {
				visitor.visit(&api::tx().balances().transfer_keep_alive(to.into(), amount))
			}
			Call::SetKeys { keys, proof } => visitor.visit(&api::tx().session().set_keys(keys.into_runtime(), proof)),
			Call::PurgeKeys => visitor.visit(&api::tx().session().purge_keys()),
			Call::BondStash { amount, payee } => visitor.visit(&staking.bond(amount, payee.into_runtime())),
			Call::BondExtra { amount } => visitor.visit(&staking.bond_extra(amount)),
			Call::UnbondStash { amount } => visitor.visit(&staking.unbond(amount)),
			Call::WithdrawStash { spans } => visitor.visit(&staking.withdraw_unbonded(spans)),
			Call::Validate { commission, blocked } => {
				let prefs = Candidacy { commission, blocked };
				visitor.visit(&staking.validate(prefs.into_runtime()))
			}
			Call::Chill => visitor.visit(&staking.chill()),
			Call::PayoutStakers { stash, era, page } => {
				visitor.visit(&staking.payout_stakers_by_page(stash, era, page))
			}
			Call::RegisterKernel { bytecode } => visitor.visit(&kernels.register_kernel(bytecode.into_runtime())),
			Call::RetireKernel { kernel } => visitor.visit(&kernels.retire_kernel(kernel.into_runtime())),
			Call::RemoveKernel { kernel } => visitor.visit(&kernels.remove_kernel(kernel.into_runtime())),
			Call::RegisterProvider {
				worker,
				payout,
				endpoint,
				terms,
				bond,
			} => visitor.visit(&providers.register(worker, payout, endpoint.into_runtime(), terms.into_runtime(), bond)),
			Call::Bond { provider, amount } => visitor.visit(&providers.bond(provider.into_runtime(), amount)),
			Call::Unbond { provider, amount } => visitor.visit(&providers.unbond(provider.into_runtime(), amount)),
			Call::WithdrawUnbonded { provider } => visitor.visit(&providers.withdraw_unbonded(provider.into_runtime())),
			Call::SetWorker { provider, worker } => {
				visitor.visit(&providers.set_worker(provider.into_runtime(), worker))
			}
			Call::SetPayout { provider, payout } => {
				visitor.visit(&providers.set_payout(provider.into_runtime(), payout))
			}
			Call::SetEndpoint { provider, endpoint } => {
				visitor.visit(&providers.set_endpoint(provider.into_runtime(), endpoint.into_runtime()))
			}
			Call::SetTerms { provider, terms } => {
				visitor.visit(&providers.set_terms(provider.into_runtime(), terms.into_runtime()))
			}
			Call::Drain { provider } => visitor.visit(&providers.drain(provider.into_runtime())),
			Call::Resume { provider } => visitor.visit(&providers.resume(provider.into_runtime())),
			Call::Deregister { provider } => visitor.visit(&providers.deregister(provider.into_runtime())),
			Call::Reactivate { provider } => visitor.visit(&providers.reactivate(provider.into_runtime())),
			Call::PaySlash { slash } => visitor.visit(&providers.pay_slash(slash_id(slash))),
			Call::Heartbeat => visitor.visit(&providers.heartbeat()),
			Call::Rebond { provider, amount } => visitor.visit(&providers.rebond(provider.into_runtime(), amount)),
			Call::SetRefill { provider, refill } => {
				visitor.visit(&providers.set_refill(provider.into_runtime(), refill))
			}
			Call::TouchOutage { provider, began } => visitor.visit(&providers.touch(provider.into_runtime(), began)),
			Call::EnrolDevice { slot, facts } => visitor.visit(&providers.enrol_device(slot, facts.into_runtime())),
			Call::RemoveDevice { provider, slot } => {
				visitor.visit(&providers.remove_device(provider.into_runtime(), slot))
			}
			Call::Claim { provider, era } => visitor.visit(&api::tx().rewards().claim(provider.into_runtime(), era)),
			Call::PlaceAsk { slot, level } => visitor.visit(&market.place_ask(slot, level.into_runtime())),
			Call::WithdrawAsk { slot } => visitor.visit(&market.withdraw_ask(slot)),
			Call::RepriceAsk { slot, level } => visitor.visit(&market.reprice_ask(slot, level.into_runtime())),
			Call::RepriceJob { job, level } => {
				visitor.visit(&market.reprice_job(job.into_runtime(), level.into_runtime()))
			}
			Call::SubmitJob { spec } => visitor.visit(&market.submit_job(spec.into_runtime())),
			Call::SubmitJobs { specs } => visitor.visit(&market.submit_jobs(specs.into_runtime())),
			Call::CancelJob { job } => visitor.visit(&market.cancel_job(job.into_runtime())),
			Call::AcceptJob { job } => visitor.visit(&market.accept_job(job.into_runtime())),
			Call::RejectJob { job, reason } => {
				visitor.visit(&market.reject_job(job.into_runtime(), reason.into_runtime()))
			}
			Call::CommitResult { job, root, units } => {
				visitor.visit(&market.commit_result(job.into_runtime(), root, units))
			}
			Call::AbandonJob { job } => visitor.visit(&market.abandon_job(job.into_runtime())),
			Call::SettleNow { job } => visitor.visit(&market.settle_now(job.into_runtime())),
			Call::Settle { job } => visitor.visit(&market.settle(job.into_runtime())),
			Call::SettleJobs { jobs } => visitor.visit(&market.settle_jobs(jobs.into_runtime())),
			Call::Touch { job } => visitor.visit(&market.touch(job.into_runtime())),
			Call::Refute { job, proof } => visitor.visit(&market.refute(job.into_runtime(), proof.into_runtime())),
			Call::Demand { job, leaves } => visitor.visit(&market.demand(job.into_runtime(), leaves.into_runtime())),
			Call::Provide { job, leaves } => visitor.visit(&market.provide(job.into_runtime(), leaves.into_runtime())),
			Call::RefuseDelivery { job } => visitor.visit(&market.refuse_delivery(job.into_runtime())),
		}
	}
}
