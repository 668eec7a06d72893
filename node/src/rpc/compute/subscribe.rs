//! The subscription to what happens to jobs.
//!
//! It goes from one head of the chain to the next by the way between them, so nothing is left out and nothing comes twice,
//! whatever woke it: along the best chain, where a fork may take blocks back, or along final blocks, which stay.

use super::{
	blocks::{Place, Route},
	error::Failure,
	events::{JobEvent, KINDS},
	given::{Fields, Parameters},
	text::{hash, list, object, tagged},
	Compute, Source,
};
use futures::StreamExt;
use jsonrpsee::{
	core::{
		server::{SubscriptionCloseResponse, SubscriptionMessage},
		RegisterMethodError,
	},
	server::SendTimeoutError,
	RpcModule, SubscriptionSink,
};
use millrace_primitives::{JobId, ProviderId};
use millrace_runtime::AccountId;
use serde_json::Value;
use std::sync::Arc;

/// Most events of one notification; a block with more comes in several.
pub(super) const EVENTS: usize = 100;
/// Most blocks that are gone through at once. More come only while the node catches up with its chain.
pub(super) const BLOCKS: usize = 4_096;

/// Adds the subscription to the methods.
pub(super) fn register<C: Source>(module: &mut RpcModule<Compute<C>>) -> Result<(), RegisterMethodError> {
	module.register_subscription(
		"compute_v1_subscribeJobs",
		"compute_v1_jobs",
		"compute_v1_unsubscribeJobs",
		|params, pending, compute, _| async move {
			let wish = Parameters::read(&params, &["filter"]).and_then(|given| Wish::read(&given.fields()));
			let wish = match wish {
				Ok(wish) => wish,
				Err(failure) => {
					pending.reject(failure).await;
					return SubscriptionCloseResponse::None;
				}
			};
			// The client is gone where this fails.
			let Ok(sink) = pending.accept().await else {
				return SubscriptionCloseResponse::None;
			};
			match follow(compute, wish, &sink).await {
				Ok(()) => SubscriptionCloseResponse::None,
				Err(failure) => failure.into(),
			}
		},
	)?;
	Ok(())
}

/// What a client wants to hear of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wish {
	requester: Option<AccountId>,
	provider: Option<ProviderId>,
	job: Option<JobId>,
	kinds: Option<Vec<&'static str>>,
	finalised: bool,
}

impl Wish {
	fn read(given: &Fields<'_>) -> Result<Wish, Failure> {
		let filter = given.object_or_empty("filter", &["requester", "provider", "job", "kinds", "finalized"])?;
		let names = KINDS.map(|kind| (kind, kind));
		let kinds = filter.optional("kinds").map(|kinds| {
			let kinds = kinds.list(u32::try_from(KINDS.len()).unwrap_or(u32::MAX))?;
			kinds.into_iter().map(|kind| kind.one_of(&names)).collect()
		});
		Ok(Wish {
			requester: filter.optional("requester").map(|who| who.account()).transpose()?,
			provider: filter
				.optional("provider")
				.map(|id| id.u32())
				.transpose()?
				.map(ProviderId),
			job: filter.optional("job").map(|job| job.hash()).transpose()?.map(JobId),
			kinds: kinds.transpose()?,
			finalised: filter.optional("finalized").map_or(Ok(false), |only| only.flag())?,
		})
	}

	fn covers(&self, event: &JobEvent) -> bool {
		fn is<T: PartialEq>(wanted: &Option<T>, found: Option<&T>) -> bool {
			wanted.is_none() || wanted.as_ref() == found
		}
		is(&self.requester, event.requester.as_ref())
			&& is(&self.provider, event.provider.as_ref())
			&& is(&self.job, Some(&event.job))
			&& self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
	}
}

/// Sends what happens until the client has had enough.
async fn follow<C: Source>(compute: Arc<Compute<C>>, wish: Wish, sink: &SubscriptionSink) -> Result<(), Failure> {
	// Before the head is read, so that no change is missed.
	let mut changes = compute.client.changes(wish.finalised);
	let mut last = compute.client.head(wish.finalised);
	let sending = Sending {
		sink,
		compute: &compute,
	};
	if sending.send(sending.block("start", last, [])).await?.is_gone() {
		return Ok(());
	}
	loop {
		let woken = futures::future::select(changes.next(), Box::pin(sink.closed()));
		match woken.await {
			futures::future::Either::Left((Some(()), _)) => (),
			futures::future::Either::Left((None, _)) => return Err(Failure::Failed("it is stopping".to_owned())),
			futures::future::Either::Right(_) => return Ok(()),
		}
		let head = compute.client.head(wish.finalised);
		if head == last {
			continue;
		}
		let route = way(&compute, last, head).await?;
		if !route.retracted.is_empty() && sending.send(retracted(&route.retracted)).await?.is_gone() {
			return Ok(());
		}
		for block in route.enacted {
			if sink.is_closed() || sending.events(&wish, block).await?.is_gone() {
				return Ok(());
			}
		}
		last = head;
	}
}

/// The way from one head to the next.
async fn way<C: Source>(compute: &Arc<Compute<C>>, from: Place, to: Place) -> Result<Route, Failure> {
	let far = to.number.abs_diff(from.number);
	if usize::try_from(far).map_or(true, |far| far > BLOCKS) {
		return Err(Failure::TooFar(far));
	}
	let compute = compute.clone();
	blocking(move || {
		let route = compute.client.route(from.hash, to.hash);
		route.map_err(|error| Failure::Failed(error.to_string()))
	})
	.await
}

/// Runs what reads the database where it holds nobody up.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
	let done = tokio::task::spawn_blocking(work).await;
	done.unwrap_or_else(|error| Err(Failure::Failed(error.to_string())))
}

/// Blocks that are no longer of the best chain.
fn retracted(blocks: &[Place]) -> Value {
	let block = |place: &Place| object([("block", hash(place.hash)), ("number", place.number.into())]);
	tagged("retracted", [("blocks", list(blocks, block))])
}

/// Whether the client is still there.
enum Client {
	There,
	Gone,
}

impl Client {
	fn is_gone(&self) -> bool {
		matches!(self, Self::Gone)
	}
}

/// What sends notifications to one client.
struct Sending<'a, C> {
	sink: &'a SubscriptionSink,
	compute: &'a Arc<Compute<C>>,
}

impl<C: Source> Sending<'_, C> {
	/// A notification about a block.
	fn block<const FIELDS: usize>(&self, name: &str, block: Place, fields: [(&str, Value); FIELDS]) -> Value {
		let mut value = tagged(name, fields);
		value["block"] = hash(block.hash);
		value["number"] = block.number.into();
		// A block of the followed chain is final as soon as one at its height is.
		value["finalized"] = (block.number <= self.compute.client.head(true).number).into();
		value
	}

	/// Sends what of a block the client wants to hear of.
	async fn events(&self, wish: &Wish, block: Place) -> Result<Client, Failure> {
		let compute = self.compute.clone();
		let events = blocking(move || compute.events(block.hash)).await?;
		let wanted: Vec<Value> = events
			.iter()
			.filter(|event| wish.covers(event))
			.map(JobEvent::value)
			.collect();
		let mut parts = wanted.chunks(EVENTS).peekable();
		while let Some(part) = parts.next() {
			let fields = [("events", part.into()), ("more", parts.peek().is_some().into())];
			if self.send(self.block("events", block, fields)).await?.is_gone() {
				return Ok(Client::Gone);
			}
		}
		Ok(Client::There)
	}

	/// Sends a notification. Where the client does not read for long, the subscription ends: nothing is stored for it.
	async fn send(&self, value: Value) -> Result<Client, Failure> {
		let message = SubscriptionMessage::from_json(&value).map_err(|error| Failure::Failed(error.to_string()))?;
		match self.sink.send_timeout(message, self.compute.patience).await {
			Ok(()) => Ok(Client::There),
			Err(SendTimeoutError::Closed(_)) => Ok(Client::Gone),
			Err(SendTimeoutError::Timeout(_)) => Err(Failure::TooSlow),
		}
	}
}
