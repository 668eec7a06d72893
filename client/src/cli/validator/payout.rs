//! `millrace validator payout`.

use super::super::{
	each,
	print::{pairs, table},
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{AccountId, At, Call, Chain, ChainError, Included, UnclaimedEra},
	exit::{Code, Failure},
	keys::Key,
};
use serde_json::{json, Value};

/// Most pages of one command; what is left is for the next. A transaction is good for three minutes only, and each may pay
/// 257 accounts.
const MAX_PAGES: usize = 32;

/// Has a validator and its nominators paid for an era, or for every one that is still to be paid. Anyone may.
pub(super) async fn run(session: &Session<'_>, stash: AccountId, asked: Option<u32>) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	// As `validator status`, so that what it lists can be paid at once.
	let at = chain.best().await?;
	let eras = chosen(stash, at.unclaimed_eras(stash).await?, at.active_era().await?, asked)?;
	let (pages, left) = first_pages(pages(&at, stash, &eras).await?);
	let wanted = pages.len();
	let payouts = Payouts {
		stash,
		wanted,
		left,
		outcomes: pay(&chain, &key, stash, pages).await,
	};
	match payouts.failure() {
		None => {
			session.printer.show(&payouts.object(), || payouts.text());
			Ok(())
		}
		Some(failure) => {
			session.printer.show_people(|| payouts.text());
			Err(failure)
		}
	}
}

/// The eras to pay, oldest first. One that was named must be still to be paid.
fn chosen(
	stash: AccountId,
	mut unclaimed: Vec<UnclaimedEra>,
	running: u32,
	asked: Option<u32>,
) -> Result<Vec<UnclaimedEra>, Failure> {
	let Some(era) = asked else {
		return Ok(unclaimed);
	};
	unclaimed.retain(|unclaimed| unclaimed.era == era);
	if !unclaimed.is_empty() {
		return Ok(unclaimed);
	}
	let why = if era >= running {
		format!("it is not over: era {running} runs")
	} else {
		"it was paid, the validator made no block in it, or it is too long ago".to_owned()
	};
	Err(Failure::new(
		Code::Rejected,
		format!("nothing is to be paid to {stash} for era {era}: {why}"),
		format!("nothing was sent; `millrace validator status {stash}` lists what is still to be paid"),
	))
}

/// Their pages that nobody had paid yet.
async fn pages(at: &At, stash: AccountId, eras: &[UnclaimedEra]) -> Result<Vec<(u32, u32)>, Failure> {
	let mut pages = Vec::new();
	for era in eras {
		let unpaid = at.unpaid_pages(stash, era).await?;
		pages.extend(unpaid.into_iter().map(|page| (era.era, page)));
		if pages.len() > MAX_PAGES {
			break;
		}
	}
	Ok(pages)
}

/// No more than fit into one command, and whether some are left.
fn first_pages(mut pages: Vec<(u32, u32)>) -> (Vec<(u32, u32)>, bool) {
	let left = pages.len() > MAX_PAGES;
	pages.truncate(MAX_PAGES);
	(pages, left)
}

/// One call for each page, so that one that somebody else had paid meanwhile holds up no other.
async fn pay(chain: &Chain, key: &Key, stash: AccountId, pages: Vec<(u32, u32)>) -> Vec<Outcome> {
	let call = |(era, page): &(u32, u32)| Call::PayoutStakers {
		stash,
		era: *era,
		page: *page,
	};
	let results = chain.each_final(pages.iter().map(call).collect(), key.pair()).await;
	let outcomes = pages.into_iter().zip(results);
	outcomes
		.map(|((era, page), result)| Outcome { era, page, result })
		.collect()
}

/// What became of a page.
struct Outcome {
	era: u32,
	page: u32,
	result: Result<Included, ChainError>,
}

impl Outcome {
	/// What the validator got, and its nominators together.
	fn paid(&self, stash: AccountId) -> (Balance, Balance) {
		let stakers = self.result.iter().flat_map(|included| &included.stakers);
		stakers.fold((0, 0), |(own, others): (Balance, Balance), paid| {
			if paid.stash == stash {
				(own.saturating_add(paid.amount), others)
			} else {
				(own, others.saturating_add(paid.amount))
			}
		})
	}

	fn object(&self, stash: AccountId) -> Value {
		match &self.result {
			Ok(included) => {
				let (own, others) = self.paid(stash);
				json!({
					"era": self.era,
					"page": self.page,
					"validator": own.to_string(),
					"nominators": others.to_string(),
					"block": included.block.number,
				})
			}
			Err(error) => json!({ "era": self.era, "page": self.page, "error": error.to_string() }),
		}
	}

	fn cells(&self, stash: AccountId) -> Vec<String> {
		let (own, others) = self.paid(stash);
		let end = match &self.result {
			Ok(included) => included.block.number.to_string(),
			Err(error) => error.to_string(),
		};
		vec![
			self.era.to_string(),
			self.page.to_string(),
			amount::print(own),
			amount::print(others),
			end,
		]
	}
}

/// What became of all pages.
struct Payouts {
	stash: AccountId,
	/// How many there were to be.
	wanted: usize,
	/// Whether there are more.
	left: bool,
	/// Of those that were sent.
	outcomes: Vec<Outcome>,
}

impl Payouts {
	fn paid(&self) -> (Balance, Balance) {
		let pages = self.outcomes.iter().map(|outcome| outcome.paid(self.stash));
		pages.fold((0, 0), |(own, others): (Balance, Balance), (of_page, of_others)| {
			(own.saturating_add(of_page), others.saturating_add(of_others))
		})
	}

	/// What was paid for the calls.
	fn fees(&self) -> Balance {
		each::fees(self.results())
	}

	/// What whoever wanted all of them must hear, where some failed.
	fn failure(&self) -> Option<Failure> {
		let parts = format!("pages of {}", self.stash);
		let failure = each::failure(self.results(), self.wanted, &parts, "paid")?;
		Some(failure.with_details(self.object()))
	}

	fn results(&self) -> impl Iterator<Item = &Result<Included, ChainError>> + Clone {
		self.outcomes.iter().map(|outcome| &outcome.result)
	}

	fn object(&self) -> Value {
		let (own, others) = self.paid();
		let pages: Vec<Value> = self.outcomes.iter().map(|outcome| outcome.object(self.stash)).collect();
		json!({
			"stash": self.stash.to_string(),
			"pages": pages,
			"validator": own.to_string(),
			"nominators": others.to_string(),
			"fee": self.fees().to_string(),
			"more": self.left,
		})
	}

	fn text(&self) -> String {
		if self.outcomes.is_empty() {
			return format!("nothing is to be paid to {}", self.stash);
		}
		let header = ["era", "page", "to the validator", "to nominators", "final in block"];
		let pages = table(&header, self.outcomes.iter().map(|outcome| outcome.cells(self.stash)));
		let (own, others) = self.paid();
		let sums = pairs([
			("paid to the validator", amount::print(own)),
			("paid to nominators", amount::print(others)),
			("transaction fees", amount::print(self.fees())),
		]);
		let more = if self.left {
			"\n\nMore is to be paid: run it again."
		} else {
			""
		};
		format!("{pages}\n\n{sums}{more}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::{Block, PaidStaker, Rejection, H256},
	};

	const STASH: AccountId = AccountId([7; 32]);

	fn unclaimed(era: u32) -> UnclaimedEra {
		UnclaimedEra {
			era,
			points: 20,
			reward: MILL,
			pages: 1,
			paid: 0,
		}
	}

	fn paid(era: u32, page: u32) -> Outcome {
		let staker = |byte, mill: Balance| PaidStaker {
			stash: AccountId([byte; 32]),
			amount: mill * MILL,
		};
		Outcome {
			era,
			page,
			result: Ok(Included {
				block: Block {
					number: 12,
					hash: H256::zero(),
				},
				finalised: true,
				fee: MILL / 4,
				jobs: Vec::new(),
				provider: None,
				kernel: None,
				reward: None,
				stakers: vec![staker(7, 5), staker(1, 2), staker(2, 1)],
			}),
		}
	}

	fn rejected(era: u32) -> Outcome {
		let rejection = Rejection {
			pallet: "Staking".to_owned(),
			error: "AlreadyClaimed".to_owned(),
			doc: "Somebody has.".to_owned(),
		};
		Outcome {
			era,
			page: 0,
			result: Err(ChainError::Rejected(rejection)),
		}
	}

	#[test]
	fn every_era_is_paid_unless_one_is_named() {
		let eras = || vec![unclaimed(3), unclaimed(5)];
		assert_eq!(chosen(STASH, eras(), 7, None), Ok(eras()));
		assert_eq!(chosen(STASH, eras(), 7, Some(5)), Ok(vec![unclaimed(5)]));
		assert_eq!(chosen(STASH, Vec::new(), 7, None), Ok(Vec::new()));
		for (era, why) in [(4, "was paid"), (7, "era 7 runs"), (8, "era 7 runs")] {
			let failure = chosen(STASH, eras(), 7, Some(era)).unwrap_err();
			assert_eq!(failure.code, Code::Rejected);
			assert!(failure.message.contains(why), "{failure}");
		}
	}

	#[test]
	fn one_command_pays_a_bounded_number_of_pages() {
		let pages: Vec<(u32, u32)> = (0..33).map(|era| (era, 0)).collect();
		assert_eq!(first_pages(pages.clone()), (pages[..32].to_vec(), true));
		assert_eq!(first_pages(pages[..32].to_vec()), (pages[..32].to_vec(), false));
	}

	#[test]
	fn what_was_paid_is_told_apart() {
		let payouts = Payouts {
			stash: STASH,
			wanted: 2,
			left: true,
			outcomes: vec![paid(3, 0), paid(3, 1)],
		};
		assert!(payouts.failure().is_none());
		let text = payouts.text();
		for part in ["5 MILL", "3 MILL", "10 MILL", "6 MILL", "0.5 MILL", "run it again"] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = payouts.object();
		assert_eq!(
			(
				&object["validator"],
				&object["nominators"],
				&object["fee"],
				&object["more"]
			),
			(
				&json!((10 * MILL).to_string()),
				&json!((6 * MILL).to_string()),
				&json!((MILL / 2).to_string()),
				&json!(true)
			)
		);
		let page = json!({
			"era": 3,
			"page": 1,
			"validator": (5 * MILL).to_string(),
			"nominators": (3 * MILL).to_string(),
			"block": 12,
		});
		assert_eq!(object["pages"][1], page);
	}

	#[test]
	fn nothing_to_be_paid_is_no_failure() {
		let nothing = Payouts {
			stash: STASH,
			wanted: 0,
			left: false,
			outcomes: Vec::new(),
		};
		assert!(nothing.failure().is_none());
		assert!(nothing.text().starts_with("nothing is to be paid to 5"));
		assert_eq!(nothing.object()["pages"], json!([]));
	}

	#[test]
	fn a_page_that_was_not_paid_is_a_failure_that_names_the_others() {
		let payouts = Payouts {
			stash: STASH,
			// A third one was not sent any more.
			wanted: 3,
			left: false,
			outcomes: vec![paid(3, 0), rejected(4)],
		};
		let failure = payouts.failure().unwrap();
		assert_eq!(failure.code, Code::Rejected);
		assert!(failure.message.starts_with("2 of 3 pages of 5"), "{failure}");
		assert!(failure.hint.contains("validator status"), "{failure}");
		let object = payouts.object();
		assert!(object["pages"][1]["error"].as_str().unwrap().contains("AlreadyClaimed"));
		assert_eq!(failure.details, Some(object));
	}
}
