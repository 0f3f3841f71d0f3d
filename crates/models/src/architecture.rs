//! The families of networks that are read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A family of networks: the same layers under the same names of tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// BERT (Devlin et al. 2019): bi-encoders, and the MS MARCO cross-encoders.
    Bert,
    /// XLM-RoBERTa (Conneau et al. 2020): bge-reranker, jina-reranker v2.
    XlmRoberta,
    /// DeBERTa in its versions 2 and 3 (He et al. 2021): mxbai-rerank v1.
    DebertaV2,
    /// ModernBERT (Warner et al. 2024): gte-reranker-modernbert.
    #[serde(rename = "modernbert")]
    ModernBert,
    /// BERT with ALiBi and gated layers (Günther et al. 2023): jina-reranker v1.
    JinaBert,
    /// Qwen3 (Yang et al. 2025): Qwen3-Reranker.
    Qwen3,
    /// Qwen2 and 2.5 (Yang et al. 2024): mxbai-rerank v2.
    Qwen2,
    /// Gemma in its first version (Mesnard et al. 2024): bge-reranker-v2-gemma.
    Gemma,
    /// MiniCPM with a head for each of its later layers (Hu et al. 2024, Li et al. 2024):
    /// bge-reranker-v2-minicpm-layerwise.
    #[serde(rename = "minicpm")]
    MiniCpm,
}

impl Architecture {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Bert,
        Self::XlmRoberta,
        Self::DebertaV2,
        Self::ModernBert,
        Self::JinaBert,
        Self::Qwen3,
        Self::Qwen2,
        Self::Gemma,
        Self::MiniCpm,
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::XlmRoberta => "xlm-roberta",
            Self::DebertaV2 => "deberta-v2",
            Self::ModernBert => "modernbert",
            Self::JinaBert => "jina-bert",
            Self::Qwen3 => "qwen3",
            Self::Qwen2 => "qwen2",
            Self::Gemma => "gemma",
            Self::MiniCpm => "minicpm",
        }
    }

    /// Returns the `model_type` of a published config, which is the name but for one.
    pub(crate) fn model_type(self) -> &'static str {
        if self == Self::JinaBert { Self::Bert.name() } else { self.name() }
    }

    /// Returns how a published config says that positions are told.
    pub(crate) fn positions(self) -> &'static str {
        if self == Self::JinaBert { "alibi" } else { "absolute" }
    }

    /// Returns whether our own kernels run it.
    #[must_use]
    pub fn has_kernels(self) -> bool {
        matches!(self, Self::Bert | Self::XlmRoberta)
    }

    /// Returns whether it is a causal language model: as a reranker it is asked in words, and how
    /// likely its answers are is the score, or what a head makes of its last state.
    #[must_use]
    pub fn is_causal(self) -> bool {
        matches!(self, Self::Qwen3 | Self::Qwen2 | Self::Gemma | Self::MiniCpm)
    }

    /// Returns what published configs call the network of a reranker.
    pub(crate) fn reranker(self) -> &'static str {
        match self {
            Self::Bert => "BertForSequenceClassification",
            Self::XlmRoberta => "XLMRobertaForSequenceClassification",
            Self::DebertaV2 => "DebertaV2ForSequenceClassification",
            Self::ModernBert => "ModernBertForSequenceClassification",
            Self::JinaBert => "JinaBertForSequenceClassification",
            Self::Qwen3 => "Qwen3ForCausalLM",
            Self::Qwen2 => "Qwen2ForCausalLM",
            Self::Gemma => "GemmaForCausalLM",
            Self::MiniCpm => "LayerWiseMiniCPMForCausalLM",
        }
    }

    /// Returns the tensor that every such network has; what stands before its name in a file
    /// stands before those of the whole body.
    pub(crate) fn word_embeddings(self) -> &'static str {
        match self {
            Self::ModernBert => "embeddings.tok_embeddings.weight",
            _ if self.is_causal() => "embed_tokens.weight",
            _ => "embeddings.word_embeddings.weight",
        }
    }

    /// Returns the tensor that gives a reranker's logit; none for a language model, whose table of
    /// words may do that too.
    pub(crate) fn head(self) -> Option<&'static str> {
        match self {
            Self::XlmRoberta => Some("classifier.out_proj.weight"),
            _ if self.is_causal() => None,
            _ => Some("classifier.weight"),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Returns words as "a, b or c".
pub(crate) fn listed(mut words: Vec<&str>) -> String {
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last.to_owned() } else { format!("{} or {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_calls_an_architecture_by_its_name() {
        for architecture in Architecture::ALL {
            let written = serde_json::to_value(architecture).unwrap();
            assert_eq!(written, architecture.name());
            assert_eq!(serde_json::from_value::<Architecture>(written).unwrap(), architecture);
        }
        let error = serde_json::from_str::<Architecture>("\"llama\"").unwrap_err().to_string();
        assert!(error.contains("`bert`, `xlm-roberta`"), "{error}");
    }
}
