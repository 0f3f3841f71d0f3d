//! Fears: a dear reranker that reads what the cheap one put down, an order that contradicts its
//! scores, a failure that costs more than its own pass, a budget that every pass has anew, hits that
//! depend on what was left unread.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use trommel_core::{
    Calibration, ModelError, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo,
};

use super::*;

/// How long a reranker takes for a passage.
const PASSAGE: Duration = Duration::from_millis(10);

const YES: f32 = 200.0;
const NO: f32 = -200.0;

/// A reranker with a logit for every candidate; it writes down whom it read.
struct Judge {
    info: RerankerInfo,
    logits: Vec<f32>,
    /// How many passages it scores before it fails.
    good: usize,
    read: Mutex<Vec<usize>>,
    /// The last text that it read.
    heard: Mutex<String>,
    /// What all rerankers of the test have read, for the clock.
    all: Arc<Mutex<usize>>,
}

impl Reranker for Judge {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { passages, .. }: RerankRequest<'_>) -> RerankResponse {
        RerankResponse::all_or_none(self.scores(passages), passages.len())
    }
}

impl Judge {
    fn scores(&self, passages: &[&str]) -> Result<Vec<RerankScore>, ModelError> {
        let mut read = self.read.lock().unwrap();
        if read.len() + passages.len() > self.good {
            let (model, expected, got) =
                (self.info.fingerprint.clone(), "an answer".into(), "none".into());
            return Err(ModelError::BadOutput { model, expected, got });
        }
        passages.last().into_iter().for_each(|text| *self.heard.lock().unwrap() = (*text).into());
        let places: Vec<usize> = passages.iter().map(|text| text[..3].parse().unwrap()).collect();
        *self.all.lock().unwrap() += places.len();
        read.extend(&places);
        let score = |&place: &usize| RerankScore { logit: self.logits[place], truncated: false };
        Ok(places.iter().map(score).collect())
    }
}

/// Texts that begin with their candidate's place.
struct Names;

impl PassageTexts for Names {
    fn text(&mut self, candidate: &Candidate, _: PassageId) -> Result<String, EngineError> {
        let place = candidate.document;
        Ok(format!("{place:03}: The pump hums along all day. The seal of it leaks."))
    }
}

/// What a cascade did.
struct Outcome {
    order: Vec<Candidate>,
    reports: Vec<RerankReport>,
}

/// A cascade over candidates with these fused scores, of rerankers with a depth and a logit for each
/// candidate, of which the last may fail.
struct World {
    fused: Vec<f32>,
    judges: Vec<(usize, Arc<Judge>)>,
    excerpt: Option<usize>,
    /// The words that excerpts are cut for.
    words: &'static str,
    all: Arc<Mutex<usize>>,
}

impl World {
    fn new(fused: &[f32], passes: &[(usize, &[f32])]) -> Self {
        let all = Arc::new(Mutex::new(0));
        let judge = |(name, &(depth, logits)): (&'static str, &(usize, &[f32]))| {
            let judge = Judge {
                info: RerankerInfo::local(name, Calibration::SIGMOID, 1),
                logits: logits.to_vec(),
                good: usize::MAX,
                read: Mutex::default(),
                heard: Mutex::default(),
                all: Arc::clone(&all),
            };
            (depth, Arc::new(judge))
        };
        let judges = ["a@0", "b@0", "c@0"].into_iter().zip(passes).map(judge).collect();
        Self { fused: fused.to_vec(), judges, excerpt: None, words: "seal leaks", all }
    }

    fn in_batches(mut self, batch: usize) -> Self {
        for (_, judge) in &mut self.judges {
            Arc::get_mut(judge).unwrap().info.batch = Some(batch);
        }
        self
    }

    fn failing(mut self, turn: usize) -> Self {
        Arc::get_mut(&mut self.judges[turn].1).unwrap().good = 0;
        self
    }

    fn run(&self, settings: &SearchSettings) -> Outcome {
        let candidate = |(document, &fused): (usize, &f32)| {
            Candidate::new(document, vec![PassageId(document as u64)], fused)
        };
        let mut order: Vec<Candidate> = self.fused.iter().enumerate().map(candidate).collect();
        let stage = |(depth, judge): &(usize, Arc<Judge>)| {
            let reranker: Arc<dyn Reranker> = judge.clone();
            RerankStage { depth: Some(*depth), excerpt: self.excerpt, ..RerankStage::of(reranker) }
        };
        let stages: Vec<RerankStage> = self.judges.iter().map(stage).collect();
        let clock = || PASSAGE * *self.all.lock().unwrap() as u32;
        let job = RerankJob {
            stages: &stages,
            query: "q",
            excerpts: &Excerpts::unweighted(self.words),
            index: None,
            settings,
            unread: UnreadOrder::Expected,
            cancel: None,
        };
        let reports = job.rerank(&mut order, &mut Names, &clock).unwrap();
        Outcome { order, reports }
    }

    fn read(&self, turn: usize) -> Vec<usize> {
        self.judges[turn].1.read.lock().unwrap().clone()
    }
}

fn settings() -> SearchSettings {
    SearchSettings { k: 2, blend: 0.5, early_stop: EarlyStop::Off, ..SearchSettings::default() }
}

fn places(outcome: &Outcome) -> Vec<usize> {
    outcome.order.iter().map(|candidate| candidate.document).collect()
}

fn scores(outcome: &Outcome) -> Vec<f32> {
    outcome.order.iter().map(|candidate| candidate.score).collect()
}

const FUSED: [f32; 4] = [1.0, 0.8, 0.6, 0.4];

/// Worked by hand, at a share of one half. After the first: 1 has .9, 2 has .8, 0 has .5, 3 has .2.
/// The second reads 1 and 2 and denies 1: 2 has .9, 1 has .45; what is below has no more than that.
#[test]
fn the_second_reads_the_best_of_the_first_and_orders_these_alone() {
    let world = World::new(&FUSED, &[(4, &[NO, YES, YES, NO]), (2, &[YES, NO, YES, YES])]);
    let outcome = world.run(&settings());
    assert_eq!((world.read(0), world.read(1)), (vec![0, 1, 2, 3], vec![1, 2]));
    assert_eq!(places(&outcome), [2, 1, 0, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.45, 0.45, 0.2]);
    let said = |place: usize| -> Vec<Option<f32>> {
        let results = outcome.order[place].reranked.iter();
        results.map(|result| result.map(|it| it.logit)).collect()
    };
    assert_eq!((said(0), said(2)), (vec![Some(YES), Some(YES)], vec![Some(NO), None]));
    assert_eq!(outcome.order[1].last_reranked().unwrap().logit, NO);
    let readings: Vec<_> = outcome.reports.iter().map(|report| report.reading).collect();
    let complete = |read| Reading { read, of: read, stopped: Stopped::Complete };
    assert_eq!(readings, [complete(4), complete(2)]);
    assert_eq!(Reading::of_all(&outcome.reports), Some(complete(6)));
}

#[test]
fn a_failing_second_leaves_the_order_of_the_first_and_a_failing_first_that_of_fusion() {
    let passes: [(usize, &[f32]); 2] = [(4, &[NO, YES, YES, NO]), (2, &[NO, YES, NO, NO])];
    let first_alone = World::new(&FUSED, &passes[..1]).run(&settings());
    let outcome = World::new(&FUSED, &passes).failing(1).run(&settings());
    assert_eq!((places(&outcome), scores(&outcome)), (places(&first_alone), scores(&first_alone)));
    let stopped: Vec<Stopped> =
        outcome.reports.iter().map(|report| report.reading.stopped).collect();
    assert_eq!(stopped, [Stopped::Complete, Stopped::Failed]);
    assert!(outcome.reports[1].failure.as_ref().unwrap().contains("b@0"));
    assert_eq!(Reading::of_all(&outcome.reports).unwrap().stopped, Stopped::Failed);

    // The second reads the best two of fusion: 1 has .9, 0 has .5, the rest no more than that.
    let outcome = World::new(&FUSED, &passes).failing(0).run(&settings());
    assert_eq!((places(&outcome), scores(&outcome)), (vec![1, 0, 2, 3], vec![0.9, 0.5, 0.5, 0.4]));
    assert_eq!(outcome.order[2].expected, None);

    let outcome = World::new(&FUSED, &passes).failing(0).failing(1).run(&settings());
    assert_eq!((places(&outcome), scores(&outcome)), (vec![0, 1, 2, 3], FUSED.to_vec()));
    assert_eq!(Reading::of_all(&outcome.reports), None);
}

#[test]
fn a_budget_is_for_all_passes_and_it_is_said_which_was_cut() {
    let fused = [0.5; 8];
    let world = || World::new(&fused, &[(8, &[NO; 8]), (4, &[NO; 8])]);
    let run = |budget| {
        let budget = Some(Duration::from_millis(budget));
        let outcome = world().in_batches(2).run(&SearchSettings { budget, ..settings() });
        let reading = |report: &RerankReport| {
            (report.reading.read, report.reading.of, report.reading.stopped)
        };
        outcome.reports.iter().map(reading).collect::<Vec<_>>()
    };
    let (complete, budget) = (Stopped::Complete, Stopped::Budget);
    assert_eq!(run(1000), [(8, 8, complete), (4, 4, complete)]);
    // 80 ms for the first, and the second learns its speed in 10 and has time for one more.
    assert_eq!(run(105), [(8, 8, complete), (2, 4, budget)]);
    // Any time that is left is enough to begin with, none is not.
    assert_eq!(run(85), [(8, 8, complete), (1, 4, budget)]);
    assert_eq!(run(35), [(3, 8, budget), (1, 4, budget)]);
    assert_eq!(run(0), [(1, 8, budget), (0, 4, budget)]);
}

#[test]
fn an_excerpt_is_what_the_reranker_gets_and_it_is_said() {
    let passes: [(usize, &[f32]); 1] = [(1, &[YES, YES])];
    let mut world = World::new(&[0.9, 0.8], &passes);
    let truncated = |world: &World| {
        let outcome = world.run(&settings());
        outcome.order.iter().find_map(Candidate::last_reranked).map(|result| result.truncated)
    };
    assert_eq!(truncated(&world), Some(false));
    world.excerpt = Some(60);
    assert_eq!(truncated(&world), Some(false), "all of it fits");
    // The first sentence has the number that the fake reads.
    (world.excerpt, world.words) = (Some(9), "pump hums");
    assert_eq!(truncated(&world), Some(true));
    assert_eq!(*world.judges[0].1.heard.lock().unwrap(), "000: The pump hums along all day.");
}

fn unit() -> impl Strategy<Value = f32> {
    prop_oneof![(0u8..=8).prop_map(|n| f32::from(n) / 8.0), 0.0f32..=1.0]
}

proptest! {
    /// Whatever is left unread because it cannot come in, the hits are as if all had been read.
    #[test]
    fn a_settled_cascade_has_the_same_first_k_to_the_last_bit(
        mut fused in prop::collection::vec(unit(), 1..30),
        first in prop::collection::vec(-6.0f32..6.0, 30),
        second in prop::collection::vec(-6.0f32..6.0, 30),
        depths in (1usize..30, 1usize..30),
        k in 1usize..15,
        blend in unit(),
    ) {
        fused.sort_by(|a, b| b.total_cmp(a));
        let (deep, shallow) = (depths.0.max(depths.1), depths.0.min(depths.1));
        let run = |early_stop| {
            let world = World::new(&fused, &[(deep, &first), (shallow, &second)]);
            let outcome = world.run(&SearchSettings { k, blend, early_stop, ..settings() });
            let scores = scores(&outcome);
            assert!(scores.is_sorted_by(|a, b| a >= b), "{scores:?}");
            let first = outcome.order.iter().take(k);
            first.map(|it| (it.document, it.score.to_bits())).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(EarlyStop::Exact), run(EarlyStop::Off));
    }
}
