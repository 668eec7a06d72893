//! Session keys, stakes and slashes of validators.

use super::{runtime_types, FromRuntime, IntoRuntime};
use crate::{
	amount::Balance,
	chain::{AccountId, Backing, Candidacy, Payee, PendingSlash, SessionKeys, StashBond, StashUnbonding},
};
use runtime_types::{
	millrace_runtime::configs::consensus, pallet_staking, sp_arithmetic::per_things::Perbill, sp_consensus_babe,
	sp_consensus_grandpa, sp_staking,
};

impl IntoRuntime for SessionKeys {
	type Runtime = consensus::SessionKeys;
	fn into_runtime(self) -> consensus::SessionKeys {
		consensus::SessionKeys {
			grandpa: sp_consensus_grandpa::app::Public(self.grandpa),
			babe: sp_consensus_babe::app::Public(self.babe),
		}
	}
}

impl FromRuntime<consensus::SessionKeys> for SessionKeys {
	fn from_runtime(keys: consensus::SessionKeys) -> SessionKeys {
		SessionKeys {
			grandpa: keys.grandpa.0,
			babe: keys.babe.0,
		}
	}
}

impl FromRuntime<pallet_staking::StakingLedger> for StashBond {
	fn from_runtime(ledger: pallet_staking::StakingLedger) -> StashBond {
		StashBond {
			total: ledger.total,
			active: ledger.active,
			unbonding: ledger
				.unlocking
				.0
				.into_iter()
				.map(|chunk| StashUnbonding {
					amount: chunk.value,
					era: chunk.era,
				})
				.collect(),
		}
	}
}

impl FromRuntime<pallet_staking::ValidatorPrefs> for Candidacy {
	fn from_runtime(prefs: pallet_staking::ValidatorPrefs) -> Candidacy {
		Candidacy {
			commission: prefs.commission.0,
			blocked: prefs.blocked,
		}
	}
}

impl IntoRuntime for Candidacy {
	type Runtime = pallet_staking::ValidatorPrefs;
	fn into_runtime(self) -> pallet_staking::ValidatorPrefs {
		pallet_staking::ValidatorPrefs {
			commission: Perbill(self.commission),
			blocked: self.blocked,
		}
	}
}

impl IntoRuntime for Payee {
	type Runtime = pallet_staking::RewardDestination<AccountId>;
	fn into_runtime(self) -> pallet_staking::RewardDestination<AccountId> {
		match self {
			Payee::Stash => pallet_staking::RewardDestination::Stash,
			Payee::Staked => pallet_staking::RewardDestination::Staked,
			Payee::Account(account) => pallet_staking::RewardDestination::Account(account),
		}
	}
}

impl FromRuntime<sp_staking::PagedExposureMetadata<Balance>> for Backing {
	fn from_runtime(exposure: sp_staking::PagedExposureMetadata<Balance>) -> Backing {
		Backing {
			own: exposure.own,
			total: exposure.total,
			nominators: exposure.nominator_count,
		}
	}
}

impl FromRuntime<(u32, pallet_staking::UnappliedSlash<AccountId, Balance>)> for PendingSlash {
	fn from_runtime((era, slash): (u32, pallet_staking::UnappliedSlash<AccountId, Balance>)) -> PendingSlash {
		PendingSlash {
			era,
			own: slash.own,
			nominators: slash.others.iter().map(|(_, amount)| *amount).sum(),
		}
	}
}
