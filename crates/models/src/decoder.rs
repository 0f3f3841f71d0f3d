//! The families of language models that are read.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::architecture::listed;

/// A family of language models: a decoder that reads tokens from left to right and gives the
/// logits of the next one.
///
/// All share their layers: root mean square norms (Zhang & Sennrich 2019), rotary positions (Su et
/// al. 2021), grouped queries (Ainslie et al. 2023) and a gated SiLU (Shazeer 2020).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decoder {
    /// Llama (Touvron et al. 2023), and SmolLM2, which is one.
    Llama,
    /// Qwen2 (Yang et al. 2024): biases on queries, keys and values.
    Qwen2,
    /// Qwen3 (Yang et al. 2025): norms on the queries and keys of every head.
    Qwen3,
}

impl Decoder {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Llama, Self::Qwen2, Self::Qwen3];

    /// Returns the name, which is the `general.architecture` of a GGUF file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }

    /// Returns the family of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decoder| decoder.name() == name)
    }

    /// Returns all names, as a message lists them.
    #[must_use]
    pub fn names() -> String {
        listed(Self::ALL.map(Self::name).to_vec())
    }
}

impl fmt::Display for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_family() {
        for decoder in Decoder::ALL {
            assert_eq!(Decoder::named(decoder.name()), Some(decoder));
            assert_eq!(serde_json::to_value(decoder).unwrap(), decoder.name());
        }
        assert_eq!(Decoder::named("bert"), None);
        assert_eq!(Decoder::names(), "llama, qwen2 or qwen3");
    }
}
