//! The encoding thread: it stands between reading and writing and waits for neither.

use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};
use trommel_core::{Encoder, ModelError};

use super::queue::{Delivered, Work};
use super::room::Room;
use crate::EngineError;
use crate::documents::StoredDocument;

/// How many passages are handed on at a time.
const BATCH: usize = 256;

/// How many of them the encoder is given at a time: enough to keep all threads busy, few enough
/// that an interruption is answered soon.
const PIECE: usize = 64;

/// How much work without passages is handed on at a time.
const ITEMS: usize = 1024;

/// Work in the order of reading, and the vectors of its passages, one after the other; none where they
/// are not encoded on the way.
pub(super) struct Encoded {
    pub(super) work: Vec<Delivered>,
    pub(super) vectors: Option<Vec<Vec<f32>>>,
}

/// Hands on in its order what comes in, encoded if it has no more than `most` passages.
///
/// Where it has more they are all handed on as they are, for to encode takes a hundred times as long as
/// to read. A receiver that is gone ends it quietly, as `cancel` does.
pub(super) fn encode_all(
    encoder: &dyn Encoder,
    most: usize,
    work: Receiver<Delivered>,
    room: &Room,
    encoded: &Sender<Encoded>,
    cancel: &AtomicBool,
) -> Result<(), EngineError> {
    let mut encoder = (most > 0).then_some(encoder);
    // Until there are more, it may be that all are encoded.
    let mut may_be_few = (1..usize::MAX).contains(&most);
    let (mut batch, mut passages, mut in_all) = (Vec::new(), 0, 0);
    for next in work {
        room.give(next.work.bytes());
        if let Work::Write { stored, .. } = &next.work {
            passages += stored.passages.len();
            in_all += stored.passages.len();
        }
        batch.push(next);
        if may_be_few && in_all > most {
            (may_be_few, encoder) = (false, None);
        }
        if (passages >= BATCH && !may_be_few) || batch.len() >= ITEMS {
            passages = 0;
            if !hand_on(encoder, std::mem::take(&mut batch), encoded, cancel)? {
                return Ok(());
            }
        }
    }
    hand_on(encoder, batch, encoded, cancel)?;
    Ok(())
}

/// Returns whether anybody wants more.
fn hand_on(
    encoder: Option<&dyn Encoder>,
    work: Vec<Delivered>,
    encoded: &Sender<Encoded>,
    cancel: &AtomicBool,
) -> Result<bool, EngineError> {
    let Some(encoder) = encoder else {
        return Ok(encoded.send(Encoded { work, vectors: None }).is_ok());
    };
    let texts = texts(&work);
    let mut vectors = Vec::with_capacity(texts.len());
    for texts in texts.chunks(PIECE) {
        if cancel.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        vectors.extend(encode(encoder, &texts)?);
    }
    Ok(encoded.send(Encoded { work, vectors: Some(vectors) }).is_ok())
}

/// Encodes texts, and holds the encoder to one vector for each.
pub(crate) fn encode(encoder: &dyn Encoder, texts: &[&str]) -> Result<Vec<Vec<f32>>, EngineError> {
    let vectors = encoder.encode_passages(texts)?;
    if vectors.len() == texts.len() {
        return Ok(vectors);
    }
    let model = encoder.fingerprint().model.clone();
    let (expected, got) =
        (format!("{} vectors", texts.len()), format!("{} vectors", vectors.len()));
    Err(ModelError::BadOutput { model, expected, got }.into())
}

/// Returns what the encoder reads of all documents that are to be written.
fn texts(work: &[Delivered]) -> Vec<String> {
    let to_write = work.iter().filter_map(|next| match &next.work {
        Work::Write { stored, .. } => Some(&**stored),
        _ => None,
    });
    to_write.flat_map(StoredDocument::model_texts).collect()
}
