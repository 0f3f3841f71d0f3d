//! Which collection a command means.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::folders::absolute;

/// The name of a collection's folder.
pub(crate) const FOLDER: &str = ".trommel";
/// The variable that names the collection.
pub(crate) const VARIABLE: &str = "TROMMEL_COLLECTION";

/// Where the choice of the collection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// `-c`.
    Flag,
    /// `$TROMMEL_COLLECTION`.
    Environment,
    /// The nearest `.trommel/` upwards.
    Upwards,
    /// `./.trommel`, whether or not it is there.
    Here,
}

/// Returns the folder of the collection: flag, environment, nearest `.trommel/` upwards, else
/// `./.trommel`.
pub(crate) fn find(flag: Option<&Path>) -> Result<(PathBuf, Chosen), CliError> {
    if let Some(folder) = flag {
        return Ok((absolute(folder.to_owned()), Chosen::Flag));
    }
    if let Some(folder) = env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return Ok((absolute(folder.into()), Chosen::Environment));
    }
    let here = env::current_dir().map_err(|error| {
        CliError::usage(format!("no working folder: {error}"))
            .hint(format!("cd / && trommel -c /path/to/{FOLDER} status"))
    })?;
    Ok(match upwards(&here) {
        Some(folder) => (folder, Chosen::Upwards),
        None => (here.join(FOLDER), Chosen::Here),
    })
}

fn upwards(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|folder| folder.join(FOLDER)).find(|folder| folder.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_collection_upwards_is_found() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(root.path().join(FOLDER)).unwrap();
        assert_eq!(upwards(&deep), Some(root.path().join(FOLDER)));
        std::fs::create_dir(root.path().join("a").join(FOLDER)).unwrap();
        assert_eq!(upwards(&deep), Some(root.path().join("a").join(FOLDER)));
    }

    #[test]
    fn a_flag_wins() {
        let (folder, chosen) = find(Some(Path::new("/x/y"))).unwrap();
        assert_eq!((folder.as_path(), chosen), (Path::new("/x/y"), Chosen::Flag));
    }
}
