# Recipes for working on trommel; `just` lists them.

default:
    @just --list

# everything that must hold before a change lands
check: ci deny

# what the continuous integration runs
ci:
    .ci/run

# licences, advisories and sources of all dependencies (needs cargo-deny)
deny:
    cargo deny check

# the tests, as in the README
test:
    cargo test --release

# the kernels' portable path under Miri (needs a nightly toolchain with it; minutes)
miri:
    MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p trommel-kernels --lib

# tokens/s a core of the transformer kernels, and their share of the machine's ceiling
throughput:
    cargo run --release -p trommel-kernels --example throughput

# speed of each stage
bench:
    cargo bench

# rewrite snapshots after reviewing them (needs cargo-insta)
snapshots:
    cargo insta review
