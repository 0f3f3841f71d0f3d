//! Fears for the score cache: that it changes an answer, ends a search, outgrows its home, or says
//! what was asked.
#![cfg(unix)] // a home of its own borrows the models by a link

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{code, copy_of_sample, data, sample, words};
use serde_json::Value;

const QUERY: &str = "my work laptop was taken on the train, who must I call";
const SEARCH: [&str; 2] = ["search", QUERY];

/// A home with the models and an empty cache.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        symlink(common::store().join("models"), home.path().join("models")).unwrap();
        Self(home)
    }

    fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }

    /// Returns the files of all caches.
    fn files(&self) -> Vec<PathBuf> {
        let Ok(folders) = fs::read_dir(self.cache()) else { return Vec::new() };
        folders.map(|folder| folder.unwrap().path().join("scores")).collect()
    }

    fn command(&self, folder: &Path, args: &[&str]) -> assert_cmd::Command {
        let mut command = common::trommel(folder);
        command.args(args).env("TROMMEL_HOME", self.0.path()).env_remove("TROMMEL_CACHE");
        command.env("TROMMEL_RERANK_DEPTH", "4");
        command
    }

    fn run(&self, folder: &Path, args: &[&str]) -> Output {
        self.command(folder, args).output().unwrap()
    }

    /// Searches the sample; returns what must be the same with any cache, and what the cache did.
    fn search(&self, more: &[&str]) -> (Value, Value) {
        self.search_in(sample(), more)
    }

    fn search_in(&self, folder: &Path, more: &[&str]) -> (Value, Value) {
        let output = self.run(folder, &[&SEARCH[..], &["--format", "json"], more].concat());
        assert_eq!(code(&output), 0, "{}", words(&output));
        assert_eq!(words(&output), "");
        let mut answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let object = answer.as_object_mut().unwrap();
        object.remove("timings").unwrap();
        let cache = object.remove("cache").unwrap_or_default();
        (answer, cache)
    }
}

fn counts(cache: &Value) -> (u64, u64) {
    (cache["found"].as_u64().unwrap(), cache["asked"].as_u64().unwrap())
}

#[test]
fn a_second_search_computes_nothing_and_answers_the_same() {
    let home = Home::new();
    let (computed, first) = home.search(&[]);
    let (kept, second) = home.search(&[]);
    let (found, asked) = counts(&first);
    assert!(found == 0 && asked == 4, "{first}");
    assert_eq!(counts(&second), (asked, asked));
    assert_eq!(kept, computed);
    // More is read than before: only that is computed.
    let (_, third) = home.search(&["--rerank-depth", "6"]);
    let (found, more) = counts(&third);
    assert!(found == asked && more > asked, "{third}");

    let file = fs::read(&home.files()[0]).unwrap();
    assert!(file.len() <= 64 << 20);
    assert!(!file.windows(6).any(|bytes| bytes == b"laptop"));
    let mode = fs::metadata(&home.files()[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "others can read it");
}

#[test]
fn explain_says_how_much_came_from_the_cache() {
    let home = Home::new();
    home.search(&[]);
    let shown = |args: &[&str]| data(&home.run(sample(), &[args, &["--explain"]].concat()));
    let explained = shown(&[&SEARCH[..], &["--rerank-depth", "5", "--settle", "off"]].concat());
    let end = "\nreranker: 5 of 5 passages read, complete\ncache: 4 of 5 from the cache\n";
    assert!(explained.ends_with(end), "{explained}");
    assert!(!shown(&["search", "laptop", "--stage", "bm25"]).contains("cache"));
}

#[test]
fn without_the_cache_nothing_is_read_or_written() {
    let home = Home::new();
    let (answer, cache) = home.search(&["--no-cache"]);
    assert_eq!(cache, Value::Null);
    assert!(!home.cache().exists());
    let (same, cache) = home.search(&[]);
    assert_eq!((same, counts(&cache).0), (answer, 0));
    let before = fs::read(&home.files()[0]).unwrap();
    let more = [&SEARCH[..], &["--rerank-depth", "5", "--explain"]].concat();
    let output = home.command(sample(), &more).env("TROMMEL_CACHE", "false").output().unwrap();
    assert!(!data(&output).contains("cache:"));
    assert_eq!(fs::read(&home.files()[0]).unwrap(), before);
}

#[test]
fn a_damaged_or_foreign_file_changes_no_answer() {
    let home = Home::new();
    let (answer, first) = home.search(&[]);
    let file = &home.files()[0];
    let whole = fs::read(file).unwrap();
    let noise = |from: usize| {
        let byte = |n: usize| (n as u32).wrapping_mul(2_654_435_761) >> 13;
        whole.iter().enumerate().map(|(n, &b)| if n < from { b } else { byte(n) as u8 }).collect()
    };
    // Everything, then everything but the header.
    for from in [0, 4096] {
        let damaged: Vec<u8> = noise(from);
        fs::write(file, damaged).unwrap();
        let (again, cache) = home.search(&[]);
        assert_eq!(again, answer);
        assert_eq!(counts(&cache).0, 0);
        let said = cache["problem"].as_str().unwrap_or_default();
        assert_eq!(said.ends_with("it begins anew"), from == 0, "{said:?}");
    }
    let (again, cache) = home.search(&[]);
    assert_eq!((again, counts(&cache).0), (answer, counts(&first).1));
}

#[test]
fn a_cache_that_cannot_be_written_is_only_slower() {
    let home = Home::new();
    fs::write(home.cache(), "a file where the folder should be").unwrap();
    let (answer, cache) = home.search(&[]);
    assert_eq!(counts(&cache).0, 0);
    let said = cache["problem"].as_str().unwrap();
    assert!(said.starts_with("cannot make ") && said.contains(": "), "{said}");
    let shown = data(&home.run(sample(), &[&SEARCH[..], &["--explain"]].concat()));
    assert!(shown.contains("\ncache: 0 of 4 from the cache\ncache: cannot make "), "{shown}");

    fs::remove_file(home.cache()).unwrap();
    fs::create_dir(home.cache()).unwrap();
    let permit = |mode| fs::set_permissions(home.cache(), fs::Permissions::from_mode(mode));
    permit(0o555).unwrap();
    // The administrator may write all the same.
    assert_eq!(home.search(&[]).0, answer);
    permit(0o755).unwrap();
}

#[test]
fn two_processes_at_once_answer_alike_and_lose_nothing_for_good() {
    let home = Home::new();
    let start = || {
        let command = home.command(sample(), &[&SEARCH[..], &["--format", "json"]].concat());
        let mut plain = std::process::Command::new(command.get_program());
        plain.args(command.get_args()).current_dir(sample());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => plain.env(name, value),
                None => plain.env_remove(name),
            };
        }
        plain.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let hits = |output: &Output| {
        assert_eq!(code(output), 0, "{}", words(output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["hits"].clone()
    };
    let running = [start(), start()];
    let answers = running.map(|child| hits(&child.wait_with_output().unwrap()));
    assert_eq!(answers[0], answers[1]);
    let (answer, cache) = home.search(&[]);
    assert_eq!(answer["hits"], answers[0]);
    // Whoever wrote last wrote all of them.
    assert_eq!(counts(&cache).0, counts(&cache).1);
}

#[test]
fn another_runtime_is_given_none_of_the_scores() {
    let home = Home::new();
    let by = |runtime| home.search(&["--rerank-depth", "2", "--runtime", runtime]);
    let ((onnx, _), (candle, cache)) = (by("onnx"), by("candle"));
    assert_eq!(counts(&cache).0, 0);
    let logit = |answer: &Value| answer["hits"][0]["stages"]["reranked"]["logit"].clone();
    assert_ne!(logit(&onnx), logit(&candle));
    let (again, cache) = by("candle");
    assert_eq!((again, counts(&cache)), (candle, (2, 2)));
}

#[test]
fn a_collection_that_is_indexed_again_keeps_its_scores() {
    let home = Home::new();
    let copy = copy_of_sample();
    let (_, first) = home.search_in(copy.path(), &[]);
    fs::write(copy.path().join("documents/new.txt"), "A text of something else.\n").unwrap();
    let output = home.run(copy.path(), &["index", "documents"]);
    assert_eq!(code(&output), 0, "{}", words(&output));
    let (_, second) = home.search_in(copy.path(), &[]);
    assert_eq!(counts(&second).0, counts(&first).1);
    // Another collection has a cache of its own.
    let (_, other) = home.search(&[]);
    assert_eq!(counts(&other).0, 0);
    assert_eq!(home.files().len(), 2);
}

#[test]
fn clearing_forgets_one_collection_or_all() {
    let home = Home::new();
    let copy = copy_of_sample();
    let info = |folder: &Path| -> Value {
        serde_json::from_slice(&home.run(folder, &["cache", "info", "--json"]).stdout).unwrap()
    };
    let clear = |args: &[&str]| {
        let output = home.run(sample(), &[&["cache", "clear"], args].concat());
        assert_eq!(code(&output), 0, "{}", words(&output));
        data(&output)
    };
    assert_eq!(info(sample())["scores"], 0);
    assert!(!home.cache().exists());
    home.search(&[]);
    home.search_in(copy.path(), &[]);
    let full = info(sample());
    assert_eq!((&full["schema"], &full["scores"]), (&"trommel.cache.v1".into(), &4.into()));
    assert!(full["bytes"].as_u64() > Some(0) && full["bytes"].as_u64() < Some(64 << 10), "{full}");
    assert!(data(&home.run(sample(), &["cache", "info"])).contains("scores  4\n"));

    assert!(clear(&[]).ends_with(" cleared\n"));
    assert_eq!((&info(sample())["scores"], &info(copy.path())["scores"]), (&0.into(), &4.into()));
    home.search(&[]);
    // What searches had encoded goes with the scores, also where it is all that there is.
    let kept = |folder: &Path| PathBuf::from(info(folder)["folder"].as_str().unwrap());
    fs::write(kept(sample()).join("vectors"), "vectors").unwrap();
    fs::write(kept(copy.path()).join("vectors"), "vectors").unwrap();
    fs::remove_file(kept(copy.path()).join("scores")).unwrap();
    clear(&["--all"]);
    assert_eq!(home.files(), Vec::<PathBuf>::new());
    assert_eq!(clear(&["--all"]), "0 B cleared\n");
}
