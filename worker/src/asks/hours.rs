//! Times of the day and of the week, by the clock on the wall.
//!
//! A rule holds while the local clock shows a time in it. So where the clock goes forward over it, it does not hold on
//! that day, and where the clock goes back over it, it holds twice as long.

use super::price::AskPrice;
use std::{fmt, str::FromStr};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// The days, as they are written.
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Minutes since midnight: 0 to 1,440, where 1,440 is the midnight at which the day ends.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TimeOfDay(u16);

/// A text or a rule is no time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadHours {
	/// No time of the day.
	#[error("`{0}` is no time: write `HH:MM`, from `00:00` to `24:00`")]
	Time(String),
	/// No day.
	#[error("`{0}` is no day: write `mon` to `sun`, `weekdays` or `weekend`")]
	Day(String),
	/// The list of days is empty.
	#[error("`days` is empty: leave it out where the rule is for every day")]
	NoDays,
	/// Begin and end are the same.
	#[error("it ends at {0}, when it begins: for whole days leave out `from` and `to`")]
	Empty(TimeOfDay),
}

impl TimeOfDay {
	/// The midnight at which a day begins.
	pub const FIRST: Self = Self(0);
	/// The midnight at which it ends.
	pub const LAST: Self = Self(DAY_MINUTES);

	/// A time by its minutes; none beyond the end of the day.
	pub fn of_minutes(minutes: u16) -> Option<Self> {
		(minutes <= DAY_MINUTES).then_some(Self(minutes))
	}
}

impl FromStr for TimeOfDay {
	type Err = BadHours;

	fn from_str(text: &str) -> Result<Self, BadHours> {
		let two_digits = |part: &str| {
			let is_right = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
			is_right.then(|| part.parse::<u16>().ok()).flatten()
		};
		let time = text.split_once(':').and_then(|(hours, minutes)| {
			let minutes = two_digits(minutes).filter(|minutes| *minutes < 60)?;
			Self::of_minutes(two_digits(hours)?.checked_mul(60)?.checked_add(minutes)?)
		});
		time.ok_or_else(|| BadHours::Time(text.to_owned()))
	}
}

impl fmt::Display for TimeOfDay {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
	}
}

/// Some days of the week: bit 0 is Monday.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Days(u8);

impl Days {
	/// Every day.
	pub const ALL: Self = Self(0b111_1111);

	/// The days of a list of words.
	///
	/// # Errors
	/// A word is no day, or there is none.
	pub fn of_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, BadHours> {
		let mut days = 0;
		for word in words {
			days |= match word {
				"weekdays" => 0b001_1111,
				"weekend" => 0b110_0000,
				name => {
					let at = NAMES.iter().position(|known| *known == name);
					1 << at.ok_or_else(|| BadHours::Day(word.to_owned()))?
				}
			};
		}
		if days == 0 {
			return Err(BadHours::NoDays);
		}
		Ok(Self(days))
	}

	/// Whether a day is among them; 0 is Monday.
	pub fn has(self, day: u8) -> bool {
		day < 7 && self.0 & (1 << day) != 0
	}
}

impl fmt::Display for Days {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.0 {
			0b111_1111 => f.write_str("every day"),
			0b001_1111 => f.write_str("weekdays"),
			0b110_0000 => f.write_str("weekend"),
			_ => {
				let names = (0..7)
					.zip(NAMES)
					.filter(|(day, _)| self.has(*day))
					.map(|(_, name)| name);
				f.write_str(&names.collect::<Vec<_>>().join(" "))
			}
		}
	}
}

/// What is asked while a rule holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Rate {
	/// So many hundredths of what is asked otherwise.
	Factor(u32),
	/// This instead.
	Asks(Vec<AskPrice>),
	/// Nothing.
	Off,
}

/// A rule for some hours.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HourRule {
	days: Days,
	from: TimeOfDay,
	to: TimeOfDay,
	/// What is asked meanwhile.
	pub rate: Rate,
}

impl HourRule {
	/// A rule from a time until another; until that of the next day, where that is earlier. Its days are those on which it
	/// begins.
	///
	/// # Errors
	/// It would be empty, or begin at the end of a day.
	pub fn new(days: Days, from: TimeOfDay, to: TimeOfDay, rate: Rate) -> Result<Self, BadHours> {
		if from == TimeOfDay::LAST {
			return Err(BadHours::Time(format!("from = {from}")));
		}
		if from == to {
			return Err(BadHours::Empty(from));
		}
		Ok(Self { days, from, to, rate })
	}

	/// Whether it holds at a minute of a day; 0 is Monday.
	pub fn holds(&self, day: u8, minute: u16) -> bool {
		let (begun, ended) = (minute >= self.from.0, minute >= self.to.0);
		if self.from < self.to {
			return self.days.has(day) && begun && !ended;
		}
		let yesterday = day.checked_sub(1).unwrap_or(6);
		(self.days.has(day) && begun) || (self.days.has(yesterday) && !ended)
	}
}

impl fmt::Display for HourRule {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{} {} to {}", self.days, self.from, self.to)
	}
}

/// The first minute of the week at which two rules hold: their places in the list, the day, and the time.
pub(super) fn overlap(rules: &[HourRule]) -> Option<(usize, usize, &'static str, TimeOfDay)> {
	for (day, name) in (0..7).zip(NAMES) {
		for minute in 0..DAY_MINUTES {
			let mut holding = (0..).zip(rules).filter(|(_, rule)| rule.holds(day, minute));
			if let (Some((first, _)), Some((second, _))) = (holding.next(), holding.next()) {
				return Some((first, second, name, TimeOfDay(minute)));
			}
		}
	}
	None
}

#[cfg(test)]
mod tests {
	use super::*;

	fn rule(days: &[&str], from: &str, to: &str) -> HourRule {
		let days = Days::of_words(days.iter().copied()).unwrap();
		HourRule::new(days, from.parse().unwrap(), to.parse().unwrap(), Rate::Off).unwrap()
	}

	#[test]
	fn times_read_as_they_print() {
		for text in ["00:00", "07:05", "23:59", "24:00"] {
			assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
		}
		for text in ["", "7:00", "24:01", "12:60", "12", "12:0", "-1:00", "+1:00", "noon"] {
			assert!(matches!(text.parse::<TimeOfDay>(), Err(BadHours::Time(_))), "{text:?}");
		}
	}

	#[test]
	fn days_are_words() {
		let days = |words: &[&str]| Days::of_words(words.iter().copied());
		assert_eq!(days(&["sat", "sun"]), days(&["weekend"]));
		assert_eq!(days(&["weekdays", "weekend"]), Ok(Days::ALL));
		assert_eq!(days(&["wed", "mon"]).unwrap().to_string(), "mon wed");
		assert_eq!(days(&["monday"]), Err(BadHours::Day("monday".to_owned())));
		assert_eq!(days(&[]), Err(BadHours::NoDays));
	}

	#[test]
	fn a_rule_holds_from_its_begin_until_before_its_end() {
		let day = rule(&["tue"], "08:00", "17:30");
		for (weekday, minute, holds) in [
			(1, 480, true),
			(1, 479, false),
			(1, 1_049, true),
			(1, 1_050, false),
			(2, 600, false),
		] {
			assert_eq!(day.holds(weekday, minute), holds, "day {weekday}, minute {minute}");
		}
	}

	#[test]
	fn a_rule_over_midnight_belongs_to_the_day_on_which_it_begins() {
		// Sunday night ends on Monday.
		let night = rule(&["sun"], "22:00", "06:00");
		for (weekday, minute, holds) in [
			(6, 1_319, false),
			(6, 1_320, true),
			(0, 0, true),
			(0, 359, true),
			(0, 360, false),
			(6, 0, false),
		] {
			assert_eq!(night.holds(weekday, minute), holds, "day {weekday}, minute {minute}");
		}
		assert!(rule(&["sun"], "22:00", "00:00").holds(6, 1_439));
		assert!(!rule(&["sun"], "22:00", "00:00").holds(0, 0));
	}

	#[test]
	fn an_empty_rule_is_an_error() {
		let noon: TimeOfDay = "12:00".parse().unwrap();
		assert_eq!(
			HourRule::new(Days::ALL, noon, noon, Rate::Off),
			Err(BadHours::Empty(noon))
		);
		let late = HourRule::new(Days::ALL, TimeOfDay::LAST, noon, Rate::Off);
		assert!(matches!(late, Err(BadHours::Time(_))));
	}

	#[test]
	fn rules_that_meet_do_not_overlap_and_rules_that_share_a_minute_do() {
		let (day, night) = (
			rule(&["weekdays"], "06:00", "22:00"),
			rule(&["weekdays"], "22:00", "06:00"),
		);
		assert_eq!(overlap(&[day.clone(), night.clone()]), None);
		assert_eq!(overlap(&[day.clone(), rule(&["weekend"], "00:00", "24:00")]), None);
		// Friday's night reaches into Saturday.
		let saturday = rule(&["sat"], "05:59", "12:00");
		let at = "05:59".parse().unwrap();
		assert_eq!(overlap(&[day, night, saturday]), Some((1, 2, "sat", at)));
	}
}
