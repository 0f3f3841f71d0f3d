//! The store with real models, for the tests that are worth nothing without them.

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

use trommel_models::{
    EncoderSpec, FetchOptions, InstalledModel, Model, ModelsError, NetworkSpec, RUNTIME,
    RerankerSpec, Silent, Spec, Store, defaults,
};

/// Returns the store that the program itself uses (`$TROMMEL_HOME`, else the XDG data folder),
/// with the default models in it, and ONNX Runtime where it is published to compare them with:
/// fetched at the first call ever, whole at every one.
///
/// # Panics
///
/// If there is nowhere to keep models, or they cannot be fetched: a test that needs them fails.
#[must_use]
pub fn store() -> Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE
        .get_or_init(|| {
            let store = fetched(&defaults());
            match store.runtime() {
                Err(ModelsError::NotFetched { .. }) => fetched(&[RUNTIME]),
                _ => store,
            }
        })
        .clone()
}

/// Returns the same store with other models in it, such as `all-MiniLM-L6-v2`.
///
/// # Panics
///
/// As for [`store`].
#[must_use]
pub fn fetched(ids: &[&str]) -> Store {
    let store = Store::new(home());
    if let Err(error) = store.fetch(ids, &FetchOptions::default(), &Silent) {
        panic!("the models for this test cannot be fetched: {error}");
    }
    store
}

/// Returns a model that the same store has, and fetches nothing: a model that is no default one may be
/// absent, and then this says which test was not run, and why.
///
/// # Panics
///
/// If the model is there and damaged.
#[must_use]
#[expect(clippy::print_stderr, reason = "a test that is not run has to say so")]
pub fn in_store(id: &str) -> Option<InstalledModel> {
    match Store::new(home()).model(id) {
        Ok(model) => Some(model),
        Err(ModelsError::NotFetched { .. }) => {
            let test = thread::current().name().unwrap_or("this test").to_owned();
            eprintln!("{test} was not run: {id} is not in the store (trommel models fetch {id})");
            None
        }
        Err(error) => panic!("{id} cannot be used: {error}"),
    }
}

/// Returns the network of an entry, to be changed for a test.
///
/// # Panics
///
/// If the entry is of no encoder or reranker.
#[must_use]
pub fn network_mut(spec: &mut Spec) -> &mut NetworkSpec {
    match &mut spec.model {
        Model::Encoder(EncoderSpec { network, .. })
        | Model::Reranker(RerankerSpec { network, .. }) => network,
        other => panic!("{other:?} has no network"),
    }
}

fn home() -> PathBuf {
    let folder = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    folder("TROMMEL_HOME")
        .or_else(|| Some(folder("XDG_DATA_HOME")?.join("trommel")))
        .or_else(|| Some(env::home_dir()?.join(".local/share/trommel")))
        .unwrap_or_else(|| panic!("no home folder: set TROMMEL_HOME"))
}
