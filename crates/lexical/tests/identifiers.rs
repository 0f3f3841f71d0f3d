//! Names of code, parts and places are found whole and by their parts, whatever the language of the text.

mod support;

use support::{BODY, ids, index, search};
use trommel_core::PassageId;
use trommel_lexical::LexicalIndex;

/// Identifiers, and words that are parts of them.
const IDENTIFIERS: [(&str, &[&str]); 60] = [
    ("getUserName", &["user", "name", "getusername"]),
    ("setUserName", &["user", "name"]),
    ("HTTPServer", &["http", "server"]),
    ("parseHTTPResponse", &["parse", "http", "response"]),
    ("XMLHttpRequest", &["xmlhttprequest", "request"]),
    ("userID", &["user", "id"]),
    ("JavaScript", &["javascript", "java", "script"]),
    ("PlayStation", &["playstation", "station"]),
    ("iPhone", &["iphone"]),
    ("mRNA", &["mrna"]),
    ("kHz", &["khz"]),
    ("GmbH", &["gmbh"]),
    ("max_retry_count", &["retry", "max_retry"]),
    ("__init__", &["init"]),
    ("snake_case", &["snake"]),
    ("SCREAMING_SNAKE", &["screaming", "snake"]),
    ("kebab-case", &["kebab"]),
    ("x86_64", &["x86", "64"]),
    ("utf8mb4_unicode_ci", &["utf8mb4", "unicode"]),
    ("C++", &["c", "c++"]),
    ("C#", &["c", "c#"]),
    ("F#", &["f", "f#"]),
    (".NET", &["net", ".net"]),
    ("ASP.NET", &["asp", "net"]),
    ("node.js", &["node", "js"]),
    ("vue.js", &["vue", "js"]),
    (".gitignore", &["gitignore"]),
    ("v1.2.3", &["v1"]),
    ("v1.3.2", &["v1"]),
    ("2.0.0-rc.15", &["rc", "15"]),
    ("1.0.0+build.5", &["build", "5"]),
    ("Python3.12", &["python3", "12"]),
    ("PE-1307", &["pe", "1307"]),
    ("PE-1370", &["1370"]),
    ("E-17", &["17"]),
    ("0x80070005", &["0x80070005"]),
    ("ORA-00942", &["ora", "00942"]),
    ("CVE-2021-44228", &["cve", "2021", "44228"]),
    ("KD-60", &["kd", "60"]),
    ("KD-45", &["kd", "45"]),
    ("MS-1021/B", &["ms", "1021", "b"]),
    ("DIN EN ISO 9001:2015", &["din", "9001", "2015"]),
    ("/etc/nginx/nginx.conf", &["etc", "nginx", "conf"]),
    ("C:\\Windows\\System32", &["windows", "system32"]),
    ("src/commands/search.rs", &["commands", "search"]),
    ("~/.config/systemd", &["config", "systemd"]),
    ("jo.doe@example.org", &["jo", "doe", "example"]),
    ("jo.roe@example.org", &["roe", "example.org"]),
    ("https://example.com/a/b?page=7", &["example", "page", "7"]),
    ("192.168.0.17", &["192", "168"]),
    ("00:1A:2B:3C", &["1a", "2b"]),
    ("550e8400-e29b-41d4", &["550e8400", "e29b"]),
    ("ISBN 978-3-16-148410-0", &["isbn", "148410"]),
    ("§ 433 BGB", &["433", "bgb"]),
    ("StVO", &["stvo"]),
    ("R2D2", &["r2d2"]),
    ("H2O", &["h2o"]),
    ("std::collections::HashMap", &["std", "collections", "map"]),
    ("obj.method()", &["obj", "method"]),
    ("f(x)=x^2", &["f", "2"]),
];

/// Sentences around an identifier.
const SENTENCES: [&str; 5] = [
    "In this line stands {} and nothing else that would help.",
    "In dieser Zeile steht {} und sonst nichts, was helfen könnte.",
    "В этой строке стоит {} и больше ничего полезного нет.",
    "この行には {} と書いてあり、ほかには何もありません。",
    "บรรทัดนี้เขียนว่า {} และไม่มีอะไรอื่นเลย",
];

fn texts(sentence: &str) -> Vec<String> {
    IDENTIFIERS.iter().map(|(name, _)| sentence.replace("{}", name)).collect()
}

/// Returns the passages that have every term and every phrase of a query.
fn having(index: &LexicalIndex, query: &str) -> Vec<u64> {
    let all: Vec<PassageId> = (0..IDENTIFIERS.len() as u64).map(PassageId).collect();
    let mut found = index.matches(query, &all).unwrap();
    found.extend(index.phrase_matches(query, &all).unwrap());
    let has = |id: &PassageId| found.iter().all(|term| term.has[id.0 as usize]);
    all.into_iter().filter(has).map(|id| id.0).collect()
}

#[test]
fn an_identifier_is_found_whole_and_by_its_parts_in_any_language() {
    for sentence in SENTENCES {
        let texts = texts(sentence);
        let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for (place, (name, parts)) in IDENTIFIERS.iter().enumerate() {
            let place = place as u64;
            assert_eq!(having(&index, name), [place], "{name} in {sentence}");
            for part in *parts {
                let found = ids(&search(&index, BODY, part, IDENTIFIERS.len()));
                assert!(found.contains(&place), "{part} of {name} in {sentence}");
            }
        }
    }
}

#[test]
fn the_whole_ranks_before_its_look_alikes() {
    let texts = texts(SENTENCES[0]);
    let (_folder, index) = index(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    for name in
        ["getUserName", "C++", "C#", ".NET", "PE-1307", "KD-45", "node.js", "jo.roe@example.org"]
    {
        let place = IDENTIFIERS.iter().position(|(it, _)| *it == name).unwrap() as u64;
        let found = search(&index, BODY, name, 2);
        assert_eq!(found[0].id, PassageId(place), "{name}");
        assert!(found.len() < 2 || found[0].score > found[1].score, "{name}");
    }
}

#[test]
fn one_name_is_found_however_its_parts_are_joined() {
    let (_folder, index) = index(&["call getUserName", "call get_user_name", "call get-user-name"]);
    for query in ["getUserName", "get_user_name", "get user name"] {
        assert_eq!(search(&index, BODY, query, 10).len(), 3, "{query}");
    }
}
