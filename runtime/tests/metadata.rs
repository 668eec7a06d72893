//! The client's types are generated from a committed copy of the metadata. It must be this runtime's.

use millrace_runtime::Runtime;
use polkadot_sdk::*;
use std::path::Path;

/// The newest version that the client's library reads.
const METADATA_VERSION: u32 = 16;
/// Set to write the copy instead of comparing it.
const REFRESH: &str = "MILLRACE_REFRESH_METADATA";

#[test]
fn client_metadata_is_this_runtimes() {
	let metadata = sp_io::TestExternalities::default()
		.execute_with(|| Runtime::metadata_at_version(METADATA_VERSION))
		.expect("the runtime has this version of metadata");
	let metadata: &Vec<u8> = &metadata;
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/metadata.scale");
	if std::env::var_os(REFRESH).is_some() {
		std::fs::write(&path, &metadata[..]).expect("the client's folder is writable");
	}
	let committed = std::fs::read(&path).unwrap_or_default();
	assert!(
		committed == metadata[..],
		"client/metadata.scale is not this runtime's metadata. Refresh it:\n\
		 {REFRESH}=1 cargo test --workspace --test metadata"
	);
}
