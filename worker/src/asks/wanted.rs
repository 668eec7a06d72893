//! What is asked at one moment, and when that changes: pure functions of the rules, of what the owner signed, and of the
//! time.

use super::{
	hours::{HourRule, Rate},
	preset::{rule_name, Preset},
	price::{reference_price, AskPrice},
};
use jiff::{tz::TimeZone, Timestamp};
use millrace_client::chain::{Level, Pool, Price, ProviderTerms};

/// How far ahead a change is looked for, in minutes: a week, and a day for clocks that are changed.
const LOOK_AHEAD: i64 = 8 * 24 * 60;
const MINUTE_SECONDS: i64 = 60;

/// The rules in force, and the clock that their hours are read by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AskRules {
	/// What they are called.
	pub name: String,
	/// The rules.
	pub preset: Preset,
	/// The clock.
	pub zone: TimeZone,
}

/// An ask that should stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WantedAsk {
	/// The price level.
	pub level: Level,
	/// The level that the rules say, where that is below the least price that the owner signed.
	pub raised_from: Option<Level>,
}

/// Why nothing is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoAsk {
	/// Hours at which the ask is withdrawn.
	#[error("{} says off", rule_name(*.0))]
	Off(usize),
	/// The rules are for other pools.
	#[error("no rule is for the pool {0}, in which the provider is")]
	OtherPool(Pool),
	/// The owner signed a price that no level reaches.
	#[error("no level reaches the least price that the owner signed, {} planck", .0.0)]
	AboveLadder(Price),
}

/// The pool that the terms put a provider in.
pub fn pool_of(terms: &ProviderTerms) -> Pool {
	Pool {
		class: terms.class,
		region: terms.region,
	}
}

/// The asks that should stand now, cheapest first, no two at one level; at least one. None is below the least price that
/// the owner signed.
///
/// # Errors
/// Why none should.
pub fn wanted_asks(rules: &AskRules, terms: &ProviderTerms, now: Timestamp) -> Result<Vec<WantedAsk>, NoAsk> {
	let pool = pool_of(terms);
	let usual = rules.preset.asks_in(pool);
	if usual.is_empty() {
		return Err(NoAsk::OtherPool(pool));
	}
	let (asks, factor) = match rules.rule_at(now) {
		None => (usual, 100),
		Some((number, rule)) => match &rule.rate {
			Rate::Factor(factor) => (usual, *factor),
			Rate::Asks(asks) => (asks.as_slice(), 100),
			Rate::Off => return Err(NoAsk::Off(number)),
		},
	};
	let least = Level::at_least(terms.min_price).ok_or(NoAsk::AboveLadder(terms.min_price))?;
	let reference = reference_price(pool.class);
	// The configuration was refused if a price could be above the ladder.
	let level = |price: AskPrice, factor: u32| price.level(reference, factor).unwrap_or(Level(u8::MAX));
	let floor = rules.preset.floor.map_or(Level(0), |floor| level(floor, 100));
	let mut levels: Vec<Level> = asks.iter().map(|ask| level(*ask, factor).max(floor)).collect();
	levels.sort_unstable();
	let mut wanted: Vec<WantedAsk> = Vec::new();
	for meant in levels {
		let level = meant.max(least);
		if wanted.last().is_none_or(|last| last.level != level) {
			let raised_from = (meant < least).then_some(meant);
			wanted.push(WantedAsk { level, raised_from });
		}
	}
	Ok(wanted)
}

/// The minute at which something else will be asked, and what; none where that does not happen within a week.
pub fn next_change(
	rules: &AskRules,
	terms: &ProviderTerms,
	now: Timestamp,
) -> Option<(Timestamp, Result<Vec<WantedAsk>, NoAsk>)> {
	let asked = wanted_asks(rules, terms, now);
	let is_same = |other: &Result<Vec<WantedAsk>, NoAsk>| match (&asked, other) {
		// Which rule it is that says so changes nothing.
		(Err(_), Err(_)) => true,
		(asked, other) => asked == other,
	};
	if rules.preset.hours.is_empty() {
		return None;
	}
	let minute = now.as_second().div_euclid(MINUTE_SECONDS);
	// Rules begin and end on a minute, and every zone differs from the others by whole ones.
	(1..=LOOK_AHEAD).find_map(|ahead| {
		let at = Timestamp::from_second((minute + ahead) * MINUTE_SECONDS).ok()?;
		let then = wanted_asks(rules, terms, at);
		(!is_same(&then)).then_some((at, then))
	})
}

impl AskRules {
	/// The rule for the hour, and its number, counted from 1.
	fn rule_at(&self, now: Timestamp) -> Option<(usize, &HourRule)> {
		if self.preset.hours.is_empty() {
			return None;
		}
		let local = self.zone.to_datetime(now);
		let day = u8::try_from(local.weekday().to_monday_zero_offset()).ok()?;
		let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).ok()?;
		(1..).zip(&self.preset.hours).find(|(_, rule)| rule.holds(day, minute))
	}
}

#[cfg(test)]
mod tests;
