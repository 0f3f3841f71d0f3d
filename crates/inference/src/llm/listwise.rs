//! A sliding window over an order, from its end to its start (Sun et al. 2023).

use std::ops::Range;

use super::permutation::order;
use super::ranks::scores;
use super::reranker::Outcome;
use super::session::{Session, Wanted};
use super::{LlmError, Prompts, Repairs};

/// How many tokens a number takes in an order, such as ` > [17]`, generously.
const TOKENS_OF_A_NUMBER: usize = 8;

pub(crate) fn score(
    session: &Session<'_>,
    prompts: &Prompts,
    passages: &[&str],
    window: usize,
    step: usize,
) -> Outcome {
    let mut repairs = Repairs::default();
    let mut outcome = match ordered(session, prompts, passages, (window, step), &mut repairs) {
        // Before the last window has been asked about, nobody knows the best.
        Err(error) => Outcome::failed(passages.len(), error),
        Ok((order, truncated)) => Outcome::of(scores(&order, &truncated)),
    };
    outcome.usage.repairs = repairs;
    outcome
}

fn ordered(
    session: &Session<'_>,
    prompts: &Prompts,
    passages: &[&str],
    (window, step): (usize, usize),
    repairs: &mut Repairs,
) -> Result<(Vec<usize>, Vec<bool>), LlmError> {
    let mut ranked: Vec<usize> = (0..passages.len()).collect();
    if passages.len() < 2 {
        return Ok((ranked, vec![false; passages.len()]));
    }
    let together = window.min(passages.len());
    let wanted = Wanted { max_tokens: (together + 2) * TOKENS_OF_A_NUMBER, first: &[] };
    // All are cut alike, as any of them may meet any other in a window.
    let shown = session.show(&prompts.listwise, passages, together, &wanted)?;
    for range in windows(passages.len(), window, step) {
        let places = &mut ranked[range];
        let texts: Vec<&str> = places.iter().map(|&place| shown.texts[place]).collect();
        let reply = session.ask(&prompts.listwise, &texts, &wanted)?;
        let (order, faults) = order(&reply.text, places.len());
        *repairs += faults;
        let reordered: Vec<usize> = order.iter().map(|&place| places[place]).collect();
        places.copy_from_slice(&reordered);
    }
    Ok((ranked, shown.truncated))
}

/// Returns the windows, the last of the order first; the final one begins at its start.
fn windows(passages: usize, window: usize, step: usize) -> Vec<Range<usize>> {
    let mut windows = Vec::new();
    let mut end = passages;
    loop {
        let start = end.saturating_sub(window);
        windows.push(start..end);
        if start == 0 {
            return windows;
        }
        // For 45 passages, windows of 20 and steps of 10 these are 25..45, 15..35, 5..25 and 0..20.
        end -= step.min(start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_slide_from_the_end_and_reach_the_start() {
        for (passages, window, step, expected) in [
            (5, 20, 10, vec![(0, 5)]),
            (20, 20, 10, vec![(0, 20)]),
            (40, 20, 10, vec![(20, 40), (10, 30), (0, 20)]),
            (25, 20, 10, vec![(5, 25), (0, 20)]),
            (6, 4, 3, vec![(2, 6), (0, 4)]),
        ] {
            let windows = windows(passages, window, step);
            let ends: Vec<_> = windows.iter().map(|range| (range.start, range.end)).collect();
            assert_eq!(ends, expected, "{passages}");
        }
    }

    #[test]
    fn no_two_windows_are_without_a_passage_in_common_for_the_best_to_move_up_by() {
        for passages in 2..60 {
            for window in 2..12 {
                for step in 1..window {
                    let windows = windows(passages, window, step);
                    assert_eq!(windows[0].end, passages);
                    assert_eq!(windows[windows.len() - 1].start, 0);
                    assert!(windows.windows(2).all(|two| two[1].end > two[0].start));
                }
            }
        }
    }
}
