//! `millrace kernel`.

mod local;

use super::{
	arguments::KernelCommand,
	print::{grouped, pairs},
	Session,
};
use crate::{
	amount,
	chain::{Call, KernelHash},
	exit::{Code, Failure},
	job::{kernel_hash, read_program},
	job_file::{write_atomically, JobFileError},
	local::estimate,
};
use millrace_kernel::{
	asm::{assemble_with_warnings, disassemble},
	program::Program,
};
use serde_json::{json, Value};
use std::path::Path;

pub(super) async fn run(session: &Session<'_>, command: KernelCommand) -> Result<(), Failure> {
	match command {
		KernelCommand::Build { file, out } => build(session, &file, out.as_deref()),
		KernelCommand::Check { file } => {
			let program = read(session, &file)?;
			let (mut object, mut rows) = facts(&program);
			add_estimate(&program, &mut object, &mut rows);
			hints(session, &program);
			session.printer.show(&object, || pairs(rows));
			Ok(())
		}
		KernelCommand::Run {
			file,
			backend,
			threads,
			check,
		} => local::run(session, &file, backend, threads, check),
		KernelCommand::Bench {
			file,
			backend,
			threads,
			seconds,
		} => local::bench(session, &file, &backend, threads, seconds),
		KernelCommand::Disasm { kernel } => disasm(session, &kernel).await,
		KernelCommand::Register { file } => register(session, &file).await,
		KernelCommand::Retire { hash } => {
			let key = session.key()?;
			let chain = session.chain().await?;
			let included = chain
				.call_final(&Call::RetireKernel { kernel: hash }, key.pair())
				.await?;
			let object = json!({ "kernel": hash, "fee": included.fee.to_string(), "block": included.block.number });
			session.printer.show(&object, || {
				pairs([
					("retired", hash.to_string()),
					("transaction fee", amount::print(included.fee)),
				])
			});
			Ok(())
		}
		KernelCommand::Show { hash } => show(session, hash).await,
	}
}

/// Reads a kernel; hints of the assembler go to standard error.
fn read(session: &Session<'_>, file: &Path) -> Result<Program, Failure> {
	if file.extension().is_none_or(|extension| extension != "mk") {
		return Ok(read_program(file)?);
	}
	let text = std::fs::read_to_string(file).map_err(|source| JobFileError::Read {
		path: file.to_owned(),
		source,
	})?;
	let (program, hints) = assemble_with_warnings(&text).map_err(|error| {
		let invoked: String = error
			.invoked
			.iter()
			.map(|line| format!(", invoked in line {line}"))
			.collect();
		let place = format!(
			"{}, line {}, column {}{invoked}: {}",
			file.display(),
			error.line,
			error.column,
			error.message
		);
		Failure::new(Code::Config, place, error.hint.unwrap_or_default())
	})?;
	for hint in hints {
		session.printer.note(&format!("hint: {}, {hint}", file.display()));
	}
	Ok(program)
}

fn build(session: &Session<'_>, file: &Path, out: Option<&Path>) -> Result<(), Failure> {
	let program = read(session, file)?;
	let out = out.map_or_else(|| file.with_extension("mkb"), Path::to_owned);
	if out == file {
		return Err(Failure::usage(
			"the program would replace its text",
			"name another file with --out",
		));
	}
	write_atomically(&out, &program.encode()).map_err(|error| {
		Failure::new(
			Code::Unexpected,
			error.to_string(),
			"look at the folder and the free space",
		)
	})?;
	let (mut object, mut rows) = facts(&program);
	hints(session, &program);
	if let Some(object) = object.as_object_mut() {
		object.insert("file".to_owned(), out.display().to_string().into());
	}
	rows.push(("file", out.display().to_string()));
	session.printer.show(&object, || pairs(rows));
	Ok(())
}

/// What a program says about itself, for programs and for people.
fn facts(program: &Program) -> (Value, Vec<(&'static str, String)>) {
	let header = program.header();
	let hash = kernel_hash(program);
	let object = json!({
		"kernel": hash,
		"bytes": program.encode().len(),
		"instructions": header.code_len,
		"item_size": header.item_size,
		"inputs": header.inputs,
		"params": header.params,
		"item_cost": program.item_cost(),
		"max_units": header.max_units,
		"max_faults": header.max_faults,
		"items_per_leaf": program.items_per_leaf(),
	});
	let rows = vec![
		("kernel", hash.to_string()),
		("bytes", grouped(program.encode().len())),
		("instructions", grouped(header.code_len)),
		("bytes an item", grouped(header.item_size)),
		("inputs", header.inputs.to_string()),
		("parameters", header.params.to_string()),
		("units of the emptiest item", grouped(program.item_cost())),
		("units an item at most", grouped(header.max_units)),
		("faults an item at most", grouped(header.max_faults)),
		("items a leaf", grouped(program.items_per_leaf())),
	];
	(object, rows)
}

/// What an item may cost, from the program alone.
fn add_estimate(program: &Program, object: &mut Value, rows: &mut Vec<(&'static str, String)>) {
	let header = program.header();
	let cost = estimate(program);
	let faults = cost.loads.min(u32::from(header.max_faults));
	let range = |least: u32, most: u32| {
		if least == most {
			grouped(least)
		} else {
			format!("{} to {}", grouped(least), grouped(most))
		}
	};
	let once = if cost.loops.is_empty() {
		"units of an item"
	} else {
		"units of an item, loops once"
	};
	let of_faults = match faults {
		0 => String::new(),
		faults => format!(", and up to {faults} faults of 128"),
	};
	rows.push((once, range(cost.least, cost.most) + &of_faults));
	for one in &cost.loops {
		rows.push((
			"units of a round",
			format!(
				"{}, of the loop at instruction {}",
				range(one.least, one.most),
				one.instruction
			),
		));
	}
	if let Some(object) = object.as_object_mut() {
		let loops: Vec<Value> = cost
			.loops
			.iter()
			.map(|one| json!({ "instruction": one.instruction, "least": one.least, "most": one.most }))
			.collect();
		object.insert(
			"estimate".to_owned(),
			json!({
				"least": cost.least,
				"most": cost.most,
				"loads": cost.loads,
				"loops": loops,
				"bound": cost.bound(header.max_faults),
			}),
		);
	}
}

/// Says on standard error where the bounds could be better.
fn hints(session: &Session<'_>, program: &Program) {
	let header = program.header();
	if let Some(bound) = estimate(program).bound(header.max_faults) {
		if bound < header.max_units {
			session.printer.note(&format!(
				"hint: no item takes more than {} units; .max_units {} makes the escrow larger than needed",
				grouped(bound),
				grouped(header.max_units)
			));
		} else if bound > header.max_units {
			session.printer.note(&format!(
				"hint: an item may take {} units and traps above .max_units {}",
				grouped(bound),
				grouped(header.max_units)
			));
		}
	}
}

async fn disasm(session: &Session<'_>, kernel: &str) -> Result<(), Failure> {
	let program = if kernel.starts_with("0x") {
		let hash: KernelHash = kernel.parse()?;
		let at = session.chain().await?.finalised().await?;
		let bytes = at.bytecode(hash).await?.ok_or_else(|| unknown(hash))?;
		Program::decode(&bytes).map_err(|error| {
			Failure::new(
				Code::Config,
				format!("{hash} cannot be decoded: {error}"),
				"use a newer version of this program",
			)
		})?
	} else {
		read_program(Path::new(kernel))?
	};
	let text = disassemble(&program);
	session
		.printer
		.show(&json!({ "kernel": kernel_hash(&program), "text": text }), || {
			text.clone()
		});
	Ok(())
}

async fn register(session: &Session<'_>, file: &Path) -> Result<(), Failure> {
	let program = read(session, file)?;
	let hash = kernel_hash(&program);
	let key = session.key()?;
	let chain = session.chain().await?;
	let held_before = chain.finalised().await?.balance(key.account()).await?.held;
	let included = chain
		.call_final(
			&Call::RegisterKernel {
				bytecode: program.encode(),
			},
			key.pair(),
		)
		.await?;
	let at = chain.at_hash(included.block.hash).await?;
	let deposit = at.balance(key.account()).await?.held.saturating_sub(held_before);
	let object = json!({
		"kernel": hash,
		"deposit": deposit.to_string(),
		"fee": included.fee.to_string(),
		"block": included.block.number,
	});
	session.printer.show(&object, || {
		pairs([
			("kernel", hash.to_string()),
			("deposit held", amount::print(deposit)),
			("transaction fee", amount::print(included.fee)),
			("final in block", included.block.number.to_string()),
		])
	});
	Ok(())
}

async fn show(session: &Session<'_>, hash: KernelHash) -> Result<(), Failure> {
	let at = session.chain().await?.finalised().await?;
	let record = at.kernel(hash).await?.ok_or_else(|| unknown(hash))?;
	let object = json!({
		"kernel": hash,
		"owner": record.owner.to_string(),
		"item_size": record.item_size,
		"inputs": record.inputs,
		"params": record.params,
		"item_cost": record.item_cost,
		"max_units": record.max_units,
		"max_faults": record.max_faults,
		"items_per_leaf": record.items_per_leaf,
		"retired": record.retired,
	});
	session.printer.show(&object, || {
		pairs([
			("kernel", hash.to_string()),
			("owner", record.owner.to_string()),
			("bytes an item", grouped(record.item_size)),
			("inputs", record.inputs.to_string()),
			("parameters", record.params.to_string()),
			("units of the emptiest item", grouped(record.item_cost)),
			("units an item at most", grouped(record.max_units)),
			("faults an item at most", grouped(record.max_faults)),
			("items a leaf", grouped(record.items_per_leaf)),
			(
				"retired",
				record
					.retired
					.map_or_else(|| "no".to_owned(), |tick| format!("at tick {tick}")),
			),
		])
	});
	Ok(())
}

fn unknown(hash: KernelHash) -> Failure {
	Failure::new(
		Code::Config,
		format!("no kernel is registered as {hash}"),
		"`millrace kernel register FILE` registers one",
	)
}
