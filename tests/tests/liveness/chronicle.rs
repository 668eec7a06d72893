//! What happens on a chain, block by block, and the answers of providers that this test plays.

use millrace_client::{
	chain::{AccountId, Call, Chain, ProviderId, Tick, H256},
	keys::Key,
};
use millrace_tests::raw::Raw;
use std::{
	collections::BTreeMap,
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc, Mutex,
	},
	thread::{sleep, JoinHandle},
	time::{Duration, Instant},
};
use subxt::{
	events::Event,
	ext::scale_decode::{DecodeAsFields, DecodeAsType},
	SubstrateConfig,
};

/// How long anything may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(270);
/// How often the best block is looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// What a slash is for.
#[derive(Clone, Copy, Debug, DecodeAsType, Eq, PartialEq)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) enum Cause {
	Fraud,
	Silence,
	Downtime,
}

// The fields of the pallets' events that a story needs. Money is in planck, a scale in parts of a thousand million.

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct ProviderSampled {
	pub(crate) provider: ProviderId,
	pub(crate) until: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct ProviderUnreachable {
	pub(crate) provider: ProviderId,
	pub(crate) since: Tick,
	pub(crate) outage: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct ProviderReturned {
	pub(crate) provider: ProviderId,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct OutageEnded {
	pub(crate) provider: ProviderId,
	pub(crate) began: Tick,
	pub(crate) ticks: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct OutageClosed {
	pub(crate) provider: ProviderId,
	pub(crate) ticks: Tick,
	pub(crate) scale: u32,
	pub(crate) charged: u128,
	pub(crate) deducted: u128,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct SlashSetAside {
	pub(crate) slash: u32,
	pub(crate) provider: ProviderId,
	pub(crate) cause: Cause,
	pub(crate) amount: u128,
	pub(crate) due: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct SlashPaid {
	pub(crate) slash: u32,
	pub(crate) to_treasury: u128,
	pub(crate) burned: u128,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct MeasurementBegun {
	pub(crate) provider: ProviderId,
	pub(crate) slot: u8,
	pub(crate) job: H256,
	pub(crate) until: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct DeviceMeasured {
	pub(crate) provider: ProviderId,
	pub(crate) job: H256,
	pub(crate) ticks: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct DeviceFailed {
	pub(crate) provider: ProviderId,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct AskPlaced {
	pub(crate) provider: ProviderId,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct AskWithdrawn {
	pub(crate) provider: ProviderId,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct WindowExtended {
	pub(crate) job: H256,
	pub(crate) window_end: Tick,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct JobSettled {
	pub(crate) job: H256,
	pub(crate) payout: Option<AccountId>,
	pub(crate) payment: u128,
	pub(crate) fee: u128,
	pub(crate) lapsed: bool,
}

#[derive(Clone, Copy, Debug, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct EraClosed {
	pub(crate) treasury: u128,
}

/// Something that happened.
pub(crate) trait Happened: Clone {
	/// The event, if it is of this kind.
	fn of(happening: &Happening) -> Option<&Self>;
}

macro_rules! happenings {
	($($pallet:literal $name:ident)*) => {
		/// An event.
		#[derive(Clone, Copy, Debug)]
		pub(crate) enum Happening {
			$($name($name),)*
		}

		$(impl Happened for $name {
			fn of(happening: &Happening) -> Option<&Self> {
				match happening {
					Happening::$name(event) => Some(event),
					_ => None,
				}
			}
		})*

		fn happening(event: &Event<'_, SubstrateConfig>) -> Option<Happening> {
			match (event.pallet_name(), event.event_name()) {
				$(($pallet, stringify!($name)) => Some(Happening::$name(fields(event))),)*
				_ => None,
			}
		}
	};
}

happenings! {
	"Providers" ProviderSampled
	"Providers" ProviderUnreachable
	"Providers" ProviderReturned
	"Providers" OutageEnded
	"Providers" OutageClosed
	"Providers" SlashSetAside
	"Providers" SlashPaid
	"Providers" MeasurementBegun
	"Providers" DeviceMeasured
	"Providers" DeviceFailed
	"Market" AskPlaced
	"Market" AskWithdrawn
	"Market" WindowExtended
	"Market" JobSettled
	"Market" EraClosed
}

fn fields<E: DecodeAsFields>(event: &Event<'_, SubstrateConfig>) -> E {
	event
		.decode_fields_unchecked_as::<E>()
		.unwrap_or_else(|error| panic!("{}::{}: {error}", event.pallet_name(), event.event_name()))
}

/// A block, and the clock in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Moment {
	pub(crate) block: u64,
	/// The clock as calls in this block read it, and the market's hook.
	pub(crate) tick: Tick,
	/// The clock as the providers' hook read it, which comes before the market's hook advances it.
	pub(crate) hook: Tick,
}

/// A block and what happened in it.
#[derive(Clone, Debug)]
pub(crate) struct Page {
	pub(crate) at: Moment,
	pub(crate) events: Vec<Happening>,
}

#[derive(Default)]
struct Shared {
	pages: Mutex<Vec<Page>>,
	/// The workers that answer samples. Held while a page is written, so that whoever falls silent has its last answer on
	/// a page that is there.
	awake: tokio::sync::Mutex<BTreeMap<ProviderId, Key>>,
	ended: AtomicBool,
}

/// Follows the best block, on a thread of its own.
pub(crate) struct Chronicle {
	shared: Arc<Shared>,
	thread: Option<JoinHandle<()>>,
}

impl Chronicle {
	/// Follows a chain from its first block.
	pub(crate) fn start(chain: Chain) -> Chronicle {
		let shared = Arc::new(Shared::default());
		let theirs = shared.clone();
		let thread = std::thread::spawn(move || {
			tokio::runtime::Builder::new_current_thread()
				.enable_all()
				.build()
				.expect("a runtime")
				.block_on(theirs.follow(&chain));
		});
		Chronicle {
			shared,
			thread: Some(thread),
		}
	}

	/// From now on samples of this provider are answered as soon as they are seen.
	pub(crate) fn wake(&self, provider: ProviderId, key: Key) {
		self.shared.awake.blocking_lock().insert(provider, key);
	}

	/// No sample of this provider is answered any more.
	pub(crate) fn silence(&self, provider: ProviderId) {
		self.shared.awake.blocking_lock().remove(&provider);
	}

	/// The latest block.
	pub(crate) fn now(&self) -> Moment {
		self.wait("a block", |pages| pages.last().map(|page| page.at))
	}

	/// Waits until the pages have it.
	pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut(&[Page]) -> Option<T>) -> T {
		let start = Instant::now();
		loop {
			if let Some(found) = look(&self.shared.pages()) {
				return found;
			}
			let stopped = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
			assert!(!stopped, "{what}: the chain cannot be followed any more");
			assert!(start.elapsed() < LIMIT, "{what}: not in {LIMIT:?}");
			sleep(PAUSE);
		}
	}

	/// Waits until an event of this kind is in a block from `first` on.
	pub(crate) fn wait_for<E: Happened>(&self, what: &str, first: u64, is: impl Fn(&E) -> bool) -> (Moment, E) {
		self.wait(what, |pages| find(pages, first, &is).next())
	}

	/// Waits until the clock is there.
	pub(crate) fn wait_tick(&self, tick: Tick) -> Moment {
		self.wait(&format!("tick {tick}"), |pages| {
			pages.last().map(|page| page.at).filter(|at| at.tick >= tick)
		})
	}

	/// Waits until this block is written down.
	pub(crate) fn reach(&self, block: u64) -> Moment {
		self.wait(&format!("block {block}"), |pages| {
			pages.iter().map(|page| page.at).find(|at| at.block == block)
		})
	}

	/// All events of this kind in blocks from `first` on.
	pub(crate) fn all<E: Happened>(&self, first: u64, is: impl Fn(&E) -> bool) -> Vec<(Moment, E)> {
		let pages = self.shared.pages();
		find(&pages, first, &is).collect()
	}

	/// Every block's moment from `first` on.
	pub(crate) fn moments(&self, first: u64) -> Vec<Moment> {
		let pages = self.shared.pages();
		let moments = pages.iter().map(|page| page.at);
		moments.filter(|at| at.block >= first).collect()
	}
}

impl Drop for Chronicle {
	fn drop(&mut self) {
		self.shared.ended.store(true, Ordering::Relaxed);
		if let Some(thread) = self.thread.take() {
			// What it panicked with is printed already.
			let _ = thread.join();
		}
	}
}

fn find<'a, E: Happened + 'a>(
	pages: &'a [Page],
	first: u64,
	is: &'a impl Fn(&E) -> bool,
) -> impl Iterator<Item = (Moment, E)> + 'a {
	let pages = pages.iter().filter(move |page| page.at.block >= first);
	pages.flat_map(move |page| {
		let events = page.events.iter().filter_map(E::of).filter(|event| is(event));
		events.map(|event| (page.at, event.clone()))
	})
}

impl Shared {
	fn pages(&self) -> std::sync::MutexGuard<'_, Vec<Page>> {
		self.pages.lock().expect("no story panics while it looks")
	}

	async fn follow(&self, chain: &Chain) {
		let raw = Raw::connect(chain.url()).await;
		let (mut block, mut hook) = (0, 0);
		while !self.ended.load(Ordering::Relaxed) {
			let best = chain.best().await.expect("the node answers").block().number;
			while block < best {
				block += 1;
				let tick = chain
					.at_number(block)
					.await
					.expect("a block of this chain")
					.tick()
					.await
					.expect("the clock");
				let at = Moment { block, tick, hook };
				hook = tick;
				let found = raw.client().at_block(block).await.expect("a block of this chain");
				let events = found.events().fetch().await.expect("its events");
				let events = events
					.iter()
					.filter_map(|event| happening(&event.expect("a known event")))
					.collect();
				self.write(chain, Page { at, events }).await;
			}
			tokio::time::sleep(PAUSE).await;
		}
	}

	/// Adds a page, and answers its samples. Whoever waits for a sample sees it only once it is decided whether it is
	/// answered.
	async fn write(&self, chain: &Chain, page: Page) {
		let awake = self.awake.lock().await;
		for sampled in page.events.iter().filter_map(ProviderSampled::of) {
			if let Some(key) = awake.get(&sampled.provider) {
				let anchor = chain.finalised().await.expect("a final block");
				// Through the connection of everybody else here, which sends one after the other: a provider may be about to call
				// something with the same key.
				let sent = chain.submit(&anchor, &Call::Heartbeat, key.pair()).await;
				sent.expect("the node takes it");
			}
		}
		self.pages().push(page);
	}
}
