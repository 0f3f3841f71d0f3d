//! Fears that the rooms grow into each other: the arrows between crates only point down.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may use of the others, as in `ARCHITECTURE.md`.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("eval", &[]),
    ("extract", &["core"]),
    ("ingest", &["core", "extract"]),
    ("kernels", &[]),
    ("lexical", &["core"]),
    ("vector", &["core", "kernels"]),
    ("predict", &["core", "kernels"]),
    ("models", &["core", "kernels"]),
    ("inference", &["core", "models"]),
    ("remote", &["core"]),
    ("report", &["core", "eval"]),
    ("engine", &["core", "ingest", "lexical", "predict", "vector"]),
    ("testkit", &["core", "models"]),
    ("server", &["core", "engine", "watch"]),
    ("watch", &[]),
    (
        "trommel",
        &[
            "core",
            "engine",
            "eval",
            "extract",
            "inference",
            "ingest",
            "lexical",
            "models",
            "remote",
            "vector",
        ],
    ),
];

#[test]
fn arrows_only_point_down() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(name, uses)| (full(name), uses.iter().map(|name| full(name)).collect()))
        .collect();
    let mut seen = BTreeSet::new();
    for package in &metadata.packages {
        let name = package.name.to_string();
        if name == "trommel-cli" {
            continue;
        }
        let allowed = allowed.get(&name).unwrap_or_else(|| panic!("{name} has no row in ARROWS"));
        for dependency in &package.dependencies {
            let ours = dependency.name.starts_with("trommel-");
            if ours && dependency.kind == DependencyKind::Normal {
                assert!(allowed.contains(&dependency.name), "{name} uses {}", dependency.name);
            }
        }
        seen.insert(name);
    }
    assert_eq!(seen, allowed.keys().cloned().collect(), "ARROWS names exactly the crates");
}

#[test]
fn the_core_is_light() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let core = metadata.packages.iter().find(|package| package.name.as_str() == "trommel-core");
    let names: BTreeSet<&str> = core
        .unwrap()
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.as_str())
        .collect();
    // Each of them has no dependencies worth the name: a hash, a map of a file, an edit distance, the tables of what
    // readers take for one character.
    let light = ["blake3", "memmap2", "serde", "strsim", "thiserror", "unicode-segmentation"];
    assert_eq!(names, BTreeSet::from(light));
}

/// What only a command line needs. (`hnsw_rs` brings `env_logger`, and that a terminal's colours: no crate
/// of ours asks for them.)
const OF_COMMAND_LINES: [&str; 8] = [
    "anstream",
    "anstyle",
    "clap",
    "clap_complete",
    "clap_mangen",
    "console",
    "indicatif",
    "signal-hook",
];

#[test]
fn the_library_is_no_command_line() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for package in metadata.packages.iter().filter(|it| it.name.as_str() != "trommel-cli") {
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            assert!(!OF_COMMAND_LINES.contains(&name), "{} uses {name}", package.name);
        }
    }
}

#[test]
fn a_plain_test_run_covers_every_crate() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let members: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let by_default: BTreeSet<_> = metadata.workspace_default_members.iter().collect();
    assert_eq!(members, by_default);
}

/// The library alone has the project's own name.
fn full(name: &str) -> String {
    if name == "trommel" { name.to_owned() } else { format!("trommel-{name}") }
}
