//! Proofs, leaves, windows and slashes.

use super::{
	market, millrace_primitives::refutation as runtime, providers, BoundedVec, FromRuntime, IntoPlain, IntoRuntime,
};
use crate::chain::{
	generated::api::{self, runtime_types::millrace_primitives},
	AccountId, Demand, Fraud, ProvidedLeaf, SlashCause, SlashId, SlashShares, SlashView, Window,
};
use millrace_kernel::{
	proof::{LeafProof, Opening},
	tree::{Pair, SumNode},
};

/// A list, bounded or not.
pub(in crate::chain) trait IntoList<T> {
	/// Converts.
	fn into_list(self) -> Vec<T>;
}

impl<T> IntoList<T> for Vec<T> {
	fn into_list(self) -> Vec<T> {
		self
	}
}

impl<T> IntoList<T> for BoundedVec<T> {
	fn into_list(self) -> Vec<T> {
		self.0
	}
}

impl IntoRuntime for Vec<u32> {
	type Runtime = BoundedVec<u32>;
	fn into_runtime(self) -> BoundedVec<u32> {
		BoundedVec(self)
	}
}

impl IntoPlain for millrace_primitives::ids::SlashId {
	type Plain = SlashId;
	fn into_plain(self) -> SlashId {
		self.0
	}
}

/// A slash's number as the runtime's type. Not by [`IntoRuntime`]: a plain number is a provider there.
pub(in crate::chain) fn slash_id(slash: SlashId) -> millrace_primitives::ids::SlashId {
	millrace_primitives::ids::SlashId(slash)
}

impl IntoRuntime for SumNode {
	type Runtime = runtime::SumNode;
	fn into_runtime(self) -> runtime::SumNode {
		runtime::SumNode {
			hash: self.hash.into(),
			units: self.units,
		}
	}
}

impl FromRuntime<runtime::SumNode> for SumNode {
	fn from_runtime(node: runtime::SumNode) -> SumNode {
		SumNode {
			hash: node.hash.0,
			units: node.units,
		}
	}
}

impl IntoRuntime for Pair {
	type Runtime = runtime::SumPair;
	fn into_runtime(self) -> runtime::SumPair {
		runtime::SumPair {
			left: self.left.into_runtime(),
			right: self.right.into_runtime(),
		}
	}
}

impl FromRuntime<runtime::SumPair> for Pair {
	fn from_runtime(pair: runtime::SumPair) -> Pair {
		Pair {
			left: SumNode::from_runtime(pair.left),
			right: SumNode::from_runtime(pair.right),
		}
	}
}

impl IntoRuntime for Vec<Pair> {
	type Runtime = BoundedVec<runtime::SumPair>;
	fn into_runtime(self) -> BoundedVec<runtime::SumPair> {
		BoundedVec(self.into_iter().map(IntoRuntime::into_runtime).collect())
	}
}

impl IntoRuntime for Opening {
	type Runtime = runtime::InputOpening;
	fn into_runtime(self) -> runtime::InputOpening {
		runtime::InputOpening {
			chunks: BoundedVec(self.chunks),
			bytes: BoundedVec(self.bytes),
			siblings: BoundedVec(self.siblings),
		}
	}
}

impl IntoRuntime for LeafProof {
	type Runtime = runtime::RefutationProof;
	fn into_runtime(self) -> runtime::RefutationProof {
		runtime::RefutationProof {
			leaf: self.leaf,
			pairs: self.pairs.into_runtime(),
			openings: BoundedVec(self.openings.into_iter().map(IntoRuntime::into_runtime).collect()),
			units: self.units,
			chunks: self.chunks,
		}
	}
}

impl IntoRuntime for ProvidedLeaf {
	type Runtime = runtime::ProvidedLeaf;
	fn into_runtime(self) -> runtime::ProvidedLeaf {
		runtime::ProvidedLeaf {
			leaf: self.leaf,
			bytes: BoundedVec(self.bytes),
			traps: self.traps,
			pairs: self.pairs.into_runtime(),
		}
	}
}

impl IntoRuntime for Vec<ProvidedLeaf> {
	type Runtime = BoundedVec<runtime::ProvidedLeaf>;
	fn into_runtime(self) -> BoundedVec<runtime::ProvidedLeaf> {
		BoundedVec(self.into_iter().map(IntoRuntime::into_runtime).collect())
	}
}

impl FromRuntime<runtime::ProvidedLeaf> for ProvidedLeaf {
	fn from_runtime(leaf: runtime::ProvidedLeaf) -> ProvidedLeaf {
		ProvidedLeaf {
			leaf: leaf.leaf,
			bytes: leaf.bytes.0,
			traps: leaf.traps,
			pairs: leaf.pairs.0.into_iter().map(Pair::from_runtime).collect(),
		}
	}
}

impl FromRuntime<runtime::Fraud> for Fraud {
	fn from_runtime(fraud: runtime::Fraud) -> Fraud {
		match fraud {
			runtime::Fraud::InconsistentPair { pair } => Fraud::InconsistentPair { pair },
			runtime::Fraud::WrongLeaf { claimed, evaluated } => Fraud::WrongLeaf {
				claimed: SumNode::from_runtime(claimed),
				evaluated: SumNode::from_runtime(evaluated),
			},
		}
	}
}

impl FromRuntime<market::Window> for Window {
	fn from_runtime(window: market::Window) -> Window {
		match window {
			market::Window::Open { end } => Window::Open { end },
			market::Window::Demanded { left, until } => Window::Demanded { left, until },
		}
	}
}

impl FromRuntime<api::market::storage::demands::Output> for Demand {
	fn from_runtime(demand: api::market::storage::demands::Output) -> Demand {
		Demand {
			provider: demand.provider.0,
			leaves: demand.leaves.0,
		}
	}
}

impl FromRuntime<providers::SlashShares<AccountId>> for SlashShares {
	fn from_runtime(shares: providers::SlashShares<AccountId>) -> SlashShares {
		SlashShares {
			refuter: shares.refuter,
			refuter_amount: shares.refuter_amount,
			requester: shares.requester,
			requester_amount: shares.requester_amount,
		}
	}
}

impl FromRuntime<(SlashId, api::providers::storage::slashes::Output)> for SlashView {
	fn from_runtime((id, slash): (SlashId, api::providers::storage::slashes::Output)) -> SlashView {
		SlashView {
			id,
			provider: slash.provider.0,
			amount: slash.amount,
			cause: match slash.cause {
				providers::SlashCause::Fraud => SlashCause::Fraud,
				providers::SlashCause::Silence => SlashCause::Silence,
				providers::SlashCause::Downtime => SlashCause::Downtime,
			},
			due: slash.due,
			shares: slash.shares.map(SlashShares::from_runtime),
		}
	}
}
