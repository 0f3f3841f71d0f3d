#!/bin/sh
# Stops the nodes started by start.sh (SIGTERM, after WAIT seconds SIGKILL); with -w also wipes their data.
cd "$(dirname "$0")"
for p in run/n*/pid; do [ -f "$p" ] && kill "$(cat "$p")" 2>/dev/null; done
for p in run/n*/pid; do
  [ -f "$p" ] || continue
  t=$((${WAIT:-15} * 2))
  while [ $t -gt 0 ] && kill -0 "$(cat "$p")" 2>/dev/null; do sleep 0.5; t=$((t - 1)); done
  kill -9 "$(cat "$p")" 2>/dev/null; rm -f "$p"
done
[ "$1" = -w ] && rm -rf run
true
