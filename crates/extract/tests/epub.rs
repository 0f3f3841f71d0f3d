//! What books say, made here part by part.
#![cfg(feature = "epub")]

mod packages;

use packages::{damage, read, read_within, zip};
use trommel_core::{LocationMark, Markup};
use trommel_extract::{ExtractError, Limits};

const CONTAINER: &str =
    "<container><rootfiles><rootfile full-path='OPS/book.opf'/></rootfiles></container>";

fn book(manifest: &str, spine: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let opf = format!(
        "<package><metadata><dc:title>The mill</dc:title><dc:creator>Ann</dc:creator>\
         <dc:language>en</dc:language><dc:date>1902</dc:date></metadata>\
         <manifest>{manifest}</manifest>\
         <spine>{spine}</spine></package>"
    );
    let mut all = vec![
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", CONTAINER),
        ("OPS/book.opf", &opf),
    ];
    all.extend(parts);
    zip(&all)
}

const MANIFEST: &str = "<item id='a' href='a%20b.xhtml'/><item id='c' href='c.xhtml'/>\
    <item id='d' href='d.xhtml'/><item id='n' href='nav.xhtml' properties='nav'/>\
    <item id='x' href='x.ncx' media-type='application/x-dtbncx+xml'/>";

const SPINE: &str =
    "<itemref idref='c'/><itemref idref='a'/><itemref idref='c'/><itemref idref='d'/>";

const CHAPTERS: [(&str, &str); 3] = [
    ("OPS/a b.xhtml", "<html><body><h1>Wheels</h1><p>They turn.</p></body></html>"),
    (
        "OPS/c.xhtml",
        "<html><head><title>The mill</title></head><body><p>A river.</p></body></html>",
    ),
    ("OPS/d.xhtml", "<html><body><p># no heading</p><h2>The\nend</h2></body></html>"),
];

fn places(bytes: &[u8]) -> Vec<(usize, String)> {
    let place = |mark: &LocationMark| (mark.at, mark.location.to_string());
    read(bytes).unwrap().locations.iter().map(place).collect()
}

#[test]
fn chapters_come_in_the_order_of_the_spine_and_once() {
    let nav = "<html><nav epub:type='landmarks'><a href='c.xhtml'>Start</a></nav>\
        <nav epub:type='toc'><ol>\
        <li><a href='c.xhtml#x'>By the <b>river</b></a></li><li><a href='c.xhtml'>again</a></li>\
        </ol></nav></html>";
    let mut parts = CHAPTERS.to_vec();
    parts.push(("OPS/nav.xhtml", nav));
    let bytes = book(MANIFEST, SPINE, &parts);
    let extracted = read(&bytes).unwrap();
    assert_eq!(
        extracted.text,
        "A river.\n\n# Wheels\n\nThey turn.\n\n\\# no heading\n\n## The end"
    );
    assert_eq!(extracted.markup, Markup::Markdown);
    assert_eq!(extracted.title.unwrap(), "The mill");
    assert_eq!(extracted.language.unwrap(), "en");
    assert_eq!(extracted.metadata["author"], "Ann");
    assert_eq!(extracted.metadata["date"], "1902");
    let expected = [
        (0, "chapter 1: By the river".to_owned()),
        (10, "chapter 2: Wheels".to_owned()),
        (32, "chapter 3: The end".to_owned()),
    ];
    assert_eq!(places(&bytes), expected);
}

#[test]
fn older_books_have_another_table_of_contents() {
    let ncx = "<ncx><navMap><navPoint><navLabel><text>River</text></navLabel>\
        <content src='c.xhtml'/>\
        </navPoint></navMap></ncx>";
    let mut parts = CHAPTERS.to_vec();
    parts.push(("OPS/x.ncx", ncx));
    assert_eq!(places(&book(MANIFEST, SPINE, &parts))[0], (0, "chapter 1: River".to_owned()));
}

#[test]
fn encrypted_chapters_need_a_password_and_fonts_none() {
    let encryption = |part: &str| {
        format!(
            "<encryption><EncryptedData><CipherReference URI='{part}'/></EncryptedData>\
                </encryption>"
        )
    };
    for (part, is_encrypted) in [("OPS/c.xhtml", true), ("OPS/font.otf", false)] {
        let encryption = encryption(part);
        let mut parts = CHAPTERS.to_vec();
        parts.push(("META-INF/encryption.xml", &encryption));
        let error = read(&book(MANIFEST, SPINE, &parts)).err();
        assert_eq!(error == Some(ExtractError::Encrypted), is_encrypted, "{part}");
    }
}

#[test]
fn bombs_are_bounded() {
    let word = "word ".repeat(1000);
    let page = [("OPS/c.xhtml", &*word)];
    let spine = "<itemref idref='c'/>".repeat(20_000);
    let text = read(&book("<item id='c' href='c.xhtml'/>", &spine, &page)).unwrap().text;
    assert_eq!(text.len(), 4999);
    let small = Limits { text_bytes: 4000, ..Limits::default() };
    let error = read_within(&book("<item id='c' href='c.xhtml'/>", &spine, &page), &small);
    assert!(matches!(error, Err(ExtractError::TooMuch { .. })));
    let items: String = (0..11_000).map(|id| format!("<item id='{id}' href='c.xhtml'/>")).collect();
    assert!(matches!(read(&book(&items, "", &page)), Err(ExtractError::TooMuch { .. })));
    assert!(read(&zip(&[("mimetype", "application/epub+zip")])).is_err());
}

#[test]
fn damaged_books_end_with_an_error_or_text() {
    let bytes = book("<item id='c' href='c.xhtml'/>", "<itemref idref='c'/>", &CHAPTERS[1..2]);
    assert!(read(&bytes).is_ok());
    damage(&bytes, |bytes| drop(read(bytes)));
}
