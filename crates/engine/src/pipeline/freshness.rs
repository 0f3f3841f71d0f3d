//! Whether the file of a hit is still what was indexed.

use std::fs;
use std::io::ErrorKind;

use trommel_core::{FileStamp, Origin, path_of_text};

/// What became of a document's file since it was indexed, by its size and modification time: the
/// file is not read.
///
/// A change that leaves both as they were is not seen. A document that is one line of a file goes
/// by that file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It is as it was.
    Current,
    /// It has changed since.
    Stale,
    /// It is not there any more.
    Gone,
    /// Nobody can tell: the document came from a stream or from memory, or its file may not be looked
    /// at.
    Unknown,
}

impl Freshness {
    /// Looks at the file that a document came from.
    pub(super) fn of(origin: &Origin, stamp: Option<FileStamp>) -> Self {
        if !origin.is_file() {
            return Self::Unknown;
        }
        // Indexing follows no links inside a root, so a link there is another file.
        match fs::symlink_metadata(path_of_text(&origin.file())) {
            Ok(now) if !now.is_file() => Self::Gone,
            Ok(now) => match (stamp, FileStamp::of(&now)) {
                (Some(then), Some(now)) if then == now => Self::Current,
                (Some(_), Some(_)) => Self::Stale,
                _ => Self::Unknown,
            },
            Err(error) if is_gone(error.kind()) => Self::Gone,
            Err(_) => Self::Unknown,
        }
    }

    /// Returns the name, as outputs have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Stale => "stale",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the name where a reader should know: for what changed or is gone.
    #[must_use]
    pub fn mark(self) -> Option<&'static str> {
        matches!(self, Self::Stale | Self::Gone).then(|| self.name())
    }
}

fn is_gone(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_size_and_time_and_by_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        fs::write(&file, "one").unwrap();
        let root = folder.path().to_str().unwrap().to_owned();
        let origin = |path: &str| Origin { root: root.clone(), path: path.into(), line: None };
        let stamp = FileStamp::of(&fs::metadata(&file).unwrap());
        let now = |stamp| Freshness::of(&origin("a.txt"), stamp);
        assert_eq!(now(stamp), Freshness::Current);
        assert_eq!(now(None), Freshness::Unknown);
        for changed in [
            stamp.map(|it| FileStamp { bytes: it.bytes + 1, ..it }),
            stamp.map(|it| FileStamp { modified: it.modified - 1, ..it }),
        ] {
            assert_eq!(now(changed), Freshness::Stale);
        }
        for path in ["b.txt", "a.txt/inside", ""] {
            assert_eq!(Freshness::of(&origin(path), stamp), Freshness::Gone, "{path:?}");
        }
        let stdin = Origin { root: "-".into(), path: String::new(), line: Some(1) };
        assert_eq!(Freshness::of(&stdin, None), Freshness::Unknown);
        // A path of that name in the working folder would be another thing.
        let memory = trommel_core::Document::new("a.txt", "").origin;
        assert_eq!(Freshness::of(&memory, None), Freshness::Unknown);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_file_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("a.txt"), folder.path().join("other"));
        fs::write(&other, "one").unwrap();
        std::os::unix::fs::symlink(&other, &file).unwrap();
        let stamp = FileStamp::of(&fs::metadata(&other).unwrap());
        let root = folder.path().to_str().unwrap().to_owned();
        let origin = Origin { root, path: "a.txt".into(), line: None };
        assert_eq!(Freshness::of(&origin, stamp), Freshness::Gone);
    }
}
