//! C1: what a whole job weighs, from its submission to its payment.

use super::chain::{booked, program, requester, spec, Chain};
use crate::{report::Report, signed::signed};
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use millrace_primitives::{DeviceClass, Level, DAY, HOUR};
use millrace_runtime::{configs::system::RuntimeBlockWeights, AccountId, Executive, RuntimeCall, System};
use pallet_market::MAX_ASKS;
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring::{self, Bob, Dave};

/// Other providers of one lane whose asks stand behind that of the one which works.
const OTHERS: u32 = 24;
/// Levels over which asks are spread, from this one up.
const LEVELS: u32 = 10;
const LOWEST: u8 = 100;
/// What the job bids.
const LIMIT: Level = Level(200);
/// Most that it may weigh, in picoseconds.
const MOST: u64 = 2_500_000_000;

/// What a call weighs as a signed transaction, in picoseconds.
struct Weighed {
	name: &'static str,
	/// What the block's weight grew by: what was not used is given back already.
	charged: u64,
	/// What it would have grown by at the call's worst.
	declared: u64,
	/// What is in both whatever the call is: of every transaction, and of all extensions.
	base: u64,
	extensions: u64,
}

pub(crate) fn measure(report: &mut Report) {
	let calls = weigh();
	let sum = |part: fn(&Weighed) -> u64| calls.iter().map(part).sum::<u64>();
	let charged = sum(|call| call.charged);
	report.goal(
		"C1",
		&format!("{} ms", milliseconds(charged)),
		"<= 2.5 ms",
		charged <= MOST,
	);
	for call in &calls {
		report.note(&format!(
			"{} {} ms, of which {} around the call; at worst {}",
			call.name,
			milliseconds(call.charged),
			milliseconds(call.base + call.extensions),
			milliseconds(call.declared)
		));
	}
	report.note(&format!(
		"at worst, every call as declared: {} ms; around the four calls {} ms for themselves and {} ms for their extensions",
		milliseconds(sum(|call| call.declared)),
		milliseconds(sum(|call| call.base)),
		milliseconds(sum(|call| call.extensions))
	));
}

/// Has a job done by four transactions of one block.
fn weigh() -> [Weighed; 4] {
	let mut chain = Chain::new();
	// The ids of jobs hold the hash of genesis, which is known from the first block on.
	chain.block();
	let bond = DeviceClass::Cpu4.genesis_figures().floor;
	let worker = Dave.to_account_id();
	chain.register_worker(worker.clone(), 1, bond);
	place_asks(&mut chain, &worker, 0);
	for number in 0..OTHERS {
		let worker = chain.register(number, 1);
		place_asks(&mut chain, &worker, number);
	}
	// The first job of a requester makes its record, the first payment those of others.
	whole_job(&mut chain);
	whole_job(&mut chain)
}

fn place_asks(chain: &mut Chain, worker: &AccountId, number: u32) {
	for slot in 0..MAX_ASKS {
		let above = (number * u32::from(MAX_ASKS) + u32::from(slot)) % LEVELS;
		let level = Level(LOWEST + u8::try_from(above).expect("few levels"));
		chain.call(worker.clone(), pallet_market::Call::place_ask { slot, level });
	}
}

fn whole_job(chain: &mut Chain) -> [Weighed; 4] {
	let spec = spec(booked(LIMIT), HOUR, DAY);
	let job = chain.next_job(&spec);
	assert_eq!(requester(), Bob.to_account_id(), "Bob signs for the requester");
	let units = u64::from(spec.items) * u64::from(program().header().max_units);
	let (root, submit) = (H256([9; 32]), pallet_market::Call::submit_job { spec });
	let (_, weighed) = chain.block_with(|| {
		[
			apply("submit_job", Bob, submit.into()),
			apply("accept_job", Dave, pallet_market::Call::accept_job { job }.into()),
			apply(
				"commit_result",
				Dave,
				pallet_market::Call::commit_result { job, root, units }.into(),
			),
			apply("settle_now", Bob, pallet_market::Call::settle_now { job }.into()),
		]
	});
	weighed
}

/// Applies a call in a block that is being built. It must succeed.
fn apply(name: &'static str, signer: Sr25519Keyring, call: RuntimeCall) -> Weighed {
	let account = signer.to_account_id();
	let transaction = signed(
		&signer.pair(),
		System::account_nonce(&account),
		System::block_hash(0),
		call,
	);
	let info = transaction.get_dispatch_info();
	let base = RuntimeBlockWeights::get()
		.get(DispatchClass::Normal)
		.base_extrinsic
		.ref_time();
	let before = normal();
	Executive::apply_extrinsic(transaction)
		.expect("the transaction is valid")
		.expect("the call succeeds");
	Weighed {
		name,
		charged: normal() - before,
		declared: base + info.total_weight().ref_time(),
		base,
		extensions: info.extension_weight.ref_time(),
	}
}

/// What ordinary transactions have used of the block so far.
fn normal() -> u64 {
	System::block_weight().get(DispatchClass::Normal).ref_time()
}

fn milliseconds(picoseconds: u64) -> String {
	format!("{:.2}", picoseconds as f64 / 1e9)
}
