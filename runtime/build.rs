//! Compiles the runtime to WebAssembly beside the native build.

fn main() {
	#[cfg(feature = "std")]
	{
		let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
		#[cfg(feature = "metadata-hash")]
		let builder = builder.enable_metadata_hash("MILL", 12);
		builder.build();
	}
}
