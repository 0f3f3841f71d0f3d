//! Fears: a score that depends on what else was read, a stage that outlives its budget, a hit lost
//! to reading less, an order that contradicts its scores.

use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use trommel_core::{Calibration, ModelError, RerankScore};

use super::super::answer::Scored;
use super::super::request::Settle;
use super::*;

/// How long the fake reranker takes for a passage.
const PASSAGE: Duration = Duration::from_millis(10);

/// Candidates with the logit of each of their passages, and a clock that only reading moves.
struct World {
    pool: Vec<Pooled>,
    logits: Vec<Vec<f32>>,
    /// The passages of every call, as (candidate, its passage).
    calls: Mutex<Vec<Vec<(usize, usize)>>>,
    info: RerankerInfo,
}

impl World {
    /// Makes candidates of fused scores, which must fall, and logits.
    fn new(candidates: &[(f32, &[f32])]) -> Self {
        let none = Scored { rank: None, score: 0.0 };
        let pooled = |(document, &(fused, logits)): (usize, &(f32, &[f32]))| {
            let passages = (0..logits.len() as u64).map(PassageId).collect();
            Pooled { document, bm25: none, dense: none, fused, passages }
        };
        Self {
            pool: candidates.iter().enumerate().map(pooled).collect(),
            logits: candidates.iter().map(|(_, logits)| logits.to_vec()).collect(),
            calls: Mutex::default(),
            info: RerankerInfo::local("fake@0", Calibration::SIGMOID, 1),
        }
    }

    fn now(&self) -> Duration {
        PASSAGE * self.read().len() as u32
    }

    /// Returns what was read, in its order.
    fn read(&self) -> Vec<(usize, usize)> {
        self.calls.lock().unwrap().concat()
    }

    fn rerank(self, settings: &SearchSettings) -> (Outcome, Vec<Vec<(usize, usize)>>) {
        let pool = self.pool.clone();
        let mut texts = Names { windows: self.logits.clone(), text: String::new() };
        let clock = || self.now();
        let outcome = rerank(
            &self,
            "query",
            &pool,
            &mut texts,
            settings,
            &mut Deadline::start(&clock, settings.budget),
        )
        .unwrap();
        let calls = self.calls.lock().unwrap().clone();
        (outcome, calls)
    }
}

/// Passages whose text is their name, all of the same length.
struct Names {
    windows: Vec<Vec<f32>>,
    text: String,
}

impl Passages for Names {
    fn text(&mut self, place: usize, window: usize) -> Result<&str, EngineError> {
        assert!(window < self.windows[place].len());
        self.text = format!("{place:03} {window:03}");
        Ok(&self.text)
    }
}

impl Reranker for World {
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
    SearchSettings { k: 2, blend: 0.5, settle: Settle::Off, ..SearchSettings::default() }
}

fn places(outcome: &Outcome) -> Vec<usize> {
    outcome.order.iter().map(|candidate| candidate.place).collect()
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
    assert_eq!(outcome.order[0].reread.unwrap().1.rank, 1);
    assert_eq!(outcome.order[1].reread.unwrap().1.rank, 2);
}

/// Worked by hand: of two, one was read as certain and one as impossible, so one half is expected.
#[test]
fn what_was_not_read_stands_where_its_expected_blend_puts_it() {
    let world = World::new(&[(1.0, &[NO]), (0.8, &[YES]), (0.6, &[YES]), (0.25, &[YES])]);
    let (outcome, _) = world.rerank(&SearchSettings { rerank_depth: 2, ..settings() });
    assert_eq!(outcome.reading, Reading { read: 2, of: 2, stopped: Stopped::Complete });
    assert_eq!(places(&outcome), [1, 2, 0, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.55, 0.5, 0.375]);
    let unread = &outcome.order[1];
    assert_eq!((unread.probability, unread.reread), (0.5, None));
}

#[test]
fn a_budget_reads_best_first_in_packs_and_ends_in_time() {
    let candidates: Vec<(f32, &[f32])> = vec![(0.5, &[NO, YES]); 20];
    let asked = |budget| SearchSettings {
        budget,
        rerank_depth: 5,
        rerank_passages: 2,
        pack: 2,
        ..settings()
    };
    let (outcome, calls) = World::new(&candidates).rerank(&asked(ms(85)));
    // Half a pack first. The best passage of each before any other. A pack takes 20 ms, and after
    // 70 only half of one is still in time.
    let packs = [&[(0, 0)][..], &[(1, 0), (2, 0)], &[(3, 0), (4, 0)], &[(0, 1), (1, 1)], &[(2, 1)]];
    assert_eq!(calls, packs);
    assert_eq!(outcome.reading, Reading { read: 8, of: 10, stopped: Stopped::Budget });
    assert_eq!(outcome.reading.to_string(), "8 of 10 passages read, stopped by budget");
    let (outcome, calls) = World::new(&candidates).rerank(&asked(ms(0)));
    assert_eq!(calls, [[(0, 0)]], "a budget of 0 is half a pack");
    assert_eq!(outcome.reading.stopped, Stopped::Budget);
    let (outcome, calls) = World::new(&candidates).rerank(&asked(ms(100)));
    assert_eq!((calls.len(), outcome.reading.stopped), (6, Stopped::Complete));
}

#[test]
fn a_race_is_settled_when_no_candidate_can_come_in() {
    let race = |last| {
        let world = World::new(&[(1.0, &[YES]), (0.8, &[YES]), (0.7, &[YES]), (last, &[YES])]);
        world.rerank(&SearchSettings { settle: Settle::Exact, ..settings() })
    };
    // The second has 0.9; the third could reach 0.85 at most.
    let (outcome, calls) = race(0.5);
    assert_eq!(calls, [[(0, 0), (1, 0)]]);
    assert_eq!(outcome.reading, Reading { read: 2, of: 4, stopped: Stopped::Settled });
    assert_eq!(outcome.reading.to_string(), "2 of 4 passages read, settled");
}

#[test]
fn a_tie_for_the_last_place_goes_to_the_better_fused_and_is_read_for_no_other() {
    let settings = SearchSettings { k: 1, settle: Settle::Exact, ..settings() };
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
    let World { pool, logits, info, .. } = World::new(&[(1.0, &[NO])]);
    let mut names = Names { windows: logits, text: String::new() };
    let mut deadline = Deadline::start(&|| Duration::ZERO, None);
    let outcome = rerank(&Mute(info), "q", &pool, &mut names, &settings(), &mut deadline).unwrap();
    assert!(matches!(outcome.failure, Some(ModelError::BadOutput { .. })));
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
        pack in 1usize..6,
        budget in prop::option::of(0u64..300),
    ) -> SearchSettings {
        let budget = budget.map(Duration::from_millis);
        SearchSettings {
            k, blend, rerank_depth, rerank_passages, pack, budget, ..SearchSettings::default()
        }
    }
}

fn world(candidates: &[(f32, Vec<f32>)]) -> World {
    let borrowed: Vec<(f32, &[f32])> =
        candidates.iter().map(|(fused, logits)| (*fused, logits.as_slice())).collect();
    World::new(&borrowed)
}

proptest! {
    #[test]
    fn settled_is_the_same_first_k_to_the_last_bit(
        candidates in candidates(),
        settings in requests(),
    ) {
        let complete = SearchSettings { budget: None, settle: Settle::Off, ..settings.clone() };
        let settled = SearchSettings { budget: None, settle: Settle::Exact, ..settings.clone() };
        let in_packs = SearchSettings { budget: ms(3_600_000), ..settled.clone() };
        let (complete, _) = world(&candidates).rerank(&complete);
        let (settled, calls) = world(&candidates).rerank(&settled);
        let (in_packs, packs) = world(&candidates).rerank(&in_packs);
        let first = |outcome: &Outcome| -> Vec<(usize, u32)> {
            let first = outcome.order.iter().take(settings.k);
            first.map(|candidate| (candidate.place, candidate.score.to_bits())).collect()
        };
        prop_assert_eq!(first(&settled), first(&complete));
        prop_assert!(settled.reading.read <= complete.reading.read);
        // In packs exactly the same is read, so all of the answer is the same.
        prop_assert_eq!(settled.order, in_packs.order);
        prop_assert_eq!(settled.reading, in_packs.reading);
        let sorted = |calls: Vec<Vec<(usize, usize)>>| {
            let mut all = calls.concat();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(sorted(calls), sorted(packs));
    }

    #[test]
    fn a_budget_is_kept_and_what_was_read_has_its_own_score(
        candidates in candidates(),
        settings in requests(),
        settle in prop_oneof![Just(Settle::Off), Just(Settle::Exact), Just(Settle::Learned)],
    ) {
        let settings = SearchSettings { settle, ..settings };
        let (outcome, calls) = world(&candidates).rerank(&settings);
        let took = PASSAGE * calls.concat().len() as u32;
        if let Some(budget) = settings.budget {
            let first = PASSAGE * calls[0].len() as u32;
            prop_assert!(took <= budget.max(first), "{took:?} of {budget:?}");
            prop_assert!(calls.iter().all(|call| call.len() <= settings.pack));
        }
        prop_assert!(scores(&outcome).is_sorted_by(|a, b| a >= b));
        let mut places = places(&outcome);
        places.sort_unstable();
        prop_assert_eq!(places, (0..candidates.len()).collect::<Vec<_>>());
        for candidate in &outcome.order {
            let (fused, logits) = &candidates[candidate.place];
            let read = calls.concat().iter().filter(|(place, _)| *place == candidate.place).count();
            let best = logits[..read].iter().copied().reduce(f32::max);
            let logit = candidate.reread.map(|(_, reread)| reread.logit);
            prop_assert_eq!(logit, best);
            let probability =
                best.map_or(candidate.probability, |l| Calibration::SIGMOID.probability(l));
            let blended = (1.0 - settings.blend) * fused + settings.blend * probability;
            prop_assert!((candidate.score - blended).abs() < 1e-6);
        }
    }
}

/// Scores the first passages it is given, and fails at the next.
struct Frail(World, usize);

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
        let pool = world.pool.clone();
        let mut texts = Names { windows: world.logits.clone(), text: String::new() };
        let frail = Frail(world, good);
        let mut deadline = Deadline::start(&|| Duration::ZERO, None);
        rerank(&frail, "query", &pool, &mut texts, &settings(), &mut deadline).unwrap()
    };
    // As where the depth is 2, worked by hand above.
    let outcome = reranked(2);
    assert_eq!(outcome.reading, Reading { read: 2, of: 4, stopped: Stopped::Failed });
    assert_eq!(places(&outcome), [1, 2, 0, 3]);
    assert_eq!(scores(&outcome), [0.9, 0.55, 0.5, 0.375]);
    assert!(outcome.failure.is_some());
    assert_eq!(reranked(0).reading.read, 0);
    assert!(reranked(4).failure.is_none());
}
