//! The chain's state at one block.

use super::{
	by_name::ByName,
	convert::{self, FromRuntime, IntoPlain, IntoRuntime},
	error::{failed, ChainError},
	events::{job_event, JobEvent},
	generated::api,
	AccountBalance, AccountId, AskView, Block, ClassFigures, Demand, DeviceClass, JobId, JobView, KernelHash,
	KernelView, ProviderFilter, ProviderId, ProviderView, Rules, SlashId, SlashView, Tick,
};
use crate::amount::Balance;
use subxt::{
	constants,
	error::StorageError,
	runtime_apis::Payload,
	storage::{Address, PrefixOf},
	OnlineClientAtBlock, SubstrateConfig,
};

/// The chain at one block. Every read answers for that block, however much time passes.
#[derive(Clone, Debug)]
pub struct At {
	pub(super) client: OnlineClientAtBlock<SubstrateConfig>,
	pub(super) block: Block,
}

impl At {
	/// Which block.
	pub fn block(&self) -> Block {
		self.block
	}

	/// The protocol clock.
	///
	/// # Errors
	/// As every read: the node cannot be asked, or its runtime is another one.
	pub async fn tick(&self) -> Result<Tick, ChainError> {
		let clock = self
			.get("the protocol clock", api::storage().market().clock(), ())
			.await?;
		Ok(clock.map_or(0, |clock| clock.tick))
	}

	/// Whether the market takes no jobs and its clock stands.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn halted(&self) -> Result<bool, ChainError> {
		let clock = self
			.get("the protocol clock", api::storage().market().clock(), ())
			.await?;
		Ok(clock.is_some_and(|clock| clock.halted))
	}

	/// A live job.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn job(&self, id: JobId) -> Result<Option<JobView>, ChainError> {
		let job = self
			.get("a job", api::storage().market().jobs(), (id.into_runtime(),))
			.await?;
		Ok(job.map(|job| JobView::from_runtime((id, job))))
	}

	/// Every live job. For lists made for people: reads all of them.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn jobs(&self) -> Result<Vec<JobView>, ChainError> {
		let jobs = self.entries("the jobs", api::storage().market().jobs(), ()).await?;
		let jobs = jobs
			.into_iter()
			.map(|((id,), job)| JobView::from_runtime((id.into_plain(), job)));
		Ok(jobs.collect())
	}

	/// What is demanded of a job, while something is.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn demand(&self, job: JobId) -> Result<Option<Demand>, ChainError> {
		let demand = self
			.get(
				"a demand for leaves",
				api::storage().market().demands(),
				(job.into_runtime(),),
			)
			.await?;
		Ok(demand.map(Demand::from_runtime))
	}

	/// The ids of a provider's assigned, running and committed jobs.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn provider_jobs(&self, provider: ProviderId) -> Result<Vec<JobId>, ChainError> {
		let address = api::storage().market().provider_jobs();
		let jobs = self
			.entries("a provider's jobs", address, (provider.into_runtime(),))
			.await?;
		Ok(jobs.into_iter().map(|((_, id), ())| id.into_plain()).collect())
	}

	/// How many jobs an account has submitted: the nonce of its next job's id.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn job_nonce(&self, requester: AccountId) -> Result<u64, ChainError> {
		let record = self
			.get(
				"a requester's record",
				api::storage().market().requesters(),
				(requester,),
			)
			.await?;
		Ok(record.map_or(0, |record| record.nonce))
	}

	/// What happened to jobs in this block, in order.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn job_events(&self) -> Result<Vec<(JobId, JobEvent)>, ChainError> {
		const WHAT: &str = "a block's events";
		let events = self.client.events().fetch().await.map_err(failed(WHAT))?;
		let metadata = self.client.metadata();
		let mut found = Vec::new();
		for event in events.iter() {
			let event = event.map_err(failed(WHAT))?;
			if event.pallet_name() == "Market" {
				found.extend(job_event(&event, &metadata)?);
			}
		}
		Ok(found)
	}

	/// A provider.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn provider(&self, id: ProviderId) -> Result<Option<ProviderView>, ChainError> {
		let provider = self
			.get(
				"a provider",
				api::storage().providers().providers(),
				(id.into_runtime(),),
			)
			.await?;
		Ok(provider.map(|provider| ProviderView::from_runtime((id, provider))))
	}

	/// Every provider, by number.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn providers(&self) -> Result<Vec<ProviderView>, ChainError> {
		self.providers_where(&ProviderFilter::default()).await
	}

	/// A slash that was neither paid nor cancelled.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn slash(&self, id: SlashId) -> Result<Option<SlashView>, ChainError> {
		let slash = self
			.get(
				"a slash",
				api::storage().providers().slashes(),
				(convert::slash_id(id),),
			)
			.await?;
		Ok(slash.map(|slash| SlashView::from_runtime((id, slash))))
	}

	/// A provider's slashes that were neither paid nor cancelled, oldest first. Reads those of all providers, of which
	/// there are few.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn slashes(&self, provider: ProviderId) -> Result<Vec<SlashView>, ChainError> {
		let slashes = self
			.entries("the slashes", api::storage().providers().slashes(), ())
			.await?;
		let slashes = slashes
			.into_iter()
			.map(|((id,), slash)| SlashView::from_runtime((id.into_plain(), slash)));
		let mut slashes: Vec<SlashView> = slashes.collect();
		slashes.retain(|slash| slash.provider == provider);
		slashes.sort_by_key(|slash| slash.id);
		Ok(slashes)
	}

	/// The provider whose worker key this is.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn by_worker(&self, worker: AccountId) -> Result<Option<ProviderId>, ChainError> {
		let id = self
			.get("a worker's provider", api::storage().providers().workers(), (worker,))
			.await?;
		Ok(id.map(IntoPlain::into_plain))
	}

	/// The asks with which a provider stands in the book.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn asks(&self, provider: ProviderId) -> Result<Vec<AskView>, ChainError> {
		let asks = self
			.get(
				"a provider's asks",
				api::storage().market().asks(),
				(provider.into_runtime(),),
			)
			.await?;
		Ok(asks.map(convert::asks).unwrap_or_default())
	}

	/// What the chain knows of a kernel.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn kernel(&self, hash: KernelHash) -> Result<Option<KernelView>, ChainError> {
		let record = self
			.get("a kernel", api::storage().kernels().kernels(), (hash.into_runtime(),))
			.await?;
		Ok(record.map(|record| KernelView::from_runtime((hash, record))))
	}

	/// A kernel's encoding.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn bytecode(&self, hash: KernelHash) -> Result<Option<Vec<u8>>, ChainError> {
		let bytes = self
			.get(
				"a kernel's bytes",
				api::storage().kernels().bytecode(),
				(hash.into_runtime(),),
			)
			.await?;
		Ok(bytes.map(|bytes| bytes.0))
	}

	/// An account's money; all zero for one that does not exist.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn balance(&self, account: AccountId) -> Result<AccountBalance, ChainError> {
		let info = self
			.get("an account", api::storage().system().account(), (account,))
			.await?;
		Ok(info.map_or_else(AccountBalance::default, |info| AccountBalance {
			free: info.data.free,
			held: info.data.reserved,
			frozen: info.data.frozen,
		}))
	}

	/// An account's nonce: transactions with a smaller one are on the chain.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn nonce(&self, account: AccountId) -> Result<u64, ChainError> {
		self.client
			.tx()
			.account_nonce(&account)
			.await
			.map_err(failed("an account's nonce"))
	}

	/// All money there is, in planck.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn issuance(&self) -> Result<Balance, ChainError> {
		Ok(self
			.get("the issuance", api::storage().balances().total_issuance(), ())
			.await?
			.unwrap_or(0))
	}

	/// The least money that an account must have to exist, in planck.
	///
	/// # Errors
	/// The runtime is another one.
	pub fn existential_deposit(&self) -> Result<Balance, ChainError> {
		self.constant(
			"the existential deposit",
			api::constants().balances().existential_deposit(),
		)
	}

	/// The market's figures.
	///
	/// # Errors
	/// The runtime is another one.
	pub fn rules(&self) -> Result<Rules, ChainError> {
		self.constant("the market's rules", api::constants().market().rules())
			.map(Rules::from_runtime)
	}

	/// The figures of a device class; `None` for a class that the table lacks.
	///
	/// # Errors
	/// The runtime is another one.
	pub fn class(&self, class: DeviceClass) -> Result<Option<ClassFigures>, ChainError> {
		let table = self.constant("the table of device classes", api::constants().market().class_table())?;
		Ok(convert::class_figures(table, class))
	}

	pub(super) fn constant<A: constants::Address>(
		&self,
		what: &'static str,
		address: A,
	) -> Result<A::Target, ChainError> {
		self.client.constants().entry(ByName(address)).map_err(failed(what))
	}

	pub(super) async fn get<A: Address>(
		&self,
		what: &'static str,
		address: A,
		keys: A::KeyParts,
	) -> Result<Option<A::Value>, ChainError> {
		self.or_upgrading(self.stored(what, address, keys).await).await
	}

	/// All that is stored under a prefix of keys, in no order.
	pub(super) async fn entries<A: Address>(
		&self,
		what: &'static str,
		address: A,
		keys: impl PrefixOf<A::KeyParts>,
	) -> Result<Vec<(A::KeyParts, A::Value)>, ChainError> {
		self.or_upgrading(self.all_stored(what, address, keys).await).await
	}

	/// Asks the runtime at this block.
	pub(super) async fn ask<P: Payload>(&self, what: &'static str, call: P) -> Result<P::ReturnType, ChainError> {
		let answer = self.client.runtime_apis().call(ByName(call)).await;
		self.or_upgrading(answer.map_err(failed(what))).await
	}

	/// Whether something is stored there. Reading alone does not tell: for some entries a default stands in.
	pub(super) async fn is_stored<A: Address>(
		&self,
		what: &'static str,
		address: A,
		keys: A::KeyParts,
	) -> Result<bool, ChainError> {
		let storage = self.client.storage();
		let entry = storage.entry(ByName(address)).map_err(failed(what))?;
		let key = entry.fetch_key(keys).map_err(failed(what))?;
		match storage.fetch_raw(key).await {
			Ok(_) => Ok(true),
			Err(StorageError::NoValueFound) => Ok(false),
			Err(error) => Err(failed(what)(error)),
		}
	}

	/// What is stored, as it is.
	pub(super) async fn stored<A: Address>(
		&self,
		what: &'static str,
		address: A,
		keys: A::KeyParts,
	) -> Result<Option<A::Value>, ChainError> {
		let storage = self.client.storage();
		let found = storage.try_fetch(ByName(address), keys).await.map_err(failed(what))?;
		found.map(|value| value.decode()).transpose().map_err(failed(what))
	}

	async fn all_stored<A: Address>(
		&self,
		what: &'static str,
		address: A,
		keys: impl PrefixOf<A::KeyParts>,
	) -> Result<Vec<(A::KeyParts, A::Value)>, ChainError> {
		let storage = self.client.storage();
		let mut entries = storage.iter(ByName(address), keys).await.map_err(failed(what))?;
		let mut found = Vec::new();
		while let Some(entry) = entries.next().await {
			let entry = entry.map_err(failed(what))?;
			let key = entry.key().map_err(failed(what))?.decode().map_err(failed(what))?;
			let value = entry.value().decode().map_err(failed(what))?;
			found.push((key, value));
		}
		Ok(found)
	}
}
