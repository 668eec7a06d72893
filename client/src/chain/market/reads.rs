//! The questions to the runtime behind [`Quote`], [`BookView`] and the others.

use super::{BookView, JobFilter, NetworkStats, OfferFilter, OfferView, PoolEra, Quote, Quoted, Waits};
use crate::chain::{
	convert::{FromRuntime, IntoPlain, IntoRuntime},
	error::ChainError,
	generated::api,
	inclusion::rejection,
	view::At,
	JobId, JobSpec, JobView, Pool, ProviderId, Unfit,
};
use futures::stream::{self, Stream, TryStreamExt};

impl At {
	/// What a job would cost, and when it would start, if it were submitted now; or the first rule by which it would be
	/// refused. Whether its requester has the money is not looked at.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn quote(&self, spec: JobSpec) -> Result<Quoted, ChainError> {
		let call = api::runtime_apis().market_api().quote(spec.into_runtime());
		match self.ask("a quote", call).await? {
			Ok(quote) => Ok(Ok(Quote::from_runtime(quote))),
			Err(refusal) => Ok(Err(rejection(&refusal, self.client.metadata())?)),
		}
	}

	/// The best levels of a pool, at most `depth` on each side.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn book(&self, pool: Pool, depth: u8) -> Result<BookView, ChainError> {
		let call = api::runtime_apis().market_api().book(pool.into_runtime(), depth);
		Ok(BookView::from_runtime(self.ask("the book", call).await?))
	}

	/// The offers that pass a filter, provider by provider. Asks for the next page when it is needed.
	pub fn offers<'a>(&'a self, filter: &'a OfferFilter) -> impl Stream<Item = Result<OfferView, ChainError>> + 'a {
		stream::try_unfold(Some(None), move |from: Option<Option<ProviderId>>| async move {
			let Some(cursor) = from else { return Ok(None) };
			let call = api::runtime_apis()
				.market_api()
				.offers(filter.into_runtime(), cursor.map(IntoRuntime::into_runtime));
			let (page, next) = self.ask("the offers", call).await?;
			// A node that went backwards would never come to an end.
			let next = next.map(IntoPlain::into_plain).filter(|next| Some(*next) > cursor);
			let offers = page.into_iter().map(|offer| Ok(OfferView::from_runtime(offer)));
			Ok(Some((stream::iter(offers), next.map(Some))))
		})
		.try_flatten()
	}

	/// The live jobs that pass a filter, in no order. Asks for the next page when it is needed.
	pub fn jobs_where<'a>(&'a self, filter: &'a JobFilter) -> impl Stream<Item = Result<JobView, ChainError>> + 'a {
		stream::try_unfold(Some(None), move |from: Option<Option<JobId>>| async move {
			let Some(cursor) = from else { return Ok(None) };
			let call = api::runtime_apis()
				.market_api()
				.jobs(filter.into_runtime(), cursor.map(IntoRuntime::into_runtime));
			let (page, next) = self.ask("the jobs", call).await?;
			let next = next.map(IntoPlain::into_plain).filter(|next| Some(*next) != cursor);
			let jobs = page
				.into_iter()
				.map(|(id, job)| Ok(JobView::from_runtime((id.into_plain(), job))));
			Ok(Some((stream::iter(jobs), next.map(Some))))
		})
		.try_flatten()
	}

	/// What a live job waits for. `None` where there is no such job.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn explain(&self, job: JobId) -> Result<Option<Waits>, ChainError> {
		let call = api::runtime_apis().market_api().explain(job.into_runtime());
		Ok(self.ask("what the job waits for", call).await?.map(Waits::from_runtime))
	}

	/// The first rule by which a provider does not serve a job. `None` where there is no such job.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn explain_match(
		&self,
		job: JobId,
		provider: ProviderId,
	) -> Result<Option<Result<(), Unfit>>, ChainError> {
		let call = api::runtime_apis()
			.market_api()
			.explain_match(job.into_runtime(), provider.into_runtime());
		let answer = self.ask("whether the provider serves the job", call).await?;
		Ok(answer.map(|serves| serves.map_err(Unfit::from_runtime)))
	}

	/// What the market is and has done.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn network_stats(&self) -> Result<NetworkStats, ChainError> {
		let call = api::runtime_apis().market_api().network_stats();
		Ok(NetworkStats::from_runtime(
			self.ask("the market's figures", call).await?,
		))
	}

	/// What a pool has done in an era: in the running one, or in one of the 84 before that are remembered. `None` where it
	/// did nothing in it, and where that era is not remembered or has not begun.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn pool_era(&self, pool: Pool, era: u32) -> Result<Option<PoolEra>, ChainError> {
		let call = api::runtime_apis().market_api().pool_era(pool.into_runtime(), era);
		Ok(self.ask("what a pool has done", call).await?.map(PoolEra::from_runtime))
	}
}
