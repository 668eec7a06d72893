//! What storage version 3 had otherwise.

use codec::{Decode, Encode};
use millrace_primitives::{Pool, Tick};
use polkadot_sdk::sp_core::H256;

/// See [`crate::types::ClockState`].
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub(crate) struct ClockState {
	pub(crate) tick: Tick,
	pub(crate) last_slot: u64,
	pub(crate) busy: bool,
	pub(crate) halted: bool,
	pub(crate) genesis: H256,
}

/// See [`crate::types::EraState`].
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub(crate) struct EraState {
	pub(crate) index: u32,
	pub(crate) started: Tick,
	pub(crate) closing: bool,
	pub(crate) cursor: Option<Pool>,
}
