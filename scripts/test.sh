#!/usr/bin/env bash
# Sets everything up and runs all tests.
#
#   scripts/test.sh             everything
#   scripts/test.sh NAME...     only these groups
#   scripts/test.sh --list      the groups, with the seconds of their last run
#   scripts/test.sh --long ...  the same checks with more cases
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
. "$MILLRACE_ROOT/scripts/other_runtime.sh"
cd "$MILLRACE_ROOT"

# name | what it checks
GROUPS_TABLE='format|formatting of every Rust file
deny|dependencies: bans, licences, sources
clippy|lints, warnings are errors
unit|unit and property tests of every crate
book|the order book against a naive one, compared after each of 100,000 random operations
conservation|every planck of a thousand jobs with hostile parties, on the real runtime
rewards|whoever buys from himself ends with less, in random histories on the real runtime
kernels|random programs and the shipped kernels: every backend against the reference
node|a node starts, authors, finalises, answers over JSON-RPC and does what the council decides
json-rpc|the whole job of a dApp with curl, and every method of compute_v1
e2e|a whole job on a real node and a real worker
worker|the worker killed at every journal step loses and doubles nothing
bad-input|every bad input is refused in one clear sentence and costs nothing
cheats|every way to cheat is caught, to the planck
liveness|who is gone is found on real chains and pays what was announced, who claims a class must show it, to the planck
simulation|what outages cost honest and dishonest providers over years
quickstart|the quickstart, end to end
network|four validators through deaths, partitions, a blackout, warp sync, new keys and double signing; and scripts/devnet.sh
upgrade|the council brings the next runtime to a running chain with live jobs: none is lost, and the programs go on by themselves
operations|alerts and dashboards use what running nodes export, units are sound, a validator is made as its page says
docs|every command in the documents does what it says'

times_dir=$CARGO_TARGET_DIR/millrace-times
selected=()
# Sequences of 12,000 random calls of the market model: 120,000 calls, and 12 million with --long. For each of them 12,500
# operations of the order book are drawn; for every ten, a thousand jobs of the conservation. Histories of rewards, at most 200.
export MILLRACE_CASES=${MILLRACE_CASES:-10}
# Random programs that every backend runs.
export MILLRACE_PROGRAMS=${MILLRACE_PROGRAMS:-10000}
# Without ptxas the tests of PTX would check half of what they promise.
export MILLRACE_REQUIRE_PTXAS=1
while [ $# -gt 0 ]; do
	case $1 in
	--list)
		while IFS='|' read -r name what; do
			printf '%-12s %6s  %s\n' "$name" "$([ -r "$times_dir/$name" ] && echo "$(cat "$times_dir/$name") s" || echo '-')" "$what"
		done <<<"$GROUPS_TABLE"
		exit 0
		;;
	--long) MILLRACE_CASES=1000 MILLRACE_PROGRAMS=100000 ;;
	-h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*)
		grep -q "^$1|" <<<"$GROUPS_TABLE" || { fail "no test group named $1" "See scripts/test.sh --list"; exit 2; }
		selected+=("$1")
		;;
	esac
	shift
done
[ "${#selected[@]}" -gt 0 ] || mapfile -t selected < <(cut -d'|' -f1 <<<"$GROUPS_TABLE")

cold=no
[ -x "$MILLRACE_BIN/millrace-node" ] || cold=yes

# The whole workspace is built even for one package: a narrower build resolves other features and recompiles everything.
built=no
build() {
	[ "$built" = no ] || return 0
	quietly "built the workspace and its tests" cargo build --workspace --all-targets --locked
	built=yes
}
# nextest LABEL FILTER [arguments]: output of tests that print results is shown.
nextest() {
	local filter=$1
	shift
	cargo nextest run --workspace --locked --no-fail-fast --hide-progress-bar --status-level fail --final-status-level fail --no-tests fail -E "$filter" "$@"
}

group_format() { cargo fmt --all --check && ok "formatted"; }
group_deny() { quietly "bans, licences, sources" cargo deny --locked check bans licenses sources; }
group_clippy() { quietly "no lint fires" cargo clippy --workspace --all-targets --locked -- -D warnings; }
group_unit() {
	build && nextest 'not package(millrace-tests) & not package(millrace-differential) & not binary(simulation) & not binary(conservation) & not binary(rewards) & not test(/^tests::book::machine::/)'
}
group_kernels() {
	build && nextest 'package(millrace-differential) | package(millrace-tests) & (binary(/^kernels/) | kind(lib))' --no-capture
}

# Seed, counts and tables are the result of these.
group_book() { build && nextest 'package(pallet-market) & test(/^tests::book::machine::/)' --no-capture; }
group_conservation() { build && nextest 'package(millrace-runtime) & binary(conservation)' --no-capture; }
group_rewards() { build && nextest 'package(millrace-runtime) & binary(rewards)' --no-capture; }
# Its table is the result.
group_simulation() { build && cargo test --workspace --locked --test simulation -- --nocapture; }

# The groups without a function of their own are each one test program that drives real chains.
group_of_chains() { build && nextest "package(millrace-tests) & binary(${1//-/_})" --no-capture; }

# The next runtime, where MILLRACE_NEXT_RUNTIME names none.
next_runtime() { [ -n "${MILLRACE_NEXT_RUNTIME:-}" ] || other_runtime rehearsal MILLRACE_NEXT_RUNTIME; }
group_upgrade() { build && next_runtime && group_of_chains upgrade; }

# Groups that mostly wait for blocks. Each has chains and ports of its own, so several run at once.
PATIENT='node json-rpc e2e worker cheats liveness network upgrade bad-input quickstart operations docs'
AT_ONCE=3

"$MILLRACE_ROOT/scripts/setup.sh" --tests
# What setup has just installed is found by the same rules as what was there before.
. "$MILLRACE_ROOT/scripts/env.sh"
mkdir -p "$times_dir"
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# run_group NAME: its output to standard output, its result and seconds to files.
run_group() {
	local start=$SECONDS
	printf '\n== %s: %s\n' "$1" "$(grep "^$1|" <<<"$GROUPS_TABLE" | cut -d'|' -f2)"
	local run=("group_$1")
	declare -F "group_$1" >/dev/null || run=(group_of_chains "$1")
	if "${run[@]}"; then
		echo $((SECONDS - start)) >"$times_dir/$1"
		ok "group $1 ($((SECONDS - start)) s)"
	else
		: >"$results/$1.failed"
		fail "group $1 failed after $((SECONDS - start)) s"
	fi
}

waiting=()
for name in "${selected[@]}"; do
	if [ "${#selected[@]}" -gt 1 ] && grep -qw -- "$name" <<<"$PATIENT"; then
		waiting+=("$name")
	else
		run_group "$name"
	fi
done
if [ "${#waiting[@]}" -gt 0 ]; then
	printf '\n.. together, %d at a time: %s\n' "$AT_ONCE" "${waiting[*]}"
	if build; then
		# Before anything waits for blocks: compiling takes the machine. If it fails, the group says so.
		[[ " ${waiting[*]} " != *" upgrade "* ]] || next_runtime || true
		for name in "${waiting[@]}"; do
			while [ "$(jobs -rp | wc -l)" -ge "$AT_ONCE" ]; do
				wait -n || true
			done
			{
				run_group "$name" >"$results/$name.log" 2>&1
				cat "$results/$name.log"
			} &
		done
		wait
	else
		for name in "${waiting[@]}"; do : >"$results/$name.failed"; done
	fi
fi
failed=()
for name in "${selected[@]}"; do
	[ ! -e "$results/$name.failed" ] || failed+=("$name")
done

printf '\n%d of %d groups passed in %d min %d s (%s build)\n' $((${#selected[@]} - ${#failed[@]})) "${#selected[@]}" $((SECONDS / 60)) $((SECONDS % 60)) \
	"$([ "$cold" = yes ] && echo cold || echo warm)"
if [ "${#failed[@]}" -gt 0 ]; then
	fail "failed: ${failed[*]}" "Run one alone: scripts/test.sh ${failed[0]}"
fi
# One line that any runner understands.
printf '%d passed, %d failed\n' $((${#selected[@]} - ${#failed[@]})) "${#failed[@]}"
[ "${#failed[@]}" -eq 0 ]
