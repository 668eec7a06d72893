use super::*;
use crate::rpc::compute::tests::metadata;
use codec::Encode;

/// Our metadata after a change to the fields of a variant of a type that has this path.
fn changed(path: &[&str], variant: &str, change: impl Fn(&mut Variant<PortableForm>)) -> Vec<u8> {
	let mut metadata = version_14(metadata()).expect("the runtime has metadata of version 14");
	let mut types = metadata.types.types.iter_mut();
	let found = types
		.find(|one| one.ty.path.segments == path)
		.expect("there is such a type");
	let TypeDef::Variant(variants) = &mut found.ty.type_def else {
		panic!("it has no variants");
	};
	let mut variants = variants.variants.iter_mut();
	change(
		variants
			.find(|one| one.name == variant)
			.expect("there is such a variant"),
	);
	RuntimeMetadataPrefixed::from(metadata).encode()
}

#[test]
fn the_runtime_that_this_node_knows_is_read_and_its_errors_have_names_and_sentences() {
	let known = Known::read(&metadata().encode()).expect("it is known");
	assert!(known.events && known.ids);
	let error = pallet_market::Error::<Runtime>::NoItems;
	let polkadot_sdk::sp_runtime::DispatchError::Module(error) = error.into() else {
		panic!("an error of a pallet");
	};
	assert_eq!(
		known.error(&error),
		Some(&ErrorText {
			pallet: "Market".to_owned(),
			name: "NoItems".to_owned(),
			about: "A job has at least one item.".to_owned(),
		})
	);
	let unknown = ModuleError { index: 255, ..error };
	assert_eq!(known.error(&unknown), None);
}

#[test]
fn a_runtime_whose_events_have_other_fields_is_told_apart() {
	let other = changed(&["pallet_market", "pallet", "Event"], "JobQueued", |variant| {
		variant.fields.pop();
	});
	let known = Known::read(&other).expect("it is known");
	assert!(!known.events, "a field is missing");
	assert!(known.ids, "ids are made as before");
}

#[test]
fn a_runtime_whose_jobs_are_described_otherwise_is_told_apart() {
	let other = changed(&["millrace_primitives", "job", "Target"], "Provider", |variant| {
		variant.fields.pop();
	});
	let known = Known::read(&other).expect("it is known");
	assert!(!known.ids, "ids are made of other bytes");
}

#[test]
fn documentation_and_the_names_of_types_make_no_difference() {
	let other = changed(&["pallet_market", "pallet", "Event"], "JobQueued", |variant| {
		variant.docs.clear();
		variant.fields.iter_mut().for_each(|field| field.type_name = None);
	});
	let known = Known::read(&other).expect("it is known");
	assert!(known.events && known.ids);
}

#[test]
fn what_is_no_metadata_is_not_read() {
	assert!(Known::read(b"").is_none());
	assert!(Known::read(b"meta").is_none());
	assert!(Known::read(&[0xff; 64]).is_none());
}
