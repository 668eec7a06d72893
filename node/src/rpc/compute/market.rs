//! What the market answers: quotes, the book, offers, jobs and totals; and the filters of these lists.

use super::{
	error::Failure,
	given::Fields,
	terms::{inputs, params, pool, read_class, read_pool, read_region, terms},
	text::{account, bytes, decimal, hash, list, maybe, object, price, provider, tagged},
};
use millrace_primitives::{JobId, Price, ProviderId};
use millrace_runtime::{AccountId, Runtime};
use pallet_market::{
	reads::types::{BookLevel, BookView, JobFilter, JobPage, Offer, OfferFilter, OfferPage, Quote, Start, StateName},
	types::{Entry, JobState, Window},
	JobOf,
};
use serde_json::Value;

/// What a job would cost, and when it would start.
pub(super) fn quote(quote: &Quote) -> Value {
	object([
		("start", start(quote.start)),
		("price", price(quote.price)),
		("escrow", decimal(quote.escrow)),
		("fees", decimal(quote.fees)),
		("deposit", decimal(quote.deposit)),
		("worst", decimal(quote.worst)),
		("expected", decimal(quote.expected)),
	])
}

fn start(start: Start) -> Value {
	match start {
		Start::Now { provider: to } => tagged("now", [("provider", provider(to))]),
		Start::Behind { ahead } => tagged("behind", [("ahead", ahead.into())]),
		Start::NoAsk { cheapest } => tagged("noAsk", [("cheapest", maybe(cheapest, price))]),
	}
}

/// The best levels of a pool.
pub(super) fn book(book: &BookView) -> Value {
	object([
		("asks", list(&book.asks, level)),
		("bids", list(&book.bids, level)),
		("complete", book.complete.into()),
	])
}

fn level(level: &BookLevel) -> Value {
	object([
		("level", level.level.0.into()),
		("price", price(level.price)),
		("orders", level.orders.into()),
	])
}

/// Reads which offers are asked for.
pub(super) fn read_offer_filter(given: &Fields<'_>) -> Result<OfferFilter, Failure> {
	let filter = given.object_or_empty("filter", &["provider", "class", "region", "priceAtMost", "queued"])?;
	Ok(OfferFilter {
		provider: filter
			.optional("provider")
			.map(|id| id.u32())
			.transpose()?
			.map(ProviderId),
		class: filter.optional("class").map(read_class).transpose()?,
		region: filter.optional("region").map(read_region).transpose()?,
		price_at_most: filter
			.optional("priceAtMost")
			.map(|most| most.decimal(u64::MAX))
			.transpose()?
			.map(Price),
		queued: filter.optional("queued").map_or(Ok(false), |queued| queued.flag())?,
	})
}

/// A page of offers.
pub(super) fn offers((offers, next): &OfferPage) -> Value {
	object([("offers", list(offers, offer)), ("next", maybe(*next, provider))])
}

fn offer(offer: &Offer) -> Value {
	object([
		("provider", provider(offer.provider)),
		("slot", offer.slot.into()),
		("pool", pool(offer.pool)),
		("level", offer.level.0.into()),
		("price", price(offer.price)),
		("placed", offer.placed.into()),
		("parked", offer.parked.into()),
		("lanes", offer.lanes.into()),
		("room", offer.room.into()),
	])
}

/// Reads which jobs are asked for.
pub(super) fn read_job_filter(given: &Fields<'_>) -> Result<JobFilter<AccountId>, Failure> {
	let filter = given.object_or_empty("filter", &["requester", "provider", "pool", "state"])?;
	let states = [
		("pending", StateName::Pending),
		("assigned", StateName::Assigned),
		("running", StateName::Running),
		("committed", StateName::Committed),
	];
	Ok(JobFilter {
		requester: filter.optional("requester").map(|who| who.account()).transpose()?,
		provider: filter
			.optional("provider")
			.map(|id| id.u32())
			.transpose()?
			.map(ProviderId),
		pool: filter.optional("pool").map(read_pool).transpose()?,
		state: filter
			.optional("state")
			.map(|state| state.one_of(&states))
			.transpose()?,
	})
}

/// A page of jobs.
pub(super) fn jobs((jobs, next): &JobPage<AccountId>) -> Value {
	object([
		("jobs", list(jobs, |(id, one)| job(*id, one))),
		("next", maybe(*next, |next| hash(next.0))),
	])
}

/// A live job.
pub(super) fn job(id: JobId, job: &JobOf<Runtime>) -> Value {
	object([
		("job", hash(id.0)),
		("requester", account(&job.requester)),
		("kernel", hash(job.kernel.0)),
		("items", job.items.into()),
		("params", params(&job.params)),
		("inputs", inputs(&job.inputs)),
		("maxUnits", job.max_units.into()),
		("dataKey", bytes(&job.data_key)),
		("terms", terms(&job.terms)),
		("pool", pool(job.pool)),
		("submitted", job.submitted.into()),
		("price", price(job.price)),
		("feePerBillion", job.fee_rate.deconstruct().into()),
		("itemsPerLeaf", job.items_per_leaf.into()),
		("itemSize", job.item_size.into()),
		("dataUnits", decimal(job.data_units)),
		("escrow", decimal(job.escrow)),
		("fees", job.fees.into()),
		("feesLeft", job.fees_left.into()),
		("jobFee", decimal(job.job_fee)),
		("minJob", decimal(job.min_job)),
		("deposit", decimal(job.deposit)),
		("acceptTicks", job.accept_ticks.into()),
		("lateSharePerBillion", job.late_share.deconstruct().into()),
		("lateFees", job.late_fees.into()),
		("assignments", job.assignments.into()),
		("acceptances", job.acceptances.into()),
		("demandTicks", job.demand_ticks.into()),
		("windowMin", job.window_min.into()),
		("demanded", job.demanded.into()),
		("lapseMax", job.lapse_max.into()),
		("lapsesBy", job.lapses_by.into()),
		("stuck", (job.entry == Entry::Stuck).into()),
		("state", state(&job.state)),
	])
}

fn state(state: &JobState<AccountId>) -> Value {
	match state {
		JobState::Pending => tagged("pending", []),
		JobState::Assigned { provider: by, until } => {
			tagged("assigned", [("provider", provider(*by)), ("until", (*until).into())])
		}
		JobState::Running {
			provider: by,
			payout,
			deadline,
		} => tagged(
			"running",
			[
				("provider", provider(*by)),
				("payout", account(payout)),
				("deadline", (*deadline).into()),
			],
		),
		JobState::Committed {
			provider: by,
			payout,
			root,
			units,
			at,
			window: time,
		} => tagged(
			"committed",
			[
				("provider", provider(*by)),
				("payout", account(payout)),
				("root", hash(*root)),
				("units", decimal(units)),
				("at", (*at).into()),
				("window", window(*time)),
			],
		),
	}
}

fn window(window: Window) -> Value {
	match window {
		Window::Open { end } => tagged("open", [("end", end.into())]),
		Window::Demanded { left, until } => tagged("demanded", [("left", left.into()), ("until", until.into())]),
	}
}
