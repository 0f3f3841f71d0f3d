//! The table of all settings: everything that is said about one is said in its row.
//!
//! Flags, environment variables, keys of `config.toml`, help, `docs/settings.md` and the JSON schema
//! come from here. A default is that of the field of [`Settings`](super::Settings) that the row names.

use trommel_engine::range;
use trommel_inference::llm::PromptKind;

use super::setting::{Field, Range, Setting, field, kind};
use super::value::Value;

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

/// What settings are about, in the order of the page; also the headings of flags.
pub const GROUPS: [&str; 6] = ["Output", "Stages", "Models", "Collection", "Documents", "Limits"];

/// The rows of the table: what the setting says, its name and its field, what it is about, which
/// commands take it, and other fields of [`Setting`].
macro_rules! settings {
    ($(
        $(#[doc = $doc:literal])+
        $name:literal => $($field:ident).+ $([$key:expr])? $(or $missing:literal)?,
        $group:ident, $commands:expr $(, $fact:ident: $value:expr)*;
    )*) => {
        /// All settings, in the order in which `config show` has them.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            $($fact: $value,)*
            ..Setting::row(
                $name,
                field!($($field).+ $([$key])? $(or $missing)?),
                stringify!($group),
                $commands,
                concat!($($doc),+),
            )
        }),*];
    };
}

settings! {
    /// The encoder of a new collection, http for a server at --api-base; later on, the one that the
    /// collection was made with
    "encoder" => encoder, Models, INDEX | SEARCHES | REPAIR,
        value_name: Some("ID"), flags: INDEX | SEARCHES | REPAIR, shown: INDEX | REPAIR;

    /// The most tokens of a passage, in a new collection
    "passage-tokens" => splitting.max_tokens, Collection, INDEX | SEARCH | EVAL | REPAIR,
        range: Range::Whole(1..=usize::MAX), unit: Some("tokens"), flags: INDEX | EVAL, shown: INDEX;

    /// How many tokens neighbouring passages share, in a new collection; less than
    /// --passage-tokens
    "overlap-tokens" => splitting.overlap_tokens, Collection, INDEX | SEARCH | EVAL | REPAIR,
        unit: Some("tokens"), flags: INDEX | EVAL;

    /// The field of a JSONL line that names the document
    "id-field" => ingest.id_field, Documents, READS,
        flags: INDEX, shown: INDEX;

    /// The field of a JSONL line that holds the title
    "title-field" => ingest.title_field, Documents, READS,
        flags: INDEX, shown: INDEX;

    /// The field of a JSONL line that holds the text
    "text-field" => ingest.text_field, Documents, READS,
        flags: INDEX, shown: INDEX;

    /// The largest file that is read as one document; JSONL files may be of any size
    "max-file-bytes" => ingest.limits.max_file_bytes, Limits, INDEX | SEARCH,
        unit: Some("bytes"), flags: NONE;

    /// The longest line of a JSONL file
    "max-line-bytes" => ingest.limits.max_line_bytes, Limits, INDEX | SEARCH,
        unit: Some("bytes"), flags: NONE;

    /// The most metadata of a document, names and values taken together
    "max-metadata-bytes" => ingest.limits.max_metadata_bytes, Limits, INDEX | SEARCH,
        unit: Some("bytes"), flags: NONE;

    /// The most passages of a document
    "max-passages" => ingest.limits.max_passages, Limits, INDEX | SEARCH,
        unit: Some("passages"), flags: NONE;

    /// The longest query that is read
    "max-query-bytes" => search.max_query_bytes, Limits, SEARCHES,
        range: Range::Whole(range::MAX_QUERY_BYTES), unit: Some("bytes"), flags: NONE;

    /// The reranker, or none: a model, or an API: cohere, voyage, jina; http for a server of one's
    /// own at --api-base; llm for a language model, there or in this process. Several are a
    /// cascade: with A@64:100,B:20 A reads the best 64 tokens of each of the best 100 documents, B
    /// the best 20 of A's order
    "reranker" => models.rerankers, Models, RERANKS,
        // What eval has is a list whose members are compared.
        flags: RERANKS & !EVAL, shown: RERANKS & !EVAL;

    /// The last stage to run
    "stage" => search.stage, Stages, SEARCHES,
        // What eval has is the list of the stages that it shows.
        flags: SEARCHES & !EVAL, shown: SEARCHES & !EVAL;

    /// How many hits a search gives, at most --candidates
    "k" => search.k, Output, SEARCHES,
        range: Range::ToCandidates, unit: Some("documents"), value_name: Some("K"),
        flags: SEARCHES & !JUDGE, shown: SEARCH | WHY;

    /// The least probability of a hit, 0 to 1: what is less likely to be relevant is not shown. Files of
    /// queries and TREC runs are whole
    "min-score" => search.min_score, Output, SEARCH,
        range: Range::Number(range::SHARE), value_name: Some("P"), shown: SEARCH;

    /// How many documents the first stage finds
    "candidates" => search.candidates, Stages, SEARCHES,
        range: Range::Whole(range::CANDIDATES), unit: Some("documents");

    /// How BM25 and vectors become one list
    "fusion" => search.fusion, Stages, SEARCHES;

    /// The share of vectors in the fused score
    "dense-weight" => search.dense_weight, Stages, SEARCHES, range: Range::Number(range::SHARE);

    /// How much of the mean count of a word among a passage's neighbours counts for the passage, too;
    /// 0 for its own words alone
    "neighbours" => search.neighbours, Stages, SEARCHES,
        range: Range::Number(range::SHARE), flags: NONE;

    /// How much it counts that a document has the very words of the query; 0 for no more than BM25 says
    "exact" => search.exact, Stages, SEARCHES, range: Range::Number(range::SHARE), flags: NONE;

    /// How many of the best candidates that are not encoded yet are encoded for the search; 0 for none
    "lazy" => search.lazy, Stages, SEARCHES,
        range: Range::Whole(range::LAZY), unit: Some("documents");

    /// Whose best documents move the query's vector before the sources are asked once more: the
    /// reranker's after a first reading (fusion's where there is none), fusion's, or nobody's
    "feedback" => search.feedback, Stages, SEARCHES;

    /// The weight of a match in the title beside one in the text
    "title-weight" => search.title_weight, Stages, SEARCHES,
        range: Range::Number(range::TITLE_WEIGHT);

    /// How many documents a reranker reads for which --reranker says no number, at most --candidates
    "rerank-depth" => search.rerank_depth, Stages, SEARCHES,
        range: Range::ToCandidates, unit: Some("documents");

    /// How many passages of each document a reranker reads
    "rerank-passages" => search.rerank_passages, Stages, SEARCHES,
        range: Range::Whole(range::RERANK_PASSAGES), unit: Some("passages");

    /// What a reranker reads: auto is all but passages in languages that it does not know, and nothing
    /// for a query in such a one
    "reranker-reads" => search.reads, Stages, SEARCHES;

    /// How long reranking may take, such as 150ms or 1.5s; the most promising is read first
    "budget" => search.budget, Stages, SEARCHES, shown: SEARCH | WHY;

    /// When the reranker may stop early: exact, when nothing unread can enter the hits; learned,
    /// when that is most unlikely
    "settle" => search.early_stop, Stages, SEARCHES;

    /// The share of a reranker in the score: 0 keeps the order before it, 1 is its own order
    "blend" => search.blend, Stages, SEARCHES, range: Range::Number(range::SHARE);

    /// Read the query's operators, in BM25 only: "phrases", +must, -not, title:word
    "syntax" => search.syntax, Stages, SEARCHES;

    /// Which structure vectors get and are searched by: an HNSW graph from a measured size on,
    /// never, or always
    "ann" => search.ann, Models, INDEX | SEARCHES;

    /// How widely an HNSW graph is searched
    "ef" => search.ef, Models, SEARCHES, range: Range::Whole(range::EF), unit: Some("passages");

    /// What runs the models; auto is our own kernels where they can
    "runtime" => models.runtime, Models, LOADS;

    /// How our own kernels store weights and activations
    "precision" => models.precision, Models, LOADS;

    /// The instruction set of our own kernels: avx512-bf16, avx512-vnni, avx-vnni, avx2, portable;
    /// auto is the best of this machine
    "isa" => isa or "auto", Models, LOADS;

    /// How many threads to use; 0 is one for every core
    "threads" => threads, Models, LOADS, range: Range::Whole(0..=256);

    /// The API's address; auto is its owner's
    "api-base" => models.api.base or "auto", Models, ASKS, value_name: Some("URL"), shown: RERANK;

    /// The API's model; auto is its owner's usual one
    "api-model" => models.api.model or "auto", Models, ASKS, shown: RERANK;

    /// A file with the API's key, in place of $COHERE_API_KEY, $VOYAGE_API_KEY or $JINA_API_KEY
    "api-key-file" => models.api.key_file or "none", Models, ASKS, value_name: Some("FILE");

    /// How long the API may take for one query, or one request of an encoder, retries included
    "api-time" => models.api.total, Models, ASKS;

    /// What stands before a query for the encoder http, as its model may want it
    "api-query-prefix" => models.api.prefixes.query or "none", Models, INDEX | SEARCHES | REPAIR,
        value_name: Some("TEXT"), flags: NONE;

    /// What stands before a passage for the encoder http
    "api-passage-prefix" => models.api.prefixes.passage or "none", Models, INDEX | SEARCHES | REPAIR,
        value_name: Some("TEXT"), flags: NONE;

    /// The language model where there is no --api-base; auto is smollm2-135m-instruct
    "llm-model" => models.language.model or "auto", Models, RERANKS, value_name: Some("ID");

    /// What a language model is asked: about each passage, for an order, or about pairs
    "llm-strategy" => models.language.strategy, Models, RERANKS;

    /// A file with the words that ask whether one passage is relevant
    "prompt-pointwise" => models.language.prompts[PromptKind::Pointwise] or "built-in", Models, RERANKS, flags: NONE;

    /// A file with the words that ask for a passage's grade, where a server tells no probabilities
    "prompt-grade" => models.language.prompts[PromptKind::Grade] or "built-in", Models, RERANKS, flags: NONE;

    /// A file with the words that ask for an order of passages
    "prompt-listwise" => models.language.prompts[PromptKind::Listwise] or "built-in", Models, RERANKS, flags: NONE;

    /// A file with the words that ask which of two passages is better
    "prompt-pairwise" => models.language.prompts[PromptKind::Pairwise] or "built-in", Models, RERANKS, flags: NONE;

    /// Use the reranker's scores of earlier searches, and keep those of this one; --no-cache does
    /// neither
    "cache" => cache, Models, SEARCHES, flag: "no-cache";

    /// How the answer looks
    "format" => format, Output, SEARCH, shown: SEARCH;

    /// When to colour the output
    "color" => colour, Output, GLOBAL, value_name: Some("WHEN");
}
