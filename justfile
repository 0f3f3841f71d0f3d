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

# speed of each stage
bench:
    cargo bench

# rewrite snapshots after reviewing them (needs cargo-insta)
snapshots:
    cargo insta review
