//! What the examples that measure time share.

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use trommel_engine::{CollectionSettings, IndexRequest, Splitting, index};
use trommel_ingest::{IngestOptions, Input};
use trommel_testkit::FakeEncoder;
use trommel_vector::VectorSettings;

/// Indexes JSON lines into a new collection.
pub(crate) fn index_lines(
    folder: &Path,
    lines: String,
    encoder: &FakeEncoder,
) -> Result<(), Box<dyn Error>> {
    let settings = CollectionSettings {
        splitting: Splitting::default(),
        insist: false,
        vectors: VectorSettings::default(),
    };
    let request = IndexRequest {
        inputs: vec![Input::Stdin(Box::new(Cursor::new(lines)))],
        ingest: IngestOptions::default(),
        keep_missing: false,
        allow_empty: false,
        as_before: false,
        commit_every: usize::MAX,
        depth: None,
        refine: true,
        late: None,
    };
    index(folder, request, &settings, encoder, encoder, &mut |_| {}, &AtomicBool::new(false))?;
    Ok(())
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
