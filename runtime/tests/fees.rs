//! A real transaction: who pays, who gets, what is burned, to the unit.

mod chain;

use chain::{signed, Chain};
use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use millrace_runtime::{Balances, RuntimeCall, RuntimeEvent, TransactionPayment, MILL};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring;

#[test]
fn a_fifth_of_fee_and_tip_goes_to_the_author_and_the_rest_is_burned() {
	let mut chain = Chain::new("development");
	chain.empty_block();
	let payer = Sr25519Keyring::Bob.to_account_id();
	let author = Sr25519Keyring::AliceStash.to_account_id();
	let receiver = Sr25519Keyring::Eve.to_account_id();
	let balances = || {
		(
			Balances::free_balance(&payer),
			Balances::free_balance(&author),
			Balances::free_balance(&receiver),
			Balances::total_issuance(),
		)
	};
	let before = chain.execute(balances);

	let tip = 1_234_567;
	let call = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
		dest: receiver.clone().into(),
		value: 7 * MILL,
	});
	let transaction = chain.execute(|| signed(Sr25519Keyring::Bob, tip, call.clone()));
	let length = transaction.encoded_size() as u32;
	let declared = chain.execute(|| {
		let information = transaction.get_dispatch_info();
		TransactionPayment::compute_fee(length, &information, tip)
	});
	let events = chain.block(|| vec![transaction]);
	let fee = events
		.into_iter()
		.find_map(|event| match event {
			RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
				actual_fee,
				tip: paid,
				..
			}) => {
				assert_eq!(paid, tip);
				Some(actual_fee)
			}
			_ => None,
		})
		.expect("a fee was paid");

	// The base of 108,157 ns at 2 planck a picosecond, 10⁶ planck a byte, and the work on top.
	assert!(fee > 216_314_000 + u128::from(length) * 1_000_000 + tip, "{fee}");
	assert!(fee <= declared, "{fee} of {declared}");

	let to_author = fee / 5;
	let after = chain.execute(balances);
	assert_eq!(after.0, before.0 - 7 * MILL - fee);
	assert_eq!(after.1, before.1 + to_author);
	assert_eq!(after.2, before.2 + 7 * MILL);
	assert_eq!(after.3, before.3 - (fee - to_author));
}
