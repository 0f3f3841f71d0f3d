//! Fears: a score that depends on what else was read, a stage that outlives its budget, a hit lost
//! to reading less, an order that contradicts its scores.

use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use trommel_core::{Calibration, ModelError, RerankScore};

use super::super::Clock;
use super::*;

/// How long the fake reranker takes for a passage.
const PASSAGE: Duration = Duration::from_millis(10);

/// Candidates with the logit of each of their passages, and a clock that only reading moves.
struct World {
    candidates: Vec<Candidate>,
    reranker: Arc<Scripted>,
}

/// A reranker that knows the logit of every passage by its name.
struct Scripted {
    info: RerankerInfo,
    logits: Vec<Vec<f32>>,
    /// The passages of every call, as (candidate, its passage).
    calls: Mutex<Vec<Vec<(usize, usize)>>>,
}

/// What one stage did.
struct Outcome {
    order: Vec<Candidate>,
    reading: Reading,
    failure: Option<String>,
}

impl World {
    /// Makes candidates of fused scores, which must fall, and logits.
    fn new(candidates: &[(f32, &[f32])]) -> Self {
        let candidate = |(document, &(fused, logits)): (usize, &(f32, &[f32]))| {
            Candidate::new(document, (0..logits.len() as u64).map(PassageId).collect(), fused)
        };
        Self {
            candidates: candidates.iter().enumerate().map(candidate).collect(),
            reranker: Arc::new(Scripted {
                info: RerankerInfo::local("fake@0", Calibration::SIGMOID, 1),
                logits: candidates.iter().map(|(_, logits)| logits.to_vec()).collect(),
                calls: Mutex::default(),
            }),
        }
    }

    /// Lets the reranker have so many passages at a time.
    fn in_batches(mut self, batch: usize) -> Self {
        Arc::get_mut(&mut self.reranker).unwrap().info.batch = Some(batch);
        self
    }

    fn rerank(self, settings: &SearchSettings) -> (Outcome, Vec<Vec<(usize, usize)>>) {
        let reranker = Arc::clone(&self.reranker);
        let clock = || PASSAGE * reranker.calls.lock().unwrap().concat().len() as u32;
        let outcome = rerank(reranker.clone(), self.candidates, settings, &clock);
        let calls = reranker.calls.lock().unwrap().clone();
        (outcome, calls)
    }
}

/// Has one reranker order candidates.
fn rerank(
    reranker: Arc<dyn Reranker>,
    mut order: Vec<Candidate>,
    settings: &SearchSettings,
    clock: &dyn Clock,
) -> Outcome {
    let job = RerankJob {
        stages: &[RerankStage::of(reranker)],
        query: "query",
        excerpts: &Excerpts::unweighted("query"),
        index: None,
        settings,
        unread: UnreadOrder::Expected,
        cancel: None,
    };
    let mut reports = job.rerank(&mut order, &mut Names, clock).unwrap();
    let RerankReport { reading, failure, .. } = reports.remove(0);
    Outcome { order, reading, failure }
}

/// Passages whose text is their name, all of the same length.
struct Names;

impl PassageTexts for Names {
    fn text(&mut self, candidate: &Candidate, passage: PassageId) -> Result<String, EngineError> {
        assert!(candidate.passages.contains(&passage));
        Ok(format!("{:03} {:03}", candidate.document, passage.0))
    }
}

impl Reranker for Scripted {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    fn score(&self, RerankRequest { passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let name = |text: &&str| (text[..3].parse().unwrap(), text[4..].parse().unwrap());
        let names: Vec<(usize, usize)> = passages.iter().map(name).collect();
        let score = |&(place, window): &(usize, usize)| {
            let logit = self.logits[place][window];
            RerankScore { logit, truncated: false }
        };
        let scores = names.iter().map(score).collect();
        self.calls.lock().unwrap().push(names);
        RerankResponse::all_or_none(Ok(scores), passages.len())
    }
}

const YES: f32 = 200.0;
const NO: f32 = -200.0;

fn settings() -> SearchSettings {
    SearchSettings { k: 2, blend: 0.5, early_stop: EarlyStop::Off, ..SearchSettings::default() }
}

fn places(outcome: &Outcome) -> Vec<usize> {
    outcome.order.iter().map(|candidate| candidate.document).collect()
}

fn scores(outcome: &Outcome) -> Vec<f32> {
    outcome.order.iter().map(|candidate| candidate.score).collect()
}

fn ms(ms: u64) -> Option<Duration> {
    Some(Duration::from_millis(ms))
}

#[test]
fn without_a_budget_everything_is_read_in_one_call() {
    let world = World::new(&[(1.0, &[NO]), (0.8, &[YES]), (0.6, &[NO]), (0.2, &[NO])]);
    let (outcome, calls) = world.rerank(&settings());
    assert_eq!(calls, [[(0, 0), (1, 0), (2, 0), (3, 0)]]);
    assert_eq!(places(&outcome), [1, 0, 2, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.5, 0.3, 0.1]);
    assert_eq!(outcome.reading, Reading { read: 4, of: 4, stopped: Stopped::Complete });
    assert_eq!(outcome.order[0].last_reranked().unwrap().rank, 1);
    assert_eq!(outcome.order[1].last_reranked().unwrap().rank, 2);
}

/// Worked by hand: of two, one was read as certain and one as impossible, so one half would be expected;
/// but nothing unread is expected to be better than what was read above it.
#[test]
fn what_was_not_read_stands_where_its_expected_blend_puts_it() {
    let world = World::new(&[(1.0, &[NO]), (0.8, &[YES]), (0.6, &[YES]), (0.25, &[YES])]);
    let (outcome, _) = world.rerank(&SearchSettings { rerank_depth: 2, ..settings() });
    assert_eq!(outcome.reading, Reading { read: 2, of: 2, stopped: Stopped::Complete });
    assert_eq!(places(&outcome), [1, 0, 2, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.5, 0.3, 0.125]);
    let unread = &outcome.order[2];
    assert_eq!((unread.expected, unread.last_reranked()), (Some(0.0), None));
}

/// A reranker that turns the order round, alone with the score: what it read stands as it says, and
/// nothing that it did not read comes before that.
#[test]
fn a_reversing_reranker_is_obeyed_for_what_it_read() {
    let logits: Vec<[f32; 1]> = (0..12u8).map(|place| [f32::from(place) - 6.0]).collect();
    let candidates: Vec<(f32, &[f32])> = logits
        .iter()
        .enumerate()
        .map(|(place, logits)| (1.0 - place as f32 / 20.0, &logits[..]))
        .collect();
    for rerank_depth in [3, 8, 10] {
        let asked = SearchSettings { rerank_depth, blend: 1.0, k: 10, ..settings() };
        let (outcome, _) = World::new(&candidates).rerank(&asked);
        let expected: Vec<usize> = (0..rerank_depth).rev().chain(rerank_depth..12).collect();
        assert_eq!(places(&outcome), expected);
    }
}

#[test]
fn a_budget_reads_best_first_in_batches_and_ends_in_time() {
    let candidates: Vec<(f32, &[f32])> = vec![(0.5, &[NO, YES]); 20];
    let asked =
        |budget| SearchSettings { budget, rerank_depth: 5, rerank_passages: 2, ..settings() };
    let world = || World::new(&candidates).in_batches(2);
    let (outcome, calls) = world().rerank(&asked(ms(85)));
    // Half a batch first. The best passage of each before any other. A batch takes 20 ms, and after
    // 70 only half of one is still in time.
    let batches =
        [&[(0, 0)][..], &[(1, 0), (2, 0)], &[(3, 0), (4, 0)], &[(0, 1), (1, 1)], &[(2, 1)]];
    assert_eq!(calls, batches);
    assert_eq!(outcome.reading, Reading { read: 8, of: 10, stopped: Stopped::Budget });
    assert_eq!(outcome.reading.to_string(), "8 of 10 passages read, stopped by budget");
    let (outcome, calls) = world().rerank(&asked(ms(0)));
    assert_eq!(calls, [[(0, 0)]], "a budget of 0 is half a batch");
    assert_eq!(outcome.reading.stopped, Stopped::Budget);
    let (outcome, calls) = world().rerank(&asked(ms(100)));
    assert_eq!((calls.len(), outcome.reading.stopped), (6, Stopped::Complete));
}

#[test]
fn the_first_places_are_settled_when_no_candidate_can_come_in() {
    let settled = |last| {
        let world = World::new(&[(1.0, &[YES]), (0.8, &[YES]), (0.7, &[YES]), (last, &[YES])]);
        world.rerank(&SearchSettings { early_stop: EarlyStop::Exact, ..settings() })
    };
    // The second has 0.9; the third could reach 0.85 at most.
    let (outcome, calls) = settled(0.5);
    assert_eq!(calls, [[(0, 0), (1, 0)]]);
    assert_eq!(outcome.reading, Reading { read: 2, of: 4, stopped: Stopped::Settled });
    assert_eq!(outcome.reading.to_string(), "2 of 4 passages read, settled");
}

#[test]
fn a_tie_for_the_last_place_goes_to_the_better_fused_and_is_read_for_no_other() {
    let settings = SearchSettings { k: 1, early_stop: EarlyStop::Exact, ..settings() };
    // Both can have 1.0: the first has it, and the second would come after it.
    let (outcome, calls) = World::new(&[(1.0, &[YES]), (1.0, &[YES])]).rerank(&settings);
    assert_eq!((calls.len(), outcome.reading.stopped), (1, Stopped::Settled));
    // The second reaches what the first only could: it is read, and wins.
    let (outcome, calls) = World::new(&[(1.0, &[NO]), (1.0, &[YES])]).rerank(&settings);
    assert_eq!(calls, [[(0, 0)], [(1, 0)]]);
    assert_eq!((places(&outcome), outcome.reading.stopped), (vec![1, 0], Stopped::Complete));
}

#[test]
fn a_reranker_that_loses_scores_has_failed_and_is_no_endless_loop() {
    struct Mute(RerankerInfo);
    impl Reranker for Mute {
        fn info(&self) -> &RerankerInfo {
            &self.0
        }
        fn score(&self, _: RerankRequest<'_>) -> RerankResponse {
            RerankResponse::all_or_none(Ok(Vec::new()), 0)
        }
    }
    let World { candidates, reranker } = World::new(&[(1.0, &[NO])]);
    let mute = Arc::new(Mute(reranker.info.clone()));
    let outcome = rerank(mute, candidates, &settings(), &|| Duration::ZERO);
    let failure = outcome.failure.unwrap();
    assert_eq!(failure, "model fake@0 gave 0 where 1 scores was expected");
    assert_eq!(outcome.reading, Reading { read: 0, of: 1, stopped: Stopped::Failed });
}

/// Scores on a coarse grid tie often; fine ones meet rounding.
fn unit() -> impl Strategy<Value = f32> {
    prop_oneof![(0u8..=8).prop_map(|n| f32::from(n) / 8.0), 0.0f32..=1.0]
}

prop_compose! {
    fn candidates()(
        mut pool in prop::collection::vec(
            (unit(), prop::collection::vec(prop_oneof![-6.0f32..6.0, Just(YES), Just(NO)], 1..4)),
            1..40,
        ),
    ) -> Vec<(f32, Vec<f32>)> {
        pool.sort_by(|a, b| b.0.total_cmp(&a.0));
        pool
    }
}

prop_compose! {
    fn requests()(
        k in 1usize..15,
        blend in unit(),
        rerank_depth in 1usize..40,
        rerank_passages in 1usize..4,
        batch in 1usize..6,
        budget in prop::option::of(0u64..300),
    ) -> (SearchSettings, usize) {
        let budget = budget.map(Duration::from_millis);
        let settings = SearchSettings {
            k, blend, rerank_depth, rerank_passages, budget, ..SearchSettings::default()
        };
        (settings, batch)
    }
}

fn world(candidates: &[(f32, Vec<f32>)], batch: usize) -> World {
    let borrowed: Vec<(f32, &[f32])> =
        candidates.iter().map(|(fused, logits)| (*fused, logits.as_slice())).collect();
    World::new(&borrowed).in_batches(batch)
}

proptest! {
    #[test]
    fn settled_is_the_same_first_k_to_the_last_bit(
        candidates in candidates(),
        (settings, batch) in requests(),
    ) {
        let complete = SearchSettings { budget: None, early_stop: EarlyStop::Off, ..settings.clone() };
        let settled = SearchSettings { budget: None, early_stop: EarlyStop::Exact, ..settings.clone() };
        let in_batches = SearchSettings { budget: ms(3_600_000), ..settled.clone() };
        let (complete, _) = world(&candidates, batch).rerank(&complete);
        let (settled, calls) = world(&candidates, batch).rerank(&settled);
        let (in_batches, batches) = world(&candidates, batch).rerank(&in_batches);
        let first = |outcome: &Outcome| -> Vec<(usize, u32)> {
            let first = outcome.order.iter().take(settings.k);
            first.map(|candidate| (candidate.document, candidate.score.to_bits())).collect()
        };
        prop_assert_eq!(first(&settled), first(&complete));
        prop_assert!(settled.reading.read <= complete.reading.read);
        // In batches exactly the same is read, so all of the answer is the same.
        prop_assert_eq!(settled.order, in_batches.order);
        prop_assert_eq!(settled.reading, in_batches.reading);
        let sorted = |calls: Vec<Vec<(usize, usize)>>| {
            let mut all = calls.concat();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(sorted(calls), sorted(batches));
    }

    #[test]
    fn a_budget_is_kept_and_what_was_read_has_its_own_score(
        candidates in candidates(),
        (settings, batch) in requests(),
        early_stop in prop_oneof![Just(EarlyStop::Off), Just(EarlyStop::Exact), Just(EarlyStop::Learned)],
    ) {
        let settings = SearchSettings { early_stop, ..settings };
        let (outcome, calls) = world(&candidates, batch).rerank(&settings);
        let took = PASSAGE * calls.concat().len() as u32;
        if let Some(budget) = settings.budget {
            let first = PASSAGE * calls[0].len() as u32;
            prop_assert!(took <= budget.max(first), "{took:?} of {budget:?}");
            prop_assert!(calls.iter().all(|call| call.len() <= batch));
        }
        prop_assert!(scores(&outcome).is_sorted_by(|a, b| a >= b));
        let mut places = places(&outcome);
        places.sort_unstable();
        prop_assert_eq!(places, (0..candidates.len()).collect::<Vec<_>>());
        for candidate in &outcome.order {
            let (fused, logits) = &candidates[candidate.document];
            let read = calls.concat().iter().filter(|(place, _)| *place == candidate.document).count();
            let best = logits[..read].iter().copied().reduce(f32::max);
            let result = candidate.last_reranked();
            prop_assert_eq!(result.map(|result| result.logit), best);
            prop_assert_eq!(result.map_or(0, |result| result.read), read);
            let probability = best.map(|logit| Calibration::SIGMOID.probability(logit));
            let probability = probability.or(candidate.expected).unwrap();
            let blended = (1.0 - settings.blend) * fused + settings.blend * probability;
            prop_assert!((candidate.score - blended).abs() < 1e-6);
        }
    }
}

/// Scores the first passages it is given, and fails at the next.
struct Frail(Arc<Scripted>, usize);

impl Reranker for Frail {
    fn info(&self) -> &RerankerInfo {
        self.0.info()
    }

    fn score(&self, RerankRequest { query, passages, .. }: RerankRequest<'_>) -> RerankResponse {
        let good = passages.len().min(self.1);
        let scores = self.0.score_all(query, &passages[..good]).unwrap().into_iter().map(Some);
        let failure = ModelError::BadOutput {
            model: "frail".into(),
            expected: "an answer".into(),
            got: "none".into(),
        };
        let missing = passages.len() - good;
        RerankResponse {
            scores: scores.chain(vec![None; missing]).collect(),
            usage: Usage::default(),
            failure: (missing > 0).then_some(failure),
        }
    }
}

#[test]
fn what_was_read_before_a_failure_counts_and_the_rest_is_as_if_unread() {
    let candidates: [(f32, &[f32]); 4] =
        [(1.0, &[NO]), (0.8, &[YES]), (0.6, &[YES]), (0.25, &[YES])];
    let reranked = |good| {
        let world = World::new(&candidates);
        let frail = Arc::new(Frail(world.reranker, good));
        rerank(frail, world.candidates, &settings(), &|| Duration::ZERO)
    };
    // As where the depth is 2, worked by hand above.
    let outcome = reranked(2);
    assert_eq!(outcome.reading, Reading { read: 2, of: 4, stopped: Stopped::Failed });
    assert_eq!(places(&outcome), [1, 0, 2, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.5, 0.3, 0.125]);
    assert!(outcome.failure.is_some());
    assert_eq!(reranked(0).reading.read, 0);
    assert!(reranked(4).failure.is_none());
}

/// Orders the results of another engine: scores on any scale, and the logit of each that was read.
fn below(results: &[(f32, Option<f32>)], depth: usize, weight: f32) -> Vec<(usize, f32)> {
    let logits: Vec<Vec<f32>> =
        results.iter().map(|(_, logit)| vec![logit.unwrap_or(NO)]).collect();
    let candidates = results.iter().enumerate().map(|(document, (score, logit))| {
        let passages = if logit.is_some() { vec![PassageId(0)] } else { Vec::new() };
        Candidate::new(document, passages, *score)
    });
    let info = RerankerInfo::local("fake@0", Calibration::SIGMOID, 1);
    let reranker = Arc::new(Scripted { info, logits, calls: Mutex::default() });
    let settings = SearchSettings { rerank_depth: depth, blend: weight, ..settings() };
    let job = RerankJob {
        stages: &[RerankStage::of(reranker)],
        query: "query",
        excerpts: &Excerpts::unweighted("query"),
        index: None,
        settings: &settings,
        unread: UnreadOrder::Below,
        cancel: None,
    };
    let mut order: Vec<Candidate> = candidates.collect();
    job.rerank(&mut order, &mut Names, &|| Duration::ZERO).unwrap();
    order.iter().map(|candidate| (candidate.document, candidate.score)).collect()
}

#[test]
fn of_a_run_what_was_read_stands_before_all_others() {
    let results = [(4.0, Some(-3.0)), (3.0, None), (2.0, Some(0.0)), (1.0, None)];
    let order = below(&results, 3, 1.0);
    assert_eq!(order.iter().map(|(document, _)| *document).collect::<Vec<_>>(), [2, 0, 1, 3]);
    assert_eq!((order[0].1, order[2].1, order[3].1), (0.5, order[1].1, order[1].1));
}

/// Worked by hand: scaled among the first three 0 has 1, 1 ½, 2 0; probabilities ½ each but that of
/// 2, which is 1 in 32 bits. So 1 and 2 have the same blend, and 2 the higher logit.
#[test]
fn of_a_run_a_blend_is_of_the_best_results_alone() {
    let results = [(4.0, Some(0.0)), (3.0, Some(0.0)), (2.0, Some(30.0)), (-9.0, None)];
    assert_eq!(below(&results, 3, 0.5), [(0, 0.75), (2, 0.5), (1, 0.5), (3, 0.5)]);
}

#[test]
fn of_a_run_logits_decide_where_probabilities_are_equal() {
    let results = [(4.0, Some(40.0)), (3.0, Some(41.0)), (2.0, Some(40.0))];
    assert_eq!(below(&results, 3, 1.0), [(1, 1.0), (0, 1.0), (2, 1.0)]);
}

#[test]
fn a_run_of_which_nothing_was_read_stays_as_it_was() {
    assert_eq!(below(&[(4.0, None), (3.0, None)], 1, 1.0), [(0, 4.0), (1, 3.0)]);
    assert_eq!(below(&[(4.0, None), (3.0, None)], 2, 0.0), [(0, 4.0), (1, 3.0)]);
}

#[test]
fn whoever_may_lose_patience_is_asked_between_batches() {
    let world = World::new(&[(1.0, &[NO]), (0.8, &[YES]), (0.6, &[NO])]).in_batches(2);
    let cancel = AtomicBool::new(false);
    let ask = |cancel: &AtomicBool| {
        let reranker: Arc<dyn Reranker> = world.reranker.clone();
        let job = RerankJob {
            stages: &[RerankStage::of(reranker)],
            query: "query",
            excerpts: &Excerpts::unweighted("query"),
            index: None,
            settings: &settings(),
            unread: UnreadOrder::Expected,
            cancel: Some(cancel),
        };
        job.rerank(&mut world.candidates.clone(), &mut Names, &|| Duration::ZERO).map(drop)
    };
    ask(&cancel).unwrap();
    assert_eq!(*world.reranker.calls.lock().unwrap(), [vec![(0, 0), (1, 0)], vec![(2, 0)]]);
    cancel.store(true, Ordering::Relaxed);
    assert!(matches!(ask(&cancel), Err(EngineError::Cancelled)));
}

fn cascade(depths: &[Option<usize>]) -> Vec<RerankStage> {
    let stage = |&depth: &Option<usize>| RerankStage {
        depth,
        ..RerankStage::of(Arc::new(trommel_testkit::FakeReranker))
    };
    depths.iter().map(stage).collect()
}

#[test]
fn a_stage_without_a_depth_has_the_usual_one_or_that_of_the_stage_before() {
    let settings = SearchSettings { rerank_depth: 20, ..SearchSettings::default() };
    let depths = |depths: &[Option<usize>]| RerankStage::depths(&cascade(depths), &settings);
    assert_eq!(depths(&[None, None]), [20, 20]);
    assert_eq!(depths(&[Some(100), None]), [100, 20]);
    assert_eq!(depths(&[Some(10), None]), [10, 10]);
}

#[test]
fn depths_that_rise_and_excerpts_out_of_range_are_refused() {
    let settings = SearchSettings { rerank_depth: 20, ..SearchSettings::default() };
    let check =
        |stages: &[RerankStage]| RerankStage::check(stages, &settings).map_err(|e| e.to_string());
    assert_eq!(check(&cascade(&[Some(100), Some(20), None])), Ok(()));
    let rises = "the depth of a reranker is 30, expected 1 to 20".to_owned();
    assert_eq!(check(&cascade(&[None, Some(30)])), Err(rises));
    let far = "the depth of a reranker is 101, expected 1 to 100".to_owned();
    assert_eq!(check(&cascade(&[Some(101)])), Err(far));
    let long = RerankStage { excerpt: Some(1025), ..cascade(&[None]).remove(0) };
    let expected = "the excerpt of a reranker is 1025, expected 8 to 1024".to_owned();
    assert_eq!(check(&[long]), Err(expected));
}
