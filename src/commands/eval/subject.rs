//! What was evaluated: enough to do it again.

use std::collections::BTreeMap;

use trommel::settings::SETTINGS;
use trommel_engine::{RerankStage, Searcher};
use trommel_eval::{Fact, Subject};
use trommel_models::Isa;

use super::{Context, Task};
use crate::error::CliError;

/// The name of the fact.
const RERANKER: &str = "reranker";
/// Settings that change no answer.
const OUTWARD: [&str; 4] = ["format", "color", "stage", "cache"];

/// Describes a collection, its models and the settings.
pub(super) fn of_collection(
    context: &Context,
    pipeline: &Searcher,
    task: &Task,
) -> Result<Subject, CliError> {
    let snapshot = pipeline.snapshot();
    let manifest = snapshot.manifest();
    let settings = &context.settings;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push(Fact { name: name.to_owned(), value });
    fact("documents", manifest.documents.documents.to_string());
    fact("passages", manifest.lexical.passages.to_string());
    fact("queries", task.queries.len().to_string());
    // What was drawn was judged by nobody.
    if task.known_items.is_none() {
        fact("judgements", task.qrels.iter().map(|(_, j)| j.len()).sum::<usize>().to_string());
    }
    fact("collection", fingerprint(pipeline));
    fact("encoder", manifest.encoder.to_string());
    if let Some(rerankers) = rerankers(pipeline) {
        fact(RERANKER, rerankers);
    }
    let (runtime, precision) = (settings.text("runtime"), settings.text("precision"));
    // Scores depend on it in their last bits, so `auto` is not enough to repeat them.
    let isa = match settings.text("isa") {
        name if name == "auto" => Isa::best().name().to_owned(),
        name => name,
    };
    fact("runtime", format!("{runtime}, {precision}, {isa}"));
    fact("threads", settings.threads().to_string());
    fact("seed", task.resampling.seed.to_string());
    fact("trommel", env!("CARGO_PKG_VERSION").to_owned());
    let shown = SETTINGS.iter().map(|setting| setting.name).filter(|name| !OUTWARD.contains(name));
    let settings: BTreeMap<String, String> =
        shown.map(|name| (name.to_owned(), settings.text(name))).collect();
    Ok(Subject { name: task.name.clone(), facts, settings })
}

/// Adds the rerankers of a pipeline to what was evaluated.
pub(super) fn add_rerankers(subject: &mut Subject, pipeline: &Searcher) {
    let value = rerankers(pipeline).unwrap_or_default();
    let place = subject.facts.iter().rposition(|fact| fact.name == RERANKER);
    let place = place.map_or(subject.facts.len(), |place| place + 1);
    subject.facts.insert(place, Fact { name: RERANKER.to_owned(), value });
}

/// Returns the rerankers with how much each reads, such as `id@1225ccd6afd0f1b4 @64 :100, …`.
fn rerankers(pipeline: &Searcher) -> Option<String> {
    let stage = |stage: &RerankStage| {
        let excerpt = stage.excerpt.map(|tokens| format!(" @{tokens}")).unwrap_or_default();
        let depth = stage.depth.map(|depth| format!(" :{depth}")).unwrap_or_default();
        format!("{}{excerpt}{depth}", stage.reranker.info().fingerprint)
    };
    let stages: Vec<String> = pipeline.rerank_stages().iter().map(stage).collect();
    (!stages.is_empty()).then(|| stages.join(", "))
}

/// Returns a hash over the hashes of all files of the generation.
fn fingerprint(pipeline: &Searcher) -> String {
    let snapshot = pipeline.snapshot();
    let manifest = snapshot.manifest();
    let mut hasher = blake3::Hasher::new();
    for (path, record) in &manifest.files {
        hasher.update(format!("{path} {}\n", record.blake3).as_bytes());
    }
    format!("generation {}, {}", manifest.generation, &hasher.finalize().to_hex()[..16])
}
