//! The f32 weights of a BERT network out of its ONNX graph, quantised or not.
//!
//! Dynamic quantisation keeps the names of embeddings, layer norms and biases and loses those of
//! the matrices (`onnx::MatMul_1525_quantized`). A matrix gets its name back from the bias that is
//! added to its product: the one that goes with `….dense.bias` is `….dense.weight`.
//! A number is `(q - zero point) · scale`, the scale for the whole tensor or for each column.

use std::collections::{BTreeMap, HashMap};

use prost::Message;

use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use crate::safetensors_file::Weights;

/// How many operations (a cast, two scalings) may stand between a product and its bias.
const STEPS_TO_BIAS: usize = 6;

/// Returns the f32 weights in an ONNX file, under the names that the graph has for them.
///
/// A matrix of a linear layer is given as PyTorch keeps it: one row for each output.
///
/// # Errors
///
/// A sentence that says what is wrong with the file.
pub(crate) fn bert_weights(file: &[u8]) -> Result<BTreeMap<String, Weights>, String> {
    let model = ModelProto::decode(file).map_err(|error| format!("not an ONNX file: {error}"))?;
    let graph = model.graph.ok_or("an ONNX file without a graph")?;
    let graph = Graph::new(&graph);
    let mut weights = graph.named_floats()?;
    for node in graph.nodes {
        match node.op_type.as_str() {
            "DequantizeLinear" => weights.extend(graph.dequantised_table(node)?),
            "MatMulInteger" => weights.extend([graph.quantised_matrix(node)?]),
            "MatMul" => weights.extend(graph.plain_matrix(node)?),
            _ => {}
        }
    }
    Ok(weights)
}

struct Graph<'a> {
    nodes: &'a [NodeProto],
    constants: HashMap<&'a str, &'a TensorProto>,
    maker: HashMap<&'a str, &'a NodeProto>,
    user: HashMap<&'a str, &'a NodeProto>,
}

impl<'a> Graph<'a> {
    fn new(graph: &'a GraphProto) -> Self {
        let mut constants: HashMap<&str, &TensorProto> =
            graph.initializer.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let (mut maker, mut user) = (HashMap::new(), HashMap::new());
        for node in &graph.node {
            for output in &node.output {
                maker.insert(output.as_str(), node);
                // A constant may also be the output of a node, not only among the initializers.
                let value = node.attribute.iter().find(|attribute| attribute.name == "value");
                if let (true, Some(tensor)) =
                    (node.op_type == "Constant", value.and_then(|value| value.t.as_ref()))
                {
                    constants.insert(output, tensor);
                }
            }
            for input in &node.input {
                user.entry(input.as_str()).or_insert(node);
            }
        }
        Self { nodes: &graph.node, constants, maker, user }
    }

    fn constant(&self, name: &str) -> Result<&'a TensorProto, String> {
        self.constants.get(name).copied().ok_or_else(|| format!("no constant is called {name:?}"))
    }

    /// Returns the constants that kept their names and need no arithmetic.
    fn named_floats(&self) -> Result<BTreeMap<String, Weights>, String> {
        let wanted = |name: &str| name.ends_with(".weight") || name.ends_with(".bias");
        self.constants
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, tensor)| {
                Ok(((*name).to_owned(), Weights::new(tensor.shape()?, &tensor.floats()?)))
            })
            .collect()
    }

    /// Returns an embedding table, which is dequantised after its rows are gathered.
    fn dequantised_table(&self, node: &NodeProto) -> Result<Option<(String, Weights)>, String> {
        let source = input(node, 0)?;
        let table = match self.maker.get(source) {
            Some(gather) if gather.op_type == "Gather" => input(gather, 0)?,
            _ => source,
        };
        let name = table.strip_suffix("_quantized").unwrap_or(table);
        match self.constants.get(table) {
            Some(tensor) if name.ends_with(".weight") => {
                Ok(Some((name.to_owned(), self.dequantised(node, tensor)?)))
            }
            _ => Ok(None),
        }
    }

    fn dequantised(&self, node: &NodeProto, tensor: &TensorProto) -> Result<Weights, String> {
        let scale = self.constant(input(node, 1)?)?.floats()?;
        let zero = self.zero_points(node, 2)?;
        // Without the attribute, ONNX takes axis 1.
        let axis = node.attribute.iter().find(|a| a.name == "axis").map_or(1, |a| a.i);
        dequantise(tensor, &scale, &zero, axis)
    }

    /// Returns the zero points that an input names: one 0 where there is no such input.
    fn zero_points(&self, node: &NodeProto, index: usize) -> Result<Vec<i32>, String> {
        match node.input.get(index).filter(|name| !name.is_empty()) {
            Some(name) => self.constant(name)?.integers(),
            None => Ok(vec![0]),
        }
    }

    fn quantised_matrix(&self, node: &NodeProto) -> Result<(String, Weights), String> {
        let matrix = input(node, 1)?;
        let base = matrix.strip_suffix("_quantized").unwrap_or(matrix);
        // The product itself knows no scale: that is multiplied in by a later node, and is found by
        // its name. Input 3 is the zero point of the matrix.
        let scale = self.constant(&format!("{base}_scale"))?.floats()?;
        let zero = self.zero_points(node, 3)?;
        let weights = dequantise(self.constant(matrix)?, &scale, &zero, 1)?;
        let name = self.name_by_bias(node).ok_or_else(|| {
            format!("the matrix {matrix} of {} has no bias to take its name from", node.name)
        })?;
        Ok((name, weights.transposed()?))
    }

    /// Returns the matrix of a linear layer that is not quantised, or is before its product; none
    /// for a product of two things that are computed, as in attention.
    fn plain_matrix(&self, node: &NodeProto) -> Result<Option<(String, Weights)>, String> {
        let matrix = input(node, 1)?;
        let weights = match (self.constants.get(matrix), self.maker.get(matrix)) {
            (Some(tensor), _) => Weights::new(tensor.shape()?, &tensor.floats()?),
            (None, Some(maker)) if maker.op_type == "DequantizeLinear" => {
                match self.constants.get(input(maker, 0)?) {
                    Some(tensor) => self.dequantised(maker, tensor)?,
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        self.name_by_bias(node).map(|name| Ok((name, weights.transposed()?))).transpose()
    }

    fn name_by_bias(&self, node: &NodeProto) -> Option<String> {
        let mut value = node.output.first()?.as_str();
        for _ in 0..STEPS_TO_BIAS {
            let user = self.user.get(value)?;
            if user.op_type == "Add" {
                // One input is the product, the other a constant of one dimension.
                let vector = |name: &&String| {
                    self.constants.get(name.as_str()).is_some_and(|tensor| tensor.dims.len() == 1)
                };
                let bias = user.input.iter().find(vector)?;
                return Some(format!("{}.weight", bias.strip_suffix(".bias")?));
            }
            value = user.output.first()?;
        }
        None
    }
}

fn input(node: &NodeProto, index: usize) -> Result<&str, String> {
    node.input
        .get(index)
        .map(String::as_str)
        .ok_or_else(|| format!("{} {} has no input {index}", node.op_type, node.name))
}

/// Returns `(q - zero) · scale`, both for the whole tensor or for each index of an axis.
fn dequantise(
    tensor: &TensorProto,
    scale: &[f32],
    zero: &[i32],
    axis: i64,
) -> Result<Weights, String> {
    let shape = tensor.shape()?;
    let axis = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).ok();
    let (length, stride) = match axis.and_then(|axis| Some((*shape.get(axis)?, axis))) {
        Some((length, axis)) => (length, shape[axis + 1..].iter().product::<usize>()),
        None => (1, 1),
    };
    for (what, got) in [("scales", scale.len()), ("zero points", zero.len())] {
        if got != 1 && got != length {
            let name = &tensor.name;
            return Err(format!("{name} has {got} {what}, expected 1 or {length}"));
        }
    }
    // The index along the axis: of shape [2, 3] and axis 1, number 4 has the index 4 / 1 % 3 = 1.
    let of = |count: usize, index: usize| if count == 1 { 0 } else { index / stride % length };
    let numbers: Vec<f32> = tensor
        .integers()?
        .into_iter()
        .enumerate()
        .map(|(i, q)| (q as f32 - zero[of(zero.len(), i)] as f32) * scale[of(scale.len(), i)])
        .collect();
    Ok(Weights::new(shape, &numbers))
}
