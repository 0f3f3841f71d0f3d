//! Fusing lists of documents by their ids, as runs of several engines are.

use std::collections::BTreeMap;

use super::{Method, SourceScores, fuse};

/// What one engine found, and how much it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedList<'a> {
    /// Its weight, in [0, 1], as [`weights`](super::weights) gives it; where lists are left out, the
    /// others' relation counts.
    pub weight: f64,
    /// Documents, each once, with a finite score, in any order: higher is better.
    pub documents: Vec<(&'a str, f32)>,
}

/// Fuses lists into one of all their documents, best first; equal scores by rising id.
///
/// Scores are those of [`fuse`]. A list of weight 0 is as if it were not there, so a document that is
/// in no other list is left out.
#[must_use]
pub fn fuse_lists<'a>(lists: &[RankedList<'a>], method: Method) -> Vec<(&'a str, f32)> {
    let lists: Vec<&RankedList<'_>> = lists.iter().filter(|list| list.weight > 0.0).collect();
    let mut table: BTreeMap<&str, Vec<Option<f32>>> = BTreeMap::new();
    for (place, list) in lists.iter().enumerate() {
        for (id, score) in &list.documents {
            table.entry(id).or_insert_with(|| vec![None; lists.len()])[place] = Some(*score);
        }
    }
    let column = |(place, list): (usize, &&RankedList<'_>)| SourceScores {
        weight: list.weight,
        scores: table.values().map(|scores| scores[place]).collect(),
    };
    let sources: Vec<SourceScores> = lists.iter().enumerate().map(column).collect();
    let fused = fuse(&sources, method);
    let mut fused: Vec<(&str, f32)> = table.into_keys().zip(fused).collect();
    // The sort is stable and the table by rising id. Scores are compared as numbers: -0 is 0.
    fused.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(std::cmp::Ordering::Equal));
    fused
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fusion::RRF_K;

    const METHODS: [Method; 3] = [Method::MinMax, Method::Rrf { k: RRF_K }, Method::ZScore];

    /// Two engines: `a` is best for one and missing in the other, `b` good in both.
    fn two() -> [RankedList<'static>; 2] {
        [
            RankedList { weight: 0.25, documents: vec![("a", 9.0), ("b", 7.0), ("c", 5.0)] },
            RankedList { weight: 0.75, documents: vec![("d", 0.5), ("b", 0.4), ("c", 0.1)] },
        ]
    }

    fn assert_fused(method: Method, expected: &[(&str, f64)]) {
        let fused = fuse_lists(&two(), method);
        assert_eq!(fused.len(), expected.len(), "{fused:?}");
        for (got, expected) in fused.iter().zip(expected) {
            assert_eq!(got.0, expected.0, "{fused:?}");
            assert!((f64::from(got.1) - expected.1).abs() < 1e-6, "{fused:?}");
        }
    }

    /// Worked by hand: a 1, b ½, c 0; d 1, b ¾, c 0.
    #[test]
    fn minmax_gives_0_to_what_a_list_lacks() {
        let expected = [("d", 0.75), ("b", 0.125 + 0.5625), ("a", 0.25), ("c", 0.0)];
        assert_fused(Method::MinMax, &expected);
    }

    /// Worked by hand: ranks a 1, b 2, c 3; d 1, b 2, c 3.
    #[test]
    fn rrf_gives_nothing_to_what_a_list_lacks() {
        let expected = [("b", 61.0 / 62.0), ("c", 61.0 / 63.0), ("d", 0.75), ("a", 0.25)];
        assert_fused(Method::Rrf { k: RRF_K }, &expected);
    }

    /// Worked by hand: mean 7 and deviation √(8/3), so a √1.5, b 0, c -√1.5; mean 1/3 and deviation
    /// √(.26/9) = .1699673, so d .980581, b .392232, c -1.372813.
    #[test]
    fn zscore_gives_the_lowest_to_what_a_list_lacks() {
        let root = 1.5f64.sqrt();
        let (d, b, c) = (0.980_580_7, 0.392_232_3, -1.372_813);
        let expected = [
            ("d", -root / 4.0 + 0.75 * d),
            ("b", 0.75 * b),
            ("a", root / 4.0 + 0.75 * c),
            ("c", -root / 4.0 + 0.75 * c),
        ];
        assert_fused(Method::ZScore, &expected);
    }

    #[test]
    fn equal_scores_are_ordered_by_rising_id() {
        let documents = vec![("b", 1.0), ("a", 1.0), ("c", 1.0)];
        for method in METHODS {
            let fused =
                fuse_lists(&[RankedList { weight: 1.0, documents: documents.clone() }], method);
            assert_eq!(fused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["a", "b", "c"]);
        }
        assert!(fuse_lists(&[], Method::MinMax).is_empty());
    }

    #[test]
    fn a_list_of_equal_scores_or_of_weight_0_has_no_say() {
        let said = RankedList { weight: 1.0, documents: vec![("a", 1.0), ("b", 3.0), ("c", 2.0)] };
        let flat = RankedList { weight: 5.0, documents: vec![("a", 4.0), ("c", 4.0)] };
        for method in [Method::MinMax, Method::ZScore] {
            let fused = fuse_lists(&[said.clone(), flat.clone()], method);
            assert_eq!(fused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["b", "c", "a"]);
        }
        let silent = RankedList { weight: 0.0, documents: vec![("d", 9.0), ("a", 1.0)] };
        for method in METHODS {
            let alone = fuse_lists(std::slice::from_ref(&said), method);
            assert_eq!(fuse_lists(&[silent.clone(), said.clone()], method), alone);
        }
    }

    /// Draws up to four lists over eight documents, on any scale.
    fn drawn() -> impl Strategy<Value = Vec<RankedList<'static>>> {
        const IDS: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];
        let score = prop_oneof![Just(0.0f32), -2.0f32..2.0, prop::num::f32::NORMAL];
        let list = (0.0f64..2.0, prop::collection::btree_map(0usize..8, score, 0..8)).prop_map(
            |(weight, scores)| RankedList {
                weight,
                documents: scores.into_iter().map(|(place, score)| (IDS[place], score)).collect(),
            },
        );
        prop::collection::vec(list, 0..5)
    }

    proptest! {
        #[test]
        fn every_document_of_a_list_with_a_say_is_fused_once_and_scores_are_finite(
            lists in drawn(),
        ) {
            for method in METHODS {
                let fused = fuse_lists(&lists, method);
                let mut ids: Vec<&str> = fused.iter().map(|(id, _)| *id).collect();
                ids.sort_unstable();
                let heard = lists.iter().filter(|list| list.weight > 0.0);
                let mut expected: Vec<&str> =
                    heard.flat_map(|list| list.documents.iter().map(|(id, _)| *id)).collect();
                expected.sort_unstable();
                expected.dedup();
                prop_assert_eq!(ids, expected);
                prop_assert!(fused.is_sorted_by(|a, b| a.1 > b.1 || a.1 == b.1 && a.0 < b.0));
                prop_assert!(fused.iter().all(|(_, score)| score.is_finite()));
                if method != Method::ZScore {
                    prop_assert!(fused.iter().all(|(_, score)| (0.0..=1.0).contains(score)));
                }
            }
        }

        #[test]
        fn neither_the_order_within_a_list_nor_a_common_factor_of_weights_matters(
            lists in drawn(),
        ) {
            let mut other = lists.clone();
            for list in &mut other {
                list.documents.reverse();
                list.weight *= 4.0;
            }
            for method in [Method::MinMax, Method::Rrf { k: 10.0 }] {
                prop_assert_eq!(fuse_lists(&lists, method), fuse_lists(&other, method));
            }
        }

        #[test]
        fn one_list_keeps_its_order(scores in prop::collection::btree_set(-1000i32..1000, 1..9)) {
            let ids = ["h", "g", "f", "e", "d", "c", "b", "a"];
            let documents: Vec<(&str, f32)> =
                ids.into_iter().zip(scores).map(|(id, score)| (id, score as f32)).collect();
            let expected: Vec<&str> = documents.iter().rev().map(|(id, _)| *id).collect();
            for method in METHODS {
                let list = RankedList { weight: 0.1, documents: documents.clone() };
                let fused = fuse_lists(&[list], method);
                prop_assert_eq!(fused.iter().map(|(id, _)| *id).collect::<Vec<_>>(), &*expected);
            }
        }
    }
}
