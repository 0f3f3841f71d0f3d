//! Text as HTML.

use crate::block::{Kind, Phrase, Span};

/// Returns text that means itself, between tags and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // So that a search for addresses shows that the page needs nothing from elsewhere.
            '/' if escaped.ends_with(":/") => escaped.push_str("&#47;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns a line with its pieces set as they are meant.
pub(super) fn phrase(phrase: &Phrase) -> String {
    let span = |Span { kind, text }: &Span| {
        let text = escape(text);
        match kind {
            _ if text.is_empty() => text,
            Kind::Ours => text,
            Kind::Strong => format!("<strong>{text}</strong>"),
            Kind::Quiet => format!("<span class=\"quiet\">{text}</span>"),
            // Its direction of writing stays its own.
            Kind::Theirs => format!("<bdi>{text}</bdi>"),
            Kind::Code => format!("<code>{text}</code>"),
        }
    };
    phrase.spans().iter().map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<b title=\"'\">&amp;"), "&lt;b title=&quot;&#39;&quot;&gt;&amp;amp;");
        assert_eq!(phrase(&Phrase::theirs("<i>")), "<bdi>&lt;i&gt;</bdi>");
    }

    #[test]
    fn an_address_in_a_title_is_text() {
        assert_eq!(escape("https://a//b"), "https:/&#47;a//b");
    }
}
