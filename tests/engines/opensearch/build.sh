#!/bin/sh
# Fetches the jars and compiles the one class into target/engine.jar.
set -e
cd "$(dirname "$0")"
[ -d target/knn ] || mvn -B -q package
mkdir -p target/classes
javac -d target/classes -cp 'target/lib/*:target/knn/*' src/EngineNode.java
cp src/log4j2.properties target/classes/
jar cf target/engine.jar -C target/classes .
ls target/engine.jar target/lib/*.jar target/knn/*.jar | paste -sd: >target/classpath
