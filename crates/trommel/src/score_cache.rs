//! Where the reranker's scores are kept, and what must be the same for one to be taken from there.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use trommel_core::Fingerprint;
use trommel_engine::score_cache::{LIMIT, ScoreCache};
use trommel_engine::{LATE_VECTORS_LIMIT, LateVectors};
use trommel_models::{InstalledModel, Runtime};

/// A cache of scores with what tells this build of the program from any other, which may compute
/// otherwise: see [`file_version`].
#[derive(Debug, Clone)]
pub struct SharedScores {
    /// The cache.
    pub cache: Arc<ScoreCache>,
    /// Any text that another build of the program does not have.
    pub build: String,
    /// Where it is; what searches had encoded lies beside it.
    pub folder: PathBuf,
}

impl SharedScores {
    /// Opens the cache in a folder, made if it is missing; a cache that cannot be opened is off, and
    /// says why.
    #[must_use]
    pub fn open(folder: &Path, build: String) -> Self {
        Self { cache: Arc::new(ScoreCache::open(folder, LIMIT)), build, folder: folder.to_owned() }
    }
}

/// Returns what searches of a collection had encoded, in the folder of its cache.
#[must_use]
pub fn late_vectors(folder: &Path, encoder: &Fingerprint) -> Arc<LateVectors> {
    Arc::new(LateVectors::open(folder, encoder, LATE_VECTORS_LIMIT))
}

/// Returns the folder below `home` that holds the caches of all collections.
#[must_use]
pub fn caches_folder(home: &Path) -> PathBuf {
    home.join("cache")
}

/// Returns the folder of a collection's cache, named by the hash of the collection's path.
///
/// It stays what it is however often the collection is made again.
#[must_use]
pub fn cache_folder(home: &Path, collection: &Path) -> PathBuf {
    let path = fs::canonicalize(collection).unwrap_or_else(|_| collection.to_owned());
    let hash = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    caches_folder(home).join(&hash[..32])
}

/// Returns all that shapes a score's bits beside weights, texts and the program: the rest of the
/// model, what runs it, and the processor, by which both choose their instructions.
pub(crate) fn variant(model: &InstalledModel, runtime: &Runtime) -> String {
    let config = blake3::hash(model.config().unwrap_or_default().as_bytes()).to_hex();
    let mut variant = format!(
        "tokenizer {}; {} tokens; config {config}; {runtime:?}; trommel {}",
        model.tokenizer_id(),
        model.spec.max_tokens().unwrap_or_default(),
        env!("CARGO_PKG_VERSION"),
    );
    if let Runtime::Onnx { library } = runtime {
        // A library that was replaced may compute otherwise.
        let _ = write!(variant, "; {}", file_version(library));
    }
    variant + "; " + &processor()
}

/// Returns a file's length and time of change: another one is another file.
#[must_use]
pub fn file_version(file: &Path) -> String {
    fs::metadata(file).map_or_else(
        |_| "unknown".to_owned(),
        |found| {
            let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            format!("{} bytes of {:?}", found.len(), changed.unwrap_or_default())
        },
    )
}

/// Returns the processor's maker, model and features.
#[cfg(target_arch = "x86_64")]
fn processor() -> String {
    use std::arch::x86_64::{__cpuid, __cpuid_count};

    let (maker, model) = (__cpuid(0), __cpuid(1));
    let (features, more) = (__cpuid_count(7, 0), __cpuid_count(7, 1));
    // The registers of leaf 1 that are left out name the core, not the model.
    let registers =
        [maker.ebx, model.eax, model.ecx, features.ebx, features.ecx, features.edx, more.eax];
    registers.map(|register| format!("{register:x}")).join(" ")
}

/// Returns the architecture: nothing here chooses its instructions at run time.
#[cfg(not(target_arch = "x86_64"))]
fn processor() -> String {
    std::env::consts::ARCH.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_has_one_cache_by_whatever_path_it_is_reached() {
        let home = tempfile::tempdir().unwrap();
        let (one, other) = (home.path().join("one"), home.path().join("other"));
        fs::create_dir(&one).unwrap();
        fs::create_dir(&other).unwrap();
        let folder = |path: &Path| cache_folder(Path::new("/home"), path);
        assert_eq!(folder(&one), folder(&other.join("../one")));
        assert_ne!(folder(&one), folder(&other));
        let name = folder(&one).file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }

    #[test]
    fn another_model_runtime_or_library_is_another_variant() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tiny");
        fs::create_dir(&folder).unwrap();
        trommel_testkit::TinyModel::reranker(1).write(&folder).unwrap();
        let store = trommel_models::Store::new(home.path().into());
        let model = store.add(&folder, &Default::default(), &trommel_models::Silent).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let runtime = Runtime::Onnx { library: file.path().to_owned() };
        let before = variant(&model, &runtime);
        assert_eq!(variant(&model, &runtime), before);
        fs::write(file.path(), "another version").unwrap();
        assert_ne!(variant(&model, &runtime), before);
        let by_candle = variant(&model, &Runtime::Candle);
        assert_ne!(by_candle, before);

        let mut other = model.clone();
        trommel_testkit::network_mut(&mut other.spec).max_tokens /= 2;
        assert_ne!(variant(&other, &Runtime::Candle), by_candle);
        let config = fs::read_to_string(model.config_file().unwrap()).unwrap();
        fs::write(model.config_file().unwrap(), config + " ").unwrap();
        assert_ne!(variant(&model, &Runtime::Candle), by_candle);
    }
}
