# Sourced after env.sh by what runs the benchmarks of the pallets. `benchmark_runtime` builds the compiled runtime with its
# benchmarks and leaves its path in MILLRACE_BENCH_RUNTIME, and that of the program that runs them in MILLRACE_BENCHER.
# shellcheck shell=bash
. "$MILLRACE_ROOT/scripts/other_runtime.sh"

benchmark_runtime() {
	# It brings a runtime of its own, for another measurement, which is not needed.
	quietly "built the program that runs benchmarks (the first time takes 10 minutes)" \
		env SKIP_WASM_BUILD=1 cargo build --locked --manifest-path "$MILLRACE_ROOT/runtime/bencher/Cargo.toml"
	export MILLRACE_BENCHER=$MILLRACE_BIN/millrace-bencher
	other_runtime runtime-benchmarks MILLRACE_BENCH_RUNTIME
}
