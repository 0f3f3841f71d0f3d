//! What a published `config.json` says of its network.

use std::path::Path;

use serde_json::Value;

use crate::architecture::listed;
use crate::{Architecture, Kind, ModelsError};

/// Returns the family of a network, and what it is for.
///
/// # Errors
///
/// If it is none of those that are read: what was expected in the file, and what is there.
pub(crate) fn recognise(path: &Path, config: &Value) -> Result<(Architecture, Kind), ModelsError> {
    let text = |key: &str| config.get(key).and_then(Value::as_str);
    let class = config.get("architectures").and_then(|all| all.get(0)).and_then(Value::as_str);
    let named = Architecture::ALL.into_iter().find(|named| class == Some(named.reranker()));
    let positions = named.unwrap_or(Architecture::Bert).positions();
    if let Some(position) = text("position_embedding_type").filter(|&kind| kind != positions) {
        let expected = format!("{positions} position embeddings");
        return Err(ModelsError::unrecognised(path, expected, position));
    }
    // XLM-RoBERTa is the same network there, under other names (`layout.rs`); others are not.
    if named != Some(Architecture::XlmRoberta) && config.get("use_flash_attn").is_some() {
        let expected = "a network of the library transformers";
        return Err(ModelsError::unrecognised(path, expected, "one with use_flash_attn"));
    }
    let fits = |architecture: Architecture| {
        text("model_type").is_none_or(|kind| kind == architecture.model_type())
    };
    if class == Some("BertModel") && fits(Architecture::Bert) {
        return Ok((Architecture::Bert, Kind::Encoder));
    }
    let of_class =
        |architecture: &Architecture| class == Some(architecture.reranker()) && fits(*architecture);
    match (Architecture::ALL.into_iter().find(of_class), labels(config)) {
        (Some(architecture), _) if architecture.is_causal() => Ok((architecture, Kind::Reranker)),
        // Its published configs do not count the labels.
        (Some(Architecture::JinaBert), _) if config.get("id2label").is_none() => {
            Ok((Architecture::JinaBert, Kind::Reranker))
        }
        (Some(architecture), 1) => Ok((architecture, Kind::Reranker)),
        (Some(_), other) => {
            Err(ModelsError::unrecognised(path, "one label", format!("{other} labels")))
        }
        (None, _) => {
            let rerankers = Architecture::ALL.map(Architecture::reranker);
            let expected = listed([&["BertModel"], &rerankers[..]].concat());
            let got = match (text("model_type"), class) {
                (Some(model), Some(class)) => format!("{class} of type {model}"),
                (model, class) => class.or(model).unwrap_or("no architecture").to_owned(),
            };
            Err(ModelsError::unrecognised(path, expected, got))
        }
    }
}

/// Returns how many tokens fit: XLM-RoBERTa numbers its positions from after the padding's id, so
/// that the table has some more.
pub(crate) fn tokens(architecture: Architecture, config: &Value, positions: usize) -> usize {
    if architecture != Architecture::XlmRoberta {
        return positions;
    }
    let padding = config.get("pad_token_id").and_then(Value::as_u64).unwrap_or(1);
    positions.saturating_sub(usize::try_from(padding).unwrap_or(usize::MAX).saturating_add(1))
}

/// transformers writes the labels' names, or their number, or neither if it is 2.
fn labels(config: &Value) -> u64 {
    let names = config.get("id2label").and_then(Value::as_object).map(|names| names.len() as u64);
    config.get("num_labels").and_then(Value::as_u64).or(names).unwrap_or(2)
}

/// Returns a positive number of the file.
pub(crate) fn number(path: &Path, config: &Value, key: &str) -> Result<usize, ModelsError> {
    let number = config.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    number.filter(|&n| n > 0).ok_or_else(|| {
        let got = config.get(key).map_or("nothing".to_owned(), ToString::to_string);
        ModelsError::unrecognised(path, format!("a positive number as {key}"), got)
    })
}
