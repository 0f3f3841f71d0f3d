//! What a stage said of one document.

use serde::Serialize;
use trommel_engine::{Reread, Scored};

/// A rank from 1, where there is one, and a score.
#[derive(Debug, Serialize)]
pub struct JsonScored {
    rank: Option<usize>,
    score: f32,
}

/// What a reranker said: its rank from 1, its raw score, the probability that it stands for, and
/// whether the text was read in part.
#[derive(Debug, Serialize)]
pub struct JsonReread {
    rank: usize,
    logit: f32,
    probability: f32,
    truncated: bool,
}

impl From<Scored> for JsonScored {
    fn from(Scored { rank, score }: Scored) -> Self {
        Self { rank, score }
    }
}

impl From<Reread> for JsonReread {
    fn from(Reread { rank, logit, probability, truncated }: Reread) -> Self {
        Self { rank, logit, probability, truncated }
    }
}
