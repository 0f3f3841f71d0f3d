//! Why one document is, or is not, among the hits of one query: its rank and score at every gate.

use trommel_core::{Query, Retriever};

use super::answer::{Reread, Scored};
use super::candidates::candidates;
use super::clock::Clock;
use super::loss::Loss;
use super::rankings::Rankings;
use super::request::{SearchSettings, Stage};
use super::search::Pipeline;
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
    /// BM25; missing if it did not run.
    pub bm25: Option<Gate>,
    /// Vectors, by an exact scan; missing if they were not searched.
    pub dense: Option<Gate>,
    /// Its place among the fused candidates, if it is one of them.
    pub fused: Option<Scored>,
    /// How many of its passages the last reranker read that read any.
    pub read: usize,
    /// What it said of the best of them.
    pub reread: Option<Reread>,
    /// What each pass of the second stage said; empty if it did not run or lacks the document.
    pub rereads: Vec<Option<Reread>>,
    /// Its place and score in the list of the last stage, if it is in it.
    pub last: Option<Scored>,
    /// Where it was lost, or `None` if it is among the first `k`.
    pub loss: Option<Loss>,
    /// The lists of all stages.
    pub rankings: Rankings,
}

/// What a retriever says of a document among all documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// The place among all documents, from 1; missing if no word of the query occurs in it.
    pub rank: Option<usize>,
    /// The score of its best passage; 0 for BM25 if no word of the query occurs in it.
    pub score: f32,
    /// Whether the retriever gave it as a candidate.
    pub candidate: bool,
}

impl Pipeline {
    /// Follows a document through every stage up to `settings.stage`.
    ///
    /// The answer is `None` if the collection has no document of that id.
    ///
    /// # Errors
    ///
    /// As for [`Pipeline::search`].
    pub fn why(
        &self,
        id: &str,
        query: &str,
        settings: &SearchSettings,
        clock: &dyn Clock,
    ) -> Result<Option<Why>, EngineError> {
        let rankings = self.rankings(query, settings, clock)?;
        let entries = self.snapshot().catalogue().entries();
        let Some(document) = entries.iter().position(|entry| entry.id == id) else {
            return Ok(None);
        };
        let gate = |stage, retriever: &dyn Retriever, query| {
            let candidate = rankings.find(stage, id).is_some();
            self.gate(document, retriever, query, settings, candidate)
        };
        let plain = Query { text: query, vector: &[] };
        let bm25 = match settings.stage {
            stage if stage.needs_lexical() => {
                Some(gate(Stage::Bm25, &self.bm25(settings)?, plain)?)
            }
            _ => None,
        };
        let mut loss = rankings.loss(id, settings);
        let mut dense = None;
        if let Some(vector) = self.vector(query, settings.stage)? {
            let exact = self.exact(settings)?;
            let found = gate(Stage::Dense, &exact, Query { text: query, vector: &vector })?;
            let within = found.rank.is_some_and(|rank| rank <= settings.candidates);
            if loss == Some(Loss::NotFound) && within && !found.candidate {
                loss = Some(Loss::MissedByGraph);
            }
            dense = Some(found);
        }
        let scored = |stage| {
            let (rank, document) = rankings.find(stage, id)?;
            Some(Scored { rank: Some(rank), score: document.score })
        };
        let reranked = rankings.find(Stage::Reranked, id).map(|(_, document)| document);
        Ok(Some(Why {
            id: id.to_owned(),
            title: self.snapshot().read(&entries[document])?.document.title,
            passages: entries[document].passages as usize,
            bm25,
            dense,
            fused: scored(Stage::Fused),
            read: reranked.map_or(0, |document| document.read),
            reread: reranked.and_then(|document| document.reread),
            rereads: reranked.map(|document| document.rereads.clone()).unwrap_or_default(),
            last: scored(settings.stage),
            loss,
            rankings,
        }))
    }

    /// Returns the ids of the candidates that an exact scan of the vectors gives, best first, or
    /// `None` where the search is one already or needs no vectors.
    ///
    /// # Errors
    ///
    /// As for [`Pipeline::search`].
    pub fn exact_candidates(
        &self,
        query: &str,
        settings: &SearchSettings,
    ) -> Result<Option<Vec<String>>, EngineError> {
        if !settings.stage.needs_encoder() || !self.dense(settings)?.is_approximate() {
            return Ok(None);
        }
        let Some(vector) = self.vector(query, settings.stage)? else { return Ok(None) };
        let (exact, query) = (self.exact(settings)?, Query { text: query, vector: &vector });
        let allowed = self.allowed(settings)?;
        let wanted = settings.candidates;
        let found = candidates(self.snapshot(), &exact, query, wanted, allowed.as_ref())?;
        let entries = self.snapshot().catalogue().entries();
        Ok(Some(found.iter().map(|found| entries[found.document].id.clone()).collect()))
    }

    fn exact(
        &self,
        settings: &SearchSettings,
    ) -> Result<trommel_vector::VectorRetriever<'_>, EngineError> {
        self.dense(&SearchSettings { ann: trommel_vector::Ann::Exact, ..settings.clone() })
    }

    /// Finds a document's place among all documents, and its true score.
    fn gate(
        &self,
        document: usize,
        retriever: &dyn Retriever,
        query: Query<'_>,
        settings: &SearchSettings,
        candidate: bool,
    ) -> Result<Gate, EngineError> {
        let entries = self.snapshot().catalogue().entries();
        let passages: Vec<_> = entries[document].passage_ids().collect();
        let scores = retriever.score(query, &passages)?;
        let allowed = self.allowed(settings)?;
        let all = candidates(self.snapshot(), retriever, query, entries.len(), allowed.as_ref())?;
        let place = all.iter().position(|found| found.document == document);
        let score = scores.into_iter().fold(f32::NEG_INFINITY, f32::max);
        Ok(Gate { rank: place.map(|place| place + 1), score, candidate })
    }
}
