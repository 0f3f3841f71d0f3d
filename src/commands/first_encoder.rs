//! Which encoder a new collection gets where nobody names one, and whether it still suits later on.

use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use trommel::settings::{Origin, Settings};
use trommel::{Encoder, Fingerprint, LanguageSample, ModelError};
use trommel_core::WordPieces;
use trommel_engine::{EngineError, Manifest};
use trommel_ingest::{IngestOptions, Input, Item, read};
use trommel_models::DEFAULT_ENCODER;

use super::Context;
use crate::{hints, shell, terminal};

/// So many documents of each path tell the languages.
const DOCUMENTS: usize = 200;
/// So long they are read, at most; one document may take longer.
const TIME: Duration = Duration::from_secs(2);
/// So much is read of a stream, which cannot be read twice.
const STREAM_BYTES: u64 = 64 << 10;

/// Says whether the encoder is to be chosen: the collection is new, and nobody named one.
pub(super) fn is_open(context: &Context) -> bool {
    *context.settings.origin("encoder") == Origin::Default
        && matches!(Manifest::read(&context.folder), Err(EngineError::NoCollection { .. }))
}

/// Returns the encoder for what is to be read, and says so if it is not the usual one. What was read
/// of a stream is put back before it.
pub(super) fn choose(
    inputs: &mut [Input],
    ingest: &IngestOptions,
    cancel: &AtomicBool,
) -> &'static str {
    let mut sample = LanguageSample::default();
    for input in inputs {
        let begin = match input {
            Input::Path(path) => Input::Path(path.clone()),
            Input::Stdin(stream) => match beginning(stream) {
                Ok(beginning) => Input::Stdin(Box::new(Cursor::new(beginning))),
                // The run will meet the same trouble, and says what it is.
                Err(_) => continue,
            },
        };
        read_some(begin, ingest, &mut sample, cancel);
    }
    let encoder = sample.encoder();
    if encoder != DEFAULT_ENCODER {
        let languages = in_words(&sample.foreign_to(DEFAULT_ENCODER));
        terminal::note(format!(
            "the texts are in {languages}: the encoder is {encoder}, unless --encoder names another"
        ));
    }
    encoder
}

/// Reads the beginning of a stream and puts it back.
fn beginning(stream: &mut Box<dyn Read + Send>) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    let result = stream.by_ref().take(STREAM_BYTES).read_to_end(&mut beginning);
    let rest = std::mem::replace(stream, Box::new(io::empty()));
    *stream = Box::new(Cursor::new(beginning.clone()).chain(rest));
    result.map(|_| beginning)
}

/// Reads some documents. Whatever cannot be read says nothing here: the run that follows reads it too.
fn read_some(
    input: Input,
    ingest: &IngestOptions,
    sample: &mut LanguageSample,
    cancel: &AtomicBool,
) {
    let begun = Instant::now();
    let ingest = IngestOptions { skip_invalid: true, ..ingest.clone() };
    let Ok(items) = read(input, &ingest) else { return };
    let mut documents = 0;
    for item in items {
        if let Ok(Item::Document(document)) = item {
            sample.add(&document.text);
            documents += 1;
        }
        if documents == DOCUMENTS || begun.elapsed() > TIME || cancel.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// So many passages are looked at one by one, and of the others one in [`LATER`]: telling a language
/// takes half a millisecond.
const AT_FIRST: usize = 256;
const LATER: usize = 16;

/// An encoder that counts the languages of the passages that it is given.
pub(super) struct Counting<'a> {
    encoder: &'a dyn Encoder,
    heard: Mutex<Heard>,
}

/// What passages told, and how many there were.
#[derive(Default)]
struct Heard {
    sample: LanguageSample,
    passages: usize,
}

impl Heard {
    fn add(&mut self, text: &str) {
        if self.passages < AT_FIRST || self.passages.is_multiple_of(LATER) {
            self.sample.add(text);
        }
        self.passages += 1;
    }
}

impl<'a> Counting<'a> {
    pub(super) fn new(encoder: &'a dyn Encoder) -> Self {
        Self { encoder, heard: Mutex::default() }
    }

    /// Says that passages were in languages that the encoder was not trained for, and what to do;
    /// whoever asked for this encoder in so many words knows.
    pub(super) fn tell(&self, settings: &Settings, paths: &[String], context: &Context) {
        let Heard { sample, .. } = &*self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let languages = sample.foreign_to(&settings.encoder);
        let better = sample.encoder();
        if languages.is_empty() || better == settings.encoder || settings.is_explicit("encoder") {
            return;
        }
        let (languages, encoder) = (in_words(&languages), &settings.encoder);
        let folder = shell::path(&hints::beside(context, better));
        let paths = paths.join(" ");
        terminal::note(format!(
            "much of what was new is in {languages}, which {encoder} was not trained for; a collection \
             for it: trommel -c {folder} index --encoder {better} {paths}"
        ));
    }
}

impl Encoder for Counting<'_> {
    fn fingerprint(&self) -> &Fingerprint {
        self.encoder.fingerprint()
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.encoder.encode_query(text)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        texts.iter().for_each(|text| heard.add(text));
        drop(heard);
        self.encoder.encode_passages(texts)
    }

    fn word_pieces(&self) -> Option<Box<dyn WordPieces + '_>> {
        self.encoder.word_pieces()
    }
}

/// Returns the command that makes a collection with the usual encoder all the same.
pub(super) fn usual(context: &Context, paths: &[String]) -> String {
    context.command(&format!("index --encoder {DEFAULT_ENCODER} {}", paths.join(" ")))
}

/// Names languages as a sentence does.
fn in_words(languages: &[&str]) -> String {
    match languages {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named_as_in_a_sentence() {
        assert_eq!(in_words(&["German"]), "German");
        assert_eq!(in_words(&["German", "Thai"]), "German and Thai");
        assert_eq!(in_words(&["German", "Thai", "Czech"]), "German, Thai and Czech");
    }

    #[test]
    fn what_was_read_of_a_stream_is_still_in_it() {
        let text = "Das Museum ist montags geschlossen. ".repeat(4_000);
        let mut stream: Box<dyn Read + Send> = Box::new(Cursor::new(text.clone().into_bytes()));
        assert_eq!(beginning(&mut stream).unwrap().len() as u64, STREAM_BYTES);
        let mut again = String::new();
        stream.read_to_string(&mut again).unwrap();
        assert!(again == text);
    }
}
