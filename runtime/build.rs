//! Compiles the runtime to WebAssembly beside the native build.

fn main() {
	#[cfg(feature = "std")]
	{
		// `cargo clippy` hands its own compiler to every build below it, and that one lacks the target. With it out of the
		// way linting and building share one WASM build.
		std::env::remove_var("RUSTC_WORKSPACE_WRAPPER");
		let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
		#[cfg(feature = "metadata-hash")]
		let builder = builder.enable_metadata_hash("MILL", 12);
		builder.build();
	}
}
