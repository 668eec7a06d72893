//! The market's rules and its classes, which were two parameters and are one.

use super::before::{figures_are_set, figures_key, old_classes, old_key, old_parameters, old_rules};
use crate::chain::Chain;
use frame_support::{
	storage::unhashed,
	traits::{Get, OnRuntimeUpgrade},
};
use millrace_runtime::{
	configs::{
		millrace::{standard_classes, standard_rules, MarketFigures},
		parameters::dynamic_params::market,
	},
	migrations::FiguresTogether,
	Runtime,
};
use pallet_market::MarketRules;
use polkadot_sdk::*;

#[test]
fn governed_figures_keep_every_value_that_they_had() {
	let mut chain = Chain::without_elections("fast");
	chain.execute(|| {
		let standard = standard_rules();
		let mut classes = standard_classes();
		classes[2].floor += 1;
		let before = MarketFigures {
			rules: MarketRules {
				job_fee: 7,
				..market::Figures::get().rules
			},
			classes,
		};
		let (rules, old_rules, old_classes) = (&before.rules, old_rules(&before.rules), old_classes(&before));
		// The rules as they go on.
		let rules = MarketRules {
			job_deposit: standard.job_deposit,
			byte_deposit: standard.byte_deposit,
			regions: standard.regions,
			..rules.clone()
		};
		let shorter = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
		let (short_rules, short_classes) = (shorter(&old_rules), shorter(&old_classes));
		for (old, new_rules, new_classes, left) in [
			// Both were set.
			(
				[Some(&old_rules), Some(&old_classes)],
				Some(&rules),
				Some(&classes),
				[None, None],
			),
			// One was: of the other the standard figures go on to hold.
			([Some(&old_rules), None], Some(&rules), None, [None, None]),
			([None, Some(&old_classes)], None, Some(&classes), [None, None]),
			// One is of no layout: left for whoever finds out why.
			(
				[Some(&short_rules), Some(&old_classes)],
				None,
				Some(&classes),
				[Some(short_rules.clone()), None],
			),
			(
				[Some(&old_rules), Some(&short_classes)],
				Some(&rules),
				None,
				[None, Some(short_classes.clone())],
			),
			(
				[Some(&short_rules), None],
				None,
				None,
				[Some(short_rules.clone()), None],
			),
			// Nothing was set.
			([None, None], None, None, [None, None]),
		] {
			pallet_parameters::Parameters::<Runtime>::remove(figures_key());
			for (number, bytes) in [0, 1].into_iter().zip(old) {
				match bytes {
					Some(bytes) => unhashed::put_raw(&old_key(number), bytes),
					None => unhashed::kill(&old_key(number)),
				}
			}
			let expected = MarketFigures {
				rules: new_rules.unwrap_or(&standard).clone(),
				classes: *new_classes.unwrap_or(&standard_classes()),
			};
			// The second time finds nothing to do.
			for _ in 0..2 {
				FiguresTogether::on_runtime_upgrade();
				assert_eq!(market::Figures::get(), expected);
				assert_eq!(figures_are_set(), new_rules.is_some() || new_classes.is_some());
				assert_eq!(old_parameters(), left);
			}
		}
	});
}

/// A new chain has the parameter from its genesis.
#[test]
fn a_new_chain_has_nothing_to_put_together() {
	let mut chain = Chain::without_elections("fast");
	chain.execute(|| {
		let before = market::Figures::get();
		assert!(figures_are_set());
		FiguresTogether::on_runtime_upgrade();
		assert_eq!(market::Figures::get(), before);
		assert_eq!(old_parameters(), [None, None]);
	});
}
