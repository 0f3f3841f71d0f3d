//! Which contestants race over which work.

use std::borrow::Cow;

use crate::Failure;

/// A race.
#[derive(Clone)]
pub struct Task {
    /// Its name on the command line, and its files'.
    pub name: &'static str,
    /// What is measured, for people.
    pub title: &'static str,
    /// Work that is timed, in this order in every round.
    pub work: Cow<'static, [&'static str]>,
    /// Who takes part; the first is the one that others are compared with.
    pub contestants: &'static [&'static str],
    /// Whose answers the others' are held against.
    pub reference: &'static str,
}

static TASKS: [Task; 4] = [
    Task {
        name: "encode",
        title: "Encoding 32 texts of 64, 128 and 256 tokens, all-MiniLM-L6-v2",
        work: Cow::Borrowed(&["encode-64", "encode-128", "encode-256"]),
        contestants: &[
            "trommel-int8",
            "trommel-int8-avx-vnni",
            "trommel-int8-avx2",
            "trommel-bf16",
            "trommel-f32",
            "ort-int8",
            "ort-f32",
            "rten-int8",
            "rten-f32",
            "candle-f32",
            "candle-f32-plain",
            "torch-bf16",
            "torch-f32",
        ],
        reference: "ort-f32",
    },
    Task {
        name: "rerank",
        title: "Reranking 100 pairs of 128 tokens, ms-marco-MiniLM-L-12-v2",
        work: Cow::Borrowed(&["rerank-128"]),
        contestants: &[
            "trommel-int8",
            "trommel-int8-avx-vnni",
            "trommel-int8-avx2",
            "trommel-bf16",
            "trommel-f32",
            "ort-int8",
            "ort-int8-shipped",
            "ort-f32",
        ],
        reference: "ort-f32",
    },
    Task {
        name: "mixed",
        title: "Encoding documents of scifact from text, all-MiniLM-L6-v2",
        work: Cow::Borrowed(&["mixed-128", "mixed-512"]),
        contestants: &[
            "trommel",
            "trommel-int8",
            "trommel-bf16",
            "ort-int8",
            "fastembed-int8-sorted",
            "fastembed-int8",
            "fastembed-f32-sorted",
            "sentence-transformers-bf16",
            "sentence-transformers-f32",
            "candle-f32",
        ],
        reference: "sentence-transformers-f32",
    },
    Task {
        name: "vectors",
        title: "Searching 50,000 vectors of 384 dimensions",
        work: Cow::Borrowed(&[
            "search-10-64",
            "search-10-128",
            "search-10-256",
            "search-100-128",
            "search-100-256",
            "search-100-400",
        ]),
        contestants: &["trommel-hnsw", "trommel-exact", "hnswlib", "faiss-hnsw", "faiss-flat"],
        reference: "faiss-flat",
    },
];

impl Task {
    /// Returns the race called `name`.
    pub fn named(name: &str) -> Result<&'static Self, Failure> {
        TASKS.iter().find(|task| task.name == name).ok_or_else(|| {
            format!("no task is called {name:?}; there are encode, rerank, mixed, vectors").into()
        })
    }

    /// Returns the race with some of its work only; names that it does not have are passed over.
    pub fn picked(&self, names: Option<&[String]>) -> Self {
        let mut task = self.clone();
        if let Some(names) = names {
            task.work.to_mut().retain(|work| names.iter().any(|name| name == work));
        }
        task
    }
}
