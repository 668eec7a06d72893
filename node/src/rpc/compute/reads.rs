//! The methods that answer once.

use super::{
	error::Failure,
	given::Fields,
	market, providers,
	reasons::{serves, waits},
	rewards, rules, stats,
	terms::{read_pool, read_spec},
	text::{decimal, hash, maybe, object},
	Compute, Market, Providers, Rewards, Source,
};
use millrace_primitives::{
	api::{MarketApi, ProvidersApi, RewardsApi},
	job::job_id,
	JobId, ProviderId, HISTORY_ERAS,
};
use millrace_runtime::{Hash, Runtime};
use pallet_market::{types::Requester, Requesters};
use serde_json::Value;

/// How many levels of a book are answered where a request does not say it.
const DEPTH: u8 = 10;

/// A method: its name, its parameters in their order, and what answers it.
pub(super) struct Method<C> {
	pub(super) name: &'static str,
	pub(super) parameters: &'static [&'static str],
	pub(super) answer: fn(&Compute<C>, &Fields<'_>) -> Result<Value, Failure>,
}

/// Every method that answers once.
pub(super) fn all<C: Source>() -> [Method<C>; 15] {
	let method = |name, parameters, answer| Method {
		name,
		parameters,
		answer,
	};
	[
		method("compute_v1_quote", &["spec", "at"], Compute::quote),
		method("compute_v1_book", &["pool", "depth", "at"], Compute::book),
		method("compute_v1_offers", &["filter", "cursor", "at"], Compute::offers),
		method("compute_v1_job", &["job", "at"], Compute::job),
		method("compute_v1_jobs", &["filter", "cursor", "at"], Compute::jobs),
		method("compute_v1_jobId", &["requester", "spec", "at"], Compute::job_id),
		method("compute_v1_explain", &["job", "at"], Compute::explain),
		method(
			"compute_v1_explainMatch",
			&["job", "provider", "at"],
			Compute::explain_match,
		),
		method("compute_v1_networkStats", &["at"], Compute::network_stats),
		method("compute_v1_poolEra", &["pool", "era", "at"], Compute::pool_era),
		method("compute_v1_rules", &["at"], Compute::rules),
		method("compute_v1_provider", &["provider", "at"], Compute::provider),
		method("compute_v1_providers", &["filter", "cursor", "at"], Compute::providers),
		method("compute_v1_rewardPreview", &["provider", "at"], Compute::reward_preview),
		method("compute_v1_eraRewards", &["count", "at"], Compute::era_rewards),
	]
}

/// A value, and the block for which it holds.
fn answer(at: Hash, value: Value) -> Value {
	object([("at", hash(at)), ("value", value)])
}

impl<C: Source> Compute<C> {
	/// What a job would cost, and when it would start, if it were submitted now.
	fn quote(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let spec = read_spec(given.needed("spec")?)?;
		let at = self.block(given)?;
		let quote = self.ask::<Market, _>(at, |api| api.quote(at, spec))?;
		let quote = quote.map_err(|error| self.refusal(at, error))?;
		Ok(answer(at, market::quote(&quote)))
	}

	/// The best levels of a pool.
	fn book(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let pool = read_pool(given.needed("pool")?)?;
		let depth = given
			.optional("depth")
			.map_or(Ok(DEPTH), |depth| depth.u8(1, u8::MAX))?;
		let at = self.block(given)?;
		let book = self.ask::<Market, _>(at, |api| api.book(at, pool, depth))?;
		Ok(answer(at, market::book(&book)))
	}

	/// Offers that pass a filter, a page at a time.
	fn offers(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let filter = market::read_offer_filter(given)?;
		let cursor = given.optional("cursor").map(|cursor| cursor.u32()).transpose()?;
		let at = self.block(given)?;
		let offers = self.ask::<Market, _>(at, |api| api.offers(at, filter, cursor.map(ProviderId)))?;
		Ok(answer(at, market::offers(&offers)))
	}

	/// A live job.
	fn job(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let id = JobId(given.needed("job")?.hash()?);
		let at = self.block(given)?;
		let job = self.ask::<Market, _>(at, |api| api.job(at, id))?;
		Ok(answer(at, maybe(job, |job| market::job(id, &job))))
	}

	/// Live jobs that pass a filter, a page at a time.
	fn jobs(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let filter = market::read_job_filter(given)?;
		let cursor = given.optional("cursor").map(|cursor| cursor.hash()).transpose()?;
		let at = self.block(given)?;
		let jobs = self.ask::<Market, _>(at, |api| api.jobs(at, filter, cursor.map(JobId)))?;
		Ok(answer(at, market::jobs(&jobs)))
	}

	/// The id that a job would have if it were the next one of its requester.
	fn job_id(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let requester = given.needed("requester")?.account()?;
		let spec = read_spec(given.needed("spec")?)?;
		let at = self.block(given)?;
		if !self.known(at)?.ids {
			return Err(Failure::OtherRuntime {
				at,
				what: "what a job's id is made of",
			});
		}
		let key = Requesters::<Runtime>::hashed_key_for(&requester);
		let record: Option<Requester> = self.stored(at, &key, "what is known of requesters")?;
		let nonce = record.map_or(0, |record| record.nonce);
		let id = job_id(&self.client.genesis(), &requester, nonce, &spec);
		Ok(answer(at, object([("job", hash(id.0)), ("nonce", decimal(nonce))])))
	}

	/// What a live job waits for.
	fn explain(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let id = JobId(given.needed("job")?.hash()?);
		let at = self.block(given)?;
		let waiting = self.ask::<Market, _>(at, |api| api.explain(at, id))?;
		Ok(answer(at, maybe(waiting, waits)))
	}

	/// Whether a provider serves a job, and if not, why.
	fn explain_match(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let id = JobId(given.needed("job")?.hash()?);
		let provider = ProviderId(given.needed("provider")?.u32()?);
		let at = self.block(given)?;
		let fits = self.ask::<Market, _>(at, |api| api.explain_match(at, id, provider))?;
		Ok(answer(at, maybe(fits, serves)))
	}

	/// What the market is and has done.
	fn network_stats(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let at = self.block(given)?;
		let stats = self.ask::<Market, _>(at, |api| api.network_stats(at))?;
		Ok(answer(at, stats::stats(&stats)))
	}

	/// What a pool has done in an era that is remembered.
	fn pool_era(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let pool = read_pool(given.needed("pool")?)?;
		let number = given.needed("era")?.u32()?;
		let at = self.block(given)?;
		let era = self.ask::<Market, _>(at, |api| api.pool_era(at, pool, number))?;
		Ok(answer(at, maybe(era, |era| stats::era(&era))))
	}

	/// The governed figures.
	fn rules(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let at = self.block(given)?;
		let figures = self.ask::<Market, _>(at, |api| api.rules(at))?;
		Ok(answer(at, rules::rules(&figures)))
	}

	/// A provider.
	fn provider(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let id = ProviderId(given.needed("provider")?.u32()?);
		let at = self.block(given)?;
		let found = self.ask::<Providers, _>(at, |api| api.provider(at, id))?;
		Ok(answer(at, maybe(found, |found| providers::provider(id, &found))))
	}

	/// Providers that pass a filter, a page at a time.
	fn providers(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let filter = providers::read_filter(given)?;
		let cursor = given.optional("cursor").map_or(Ok(0), |cursor| cursor.u32())?;
		let at = self.block(given)?;
		let (page, next) = self.ask::<Providers, _>(at, |api| api.providers(at, filter, ProviderId(cursor)))?;
		Ok(answer(at, providers::providers(&page, next)))
	}

	/// What a provider has earned and nobody has claimed for it, era by era.
	fn reward_preview(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let provider = ProviderId(given.needed("provider")?.u32()?);
		let at = self.block(given)?;
		let earnings = self.ask::<Rewards, _>(at, |api| api.reward_preview(at, provider))?;
		Ok(answer(at, rewards::preview(&earnings)))
	}

	/// What the last eras pay that are over.
	fn era_rewards(&self, given: &Fields<'_>) -> Result<Value, Failure> {
		let count = given.optional("count").map_or(Ok(HISTORY_ERAS), |count| count.u32())?;
		let at = self.block(given)?;
		let eras = self.ask::<Rewards, _>(at, |api| api.era_rewards(at, count))?;
		Ok(answer(at, rewards::eras(&eras)))
	}
}
