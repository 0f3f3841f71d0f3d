//! One passage at a time: the probability of yes, or a grade.

use std::sync::atomic::{AtomicBool, Ordering};

use trommel_core::{ChatError, FirstToken, RerankScore};

use super::permutation::conclusion;
use super::reranker::Outcome;
use super::session::{Session, Wanted};
use super::{LlmError, Prompts, Repairs};

const YES: &str = "yes";
const NO: &str = "no";

/// The words whose probability is wanted, as a model may spell them.
const WORDS: [&str; 6] = ["Yes", "No", " Yes", " No", "yes", "no"];

/// Room for the words.
const PROBABILITY: Wanted<'_> = Wanted { max_tokens: 1, first: &WORDS };

/// Room for a digit and what some put around it.
const GRADE: Wanted<'_> = Wanted { max_tokens: 8, first: &[] };

/// Scores every passage by itself. `graded` is set once the backend has told no probabilities, so
/// that it is not asked for them again.
pub(crate) fn score(
    session: &Session<'_>,
    prompts: &Prompts,
    passages: &[&str],
    graded: &AtomicBool,
) -> Outcome {
    // Nothing to read is nothing to ask about.
    let mut outcome = Outcome::none(passages.len());
    let (mut places, mut texts) = (Vec::new(), Vec::new());
    for (place, passage) in passages.iter().enumerate() {
        if passage.trim().is_empty() {
            outcome.scores[place] = Some(RerankScore::BLANK);
        } else {
            places.push(place);
            texts.push(*passage);
        }
    }
    if texts.is_empty() {
        return outcome;
    }
    // The longer of the two frames leaves room for either.
    let shown = [(&prompts.pointwise, &PROBABILITY), (&prompts.grade, &GRADE)]
        .map(|(prompt, wanted)| session.show(prompt, &texts, 1, wanted));
    let [Ok(asked), Ok(also)] = shown else {
        outcome.failure = shown.into_iter().find_map(Result::err);
        return outcome;
    };
    let shorter =
        asked.texts.iter().zip(&also.texts).map(|(a, b)| if a.len() < b.len() { *a } else { *b });
    let shorter: Vec<&str> = shorter.collect();
    let (answers, failure) =
        session.all(&shorter, |text| text.len(), |text| one(session, prompts, text, graded));
    for ((answer, &place), (text, whole)) in
        answers.into_iter().zip(&places).zip(shorter.iter().zip(&texts))
    {
        if let Some((logit, repairs)) = answer {
            outcome.usage.repairs += repairs;
            let truncated = text.len() < whole.len();
            outcome.scores[place] = Some(RerankScore { logit, truncated });
        }
    }
    outcome.failure = failure;
    outcome
}

fn one(
    session: &Session<'_>,
    prompts: &Prompts,
    passage: &str,
    graded: &AtomicBool,
) -> Result<(f32, Repairs), LlmError> {
    if !graded.load(Ordering::Relaxed) {
        match session.ask(&prompts.pointwise, &[passage], &PROBABILITY) {
            Ok(reply) if !reply.first.is_empty() => return Ok(read(logit(&reply.first))),
            Ok(_) => {}
            // Some servers refuse to be asked; if it was something else, they will refuse again.
            Err(LlmError::Chat(ChatError::Refused(_))) => {}
            Err(error) => return Err(error),
        }
        // No more than a hint: another thread that has not seen it yet asks once in vain.
        graded.store(true, Ordering::Relaxed);
    }
    let reply = session.ask(&prompts.grade, &[passage], &GRADE)?;
    Ok(read(grade(&reply.text).map(|grade| {
        let p = (f64::from(grade) + 0.5) / 4.0;
        (p / (1.0 - p)).ln()
    })))
}

/// An answer that cannot be read is no sign of relevance: a passage that confuses the model is not to
/// gain by it.
fn read(logit: Option<f64>) -> (f32, Repairs) {
    let lowest = f64::from(RerankScore::BLANK.logit);
    match logit {
        Some(logit) => (logit.clamp(lowest, -lowest) as f32, Repairs::default()),
        None => (RerankScore::BLANK.logit, Repairs { unparsable: 1, ..Repairs::default() }),
    }
}

/// Returns `ln P(yes) - ln P(no)`; nothing if neither is among the tokens.
///
/// A word that is not among them is at most as probable as the least of them, and counts as that.
fn logit(first: &[FirstToken]) -> Option<f64> {
    let of = |word: &str| {
        let spelt = |token: &&FirstToken| token.token.trim().eq_ignore_ascii_case(word);
        // Spellings are different tokens of one word, so their probabilities add up.
        let p: f64 = first.iter().filter(spelt).map(|token| token.logprob.exp()).sum();
        let best = first.iter().filter(spelt).map(|token| token.logprob).reduce(f64::max);
        // What is too improbable for a 64-bit float still has its logarithm.
        best.map(|best| if p > 0.0 { p.ln() } else { best })
    };
    let least = first.iter().map(|token| token.logprob).reduce(f64::min)?;
    match (of(YES), of(NO)) {
        (None, None) => None,
        (yes, no) => Some(yes.unwrap_or(least) - no.unwrap_or(least)),
    }
}

/// Returns the first whole number of an answer, if it is a grade.
fn grade(answer: &str) -> Option<u8> {
    let answer = conclusion(answer);
    let start = answer.find(|c: char| c.is_ascii_digit())?;
    let digits = answer[start..].split(|c: char| !c.is_ascii_digit()).next()?;
    let negative = answer[..start].ends_with(['-', '−']);
    digits.parse().ok().filter(|&grade| grade <= 3 && !negative)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(list: &[(&str, f64)]) -> Vec<FirstToken> {
        let of = |&(token, p): &(&str, f64)| FirstToken { token: token.into(), logprob: p.ln() };
        list.iter().map(of).collect()
    }

    #[test]
    fn yes_and_no_are_summed_over_their_spellings() {
        let first = tokens(&[("Yes", 0.4), (" yes", 0.2), ("No", 0.2), ("The", 0.1)]);
        assert!((logit(&first).unwrap() - 3.0_f64.ln()).abs() < 1e-12);
        // "No" is not there: it is at most as probable as "The".
        let first = tokens(&[("Yes", 0.8), ("The", 0.1)]);
        assert!((logit(&first).unwrap() - 8.0_f64.ln()).abs() < 1e-12);
        assert_eq!(logit(&tokens(&[("Sure", 0.9), ("Yesterday", 0.1)])), None);
        assert_eq!(logit(&[]), None);
        let far = [("yes", -9999.0), ("no", -0.1)]
            .map(|(token, logprob)| FirstToken { token: token.into(), logprob });
        assert_eq!(read(logit(&far)), (RerankScore::BLANK.logit, Repairs::default()));
    }

    #[test]
    fn a_grade_is_a_number_from_0_to_3_and_nothing_else() {
        for (answer, expected) in [
            ("3", Some(3)),
            (" 0.\n", Some(0)),
            ("Grade: 2", Some(2)),
            ("1/3", Some(1)),
            ("<think>3?</think>1", Some(1)),
            ("10", None),
            ("-1", None),
            ("4", None),
            ("99999999999999999999", None),
            ("three", None),
            ("", None),
        ] {
            assert_eq!(grade(answer), expected, "{answer:?}");
        }
    }
}
