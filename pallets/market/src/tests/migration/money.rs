//! What everybody has in the end.

use super::*;

/// All of them are paid to the planck as if nothing had happened, and the treasury gets its part of the fees.
#[test]
fn every_job_ends_as_it_was_agreed() {
	for with_upgrade in [false, true] {
		ExtBuilder::build_and_execute(|| {
			let crowd = Crowd::new();
			let provider = crowd.demanded.provider;
			let issued = Balances::total_issuance();
			if with_upgrade {
				downgrade();
				// Of the fees that a job used up nothing is held any more.
				assert_eq!(held(ALICE), 100 + 3 * 650 + 9 * 20);
				migrate(1);
				assert_eq!(held(ALICE), 100 + 3 * 650 + 9 * 20);
			}

			assert_ok!(Market::settle_now(signed(ALICE), crowd.committed));
			commit(provider, crowd.running, 10 * G);
			assert_ok!(Market::settle_now(signed(ALICE), crowd.running));
			commit(provider, crowd.assigned, 5 * G);
			assert_ok!(Market::settle_now(signed(ALICE), crowd.assigned));
			commit(provider, crowd.pending, 10 * G);
			assert_ok!(Market::settle_now(signed(BOB), crowd.pending));
			commit(crowd.dear, crowd.named, 10 * G);
			assert_ok!(Market::settle_now(signed(CHARLIE), crowd.named));
			assert_ok!(provide(CHARLIE, crowd.demanded.id, crowd.demanded.answer(&[1, 3])));
			// Demanded with 30 ticks left.
			assert_eq!(window(crowd.demanded.id), Window::Open { end: 33 });
			blocks(31);
			assert_eq!(jobs().len(), 0);
			let of = |id| {
				move |event: &Event<Test>| match event {
					Event::JobSettled {
						job,
						fees_returned,
						fees_paid,
						deposit,
						lapsed,
						..
					} if *job == id => Some((*fees_returned, *fees_paid, *deposit, *lapsed)),
					_ => None,
				}
			};
			let settled = |id| events().iter().find_map(of(id)).expect("it is settled");
			// What was used up before the upgrade was taken before it.
			let before = if with_upgrade { 0 } else { 20 };
			assert_eq!(settled(crowd.demanded.id), (40, before, 0, true));
			assert_eq!(settled(crowd.running), (40, before, 0, false));
			assert_eq!(settled(crowd.assigned), (40, 20, 0, false));
			assert_eq!(settled(crowd.named), (40, 20, 0, false));

			// At level 0 a gibiunit is 64 planck, a byte a sixteenth of one. Committed and assigned: 5 × 64 and 10 for 160
			// bytes. Running: 10 × 64 + 10. Demanded: 640 bytes are 40, 300 units nothing. Pending: 10 × 64, and 2,660 bytes
			// are 166.25. Named: (10 + 160 / 1,024) × 100 = 1,015.6. Of each 5 % is the protocol's: 16, 16, 32, 2, 40 and 50.
			assert_eq!(free(ALICE), FUNDS - (330 + 330 + 650 + 40) - 4 * 20 - 170);
			assert_eq!(free(BOB), FUNDS - 806 - 20);
			assert_eq!(free(CHARLIE), FUNDS - 1_015 - 20);
			assert_eq!(free(payout(provider)), 10_000 + 314 + 314 + 618 + 38 + 766);
			assert_eq!(free(payout(crowd.dear)), 10_000 + 965);
			assert_eq!((held(ALICE), held(BOB), held(CHARLIE)), (0, 0, 0));

			// 170, which were burned by the demand; 6 × 20; 156: a fifth of 446 is 89. Of the 230 that lay in the pot it is 46,
			// and of the other 216 it is 43. The deposit of the pot is the treasury's, too.
			skip_ticks(1_000);
			blocks(1);
			let deposit = if with_upgrade { ED } else { 0 };
			assert_eq!(free(TREASURY), ED + 89 + deposit);
			assert_eq!(Balances::total_issuance(), issued - 6 * 20 - 156 + 89 + deposit);
		});
	}
}
