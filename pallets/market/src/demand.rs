//! Demanded leaves: the chain as the last resort for bytes.
//!
//! A provider that commits and then serves nothing could be neither paid with a good conscience nor refuted. Its requester
//! demands leaves, and whoever has them brings them; silence costs as much as a lie would. The demander prepays the answer,
//! so demanding is no weapon. What is open at a time is bounded for each provider, and the rest queues, so that an honest
//! one is never asked for more than it can bring.

use crate::{
	history::Ending,
	refute::{pair, HostBlake2b},
	Config, Demand, DemandQueues, Demands, Error, Event, Freed, JobOf, JobState, Jobs, Pallet, ProviderDemands,
	WeightInfo, Window,
};
use alloc::vec::Vec;
use codec::MaxEncodedLen;
use millrace_kernel::tree::{output_leaf, verify_output_path, Claim, Pair, SumNode};
use millrace_primitives::{
	refutation::{LeafSet, ProvidedLeaf, ProvidedLeaves, SumPair},
	traits::{Offence, ProtocolClock, Providers},
	Balance, JobId, ProviderId, Tick,
};
use polkadot_sdk::{
	frame_support::{
		dispatch::Pays,
		ensure,
		traits::{
			fungible::Mutate,
			tokens::{Fortitude, Precision, Preservation},
		},
	},
	sp_core::H256,
	sp_runtime::{traits::Convert, DispatchError, DispatchResult},
};

/// Most bytes of an output whose leaves can be demanded.
pub const DEMANDABLE_OUTPUT: u64 = 1 << 20;
/// Most bytes of demanded leaves whose time runs, for one provider.
pub const OPEN_BYTES: u32 = 256 << 10;
/// Demands that one ending lets move up, at most. One would do: the first always fits where nothing is open.
const MOVES_UP: u8 = 2;
/// Bytes of a signed extrinsic beside its arguments, at most.
const ENVELOPE: u32 = 200;
/// Leaves that a free part of an answer brings, at least. A demander prepays as many calls as that makes of its leaves.
pub const ANSWER_PART: u32 = 16;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_demand(who: T::AccountId, id: JobId, leaves: LeafSet) -> DispatchResult {
		let (mut job, provider) = Self::refutable(id)?;
		Self::ensure_may_demand(&who, &job, provider)?;
		let JobState::Committed {
			window: Window::Open { end },
			..
		} = job.state
		else {
			return Err(Error::<T>::DemandOpen.into());
		};
		let bytes = Self::demanded_bytes(&job, &leaves).ok_or(Error::<T>::BadLeaves)?;
		let count = count(&leaves);
		let demanded = job.demanded.saturating_add(count);
		ensure!(demanded <= job.leaves(), Error::<T>::TooManyDemanded);
		let fee = Self::answer_fee(&job, count, bytes);
		T::Currency::burn_from(&who, fee, Preservation::Preserve, Precision::Exact, Fortitude::Polite)
			.map_err(|_| Error::<T>::InsufficientFunds)?;

		Self::tally_fee(job.pool, fee);
		job.demanded = demanded;
		let until = Self::join_demands(id, &job, provider, leaves.clone(), bytes);
		if let JobState::Committed { window, .. } = &mut job.state {
			*window = Window::Demanded {
				left: end.saturating_sub(Self::now()),
				until,
			};
		}
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::LeavesDemanded {
			job: id,
			provider,
			requester: who,
			leaves,
			fee,
			until,
		});
		Ok(())
	}

	/// The requester may demand leaves, where the chain could carry them all. Of a measurement, whose requester signs
	/// nothing, anybody may, for some leaves show enough; but not of a provider that does not answer: its outage costs what
	/// outages cost.
	fn ensure_may_demand(who: &T::AccountId, job: &JobOf<T>, provider: ProviderId) -> DispatchResult {
		if Self::is_measurement(job) {
			let answers = T::Providers::view(provider).is_some_and(|view| view.answers);
			ensure!(answers, Error::<T>::ProviderUnreachable);
		} else {
			ensure!(job.requester == *who, Error::<T>::NotRequester);
			ensure!(job.output_bytes() <= DEMANDABLE_OUTPUT, Error::<T>::OutputNotDemandable);
		}
		Ok(())
	}

	/// Bytes of the leaves, if they are leaves of the job in strictly ascending order.
	fn demanded_bytes(job: &JobOf<T>, leaves: &LeafSet) -> Option<u32> {
		let ascending = leaves.iter().zip(leaves.iter().skip(1)).all(|(a, b)| a < b);
		if leaves.is_empty() || !ascending {
			return None;
		}
		leaves
			.iter()
			.try_fold(0u32, |sum, leaf| sum.checked_add(job.leaf_bytes(*leaf)?))
	}

	/// What bringing the leaves would cost whoever brings them, in as many calls as are free: one of all leaves, and what
	/// each further call costs beside its leaves.
	pub(crate) fn answer_fee(job: &JobOf<T>, leaves: u32, bytes: u32) -> Balance {
		let depth = u32::BITS.saturating_sub(job.leaves().saturating_sub(1).leading_zeros());
		let pair = u32::try_from(SumPair::max_encoded_len()).unwrap_or(u32::MAX);
		// Number, traps, and two lengths of at most two bytes each.
		let each = depth.saturating_mul(pair).saturating_add(12);
		let length = leaves
			.saturating_mul(each)
			.saturating_add(bytes)
			.saturating_add(ENVELOPE);
		let further = leaves.div_ceil(ANSWER_PART).saturating_sub(1);
		let call = T::CallFee::convert((T::WeightInfo::provide(0), ENVELOPE));
		T::CallFee::convert((T::WeightInfo::provide(leaves), length))
			.saturating_add(call.saturating_mul(Balance::from(further)))
	}

	/// Opens the demand, or queues it behind others of the provider. Returns until when it must be answered, if it is open.
	fn join_demands(id: JobId, job: &JobOf<T>, provider: ProviderId, leaves: LeafSet, bytes: u32) -> Option<Tick> {
		let mut demands = DemandQueues::<T>::get(provider);
		let open_bytes = demands.open_bytes.saturating_add(bytes);
		let opens = demands.head.is_none() && open_bytes <= OPEN_BYTES;
		let prev = if opens { None } else { demands.tail };
		if opens {
			demands.open_bytes = open_bytes;
		} else {
			match prev {
				Some(last) => Demands::<T>::mutate_extant(last, |demand| demand.next = Some(id)),
				None => demands.head = Some(id),
			}
			demands.tail = Some(id);
		}
		DemandQueues::<T>::insert(provider, demands);
		Demands::<T>::insert(
			id,
			Demand {
				provider,
				leaves,
				bytes,
				prev,
				next: None,
			},
		);
		opens.then(|| Self::now().saturating_add(job.demand_ticks))
	}

	/// Takes those of the leaves that are missing, and says whether the prepayment covers the call.
	///
	/// What someone else has brought meanwhile is passed over: else a single leaf, sent just before, would make a whole
	/// answer fail and cost its fee.
	pub(crate) fn do_provide(who: T::AccountId, id: JobId, given: ProvidedLeaves) -> Result<Pays, DispatchError> {
		let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
		let JobState::Committed {
			provider,
			root,
			units,
			window: Window::Demanded { left, until },
			..
		} = job.state
		else {
			return Err(Error::<T>::NotDemanded.into());
		};
		ensure!(until.is_none_or(|until| Self::now() <= until), Error::<T>::WindowOver);
		let mut demand = Demands::<T>::get(id).ok_or(DispatchError::Corruption)?;
		let sent = count(&given);
		let mut leaves = given;
		let mut wrong = false;
		leaves.retain(|leaf| {
			let Ok(place) = demand.leaves.binary_search(&leaf.leaf) else {
				return false;
			};
			wrong |= !Self::is_committed(&job, root, units, leaf);
			demand.leaves.remove(place);
			true
		});
		ensure!(!wrong, Error::<T>::BadLeaf);
		ensure!(!leaves.is_empty(), Error::<T>::NotDemanded);

		let missing = count(&demand.leaves);
		let pays = Self::answer_pays(count(&leaves), sent, missing);
		Self::deposit_event(Event::LeavesProvided {
			job: id,
			provider,
			by: who,
			leaves,
			missing,
		});
		if missing > 0 {
			Demands::<T>::insert(id, demand);
			return Ok(pays);
		}
		Self::end_demand(id, &job, provider)?;
		// Whoever demanded leaves must have time to look at them.
		let left = left.max(job.window_min);
		let window_end = Self::now().saturating_add(left);
		if let JobState::Committed { window, .. } = &mut job.state {
			*window = Window::Open { end: window_end };
		}
		job.lapses_by = None;
		Self::schedule(id, &mut job);
		Jobs::<T>::insert(id, job);
		Self::deposit_event(Event::DemandAnswered { job: id, window_end });
		Ok(pays)
	}

	/// Whether a call that brought so many of the leaves that it sent pays its fee. It is free where it brings the last
	/// missing leaf, or enough of them that all such calls together are prepaid; and where no more than half of it was
	/// known already.
	fn answer_pays(brought: u32, sent: u32, missing: u32) -> Pays {
		let enough = missing == 0 || brought >= ANSWER_PART;
		if enough && brought.saturating_mul(2) >= sent {
			Pays::No
		} else {
			Pays::Yes
		}
	}

	/// Whether these are the bytes and traps that the job's root commits to for the leaf.
	fn is_committed(job: &JobOf<T>, root: H256, units: u64, leaf: &ProvidedLeaf) -> bool {
		let whole = u32::try_from(leaf.bytes.len()).ok() == job.leaf_bytes(leaf.leaf);
		let pairs: Vec<Pair> = leaf.pairs.iter().map(pair).collect();
		let root = SumNode { hash: root.0, units };
		let claim = verify_output_path::<HostBlake2b>(&root, job.leaves(), leaf.leaf, &pairs);
		let Ok(Claim::Leaf(claimed)) = claim else {
			return false;
		};
		whole && output_leaf::<HostBlake2b>(u64::from(leaf.leaf), &leaf.bytes, claimed.units, leaf.traps) == claimed
	}

	/// Removes a job's demand, if it has one, and lets those move up that queue behind it. The job's own entry among the
	/// deadlines stays.
	pub(crate) fn end_demand(id: JobId, job: &JobOf<T>, provider: ProviderId) -> DispatchResult {
		let JobState::Committed {
			window: Window::Demanded { until, .. },
			..
		} = job.state
		else {
			return Ok(());
		};
		let demand = Demands::<T>::take(id).ok_or(DispatchError::Corruption)?;
		let mut demands = DemandQueues::<T>::get(provider);
		if until.is_some() {
			demands.open_bytes = demands.open_bytes.saturating_sub(demand.bytes);
		} else {
			Self::unlink_demand(&mut demands, &demand);
		}
		Self::open_demands(provider, demands)
	}

	/// Takes a demand out of its provider's queue.
	fn unlink_demand(demands: &mut ProviderDemands, demand: &Demand) {
		match demand.prev {
			Some(prev) => Demands::<T>::mutate_extant(prev, |before| before.next = demand.next),
			None => demands.head = demand.next,
		}
		match demand.next {
			Some(next) => Demands::<T>::mutate_extant(next, |after| after.prev = demand.prev),
			None => demands.tail = demand.prev,
		}
	}

	/// Opens the demands at the head of the queue for which there is room, and writes what is demanded of the provider.
	fn open_demands(provider: ProviderId, mut demands: ProviderDemands) -> DispatchResult {
		for _ in 0..MOVES_UP {
			let Some(id) = demands.head else { break };
			let demand = Demands::<T>::get(id).ok_or(DispatchError::Corruption)?;
			let open_bytes = demands.open_bytes.saturating_add(demand.bytes);
			if open_bytes > OPEN_BYTES {
				break;
			}
			demands.open_bytes = open_bytes;
			Self::unlink_demand(&mut demands, &demand);
			Demands::<T>::insert(
				id,
				Demand {
					prev: None,
					next: None,
					..demand
				},
			);
			let mut job = Jobs::<T>::get(id).ok_or(DispatchError::Corruption)?;
			let opened_until = Self::now().saturating_add(job.demand_ticks);
			if let JobState::Committed {
				window: Window::Demanded { until, .. },
				..
			} = &mut job.state
			{
				*until = Some(opened_until);
			}
			Self::schedule(id, &mut job);
			Jobs::<T>::insert(id, job);
			Self::deposit_event(Event::DemandOpened {
				job: id,
				provider,
				until: opened_until,
			});
		}
		if demands == ProviderDemands::default() {
			DemandQueues::<T>::remove(provider);
		} else {
			DemandQueues::<T>::insert(provider, demands);
		}
		Ok(())
	}

	/// Demanded leaves have not come in time: the job is void, and the stake pays.
	pub(crate) fn end_silent(id: JobId, job: JobOf<T>, provider: ProviderId) -> DispatchResult {
		let missing = Demands::<T>::get(id).map_or(0, |demand| count(&demand.leaves));
		let escrow = Self::silence_escrow(&job, provider);
		let set_aside = T::Providers::slash(provider, Offence::Silence { escrow });
		let Freed {
			refund,
			fees_returned,
			fees_paid,
			deposit,
		} = Self::take_back(id, &job, provider, Ending::Silent)?;
		Self::deposit_event(Event::JobSilent {
			job: id,
			provider,
			requester: job.requester,
			missing,
			slash: set_aside.slash,
			slashed: set_aside.amount,
			refund,
			fees_returned,
			fees_paid,
			deposit,
		});
		Ok(())
	}
}

fn count<L>(leaves: &[L]) -> u32 {
	u32::try_from(leaves.len()).unwrap_or(u32::MAX)
}
