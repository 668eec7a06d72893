//! THIS FILE WAS AUTO-GENERATED USING THE SUBSTRATE BENCHMARK CLI VERSION 64.0.0
//! DATE: 2026-11-30 (Y/M/D)
//! CPU: `AMD EPYC`
//!
//! SHORT-NAME: `extrinsic`, LONG-NAME: `ExtrinsicBase`, RUNTIME: `millrace`
//! WARMUPS: `10`, REPEAT: `100`
//! WEIGHT-METRIC: `Average`, WEIGHT-MUL: `1.905`, WEIGHT-ADD: `0`

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_NANOS, Weight};
use polkadot_sdk::*;
use sp_core::parameter_types;

parameter_types! {
	/// Weight of executing a NO-OP extrinsic, for example `System::remark`.
	/// Calculated by multiplying the *Average* with `1.905` and adding `0`.
	///
	/// Less 142947 ns, which the extensions of a transaction are charged by themselves.
	///
	/// Stats nanoseconds:
	///   Min, Max: 93_639, 106_278
	///   Average:  96_600
	///   Median:   96_421
	///   Std-Dev:  1710.92
	///
	/// Percentiles nanoseconds:
	///   99th: 105_643
	///   95th: 98_237
	///   75th: 97_109
	pub const ExtrinsicBaseWeight: Weight =
		Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(41075), 0);
}
