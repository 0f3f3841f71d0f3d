//! Letters with accents, of a letter and a mark.

/// The letters that have an accent in one character, by the combining mark.
const LETTERS: &[(char, &str, &str)] = &[
    (
        '\u{300}',
        "AEIOUaeiouNn",
        "\u{c0}\u{c8}\u{cc}\u{d2}\u{d9}\u{e0}\u{e8}\u{ec}\u{f2}\u{f9}\u{1f8}\u{1f9}",
    ),
    (
        '\u{301}',
        "AEIOUYaeiouyCcLlNnRrSsZz",
        "\u{c1}\u{c9}\u{cd}\u{d3}\u{da}\u{dd}\u{e1}\u{e9}\u{ed}\u{f3}\u{fa}\u{fd}\u{106}\
         \u{107}\u{139}\u{13a}\u{143}\u{144}\u{154}\u{155}\u{15a}\u{15b}\u{179}\u{17a}",
    ),
    (
        '\u{302}',
        "AEIOUaeiouCcGgHhJjSsWwYy",
        "\u{c2}\u{ca}\u{ce}\u{d4}\u{db}\u{e2}\u{ea}\u{ee}\u{f4}\u{fb}\u{108}\u{109}\u{11c}\
         \u{11d}\u{124}\u{125}\u{134}\u{135}\u{15c}\u{15d}\u{174}\u{175}\u{176}\u{177}",
    ),
    ('\u{303}', "ANOIUanoiu", "\u{c3}\u{d1}\u{d5}\u{128}\u{168}\u{e3}\u{f1}\u{f5}\u{129}\u{169}"),
    (
        '\u{304}',
        "AEIOUaeiou",
        "\u{100}\u{112}\u{12a}\u{14c}\u{16a}\u{101}\u{113}\u{12b}\u{14d}\u{16b}",
    ),
    (
        '\u{306}',
        "AEGIOUaegiou",
        "\u{102}\u{114}\u{11e}\u{12c}\u{14e}\u{16c}\u{103}\u{115}\u{11f}\u{12d}\u{14f}\
         \u{16d}",
    ),
    ('\u{307}', "CEGIZcegz", "\u{10a}\u{116}\u{120}\u{130}\u{17b}\u{10b}\u{117}\u{121}\u{17c}"),
    (
        '\u{308}',
        "AEIOUYaeiouy",
        "\u{c4}\u{cb}\u{cf}\u{d6}\u{dc}\u{178}\u{e4}\u{eb}\u{ef}\u{f6}\u{fc}\u{ff}",
    ),
    ('\u{30a}', "AaUu", "\u{c5}\u{e5}\u{16e}\u{16f}"),
    ('\u{30b}', "OUou", "\u{150}\u{170}\u{151}\u{171}"),
    (
        '\u{30c}',
        "CDENRSTZcdenrstzAaIiOoUuGg",
        "\u{10c}\u{10e}\u{11a}\u{147}\u{158}\u{160}\u{164}\u{17d}\u{10d}\u{10f}\u{11b}\
         \u{148}\u{159}\u{161}\u{165}\u{17e}\u{1cd}\u{1ce}\u{1cf}\u{1d0}\u{1d1}\u{1d2}\
         \u{1d3}\u{1d4}\u{1e6}\u{1e7}",
    ),
    (
        '\u{327}',
        "CGKLNRSTcgklnrst",
        "\u{c7}\u{122}\u{136}\u{13b}\u{145}\u{156}\u{15e}\u{162}\u{e7}\u{123}\u{137}\u{13c}\
         \u{146}\u{157}\u{15f}\u{163}",
    ),
    ('\u{328}', "AEIUaeiu", "\u{104}\u{118}\u{12e}\u{172}\u{105}\u{119}\u{12f}\u{173}"),
];

/// Returns a letter with a combining mark, as one character where there is one.
pub(super) fn composed(letter: char, mark: char) -> String {
    let known = LETTERS.iter().find(|(known, ..)| *known == mark);
    let one = known.and_then(|(_, plain, accented)| {
        plain.chars().zip(accented.chars()).find(|(plain, _)| *plain == letter)
    });
    match one {
        Some((_, accented)) => accented.to_string(),
        None => format!("{letter}{mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_take_their_marks() {
        assert_eq!(composed('e', '\u{301}'), "\u{e9}");
        assert_eq!(composed('c', '\u{327}'), "\u{e7}");
        assert_eq!(composed('x', '\u{301}'), "x\u{301}");
        for (mark, plain, accented) in LETTERS {
            assert_eq!(plain.chars().count(), accented.chars().count(), "{mark}");
        }
    }
}
