//! A chain whose blocks, storage and answers a test puts there.

use super::samples;
use crate::rpc::compute::{
	blocks::{Blocks, Place, Route},
	events::key,
};
use codec::Encode;
use futures::{
	channel::mpsc::{unbounded, UnboundedSender},
	stream::BoxStream,
	StreamExt,
};
use millrace_primitives::{JobId, JobSpec, Pool, ProviderId};
use millrace_runtime::{
	configs::millrace::MarketFigures, opaque::Block, AccountId, BlockNumber, Hash, Runtime, RuntimeEvent,
};
use pallet_market::{
	reads::types::{BookView, JobFilter, NetworkStats, Offer, OfferFilter, Quote, Waits},
	types::{PoolEra, Unfit},
	JobOf,
};
use pallet_providers::{types::ProviderFilter, DowntimePreview, ProviderOf};
use pallet_rewards::types::{EraEarning, EraReward};
use polkadot_sdk::{
	frame_system::{EventRecord, Phase},
	sp_api::{self, ApiError, ApiRef, ProvideRuntimeApi},
	sp_blockchain::Error,
	sp_core::OpaqueMetadata,
	sp_runtime::DispatchError,
};
use std::{
	collections::{HashMap, HashSet},
	fmt::Debug,
	sync::{Arc, Mutex},
};

/// The blocks, what is stored at them, and what the runtime answers.
pub(super) struct Chain {
	state: Mutex<State>,
	answers: Answers,
}

struct State {
	blocks: HashMap<Hash, (BlockNumber, Hash)>,
	stored: HashMap<(Hash, Vec<u8>), Vec<u8>>,
	discarded: HashSet<Hash>,
	best: Hash,
	finalised: Hash,
	watching: Vec<UnboundedSender<()>>,
}

/// What the runtime answers, and what it was asked.
#[derive(Clone)]
pub(super) struct Answers {
	pub(super) quote: Result<Quote, DispatchError>,
	pub(super) waits: Option<Waits>,
	pub(super) fits: Option<Result<(), Unfit>>,
	pub(super) job: Option<JobOf<Runtime>>,
	pub(super) provider: Option<ProviderOf<Runtime>>,
	/// Why the statistics cannot be read.
	pub(super) trouble: Option<fn() -> ApiError>,
	pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl Default for Answers {
	fn default() -> Self {
		Answers {
			quote: Ok(samples::quote()),
			waits: None,
			fits: None,
			job: Some(samples::job()),
			provider: Some(samples::provider()),
			trouble: None,
			asked: Arc::default(),
		}
	}
}

impl Answers {
	fn note(&self, asked: impl Debug) {
		self.asked.lock().expect("a test").push(format!("{asked:?}"));
	}
}

/// The hash of the block that a test calls so.
pub(super) fn block(name: u64) -> Hash {
	Hash::from_low_u64_be(name)
}

impl Chain {
	/// A chain of the blocks 0 to 3, of which 1 is final.
	pub(super) fn new(answers: Answers) -> Arc<Chain> {
		let state = State {
			blocks: HashMap::from([(block(0), (0, Hash::zero()))]),
			stored: HashMap::new(),
			discarded: HashSet::new(),
			best: block(0),
			finalised: block(0),
			watching: Vec::new(),
		};
		let chain = Chain {
			state: Mutex::new(state),
			answers,
		};
		for name in 1..=3 {
			chain.import(block(name), block(name - 1), &[]);
		}
		chain.finalise(block(1));
		Arc::new(chain)
	}

	/// Adds a block with these events, which becomes the best one.
	pub(super) fn import(&self, hash: Hash, parent: Hash, events: &[RuntimeEvent]) {
		let records: Vec<EventRecord<RuntimeEvent, Hash>> = events
			.iter()
			.map(|event| EventRecord {
				phase: Phase::ApplyExtrinsic(0),
				event: event.clone(),
				topics: Vec::new(),
			})
			.collect();
		self.import_encoded(hash, parent, records.encode());
	}

	/// The same with events that may be no events.
	pub(super) fn import_encoded(&self, hash: Hash, parent: Hash, events: Vec<u8>) {
		self.store(hash, &key(), events);
		let mut state = self.state.lock().expect("a test");
		let number = state.blocks[&parent].0 + 1;
		state.blocks.insert(hash, (number, parent));
		state.best = hash;
		state.wake();
	}

	/// Makes a block final.
	pub(super) fn finalise(&self, hash: Hash) {
		let mut state = self.state.lock().expect("a test");
		state.finalised = hash;
		state.wake();
	}

	/// Stores a value at a block.
	pub(super) fn store(&self, at: Hash, key: &[u8], value: Vec<u8>) {
		self.state
			.lock()
			.expect("a test")
			.stored
			.insert((at, key.to_vec()), value);
	}

	/// Discards the state of a block.
	pub(super) fn discard(&self, at: Hash) {
		self.state.lock().expect("a test").discarded.insert(at);
	}

	/// The best block.
	pub(super) fn best(&self) -> Hash {
		self.state.lock().expect("a test").best
	}

	/// What the runtime was asked last.
	pub(super) fn asked(&self) -> String {
		let asked = self.answers.asked.lock().expect("a test");
		asked.last().cloned().unwrap_or_default()
	}

	/// Ends every stream of changes, as a node does that stops.
	pub(super) fn stop(&self) {
		self.state.lock().expect("a test").watching.clear();
	}
}

impl State {
	fn wake(&mut self) {
		self.watching.retain(|watching| watching.unbounded_send(()).is_ok());
	}

	fn check(&self, at: Hash) -> Result<(), Error> {
		if !self.blocks.contains_key(&at) || self.discarded.contains(&at) {
			return Err(Error::UnknownBlock(format!("State already discarded for {at:?}")));
		}
		Ok(())
	}

	fn place(&self, hash: Hash) -> Place {
		Place {
			hash,
			number: self.blocks[&hash].0,
		}
	}
}

impl Blocks for Chain {
	fn genesis(&self) -> Hash {
		block(0)
	}

	fn head(&self, finalised: bool) -> Place {
		let state = self.state.lock().expect("a test");
		state.place(if finalised { state.finalised } else { state.best })
	}

	fn find(&self, block: Hash) -> Result<Option<(BlockNumber, Hash)>, Error> {
		Ok(self.state.lock().expect("a test").blocks.get(&block).copied())
	}

	fn stored(&self, at: Hash, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
		let state = self.state.lock().expect("a test");
		state.check(at)?;
		Ok(state.stored.get(&(at, key.to_vec())).cloned())
	}

	fn code(&self, at: Hash) -> Result<Option<Hash>, Error> {
		self.state.lock().expect("a test").check(at)?;
		Ok(Some(Hash::repeat_byte(0xc0)))
	}

	fn route(&self, from: Hash, to: Hash) -> Result<Route, Error> {
		let state = self.state.lock().expect("a test");
		let (mut left, mut right) = (state.place(from), state.place(to));
		let mut route = Route::default();
		while left.hash != right.hash {
			if left.number >= right.number {
				route.retracted.push(left);
				left = state.place(state.blocks[&left.hash].1);
			} else {
				route.enacted.insert(0, right);
				right = state.place(state.blocks[&right.hash].1);
			}
		}
		Ok(route)
	}

	fn changes(&self, _: bool) -> BoxStream<'static, ()> {
		let (sender, receiver) = unbounded();
		self.state.lock().expect("a test").watching.push(sender);
		receiver.boxed()
	}
}

impl ProvideRuntimeApi<Block> for Chain {
	type Api = Answers;

	fn runtime_api(&self) -> ApiRef<'_, Answers> {
		self.answers.clone().into()
	}
}

sp_api::mock_impl_runtime_apis! {
	impl
		millrace_primitives::api::MarketApi<
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
		> for Answers
	{
		fn quote(&self, spec: JobSpec) -> Result<Quote, DispatchError> {
			self.note(spec);
			self.quote
		}

		fn book(&self, pool: Pool, depth: u8) -> BookView {
			self.note((pool, depth));
			samples::book()
		}

		fn offers(&self, filter: OfferFilter, cursor: Option<ProviderId>) -> (Vec<Offer>, Option<ProviderId>) {
			self.note((filter, cursor));
			(vec![samples::offer()], Some(ProviderId(9)))
		}

		fn job(&self, job: JobId) -> Option<JobOf<Runtime>> {
			self.note(job);
			self.job.clone()
		}

		fn jobs(
			&self,
			filter: JobFilter<AccountId>,
			cursor: Option<JobId>,
		) -> (Vec<(JobId, JobOf<Runtime>)>, Option<JobId>) {
			self.note((filter, cursor));
			(vec![(samples::id(), samples::job())], Some(samples::id()))
		}

		fn explain(&self, job: JobId) -> Option<Waits> {
			self.note(job);
			self.waits
		}

		fn explain_match(&self, job: JobId, provider: ProviderId) -> Option<Result<(), Unfit>> {
			self.note((job, provider));
			self.fits
		}

		#[advanced]
		fn network_stats(&self, _at: Hash) -> Result<NetworkStats, ApiError> {
			match self.trouble {
				Some(trouble) => Err(trouble()),
				None => Ok(samples::stats()),
			}
		}

		fn pool_era(&self, pool: Pool, era: u32) -> Option<PoolEra> {
			self.note((pool, era));
			(era == 5).then(samples::era)
		}

		fn rules(&self) -> MarketFigures {
			samples::rules()
		}
	}

	impl millrace_primitives::api::ProvidersApi<Block, ProviderOf<Runtime>, ProviderFilter<AccountId>, DowntimePreview, Unfit>
		for Answers
	{
		fn provider(&self, provider: ProviderId) -> Option<ProviderOf<Runtime>> {
			self.note(provider);
			self.provider.clone()
		}

		fn providers(
			&self,
			filter: ProviderFilter<AccountId>,
			cursor: ProviderId,
		) -> (Vec<(ProviderId, ProviderOf<Runtime>)>, Option<ProviderId>) {
			self.note((filter, cursor));
			(vec![(ProviderId(3), samples::provider())], None)
		}

		fn downtime_preview(&self, _provider: ProviderId) -> Option<DowntimePreview> {
			None
		}

		fn eligibility(&self, _provider: ProviderId, _job: JobId) -> Option<Result<(), Unfit>> {
			None
		}
	}

	impl millrace_primitives::api::RewardsApi<Block, EraEarning, EraReward> for Answers {
		fn reward_preview(&self, provider: ProviderId) -> Vec<EraEarning> {
			self.note(provider);
			samples::earnings()
		}

		fn era_rewards(&self, count: u32) -> Vec<(u32, EraReward)> {
			self.note(count);
			samples::era_rewards()
		}
	}

	impl sp_api::Metadata<Block> for Answers {
		fn metadata(&self) -> OpaqueMetadata {
			OpaqueMetadata::new(super::metadata().encode())
		}

		fn metadata_at_version(&self, _version: u32) -> Option<OpaqueMetadata> {
			None
		}

		fn metadata_versions(&self) -> Vec<u32> {
			vec![14]
		}
	}
}
