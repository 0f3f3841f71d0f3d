//! The answer of a search, as an agent gets it: sized to fit, as data and as text.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;

use serde::Serialize;
use serde_json::Value;

use super::excerpt::{Excerpt, excerpt};
use super::fair::shares;
use super::harmless::{harmless, on_one_line};
use super::json::{items, lines, text, whole};
use super::resource::Address;

/// The least text of a hit that is worth showing, in characters, unless its passage is shorter.
const LEAST: usize = 100;
/// What a hit takes beside its texts, in characters.
const FRAME: usize = 40;

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    query: String,
    answered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    hits: Vec<Hit>,
    /// What a reader must know beside the hits.
    notes: Vec<String>,
}

/// One document, with the passage that fits best.
#[derive(Debug, Serialize)]
struct Hit {
    rank: u64,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// The probability that it is relevant.
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Lines>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freshness: Option<String>,
    headings: Vec<String>,
    text: String,
    /// Whether `text` is only a part of the passage.
    cut: bool,
    /// The best sentence of the passage, until it is cut.
    #[serde(skip)]
    sentence: Option<Range<usize>>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Lines {
    pub(super) first: u64,
    pub(super) last: u64,
}

impl Found {
    /// Reads an answer of the form `trommel.answer.v1`, and cuts it to about `max_chars` characters of
    /// text.
    pub(super) fn of(answer: &Value, max_chars: usize) -> Self {
        let mut hits: Vec<Hit> = items(answer, "/hits").iter().map(Hit::of).collect();
        let mut notes = notes(answer, &hits);
        notes.extend(fit(&mut hits, max_chars));
        Self {
            query: text(answer, "/query").unwrap_or_default().to_owned(),
            answered: answer["answered"].as_bool().unwrap_or(true),
            stage: text(answer, "/stage").map(str::to_owned),
            hits,
            notes,
        }
    }

    /// Returns it as text, a block for each hit.
    pub(super) fn in_words(&self) -> String {
        let mut words = self.notes.iter().map(|note| format!("({note})\n")).collect::<String>();
        let collections: BTreeSet<_> = self.hits.iter().map(|hit| &hit.collection).collect();
        for hit in &self.hits {
            if !words.is_empty() {
                words.push('\n');
            }
            hit.write(&mut words, collections.len() > 1);
        }
        words.truncate(words.trim_end().len());
        words
    }
}

impl Hit {
    fn of(hit: &Value) -> Self {
        let owned = |pointer| text(hit, pointer).map(on_one_line);
        let id = text(hit, "/id").unwrap_or_default().to_owned();
        let collection = text(hit, "/collection").map(str::to_owned);
        let address = collection
            .as_ref()
            .map(|collection| Address { collection: collection.clone(), id: id.clone() });
        Self {
            rank: whole(hit, "/rank").unwrap_or_default(),
            title: owned("/title"),
            score: hit["score"].as_f64().unwrap_or_default(),
            path: text(hit, "/source/path").filter(|path| *path != id).map(on_one_line),
            lines: lines(hit, "/passage/lines").map(|(first, last)| Lines { first, last }),
            location: location(&hit["passage"]["location"]),
            freshness: owned("/freshness").filter(|freshness| freshness != "current"),
            headings: items(hit, "/passage/headings")
                .iter()
                .filter_map(|heading| heading.as_str().map(on_one_line))
                .collect(),
            text: text(hit, "/passage/text").unwrap_or_default().to_owned(),
            cut: false,
            sentence: sentence(&hit["passage"]["sentence"]),
            uri: address.map(|address| address.to_string()),
            id,
            collection,
        }
    }

    /// Returns how many characters stand around its text.
    fn frame(&self) -> usize {
        let one = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
        let headings = self.headings.iter().map(|heading| heading.chars().count() + 3);
        self.id.chars().count()
            + one(&self.title)
            + one(&self.path)
            + one(&self.location)
            + headings.sum::<usize>()
            + FRAME
    }

    fn need(&self) -> usize {
        self.text.chars().count()
    }

    /// Returns the headings above its text, without one that the text begins with.
    fn trail(&self) -> &[String] {
        let begin = self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim();
        match self.headings.split_last() {
            Some((last, above)) if last == begin => above,
            _ => &self.headings,
        }
    }

    fn write(&self, out: &mut String, with_collection: bool) {
        let Self { rank, id, score, .. } = self;
        let _ = write!(out, "{rank}. ");
        if let Some(collection) = self.collection.as_ref().filter(|_| with_collection) {
            let _ = write!(out, "[{}] ", on_one_line(collection));
        }
        out.push_str(&on_one_line(id));
        if let Some(Lines { first, last }) = self.lines {
            let _ = write!(out, ":{first}-{last}");
        }
        if let Some(location) = &self.location {
            let _ = write!(out, " ({location})");
        }
        let _ = write!(out, " · {:.0} %", score * 100.0);
        if let Some(title) = &self.title {
            let _ = write!(out, " · {title}");
        }
        if let Some(path) = &self.path {
            let _ = write!(out, " · in {path}");
        }
        match self.freshness.as_deref() {
            Some("changed") => out.push_str(" · the file has changed since it was indexed"),
            Some("gone") => out.push_str(" · the file is no longer there"),
            _ => {}
        }
        out.push('\n');
        let trail = self.trail();
        if !trail.is_empty() {
            let _ = writeln!(out, "   > {}", trail.join(" > "));
        }
        for line in self.text.lines() {
            let _ = writeln!(out, "{}", format!("   {line}").trim_end());
        }
    }
}

/// Cuts the texts of hits to what there is room for, and leaves out the last hits if there is not even
/// room for a little of each. Returns what was done.
fn fit(hits: &mut Vec<Hit>, max_chars: usize) -> Vec<String> {
    let mut room = max_chars;
    let shown = hits.iter().take_while(|hit| {
        let least = hit.frame() + hit.need().min(LEAST);
        let fits = least <= room;
        room = room.saturating_sub(least);
        fits
    });
    // One hit is shown in any case: an answer with none would say that there is none.
    let shown = shown.count().max(1).min(hits.len());
    let left_out = hits.len() - shown;
    hits.truncate(shown);

    let frames: usize = hits.iter().map(Hit::frame).sum();
    let needs: Vec<usize> = hits.iter().map(Hit::need).collect();
    for (hit, room) in hits.iter_mut().zip(shares(&needs, max_chars.saturating_sub(frames))) {
        let Excerpt { text, cut } = excerpt(&hit.text, hit.sentence.take(), room);
        hit.text = harmless(&text).into_owned();
        hit.cut = cut;
    }
    let cut = hits.iter().filter(|hit| hit.cut).count();
    let mut done = Vec::new();
    if cut > 0 {
        done.push(format!(
            "cut to fit max_chars: {cut} of {shown} passages; get the id with the lines behind it for \
             all of one"
        ));
    }
    if left_out > 0 {
        done.push(format!("left out to fit max_chars: {left_out} more hits"));
    }
    done
}

/// Returns what must be said of an answer as a whole.
fn notes(answer: &Value, hits: &[Hit]) -> Vec<String> {
    let mut notes = Vec::new();
    match (hits.is_empty(), answer["answered"].as_bool()) {
        (true, _) => notes.push("nothing found".to_owned()),
        (false, Some(false)) => notes
            .push("nothing here probably answers this; these are the nearest passages".to_owned()),
        (false, _) => {}
    }
    if text(answer, "/rerank/stopped") == Some("budget") {
        let count = |pointer| whole(answer, pointer).unwrap_or_default();
        notes.push(format!(
            "the time budget was spent after {} of {} passages, so that the order is less sure",
            count("/rerank/read"),
            count("/rerank/of")
        ));
    }
    if let Some(failure) = text(answer, "/failure") {
        notes.push(format!(
            "the reranker failed, so that the order is less sure: {}",
            on_one_line(failure)
        ));
    }
    let outdated = hits.iter().filter(|hit| hit.freshness.as_deref() == Some("changed")).count();
    if outdated > 0 {
        notes.push("some files have changed since they were indexed: read them anew".to_owned());
    }
    notes
}

/// Returns a place in a document as people say it.
fn location(location: &Value) -> Option<String> {
    if let Some(said) = text(location, "/text") {
        return Some(on_one_line(said));
    }
    let name = text(location, "/label").or_else(|| text(location, "/name"))?;
    Some(on_one_line(&format!("{} {name}", text(location, "/kind").unwrap_or_default())))
}

fn sentence(bytes: &Value) -> Option<Range<usize>> {
    let at = |place: usize| bytes.get(place)?.as_u64()?.try_into().ok();
    Some(at(0)?..at(1)?)
}

#[cfg(test)]
#[path = "found_tests.rs"]
mod tests;
