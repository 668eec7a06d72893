//! What computes instead when a backend may not.

use millrace_compute::{BackendKind, Choice};

/// What is slower than a backend and shares nothing with it that may be broken. `None` below the interpreter.
pub(super) fn substitute(kind: BackendKind) -> Option<Choice> {
	match kind {
		BackendKind::Cuda => Some(Choice::Cpu),
		BackendKind::Cpu => Some(Choice::Reference),
		BackendKind::Reference => None,
	}
}

/// What a choice stands for before a process says so: for an automatic one the fastest that it can mean.
pub(super) fn expected(choice: Choice) -> BackendKind {
	match choice {
		Choice::Auto | Choice::Cuda(_) => BackendKind::Cuda,
		Choice::Cpu => BackendKind::Cpu,
		Choice::Reference => BackendKind::Reference,
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn every_backend_leads_to_the_interpreter() {
		for choice in [Choice::Auto, Choice::Cuda(Some(3)), Choice::Cpu, Choice::Reference] {
			let mut kind = expected(choice);
			for _ in 0..2 {
				kind = substitute(kind).map_or(kind, expected);
			}
			assert_eq!((kind, substitute(kind)), (BackendKind::Reference, None), "{choice}");
		}
	}
}
