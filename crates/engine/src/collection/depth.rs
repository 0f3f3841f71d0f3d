//! How much an encoder had to do with the vector of a passage.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use trommel_core::BoxError;

/// What is known of a passage. Each depth has what the ones before it have.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// Its words: only BM25 finds it.
    Lexical,
    /// A vector that was told from its word pieces ([`trommel_predict`]).
    Predicted,
    /// The encoder's own vector.
    #[default]
    Encoded,
}

/// How many passages of a collection are how deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Depths {
    /// Those that only BM25 finds.
    pub lexical: u64,
    /// Those with a predicted vector.
    pub predicted: u64,
    /// Those with the encoder's own.
    pub encoded: u64,
}

impl Depths {
    /// Returns how many passages there are.
    #[must_use]
    pub fn passages(&self) -> u64 {
        self.lexical + self.predicted + self.encoded
    }

    /// Counts passages, of which so many are predicted and so many encoded.
    pub(super) fn of(passages: u64, predicted: u64, encoded: u64) -> Self {
        let lexical = passages.saturating_sub(predicted).saturating_sub(encoded);
        Self { lexical, predicted, encoded }
    }
}

impl Depth {
    /// All depths, rising.
    pub const ALL: [Self; 3] = [Self::Lexical, Self::Predicted, Self::Encoded];

    /// Returns the name, as flags and files have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lexical => "lexical",
            Self::Predicted => "predicted",
            Self::Encoded => "encoded",
        }
    }

    /// Says whether passages have all that there is to know.
    pub(super) fn is_encoded(&self) -> bool {
        *self == Self::Encoded
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Depth {
    type Err = BoxError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|depth| depth.name() == name).ok_or_else(|| {
            format!("unknown depth {name:?}, expected lexical, predicted or encoded").into()
        })
    }
}
