//! Usage rewards cannot be farmed: whoever buys from himself, with however many accounts and in whatever way, ends with less
//! than he began with.
//!
//! A coalition trades with itself in a market of its own, so all that it has in the end is its own doing: what it had, less
//! what it burned and gave away, plus its rewards. Others trade beside it, one of whom lies and is slashed. A book that knows
//! only events says after every block what the coalition must have, and of every claim what it must mint. The claim is
//! precise: rewards are at most two fifths of the protocol fees that the coalition paid itself, so at least three fifths of
//! them are lost, beside all else that it burned. All is done by signed transactions on the real runtime.
//!
//! A rule that sounds fair, all that is burned in an era for all that was paid in it, is paid with the same histories: by it
//! coalitions do gain, so this test could fail.
//!
//! `MILLRACE_SEED` chooses the histories, `MILLRACE_CASES` how many there are, 10 to 200.

mod chain;
#[allow(dead_code, reason = "only keys and randomness are used here")]
#[path = "conservation/parties.rs"]
mod parties;
mod rewards {
	pub(crate) mod acts;
	pub(crate) mod cast;
	pub(crate) mod example;
	pub(crate) mod history;
	pub(crate) mod ledger;
}

use chain::world::in_mill;
use rewards::history::{History, Row};
use std::collections::BTreeMap;

fn from_environment(name: &str, default: u64) -> u64 {
	let given = std::env::var(name).ok().and_then(|value| value.parse().ok());
	given.unwrap_or(default)
}

/// What must have happened in all histories together, or they would show less than they say.
const WHATS: [&str; 13] = [
	"settled",
	"lapsed",
	"dust",
	"capped",
	"cancelled",
	"silent",
	"refuted by itself",
	"refuted by others",
	"others refuted",
	"claimed",
	"claimed twice",
	"claimed too early",
	"claimed too late",
];

#[test]
fn whoever_buys_from_himself_ends_with_less() {
	let seed = from_environment("MILLRACE_SEED", 0x6d69_6c6c_7261_6365);
	let count = from_environment("MILLRACE_CASES", 10).clamp(10, 200);
	println!("MILLRACE_SEED={seed}, {count} histories; amounts in MILL");
	println!(
		"{:>9} {:>7} {:>8} {:>14} {:>14} {:>16} {:>18}",
		"coalition", "blocks", "payments", "own fees", "rewards", "it has more by", "by the naive rule"
	);
	let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
	let mut fooled = 0;
	for number in 0..count {
		// Every other coalition takes care that it is not slashed.
		let row = History::play(seed.wrapping_add(number), number % 2 == 0);
		println!("{}", line(&row));
		fooled += u32::from(row.naive > 0);
		for (what, times) in row.seen {
			*seen.entry(what).or_default() += times;
		}
	}
	println!("{seen:?}\nthe naive rule pays {fooled} of {count} coalitions more than they spent");
	assert!(fooled > 0, "a rule that can be farmed was not");
	for what in WHATS {
		assert!(seen.contains_key(what), "never: {what}");
	}
}

fn line(row: &Row) -> String {
	let amount = |planck: u128| in_mill(i128::try_from(planck).expect("less than there is"));
	let payments = ["settled", "lapsed"].map(|what| row.seen.get(what).copied().unwrap_or(0));
	format!(
		"{:>9} {:>7} {:>8} {:>14} {:>14} {:>16} {:>18}",
		if row.careful { "careful" } else { "reckless" },
		row.blocks,
		payments.iter().sum::<u32>(),
		amount(row.fees),
		amount(row.rewards),
		in_mill(row.change),
		in_mill(row.naive)
	)
}
