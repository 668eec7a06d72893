//! Starts everything in the right order and stops it in the reverse one.
//!
//! The first SIGTERM or SIGINT takes nothing new, hands back what is not accepted and finishes what is; where the node is
//! gone and nothing is owed it ends within seconds. The second one stops at once; the journal keeps the state, and the next
//! start goes on from it.

use crate::{
	actor::{Actor, ActorError, Parts},
	backend::{Backend, BackendError, Limits as BackendLimits, OwnProgram, Quarantine, QuarantineError},
	config::Settings,
	device::{DeviceIdError, MachineId},
	endpoint::{
		limits::{Caps, Limits},
		routes::{router, Shared},
		server::serve,
		tls::TlsError,
	},
	halt::{HaltPoint, UnknownStep},
	jobs::Tools,
	journal::{Journal, JournalError, Step},
	keys::{Identity, IdentityError},
	selfcheck::SelfCheck,
	store::{create_private_dir, Store, StoreError},
	table::JobTable,
	tree::Trees,
	wire::{Wire, WireError},
};
use millrace_client::chain::{to_hex, AccountId, Chain, ChainError};
use std::{io, net::SocketAddr, path::absolute, sync::Arc, time::Duration};
use tokio::{
	net::TcpListener,
	signal::unix::{signal, SignalKind},
	task::spawn_blocking,
	time::sleep,
};
use tokio_util::sync::CancellationToken;

/// How long a start waits for the node.
const NODE_PATIENCE: Duration = Duration::from_secs(15);
/// Compiled kernels, in the state directory.
const KERNELS_DIR: &str = "kernels";
/// How long a start waits for another process to let go of the journal: a status command has it for a moment.
const JOURNAL_TRIES: u32 = 30;

/// What a run can fail with.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
	/// The keys.
	#[error(transparent)]
	Identity(#[from] IdentityError),
	/// The journal.
	#[error(transparent)]
	Journal(#[from] JournalError),
	/// The store.
	#[error(transparent)]
	Store(#[from] StoreError),
	/// Which devices may not be used is not known.
	#[error(transparent)]
	Quarantine(#[from] QuarantineError),
	/// The id of this machine.
	#[error("the id of this machine cannot be used")]
	DeviceId(#[from] DeviceIdError),
	/// Nothing computes.
	#[error(transparent)]
	Backend(#[from] BackendError),
	/// The chain cannot be reached or is another one.
	#[error(transparent)]
	Chain(#[from] ChainError),
	/// No provider names this worker.
	#[error("no provider names the worker key {0}")]
	NotAuthorised(AccountId),
	/// The endpoint's address cannot be used.
	#[error("the endpoint cannot listen on {address}")]
	Listen {
		/// The address.
		address: SocketAddr,
		/// Why not.
		#[source]
		source: io::Error,
	},
	/// The endpoint's key cannot be used.
	#[error("the endpoint cannot start")]
	Tls(#[from] TlsError),
	/// The sending connection.
	#[error(transparent)]
	Wire(#[from] WireError),
	/// The operating system gives no signals.
	#[error("signals cannot be received")]
	Signals(#[source] io::Error),
	/// `MILLRACE_HALT_AFTER` is wrong.
	#[error(transparent)]
	Halt(#[from] UnknownStep),
}

impl From<ActorError> for RunError {
	fn from(error: ActorError) -> Self {
		match error {
			ActorError::Journal(error) => Self::Journal(error),
			ActorError::Store(error) => Self::Store(error),
		}
	}
}

impl RunError {
	/// What to do about it.
	pub fn hint(&self) -> String {
		match self {
			Self::Identity(error) => error.hint(),
			Self::Journal(JournalError::InUse(_)) => {
				"another worker runs on this state directory; stop it, or name another with --state".to_owned()
			}
			Self::Journal(JournalError::Full(_)) | Self::Store(StoreError::Full(_)) => {
				"free some space and start again; nothing is lost, and accepted jobs go on where they were".to_owned()
			}
			Self::Journal(JournalError::UnknownRecord(_)) => {
				"start the version of millrace-worker that wrote it".to_owned()
			}
			Self::Journal(JournalError::Database { .. }) | Self::Store(_) => {
				"look at the disk and at the directory's rights".to_owned()
			}
			Self::Quarantine(error) => format!(
				"look at the directory's rights; if {} is damaged and every device is sound, delete it",
				error.path.display()
			),
			Self::DeviceId(error) => error.hint(),
			Self::Backend(error) => error.hint(),
			Self::Chain(error) => error.hint().to_owned(),
			Self::NotAuthorised(account) => format!(
				"the owner registers with `millrace provider register --worker {account} …`, or names this key with \
				 `millrace provider set-worker`"
			),
			Self::Listen { .. } => "choose another address with --listen".to_owned(),
			Self::Tls(_) => "run `millrace-worker init` again".to_owned(),
			Self::Wire(_) => "try again; if it goes on, look at the node's log".to_owned(),
			Self::Signals(_) => "start it on a Unix system".to_owned(),
			Self::Halt(_) => format!("steps: {}", Step::ALL.map(Step::name).join(", ")),
		}
	}

	/// The exit code: 3 for keys and settings, 4 for the chain, 1 for the rest.
	pub fn exit_code(&self) -> u8 {
		match self {
			Self::Identity(_)
			| Self::NotAuthorised(_)
			| Self::Listen { .. }
			| Self::Tls(_)
			| Self::Halt(_)
			| Self::Backend(_)
			| Self::DeviceId(_) => 3,
			Self::Chain(_) | Self::Wire(_) => 4,
			Self::Journal(_) | Self::Quarantine(_) | Self::Store(_) | Self::Signals(_) => 1,
		}
	}
}

/// Runs the worker until it is told to stop.
pub async fn run(settings: Settings) -> Result<(), RunError> {
	let halt = HaltPoint::from_environment()?;
	// Another part of the process may have installed a provider; any will do.
	let _ = rustls::crypto::ring::default_provider().install_default();
	let signals = Signals::listen()?;

	let identity = Identity::open(&settings.state)?;
	let journal = Arc::new(open_journal(&settings, halt).await?);
	let machine = MachineId::open(&settings.state)?;
	let store = Arc::new(Store::open(&settings.state, settings.quota)?);
	let live_jobs = journal
		.entries()?
		.iter()
		.filter(|(_, entry)| entry.step != Step::Ended)
		.count();
	match journal.refill_reserve() {
		// What was accepted must be finished, on a full disk too; its space was taken before.
		Err(error @ StoreError::Full(_)) if live_jobs > 0 => {
			tracing::error!(%error, live_jobs, "no new job will be taken until there is space");
		}
		result => result?,
	}

	let tools = Arc::new(start_tools(&settings).await?);
	let chain = Chain::connect(&settings.url, NODE_PATIENCE).await?;
	let account = identity.account();
	let at = chain.best().await?;
	let provider = at.by_worker(account).await?.ok_or(RunError::NotAuthorised(account))?;
	let on_chain = at.provider(provider).await?.map(|view| view.endpoint.tls_key.0);
	let tls_key = identity.tls.key_hash()?;
	if on_chain != Some(tls_key) {
		tracing::error!(
			on_chain = on_chain.map(|hash| to_hex(&hash)),
			here = to_hex(&tls_key),
			"the chain names another TLS key, so no requester will talk to this endpoint; the owner corrects it"
		);
	}
	let wire = Arc::new(Wire::connect(&settings.url, identity.key.pair().clone()).await?);

	let listener = TcpListener::bind(settings.listen)
		.await
		.map_err(|source| RunError::Listen {
			address: settings.listen,
			source,
		})?;
	let address = listener.local_addr().unwrap_or(settings.listen);
	let table = Arc::new(JobTable::new(store.clone()));
	let caps = Caps::default();
	let computes = tools.clone();
	let shared = Shared {
		genesis: chain.genesis().0,
		provider,
		backend: Box::new(move || computes.backend.kind().to_string()),
		jobs: table.clone(),
		limits: Limits::new(caps),
		trees: Trees::default(),
	};
	let endpoint_stop = CancellationToken::new();
	let endpoint = tokio::spawn(serve(
		listener,
		identity.tls.server_config()?,
		router(Arc::new(shared)),
		caps.connections,
		endpoint_stop.clone(),
	));
	tracing::info!(
		provider,
		worker = %account,
		%address,
		node = %settings.url,
		preset = settings.asks.as_ref().map(|rules| rules.name.as_str()),
		backend = tools.backend.describe(),
		threads = settings.threads,
		"started"
	);

	let (stop, stop_now) = (CancellationToken::new(), CancellationToken::new());
	let watcher = tokio::spawn(signals.watch(stop.clone(), stop_now.clone()));
	let actor = Actor::new(Parts {
		chain,
		wire,
		provider,
		journal,
		store,
		tools,
		table,
		endpoint: endpoint.abort_handle(),
		machine,
		settings,
	});
	let result = actor.run(stop, stop_now).await;
	watcher.abort();
	endpoint_stop.cancel();
	let _ = endpoint.await;
	tracing::info!("stopped");
	Ok(result?)
}

/// Starts the backend, and says what it is.
async fn start_tools(settings: &Settings) -> Result<Tools, RunError> {
	let cache = settings.state.join(KERNELS_DIR);
	let cache = create_private_dir(&cache)
		.and_then(|()| absolute(&cache))
		.map_err(|error| StoreError::io(&cache, error))?;
	let program = OwnProgram::new(settings.threads, cache).map_err(BackendError::Start)?;
	let quarantine = Quarantine::open(&settings.state)?;
	let backend = Backend::new(
		Box::new(program),
		settings.backend,
		BackendLimits::default(),
		quarantine,
	);
	let checks = SelfCheck::open(&settings.state);
	let tools = Tools { backend, checks };
	// A driver may take seconds to wake its device.
	let started = spawn_blocking(move || tools.backend.start().map(|_| tools)).await;
	let tools = started.map_err(|error| BackendError::Other(error.to_string()))??;
	for device in tools.backend.quarantined() {
		tracing::warn!(
			device = device.device,
			reason = device.reason,
			"in quarantine; `millrace-worker release` lifts it"
		);
	}
	tracing::info!(
		wanted = %settings.backend,
		threads = settings.threads,
		"computes with {}",
		tools.backend.describe()
	);
	Ok(tools)
}

async fn open_journal(settings: &Settings, halt: HaltPoint) -> Result<Journal, JournalError> {
	let mut tries = 0;
	loop {
		match Journal::open(&settings.state, halt) {
			Err(JournalError::InUse(_)) if tries < JOURNAL_TRIES => {
				tries += 1;
				sleep(Duration::from_millis(100)).await;
			}
			result => return result,
		}
	}
}

/// SIGTERM and SIGINT.
struct Signals {
	terminate: tokio::signal::unix::Signal,
	interrupt: tokio::signal::unix::Signal,
}

impl Signals {
	fn listen() -> Result<Self, RunError> {
		Ok(Self {
			terminate: signal(SignalKind::terminate()).map_err(RunError::Signals)?,
			interrupt: signal(SignalKind::interrupt()).map_err(RunError::Signals)?,
		})
	}

	/// The first signal cancels `stop`, the second `stop_now`.
	async fn watch(mut self, stop: CancellationToken, stop_now: CancellationToken) {
		for token in [stop, stop_now] {
			tokio::select! {
				_ = self.terminate.recv() => {},
				_ = self.interrupt.recv() => {},
			}
			token.cancel();
		}
	}
}
