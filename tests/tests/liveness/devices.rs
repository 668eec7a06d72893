//! Classes are measured: who computes what was drawn may ask, who only claims may not, and whoever lies about it is found.
//!
//! The first device is a real worker's. The others are played: the test holds their workers' keys and commits for them.

use crate::{
	chronicle::{AskPlaced, AskWithdrawn, Cause, DeviceFailed, DeviceMeasured, JobSettled, MeasurementBegun},
	world::{
		key, measure_kernel, mill, Provider, World, BOND, DRAW, FLOOR, JOB_FEE, MEASURE_ITEMS, MEASURE_TEXT,
		MEASURE_TICKS, REST,
	},
};
use millrace_client::chain::{
	Call, DeviceFacts, DeviceState, JobId, JobSpec, JobState, JobView, Level, Minima, Price, ProviderId, Status,
	Target, Terms, H256,
};
use millrace_compute::{Options, Runner};
use millrace_kernel::{
	asm::assemble,
	eval::Task,
	proof::{prove, Commitment},
	tree::{output_leaf, output_path, output_root, Blake2b, SumNode},
};

/// Units of a whole measurement: every item takes as many.
const UNITS: u64 = MEASURE_ITEMS as u64 * ITEM_UNITS;
/// Units of an item, as `millrace kernel run` counts them.
const ITEM_UNITS: u64 = 2_096_032;
/// The leaf of which a lie is.
const WRONG: usize = 77;

/// A real worker enrols its device, shows what it can, asks by itself, and does it again when it is idle.
pub(crate) fn shown(world: &World, provider: &mut Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	let owner = provider.owner.account();
	let first = chronicle.now().block;
	let before = world.total(owner, first);
	provider.start();

	let (begun, task) = chronicle.wait_for("its task", first, |event: &MeasurementBegun| event.provider == id);
	let (shown, device) = chronicle.wait_for("its result", first, |event: &DeviceMeasured| event.provider == id);
	let (asked, _) = chronicle.wait_for("its ask", first, |event: &AskPlaced| event.provider == id);
	assert_eq!((task.slot, device.job), (0, task.job));
	assert_eq!(task.until, begun.hook + MEASURE_TICKS);
	assert!(device.ticks <= MEASURE_TICKS && shown.tick <= task.until, "{device:?}");
	assert!(
		asked.block >= shown.block,
		"it asked at {asked:?}, before it was measured at {shown:?}"
	);

	let (again, _) = chronicle.wait_for("the next task", shown.block, |event: &MeasurementBegun| {
		event.provider == id
	});
	assert!(
		again.hook >= shown.tick + REST * MEASURE_TICKS,
		"measured at {shown:?} and again at {again:?}"
	);
	let (last, repeat) = chronicle.wait_for("the next result", again.block, |event: &DeviceMeasured| {
		event.provider == id
	});
	let settled = [task.job, repeat.job]
		.map(|job| chronicle.wait_for("the end of its window", first, |event: &JobSettled| event.job == job));
	assert!(settled
		.iter()
		.all(|(_, end)| (end.payment, end.fee, end.lapsed) == (0, 0, true)));
	let lost = chronicle.all(first, |event: &AskWithdrawn| event.provider == id);
	assert!(lost.is_empty(), "its ask stands all the time: {lost:?}");

	let end = settled.iter().map(|(at, _)| at.block).max().expect("there are two");
	let begun = chronicle.all(first, |event: &MeasurementBegun| event.provider == id);
	let fees = JOB_FEE * begun.iter().filter(|(at, _)| at.block <= end).count() as u128;
	assert_eq!(before - world.total(owner, end), fees, "a job fee each");
	let view = world.view(id);
	assert_eq!((view.record.completed, view.record.late, view.record.paid), (0, 0, 0));
	assert_eq!((view.devices, view.measured), (1, 1));
	println!(
		"shown | task at tick {}, committed after {} ticks, asked at once | again at tick {}, {} ticks after the result, in \
		 {} ticks | owner paid {}, nobody was paid",
		task.until - MEASURE_TICKS,
		device.ticks,
		last.tick - repeat.ticks,
		again.hook - shown.tick,
		repeat.ticks,
		mill(fees),
	);
}

/// Who claims a class and computes nothing may neither ask nor take a job, and pays no more than the job fee.
pub(crate) fn claimed(world: &World, provider: &Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	chronicle.wake(id, provider.worker.clone());
	refused(provider, &ask(), "ProviderNotMeasured");
	let task = enrol(world, provider);
	refused(provider, &enrolment(provider), "DeviceBusy");
	let (failed, _) = chronicle.wait_for("its failure", 1, |event: &DeviceFailed| event.provider == id);
	// The market's hook collects it at the first tick after its time.
	assert_eq!(failed.tick, task.until + 1);
	refused(provider, &ask(), "ProviderNotMeasured");

	let offer = offer(world, id);
	let sent = world.block_on(world.chain.call(&offer, key("east", "requester").pair()));
	let error = sent.expect_err("it is not measured").to_string();
	assert!(error.contains("ProviderNotMeasured"), "{error}");
	let view = world.view(id);
	assert_eq!((view.active, view.set_aside, view.status), (BOND, 0, Status::Active));
	assert_eq!((view.record.late, view.record.no_show, view.measured), (0, 0, 0));
	println!(
		"claimed | task until tick {}, nothing came | failed at tick {} | neither ask nor job, stake {} before and after",
		task.until,
		failed.tick,
		mill(view.active),
	);
}

/// A root that no bytes lead to passes, until a stranger demands leaves of it.
pub(crate) fn made_up(world: &World, provider: &Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	chronicle.wake(id, provider.worker.clone());
	let task = enrol(world, provider);
	let job = JobId(task.job.0);
	commit(world, provider, job, H256([9; 32]), UNITS);
	provider.call(&ask());
	let call = Call::Demand {
		job,
		leaves: vec![3, 90],
	};
	let demanded = world.block_on(world.chain.call(&call, key("west", "requester").pair()));
	let demanded = demanded.expect("anybody may");
	let demanded = chronicle.reach(demanded.block.number);

	let (failed, _) = chronicle.wait_for("its failure", demanded.block, |event: &DeviceFailed| {
		event.provider == id
	});
	chronicle.wait_for("the end of its ask", failed.block, |event: &AskWithdrawn| {
		event.provider == id
	});
	let view = world.view(id);
	// Two parts in a hundred of the floor.
	let slashed = FLOOR / 50;
	assert_eq!((view.active, view.set_aside), (BOND - slashed, slashed));
	assert_eq!((view.record.silent, view.measured), (1, 0));
	let [(_, slash)] = world.slashes(id)[..] else {
		panic!("one slash: {:?}", world.slashes(id));
	};
	assert_eq!(slash.cause, Cause::Silence);
	refused(provider, &ask(), "ProviderNotMeasured");
	println!(
		"made up | a root of nothing passed for {} ticks | a stranger demanded two leaves at tick {} | failed at tick {}, {} \
		 are slashed",
		failed.tick - demanded.tick,
		demanded.tick,
		failed.tick,
		mill(slashed),
	);
}

/// One wrong byte of one leaf: a stranger that has the leaves refutes it, as any other result.
pub(crate) fn wrong(world: &World, provider: &Provider<'_>) {
	let (chronicle, id) = (&world.chronicle, provider.id);
	chronicle.wake(id, provider.worker.clone());
	let task = enrol(world, provider);
	let view = measurement(world, JobId(task.job.0));
	let lie = Lie::about(&view);
	commit(world, provider, view.id, H256(lie.root.hash), lie.root.units);
	provider.call(&ask());

	let refuter = key("south", "requester");
	let before = world.block_on(async {
		let balance = world.best().await.balance(refuter.account()).await;
		balance.expect("a balance").total()
	});
	let call = Call::Refute {
		job: view.id,
		proof: Box::new(lie.proof(&view)),
	};
	let refuted = world.block_on(world.chain.call(&call, refuter.pair()));
	let refuted = refuted.expect("the proof stands");
	assert_eq!(refuted.fee, 0, "success is free");
	let at = chronicle.reach(refuted.block.number);
	let (failed, _) = chronicle.wait_for("its failure", at.block, |event: &DeviceFailed| event.provider == id);
	assert_eq!(failed.block, at.block, "in the same block");
	let record = world.view(id);
	assert!(matches!(record.status, Status::Chilled { .. }), "{:?}", record.status);
	assert_eq!((record.active, record.set_aside), (BOND - FLOOR, FLOOR));
	assert_eq!((record.record.refuted, record.measured), (1, 0));

	// A twentieth for the refuter; the requester is nobody's, so its part burns with the rest.
	let bounty = FLOOR / 20;
	let after = world.wait("the bounty", async |at| {
		let balance = at.balance(refuter.account()).await.expect("a balance").total();
		(balance > before).then_some(balance)
	});
	assert_eq!(after - before, bounty);
	println!(
		"wrong | leaf {WRONG} of {MEASURE_ITEMS} refuted at tick {} | chilled, {} are slashed | {} to the refuter",
		at.tick,
		mill(FLOOR),
		mill(bounty),
	);
}

/// A device is enrolled once, and free again when it was removed.
pub(crate) fn once(world: &World, provider: &Provider<'_>, other: &Provider<'_>) {
	let facts = facts(provider.id);
	let of_another = Call::EnrolDevice { slot: 0, facts };
	refused(other, &of_another, "DeviceTaken");
	let remove = Call::RemoveDevice {
		provider: provider.id,
		slot: 0,
	};
	let removed = world.block_on(world.chain.call(&remove, provider.owner.pair()));
	removed.expect("its owner may");
	other.call(&of_another);
	println!("once | a device that is enrolled was refused elsewhere, and taken there when its owner had removed it");
}

/// A lie about a measurement.
struct Lie {
	leaves: Vec<SumNode>,
	root: SumNode,
}

impl Lie {
	/// What the job gives, but for one byte.
	fn about(job: &JobView) -> Lie {
		let program = assemble(MEASURE_TEXT).expect("a kernel");
		let task = task_of(job);
		let computed = Runner::reference()
			.run(&program, &task, &[], &Options::default())
			.expect("it runs");
		assert_eq!(computed.root.units, UNITS);
		let mut output = computed.output;
		output[WRONG] ^= 1;
		let leaf = |(index, byte): (u64, &u8)| output_leaf::<Blake2b>(index, &[*byte], ITEM_UNITS, 0);
		let leaves: Vec<SumNode> = (0..).zip(&output).map(leaf).collect();
		let root = output_root::<Blake2b>(&leaves).expect("the sum is small");
		Lie { leaves, root }
	}

	fn proof(&self, job: &JobView) -> millrace_kernel::proof::LeafProof {
		let program = assemble(MEASURE_TEXT).expect("a kernel");
		let commitment = Commitment {
			program: &program,
			task: task_of(job),
			inputs: &[],
			root: self.root,
		};
		let pairs = output_path::<Blake2b>(&self.leaves, WRONG as u32).expect("the sum is small");
		prove::<Blake2b>(&commitment, &[], WRONG as u32, pairs).expect("the job fits its kernel")
	}
}

fn task_of(job: &JobView) -> Task<'_> {
	Task {
		items: job.spec.items,
		max_units: job.spec.max_units,
		params: &job.spec.params,
	}
}

fn ask() -> Call {
	let level = Level::at_least(Price(30_000_000)).expect("a level");
	Call::PlaceAsk { slot: 0, level }
}

/// A device that is like no other.
fn facts(provider: ProviderId) -> DeviceFacts {
	DeviceFacts {
		model: "Played".to_owned(),
		memory: 1 << 30,
		compute_capability: None,
		driver: "none".to_owned(),
		uuid_hash: [provider as u8 + 1; 32],
	}
}

fn enrolment(provider: &Provider<'_>) -> Call {
	Call::EnrolDevice {
		slot: 0,
		facts: facts(provider.id),
	}
}

/// Enrols the device of a provider that is played, and waits for its task.
fn enrol(world: &World, provider: &Provider<'_>) -> MeasurementBegun {
	let (chronicle, id) = (&world.chronicle, provider.id);
	let call = enrolment(provider);
	let done = world.block_on(world.chain.call(&call, provider.worker.pair()));
	let done = done.unwrap_or_else(|error| panic!("{}: {error}", provider.name));
	let asked = chronicle.reach(done.block.number);
	let (begun, task) = chronicle.wait_for("its task", asked.block, |event: &MeasurementBegun| event.provider == id);
	assert!(
		begun.hook >= asked.tick + DRAW,
		"asked at {asked:?}, drawn at {begun:?}"
	);
	let job = measurement(world, JobId(task.job.0));
	assert_eq!((job.escrow, job.price, job.job_fee), (0, Price(0), 0));
	assert_eq!((job.spec.kernel, job.spec.items), (measure_kernel(), MEASURE_ITEMS));
	assert!(job.spec.terms.public && job.spec.params.len() == 2 && job.spec.params[0] != job.spec.params[1]);
	assert_eq!(
		job.spec.terms.target,
		Target::Provider {
			provider: id,
			price: Price(0),
			minima: Minima::default()
		}
	);
	assert!(
		matches!(job.state, JobState::Assigned { until, .. } if until == task.until),
		"{:?}",
		job.state
	);
	task
}

fn measurement(world: &World, job: JobId) -> JobView {
	world.block_on(async {
		let found = world.best().await.job(job).await.expect("an answer");
		found.expect("it is live")
	})
}

/// Commits a result and sees that the device counts from then on.
fn commit(world: &World, provider: &Provider<'_>, job: JobId, root: H256, units: u64) {
	let fee = provider.call(&Call::CommitResult { job, root, units });
	assert_eq!(fee, 0, "the job fee has paid for it");
	world.wait("the measured device", async |at| {
		let devices = at.devices(provider.id).await.expect("devices");
		let (_, device) = devices.first()?;
		matches!(device.state, DeviceState::Measured { job: by, .. } if by == job).then_some(())
	});
}

/// The chain refuses a call of the provider's worker with this error.
fn refused(provider: &Provider<'_>, call: &Call, error: &str) {
	let world = provider.world;
	let refusal = world.block_on(world.chain.call(call, provider.worker.pair()));
	let refusal = format!("{:?}", refusal.map(|done| done.block).expect_err("it is refused"));
	assert!(refusal.contains(error), "{}: {refusal}, not {error}", provider.name);
}

/// The smallest job that names the provider.
fn offer(world: &World, provider: ProviderId) -> Call {
	let tick = world.block_on(async { world.best().await.tick().await.expect("the clock") });
	let spec = JobSpec {
		kernel: measure_kernel(),
		params: vec![1, 2],
		inputs: Vec::new(),
		items: 1,
		max_units: 1 << 21,
		data_key: [7; 32],
		terms: Terms {
			target: Target::Provider {
				provider,
				price: Price(30_000_000),
				minima: Minima::default(),
			},
			public: true,
			run_ticks: 150,
			window: 8,
			expires: tick + 100,
		},
	};
	Call::SubmitJob { spec }
}
