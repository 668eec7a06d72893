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
BENCHER=${MILLRACE_BENCHER:-frame-omni-bencher}
BENCHER_ARGUMENTS=${MILLRACE_BENCHER_ARGUMENTS-v1 benchmark pallet}
if ! command -v "$BENCHER" >/dev/null; then
	fail "frame-omni-bencher is missing" "Run: apt-get install libclang-dev && SKIP_WASM_BUILD=1 cargo install --locked frame-omni-bencher --version 0.28.0"
	exit 1
fi
"$MILLRACE_ROOT/scripts/setup.sh"

# The runtime alone, with benchmarks, from the project that the everyday build makes for it: the native crates need not
# be built a second time for them.
quietly "built the runtime" cargo build --workspace --locked
project=$CARGO_TARGET_DIR/debug/wbuild/millrace-runtime
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$project/Cargo.toml" "$project/Cargo.lock" "$project/src" "$scratch/"
sed -i 's/^features = \[\]$/features = ["runtime-benchmarks"]/' "$scratch/Cargo.toml"
grep -q runtime-benchmarks "$scratch/Cargo.toml" || { fail "the WASM project in $project is not as expected" "Look at how this script edits its Cargo.toml."; exit 1; }
toolchain=()
[ -z "${WASM_BUILD_TOOLCHAIN:-}" ] || toolchain=("+$WASM_BUILD_TOOLCHAIN")
quietly "built the runtime with benchmarks" env -u CARGO_ENCODED_RUSTFLAGS -u RUSTC SKIP_WASM_BUILD= CARGO_TARGET_DIR="$project/target" \
	RUSTFLAGS="-C link-arg=--export-table -C link-arg=--export=__heap_base -C link-arg=--import-memory --cfg substrate_runtime" \
	cargo "${toolchain[@]}" rustc --target=wasm32v1-none --manifest-path="$scratch/Cargo.toml" --profile release
wasm=$project/target/wasm32v1-none/release/millrace_runtime.wasm

[ $# -gt 0 ] || set -- pallet_kernels pallet_providers pallet_market
for pallet in "$@"; do
	# shellcheck disable=SC2086
	quietly "measured $pallet" "$BENCHER" $BENCHER_ARGUMENTS --runtime "$wasm" --pallet "$pallet" --extrinsic '*' --steps 50 --repeat 20 \
		--heap-pages 4096 --genesis-builder runtime --genesis-builder-preset development --template scripts/weights.hbs --output "runtime/src/weights/$pallet.rs"
done
