#!/usr/bin/env bash
# Measures what the project promises and prints one line a goal: name, figure, goal, met, missed or not measured.
#
#   scripts/bench.sh            everything; takes minutes, of which a node settles for five
#   scripts/bench.sh GROUP...   only these: kernels (W2, W3, W5), hashing (W4), worker (W1), market (C2, C4), refutation (C7),
#                               liveness (C5), node
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MILLRACE_ROOT"
"$MILLRACE_ROOT/scripts/setup.sh"
quietly "built what is measured" cargo build --workspace --all-targets --locked
exec "$MILLRACE_BIN/millrace-bench" "$@"
