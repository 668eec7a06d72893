#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
	not(test),
	deny(
		clippy::unwrap_used,
		clippy::expect_used,
		clippy::panic,
		clippy::indexing_slicing,
		clippy::as_conversions,
		clippy::arithmetic_side_effects
	)
)]

extern crate alloc;

use millrace_primitives::{
	traits::{Classes, Ineligible, Measurements, ProtocolClock, ProviderEvents, UsageSink},
	Balance, DeviceClass, EnrolmentRules, JobId, ProviderId, SlashId, Tick,
};
use polkadot_sdk::*;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod downtime;
mod eligibility;
mod enrolment;
mod liveness;
pub mod migrations;
#[cfg(test)]
mod mock;
pub mod outage;
mod registration;
mod serving;
mod settings;
mod slashing;
mod stake;
mod status;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
mod usage;
pub mod weights;

pub use outage::{DowntimePreview, DowntimeStep, LivenessRules, Outage, PreviewStep};
pub use pallet::*;
pub use types::{
	Device, DeviceFacts, DeviceState, Endpoint, Ledger, Load, Provider, ProviderTerms, Record, Slash, SlashCause,
	SlashShares, Status, Unbonding, Usage,
};
pub use weights::WeightInfo;

/// A provider with this chain's account ids.
pub type ProviderOf<T> = Provider<<T as frame_system::Config>::AccountId>;
/// A slash with this chain's account ids.
pub type SlashOf<T> = Slash<<T as frame_system::Config>::AccountId>;

#[allow(
	clippy::as_conversions,
	clippy::expect_used,
	reason = "code that the macros generate"
)]
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use crate::{
		outage::{Drops, OwnerStake, QueueEnds, SampleBatch, Sampled},
		types::{MeasureRequest, ProviderFilter},
	};
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::fungible, weights::WeightMeter};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;
	use sp_runtime::Perbill;

	/// The version of the storage layout.
	const STORAGE_VERSION: StorageVersion = StorageVersion::new(4);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: polkadot_sdk::frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The overarching hold reason.
		type RuntimeHoldReason: From<HoldReason>;

		/// The money. Stake is held on the owner's account under [`HoldReason::Stake`].
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>
			+ fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

		/// The protocol's clock.
		type Clock: ProtocolClock;

		/// The governed table of device classes: what stake a lane needs.
		type Classes: Classes;

		/// Who removes the asks of a provider that may not stand in the book any more.
		type Events: ProviderEvents;

		/// Ticks from `unbond` to the release of the stake. Longer than any liability.
		#[pallet::constant]
		type UnbondTicks: Get<Tick>;

		/// Active stake that a targeted job needs, as a multiple of its escrow.
		#[pallet::constant]
		type StakeMultiple: Get<Balance>;

		/// Late jobs within [`Config::LateWindow`] that set a provider draining; at most [`types::MAX_LATES`].
		#[pallet::constant]
		type LateLimit: Get<u32>;

		/// Ticks in which [`Config::LateLimit`] late jobs are too many.
		#[pallet::constant]
		type LateWindow: Get<Tick>;

		/// What a new worker key gets from the owner, in planck: fees are withdrawn before they are returned.
		#[pallet::constant]
		type WorkerFloat: Get<Balance>;

		/// Most lanes of a provider.
		#[pallet::constant]
		type MaxLanes: Get<u16>;

		/// Ticks from the moment at which stake is set aside to its payment; until then the slash can be cancelled.
		#[pallet::constant]
		type SlashTicks: Get<Tick>;

		/// Ticks from a refuted result to the moment at which the provider can be reactivated.
		#[pallet::constant]
		type ChillTicks: Get<Tick>;

		/// Part of a slash for fraud that goes to who refuted the result. Small, as the provider may be that itself.
		#[pallet::constant]
		type RefuterShare: Get<Perbill>;

		/// Part of a slash for fraud that goes to the job's requester, at most the job's escrow.
		#[pallet::constant]
		type RequesterShare: Get<Perbill>;

		/// The figures of liveness: how often it is sampled, and what outages cost.
		type Liveness: Get<LivenessRules>;

		/// Randomness of the parent block, which nobody could know when it was decided who can be sampled. None is no
		/// sample.
		type Seed: Get<Option<H256>>;

		/// The figures of enrolment: what a device of each class must show.
		type Enrolment: Get<EnrolmentRules>;

		/// Who gives a device the job that measures it.
		type Measurements: Measurements<Self::AccountId>;

		/// Who gets what outages cost.
		type Treasury: Get<Self::AccountId>;

		/// Keeps what a provider has gathered in an era, once it gathers in another or is removed.
		type Usage: UsageSink<Self::AccountId>;

		/// Who may cancel a slash that was set aside.
		type SlashCancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;

		/// The weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why this pallet holds money.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Stake of the owner's providers: the sum of their ledgers.
		#[codec(index = 0)]
		Stake,
	}

	/// Every provider that is registered.
	#[pallet::storage]
	pub type Providers<T: Config> = StorageMap<_, Twox64Concat, ProviderId, ProviderOf<T>>;

	/// The provider that a worker key serves. A key serves one provider.
	#[pallet::storage]
	pub type Workers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ProviderId>;

	/// The id of the next provider. Ids are never reused.
	#[pallet::storage]
	pub type NextProvider<T: Config> = StorageValue<_, ProviderId, ValueQuery>;

	/// How many providers are registered.
	#[pallet::storage]
	pub type Count<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// The slashes that were set aside and neither paid nor cancelled.
	#[pallet::storage]
	pub type Slashes<T: Config> = StorageMap<_, Twox64Concat, SlashId, SlashOf<T>>;

	/// The id of the next slash. Ids are never reused.
	#[pallet::storage]
	pub type NextSlash<T: Config> = StorageValue<_, SlashId, ValueQuery>;

	/// No slash with a lower id is left.
	#[pallet::storage]
	pub type SlashCursor<T: Config> = StorageValue<_, SlashId, ValueQuery>;

	/// The providers that are sampled: those with an ask or a live job that are not known to be gone.
	#[pallet::storage]
	pub type Reachable<T: Config> = StorageMap<_, Twox64Concat, ProviderId, Sampled>;

	/// The same providers by their place, so that one can be drawn.
	#[pallet::storage]
	pub type ReachableAt<T: Config> = StorageMap<_, Twox64Concat, u32, ProviderId>;

	/// How many providers are sampled.
	#[pallet::storage]
	pub type ReachableCount<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// Active stake of all that are sampled, in planck.
	#[pallet::storage]
	pub type ReachableStake<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// What each owner has of it, and what of its stake became unreachable lately.
	#[pallet::storage]
	pub type OwnerStakes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, OwnerStake>;

	/// Stake that became unreachable lately, of all owners.
	#[pallet::storage]
	pub type RecentDrops<T: Config> = StorageValue<_, Drops, ValueQuery>;

	/// The samples that are not looked through yet, oldest first.
	#[pallet::storage]
	pub type Samples<T: Config> = StorageMap<_, Twox64Concat, u32, SampleBatch>;

	/// The ends of that queue.
	#[pallet::storage]
	pub type SampleQueue<T: Config> = StorageValue<_, QueueEnds, ValueQuery>;

	/// The last tick at which samples were drawn.
	#[pallet::storage]
	pub type LastPoll<T: Config> = StorageValue<_, Tick, ValueQuery>;

	/// The outages that are not closed, by provider and the tick at which they began.
	#[pallet::storage]
	pub type Outages<T: Config> = StorageDoubleMap<_, Twox64Concat, ProviderId, Twox64Concat, Tick, Outage>;

	/// When the outages are looked at.
	#[pallet::storage]
	pub type OutageChecks<T: Config> = StorageDoubleMap<_, Twox64Concat, Tick, Twox64Concat, (ProviderId, Tick), ()>;

	/// The devices of each provider, by their places.
	#[pallet::storage]
	pub type Devices<T: Config> = StorageDoubleMap<_, Twox64Concat, ProviderId, Twox64Concat, u8, Device>;

	/// Where a device is enrolled, by the hash of its UUID. It is enrolled once.
	#[pallet::storage]
	pub type DeviceIds<T: Config> = StorageMap<_, Blake2_128Concat, H256, (ProviderId, u8)>;

	/// The devices that wait for their task, who asked first first.
	#[pallet::storage]
	pub type Requests<T: Config> = StorageMap<_, Twox64Concat, u32, MeasureRequest>;

	/// The ends of that queue.
	#[pallet::storage]
	pub type RequestQueue<T: Config> = StorageValue<_, QueueEnds, ValueQuery>;

	/// The place of the device that each live measurement is of.
	#[pallet::storage]
	pub type MeasurementSlots<T: Config> = StorageMap<_, Identity, JobId, u8>;

	/// The randomness of every tick so far, one hashed upon the other.
	#[pallet::storage]
	pub type Entropy<T: Config> = StorageValue<_, H256, ValueQuery>;

	/// No check of an earlier tick is left.
	#[pallet::storage]
	pub type CheckCursor<T: Config> = StorageValue<_, Tick, ValueQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A provider was registered.
		ProviderRegistered {
			/// The provider.
			provider: ProviderId,
			/// The cold key.
			owner: T::AccountId,
			/// The hot key.
			worker: T::AccountId,
			/// Stake bonded, in planck.
			bond: Balance,
		},
		/// Stake was added.
		StakeBonded {
			/// The provider.
			provider: ProviderId,
			/// How much was added, in planck.
			amount: Balance,
			/// The active stake now, in planck.
			active: Balance,
		},
		/// Stake began to unbond.
		StakeUnbonding {
			/// The provider.
			provider: ProviderId,
			/// How much is leaving, in planck.
			amount: Balance,
			/// The active stake now, in planck.
			active: Balance,
			/// The tick from which it can be withdrawn.
			release: Tick,
		},
		/// Stake that was unbonding backs asks and jobs again.
		StakeRebonded {
			/// The provider.
			provider: ProviderId,
			/// How much, in planck.
			amount: Balance,
			/// The active stake now, in planck.
			active: Balance,
		},
		/// Earnings refilled the stake.
		StakeRefilled {
			/// The provider.
			provider: ProviderId,
			/// How much, in planck.
			amount: Balance,
			/// The active stake now, in planck.
			active: Balance,
		},
		/// The owner chose whether earnings refill the stake.
		RefillSet {
			/// The provider.
			provider: ProviderId,
			/// Whether they do.
			refill: bool,
		},
		/// Unbonded stake went back to the owner.
		StakeWithdrawn {
			/// The provider.
			provider: ProviderId,
			/// How much, in planck.
			amount: Balance,
			/// Whether this was the last of a leaving provider, whose record is gone.
			removed: bool,
		},
		/// Stake was taken: a credit to a requester, or a penalty.
		StakeTaken {
			/// The provider.
			provider: ProviderId,
			/// Who got it; none where all of it was to be burned.
			to: Option<T::AccountId>,
			/// How much was there to take and arrived, in planck.
			amount: Balance,
			/// What was taken and burned, also because the receiver's account could not be credited, in planck.
			burned: Balance,
		},
		/// The worker key was replaced or revoked.
		WorkerSet {
			/// The provider.
			provider: ProviderId,
			/// The new hot key.
			worker: Option<T::AccountId>,
		},
		/// The payout account was replaced.
		PayoutSet {
			/// The provider.
			provider: ProviderId,
			/// Where earnings go now.
			payout: T::AccountId,
		},
		/// The endpoint was replaced.
		EndpointSet {
			/// The provider.
			provider: ProviderId,
			/// Where the worker answers now.
			endpoint: Endpoint,
		},
		/// The terms were replaced.
		TermsSet {
			/// The provider.
			provider: ProviderId,
			/// What the owner signs for now.
			terms: ProviderTerms,
		},
		/// The provider takes no new jobs.
		ProviderDraining {
			/// The provider.
			provider: ProviderId,
			/// Whether the chain did it, because too many jobs were late: only the owner resumes.
			suspended: bool,
		},
		/// The provider takes jobs again.
		ProviderResumed {
			/// The provider.
			provider: ProviderId,
		},
		/// The provider is leaving: all its stake unbonds.
		ProviderExiting {
			/// The provider.
			provider: ProviderId,
			/// The stake that began to unbond, in planck.
			amount: Balance,
			/// The tick from which it can be withdrawn.
			release: Tick,
		},
		/// Stake was set aside for an offence. It is paid when due, unless the slash is cancelled.
		SlashSetAside {
			/// The slash.
			slash: SlashId,
			/// Whose stake.
			provider: ProviderId,
			/// What for.
			cause: SlashCause,
			/// How much, in planck.
			amount: Balance,
			/// The tick from which it can be paid.
			due: Tick,
		},
		/// A slash was paid: `to_refuter` + `to_requester` + `to_treasury` + `burned` is what was set aside.
		SlashPaid {
			/// The slash.
			slash: SlashId,
			/// Whose stake it was.
			provider: ProviderId,
			/// What arrived at the account that refuted the result, in planck.
			to_refuter: Balance,
			/// What arrived at the account whose job it was, in planck.
			to_requester: Balance,
			/// What arrived at the treasury, in planck.
			to_treasury: Balance,
			/// What was burned, in planck.
			burned: Balance,
		},
		/// A slash was cancelled: the stake backs asks and jobs again.
		SlashCancelled {
			/// The slash.
			slash: SlashId,
			/// Whose stake it is.
			provider: ProviderId,
			/// How much came back, in planck.
			amount: Balance,
		},
		/// A result of the provider was refuted, and its open jobs are void; or it was unreachable for days. It takes no
		/// new jobs.
		ProviderChilled {
			/// The provider.
			provider: ProviderId,
			/// The tick from which its owner can reactivate it.
			until: Tick,
		},
		/// A chilled provider takes jobs again.
		ProviderReactivated {
			/// The provider.
			provider: ProviderId,
		},
		/// The provider must answer: any call of its worker does.
		ProviderSampled {
			/// The provider.
			provider: ProviderId,
			/// The last tick to answer.
			until: Tick,
		},
		/// The provider did not answer, or not three assignments in a row: its asks leave.
		ProviderUnreachable {
			/// The provider.
			provider: ProviderId,
			/// When it was sampled.
			since: Tick,
			/// When its outage began: earlier where this continues one.
			outage: Tick,
		},
		/// An unreachable provider answers again; or it was draining, and has nothing left to compute.
		ProviderReturned {
			/// The provider.
			provider: ProviderId,
			/// Whether it is draining, as before.
			draining: bool,
		},
		/// An outage has ended, unless a miss soon after continues it.
		OutageEnded {
			/// The provider.
			provider: ProviderId,
			/// When it began.
			began: Tick,
			/// How long it lasted.
			ticks: Tick,
		},
		/// An outage costs nothing more: it is over, or its provider is chilled.
		OutageClosed {
			/// The provider.
			provider: ProviderId,
			/// When it began.
			began: Tick,
			/// How long it lasted.
			ticks: Tick,
			/// What was left of its cost after forgiveness.
			scale: Perbill,
			/// What was set aside for it, in planck.
			charged: Balance,
			/// Other penalties that counted as paid for it, in planck.
			deducted: Balance,
		},
		/// A worker has enrolled its device.
		DeviceEnrolled {
			/// The provider.
			provider: ProviderId,
			/// The place of the device.
			slot: u8,
			/// What the worker says of it.
			facts: DeviceFacts,
			/// Whether it waits for its task, or none is asked of its class.
			state: DeviceState,
		},
		/// A task was drawn for a device.
		MeasurementBegun {
			/// The provider.
			provider: ProviderId,
			/// The place of the device.
			slot: u8,
			/// The job.
			job: JobId,
			/// The last tick to commit a result.
			until: Tick,
		},
		/// A device has committed a result in time: it is of this class, unless the result is refuted.
		DeviceMeasured {
			/// The provider.
			provider: ProviderId,
			/// The place of the device.
			slot: u8,
			/// The class.
			class: DeviceClass,
			/// The job.
			job: JobId,
			/// Ticks from the draw to the commitment.
			ticks: Tick,
		},
		/// A device has not shown what it should, or its task could not be given to it.
		DeviceFailed {
			/// The provider.
			provider: ProviderId,
			/// The place of the device.
			slot: u8,
		},
		/// A device was removed.
		DeviceRemoved {
			/// The provider.
			provider: ProviderId,
			/// The place that is free now.
			slot: u8,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no provider with this id: look it up by its worker key.
		UnknownProvider,
		/// Only the provider's owner may do this: sign with the cold key.
		NotOwner,
		/// Only the provider's owner or its worker may do this.
		NotOwnerOrWorker,
		/// The provider is leaving and its record no longer changes: withdraw, and register anew.
		Exiting,
		/// The account is a provider's worker key already: give every provider a key of its own.
		WorkerTaken,
		/// There is no worker key to revoke.
		NoWorker,
		/// The payout account holds less than the existential deposit: send it some first, so that every payment can
		/// arrive.
		PayoutTooPoor,
		/// The host is empty or has characters that no host name and no address has, or the port is 0.
		InvalidEndpoint,
		/// A provider has at least one lane and at most `MaxLanes`.
		InvalidLanes,
		/// The owner cannot pay this and keep the existential deposit.
		InsufficientFunds,
		/// The amount is zero.
		ZeroAmount,
		/// Too little active stake would back the lanes or the largest targeted job: bond more, or take less.
		StakeTooLow,
		/// More was to be unbonded than is active.
		NotEnoughBonded,
		/// Too many parts are unbonding: withdraw what is due, or wait.
		TooManyUnbondings,
		/// No stake is due: wait for the release tick.
		NothingToWithdraw,
		/// There is no such region, or it is not open. Take another; 0 is anywhere.
		UnknownRegion,
		/// Jobs or asks rest on the class and region: drain, and wait until they are done.
		PoolInUse,
		/// More jobs are assigned or running than the new lanes carry: wait until they are done.
		LanesInUse,
		/// The provider is not active.
		NotActive,
		/// The provider is not draining.
		NotDraining,
		/// Too many jobs were late, so only the owner may resume.
		OwnerMustResume,
		/// Asks stand in the book: withdraw them first.
		HasAsks,
		/// Jobs are assigned, running or committed: wait until they are settled.
		HasLiveJobs,
		/// As many jobs are assigned and running as the lanes carry.
		Full,
		/// Every lane runs a job.
		NoFreeLane,
		/// The provider is not chilled, so there is nothing to reactivate.
		NotChilled,
		/// A result of the provider was refuted not long ago: wait until the tick in its status.
		ChillNotOver,
		/// No such slash: it was paid or cancelled, or never was.
		UnknownSlash,
		/// The slash can still be cancelled: wait until it is due.
		SlashNotDue,
		/// The signer is no provider's worker.
		NotWorker,
		/// The provider was not sampled, or has answered: there is nothing to say.
		NotSampled,
		/// No stake unbonds.
		NothingUnbonds,
		/// No such outage: it is closed, or never was.
		UnknownOutage,
		/// The outage costs nothing more yet: wait for the tick that its preview names.
		NothingDue,
		/// A provider has eight places for devices, 0 to 7.
		NoSuchSlot,
		/// There is no device at this place.
		NoSuchDevice,
		/// The device's name or driver is empty, or has characters that cannot be printed.
		InvalidDevice,
		/// The device is enrolled elsewhere: remove it there first.
		DeviceTaken,
		/// The device waits for its task or for the end of its measurement: wait for it too.
		DeviceBusy,
		/// The device is enrolled as it is: there is nothing to show.
		AlreadyEnrolled,
		/// The place was asked for not long ago: wait `retry_ticks`.
		TooSoon,
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// A provider's record.
		pub fn provider(provider: ProviderId) -> Option<ProviderOf<T>> {
			Providers::<T>::get(provider)
		}

		/// The provider that a worker key serves.
		pub fn provider_of_worker(worker: T::AccountId) -> Option<ProviderId> {
			Workers::<T>::get(worker)
		}

		/// The active stake that must stay, in planck.
		pub fn required_stake(provider: ProviderId) -> Option<Balance> {
			Providers::<T>::get(provider).map(|provider| Self::required(&provider.terms, &provider.load))
		}

		/// Why the provider may not stand in the book, if it may not.
		pub fn ineligible(provider: ProviderId) -> Option<Ineligible> {
			match Providers::<T>::get(provider) {
				Some(provider) => Self::check_ask(&provider).err(),
				None => Some(Ineligible::Unknown),
			}
		}

		/// What it would cost a provider to be gone from now on; or, where it is gone, to stay so. Step by step, each with
		/// its tick.
		pub fn downtime_preview(provider: ProviderId) -> Option<DowntimePreview> {
			Self::preview(provider).ok()
		}

		/// The last tick at which a provider can answer the sample that it was drawn for, if it was.
		pub fn sampled_until(provider: ProviderId) -> Option<Tick> {
			Reachable::<T>::get(provider).and_then(|sampled| sampled.until)
		}

		/// The outages of a provider that are not closed, with the ticks at which they began.
		pub fn outages(provider: ProviderId) -> Vec<(Tick, Outage)> {
			let mut outages: Vec<_> = Outages::<T>::iter_prefix(provider).collect();
			outages.sort_by_key(|(began, _)| *began);
			outages
		}

		/// Providers from `cursor` on that pass the filter, at most [`types::PAGE`], and where to go on; none at the end.
		pub fn providers(
			filter: ProviderFilter<T::AccountId>,
			cursor: ProviderId,
		) -> (Vec<(ProviderId, ProviderOf<T>)>, Option<ProviderId>) {
			Self::page(&filter, cursor)
		}

		/// The devices of a provider, with their places.
		pub fn devices(provider: ProviderId) -> Vec<(u8, Device)> {
			let mut devices: Vec<_> = Devices::<T>::iter_prefix(provider).collect();
			devices.sort_by_key(|(slot, _)| *slot);
			devices
		}

		/// The slashes of a provider that wait, oldest first.
		pub fn slashes(provider: ProviderId) -> Vec<(SlashId, SlashOf<T>)> {
			let mut slashes: Vec<_> = Slashes::<T>::iter()
				.filter(|(_, slash)| slash.provider == provider)
				.collect();
			slashes.sort_by_key(|(id, _)| *id);
			slashes
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Register a provider: one host, with its stake, its keys and its terms.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner, the cold key.
		///
		/// ## Details
		///
		/// Holds `bond` on the owner's account and moves `WorkerFloat` from it to the worker's. The provider starts
		/// active, with no ask: the worker places those.
		///
		/// ## Parameters
		///
		/// - `worker`: the hot key, which serves no other provider.
		/// - `payout`: where earnings go. Holds the existential deposit or more.
		/// - `endpoint`: where the worker answers.
		/// - `terms`: what the worker may sell, and for how much at least.
		/// - `bond`: the stake, in planck; at least the class floor for every lane.
		///
		/// ## Errors
		///
		/// [`Error::WorkerTaken`], [`Error::PayoutTooPoor`], [`Error::InvalidEndpoint`], [`Error::InvalidLanes`],
		/// [`Error::UnknownRegion`],
		/// [`Error::StakeTooLow`], [`Error::InsufficientFunds`].
		///
		/// ## Events
		///
		/// [`Event::ProviderRegistered`].
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register())]
		pub fn register(
			origin: OriginFor<T>,
			worker: T::AccountId,
			payout: T::AccountId,
			endpoint: Endpoint,
			terms: ProviderTerms,
			bond: Balance,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_register(owner, worker, payout, endpoint, terms, bond).map(|_| ())
		}

		/// Add stake.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `amount`: how much, in planck.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::ZeroAmount`],
		/// [`Error::InsufficientFunds`].
		///
		/// ## Events
		///
		/// [`Event::StakeBonded`].
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::bond())]
		pub fn bond(origin: OriginFor<T>, provider: ProviderId, amount: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_bond(&owner, provider, amount)
		}

		/// Start to take stake back.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// The stake backs nothing from now on, but can be taken until it is withdrawn, `UnbondTicks` later or after.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `amount`: how much, in planck.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::ZeroAmount`],
		/// [`Error::NotEnoughBonded`], [`Error::StakeTooLow`] where asks or live jobs need the rest,
		/// [`Error::TooManyUnbondings`].
		///
		/// ## Events
		///
		/// [`Event::StakeUnbonding`].
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::unbond())]
		pub fn unbond(origin: OriginFor<T>, provider: ProviderId, amount: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_unbond(&owner, provider, amount)
		}

		/// Take back the stake that is due.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// Frees every part whose release tick has come. With the last one a leaving provider's record goes.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::NothingToWithdraw`].
		///
		/// ## Events
		///
		/// [`Event::StakeWithdrawn`].
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(origin: OriginFor<T>, provider: ProviderId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_withdraw_unbonded(&owner, provider)
		}

		/// Replace or revoke the worker key.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// A new key gets `WorkerFloat` from the owner. Without a key the provider's asks leave; its running jobs keep
		/// their deadlines.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `worker`: the new hot key, or none.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::WorkerTaken`],
		/// [`Error::NoWorker`], [`Error::InsufficientFunds`].
		///
		/// ## Events
		///
		/// [`Event::WorkerSet`].
		#[pallet::call_index(4)]
		#[pallet::weight(match worker {
			Some(_) => T::WeightInfo::set_worker(),
			None => T::WeightInfo::revoke_worker(),
		})]
		pub fn set_worker(origin: OriginFor<T>, provider: ProviderId, worker: Option<T::AccountId>) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_worker(&owner, provider, worker)
		}

		/// Replace the account that earnings go to. Jobs accepted before pay the old one.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `payout`: the new account. Holds the existential deposit or more.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::PayoutTooPoor`].
		///
		/// ## Events
		///
		/// [`Event::PayoutSet`].
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::set_payout())]
		pub fn set_payout(origin: OriginFor<T>, provider: ProviderId, payout: T::AccountId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_payout(&owner, provider, payout)
		}

		/// Replace the endpoint.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `endpoint`: where the worker answers from now on.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::InvalidEndpoint`].
		///
		/// ## Events
		///
		/// [`Event::EndpointSet`].
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::set_endpoint())]
		pub fn set_endpoint(origin: OriginFor<T>, provider: ProviderId, endpoint: Endpoint) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_endpoint(&owner, provider, endpoint)
		}

		/// Replace the terms.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// Class and region stay while asks or jobs rest on them. A higher minimum price takes the standing asks out of
		/// the book, as they may be below it.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `terms`: what the worker may sell from now on, and for how much at least.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::InvalidLanes`],
		/// [`Error::UnknownRegion`], [`Error::PoolInUse`], [`Error::LanesInUse`], [`Error::StakeTooLow`] where asks or live
		/// jobs would need more stake than is active.
		///
		/// ## Events
		///
		/// [`Event::TermsSet`].
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_terms())]
		pub fn set_terms(origin: OriginFor<T>, provider: ProviderId, terms: ProviderTerms) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_terms(&owner, provider, terms)
		}

		/// Take no new jobs: the right way to stop. Free of penalty, unlimited.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner or the worker.
		///
		/// ## Details
		///
		/// Asks leave the book. Jobs that are assigned, running or committed go on.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwnerOrWorker`], [`Error::NotActive`].
		///
		/// ## Events
		///
		/// [`Event::ProviderDraining`].
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::drain())]
		pub fn drain(origin: OriginFor<T>, provider: ProviderId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_drain(&who, provider)
		}

		/// Take jobs again after a drain. Asks are placed anew.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner or the worker; by the owner where late jobs made the chain drain the provider.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwnerOrWorker`], [`Error::NotDraining`],
		/// [`Error::OwnerMustResume`].
		///
		/// ## Events
		///
		/// [`Event::ProviderResumed`].
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::resume())]
		pub fn resume(origin: OriginFor<T>, provider: ProviderId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_resume(&who, provider)
		}

		/// Leave: all active stake unbonds, the worker key is revoked, and the record goes at the last withdrawal.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::HasAsks`],
		/// [`Error::HasLiveJobs`], [`Error::TooManyUnbondings`].
		///
		/// ## Events
		///
		/// [`Event::ProviderExiting`].
		#[pallet::call_index(10)]
		#[pallet::weight(T::WeightInfo::deregister())]
		pub fn deregister(origin: OriginFor<T>, provider: ProviderId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_deregister(&owner, provider)
		}

		/// Take jobs again after a refuted result.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Details
		///
		/// Not before `ChillTicks` have passed, no open job is left, and the active stake backs the lanes again.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::NotChilled`], [`Error::ChillNotOver`],
		/// [`Error::HasLiveJobs`], [`Error::StakeTooLow`].
		///
		/// ## Events
		///
		/// [`Event::ProviderReactivated`].
		#[pallet::call_index(11)]
		#[pallet::weight(T::WeightInfo::reactivate())]
		pub fn reactivate(origin: OriginFor<T>, provider: ProviderId) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_reactivate(&owner, provider)
		}

		/// Give stake back that was set aside: a defect of this software must not be a robbery.
		///
		/// ## Dispatch origin
		///
		/// `SlashCancelOrigin`.
		///
		/// ## Details
		///
		/// The stake becomes active again, or goes to what unbonds where the provider is leaving. If this was for fraud,
		/// the provider is not convicted any more and takes jobs again. Refunds that requesters got stay.
		///
		/// ## Errors
		///
		/// [`Error::UnknownSlash`].
		///
		/// ## Events
		///
		/// [`Event::SlashCancelled`].
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::cancel_slash())]
		pub fn cancel_slash(origin: OriginFor<T>, slash: SlashId) -> DispatchResult {
			T::SlashCancelOrigin::ensure_origin(origin)?;
			Self::do_cancel_slash(slash)
		}

		/// Pay a slash that is due, as the hook would: useful while the hook has a backlog.
		///
		/// ## Dispatch origin
		///
		/// Signed by anyone, who pays the fee.
		///
		/// ## Errors
		///
		/// [`Error::UnknownSlash`], [`Error::SlashNotDue`].
		///
		/// ## Events
		///
		/// [`Event::SlashPaid`].
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::pay_slash())]
		pub fn pay_slash(origin: OriginFor<T>, slash: SlashId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_pay_slash(slash)
		}

		/// Answer a sample.
		///
		/// ## Dispatch origin
		///
		/// Signed by the worker. Free: a sample is open, else the call fails.
		///
		/// ## Details
		///
		/// Every call of the worker on its asks and jobs that succeeds answers too, and so do `drain` and `resume`.
		///
		/// ## Errors
		///
		/// [`Error::NotWorker`], [`Error::NotSampled`].
		#[pallet::call_index(14)]
		#[pallet::weight(T::WeightInfo::heartbeat())]
		pub fn heartbeat(origin: OriginFor<T>) -> DispatchResultWithPostInfo {
			let worker = ensure_signed(origin)?;
			Self::do_heartbeat(&worker)?;
			Ok(Pays::No.into())
		}

		/// Take unbonding stake back into use, latest release first.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `amount`: how much, in planck; all that unbonds where that is less.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`], [`Error::ZeroAmount`],
		/// [`Error::NothingUnbonds`].
		///
		/// ## Events
		///
		/// [`Event::StakeRebonded`].
		#[pallet::call_index(15)]
		#[pallet::weight(T::WeightInfo::rebond())]
		pub fn rebond(origin: OriginFor<T>, provider: ProviderId, amount: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_rebond(&owner, provider, amount)
		}

		/// Choose whether earnings refill the stake up to what the lanes need, after a penalty has taken some.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwner`], [`Error::Exiting`].
		///
		/// ## Events
		///
		/// [`Event::RefillSet`].
		#[pallet::call_index(16)]
		#[pallet::weight(T::WeightInfo::set_refill())]
		pub fn set_refill(origin: OriginFor<T>, provider: ProviderId, refill: bool) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_set_refill(&owner, provider, refill)
		}

		/// Have a provider's outage looked at whose tick has come, as the hook would: useful while the hook has a backlog.
		///
		/// ## Dispatch origin
		///
		/// Signed by anyone, who pays the fee.
		///
		/// ## Parameters
		///
		/// - `provider`: the provider.
		/// - `began`: when the outage began.
		///
		/// ## Errors
		///
		/// [`Error::UnknownOutage`], [`Error::NothingDue`].
		///
		/// ## Events
		///
		/// [`Event::SlashSetAside`], [`Event::ProviderChilled`], [`Event::OutageClosed`].
		#[pallet::call_index(17)]
		#[pallet::weight(T::WeightInfo::check_outage())]
		pub fn touch(origin: OriginFor<T>, provider: ProviderId, began: Tick) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_touch(provider, began)
		}

		/// Enrol the device that the worker computes with, or a changed one, or one that has failed.
		///
		/// ## Dispatch origin
		///
		/// Signed by the worker.
		///
		/// ## Details
		///
		/// If devices of the provider's class are measured, a task is drawn some ticks later. The owner pays the job fee
		/// then. Until a device has committed its result the provider places no ask and takes no targeted job.
		///
		/// ## Parameters
		///
		/// - `slot`: the place of the device, 0 to 7.
		/// - `facts`: what the worker says of it.
		///
		/// ## Errors
		///
		/// [`Error::NotWorker`], [`Error::NoSuchSlot`], [`Error::InvalidDevice`], [`Error::NotActive`],
		/// [`Error::StakeTooLow`], [`Error::DeviceTaken`], [`Error::DeviceBusy`], [`Error::AlreadyEnrolled`],
		/// [`Error::TooSoon`].
		///
		/// ## Events
		///
		/// [`Event::DeviceEnrolled`].
		#[pallet::call_index(18)]
		#[pallet::weight(T::WeightInfo::enrol_device())]
		pub fn enrol_device(origin: OriginFor<T>, slot: u8, facts: DeviceFacts) -> DispatchResult {
			let worker = ensure_signed(origin)?;
			Self::do_enrol_device(&worker, slot, facts)
		}

		/// Remove a device. It may be enrolled elsewhere then.
		///
		/// ## Dispatch origin
		///
		/// Signed by the owner or the worker.
		///
		/// ## Details
		///
		/// With the last measured one the asks leave the book.
		///
		/// ## Errors
		///
		/// [`Error::UnknownProvider`], [`Error::NotOwnerOrWorker`], [`Error::NoSuchDevice`], [`Error::DeviceBusy`],
		/// [`Error::TooSoon`].
		///
		/// ## Events
		///
		/// [`Event::DeviceRemoved`].
		#[pallet::call_index(19)]
		#[pallet::weight(T::WeightInfo::remove_device())]
		pub fn remove_device(origin: OriginFor<T>, provider: ProviderId, slot: u8) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_remove_device(&who, provider, slot)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Pays the slashes that are due, looks at outages, samples, and measures.
		fn on_poll(_now: BlockNumberFor<T>, meter: &mut WeightMeter) {
			Self::serve_slashes(meter);
			Self::poll_liveness(meter);
		}

		fn integrity_test() {
			let shares = T::RefuterShare::get()
				.deconstruct()
				.checked_add(T::RequesterShare::get().deconstruct());
			assert!(
				shares.is_some_and(|parts| parts <= 150_000_000),
				"RefuterShare, RequesterShare: at least 85 % of a slash must burn, as puppets of the provider may get the rest"
			);
			assert!(
				T::SlashTicks::get() < T::UnbondTicks::get(),
				"SlashTicks: a slash is paid before its provider can have left"
			);
			assert!(
				T::LateLimit::get() > 0,
				"LateLimit: a provider may be late at least once"
			);
			assert!(
				T::LateLimit::get() <= types::MAX_LATES,
				"LateLimit: more than a record keeps"
			);
			T::Liveness::get().check();
			T::Enrolment::get().check();
			assert!(
				Self::dearest_tick().all_lte(Self::liveness_budget()),
				"the hook can always sample, tell what was missed, and look at an outage"
			);
			assert!(
				Self::measuring_tick().all_lte(Self::liveness_budget()),
				"the hook can draw a task where few outages are looked at"
			);
			assert!(T::MaxLanes::get() > 0, "MaxLanes: a provider has a lane");
			assert!(T::StakeMultiple::get() > 0, "StakeMultiple: a targeted job needs stake");
			assert!(
				T::WorkerFloat::get() >= <T::Currency as fungible::Inspect<T::AccountId>>::minimum_balance(),
				"WorkerFloat: less than the existential deposit makes no account"
			);
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
