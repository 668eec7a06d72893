//! `millrace provider earnings`.

use super::{
	super::{
		arguments::{EarningsArguments, Since},
		print::{grouped, pairs, table},
		Session,
	},
	find,
};
use crate::{
	amount::{self, Balance},
	chain::{EarningState, EraEarning, EraReward, ProviderId, Tick, HISTORY_ERAS, SECONDS_PER_TICK},
	exit::Failure,
};
use serde_json::{json, Value};
use std::{collections::BTreeMap, time::Duration};

/// Prints the usage rewards of a provider that nobody has claimed for it yet, era by era.
pub(super) async fn run(session: &Session<'_>, arguments: EarningsArguments) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let provider = arguments.provider;
	let mut unclaimed = at.earnings(provider).await?;
	if unclaimed.is_empty() {
		// One that has left may still have something to claim, so it is looked for only here.
		find(&at, provider).await?;
	}
	let running = at.network_stats().await?.era;
	let first = match arguments.since {
		Some(Since::Era(era)) => era,
		Some(Since::Time(time)) => first_era(running, time, at.rules()?.fee_era),
		None => 0,
	};
	unclaimed.retain(|earning| earning.era >= first);
	let earnings = Earnings {
		provider,
		running,
		unclaimed,
		eras: at.era_rewards(HISTORY_ERAS).await?.into_iter().collect(),
		block: at.block().number,
	};
	if arguments.csv {
		session.printer.bare(&earnings.csv());
	} else {
		session.printer.show(&earnings.object(), || earnings.text());
	}
	Ok(())
}

/// The first era that may have run so long ago or later, if all of them were as long as they are now.
fn first_era(running: u32, ago: Duration, ticks: Tick) -> u32 {
	let seconds = u64::from(ticks.max(1)).saturating_mul(SECONDS_PER_TICK);
	let eras = ago.as_secs().div_ceil(seconds);
	running.saturating_sub(u32::try_from(eras).unwrap_or(u32::MAX))
}

/// What a provider has earned that was not claimed.
struct Earnings {
	provider: ProviderId,
	/// The running era.
	running: u32,
	unclaimed: Vec<EraEarning>,
	/// What eras pay that are over.
	eras: BTreeMap<u32, EraReward>,
	block: u64,
}

impl Earnings {
	/// The rewards of all eras that stand so.
	fn sum(&self, wanted: impl Fn(EarningState) -> bool) -> Balance {
		let rewards = self.unclaimed.iter().filter(|earning| wanted(earning.state));
		rewards.fold(0, |sum: Balance, earning| sum.saturating_add(earning.reward))
	}

	fn claimable(&self) -> Balance {
		self.sum(|state| state == EarningState::Claimable)
	}

	fn not_yet(&self) -> Balance {
		self.sum(|state| state != EarningState::Claimable)
	}

	fn object(&self) -> Value {
		let eras = self.unclaimed.iter().map(|earning| {
			let mut object = json!(earning);
			if let Some(object) = object.as_object_mut() {
				let era = self.eras.get(&earning.era);
				let figure = |figure: fn(&EraReward) -> Balance| json!(era.map(|era| figure(era).to_string()));
				object.insert("era_fees".to_owned(), figure(|era| era.fees));
				object.insert("era_pool".to_owned(), figure(|era| era.pool));
				object.insert("era_claimed".to_owned(), figure(|era| era.claimed));
			}
			object
		});
		json!({
			"provider": self.provider,
			"running_era": self.running,
			"eras": eras.collect::<Vec<Value>>(),
			"claimable": self.claimable().to_string(),
			"not_yet": self.not_yet().to_string(),
			"block": self.block,
		})
	}

	/// The eras as a spreadsheet reads them. Amounts in planck; what is not known yet is empty.
	fn csv(&self) -> String {
		let mut text = String::from("era,state,fees,reward,era_fees,era_pool,era_claimed\n");
		for earning in &self.unclaimed {
			let era = self.eras.get(&earning.era);
			let figure = |figure: fn(&EraReward) -> Balance| era.map(|era| figure(era).to_string()).unwrap_or_default();
			let cells = [
				earning.era.to_string(),
				word(earning.state).to_owned(),
				earning.fees.to_string(),
				earning.reward.to_string(),
				figure(|era| era.fees),
				figure(|era| era.pool),
				figure(|era| era.claimed),
			];
			text.push_str(&cells.join(","));
			text.push('\n');
		}
		text
	}

	fn text(&self) -> String {
		let head = pairs([
			("provider", self.provider.to_string()),
			("running era", self.running.to_string()),
			("can be claimed", amount::print(self.claimable())),
			("not yet", amount::print(self.not_yet())),
		]);
		if self.unclaimed.is_empty() {
			return format!("{head}\n\nno era has anything that is not claimed");
		}
		let rows = self.unclaimed.iter().map(|earning| {
			let era = self.eras.get(&earning.era);
			let unknown = || "not known yet".to_owned();
			vec![
				grouped(earning.era),
				word(earning.state).to_owned(),
				amount::print(earning.fees),
				era.map_or_else(unknown, |era| amount::print(era.fees)),
				era.map_or_else(unknown, |era| amount::print(era.pool)),
				era.map_or_else(unknown, |era| amount::print(era.claimed)),
				amount::print(earning.reward),
			]
		});
		let header = [
			"era",
			"state",
			"fees of its payments",
			"of all payments",
			"pool",
			"claimed by anyone",
			"reward",
		];
		format!("{head}\n\n{}", table(&header, rows))
	}
}

/// Where an era stands, as a word.
fn word(state: EarningState) -> &'static str {
	match state {
		EarningState::Running => "running",
		EarningState::Closing => "closing",
		EarningState::Claimable => "claimable",
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::amount::MILL;

	fn earning(era: u32, fees: Balance, reward: Balance, state: EarningState) -> EraEarning {
		EraEarning {
			era,
			fees,
			reward,
			state,
		}
	}

	fn earnings() -> Earnings {
		let era = EraReward {
			fees: 20 * MILL,
			pool: 8 * MILL,
			claimed: 3 * MILL,
		};
		Earnings {
			provider: 4,
			running: 13,
			unclaimed: vec![
				earning(10, 5 * MILL, 2 * MILL, EarningState::Claimable),
				earning(11, MILL / 2, MILL / 5, EarningState::Claimable),
				earning(12, MILL, 3 * MILL / 10, EarningState::Closing),
				earning(13, 3, 1, EarningState::Running),
			],
			eras: BTreeMap::from([(10, era)]),
			block: 99,
		}
	}

	#[test]
	fn eras_are_listed_and_what_can_be_claimed_is_added_up() {
		let text = earnings().text();
		for part in [
			"2.2 MILL",
			"0.300000000001 MILL",
			"20 MILL",
			"8 MILL",
			"3 MILL",
			"claimable",
			"closing",
			"running",
			"not known yet",
		] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let nothing = Earnings {
			unclaimed: Vec::new(),
			..earnings()
		};
		assert!(nothing.text().ends_with("no era has anything that is not claimed"));
	}

	#[test]
	fn programs_get_planck_as_texts() {
		let object = earnings().object();
		assert_eq!(object["claimable"], (22 * MILL / 10).to_string());
		assert_eq!(object["not_yet"], (3 * MILL / 10 + 1).to_string());
		let expected = json!({
			"era": 10,
			"state": "claimable",
			"fees": (5 * MILL).to_string(),
			"reward": (2 * MILL).to_string(),
			"era_fees": (20 * MILL).to_string(),
			"era_pool": (8 * MILL).to_string(),
			"era_claimed": (3 * MILL).to_string(),
		});
		assert_eq!(object["eras"][0], expected);
		assert!(object["eras"][3]["era_pool"].is_null());
		assert_eq!(object["eras"][3]["state"], "running");
	}

	#[test]
	fn a_spreadsheet_gets_a_line_for_each_era() {
		let csv = earnings().csv();
		let lines: Vec<&str> = csv.lines().collect();
		assert_eq!(
			&lines[..2],
			[
				"era,state,fees,reward,era_fees,era_pool,era_claimed",
				"10,claimable,5000000000000,2000000000000,20000000000000,8000000000000,3000000000000",
			]
		);
		assert_eq!(lines[4], "13,running,3,1,,,");
		assert_eq!(lines.len(), 5);
	}

	/// Six hours are an era of 7,200 ticks.
	#[test]
	fn a_time_is_as_many_eras_as_touch_it() {
		const HOUR: u64 = 3_600;
		for (hours, era) in [(0, 100), (1, 99), (6, 99), (7, 98), (24 * 7, 72), (100_000, 0)] {
			assert_eq!(
				first_era(100, Duration::from_secs(hours * HOUR), 7_200),
				era,
				"{hours} h"
			);
		}
		assert_eq!(
			first_era(100, Duration::from_secs(3), 0),
			99,
			"no era is shorter than a tick"
		);
	}
}
