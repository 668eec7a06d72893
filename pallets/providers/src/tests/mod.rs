//! One file a feature. Every test ends with the invariants checked.

mod conservation;
mod devices;
mod downtime;
mod errors;
mod forgiveness;
mod idle;
mod liveness;
mod measure;
mod migration;
mod misses;
mod no_shows;
mod origins;
mod outages;
mod payment;
mod previews;
mod reachable;
mod reads;
mod refill;
mod registration;
mod serving;
mod settings;
mod slash_hook;
mod slashing;
mod stake;
mod status;
mod usage;

use crate::{
	mock::{
		default_liveness, events, provider, registered, tick_to, LivenessNow, Providers, RuntimeOrigin, SeedNow, Test,
		RECEIVER, SLASH_TICKS, STRANGER, WORKER,
	},
	Event, LivenessRules, ReachableAt, ReachableCount, SlashCause,
};
use millrace_primitives::{
	traits::{JobPhase, Offence, Outcome, Providers as _, SetAside},
	Balance, ProviderId, Tick,
};
use polkadot_sdk::{frame_support::assert_ok, sp_core::H256, sp_io::hashing::blake2_256, sp_runtime::Perbill};
use scale_info::{TypeDef, TypeInfo};
use std::collections::BTreeSet;

/// Signed by this account.
fn signed(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// STRANGER refutes a result that RECEIVER's job of this escrow got.
fn fraud(id: ProviderId, escrow: Balance) -> SetAside {
	let offence = Offence::Fraud {
		refuter: STRANGER,
		requester: RECEIVER,
		escrow,
	};
	Providers::slash(id, offence)
}

/// Demanded leaves of a job of this escrow never come.
fn silence(id: ProviderId, escrow: Balance) -> SetAside {
	Providers::slash(id, Offence::Silence { escrow })
}

/// The owner's provider with two lanes, this stake and an ask: it is sampled from the next tick on.
fn asking(bond: Balance) -> ProviderId {
	let id = registered(bond);
	Providers::set_asks(id, 1);
	id
}

/// The same, gone: it did not answer the sample of tick 5,001, as was found at tick 5,007, in hour 50. What else became
/// unreachable then is known from tick 5,200 on.
fn gone(bond: Balance) -> ProviderId {
	let id = asking(bond);
	tick_to(5_007);
	assert!(provider(id).is_unreachable());
	id
}

/// The same, with a job running.
fn gone_at_work(bond: Balance) -> ProviderId {
	let id = registered(bond);
	assert_ok!(Providers::move_job(id, None, Some(JobPhase::Running), None));
	tick_to(5_007);
	assert!(provider(id).is_unreachable());
	id
}

/// What was set aside of a provider's stake for outages so far: when, and how much.
fn taken(id: ProviderId) -> Vec<(Tick, Balance)> {
	let taken = events().into_iter().filter_map(|event| match event {
		Event::SlashSetAside {
			provider,
			cause: SlashCause::Downtime,
			amount,
			due,
			..
		} if provider == id => Some((due - SLASH_TICKS, amount)),
		_ => None,
	});
	taken.collect()
}

/// The outages of a provider that are not closed: when they began, and when they ended.
fn outages(id: ProviderId) -> Vec<(Tick, Option<Tick>)> {
	let outages = Providers::outages(id).into_iter();
	outages.map(|(began, outage)| (began, outage.ended)).collect()
}

/// How an outage of the provider was closed.
fn closed(id: ProviderId, began: Tick, ticks: Tick, charged: Balance, deducted: Balance) -> Event<Test> {
	Event::OutageClosed {
		provider: id,
		began,
		ticks,
		scale: Perbill::one(),
		charged,
		deducted,
	}
}

fn no_shows(id: ProviderId, count: u8) {
	for _ in 0..count {
		Providers::record(id, Outcome::NoShow);
	}
}

fn resume(id: ProviderId) {
	assert_ok!(Providers::resume(signed(WORKER), id));
}

/// Nobody is sampled from now on, so that who has returned stays.
fn no_samples() {
	SeedNow::set(None);
}

/// Who was sampled so far, and the last tick to answer.
fn sampled() -> Vec<(ProviderId, Tick)> {
	let sampled = events().into_iter().filter_map(|event| match event {
		Event::ProviderSampled { provider, until } => Some((provider, until)),
		_ => None,
	});
	sampled.collect()
}

/// Who became unreachable so far.
fn missed() -> Vec<ProviderId> {
	let missed = events().into_iter().filter_map(|event| match event {
		Event::ProviderUnreachable { provider, .. } => Some(provider),
		_ => None,
	});
	missed.collect()
}

/// The places on which so many draws from a list of this length fall, without repetitions: the first eight bytes,
/// little-endian, of the hash of the seed and the number of the draw.
fn places(seed: u8, draws: u32, length: u64) -> Vec<ProviderId> {
	let mut places = Vec::new();
	for draw in 0..draws {
		let hash = blake2_256(&[&[seed; 32][..], &draw.to_le_bytes()].concat());
		let random = u64::from_le_bytes(hash[..8].try_into().expect("eight bytes"));
		let place = ProviderId((random % length) as u32);
		if !places.contains(&place) {
			places.push(place);
		}
	}
	places
}

/// A seed that the hook will use from now on.
fn set_seed(seed: u8) {
	SeedNow::set(Some(H256::repeat_byte(seed)));
}

/// A sample for every provider of the list, if the draws were all different.
fn sample_all() {
	LivenessNow::set(LivenessRules {
		providers_per_sample: 1,
		..default_liveness()
	});
}

/// The list of who is sampled, in order.
fn listed() -> Vec<ProviderId> {
	(0..ReachableCount::<Test>::get())
		.map(|place| ReachableAt::<Test>::get(place).expect("no hole"))
		.collect()
}

/// The names of an enum's variants, from its metadata.
fn variants<Enum: TypeInfo>() -> BTreeSet<&'static str> {
	match Enum::type_info().type_def {
		TypeDef::Variant(def) => def.variants.iter().map(|variant| variant.name).collect(),
		_ => panic!("not an enum"),
	}
}
