//! The asks of a provider as they stand on the chain, with what decides whether they can be changed.
//!
//! Fields are found by their names in the chain's metadata, so a runtime that adds others is read as well.

use millrace_client::chain::{Level, Tick};
use subxt::ext::scale_decode::DecodeAsType;

/// Asks that a provider may have.
pub const SLOTS: u8 = 4;

/// An ask that stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StandingAsk {
	/// Which of the provider's four.
	pub slot: u8,
	/// The price level.
	pub level: Level,
	/// When it was placed.
	pub placed: Tick,
}

/// The asks of a provider.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AskBook {
	/// Those that stand, by slot.
	pub asks: Vec<StandingAsk>,
	/// After a no-show, the tick from which an ask may be placed.
	pub barred_until: Tick,
	/// The ticks that an ask stands at least.
	pub life_min: Tick,
}

/// The chain's record of a provider's asks, as far as it is read.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct AsksRecord {
	slots: Vec<Option<AskRecord>>,
	barred_until: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AskRecord {
	level: LevelRecord,
	placed: u32,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct LevelRecord(u8);

/// The market's rules, as far as they are read.
#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub(crate) struct RulesRecord {
	/// The ticks that an ask stands at least.
	pub(crate) ask_life_min: u32,
}

impl AskBook {
	/// What the chain's records say.
	pub(crate) fn of(asks: Option<AsksRecord>, rules: &RulesRecord) -> Self {
		let life_min = rules.ask_life_min;
		let Some(asks) = asks else {
			return Self {
				life_min,
				..Self::default()
			};
		};
		let standing = (0..SLOTS).zip(asks.slots).filter_map(|(slot, ask)| {
			let ask = ask?;
			Some(StandingAsk {
				slot,
				level: Level(ask.level.0),
				placed: ask.placed,
			})
		});
		Self {
			asks: standing.collect(),
			barred_until: asks.barred_until,
			life_min,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;
	use millrace_client::chain::ProviderId;
	use subxt::{ext::scale_encode::EncodeAsType, Metadata};

	#[test]
	fn the_records_are_read_as_the_runtime_writes_them() {
		let metadata = Metadata::decode_from(include_bytes!("../../../client/metadata.scale")).unwrap();
		let market = metadata.pallet_by_name("Market").unwrap();
		let entry = market.storage().unwrap().entry_by_name("Asks").unwrap();
		let provider: ProviderId = 7;
		let key = entry.keys().next().unwrap().key_id;
		let encoded = provider.encode_as_type(key, metadata.types()).unwrap();
		assert_eq!(encoded, provider.encode());

		// An ask: the pool's kind, class and region, the level, when, whether parked.
		let ask = (0u8, 3u8, 7u8, 123u8, 1_000u32, true);
		let fields = (
			[None, Some(ask), None, None],
			1u8,         // no_shows
			3_000u32,    // barred_until
			2_000u32,    // paused_until
			None::<u32>, // wake
			0u32,        // completed
		);
		let bytes = fields.encode();
		let record = AsksRecord::decode_as_type(&mut &*bytes, entry.value_ty(), metadata.types()).unwrap();

		let constant = market.constant_by_name("Rules").unwrap();
		let rules = RulesRecord::decode_as_type(&mut constant.value(), constant.ty(), metadata.types()).unwrap();
		assert_eq!(rules.ask_life_min, 20);

		let asks = vec![StandingAsk {
			slot: 1,
			level: Level(123),
			placed: 1_000,
		}];
		let expected = AskBook {
			asks,
			barred_until: 3_000,
			life_min: 20,
		};
		assert_eq!(AskBook::of(Some(record), &rules), expected);
		let nothing = AskBook {
			life_min: 20,
			..AskBook::default()
		};
		assert_eq!(AskBook::of(None, &rules), nothing);
	}
}
