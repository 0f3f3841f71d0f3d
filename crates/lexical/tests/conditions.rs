//! Operators say which passages a hit may be in, not only how it ranks.

mod support;

use support::index;
use trommel_core::PassageId;
use trommel_lexical::{Condition, LexicalIndex};

fn conditions(index: &LexicalIndex, query: &str) -> Vec<(bool, Vec<u64>)> {
    let told = |Condition { wanted, passages }: Condition| {
        (wanted, passages.into_iter().map(|PassageId(id)| id).collect())
    };
    index.conditions(query).unwrap().into_iter().map(told).collect()
}

#[test]
fn plus_minus_and_phrases_are_conditions() {
    let (_folder, index) = index(&["the red fox", "a fox that is red", "an otter", "a heron"]);
    assert_eq!(conditions(&index, "fox -otter"), [(false, vec![2])]);
    assert_eq!(conditions(&index, "+fox heron"), [(true, vec![0, 1])]);
    assert_eq!(conditions(&index, "\"red fox\" heron"), [(true, vec![0])]);
    assert_eq!(conditions(&index, "\"red fox\""), [(true, vec![0])]);
    assert_eq!(conditions(&index, "fox heron"), []);
    assert_eq!(conditions(&index, "heron +nothing"), [(true, vec![])]);
}
