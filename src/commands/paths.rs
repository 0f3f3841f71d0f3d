//! Paths as people have them: as a hit shows them, from the working folder, or of a whole folder.

use std::fs;
use std::path::Path;

use trommel_core::{escape, path_text};
use trommel_engine::Manifest;

use super::Context;
use crate::{shell, terminal};

/// Returns the globs that were typed, and for each that is a path on this machine what it is called within
/// the root that holds it.
pub(super) fn globs(typed: &[String], context: &Context) -> Vec<String> {
    if typed.is_empty() {
        return Vec::new();
    }
    // Whoever opens the collection says what is wrong with it.
    let roots =
        Manifest::read(&context.folder).map_or_else(|_| Vec::new(), |manifest| manifest.roots);
    let mut globs = typed.to_vec();
    for path in typed {
        let Some(path) = on_this_machine(path) else { continue };
        for root in &roots {
            match path.strip_prefix(root.path.as_str()) {
                // A root that is one file is called by its name.
                Some("") if Path::new(&path).is_file() => {
                    globs.extend(path.rsplit('/').next().map(str::to_owned));
                }
                Some("") => globs.push("**".to_owned()),
                Some(within) if within.starts_with('/') => globs.push(within[1..].to_owned()),
                _ => {}
            }
        }
    }
    globs
}

/// Returns the absolute path of what was typed: resolved if it is there, and as it stands if it is a glob
/// with an absolute beginning.
fn on_this_machine(typed: &str) -> Option<String> {
    let resolved = fs::canonicalize(typed).ok().map(|path| path_text(&path));
    resolved.or_else(|| typed.starts_with('/').then(|| typed.to_owned()))
}

/// Asks about words of a query that are files: most likely they were meant as the place to look in.
pub(super) fn tell_of_files(words: &[String], context: &Context) {
    let looks_like_a_path = |word: &&String| word.contains(['/', '.']) && Path::new(word).exists();
    if words.len() < 2 {
        return;
    }
    let Some(path) = words.iter().find(looks_like_a_path) else { return };
    let rest: Vec<&str> = words.iter().filter(|word| *word != path).map(String::as_str).collect();
    let search = format!("search --path {} {}", shell::word(path), shell::word(&rest.join(" ")));
    terminal::note(format!(
        "{} is taken as words; to look in that file: {}",
        escape(path),
        context.command(&search)
    ));
}
