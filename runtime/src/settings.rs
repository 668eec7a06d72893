//! Settings that a chain chooses at genesis: of consensus and of the council, which it then keeps, and of the protocol's
//! windows, which go to the parameters and may be changed there.
//!
//! The same runtime serves a development chain with short epochs and a public one with long ones. The pallet has storage
//! and a genesis configuration but no call, on purpose: changing the length of an epoch on a running chain breaks BABE.

pub use pallet::*;

use crate::{
	configs::{
		council::MOTION_BLOCKS,
		millrace::{standard_liveness, standard_rules, SLASH_DELAY, WEEK},
	},
	BlockNumber,
};
use millrace_primitives::{EnrolmentRules, Tick};
use pallet_market::MarketRules;
use pallet_providers::LivenessRules;
use polkadot_sdk::*;
use serde::{Deserialize, Serialize};

/// The protocol's windows and fees at genesis.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ProtocolWindows {
	/// The figures of the market.
	pub market: MarketRules,
	/// Ticks from unbonding to the release of a provider's stake.
	pub unbond_ticks: Tick,
	/// Ticks from retiring a kernel to the moment at which it may be removed.
	pub kernel_removal_ticks: Tick,
	/// Ticks in which a slash that was set aside can be cancelled.
	pub slash_ticks: Tick,
	/// Ticks from a refuted result to the moment at which the provider can be reactivated.
	pub chill_ticks: Tick,
	/// How often liveness is sampled, and what outages cost.
	pub liveness: LivenessRules,
	/// What devices must show before they may sell time of their class.
	pub enrolment: EnrolmentRules,
}

impl Default for ProtocolWindows {
	fn default() -> Self {
		Self {
			market: standard_rules(),
			unbond_ticks: WEEK,
			kernel_removal_ticks: WEEK,
			slash_ticks: SLASH_DELAY,
			chill_ticks: WEEK,
			liveness: standard_liveness(),
			// The kernels that this would need are part of the presets.
			enrolment: EnrolmentRules::OFF,
		}
	}
}

/// Where the protocol's windows go.
pub trait ApplyWindows {
	/// Makes these the ones in force.
	fn apply(windows: &ProtocolWindows);
}

/// A pallet without calls, events or hooks; see the module.
#[allow(clippy::expect_used, reason = "code that the macros generate")]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config {
		/// Where the protocol's windows go at genesis.
		type Windows: ApplyWindows;
	}

	/// The pallet's handle.
	#[pallet::pallet]
	pub struct Pallet<T>(_);

	/// An hour of three-second slots.
	#[pallet::type_value]
	pub fn DefaultEpochSlots() -> u64 {
		1_200
	}

	/// Six sessions: with the default epoch, six hours.
	#[pallet::type_value]
	pub fn DefaultSessionsPerEra() -> u32 {
		6
	}

	/// A week.
	#[pallet::type_value]
	pub fn DefaultMotionBlocks() -> BlockNumber {
		MOTION_BLOCKS
	}

	/// Length of a BABE epoch, which is also a session, in slots.
	#[pallet::storage]
	pub type EpochSlots<T: Config> = StorageValue<_, u64, ValueQuery, DefaultEpochSlots>;

	/// Number of sessions in a staking era.
	#[pallet::storage]
	pub type SessionsPerEra<T: Config> = StorageValue<_, u32, ValueQuery, DefaultSessionsPerEra>;

	/// Blocks after which a motion of the council that has not passed can be closed.
	#[pallet::storage]
	pub type MotionBlocks<T: Config> = StorageValue<_, BlockNumber, ValueQuery, DefaultMotionBlocks>;

	/// What a chain specification may set.
	#[pallet::genesis_config]
	pub struct GenesisConfig<T: Config> {
		/// Length of an epoch in slots; at least 2.
		pub epoch_slots: u64,
		/// Sessions in an era; at least 1.
		pub sessions_per_era: u32,
		/// Blocks for which a motion of the council is open; at least 1.
		pub motion_blocks: BlockNumber,
		/// The protocol's windows and fees.
		pub windows: ProtocolWindows,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: PhantomData<T>,
	}

	impl<T: Config> Default for GenesisConfig<T> {
		fn default() -> Self {
			Self {
				epoch_slots: DefaultEpochSlots::get(),
				sessions_per_era: DefaultSessionsPerEra::get(),
				motion_blocks: DefaultMotionBlocks::get(),
				windows: ProtocolWindows::default(),
				_config: PhantomData,
			}
		}
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// Refuses a specification under which the chain could not rotate its validators: there is no later moment at
		/// which this could be mended.
		fn build(&self) {
			assert!(self.epoch_slots >= 2, "an epoch has at least two slots");
			assert!(self.sessions_per_era >= 1, "an era has at least one session");
			assert!(self.motion_blocks >= 1, "a motion is open for at least one block");
			EpochSlots::<T>::put(self.epoch_slots);
			SessionsPerEra::<T>::put(self.sessions_per_era);
			MotionBlocks::<T>::put(self.motion_blocks);
			T::Windows::apply(&self.windows);
		}
	}
}
