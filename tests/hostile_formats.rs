//! Fears for the process that reads files: one that crashes it, hangs it, or fills its memory must cost
//! no more than itself.

#[path = "common/files.rs"]
mod files_of_formats;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use files_of_formats::zipped;
use trommel_extract::sandbox::Sandbox;
use trommel_extract::{ExtractError, Extracted, Limits, Runner, decompressed, extractor_of};
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

/// Returns a tar file of one text, as POSIX says.
fn tar(name: &str, text: &str) -> Vec<u8> {
    let mut head = [0u8; 512];
    head[..name.len()].copy_from_slice(name.as_bytes());
    head[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
    head[156] = b'0';
    head[257..265].copy_from_slice(b"ustar\x0000");
    // The sum of all bytes, those of the sum itself as blanks.
    head[148..156].fill(b' ');
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut file = head.to_vec();
    file.extend_from_slice(text.as_bytes());
    file.resize(file.len().next_multiple_of(512) + 1024, 0);
    file
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
        ("a.zip", zipped(&[("birds/a.md", "The heron nests."), ("b.txt", "Heron.")])),
        ("a.tar", tar("birds/a.md", "The heron nests.")),
    ]
}

#[test]
fn no_damaged_file_takes_the_reader_with_it() {
    let sandbox = sandbox(1 << 30);
    let files = files();
    for (name, bytes) in &files {
        let said = read(&sandbox, name, bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let within = |it: &trommel_extract::Attachment| it.bytes.starts_with(b"The heron");
        assert!(
            said.text.to_lowercase().contains("heron")
                || said.title.as_deref() == Some("Heron")
                || said.attachments.iter().any(within),
            "{name}: {said:?}"
        );
    }
    let run = LongRun::of("formats", 8_000);
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

/// A text about a heron as gzip 1.12 and zstd 1.5 pack it, in hexadecimal.
const PACKED: [(&str, &str); 2] = [
    (
        "a.txt.gz",
        "1f8b08000000000002038dd24d0ec2201005e0abcc099ad2ffc643b8f10254c64282b4018ce9edd59a0c2c3ac6\
     0d0903dfe2bdcc452368f48b03872106300ee26764660d1e518502ce0e94dc407c1ff6bfc122ae01a66d9f2d56\
     c1dd587bda6fd1a8f7f1f02e808c5091af327fb306894fdea8198f704db8ceb1093ae97571eac836649bcc5ea5\
     b5449f68fc116d89b679e6289dfa2b7347be633be343f7a47bae312ef3407460fbe2428f6447aeaf5f99459916\
     a5645be3530b913cbf695c7091d64cb07bc62517c50b9450b30d05030000",
    ),
    (
        "a.txt.zst",
        "28b52ffd64050205060052c8191790cd01acdf563beb6ad8096939b1e1d3d37eca41669a1040ae959919649008\
     721cdc865114eaec3d41385eaa9b35c3a01e49ed5910f65176cc723b6be163f8eea687abfc926e86503baa187c\
     69b7ff6162c5145d41e075d7617bf8a133fefb75f4c86dc36d4b28a09174696e96985b1dd02e9ab10e7d18411f\
     044c3ef7a01f02669e9ae444995a89978626779f495f534e7c17c753e326759a73f76854c8a8f91ab30bf8a430\
     009fab0080680bea993d6851f8f9f3361feb6756ad02c02232af",
    ),
];

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn no_damaged_packing_breaks_the_program_that_unpacks_it() {
    let files = PACKED.map(|(name, hexadecimal)| (name, bytes_of(hexadecimal)));
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let read = |name: &str, bytes: &[u8]| decompressed(bytes, name, &limits);
    for (name, bytes) in &files {
        let (text, name) = read(name, bytes).unwrap().unwrap();
        assert_eq!((text.len(), name.as_str()), (773, "a.txt"));
        assert!(text.starts_with(b"The heron nests in the high reeds. On day 1"));
    }
    let run = LongRun::of("packings", 4_000);
    let mut unpacked = 0;
    for (number, mut dice) in run.cases() {
        let (name, whole) = dice.pick(&files);
        let damaged = mutated(whole, &mut dice);
        let started = Instant::now();
        if let Some(Ok((content, _))) = read(name, &damaged) {
            assert!(content.len() <= 1 << 20, "case {number}");
            unpacked += 1;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "case {number}, {name}");
    }
    run.record(&format!("{unpacked} unpacked"));
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
