//! What a later runtime has made of the layouts that this program was built with, by metadata that is changed here.

use super::offline_with;
use crate::chain::{
	by_name::ByName,
	convert::{FromRuntime, IntoRuntime},
	error::failed,
	generated::api,
	ChainError, JobFilter, JobId, JobView,
};
use codec::{Compact, Encode};
use scale_info::{form::PortableForm, Field, TypeDef};
use subxt::{
	error::StorageValueError,
	ext::scale_decode::{DecodeAsType, Error},
	Metadata,
};

type Record = api::market::storage::jobs::Output;

const JOB: JobId = JobId([7; 32]);

fn committed() -> Metadata {
	Metadata::decode_from(include_bytes!("../../../metadata.scale")).unwrap()
}

/// The committed metadata with a change to the fields of a stored job.
fn changed(change: impl FnOnce(&mut Vec<Field<PortableForm>>)) -> Metadata {
	let mut metadata = committed();
	let job = stored(&metadata);
	let kinds = &mut metadata.types_mut().types;
	let kind = kinds.iter_mut().find(|kind| kind.id == job).unwrap();
	let TypeDef::Composite(record) = &mut kind.ty.type_def else {
		panic!("a job is a record");
	};
	change(&mut record.fields);
	metadata
}

/// The type of a stored job.
fn stored(metadata: &Metadata) -> u32 {
	let market = metadata.pallet_by_name("Market").unwrap();
	market.storage().unwrap().entry_by_name("Jobs").unwrap().value_ty()
}

fn read(mut bytes: &[u8], metadata: &Metadata) -> Result<JobView, Error> {
	let record = Record::decode_as_type(&mut bytes, stored(metadata), metadata.types())?;
	assert!(bytes.is_empty(), "all of it is read");
	Ok(JobView::from_runtime((JOB, record)))
}

/// Who pays, and everything else, of a job that waits.
fn parts() -> (Vec<u8>, Vec<u8>) {
	// A kernel, items, one parameter, one input, units, the key.
	let work = (
		[3u8; 32],
		8u32,
		vec![5u64],
		(Compact(1u32), [4u8; 32], 10u32),
		100u32,
		[6u8; 32],
	);
	// The book of a pool, its kind, class and region, a level; public; run, window, expiry.
	let terms = ((0u8, 0u8, 3u8, 7u8, 123u8), false, (50u32, 1_200u32, 1_000u32));
	let market = (0u8, 3u8, 7u8, 900u32, 64u64);
	let bounds = (50_000_000u32, 4u32, 16u16, 77u128, 1_000u128);
	let fees = (3u8, 2u8, 5u128, 100u128, 9u128);
	let windows = (40u32, 100_000_000u32, 2u32, 1u8, 1u8, 60u32, 30u32, 0u32, 300u32);
	// Not extended, no entry, waiting.
	let state = (None::<u32>, 0u8, 0u8);
	let agreed = [
		work.encode(),
		terms.encode(),
		market.encode(),
		bounds.encode(),
		fees.encode(),
		windows.encode(),
		state.encode(),
	];
	(vec![2; 32], agreed.concat())
}

#[test]
fn a_field_more_is_passed_over_wherever_it_stands() {
	let (requester, agreed) = parts();
	let whole = [requester.clone(), agreed.clone()].concat();
	let now = read(&whole, &committed()).unwrap();
	assert_eq!((now.requester.0, now.spec.items, now.lapse_max), ([2; 32], 8, 300));

	let later = changed(|fields| {
		let id = Field {
			name: Some("id".to_owned()),
			..fields[0].clone()
		};
		fields.insert(1, id);
	});
	let longer = [requester, JOB.0.to_vec(), agreed].concat();
	assert_eq!(read(&longer, &later).unwrap(), now);
	// What the new runtime has not come to yet is of the old layout, and its metadata is none for it.
	let mut left = whole.as_slice();
	let read = Record::decode_as_type(&mut left, stored(&later), later.types());
	assert!(read.is_err() || !left.is_empty());
}

#[test]
fn a_field_that_is_gone_is_an_error() {
	let (requester, agreed) = parts();
	let whole = [requester, agreed].concat();
	let renamed = changed(|fields| {
		let escrow = fields.iter_mut().find(|field| field.name.as_deref() == Some("escrow"));
		escrow.unwrap().name = Some("held".to_owned());
	});
	assert!(read(&whole, &renamed).is_err());
}

/// The library's own check would refuse what is only more.
#[test]
fn what_is_stored_is_not_held_against_a_hash() {
	let client = offline_with(changed(|fields| fields.truncate(1)));
	let storage = client.storage();
	let stored = || api::storage().market().jobs();
	assert!(storage.validate(stored()).is_err());
	assert!(storage.validate(ByName(stored())).is_ok());
	// Nor what the runtime answers.
	let apis = client.runtime_apis();
	let asked = || {
		let filter = JobFilter::default();
		api::runtime_apis().market_api().jobs((&filter).into_runtime(), None)
	};
	assert!(apis.validate(asked()).is_err());
	assert!(apis.validate(ByName(asked())).is_ok());
}

#[test]
fn what_cannot_be_read_is_another_runtimes() {
	let error = StorageValueError::LeftoverBytes { bytes: vec![1] };
	assert!(matches!(
		failed("a job")(error),
		ChainError::OtherRuntime { what: "a job" }
	));
}
