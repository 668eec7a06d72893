//! From a job file to a specification and its worst cost. Nothing is signed and nothing is sent here.

use super::{
	inputs::{read_inputs, Input},
	JobError,
};
use crate::{
	amount::Balance,
	chain::{
		to_hex, At, Call, Chain, ClassFigures, DeviceClass, JobSpec, KernelHash, Level, Pool, Price, ProviderFilter,
		ProviderView, Rules, Status, Target, Terms, Tick, H256,
	},
	job_file::{Buy, JobFile, JobFileError, Kernel, MAX_INPUT_BYTES},
	keys::Key,
};
use millrace_kernel::{
	asm::assemble,
	program::{Program, MAX_PROGRAM_BYTES},
	tree::Blake2b,
};
use std::path::Path;

/// Ticks for which a job may wait for a provider where the job file says nothing.
const EXPIRES_IN: Tick = 400;
/// Assignments that a job prepays.
pub const JOB_FEES: Balance = 3;

/// A job that could be submitted.
#[derive(Clone, Debug)]
pub struct Plan {
	/// The kernel.
	pub program: Program,
	/// Its hash.
	pub kernel: KernelHash,
	/// Whether the kernel must be registered first.
	pub registers: bool,
	/// The inputs.
	pub inputs: Vec<Input>,
	/// The specification; its data key is still zero.
	pub spec: JobSpec,
	/// What it holds and costs in the worst case.
	pub cost: WorstCost,
}

/// What a job holds and costs in the worst case. Money in planck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WorstCost {
	/// The price that is bid.
	pub price: Price,
	/// Units that moving the bytes is worth.
	pub data_units: u128,
	/// Most units of all items.
	pub units_max: u64,
	/// Held for the payment.
	pub escrow: Balance,
	/// Held for the job fees.
	pub job_fees: Balance,
	/// An estimate of the transaction fees of all calls of this run.
	pub transaction_fees: Balance,
}

impl WorstCost {
	/// All of it.
	pub fn total(&self) -> Balance {
		self.escrow
			.saturating_add(self.job_fees)
			.saturating_add(self.transaction_fees)
	}
}

/// Reads a kernel's text (`.mk`) or encoding (anything else).
///
/// # Errors
/// The file cannot be read or is no kernel.
pub fn read_program(path: &Path) -> Result<Program, JobFileError> {
	let read_error = |source| JobFileError::Read {
		path: path.to_owned(),
		source,
	};
	let bad = |problem: String| JobFileError::Kernel {
		path: path.to_owned(),
		problem,
	};
	let bytes = std::fs::read(path).map_err(read_error)?;
	if path.extension().is_some_and(|extension| extension == "mk") {
		let text = String::from_utf8(bytes).map_err(|_| bad("it is not UTF-8 text".to_owned()))?;
		return assemble(&text).map_err(|error| bad(error.to_string()));
	}
	if bytes.len() > MAX_PROGRAM_BYTES {
		return Err(bad(format!(
			"it has {} bytes, and a kernel at most {MAX_PROGRAM_BYTES}",
			bytes.len()
		)));
	}
	Program::decode(&bytes).map_err(|error| bad(error.to_string()))
}

/// The hash under which a program is registered.
pub fn kernel_hash(program: &Program) -> KernelHash {
	KernelHash(program.hash::<Blake2b>())
}

impl Plan {
	/// Reads what the job file names, checks it against the kernel and the chain's rules at `at`, and computes the worst
	/// cost.
	///
	/// # Errors
	/// [`JobError`]; whatever the chain would refuse is refused here, with the numbers.
	pub async fn make(chain: &Chain, at: &At, file: &JobFile, key: &Key) -> Result<Plan, JobError> {
		if at.halted().await? {
			return Err(JobError::Halted);
		}
		let rules = at.rules()?;
		let (program, kernel, registers) = load_kernel(at, &file.kernel).await?;
		let max_units = check_counts(file, &program)?;

		let inputs = read_inputs(&file.inputs, rules.inputs_max.min(MAX_INPUT_BYTES))?;
		let output_bytes = u64::from(file.items).saturating_mul(u64::from(program.header().item_size));
		if let Some(output) = &file.output {
			output.format.check(output_bytes)?;
		}
		let (target, price, class) = target(at, &file.offer.buy, &rules, output_bytes).await?;
		let figures = at
			.class(class)?
			.ok_or_else(|| JobError::NoSupply(Pool { class, region: 0 }))?;
		let units_max = u64::from(file.items).saturating_mul(u64::from(max_units));
		let terms = terms(file, &rules, &figures, units_max, target, at.tick().await?)?;

		let input_bytes: u64 = inputs.iter().map(|input| u64::from(input.reference.len)).sum();
		let data_units = u128::from(input_bytes.saturating_add(output_bytes)) * u128::from(figures.units_per_byte);
		let escrow = price.ceil(data_units + u128::from(units_max)).max(rules.min_job);
		if matches!(target, Target::Book { .. }) && escrow > figures.book_job_max() {
			return Err(JobError::TooExpensiveForBook {
				escrow,
				most: figures.book_job_max(),
			});
		}
		if let Target::Provider { provider, .. } = target {
			check_stake(at, provider, escrow, &figures).await?;
		}

		let spec = JobSpec {
			kernel,
			params: file.params.clone(),
			inputs: inputs.iter().map(|input| input.reference).collect(),
			items: file.items,
			max_units,
			data_key: [0; 32],
			terms,
		};
		let job_fees = rules.job_fee.saturating_mul(JOB_FEES);
		let transaction_fees = estimate_fees(chain, at, key, &spec, registers.then_some(&program)).await?;
		let cost = WorstCost {
			price,
			data_units,
			units_max,
			escrow,
			job_fees,
			transaction_fees,
		};
		Ok(Plan {
			program,
			kernel,
			registers,
			inputs,
			spec,
			cost,
		})
	}

	/// Checks that the account can pay the worst case, and that this is not above `most`.
	///
	/// # Errors
	/// [`JobError::AboveMaxCost`], [`JobError::TooPoor`].
	pub async fn check_money(&self, at: &At, key: &Key, most: Option<Balance>) -> Result<(), JobError> {
		let worst = self.cost.total();
		if let Some(most) = most.filter(|most| worst > *most) {
			return Err(JobError::AboveMaxCost { worst, most });
		}
		let has = at.balance(key.account()).await?.spendable(at.existential_deposit()?);
		if has < worst {
			return Err(JobError::TooPoor {
				account: key.account(),
				needs: worst,
				has,
			});
		}
		Ok(())
	}
}

/// The kernel's program and hash, and whether it must be registered.
async fn load_kernel(at: &At, kernel: &Kernel) -> Result<(Program, KernelHash, bool), JobError> {
	let program = match kernel {
		Kernel::Text(path) | Kernel::Binary(path) => read_program(path)?,
		Kernel::Hash(hash) => {
			let bytes = at.bytecode(*hash).await?.ok_or(JobError::UnknownKernel(*hash))?;
			Program::decode(&bytes).map_err(|error| JobError::BadKernel {
				kernel: *hash,
				reason: error.to_string(),
			})?
		}
	};
	let hash = kernel_hash(&program);
	match at.kernel(hash).await? {
		Some(record) if record.retired.is_some() => Err(JobError::Retired(hash)),
		Some(_) => Ok((program, hash, false)),
		None => Ok((program, hash, true)),
	}
}

/// Compares what the job brings with what the kernel declares; returns the bound of units for one item.
fn check_counts(file: &JobFile, program: &Program) -> Result<u32, JobError> {
	let header = program.header();
	for (what, needs, has) in [
		("parameters", usize::from(header.params), file.params.len()),
		("inputs", usize::from(header.inputs), file.inputs.len()),
	] {
		if needs != has {
			return Err(JobError::WrongCount { what, needs, has });
		}
	}
	let max_units = file.max_units.unwrap_or(header.max_units);
	let (least, most) = (program.item_cost(), header.max_units);
	if !(least..=most).contains(&max_units) {
		return Err(JobError::MaxUnits {
			has: max_units,
			least,
			most,
		});
	}
	Ok(max_units)
}

/// Whom to ask at which price, and the class that sets the figures.
async fn target(
	at: &At,
	buy: &Buy,
	rules: &Rules,
	output_bytes: u64,
) -> Result<(Target, Price, DeviceClass), JobError> {
	let fits = |most: u64, rule: &'static str| {
		if output_bytes > most {
			return Err(JobError::TooLarge {
				what: "the output",
				has: output_bytes,
				most,
				rule,
			});
		}
		Ok(())
	};
	match *buy {
		Buy::Book { pool, level } => {
			fits(rules.book_output_max, "the book allows")?;
			let level = match level {
				Some(level) => level,
				None => lowest_ask(at, pool).await?.ok_or(JobError::NoSupply(pool))?,
			};
			Ok((Target::Book { pool, level }, level.price(), pool.class))
		}
		Buy::Provider { provider, price } => {
			fits(rules.output_max, "the chain allows")?;
			let view = at.provider(provider).await?;
			let refused = |reason: String| JobError::NotEligible { provider, reason };
			let view: ProviderView = view.ok_or_else(|| refused("there is none".to_owned()))?;
			if view.status != Status::Active {
				return Err(refused(format!("it is {}", view.status.name())));
			}
			if !view.terms.takes_targets {
				return Err(refused("its owner takes no jobs that name it".to_owned()));
			}
			if price < view.terms.min_price {
				return Err(refused(format!("its owner wants at least {}", view.terms.min_price)));
			}
			let class = view.terms.class;
			if view.measured == 0 && at.enrolment_rules().await?.measures(class) {
				return Err(refused(format!(
					"no device of it has shown that it is of class {class}"
				)));
			}
			Ok((Target::Provider { provider, price }, price, class))
		}
	}
}

/// The lowest level at which somebody stands in the pool's book now.
async fn lowest_ask(at: &At, pool: Pool) -> Result<Option<Level>, JobError> {
	let mut lowest = None;
	let serving = ProviderFilter {
		class: Some(pool.class),
		region: Some(pool.region),
		eligible: true,
		..ProviderFilter::default()
	};
	for provider in at.providers_where(&serving).await? {
		for ask in at.asks(provider.id).await? {
			lowest = Some(lowest.map_or(ask.level, |level: Level| level.min(ask.level)));
		}
	}
	Ok(lowest)
}

/// A targeted job needs a provider whose stake is twelve times its escrow.
async fn check_stake(at: &At, provider: u32, escrow: Balance, figures: &ClassFigures) -> Result<(), JobError> {
	const STAKE_MULTIPLE: Balance = 12;
	let Some(view) = at.provider(provider).await? else {
		return Ok(());
	};
	let floor = figures.floor.saturating_mul(Balance::from(view.terms.lanes));
	let needs = escrow.saturating_mul(STAKE_MULTIPLE).max(floor);
	if view.active < needs {
		let reason = format!(
			"its stake is {}, and this job needs {}",
			crate::amount::print(view.active),
			crate::amount::print(needs)
		);
		return Err(JobError::NotEligible { provider, reason });
	}
	Ok(())
}

fn terms(
	file: &JobFile,
	rules: &Rules,
	figures: &ClassFigures,
	units_max: u64,
	target: Target,
	now: Tick,
) -> Result<Terms, JobError> {
	let check = |key: &'static str, has: u64, least: u64, most: u64| -> Result<Tick, JobError> {
		match Tick::try_from(has) {
			Ok(tick) if (least..=most).contains(&has) => Ok(tick),
			_ => Err(JobError::Time { key, has, least, most }),
		}
	};
	let computing = units_max.div_ceil(figures.units_per_tick.max(1));
	let least_run = computing.saturating_add(u64::from(rules.run_slack));
	let run = file.offer.run_ticks.map_or(least_run, u64::from);
	let window = u64::from(file.offer.window.unwrap_or(rules.window));
	let (least_window, most_window) = match target {
		Target::Book { .. } => (rules.window, rules.window),
		Target::Provider { .. } => (rules.window_min, rules.window_max),
	};
	let expires_in = u64::from(file.offer.expires_in.unwrap_or(EXPIRES_IN.min(rules.expiry_max)));
	let expires_in = check("expires_in", expires_in, 1, u64::from(rules.expiry_max))?;
	Ok(Terms {
		target,
		public: file.public,
		run_ticks: check("run_ticks", run, least_run, u64::from(rules.run_max))?,
		window: check("window", window, u64::from(least_window), u64::from(most_window))?,
		expires: now.saturating_add(expires_in),
	})
}

/// What the transactions of a run should cost together.
async fn estimate_fees(
	chain: &Chain,
	at: &At,
	key: &Key,
	spec: &JobSpec,
	registers: Option<&Program>,
) -> Result<Balance, JobError> {
	let mut calls = vec![
		Call::SubmitJob { spec: spec.clone() },
		// Free when it succeeds, but its fee is withdrawn first.
		Call::SettleNow {
			job: crate::chain::JobId::default(),
		},
	];
	calls.extend(registers.map(|program| Call::RegisterKernel {
		bytecode: program.encode(),
	}));
	let mut sum: Balance = 0;
	for call in &calls {
		sum = sum.saturating_add(chain.estimate_fee(at, call, key.pair()).await?);
	}
	Ok(sum)
}

/// A root as people compare it: its first and last digits.
pub(crate) fn short_root(root: &H256) -> String {
	let text = to_hex(&root.0);
	format!("{}…{}", &text[..10], &text[text.len() - 8..])
}
