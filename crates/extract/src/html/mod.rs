//! HTML to readable text: tokens come in a flat stream, so no depth of nesting matters.

mod frames;
mod writer;

use std::cell::RefCell;

use html5ever::LocalName;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use self::frames::Frames;
use self::writer::{Keep, Writer, Written};
use crate::one_line;

/// The longest title, in characters.
const MAX_TITLE: usize = 300;

/// How far into a page the signs of XHTML are looked for.
const XHTML_WINDOW: usize = 1024;

/// Returns whether a text of unknown kind begins as an HTML page does.
#[must_use]
pub fn looks_like_html(text: &str) -> bool {
    let start = text.trim_start();
    ["<!doctype html", "<html"]
        .iter()
        .any(|mark| start.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark)))
}

/// Returns the page's title (`<title>`, else the first `<h1>`) and its readable text as Markdown.
///
/// What is a page's frame, such as menus, is left out, unless nothing else is there.
#[must_use]
pub fn read(html: &str) -> Page {
    let frames = tokens(html, Frames::default()).told();
    let page = write(html, Keep::Content(frames));
    // Some pages stand in an aside as a whole.
    let page = if page.text.is_empty() { write(html, Keep::Everything) } else { page };
    let title = [&page.title, &page.first_h1].into_iter().find_map(|t| one_line(t, MAX_TITLE));
    Page { title, text: page.text }
}

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// `<title>`, else the first `<h1>`.
    pub title: Option<String>,
    /// The readable text as Markdown.
    pub text: String,
}

fn write(html: &str, keep: Keep) -> Written {
    tokens(html, Writer::new(keep)).finish()
}

/// Hands the tokens of a page to a reader, and returns it.
fn tokens<R: Reader>(html: &str, reader: R) -> R {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let sink = Sink { reader: RefCell::new(reader), xhtml: is_xhtml(html) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.reader.into_inner()
}

/// Who takes the tokens of a page.
pub(super) trait Reader {
    /// Takes a start tag.
    fn open(&mut self, name: &LocalName);
    /// Takes an end tag: closes the innermost element of that name, and all within it.
    fn close(&mut self, name: &LocalName);
    /// Takes a stretch of text.
    fn text(&mut self, text: &str);
}

/// Says whether a page is XHTML, in which `<title/>` and `<script/>` are complete elements; in HTML they
/// would swallow the rest of the page. An XML declaration says so, the name space, or the document type.
fn is_xhtml(html: &str) -> bool {
    let head = &html[..html.floor_char_boundary(XHTML_WINDOW)];
    html.starts_with("<?xml")
        || head.contains("http://www.w3.org/1999/xhtml")
        || head.contains("//DTD XHTML ")
}

/// Hands tokens on, and tells the tokenizer which elements hold raw text.
struct Sink<R> {
    reader: RefCell<R>,
    /// Whether `<div/>` is an empty element: in XHTML only.
    xhtml: bool,
}

impl<R: Reader> Sink<R> {
    fn open(&self, tag: &Tag) -> TokenSinkResult<()> {
        let mut reader = self.reader.borrow_mut();
        reader.open(&tag.name);
        if self.xhtml && tag.self_closing {
            reader.close(&tag.name);
            return TokenSinkResult::Continue;
        }
        match &*tag.name {
            // A tokenizer alone does not know that `<` means nothing within these elements; in a
            // full parser the tree builder says so.
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            "plaintext" => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }
}

impl<R: Reader> TokenSink for Sink<R> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return self.open(&tag),
            Token::TagToken(tag) => self.reader.borrow_mut().close(&tag.name),
            Token::CharacterTokens(text) => self.reader.borrow_mut().text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        read(html).text
    }

    #[test]
    fn chrome_is_left_out_and_structure_kept() {
        let html = "<html><head><title> Tea &amp;\n cups </title><style>p{}</style></head><body>\
            <nav><ul><li>Home</ul></nav><header>Logo</header><h1>Tea</h1><p>Pour <b>hot</b>\n\
            water.<p>Wait.<ul><li>green<li><p>black</p></ul><ol><li>one<li>two</ol>\
            <script>if (a < b) { '<p>' }</script><footer>2024</footer></body></html>";
        let page = read(html);
        assert_eq!(page.title.unwrap(), "Tea & cups");
        assert_eq!(
            page.text,
            "# Tea\n\nPour hot water.\n\nWait.\n\n- green\n- black\n\n1. one\n2. two"
        );
    }

    #[test]
    fn a_headline_in_an_articles_header_is_content() {
        let html = "<article><header><h1>Storm</h1></header>It rained.</article>";
        assert_eq!(text(html), "# Storm\n\nIt rained.");
        assert_eq!(read(html).title.unwrap(), "Storm");
    }

    #[test]
    fn a_frame_is_told_by_what_it_holds() {
        let policy = "<a href='#m'>Skip to main content</a><form><input><h1>Travel</h1>\
            <p>Employees may book a sleeper train.</p></form>";
        assert_eq!(
            text(policy),
            "Skip to main content\n\n# Travel\n\nEmployees may book a sleeper train."
        );
        let search = "<p>Ten words about the old mill by the river bank.</p><form>Search</form>";
        assert_eq!(text(search), "Ten words about the old mill by the river bank.");
        let pandoc = "<header><h1>Reservoir</h1><p>I. Novak</p></header><p>Body.</p>";
        assert_eq!(text(pandoc), "# Reservoir\n\nI. Novak\n\nBody.");
        // The site's name beside the page's own headline.
        let site = "<header><h1>The Daily</h1></header><h1>Storm</h1><p>It rained.</p>";
        assert_eq!(text(site), "# Storm\n\nIt rained.");
        let links =
            "<header><a href='/'>One two three four five six seven eight nine ten</a></header>x";
        assert_eq!(text(links), "x");
        // A way to reach somebody is worth finding; a year is not.
        let reach = "<p>Body.</p><footer>Call the office: 0161 496 0000</footer>";
        assert_eq!(text(reach), "Body.\n\nCall the office: 0161 496 0000");
        assert_eq!(text("<p>Body.</p><footer>&copy; 2019-2024 Mill Ltd.</footer>"), "Body.");
    }

    #[test]
    fn tables_are_rows_whether_or_not_cells_hold_paragraphs() {
        let plain = "a<table><tr><th>Code<th>Meaning<tr><td>E1<td>door open</table>b";
        let sphinx = "a<table><thead><tr><th><p>Code</p></th><th><p>Meaning</p></th></tr></thead>\
            <tbody><tr><td><p>E1</p></td><td><p>door open</p></td></tr></tbody></table>b";
        let rows = "a\n\nCode | Meaning\nE1 | door open\n\nb";
        assert_eq!(text(plain), rows);
        assert_eq!(text(sphinx), rows);
        let holes = "a<table><tr><td></td><td>x</td></tr><tr><td></td><td>y</td></tr></table>";
        assert_eq!(text(holes), "a\n\nx\ny");
    }

    #[test]
    fn preformatted_text_keeps_its_lines_and_is_fenced() {
        assert_eq!(
            text("<p>Run</p><pre><code>\n# as root\n  make   it\n</code></pre>then"),
            "Run\n\n```\n# as root\n  make   it\n```\n\nthen"
        );
        assert_eq!(text("<pre>a\n```\nb"), "````\na\n```\nb\n````");
    }

    #[test]
    fn text_that_looks_like_a_heading_is_escaped() {
        assert_eq!(text("<p># no heading<br>--- nor this"), "\\# no heading\n\\--- nor this");
    }

    #[test]
    fn a_page_that_is_all_form_is_still_read() {
        assert_eq!(text("<form><p>Everything is in here</p></form>"), "Everything is in here");
        assert_eq!(text("<form><script>x()</script></form>"), "");
    }

    #[test]
    fn an_unclosed_menu_ends_with_its_box() {
        assert_eq!(text("<div><nav>Menu</div><p>Text</p></nav></div>"), "Text");
    }

    #[test]
    fn a_self_closed_script_hides_nothing_in_xhtml() {
        let html = "<html><script src='x'/><p>Seen</p></html>";
        let namespace = html.replacen("<html", "<html xmlns='http://www.w3.org/1999/xhtml'", 1);
        let doctype = "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.1//EN' 'xhtml11.dtd'>\n";
        for page in [format!("<?xml version='1.0'?>{html}"), namespace, format!("{doctype}{html}")]
        {
            assert_eq!(text(&page), "Seen", "{page}");
        }
        assert_eq!(text(html), "");
    }

    #[test]
    fn no_depth_of_nesting_overflows_or_takes_square_time() {
        for tag in ["div", "ul", "table", "nav", "h1", "b", "pre", "blockquote", "svg"] {
            let open = format!("<{tag}>").repeat(100_000);
            let close = format!("</{tag}>").repeat(100_000);
            let strays = "</section>".repeat(100_000);
            let page = text(&format!("{open}deep{strays}{close}<p>after</p>"));
            assert!(page.ends_with("after"), "{tag}: {page:.100}");
        }
        let items = text(&format!("{}deep", "<ul><li>".repeat(100_000)));
        assert!(items.len() < 100, "{}", items.len());
    }
}
