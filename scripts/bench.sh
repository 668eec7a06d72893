#!/usr/bin/env bash
# Measures what the project promises and prints one line a goal: name, figure, goal, met, missed or not measured.
#
#   scripts/bench.sh            everything but `chain`; takes minutes, of which a node settles for five
#   scripts/bench.sh GROUP...   only these: kernels (W2, W3, W5), hashing (W4), worker (W1), market (C1, C2, C4, C6), calls (C3),
#                               election, refutation (C7), liveness (C5), node (C8 and memory)
#   scripts/bench.sh chain      fills the blocks of a real node with jobs for ten minutes; never unless it is named
#
# MILLRACE_LOAD_BLOCKS=N makes `chain` N blocks long, of three seconds each. For `calls` and `election` the runtime is compiled with
# its benchmarks, and the program that runs them: the first time that takes a quarter of an hour.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$MILLRACE_ROOT/scripts/benchmark_runtime.sh"
cd "$MILLRACE_ROOT"

case ${1:-} in
-h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
"$MILLRACE_ROOT/scripts/setup.sh"
quietly "built what is measured" cargo build --workspace --all-targets --locked
if [ $# -eq 0 ] || [[ " $* " == *" calls "* ]] || [[ " $* " == *" election "* ]]; then
	benchmark_runtime
fi
exec "$MILLRACE_BIN/millrace-bench" "$@"
