//! A run held against judgements.

use crate::metric::{Metric, RankedQuery};
use crate::qrels::Qrels;
use crate::run::Run;

/// The value of every metric for every judged query.
///
/// A judged query without results counts as 0, so a run gains nothing by leaving hard ones out.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    metrics: Vec<Metric>,
    queries: Vec<String>,
    /// One list a metric, one value a query.
    scores: Vec<Vec<f64>>,
    without_results: Vec<String>,
    without_relevant: Vec<String>,
    not_judged: Vec<String>,
}

/// Evaluates a run: every metric for every query of `qrels`, in the order of ids.
///
/// Queries of the run that were not judged change nothing and are named in the answer.
#[must_use]
pub fn evaluate(qrels: &Qrels, run: &Run, metrics: &[Metric]) -> Evaluation {
    let mut evaluation = Evaluation {
        metrics: metrics.to_vec(),
        queries: Vec::with_capacity(qrels.len()),
        scores: vec![Vec::with_capacity(qrels.len()); metrics.len()],
        without_results: Vec::new(),
        without_relevant: Vec::new(),
        not_judged: Vec::new(),
    };
    // The judgements decide which queries count, so that all runs are measured on the same ones.
    for (query, judgements) in qrels.iter() {
        let results = run.of(query).unwrap_or_default();
        if results.is_empty() {
            evaluation.without_results.push(query.to_owned());
        }
        if judgements.values().all(|&grade| grade < 1) {
            evaluation.without_relevant.push(query.to_owned());
        }
        let ranked = RankedQuery::new(judgements, results);
        for (metric, scores) in metrics.iter().zip(&mut evaluation.scores) {
            scores.push(metric.score(&ranked));
        }
        evaluation.queries.push(query.to_owned());
    }
    let strangers = run.iter().map(|(query, _)| query).filter(|query| qrels.of(query).is_none());
    evaluation.not_judged = strangers.map(str::to_owned).collect();
    evaluation
}

impl Evaluation {
    /// Returns the metrics, in the order asked for.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// Returns the judged queries, by rising id.
    #[must_use]
    pub fn queries(&self) -> &[String] {
        &self.queries
    }

    /// Returns a metric's values, one for each of [`Evaluation::queries`]; none where the metric
    /// was not asked for.
    #[must_use]
    pub fn scores(&self, metric: &Metric) -> Option<&[f64]> {
        let index = self.metrics.iter().position(|asked| asked == metric)?;
        Some(&self.scores[index])
    }

    /// Returns the mean of a metric over all judged queries; none where the metric was not asked
    /// for.
    #[must_use]
    pub fn mean(&self, metric: &Metric) -> Option<f64> {
        self.scores(metric).map(mean)
    }

    /// Returns the judged queries for which the run has no result; they count as 0.
    #[must_use]
    pub fn without_results(&self) -> &[String] {
        &self.without_results
    }

    /// Returns the judged queries for which no document is of grade 1 or above; they count as 0.
    #[must_use]
    pub fn without_relevant(&self) -> &[String] {
        &self.without_relevant
    }

    /// Returns the queries of the run that nobody judged; they do not count.
    #[must_use]
    pub fn not_judged(&self) -> &[String] {
        &self.not_judged
    }

    /// Returns whether the run has results for no judged query at all, which tells of the wrong
    /// file rather than of a bad system.
    #[must_use]
    pub fn is_of_other_queries(&self) -> bool {
        self.without_results.len() == self.queries.len()
    }
}

/// Returns the mean of `values`; 0 without any.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}
