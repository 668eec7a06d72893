//! What dApps and tools may ask of a runtime that has these pallets, beside what is in its storage.
//!
//! The types of records belong to the pallets, so the declarations are generic in them; the metadata names them.

#![allow(missing_docs, reason = "the items are generated from the declarations")]

use crate::{JobId, ProviderId};
use alloc::vec::Vec;
use codec::Codec;
use polkadot_sdk::*;

sp_api::decl_runtime_apis! {
	/// Providers: who they are, whether they may serve, and what it would cost them to stop.
	pub trait ProvidersApi<Record, Filter, Preview, Reason>
	where
		Record: Codec,
		Filter: Codec,
		Preview: Codec,
		Reason: Codec,
	{
		/// A provider.
		fn provider(provider: ProviderId) -> Option<Record>;

		/// Providers from `cursor` on that pass the filter, at most a page, and where to go on; none at the end.
		fn providers(filter: Filter, cursor: ProviderId) -> (Vec<(ProviderId, Record)>, Option<ProviderId>);

		/// What it would cost a provider to be gone from now on; or, where it is gone, to stay so.
		fn downtime_preview(provider: ProviderId) -> Option<Preview>;

		/// The first rule, with its numbers, by which the provider does not serve the job; none where it would.
		/// The outer option is none where there is no such job.
		fn eligibility(provider: ProviderId, job: JobId) -> Option<Result<(), Reason>>;
	}
}
