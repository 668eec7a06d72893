//! The arguments of `offers`.

use crate::{chain::DeviceClass, offers::Order};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum OffersCommand {
	/// Print the offers that meet every condition, with the records of their providers.
	Search(SearchArguments),
	/// Print the book: how many orders stand at which price.
	Book(BookArguments),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct SearchArguments {
	/// Conditions, such as `class=gpu-24g`, `price<=1000000`, `failed<=5`; quote them for the shell.
	///
	/// Fields: class, region, provider, price (planck for 2^30 units, or MILL), lanes, free (lanes on which a job would start
	/// at once), stake (an amount), completed (jobs), failed (percent of all assignments that ended: late, not shown up for,
	/// given up, refuted or silent). Comparisons: = != < <= > >=.
	#[arg(value_name = "EXPR")]
	pub(in crate::cli) conditions: Vec<String>,
	/// price, record, stake, lanes, free, provider or latency: the best first; a - behind it turns the order round.
	#[arg(long, default_value = "price", value_name = "FIELD[-]")]
	pub(in crate::cli) order: Order,
	/// Print no more than so many.
	#[arg(long, value_name = "N")]
	pub(in crate::cli) limit: Option<usize>,
	/// Measure the ways to the first 32 providers that are found.
	#[arg(long)]
	pub(in crate::cli) ping: bool,
	/// Connect to providers at private addresses too.
	#[arg(long, requires = "ping")]
	pub(in crate::cli) allow_private: bool,
}

#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct BookArguments {
	/// The device class; every pool that has an order where absent.
	#[arg(long)]
	pub(in crate::cli) class: Option<DeviceClass>,
	/// The region, 0 is anywhere.
	#[arg(long, requires = "class", default_value_t = 0)]
	pub(in crate::cli) region: u8,
	/// Levels on each side.
	#[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..), value_name = "N")]
	pub(in crate::cli) depth: u8,
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		cli::arguments::{Cli, Command},
		offers::Field,
	};
	use clap::Parser;

	fn parse(line: &str) -> Result<OffersCommand, clap::Error> {
		match Cli::try_parse_from(format!("millrace offers {line}").split_whitespace())?.command {
			Command::Offers { command } => Ok(command),
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn searches_read_as_documented() {
		let OffersCommand::Search(search) = parse("search class=gpu-24g price<=1000000 --order record-").unwrap()
		else {
			panic!("no search");
		};
		assert_eq!(search.conditions, ["class=gpu-24g", "price<=1000000"]);
		assert_eq!((search.order.field, search.order.reversed), (Field::Record, true));
		assert!(!search.ping && search.limit.is_none());
		assert!(parse("search").is_ok());
		for wrong in [
			"search --order cost",
			"search --allow-private",
			"book --region 3",
			"book --depth 0",
			"book --class rtx",
		] {
			assert!(parse(wrong).is_err(), "{wrong}");
		}
		assert!(matches!(
			parse("book --class cpu-4"),
			Ok(OffersCommand::Book(BookArguments {
				class: Some(DeviceClass::Cpu4),
				region: 0,
				depth: 10,
			}))
		));
	}
}
