//! What the tests of this crate share.
#![allow(dead_code, unreachable_pub)] // each test file uses a part

use trommel_core::{Metadata, PassageId, Query, Retriever, ScoredPassage};
use trommel_lexical::{Language, LexicalIndex, LexicalPassage, LexicalSettings, LexicalWriter};

/// Plain words, and the body only.
pub const BODY: LexicalSettings = LexicalSettings { title_weight: 0.0, syntax: false };

/// Adds a passage of a title and a text.
pub fn add(writer: &mut LexicalWriter, id: u64, title: &str, body: &str) {
    let passage = passage(id, title, body, None);
    writer.add(&passage).unwrap();
}

/// Returns a passage of a title and a text that is read by a language, if one is set.
pub fn passage<'a>(
    id: u64,
    title: &'a str,
    body: &'a str,
    read_as: Option<Language>,
) -> LexicalPassage<'a> {
    static NONE: Metadata = Metadata::new();
    let (id, headings, path, metadata, language) = (PassageId(id), "", "", &NONE, None);
    LexicalPassage { id, title, headings, body, path, metadata, language, read_as }
}

/// Returns an index of texts without titles, numbered from 0, and the folder it lives in.
pub fn index(bodies: &[&str]) -> (tempfile::TempDir, LexicalIndex) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    for (id, body) in bodies.iter().enumerate() {
        add(&mut writer, id as u64, "", body);
    }
    let state = writer.commit().unwrap();
    let index = LexicalIndex::open(folder.path(), &state).unwrap();
    (folder, index)
}

/// Returns what an index finds.
pub fn search(
    index: &LexicalIndex,
    settings: LexicalSettings,
    text: &str,
    limit: usize,
) -> Vec<ScoredPassage> {
    index.retriever(settings).retrieve(Query { text, vector: &[] }, limit, None).unwrap()
}

/// Returns the ids of what an index finds, best first.
pub fn ids(found: &[ScoredPassage]) -> Vec<u64> {
    found.iter().map(|passage| passage.id.0).collect()
}

/// A small generator of numbers, the same on every run.
pub struct Numbers(pub u64);

impl Numbers {
    /// Returns a number below `bound`, small ones more often.
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut draw = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) % bound
        };
        draw().min(draw())
    }

    /// Returns a text of up to `longest` made-up words.
    pub fn text(&mut self, longest: u64) -> String {
        let length = 1 + self.below(longest);
        (0..length).map(|_| format!("w{} ", self.below(40))).collect()
    }
}
