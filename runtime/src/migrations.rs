//! What this runtime does to the state that the one before it leaves behind. `docs/upgrades.md` says how the next is written.

use crate::{
	configs::{
		millrace::{standard_classes, standard_rules, MarketFigures},
		parameters::{dynamic_params::market, RuntimeParametersKey, RuntimeParametersValue},
	},
	Runtime,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use frame_support::{
	storage::{unhashed, StoragePrefixedMap},
	traits::OnRuntimeUpgrade,
	weights::Weight,
	Blake2_128Concat, StorageHasher,
};
use millrace_primitives::ClassFigures;
use pallet_market::{migrations::v3, MarketRules};
use polkadot_sdk::*;

/// In the first block of the new runtime, before anything else reads the state. For what every block reads. The pot is
/// emptied by the rules, so these come first.
pub type SingleBlock = (FiguresTogether, v3::Singletons<Runtime>);

/// From that block on, over as many as it takes; transactions and the protocol's clock wait meanwhile.
pub type MultiBlock = (v3::MigrateToV3<Runtime>,);

type Stored = pallet_parameters::Parameters<Runtime>;

/// What the rules of the market were numbered with when they were a parameter of their own: the group, and which of it. Its
/// key and its value begin so.
const RULES: [u8; 2] = [1, 0];
/// What the classes were.
const CLASSES: [u8; 2] = [1, 1];

/// The rules and the classes, where they were stored in a layout that is known.
type Parts = (Option<MarketRules>, Option<[ClassFigures; 6]>);

/// Makes one parameter of the market's rules and its classes, where governance or the genesis has set any.
///
/// The deposits and the regions were added to the rules at the end, so the old bytes and the standard figures are the new
/// value. Of a part that was never set the standard figures go on to hold.
pub struct FiguresTogether;

impl FiguresTogether {
	/// Where an old parameter is stored.
	fn key_of(parameter: [u8; 2]) -> Vec<u8> {
		[
			Stored::final_prefix().as_slice(),
			Blake2_128Concat::hash(&parameter).as_slice(),
		]
		.concat()
	}

	/// The value of an old parameter, with what was `appended` since.
	fn part<T: Decode>(parameter: [u8; 2], appended: &[u8]) -> Option<T> {
		let bytes = unhashed::get_raw(&Self::key_of(parameter))?;
		let value = bytes
			.strip_prefix(parameter.as_slice())
			.and_then(|value| T::decode_all(&mut [value, appended].concat().as_slice()).ok());
		if value.is_none() {
			log::error!(target: "runtime::migrations", "the market's parameter {parameter:?} is of no known layout");
		}
		value
	}

	fn parts() -> Parts {
		let standard = standard_rules();
		let appended = (standard.job_deposit, standard.byte_deposit, standard.regions).encode();
		(Self::part(RULES, &appended), Self::part(CLASSES, &[]))
	}
}

impl OnRuntimeUpgrade for FiguresTogether {
	fn on_runtime_upgrade() -> Weight {
		let weight = <Runtime as frame_system::Config>::DbWeight::get();
		let (rules, classes) = Self::parts();
		// What is of no known layout stays for whoever finds out why.
		for (parameter, is_known) in [(RULES, rules.is_some()), (CLASSES, classes.is_some())] {
			if is_known {
				unhashed::kill(&Self::key_of(parameter));
			}
		}
		if rules.is_none() && classes.is_none() {
			return weight.reads(2);
		}
		let figures = MarketFigures {
			rules: rules.unwrap_or_else(standard_rules),
			classes: classes.unwrap_or_else(standard_classes),
		};
		Stored::insert(
			RuntimeParametersKey::Market(market::ParametersKey::Figures(market::Figures)),
			RuntimeParametersValue::Market(market::ParametersValue::Figures(figures)),
		);
		weight.reads_writes(2, 3)
	}

	#[cfg(feature = "try-runtime")]
	fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
		Ok(Self::parts().encode())
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(state: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		let (rules, classes) =
			Parts::decode_all(&mut state.as_slice()).map_err(|_| "what was noted before does not decode")?;
		let after = market::Figures::get();
		frame_support::ensure!(
			rules.is_none_or(|rules| rules == after.rules),
			"the market's rules have changed"
		);
		frame_support::ensure!(
			classes.is_none_or(|classes| classes == after.classes),
			"the classes have changed"
		);
		frame_support::ensure!(Self::parts() == (None, None), "an old parameter is still there");
		Ok(())
	}
}
