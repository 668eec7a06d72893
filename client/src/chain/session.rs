//! Session keys, and the validators of this session and the next.

use super::{convert::FromRuntime, error::ChainError, generated::api, to_hex, view::At, AccountId};
use crate::amount::Balance;
use serde::{Serialize, Serializer};
use std::fmt;

/// The public keys with which a validator takes part, in the order of their encoding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionKeys {
	/// Votes for finality; ed25519.
	pub grandpa: [u8; 32],
	/// Authors blocks; sr25519.
	pub babe: [u8; 32],
}

impl SessionKeys {
	/// Reads an encoding; none where the length is another one.
	pub fn decode(bytes: &[u8]) -> Option<SessionKeys> {
		let (grandpa, babe) = bytes.split_at_checked(32)?;
		Some(SessionKeys {
			grandpa: grandpa.try_into().ok()?,
			babe: babe.try_into().ok()?,
		})
	}

	/// The encoding.
	pub fn encoded(&self) -> Vec<u8> {
		[self.grandpa, self.babe].concat()
	}
}

impl fmt::Display for SessionKeys {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&to_hex(&self.encoded()))
	}
}

impl Serialize for SessionKeys {
	fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
		serializer.collect_str(self)
	}
}

/// A session: an epoch, in which the validators stay the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionView {
	/// Its number.
	pub index: u32,
	/// Stashes whose nodes author and vote now.
	pub validators: Vec<AccountId>,
	/// Stashes whose nodes will in the next one.
	pub next: Vec<AccountId>,
	/// Those of the first that may not, because they broke a rule.
	pub disabled: Vec<AccountId>,
	/// Slots of a whole session.
	pub slots: u64,
	/// Slots of this one that are left.
	pub slots_left: u64,
	/// Milliseconds of a slot.
	pub slot_millis: u64,
}

impl SessionView {
	/// The session from which on keys are used that are registered in this one. The keys of the next are chosen already.
	pub fn keys_used_from(&self) -> u32 {
		self.index.saturating_add(2)
	}

	/// Seconds until then, if every slot is counted.
	pub fn seconds_until_keys_are_used(&self) -> u64 {
		self.seconds(self.slots_left.saturating_add(self.slots))
	}

	/// Seconds until this session ends.
	pub fn seconds_left(&self) -> u64 {
		self.seconds(self.slots_left)
	}

	fn seconds(&self, slots: u64) -> u64 {
		slots.saturating_mul(self.slot_millis) / 1_000
	}
}

/// Slots that are left of epoch number `epoch`, in slot number `now`, where the first epoch began with slot `genesis`.
fn slots_left(genesis: u64, epoch: u64, slots: u64, now: u64) -> u64 {
	let end = epoch.saturating_add(1).saturating_mul(slots);
	genesis.saturating_add(end).saturating_sub(now)
}

impl At {
	/// The session of this block.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn session(&self) -> Result<SessionView, ChainError> {
		const WHAT: &str = "the session";
		let (session, babe) = (api::storage().session(), api::storage().babe());
		let index = self.get(WHAT, session.current_index(), ()).await?;
		let validators = self.get(WHAT, session.validators(), ()).await?.unwrap_or_default();
		let queued = self.get(WHAT, session.queued_keys(), ()).await?.unwrap_or_default();
		let disabled = self.get(WHAT, session.disabled_validators(), ()).await?;
		let disabled = disabled.unwrap_or_default();
		let slots = self.get(WHAT, api::storage().settings().epoch_slots(), ()).await?;
		let slots = slots.unwrap_or_default();
		let epoch = self.get(WHAT, babe.epoch_index(), ()).await?;
		let genesis = self.get(WHAT, babe.genesis_slot(), ()).await?.map_or(0, |slot| slot.0);
		let now = self.get(WHAT, babe.current_slot(), ()).await?.map_or(0, |slot| slot.0);
		let at = |index: u32| usize::try_from(index).ok().and_then(|index| validators.get(index));
		Ok(SessionView {
			index: index.unwrap_or_default(),
			next: queued.into_iter().map(|(stash, _)| stash).collect(),
			disabled: disabled
				.into_iter()
				.filter_map(|(index, _)| at(index).copied())
				.collect(),
			slots,
			slots_left: slots_left(genesis, epoch.unwrap_or_default(), slots, now),
			slot_millis: self.constant("the length of a slot", api::constants().babe().expected_block_time())?,
			validators,
		})
	}

	/// The keys that a stash has registered last. They are used from the session after the next on, if it is elected.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn next_keys(&self, stash: AccountId) -> Result<Option<SessionKeys>, ChainError> {
		let address = api::storage().session().next_keys();
		let keys = self.get("a validator's keys", address, (stash,)).await?;
		Ok(keys.map(SessionKeys::from_runtime))
	}

	/// What is held for registered keys, in planck.
	///
	/// # Errors
	/// The runtime is another one.
	pub fn key_deposit(&self) -> Result<Balance, ChainError> {
		self.constant("the deposit for keys", api::constants().session().key_deposit())
	}

	/// When the block was made, in milliseconds since 1970: its author's clock at the beginning of its slot.
	///
	/// # Errors
	/// As [`At::tick`].
	pub async fn timestamp(&self) -> Result<u64, ChainError> {
		let now = self.get("a block's time", api::storage().timestamp().now(), ()).await?;
		Ok(now.unwrap_or_default())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn keys_are_read_as_they_are_written() {
		let keys = SessionKeys {
			grandpa: [1; 32],
			babe: [2; 32],
		};
		let encoded = keys.encoded();
		assert_eq!((encoded.len(), encoded[0], encoded[63]), (64, 1, 2));
		assert_eq!(SessionKeys::decode(&encoded), Some(keys));
		for length in [0, 31, 32, 63, 65] {
			assert_eq!(SessionKeys::decode(&vec![1; length]), None, "{length}");
		}
	}

	#[test]
	fn keys_are_used_two_sessions_on() {
		let session = SessionView {
			index: 7,
			validators: Vec::new(),
			next: Vec::new(),
			disabled: Vec::new(),
			slots: 10,
			slots_left: 4,
			slot_millis: 3_000,
		};
		assert_eq!(session.keys_used_from(), 9);
		assert_eq!(session.seconds_left(), 12);
		assert_eq!(session.seconds_until_keys_are_used(), 42);
	}

	/// Epoch 2 of ten slots, when the first began with slot 1,000, ends before slot 1,030.
	#[test]
	fn an_epoch_ends_where_its_number_says() {
		for (now, left) in [(1_020, 10), (1_029, 1), (1_030, 0), (1_100, 0)] {
			assert_eq!(slots_left(1_000, 2, 10, now), left, "{now}");
		}
		assert_eq!(slots_left(u64::MAX, u64::MAX, u64::MAX, 0), u64::MAX);
	}
}
