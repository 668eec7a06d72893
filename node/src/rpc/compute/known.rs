//! What the metadata of a runtime says: the names and the documentation of its errors, and whether what is stored can be
//! read with the types that this node was built with.

use frame_metadata::{
	v14::{PalletMetadata, RuntimeMetadataV14, StorageEntryType, StorageHasher},
	RuntimeMetadata, RuntimeMetadataPrefixed,
};
use millrace_primitives::JobId;
use millrace_runtime::{AccountId, Hash, Runtime, RuntimeEvent};
use pallet_market::{types::Requester, Call, JobOf};
use polkadot_sdk::{
	frame_system::EventRecord,
	sp_runtime::{DispatchError, ModuleError},
};
use scale_info::{form::PortableForm, Field, MetaType, PortableRegistry, Registry, TypeDef, TypeDefVariant, Variant};
use std::collections::{HashMap, HashSet};

/// The pallet whose jobs these are.
const MARKET: &str = "Market";

/// What the metadata of a runtime says.
#[derive(Debug)]
pub(super) struct Known {
	errors: HashMap<(u8, u8), ErrorText>,
	/// Whether the events of a block and live jobs are as this node knows them.
	pub(super) events: bool,
	/// Whether what a job's id is made of is as this node knows it.
	pub(super) ids: bool,
}

/// An error of a pallet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ErrorText {
	/// The pallet's name.
	pub(super) pallet: String,
	/// The error's name.
	pub(super) name: String,
	/// Its documentation, in one line.
	pub(super) about: String,
}

impl Known {
	/// Reads the encoding of a runtime's metadata. None where it has a form that this node does not know.
	pub(super) fn read(metadata: &[u8]) -> Option<Known> {
		let theirs = version_14(codec::Decode::decode(&mut &*metadata).ok()?)?;
		let mut ours = Registry::new();
		let events = ours.register_type(&MetaType::new::<Vec<Box<EventRecord<RuntimeEvent, Hash>>>>());
		let calls = ours.register_type(&MetaType::new::<Call<Runtime>>());
		let jobs = [MetaType::new::<JobId>(), MetaType::new::<JobOf<Runtime>>()].map(|one| ours.register_type(&one));
		let requesters =
			[MetaType::new::<AccountId>(), MetaType::new::<Requester>()].map(|one| ours.register_type(&one));
		let ours = PortableRegistry::from(ours);
		let mut shapes = Shapes {
			ours: &ours,
			theirs: &theirs.types,
			same: HashSet::new(),
		};
		let events = shapes.value(events.id, storage(&theirs, "System", "Events"))
			&& shapes.map(
				jobs.map(|one| one.id),
				StorageHasher::Identity,
				storage(&theirs, MARKET, "Jobs"),
			);
		let keyed = StorageHasher::Blake2_128Concat;
		let ids = shapes.map(
			requesters.map(|one| one.id),
			keyed,
			storage(&theirs, MARKET, "Requesters"),
		) && shapes.call("submit_job", calls.id, pallet(&theirs, MARKET));
		Some(Known {
			errors: errors(&theirs),
			events,
			ids,
		})
	}

	/// What is known of an error of a pallet.
	pub(super) fn error(&self, error: &ModuleError) -> Option<&ErrorText> {
		let [variant, ..] = error.error;
		self.errors.get(&(error.index, variant))
	}

	/// The name of an error, with that of its pallet.
	pub(super) fn name(&self, error: DispatchError) -> String {
		match error {
			DispatchError::Module(error) => match self.error(&error) {
				Some(text) => format!("{}::{}", text.pallet, text.name),
				None => format!("{}::{}", error.index, error.error[0]),
			},
			error => format!("System::{}", <&str>::from(error)),
		}
	}
}

fn version_14(metadata: RuntimeMetadataPrefixed) -> Option<RuntimeMetadataV14> {
	match metadata.1 {
		RuntimeMetadata::V14(metadata) => Some(metadata),
		_ => None,
	}
}

fn errors(metadata: &RuntimeMetadataV14) -> HashMap<(u8, u8), ErrorText> {
	let mut found = HashMap::new();
	for pallet in &metadata.pallets {
		let Some(variants) = pallet
			.error
			.as_ref()
			.and_then(|error| variants(&metadata.types, error.ty.id))
		else {
			continue;
		};
		for variant in &variants.variants {
			let text = ErrorText {
				pallet: pallet.name.clone(),
				name: variant.name.clone(),
				about: variant.docs.join(" ").split_whitespace().collect::<Vec<_>>().join(" "),
			};
			found.insert((pallet.index, variant.index), text);
		}
	}
	found
}

fn pallet<'a>(metadata: &'a RuntimeMetadataV14, name: &str) -> Option<&'a PalletMetadata<PortableForm>> {
	metadata.pallets.iter().find(|pallet| pallet.name == name)
}

fn storage<'a>(
	metadata: &'a RuntimeMetadataV14,
	name: &str,
	entry: &str,
) -> Option<&'a StorageEntryType<PortableForm>> {
	let entries = &pallet(metadata, name)?.storage.as_ref()?.entries;
	entries.iter().find(|one| one.name == entry).map(|one| &one.ty)
}

fn variants(types: &PortableRegistry, ty: u32) -> Option<&TypeDefVariant<PortableForm>> {
	match &types.resolve(ty)?.type_def {
		TypeDef::Variant(variants) => Some(variants),
		_ => None,
	}
}

/// Compares types of two runtimes by what decides about their encoding, and by the names of their parts.
struct Shapes<'a> {
	ours: &'a PortableRegistry,
	theirs: &'a PortableRegistry,
	/// Pairs that were compared, or are being compared, for types may contain themselves. A pair that differs ends the
	/// comparison, so each begins with none.
	same: HashSet<(u32, u32)>,
}

impl Shapes<'_> {
	/// Whether a single value is stored as this type.
	fn value(&mut self, ours: u32, theirs: Option<&StorageEntryType<PortableForm>>) -> bool {
		self.same.clear();
		match theirs {
			Some(StorageEntryType::Plain(theirs)) => self.types(ours, theirs.id),
			_ => false,
		}
	}

	/// Whether values of this type are stored under keys of this one, which are hashed so.
	fn map(
		&mut self,
		[key, value]: [u32; 2],
		hasher: StorageHasher,
		theirs: Option<&StorageEntryType<PortableForm>>,
	) -> bool {
		self.same.clear();
		match theirs {
			Some(StorageEntryType::Map {
				hashers,
				key: their_key,
				value: their_value,
			}) => *hashers == [hasher] && self.types(key, their_key.id) && self.types(value, their_value.id),
			_ => false,
		}
	}

	/// Whether a call has the same arguments.
	fn call(&mut self, name: &str, ours: u32, theirs: Option<&PalletMetadata<PortableForm>>) -> bool {
		self.same.clear();
		let theirs = theirs.and_then(|pallet| variants(self.theirs, pallet.calls.as_ref()?.ty.id));
		let find = |calls: Option<&TypeDefVariant<PortableForm>>| -> Option<Variant<PortableForm>> {
			calls?.variants.iter().find(|call| call.name == name).cloned()
		};
		match (find(variants(self.ours, ours)), find(theirs)) {
			(Some(ours), Some(theirs)) => self.variant(&ours, &theirs),
			_ => false,
		}
	}

	fn types(&mut self, ours: u32, theirs: u32) -> bool {
		if !self.same.insert((ours, theirs)) {
			return true;
		}
		let (Some(ours), Some(theirs)) = (self.ours.resolve(ours), self.theirs.resolve(theirs)) else {
			return false;
		};
		match (&ours.type_def, &theirs.type_def) {
			(TypeDef::Composite(ours), TypeDef::Composite(theirs)) => self.fields(&ours.fields, &theirs.fields),
			(TypeDef::Variant(ours), TypeDef::Variant(theirs)) => {
				let (ours, theirs) = (&ours.variants, &theirs.variants);
				ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| self.variant(ours, theirs))
			}
			(TypeDef::Sequence(ours), TypeDef::Sequence(theirs)) => {
				self.types(ours.type_param.id, theirs.type_param.id)
			}
			(TypeDef::Array(ours), TypeDef::Array(theirs)) => {
				ours.len == theirs.len && self.types(ours.type_param.id, theirs.type_param.id)
			}
			(TypeDef::Tuple(ours), TypeDef::Tuple(theirs)) => {
				let (ours, theirs) = (&ours.fields, &theirs.fields);
				ours.len() == theirs.len()
					&& ours
						.iter()
						.zip(theirs)
						.all(|(ours, theirs)| self.types(ours.id, theirs.id))
			}
			(TypeDef::Primitive(ours), TypeDef::Primitive(theirs)) => ours == theirs,
			(TypeDef::Compact(ours), TypeDef::Compact(theirs)) => self.types(ours.type_param.id, theirs.type_param.id),
			(TypeDef::BitSequence(ours), TypeDef::BitSequence(theirs)) => {
				self.types(ours.bit_store_type.id, theirs.bit_store_type.id)
					&& self.types(ours.bit_order_type.id, theirs.bit_order_type.id)
			}
			_ => false,
		}
	}

	fn variant(&mut self, ours: &Variant<PortableForm>, theirs: &Variant<PortableForm>) -> bool {
		ours.index == theirs.index && ours.name == theirs.name && self.fields(&ours.fields, &theirs.fields)
	}

	fn fields(&mut self, ours: &[Field<PortableForm>], theirs: &[Field<PortableForm>]) -> bool {
		let mut pairs = ours.iter().zip(theirs);
		ours.len() == theirs.len()
			&& pairs.all(|(ours, theirs)| ours.name == theirs.name && self.types(ours.ty.id, theirs.ty.id))
	}
}

#[cfg(test)]
mod tests;
