//! THIS FILE WAS AUTO-GENERATED USING THE SUBSTRATE BENCHMARK CLI VERSION 64.0.0
//! DATE: 2026-11-30 (Y/M/D)
//! CPU: `AMD EPYC`
//!
//! SHORT-NAME: `extrinsic`, LONG-NAME: `ExtrinsicBase`, RUNTIME: `millrace`
//! WARMUPS: `10`, REPEAT: `100`
//! WEIGHT-METRIC: `Average`, WEIGHT-MUL: `1.622`, WEIGHT-ADD: `0`

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_NANOS, Weight};
use polkadot_sdk::*;
use sp_core::parameter_types;

parameter_types! {
	/// Weight of executing a NO-OP extrinsic, for example `System::remark`.
	/// Calculated by multiplying the *Average* with `1.622` and adding `0`.
	///
	/// Less 123394 ns, which the extensions of a transaction are charged by themselves.
	///
	/// Stats nanoseconds:
	///   Min, Max: 100_144, 119_184
	///   Average:  102_696
	///   Median:   102_502
	///   Std-Dev:  1976.2
	///
	/// Percentiles nanoseconds:
	///   99th: 105_719
	///   95th: 104_350
	///   75th: 103_187
	pub const ExtrinsicBaseWeight: Weight =
		Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(43178), 0);
}
