//! rten on the same ONNX files as ONNX Runtime.

use std::path::Path;

use rten::{Model, NodeId};
use rten_tensor::{AsView, Layout, NdTensor};

use crate::Failure;
use crate::contestant::Contestant;
use crate::work::Work;

pub struct Rten {
    model: Model,
    inputs: [NodeId; 3],
    output: NodeId,
}

impl Rten {
    /// Loads `rten-f32` or `rten-int8`.
    pub fn load(name: &str, folder: &Path) -> Result<Self, Failure> {
        let file = folder.join("encoder").join(name.replace("rten-", "") + ".onnx");
        let model = Model::load_file(file)?;
        let inputs = [
            model.node_id("input_ids")?,
            model.node_id("attention_mask")?,
            model.node_id("token_type_ids")?,
        ];
        let output = model.node_id("last_hidden_state")?;
        Ok(Self { model, inputs, output })
    }
}

impl Contestant for Rten {
    fn run(&mut self, work: &Work) -> Result<Vec<Vec<f32>>, Failure> {
        let Work::Encode(texts) = work else {
            return Err(format!("{work:?} is not for an encoder").into());
        };
        let shape = [texts.len(), texts.first().map_or(0, |text| text.ids.len())];
        let ids: Vec<i32> = texts.iter().flat_map(|text| &text.ids).map(|&id| id as i32).collect();
        let ids = NdTensor::from_data(shape, ids);
        let mask = NdTensor::full(shape, 1i32);
        let types = NdTensor::full(shape, 0i32);
        let inputs = self.inputs.iter().copied().zip([
            ids.view().into(),
            mask.view().into(),
            types.view().into(),
        ]);
        let [states] = self.model.run_n(inputs.collect(), [self.output], None)?;
        let states: NdTensor<f32, 3> = states.try_into()?;
        let width = states.size(2);
        let states = states.to_vec();
        let mean = |states: &[f32]| {
            let mut mean = vec![0.0; width];
            for row in states.chunks_exact(width) {
                mean.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
            }
            mean.iter_mut().for_each(|sum| *sum /= shape[1] as f32);
            mean
        };
        Ok(states.chunks_exact(shape[1] * width).map(mean).collect())
    }
}
