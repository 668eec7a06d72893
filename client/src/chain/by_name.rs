//! Reading what a runtime has stored that is another than the one that this program was built with.
//!
//! The generated types find the fields of a record and the variants of an enum by their names in the metadata of the block that
//! is read. So what a later runtime adds is passed over, wherever it stands, and what it has taken away or made something else
//! is an error, [`ChainError::OtherRuntime`](super::ChainError::OtherRuntime). The library would refuse both alike: it compares
//! hashes of whole types. Only calls are held against theirs, as a call must mean to the chain what it means here.

use subxt::{constants, runtime_apis, storage};

/// An address that is taken for what its name says.
pub(super) struct ByName<A>(pub(super) A);

impl<A: storage::Address> storage::Address for ByName<A> {
	type KeyParts = A::KeyParts;
	type Value = A::Value;
	type IsPlain = A::IsPlain;

	fn pallet_name(&self) -> &str {
		self.0.pallet_name()
	}

	fn entry_name(&self) -> &str {
		self.0.entry_name()
	}

	fn validation_hash(&self) -> Option<[u8; 32]> {
		None
	}
}

impl<A: constants::Address> constants::Address for ByName<A> {
	type Target = A::Target;

	fn pallet_name(&self) -> &str {
		self.0.pallet_name()
	}

	fn constant_name(&self) -> &str {
		self.0.constant_name()
	}
}

impl<P: runtime_apis::Payload> runtime_apis::Payload for ByName<P> {
	type ArgsType = P::ArgsType;
	type ReturnType = P::ReturnType;

	fn trait_name(&self) -> &str {
		self.0.trait_name()
	}

	fn method_name(&self) -> &str {
		self.0.method_name()
	}

	fn args(&self) -> &P::ArgsType {
		self.0.args()
	}
}
