//! Fears that a damaged file of judgements, results or queries is measured as if it were whole, or
//! refused without saying where.

use std::io::Write;
use std::path::Path;

use trommel_eval::{EvalError, Qrels, Run, parse_queries, read_queries};

const FILE: &str = "FILE";

fn qrels(text: &[u8]) -> Result<Qrels, String> {
    Qrels::parse(text, Path::new(FILE)).map_err(|error| error.to_string())
}

fn run(text: &[u8]) -> Result<Run, String> {
    Run::parse(text, Path::new(FILE)).map_err(|error| error.to_string())
}

fn queries(text: &[u8], name: &str) -> Result<Vec<(String, String)>, String> {
    let queries = parse_queries(text, Path::new(name)).map_err(|error| error.to_string())?;
    Ok(queries.into_iter().map(|query| (query.id, query.text)).collect())
}

fn judgements(qrels: &Qrels) -> Vec<(&str, &str, i32)> {
    let of_query = |(query, judged)| {
        let judged: &std::collections::BTreeMap<String, i32> = judged;
        judged.iter().map(move |(document, &grade)| (query, document.as_str(), grade))
    };
    qrels.iter().flat_map(of_query).collect()
}

#[test]
fn judgements_of_either_form_are_the_same() {
    let expected = [("q1", "a", 2), ("q1", "b", 0), ("q2", "a", -1)];
    for text in [
        "query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t0\nq2\ta\t-1\n",
        "q1\ta\t2\nq1\tb\t0\nq2\ta\t-1",
        "\u{feff}query_id\tdoc_id\tRelevance\r\n\r\nq2\ta\t-1\r\nq1\tb\t0\r\nq1\ta\t2\r\n",
        "q1 0 a 2\nq1 0 b 0\nq2 Q0 a -1\n",
        "\nq1\t0\ta\t2\nq1\t0\tb\t0\n q2   0\ta  -1 \n",
    ] {
        assert_eq!(judgements(&qrels(text.as_bytes()).unwrap()), expected, "{text:?}");
    }
}

#[test]
fn ids_between_tabs_may_hold_spaces() {
    let text = "query-id\tcorpus-id\tscore\nwhat is it\ta b/c.md\t1\n";
    assert_eq!(judgements(&qrels(text.as_bytes()).unwrap()), [("what is it", "a b/c.md", 1)]);
    let mut written = Vec::new();
    qrels(text.as_bytes()).unwrap().write(&mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), text);

    let mut unwritable = Qrels::default();
    unwritable.insert("q", "a\tb", 1);
    assert!(unwritable.write(&mut Vec::new()).is_err());
}

#[test]
fn a_wrong_judgement_is_named_by_file_line_and_column() {
    for (text, message) in [
        (
            "q1\ta\t1\nq1\tb\n",
            "FILE:2:1: expected query, document and grade between two tabs, got 2 columns",
        ),
        (
            "q1 0 a 1\n\nq1 0 a\n",
            "FILE:3:1: expected query, iteration, document and grade, got 3 columns",
        ),
        (
            "q1\ta\t1\nq1\tb\thigh\n",
            "FILE:2:6: expected a whole number of 32 bits as the grade, got \"high\"",
        ),
        ("q1\ta\t1.5\n", "FILE:1:6: expected a whole number of 32 bits as the grade, got \"1.5\""),
        (
            "q1 0 a 3000000000\n",
            "FILE:1:8: expected a whole number of 32 bits as the grade, got \"3000000000\"",
        ),
        ("q1\t\t1\n", "FILE:1:4: expected the id of a document, got \"\""),
        ("\ta\t1\n", "FILE:1:1: expected the id of a query, got \"\""),
        (
            "q1 a 1\n",
            "FILE:1:1: expected query, document and grade between two tabs, or query, iteration, document and grade between spaces, got 3 columns",
        ),
        ("query-id\tcorpus-id\tscore\n", "FILE: expected at least one judgement, got none"),
        ("", "FILE: expected at least one judgement, got none"),
    ] {
        assert_eq!(qrels(text.as_bytes()).unwrap_err(), message, "{text:?}");
    }
    let error = qrels(b"q1\ta\t1\nq1\t\xff\t1\n").unwrap_err();
    assert_eq!(error, "FILE:2:4: expected UTF-8, got byte 0xff");
}

#[test]
fn a_judgement_may_be_repeated_but_not_contradicted() {
    assert_eq!(qrels(b"q1 0 a 1\nq1 0 a 1\n").unwrap().grade("q1", "a"), Some(1));
    assert_eq!(
        qrels(b"q1 0 a 1\nq1 0 b 1\nq2 0 a 2\nq1 0 a 1\nq1 0 a 2\n").unwrap_err(),
        "FILE:5:1: expected grade 1 for document \"a\" of query \"q1\", as in line 1, got 2"
    );
}

#[test]
fn results_stand_in_trec_evals_order_whatever_their_lines_say() {
    let text =
        "q1 Q0 a 1 0.5 x\nq2 Q0 z 1 1 x\nq1 Q0 b 2 .5 x\r\n\nq1 Q0 c 3 9e-1 x\nq1 Q0 d 4 -7 x";
    let run = run(text.as_bytes()).unwrap();
    let ids: Vec<&str> = run.of("q1").unwrap().iter().map(|result| &*result.id).collect();
    assert_eq!(ids, ["c", "b", "a", "d"]);
    assert_eq!((run.len(), run.of("q3")), (2, None));
}

#[test]
fn a_wrong_result_is_named_by_file_line_and_column() {
    for (text, message) in [
        (
            "q1 Q0 a 1 0.5\n",
            "FILE:1:1: expected six columns: query Q0 document rank score tag, got 5 columns",
        ),
        (
            "q1 Q0 a 1 0.5 my tag\n",
            "FILE:1:1: expected six columns: query Q0 document rank score tag, got 7 columns",
        ),
        (
            "q1 Q0 a 1 1 x\nq1 Q0 b 2 high x\n",
            "FILE:2:11: expected a finite number of 32 bits as the score, got \"high\"",
        ),
        (
            "q1 Q0 a 1 NaN x\n",
            "FILE:1:11: expected a finite number of 32 bits as the score, got \"NaN\"",
        ),
        (
            "q1 Q0 a 1 -inf x\n",
            "FILE:1:11: expected a finite number of 32 bits as the score, got \"-inf\"",
        ),
        (
            "q1 Q0 a 1 1e39 x\n",
            "FILE:1:11: expected a finite number of 32 bits as the score, got \"1e39\"",
        ),
        (
            "q1 Q0 a%zz 1 1 trommel-encoded\n",
            "FILE:1:7: expected an id with two hex digits after a %, got \"a%zz\"",
        ),
        ("", "FILE: expected at least one result, got none"),
    ] {
        assert_eq!(run(text.as_bytes()).unwrap_err(), message, "{text:?}");
    }
}

#[test]
fn a_document_twice_in_a_query_is_refused() {
    // Two queries repeat one; the first repetition in the file is named, not the first query's.
    let text = "q2 Q0 a 1 3 x\nq1 Q0 a 1 3 x\nq1 Q0 b 2 2 x\nq2 Q0 a 2 1 x\nq1 Q0 a 3 1 x\n";
    assert_eq!(
        run(text.as_bytes()).unwrap_err(),
        "FILE:4:1: expected a new document for query \"q2\", got \"a\" of line 1"
    );
    let mut run = Run::default();
    let error = run.insert("q", [("a", 1.0), ("b", 0.5), ("a", 0.1)]).unwrap_err();
    assert_eq!(error.to_string(), "expected document \"a\" once for query \"q\", got it twice");
    let error = run.insert_ranking("q", [("a", 1.0), ("a", 0.1)]).unwrap_err();
    assert!(matches!(error, EvalError::RepeatedDocument { .. }));
    assert!(run.is_empty());
}

#[test]
fn scores_and_ids_that_are_none_are_refused() {
    let mut run = Run::default();
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        let error = run.insert("q", [("b", 0.0), ("a", score)]).unwrap_err();
        assert!(matches!(error, EvalError::Score { .. }), "{error}");
        let error = run.insert_ranking("q", [("b", 0.0), ("a", score as f32)]).unwrap_err();
        assert!(matches!(error, EvalError::Score { .. }), "{error}");
    }
    let error = run.insert("q", [("", 1.0)]).unwrap_err();
    assert!(error.to_string().contains("for a document"), "{error}");
    let error = run.insert("", [("a", 1.0)]).unwrap_err();
    assert!(error.to_string().contains("for a query"), "{error}");
    run.insert("q", [("a", 1.0)]).unwrap();
    assert!(matches!(run.insert("q", [("b", 1.0)]), Err(EvalError::RepeatedQuery { .. })));
}

#[test]
fn only_a_tag_of_its_own_says_that_ids_are_encoded() {
    let read = |tag: &str| {
        let run = run(format!("a%20q Q0 b%25 1 1 {tag}\n").as_bytes()).unwrap();
        let (query, results) = run.iter().next().unwrap();
        (query.to_owned(), results[0].id.clone())
    };
    assert_eq!(read("trommel-encoded"), ("a q".to_owned(), "b%".to_owned()));
    for tag in ["trommel", "other"] {
        assert_eq!(read(tag), ("a%20q".to_owned(), "b%25".to_owned()));
    }
}

#[test]
fn blank_lines_other_fields_and_crlf_do_no_harm() {
    let text =
        "\u{feff}{\"_id\":\"1\",\"text\":\"a\",\"metadata\":{}}\r\n\n{\"_id\":2,\"text\":\"\"}";
    let expected = [("1", "a"), ("2", "")].map(|(id, text)| (id.to_owned(), text.to_owned()));
    for name in ["queries.jsonl", "-", "queries.txt"] {
        assert_eq!(queries(text.as_bytes(), name).unwrap(), expected);
    }
    let text = "\u{feff}1\ta\r\n\n2\t\n";
    for name in ["queries.tsv", "QUERIES.TSV", "-", "topics.txt"] {
        assert_eq!(queries(text.as_bytes(), name).unwrap(), expected);
    }
}

#[test]
fn queries_keep_their_order() {
    let text = "b\tone\na\ttwo\twith a tab\nc\t{three}\n";
    let got = queries(text.as_bytes(), "q.tsv").unwrap();
    let pairs: Vec<_> = got.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    assert_eq!(pairs, [("b", "one"), ("a", "two\twith a tab"), ("c", "{three}")]);
}

#[test]
fn what_is_wrong_with_a_query_is_named_by_file_line_and_column() {
    for (text, start) in [
        (
            "{\"_id\":\"1\",\"text\":\"a\"}\n{\"_id\":\"2\",",
            "FILE:2:11: expected an object with _id and text: EOF",
        ),
        (
            "{\"_id\":\"1\"}",
            "FILE:1:11: expected an object with _id and text: missing field `text`",
        ),
        (
            "{\"_id\":1.5,\"text\":\"a\"}",
            "FILE:1:10: expected an object with _id and text: expected text or a whole number as _id",
        ),
        (
            "{\"_id\":\"1\",\"text\":\"a\"}\n\n{\"_id\":\"1\",\"text\":\"b\"}",
            "FILE:3:1: expected a new _id, got \"1\" of line 1",
        ),
        (
            "{\"_id\":\"\",\"text\":\"a\"}",
            "FILE:1:1: expected an _id of at least one character, got an empty one",
        ),
        ("just words", "FILE:1:1: expected an object with _id and text"),
        ("1\ta\n1\tb\n", "FILE:2:1: expected a new id, got \"1\" of line 1"),
        ("1\ta\n\tb\n", "FILE:2:1: expected an id of at least one character, got an empty one"),
        (
            "1\ta\nno tab\n",
            "FILE:2:1: expected an id and a text with a tab between, got \"no tab\"",
        ),
        ("\n\n", "FILE: expected at least one query, got none"),
    ] {
        let error = queries(text.as_bytes(), FILE).unwrap_err();
        assert!(error.starts_with(start), "{text:?}: {error}");
    }
    assert!(queries(b"{\"_id\":\"1\",\"text\":\"\xff\"}", FILE).unwrap_err().contains("UTF-8"));
}

#[test]
fn files_are_read_from_disk_and_named_where_they_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queries.tsv");
    std::fs::File::create(&path).unwrap().write_all(b"1\twords").unwrap();
    assert_eq!(read_queries(&path).unwrap()[0].text, "words");
    let missing = folder.path().join("missing");
    for error in [
        read_queries(&missing).map(|_| ()).unwrap_err(),
        Qrels::read(&missing).map(|_| ()).unwrap_err(),
        Run::read(&missing).map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("cannot read {}", missing.display()));
    }
}

#[test]
fn a_long_line_is_shown_by_its_start() {
    let error = run(format!("q Q0 a 1 {} x", "9".repeat(5000) + "z").as_bytes()).unwrap_err();
    assert!(error.len() < 200 && error.ends_with("…"), "{error}");
}
