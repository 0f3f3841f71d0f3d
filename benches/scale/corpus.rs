//! A corpus of any size: each document follows from its number alone.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::Failure;
use crate::random::{Random, share_of};
use crate::words::{Law, Words, vocabulary};

const TOPICS: u64 = 4_000;
/// Words of a topic; the first are drawn most, by Zipf's law.
const TOPIC_WORDS: f64 = 400.0;
/// Ranks up to which topics have their words; rarer ones are names and numbers, which any text may have.
const TOPICAL: f64 = 50_000.0;
/// The shares of a text's words that every text has, and that are its topics'.
const COMMON: f64 = 0.45;
const OF_TOPICS: f64 = 0.35;
/// The mean length of a text: its logarithm is normal, here around 80 words.
const MEAN_WORDS: f64 = 90.0;
/// Few enough for one passage.
const MOST_WORDS: f64 = 300.0;

/// The stream of random numbers for queries, behind those of all documents.
const QUERIES: u64 = 1 << 40;

/// A document as it is written.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    /// One of three.
    pub(crate) group: char,
    /// One of a hundred.
    pub(crate) year: u64,
}

/// The documents from 0 up.
pub(crate) struct Corpus {
    words: Words,
    common: Law,
    topical: Law,
}

impl Corpus {
    pub(crate) fn new() -> Self {
        let words = Words::new();
        let common = Law::between(0.0, words.common());
        Self { common, topical: Law::between(words.common(), TOPICAL), words }
    }

    /// Makes a document. New words come up as numbers rise.
    pub(crate) fn document(&self, number: u64) -> Made {
        let mut random = Random::of(number);
        let topics = topics(&mut random);
        let seen = vocabulary((number + 1) as f64 * MEAN_WORDS).max(TOPICAL);
        let rest = Law::between(self.words.common(), seen);
        let length = (80f64.ln() + 0.5 * random.normal()).exp().clamp(10.0, MOST_WORDS) as u64;
        let (mut text, mut left_in_sentence) = (String::new(), 0);
        for _ in 0..length {
            let begins = left_in_sentence == 0;
            if begins {
                text.push_str(if text.is_empty() { "" } else { ". " });
                left_in_sentence = 8 + random.below(13);
            } else {
                text.push(' ');
            }
            left_in_sentence -= 1;
            let at = text.len();
            let rank = match random.share() {
                share if share < COMMON => self.common.rank(random.share()),
                share if share < COMMON + OF_TOPICS => self.of_topic(&topics, &mut random),
                _ => rest.rank(random.share()),
            };
            self.words.write(rank, &mut text);
            if begins && let Some(first) = text.get_mut(at..at + 1) {
                first.make_ascii_uppercase();
            }
        }
        text.push('.');
        let title = self.topical_words(3 + random.below(4), &topics[..1], &mut random);
        let (group, year) = (['a', 'b', 'c'][number as usize % 3], 1926 + random.below(100));
        Made { id: format!("d{number}"), title, text, group, year }
    }

    /// Writes the first documents to a file, a line each.
    pub(crate) fn write(&self, documents: u64, file: &Path) -> Result<(), Failure> {
        let mut lines = BufWriter::new(File::create(file)?);
        for number in 0..documents {
            let Made { id, title, text, group, year } = self.document(number);
            // Letters, spaces and full stops need no escapes.
            writeln!(
                lines,
                r#"{{"_id":"{id}","title":"{title}","text":"{text}","group":"{group}","year":{year}}}"#
            )?;
        }
        Ok(lines.flush()?)
    }

    /// Returns queries: three to eight words of what one of the documents is about.
    pub(crate) fn queries(&self, documents: u64, number: usize) -> Vec<String> {
        let mut random = Random::of(QUERIES);
        let mut query = || {
            let topics = topics(&mut Random::of(random.below(documents)));
            self.topical_words(3 + random.below(6), &topics[..1], &mut random)
        };
        (0..number).map(|_| query()).collect()
    }

    /// Returns words of topics, and now and then one that every text has.
    fn topical_words(&self, number: u64, topics: &[u64], random: &mut Random) -> String {
        let mut text = String::new();
        for place in 0..number {
            text.push_str(if place == 0 { "" } else { " " });
            let rank = match random.share() < 0.8 {
                true => self.of_topic(topics, random),
                false => self.common.rank(random.share()),
            };
            self.words.write(rank, &mut text);
        }
        text
    }

    /// Draws the rank of a word of one of some topics, mostly the first. What words a topic has is drawn
    /// by the law of all words, so that over all topics that law still holds.
    fn of_topic(&self, topics: &[u64], random: &mut Random) -> usize {
        let topic = topics[(topics.len() as f64 * random.share().powi(2)) as usize];
        let place = TOPIC_WORDS.powf(random.share()) as u64;
        self.topical.rank(share_of(topic << 32 | place))
    }
}

/// Draws one to three topics; some are met more often than others.
fn topics(random: &mut Random) -> Vec<u64> {
    let number = 1 + random.below(3);
    (0..number).map(|_| (TOPICS as f64 * random.share().powi(2)) as u64).collect()
}
