//! Every two of the first few passages against each other (Qin et al. 2023).

use super::permutation::choice;
use super::ranks::scores;
use super::reranker::Outcome;
use super::session::{Session, Wanted};
use super::{LlmError, Prompts};

/// Room for a number in brackets and what some put before it.
const CHOICE: Wanted<'_> = Wanted { max_tokens: 8, first: &[] };

pub(crate) fn score(
    session: &Session<'_>,
    prompts: &Prompts,
    passages: &[&str],
    top: usize,
) -> Outcome {
    let compared = top.min(passages.len());
    if compared < 2 {
        let order: Vec<usize> = (0..passages.len()).collect();
        return Outcome::of(scores(&order, &vec![false; passages.len()]));
    }
    let shown = match session.show(&prompts.pairwise, &passages[..compared], 2, &CHOICE) {
        Ok(shown) => shown,
        Err(error) => return Outcome::failed(passages.len(), error),
    };
    // Both (a, b) and (b, a): models prefer the passage that they read first.
    let pairs: Vec<(usize, usize)> = (0..compared)
        .flat_map(|a| (0..compared).filter(move |&b| b != a).map(move |b| (a, b)))
        .collect();
    let compare = |&(a, b): &(usize, usize)| -> Result<_, LlmError> {
        let texts = [shown.texts[a], shown.texts[b]];
        let reply = session.ask(&prompts.pairwise, &texts, &CHOICE)?;
        Ok(choice(&reply.text))
    };
    let weight = |&(a, b): &(usize, usize)| shown.texts[a].len() + shown.texts[b].len();
    let (answers, failure) = session.all(&pairs, weight, compare);
    let mut outcome = match failure {
        // Who was compared more often would have won more often.
        Some(error) => Outcome::failed(passages.len(), error),
        None => Outcome::none(passages.len()),
    };
    // In quarters of the two orders' one point, so that no rounding makes a difference.
    let mut points = vec![0_u32; compared];
    for (&(a, b), answer) in pairs.iter().zip(&answers) {
        let Some((chosen, repairs)) = answer else { continue };
        outcome.usage.repairs += *repairs;
        match chosen {
            Some(0) => points[a] += 2,
            Some(_) => points[b] += 2,
            None => {
                points[a] += 1;
                points[b] += 1;
            }
        }
    }
    if outcome.failure.is_none() {
        let mut order: Vec<usize> = (0..passages.len()).collect();
        // The sort is stable: equals stay in the order they had.
        order[..compared].sort_by_key(|&place| std::cmp::Reverse(points[place]));
        let mut truncated = shown.truncated;
        truncated.resize(passages.len(), false);
        outcome.scores = scores(&order, &truncated).into_iter().map(Some).collect();
    }
    outcome
}
