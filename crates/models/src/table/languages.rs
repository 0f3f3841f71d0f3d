//! Which languages the known encoders were trained for, as their publishers say.

/// Returns the languages of a model as ISO 639-1 codes, sorted; none if nothing is said of them.
pub(crate) fn languages(id: &str) -> &'static [&'static str] {
    match id.strip_suffix("-f32").unwrap_or(id) {
        "bge-small-en-v1.5" | "all-MiniLM-L6-v2" => &["en"],
        "multilingual-e5-small" => MULTILINGUAL_E5,
        _ => &[],
    }
}

/// The card of multilingual-e5-small, whose vocabulary is that of XLM-RoBERTa.
const MULTILINGUAL_E5: &[&str] = &[
    "af", "am", "ar", "as", "az", "be", "bg", "bn", "br", "bs", "ca", "cs", "cy", "da", "de", "el",
    "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "fy", "ga", "gd", "gl", "gu", "ha", "he", "hi",
    "hr", "hu", "hy", "id", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "ku", "ky", "la",
    "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "my", "ne", "nl", "no", "om", "or", "pa",
    "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "so", "sq", "sr", "su", "sv", "sw",
    "ta", "te", "th", "tl", "tr", "ug", "uk", "ur", "uz", "vi", "xh", "yi", "zh",
];
