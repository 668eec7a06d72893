//! The assembler of the published wheel accepts what is emitted, and spills nothing of the shipped kernels.

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

use millrace_kernel_ptx::{emit, LEAVES_PTX};

use crate::programs::{every_opcode, shipped};

const ARCHITECTURES: [&str; 5] = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"];

/// `$MILLRACE_PTXAS`, or the first `ptxas` on the path.
fn find_ptxas() -> Option<PathBuf> {
	if let Some(path) = env::var_os("MILLRACE_PTXAS").filter(|path| !path.is_empty()) {
		return Some(PathBuf::from(path));
	}
	let path = env::var_os("PATH")?;
	env::split_paths(&path)
		.map(|folder| folder.join("ptxas"))
		.find(|candidate| candidate.is_file())
}

/// A module to assemble.
struct Module {
	name: String,
	ptx: String,
	/// Whether it must live in registers.
	shipped: bool,
}

fn modules() -> Vec<Module> {
	let mut modules: Vec<Module> = shipped()
		.into_iter()
		.map(|(name, program)| Module {
			name,
			ptx: emit(&program),
			shipped: true,
		})
		.collect();
	modules.push(Module {
		name: "leaves".to_owned(),
		ptx: LEAVES_PTX.to_owned(),
		shipped: true,
	});
	for (name, varies) in [("every-opcode-varying", true), ("every-opcode-fixed", false)] {
		modules.push(Module {
			name: name.to_owned(),
			ptx: emit(&every_opcode(varies)),
			shipped: false,
		});
	}
	modules
}

/// Assembles one module and reads what the assembler says of it.
fn assemble(ptxas: &Path, folder: &Path, module: &Module, architecture: &str) -> Result<(), String> {
	let fault = |what: String| format!("{} for {architecture}: {what}", module.name);
	let source = folder.join(format!("{}.{architecture}.ptx", module.name));
	fs::write(&source, &module.ptx).map_err(|error| fault(error.to_string()))?;
	let output = Command::new(ptxas)
		.arg("-v")
		.arg(format!("-arch={architecture}"))
		.arg("-o")
		.arg(source.with_extension("cubin"))
		.arg(&source)
		.output()
		.map_err(|error| fault(error.to_string()))?;
	let said = format!(
		"{}{}",
		String::from_utf8_lossy(&output.stdout),
		String::from_utf8_lossy(&output.stderr)
	);
	if !output.status.success() {
		return Err(fault(said));
	}
	if module.shipped && !said.contains(", 0 bytes spill stores, 0 bytes spill loads") {
		return Err(fault(format!("spills\n{said}")));
	}
	// Scratch with an index that varies is all that may need a stack frame.
	if module.shipped && !module.ptx.contains(".local ") && !said.contains(" 0 bytes stack frame") {
		return Err(fault(format!("has a stack frame\n{said}")));
	}
	Ok(())
}

#[test]
fn shipped_kernels_assemble_without_spills() {
	let Some(ptxas) = find_ptxas() else {
		assert!(
			env::var_os("MILLRACE_REQUIRE_PTXAS").is_none_or(|required| required != "1"),
			"MILLRACE_REQUIRE_PTXAS=1, and there is no ptxas: set MILLRACE_PTXAS"
		);
		eprintln!("SKIPPED: no ptxas in MILLRACE_PTXAS or on the path; no emitted text was assembled");
		return;
	};
	let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ptxas-{}", std::process::id()));
	fs::create_dir_all(&folder).expect("a folder under the target directory");
	let modules = modules();
	let jobs: Vec<(&Module, &str)> = modules
		.iter()
		.flat_map(|module| ARCHITECTURES.map(|architecture| (module, architecture)))
		.collect();
	let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
	thread::scope(|scope| {
		for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
			scope.spawn(|| {
				while let Some((module, architecture)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
					if let Err(fault) = assemble(&ptxas, &folder, module, architecture) {
						faults.lock().expect("no other thread panicked").push(fault);
					}
				}
			});
		}
	});
	let faults = faults.into_inner().expect("no thread panicked");
	assert!(faults.is_empty(), "{}", faults.join("\n"));
	fs::remove_dir_all(&folder).expect("the folder made above");
}
