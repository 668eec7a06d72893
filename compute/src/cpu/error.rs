//! What can go wrong on the CPU. A trap of an item is none of it: it is a result.

/// Why the CPU backend cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CpuError {
	/// wasmtime cannot be set up on this machine.
	#[error("WebAssembly cannot be run on this machine")]
	Engine(#[source] wasmtime::Error),
	/// The compiler refuses the module of a kernel.
	#[error("the kernel cannot be compiled for the CPU")]
	Compile(#[source] wasmtime::Error),
	/// An input is too long for 32-bit addresses.
	#[error("input {input} has {bytes} bytes; an input is shorter than 2^32")]
	InputTooLong {
		/// The input.
		input: usize,
		/// Its length.
		bytes: usize,
	},
	/// There is no memory for an input.
	#[error("there is no memory for the {bytes} bytes of input {input}")]
	Memory {
		/// The input.
		input: usize,
		/// Its length.
		bytes: usize,
		/// What the system says.
		#[source]
		source: wasmtime::Error,
	},
	/// An instance for a thread cannot be made, usually for lack of address space.
	#[error("a thread of the CPU backend cannot be started")]
	Thread(#[source] wasmtime::Error),
	/// The job has no such leaf.
	#[error("the job has no leaf {leaf}")]
	NoLeaf {
		/// The leaf.
		leaf: u32,
	},
	/// The buffer for a leaf's output has another length than the output.
	#[error("the output of leaf {leaf} has {expected} bytes, the buffer has {actual}")]
	OutputLength {
		/// The leaf.
		leaf: u32,
		/// Bytes of its output.
		expected: usize,
		/// Bytes of the buffer.
		actual: usize,
	},
	/// The compiled code stopped, which it never should: a fault of this backend, not of the kernel.
	#[error("the CPU backend failed in leaf {leaf}")]
	Leaf {
		/// The leaf.
		leaf: u32,
		/// What stopped it.
		#[source]
		source: wasmtime::Error,
	},
}
