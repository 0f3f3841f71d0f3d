//! Instruction sets: which the machine has, and the one a model runs on.
//!
//! Every kernel is written once over [`simd::Simd`], a vector type that each instruction set
//! implements with its own width. The token types in the submodules are made only by a run-time
//! check of the processor, so holding one is the proof that its instructions may be executed.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
pub(crate) mod simd;

use std::fmt;

use self::simd::{Kernel, Shape, Simd};
use crate::KernelError;

/// An instruction set that this machine has.
///
/// It cannot be made for a set that the processor lacks, so every value is safe to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(avx512::Avx512Vnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    Portable,
}

/// Names that [`Isa::named`] knows, best first.
const NAMES: [&str; 3] = ["avx512-vnni", "avx2", "portable"];

impl Isa {
    /// Returns the fastest instruction set of this machine.
    pub fn best() -> Self {
        NAMES.iter().find_map(|name| Self::detect(name)).unwrap_or(Self(Kind::Portable))
    }

    /// Returns the path that every machine has.
    pub fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// Returns every instruction set of this machine, best first; the portable one is last.
    pub fn available() -> Vec<Self> {
        NAMES.iter().filter_map(|name| Self::detect(name)).collect()
    }

    /// Returns the instruction set called `name`: `avx512-vnni`, `avx2` or `portable`.
    ///
    /// # Errors
    ///
    /// [`KernelError::UnknownIsa`] for another name, [`KernelError::MissingIsa`] where the processor lacks it.
    pub fn named(name: &str) -> Result<Self, KernelError> {
        if !NAMES.contains(&name) {
            return Err(KernelError::UnknownIsa { name: name.to_owned(), known: NAMES.join(", ") });
        }
        Self::detect(name).ok_or_else(|| KernelError::MissingIsa {
            name: name.to_owned(),
            best: Self::best().name(),
        })
    }

    /// Returns the name that [`Isa::named`] takes.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni(_) => NAMES[0],
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => NAMES[1],
            Kind::Portable => NAMES[2],
        }
    }

    fn detect(name: &str) -> Option<Self> {
        match name {
            #[cfg(target_arch = "x86_64")]
            "avx512-vnni" => {
                avx512::Avx512Vnni::detect().map(|token| Self(Kind::Avx512Vnni(token)))
            }
            #[cfg(target_arch = "x86_64")]
            "avx2" => avx2::Avx2::detect().map(|token| Self(Kind::Avx2(token))),
            "portable" => Some(Self::portable()),
            _ => None,
        }
    }

    /// Runs `kernel` with the vectors of this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni(token) => token.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(token) => token.run(kernel),
            Kind::Portable => portable::Portable.run(kernel),
        }
    }

    /// Returns how weights must be packed for this instruction set.
    pub(crate) fn shape(self) -> Shape {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni(_) => Shape::of::<avx512::Avx512Vnni>(),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => Shape::of::<avx2::Avx2>(),
            Kind::Portable => Shape::of::<portable::Portable>(),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portable_path_is_always_there_and_last() {
        assert_eq!(Isa::available().last(), Some(&Isa::portable()));
        assert_eq!(Isa::available().first(), Some(&Isa::best()));
    }

    #[test]
    fn every_available_name_leads_back_to_itself() {
        for isa in Isa::available() {
            assert_eq!(Isa::named(isa.name()).unwrap(), isa);
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = Isa::named("sse9").unwrap_err().to_string();
        assert!(error.contains("sse9") && error.contains("avx2"), "{error}");
    }
}
