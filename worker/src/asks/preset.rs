//! Presets: named sets of rules, those that ship and those of the configuration.

use super::{
	flaw::{Flaw, PresetError},
	hours::{overlap, Days, HourRule, Rate, TimeOfDay},
	price::{percent, reference_price, AskPrice},
	SLOTS,
};
use millrace_client::chain::{BadPool, DeviceClass, Pool};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// The presets that ship, in the words of a configuration.
const BUILT_IN: &str = include_str!("presets.toml");

/// A preset as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetTable {
	floor: Option<RawPrice>,
	asks: Option<RawAsks>,
	#[serde(default)]
	by_pool: BTreeMap<String, RawAsks>,
	#[serde(default)]
	hours: Vec<HourTable>,
}

/// A price as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(
	untagged,
	expecting = "a price is a whole number of planck, or a text like \"0.00003 MILL\", \"level 170\" or \"115 %\""
)]
pub enum RawPrice {
	/// Planck.
	Number(i64),
	/// Anything else.
	Text(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(
	untagged,
	expecting = "asks are a price or a list of prices; a price is a whole number of planck, or a text like \
	             \"0.00003 MILL\", \"level 170\" or \"115 %\""
)]
enum RawAsks {
	Number(i64),
	Text(String),
	List(Vec<RawPrice>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HourTable {
	from: Option<String>,
	to: Option<String>,
	days: Option<RawDays>,
	factor: Option<i64>,
	asks: Option<RawAsks>,
	off: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(
	untagged,
	expecting = "days are a word or a list of words: `mon` to `sun`, `weekdays`, `weekend`"
)]
enum RawDays {
	One(String),
	List(Vec<String>),
}

/// For which provider a price is: a class, and a region of it where one is named. Written `gpu-24g` or `gpu-24g/7`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PoolRule {
	class: DeviceClass,
	region: Option<u8>,
}

impl PoolRule {
	/// The rules that a pool falls under, the nearest first.
	fn of(pool: Pool) -> [Self; 2] {
		[Some(pool.region), None].map(|region| Self {
			class: pool.class,
			region,
		})
	}
}

impl FromStr for PoolRule {
	type Err = BadPool;

	// Regions are read where pools are read, and nowhere else.
	fn from_str(text: &str) -> Result<Self, BadPool> {
		if text.contains('/') {
			let pool: Pool = text.parse()?;
			return Ok(Self::of(pool)[0]);
		}
		Ok(Self {
			class: text.parse()?,
			region: None,
		})
	}
}

impl fmt::Display for PoolRule {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let class = self.class;
		match self.region {
			Some(region) => Pool { class, region }.fmt(f),
			None => class.fmt(f),
		}
	}
}

/// A set of rules, checked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Preset {
	/// What is asked at least.
	pub floor: Option<AskPrice>,
	/// What is asked where no rule for a pool says otherwise; nothing where this is empty.
	pub asks: Vec<AskPrice>,
	/// What is asked in some pools.
	pub by_pool: BTreeMap<PoolRule, Vec<AskPrice>>,
	/// What changes at some hours. No two hold at the same time.
	pub hours: Vec<HourRule>,
}

impl PresetTable {
	/// The preset, if nothing about it is wrong.
	///
	/// # Errors
	/// The first thing that is.
	pub fn check(&self, name: &str) -> Result<Preset, PresetError> {
		let wrong = |at: &str, flaw: Flaw| PresetError {
			preset: name.to_owned(),
			at: at.to_owned(),
			flaw,
		};
		let floor = self.floor.as_ref().map(RawPrice::read).transpose();
		let floor = floor.map_err(|flaw| wrong("floor", flaw))?;
		let mut by_pool = BTreeMap::new();
		for (pool, asks) in &self.by_pool {
			let at = format!("by_pool.\"{pool}\"");
			let rule = pool.parse().map_err(|flaw: BadPool| wrong(&at, flaw.into()))?;
			by_pool.insert(rule, asks.read().map_err(|flaw| wrong(&at, flaw))?);
		}
		let mut hours = Vec::new();
		for (number, table) in (1..).zip(&self.hours) {
			hours.push(table.read().map_err(|flaw| wrong(&rule_name(number), flaw))?);
		}
		if let Some((first, second, day, time)) = overlap(&hours) {
			let other = first + 1;
			return Err(wrong(&rule_name(second + 1), Flaw::Overlap { other, day, time }));
		}
		let asks = match &self.asks {
			Some(asks) => asks.read().map_err(|flaw| wrong("asks", flaw))?,
			// A floor alone is what is asked.
			None if by_pool.is_empty() => floor.into_iter().collect(),
			None => Vec::new(),
		};
		if asks.is_empty() && by_pool.is_empty() {
			return Err(wrong("asks", Flaw::Nothing));
		}
		let preset = Preset {
			floor,
			asks,
			by_pool,
			hours,
		};
		preset.within_the_ladder().map_err(|(at, flaw)| wrong(&at, flaw))?;
		Ok(preset)
	}
}

/// A rule for some hours, as it is called; counted from 1.
pub(super) fn rule_name(number: usize) -> String {
	format!("hours, rule {number}")
}

impl RawPrice {
	fn read(&self) -> Result<AskPrice, Flaw> {
		Ok(match self {
			Self::Number(planck) => AskPrice::of_planck(*planck)?,
			Self::Text(text) => text.parse()?,
		})
	}
}

impl RawAsks {
	fn read(&self) -> Result<Vec<AskPrice>, Flaw> {
		let asks = match self {
			Self::Number(planck) => vec![AskPrice::of_planck(*planck)?],
			Self::Text(text) => vec![text.parse().map_err(Flaw::Price)?],
			Self::List(list) => list.iter().map(RawPrice::read).collect::<Result<_, _>>()?,
		};
		match asks.len() {
			0 => Err(Flaw::Empty),
			count if count > usize::from(SLOTS) => Err(Flaw::TooMany(count)),
			_ => Ok(asks),
		}
	}
}

impl HourTable {
	fn read(&self) -> Result<HourRule, Flaw> {
		let time = |text: &Option<String>, default| text.as_ref().map_or(Ok(default), |text| text.parse());
		let from = time(&self.from, TimeOfDay::FIRST)?;
		let to = time(&self.to, TimeOfDay::LAST)?;
		let days = match &self.days {
			None => Days::ALL,
			Some(RawDays::One(word)) => Days::of_words([word.as_str()])?,
			Some(RawDays::List(words)) => Days::of_words(words.iter().map(String::as_str))?,
		};
		let rate = match (self.factor, &self.asks, self.off) {
			(Some(factor), None, None) => Rate::Factor(percent(Some(factor)).ok_or(Flaw::Factor(factor))?),
			(None, Some(asks), None) => Rate::Asks(asks.read()?),
			(None, None, Some(true)) => Rate::Off,
			_ => return Err(Flaw::Action),
		};
		Ok(HourRule::new(days, from, to, rate)?)
	}
}

impl Preset {
	/// One ask, always.
	pub fn constant(ask: AskPrice) -> Self {
		Self {
			asks: vec![ask],
			..Self::default()
		}
	}

	/// What is asked in a pool, whatever the hour; empty where no rule is for it.
	pub fn asks_in(&self, pool: Pool) -> &[AskPrice] {
		let own = PoolRule::of(pool).into_iter().find_map(|rule| self.by_pool.get(&rule));
		own.unwrap_or(&self.asks)
	}

	/// Finds a price that is above the ladder at some time, and two asks of a list that are one.
	fn within_the_ladder(&self) -> Result<(), (String, Flaw)> {
		let everywhere = || DeviceClass::ALL.into_iter().map(reference_price);
		let fits = |at: &str, price: AskPrice, factor: u32| {
			let fits = everywhere().all(|reference| price.level(reference, factor).is_some());
			let flaw = Flaw::TooHigh { price, factor };
			fits.then_some(()).ok_or_else(|| (at.to_owned(), flaw))
		};
		if let Some(floor) = self.floor {
			fits("floor", floor, 100)?;
		}
		let mut lists = vec![("asks".to_owned(), &self.asks, true)];
		for (pool, asks) in &self.by_pool {
			lists.push((format!("by_pool.\"{pool}\""), asks, true));
		}
		let mut factors = vec![100];
		for (number, rule) in (1..).zip(&self.hours) {
			match &rule.rate {
				Rate::Factor(factor) => factors.push(*factor),
				Rate::Asks(asks) => lists.push((rule_name(number), asks, false)),
				Rate::Off => {}
			}
		}
		for (at, asks, is_scaled) in lists {
			let most = if is_scaled { factors.len() } else { 1 };
			for (number, ask) in asks.iter().enumerate() {
				factors
					.iter()
					.take(most)
					.try_for_each(|factor| fits(&at, *ask, *factor))?;
				let same = |other: &&AskPrice| {
					everywhere().all(|reference| other.level(reference, 100) == ask.level(reference, 100))
				};
				if let Some(other) = asks.iter().take(number).find(same) {
					return Err((at, Flaw::Twice(*other, *ask)));
				}
			}
		}
		Ok(())
	}
}

/// A preset in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
	/// The rules.
	pub preset: Preset,
	/// Whether it ships.
	pub is_built_in: bool,
}

/// All presets that can be named: those that ship, and those of a configuration, which come first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Presets(BTreeMap<String, Listed>);

impl Presets {
	/// Those that ship, and these.
	///
	/// # Errors
	/// One of these is wrong.
	pub fn with(tables: &BTreeMap<String, PresetTable>) -> Result<Self, PresetError> {
		let mut presets = BTreeMap::new();
		for (name, table) in built_in() {
			let preset = table.check(&name)?;
			let is_built_in = true;
			presets.insert(name, Listed { preset, is_built_in });
		}
		for (name, table) in tables {
			let preset = table.check(name)?;
			let is_built_in = false;
			presets.insert(name.clone(), Listed { preset, is_built_in });
		}
		Ok(Self(presets))
	}

	/// One by its name.
	pub fn get(&self, name: &str) -> Option<&Preset> {
		self.0.get(name).map(|listed| &listed.preset)
	}

	/// All, by name.
	pub fn iter(&self) -> impl Iterator<Item = (&str, &Listed)> {
		self.0.iter().map(|(name, listed)| (name.as_str(), listed))
	}

	/// Their names, for people.
	pub fn names(&self) -> String {
		self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
	}
}

fn built_in() -> BTreeMap<String, PresetTable> {
	// It is part of this program, and a test reads it.
	toml::from_str(BUILT_IN).unwrap_or_default()
}

#[cfg(test)]
mod tests;
