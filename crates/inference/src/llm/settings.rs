//! How a language model is asked, and how much.

use std::fmt;
use std::time::Duration;

use trommel_core::Scope;

use super::LlmError;

/// What a model is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// Whether a passage is relevant, one at a time.
    ///
    /// The logit is `ln P(yes) - ln P(no)` of the answer's first token (relevance generation, Liang
    /// et al. 2022). Where a server tells no probabilities, the model is asked for a grade `g` from 0
    /// to 3 instead (Zhuang et al. 2023), which stands for the probability `(g + ½) / 4`.
    Pointwise,
    /// The order of passages, a window at a time from the last to the first (RankGPT, Sun et al.
    /// 2023). Passages are to be handed over best first; the best `window - step` of a window go on
    /// into the next.
    Listwise {
        /// How many passages are in one prompt, at least 2.
        window: usize,
        /// How far up the next window is, at least 1 and less than `window`.
        step: usize,
    },
    /// Which of two passages is better, for all pairs of the first few and in both orders (PRP, Qin
    /// et al. 2023). A win is one point; where the two orders contradict each other each has half of
    /// one. Whoever has as many points stays in the order they had, and so do all passages after the
    /// first few.
    Pairwise {
        /// How many passages are compared, at least 2; there are `top · (top - 1)` requests.
        top: usize,
    },
}

impl Strategy {
    /// Windows of 20 passages, 10 apart, as published.
    pub const LISTWISE: Self = Self::Listwise { window: 20, step: 10 };
    /// The first 10 passages: 90 requests.
    pub const PAIRWISE: Self = Self::Pairwise { top: 10 };

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pointwise => "pointwise",
            Self::Listwise { .. } => "listwise",
            Self::Pairwise { .. } => "pairwise",
        }
    }

    /// Returns what a passage's score depends on.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Pointwise => Scope::PerPassage,
            Self::Listwise { .. } | Self::Pairwise { .. } => Scope::PerList,
        }
    }

    /// Says whether its numbers make sense.
    pub(crate) fn check(self) -> Result<(), LlmError> {
        let wrong = |what, expected, got| Err(LlmError::Setting { what, expected, got });
        match self {
            Self::Listwise { window, .. } if window < 2 => {
                wrong("the listwise window", "2 or more passages", window)
            }
            Self::Listwise { window, step } if step == 0 || step >= window => {
                wrong("the listwise step", "1 or more, and less than the window", step)
            }
            Self::Pairwise { top } if top < 2 => {
                wrong("the number of passages to compare", "2 or more", top)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an [`LlmReranker`](super::LlmReranker) may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlmSettings {
    /// How long one call may take, all its requests and retries included: 60 s.
    pub total: Duration,
    /// How many tokens of a passage are shown at most, at least 1: 300, as RankGPT has 300 words.
    /// Where the model's context has less room it is less.
    pub passage_tokens: usize,
}

impl Default for LlmSettings {
    fn default() -> Self {
        Self { total: Duration::from_secs(60), passage_tokens: 300 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_sense_are_refused() {
        for strategy in [Strategy::Pointwise, Strategy::LISTWISE, Strategy::PAIRWISE] {
            assert!(strategy.check().is_ok());
        }
        for strategy in [
            Strategy::Listwise { window: 1, step: 1 },
            Strategy::Listwise { window: 5, step: 0 },
            Strategy::Listwise { window: 5, step: 5 },
            Strategy::Pairwise { top: 1 },
        ] {
            assert!(matches!(strategy.check(), Err(LlmError::Setting { .. })), "{strategy:?}");
        }
    }
}
