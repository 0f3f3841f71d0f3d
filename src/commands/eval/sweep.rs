//! What other settings would give: chosen on one half of the queries, tested on the other.
//!
//! One thing is varied at a time, from the best setting so far: fusion and its weight, then the
//! number of candidates, then how much the reranker reads and says. A model reads no text twice.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};

use trommel_core::{
    Encoder, Fingerprint, ModelError, RerankRequest, RerankResponse, RerankScore, Reranker,
    RerankerInfo, Scope, Usage,
};
use trommel_engine::fusion::Method;
use trommel_engine::{EarlyStop, RerankStage, SearchSettings, Searcher, Stage};
use trommel_eval::{Evaluation, Metric, Qrels, SweepReport, Trial, compare, difference, evaluate};

use super::{Context, Task, measure};
use crate::error::{CliError, Kind};
use crate::signals::Cancel;
use crate::{hints, progress};

const WEIGHTS: [f32; 9] = [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const CANDIDATES: [usize; 3] = [50, 100, 200];
const BLENDS: [f32; 6] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.5];
const DEPTHS: [usize; 3] = [10, 20, 50];

/// A setting and the flags that ask for it.
type Setting = (String, SearchSettings);

/// Tries other settings.
pub(super) fn sweep(
    context: &Context,
    pipeline: &Searcher,
    task: &Task,
    present: &SearchSettings,
    cancel: &Cancel,
) -> Result<SweepReport, CliError> {
    if present.stage < Stage::Fused {
        return Err(CliError::usage("--sweep needs fusion: expected stage fused or reranked")
            .hint("trommel eval BEIR_DIR --sweep --stages bm25,dense,fused"));
    }
    let engine = |error| hints::engine(error, context);
    // Most trials read the same passages for the same queries; only what a model has not seen is
    // computed.
    let remembered = |stage: &RerankStage| RerankStage {
        reranker: Arc::new(Remembered::new(&stage.reranker)) as Arc<dyn Reranker>,
        ..stage.clone()
    };
    let remembering = Searcher::new(
        pipeline.snapshot(),
        pipeline.encoder().map(|encoder| Arc::new(Remembered::new(encoder)) as Arc<dyn Encoder>),
        pipeline.rerank_stages().iter().map(remembered).collect(),
    )
    .map_err(engine)?;
    let metric = task.metrics[0];
    // The best of many trials is partly luck on the queries that chose it. Only other queries tell
    // what it gains.
    let (choosing, testing) = halves(&task.qrels, task.resampling.seed);
    let mut trials = Trials {
        context,
        pipeline: remembering,
        task,
        metric,
        halves: [choosing, testing],
        cancel,
        tried: Vec::new(),
        evaluations: Vec::new(),
        best: (0, (String::new(), present.clone())),
    };
    trials.run(vec![(String::new(), present.clone())])?;
    for vary in [fusions, candidates, reading] {
        let settings = vary(&trials.best.1);
        trials.run(settings)?;
    }
    let chosen = trials.best.0;
    let comparison =
        compare(&trials.evaluations[chosen], &trials.evaluations[0], &metric, task.resampling)
            .map_err(hints::eval)?;
    Ok(SweepReport {
        metric: metric.to_string(),
        chosen_on: trials.halves[0].len(),
        tested_on: trials.halves[1].len(),
        chosen,
        gain: difference(&comparison, comparison.randomisation.p),
        tried: trials.tried,
    })
}

/// Parts the judged queries in two, by a hash of seed and id: those that choose and those that
/// test.
fn halves(qrels: &Qrels, seed: u64) -> (Qrels, Qrels) {
    let mut order: Vec<(blake3::Hash, &str)> = qrels
        .iter()
        .map(|(query, _)| (blake3::hash(format!("{seed} {query}").as_bytes()), query))
        .collect();
    // A hash and not the order of ids, in which queries of one kind often stand together.
    order.sort_by(|a, b| a.0.as_bytes().cmp(b.0.as_bytes()));
    let choosing: Vec<&str> =
        order.iter().take(order.len().div_ceil(2)).map(|(_, query)| *query).collect();
    let part = |wanted: bool| {
        let mut part = qrels.clone();
        part.retain(|query| choosing.contains(&query) == wanted);
        part
    };
    (part(true), part(false))
}

fn with(base: &Setting, flag: &str, change: impl FnOnce(&mut SearchSettings)) -> Setting {
    let (flags, mut settings) = base.clone();
    change(&mut settings);
    (format!("{flags} {flag}").trim().to_owned(), settings)
}

fn fusions(base: &Setting) -> Vec<Setting> {
    let methods = [Method::MinMax, Method::RRF];
    let setting = |method: Method, weight: f32| {
        let flag = format!("--fusion {} --dense-weight {weight}", method.name());
        with(base, &flag, |settings| {
            settings.fusion = method;
            settings.dense_weight = weight;
        })
    };
    methods.into_iter().flat_map(|m| WEIGHTS.map(|weight| setting(m, weight))).collect()
}

fn candidates(base: &Setting) -> Vec<Setting> {
    let others = CANDIDATES.into_iter().filter(|&count| count != base.1.candidates);
    let setting = |count: usize| {
        with(base, &format!("--candidates {count}"), |settings| {
            settings.candidates = count;
            // Neither may be more than there are candidates.
            settings.rerank_depth = settings.rerank_depth.min(count);
            settings.k = settings.k.min(count);
        })
    };
    others.map(setting).collect()
}

fn reading(base: &Setting) -> Vec<Setting> {
    if base.1.stage < Stage::Reranked {
        return Vec::new();
    }
    let setting = |depth: usize, blend: f32| {
        let flag = format!("--rerank-depth {depth} --blend {blend}");
        with(base, &flag, |settings| {
            settings.rerank_depth = depth;
            settings.blend = blend;
        })
    };
    let depths = DEPTHS.into_iter().filter(|&depth| depth <= base.1.candidates);
    depths.flat_map(|depth| BLENDS.map(|blend| setting(depth, blend))).collect()
}

/// All trials so far.
struct Trials<'a> {
    context: &'a Context,
    pipeline: Searcher,
    task: &'a Task,
    metric: Metric,
    /// The judgements of the queries that choose, and of those that test.
    halves: [Qrels; 2],
    cancel: &'a Cancel,
    tried: Vec<Trial>,
    /// What each trial gives on the queries that test.
    evaluations: Vec<Evaluation>,
    /// The place of the best trial, and its setting.
    best: (usize, Setting),
}

impl Trials<'_> {
    fn run(&mut self, settings: Vec<Setting>) -> Result<(), CliError> {
        let shown = io::stderr().is_terminal();
        let bar = shown.then(|| progress::counter("settings", settings.len()));
        for (flags, settings) in settings {
            self.cancel.check()?;
            self.one(flags, settings)?;
            bar.iter().for_each(|bar| bar.inc(1));
        }
        bar.iter().for_each(|bar| bar.finish_and_clear());
        Ok(())
    }

    fn one(&mut self, flags: String, settings: SearchSettings) -> Result<(), CliError> {
        // Without a limit of time, and all that the depth allows: a trial is no race.
        let asked = SearchSettings { budget: None, early_stop: EarlyStop::Off, ..settings.clone() };
        let measured =
            measure::measure(&self.pipeline, self.task, &asked, self.context, self.cancel)?;
        if let Some((query, reason)) = measured.failures().next() {
            // The best of settings would be that by which it failed least.
            let message = format!("the reranker failed for query {query}: {reason}");
            return Err(CliError::new(Kind::Gate, message).hint("trommel eval … --stages fused"));
        }
        let run = measured.run(asked.stage)?;
        let metrics = [self.metric];
        let [choosing, testing] = &self.halves;
        let [chosen_on, tested_on] =
            [choosing, testing].map(|qrels| evaluate(qrels, &run, &metrics));
        let mean = |evaluation: &Evaluation| evaluation.mean(&self.metric).unwrap_or_default();
        self.tried.push(Trial {
            flags: flags.clone(),
            chosen_on: mean(&chosen_on),
            tested_on: mean(&tested_on),
            passages_read: measured.passages_read(),
        });
        self.evaluations.push(tested_on);
        let place = self.tried.len() - 1;
        // Strictly better: of equal settings the one tried first stays, and the present one is
        // first.
        if self.tried[place].chosen_on > self.tried[self.best.0].chosen_on {
            self.best = (place, (flags, settings));
        }
        Ok(())
    }
}

/// A model that computes nothing twice.
struct Remembered<M: ?Sized, K, V> {
    model: Arc<M>,
    known: Mutex<HashMap<K, V>>,
}

impl<M: ?Sized, K, V> Remembered<M, K, V> {
    fn new(model: &Arc<M>) -> Self {
        Self { model: Arc::clone(model), known: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<K, V>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encoder for Remembered<dyn Encoder, String, Vec<f32>> {
    fn fingerprint(&self) -> &Fingerprint {
        self.model.fingerprint()
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        if let Some(vector) = self.known().get(text) {
            return Ok(vector.clone());
        }
        let vector = self.model.encode_query(text)?;
        self.known().insert(text.to_owned(), vector.clone());
        Ok(vector)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.model.encode_passages(texts)
    }
}

/// A query and a passage, hashed.
type PairHash = [u8; 32];

impl Reranker for Remembered<dyn Reranker, PairHash, RerankScore> {
    fn info(&self) -> &RerankerInfo {
        self.model.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        // Another setting has other candidates, and a score that depends on them is another one.
        if self.info().scope == Scope::PerList {
            return self.model.score(request);
        }
        let RerankRequest { query, passages, .. } = request;
        let hash = |passage: &&str| -> PairHash {
            let mut hasher = blake3::Hasher::new();
            // The length parts query and passage: `ab`, `c` and `a`, `bc` are different pairs.
            hasher.update(&(query.len() as u64).to_le_bytes());
            hasher.update(query.as_bytes()).update(passage.as_bytes());
            hasher.finalize().into()
        };
        let hashes: Vec<PairHash> = passages.iter().map(hash).collect();
        let mut scores: Vec<Option<RerankScore>> =
            hashes.iter().map(|hash| self.known().get(hash).copied()).collect();
        let unknown: Vec<usize> = (0..scores.len()).filter(|&i| scores[i].is_none()).collect();
        let texts: Vec<&str> = unknown.iter().map(|&i| passages[i]).collect();
        if texts.is_empty() {
            return RerankResponse { scores, usage: Usage::default(), failure: None };
        }
        let fingerprint = &self.info().fingerprint;
        let request = RerankRequest { passages: &texts, ..request };
        let computed = self.model.score(request).checked(fingerprint, texts.len());
        for (place, score) in unknown.into_iter().zip(computed.scores) {
            if let Some(score) = score {
                self.known().insert(hashes[place], score);
            }
            scores[place] = score;
        }
        RerankResponse { scores, usage: computed.usage, failure: computed.failure }
    }
}

#[cfg(test)]
mod tests {
    use trommel_core::Calibration;

    use super::*;

    #[test]
    fn halves_are_disjoint_and_whole_and_depend_on_the_seed() {
        let mut qrels = Qrels::default();
        for query in 0..101 {
            qrels.insert(&format!("q{query}"), "d", 1);
        }
        let (choosing, testing) = halves(&qrels, 7);
        assert_eq!((choosing.len(), testing.len()), (51, 50));
        assert!(choosing.iter().all(|(query, _)| testing.of(query).is_none()));
        assert_eq!(halves(&qrels, 7).0, choosing);
        assert_ne!(halves(&qrels, 8).0, choosing);
    }

    /// Gives the rank among the passages of the call, as a listwise model does, or the length.
    struct Ranks(RerankerInfo);

    impl Reranker for Ranks {
        fn info(&self) -> &RerankerInfo {
            &self.0
        }

        fn score(&self, RerankRequest { passages, .. }: RerankRequest<'_>) -> RerankResponse {
            let score = |(place, passage): (usize, &&str)| {
                let listwise = self.0.scope == Scope::PerList;
                let logit = if listwise { -(place as f32) } else { passage.len() as f32 };
                RerankScore { logit, truncated: false }
            };
            let scores = passages.iter().enumerate().map(score).collect();
            let usage = Usage::default().with("passages", passages.len() as f64);
            RerankResponse { usage, ..RerankResponse::all_or_none(Ok(scores), passages.len()) }
        }
    }

    /// Asks a remembering reranker for two lists that overlap; returns the logits of the second and
    /// how many passages were read for it.
    fn second_list(scope: Scope) -> (Vec<f32>, usize) {
        let info = RerankerInfo::local("ranks@0", Calibration::SIGMOID, 1);
        let model: Arc<dyn Reranker> = Arc::new(Ranks(RerankerInfo { scope, ..info }));
        let remembered = Remembered::new(&model);
        let ask =
            |passages| remembered.score(RerankRequest { query: "q", passages, deadline: None });
        ask(&["one", "three", "second"]);
        let response = ask(&["second", "three", "another"]);
        let read = response.usage.counts().next().map_or(0, |(count, _)| count);
        (response.all().unwrap().iter().map(|score| score.logit).collect(), read)
    }

    #[test]
    fn a_rank_among_other_candidates_is_not_remembered_and_a_score_of_one_passage_is() {
        // Kept from the first list, "second" would have the last rank of it.
        assert_eq!(second_list(Scope::PerList), (vec![0.0, -1.0, -2.0], 3));
        assert_eq!(second_list(Scope::PerPassage), (vec![6.0, 5.0, 7.0], 1));
    }

    #[test]
    fn settings_are_the_flags_that_they_are_called_by() {
        let base = ("--candidates 200".to_owned(), SearchSettings::default());
        let (flags, settings) = &reading(&base)[0];
        assert_eq!(flags, "--candidates 200 --rerank-depth 10 --blend 0");
        assert_eq!((settings.rerank_depth, settings.blend), (10, 0.0));
        assert_eq!(fusions(&base).len(), 18);
        assert_eq!(candidates(&base).len(), 2);
    }
}
