//! The second stage alone, over texts that some other program found.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use trommel_core::PassageId;
use trommel_engine::{
    Candidate, EarlyStop, EngineError, Excerpts, PassageTexts, Reading, RerankJob, RerankStage,
    SearchSettings, Stopped, UnreadOrder,
};

use crate::{Result, SteadyClock};

/// Texts in the order of the rerankers.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedTexts {
    /// All of them, best first; those that were not read come last, in the order in which they were given.
    pub texts: Vec<RankedText>,
    /// How many were read: the first ones.
    pub read: usize,
    /// Why no more were.
    pub stopped: Stopped,
}

/// A text, as the rerankers see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedText {
    /// Its place among those that were given, from 0.
    pub place: usize,
    /// The probability that it is relevant, in [0, 1]; 0 if it was not read.
    pub probability: f32,
    /// The last reranker's raw output, of any size; the lowest there is if it was not read.
    pub logit: f32,
}

/// Has rerankers read texts for a query, for as long as `budget` lasts, if there is one. Of several each
/// reads the best of the order before it.
///
/// # Errors
///
/// If a reranker fails, or `cancel` was set.
pub fn rank_texts(
    stages: &[RerankStage],
    query: &str,
    texts: &[&str],
    budget: Option<Duration>,
    cancel: &AtomicBool,
) -> Result<RankedTexts> {
    let candidate = |place: usize| Candidate::new(place, vec![PassageId(0)], -(place as f32));
    let mut order: Vec<Candidate> = (0..texts.len()).map(candidate).collect();
    let depth = texts.len().max(1);
    let settings = SearchSettings {
        candidates: depth,
        rerank_depth: depth,
        blend: 1.0,
        budget,
        // All of the order is wanted, not only the first of it.
        early_stop: EarlyStop::Off,
        ..SearchSettings::default()
    };
    let whole = |stage: &RerankStage| RerankStage {
        depth: stage.depth.map(|it| it.min(depth)),
        ..stage.clone()
    };
    let stages: Vec<RerankStage> = stages.iter().map(whole).collect();
    let job = RerankJob {
        stages: &stages,
        query,
        excerpts: &Excerpts::unweighted(query),
        index: None,
        settings: &settings,
        unread: UnreadOrder::Below,
        cancel: Some(cancel),
    };
    let reports = job.rerank(&mut order, &mut Texts(texts), &SteadyClock::start())?;
    if let Some(failure) = reports.iter().find_map(|report| report.failure.clone()) {
        let model = reports.first().map(|report| report.reranker.clone()).unwrap_or_default();
        let source = failure.into();
        return Err(
            trommel_core::ModelError::Failed { model, doing: "reading texts", source }.into()
        );
    }
    let stopped = Reading::of_all(&reports).map_or(Stopped::Complete, |reading| reading.stopped);
    let ranked = order.iter().map(|candidate| {
        let said = candidate.last_reranked();
        let (probability, logit) = said.map_or((0.0, f32::MIN), |it| (it.probability, it.logit));
        RankedText { place: candidate.document, probability, logit }
    });
    let read = order.iter().filter(|candidate| candidate.last_reranked().is_some()).count();
    Ok(RankedTexts { texts: ranked.collect(), read, stopped })
}

/// Texts by their places.
struct Texts<'a>(&'a [&'a str]);

impl PassageTexts for Texts<'_> {
    fn text(
        &mut self,
        candidate: &Candidate,
        _: PassageId,
    ) -> std::result::Result<String, EngineError> {
        Ok(self.0[candidate.document].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trommel_core::{RerankRequest, RerankResponse, Reranker, RerankerInfo};
    use trommel_testkit::FakeReranker;

    use super::*;

    fn rank(texts: &[&str], budget: Option<Duration>) -> RankedTexts {
        let stages = [RerankStage::of(Arc::new(FakeReranker))];
        rank_texts(&stages, "tide ferry", texts, budget, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn texts_are_ordered_by_what_the_reranker_says_and_equals_as_they_came() {
        let texts = ["a gull", "the tide", "tide and ferry", "the ferry"];
        let ranked = rank(&texts, None);
        // By hand: 0, 1, 2 and 1 of the 2 words are logits -5, 0, 5 and 0.
        let places: Vec<(usize, f32)> =
            ranked.texts.iter().map(|it| (it.place, it.logit)).collect();
        assert_eq!(places, [(2, 5.0), (1, 0.0), (3, 0.0), (0, -5.0)]);
        assert_eq!((ranked.read, ranked.stopped), (4, Stopped::Complete));
        assert_eq!(ranked.texts[1].probability, 0.5);
        assert_eq!(rank(&[], None).texts, []);
    }

    /// Takes 5 ms a passage.
    struct Slow;

    impl Reranker for Slow {
        fn info(&self) -> &RerankerInfo {
            FakeReranker.info()
        }

        fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
            std::thread::sleep(Duration::from_millis(5 * request.passages.len() as u64));
            FakeReranker.score(request)
        }
    }

    #[test]
    fn what_there_is_no_time_for_comes_last_in_the_order_that_it_had() {
        let texts = ["a gull"; 200];
        let stages = [RerankStage::of(Arc::new(Slow))];
        let budget = Some(Duration::from_millis(60));
        let cancel = AtomicBool::new(false);
        let ranked = rank_texts(&stages, "tide", &texts, budget, &cancel).unwrap();
        assert!((1..200).contains(&ranked.read), "{}", ranked.read);
        assert_eq!(ranked.stopped, Stopped::Budget);
        let places: Vec<usize> = ranked.texts.iter().map(|it| it.place).collect();
        assert_eq!(places, (0..200).collect::<Vec<_>>());
        assert!(ranked.texts[ranked.read..].iter().all(|it| it.logit == f32::MIN));
        cancel.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(rank_texts(&stages, "tide", &texts, None, &cancel).is_err());
    }
}
