//! Where a collection stops on its way down.

use std::fmt;

/// A stop: how many passages are encoded there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Stop {
    /// None: passages are found by their words.
    Words,
    /// The sample that predictions are learned from; the vectors of all others are predicted.
    Sample,
    /// So many of a hundred, in the order of the engine.
    Percent(u64),
}

/// All stops, in the order in which a collection comes to them. Its sample is a tenth, at least 200 passages and
/// at most 1,000, and so may lie beyond some.
pub(crate) const STOPS: &[Stop] = &[
    Stop::Words,
    Stop::Sample,
    Stop::Percent(5),
    Stop::Percent(10),
    Stop::Percent(30),
    Stop::Percent(100),
];

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words => f.write_str("words alone"),
            Self::Sample => f.write_str("the sample, others predicted"),
            Self::Percent(share) => write!(f, "{share} %"),
        }
    }
}
