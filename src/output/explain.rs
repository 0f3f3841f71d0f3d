//! Why a hit is where it is, and where the time went.

use std::io::{self, Write};

use anstyle::Style;
use trommel_core::escape;
use trommel_engine::{Hit, Reread, Scored, Stages};
use unicode_width::UnicodeWidthStr;

use super::Asked;
use crate::cache::FromCache;
use crate::terminal::Screen;

const HEAD: Style = Style::new().underline();

/// Writes a table of the hits' ranks and scores in every stage, one of the steps, how much the
/// reranker read, and what the cache did.
pub(super) fn tables(out: &mut Screen, Asked { answer, cached, .. }: Asked<'_>) -> io::Result<()> {
    if !answer.hits.is_empty() {
        writeln!(out)?;
        let head = ["rank", "score", "bm25", "dense", "fused", "reranked", "document"];
        table(out, &head, answer.hits.iter().map(row).collect())?;
    }
    writeln!(out)?;
    let steps = answer.trace.steps.iter().map(|step| {
        let counts: Vec<String> =
            step.counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        let ms = format!("{:.1}", step.took.as_secs_f64() * 1000.0);
        vec![step.name.to_owned(), ms, counts.join(", ")]
    });
    table(out, &["step", "ms", "counts"], steps.collect())?;
    if let Some(reading) = answer.reading {
        writeln!(out, "\nreranker: {reading}")?;
    }
    if let Some(failure) = &answer.failure {
        writeln!(out, "reranker: failed: {}", escape(failure))?;
    }
    cached.map_or(Ok(()), |cached| cache(out, cached))
}

fn cache(out: &mut Screen, FromCache { counts, problem }: &FromCache) -> io::Result<()> {
    writeln!(out, "cache: {} of {} from the cache", counts.found, counts.asked)?;
    problem.iter().try_for_each(|problem| writeln!(out, "cache: {}", escape(problem)))
}

fn row(hit: &Hit) -> Vec<String> {
    let stages = &hit.stages;
    vec![
        hit.rank.to_string(),
        format!("{:.4}", hit.score),
        scored(stages.bm25, 2),
        scored(stages.dense, 4),
        scored(stages.fused, 4),
        reread(stages),
        escape(&hit.id).into_owned(),
    ]
}

/// A rank is missing where the stage's own list lacks the document; its score is known still.
fn scored(scored: Option<Scored>, digits: usize) -> String {
    let rank = |rank: Option<usize>| rank.map_or_else(|| "–".to_owned(), |rank| format!("#{rank}"));
    scored.map_or_else(|| "–".to_owned(), |s| format!("{} {:.digits$}", rank(s.rank), s.score))
}

fn reread(stages: &Stages) -> String {
    let unread = || match stages.expected {
        Some(probability) => format!("not read: expected p {probability:.2}"),
        None => "–".to_owned(),
    };
    stages.reranked.map_or_else(unread, |Reread { rank, logit, probability, truncated }| {
        let cut = if truncated { ", cut" } else { "" };
        format!("#{rank} {probability:.4} (logit {logit:.2}{cut})")
    })
}

fn table(out: &mut Screen, head: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.chain([head[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let pad = |text: &str, column: usize| {
        let last = column + 1 == head.len();
        let missing = if last { 0 } else { widths[column] - text.width() + 2 };
        " ".repeat(missing)
    };
    for (column, name) in head.iter().enumerate() {
        write!(out, "{HEAD}{name}{HEAD:#}{}", pad(name, column))?;
    }
    writeln!(out)?;
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            write!(out, "{cell}{}", pad(cell, column))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
