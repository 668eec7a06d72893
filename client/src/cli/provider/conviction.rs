//! How a penalty shows in a provider: status, chill, fraud clock, slashes.

use crate::{
	amount,
	chain::{ProviderView, SlashCause, SlashView, Status, Tick},
};
use serde_json::{json, Value};

/// The tick until which a provider is chilled.
pub(super) fn chilled_until(provider: &ProviderView) -> Option<Tick> {
	match provider.status {
		Status::Chilled { until } => Some(until),
		_ => None,
	}
}

/// Its status, with why it is so.
pub(super) fn status_text(provider: &ProviderView) -> String {
	let name = provider.status.name();
	let refuted = provider
		.fraud_clock
		.map(|tick| format!(", a result was refuted at tick {tick}"))
		.unwrap_or_default();
	match provider.status {
		Status::Chilled { until } => format!("{name} until tick {until}{refuted}"),
		Status::Unreachable { draining } => {
			let since = provider
				.outage
				.map(|began| format!(" since tick {began}"))
				.unwrap_or_default();
			let then = if draining { ", draining once it is back" } else { "" };
			format!("{name}{since}{then}{refuted}")
		}
		Status::Active | Status::Draining | Status::Exiting => format!("{name}{refuted}"),
	}
}

/// A slash for people.
pub(super) fn slash_text(slash: &SlashView) -> String {
	let to = match &slash.shares {
		Some(shares) => format!(
			"{} to {}, {} to {}, the rest is burned",
			amount::print(shares.refuter_amount),
			shares.refuter,
			amount::print(shares.requester_amount),
			shares.requester
		),
		None if slash.cause == SlashCause::Downtime => "all of it goes to the treasury".to_owned(),
		None => "all of it is burned".to_owned(),
	};
	format!(
		"{} for {}, paid at tick {}: {to}",
		amount::print(slash.amount),
		slash.cause.name(),
		slash.due
	)
}

/// A slash for programs.
pub(super) fn slash_object(slash: &SlashView) -> Value {
	json!({
		"slash": slash.id,
		"cause": slash.cause,
		"amount": slash.amount.to_string(),
		"due_tick": slash.due,
		"shares": slash.shares.map(|shares| json!({
			"refuter": shares.refuter.to_string(),
			"refuter_amount": shares.refuter_amount.to_string(),
			"requester": shares.requester.to_string(),
			"requester_amount": shares.requester_amount.to_string(),
		})),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::chain::{AccountId, SlashShares};

	#[test]
	fn slashes_say_who_gets_what() {
		let mut slash = SlashView {
			id: 3,
			provider: 1,
			amount: 100 * amount::MILL,
			cause: SlashCause::Fraud,
			due: 77,
			shares: Some(SlashShares {
				refuter: AccountId([1; 32]),
				refuter_amount: 5 * amount::MILL,
				requester: AccountId([2; 32]),
				requester_amount: 10 * amount::MILL,
			}),
		};
		let text = slash_text(&slash);
		assert!(
			text.starts_with("100 MILL for fraud, paid at tick 77: 5 MILL to 5"),
			"{text}"
		);
		let object = slash_object(&slash);
		assert_eq!(object["cause"], "fraud");
		assert_eq!(object["shares"]["requester_amount"], (10 * amount::MILL).to_string());
		slash.cause = SlashCause::Silence;
		slash.shares = None;
		assert!(slash_text(&slash).ends_with("all of it is burned"));
		assert!(slash_object(&slash)["shares"].is_null());
		slash.cause = SlashCause::Downtime;
		let text = slash_text(&slash);
		assert!(
			text.contains("for downtime") && text.ends_with("all of it goes to the treasury"),
			"{text}"
		);
	}
}
