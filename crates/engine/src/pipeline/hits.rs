//! From ranked candidates to hits: the documents are read and the best sentence is found.

use trommel_core::PassageId;
use trommel_lexical::terms;

use super::answer::{Hit, HitPassage, Scored, Stages};
use super::candidates::Found;
use super::cascade::Standing;
use super::freshness::Freshness;
use super::pool::Pooled;
use super::request::SearchSettings;
use super::sentence::best_sentence;
use crate::documents::StoredDocument;
use crate::{EngineError, Snapshot};

/// The BM25 score that is shown as one half when BM25 alone ranks.
const HALF_BM25: f32 = 10.0;

/// A candidate in its final place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked {
    document: usize,
    passage: PassageId,
    score: f32,
    stages: Stages,
}

impl Ranked {
    /// BM25 alone: a score `s` is shown as `s / (s + 10)`.
    pub(super) fn by_bm25((place, found): (usize, Found)) -> Self {
        let scored = Scored { rank: Some(place + 1), score: found.score };
        let score = found.score.max(0.0) / (found.score.max(0.0) + HALF_BM25);
        let stages = Stages { bm25: Some(scored), ..Stages::default() };
        Self { document: found.document, passage: found.passage, score, stages }
    }

    /// Vectors alone: a cosine is shown as it is, a negative one as 0.
    pub(super) fn by_dense((place, found): (usize, Found)) -> Self {
        let scored = Scored { rank: Some(place + 1), score: found.score };
        let score = found.score.clamp(0.0, 1.0);
        let stages = Stages { dense: Some(scored), ..Stages::default() };
        Self { document: found.document, passage: found.passage, score, stages }
    }

    pub(super) fn by_fusion((place, pooled): (usize, Pooled)) -> Self {
        Self::of_pool(&pooled, place)
    }

    pub(super) fn by_cascade(pool: &[Pooled], standing: Standing) -> Self {
        let mut ranked = Self::of_pool(&pool[standing.place], standing.place);
        ranked.score = standing.score;
        ranked.passage = standing.passage.unwrap_or(ranked.passage);
        ranked.stages.reranked = standing.reread();
        ranked.stages.passes = standing.rereads;
        ranked.stages.expected = standing.expected;
        ranked
    }

    fn of_pool(pooled: &Pooled, place: usize) -> Self {
        Self {
            document: pooled.document,
            passage: pooled.passages[0],
            score: pooled.fused,
            stages: Stages {
                bm25: Some(pooled.bm25),
                dense: Some(pooled.dense),
                fused: Some(Scored { rank: Some(place + 1), score: pooled.fused }),
                ..Stages::default()
            },
        }
    }
}

/// Reads the first `settings.k` documents.
pub(super) fn read(
    snapshot: &Snapshot,
    query: &str,
    ranked: Vec<Ranked>,
    settings: &SearchSettings,
) -> Result<Vec<Hit>, EngineError> {
    let terms = terms(query);
    let read = |(place, ranked): (usize, Ranked)| {
        let entry = &snapshot.catalogue().entries()[ranked.document];
        let StoredDocument { document, passages } = snapshot.read(entry)?;
        let lacks = || {
            let detail = format!("document {:?} lacks passage {}", entry.id, ranked.passage);
            EngineError::corrupt(snapshot.folder(), detail)
        };
        let passage = passages.get((ranked.passage.0 - entry.first) as usize).ok_or_else(lacks)?;
        let text = passage.text(&document).to_owned();
        let (sentence, matches) = best_sentence(&terms, &document.title, &text);
        Ok(Hit {
            rank: place + 1,
            id: document.id.clone(),
            score: ranked.score,
            passage: HitPassage {
                id: ranked.passage,
                lines: passage.lines,
                headings: passage.headings.clone(),
                text,
                sentence,
                matches,
            },
            title: document.title,
            freshness: Freshness::of(&document.origin, entry.stamp),
            origin: document.origin,
            metadata: document.metadata,
            stages: ranked.stages,
        })
    };
    ranked.into_iter().take(settings.k).enumerate().map(read).collect()
}
