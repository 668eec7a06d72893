//! `millrace kernel build|check|run|disasm|bench`, as a person or a script runs them. No chain is asked.

use millrace_compute::cuda;
use millrace_tests::{Answer, Client};
use std::{
	fs,
	path::{Path, PathBuf},
	process::Command,
};

/// Every kernel that ships, in a folder where outputs may be written.
struct Examples {
	folder: tempfile::TempDir,
	client: Client,
}

impl Examples {
	fn copy() -> Examples {
		let folder = tempfile::tempdir().expect("a temporary folder");
		let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
		let copied = Command::new("cp").arg("-r").arg(examples).arg(folder.path()).status();
		assert!(copied.is_ok_and(|status| status.success()));
		// Nobody listens there: a command that asked a node would fail.
		let client = Client::new("ws://127.0.0.1:1".to_owned(), folder.path());
		Examples { folder, client }
	}

	fn path(&self, name: &str, extension: &str) -> PathBuf {
		let kernels = self.folder.path().join("examples/kernels");
		kernels.join(name).join(format!("{name}.{extension}"))
	}

	fn kernel(&self, arguments: &[&str]) -> Answer {
		self.client.run(&[&["kernel"], arguments].concat())
	}

	/// Writes a file beside the examples.
	fn write(&self, name: &str, text: &str) -> String {
		let path = self.folder.path().join(name);
		fs::write(&path, text).expect("the folder is writable");
		text_of(&path)
	}
}

fn text_of(path: &Path) -> String {
	path.to_str().expect("UTF-8").to_owned()
}

const SHIPPED: [&str; 6] = ["mandelbrot", "filter", "sha256", "ntt", "kmer", "gemm"];

#[test]
fn jobs_that_ship_have_one_root_on_every_backend() {
	let examples = Examples::copy();
	for name in SHIPPED {
		let job = text_of(&examples.path(name, "toml"));
		let compiled = examples
			.client
			.json(&["kernel", "run", &job, "--backend", "cpu", "--check", "all"]);
		let interpreted = examples
			.client
			.json(&["kernel", "run", &job, "--backend", "reference", "--check", "none"]);
		assert_eq!(compiled["root"], interpreted["root"], "{name}");
		assert_eq!(compiled["units"], interpreted["units"], "{name}");
		assert_eq!(compiled["traps"], 0, "{name}");
		let check = compiled["check"].as_str().expect("a sentence");
		assert!(check.ends_with("re-run and equal: verified"), "{name}: {check}");
		let output = compiled["output"].as_str().expect("each writes a file");
		assert!(
			fs::metadata(output).is_ok_and(|file| file.len() > 0),
			"{name}: {output}"
		);
	}
}

#[test]
fn a_program_goes_through_its_forms() {
	let examples = Examples::copy();
	let text = text_of(&examples.path("filter", "mk"));
	let built = examples.client.json(&["kernel", "build", &text]);
	let program = built["file"].as_str().expect("where it was written");
	let listing = examples.client.json(&["kernel", "disasm", program]);
	let again = examples.write("again.mk", listing["text"].as_str().expect("a text"));
	assert_eq!(
		examples.client.json(&["kernel", "check", &again])["kernel"],
		built["kernel"]
	);

	// 267 units whatever the picture, nine loads, of which six may be faults: docs/kernels/filter.md.
	let checked = examples.client.json(&["kernel", "check", &text]);
	let estimate = &checked["estimate"];
	assert_eq!((&estimate["least"], &estimate["most"]), (&267.into(), &267.into()));
	assert_eq!((&estimate["loads"], &estimate["bound"]), (&9.into(), &1_035.into()));
	// Twelve instructions of an iteration cost 18 units: docs/kernels/mandelbrot.md.
	let loops = examples
		.client
		.json(&["kernel", "check", &text_of(&examples.path("mandelbrot", "mk"))]);
	let rounds = loops["estimate"]["loops"].as_array().expect("its loops");
	assert!(rounds.iter().any(|round| round["most"] == 18), "{rounds:?}");
}

#[test]
fn a_bench_measures_what_there_is() {
	let examples = Examples::copy();
	let job = text_of(&examples.path("gemm", "toml"));
	let measured = examples.client.json(&["kernel", "bench", &job, "--seconds", "1"]);
	let backends = measured["backends"].as_array().expect("a list");
	let names: Vec<&str> = backends
		.iter()
		.map(|row| {
			for figure in [
				"ns_per_unit",
				"units_per_second",
				"items_per_second",
				"bytes_per_second",
			] {
				assert!(row[figure].as_f64().is_some_and(|figure| figure > 0.0), "{row}");
			}
			row["backend"].as_str().expect("a name")
		})
		.collect();
	assert_eq!(names[..2], ["reference", "cpu"]);
	assert_eq!(names.contains(&"cuda"), cuda::devices().is_ok());
}

#[test]
fn programs_that_misbehave_trap_and_are_counted() {
	let examples = Examples::copy();
	// For ever, beyond the input, and by its own wish; each in items that the others leave alone.
	examples.write(
		"bad.mk",
		".item 4\n.inputs data\n.max_units 500\n.max_faults 1\n.w i c z\n  index i\n  eq c, i, 1\n  if c\n    loop on\n      \
		 br on\n    end\n  end\n  eq c, i, 2\n  if c\n    ld8u c, data[i + 100]\n  end\n  eq c, i, 3\n  if c\n    trap\n  end\n  \
		 sto32 [z], i\n",
	);
	let job = examples.write(
		"bad.toml",
		"kernel = \"bad.mk\"\nitems = 5\n[[inputs]]\ntext = \"abc\"\n[output]\nfile = \"bad.out\"\n",
	);
	for backend in ["reference", "cpu"] {
		let ran = examples
			.client
			.json(&["kernel", "run", &job, "--backend", backend, "--check", "all"]);
		assert_eq!(ran["traps"], 3, "{backend}");
		let output = fs::read(examples.folder.path().join("bad.out")).expect("it was written");
		assert_eq!(
			output,
			[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0],
			"{backend}"
		);
	}
}

#[test]
fn refusals_say_what_to_do() {
	let examples = Examples::copy();
	let refused = |arguments: &[&str], code: i32, sentence: &str| {
		let answer = examples.kernel(arguments);
		assert_eq!(answer.code, code, "{arguments:?}: {}{}", answer.stdout, answer.stderr);
		if code != 2 {
			let (message, hint) = answer.refusal();
			assert!(message.contains(sentence), "{arguments:?}: {message}");
			assert!(!hint.is_empty(), "{arguments:?}: {message}");
		}
	};
	let job = text_of(&examples.path("gemm", "toml"));

	// The line of the macro's body, and the line that invoked it.
	let nested = examples.write(
		"macro.mk",
		".item 4\n.max_units 99\n.w a\n.macro TWICE x\n  add x, x\n.endmacro\n  TWICE a\n  sto32 [a], a\n",
	);
	refused(&["check", &nested], 3, "line 5, column 3, invoked in line 7");
	let by_hash = format!("kernel = \"0x{}\"\nitems = 1\n", "ab".repeat(32));
	refused(
		&["run", &examples.write("hash.toml", &by_hash)],
		3,
		"names its kernel by hash",
	);
	refused(&["run", "/nowhere.toml"], 3, "/nowhere.toml");
	let items = format!("kernel = \"{}\"\nitems = 8\n", text_of(&examples.path("kmer", "mk")));
	refused(
		&["run", &examples.write("few.toml", &items)],
		3,
		"does not fit its kernel",
	);
	refused(&["run", &job, "--backend", "gpu"], 2, "");
	refused(&["bench", &job, "--seconds", "0"], 2, "");
	if cuda::devices().is_err() {
		refused(&["run", &job, "--backend", "cuda"], 3, "CUDA is not used");
	}
}
