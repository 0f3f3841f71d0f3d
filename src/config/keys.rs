//! Every setting that has a name.

use trommel_engine::{SearchSettings, Splitting};
use trommel_ingest::IngestOptions;
use trommel_models::{DEFAULT_ENCODER, DEFAULT_RERANKER};

use trommel::Cascade;

use super::time::limit;
use crate::models::BUILT_IN;

/// The values of `stage`.
pub(crate) const STAGE: [&str; 4] = ["bm25", "dense", "fused", "reranked"];
/// The values of `fusion`.
pub(crate) const FUSION: [&str; 2] = ["minmax", "rrf"];
/// The values of `settle`.
pub(crate) const SETTLE: [&str; 3] = ["exact", "learned", "off"];
/// The values of `ann`.
pub(crate) const ANN: [&str; 3] = ["auto", "exact", "hnsw"];
/// The values of `runtime`.
pub(crate) const RUNTIME: [&str; 4] = ["auto", "kernels", "onnx", "candle"];
/// The values of `precision`.
pub(crate) const PRECISION: [&str; 3] = ["int8", "bf16", "f32"];
/// The values of `llm-strategy`.
pub(crate) const LLM_STRATEGY: [&str; 3] = ["pointwise", "listwise", "pairwise"];
/// The values of `format`.
pub(crate) const FORMATS: [&str; 6] = ["text", "json", "jsonl", "trec", "markdown", "paths"];
/// The values of `color`.
pub(crate) const COLOUR: [&str; 3] = ["auto", "always", "never"];

/// What a value may look like; ranges are the engine's matter.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// 0, 1, 2, …
    Whole,
    /// A number, with or without a decimal point.
    Number,
    /// `true` or `false`.
    Switch,
    /// `150ms`, `1.5s`, `none`, …
    Limit,
    /// Any text but the empty one.
    Name,
    /// `A`, `A@64:100,B:20`, `none`, …
    Rerankers,
    /// One of these.
    OneOf(&'static [&'static str]),
}

impl Shape {
    /// Returns what is expected, if `text` is not that.
    pub(super) fn problem(self, text: &str) -> Option<String> {
        let fits = match self {
            Self::Whole => text.parse::<usize>().is_ok(),
            Self::Number => text.parse::<f32>().is_ok(),
            Self::Switch => text.parse::<bool>().is_ok(),
            Self::Limit => limit(text).is_some(),
            Self::Name => !text.trim().is_empty(),
            Self::Rerankers => text.parse::<Cascade>().is_ok(),
            Self::OneOf(values) => values.contains(&text),
        };
        (!fits).then(|| self.expected())
    }

    /// Returns what is expected.
    pub(super) fn expected(self) -> String {
        match self {
            Self::Whole => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Limit => "a time such as 150ms or 1.5s, or none".to_owned(),
            Self::Name => "a name".to_owned(),
            Self::Rerankers => trommel::EXPECTED.to_owned(),
            Self::OneOf(values) => format!("one of {}", values.join(", ")),
        }
    }
}

/// A setting.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name: that of the flag, and the environment's in lower case.
    pub(crate) name: &'static str,
    /// What its values look like.
    pub(crate) shape: Shape,
    /// Its value where nobody says anything.
    pub(crate) default: fn() -> String,
}

const fn key(name: &'static str, shape: Shape, default: fn() -> String) -> Key {
    Key { name, shape, default }
}

fn search() -> SearchSettings {
    SearchSettings::default()
}

fn ingest() -> IngestOptions {
    IngestOptions::default()
}

/// All settings, in the order in which they are shown.
pub(crate) const KEYS: &[Key] = &[
    key("encoder", Shape::Name, || DEFAULT_ENCODER.into()),
    key("passage-tokens", Shape::Whole, || Splitting::default().max_tokens.to_string()),
    key("overlap-tokens", Shape::Whole, || Splitting::default().overlap_tokens.to_string()),
    key("id-field", Shape::Name, || ingest().id_field),
    key("title-field", Shape::Name, || ingest().title_field),
    key("text-field", Shape::Name, || ingest().text_field),
    key("max-file-bytes", Shape::Whole, || ingest().limits.max_file_bytes.to_string()),
    key("max-line-bytes", Shape::Whole, || ingest().limits.max_line_bytes.to_string()),
    key("max-metadata-bytes", Shape::Whole, || ingest().limits.max_metadata_bytes.to_string()),
    key("max-passages", Shape::Whole, || ingest().limits.max_passages.to_string()),
    key("max-query-bytes", Shape::Whole, || search().max_query_bytes.to_string()),
    key("reranker", Shape::Rerankers, || DEFAULT_RERANKER.into()),
    key("stage", Shape::OneOf(&STAGE), || search().stage.to_string()),
    key("k", Shape::Whole, || search().k.to_string()),
    key("candidates", Shape::Whole, || search().candidates.to_string()),
    key("fusion", Shape::OneOf(&FUSION), || "minmax".into()),
    key("dense-weight", Shape::Number, || search().dense_weight.to_string()),
    key("title-weight", Shape::Number, || search().title_weight.to_string()),
    key("rerank-depth", Shape::Whole, || search().rerank_depth.to_string()),
    key("rerank-passages", Shape::Whole, || search().rerank_passages.to_string()),
    key("budget", Shape::Limit, || "none".into()),
    key("settle", Shape::OneOf(&SETTLE), || "exact".into()),
    key("blend", Shape::Number, || search().blend.to_string()),
    key("syntax", Shape::Switch, || search().syntax.to_string()),
    key("ann", Shape::OneOf(&ANN), || "auto".into()),
    key("ef", Shape::Whole, || search().ef.to_string()),
    key("runtime", Shape::OneOf(&RUNTIME), || "auto".into()),
    key("precision", Shape::OneOf(&PRECISION), || "int8".into()),
    key("isa", Shape::Name, || "auto".into()),
    key("threads", Shape::Whole, || "0".into()),
    key("api-base", Shape::Name, || "auto".into()),
    key("api-model", Shape::Name, || "auto".into()),
    key("api-key-file", Shape::Name, || "none".into()),
    key("api-time", Shape::Limit, || "15s".into()),
    key("llm-model", Shape::Name, || "auto".into()),
    key("llm-strategy", Shape::OneOf(&LLM_STRATEGY), || "listwise".into()),
    key("prompt-pointwise", Shape::Name, || BUILT_IN.into()),
    key("prompt-grade", Shape::Name, || BUILT_IN.into()),
    key("prompt-listwise", Shape::Name, || BUILT_IN.into()),
    key("prompt-pairwise", Shape::Name, || BUILT_IN.into()),
    key("cache", Shape::Switch, || "true".into()),
    key("format", Shape::OneOf(&FORMATS), || "text".into()),
    key("color", Shape::OneOf(&COLOUR), || "auto".into()),
];

/// Returns the key of a name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Returns the name that looks most like `name`, if one does.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |key: &Key| strsim::jaro_winkler(key.name, name);
    let best = KEYS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then_some(best.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_likeness() {
        assert_eq!(nearest("rerank_depth"), Some("rerank-depth"));
        assert_eq!(nearest("tresholt"), None);
        assert!(find("k").is_some() && find("K").is_none());
    }

    #[test]
    fn constants_are_the_defaults_of_their_crates() {
        assert!(search().fusion == trommel_engine::fusion::Method::MinMax);
        assert!(search().ann == trommel_vector::Ann::Auto);
        assert!(search().early_stop == trommel_engine::EarlyStop::Exact);
        assert!(search().budget.is_none());
    }
}
