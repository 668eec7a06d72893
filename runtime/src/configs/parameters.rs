//! Figures that governance may change while the chain runs, each with the value that holds until it does.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]
#![allow(missing_docs, reason = "the macros generate keys and values for each parameter")]

use super::millrace::{standard_classes, standard_liveness, standard_rules, MarketFigures, SLASH_DELAY, WEEK};
use crate::Runtime;
use frame_support::dynamic_params::{dynamic_pallet_params, dynamic_params};
use millrace_primitives::{EnrolmentRules, Tick};
use pallet_providers::LivenessRules;
use polkadot_sdk::*;
use sp_runtime::FixedU128;

/// The parameters by group. A group's index and a parameter's index are part of the stored key and never change.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod dynamic_params {
	use super::*;

	/// Transaction fees.
	#[dynamic_pallet_params]
	#[codec(index = 0)]
	pub mod fees {
		/// How far full blocks can drive fees up: at most this many times the fee of an idle chain. A value below one
		/// counts as one.
		#[codec(index = 0)]
		pub static MaxMultiplier: FixedU128 = FixedU128::from_u32(1_000);
	}

	/// The market. A change touches new jobs only: a job keeps the figures under which it was submitted.
	#[dynamic_pallet_params]
	#[codec(index = 1)]
	pub mod market {
		/// Windows, fees, bounds, and the classes. The indices 0 and 1 were those of the rules and the classes when they were two.
		#[codec(index = 2)]
		pub static Figures: MarketFigures = MarketFigures {
			rules: standard_rules(),
			classes: standard_classes(),
		};
	}

	/// Providers.
	#[dynamic_pallet_params]
	#[codec(index = 2)]
	pub mod providers {
		/// Ticks from unbonding to the release of the stake.
		#[codec(index = 0)]
		pub static UnbondTicks: Tick = WEEK;
		/// Ticks from the moment at which stake is set aside to its payment.
		#[codec(index = 1)]
		pub static SlashTicks: Tick = SLASH_DELAY;
		/// Ticks from a refuted result to the moment at which the provider can be reactivated.
		#[codec(index = 2)]
		pub static ChillTicks: Tick = WEEK;
		/// How often liveness is sampled, and what outages cost.
		#[codec(index = 3)]
		pub static Liveness: LivenessRules = standard_liveness();
		/// What devices must show before they may sell time of their class. Nothing, where no genesis and no vote says so.
		#[codec(index = 4)]
		pub static Enrolment: EnrolmentRules = EnrolmentRules::OFF;
	}

	/// Kernels.
	#[dynamic_pallet_params]
	#[codec(index = 3)]
	pub mod kernels {
		/// Ticks from retiring a kernel to the moment at which it may be removed.
		#[codec(index = 0)]
		pub static RemoveAfter: Tick = WEEK;
	}
}

/// What the benchmark of the pallet sets.
#[cfg(feature = "runtime-benchmarks")]
impl Default for RuntimeParameters {
	fn default() -> Self {
		RuntimeParameters::Fees(dynamic_params::fees::Parameters::MaxMultiplier(
			dynamic_params::fees::MaxMultiplier,
			Some(FixedU128::from_u32(1_000)),
		))
	}
}
