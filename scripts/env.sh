# Sourced by every script: where things are built, and with what. Derives all of it; keeps no state.
# shellcheck shell=bash

MILLRACE_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export MILLRACE_ROOT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/millrace/target}
# The WASM builder looks for the lock file upwards from the target directory, and would find another workspace's.
export WASM_BUILD_WORKSPACE_HINT=$MILLRACE_ROOT
# The runtime is always optimised: a debug build of it is too slow to author blocks.
export WASM_BUILD_TYPE=${WASM_BUILD_TYPE:-release}
MILLRACE_BIN=$CARGO_TARGET_DIR/debug
export MILLRACE_BIN
# NVIDIA's assembler for PTX, which needs no GPU; scripts/setup.sh --tests brings it.
MILLRACE_PTXAS_HOME=$CARGO_TARGET_DIR/millrace-tools/ptxas
if [ -z "${MILLRACE_PTXAS:-}" ] && [ -x "$MILLRACE_PTXAS_HOME/nvidia/cuda_nvcc/bin/ptxas" ]; then
	export MILLRACE_PTXAS=$MILLRACE_PTXAS_HOME/nvidia/cuda_nvcc/bin/ptxas
fi
# Debian's programs that are unpacked there, not installed; those that are installed go first.
MILLRACE_UNPACKED=$CARGO_TARGET_DIR/millrace-tools/unpacked
case ":$PATH:" in
*":$MILLRACE_UNPACKED/usr/bin:"*) ;;
*) PATH=$PATH:$MILLRACE_UNPACKED/usr/bin ;;
esac

if [ -d "$HOME/.cargo/bin" ]; then
	case ":$PATH:" in
	*":$HOME/.cargo/bin:"*) ;;
	*) PATH=$HOME/.cargo/bin:$PATH ;;
	esac
fi
export PATH

# Whether the compiler "$@" can build for the runtime's target.
has_wasm_target() {
	local dir
	dir=$("$@" --print target-libdir --target wasm32v1-none 2>/dev/null) || return 1
	compgen -G "$dir/libcore-*.rlib" >/dev/null
}

# The name under which rustup knows Debian's compiler, where that is what builds the runtime.
MILLRACE_WASM_TOOLCHAIN=debian-web

if [ -z "${WASM_BUILD_TOOLCHAIN:-}" ] && ! has_wasm_target rustc && has_wasm_target rustc "+$MILLRACE_WASM_TOOLCHAIN"; then
	export WASM_BUILD_TOOLCHAIN=$MILLRACE_WASM_TOOLCHAIN
fi

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	C_GREEN=$'\e[32m' C_RED=$'\e[31m' C_DIM=$'\e[2m' C_OFF=$'\e[0m'
else
	C_GREEN='' C_RED='' C_DIM='' C_OFF=''
fi

say() { printf '%s\n' "$*"; }
ok() { printf '%sok%s      %s\n' "$C_GREEN" "$C_OFF" "$*"; }
fail() { printf '%serror%s   %s\n' "$C_RED" "$C_OFF" "$1" >&2; [ -z "${2:-}" ] || printf '        %s\n' "$2" >&2; }

# quietly LABEL COMMAND...: runs it with a running clock; on failure shows the end of its output and keeps the log.
quietly() {
	local label=$1 log start pid code=0
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/millrace-XXXXXX.log")
	start=$SECONDS
	"$@" </dev/null >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		if [ -t 1 ]; then
			printf '\r\e[K%s..%s      %s (%d s) %s' "$C_DIM" "$C_OFF" "$label" $((SECONDS - start)) "$(tail -c 300 "$log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c1-60)"
		elif [ $(((SECONDS - start) % 60)) -eq 59 ]; then
			printf '..      %s (%d s) %s\n' "$label" $((SECONDS - start)) "$(tail -c 300 "$log" | tr '\r' '\n' | grep . | tail -n 1 | cut -c1-80)"
		fi
		sleep 1
	done
	wait "$pid" || code=$?
	[ ! -t 1 ] || printf '\r\e[K'
	if [ "$code" -ne 0 ]; then
		tail -n 60 "$log" >&2
		fail "$label failed with exit code $code" "The whole output: $log"
		return "$code"
	fi
	rm -f "$log"
	ok "$label ($((SECONDS - start)) s)"
}
