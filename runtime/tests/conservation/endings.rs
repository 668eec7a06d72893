//! How each job ended, and what its last event says became of what was held for it.

use millrace_primitives::{Balance, JobId};
use millrace_runtime::Runtime;
use pallet_market::Event as MarketEvent;

/// How a job ended, in planck.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending {
	pub(crate) held: Balance,
	pub(crate) payment: Balance,
	pub(crate) fee: Balance,
	pub(crate) refund: Balance,
	pub(crate) fees_returned: Balance,
	pub(crate) fees_paid: Balance,
	pub(crate) deposit: Balance,
	/// Beside fees: what no account could take, and the payment of what was not delivered.
	pub(crate) lost: Balance,
}

/// How a job has ended, and what of its payment no account got.
pub(crate) fn ending(event: &MarketEvent<Runtime>) -> Option<(JobId, &'static str, Ending, Balance)> {
	macro_rules! unpaid {
		($name:literal, $job:expr, $refund:expr, $returned:expr, $paid:expr, $deposit:expr) => {{
			let ending = Ending {
				refund: *$refund,
				fees_returned: *$returned,
				fees_paid: *$paid,
				deposit: *$deposit,
				..Ending::default()
			};
			Some((*$job, $name, ending, 0))
		}};
	}
	match event {
		MarketEvent::JobSettled {
			job,
			payout,
			payment,
			fee,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			lapsed,
			..
		} => {
			let ending = Ending {
				payment: *payment,
				fee: *fee,
				refund: *refund,
				fees_returned: *fees_returned,
				fees_paid: *fees_paid,
				deposit: *deposit,
				..Ending::default()
			};
			let unpaid = if payout.is_none() { payment - fee } else { 0 };
			Some((*job, if *lapsed { "lapsed" } else { "settled" }, ending, unpaid))
		}
		MarketEvent::DeliveryRefused {
			job,
			burned,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => {
			let ending = Ending {
				payment: *burned,
				refund: *refund,
				fees_returned: *fees_returned,
				fees_paid: *fees_paid,
				deposit: *deposit,
				..Ending::default()
			};
			Some((*job, "refused", ending, *burned))
		}
		MarketEvent::JobCancelled {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("cancelled", job, refund, fees_returned, fees_paid, deposit),
		MarketEvent::JobExpired {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("expired", job, refund, fees_returned, fees_paid, deposit),
		MarketEvent::JobUnserved {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("unserved", job, refund, fees_returned, fees_paid, deposit),
		MarketEvent::JobRefuted {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("refuted", job, refund, fees_returned, fees_paid, deposit),
		MarketEvent::JobVoided {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("voided", job, refund, fees_returned, fees_paid, deposit),
		MarketEvent::JobSilent {
			job,
			refund,
			fees_returned,
			fees_paid,
			deposit,
			..
		} => unpaid!("silent", job, refund, fees_returned, fees_paid, deposit),
		_ => None,
	}
}
