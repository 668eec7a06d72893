//! `millrace-worker presets`: which there are, and what the one in force asks now.

use super::{CommandError, Output};
use crate::{
	asks::{next_change, pool_of, wanted_asks, AskPrice, AskRules, Listed, NoAsk, Preset, Rate, WantedAsk},
	config::{ConfigError, Flags, Offers},
	keys::Identity,
	supervisor::RunError,
};
use clap::Args;
use jiff::{tz::TimeZone, Timestamp};
use millrace_client::chain::{Chain, Pool, Price, ProviderTerms};
use serde_json::{json, Value};
use std::time::Duration;

/// How long the node may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Args, Debug)]
pub(super) struct PresetsArgs {
	#[command(flatten)]
	flags: Flags,
	/// Print what would be asked at this moment, and when that changes next
	#[arg(long)]
	now: bool,
	/// As if the provider were in this pool, without asking the chain: a class, or a class and a region
	#[arg(long, requires = "now", value_name = "POOL")]
	pool: Option<Pool>,
	/// As if its owner had signed this least price for 2^30 units: `0.00003 MILL`, or planck
	#[arg(long, requires = "pool", value_name = "PRICE")]
	min_price: Option<Price>,
}

/// What rules ask at one moment, or why nothing.
type Wanted = Result<Vec<WantedAsk>, NoAsk>;

/// What is asked now, and what next.
struct Outlook<'a> {
	rules: &'a AskRules,
	terms: ProviderTerms,
	now: Timestamp,
	wanted: Wanted,
	next: Option<(Timestamp, Wanted)>,
}

pub(super) fn presets(args: PresetsArgs, output: Output) -> Result<(), CommandError> {
	let PresetsArgs {
		flags,
		now,
		pool,
		min_price,
	} = args;
	let mut offers = flags.offers()?;
	if !now {
		match output {
			Output::Json => println!("{}", list_object(&offers)),
			Output::Table => print!("{}", list_text(&offers)),
		}
		return Ok(());
	}
	let asks = std::mem::replace(&mut offers.asks, Ok(None))?;
	let rules = asks.ok_or(ConfigError::NoAsks)?;
	let terms = match pool {
		Some(Pool { class, region }) => ProviderTerms {
			class,
			region,
			lanes: 1,
			min_price: min_price.unwrap_or_default(),
			takes_targets: true,
		},
		None => {
			let runtime = tokio::runtime::Runtime::new().map_err(CommandError::Runtime)?;
			runtime.block_on(signed_terms(&offers))?
		}
	};
	let outlook = Outlook::new(&rules, terms, Timestamp::now());
	match output {
		Output::Json => println!("{}", outlook.object()),
		Output::Table => print!("{}", outlook.text()),
	}
	Ok(())
}

/// What the provider's owner signed, as the chain shows it.
async fn signed_terms(offers: &Offers) -> Result<ProviderTerms, CommandError> {
	let state = offers.state.as_ref().ok_or(ConfigError::NoState)?;
	let account = Identity::open(state)?.account();
	let read = async {
		let chain = Chain::connect(&offers.url, PATIENCE).await?;
		let at = chain.best().await?;
		let id = at.by_worker(account).await?.ok_or(RunError::NotAuthorised(account))?;
		let provider = at.provider(id).await?.ok_or(RunError::NotAuthorised(account))?;
		Ok::<_, RunError>(provider.terms)
	};
	Ok(read.await?)
}

impl<'a> Outlook<'a> {
	fn new(rules: &'a AskRules, terms: ProviderTerms, now: Timestamp) -> Self {
		Self {
			wanted: wanted_asks(rules, &terms, now),
			next: next_change(rules, &terms, now),
			rules,
			terms,
			now,
		}
	}

	fn object(&self) -> Value {
		let zone = &self.rules.zone;
		json!({
			"preset": self.rules.name,
			"pool": pool_of(&self.terms).to_string(),
			"min_price": self.terms.min_price.0,
			"time_zone": zone_name(zone),
			"now": self.now.to_string(),
			"asks": asks_object(&self.wanted),
			"nothing": self.wanted.as_ref().err().map(ToString::to_string),
			"next": self.next.as_ref().map(|(at, wanted)| json!({
				"at": at.to_string(),
				"asks": asks_object(wanted),
				"nothing": wanted.as_ref().err().map(ToString::to_string),
			})),
		})
	}

	fn text(&self) -> String {
		let zone = &self.rules.zone;
		let mut lines = vec![
			format!("preset    {}", self.rules.name),
			format!("pool      {}", pool_of(&self.terms)),
			format!("at least  {}", self.terms.min_price),
			format!("now       {}", local(zone, self.now)),
		];
		lines.extend(asks_lines("asks", &self.wanted));
		match &self.next {
			Some((at, wanted)) => {
				lines.push(format!("then      {}", local(zone, *at)));
				lines.extend(asks_lines("asks", wanted));
			}
			None => lines.push("then      the same: no change within a week".to_owned()),
		}
		lines.join("\n") + "\n"
	}
}

fn asks_object(wanted: &Wanted) -> Value {
	let asks = wanted.iter().flatten().map(|ask| {
		json!({
			"level": ask.level.0,
			"price": ask.level.price().0,
			"raised_from": ask.raised_from.map(|level| level.0),
		})
	});
	asks.collect()
}

fn asks_lines(name: &str, wanted: &Wanted) -> Vec<String> {
	match wanted {
		Ok(asks) => asks
			.iter()
			.map(|ask| {
				let raised = ask.raised_from.map_or_else(String::new, |from| {
					format!(", raised from level {} to what its owner signed", from.0)
				});
				format!("{name:8}  level {}: {}{raised}", ask.level.0, ask.level.price())
			})
			.collect(),
		Err(why) => vec![format!("{name:8}  nothing: {why}")],
	}
}

fn local(zone: &TimeZone, at: Timestamp) -> String {
	at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string() + " " + zone_name(zone)
}

fn zone_name(zone: &TimeZone) -> &str {
	zone.iana_name().unwrap_or("local time")
}

fn list_object(offers: &Offers) -> Value {
	let list = |asks: &[AskPrice]| asks.iter().map(ToString::to_string).collect::<Vec<_>>();
	let presets = offers.presets.iter().map(|(name, Listed { preset, is_built_in })| {
		let hours = preset.hours.iter().map(|rule| {
			let (what, value) = match &rule.rate {
				Rate::Factor(factor) => ("factor", json!(factor)),
				Rate::Asks(asks) => ("asks", json!(list(asks))),
				Rate::Off => ("off", json!(true)),
			};
			json!({ "when": rule.to_string(), what: value })
		});
		let by_pool = preset
			.by_pool
			.iter()
			.map(|(pool, asks)| (pool.to_string(), json!(list(asks))));
		json!({
			"name": name,
			"built_in": is_built_in,
			"in_force": is_in_force(offers, name),
			"floor": preset.floor.map(|floor| floor.to_string()),
			"asks": list(&preset.asks),
			"by_pool": by_pool.collect::<serde_json::Map<_, _>>(),
			"hours": hours.collect::<Vec<Value>>(),
		})
	});
	presets.collect()
}

/// Whether this is what is asked; a single ask has no preset.
fn is_in_force(offers: &Offers, name: &str) -> bool {
	let rules = offers.asks.as_ref().ok().and_then(Option::as_ref);
	rules.is_some_and(|rules| rules.name == name && offers.presets.get(name) == Some(&rules.preset))
}

fn list_text(offers: &Offers) -> String {
	let head = ["preset", "from", "pool", "when", "asks"].map(str::to_owned);
	let mut rows = vec![head];
	for (name, listed) in offers.presets.iter() {
		let from = if listed.is_built_in {
			"built in"
		} else {
			"configuration"
		};
		let mark = if is_in_force(offers, name) { ", in force" } else { "" };
		let mut names = [name.to_owned(), format!("{from}{mark}")];
		for [pool, when, asks] in rule_rows(&listed.preset) {
			let [name, from] = std::mem::take(&mut names);
			rows.push([name, from, pool, when, asks]);
		}
	}
	let mut text = String::new();
	let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
	let widths: [usize; 5] = std::array::from_fn(width);
	for row in &rows {
		let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
		text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
		text.push('\n');
	}
	text
}

/// Each rule of a preset: the pool, the time, and what is asked.
fn rule_rows(preset: &Preset) -> Vec<[String; 3]> {
	let list = |asks: &[AskPrice]| asks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
	let row = |pool: String, when: &str, asks: String| [pool, when.to_owned(), asks];
	let mut rows = Vec::new();
	if !preset.asks.is_empty() {
		rows.push(row("any".to_owned(), "always", list(&preset.asks)));
	}
	for (pool, asks) in &preset.by_pool {
		rows.push(row(pool.to_string(), "always", list(asks)));
	}
	for rule in &preset.hours {
		let asks = match &rule.rate {
			Rate::Factor(factor) => format!("{factor} % of that"),
			Rate::Asks(asks) => list(asks),
			Rate::Off => "nothing".to_owned(),
		};
		rows.push(row("any".to_owned(), &rule.to_string(), asks));
	}
	if let Some(floor) = preset.floor {
		rows.push(row("any".to_owned(), "always", format!("at least {floor}")));
	}
	rows
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::asks::PresetTable;
	use millrace_client::chain::DeviceClass;

	fn rules(text: &str) -> AskRules {
		AskRules {
			name: "home".to_owned(),
			preset: toml::from_str::<PresetTable>(text).unwrap().check("home").unwrap(),
			zone: TimeZone::get("Europe/Paris").unwrap(),
		}
	}

	fn outlook(rules: &AskRules, min_price: u64) -> Outlook<'_> {
		let terms = ProviderTerms {
			class: DeviceClass::Gpu24g,
			region: 7,
			lanes: 1,
			min_price: Price(min_price),
			takes_targets: true,
		};
		Outlook::new(rules, terms, "2026-01-05T11:00:00Z".parse().unwrap())
	}

	#[test]
	fn what_is_asked_now_and_next_is_told_in_local_time() {
		let rules = rules("asks = [\"level 3\", 64]\nhours = [{ from = \"22:00\", to = \"06:00\", off = true }]\n");
		let outlook = outlook(&rules, 69);
		assert_eq!(
			outlook.text(),
			"preset    home\n\
			 pool      gpu-24g/7\n\
			 at least  0.000000000069 MILL per 2^30 units\n\
			 now       Mon 2026-01-05 12:00 Europe/Paris\n\
			 asks      level 1: 0.000000000069 MILL per 2^30 units, raised from level 0 to what its owner signed\n\
			 asks      level 3: 0.000000000081 MILL per 2^30 units\n\
			 then      Mon 2026-01-05 22:00 Europe/Paris\n\
			 asks      nothing: hours, rule 1 says off\n"
		);
		let object = outlook.object();
		assert_eq!(object["asks"][0], json!({ "level": 1, "price": 69, "raised_from": 0 }));
		assert_eq!(
			object["asks"][1],
			json!({ "level": 3, "price": 81, "raised_from": null })
		);
		assert_eq!(object["nothing"], Value::Null);
		assert_eq!(object["next"]["at"], "2026-01-05T21:00:00Z");
		assert_eq!(object["next"]["asks"], json!([]));
		assert_eq!(object["next"]["nothing"], "hours, rule 1 says off");
	}

	#[test]
	fn an_ask_that_never_changes_has_no_next() {
		let rules = rules("asks = 64\n");
		let outlook = outlook(&rules, 0);
		assert!(outlook
			.text()
			.ends_with("then      the same: no change within a week\n"));
		assert_eq!(outlook.object()["next"], Value::Null);
	}

	#[test]
	fn every_rule_of_every_preset_is_listed() {
		let offers = Flags {
			preset: Some("night".to_owned()),
			..Flags::default()
		};
		let offers = offers.offers().unwrap();
		let text = list_text(&offers);
		let lines: Vec<&str> = text.lines().collect();
		assert_eq!(
			lines[0].split_whitespace().collect::<Vec<_>>(),
			["preset", "from", "pool", "when", "asks"]
		);
		assert_eq!(lines.len(), 5);
		assert!(lines[1].starts_with("ladder  built in") && lines[1].ends_with("100 %, 115 %, 135 %, 160 %"));
		assert!(lines[2].starts_with("night   built in, in force") && lines[2].ends_with("100 %"));
		assert!(lines[3].starts_with("        ") && lines[3].ends_with("every day 06:00 to 22:00  nothing"));
		let object = list_object(&offers);
		let names = ["ladder", "night", "steady"];
		assert_eq!([&object[0]["name"], &object[1]["name"], &object[2]["name"]], names);
		assert_eq!([&object[0]["in_force"], &object[1]["in_force"]], [false, true]);
		assert_eq!(
			object[1]["hours"],
			json!([{ "when": "every day 06:00 to 22:00", "off": true }])
		);
	}
}
