#!/bin/bash
# start.sh N [FIRST [LAST]]: starts N nodes (or only nodes FIRST..LAST of N) on loopback, waits until all N have joined.
set -e
cd "$(dirname "$0")"
N=${1:-3}; FIRST=${2:-0}; LAST=${3:-$((N-1))}
HTTP=${HTTP:-9210}; TRANSPORT=${TRANSPORT:-9310}; HEAP=${HEAP:-256m}
[ -f target/engine.jar ] || ./build.sh
CDS=; [ -f target/node.jsa ] && CDS="-XX:SharedArchiveFile=target/node.jsa -Xshare:auto"
mkdir -p run
for i in $(seq $FIRST $LAST); do
  h=run/n$i; mkdir -p $h
  java -Xms$HEAP -Xmx$HEAP -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ActiveProcessorCount=1 -Xss512k \
    -XX:MaxDirectMemorySize=64m -Djava.awt.headless=true -Dfile.encoding=UTF-8 -Djava.net.preferIPv4Stack=true \
    -Dio.netty.noUnsafe=true -Dio.netty.allocator.numDirectArenas=0 -Dio.netty.recycler.maxCapacityPerThread=0 \
    -Dlog4j2.disable.jmx=true -Dlog4j.shutdownHookEnabled=false --add-opens=java.base/java.io=ALL-UNNAMED \
    $CDS $EXTRA -cp "$(cat target/classpath)" EngineNode $h $i $N $HTTP $TRANSPORT >$h/log 2>&1 &
  echo $! >$h/pid
done
for t in $(seq 1 600); do
  if curl -sf -m 5 "http://127.0.0.1:$((HTTP+FIRST))/_cluster/health?wait_for_nodes=$N&timeout=4s" 2>/dev/null | grep -q '"timed_out":false'; then
    echo "ready: $N nodes, http 127.0.0.1:$HTTP.."; exit 0
  fi
  for i in $(seq $FIRST $LAST); do kill -0 $(cat run/n$i/pid) 2>/dev/null || { echo "node n$i died:"; tail -20 run/n$i/log; exit 1; }; done
  sleep 0.5
done
echo "not ready"; exit 1
