//! Fears that text in some script makes a search panic, take forever, or mark half of a character.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use support::{encoder, pipeline, request, settings};
use trommel_engine::{
    CollectionSettings, Hit, HitPassage, SearchSettings, Splitting, Stage, index,
};
use unicode_segmentation::UnicodeSegmentation;

/// Text that is not what a program expects, each with a query that has its words.
const ODD: [(&str, &str); 16] = [
    ("Das Wort КафеCafé漢字ไทยtext steht allein.", "КафеCafé漢字ไทยtext"),
    ("cafe\u{301}s o\u{308}ffnen. Ende.", "cafés öffnen"),
    ("می\u{200c}خواهم. क्\u{200d}ष है।", "می\u{200c}خواهم क्\u{200d}ष"),
    ("👩\u{200d}👩\u{200d}👧\u{200d}👦 👍🏽 🇩🇪🇫🇷 family", "family 👍🏽"),
    ("\u{e000}\u{f8ff} private \u{100000} use", "private \u{e000}"),
    ("กำลังดี น้ำ", "กำลังดี น้ำ"),
    ("각\u{1100}\u{1161}\u{11a8} 한국어", "한국어 각"),
    ("何ですか？はい！「洗濯機」です。", "洗濯機"),
    ("水泵坏了,大家去井边打水。", "水泵"),
    ("z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}algo", "zalgo"),
    ("שלום (API) עולם 3.5 مرحبا", "שלום API"),
    ("\u{202e}gnp.exe\u{202c} \u{feff}\u{200b}x", "exe x"),
    ("ﬁne ½ Å ㎏ ＡＢＣ", "fine abc"),
    ("It ends. \u{301}Here goes an accent.", "accent"),
    ("終わり。ำดี", "ดี"),
    ("\r\n\r\n\u{2028}\u{2029}\u{85}a\u{0}b\r", "a b"),
];

fn collection(folder: &Path, texts: &[String], settings: &CollectionSettings) -> PathBuf {
    let (file, collection) = (folder.join("x.jsonl"), folder.join("c"));
    let line = |(id, text): (usize, &String)| {
        format!("{}\n", serde_json::json!({ "_id": format!("d{id}"), "text": text }))
    };
    fs::write(&file, texts.iter().enumerate().map(line).collect::<String>()).unwrap();
    let (encoder, cancel) = (encoder(), AtomicBool::new(false));
    let request = request(&[file]);
    index(&collection, request, settings, &encoder, &encoder, &mut |_| {}, &cancel).unwrap();
    collection
}

fn ask(collection: &Path, query: &str) -> Vec<Hit> {
    let settings = SearchSettings { stage: Stage::Reranked, k: 50, ..SearchSettings::default() };
    let searcher = pipeline(collection).unwrap();
    searcher.search(query, &settings, &|| Duration::ZERO).unwrap().hits
}

/// Checks that what is shown begins and ends where a reader sees characters begin and end.
fn check(hit: &Hit) {
    let HitPassage { text, sentence, matches, .. } = &hit.passage;
    let starts = text.grapheme_indices(true).map(|(at, _)| at);
    let bounds: Vec<usize> = starts.chain([text.len()]).collect();
    let mut end = sentence.start;
    for mark in matches {
        assert!(end <= mark.start && mark.start < mark.end, "{matches:?}");
        end = mark.end;
    }
    assert!(end <= sentence.end, "{matches:?} are not in {sentence:?}");
    for at in matches.iter().chain([sentence]).flat_map(|range| [range.start, range.end]) {
        assert!(bounds.binary_search(&at).is_ok(), "{text:?} is cut at {at}");
    }
}

#[test]
fn odd_text_is_found_and_marked_by_whole_characters() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = ODD.iter().map(|(text, _)| (*text).to_owned()).collect();
    let collection = collection(folder.path(), &texts, &settings());
    for (place, (_, query)) in ODD.iter().enumerate() {
        let hits = ask(&collection, query);
        hits.iter().for_each(check);
        let own = hits.iter().find(|hit| hit.id == format!("d{place}")).unwrap();
        assert!(!own.passage.matches.is_empty(), "{query:?} is not marked in {own:?}");
    }
}

#[test]
fn what_the_query_has_of_a_script_without_spaces_is_marked_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let texts = ["昨日は雨でした。東京都の洗濯機が壊れた！修理しました。", "เครื่องซักผ้าเสีย"];
    let collection = collection(folder.path(), &texts.map(str::to_owned), &settings());
    let marked = |query: &str| {
        let hit = ask(&collection, query).swap_remove(0);
        let marks = hit.passage.matches.iter().map(|mark| &hit.passage.text[mark.clone()]);
        (hit.sentence().to_owned(), marks.map(str::to_owned).collect::<Vec<_>>())
    };
    let sentence = "東京都の洗濯機が壊れた！".to_owned();
    assert_eq!(marked("洗濯機"), (sentence.clone(), vec!["洗濯機".to_owned()]));
    assert_eq!(marked("東京 洗濯機"), (sentence, vec!["東京".to_owned(), "洗濯機".to_owned()]));
    assert_eq!(marked("ซักผ้า").1, ["ซักผ้า"]);
}

/// Whole megabytes as passages. What rose with the square of their length would take hours.
#[test]
fn a_megabyte_of_anything_takes_no_more_than_its_length() {
    const LENGTH: usize = 1 << 20;
    let full = |unit: &str| unit.repeat(LENGTH / unit.len());
    let texts = [
        full("เครื่องสูบน้ำในหมู่บ้านหยุดทำงาน"),
        full("a漢"),
        full("aBcDe"),
        full("👩\u{200d}🚀"),
        format!("a{}", full("\u{301}")),
        format!("ก{}", full("ำ")),
        full("क\u{94d}"),
        full("l'"),
        full("\u{e000}"),
        full("漢字。"),
        full("word\n"),
        full("- a\nb\n"),
        full("ก ข "),
    ];
    let folder = tempfile::tempdir().unwrap();
    let settings = CollectionSettings {
        splitting: Splitting { max_tokens: LENGTH, overlap_tokens: 0 },
        ..settings()
    };
    let collection = collection(folder.path(), &texts, &settings);
    for query in ["เครื่อง หมู่บ้าน", "漢a b word l", "ำ क", &"ก漢a".repeat(2_000)]
    {
        ask(&collection, query).iter().for_each(check);
    }
}
