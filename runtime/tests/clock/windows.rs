//! The windows of the protocol: how each begins, when it is over, and how many ticks that takes under the rules of the
//! preset. What may happen up to a last tick is over with the next; what may happen from a tick on is over with that.

use super::lab::Lab;
use crate::chain::world::{CHECKER, OWNER, PROVIDER, VICTIM, WORKER};
use millrace_primitives::{traits::ProtocolClock, JobId, Level};
use millrace_runtime::{Market, Runtime, RuntimeEvent};
use pallet_kernels::Call as KernelsCall;
use pallet_market::{Call as MarketCall, Event, RejectReason};
use pallet_providers::{Call as ProvidersCall, Event as ProvidersEvent};
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;

/// A window of the protocol.
pub(crate) struct Window {
	pub(crate) name: &'static str,
	pub(crate) ticks: u32,
	/// Whether the end is found by the providers' hook, which looks before the clock moves. Undisturbed it finds with
	/// the next tick what was over with the last one; in a block that is no tick it finds that at once, but never
	/// before it is over.
	pub(crate) looks_first: bool,
	pub(crate) begin: fn(&mut Lab),
	pub(crate) is_over: fn(&mut Lab) -> bool,
}

fn market(lab: &Lab, is: fn(&Event<Runtime>) -> bool) -> bool {
	lab.events
		.iter()
		.any(|event| matches!(event, RuntimeEvent::Market(event) if is(event)))
}

fn providers(lab: &Lab, is: fn(&ProvidersEvent<Runtime>) -> bool) -> bool {
	lab.events
		.iter()
		.any(|event| matches!(event, RuntimeEvent::Providers(event) if is(event)))
}

fn job(lab: &Lab) -> JobId {
	lab.job.expect("there is one")
}

/// A job of the book that the provider has.
fn assigned(lab: &mut Lab) -> JobId {
	lab.ask();
	lab.submit(VICTIM)
}

/// A lie is committed: its window begins.
pub(crate) fn begin_challenge(lab: &mut Lab) -> JobId {
	let job = assigned(lab);
	let root = lab.lie().root();
	let call = MarketCall::commit_result {
		job,
		root: H256(root.hash),
		units: root.units,
	};
	lab.must(WORKER, call);
	job
}

/// The lie is shown.
fn convict(lab: &mut Lab) {
	let job = begin_challenge(lab);
	let proof = lab.proof();
	lab.must(CHECKER, MarketCall::refute { job, proof });
}

fn demand(lab: &mut Lab) {
	let job = begin_challenge(lab);
	let leaves = vec![0].try_into().expect("one leaf");
	lab.must(VICTIM, MarketCall::demand { job, leaves });
}

fn answered_demand(lab: &mut Lab) {
	demand(lab);
	let leaves = vec![lab.lie().provided(0)].try_into().expect("one leaf");
	let job = job(lab);
	lab.must(WORKER, MarketCall::provide { job, leaves });
}

/// Nobody has heard of the provider for the whole accept window.
fn no_show(lab: &mut Lab) {
	assigned(lab);
	while !market(lab, |event| matches!(event, Event::NoShow { .. })) {
		lab.empty_block();
	}
}

/// The next block draws a sample, for which it has randomness.
fn sampled(lab: &mut Lab) {
	lab.ask();
	while !providers(lab, |event| matches!(event, ProvidersEvent::ProviderSampled { .. })) {
		lab.read(|| pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some([7; 32])));
		lab.empty_block();
	}
}

fn retire_kernel(lab: &mut Lab) {
	let kernel = lab.kernel();
	lab.must(Key::Alice, KernelsCall::retire_kernel { kernel });
}

fn era(lab: &mut Lab) -> u32 {
	lab.read(Market::era)
}

/// Every window there is.
pub(crate) const WINDOWS: [Window; 18] = [
	Window {
		name: "to accept a job of the book",
		ticks: 8 + 1,
		looks_first: false,
		begin: |lab| {
			assigned(lab);
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::NoShow { .. })),
	},
	Window {
		name: "to accept a job of the book, by the guard",
		ticks: 8 + 1,
		looks_first: false,
		begin: |lab| {
			assigned(lab);
		},
		is_over: |lab| {
			let job = job(lab);
			!lab.would(WORKER, MarketCall::accept_job { job })
		},
	},
	Window {
		name: "to accept an offer",
		ticks: 8 + 1,
		looks_first: false,
		begin: |lab| {
			lab.offer(VICTIM);
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::OfferLapsed { .. })),
	},
	Window {
		name: "to run",
		ticks: 20 + 1,
		looks_first: false,
		begin: |lab| {
			let job = assigned(lab);
			lab.must(WORKER, MarketCall::accept_job { job });
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::JobLate { .. })),
	},
	Window {
		name: "to challenge a result",
		ticks: 8 + 1,
		looks_first: false,
		begin: |lab| {
			begin_challenge(lab);
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::JobSettled { lapsed: true, .. })),
	},
	Window {
		name: "to challenge a result, by the guard",
		ticks: 8 + 1,
		looks_first: false,
		begin: |lab| {
			begin_challenge(lab);
		},
		is_over: |lab| {
			let (job, proof) = (job(lab), lab.proof());
			!lab.would(CHECKER, MarketCall::refute { job, proof })
		},
	},
	Window {
		name: "to bring demanded leaves",
		ticks: 8 + 1,
		looks_first: false,
		begin: demand,
		is_over: |lab| market(lab, |event| matches!(event, Event::JobSilent { .. })),
	},
	Window {
		name: "to challenge a result whose leaves have come",
		// Seven are left of eight when the demand is one block old.
		ticks: 7 + 1,
		looks_first: false,
		begin: answered_demand,
		is_over: |lab| market(lab, |event| matches!(event, Event::JobSettled { lapsed: true, .. })),
	},
	Window {
		name: "for which asks pause after a reject",
		ticks: 2,
		looks_first: false,
		begin: |lab| {
			let job = assigned(lab);
			let reason = RejectReason::TooSlow;
			lab.must(WORKER, MarketCall::reject_job { job, reason });
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::AskQueued { .. })),
	},
	Window {
		name: "for which a no-show bars",
		ticks: 4,
		looks_first: false,
		begin: no_show,
		is_over: |lab| {
			let level = Level(170);
			lab.would(WORKER, MarketCall::place_ask { slot: 1, level })
		},
	},
	Window {
		name: "for which an ask must stand",
		ticks: 2,
		looks_first: false,
		begin: Lab::ask,
		is_over: |lab| lab.would(WORKER, MarketCall::withdraw_ask { slot: 0 }),
	},
	Window {
		name: "in which a bid may be taken",
		// It expires with the thirteenth tick after the one before it came.
		ticks: 12 + 1,
		looks_first: false,
		begin: |lab| {
			lab.submit(VICTIM);
		},
		is_over: |lab| market(lab, |event| matches!(event, Event::JobExpired { .. })),
	},
	Window {
		name: "to answer a sample",
		ticks: 200 + 1,
		looks_first: true,
		begin: sampled,
		is_over: |lab| providers(lab, |event| matches!(event, ProvidersEvent::ProviderUnreachable { .. })),
	},
	Window {
		name: "to unbond",
		ticks: 20,
		looks_first: false,
		begin: |lab| {
			let (provider, amount) = (PROVIDER, 1_000);
			lab.must(OWNER, ProvidersCall::unbond { provider, amount });
		},
		is_over: |lab| lab.would(OWNER, ProvidersCall::withdraw_unbonded { provider: PROVIDER }),
	},
	Window {
		name: "to cancel a slash",
		ticks: 6 + 1,
		looks_first: true,
		begin: convict,
		is_over: |lab| providers(lab, |event| matches!(event, ProvidersEvent::SlashPaid { .. })),
	},
	Window {
		name: "for which a conviction chills",
		ticks: 10,
		looks_first: false,
		begin: convict,
		is_over: |lab| lab.would(OWNER, ProvidersCall::reactivate { provider: PROVIDER }),
	},
	Window {
		name: "for which a retired kernel stays",
		ticks: 20,
		looks_first: false,
		begin: retire_kernel,
		is_over: |lab| {
			let kernel = lab.kernel();
			lab.would(Key::Alice, KernelsCall::remove_kernel { kernel })
		},
	},
	Window {
		name: "of fees",
		ticks: 5,
		looks_first: false,
		begin: |lab| {
			let index = era(lab);
			while era(lab) == index {
				lab.empty_block();
			}
			lab.era = era(lab);
		},
		is_over: |lab| era(lab) > lab.era,
	},
];
