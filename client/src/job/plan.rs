//! From a job file to a specification and its worst cost. Nothing is signed and nothing is sent here.

mod target;

pub(super) use self::target::stake_needed;
use self::target::{check_stake, target, terms};
use super::{
	inputs::{Input, Shelf},
	JobError,
};
use crate::{
	amount::Balance,
	chain::{to_hex, At, ClassFigures, JobSpec, KernelHash, Pool, Price, Rules, Target, H256},
	job_file::{Buy, JobFile, JobFileError, Kernel, MAX_INPUT_BYTES},
};
use millrace_kernel::{
	asm::assemble,
	program::{Program, MAX_PROGRAM_BYTES},
	tree::Blake2b,
};
use std::path::Path;

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
	/// Held for the storage that the job takes, at most. All of it returns, so it is no part of the cost.
	pub deposit: Balance,
	/// An estimate of the transaction fees of all calls of this run; of a call for several jobs its share.
	pub transaction_fees: Balance,
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

/// What a job is made of, whoever is asked to do it.
#[derive(Clone, Debug)]
pub(super) struct Parts {
	pub(super) rules: Rules,
	program: Program,
	kernel: KernelHash,
	/// Whether the kernel must be registered first.
	pub(super) registers: bool,
	max_units: u32,
	inputs: Vec<Input>,
	output_bytes: u64,
	/// Most units of all items.
	units_max: u64,
}

impl Parts {
	/// Reads what the job file names, and checks it against the kernel and the chain's rules.
	pub(super) async fn read(at: &At, file: &JobFile) -> Result<Parts, JobError> {
		let rules = open_market(at).await?;
		let kernel = load_kernel(at, &file.kernel).await?;
		Parts::of(file, rules, kernel, &mut Shelf::default())
	}

	/// The same with the rules and the file's kernel at hand; inputs that are on the shelf are not read again.
	pub(super) fn of<'a>(
		file: &'a JobFile,
		rules: Rules,
		kernel: Loaded,
		shelf: &mut Shelf<'a>,
	) -> Result<Parts, JobError> {
		let Loaded {
			program,
			hash: kernel,
			registers,
		} = kernel;
		let max_units = check_counts(file, &program)?;
		let inputs = shelf.read(&file.inputs, rules.inputs_max.min(MAX_INPUT_BYTES))?;
		let output_bytes = u64::from(file.items).saturating_mul(u64::from(program.header().item_size));
		if let Some(output) = &file.output {
			output.format.check(output_bytes)?;
		}
		Ok(Parts {
			rules,
			program,
			kernel,
			registers,
			max_units,
			inputs,
			output_bytes,
			units_max: u64::from(file.items).saturating_mul(u64::from(max_units)),
		})
	}

	/// Units that moving the bytes is worth in a class.
	fn data_units(&self, figures: &ClassFigures) -> u128 {
		let input_bytes: u64 = self.inputs.iter().map(|input| u64::from(input.reference.len)).sum();
		u128::from(input_bytes.saturating_add(self.output_bytes)) * u128::from(figures.units_per_byte)
	}

	/// What the job holds at a price in a class.
	pub(super) fn escrow(&self, price: Price, figures: &ClassFigures) -> Balance {
		let worst = self.data_units(figures) + u128::from(self.units_max);
		price.ceil(worst).max(self.rules.min_job)
	}

	/// The job as it would be submitted, and its worst cost; what the transactions cost is still to be said.
	pub(super) async fn draft(&self, at: &At, file: &JobFile, buy: &Buy) -> Result<Plan, JobError> {
		let (target, price, class) = target(at, buy, file.offer.minima, &self.rules, self.output_bytes).await?;
		let figures = at
			.class(class)?
			.ok_or_else(|| JobError::NoSupply(Pool { class, region: 0 }))?;
		let terms = terms(file, &self.rules, &figures, self.units_max, target, at.tick().await?)?;
		let escrow = self.escrow(price, &figures);
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
			kernel: self.kernel,
			params: file.params.clone(),
			inputs: self.inputs.iter().map(|input| input.reference).collect(),
			items: file.items,
			max_units: self.max_units,
			data_key: [0; 32],
			terms,
		};
		let cost = WorstCost {
			price,
			data_units: self.data_units(&figures),
			units_max: self.units_max,
			escrow,
			job_fees: self.rules.job_fee.saturating_mul(JOB_FEES),
			deposit: deposit(&self.rules, spec.params.len(), spec.inputs.len()),
			transaction_fees: 0,
		};
		Ok(Plan {
			program: self.program.clone(),
			kernel: self.kernel,
			registers: self.registers,
			inputs: self.inputs.clone(),
			spec,
			cost,
		})
	}
}

/// What is held for a job's storage, at most.
fn deposit(rules: &Rules, params: usize, inputs: usize) -> Balance {
	/// Bytes of a live job beside its parameters and inputs, at most.
	const RECORD: Balance = 400;
	/// Bytes of a parameter.
	const PARAM: Balance = 8;
	/// Bytes of an input: its root and its length.
	const INPUT: Balance = 36;
	let bytes = RECORD + PARAM * params as Balance + INPUT * inputs as Balance;
	rules
		.job_deposit
		.saturating_add(rules.byte_deposit.saturating_mul(bytes))
}

/// The rules of the market, if it takes jobs.
pub(super) async fn open_market(at: &At) -> Result<Rules, JobError> {
	if at.halted().await? {
		return Err(JobError::Halted);
	}
	Ok(at.rules()?)
}

/// A kernel, and whether the chain knows it.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
	program: Program,
	pub(super) hash: KernelHash,
	/// Whether it must be registered first.
	registers: bool,
}

/// Reads a kernel, and asks the chain about it.
pub(super) async fn load_kernel(at: &At, kernel: &Kernel) -> Result<Loaded, JobError> {
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
		known => Ok(Loaded {
			program,
			hash,
			registers: known.is_none(),
		}),
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

/// A root as people compare it: its first and last digits.
pub(crate) fn short_root(root: &H256) -> String {
	let text = to_hex(&root.0);
	format!("{}…{}", &text[..10], &text[text.len() - 8..])
}
