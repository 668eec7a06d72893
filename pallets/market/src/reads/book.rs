//! The book as it stands, and the ask that a match would come to.

use super::types::{BookLevel, BookView, ORDER_LOOKS};
use crate::{
	book::{Book, OrderRef, Side},
	Config, Levels, Links, Pallet,
};
use alloc::{collections::BTreeSet, vec::Vec};
use core::iter::successors;
use millrace_primitives::{traits::Classes, Level, Pool, ProviderId};

/// Most orders that are counted of one side of a book.
const SIDE_LOOKS: u32 = ORDER_LOOKS / 2;

/// The ask at which a match arrives.
pub(super) struct ServingAsk {
	/// Whose.
	pub(super) provider: ProviderId,
	/// What it wants.
	pub(super) level: Level,
	/// Providers that cannot serve and whose asks a match has to put aside before.
	pub(super) aside: usize,
}

impl<T: Config> Book<T> {
	/// The levels of a side that have orders, best first.
	fn levels(pool: Pool, side: Side) -> Vec<Level> {
		let both = Levels::<T>::get(pool);
		let levels = both.side(side);
		match side {
			Side::Ask => levels.levels().collect(),
			Side::Bid => levels.levels().rev().collect(),
		}
	}

	/// The orders of a level, oldest first.
	fn queue(pool: Pool, side: Side, level: Level) -> impl Iterator<Item = OrderRef> {
		successors(Self::head(pool, side, level), |order| Links::<T>::get(order)?.next)
	}

	/// The orders of a side, as a match comes to them.
	fn orders(pool: Pool, side: Side) -> impl Iterator<Item = (Level, OrderRef)> {
		Self::levels(pool, side)
			.into_iter()
			.flat_map(move |level| Self::queue(pool, side, level).map(move |order| (level, order)))
	}

	/// Bids at this level or above, counted up to [`ORDER_LOOKS`].
	pub(super) fn bids_from(pool: Pool, least: Level) -> u32 {
		let bids = Self::orders(pool, Side::Bid).take_while(|(level, _)| *level >= least);
		counted(bids, ORDER_LOOKS)
	}

	/// Bids that go before this one, which stands at this level, counted up to [`ORDER_LOOKS`].
	pub(super) fn bids_before(pool: Pool, level: Level, bid: OrderRef) -> u32 {
		let previous = |order: &OrderRef| Links::<T>::get(order)?.prev;
		let older = counted(successors(previous(&bid), previous), ORDER_LOOKS);
		let dearer = Self::orders(pool, Side::Bid).take_while(|(other, _)| *other > level);
		older.saturating_add(counted(dearer, ORDER_LOOKS.saturating_sub(older)))
	}
}

impl<T: Config> Pallet<T> {
	/// The best levels of a pool, at most `depth` on each side.
	pub fn book_view(pool: Pool, depth: u8) -> BookView {
		let (asks, all_asks) = Self::best_levels(pool, Side::Ask, depth);
		let (bids, all_bids) = Self::best_levels(pool, Side::Bid, depth);
		BookView {
			asks,
			bids,
			complete: all_asks && all_bids,
		}
	}

	/// The best levels of one side, and whether all their orders were counted.
	fn best_levels(pool: Pool, side: Side, depth: u8) -> (Vec<BookLevel>, bool) {
		let (mut left, mut complete) = (SIDE_LOOKS, true);
		let levels = Book::<T>::levels(pool, side)
			.into_iter()
			.take(usize::from(depth))
			.map(|level| {
				let mut queue = Book::<T>::queue(pool, side, level);
				let orders = counted(queue.by_ref(), left);
				complete &= orders < left || queue.next().is_none();
				left = left.saturating_sub(orders);
				BookLevel {
					level,
					price: level.price(),
					orders: orders.max(1),
				}
			})
			.collect();
		(levels, complete)
	}

	/// The best ask of a pool whose provider could serve now, among the first [`ORDER_LOOKS`].
	pub(super) fn best_serving_ask(pool: Pool) -> Option<ServingAsk> {
		let floor = <Self as Classes>::figures(pool.class).floor;
		let mut aside = BTreeSet::new();
		for (_, (level, order)) in (0..ORDER_LOOKS).zip(Book::<T>::orders(pool, Side::Ask)) {
			let OrderRef::Ask { provider, .. } = order else {
				continue;
			};
			if aside.contains(&provider) {
				continue;
			}
			if Self::check_ask(provider, pool, level, floor).is_ok() {
				return Some(ServingAsk {
					provider,
					level,
					aside: aside.len(),
				});
			}
			// All its asks leave with this one.
			aside.insert(provider);
		}
		None
	}
}

/// How many there are, counted up to `most`.
fn counted(orders: impl Iterator, most: u32) -> u32 {
	(0..most).zip(orders).fold(0, |count: u32, _| count.saturating_add(1))
}
