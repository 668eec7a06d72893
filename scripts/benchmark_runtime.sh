# Sourced after env.sh by what runs the benchmarks of the pallets. `benchmark_runtime` builds the compiled runtime with its
# benchmarks and leaves its path in MILLRACE_BENCH_RUNTIME.
# shellcheck shell=bash

# Which program runs them, and what stands before the name of the benchmark.
export MILLRACE_BENCHER=${MILLRACE_BENCHER:-frame-omni-bencher}
export MILLRACE_BENCHER_ARGUMENTS=${MILLRACE_BENCHER_ARGUMENTS-v1 benchmark}

has_bencher() { command -v "$MILLRACE_BENCHER" >/dev/null; }

# The runtime alone, from the project that the everyday build makes for it: the native crates need not be built a second
# time. That build must have been done.
benchmark_runtime() {
	local project=$CARGO_TARGET_DIR/debug/wbuild/millrace-runtime scratch toolchain=()
	scratch=$(mktemp -d)
	cp -r "$project/Cargo.toml" "$project/Cargo.lock" "$project/src" "$scratch/"
	sed -i 's/^features = \[\]$/features = ["runtime-benchmarks"]/' "$scratch/Cargo.toml"
	grep -q runtime-benchmarks "$scratch/Cargo.toml" || { fail "the WASM project in $project is not as expected" "Look at how this script edits its Cargo.toml."; return 1; }
	[ -z "${WASM_BUILD_TOOLCHAIN:-}" ] || toolchain=("+$WASM_BUILD_TOOLCHAIN")
	quietly "built the runtime with benchmarks" env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC SKIP_WASM_BUILD= CARGO_TARGET_DIR="$project/target" \
		RUSTFLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
		cargo "${toolchain[@]}" rustc --target=wasm32v1-none --manifest-path="$scratch/Cargo.toml" --profile release
	rm -rf "$scratch"
	export MILLRACE_BENCH_RUNTIME=$project/target/wasm32v1-none/release/millrace_runtime.wasm
}
