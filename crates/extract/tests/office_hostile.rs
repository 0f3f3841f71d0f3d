//! Office documents made to hurt: each ends soon, with an error or bounded text.
#![cfg(feature = "office")]

mod packages;

use packages::{damage, read, read_within, relations, zip};
use trommel_extract::{ExtractError, Limits};

fn docx(body: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut parts = vec![("[Content_Types].xml", ""), ("word/document.xml", &document)];
    parts.extend(others);
    zip(&parts)
}

fn xlsx(sheet: &str, strings: &str) -> Vec<u8> {
    let links = relations(&[
        ("r1", "worksheet", "worksheets/a.xml"),
        ("r2", "sharedStrings", "sharedStrings.xml"),
    ]);
    zip(&[
        ("[Content_Types].xml", ""),
        ("xl/workbook.xml", "<workbook><sheet name='S' r:id='r1'/></workbook>"),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/worksheets/a.xml", &format!("<worksheet>{sheet}</worksheet>")),
        ("xl/sharedStrings.xml", strings),
    ])
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<d><office:body><office:spreadsheet><table:table table:name='S'>{rows}</table:table>\
         </office:spreadsheet></office:body></d>"
    );
    zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
    ])
}

fn is_too_much(bytes: &[u8], limits: &Limits) -> bool {
    matches!(read_within(bytes, limits), Err(ExtractError::TooMuch { .. }))
}

#[test]
fn bombs_are_too_much() {
    let default = Limits::default();
    let small = Limits { unpacked_bytes: 1 << 20, text_bytes: 1 << 20, ..default };
    let zeros = "\0".repeat(2 << 20);
    assert!(is_too_much(&docx(&zeros, &[]), &small), "unpacked");
    assert!(is_too_much(&docx(&"<w:tbl><w:tr><w:tc>".repeat(70_000), &[]), &default), "depth");
    let laughs = "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><w:document><w:p><w:r>\
        <w:t>&b;</w:t></w:r></w:p></w:document>";
    assert_eq!(read(&zip(&[("word/document.xml", laughs)])).unwrap().text, "");

    let rows = "<row><c t='s'><v>0</v></c></row>".repeat(2000);
    let string = format!("<sst><si><t>{}</t></si></sst>", "s".repeat(10_000));
    assert!(is_too_much(&xlsx(&rows, &string), &small), "one string for many rows");
    let row = format!("<row>{}</row>", "<c t='s'><v>0</v></c>".repeat(2000));
    assert!(is_too_much(&xlsx(&row, &string), &small), "one string for many cells");
    let few = Limits { cells: 100, ..default };
    assert!(is_too_much(&xlsx("", &format!("<sst>{}</sst>", "<si/>".repeat(101))), &few));

    let links = relations(&[("a", "footnotes", "footnotes.xml")]);
    let note = format!(
        "<w:footnotes><w:footnote w:id='1'><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:footnote>\
            </w:footnotes>",
        "n".repeat(10_000)
    );
    let body = format!("<w:p>{}</w:p>", "<w:footnoteReference w:id='1'/>".repeat(2000));
    let others = [("word/_rels/document.xml.rels", &*links), ("word/footnotes.xml", &note)];
    assert!(is_too_much(&docx(&body, &others), &small), "one note many times");
}

#[test]
fn repeated_cells_are_counted_before_they_are_made() {
    let default = Limits::default();
    let cell = |times: u64, text: &str| {
        format!(
            "<table:table-cell table:number-columns-repeated='{times}'>{text}</table:table-cell>"
        )
    };
    let row = |times: u64, cells: &str| {
        format!("<table:table-row table:number-rows-repeated='{times}'>{cells}</table:table-row>")
    };
    let (many, text) = (1 << 30, "<text:p>x</text:p>");
    assert!(is_too_much(&ods(&row(1, &cell(many, text))), &default));
    assert!(is_too_much(&ods(&row(many, &cell(1, text))), &default));
    let note = "<office:annotation><text:p>x</text:p></office:annotation>";
    assert!(is_too_much(&ods(&row(u64::MAX, &cell(1, note))), &default));
    let long = format!("<text:p>{}</text:p>", "x".repeat(100_000));
    assert!(is_too_much(&ods(&row(1, &cell(1_000_000, &long))), &default));
    // Empty ones fill the sheet and cost nothing.
    let empty = row(many, &cell(u64::MAX, "")) + &row(1, &(cell(many, "") + &cell(1, text)));
    assert_eq!(read(&ods(&empty)).unwrap().text, "S\n\nx");
}

#[test]
fn far_cells_cost_no_more_than_near_ones() {
    let sheet = "<dimension ref='A1:XFD1048576'/><row r='1'><c r='A1'><v>1</v></c></row>\
        <row r='1048576'><c r='XFD1048576'><v>2</v></c></row>\
        <row r='4294967295'><c r='ZZZZZZZZ1'><v>3</v></c><c><v>4</v></c></row><row><c><v>5</v>\
        </c></row>";
    assert_eq!(read(&xlsx(sheet, "<sst/>")).unwrap().text, "S\n\n1\n2\n3 | 4\n5");
}

#[test]
fn slides_and_sheets_are_counted() {
    let few = Limits { pages: 2, ..Limits::default() };
    let links = relations(&[("r", "slide", "s.xml")]);
    let show = |slides: usize| {
        let list = "<p:sldId r:id='r'/>".repeat(slides);
        let main = format!("<p:presentation>{list}</p:presentation>");
        zip(&[
            ("ppt/presentation.xml", &main),
            ("ppt/_rels/presentation.xml.rels", &links),
            ("ppt/s.xml", "<p:sld/>"),
        ])
    };
    assert!(read_within(&show(2), &few).is_ok());
    assert!(is_too_much(&show(3), &few));
}

#[test]
fn damaged_files_end_with_an_error_or_text() {
    let letter = docx(
        "<w:p><w:r><w:t>The mill &amp; Ann</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc>\
            </w:tr></w:tbl>",
        &[],
    );
    let sums =
        xlsx("<row r='1'><c r='A1' t='s'><v>0</v></c></row>", "<sst><si><t>a</t></si></sst>");
    let rows = "<table:table-row><table:table-cell table:number-columns-repeated='2'>\
        <text:p>x</text:p>\
        </table:table-cell></table:table-row>";
    // Bounded, for damage may turn a number into a large one.
    let limits = Limits { cells: 1000, text_bytes: 1 << 16, ..Limits::default() };
    for sound in [letter, sums, ods(rows)] {
        assert!(read_within(&sound, &limits).is_ok());
        damage(&sound, |bytes| {
            if let Ok(extracted) = read_within(bytes, &limits) {
                assert!(extracted.text.len() <= 1 << 16);
            }
        });
    }
}

#[test]
fn damaged_xml_ends_with_an_error_or_text() {
    let body = "<w:document><w:body><w:p><w:pPr><w:pStyle w:val='T'/></w:pPr><w:r><w:t>a</w:t>\
        </w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><mc:AlternateContent><mc:Choice/><mc:Fallback/>\
        </mc:AlternateContent></w:p>\
        </w:tc></w:tr></w:tbl></w:body></w:document>";
    damage(body.as_bytes(), |bytes| {
        let body = String::from_utf8_lossy(bytes);
        let _ = read(&zip(&[("word/document.xml", &body)]));
    });
}
