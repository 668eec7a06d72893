//! Devices on the real runtime: what the genesis measures them with, what a claim brings, and what a lie costs.

mod chain;

use chain::{
	registration, signed,
	work::Work,
	world::{CHECKER, OWNER, PAYOUT, PROVIDER, VICTIM, WORKER},
	Chain,
};
use frame_support::traits::{
	fungible::{Inspect, InspectHold},
	Get, TypedGet,
};
use millrace_kernel::{
	asm::assemble,
	eval::{Machine, Slices, Task},
	leaf::eval_leaf,
	program::Program,
};
use millrace_primitives::{
	traits::{Ineligible, Kernels as _},
	ClassTask, DeviceClass, EnrolmentRules, JobId, KernelHash, Level, Minima, Target, Terms, Tick, MILL,
};
use millrace_runtime::{
	configs::{
		millrace::{standard_enrolment, Rules, MEASURE_KERNELS},
		parameters::dynamic_params::providers,
		staking::TreasuryAccount,
	},
	Balances, Kernels, Market, Providers, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, System,
};
use pallet_market::{Call as MarketCall, Event as MarketEvent, JobState};
use pallet_providers::{Call as ProvidersCall, Device, DeviceFacts, DeviceState, Event, Status};
use polkadot_sdk::*;
use sp_core::H256;
use sp_keyring::Sr25519Keyring as Key;
use sp_runtime::{DispatchError, DispatchOutcome};

/// The texts of the kernels, in the order of [`MEASURE_KERNELS`].
const TEXTS: [&str; 2] = [include_str!("../kernels/mix32.mk"), include_str!("../kernels/mix64.mk")];
/// The floor of one lane of class cpu-4.
const STAKE: u128 = 336 * MILL;
/// 0.005 MILL.
const JOB_FEE: u128 = 5_000_000_000;
/// Ticks in which a result must be there.
const TICKS: Tick = 12;

fn hash(bytecode: &[u8]) -> KernelHash {
	KernelHash(H256(sp_io::hashing::blake2_256(bytecode)))
}

/// Tasks of the same kernels with so few items that a test can do them.
fn short_tasks() -> EnrolmentRules {
	let standard = standard_enrolment();
	let shorten = |task: ClassTask| ClassTask { items: 3, ..task };
	EnrolmentRules {
		tasks: standard.tasks.map(|tasks| tasks.map(|task| task.map(shorten))),
		..standard
	}
}

fn device(number: u8) -> DeviceFacts {
	DeviceFacts {
		model: b"AMD EPYC 9575F".to_vec().try_into().expect("short"),
		memory: 1 << 35,
		compute_capability: None,
		driver: b"x86-64-v4".to_vec().try_into().expect("short"),
		uuid_hash: H256([number; 32]),
	}
}

/// A chain with a provider of class cpu-4 and one lane. Each block brings randomness, as validators do.
struct Lab {
	chain: Chain,
	blocks: u64,
	events: Vec<RuntimeEvent>,
}

impl Lab {
	fn new(preset: &str, rules: Option<EnrolmentRules>) -> Lab {
		let mut lab = Lab {
			chain: Chain::with_enrolment(preset, rules),
			blocks: 0,
			events: Vec::new(),
		};
		let bytecode = Work::new(10).bytecode().try_into().expect("a short program");
		lab.send(VICTIM, pallet_kernels::Call::register_kernel { bytecode });
		lab.send(OWNER, registration(WORKER, PAYOUT, DeviceClass::Cpu4, 1, STAKE));
		lab
	}

	/// A block with what somebody sends, if anything; it may fail.
	fn attempt(&mut self, sent: Option<(Key, RuntimeCall)>) -> Option<DispatchOutcome> {
		self.blocks += 1;
		let random = sp_io::hashing::blake2_256(&self.blocks.to_le_bytes());
		let put = || pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some(random));
		self.chain.execute(put);
		let transactions = || sent.map(|(who, call)| signed(who, 0, call)).into_iter().collect();
		let (mut outcomes, events) = self.chain.attempt(transactions);
		self.events = events;
		outcomes.pop()
	}

	fn send(&mut self, who: Key, call: impl Into<RuntimeCall>) {
		let outcome = self.attempt(Some((who, call.into()))).expect("it was sent");
		outcome.expect("it succeeds");
	}

	/// The name of the market's error.
	fn refused(&mut self, who: Key, call: impl Into<RuntimeCall>) -> &'static str {
		match self.attempt(Some((who, call.into()))) {
			Some(Err(DispatchError::Module(error))) => error.message.expect("an error has a name"),
			other => panic!("{other:?}"),
		}
	}

	fn wait(&mut self, blocks: u32) {
		for _ in 0..blocks {
			self.attempt(None);
		}
	}

	/// Waits for an event, at most this many blocks.
	fn until<R>(&mut self, blocks: u32, found: impl Fn(&RuntimeEvent) -> Option<R>) -> R {
		for _ in 0..blocks {
			self.wait(1);
			if let Some(result) = self.events.iter().find_map(&found) {
				return result;
			}
		}
		panic!("it does not happen");
	}

	fn read<R>(&mut self, action: impl FnOnce() -> R) -> R {
		self.chain.execute(action)
	}

	fn enrol(&mut self) {
		let facts = device(1);
		self.send(WORKER, ProvidersCall::enrol_device { slot: 0, facts });
	}

	/// Enrols the device, and waits for its task.
	fn begun(&mut self) -> JobId {
		self.enrol();
		self.until(5, begun)
	}

	fn device(&mut self) -> Device {
		let devices = self.read(|| Providers::devices(PROVIDER));
		devices.into_iter().next().expect("it is enrolled").1
	}

	fn record(&mut self) -> pallet_providers::ProviderOf<Runtime> {
		self.read(|| Providers::provider(PROVIDER).expect("it is registered"))
	}

	fn work(&mut self, job: JobId) -> Work {
		self.read(|| Work::of_job(&Market::job(job).expect("it is live")))
	}

	/// Every planck is on some account, and what is held is what the pallets say they hold.
	fn check(&mut self) {
		self.read(|| {
			let accounts = frame_system::Account::<Runtime>::iter_values();
			let sum: u128 = accounts.map(|account| account.data.free + account.data.reserved).sum();
			assert_eq!(sum, Balances::total_issuance());
			let reason = RuntimeHoldReason::Providers(pallet_providers::HoldReason::Stake);
			let ledger = Providers::provider(PROVIDER).expect("it is registered").ledger;
			assert_eq!(
				Balances::balance_on_hold(&reason, &OWNER.to_account_id()),
				ledger.held()
			);
			let measurer = Market::measurer();
			assert_eq!(Balances::total_balance(&measurer), 0);
			assert!(!System::account_exists(&measurer));
		});
	}
}

fn begun(event: &RuntimeEvent) -> Option<JobId> {
	match event {
		RuntimeEvent::Providers(Event::MeasurementBegun { job, .. }) => Some(*job),
		_ => None,
	}
}

fn failed(event: &RuntimeEvent) -> Option<()> {
	matches!(event, RuntimeEvent::Providers(Event::DeviceFailed { .. })).then_some(())
}

fn place_ask() -> MarketCall<Runtime> {
	MarketCall::place_ask {
		slot: 0,
		level: Level(170),
	}
}

/// A small job that names the provider.
fn targeted(lab: &mut Lab) -> MarketCall<Runtime> {
	let expires = lab.read(Market::clock) + 20;
	let window = lab.read(|| Rules::get().window);
	let target = Target::Provider {
		provider: PROVIDER,
		price: Level(170).price(),
		minima: Minima::default(),
	};
	let terms = Terms {
		target,
		public: false,
		run_ticks: 20,
		window,
		expires,
	};
	MarketCall::submit_job {
		spec: Work::new(10).spec(terms),
	}
}

#[test]
fn every_genesis_has_the_kernels_that_the_texts_say() {
	for preset in ["development", "fast", "local_testnet"] {
		Chain::new(preset).execute(|| {
			for (bytecode, text) in MEASURE_KERNELS.iter().zip(TEXTS) {
				assert_eq!(assemble(text).expect("a kernel").encode(), *bytecode);
				let kernel = hash(bytecode);
				assert_eq!(Kernels::bytecode(kernel), Some(bytecode.to_vec()), "{preset}");
				assert_eq!(Kernels::kernel_owner(kernel), Some(TreasuryAccount::get()), "{preset}");
				let facts = Kernels::facts(&kernel).expect("it is registered");
				assert_eq!((facts.inputs, facts.params, facts.item_size), (0, 2, 1));
				assert_eq!(
					(facts.max_units, facts.items_per_leaf, facts.retired),
					(1 << 21, 1, false)
				);
			}
			assert_eq!(pallet_kernels::Kernels::<Runtime>::iter_keys().count(), 2, "{preset}");
			assert_eq!(Balances::total_issuance(), 1_000_000_000 * MILL, "{preset}");
		});
	}
}

#[test]
fn every_task_is_of_a_kernel_of_the_genesis_and_fits_the_rules() {
	for preset in ["development", "local_testnet"] {
		Chain::new(preset).execute(|| {
			let rules = providers::Enrolment::get();
			assert_eq!(rules, standard_enrolment(), "{preset}");
			rules.check();
			for class in DeviceClass::ALL {
				let tasks: Vec<ClassTask> = rules.tasks_of(class).collect();
				assert_eq!(tasks.len(), 2);
				for task in tasks {
					let facts = Kernels::facts(&task.kernel).expect("it is of the genesis");
					let output = u64::from(task.items) * u64::from(facts.item_size);
					assert!(output <= Rules::get().output_max, "{class:?}");
					// A device with the figures of its class has a third of the time for blocks and checks.
					let units = u64::from(task.items) * u64::from(facts.max_units);
					let ticks = units.div_ceil(class.genesis_figures().units_per_tick);
					assert!(ticks * 3 <= u64::from(task.ticks) * 2, "{class:?}: {ticks}");
				}
			}
		});
	}
	Chain::new("fast").execute(|| assert_eq!(providers::Enrolment::get(), EnrolmentRules::OFF));
}

#[test]
fn an_item_costs_nearly_all_that_a_leaf_may_cost_whatever_is_drawn() {
	for bytecode in MEASURE_KERNELS {
		let program = Program::decode(bytecode).expect("a kernel");
		let mut machine = Machine::new(&program);
		let mut outputs = Vec::new();
		for params in [[0, 0], [u64::MAX, u64::MAX], [0x0123_4567_89ab_cdef, 42]] {
			let task = Task {
				items: 1 << 22,
				max_units: 1 << 21,
				params: &params,
			};
			for leaf in [0, 1, (1 << 22) - 1] {
				let evaluated = eval_leaf(&program, &task, &Slices(&[]), leaf, &mut machine).expect("it exists");
				assert!((2_000_000..=1 << 21).contains(&evaluated.units), "{}", evaluated.units);
				assert_eq!((evaluated.traps, evaluated.bytes.len()), (0, 1));
				outputs.extend(evaluated.bytes);
			}
		}
		outputs.sort_unstable();
		outputs.dedup();
		assert!(outputs.len() > 4, "they differ: {outputs:?}");
	}
}

#[test]
fn who_shows_its_class_in_time_may_ask() {
	let mut lab = Lab::new("fast", Some(short_tasks()));
	assert_eq!(lab.refused(WORKER, place_ask()), "ProviderNotMeasured");
	let owned = lab.read(|| Balances::free_balance(OWNER.to_account_id()));
	let job = lab.begun();
	let owner_after = lab.read(|| Balances::free_balance(OWNER.to_account_id()));
	assert_eq!(owned - owner_after, JOB_FEE);
	let seen = lab.read(|| Market::job(job).expect("it is live"));
	assert_eq!(
		(seen.requester, seen.escrow, seen.items),
		(lab.read(Market::measurer), 0, 3)
	);
	assert!(seen.terms.public && seen.params.len() == 2 && seen.params[0] != seen.params[1]);
	let drawn = seen.terms.expires;
	assert!(matches!(seen.state, JobState::Assigned { until, .. } if until == drawn + TICKS));
	assert_eq!(lab.refused(WORKER, place_ask()), "ProviderNotMeasured");

	let honest = lab.work(job).honest();
	let root = honest.root();
	let commit = MarketCall::commit_result {
		job,
		root: H256(root.hash),
		units: root.units,
	};
	lab.send(WORKER, commit);
	let (device, now) = (lab.device(), lab.read(Market::clock));
	let expected = DeviceState::Measured {
		class: DeviceClass::Cpu4,
		at: now,
		ticks: now - drawn,
		job,
	};
	assert!((2..=3).contains(&(now - drawn)), "two blocks after the draw");
	assert_eq!((device.state, device.job), (expected, None));
	assert_eq!(lab.read(|| Providers::ineligible(PROVIDER)), None);
	lab.send(WORKER, place_ask());
	lab.check();

	// Its window ends, nobody pays, and the record knows nothing of it.
	let before = lab.record().record;
	let payment = lab.until(10, |event| match event {
		RuntimeEvent::Market(MarketEvent::JobSettled { job: id, payment, .. }) if *id == job => Some(*payment),
		_ => None,
	});
	assert_eq!((payment, lab.record().record), (0, before));
	assert_eq!(lab.device().state, expected);
	let named = targeted(&mut lab);
	lab.send(VICTIM, named);
	lab.check();
}

#[test]
fn a_preset_that_measures_does_so_and_fast_does_not() {
	let mut lab = Lab::new("development", None);
	assert_eq!(lab.refused(WORKER, place_ask()), "ProviderNotMeasured");
	let job = lab.begun();
	assert_eq!(lab.read(|| Market::job(job).expect("it is live").items), 1 << 15);
	// It is not asked here whether it is right.
	let commit = MarketCall::commit_result {
		job,
		root: H256([1; 32]),
		units: 1 << 36,
	};
	lab.send(WORKER, commit);
	lab.send(WORKER, place_ask());
	lab.check();

	let mut lab = Lab::new("fast", None);
	lab.enrol();
	assert_eq!(lab.device().state, DeviceState::Unmeasured);
	lab.send(WORKER, place_ask());
}

#[test]
fn who_only_claims_a_class_earns_nothing_by_it() {
	let mut lab = Lab::new("fast", Some(short_tasks()));
	let job = lab.begun();
	lab.send(WORKER, MarketCall::accept_job { job });
	lab.until(TICKS + 1, failed);
	assert!(matches!(lab.device().state, DeviceState::Failed { .. }));
	let refusal = Some(Ineligible::NotMeasured {
		class: DeviceClass::Cpu4,
	});
	assert_eq!(lab.read(|| Providers::ineligible(PROVIDER)), refusal);
	assert_eq!(lab.refused(WORKER, place_ask()), "ProviderNotMeasured");
	let named = targeted(&mut lab);
	assert_eq!(lab.refused(VICTIM, named), "ProviderNotMeasured");
	let record = lab.record();
	assert_eq!(
		(record.record.late, record.status, record.ledger.active),
		(0, Status::Active, STAKE)
	);
	lab.check();

	// Not at once, but before long it may try again.
	let facts = device(1);
	let again = ProvidersCall::enrol_device { slot: 0, facts };
	assert_eq!(lab.refused(WORKER, again.clone()), "TooSoon");
	lab.wait(short_tasks().retry_ticks);
	lab.send(WORKER, again);
	let other = lab.until(5, begun);
	assert_ne!(other, job);
}

#[test]
fn a_wrong_result_is_refuted_by_anybody_and_costs_the_floor() {
	let mut lab = Lab::new("fast", Some(short_tasks()));
	let job = lab.begun();
	let work = lab.work(job);
	let lie = work.lie(1);
	let commit = MarketCall::commit_result {
		job,
		root: H256(lie.root().hash),
		units: lie.root().units,
	};
	lab.send(WORKER, commit);
	lab.send(WORKER, place_ask());
	assert_eq!(lab.record().load.asks, 1);

	let proof = work.proof(&lie, 0);
	assert_eq!(lab.refused(CHECKER, MarketCall::refute { job, proof }), "NoFraud");
	let before = lab.read(|| Balances::total_balance(&CHECKER.to_account_id()));
	let proof = work.proof(&lie, 1);
	lab.send(CHECKER, MarketCall::refute { job, proof });
	let slashed = lab.events.iter().find_map(|event| match event {
		RuntimeEvent::Market(MarketEvent::JobRefuted { slashed, .. }) => Some(*slashed),
		_ => None,
	});
	assert_eq!(slashed, Some(STAKE));
	assert!(lab.events.iter().any(|event| failed(event).is_some()));
	assert!(matches!(lab.device().state, DeviceState::Failed { .. }));
	let record = lab.record();
	assert!(matches!(record.status, Status::Chilled { .. }));
	assert_eq!((record.record.refuted, record.load.asks, record.measured), (1, 0, 0));
	assert_eq!((record.ledger.active, record.ledger.set_aside), (0, STAKE));
	lab.check();

	// A part of the slash is the refuter's, none is the requester's, and the rest is burned.
	let paid = lab.until(10, |event| match event {
		RuntimeEvent::Providers(Event::SlashPaid {
			to_refuter,
			to_requester,
			burned,
			..
		}) => Some((*to_refuter, *to_requester, *burned)),
		_ => None,
	});
	assert_eq!(paid, (STAKE / 20, 0, STAKE - STAKE / 20));
	let after = lab.read(|| Balances::total_balance(&CHECKER.to_account_id()));
	assert_eq!(after - before, STAKE / 20);
	lab.check();
}

/// One provider that never has anything else to do and always takes all the time there is.
#[test]
fn a_measured_device_computes_for_nothing_for_one_part_in_a_hundred_of_its_time() {
	const BLOCKS: u32 = 3_000;
	let mut lab = Lab::new("fast", Some(short_tasks()));
	let commit = |job: JobId| {
		let root = H256([1; 32]);
		RuntimeCall::from(MarketCall::<Runtime>::commit_result { job, root, units: 0 })
	};
	let job = lab.begun();
	lab.send(WORKER, commit(job));
	lab.send(WORKER, place_ask());
	let (mut open, mut busy, mut times) = (None, 0, 0);
	let mut answers = false;
	let first = lab.read(Market::clock);
	for _ in 0..BLOCKS {
		let now = lab.read(Market::clock);
		let due = open.filter(|(_, until)| *until == now + 1);
		let sent = match due {
			Some((job, _)) => Some(commit(job)),
			None if answers => Some(ProvidersCall::heartbeat {}.into()),
			None => None,
		};
		if let Some(outcome) = lab.attempt(sent.map(|call| (WORKER, call))) {
			outcome.expect("it succeeds");
		}
		if due.is_some() {
			open = None;
		}
		busy += u32::from(open.is_some());
		answers = false;
		for event in &lab.events {
			match event {
				RuntimeEvent::Providers(Event::MeasurementBegun { job, until, .. }) => {
					open = Some((*job, *until));
					times += 1;
				}
				RuntimeEvent::Providers(Event::ProviderSampled { .. }) => answers = true,
				RuntimeEvent::Providers(Event::DeviceFailed { .. }) => panic!("it was in time"),
				_ => (),
			}
		}
	}
	let ticks = lab.read(Market::clock) - first;
	assert!(times >= 2 && ticks > BLOCKS - 10, "{times} times in {ticks} ticks");
	assert!(busy * 100 <= ticks, "{busy} of {ticks} ticks");
	assert_eq!(lab.read(|| Providers::ineligible(PROVIDER)), None);
	lab.check();
}
