//! The cheat itself: watches its provider's jobs, does what it is asked with each, and lies.

use super::{
	play::Play,
	serve::{router, show_of, Shows},
	tamper::{tamper, Made},
};
use millrace_client::{
	chain::{Call, Chain, JobId, JobState, JobView, ProviderId, Tick, H256},
	endpoint::Session,
};
use millrace_compute::{bundle_len, parse_bundle, Options, Runner};
use millrace_kernel::{eval::Task, program::Program, tree::SumNode};
use millrace_worker::{
	endpoint::{
		limits::{Caps, Limits},
		routes::Shared,
		server::serve,
	},
	keys::Identity,
	store::Store,
	table::{JobTable, Row},
	tree::Trees,
};
use std::{
	collections::{BTreeMap, HashMap},
	error::Error,
	net::SocketAddr,
	path::PathBuf,
	sync::Arc,
	time::Duration,
};
use tokio::{
	net::TcpListener,
	task::{spawn_local, LocalSet},
	time::sleep,
};
use tokio_util::sync::CancellationToken;

/// How often the chain is looked at.
const PAUSE: Duration = Duration::from_millis(700);
/// Bytes that a cheat's jobs may take on the disk.
const QUOTA: u64 = 64 << 20;

/// How to cheat.
#[derive(Clone, Debug)]
pub struct Settings {
	/// The node.
	pub url: String,
	/// Where the keys are and the jobs' files go.
	pub state: PathBuf,
	/// Where the endpoint listens.
	pub listen: SocketAddr,
	/// What to do with each job, by its first parameter; those that are not named are ignored.
	pub plays: BTreeMap<u64, Play>,
}

/// One job on the cheat's desk.
#[derive(Debug)]
struct Desk {
	salt: u64,
	play: Play,
	made: Option<Made>,
	accepted: bool,
	committed: bool,
	/// Whether it was committed to again.
	repeated: bool,
	/// The last tick to commit, once it is known.
	deadline: Option<Tick>,
}

/// What a step of the cheat can fail with.
type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A cheat at work.
pub struct Cheat {
	chain: Chain,
	identity: Identity,
	provider: ProviderId,
	store: Arc<Store>,
	table: Arc<JobTable>,
	shows: Arc<Shows>,
	plays: BTreeMap<u64, Play>,
	runner: Runner,
	desks: HashMap<JobId, Desk>,
	/// Results of all jobs so far, by first parameter.
	results: HashMap<u64, Made>,
}

impl Cheat {
	/// Connects, and opens the endpoint.
	///
	/// # Errors
	/// There are no keys, no node, no provider with this worker, or the address is taken.
	pub async fn start(settings: Settings) -> Fallible<Cheat> {
		let identity = Identity::open(&settings.state)?;
		let chain = Chain::connect(&settings.url, Duration::from_secs(10)).await?;
		let account = identity.key.account();
		let provider = chain
			.best()
			.await?
			.by_worker(account)
			.await?
			.ok_or("no provider names this worker")?;
		let store = Arc::new(Store::open(&settings.state, QUOTA)?);
		let table = Arc::new(JobTable::new(store.clone()));
		let shows = Arc::new(Shows::default());
		let caps = Caps::default();
		let shared = Shared {
			genesis: chain.genesis().0,
			provider,
			backend: Box::new(|| "cheat".to_owned()),
			jobs: table.clone(),
			limits: Limits::new(caps),
			trees: Trees::default(),
		};
		tokio::spawn(serve(
			TcpListener::bind(settings.listen).await?,
			identity.tls.server_config()?,
			router(Arc::new(shared), shows.clone()),
			caps.connections,
			CancellationToken::new(),
		));
		println!("serving provider {provider} at {}", settings.listen);
		Ok(Cheat {
			chain,
			identity,
			provider,
			store,
			table,
			shows,
			plays: settings.plays,
			runner: Runner::reference(),
			desks: HashMap::new(),
			results: HashMap::new(),
		})
	}

	/// Cheats for ever.
	pub async fn run(mut self) {
		// What waits for a transaction stays on this thread.
		let cheating = async {
			loop {
				if let Err(error) = self.look().await {
					println!("trouble: {error}");
				}
				sleep(PAUSE).await;
			}
		};
		LocalSet::new().run_until(cheating).await
	}

	/// One look at the best block, and what follows from it.
	async fn look(&mut self) -> Fallible<()> {
		let at = self.chain.best().await?;
		let tick = at.tick().await?;
		let mut views = Vec::new();
		for id in at.provider_jobs(self.provider).await? {
			views.extend(at.job(id).await?);
		}
		let mut rows = HashMap::new();
		for view in &views {
			let desk = self.desks.entry(view.id).or_insert_with(|| {
				let salt = view.spec.params.first().copied().unwrap_or(0);
				let play = self.plays.get(&salt).copied().unwrap_or(Play::Ignore);
				println!("seen {salt}={play} {}", view.id);
				Desk {
					salt,
					play,
					made: None,
					accepted: false,
					committed: false,
					repeated: false,
					deadline: None,
				}
			});
			if let JobState::Running { deadline, .. } = view.state {
				desk.deadline = Some(deadline);
			}
			rows.extend(Row::of(view, desk.made.is_some(), false).map(|row| (view.id, row)));
		}
		self.table.publish(rows);
		for view in &views {
			self.attend(view).await?;
		}
		self.be_late(&views, tick).await
	}

	/// Does the next thing with a job.
	async fn attend(&mut self, view: &JobView) -> Fallible<()> {
		let Some(Desk {
			play,
			accepted,
			committed,
			repeated,
			made,
			..
		}) = self.desks.get(&view.id)
		else {
			return Ok(());
		};
		let (play, accepted, committed, repeated) = (*play, *accepted, *committed, *repeated);
		let root = made.as_ref().map(|made| made.root);
		match view.state {
			JobState::Assigned { .. } => match play {
				Play::Ignore => Ok(()),
				Play::Late | Play::Stall if !accepted => {
					self.send(view.id, Call::AcceptJob { job: view.id }).await?;
					self.desk(view.id, |desk| desk.accepted = true);
					Ok(())
				}
				Play::Late | Play::Stall => Ok(()),
				_ if committed => Ok(()),
				_ => self.compute_and_commit(view).await,
			},
			JobState::Committed { .. } if play == Play::Second && !repeated => {
				self.desk(view.id, |desk| desk.repeated = true);
				let Some(root) = root else { return Ok(()) };
				let mut other = root;
				other.hash[0] ^= 1;
				for root in [other, root] {
					self.commit(view.id, root).await?;
				}
				Ok(())
			}
			_ => Ok(()),
		}
	}

	fn desk(&mut self, job: JobId, change: impl FnOnce(&mut Desk)) {
		if let Some(desk) = self.desks.get_mut(&job) {
			change(desk);
		}
	}

	/// Computes a job once its inputs are there, makes a lie of the result, and commits to that.
	async fn compute_and_commit(&mut self, view: &JobView) -> Fallible<()> {
		let Some(Desk { salt, play, .. }) = self.desks.get(&view.id) else {
			return Ok(());
		};
		let (salt, play) = (*salt, *play);
		let bytes = bundle_len(view.spec.items, view.item_size, view.items_per_leaf);
		let files = self.store.take(&view.id, &view.spec.inputs, bytes)?;
		if !files.is_complete() {
			return Ok(());
		}
		let made = match play {
			Play::Copied { provider, salt } => match self.copy(provider, salt).await? {
				Some(made) => made,
				// The other one has not committed yet.
				None => return Ok(()),
			},
			Play::Replay { salt } => self.results.get(&salt).cloned().ok_or("there is nothing to replay")?,
			_ => self.compute(view, play, &files.load()?).await?,
		};
		std::fs::write(files.bundle_path(), &made.bundle)?;
		if let Some(show) = show_of(play, &made) {
			self.shows.set(view.id, show);
		}
		self.send(
			view.id,
			Call::CommitResult {
				job: view.id,
				root: H256(made.root.hash),
				units: made.root.units,
			},
		)
		.await?;
		self.results.insert(salt, made.clone());
		self.desk(view.id, |desk| {
			desk.committed = true;
			desk.made = Some(made);
		});
		Ok(())
	}

	async fn compute(&self, view: &JobView, play: Play, inputs: &[Vec<u8>]) -> Fallible<Made> {
		let at = self.chain.best().await?;
		let bytecode = at.bytecode(view.spec.kernel).await?.ok_or("the kernel is gone")?;
		let program = Program::decode(&bytecode).map_err(|error| error.to_string())?;
		let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
		let task = Task {
			items: view.spec.items,
			max_units: view.spec.max_units,
			params: &view.spec.params,
		};
		let computed = self.runner.run(&program, &task, &inputs, &Options::default())?;
		let honest = parse_bundle(&computed.bundle(), task.items, view.item_size, view.items_per_leaf)?;
		Ok(tamper(play, honest, task.max_units)?)
	}

	/// The result of another provider's public job, as anyone can fetch it.
	async fn copy(&self, provider: ProviderId, salt: u64) -> Fallible<Option<Made>> {
		let at = self.chain.best().await?;
		let jobs = at.jobs().await?;
		let Some((job, root)) = jobs.iter().find_map(|job| match job.state {
			JobState::Committed {
				provider: by,
				root,
				units,
				..
			} if by == provider && job.spec.params.first() == Some(&salt) => Some((job, SumNode { hash: root.0, units })),
			_ => None,
		}) else {
			return Ok(None);
		};
		let endpoint = at.provider(provider).await?.ok_or("no such provider")?.endpoint;
		let mut session = Session::open_public(&endpoint, true, self.chain.genesis(), provider, job.id).await?;
		let bytes = bundle_len(job.spec.items, job.item_size, job.items_per_leaf);
		let mut bundle = Vec::new();
		session.read_bundle(&mut bundle, bytes, &mut |_| ()).await?;
		Ok(Some(Made {
			root,
			bundle,
			tree: None,
		}))
	}

	/// Commits to what was accepted and is too late now: the chain has forgotten these jobs.
	async fn be_late(&mut self, live: &[JobView], tick: Tick) -> Fallible<()> {
		let late: Vec<JobId> =
			self.desks
				.iter()
				.filter(|(id, desk)| {
					desk.play == Play::Late
						&& !desk.committed && desk.deadline.is_some_and(|deadline| tick > deadline)
						&& live.iter().all(|view| view.id != **id)
				})
				.map(|(id, _)| *id)
				.collect();
		for job in late {
			self.desk(job, |desk| desk.committed = true);
			let root = SumNode { hash: job.0, units: 1 };
			self.commit(job, root).await?;
		}
		Ok(())
	}

	/// Commits, and waits for what the chain says.
	async fn commit(&self, job: JobId, root: SumNode) -> Fallible<()> {
		let call = Call::CommitResult {
			job,
			root: H256(root.hash),
			units: root.units,
		};
		let outcome = self.chain.call(&call, self.identity.key.pair()).await;
		tell(job, call.name(), outcome.map(|included| included.block.number));
		Ok(())
	}

	/// Sends a call, and tells later what the chain said.
	async fn send(&self, job: JobId, call: Call) -> Fallible<()> {
		let anchor = self.chain.finalised().await?;
		let mut submitted = self.chain.submit(&anchor, &call, self.identity.key.pair()).await?;
		spawn_local(async move {
			let outcome = submitted.in_best().await;
			tell(job, call.name(), outcome.map(|included| included.block.number));
		});
		Ok(())
	}
}

fn tell<E: Error>(job: JobId, call: &str, outcome: Result<u64, E>) {
	match outcome {
		Ok(block) => println!("{call} {job} in block {block}"),
		Err(error) => println!("{call} {job} failed: {error}"),
	}
}
