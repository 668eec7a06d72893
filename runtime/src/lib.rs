//! The state transition function of Millrace.
//!
//! This crate only wires: [`pallets`] lists the pallets and their indices, [`configs`] holds the settings of each, [`apis`]
//! what the node and clients may ask, [`genesis_presets`] the chains that a node can start by name. Consensus is BABE and
//! GRANDPA over validators elected by stake, one slot every three seconds.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing,
		clippy::as_conversions,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod genesis_presets;
pub mod migrations;
pub mod pallets;
pub mod settings;
pub mod staking_settings;
pub mod upgrades;
pub mod upstream_weights;
pub mod weights;

pub use apis::RuntimeApi;
pub use configs::consensus::SessionKeys;
pub use millrace_primitives::{Balance, MILL};
pub use pallets::*;
#[cfg(feature = "std")]
pub use wasm::{WASM_BINARY, WASM_BINARY_BLOATY, WASM_BINARY_PATH};

use alloc::borrow::Cow;
use polkadot_sdk::*;
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

#[cfg(feature = "std")]
#[allow(missing_docs, reason = "the constants are generated")]
mod wasm {
	include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

/// A signature over an extrinsic: sr25519, ed25519 or ECDSA.
pub type Signature = MultiSignature;
/// An account, identified by its public key or by a hash of it.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How extrinsics name an account.
pub type Address = MultiAddress<AccountId, ()>;
/// The count of extrinsics that an account has sent.
pub type Nonce = u32;
/// A block or state hash.
pub type Hash = sp_core::H256;
/// The height of a block.
pub type BlockNumber = u32;
/// A block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block with decoded extrinsics.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// What a transaction carries beside its call, and the order in which it is checked.
///
/// The order is part of what wallets sign: change it only together with [`RuntimeVersion::transaction_version`].
pub type TxExtension = (
	frame_system::AuthorizeCall<Runtime>,
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckMortality<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);
/// A transaction or inherent as it arrives, its signature not yet checked.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// The bytes that a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Executes blocks and extrinsics against the pallets.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// The types that the node needs of a block: extrinsics stay bytes, so that a node can follow a runtime that it does not know.
pub mod opaque {
	use polkadot_sdk::sp_runtime::{generic, OpaqueExtrinsic};

	pub use super::Header;
	/// A block whose extrinsics are not decoded.
	pub type Block = generic::Block<Header, OpaqueExtrinsic>;
}

/// Milliseconds of one slot. Fixed for the life of the chain: BABE derives slot numbers from it.
pub const SLOT_MILLISECONDS: u64 = 3_000;
/// Blocks in an hour if every slot has a block.
pub const HOURS: BlockNumber = 1_200;
/// Blocks in a day if every slot has a block.
pub const DAYS: BlockNumber = 28_800;
/// Prefix of addresses in their text form, until one is registered for the chain.
pub const SS58_PREFIX: u16 = 42;

/// Of a specification. The SDK's attribute puts the figures into the compiled runtime, and reads them as literals only.
macro_rules! version {
	($specification:tt) => {
		/// The version that nodes and clients compare.
		#[sp_version::runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: Cow::Borrowed("millrace"),
			impl_name: Cow::Borrowed("millrace"),
			authoring_version: 1,
			spec_version: $specification,
			impl_version: 1,
			apis: apis::RUNTIME_API_VERSIONS,
			transaction_version: 2,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "rehearsal"))]
version!(5);
#[cfg(feature = "rehearsal")]
version!(6);
