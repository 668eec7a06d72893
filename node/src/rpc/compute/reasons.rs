//! What a job waits for, and by which rule a provider does not serve it.

use super::{
	terms::pool,
	text::{class_name, decimal, maybe, price, provider, tagged},
};
use millrace_primitives::traits::Ineligible;
use pallet_market::{reads::types::Waits, types::Unfit};
use serde_json::{json, Value};

/// What a live job waits for.
pub(super) fn waits(waits: Waits) -> Value {
	match waits {
		Waits::NoAsk { expires } => tagged("noAsk", [("expires", expires.into())]),
		Waits::AsksTooDear { cheapest, bid, expires } => tagged(
			"asksTooDear",
			[
				("cheapest", price(cheapest)),
				("bid", price(bid)),
				("expires", expires.into()),
			],
		),
		Waits::Behind { ahead, expires } => tagged("behind", [("ahead", ahead.into()), ("expires", expires.into())]),
		Waits::Match { expires } => tagged("match", [("expires", expires.into())]),
		Waits::Acceptance {
			provider: by,
			until,
			busy,
		} => tagged(
			"acceptance",
			[
				("provider", provider(by)),
				("until", until.into()),
				("busy", busy.into()),
			],
		),
		Waits::Result { provider: by, deadline } => {
			tagged("result", [("provider", provider(by)), ("deadline", deadline.into())])
		}
		Waits::Window { provider: by, end } => tagged("window", [("provider", provider(by)), ("end", end.into())]),
		Waits::Leaves { provider: by, until } => {
			tagged("leaves", [("provider", provider(by)), ("until", until.into())])
		}
		Waits::Touch { due } => tagged("touch", [("due", due.into())]),
		Waits::Void { provider: by } => tagged("void", [("provider", provider(by))]),
	}
}

/// Whether a provider serves a job; where it does not, the first rule by which it does not.
pub(super) fn serves(answer: Result<(), Unfit>) -> Value {
	match answer {
		Ok(()) => json!({"serves": true}),
		Err(reason) => json!({"serves": false, "reason": unfit(reason)}),
	}
}

fn unfit(reason: Unfit) -> Value {
	match reason {
		Unfit::OtherTarget { target } => tagged("otherTarget", [("target", provider(target))]),
		Unfit::OtherPool { pool: serves } => tagged("otherPool", [("pool", pool(serves))]),
		Unfit::Provider(rule) => ineligible(rule),
		Unfit::NoAsk { barred_until } => tagged("noAsk", [("barredUntil", maybe(barred_until, Value::from))]),
		Unfit::AskTooDear { have, need } => tagged("askTooDear", [("have", price(have)), ("need", price(need))]),
		Unfit::Paused { until } => tagged("paused", [("until", until.into())]),
		Unfit::Parked => tagged("parked", []),
		Unfit::Expired { expires } => tagged("expired", [("expires", expires.into())]),
	}
}

fn ineligible(rule: Ineligible) -> Value {
	match rule {
		Ineligible::Unknown => tagged("unknownProvider", []),
		Ineligible::NotActive => tagged("notActive", []),
		Ineligible::Unreachable => tagged("unreachable", []),
		Ineligible::NoWorker => tagged("noWorker", []),
		Ineligible::StakeTooLow { have, need } => {
			tagged("stakeTooLow", [("have", decimal(have)), ("need", decimal(need))])
		}
		Ineligible::TakesNoTargets => tagged("takesNoTargets", []),
		Ineligible::PriceTooLow { have, need } => tagged("priceTooLow", [("have", price(have)), ("need", price(need))]),
		Ineligible::Full => tagged("full", []),
		Ineligible::NotMeasured { class } => tagged("notMeasured", [("class", class_name(class).into())]),
		Ineligible::TooFewPaid { have, need } => tagged("tooFewPaid", [("have", have.into()), ("need", need.into())]),
		Ineligible::TooManyFailed { have, need } => {
			tagged("tooManyFailed", [("have", have.into()), ("need", need.into())])
		}
	}
}
