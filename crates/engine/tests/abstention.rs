//! Fears that a reranker judges what it cannot read; that it leaves unread what it can; that what it left
//! unread loses its place, or nobody is told.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use support::{encoder, ids_of, index_paths, indexed, outcome, text};
use trommel_core::{Calibration, RerankRequest, RerankResponse, Reranker, RerankerInfo};
use trommel_engine::{
    Answer, Feedback, Reads, RerankStage, SearchSettings, Searcher, Snapshot, Stage, Stopped,
};
use trommel_lexical::Language;
use trommel_testkit::FakeReranker;

/// A reranker that knows some languages.
struct Knows(RerankerInfo);

impl Knows {
    fn stage(languages: &'static [&'static str]) -> RerankStage {
        let info = RerankerInfo::local("knows@0", Calibration::SIGMOID, 1).reading(languages);
        RerankStage::of(Arc::new(Self(info)))
    }
}

impl Reranker for Knows {
    fn info(&self) -> &RerankerInfo {
        &self.0
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        FakeReranker.score(request)
    }
}

/// Returns a collection of 60 documents, of which each has the language that `of` says.
fn collection(folder: &Path, of: impl Fn(u64) -> &'static str) -> PathBuf {
    let (file, collection) = (folder.join("x.jsonl"), folder.join("c"));
    let line = |id: u64| {
        let (text, language) = (text(id * 31 + 1, 10 + (id % 12) as usize), of(id));
        format!("{{\"_id\":\"{language}{id}\",\"text\":\"{text}\",\"language\":\"{language}\"}}\n")
    };
    fs::write(&file, (0..60).map(line).collect::<String>()).unwrap();
    index_paths(&collection, &[file]).unwrap();
    collection
}

fn ask(collection: &Path, stages: Vec<RerankStage>, query: &str, change: SearchSettings) -> Answer {
    let snapshot = Snapshot::open(collection, Stage::Reranked).unwrap();
    let searcher = Searcher::new(snapshot, Some(Arc::new(encoder())), stages).unwrap();
    let settings = SearchSettings { k: 50, candidates: 50, rerank_depth: 50, ..change };
    searcher.search(query, &settings, &|| Duration::ZERO).unwrap()
}

const QUERY: &str = "pump leak in the boiler";

fn german() -> Vec<Language> {
    vec![Language::of_code("deu").unwrap()]
}

#[test]
fn all_of_an_english_collection_is_read_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let collection = indexed(folder.path(), 0..60, 1);
    let knows = ask(&collection, vec![Knows::stage(&["en"])], QUERY, SearchSettings::default());
    let any = ask(&collection, vec![Knows::stage(&[])], QUERY, SearchSettings::default());
    assert_eq!(outcome(&knows), outcome(&any));
    assert_eq!((knows.reading, &knows.reranks[0].abstention), (any.reading, &None));
}

#[test]
fn passages_in_an_unknown_language_are_not_read_and_keep_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), |id| if id % 2 == 0 { "de" } else { "en" });
    for feedback in [Feedback::Off, Feedback::Reranker, Feedback::Fused] {
        let change = SearchSettings { feedback, ..SearchSettings::default() };
        let answer = ask(&collection, vec![Knows::stage(&["en"])], QUERY, change);
        let mut before = Vec::new();
        for hit in &answer.hits {
            let read = hit.candidate.last_reranked().is_some();
            assert_eq!(read, hit.id.starts_with("en"), "{}", hit.id);
            if !read {
                assert!(hit.candidate.expected.is_some());
                let candidate = &hit.candidate;
                before.push(candidate.feedback.or(candidate.fused).unwrap().rank);
            }
        }
        assert!(before.len() > 9 && before.is_sorted(), "{feedback:?}: {before:?}");
        let report = &answer.reranks[0];
        let unread = report.abstention.as_ref().unwrap();
        assert_eq!((unread.query, &unread.languages), (false, &german()));
        assert!(unread.passages >= before.len() && report.reading.read > 0);
        assert!(answer.reading.is_some(), "it took part");
    }
}

#[test]
fn whoever_wants_it_has_everything_read() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), |id| if id % 2 == 0 { "de" } else { "en" });
    let any = ask(&collection, vec![Knows::stage(&[])], QUERY, SearchSettings::default());
    let reads = SearchSettings { reads: Reads::All, ..SearchSettings::default() };
    let all = ask(&collection, vec![Knows::stage(&["en"])], QUERY, reads);
    assert_eq!(outcome(&all), outcome(&any));
    assert_eq!(all.reranks[0].abstention, None);
}

#[test]
fn few_passages_that_may_have_been_told_wrong_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), |id| if id < 2 { "de" } else { "en" });
    let answer = ask(&collection, vec![Knows::stage(&["en"])], QUERY, SearchSettings::default());
    assert_eq!(answer.reranks[0].abstention, None);
}

#[test]
fn where_nothing_can_be_read_the_order_is_that_of_fusion() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), |_| "de");
    let answer = ask(&collection, vec![Knows::stage(&["en"])], QUERY, SearchSettings::default());
    let fused = SearchSettings { stage: Stage::Fused, ..SearchSettings::default() };
    assert_eq!(outcome(&answer), outcome(&ask(&collection, Vec::new(), QUERY, fused)));
    let report = &answer.reranks[0];
    let unread = report.abstention.as_ref().unwrap();
    assert_eq!((unread.query, unread.passages, &unread.languages), (false, 50, &german()));
    assert_eq!((answer.reading, &answer.failure), (None, &None), "it took no part");
    assert_eq!((report.reading.of, report.reading.stopped), (0, Stopped::Complete));
}

#[test]
fn a_query_that_is_surely_in_an_unknown_language_leaves_everything_unread() {
    let folder = tempfile::tempdir().unwrap();
    let mixed = collection(folder.path(), |id| if id % 2 == 0 { "de" } else { "en" });
    let query = "Das Museum ist montags und an Feiertagen geschlossen. Wer den Garten sehen will, geht \
        durch das kleine Tor an der Straße und fragt nach dem Schlüssel, der dort hängt: der pump motor \
        und das valve sind dort.";
    let answer = ask(&mixed, vec![Knows::stage(&["en"])], query, SearchSettings::default());
    let unread = answer.reranks[0].abstention.as_ref().unwrap();
    assert_eq!((unread.query, &unread.languages), (true, &german()));
    assert_eq!(answer.reading, None);
    let fused = SearchSettings { stage: Stage::Fused, ..SearchSettings::default() };
    assert_eq!(ids_of(&answer), ids_of(&ask(&mixed, Vec::new(), query, fused)));

    let folder = tempfile::tempdir().unwrap();
    let english = collection(folder.path(), |_| "en");
    let answer = ask(&english, vec![Knows::stage(&["en"])], query, SearchSettings::default());
    assert_eq!(answer.reranks[0].abstention, None, "nothing here is in German");
}

#[test]
fn what_one_reranker_cannot_read_the_next_one_may() {
    let folder = tempfile::tempdir().unwrap();
    let collection = collection(folder.path(), |_| "de");
    let stages = vec![Knows::stage(&["en"]), Knows::stage(&["de", "en"])];
    let change = SearchSettings { feedback: Feedback::Off, ..SearchSettings::default() };
    let answer = ask(&collection, stages, QUERY, change);
    let [first, second] = &answer.reranks[..] else { panic!("two passes") };
    assert_eq!((first.reading.read, first.abstention.as_ref().unwrap().passages), (0, 50));
    assert!(second.reading.read > 0 && second.abstention.is_none());
    assert!(answer.reading.is_some());
}
