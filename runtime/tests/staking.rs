//! Staking as validators, nominators and their wallets meet it, on the real runtime: what an era pays and to whom, what a
//! double vote costs, who may take part, the largest election, and what wallets ask for. `docs/staking.md` says the same to
//! its readers.

mod chain;
mod staking {
	pub(crate) mod chilling;
	pub(crate) mod earnings;
	pub(crate) mod elections;
	pub(crate) mod limits;
	pub(crate) mod payouts;
	pub(crate) mod proofs;
	pub(crate) mod slashes;
	pub(crate) mod wallets;
	pub(crate) mod world;
}
