//! Gates: what a report must show for a change to land.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::metric::Metric;
use crate::report::Report;

/// A bound on a mean, such as `nDCG@10>=0.70` or `fused:R@100>=0.9`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The row that is meant; the last one if missing.
    pub stage: Option<String>,
    /// The metric.
    pub metric: Metric,
    /// What the mean must be.
    pub bound: Bound,
    /// The value that it is compared with.
    pub value: f64,
}

/// How a mean is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At least the value.
    AtLeast,
    /// More than the value.
    Above,
    /// At most the value.
    AtMost,
    /// Less than the value.
    Below,
}

impl Bound {
    /// The signs, longer ones before those that they begin with.
    const SIGNS: [(&'static str, Self); 4] =
        [(">=", Self::AtLeast), ("<=", Self::AtMost), (">", Self::Above), ("<", Self::Below)];

    fn holds(self, mean: f64, value: f64) -> bool {
        match self {
            Self::AtLeast => mean >= value,
            Self::Above => mean > value,
            Self::AtMost => mean <= value,
            Self::Below => mean < value,
        }
    }

    fn sign(self) -> &'static str {
        Self::SIGNS.iter().find(|(_, bound)| *bound == self).map_or("", |(sign, _)| sign)
    }
}

/// Says why a text is no gate.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("not a gate: expected [STAGE:]METRIC>=VALUE, such as fused:nDCG@10>=0.70, got {text:?}{}", .detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default())]
pub struct BadGate {
    /// The text.
    pub text: String,
    /// What is wrong with a part of it.
    pub detail: Option<String>,
}

impl FromStr for Gate {
    type Err = BadGate;

    fn from_str(text: &str) -> Result<Self, BadGate> {
        let bad = |detail| BadGate { text: text.to_owned(), detail };
        // `>=` is tried before `>`: otherwise `>=0.7` would be split into `>` and `=0.7`.
        let split = |(sign, bound)| Some((text.split_once(sign)?, bound));
        let ((left, right), bound) =
            Bound::SIGNS.into_iter().find_map(split).ok_or_else(|| bad(None))?;
        // The name of a run may have a colon, that of a metric has none.
        let (stage, metric) = match left.trim().rsplit_once(':') {
            Some((stage, metric)) => (Some(stage.trim().to_owned()), metric),
            None => (None, left),
        };
        let metric = metric.trim().parse().map_err(|error| bad(Some(format!("{error}"))))?;
        let value = right.trim().parse().ok().filter(|value: &f64| value.is_finite());
        let value = value.ok_or_else(|| bad(Some(format!("{:?} is no number", right.trim()))))?;
        Ok(Self { stage, metric, bound, value })
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stage) = &self.stage {
            write!(f, "{stage}:")?;
        }
        write!(f, "{}{}{}", self.metric, self.bound.sign(), self.value)
    }
}

impl Gate {
    /// Returns what fails in a report, in words, or `None` if the gate holds. A row or a metric that
    /// the report lacks fails.
    #[must_use]
    pub fn failure(&self, report: &Report) -> Option<String> {
        let row = match &self.stage {
            Some(name) => report.stages.iter().find(|row| row.stage == *name),
            None => report.stages.last(),
        };
        let Some(row) = row else {
            let names: Vec<&str> = report.stages.iter().map(|row| row.stage.as_str()).collect();
            return Some(format!("{self}: no such row, the report has {}", names.join(", ")));
        };
        let Some(estimate) = row.metrics.get(&self.metric.to_string()) else {
            let names = report.metrics.join(", ");
            return Some(format!("{self}: no such metric, the report has {names}"));
        };
        if self.bound.holds(estimate.mean, self.value) {
            return None;
        }
        Some(format!("{self}: {} has {:.4}", row.stage, estimate.mean))
    }
}

/// Returns what is worse in `report` than in `baseline` by more than `tolerance`, in words: every
/// mean of the baseline is compared with the one of the same row and metric, and one that is
/// missing is worse.
#[must_use]
pub fn regressions(report: &Report, baseline: &Report, tolerance: f64) -> Vec<String> {
    let mut worse = Vec::new();
    for before in &baseline.stages {
        // Only what the baseline has is asked for: new rows and metrics are no regression.
        let now = report.stages.iter().find(|row| row.stage == before.stage);
        for (metric, old) in &before.metrics {
            let name = format!("{}:{metric}", before.stage);
            match now.and_then(|row| row.metrics.get(metric)) {
                None => worse.push(format!("{name}: {:.4} in the baseline, missing now", old.mean)),
                Some(new) if new.mean < old.mean - tolerance => worse.push(format!(
                    "{name}: {:.4} in the baseline, {:.4} now, more than {tolerance} less",
                    old.mean, new.mean
                )),
                Some(_) => {}
            }
        }
    }
    worse
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::{Estimate, QueryCounts, SCHEMA, StageReport, Subject};

    fn report(means: &[(&str, &str, f64)]) -> Report {
        let row = |&(stage, metric, mean): &(&str, &str, f64)| StageReport {
            stage: stage.into(),
            metrics: BTreeMap::from([(metric.into(), Estimate { mean, low: 0.0, high: 1.0 })]),
            change: None,
            latency_ms: None,
            passages_read: None,
            further_changes: Vec::new(),
            without_results: 0,
        };
        Report {
            schema: SCHEMA.into(),
            subject: Subject::default(),
            queries: QueryCounts::default(),
            metrics: vec!["nDCG@10".into()],
            stages: means.iter().map(row).collect(),
            known_items: None,
            advice: Vec::new(),
            losses: None,
            sweep: None,
            failures: Vec::new(),
            per_query: Vec::new(),
        }
    }

    #[test]
    fn a_gate_holds_or_says_what_it_saw() {
        let report = report(&[("fused", "nDCG@10", 0.7), ("reranked", "nDCG@10", 0.69)]);
        let failure = |gate: &str| gate.parse::<Gate>().unwrap().failure(&report);
        assert_eq!(failure("fused:nDCG@10>=0.70"), None);
        assert_eq!(failure("nDCG@10<0.7"), None);
        assert_eq!(failure("nDCG@10 >= .7").unwrap(), "nDCG@10>=0.7: reranked has 0.6900");
        assert!(failure("fused:nDCG@10>0.7").is_some());
        assert!(failure("fused:nDCG@10<=0.7").is_none());
        assert!(failure("bm25:nDCG@10>=0").unwrap().contains("fused, reranked"));
        assert!(failure("R@100>=0").unwrap().contains("the report has nDCG@10"));
    }

    #[test]
    fn what_is_no_gate_is_refused() {
        for text in ["", "nDCG@10", "nDCG@10>=x", "nDCG@10>=NaN", "nonsense>=1", ">=1"] {
            assert!(text.parse::<Gate>().is_err(), "{text}");
        }
        for text in ["nDCG@10>=0.7", "fused:R@100<0.5"] {
            assert_eq!(text.parse::<Gate>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_baseline_is_not_to_be_fallen_short_of() {
        let before = report(&[("fused", "nDCG@10", 0.7), ("reranked", "nDCG@10", 0.72)]);
        let now = report(&[("fused", "nDCG@10", 0.695)]);
        assert_eq!(regressions(&before, &before, 0.0), [""; 0]);
        let worse = regressions(&now, &before, 0.01);
        assert_eq!(worse, ["reranked:nDCG@10: 0.7200 in the baseline, missing now"]);
        assert_eq!(regressions(&now, &before, 0.001).len(), 2);
        assert_eq!(regressions(&before, &now, 0.0), [""; 0]);
    }
}
