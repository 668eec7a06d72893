//! What a kernel is, as stored, and why bytes are none.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use millrace_kernel::program::ProgramError;
use millrace_primitives::{traits::KernelFacts, Tick};
use polkadot_sdk::frame_support::PalletError;
use scale_info::TypeInfo;

/// A registered kernel.
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct KernelRecord<AccountId, Ticket> {
	/// What jobs must know of it.
	pub facts: KernelFacts,
	/// Who registered it.
	pub owner: AccountId,
	/// The deposit for its storage.
	pub ticket: Ticket,
	/// The tick at which it was retired; none while new jobs may use it.
	pub retired: Option<Tick>,
}

/// What is wrong with bytes that are no kernel. The validator itself says more; on chain a class must do.
#[derive(
	Clone, Copy, Debug, Decode, DecodeWithMemTracking, Encode, Eq, MaxEncodedLen, PalletError, PartialEq, TypeInfo,
)]
pub enum Flaw {
	/// The bytes do not begin as a kernel of a known version without unknown features does.
	Format,
	/// A count, a size or a bound of the header is out of its range.
	Header,
	/// The bytes are fewer or more than the header announces.
	Length,
	/// An instruction is invalid.
	Instruction,
	/// Every instruction is valid, the code as a whole is not: a block without end, too many cursors, or loads where
	/// no fault is allowed.
	Code,
}

impl From<ProgramError> for Flaw {
	fn from(error: ProgramError) -> Self {
		match error {
			ProgramError::NoHeader
			| ProgramError::Magic
			| ProgramError::Version(_)
			| ProgramError::Features(_)
			| ProgramError::Reserved => Self::Format,
			ProgramError::Length { .. }
			| ProgramError::CodeMismatch { .. }
			| ProgramError::ConstantsMismatch { .. } => Self::Length,
			ProgramError::Instruction { .. } => Self::Instruction,
			ProgramError::Unclosed | ProgramError::Cursors | ProgramError::NoFaults => Self::Code,
			ProgramError::CodeLen(_)
			| ProgramError::ItemSize(_)
			| ProgramError::ScratchSize(_)
			| ProgramError::ConstSize(_)
			| ProgramError::WCount(_)
			| ProgramError::DCount(_)
			| ProgramError::Inputs(_)
			| ProgramError::Params(_)
			| ProgramError::MaxUnits { .. }
			| ProgramError::MaxFaults(_) => Self::Header,
		}
	}
}
