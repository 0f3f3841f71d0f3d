//! Where a line may end inside a text without spaces.

use trommel_engine::joins_without_space;

/// Signs of Chinese and Japanese that begin no line, and those that end none (UAX #14).
const NEVER_FIRST: &str = "、。，．・：；？！）」』］｝】〉》〕〗〙〛”’…ー々ゝゞヽヾ｡､｣\
                           ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ";
const NEVER_LAST: &str = "（「『［｛【〈《〔〖〘〚“‘｢";

/// Says whether a line may end between two characters that no space parts: where a line break stands for
/// nothing, and none of the two is a sign that belongs to the other.
pub(super) fn may_end_between(before: &str, after: &str) -> bool {
    let (Some(before), Some(after)) = (before.chars().next_back(), after.chars().next()) else {
        return false;
    };
    joins_without_space(before, after)
        && !NEVER_LAST.contains(before)
        && !NEVER_FIRST.contains(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_letters_of_chinese_and_japanese_but_not_beside_their_signs() {
        assert!(may_end_between("漢", "字") && may_end_between("。", "は"));
        for (before, after) in [("漢", "。"), ("「", "は"), ("し", "ょ"), ("a", "字"), ("한", "국")]
        {
            assert!(!may_end_between(before, after), "{before}{after}");
        }
    }
}
