//! The arguments of `provider`.

use super::duration;
use crate::{
	amount::{self, Balance},
	chain::{hash_from_hex, AccountId, BadId, DeviceClass, Price, ProviderId, DEVICES, H256},
};
use clap::{ArgAction, Args, Subcommand, ValueEnum};
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ProviderCommand {
	/// Register a provider: one record, one machine.
	Register(RegisterArguments),
	/// Print a provider.
	Show {
		/// Its number.
		provider: ProviderId,
	},
	/// Print providers: all, or those that pass every filter.
	List(ListArguments),
	/// Print a provider's devices, and how far each has shown what it is.
	Devices {
		/// Its number.
		provider: ProviderId,
	},
	/// Take a device out of its slot, so that it can be enrolled elsewhere. Signed by the owner or the worker.
	RemoveDevice {
		/// Its number.
		provider: ProviderId,
		/// The device's slot, 0 to 7.
		#[arg(long, value_parser = clap::value_parser!(u8).range(..i64::from(DEVICES)), value_name = "N")]
		slot: u8,
	},
	/// Print the device classes: the stake that a lane needs, and what a device must show before it may sell time.
	Classes,
	/// Print the usage rewards of a provider that were not claimed yet, era by era.
	Earnings(EarningsArguments),
	/// Have usage rewards minted for a provider's payout account. By anyone, and free.
	Claim {
		/// Its number.
		provider: ProviderId,
		/// Only of these eras; all that can be claimed where absent.
		#[arg(long, num_args = 1.., value_name = "N")]
		era: Vec<u32>,
	},
	/// Print what it costs a provider to be gone from now on, or to stay gone, step by step.
	Preview {
		/// Its number.
		provider: ProviderId,
	},
	/// Add stake.
	Bond {
		/// Its number.
		provider: ProviderId,
		/// How much.
		#[arg(value_parser = amount::parse)]
		amount: Balance,
	},
	/// Begin to take stake back; it can be withdrawn after the unbonding time.
	Unbond {
		/// Its number.
		provider: ProviderId,
		/// How much.
		#[arg(value_parser = amount::parse)]
		amount: Balance,
	},
	/// Take unbonding stake back into use, latest release first.
	Rebond {
		/// Its number.
		provider: ProviderId,
		/// How much; all that unbonds where that is less.
		#[arg(value_parser = amount::parse)]
		amount: Balance,
	},
	/// Let earnings refill the stake where a penalty took some, or not.
	Refill {
		/// Its number.
		provider: ProviderId,
		/// Whether they do.
		#[arg(value_enum)]
		switch: Switch,
	},
	/// Free stake whose time has come.
	Withdraw {
		/// Its number.
		provider: ProviderId,
	},
	/// Name another worker key, or `none` to revoke it at once.
	SetWorker {
		/// Its number.
		provider: ProviderId,
		/// The worker's address, or `none`.
		worker: String,
	},
	/// Name another account for earnings.
	SetPayout {
		/// Its number.
		provider: ProviderId,
		/// The account.
		payout: AccountId,
	},
	/// Move the endpoint.
	SetEndpoint {
		/// Its number.
		provider: ProviderId,
		#[command(flatten)]
		endpoint: EndpointArguments,
	},
	/// Sign other terms; what is not given stays.
	SetTerms {
		/// Its number.
		provider: ProviderId,
		/// The device class.
		#[arg(long)]
		class: Option<DeviceClass>,
		/// The region, 0 is anywhere.
		#[arg(long)]
		region: Option<u8>,
		/// Jobs at once.
		#[arg(long)]
		lanes: Option<u16>,
		/// The least price for 2^30 units: `0.00003 MILL`, or planck.
		#[arg(long, value_name = "PRICE")]
		min_price: Option<Price>,
		/// Whether jobs may name this provider.
		#[arg(long, value_name = "BOOL")]
		takes_targets: Option<bool>,
	},
	/// Finish what is there and take nothing new. Free.
	Drain {
		/// Its number.
		provider: ProviderId,
	},
	/// Serve again.
	Resume {
		/// Its number.
		provider: ProviderId,
	},
	/// Leave: all stake unbonds.
	Deregister {
		/// Its number.
		provider: ProviderId,
	},
	/// Serve again after a refuted result or days of being unreachable, once the chill is over.
	Reactivate {
		/// Its number.
		provider: ProviderId,
	},
	/// Have the provider's outages looked at whose tick has come, as the chain does by itself unless it is busy.
	Touch {
		/// Its number.
		provider: ProviderId,
	},
}

#[derive(Args, Debug)]
pub(in crate::cli) struct EarningsArguments {
	/// Its number.
	pub(in crate::cli) provider: ProviderId,
	/// Only eras from this number on, or those of so long a time: 7d, 12h.
	#[arg(long, value_parser = since, value_name = "ERA|TIME")]
	pub(in crate::cli) since: Option<Since>,
	/// Print comma-separated values, a line for each era; amounts are planck.
	#[arg(long)]
	pub(in crate::cli) csv: bool,
}

/// From when on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::cli) enum Since {
	/// From this era on.
	Era(u32),
	/// The last eras, as many as so long a time takes.
	Time(Duration),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListArguments {
	/// Only those of this owner.
	#[arg(long, value_name = "ADDRESS")]
	pub(in crate::cli) owner: Option<AccountId>,
	/// Only those of this device class.
	#[arg(long)]
	pub(in crate::cli) class: Option<DeviceClass>,
	/// Only those of this region.
	#[arg(long)]
	pub(in crate::cli) region: Option<u8>,
	/// Only those that may stand in the book.
	#[arg(long)]
	pub(in crate::cli) eligible: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Switch {
	/// They do.
	On,
	/// They do not.
	Off,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct EndpointArguments {
	/// The endpoint's DNS name or address.
	#[arg(long)]
	pub(in crate::cli) host: String,
	/// Its TCP port.
	#[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
	pub(in crate::cli) port: u16,
	/// BLAKE2b-256 of its TLS key, as `millrace-worker init` prints it.
	#[arg(long, value_parser = tls_key, value_name = "0xHASH")]
	pub(in crate::cli) tls_key: H256,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RegisterArguments {
	/// The worker's address, as `millrace-worker init` prints it.
	#[arg(long, value_name = "ADDRESS")]
	pub(in crate::cli) worker: AccountId,
	/// The account for earnings.
	#[arg(long, value_name = "ADDRESS")]
	pub(in crate::cli) payout: AccountId,
	#[command(flatten)]
	pub(in crate::cli) endpoint: EndpointArguments,
	/// The device class: cpu-4, cpu-32, gpu-8g, gpu-24g, gpu-80g, gpu-h.
	#[arg(long)]
	pub(in crate::cli) class: DeviceClass,
	/// The region, 0 is anywhere.
	#[arg(long, default_value_t = 0)]
	pub(in crate::cli) region: u8,
	/// Jobs at once.
	#[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
	pub(in crate::cli) lanes: u16,
	/// The least price for 2^30 units: `0.00003 MILL`, or planck.
	#[arg(long, value_name = "PRICE")]
	pub(in crate::cli) min_price: Price,
	/// The stake.
	#[arg(long, value_parser = amount::parse, value_name = "AMOUNT")]
	pub(in crate::cli) bond: Balance,
	/// Whether jobs may name this provider.
	#[arg(long, action = ArgAction::Set, default_value_t = true, value_name = "BOOL")]
	pub(in crate::cli) takes_targets: bool,
}

fn tls_key(text: &str) -> Result<H256, BadId> {
	hash_from_hex(text, "TLS key hash").map(H256)
}

/// A number is an era, one with a unit a time.
fn since(text: &str) -> Result<Since, String> {
	const DAY: u64 = 86_400;
	let found = if text.bytes().all(|byte| byte.is_ascii_digit()) {
		text.parse().ok().map(Since::Era)
	} else if let Some(days) = text.strip_suffix('d') {
		let days = days.parse::<u32>().ok();
		days.map(|days| Since::Time(Duration::from_secs(u64::from(days) * DAY)))
	} else {
		duration(text).ok().map(Since::Time)
	};
	found.ok_or_else(|| "write the number of an era, or a time such as 12h or 7d".to_owned())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::arguments::{Cli, Command};
	use clap::Parser;

	fn parse(line: &str) -> Result<ProviderCommand, clap::Error> {
		match Cli::try_parse_from(format!("millrace provider {line}").split_whitespace())?.command {
			Command::Provider { command } => Ok(command),
			other => panic!("{other:?}"),
		}
	}

	#[test]
	fn earnings_are_asked_for_as_documented() {
		let hours = |hours: u64| Some(Since::Time(Duration::from_secs(hours * 3_600)));
		for (line, since, csv) in [
			("earnings 4", None, false),
			("earnings 4 --since 12 --csv", Some(Since::Era(12)), true),
			("earnings 4 --since 12h", hours(12), false),
			("earnings 4 --since 7d", hours(7 * 24), false),
		] {
			let Ok(ProviderCommand::Earnings(arguments)) = parse(line) else {
				panic!("{line}");
			};
			assert_eq!(
				(arguments.provider, arguments.since, arguments.csv),
				(4, since, csv),
				"{line}"
			);
		}
		for wrong in [
			"earnings",
			"earnings 4 --since",
			"earnings 4 --since d",
			"earnings 4 --since -1d",
			"earnings 4 --since 4294967296",
			"earnings 4 --since yesterday",
		] {
			assert!(parse(wrong).is_err(), "{wrong}");
		}
	}

	#[test]
	fn all_eras_are_claimed_or_those_that_are_named() {
		for (line, eras) in [
			("claim 4", Vec::new()),
			("claim 4 --era 7", vec![7]),
			("claim 4 --era 7 8 --era 9", vec![7, 8, 9]),
		] {
			let Ok(ProviderCommand::Claim { provider, era }) = parse(line) else {
				panic!("{line}");
			};
			assert_eq!((provider, era), (4, eras), "{line}");
		}
		for wrong in ["claim", "claim 4 --era", "claim 4 --era last"] {
			assert!(parse(wrong).is_err(), "{wrong}");
		}
	}
}
