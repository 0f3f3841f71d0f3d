//! From candidates to hits: the documents are read and the best sentences are found.

use rayon::prelude::*;
use trommel_core::{Encoder, Passage};
use trommel_lexical::LexicalIndex;

use super::answer::{Hit, HitPassage};
use super::candidate::{Candidate, VectorOrigin};
use super::freshness::Freshness;
use super::reader::DocumentReader;
use super::relevance::{Evidence, knows_cosines_of};
use super::request::Stage;
use super::sentence::{Choice, Occurrences, QueryWords, choose};
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// The hits of a search.
pub(super) struct ReadHits {
    pub(super) hits: Vec<Hit>,
    /// Whether one of them answers the query.
    pub(super) answered: bool,
    /// How many sentences were encoded to choose what is shown.
    pub(super) encoded: usize,
}

/// Reads the documents of the first `k` candidates, as many of them as have `min_score`.
///
/// Without an index of words all words weigh the same. The encoder comes with the query's vector; without
/// both the sentences' words decide which are shown.
pub(super) fn read(
    snapshot: &Snapshot,
    query: &str,
    index: Option<&LexicalIndex>,
    encoder: Option<(&dyn Encoder, &[f32])>,
    candidates: Vec<Candidate>,
    documents: &mut DocumentReader<'_>,
    (k, min_score): (usize, f32),
) -> Result<ReadHits, EngineError> {
    let words = match index {
        Some(index) => QueryWords::weighted(query, index)?,
        None => QueryWords::unweighted(query),
    };
    let read = |(rank, candidate)| read_one(rank, candidate, documents);
    let hits = (1..).zip(candidates.into_iter().take(k)).map(read);
    let mut hits = hits.collect::<Result<Vec<Hit>, _>>()?;
    let cosines_are_known = knows_cosines_of(&snapshot.manifest().encoder.model);
    // Going through the words of all texts takes longer than the stages before.
    let known = hits.par_iter().map(|hit| {
        let found = words.occurrences(&hit.passage.text);
        let choice = Choice::new(&words, &found, &hit.title, &hit.passage.text);
        (evidence(hit, &words, &found, cosines_are_known), choice)
    });
    let (evidence, choices): (Vec<Evidence>, Vec<Choice>) = known.unzip();
    let mut score = 1.0f32;
    for (hit, evidence) in hits.iter_mut().zip(&evidence) {
        hit.probability = evidence.probability();
        score = score.min(hit.probability);
        hit.score = score;
    }
    hits.truncate(hits.partition_point(|hit| hit.score >= min_score));
    let answered = evidence.iter().take(hits.len()).any(Evidence::answers);
    let texts = hits.iter().map(|hit| hit.passage.text.as_str());
    let (shown, encoded) = choose(choices.into_iter().zip(texts).collect(), encoder);
    for (hit, (sentence, matches)) in hits.iter_mut().zip(shown) {
        hit.passage.sentence = sentence;
        hit.passage.matches = matches;
    }
    Ok(ReadHits { hits, answered, encoded })
}

/// Returns what is known of a hit whatever else was found.
fn evidence(
    hit: &Hit,
    words: &QueryWords,
    found: &Occurrences,
    cosines_are_known: bool,
) -> Evidence {
    let Hit { title, passage, candidate, .. } = hit;
    let Stage::Source(vectors) = Stage::VECTORS else { return Evidence::default() };
    // A prediction says where a passage belongs, and not how near it is.
    let is_predicted = candidate.vector == Some(VectorOrigin::Predicted);
    let said = candidate.sources.get(vectors).copied().flatten().filter(|_| !is_predicted);
    let parts = [title].into_iter().chain(&passage.headings).map(String::as_str);
    Evidence {
        reranked: candidate.last_reranked().map(|result| result.probability),
        cosine: said.filter(|said| cosines_are_known && !said.imputed).map(|said| said.score),
        share: words.share_of(found, parts),
    }
}

/// Reads the document of a candidate; its scores and its sentence are yet to be found.
fn read_one(
    rank: usize,
    candidate: Candidate,
    documents: &mut DocumentReader<'_>,
) -> Result<Hit, EngineError> {
    let (entry, stored) = documents.take(candidate.document)?;
    // A candidate has a passage: every document has at least one.
    let id = candidate.passage().unwrap_or(trommel_core::PassageId(entry.first));
    let passage = documents.passage(candidate.document, &stored, id)?.clone();
    let StoredDocument { document, .. } = stored;
    let text = passage.text(&document).to_owned();
    let Passage { lines, headings, location, .. } = passage;
    Ok(Hit {
        rank,
        id: document.id.clone(),
        score: 0.0,
        probability: 0.0,
        passage: HitPassage {
            id,
            lines,
            headings,
            location,
            text,
            sentence: 0..0,
            matches: Vec::new(),
        },
        title: document.title,
        freshness: Freshness::of(&document.origin, entry.stamp),
        origin: document.origin,
        metadata: document.metadata,
        candidate,
    })
}
