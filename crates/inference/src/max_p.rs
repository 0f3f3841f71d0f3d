//! Passages that are longer than a model: their windows are read, and the best one speaks for all.
//!
//! MaxP (Dai & Callan, *Deeper text understanding for IR with contextual neural language modeling*,
//! SIGIR 2019): a passage's logit is the highest of its windows'.

use std::ops::Range;

use trommel_core::{BoxError, RerankRequest, RerankResponse, RerankScore, Reranker, RerankerInfo};
use trommel_models::InstalledModel;

use crate::InferenceError;
use crate::pair::query_limit;
use crate::session::failed;
use crate::tokenizer::ModelTokenizer;

/// How many windows of a passage are read at most; what comes after them is lost, and
/// [`RerankScore::truncated`] says so.
pub const MOST_WINDOWS: usize = 8;

/// The most special tokens that a template puts around a pair.
const SPECIALS: usize = 4;

/// A reranker that reads a passage which is longer than the model in windows.
///
/// The first window is what the model reads of the passage anyway, up to its length, so a passage
/// that fits costs nothing and scores as ever. Each further one begins a quarter of a window before
/// the end of the one before, at a word; the last is the [`MOST_WINDOWS`]th. Scores are those of
/// pairs alone: neither other passages nor other windows change the score of one.
pub struct MaxP {
    inner: Box<dyn Reranker>,
    model: String,
    tokens: ModelTokenizer,
    max_tokens: usize,
}

impl MaxP {
    /// Puts windows before a reranker, which is one of that model.
    ///
    /// # Errors
    ///
    /// If the model's tokenizer cannot be read.
    pub fn new(inner: Box<dyn Reranker>, model: &InstalledModel) -> Result<Self, InferenceError> {
        let tokens = ModelTokenizer::of(model)?;
        let (model, max_tokens) = (model.spec.id.clone(), model.spec.network()?.max_tokens);
        Ok(Self { inner, model, tokens, max_tokens })
    }

    /// Returns how many tokens of a passage fit beside a query.
    fn room(&self, query: &str) -> Result<usize, BoxError> {
        let query = self.tokens.ends(query)?.len().min(query_limit(self.max_tokens, SPECIALS));
        Ok(self.max_tokens.saturating_sub(SPECIALS + query).max(1))
    }

    /// Returns the further windows of the passages that were cut, each with its passage's place and
    /// whether text is left behind it.
    fn further<'p>(
        &self,
        query: &str,
        passages: &[&'p str],
        scores: &[Option<RerankScore>],
    ) -> Result<Vec<(usize, &'p str, bool)>, BoxError> {
        let mut further = Vec::new();
        let mut room = None;
        for (place, (passage, score)) in passages.iter().zip(scores).enumerate() {
            if score.is_none_or(|score| !score.truncated) {
                continue;
            }
            let room = match room {
                Some(room) => room,
                None => *room.insert(self.room(query)?),
            };
            let (windows, lost) = windows(passage, &self.tokens.ends(passage)?, room);
            let last = windows.len().saturating_sub(1);
            let window =
                |(at, window): (usize, Range<usize>)| (place, &passage[window], lost && at == last);
            // The first window is what was scored already.
            further.extend(windows.into_iter().enumerate().skip(1).map(window));
        }
        Ok(further)
    }
}

impl Reranker for MaxP {
    fn info(&self) -> &RerankerInfo {
        self.inner.info()
    }

    fn score(&self, request: RerankRequest<'_>) -> RerankResponse {
        let RerankRequest { query, passages, .. } = request;
        let mut response = self.inner.score(request).checked(&self.model, passages.len());
        let further = match self.further(query, passages, &response.scores) {
            Ok(further) => further,
            Err(source) => {
                let failure = failed(&self.model, "cutting a passage into windows", source);
                return RerankResponse { failure: Some(failure), ..response };
            }
        };
        if further.is_empty() {
            return response;
        }
        if response.failure.is_some() {
            // The first window alone is not the passage's score.
            further.iter().for_each(|(place, ..)| response.scores[*place] = None);
            return response;
        }
        let texts: Vec<&str> = further.iter().map(|(_, text, _)| *text).collect();
        let windows = self
            .inner
            .score(RerankRequest { passages: &texts, ..request })
            .checked(&self.model, texts.len());
        response.usage += &windows.usage;
        for ((place, _, lost), window) in further.iter().zip(windows.scores) {
            let score = &mut response.scores[*place];
            // A passage of which a window was not read has no score that others could be held against.
            *score = score.zip(window).map(|(best, window)| RerankScore {
                logit: best.logit.max(window.logit),
                // Of the last window this holds of the passage.
                truncated: *lost || window.truncated,
            });
        }
        RerankResponse { failure: windows.failure, ..response }
    }
}

/// Returns windows of at most `room` tokens over a text whose tokens end at `ends`, as bytes, and
/// whether text is left behind the last.
fn windows(text: &str, ends: &[usize], room: usize) -> (Vec<Range<usize>>, bool) {
    let begin = |token: usize| if token == 0 { 0 } else { ends[token - 1] };
    let overlap = room / 4;
    let mut windows = Vec::new();
    let mut first = 0;
    while windows.len() < MOST_WINDOWS && first < ends.len() {
        let last = (first + room).min(ends.len());
        let from = begin(first);
        // Half a word is another word; what is left out here is in the window before.
        let within = &text[from..begin(first + overlap.min(last - first))];
        let word = if first == 0 { 0 } else { within.find(char::is_whitespace).unwrap_or(0) };
        windows.push(from + word..begin(last));
        if last == ends.len() {
            return (windows, false);
        }
        // A quarter is less than a window, so each begins further on than the one before.
        first = last - overlap;
    }
    (windows, first < ends.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the words of a text end.
    fn ends(text: &str) -> Vec<usize> {
        let ends = text.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at);
        ends.chain([text.len()]).collect()
    }

    fn cut(text: &str, room: usize) -> (Vec<&str>, bool) {
        let (windows, lost) = windows(text, &ends(text), room);
        (windows.into_iter().map(|window| text[window].trim()).collect(), lost)
    }

    #[test]
    fn windows_overlap_by_a_quarter_and_reach_the_end() {
        assert_eq!(cut("a b c", 4), (vec!["a b c"], false));
        let windows = vec!["a b c d", "d e f g", "g h i"];
        assert_eq!(cut("a b c d e f g h i", 4), (windows, false));
    }

    #[test]
    fn no_more_windows_than_the_limit_are_read_and_it_is_said() {
        let text = |words: usize| vec!["w"; words].join(" ");
        // Eight windows of four words, each but the first with three new ones.
        assert_eq!((cut(&text(25), 4).0.len(), cut(&text(25), 4).1), (8, false));
        assert_eq!((cut(&text(26), 4).0.len(), cut(&text(26), 4).1), (8, true));
    }

    #[test]
    fn a_window_begins_at_a_word_and_any_text_can_be_cut() {
        let text = "🦀é雨abc ".repeat(9);
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        for room in 1..20 {
            let (windows, _) = windows(&text, &ends, room);
            assert!(windows.iter().all(|window| text.get(window.clone()).is_some()), "{room}");
        }
        let (windows, _) = windows(&text, &ends, 40);
        assert!(windows[1..].iter().all(|window| text[window.clone()].starts_with(' ')));
    }
}
