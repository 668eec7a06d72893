//! How bytes become a kernel.

use crate::*;
use codec::MaxEncodedLen;
use millrace_kernel::program::Program;
use polkadot_sdk::{
	frame_support::{
		ensure,
		traits::{Consideration, Footprint},
	},
	sp_io::hashing::blake2_256,
	sp_runtime::{BoundedVec, DispatchError},
};

impl<T: Config> Pallet<T> {
	/// See [`Pallet::register_kernel`]. Returns the kernel's hash.
	pub(crate) fn do_register(
		owner: T::AccountId,
		bytecode: BoundedVec<u8, T::MaxProgramBytes>,
	) -> Result<KernelHash, DispatchError> {
		let kernel = Self::hash(&bytecode);
		ensure!(!Kernels::<T>::contains_key(kernel), Error::<T>::AlreadyRegistered);
		let program = Program::decode(&bytecode).map_err(|error| Error::<T>::InvalidKernel(error.into()))?;
		let bytes = u32::try_from(bytecode.len()).unwrap_or(u32::MAX);

		let ticket = T::Consideration::new(&owner, Self::footprint(bytecode.len()))?;
		let facts = Self::derive_facts(&program);
		Kernels::<T>::insert(
			kernel,
			KernelRecord {
				facts,
				owner: owner.clone(),
				ticket,
				retired: None,
			},
		);
		Bytecode::<T>::insert(kernel, bytecode);
		Self::deposit_event(Event::KernelRegistered { kernel, owner, bytes });
		Ok(kernel)
	}

	/// Registers a kernel of the genesis.
	pub(crate) fn register_genesis(
		owner: Option<&T::AccountId>,
		bytecode: Vec<u8>,
	) -> Result<KernelHash, DispatchError> {
		let owner = owner.ok_or("the genesis names nobody who owns its kernels")?;
		let bytecode = BoundedVec::try_from(bytecode).map_err(|_| Error::<T>::InvalidKernel(Flaw::Length))?;
		Self::do_register(owner.clone(), bytecode)
	}

	/// The name of a kernel: BLAKE2b-256 of its encoding.
	pub(crate) fn hash(bytecode: &[u8]) -> KernelHash {
		KernelHash(blake2_256(bytecode).into())
	}

	/// What a kernel of so many bytes stores: its encoding and its record.
	pub(crate) fn footprint(bytes: usize) -> Footprint {
		Footprint::from_parts(1, bytes.saturating_add(KernelRecordOf::<T>::max_encoded_len()))
	}

	/// What jobs must know of a program.
	pub(crate) fn derive_facts(program: &Program) -> KernelFacts {
		let header = program.header();
		KernelFacts {
			item_size: header.item_size,
			inputs: header.inputs,
			params: header.params,
			item_cost: program.item_cost(),
			max_units: header.max_units,
			max_faults: header.max_faults,
			items_per_leaf: program.items_per_leaf(),
			retired: false,
		}
	}
}
