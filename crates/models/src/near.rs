//! Ids that look like a mistyped one.

/// Returns up to three of `ids` that look like `asked`, nearest first: by edit distance without
/// regard to case, or because one holds the other.
pub(crate) fn near<'a>(asked: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let asked = asked.to_lowercase();
    let mut found: Vec<(usize, &str)> = ids
        .filter_map(|id| {
            let lower = id.to_lowercase();
            let distance = edit_distance(&asked, &lower);
            let held = asked.len() >= 3 && (lower.contains(&asked) || asked.contains(&lower));
            (held || distance <= 2 + lower.len() / 4).then_some((distance, id))
        })
        .collect();
    found.sort_by_key(|&(distance, _)| distance);
    found.into_iter().take(3).map(|(_, id)| id.to_owned()).collect()
}

/// Returns the number of bytes to insert, delete or replace (Levenshtein 1966).
fn edit_distance(a: &str, b: &str) -> usize {
    // An argument may be of any length; no id is near one that is much longer than all of them.
    if a.len() > 128 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_of_the_textbook_pairs() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("saturday", "sunday"), 3);
    }

    #[test]
    fn a_stranger_is_near_nothing() {
        assert!(near("gpt-oss-120b", ["bge-small-en-v1.5", "onnxruntime"].into_iter()).is_empty());
        assert_eq!(near("minilm", ["onnxruntime", "all-MiniLM-L6-v2"].into_iter()).len(), 1);
    }
}
