//! Fear: a query panics, hangs, is a syntax error, or costs time without bound.

#[path = "common/effort.rs"]
mod effort;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use effort::{alone, effort_of, quick_folder};
use trommel_engine::{
    Answer, CollectionSettings, EngineError, Filter, IndexRequest, RerankStage, SearchSettings,
    Searcher, Snapshot, Splitting, Stage, index,
};
use trommel_ingest::{IngestOptions, Input};
use trommel_testkit::{Dice, FakeEncoder, FakeReranker, LongRun};
use trommel_vector::VectorSettings;

const MOST_TIME: Duration = Duration::from_secs(2);

/// Returns a collection of 300 short documents with titles and metadata.
fn pipeline() -> (tempfile::TempDir, Searcher) {
    let folder = quick_folder();
    let lines: String = (0..300)
        .map(|n| {
            let word = WORDS[n % WORDS.len()];
            format!(
                "{{\"_id\":\"d{n}\",\"title\":\"{word} {n}\",\"lang\":\"en\",\"tags\":[\"{word}\",{n}],\
                 \"text\":\"The {word} of number {n} is not a {} but café 日本 \u{5e9}\u{5dc}.\"}}\n",
                WORDS[n * 7 % WORDS.len()]
            )
        })
        .collect();
    fs::write(folder.path().join("lines.jsonl"), lines).unwrap();
    let collection = folder.path().join("collection");
    let encoder = FakeEncoder::new(16);
    let settings = CollectionSettings {
        splitting: Splitting { max_tokens: 64, overlap_tokens: 0 },
        insist: false,
        vectors: VectorSettings::default(),
    };
    let request = IndexRequest {
        inputs: vec![Input::Path(folder.path().join("lines.jsonl"))],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    };
    let cancel = AtomicBool::new(false);
    index(&collection, request, &settings, &encoder, &encoder, &mut |_| {}, &cancel).unwrap();
    let snapshot = Snapshot::open(&collection, Stage::Reranked).unwrap();
    let passes = vec![RerankStage::of(Arc::new(FakeReranker))];
    let pipeline = Searcher::new(snapshot, Some(Arc::new(encoder)), passes).unwrap();
    (folder, pipeline)
}

const WORDS: [&str; 8] = ["pump", "seal", "valve", "leak", "motor", "filter", "water", "steam"];

/// What queries are made of: words, signs, operators, and what is not either.
const PIECES: [&str; 58] = [
    "pump",
    "seal",
    "the",
    "of",
    "not",
    "AND",
    "OR",
    "NOT",
    "TO",
    "IN",
    "title:",
    "body:",
    "tags:",
    "path:",
    "lang:en",
    "nofield:",
    "_id:",
    "\\",
    "\"",
    "'",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "?",
    "~",
    "^",
    "^1e38",
    "^-1",
    "~99999999999",
    ":",
    "::",
    "/",
    "//",
    "<",
    ">",
    ">=",
    "&&",
    "||",
    "!",
    "\0",
    "\u{1b}[2J",
    "\u{202e}",
    "🙂",
    "👩\u{200d}🚀",
    "עברית",
    "العربية",
    "e\u{301}\u{301}\u{301}",
    "日本語",
    "\u{feff}",
    "\n",
    "\t",
    "1e400",
];

fn random_query(dice: &mut Dice) -> String {
    let pieces = 1 + dice.below(24);
    let mut query = String::new();
    for _ in 0..pieces {
        query.push_str(PIECES[dice.below(PIECES.len())]);
        if dice.below(3) > 0 {
            query.push(' ');
        }
    }
    query
}

fn search(
    pipeline: &Searcher,
    query: &str,
    settings: &SearchSettings,
) -> Result<Answer, EngineError> {
    let (answer, effort) = effort_of(|| {
        catch_unwind(AssertUnwindSafe(|| pipeline.search(query, settings, &|| Duration::ZERO)))
    });
    let start: String = query.chars().take(60).collect();
    let answer = answer.unwrap_or_else(|_| panic!("panics on {start:?}… of {} bytes", query.len()));
    assert!(effort.time < MOST_TIME, "{start:?}… takes {:?}", effort.time);
    assert!(effort.memory < 128 << 20, "{start:?}… takes {} MiB", effort.memory >> 20);
    if let Ok(answer) = &answer {
        assert!(answer.hits.iter().all(|hit| hit.score.is_finite()), "{start:?}");
    }
    answer
}

/// Returns queries that somebody may send, with their names.
fn table() -> Vec<(&'static str, String)> {
    let many: String = (0..100_000).map(|n| format!("w{n} ")).collect();
    vec![
        ("stop words", "to be or not to be".into()),
        ("emoji", "🙂🙃 👩\u{200d}🚀".into()),
        ("right to left", "\u{202e}עברית العربية".into()),
        ("combining", "e\u{301}".repeat(1000)),
        ("one letter, all accents", format!("a{}", "\u{300}".repeat(10_000))),
        ("NUL", "pump\0seal".into()),
        ("NUL in the name of a field", "lang\0x:en a\\\0b:pump tags.\0:1 \0:\0".into()),
        ("escape", "\u{1b}]0;title\u{7}pump".into()),
        ("operators", "+-\"title:(pump AND [a TO ]) ^9 ~ * ? \\".into()),
        ("open parentheses", "(".repeat(4000)),
        ("open quotes", "\"".repeat(4000)),
        ("nested", format!("{}pump{}", "(".repeat(30), ")".repeat(30))),
        ("negations", "-".repeat(4000)),
        ("ranges", "title:[a TO z] title:{* TO *} tags:>=1".into()),
        ("wildcards", "* title:* p* ?".into()),
        ("slop", "\"pump seal\"~4294967295".into()),
        ("boosts", "pump^1e38 seal^1e38 valve^-1e38".into()),
        ("a set", format!("title: IN [{}]", "pump ".repeat(700))),
        ("one long word", "a".repeat(60_000)),
        ("a cap of words", "pump ".repeat(13_000)),
        ("1 MB", "pump seal ".repeat(100_000)),
        ("100,000 terms", many),
    ]
}

#[test]
fn every_query_has_an_answer_or_a_clear_error() {
    let _alone = alone();
    let (_folder, pipeline) = pipeline();
    for empty in ["", " ", "\n\t "] {
        let error = search(&pipeline, empty, &SearchSettings::default()).unwrap_err().to_string();
        assert!(error.contains("query") && error.contains("empty"), "{error}");
    }
    for (name, query) in table() {
        for syntax in [false, true] {
            let settings = SearchSettings { syntax, ..SearchSettings::default() };
            match search(&pipeline, &query, &settings) {
                Ok(_) => assert!(query.len() <= 64 << 10, "{name}"),
                Err(error) => {
                    let words = error.to_string();
                    assert!(query.len() > 64 << 10, "{name}: {words}");
                    let got = format!("{} bytes", query.len());
                    assert!(
                        words.contains(&got) && words.contains("at most 65536 bytes"),
                        "{words}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_cap_of_a_query_is_a_setting() {
    let _alone = alone();
    let (_folder, pipeline) = pipeline();
    let wide = SearchSettings { max_query_bytes: 1 << 20, ..SearchSettings::default() };
    let query = "pump seal ".repeat(100_000);
    assert!(!search(&pipeline, &query, &wide).unwrap().hits.is_empty());
    let narrow = SearchSettings { max_query_bytes: 3, ..SearchSettings::default() };
    assert!(search(&pipeline, "pump", &narrow).is_err());
    let none = SearchSettings { max_query_bytes: 0, ..SearchSettings::default() };
    assert!(search(&pipeline, "pump", &none).is_err());
}

#[test]
fn no_filter_panics_or_hangs() {
    let _alone = alone();
    let (_folder, pipeline) = pipeline();
    let mut dice = Dice::new(1);
    let globs =
        ["**/*", "[", "[a-", "{a,{b,{c", "***", "\\", "", "?", "a/**/b/**/c", "[!]", "{}", "\0"];
    for _ in 0..400 {
        let signs = ["=", "!=", "<", " >= ", "~", " in (", " in ..", ",", ")", "\"", "not "];
        let conditions: Vec<String> = (0..dice.below(4))
            .map(|_| {
                let sign = signs[dice.below(signs.len())];
                format!("{}{sign}{}", random_query(&mut dice), random_query(&mut dice))
            })
            .collect();
        let patterns: Vec<String> = (0..dice.below(4))
            .map(|_| (0..=dice.below(6)).map(|_| globs[dice.below(globs.len())]).collect())
            .collect();
        let filter = Filter::parse(&conditions).and_then(|it| it.with_paths(&patterns));
        if let Ok(filter) = filter {
            let settings =
                SearchSettings { filter, stage: Stage::Fused, ..SearchSettings::default() };
            match search(&pipeline, "pump of number", &settings) {
                // Nothing else may go wrong: no document has fields of such names.
                Ok(_) | Err(EngineError::UnknownField { .. }) => {}
                Err(error) => panic!("{conditions:?} {patterns:?}: {error}"),
            }
        }
    }
    for glob in ["*".repeat(60_000), "{a,".repeat(20_000), "[a-z]".repeat(12_000)] {
        let (filter, effort) = effort_of(|| Filter::default().with_paths([&glob]));
        assert!(effort.time < MOST_TIME, "{}…: {effort:?}", &glob[..6]);
        if let Ok(filter) = filter {
            let settings = SearchSettings { filter, ..SearchSettings::default() };
            search(&pipeline, "pump", &settings).ok();
        }
    }
}

fn random_queries(parses: LongRun, searches: LongRun) {
    let (_folder, pipeline) = pipeline();
    let mut found = 0;
    for (case, mut dice) in parses.cases() {
        let syntax = case % 4 > 0;
        let settings =
            SearchSettings { syntax, stage: Stage::LEXICAL, ..SearchSettings::default() };
        let query = random_query(&mut dice);
        if !query.trim().is_empty() {
            found += usize::from(!search(&pipeline, &query, &settings).unwrap().hits.is_empty());
        }
    }
    parses.record(&format!("{found} with hits"));
    assert!(found as u64 > 0);
    for (case, mut dice) in searches.cases() {
        let settings = SearchSettings { syntax: case % 2 > 0, ..SearchSettings::default() };
        let query = random_query(&mut dice);
        if !query.trim().is_empty() {
            search(&pipeline, &query, &settings).unwrap();
        }
    }
    searches.record("no fault");
}

#[test]
fn random_queries_are_parsed_and_answered() {
    let _alone = alone();
    random_queries(LongRun::of("parses", 20_000), LongRun::of("searches", 1_000));
}

#[test]
#[ignore = "the long run: minutes"]
fn random_queries_the_long_run() {
    let _alone = alone();
    random_queries(LongRun::of("parses", 400_000), LongRun::of("searches", 20_000));
}
