# Sourced after env.sh by what runs the benchmarks of the pallets. `benchmark_runtime` builds the compiled runtime with its
# benchmarks and leaves its path in MILLRACE_BENCH_RUNTIME.
# shellcheck shell=bash
. "$MILLRACE_ROOT/scripts/other_runtime.sh"

# Which program runs them, and what stands before the name of the benchmark.
export MILLRACE_BENCHER=${MILLRACE_BENCHER:-frame-omni-bencher}
export MILLRACE_BENCHER_ARGUMENTS=${MILLRACE_BENCHER_ARGUMENTS-v1 benchmark}

has_bencher() { command -v "$MILLRACE_BENCHER" >/dev/null; }

benchmark_runtime() { other_runtime runtime-benchmarks MILLRACE_BENCH_RUNTIME; }
