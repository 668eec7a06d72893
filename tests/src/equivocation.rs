//! Votes that no honest validator casts: twice in one round of GRANDPA, for two blocks. Signed as a validator would, and reported
//! as anybody may.

use crate::raw::Raw;
use codec::{Decode, DecodeAll, Encode};
use finality_grandpa::{Equivocation, Message, Prevote};
use polkadot_sdk::{
	sp_consensus_grandpa::{localized_payload, AuthorityId, AuthorityPair, EquivocationProof, RoundNumber, SetId},
	sp_core::{Pair, H256},
};
use subxt_signer::sr25519::Keypair;

/// What a vote is for: hash and number of a block, which need not exist.
pub type Target = (H256, u32);
/// Two votes of one validator in one round.
pub type DoubleVote = EquivocationProof<H256, u32>;

/// The votes of a validator whose GRANDPA key is derived from `seed`, as `//Alice`, in `round` of the voters' set `set`: a
/// prevote for each of two targets.
pub fn prevotes(seed: &str, set: SetId, round: RoundNumber, targets: [Target; 2]) -> DoubleVote {
	let pair = AuthorityPair::from_string(seed, None).expect("a development key");
	let [first, second] = targets.map(|(hash, number)| {
		let vote = Prevote::new(hash, number);
		let payload = localized_payload(round, set, &Message::Prevote(vote.clone()));
		(vote, pair.sign(&payload))
	});
	let votes = Equivocation {
		round_number: round,
		identity: pair.public(),
		first,
		second,
	};
	EquivocationProof::new(set, votes.into())
}

/// The set of voters in the best block.
pub async fn current_set(raw: &Raw) -> SetId {
	let answer = raw.state_call("GrandpaApi_current_set_id", &[]).await;
	decoded(&answer.expect("the runtime knows its voters"))
}

/// Reports the votes to the chain: `grandpa.report_equivocation`, signed by `reporter`, with the proof that the key is a
/// validator's in the session of the best block. Gives the hash of the transaction, which is in the node's pool then.
///
/// # Errors
/// The key is none of a validator of this session, or the pool refuses the transaction.
pub async fn report(raw: &Raw, votes: &DoubleVote, reporter: &Keypair) -> Result<subxt::utils::H256, String> {
	let asked: (SetId, &AuthorityId) = (votes.set_id(), votes.offender());
	let answer = raw
		.state_call("GrandpaApi_generate_key_ownership_proof", &asked.encode())
		.await?;
	// The runtime gives the proof as bytes of whose meaning the API knows nothing, and the call takes what they mean.
	let ownership: Option<Vec<u8>> = decoded(&answer);
	let ownership = ownership.ok_or("the key is no validator's in this session")?;
	let arguments = [votes.encode(), ownership].concat();
	let nonce = raw.next_nonce(reporter).await;
	let signed = raw
		.sign_at("Grandpa", "report_equivocation", arguments, reporter, nonce)
		.await;
	raw.submit(&signed).await
}

/// What the runtime has encoded, to its last byte.
fn decoded<T: Decode>(bytes: &[u8]) -> T {
	T::decode_all(&mut &*bytes).expect("the runtime answers in the API's types")
}

#[cfg(test)]
mod tests {
	use super::*;
	use polkadot_sdk::sp_consensus_grandpa::check_equivocation_proof;

	const A: Target = (H256::repeat_byte(1), 7);
	const B: Target = (H256::repeat_byte(2), 7);

	#[test]
	fn the_runtime_would_take_the_votes_for_double() {
		let votes = prevotes("//Alice", 3, 5, [A, B]);
		// The ed25519 key of //Alice, as every tool of the field prints it.
		let alice = "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee";
		assert_eq!(hex::encode(votes.offender()), alice);
		assert_eq!((votes.set_id(), votes.round()), (3, 5));
		assert!(check_equivocation_proof(votes));
		// The same block at another height is another target.
		assert!(check_equivocation_proof(prevotes("//Bob", 0, 1, [A, (A.0, 8)])));
	}

	#[test]
	fn what_is_no_double_vote_is_none() {
		assert!(!check_equivocation_proof(prevotes("//Alice", 3, 5, [A, A])));
		// The votes were cast in set 3. Encoded, the set stands first.
		let mut bytes = prevotes("//Alice", 3, 5, [A, B]).encode();
		bytes[0] = 4;
		assert!(!check_equivocation_proof(decoded::<DoubleVote>(&bytes)));
	}
}
