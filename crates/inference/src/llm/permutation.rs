//! An answer that ought to be an order of passages.

use std::ops::AddAssign;

/// How often answers were not what was asked for, and were mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Repairs {
    /// Passages that an order left out; they were put behind the others, in the order they had.
    pub missing: u64,
    /// Passages that an order named again; the first place counts.
    pub duplicates: u64,
    /// Numbers of passages that were not asked about; they were dropped.
    pub strangers: u64,
    /// Answers in which nothing could be read. An order then stays as it was, a pair is a tie, and a
    /// passage that was asked about alone has probability 0.
    pub unparsable: u64,
}

impl Repairs {
    /// Returns whether every answer was as it should be.
    #[must_use]
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

impl AddAssign for Repairs {
    fn add_assign(&mut self, more: Self) {
        self.missing += more.missing;
        self.duplicates += more.duplicates;
        self.strangers += more.strangers;
        self.unparsable += more.unparsable;
    }
}

/// Reads an answer such as `[2] > [1] > [3]` as an order of `count` passages, counted from 0.
///
/// What comes back is always a permutation. Numbers are read in brackets; if there are none, the
/// answer may be bare numbers and nothing else. Of several orders in one answer, the longest counts,
/// and of those the last, for models reason before they conclude.
pub(crate) fn order(answer: &str, count: usize) -> (Vec<usize>, Repairs) {
    let mut repairs = Repairs::default();
    let mut order = Vec::with_capacity(count);
    let mut seen = vec![false; count];
    for number in numbers(answer) {
        let place = number.and_then(|number| number.checked_sub(1)).filter(|&n| n < count);
        match place {
            None => repairs.strangers += 1,
            Some(place) if seen[place] => repairs.duplicates += 1,
            Some(place) => {
                seen[place] = true;
                order.push(place);
            }
        }
    }
    if order.is_empty() {
        repairs.unparsable = 1;
        return ((0..count).collect(), repairs);
    }
    let left = (0..count).filter(|&place| !seen[place]);
    repairs.missing = left.clone().count() as u64;
    order.extend(left);
    (order, repairs)
}

/// Reads an answer such as `[2]` as a choice of two, counted from 0.
pub(crate) fn choice(answer: &str) -> (Option<usize>, Repairs) {
    let (order, mut repairs) = order(answer, 2);
    // The other one need not be named.
    repairs.missing = 0;
    (order.first().copied().filter(|_| repairs.unparsable == 0), repairs)
}

/// Returns the answer less what the model thought aloud before it.
pub(crate) fn conclusion(answer: &str) -> &str {
    answer.rsplit_once("</think>").map_or(answer, |(_, after)| after)
}

/// Returns the numbers of an order; nothing in place of one that is beyond counting.
fn numbers(answer: &str) -> Vec<Option<usize>> {
    let answer = conclusion(answer);
    let bracketed = bracketed(answer);
    if bracketed.is_empty() {
        let plain = |c: char| c.is_ascii_digit() || c.is_whitespace() || ">,.;=".contains(c);
        return if answer.chars().all(plain) {
            let words = answer.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
            words.map(|word| word.parse().ok()).collect()
        } else {
            Vec::new()
        };
    }
    // An order is numbers with nothing but links between them. Inside brackets are digits only, so
    // no two of them overlap, and what lies between is a slice of the answer.
    let mut best = 0..0;
    let mut start = 0;
    for end in 1..=bracketed.len() {
        if end == bracketed.len() || !is_link(&answer[bracketed[end - 1].end..bracketed[end].start])
        {
            if end - start >= best.len() {
                best = start..end;
            }
            start = end;
        }
    }
    // Without any chain, all that is named counts.
    let named = if best.len() < 2 { &bracketed[..] } else { &bracketed[best] };
    named.iter().map(|found| found.number).collect()
}

struct Bracketed {
    start: usize,
    end: usize,
    number: Option<usize>,
}

fn bracketed(answer: &str) -> Vec<Bracketed> {
    let mut found = Vec::new();
    for (start, _) in answer.match_indices('[') {
        let Some(length) = answer[start + 1..].find(']') else { break };
        let inside = answer[start + 1..start + 1 + length].trim();
        if !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit()) {
            found.push(Bracketed { start, end: start + length + 2, number: inside.parse().ok() });
        }
    }
    found
}

fn is_link(between: &str) -> bool {
    matches!(between.trim(), ">" | ">>" | "=" | ">=" | ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repairs(missing: u64, duplicates: u64, strangers: u64, unparsable: u64) -> Repairs {
        Repairs { missing, duplicates, strangers, unparsable }
    }

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for answer in
            ["[2] > [3] > [1]", "[2]>[3]>[1].", "2 > 3 > 1", "[ 2 ], [3], [1]", "2, 3, 1\n"]
        {
            assert_eq!(order(answer, 3), (vec![1, 2, 0], Repairs::default()), "{answer}");
        }
        assert_eq!(order("", 0).0, [0_usize; 0]);
    }

    #[test]
    fn an_order_with_faults_is_mended_and_the_faults_are_counted() {
        for (answer, expected, faults) in [
            ("[3] > [1]", vec![2, 0, 1, 3], repairs(2, 0, 0, 0)),
            ("[2] > [2] > [1] > [2] > [4] > [3]", vec![1, 0, 3, 2], repairs(0, 2, 0, 0)),
            ("[9] > [2] > [0] > [1] > [3] > [4]", vec![1, 0, 2, 3], repairs(0, 0, 2, 0)),
            ("[99999999999999999999999] > [2]", vec![1, 0, 2, 3], repairs(3, 0, 1, 0)),
            ("[4]", vec![3, 0, 1, 2], repairs(3, 0, 0, 0)),
            ("[-1] > [2.5]", vec![0, 1, 2, 3], repairs(0, 0, 0, 1)),
            ("[7]", vec![0, 1, 2, 3], repairs(0, 0, 1, 1)),
        ] {
            assert_eq!(order(answer, 4), (expected, faults), "{answer}");
        }
    }

    #[test]
    fn prose_is_no_order_and_changes_none() {
        for answer in
            ["", " \n", "All 3 passages are good.", "I cannot rank these.", "[rain] > [2", "{}"]
        {
            let (order, faults) = order(answer, 3);
            assert_eq!((order, faults.unparsable), (vec![0, 1, 2], 1), "{answer}");
        }
    }

    #[test]
    fn of_several_orders_the_longest_and_last_counts() {
        let answer =
            "[1] is on soup. First I thought [1] > [2] > [3], but [3] > [2] > [1]. So [3].";
        assert_eq!(order(answer, 3), (vec![2, 1, 0], Repairs::default()));
        assert_eq!(order("<think>[1] > [2] > [3]</think>[2] > [1]", 3).0, [1, 0, 2]);
        assert_eq!(order("[3] is best, then comes [1]", 3).0, [2, 0, 1]);
    }

    #[test]
    fn whatever_is_answered_all_passages_are_there_once() {
        let mut chance = 1_u64;
        let pieces =
            ["[1]", "[2]", "[3]", "[4]", "[0]", "[77]", " > ", ">", "é", "[", "]", "3", "[]", ","];
        for _ in 0..2000 {
            let mut answer = String::new();
            for _ in 0..12 {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                answer.push_str(pieces[(chance >> 33) as usize % pieces.len()]);
            }
            let (mut order, _) = order(&answer, 4);
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3], "{answer}");
        }
    }

    #[test]
    fn a_choice_is_one_of_two_or_none() {
        assert_eq!(choice("[2]"), (Some(1), Repairs::default()));
        assert_eq!(choice("1"), (Some(0), Repairs::default()));
        assert_eq!(choice("[2] > [1]"), (Some(1), Repairs::default()));
        assert_eq!(choice("neither"), (None, repairs(0, 0, 0, 1)));
        assert_eq!(choice("[3]"), (None, repairs(0, 0, 1, 1)));
    }
}
