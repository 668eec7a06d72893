#!/usr/bin/env bash
# Sets everything up and runs two real jobs end to end on a chain of your own.
#
#   scripts/quickstart.sh           leaves no process and no open port behind
#   scripts/quickstart.sh --keep    leaves the chain and the worker up, and prints their URLs
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$MILLRACE_ROOT"

case ${1:-} in
'' | --keep) ;;
-h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
*) fail "unknown argument $1" "See scripts/quickstart.sh --help"; exit 2 ;;
esac

"$MILLRACE_ROOT/scripts/setup.sh"
# The whole workspace, so that the tests find everything built.
quietly "built the node, the worker and the client (a first build takes 20 to 30 minutes)" cargo build --workspace --all-targets --locked
exec "$MILLRACE_BIN/millrace-quickstart" "$@"
