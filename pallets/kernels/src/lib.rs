#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
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

use alloc::vec::Vec;
use millrace_primitives::{
	traits::{KernelFacts, ProtocolClock},
	KernelHash, Tick,
};
use polkadot_sdk::*;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod lookup;
#[cfg(test)]
mod mock;
mod register;
mod retire;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{Flaw, KernelRecord};
pub use weights::WeightInfo;

/// A kernel's record with this chain's account ids and tickets.
pub type KernelRecordOf<T> = KernelRecord<<T as frame_system::Config>::AccountId, <T as Config>::Consideration>;

#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	reason = "code that the macros generate"
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		pallet_prelude::*,
		traits::{Consideration, Footprint},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::Bytes;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The deposit for a kernel's storage, usually a hold under [`HoldReason::StorageDeposit`].
		type Consideration: Consideration<Self::AccountId, Footprint>;

		/// The protocol's clock.
		type Clock: ProtocolClock;

		/// Most bytes of a kernel: those of the encoding, or fewer.
		#[pallet::constant]
		type MaxProgramBytes: Get<u32>;

		/// Ticks from a kernel's retirement to the earliest removal. Longer than any job lives.
		#[pallet::constant]
		type RemoveAfter: Get<Tick>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet's deposits are held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For the storage of the owner's kernels.
		#[codec(index = 0)]
		StorageDeposit,
	}

	/// Every registered kernel.
	#[pallet::storage]
	pub type Kernels<T: Config> = StorageMap<_, Identity, KernelHash, KernelRecordOf<T>>;

	/// The encoding of every registered kernel. Beside the record, so that looking one up decodes no code.
	#[pallet::storage]
	pub type Bytecode<T: Config> = StorageMap<_, Identity, KernelHash, BoundedVec<u8, T::MaxProgramBytes>>;

	/// What a chain specification may set.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Whose the kernels are: it holds their deposits, and could retire them.
		pub owner: Option<T::AccountId>,
		/// Encodings of kernels.
		pub kernels: Vec<Bytes>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Refuses a specification with a kernel that is none, or whose deposit its owner cannot pay.
		fn build(&self) {
			for kernel in &self.kernels {
				let registered = Pallet::<T>::register_genesis(self.owner.as_ref(), kernel.to_vec());
				assert!(
					registered.is_ok(),
					"a kernel of the genesis cannot be registered: {registered:?}"
				);
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A kernel was validated and can be used by jobs.
		KernelRegistered {
			/// The kernel.
			kernel: KernelHash,
			/// Who registered it, holds its deposit and may retire it.
			owner: T::AccountId,
			/// Bytes of its encoding.
			bytes: u32,
		},
		/// New jobs no longer can use a kernel.
		KernelRetired {
			/// The kernel.
			kernel: KernelHash,
			/// The tick from which it can be removed.
			removable: Tick,
		},
		/// A kernel is gone, and its deposit with its owner.
		KernelRemoved {
			/// The kernel.
			kernel: KernelHash,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The bytes are no valid kernel: check them with the validator, which names the place.
		InvalidKernel(Flaw),
		/// The kernel is registered: use it by its hash.
		AlreadyRegistered,
		/// No kernel with this hash is registered: register its bytecode.
		UnknownKernel,
		/// Only the account that registered the kernel may do this.
		NotOwner,
		/// The kernel is retired already.
		AlreadyRetired,
		/// The kernel is in use: retire it first.
		NotRetired,
		/// Jobs may still live that use the kernel: wait until `RemoveAfter` ticks after its retirement.
		TooEarly,
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// What jobs must know of a kernel.
		pub fn kernel_facts(kernel: KernelHash) -> Option<KernelFacts> {
			Kernels::<T>::get(kernel).map(|record| record.facts)
		}

		/// Who registered a kernel.
		pub fn kernel_owner(kernel: KernelHash) -> Option<T::AccountId> {
			Kernels::<T>::get(kernel).map(|record| record.owner)
		}

		/// A kernel's encoding.
		pub fn bytecode(kernel: KernelHash) -> Option<Vec<u8>> {
			Bytecode::<T>::get(kernel).map(BoundedVec::into_inner)
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Validate a kernel and store it under its hash.
		///
		/// ## Dispatch origin
		///
		/// Signed by anyone, who becomes the kernel's owner.
		///
		/// ## Details
		///
		/// One pass over the bytes; what jobs must know is derived once and stored. Takes a deposit for the storage,
		/// which comes back at the removal. The hash is BLAKE2b-256 of the bytes: a kernel has one encoding and so one
		/// name.
		///
		/// ## Parameters
		///
		/// - `bytecode`: the encoding.
		///
		/// ## Errors
		///
		/// [`Error::AlreadyRegistered`], [`Error::InvalidKernel`] with the class of the flaw, and the deposit's own if
		/// it cannot be taken.
		///
		/// ## Events
		///
		/// [`Event::KernelRegistered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register_kernel(u32::try_from(bytecode.len()).unwrap_or(u32::MAX)))]
		pub fn register_kernel(origin: OriginFor<T>, bytecode: BoundedVec<u8, T::MaxProgramBytes>) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(owner, bytecode).map(|_| ())
		}

		/// Let no new job use a kernel.
		///
		/// ## Dispatch origin
		///
		/// Signed by the kernel's owner.
		///
		/// ## Details
		///
		/// Live jobs go on. `RemoveAfter` ticks later the kernel can be removed. There is no way back but to remove it
		/// and to register it anew.
		///
		/// ## Parameters
		///
		/// - `kernel`: the kernel's hash.
		///
		/// ## Errors
		///
		/// [`Error::UnknownKernel`], [`Error::NotOwner`], [`Error::AlreadyRetired`].
		///
		/// ## Events
		///
		/// [`Event::KernelRetired`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::retire_kernel())]
		pub fn retire_kernel(origin: OriginFor<T>, kernel: KernelHash) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_retire(&owner, kernel)
		}

		/// Delete a retired kernel and give its deposit back.
		///
		/// ## Dispatch origin
		///
		/// Signed by the kernel's owner.
		///
		/// ## Parameters
		///
		/// - `kernel`: the kernel's hash.
		///
		/// ## Errors
		///
		/// [`Error::UnknownKernel`], [`Error::NotOwner`], [`Error::NotRetired`], [`Error::TooEarly`].
		///
		/// ## Events
		///
		/// [`Event::KernelRemoved`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove_kernel())]
		pub fn remove_kernel(origin: OriginFor<T>, kernel: KernelHash) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_remove(&owner, kernel)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			let most = usize::try_from(T::MaxProgramBytes::get()).unwrap_or(usize::MAX);
			assert!(
				most <= millrace_kernel::program::MAX_PROGRAM_BYTES,
				"MaxProgramBytes: no program is as long"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
