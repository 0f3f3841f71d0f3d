//! Fears for the process that reads files: one that crashes it, hangs it, or fills its memory must cost
//! no more than itself.

#[path = "common/files.rs"]
mod files_of_formats;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use files_of_formats::zipped;
use trommel_extract::sandbox::Sandbox;
use trommel_extract::{ExtractError, Extracted, Limits, Runner, extractor_of};
use trommel_testkit::{LongRun, mutated};

/// The program as a reader with so much memory.
fn sandbox(memory: u64) -> Sandbox {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_trommel"));
    let arguments = vec![OsString::from("--reader"), memory.to_string().into()];
    Sandbox::new(program, arguments, Duration::from_secs(10))
}

fn read(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> Result<Extracted, ExtractError> {
    let head = &bytes[..bytes.len().min(8 << 10)];
    let extractor = extractor_of(head, name).ok_or_else(|| ExtractError::damaged("no format"))?;
    sandbox.run(extractor, bytes, name, &Limits::default())
}

fn docx(body: &str) -> Vec<u8> {
    let types = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>";
    let document = format!(
        "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>\
         <w:body>{body}</w:body></w:document>"
    );
    zipped(&[("[Content_Types].xml", types), ("word/document.xml", &document)])
}

const PARAGRAPH: &str = "<w:p><w:r><w:t>The heron nests.</w:t></w:r></w:p>";

/// A sound file of each family.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let pdf = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n\
        3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources \
        << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>\nendobj\n\
        4 0 obj\n<< /Length 47 >>\nstream\nBT /F 12 Tf 72 720 Td (The heron nests.) Tj ET   \nendstream\n\
        endobj\ntrailer << /Root 1 0 R /Size 5 >>\n%%EOF\n";
    let sheet = "<worksheet><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>bird</t></is></c></row>\
        <row r='2'><c r='A2' t='inlineStr'><is><t>heron</t></is></c></row></sheetData></worksheet>";
    let book = "<workbook xmlns:r='http://r'><sheets><sheet name='Birds' sheetId='1' r:id='a'/></sheets></workbook>";
    let link = "<Relationships><Relationship Id='a' Type='http://x/relationships/worksheet' Target='s.xml'/></Relationships>";
    let odt = "<office:document-content xmlns:office='o' xmlns:text='t'><office:body><office:text>\
        <text:p>The heron nests.</text:p></office:text></office:body></office:document-content>";
    vec![
        ("a.pdf", pdf.as_bytes().to_vec()),
        ("a.docx", docx(PARAGRAPH)),
        (
            "a.xlsx",
            zipped(&[
                ("[Content_Types].xml", "<Types/>"),
                ("xl/workbook.xml", book),
                ("xl/_rels/workbook.xml.rels", link),
                ("xl/s.xml", sheet),
            ]),
        ),
        ("a.odt", zipped(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", odt)])),
        ("a.rtf", br"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 The {\b heron} nests.\par\u233?\'e9}".to_vec()),
        (
            "a.eml",
            b"From: a@b.c\r\nTo: d@e.f\r\nSubject: =?utf-8?q?heron?=\r\nMIME-Version: 1.0\r\n\
              Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nThe heron nests.\r\n--x\r\n\
              Content-Type: text/plain; name=a.txt\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVyb24=\r\n--x--\r\n"
                .to_vec(),
        ),
        (
            "a.ipynb",
            br##"{"nbformat":4,"cells":[{"cell_type":"markdown","source":["# Heron"]},
              {"cell_type":"code","source":"x = 1","outputs":[{"output_type":"stream","text":["1"]}]}]}"##
                .to_vec(),
        ),
        ("a.tex", br"\documentclass{article}\title{Heron}\begin{document}\section{A} It \emph{nests}.\end{document}".to_vec()),
        ("a.org", b"#+TITLE: Heron\n* One\nIt nests.\n| a | b |\n#+begin_src sh\nls\n#+end_src\n".to_vec()),
        ("a.adoc", b"= Heron\n:author: Ada\n\n== One\n\nIt nests.\n\n|===\n|a |b\n|===\n".to_vec()),
        ("a.1", b".TH HERON 1\n.SH NAME\nheron \\- a \\fBbird\\fR\n.TP\n.B \\-x\nnests\n".to_vec()),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nThe heron nests.\n\n".to_vec()),
        ("a.csv", b"bird,place\n\"heron, grey\",pond\n".to_vec()),
    ]
}

#[test]
fn no_damaged_file_takes_the_reader_with_it() {
    let sandbox = sandbox(1 << 30);
    let files = files();
    for (name, bytes) in &files {
        let said = read(&sandbox, name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            said.text.to_lowercase().contains("heron") || said.title.as_deref() == Some("Heron"),
            "{name}: {said:?}"
        );
    }
    let run = LongRun::of("formats", 1_300);
    let (mut told, mut lost) = (0, Vec::new());
    for (number, mut dice) in run.cases() {
        let (name, whole) = dice.pick(&files);
        let damaged = mutated(whole, &mut dice);
        match read(&sandbox, name, &damaged) {
            Ok(_) => told += 1,
            Err(
                error @ (ExtractError::ReaderLost { .. }
                | ExtractError::TimedOut { .. }
                | ExtractError::OutOfMemory),
            ) => lost.push(format!("case {number}, {name}: {error}")),
            Err(_) => {}
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
    run.record(&format!("{told} read"));
}

#[test]
fn bombs_are_skipped_in_time() {
    let sandbox = sandbox(1 << 30);
    let entities: String = (1..10)
        .map(|level| format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10)))
        .collect();
    let laughs = format!(
        "<?xml version='1.0'?><!DOCTYPE w [<!ENTITY e0 'ha'>{entities}]>\
         <w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>\
         <w:body><w:p><w:r><w:t>&e9;</w:t></w:r></w:p></w:body></w:document>"
    );
    let bombs = [
        // 300 MB of blanks in a few hundred kB.
        ("blanks.docx", docx(&" ".repeat(300 << 20))),
        ("deep.docx", docx(&"<w:p>".repeat(300_000))),
        (
            "laughs.docx",
            zipped(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", &laughs)]),
        ),
        ("groups.rtf", [br"{\rtf1 ".to_vec(), b"{".repeat(1_000_000)].concat()),
        ("arrays.pdf", [b"%PDF-1.4\n1 0 obj\n".to_vec(), b"[".repeat(1_000_000)].concat()),
        (
            "parts.eml",
            (0..20_000).fold(b"From: a@b.c\r\nTo: d@e.f\r\n".to_vec(), |mut mail, level| {
                mail.extend(
                    format!(
                        "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
                    )
                    .bytes(),
                );
                mail
            }),
        ),
    ];
    for (name, bytes) in &bombs {
        let started = Instant::now();
        let said = read(&sandbox, name, bytes);
        let took = started.elapsed();
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
        let bytes = said.as_ref().map_or(0, |said| said.text.len());
        assert!(bytes < 1 << 20, "{name}: {bytes} bytes of text");
    }
    // And the next file is read as if nothing had been.
    assert!(read(&sandbox, "a.docx", &docx(PARAGRAPH)).unwrap().text.contains("heron"));
}

#[test]
fn a_reader_without_memory_says_so_and_the_next_file_is_read() {
    let sandbox = sandbox(96 << 20);
    let large = docx(&PARAGRAPH.repeat(2_000_000));
    let error = read(&sandbox, "large.docx", &large).unwrap_err();
    assert_eq!(error, ExtractError::OutOfMemory, "{error}");
    assert!(read(&sandbox, "a.docx", &docx(PARAGRAPH)).is_ok());
}

#[cfg(unix)]
#[test]
fn a_reader_that_hangs_or_dies_costs_its_file_alone() {
    let shell = |script: &str, time| {
        Sandbox::new(
            "/bin/sh".into(),
            vec!["-c".into(), script.into()],
            Duration::from_millis(time),
        )
    };
    let file = docx(PARAGRAPH);
    let hangs = shell("while :; do :; done", 300);
    let started = Instant::now();
    assert_eq!(read(&hangs, "a.docx", &file), Err(ExtractError::TimedOut { seconds: 0 }));
    assert!(started.elapsed() < Duration::from_secs(5));
    let dies = shell("echo out of luck >&2; kill -SEGV $$", 5_000);
    for _ in 0..2 {
        let Err(ExtractError::ReaderLost { detail }) = read(&dies, "a.docx", &file) else {
            panic!()
        };
        assert!(detail.contains("11") && detail.contains("out of luck"), "{detail}");
    }
    let babbles = shell("echo 0123456789abcdef; sleep 9", 5_000);
    assert!(matches!(read(&babbles, "a.docx", &file), Err(ExtractError::ReaderLost { .. })));
    let nowhere = Sandbox::new("/nowhere/at/all".into(), Vec::new(), Duration::from_secs(1));
    let Err(ExtractError::ReaderLost { detail }) = read(&nowhere, "a.docx", &file) else {
        panic!()
    };
    assert!(detail.contains("cannot be started"), "{detail}");
}
