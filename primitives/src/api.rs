//! What dApps and tools may ask of a runtime that has these pallets, beside what is in its storage.
//!
//! The types of records belong to the pallets, so the declarations are generic in them; the metadata names them.

#![allow(missing_docs, reason = "the items are generated from the declarations")]

use crate::{JobId, JobSpec, Pool, ProviderId};
use alloc::vec::Vec;
use codec::Codec;
use polkadot_sdk::{sp_runtime::DispatchError, *};

sp_api::decl_runtime_apis! {
	/// Providers: who they are, whether they may serve, and what it would cost them to stop.
	pub trait ProvidersApi<Record, Filter, Preview, Reason>
	where
		Record: Codec,
		Filter: Codec,
		Preview: Codec,
		Reason: Codec,
	{
		/// A provider.
		fn provider(provider: ProviderId) -> Option<Record>;

		/// Providers from `cursor` on that pass the filter, at most a page, and where to go on; none at the end.
		fn providers(filter: Filter, cursor: ProviderId) -> (Vec<(ProviderId, Record)>, Option<ProviderId>);

		/// What it would cost a provider to be gone from now on; or, where it is gone, to stay so.
		fn downtime_preview(provider: ProviderId) -> Option<Preview>;

		/// The first rule, with its numbers, by which the provider does not serve the job; none where it would.
		/// The outer option is none where there is no such job.
		fn eligibility(provider: ProviderId, job: JobId) -> Option<Result<(), Reason>>;
	}

	/// The market: what a job would cost, what stands in the book, and why a job has not started.
	pub trait MarketApi<Job, JobFilter, Offer, OfferFilter, Book, Quote, Waits, Reason, Stats, Era, Rules>
	where
		Job: Codec,
		JobFilter: Codec,
		Offer: Codec,
		OfferFilter: Codec,
		Book: Codec,
		Quote: Codec,
		Waits: Codec,
		Reason: Codec,
		Stats: Codec,
		Era: Codec,
		Rules: Codec,
	{
		/// What a job would cost, and when it would start, if it were submitted now; or why it would be refused. Whether its
		/// requester has the money is not looked at.
		fn quote(spec: JobSpec) -> Result<Quote, DispatchError>;

		/// The best levels of a pool, at most `depth` on each side.
		fn book(pool: Pool, depth: u8) -> Book;

		/// Offers that pass the filter, at most a page, from behind `cursor` on, and where to go on; none at the end.
		fn offers(filter: OfferFilter, cursor: Option<ProviderId>) -> (Vec<Offer>, Option<ProviderId>);

		/// A live job.
		fn job(job: JobId) -> Option<Job>;

		/// Live jobs that pass the filter, at most a page, from behind `cursor` on, and where to go on; none at the end.
		fn jobs(filter: JobFilter, cursor: Option<JobId>) -> (Vec<(JobId, Job)>, Option<JobId>);

		/// What a live job waits for; for a pending one, the first rule that keeps it from being assigned.
		fn explain(job: JobId) -> Option<Waits>;

		/// The first rule, with its numbers, by which the provider does not serve the job; none where it would.
		/// The outer option is none where there is no such job.
		fn explain_match(job: JobId, provider: ProviderId) -> Option<Result<(), Reason>>;

		/// What the market is and has done.
		fn network_stats() -> Stats;

		/// What a pool has done in an era, the running one or one that is remembered; none where it did nothing.
		fn pool_era(pool: Pool, era: u32) -> Option<Era>;

		/// The governed figures of the market and of the device classes, as they hold for new jobs.
		fn rules() -> Rules;
	}

	/// Usage rewards: what a provider has earned, and what each era pays.
	pub trait RewardsApi<Earning, Reward>
	where
		Earning: Codec,
		Reward: Codec,
	{
		/// What a provider has earned and nobody has claimed, newest era first, the running one included.
		fn reward_preview(provider: ProviderId) -> Vec<Earning>;

		/// What the last `count` eras pay that are closed, newest first, as far as they are remembered.
		fn era_rewards(count: u32) -> Vec<(u32, Reward)>;
	}
}
