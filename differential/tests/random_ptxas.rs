//! NVIDIA's assembler accepts what the generator writes for random programs, for every architecture.
//!
//! `MILLRACE_PTXAS` names the assembler, else it is looked for in `PATH`. Without one the test says so and passes,
//! unless `MILLRACE_REQUIRE_PTXAS=1`.

use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Mutex,
	},
	thread,
};

use millrace_differential::{generate, seed_of_now};
use millrace_kernel_ptx::{emit, lint, LEAVES_PTX};

const ARCHITECTURES: [&str; 5] = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"];
const PROGRAMS: u64 = 100;
/// Programs that are assembled for every architecture; of the others each is for one.
const THOROUGH: u64 = 20;

fn ptxas() -> Option<PathBuf> {
	if let Some(path) = env::var_os("MILLRACE_PTXAS") {
		return Some(path.into());
	}
	let path = env::var_os("PATH")?;
	env::split_paths(&path)
		.map(|folder| folder.join("ptxas"))
		.find(|file| file.is_file())
}

/// What the assembler says against the text in `file`.
fn assemble(ptxas: &Path, file: &Path, architecture: &str) -> Result<(), String> {
	let object = file.with_extension(format!("{architecture}.cubin"));
	let output = Command::new(ptxas)
		.arg(format!("-arch={architecture}"))
		.arg("-o")
		.arg(&object)
		.arg(file)
		.output()
		.map_err(|error| format!("{}: {error}", ptxas.display()))?;
	// Where the assembler failed there may be none.
	let _ = fs::remove_file(object);
	if output.status.success() {
		Ok(())
	} else {
		let text = String::from_utf8_lossy(&output.stderr);
		Err(format!("{} for {architecture}: {text}", file.display()))
	}
}

#[test]
fn random_programs_assemble() {
	let Some(ptxas) = ptxas() else {
		assert_ne!(
			env::var("MILLRACE_REQUIRE_PTXAS").as_deref(),
			Ok("1"),
			"no ptxas; set MILLRACE_PTXAS"
		);
		println!("SKIPPED: no ptxas, so the PTX of random programs was not assembled; set MILLRACE_PTXAS");
		return;
	};
	let seed =
		env::var("MILLRACE_DIFFERENTIAL_SEED").map_or_else(|_| seed_of_now(), |text| text.parse().expect("a number"));
	println!("seed {seed}");
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("random-ptxas-{}", std::process::id()));
	fs::create_dir_all(&folder).expect("a folder for the texts");

	let mut runs = Vec::new();
	for number in 0..=PROGRAMS {
		// One more: the fixed kernel.
		let text = if number == PROGRAMS {
			LEAVES_PTX.to_owned()
		} else {
			emit(&generate::case(seed.wrapping_add(number)).program)
		};
		assert_eq!(lint(&text), Ok(()), "program {number} of seed {seed}");
		let file = folder.join(format!("{number}.ptx"));
		fs::write(&file, text).expect("a text");
		let thorough = number < THOROUGH || number == PROGRAMS;
		let one = ARCHITECTURES[(number % 5) as usize];
		let wanted = ARCHITECTURES
			.into_iter()
			.filter(|architecture| thorough || *architecture == one);
		runs.extend(wanted.map(|architecture| (file.clone(), architecture)));
	}

	let next = AtomicUsize::new(0);
	let errors = Mutex::new(Vec::new());
	thread::scope(|scope| {
		for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(|| {
				while let Some((file, architecture)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
					if let Err(why) = assemble(&ptxas, file, architecture) {
						errors.lock().expect("no thread panics").push(why);
					}
				}
			});
		}
	});
	let errors = errors.into_inner().expect("no thread panics");
	// The texts of a failure stay, to be looked at.
	assert!(errors.is_empty(), "seed {seed}: {errors:#?}");
	fs::remove_dir_all(&folder).expect("the texts are ours");
	println!("{} modules of {PROGRAMS} programs assembled", runs.len());
}
