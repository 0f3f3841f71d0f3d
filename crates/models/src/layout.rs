//! How a file names the tensors of XLM-RoBERTa: as the library transformers does, or as the library
//! flash-attention, in whose form jina-reranker v2 is published.
//!
//! The network is the same. So whoever reads it asks for the usual names, and here is looked up
//! where the tensor of such a name is.

use std::collections::BTreeMap;

use trommel_kernels::KernelError;

use crate::safetensors_file::Weights;

/// The names in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Those of the library transformers.
    Usual,
    /// Those of the library flash-attention.
    Flash,
}

/// Where the tensor of a usual name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// What the file calls it.
    pub(crate) name: String,
    /// Which third of the rows it is; none if it is all of them.
    pub(crate) third: Option<usize>,
}

/// What the tensors of a layer are usually called, what flash-attention calls them, and which third
/// of its rows is meant.
const LAYER: [(&str, &str, Option<usize>); 8] = [
    ("attention.self.query", "mixer.Wqkv", Some(0)),
    ("attention.self.key", "mixer.Wqkv", Some(1)),
    ("attention.self.value", "mixer.Wqkv", Some(2)),
    ("attention.output.dense", "mixer.out_proj", None),
    ("attention.output.LayerNorm", "norm1", None),
    ("intermediate.dense", "mlp.fc1", None),
    ("output.dense", "mlp.fc2", None),
    ("output.LayerNorm", "norm2", None),
];

impl Layout {
    /// Returns the layout of a file with such names.
    pub(crate) fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        match names.into_iter().any(|name| name.contains("encoder.layers.")) {
            true => Self::Flash,
            false => Self::Usual,
        }
    }

    /// Returns where the tensor of a usual name is, whatever stands before the name.
    pub(crate) fn place(self, usual: &str) -> Place {
        let flash = match self {
            Self::Usual => None,
            Self::Flash => in_embeddings(usual).or_else(|| in_layer(usual)),
        };
        flash.unwrap_or_else(|| Place { name: usual.to_owned(), third: None })
    }
}

fn in_embeddings(usual: &str) -> Option<Place> {
    let (before, part) = usual.split_once("embeddings.LayerNorm.")?;
    Some(Place { name: format!("{before}emb_ln.{part}"), third: None })
}

fn in_layer(usual: &str) -> Option<Place> {
    let (before, rest) = usual.split_once("encoder.layer.")?;
    let (number, tensor) = rest.split_once('.')?;
    LAYER.into_iter().find_map(|(usual, flash, third)| {
        let part = tensor.strip_prefix(usual)?;
        Some(Place { name: format!("{before}encoder.layers.{number}.{flash}{part}"), third })
    })
}

impl Place {
    /// Returns the tensor as shape and numbers, as our own kernels take it.
    pub(crate) fn find(
        &self,
        tensors: &BTreeMap<String, Weights>,
    ) -> Option<(Vec<usize>, Vec<f32>)> {
        let whole = tensors.get(&self.name)?;
        Some(match self.third {
            Some(third) => whole.third(third),
            None => (whole.sides().to_vec(), whole.numbers()),
        })
    }

    /// Returns the shape that the file's tensor should have if this should be the shape of the part.
    pub(crate) fn whole(&self, part: &[usize]) -> Vec<usize> {
        let mut whole = part.to_vec();
        if let (Some(_), Some(rows)) = (self.third, whole.first_mut()) {
            *rows = rows.saturating_mul(3);
        }
        whole
    }

    /// Returns an error about the tensor as one about the file's.
    pub(crate) fn named(
        self,
        error: KernelError,
        tensors: &BTreeMap<String, Weights>,
    ) -> KernelError {
        // The caller asked for a third. What the file has, and what is to be mended there, is the
        // whole: three times the rows, and numbers counted from its beginning.
        let fused = tensors.get(&self.name).filter(|_| self.third.is_some());
        match (error, fused) {
            (KernelError::Shape { expected, .. }, Some(fused)) => KernelError::Shape {
                expected: self.whole(&expected),
                got: fused.sides().to_vec(),
                numbers: fused.numbers().len(),
                name: self.name,
            },
            (KernelError::Shape { expected, got, numbers, .. }, None) => {
                KernelError::Shape { name: self.name, expected, got, numbers }
            }
            (KernelError::NotFinite { index, .. }, fused) => {
                let third = fused.map_or(0, |fused| fused.numbers().len() / 3);
                let index = index + self.third.unwrap_or_default() * third;
                KernelError::NotFinite { name: self.name, index }
            }
            (KernelError::MissingTensor { .. }, _) => {
                KernelError::MissingTensor { name: self.name }
            }
            (other, _) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tensor_of_a_layer_has_its_place() {
        let place = |name: &str| Layout::Flash.place(name);
        let at = |name: &str, third| Place { name: name.to_owned(), third };
        let layer = |name: &str| place(&format!("roberta.encoder.layer.11.{name}"));
        let own = |name: &str, third| at(&format!("roberta.encoder.layers.11.{name}"), third);
        assert_eq!(layer("attention.self.query.weight"), own("mixer.Wqkv.weight", Some(0)));
        assert_eq!(layer("attention.self.key.bias"), own("mixer.Wqkv.bias", Some(1)));
        assert_eq!(layer("attention.self.value.weight"), own("mixer.Wqkv.weight", Some(2)));
        assert_eq!(layer("attention.output.dense.bias"), own("mixer.out_proj.bias", None));
        assert_eq!(layer("attention.output.LayerNorm.weight"), own("norm1.weight", None));
        assert_eq!(layer("intermediate.dense.weight"), own("mlp.fc1.weight", None));
        assert_eq!(layer("output.dense.weight"), own("mlp.fc2.weight", None));
        assert_eq!(layer("output.LayerNorm.bias"), own("norm2.bias", None));
        assert_eq!(place("embeddings.LayerNorm.bias"), at("emb_ln.bias", None));
        for same in ["roberta.embeddings.word_embeddings.weight", "classifier.dense.bias"] {
            assert_eq!(place(same), at(same, None));
        }
    }

    #[test]
    fn the_usual_names_stay() {
        let names = ["roberta.encoder.layer.0.output.dense.bias".to_owned()];
        assert_eq!(Layout::of(&names), Layout::Usual);
        let place = Layout::of(&names).place(&names[0]);
        assert_eq!(place, Place { name: names[0].clone(), third: None });
        assert_eq!(Layout::of(&["encoder.layers.0.norm1.bias".to_owned()]), Layout::Flash);
    }

    #[test]
    fn what_has_no_thirds_is_too_short_somewhere() {
        let of = |rows: usize| {
            let numbers: Vec<f32> = (0..2 * rows).map(|x| x as f32).collect();
            let tensors = BTreeMap::from([(
                "encoder.layers.0.mixer.Wqkv.weight".to_owned(),
                Weights::new(vec![rows, 2], &numbers),
            )]);
            ["query", "key", "value"].map(|part| {
                let name = format!("encoder.layer.0.attention.self.{part}.weight");
                Layout::Flash.place(&name).find(&tensors).unwrap()
            })
        };
        let part = |numbers: &[f32]| (vec![1, 2], numbers.to_vec());
        assert_eq!(of(3), [part(&[0.0, 1.0]), part(&[2.0, 3.0]), part(&[4.0, 5.0])]);
        assert_eq!(of(2), [part(&[0.0, 1.0]), part(&[2.0, 3.0]), part(&[])]);
        for rows in [4, 5, 6, 7] {
            let fits =
                |(shape, numbers): &(Vec<usize>, Vec<f32>)| *shape == [1, 2] && numbers.len() == 2;
            assert!(!of(rows).iter().all(fits), "{rows}");
        }
    }
}
