//! Texts that tokenizers are known to stumble over.

/// Each with a reason to be here.
pub(crate) const TRAPS: &[&str] = &[
    "",
    " ",
    "\t\r\n\u{b}\u{c}\u{85}\u{a0}",
    "The unable, hot soup-stock!",
    // Special tokens and continuing pieces as text.
    "[SEP]",
    "a[SEP]b [CLS] [UNK][PAD] [MASK]",
    "##ing ##able #able ## #",
    "the## the ##",
    // Accents, in one character and in two; a mark without a letter.
    "Café cafe\u{301} CAFÉ e\u{301}\u{323}e\u{323}\u{301}",
    "\u{301}a \u{301} a\u{301}",
    "-\u{301}- !\u{323}!",
    "naïve façade Ångström Åse \u{212b}",
    "Ệ ệ e\u{302}\u{323} ẹ\u{302}",
    // Case that changes length or has no single answer.
    "İstanbul ISPARTA ıi Iı",
    "Straße STRASSE ẞ ﬁsh ﬂat ﬀ ŉ ǰ",
    "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ ᾼ ᾳ ΐ",
    "Ǆ ǅ ǆ K\u{212a}k Ω\u{2126}ω",
    // Decompositions into punctuation, spaces and plain characters.
    "a\u{37e}b a\u{387}b a\u{1fef}b a≠b a\u{226e}b",
    "a\u{2000}b a\u{2003}b a\u{3000}b a\u{1680}b a\u{180e}b a\u{2028}b a\u{2029}b",
    // Characters without width, directions, byte order mark, soft hyphen, tags.
    "a\u{200b}b a\u{200c}b a\u{200d}b a\u{feff}b a\u{ad}b a\u{2060}b a\u{202e}b\u{202c}",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    // Control characters inside words, at their edges, alone.
    "a\0b\u{1}c\u{7f}d \u{1} \u{8}x x\u{8} \u{1b}[31mred\u{1b}[0m",
    "e\u{0}\u{301} e\u{200d}\u{301}",
    "a\u{fffd}b \u{fffd}",
    // Private use, unassigned, not a character.
    "a\u{e000}b a\u{f8ff}b a\u{378}b a\u{ffff}b a\u{10ffff}b a\u{f0000}b",
    // Chinese, Japanese, Korean; ideographs of compatibility, of the second plane, of the gap.
    "東京の人口は1400万人です。",
    "一二a三 \u{4e00}\u{301}\u{8c48} a\u{f900}b a\u{2f800}b",
    "a\u{3400}b a\u{4dbf}b a\u{4dc0}b a\u{9fff}b a\u{a000}b a\u{20000}b a\u{2b820}b a\u{2b920}b",
    "ひらがな カタカナ か\u{3099} が ガ ｶﾞ ㋿ ㍿",
    "한국어 가각힣 \u{1100}\u{1161}\u{11a8} \u{ac00}\u{11a8}",
    // Marks that take part in canonical order and are kept.
    "a\u{302e}b a\u{302f}b \u{1d165}\u{1d16e} a\u{1d16e}\u{1d165} \u{1d15f}",
    "\u{fb1d} \u{5d9}\u{5b4} \u{5b4}\u{5d9} \u{fb2c} \u{f73} \u{f71}\u{f72} \u{344}",
    "क्षत्रिय नमस्ते தமிழ் ไทย ภาษาไทย ខ្មែរ \u{9c7}\u{9be} \u{9cb}",
    // Emoji with joiners, skin and selectors.
    "👩\u{200d}👩\u{200d}👧 👍🏽 ❤\u{fe0f} 1\u{fe0f}\u{20e3} 🇩🇪🦀",
    // Punctuation by the library's own definition, and symbols that are none.
    "“quoted” ‘it’s’ — – … • · « » ¿ ¡ § ¶ † ‡ ‰ ′ ″",
    "$5 €5 £5 ^a `b` a+b=c a<b>c ~x |y| ©2020 ® ™ ° ± × ÷ µ ² ½",
    "a\u{2e3a}b a\u{2e4f}b a\u{11049}b a\u{1e95e}b a_b a\u{203f}b",
    // Numbers, mixed scripts, addresses.
    "3,520,031 891.82km² 10-μm IL-1β TNF-α p<0.05 α-helix",
    "https://example.org/a?b=c&d=%20#e user@example.org C:\\x\\y",
    "٠١٢٣ १२३ Ⅷ ⅷ ① 𝒳 𝟘 𝕳 ａｂｃ",
];

/// Returns words around the longest that are known.
pub(crate) fn long() -> Vec<String> {
    let mut texts = Vec::new();
    for length in [99, 100, 101, 200, 100_000] {
        texts.push("a".repeat(length));
        texts.push(format!("x {}!", "é".repeat(length)));
        texts.push("e\u{301}".repeat(length));
        texts.push(format!("{}\u{1}{}", "a".repeat(length / 2), "b".repeat(length - length / 2)));
        texts.push("ß\u{200d}".repeat(length));
    }
    // One letter becomes three.
    texts.extend([33, 34, 50].map(|n| "\u{390}".repeat(n)));
    texts.push("한".repeat(34));
    texts.push("word ".repeat(3_000));
    texts.push("!?".repeat(3_000));
    texts.push("一".repeat(3_000));
    texts
}
