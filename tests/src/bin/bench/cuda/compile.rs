//! CUDA C to PTX: by NVRTC where the library is found, else by `nvcc` where that is on the path.

use millrace_compute::cuda::bench_support::{nvrtc, NvrtcError};
use std::{error::Error, fmt, fs, io, process::Command};

/// Why there is no PTX.
#[derive(Debug)]
pub(crate) enum NoPtx {
	/// Neither compiler is on this machine.
	NoCompiler,
	/// What a compiler says against the source.
	Refused(String),
}

impl fmt::Display for NoPtx {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::NoCompiler => f.write_str("neither NVRTC nor nvcc is installed"),
			Self::Refused(log) => {
				let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
				f.write_str(&lines.join("; "))
			}
		}
	}
}

impl Error for NoPtx {}

/// The PTX of a source for devices of a compute capability: major, minor.
pub(crate) fn compile(source: &str, (major, minor): (u32, u32)) -> Result<String, NoPtx> {
	match nvrtc(source, &format!("compute_{major}{minor}")) {
		Ok(ptx) => Ok(ptx),
		Err(NvrtcError::NoLibrary | NvrtcError::NoFunction(_)) => by_nvcc(source, &format!("sm_{major}{minor}")),
		Err(error) => Err(NoPtx::Refused(error.to_string())),
	}
}

fn by_nvcc(source: &str, arch: &str) -> Result<String, NoPtx> {
	let failed = |error: io::Error| NoPtx::Refused(format!("nvcc: {error}"));
	let folder = tempfile::tempdir().map_err(failed)?;
	let (from, to) = (folder.path().join("items.cu"), folder.path().join("items.ptx"));
	fs::write(&from, source).map_err(failed)?;
	let mut nvcc = Command::new("nvcc");
	nvcc.arg("-ptx")
		.arg(format!("-arch={arch}"))
		.arg("-o")
		.arg(&to)
		.arg(&from);
	match nvcc.output() {
		Ok(output) if output.status.success() => fs::read_to_string(&to).map_err(failed),
		Ok(output) => Err(NoPtx::Refused(String::from_utf8_lossy(&output.stderr).into_owned())),
		Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NoPtx::NoCompiler),
		Err(error) => Err(failed(error)),
	}
}
