//! What can keep a table from being made or read.

use thiserror::Error;
use trommel_core::PassageId;

/// Says why nothing can be learned from a sample.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// There are too few passages to learn from.
    #[error("expected at least {expected} passages, got {got}")]
    TooFewPassages {
        /// The fewest that will do.
        expected: u64,
        /// How many there are.
        got: u64,
    },
    /// A passage is in the sample more than once, so it cannot be left out.
    #[error("passage {passage} is in the sample twice")]
    Twice {
        /// The passage.
        passage: PassageId,
    },
    /// A vector has the wrong number of numbers.
    #[error("vector of passage {passage}: expected {expected} numbers, got {got}")]
    Dimension {
        /// The vector's passage.
        passage: PassageId,
        /// The encoder's dimension.
        expected: usize,
        /// The vector's.
        got: usize,
    },
    /// A vector holds an infinity or a NaN.
    #[error("vector of passage {passage} is not finite at index {index}")]
    NotFinite {
        /// The vector's passage.
        passage: PassageId,
        /// The first place that is not finite.
        index: usize,
    },
    /// The embeddings of word pieces are empty or not finite.
    #[error("word embeddings of the encoder: expected finite numbers, at least one of each piece")]
    Embeddings,
    /// The word pieces are those of another encoder than the frequencies or the table.
    #[error("word pieces: expected {expected}, got {got}")]
    Vocabulary {
        /// How many pieces, and how wide.
        expected: String,
        /// The encoder's.
        got: String,
    },
    /// No passage of the sample has a piece that says anything.
    #[error("expected word pieces in the sample, got none")]
    NoPieces,
    /// All vectors are the same: there is nothing to tell apart.
    #[error("expected vectors that differ, got the same for every passage of the sample")]
    AllAlike,
    /// The vectors have no mean direction, which every prediction begins with.
    #[error("expected vectors with a common direction, got a mean of 0")]
    NoMean,
    /// Passages that were left out are no nearer to their predictions than to the mean.
    #[error(
        "expected an error below 1 of the variance, got {error:.3}: pieces do not tell vectors"
    )]
    NoBetterThanMean {
        /// The squared error of predictions, as a share of the variance.
        error: f64,
    },
}

/// Says why bytes are no table that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TableError {
    /// The bytes are not those that were written.
    #[error("the table of predictions is damaged: {detail}")]
    Damaged {
        /// What was expected and what is there.
        detail: String,
    },
    /// The table has another format than this version reads.
    #[error("the table of predictions has format {got}, this version reads {expected} only")]
    Version {
        /// The format that is read.
        expected: u32,
        /// The table's.
        got: u32,
    },
    /// The table was learned from another encoder's vectors.
    #[error("the table of predictions is for the encoder {got}, expected {expected}")]
    Encoder {
        /// The encoder at hand.
        expected: String,
        /// The table's.
        got: String,
    },
}

impl TableError {
    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { detail: detail.into() }
    }
}
