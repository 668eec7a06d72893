//! What errors say and advise.

use super::*;
use crate::chain::RefusedDelivery;

#[test]
fn what_is_not_delivered_is_demanded_or_refused() {
	let job = JobId([7; 32]);
	let missing = |output_bytes| JobError::NotDelivered {
		job,
		source: EndpointError::Silent(30),
		output_bytes,
		window_end: 1_300,
	};
	let other = |output_bytes| JobError::NotAsCommitted {
		job,
		provider: 4,
		found: "another root".to_owned(),
		output_bytes,
		window_end: 1_300,
		evidence: PathBuf::from("kept"),
	};
	for hint in [missing(1 << 20).hint(), other(1 << 20).hint()] {
		assert!(
			hint.contains(&format!("until tick 1300 `millrace check {job} --demand --refute`")),
			"{hint}"
		);
		assert!(!hint.contains("refuse-delivery"), "{hint}");
	}
	for hint in [missing((1 << 20) + 1).hint(), other((1 << 20) + 1).hint()] {
		assert!(
			hint.contains(&format!("until tick 1300 `millrace job refuse-delivery {job}`")),
			"{hint}"
		);
		assert!(hint.contains("it is burned, and nobody gets it"), "{hint}");
		assert!(!hint.contains("--demand"), "{hint}");
	}
}

#[test]
fn several_jobs_are_counted_and_one_of_them_is_named() {
	let above = |jobs| {
		let error = JobError::AboveMaxCost {
			jobs,
			worst: 3 * amount::MILL,
			most: 2 * amount::MILL,
		};
		error.to_string()
	};
	assert!(above(1).starts_with("the job would hold 3 MILL"), "{}", above(1));
	assert!(
		above(4).starts_with("the 4 jobs together would hold 3 MILL"),
		"{}",
		above(4)
	);
	let poor = |jobs| {
		let error = JobError::TooPoor {
			jobs,
			account: AccountId([1; 32]),
			needs: 3 * amount::MILL,
			has: amount::MILL,
		};
		error.to_string()
	};
	assert!(poor(1).starts_with("the job needs 3 MILL"), "{}", poor(1));
	assert!(poor(4).starts_with("the 4 jobs together need 3 MILL"), "{}", poor(4));
	let error = JobError::Halted.in_file(Path::new("jobs/b.toml"));
	assert_eq!(error.to_string(), format!("jobs/b.toml: {}", JobError::Halted));
	assert_eq!(error.hint(), JobError::Halted.hint());
}

#[test]
fn a_refused_delivery_is_an_ending_whose_payment_is_gone() {
	let refused = JobEvent::DeliveryRefused(RefusedDelivery {
		provider: 4,
		units: 1_000,
		burned: 10,
		refund: 3,
		fees_returned: 2,
	});
	let ended = |event: &JobEvent| JobError::Ended {
		job: JobId([7; 32]),
		ending: Ending::of(event),
		cause: None,
	};
	let error = ended(&refused);
	assert!(
		error
			.to_string()
			.ends_with("its output was not delivered; its payment was burned"),
		"{error}"
	);
	assert!(
		error.hint().starts_with("what was held beside the payment"),
		"{}",
		error.hint()
	);
	assert!(ended(&JobEvent::Expired).hint().starts_with("what was held is free"));
}
