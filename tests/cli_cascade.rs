//! Fears about several rerankers one after the other: that the dear one reads more than it should,
//! that a failure costs more than its own pass, that nobody is told who read what, that a part of a
//! passage is taken for all of it, that a measurement hides a reranker that did not run.

mod common;

use std::fs;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{code, data, json, run, sample, trommel, words};
use serde_json::Value;
use trommel_testkit::RerankApi;
use trommel_testkit::loopback::{Answer, Loopback};

const LOCAL: &str = "ms-marco-MiniLM-L-12-v2";
const QUERY: &str = "how many days of annual leave in Ireland";

fn server() -> Loopback {
    Loopback::start(|request| RerankApi::Tei.answer(request, None))
}

fn broken() -> Loopback {
    Loopback::start(|_| Answer::text(403, "no"))
}

/// Searches the sample by a cascade, some of which is at that server.
fn search(server: &Loopback, cascade: &str, flags: &[&str]) -> Output {
    let url = server.url();
    let fixed = ["search", "--reranker", cascade, "--api-base", &url, "--settle", "off"];
    run(sample(), &[&fixed[..], flags, &[QUERY]].concat())
}

fn parsed(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", words(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

fn scores(answer: &Value) -> Vec<f64> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap()).collect()
}

#[test]
fn the_second_reads_whole_passages_of_the_firsts_best_and_both_are_explained() {
    let server = server();
    let cascade = format!("{LOCAL}@16:12,http:3");
    let answer = parsed(&search(&server, &cascade, &["--format", "json"]));
    let passes = answer["passes"].as_array().unwrap();
    let read = |pass: &Value| ["depth", "read", "of"].map(|field| pass[field].as_u64().unwrap());
    assert_eq!((read(&passes[0]), read(&passes[1])), ([12, 12, 12], [3, 3, 3]));
    assert_eq!((&passes[0]["excerpt"], &passes[1]["excerpt"]), (&16.into(), &Value::Null));
    assert!(passes[0]["reranker"].as_str().unwrap().starts_with(LOCAL));
    assert_eq!(answer["rerank"]["read"], 15);
    assert!(scores(&answer).is_sorted_by(|a, b| a >= b));

    // The server got the best three of the local model alone, in its order, and all of them.
    let alone = format!("{LOCAL}@16:12");
    let alone = parsed(&search(&server, &alone, &["--format", "json"]));
    let [request] = &server.requests()[..] else { panic!("one request") };
    let texts = request.json()["texts"].as_array().unwrap().clone();
    assert_eq!(texts.len(), 3);
    for (text, hit) in texts.iter().zip(alone["hits"].as_array().unwrap()) {
        let passage = hit["passage"]["text"].as_str().unwrap();
        assert!(text.as_str().unwrap().ends_with(passage), "{text} and {passage}");
    }
    for (place, hit) in answer["hits"].as_array().unwrap().iter().enumerate() {
        let said = hit["stages"]["passes"].as_array().unwrap();
        assert_eq!((said.len(), said[1].is_object()), (2, place < 3));
        let last = &said[usize::from(place < 3)];
        assert_eq!(&hit["stages"]["reranked"], last);
    }
    // A reranker alone has no passes to tell apart.
    assert_eq!(alone["hits"][0]["stages"]["passes"], Value::Null);

    let explained = data(&search(&server, &cascade, &["--explain"]));
    assert!(explained.contains("pass 1") && explained.contains("pass 2"), "{explained}");
    assert!(explained.contains("@16: 12 of 12 passages read, complete"), "{explained}");
    assert!(explained.contains(": 3 of 3 passages read, complete"), "{explained}");

    let id = ids(&answer)[0];
    let url = server.url();
    let why = ["why", "--reranker", &cascade, "--api-base", &url, "--settle", "off", id, QUERY];
    let told = data(&run(sample(), &why));
    let begins = |gate: &str, said: &str| {
        let mut rests = told.lines().filter_map(|line| line.strip_prefix(gate));
        rests.any(|rest| rest.trim_start().starts_with(said))
    };
    assert!(begins("pass 1", "#") && begins("pass 2", "#"), "{told}");
    assert!(begins("answer", "hit #1"), "{told}");
}

#[test]
fn whoever_fails_leaves_the_order_that_it_was_handed() {
    let broken = broken();
    let (second, first) = (format!("{LOCAL}:12,http:3"), format!("http:12,{LOCAL}:3"));
    let json = ["--format", "json"];
    let alone = parsed(&search(&broken, &format!("{LOCAL}:12"), &json));
    let output = search(&broken, &second, &json);
    let answer = parsed(&output);
    assert_eq!((ids(&answer), scores(&answer)), (ids(&alone), scores(&alone)));
    assert_eq!(
        (&answer["reranked"], &answer["rerank"]["stopped"]),
        (&true.into(), &"failed".into())
    );
    assert!(answer["failure"].as_str().unwrap().contains("403"));
    assert_eq!(answer["passes"][1]["stopped"], "failed");
    assert!(words(&output).contains("warning: the reranker failed"), "{}", words(&output));
    assert!(words(&output).contains("12 of 12, "), "{}", words(&output));

    // The local model has the best three of fusion to itself.
    let alone = parsed(&search(&broken, &format!("{LOCAL}:3"), &json));
    let answer = parsed(&search(&broken, &first, &json));
    assert_eq!(ids(&answer)[..3], ids(&alone)[..3]);
    assert_eq!(
        (&answer["passes"][0]["read"], &answer["passes"][1]["read"]),
        (&0.into(), &3.into())
    );

    let strict = search(&broken, &second, &["--strict"]);
    assert_eq!((code(&strict), data(&strict).as_str()), (5, ""));
}

#[cfg(unix)]
#[test]
fn a_kept_score_of_a_part_is_none_of_the_whole() {
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(common::store().join("models"), home.path().join("models")).unwrap();
    let ask = |cascade: &str| -> (Vec<f64>, u64, u64) {
        let output = trommel(sample())
            .env("TROMMEL_HOME", home.path())
            .env_remove("TROMMEL_CACHE")
            .args(["search", "--settle", "off", "--format", "json", "--reranker", cascade, QUERY])
            .output()
            .unwrap();
        let answer = parsed(&output);
        let hits = answer["hits"].as_array().unwrap();
        let logits = hits.iter().filter_map(|hit| hit["stages"]["reranked"]["logit"].as_f64());
        let count = |what: &str| answer["cache"][what].as_u64().unwrap();
        (logits.collect(), count("found"), count("asked"))
    };
    // One document that is longer than the part: the sample's best for the query.
    let whole = ask(&format!("{LOCAL}:1"));
    let part = ask(&format!("{LOCAL}@12:1"));
    assert_eq!((whole.1, part.1), (0, 0));
    assert_ne!(whole.0, part.0);
    let both = ask(&format!("{LOCAL}@12:1,{LOCAL}:1"));
    assert_eq!((both.1, both.2), (2, 2));
    assert_eq!(both.0, whole.0);
}

#[test]
fn lines_and_runs_are_reranked_by_a_cascade_too() {
    let server = server();
    let url = server.url();
    let lines = "red apple pie\nred\ngreen apple\nred apple\nblue\nred apple pie\n";
    let pipe = |cascade: &str| {
        let output = trommel(sample())
            .args(["rerank", "--text", "--reranker", cascade, "--api-base", &url])
            .write_stdin(lines)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", words(&output));
        let lines = data(&output);
        lines.lines().map(|line| line.split_once('\t').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    // The server counts the query's words: of the first four lines the third has most of them.
    let order = pipe("http:4,http:2");
    assert_eq!(order, ["red apple", "red", "green apple", "blue", "red apple pie"]);
    let asked: Vec<usize> = server
        .requests()
        .iter()
        .map(|request| request.json()["texts"].as_array().unwrap().len())
        .collect();
    assert_eq!(asked, [4, 2]);
    assert_eq!(pipe("http")[0], "red apple pie");

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    file("a.run", "q1 Q0 a 1 9 x\nq1 Q0 b 2 8 x\nq1 Q0 c 3 7 x\nq1 Q0 d 4 6 x\n");
    file("q.jsonl", "{\"_id\": \"q1\", \"text\": \"red apple pie\"}\n");
    let document = |id: &str, text: &str| format!("{{\"_id\":\"{id}\",\"text\":\"{text}\"}}\n");
    let corpus = [("a", "blue"), ("b", "red apple"), ("c", "red"), ("d", "red apple pie")];
    file("c.jsonl", &corpus.map(|(id, text)| document(id, text)).concat());
    let fixed = ["rerank", "a.run", "--corpus", "c.jsonl", "--queries", "q.jsonl"];
    let more = ["--reranker", "http:3,http:2", "--api-base", &url];
    let output = run(folder.path(), &[&fixed[..], &more].concat());
    assert_eq!(code(&output), 0, "{}", words(&output));
    let order: Vec<String> =
        data(&output).lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect();
    assert_eq!(order, ["b", "c", "a", "d"]);
}

/// Evaluates two queries of the sample.
fn eval(flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let queries = file(
        "q.jsonl",
        "{\"_id\": \"leave\", \"text\": \"how many days of annual leave in Ireland\"}\n\
         {\"_id\": \"laptop\", \"text\": \"my laptop was stolen\"}\n",
    );
    let qrels = file(
        "qrels.tsv",
        "leave\tannual-leave-ireland-2025.txt\t2\nlaptop\tlost-or-stolen-laptop.txt\t1\n",
    );
    let fixed = ["eval", "--queries", &queries, "--qrels", &qrels];
    run(sample(), &[&fixed[..], flags].concat())
}

#[test]
fn rerankings_of_one_first_stage_are_rows_of_one_report() {
    let cascade = format!("{LOCAL}@16:12,{LOCAL}:3");
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().to_str().unwrap();
    let several = ["--reranker", LOCAL, "--reranker", &cascade, "--reranker", "none"];
    let flags = ["--format", "json", "--save-runs", runs, "--stages", "reranked"];
    let report = parsed(&eval(&[&several[..], &flags].concat()));
    let rows = report["stages"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["feedback", LOCAL, &cascade]);
    assert_eq!(rows[1]["change"]["against"], "feedback");
    assert_eq!(rows[1].get("further_changes"), None);
    assert_eq!(rows[2]["change"]["against"], LOCAL);
    assert_eq!(rows[2]["further_changes"][0]["against"], "feedback");
    assert!(rows[2]["latency_ms"]["median"].as_f64().unwrap() > 0.0);
    let facts = report["subject"]["facts"].as_array().unwrap();
    let rerankers = facts.iter().filter(|fact| fact["name"] == "reranker");
    assert_eq!(rerankers.count(), 2);
    assert_eq!(report["subject"]["settings"]["reranker"], format!("{LOCAL}; {cascade}"));

    // Each row is what the reranking gives alone.
    let one = |reranker: &str| {
        let alone = ["--reranker", reranker, "--format", "json", "--stages", "reranked"];
        let report = parsed(&eval(&alone));
        report["stages"][0]["metrics"].clone()
    };
    assert_eq!((&rows[1]["metrics"], &rows[2]["metrics"]), (&one(LOCAL), &one(&cascade)));
    let mut written: Vec<String> = fs::read_dir(runs)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert!(written.contains(&format!("{LOCAL}@16_12,{LOCAL}_3.run")), "{written:?}");

    let text = data(&eval(&[&several[..], &["--format", "markdown"]].concat()));
    assert!(text.contains(&format!("{cascade} against feedback")), "{text}");
}

#[test]
fn a_figure_over_failed_queries_does_not_pass_in_silence() {
    // The warming query and the first are answered, the second is not.
    let asked = AtomicUsize::new(0);
    let server = Loopback::start(move |request| {
        let good = asked.fetch_add(1, Ordering::Relaxed) % 3 < 2;
        if good { RerankApi::Tei.answer(request, None) } else { Answer::text(403, "no") }
    });
    let url = server.url();
    let flags = ["--reranker", "http", "--api-base", &url, "--format", "json"];
    let output = eval(&flags);
    assert_eq!(code(&output), 5);
    let said = words(&output);
    assert!(said.contains("reranked failed for 1 of 2 queries, first for laptop: "), "{said}");
    assert!(said.contains("hint: trommel eval … --allow-failures"), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let failures = report["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[0]["query_id"]), (1, &"laptop".into()));
    assert!(failures[0]["reason"].as_str().unwrap().contains("403"));

    let allowed = eval(&[&flags[..4], &["--allow-failures"]].concat());
    assert_eq!(code(&allowed), 0, "{}", words(&allowed));
    assert!(data(&allowed).contains("reranked: failed for 1 of 2 queries"), "{}", data(&allowed));

    // Who fails from the beginning is not asked for all.
    let broken = broken();
    let url = broken.url();
    let output = eval(&["--reranker", "http", "--api-base", &url]);
    assert_eq!((code(&output), data(&output).as_str()), (5, ""));
    assert!(words(&output).contains("failed for the first query"), "{}", words(&output));
    assert_eq!(broken.requests().len(), 1);
}

#[test]
fn what_makes_no_cascade_is_2_with_what_was_expected() {
    let cases: &[(&[&str], &str)] = &[
        (&["--reranker", "a:20,b:100"], "--reranker: expected a reranker, several such as A@64"),
        (&["--reranker", "a,none"], "--reranker: expected a reranker"),
        (&["--reranker", "a:0"], "--reranker: expected a reranker"),
        (&["--reranker", &format!("{LOCAL}:101")], "depth of a reranker is 101, expected 1 to 100"),
        (&["--reranker", &format!("{LOCAL}@4")], "excerpt of a reranker is 4, expected 8 to 1024"),
        (&["--reranker", "http,llm", "--api-base", "http://127.0.0.1:1"], "asks http and llm"),
    ];
    for (flags, message) in cases {
        let output = run(sample(), &[&["search"], *flags, &[QUERY]].concat());
        let said = words(&output);
        assert_eq!((code(&output), data(&output).as_str()), (2, ""), "{flags:?}: {said}");
        assert!(said.contains(message) && said.contains("\n\nhint: "), "{flags:?}: {said}");
    }
    let answer = json(sample(), &["search", "--reranker", "none", "--format", "json", QUERY]);
    assert_eq!((&answer["stage"], answer.get("passes")), (&"feedback".into(), None));
}
