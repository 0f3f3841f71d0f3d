//! What it costs to open a collection without trusting its files. Figures are in
//! `docs/durability-damage.md`.

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use support::{request, settings, text};
use trommel_engine::{Snapshot, Stage, check, index};
use trommel_testkit::{FakeEncoder, LongRun};

/// The dimension of the default encoder.
const DIMENSION: usize = 384;

fn make(folder: &Path, documents: u64) {
    let file = folder.join("x.jsonl");
    let line = |id| format!("{{\"_id\":\"{id}\",\"text\":\"{}\"}}\n", text(id, 200));
    fs::write(&file, (0..documents).map(line).collect::<String>()).unwrap();
    let encoder = FakeEncoder::new(DIMENSION);
    let settings = trommel_engine::CollectionSettings {
        splitting: trommel_engine::Splitting { max_tokens: 384, overlap_tokens: 0 },
        ..settings()
    };
    let (request, stop) = (request(&[file]), std::sync::atomic::AtomicBool::new(false));
    index(&folder.join("c"), request, &settings, &encoder, &encoder, &mut |_| {}, &stop).unwrap();
}

/// Returns the median time of seven runs, in milliseconds.
fn median(mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[3]
}

/// `TROMMEL_COUNT=60000 cargo test --release --test opening -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn opening() {
    let run = LongRun::of("opening", 60_000);
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), run.seeds().end);
    let collection = folder.path().join("c");
    let bytes = |part: &str| -> f64 {
        let entries = fs::read_dir(collection.join(part)).unwrap();
        entries.map(|entry| entry.unwrap().metadata().unwrap().len() as f64).sum::<f64>() / 1e9
    };
    let sizes = ["documents", "lexical", "vectors"].map(bytes);
    let open = |stage| median(|| drop(Snapshot::open(&collection, stage).unwrap()));
    let [bm25, fused] = [Stage::LEXICAL, Stage::Reranked].map(open);
    let all = median(|| assert_eq!(check(&collection).unwrap().findings, []));
    let total: f64 = sizes.iter().sum();
    let figures = format!(
        "GB {:.3} {:.3} {:.3}; ms to open for bm25 {bm25:.0}, reranked {fused:.0}, {:.0} a GB; check {all:.0}",
        sizes[0],
        sizes[1],
        sizes[2],
        fused / total,
    );
    run.record(&figures);
    std::io::stdout().write_all(format!("{figures}\n").as_bytes()).unwrap();
}
