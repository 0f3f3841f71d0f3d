//! What judged queries show of each stage that can be left out, and what follows, in a sentence.

use serde::{Deserialize, Serialize};

use crate::error::EvalError;
use crate::significance::{Comparison, Resampling, holm};
use crate::table::ALPHA;
use crate::verdict::{signed, three};

/// The difference of a mean that is worth knowing of.
pub const WORTH_KNOWING: f64 = 0.03;
/// The standard normal quantiles of a two-sided test at .05 and of a power of .8, together.
const QUANTILES: f64 = 1.959_964 + 0.841_621;
/// With fewer queries no difference is significant at .05: the randomisation test has 2ⁿ patterns of
/// signs, two of which are as extreme as any.
const FEWEST: usize = 6;

/// A part of a search that can be left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optional<'a> {
    /// What it is called, such as `feedback`.
    pub part: &'a str,
    /// The leading metric of each query with it.
    pub with: &'a [f64],
    /// The same without it, in the same order.
    pub without: &'a [f64],
    /// What leaves it out, such as `--feedback off`.
    pub off: &'a str,
}

/// What the queries show of one part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// What it is about, such as `feedback`.
    pub part: String,
    /// What leaves it out, such as `--feedback off`.
    pub off: String,
    /// By how much the mean of the leading metric is higher with it.
    pub mean: f64,
    /// The lower end of the difference's 95 % bootstrap confidence interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The p-value of the paired randomisation test, after Holm's correction over all parts.
    pub p_holm: f64,
    /// What follows.
    pub verdict: AdviceVerdict,
    /// About how many more judged queries would show a difference of [`WORTH_KNOWING`] in four of
    /// five cases; missing where something is shown or these queries would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// All that in words.
    pub words: String,
}

/// What follows from a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdviceVerdict {
    /// It is shown that the part helps.
    Keep,
    /// It is shown that it hurts.
    LeaveOut,
    /// Neither is shown.
    NotShown,
    /// Every query has the same score with and without it.
    NoDifference,
}

/// Returns what the queries show of each part.
///
/// # Errors
///
/// [`EvalError::Unpaired`] for lists of different lengths or without any score.
pub fn advise(parts: &[Optional<'_>], resampling: Resampling) -> Result<Vec<Advice>, EvalError> {
    let compared = parts.iter().map(|part| Comparison::of(part.with, part.without, resampling));
    let compared = compared.collect::<Result<Vec<_>, EvalError>>()?;
    let p_values: Vec<f64> = compared.iter().map(|it| it.randomisation.p).collect();
    let advice = parts.iter().zip(&compared).zip(holm(&p_values));
    Ok(advice
        .map(|((part, comparison), p_holm)| {
            let verdict = match comparison.difference.mean {
                _ if comparison.better + comparison.worse == 0 => AdviceVerdict::NoDifference,
                mean if p_holm < ALPHA && mean > 0.0 => AdviceVerdict::Keep,
                _ if p_holm < ALPHA => AdviceVerdict::LeaveOut,
                _ => AdviceVerdict::NotShown,
            };
            let more = match verdict {
                AdviceVerdict::NotShown => more(part),
                _ => None,
            };
            let interval = comparison.difference;
            let mut advice = Advice {
                part: part.part.to_owned(),
                off: part.off.to_owned(),
                mean: interval.mean,
                low: interval.low,
                high: interval.high,
                p_holm,
                verdict,
                more,
                words: String::new(),
            };
            advice.words = advice.in_words();
            advice
        })
        .collect())
}

impl Advice {
    fn in_words(&self) -> String {
        let Self { part, off, .. } = self;
        let [mean, low, high] = [self.mean, self.low, self.high].map(signed);
        let difference = format!("{mean} [{low}, {high}]");
        let worth_knowing = three(WORTH_KNOWING);
        let worth_knowing = worth_knowing.trim_end_matches('0');
        match (self.verdict, self.more) {
            (AdviceVerdict::Keep, _) => {
                format!("{part}: worth {difference}, keep it ({off} leaves it out)")
            }
            (AdviceVerdict::LeaveOut, _) => {
                format!("{part}: costs {difference}, leave it out with {off}")
            }
            (AdviceVerdict::NotShown, Some(more)) => format!(
                "{part}: {difference}, not shown; about {more} more judged queries would show a \
                 difference of {worth_knowing} ({off} leaves it out)"
            ),
            (AdviceVerdict::NotShown, None) => format!(
                "{part}: {difference}, not shown, and {worth_knowing} most likely would be ({off} \
                 leaves it out)"
            ),
            (AdviceVerdict::NoDifference, _) => {
                format!("{part}: changes none of these queries ({off} leaves it out)")
            }
        }
    }
}

/// Returns about how many more queries would show a difference of [`WORTH_KNOWING`] if their
/// differences varied as these do: `n = (z · s / δ)²`, in two digits; nothing if these are enough.
fn more(part: &Optional<'_>) -> Option<usize> {
    let pairs = part.with.iter().zip(part.without);
    let differences: Vec<f64> = pairs.map(|(with, without)| with - without).collect();
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    let variance = squares / (n - 1.0).max(1.0);
    let needed = (QUANTILES / WORTH_KNOWING).powi(2) * variance;
    let needed = (needed.ceil() as usize).max(FEWEST);
    needed.checked_sub(differences.len()).filter(|more| *more > 0).map(in_two_digits)
}

/// Returns a number rounded up to its first two digits.
fn in_two_digits(number: usize) -> usize {
    let digits = number.ilog10();
    let step = 10usize.pow(digits.saturating_sub(1));
    number.div_ceil(step) * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::{Draws, Purpose};

    /// Queries with one relevant document each, by its rank with a part and without it.
    fn advice(ranks: &[(usize, usize)]) -> Advice {
        let reciprocal = |rank: usize| 1.0 / rank as f64;
        let (with, without): (Vec<f64>, Vec<f64>) =
            ranks.iter().map(|(with, without)| (reciprocal(*with), reciprocal(*without))).unzip();
        let part =
            Optional { part: "feedback", with: &with, without: &without, off: "--feedback off" };
        advise(&[part], Resampling::seeded(1)).unwrap().remove(0)
    }

    #[test]
    fn what_is_shown_is_said() {
        let helped = advice(&[(1, 2); 10]);
        assert_eq!(helped.verdict, AdviceVerdict::Keep);
        assert_eq!(
            helped.words,
            "feedback: worth +.500 [+.500, +.500], keep it (--feedback off leaves it out)"
        );
        let hurt = advice(&[(2, 1); 10]);
        assert_eq!(hurt.verdict, AdviceVerdict::LeaveOut);
        assert_eq!(
            hurt.words,
            "feedback: costs −.500 [−.500, −.500], leave it out with --feedback off"
        );
        let same = advice(&[(3, 3); 10]);
        assert_eq!(same.verdict, AdviceVerdict::NoDifference);
    }

    /// Five queries can show nothing, however much they differ: 2 of 2⁵ patterns are .0625.
    #[test]
    fn a_few_queries_show_nothing() {
        let few = advice(&[(1, 2); 5]);
        assert_eq!((few.verdict, few.more), (AdviceVerdict::NotShown, Some(1)));
    }

    /// Differences of ±1/2 in turn have, at 20 queries, a variance of 5/19: (2.801585 / .03)² · 5/19 is
    /// 2294.97, less 20 is 2275, in two digits 2300.
    #[test]
    fn how_many_more_queries_would_do_is_told() {
        let ranks: Vec<(usize, usize)> = [(1, 2), (2, 1)].into_iter().cycle().take(20).collect();
        let unclear = advice(&ranks);
        assert_eq!((unclear.verdict, unclear.more), (AdviceVerdict::NotShown, Some(2300)));
        assert!(
            unclear.words.contains(
                "not shown; about 2300 more judged queries would show a difference of .03"
            ),
            "{}",
            unclear.words
        );
        assert_eq!([9, 10, 11, 101, 110, 1999].map(in_two_digits), [9, 10, 11, 110, 110, 2000]);
    }

    /// If a part does nothing on average, no more than one sample of twenty may be told otherwise.
    #[test]
    fn chance_is_rarely_taken_for_worth() {
        let mut draws = Draws::new(7, Purpose::Bootstrap);
        let samples = 200;
        for queries in [10, 25, 50] {
            let told = (0..samples).filter(|_| {
                let rank = |up: usize| [(1, 2), (2, 1), (3, 3), (4, 5), (5, 4)][up];
                let ranks: Vec<_> = (0..queries).map(|_| rank(draws.index(5))).collect();
                !matches!(advice(&ranks).verdict, AdviceVerdict::NotShown)
            });
            let told = told.count();
            assert!(told * 20 <= samples + 60, "{told} of {samples} at {queries} queries");
        }
    }
}
