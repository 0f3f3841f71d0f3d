//! Networks as our own kernels know them: BERT, and XLM-RoBERTa, which is BERT under other names.
//!
//! XLM-RoBERTa has one token type, numbers its positions from after the padding's id, and calls
//! BERT's pooler and classifier `classifier.dense` and `classifier.out_proj`. Nothing is ever
//! padded here, so that the first rows of its table of positions are never read.

use candle_transformers::models::bert;
use trommel_kernels::Config;

use crate::layout::Layout;
use crate::{Architecture, InstalledModel, Kind, NetworkError, NetworkSizes};

/// How a network's tensors become those of a BERT.
pub(crate) struct KernelForm {
    pub(crate) config: Config,
    is_xlm_roberta: bool,
    first_position: usize,
}

impl KernelForm {
    /// Returns the form after checking the config against itself and the model's entry.
    pub(crate) fn of(model: &InstalledModel) -> Result<Self, NetworkError> {
        let spec = &model.spec;
        let architecture = spec.network()?.architecture;
        if !architecture.has_kernels() {
            return Err(NetworkError::Architecture {
                model: spec.id.clone(),
                expected: "bert or xlm-roberta".to_owned(),
                got: architecture,
            });
        }
        let is_xlm_roberta = architecture == Architecture::XlmRoberta;
        let config: bert::Config = model.network_config()?;
        // The kernels compute no other.
        if config.hidden_act != bert::HiddenAct::Gelu {
            return Err(model.bad_config("hidden_act gelu", format!("{:?}", config.hidden_act)));
        }
        // A padding's id that leaves no positions does not wrap: `check_config` finds too few of
        // them.
        let first_position = if is_xlm_roberta { config.pad_token_id.saturating_add(1) } else { 0 };
        let positions = config.max_position_embeddings.saturating_sub(first_position);
        let sizes = NetworkSizes {
            vocabulary: config.vocab_size,
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            tokens: positions,
        };
        sizes.check_config(model)?;
        let config = Config {
            vocabulary: config.vocab_size,
            positions,
            types: config.type_vocab_size,
            hidden: config.hidden_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            intermediate: config.intermediate_size,
            epsilon: config.layer_norm_eps as f32,
            labels: usize::from(spec.kind() == Kind::Reranker),
        };
        Ok(Self { config, is_xlm_roberta, first_position })
    }

    /// Returns how a file with such names is laid out.
    pub(crate) fn layout<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Layout {
        if self.is_xlm_roberta { Layout::of(names) } else { Layout::Usual }
    }

    /// Returns what the network itself calls BERT's tensor of a name.
    pub(crate) fn own_name(&self, name: &str) -> String {
        if !self.is_xlm_roberta {
            return name.to_owned();
        }
        if let Some(part) = name.strip_prefix("pooler.dense.") {
            return format!("classifier.dense.{part}");
        }
        if let Some(part) = name.strip_prefix("classifier.") {
            return format!("classifier.out_proj.{part}");
        }
        name.to_owned()
    }

    /// Returns BERT's tensor of a name, made of what `tensor` finds under the network's own.
    pub(crate) fn tensor(
        &self,
        name: &str,
        tensor: impl Fn(&str) -> Option<(Vec<usize>, Vec<f32>)>,
    ) -> Option<(Vec<usize>, Vec<f32>)> {
        let (mut shape, mut numbers) = tensor(&self.own_name(name))?;
        if name == "embeddings.position_embeddings.weight"
            && let [rows, width] = shape.as_mut_slice()
            && *rows >= self.first_position
        {
            // The kernels count positions from 0.
            *rows -= self.first_position;
            numbers.drain(..self.first_position * *width);
        }
        Some((shape, numbers))
    }
}
