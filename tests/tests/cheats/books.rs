//! What everybody must have in the end, worked out by hand, against what they have.

use super::{
	cast::{mill, Cast},
	world::{account, FLOOR, JOB_FEE, MILL, NAMES, ROLES},
};
use millrace_client::chain::{AccountId, JobId};
use millrace_tests::audit::{Audit, Change};
use std::collections::BTreeMap;

/// What a scene tells, and what it expects of everybody's money.
#[derive(Default)]
pub(crate) struct Scene {
	pub(crate) acts: Vec<Act>,
	expected: BTreeMap<(&'static str, &'static str), Expected>,
	workers: BTreeMap<&'static str, AccountId>,
}

/// One cheat: its line.
pub(crate) struct Act {
	pub(crate) name: &'static str,
	pub(crate) tried: &'static str,
	/// How it was caught.
	pub(crate) caught: String,
	pub(crate) block: Block,
}

/// The block that belongs to a line.
#[derive(Clone, Copy)]
pub(crate) enum Block {
	/// The one in which this job ended.
	EndOf(JobId),
	/// The last one in which this account paid a fee.
	FeeOf(AccountId),
	/// None.
	Nowhere,
}

#[derive(Clone, Copy, Default)]
struct Expected {
	change: Change,
	pays_fees: bool,
}

impl Scene {
	/// A scene with this provider, whose registration everybody knows.
	pub(crate) fn of(cast: &Cast<'_>) -> Scene {
		let mut scene = Scene::default();
		scene.enter(cast);
		scene
	}

	/// One more provider.
	pub(crate) fn enter(&mut self, cast: &Cast<'_>) {
		self.workers.insert(cast.name, cast.worker);
		let float = MILL as i128;
		self.expect(cast, "owner", |change| change.floats -= float);
		self.expect(cast, "worker", |change| change.floats += float);
		self.pays(cast, "owner");
	}

	/// More that an account must gain or lose.
	pub(crate) fn expect(&mut self, cast: &Cast<'_>, role: &'static str, change: impl FnOnce(&mut Change)) {
		change(&mut self.expected.entry((cast.name, role)).or_default().change);
	}

	/// The account must have paid transaction fees; those of whom nobody says so must have paid none.
	pub(crate) fn pays(&mut self, cast: &Cast<'_>, role: &'static str) {
		self.expected.entry((cast.name, role)).or_default().pays_fees = true;
	}

	/// The requester submitted jobs, of which so many have ended that a provider has accepted.
	pub(crate) fn bought(&mut self, cast: &Cast<'_>, jobs: u128) {
		self.pays(cast, "requester");
		self.expect(cast, "requester", |change| change.job_fees -= (jobs * JOB_FEE) as i128);
	}

	/// A payment; one part in twenty of it, rounded down, is the protocol's.
	pub(crate) fn paid(&mut self, cast: &Cast<'_>, payment: u128) {
		self.expect(cast, "requester", |change| change.payments -= payment as i128);
		self.expect(cast, "payout", |change| {
			change.payments += (payment - payment / 20) as i128
		});
	}

	/// A conviction: the class floor or twelve times the largest live escrow are lost; one part in twenty goes to who
	/// refuted it, one in ten but no more than the job's escrow to its requester.
	pub(crate) fn convicted(
		&mut self,
		cast: &Cast<'_>,
		(refuter_of, refuter): (&Cast<'_>, &'static str),
		escrow: u128,
	) -> Conviction {
		let slash = FLOOR.max(12 * escrow);
		let conviction = Conviction {
			slash,
			bounty: slash / 20,
			to_requester: (slash / 10).min(escrow),
		};
		self.expect(cast, "owner", |change| change.slashes -= slash as i128);
		self.expect(refuter_of, refuter, |change| change.shares += conviction.bounty as i128);
		self.expect(cast, "requester", |change| {
			change.shares += conviction.to_requester as i128
		});
		conviction
	}

	/// Adds a line.
	pub(crate) fn tell(&mut self, cast: &Cast<'_>, tried: &'static str, caught: impl Into<String>, block: Block) {
		self.acts.push(Act {
			name: cast.name,
			tried,
			caught: caught.into(),
			block,
		});
	}

	/// Takes over another scene.
	pub(crate) fn append(&mut self, other: Scene) {
		self.acts.extend(other.acts);
		for (whom, expected) in other.expected {
			assert!(
				self.expected.insert(whom, expected).is_none(),
				"{whom:?} is in two scenes"
			);
		}
		self.workers.extend(other.workers);
	}

	/// Holds what everybody expects against the audit, and prints the lines.
	pub(crate) fn close(&self, audit: &Audit) {
		println!("\ncheat | what it tried | how it was caught | change of balances in MILL, transaction fees apart");
		for act in &self.acts {
			let ended = match act.block {
				Block::EndOf(job) => {
					let (event, block) = audit.ends.get(&job).unwrap_or_else(|| panic!("{job} has no event"));
					format!("{event} in block {block}: ")
				}
				Block::FeeOf(account) => format!("refused in block {}: ", audit.charged[&account.0]),
				Block::Nowhere => String::new(),
			};
			println!(
				"{} | {} | {ended}{} | {}",
				act.name,
				act.tried,
				act.caught,
				self.changes(audit, act.name)
			);
		}
		for name in NAMES {
			for role in roles() {
				let Some(account) = self.account(name, role) else {
					continue;
				};
				let expected = self.expected.get(&(name, role)).copied().unwrap_or_default();
				let actual = audit.change(&account);
				let fees = actual.fees;
				assert_eq!(
					Change { fees: 0, ..actual },
					expected.change,
					"{name}, {role}: fees apart, {fees} planck"
				);
				assert_eq!(fees < 0, expected.pays_fees, "{name}, {role}: {fees} planck of fees");
			}
		}
		let commons = audit.commons;
		println!(
			"all | {} blocks, {} accounts | every balance of every block by its events | treasury {}, author {}, \
			 fees of jobs that were burned {}, issuance {}",
			audit.block,
			audit.changes.len(),
			mill(commons.treasury),
			mill(commons.author),
			mill(commons.job_fees),
			mill(commons.issuance),
		);
		// All money that anybody lost is somewhere else, or burned.
		let held: i128 = audit.changes.values().map(Change::total).sum();
		assert_eq!(
			held + commons.treasury + commons.author,
			commons.issuance,
			"nothing is lost on the way"
		);
	}

	fn account(&self, name: &str, role: &str) -> Option<AccountId> {
		match role {
			"worker" => self.workers.get(name).copied(),
			role => Some(account(name, role)),
		}
	}

	/// How everybody's balance has changed around one provider, and what that caused elsewhere.
	fn changes(&self, audit: &Audit, name: &str) -> String {
		let mut texts = Vec::new();
		let (mut author, mut job_fees, mut burned) = (0, 0, 0);
		for role in roles() {
			let Some(account) = self.account(name, role) else {
				continue;
			};
			let (change, effect) = (audit.change(&account), audit.effect(&account));
			author += effect.author;
			job_fees += effect.job_fees;
			burned += effect.burned;
			// Registering moves a float from every owner to its worker.
			let apart = change.total() - change.fees - change.floats;
			if (apart, change.fees) != (0, 0) {
				texts.push(format!("{role} {} fees {}", mill(apart), mill(change.fees)));
			}
		}
		texts.push(format!(
			"author {}, burned of jobs' fees {}, of others {}",
			mill(author),
			mill(job_fees),
			mill(burned)
		));
		texts.join(", ")
	}
}

/// What a conviction costs and brings, in planck.
#[derive(Clone, Copy)]
pub(crate) struct Conviction {
	pub(crate) slash: u128,
	pub(crate) bounty: u128,
	pub(crate) to_requester: u128,
}

fn roles() -> impl Iterator<Item = &'static str> {
	ROLES.into_iter().map(|(role, _)| role).chain(["worker"])
}
