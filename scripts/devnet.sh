#!/usr/bin/env bash
# A network of your own on this machine: validators, an archive node that answers clients, workers, and Prometheus.
#
#   scripts/devnet.sh [FLAGS]   starts it, prints where each of them answers, and runs until Ctrl-C
#   scripts/devnet.sh status    prints what runs; exit code 1 unless all of it does
#   scripts/devnet.sh stop      ends what runs; nothing is left but logs
#
#   --validators N   1 to 6: Alice, Bob, Charlie, Dave, Eve, Ferdie; 4 where absent
#   --workers N      0 to 8 providers, each with a worker that computes on one core; 1 where absent
#   --chain NAME     whose rules hold: fast, development or local; fast where absent
#   --prometheus     do not start without Prometheus; where it is installed it is started anyway
#   --detach         return once everything is up
#   --state DIR      where chains, keys and logs are, also with status and stop; ~/.local/state/millrace/devnet where absent
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

case ${1:-} in
-h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac

missing=no
for program in millrace-devnet millrace-node millrace-worker; do
	[ -x "$MILLRACE_BIN/$program" ] || missing=yes
done
if [ "$missing" = yes ]; then
	case ${1:-} in
	status | stop) fail "$MILLRACE_BIN has no programs, so no network was started with them" "Build them: scripts/quickstart.sh"; exit 1 ;;
	esac
	"$MILLRACE_ROOT/scripts/setup.sh"
	(cd "$MILLRACE_ROOT" && quietly "built the node, the worker and the client (a first build takes 20 to 30 minutes)" cargo build --workspace --all-targets --locked)
fi
exec "$MILLRACE_BIN/millrace-devnet" "$@"
