//! Sources: where candidates come from.
//!
//! The first two are the collection's own indexes. Each further one is another engine's first stage,
//! which names documents and knows nothing of passages.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use trommel_core::{
    DocumentRetriever, PassageId, PassageSet, Query, Retriever, RetrieverError, ScoredPassage,
};
use trommel_lexical::LexicalSettings;
use trommel_vector::VectorSearch;

use super::answer::SourceReport;
use super::candidate::{Candidate, SourceScore};
use super::dense::{DenseRetriever, ReadNow};
use super::request::{LOCAL_SOURCES, SearchSettings, Stage};
use super::ties::sort_best_first;
use crate::fusion::Bounds;
use crate::{EngineError, Snapshot};

/// A BM25 score that is shown as one half where words alone rank.
const HALF: f32 = 10.0;

/// The share of its weight that the source of vectors keeps where all of them are predictions.
/// `docs/measurements.md` has what was measured.
const PREDICTED: f64 = 2.0 / 3.0;

/// A further source beside the collection's own indexes.
#[derive(Clone)]
pub struct Source {
    /// Its name, as columns and stages have it.
    pub name: String,
    /// How much it counts in fusion, at least 0, beside the two indexes, whose weights are together 1.
    pub weight: f32,
    /// What finds.
    pub retriever: Arc<dyn DocumentRetriever>,
}

/// A document in the list of a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScoredDocument {
    /// The document's place in the catalogue.
    pub(super) document: usize,
    /// The passage that was found; the document's first where the source knows of none.
    pub(super) passage: PassageId,
    /// The source's own score.
    pub(super) score: f32,
}

/// What a source found, best first; equals by rising id.
#[derive(Debug, Clone, Default)]
pub(super) struct SourceResults {
    pub(super) documents: Vec<ScoredDocument>,
    /// How many documents it named that the collection lacks.
    pub(super) unknown: usize,
}

/// Who finds.
enum Finder<'a> {
    /// The index of words, with or without those of neighbours.
    Lexical(Box<dyn Retriever + 'a>),
    /// The vectors, encoded and predicted.
    Vectors(Box<DenseRetriever<'a>>),
    /// Another engine.
    Documents(&'a dyn DocumentRetriever),
}

/// A source that runs in a search.
pub(super) struct Running<'a> {
    pub(super) name: &'a str,
    pub(super) weight: f64,
    finder: Finder<'a>,
}

/// All sources of a search, in their order; those that its last stage does not need are not made.
pub(super) struct Sources<'a> {
    running: Vec<(&'a str, Option<Running<'a>>)>,
}

impl<'a> Sources<'a> {
    /// Makes the retrievers of those sources that are needed.
    ///
    /// Beside other sources the one of vectors takes part where every passage has one: by whatever it is
    /// replaced, what has none would be lost.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        further: &'a [Source],
        settings: &SearchSettings,
        is_needed: impl Fn(usize) -> bool,
    ) -> Result<Self, EngineError> {
        let [words, meanings, neighbours] = LOCAL_SOURCES;
        let takes_part = snapshot.has_all_vectors() || settings.stage == Stage::VECTORS;
        let share = PREDICTED + (1.0 - PREDICTED) * snapshot.encoded_share();
        let dense_weight = match takes_part {
            true => share * f64::from(settings.dense_weight),
            false => 0.0,
        };
        let expanded = is_needed(2).then(|| expanded(snapshot, settings)).transpose()?.flatten();
        // Where a passage's words and those of its neighbours count, its own count already.
        let weight = if expanded.is_some() { 0.0 } else { 1.0 - dense_weight };
        let lexical = || Ok::<_, EngineError>(Running { weight, ..lexical(snapshot, settings)? });
        let words = (words, is_needed(0).then(lexical).transpose()?);
        let dense = || {
            let running = vectors(snapshot, settings)?;
            Ok::<_, EngineError>(Running { weight: dense_weight, ..running })
        };
        let meanings = (meanings, (is_needed(1) && takes_part).then(dense).transpose()?);
        let mut running = vec![words, meanings, (neighbours, expanded)];
        for (place, source) in (LOCAL_SOURCES.len()..).zip(further) {
            let name = source.name.as_str();
            let made = || Running {
                name,
                weight: f64::from(source.weight),
                finder: Finder::Documents(&*source.retriever),
            };
            running.push((name, is_needed(place).then(made)));
        }
        Ok(Self { running })
    }

    /// Takes in the vectors of what this search had encoded: from now on vectors count as they do where
    /// all passages have one by the encoder.
    pub(super) fn learn(
        &mut self,
        snapshot: &'a Snapshot,
        settings: &SearchSettings,
        now: ReadNow,
    ) -> Result<(), EngineError> {
        let mut dense = vectors(snapshot, settings)?;
        if let Finder::Vectors(retriever) = &mut dense.finder {
            retriever.learn(now);
        }
        let words = self.running[0].1.as_mut();
        if let Some(words) = words.filter(|words| words.weight > 0.0) {
            words.weight = 1.0 - f64::from(settings.dense_weight);
        }
        self.running[1].1 = Some(dense);
        Ok(())
    }

    /// Walks the sources that run, each with its place.
    pub(super) fn running(&self) -> impl Iterator<Item = (usize, &Running<'a>)> {
        let running = self.running.iter().enumerate();
        running.filter_map(|(place, (_, source))| Some((place, source.as_ref()?)))
    }

    /// Returns how many sources there are, whether they run or not.
    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Says whether a source runs that reads the query's vector.
    pub(super) fn need_vector(&self) -> bool {
        self.running().any(|(_, source)| source.reads_vector())
    }

    /// Returns what each source did.
    pub(super) fn reports(&self, found: &[Option<SourceResults>]) -> Vec<SourceReport> {
        let report = |((name, _), found): (&(&str, _), &Option<SourceResults>)| SourceReport {
            name: (*name).to_owned(),
            found: found.as_ref().map(|found| found.documents.len()),
            unknown: found.as_ref().map_or(0, |found| found.unknown),
        };
        self.running.iter().zip(found).map(report).collect()
    }
}

impl Running<'_> {
    /// Returns the best `wanted` documents, of `allowed` passages only if they are given.
    pub(super) fn find(
        &self,
        snapshot: &Snapshot,
        query: Query<'_>,
        wanted: usize,
        allowed: Option<&PassageSet>,
    ) -> Result<SourceResults, EngineError> {
        match &self.finder {
            Finder::Lexical(retriever) => {
                best_documents(snapshot, wanted, |limit| retriever.retrieve(query, limit, allowed))
            }
            Finder::Vectors(retriever) => {
                best_documents(snapshot, wanted, |limit| retriever.retrieve(query, limit, allowed))
            }
            Finder::Documents(retriever) => {
                let mut named = retriever.retrieve(query.text, wanted)?;
                // What is no number says nothing, and would spoil the scale of all others.
                named.retain(|(_, score)| score.is_finite());
                known_documents(snapshot, named, wanted, allowed)
            }
        }
    }

    /// Says whether it reads the query's vector.
    pub(super) fn reads_vector(&self) -> bool {
        matches!(self.finder, Finder::Vectors(_))
    }

    /// Says whether it may miss a document that belongs to the best.
    pub(super) fn is_approximate(&self) -> bool {
        matches!(&self.finder, Finder::Vectors(retriever) if retriever.is_approximate())
    }

    /// Returns the score of each passage, missing where the source has none; or nothing if it knows no
    /// passages.
    pub(super) fn score_passages(
        &self,
        query: Query<'_>,
        passages: &[PassageId],
    ) -> Result<Option<Vec<Option<f32>>>, EngineError> {
        match &self.finder {
            Finder::Lexical(retriever) => {
                let scores = retriever.score(query, passages)?;
                Ok(Some(scores.into_iter().map(Some).collect()))
            }
            Finder::Vectors(retriever) => Ok(Some(retriever.score(query, passages)?)),
            Finder::Documents(_) => Ok(None),
        }
    }

    /// Returns the score of each document, or nothing if the source cannot score what it is given.
    pub(super) fn score_documents(
        &self,
        query: Query<'_>,
        ids: &[&str],
    ) -> Result<Option<Vec<f32>>, EngineError> {
        match &self.finder {
            Finder::Documents(retriever) => Ok(retriever.score(query.text, ids)?),
            Finder::Lexical(_) | Finder::Vectors(_) => Ok(None),
        }
    }

    /// Returns candidates out of what the source alone found. Their score is in [0, 1]: of words
    /// `s / (s + 10)`, a cosine as it is and a negative one as 0, another engine's between the lowest
    /// and the highest of its list.
    pub(super) fn alone(
        &self,
        place: usize,
        sources: usize,
        found: &SourceResults,
    ) -> Vec<Candidate> {
        let bounds = Bounds::of(found.documents.iter().map(|document| document.score));
        let shown = |score: f32| match self.finder {
            Finder::Lexical(_) => score.max(0.0) / (score.max(0.0) + HALF),
            Finder::Vectors(_) => score.clamp(0.0, 1.0),
            Finder::Documents(_) => bounds.scale(score),
        };
        let candidate = |(rank, found): (usize, &ScoredDocument)| {
            let ScoredDocument { document, passage, score } = *found;
            let mut candidate = Candidate::new(document, vec![passage], shown(score));
            candidate.sources = vec![None; sources];
            candidate.sources[place] =
                Some(SourceScore { rank: Some(rank), score, imputed: false });
            candidate
        };
        (1..).zip(&found.documents).map(candidate).collect()
    }
}

/// Returns the collection's index of words as a source.
fn lexical<'a>(
    snapshot: &'a Snapshot,
    settings: &SearchSettings,
) -> Result<Running<'a>, EngineError> {
    let SearchSettings { title_weight, syntax, dense_weight, .. } = *settings;
    let retriever = snapshot.lexical()?.retriever(LexicalSettings { title_weight, syntax });
    let finder = Finder::Lexical(Box::new(retriever));
    Ok(Running { name: LOCAL_SOURCES[0], weight: 1.0 - f64::from(dense_weight), finder })
}

/// Returns the index of words over passages with words of their neighbours as a source; nothing where
/// these do not count, in a generation that has no neighbours, and for a query with operators, which
/// speaks of a passage's own words.
fn expanded<'a>(
    snapshot: &'a Snapshot,
    settings: &SearchSettings,
) -> Result<Option<Running<'a>>, EngineError> {
    let SearchSettings { title_weight, syntax, dense_weight, neighbours, .. } = *settings;
    let Some(expansion) = snapshot.expansion().filter(|_| neighbours > 0.0 && !syntax) else {
        return Ok(None);
    };
    let retriever = snapshot.lexical()?.expanded_retriever(expansion, title_weight, neighbours);
    let finder = Finder::Lexical(Box::new(retriever));
    let weight = 1.0 - f64::from(dense_weight);
    Ok(Some(Running { name: LOCAL_SOURCES[2], weight, finder }))
}

/// Returns the collection's vectors as a source.
pub(super) fn vectors<'a>(
    snapshot: &'a Snapshot,
    settings: &SearchSettings,
) -> Result<Running<'a>, EngineError> {
    let SearchSettings { ann, ef, dense_weight, .. } = *settings;
    let retriever = DenseRetriever::new(snapshot, VectorSearch { ann, ef })?;
    let finder = Finder::Vectors(Box::new(retriever));
    Ok(Running { name: LOCAL_SOURCES[1], weight: f64::from(dense_weight), finder })
}

/// Reads a retriever on until `wanted` different documents are found or it is exhausted.
fn best_documents(
    snapshot: &Snapshot,
    wanted: usize,
    retrieve: impl Fn(usize) -> Result<Vec<ScoredPassage>, RetrieverError>,
) -> Result<SourceResults, EngineError> {
    let mut limit = wanted + wanted / 2;
    loop {
        let passages = retrieve(limit)?;
        let exhausted = passages.len() < limit;
        let mut seen = HashSet::new();
        let mut documents = Vec::with_capacity(wanted.min(passages.len()));
        for ScoredPassage { id: passage, score } in passages {
            let document = snapshot.document_of(passage)?;
            if documents.len() < wanted && seen.insert(document) {
                documents.push(ScoredDocument { document, passage, score });
            }
        }
        if exhausted || documents.len() == wanted {
            sort(&mut documents, snapshot)?;
            return Ok(SourceResults { documents, unknown: 0 });
        }
        limit *= 2;
    }
}

/// Finds the documents that another engine named in the collection.
fn known_documents(
    snapshot: &Snapshot,
    named: Vec<(String, f32)>,
    wanted: usize,
    allowed: Option<&PassageSet>,
) -> Result<SourceResults, EngineError> {
    // Of a document that is named twice the better score counts.
    let mut scores: HashMap<String, f32> = HashMap::with_capacity(named.len());
    for (id, score) in named {
        let best = scores.entry(id).or_insert(score);
        *best = best.max(score);
    }
    let mut documents = Vec::with_capacity(scores.len());
    let mut unknown = 0;
    for (id, score) in scores {
        let Some(document) = snapshot.catalogue().place_of(&id)? else {
            unknown += 1;
            continue;
        };
        let mut passages = snapshot.catalogue().span(document)?.passage_ids();
        let passage = match allowed {
            Some(allowed) => passages.find(|passage| allowed.contains(*passage)),
            None => passages.next(),
        };
        if let Some(passage) = passage {
            documents.push(ScoredDocument { document, passage, score });
        }
    }
    sort(&mut documents, snapshot)?;
    documents.truncate(wanted);
    Ok(SourceResults { documents, unknown })
}

/// Sorts documents by score, best first, and equals by rising id.
fn sort(documents: &mut [ScoredDocument], snapshot: &Snapshot) -> Result<(), EngineError> {
    sort_best_first(documents, snapshot.catalogue(), |it| (it.score, it.document))
}
