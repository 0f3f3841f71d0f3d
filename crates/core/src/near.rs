//! Names that look like a mistyped one.

/// Returns up to three of `names` that look like `asked`, nearest first: because few letters must be
/// changed or swapped, without regard to case, or because one holds the other.
///
/// The distance is that of the optimal string alignment (`strsim`).
#[must_use]
pub fn near<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    // An argument may be of any length; no name is near one that is much longer than all of them.
    if asked.len() > 128 {
        return Vec::new();
    }
    let asked = asked.to_lowercase();
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::osa_distance(&asked, &lower);
            // Two letters stand in too many names to say anything. Longer names are forgiven more
            // changes: two, and one more for every four letters.
            let held = asked.len() >= 3 && (lower.contains(&asked) || asked.contains(&lower));
            (held || distance <= 2 + lower.len() / 4).then_some((distance, name))
        })
        .collect();
    found.sort_by_key(|&(distance, _)| distance);
    found.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_near_nothing() {
        assert!(near("gpt-oss-120b", ["bge-small-en-v1.5", "onnxruntime"]).is_empty());
        assert_eq!(near("minilm", ["onnxruntime", "all-MiniLM-L6-v2"]).len(), 1);
    }
}
