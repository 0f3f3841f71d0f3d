//! A page, read as a browser reads it, but without its patience for mistakes.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Elements that have no end.
const VOID: [&str; 2] = ["meta", "br"];

/// An element of a page.
#[derive(Debug, Clone)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// All text in it.
    pub text: String,
    /// The names of the elements around it, from the outermost.
    pub within: Vec<String>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a page; panics where a tag is not closed, closed twice or not well written.
pub fn read(html: &str) -> Vec<Element> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let options = TokenizerOpts { exact_errors: true, ..TokenizerOpts::default() };
    let tokenizer = Tokenizer::new(Sink::default(), options);
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let state = tokenizer.sink.0.into_inner();
    assert!(state.open.is_empty(), "left open: {:?}", state.open);
    assert_eq!(state.errors, [""; 0]);
    state.elements
}

#[derive(Default)]
struct State {
    elements: Vec<Element>,
    /// The places of open elements.
    open: Vec<usize>,
    errors: Vec<String>,
}

#[derive(Default)]
struct Sink(RefCell<State>);

impl State {
    fn start(&mut self, tag: &Tag) {
        let name = tag.name.to_string();
        let attribute =
            |it: &html5ever::Attribute| (it.name.local.to_string(), it.value.to_string());
        let attributes: Vec<_> = tag.attrs.iter().map(attribute).collect();
        let within = self.open.iter().map(|&at| self.elements[at].name.clone()).collect();
        self.elements.push(Element { name: name.clone(), attributes, text: String::new(), within });
        if !tag.self_closing && !VOID.contains(&name.as_str()) {
            self.open.push(self.elements.len() - 1);
        }
    }

    fn end(&mut self, name: &str) {
        let open = self.open.pop().map(|at| self.elements[at].name.clone());
        if open.as_deref() != Some(name) {
            self.errors.push(format!("</{name}> closes {open:?}"));
        }
    }

    fn text(&mut self, text: &str) {
        for &at in &self.open {
            self.elements[at].text.push_str(text);
        }
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                state.start(&tag);
                return match &*tag.name {
                    "style" => TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" => TokenSinkResult::RawData(RawKind::Rcdata),
                    _ => TokenSinkResult::Continue,
                };
            }
            Token::TagToken(tag) => state.end(&tag.name),
            Token::CharacterTokens(text) => state.text(&text),
            Token::ParseError(error) => state.errors.push(error.into_owned()),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
