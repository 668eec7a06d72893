//! Who takes part, and what kind of people they are.

use codec::Encode;
use millrace_primitives::ProviderId;
use millrace_runtime::{
	AccountId, Address, Runtime, RuntimeCall, Signature, SignedPayload, System, TxExtension, UncheckedExtrinsic,
};
use polkadot_sdk::*;
use sp_core::{sr25519, Pair};
use sp_runtime::generic::Era;

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
	pub(crate) fn below(&mut self, bound: usize) -> usize {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		((u128::from(z ^ (z >> 31)) * bound as u128) >> 64) as usize
	}

	/// Whether something happens that does so many times of a hundred.
	pub(crate) fn percent(&mut self, chance: usize) -> bool {
		self.below(100) < chance
	}

	pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
		choices.get(self.below(choices.len().max(1)))
	}
}

/// A key pair and its account.
#[derive(Clone)]
pub(crate) struct Party {
	pair: sr25519::Pair,
	pub(crate) account: AccountId,
}

impl Party {
	pub(crate) fn named(name: &str) -> Party {
		let pair = sr25519::Pair::from_string(&format!("//{name}"), None).expect("a path is a key");
		Party {
			account: AccountId::new(pair.public().0),
			pair,
		}
	}

	/// A transaction of this party, the next that it sends. Must be called with the chain's state at hand.
	pub(crate) fn sign(&self, call: RuntimeCall) -> UncheckedExtrinsic {
		let extension: TxExtension = (
			frame_system::AuthorizeCall::<Runtime>::new(),
			frame_system::CheckNonZeroSender::<Runtime>::new(),
			frame_system::CheckSpecVersion::<Runtime>::new(),
			frame_system::CheckTxVersion::<Runtime>::new(),
			frame_system::CheckGenesis::<Runtime>::new(),
			frame_system::CheckMortality::<Runtime>::from(Era::Immortal),
			frame_system::CheckNonce::<Runtime>::from(System::account_nonce(&self.account)),
			frame_system::CheckWeight::<Runtime>::new(),
			pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::from(0),
			frame_metadata_hash_extension::CheckMetadataHash::<Runtime>::new(false),
			frame_system::WeightReclaim::<Runtime>::new(),
		);
		let payload = SignedPayload::new(call.clone(), extension.clone()).expect("the chain has a genesis");
		let signature = payload.using_encoded(|bytes| self.pair.sign(bytes));
		let address = Address::Id(self.account.clone());
		UncheckedExtrinsic::new_signed(call, address, Signature::Sr25519(signature), extension)
	}
}

/// What a provider mostly does with its jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Manner {
	Honest,
	/// Commits results that are wrong in a leaf.
	Lying,
	/// Says nothing to assignments, commits roots that nothing leads to, and brings no leaves.
	Silent,
	/// Accepts, and is not heard of again.
	Late,
	/// Accepts, and gives up.
	Abandoning,
	Rejecting,
}

/// What a requester mostly does with its jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Habit {
	Pays,
	/// Checks, refutes what is wrong, and pays for what is right.
	Checks,
	/// Takes jobs back at every stage, whether it may or not.
	Cancels,
	/// Lets windows end.
	NeverPays,
	/// Says that right results are wrong.
	Accuses,
	/// Demands leaves.
	Demands,
	/// Names its provider, and a price of many times what others pay.
	Overpays,
	/// Buys outputs that are too large to be demanded on chain, and says that it did not get them.
	Refuses,
}

/// A provider with its three keys.
#[derive(Clone)]
pub(crate) struct Provider {
	pub(crate) id: ProviderId,
	pub(crate) owner: Party,
	pub(crate) worker: Party,
	pub(crate) payout: Party,
	pub(crate) manner: Manner,
}

#[derive(Clone)]
pub(crate) struct Requester {
	pub(crate) who: Party,
	pub(crate) habit: Habit,
}

/// Two of each manner, but four that are honest.
pub(crate) fn providers() -> Vec<Provider> {
	use Manner::*;
	const MANNERS: [Manner; 14] = [
		Honest, Honest, Honest, Honest, Lying, Lying, Silent, Silent, Late, Late, Abandoning, Abandoning, Rejecting,
		Rejecting,
	];
	let provider = |(number, manner): (u32, Manner)| Provider {
		id: ProviderId(number),
		// Two providers have one owner, in turn.
		owner: Party::named(&format!("owner{}", number / 2)),
		worker: Party::named(&format!("worker{number}")),
		payout: Party::named(&format!("payout{number}")),
		manner,
	};
	(0..).zip(MANNERS).map(provider).collect()
}

/// Two of each habit.
pub(crate) fn requesters() -> Vec<Requester> {
	use Habit::*;
	const HABITS: [Habit; 8] = [Pays, Checks, Cancels, NeverPays, Accuses, Demands, Overpays, Refuses];
	let requester = |number: usize| Requester {
		who: Party::named(&format!("requester{number}")),
		habit: HABITS[number % HABITS.len()],
	};
	(0..2 * HABITS.len()).map(requester).collect()
}
