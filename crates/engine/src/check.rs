//! Whether a collection is whole: every byte as it was written, every part of the same documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use trommel_core::PassageSet;

use crate::collection::{MANIFEST, Opening, is_ours, orphans, verify_file};
use crate::pipeline::Stage;
use crate::{EngineError, Manifest, Snapshot};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The generation that was checked.
    pub generation: u64,
    /// How many files it has, the manifest among them.
    pub files: usize,
    /// How many bytes they have, without the manifest.
    pub bytes: u64,
    /// How many documents the document store has.
    pub documents: usize,
    /// How many passages the document store has.
    pub passages: usize,
    /// What is damaged; empty if all is well.
    pub findings: Vec<Finding>,
    /// Files that no generation names: leftovers that the next writer removes. No damage.
    pub orphans: Vec<String>,
    /// Files in the collection's folders that no writer made and none removes. No damage.
    pub foreign: Vec<String>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, or the collection's folder where files disagree.
    pub path: PathBuf,
    /// What is wrong.
    pub detail: String,
}

/// Checks a collection: the hash of every file, the sets of passages of both indexes against the
/// documents, the checksums of tantivy, and every document's record.
///
/// # Errors
///
/// [`EngineError::NoCollection`], or [`EngineError::Io`] if a file cannot be read at all. Damage is
/// not an error but a finding.
pub fn check(folder: &Path) -> Result<CheckReport, EngineError> {
    loop {
        let _opening = Opening::begin(folder);
        let report = check_once(folder)?;
        // A writer that commits meanwhile takes the old generation's files away.
        let now = Manifest::read(folder).map_or(0, |manifest| manifest.generation);
        if report.findings.is_empty() || now == report.generation {
            return Ok(report);
        }
    }
}

fn check_once(folder: &Path) -> Result<CheckReport, EngineError> {
    let manifest = match Manifest::read(folder) {
        Err(error) => {
            let (path, detail) = error.damage()?;
            let findings = vec![Finding { path, detail }];
            let (generation, files, bytes, documents, passages) = (0, 1, 0, 0, 0);
            let (orphans, foreign) = (Vec::new(), Vec::new());
            return Ok(CheckReport {
                generation,
                files,
                bytes,
                documents,
                passages,
                findings,
                orphans,
                foreign,
            });
        }
        Ok(manifest) => manifest,
    };
    let mut findings = Findings::default();
    for (name, record) in &manifest.files {
        findings.note(verify_file(folder, name, record))?;
    }
    let named: BTreeSet<&str> = manifest.files.keys().map(String::as_str).collect();
    let (orphans, foreign) = orphans(folder, &named)?.into_iter().partition(|name| is_ours(name));
    let mut report = CheckReport {
        generation: manifest.generation,
        files: manifest.files.len() + 1,
        bytes: manifest.files.values().map(|record| record.size).sum(),
        documents: 0,
        passages: 0,
        findings: Vec::new(),
        orphans,
        foreign,
    };
    // Damaged files are not given to the libraries that read them.
    if findings.0.is_empty() {
        let opened = Snapshot::open_generation(folder, manifest, Stage::Reranked);
        if let Some(snapshot) = findings.note(opened)? {
            findings.0.extend(snapshot.lost_predictions().cloned());
            if let Some(stored) = findings.note(documents_are_whole(&snapshot, &mut report))? {
                findings.note(indexes_agree(&snapshot, &stored))?;
            }
        }
    }
    report.findings = findings.0;
    Ok(report)
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// Keeps damage as a finding and passes other errors on.
    fn note<T>(&mut self, result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) => match error.damage() {
                Ok((path, detail)) => {
                    self.0.push(Finding { path, detail });
                    Ok(None)
                }
                Err(error) => Err(error),
            },
        }
    }
}

/// Reads every document and counts them; returns their passages.
fn documents_are_whole(
    snapshot: &Snapshot,
    report: &mut CheckReport,
) -> Result<PassageSet, EngineError> {
    let mut passages = PassageSet::new();
    for entry in snapshot.catalogue().entries() {
        let (_, entry) = entry?;
        report.documents += 1;
        report.passages += entry.passages as usize;
        entry.passage_ids().for_each(|id| {
            passages.insert(id);
        });
        let stored = snapshot.read(&entry)?;
        let text = &stored.document.text;
        let inside = |passage: &trommel_core::Passage| text.get(passage.bytes.clone()).is_some();
        let whole = stored.document.id == entry.id
            && stored.document.hash == entry.content_hash()
            && stored.passages.len() == entry.passages as usize
            && stored.passages.iter().all(inside);
        if !whole {
            let detail = format!("the record of document {:?} is not what was indexed", entry.id);
            return Err(EngineError::corrupt(snapshot.folder(), detail));
        }
    }
    let expected = &snapshot.manifest().documents;
    if (report.documents as u64, report.passages as u64) != (expected.documents, expected.passages)
    {
        let detail = format!(
            "expected {} documents with {} passages, got {} with {}",
            expected.documents, expected.passages, report.documents, report.passages
        );
        return Err(EngineError::corrupt(&snapshot.folder().join(MANIFEST), detail));
    }
    Ok(passages)
}

fn indexes_agree(snapshot: &Snapshot, stored: &PassageSet) -> Result<(), EngineError> {
    let lexical = snapshot.lexical()?;
    let vectors = snapshot.vectors()?;
    if let Some(path) = lexical.verify().first() {
        return Err(EngineError::corrupt(path, "tantivy's checksum does not hold"));
    }
    if let Some(error) = vectors.check().into_iter().next() {
        return Err(error.into());
    }
    if let Some(error) = snapshot.predictions().and_then(|it| it.index.check().into_iter().next()) {
        return Err(error.into());
    }
    let manifest = snapshot.folder().join(MANIFEST);
    let predicted = snapshot.predictions().map(|it| it.index.passages()).unwrap_or_default();
    let (words, encoded) = (lexical.passages()?, vectors.passages());
    let all_are_encoded = snapshot.manifest().should_be_encoded();
    for (name, passages, should_have_all) in [
        ("BM25 index", &words, true),
        ("vector index", &encoded, all_are_encoded),
        ("index of predictions", &predicted, false),
    ] {
        let strays = |left: &PassageSet, right: &PassageSet| {
            left.iter().filter(|id| !right.contains(*id)).count()
        };
        let missing = if should_have_all { strays(stored, passages) } else { 0 };
        let foreign = strays(passages, stored);
        if missing + foreign > 0 {
            let detail = format!(
                "the {name} lacks {missing} passages of the documents and has {foreign} others"
            );
            return Err(EngineError::corrupt(&manifest, detail));
        }
    }
    match predicted.iter().filter(|id| encoded.contains(*id)).count() {
        0 => Ok(()),
        twice => {
            let detail = format!("{twice} passages have a vector and a prediction of it");
            Err(EngineError::corrupt(&manifest, detail))
        }
    }
}
