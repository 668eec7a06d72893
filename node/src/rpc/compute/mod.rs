//! `compute_v1_*`: the market and its providers in plain JSON, for clients that know no SCALE.
//!
//! Every read asks the runtime at one block, the best one where none is named, and says which it was: nothing is computed
//! here, and what the runtime bounds stays bounded. `docs/json-rpc.md` documents each method; [`reads`] has them,
//! [`subscribe`] the subscription, [`error`] every code.

mod blocks;
mod error;
mod events;
mod given;
mod known;
mod market;
mod providers;
mod reads;
mod reasons;
mod rewards;
mod rules;
mod stats;
mod subscribe;
mod terms;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use self::blocks::Blocks;
use self::{
	error::Failure,
	events::JobEvent,
	given::{Fields, Parameters},
	known::Known,
};
use codec::Decode;
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use millrace_primitives::{
	api::{MarketApi, ProvidersApi, RewardsApi},
	JobId,
};
use millrace_runtime::{configs::millrace::MarketFigures, opaque::Block, AccountId, Hash, Runtime};
use pallet_market::{
	reads::types::{BookView, JobFilter, NetworkStats, Offer, OfferFilter, Quote, Waits},
	types::{PoolEra, Unfit},
	JobOf, Jobs,
};
use pallet_providers::{types::ProviderFilter, DowntimePreview, ProviderOf};
use pallet_rewards::types::{EraEarning, EraReward};
use polkadot_sdk::{
	sp_api::{ApiError, ApiExt, Metadata, ProvideRuntimeApi, RuntimeApiInfo},
	sp_blockchain::Error as BlockchainError,
	sp_runtime::DispatchError,
};
use std::{
	collections::VecDeque,
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};

/// How long a subscription waits for a client that does not read.
const PATIENCE: Duration = Duration::from_secs(20);
/// Blocks whose events are kept, so that many subscriptions read each block once.
const KEPT_BLOCKS: usize = 32;

/// What the runtime answers about the market.
pub(crate) type Market<'a> = dyn MarketApi<
		Block,
		JobOf<Runtime>,
		JobFilter<AccountId>,
		Offer,
		OfferFilter,
		BookView,
		Quote,
		Waits,
		Unfit,
		NetworkStats,
		PoolEra,
		MarketFigures,
	> + 'a;
/// What the runtime answers about providers.
pub(crate) type Providers<'a> =
	dyn ProvidersApi<Block, ProviderOf<Runtime>, ProviderFilter<AccountId>, DowntimePreview, Unfit> + 'a;
/// What the runtime answers about usage rewards.
pub(crate) type Rewards<'a> = dyn RewardsApi<Block, EraEarning, EraReward> + 'a;

/// All that is asked of the runtime here.
pub(crate) trait ComputeApis:
	MarketApi<
		Block,
		JobOf<Runtime>,
		JobFilter<AccountId>,
		Offer,
		OfferFilter,
		BookView,
		Quote,
		Waits,
		Unfit,
		NetworkStats,
		PoolEra,
		MarketFigures,
	> + ProvidersApi<Block, ProviderOf<Runtime>, ProviderFilter<AccountId>, DowntimePreview, Unfit>
	+ RewardsApi<Block, EraEarning, EraReward>
	+ Metadata<Block>
	+ ApiExt<Block>
{
}

impl<A> ComputeApis for A where
	A: MarketApi<
			Block,
			JobOf<Runtime>,
			JobFilter<AccountId>,
			Offer,
			OfferFilter,
			BookView,
			Quote,
			Waits,
			Unfit,
			NetworkStats,
			PoolEra,
			MarketFigures,
		> + ProvidersApi<Block, ProviderOf<Runtime>, ProviderFilter<AccountId>, DowntimePreview, Unfit>
		+ RewardsApi<Block, EraEarning, EraReward>
		+ Metadata<Block>
		+ ApiExt<Block>
{
}

/// Where the answers come from.
pub(crate) trait Source: Blocks + ProvideRuntimeApi<Block, Api: ComputeApis> {}

impl<C> Source for C where C: Blocks + ProvideRuntimeApi<Block, Api: ComputeApis> {}

/// What answers the methods.
pub(crate) struct Compute<C> {
	client: Arc<C>,
	/// What is known of the runtime that was asked about last, by the hash of its code.
	known: Mutex<Option<(Hash, Arc<Known>)>>,
	/// What happened to jobs in the blocks that were asked about last.
	events: Mutex<VecDeque<(Hash, Arc<Vec<JobEvent>>)>>,
	patience: Duration,
}

/// The methods, ready to be served.
///
/// Fails if two of them have the same name.
pub(crate) fn methods<C: Source>(client: Arc<C>) -> Result<RpcModule<Compute<C>>, RegisterMethodError> {
	serve(Compute::new(client, PATIENCE))
}

fn serve<C: Source>(compute: Compute<C>) -> Result<RpcModule<Compute<C>>, RegisterMethodError> {
	let mut module = RpcModule::new(compute);
	for method in reads::all() {
		// The runtime computes for as long as it likes; whoever serves others meanwhile must not wait.
		module.register_blocking_method(method.name, move |params, compute, _| {
			let given = Parameters::read(&params, method.parameters)?;
			(method.answer)(&compute, &given.fields())
		})?;
	}
	subscribe::register(&mut module)?;
	Ok(module)
}

/// Another thread that stopped while it held the lock has left behind what was right before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Source> Compute<C> {
	fn new(client: Arc<C>, patience: Duration) -> Self {
		Compute {
			client,
			known: Mutex::new(None),
			events: Mutex::new(VecDeque::new()),
			patience,
		}
	}

	/// The block that a request names, or the best one.
	fn block(&self, given: &Fields<'_>) -> Result<Hash, Failure> {
		let Some(at) = given.optional("at") else {
			return Ok(self.client.head(false).hash);
		};
		let at = at.hash()?;
		match self.client.find(at) {
			Ok(Some(_)) => Ok(at),
			Ok(None) => Err(Failure::UnknownBlock(at)),
			Err(error) => Err(Failure::Failed(error.to_string())),
		}
	}

	/// Asks the runtime at a block.
	fn ask<A: RuntimeApiInfo + ?Sized, T>(
		&self,
		at: Hash,
		call: impl FnOnce(&C::Api) -> Result<T, ApiError>,
	) -> Result<T, Failure> {
		let api = self.client.runtime_api();
		call(&api).map_err(|error| self.why_not::<A>(at, error))
	}

	/// Why the runtime at a block did not answer.
	fn why_not<A: RuntimeApiInfo + ?Sized>(&self, at: Hash, error: ApiError) -> Failure {
		if let Err(failure) = self.code(at) {
			return failure;
		}
		let what = "what this method asks and is answered";
		let answers = self.client.runtime_api().has_api::<A>(at);
		match error {
			ApiError::FailedToDecodeReturnValue { .. }
			| ApiError::FailedToConvertReturnValue { .. }
			| ApiError::FailedToConvertParameter { .. } => Failure::OtherRuntime { at, what },
			_ if answers.is_ok_and(|answers| !answers) => Failure::OtherRuntime { at, what },
			error => Failure::Failed(error.to_string()),
		}
	}

	/// Why the chain would refuse something, in the words of its runtime at this block.
	fn refusal(&self, at: Hash, error: DispatchError) -> Failure {
		let DispatchError::Module(error) = error else {
			return Failure::Refused {
				by: "System".to_owned(),
				error: <&str>::from(error).to_owned(),
				about: String::new(),
			};
		};
		match self.known(at) {
			Ok(known) => match known.error(&error) {
				Some(text) => Failure::Refused {
					by: text.pallet.clone(),
					error: text.name.clone(),
					about: text.about.clone(),
				},
				None => Failure::OtherRuntime {
					at,
					what: "the errors of its pallets",
				},
			},
			Err(failure) => failure,
		}
	}

	/// What the metadata of the runtime at a block says.
	fn known(&self, at: Hash) -> Result<Arc<Known>, Failure> {
		let code = self.code(at)?;
		let mut last = lock(&self.known);
		if let Some((_, known)) = last.as_ref().filter(|(of, _)| *of == code) {
			return Ok(known.clone());
		}
		let metadata = self.ask::<dyn Metadata<Block>, _>(at, |api| api.metadata(at))?;
		let known = Arc::new(Known::read(&metadata).ok_or(Failure::OtherRuntime {
			at,
			what: "the form of its metadata",
		})?);
		*last = Some((code, known.clone()));
		Ok(known)
	}

	/// The hash of the runtime's code at a block.
	fn code(&self, at: Hash) -> Result<Hash, Failure> {
		let code = self.client.code(at).map_err(|error| self.unreadable(at, error))?;
		code.ok_or_else(|| Failure::Failed(format!("the block {at:?} has no runtime")))
	}

	/// Why the state of a block cannot be read.
	fn unreadable(&self, at: Hash, error: BlockchainError) -> Failure {
		match (self.client.find(at), error) {
			(Ok(None), _) => Failure::UnknownBlock(at),
			(Ok(Some(_)), BlockchainError::UnknownBlock(_)) => Failure::StateDiscarded(at),
			(_, error) => Failure::Failed(error.to_string()),
		}
	}

	/// Reads what is stored under a key.
	fn stored<T: Decode>(&self, at: Hash, key: &[u8], what: &'static str) -> Result<Option<T>, Failure> {
		let encoded = self
			.client
			.stored(at, key)
			.map_err(|error| self.unreadable(at, error))?;
		let decode = |encoded: Vec<u8>| codec::DecodeAll::decode_all(&mut &*encoded);
		encoded
			.map(decode)
			.transpose()
			.map_err(|_| Failure::OtherRuntime { at, what })
	}

	/// What happened to jobs in a block, in order.
	fn events(&self, at: Hash) -> Result<Arc<Vec<JobEvent>>, Failure> {
		// Held while the block is read: whoever else asks for it waits instead of reading it too.
		let mut kept = lock(&self.events);
		if let Some((_, events)) = kept.iter().find(|(of, _)| *of == at) {
			return Ok(events.clone());
		}
		let events = Arc::new(self.read_events(at)?);
		kept.push_back((at, events.clone()));
		while kept.len() > KEPT_BLOCKS {
			kept.pop_front();
		}
		Ok(events)
	}

	fn read_events(&self, at: Hash) -> Result<Vec<JobEvent>, Failure> {
		const OTHER: &str = "the events of its blocks";
		let known = self.known(at)?;
		if !known.events {
			return Err(Failure::OtherRuntime { at, what: OTHER });
		}
		let encoded = self.client.stored(at, &events::key());
		let Some(encoded) = encoded.map_err(|error| self.unreadable(at, error))? else {
			return Ok(Vec::new());
		};
		let mut events = events::read(&encoded, &known).ok_or(Failure::OtherRuntime { at, what: OTHER })?;
		for place in 0..events.len() {
			if events[place].requester.is_none() {
				let job = events[place].job;
				let said = events
					.iter()
					.find(|event| event.job == job && event.requester.is_some());
				let said = said.and_then(|event| event.requester.clone());
				events[place].requester = match said {
					Some(requester) => Some(requester),
					None => self.requester(at, job)?,
				};
			}
		}
		Ok(events)
	}

	/// Whose job this is, which was alive at some point of a block.
	fn requester(&self, at: Hash, job: JobId) -> Result<Option<AccountId>, Failure> {
		let key = Jobs::<Runtime>::hashed_key_for(job);
		let find = |at| self.stored::<JobOf<Runtime>>(at, &key, "what a job is");
		if let Some(job) = find(at)? {
			return Ok(Some(job.requester));
		}
		// It has ended in this block, so it is still there in the one before.
		let found = self.client.find(at).map_err(|error| self.unreadable(at, error))?;
		let (_, parent) = found.ok_or(Failure::UnknownBlock(at))?;
		Ok(find(parent)?.map(|job| job.requester))
	}
}
