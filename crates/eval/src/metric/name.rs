//! Names of metrics: `Name(parameter=value,…)@cutoff`.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use super::{Family, Metric};
use crate::error::{EvalError, quoted};

/// Every name that is understood; the first of each family is the one displayed.
const NAMES: [(&str, Family); 12] = [
    ("nDCG", Family::Ndcg),
    ("AP", Family::AveragePrecision),
    ("MAP", Family::AveragePrecision),
    ("RR", Family::ReciprocalRank),
    ("MRR", Family::ReciprocalRank),
    ("R", Family::Recall),
    ("Recall", Family::Recall),
    ("P", Family::Precision),
    ("Precision", Family::Precision),
    ("Success", Family::Success),
    ("Judged", Family::Judged),
    ("RBP", Family::Rbp),
];

impl Family {
    fn name(self) -> &'static str {
        NAMES.iter().find(|(_, family)| *family == self).map_or("", |(name, _)| name)
    }

    fn needs_cutoff(self) -> bool {
        matches!(self, Self::Recall | Self::Precision | Self::Success)
    }

    fn has_grade(self) -> bool {
        !matches!(self, Self::Ndcg | Self::Judged)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parameters = Vec::new();
        if self.family == Family::Rbp {
            parameters.push(format!("p={}", self.persistence));
        }
        if self.relevant != 1 {
            parameters.push(format!("rel={}", self.relevant));
        }
        let mut name = self.family.name().to_owned();
        if !parameters.is_empty() {
            name.push_str(&format!("({})", parameters.join(",")));
        }
        if let Some(cutoff) = self.cutoff {
            name.push_str(&format!("@{cutoff}"));
        }
        // So that a width asked for is kept.
        f.pad(&name)
    }
}

impl FromStr for Metric {
    type Err = EvalError;

    /// Parses a name in any case.
    ///
    /// # Errors
    ///
    /// [`EvalError::UnknownMetric`], with the nearest names; [`EvalError::BadMetric`] for a cutoff
    /// that is missing or 0 and for a parameter that the metric does not have or take.
    fn from_str(asked: &str) -> Result<Self, EvalError> {
        let text = asked.trim();
        let bad = |expected: &str, got: &str| EvalError::BadMetric {
            asked: asked.to_owned(),
            expected: expected.to_owned(),
            got: if got.is_empty() { "none".to_owned() } else { quoted(got) },
        };
        // From the end: nothing in front of the cutoff has an `@`, so a second one is left in the
        // name, which is then unknown.
        let (call, cutoff) = match text.rsplit_once('@') {
            Some((call, cutoff)) => (call.trim_end(), Some(cutoff.trim_start())),
            None => (text, None),
        };
        let (name, parameters) = match call.split_once('(') {
            Some((name, rest)) => {
                let inner = rest.strip_suffix(')').ok_or_else(|| bad("a closing bracket", rest))?;
                (name.trim_end(), inner)
            }
            None => (call, ""),
        };
        let family = NAMES
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, family)| *family)
            .ok_or_else(|| EvalError::UnknownMetric {
                asked: asked.into(),
                near: near(name, cutoff),
            })?;
        let mut metric = Self::new(family, None);
        if let Some(cutoff) = cutoff {
            let parsed = cutoff.parse::<NonZeroUsize>();
            metric.cutoff =
                Some(parsed.map_err(|_| bad("a whole number from 1 after the @", cutoff))?);
        } else if family.needs_cutoff() {
            return Err(bad(&format!("a cutoff, as in {}@10", family.name()), ""));
        }
        for parameter in parameters.split(',').filter(|parameter| !parameter.trim().is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim();
            match key.trim() {
                // Grades below 1 are not relevant anywhere (`RankedQuery` drops them), so they
                // cannot be asked for.
                "rel" if family.has_grade() => {
                    let parsed = value.parse::<i32>().ok().filter(|&grade| grade >= 1);
                    metric.relevant =
                        parsed.ok_or_else(|| bad("a whole number from 1 as rel", value))?;
                }
                "p" if family == Family::Rbp => {
                    let parsed = value.parse::<f64>().ok().filter(|&p| p > 0.0 && p < 1.0);
                    metric.persistence =
                        parsed.ok_or_else(|| bad("a number between 0 and 1 as p", value))?;
                }
                _ => return Err(bad(family.parameters(), parameter)),
            }
        }
        Ok(metric)
    }
}

impl Family {
    fn parameters(self) -> &'static str {
        match self {
            Self::Ndcg | Self::Judged => "no parameter",
            Self::Rbp => "p or rel as a parameter",
            _ => "rel as a parameter",
        }
    }
}

/// Returns up to three metrics whose names look like `asked`, nearest first, with its cutoff.
fn near(asked: &str, cutoff: Option<&str>) -> Vec<String> {
    // An argument may be of any length; no name is near a long one.
    if asked.len() > 32 {
        return Vec::new();
    }
    let asked = asked.to_lowercase();
    let mut found: Vec<(usize, Family)> = NAMES
        .iter()
        .map(|(name, family)| (strsim::osa_distance(&asked, &name.to_lowercase()), *family))
        // Two changes turn any name of two letters into any other: of a short name fewer are
        // forgiven.
        .filter(|(distance, family)| *distance <= 2 && *distance < family.name().len().max(2))
        .collect();
    found.sort_by_key(|&(distance, _)| distance);
    let mut names: Vec<String> = Vec::new();
    for (_, family) in found {
        let default = if family.needs_cutoff() { Some("10") } else { None };
        let at = cutoff.filter(|cutoff| cutoff.parse::<NonZeroUsize>().is_ok()).or(default);
        let name = at.map_or(family.name().to_owned(), |at| format!("{}@{at}", family.name()));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(3);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<Metric>().map_or_else(|error| error.to_string(), |metric| metric.to_string())
    }

    #[test]
    fn names_of_ir_measures_come_back_as_they_went() {
        for name in [
            "nDCG",
            "nDCG@10",
            "AP",
            "AP@1000",
            "AP(rel=2)@100",
            "RR",
            "RR@10",
            "R@100",
            "R(rel=3)@5",
            "P@20",
            "Success@1",
            "Judged",
            "Judged@10",
            "RBP(p=0.8)",
            "RBP(p=0.95,rel=2)@50",
        ] {
            assert_eq!(canonical(name), name);
        }
    }

    #[test]
    fn case_aliases_and_spaces_are_forgiven() {
        assert_eq!(canonical(" ndcg@10 "), "nDCG@10");
        assert_eq!(canonical("NDCG @ 10"), "nDCG@10");
        assert_eq!(canonical("map"), "AP");
        assert_eq!(canonical("MRR@10"), "RR@10");
        assert_eq!(canonical("recall@100"), "R@100");
        assert_eq!(canonical("RBP"), "RBP(p=0.8)");
        assert_eq!(canonical("rbp(p=.8)"), "RBP(p=0.8)");
        assert_eq!(canonical("rbp( rel = 2 , p = .5 )"), "RBP(p=0.5,rel=2)");
        assert_eq!(canonical("AP(rel=1)"), "AP");
    }

    #[test]
    fn a_mistyped_name_is_told_its_neighbours() {
        let known = Metric::KNOWN;
        assert_eq!(
            canonical("ndgc@10"),
            format!("unknown metric \"ndgc@10\": expected {known}; nearest: nDCG@10")
        );
        assert_eq!(canonical("blue"), format!("unknown metric \"blue\": expected {known}"));
        assert!(canonical("sucess@5").ends_with("nearest: Success@5"));
        assert!(canonical("").starts_with("unknown metric \"\""));
        assert!(canonical(&"x".repeat(10_000)).contains("expected nDCG@k"));
    }

    #[test]
    fn what_is_wrong_with_a_metric_is_said() {
        for (name, message) in [
            ("nDCG@0", "metric \"nDCG@0\": expected a whole number from 1 after the @, got \"0\""),
            (
                "nDCG@ten",
                "metric \"nDCG@ten\": expected a whole number from 1 after the @, got \"ten\"",
            ),
            ("P", "metric \"P\": expected a cutoff, as in P@10, got none"),
            ("R@", "metric \"R@\": expected a whole number from 1 after the @, got none"),
            ("RBP(p=1)", "metric \"RBP(p=1)\": expected a number between 0 and 1 as p, got \"1\""),
            (
                "RBP(p=NaN)",
                "metric \"RBP(p=NaN)\": expected a number between 0 and 1 as p, got \"NaN\"",
            ),
            ("AP(rel=0)", "metric \"AP(rel=0)\": expected a whole number from 1 as rel, got \"0\""),
            ("nDCG(rel=2)@10", "metric \"nDCG(rel=2)@10\": expected no parameter, got \"rel=2\""),
            ("AP(p=.5)", "metric \"AP(p=.5)\": expected rel as a parameter, got \"p=.5\""),
            ("RBP(p=.5", "metric \"RBP(p=.5\": expected a closing bracket, got \"p=.5\""),
        ] {
            assert_eq!(canonical(name), message);
        }
    }

    #[test]
    fn the_usual_metrics_have_their_names() {
        let names = Metric::USUAL.map(|metric| metric.to_string());
        assert_eq!(names, ["nDCG@10", "R@100", "AP@1000", "RR@10"]);
        let names = Metric::KNOWN_ITEMS.map(|metric| metric.to_string());
        assert_eq!(names, ["Success@1", "RR@10"]);
    }
}
