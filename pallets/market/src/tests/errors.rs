//! Every error can be provoked, and the list of those provoked here is the list that there is.

use super::{
	demand::{demand, provide},
	refute::refute,
};
use crate::{mock::*, Error, MarketRules, ProofFlaw, RejectReason};
use codec::Encode;
use millrace_primitives::{JobId, JobSpec, KernelHash, Level, Minima, ProviderId, Target};
use polkadot_sdk::{
	frame_support::{assert_ok, dispatch::DispatchErrorWithPostInfo, traits::PalletError},
	sp_core::H256,
	sp_runtime::{BoundedVec, DispatchError},
};
use scale_info::TypeInfo;
use std::collections::BTreeSet;

/// The name of the pallet's error, whichever result it came in.
trait Named {
	fn name(self) -> &'static str;
}

impl<T: std::fmt::Debug> Named for Result<T, DispatchError> {
	fn name(self) -> &'static str {
		match self.expect_err("an error") {
			DispatchError::Module(error) => error.message.expect("a message"),
			other => panic!("not of this pallet: {other:?}"),
		}
	}
}

impl<T: std::fmt::Debug> Named for Result<T, DispatchErrorWithPostInfo> {
	fn name(self) -> &'static str {
		self.map_err(|error| error.error).name()
	}
}

type Case = fn() -> &'static str;

fn spec_error(change: fn(&mut JobSpec)) -> &'static str {
	let mut spec = book_spec(10, 0);
	change(&mut spec);
	Market::submit_job(signed(ALICE), spec).name()
}

fn target_error(change: fn(&mut JobSpec), provider: fn(&mut Record)) -> &'static str {
	let id = MockProviders::register(1);
	let mut spec = target_spec(10, id, 64);
	change(&mut spec);
	MockProviders::change(id, provider);
	Market::submit_job(signed(ALICE), spec).name()
}

/// A provider with an assigned job of ALICE's.
fn assigned() -> (ProviderId, JobId) {
	let provider = asking(1, 0);
	(provider, submit(ALICE, book_spec(10, 0)))
}

fn running() -> (ProviderId, JobId) {
	let (provider, id) = assigned();
	assert_ok!(Market::accept_job(signed(worker(provider)), id));
	(provider, id)
}

fn accept(who: AccountId, id: JobId) -> &'static str {
	Market::accept_job(signed(who), id).name()
}

fn commit_error(provider: ProviderId, id: JobId, units: u64) -> &'static str {
	Market::commit_result(signed(worker(provider)), id, H256::zero(), units).name()
}

/// A committed job of ALICE's with five leaves, the first of which is a lie.
fn lying() -> (ProviderId, JobId, Work, Tree) {
	let (provider, work) = (asking(2, 0), Work::triples());
	let tree = work.wrong_byte(0);
	let id = committed(ALICE, provider, &work, &tree);
	(provider, id, work, tree)
}

/// Of the job in `lying`.
fn demand_error(leaves: &[u32]) -> &'static str {
	let (_, id, ..) = lying();
	demand(ALICE, id, leaves).name()
}

const CASES: [(&str, Case); 70] = [
	("Halted", || {
		assert_ok!(Market::set_halted(RuntimeOrigin::root(), true));
		spec_error(|_| {})
	}),
	("UnknownKernel", || {
		spec_error(|spec| spec.kernel = KernelHash(H256([99; 32])))
	}),
	("KernelRetired", || spec_error(|spec| spec.kernel = KERNEL_RETIRED)),
	("WrongParams", || spec_error(|spec| spec.params = BoundedVec::default())),
	("WrongInputs", || {
		spec_error(|spec| spec.inputs = with_inputs(spec.clone()).inputs)
	}),
	("NoItems", || spec_error(|spec| spec.items = 0)),
	("MaxUnitsTooLow", || spec_error(|spec| spec.max_units = 1)),
	("MaxUnitsTooHigh", || spec_error(|spec| spec.max_units = u32::MAX)),
	("InputsTooLarge", || {
		spec_error(|spec| {
			*spec = with_inputs(spec.clone());
			spec.inputs.iter_mut().for_each(|input| input.len = 5_001);
		})
	}),
	("OutputTooLarge", || {
		spec_error(|spec| {
			spec.items = 63;
			spec.terms.run_ticks = 100;
		})
	}),
	("WindowNotStandard", || spec_error(|spec| spec.terms.window = 29)),
	("WindowOutOfRange", || {
		target_error(|spec| spec.terms.window = 10, |_| {})
	}),
	("RunTooShort", || spec_error(|spec| spec.terms.run_ticks = 1)),
	("RunTooLong", || spec_error(|spec| spec.terms.run_ticks = 301)),
	("ExpiryPassed", || spec_error(|spec| spec.terms.expires = 1)),
	("ExpiryTooFar", || spec_error(|spec| spec.terms.expires = 1_000)),
	("EscrowTooLarge", || {
		let spec = book_spec(10, 60);
		Market::submit_job(signed(ALICE), spec).name()
	}),
	("CostOverflow", || {
		let mut classes = [figures(); 6];
		classes[0].units_per_byte = u64::MAX;
		ClassesNow::set(&classes);
		let provider = MockProviders::register(1);
		Market::submit_job(signed(ALICE), target_spec(10, provider, u64::MAX)).name()
	}),
	("InsufficientFunds", || {
		Market::submit_job(signed(POOR), book_spec(10, 0)).name()
	}),
	("UnknownProvider", || {
		Market::submit_job(signed(ALICE), target_spec(10, ProviderId(9), 64)).name()
	}),
	("ProviderNotActive", || {
		target_error(|_| {}, |record| record.active = false)
	}),
	("ProviderHasNoWorker", || {
		target_error(|_| {}, |record| record.worker = None)
	}),
	("StakeTooLow", || target_error(|_| {}, |record| record.stake = 999)),
	("TakesNoTargets", || {
		target_error(|_| {}, |record| record.takes_targets = false)
	}),
	("PriceTooLow", || target_error(|_| {}, |record| record.min_price.0 = 65)),
	("ProviderUnreachable", || {
		let (provider, id) = running();
		commit(provider, id, 1);
		MockProviders::change(provider, |record| record.answers = false);
		skip_ticks(31);
		Market::settle(signed(BOB), id).name()
	}),
	("ProviderFull", || {
		let provider = MockProviders::register(1);
		submit(ALICE, target_spec(10, provider, 64));
		submit(ALICE, target_spec(10, provider, 64));
		Market::submit_job(signed(ALICE), target_spec(10, provider, 64)).name()
	}),
	("NotWorker", || Market::place_ask(signed(ALICE), 0, Level(0)).name()),
	("NoSuchSlot", || {
		let provider = asking(1, 0);
		Market::withdraw_ask(signed(worker(provider)), 4).name()
	}),
	("SlotTaken", || {
		let provider = asking(1, 0);
		Market::place_ask(signed(worker(provider)), 0, Level(0)).name()
	}),
	("SlotEmpty", || {
		let provider = asking(1, 0);
		Market::withdraw_ask(signed(worker(provider)), 1).name()
	}),
	("AskTooYoung", || {
		let provider = asking(1, 0);
		Market::withdraw_ask(signed(worker(provider)), 0).name()
	}),
	("Barred", || {
		let (provider, _) = assigned();
		blocks(8);
		Market::place_ask(signed(worker(provider)), 0, Level(0)).name()
	}),
	("UnknownJob", || accept(ALICE, JobId(H256::zero()))),
	("NotRequester", || {
		let (_, id) = assigned();
		Market::cancel_job(signed(BOB), id).name()
	}),
	("NotAssignee", || accept(BOB, assigned().1)),
	("NotAssigned", || {
		let (provider, id) = running();
		accept(worker(provider), id)
	}),
	("AcceptWindowOver", || {
		let (provider, id) = assigned();
		skip_ticks(8);
		accept(worker(provider), id)
	}),
	("NoLane", || {
		let (provider, _) = running();
		accept(worker(provider), submit(ALICE, book_spec(10, 0)))
	}),
	("NotBusy", || {
		let (provider, id) = assigned();
		Market::reject_job(signed(worker(provider)), id, RejectReason::Busy).name()
	}),
	("NoInputs", || {
		let (provider, id) = assigned();
		Market::reject_job(signed(worker(provider)), id, RejectReason::InputsMissing).name()
	}),
	("NotCommittable", || {
		let id = submit(ALICE, book_spec(10, 0));
		commit_error(MockProviders::register(1), id, 0)
	}),
	("DeadlinePassed", || {
		let (provider, id) = running();
		skip_ticks(31);
		commit_error(provider, id, 0)
	}),
	("TooManyUnits", || {
		let (provider, id) = running();
		commit_error(provider, id, 10 * G + 1)
	}),
	("AlreadyCommitted", || {
		let (provider, id) = running();
		commit(provider, id, 1);
		commit_error(provider, id, 1)
	}),
	("NotRunning", || {
		let (provider, id) = assigned();
		Market::abandon_job(signed(worker(provider)), id).name()
	}),
	("NotCommitted", || {
		let (_, id) = assigned();
		Market::settle_now(signed(ALICE), id).name()
	}),
	("WindowOpen", || {
		let (provider, id) = running();
		commit(provider, id, 1);
		Market::settle(signed(BOB), id).name()
	}),
	("NotCancellable", || {
		let (_, id) = running();
		Market::cancel_job(signed(ALICE), id).name()
	}),
	("NothingDue", || {
		let (_, id) = assigned();
		Market::touch(signed(BOB), id).name()
	}),
	("ProviderConvicted", || {
		let (provider, id, work, tree) = lying();
		let waiting = submit(ALICE, book_spec(10, 0));
		assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		accept(worker(provider), waiting)
	}),
	("WindowOver", || {
		let (_, id, work, tree) = lying();
		skip_ticks(31);
		refute(BOB, id, work.proof(&tree, 0)).name()
	}),
	("AlreadyVoid", || {
		let (provider, id, work, tree) = lying();
		let other = committed(ALICE, provider, &work, &tree);
		assert_ok!(refute(BOB, id, work.proof(&tree, 0)));
		demand(ALICE, other, &[0]).name()
	}),
	("BadProof", || {
		let (_, id, ..) = lying();
		refute(BOB, id, Default::default()).name()
	}),
	("NoFraud", || {
		let (_, id, work, tree) = lying();
		refute(BOB, id, work.proof(&tree, 1)).name()
	}),
	("DemandOpen", || {
		let (_, id, ..) = lying();
		assert_ok!(demand(ALICE, id, &[0]));
		Market::settle_now(signed(ALICE), id).name()
	}),
	("OutputNotDemandable", || {
		RulesNow::set(&MarketRules {
			output_max: 2 << 20,
			run_max: 2_000,
			..default_rules()
		});
		let provider = MockProviders::register(4);
		let work = Work::new(BLOCKS, 1_025, vec![]);
		let id = submit(ALICE, work.fill(target_spec(1_025, provider, 64)));
		commit(provider, id, 0);
		demand(ALICE, id, &[0]).name()
	}),
	("OutputDemandable", || {
		let provider = asking(1, 0);
		let id = submit(ALICE, book_spec(10, 0));
		commit(provider, id, 0);
		Market::refuse_delivery(signed(ALICE), id).name()
	}),
	("BadLeaves", || demand_error(&[5])),
	("TooManyDemanded", || {
		let (_, id, work, tree) = lying();
		assert_ok!(demand(ALICE, id, &[1]));
		assert_ok!(provide(BOB, id, vec![tree.provided(&work.leaves(), 1)]));
		demand(ALICE, id, &[0, 1, 2, 3, 4]).name()
	}),
	("NotDemanded", || {
		let (_, id, work, tree) = lying();
		provide(BOB, id, vec![tree.provided(&work.leaves(), 1)]).name()
	}),
	("BadLeaf", || {
		let (_, id, work, tree) = lying();
		assert_ok!(demand(ALICE, id, &[0]));
		// The right bytes, which are not those that were committed.
		provide(BOB, id, vec![tree.provided(&work.leaves(), 0)]).name()
	}),
	("ProviderNotMeasured", || {
		let provider = MockProviders::register(1);
		MockProviders::change(provider, |record| record.unmeasured = true);
		Market::place_ask(signed(worker(provider)), 0, Level(0)).name()
	}),
	// The same error from the provider's side of the book.
	("StakeTooLow", || {
		let provider = MockProviders::register(1);
		MockProviders::change(provider, |record| record.stake = 999);
		Market::place_ask(signed(worker(provider)), 0, Level(0)).name()
	}),
	("UnknownRegion", || {
		spec_error(|spec| {
			let Target::Book { pool, .. } = &mut spec.terms.target else {
				panic!("a job of the book");
			};
			pool.region.0 = 16;
		})
	}),
	("TooFewPaid", || {
		target_error(|spec| minima(spec).paid_jobs = 4, |record| record.completed = 3)
	}),
	("TooManyFailed", || {
		target_error(
			|spec| minima(spec).failed_percent = 4,
			|record| record.failed_percent = 5,
		)
	}),
	("EmptyBatch", || {
		Market::submit_jobs(signed(ALICE), BoundedVec::default()).name()
	}),
	("DifferentKernels", || {
		let specs = vec![book_spec(10, 0), with_inputs(book_spec(10, 0))];
		Market::submit_jobs(signed(ALICE), BoundedVec::truncate_from(specs)).name()
	}),
	("NotPending", || {
		Market::reprice_job(signed(ALICE), assigned().1, Level(1)).name()
	}),
];

fn minima(spec: &mut JobSpec) -> &mut Minima {
	match &mut spec.terms.target {
		Target::Provider { minima, .. } => minima,
		Target::Book { .. } => panic!("a job that names its provider"),
	}
}

#[test]
fn every_error_is_provoked() {
	let mut provoked = BTreeSet::new();
	for (expected, case) in CASES {
		ExtBuilder::build().execute_with(|| assert_eq!(case(), expected));
		provoked.insert(expected);
	}
	let scale_info::TypeDef::Variant(errors) = Error::<Test>::type_info().type_def else {
		panic!("errors are an enum");
	};
	let declared: BTreeSet<_> = errors.variants.iter().map(|variant| variant.name).collect();
	assert_eq!(provoked, declared);
}

#[test]
fn errors_fit_what_the_sdk_carries() {
	// At most four bytes of a pallet's error; a nested one eats into them.
	assert_eq!(Error::<Test>::NothingDue.encode().len(), 1);
	assert_eq!(Error::<Test>::BadProof(ProofFlaw::ChunkMissing).encode().len(), 2);
	const { assert!(<Error<Test> as PalletError>::MAX_ENCODED_SIZE <= 4) };
}
