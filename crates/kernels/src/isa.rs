//! Instruction sets: which the machine has, and the one a model runs on.
//!
//! Every kernel is written once over [`simd::Simd`], a vector type that each instruction set
//! implements with its own width. The token types in the submodules are made only by a run-time
//! check of the processor, so holding one is the proof that its instructions may be executed.

mod ceiling;
pub(crate) mod portable;
pub(crate) mod simd;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86_256;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86_512;

use std::fmt;

use self::simd::{Kernel, Shape, Simd};
use crate::KernelError;

/// An instruction set that this machine has.
///
/// It cannot be made for a set that the processor lacks, so every value is safe to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(pub(crate) Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512Bf16(x86_512::Avx512Bf16),
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni(x86_512::Avx512Vnni),
    #[cfg(target_arch = "x86_64")]
    AvxVnni(x86_256::AvxVnni),
    #[cfg(target_arch = "x86_64")]
    Avx512VlVnni(x86_256::Avx512VlVnni),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86_256::Avx2),
    Portable,
}

/// Names that [`Isa::named`] knows, best first.
const NAMES: [&str; 5] = ["avx512-bf16", "avx512-vnni", "avx-vnni", "avx2", "portable"];

/// Evaluates an expression with the token of an instruction set.
macro_rules! with_token {
    ($kind:expr, $token:ident => $x:expr) => {
        match $kind {
            #[cfg(target_arch = "x86_64")]
            $crate::isa::Kind::Avx512Bf16($token) => $x,
            #[cfg(target_arch = "x86_64")]
            $crate::isa::Kind::Avx512Vnni($token) => $x,
            #[cfg(target_arch = "x86_64")]
            $crate::isa::Kind::AvxVnni($token) => $x,
            #[cfg(target_arch = "x86_64")]
            $crate::isa::Kind::Avx512VlVnni($token) => $x,
            #[cfg(target_arch = "x86_64")]
            $crate::isa::Kind::Avx2($token) => $x,
            $crate::isa::Kind::Portable => {
                let $token = $crate::isa::portable::Portable;
                $x
            }
        }
    };
}
pub(crate) use with_token;

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

    /// Returns the instruction set called `name`: `avx512-bf16`, `avx512-vnni`, `avx-vnni`, `avx2`
    /// or `portable`. `avx-vnni` is the 256-bit product in whichever encoding the processor has.
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
            Kind::Avx512Bf16(_) => "avx512-bf16",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni(_) => "avx512-vnni",
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni(_) | Kind::Avx512VlVnni(_) => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            Kind::Portable => "portable",
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn detect(name: &str) -> Option<Self> {
        use x86_256::{Avx2, Avx512VlVnni, AvxVnni};
        use x86_512::{Avx512Bf16, Avx512Vnni};
        match name {
            "avx512-bf16" => Avx512Bf16::detect().map(Kind::Avx512Bf16),
            "avx512-vnni" => Avx512Vnni::detect().map(Kind::Avx512Vnni),
            "avx-vnni" => AvxVnni::detect()
                .map(Kind::AvxVnni)
                .or_else(|| Avx512VlVnni::detect().map(Kind::Avx512VlVnni)),
            "avx2" => Avx2::detect().map(Kind::Avx2),
            "portable" => Some(Kind::Portable),
            _ => None,
        }
        .map(Self)
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn detect(name: &str) -> Option<Self> {
        (name == "portable").then(Self::portable)
    }

    /// Returns the name of the layout in which weights are packed for this instruction set: where
    /// it is the same, so are the packed bytes.
    pub fn layout(self) -> String {
        let Shape { lanes, group, .. } = self.shape();
        format!("{lanes}x{group}")
    }

    /// Runs `kernel` with the vectors of this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) {
        with_token!(self.0, token => token.run(kernel));
    }

    /// Returns how weights must be packed for this instruction set.
    pub(crate) fn shape(self) -> Shape {
        fn of<S: Simd>(_: S) -> Shape {
            Shape::of::<S>()
        }
        with_token!(self.0, token => of(token))
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
