//! Documents are written out here; what they say is worked by hand from the specification.

use trommel_core::Markup;

use super::*;

fn read(document: impl AsRef<[u8]>) -> Extracted {
    Rtf.extract(document.as_ref(), "a.rtf", &Limits::default()).unwrap()
}

/// Returns the text of a document with that body.
fn text(body: &str) -> String {
    read(format!("{{\\rtf1\\ansi\\ansicpg1252 {body}}}")).text
}

#[test]
fn documents_are_told_by_their_first_bytes() {
    assert!(Rtf.recognises(b"{\\rtf1\\ansi", "a.doc"));
    assert!(Rtf.recognises(b"\xEF\xBB\xBF\r\n{\\rtf", ""));
    assert!(!Rtf.recognises(b"{rtf}", "a.rtf"));
    assert!(Rtf.extract(b"", "", &Limits::default()).is_err());
}

#[test]
fn paragraphs_lines_and_tabs() {
    assert_eq!(
        text("One\\par\r\nTwo {\\b bo}ld\\\nThree\\line four\\tab five\\page six"),
        ["One", "Two bold", "Three\nfour\tfive", "six"].join("\n\n")
    );
    assert_eq!(read("{\\rtf1 a}").markup, Markup::Plain);
}

#[test]
fn characters_in_all_their_spellings() {
    assert_eq!(text("gr\\'fc\\'DF\\{\\}\\\\ a\\~b\\_c\\-d"), "grüß{}\\ a b-cd");
    assert_eq!(
        text("\\lquote a\\rquote  \\ldblquote b\\rdblquote\\emdash\\endash\\bullet"),
        "‘a’ “b”—–•"
    );
    // Negative numbers are those above 32,767; two make a character of the higher planes.
    assert_eq!(text("\\u252?\\u-225?\\u-10179?\\u-8704?"), "\u{fc}\u{ff1f}\u{1f600}");
}

#[test]
fn what_stands_for_unicode_in_old_programs_is_left_out() {
    assert_eq!(text("\\u8364 Eab"), "€ab");
    assert_eq!(text("\\uc3\\u8364 EUR1"), "€1");
    assert_eq!(text("{\\uc0\\u8364 E}\\u8364\\'80E"), "€E€E");
    assert_eq!(text("\\u8217\\rquote s\\u8364{E}"), "’s€E");
    assert_eq!(text("\\u8364\\par b"), "€\n\nb");
}

#[test]
fn bytes_are_read_as_the_font_says() {
    let fonts = "{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204{\\*\\falt X}Arial Cyr;}\
        {\\f2\\fnil\\fcharset128 Mincho;}{\\f3\\fcharset2 Symbol;}{\\f4\\fcharset1 Any;}}";
    // Bytes of windows-1251, Shift_JIS and windows-1252 from their tables. The second byte of ア (83
    // 41) is a letter, that of ソ (83 5C) a backslash.
    let body = "{\\f1 \\'d2\\'e0} {\\f2 \\'83A\\'83\\\\} \\'e9{\\f3 \\'b7abc}{\\f4 \\'ee}\\f1\\'e0\
        \\plain\\'e0";
    let page = |body: &str| format!("{{\\rtf1\\ansi\\ansicpg1250\\deff0{fonts}{body}}}");
    assert_eq!(read(page(body)).text, "Та アソ éîаà");
    // Without a font, the document's code page counts: windows-1251 here.
    assert_eq!(read("{\\rtf1\\ansi\\ansicpg1251 \\'d2\\'e0}").text, "Та");
    assert_eq!(read("{\\rtf1\\mac \\'8a}").text, "ä");
}

#[test]
fn what_is_no_text_is_left_out() {
    let nothing = "{\\colortbl;\\red0;}{\\*\\generator Word;}{\\*\\unknown{deep} x}\
        {\\pict\\wmetafile8 0102ab}{\\f0\\pict ff}{\\object{\\*\\objdata 01}{\\result b}}\
        {\\v hidden}{\\deleted gone}{\\*\\bkmkstart m}{\\xe entry}{\\shprslt again}";
    assert_eq!(text(&format!("a{nothing}c\\v d\\v0 e")), "abce");
    let binary = b"{\\rtf1 a{\\pict\\bin5 {}}{{}\\bin3 }}}b}";
    assert_eq!(read(binary).text, "ab");
    let link = "{\\field{\\*\\fldinst HYPERLINK \"http://x\"}{\\fldrslt {\\ul here}}}";
    assert_eq!(text(&format!("click {link}")), "click here");
}

#[test]
fn headings_are_told_by_level_and_by_style() {
    let styles = "{\\stylesheet{\\ql Normal;}{\\s1\\outlinelevel0 berschrift;}{\\s2 heading 2;}\
        {\\s3\\sbasedon2\\b Mine;}{\\s4 Title;}{\\s5\\sbasedon5 Loop;}{\\*\\cs6 heading 1;}\
        {\\s7\\sbasedon2\\outlinelevel9 Text;}}";
    let body = "\\pard\\s4 Top\\par\\pard\\s1 One\\par\\s3 Two\\par\\pard\\plain text\\par\
        \\s5 loop\\par\\s7 seven\\par\\pard\\outlinelevel2 Three\\par";
    let document = read(format!("{{\\rtf1{styles}{body}}}"));
    assert_eq!(document.text, "Top\n\nOne\n\nTwo\n\ntext\n\nloop\n\nseven\n\nThree");
    let headings = document.headings.iter().map(|it| (it.at, it.level, it.text.as_str()));
    assert!(headings.eq([(0, 1, "Top"), (5, 1, "One"), (10, 2, "Two"), (34, 3, "Three")]));
}

#[test]
fn items_keep_their_number_or_get_a_dash() {
    let body = "Two:\\par{\\listtext\\'b7\\tab}one\\par{\\listtext\\u8226 *\\tab}two\\par\
        \\pard then\\par{\\pntext 1.\\tab}{\\*\\pn\\pnlvlbody{\\pntxta .}}first\\par\
        {\\listtext 2.\\tab}second\\par{\\listtext 3.\\tab}\\par end";
    assert_eq!(text(body), "Two:\n\n- one\n- two\n\nthen\n\n1. first\n2. second\n\nend");
}

#[test]
fn tables_are_rows() {
    let body = "before\\par\\trowd\\cellx1\\pard\\intbl A\\par B\\cell\\cell C\\cell\\row\
        \\intbl D\\cell E{\\footnote F}\\cell\\row\\pard after\\par\
        \\intbl x\\nestcell y\\nestcell{\\*\\nesttableprops\\nestrow}\
        {\\nonesttables\\par}\\cell\\row";
    assert_eq!(text(body), "before\n\nA B | C\nD | E [F]\n\nafter\n\nx | y");
    // Cells of a row that does not end.
    assert_eq!(text("a\\cell b\\cell c\\par d"), "a | b\n\nc\n\nd");
}

#[test]
fn what_stands_beside_the_text_follows_its_paragraph() {
    let note = "{\\super\\chftn{\\footnote\\pard\\plain{\\super\\chftn} A note\\par of two.}}";
    let comment =
        "{\\*\\atnid AB}{\\*\\atnauthor Ann B.}\\chatn{\\*\\annotation{\\*\\atndate 1}Why?}";
    let shape = "{\\shp{\\*\\shpinst{\\sp{\\sn a}{\\sv 2}}{\\shptxt box 1\\par box 2\\par}}\
        {\\shprslt{\\*\\do{\\dptxbxtext box 1\\par}}}}";
    assert_eq!(
        text(&format!(
            "{{\\header top\\par}}Text{note}{comment} goes{shape} on.\\par{{\\footer top}}Next"
        )),
        "Text goes on. [A note of two.] [comment: Why?]\n\nbox 1\n\nbox 2\n\nNext\n\ntop"
    );
}

#[test]
fn a_document_says_who_and_when() {
    let info = "{\\info{\\title Caf\\'e9 {\\b plans}}{\\author A. B.}{\\subject }\
        {\\creatim\\yr2011\\mo8\\dy29\\hr5\\min20}{\\revtim\\yr2011\\mo13\\dy1}{\\nofpages2}}";
    let document = read(format!("{{\\rtf1{info}text}}"));
    assert_eq!(document.title.as_deref(), Some("Café plans"));
    let expected = [("author", "A. B."), ("created", "2011-08-29T05:20:00")];
    assert!(document.metadata.iter().map(|(name, value)| (&**name, &**value)).eq(expected));
    assert_eq!(document.text, "text");
    for title in ["untitled", "Microsoft Word - a", "Report.DOC"] {
        assert_eq!(read(format!("{{\\rtf1{{\\info{{\\title {title}}}}}}}")).title, None);
    }
}

#[test]
fn everything_is_bounded() {
    let error = |document: String, limits: &Limits| {
        Rtf.extract(document.as_bytes(), "", limits).unwrap_err().to_string()
    };
    let limits = Limits::default();
    let deep = format!("{{\\rtf1{}", "{".repeat(1_000_000));
    assert_eq!(error(deep, &limits), "too much: more than 256 levels of groups");
    let cells = format!("{{\\rtf1{}", "\\cell".repeat(11));
    assert_eq!(error(cells, &Limits { cells: 10, ..limits }), "too much: more than 10 cells");
    let long = format!("{{\\rtf1 {}", "a\\par ".repeat(50));
    let small = Limits { text_bytes: 100, ..limits };
    assert_eq!(error(long, &small), "too much: more than 100 bytes of text");
}

#[test]
fn much_of_anything_takes_no_square_time() {
    for piece in [
        "{}",
        "}",
        "\\'",
        "\\u1",
        "\\u-10179",
        "\\bin9 ",
        "\\par",
        "\\cell\\row",
        "{\\footnote a}",
        "{\\header a}",
        "{\\listtext a}",
        "{\\shptxt a\\par}",
        "\\f1 a",
        "{\\stylesheet{\\s1 a;}}",
        "{\\fonttbl\\f1\\fcharset2}",
        "\\uc9999999",
        "{\\*",
        "{\\info{\\title a}}",
    ] {
        let document = format!("{{\\rtf1 {}", piece.repeat(20_000));
        let _ = Rtf.extract(document.as_bytes(), "", &Limits::default());
    }
}

/// A document with all that is read.
const EVERYTHING: &str = "{\\rtf1\\ansi\\ansicpg1252\\deff0\
    {\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset128 M;}}\
    {\\stylesheet{\\s1\\outlinelevel0\\sbasedon0 heading 1;}}\
    {\\info{\\title T}{\\creatim\\yr2011\\mo8\\dy29}}\
    {\\headerr top\\par}\\pard\\s1 Head\\par\\pard\
    {\\listtext\\'b7\\tab}\\f1\\'83A\\plain\\u8364 E\\par\
    \\intbl a\\cell b\\cell\\row\\pard note{\\footnote\\chftn one}{\\*\\annotation two}\\par\
    {\\pict\\bin3 {{{}}{\\shp{\\*\\shpinst{\\shptxt box\\par}}}\\v hidden\\v0\\par}";

#[test]
fn a_document_may_end_anywhere() {
    for end in 0..EVERYTHING.len() {
        let _ = Rtf.extract(&EVERYTHING.as_bytes()[..end], "", &Limits::default());
    }
    let whole = "Head\n\n- ア€\n\na | b\n\nnote [one] [comment: two]\n\nbox\n\ntop";
    assert_eq!(read(EVERYTHING).text, whole);
}

proptest::proptest! {
    #[test]
    fn no_damage_panics(
        changes in proptest::collection::vec((0..EVERYTHING.len(), proptest::num::u8::ANY), 1..20),
        cut in (0..EVERYTHING.len(), 0..100_usize),
    ) {
        let mut bytes = EVERYTHING.as_bytes().to_vec();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let end = (cut.0 + cut.1).min(bytes.len());
        bytes.drain(cut.0..end);
        let document = Rtf.extract(&bytes, "", &Limits::default());
        proptest::prop_assert!(document.is_err() || document.is_ok_and(|it| it.text.len() < 4096));
    }
}
