//! How much an era mints, and for whom: the figures of `docs/staking.md`, computed again.

use super::world::{paid, reach};
use crate::chain::Chain;
use millrace_runtime::{Runtime, RuntimeOrigin, Staking, MILL};
use pallet_staking::{ConfigOp, EraPayout};
use polkadot_sdk::*;
use sp_runtime::Percent;

const ISSUANCE: u128 = 1_000_000_000 * MILL;
/// Milliseconds of 365.25 days.
const YEAR: u64 = 31_557_600_000;
const PAGE: &str = include_str!("../../../docs/staking.md");
/// The first column's heading.
const TABLE: &str = "| at stake |";

/// What this much at stake brings those who stake, and the treasury, in so many milliseconds.
fn payout(staked: u128, milliseconds: u64) -> (u128, u128) {
	<Runtime as pallet_staking::Config>::EraPayout::era_payout(staked, ISSUANCE, milliseconds)
}

/// A cell such as `1,008.00 %`, in hundredths of a percent.
fn hundredths(cell: &str) -> u128 {
	let number = cell.trim().trim_end_matches(" %").replace(',', "");
	let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
	format!("{whole}{part:0<2}")
		.parse()
		.expect("a number with two decimals at most")
}

#[test]
fn cells_are_read() {
	let cells = [
		(" 1,008.00 % ", 100_800),
		("0.1 %", 10),
		("10 %", 1_000),
		("3.87 %", 387),
	];
	for (cell, expected) in cells {
		assert_eq!(hundredths(cell), expected, "{cell}");
	}
}

/// Each figure of the table is that of the chain, but for two hundredths of a percent.
#[test]
fn the_table_of_the_documents_is_what_the_chain_pays() {
	let rows = PAGE.lines().skip_while(|line| !line.starts_with(TABLE)).skip(2);
	let mut count = 0;
	for row in rows.take_while(|line| line.starts_with('|')) {
		let cells: Vec<u128> = row.trim_matches('|').split('|').map(hundredths).collect();
		let [at_stake, stakers, their_return, treasury] = cells[..] else {
			panic!("four columns: {row}");
		};
		let staked = ISSUANCE / 10_000 * at_stake;
		let (paid, rest) = payout(staked, YEAR);
		for (part, whole, figure) in [
			(paid, ISSUANCE, stakers),
			(paid, staked, their_return),
			(rest, ISSUANCE, treasury),
		] {
			let off = (part * 10_000).abs_diff(figure * whole);
			assert!(
				off <= 2 * whole,
				"{row}: {part} of {whole} is not {figure} hundredths of a percent"
			);
		}
		count += 1;
	}
	assert_eq!(count, 10);
}

/// Exact up to half of all money, and never more than 0.02 % of it off beyond.
#[test]
fn the_curve_is_the_formula() {
	let all = 1_000;
	for thousandths in 0..=all {
		let staked = ISSUANCE / 1_000 * thousandths;
		let (paid, rest) = payout(staked, YEAR);
		assert_eq!(paid + rest, ISSUANCE / 100 * 5);
		if thousandths <= 500 {
			assert_eq!(paid, ISSUANCE / 100 + staked / 100 * 8, "{thousandths}");
			continue;
		}
		let beyond = (thousandths - 500) as f64 / 50.0;
		let formula = 0.01 + 0.04 * (-beyond).exp2();
		let share = paid as f64 / ISSUANCE as f64;
		assert!(share >= formula - 1e-6, "{thousandths}: {share} of {formula}");
		assert!(share <= formula + 2e-4, "{thousandths}: {share} of {formula}");
	}
}

/// 684,462 billionths of a year; of 1.8 % to those who stake, and of 3.2 %.
#[test]
fn the_era_of_the_documents() {
	let six_hours = 6 * 3_600 * 1_000;
	let expected = (18_000_000_000 * 684_462, 32_000_000_000 * 684_462);
	assert_eq!(payout(ISSUANCE / 10, six_hours), expected);
	assert_eq!(expected, (12_320_316_000_000_000, 21_902_784_000_000_000));
	for figure in ["684,462 billionths", "12,320.316", "21,902.784 MILL"] {
		assert!(PAGE.contains(figure), "{figure}");
	}
}

/// An era of 57 s, 1,806 billionths of a year, pays 5 % a year: 90.3 MILL. A thousandth of all is at stake, so those who stake would
/// get 18.20448 of them.
#[test]
fn governance_can_cap_what_those_who_stake_get() {
	for (cap, expected) in [
		(ConfigOp::Noop, 18_204_480_000_000),
		(ConfigOp::Set(Percent::from_percent(10)), 9_030_000_000_000),
		(ConfigOp::Set(Percent::from_percent(90)), 18_204_480_000_000),
	] {
		let mut chain = Chain::new("fast");
		chain.execute(|| {
			Staking::set_staking_configs(
				RuntimeOrigin::root(),
				ConfigOp::Noop,
				ConfigOp::Noop,
				ConfigOp::Noop,
				ConfigOp::Noop,
				ConfigOp::Noop,
				ConfigOp::Noop,
				cap,
			)
			.expect("root may");
		});
		let events = reach(&mut chain, 21);
		assert_eq!(paid(&events), Some((expected, 90_300_000_000_000 - expected)));
	}
}
