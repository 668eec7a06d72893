//! Weights of four SDK pallets, and of an election, for which upstream publishes none that hold for this runtime.
//!
//! `pallet-babe` and `pallet-grandpa` ship one hand-written estimate each, fixed to RocksDB, in their `default_weights.rs`;
//! the generated figure of `pallet-parameters` is private. These are the same estimates with this chain's database. Those of
//! `pallet-membership` were measured beside a collective without motions.

use crate::{
	configs::{council::MAX_MOTIONS, staking::MaxActiveValidators},
	Runtime,
};
use frame_election_provider_support::weights::{
	SubstrateWeight as ElectionSubstrateWeight, WeightInfo as ElectionWeight,
};
use frame_support::{
	traits::Get,
	weights::{
		constants::{WEIGHT_REF_TIME_PER_MICROS, WEIGHT_REF_TIME_PER_NANOS},
		RuntimeDbWeight, Weight,
	},
};
use pallet_membership::weights::SubstrateWeight;
use polkadot_sdk::*;

fn database() -> RuntimeDbWeight {
	<Runtime as frame_system::Config>::DbWeight::get()
}

const fn micros(count: u64) -> Weight {
	Weight::from_parts(WEIGHT_REF_TIME_PER_MICROS.saturating_mul(count), 0)
}

/// A report of a double vote: membership proof, the equivocation proof of `check`, and the offence with its slashes.
/// Fewer than 100 validators are charged as 100.
fn report_equivocation(check: Weight, validators: u32, nominators: u32) -> Weight {
	let nominators = u64::from(nominators);
	let items_of_nominators = nominators.saturating_mul(3);
	let membership = Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(175), 0)
		.saturating_mul(u64::from(validators.max(100)))
		.saturating_add(micros(35))
		.saturating_add(database().reads(5));
	let offence = micros(110)
		.saturating_add(micros(25).saturating_mul(nominators))
		.saturating_add(database().reads(items_of_nominators.saturating_add(14)))
		.saturating_add(database().writes(items_of_nominators.saturating_add(10)));
	membership.saturating_add(check).saturating_add(offence)
}

/// Weights of `pallet-babe`.
#[derive(Debug)]
pub struct Babe;
impl pallet_babe::WeightInfo for Babe {
	fn plan_config_change() -> Weight {
		database().writes(1)
	}

	fn report_equivocation(validators: u32, nominators: u32) -> Weight {
		report_equivocation(micros(110), validators, nominators)
	}
}

/// Weights of `pallet-grandpa`. A report also reads two entries that map the set to its session.
#[derive(Debug)]
pub struct Grandpa;
impl pallet_grandpa::WeightInfo for Grandpa {
	fn report_equivocation(validators: u32, nominators: u32) -> Weight {
		report_equivocation(micros(95), validators, nominators).saturating_add(database().reads(2))
	}

	fn note_stalled() -> Weight {
		micros(3).saturating_add(database().writes(1))
	}
}

/// Weights of `pallet-parameters`.
#[derive(Debug)]
pub struct Parameters;
impl pallet_parameters::WeightInfo for Parameters {
	fn set_parameter() -> Weight {
		Weight::from_parts(6_204_000, 14_787).saturating_add(database().reads_writes(1, 1))
	}
}

/// Weights of `pallet-membership`. Whatever changes the council also rewrites the votes on every motion that is open.
#[derive(Debug)]
pub struct Membership;

impl Membership {
	fn beside_motions(change: Weight) -> Weight {
		let motions = u64::from(MAX_MOTIONS);
		change.saturating_add(database().reads_writes(motions, motions))
	}
}

impl pallet_membership::WeightInfo for Membership {
	fn add_member(members: u32) -> Weight {
		Self::beside_motions(SubstrateWeight::<Runtime>::add_member(members))
	}

	fn remove_member(members: u32) -> Weight {
		Self::beside_motions(SubstrateWeight::<Runtime>::remove_member(members))
	}

	fn swap_member(members: u32) -> Weight {
		Self::beside_motions(SubstrateWeight::<Runtime>::swap_member(members))
	}

	fn reset_members(members: u32) -> Weight {
		Self::beside_motions(SubstrateWeight::<Runtime>::reset_members(members))
	}

	fn change_key(members: u32) -> Weight {
		Self::beside_motions(SubstrateWeight::<Runtime>::change_key(members))
	}

	fn set_prime(members: u32) -> Weight {
		SubstrateWeight::<Runtime>::set_prime(members)
	}

	fn clear_prime() -> Weight {
		SubstrateWeight::<Runtime>::clear_prime()
	}
}

/// Weights of an election by sequential Phragmén.
///
/// For each seat it looks at every vote for a candidate that is not elected yet. The published weight knows nothing of seats:
/// its benchmark has as many of them, and as many candidates, as a voter has votes. Of 1,000 voters with 16 votes it says
/// 75.8 ms (500 candidates), for 1,000 × (16 + 15 + … + 1) looks; so 558 ns are charged for one, and every vote is looked at
/// for every seat. What upstream charges for a voter and for a candidate comes on top, for taking them in. Each candidate is
/// also a voter, with one vote.
#[derive(Debug)]
pub struct Election;
impl ElectionWeight for Election {
	fn phragmen(voters: u32, targets: u32, votes: u32) -> Weight {
		let most: u32 = MaxActiveValidators::get();
		let votes_of_nominators = u64::from(voters.saturating_sub(targets)).saturating_mul(u64::from(votes));
		let looks = votes_of_nominators
			.saturating_add(u64::from(targets))
			.saturating_mul(u64::from(most.min(targets)));
		let look = Weight::from_parts(WEIGHT_REF_TIME_PER_NANOS.saturating_mul(558), 0);
		ElectionSubstrateWeight::<Runtime>::phragmen(voters, targets, 0).saturating_add(look.saturating_mul(looks))
	}

	// No election is by this method.
	fn phragmms(voters: u32, targets: u32, votes: u32) -> Weight {
		ElectionSubstrateWeight::<Runtime>::phragmms(voters, targets, votes)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_babe::WeightInfo as _;
	use pallet_grandpa::WeightInfo as _;
	use pallet_membership::WeightInfo as _;

	/// Membership 35 + 17.5 µs, proof 110 µs, offence 110 µs + 2 × 25 µs, 25 reads of 8 µs and 16 writes of 50 µs.
	#[test]
	fn a_babe_report_with_two_nominators() {
		assert_eq!(Babe::report_equivocation(4, 2), Weight::from_parts(1_322_500_000, 0));
	}

	/// 9,308,742 and 26,797 ps, 2 reads of 8 µs and 3 writes of 50 µs; 16 reads and writes for the motions.
	#[test]
	fn a_second_member() {
		assert_eq!(
			Membership::add_member(1),
			Weight::from_parts(9_335_539 + 166_000_000 + 928_000_000, 4_751)
		);
	}

	/// 32.973 µs a voter, 1.334 µs a candidate; 800 nominators with 16 votes and 200 own votes, for 100 seats, at 558 ns.
	#[test]
	fn an_election_at_its_bounds_and_one_of_the_first_day() {
		assert_eq!(
			Election::phragmen(1_000, 200, 16),
			Weight::from_parts(32_973_000_000 + 266_800_000 + 1_300_000 * 558_000, 0)
		);
		// Four validators, four seats.
		assert_eq!(
			Election::phragmen(4, 4, 16),
			Weight::from_parts(131_892_000 + 5_336_000 + 16 * 558_000, 0)
		);
	}

	/// The same with a proof of 95 µs and two more reads.
	#[test]
	fn a_grandpa_report_with_two_nominators() {
		assert_eq!(Grandpa::report_equivocation(4, 2), Weight::from_parts(1_323_500_000, 0));
	}
}
