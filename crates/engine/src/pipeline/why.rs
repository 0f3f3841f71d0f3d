//! Why one document is, or is not, among the hits of one query: its rank and score at every gate.

use trommel_core::Query;
use trommel_vector::Ann;

use super::candidate::{RerankResult, Scored};
use super::clock::Clock;
use super::loss::Loss;
use super::rankings::Rankings;
use super::request::{SearchSettings, Stage};
use super::search::Search;
use super::source::{Running, vectors};
use crate::EngineError;

/// A document's way through the stages of one query.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The document's id.
    pub id: String,
    /// The document's title, possibly empty.
    pub title: String,
    /// How many passages it has.
    pub passages: usize,
    /// What each source says of it among all documents, the vectors by an exact scan; missing where
    /// the source did not run.
    pub sources: Vec<Option<Gate>>,
    /// Its place among the fused candidates, if it is one of them.
    pub fused: Option<Scored>,
    /// Its place among the candidates after feedback, if there was any and it is one of them.
    pub feedback: Option<Scored>,
    /// What each rerank stage said; empty if none ran or the document is not among its candidates.
    pub reranked: Vec<Option<RerankResult>>,
    /// Its place and score in the list of the last stage, if it is in it.
    pub last: Option<Scored>,
    /// Where it was lost, or `None` if it is among the first `k`.
    pub loss: Option<Loss>,
    /// The lists of all stages.
    pub rankings: Rankings,
}

/// What a source says of a document among all documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// The place among all documents that the source finds, from 1; missing if it does not find it.
    pub rank: Option<usize>,
    /// The score of its best passage, 0 by words if none of the query occurs in it; missing where the
    /// source cannot score what it did not find.
    pub score: Option<f32>,
    /// Whether the source gave it as a candidate.
    pub candidate: bool,
}

impl Search<'_> {
    /// Follows a document through every stage; `None` if the collection has no document of that id.
    pub(super) fn why(&self, id: &str, clock: &dyn Clock) -> Result<Option<Why>, EngineError> {
        let settings = self.settings;
        let rankings = self.rankings(clock)?;
        let Some(document) = self.snapshot.catalogue().place_of(id)? else {
            return Ok(None);
        };
        let entry = self.snapshot.catalogue().entry(document)?;
        let mut loss = rankings.loss(id, settings);
        let sources = self.sources()?;
        let vector = match sources.need_vector() {
            true => self.vector()?,
            false => Vec::new(),
        };
        let asked = Query { text: self.query, vector: &vector };
        let mut gates = vec![None; sources.len()];
        for (place, source) in sources.running() {
            let candidate = rankings.find(Stage::Source(place), id).is_some();
            let gate = if source.is_approximate() {
                self.gate(document, &self.exact()?, asked, candidate)?
            } else {
                self.gate(document, source, asked, candidate)?
            };
            let within = gate.rank.is_some_and(|rank| rank <= settings.candidates);
            if loss == Some(Loss::NotFound) && source.is_approximate() && within && !candidate {
                loss = Some(Loss::MissedByGraph);
            }
            gates[place] = Some(gate);
        }
        let scored = |stage| {
            let (rank, document) = rankings.find(stage, id)?;
            Some(Scored { rank, score: document.score })
        };
        let reranked = rankings.find(Stage::Reranked, id).map(|(_, document)| document);
        Ok(Some(Why {
            id: id.to_owned(),
            title: self.snapshot.read(&entry)?.document.title,
            passages: entry.passages as usize,
            sources: gates,
            fused: scored(Stage::Fused),
            feedback: rankings.find(settings.stage, id).and_then(|(_, last)| last.feedback),
            reranked: reranked.map(|document| document.reranked.clone()).unwrap_or_default(),
            last: scored(settings.stage),
            loss,
            rankings,
        }))
    }

    /// Returns the ids of the candidates that an exact scan of the vectors gives, best first, or
    /// `None` where the search is one already or needs no vectors.
    pub(super) fn exact_candidates(&self) -> Result<Option<Vec<String>>, EngineError> {
        if !self.sources()?.running().any(|(_, source)| source.is_approximate()) {
            return Ok(None);
        }
        let vector = self.vector()?;
        let query = Query { text: self.query, vector: &vector };
        let (allowed, wanted) = (self.allowed()?, self.settings.candidates);
        let found = self.exact()?.find(self.snapshot, query, wanted, allowed.as_ref())?;
        let catalogue = self.snapshot.catalogue();
        let ids = found.documents.iter().map(|it| Ok(catalogue.id(it.document)?.to_owned()));
        ids.collect::<Result<_, EngineError>>().map(Some)
    }

    /// Returns the vectors as a source that searches exactly.
    fn exact(&self) -> Result<Running<'_>, EngineError> {
        vectors(self.snapshot, &SearchSettings { ann: Ann::Exact, ..self.settings.clone() })
    }

    /// Finds a document's place among all that a source finds, and its true score.
    fn gate(
        &self,
        document: usize,
        source: &Running<'_>,
        query: Query<'_>,
        candidate: bool,
    ) -> Result<Gate, EngineError> {
        let catalogue = self.snapshot.catalogue();
        let allowed = self.allowed()?;
        let all = source.find(self.snapshot, query, catalogue.places(), allowed.as_ref())?;
        let place = all.documents.iter().position(|found| found.document == document);
        let passages: Vec<_> = catalogue.span(document)?.passage_ids().collect();
        let score = match source.score_passages(query, &passages)? {
            Some(scores) => scores.into_iter().flatten().reduce(f32::max),
            None => place.map(|place| all.documents[place].score),
        };
        Ok(Gate { rank: place.map(|place| place + 1), score, candidate })
    }
}
