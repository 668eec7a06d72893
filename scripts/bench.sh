#!/usr/bin/env bash
# Measures what the project promises and prints one line a goal: name, figure, goal, met or missed. Takes minutes.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MILLRACE_ROOT"
"$MILLRACE_ROOT/scripts/setup.sh"
quietly "built what is measured" cargo build --workspace --all-targets --locked
exec "$MILLRACE_BIN/millrace-bench" "$@"
