//! From text to typed values and back: what a setting may look like.

use std::path::PathBuf;
use std::time::Duration;

use trommel_engine::fusion::Method;
use trommel_engine::{EarlyStop, Feedback, LOCAL_SOURCES, Reads, Stage};
use trommel_inference::llm::Strategy;
use trommel_models::Precision;
use trommel_vector::Ann;

use crate::models::RuntimeChoice;
use crate::{Cascade, EXPECTED};

/// What stands for no limit of time.
const NO_LIMIT: &str = "none";

/// What the values of a setting look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 0, 1, 2, …
    Whole,
    /// A number, with or without a decimal point.
    Number,
    /// `true` or `false`.
    Switch,
    /// `150ms`, `1.5s`, `2m`, `1h` or `none`.
    Time,
    /// Any text but the empty one.
    Text,
    /// The path of a file.
    File,
    /// `A`, `A@64:100,B:20` or `none`.
    Rerankers,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

impl Kind {
    /// Returns what is expected, in words.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Whole => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Time => "a time such as 150ms or 1.5s, or none".to_owned(),
            Self::Text | Self::File => "a name".to_owned(),
            Self::Rerankers => EXPECTED.to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }
}

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// What its values look like.
    const KIND: Kind;

    /// Reads a value; nothing if the text is none.
    fn parse(text: &str) -> Option<Self>;

    /// Returns the text that [`Value::parse`] reads as this value.
    fn text(&self) -> String;
}

/// Types that are read by `FromStr` and written by `Display`.
macro_rules! by_display {
    ($($type:ty: $kind:ident),*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::$kind;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn text(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

by_display!(usize: Whole, u64: Whole, f32: Number, bool: Switch, Cascade: Rerankers);

impl Value for String {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    const KIND: Kind = Kind::File;

    fn parse(text: &str) -> Option<Self> {
        (!text.trim().is_empty()).then(|| text.into())
    }

    fn text(&self) -> String {
        self.to_string_lossy().into_owned()
    }
}

impl Value for Option<Duration> {
    const KIND: Kind = Kind::Time;

    fn parse(text: &str) -> Option<Self> {
        if text == NO_LIMIT { Some(None) } else { time(text).map(Some) }
    }

    fn text(&self) -> String {
        match self {
            None => NO_LIMIT.to_owned(),
            Some(time) if *time < Duration::from_secs(1) => format!("{}ms", milliseconds(*time)),
            Some(time) => format!("{}s", time.as_secs_f64()),
        }
    }
}

/// A time that no program waits for to end: as good as none.
const ENDLESS: Duration = Duration::from_secs(86_400);

impl Value for Duration {
    const KIND: Kind = Kind::Time;

    fn parse(text: &str) -> Option<Self> {
        Some(Option::parse(text)?.unwrap_or(ENDLESS))
    }

    fn text(&self) -> String {
        Some(*self).filter(|time| *time != ENDLESS).text()
    }
}

/// Reads a number and its unit.
fn time(text: &str) -> Option<Duration> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[number.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    // A float would also read "1e3", "+1" and "-0".
    if !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

/// Returns a time in milliseconds, exact to the nanosecond.
fn milliseconds(time: Duration) -> f64 {
    // Division by a power of ten rounds once; the product with 0.001 would round twice.
    f64::from(time.subsec_nanos()) / 1e6
}

/// Types whose values are a few words, each written once.
macro_rules! by_words {
    ($($type:ty: $($word:literal => $value:expr),+;)*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::OneOf(&[$($word),+]);

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($value),)+
                    _ => None,
                }
            }

            fn text(&self) -> String {
                let words = [$(($word, $value)),+];
                let word = words.into_iter().find(|(_, value)| value == self);
                word.map_or_else(String::new, |(word, _)| word.to_owned())
            }
        }
    )*};
}

/// The sources' names stand in one place, which is not this one.
impl Value for Stage {
    const KIND: Kind = Kind::OneOf(&[
        LOCAL_SOURCES[0],
        LOCAL_SOURCES[1],
        LOCAL_SOURCES[2],
        "fused",
        "feedback",
        "reranked",
    ]);

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.name().to_owned()
    }
}

by_words! {
    Method: "minmax" => Self::MinMax, "rrf" => Self::RRF;
    Feedback: "reranker" => Self::Reranker, "fused" => Self::Fused, "off" => Self::Off;
    Reads: "auto" => Self::Known, "all" => Self::All;
    EarlyStop: "exact" => Self::Exact, "learned" => Self::Learned, "off" => Self::Off;
    Ann: "auto" => Self::Auto, "exact" => Self::Exact, "hnsw" => Self::Hnsw;
    RuntimeChoice:
        "auto" => Self::Auto, "kernels" => Self::Kernels, "onnx" => Self::Onnx,
        "candle" => Self::Candle;
    Precision: "int8" => Self::Int8, "bf16" => Self::Bf16, "f32" => Self::F32;
    Strategy:
        "pointwise" => Self::Pointwise, "listwise" => Self::LISTWISE,
        "pairwise" => Self::PAIRWISE;
    Format:
        "text" => Self::Text, "json" => Self::Json, "jsonl" => Self::Jsonl, "trec" => Self::Trec,
        "markdown" => Self::Markdown, "paths" => Self::Paths;
    Colour: "auto" => Self::Auto, "always" => Self::Always, "never" => Self::Never;
}

/// How answers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object an answer; a batch is one object around them.
    Json,
    /// One JSON object a hit, one a line.
    Jsonl,
    /// A TREC run file.
    Trec,
    /// A list for a document.
    Markdown,
    /// One file a line, each once.
    Paths,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Option<Option<Duration>> {
        Value::parse(text)
    }

    #[test]
    fn a_limit_is_a_number_and_its_unit_or_none() {
        let ms = |ms| Some(Some(Duration::from_millis(ms)));
        assert_eq!(limit("150ms"), ms(150));
        assert_eq!(limit("1s"), ms(1000));
        assert_eq!(limit("1.5s"), ms(1500));
        assert_eq!(limit("2m"), ms(120_000));
        assert_eq!(limit("1h"), ms(3_600_000));
        assert_eq!(limit("0ms"), ms(0));
        assert_eq!(limit("none"), Some(None));
        for wrong in ["", "150", "ms", "-1s", "+1s", "1e3s", "1 s", "1d", "infs", "nans", "1.2.3s"]
        {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
        let endless = format!("{}h", "9".repeat(400));
        assert_eq!(limit(&endless), None);
    }

    #[test]
    fn a_limit_is_written_as_it_would_be_typed() {
        let cases = [
            ("150ms", "150ms"),
            ("1500ms", "1.5s"),
            ("2m", "120s"),
            ("0.5ms", "0.5ms"),
            ("0s", "0ms"),
        ];
        for (typed, shown) in cases {
            assert_eq!(limit(typed).unwrap().text(), shown);
            assert_eq!(limit(shown), limit(typed));
        }
        assert_eq!(None::<Duration>.text(), "none");
    }

    #[test]
    fn a_word_comes_back_as_it_was_read() {
        for word in ["auto", "kernels", "onnx", "candle"] {
            assert_eq!(RuntimeChoice::parse(word).unwrap().text(), word);
        }
        assert_eq!(RuntimeChoice::parse("Auto"), None);
        assert_eq!(Strategy::parse("pairwise"), Some(Strategy::Pairwise { top: 10 }));
        assert_eq!(Strategy::parse("listwise"), Some(Strategy::Listwise { window: 20, step: 10 }));
        for strategy in [Strategy::Pointwise, Strategy::LISTWISE, Strategy::PAIRWISE] {
            assert_eq!(Strategy::parse(strategy.name()), Some(strategy));
        }
    }
}
