//! What the second stage is made of.

use std::sync::Arc;

use trommel_core::Reranker;

use super::request::{SearchSettings, within};
use crate::EngineError;

/// A pass of the second stage: one reranker over the best candidates so far.
///
/// Several make a cascade (Wang, Lin & Metzler, *A cascade ranking model for efficient ranked
/// retrieval*, SIGIR 2011): a cheap reranker reads many candidates, a dear one the best of its order.
#[derive(Clone)]
pub struct Pass {
    /// Who reads.
    pub reranker: Arc<dyn Reranker>,
    /// How many documents it reads, at least 1, and no more than the pass before it; missing for
    /// [`SearchSettings::rerank_depth`], or as many as the pass before it if these are fewer.
    pub depth: Option<usize>,
    /// How many tokens of each passage it reads, the best ones for the query
    /// ([`Excerpts`](super::Excerpts)), from 8 to 1024; missing for whole passages.
    pub excerpt: Option<usize>,
}

impl Pass {
    /// Returns a pass over whole passages, as many as the settings say.
    #[must_use]
    pub fn of(reranker: Arc<dyn Reranker>) -> Self {
        Self { reranker, depth: None, excerpt: None }
    }

    /// Returns how many documents each pass of a cascade reads.
    pub(super) fn depths(cascade: &[Self], settings: &SearchSettings) -> Vec<usize> {
        let depth = |before: &mut usize, pass: &Self| {
            *before = pass.depth.unwrap_or(settings.rerank_depth.min(*before));
            Some(*before)
        };
        cascade.iter().scan(usize::MAX, depth).collect()
    }

    /// Checks that every pass of a cascade is within its ranges.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfRange`] for the first that is not.
    pub fn check(cascade: &[Self], settings: &SearchSettings) -> Result<(), EngineError> {
        let mut most = settings.candidates;
        for (pass, depth) in cascade.iter().zip(Self::depths(cascade, settings)) {
            within("the depth of a reranker", depth, 1..=most)?;
            if let Some(tokens) = pass.excerpt {
                within("the excerpt of a reranker", tokens, 8..=1024)?;
            }
            most = depth;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use trommel_testkit::FakeReranker;

    use super::*;

    fn cascade(depths: &[Option<usize>]) -> Vec<Pass> {
        let pass = |&depth: &Option<usize>| Pass { depth, ..Pass::of(Arc::new(FakeReranker)) };
        depths.iter().map(pass).collect()
    }

    #[test]
    fn a_pass_without_a_depth_has_the_usual_one_or_that_of_the_pass_before() {
        let settings = SearchSettings { rerank_depth: 20, ..SearchSettings::default() };
        let depths = |depths: &[Option<usize>]| Pass::depths(&cascade(depths), &settings);
        assert_eq!(depths(&[None, None]), [20, 20]);
        assert_eq!(depths(&[Some(100), None]), [100, 20]);
        assert_eq!(depths(&[Some(10), None]), [10, 10]);
    }

    #[test]
    fn depths_that_rise_and_excerpts_out_of_range_are_refused() {
        let settings = SearchSettings { rerank_depth: 20, ..SearchSettings::default() };
        let check = |passes: &[Pass]| Pass::check(passes, &settings).map_err(|e| e.to_string());
        assert_eq!(check(&cascade(&[Some(100), Some(20), None])), Ok(()));
        let rises = "the depth of a reranker is 30, expected 1 to 20".to_owned();
        assert_eq!(check(&cascade(&[None, Some(30)])), Err(rises));
        let far = "the depth of a reranker is 101, expected 1 to 100".to_owned();
        assert_eq!(check(&cascade(&[Some(101)])), Err(far));
        let long = Pass { excerpt: Some(1025), ..Pass::of(Arc::new(FakeReranker)) };
        let expected = "the excerpt of a reranker is 1025, expected 8 to 1024".to_owned();
        assert_eq!(check(&[long]), Err(expected));
    }
}
