#!/bin/sh
# Optional: writes target/node.jsa (class data sharing) from one short run, which halves the CPU of every later start.
set -e
cd "$(dirname "$0")"
./stop.sh -w; rm -f target/node.jsa
EXTRA=-XX:ArchiveClassesAtExit=target/node.jsa ./start.sh 1
./warm.sh
WAIT=480 ./stop.sh; cp run/n0/log target/cds.log; ./stop.sh -w
ls -la target/node.jsa
