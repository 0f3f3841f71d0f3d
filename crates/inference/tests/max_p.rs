//! Fears about passages longer than a model: that what is behind its length is never read, that one
//! that fits is scored otherwise, that a book is read to its end, that a loss is not told.

use std::fs;

use tempfile::TempDir;
use trommel_core::Reranker;
use trommel_inference::{MOST_WINDOWS, MaxP, load_reranker as load};
use trommel_models::Runtime;
use trommel_models::{AddOptions, InstalledModel, Isa, Precision, Silent, Store};
use trommel_testkit::TinyModel;

const QUERY: &str = "live in berlin";
/// 64 positions less four special tokens and the query's three.
const ROOM: usize = 57;
/// A quarter of that.
const OVERLAP: usize = 14;

fn install(tiny: &TinyModel) -> (TempDir, InstalledModel) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("tiny");
    fs::create_dir(&folder).unwrap();
    tiny.write(&folder).unwrap();
    let store = Store::new(home.path().into());
    let model = store.add(&folder, &AddOptions::default(), &Silent).unwrap();
    (home, model)
}

fn runtimes() -> Vec<Runtime> {
    let kernels = |isa| Runtime::Kernels { precision: Precision::F32, isa };
    vec![Runtime::Candle, kernels(Isa::best())]
}

/// Words of the tiny vocabulary, a token each, in an order that does not repeat within a window.
fn words(count: usize) -> Vec<&'static str> {
    let known =
        ["rain", "soup", "bread", "city", "disk", "live", "wind", "ticket", "berlin", "cold"];
    (0..count).map(|place| known[(place * place / 7 + place) % known.len()]).collect()
}

#[test]
fn the_best_window_speaks_for_the_passage() {
    let (_home, model) = install(&TinyModel::reranker(6));
    for runtime in runtimes() {
        let inner = load(&model, &runtime, 2).unwrap();
        let max_p = MaxP::new(load(&model, &runtime, 2).unwrap(), &model).unwrap();
        let all = words(130);
        // 57, then 43 new ones each: 130 is 57 + 43 + 30.
        let parts = [&all[..], &all[ROOM - OVERLAP..], &all[2 * (ROOM - OVERLAP)..]];
        let parts = [parts[0], &parts[1][..ROOM], parts[2]].map(|words| words.join(" "));
        let alone: Vec<f32> =
            parts.iter().map(|part| inner.score_all(QUERY, &[part]).unwrap()[0].logit).collect();
        let best = alone.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert!(best > alone[0], "the first window is the best: {alone:?}");
        let (long, short) = (all.join(" "), words(20).join(" "));
        let scores = max_p.score_all(QUERY, &[&short, &long, &short]).unwrap();
        assert!((scores[1].logit - best).abs() < 1e-5, "{} is none of {alone:?}", scores[1].logit);
        assert!(!scores[1].truncated);
        // What fits is scored as ever, whatever is beside it.
        let whole = inner.score_all(QUERY, &[&short]).unwrap()[0];
        assert_eq!((scores[0], scores[2]), (whole, whole));
        assert_eq!(max_p.score_all(QUERY, &[&long]).unwrap()[0], scores[1]);
    }
}

#[test]
fn what_is_behind_the_last_window_is_lost_and_told() {
    let (_home, model) = install(&TinyModel::reranker(7));
    let max_p = MaxP::new(load(&model, &Runtime::Candle, 2).unwrap(), &model).unwrap();
    let most = ROOM + (MOST_WINDOWS - 1) * (ROOM - OVERLAP);
    let score = |count: usize| max_p.score_all(QUERY, &[&words(count).join(" ")]).unwrap()[0];
    assert!(!score(most).truncated);
    let (lost, book) = (score(most + 1), score(40 * most));
    assert!(lost.truncated && book.truncated);
    assert_eq!(lost.logit, book.logit);
}
