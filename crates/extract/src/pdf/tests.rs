//! Whole documents, made in code.

use std::fmt::Write as _;

use super::pdf_text::{About, made};
use super::*;

/// Returns a file of these objects, numbered from 1: the first is the catalog, the second the
/// information.
fn file_of(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(file.len());
        writeln!(file, "{number} 0 obj\n{object}\nendobj").unwrap();
    }
    let start = file.len();
    writeln!(file, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(file, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    let head = format!("/Size {size} /Root 1 0 R /Info 2 0 R {trailer}");
    writeln!(file, "trailer\n<< {head} >>\nstartxref\n{start}\n%%EOF").unwrap();
    file.into_bytes()
}

fn stream(dict: &str, content: &str) -> String {
    format!("<< {dict} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// Returns the content of a page of lines, twelve points apart.
fn lines(lines: &[&str]) -> String {
    let mut content = String::from("BT /F1 10 Tf 12 TL 72 720 Td\n");
    for line in lines {
        writeln!(content, "({line}) Tj T*").unwrap();
    }
    content + "ET"
}

/// Returns a file of pages with these contents and further entries. The objects of the pages are 5,
/// 7 and so on; `more` follows them.
fn document(catalog: &str, info: &str, pages: &[(String, &str)], more: &[String]) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|at| format!("{} 0 R", 5 + 2 * at)).collect();
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 3 0 R {catalog} >>"),
        format!("<< {info} >>"),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), kids.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (at, (content, entries)) in pages.iter().enumerate() {
        let resources = match entries.contains("/Resources") {
            true => "",
            false => "/Resources << /Font << /F1 4 0 R >> >>",
        };
        objects.push(format!(
            "<< /Type /Page /Parent 3 0 R /MediaBox [0 0 612 792] /Contents {} 0 R {resources} \
             {entries} >>",
            6 + 2 * at
        ));
        objects.push(stream("", content));
    }
    objects.extend_from_slice(more);
    file_of(&objects, "")
}

fn extracted(file: &[u8]) -> Result<Extracted, ExtractError> {
    Pdf.extract(file, "tea.pdf", &Limits::default())
}

/// Returns a document of two pages with an outline, labels and information.
fn two_pages() -> Vec<u8> {
    let catalog = "/Lang (en-GB) /PageLabels << /Nums [0 << /S /r /St 4 >>] >> \
        /Outlines << /First 9 0 R >>";
    let info = "/Title (On tea) /Author (A. Author) /CreationDate (D:20240131120507+01'00')";
    let first = lines(&["1 Tea", "Pour it when the water has come to a boil, not be-", "fore."]);
    let pages = [(first, ""), (lines(&["1.1 Cups", "They are small."]), "")];
    let more = [
        "<< /Title (Tea) /Dest [5 0 R /XYZ 72 730 0] /First 10 0 R /Next 11 0 R >>",
        "<< /Title (Cups) /Dest [7 0 R /Fit] >>",
        "<< /Title (Saucers) /A << /S /GoTo /D [7 0 R /Fit] >> >>",
    ];
    document(catalog, info, &pages, &more.map(str::to_owned))
}

#[test]
fn a_document_is_read_with_its_pages_headings_and_information() {
    let said = extracted(&two_pages()).unwrap();
    assert_eq!(
        said.text,
        "1 Tea\n\nPour it when the water has come to a boil, not before.\n\n1.1 Cups\n\n\
         They are small."
    );
    assert_eq!(said.title.as_deref(), Some("On tea"));
    assert_eq!(said.language.as_deref(), Some("en-GB"));
    let metadata: Vec<(&str, &str)> =
        said.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(metadata, [("author", "A. Author"), ("created", "2024-01-31T12:05:07+01:00")]);
    let places: Vec<(usize, String)> =
        said.locations.iter().map(|mark| (mark.at, mark.location.to_string())).collect();
    let second = said.text.find("1.1").unwrap();
    assert_eq!(places, [(0, "p. iv (1)".to_owned()), (second, "p. v (2)".to_owned())]);
    let headings: Vec<(usize, u8, &str)> =
        said.headings.iter().map(|mark| (mark.at, mark.level, mark.text.as_str())).collect();
    // What is not found on its page begins with it.
    let expected = [(0, 1, "1 Tea"), (second, 2, "1.1 Cups"), (second, 1, "Saucers")];
    assert_eq!(headings, expected);
}

#[test]
fn what_was_filled_in_and_noted_is_read_with_its_page() {
    let pages = [
        (lines(&["Name:"]), "/Annots [9 0 R 10 0 R 11 0 R 12 0 R 13 0 R 14 0 R]"),
        (lines(&["End."]), ""),
    ];
    let widget = "/Subtype /Widget /Rect [0 0 9 9]";
    let more = [
        format!("<< {widget} /FT /Tx /T (name) /TU (Your name) /V (Ahab) >>"),
        format!("<< {widget} /FT /Tx /T (word) /Ff 8192 /V (secret) >>"),
        "<< /Subtype /FreeText /Contents (Call me.\\rSoon.) >>".to_owned(),
        "<< /Subtype /Text /F 2 /Contents (hidden) >>".to_owned(),
        "<< /Subtype /Link /Contents (link) >>".to_owned(),
        "<< /Subtype /FileAttachment /FS << /F (cups.csv) >> >>".to_owned(),
    ];
    let names = "/Names << /EmbeddedFiles << /Names [(a) << /UF (tea.txt) >>] >> >>";
    let catalog = format!("/AcroForm << /Fields [9 0 R 10 0 R] >> {names}");
    let said = extracted(&document(&catalog, "", &pages, &more)).unwrap();
    assert_eq!(said.text, "Name:\n\nYour name: Ahab\n\nCall me.\nSoon.\n\nEnd.");
    assert_eq!(said.metadata["attachments"], "tea.txt, cups.csv");
}

#[test]
fn a_picture_of_text_is_no_text() {
    let picture = "/Resources << /XObject << /I 9 0 R >> >>";
    let image = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 \
        /ColorSpace /DeviceGray";
    let more = [stream(image, "x")];
    let draw = || "/I Do".to_owned();
    let scan = document("", "", &[(draw(), picture), (draw(), picture)], &more);
    assert_eq!(extracted(&scan), Err(ExtractError::NoText { pages: 2 }));
    let some = document("", "", &[(lines(&["Tea"]), ""), (draw(), picture)], &more);
    let said = extracted(&some).unwrap();
    assert_eq!((said.text.as_str(), said.metadata["pages-without-text"].as_str()), ("Tea", "2"));
    // One within a form, and one within the content.
    let form = stream(&format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] {picture}"), "/I Do");
    let in_form = "/Resources << /XObject << /X 10 0 R >> >>";
    let within = "BI /W 1 /H 1 /BPC 8 /CS /G ID x EI".to_owned();
    let pages = [("/X Do".to_owned(), in_form), (within, "")];
    let file = document("", "", &pages, &[more[0].clone(), form]);
    assert_eq!(extracted(&file), Err(ExtractError::NoText { pages: 2 }));
    let blank = extracted(&document("", "", &[(String::new(), "")], &[])).unwrap();
    assert_eq!(blank.text, "");
}

#[test]
fn characters_that_are_not_known_are_said_to_be_so() {
    let font = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type0 /BaseFont /X \
        /Encoding /Identity-H /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 \
        /BaseFont /X /CIDSystemInfo << /Registry (X) /Ordering (Y) >> >>] >> >> >>";
    let page = ("BT /F1 9 Tf 9 9 Td <00010002> Tj ET".to_owned(), font);
    let result = extracted(&document("", "", &[page], &[]));
    assert!(matches!(result, Err(ExtractError::Unsupported { .. })), "{result:?}");
}

#[test]
fn a_password_is_asked_for() {
    let objects = [
        "<< /Type /Catalog /Pages 3 0 R >>".to_owned(),
        "<< >>".to_owned(),
        "<< /Type /Pages /Kids [] /Count 0 >>".to_owned(),
    ];
    let hash = "ab".repeat(32);
    let encryption = format!(
        "/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{hash}> /U <{hash}> >>"
    );
    assert_eq!(extracted(&file_of(&objects, &encryption)), Err(ExtractError::Encrypted));
}

#[test]
fn all_of_it_is_bounded() {
    let file = two_pages();
    let read = |limits| Pdf.extract(&file, "", &limits);
    let one_page = Limits { pages: 1, ..Limits::default() };
    assert_eq!(read(one_page), Err(ExtractError::too_much("pages", 1)));
    let little = Limits { text_bytes: 20, ..Limits::default() };
    assert_eq!(read(little), Err(ExtractError::too_much("bytes of text", 20)));
    assert!(matches!(extracted(b"%PDF-1.7\n"), Err(ExtractError::Damaged { .. })));
}

#[test]
fn a_file_is_known_by_its_header() {
    assert!(Pdf.recognises(b"%PDF-1.7\n", "x"));
    assert!(Pdf.recognises(b"\xef\xbb\xbf\r\n%PDF-1.7\n", "x.txt"));
    assert!(Pdf.recognises(b"\x00junk\n%PDF-1.7\n", "x.PDF"));
    assert!(!Pdf.recognises(b"A file begins with %PDF-1.7\n", "about.txt"));
    assert!(!Pdf.recognises(b"Hello", "x.pdf"));
}

/// What a library would tell, without a file.
struct Told {
    pages: Vec<Page>,
    outline: Vec<Bookmark>,
}

impl PdfText for Told {
    fn pages(&self) -> usize {
        self.pages.len()
    }

    fn page(&mut self, index: usize) -> Page {
        self.pages[index].clone()
    }

    fn shows_picture(&self, index: usize) -> bool {
        index > 2
    }

    fn outline(&self) -> Vec<Bookmark> {
        self.outline.clone()
    }

    fn about(&self) -> About {
        About::default()
    }
}

#[test]
fn tagged_headings_stand_where_there_is_no_outline() {
    let mut page = made::page(&["Tea"]);
    page.blocks[0].kind = Kind::Heading(2);
    page.blocks.push(made::prose(600.0, &["It is hot.", "Cups"]));
    let pages = vec![page, Page::default(), Page::default(), Page::default(), Page::default()];
    let mut told = Told { pages, outline: Vec::new() };
    let levels = |said: &Extracted| -> Vec<(u8, String)> {
        said.headings.iter().map(|mark| (mark.level, mark.text.clone())).collect()
    };
    let said = read(&mut told, &Limits::default()).unwrap();
    assert_eq!(levels(&said), [(2, "Tea".to_owned())]);
    assert_eq!(said.metadata["pages-without-text"], "4-5");
    told.outline = vec![Bookmark { level: 1, title: "Cups".into(), page: 0, top: None }];
    let said = read(&mut told, &Limits::default()).unwrap();
    assert_eq!(levels(&said), [(1, "Cups".to_owned())]);
    assert_eq!(said.text, "Tea\n\nIt is hot.\n\nCups");
}

#[test]
fn numbers_are_said_in_ranges() {
    assert_eq!(ranges(&[3, 7, 8, 9, 11]), "3, 7-9, 11");
    assert_eq!(ranges(&[]), "");
}

#[test]
fn a_wrong_table_does_no_harm() {
    let file = two_pages();
    let sound = extracted(&file).unwrap();
    let text = String::from_utf8(file).unwrap();
    let shifted = text.replacen("%PDF-1.7\n", "%PDF-1.7\n% put in later\n", 1);
    assert_eq!(extracted(shifted.as_bytes()).unwrap(), sound);
    let cut = text.split("xref\n0 ").next().unwrap();
    assert_eq!(extracted(cut.as_bytes()).unwrap().text, sound.text);
    // The catalog and the pages in a stream, of which the table is lost.
    let packed = "1 0 3 33 << /Type /Catalog /Pages 3 0 R >> << /Type /Pages /Kids [5 0 R] >>";
    let page = "<< /Type /Page /Parent 3 0 R /Contents 6 0 R /MediaBox [0 0 612 792] /Resources \
        << /Font << /F1 4 0 R >> >> >>";
    let objects = [
        (7, stream("/Type /ObjStm /N 2 /First 9", packed)),
        (4, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned()),
        (5, page.to_owned()),
        (6, stream("", &lines(&["It is hot."]))),
    ];
    let mut file = String::from("%PDF-1.5\n");
    for (number, object) in objects {
        writeln!(file, "{number} 0 obj\n{object}\nendobj").unwrap();
    }
    assert_eq!(extracted(file.as_bytes()).unwrap().text, "It is hot.");
    // No way to the pages.
    let lost = file.replacen("/Pages", "/Pegas", 1).replacen("/Type /Catalog", "/Type /X", 1);
    assert_eq!(extracted(lost.as_bytes()).unwrap().text, "It is hot.");
}

#[test]
fn no_cut_and_no_change_does_harm() {
    let file = two_pages();
    for end in 0..file.len() {
        let _ = extracted(&file[..end]);
    }
    // A generator of numbers (Knuth's MMIX), so that a failure can be seen again.
    let mut state = 1_u64;
    let mut below = |end: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    for _ in 0..400 {
        let mut mutant = file.clone();
        for _ in 0..=below(4) {
            let at = below(mutant.len());
            match below(4) {
                0 => mutant[at] = below(256) as u8,
                1 => mutant[at] = b"0123456789<>[]()/R "[below(19)],
                2 => drop(mutant.drain(at..(at + below(40)).min(mutant.len()))),
                _ => {
                    let piece: Vec<u8> = mutant[at..(at + 30).min(mutant.len())].to_vec();
                    mutant.splice(at..at, piece);
                }
            }
        }
        let _ = extracted(&mutant);
    }
}

#[test]
fn bombs_are_duds() {
    let page = |content: String, entries: &str| document("", "", &[(content, entries)], &[]);
    let deep = "[".repeat(100_000);
    let _ = extracted(&page(format!("{deep} TJ"), ""));
    let _ = extracted(&page(lines(&["Tea"]), &format!("/Annots {deep}")));
    let _ = extracted(&page("q ".repeat(100_000), ""));
    let _ = extracted(&page(lines(&["Tea"]), &"<< /A ".repeat(50_000)));
    // A form that draws itself, pages within themselves, and bookmarks in a circle.
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] \
        /Resources << /XObject << /X 7 0 R >> >>";
    let own = [stream(form, "/X Do /X Do /X Do /X Do /X Do")];
    let drawn = [("/X Do".to_owned(), "/Resources << /XObject << /X 7 0 R >> >>")];
    assert!(extracted(&document("", "", &drawn, &own)).is_ok());
    let circle = "<< /Type /Pages /Kids [3 0 R 3 0 R 3 0 R] /Count 3 >>".to_owned();
    let pages = ["<< /Type /Catalog /Pages 3 0 R >>".to_owned(), "<< >>".to_owned(), circle];
    assert!(matches!(extracted(&file_of(&pages, "")), Err(ExtractError::Damaged { .. })));
    let circle = ["<< /Title (Tea) /Dest [5 0 R /Fit] /First 7 0 R /Next 7 0 R >>".to_owned()];
    let tea = [(lines(&["Tea", "It is hot."]), "")];
    let said = extracted(&document("/Outlines << /First 7 0 R >>", "", &tea, &circle)).unwrap();
    assert_eq!(said.headings.len(), 1);
}
