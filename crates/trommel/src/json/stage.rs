//! What a stage said of one document.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use trommel_engine::{Candidate, RerankResult, Scored, SourceReport, SourceScore};

/// A rank from 1, where there is one, and a score; and whether the score stands in for one that the
/// source could not give.
#[derive(Debug, Serialize)]
pub struct JsonScored {
    rank: Option<usize>,
    score: f32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    imputed: bool,
}

/// What a reranker said: its rank from 1, its raw score, the probability that it stands for, and
/// whether the text was read in part.
#[derive(Debug, Serialize)]
pub struct JsonReranked {
    rank: usize,
    logit: f32,
    probability: f32,
    truncated: bool,
}

impl From<Scored> for JsonScored {
    fn from(Scored { rank, score }: Scored) -> Self {
        Self { rank: Some(rank), score, imputed: false }
    }
}

impl From<SourceScore> for JsonScored {
    fn from(SourceScore { rank, score, imputed }: SourceScore) -> Self {
        Self { rank, score, imputed }
    }
}

impl From<RerankResult> for JsonReranked {
    fn from(result: RerankResult) -> Self {
        let RerankResult { rank, logit, probability, truncated, .. } = result;
        Self { rank, logit, probability, truncated }
    }
}

/// What every stage said of a candidate: a field for each source, by its name, then `exact`, what the
/// fused scores have of exact hits, `fused`, `feedback`, `reranked`, `passes` where there are several rerankers, and `expected`.
pub(super) struct JsonStages<'a> {
    pub(super) sources: &'a [SourceReport],
    pub(super) candidate: &'a Candidate,
}

impl Serialize for JsonStages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Candidate { sources, exact, fused, feedback, reranked, expected, .. } = self.candidate;
        let mut map = serializer.serialize_map(None)?;
        for (source, said) in self.sources.iter().zip(sources) {
            map.serialize_entry(&source.name, &said.map(JsonScored::from))?;
        }
        map.serialize_entry("exact", exact)?;
        map.serialize_entry("fused", &fused.map(JsonScored::from))?;
        map.serialize_entry("feedback", &feedback.map(JsonScored::from))?;
        map.serialize_entry("reranked", &self.candidate.last_reranked().map(JsonReranked::from))?;
        // A reranker alone has nothing to say that `reranked` does not.
        if reranked.len() > 1 {
            let passes = reranked.iter().map(|said| said.map(JsonReranked::from));
            map.serialize_entry("passes", &passes.collect::<Vec<_>>())?;
        }
        map.serialize_entry("expected", expected)?;
        map.end()
    }
}
