//! Passages, cut into requests that an API accepts.

/// What one request may hold. `usize::MAX` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Documents, at least 1.
    pub documents: usize,
    /// Tokens, where the query counts once a document. The API's tokenizer is not here, so every
    /// byte counts as one, which no tokenizer over bytes exceeds.
    pub tokens: usize,
    /// Bytes of the request's body.
    pub bytes: usize,
}

/// Consecutive passages of one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Batch<'a> {
    /// The place of the first among all.
    pub(crate) first: usize,
    pub(crate) texts: Vec<&'a str>,
    /// Which of them lost their end here.
    pub(crate) truncated: Vec<bool>,
}

/// What the names of a body's fields and all else take up beside query and documents, in bytes.
const FRAME: usize = 256;

/// Cuts passages into as few requests as the limits and their order allow.
///
/// A passage that alone is over the limits loses its end. However long the query is, half of a
/// request is the passages'; an overlong query is the API's to cut or to refuse.
pub(crate) fn split<'a>(query: &str, passages: &[&'a str], limits: &Limits) -> Vec<Batch<'a>> {
    let query_tokens = tokens(query).min(limits.tokens / 2);
    let query_bytes = (FRAME + json_bytes(query)).min(limits.bytes / 2);
    let most = (limits.tokens - query_tokens, limits.bytes - query_bytes);
    let mut batches: Vec<Batch<'a>> = Vec::new();
    // Documents, tokens and bytes. With nothing left, the first passage begins a batch.
    let mut left = (0, 0, 0);
    for (place, passage) in passages.iter().enumerate() {
        let text = fit(passage, most);
        // The query is in the body once, and its tokens count with each document.
        let takes = (query_tokens + tokens(text), json_bytes(text));
        // A text that was made to fit always fits an empty batch.
        if left.0 == 0 || takes.0 > left.1 || takes.1 > left.2 {
            batches.push(Batch { first: place, texts: Vec::new(), truncated: Vec::new() });
            left = (limits.documents.max(1), limits.tokens, most.1);
        }
        if let Some(batch) = batches.last_mut() {
            batch.texts.push(text);
            batch.truncated.push(text.len() < passage.len());
        }
        left = (left.0 - 1, left.1.saturating_sub(takes.0), left.2.saturating_sub(takes.1));
    }
    batches
}

/// Returns the longest start of a text that has at most so many tokens and bytes.
fn fit(text: &str, (most_tokens, most_bytes): (usize, usize)) -> &str {
    if tokens(text) <= most_tokens && json_bytes(text) <= most_bytes {
        return text;
    }
    let mut bytes = json_bytes("");
    let end = text.char_indices().find(|&(start, c)| {
        bytes += escaped(c);
        start + c.len_utf8() + tokens("") > most_tokens || bytes > most_bytes
    });
    &text[..end.map_or(text.len(), |(start, _)| start)]
}

/// Returns at least as many tokens as the text has; the one more is for a mark that some tokenizers
/// put before it.
fn tokens(text: &str) -> usize {
    text.len() + 1
}

/// Returns the text's length as a JSON string, with the comma after it.
fn json_bytes(text: &str) -> usize {
    3 + text.chars().map(escaped).sum::<usize>()
}

fn escaped(c: char) -> usize {
    match c {
        // What serde_json writes: short escapes, `\u00XX` for other control characters, and nothing
        // beyond ASCII.
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Limits = Limits { documents: usize::MAX, tokens: usize::MAX, bytes: usize::MAX };

    fn sizes(batches: &[Batch]) -> Vec<usize> {
        batches.iter().map(|batch| batch.texts.len()).collect()
    }

    #[test]
    fn no_request_has_too_many_documents() {
        let passages = ["x"; 65];
        let limits = Limits { documents: 32, ..NONE };
        let batches = split("q", &passages, &limits);
        assert_eq!(sizes(&batches), [32, 32, 1]);
        assert_eq!(batches.iter().map(|batch| batch.first).collect::<Vec<_>>(), [0, 32, 64]);
        assert_eq!(sizes(&split("q", &passages, &NONE)), [65]);
        assert_eq!(sizes(&split("q", &[], &NONE)), [0_usize; 0]);
    }

    #[test]
    fn the_query_counts_once_a_document() {
        // 4 and 6 bytes, and one more each: 12 a document.
        let limits = Limits { tokens: 36, ..NONE };
        assert_eq!(sizes(&split("rain", &["berlin"; 7], &limits)), [3, 3, 1]);
        assert_eq!(sizes(&split("", &["berlin"; 7], &limits)), [4, 3]);
    }

    #[test]
    fn a_body_is_as_long_as_its_json_is() {
        for text in ["", "plain", "\"\\\n\t\r\u{8}\u{c}", "\u{0}\u{1f}\u{7f}", "é🦀\u{2028}"] {
            assert_eq!(
                json_bytes(text),
                serde_json::to_string(text).unwrap().len() + 1,
                "{text:?}"
            );
        }
        let limits = Limits { bytes: 1000, ..NONE };
        let passage = "\u{1}".repeat(30);
        let batches = split("q", &[passage.as_str(); 9], &limits);
        for batch in &batches {
            let body = crate::Dialect::Tei.request("", "q", &batch.texts);
            assert!(body.len() <= 1000, "{}", body.len());
        }
        assert_eq!(sizes(&batches), [4, 4, 1]);
    }

    #[test]
    fn a_passage_that_is_too_long_alone_loses_its_end_between_two_characters() {
        let long = "é".repeat(100);
        let limits = Limits { tokens: 60, ..NONE };
        let batches = split("rain", &["a", &long, "b"], &limits);
        assert_eq!(sizes(&batches), [1, 1, 1]);
        // 60 less 5 for the query and 1 for a mark are 54 bytes: 27 characters.
        assert_eq!(batches[1].texts, [&long[..54]]);
        assert_eq!(batches[1].truncated, [true]);
        assert!(!batches[0].truncated[0] && !batches[2].truncated[0]);

        let limits = Limits { bytes: 1000, ..NONE };
        let long = "\n".repeat(1000);
        assert_eq!(split("q", &[&long], &limits)[0].texts[0].len(), (1000 - 256 - 4 - 3) / 2);
    }

    #[test]
    fn an_endless_query_leaves_half_a_request_to_the_passages() {
        let query = "q".repeat(10_000);
        let limits = Limits { documents: 10, tokens: 100, bytes: 1000 };
        let batches = split(&query, &["a passage", "b"], &limits);
        assert_eq!(sizes(&batches), [1, 1]);
        assert_eq!(batches[0].texts, ["a passage"]);
        let nothing = Limits { documents: 0, tokens: 0, bytes: 0 };
        assert_eq!(sizes(&split("q", &["a", "b"], &nothing)), [1, 1]);
    }
}
