//! A candidate: one document on its way from the sources to the hits.

use trommel_core::PassageId;

/// A document that may become a hit. Each stage fills in what it finds out: the sources their scores,
/// fusion its own, every reranker a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The document's number, for whoever made the candidate: its place in the collection's catalogue,
    /// or in a list of texts.
    pub document: usize,
    /// The document's passages, the most promising first; none where its text is not at hand.
    pub passages: Vec<PassageId>,
    /// What each source says of the document, in the order of the sources; missing where a source did
    /// not run or found nothing at all.
    pub sources: Vec<Option<SourceScore>>,
    /// What was added to the fused score because the document has the very words of the query, in
    /// [0, 2].
    pub exact: f32,
    /// The place and score among the fused candidates, in [0, 1] and what was added for exact hits;
    /// missing if nothing was fused.
    pub fused: Option<Scored>,
    /// The place and score among the candidates fused after feedback, on the scale of
    /// [`Candidate::fused`]; missing without feedback. A candidate with this and without [`Candidate::fused`] was found by feedback.
    pub feedback: Option<Scored>,
    /// What each rerank stage says of the document, in their order; missing where it did not read it.
    pub reranked: Vec<Option<RerankResult>>,
    /// The probability that the first reranker was expected to give, in [0, 1], where it took part
    /// and no reranker read the document.
    pub expected: Option<f32>,
    /// How the vector of its passage came to be; missing if that has none, and in a collection where
    /// all passages are encoded.
    pub vector: Option<VectorOrigin>,
    /// The score so far: of the last stage that has one. It decides the order.
    pub score: f32,
}

impl Candidate {
    /// Returns a candidate of which only its text is known, with a score to begin with.
    #[must_use]
    pub fn new(document: usize, passages: Vec<PassageId>, score: f32) -> Self {
        Self {
            document,
            passages,
            sources: Vec::new(),
            exact: 0.0,
            fused: None,
            feedback: None,
            reranked: Vec::new(),
            expected: None,
            vector: None,
            score,
        }
    }

    /// Returns what the last reranker said that read the document.
    #[must_use]
    pub fn last_reranked(&self) -> Option<RerankResult> {
        self.reranked.iter().rev().flatten().next().copied()
    }

    /// Returns the passage that speaks for the document: the one that the last reranker found best, or
    /// the most promising one.
    #[must_use]
    pub fn passage(&self) -> Option<PassageId> {
        let reranked = self.last_reranked().map(|result| result.passage);
        reranked.or_else(|| self.passages.first().copied())
    }
}

/// How the vector of a passage came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorOrigin {
    /// It was told from the passage's word pieces.
    Predicted,
    /// The encoder read the passage when it was indexed, or later.
    Encoded,
    /// The encoder read the passage for this search, or for an earlier one.
    EncodedNow,
}

impl VectorOrigin {
    /// Returns the name, as it is shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Predicted => "predicted",
            Self::Encoded => "encoded",
            Self::EncodedNow => "encoded now",
        }
    }
}

/// A rank and a score within one stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The place in the stage's list, from 1.
    pub rank: usize,
    /// The score on the stage's own scale.
    pub score: f32,
}

/// What a source says of a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceScore {
    /// The place in the source's list, from 1; missing if the list lacks the document.
    pub rank: Option<usize>,
    /// The score on the source's own scale, of the document's best passage.
    pub score: f32,
    /// Whether the source gave no score for the document, nor can, and `score` is the lowest in its
    /// list instead.
    pub imputed: bool,
}

/// What a reranker says of a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RerankResult {
    /// The place among what was read, by probability, from 1.
    pub rank: usize,
    /// The model's raw output for the best passage.
    pub logit: f32,
    /// What the logit stands for by the model's calibration, in [0, 1].
    pub probability: f32,
    /// Whether not all of that passage was read: it was too long for the model, or for a stage that
    /// reads excerpts.
    pub truncated: bool,
    /// The passage with the highest logit, the first of equals.
    pub passage: PassageId,
    /// How many of the document's passages were read, the most promising ones.
    pub read: usize,
}
