//! `millrace provider claim`.

use super::super::{
	each,
	print::{pairs, table},
	Session,
};
use crate::{
	amount::{self, Balance},
	chain::{Call, Chain, ChainError, ClaimedReward, EarningState, EraEarning, Included, ProviderId},
	exit::{Code, Failure},
	keys::Key,
};
use serde_json::{json, Value};

/// Has the rewards of a provider minted that can be: those of the named eras, or all.
pub(super) async fn run(session: &Session<'_>, provider: ProviderId, asked: Vec<u32>) -> Result<(), Failure> {
	let key = session.key()?;
	let chain = session.chain().await?;
	let earnings = chain.finalised().await?.earnings(provider).await?;
	let eras = chosen(provider, &earnings, &asked)?;
	let wanted = eras.len();
	let claims = Claims {
		provider,
		wanted,
		outcomes: claim(&chain, &key, provider, eras).await,
	};
	match claims.failure() {
		None => {
			session.printer.show(&claims.object(), || claims.text());
			Ok(())
		}
		Some(failure) => {
			session.printer.show_people(|| claims.text());
			Err(failure)
		}
	}
}

/// The eras to claim, oldest first. Where some were named, each of them must have something.
fn chosen(provider: ProviderId, earnings: &[EraEarning], asked: &[u32]) -> Result<Vec<u32>, Failure> {
	for era in asked {
		let earning = earnings.iter().find(|earning| earning.era == *era);
		let why = match earning {
			Some(earning) if earning.can_be_claimed() => continue,
			Some(earning) => match earning.state {
				EarningState::Running => "it is not over",
				EarningState::Closing => "the chain is still filing it: try again in a few seconds",
				EarningState::Claimable => "its reward is less than a planck",
			},
			None => "it was claimed, was not paid for anything, or is too long ago",
		};
		return Err(Failure::new(
			Code::Rejected,
			format!("nothing can be claimed for provider {provider} of era {era}: {why}"),
			format!("nothing was sent; `millrace provider earnings {provider}` shows what can be claimed"),
		));
	}
	let claimable = earnings.iter().filter(|earning| earning.can_be_claimed());
	let eras = claimable.map(|earning| earning.era);
	Ok(eras.filter(|era| asked.is_empty() || asked.contains(era)).collect())
}

/// One call for each era, as only a call by itself is free.
async fn claim(chain: &Chain, key: &Key, provider: ProviderId, eras: Vec<u32>) -> Vec<Outcome> {
	let calls = eras.iter().map(|era| Call::Claim { provider, era: *era }).collect();
	let results = chain.each_final(calls, key.pair()).await;
	let outcomes = eras.into_iter().zip(results);
	outcomes.map(|(era, result)| Outcome { era, result }).collect()
}

/// What became of the claim for an era.
struct Outcome {
	era: u32,
	result: Result<Included, ChainError>,
}

impl Outcome {
	fn reward(&self) -> Option<ClaimedReward> {
		self.result.as_ref().ok().and_then(|included| included.reward)
	}

	fn object(&self) -> Value {
		match &self.result {
			Ok(included) => json!({
				"era": self.era,
				"reward": self.reward().map(|claimed| claimed.reward.to_string()),
				"fees": self.reward().map(|claimed| claimed.fees.to_string()),
				"payout": self.reward().map(|claimed| claimed.payout.to_string()),
				"block": included.block.number,
			}),
			Err(error) => json!({ "era": self.era, "error": error.to_string() }),
		}
	}

	fn cells(&self) -> Vec<String> {
		let unknown = || "unknown".to_owned();
		match &self.result {
			Ok(included) => vec![
				self.era.to_string(),
				self.reward()
					.map_or_else(unknown, |claimed| amount::print(claimed.reward)),
				self.reward().map_or_else(unknown, |claimed| claimed.payout.to_string()),
				included.block.number.to_string(),
			],
			Err(error) => vec![
				self.era.to_string(),
				"nothing".to_owned(),
				error.to_string(),
				String::new(),
			],
		}
	}
}

/// What became of all claims.
struct Claims {
	provider: ProviderId,
	/// How many there were to be.
	wanted: usize,
	/// Of those that were sent.
	outcomes: Vec<Outcome>,
}

impl Claims {
	fn minted(&self) -> Balance {
		let rewards = self.outcomes.iter().filter_map(Outcome::reward);
		rewards.fold(0, |sum: Balance, claimed| sum.saturating_add(claimed.reward))
	}

	/// What was paid for the calls: nothing for those that succeeded.
	fn fees(&self) -> Balance {
		each::fees(self.results())
	}

	/// What whoever wanted all of them must hear, where some failed.
	fn failure(&self) -> Option<Failure> {
		let parts = format!("rewards of provider {}", self.provider);
		let failure = each::failure(self.results(), self.wanted, &parts, "minted")?;
		Some(failure.with_details(self.object()))
	}

	fn results(&self) -> impl Iterator<Item = &Result<Included, ChainError>> + Clone {
		self.outcomes.iter().map(|outcome| &outcome.result)
	}

	fn object(&self) -> Value {
		json!({
			"provider": self.provider,
			"claims": self.outcomes.iter().map(Outcome::object).collect::<Vec<Value>>(),
			"minted": self.minted().to_string(),
			"fee": self.fees().to_string(),
		})
	}

	fn text(&self) -> String {
		if self.outcomes.is_empty() {
			return format!(
				"nothing can be claimed for provider {}; `millrace provider earnings {0}` shows what it will get",
				self.provider
			);
		}
		let claims = table(
			&["era", "minted", "to", "final in block"],
			self.outcomes.iter().map(Outcome::cells),
		);
		let sums = pairs([
			("minted in all", amount::print(self.minted())),
			("transaction fees", amount::print(self.fees())),
		]);
		format!("{claims}\n\n{sums}")
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		amount::MILL,
		chain::{AccountId, Block, Rejection, H256},
	};

	fn earning(era: u32, state: EarningState) -> EraEarning {
		EraEarning {
			era,
			fees: MILL,
			reward: MILL / 4,
			state,
		}
	}

	fn earnings() -> [EraEarning; 5] {
		let dust = EraEarning {
			reward: 0,
			..earning(2, EarningState::Claimable)
		};
		[
			dust,
			earning(3, EarningState::Claimable),
			earning(5, EarningState::Claimable),
			earning(6, EarningState::Closing),
			earning(7, EarningState::Running),
		]
	}

	fn minted(era: u32) -> Outcome {
		Outcome {
			era,
			result: Ok(Included {
				block: Block {
					number: 12,
					hash: H256::zero(),
				},
				finalised: true,
				fee: 0,
				jobs: Vec::new(),
				provider: None,
				kernel: None,
				reward: Some(ClaimedReward {
					era,
					provider: 4,
					payout: AccountId([9; 32]),
					fees: MILL,
					reward: MILL / 4,
				}),
				stakers: Vec::new(),
			}),
		}
	}

	fn rejected(era: u32) -> Outcome {
		let rejection = Rejection {
			pallet: "Rewards".to_owned(),
			error: "NothingToClaim".to_owned(),
			doc: "Somebody has.".to_owned(),
		};
		Outcome {
			era,
			result: Err(ChainError::Rejected(rejection)),
		}
	}

	#[test]
	fn every_era_that_can_be_is_claimed_unless_some_are_named() {
		let earnings = earnings();
		assert_eq!(chosen(4, &earnings, &[]), Ok(vec![3, 5]));
		assert_eq!(chosen(4, &earnings, &[5]), Ok(vec![5]));
		assert_eq!(chosen(4, &earnings, &[5, 3, 5]), Ok(vec![3, 5]), "each once");
		assert_eq!(chosen(4, &[], &[]), Ok(Vec::new()));
		for (era, why) in [
			(7, "not over"),
			(6, "filing"),
			(4, "was claimed"),
			(2, "less than a planck"),
		] {
			let failure = chosen(4, &earnings, &[3, era]).unwrap_err();
			assert_eq!(failure.code, Code::Rejected);
			assert!(failure.message.contains(why), "{}", failure.message);
		}
	}

	#[test]
	fn what_was_minted_is_told_with_its_account() {
		let claims = Claims {
			provider: 4,
			wanted: 2,
			outcomes: vec![minted(3), minted(5)],
		};
		assert!(claims.failure().is_none());
		let text = claims.text();
		for part in ["0.25 MILL", "0.5 MILL", &AccountId([9; 32]).to_string(), "12", "0 MILL"] {
			assert!(text.contains(part), "{part}: {text}");
		}
		let object = claims.object();
		assert_eq!(object["minted"], (MILL / 2).to_string());
		assert_eq!(object["fee"], "0");
		let expected = json!({
			"era": 3,
			"reward": (MILL / 4).to_string(),
			"fees": MILL.to_string(),
			"payout": AccountId([9; 32]).to_string(),
			"block": 12,
		});
		assert_eq!(object["claims"][0], expected);
		let nothing = Claims {
			provider: 4,
			wanted: 0,
			outcomes: Vec::new(),
		};
		assert!(nothing.failure().is_none(), "nothing to do is no failure");
		assert!(nothing.text().starts_with("nothing can be claimed for provider 4"));
	}

	#[test]
	fn a_claim_that_fails_is_a_failure_that_names_the_others() {
		let claims = Claims {
			provider: 4,
			// A third one was not sent any more.
			wanted: 3,
			outcomes: vec![minted(3), rejected(5)],
		};
		let failure = claims.failure().unwrap();
		assert_eq!(failure.code, Code::Rejected);
		assert!(
			failure
				.message
				.starts_with("2 of 3 rewards of provider 4 were not minted"),
			"{}",
			failure.message
		);
		assert!(failure.hint.contains("provider earnings"), "{}", failure.hint);
		let object = claims.object();
		assert_eq!(object["minted"], (MILL / 4).to_string());
		assert!(object["claims"][1]["error"]
			.as_str()
			.unwrap()
			.contains("NothingToClaim"));
		assert_eq!(failure.details, Some(object));
		let poor = Outcome {
			era: 3,
			result: Err(ChainError::CannotPayFee {
				account: AccountId([1; 32]),
			}),
		};
		let poor = Claims {
			provider: 4,
			wanted: 1,
			outcomes: vec![poor],
		};
		assert_eq!(poor.failure().unwrap().code, Code::Funds);
	}
}
