//! Quotes, the book, offers, and what a job waits for.

use super::{history, market, pool, reads, traits, FromRuntime, IntoPlain, IntoRuntime};
use crate::chain::{
	AccountId, BookLevel, BookView, DeviceClass, Ineligible, JobFilter, Level, NetworkStats, OfferFilter, OfferView,
	PaidPrices, Pool, PoolEra, PoolStats, Price, Quote, Start, StateName, Unfit, Waits,
};

impl FromRuntime<reads::Quote> for Quote {
	fn from_runtime(quote: reads::Quote) -> Quote {
		Quote {
			start: match quote.start {
				reads::Start::Now { provider } => Start::Now { provider: provider.0 },
				reads::Start::Behind { ahead } => Start::Behind { ahead },
				reads::Start::NoAsk { cheapest } => Start::NoAsk {
					cheapest: cheapest.map(|price| Price(price.0)),
				},
			},
			price: Price(quote.price.0),
			escrow: quote.escrow,
			fees: quote.fees,
			deposit: quote.deposit,
			worst: quote.worst,
			expected: quote.expected,
		}
	}
}

impl FromRuntime<reads::BookLevel> for BookLevel {
	fn from_runtime(level: reads::BookLevel) -> BookLevel {
		BookLevel {
			level: Level(level.level.0),
			price: Price(level.price.0),
			orders: level.orders,
		}
	}
}

impl FromRuntime<reads::BookView> for BookView {
	fn from_runtime(book: reads::BookView) -> BookView {
		BookView {
			asks: book.asks.into_iter().map(BookLevel::from_runtime).collect(),
			bids: book.bids.into_iter().map(BookLevel::from_runtime).collect(),
			complete: book.complete,
		}
	}
}

impl IntoRuntime for &OfferFilter {
	type Runtime = reads::OfferFilter;
	fn into_runtime(self) -> reads::OfferFilter {
		reads::OfferFilter {
			provider: self.provider.map(IntoRuntime::into_runtime),
			class: self.class.map(IntoRuntime::into_runtime),
			region: self.region.map(pool::Region),
			price_at_most: self.price_at_most.map(IntoRuntime::into_runtime),
			queued: self.queued,
		}
	}
}

impl FromRuntime<reads::Offer> for OfferView {
	fn from_runtime(offer: reads::Offer) -> OfferView {
		OfferView {
			provider: offer.provider.into_plain(),
			slot: offer.slot,
			pool: Pool::from_runtime(offer.pool),
			level: Level(offer.level.0),
			price: Price(offer.price.0),
			placed: offer.placed,
			parked: offer.parked,
			lanes: offer.lanes,
			room: offer.room,
		}
	}
}

impl IntoRuntime for &JobFilter {
	type Runtime = reads::JobFilter<AccountId>;
	fn into_runtime(self) -> Self::Runtime {
		reads::JobFilter {
			requester: self.requester,
			provider: self.provider.map(IntoRuntime::into_runtime),
			pool: self.pool.map(IntoRuntime::into_runtime),
			state: self.state.map(|state| match state {
				StateName::Pending => reads::StateName::Pending,
				StateName::Assigned => reads::StateName::Assigned,
				StateName::Running => reads::StateName::Running,
				StateName::Committed => reads::StateName::Committed,
			}),
		}
	}
}

impl FromRuntime<reads::Waits> for Waits {
	fn from_runtime(waits: reads::Waits) -> Waits {
		match waits {
			reads::Waits::NoAsk { expires } => Waits::NoAsk { expires },
			reads::Waits::AsksTooDear { cheapest, bid, expires } => Waits::AsksTooDear {
				cheapest: Price(cheapest.0),
				bid: Price(bid.0),
				expires,
			},
			reads::Waits::Behind { ahead, expires } => Waits::Behind { ahead, expires },
			reads::Waits::Match { expires } => Waits::Match { expires },
			reads::Waits::Acceptance { provider, until, busy } => Waits::Acceptance {
				provider: provider.0,
				until,
				busy,
			},
			reads::Waits::Result { provider, deadline } => Waits::Result {
				provider: provider.0,
				deadline,
			},
			reads::Waits::Window { provider, end } => Waits::Window {
				provider: provider.0,
				end,
			},
			reads::Waits::Leaves { provider, until } => Waits::Leaves {
				provider: provider.0,
				until,
			},
			reads::Waits::Touch { due } => Waits::Touch { due },
			reads::Waits::Void { provider } => Waits::Void { provider: provider.0 },
		}
	}
}

impl FromRuntime<market::Unfit> for Unfit {
	fn from_runtime(unfit: market::Unfit) -> Unfit {
		match unfit {
			market::Unfit::OtherTarget { target } => Unfit::OtherTarget { target: target.0 },
			market::Unfit::OtherPool { pool } => Unfit::OtherPool {
				pool: Pool::from_runtime(pool),
			},
			market::Unfit::Provider(why) => Unfit::Provider(Ineligible::from_runtime(why)),
			market::Unfit::NoAsk { barred_until } => Unfit::NoAsk { barred_until },
			market::Unfit::AskTooDear { have, need } => Unfit::AskTooDear {
				have: Price(have.0),
				need: Price(need.0),
			},
			market::Unfit::Paused { until } => Unfit::Paused { until },
			market::Unfit::Parked => Unfit::Parked,
			market::Unfit::Expired { expires } => Unfit::Expired { expires },
		}
	}
}

impl FromRuntime<traits::Ineligible> for Ineligible {
	fn from_runtime(why: traits::Ineligible) -> Ineligible {
		match why {
			traits::Ineligible::Unknown => Ineligible::Unknown,
			traits::Ineligible::NotActive => Ineligible::NotActive,
			traits::Ineligible::Unreachable => Ineligible::Unreachable,
			traits::Ineligible::NoWorker => Ineligible::NoWorker,
			traits::Ineligible::StakeTooLow { have, need } => Ineligible::StakeTooLow { have, need },
			traits::Ineligible::TakesNoTargets => Ineligible::TakesNoTargets,
			traits::Ineligible::PriceTooLow { have, need } => Ineligible::PriceTooLow {
				have: Price(have.0),
				need: Price(need.0),
			},
			traits::Ineligible::Full => Ineligible::Full,
			traits::Ineligible::TooFewPaid { have, need } => Ineligible::TooFewPaid { have, need },
			traits::Ineligible::TooManyFailed { have, need } => Ineligible::TooManyFailed { have, need },
			traits::Ineligible::NotMeasured { class } => Ineligible::NotMeasured {
				class: DeviceClass::from_runtime(class),
			},
		}
	}
}

impl FromRuntime<reads::NetworkStats> for NetworkStats {
	fn from_runtime(stats: reads::NetworkStats) -> NetworkStats {
		NetworkStats {
			tick: stats.tick,
			halted: stats.halted,
			live_jobs: stats.live_jobs,
			asking_providers: stats.asking_providers,
			settled: stats.totals.settled,
			paid: stats.totals.paid,
			fees: stats.totals.fees,
			era: stats.era,
			pools: stats
				.pools
				.into_iter()
				.map(|pool| PoolStats {
					pool: Pool::from_runtime(pool.pool),
					best_ask: pool.best_ask.map(|price| Price(price.0)),
					best_bid: pool.best_bid.map(|price| Price(price.0)),
					settled: pool.totals.settled,
					paid: pool.totals.paid,
					era_jobs: pool.running.paid_jobs,
					era_refused: pool.running.refused,
					era_fees: pool.running.fees,
					era_price: (pool.running.paid_jobs > 0).then_some(Price(pool.running.price_last.0)),
				})
				.collect(),
		}
	}
}

impl FromRuntime<history::PoolEra> for PoolEra {
	fn from_runtime(era: history::PoolEra) -> PoolEra {
		PoolEra {
			paid_jobs: era.paid_jobs,
			lapsed: era.lapsed,
			cancelled: era.cancelled,
			expired: era.expired,
			unserved: era.unserved,
			refuted: era.refuted,
			voided: era.voided,
			silent: era.silent,
			refused: era.refused,
			units: era.units,
			units_max: era.units_max,
			paid: era.paid,
			fees: era.fees,
			prices: (era.paid_jobs > 0).then_some(PaidPrices {
				low: Price(era.price_low.0),
				high: Price(era.price_high.0),
				last: Price(era.price_last.0),
			}),
			ticks: era.ticks,
		}
	}
}
