#!/usr/bin/env bash
# Measures the benchmarks of this chain's pallets in the compiled runtime and writes runtime/src/weights/.
#
#   scripts/weights.sh           all of them: the pallets, what every transaction carries, and what a block and a transaction cost
#                                before they do anything
#   scripts/weights.sh NAME...   only these, e.g. pallet_market, frame_system_extensions, overhead
#
# Weights are times of the reference machine. What is measured here is divided by k, this machine's time for a signature
# divided by the reference machine's, and a fifth is added, so that no call is charged less than it takes.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MILLRACE_ROOT"

case ${1:-} in
-h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
. "$MILLRACE_ROOT/scripts/benchmark_runtime.sh"
"$MILLRACE_ROOT/scripts/setup.sh"

quietly "built the runtime" cargo build --workspace --all-targets --locked
benchmark_runtime

MARGIN=1.2
out=runtime/src/weights

# What a second here is on the reference machine, and the margin.
scale() { "$MILLRACE_BIN/millrace-bench" machine | awk -v margin=$MARGIN '$1 == "k" { printf "%.3f", margin / $2 }'; }

# bench KIND OPTION...: runs a benchmark of this kind in the compiled runtime.
bench() {
	local kind=$1
	shift
	"$MILLRACE_BENCHER" "$kind" --runtime "$MILLRACE_BENCH_RUNTIME" --genesis-builder runtime --genesis-builder-preset development "$@"
}

# scale_times FILE SCALE: scales the times that a file charges, and says so in it.
scale_times() {
	awk -v scale="$2" '
		function grouped(number, digits, groups) {
			digits = sprintf("%.0f", number)
			while (length(digits) > 3) {
				groups = "_" substr(digits, length(digits) - 2) groups
				digits = substr(digits, 1, length(digits) - 3)
			}
			return digits groups
		}
		/^\/\/! Bencher / { print; print "//! Times charged are those measured, as in the comments, times " scale "."; next }
		match($0, /from_parts\([0-9_]+/) {
			figure = substr($0, RSTART + 11, RLENGTH - 11)
			gsub(/_/, "", figure)
			$0 = substr($0, 1, RSTART + 10) grouped(figure * scale) substr($0, RSTART + RLENGTH)
		}
		{ print }
	' "$1" >"$1.scaled"
	mv "$1.scaled" "$1"
}

# less_extensions FILE: takes off what an empty transaction is charged for what it carries, as that was part of what was measured.
less_extensions() {
	local files=("$out/frame_system_extensions.rs" "$out/pallet_transaction_payment.rs")
	awk '
		FNR == 1 { file++ }
		file < 3 && /\tfn / { counts = !/check_mortality_immortal/ }
		file < 3 && match($0, /from_parts\([0-9_]+/) && counts {
			figure = substr($0, RSTART + 11, RLENGTH - 11)
			gsub(/_/, "", figure)
			carried += figure / 1000
		}
		file < 3 { next }
		/Stats nanoseconds/ { printf "\t/// Less %d ns, which the extensions of a transaction are charged by themselves.\n\t///\n", carried }
		match($0, /saturating_mul\([0-9_]+/) {
			figure = substr($0, RSTART + 15, RLENGTH - 15)
			gsub(/_/, "", figure)
			$0 = substr($0, 1, RSTART + 14) sprintf("%d", figure > carried ? figure - carried : 0) substr($0, RSTART + RLENGTH)
		}
		{ print }
	' "${files[@]}" "$1" >"$1.less"
	mv "$1.less" "$1"
}

[ $# -gt 0 ] || set -- pallet_kernels pallet_providers pallet_market pallet_rewards frame_system_extensions pallet_transaction_payment overhead
for name in "$@"; do
	scale=$(scale)
	if [ "$name" = overhead ]; then
		quietly "measured what comes before any call" bench overhead --mul "$scale" --weight-path "$out"
		for file in "$out/block_weights.rs" "$out/extrinsic_weights.rs"; do
			# The names that it imports are in the umbrella crate here; its tests look for the figures of other chains. Which
			# host and which folders it was is of no use to anybody else.
			sed -i -e '/^#\[cfg(test)\]/,$d' -e '/^\/\/! WEIGHT-PATH/d' -e 's/HOSTNAME: `[^`]*`, //' -e '/^\/\/ Executed Command/,/^$/d' \
				-e 's/^use sp_core::parameter_types;/use polkadot_sdk::*;\n&/' -e 's/^use sp_weights::/use frame_support::weights::/' "$file"
			rustfmt --edition 2021 --config-path rustfmt.toml "$file"
		done
		less_extensions "$out/extrinsic_weights.rs"
	else
		quietly "measured $name" bench pallet --pallet "$name" --extrinsic '*' --steps 50 --repeat 20 \
			--heap-pages 4096 --template scripts/weights.hbs --output "$out/$name.rs"
		scale_times "$out/$name.rs" "$scale"
	fi
done
