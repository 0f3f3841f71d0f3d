//! What office documents say, made here part by part.
#![cfg(feature = "office")]

mod packages;

use packages::{read, relations, zip};
use trommel_core::{Location, LocationMark};
use trommel_extract::{ExtractError, Extracted};

fn docx(body: &str, others: &[(&str, &str)]) -> Extracted {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut parts = vec![("[Content_Types].xml", "<Types/>"), ("word/document.xml", &document)];
    parts.extend(others);
    read(&zip(&parts)).unwrap()
}

fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

fn paragraph(text: &str) -> String {
    format!("<w:p>{}</w:p>", run(text))
}

fn places(extracted: &Extracted) -> Vec<(usize, String)> {
    let place = |mark: &LocationMark| (mark.at, mark.location.to_string());
    extracted.locations.iter().map(place).collect()
}

#[test]
fn a_letter_has_headings_lists_and_no_deleted_text() {
    let body = "<w:p><w:pPr><w:pStyle w:val='Title'/></w:pPr><w:r><w:t>The mill</w:t></w:r></w:p>\
        <w:p><w:pPr><w:outlineLvl w:val='1'/><w:pPrChange><w:outlineLvl w:val='5'/>\
        </w:pPrChange></w:pPr>\
        <w:r><w:t>History</w:t></w:r></w:p>\
        <w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr>\
        <w:vanish w:val='0'/></w:rPr>\
        <w:t xml:space='preserve'>Built in </w:t></w:r><w:del><w:r><w:delText>1700</w:delText>\
        </w:r></w:del>\
        <w:ins><w:r><w:t>1702</w:t><w:br/><w:t>by</w:t><w:tab/><w:t>Ann.</w:t></w:r></w:ins></w:p>\
        <w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r>\
        <w:t>one</w:t></w:r></w:p>\
        <w:p><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r>\
        <w:t>two</w:t></w:r></w:p>\
        <w:p><w:pPr><w:numPr><w:numId w:val='0'/></w:numPr></w:pPr><w:r>\
        <w:instrText>PAGE</w:instrText>\
        <w:t>three</w:t></w:r></w:p>";
    let styles =
        "<w:styles><w:style w:styleId='Title'><w:name w:val='Title'/></w:style></w:styles>";
    let links = relations(&[("a", "styles", "styles.xml")]);
    let others = [("word/_rels/document.xml.rels", &*links), ("word/styles.xml", styles)];
    let extracted = docx(body, &others);
    assert_eq!(
        extracted.text,
        "The mill\n\nHistory\n\nBuilt in 1702\nby Ann.\n\n- one\n  - two\n\nthree"
    );
    let headings: Vec<(usize, u8)> =
        extracted.headings.iter().map(|heading| (heading.at, heading.level)).collect();
    assert_eq!(headings, [(0, 1), (10, 2)]);
    assert_eq!(extracted.title.unwrap(), "The mill");
}

#[test]
fn notes_boxes_and_margins_stand_where_they_belong() {
    let body = format!(
        "<w:p>{}<w:r><w:footnoteReference w:id='2'/></w:r><w:r><w:commentReference w:id='2'/>\
            </w:r></w:p>\
         <w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:docPr descr='A mill'/>\
         <w:txbxContent>{}{}</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:txbxContent>{}\
         </w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>{}</w:p>",
        run("Text."),
        paragraph("box"),
        paragraph("more"),
        paragraph("box"),
        run("Anchor"),
    );
    let note = |what: &str, text: &str| {
        format!("<w:{what}s><w:{what} w:id='2'>{}</w:{what}></w:{what}s>", paragraph(text))
    };
    let links = relations(&[
        ("a", "footnotes", "footnotes.xml"),
        ("b", "comments", "comments.xml"),
        ("c", "header", "header1.xml"),
        ("d", "header", "header2.xml"),
        ("e", "footer", "footer1.xml"),
        ("f", "footer", "missing.xml"),
    ]);
    let others = [
        ("word/_rels/document.xml.rels", &*links),
        ("word/footnotes.xml", &note("footnote", "below")),
        ("word/comments.xml", &note("comment", "why?")),
        ("word/header1.xml", &format!("<w:hdr>{}</w:hdr>", paragraph("head"))),
        ("word/header2.xml", &format!("<w:hdr>{}</w:hdr>", paragraph("head"))),
        ("word/footer1.xml", &format!("<w:ftr>{}</w:ftr>", paragraph("foot"))),
    ];
    assert_eq!(
        docx(&body, &others).text,
        "Text.\n[note: below] [comment: why?]\n\nAnchor\n\nA mill\nbox\nmore\n\nhead\n\nfoot"
    );
}

#[test]
fn merged_cells_are_told_once_and_headers_again() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", paragraph(text));
    let row = |cells: &str| format!("<w:tr>{cells}</w:tr>");
    let mut rows = row(&(cell("Year") + &cell("Sum")));
    rows += &row(&(format!(
        "<w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr>{}</w:tc>",
        paragraph("2019")
    ) + &cell("1")));
    rows +=
        &row(&(format!("<w:tc><w:tcPr><w:vMerge/></w:tcPr>{}</w:tc>", paragraph("")) + &cell("2")));
    for _ in 0..18 {
        rows += &row(&(cell("2020") + &cell("3")));
    }
    let text = docx(&format!("<w:tbl>{rows}</w:tbl>{}", paragraph("after")), &[]).text;
    assert!(text.starts_with("Year | Sum\n2019 | 1\n| 2\n2020 | 3\n"), "{text}");
    assert!(text.ends_with("3\n\nYear | Sum\n2020 | 3\n\nafter"), "{text}");
}

fn slide(shapes: &str) -> String {
    format!("<p:sld><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>")
}

fn shape(placeholder: &str, text: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{text}</p:txBody>\
            </p:sp>"
    )
}

#[test]
fn slides_come_in_the_order_of_the_presentation() {
    let line = |text: &str| format!("<a:p><a:r><a:t>{text}</a:t></a:r></a:p>");
    let cell = |merge: &str, text: &str| {
        format!("<a:tc {merge}><a:txBody>{}</a:txBody></a:tc>", line(text))
    };
    let first = slide(
        &(shape("<p:ph type='body'/>", &(line("one") + &line("two")))
            + &shape("<p:ph type='ctrTitle'/>", &line("Mills"))
            + &shape("<p:ph type='ftr'/>", &line("Ltd."))
            + &shape("<p:ph type='sldNum'/>", &line("1"))),
    );
    let table = format!(
        "<p:graphicFrame><a:tbl><a:tr>{}{}</a:tr><a:tr>{}{}</a:tr></a:tbl></p:graphicFrame>",
        cell("", "Mill"),
        cell("", "Year"),
        cell("gridSpan='2'", "all"),
        cell("hMerge='1'", "ghost"),
    );
    let second = slide(&(table + &shape("<p:ph type='ftr'/>", &line("Ltd."))))
        .replace("<p:sld>", "<p:sld show='0'>");
    let notes = slide(
        &(shape("<p:ph type='body'/>", &line("Breathe."))
            + &shape("<p:ph type='sldNum'/>", &line("2"))),
    );
    let links = relations(&[("r1", "slide", "slides/b.xml"), ("r2", "slide", "slides/a.xml")]);
    let bytes = zip(&[
        ("[Content_Types].xml", ""),
        (
            "ppt/presentation.xml",
            "<p:presentation><p:sldIdLst><p:sldId id='9' r:id='r2'/><p:sldId id='1' r:id='r1'/>\
             </p:sldIdLst></p:presentation>",
        ),
        ("ppt/_rels/presentation.xml.rels", &links),
        ("ppt/slides/a.xml", &first),
        ("ppt/slides/b.xml", &second),
        ("ppt/slides/_rels/b.xml.rels", &relations(&[("n", "notesSlide", "../notes/n.xml")])),
        ("ppt/notes/n.xml", &notes),
    ]);
    let extracted = read(&bytes).unwrap();
    let text = "Mills\n\n- one\n- two\n\nLtd.\n\nMill | Year\nall\n\n[notes: Breathe.]";
    assert_eq!(extracted.text, text);
    assert_eq!(places(&extracted), [(0, "slide 1: Mills".into()), (26, "slide 2".into())]);
    assert_eq!(extracted.metadata["hidden-slides"], "2");
    assert_eq!(extracted.title.unwrap(), "Mills");
    assert_eq!(extracted.headings.len(), 1);
}

#[test]
fn cells_are_read_as_they_are_shown() {
    let sheet = "<worksheet><dimension ref='A1:XFD1048576'/><sheetData>\
        <row r='2'><c r='B2' t='s'><v>0</v></c><c r='C2' t='inlineStr'><is><t>Day</t></is></c>\
        </row>\
        <row r='3'><c r='B3' t='str'><f>1+1</f><v>north</v></c><c r='C3' s='1'><v>36585</v></c>\
        </row>\
        <row r='4'><c r='C4' t='b'><v>1</v></c><c r='D4' t='e'><v>#N/A</v></c></row>\
        <row r='1048576'><c r='XFD1048576'><v>0.10000000000000001</v></c></row>\
        </sheetData></worksheet>";
    let links = relations(&[
        ("r1", "worksheet", "worksheets/a.xml"),
        ("r2", "worksheet", "worksheets/b.xml"),
        ("r3", "sharedStrings", "sharedStrings.xml"),
        ("r4", "styles", "styles.xml"),
    ]);
    let bytes = zip(&[
        ("[Content_Types].xml", ""),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name='Sums' r:id='r1'/>\
                <sheet name='Old' state='hidden' r:id='r2'/>\
             <sheet name='None' r:id='r9'/></sheets></workbook>",
        ),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/worksheets/a.xml", sheet),
        ("xl/worksheets/b.xml", "<worksheet><row><c><v>7</v></c></row></worksheet>"),
        ("xl/worksheets/_rels/a.xml.rels", &relations(&[("c", "comments", "../comments1.xml")])),
        (
            "xl/comments1.xml",
            "<comments><comment ref='C3'><text><t>leap day</t></text></comment></comments>",
        ),
        ("xl/sharedStrings.xml", "<sst><si><t>Mill</t><rPh><t>x</t></rPh></si></sst>"),
        (
            "xl/styles.xml",
            "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>",
        ),
    ]);
    let extracted = read(&bytes).unwrap();
    assert_eq!(
        extracted.text,
        "Sums\n\nMill | Day\nnorth | 2000-02-29 [comment: leap day]\n| TRUE | #N/A\n| | 0.1\n\n\
         Old\n\n7"
    );
    assert_eq!(
        places(&extracted),
        [(0, "Sums!A2:XFD1048576".into()), (extracted.text.len() - 6, "Old!A1:A1".into())]
    );
    assert_eq!(extracted.metadata["hidden-sheets"], "Old");
}

fn odf(kind: &str, styles: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:automatic-styles>{styles}</office:automatic-styles>\
         <office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    );
    let mimetype = format!("application/vnd.oasis.opendocument.{kind}");
    let meta = "<office:document-meta><office:meta><meta:initial-creator>Ann</meta:initial-creator>\
        <dc:creator>Bob</dc:creator><dc:title>A mill</dc:title>\
        <dc:date>2020-01-02T03:04:05.6</dc:date>\
        </office:meta></office:document-meta>";
    zip(&[("mimetype", &mimetype), ("content.xml", &content), ("meta.xml", meta)])
}

#[test]
fn open_documents_have_the_same() {
    let body = "<text:tracked-changes><text:deletion><text:p>gone</text:p></text:deletion>\
        </text:tracked-changes>\
        <text:h text:outline-level='2'>History</text:h>\
        <text:p>Built\n in<text:s text:c='2000000000'/>1702<text:line-break/>by \
        <text:span>Ann</text:span>\
        <text:note><text:note-citation>1</text:note-citation><text:note-body>\
        <text:p>her mill</text:p>\
        </text:note-body></text:note><office:annotation><dc:creator>Bob</dc:creator>\
        <text:p>why?</text:p>\
        </office:annotation>.</text:p>\
        <text:list><text:list-item><text:p>one</text:p><text:list><text:list-item>\
        <text:p>two</text:p>\
        </text:list-item></text:list></text:list-item></text:list>\
        <table:table><table:table-row><table:table-cell table:number-columns-spanned='2'>\
        <text:p>Year</text:p>\
        </table:table-cell><table:covered-table-cell/><table:table-cell><text:p>Sum</text:p>\
        </table:table-cell>\
        </table:table-row></table:table><text:p><draw:frame><draw:image/>\
        <svg:desc>A wheel</svg:desc></draw:frame></text:p>";
    let extracted = read(&odf("text", "", body)).unwrap();
    assert_eq!(
        extracted.text,
        "History\n\nBuilt in 1702\nby Ann.\n[note: her mill] [comment: why?]\n\n- one\n  - two\n\n\
         Year | | Sum\n\nA wheel"
    );
    assert_eq!(extracted.title.unwrap(), "A mill");
    assert_eq!(extracted.metadata["author"], "Ann");
    assert_eq!(extracted.metadata["modified"], "2020-01-02T03:04:05");
}

#[test]
fn open_sheets_repeat_cells_and_rows() {
    let styles = "<style:style style:name='ta'><style:table-properties table:display='false'/>\
        </style:style>";
    let body = "<table:table table:name='A' table:style-name='ta'>\
        <table:table-row table:number-rows-repeated='3'>\
        <table:table-cell table:number-columns-repeated='1024'/>\
        </table:table-row>\
        <table:table-row><table:table-cell/><table:table-cell office:value-type='date' \
        office:date-value='2000-02-29T00:00:00'><text:p>29.2.</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated='2' \
        office:value-type='float' office:value='1.5'>\
        <text:p>1,5 kg</text:p></table:table-cell><table:table-cell office:value-type='boolean' \
        office:boolean-value='true'><text:p>WAHR</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='2'><table:table-cell><office:annotation>\
        <text:p>why?</text:p>\
        </office:annotation><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    let extracted = read(&odf("spreadsheet", styles, body)).unwrap();
    assert_eq!(
        extracted.text,
        "A\n\n2000-02-29 | 1,5 kg | 1,5 kg | TRUE\nx [comment: why?]\nx [comment: why?]"
    );
    let Location::Sheet { first_row, last_row, columns, .. } = extracted.locations[0].location
    else {
        panic!("no sheet");
    };
    assert_eq!((first_row, last_row, columns), (4, 6, 5));
    assert_eq!(extracted.metadata["hidden-sheets"], "A");
}

#[test]
fn open_slides_have_titles_and_notes() {
    let styles = "<style:style style:name='dp'>\
        <style:drawing-page-properties presentation:visibility='hidden'/>\
        </style:style>";
    let body = "<draw:page draw:style-name='dp'><draw:frame><draw:text-box><text:p>body</text:p>\
        </draw:text-box>\
        </draw:frame><draw:frame presentation:class='title'><draw:text-box>\
        <text:p>Mills</text:p></draw:text-box>\
        </draw:frame><presentation:notes><draw:frame presentation:class='page-number'>\
        <text:p>1</text:p></draw:frame>\
        <draw:frame><draw:text-box><text:p>Breathe.</text:p></draw:text-box></draw:frame>\
        </presentation:notes></draw:page>";
    let extracted = read(&odf("presentation", styles, body)).unwrap();
    assert_eq!(extracted.text, "Mills\n\nbody\n\n[notes: Breathe.]");
    assert_eq!(places(&extracted), [(0, "slide 1: Mills".into())]);
    assert_eq!(extracted.metadata["hidden-slides"], "1");
}

#[test]
fn encrypted_documents_are_said_to_be_so() {
    let manifest = "<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'>\
        <manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    let mimetype = "application/vnd.oasis.opendocument.text";
    let parts = [("mimetype", mimetype), ("META-INF/manifest.xml", manifest)];
    assert_eq!(read(&zip(&parts)), Err(ExtractError::Encrypted));
}
