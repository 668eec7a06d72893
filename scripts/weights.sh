#!/usr/bin/env bash
# Measures the benchmarks of this chain's pallets in the compiled runtime and writes runtime/src/weights/.
#
#   scripts/weights.sh              all pallets
#   scripts/weights.sh PALLET...    only these, e.g. pallet_market
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MILLRACE_ROOT"

case ${1:-} in
-h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
. "$MILLRACE_ROOT/scripts/benchmark_runtime.sh"
if ! has_bencher; then
	fail "frame-omni-bencher is missing" "Run: apt-get install libclang-dev && SKIP_WASM_BUILD=1 cargo install --locked frame-omni-bencher --version 0.28.0"
	exit 1
fi
"$MILLRACE_ROOT/scripts/setup.sh"

quietly "built the runtime" cargo build --workspace --locked
benchmark_runtime

[ $# -gt 0 ] || set -- pallet_kernels pallet_providers pallet_market
for pallet in "$@"; do
	# shellcheck disable=SC2086
	quietly "measured $pallet" "$MILLRACE_BENCHER" $MILLRACE_BENCHER_ARGUMENTS --runtime "$MILLRACE_BENCH_RUNTIME" --pallet "$pallet" --extrinsic '*' --steps 50 --repeat 20 \
		--heap-pages 4096 --genesis-builder runtime --genesis-builder-preset development --template scripts/weights.hbs --output "runtime/src/weights/$pallet.rs"
done
