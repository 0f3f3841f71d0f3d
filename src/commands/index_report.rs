//! What an indexing run did, in words and as JSON.

use std::path::Path;

use serde_json::json;
use trommel_core::escape;
use trommel_engine::{Finding, Report};
use trommel_ingest::SkipReason;

use super::Context;
use crate::{shell, terminal};

/// Returns how many things `--strict` does not accept.
pub(super) fn faults(report: &Report) -> usize {
    let wanted = ["hidden", "ignored", "long-runs"];
    let skipped = report.skipped.iter().filter(|it| !wanted.contains(&it.reason.name()));
    skipped.count() + report.duplicates
}

/// Says which paths gave nothing although they had documents.
pub(super) fn tell_emptied(report: &Report, context: &Context) {
    for (path, documents) in &report.emptied {
        let word = shell::path(Path::new(path));
        let remove = context.command(&format!("index --allow-empty {word}"));
        terminal::note(format!(
            "{} has no documents now, as a disk that is not there has none; the {documents} that it \
             had stay until {remove}",
            escape(path)
        ));
    }
}

/// Says that predictions of the collection were damaged, and are gone.
pub(super) fn tell_lost_predictions(report: &Report) {
    if let Some(Finding { path, detail }) = &report.lost_predictions {
        terminal::note(format!(
            "left predictions out: {} is damaged: {detail}",
            escape(&path.to_string_lossy())
        ));
    }
}

/// Says how a JSONL file could be read that begins with no document, if its fields look like those of one.
pub(super) fn tell_foreign(report: &Report, context: &Context) {
    let foreign = report.skipped.iter().find_map(|skipped| match &skipped.reason {
        SkipReason::NoDocuments { problem } => Some((&skipped.path, problem.likely_fields()?)),
        _ => None,
    });
    if let Some((path, (id, text))) = foreign {
        let word = shell::path(Path::new(path));
        let read = context.command(&format!("index {} {word}", flags((id, text))));
        terminal::note(format!("{} was skipped; to read it: {read}", escape(path)));
    }
}

/// Says how archives are read, if some were not.
pub(super) fn tell_archives(report: &Report, context: &Context) {
    let archives = report.skipped.iter().filter(|skipped| skipped.reason.name() == "archive");
    let mut paths = archives.map(|skipped| &skipped.path);
    let Some(first) = paths.next() else { return };
    let read = context.command(&format!("index --archives {}", shell::path(Path::new(first))));
    let (others, are) = match paths.count() {
        0 => (String::new(), "is an archive"),
        others => (format!(" and {others} others"), "are archives"),
    };
    terminal::note(format!("{}{others} {are}; to read what is in it: {read}", escape(first)));
}

/// Says what makes scans searchable, which are pictures of text.
pub(super) fn tell_scans(report: &Report) {
    let mut scans = report.skipped.iter().filter(|skipped| skipped.reason.name() == "no-text");
    let Some(first) = scans.next() else { return };
    let word = shell::path(Path::new(&first.path));
    let others = match scans.count() {
        0 => String::new(),
        others => format!(" and {others} others have"),
    };
    let has = if others.is_empty() { " has" } else { "" };
    terminal::note(format!(
        "{}{others}{has} no text but pictures of it: ocrmypdf {word} OUT.pdf makes a copy with text",
        escape(&first.path)
    ));
}

/// Returns what makes these fields the id and the text of a JSONL object.
pub(super) fn flags((id, text): (&str, &str)) -> String {
    format!("--id-field {} --text-field {}", shell::word(id), shell::word(text))
}

pub(super) fn list_skipped(report: &Report) {
    for skipped in &report.skipped {
        let line = skipped.line.map_or_else(String::new, |line| format!(":{line}"));
        terminal::tell(format!("skipped {}{line}: {}", skipped.path, skipped.reason));
    }
}

pub(super) fn in_words(report: &Report, context: &Context) -> String {
    let counts = [
        (report.added, "added"),
        (report.updated, "updated"),
        (report.unchanged, "unchanged"),
        (report.removed, "removed"),
        (report.kept, "kept though missing"),
        (report.duplicates, "came twice, the later one won"),
    ];
    let done: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let mut text = format!(
        "{} documents in {}, generation {}",
        report.documents,
        shell::path(&context.folder),
        report.generation
    );
    if !done.is_empty() {
        text += &format!("\n{} ({} passages encoded)", done.join(", "), report.passages);
    }
    for (reason, count) in report.skipped_by_reason() {
        text += &format!("\n{count} skipped: {reason}");
    }
    text
}

pub(super) fn as_json(report: &Report, context: &Context) -> serde_json::Value {
    json!({
        "schema": "trommel.index.v1",
        "collection": context.folder,
        "generation": report.generation,
        "documents": report.documents,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "kept": report.kept,
        "duplicates": report.duplicates,
        "passages": report.passages,
        "skipped": report.skipped_by_reason(),
    })
}
