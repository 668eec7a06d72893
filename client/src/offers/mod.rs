//! Offers with what is known of their providers: found by a query such as `class=gpu-24g price<=1000000`, in an order.
//!
//! An offer is an ask in the book. What the chain keeps apart is joined here: the ask, the provider's record, and, where it
//! is asked for, the measured way to its endpoint.

#[cfg(test)]
pub(crate) mod fixture;
mod order;
mod query;

pub use order::{BadOrder, Field, Order};
pub use query::{BadQuery, Condition, Query};

use crate::{
	chain::{At, ChainError, OfferView, ProviderFilter, ProviderId, ProviderView},
	endpoint::RoundTrip,
};
use futures::TryStreamExt;
use std::{cmp::Ordering, collections::HashMap};

/// An ask with its provider.
#[derive(Clone, Debug)]
pub struct Listing {
	/// The ask.
	pub offer: OfferView,
	/// Who stands behind it.
	pub provider: ProviderView,
	/// What was measured of the way to its endpoint, or why nothing was; none where nobody measured.
	pub way: Option<Result<RoundTrip, String>>,
}

impl Listing {
	/// Lanes on which a job of this offer would start at once.
	pub fn free(&self) -> u32 {
		u32::from(self.provider.free_lanes()).min(self.offer.room)
	}
}

/// The offers that pass a query, cheapest first.
///
/// # Errors
/// The node cannot be asked, or its runtime is another one.
pub async fn search(at: &At, query: &Query) -> Result<Vec<Listing>, ChainError> {
	let filter = query.filter();
	let offers: Vec<OfferView> = at.offers(&filter).try_collect().await?;
	let mut providers: HashMap<ProviderId, ProviderView> = HashMap::new();
	match filter.provider {
		Some(id) => providers.extend(at.provider(id).await?.map(|provider| (id, provider))),
		None => {
			let of_pool = ProviderFilter {
				class: filter.class,
				region: filter.region,
				..ProviderFilter::default()
			};
			let all = at.providers_where(&of_pool).await?;
			providers.extend(all.into_iter().map(|provider| (provider.id, provider)));
		}
	}
	let mut found = Vec::new();
	for offer in offers {
		// An ask may still stand in the pool that its provider has left: the next match takes it out.
		let Some(provider) = providers.get(&offer.provider) else {
			continue;
		};
		let listing = Listing {
			offer,
			provider: provider.clone(),
			way: None,
		};
		if query.passes(&listing) {
			found.push(listing);
		}
	}
	found.sort_by(by_price);
	Ok(found)
}

/// Cheapest first; of the same price whoever asked first, as the book has it.
fn by_price(a: &Listing, b: &Listing) -> Ordering {
	let key = |listing: &Listing| {
		let offer = listing.offer;
		(offer.price.0, offer.placed, offer.provider, offer.slot)
	};
	key(a).cmp(&key(b))
}
