//! Fears that vectors of another model, or no vectors at all, get into a collection or a search.

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use support::{encoder, index_paths, request, search, settings, write_jsonl};
use trommel_core::{Encoder, Fingerprint, ModelError, PassageId, Query, Retriever, RetrieverError};
use trommel_engine::{EngineError, Repair, RerankStage, Searcher, Snapshot, Stage, check, index};
use trommel_testkit::{Dice, FakeEncoder, FakeReranker};
use trommel_vector::{VectorError, VectorIndex, VectorSearch, VectorSettings, VectorWriter};

const DIMENSION: usize = 16;

/// The fake encoder under another fingerprint.
#[derive(Clone)]
struct Named(Fingerprint);

impl Encoder for Named {
    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        encoder().encode_query(text)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        encoder().encode_passages(texts)
    }
}

/// Returns encoders that differ from the fake one in one thing each, never in the dimension.
fn relatives() -> Vec<Named> {
    let changes: [fn(&mut Fingerprint); 6] = [
        |it| it.weights = "1".repeat(16),
        |it| it.tokenizer = "2".repeat(16),
        |it| it.pooling = "cls".into(),
        |it| it.query_prefix = "query: ".into(),
        |it| it.passage_prefix = "passage: ".into(),
        |it| it.max_tokens = 256,
    ];
    let changed = |change: fn(&mut Fingerprint)| {
        let mut fingerprint = encoder().fingerprint().clone();
        change(&mut fingerprint);
        Named(fingerprint)
    };
    changes.map(changed).into()
}

fn index_as(folder: &Path, file: &Path, encoder: &dyn Encoder) -> Result<(), EngineError> {
    let (request, stop) = (request(&[file.to_owned()]), AtomicBool::new(false));
    let counter = FakeEncoder::new(DIMENSION);
    index(folder, request, &settings(), encoder, &counter, &mut |_| {}, &stop).map(|_| ())
}

#[test]
fn twelve_pairs_of_one_dimension_are_refused_with_both_fingerprints() {
    let mut pairs = 0;
    for relative in relatives() {
        let fake = Named(encoder().fingerprint().clone());
        for (made, given) in [(&fake, &relative), (&relative, &fake)] {
            let folder = tempfile::tempdir().unwrap();
            let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
            write_jsonl(&file, 0..5, 0);
            index_as(&collection, &file, made).unwrap();

            let refused = |error: EngineError| {
                assert!(matches!(error, EngineError::WrongEncoder { .. }), "{error:?}");
                let message = error.to_string();
                let shown = [made, given].map(|it| it.fingerprint().to_string());
                assert!(message.contains(&format!("collection: {}", shown[0])), "{message}");
                assert!(message.contains(&format!("given:      {}", shown[1])), "{message}");
            };
            let snapshot = Snapshot::open(&collection, Stage::Fused).unwrap();
            let to_search = Searcher::new(snapshot, Some(Arc::new(given.clone())), Vec::new());
            refused(to_search.err().unwrap());
            refused(index_as(&collection, &file, given).unwrap_err());
            for vectors in fs::read_dir(collection.join("vectors")).unwrap() {
                fs::remove_file(vectors.unwrap().path()).unwrap();
            }
            let repair = Repair::begin(&collection).unwrap();
            refused(repair.carry_out(Some(given), &settings()).unwrap_err());
            pairs += 1;
        }
    }
    assert_eq!(pairs, 12);
}

/// What is wrong with a vector.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    NotFinite,
    NotNormalised,
    Length,
}

/// Returns a vector with a fault, of a kind and at a place that the dice choose.
fn bad_vector(dice: &mut Dice) -> (Vec<f32>, Fault) {
    let mut vector = encoder().encode_query(&dice.throw().to_string()).unwrap();
    let place = dice.below(DIMENSION);
    let fault = match dice.below(9) {
        0 => {
            vector[place] = f32::NAN;
            Fault::NotFinite
        }
        1 => {
            vector[place] = f32::INFINITY;
            Fault::NotFinite
        }
        2 => {
            vector[place] = f32::NEG_INFINITY;
            Fault::NotFinite
        }
        3 => {
            vector.fill(0.0);
            Fault::NotNormalised
        }
        4 => {
            vector.fill(f32::MIN_POSITIVE / 4.0);
            Fault::NotNormalised
        }
        5 => {
            vector[place] = f32::MAX;
            Fault::NotNormalised
        }
        6 => {
            let wrong = 1.01 + dice.below(1000) as f32;
            vector.iter_mut().for_each(|x| *x *= wrong);
            Fault::NotNormalised
        }
        7 => {
            vector.truncate(place);
            Fault::Length
        }
        _ => {
            vector.extend((0..=place).map(|_| 0.0));
            Fault::Length
        }
    };
    (vector, fault)
}

#[test]
fn no_bad_vector_is_stored_or_asked() {
    let folder = tempfile::tempdir().unwrap();
    let settings = VectorSettings::default();
    let mut writer = VectorWriter::create(folder.path(), DIMENSION, settings).unwrap();
    writer.add(PassageId(0), &encoder().encode_query("good").unwrap()).unwrap();
    let state = writer.commit(1, true).unwrap();
    let index = VectorIndex::open(folder.path(), &state).unwrap();
    let retriever = index.retriever(VectorSearch::default());
    let mut dice = Dice::new(1);
    for case in 0..10_000 {
        let (vector, fault) = bad_vector(&mut dice);
        let stored = match writer.add(PassageId(1), &vector) {
            Err(VectorError::NotFinite { .. }) => Fault::NotFinite,
            Err(VectorError::NotNormalised { .. }) => Fault::NotNormalised,
            Err(VectorError::Dimension { expected: DIMENSION, got, .. }) => {
                assert_eq!(got, vector.len());
                Fault::Length
            }
            other => panic!("case {case}: {other:?} for {vector:?}"),
        };
        assert_eq!(stored, fault, "case {case}: {vector:?}");
        let query = Query { text: "", vector: &vector };
        match (fault, retriever.retrieve(query, 10, None)) {
            (Fault::Length, Err(RetrieverError::Dimension { .. })) => {}
            (Fault::NotFinite, Err(RetrieverError::Failed { source, .. })) => {
                assert!(source.to_string().contains("is not finite"), "{source}");
            }
            (Fault::NotNormalised, Err(RetrieverError::Failed { source, .. })) => {
                assert!(source.to_string().contains("has norm"), "{source}");
            }
            (_, other) => panic!("case {case}: {other:?} for {vector:?}"),
        }
    }
    writer.add(PassageId(1), &encoder().encode_query("still works").unwrap()).unwrap();
    assert_eq!(writer.commit(2, true).unwrap().live, 2);
}

/// The fake encoder, with something wrong in every answer.
struct Faulty {
    vector: Option<Vec<f32>>,
    /// How many vectors too many, or too few.
    surplus: isize,
    fingerprint: Fingerprint,
}

impl Encoder for Faulty {
    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.vector.clone().map_or_else(|| encoder().encode_query(text), Ok)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        let mut vectors = encoder().encode_passages(texts)?;
        if let (Some(bad), Some(last)) = (&self.vector, vectors.last_mut()) {
            last.clone_from(bad);
        }
        let good = encoder().encode_query("one more")?;
        vectors.resize(texts.len().saturating_add_signed(self.surplus), good);
        Ok(vectors)
    }
}

#[test]
fn an_encoder_that_gives_too_few_or_bad_vectors_ends_the_run_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (file, collection) = (folder.path().join("x.jsonl"), folder.path().join("c"));
    write_jsonl(&file, 0..5, 0);
    index_paths(&collection, std::slice::from_ref(&file)).unwrap();
    let before = check(&collection).unwrap();
    write_jsonl(&file, 0..9, 0);
    let fingerprint = encoder().fingerprint().clone();
    for surplus in [-9, -1, 1, 9] {
        let faulty = Faulty { vector: None, surplus, fingerprint: fingerprint.clone() };
        let error = index_as(&collection, &file, &faulty).unwrap_err();
        let bad = matches!(error, EngineError::Model(ModelError::BadOutput { .. }));
        assert!(bad, "{surplus}: {error:?}");
    }
    let mut dice = Dice::new(2);
    for case in 0..50 {
        let (vector, fault) = bad_vector(&mut dice);
        let faulty =
            Faulty { vector: Some(vector.clone()), surplus: 0, fingerprint: fingerprint.clone() };
        let error = index_as(&collection, &file, &faulty).unwrap_err();
        assert!(matches!(error, EngineError::Vector(_)), "case {case}, {fault:?}: {error:?}");

        let snapshot = Snapshot::open(&collection, Stage::Reranked).unwrap();
        let passes = vec![RerankStage::of(Arc::new(FakeReranker))];
        let pipeline = Searcher::new(snapshot, Some(Arc::new(faulty)), passes).unwrap();
        for stage in [Stage::VECTORS, Stage::Fused, Stage::Reranked] {
            let error = search(&pipeline, "pump leak", stage).unwrap_err();
            assert!(matches!(error, EngineError::Retriever(_)), "case {case}: {error:?}");
        }
    }
    // What the failed runs left behind, the next writer removes.
    let after = check(&collection).unwrap();
    assert_eq!(trommel_engine::CheckReport { orphans: Vec::new(), ..after }, before);
}
