//! The table of all settings: everything that is said about one is said in its row.
//!
//! Flags, environment variables, keys of `config.toml`, help, `docs/settings.md` and the JSON schema
//! come from here. A default is that of the field of [`Settings`] that the row names.

use std::ops::RangeInclusive;

use trommel_engine::range;
use trommel_inference::llm::PromptKind;

use super::value::{Kind, Value};
use super::{Origin, Settings, SettingsError};

/// A set of commands, as bits.
pub type Commands = u16;

/// No command.
const NONE: Commands = 0;

/// `trommel index`.
pub const INDEX: Commands = 1;
/// `trommel search`.
pub const SEARCH: Commands = 1 << 1;
/// `trommel why`.
pub const WHY: Commands = 1 << 2;
/// `trommel eval`.
pub const EVAL: Commands = 1 << 3;
/// `trommel judge`.
pub const JUDGE: Commands = 1 << 4;
/// `trommel rerank`.
pub const RERANK: Commands = 1 << 5;
/// `trommel repair`.
pub const REPAIR: Commands = 1 << 6;
/// Every command, in front of its name too.
pub const GLOBAL: Commands = 1 << 7;
/// `trommel config`, which takes every setting.
pub const CONFIG: Commands = 1 << 8;

/// The commands that search.
const SEARCHES: Commands = SEARCH | WHY | EVAL | JUDGE;
/// The commands that may read documents: a search does with `--fresh`.
const READS: Commands = INDEX | SEARCH | EVAL | RERANK;
/// The commands that load models.
const LOADS: Commands = INDEX | SEARCHES | RERANK | REPAIR;
/// The commands that ask a reranker.
const RERANKS: Commands = SEARCHES | RERANK;
/// The commands that may ask an API: for scores, or for the vectors of the encoder `http`.
const ASKS: Commands = RERANKS | INDEX | REPAIR;

/// The end of a range that has none.
const MANY: usize = usize::MAX;

/// What a setting is about; also the heading of its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// How documents are read.
    Documents,
    /// What a new collection is like.
    Collection,
    /// How the stages of a search work.
    Stages,
    /// Which models take part, and what runs them.
    Models,
    /// How much of what comes from outside is read.
    Limits,
    /// What comes out.
    Output,
}

impl Group {
    /// All groups, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Output, Self::Stages, Self::Models, Self::Collection, Self::Documents, Self::Limits];

    /// Returns the heading.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Documents => "Documents",
            Self::Collection => "Collection",
            Self::Stages => "Stages",
            Self::Models => "Models",
            Self::Limits => "Limits",
            Self::Output => "Output",
        }
    }
}

/// Between which numbers a value must be, both of them allowed.
#[derive(Debug, Clone, PartialEq)]
pub enum Range {
    /// Any value that can be read.
    Any,
    /// A whole number.
    Whole(RangeInclusive<usize>),
    /// A number.
    Number(RangeInclusive<f32>),
    /// From 1 to the value of `candidates`, which a search checks.
    ToCandidates,
}

/// How a setting reaches its field of [`Settings`].
#[derive(Debug, Clone, Copy)]
struct Field {
    kind: fn() -> Kind,
    /// Says whether the text could be read.
    set: fn(&mut Settings, &str) -> bool,
    get: fn(&Settings) -> String,
}

/// Names a field of [`Settings`], or an entry of a map in it; a value may be missing where the
/// setting has a word for that.
macro_rules! field {
    ($($name:ident).+ [$key:expr] or $missing:literal) => {
        Field {
            kind: || entry_kind(|settings| settings.$($name).+.get(&$key)),
            set: |settings, text| {
                let value = Value::parse(text).filter(|_| text != $missing);
                let is_read = value.is_some() || text == $missing;
                settings.$($name).+.remove(&$key);
                settings.$($name).+.extend(value.map(|value| ($key, value)));
                is_read
            },
            get: |settings| {
                settings.$($name).+.get(&$key).map_or_else(|| $missing.to_owned(), Value::text)
            },
        }
    };
    ($($name:ident).+ or $missing:literal) => {
        Field {
            kind: || some_kind(|settings| &settings.$($name).+),
            set: |settings, text| {
                if text == $missing {
                    settings.$($name).+ = None;
                    return true;
                }
                let value = Value::parse(text);
                let is_read = value.is_some();
                settings.$($name).+ = value;
                is_read
            },
            get: |settings| {
                settings.$($name).+.as_ref().map_or_else(|| $missing.to_owned(), Value::text)
            },
        }
    };
    ($($name:ident).+) => {
        Field {
            kind: || kind(|settings| &settings.$($name).+),
            set: |settings, text| {
                Value::parse(text).map(|value| settings.$($name).+ = value).is_some()
            },
            get: |settings| settings.$($name).+.text(),
        }
    };
}

fn kind<T: Value>(_: fn(&Settings) -> &T) -> Kind {
    T::KIND
}

fn entry_kind<T: Value>(_: fn(&Settings) -> Option<&T>) -> Kind {
    T::KIND
}

fn some_kind<T: Value>(_: fn(&Settings) -> &Option<T>) -> Kind {
    T::KIND
}

/// A setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its name: that of the flag and of the key in `config.toml`.
    pub name: &'static str,
    /// What it says, as the lines of its doc comment have it.
    doc: &'static str,
    /// What it is about.
    pub group: Group,
    /// Which values it may have, where not all of its kind are good.
    pub range: Range,
    /// What it counts, such as `bytes`.
    pub unit: Option<&'static str>,
    /// The commands that take it, as a flag or by `--set`.
    pub commands: Commands,
    /// Those of them that have a flag of its name.
    pub flags: Commands,
    /// Those whose short help shows the flag.
    pub shown: Commands,
    /// The flag without its dashes: the name, but for a switch that is on by default.
    pub flag: &'static str,
    /// What stands for the value in help, where it does not follow from the kind.
    value_name: Option<&'static str>,
    field: Field,
}

impl Setting {
    /// A row of the table: a flag of all the commands that take it but `repair`, hidden in their
    /// short help.
    const fn row(
        name: &'static str,
        field: Field,
        group: Group,
        commands: Commands,
        doc: &'static str,
    ) -> Self {
        let (range, unit, value_name) = (Range::Any, None, None);
        let flags = commands & !REPAIR;
        Self {
            name,
            doc,
            group,
            range,
            unit,
            commands,
            flags,
            shown: NONE,
            flag: name,
            value_name,
            field,
        }
    }

    const fn within(self, range: Range) -> Self {
        Self { range, ..self }
    }

    const fn unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// What stands for the value in help.
    const fn value(self, name: &'static str) -> Self {
        Self { value_name: Some(name), ..self }
    }

    /// The flag has another name: it switches off.
    const fn off_by(self, flag: &'static str) -> Self {
        Self { flag, ..self }
    }

    /// Only these commands have the flag; the others take `--set`.
    const fn flags(self, flags: Commands) -> Self {
        Self { flags, ..self }
    }

    /// The short help of these commands shows the flag.
    const fn shown(self, shown: Commands) -> Self {
        Self { shown, ..self }
    }
}

/// The rows of the table: what the setting says, its name and its field, what it is about, which
/// commands take it, and what else there is to say by the methods of [`Setting`].
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal => $($field:ident).+ $([$key:expr])? $(or $missing:literal)?, $group:ident, $commands:expr
        $(, $method:ident($($argument:expr),*))*;
    )*) => {
        /// All settings, in the order in which `config show` has them.
        pub static SETTINGS: &[Setting] = &[$(
            Setting::row(
                $name,
                field!($($field).+ $([$key])? $(or $missing)?),
                Group::$group,
                $commands,
                concat!($($doc),+),
            )
            $(.$method($($argument),*))*
        ),*];
    };
}

settings! {
    /// The encoder of a new collection, http for a server at --api-base; later on, the one that the
    /// collection was made with
    "encoder" => encoder, Models, INDEX | SEARCHES | REPAIR,
        value("ID"), flags(INDEX | SEARCHES | REPAIR), shown(INDEX | REPAIR);

    /// The most tokens of a passage, in a new collection
    "passage-tokens" => splitting.max_tokens, Collection, INDEX | SEARCH | EVAL | REPAIR,
        within(Range::Whole(1..=MANY)), unit("tokens"), flags(INDEX | EVAL), shown(INDEX);

    /// How many tokens neighbouring passages share, in a new collection; less than
    /// --passage-tokens
    "overlap-tokens" => splitting.overlap_tokens, Collection, INDEX | SEARCH | EVAL | REPAIR,
        unit("tokens"), flags(INDEX | EVAL);

    /// The field of a JSONL line that names the document
    "id-field" => ingest.id_field, Documents, READS,
        flags(INDEX), shown(INDEX);

    /// The field of a JSONL line that holds the title
    "title-field" => ingest.title_field, Documents, READS,
        flags(INDEX), shown(INDEX);

    /// The field of a JSONL line that holds the text
    "text-field" => ingest.text_field, Documents, READS,
        flags(INDEX), shown(INDEX);

    /// The largest file that is read as one document; JSONL files may be of any size
    "max-file-bytes" => ingest.limits.max_file_bytes, Limits, INDEX | SEARCH,
        unit("bytes"), flags(NONE);

    /// The longest line of a JSONL file
    "max-line-bytes" => ingest.limits.max_line_bytes, Limits, INDEX | SEARCH,
        unit("bytes"), flags(NONE);

    /// The most metadata of a document, names and values taken together
    "max-metadata-bytes" => ingest.limits.max_metadata_bytes, Limits, INDEX | SEARCH,
        unit("bytes"), flags(NONE);

    /// The most passages of a document
    "max-passages" => ingest.limits.max_passages, Limits, INDEX | SEARCH,
        unit("passages"), flags(NONE);

    /// The longest query that is read
    "max-query-bytes" => search.max_query_bytes, Limits, SEARCHES,
        within(Range::Whole(range::MAX_QUERY_BYTES)), unit("bytes"), flags(NONE);

    /// The reranker, or none: a model, or an API: cohere, voyage, jina; http for a server of one's
    /// own at --api-base; llm for a language model, there or in this process. Several are a
    /// cascade: with A@64:100,B:20 A reads the best 64 tokens of each of the best 100 documents, B
    /// the best 20 of A's order
    "reranker" => models.rerankers, Models, RERANKS,
        // What eval has is a list whose members are compared.
        flags(RERANKS & !EVAL), shown(RERANKS & !EVAL);

    /// The last stage to run
    "stage" => search.stage, Stages, SEARCHES,
        // What eval has is the list of the stages that it shows.
        flags(SEARCHES & !EVAL), shown(SEARCHES & !EVAL);

    /// How many hits a search gives, at most --candidates
    "k" => search.k, Output, SEARCHES,
        within(Range::ToCandidates), unit("documents"), value("K"),
        flags(SEARCHES & !JUDGE), shown(SEARCH | WHY);

    /// How many documents the first stage finds
    "candidates" => search.candidates, Stages, SEARCHES,
        within(Range::Whole(range::CANDIDATES)), unit("documents");

    /// How BM25 and vectors become one list
    "fusion" => search.fusion, Stages, SEARCHES;

    /// The share of vectors in the fused score
    "dense-weight" => search.dense_weight, Stages, SEARCHES, within(Range::Number(range::SHARE));

    /// The weight of a match in the title beside one in the text
    "title-weight" => search.title_weight, Stages, SEARCHES,
        within(Range::Number(range::TITLE_WEIGHT));

    /// How many documents a reranker reads for which --reranker says no number, at most --candidates
    "rerank-depth" => search.rerank_depth, Stages, SEARCHES,
        within(Range::ToCandidates), unit("documents");

    /// How many passages of each document a reranker reads
    "rerank-passages" => search.rerank_passages, Stages, SEARCHES,
        within(Range::Whole(range::RERANK_PASSAGES)), unit("passages");

    /// How long reranking may take, such as 150ms or 1.5s; the most promising is read first
    "budget" => search.budget, Stages, SEARCHES, shown(SEARCH | WHY);

    /// When the reranker may stop early: exact, when nothing unread can enter the hits; learned,
    /// when that is most unlikely
    "settle" => search.early_stop, Stages, SEARCHES;

    /// The share of a reranker in the score: 0 keeps the order before it, 1 is its own order
    "blend" => search.blend, Stages, SEARCHES, within(Range::Number(range::SHARE));

    /// Read the query's operators, in BM25 only: "phrases", +must, -not, title:word
    "syntax" => search.syntax, Stages, SEARCHES;

    /// Which structure vectors get and are searched by: an HNSW graph from a measured size on,
    /// never, or always
    "ann" => search.ann, Models, INDEX | SEARCHES;

    /// How widely an HNSW graph is searched
    "ef" => search.ef, Models, SEARCHES, within(Range::Whole(range::EF)), unit("passages");

    /// What runs the models; auto is our own kernels where they can
    "runtime" => models.runtime, Models, LOADS;

    /// How our own kernels store weights and activations
    "precision" => models.precision, Models, LOADS;

    /// The instruction set of our own kernels: avx512-bf16, avx512-vnni, avx-vnni, avx2, portable;
    /// auto is the best of this machine
    "isa" => isa or "auto", Models, LOADS;

    /// How many threads to use; 0 is one for every core
    "threads" => threads, Models, LOADS, within(Range::Whole(0..=256));

    /// The API's address; auto is its owner's
    "api-base" => models.api.base or "auto", Models, ASKS, value("URL"), shown(RERANK);

    /// The API's model; auto is its owner's usual one
    "api-model" => models.api.model or "auto", Models, ASKS, shown(RERANK);

    /// A file with the API's key, in place of $COHERE_API_KEY, $VOYAGE_API_KEY or $JINA_API_KEY
    "api-key-file" => models.api.key_file or "none", Models, ASKS, value("FILE");

    /// How long the API may take for one query, or one request of an encoder, retries included
    "api-time" => models.api.total, Models, ASKS;

    /// What stands before a query for the encoder http, as its model may want it
    "api-query-prefix" => models.api.prefixes.query or "none", Models, INDEX | SEARCHES | REPAIR,
        value("TEXT"), flags(NONE);

    /// What stands before a passage for the encoder http
    "api-passage-prefix" => models.api.prefixes.passage or "none", Models, INDEX | SEARCHES | REPAIR,
        value("TEXT"), flags(NONE);

    /// The language model where there is no --api-base; auto is smollm2-135m-instruct
    "llm-model" => models.language.model or "auto", Models, RERANKS, value("ID");

    /// What a language model is asked: about each passage, for an order, or about pairs
    "llm-strategy" => models.language.strategy, Models, RERANKS;

    /// A file with the words that ask whether one passage is relevant
    "prompt-pointwise" => models.language.prompts[PromptKind::Pointwise] or "built-in", Models, RERANKS, flags(NONE);

    /// A file with the words that ask for a passage's grade, where a server tells no probabilities
    "prompt-grade" => models.language.prompts[PromptKind::Grade] or "built-in", Models, RERANKS, flags(NONE);

    /// A file with the words that ask for an order of passages
    "prompt-listwise" => models.language.prompts[PromptKind::Listwise] or "built-in", Models, RERANKS, flags(NONE);

    /// A file with the words that ask which of two passages is better
    "prompt-pairwise" => models.language.prompts[PromptKind::Pairwise] or "built-in", Models, RERANKS, flags(NONE);

    /// Use the reranker's scores of earlier searches, and keep those of this one; --no-cache does
    /// neither
    "cache" => cache, Models, SEARCHES, off_by("no-cache");

    /// How the answer looks
    "format" => format, Output, SEARCH, shown(SEARCH);

    /// When to colour the output
    "color" => colour, Output, GLOBAL, value("WHEN"), shown(GLOBAL);
}

impl Setting {
    /// Returns what it says, in one sentence without a full stop.
    #[must_use]
    pub fn doc(&self) -> &'static str {
        self.doc.trim()
    }

    /// Returns its default as text.
    #[must_use]
    pub fn default(&self) -> String {
        self.get(&Settings::default())
    }

    /// Returns what its values look like.
    #[must_use]
    pub fn kind(&self) -> Kind {
        (self.field.kind)()
    }

    /// Returns the environment variable that sets it, such as `TROMMEL_DENSE_WEIGHT`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("TROMMEL_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// Returns what stands for its value in help.
    #[must_use]
    pub fn value_name(&self) -> &'static str {
        self.value_name.unwrap_or(match self.kind() {
            Kind::Whole => "N",
            Kind::Number => "W",
            Kind::Time => "TIME",
            Kind::File => "FILE",
            Kind::Text => "NAME",
            Kind::Rerankers => "ID,…",
            Kind::Switch | Kind::OneOf(_) => "WHICH",
        })
    }

    /// Returns its flag as it is typed: `-k`, `--budget`, `--no-cache`.
    #[must_use]
    pub fn typed(&self) -> String {
        let dashes = if self.flag.len() == 1 { "-" } else { "--" };
        format!("{dashes}{}", self.flag)
    }

    /// Returns which values it may have, in words; nothing if all of its kind are good.
    #[must_use]
    pub fn range(&self) -> Option<String> {
        match &self.range {
            Range::Any => None,
            Range::ToCandidates => Some("1 to candidates".to_owned()),
            Range::Whole(range) if *range.end() == MANY => {
                Some(format!("at least {}", range.start()))
            }
            Range::Whole(range) => Some(format!("{} to {}", range.start(), range.end())),
            Range::Number(range) => Some(format!("{} to {}", range.start(), range.end())),
        }
    }

    /// Returns its value in these settings, as text that [`Settings::set`] reads.
    pub(super) fn get(&self, settings: &Settings) -> String {
        (self.field.get)(settings)
    }

    /// Reads a value into these settings, which stay as they are if it is none or out of range.
    pub(super) fn set(
        &self,
        settings: &mut Settings,
        text: &str,
        origin: &Origin,
    ) -> Result<(), SettingsError> {
        let (name, origin, before) = (self.name, origin.clone(), self.get(settings));
        if !(self.field.set)(settings, text) {
            (self.field.set)(settings, &before);
            let (expected, got) = (self.kind().expected(), text.to_owned());
            return Err(SettingsError::Misfit { name, origin, expected, got });
        }
        let got = self.get(settings);
        let is_within = match &self.range {
            Range::Any | Range::ToCandidates => true,
            Range::Whole(range) => got.parse().is_ok_and(|value| range.contains(&value)),
            Range::Number(range) => got.parse().is_ok_and(|value| range.contains(&value)),
        };
        if !is_within {
            (self.field.set)(settings, &before);
            let expected = self.range().unwrap_or_default();
            return Err(SettingsError::OutOfRange { name, origin, expected, got });
        }
        Ok(())
    }
}

/// Returns the setting of a name.
///
/// # Errors
///
/// [`SettingsError::Unknown`], with the name that looks most like it.
pub fn find(name: &str) -> Result<&'static Setting, SettingsError> {
    let unknown = || SettingsError::Unknown { name: name.to_owned(), nearest: nearest(name) };
    SETTINGS.iter().find(|setting| setting.name == name).ok_or_else(unknown)
}

/// Returns the name that looks most like `name`, if one does.
fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |setting: &Setting| strsim::jaro_winkler(setting.name, name);
    let best = SETTINGS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then_some(best.name)
}
