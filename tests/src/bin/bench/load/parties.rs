//! Who takes part: several requesters and several providers, so that no account's order of transactions holds the others
//! up.

use super::link::Link;
use crate::{
	market::chain::{program, registration},
	signed::signed,
};
use codec::Encode;
use millrace_primitives::{DeviceClass, Level, ProviderId};
use millrace_runtime::{AccountId, Hash, Nonce, Runtime, RuntimeCall};
use pallet_market::ProviderAsks;
use polkadot_sdk::*;
use sp_core::{crypto::Pair as _, sr25519::Pair};
use std::collections::BTreeMap;

const REQUESTERS: u32 = 16;
const PROVIDERS: u32 = 16;
/// As many as a provider may have: each may have twice as many jobs that are not committed.
const LANES: u16 = 64;
/// What every provider asks.
const ASK: Level = Level(100);
/// Blocks in which everybody must be there.
const PATIENCE: u32 = 40;

/// An account that signs in the order of its nonces.
pub(super) struct Account {
	pair: Pair,
	nonce: Nonce,
}

impl Account {
	fn new(uri: &str) -> Account {
		Account {
			pair: Pair::from_string(uri, None).expect("a development key"),
			nonce: 0,
		}
	}

	pub(super) fn account(&self) -> AccountId {
		AccountId::new(self.pair.public().0)
	}

	/// The account's next transaction.
	pub(super) fn sign(&mut self, genesis: Hash, call: impl Into<RuntimeCall>) -> Vec<u8> {
		let transaction = signed(&self.pair, self.nonce, genesis, call.into());
		self.nonce += 1;
		transaction.encode()
	}
}

/// Everybody, with the providers' numbers on the chain.
pub(super) struct Parties {
	pub(super) genesis: Hash,
	pub(super) requesters: Vec<Account>,
	pub(super) workers: BTreeMap<ProviderId, Account>,
}

/// The requesters, before any of them has signed.
pub(super) fn requesters() -> Vec<Account> {
	(0..REQUESTERS)
		.map(|number| Account::new(&format!("//load//requester//{number}")))
		.collect()
}

impl Parties {
	/// Registers the kernel and the providers, and lets every one of them ask.
	pub(super) async fn prepare(link: &Link) -> Parties {
		let genesis = link.block(0).await.expect("there is a genesis");
		let mut owner = Account::new("//Alice");
		let bytecode = program().encode().try_into().expect("a short program");
		let mut transactions = vec![owner.sign(genesis, pallet_kernels::Call::register_kernel { bytecode })];
		let mut workers: Vec<Account> = (0..PROVIDERS)
			.map(|number| Account::new(&format!("//load//worker//{number}")))
			.collect();
		let bond = DeviceClass::Cpu4.genesis_figures().floor * u128::from(LANES);
		for worker in &workers {
			let call = registration(worker.account(), LANES, bond);
			transactions.push(owner.sign(genesis, call));
		}
		link.send_all(transactions).await;
		let mut numbers = Vec::new();
		for worker in &workers {
			let key = pallet_providers::Workers::<Runtime>::hashed_key_for(worker.account());
			let number: ProviderId = link.wait_for(&key, PATIENCE, "a provider").await;
			numbers.push(number);
		}
		let asks = workers
			.iter_mut()
			.map(|worker| worker.sign(genesis, pallet_market::Call::place_ask { slot: 0, level: ASK }))
			.collect();
		link.send_all(asks).await;
		for number in &numbers {
			let key = pallet_market::Asks::<Runtime>::hashed_key_for(number);
			let _: ProviderAsks = link.wait_for(&key, PATIENCE, "an ask").await;
		}
		Parties {
			genesis,
			requesters: requesters(),
			workers: numbers.into_iter().zip(workers).collect(),
		}
	}
}
