//! Why a hit is where it is, and where the time went.

use std::io::{self, Write};

use anstyle::Style;
use trommel_core::escape;
use trommel_engine::{
    Answer, Candidate, FeedbackReport, Hit, RerankReport, RerankResult, Scored, SourceScore, Stage,
    VectorOrigin,
};
use unicode_width::UnicodeWidthStr;

use super::Asked;
use super::text::{isolated, isolated_path};
use crate::terminal::Screen;
use trommel::FromCache;
use trommel::json::Named;

const HEAD: Style = Style::new().underline();

/// Writes a table of the hits' ranks and scores in every stage, one of the steps, how much the
/// reranker read, and what the cache did.
pub(super) fn tables(out: &mut Screen, Asked { answer, cached, .. }: Asked<'_>) -> io::Result<()> {
    if !answer.hits.is_empty() {
        writeln!(out)?;
        // Columns in the order in which a hit has passed the stages.
        let passes = passes(answer);
        let sources = answer.sources.iter().map(|source| source.name.as_str());
        let feedback = answer.feedback.as_ref().map(|_| "feedback");
        let vector = has_origins(answer).then_some("vector");
        let head: Vec<&str> = ["rank", "p", "ranked by"]
            .into_iter()
            .chain(sources)
            .chain(["fused"])
            .chain(vector)
            .chain(feedback)
            .chain(passes.iter().map(String::as_str))
            .chain(["document"])
            .collect();
        let row = |hit| [row(answer, hit, passes.len()), vec![document(out, hit)]].concat();
        let rows = answer.hits.iter().map(row).collect();
        table(out, &head, rows)?;
    }
    writeln!(out)?;
    let steps = answer.trace.steps.iter().map(|step| {
        let mut counts: Vec<String> =
            step.counts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        counts.extend(step.meanwhile.then(|| "meanwhile".to_owned()));
        let ms = format!("{:.1}", step.took.as_secs_f64() * 1000.0);
        vec![step.name.clone(), ms, counts.join(", ")]
    });
    table(out, &["step", "ms", "counts"], steps.collect())?;
    if answer.feedback.is_some() || !answer.reranks.is_empty() {
        writeln!(out)?;
    }
    if let Some(FeedbackReport { by, documents, new }) = &answer.feedback {
        let shown = |id: &String| isolated_path(out, &escape(id));
        let documents: Vec<String> = documents.iter().map(shown).collect();
        let (documents, by) = (documents.join(" and "), by.name());
        writeln!(
            out,
            "feedback: {documents} moved the query, picked by {by}: {new} new candidates"
        )?;
    }
    for (name, pass) in passes(answer).iter().zip(&answer.reranks) {
        reading(out, name, pass, answer.reranks.len() > 1)?;
    }
    cached.map_or(Ok(()), |cached| cache(out, cached))
}

/// Writes the tables of one collection of several, under its name.
pub(super) fn of_collection(out: &mut Screen, named: &Named<'_>) -> io::Result<()> {
    writeln!(out, "\n[{}]", isolated(out, &escape(named.collection)))?;
    tables(out, Asked { id: None, answer: named.answer, cached: None })
}

/// Returns what the columns of the second stage are called: a reranker alone, or the passes of a
/// cascade by their numbers.
fn passes(answer: &Answer) -> Vec<String> {
    match answer.reranks.len() {
        0 | 1 => vec!["reranked".to_owned()],
        several => (1..=several).map(|number| format!("pass {number}")).collect(),
    }
}

fn reading(out: &mut Screen, name: &str, pass: &RerankReport, several: bool) -> io::Result<()> {
    let RerankReport { reranker, excerpt, reading, abstention, failure, .. } = pass;
    let name = if several { name } else { "reranker" };
    if several {
        let tokens = excerpt.map(|tokens| format!("@{tokens}")).unwrap_or_default();
        writeln!(out, "{name}: {}{tokens}: {reading}", escape(reranker))?;
    } else if pass.took_part() {
        writeln!(out, "{name}: {reading}")?;
    }
    abstention.iter().try_for_each(|unread| writeln!(out, "{name}: {unread}"))?;
    failure.iter().try_for_each(|failure| writeln!(out, "{name}: failed: {}", escape(failure)))
}

fn cache(out: &mut Screen, FromCache { counts, problem }: &FromCache) -> io::Result<()> {
    writeln!(out, "cache: {} of {} from the cache", counts.found, counts.asked)?;
    problem.iter().try_for_each(|problem| writeln!(out, "cache: {}", escape(problem)))
}

/// Returns what every stage said of a hit.
fn row(answer: &Answer, hit: &Hit, passes: usize) -> Vec<String> {
    let Candidate { sources, exact, fused, feedback, vector, .. } = &hit.candidate;
    let mut row = vec![
        hit.rank.to_string(),
        format!("{:.3}", hit.probability),
        format!("{:.4}", hit.candidate.score),
    ];
    row.extend(sources.iter().enumerate().map(|(place, said)| source(place, *said)));
    let fusion = |said: Option<Scored>| scored(said.map(|it| (Some(it.rank), it.score)), 4);
    // An addition that no shown digit has would only puzzle.
    let exact = if *exact < 0.005 { String::new() } else { format!(" (exact +{exact:.2})") };
    row.push(match (fused, feedback) {
        (None, Some(_)) => format!("– found by feedback{exact}"),
        (fused, _) => fusion(*fused) + &exact,
    });
    if has_origins(answer) {
        row.push(vector.map_or("–", VectorOrigin::name).to_owned());
    }
    if answer.feedback.is_some() {
        row.push(fusion(*feedback));
    }
    row.extend((0..passes).map(|pass| reranked(&hit.candidate, pass)));
    row
}

/// Returns the id of a hit, and whether its file is what it was.
fn document(out: &Screen, hit: &Hit) -> String {
    let mark = hit.freshness.mark().map(|mark| format!(" ({mark})")).unwrap_or_default();
    isolated_path(out, &escape(&hit.id)) + &mark
}

/// Says whether vectors of hits came to be in different ways.
fn has_origins(answer: &Answer) -> bool {
    answer.hits.iter().any(|hit| hit.candidate.vector.is_some())
}

/// What a source said; what it could not say stands in brackets.
fn source(place: usize, said: Option<SourceScore>) -> String {
    // Scores of the indexes of words are sums over words, those of the others mostly below 1.
    let digits = if Stage::Source(place).needs_lexical() { 2 } else { 4 };
    let text = scored(said.map(|said| (said.rank, said.score)), digits);
    if said.is_some_and(|said| said.imputed) { format!("({text})") } else { text }
}

/// A rank is missing where the stage's own list lacks the document; its score is known still.
fn scored(scored: Option<(Option<usize>, f32)>, digits: usize) -> String {
    let rank = |rank: Option<usize>| rank.map_or_else(|| "–".to_owned(), |rank| format!("#{rank}"));
    let text = |(at, score)| format!("{} {score:.digits$}", rank(at));
    scored.map_or_else(|| "–".to_owned(), text)
}

fn reranked(candidate: &Candidate, pass: usize) -> String {
    let unread = || match candidate.expected {
        Some(probability) if pass == 0 => format!("not read: expected p {probability:.2}"),
        _ => "–".to_owned(),
    };
    candidate.reranked.get(pass).copied().flatten().map_or_else(
        unread,
        |RerankResult { rank, logit, probability, truncated, .. }| {
            let cut = if truncated { ", cut" } else { "" };
            format!("#{rank} {probability:.4} (logit {logit:.2}{cut})")
        },
    )
}

fn table(out: &mut Screen, head: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.chain([head[column].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(widest).collect();
    let pad = |text: &str, column: usize| {
        // No spaces behind the last column: they would wrap on a narrow terminal.
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
