//! The HNSW graph, by itself: it can be chosen at any size, and takes long to build.

use std::fs;
use std::time::Instant;

use trommel::Encoder;
use trommel_core::{PassageId, Query, Retriever};
use trommel_vector::{Ann, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

use super::{Job, costs, disk_mb};
use crate::Failure;
use crate::corpus::Corpus;
use crate::costs::{Costs, percentile};
use crate::encoder::{DIMENSION, WordSum};
use crate::process::{cpu_s, peak_mb};

const LIMIT: usize = 100;

/// Builds a graph over all vectors, and walks it and scans them for every query.
pub(super) fn build_and_search(job: &Job) -> Result<Costs, Failure> {
    let folder = job.folder.join("graph");
    fs::create_dir(&folder)?;
    let (corpus, encoder) = (Corpus::new(), WordSum::new());
    let settings = VectorSettings { ann: Ann::Hnsw, ..VectorSettings::default() };
    let mut writer = VectorWriter::create(folder.as_path(), DIMENSION, settings)?;
    for number in 0..job.documents {
        let made = corpus.document(number);
        let vector = encoder.encode_query(&format!("{}\n{}", made.title, made.text))?;
        writer.add(PassageId(number), &vector)?;
    }
    writer.commit(1, false)?;
    let rows_mb = disk_mb(&folder)?;
    // All that is left to a last commit is the graph.
    let (cpu, began) = (cpu_s(), Instant::now());
    let state = writer.commit(2, true)?;
    let (build, cpu) = (began.elapsed().as_secs_f64(), cpu_s() - cpu);
    let peak = peak_mb();

    let index = VectorIndex::open(&folder, &state)?;
    let (mut walks, mut scans, mut found) = (Vec::new(), Vec::new(), 0);
    let queries = job.queries();
    for query in &queries {
        let vector = encoder.encode_query(query)?;
        let nearest = |ann, times: &mut Vec<f64>| {
            let retriever = index.retriever(VectorSearch { ann, ..VectorSearch::default() });
            let began = Instant::now();
            let nearest = retriever.retrieve(Query { text: "", vector: &vector }, LIMIT, None);
            times.push(began.elapsed().as_secs_f64() * 1e3);
            nearest
        };
        let walked = nearest(Ann::Hnsw, &mut walks)?;
        let exact = nearest(Ann::Exact, &mut scans)?;
        found += walked.iter().filter(|it| exact.iter().any(|exact| exact.id == it.id)).count();
    }
    let measured = costs([
        ("hnsw_build_s", build),
        ("hnsw_cpu_s", cpu),
        ("hnsw_peak_mb", peak),
        ("hnsw_disk_mb", disk_mb(&folder)? - rows_mb),
        ("hnsw_p50_ms", percentile(&mut walks, 0.5)),
        ("hnsw_recall", found as f64 / (queries.len() * LIMIT) as f64),
        ("scan_p50_ms", percentile(&mut scans, 0.5)),
    ]);
    fs::remove_dir_all(&folder)?;
    Ok(measured)
}
