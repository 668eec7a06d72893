//! The order book: for each pool and side, 256 price levels, a bitmap of those in use, and a doubly linked queue in
//! each.
//!
//! Whatever the number of orders, inserting at a tail, removing anywhere and finding the best price touch a constant
//! number of storage items. Both sides use the same structure: asks are best at the lowest level, bids at the highest.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::{Config, Levels, Links, Queues};
use codec::{Decode, Encode, MaxEncodedLen};
use core::marker::PhantomData;
use millrace_primitives::{JobId, Level, Pool, ProviderId};
use polkadot_sdk::sp_runtime::{DispatchError, DispatchResult};
use scale_info::TypeInfo;

/// A side of the book.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, Ord, PartialEq, PartialOrd, TypeInfo)]
pub enum Side {
	/// Providers' standing offers.
	Ask,
	/// Waiting jobs.
	Bid,
}

/// An order that stands in the book.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, Ord, PartialEq, PartialOrd, TypeInfo)]
pub enum OrderRef {
	/// One of a provider's asks.
	Ask {
		/// The provider.
		provider: ProviderId,
		/// Which of its asks.
		slot: u8,
	},
	/// A pending job.
	Bid(JobId),
}

/// Neighbours of an order in its queue.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Link {
	/// The order that came before.
	pub prev: Option<OrderRef>,
	/// The order that came after.
	pub next: Option<OrderRef>,
}

/// A queue that is not empty.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct Queue {
	/// The oldest order.
	pub head: OrderRef,
	/// The newest order.
	pub tail: OrderRef,
}

/// A set of price levels: bit `k mod 64` of word `k / 64` is level `k`.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct LevelSet(pub [u64; 4]);

impl LevelSet {
	/// Word and bit of a level.
	fn place(level: Level) -> (usize, u64) {
		(
			usize::from(level.0.wrapping_shr(6)),
			1u64.wrapping_shl(u32::from(level.0 & 63)),
		)
	}

	/// Adds a level.
	pub fn insert(&mut self, level: Level) {
		let (word, bit) = Self::place(level);
		if let Some(word) = self.0.get_mut(word) {
			*word |= bit;
		}
	}

	/// Takes a level out.
	pub fn remove(&mut self, level: Level) {
		let (word, bit) = Self::place(level);
		if let Some(word) = self.0.get_mut(word) {
			*word &= !bit;
		}
	}

	/// Whether a level is in the set.
	pub fn contains(&self, level: Level) -> bool {
		let (word, bit) = Self::place(level);
		self.0.get(word).is_some_and(|word| word & bit != 0)
	}

	/// Whether no level is in the set.
	pub fn is_empty(&self) -> bool {
		self.0.iter().all(|word| *word == 0)
	}

	/// The levels in the set, lowest first.
	pub fn levels(&self) -> impl DoubleEndedIterator<Item = Level> + '_ {
		(0..=u8::MAX).map(Level).filter(|level| self.contains(*level))
	}

	/// The lowest level in the set.
	pub fn lowest(&self) -> Option<Level> {
		let (word, base) = self.0.iter().zip([0u8, 64, 128, 192]).find(|(word, _)| **word != 0)?;
		Some(Level(base.saturating_add(u8::try_from(word.trailing_zeros()).ok()?)))
	}

	/// The highest level in the set.
	pub fn highest(&self) -> Option<Level> {
		let (word, top) = self
			.0
			.iter()
			.zip([63u8, 127, 191, 255])
			.rev()
			.find(|(word, _)| **word != 0)?;
		Some(Level(top.saturating_sub(u8::try_from(word.leading_zeros()).ok()?)))
	}
}

/// The price levels in use on both sides of a pool. One item, because whoever comes to one side looks at the other first.
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq, TypeInfo)]
pub struct PoolLevels {
	/// Levels with an ask.
	pub asks: LevelSet,
	/// Levels with a bid.
	pub bids: LevelSet,
}

impl PoolLevels {
	/// One side.
	pub fn side(&self, side: Side) -> &LevelSet {
		match side {
			Side::Ask => &self.asks,
			Side::Bid => &self.bids,
		}
	}

	fn side_mut(&mut self, side: Side) -> &mut LevelSet {
		match side {
			Side::Ask => &mut self.asks,
			Side::Bid => &mut self.bids,
		}
	}

	/// The best level with an order: the lowest ask, the highest bid.
	pub fn best(&self, side: Side) -> Option<Level> {
		match side {
			Side::Ask => self.asks.lowest(),
			Side::Bid => self.bids.highest(),
		}
	}

	/// Whether no level of either side is in use.
	pub fn is_empty(&self) -> bool {
		self.asks.is_empty() && self.bids.is_empty()
	}
}

/// The operations of the book.
pub(crate) struct Book<T>(PhantomData<T>);

impl<T: Config> Book<T> {
	/// Puts an order at the tail of a level. It must not stand in the book yet.
	pub(crate) fn push(pool: Pool, side: Side, level: Level, order: OrderRef) {
		let key = (pool, side, level);
		let prev = match Queues::<T>::get(key) {
			Some(queue) => {
				Links::<T>::mutate(queue.tail, |link| {
					if let Some(link) = link {
						link.next = Some(order);
					}
				});
				Queues::<T>::insert(
					key,
					Queue {
						head: queue.head,
						tail: order,
					},
				);
				Some(queue.tail)
			}
			None => {
				Queues::<T>::insert(
					key,
					Queue {
						head: order,
						tail: order,
					},
				);
				Levels::<T>::mutate(pool, |levels| levels.side_mut(side).insert(level));
				None
			}
		};
		Links::<T>::insert(order, Link { prev, next: None });
	}

	/// Takes an order out of its level, wherever it stands there.
	///
	/// Fails with `Corruption` if it does not stand in the book.
	pub(crate) fn remove(pool: Pool, side: Side, level: Level, order: OrderRef) -> DispatchResult {
		let key = (pool, side, level);
		let link = Links::<T>::take(order).ok_or(DispatchError::Corruption)?;
		if let Some(prev) = link.prev {
			Links::<T>::mutate(prev, |neighbour| {
				if let Some(neighbour) = neighbour {
					neighbour.next = link.next;
				}
			});
		}
		if let Some(next) = link.next {
			Links::<T>::mutate(next, |neighbour| {
				if let Some(neighbour) = neighbour {
					neighbour.prev = link.prev;
				}
			});
		}
		match (link.prev, link.next) {
			(Some(_), Some(_)) => {}
			(Some(prev), None) => Self::adjust(key, |queue| queue.tail = prev),
			(None, Some(next)) => Self::adjust(key, |queue| queue.head = next),
			(None, None) => {
				Queues::<T>::remove(key);
				Levels::<T>::mutate_exists(pool, |levels| {
					let mut rest = levels.take().unwrap_or_default();
					rest.side_mut(side).remove(level);
					*levels = (!rest.is_empty()).then_some(rest);
				});
			}
		}
		Ok(())
	}

	fn adjust(key: (Pool, Side, Level), change: impl FnOnce(&mut Queue)) {
		Queues::<T>::mutate(key, |queue| {
			if let Some(queue) = queue {
				change(queue);
			}
		});
	}

	/// The best level with an order: the lowest ask, the highest bid.
	#[cfg(test)]
	pub(crate) fn best(pool: Pool, side: Side) -> Option<Level> {
		Levels::<T>::get(pool).best(side)
	}

	/// The oldest order of a level.
	pub(crate) fn head(pool: Pool, side: Side, level: Level) -> Option<OrderRef> {
		Queues::<T>::get((pool, side, level)).map(|queue| queue.head)
	}
}
