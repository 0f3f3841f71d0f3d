//! Passages in many languages, in one index.

mod support;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use support::{BODY, add, ids, index, passage, search};
use trommel_core::{Neighbours, PassageId, Query, Retriever};
use trommel_lexical::{
    Analyzer, Expansion, Language, LexicalIndex, LexicalSettings, LexicalWriter,
};

/// A passage in each of nine languages, long enough to tell which.
const PASSAGES: [(&str, &str); 9] = [
    (
        "eng",
        "The gardener waters the young roses every morning, and in the evening he cuts the dead ones.",
    ),
    (
        "deu",
        "Der Gärtner gießt die jungen Rosen jeden Morgen, und am Abend schneidet er die verblühten ab.",
    ),
    (
        "fra",
        "Le jardinier arrose les jeunes rosiers chaque matin, et le soir il coupe l'herbe autour des arbres.",
    ),
    (
        "rus",
        "Садовник каждое утро поливает молодые розы, а вечером срезает увядшие цветы с кустов.",
    ),
    ("ara", "يسقي البستاني الورود الصغيرة كل صباح، وفي المساء يقص الأزهار الذابلة من الشجيرات."),
    ("jpn", "庭師は毎朝若いバラに水をやり、夕方には枯れた花を切り取ります。"),
    ("cmn", "园丁每天早上给小玫瑰浇水，晚上把枯萎的花剪掉。"),
    ("kor", "정원사는 매일 아침 어린 장미에 물을 주고 저녁에는 시든 꽃을 잘라 냅니다."),
    ("tha", "คนสวนรดน้ำกุหลาบต้นเล็กทุกเช้า และตอนเย็นก็ตัดดอกที่เหี่ยวออก"),
];

fn garden() -> (tempfile::TempDir, LexicalIndex) {
    index(&PASSAGES.map(|(_, text)| text))
}

#[test]
fn every_passage_is_read_by_its_own_language() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    for (id, (_, text)) in PASSAGES.iter().enumerate() {
        add(&mut writer, id as u64, "", text);
    }
    let state = writer.commit().unwrap();
    let codes: Vec<&str> = state.languages.keys().map(String::as_str).collect();
    assert_eq!(codes, ["ara", "cmn", "deu", "eng", "fra", "jpn", "kor", "rus", "tha"]);
    assert!(state.languages.values().all(|count| *count == 1));

    // what is deleted is no passage of its language any more
    let mut writer = LexicalWriter::open(folder.path(), &state).unwrap();
    writer.delete(PassageId(1));
    add(&mut writer, 9, "", PASSAGES[0].1);
    let state = writer.commit().unwrap();
    assert_eq!(state.languages.get("deu"), None);
    assert_eq!(state.languages["eng"], 2);
}

/// Other forms of words in the passages; each is of one passage alone.
#[test]
fn other_forms_of_a_word_are_found_in_every_language() {
    let (_folder, index) = garden();
    let forms = [
        (0, "watering"),
        (1, "Gärtners"),
        (1, "gartner"),
        (1, "GÄRTNERN"),
        (2, "jardiniers"),
        (2, "herbes"),
        (2, "l’herbe"),
        (3, "садовника"),
        (3, "молодых роз"),
        (4, "صغيره"),
        (4, "ازهار ذابله"),
        (5, "ﾊﾞﾗ"),
        (5, "若い"),
        (6, "玫瑰"),
        (6, "剪"),
        (7, "장미"),
        (7, "정원사가"),
        (8, "กุหลาบ"),
    ];
    for (place, query) in forms {
        let found = ids(&search(&index, BODY, query, 1));
        assert_eq!(found, [place], "{query}");
    }
}

/// Snowball knows the endings of both words by their accents, and does not know them without.
#[test]
fn words_are_found_without_their_accents() {
    let spanish = "La batería del coche se agotó en la montaña, y el mecánico llegó por la tarde.";
    let french = "La porte fermée du garage fut réparée hier par le serrurier du village, et il a dit que les autres aussi étaient à changer.";
    let (_folder, index) = index(&[spanish, french, PASSAGES[0].1]);
    for (query, place) in
        [("bateria", 0), ("batería", 0), ("fermee", 1), ("fermée", 1), ("fermer", 1)]
    {
        assert_eq!(ids(&search(&index, BODY, query, 9)), [place], "{query}");
    }
    let analyzer = index.analyzer();
    let found = analyzer.occurrences(&analyzer.terms("bateria"), spanish);
    assert_eq!(found.len(), 1);
    assert_eq!(&spanish[found[0].1.clone()], "batería");
    // what is typed with accents is one word, not two
    assert_eq!(analyzer.terms("batería").len(), 1);
}

#[test]
fn a_word_counts_once_however_many_languages_read_it() {
    let (_folder, index) = index(&[PASSAGES[0].1, PASSAGES[1].1, "Roses."]);
    // English leaves roses as rose, German as ros: one term in two forms
    let terms = index.analyzer().terms("roses");
    assert_eq!(terms.len(), 1);
    assert_eq!(terms[0].texts.len(), 2);
    let all = [0, 1, 2].map(PassageId);
    let matches = index.matches("roses", &all).unwrap();
    assert_eq!(matches[0].has, [true, true, true]);
    // ln(1 + (3 - 3 + 1/2) / (3 + 1/2)) of a term in all three
    assert!((matches[0].idf - (1.0f64 + 0.5 / 3.5).ln()).abs() < 1e-12);
    assert!((index.idf(&terms[0]).unwrap() - matches[0].idf).abs() < 1e-12);
}

/// With nothing borrowed both retrievers score the same counts; "Rosen" is two forms of one word here.
#[test]
fn forms_of_a_word_are_added_up_before_they_are_scored() {
    let texts = [PASSAGES[0].1, PASSAGES[1].1, "Rosen rosen.", "Ros rosen.", "Ros."];
    let (_folder, index) = index(&texts);
    assert_eq!(index.analyzer().terms("Rosen")[0].texts, ["rosen", "ros"]);
    let neighbours = Neighbours::new((0..5).map(|id| (PassageId(id), [None; 3])));
    let expansion = Expansion::new(&index, &neighbours).unwrap();
    let expanded = index.expanded_retriever(&expansion, 0.0, 0.0);
    let query = Query { text: "Rosen", vector: &[] };
    let all: Vec<PassageId> = (0..5).map(PassageId).collect();
    let ours = index.retriever(BODY).score(query, &all).unwrap();
    for (a, b) in ours.iter().zip(expanded.score(query, &all).unwrap()) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    // twice in two forms is as much as twice in one, and more than once
    assert!(ours[2] > 0.0 && (ours[2] - ours[3]).abs() < 1e-6 && ours[3] > ours[4], "{ours:?}");
    assert_eq!(ours[0], 0.0);
}

#[test]
fn a_stop_word_of_one_language_tells_little_in_another() {
    let english: Vec<String> = (0..8).map(|i| format!("{} Number {i}.", PASSAGES[0].1)).collect();
    let mut texts: Vec<&str> = english.iter().map(String::as_str).collect();
    let german = format!("{} Er las »The Garden«.", PASSAGES[1].1);
    texts.push(&german);
    let (_folder, index) = index(&texts);
    // "the" stands in the German passage alone, and would stand in the eight others, too: all nine
    let the = &index.matches("the", &[PassageId(8)]).unwrap()[0];
    assert_eq!((the.has[0], &the.few), (true, &None));
    assert!((the.idf - (1.0f64 + 0.5 / 9.5).ln()).abs() < 1e-12);
    // in an index of one language it is no term at all
    assert_eq!(Analyzer::NEWEST.terms("the"), []);
}

#[test]
fn a_passage_that_tells_no_language_is_read_as_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    add(&mut writer, 0, "", "Rechnungen 2024");
    add(&mut writer, 1, "", PASSAGES[1].1);
    add(&mut writer, 2, "", PASSAGES[1].1);
    add(&mut writer, 3, "", "Rechnungen 2025");
    let state = writer.commit().unwrap();
    // the first when nothing was known yet
    assert_eq!(state.languages["eng"], 1);
    assert_eq!(state.languages["deu"], 3);
    let index = LexicalIndex::open(folder.path(), &state).unwrap();
    assert_eq!(ids(&search(&index, BODY, "rechnungen", 5)), [0, 3]);
    assert_eq!(ids(&search(&index, BODY, "rechnung", 5)), [3]);
}

#[test]
fn what_may_be_in_a_language_of_the_index_is_read_by_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    // too short to be sure; the most are German, but Spanish is among them
    let short = "Los naranjos amarillean.";
    add(&mut writer, 0, "", PASSAGES[1].1);
    add(&mut writer, 1, "", short);
    add(&mut writer, 2, "", PASSAGES[1].1);
    add(
        &mut writer,
        3,
        "",
        "El jardinero riega las rosas cada mañana y por la tarde corta las flores secas.",
    );
    add(&mut writer, 4, "", short);
    let state = writer.commit().unwrap();
    assert_eq!((state.languages["deu"], state.languages["spa"]), (3, 2));
}

#[test]
fn a_language_that_is_set_holds_whatever_the_text_seems_to_be_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    let long = PASSAGES[1].1.repeat(3);
    writer.add(&passage(0, "", &long, Language::of_code("nld"))).unwrap();
    writer.add(&passage(1, "", "Rosen", Language::of_code("deu"))).unwrap();
    let state = writer.commit().unwrap();
    assert_eq!((state.languages["nld"], state.languages["deu"]), (1, 1));
}

#[test]
fn numbers_and_dates_are_found_whole() {
    let wholes = [
        "3.14",
        "1,000",
        "7.500,25",
        "2024-05-17",
        "17.05.2024",
        "5/17/2024",
        "10:45",
        "+49 30 1234567",
        "2024年5月17日",
        "٧٠٨٩",
        "１２３",
        "½",
    ];
    // the same parts in another order, or one of another number
    let alike = ["14.3", "000,1", "25.7,500", "05-17-2024", "45:10", "314", "1000", "20240517"];
    let texts: Vec<String> =
        wholes.iter().chain(&alike).map(|it| format!("The value was {it} then.")).collect();
    let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    let all: Vec<PassageId> = (0..texts.len() as u64).map(PassageId).collect();
    for (place, whole) in wholes.iter().enumerate() {
        let mut found = index.matches(whole, &all).unwrap();
        found.extend(index.phrase_matches(whole, &all).unwrap());
        let has = |id: &usize| found.iter().all(|term| term.has[*id]);
        assert_eq!((0..texts.len()).filter(has).collect::<Vec<_>>(), [place], "{whole}");
    }
}

#[test]
fn text_of_no_language_or_of_several_is_found_all_the_same() {
    let texts = [
        "pаypal with a Cyrillic а",
        "स्\u{200d}त and क्\u{200c}ष",
        "👩\u{200d}👩\u{200d}👧 family of three",
        "\u{e000}\u{f8ff} private",
        "cafe\u{301} decomposed",
        "half \u{fffd} of a pair",
        "日本語とEnglishのmixテスト",
    ];
    let (_folder, index) = index(&texts);
    let queries = ["pаypal", "स्त", "family", "private", "café", "half", "englishのmix"];
    for (place, query) in queries.iter().enumerate() {
        assert_eq!(ids(&search(&index, BODY, query, 9))[..1], [place as u64], "{query}");
    }
    // nothing to look for
    for query in ["👩\u{200d}👩\u{200d}👧", "\u{e000}\u{f8ff}", "\u{200d}", "\u{fffd}"] {
        assert_eq!(ids(&search(&index, BODY, query, 9)), [0; 0], "{query:?}");
    }
}

#[test]
fn phrases_and_operators_hold_in_every_language() {
    let (_folder, index) = garden();
    let syntax = LexicalSettings { title_weight: 0.2, syntax: true };
    let found = |query: &str| ids(&search(&index, syntax, query, 10));
    assert_eq!(found("\"jungen Rosen\""), [1]);
    assert_eq!(found("\"junge Rose\""), [1]);
    assert_eq!(found("\"Rosen jungen\""), [0; 0]);
    assert_eq!(found("\"молодых роз\""), [3]);
    assert_eq!(found("\"小玫瑰\""), [6]);
    assert_eq!(found("\"玫瑰小\""), [0; 0]);
    assert_eq!(found("+玫瑰 -浇水"), [0; 0]);
    assert_eq!(found("+玫瑰 -椅子"), [6]);
    assert_eq!(found("玫瑰椅子"), [6]);
    assert_eq!(found("+玫瑰椅子 园丁"), [0; 0]);
    assert_eq!(found("Gärtners -Rose"), [0; 0]);
    assert_eq!(found("body:jardiniers"), [2]);
    let phrase = &index.phrase_matches("\"junge Rose\"", &[0, 1].map(PassageId)).unwrap()[0];
    assert_eq!(phrase.has, [false, true]);
    // a Chinese query is no phrase for want of spaces
    assert_eq!(index.phrase_matches("玫瑰浇水", &[]).unwrap(), []);
}

#[test]
fn words_are_marked_by_any_language_of_the_index() {
    let (_folder, index) = garden();
    let analyzer = index.analyzer();
    let marked = |query: &str, place: usize| {
        let text = PASSAGES[place].1;
        let found = analyzer.occurrences(&analyzer.terms(query), text);
        found.into_iter().map(|(_, range)| &text[range]).collect::<Vec<_>>()
    };
    assert_eq!(marked("Gärtners Rose", 1), ["Gärtner", "Rosen"]);
    assert_eq!(marked("roses", 0), ["roses"]);
    assert_eq!(marked("herbes", 2), ["herbe"]);
    assert_eq!(marked("バラに水", 5), ["バラ", "ラに", "に水"]);
    assert_eq!(marked("물", 7), ["물"]);
}

#[test]
fn an_index_answers_the_same_however_it_is_cut_into_segments() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = LexicalWriter::create(folder.path()).unwrap();
    for (id, (_, text)) in PASSAGES.iter().enumerate() {
        add(&mut writer, id as u64, "", text);
        writer.commit().unwrap();
    }
    let parted = LexicalIndex::open(folder.path(), &writer.commit().unwrap()).unwrap();
    let (_folder, whole) = garden();
    for query in ["roses rosen 玫瑰 장미", "the und le", "水 花"] {
        assert_eq!(search(&parted, BODY, query, 9), search(&whole, BODY, query, 9), "{query}");
    }
}

/// Text that is hard to cut: each is repeated to any length, without a space.
const HARD: [&str; 12] = [
    "คนสวนรดน้ำกุหลาบ",
    "庭師は毎朝",
    "정원",
    "\u{1112}\u{1161}\u{11ab}",
    "ｶﾞﾊﾟ",
    "aБγ中ก",
    "aB",
    "e\u{301}\u{323}",
    "\u{e49}",
    "👩\u{200d}👩\u{200d}👧",
    "\u{e000}\u{f8ff}",
    "x\u{200d}'s#++.",
];

#[test]
fn text_without_a_space_takes_time_in_proportion() {
    let time = |text: &str| {
        let started = Instant::now();
        let folder = tempfile::tempdir().unwrap();
        let mut writer = LexicalWriter::create(folder.path()).unwrap();
        add(&mut writer, 0, "", text);
        writer.commit().unwrap();
        assert!(Analyzer::NEWEST.terms(text).len() < 1000);
        started.elapsed()
    };
    for part in HARD {
        let of = |bytes: usize| part.repeat(bytes / part.len());
        // Four times the text may take ten times as long on a busy machine; sixteen would be its square.
        let (small, large) = (of(1 << 18), of(1 << 20));
        let (small, large) = (time(&small), time(&large));
        assert!(large < small * 10 + Duration::from_millis(500), "{part}: {small:?} {large:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_indexed_and_found_by_itself(
        texts in proptest::collection::vec("([a-zA-Z0-9'’.#+_-]|\\PC|[ก-๙]|[가-힣]|[ぁ-ヿ]|[一-龥]|[ا-ي]|[ｦ-ﾟ]|\\PC\\PC| ){0,40}", 1..8)
    ) {
        let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for (place, text) in texts.iter().enumerate() {
            let terms = index.analyzer().terms(text);
            let own = PassageId(place as u64);
            for (term, found) in terms.iter().zip(index.matches(text, &[own]).unwrap()) {
                prop_assert!(found.has[0] || term.is_stop_word(), "{text:?} {term:?}");
            }
            index.phrase_matches(text, &[own]).unwrap();
            for (_, range) in index.analyzer().occurrences(&terms, text) {
                prop_assert!(text.get(range).is_some());
            }
            search(&index, LexicalSettings { title_weight: 0.2, syntax: true }, text, 3);
        }
    }
}
