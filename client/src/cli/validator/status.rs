//! `millrace validator status`.

use super::{
	super::{
		print::{grouped, pairs, table},
		Session,
	},
	about, percent, stash_or_key,
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, Candidacy, EraPoints, SessionView, StashBond, UnclaimedEra, ValidatorView},
	exit::{Code, Failure},
	keys::KeyError,
};
use serde_json::{json, Value};
use std::process::ExitCode;

/// Prints how a validator stands; the exit code says whether it is one now.
pub(super) async fn run(session: &Session<'_>, stash: Option<AccountId>) -> Result<ExitCode, Failure> {
	let stash = stash_or_key(session, stash)?.ok_or(KeyError::None)?;
	let chain = session.chain().await?;
	let (at, last_final) = (chain.best().await?, chain.finalised().await?);
	let era = at.active_era().await?;
	let status = Status {
		validator: at.validator(stash).await?,
		session: at.session().await?,
		era,
		points: at.era_points(stash, era).await?,
		unclaimed: at.unclaimed_eras(stash).await?,
		best: at.block().number,
		last_final: last_final.block().number,
	};
	session.printer.show(&status.object(), || status.text());
	Ok(status.exit_code())
}

/// Where a stash stands between bonding and authoring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
	/// Its node authors and votes.
	Active,
	/// It is among the validators of the next session.
	Next,
	/// It stands for election.
	Waiting,
	/// It has money bonded, and does not stand for election.
	Chilled,
	/// It has nothing bonded.
	NotBonded,
}

impl Standing {
	fn name(self) -> &'static str {
		match self {
			Standing::Active => "active",
			Standing::Next => "next",
			Standing::Waiting => "waiting",
			Standing::Chilled => "chilled",
			Standing::NotBonded => "not_bonded",
		}
	}

	fn sentence(self) -> &'static str {
		match self {
			Standing::Active => "active: among the validators of this session",
			Standing::Next => "next: elected, and among the validators from the next session on",
			Standing::Waiting => "waiting: stands for election, and is not elected",
			Standing::Chilled => "chilled: has a bond, and does not stand for election",
			Standing::NotBonded => "not bonded: staking does not know it as a stash",
		}
	}
}

/// Everything that is shown.
struct Status {
	validator: ValidatorView,
	session: SessionView,
	era: u32,
	points: EraPoints,
	unclaimed: Vec<UnclaimedEra>,
	best: u64,
	last_final: u64,
}

impl Status {
	fn is_active(&self) -> bool {
		self.session.validators.contains(&self.validator.stash)
	}

	fn is_next(&self) -> bool {
		self.session.next.contains(&self.validator.stash)
	}

	fn is_disabled(&self) -> bool {
		self.session.disabled.contains(&self.validator.stash)
	}

	fn standing(&self) -> Standing {
		if self.is_active() {
			Standing::Active
		} else if self.is_next() {
			Standing::Next
		} else if self.validator.candidacy.is_some() {
			Standing::Waiting
		} else if self.validator.bond.is_some() {
			Standing::Chilled
		} else {
			Standing::NotBonded
		}
	}

	fn exit_code(&self) -> ExitCode {
		match self.standing() {
			Standing::Active => ExitCode::SUCCESS,
			Standing::Next | Standing::Waiting | Standing::Chilled | Standing::NotBonded => {
				ExitCode::from(Code::NotActive.number())
			}
		}
	}

	/// What is still to be paid out, to the validator and its nominators together.
	fn unclaimed_reward(&self) -> Balance {
		let rewards = self.unclaimed.iter().map(|era| era.reward);
		rewards.fold(0, Balance::saturating_add)
	}

	fn average(&self) -> u32 {
		self.points.average(self.session.validators.len())
	}

	fn lag(&self) -> u64 {
		self.best.saturating_sub(self.last_final)
	}

	fn object(&self) -> Value {
		let ValidatorView {
			stash,
			bond,
			candidacy,
			backing,
			keys,
			slashes,
		} = &self.validator;
		json!({
			"stash": stash.to_string(),
			"standing": self.standing().name(),
			"in_current_set": self.is_active(),
			"in_next_set": self.is_next(),
			"disabled": self.is_disabled(),
			"candidate": candidacy.is_some(),
			"commission_parts_per_billion": candidacy.map(|candidacy| candidacy.commission),
			"blocked": candidacy.map(|candidacy| candidacy.blocked),
			"bond": bond,
			"backing": backing,
			"keys": keys,
			"session": self.session.index,
			"session_ends_in_seconds": self.session.seconds_left(),
			"era": self.era,
			"points": self.points.own,
			"points_average": self.average(),
			"blocks": self.points.blocks(),
			"slashes": slashes,
			"unclaimed": self.unclaimed,
			"unclaimed_reward": self.unclaimed_reward().to_string(),
			"block": self.best,
			"final_block": self.last_final,
			"finality_lag": self.lag(),
		})
	}

	fn text(&self) -> String {
		let none = || "none".to_owned();
		let validator = &self.validator;
		let mut rows = vec![
			("stash", validator.stash.to_string()),
			("standing", self.standing().sentence().to_owned()),
			("in the next session", yes(self.is_next())),
		];
		if self.is_disabled() {
			rows.push(("disabled", "yes, until the era ends: it broke a rule".to_owned()));
		}
		rows.push(("stands for election", candidacy_text(validator.candidacy.as_ref())));
		rows.push(("bond", validator.bond.as_ref().map_or_else(none, bond_text)));
		for part in validator.bond.iter().flat_map(|bond| &bond.unbonding) {
			let text = format!("{} from era {} on", amount::print(part.amount), part.era);
			rows.push(("unbonding", text));
		}
		let backing = validator.backing.map_or_else(none, |backing| {
			let (total, own) = (amount::print(backing.total), amount::print(backing.own));
			format!("{total}, {own} of its own, {} nominators", grouped(backing.nominators))
		});
		rows.extend([
			("behind it in this era", backing),
			(
				"session keys",
				validator.keys.map_or_else(none, |keys| keys.to_string()),
			),
			(
				"session",
				format!(
					"{}, ends in about {}",
					self.session.index,
					about(self.session.seconds_left())
				),
			),
			("era", self.era.to_string()),
			(
				"points, average",
				format!("{}, {}", grouped(self.points.own), grouped(self.average())),
			),
			("blocks in this era", grouped(self.points.blocks())),
		]);
		for slash in &validator.slashes {
			let (own, nominators) = (amount::print(slash.own), amount::print(slash.nominators));
			let text = format!("{own} with era {}, and {nominators} of its nominators", slash.era);
			rows.push(("slash, not taken yet", text));
		}
		rows.push((
			"not paid out",
			format!(
				"{} of {} eras",
				amount::print(self.unclaimed_reward()),
				self.unclaimed.len()
			),
		));
		rows.push((
			"final",
			format!("block {}, {} behind the best one", self.last_final, self.lag()),
		));
		let head = pairs(rows);
		if self.unclaimed.is_empty() {
			return head;
		}
		let eras = self.unclaimed.iter().map(|era| {
			vec![
				era.era.to_string(),
				grouped(era.points),
				amount::print(era.reward),
				format!("{} of {}", era.paid, era.pages),
			]
		});
		let header = ["era", "points", "about, with nominators", "pages paid"];
		format!("{head}\n\n{}", table(&header, eras))
	}
}

fn yes(flag: bool) -> String {
	if flag { "yes" } else { "no" }.to_owned()
}

fn candidacy_text(candidacy: Option<&Candidacy>) -> String {
	let Some(candidacy) = candidacy else {
		return "no".to_owned();
	};
	let open = if candidacy.blocked { "closed" } else { "open" };
	format!(
		"yes, commission {}, {open} to nominators",
		percent(candidacy.commission)
	)
}

fn bond_text(bond: &StashBond) -> String {
	format!(
		"{}, {} of it at stake",
		amount::print(bond.total),
		amount::print(bond.active)
	)
}

#[cfg(test)]
mod tests;
