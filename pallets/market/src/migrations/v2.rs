//! What storage version 2 had otherwise. Parts that have not changed since are the present types.

#![allow(clippy::as_conversions, reason = "the codec derives cast variant indices")]

use crate::{types, Config, Pallet};
use codec::{Decode, Encode, MaxEncodedLen};
use millrace_primitives::{
	job::{MAX_INPUTS, MAX_PARAMS},
	traits::Providers,
	Balance, InputRef, KernelHash, Minima, Pool, Price, ProviderId, Target, Terms, Tick,
};
use polkadot_sdk::{
	frame_support::{storage_alias, Twox64Concat},
	sp_core::{ConstU32, H256},
	sp_runtime::{BoundedVec, Perbill},
};

/// The price levels in use on each side of each pool.
#[storage_alias]
pub(crate) type Bitmaps<T: Config> = StorageMap<Pallet<T>, Twox64Concat, (Pool, types::Side), types::LevelSet>;

/// Whether the market was halted.
#[storage_alias]
pub(crate) type Halted<T: Config> = StorageValue<Pallet<T>, bool>;

/// The fees that waited in the pot.
#[storage_alias]
pub(crate) type FeeEra<T: Config> = StorageValue<Pallet<T>, FeeTally>;

/// See [`types::Requester`].
#[derive(Clone, Debug, Decode, Encode, Eq, MaxEncodedLen, PartialEq)]
pub(crate) struct Requester {
	pub(crate) nonce: u64,
	pub(crate) live: u32,
	pub(crate) paid_jobs: u32,
	pub(crate) lapsed: u32,
	pub(crate) cancelled: u32,
	pub(crate) expired: u32,
	pub(crate) unserved: u32,
	pub(crate) inputs_missing: u32,
	pub(crate) refuted: u32,
	pub(crate) voided: u32,
	pub(crate) silent: u32,
	pub(crate) paid: Balance,
}

impl From<Requester> for types::Requester {
	fn from(old: Requester) -> Self {
		Self {
			nonce: old.nonce,
			live: old.live,
			paid_jobs: old.paid_jobs,
			lapsed: old.lapsed,
			cancelled: old.cancelled,
			expired: old.expired,
			unserved: old.unserved,
			inputs_missing: old.inputs_missing,
			refuted: old.refuted,
			voided: old.voided,
			silent: old.silent,
			refused: 0,
			paid: old.paid,
		}
	}
}

/// See [`types::ClockState`].
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub(crate) struct ClockState {
	pub(crate) tick: Tick,
	pub(crate) last_slot: u64,
	pub(crate) busy: bool,
}

/// What was counted of the pot.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, MaxEncodedLen, PartialEq)]
pub(crate) struct FeeTally {
	pub(crate) started: Tick,
	pub(crate) collected: Balance,
}

/// See [`types::ProviderAsks`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct ProviderAsks {
	pub(crate) slots: [Option<types::Ask>; 4],
	pub(crate) no_shows: u8,
	pub(crate) barred_until: Tick,
	pub(crate) paused_until: Tick,
	pub(crate) wake: Option<Tick>,
}

/// See [`millrace_primitives::Target`].
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) enum OldTarget {
	Book {
		pool: Pool,
		level: millrace_primitives::Level,
	},
	Provider {
		provider: ProviderId,
		price: Price,
	},
}

/// See [`millrace_primitives::Terms`].
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct OldTerms {
	pub(crate) target: OldTarget,
	pub(crate) public: bool,
	pub(crate) run_ticks: Tick,
	pub(crate) window: Tick,
	pub(crate) expires: Tick,
}

/// See [`types::JobState`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) enum JobState<AccountId> {
	Pending,
	Assigned {
		provider: ProviderId,
		until: Tick,
	},
	Running {
		provider: ProviderId,
		payout: AccountId,
		deadline: Tick,
	},
	Committed {
		provider: ProviderId,
		payout: AccountId,
		root: H256,
		units: u64,
		window: types::Window,
	},
}

/// See [`types::Job`].
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub(crate) struct Job<AccountId> {
	pub(crate) requester: AccountId,
	pub(crate) kernel: KernelHash,
	pub(crate) items: u32,
	pub(crate) params: BoundedVec<u64, ConstU32<MAX_PARAMS>>,
	pub(crate) inputs: BoundedVec<InputRef, ConstU32<MAX_INPUTS>>,
	pub(crate) max_units: u32,
	pub(crate) data_key: [u8; 32],
	pub(crate) terms: OldTerms,
	pub(crate) price: Price,
	pub(crate) fee_rate: Perbill,
	pub(crate) items_per_leaf: u32,
	pub(crate) item_size: u16,
	pub(crate) data_units: u128,
	pub(crate) escrow: Balance,
	pub(crate) fees_left: u8,
	pub(crate) job_fee: Balance,
	pub(crate) min_job: Balance,
	pub(crate) accept_ticks: Tick,
	pub(crate) late_share: Perbill,
	pub(crate) late_fees: u32,
	pub(crate) assignments: u8,
	pub(crate) acceptances: u8,
	pub(crate) demand_ticks: Tick,
	pub(crate) window_min: Tick,
	pub(crate) demanded: u32,
	pub(crate) lapse_max: Tick,
	pub(crate) lapses_by: Option<Tick>,
	pub(crate) state: JobState<AccountId>,
}

impl ProviderAsks {
	/// The asks as they go on. Whoever did not show up does not forget it by the upgrade.
	pub(crate) fn upgrade(self, completed: u32) -> types::ProviderAsks {
		types::ProviderAsks {
			slots: self.slots,
			no_shows: self.no_shows,
			barred_until: self.barred_until,
			paused_until: self.paused_until,
			wake: self.wake,
			completed: if self.no_shows == 0 { 0 } else { completed },
		}
	}
}

impl<AccountId> Job<AccountId> {
	/// The job as it goes on from tick `now`. What it used up of its fees was taken then, so only the rest is held; and
	/// nothing is held for its storage.
	pub(crate) fn upgrade<T: Config<AccountId = AccountId>>(
		self,
		now: Tick,
		stuck: bool,
	) -> Option<types::Job<AccountId>> {
		let (target, pool) = match self.terms.target {
			OldTarget::Book { pool, level } => (Target::Book { pool, level }, pool),
			OldTarget::Provider { provider, price } => (
				Target::Provider {
					provider,
					price,
					minima: Minima::default(),
				},
				T::Providers::view(provider)?.pool,
			),
		};
		let mut job = types::Job {
			requester: self.requester,
			kernel: self.kernel,
			items: self.items,
			params: self.params,
			inputs: self.inputs,
			max_units: self.max_units,
			data_key: self.data_key,
			terms: Terms {
				target,
				public: self.terms.public,
				run_ticks: self.terms.run_ticks,
				window: self.terms.window,
				expires: self.terms.expires,
			},
			pool,
			submitted: now,
			price: self.price,
			fee_rate: self.fee_rate,
			items_per_leaf: self.items_per_leaf,
			item_size: self.item_size,
			data_units: self.data_units,
			escrow: self.escrow,
			fees: self.fees_left,
			fees_left: self.fees_left,
			job_fee: self.job_fee,
			min_job: self.min_job,
			deposit: 0,
			accept_ticks: self.accept_ticks,
			late_share: self.late_share,
			late_fees: self.late_fees,
			assignments: self.assignments,
			acceptances: self.acceptances,
			demand_ticks: self.demand_ticks,
			window_min: self.window_min,
			demanded: self.demanded,
			lapse_max: self.lapse_max,
			lapses_by: self.lapses_by,
			entry: types::Entry::None,
			state: match self.state {
				JobState::Pending => types::JobState::Pending,
				JobState::Assigned { provider, until } => types::JobState::Assigned { provider, until },
				JobState::Running {
					provider,
					payout,
					deadline,
				} => types::JobState::Running {
					provider,
					payout,
					deadline,
				},
				JobState::Committed {
					provider,
					payout,
					root,
					units,
					window,
				} => types::JobState::Committed {
					provider,
					payout,
					root,
					units,
					at: now,
					window,
				},
			},
		};
		job.entry = match job.due_tick() {
			Some(_) if stuck => types::Entry::Stuck,
			Some(due) => types::Entry::At(due),
			None => types::Entry::None,
		};
		Some(job)
	}
}

/// As they would have been then.
#[cfg(any(test, feature = "runtime-benchmarks"))]
mod back {
	use super::*;

	impl From<types::ProviderAsks> for ProviderAsks {
		fn from(new: types::ProviderAsks) -> Self {
			Self {
				slots: new.slots,
				no_shows: new.no_shows,
				barred_until: new.barred_until,
				paused_until: new.paused_until,
				wake: new.wake,
			}
		}
	}

	impl From<types::Requester> for Requester {
		fn from(new: types::Requester) -> Self {
			Self {
				nonce: new.nonce,
				live: new.live,
				paid_jobs: new.paid_jobs,
				lapsed: new.lapsed,
				cancelled: new.cancelled,
				expired: new.expired,
				unserved: new.unserved,
				inputs_missing: new.inputs_missing,
				refuted: new.refuted,
				voided: new.voided,
				silent: new.silent,
				paid: new.paid,
			}
		}
	}

	impl<AccountId> From<types::Job<AccountId>> for Job<AccountId> {
		fn from(new: types::Job<AccountId>) -> Self {
			Self {
				requester: new.requester,
				kernel: new.kernel,
				items: new.items,
				params: new.params,
				inputs: new.inputs,
				max_units: new.max_units,
				data_key: new.data_key,
				terms: OldTerms {
					target: match new.terms.target {
						Target::Book { pool, level } => OldTarget::Book { pool, level },
						Target::Provider { provider, price, .. } => OldTarget::Provider { provider, price },
					},
					public: new.terms.public,
					run_ticks: new.terms.run_ticks,
					window: new.terms.window,
					expires: new.terms.expires,
				},
				price: new.price,
				fee_rate: new.fee_rate,
				items_per_leaf: new.items_per_leaf,
				item_size: new.item_size,
				data_units: new.data_units,
				escrow: new.escrow,
				fees_left: new.fees_left,
				job_fee: new.job_fee,
				min_job: new.min_job,
				accept_ticks: new.accept_ticks,
				late_share: new.late_share,
				late_fees: new.late_fees,
				assignments: new.assignments,
				acceptances: new.acceptances,
				demand_ticks: new.demand_ticks,
				window_min: new.window_min,
				demanded: new.demanded,
				lapse_max: new.lapse_max,
				lapses_by: new.lapses_by,
				state: match new.state {
					types::JobState::Pending => JobState::Pending,
					types::JobState::Assigned { provider, until } => JobState::Assigned { provider, until },
					types::JobState::Running {
						provider,
						payout,
						deadline,
					} => JobState::Running {
						provider,
						payout,
						deadline,
					},
					types::JobState::Committed {
						provider,
						payout,
						root,
						units,
						window,
						..
					} => JobState::Committed {
						provider,
						payout,
						root,
						units,
						window,
					},
				},
			}
		}
	}
}
