//! Errors made on purpose. A comparison that finds nothing is worth what it would have found, so each of these is one
//! that a backend could have, and must be found.

use std::{
	sync::{
		atomic::{AtomicUsize, Ordering},
		Mutex, PoisonError,
	},
	thread,
};

use millrace_kernel::leaf::Leaf;

use crate::{
	backend::{Backend, Cpu, Ptx, Reference},
	case::Case,
	compare::{first_mismatch, Mismatch},
	generate,
};

mod program;
mod text;

/// What a wrong backend makes of a case; `None` where its error cannot show.
type Wrong = Box<dyn Fn(&Case) -> Option<Result<Vec<Leaf>, String>> + Sync>;

/// One error.
pub struct Plant {
	/// What is wrong, in a few words.
	pub name: String,
	/// Whether the backend may fail instead of giving another result.
	pub may_fail: bool,
	run: Wrong,
}

/// Where an error was found.
#[derive(Clone, Debug)]
pub struct Found {
	/// Programs until then, this one included.
	pub programs: u64,
	/// The seed of the case.
	pub seed: u64,
	/// How it shows there.
	pub mismatch: Mismatch,
}

/// Errors in the generated PTX: its text is edited, and the PTX interpreter runs it.
///
/// # Errors
/// The interpreter does not start.
pub fn in_ptx() -> Result<Vec<Plant>, String> {
	text::EDITS
		.iter()
		.map(|edit| {
			let ptx = Ptx::new()?;
			Ok(Plant {
				name: edit.name.to_owned(),
				may_fail: edit.may_fail,
				run: Box::new(move |case| {
					let right = millrace_kernel_ptx::emit(&case.program);
					let wrong = (edit.apply)(&right);
					(wrong != right).then(|| ptx.run_text(&wrong, case))
				}),
			})
		})
		.collect()
}

/// Errors on the CPU backend: it runs another case than it should.
///
/// # Errors
/// The backend does not start.
pub fn in_cpu() -> Result<Vec<Plant>, String> {
	program::ALTERATIONS
		.iter()
		.map(|alteration| {
			let cpu = Cpu::new()?;
			Ok(Plant {
				name: alteration.name.to_owned(),
				may_fail: false,
				run: Box::new(move |case| (alteration.apply)(case).map(|wrong| cpu.run(&wrong))),
			})
		})
		.collect()
}

/// For each instruction that computes, loads, stores or branches on a condition: a backend that takes it for another
/// one of the same form, or mistakes an operand.
pub fn in_opcodes() -> Vec<Plant> {
	program::mutable()
		.map(|row| Plant {
			name: format!("{} ({:#04x})", row.mnemonic, row.code),
			may_fail: false,
			run: Box::new(move |case| program::mutate(case, row).map(|wrong| Reference.run(&wrong))),
		})
		.collect()
}

/// Runs each wrong backend on the cases from `seed` on, at most `programs`, until it differs from the reference. On all
/// cores; the results are in the order of the plants.
pub fn hunt(plants: &[Plant], seed: u64, programs: u64) -> Vec<Option<Found>> {
	let next = AtomicUsize::new(0);
	let results = Mutex::new(vec![None; plants.len()]);
	let worker = || loop {
		let number = next.fetch_add(1, Ordering::Relaxed);
		let Some(plant) = plants.get(number) else {
			return;
		};
		let found = find(plant, seed, programs);
		results.lock().unwrap_or_else(PoisonError::into_inner)[number] = found;
	};
	thread::scope(|scope| {
		for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(worker);
		}
	});
	results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn find(plant: &Plant, seed: u64, programs: u64) -> Option<Found> {
	(0..programs).find_map(|number| {
		let case = generate::case(seed.wrapping_add(number));
		let mismatch = match (plant.run)(&case)? {
			Ok(actual) => first_mismatch(&Reference.run(&case).ok()?, &actual)?,
			Err(why) => Mismatch::Failed(why),
		};
		Some(Found {
			programs: number + 1,
			seed: case.seed,
			mismatch,
		})
	})
}
