//! What a cheat does with a job.

use std::{fmt, str::FromStr};

/// A lie, or another way to do wrong. Written as in the table; `SALT` is a job's first parameter.
///
/// | name | what is done |
/// |---|---|
/// | `honest` | nothing wrong |
/// | `wrong-byte` | one byte of one leaf is another |
/// | `units` | one leaf claims more units than it takes |
/// | `trap` | one item is said to have trapped, which costs its bytes nothing and its price the bound |
/// | `pair` | deep in the tree, a node claims more units than its children |
/// | `total` | the root claims more units than its children |
/// | `withheld` | the right root, and nothing is served |
/// | `dripped` | one byte of one leaf is another, and the bundle is served at a byte a second |
/// | `random-root` | a root that no bytes lead to |
/// | `late` | accepted, and committed after the deadline |
/// | `stall` | accepted, and nothing else |
/// | `ignore` | not even accepted |
/// | `second` | an honest commitment, then another one, then the first again |
/// | `copied:PROVIDER:SALT` | the root of another provider's public job, and its bytes |
/// | `replay:SALT` | the root of an earlier job of one's own, and its bytes |
/// | `garbled:…` | the right root, and something else is served, see [`Garble`] |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // the table says it
pub enum Play {
	Honest,
	WrongByte,
	Units,
	Trap,
	Pair,
	Total,
	Withheld,
	Dripped,
	RandomRoot,
	Late,
	Stall,
	Ignore,
	Second,
	Copied { provider: u32, salt: u64 },
	Replay { salt: u64 },
	Garbled(Garble),
}

/// What is served in place of a bundle and of a tree.
///
/// | name | what comes |
/// |---|---|
/// | `noise` | as many bytes as were asked for, and others |
/// | `short` | half of them |
/// | `long` | the announcement of a tebibyte, and bytes without end |
/// | `endless` | bytes without end and without announcement |
/// | `page` | a web page |
/// | `figures` | the right output under figures that no result can have |
/// | `refused` | a refusal of four megabytes |
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // the table says it
pub enum Garble {
	Noise,
	Short,
	Long,
	Endless,
	Page,
	Figures,
	Refused,
}

impl Garble {
	/// All of them.
	pub const ALL: [Garble; 7] = [
		Garble::Noise,
		Garble::Short,
		Garble::Long,
		Garble::Endless,
		Garble::Page,
		Garble::Figures,
		Garble::Refused,
	];

	/// Its name.
	pub fn name(self) -> &'static str {
		match self {
			Garble::Noise => "noise",
			Garble::Short => "short",
			Garble::Long => "long",
			Garble::Endless => "endless",
			Garble::Page => "page",
			Garble::Figures => "figures",
			Garble::Refused => "refused",
		}
	}
}

/// Plays without arguments, by name.
const PLAIN: [(&str, Play); 13] = [
	("honest", Play::Honest),
	("wrong-byte", Play::WrongByte),
	("units", Play::Units),
	("trap", Play::Trap),
	("pair", Play::Pair),
	("total", Play::Total),
	("withheld", Play::Withheld),
	("dripped", Play::Dripped),
	("random-root", Play::RandomRoot),
	("late", Play::Late),
	("stall", Play::Stall),
	("ignore", Play::Ignore),
	("second", Play::Second),
];

impl FromStr for Play {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if let Some((_, play)) = PLAIN.iter().find(|(name, _)| *name == text) {
			return Ok(*play);
		}
		let number = |text: &str| text.parse::<u64>().map_err(|error| format!("`{text}`: {error}"));
		let parts: Vec<&str> = text.split(':').collect();
		match parts.as_slice() {
			["copied", provider, salt] => Ok(Play::Copied {
				provider: u32::try_from(number(provider)?).map_err(|error| error.to_string())?,
				salt: number(salt)?,
			}),
			["replay", salt] => Ok(Play::Replay { salt: number(salt)? }),
			["garbled", how] => Garble::ALL
				.into_iter()
				.find(|garble| garble.name() == *how)
				.map(Play::Garbled)
				.ok_or_else(|| format!("nothing is garbled as `{how}`")),
			_ => Err(format!("`{text}` is no play")),
		}
	}
}

impl fmt::Display for Play {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Play::Copied { provider, salt } => write!(f, "copied:{provider}:{salt}"),
			Play::Replay { salt } => write!(f, "replay:{salt}"),
			Play::Garbled(garble) => write!(f, "garbled:{}", garble.name()),
			plain => {
				let name = PLAIN.iter().find(|(_, play)| play == plain).map(|(name, _)| *name);
				f.write_str(name.unwrap_or("?"))
			}
		}
	}
}

/// `SALT=PLAY`, as a command line has it.
///
/// # Errors
/// It is something else.
pub fn assignment(text: &str) -> Result<(u64, Play), String> {
	let (salt, play) = text.split_once('=').ok_or("write SALT=PLAY")?;
	let salt = salt.parse().map_err(|error| format!("`{salt}`: {error}"))?;
	Ok((salt, play.parse()?))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn names_are_read_as_they_are_written() {
		let plain = PLAIN.into_iter().map(|(_, play)| play);
		let garbled = Garble::ALL.into_iter().map(Play::Garbled);
		let others = [Play::Copied { provider: 3, salt: 9 }, Play::Replay { salt: 7 }];
		for play in plain.chain(garbled).chain(others) {
			assert_eq!(assignment(&format!("5={play}")), Ok((5, play)));
		}
		for wrong in [
			"",
			"honest",
			"x=honest",
			"1=",
			"1=lie",
			"1=copied:2",
			"1=garbled:x",
			"1=copied:-1:2",
		] {
			assert!(assignment(wrong).is_err(), "{wrong}");
		}
	}
}
