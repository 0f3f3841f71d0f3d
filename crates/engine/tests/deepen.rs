//! Fears that a collection whose passages are deepened step by step is not the one that an encoder
//! makes at once, or is none on the way.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use support::{encoder, ids_of, index_with, pipeline, request, search, write_jsonl};
use trommel_core::{Encoder, Fingerprint, ModelError, PassageId};
use trommel_engine::{
    DeepenRequest, Deepened, Depth, Depths, EngineError, Event, Manifest, Report, Stage,
    Unpredicted, check, deepen, remove, status,
};
use trommel_testkit::FakeEncoder;
use trommel_vector::{VectorIndex, VectorSettings};

/// Documents enough that a sample of them is worth its while: each has up to three passages.
const DOCUMENTS: u64 = 300;

/// How many passages are sampled of so many: the least that a sample has.
const SAMPLE: u64 = 200;

struct World {
    _folder: tempfile::TempDir,
    collection: PathBuf,
    file: PathBuf,
}

impl World {
    fn new(documents: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (collection, file) = (folder.path().join("c"), folder.path().join("x.jsonl"));
        write_jsonl(&file, 0..documents, 5);
        Self { _folder: folder, collection, file }
    }

    fn index(&self, depth: Option<Depth>) -> Report {
        let request =
            trommel_engine::IndexRequest { depth, ..request(std::slice::from_ref(&self.file)) };
        index_with(&self.collection, request, &mut |_| {}).unwrap()
    }

    fn deepen(&self, request: &DeepenRequest) -> Deepened {
        self.deepen_until(request, &encoder(), |_| false).unwrap()
    }

    /// Deepens until an event after which it is enough.
    fn deepen_until(
        &self,
        request: &DeepenRequest,
        encoder: &dyn Encoder,
        is_enough: impl Fn(Event) -> bool,
    ) -> Result<Deepened, EngineError> {
        let cancel = AtomicBool::new(false);
        let mut progress = |event| {
            if is_enough(event) {
                cancel.store(true, Ordering::Relaxed);
            }
        };
        let vectors = VectorSettings::default();
        deepen(&self.collection, request, encoder, vectors, &mut progress, &cancel)
    }

    fn depths(&self) -> Depths {
        let report = check(&self.collection).unwrap();
        assert_eq!(report.findings, []);
        let depths = status(&self.collection).unwrap().depths;
        assert_eq!(depths.lexical + depths.predicted + depths.encoded, report.passages as u64);
        depths
    }

    fn manifest(&self) -> Manifest {
        Manifest::read(&self.collection).unwrap()
    }
}

/// Returns every passage's vector, and the bytes that say which are near which.
fn vectors(collection: &Path) -> (Vec<(PassageId, Vec<u32>)>, Vec<u8>) {
    let state = Manifest::read(collection).unwrap().vectors;
    let folder = collection.join("vectors");
    let index = VectorIndex::open(&folder, &state).unwrap();
    let bits = |id| index.vector(id).unwrap().iter().map(|x| x.to_bits()).collect();
    let vectors = index.passages().iter().map(|id| (id, bits(id))).collect();
    (vectors, fs::read(folder.join(state.neighbours.unwrap())).unwrap())
}

#[test]
fn step_by_step_ends_with_the_vectors_of_a_direct_run() {
    let (direct, steps) = (World::new(DOCUMENTS), World::new(DOCUMENTS));
    direct.index(None);
    let passages = direct.depths().encoded;
    assert!(passages > 2 * SAMPLE);

    let report = steps.index(Some(Depth::Lexical));
    assert_eq!((report.added as u64, report.passages), (DOCUMENTS, 0));
    let depths = |lexical, predicted, encoded| Depths { lexical, predicted, encoded };
    assert_eq!(steps.depths(), depths(passages, 0, 0));
    let by_words = |world: &World| {
        ids_of(&search(&pipeline(&world.collection).unwrap(), "gasket", Stage::LEXICAL).unwrap())
    };
    assert_eq!(by_words(&steps), by_words(&direct), "words are searched from the first commit on");

    let deepened = steps.deepen(&DeepenRequest::until(Depth::Predicted));
    assert_eq!((deepened.encoded as u64, deepened.unpredicted), (SAMPLE, None));
    assert_eq!(deepened.predicted as u64, passages - SAMPLE);
    assert_eq!(steps.depths(), depths(0, passages - SAMPLE, SAMPLE));
    assert_eq!(deepened.depths, steps.depths());

    let some = DeepenRequest { most: 70, ..DeepenRequest::until(Depth::Encoded) };
    assert_eq!(steps.deepen(&some).encoded, 70);
    assert_eq!(steps.depths(), depths(0, passages - SAMPLE - 70, SAMPLE + 70));
    let rest = DeepenRequest { commit_every: 100, ..DeepenRequest::until(Depth::Encoded) };
    let deepened = steps.deepen(&rest);
    assert_eq!(deepened.encoded as u64, passages - SAMPLE - 70);
    assert_eq!(steps.depths(), depths(0, 0, passages));
    assert_eq!(vectors(&steps.collection), vectors(&direct.collection));

    let generation = deepened.generation;
    assert_eq!(steps.deepen(&rest).generation, generation, "there is nothing left to do");
    assert!(
        steps.manifest().predictions.is_some(),
        "for documents that come, as runs want words only"
    );
    steps.index(Some(Depth::Encoded));
    assert_eq!(steps.manifest().predictions, None);
    assert_eq!(vectors(&steps.collection), vectors(&direct.collection));
}

#[test]
fn whatever_event_ends_it_the_collection_is_whole_and_goes_on() {
    let direct = World::new(DOCUMENTS);
    direct.index(None);
    let steps = World::new(DOCUMENTS);
    steps.index(Some(Depth::Lexical));
    let request = DeepenRequest { commit_every: 100, ..DeepenRequest::until(Depth::Encoded) };
    let mut ends = 0;
    // Each time it gets one event further than the last commit.
    loop {
        let before = steps.depths();
        match steps
            .deepen_until(&request, &encoder(), |event| matches!(event, Event::Committed { .. }))
        {
            Ok(_) => break,
            Err(EngineError::Interrupted { generation }) => {
                assert_eq!(steps.manifest().generation, generation);
            }
            Err(error) => panic!("{error}"),
        }
        let after = steps.depths();
        assert!(after.encoded >= before.encoded && after != before, "{before:?} {after:?}");
        // In the middle of a phase what is encoded by then is kept.
        let middle = |event| matches!(event, Event::Encoded { .. } | Event::Predicted { .. });
        let ended = steps.deepen_until(&request, &encoder(), middle);
        assert!(ended.is_ok() || matches!(ended, Err(EngineError::Interrupted { .. })));
        ends += 1;
        steps.depths();
    }
    assert!(ends > 3, "{ends}");
    assert_eq!(vectors(&steps.collection), vectors(&direct.collection));
}

#[test]
fn documents_that_come_later_are_predicted_by_what_was_learned_until_half_as_many_have_come() {
    let world = World::new(DOCUMENTS);
    let report = world.index(Some(Depth::Predicted));
    let before = world.depths();
    assert_eq!(
        (report.passages as u64, report.predicted as u64),
        (before.encoded, before.predicted)
    );
    assert_eq!((before.lexical, before.encoded), (0, SAMPLE));
    let table = world.manifest().predictions.unwrap().table;

    write_jsonl(&world.file, 0..DOCUMENTS + 20, 5);
    let report = world.index(None);
    assert_eq!((report.added, report.passages), (20, 0), "nothing was encoded");
    assert_eq!(world.depths().predicted, before.predicted + report.predicted as u64);
    assert_eq!(world.manifest().predictions.unwrap().table, table);
    let gone = ["d1".to_owned(), format!("d{DOCUMENTS}")];
    assert_eq!(remove(&world.collection, &gone, VectorSettings::default()).unwrap().removed, gone);
    world.depths();

    write_jsonl(&world.file, 0..2 * DOCUMENTS, 5);
    let report = world.index(None);
    let after = world.depths();
    assert_eq!(after.lexical, 0);
    assert_eq!(report.predicted as u64, after.predicted, "all were predicted anew");
    assert_ne!(world.manifest().predictions.unwrap().table, table);
}

#[test]
fn where_nothing_can_be_predicted_passages_are_encoded() {
    let all_encoded = |world: &World| {
        let depths = world.depths();
        assert_eq!((depths.lexical, depths.predicted), (0, 0));
        depths.encoded
    };
    let few = World::new(20);
    let report = few.index(Some(Depth::Predicted));
    assert_eq!(report.unpredicted, None, "so few are encoded while they are read");
    assert_eq!(report.passages as u64, all_encoded(&few));
    write_jsonl(&few.file, 0..30, 5);
    let reason = few.index(None).unpredicted.unwrap();
    assert!(matches!(reason, Unpredicted::NothingLearned(_)), "{reason:?}");
    all_encoded(&few);

    let world = World::new(DOCUMENTS);
    world.index(Some(Depth::Lexical));
    let request = DeepenRequest::until(Depth::Predicted);
    let deepened = world.deepen_until(&request, &Closed(encoder()), |_| false).unwrap();
    assert_eq!(deepened.unpredicted, Some(Unpredicted::NoWordPieces));
    assert_eq!((deepened.depths.lexical, deepened.depths.predicted), (0, 0));
}

#[test]
fn another_encoder_is_refused() {
    let world = World::new(20);
    world.index(Some(Depth::Lexical));
    let request = DeepenRequest::until(Depth::Encoded);
    let other = FakeEncoder::named("other", 16);
    let refused = world.deepen_until(&request, &other, |_| false);
    assert!(matches!(refused, Err(EngineError::WrongEncoder { .. })), "{refused:?}");
}

/// An encoder that does not show what it reads.
struct Closed(FakeEncoder);

impl Encoder for Closed {
    fn fingerprint(&self) -> &Fingerprint {
        self.0.fingerprint()
    }

    fn encode_query(&self, text: &str) -> Result<Vec<f32>, ModelError> {
        self.0.encode_query(text)
    }

    fn encode_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, ModelError> {
        self.0.encode_passages(texts)
    }
}
