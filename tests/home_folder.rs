//! Fears for a folder as people have it, of every format and with broken files among the sound ones: a run
//! that ends early, a file that vanishes without a word, a fact that is found at the wrong place.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::files::{pdf, zipped};
use common::{code, data, run, words};
use serde_json::{Value, json};

/// How many files there are of each format.
const EACH: usize = 25;

/// A file, and where in it its fact is: what a hit says of its location, if it says one.
struct Planted {
    name: String,
    bytes: Vec<u8>,
    /// The document that has the fact, if it is not all of the file.
    member: Option<&'static str>,
    location: Option<&'static str>,
}

/// Makes a file of a format that tells a fact.
type Make = fn(&str) -> (Vec<u8>, Option<&'static str>, Option<&'static str>);

const FORMATS: [(&str, Make); 19] = [
    ("md", |fact| (format!("# Note\n\nIt is {fact} here.").into_bytes(), None, None)),
    ("txt", |fact| (format!("A note\n\nIt is {fact} here.").into_bytes(), None, None)),
    ("html", |fact| {
        (format!("<html><body><p>It is {fact} here.</body></html>").into_bytes(), None, None)
    }),
    ("py", |fact| (format!("# It is {fact} here\nx = 1\n").into_bytes(), None, None)),
    ("pdf", |fact| (pdf(&["One page.", &format!("It is {fact} here.")]), None, Some("pp. 1-2"))),
    ("docx", |fact| (docx(fact), None, None)),
    ("pptx", |fact| (pptx(fact), None, Some("slides 1-2"))),
    ("xlsx", |fact| (xlsx(fact), None, Some("Birds!A1:B2"))),
    ("odt", |fact| (odt(fact), None, None)),
    ("epub", |fact| (epub(fact), None, Some("chapters 1-2"))),
    ("rtf", |fact| {
        (format!("{{\\rtf1\\ansi It is {{\\b {fact}}} here.\\par}}").into_bytes(), None, None)
    }),
    ("eml", |fact| (mail(fact), Some("list.csv"), Some("list!A1:B2"))),
    ("ipynb", |fact| (notebook(fact), None, Some("cells 1-2"))),
    ("tex", |fact| {
        let text = format!(
            "\\documentclass{{article}}\\begin{{document}}It is \\emph{{{fact}}}.\\end{{document}}"
        );
        (text.into_bytes(), None, None)
    }),
    ("org", |fact| {
        (format!("#+TITLE: Note\n* One\nIt is *{fact}* here.\n").into_bytes(), None, None)
    }),
    ("adoc", |fact| {
        (format!("= Note\n\n== One\n\nIt is _{fact}_ here.\n").into_bytes(), None, None)
    }),
    ("csv", |fact| (format!("bird,place\nheron,{fact}\n").into_bytes(), None, None)),
    ("srt", |fact| {
        (
            format!("1\n00:00:01,000 --> 00:00:02,000\nIt is {fact} here.\n\n").into_bytes(),
            None,
            None,
        )
    }),
    ("1", |fact| {
        (
            format!(".TH NOTE 1\n.SH NAME\nnote \\- it is \\fB{fact}\\fR here\n").into_bytes(),
            None,
            None,
        )
    }),
];

fn links(links: &[(&str, &str, &str)]) -> String {
    let link = |(id, kind, target): &(&str, &str, &str)| {
        format!("<Relationship Id='{id}' Type='http://x/relationships/{kind}' Target='{target}'/>")
    };
    format!("<Relationships>{}</Relationships>", links.iter().map(link).collect::<String>())
}

fn docx(fact: &str) -> Vec<u8> {
    let document = format!(
        "<w:document><w:body><w:p><w:r><w:t>It is {fact} here.</w:t></w:r></w:p></w:body></w:document>"
    );
    zipped(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", &document)])
}

fn pptx(fact: &str) -> Vec<u8> {
    let slide = |text: &str| {
        format!(
            "<p:sld><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p>\
             </p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
        )
    };
    let main = "<p:presentation><p:sldIdLst><p:sldId id='1' r:id='a'/><p:sldId id='2' r:id='b'/>\
        </p:sldIdLst></p:presentation>";
    zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        ("ppt/presentation.xml", main),
        (
            "ppt/_rels/presentation.xml.rels",
            &links(&[("a", "slide", "slides/a.xml"), ("b", "slide", "slides/b.xml")]),
        ),
        ("ppt/slides/a.xml", &slide("First of all.")),
        ("ppt/slides/b.xml", &slide(&format!("It is {fact} here."))),
    ])
}

fn xlsx(fact: &str) -> Vec<u8> {
    let cell =
        |at: &str, text: &str| format!("<c r='{at}' t='inlineStr'><is><t>{text}</t></is></c>");
    let sheet = format!(
        "<worksheet><sheetData><row r='1'>{}{}</row><row r='2'>{}{}</row></sheetData></worksheet>",
        cell("A1", "bird"),
        cell("B1", "place"),
        cell("A2", "heron"),
        cell("B2", fact)
    );
    zipped(&[
        ("[Content_Types].xml", "<Types/>"),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name='Birds' sheetId='1' r:id='a'/></sheets></workbook>",
        ),
        ("xl/_rels/workbook.xml.rels", &links(&[("a", "worksheet", "s.xml")])),
        ("xl/s.xml", &sheet),
    ])
}

fn odt(fact: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:text><text:p>It is {fact} here.</text:p>\
         </office:text></office:body></office:document-content>"
    );
    zipped(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", &content)])
}

fn epub(fact: &str) -> Vec<u8> {
    let chapter = |text: &str| format!("<html><body><p>{text}</p></body></html>");
    let opf = "<package><metadata><dc:title>The mill</dc:title></metadata><manifest>\
        <item id='a' href='a.xhtml'/><item id='b' href='b.xhtml'/></manifest>\
        <spine><itemref idref='a'/><itemref idref='b'/></spine></package>";
    zipped(&[
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='book.opf'/></rootfiles></container>",
        ),
        ("book.opf", opf),
        ("a.xhtml", &chapter("First of all.")),
        ("b.xhtml", &chapter(&format!("It is {fact} here."))),
    ])
}

fn mail(fact: &str) -> Vec<u8> {
    format!(
        "From: a@b.c\r\nTo: d@e.f\r\nSubject: A list\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee below.\r\n--x\r\n\
         Content-Type: text/csv; name=list.csv\r\nContent-Disposition: attachment; filename=list.csv\r\n\r\n\
         bird,place\r\nheron,{fact}\r\n--x--\r\n"
    )
    .into_bytes()
}

fn notebook(fact: &str) -> Vec<u8> {
    json!({ "nbformat": 4, "cells": [
        { "cell_type": "markdown", "source": ["First of all."] },
        { "cell_type": "markdown", "source": [format!("It is {fact} here.")] },
    ]})
    .to_string()
    .into_bytes()
}

/// Files that give no document, and why not.
fn broken() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    vec![
        ("cut.docx", cut(docx("nothing")), "damaged"),
        ("cut.xlsx", cut(xlsx("nothing")), "damaged"),
        ("cut.epub", cut(epub("nothing")), "damaged"),
        ("noise.pdf", b"%PDF-1.4\nand nothing that follows from it".to_vec(), "damaged"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on".to_vec(), "unsupported-format"),
        ("groups.rtf", [b"{\\rtf1 ".to_vec(), b"{".repeat(100_000)].concat(), "too-much"),
        ("nothing.txt", Vec::new(), "empty"),
        ("program", b"\x7fELF\0\0\0\x01".to_vec(), "binary"),
        ("log.jsonl", b"{\"level\":\"info\",\"at\":3}\n".to_vec(), "missing-field"),
        (".profile", b"hidden".to_vec(), "hidden"),
    ]
}

/// Writes everything into folders of `root`; returns the planted facts by their words.
fn fill(root: &Path) -> BTreeMap<String, Planted> {
    let mut facts = BTreeMap::new();
    for (extension, make) in FORMATS {
        for number in 0..EACH {
            // A word that no other file has and no stemmer changes.
            let fact = format!("fact{extension}{number}q");
            let (bytes, member, location) = make(&fact);
            let name = format!("{}/{extension}-{number}.{extension}", number % 5);
            facts.insert(fact, Planted { name, bytes, member, location });
        }
    }
    for folder in 0..5 {
        fs::create_dir(root.join(folder.to_string())).unwrap();
    }
    for planted in facts.values() {
        fs::write(root.join(&planted.name), &planted.bytes).unwrap();
    }
    for (number, (name, bytes, _)) in broken().into_iter().enumerate() {
        for folder in 0..3 {
            fs::write(root.join(((number + folder) % 5).to_string()).join(name), &bytes).unwrap();
        }
    }
    facts
}

#[test]
fn a_home_folder_is_read_in_one_go_and_every_fact_is_found_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let facts = fill(&home);

    let output =
        run(folder.path(), &["-c", "collection", "index", "--json", "--list-skipped", "home"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let report: Value = serde_json::from_str(&data(&output)).unwrap();
    // Each mail has its list beside itself.
    assert_eq!(report["added"], facts.len() + EACH, "{report}");
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    broken().iter().for_each(|(_, _, reason)| *expected.entry(*reason).or_default() += 3);
    assert_eq!(report["skipped"], json!(expected), "{}", words(&output));
    for (name, ..) in broken() {
        assert!(words(&output).contains(&format!("/{name}: ")), "{name}: {}", words(&output));
    }

    let queries: String = facts.keys().map(|fact| format!("{fact}\t{fact}\n")).collect();
    fs::write(folder.path().join("queries.tsv"), queries).unwrap();
    let search = ["-c", "collection", "search", "--stage", "bm25", "--format", "jsonl", "-k", "1"];
    let output = run(folder.path(), &[&search[..], &["--queries", "queries.tsv"]].concat());
    let found = data(&output);
    let mut seen = 0;
    for line in found.lines() {
        let hit: Value = serde_json::from_str(line).unwrap();
        let fact = hit["query_id"].as_str().unwrap();
        let planted = &facts[fact];
        assert_eq!(hit["source"]["path"], planted.name, "{fact}");
        assert_eq!(hit["source"]["member"].as_str(), planted.member, "{fact}");
        let location = hit["passage"]["location"]["text"].as_str();
        if let Some(expected) = planted.location {
            assert_eq!(location, Some(expected), "{fact}");
        }
        seen += 1;
    }
    assert_eq!(seen, facts.len());
}
