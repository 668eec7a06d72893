//! What shows the chain that a committed result is wrong, and what answers a demand for withheld leaves.
//!
//! The meaning of each part is that of `kernel/SPEC.md`, section 10; these are its bounded forms in a call.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::job::MAX_INPUTS;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
	sp_core::{ConstU32, H256},
	sp_runtime::BoundedVec,
};
use scale_info::TypeInfo;

/// Most pairs on a path: a job has less than 2³² leaves.
pub const MAX_PAIRS: u32 = 32;
/// Most chunks that one opening shows, and that a whole proof may: as many faults as a leaf can have.
pub const MAX_CHUNKS: u32 = 512;
/// Most bytes that one opening shows.
pub const MAX_OPENED_BYTES: u32 = MAX_CHUNKS.saturating_mul(1_024);
/// Most siblings of one opening. 512 chunks, spread over an input of 4 GiB, take 13 levels each beside the nine that
/// they share.
pub const MAX_SIBLINGS: u32 = 8_192;
/// Most leaves that one demand asks for, and one answer brings.
pub const MAX_DEMANDED: u32 = 64;
/// Most bytes of a leaf's output.
pub const MAX_LEAF_BYTES: u32 = 1_024;

/// A node of the output tree: its hash, and the units that it claims.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct SumNode {
	/// The hash of the leaf, or of both children with their units.
	pub hash: H256,
	/// The units of all leaves below.
	pub units: u64,
}

/// Both children of a node of the output tree.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct SumPair {
	/// The left child.
	pub left: SumNode,
	/// The right child.
	pub right: SumNode,
}

/// The pairs from the root to a leaf, or to the first whose units do not sum up.
pub type OutputPath = BoundedVec<SumPair, ConstU32<MAX_PAIRS>>;

/// Chunks of one input with what leads from them to its root.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct InputOpening {
	/// Numbers of the chunks, strictly ascending.
	pub chunks: BoundedVec<u32, ConstU32<MAX_CHUNKS>>,
	/// Their bytes, one after another.
	pub bytes: BoundedVec<u8, ConstU32<MAX_OPENED_BYTES>>,
	/// The nodes that cannot be computed, level by level from the leaves, left to right.
	pub siblings: BoundedVec<[u8; 32], ConstU32<MAX_SIBLINGS>>,
}

/// The case against one leaf.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct RefutationProof {
	/// The number of the leaf.
	pub leaf: u32,
	/// The way from the root to it, or to the first pair whose units do not sum up.
	pub pairs: OutputPath,
	/// One opening for each input; empty where nothing of it is read.
	pub openings: BoundedVec<InputOpening, ConstU32<MAX_INPUTS>>,
	/// Units that evaluating the leaf may take. They are paid for, and those not needed given back.
	pub units: u32,
	/// Chunks that all openings hold together, at most.
	pub chunks: u32,
}

/// A leaf as its preimage, with its way from the root.
#[derive(Clone, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct ProvidedLeaf {
	/// The number of the leaf.
	pub leaf: u32,
	/// The output of its items.
	pub bytes: BoundedVec<u8, ConstU32<MAX_LEAF_BYTES>>,
	/// How many of them trapped.
	pub traps: u32,
	/// The way from the root to it. Its last pair claims the units.
	pub pairs: OutputPath,
}

/// Leaves of a job, strictly ascending.
pub type LeafSet = BoundedVec<u32, ConstU32<MAX_DEMANDED>>;

/// The leaves that an answer brings.
pub type ProvidedLeaves = BoundedVec<ProvidedLeaf, ConstU32<MAX_DEMANDED>>;

/// What was wrong with a refuted result.
#[derive(Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub enum Fraud {
	/// The units of two children do not sum to what their parent claims.
	InconsistentPair {
		/// The number of the pair on the path, from the root.
		pair: u32,
	},
	/// Evaluating the leaf gives something else than was committed.
	WrongLeaf {
		/// What was committed.
		claimed: SumNode,
		/// What it is.
		evaluated: SumNode,
	},
}
