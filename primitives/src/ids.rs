//! Newtypes for every id.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_core::H256, sp_io::hashing::blake2_256};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A registered provider: one record, one host. Given out in order and never reused.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	Serialize,
	TypeInfo,
)]
pub struct ProviderId(pub u32);

/// BLAKE2b-256 of a kernel's encoding.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Deserialize,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	Serialize,
	TypeInfo,
)]
pub struct KernelHash(pub H256);

/// A job. A hash over the genesis, the requester, the requester's job nonce and the specification, so one id never
/// means two jobs on two forks; see [`crate::job::job_id`].
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	TypeInfo,
)]
pub struct JobId(pub H256);

/// A slash that was set aside. Given out in order and never reused.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	Decode,
	DecodeWithMemTracking,
	Encode,
	Eq,
	MaxEncodedLen,
	Ord,
	PartialEq,
	PartialOrd,
	TypeInfo,
)]
pub struct SlashId(pub u32);

/// The domain byte of a device id.
const DEVICE_ID: u8 = 0x20;

/// `H(0x20 ‖ genesis ‖ UUID)`: what the chain knows a device by, without its UUID being public.
pub fn device_id(genesis: &H256, uuid: &[u8]) -> H256 {
	let mut message = alloc::vec![DEVICE_ID];
	message.extend_from_slice(genesis.as_bytes());
	message.extend_from_slice(uuid);
	H256(blake2_256(&message))
}
