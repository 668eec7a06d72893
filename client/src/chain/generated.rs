//! Types generated from the runtime's committed metadata. A test of the runtime holds the file against the runtime.

#[allow(unreachable_pub)]
#[subxt::subxt(runtime_metadata_path = "metadata.scale")]
pub(crate) mod api {}
