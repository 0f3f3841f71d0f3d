//! The pool: every candidate with what each source says of it, fused and cut.

use std::collections::HashMap;

use trommel_core::{PassageId, Query};

use super::candidate::{Candidate, Scored, SourceScore};
use super::exact;
use super::request::SearchSettings;
use super::source::{Running, SourceResults, Sources};
use super::ties::sort_best_first;
use crate::documents::{Catalogue, Span};
use crate::fusion::{Bounds, SourceScores, convex, fuse};
use crate::{EngineError, Snapshot};

/// Fuses what the sources found into candidates, best first and at most `settings.candidates`.
///
/// A document that a source did not find is scored by it all the same, over all of the document's
/// passages, where the source can do that. Where it cannot, the rule of the method of fusion holds
/// ([`Method`](crate::fusion::Method)). Documents that are `kept` are in the pool though no source
/// finds them.
pub(super) fn pool(
    snapshot: &Snapshot,
    query: Query<'_>,
    sources: &Sources<'_>,
    found: &[Option<SourceResults>],
    settings: &SearchSettings,
    kept: Vec<usize>,
) -> Result<Vec<Candidate>, EngineError> {
    let mut candidates = fuse_found(snapshot, query, sources, found, settings, kept)?;
    candidates.truncate(settings.candidates);
    for (rank, candidate) in (1..).zip(&mut candidates) {
        candidate.fused = Some(Scored { rank, score: candidate.score });
    }
    Ok(candidates)
}

/// Fuses what the sources found into candidates, best first, all of them.
pub(super) fn fuse_found(
    snapshot: &Snapshot,
    query: Query<'_>,
    sources: &Sources<'_>,
    found: &[Option<SourceResults>],
    settings: &SearchSettings,
    kept: Vec<usize>,
) -> Result<Vec<Candidate>, EngineError> {
    let lists = found.iter().flatten().flat_map(|found| &found.documents);
    let mut documents: Vec<usize> = lists.map(|found| found.document).chain(kept).collect();
    documents.sort_unstable();
    documents.dedup();
    let catalogue = snapshot.catalogue();
    let spans = documents.iter().map(|&document| catalogue.span(document));
    let spans: Vec<Span> = spans.collect::<Result<_, _>>()?;

    let mut columns = Vec::with_capacity(sources.len());
    for (place, source) in sources.running() {
        let found = found[place].as_ref().map_or(&[][..], |found| &found.documents);
        let ranks: HashMap<usize, (usize, f32)> =
            (1..).zip(found).map(|(rank, found)| (found.document, (rank, found.score))).collect();
        columns.push(Column::of(place, source, query, (&documents, &spans), catalogue, ranks)?);
    }
    let fused: Vec<SourceScores> = columns
        .iter()
        .map(|column| SourceScores { weight: column.weight, scores: column.scores.clone() })
        .collect();
    let fused = fuse(&fused, settings.fusion);
    let passages: Vec<PassageId> = spans.iter().flat_map(|span| span.passage_ids()).collect();
    // Operators say by themselves what must be there.
    let exact = match settings.exact {
        weight if weight > 0.0 && !settings.syntax => {
            exact::additions(snapshot, query.text, &passages, weight)?
        }
        _ => vec![0.0; passages.len()],
    };

    let order = PassageOrder::new(&columns, &exact);
    let mut first = 0;
    let mut candidates = Vec::with_capacity(documents.len());
    for (place, (&document, score)) in documents.iter().zip(fused).enumerate() {
        let span = spans[place];
        let own = &exact[first..first + span.passages as usize];
        let exact = own.iter().copied().reduce(f32::max).unwrap_or(0.0);
        let mut candidate = Candidate::new(document, order.of(span, first), score + exact);
        candidate.exact = exact;
        candidate.sources = vec![None; sources.len()];
        for column in &columns {
            candidate.sources[column.source] = column.says(place, document);
        }
        first += span.passages as usize;
        candidates.push(candidate);
    }
    sort_best_first(&mut candidates, catalogue, |it| (it.score, it.document))?;
    Ok(candidates)
}

/// What one source says of the documents of the pool.
struct Column {
    /// The source's place.
    source: usize,
    weight: f64,
    /// Its score of every document, where it has or can compute one.
    scores: Vec<Option<f32>>,
    /// Its score of every passage of every document, one after the other, where it has one, if it knows
    /// passages.
    passages: Option<Vec<Option<f32>>>,
    /// The place in its list of the documents that it found, and their scores.
    ranks: HashMap<usize, (usize, f32)>,
}

impl Column {
    fn of(
        place: usize,
        source: &Running<'_>,
        query: Query<'_>,
        (documents, spans): (&[usize], &[Span]),
        catalogue: &Catalogue,
        ranks: HashMap<usize, (usize, f32)>,
    ) -> Result<Self, EngineError> {
        let ids: Vec<PassageId> = spans.iter().flat_map(|span| span.passage_ids()).collect();
        let passages = source.score_passages(query, &ids)?;
        let scores = match &passages {
            Some(passages) => {
                let mut rest = &passages[..];
                let best = |span: &Span| {
                    let (own, others) = rest.split_at(span.passages as usize);
                    rest = others;
                    own.iter().flatten().copied().reduce(f32::max)
                };
                spans.iter().map(best).collect()
            }
            None => {
                let ids = documents.iter().map(|&document| catalogue.id(document));
                let ids: Vec<&str> = ids.collect::<Result<_, _>>()?;
                match source.score_documents(query, &ids)? {
                    Some(scores) => {
                        let known = |score: f32| Some(score).filter(|score| score.is_finite());
                        scores.into_iter().map(known).collect()
                    }
                    // All that is known is what it found.
                    None => documents.iter().map(|it| Some(ranks.get(it)?.1)).collect(),
                }
            }
        };
        Ok(Self { source: place, weight: source.weight, scores, passages, ranks })
    }

    /// Returns what the source says of the document at a place of the pool.
    fn says(&self, place: usize, document: usize) -> Option<SourceScore> {
        let rank = self.ranks.get(&document).map(|(rank, _)| *rank);
        match self.scores[place] {
            Some(score) => Some(SourceScore { rank, score, imputed: false }),
            None => {
                let lowest = self.scores.iter().flatten().copied().reduce(f32::min)?;
                Some(SourceScore { rank, score: lowest, imputed: true })
            }
        }
    }
}

/// How the passages of one document are ordered: by the convex combination of the scores of all
/// sources that know passages, scaled by the bounds of the pool's documents.
struct PassageOrder<'a> {
    weights: Vec<f64>,
    columns: Vec<(Bounds, &'a [Option<f32>])>,
    /// What it counts that passages have the very words of the query.
    exact: &'a [f32],
}

impl<'a> PassageOrder<'a> {
    fn new(columns: &'a [Column], exact: &'a [f32]) -> Self {
        let knows = |column: &'a Column| {
            let bounds = Bounds::of(column.scores.iter().flatten().copied());
            Some((column.weight, (bounds, column.passages.as_deref()?)))
        };
        let (weights, columns) = columns.iter().filter_map(knows).unzip();
        Self { weights, columns, exact }
    }

    /// Returns the passages of a document whose scores begin at `first`, the most promising first.
    fn of(&self, span: Span, first: usize) -> Vec<PassageId> {
        let score = |at: usize| {
            // What has no vector yet may be anything: its words decide.
            let share =
                |score: Option<f32>, bounds: &Bounds| score.map_or(0.0, |it| bounds.scale(it));
            let shares = self.columns.iter().map(|(bounds, scores)| share(scores[at], bounds));
            convex(&shares.collect::<Vec<f32>>(), &self.weights) + self.exact[at]
        };
        let mut ordered: Vec<(PassageId, f32)> =
            (first..).zip(span.passage_ids()).map(|(at, id)| (id, score(at))).collect();
        ordered.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ordered.into_iter().map(|(id, _)| id).collect()
    }
}
