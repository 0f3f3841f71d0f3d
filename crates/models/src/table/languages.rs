//! Which languages the known models were trained for, as their publishers say.

/// Returns the languages of a model as ISO 639-1 codes, sorted; none if nothing is said of them, or
/// only that they are many.
pub(crate) fn languages(id: &str) -> &'static [&'static str] {
    match id.strip_suffix("-f32").unwrap_or(id) {
        "bge-small-en-v1.5"
        | "all-MiniLM-L6-v2"
        | "ms-marco-MiniLM-L-12-v2"
        | "ms-marco-MiniLM-L-6-v2"
        | "ms-marco-MiniLM-L-4-v2"
        | "ms-marco-MiniLM-L-2-v2"
        | "ms-marco-TinyBERT-L-2-v2"
        | "mxbai-rerank-xsmall-v1"
        | "mxbai-rerank-base-v1"
        | "mxbai-rerank-large-v1"
        | "gte-reranker-modernbert-base"
        | "jina-reranker-v1-tiny-en"
        | "jina-reranker-v1-turbo-en"
        | "smollm2-135m-instruct" => &["en"],
        "bge-reranker-base" | "bge-reranker-large" => &["en", "zh"],
        "multilingual-e5-small" => MULTILINGUAL_E5,
        "mmarco-mMiniLMv2-L12-H384-v1" => MMARCO,
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

/// The languages of mMARCO: English, and the thirteen that MS MARCO was translated into.
const MMARCO: &[&str] =
    &["ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "nl", "pt", "ru", "vi", "zh"];
