//! Known-item search: queries that are drawn from the documents themselves, each with its own document
//! as the only answer, so that nobody has to judge anything.
//!
//! What is drawn stands in one document alone, so whoever types it wants that document (Azzopardi, de
//! Rijke & Balog, "Building simulated queries for known-item topics", SIGIR 2007, draw whole queries;
//! here it is a single word or a whole title, which asks for exact search alone).

mod texts;
mod words;

use std::num::NonZeroUsize;

use self::texts::{Texts, drawn};
use self::words::{has_digit, words};
use crate::draws::{Draws, Purpose};
use crate::qrels::Qrels;
use crate::queries::NamedQuery;
use crate::report::{KnownItemFirsts, KnownItemReport, KnownItemsOfKind};
use crate::run::Run;

/// The most bytes of a query: nobody types longer ones, and a search refuses very long ones.
const LONGEST: usize = 1000;

/// What a query is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownItemKind {
    /// A word without a digit that one document alone has.
    Words,
    /// A word with a digit that one document alone has: a code, a number, a date.
    Codes,
    /// A title that one document alone has.
    Titles,
}

impl KnownItemKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Words, Self::Codes, Self::Titles];

    /// Returns the name, such as `words`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Codes => "codes",
            Self::Titles => "titles",
        }
    }

    /// Returns what the queries are.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Words => "a word without a digit that one document alone has",
            Self::Codes => "a word with a digit that one document alone has",
            Self::Titles => "a title that one document alone has",
        }
    }

    fn purpose(self) -> Purpose {
        match self {
            Self::Words => Purpose::KnownWords,
            Self::Codes => Purpose::KnownCodes,
            Self::Titles => Purpose::KnownTitles,
        }
    }
}

/// A query and the one document that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItem {
    /// What the query was drawn from.
    pub kind: KnownItemKind,
    /// The query, as the document has it; its id is the kind's name and a number, such as
    /// `words-0001`.
    pub query: NamedQuery,
    /// The document's id.
    pub document: String,
}

/// The documents that queries are drawn from.
#[derive(Debug, Clone, Default)]
pub struct KnownItemPool {
    ids: Vec<String>,
    words: Texts,
    titles: Texts,
}

impl KnownItemPool {
    /// Takes up a document: its id, which no other has, its title, possibly empty, and its text.
    ///
    /// Words are those of title and text: runs of letters, digits, and `-` and `_` inside, of at least
    /// 4 characters. Words and titles are compared in lower case.
    pub fn add(&mut self, id: &str, title: &str, text: &str) {
        let document = self.ids.len();
        self.ids.push(id.to_owned());
        for word in words(title).chain(words(text)).filter(|word| word.len() <= LONGEST) {
            self.words.add(document, word);
        }
        let title = title.trim();
        // Without a letter or a digit there is nothing to search for.
        if title.len() <= LONGEST && title.contains(char::is_alphanumeric) {
            self.titles.add(document, title);
        }
    }

    /// Returns whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Draws `asked` queries, a third of each kind; where the documents have fewer of one kind, more of
    /// the others, and all that there are where they have fewer in all.
    ///
    /// The same documents, in whatever order, and the same seed give the same queries.
    #[must_use]
    pub fn draw(self, asked: NonZeroUsize, seed: u64) -> KnownItems {
        let (codes, words) = self.words.known().into_iter().partition(|(_, word)| has_digit(word));
        let pools = [words, codes, self.titles.known()];
        let available = pools.each_ref().map(Vec::len);
        let mut items = Vec::new();
        for ((kind, pool), share) in
            KnownItemKind::ALL.into_iter().zip(pools).zip(shares(asked.get(), available))
        {
            let draws = Draws::new(seed, kind.purpose());
            for (place, (document, text)) in drawn(pool, share, draws).into_iter().enumerate() {
                let id = format!("{}-{:04}", kind.name(), place + 1);
                let document = self.ids[document].clone();
                items.push(KnownItem { kind, query: NamedQuery { id, text }, document });
            }
        }
        KnownItems { asked: asked.get(), available, items }
    }
}

/// Returns how many are taken of each: as many as there are of all alike, as far as they go.
fn shares(asked: usize, available: [usize; 3]) -> [usize; 3] {
    let mut shares = [0; 3];
    let mut left = asked.min(available.iter().sum());
    while left > 0 {
        for (share, available) in shares.iter_mut().zip(available) {
            if left > 0 && *share < available {
                *share += 1;
                left -= 1;
            }
        }
    }
    shares
}

/// Queries that were drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownItems {
    asked: usize,
    available: [usize; 3],
    items: Vec<KnownItem>,
}

impl KnownItems {
    /// Returns the queries with their documents, kind by kind.
    #[must_use]
    pub fn items(&self) -> &[KnownItem] {
        &self.items
    }

    /// Returns the queries alone.
    #[must_use]
    pub fn queries(&self) -> Vec<NamedQuery> {
        self.items.iter().map(|item| item.query.clone()).collect()
    }

    /// Returns the judgements: each query's own document is of grade 1.
    #[must_use]
    pub fn qrels(&self) -> Qrels {
        let mut qrels = Qrels::default();
        for item in &self.items {
            qrels.insert(&item.query.id, &item.document, 1);
        }
        qrels
    }

    /// Returns what was drawn, and how often each of the named runs has the own document first.
    #[must_use]
    pub fn report(&self, runs: &[(String, Run)]) -> KnownItemReport {
        let of = |kind| self.items.iter().filter(move |item| item.kind == kind);
        let kinds = KnownItemKind::ALL.into_iter().zip(self.available);
        let kinds = kinds.map(|(kind, available)| KnownItemsOfKind {
            kind: kind.name().to_owned(),
            meaning: kind.meaning().to_owned(),
            available,
            queries: of(kind).count(),
        });
        let firsts = runs.iter().map(|(stage, run)| KnownItemFirsts {
            stage: stage.clone(),
            first: KnownItemKind::ALL
                .map(|kind| {
                    let first = of(kind).filter(|item| is_first(run, item)).count();
                    (kind.name().to_owned(), first)
                })
                .into(),
        });
        KnownItemReport { asked: self.asked, kinds: kinds.collect(), stages: firsts.collect() }
    }
}

fn is_first(run: &Run, item: &KnownItem) -> bool {
    let first = run.of(&item.query.id).and_then(<[_]>::first);
    first.is_some_and(|first| first.id == item.document)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: `lilies`, `cats` and `deadly` stand in two documents each; `notes` is the title of two.
    const DOCUMENTS: [(&str, &str, &str); 4] = [
        ("a", "Garden", "Lilies are deadly for cats."),
        ("b", "Notes", "Order KX-2210 of lilies, for the cats."),
        ("c", "notes", "deadly"),
        ("d", "", "the Tulip, TULIP, 2210"),
    ];

    fn pool(documents: &[(&str, &str, &str)]) -> KnownItemPool {
        let mut pool = KnownItemPool::default();
        documents.iter().for_each(|(id, title, text)| pool.add(id, title, text));
        pool
    }

    fn draw(documents: &[(&str, &str, &str)], asked: usize, seed: u64) -> KnownItems {
        pool(documents).draw(NonZeroUsize::new(asked).unwrap(), seed)
    }

    /// Returns kind, text and document of each, sorted.
    fn sorted(drawn: &KnownItems) -> Vec<(&str, &str, &str)> {
        let items = drawn.items().iter();
        let mut items: Vec<_> = items
            .map(|it| (it.kind.name(), it.query.text.as_str(), it.document.as_str()))
            .collect();
        items.sort_unstable();
        items
    }

    #[test]
    fn what_one_document_alone_has_is_drawn() {
        let all = draw(&DOCUMENTS, 300, 42);
        assert_eq!(
            sorted(&all),
            [
                ("codes", "2210", "d"),
                ("codes", "KX-2210", "b"),
                ("titles", "Garden", "a"),
                ("words", "Garden", "a"),
                ("words", "Order", "b"),
                ("words", "Tulip", "d"),
            ]
        );
        let ids: Vec<String> = all.queries().into_iter().map(|query| query.id).collect();
        assert_eq!(ids[..3], ["words-0001", "words-0002", "words-0003"]);
        assert_eq!(ids[3..], ["codes-0001", "codes-0002", "titles-0001"]);
        let qrels = all.qrels();
        assert_eq!((qrels.len(), qrels.grade("titles-0001", "a")), (6, Some(1)));
    }

    #[test]
    fn kinds_have_equal_shares_as_far_as_they_go() {
        assert_eq!(shares(300, [900, 900, 900]), [100, 100, 100]);
        assert_eq!(shares(10, [900, 900, 900]), [4, 3, 3]);
        assert_eq!(shares(300, [900, 20, 100]), [180, 20, 100]);
        assert_eq!(shares(300, [900, 0, 0]), [300, 0, 0]);
        assert_eq!(shares(300, [1, 0, 2]), [1, 0, 2]);
        assert_eq!(draw(&DOCUMENTS, 3, 42).items().len(), 3);
    }

    #[test]
    fn the_order_of_documents_decides_nothing_and_the_seed_all() {
        let texts: Vec<String> =
            (0..200).map(|i| format!("alpha{i} {}", "abcd".repeat(i + 1))).collect();
        let ids: Vec<String> = (0..200).map(|i| format!("d{i}")).collect();
        let documents: Vec<(&str, &str, &str)> =
            ids.iter().zip(&texts).map(|(id, text)| (id.as_str(), "", text.as_str())).collect();
        let mut backwards = documents.clone();
        backwards.reverse();
        assert_eq!(draw(&documents, 20, 42), draw(&backwards, 20, 42));
        assert_ne!(draw(&documents, 20, 42), draw(&documents, 20, 43));
    }

    #[test]
    fn what_nobody_would_type_is_left_out() {
        let long = "x".repeat(LONGEST + 1);
        let drawn = draw(&[("a", "---", &long), ("b", &long, "tea"), ("c", " ", "")], 300, 42);
        assert!(drawn.items().is_empty());
        assert!(!pool(&DOCUMENTS).is_empty() && KnownItemPool::default().is_empty());
    }

    #[test]
    fn own_documents_at_the_first_place_are_counted_by_kind() {
        let drawn = draw(&DOCUMENTS, 300, 42);
        let mut run = Run::default();
        for item in drawn.items() {
            // The words of one document are second, and codes have no results at all.
            let own = item.document.as_str();
            let second = item.kind == KnownItemKind::Words && own == "b";
            if item.kind != KnownItemKind::Codes {
                let other = if second { 2.0 } else { 0.5 };
                run.insert(&*item.query.id, [(own, 1.0), ("other", other)]).unwrap();
            }
        }
        let report = drawn.report(&[("bm25".to_owned(), run)]);
        assert_eq!(report.asked, 300);
        let kinds: Vec<_> =
            report.kinds.iter().map(|it| (&*it.kind, it.available, it.queries)).collect();
        assert_eq!(kinds, [("words", 3, 3), ("codes", 2, 2), ("titles", 1, 1)]);
        let firsts = &report.stages[0];
        assert_eq!(firsts.stage, "bm25");
        assert_eq!(
            [firsts.first["words"], firsts.first["codes"], firsts.first["titles"]],
            [2, 0, 1]
        );
    }
}
