//! THIS FILE WAS AUTO-GENERATED USING THE SUBSTRATE BENCHMARK CLI VERSION 64.0.0
//! DATE: 2026-11-30 (Y/M/D)
//! CPU: `AMD EPYC`
//!
//! SHORT-NAME: `block`, LONG-NAME: `BlockExecution`, RUNTIME: `millrace`
//! WARMUPS: `10`, REPEAT: `100`
//! WEIGHT-METRIC: `Average`, WEIGHT-MUL: `1.622`, WEIGHT-ADD: `0`

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_NANOS, Weight};
use polkadot_sdk::*;
use sp_core::parameter_types;

parameter_types! {
	/// Weight of executing an empty block.
	/// Calculated by multiplying the *Average* with `1.622` and adding `0`.
	///
	/// Stats nanoseconds:
	///   Min, Max: 431_257, 1_285_179
	///   Average:  471_575
	///   Median:   455_363
	///   Std-Dev:  85397.49
	///
	/// Percentiles nanoseconds:
	///   99th: 556_075
	///   95th: 518_608
	///   75th: 467_712
	pub const BlockExecutionWeight: Weight =
		Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(764_895), 0);
}
